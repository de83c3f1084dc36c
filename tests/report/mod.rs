//! Reports: the page is well-formed and complete, needs nothing but itself, and its numbers are those of `kpi eval`.

mod bridges;
pub mod browser;
mod data;
mod differences;
mod page;
mod wording;

use std::fs;
use std::path::Path;
use std::process::Command;

use page::{Page, plain};

/// Runs the command; returns what it prints. It must succeed.
fn kpi(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_kpi")).args(arguments).output().expect("it starts");
    let problems = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}\n{problems}");
    String::from_utf8(output.stdout).expect("it is UTF-8")
}

/// What the command reports when it fails, and its exit status.
fn refused(arguments: &[&str]) -> (i32, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_kpi")).args(arguments).output().expect("it starts");
    (output.status.code().unwrap_or(0), String::from_utf8_lossy(&output.stderr).into_owned())
}

const SHOP: &str = "examples/shop";

/// Definitions and data in a folder of their own.
fn folder(definitions: &str, tables: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("it can be made");
    fs::write(folder.path().join("own.kpi"), definitions).expect("it can be written");
    tables.iter().for_each(|(name, text)| fs::write(folder.path().join(name), text).expect("it can be written"));
    folder
}

fn report_of(folder: &Path, arguments: &[&str]) -> Page {
    let folder = folder.to_str().expect("it is UTF-8");
    Page::read(kpi(&[&["report", "-f", folder], arguments].concat()))
}

/// Texts that a page would need to load something or to run a script.
const FORBIDDEN: [&str; 9] = ["http:", "https:", " src=", "url(", "@import", "<link", "<img", "<script", "javascript:"];

#[test]
fn pages_are_complete_and_need_nothing_but_themselves() {
    for arguments in [
        &["--by", "month", "--over", "channel,country"][..],
        &["--by", "month", "--lang", "fr", "--period", "2026-Q1", "--over", "channel"],
        &["cac", "revenue", "--by", "week", "--against", "1 year ago"],
        &["cac", "roas", "--by", "quarter"],
        &["--over", "channel"],
        &["cac", "revenue / order_count", "--by", "day", "--period", "2026-03"],
        &["Board", "--date", "2026-04-02"],
    ] {
        let page = Page::read(kpi(&[&["report", "-f", SHOP], arguments].concat()));
        page.check_nesting();
        page.check_links();
        FORBIDDEN.iter().for_each(|text| assert!(!page.html.contains(text), "`{text}` in {arguments:?}"));
        assert_eq!(page.html.matches("<h1").count(), 1, "{arguments:?}");
        let pictures = page.html.matches("role=\"img\"").count();
        let named = page.html.matches("<desc ").count() + page.html.matches("role=\"img\" aria-label=\"").count();
        assert_eq!(pictures, named, "a picture without a name in {arguments:?}");
    }
}

/// Periods before the first value of a KPI are those of other KPIs. A KPI without any value shows why.
#[test]
fn a_section_begins_with_the_first_value_of_its_kpi() {
    let folder = folder(
        "dataset old = \"old.csv\" { time day }\ndataset new = \"new.csv\" { time day }\n\
         a = sum(old.n)\nb = sum(new.n)\nc = sum(new.n where n > 9)\nd = min(new.n where n > 9)",
        &[
            ("old.csv", "day,n\n2026-01-05,1\n2026-02-05,2\n2026-05-05,3\n"),
            ("new.csv", "day,n\n2026-03-05,4\n2026-05-05,5\n"),
        ],
    );
    let page = report_of(folder.path(), &["--by", "month"]);
    let months = |kpi: &str| {
        let rows = page.section(&format!("kpi-{kpi}")).table("data");
        rows.into_iter().map(|row| row[0].clone()).collect::<Vec<_>>()
    };
    assert_eq!(months("a"), ["2026-01", "2026-02", "2026-03", "2026-04", "2026-05"]);
    assert_eq!(months("b"), ["2026-03", "2026-04", "2026-05"]);
    assert_eq!(months("c"), ["2026-03", "2026-04", "2026-05"]);
    assert!(!page.section("kpi-d").html.contains("<table class=\"data"));
}

/// The year to date before that of March is that of February: 30. Both ends of January to March, moved by a month, would be
/// December to February: 130.
#[test]
fn the_value_before_a_period_to_date_ends_with_the_period_before() {
    let definitions =
        "dataset sales = \"sales.csv\" { time month }\nk = sum(sales.amount)[year to date]\nd = k - sum(sales.amount)";
    let table =
        "month,amount,region\n2024-03,1,n\n2025-02,7,n\n2025-12,100,n\n2026-01,10,n\n2026-02,20,s\n2026-03,40,n\n";
    let folder = folder(definitions, &[("sales.csv", table)]);
    let page = report_of(folder.path(), &["k", "d", "--by", "month", "--period", "2026"]);
    let rows = |kpi: &str| page.section(kpi).table("data");
    assert_eq!(rows("kpi-k"), [["2026-01", "10", ""], ["2026-02", "30", "+20"], ["2026-03", "70", "+40"]]);
    assert_eq!(rows("kpi-d"), [["2026-01", "0", ""], ["2026-02", "10", "+10"], ["2026-03", "30", "+20"]]);
    assert!(page.text().contains("70 +40 from February 2026"), "{}", page.text());
    // A year ago, both ends move by a year.
    let page = report_of(folder.path(), &["k", "--by", "month", "--period", "2026", "--against", "1 year ago"]);
    assert_eq!(page.section("kpi-k").table("data").last().expect("it has rows")[2], "+63");
}

#[test]
fn a_kpi_that_is_named_twice_is_shown_once_and_an_unknown_column_is_an_error() {
    let page = Page::read(kpi(&["report", "cac", "cac", "-f", SHOP, "--by", "month"]));
    page.check_nesting();
    assert_eq!(page.html.matches("<article").count(), 1);
    let (status, problems) = refused(&["report", "cac", "-f", SHOP, "--by", "month", "--over", "chanel"]);
    assert!(status == 2 && problems.contains("`chanel`") && problems.contains("`channel`"), "{problems}");
}

/// The cells of a Markdown table by month, without units, marks and French spaces.
fn cells(table: &str) -> Vec<Vec<String>> {
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    rows.map(|row| row.trim_matches('|').split('|').map(number).collect()).collect()
}

/// A number without its unit and marks: `€45.00` of `€45.00/customer ✓*`.
fn number(cell: &str) -> String {
    let cell = plain(cell).replace('\\', "");
    let value = cell.trim().trim_end_matches(['✓', '!', '✗', '*', '~', '#', '?', ' ']);
    value.split('/').next().unwrap_or_default().trim().to_owned()
}

#[test]
fn the_numbers_of_the_page_are_those_of_eval() {
    for language in ["en", "fr"] {
        let kpis = ["click_rate", "cac", "roas", "average_basket", "margin_after_ads", "revenue_rise", "churn_rate"];
        let query = ["-f", SHOP, "--by", "month", "--lang", language];
        let page = Page::read(kpi(&[&["report"][..], &kpis, &query].concat()));
        let table = kpi(&[&["eval"][..], &kpis, &query, &["--format", "markdown"]].concat());
        let expected = cells(&table);
        assert_eq!(expected.len(), 15, "{table}");
        for (at, name) in kpis.iter().enumerate() {
            let section = page.section(&format!("kpi-{name}"));
            let rows = section.table("data");
            let first = expected.iter().position(|row| row[at + 1] != "—").expect("it has a value");
            assert_eq!(rows.len(), 15 - first, "{name}");
            for (row, expected) in rows.iter().zip(&expected[first..]) {
                assert_eq!(
                    (&row[0], number(&row[1])),
                    (&expected[0], expected[at + 1].clone()),
                    "{name} in {language}"
                );
            }
        }
    }
}

#[test]
fn the_current_figures_are_those_of_the_last_complete_period() {
    let april = "month,region,amount\n2026-02,north,20\n2026-03,north,30\n";
    let days = PLAN.replace("time month", "time day");
    let days = folder(
        &days,
        &[("sales.csv", &april.replace("month,", "day,").replace("02,n", "02-01,n").replace("03,n", "03-15,n"))],
    );
    let page = report_of(days.path(), &["revenue", "--by", "month"]);
    assert!(page.text().contains("KPI report · February 2026"), "{}", page.text());
    assert!(page.text().contains("March 2026. The figures are those of February 2026, the last complete period."));
    // The only period that is shown is the current one, even if it is incomplete.
    let page =
        Page::read(kpi(&["report", "revenue", "-f", SHOP, "--by", "month", "--period", "2026-03-01..2026-03-15"]));
    assert!(page.text().contains("KPI report · March 2026"), "{}", page.text());
}

const PLAN: &str = r#"
currency EUR
dataset sales = "sales.csv" { time month  amount: money }
input revenue: money = sum(sales.amount) { label "Revenue"  better higher }
sold: money = revenue { label "Sales"  better higher  target 100 EUR  good >= 100 EUR  bad otherwise "Sell more." }
share: percent = revenue / revenue[all region] { label "Share" }
"#;

/// Sixteen regions; in February the first one sells 160, the second one 150, …
fn regions() -> String {
    let row = |month: &str, at: u32, amount: u32| format!("{month},r{at:02},{amount}\n");
    let january = (0..16).map(|at| row("2026-01", at, 5));
    let february = (0..16).map(|at| row("2026-02", at, 10 * (16 - at)));
    format!("month,region,amount\n{}{}", january.collect::<String>(), february.collect::<String>())
}

#[test]
fn periods_after_the_data_are_left_out() {
    let page = Page::read(kpi(&["report", "smoothed_cac", "-f", SHOP, "--by", "month"]));
    // `cac[last 3 months]` has a value in April, but the data end in March.
    assert_eq!(page.section("kpi-smoothed_cac").table("data").last().map(|row| row[0].clone()), Some("2026-03".into()));
}

#[test]
fn a_target_of_a_sum_is_not_one_of_its_segments() {
    let folder = folder(PLAN, &[("sales.csv", &regions())]);
    let page = report_of(folder.path(), &["sold", "--by", "month", "--over", "region"]);
    let segments = page.section("kpi-sold");
    let segments = segments.table_html("bars segments");
    assert!(!segments.contains("Δ target") && !segments.contains("status"), "{segments}");
    let page = Page::read(kpi(&["report", "cac", "-f", SHOP, "--by", "month", "--over", "channel"]));
    let section = page.section("kpi-cac");
    assert!(section.table_html("bars segments").contains("Δ target"));
}

#[test]
fn other_segments_are_computed_together() {
    let folder = folder(PLAN, &[("sales.csv", &regions())]);
    let page = report_of(folder.path(), &["sold", "share", "--by", "month", "--over", "region"]);
    page.check_links();
    let rows = page.section("kpi-sold").table("bars segments");
    let names: Vec<&str> = rows.iter().map(|row| row[0].as_str()).collect();
    assert_eq!(rows.len(), 13, "{names:?}");
    assert_eq!((names[0], names[11]), ("r00", "r11"));
    // The last four regions sell 40 + 30 + 20 + 10 in February, and 20 in January.
    assert_eq!(rows[12][..2], ["4 others, computed together", "€100.00"]);
    assert_eq!((rows[12][3].as_str(), rows[12][4].as_str()), ("€20.00", "+€80.00"));
    let rows = page.section("kpi-share").table("bars segments");
    // Together they sell 100 of 1360.
    assert_eq!(rows[12][..2], ["4 others, computed together", "7.4%"]);
}

#[test]
fn the_title_says_the_message_of_the_statuses() {
    let title = |amounts: &[i32], arguments: &[&str]| {
        let row = |(at, amount): (usize, &i32)| format!("2026-{:02},north,{amount}\n", at + 1);
        let table = amounts.iter().enumerate().map(row).collect::<String>();
        let folder = folder(PLAN, &[("sales.csv", &format!("month,region,amount\n{table}"))]);
        report_of(folder.path(), &[arguments, &["--by", "month"]].concat()).title()
    };
    assert_eq!(title(&[120, 90, 100, 80], &["sold"]), "Sales: €20.00 below target (target reached in 2 of 4 months)");
    assert_eq!(title(&[120, 110], &["sold"]), "Sales: €10.00 above target (target reached in 2 of 2 months)");
    assert_eq!(title(&[80, 100], &["sold"]), "Sales: on target (target reached in 1 of 2 months)");
    assert_eq!(title(&[80, 100], &["revenue"]), "Revenue at €100.00, +€20.00 from January 2026");
    let french = title(&[120, 90, 100, 80], &["sold", "--lang", "fr"]);
    assert_eq!(french, "Sales : 20,00 € au-dessous de l’objectif (objectif atteint 2 mois sur 4)");
}

#[test]
fn undefined_and_negative_values_have_a_place() {
    let table = "month,region,amount\n2026-01,north,-50\n2026-03,north,70\n2026-04,north,-20\n";
    let folder = folder(PLAN, &[("sales.csv", table)]);
    let page = report_of(folder.path(), &["sold", "share", "--by", "month"]);
    page.check_nesting();
    let rows = page.section("kpi-sold").table("data");
    assert_eq!(rows.iter().map(|row| row[1].as_str()).collect::<Vec<_>>(), ["-€50.00", "—", "€70.00", "-€20.00"]);
    assert!(page.text().contains("Sales: €120.00 below target (target reached in 0 of 3 months)"), "{}", page.text());
    let heights = page.attributes("height");
    assert!(heights.iter().all(|height| !height.starts_with('-')), "{heights:?}");
}

#[test]
fn texts_of_authors_are_escaped() {
    let hostile = r#"
dataset t = "t.csv" { time month }
x = sum(t.x) { label "<script>alert(1)</script>"  about "\"><img onerror=x>"  good > 3 "</style>"  bad otherwise "<b>"  better higher }
report "</title><script>" { kpis x  by month  over k }
"#;
    let folder = folder(hostile, &[("t.csv", "month,k,x\n2026-01,<i>,1\n2026-02,<i>,2\n2026-02,b,2\n")]);
    let page = report_of(folder.path(), &["</title><script>"]);
    page.check_nesting();
    ["<script", "<img", "<b>", "<i>"].iter().for_each(|text| assert!(!page.html.contains(text), "`{text}`"));
}

#[test]
fn every_number_links_to_its_derivation() {
    let page = Page::read(kpi(&["report", "cac", "-f", SHOP, "--by", "month", "--over", "channel"]));
    for class in ["data", "bars segments"] {
        let section = page.section("kpi-cac");
        let table = section.table_html(class);
        let body = table.split("<tbody>").nth(1).expect("it has a body");
        for cell in body.split("<td class=\"number\">").skip(1) {
            let cell = cell.split("</td>").next().unwrap_or_default();
            assert!(cell.is_empty() || cell.contains("<a href=\"#kpi-cac"), "{cell}");
        }
    }
    let derivation = page.element("kpi-cac-at-2026-03");
    assert!(derivation.contains("= €660.22 / 11") && derivation.contains("19 rows of ads"), "{derivation}");
}

#[test]
fn several_reports_fit_on_one_page() {
    let folder = folder(
        &format!(
            "{PLAN}report \"One\" fr \"Un\" {{ kpis sold  by month }}\nreport \"Two\" {{ kpis sold, share  by month  over region }}\n"
        ),
        &[("sales.csv", &regions())],
    );
    let page = report_of(folder.path(), &["one", "Two"]);
    page.check_nesting();
    page.check_links();
    assert_eq!(page.html.matches("<h1").count(), 2);
    assert!(page.html.contains("id=\"r1-kpi-sold\"") && page.html.contains("id=\"r2-kpi-share\""));
    let page = report_of(folder.path(), &["Un", "--lang", "fr", "--period", "2026-01"]);
    assert!(page.text().contains("Un · janvier 2026"), "{}", page.text());
}

#[test]
fn what_a_report_cannot_show_is_an_error_with_the_text_to_type() {
    for (arguments, expected) in [
        (&["cac", "--by", "channel"][..], "`--over channel`"),
        (&["cac", "--against", "target"], "omit `--against`"),
        (&["cac", "--against", "channel=email"], "`--against previous`"),
        (&["cac", "-o", "report.pdf"], "`--format html`"),
        (&["Board", "cac"], "name only reports, or only KPIs"),
        (&["Bord"], "Bord"),
        (&["cac", "--over", "month"], "`month` is a period, not a column with segments"),
        (&["cac", "--over", "channel,day", "--by", "month"], "`--by day`, and `--over` with a column of the data"),
        (&["cac", "--over", "mois", "--lang", "fr"], "`--by mois`"),
    ] {
        let (status, problems) = refused(&[&["report", "-f", SHOP], arguments].concat());
        assert!(status > 0 && problems.contains(expected), "{arguments:?}: {problems}");
    }
}

#[test]
fn the_numbers_of_kpis_and_periods_are_limited() {
    let many = |count: usize| (0..count).map(|at| format!("k{at} = revenue * {at}\n")).collect::<String>();
    let page = |count: usize| {
        let folder = folder(
            &format!("dataset s = \"s.csv\" {{ time month }}\ninput revenue = sum(s.x)\n{}", many(count)),
            &[("s.csv", "month,x\n2026-01,1\n")],
        );
        let output = folder.path().join("report.html");
        let (folder, output) = (folder.path().to_str().unwrap(), output.to_str().unwrap());
        refused(&["report", "-f", folder, "-o", output])
    };
    assert_eq!(page(60).0, 0);
    let (status, problems) = page(61);
    assert!(status > 0 && problems.contains("the report has 61 KPIs, and at most 60 are allowed"), "{problems}");
    let months: String = (0..40).map(|at| format!("{}-{:02},{at}\n", 2023 + at / 12, at % 12 + 1)).collect();
    let folder =
        folder("dataset s = \"s.csv\" { time month }\nx = sum(s.x)", &[("s.csv", &format!("month,x\n{months}"))]);
    let page = report_of(folder.path(), &["--by", "month"]);
    assert_eq!(page.section("kpi-x").table("data").len(), 36);
    assert!(page.text().contains("4 earlier periods"), "{}", page.text());
}

/// Two regions in two months: 150 in January, 80 in February.
const SMALL: &str = "month,region,amount\n2026-01,north,120\n2026-01,south,30\n2026-02,north,60\n2026-02,south,20\n";

#[test]
fn small_pages_have_this_form() {
    let folder = folder(PLAN, &[("sales.csv", SMALL)]);
    for language in ["en", "fr"] {
        let page = report_of(folder.path(), &["sold", "--by", "month", "--over", "region", "--lang", language]);
        let body = page.html.split("</style>").nth(1).unwrap_or_default().replace('>', ">\n");
        let body: Vec<&str> =
            body.lines().filter(|line| !line.contains("own.kpi") && !line.contains("kpi report -f")).collect();
        insta::assert_snapshot!(format!("small_{language}"), body.join("\n"));
    }
}
