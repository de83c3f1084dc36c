//! A formula as a function of one of its inputs: on stretches of the number line, a quotient of two polynomials with
//! rational coefficients.
//!
//! What depends on a sign, such as a comparison, `max` or a division, splits a stretch at the points at which it changes.
//! A step function such as `floor` is known by its bounds first, and is split where these leave it open.

use std::cell::RefCell;
use std::cmp::Ordering;
use std::collections::HashMap;

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, ToPrimitive, Zero};

use super::enclosure::Enclosure;
use super::polynomial::Polynomial;
use super::quotient::{MAX_DEGREE, Quotient, Rounding, RoundingKind};
use super::stretch::{Mark, Place, Split, Stretch};
use crate::budget::Budget;
use crate::builtin;
use crate::change::number::Exact;
use crate::diagnostic::Diagnostic;
use crate::program::{Node, NodeId, Operator, Program, apply};
use crate::value::{Cause, Cell, Decimal, Number, Value};

/// The maximum exponent of a power that is multiplied out.
const MAX_EXPONENT: i64 = MAX_DEGREE as i64;

/// The maximum number of digits to which a function such as `round` is split into steps.
const MAX_DIGITS: i64 = 28;

/// The maximum number of stretches into which a formula is split.
const MAX_STRETCHES: usize = 4_096;

/// A node as a function of the input, on a stretch.
#[derive(Debug, Clone)]
pub enum Form {
    /// Undefined on all of it.
    Undefined(Cause),
    /// A quotient of polynomials, which is defined on all of it.
    Quotient(Quotient),
    /// Numbers that change in steps.
    Between(Box<Enclosure>),
    /// A text, a date or a truth value, the same on all of it.
    Other(Value),
    /// A truth value that may change at these steps, and at others.
    Undecided(Vec<Mark>),
    /// Any other function.
    Unknown,
}

/// A stretch, and the formula on it. None if the formula does not take the wanted value there.
#[derive(Debug)]
pub struct Piece {
    pub stretch: Stretch,
    pub form: Option<Form>,
}

/// A number as a fraction.
pub fn ratio(number: Number) -> BigRational {
    BigRational::new(number.decimal.mantissa().into(), BigInt::from(10).pow(number.decimal.scale()))
}

/// A fraction as a decimal of at most 28 digits.
pub fn decimal(ratio: &BigRational) -> Number {
    Exact::fraction(ratio.numer().clone().into(), ratio.denom().clone().into()).decimal()
}

/// A formula with the values of the nodes that do not depend on the input.
pub struct Formula<'a> {
    program: &'a Program,
    /// True for the nodes that depend on the input.
    depends: &'a [bool],
    /// The value of a node that does not depend on it.
    cell: &'a dyn Fn(NodeId) -> Cell,
    /// The nodes that do not depend on it, as far as they were needed.
    fixed: RefCell<HashMap<NodeId, Form>>,
}

/// True for the nodes of a program that depend on the input in a slot.
pub fn dependent(program: &Program, free: u32) -> Vec<bool> {
    let mut depends: Vec<bool> = Vec::with_capacity(program.nodes().len());
    for node in program.nodes() {
        depends.push(match node {
            Node::Slot(slot) => *slot == free,
            node => node.operands().any(|operand| depends[operand.0 as usize]),
        });
    }
    depends
}

impl<'a> Formula<'a> {
    pub fn new(program: &'a Program, depends: &'a [bool], cell: &'a dyn Fn(NodeId) -> Cell) -> Self {
        Self { program, depends, cell, fixed: RefCell::default() }
    }

    fn depends(&self, id: NodeId) -> bool {
        self.depends[id.0 as usize]
    }

    /// The formula of a node on stretches in a row. None if it is not a quotient of polynomials on some of them, or if
    /// there are too many.
    ///
    /// # Errors
    /// The limit that was reached.
    pub fn pieces(
        &self,
        root: NodeId,
        line: Vec<Stretch>,
        wanted: &BigRational,
        budget: &Budget,
    ) -> Result<Option<Vec<Piece>>, Diagnostic> {
        let (mut open, mut pieces, largest) = (line, vec![], ratio(Number::exact(Decimal::MAX)));
        open.reverse();
        for _ in 0..MAX_STRETCHES {
            let Some(stretch) = open.pop() else { return Ok(Some(pieces)) };
            budget.check("solving for an input")?;
            let place = Place::new(stretch);
            match self.piece(root, &place, wanted) {
                Ok(Form::Unknown) => return Ok(None),
                Ok(Form::Between(_)) => pieces.push(Piece { stretch: place.stretch, form: None }),
                Ok(form) => pieces.push(Piece { stretch: place.stretch, form: Some(form) }),
                Err(split) if split.is_step && place.stretch.is_beyond(&largest) => {
                    pieces.push(Piece { stretch: place.stretch, form: None });
                }
                Err(split) => open.extend(place.stretch.split(split.marks).into_iter().rev()),
            }
        }
        Ok(None)
    }

    /// The formula on a stretch. It lies between bounds only if these exclude the wanted value.
    fn piece(&self, root: NodeId, place: &Place, wanted: &BigRational) -> Result<Form, Split> {
        let form = self.form(root, place)?;
        match &form {
            Form::Between(enclosure) => {
                let wanted = Enclosure::exact(&Quotient::constant(wanted.clone()));
                match enclosure.compared(Operator::Equal, &wanted, place)? {
                    Some(false) => Ok(form),
                    _ => Err(enclosure.split()),
                }
            }
            Form::Undecided(steps) => Err(Split { marks: steps.clone(), is_step: true }),
            _ => Ok(form),
        }
    }

    /// The node as a function of the input on a stretch.
    ///
    /// # Errors
    /// The points at which the stretch must be split.
    pub fn form(&self, root: NodeId, place: &Place) -> Result<Form, Split> {
        Known::new(self, place).form(root)
    }
}

/// The nodes that were computed on a stretch.
struct Known<'f> {
    formula: &'f Formula<'f>,
    forms: HashMap<NodeId, Form>,
    place: &'f Place,
}

impl<'f> Known<'f> {
    fn new(formula: &'f Formula<'f>, place: &'f Place) -> Self {
        Self { formula, forms: HashMap::new(), place }
    }

    /// The node as a function of the input.
    ///
    /// # Errors
    /// The points at which the stretch must be split.
    fn form(&mut self, root: NodeId) -> Result<Form, Split> {
        let mut open = vec![root];
        while let Some(&id) = open.last() {
            match self.missing(id) {
                Some(operand) => open.push(operand),
                None => {
                    let form = self.computed(id)?;
                    self.keep(id, form);
                    open.pop();
                }
            }
        }
        Ok(self.of(root))
    }

    fn get(&self, id: NodeId) -> Option<Form> {
        match self.formula.depends(id) {
            true => self.forms.get(&id).cloned(),
            false => self.formula.fixed.borrow().get(&id).cloned(),
        }
    }

    fn keep(&mut self, id: NodeId, form: Form) {
        match self.formula.depends(id) {
            true => self.forms.insert(id, form),
            false => self.formula.fixed.borrow_mut().insert(id, form),
        };
    }

    /// The form of an operand, which is known.
    fn of(&self, id: NodeId) -> Form {
        self.get(id).unwrap_or(Form::Unknown)
    }

    /// The first node that must be known before another one. Only the branches that an `if` may take are needed.
    fn missing(&self, id: NodeId) -> Option<NodeId> {
        let is_number = || matches!((self.formula.cell)(id), Ok(Value::Number(_)));
        if self.get(id).is_some() || !self.formula.depends(id) && !is_number() {
            return None;
        }
        let unknown = |id: NodeId| self.get(id).is_none().then_some(id);
        match *self.formula.program.node(id) {
            Node::If(condition, then, otherwise) => unknown(condition).or_else(|| match self.of(condition) {
                Form::Other(Value::Boolean(true)) => unknown(then),
                Form::Other(Value::Boolean(false)) => unknown(otherwise),
                Form::Undecided(_) => unknown(then).or_else(|| unknown(otherwise)),
                _ => None,
            }),
            Node::Coalesce(first, second) => unknown(first).or_else(|| match self.of(first) {
                Form::Undefined(_) => unknown(second),
                _ => None,
            }),
            ref node => node.operands().find_map(unknown),
        }
    }

    fn computed(&self, id: NodeId) -> Result<Form, Split> {
        if let Some(known) = self.get(id) {
            return Ok(known);
        }
        let node = self.formula.program.node(id);
        if self.formula.depends(id) {
            return self.operation(node);
        }
        // As a fraction where its operations are rational.
        match (self.formula.cell)(id) {
            Err(cause) => Ok(Form::Undefined(cause)),
            Ok(Value::Number(number)) if matches!(node, Node::Slot(_)) => Ok(constant(number)),
            Ok(Value::Number(number)) => Ok(match self.operation(node)? {
                exact @ Form::Quotient(_) => exact,
                _ => constant(number),
            }),
            Ok(other) => Ok(Form::Other(other)),
        }
    }

    /// An operation over functions of the input.
    fn operation(&self, node: &Node) -> Result<Form, Split> {
        Ok(match node {
            Node::Slot(_) => Form::Quotient(Quotient::of(Polynomial::unknown())),
            Node::Negate(operand) => match self.of(*operand) {
                Form::Quotient(operand) => Form::Quotient(operand.negated()),
                Form::Between(operand) => Form::Between(operand.negated().into()),
                other => return rest(&[other]),
            },
            Node::Not(operand) => match self.of(*operand) {
                Form::Other(Value::Boolean(value)) => Form::Other(Value::Boolean(!value)),
                undecided @ Form::Undecided(_) => undecided,
                other => return rest(&[other]),
            },
            Node::Binary(operator, lhs, rhs) => return self.binary(*operator, &self.of(*lhs), &self.of(*rhs)),
            Node::If(condition, then, otherwise) => match self.of(*condition) {
                Form::Other(Value::Boolean(true)) => self.of(*then),
                Form::Other(Value::Boolean(false)) => self.of(*otherwise),
                Form::Undecided(steps) => return self.either(steps, [self.of(*then), self.of(*otherwise)]),
                other => return rest(&[other]),
            },
            Node::Coalesce(first, second) => match self.of(*first) {
                Form::Undefined(cause) if !cause.is_meaningless() => self.of(*second),
                first => first,
            },
            Node::IsDefined(operand) => match self.of(*operand) {
                Form::Undefined(cause) if cause.is_meaningless() => Form::Undefined(cause),
                Form::Unknown => Form::Unknown,
                form => Form::Other(Value::Boolean(!matches!(form, Form::Undefined(_)))),
            },
            Node::OneCurrency(amount, count) => match self.of(*count) {
                Form::Quotient(count) if count.number().is_some_and(|count| count <= BigRational::one()) => {
                    self.of(*amount)
                }
                _ => Form::Unknown,
            },
            Node::Call(function, arguments) => {
                let arguments: Vec<Form> = arguments.iter().map(|id| self.of(*id)).collect();
                let function = builtin::get(*function);
                match self.function(function.name, &arguments)? {
                    Some(form) => form,
                    None => return called(function, &arguments),
                }
            }
            _ => Form::Unknown,
        })
    }

    fn binary(&self, operator: Operator, lhs: &Form, rhs: &Form) -> Result<Form, Split> {
        let (Form::Quotient(left), Form::Quotient(right)) = (lhs, rhs) else {
            return match (enclosure(lhs), enclosure(rhs)) {
                (Some(left), Some(right)) => self.enclosed(operator, [left, right]),
                _ => match (settled(lhs), settled(rhs)) {
                    (Some(lhs), Some(rhs)) => Ok(of_cell(apply(operator, lhs, rhs), true)),
                    _ => decided(operator, [lhs, rhs]),
                },
            };
        };
        let quotient = match operator {
            Operator::Add => left.plus(right),
            Operator::Subtract => left.minus(right),
            Operator::Multiply => left.times(right),
            Operator::Divide => match right.sign(self.place)? {
                Ordering::Equal => return Ok(Form::Undefined(Cause::DivisionByZero)),
                _ => left.per(right),
            },
            Operator::Power => return self.power(left, right),
            operator if operator.is_comparison() => {
                let holds = operator.holds(left.compared(right, self.place)?);
                return Ok(Form::Other(Value::Boolean(holds)));
            }
            _ => None,
        };
        Ok(quotient.map_or(Form::Unknown, Form::Quotient))
    }

    /// An operation over numbers that change in steps.
    fn enclosed(&self, operator: Operator, [left, right]: [Enclosure; 2]) -> Result<Form, Split> {
        let place = self.place;
        let joined = match operator {
            Operator::Add => left.plus(&right),
            Operator::Subtract => left.minus(&right),
            Operator::Multiply => left.times(&right, place)?,
            Operator::Divide if right.is_zero() => return Ok(Form::Undefined(Cause::DivisionByZero)),
            Operator::Divide => left.per(&right, place)?,
            Operator::Power => match right.quotient().and_then(whole) {
                Some(exponent @ 1..=MAX_EXPONENT) => {
                    let factors = vec![&left; exponent as usize - 1];
                    factors.into_iter().try_fold(Some(left.clone()), |product, factor| match product {
                        Some(product) => product.times(factor, place),
                        None => Ok(None),
                    })?
                }
                _ => None,
            },
            operator if operator.is_comparison() => {
                let answer = left.compared(operator, &right, place)?;
                return Ok(match answer {
                    Some(holds) => Form::Other(Value::Boolean(holds)),
                    None => Form::Undecided(left.steps_of(&right)),
                });
            }
            _ => None,
        };
        joined.map(between).ok_or_else(|| Split { marks: left.steps_of(&right), is_step: true })
    }

    /// One of two forms, as far as it is not decided which.
    fn either(&self, steps: Vec<Mark>, forms: [Form; 2]) -> Result<Form, Split> {
        let split = || Split { marks: steps.clone(), is_step: true };
        match &forms {
            [Form::Other(first), Form::Other(second)] if first == second => Ok(forms[0].clone()),
            [
                Form::Other(Value::Boolean(_)) | Form::Undecided(_),
                Form::Other(Value::Boolean(_)) | Form::Undecided(_),
            ] => Ok(Form::Undecided(steps)),
            [first, second] => match (enclosure(first), enclosure(second)) {
                (Some(first), Some(second)) => {
                    Ok(between(Enclosure { steps: steps.clone(), ..first.joined(&second, self.place)? }))
                }
                _ => Err(split()),
            },
        }
    }

    fn power(&self, base: &Quotient, exponent: &Quotient) -> Result<Form, Split> {
        let Some(whole) = whole(exponent).filter(|whole| whole.abs() <= MAX_EXPONENT) else {
            let settled = [base, exponent].map(|side| settled(&Form::Quotient(side.clone())));
            let [Some(base), Some(exponent)] = settled else { return Ok(Form::Unknown) };
            return Ok(of_cell(apply(Operator::Power, base, exponent), true));
        };
        let one = Quotient::constant(BigRational::one());
        if whole < 0 && base.sign(self.place)?.is_eq() {
            return Ok(Form::Undefined(Cause::DivisionByZero));
        }
        let factor = if whole < 0 { one.per(base) } else { Some(base.clone()) };
        let Some(factor) = factor else { return Ok(Form::Unknown) };
        let product = (0..whole.unsigned_abs()).try_fold(one, |product, _| product.times(&factor));
        Ok(product.map_or(Form::Unknown, Form::Quotient))
    }

    /// The value of a function that is made of quotients of polynomials. None for other functions and arguments.
    fn function(&self, name: &str, arguments: &[Form]) -> Result<Option<Form>, Split> {
        let numbers: Option<Vec<&Quotient>> = arguments.iter().map(quotient).collect();
        let Some(numbers) = numbers else {
            let all: Option<Vec<Enclosure>> = arguments.iter().map(enclosure).collect();
            return all.map_or(Ok(None), |all| self.stepped(name, &all));
        };
        let place = self.place;
        let form = match (name, &numbers[..]) {
            ("abs", [x]) => {
                if x.sign(place)?.is_lt() {
                    x.negated()
                } else {
                    (*x).clone()
                }
            }
            ("sign", [x]) => {
                let sign = BigRational::from(BigInt::from(x.sign(place)? as i8));
                Quotient::constant(sign).rounded_unless(x.is_exact)
            }
            ("min", _) => Quotient::outermost(&numbers, Ordering::Less, place)?,
            ("max", _) => Quotient::outermost(&numbers, Ordering::Greater, place)?,
            ("clamp", [x, low, high]) => {
                if low.compared(high, place)?.is_gt() {
                    return Ok(Some(Form::Undefined(Cause::Domain)));
                }
                let raised = Quotient::outermost(&[x, low], Ordering::Greater, place)?;
                Quotient::outermost(&[&raised, high], Ordering::Less, place)?
            }
            ("mod", _) => return self.modulo(&arguments[0], &arguments[1]).map(Some),
            (_, [x, ..]) => match rounding(name, numbers.get(1).copied()) {
                Some(rounding) => return self.rounded(x, &rounding).map(Some),
                None => return Ok(None),
            },
            _ => return Ok(None),
        };
        Ok(Some(Form::Quotient(form)))
    }

    /// The rounded quotient: a constant, or numbers that change in steps.
    fn rounded(&self, x: &Quotient, rounding: &Rounding) -> Result<Form, Split> {
        x.rounded(rounding, self.place).map(Form::Quotient).or_else(|split| {
            let steps = Enclosure { steps: split.marks.clone(), ..Enclosure::exact(x) };
            steps.rounded(rounding).map(between).ok_or(split)
        })
    }

    /// The value of a function of numbers that change in steps. None for other functions.
    fn stepped(&self, name: &str, all: &[Enclosure]) -> Result<Option<Form>, Split> {
        let (place, zero) = (self.place, Enclosure::exact(&Quotient::zero()));
        let enclosure = match (name, all) {
            ("abs", [x]) => x.size(place)?,
            ("sign", [x]) if x.compared(Operator::Greater, &zero, place)? == Some(true) => {
                Enclosure::exact(&Quotient::one())
            }
            ("sign", [x]) if x.compared(Operator::Less, &zero, place)? == Some(true) => {
                Enclosure::exact(&Quotient::one().negated())
            }
            ("min", _) => Enclosure::outermost(all, Ordering::Less, place)?,
            ("max", _) => Enclosure::outermost(all, Ordering::Greater, place)?,
            ("clamp", [x, low, high]) => match low.compared(Operator::Greater, high, place)? {
                Some(true) => return Ok(Some(Form::Undefined(Cause::Domain))),
                None => return Ok(None),
                Some(false) => {
                    let raised = Enclosure::outermost(&[x.clone(), low.clone()], Ordering::Greater, place)?;
                    Enclosure::outermost(&[raised, high.clone()], Ordering::Less, place)?
                }
            },
            ("mod", [x, divisor]) => return self.modulo(&between(x.clone()), &between(divisor.clone())).map(Some),
            (_, [x, ..]) => match rounding(name, all.get(1).and_then(Enclosure::quotient)) {
                Some(rounding) if all.len() == 1 || all[1].quotient().is_some() => match x.rounded(&rounding) {
                    Some(rounded) => rounded,
                    None => return Ok(None),
                },
                _ => return Ok(None),
            },
            _ => return Ok(None),
        };
        Ok(Some(between(enclosure)))
    }

    /// `x - divisor * floor(x / divisor)`
    fn modulo(&self, x: &Form, divisor: &Form) -> Result<Form, Split> {
        let floor = Rounding { unit: BigRational::one(), kind: RoundingKind::Floor };
        let turns = match self.binary(Operator::Divide, x, divisor)? {
            Form::Quotient(turns) => self.rounded(&turns, &floor)?,
            Form::Between(turns) => turns.rounded(&floor).map(between).ok_or_else(|| turns.split())?,
            other => return Ok(other),
        };
        self.binary(Operator::Subtract, x, &self.binary(Operator::Multiply, &turns, divisor)?)
    }
}

/// The whole number, if the quotient is one.
fn whole(quotient: &Quotient) -> Option<i64> {
    quotient.number().filter(BigRational::is_integer)?.to_integer().to_i64()
}

/// Numbers that change in steps, unless both bounds are the same.
fn between(enclosure: Enclosure) -> Form {
    match enclosure.quotient() {
        Some(quotient) => Form::Quotient(quotient.clone()),
        None => Form::Between(enclosure.into()),
    }
}

/// The bounds of a number.
fn enclosure(form: &Form) -> Option<Enclosure> {
    match form {
        Form::Quotient(quotient) => Some(Enclosure::exact(quotient)),
        Form::Between(enclosure) => Some((**enclosure).clone()),
        _ => None,
    }
}

fn quotient(form: &Form) -> Option<&Quotient> {
    match form {
        Form::Quotient(quotient) => Some(quotient),
        _ => None,
    }
}

fn constant(number: Number) -> Form {
    Form::Quotient(Quotient::constant(ratio(number)).rounded_unless(number.exact))
}

fn of_cell(cell: Cell, is_exact: bool) -> Form {
    match cell {
        Err(cause) => Form::Undefined(cause),
        Ok(Value::Number(number)) => constant(Number { exact: number.exact && is_exact, ..number }),
        Ok(other) => Form::Other(other),
    }
}

/// The value of a form that does not depend on the input. None if it does.
fn settled(form: &Form) -> Option<Cell> {
    match form {
        Form::Undefined(cause) => Some(Err(*cause)),
        Form::Other(value) => Some(Ok(value.clone())),
        Form::Quotient(quotient) => {
            let number = decimal(&quotient.number()?);
            Some(Ok(Value::Number(Number { exact: number.exact && quotient.is_exact, ..number })))
        }
        Form::Between(_) | Form::Undecided(_) | Form::Unknown => None,
    }
}

/// The value of a function whose arguments do not depend on the input.
fn called(function: &builtin::Builtin, arguments: &[Form]) -> Result<Form, Split> {
    let cells: Option<Vec<Cell>> = arguments.iter().map(settled).collect();
    let values = cells.map(|cells| cells.into_iter().collect::<Result<Vec<Value>, Cause>>());
    match values {
        Some(values) => Ok(of_cell(values.and_then(|values| function.call(&values)), true)),
        None => rest(arguments),
    }
}

/// The value of an operator of which not all operands are known: `and` and `or` need only one that decides.
fn decided(operator: Operator, operands: [&Form; 2]) -> Result<Form, Split> {
    let deciding = match operator {
        Operator::And => false,
        Operator::Or => true,
        _ => return rest(&operands.map(Clone::clone)),
    };
    let decides = |form: &&Form| matches!(form, Form::Other(Value::Boolean(value)) if *value == deciding);
    let is_truth = |form: &Form| matches!(form, Form::Other(_) | Form::Undecided(_));
    match operands {
        _ if operands.iter().any(decides) => Ok(Form::Other(Value::Boolean(deciding))),
        [Form::Undecided(steps), other] | [other, Form::Undecided(steps)] => match is_truth(other) {
            true => Ok(Form::Undecided(steps.clone())),
            false => Err(Split { marks: steps.clone(), is_step: true }),
        },
        _ => Ok(Form::Unknown),
    }
}

/// The value of an operation that is not known otherwise: the cause of the first operand that is undefined.
///
/// # Errors
/// The steps of the first operand that has some: between them, the operation may be known.
fn rest(operands: &[Form]) -> Result<Form, Split> {
    let cause = operands.iter().find_map(|form| match form {
        Form::Undefined(cause) => Some(*cause),
        _ => None,
    });
    match (cause, steps(operands)) {
        (Some(cause), _) => Ok(Form::Undefined(cause)),
        (None, Some(split)) => Err(split),
        (None, None) => Ok(Form::Unknown),
    }
}

/// The steps of the first form that has some.
fn steps(forms: &[Form]) -> Option<Split> {
    forms.iter().find_map(|form| match form {
        Form::Between(enclosure) => Some(enclosure.split()),
        Form::Undecided(steps) => Some(Split { marks: steps.clone(), is_step: true }),
        _ => None,
    })
}

/// How a function rounds. None if it does not, or not to a fixed number of digits.
fn rounding(name: &str, digits: Option<&Quotient>) -> Option<Rounding> {
    let kind = match name {
        "floor" => RoundingKind::Floor,
        "ceil" => RoundingKind::Ceil,
        "round" => RoundingKind::HalfAway,
        "round_even" => RoundingKind::HalfEven,
        _ => return None,
    };
    let digits = digits.map_or_else(|| Some(BigRational::zero()), Quotient::number)?;
    let digits = digits.is_integer().then(|| digits.to_integer().to_i64()).flatten()?;
    let power = BigRational::from(BigInt::from(10).pow(u32::try_from(digits.abs().min(MAX_DIGITS)).ok()?));
    let unit = if digits < 0 { power } else { power.recip() };
    (digits.abs() <= MAX_DIGITS).then_some(Rounding { unit, kind })
}
