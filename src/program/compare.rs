//! Compares columns: numbers by mantissa, texts by dictionary code, and other values directly.

use std::sync::Arc;

use super::Operator;
use super::arithmetic::rescaled;
use super::column::Column;
use super::side::{Numbers, Side, first_causes, zip};
use crate::value::{Dictionary, Value, Values, Vector};

/// Compares two columns of the same kind. Returns None for other columns and for operators that do not compare.
pub(super) fn comparison(operator: Operator, lhs: &Column, rhs: &Column, len: usize) -> Option<Vector> {
    if !operator.is_comparison() {
        return None;
    }
    let truths = ordered(operator, lhs, rhs, len)
        .or_else(|| text_and_constant(operator, lhs, rhs))
        .or_else(|| text_and_constant(operator.turned(), rhs, lhs))
        .or_else(|| texts(operator, lhs, rhs, len))
        .or_else(|| booleans(operator, lhs, rhs, len))?;
    Some(Vector { values: Values::Booleans(truths), causes: first_causes(&[lhs, rhs]) })
}

/// Compares two columns of numbers or two columns of days.
pub(super) fn ordered(operator: Operator, lhs: &Column, rhs: &Column, len: usize) -> Option<Vec<bool>> {
    numbers(operator, lhs, rhs, len).or_else(|| days(operator, lhs, rhs, len))
}

fn numbers(operator: Operator, lhs: &Column, rhs: &Column, len: usize) -> Option<Vec<bool>> {
    let (lhs, rhs) = (Numbers::of(lhs)?, Numbers::of(rhs)?);
    if let (Numbers::Fixed(l, ls), Numbers::Fixed(r, rs)) = (&lhs, &rhs) {
        let scale = *ls.max(rs);
        if let (Some(l), Some(r)) = (rescaled(l, scale - ls), rescaled(r, scale - rs)) {
            return Some(compared(operator, &l, &r, len));
        }
    }
    let ((lhs, _), (rhs, _)) = (lhs.to_decimals(), rhs.to_decimals());
    Some(compared(operator, &lhs, &rhs, len))
}

/// Compares each text of the dictionary once and then looks up the codes. If the dictionary is larger than the column,
/// it compares the rows instead.
fn text_and_constant(operator: Operator, texts: &Column, constant: &Column) -> Option<Vec<bool>> {
    let (Values::Texts { codes, dictionary }, Ok(Value::Text(constant))) =
        (&texts.vector()?.values, constant.constant()?)
    else {
        return None;
    };
    if matches!(operator, Operator::Equal | Operator::NotEqual) {
        let code = dictionary.find(constant);
        return Some(codes.iter().map(|&found| (Some(found) == code) == (operator == Operator::Equal)).collect());
    }
    if dictionary.len() > codes.len() {
        let texts = codes.iter().map(|&code| text(dictionary, code));
        return Some(texts.map(|text| operator.holds(text.cmp(constant))).collect());
    }
    let holds: Vec<bool> = dictionary.texts().iter().map(|text| operator.holds(text.cmp(constant))).collect();
    Some(codes.iter().map(|&code| holds.get(code as usize).is_some_and(|&holds| holds)).collect())
}

fn texts(operator: Operator, lhs: &Column, rhs: &Column, len: usize) -> Option<Vec<bool>> {
    let (Values::Texts { codes: lhs, dictionary: left }, Values::Texts { codes: rhs, dictionary: right }) =
        (&lhs.vector()?.values, &rhs.vector()?.values)
    else {
        return None;
    };
    let (lhs, rhs) = (Side::borrowed(lhs), Side::borrowed(rhs));
    if Arc::ptr_eq(left, right) && matches!(operator, Operator::Equal | Operator::NotEqual) {
        return Some(compared(operator, &lhs, &rhs, len));
    }
    Some(zip(&lhs, &rhs, len, |l, r| operator.holds(text(left, l).cmp(text(right, r)))))
}

/// The text of a code. The code of an undefined value may not have a text.
fn text(dictionary: &Dictionary, code: u32) -> &str {
    dictionary.texts().get(code as usize).map_or("", |text| text)
}

fn days(operator: Operator, lhs: &Column, rhs: &Column, len: usize) -> Option<Vec<bool>> {
    Some(compared(operator, &days_of(lhs)?, &days_of(rhs)?, len))
}

/// The whole days of a column. Returns None if it holds other values, or moments within a day.
pub(super) fn days_of<'a>(column: &'a Column) -> Option<Side<'a, i32>> {
    match (column.constant(), column.vector().map(|vector| &vector.values)) {
        (Some(Ok(Value::Date(date))), _) if date.is_day() => Some(Side::Same(date.day())),
        (_, Some(Values::Days(days))) => Some(Side::borrowed(days)),
        _ => None,
    }
}

fn booleans(operator: Operator, lhs: &Column, rhs: &Column, len: usize) -> Option<Vec<bool>> {
    Some(compared(operator, &truths_of(lhs)?, &truths_of(rhs)?, len))
}

/// The truth values of a column. Returns None if it holds other values.
pub(super) fn truths_of<'a>(column: &'a Column) -> Option<Side<'a, bool>> {
    match (column.constant(), column.vector().map(|vector| &vector.values)) {
        (Some(Ok(Value::Boolean(truth))), _) => Some(Side::Same(*truth)),
        (_, Some(Values::Booleans(truths))) => Some(Side::borrowed(truths)),
        _ => None,
    }
}

fn compared<T: Copy + PartialOrd>(operator: Operator, lhs: &Side<T>, rhs: &Side<T>, len: usize) -> Vec<bool> {
    match operator {
        Operator::Equal => zip(lhs, rhs, len, |l, r| l == r),
        Operator::NotEqual => zip(lhs, rhs, len, |l, r| l != r),
        Operator::Less => zip(lhs, rhs, len, |l, r| l < r),
        Operator::LessOrEqual => zip(lhs, rhs, len, |l, r| l <= r),
        Operator::Greater => zip(lhs, rhs, len, |l, r| l > r),
        _ => zip(lhs, rhs, len, |l, r| l >= r),
    }
}

impl Operator {
    /// The operator that gives the same result with the operands swapped.
    fn turned(self) -> Self {
        match self {
            Self::Less => Self::Greater,
            Self::LessOrEqual => Self::GreaterOrEqual,
            Self::Greater => Self::Less,
            Self::GreaterOrEqual => Self::LessOrEqual,
            other => other,
        }
    }
}
