//! What each operation means for single values: the reference that the column kernels agree with.

use std::cmp::Ordering;

use super::Operator;
use crate::builtin::Builtin;
use crate::value::{Cause, Cell, Date, Decimal, Number, Value, ops};

/// The nanoseconds of a day, and the digits of those of a second.
const NANOS_PER_DAY: i64 = 86_400_000_000_000;
const NANO_DIGITS: u32 = 9;

/// An operator with two operands on single values.
///
/// # Errors
/// The cause of the first undefined operand that decides (see [`super::Program::evaluate`]); what the arithmetic gives;
/// [`Cause::WrongKind`] for kinds that the operator does not know.
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

/// The same, without taking the operands: to move values about costs more than to add them.
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

/// `-x`
///
/// # Errors
/// As [`apply`].
pub fn negate(x: Cell) -> Cell {
    match x? {
        Value::Number(x) => Ok(Value::Number(ops::negate(x))),
        _ => Err(Cause::WrongKind),
    }
}

/// `not x`
///
/// # Errors
/// As [`apply`].
pub fn not(x: Cell) -> Cell {
    Ok(Value::Boolean(!truth(&x)?))
}

/// A truth value, or why there is none.
pub(super) fn truth(cell: &Cell) -> Result<bool, Cause> {
    match cell {
        Ok(Value::Boolean(truth)) => Ok(*truth),
        Ok(_) => Err(Cause::WrongKind),
        Err(cause) => Err(*cause),
    }
}

/// The first cause among operands that no operation stops (see [`Cause::is_meaningless`]).
pub(super) fn meaningless<'a>(operands: impl IntoIterator<Item = &'a Cell>) -> Option<Cause> {
    operands.into_iter().find_map(|operand| operand.as_ref().err().copied().filter(|cause| cause.is_meaningless()))
}

/// What `if condition then … else …` gives.
pub(super) fn chosen(condition: &Cell, then: &Cell, otherwise: &Cell) -> Cell {
    if let Some(cause) = meaningless([condition, then, otherwise]) {
        return Err(cause);
    }
    if truth(condition)? { then.clone() } else { otherwise.clone() }
}

/// What `first ?? second` gives.
pub(super) fn coalesced(first: &Cell, second: &Cell) -> Cell {
    match meaningless([first, second]) {
        Some(cause) => Err(cause),
        None if first.is_ok() => first.clone(),
        None => second.clone(),
    }
}

/// What `is_defined(x)` gives.
pub(super) fn defined(x: &Cell) -> Cell {
    meaningless([x]).map_or(Ok(Value::Boolean(x.is_ok())), Err)
}

/// A call of any function, those that see undefined arguments among them.
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

/// A call; the first undefined argument decides. `room` is where the arguments are put together.
pub(super) fn call(function: &Builtin, arguments: impl Iterator<Item = Cell>, room: &mut Vec<Value>) -> Cell {
    room.clear();
    for argument in arguments {
        room.push(argument?);
    }
    function.call(room)
}

impl Operator {
    /// Whether it compares.
    pub fn is_comparison(self) -> bool {
        use Operator::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual};
        matches!(self, Equal | NotEqual | Less | LessOrEqual | Greater | GreaterOrEqual)
    }

    /// Whether a comparison holds for operands in that order; false for other operators.
    pub(super) fn holds(self, order: Ordering) -> bool {
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

/// `and` where the deciding value is false, `or` where it is true: it decides even beside an undefined operand.
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
        (Value::Date(date), Value::Number(days)) | (Value::Number(days), Value::Date(date)) => later(*date, *days),
        _ => Err(Cause::WrongKind),
    }
}

fn subtract(lhs: &Value, rhs: &Value) -> Cell {
    match (lhs, rhs) {
        (Value::Date(date), Value::Number(days)) => later(*date, ops::negate(*days)),
        (Value::Date(lhs), Value::Date(rhs)) => days_between(*lhs, *rhs),
        _ => Err(Cause::WrongKind),
    }
}

/// The seconds from `rhs` to `lhs`, to the nanosecond.
fn elapsed(lhs: Date, rhs: Date) -> Result<Number, Cause> {
    let nanos = lhs.since(rhs)?;
    let seconds = Decimal::try_from_i128_with_scale(nanos, NANO_DIGITS).map_err(|_| Cause::Overflow)?;
    Ok(Number::exact(seconds.normalize()))
}

/// The days from `rhs` to `lhs`, with a fraction where they are not whole.
fn days_between(lhs: Date, rhs: Date) -> Cell {
    let nanos = Decimal::try_from_i128_with_scale(lhs.since(rhs)?, 0).map_err(|_| Cause::Overflow)?;
    let days = ops::divide(Number::exact(nanos), Number::exact(Decimal::from(NANOS_PER_DAY)))?;
    Ok(Value::Number(days))
}

/// The date so many days later, to the nearest nanosecond.
fn later(date: Date, days: Number) -> Cell {
    let nanos = days.decimal.checked_mul(NANOS_PER_DAY.into()).ok_or(Cause::OutsideCalendar)?;
    let moved = i128::try_from(nanos.round()).ok().and_then(|nanos| date.later(nanos));
    moved.map(Value::Date).ok_or(Cause::OutsideCalendar)
}
