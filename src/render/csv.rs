//! Turns a [`Grid`] or a result into CSV for programs: commas, UTF-8, `\n`, and quotes only if a cell needs them.

use std::borrow::Cow;
use std::io::{self, Write};

use super::pivot::Pivot;
use super::result::columns;
use super::{Grid, Language};
use crate::eval::Evaluation;
use crate::value::Cell;

/// How to write texts that a spreadsheet would treat as formulas: those that begin with `=`, `+`, `-`, `@`, a tab or a
/// carriage return, and are not numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FormulaCells {
    /// Keep them unchanged, for programs.
    Keep,
    /// Put a `'` in front, which makes them texts in a spreadsheet.
    Guard,
}

/// Writes the grid as CSV: the header, the rows, the total. Also returns the number of texts that look like formulas.
///
/// ```
/// use yardstick::output::{Column, FormulaCells, Grid, csv};
///
/// let grid = Grid {
///     columns: vec![Column::key("channel"), Column::number("cac")],
///     rows: vec![vec!["search, paid".into(), "38.5".into()]],
///     total: None,
/// };
/// let (text, formulas) = csv(&grid, FormulaCells::Keep);
/// assert_eq!(text, "channel,cac\n\"search, paid\",38.5\n");
/// assert_eq!(formulas, 0);
/// ```
pub fn csv(grid: &Grid, formulas: FormulaCells) -> (String, usize) {
    let mut lines = Lines { text: String::new(), formulas, count: 0 };
    lines.push(grid.columns.iter().map(|column| Cow::Borrowed(column.header.as_str())));
    for row in grid.all_rows() {
        lines.push(grid.cells(row).map(|(_, cell)| Cow::Borrowed(cell)));
    }
    (lines.text, lines.count)
}

/// Writes the result as CSV: the group columns, then the exact values of the KPIs. Undefined values and blank keys are
/// empty. Rows are written one at a time, so that the text does not have to fit into memory. Returns the number of
/// texts that look like formulas.
///
/// # Errors
/// Returns the errors of the writer.
pub fn write_csv(
    evaluation: &Evaluation,
    groups: &[usize],
    formulas: FormulaCells,
    to: &mut impl Write,
) -> io::Result<usize> {
    let mut lines = Lines { text: String::new(), formulas, count: 0 };
    let keys = evaluation.group_columns();
    let kpis = evaluation.plan.kpis.iter().map(|kpi| &kpi.name);
    lines.push(keys.iter().chain(kpis).map(|name| Cow::Borrowed(&**name)));
    for &group in groups {
        let values = (0..evaluation.plan.kpis.len()).map(|kpi| value(evaluation.value(kpi, group)));
        lines.push(keys_of(evaluation, group, keys.len()).chain(values));
        to.write_all(lines.text.as_bytes())?;
        lines.text.clear();
    }
    to.write_all(lines.text.as_bytes())?;
    Ok(lines.count)
}

/// The result as CSV with the keys of a column across, as [`write_csv`] writes values. Also returns the number of texts
/// that look like formulas.
pub(crate) fn pivoted_csv(
    evaluation: &Evaluation,
    groups: &[usize],
    pivot: Pivot<'_>,
    formulas: FormulaCells,
) -> (String, usize) {
    let count = evaluation.group_columns().len();
    let label = |group: usize| keys_of(evaluation, group, count).map(Cow::into_owned).collect();
    let cell = |at: usize, kpi: usize| value(evaluation.value(kpi, groups[at])).into_owned();
    csv(&pivot.grid(&columns(evaluation, Language::English), groups, Language::English, label, cell), formulas)
}

/// A group's period and keys.
pub(super) fn keys_of(
    evaluation: &Evaluation,
    group: usize,
    count: usize,
) -> Box<dyn Iterator<Item = Cow<'_, str>> + '_> {
    let group = &evaluation.groups[group];
    if group.total {
        return Box::new(std::iter::once("total").chain(std::iter::repeat("")).take(count).map(Cow::Borrowed));
    }
    let period = group.period.map(|period| Cow::Owned(evaluation.plan.request.calendar.spell(period)));
    let blank = usize::from(evaluation.plan.request.grain.is_some() && period.is_none());
    let period = period.into_iter().chain(std::iter::repeat_n(Cow::Borrowed(""), blank));
    let keys = group.keys.iter().map(|key| Cow::Borrowed(key.as_deref().unwrap_or("")));
    Box::new(period.chain(keys))
}

pub(super) fn value(cell: Cell) -> Cow<'static, str> {
    cell.map_or(Cow::Borrowed(""), |value| Cow::Owned(value.to_string()))
}

/// Lines of CSV, and a count of the texts that look like formulas.
struct Lines {
    text: String,
    formulas: FormulaCells,
    count: usize,
}

impl Lines {
    fn push<'a>(&mut self, cells: impl Iterator<Item = Cow<'a, str>>) {
        let start = self.text.len();
        for (at, cell) in cells.enumerate() {
            if at > 0 {
                self.text.push(',');
            }
            self.push_cell(&cell);
        }
        // A single blank cell would be an empty line, which readers skip.
        if self.text.len() == start {
            self.text.push_str("\"\"");
        }
        self.text.push('\n');
    }

    /// Writes a cell, in quotes if it contains a comma, a quote or a line end. Quotes inside it are doubled.
    fn push_cell(&mut self, cell: &str) {
        let is_formula = is_formula(cell);
        self.count += usize::from(is_formula);
        let guard = if is_formula && self.formulas == FormulaCells::Guard { "'" } else { "" };
        if cell.bytes().any(|byte| matches!(byte, b',' | b'"' | b'\n' | b'\r')) {
            self.text.extend(["\"", guard, &cell.replace('"', "\"\""), "\""]);
        } else {
            self.text.extend([guard, cell]);
        }
    }
}

/// True if a spreadsheet would evaluate the text. Numbers and single characters are not formulas.
fn is_formula(cell: &str) -> bool {
    cell.starts_with(['=', '+', '-', '@', '\t', '\r']) && cell.len() > 1 && !is_number(cell)
}

/// `-5`, `+1.25`
fn is_number(cell: &str) -> bool {
    let digits = cell.strip_prefix(['-', '+']).unwrap_or(cell);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    [whole, fraction].iter().all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::super::Column;
    use super::*;

    #[test]
    fn cells_are_quoted_only_if_necessary() {
        let row = ["plain", "a,b", "say \"hi\"", "two\nlines", "", " blank "];
        let grid = Grid {
            columns: row.iter().map(|_| Column::text("c")).collect(),
            rows: vec![row.map(str::to_owned).to_vec()],
            total: Some(vec!["t".into()]),
        };
        let expected = "c,c,c,c,c,c\nplain,\"a,b\",\"say \"\"hi\"\"\",\"two\nlines\",, blank \nt,,,,,\n";
        assert_eq!(csv(&grid, FormulaCells::Keep), (expected.to_owned(), 0));
    }

    #[test]
    fn a_single_blank_cell_is_a_row() {
        let grid = Grid { columns: vec![Column::text("a")], rows: vec![vec![String::new()]], total: None };
        assert_eq!(csv(&grid, FormulaCells::Keep).0, "a\n\"\"\n");
    }

    #[test]
    fn texts_that_look_like_formulas_are_counted_and_escaped() {
        let cells = ["=1+1", "-5", "+3.50", "-2 apples", "@x", "\tx", "\r", "-", "a=b", "=\"a,b\""];
        let rows = cells.iter().map(|cell| vec![(*cell).to_owned()]).collect();
        let grid = Grid { columns: vec![Column::text("-spend")], rows, total: None };
        let (kept, count) = csv(&grid, FormulaCells::Keep);
        assert_eq!(count, 6);
        assert!(kept.starts_with("-spend\n=1+1\n"), "{kept}");
        let (guarded, count) = csv(&grid, FormulaCells::Guard);
        assert_eq!(count, 6);
        let expected = "'-spend\n'=1+1\n-5\n+3.50\n'-2 apples\n'@x\n'\tx\n\"\r\"\n-\na=b\n\"'=\"\"a,b\"\"\"\n";
        assert_eq!(guarded, expected);
    }
}
