//! Calls functions of one column of texts or days once per distinct value instead of once per row.

use super::cell;
use super::column::Column;
use crate::builtin::Builtin;
use crate::value::{Cause, Cell, Date, Value, Values, Vector};

/// Calls a function with one column of texts or days and constants. Returns None for any other call.
pub(super) fn once_per_distinct(function: &Builtin, arguments: &[&Column]) -> Option<Vector> {
    let mut varying = arguments.iter().enumerate().filter(|(_, argument)| argument.constant().is_none());
    let (place, column) = varying.next()?;
    if varying.next().is_some() {
        return None;
    }
    let vector = column.vector()?;
    let call = |value: Value| {
        let mut buffer = Vec::with_capacity(arguments.len());
        let cells = arguments.iter().enumerate();
        cell::call(
            function,
            cells.map(|(index, argument)| if index == place { Ok(value.clone()) } else { argument.get(0) }),
            &mut buffer,
        )
    };
    let (results, positions) = match &vector.values {
        // A dictionary can be much larger than a batch of rows.
        Values::Texts { codes, dictionary } if dictionary.len() <= codes.len() => {
            let results: Vec<Cell> = dictionary.texts().iter().map(|text| call(Value::Text(text.clone()))).collect();
            (results, codes.clone())
        }
        Values::Days(days) => of_days(days, call)?,
        _ => return None,
    };
    Some(spread(&vector.causes, constant_cause(arguments, place), &results, &positions))
}

/// Returns one result for each day from the first to the last, and the position of each row's day. Returns None if the
/// range has more days than the column has rows.
fn of_days(days: &[i32], call: impl Fn(Value) -> Cell) -> Option<(Vec<Cell>, Vec<u32>)> {
    let (first, last) = (*days.iter().min()?, *days.iter().max()?);
    if i64::from(last) - i64::from(first) > days.len() as i64 {
        return None;
    }
    let results = (first..=last).map(|day| call(Value::Date(Date::from_day(day)))).collect();
    Some((results, days.iter().map(|day| (day - first) as u32).collect()))
}

/// The cause of the first undefined constant before the column; it takes precedence over the column's own causes.
fn constant_cause(arguments: &[&Column], place: usize) -> Option<Cause> {
    arguments[..place].iter().find_map(|argument| argument.cause(0))
}

/// The result of each row: its cause if it has one, otherwise the result at its position.
fn spread(causes: &Option<Vec<Option<Cause>>>, before: Option<Cause>, results: &[Cell], positions: &[u32]) -> Vector {
    let cause = |row: usize| before.or_else(|| causes.as_ref().and_then(|causes| causes[row]));
    let distinct: Vector = results.iter().cloned().collect();
    // The position of an undefined row may be out of range.
    let valid = |position: u32| (position as usize) < results.len();
    if !positions.iter().all(|&position| valid(position)) {
        let cell = |(row, &position): (usize, &u32)| match cause(row) {
            Some(cause) => Err(cause),
            None => results.get(position as usize).cloned().unwrap_or(Err(Cause::WrongKind)),
        };
        return positions.iter().enumerate().map(cell).collect();
    }
    let mut spread = distinct.take(positions);
    if before.is_some() || causes.is_some() {
        let found = (0..positions.len()).map(|row| cause(row).or_else(|| spread.cause(row))).collect();
        spread.causes = Some(found);
    }
    spread
}
