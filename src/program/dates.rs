//! Computes the days or seconds between two columns of whole days, and adds days to a column.

use super::Operator;
use super::column::Column;
use super::compare::days_of;
use super::side::{Numbers, Side, first_causes, zip};
use crate::value::{CALENDAR, Values, Vector};

const SECONDS_PER_DAY: i64 = 86_400;

/// Computes `day - day`, `day + days` and `day - days`. Returns None unless all days are whole and in the calendar.
pub(super) fn date_arithmetic(operator: Operator, lhs: &Column, rhs: &Column, len: usize) -> Option<Vector> {
    let values = match operator {
        Operator::Elapsed => difference(lhs, rhs, len, SECONDS_PER_DAY),
        Operator::Subtract => difference(lhs, rhs, len, 1).or_else(|| moved(lhs, rhs, len, -1)),
        Operator::Add => moved(lhs, rhs, len, 1).or_else(|| moved(rhs, lhs, len, 1)),
        _ => None,
    }?;
    Some(Vector { values, causes: first_causes(&[lhs, rhs]) })
}

/// The days between two columns, multiplied by `each`.
fn difference(lhs: &Column, rhs: &Column, len: usize, each: i64) -> Option<Values> {
    let mantissas = zip(&days_of(lhs)?, &days_of(rhs)?, len, |l, r| (i64::from(l) - i64::from(r)) * each);
    Some(Values::Fixed { mantissas, scale: 0 })
}

fn moved(days: &Column, distance: &Column, len: usize, sign: i64) -> Option<Values> {
    let Some(Numbers::Fixed(distance, 0)) = Numbers::of(distance) else { return None };
    let days: Side<i32> = days_of(days)?;
    let mut near = true;
    let moved = zip(&days, &distance, len, |day, distance| {
        let moved = distance.checked_mul(sign).and_then(|distance| i64::from(day).checked_add(distance));
        let moved = moved.filter(|&day| i32::try_from(day).is_ok_and(|day| CALENDAR.contains(&day)));
        near &= moved.is_some();
        moved.unwrap_or(0) as i32
    });
    near.then_some(Values::Days(moved))
}
