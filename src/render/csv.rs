//! Turns a [`Grid`] or a result into CSV for machines: comma, UTF-8, `\n`, quotes only where a cell needs them.

use std::borrow::Cow;
use std::io::{self, Write};

use super::Grid;
use super::result::{TOTAL, group_columns};
use crate::eval::Evaluation;
use crate::explain;
use crate::value::Cell;

/// The grid as CSV, header first, the total as the last row.
///
/// ```
/// use yardstick::render::{Column, Grid, csv};
///
/// let grid = Grid {
///     columns: vec![Column::key("channel"), Column::number("cac")],
///     rows: vec![vec!["search, paid".into(), "38.5".into()]],
///     total: None,
/// };
/// assert_eq!(csv(&grid), "channel,cac\n\"search, paid\",38.5\n");
/// ```
pub fn csv(grid: &Grid) -> String {
    let mut text = String::new();
    line(&mut text, grid.columns.iter().map(|column| Cow::Borrowed(column.header.as_str())));
    for row in grid.all_rows() {
        line(&mut text, grid.cells(row).map(|(_, cell)| Cow::Borrowed(cell)));
    }
    text
}

/// The result as CSV: group columns by name, then the exact values of the KPIs; undefined and blank are empty. Rows are
/// written one by one, so that a result may be larger than its text could be.
///
/// # Errors
/// What the writer says.
pub fn write_csv(evaluation: &Evaluation, groups: &[usize], to: &mut impl Write) -> io::Result<()> {
    let mut text = String::new();
    let keys = group_columns(evaluation);
    let kpis = evaluation.plan.kpis.iter().map(|kpi| &kpi.name);
    line(&mut text, keys.iter().chain(kpis).map(|name| Cow::Borrowed(&**name)));
    for &group in groups {
        let values = (0..evaluation.plan.kpis.len()).map(|kpi| value(evaluation.value(kpi, group)));
        line(&mut text, keys_of(evaluation, group, keys.len()).chain(values));
        to.write_all(text.as_bytes())?;
        text.clear();
    }
    to.write_all(text.as_bytes())
}

/// A group's period and keys.
fn keys_of(evaluation: &Evaluation, group: usize, count: usize) -> Box<dyn Iterator<Item = Cow<'_, str>> + '_> {
    let group = &evaluation.groups[group];
    if group.total {
        return Box::new(std::iter::once(TOTAL).chain(std::iter::repeat("")).take(count).map(Cow::Borrowed));
    }
    let period = group.period.map(|period| Cow::Owned(evaluation.plan.request.calendar.spell(period)));
    let keys = group.keys.iter().map(|key| Cow::Borrowed(key.as_deref().unwrap_or("")));
    Box::new(period.into_iter().chain(keys))
}

fn value(cell: Cell) -> Cow<'static, str> {
    cell.map_or(Cow::Borrowed(""), |value| Cow::Owned(explain::text(&value)))
}

fn line<'a>(text: &mut String, cells: impl Iterator<Item = Cow<'a, str>>) {
    let start = text.len();
    for (at, cell) in cells.enumerate() {
        if at > 0 {
            text.push(',');
        }
        push_cell(text, &cell);
    }
    // A lone blank cell would be an empty line, which readers skip.
    if text.len() == start {
        text.push_str("\"\"");
    }
    text.push('\n');
}

/// In quotes where it holds a comma, a quote or a line end, the quotes inside it doubled.
fn push_cell(text: &mut String, cell: &str) {
    if cell.contains([',', '"', '\n', '\r']) {
        text.push('"');
        text.push_str(&cell.replace('"', "\"\""));
        text.push('"');
    } else {
        text.push_str(cell);
    }
}

#[cfg(test)]
mod tests {
    use super::super::Column;
    use super::*;

    #[test]
    fn cells_are_quoted_where_they_must_be() {
        let row = ["plain", "a,b", "say \"hi\"", "two\nlines", "", " blank "];
        let grid = Grid {
            columns: row.iter().map(|_| Column::text("c")).collect(),
            rows: vec![row.map(str::to_owned).to_vec()],
            total: Some(vec!["t".into()]),
        };
        let expected = "c,c,c,c,c,c\nplain,\"a,b\",\"say \"\"hi\"\"\",\"two\nlines\",, blank \nt,,,,,\n";
        assert_eq!(csv(&grid), expected);
    }

    #[test]
    fn a_lone_blank_cell_is_still_a_row() {
        let grid = Grid { columns: vec![Column::text("a")], rows: vec![vec![String::new()]], total: None };
        assert_eq!(csv(&grid), "a\n\"\"\n");
    }
}
