//! Glossaries with current values.

use std::fs;
use std::process::Command;

const DEFINITIONS: &str = r#"
currency EUR
dataset sales = "sales.csv" { time month  amount: money }
input revenue: money = sum(sales.amount) { label "Revenue" fr "Chiffre d'affaires" }
sold: money = revenue {
  label "Sales" fr "Ventes"
  better higher
  target 100 EUR
  per month
  good >= 100 EUR
  bad otherwise "Sell more."
}
rise: percent = growth(revenue) { label "Rise" fr "Hausse" }
each: money = revenue / sum(sales.orders)
margin = revenue - cost { label "Margin" fr "Marge" }
"#;

/// 150 in January, 80 in February, whose orders are 0.
const SALES: &str = "month,amount,orders\n2026-01,120,2\n2026-01,30,4\n2026-02,80,0\n";

/// What `kpi doc` writes for these definitions and data, and its problems.
fn glossary(arguments: &[&str]) -> (String, String) {
    let folder = tempfile::tempdir().expect("it can be made");
    fs::write(folder.path().join("own.kpi"), DEFINITIONS).expect("it can be written");
    fs::write(folder.path().join("sales.csv"), SALES).expect("it can be written");
    let mut kpi = Command::new(env!("CARGO_BIN_EXE_kpi"));
    let output = kpi.current_dir(folder.path()).arg("doc").args(arguments).output().expect("it starts");
    let text = |bytes| String::from_utf8(bytes).expect("it is UTF-8");
    (text(output.stdout), text(output.stderr))
}

/// The lines of each sheet about its value, in Markdown.
fn values(arguments: &[&str], name: &str) -> String {
    let (text, problems) = glossary(arguments);
    assert_eq!(problems, "", "{arguments:?}");
    let is_value = |line: &&str| line.starts_with("### ") || line.starts_with(name) || line.starts_with("  - ");
    text.lines().filter(is_value).collect::<Vec<_>>().join("\n")
}

#[test]
fn sheets_show_the_value_of_the_last_month_with_its_target_and_reasons() {
    insta::assert_snapshot!("values_by_month", values(&["--by", "month"], "- **Current value**"));
    let french = values(&["--by", "mois", "--period", "2026-01", "--lang", "fr"], "- **Valeur actuelle**");
    insta::assert_snapshot!("values_fr", french);
}

#[test]
fn without_a_grain_values_are_those_of_the_period_or_of_all_rows() {
    insta::assert_snapshot!("values_of_all", values(&["-d", "sales=sales.csv"], "- **Current value**"));
    let range = values(&["--period", "2026-01..2026-02", "--where", "amount < 100 EUR"], "- **Current value**");
    insta::assert_snapshot!("values_of_a_period", range);
}

#[test]
fn values_name_the_days_of_their_data() {
    let (text, _) = glossary(&["--by", "month"]);
    assert!(text.contains("\nValues computed from: sales, 2026-01-01 to 2026-02-28\n"), "{text}");
    let (text, _) = glossary(&["--by", "mois", "--lang", "fr", "--format", "html"]);
    let french = "Valeurs calculées à partir de\u{a0}: sales, du 1er\u{a0}janvier au 28\u{a0}février\u{a0}2026";
    assert!(text.contains(french), "{text}");
    let (text, _) = glossary(&[]);
    assert!(!text.contains("computed from"), "{text}");
}

#[test]
fn without_a_query_the_data_are_not_read() {
    let (text, problems) = glossary(&[]);
    assert!(text.contains("### Sales") && !text.contains("Current value"), "{text}");
    assert_eq!(problems, "");
}

#[test]
fn pages_show_values_too() {
    let (html, _) = glossary(&["--by", "month", "--format", "html"]);
    super::check_nesting(&html);
    let sheet = html.split("id=\"kpi-sold\"").nth(1).and_then(|rest| rest.split("</article>").next());
    let sheet = sheet.expect("it has a sheet");
    let now = sheet.split("<p class=\"now\">").nth(1).and_then(|rest| rest.split("</p>").next()).expect("a value");
    insta::assert_snapshot!("value_of_a_page", now.replace("><", ">\n<"));
    assert_eq!(html.matches("<p class=\"now\">").count(), 4, "one on each sheet");
}

#[test]
fn a_query_that_a_glossary_cannot_follow_is_refused() {
    for (arguments, message, hint) in [
        (&["--by", "region"][..], "a glossary shows one value for each KPI, and `region` is not a period", "--where"),
        (&["--period", "yesterday"], "yesterday", "2026-03"),
        (&["--set", "sold=1", "--set", "sold=2"], "`sold` is set twice", "write `--set sold=…` once"),
    ] {
        let (text, problems) = glossary(arguments);
        assert_eq!(text, "", "{arguments:?}");
        assert!(problems.contains(message) && problems.contains(hint), "{problems}");
    }
}
