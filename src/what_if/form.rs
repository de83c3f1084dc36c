//! A formula as a function of one of its inputs: a quotient of two polynomials with rational coefficients, wherever its
//! operations are `+ - * /` and powers.

use std::cmp::Ordering;

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Signed, ToPrimitive, Zero};

use super::polynomial::Polynomial;
use crate::program::{Node, NodeId, Operator, Program};
use crate::value::{Cause, Cell, Number, Value};

/// The maximum degree of the polynomials.
pub const MAX_DEGREE: usize = 12;

/// The maximum length of their coefficients, in bits.
const MAX_BITS: u64 = 8_192;

/// The maximum exponent of a power that is multiplied out.
const MAX_EXPONENT: i64 = MAX_DEGREE as i64;

/// The digits in which two numbers agree that count as equal.
const EQUAL_DIGITS: u32 = 32;

/// A node as a function of the input.
#[derive(Debug, Clone)]
pub enum Form {
    /// Undefined, whatever the input is.
    Undefined(Cause),
    /// A quotient of polynomials.
    Quotient(Quotient),
    /// A text, a date or a truth value that does not depend on the input.
    Other(Value),
    /// Any other function.
    Unknown,
}

/// A quotient of polynomials. It is undefined where its denominator is 0, and perhaps in other points.
#[derive(Debug, Clone)]
pub struct Quotient {
    /// The polynomial above.
    pub numerator: Polynomial,
    /// The polynomial below, which is not 0.
    pub denominator: Polynomial,
    /// True if none of the numbers in it was rounded.
    pub is_exact: bool,
    /// True if it is defined whatever the input is.
    is_total: bool,
}

impl Quotient {
    fn constant(number: Number) -> Self {
        Self { is_exact: number.exact, ..Self::of(Polynomial::constant(ratio(number))) }
    }

    fn of(numerator: Polynomial) -> Self {
        let denominator = Polynomial::constant(BigRational::one());
        Self { numerator, denominator, is_exact: true, is_total: true }
    }

    /// A quotient of the parts of two others.
    fn joined(&self, other: &Self, numerator: Polynomial, denominator: Polynomial) -> Form {
        let quotient = Self {
            numerator,
            denominator,
            is_exact: self.is_exact && other.is_exact,
            is_total: self.is_total && other.is_total,
        };
        quotient.limited()
    }

    /// The quotient with a denominator of 1 if that is a constant. Unknown if it is too large.
    fn limited(mut self) -> Form {
        if self.denominator.degree() == 0 {
            self.numerator = self.numerator.scaled(&self.denominator.leading().recip());
            self.denominator = Polynomial::constant(BigRational::one());
        }
        let parts = [&self.numerator, &self.denominator];
        let fits = parts.iter().all(|part| part.degree() <= MAX_DEGREE && part.bits() <= MAX_BITS);
        if fits { Form::Quotient(self) } else { Form::Unknown }
    }

    fn plus(&self, other: &Self) -> Form {
        let (left, right) = (self.numerator.times(&other.denominator), other.numerator.times(&self.denominator));
        self.joined(other, left.plus(&right), self.denominator.times(&other.denominator))
    }

    fn times(&self, other: &Self) -> Form {
        self.joined(other, self.numerator.times(&other.numerator), self.denominator.times(&other.denominator))
    }

    fn per(&self, other: &Self) -> Form {
        if other.numerator.is_zero() {
            return Form::Undefined(Cause::DivisionByZero);
        }
        let (numerator, denominator) =
            (self.numerator.times(&other.denominator), self.denominator.times(&other.numerator));
        let is_total = self.is_total && other.numerator.degree() == 0;
        Self { is_total, ..self.clone() }.joined(other, numerator, denominator)
    }

    fn negated(&self) -> Self {
        Self { numerator: self.numerator.scaled(&-BigRational::one()), ..self.clone() }
    }

    /// The number, if it does not depend on the input.
    fn number(&self) -> Option<BigRational> {
        let is_constant = self.numerator.degree() == 0 && self.denominator.degree() == 0;
        is_constant.then(|| self.numerator.leading())
    }
}

/// A number as a fraction.
pub fn ratio(number: Number) -> BigRational {
    BigRational::new(number.decimal.mantissa().into(), BigInt::from(10).pow(number.decimal.scale()))
}

/// A formula with the values of the nodes that do not depend on the input.
pub struct Formula<'a> {
    pub program: &'a Program,
    /// The slot of the input.
    pub free: u32,
    /// The value of a node that does not depend on it.
    pub cell: &'a dyn Fn(NodeId) -> Cell,
}

impl Formula<'_> {
    /// The node as a function of the input.
    pub fn form(&self, root: NodeId) -> Form {
        let needed = self.below(root);
        let mut depends = vec![false; needed.len()];
        let mut forms: Vec<Form> = vec![Form::Unknown; needed.len()];
        for at in (0..needed.len()).filter(|at| needed[*at]) {
            let node = &self.program.nodes()[at];
            depends[at] = match node {
                Node::Slot(slot) => *slot == self.free,
                node => node.operands().any(|operand| depends[operand.0 as usize]),
            };
            let is_free = matches!(node, Node::Slot(slot) if *slot == self.free);
            forms[at] = match (is_free, depends[at]) {
                (true, _) => Form::Quotient(Quotient::of(Polynomial::unknown())),
                (false, true) => operation(node, &forms),
                (false, false) => self.fixed(NodeId(at as u32), node, &forms),
            };
        }
        forms.pop().unwrap_or(Form::Unknown)
    }

    /// True for the node and those that it is computed from.
    fn below(&self, root: NodeId) -> Vec<bool> {
        let mut needed = vec![false; root.0 as usize + 1];
        needed[root.0 as usize] = true;
        for at in (0..needed.len()).rev().filter(|at| *at <= root.0 as usize) {
            if needed[at] {
                self.program.nodes()[at].operands().for_each(|operand| needed[operand.0 as usize] = true);
            }
        }
        needed
    }

    /// The value of a node that does not depend on the input, as a fraction where its operations are rational.
    fn fixed(&self, id: NodeId, node: &Node, forms: &[Form]) -> Form {
        match (self.cell)(id) {
            Err(cause) => Form::Undefined(cause),
            Ok(Value::Number(number)) => match operation(node, forms) {
                exact @ Form::Quotient(_) => exact,
                _ => Form::Quotient(Quotient::constant(number)),
            },
            Ok(other) => Form::Other(other),
        }
    }
}

impl Formula<'_> {
    /// Tells whether a condition holds at a point, if it compares quotients of polynomials. None for other conditions.
    pub fn holds(&self, condition: NodeId, point: &BigRational) -> Option<bool> {
        match *self.program.node(condition) {
            Node::Constant(Value::Boolean(value)) => Some(value),
            Node::Not(operand) => Some(!self.holds(operand, point)?),
            Node::Binary(Operator::And, lhs, rhs) => Some(self.holds(lhs, point)? && self.holds(rhs, point)?),
            Node::Binary(Operator::Or, lhs, rhs) => Some(self.holds(lhs, point)? || self.holds(rhs, point)?),
            Node::Binary(operator, lhs, rhs) => {
                let values = [lhs, rhs].map(|side| match self.form(side) {
                    Form::Quotient(quotient) if !quotient.has_pole(point) => Some(quotient.at(point)),
                    _ => None,
                });
                let [Some(lhs), Some(rhs)] = values else { return None };
                compared(operator, ordering(&lhs, &rhs))
            }
            _ => None,
        }
    }
}

/// The order of two numbers. Numbers that agree in more digits than decimals have are equal.
fn ordering(lhs: &BigRational, rhs: &BigRational) -> Ordering {
    let distance = (lhs - rhs).abs() * BigRational::from(BigInt::from(10).pow(EQUAL_DIGITS));
    match distance < lhs.abs().max(rhs.abs()) {
        true => Ordering::Equal,
        false => lhs.cmp(rhs),
    }
}

fn compared(operator: Operator, order: Ordering) -> Option<bool> {
    Some(match operator {
        Operator::Equal => order.is_eq(),
        Operator::NotEqual => order.is_ne(),
        Operator::Less => order.is_lt(),
        Operator::LessOrEqual => order.is_le(),
        Operator::Greater => order.is_gt(),
        Operator::GreaterOrEqual => order.is_ge(),
        _ => return None,
    })
}

/// An operation over functions of the input.
fn operation(node: &Node, forms: &[Form]) -> Form {
    let form = |id: &NodeId| &forms[id.0 as usize];
    match node {
        Node::Negate(operand) => match form(operand) {
            Form::Quotient(operand) => Form::Quotient(operand.negated()),
            other => undefined(&[other]),
        },
        Node::Binary(operator, lhs, rhs) => binary(*operator, form(lhs), form(rhs)),
        Node::If(condition, then, otherwise) => match form(condition) {
            Form::Other(Value::Boolean(true)) => form(then).clone(),
            Form::Other(Value::Boolean(false)) => form(otherwise).clone(),
            other => undefined(&[other]),
        },
        Node::Coalesce(first, second) => match form(first) {
            Form::Undefined(_) => form(second).clone(),
            Form::Quotient(quotient) if quotient.is_total => form(first).clone(),
            Form::Other(_) => form(first).clone(),
            _ => Form::Unknown,
        },
        Node::OneCurrency(amount, count) => match form(count) {
            Form::Quotient(count) if count.number().is_some_and(|count| count <= BigRational::one()) => {
                form(amount).clone()
            }
            _ => Form::Unknown,
        },
        _ => Form::Unknown,
    }
}

/// The cause of the first operand that is always undefined.
fn undefined(operands: &[&Form]) -> Form {
    let first = operands.iter().find(|form| matches!(form, Form::Undefined(_) | Form::Unknown));
    match first {
        Some(Form::Undefined(cause)) => Form::Undefined(*cause),
        _ => Form::Unknown,
    }
}

fn binary(operator: Operator, lhs: &Form, rhs: &Form) -> Form {
    let (Form::Quotient(left), Form::Quotient(right)) = (lhs, rhs) else {
        let is_strict = !matches!(operator, Operator::And | Operator::Or);
        return if is_strict { undefined(&[lhs, rhs]) } else { Form::Unknown };
    };
    match operator {
        Operator::Add => left.plus(right),
        Operator::Subtract => left.plus(&right.negated()),
        Operator::Multiply => left.times(right),
        Operator::Divide => left.per(right),
        Operator::Power => power(left, right),
        _ => Form::Unknown,
    }
}

fn power(base: &Quotient, exponent: &Quotient) -> Form {
    let whole = exponent.number().filter(BigRational::is_integer).and_then(|it| it.to_integer().to_i64());
    let Some(whole) = whole.filter(|whole| *whole != 0 && whole.abs() <= MAX_EXPONENT) else { return Form::Unknown };
    let one = Quotient::of(Polynomial::constant(BigRational::one()));
    let factor = match whole < 0 {
        true => one.per(base),
        false => Form::Quotient(base.clone()),
    };
    let times = |product: Form, _| match (&product, &factor) {
        (Form::Quotient(product), Form::Quotient(factor)) => product.times(factor),
        (_, Form::Undefined(cause)) => Form::Undefined(*cause),
        _ => Form::Unknown,
    };
    (0..whole.unsigned_abs()).fold(Form::Quotient(one), times)
}

impl Quotient {
    /// The polynomial that is 0 where the quotient has a value, or where both of its parts are 0.
    pub fn minus(&self, wanted: &BigRational) -> Polynomial {
        self.numerator.minus(&self.denominator.scaled(wanted))
    }

    /// The value at a point where the denominator is not 0.
    pub fn at(&self, point: &BigRational) -> BigRational {
        self.numerator.at(point) / self.denominator.at(point)
    }

    /// True if the quotient is undefined at a point because its denominator is 0.
    pub fn has_pole(&self, point: &BigRational) -> bool {
        self.denominator.at(point).is_zero()
    }
}
