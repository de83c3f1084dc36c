//! Defines each operation on single values. The column kernels must agree with it.

use std::cmp::Ordering;

use super::Operator;
use crate::builtin::Builtin;
use crate::value::{Cause, Cell, Date, Decimal, Number, Value, ops};

/// Nanoseconds in a day, and the decimal places of a second that they fill.
const NANOS_PER_DAY: i64 = 86_400_000_000_000;
const NANO_DIGITS: u32 = 9;

/// Applies an operator to two single values.
///
/// # Errors
/// * The cause of the first undefined operand that decides the result (see [`super::Program::evaluate`]).
/// * Any error of the arithmetic.
/// * [`Cause::WrongKind`] if the operator does not accept values of these kinds.
///
/// ```
/// use yardstick::internal::program::{Operator, apply};
/// use yardstick::{Cause, Value};
///
/// assert_eq!(apply(Operator::And, Err(Cause::Blank), Ok(Value::Boolean(false))), Ok(Value::Boolean(false)));
/// ```
pub fn apply(operator: Operator, lhs: Cell, rhs: Cell) -> Cell {
    binary(operator, &lhs, &rhs)
}

/// Does the same as [`apply`] by reference, because moving values costs more than adding them.
pub(super) fn binary(operator: Operator, lhs: &Cell, rhs: &Cell) -> Cell {
    match (operator, lhs, rhs) {
        (_, Ok(Value::Number(lhs)), Ok(Value::Number(rhs))) => numbers(operator, *lhs, *rhs),
        (Operator::And, ..) => three_valued(lhs, rhs, false),
        (Operator::Or, ..) => three_valued(lhs, rhs, true),
        (_, Err(cause), _) | (_, _, Err(cause)) => Err(meaningless([lhs, rhs]).unwrap_or(*cause)),
        (Operator::Add, Ok(lhs), Ok(rhs)) => add(lhs, rhs),
        (Operator::Subtract, Ok(lhs), Ok(rhs)) => subtract(lhs, rhs),
        (Operator::Elapsed, Ok(Value::Date(lhs)), Ok(Value::Date(rhs))) => elapsed(*lhs, *rhs).map(Value::Number),
        (_, Ok(lhs), Ok(rhs)) if operator.is_comparison() => Ok(Value::Boolean(operator.holds(compare(lhs, rhs)?))),
        _ => Err(Cause::WrongKind),
    }
}

fn numbers(operator: Operator, lhs: Number, rhs: Number) -> Cell {
    let outcome = match operator {
        Operator::Add => ops::add(lhs, rhs),
        Operator::Subtract => ops::subtract(lhs, rhs),
        Operator::Multiply => ops::multiply(lhs, rhs),
        Operator::Divide => ops::divide(lhs, rhs),
        Operator::Power => ops::power(lhs, rhs),
        Operator::And | Operator::Or | Operator::Elapsed => Err(Cause::WrongKind),
        _ => return Ok(Value::Boolean(operator.holds(ops::compare(lhs, rhs)))),
    };
    outcome.map(Value::Number)
}

/// Computes `-x`.
///
/// # Errors
/// See [`apply`].
pub fn negate(x: Cell) -> Cell {
    match x? {
        Value::Number(x) => Ok(Value::Number(ops::negate(x))),
        _ => Err(Cause::WrongKind),
    }
}

/// Computes `not x`.
///
/// # Errors
/// See [`apply`].
pub fn not(x: Cell) -> Cell {
    Ok(Value::Boolean(!truth(&x)?))
}

/// Returns the truth value, or the cause if it is undefined.
pub(super) fn truth(cell: &Cell) -> Result<bool, Cause> {
    match cell {
        Ok(Value::Boolean(truth)) => Ok(*truth),
        Ok(_) => Err(Cause::WrongKind),
        Err(cause) => Err(*cause),
    }
}

/// Returns the first cause that no operation stops (see [`Cause::is_meaningless`]).
pub(super) fn meaningless<'a>(operands: impl IntoIterator<Item = &'a Cell>) -> Option<Cause> {
    operands.into_iter().find_map(|operand| operand.as_ref().err().copied().filter(|cause| cause.is_meaningless()))
}

/// Evaluates `if condition then … else …`.
pub(super) fn chosen(condition: &Cell, then: &Cell, otherwise: &Cell) -> Cell {
    if let Some(cause) = meaningless([condition, then, otherwise]) {
        return Err(cause);
    }
    if truth(condition)? { then.clone() } else { otherwise.clone() }
}

/// Evaluates `first ?? second`.
pub(super) fn coalesced(first: &Cell, second: &Cell) -> Cell {
    match meaningless([first, second]) {
        Some(cause) => Err(cause),
        None if first.is_ok() => first.clone(),
        None => second.clone(),
    }
}

/// Evaluates `is_defined(x)`.
pub(super) fn defined(x: &Cell) -> Cell {
    meaningless([x]).map_or(Ok(Value::Boolean(x.is_ok())), Err)
}

/// Evaluates an amount that has a meaning only if the number of its currencies is not above 1.
pub(super) fn of_one_currency(amount: Cell, currencies: &Cell) -> Cell {
    if let Some(cause) = meaningless([&amount, currencies]) {
        return Err(cause);
    }
    match currencies {
        Ok(Value::Number(number)) if amount.is_ok() && number.decimal > Decimal::ONE => Err(Cause::SeveralCurrencies),
        _ => amount,
    }
}

/// Calls any function, including those that accept undefined arguments.
pub(super) fn called<'a>(function: &Builtin, mut arguments: impl Iterator<Item = &'a Cell> + Clone) -> Cell {
    if let Some(cause) = meaningless(arguments.clone()) {
        return Err(cause);
    }
    match function.name {
        "coalesce" => arguments.reduce(|found, other| if found.is_ok() { found } else { other }).cloned(),
        "is_defined" => arguments.next().map(defined),
        _ => Some(call(function, arguments.cloned(), &mut Vec::new())),
    }
    .unwrap_or(Err(Cause::WrongKind))
}

/// Calls a function; the first undefined argument decides the result. `buffer` is reused between calls.
pub(super) fn call(function: &Builtin, arguments: impl Iterator<Item = Cell>, buffer: &mut Vec<Value>) -> Cell {
    buffer.clear();
    for argument in arguments {
        buffer.push(argument?);
    }
    function.call(buffer)
}

impl Operator {
    /// Returns true for a comparison operator.
    pub fn is_comparison(self) -> bool {
        use Operator::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual};
        matches!(self, Equal | NotEqual | Less | LessOrEqual | Greater | GreaterOrEqual)
    }

    /// Returns true if the comparison holds for operands in this order; false for other operators.
    pub(crate) fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Equal => order.is_eq(),
            Self::NotEqual => order.is_ne(),
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
            _ => false,
        }
    }
}

/// Evaluates `and` (`deciding` is false) or `or` (`deciding` is true). The deciding value wins over an undefined
/// operand.
fn three_valued(lhs: &Cell, rhs: &Cell, deciding: bool) -> Cell {
    if let Some(cause) = meaningless([lhs, rhs]) {
        return Err(cause);
    }
    let (lhs, rhs) = (truth(lhs), truth(rhs));
    if lhs == Ok(deciding) || rhs == Ok(deciding) {
        return Ok(Value::Boolean(deciding));
    }
    lhs.and(rhs).map(Value::Boolean)
}

fn compare(lhs: &Value, rhs: &Value) -> Result<Ordering, Cause> {
    match (lhs, rhs) {
        (Value::Number(lhs), Value::Number(rhs)) => Ok(ops::compare(*lhs, *rhs)),
        (Value::Text(lhs), Value::Text(rhs)) => Ok(lhs.cmp(rhs)),
        (Value::Date(lhs), Value::Date(rhs)) => lhs.compare(*rhs),
        (Value::Boolean(lhs), Value::Boolean(rhs)) => Ok(lhs.cmp(rhs)),
        _ => Err(Cause::WrongKind),
    }
}

fn add(lhs: &Value, rhs: &Value) -> Cell {
    match (lhs, rhs) {
        (Value::Date(date), Value::Number(periods)) | (Value::Number(periods), Value::Date(date))
            if date.period().is_some() =>
        {
            periods_later(*date, *periods)
        }
        (Value::Date(date), Value::Number(days)) | (Value::Number(days), Value::Date(date)) => later(*date, *days),
        _ => Err(Cause::WrongKind),
    }
}

fn subtract(lhs: &Value, rhs: &Value) -> Cell {
    match (lhs, rhs) {
        (Value::Date(date), Value::Number(periods)) if date.period().is_some() => {
            periods_later(*date, ops::negate(*periods))
        }
        (Value::Date(lhs), Value::Date(rhs)) if lhs.period().is_some() && rhs.period().is_some() => {
            lhs.periods_since(*rhs).map(|periods| Decimal::from(periods).into()).ok_or(Cause::WrongKind)
        }
        (Value::Date(date), Value::Number(days)) => later(*date, ops::negate(*days)),
        (Value::Date(lhs), Value::Date(rhs)) => days_between(*lhs, *rhs),
        _ => Err(Cause::WrongKind),
    }
}

/// Computes the seconds from `rhs` to `lhs`, with nanosecond precision.
fn elapsed(lhs: Date, rhs: Date) -> Result<Number, Cause> {
    let nanos = lhs.since(rhs)?;
    let seconds = Decimal::try_from_i128_with_scale(nanos, NANO_DIGITS).map_err(|_| Cause::Overflow)?;
    Ok(Number::exact(seconds.normalize()))
}

/// Computes the days from `rhs` to `lhs`, with a fraction for an incomplete day.
fn days_between(lhs: Date, rhs: Date) -> Cell {
    let nanos = Decimal::try_from_i128_with_scale(lhs.since(rhs)?, 0).map_err(|_| Cause::Overflow)?;
    let days = ops::divide(Number::exact(nanos), Number::exact(Decimal::from(NANOS_PER_DAY)))?;
    Ok(Value::Number(days))
}

/// Returns the period that a whole number of periods later.
fn periods_later(date: Date, periods: Number) -> Cell {
    let (calendar, period) = date.period().ok_or(Cause::WrongKind)?;
    let periods = i32::try_from(periods.decimal).ok().filter(|_| periods.decimal.is_integer()).ok_or(Cause::Domain)?;
    let moved = Date::from_period(calendar, period.offset(periods));
    if crate::value::CALENDAR.contains(&moved.day()) { Ok(Value::Date(moved)) } else { Err(Cause::OutsideCalendar) }
}

/// Returns the date `days` later, rounded to the nearest nanosecond.
fn later(date: Date, days: Number) -> Cell {
    let nanos = days.decimal.checked_mul(NANOS_PER_DAY.into()).ok_or(Cause::OutsideCalendar)?;
    let moved = i128::try_from(nanos.round()).ok().and_then(|nanos| date.later(nanos));
    moved.map(Value::Date).ok_or(Cause::OutsideCalendar)
}
