//! Collects what the cells of one column show: range, sizes, forms, days.

mod days;
mod forms;
mod numbers;
mod texts;

use std::sync::Arc;

pub(super) use days::Days;
pub(super) use forms::{Form, Forms};
pub(super) use numbers::{Numbers, Outliers};
pub(super) use texts::{Spellings, Texts};

use super::remembered::{self, Room, fingerprint};
use crate::data::{ColumnSchema, ColumnType};
use crate::value::{Date, Decimal, Values, Vector};

/// The examples of a column.
const EXAMPLES: usize = 3;

/// The fingerprint of a blank cell.
const BLANK: u128 = 0;

/// What the cells of a column show.
#[derive(Debug)]
pub(super) struct ColumnPass {
    pub name: Arc<str>,
    pub schema: ColumnSchema,
    /// The number of cells that are not blank.
    pub cells: u64,
    pub blanks: u64,
    /// The values of rows that do not repeat an earlier row as a whole.
    pub values: remembered::Values,
    /// The first rows with different values.
    pub examples: Vec<String>,
    pub kind: Kind,
    /// The dictionary whose texts have these fingerprints.
    known: (u64, Vec<Option<u128>>),
}

/// What depends on the type of a column.
#[derive(Debug)]
pub(super) enum Kind {
    Numbers(Numbers),
    Texts(Box<Texts>),
    Days(Days),
    Others,
}

impl ColumnPass {
    pub fn new(name: Arc<str>, schema: ColumnSchema) -> Self {
        let kind = match schema.ty {
            ColumnType::Number => Kind::Numbers(Numbers::default()),
            ColumnType::Text => Kind::Texts(Box::default()),
            ColumnType::Date | ColumnType::Period(_) => Kind::Days(Days::default()),
            ColumnType::Boolean | ColumnType::Unknown => Kind::Others,
        };
        let (cells, blanks, values, examples, known) = Default::default();
        Self { name, schema, cells, blanks, values, examples, kind, known }
    }

    /// The fingerprints of the cells of these rows.
    pub fn fingerprints(&mut self, column: &Vector, rows: std::ops::Range<usize>) -> Vec<u128> {
        if let Values::Texts { dictionary, .. } = &column.values
            && self.known.0 != dictionary.id()
        {
            self.known = (dictionary.id(), vec![]);
        }
        rows.map(|row| if column.cause(row).is_some() { BLANK } else { self.fingerprint(column, row) }).collect()
    }

    fn fingerprint(&mut self, column: &Vector, row: usize) -> u128 {
        match &column.values {
            Values::Fixed { mantissas, scale } => of_number(Decimal::new(mantissas[row], *scale)),
            Values::Decimals { values, .. } => of_number(values[row]),
            Values::Texts { codes, dictionary } => {
                let code = codes[row] as usize;
                let known = &mut self.known.1;
                if known.len() <= code {
                    known.resize(code + 1, None);
                }
                *known[code].get_or_insert_with(|| fingerprint(&("text", &**dictionary.text(codes[row]))))
            }
            Values::Days(days) => fingerprint(&("date", Date::from_day(days[row]))),
            Values::Moments(moments) => fingerprint(&("date", moments[row])),
            Values::Booleans(truths) => fingerprint(&("truth", truths[row])),
            Values::Nothing(_) => BLANK,
        }
    }

    /// Adds the cells of these rows with their fingerprints. `is_repeated` says which rows repeat an earlier row, and
    /// `start` is the number of the first row.
    pub fn add(
        &mut self,
        column: &Vector,
        rows: std::ops::Range<usize>,
        cells: &[u128],
        is_repeated: &[bool],
        start: u64,
        room: &mut Room,
    ) {
        for ((at, cell), (number, is_repeated)) in rows.zip(cells).zip((start..).zip(is_repeated)) {
            if column.cause(at).is_some() {
                self.blanks += 1;
                continue;
            }
            self.cells += 1;
            if !is_repeated && self.values.add(*cell, number, room) && self.examples.len() < EXAMPLES {
                self.examples.push(self.spelled(column, at));
            }
            self.add_cell(column, at, number, room);
        }
    }

    fn add_cell(&mut self, column: &Vector, at: usize, number: u64, room: &mut Room) {
        match (&mut self.kind, &column.values) {
            (Kind::Numbers(numbers), Values::Fixed { mantissas, scale }) => {
                numbers.add(Decimal::new(mantissas[at], *scale), number);
            }
            (Kind::Numbers(numbers), Values::Decimals { values, .. }) => numbers.add(values[at], number),
            (Kind::Texts(texts), Values::Texts { codes, dictionary }) => {
                texts.add(dictionary.text(codes[at]), number, room);
            }
            (Kind::Days(days), Values::Days(values)) => {
                days.add(Date::from_day(values[at]));
            }
            (Kind::Days(days), Values::Moments(moments)) => {
                days.add(moments[at]);
            }
            _ => {}
        }
    }

    /// A cell as it is shown.
    fn spelled(&self, column: &Vector, at: usize) -> String {
        match column.get(at) {
            Ok(crate::value::Value::Date(date)) => self.spelled_date(date),
            Ok(value) => value.to_string(),
            Err(_) => String::new(),
        }
    }

    /// A date, or the period that it stands for.
    pub fn spelled_date(&self, date: Date) -> String {
        let calendar = crate::data::Calendar::default();
        match self.schema.ty.grain() {
            Some(grain) => calendar.spell(calendar.period(grain, date.day())),
            None => date.to_string(),
        }
    }

    /// The least and the greatest value.
    pub fn range(&self) -> Option<[String; 2]> {
        match &self.kind {
            Kind::Numbers(numbers) => {
                numbers.range.map(|range| range.map(|number| crate::value::Value::from(number).to_string()))
            }
            Kind::Days(days) => days.range.map(|range| range.map(|date| self.spelled_date(date))),
            Kind::Texts(_) | Kind::Others => None,
        }
    }

    /// The numbers, if the column has any.
    pub fn numbers(&self) -> Option<&Numbers> {
        match &self.kind {
            Kind::Numbers(numbers) => Some(numbers),
            _ => None,
        }
    }

    /// The texts, if the column has any.
    pub fn texts(&self) -> Option<&Texts> {
        match &self.kind {
            Kind::Texts(texts) => Some(texts),
            _ => None,
        }
    }

    /// The days, if the column has any.
    pub fn days(&self) -> Option<&Days> {
        match &self.kind {
            Kind::Days(days) => Some(days),
            _ => None,
        }
    }
}

/// Equal numbers have equal fingerprints, whatever their trailing zeros.
fn of_number(number: Decimal) -> u128 {
    fingerprint(&("number", number.normalize()))
}
