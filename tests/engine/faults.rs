//! An invalid cell affects only the KPIs that read its column.

use std::fmt::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use proptest::prelude::*;
use yardstick::{Dataset, Diagnostic, Embedded, Evaluation, Library, Limits, Query, open};

const DEFINITIONS: &str = "dataset t { time day  day: date  a: number  b: number  c: number  flag: boolean  lookup o on k = id  of_a = sum(a each k)  of_b = max(b each k) }\n\
                           dataset o { size: number  other: number }\n\
                           ka = sum(t.a)\nkb = median(t.b)\nkab = sum(t.a * t.b)\n\
                           some = count(t where flag)\nend = last(t.c)\nn = count(t)\n\
                           sized = sum(t.a * o.size)\ncoalesced = ka ?? 0\n\
                           groups_a = sum(t.of_a)\ngroups_b = max(t.of_b)";

/// The columns that each KPI reads, in the order of the definitions.
const READ: [(&str, &[&str]); 10] = [
    ("ka", &["a"]),
    ("kb", &["b"]),
    ("kab", &["a", "b"]),
    ("some", &["flag"]),
    ("end", &["c", "day"]),
    ("n", &[]),
    ("sized", &["a", "size"]),
    ("coalesced", &["a"]),
    ("groups_a", &["a"]),
    ("groups_b", &["b"]),
];

const ROWS: usize = 400;

/// A temporary file that is deleted on drop.
struct TemporaryFile(PathBuf);

impl TemporaryFile {
    fn new(ending: &str, text: &str) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("yardstick-fault-{}-{}.{ending}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, text).expect("the temporary folder is writable");
        Self(path)
    }
}

impl Drop for TemporaryFile {
    fn drop(&mut self) {
        // A remaining file does no harm.
        let _ = std::fs::remove_file(&self.0);
    }
}

/// The rows of `t`, long enough for several blocks. The column `column` contains `oops` in the rows `bad`.
fn rows(column: &str, bad: &[usize]) -> Vec<[(&'static str, String); 7]> {
    let row = |at: usize| {
        let cell = |name: &'static str, value: String| {
            let oops = name == column && bad.contains(&at);
            (name, if oops { "oops".to_owned() } else { value })
        };
        [
            cell("k", format!("k{}", at % 3)),
            cell("day", format!("2026-0{}-1{}", at % 4 + 1, at % 10)),
            cell("a", (at * 7 % 31).to_string()),
            cell("b", format!("{}.5", at * 5 % 17)),
            cell("c", (at % 13).to_string()),
            cell("flag", at.is_multiple_of(5).to_string()),
            cell("pad", "x".repeat(4000)),
        ]
    };
    (0..ROWS).map(row).collect()
}

fn csv(rows: &[[(&str, String); 7]]) -> String {
    let mut text = "k,day,a,b,c,flag,pad\n".to_owned();
    for row in rows {
        let cells: Vec<&str> = row.iter().map(|(_, cell)| cell.as_str()).collect();
        writeln!(text, "{}", cells.join(",")).expect("writing to a string cannot fail");
    }
    text
}

fn ndjson(rows: &[[(&str, String); 7]]) -> String {
    let mut text = String::new();
    for row in rows {
        let cells: Vec<String> = row.iter().map(|(name, cell)| format!("\"{name}\": \"{cell}\"")).collect();
        writeln!(text, "{{{}}}", cells.join(", ")).expect("writing to a string cannot fail");
    }
    text
}

/// Evaluates a query over two files and returns the result and the problems.
fn evaluate(t: &TemporaryFile, o: &TemporaryFile, query: &Query, threads: usize) -> (Evaluation, Vec<Diagnostic>) {
    let library = Library::from_text(DEFINITIONS).expect("the definitions are valid");
    let open = |name: &str, file: &TemporaryFile| -> Arc<dyn Dataset> {
        open(name, &file.0, &library.dataset(name).expect("it is declared").declaration)
            .expect("it can be opened")
            .into()
    };
    let source = Embedded::new(vec![open("t", t), open("o", o)]);
    library.evaluate_anyway(query, &source, &Limits::default().threads(threads)).expect("no limit is reached")
}

/// The names of the computed KPIs and their values per group.
fn values(evaluation: &Evaluation) -> Vec<(String, Vec<String>)> {
    let kpis = evaluation.plan.kpis.iter().enumerate();
    let value =
        |kpi: usize, group: usize| format!("{:?} {:?}", evaluation.group_label(group), evaluation.value(kpi, group));
    kpis.map(|(at, kpi)| (kpi.name.to_string(), (0..evaluation.groups.len()).map(|group| value(at, group)).collect()))
        .collect()
}

fn queries() -> [(Query, &'static [&'static str]); 4] {
    [
        (Query::all(), &[]),
        (Query::all().by("k").totals(true), &[]),
        (Query::all().by("month"), &["day"]),
        (Query::all().by("k").filter_formula("flag"), &["flag"]),
    ]
}

const SIZES: &str = "id,size,other\nk0,1,1\nk1,2,1\nk2,4,1\n";

proptest! {
    #![proptest_config(ProptestConfig { cases: 10, ..ProptestConfig::default() })]

    #[test]
    fn kpis_that_do_not_read_an_invalid_column_keep_their_values(
        column in prop::sample::select(vec!["day", "a", "b", "c", "flag"]),
        bad in prop::collection::btree_set(0..ROWS, 1..4),
        query_at in 0..4usize,
        threads in 1..9usize,
        json in any::<bool>(),
    ) {
        let bad: Vec<usize> = bad.into_iter().collect();
        let file = |column: &str| match json {
            true => TemporaryFile::new("ndjson", &ndjson(&rows(column, &bad))),
            false => TemporaryFile::new("csv", &csv(&rows(column, &bad))),
        };
        let (query, all_need) = queries()[query_at].clone();
        let sizes = TemporaryFile::new("csv", SIZES);
        let (clean, problems) = evaluate(&file("none"), &sizes, &query, threads);
        prop_assert_eq!(problems, vec![]);
        let (result, problems) = evaluate(&file(column), &sizes, &query, threads);
        let is_read = |kpi: &str| READ.iter().any(|(name, read)| *name == kpi && read.contains(&column));
        let expected: Vec<_> = values(&clean).into_iter().filter(|(kpi, _)| !is_read(kpi)).collect();
        if all_need.contains(&column) {
            prop_assert_eq!(result.plan.kpis.len(), 0);
        } else {
            prop_assert_eq!(values(&result), expected);
        }
        // There is one problem, at the first invalid cell of the file.
        prop_assert_eq!(problems.len(), 1);
        let place = problems[0].cell.as_ref().expect("the problem is in a cell");
        let line = bad[0] as u64 + if json { 1 } else { 2 };
        prop_assert_eq!((place.column.as_deref(), place.line), (Some(column), Some(line)));
    }
}

#[test]
fn an_invalid_lookup_affects_only_the_kpis_that_use_it() {
    let table = TemporaryFile::new("csv", &csv(&rows("none", &[])));
    let computed = |sizes: &str, query: Query| {
        let (result, problems) = evaluate(&table, &TemporaryFile::new("csv", sizes), &query, 2);
        let kpis: Vec<&str> = result.plan.kpis.iter().map(|kpi| &*kpi.name).collect();
        (kpis.join(" "), problems.into_iter().map(|problem| problem.code.to_string()).collect::<Vec<_>>().join(" "))
    };
    let others = "ka kb kab some end n coalesced groups_a groups_b".to_owned();
    let all = "ka kb kab some end n sized coalesced groups_a groups_b".to_owned();
    let bad_size = "id,size,other\nk0,1,1\nk1,oops,1\nk2,4,1\n";
    let bad_other = "id,size,other\nk0,1,1\nk1,2,oops\nk2,4,1\n";
    let twice = "id,size,other\nk0,1,1\nk0,2,1\nk2,4,1\n";
    let ragged = "id,size,other\nk0,1,1\nk1,2,1,9\nk2,4,1\n";
    assert_eq!(computed(bad_size, Query::all()), (others.clone(), "bad-cell".into()));
    assert_eq!(computed(bad_other, Query::all()), (all, String::new()));
    assert_eq!(computed(twice, Query::all()), (others.clone(), "duplicate-key".into()));
    assert_eq!(computed(ragged, Query::all()), (others.clone(), "bad-table".into()));
    // Without the column, rows cannot be grouped.
    assert_eq!(computed(bad_other, Query::all().by("other")), (String::new(), "bad-cell".into()));
    assert_eq!(computed(bad_size, Query::all().by("other")), (others, "bad-cell".into()));
}

#[test]
fn two_invalid_columns_are_two_problems() {
    let mut table = rows("a", &[300]);
    table[20][4].1 = "oops".into();
    let table = TemporaryFile::new("csv", &csv(&table));
    let sizes = TemporaryFile::new("csv", SIZES);
    for threads in 1..=8 {
        let (result, problems) = evaluate(&table, &sizes, &Query::all(), threads);
        let kpis: Vec<&str> = result.plan.kpis.iter().map(|kpi| &*kpi.name).collect();
        assert_eq!(kpis, ["kb", "some", "n", "groups_b"]);
        let places = problems.iter().filter_map(|problem| problem.cell.as_ref());
        let lines: Vec<(&str, u64)> =
            places.map(|place| (place.column.as_deref().unwrap(), place.line.unwrap())).collect();
        assert_eq!(lines, [("a", 302), ("c", 22)]);
    }
}

#[test]
fn an_invalid_table_does_not_affect_other_tables() {
    let definitions = "ka = sum(t.a)\nkb = sum(u.b)\nboth = ka + kb\n\
                       kc = sum(u.b) { better higher  target 10 * ka  good >= ka  bad otherwise }";
    let library = Library::from_text(definitions).expect("the definitions are valid");
    let (t, u) = (TemporaryFile::new("csv", "k,a\nx,1\ny,2,3\n"), TemporaryFile::new("csv", "k,b\nx,5\n"));
    let open = |name: &str, file: &TemporaryFile| -> Arc<dyn Dataset> {
        open(name, &file.0, &Default::default()).expect("it can be opened").into()
    };
    let source = Embedded::new(vec![open("t", &t), open("u", &u)]);
    let (result, problems) =
        library.evaluate_anyway(&Query::all().by("k"), &source, &Limits::default()).expect("no limit is reached");
    assert_eq!(super::show(&result), "x | 5 | 5\n");
    // The value is kept, but the target and bands that read the invalid table are dropped.
    assert!(result.plan.kpis[1].target.is_none() && result.plan.kpis[1].bands.is_empty());
    let [problem] = &problems[..] else { panic!("{problems:?}") };
    assert_eq!(problem.message, "expected 2 cells as in the first line, found 3");
    let strict =
        library.evaluate(&Query::all().by("k"), &source, &Limits::default()).expect_err("one KPI cannot be computed");
    assert_eq!(strict.diagnostics(), problems);
}
