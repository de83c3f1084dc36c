//! A simple interpreter that computes one value at a time, with `rust_decimal` for digits and big integers for
//! exactness.

use std::cmp::Ordering;

use num_bigint::BigInt;
use yardstick::backend::{Program, Vector};
use yardstick::internal::builtin;
use yardstick::internal::program::{Node, NodeId, Operator, apply};
use yardstick::{Cause, Cell, Date, Decimal, Number, Value};

const NANOS_PER_SECOND: i64 = 1_000_000_000;
const NANOS_PER_DAY: i64 = 86_400 * NANOS_PER_SECOND;

/// Computes one operation for one row. Only the operands that are needed are evaluated.
pub fn evaluate(program: &Program, slots: &[Vector], row: usize, id: NodeId) -> Cell {
    let of = |id: &NodeId| evaluate(program, slots, row, *id);
    // A value without meaning makes the result meaningless, even if the operation does not need it.
    let meaningless = |id: NodeId| {
        of(&id).err().filter(|cause| matches!(cause, Cause::NoPeriod | Cause::SeveralCurrencies | Cause::NotSplit))
    };
    if let Some(cause) = program.node(id).operands().find_map(meaningless) {
        return Err(cause);
    }
    match program.node(id) {
        Node::Slot(slot) => slots[*slot as usize].get(row),
        Node::Constant(value) => Ok(value.clone()),
        Node::Undefined(cause) => Err(*cause),
        Node::Negate(x) => match of(x)? {
            Value::Number(x) => Ok(Value::Number(Number { decimal: -x.decimal, exact: x.exact })),
            _ => Err(Cause::WrongKind),
        },
        Node::Not(x) => Ok(Value::Boolean(!truth(of(x))?)),
        Node::Binary(Operator::And, lhs, rhs) => and(of(lhs), of(rhs)),
        // De Morgan's law also holds for three-valued logic.
        Node::Binary(Operator::Or, lhs, rhs) => inverse(and(inverse(of(lhs)), inverse(of(rhs)))),
        Node::Binary(operator, lhs, rhs) => binary(*operator, of(lhs)?, of(rhs)?),
        Node::If(condition, then, otherwise) => of(if truth(of(condition))? { then } else { otherwise }),
        Node::Coalesce(lhs, rhs) => of(lhs).or_else(|_| of(rhs)),
        Node::OneCurrency(amount, currencies) => match (of(amount), of(currencies)) {
            (Ok(_), Ok(Value::Number(count))) if count.decimal > Decimal::ONE => Err(Cause::SeveralCurrencies),
            (amount, _) => amount,
        },
        Node::Member(..) => unreachable!("only groups of a result that are chosen have one"),
        Node::IsDefined(x) => Ok(Value::Boolean(of(x).is_ok())),
        Node::Call(function, arguments) if builtin::get(*function).name == "is_defined" => {
            Ok(Value::Boolean(of(&arguments[0]).is_ok()))
        }
        Node::Call(function, arguments) if builtin::get(*function).name == "coalesce" => {
            let mut cells = arguments.iter().map(of).peekable();
            loop {
                match cells.next().expect("a call has arguments") {
                    Err(_) if cells.peek().is_some() => {}
                    cell => return cell,
                }
            }
        }
        Node::Call(function, arguments) => {
            let arguments: Vec<Value> = arguments.iter().map(of).collect::<Result<_, _>>()?;
            builtin::get(*function).call(&arguments)
        }
    }
}

fn truth(cell: Cell) -> Result<bool, Cause> {
    match cell? {
        Value::Boolean(truth) => Ok(truth),
        _ => Err(Cause::WrongKind),
    }
}

fn and(lhs: Cell, rhs: Cell) -> Cell {
    match (truth(lhs), truth(rhs)) {
        (Ok(false), _) | (_, Ok(false)) => Ok(Value::Boolean(false)),
        (Err(cause), _) | (_, Err(cause)) => Err(cause),
        (Ok(true), Ok(true)) => Ok(Value::Boolean(true)),
    }
}

fn inverse(cell: Cell) -> Cell {
    truth(cell).map(|truth| Value::Boolean(!truth))
}

fn binary(operator: Operator, lhs: Value, rhs: Value) -> Cell {
    match (lhs, rhs) {
        (Value::Number(lhs), Value::Number(rhs)) => numbers(operator, lhs, rhs),
        (Value::Date(lhs), Value::Date(rhs)) => dates(operator, lhs, rhs),
        (Value::Date(date), Value::Number(days)) => moved(operator, date, days),
        (Value::Number(days), Value::Date(date)) if operator == Operator::Add => moved(operator, date, days),
        (Value::Text(lhs), Value::Text(rhs)) => ordered(operator, lhs.cmp(&rhs)),
        (Value::Boolean(lhs), Value::Boolean(rhs)) => ordered(operator, lhs.cmp(&rhs)),
        _ => Err(Cause::WrongKind),
    }
}

fn numbers(operator: Operator, lhs: Number, rhs: Number) -> Cell {
    let (x, y) = (lhs.decimal, rhs.decimal);
    let (result, step_is_exact) = match operator {
        Operator::Add => of_step(x.checked_add(y), |r| big(x, 28) + big(y, 28) == big(r, 28)),
        Operator::Subtract => of_step(x.checked_sub(y), |r| big(x, 28) - big(y, 28) == big(r, 28)),
        Operator::Multiply => of_step(x.checked_mul(y), |r| big(x, 28) * big(y, 28) == big(r, 56)),
        Operator::Divide if y.is_zero() => return Err(Cause::DivisionByZero),
        Operator::Divide => of_step(x.checked_div(y), |r| big(r, 28) * big(y, 28) == big(x, 56)),
        Operator::Power => return apply(operator, Ok(Value::Number(lhs)), Ok(Value::Number(rhs))),
        _ => return ordered(operator, big(x, 28).cmp(&big(y, 28))),
    };
    let decimal = result.ok_or(Cause::Overflow)?;
    Ok(Value::Number(Number { decimal, exact: step_is_exact && lhs.exact && rhs.exact }))
}

fn of_step(result: Option<Decimal>, exact: impl Fn(Decimal) -> bool) -> (Option<Decimal>, bool) {
    (result, result.is_some_and(exact))
}

/// The number times ten to the power of `digits`, which must not be less than its number of decimals.
pub fn big(x: Decimal, digits: u32) -> BigInt {
    BigInt::from(x.mantissa()) * BigInt::from(10).pow(digits - x.scale())
}

fn ordered(operator: Operator, order: Ordering) -> Cell {
    let holds = match operator {
        Operator::Equal => order == Ordering::Equal,
        Operator::NotEqual => order != Ordering::Equal,
        Operator::Less => order == Ordering::Less,
        Operator::LessOrEqual => order != Ordering::Greater,
        Operator::Greater => order == Ordering::Greater,
        Operator::GreaterOrEqual => order != Ordering::Less,
        _ => return Err(Cause::WrongKind),
    };
    Ok(Value::Boolean(holds))
}

fn dates(operator: Operator, lhs: Date, rhs: Date) -> Cell {
    let divisor = match operator {
        Operator::Subtract => NANOS_PER_DAY,
        Operator::Elapsed => NANOS_PER_SECOND,
        _ => return ordered(operator, lhs.cmp(&rhs)),
    };
    let nanos = lhs.instant() - rhs.instant();
    let [nanos, divisor] = [Decimal::from(nanos), Decimal::from(divisor)];
    numbers(Operator::Divide, Number::exact(nanos), Number::exact(divisor))
}

fn moved(operator: Operator, date: Date, days: Number) -> Cell {
    let days = match operator {
        Operator::Add => days.decimal,
        Operator::Subtract => -days.decimal,
        _ => return Err(Cause::WrongKind),
    };
    let nanos = days.checked_mul(NANOS_PER_DAY.into()).ok_or(Cause::OutsideCalendar)?.round();
    let moved = Date::from_nanos(date.instant() + nanos.mantissa());
    moved.map(Value::Date).ok_or(Cause::OutsideCalendar)
}
