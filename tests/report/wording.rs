//! What a page says: sentences, marks, comparisons, formulas and derivations.

use super::page::Page;
use super::{PLAN, SHOP, SMALL, folder, kpi, refused, report_of};

fn shop(arguments: &[&str]) -> Page {
    Page::read(kpi(&[&["report", "-f", SHOP, "--by", "month"], arguments].concat()))
}

/// The churn rate of the shop is to watch in March 2026: `watch <= 6%`.
#[test]
fn the_title_counts_the_periods_of_the_current_status() {
    let title = |arguments: &[&str]| shop(&[&["churn_rate", "--period", "2026"], arguments].concat()).title();
    assert_eq!(title(&[]), "Churn rate at 5.5%: to watch (1 of 3 months)");
    assert_eq!(title(&["--lang", "fr"]), "Taux d’attrition à 5,5 % : à surveiller (1 mois sur 3)");
}

#[test]
fn comparisons_name_their_period() {
    let heads = |arguments: &[&str]| {
        let page = shop(&[&["click_rate"], arguments].concat());
        let overview = page.table_html("stack").replace("</th>", " | ");
        (super::page::plain(overview.split("</thead>").next().unwrap_or_default()), page)
    };
    let (english, page) = heads(&["--against", "2 months ago"]);
    assert!(english.contains("| January 2026 | Δ January 2026 |"), "{english}");
    assert!(page.text().contains("Δ 2 months earlier") && page.text().contains("from January 2026"));
    let (french, page) = heads(&["--against", "2 months ago", "--lang", "fr"]);
    assert!(french.contains("| janvier 2026 | Δ janvier 2026 |"), "{french}");
    assert!(page.text().contains("Δ 2 mois plus tôt") && page.text().contains("par rapport à janvier 2026"));
    // Only a part of the period before counts, so that its name would say too much.
    let (so_far, _) = heads(&["--against", "previous, so far", "--lang", "fr"]);
    assert!(so_far.contains("| Δ 1 mois plus tôt, jusqu’au même jour |"), "{so_far}");
}

#[test]
fn comparisons_of_other_than_whole_periods_are_refused() {
    for (arguments, expected) in [
        (&["--by", "month", "--against", "13 days ago"][..], "not a whole number of periods of `--by month`"),
        (&["--by", "week", "--against", "1 month ago"], "weeks do not divide months or quarters"),
        (&["--against", "previous"], "`--by month`"),
        (&["--by", "month", "--date", "yesterday"], "expected a day, as in `--date 2026-04-02`"),
        (&["--by", "month", "--date", "2026-02-30"], "expected a day, as in `--date 2026-04-02`"),
    ] {
        let (status, problems) = refused(&[&["report", "cac", "-f", SHOP], arguments].concat());
        assert!(status == 2 && problems.contains(expected), "{arguments:?}: {problems}");
    }
}

#[test]
fn a_period_without_data_is_a_warning() {
    for by in [&["--by", "month"][..], &[]] {
        let (status, problems) = refused(&[&["report", "cac", "-f", SHOP, "--period", "2031"], by].concat());
        assert!(status == 0 && problems.contains("there are no rows in `2031`: `ads` covers 2025-01-06"), "{problems}");
    }
}

/// In February 2026, the window of three months reads blank cells of January.
#[test]
fn values_before_have_their_marks() {
    let page = shop(&["smoothed_cac"]);
    let row = &page.table("stack")[0];
    assert_eq!(row[1..3], ["€53.11*", "€47.13*"]);
}

#[test]
fn copied_formulas_keep_their_parentheses() {
    let definitions = "dataset t = \"t.csv\" { time month }\ninput a = sum(t.a)\ninput b = sum(t.b)\n\
                       k = (a + b) / (a - b) / 2";
    let folder = folder(definitions, &[("t.csv", "month,a,b\n2026-01,3,1\n")]);
    let page = report_of(folder.path(), &["k", "--by", "month"]);
    assert_eq!(page.paragraph("words"), "k=(a + b) ÷ (a − b) ÷ 2");
}

/// A target of the whole says nothing about a part, neither in a table nor in a derivation.
#[test]
fn derivations_of_the_segments_of_a_sum_have_no_status() {
    let folder = folder(PLAN, &[("sales.csv", SMALL)]);
    let page = report_of(folder.path(), &["sold", "--by", "month", "--over", "region"]);
    assert!(page.element("kpi-sold-at-2026-02").contains("target €100.00"));
    for id in ["kpi-sold-segment-1-1", "kpi-sold-segment-1-1-before"] {
        let derivation = page.element(id);
        assert!(derivation.contains("1 row of sales"), "{derivation}");
        assert!(!derivation.contains("target") && !derivation.contains('✗'), "{derivation}");
    }
}

#[test]
fn french_derivations_have_elisions_and_singulars() {
    let page = shop(&["cac", "--over", "channel", "--lang", "fr"]);
    let derivation = page.element("kpi-cac-segment-1-1-before");
    assert!(derivation.contains("cac (1 mois plus tôt)"), "{derivation}");
    let text = page.text();
    assert!(text.contains("19 lignes d’ads") && !text.contains("lignes de ads"));
    assert!(!text.contains(" 0 lignes") && !text.contains("pas de lignes"));
}

/// Campaigns that only the orders have are no segments of the costs.
#[test]
fn segments_without_rows_are_left_out() {
    let page = shop(&["click_rate", "--over", "channel"]);
    let rows = page.section("kpi-click_rate").table("bars segments");
    let names: Vec<&str> = rows.iter().map(|row| row[0].as_str()).collect();
    assert_eq!(names, ["newsletter", "search", "social", "video"]);
}
