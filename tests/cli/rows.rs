//! From a number to its rows, and from the data to what is wrong with them.

use super::output::errors;
use crate::folder::Folder;

const ORDERS: &str = "order_id,day,channel,amount\nA1,2026-01-05,web,10\nA2,2026-01-20,shop,20\nA3,2026-02-05,web,40\n";

fn printed(folder: &Folder, arguments: &[&str]) -> (String, String) {
    let output = folder.kpi(arguments);
    let (text, problems) = (String::from_utf8_lossy(&output.stdout).into_owned(), errors(&output));
    assert_eq!(output.status.code(), Some(0), "{arguments:?}\n{text}\n{problems}");
    (text, problems)
}

#[test]
fn listed_rows_begin_with_what_identifies_them() {
    let folder = Folder::new();
    folder.write("o.csv", ORDERS);
    let heads = [
        // The first column whose name is that of an identifier.
        ("time day", "amount  order_id  day  "),
        // The columns that no two rows share.
        ("time day  expect unique channel, day", "amount  channel  day  "),
        ("time day  expect unique channel, day  expect unique order_id", "amount  order_id  day  "),
    ];
    for (block, head) in heads {
        folder.write("o.kpi", format!("dataset o = \"o.csv\" {{ {block} }}\nsold = sum(o.amount)\n"));
        let (text, _) = printed(&folder, &["explain", "sold", "--rows", "-f", "o.kpi"]);
        assert!(text.contains(head), "{head}\n{text}");
        let (text, _) = printed(&folder, &["why", "sold", "--by", "month", "--rows", "-f", "o.kpi"]);
        assert!(text.contains(head), "{head}\n{text}");
    }
    let (text, _) = printed(&folder, &["explain", "sold", "--rows", "1", "-f", "o.kpi", "--format", "json"]);
    let first = text.split("\"cells\": {").nth(1).expect("there are cells").trim_start();
    assert!(first.starts_with("\"order_id\": \"A3\""), "{text}");
    // A column that is read anyway is shown once.
    let (text, _) = printed(&folder, &["explain", "count(distinct o.order_id)", "--rows", "-f", "o.kpi"]);
    assert_eq!(text.matches("order_id  day").count(), 1, "{text}");
}

#[test]
fn a_check_leads_to_faults_that_it_does_not_report() {
    let folder = Folder::new();
    let check = |amount: &str, twice: &str| {
        let day = |at: usize| format!("B{at},2026-03-{:02},web,{}\n", at % 28 + 1, 10 + at % 7);
        let rows: String = (0..40).map(day).collect();
        folder.write("o.csv", format!("order_id,day,channel,amount\n{rows}A3,2026-03-05,web,{amount}\n{twice}"));
        let text = "dataset o = \"o.csv\" { time day  expect unique order_id }\nsold = sum(o.amount)\n";
        folder.write("o.kpi", text);
        printed(&folder, &["check", "-f", "o.kpi"])
    };
    let note = "note: `o.csv` has likely faults that no test of rows covers: `kpi describe o.csv` lists them";
    let (text, problems) = check("11", "");
    assert!(text.contains("no problems") && !problems.contains("likely faults"), "{problems}");
    let (_, problems) = check("11000", "");
    assert!(problems.contains(note), "{problems}");
    // The test of the key reports these.
    let (_, problems) = check("11", "A3,2026-03-06,web,12\n");
    assert!(problems.contains("order_id") && !problems.contains("likely faults"), "{problems}");
    let said = String::from_utf8_lossy(&folder.kpi(&["check", "-f", "o.kpi", "--format", "json"]).stdout).into_owned();
    assert!(!said.contains("likely faults"), "{said}");
}
