//! Holds the values of one operand of a column kernel: one per row, or the same for all rows.

use std::borrow::Cow;

use super::column::Column;
use crate::value::{Cause, Decimal, Number, Value, Values};

/// The causes of undefined values, as in a vector.
pub(super) type Causes = Option<Vec<Option<Cause>>>;

/// One item per row, or the same item in every row.
#[derive(Debug, Clone)]
pub(super) enum Side<'a, T: Clone> {
    Each(Cow<'a, [T]>),
    Same(T),
}

/// The numbers of an operand. The item of an undefined value can be anything.
#[derive(Debug, Clone)]
pub(super) enum Numbers<'a> {
    /// Exact numbers at one scale.
    Fixed(Side<'a, i64>, u32),
    /// Numbers of any scale, with marks for the inexact ones if there are any.
    Decimals(Side<'a, Decimal>, Option<Side<'a, bool>>),
}

impl<'a, T: Copy> Side<'a, T> {
    pub(super) fn borrowed(items: &'a [T]) -> Self {
        Self::Each(Cow::Borrowed(items))
    }

    pub(super) fn reborrowed(&self) -> Side<'_, T> {
        match self {
            Self::Each(items) => Side::borrowed(items),
            Self::Same(item) => Side::Same(*item),
        }
    }

    pub(super) fn get(&self, index: usize) -> T {
        match self {
            Self::Each(items) => items[index],
            Self::Same(item) => *item,
        }
    }

    pub(super) fn map<R: Copy>(&self, of: impl Fn(T) -> R) -> Side<'static, R> {
        match self {
            Self::Each(items) => Side::Each(items.iter().map(|&item| of(item)).collect()),
            Self::Same(item) => Side::Same(of(*item)),
        }
    }
}

/// Combines the items of two operands row by row.
#[inline]
pub(super) fn zip<A: Copy, B: Copy, R>(
    lhs: &Side<A>,
    rhs: &Side<B>,
    len: usize,
    mut of: impl FnMut(A, B) -> R,
) -> Vec<R> {
    match (lhs, rhs) {
        (Side::Each(lhs), Side::Each(rhs)) => lhs.iter().zip(rhs.iter()).map(|(&lhs, &rhs)| of(lhs, rhs)).collect(),
        (Side::Each(lhs), &Side::Same(rhs)) => lhs.iter().map(|&lhs| of(lhs, rhs)).collect(),
        (&Side::Same(lhs), Side::Each(rhs)) => rhs.iter().map(|&rhs| of(lhs, rhs)).collect(),
        (&Side::Same(lhs), &Side::Same(rhs)) => (0..len).map(|_| of(lhs, rhs)).collect(),
    }
}

/// Visits the items of two operands row by row.
#[inline]
pub(super) fn each_pair<A: Copy, B: Copy>(lhs: &Side<A>, rhs: &Side<B>, len: usize, mut of: impl FnMut(usize, A, B)) {
    match (lhs, rhs) {
        (Side::Each(lhs), Side::Each(rhs)) => {
            lhs.iter().zip(rhs.iter()).enumerate().for_each(|(row, (&lhs, &rhs))| of(row, lhs, rhs));
        }
        (Side::Each(lhs), &Side::Same(rhs)) => lhs.iter().enumerate().for_each(|(row, &lhs)| of(row, lhs, rhs)),
        (&Side::Same(lhs), Side::Each(rhs)) => rhs.iter().enumerate().for_each(|(row, &rhs)| of(row, lhs, rhs)),
        (&Side::Same(lhs), &Side::Same(rhs)) => (0..len).for_each(|row| of(row, lhs, rhs)),
    }
}

/// Selects the first item in each row where the mask is true, and the second elsewhere.
pub(super) fn pick<T: Copy>(mask: &[bool], first: &Side<T>, second: &Side<T>) -> Vec<T> {
    let mut picked = match second {
        Side::Each(items) => items.to_vec(),
        Side::Same(item) => vec![*item; mask.len()],
    };
    let rows = picked.iter_mut().zip(mask);
    match first {
        Side::Each(items) => {
            rows.zip(items.iter()).for_each(|((place, &takes), &item)| *place = if takes { item } else { *place })
        }
        Side::Same(item) => rows.for_each(|(place, &takes)| *place = if takes { *item } else { *place }),
    }
    picked
}

impl<'a> Numbers<'a> {
    /// The numbers of a column. Returns None if it holds other values or is undefined everywhere.
    pub(super) fn of(column: &'a Column) -> Option<Self> {
        match column.constant() {
            Some(Ok(Value::Number(number))) => Some(Self::constant(*number)),
            Some(_) => None,
            None => Self::of_values(&column.vector()?.values),
        }
    }

    fn of_values(values: &'a Values) -> Option<Self> {
        match values {
            Values::Fixed { mantissas, scale } => Some(Self::Fixed(Side::borrowed(mantissas), *scale)),
            Values::Decimals { values, inexact } => {
                Some(Self::Decimals(Side::borrowed(values), inexact.as_deref().map(Side::borrowed)))
            }
            _ => None,
        }
    }

    fn constant(number: Number) -> Self {
        let lean = number.decimal.normalize();
        match i64::try_from(lean.mantissa()) {
            Ok(mantissa) if number.exact && lean.scale() <= MAX_FIXED_SCALE => {
                Self::Fixed(Side::Same(mantissa), lean.scale())
            }
            _ => Self::Decimals(Side::Same(number.decimal), (!number.exact).then_some(Side::Same(true))),
        }
    }

    /// Converts to decimals, whatever the representation.
    pub(super) fn to_decimals(&self) -> (Side<'_, Decimal>, Option<Side<'_, bool>>) {
        match self {
            Self::Fixed(mantissas, scale) => (mantissas.map(|mantissa| Decimal::new(mantissa, *scale)), None),
            Self::Decimals(values, inexact) => (values.reborrowed(), inexact.as_ref().map(Side::reborrowed)),
        }
    }
}

/// The largest scale of [`Values::Fixed`].
pub(super) const MAX_FIXED_SCALE: u32 = 18;

/// The cause of the first undefined operand in each row.
pub(super) fn first_causes(operands: &[&Column]) -> Causes {
    let mut causes = operands.iter().filter_map(|operand| operand.vector()?.causes.as_deref());
    let mut first = causes.next()?.to_vec();
    for others in causes {
        first.iter_mut().zip(others).for_each(|(cause, other)| *cause = cause.or(*other));
    }
    Some(first)
}

/// Adds the causes of failures of an operation. The causes of its operands take precedence.
pub(super) fn with_failures(causes: Causes, failures: Vec<(usize, Cause)>, len: usize) -> Causes {
    if failures.is_empty() {
        return causes;
    }
    let mut causes = causes.unwrap_or_else(|| vec![None; len]);
    for (index, cause) in failures {
        causes[index].get_or_insert(cause);
    }
    Some(causes)
}
