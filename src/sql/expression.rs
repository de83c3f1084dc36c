//! Row expressions as SQL, as far as an engine computes exactly what the row program computes.

use std::sync::Arc;

use super::dialect::Dialect;
use crate::program::{Node, NodeId, Operator, Program};
use crate::value::{Date, Decimal, Value};

/// The digits that a decimal has here. Operations whose results could have more are not pushed.
pub const MAX_DIGITS: u32 = 28;

/// The digits to which engines extend decimals that they compare.
const COMPARED_DIGITS: u32 = 38;

/// The maximum length of an expression, and of all expressions of a dataset, in bytes.
const MAX_EXPRESSION: usize = 8 << 10;
const MAX_EXPRESSIONS: usize = 8 << 20;

/// Why an expression is not pushed.
pub type Reason = Arc<str>;

/// A row expression in SQL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expression {
    /// Its text. An operation is in parentheses.
    pub sql: String,
    /// Its type.
    pub kind: Kind,
}

/// The type of a row expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Decimals, with the greatest number of digits before and after the point.
    Number { whole: u32, scale: u32 },
    /// Truth values.
    Boolean,
    /// Days.
    Day,
}

/// The expressions of all operations of a program, by id. `slot` gives those of its inputs.
pub fn expressions(
    dialect: Dialect,
    program: &Program,
    slot: impl Fn(u32) -> Result<Expression, Reason>,
) -> Vec<Result<Expression, Reason>> {
    let mut writer = Writer { dialect, known: vec![] };
    let mut bytes = 0;
    for node in program.nodes() {
        let written = match node {
            Node::Slot(number) => slot(*number),
            _ if bytes > MAX_EXPRESSIONS => Err("the formulas of the dataset are too long for a statement".into()),
            _ => writer.write(node),
        };
        let written = written.and_then(|it| match it.sql.len() > MAX_EXPRESSION {
            true => Err("its formula is too long for a statement".into()),
            false => Ok(it),
        });
        bytes += written.as_ref().map_or(0, |it| it.sql.len());
        writer.known.push(written);
    }
    writer.known
}

struct Writer {
    dialect: Dialect,
    /// The expressions of the operations so far.
    known: Vec<Result<Expression, Reason>>,
}

impl Writer {
    fn get(&self, id: NodeId) -> Result<&Expression, Reason> {
        self.known[id.0 as usize].as_ref().map_err(Arc::clone)
    }

    fn write(&self, node: &Node) -> Result<Expression, Reason> {
        match node {
            Node::Constant(value) => self.constant(value),
            Node::Negate(x) => match self.get(*x)? {
                Expression { sql, kind: kind @ Kind::Number { .. } } => {
                    // Sail loses the scale of a decimal that has a minus before it.
                    Ok(Expression { sql: format!("(0 - {sql})"), kind: *kind })
                }
                _ => Err(not_numbers()),
            },
            Node::Not(x) => Ok(boolean(format!("(NOT {})", self.truth(*x)?))),
            Node::Binary(operator, lhs, rhs) => self.binary(*operator, *lhs, *rhs),
            Node::If(condition, then, otherwise) => {
                let condition = self.truth(*condition)?;
                let ([then, otherwise], kind) = self.alike(*then, *otherwise)?;
                // Without ELSE: an undefined condition makes the result undefined.
                let sql = format!("(CASE WHEN {condition} THEN {then} WHEN NOT {condition} THEN {otherwise} END)");
                Ok(Expression { sql, kind })
            }
            Node::Coalesce(first, second) => {
                let ([first, second], kind) = self.alike(*first, *second)?;
                Ok(Expression { sql: format!("COALESCE({first}, {second})"), kind })
            }
            Node::IsDefined(x) => Ok(boolean(format!("({} IS NOT NULL)", self.get(*x)?.sql))),
            Node::Call(function, _) => {
                Err(format!("`{}` is computed here", crate::builtin::get(*function).name).into())
            }
            Node::OneCurrency(..) => Err("its currencies are compared here".into()),
            Node::Member(..) => Err("the chosen groups are known here".into()),
            Node::Undefined(_) => Err("a part of it is always undefined".into()),
            Node::Slot(_) => unreachable!("the caller writes the inputs"),
        }
    }

    fn constant(&self, value: &Value) -> Result<Expression, Reason> {
        match value {
            Value::Number(number) if number.exact => {
                let (whole, scale) = digits(number.decimal);
                let text = format!("'{}'", number.decimal.normalize());
                let sql = self.dialect.decimal(&text, (whole + scale).max(1), scale);
                Ok(Expression { sql, kind: Kind::Number { whole, scale } })
            }
            Value::Date(day) if day.is_day() => {
                Ok(Expression { sql: self.dialect.date(&Date::from_day(day.day()).to_string()), kind: Kind::Day })
            }
            Value::Number(_) => Err("a number in it is rounded".into()),
            Value::Text(_) => Err("texts are compared here".into()),
            Value::Boolean(_) => Err("a condition in it is constant".into()),
            Value::Date(_) => Err("moments and periods are compared here".into()),
        }
    }

    fn truth(&self, id: NodeId) -> Result<&str, Reason> {
        match self.get(id)? {
            Expression { sql, kind: Kind::Boolean } => Ok(sql),
            _ => Err("it uses another value as a condition".into()),
        }
    }

    fn binary(&self, operator: Operator, lhs: NodeId, rhs: NodeId) -> Result<Expression, Reason> {
        use Operator::{
            Add, And, Divide, Elapsed, Equal, Greater, GreaterOrEqual, Less, LessOrEqual, Multiply, NotEqual, Or,
            Power, Subtract,
        };
        match operator {
            And => Ok(boolean(format!("({} AND {})", self.truth(lhs)?, self.truth(rhs)?))),
            Or => Ok(boolean(format!("({} OR {})", self.truth(lhs)?, self.truth(rhs)?))),
            Equal => self.compare("=", lhs, rhs),
            NotEqual => self.compare("<>", lhs, rhs),
            Less => self.compare("<", lhs, rhs),
            LessOrEqual => self.compare("<=", lhs, rhs),
            Greater => self.compare(">", lhs, rhs),
            GreaterOrEqual => self.compare(">=", lhs, rhs),
            Add => self.arithmetic("+", lhs, rhs),
            Subtract => self.arithmetic("-", lhs, rhs),
            Multiply => self.arithmetic("*", lhs, rhs),
            Divide => Err("quotients are rounded here, and differently by each engine".into()),
            Power => Err("powers are computed here".into()),
            Elapsed => Err("moments are subtracted here".into()),
        }
    }

    fn compare(&self, sign: &str, lhs: NodeId, rhs: NodeId) -> Result<Expression, Reason> {
        let (left, right) = (self.get(lhs)?, self.get(rhs)?);
        match (left.kind, right.kind) {
            (Kind::Number { whole, scale }, Kind::Number { whole: other, scale: other_scale })
                if whole.max(other) + scale.max(other_scale) <= COMPARED_DIGITS => {}
            (Kind::Day, Kind::Day) => {}
            (Kind::Number { .. }, Kind::Number { .. }) => {
                return Err(format!("it compares numbers that together have more than {COMPARED_DIGITS} digits").into());
            }
            _ => return Err("it compares values of other types".into()),
        }
        Ok(boolean(format!("({} {sign} {})", left.sql, right.sql)))
    }

    /// A sum, a difference or a product, if no value of it can have too many digits.
    fn arithmetic(&self, sign: &str, lhs: NodeId, rhs: NodeId) -> Result<Expression, Reason> {
        let (left, right) = (self.get(lhs)?, self.get(rhs)?);
        let (Kind::Number { whole: a, scale: s }, Kind::Number { whole: b, scale: t }) = (left.kind, right.kind) else {
            return Err(not_numbers());
        };
        let (whole, scale) = if sign == "*" { (a + b, s + t) } else { (a.max(b) + 1, s.max(t)) };
        if whole + scale > MAX_DIGITS {
            let digits = whole + scale;
            return Err(format!("a value of `{sign}` can have {digits} digits, more than the {MAX_DIGITS} here").into());
        }
        if let Some(loss) = self.dialect.product_loss([s, t]).filter(|_| sign == "*") {
            return Err(loss.into());
        }
        Ok(Expression { sql: format!("({} {sign} {})", left.sql, right.sql), kind: Kind::Number { whole, scale } })
    }

    /// Two values as one type.
    fn alike(&self, one: NodeId, other: NodeId) -> Result<([String; 2], Kind), Reason> {
        let (one, other) = (self.get(one)?, self.get(other)?);
        match (one.kind, other.kind) {
            (Kind::Number { whole: a, scale: s }, Kind::Number { whole: b, scale: t }) => {
                let (whole, scale) = (a.max(b), s.max(t));
                if whole + scale > MAX_DIGITS {
                    return Err(format!("its branches together have more than {MAX_DIGITS} digits").into());
                }
                let cast = |it: &Expression| self.dialect.decimal(&it.sql, (whole + scale).max(1), scale);
                Ok(([cast(one), cast(other)], Kind::Number { whole, scale }))
            }
            (kind, same) if kind == same => Ok(([one.sql.clone(), other.sql.clone()], kind)),
            _ => Err("its branches have different types".into()),
        }
    }
}

fn boolean(sql: String) -> Expression {
    Expression { sql, kind: Kind::Boolean }
}

fn not_numbers() -> Reason {
    "dates are computed with here".into()
}

/// The digits of a number before and after the point.
fn digits(number: Decimal) -> (u32, u32) {
    let number = number.normalize();
    let (scale, digits) = (number.scale(), number.mantissa().unsigned_abs().checked_ilog10().map_or(0, |it| it + 1));
    (digits.saturating_sub(scale), scale)
}
