//! Forms of other languages: each is rejected with a hint that suggests the correct form.

use std::path::Path;
use std::sync::Arc;

use yardstick::{Dataset, Embedded, Library, Limits, Query, Table};

const TABLE: &str = "day,hired,name,channel,churn,a,b,revenue\n\
    2026-01-05,2025-01-05,ann,web,yes,1,2,10\n\
    2026-02-05,2025-02-05,bob,mail,no,3,4,20\n";

/// The hints of all problems with a formula, or `Ok` if it can be evaluated.
fn hints(formula: &str) -> Result<(), Vec<String>> {
    let library = Library::from_text("dataset t { time day }").unwrap();
    let declaration = library.dataset("t").expect("it is declared").declaration.clone();
    let table = Table::from_csv("t", TABLE, &declaration).unwrap();
    let datasets = Embedded::new(vec![Arc::new(table) as Arc<dyn Dataset>]);
    let query = Query::new([formula]).by("month");
    match library.evaluate(&query, &datasets, &Limits::default()) {
        Ok(_) => Ok(()),
        Err(problems) => Err(problems.diagnostics().iter().flat_map(|problem| problem.hints.clone()).collect()),
    }
}

/// The formula that a hint suggests, if it is a whole formula that computes something from rows.
fn whole(hint: &str) -> Option<&str> {
    let written = hint.split_once("write `")?.1.split('`').next()?;
    let condition = written.contains("sum(") || written.starts_with("count(") || written.starts_with("avg(");
    (condition && !written.contains("leads")).then_some(written)
}

#[test]
fn forms_of_other_languages_get_a_hint_with_the_correct_form() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/syntax/habits.txt");
    let text = std::fs::read_to_string(file).unwrap();
    let (mut wrong, mut seen) = (vec![], 0);
    for line in text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let (form, expected) = line.split_once(" => ").expect("a line is `form => hint`");
        seen += 1;
        match hints(form) {
            Ok(()) => wrong.push(format!("{form}: is accepted")),
            Err(hints) => match hints.iter().find(|hint| hint.contains(expected)) {
                None => wrong.push(format!("{form}: expected {expected}, found {hints:#?}")),
                Some(hint) => {
                    let failed = whole(hint).and_then(|written| Some((written, self::hints(written).err()?)));
                    wrong
                        .extend(failed.map(|(written, hints)| {
                            format!("{form}: the suggestion {written} is invalid: {hints:#?}")
                        }));
                }
            },
        }
    }
    assert!(seen > 90 && wrong.is_empty(), "{seen} forms:\n{}", wrong.join("\n"));
}

#[test]
fn entries_under_other_names_get_the_right_one() {
    for (text, expected) in [
        ("x = a {\n  goal 30\n}", "write `target 30`"),
        ("x = a {\n  title \"A\"\n}", "write `label \"Churn rate\"`"),
        ("x = a {\n  unit EUR\n}", "declare the unit before the formula"),
        ("x = a {\n  green > 3\n}", "write `good >= 30`, `watch >= 20` and `bad otherwise`"),
        ("x = a {\n  good if > 30\n}", "write `good > 30`"),
        ("x = a {\n  good if a > 30\n}", "write `good when` and a condition that names the KPI"),
        ("x = a {\n  tarmet 30\n}", "did you mean `target`?"),
        ("dataset p { date day }", "write `time day`"),
        ("dataset p { time = day }", "write `time day`"),
        ("dataset p { join customers on id }", "write `lookup customers on customer_id`"),
        ("dataset p { lookup customers by id }", "write `lookup customers on id`"),
        ("dataset p { where a > 3 }", "a dataset has no `where`"),
        ("param p = 30, q = 40", "write each definition on its own line"),
        ("fn f(x) { x + 1 }", "write `fn f(x) = x + 1`"),
        ("x = count(a distinct)", "write `count(distinct a)`"),
        ("x = a so far", "write `a[year to date]`, or `a[1 year ago, so far]` to compare"),
        ("x = a as y", "write the name before its formula: `y = a`"),
    ] {
        let (_, problems) = Library::builder().text("w.kpi", text).build_anyway();
        let hints: Vec<String> = problems.iter().flat_map(|problem| problem.hints.clone()).collect();
        assert!(hints.iter().any(|hint| hint.contains(expected)), "{text}\n{hints:?}");
    }
}
