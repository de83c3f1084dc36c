//! Tests whether the keys of rows are among some combinations of keys.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::column::Column;
use crate::value::calendar::{Calendar, Grain};
use crate::value::{Cell, Date, Value, Values, Vector};

/// Combinations of keys, spelled like those of groups.
pub(crate) type Combinations = BTreeMap<Vec<Option<Arc<str>>>, Vec<(i32, i32)>>;

/// Some combinations of keys, each with the days on which it counts.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct KeySet {
    /// The combinations. Each has the ranges of days or hours in which it counts, if time matters.
    pub(crate) combinations: Arc<Combinations>,
    /// For each column, the calendar and the grain of the periods that its days represent.
    pub(crate) periods: Vec<Option<(Calendar, Grain)>>,
    /// What the ranges count, if the last operand is a time.
    pub(crate) dated: Option<Dated>,
}

/// The unit of times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Dated {
    Days,
    Hours,
}

impl Dated {
    /// The number of the day or hour of a date, since 1970.
    fn number(self, date: Date) -> i32 {
        match self {
            Self::Days => date.day(),
            Self::Hours => date.day().saturating_mul(24).saturating_add((date.time_of_day() / NANOS_PER_HOUR) as i32),
        }
    }
}

const NANOS_PER_HOUR: i64 = 3_600_000_000_000;

impl KeySet {
    /// Returns true if the operands are one of the combinations.
    pub(super) fn has<'c>(&self, operands: impl Iterator<Item = &'c Cell>) -> bool {
        let mut operands: Vec<&Cell> = operands.collect();
        let time = self.dated.and_then(|unit| Some((unit, operands.pop()?)));
        let keys: Vec<_> = operands.into_iter().zip(&self.periods).map(|(cell, &period)| key(cell, period)).collect();
        match (self.combinations.get(&keys), time) {
            (None, _) => false,
            (Some(_), None) => true,
            (Some(days), Some((unit, Ok(Value::Date(date))))) => {
                let number = unit.number(*date);
                days.iter().any(|(start, end)| (*start..*end).contains(&number))
            }
            (Some(_), Some(_)) => false,
        }
    }
}

/// The key of a value, spelled like that of a group. None is blank.
fn key(cell: &Cell, period: Option<(Calendar, Grain)>) -> Option<Arc<str>> {
    let text = match cell.as_ref().ok()? {
        Value::Text(text) => return Some(text.clone()),
        Value::Number(number) => number.decimal.normalize().to_string(),
        Value::Boolean(value) => value.to_string(),
        Value::Date(date) => match period {
            Some((calendar, grain)) => calendar.spell(calendar.period(grain, date.day())),
            None => date.key().to_string(),
        },
    };
    Some(text.into())
}

pub(super) fn members<'a>(set: &KeySet, operands: &[&Column], len: usize) -> Column<'a> {
    let is_member = |row: usize| {
        let cells: Vec<Cell> = operands.iter().map(|operand| operand.get(row)).collect();
        set.has(cells.iter())
    };
    Column::Computed(Vector::defined(Values::Booleans((0..len).map(is_member).collect())))
}
