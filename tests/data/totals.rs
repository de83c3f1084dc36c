//! Tests the warnings about totals rows, which are counted like any other rows.

use yardstick::{Embedded, Library, Limits, Query, open};

use super::csv::file;
use super::{messages, plain};

/// The warnings about a sum over `n` in a file.
fn warned(name: &str, bytes: &[u8], formula: &str) -> String {
    let path = file(name, bytes);
    let dataset = open("t", &path, &plain()).unwrap_or_else(|errors| panic!("{}", messages(&errors)));
    let library = Library::from_text(&format!("x = {formula}")).unwrap();
    let result = library.evaluate(&Query::all(), &Embedded::new(vec![dataset.into()]), &Limits::default()).unwrap();
    std::fs::remove_file(&path).unwrap();
    messages(&result.notes).replace(&*path.display().to_string(), name)
}

const SUM: &str = "sum(t.n)";

#[test]
fn warns_about_totals_rows() {
    let many: String = (0..12).map(|n| format!("p{n},{n}\nTotal p{n},{n}\n")).collect();
    let many = format!("c,n\n{many}Total,66\n");
    let cases = [
        ("below.csv", "c,n\nweb,2\nmail,3\nTotal,5\n"),
        ("german.csv", "c;n\nweb;2\nmail;3\nGesamt:;5\n"),
        ("not_the_sum.csv", "c,n\nweb,2\nmail,3\nTOTAL,7\n"),
        (
            "sections.csv",
            "r,c,n\nnorth,web,2\nnorth,mail,3\nSous-total,,5\nsouth,web,4\nSous-total,,4\nTotal général,,9\n",
        ),
        ("no_name.csv", "day,c,n\n2026-01-01,web,2\n2026-01-02,web,3\n,,5\n"),
        (
            "pivot.csv",
            "region,city,n\nNorth,a,10\nNorth,b,20\nNorth Total,,30\nSouth,c,5\nSouth Total,,5\nGrand Total,,35\n",
        ),
        (
            "words_first.csv",
            "c,n\nweb,10\nmail,5\nSubtotal online,15\nstore,20\nTotal of web + mail,15\nTotal 2026,35\n",
        ),
        ("french.csv", "région;n\nNord;4\nTotal Nord;4\nSud;6\nTotal Sud;6\nTotal général;10\n"),
        (
            "two_columns.csv",
            "r,c,n\nN,a,1\nN,a total,1\nN,b,2\nN,b total,2\nN total,,3\nS,a,4\nS,a total,4\nS total,,4\n",
        ),
        ("many.csv", &many),
        ("records.json", "[{\"c\":\"web\",\"n\":2},{\"c\":\"mail\",\"n\":3},\n{\"c\":\"Summe\",\"n\":5}]"),
    ];
    let all: Vec<String> = cases.iter().map(|(name, text)| warned(name, text.as_bytes(), SUM)).collect();
    insta::assert_snapshot!(all.join("\n\n"));
}

#[test]
fn does_not_warn_about_other_rows() {
    for text in [
        "brand,n\nAgip,2\nTotal,3\nShell,4\n",
        "c,n\nweb,2\nmail,3\n,4\n",
        "c,n\nTotally,2\nSummer,3\n",
        "product,n\nBasic Care,2\nTotal Care,3\nPremium Care,4\n",
        "a,n\n1,2\n,3\n",
    ] {
        assert_eq!(warned("plain.csv", text.as_bytes(), SUM), "", "{text}");
    }
}

#[test]
fn does_not_warn_if_the_formula_excludes_the_row() {
    assert_eq!(warned("known.csv", b"c,n\nweb,2\nmail,3\nTotal,5\n", "sum(t.n where c != \"Total\")"), "");
}

/// A warning stays until all totals are left out, and its advice is complete each time.
#[test]
fn warns_until_every_total_is_left_out() {
    let text = b"c,n\nNorth,2\nNorth Total,2\nSouth,3\nSouth Total,3\nGrand Total,5\n";
    let rest = warned("rest.csv", text, "sum(t.n where c != \"Grand Total\")");
    assert!(rest.contains("`North Total`, `South Total`; they are counted"), "{rest}");
    let condition = r#"c not in ("North Total", "South Total", "Grand Total")"#;
    assert!(rest.contains(condition), "{rest}");
    assert_eq!(warned("none.csv", text, &format!("sum(t.n where {condition})")), "");
    assert_eq!(warned("ends.csv", text, "sum(t.n where not ends_with(c, \" Total\"))"), "");
}

#[test]
fn warns_about_a_possible_total_in_a_large_file() {
    let rows: String = (0..70_000).map(|row| format!("{row:0>60},2\n")).collect();
    let warnings = warned("large.csv", format!("c,n\n{rows}Total,140000\n").as_bytes(), SUM);
    assert!(warnings.contains("line 70002 looks like a totals row; it is counted like any other row"), "{warnings}");
}

#[cfg(all(feature = "xlsx", feature = "gzip"))]
#[test]
fn warns_about_totals_rows_of_a_workbook() {
    use super::workbook::{row, workbook};
    let rows = [row(1, &["tc", "tn"]), row(2, &["tweb", "n2"]), row(3, &["tmail", "n3"]), row(4, &["tTotal", "n5"])];
    let warnings = warned("book.xlsx", &workbook(&[("S", &rows.concat())]), SUM);
    assert!(warnings.contains("line 4 looks like a totals row: its numbers are sums of the rows above"), "{warnings}");
}
