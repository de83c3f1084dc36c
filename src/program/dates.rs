//! Days between two columns of whole days, and days added to one.

use super::Operator;
use super::column::Column;
use super::compare::days_of;
use super::side::{Numbers, Side, first_causes, zip};
use crate::value::{Values, Vector};

/// `day - day`, `day + days` and `day - days` where all are whole and near; None otherwise.
pub(super) fn date_arithmetic(operator: Operator, lhs: &Column, rhs: &Column, len: usize) -> Option<Vector> {
    let values = match operator {
        Operator::Subtract => difference(lhs, rhs, len).or_else(|| moved(lhs, rhs, len, -1)),
        Operator::Add => moved(lhs, rhs, len, 1).or_else(|| moved(rhs, lhs, len, 1)),
        _ => None,
    }?;
    Some(Vector { values, causes: first_causes(&[lhs, rhs]) })
}

fn difference(lhs: &Column, rhs: &Column, len: usize) -> Option<Values> {
    let mantissas = zip(&days_of(lhs)?, &days_of(rhs)?, len, |l, r| i64::from(l) - i64::from(r));
    Some(Values::Fixed { mantissas, scale: 0 })
}

fn moved(days: &Column, distance: &Column, len: usize, sign: i64) -> Option<Values> {
    let Some(Numbers::Fixed(distance, 0)) = Numbers::of(distance) else { return None };
    let days: Side<i32> = days_of(days)?;
    let mut near = true;
    let moved = zip(&days, &distance, len, |day, distance| {
        let moved = distance.checked_mul(sign).and_then(|distance| i64::from(day).checked_add(distance));
        let moved = moved.filter(|day| day.unsigned_abs() <= FARTHEST_DAY);
        near &= moved.is_some();
        moved.unwrap_or(0) as i32
    });
    near.then_some(Values::Days(moved))
}

/// Dates count microseconds in 64 bits, which is some 106 million days either way: whole days stay well inside.
const FARTHEST_DAY: u64 = 100_000_000;
