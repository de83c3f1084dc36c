//! Turns a [`Grid`] into a Markdown table with aligned columns.

use unicode_width::UnicodeWidthStr;

use super::result::RENDERING;
use super::{Align, Column, Grid};
use crate::budget::Budget;
use crate::diagnostic::Diagnostic;

/// Writes the grid as a table in GitHub-flavoured Markdown. The total is the last row, in bold.
///
/// ```
/// use yardstick::output::{Column, Grid, markdown};
///
/// let grid = Grid {
///     columns: vec![Column::key("channel"), Column::number("cac")],
///     rows: vec![vec!["search | paid".into(), "€38.50".into()]],
///     total: None,
/// };
/// assert_eq!(markdown(&grid), "\
/// | channel        |    cac |
/// | -------------- | -----: |
/// | search \\| paid | €38.50 |
/// ");
/// ```
pub fn markdown(grid: &Grid) -> String {
    markdown_within(grid, &Budget::unlimited()).expect("there is no limit")
}

/// The same, within a budget, which counts the memory of the grid already.
pub(crate) fn markdown_within(grid: &Grid, budget: &Budget) -> Result<String, Diagnostic> {
    let grid = &grid.printable();
    budget.check(RENDERING)?;
    let headers: Vec<_> = grid.columns.iter().map(|column| escaped(&column.header)).collect();
    let rows = grid.rows.iter().map(|row| grid.cells(row).map(|(_, cell)| escaped(cell)).collect());
    let total = grid.total.iter().map(|row| grid.cells(row).map(|(_, cell)| bold(&escaped(cell))).collect());
    let rows: Vec<Vec<String>> = rows.chain(total).collect();
    let widths: Vec<_> = (0..headers.len()).map(|at| column_width(&headers, &rows, at)).collect();
    budget.check(RENDERING)?;
    let mut text = line(&grid.columns, &widths, &headers);
    text.push_str(&rule(&grid.columns, &widths));
    // A row is padded, so it may be much longer than its cells.
    let mut charge = budget.charge();
    for row in &rows {
        let line = line(&grid.columns, &widths, row);
        budget.spend(row.len(), RENDERING)?;
        charge.grow(line.len(), "the table of the result")?;
        text.push_str(&line);
    }
    Ok(text)
}

/// Escapes bars, which would end the cell, and characters of Markdown emphasis, code, links and tags.
pub fn escaped(cell: &str) -> String {
    let mut text = String::with_capacity(cell.len());
    for c in cell.chars() {
        if matches!(c, '\\' | '|' | '*' | '`' | '[' | ']' | '<') {
            text.push('\\');
        }
        text.push(c);
    }
    text
}

fn bold(cell: &str) -> String {
    if cell.is_empty() { String::new() } else { format!("**{cell}**") }
}

/// The width to which cells are padded: 200 characters. A longer cell is alone in its width, so that one long cell does
/// not lengthen all rows.
const MAX_PADDED: usize = 200;

/// The width of a column, at least the three characters that the alignment marker needs.
fn column_width(headers: &[String], rows: &[Vec<String>], at: usize) -> usize {
    let cells = rows.iter().map(|row| &row[at]).chain([&headers[at]]);
    cells.map(|cell| cell.width()).filter(|width| *width <= MAX_PADDED).max().unwrap_or(0).max(3)
}

fn line(columns: &[Column], widths: &[usize], cells: &[String]) -> String {
    let mut text = String::from("|");
    for ((column, &width), cell) in columns.iter().zip(widths).zip(cells) {
        let blanks = " ".repeat(width.saturating_sub(cell.width()));
        match column.align {
            Align::Left => text.extend([" ", cell, &blanks, " |"]),
            Align::Right => text.extend([" ", &blanks, cell, " |"]),
        }
    }
    text + "\n"
}

fn rule(columns: &[Column], widths: &[usize]) -> String {
    let cells = columns.iter().zip(widths).map(|(column, &width)| match column.align {
        Align::Left => format!(" {} |", "-".repeat(width)),
        Align::Right => format!(" {}: |", "-".repeat(width - 1)),
    });
    format!("|{}\n", cells.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_total_is_bold_and_blank_cells_stay_blank() {
        let grid = Grid {
            columns: vec![Column::key("month"), Column::key("channel"), Column::number("cac")],
            rows: vec![vec!["2026-01".into(), "a\\b *c* <i>".into(), "—".into()]],
            total: Some(vec!["total".into(), String::new(), "€1".into()]),
        };
        let expected = "\
| month     | channel         |    cac |
| --------- | --------------- | -----: |
| 2026-01   | a\\\\b \\*c\\* \\<i> |      — |
| **total** |                 | **€1** |
";
        assert_eq!(markdown(&grid), expected);
    }
}
