//! Describes files: columns, uses, and faults that are planted in copies of the example tables, which have none.

mod formats;

use std::fs;
use std::path::{Path, PathBuf};

use yardstick::description::{Description, Fault, FaultKind, Role, describe};

/// A folder for the files of one test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("yardstick-describe-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("it can be made");
        Self(folder)
    }

    fn describe(&self, file: &str, bytes: impl AsRef<[u8]>) -> Description {
        let path = self.0.join(file);
        fs::write(&path, bytes).expect("it can be written");
        let stem = file.split('.').next().unwrap_or(file);
        describe(stem, &path, &Default::default()).unwrap_or_else(|problems| panic!("{file}: {problems:#?}"))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn example(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(path);
    fs::read_to_string(path).expect("the example exists")
}

/// A fault on one line: `duplicate-rows 12=5 14=6: …`
fn shown(fault: &Fault) -> String {
    let kind = serde_json::to_value(fault.kind).expect("it is plain data");
    let places = fault.places.iter().map(|place| {
        let line = place.line.map(|line| line.to_string());
        let same = place.same_as.map(|line| format!("={line}"));
        let cell = place.cell.as_ref().map(|cell| format!("`{cell}`"));
        format!(" {}{}{}", line.unwrap_or_default(), same.unwrap_or_default(), cell.unwrap_or_default())
    });
    format!("{}{}", kind.as_str().expect("a kind is a word"), places.collect::<String>())
}

fn faults(description: &Description) -> Vec<String> {
    description.faults.iter().map(shown).collect()
}

#[test]
fn the_tables_of_the_examples_have_no_faults_but_those_of_the_tutorials() {
    let mut tables = 0;
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    for folder in fs::read_dir(examples).expect("it is a folder") {
        let folder = folder.expect("it can be read").path();
        let files = if folder.is_dir() { fs::read_dir(&folder).ok() } else { None };
        for file in files.into_iter().flatten() {
            let path = file.expect("it can be read").path();
            if path.extension().is_some_and(|extension| extension == "csv") {
                let name = path.file_stem().expect("it has a name").to_string_lossy().into_owned();
                let found = describe(&name, &path, &Default::default()).expect("it is a table");
                assert_eq!(faults(&found), planted(&name, &folder), "{}", path.display());
                assert!(found.settings.is_empty() || folder.ends_with("tutorial") || folder.ends_with("tutoriel"));
                assert!(found.rows > 0);
                tables += 1;
            }
        }
    }
    assert!(tables >= 16, "{tables}");
}

/// The faults of a table of the examples: only the tutorials have some.
fn planted(table: &str, folder: &Path) -> &'static [&'static str] {
    match (folder.file_name().and_then(|name| name.to_str()), table) {
        (Some("tutorial"), "ads") => &["totals-rows 38`total`", "typos 23`serach`"],
        (Some("tutorial"), "deals") => &["duplicate-rows 179=178"],
        (Some("tutoriel"), "campagnes") => &["title-rows", "totals-rows 23`Total`"],
        _ => &[],
    }
}

/// A repeated line, an amount without its decimal point and a typo, each with its line, and nothing else.
#[test]
fn three_faults_planted_in_the_orders_are_found_with_their_lines() {
    let mut lines: Vec<String> = example("shop/orders.csv").lines().map(str::to_owned).collect();
    let [duplicate, outlier, typo] = [100, 200, 300];
    lines.insert(duplicate, lines[40].clone());
    let cells: Vec<&str> = lines[outlier].split(',').collect();
    let amount = cells[6].replace('.', "");
    lines[outlier] = [&cells[..6], &[&*format!("{amount}00")]].concat().join(",");
    let channel = lines[typo].split(',').nth(4).expect("it has seven cells").to_owned();
    let wrong = format!("{}{}", &channel[..2], &channel[3..]);
    lines[typo] = lines[typo].replace(&channel, &wrong);
    let found = Folder::new("orders").describe("orders.csv", lines.join("\n"));
    let outlier = format!("outliers {}`{amount}00`", outlier + 1);
    let typo = format!("typos {}`{wrong}`", typo + 1);
    assert_eq!(faults(&found), [format!("duplicate-rows {}=41", duplicate + 1), outlier, typo]);
}

/// A week in which only one channel has no rows, and two weeks for another one. The example has a break of four weeks.
#[test]
fn periods_that_only_one_segment_lacks_are_found() {
    let text = example("shop/ads.csv");
    let lacks = |line: &&str| {
        ["2025-06-02,search", "2025-09-08,newsletter", "2025-09-15,newsletter"].iter().any(|row| line.starts_with(row))
    };
    let lines: Vec<&str> = text.lines().filter(|line| !lacks(line)).collect();
    assert_eq!(lines.len() + 3, text.lines().count());
    let found = Folder::new("segments").describe("ads.csv", lines.join("\n"));
    let gaps: Vec<String> = found.faults.iter().map(|fault| format!("{}: {}", fault.message, shown(fault))).collect();
    assert_eq!(
        gaps,
        [
            "`day` has periods without rows where `channel` is \"newsletter\": gaps `2025-W37..2025-W38`",
            "`day` has periods without rows where `channel` is \"search\": gaps `2025-W23`",
        ]
    );
}

/// The test of rows that is advised finds the rows that are reported. So it names all columns, or it is not advised.
#[test]
fn equal_rows_of_a_wide_table_are_reported_without_a_test_of_some_columns() {
    let table = |columns: usize| {
        let row = |at: usize| (0..columns).map(|column| (at * column % 7).to_string()).collect::<Vec<_>>().join(",");
        let mut lines = vec![(0..columns).map(|column| format!("x{column}")).collect::<Vec<_>>().join(",")];
        lines.extend((0..600).map(|at| format!("{},{at}", row(at).rsplit_once(',').expect("it has two cells").0)));
        lines.push(lines[1].clone());
        let found = Folder::new("wide").describe("wide.csv", lines.join("\n"));
        let fault = found.faults.iter().find(|it| it.kind == FaultKind::DuplicateRows).expect("it is found");
        fault.advice.to_string()
    };
    assert!(table(3).contains("`expect unique x0, x1, x2`"), "{}", table(3));
    assert_eq!(table(12), "delete the lines that were recorded twice");
}

/// A missing week, a second row for one channel of a day, and a total.
#[test]
fn three_faults_planted_in_the_ads_are_found_with_their_lines() {
    let text = example("shop/ads.csv");
    let mut lines: Vec<String> =
        text.lines().filter(|line| !line.starts_with("2025-06-02")).map(str::to_owned).collect();
    assert_eq!(lines.len() + 3, text.lines().count());
    lines.insert(8, "2025-01-13,search,5000,150,55.00".into());
    let clicks: i64 = lines[1..].iter().filter_map(|line| line.split(',').nth(3)?.parse::<i64>().ok()).sum();
    lines.push(format!("Total,,,{clicks},"));
    let found = Folder::new("ads").describe("ads.csv", lines.join("\n"));
    let total = format!("totals-rows {}`Total`", lines.len());
    assert_eq!(faults(&found), [&*total, "duplicate-keys 9=6", "gaps `2025-W23`"]);
    assert_eq!(found.settings[0].text, "skip last 1");
    // The days are dates again without the total.
    assert_eq!(found.columns[0].role, Role::Time);
}

#[test]
fn a_report_with_titles_a_total_and_a_note_is_described_as_a_table() {
    let text = "Rapport des ventes\nÉdité le 02/04/2026\n\nMois;Région;Montant\n01/2026;Nord;1 234,50 €\n\
                02/2026;Nord;10,00 €\n02/2026;Sud;20,00 €\nTotal;;1 264,50 €\nSource : caisse\n";
    let bytes: Vec<u8> = text.chars().map(|c| if c == '€' { 0x80 } else { c as u8 }).collect();
    let found = Folder::new("report").describe("ventes.csv", bytes);
    let settings: Vec<&str> = found.settings.iter().map(|setting| &*setting.text).collect();
    assert_eq!(settings, ["header 4", "skip last 2"]);
    assert_eq!(faults(&found), ["title-rows", "footer-rows 9", "totals-rows 8`Total`"]);
    assert_eq!((found.rows, found.columns[2].maximum.as_deref()), (3, Some("1234.5")));
    assert_eq!(found.columns[2].currency.as_deref(), Some("EUR"));
}

#[test]
fn totals_between_rows_are_left_out_by_a_condition() {
    let text = "region,shop,sold\nNorth,a,2\nNorth,b,3\nNorth Total,,5\nSouth,c,4\nSouth Total,,4\nWest,d,1\n";
    let found = Folder::new("subtotals").describe("sales.csv", text);
    assert_eq!(faults(&found), ["totals-rows 4`North Total` 6`South Total`"]);
    let advice = found.faults[0].advice.to_string();
    assert!(advice.contains("`--where 'region not in (\"North Total\", \"South Total\")'`"), "{advice}");
}

#[test]
fn cells_that_are_written_in_another_way_are_found() {
    let folder = Folder::new("cells");
    let table = |name: &str, cells: &[&str]| {
        let rows: String = cells.iter().enumerate().map(|(row, cell)| format!("r{row};{cell}\n")).collect();
        let found = folder.describe(&format!("{name}.csv"), format!("row;{name}\n{rows}"));
        faults(&found).into_iter().zip(found.faults.iter().map(|fault| fault.advice.to_string())).collect::<Vec<_>>()
    };
    let one = |name: &str, cells: &[&str], fault: &str, advice: &str| {
        let found = table(name, cells);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].0, fault);
        assert!(found[0].1.contains(advice), "{found:?}");
    };
    one("a", &["1", "2", "n/a", "4", "5", "6"], "other-type 4`n/a`", "`blank \"n/a\"`");
    one("b", &["12 €", "13 €", "14 $", "15 €"], "mixed-currencies 2`12 €` 4`14 $`", "`b: money in currency`");
    one("c", &["1.5", "2,5", "3.25"], "mixed-decimals 2`1.5` 3`2,5`", "`decimal \",\"`");
    one("d", &["2026-01-31", "31/01/2026"], "mixed-dates 2`2026-01-31` 3`31/01/2026`", "`dates \"dd/mm/yyyy\"`");
    one("e", &["31/01/2026", "01/31/2026"], "mixed-dates 2`31/01/2026` 3`01/31/2026`", "`2026-03-31`");
    one("f", &["5 %", "6 %", "7"], "mixed-percents 2`5 %` 4`7`", "with `%`, or none");
    one("g", &["03/04/2026", "05/06/2026"], "ambiguous-dates", "`dates \"dd/mm/yyyy\"` or `dates \"mm/dd/yyyy\"`");
    one("h", &["1,234", "5,678"], "ambiguous-numbers", "`decimal \",\"`");
    one("i", &["2026-01-01", "2026-01-02", "2026-01-03", "2026-01-04", "?"], "other-type 6`?`", "`blank \"?\"`");
}

#[test]
fn codes_and_categories_are_not_faults() {
    let folder = Folder::new("codes");
    let zips = "shop,zip,line\n1,75001,No\n2,01000,Yes\n3,13001,No phone\n4,69002,No\n5,33000,Yes\n";
    assert_eq!(faults(&folder.describe("shops.csv", zips)), [""; 0]);
    // Prices that differ by a factor of ten thousand, but not by a gap.
    let prices: String = (1..60).map(|at| format!("{at},{}\n", 3_u64.pow(at / 3 % 12) * 7)).collect();
    assert_eq!(faults(&folder.describe("prices.csv", format!("id,price\n{prices}"))), [""; 0]);
    // The same purchase twice is no fault if that is common.
    let rows: String = (0..40).map(|at| format!("{},{}\n", ["tea", "milk"][at % 2], at % 3)).collect();
    assert_eq!(faults(&folder.describe("basket.csv", format!("product,pieces\n{rows}"))), [""; 0]);
}

#[test]
fn spellings_empty_columns_and_constants_are_found() {
    let mut rows = String::new();
    for at in 0..30 {
        let town = if at == 17 { "SAINT DENIS" } else { ["Saint-Denis", "Lyon", "Nice"][at % 3] };
        rows.push_str(&format!("{at},{town},EUR,,{}\n", at * 7 % 11));
    }
    let found = Folder::new("spellings").describe("t.csv", format!("id,town,currency,note,n\n{rows}"));
    assert_eq!(faults(&found), ["constant", "empty", "mixed-spellings 19`SAINT DENIS`"]);
    let advice = found.faults[2].advice.to_string();
    assert!(advice.contains("`town_name = if town = \"SAINT DENIS\" then \"Saint-Denis\" else town`"), "{advice}");
}

#[test]
fn what_cannot_be_read_is_a_fault_and_the_rest_is_described() {
    let found = Folder::new("unread").describe("t.csv", "a,note,note\n1,x,y\n2,z,w\n");
    assert_eq!(found.columns[1].role, Role::Unreadable);
    assert_eq!(found.columns[0].maximum.as_deref(), Some("2"));
    assert!(found.faults.iter().all(|fault| fault.kind == FaultKind::UnreadableColumn));
}

#[test]
fn a_file_that_is_no_table_is_an_error() {
    let folder = Folder::new("none");
    for (file, text, expected) in [
        ("empty.csv", "", "the file is empty"),
        ("broken.json", "[{\"a\": 1}, {\"a\": ", "JSON"),
        ("ragged.csv", "a,b\n1,2\n3\n4,5\n6\n7\n8\n9\n1\n2\n3\n", "expected 2 cells"),
        ("open.csv", "a,b\n1,\"2\n3,4\n", "quote"),
        ("no.xlsx", "text", "workbook"),
    ] {
        let path = folder.0.join(file);
        fs::write(&path, text).expect("it can be written");
        let problems = describe("t", &path, &Default::default()).expect_err(file);
        assert!(problems.iter().any(|problem| problem.message.contains(expected)), "{file}: {problems:#?}");
    }
}
