//! A table of formatted texts, the common input of terminal tables, Markdown and CSV.

use crate::diagnostic::printable_line;

/// A table of texts with headers, rows and an optional total.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Grid {
    /// The columns.
    pub columns: Vec<Column>,
    /// The rows, each with as many cells as there are columns; missing ones are blank.
    pub rows: Vec<Vec<String>>,
    /// The total row, which is set apart from the others.
    pub total: Option<Vec<String>>,
}

/// One column of a [`Grid`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// The header.
    pub header: String,
    /// The alignment of its cells.
    pub align: Align,
    /// True if the column identifies a row. Key columns are repeated if a table continues in a second block.
    pub key: bool,
}

/// The alignment of cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// To the left, for texts.
    Left,
    /// To the right, for numbers.
    Right,
}

impl Column {
    /// Creates a column that identifies a row: a period, a group.
    pub fn key(header: impl Into<String>) -> Self {
        Self { header: header.into(), align: Align::Left, key: true }
    }

    /// Creates a column of texts.
    pub fn text(header: impl Into<String>) -> Self {
        Self { header: header.into(), align: Align::Left, key: false }
    }

    /// Creates a column of numbers.
    pub fn number(header: impl Into<String>) -> Self {
        Self { header: header.into(), align: Align::Right, key: false }
    }
}

impl Grid {
    /// Replaces characters that would control a terminal or break a line.
    pub(super) fn printable(&self) -> Self {
        let row = |row: &Vec<String>| row.iter().map(|text| cell(text)).collect();
        let column = |column: &Column| Column { header: cell(&column.header), ..column.clone() };
        Self {
            columns: self.columns.iter().map(column).collect(),
            rows: self.rows.iter().map(row).collect(),
            total: self.total.as_ref().map(row),
        }
    }

    /// The rows, followed by the total.
    pub(super) fn all_rows(&self) -> impl Iterator<Item = &Vec<String>> {
        self.rows.iter().chain(&self.total)
    }

    /// The texts of a row in the order of the columns. Missing cells are blank.
    pub(super) fn cells<'a>(&'a self, row: &'a [String]) -> impl Iterator<Item = (&'a Column, &'a str)> {
        self.columns.iter().enumerate().map(|(at, column)| (column, row.get(at).map_or("", String::as_str)))
    }
}

/// Replaces line ends too, so that a cell stays on one line.
fn cell(text: &str) -> String {
    printable_line(text).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_and_line_ends_in_cells_are_replaced() {
        assert_eq!(cell("a\u{1b}[2J\nb"), "a␛[2J␊b");
    }
}
