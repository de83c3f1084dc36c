//! Turns the rows behind an aggregate into lines: aligned for a terminal, or a sentence for each in Markdown.

use unicode_width::UnicodeWidthStr;

use super::result::{plain_text, value_text};
use super::{Language, Locale, NumberFormat, NumberStyle};
use crate::data::{ListedRow, ListedRows, RowPlace};
use crate::explain::ListedGroups;
use crate::language::Phrase;
use crate::value::Value;

/// The maximum number of characters of a cell.
const MAX_CELL: usize = 40;

/// The form of listed rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowForm {
    /// Columns that are aligned with spaces, below their names.
    Aligned,
    /// A sentence for each row.
    Sentences,
}

/// Writes listed rows.
pub struct RowLister<'a> {
    pub locale: &'a Locale,
    pub form: RowForm,
    /// The format of the values that are aggregated.
    pub format: NumberFormat<'a>,
}

/// A cell of the aligned form.
struct Cell {
    text: String,
    is_number: bool,
}

impl Cell {
    fn new(text: &str, is_number: bool) -> Self {
        Self { text: shortened(text), is_number }
    }
}

impl RowLister<'_> {
    fn language(&self) -> Language {
        self.locale.language
    }

    /// The lines of some rows: those that count, how many more there are, and those that are left out.
    pub fn lines(&self, listed: &ListedRows) -> Vec<String> {
        let rows: Vec<&ListedRow> = listed.rows.iter().collect();
        let mut lines = self.rows(listed.column.as_deref(), &rows, &[], |_| vec![]);
        lines.extend(self.more(listed));
        lines
    }

    /// The lines of rows, with further cells at the start of each and their heads.
    pub fn rows(
        &self,
        column: Option<&str>,
        rows: &[&ListedRow],
        heads: &[&str],
        further: impl Fn(usize) -> Vec<String>,
    ) -> Vec<String> {
        let Some(first) = rows.first() else { return vec![] };
        if self.form == RowForm::Sentences {
            return rows.iter().enumerate().map(|(at, row)| self.sentence(row, column, further(at))).collect();
        }
        let names: Vec<&str> = first.cells.keys().map(String::as_str).filter(|name| Some(*name) != column).collect();
        let further_heads = heads.iter().enumerate().map(|(at, head)| Cell::new(head, at > 0));
        let value = first.value.as_ref().map(|_| Cell::new(column.unwrap_or_default(), true));
        let columns = names.iter().map(|name| Cell::new(name, is_number(first, name)));
        let place = Cell::new(self.language().word(Phrase::PlaceHead), false);
        let mut table = vec![further_heads.chain(value).chain(columns).chain([place]).collect::<Vec<_>>()];
        for (at, row) in rows.iter().enumerate() {
            let before = further(at).into_iter().enumerate().map(|(at, text)| Cell { text, is_number: at > 0 });
            let value = row.value.as_ref().map(|value| Cell { text: self.value(value), is_number: true });
            let cells = names.iter().map(|name| Cell::new(&self.cell(row, name), is_number(row, name)));
            let place = Cell { text: place_text(&row.place), is_number: false };
            table.push(before.chain(value).chain(cells).chain([place]).collect());
        }
        aligned(&table)
    }

    fn value(&self, value: &Value) -> String {
        value_text(value, &self.format)
    }

    /// A cell of a row; blank if it is.
    fn cell(&self, row: &ListedRow, name: &str) -> String {
        match row.cells.get(name) {
            Some(Some(value)) => self.plain(value),
            _ => self.language().word(Phrase::Blank).to_owned(),
        }
    }

    /// A value as it is in the data, with all its digits.
    fn plain(&self, value: &Value) -> String {
        let Value::Number(number) = value else { return plain_text(value, self.language()) };
        let decimals = u8::try_from(number.decimal.normalize().scale()).ok();
        self.locale.format(&NumberStyle { decimals, ..NumberStyle::default() }).text(number.decimal)
    }

    /// `€82.10: day 2026-03-16, channel search (ads.csv:201)`
    fn sentence(&self, row: &ListedRow, column: Option<&str>, further: Vec<String>) -> String {
        let named = |name: &String| format!("{name} {}", self.cell(row, name));
        let cells: Vec<String> = row.cells.keys().filter(|name| Some(&***name) != column).map(named).collect();
        let cells = if cells.is_empty() { NOTHING.to_owned() } else { cells.join(", ") };
        let place = place_text(&row.place);
        let heads: Vec<String> = further.into_iter().chain(row.value.as_ref().map(|value| self.value(value))).collect();
        match heads.is_empty() {
            true => self.language().phrase(Phrase::RowOnlyAt, &[&cells, &place]),
            false => self.language().phrase(Phrase::RowAt, &[&heads.join(", "), &cells, &place]),
        }
    }

    /// How many more rows there are, and the rows that are left out.
    pub fn more(&self, listed: &ListedRows) -> Vec<String> {
        let number = |count: u64| self.locale.format(&NumberStyle::default()).text(count.into());
        let language = self.language();
        let counted = |count: u64, one: Phrase, several: Phrase| {
            (count > 0).then(|| language.phrase(language.counted(count, one, several), &[&number(count)]))
        };
        let left_out = listed.left_out.iter().map(|row| {
            // The reason names the blank ones.
            let cells = row.cells.iter().filter_map(|(name, value)| Some((name, value.as_ref()?)));
            let cells: Vec<String> = cells.map(|(name, value)| format!("{name} {}", self.plain(value))).collect();
            let cells = if cells.is_empty() { NOTHING.to_owned() } else { cells.join(", ") };
            let reason = language.sentence(&row.reason);
            language.phrase(Phrase::LeftOutAt, &[&reason, &cells, &place_text(&row.place)])
        });
        let more = counted(listed.more, Phrase::MoreRow, Phrase::MoreRows);
        let more_left_out = counted(listed.more_left_out, Phrase::MoreLeftOut, Phrase::MoreLeftOut);
        more.into_iter().chain(left_out).chain(more_left_out).collect()
    }

    /// The lines of inner groups, each followed by the lines of its rows.
    pub fn groups(&self, listed: &ListedGroups) -> Vec<String> {
        let values: Vec<String> = listed.groups.iter().map(|group| self.value(&group.value)).collect();
        let width = values.iter().map(|value| value.width()).max().unwrap_or(0);
        let mut lines = vec![];
        for (group, value) in listed.groups.iter().zip(values) {
            lines.push(match self.form {
                RowForm::Aligned => format!("{}{value}  {}", " ".repeat(width - value.width()), group.keys),
                RowForm::Sentences => self.language().phrase(Phrase::About, &[&value, &group.keys]),
            });
            let plain = self.locale.format(&NumberStyle::default());
            let lister = RowLister { format: plain, locale: self.locale, form: self.form };
            let rows = group.rows.iter().flat_map(|rows| lister.lines(rows));
            lines.extend(rows.map(|line| format!("{INDENT}{line}")));
        }
        let number = self.locale.format(&NumberStyle::default()).text(listed.more.into());
        lines.extend((listed.more > 0).then(|| self.language().phrase(Phrase::MoreValues, &[&number])));
        lines
    }
}

/// What precedes the rows of an aggregate in a tree.
pub const INDENT: &str = "  ";

/// What stands for a row of which nothing is shown.
const NOTHING: &str = "–";

fn is_number(row: &ListedRow, name: &str) -> bool {
    matches!(row.cells.get(name), Some(Some(Value::Number(_))))
}

/// `ads.csv:201`
fn place_text(place: &RowPlace) -> String {
    match place.line {
        Some(line) => format!("{}:{line}", place.file),
        None => place.file.clone(),
    }
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(MAX_CELL) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Rows of cells as lines.
fn aligned(table: &[Vec<Cell>]) -> Vec<String> {
    let widths: Vec<usize> =
        (0..table[0].len()).map(|at| table.iter().map(|row| row[at].text.width()).max().unwrap_or(0)).collect();
    let line = |row: &Vec<Cell>| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| {
            let blanks = " ".repeat(width - cell.text.width());
            if cell.is_number { format!("{blanks}{}", cell.text) } else { format!("{}{blanks}", cell.text) }
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    table.iter().map(line).collect()
}
