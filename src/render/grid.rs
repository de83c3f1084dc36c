//! A table of finished texts: what a terminal table, Markdown and CSV have in common.

use crate::diagnostic::printable_line;

/// Headers and rows of texts; every row has one cell a column.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Grid {
    /// The columns.
    pub columns: Vec<Column>,
    /// The rows, each with as many cells as there are columns; missing ones are blank.
    pub rows: Vec<Vec<String>>,
    /// A last row over all others, set apart.
    pub total: Option<Vec<String>>,
}

/// One column of a [`Grid`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// What stands above it.
    pub header: String,
    /// How its cells are aligned.
    pub align: Align,
    /// Whether it says what a row is about: repeated where a table goes on in a second block.
    pub key: bool,
}

/// How cells are aligned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// Texts.
    Left,
    /// Numbers.
    Right,
}

impl Column {
    /// A column that says what a row is about: a period, a group.
    pub fn key(header: impl Into<String>) -> Self {
        Self { header: header.into(), align: Align::Left, key: true }
    }

    /// A column of texts.
    pub fn text(header: impl Into<String>) -> Self {
        Self { header: header.into(), align: Align::Left, key: false }
    }

    /// A column of numbers.
    pub fn number(header: impl Into<String>) -> Self {
        Self { header: header.into(), align: Align::Right, key: false }
    }
}

impl Grid {
    /// The same with nothing in it that a terminal or a reader of lines would obey.
    pub(super) fn printable(&self) -> Self {
        let row = |row: &Vec<String>| row.iter().map(|text| cell(text)).collect();
        let column = |column: &Column| Column { header: cell(&column.header), ..column.clone() };
        Self {
            columns: self.columns.iter().map(column).collect(),
            rows: self.rows.iter().map(row).collect(),
            total: self.total.as_ref().map(row),
        }
    }

    /// The rows and then the total.
    pub(super) fn all_rows(&self) -> impl Iterator<Item = &Vec<String>> {
        self.rows.iter().chain(&self.total)
    }

    /// The texts of a row in the order of the columns, blank where the row is too short.
    pub(super) fn cells<'a>(&'a self, row: &'a [String]) -> impl Iterator<Item = (&'a Column, &'a str)> {
        self.columns.iter().enumerate().map(|(at, column)| (column, row.get(at).map_or("", String::as_str)))
    }
}

/// A cell stays on its line.
fn cell(text: &str) -> String {
    printable_line(text).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_data_neither_steers_a_terminal_nor_breaks_a_row() {
        assert_eq!(cell("a\u{1b}[2J\nb"), "a␛[2J␊b");
    }
}
