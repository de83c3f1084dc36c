//! Tests whether the keys of rows are among some combinations of keys.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::column::Column;
use crate::value::calendar::{Calendar, Grain};
use crate::value::{Cell, Value, Values, Vector};

/// Combinations of keys, spelled like those of groups.
pub(crate) type Combinations = BTreeMap<Vec<Option<Arc<str>>>, Vec<(i32, i32)>>;

/// Some combinations of keys, each with the days on which it counts.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct KeySet {
    /// The combinations. Each has the ranges of days on which it counts, if time matters.
    pub(crate) combinations: Arc<Combinations>,
    /// For each column, the calendar and the grain of the periods that its days represent.
    pub(crate) periods: Vec<Option<(Calendar, Grain)>>,
    /// True if the last operand is a time.
    pub(crate) dated: bool,
}

impl KeySet {
    /// Returns true if the operands are one of the combinations.
    pub(super) fn has<'c>(&self, operands: impl Iterator<Item = &'c Cell>) -> bool {
        let mut operands: Vec<&Cell> = operands.collect();
        let time = if self.dated { operands.pop() } else { None };
        let keys = operands.into_iter().zip(&self.periods).map(|(cell, &period)| key(cell, period)).collect::<Vec<_>>();
        match (self.combinations.get(&keys), time) {
            (None, _) => false,
            (Some(_), None) => true,
            (Some(days), Some(Ok(Value::Date(date)))) => {
                days.iter().any(|(start, end)| (*start..*end).contains(&date.day()))
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
