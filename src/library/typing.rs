//! Rules of types: what each operator, built-in and aggregate gives of which operands, and what a written unit means.
//!
//! The checker applies them to report what does not fit, the planner to insert conversions. Neither places nor names of
//! definitions matter here: a rule that refuses says why, as a [`Mismatch`].

use super::units::UnitNames;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::syntax::ast::{BinaryOp, Expr, ExprKind, NumberLiteral, UnaryOp};
use crate::value::Decimal;
use crate::value::unit::{Base, CalendarDuration, ExactDuration, Factor, Spelling, Type, Unit};

/// What an operator with two operands gives: each operand is converted by its factor first, the result afterwards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fit {
    /// The type of the result.
    pub ty: Type,
    /// What the left operand is multiplied by.
    pub lhs: Factor,
    /// What the right operand is multiplied by.
    pub rhs: Factor,
    /// What the result is multiplied by.
    pub result: Factor,
}

/// What a function or a choice among several values gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Common {
    /// The type of the result.
    pub ty: Type,
    /// What each operand is multiplied by, in their order.
    pub factors: Vec<Factor>,
}

/// Why a rule refuses its operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mismatch {
    /// Two numbers of different dimensions: `1 EUR + 1 day`. The positions of the two operands.
    Units(usize, usize),
    /// Two values of different kinds: `1 = "a"`. The positions of the two operands.
    Types(usize, usize),
    /// The operand at that position is not what is needed there: `not 3`, `exp(2 days)`, `2026-01-31 + 3`.
    Operand(usize, Wanted),
    /// A date moved by months, whose length depends on the date: `2026-01-31 + 1 month`.
    CalendarMove,
    /// A number with a unit to a power that is no whole literal: `x ^ 0.5`.
    Exponent,
    /// The root of a unit that is no square: `sqrt(2 EUR)`.
    Root,
    /// A unit beyond [`MAX_EXPONENT`](crate::value::unit::MAX_EXPONENT) or [`MAX_BASES`](crate::value::unit::MAX_BASES).
    TooLarge,
}

/// What an operand ought to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Wanted {
    /// A number of any unit.
    Number,
    /// A number without a unit.
    PlainNumber,
    /// A number of days, hours and the like.
    ExactDuration,
    /// A truth value.
    Boolean,
    /// A text.
    Text,
    /// A date.
    Date,
    /// Something that has an order: a number, a text or a date.
    Ordered,
}

/// How a function types its result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rule {
    /// The first argument's type; the others are plain numbers.
    Keep,
    /// All arguments have one type, which is the result's.
    Agree,
    /// A plain number of a number.
    Sign,
    /// A plain number of a plain number.
    Plain,
    /// The root of the argument's unit.
    Root,
    /// A text of a text.
    Text,
    /// Whether a text has a property that other texts describe.
    TextTest,
    /// A number of a date.
    DatePart,
    /// Whether there is a value.
    IsDefined,
}

/// The built-in functions with their rule, and the least and the largest number of arguments.
const FUNCTIONS: &[(&str, Rule, usize, usize)] = &[
    ("abs", Rule::Keep, 1, 1),
    ("round", Rule::Keep, 1, 2),
    ("round_even", Rule::Keep, 1, 2),
    ("floor", Rule::Keep, 1, 1),
    ("ceil", Rule::Keep, 1, 1),
    ("min", Rule::Agree, 2, usize::MAX),
    ("max", Rule::Agree, 2, usize::MAX),
    ("clamp", Rule::Agree, 3, 3),
    ("mod", Rule::Agree, 2, 2),
    ("coalesce", Rule::Agree, 1, usize::MAX),
    ("sign", Rule::Sign, 1, 1),
    ("exp", Rule::Plain, 1, 1),
    ("ln", Rule::Plain, 1, 1),
    ("log10", Rule::Plain, 1, 1),
    ("sqrt", Rule::Root, 1, 1),
    ("lower", Rule::Text, 1, 1),
    ("upper", Rule::Text, 1, 1),
    ("contains", Rule::TextTest, 2, 2),
    ("starts_with", Rule::TextTest, 2, 2),
    ("ends_with", Rule::TextTest, 2, 2),
    ("year", Rule::DatePart, 1, 1),
    ("month", Rule::DatePart, 1, 1),
    ("day", Rule::DatePart, 1, 1),
    ("weekday", Rule::DatePart, 1, 1),
    ("is_defined", Rule::IsDefined, 1, 1),
];

/// The aggregates with the least and the largest number of arguments.
const AGGREGATES: &[(&str, usize, usize)] = &[
    ("sum", 1, 1),
    ("count", 1, 1),
    ("avg", 1, 1),
    ("min", 1, 1),
    ("max", 1, 1),
    ("median", 1, 1),
    ("quantile", 2, 2),
    ("first", 1, 1),
    ("last", 1, 1),
    ("only", 1, 1),
];

/// Whether a call of that name with so many arguments aggregates rows: `min(x)` does, `min(x, y)` compares.
pub fn is_aggregate(function: &str, arguments: usize) -> bool {
    match function {
        "min" | "max" => arguments < 2,
        _ => AGGREGATES.iter().any(|&(name, ..)| name == function),
    }
}

/// The least and the largest number of arguments of an aggregate or a built-in; None where it is neither.
pub fn arity(function: &str) -> Option<(usize, usize)> {
    let built_in = FUNCTIONS.iter().find(|&&(name, ..)| name == function).map(|&(_, _, least, most)| (least, most));
    let aggregate = AGGREGATES.iter().find(|&&(name, ..)| name == function).map(|&(_, least, most)| (least, most));
    match (aggregate, built_in) {
        (Some((least, _)), Some((_, most))) => Some((least, most)),
        (aggregate, built_in) => aggregate.or(built_in),
    }
}

/// What an operator with two operands gives. A power of a number with a unit needs [`power`].
///
/// # Errors
/// Why the two do not fit; position 0 is the left operand.
pub fn binary(op: BinaryOp, lhs: &Type, rhs: &Type) -> Result<Fit, Mismatch> {
    use BinaryOp as Op;
    match op {
        Op::Add | Op::Subtract => sum(op, lhs, rhs),
        Op::Multiply => product(lhs, rhs, Unit::times),
        Op::Divide => product(lhs, rhs, Unit::per),
        Op::Power => power(lhs, rhs, None).map(Fit::plain),
        Op::Coalesce => join(lhs, rhs),
        Op::And | Op::Or => truth(lhs, rhs),
        Op::Equal | Op::NotEqual => Ok(Fit { ty: Type::Boolean, ..join(lhs, rhs)? }),
        Op::Less | Op::LessOrEqual | Op::Greater | Op::GreaterOrEqual => compare(lhs, rhs),
    }
}

/// What a number as written is: its value (`20%` is 0.2) and its type.
///
/// # Errors
/// A unit that does not exist, or a number with more digits than the engine holds; `span` is the literal's.
pub fn literal(literal: &NumberLiteral, units: &UnitNames, span: Span) -> Result<(Decimal, Type), Diagnostic> {
    let decimal = Decimal::from_str_exact(&literal.digits).ok();
    let scaled = match (decimal, literal.percent) {
        (Some(decimal), true) => decimal.checked_mul(Decimal::new(1, 2)),
        (decimal, _) => decimal,
    };
    let decimal = scaled.ok_or_else(|| too_many_digits(span))?;
    Ok((decimal, units.number(literal)?))
}

fn too_many_digits(span: Span) -> Diagnostic {
    Diagnostic::error(Code::BadLiteral, "a number has at most 28 digits").at(span)
}

/// What an operator with one operand gives.
///
/// # Errors
/// The operand is not of the kind it takes.
pub fn unary(op: UnaryOp, operand: &Type) -> Result<Type, Mismatch> {
    match op {
        UnaryOp::Negate => negate(operand),
        UnaryOp::Not => not(operand),
    }
}

/// What `-x` gives.
///
/// # Errors
/// The operand is no number.
pub fn negate(operand: &Type) -> Result<Type, Mismatch> {
    number(operand, 0).map(|()| operand.clone())
}

/// What `not x` gives.
///
/// # Errors
/// The operand is no condition.
pub fn not(operand: &Type) -> Result<Type, Mismatch> {
    condition(operand).map(|()| Type::Boolean)
}

/// Holds for what may decide: a truth value, or what is unknown.
///
/// # Errors
/// It is neither.
pub fn condition(operand: &Type) -> Result<(), Mismatch> {
    wanted(operand, 0, Wanted::Boolean)
}

/// What `lhs ^ rhs` gives; `exponent` is the right operand where it is a literal: see [`literal_exponent`].
///
/// # Errors
/// The exponent has a unit, or a number with a unit is raised to something else than a whole literal.
pub fn power(lhs: &Type, rhs: &Type, exponent: Option<Decimal>) -> Result<Type, Mismatch> {
    number(lhs, 0)?;
    wanted(rhs, 1, Wanted::PlainNumber)?;
    match lhs {
        Type::Number(unit, _) if unit.is_plain() => Ok(Type::PLAIN),
        Type::Number(unit, _) => {
            let whole = exponent.filter(Decimal::is_integer).ok_or(Mismatch::Exponent)?;
            let power = i64::try_from(whole).map_err(|_| Mismatch::TooLarge)?;
            unit.power(power).map(Type::of).ok_or(Mismatch::TooLarge)
        }
        _ => Ok(lhs.clone()),
    }
}

/// The value of an exponent that is a literal: `2`, `(2)`, `-1`.
pub fn literal_exponent(expr: &Expr) -> Option<Decimal> {
    match &*expr.kind {
        ExprKind::Number(literal) if !literal.percent => Decimal::from_str_exact(&literal.digits).ok(),
        ExprKind::Paren(inner) => literal_exponent(inner),
        ExprKind::Unary { op: UnaryOp::Negate, operand, .. } => literal_exponent(operand).map(|exponent| -exponent),
        _ => None,
    }
}

/// The type that two values share: both sides of a comparison, two branches of `if`.
///
/// # Errors
/// The two do not agree.
pub fn join(lhs: &Type, rhs: &Type) -> Result<Fit, Mismatch> {
    match (lhs, rhs) {
        (Type::Unknown, Type::Zero) | (Type::Zero, Type::Unknown) => Ok(Fit::plain(Type::Unknown)),
        (Type::Unknown, other) | (other, Type::Unknown) => Ok(Fit::plain(unspelled(other))),
        (Type::Zero, number @ (Type::Number(..) | Type::Zero)) | (number @ Type::Number(..), Type::Zero) => {
            Ok(Fit::plain(number.clone()))
        }
        (Type::Number(left, left_spelling), Type::Number(right, right_spelling)) => {
            let (unit, lhs, rhs) = common_unit(left, right).ok_or(Mismatch::Units(0, 1))?;
            let spelling = if left_spelling == right_spelling { *left_spelling } else { Spelling::Plain };
            Ok(Fit { lhs, rhs, ..Fit::plain(Type::Number(unit, spelling)) })
        }
        _ if lhs == rhs => Ok(Fit::plain(lhs.clone())),
        _ => Err(Mismatch::Types(0, 1)),
    }
}

/// What a choice among values gives: the branches of `if`, `??`, `coalesce`, `min`. Units of one dimension become the
/// finest of them.
///
/// # Errors
/// Two values that do not agree, by position.
pub fn agree(types: &[Type]) -> Result<Common, Mismatch> {
    let mut ty = types.first().cloned().unwrap_or_default();
    let mut decided = 0;
    for (at, next) in types.iter().enumerate().skip(1) {
        let fit = join(&ty, next).map_err(|mismatch| mismatch.between(decided, at))?;
        if !matches!(next, Type::Unknown | Type::Zero) && matches!(ty, Type::Unknown | Type::Zero) {
            decided = at;
        }
        ty = fit.ty;
    }
    let factors = types.iter().map(|operand| factor_between(operand, &ty)).collect();
    Ok(Common { ty, factors })
}

/// What a built-in function gives; a name that is none gives what is unknown.
///
/// # Errors
/// The arguments that do not fit, by position. Too few or too many are not its business: see [`arity`].
pub fn call(function: &str, arguments: &[Type]) -> Result<Common, Mismatch> {
    let rule = FUNCTIONS.iter().find(|&&(name, ..)| name == function).map(|&(_, rule, ..)| rule);
    let (Some(rule), Some(first)) = (rule, arguments.first()) else { return Ok(Common::of(Type::Unknown, arguments)) };
    if rule == Rule::Agree {
        return agree_ordered(function, arguments);
    }
    let of = |ty| Ok(Common::of(ty, arguments));
    match rule {
        Rule::Agree | Rule::IsDefined => of(Type::Boolean),
        Rule::Keep => keep(arguments).and_then(of),
        Rule::Sign => number(first, 0).and_then(|()| of(Type::PLAIN)),
        Rule::Plain => all(arguments, Wanted::PlainNumber).and_then(|()| of(Type::PLAIN)),
        Rule::Root => root(first).and_then(of),
        Rule::Text => all(arguments, Wanted::Text).and_then(|()| of(Type::Text)),
        Rule::TextTest => all(arguments, Wanted::Text).and_then(|()| of(Type::Boolean)),
        Rule::DatePart => wanted(first, 0, Wanted::Date).and_then(|()| of(Type::PLAIN)),
    }
}

/// What an aggregate of rows gives; `count(dataset)` has no arguments.
///
/// # Errors
/// An argument is not of the kind that can be added or ordered, by position.
pub fn aggregate(function: &str, arguments: &[Type]) -> Result<Type, Mismatch> {
    let argument = match (function, arguments.first()) {
        ("count", _) => return Ok(Type::COUNT),
        (_, None) => return Ok(Type::Unknown),
        (_, Some(argument)) => argument,
    };
    arguments.iter().enumerate().skip(1).try_for_each(|(at, fraction)| wanted(fraction, at, Wanted::PlainNumber))?;
    match function {
        "sum" => number(argument, 0).map(|()| argument.clone()),
        "avg" | "median" | "quantile" => number(argument, 0).map(|()| divided(argument)),
        "min" | "max" => wanted(argument, 0, Wanted::Ordered).map(|()| argument.clone()),
        _ => Ok(argument.clone()),
    }
}

/// The factor that makes a value of type `found` one of type `expected`: an annotation, a replacement.
///
/// # Errors
/// The two do not agree; position 0 is what was found, 1 what was expected.
pub fn convert(found: &Type, expected: &Type) -> Result<Factor, Mismatch> {
    join(found, expected).map(|_| factor_between(found, expected))
}

/// As [`convert`], where a plain number takes the unit that is expected: targets, bands, ranges, examples, `--set`.
///
/// # Errors
/// As [`convert`]. `constant` says whether the value is made of literals alone; else it converts like any other.
pub fn take(found: &Type, constant: bool, expected: &Type) -> Result<Factor, Mismatch> {
    match (found, expected) {
        (Type::Number(unit, _), Type::Number(..)) if constant && unit.is_one() => Ok(Factor::ONE),
        _ => convert(found, expected),
    }
}

/// The type of a definition: its annotation where it has one, else what its formula gives.
pub fn annotated(annotation: Option<&Type>, inferred: Type) -> Type {
    match annotation {
        Some(Type::Unknown) | None => inferred,
        Some(annotation) => annotation.clone(),
    }
}

impl Fit {
    fn plain(ty: Type) -> Self {
        Self { ty, lhs: Factor::ONE, rhs: Factor::ONE, result: Factor::ONE }
    }
}

impl Common {
    fn of(ty: Type, arguments: &[Type]) -> Self {
        Self { ty, factors: vec![Factor::ONE; arguments.len()] }
    }
}

impl Mismatch {
    /// The same mismatch, for operands that stand elsewhere.
    fn between(self, lhs: usize, rhs: usize) -> Self {
        let place = |at| if at == 0 { lhs } else { rhs };
        match self {
            Self::Units(..) => Self::Units(lhs, rhs),
            Self::Types(..) => Self::Types(lhs, rhs),
            Self::Operand(at, wanted) => Self::Operand(place(at), wanted),
            other => other,
        }
    }

    /// Whether it comes from units alone: a program that writes none is not bothered with these.
    pub fn is_about_units(self) -> bool {
        !matches!(
            self,
            Self::Types(..)
                | Self::Operand(_, Wanted::Number | Wanted::Boolean | Wanted::Text | Wanted::Date | Wanted::Ordered)
        )
    }
}

impl Wanted {
    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Number => "a number",
            Self::PlainNumber => "a plain number",
            Self::ExactDuration => "a duration in days, hours, …",
            Self::Boolean => "a condition",
            Self::Text => "a text",
            Self::Date => "a date",
            Self::Ordered => "a number, a text or a date",
        }
    }

    fn is_number(self) -> bool {
        matches!(self, Self::Number | Self::PlainNumber | Self::ExactDuration)
    }

    fn holds(self, ty: &Type) -> bool {
        match (self, ty) {
            (_, Type::Unknown) => true,
            (Self::Number, Type::Number(..) | Type::Zero) => true,
            (Self::PlainNumber, Type::Number(unit, _)) => unit.is_plain(),
            (Self::ExactDuration, Type::Number(..)) => ty.unit().and_then(|unit| unit.factor_to(&days())).is_some(),
            (Self::PlainNumber | Self::ExactDuration, Type::Zero) => true,
            (Self::Boolean, Type::Boolean) | (Self::Text, Type::Text) | (Self::Date, Type::Date) => true,
            (Self::Ordered, Type::Number(..) | Type::Zero | Type::Text | Type::Date) => true,
            _ => false,
        }
    }
}

fn wanted(ty: &Type, at: usize, wanted: Wanted) -> Result<(), Mismatch> {
    if wanted.holds(ty) {
        return Ok(());
    }
    // A text where a plain number is wanted fails for being a text.
    let kind = if wanted.is_number() && !Wanted::Number.holds(ty) { Wanted::Number } else { wanted };
    Err(Mismatch::Operand(at, kind))
}

fn number(ty: &Type, at: usize) -> Result<(), Mismatch> {
    wanted(ty, at, Wanted::Number)
}

fn all(arguments: &[Type], kind: Wanted) -> Result<(), Mismatch> {
    arguments.iter().enumerate().try_for_each(|(at, argument)| wanted(argument, at, kind))
}

fn days() -> Unit {
    Unit::from(Base::Exact(ExactDuration::Day))
}

/// `lhs + rhs` and `lhs - rhs`.
fn sum(op: BinaryOp, lhs: &Type, rhs: &Type) -> Result<Fit, Mismatch> {
    if matches!(lhs, Type::Date) || matches!(rhs, Type::Date) {
        return date_sum(op, lhs, rhs);
    }
    number(lhs, 0)?;
    number(rhs, 1)?;
    // What is unknown may yet be a date, which a duration moves.
    let may_be_date = |other: &Type| Wanted::ExactDuration.holds(other);
    match (lhs, rhs) {
        (Type::Unknown, other) if may_be_date(other) => Ok(Fit::plain(Type::Unknown)),
        (other, Type::Unknown) if op == BinaryOp::Add && may_be_date(other) => Ok(Fit::plain(Type::Unknown)),
        _ => join(lhs, rhs),
    }
}

/// `+` and `-` where a date takes part.
fn date_sum(op: BinaryOp, lhs: &Type, rhs: &Type) -> Result<Fit, Mismatch> {
    use BinaryOp::Subtract;
    match (lhs, rhs) {
        (Type::Date, Type::Date) if op == Subtract => Ok(Fit::plain(Type::days())),
        (Type::Date, Type::Unknown) if op == Subtract => Ok(Fit::plain(Type::Unknown)),
        (Type::Unknown, Type::Date) if op == Subtract => Ok(Fit::plain(Type::days())),
        (Type::Date, duration) => Ok(Fit { rhs: moved(duration, 1)?, ..Fit::plain(Type::Date) }),
        (_, Type::Date) if op == Subtract => Err(Mismatch::Operand(0, Wanted::Date)),
        (duration, _) => Ok(Fit { lhs: moved(duration, 0)?, ..Fit::plain(Type::Date) }),
    }
}

/// The factor that turns what a date is moved by into days.
fn moved(duration: &Type, at: usize) -> Result<Factor, Mismatch> {
    let Type::Number(unit, _) = duration else {
        return wanted(duration, at, Wanted::ExactDuration).map(|()| Factor::ONE);
    };
    let month = Unit::from(Base::Calendar(CalendarDuration::Month));
    match unit.factor_to(&days()) {
        Some(factor) => Ok(factor),
        None if unit.factor_to(&month).is_some() => Err(Mismatch::CalendarMove),
        None => Err(Mismatch::Operand(at, Wanted::ExactDuration)),
    }
}

/// `lhs * rhs`, and `lhs / rhs` with [`Unit::per`].
fn product(lhs: &Type, rhs: &Type, join: fn(&Unit, &Unit) -> Option<(Unit, Factor)>) -> Result<Fit, Mismatch> {
    number(lhs, 0)?;
    number(rhs, 1)?;
    let (lhs, rhs) = match (lhs, rhs) {
        (Type::Unknown, _) | (_, Type::Unknown) => return Ok(Fit::plain(Type::Unknown)),
        (Type::Zero, Type::Zero) => return Ok(Fit::plain(Type::Zero)),
        (lhs, rhs) => (unit_of(lhs), unit_of(rhs)),
    };
    let (unit, result) = join(lhs, rhs).ok_or(Mismatch::TooLarge)?;
    Ok(Fit { result, ..Fit::plain(Type::of(unit)) })
}

fn unit_of(ty: &Type) -> &Unit {
    static PLAIN: Unit = Unit::PLAIN;
    ty.unit().unwrap_or(&PLAIN)
}

/// `lhs and rhs`, `lhs or rhs`.
fn truth(lhs: &Type, rhs: &Type) -> Result<Fit, Mismatch> {
    wanted(lhs, 0, Wanted::Boolean)?;
    wanted(rhs, 1, Wanted::Boolean)?;
    Ok(Fit::plain(Type::Boolean))
}

/// `lhs < rhs` and the like.
fn compare(lhs: &Type, rhs: &Type) -> Result<Fit, Mismatch> {
    wanted(lhs, 0, Wanted::Ordered)?;
    wanted(rhs, 1, Wanted::Ordered)?;
    Ok(Fit { ty: Type::Boolean, ..join(lhs, rhs)? })
}

/// The unit that two numbers of one dimension share, and the factors that bring each to it: the finer of the two. Its
/// counting units are those that both name, or that one names where the other names none.
fn common_unit(lhs: &Unit, rhs: &Unit) -> Option<(Unit, Factor, Factor)> {
    let factor = lhs.factor_to(rhs)?;
    let (counts, others) = (lhs.counting(), rhs.counting());
    let counting = match () {
        () if counts == others || others.is_one() => counts,
        () if counts.is_one() => others,
        () => Unit::PLAIN,
    };
    // A whole factor is exact whatever the value; a fraction would round.
    match factor.denominator() == Decimal::ONE {
        true => Some((rhs.with_counting(&counting), factor, Factor::ONE)),
        false => Some((lhs.with_counting(&counting), Factor::ONE, factor.inverse())),
    }
}

/// The factor from one type to another that it agrees with.
fn factor_between(from: &Type, to: &Type) -> Factor {
    match (from, to) {
        (Type::Number(from, _), Type::Number(to, _)) => from.factor_to(to).unwrap_or(Factor::ONE),
        _ => Factor::ONE,
    }
}

/// Without a spelling that only one of two values has.
fn unspelled(ty: &Type) -> Type {
    match ty {
        Type::Number(unit, _) => Type::of(unit.clone()),
        other => other.clone(),
    }
}

/// A mean of whole numbers is no whole number.
fn divided(ty: &Type) -> Type {
    if ty.spelling() == Spelling::Count { unspelled(ty) } else { ty.clone() }
}

fn keep(arguments: &[Type]) -> Result<Type, Mismatch> {
    number(&arguments[0], 0)?;
    let others = arguments.iter().enumerate().skip(1);
    others.into_iter().try_for_each(|(at, argument)| wanted(argument, at, Wanted::PlainNumber))?;
    Ok(arguments[0].clone())
}

fn agree_ordered(function: &str, arguments: &[Type]) -> Result<Common, Mismatch> {
    match function {
        "coalesce" => {}
        "min" | "max" => all(arguments, Wanted::Ordered)?,
        _ => all(arguments, Wanted::Number)?,
    }
    agree(arguments)
}

fn root(argument: &Type) -> Result<Type, Mismatch> {
    number(argument, 0)?;
    match argument {
        Type::Number(unit, _) => unit.square_root().map(Type::of).ok_or(Mismatch::Root),
        other => Ok(other.clone()),
    }
}
