//! Finds totals rows below or between the rows of a table. Read like other rows, they would count twice.

use std::sync::{Arc, Mutex, PoisonError};

use indexmap::IndexMap;

#[cfg(feature = "xlsx")]
use super::dataset::Table;
use super::dataset::{Batch, Dataset};
use super::schema::{ColumnId, ColumnType, Schema};
use crate::diagnostic::{CellPlace, Code, Diagnostic};
use crate::program::{Node, Program};
use crate::value::{Cell, Decimal, Value};

/// The usual labels of totals over all rows.
const TOTALS: [&str; 18] = [
    "total",
    "totals",
    "sum",
    "sums",
    "overall",
    "all",
    "totaux",
    "somme",
    "ensemble",
    "summe",
    "gesamt",
    "insgesamt",
    "totale",
    "somma",
    "suma",
    "soma",
    "totaal",
    "razem",
];

/// Labels that denote a total anywhere in a table.
const PLAIN_TOTALS: [&str; 26] = [
    "grand total",
    "grand totals",
    "subtotal",
    "subtotals",
    "sub-total",
    "sub total",
    "total général",
    "total general",
    "sous-total",
    "sous total",
    "somme totale",
    "gesamtsumme",
    "gesamtergebnis",
    "zwischensumme",
    "endsumme",
    "teilsumme",
    "totale generale",
    "subtotale",
    "totale parziale",
    "total parcial",
    "suma total",
    "total geral",
    "eindtotaal",
    "subtotaal",
    "teilergebnis",
    "sous-totaux",
];

/// The length of the longest label with a colon.
const LONGEST: usize = 24;

/// Returns true if a text is the label of a total.
pub(crate) fn is_total(text: &str) -> bool {
    text.len() <= LONGEST && (is_one_of(text, &TOTALS) || is_one_of(text, &PLAIN_TOTALS))
}

fn is_one_of(text: &str, words: &[&str]) -> bool {
    let text = text.trim_end_matches([':', ' ']);
    let is = |word: &str| word.len() == text.len() && text.chars().flat_map(char::to_lowercase).eq(word.chars());
    words.iter().any(|word| is(word))
}

/// A row that looks like a total of other rows.
#[derive(Debug, Clone, PartialEq, Eq)]
struct TotalsRow {
    row: u64,
    /// The cell with the label. None if the cells beside the numbers are blank.
    word: Option<(usize, Arc<str>)>,
    /// True if at least one of its numbers is the sum of the numbers above it.
    adds_up: bool,
    /// True if all its numbers are sums of the numbers above them.
    all_add_up: bool,
}

/// The sums of one column of numbers.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    /// The sum of all rows that are not totals.
    all: Option<Decimal>,
    /// The sum of the rows after the last total.
    section: Option<Decimal>,
}

impl Sums {
    fn is(self, value: Decimal) -> bool {
        self.all == Some(value) || self.section == Some(value)
    }

    fn add(&mut self, value: Decimal) {
        let add = |sum: Option<Decimal>| sum.unwrap_or_default().checked_add(value);
        (self.all, self.section) = (add(self.all), add(self.section));
    }
}

/// Warns about totals rows, once per label, in a dataset that is small enough to be read completely. `texts` are the
/// columns in which a total can be labelled.
pub(crate) fn warnings(dataset: &dyn Dataset, texts: &[ColumnId]) -> Vec<Diagnostic> {
    let schema = dataset.schema();
    let numbers = columns_of(schema, |ty| ty == ColumnType::Number).filter(|id| is_readable(dataset, *id));
    let numbers: Vec<ColumnId> = numbers.collect();
    let wanted: Vec<ColumnId> = texts.iter().chain(&numbers).copied().collect();
    let search =
        Mutex::new(Search { texts: texts.len(), sums: vec![Sums::default(); numbers.len()], ..Search::default() });
    let read = dataset.scan(&wanted, 1, &|_, batch| {
        search.lock().unwrap_or_else(PoisonError::into_inner).add(batch);
        Ok(())
    });
    let search = search.into_inner().unwrap_or_else(PoisonError::into_inner);
    if read.is_err() {
        return vec![];
    }
    let warnings = search.totals().into_values().map(|rows| {
        let (first, place) = (rows[0], dataset.place(rows[0].row));
        let named = first.word.as_ref().map(|(at, cell)| (schema.name(texts[*at]).to_string(), cell.to_string()));
        let (column, cell) = named.unzip();
        totals_warning(CellPlace { column, cell, ..place }, first.adds_up, rows.len() - 1)
    });
    warnings.collect()
}

/// Warns about totals rows in a table in memory. Tables without labels of totals are not searched row by row.
#[cfg(feature = "xlsx")]
pub(crate) fn of_table(table: &Table) -> Vec<Diagnostic> {
    let named = |id: &ColumnId| table.has_text(*id, is_total);
    let texts: Vec<ColumnId> = columns_of(&table.schema, |ty| ty == ColumnType::Text).filter(named).collect();
    if !texts.is_empty() {
        return warnings(table, &texts);
    }
    let others: Vec<ColumnId> = columns_of(&table.schema, |ty| ty != ColumnType::Number).collect();
    let is_blank = |id: &ColumnId| {
        let last = table.rows().checked_sub(1).and_then(|last| table.cell(*id, last));
        last.is_some_and(|cell| cell.is_err())
    };
    if !others.is_empty() && others.iter().all(is_blank) { warnings(table, &others) } else { vec![] }
}

/// Warns about a cell that is the label of a total, in a dataset that is read in pieces.
pub(crate) fn unverified(place: CellPlace) -> Diagnostic {
    totals_warning(place, false, 0)
}

fn totals_warning(place: CellPlace, adds_up: bool, others: usize) -> Diagnostic {
    let row = place.line.map_or("a row".to_string(), |line| format!("line {line}"));
    let others = match others {
        0 => String::new(),
        1 => ", and 1 more row".to_string(),
        count => format!(", and {count} more rows"),
    };
    let because = if adds_up { ": its numbers are sums of the rows above" } else { "" };
    let message = format!("{row} looks like a totals row{others}{because}; it is counted like any other row");
    let hint = match (&place.column, &place.cell) {
        (Some(column), Some(cell)) => {
            let name = if column.chars().all(|c| c.is_alphanumeric() || c == '_') {
                column.clone()
            } else {
                format!("`{column}`")
            };
            format!("leave it out: `--where '{name} != \"{cell}\"'`, or delete the line")
        }
        _ => "delete the line, or leave it out with `--where` and `is_defined(…)`".to_string(),
    };
    Diagnostic::warning(Code::DataNote, message).in_data(place).hint(hint)
}

/// Returns true if the program handles the row of a warning. It does if it compares with the cell that labels the
/// total.
pub(crate) fn is_known(warning: &Diagnostic, program: &Program) -> bool {
    let cell = warning.cell.as_ref().and_then(|place| place.cell.as_deref());
    program.nodes().iter().any(|node| match (node, cell) {
        (Node::Constant(Value::Text(text)), Some(cell)) => **text == *cell,
        (Node::IsDefined(_), None) => true,
        _ => false,
    })
}

pub(crate) fn columns_of(schema: &Schema, wanted: impl Fn(ColumnType) -> bool) -> impl Iterator<Item = ColumnId> {
    (0..).map(ColumnId).zip(schema.columns.values()).filter(move |(_, column)| wanted(column.ty)).map(|(id, _)| id)
}

fn is_readable(dataset: &dyn Dataset, column: ColumnId) -> bool {
    dataset.scan(&[column], 1, &|_, _| Ok(())).is_ok()
}

/// The state of the search for totals rows.
#[derive(Debug, Default)]
struct Search {
    texts: usize,
    sums: Vec<Sums>,
    rows: u64,
    found: Vec<TotalsRow>,
}

impl Search {
    fn add(&mut self, batch: &Batch) {
        for row in 0..batch.rows {
            let (texts, numbers) = batch.columns.split_at(self.texts);
            let texts: Vec<Key> = texts.iter().map(|column| Key::of(column.get(row))).collect();
            let numbers: Vec<Option<Decimal>> = numbers.iter().map(|column| number(&column.get(row))).collect();
            self.add_row(&texts, &numbers);
        }
    }

    fn add_row(&mut self, texts: &[Key], numbers: &[Option<Decimal>]) {
        let word = texts.iter().enumerate().find_map(|(at, key)| match key {
            Key::Text(text) if is_total(text) => Some((at, text.clone())),
            _ => None,
        });
        let blank = !texts.is_empty() && texts.iter().all(|key| matches!(key, Key::Blank));
        let given = || self.sums.iter().zip(numbers).filter_map(|(sums, number)| Some((sums, (*number)?)));
        let adds = |(sums, number): (&Sums, Decimal)| sums.is(number);
        let found = TotalsRow {
            row: self.rows,
            adds_up: given().any(|it| !it.1.is_zero() && adds(it)),
            all_add_up: self.rows > 1 && given().next().is_some() && given().all(adds),
            word,
        };
        self.rows += 1;
        let is_total = found.word.is_some() && (found.adds_up || found.is_plain()) || blank && found.all_add_up;
        if is_total {
            self.sums.iter_mut().for_each(|sums| sums.section = None);
        } else {
            self.sums.iter_mut().zip(numbers).for_each(|(sums, number)| {
                if let Some(number) = number {
                    sums.add(*number);
                }
            });
        }
        if is_total || found.word.is_some() {
            self.found.push(found);
        }
    }

    /// The rows that are totals, by label. A row is a total if it adds up, if its label is unambiguous, or if it is
    /// labelled as a total and comes last. Between other rows, `total` may be an ordinary name.
    fn totals(&self) -> IndexMap<Option<&Arc<str>>, Vec<&TotalsRow>> {
        let is_last = |found: &TotalsRow| found.row + 1 == self.rows;
        let is_total = |found: &&TotalsRow| match found.word {
            Some(_) => found.adds_up || found.is_plain() || is_last(found),
            None => is_last(found) && found.adds_up,
        };
        let mut totals: IndexMap<_, Vec<_>> = IndexMap::new();
        for found in self.found.iter().filter(is_total) {
            totals.entry(found.word.as_ref().map(|(_, word)| word)).or_default().push(found);
        }
        totals
    }
}

impl TotalsRow {
    fn is_plain(&self) -> bool {
        self.word.as_ref().is_some_and(|(_, word)| is_one_of(word, &PLAIN_TOTALS))
    }
}

/// A cell beside the numbers of a row.
enum Key {
    Blank,
    Text(Arc<str>),
    Other,
}

impl Key {
    fn of(cell: Cell) -> Self {
        match cell {
            Ok(Value::Text(text)) => Self::Text(text),
            Ok(_) => Self::Other,
            Err(_) => Self::Blank,
        }
    }
}

fn number(cell: &Cell) -> Option<Decimal> {
    match cell {
        Ok(Value::Number(number)) => Some(number.decimal),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recognizes_the_labels_of_totals() {
        for text in ["Total", "TOTAL:", "Gesamt", "Summe", "TOTAL GÉNÉRAL", "Sous-total", "Grand total ", "somme"] {
            assert!(is_total(text), "{text}");
        }
        for text in ["Totally", "Paris", "", "Total 2026", "summer", "a total of everything in it"] {
            assert!(!is_total(text), "{text}");
        }
    }
}
