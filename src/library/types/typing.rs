//! Rules of types: what each operator, built-in and aggregate gives of which operands, and what a written unit means.
//!
//! The checker applies them to report what does not fit, the planner to insert conversions. Neither places nor names of
//! definitions matter here: a rule that refuses says why, as a [`TypeError`].

use crate::builtin::{Aggregate, Builtin, ParameterKind, Returns};
use crate::syntax::ast::{BinaryOp, UnaryOp};
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
    /// Whether two dates are subtracted, so that the result counts seconds.
    pub elapsed: bool,
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
pub enum TypeError {
    /// Two numbers of different dimensions: `1 EUR + 1 day`. The positions of the two operands.
    Units(usize, usize),
    /// Two values of different kinds: `1 = "a"`. The positions of the two operands.
    Types(usize, usize),
    /// The operand at that position is not what is needed there: `not 3`, `exp(2 days)`, `2026-01-31 + 3`.
    Operand(usize, Needed),
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
pub enum Needed {
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
    /// Whatever it is.
    Anything,
}

/// What an operator with two operands gives. A power of a number with a unit needs [`power`].
///
/// # Errors
/// Why the two do not fit; position 0 is the left operand.
pub fn binary(op: BinaryOp, lhs: &Type, rhs: &Type) -> Result<Fit, TypeError> {
    use BinaryOp as Op;
    match op {
        Op::Add | Op::Subtract => sum(op, lhs, rhs),
        Op::Multiply => product(lhs, rhs, Unit::times),
        Op::Divide => product(lhs, rhs, Unit::per),
        Op::Power => power(lhs, rhs, None).map(Fit::plain),
        Op::Coalesce => unify(lhs, rhs),
        Op::And | Op::Or => truth(lhs, rhs),
        Op::Equal | Op::NotEqual => Ok(Fit { ty: Type::Boolean, ..unify(lhs, rhs)? }),
        Op::Less | Op::LessOrEqual | Op::Greater | Op::GreaterOrEqual => compare(lhs, rhs),
    }
}

/// What an operator with one operand gives.
///
/// # Errors
/// The operand is not of the kind it takes.
pub fn unary(op: UnaryOp, operand: &Type) -> Result<Type, TypeError> {
    match op {
        UnaryOp::Negate => negate(operand),
        UnaryOp::Not => not(operand),
    }
}

/// What `-x` gives.
///
/// # Errors
/// The operand is no number.
pub fn negate(operand: &Type) -> Result<Type, TypeError> {
    number(operand, 0).map(|()| operand.clone())
}

/// What `not x` gives.
///
/// # Errors
/// The operand is no condition.
pub fn not(operand: &Type) -> Result<Type, TypeError> {
    condition(operand).map(|()| Type::Boolean)
}

/// Holds for what may decide: a truth value, or what is unknown.
///
/// # Errors
/// It is neither.
pub fn condition(operand: &Type) -> Result<(), TypeError> {
    require(operand, 0, Needed::Boolean)
}

/// What `lhs ^ rhs` gives; `exponent` is the right operand where it is a literal: see [`literal_exponent`].
///
/// # Errors
/// The exponent has a unit, or a number with a unit is raised to something else than a whole literal.
pub fn power(lhs: &Type, rhs: &Type, exponent: Option<Decimal>) -> Result<Type, TypeError> {
    number(lhs, 0)?;
    require(rhs, 1, Needed::PlainNumber)?;
    match lhs {
        Type::Number(unit, _) if unit.is_plain() => Ok(Type::PLAIN),
        Type::Number(unit, _) => {
            let whole = exponent.filter(Decimal::is_integer).ok_or(TypeError::Exponent)?;
            let power = i64::try_from(whole).map_err(|_| TypeError::TooLarge)?;
            unit.power(power).map(Type::of).ok_or(TypeError::TooLarge)
        }
        _ => Ok(lhs.clone()),
    }
}

/// The type that two values share: both sides of a comparison, two branches of `if`.
///
/// # Errors
/// The two do not agree.
pub fn unify(lhs: &Type, rhs: &Type) -> Result<Fit, TypeError> {
    match (lhs, rhs) {
        (Type::Unknown, Type::Zero) | (Type::Zero, Type::Unknown) => Ok(Fit::plain(Type::Unknown)),
        (Type::Unknown, other) | (other, Type::Unknown) => Ok(Fit::shown(unspelled(&other.as_shown()), lhs, rhs)),
        (Type::Zero, number @ (Type::Number(..) | Type::Zero)) | (number @ Type::Number(..), Type::Zero) => {
            Ok(Fit::plain(number.clone()))
        }
        (Type::Number(left, left_spelling), Type::Number(right, right_spelling)) => {
            let (unit, lhs, rhs) = common_unit(left, right).ok_or(TypeError::Units(0, 1))?;
            let spelling = if left_spelling == right_spelling { *left_spelling } else { Spelling::Plain };
            Ok(Fit { lhs, rhs, ..Fit::plain(Type::Number(unit, spelling)) })
        }
        _ if lhs == rhs => Ok(Fit::plain(lhs.clone())),
        _ => Err(TypeError::Types(0, 1)),
    }
}

/// What a choice among values gives: the branches of `if`, `??`, `coalesce`, `min`. Units of one dimension become the
/// finest of them.
///
/// # Errors
/// Two values that do not agree, by position.
pub fn unify_all(types: &[&Type]) -> Result<Common, TypeError> {
    let mut ty = types.first().map_or(Type::Unknown, |&first| first.clone());
    let mut decided = 0;
    for (at, next) in types.iter().enumerate().skip(1) {
        let fit = unify(&ty, next).map_err(|error| error.moved(|side| if side == 0 { decided } else { at }))?;
        if !matches!(next, Type::Unknown | Type::Zero) && matches!(ty, Type::Unknown | Type::Zero) {
            decided = at;
        }
        ty = fit.ty;
    }
    if types.contains(&&Type::Unknown) {
        ty = ty.as_shown();
    }
    let factors = types.iter().map(|operand| factor_between(operand, &ty)).collect();
    Ok(Common { ty, factors })
}

/// The functions whose result depends on the unit that a number is counted in.
const ROUNDING: [&str; 4] = ["round", "round_even", "floor", "ceil"];

/// What a built-in function gives.
///
/// # Errors
/// The arguments that do not fit, by position. Too few or too many are not its business: see
/// [`arity`](crate::builtin::arity).
pub fn call(function: &Builtin, arguments: &[&Type]) -> Result<Common, TypeError> {
    if function.name == "sqrt" {
        return root(arguments.first().unwrap_or(&&Type::Unknown)).map(|ty| Common::of(ty, arguments));
    }
    let shared = shared(function, arguments)?;
    if ROUNDING.contains(&function.name) {
        // Digits are those that a reader sees.
        let ty = shared.ty.as_shown();
        let factors = arguments.iter().map(|argument| factor_between(argument, &ty)).collect();
        return Ok(Common { ty, factors });
    }
    let ty = match function.returns {
        Returns::Argument => shared.ty,
        Returns::Plain => Type::PLAIN,
        Returns::Text => Type::Text,
        Returns::Boolean => Type::Boolean,
    };
    Ok(Common { ty, factors: shared.factors })
}

/// What the arguments share that have to agree: all but plain numbers, texts and dates.
fn shared(function: &Builtin, arguments: &[&Type]) -> Result<Common, TypeError> {
    let mut places = vec![];
    for (at, argument) in arguments.iter().enumerate() {
        let Some(parameter) = function.parameter(at) else { continue };
        require(argument, at, Needed::of(parameter.kind))?;
        if matches!(parameter.kind, ParameterKind::Quantity | ParameterKind::Ordered | ParameterKind::Any) {
            places.push(at);
        }
    }
    let types: Vec<&Type> = places.iter().map(|&at| arguments[at]).collect();
    let place = |at: usize| places.get(at).copied().unwrap_or(at);
    let agreed = unify_all(&types).map_err(|error| error.moved(place))?;
    let mut common = Common::of(agreed.ty, arguments);
    places.iter().zip(agreed.factors).for_each(|(&at, factor)| common.factors[at] = factor);
    Ok(common)
}

/// What an aggregate of rows gives; `count(dataset)` has no arguments.
///
/// # Errors
/// An argument is not of the kind that can be added or ordered, by position.
pub fn aggregate<F>(function: Aggregate<F>, arguments: &[&Type]) -> Result<Type, TypeError> {
    let argument = match (&function, arguments.first()) {
        (Aggregate::Count, _) => return Ok(Type::COUNT),
        (_, None) => return Ok(Type::Unknown),
        (_, Some(&argument)) => argument,
    };
    arguments.iter().enumerate().skip(1).try_for_each(|(at, fraction)| require(fraction, at, Needed::PlainNumber))?;
    match function {
        Aggregate::Sum => number(argument, 0).map(|()| argument.clone()),
        Aggregate::Average | Aggregate::Median | Aggregate::Quantile(_) => {
            number(argument, 0).map(|()| divided(argument))
        }
        Aggregate::Min | Aggregate::Max => require(argument, 0, Needed::Ordered).map(|()| argument.clone()),
        Aggregate::Count | Aggregate::First | Aggregate::Last | Aggregate::Only => Ok(argument.clone()),
    }
}

/// The factor that makes a value of type `found` one of type [`annotated`] with `expected`: an annotation, a replacement.
///
/// # Errors
/// The two do not agree; position 0 is what was found, 1 what was expected.
pub fn convert(found: &Type, expected: &Type) -> Result<Factor, TypeError> {
    unify(found, expected).map(|_| factor_between(found, &annotated(Some(expected), found.clone())))
}

/// As [`convert`], where a plain number takes the unit that is expected: targets, bands, ranges, examples, `--set`.
///
/// # Errors
/// As [`convert`]. `constant` says whether the value is made of literals alone; else it converts like any other.
pub fn coerce(found: &Type, constant: bool, expected: &Type) -> Result<Factor, TypeError> {
    match (found, expected) {
        (Type::Number(unit, _), Type::Number(..)) if constant && unit.is_one() => Ok(Factor::ONE),
        _ => convert(found, expected),
    }
}

/// The type of a definition: its annotation where it has one, else what its formula gives. A duration is shown as the
/// annotation says, and counted as finely as the formula does.
pub fn annotated(annotation: Option<&Type>, inferred: Type) -> Type {
    match (annotation, &inferred) {
        (Some(Type::Unknown) | None, _) => inferred,
        (Some(Type::Number(unit, spelling)), Type::Number(found, _)) if found.factor_to(unit).is_some() => {
            Type::Number(unit.as_shown().counted_as(found), *spelling)
        }
        (Some(annotation), _) => annotation.as_shown(),
    }
}

/// The factor that turns a number into what a reader sees.
pub fn shown(ty: &Type) -> Factor {
    factor_between(ty, &ty.as_shown())
}

impl Fit {
    /// What an operator gives of operands whose units do not fit and are passed over: see [`UnitNames::spares`](super::units::UnitNames::spares).
    pub fn unchecked(op: BinaryOp, lhs: &Type, rhs: &Type) -> Self {
        Self::shown(if op.is_comparison() { Type::Boolean } else { Type::Unknown }, lhs, rhs)
    }

    /// Of operands that need no conversion.
    pub fn plain(ty: Type) -> Self {
        Self { ty, lhs: Factor::ONE, rhs: Factor::ONE, result: Factor::ONE, elapsed: false }
    }

    /// Of operands as a reader sees them: beside a number whose unit nobody knows.
    fn shown(ty: Type, lhs: &Type, rhs: &Type) -> Self {
        Self { lhs: shown(lhs), rhs: shown(rhs), ..Self::plain(ty) }
    }
}

impl Common {
    /// What operands give whose units do not fit and are passed over: see [`UnitNames::spares`](super::units::UnitNames::spares).
    pub fn unchecked(operands: &[&Type]) -> Self {
        Self { ty: Type::Unknown, factors: operands.iter().map(|operand| shown(operand)).collect() }
    }

    fn of(ty: Type, arguments: &[&Type]) -> Self {
        Self { ty, factors: vec![Factor::ONE; arguments.len()] }
    }
}

impl TypeError {
    /// The same error, for operands that stand elsewhere.
    fn moved(self, place: impl Fn(usize) -> usize) -> Self {
        match self {
            Self::Units(lhs, rhs) => Self::Units(place(lhs), place(rhs)),
            Self::Types(lhs, rhs) => Self::Types(place(lhs), place(rhs)),
            Self::Operand(at, needed) => Self::Operand(place(at), needed),
            other => other,
        }
    }

    /// Whether it comes from units alone: a program that writes none is not bothered with these.
    pub fn is_about_units(self) -> bool {
        match self {
            Self::Types(..) => false,
            Self::Operand(_, needed) => matches!(needed, Needed::PlainNumber | Needed::ExactDuration),
            _ => true,
        }
    }
}

impl Needed {
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
            Self::Anything => "a value",
        }
    }

    fn of(kind: ParameterKind) -> Self {
        match kind {
            ParameterKind::Quantity => Self::Number,
            ParameterKind::Plain => Self::PlainNumber,
            ParameterKind::Ordered => Self::Ordered,
            ParameterKind::Any => Self::Anything,
            ParameterKind::Text => Self::Text,
            ParameterKind::Date => Self::Date,
        }
    }

    fn is_number(self) -> bool {
        matches!(self, Self::Number | Self::PlainNumber | Self::ExactDuration)
    }

    fn holds(self, ty: &Type) -> bool {
        match (self, ty) {
            (_, Type::Unknown) | (Self::Anything, _) => true,
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

fn require(ty: &Type, at: usize, needed: Needed) -> Result<(), TypeError> {
    if needed.holds(ty) {
        return Ok(());
    }
    // A text where a plain number is wanted fails for being a text.
    let needed = if needed.is_number() && !Needed::Number.holds(ty) { Needed::Number } else { needed };
    Err(TypeError::Operand(at, needed))
}

fn number(ty: &Type, at: usize) -> Result<(), TypeError> {
    require(ty, at, Needed::Number)
}

fn days() -> Unit {
    Unit::from(Base::exact(ExactDuration::Day))
}

/// `lhs + rhs` and `lhs - rhs`.
fn sum(op: BinaryOp, lhs: &Type, rhs: &Type) -> Result<Fit, TypeError> {
    if matches!(lhs, Type::Date) || matches!(rhs, Type::Date) {
        return date_sum(op, lhs, rhs);
    }
    number(lhs, 0)?;
    number(rhs, 1)?;
    // What is unknown may yet be a date, which a duration moves (a number of days, where nobody writes units).
    let may_move = |other: &Type| Needed::ExactDuration.holds(other) || Needed::PlainNumber.holds(other);
    match (lhs, rhs) {
        (Type::Unknown, other) if may_move(other) => Ok(Fit { rhs: shown(other), ..Fit::plain(Type::Unknown) }),
        (other, Type::Unknown) if op == BinaryOp::Add && may_move(other) => {
            Ok(Fit { lhs: shown(other), ..Fit::plain(Type::Unknown) })
        }
        _ => unify(lhs, rhs),
    }
}

/// `+` and `-` where a date takes part.
fn date_sum(op: BinaryOp, lhs: &Type, rhs: &Type) -> Result<Fit, TypeError> {
    use BinaryOp::Subtract;
    match (lhs, rhs) {
        (Type::Date | Type::Unknown, Type::Date) if op == Subtract => {
            Ok(Fit { elapsed: true, ..Fit::plain(Type::elapsed()) })
        }
        (Type::Date, Type::Unknown) if op == Subtract => Ok(Fit::plain(Type::Unknown)),
        (Type::Date, duration) => Ok(Fit { rhs: moved(duration, 1)?, ..Fit::plain(Type::Date) }),
        (_, Type::Date) if op == Subtract => Err(TypeError::Operand(0, Needed::Date)),
        (duration, _) => Ok(Fit { lhs: moved(duration, 0)?, ..Fit::plain(Type::Date) }),
    }
}

/// The factor that turns what a date is moved by into days.
fn moved(duration: &Type, at: usize) -> Result<Factor, TypeError> {
    let Type::Number(unit, _) = duration else {
        return require(duration, at, Needed::ExactDuration).map(|()| Factor::ONE);
    };
    let month = Unit::from(Base::Calendar(CalendarDuration::Month));
    match unit.factor_to(&days()) {
        Some(factor) => Ok(factor),
        None if unit.factor_to(&month).is_some() => Err(TypeError::CalendarMove),
        None => Err(TypeError::Operand(at, Needed::ExactDuration)),
    }
}

/// `lhs * rhs`, and `lhs / rhs` with [`Unit::per`].
fn product(lhs: &Type, rhs: &Type, join: fn(&Unit, &Unit) -> Option<(Unit, Factor)>) -> Result<Fit, TypeError> {
    number(lhs, 0)?;
    number(rhs, 1)?;
    let (lhs, rhs) = match (lhs, rhs) {
        (Type::Unknown, _) | (_, Type::Unknown) => return Ok(Fit::shown(Type::Unknown, lhs, rhs)),
        (Type::Zero, Type::Zero) => return Ok(Fit::plain(Type::Zero)),
        (lhs, rhs) => (unit_of(lhs), unit_of(rhs)),
    };
    let (unit, result) = join(lhs, rhs).ok_or(TypeError::TooLarge)?;
    Ok(Fit { result, ..Fit::plain(Type::of(unit)) })
}

fn unit_of(ty: &Type) -> &Unit {
    static PLAIN: Unit = Unit::PLAIN;
    ty.unit().unwrap_or(&PLAIN)
}

/// `lhs and rhs`, `lhs or rhs`.
fn truth(lhs: &Type, rhs: &Type) -> Result<Fit, TypeError> {
    require(lhs, 0, Needed::Boolean)?;
    require(rhs, 1, Needed::Boolean)?;
    Ok(Fit::plain(Type::Boolean))
}

/// `lhs < rhs` and the like.
fn compare(lhs: &Type, rhs: &Type) -> Result<Fit, TypeError> {
    require(lhs, 0, Needed::Ordered)?;
    require(rhs, 1, Needed::Ordered)?;
    Ok(Fit { ty: Type::Boolean, ..unify(lhs, rhs)? })
}

/// The unit that two numbers of one dimension share, and the factors that bring each to it: the finer of the two. Its
/// counting units are those that both name, or that one names where the other names none.
fn common_unit(lhs: &Unit, rhs: &Unit) -> Option<(Unit, Factor, Factor)> {
    let factor = lhs.as_shown().factor_to(&rhs.as_shown())?;
    let (counts, others) = (lhs.counting(), rhs.counting());
    let counting = match () {
        () if counts == others || others.is_one() => counts,
        () if counts.is_one() => others,
        () => Unit::PLAIN,
    };
    // A whole factor is exact whatever the value; a fraction would round.
    let unit = match factor.denominator() == Decimal::ONE {
        true => rhs.counted_as(lhs),
        false => lhs.counted_as(rhs),
    };
    Some((unit.with_counting(&counting), lhs.factor_to(&unit)?, rhs.factor_to(&unit)?))
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

fn root(argument: &Type) -> Result<Type, TypeError> {
    number(argument, 0)?;
    match argument {
        Type::Number(unit, _) => unit.square_root().map(Type::of).ok_or(TypeError::Root),
        other => Ok(other.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exact(duration: ExactDuration) -> Type {
        Type::of(Base::exact(duration).into())
    }

    fn calendar(duration: CalendarDuration) -> Type {
        Type::of(Base::Calendar(duration).into())
    }

    fn per(lhs: &Type, rhs: &Type) -> Type {
        binary(BinaryOp::Divide, lhs, rhs).unwrap().ty
    }

    fn shown(factor: Factor) -> String {
        format!("{}/{}", factor.numerator(), factor.denominator())
    }

    #[test]
    fn operands_convert_to_the_finer_unit_and_products_by_what_cancels() {
        let (hours, days, weeks) = (exact(ExactDuration::Hour), exact(ExactDuration::Day), exact(ExactDuration::Week));
        let (months, years) = (calendar(CalendarDuration::Month), calendar(CalendarDuration::Year));
        let (money, elapsed) = (Type::of(Base::Money.into()), Type::elapsed());
        let (monthly, yearly) = (per(&money, &months), per(&money, &years));
        let table = [
            (BinaryOp::Add, &hours, &days, "hours 1/1 24/1 1/1"),
            (BinaryOp::Subtract, &days, &hours, "hours 24/1 1/1 1/1"),
            (BinaryOp::Less, &weeks, &days, "boolean 7/1 1/1 1/1"),
            (BinaryOp::Coalesce, &years, &months, "months 12/1 1/1 1/1"),
            // A smaller amount in a month is the finer one: 12 EUR/month are 144 EUR/year.
            (BinaryOp::Add, &monthly, &yearly, "money/year 12/1 1/1 1/1"),
            (BinaryOp::Multiply, &monthly, &years, "money 1/1 1/1 12/1"),
            (BinaryOp::Multiply, &yearly, &months, "money 1/1 1/1 1/12"),
            (BinaryOp::Divide, &days, &hours, "number 1/1 1/1 24/1"),
            (BinaryOp::Divide, &hours, &days, "number 1/1 1/1 1/24"),
            (BinaryOp::Add, &Type::Date, &hours, "date 1/1 1/24 1/1"),
            (BinaryOp::Add, &weeks, &Type::Date, "date 7/1 1/1 1/1"),
            (BinaryOp::Subtract, &Type::Date, &Type::Date, "days 1/1 1/1 1/1"),
            // What lies between two moments counts seconds, until a unit that nobody knows stands beside it.
            (BinaryOp::Less, &elapsed, &hours, "boolean 1/1 3600/1 1/1"),
            (BinaryOp::Add, &weeks, &elapsed, "days 604800/1 1/1 1/1"),
            (BinaryOp::Divide, &elapsed, &hours, "number 1/1 1/1 1/3600"),
            (BinaryOp::Multiply, &monthly, &elapsed, "money*day/month 1/1 1/1 1/1"),
            (BinaryOp::Divide, &money, &elapsed, "money/day 1/1 1/1 86400/1"),
            (BinaryOp::Less, &elapsed, &Type::Unknown, "boolean 1/86400 1/1 1/1"),
            (BinaryOp::Multiply, &Type::Unknown, &elapsed, "unknown 1/1 1/86400 1/1"),
        ];
        for (op, lhs, rhs, expected) in table {
            let fit = binary(op, lhs, rhs).unwrap();
            let found = format!("{} {} {} {}", fit.ty, shown(fit.lhs), shown(fit.rhs), shown(fit.result));
            assert_eq!(found, expected, "{lhs} {} {rhs}", op.symbol());
        }
    }

    #[test]
    fn several_values_convert_to_the_finest_of_their_units() {
        let types = [exact(ExactDuration::Week), Type::Zero, exact(ExactDuration::Hour), Type::Unknown];
        let common = unify_all(&types.iter().collect::<Vec<_>>()).unwrap();
        assert_eq!(common.ty.to_string(), "hours");
        assert_eq!(common.factors.into_iter().map(shown).collect::<Vec<_>>(), ["168/1", "1/1", "1/1", "1/1"]);
    }

    #[test]
    fn a_plain_constant_takes_the_unit_that_is_expected() {
        let money = Type::of(Base::Money.into());
        assert_eq!(coerce(&Type::PLAIN, true, &money), Ok(Factor::ONE));
        assert_eq!(coerce(&Type::PLAIN, false, &money), Err(TypeError::Units(0, 1)));
        assert_eq!(coerce(&Type::Zero, false, &money), Ok(Factor::ONE));
        assert_eq!(coerce(&Type::PLAIN, true, &Type::Text), Err(TypeError::Types(0, 1)));
        let converted = coerce(&exact(ExactDuration::Day), true, &exact(ExactDuration::Hour)).unwrap();
        assert_eq!(shown(converted), "24/1");
    }
}
