//! Turns a [`Grid`] into CSV for machines: comma, UTF-8, `\n`, quotes only where a cell needs them.

use super::Grid;

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
    line(&mut text, grid.columns.iter().map(|column| column.header.as_str()));
    for row in grid.all_rows() {
        line(&mut text, grid.cells(row).map(|(_, cell)| cell));
    }
    text
}

fn line<'a>(text: &mut String, cells: impl Iterator<Item = &'a str>) {
    let cells: Vec<_> = cells.collect();
    // A lone blank cell would be an empty line, which readers skip.
    if cells == [""] {
        text.push_str("\"\"\n");
        return;
    }
    for (at, cell) in cells.into_iter().enumerate() {
        if at > 0 {
            text.push(',');
        }
        push_cell(text, cell);
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
