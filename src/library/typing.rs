//! Rules of types: what each operator, built-in and aggregate gives of which operands, and what a written unit means.
//!
//! The checker applies them to report what does not fit, the planner to insert conversions. Neither places nor names of
//! definitions matter here: a rule that refuses says why, as a [`Refusal`].

use std::sync::Arc;

use indexmap::IndexMap;

use crate::diagnostic::{Code, Diagnostic, did_you_mean};
use crate::source::Span;
use crate::syntax::ast::{BinaryOp, Name, NumberLiteral, UnaryOp, UnitExpr, UnitFactor};
use crate::value::unit::{Base, CalendarDuration, Currency, ExactDuration, Factor, Spelling, Type, Unit};
use crate::value::{Decimal, unit};

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
pub enum Refusal {
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
    /// A unit beyond [`unit::MAX_EXPONENT`] or [`unit::MAX_BASES`].
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
pub fn binary(op: BinaryOp, lhs: &Type, rhs: &Type) -> Result<Fit, Refusal> {
    use BinaryOp as Op;
    match op {
        Op::Add | Op::Subtract => sum(op, lhs, rhs),
        Op::Multiply => product(lhs, rhs, Unit::times),
        Op::Divide => product(lhs, rhs, Unit::per),
        Op::Power => power(lhs, rhs, None).map(Fit::plain),
        Op::Coalesce => pair(lhs, rhs),
        Op::And | Op::Or => truth(lhs, rhs),
        Op::Equal | Op::NotEqual => Ok(Fit { ty: Type::Boolean, ..pair(lhs, rhs)? }),
        Op::Less | Op::LessOrEqual | Op::Greater | Op::GreaterOrEqual => compare(lhs, rhs),
    }
}

/// What an operator with one operand gives.
///
/// # Errors
/// The operand is not of the kind it takes.
pub fn unary(op: UnaryOp, operand: &Type) -> Result<Type, Refusal> {
    match op {
        UnaryOp::Negate => number(operand, 0).map(|()| operand.clone()),
        UnaryOp::Not => condition(operand).map(|()| Type::Boolean),
    }
}

/// Holds for what may decide: a truth value, or what is unknown.
///
/// # Errors
/// It is neither.
pub fn condition(operand: &Type) -> Result<(), Refusal> {
    wanted(operand, 0, Wanted::Boolean)
}

/// What `lhs ^ rhs` gives; `exponent` is the right operand where it is a literal.
///
/// # Errors
/// The exponent has a unit, or a number with a unit is raised to something else than a whole literal.
pub fn power(lhs: &Type, rhs: &Type, exponent: Option<Decimal>) -> Result<Type, Refusal> {
    number(lhs, 0)?;
    wanted(rhs, 1, Wanted::PlainNumber)?;
    match lhs {
        Type::Number(unit, _) if unit.is_plain() => Ok(Type::PLAIN),
        Type::Number(unit, _) => {
            let whole = exponent.filter(Decimal::is_integer).ok_or(Refusal::Exponent)?;
            let power = i64::try_from(whole).map_err(|_| Refusal::TooLarge)?;
            unit.power(power).map(Type::of).ok_or(Refusal::TooLarge)
        }
        _ => Ok(lhs.clone()),
    }
}

/// What a choice among values gives: the branches of `if`, `??`, `coalesce`, `min`. Units of one dimension become the
/// finest of them.
///
/// # Errors
/// Two values that do not agree, by position.
pub fn agree(types: &[Type]) -> Result<Common, Refusal> {
    let mut ty = types.first().cloned().unwrap_or_default();
    let mut decided = 0;
    for (at, next) in types.iter().enumerate().skip(1) {
        let fit = pair(&ty, next).map_err(|refusal| refusal.between(decided, at))?;
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
pub fn call(function: &str, arguments: &[Type]) -> Result<Common, Refusal> {
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

/// What an aggregate of rows gives; `argument` is None in `count(dataset)`.
///
/// # Errors
/// The argument is not of the kind that can be added or ordered.
pub fn aggregate(function: &str, argument: Option<&Type>) -> Result<Type, Refusal> {
    let argument = match (function, argument) {
        ("count", _) => return Ok(Type::COUNT),
        (_, None) => return Ok(Type::Unknown),
        (_, Some(argument)) => argument,
    };
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
pub fn convert(found: &Type, expected: &Type) -> Result<Factor, Refusal> {
    pair(found, expected).map(|_| factor_between(found, expected))
}

/// As [`convert`], where a plain number takes the unit that is expected: targets, bands, ranges, examples, `--set`.
///
/// # Errors
/// As [`convert`]. `constant` says whether the value is made of literals alone; else it converts like any other.
pub fn take(found: &Type, constant: bool, expected: &Type) -> Result<Factor, Refusal> {
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

impl Refusal {
    /// The same refusal, for operands that stand elsewhere.
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

fn wanted(ty: &Type, at: usize, wanted: Wanted) -> Result<(), Refusal> {
    if wanted.holds(ty) {
        return Ok(());
    }
    // A text where a plain number is wanted fails for being a text.
    let kind = if wanted.is_number() && !Wanted::Number.holds(ty) { Wanted::Number } else { wanted };
    Err(Refusal::Operand(at, kind))
}

fn number(ty: &Type, at: usize) -> Result<(), Refusal> {
    wanted(ty, at, Wanted::Number)
}

fn all(arguments: &[Type], kind: Wanted) -> Result<(), Refusal> {
    arguments.iter().enumerate().try_for_each(|(at, argument)| wanted(argument, at, kind))
}

fn days() -> Unit {
    Unit::from(Base::Exact(ExactDuration::Day))
}

/// `lhs + rhs` and `lhs - rhs`.
fn sum(op: BinaryOp, lhs: &Type, rhs: &Type) -> Result<Fit, Refusal> {
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
        _ => pair(lhs, rhs),
    }
}

/// `+` and `-` where a date takes part.
fn date_sum(op: BinaryOp, lhs: &Type, rhs: &Type) -> Result<Fit, Refusal> {
    use BinaryOp::Subtract;
    match (lhs, rhs) {
        (Type::Date, Type::Date) if op == Subtract => Ok(Fit::plain(Type::days())),
        (Type::Date, Type::Unknown) if op == Subtract => Ok(Fit::plain(Type::Unknown)),
        (Type::Unknown, Type::Date) if op == Subtract => Ok(Fit::plain(Type::days())),
        (Type::Date, duration) => Ok(Fit { rhs: moved(duration, 1)?, ..Fit::plain(Type::Date) }),
        (_, Type::Date) if op == Subtract => Err(Refusal::Operand(0, Wanted::Date)),
        (duration, _) => Ok(Fit { lhs: moved(duration, 0)?, ..Fit::plain(Type::Date) }),
    }
}

/// The factor that turns what a date is moved by into days.
fn moved(duration: &Type, at: usize) -> Result<Factor, Refusal> {
    let Type::Number(unit, _) = duration else {
        return wanted(duration, at, Wanted::ExactDuration).map(|()| Factor::ONE);
    };
    let month = Unit::from(Base::Calendar(CalendarDuration::Month));
    match unit.factor_to(&days()) {
        Some(factor) => Ok(factor),
        None if unit.factor_to(&month).is_some() => Err(Refusal::CalendarMove),
        None => Err(Refusal::Operand(at, Wanted::ExactDuration)),
    }
}

/// `lhs * rhs`, and `lhs / rhs` with [`Unit::per`].
fn product(lhs: &Type, rhs: &Type, join: fn(&Unit, &Unit) -> Option<(Unit, Factor)>) -> Result<Fit, Refusal> {
    number(lhs, 0)?;
    number(rhs, 1)?;
    let (lhs, rhs) = match (lhs, rhs) {
        (Type::Unknown, _) | (_, Type::Unknown) => return Ok(Fit::plain(Type::Unknown)),
        (Type::Zero, Type::Zero) => return Ok(Fit::plain(Type::Zero)),
        (lhs, rhs) => (unit_of(lhs), unit_of(rhs)),
    };
    let (unit, result) = join(lhs, rhs).ok_or(Refusal::TooLarge)?;
    Ok(Fit { result, ..Fit::plain(Type::of(unit)) })
}

fn unit_of(ty: &Type) -> &Unit {
    static PLAIN: Unit = Unit::PLAIN;
    ty.unit().unwrap_or(&PLAIN)
}

/// `lhs and rhs`, `lhs or rhs`.
fn truth(lhs: &Type, rhs: &Type) -> Result<Fit, Refusal> {
    wanted(lhs, 0, Wanted::Boolean)?;
    wanted(rhs, 1, Wanted::Boolean)?;
    Ok(Fit::plain(Type::Boolean))
}

/// `lhs < rhs` and the like.
fn compare(lhs: &Type, rhs: &Type) -> Result<Fit, Refusal> {
    wanted(lhs, 0, Wanted::Ordered)?;
    wanted(rhs, 1, Wanted::Ordered)?;
    Ok(Fit { ty: Type::Boolean, ..pair(lhs, rhs)? })
}

/// The type that two values share.
fn pair(lhs: &Type, rhs: &Type) -> Result<Fit, Refusal> {
    match (lhs, rhs) {
        (Type::Unknown, Type::Zero) | (Type::Zero, Type::Unknown) => Ok(Fit::plain(Type::Unknown)),
        (Type::Unknown, other) | (other, Type::Unknown) => Ok(Fit::plain(unspelled(other))),
        (Type::Zero, number @ (Type::Number(..) | Type::Zero)) | (number @ Type::Number(..), Type::Zero) => {
            Ok(Fit::plain(number.clone()))
        }
        (Type::Number(left, left_spelling), Type::Number(right, right_spelling)) => {
            let (unit, lhs, rhs) = common_unit(left, right).ok_or(Refusal::Units(0, 1))?;
            let spelling = if left_spelling == right_spelling { *left_spelling } else { Spelling::Plain };
            Ok(Fit { lhs, rhs, ..Fit::plain(Type::Number(unit, spelling)) })
        }
        _ if lhs == rhs => Ok(Fit::plain(lhs.clone())),
        _ => Err(Refusal::Types(0, 1)),
    }
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

fn keep(arguments: &[Type]) -> Result<Type, Refusal> {
    number(&arguments[0], 0)?;
    let others = arguments.iter().enumerate().skip(1);
    others.into_iter().try_for_each(|(at, argument)| wanted(argument, at, Wanted::PlainNumber))?;
    Ok(arguments[0].clone())
}

fn agree_ordered(function: &str, arguments: &[Type]) -> Result<Common, Refusal> {
    match function {
        "coalesce" => {}
        "min" | "max" => all(arguments, Wanted::Ordered)?,
        _ => all(arguments, Wanted::Number)?,
    }
    agree(arguments)
}

fn root(argument: &Type) -> Result<Type, Refusal> {
    number(argument, 0)?;
    match argument {
        Type::Number(unit, _) => unit.square_root().map(Type::of).ok_or(Refusal::Root),
        other => Ok(other.clone()),
    }
}

/// What the names in units mean in one library: its currency and its counting units.
#[derive(Debug, Clone, Default)]
pub struct UnitNames {
    currency: Option<(Currency, Span)>,
    counting: IndexMap<Arc<str>, Span>,
}

/// Types that are named, not units: they stand alone, except `money` and `count`.
const TYPES: &[&str] = &["number", "percent", "ratio", "count", "money", "text", "boolean", "date"];

impl UnitNames {
    /// `currency EUR`: from now on `money` means that.
    ///
    /// # Errors
    /// An unknown code, or another currency before.
    pub fn declare_currency(&mut self, name: &Name) -> Result<(), Diagnostic> {
        let currency = self.currency_named(&name.text).ok_or_else(|| unknown_currency(name))?;
        match self.currency {
            Some((known, span)) if known != currency => Err(second_currency(known, span, name)),
            Some(_) => Ok(()),
            None => {
                self.currency = Some((currency, name.span));
                Ok(())
            }
        }
    }

    /// `unit customer`: a counting unit. To declare one twice says nothing new.
    ///
    /// # Errors
    /// The name means something already: `unit day`, `unit EUR`.
    pub fn declare_unit(&mut self, name: &Name) -> Result<(), Diagnostic> {
        if self.named(&name.text).is_some_and(|ty| !is_counting(&ty)) {
            let message = format!("`{}` is a unit or type already", name.text);
            return Err(Diagnostic::error(Code::Reserved, message).at(name.span));
        }
        self.counting.entry(name.text.clone()).or_insert(name.span);
        Ok(())
    }

    /// The library's currency, where one is declared.
    pub fn currency(&self) -> Option<Currency> {
        self.currency.map(|(currency, _)| currency)
    }

    /// What `money` means.
    pub fn money(&self) -> Unit {
        self.currency().map_or(Base::Money, Base::Currency).into()
    }

    /// The type that an annotation, or the unit of a literal, names.
    ///
    /// # Errors
    /// A name that is no unit, with candidates; a type inside a compound (`text / day`); a unit beyond the limits.
    pub fn resolve(&self, expr: &UnitExpr) -> Result<Type, Diagnostic> {
        let mut product = Type::PLAIN;
        for factor in &expr.factors {
            let ty = self.factor(factor)?;
            if expr.factors.len() == 1 {
                return Ok(ty);
            }
            product = self.join(&product, &ty, factor, expr)?;
        }
        Ok(product)
    }

    /// The type of a number as written; `digits` of nothing but zeros fits every unit.
    ///
    /// # Errors
    /// As [`UnitNames::resolve`], and a unit that is a type (`3 text`).
    pub fn number(&self, literal: &NumberLiteral) -> Result<Type, Diagnostic> {
        match &literal.unit {
            Some(unit) => self.literal_unit(unit),
            None if literal.percent => Ok(Type::Number(Unit::PLAIN, Spelling::Percent)),
            None if is_zero(&literal.digits) => Ok(Type::Zero),
            None => Ok(Type::PLAIN),
        }
    }

    /// All names that a unit may have, for messages.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let declared = self.counting.keys().map(|name| &**name);
        let durations = ExactDuration::ALL.iter().map(|duration| duration.name());
        let calendar = CalendarDuration::ALL.iter().map(|duration| duration.name());
        TYPES
            .iter()
            .copied()
            .chain(declared)
            .chain(durations)
            .chain(calendar)
            .chain(Currency::all().map(|it| it.code()))
    }

    fn literal_unit(&self, unit: &UnitExpr) -> Result<Type, Diagnostic> {
        match self.resolve(unit)? {
            ty @ Type::Number(..) => Ok(ty),
            other => {
                Err(Diagnostic::error(Code::UnknownUnit, format!("`{other}` is a type, not a unit")).at(unit.span))
            }
        }
    }

    fn factor(&self, factor: &UnitFactor) -> Result<Type, Diagnostic> {
        self.named(&factor.name.text).ok_or_else(|| self.unknown(&factor.name))
    }

    fn join(&self, product: &Type, ty: &Type, factor: &UnitFactor, expr: &UnitExpr) -> Result<Type, Diagnostic> {
        let (Type::Number(product, _), Type::Number(unit, _)) = (product, ty) else {
            let message = format!("`{ty}` is a type, not a unit, and cannot be part of a compound");
            return Err(Diagnostic::error(Code::UnknownUnit, message).at(factor.name.span));
        };
        let joined = if factor.divided { product.per(unit) } else { product.times(unit) };
        // A factor other than 1 would need two bases of one dimension (`hour/day`): a number, not a unit.
        match joined {
            Some((unit, scale)) if scale.is_one() => Ok(Type::of(unit)),
            Some(_) => Err(mixed(factor, expr)),
            None => Err(too_large(expr.span)),
        }
    }

    /// What one name means.
    fn named(&self, name: &str) -> Option<Type> {
        let plain = |spelling| Some(Type::Number(Unit::PLAIN, spelling));
        match name {
            "number" | "1" => plain(Spelling::Plain),
            "percent" => plain(Spelling::Percent),
            "ratio" => plain(Spelling::Ratio),
            "count" => plain(Spelling::Count),
            "text" => Some(Type::Text),
            "boolean" => Some(Type::Boolean),
            "date" => Some(Type::Date),
            "money" => Some(Type::of(self.money())),
            _ => self.base(name).map(|base| Type::of(base.into())),
        }
    }

    fn base(&self, name: &str) -> Option<Base> {
        let declared = self.counting.get_key_value(name).map(|(name, _)| Base::Counting(name.clone()));
        declared.or_else(|| duration(name)).or_else(|| self.currency_named(name).map(Base::Currency))
    }

    /// A currency by code or symbol; the library's own symbol means the library's own currency.
    fn currency_named(&self, name: &str) -> Option<Currency> {
        let own = self.currency().filter(|currency| currency.symbol() == name);
        own.or_else(|| Currency::from_code(name)).or_else(|| Currency::from_symbol(name))
    }

    fn unknown(&self, name: &Name) -> Diagnostic {
        let diagnostic = Diagnostic::error(Code::UnknownUnit, format!("unknown unit `{}`", name.text)).at(name.span);
        if let Some(hint) = known_slip(&name.text) {
            return diagnostic.hint(hint);
        }
        let upper = name.text.to_uppercase();
        let close = match Currency::from_code(&upper) {
            Some(currency) => Some(format!("did you mean `{}`?", currency.code())),
            None => self.singular(&name.text).or_else(|| did_you_mean(&name.text, self.names())),
        };
        diagnostic.maybe_hint(close).hint(format!("a line `unit {}` declares a counting unit", name.text))
    }

    /// A declared counting unit in the plural.
    fn singular(&self, name: &str) -> Option<String> {
        let singular = name.strip_suffix('s').filter(|singular| self.counting.contains_key(*singular))?;
        Some(format!("did you mean `{singular}`?"))
    }
}

/// The duration of that name, in the singular or plural.
fn duration(name: &str) -> Option<Base> {
    let singular = name.strip_suffix('s').unwrap_or(name);
    let exact = ExactDuration::ALL.into_iter().find(|duration| duration.name() == singular).map(Base::Exact);
    let calendar = || CalendarDuration::ALL.into_iter().find(|duration| duration.name() == singular);
    exact.or_else(|| calendar().map(Base::Calendar))
}

/// Names that other languages use.
fn known_slip(name: &str) -> Option<&'static str> {
    match name {
        "duration" | "time" => Some("durations are named by their unit: `days`, `hours`, `months`, `years`"),
        "integer" | "int" | "float" | "decimal" | "double" => Some("there is one number type: `number`"),
        "string" | "str" => Some("texts are `text`"),
        "bool" => Some("truth values are `boolean`"),
        "percentage" | "pct" => Some("the type is `percent`"),
        "currency" => Some("the type is `money`; `currency EUR` on a line of its own says which"),
        _ => None,
    }
}

fn is_counting(ty: &Type) -> bool {
    ty.unit().is_some_and(|unit| unit.is_plain() && !unit.is_one())
}

fn is_zero(digits: &str) -> bool {
    digits.bytes().all(|byte| matches!(byte, b'0' | b'.'))
}

fn unknown_currency(name: &Name) -> Diagnostic {
    let codes: Vec<&str> = Currency::all().map(|currency| currency.code()).collect();
    Diagnostic::error(Code::UnknownUnit, format!("unknown currency `{}`", name.text))
        .at(name.span)
        .maybe_hint(did_you_mean(&name.text, codes))
        .hint("currencies are named by their ISO 4217 code, such as `EUR`")
}

fn second_currency(known: Currency, span: Span, name: &Name) -> Diagnostic {
    Diagnostic::error(Code::Duplicate, format!("the currency is `{}` already", known.code()))
        .label(name.span, "the second")
        .label(span, "the first")
        .hint(format!("`money` has one meaning in a library; amounts in another currency are typed `{}`", name.text))
}

fn mixed(factor: &UnitFactor, expr: &UnitExpr) -> Diagnostic {
    let message = format!("`{}` stands beside another unit of the same kind", factor.name.text);
    Diagnostic::error(Code::UnknownUnit, message).at(expr.span).hint("a unit holds one unit of each kind")
}

fn too_large(span: Span) -> Diagnostic {
    let message = format!("a unit has at most {} parts and the power {}", unit::MAX_BASES, unit::MAX_EXPONENT);
    Diagnostic::error(Code::TooLarge, message).at(span)
}
