//! Compares the numbers in `docs/limits.md` with those in the code.

use super::read;

/// A row of the documentation: how it begins, and the file, name and unit of its number. The unit is written after it.
const ROWS: &[(&str, &str, &str, (u64, &str))] = &[
    ("a file of definitions", "src/syntax/limits.rs", "MAX_SOURCE_BYTES", (1 << 20, " MiB")),
    ("items of a file", "src/syntax/limits.rs", "MAX_ITEMS", (1, "")),
    ("words, numbers, texts", "src/syntax/limits.rs", "MAX_EXPRESSION", (1, "")),
    ("nesting |", "src/syntax/limits.rs", "MAX_NESTING", (1, " levels")),
    ("a name |", "src/syntax/limits.rs", "MAX_NAME", (1, " bytes")),
    ("nesting of formulas", "src/library/types/check.rs", "MAX_DEPTH", (1, " levels")),
    ("parts of functions", "src/library/types/check.rs", "MAX_REPEATED", (1, "")),
    ("parts of the name of a table", "src/data/table_name.rs", "MAX_PARTS", (1, "")),
    ("a part of such a name", "src/data/table_name.rs", "MAX_PART", (1, " bytes")),
    ("a connection profile", "src/sql/adbc/profile.rs", "MAX_BYTES", (1 << 10, " KiB")),
    ("the file `kpi.toml`", "src/cli/project.rs", "MAX_BYTES", (1 << 10, " KiB")),
    ("a message of a driver", "src/sql/adbc/driver.rs", "MAX_SAID", (1, " characters")),
    ("the SQL of a row expression", "src/sql/expression.rs", "MAX_EXPRESSION", (1 << 10, " KiB")),
    ("the SQL of all row expressions", "src/sql/expression.rs", "MAX_EXPRESSIONS", (1 << 20, " MiB")),
    ("periods that a statement lists", "src/sql/pushdown/whole.rs", "MAX_PERIODS", (1, "")),
    ("listed periods that a day is in", "src/sql/pushdown/whole.rs", "MAX_OVERLAP", (1, "")),
    ("digits after the point of the fraction", "src/sql/pushdown/whole.rs", "MAX_FRACTION_DIGITS", (1, "")),
    ("computed columns that use each other", "src/library/mod.rs", "MAX_COMPUTED_DEPTH", (1, "")),
    ("different keys after `each`", "src/plan/same_keys.rs", "MAX_KEY_SETS", (1, "")),
    ("the power of a base", "src/value/unit/mod.rs", "MAX_EXPONENT", (1, "")),
    ("bases of a unit", "src/value/unit/mod.rs", "MAX_BASES", (1, "")),
    ("tests of the rows", "src/library/compile.rs", "MAX_ROW_TESTS", (1, "")),
    ("bands of a card", "src/library/card.rs", "MAX_BANDS", (1, "")),
    ("libraries below a library", "src/library/mod.rs", "MAX_BASES", (1, "")),
    ("days, months or periods of a context", "src/library/clause.rs", "MAX_SHIFT", (1, "")),
    ("conditions that apply", "src/plan/conditions.rs", "MAX_CONDITIONS", (1, "")),
    ("columns after `each`", "src/library/inner.rs", "MAX_KEYS", (1, "")),
    ("aggregates with `each`", "src/library/inner.rs", "MAX_INNER_LEVELS", (1, "")),
    ("different sets of inner groups", "src/plan/lower/formula/inner.rs", "MAX_INNER_GROUPS", (1, "")),
    ("operands that `kpi why` separates", "src/change/shares.rs", "MAX_OPERANDS", (1, "")),
    ("factors of a product", "src/change/formula.rs", "MAX_FACTORS", (1, "")),
    ("digits of a contribution", "src/change/mod.rs", "DIGITS", (1, "")),
    ("the length of a fraction", "src/change/number.rs", "MAX_BITS", (1, " bits")),
    ("rows that `--rows` lists", "src/data/listed.rs", "MAX_LISTED_ROWS", (1, "")),
    ("columns that are shown", "src/aggregate/contributing/columns.rs", "MAX_SHOWN_COLUMNS", (1, "")),
    ("the degree up to which", "src/what_if/quotient.rs", "MAX_DEGREE", (1, "")),
    ("the length of a coefficient", "src/what_if/quotient.rs", "MAX_BITS", (1, " bits")),
    ("the multiple of the present value", "src/what_if/group.rs", "SEARCHED", (1, "")),
    ("stretches into which", "src/what_if/form.rs", "MAX_STRETCHES", (1, "")),
    ("inputs that `kpi sensitivity`", "src/what_if/sensitivity.rs", "MAX_VARIED", (1, "")),
    ("pairs of definitions with the same meaning", "src/diff/renames.rs", "MAX_PAIRS", (1, "")),
    ("a snapshot |", "src/cli/snapshot.rs", "MAX_SNAPSHOT", (1 << 20, " MiB")),
    ("measures of a query", "src/data/measure.rs", "MAX_MEASURES", (1, "")),
    ("visits to parts", "src/plan/lower/formula/size.rs", "VISITS_PER_NODE", (1, "")),
    ("different values of a column", "src/describe/remembered.rs", "MAX_DISTINCT", (1, "")),
    ("values and rows of a file", "src/describe/remembered.rs", "MAX_REMEMBERED", (1, "")),
    ("different texts of a column", "src/describe/column/texts.rs", "MAX_TEXTS", (1, "")),
    ("different days of a column", "src/describe/column/days.rs", "MAX_DAYS", (1, "")),
    ("columns in whose segments", "src/describe/segments.rs", "MAX_SEGMENT_COLUMNS", (1, "")),
    ("segments of such a column", "src/describe/segments.rs", "MAX_COLUMN_SEGMENTS", (1, "")),
    ("different days of all these segments", "src/describe/segments.rs", "MAX_SEGMENT_DAYS", (1, "")),
    ("columns of a CSV file", "src/read/csv/dialect.rs", "MAX_COLUMNS", (1, "")),
    ("files that the pattern", "src/read/files.rs", "MAX_FILES", (1, "")),
    ("cells in a row", "src/read/workbook/reader.rs", "MAX_COLUMNS", (1, "")),
    ("the row that `header` names", "src/read/formatting.rs", "MAX_HEADER", (1, "")),
    ("rows that `skip last` leaves out", "src/read/formatting.rs", "MAX_SKIPPED", (1, "")),
    ("files in a workbook", "src/read/workbook/archive.rs", "MAX_FILES", (1, "")),
    ("a tag in the styles", "src/read/workbook/tags.rs", "MAX_TAG", (1, " bytes")),
    ("a stream, a workbook", "src/read/stream.rs", "MAX_IN_MEMORY", (1 << 30, " GiB")),
    ("rows of a record batch", "src/read/arrow/message.rs", "MAX_NULL_ROWS", (1, "")),
    ("nested columns", "src/read/parquet/footer.rs", "MAX_NESTING", (1, " levels")),
    ("the header of a page", "src/read/parquet/pages.rs", "MAX_HEADER", (1 << 20, " MiB")),
    ("KPIs of a report", "src/report/mod.rs", "MAX_KPIS", (1, "")),
    ("periods of a report", "src/report/periods.rs", "MAX_PERIODS", (1, "")),
    ("segments of a report", "src/report/breakdown.rs", "MAX_SEGMENTS", (1, "")),
    ("the head of a request", "src/cli/watch/requests.rs", "MAX_HEAD", (1 << 10, " KiB")),
    ("headers of such a request", "src/cli/watch/requests.rs", "MAX_HEADERS", (1, "")),
    ("connections to the page", "src/cli/watch/server.rs", "MAX_CONNECTIONS", (1, "")),
    ("problems that are shown", "src/diagnostic/most_severe.rs", "MAX_PROBLEMS", (1, "")),
    ("names that are looked at", "src/diagnostic/suggest.rs", "MAX_NAMES", (1, "")),
    ("a name that gets suggestions", "src/diagnostic/suggest.rs", "MAX_COMPARED", (1, " bytes")),
    ("pairs of names", "src/library/spellings.rs", "MAX_COMPARISONS", (1, "")),
    ("groups of a result", "src/budget/limits.rs", "groups", (1, "")),
    ("periods of a result", "src/data/axis.rs", "MAX_PERIODS", (1, "")),
    ("operations, contexts", "src/budget/limits.rs", "nodes", (1, "")),
    ("memory:", "src/budget.rs", "DEFAULT_MEMORY", (1 << 30, " GiB")),
    ("time:", "src/budget/limits.rs", "time", (1, "")),
];

/// The number that the code gives to a constant or a field; None for `None`.
fn number(file: &str, name: &str) -> Option<u64> {
    let text = read(file);
    let constant = text.split_once(&format!("const {name}: ")).and_then(|(_, rest)| rest.split_once(" = "));
    let field = || text.split_once("Self {\n").and_then(|(_, rest)| rest.split_once(&format!(" {name}: ")));
    let (_, rest) = constant.or_else(field).unwrap_or_else(|| panic!("{file}: no `{name}`"));
    let written = rest.split([';', ',']).next().expect("it has a value").replace('_', "");
    let parsed = |text: &str| text.trim().parse::<u64>().unwrap_or_else(|_| panic!("{file}: `{name}` is `{text}`"));
    match written.split_once("<<") {
        _ if written == "None" => None,
        Some((number, shift)) => Some(parsed(number) << parsed(shift)),
        None => Some(parsed(&written)),
    }
}

/// `1234567` as `1,234,567`.
fn spelled(number: u64) -> String {
    match number {
        0..1000 => number.to_string(),
        _ => format!("{},{:03}", spelled(number / 1000), number % 1000),
    }
}

#[test]
fn documented_limits_are_those_of_the_code() {
    let page = read("docs/limits.md");
    let rows: Vec<&str> = page.lines().filter_map(|line| line.strip_prefix("| ")).collect();
    let rows: Vec<&str> = rows.into_iter().filter(|row| !row.starts_with("what |")).collect();
    assert_eq!(rows.len(), ROWS.len(), "each row is compared");
    for (row, (first, file, name, (unit, written))) in rows.into_iter().zip(ROWS) {
        assert!(row.starts_with(first), "expected a row `{first}`, found `{row}`");
        let number = number(file, name).map_or("none".into(), |number| spelled(number / unit) + written);
        assert!(row.contains(&format!(" | {number} | ")), "{name} is {number}, but docs/limits.md says `{row}`");
    }
}
