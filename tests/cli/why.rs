//! What `kpi why` compares, and what it says if it cannot.

use super::output::errors;
use crate::folder::Folder;

const DEFINITIONS: &str = r#"
dataset o = "o.csv" { time day }
param tax = 1
basket = sum(o.amount) / count(o)
sold = sum(o.amount)
rise = sold / sold[previous] - 1
taxed = sold * tax { target 150 }
scenario "more" { tax = 2 }
"#;

fn why(arguments: &[&str]) -> (String, String, Option<i32>) {
    let folder = Folder::new();
    let rows = "2026-01-05,a,10\n2026-01-20,b,20\n2026-02-05,a,30\n2026-02-06,b,50\n";
    folder.write("o.csv", format!("day,channel,amount\n{rows}"));
    folder.write("o.kpi", DEFINITIONS);
    let output = folder.kpi(&[&["why"], arguments].concat());
    (String::from_utf8_lossy(&output.stdout).into_owned(), errors(&output), output.status.code())
}

#[test]
fn a_kpi_that_cannot_be_compared_does_not_hide_the_others() {
    let channels = ["--by", "channel", "--at", "channel=a", "--against", "channel=b"];
    for kpis in [&["basket", "rise"][..], &["rise", "basket"], &["rise", "basket", "rise"]] {
        let (text, problems, status) = why(&[kpis, &channels].concat());
        // 40 in 2 rows and 70 in 2 rows.
        assert!(text.contains("basket is 15 lower (-42.9%): 20 against 35."), "{text}\n{problems}");
        assert!(problems.contains("`rise` needs a period") && !text.contains("rise"), "{problems}");
        assert_eq!(status, Some(1));
    }
    let (text, problems, status) = why(&[&["rise"][..], &channels].concat());
    assert!(text.is_empty() && problems.contains("`rise` needs a period") && status == Some(1), "{problems}");
    let so_far = ["basket", "nothing", "--by", "month", "--against", "previous, so far"];
    let (text, problems, _) = why(&so_far);
    assert!(
        text.contains("basket rose by 30 (+300%), from 10 to 40.") && problems.contains("nothing"),
        "{text}\n{problems}"
    );
}

#[test]
fn the_total_is_compared_with_a_scenario_and_a_target() {
    let totals: [&[&str]; 3] = [
        &["taxed", "--at", "total", "--against", "scenario:more"],
        &["taxed", "--by", "channel", "--at", "total", "--against", "scenario:more"],
        &["taxed", "--by", "month", "--at", "total", "--against", "base", "--set", "tax = 2"],
    ];
    for line in totals {
        let (text, problems, status) = why(line);
        assert!(text.contains("taxed rose by 110 (+100%), from 110 to 220."), "{line:?}\n{text}\n{problems}");
        assert_eq!((text.matches("taxed rose").count(), status), (1, Some(0)), "{text}");
    }
    let (text, problems, _) = why(&["taxed", "--by", "channel", "--at", "total", "--against", "target"]);
    assert!(text.contains("110") && text.contains("150"), "{text}\n{problems}");
    let (_, problems, status) = why(&["taxed", "--by", "month", "--at", "total"]);
    assert!(problems.contains("`--against target`") && status == Some(2), "{problems}");
}

#[test]
fn a_period_to_compare_with_has_the_name_of_its_grain() {
    for (period, hint) in [("2026-01", "month=2026-01"), ("2025", "year=2025"), ("2026-Q1", "quarter=2026-Q1")] {
        let (_, problems, status) = why(&["sold", "--by", "month", "--against", period]);
        assert!(problems.contains(&format!("write `--against {hint}`")) && status == Some(2), "{problems}");
    }
    let (text, problems, status) = why(&["sold", "--by", "month", "--against", "month=2026-01"]);
    assert!(text.contains("sold rose by 50") && status == Some(0), "{text}\n{problems}");
}
