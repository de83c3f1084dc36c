//! A formula as a function of one of its inputs: on stretches of the number line, a quotient of two polynomials with
//! rational coefficients.
//!
//! What depends on a sign, such as a comparison, `max` or a division, splits a stretch at the points at which it changes.

use std::cell::RefCell;
use std::cmp::Ordering;
use std::collections::HashMap;

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, ToPrimitive, Zero};

use super::interval::Interval;
use super::polynomial::Polynomial;
use super::quotient::{MAX_DEGREE, Quotient, Rounding, RoundingKind};
use super::stretch::{Place, Split, Stretch};
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
const MAX_STRETCHES: usize = 1_024;

/// A node as a function of the input, on a stretch.
#[derive(Debug, Clone)]
pub enum Form {
    /// Undefined on all of it.
    Undefined(Cause),
    /// A quotient of polynomials, which is defined on all of it.
    Quotient(Quotient),
    /// A text, a date or a truth value, the same on all of it.
    Other(Value),
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
            let mut known = Known::new(self, &place);
            let form = known.form(root);
            let is_hard = matches!(form, Ok(Form::Unknown) | Err(Split { is_step: true, .. }));
            if is_hard && (place.stretch.is_beyond(&largest) || !known.interval(root).has(wanted)) {
                pieces.push(Piece { stretch: place.stretch, form: None });
                continue;
            }
            match form {
                Ok(Form::Unknown) => return Ok(None),
                Ok(form) => pieces.push(Piece { stretch: place.stretch, form: Some(form) }),
                Err(split) => open.extend(place.stretch.split(split.marks).into_iter().rev()),
            }
        }
        Ok(None)
    }

    /// The node as a function of the input on a stretch.
    ///
    /// # Errors
    /// The points at which the stretch must be split.
    pub fn form(&self, root: NodeId, place: &Place) -> Result<Form, Split> {
        Known::new(self, place).form(root)
    }

    /// The node and those that it is computed from, if they depend on the input, operands first.
    fn below(&self, root: NodeId) -> Vec<NodeId> {
        let mut needed = vec![false; root.0 as usize + 1];
        needed[root.0 as usize] = true;
        for at in (0..needed.len()).rev() {
            if needed[at] {
                let operands = self.program.nodes()[at].operands().filter(|operand| self.depends(*operand));
                operands.for_each(|operand| needed[operand.0 as usize] = true);
            }
        }
        (0..needed.len()).filter(|at| needed[*at]).map(|at| NodeId(at as u32)).collect()
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

    /// The node as a function of the input. It is unknown from now on if the stretch must be split for it.
    ///
    /// # Errors
    /// The points at which the stretch must be split.
    fn form(&mut self, root: NodeId) -> Result<Form, Split> {
        let mut open = vec![root];
        while let Some(&id) = open.last() {
            if let Some(operand) = self.missing(id) {
                open.push(operand);
                continue;
            }
            let form = self.computed(id);
            self.keep(id, form.clone().unwrap_or(Form::Unknown));
            form?;
            open.pop();
        }
        Ok(self.of(root))
    }

    /// Bounds on the values of a node on the stretch.
    fn interval(&mut self, root: NodeId) -> Interval {
        let mut intervals: HashMap<NodeId, Interval> = HashMap::new();
        for id in self.formula.below(root) {
            let form = self.form(id).unwrap_or(Form::Unknown);
            let range = quotient(&form).and_then(|quotient| Interval::of_quotient(quotient, self.place));
            let interval = range.unwrap_or_else(|| self.bounds(id, &intervals));
            intervals.insert(id, interval);
        }
        intervals.remove(&root).unwrap_or_else(Interval::all)
    }

    /// Bounds on the values of a node, from those of its operands.
    fn bounds(&self, id: NodeId, intervals: &HashMap<NodeId, Interval>) -> Interval {
        let of = |id: &NodeId| match (intervals.get(id), self.formula.depends(*id)) {
            (Some(interval), _) => interval.clone(),
            (None, true) => Interval::all(),
            (None, false) => match self.formula.form(*id, self.place) {
                Ok(Form::Quotient(quotient)) => quotient.number().map_or_else(Interval::all, Interval::at),
                _ => Interval::all(),
            },
        };
        match self.formula.program.node(id) {
            Node::Slot(_) => Interval::of(&self.place.stretch),
            Node::If(condition, then, otherwise) => match self.of(*condition) {
                Form::Other(Value::Boolean(holds)) => of(if holds { then } else { otherwise }),
                _ => of(then).joined(&of(otherwise)),
            },
            node => bounds(node, &of),
        }
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

    /// The first node that must be known before another one. Only the branch that an `if` takes is needed.
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
                other => undefined_or_unknown(&[other]),
            },
            Node::Not(operand) => match self.of(*operand) {
                Form::Other(Value::Boolean(value)) => Form::Other(Value::Boolean(!value)),
                other => undefined_or_unknown(&[other]),
            },
            Node::Binary(operator, lhs, rhs) => return self.binary(*operator, &self.of(*lhs), &self.of(*rhs)),
            Node::If(condition, then, otherwise) => match self.of(*condition) {
                Form::Other(Value::Boolean(true)) => self.of(*then),
                Form::Other(Value::Boolean(false)) => self.of(*otherwise),
                other => undefined_or_unknown(&[other]),
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
                    None => called(function, &arguments),
                }
            }
            _ => Form::Unknown,
        })
    }

    fn binary(&self, operator: Operator, lhs: &Form, rhs: &Form) -> Result<Form, Split> {
        let (Form::Quotient(left), Form::Quotient(right)) = (lhs, rhs) else {
            return Ok(match (settled(lhs), settled(rhs)) {
                (Some(lhs), Some(rhs)) => of_cell(apply(operator, lhs, rhs), true),
                _ => decided(operator, [lhs, rhs]),
            });
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

    fn power(&self, base: &Quotient, exponent: &Quotient) -> Result<Form, Split> {
        let whole = exponent.number().filter(BigRational::is_integer).and_then(|it| it.to_integer().to_i64());
        let Some(whole) = whole.filter(|whole| whole.abs() <= MAX_EXPONENT) else {
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
        let Some(numbers) = numbers else { return Ok(None) };
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
            ("min", _) => outermost(&numbers, Ordering::Less, place)?,
            ("max", _) => outermost(&numbers, Ordering::Greater, place)?,
            ("clamp", [x, low, high]) => {
                if low.compared(high, place)?.is_gt() {
                    return Ok(Some(Form::Undefined(Cause::Domain)));
                }
                let raised = outermost(&[x, low], Ordering::Greater, place)?;
                outermost(&[&raised, high], Ordering::Less, place)?
            }
            ("mod", [x, divisor]) => return self.modulo(x, divisor).map(Some),
            (_, [x, ..]) => match rounding(name, numbers.get(1).copied()) {
                Some(rounding) => x.rounded(&rounding, place)?,
                None => return Ok(None),
            },
            _ => return Ok(None),
        };
        Ok(Some(Form::Quotient(form)))
    }

    /// `x - divisor * floor(x / divisor)`
    fn modulo(&self, x: &Quotient, divisor: &Quotient) -> Result<Form, Split> {
        if divisor.sign(self.place)?.is_eq() {
            return Ok(Form::Undefined(Cause::DivisionByZero));
        }
        let floor = Rounding { unit: BigRational::one(), kind: RoundingKind::Floor };
        let Some(turns) = x.per(divisor) else { return Ok(Form::Unknown) };
        let turns = turns.rounded(&floor, self.place)?;
        let rest = turns.times(divisor).and_then(|turned| x.minus(&turned));
        Ok(rest.map_or(Form::Unknown, Form::Quotient))
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
        Form::Unknown => None,
    }
}

/// The value of a function whose arguments do not depend on the input.
fn called(function: &builtin::Builtin, arguments: &[Form]) -> Form {
    let cells: Option<Vec<Cell>> = arguments.iter().map(settled).collect();
    let values = cells.map(|cells| cells.into_iter().collect::<Result<Vec<Value>, Cause>>());
    match values {
        Some(values) => of_cell(values.and_then(|values| function.call(&values)), true),
        None => undefined_or_unknown(arguments),
    }
}

/// The value of an operator of which not all operands are known: `and` and `or` need only one that decides.
fn decided(operator: Operator, operands: [&Form; 2]) -> Form {
    let deciding = match operator {
        Operator::And => false,
        Operator::Or => true,
        _ => return undefined_or_unknown(&operands.map(Clone::clone)),
    };
    let decides = |form: &&Form| matches!(form, Form::Other(Value::Boolean(value)) if *value == deciding);
    if operands.iter().any(decides) { Form::Other(Value::Boolean(deciding)) } else { Form::Unknown }
}

/// The cause of the first operand that is undefined.
fn undefined_or_unknown(operands: &[Form]) -> Form {
    let cause = operands.iter().find_map(|form| match form {
        Form::Undefined(cause) => Some(*cause),
        _ => None,
    });
    cause.map_or(Form::Unknown, Form::Undefined)
}

fn outermost(numbers: &[&Quotient], expected: Ordering, place: &Place) -> Result<Quotient, Split> {
    let is_exact = numbers.iter().all(|number| number.is_exact);
    let mut best = numbers[0];
    for number in &numbers[1..] {
        if number.compared(best, place)? == expected {
            best = number;
        }
    }
    Ok(best.clone().rounded_unless(is_exact))
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

/// Bounds on the values of an operation, from those of its operands.
fn bounds(node: &Node, of: &dyn Fn(&NodeId) -> Interval) -> Interval {
    match node {
        Node::Negate(operand) => of(operand).negated(),
        Node::Binary(Operator::Add, lhs, rhs) => of(lhs).plus(&of(rhs)),
        Node::Binary(Operator::Subtract, lhs, rhs) => of(lhs).plus(&of(rhs).negated()),
        Node::Binary(Operator::Multiply, lhs, rhs) => of(lhs).times(&of(rhs)),
        Node::Binary(Operator::Divide, lhs, rhs) => of(lhs).per(&of(rhs)),
        Node::Coalesce(a, b) => of(a).joined(&of(b)),
        Node::OneCurrency(amount, _) => of(amount),
        Node::Call(function, arguments) => {
            let name = builtin::get(*function).name;
            let arguments: Vec<Interval> = arguments.iter().map(of).collect();
            match (name, &arguments[..]) {
                ("abs", [x]) => x.size(),
                ("min", [first, rest @ ..]) => rest.iter().fold(first.clone(), |least, next| least.least(next)),
                ("max", [first, rest @ ..]) => rest.iter().fold(first.clone(), |most, next| most.most(next)),
                ("clamp", [x, low, high]) => x.most(low).least(high),
                ("mod", [_, divisor]) => divisor.joined(&Interval::at(BigRational::zero())),
                (_, [x]) => rounding(name, None).map_or_else(Interval::all, |rounding| x.rounded(&rounding)),
                (_, [x, digits]) => {
                    let digits = digits.number().map(Quotient::constant);
                    let rounding = digits.and_then(|digits| rounding(name, Some(&digits)));
                    rounding.map_or_else(Interval::all, |rounding| x.rounded(&rounding))
                }
                _ => Interval::all(),
            }
        }
        _ => Interval::all(),
    }
}
