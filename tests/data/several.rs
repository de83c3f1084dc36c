//! Tests datasets that consist of several files: their columns, formats and rows are those of one file.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use proptest::prelude::*;
use yardstick::{Dataset, Declaration, Embedded, Library, Limits, Query, open};

use super::{messages, plain, temporary};
use crate::engine::show;

/// A folder that is removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = temporary("several");
        std::fs::create_dir(&folder).unwrap();
        files.iter().for_each(|(name, text)| std::fs::write(folder.join(name), text).unwrap());
        Self(folder)
    }

    fn open(&self, pattern: &str, declaration: &Declaration) -> Result<Arc<dyn Dataset>, String> {
        let opened = open("ads", &self.0.join(pattern), declaration).map(Arc::from);
        opened.map_err(|problems| self.without_folder(&messages(&problems)))
    }

    fn without_folder(&self, text: &str) -> String {
        text.replace(&format!("{}/", self.0.display()), "").replace(&*self.0.display().to_string(), "FOLDER")
    }

    /// The result of a query on any number of threads, or its error.
    fn answer(&self, definitions: &str, pattern: &str, query: &Query) -> String {
        let library = Library::from_text(definitions).unwrap_or_else(|problems| panic!("{problems}"));
        let declaration = library.dataset("ads").map_or_else(plain, |known| known.declaration.clone());
        let ads = match self.open(pattern, &declaration) {
            Ok(ads) => ads,
            Err(problem) => return problem,
        };
        let [one, four] = [1, 4].map(|threads| {
            let source = Embedded::new(vec![ads.clone()]);
            match library.evaluate(query, &source, &Limits::default().threads(threads)) {
                Ok(result) => show(&result),
                Err(problems) => self.without_folder(&messages(problems.diagnostics())),
            }
        });
        assert_eq!(one, four);
        one
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[track_caller]
fn gives(files: &[(&str, &str)], definitions: &str, query: &Query, expected: &str) {
    assert_eq!(Folder::new(files).answer(definitions, "ads-*", query), expected);
}

fn spent() -> Query {
    Query::new(["sum(ads.spend)"])
}

const JANUARY: (&str, &str) = ("ads-01.csv", "day,spend,channel\n2026-01-05,10,web\n2026-01-06,5,mail\n");
/// In another order, and separated by semicolons.
const FEBRUARY: (&str, &str) = ("ads-02.csv", "channel;day;spend\nweb;2026-02-01;7\n");

#[test]
fn files_are_one_table_whatever_the_order_of_their_columns() {
    let files = [JANUARY, FEBRUARY];
    gives(&files, "", &spent(), " | 22\n");
    gives(&files, "", &spent().by("channel").totals(true), "mail | 5\nweb | 17\ntotal | 22\n");
    gives(&files, "", &spent().by("month"), "2026-01 | 15\n2026-02 | 7\n");
    gives(&files, "", &spent().by("file"), "ads-01.csv | 15\nads-02.csv | 7\n");
    gives(&files, "", &spent().filter_formula(r#"file != "ads-01.csv""#), " | 7\n");
    gives(&[JANUARY, ("bads-02.csv", "x\n1\n")], "", &spent(), " | 15\n");
}

#[test]
fn a_column_called_file_is_kept() {
    let files = [("ads-1.csv", "file,spend\na,1\n"), ("ads-2.csv", "file,spend\nb,2\n")];
    gives(&files, "", &spent().by("file"), "a | 1\nb | 2\n");
}

#[test]
fn formats_follow_from_the_cells_of_all_files() {
    // Only the second file shows that the day comes first, and that `1,250` has a decimal comma.
    let files =
        [("ads-1.csv", "day;spend\n03/04/2026;1,250\n"), ("ads-2.csv", "spend;day\n2,5;31/04/2026\n2,5;30/04/2026\n")];
    let broken = Folder::new(&files).answer("", "ads-*", &spent().by("month"));
    assert!(broken.starts_with("bad-cell at ads-2.csv:2, column `day`, cell `31/04/2026`"), "{broken}");
    let files = [files[0], ("ads-2.csv", "spend;day\n2,5;30/04/2026\n")];
    gives(&files, "", &spent().by("month"), "2026-04 | 3.75\n");
    gives(&files[..1], "", &spent().by("day"), &Folder::new(&files[..1]).answer("", "ads-1.csv", &spent().by("day")));
    // A text in any file makes a column of texts.
    let files = [("ads-1.csv", "code,spend\n1,1\n"), ("ads-2.csv", "code,spend\nx,2\n")];
    gives(&files, "", &spent().by("code"), "1 | 1\nx | 2\n");
    let found = Folder::new(&files).answer("", "ads-*", &Query::new(["sum(ads.code)"]));
    assert!(found.starts_with("bad-cell at ads-2.csv:2, column `code`, cell `x`"), "{found}");
}

#[test]
fn two_readings_in_different_files_are_refused() {
    let files = [("ads-1.csv", "day,spend\n31/01/2026,1\n"), ("ads-2.csv", "day,spend\n01/31/2026,2\n")];
    let found = Folder::new(&files).answer("", "ads-*", &spent().by("month"));
    assert!(found.starts_with("bad-table at ads-1.csv:2, column `day`, cell `31/01/2026`"), "{found}");
    assert!(found.contains("the month in `01/31/2026` in line 2 of `ads-2.csv`"), "{found}");
    gives(&files, "", &spent(), " | 3\n");
    let files = [("ads-1.csv", "spend\n1 €\n"), ("ads-2.csv", "spend\n2 $\n")];
    let found = Folder::new(&files).answer("", "ads-*", &spent());
    assert!(found.contains("ads-2.csv:2") && found.contains("mixes currencies: EUR and `2 $`"), "{found}");
}

#[test]
fn problems_name_the_file_and_the_line() {
    let orders = "day,customer\n2026-01-01,1\n";
    let files = [("ads-1.csv", "id,spend\n1,10\n2,20\n"), ("ads-2.csv", "id,spend\n3,30\n1,40\n")];
    let folder = Folder::new(&files);
    let library = Library::from_text("dataset orders { lookup ads on customer = id }").unwrap();
    let orders = yardstick::Table::from_csv("orders", orders, &plain()).unwrap();
    let source = Embedded::new(vec![folder.open("ads-*", &plain()).unwrap(), Arc::new(orders)]);
    let query = Query::new(["sum(orders.customer * ads.spend)"]);
    let problems = library.evaluate(&query, &source, &Limits::default()).unwrap_err();
    let found = folder.without_folder(&messages(problems.diagnostics()));
    assert!(found.contains("ads-2.csv:3"), "{found}");
    let later = "spend\n".to_owned() + &"1\n".repeat(3_000_000) + "x\n";
    let folder = Folder::new(&[("ads-1.csv", "spend\n1\n"), ("ads-2.csv", &later)]);
    let found = folder.answer("", "ads-*", &spent());
    assert!(found.starts_with("bad-cell at ads-2.csv:3000002, column `spend`, cell `x`"), "{found}");
}

#[test]
fn files_that_do_not_fit_together_are_refused() {
    let other = ("ads-03.csv", "day,amount,channel\n2026-03-01,1,web\n");
    let json = ("ads-04.json", r#"[{"day": "2026-04-01", "spend": 1, "channel": "web"}]"#);
    let cases: [&[(&str, &str)]; 4] =
        [&[JANUARY, other], &[JANUARY, json], &[JANUARY, ("ads-05.csv", "")], &[("x.csv", "a\n1\n")]];
    let found: Vec<String> = cases.iter().map(|files| Folder::new(files).answer("", "ads-*", &spent())).collect();
    let folder = Folder::new(&[JANUARY]);
    let more = ["*/ads-*.csv", "none/ads-*.csv"].map(|pattern| folder.answer("", pattern, &spent()));
    insta::assert_snapshot!(found.into_iter().chain(more).collect::<Vec<_>>().join("\n\n"));
}

#[test]
fn a_pattern_matches_a_limited_number_of_files() {
    let folder = Folder::new(&[]);
    (0..=10_000).for_each(|file| drop(std::fs::File::create(folder.0.join(format!("ads-{file}.csv"))).unwrap()));
    let found = folder.answer("", "ads-*.csv", &spent());
    assert!(found.starts_with("limit-reached\n  `ads-*.csv` matches more than 10000 files"), "{found}");
}

#[test]
fn records_of_several_files_may_leave_out_columns() {
    let files = [
        ("ads-1.ndjson", "{\"spend\": 1, \"channel\": \"web\"}\n"),
        ("ads-2.json", "[{\"spend\": 2}, {\"spend\": 4, \"day\": \"2026-01-01\"}]"),
    ];
    gives(&files, "", &spent().by("channel"), "(blank) | 6\nweb | 1\n");
    gives(&files, "", &spent().by("day"), "2026-01-01 | 4\n");
    let files = [files[0], ("ads-2.json", "[{\"spend\": \"much\"}]")];
    let found = Folder::new(&files).answer("", "ads-*", &spent());
    assert!(found.contains("ads-2.json:1") && found.contains("much"), "{found}");
}

#[test]
fn a_file_with_the_name_of_a_pattern_is_read_alone() {
    let files = [("ads-*.csv", "spend\n1\n"), ("ads-2.csv", "spend\n2\n")];
    assert_eq!(Folder::new(&files).answer("", "ads-*.csv", &spent()), " | 1\n");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn several_files_give_the_result_of_one(
        rows in prop::collection::vec((0usize..4, 1u32..29, 0i64..2000, 0usize..3), 1..40),
        swapped in any::<[bool; 4]>(),
    ) {
        let cell = |&(_, day, spend, channel): &(usize, u32, i64, usize), swapped: bool| {
            let (day, spend) = (format!("{day:02}/01/2026"), format!("\"{},{:03}\"", spend / 1000, spend % 1000));
            let channel = ["web", "mail", ""][channel];
            if swapped { format!("{channel},{spend},{day}\n") } else { format!("{day},{channel},{spend}\n") }
        };
        let header = |swapped| if swapped { "channel,spend,day\n" } else { "day,channel,spend\n" };
        let one = header(false).to_owned() + &rows.iter().map(|row| cell(row, false)).collect::<String>();
        let file = |at: usize| {
            let own = rows.iter().filter(|row| row.0 == at).map(|row| cell(row, swapped[at]));
            header(swapped[at]).to_owned() + &own.collect::<String>()
        };
        let texts = [0, 1, 2, 3].map(file);
        let names = ["ads-a.csv", "ads-b.csv", "ads-c.csv", "ads-d.csv"];
        let files: Vec<(&str, &str)> = names.into_iter().zip(texts.iter().map(String::as_str)).collect();
        let folder = Folder::new(&files);
        std::fs::write(folder.0.join("one.csv"), one).unwrap();
        let query = Query::new(["sum(ads.spend)", "count(ads)", "median(ads.spend)"]).by("day").by("channel").totals(true);
        let unsigned = |answer: String| answer.replace("one.csv", "ads-?.csv");
        let (several, one) = (folder.answer("", "ads-*.csv", &query), unsigned(folder.answer("", "one.csv", &query)));
        // An error names another line.
        let is_error = one.starts_with("ambiguous-column");
        prop_assert!(if is_error { several.starts_with("ambiguous-column") } else { several == one }, "{}\n{}", several, one);
    }
}

#[cfg(feature = "parquet")]
#[test]
fn parquet_files_need_the_same_types() {
    use arrow_array::{ArrayRef, Int64Array, StringArray};
    let write = |folder: &Path, name: &str, spend: ArrayRef| {
        let channel: ArrayRef = Arc::new(StringArray::from(vec!["web"; spend.len()]));
        let batch = arrow_array::RecordBatch::try_from_iter([("spend", spend), ("channel", channel)]).unwrap();
        let file = std::fs::File::create(folder.join(name)).unwrap();
        let mut writer = parquet::arrow::ArrowWriter::try_new(file, batch.schema(), None).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
    };
    let folder = Folder::new(&[]);
    write(&folder.0, "ads-1.parquet", Arc::new(Int64Array::from(vec![1, 2])));
    write(&folder.0, "ads-2.parquet", Arc::new(Int64Array::from(vec![4])));
    let by_file = folder.answer("", "ads-*.parquet", &spent().by("file"));
    assert_eq!(by_file, "ads-1.parquet | 3\nads-2.parquet | 4\n");
    write(&folder.0, "ads-3.parquet", Arc::new(StringArray::from(vec!["much"])));
    let found = folder.answer("", "ads-*.parquet", &spent());
    assert!(
        found.contains("the column `spend` holds numbers in `ads-1.parquet` and texts in `ads-3.parquet`"),
        "{found}"
    );
}
