//! Evaluates `and`, `or`, `not`, `if` and `??` on columns.

use std::sync::Arc;

use super::Operator;
use super::arithmetic::aligned;
use super::column::Column;
use super::compare::truths_of;
use super::side::{Causes, Numbers, Side, pick, zip};
use crate::value::{Cause, Values, Vector};

/// Evaluates three-valued `and` and `or` on two columns of truth values. Returns None for other columns or operators.
pub(super) fn three_valued(operator: Operator, lhs: &Column, rhs: &Column, len: usize) -> Option<Vector> {
    // This value decides the result even if the other operand is undefined.
    let deciding = match operator {
        Operator::And => false,
        Operator::Or => true,
        _ => return None,
    };
    let (left, right) = (truths_of(lhs)?, truths_of(rhs)?);
    let mut truths = match deciding {
        false => zip(&left, &right, len, |l, r| l & r),
        true => zip(&left, &right, len, |l, r| l | r),
    };
    if !has_causes(lhs) && !has_causes(rhs) {
        return Some(Vector::defined(Values::Booleans(truths)));
    }
    let decides = |truth: bool, cause: Option<Cause>| truth == deciding && cause.is_none();
    let (left_causes, right_causes) = (causes_of(lhs), causes_of(rhs));
    let causes = truths.iter_mut().enumerate().map(|(row, truth)| {
        let (l, r) = (left_causes.get(row), right_causes.get(row));
        if decides(left.get(row), l) || decides(right.get(row), r) {
            *truth = deciding;
            return None;
        }
        l.or(r)
    });
    let causes = some_causes(causes.collect());
    Some(Vector { values: Values::Booleans(truths), causes })
}

/// Evaluates `not x` on a column of truth values.
pub(super) fn negation(x: &Column) -> Option<Vector> {
    let vector = x.vector()?;
    let Values::Booleans(truths) = &vector.values else { return None };
    let values = Values::Booleans(truths.iter().map(|truth| !truth).collect());
    Some(Vector { values, causes: vector.causes.clone() })
}

/// Evaluates `if condition then … else …`. Returns None if the condition is not a truth value or the branches have
/// different representations.
pub(super) fn conditional(condition: &Column, then: &Column, otherwise: &Column, len: usize) -> Option<Vector> {
    let Side::Each(mask) = truths_of(condition)? else { return None };
    let values = picked(&mask, then, otherwise)?;
    let mut causes = picked_causes(&mask, then, otherwise);
    if let Some(undecided) = condition.vector().and_then(|vector| vector.causes.as_ref()) {
        let chosen = causes.unwrap_or_else(|| vec![None; len]);
        causes = Some(undecided.iter().zip(chosen).map(|(undecided, chosen)| undecided.or(chosen)).collect());
    }
    Some(Vector { values, causes: causes.and_then(some_causes) })
}

/// Evaluates `lhs ?? rhs`. Returns None if the operands have different representations.
pub(super) fn coalesced(lhs: &Column, rhs: &Column) -> Option<Vector> {
    let vector = lhs.vector()?;
    let Some(causes) = &vector.causes else { return Some(vector.clone()) };
    let mask: Vec<bool> = causes.iter().map(Option::is_none).collect();
    let values = picked(&mask, lhs, rhs)?;
    let causes = picked_causes(&mask, lhs, rhs).and_then(some_causes);
    Some(Vector { values, causes })
}

/// Evaluates `first ?? second ?? …`. Returns None if the operands have different representations.
pub(super) fn first_defined(first: &Column, others: &[&Column]) -> Option<Vector> {
    let (second, others) = others.split_first()?;
    let found = coalesced(first, second)?;
    others.iter().try_fold(found, |found, other| coalesced(&Column::Computed(found), other))
}

fn has_causes(column: &Column) -> bool {
    match column.constant() {
        Some(cell) => cell.is_err(),
        None => column.vector().is_some_and(|vector| vector.causes.is_some()),
    }
}

fn is_undefined(column: &Column) -> bool {
    match column.constant() {
        Some(cell) => cell.is_err(),
        None => column.vector().is_some_and(|vector| matches!(vector.values, Values::Nothing(_))),
    }
}

/// Selects the value of the first column where the mask is true, and of the second elsewhere. Returns None if the
/// columns have different representations.
pub(super) fn picked(mask: &[bool], first: &Column, second: &Column) -> Option<Values> {
    // The slot of an undefined value can hold anything, so the other column's values are used.
    match (is_undefined(first), is_undefined(second)) {
        (true, _) => Some(second.vector()?.values.clone()),
        (_, true) => Some(first.vector()?.values.clone()),
        _ => numbers(mask, first, second)
            .or_else(|| truths(mask, first, second))
            .or_else(|| vectors(mask, first, second)),
    }
}

fn numbers(mask: &[bool], first: &Column, second: &Column) -> Option<Values> {
    let (first, second) = (Numbers::of(first)?, Numbers::of(second)?);
    let fixed = aligned(&first, &second, |first, second, scale| (pick(mask, first, second), scale));
    if let Some((mantissas, scale)) = fixed {
        return Some(Values::Fixed { mantissas, scale });
    }
    let ((first, first_inexact), (second, second_inexact)) = (first.to_decimals(), second.to_decimals());
    let inexact = (first_inexact.is_some() || second_inexact.is_some()).then(|| {
        let [first, second] = [first_inexact, second_inexact].map(|inexact| inexact.unwrap_or(Side::Same(false)));
        pick(mask, &first, &second)
    });
    let inexact = inexact.filter(|inexact| inexact.contains(&true));
    Some(Values::Decimals { values: pick(mask, &first, &second), inexact })
}

fn truths(mask: &[bool], first: &Column, second: &Column) -> Option<Values> {
    Some(Values::Booleans(pick(mask, &truths_of(first)?, &truths_of(second)?)))
}

fn vectors(mask: &[bool], first: &Column, second: &Column) -> Option<Values> {
    let each = |first, second| (Side::borrowed(first), Side::borrowed(second));
    match (&first.vector()?.values, &second.vector()?.values) {
        (Values::Texts { codes, dictionary }, Values::Texts { codes: others, dictionary: other })
            if Arc::ptr_eq(dictionary, other) =>
        {
            let (first, second) = (Side::borrowed(codes), Side::borrowed(others));
            Some(Values::Texts { codes: pick(mask, &first, &second), dictionary: dictionary.clone() })
        }
        (Values::Days(first), Values::Days(second)) => {
            let (first, second) = each(first, second);
            Some(Values::Days(pick(mask, &first, &second)))
        }
        _ => None,
    }
}

fn picked_causes(mask: &[bool], first: &Column, second: &Column) -> Causes {
    if !has_causes(first) && !has_causes(second) {
        return None;
    }
    Some(pick(mask, &causes_of(first), &causes_of(second)))
}

fn causes_of<'a>(column: &'a Column) -> Side<'a, Option<Cause>> {
    match (column.constant(), column.vector().and_then(|vector| vector.causes.as_ref())) {
        (Some(cell), _) => Side::Same(cell.as_ref().err().copied()),
        (None, Some(causes)) => Side::borrowed(causes),
        (None, None) => Side::Same(None),
    }
}

/// The causes, or None if all values are defined.
fn some_causes(causes: Vec<Option<Cause>>) -> Causes {
    causes.iter().any(Option::is_some).then_some(causes)
}
