//! Finds totals rows below or between the rows of a table. Read like other rows, they would count twice.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use indexmap::IndexMap;

#[cfg(feature = "xlsx")]
use super::dataset::Table;
use super::dataset::{Batch, Dataset};
use super::scan::Scan;
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

/// Words that mark a total together with what it totals: `North Total`, `Total 2026`, `Nord Ergebnis`.
const MARKS: [&str; 9] = ["total", "totals", "totaux", "totale", "totali", "totaal", "summe", "gesamt", "ergebnis"];

/// The length of the longest label.
const LONGEST: usize = 80;

/// What the label of a total says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Label<'a> {
    /// `Total`. Between other rows it may be an ordinary name.
    Bare,
    /// `Subtotal`, `Grand Total Europe`: a total anywhere in a table.
    Plain,
    /// `North Total`, with what it totals. It may be an ordinary name, too.
    Of(&'a str),
}

impl<'a> Label<'a> {
    /// The meaning of a text, if it can be the label of a total.
    pub(crate) fn of(text: &'a str) -> Option<Self> {
        let text = text.trim_matches(is_space);
        if text.len() > LONGEST || text.is_empty() {
            return None;
        }
        if is_one_of(text, &TOTALS) {
            return Some(Self::Bare);
        }
        if PLAIN_TOTALS.iter().any(|words| is_same(text, words) || beside(text, words).is_some()) {
            return Some(Self::Plain);
        }
        MARKS.iter().find_map(|mark| beside(text, mark)).map(Self::Of)
    }
}

/// The rest of a text that begins or ends with these words.
fn beside<'a>(text: &'a str, words: &str) -> Option<&'a str> {
    let (first, last) = (text.get(..words.len()), text.len().checked_sub(words.len()).and_then(|at| text.get(at..)));
    let rest = match (first, last) {
        (Some(first), _) if is_same(first, words) => &text[words.len()..],
        (_, Some(last)) if is_same(last, words) => &text[..text.len() - words.len()],
        _ => return None,
    };
    let at_edge = if text.starts_with(rest) { rest.chars().next_back() } else { rest.chars().next() };
    let named = rest.trim_matches(is_space);
    (at_edge.is_some_and(is_space) && named.chars().any(char::is_alphanumeric)).then_some(named)
}

/// Returns true for what may stand between the word `total` and a name.
fn is_space(c: char) -> bool {
    c.is_whitespace() || matches!(c, ':' | '-' | '–' | '—' | '(' | ')' | '=' | '*')
}

fn is_one_of(text: &str, words: &[&str]) -> bool {
    words.iter().any(|word| is_same(text, word))
}

fn is_same(text: &str, word: &str) -> bool {
    word.len() == text.len() && text.chars().flat_map(char::to_lowercase).eq(word.chars())
}

/// A row that looks like a total of other rows.
#[derive(Debug, Clone, PartialEq, Eq)]
struct TotalsRow {
    row: u64,
    /// The cell with the label. None if the cells beside the numbers are blank.
    word: Option<(usize, Arc<str>)>,
    /// True if the label denotes a total wherever it is.
    is_plain: bool,
    /// True if at least one of its numbers is the sum of the numbers above it.
    adds_up: bool,
    /// True if all its numbers are sums of the numbers above them.
    all_add_up: bool,
}

/// The sums of one column of numbers.
#[derive(Debug, Clone, Default)]
struct Sums {
    /// The sum of all rows that are not totals. None after an overflow.
    all: Option<Decimal>,
    /// The sums at the beginning of the table and after each total: a total adds up the rows since one of them.
    starts: HashSet<Decimal>,
}

impl Sums {
    fn new() -> Self {
        Self { all: Some(Decimal::ZERO), starts: HashSet::from([Decimal::ZERO]) }
    }

    fn is(&self, value: Decimal) -> bool {
        let start = self.all.and_then(|all| all.checked_sub(value));
        start.is_some_and(|start| self.starts.contains(&start.normalize()))
    }

    fn add(&mut self, value: Decimal) {
        self.all = self.all.and_then(|sum| sum.checked_add(value));
    }

    fn end_section(&mut self) {
        self.starts.extend(self.all.map(|all| all.normalize()));
    }
}

/// Warns about totals rows, once per label, in a dataset that is small enough to be read completely. `texts` are the
/// columns in which a total can be labelled.
pub(crate) fn warnings(dataset: &dyn Dataset, texts: &[ColumnId]) -> Vec<Diagnostic> {
    let schema = dataset.schema();
    let numbers = columns_of(schema, |ty| ty == ColumnType::Number).filter(|id| is_readable(dataset, *id));
    let numbers: Vec<ColumnId> = numbers.collect();
    let wanted: Vec<ColumnId> = texts.iter().chain(&numbers).copied().collect();
    let search = Mutex::new(Search::new(texts.len(), numbers.len()));
    let read = dataset.scan(&Scan::new(&wanted, 1), &|_, batch| {
        search.lock().unwrap_or_else(PoisonError::into_inner).add(batch);
        Ok(())
    });
    let search = search.into_inner().unwrap_or_else(PoisonError::into_inner);
    if read.is_err() {
        return vec![];
    }
    let warnings = search.totals().into_values().map(|rows| {
        let (first, place) = (rows[0], dataset.place(rows[0].row));
        let cell = first.word.as_ref().map(|(_, cell)| cell.to_string());
        let labelled = first.word.as_ref().map_or(0, |(at, _)| *at);
        let column = texts.get(labelled).map(|id| schema.name(*id).to_string());
        let because = match (first.all_add_up, first.adds_up) {
            (true, true) => ": its numbers are sums of the rows above",
            (false, true) => ": some of its numbers are sums of the rows above",
            _ => "",
        };
        totals_warning(CellPlace { column, cell, ..place }, because, rows.len() - 1)
    });
    warnings.collect()
}

/// Warns about totals rows in a table in memory. Tables without labels of totals are not searched row by row.
#[cfg(feature = "xlsx")]
pub(crate) fn of_table(table: &Table) -> Vec<Diagnostic> {
    let named = |id: &ColumnId| table.has_text(*id, |text| Label::of(text).is_some());
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
    totals_warning(place, "", 0)
}

fn totals_warning(place: CellPlace, because: &str, others: usize) -> Diagnostic {
    let row = place.line.map_or("a row".to_string(), |line| format!("line {line}"));
    let others = match others {
        0 => String::new(),
        1 => ", and 1 more row".to_string(),
        count => format!(", and {count} more rows"),
    };
    let message = format!("{row} looks like a totals row{others}{because}; it is counted like any other row");
    let hint = format!("leave it out: `--where '{}'`, or delete the line", without(std::slice::from_ref(&place)));
    Diagnostic::warning(Code::DataNote, message).in_data(place).hint(hint)
}

/// Labels that a condition lists one by one.
const LISTED: usize = 8;

/// The condition that leaves out the rows with the labels in these cells. A row without a label has a blank cell.
fn without(cells: &[CellPlace]) -> String {
    let mut columns: IndexMap<String, Vec<&str>> = IndexMap::new();
    for place in cells {
        let labels = columns.entry(spelled(place.column.as_deref().unwrap_or("name"))).or_default();
        labels.extend(place.cell.as_deref());
    }
    let conditions = columns.iter().flat_map(|(column, labels)| match &labels[..] {
        [] => vec![format!("is_defined({column})")],
        labels => excluded(column, labels),
    });
    conditions.collect::<Vec<_>>().join(" and ")
}

/// The conditions that leave out the rows in which a column holds one of these labels. Many labels are found by the
/// word that they share.
fn excluded(column: &str, labels: &[&str]) -> Vec<String> {
    let (mut conditions, mut others) = (vec![], labels.to_vec());
    if labels.len() > LISTED
        && let Some((function, shared, has)) = shared_word(labels)
    {
        conditions.push(format!("not {function}({column}, \"{shared}\")"));
        others.retain(|label| !has(label, &shared));
    }
    conditions.extend(match &others[..] {
        [] => None,
        [label] => Some(format!("{column} != \"{label}\"")),
        others => Some(format!("{column} not in (\"{}\")", others.join("\", \""))),
    });
    conditions
}

type HasWord = fn(&str, &str) -> bool;

/// The word for totals that begins or ends most of these labels, with the function that finds it.
fn shared_word(labels: &[&str]) -> Option<(&'static str, String, HasWord)> {
    let starts: (&str, HasWord) = ("starts_with", |label, word| label.starts_with(word));
    let ends: (&str, HasWord) = ("ends_with", |label, word| label.ends_with(word));
    let words = labels.iter().flat_map(|label| {
        let (first, last) = (label.split_once(' '), label.rsplit_once(' '));
        let first = first.map(|(word, _)| (word, format!("{word} "), starts));
        first.into_iter().chain(last.map(|(_, word)| (word, format!(" {word}"), ends)))
    });
    let totals = words.filter(|(word, ..)| Label::of(word).is_some());
    let shared = totals.map(|(_, word, (function, has))| {
        (labels.iter().filter(|label| has(label, &word)).count(), function, word, has)
    });
    let most = shared.max_by_key(|(count, ..)| *count)?;
    (most.0 * 2 > labels.len()).then_some((most.1, most.2, most.3))
}

/// A column as a formula names it.
pub(crate) fn spelled(column: &str) -> String {
    match column.chars().all(|c| c.is_alphanumeric() || c == '_') {
        true => column.to_owned(),
        false => format!("`{column}`"),
    }
}

/// The warnings about totals rows that a query counts: one for all labels of a dataset. The advice leaves out every one
/// of them, because a table with only some of its totals left out gives another wrong number.
pub(crate) fn counted(warnings: &[Diagnostic], program: &Program) -> Vec<Diagnostic> {
    let mut counted: Vec<Diagnostic> = warnings.iter().filter(|it| !is_known(it, program)).cloned().collect();
    if counted.is_empty() || warnings.len() == 1 {
        return counted;
    }
    let cells: Vec<CellPlace> = warnings.iter().filter_map(|warning| warning.cell.clone()).collect();
    let hint = format!("leave all of them out: `--where '{}'`, or delete the lines", without(&cells));
    let mut first = counted.swap_remove(0);
    if !counted.is_empty() {
        let labels =
            || warnings.iter().filter(|it| !is_known(it, program)).filter_map(|it| it.cell.as_ref()?.cell.as_ref());
        let mut named: Vec<String> = labels().take(LISTED).map(|label| format!("`{label}`")).collect();
        named.extend(labels().count().checked_sub(LISTED + 1).map(|more| format!("{} more", more + 1)));
        first.message =
            format!("rows look like totals of other rows: {}; they are counted like any other row", named.join(", "));
    }
    first.hints = vec![hint];
    vec![first]
}

/// Returns true if the program handles the row of a warning: if it compares with the cell that labels the total, or
/// calls a function with a part of it.
fn is_known(warning: &Diagnostic, program: &Program) -> bool {
    let cell = warning.cell.as_ref().and_then(|place| place.cell.as_deref());
    let text = |node: &Node| match node {
        Node::Constant(Value::Text(text)) => Some(text.clone()),
        _ => None,
    };
    let is_part = |text: &str, cell: &str| cell.to_lowercase().contains(&text.to_lowercase());
    program.nodes().iter().any(|node| match (node, cell) {
        (Node::Constant(Value::Text(text)), Some(cell)) => **text == *cell,
        (Node::Call(_, operands), Some(cell)) => {
            operands.iter().filter_map(|id| text(program.node(*id))).any(|text| is_part(&text, cell))
        }
        (Node::IsDefined(_), None) => true,
        _ => false,
    })
}

pub(crate) fn columns_of(schema: &Schema, wanted: impl Fn(ColumnType) -> bool) -> impl Iterator<Item = ColumnId> {
    (0..).map(ColumnId).zip(schema.columns.values()).filter(move |(_, column)| wanted(column.ty)).map(|(id, _)| id)
}

fn is_readable(dataset: &dyn Dataset, column: ColumnId) -> bool {
    dataset.scan(&Scan::new(&[column], 1), &|_, _| Ok(())).is_ok()
}

/// The names beside numbers that are remembered, and the rows that may be totals.
const REMEMBERED: usize = 100_000;

/// A row that is a total of other rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Total {
    /// The row, from 0.
    pub row: u64,
    /// The position of the column of its label among those of the texts, and the label. None if it has none.
    pub label: Option<(usize, Arc<str>)>,
    /// True if at least one of its numbers is the sum of the numbers above it.
    pub adds_up: bool,
}

/// The state of the search for totals rows.
#[derive(Debug, Default)]
pub(crate) struct Search {
    texts: usize,
    sums: Vec<Sums>,
    rows: u64,
    /// The texts beside the numbers: a label such as `North Total` totals the rows of one of them.
    names: HashSet<Arc<str>>,
    found: Vec<TotalsRow>,
}

impl Search {
    /// Starts a search in batches of columns in which a total can be labelled, followed by columns of numbers.
    pub(crate) fn new(texts: usize, numbers: usize) -> Self {
        Self { texts, sums: vec![Sums::new(); numbers], ..Self::default() }
    }

    /// The rows that are totals, in order.
    pub(crate) fn found(&self) -> Vec<Total> {
        let totals = self.totals().into_values().flatten();
        let total = |found: &TotalsRow| Total { row: found.row, label: found.word.clone(), adds_up: found.adds_up };
        let mut totals: Vec<Total> = totals.map(total).collect();
        totals.sort_by_key(|total| total.row);
        totals
    }

    /// Adds the next rows.
    pub(crate) fn add(&mut self, batch: &Batch) {
        for row in 0..batch.rows {
            let (texts, numbers) = batch.columns.split_at(self.texts);
            let texts: Vec<Key> = texts.iter().map(|column| Key::of(column.get(row))).collect();
            let numbers: Vec<Option<Decimal>> = numbers.iter().map(|column| number(&column.get(row))).collect();
            self.add_row(&texts, &numbers);
        }
    }

    fn add_row(&mut self, texts: &[Key], numbers: &[Option<Decimal>]) {
        let word = texts.iter().enumerate().find_map(|(at, key)| match key {
            Key::Text(text) if Label::of(text).is_some() => Some((at, text.clone())),
            _ => None,
        });
        let blank = !texts.is_empty() && texts.iter().all(|key| matches!(key, Key::Blank));
        let given = || self.sums.iter().zip(numbers).filter_map(|(sums, number)| Some((sums, (*number)?)));
        let adds = |(sums, number): (&Sums, Decimal)| sums.is(number);
        let found = TotalsRow {
            row: self.rows,
            is_plain: word.as_ref().is_some_and(|(_, word)| match Label::of(word) {
                Some(Label::Of(name)) => self.names.contains(name),
                label => label == Some(Label::Plain),
            }),
            adds_up: given().any(|it| !it.1.is_zero() && adds(it)),
            all_add_up: self.rows > 1 && given().next().is_some() && given().all(adds),
            word,
        };
        self.rows += 1;
        let is_total = found.word.is_some() && (found.adds_up || found.is_plain) || blank && found.all_add_up;
        if is_total {
            self.sums.iter_mut().for_each(Sums::end_section);
        } else {
            self.sums.iter_mut().zip(numbers).for_each(|(sums, number)| {
                if let Some(number) = number {
                    sums.add(*number);
                }
            });
        }
        if is_total || found.word.is_some() {
            if self.found.len() < REMEMBERED {
                self.found.push(found);
            }
        } else if self.names.len() < REMEMBERED {
            let name = |key: &Key| if let Key::Text(text) = key { Some(text.clone()) } else { None };
            self.names.extend(texts.iter().filter_map(name));
        }
    }

    /// The rows that are totals, by label. A row is a total if it adds up, if its label is unambiguous, if it is
    /// labelled as a total and comes last, or if it is labelled like `North Total` in a table with another total.
    /// Between other rows, `total` alone may be an ordinary name.
    fn totals(&self) -> IndexMap<Option<&Arc<str>>, Vec<&TotalsRow>> {
        let is_last = |found: &TotalsRow| found.row + 1 == self.rows;
        let is_certain = |found: &TotalsRow| match found.word {
            Some(_) => found.adds_up || found.is_plain || is_last(found),
            None => is_last(found) && found.adds_up,
        };
        let any = self.found.iter().any(is_certain);
        let is_part = |found: &TotalsRow| {
            found.word.as_ref().is_some_and(|(_, word)| matches!(Label::of(word), Some(Label::Of(_))))
        };
        let mut totals: IndexMap<_, Vec<_>> = IndexMap::new();
        for found in self.found.iter().filter(|found| is_certain(found) || any && is_part(found)) {
            totals.entry(found.word.as_ref().map(|(_, word)| word)).or_default().push(found);
        }
        totals
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
        for text in ["Total", "TOTAL:", "Gesamt", "Summe", "somme"] {
            assert_eq!(Label::of(text), Some(Label::Bare), "{text}");
        }
        for text in
            ["TOTAL GÉNÉRAL", "Sous-total", "Grand total ", "Subtotal online", "Sous-total Nord", "North subtotal"]
        {
            assert_eq!(Label::of(text), Some(Label::Plain), "{text}");
        }
        for (text, name) in [
            ("North Total", "North"),
            ("Total web", "web"),
            ("Total 2026", "2026"),
            ("Total North+South", "North+South"),
            ("TOTAL : Île-de-France", "Île-de-France"),
            ("Nord Ergebnis", "Nord"),
            ("Total (north)", "north"),
        ] {
            assert_eq!(Label::of(text), Some(Label::Of(name)), "{text}");
        }
        for text in ["Totally", "Paris", "", "TotalEnergies", "summer", "subtotally", "-", "the totals of a year"] {
            assert_eq!(Label::of(text), None, "{text}");
        }
    }
}
