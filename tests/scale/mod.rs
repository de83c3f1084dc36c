//! Tests many rows: exact sums, one invalid cell among them, and the same results on any number of threads.

mod growth;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;

use yardstick::{Declaration, Embedded, Error, Evaluation, Library, Limits, Query, open};

const ROWS: u64 = 20_000;

/// A deterministic sequence of pseudo-random numbers.
struct Generator(u64);

impl Generator {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

/// A table with amounts of very different sizes, and the sum of each month and channel in cents, added one by one.
fn generated() -> (String, BTreeMap<(String, String), i128>) {
    let (mut random, mut sums) = (Generator(3), BTreeMap::new());
    let mut text = String::from("day,channel,amount\n");
    for _ in 0..ROWS {
        let (month, day, channel) = (random.below(12) + 1, random.below(28) + 1, random.below(5));
        // One amount in ten has 18 digits, so that sums exceed 64 bits.
        let size = if random.below(10) == 0 { 900_000_000_000_000_000 } else { 2_000_000 };
        let cents = (i128::from(random.below(1 << 30)) * size) >> 30;
        let cents = if random.below(20) == 0 { -cents } else { cents };
        let sign = if cents < 0 { "-" } else { "" };
        writeln!(text, "2025-{month:02}-{day:02},c{channel},{sign}{}.{:02}", cents.abs() / 100, cents.abs() % 100)
            .expect("writing to a text cannot fail");
        *sums.entry((format!("2025-{month:02}"), format!("c{channel}"))).or_default() += cents;
    }
    (text, sums)
}

fn file(name: &str, text: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("yardstick-{}-{name}.csv", std::process::id()));
    std::fs::write(&path, text).unwrap();
    path
}

fn evaluate(path: &std::path::Path, threads: usize) -> Result<Evaluation, Error> {
    let dataset = open("sales", path, &Declaration::default()).unwrap();
    let library = Library::from_text("total_amount = sum(amount)\nmiddle = median(amount)").unwrap();
    let limits = Limits::default().threads(threads);
    library.evaluate(&Query::all().by("month").by("channel"), &Embedded::new(vec![dataset.into()]), &limits)
}

fn spelled(evaluation: &Evaluation) -> Vec<String> {
    let spell = |group: usize| {
        let label = evaluation.group_label(group);
        format!("{label:?} {:?} {:?}", evaluation.value(0, group), evaluation.value(1, group))
    };
    (0..evaluation.groups.len()).map(spell).collect()
}

#[test]
fn sums_are_exact_to_the_cent_on_any_number_of_threads() {
    let (text, sums) = generated();
    let path = file("cents", &text);
    let one = evaluate(&path, 1).unwrap();
    assert_eq!(one.groups.len(), sums.len());
    assert!(sums.values().any(|cents| *cents > i128::from(i64::MAX)));
    for (group, expected) in sums.values().enumerate() {
        let expected = yardstick::Decimal::from_i128_with_scale(*expected, 2);
        assert_eq!(one.value(0, group), Ok(expected.into()), "{:?}", one.group_label(group));
    }
    for threads in 2..=3 {
        assert_eq!(spelled(&evaluate(&path, threads).unwrap()), spelled(&one), "{threads} threads");
    }
    std::fs::remove_file(path).unwrap();
}

#[test]
fn one_invalid_cell_is_found_and_reported() {
    let (text, _) = generated();
    let mut lines: Vec<&str> = text.lines().collect();
    lines[16_234] = "2025-03-09,c2,12.3O";
    let path = file("broken", &(lines.join("\n") + "\n"));
    for threads in 1..=3 {
        // Small files are inspected completely. The column is declared, so that the cell is found when it is read.
        let declared = "dataset sales = \"sales.csv\" { amount: money }\ntotal_amount = sum(amount)";
        let library = Library::from_text(declared).unwrap_or_else(|problems| panic!("{problems:?}"));
        let dataset = open("sales", &path, &library.dataset("sales").expect("it is declared").declaration).unwrap();
        let limits = Limits::default().threads(threads);
        let source = Embedded::new(vec![dataset.into()]);
        let problems = library.evaluate(&Query::all(), &source, &limits).err().unwrap();
        let cell = problems.diagnostics()[0].cell.as_ref().unwrap();
        assert_eq!(
            (cell.line, cell.column.as_deref(), cell.cell.as_deref()),
            (Some(16_235), Some("amount"), Some("12.3O"))
        );
    }
    std::fs::remove_file(path).unwrap();
}
