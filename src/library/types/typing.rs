//! The typing rules of operators, built-in functions and aggregates.
//!
//! The checker applies the rules to report errors, the planner to insert conversions. The rules know neither places nor
//! names of definitions: they return the reason of an error as a [`TypeError`].

use crate::builtin::{Aggregate, Builtin, ParameterKind, Returns};
use crate::syntax::ast::{BinaryOp, UnaryOp};
use crate::value::Decimal;
use crate::value::unit::{Base, CalendarDuration, ExactDuration, Factor, Spelling, Type, Unit};

/// The result of a binary operator. Each operand is converted by its factor before the operation, the result after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fit {
    /// The type of the result.
    pub ty: Type,
    /// The factor of the left operand.
    pub lhs: Factor,
    /// The factor of the right operand.
    pub rhs: Factor,
    /// The factor of the result.
    pub result: Factor,
    /// True if two dates are subtracted, so that the result is in seconds.
    pub elapsed: bool,
}

/// The result of a function or of a choice among several values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Common {
    /// The type of the result.
    pub ty: Type,
    /// The factor of each operand, in order.
    pub factors: Vec<Factor>,
}

/// The reason why operands have the wrong type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TypeError {
    /// Two numbers have different dimensions: `1 EUR + 1 day`. Contains the positions of the operands.
    Units(usize, usize),
    /// Two values have different types: `1 = "a"`. Contains the positions of the operands.
    Types(usize, usize),
    /// The operand at this position has the wrong type: `not 3`, `exp(2 days)`, `2026-01-31 + 3`.
    Operand(usize, Needed),
    /// A date is moved by months, whose length depends on the date: `2026-01-31 + 1 month`.
    CalendarMove,
    /// A number with a unit is raised to a power that is not a whole literal: `x ^ 0.5`.
    Exponent,
    /// The unit of a square root is not a square: `sqrt(2 EUR)`.
    Root,
    /// A unit exceeds [`MAX_EXPONENT`](crate::value::unit::MAX_EXPONENT) or
    /// [`MAX_BASES`](crate::value::unit::MAX_BASES).
    TooLarge,
}

/// The required type of an operand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Needed {
    /// A number of any unit.
    Number,
    /// A number without a unit.
    PlainNumber,
    /// An amount of money that is not in the currency of the result.
    OtherMoney,
    /// A duration in seconds, minutes, hours, days or weeks.
    ExactDuration,
    /// A truth value.
    Boolean,
    /// A text.
    Text,
    /// A date.
    Date,
    /// A value that has an order: a number, a text or a date.
    Ordered,
    /// Any value.
    Anything,
}

/// The result of a binary operator. Use [`power`] for the power of a number with a unit.
///
/// # Errors
/// Returns an error if the operands are incompatible. Position 0 is the left operand.
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

/// The result type of a unary operator.
///
/// # Errors
/// Returns an error if the operand has the wrong type.
pub fn unary(op: UnaryOp, operand: &Type) -> Result<Type, TypeError> {
    match op {
        UnaryOp::Negate => negate(operand),
        UnaryOp::Not => not(operand),
    }
}

/// The result type of `-x`.
///
/// # Errors
/// Returns an error if the operand is not a number.
pub fn negate(operand: &Type) -> Result<Type, TypeError> {
    number(operand, 0).map(|()| operand.clone())
}

/// The result type of `not x`.
///
/// # Errors
/// Returns an error if the operand is not a condition.
pub fn not(operand: &Type) -> Result<Type, TypeError> {
    condition(operand).map(|()| Type::Boolean)
}

/// Checks that a condition is a truth value or unknown.
///
/// # Errors
/// Returns an error if it is neither.
pub fn condition(operand: &Type) -> Result<(), TypeError> {
    require(operand, 0, Needed::Boolean)
}

/// The result type of `lhs ^ rhs`. `exponent` is the value of the right operand if it is a literal.
///
/// # Errors
/// Returns an error if the exponent has a unit, or if a number with a unit has an exponent that is not a whole literal.
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
/// Returns an error if the types are incompatible.
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
        // A period compares with a date as its first day.
        (Type::Date, Type::Period(_)) | (Type::Period(_), Type::Date) => Ok(Fit::plain(Type::Date)),
        _ => Err(TypeError::Types(0, 1)),
    }
}

/// The result of a choice among values: the branches of `if`, `??`, `coalesce`, `min`.
///
/// Values with units of one dimension are converted to the finest unit.
///
/// # Errors
/// Returns the positions of two incompatible values.
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

/// The functions whose result depends on the unit in which a number is counted.
const ROUNDING: [&str; 4] = ["round", "round_even", "floor", "ceil"];

/// The result of a built-in function.
///
/// # Errors
/// Returns the positions of arguments of the wrong type. The number of arguments must be checked before, with
/// [`arity`](crate::builtin::arity).
pub fn call(function: &Builtin, arguments: &[&Type]) -> Result<Common, TypeError> {
    if function.name == "sqrt" {
        return root(arguments.first().unwrap_or(&&Type::Unknown)).map(|ty| Common::of(ty, arguments));
    }
    let shared = shared(function, arguments)?;
    if ROUNDING.contains(&function.name) {
        // Rounding applies to the digits that results show.
        let ty = shared.ty.as_shown();
        let factors = arguments.iter().map(|argument| factor_between(argument, &ty)).collect();
        return Ok(Common { ty, factors });
    }
    let ty = match function.returns {
        Returns::Argument => shared.ty,
        Returns::Plain => Type::PLAIN,
        Returns::Date => Type::Date,
        Returns::Period(grain) => Type::Period(grain),
        Returns::Text => Type::Text,
        Returns::Boolean => Type::Boolean,
    };
    Ok(Common { ty, factors: shared.factors })
}

/// Unifies the arguments that must agree: all except plain numbers, texts and dates.
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

/// The result type of an aggregate. `count(dataset)` has no arguments.
///
/// # Errors
/// Returns the position of an argument that cannot be added or ordered.
pub fn aggregate<F>(function: Aggregate<F>, arguments: &[&Type]) -> Result<Type, TypeError> {
    let argument = match (&function, arguments.first()) {
        (Aggregate::Count, _) => return Ok(Type::COUNT),
        (_, None) => return Ok(Type::Unknown),
        (_, Some(&argument)) => argument,
    };
    arguments.iter().enumerate().skip(1).try_for_each(|(at, fraction)| require(fraction, at, Needed::PlainNumber))?;
    match function {
        Aggregate::Sum => number(argument, 0).map(|()| argument.clone()),
        Aggregate::Variance | Aggregate::VariancePopulation => {
            number(argument, 0)?;
            power(argument, &Type::PLAIN, Some(Decimal::TWO)).map(|ty| divided(&ty))
        }
        Aggregate::Deviation
        | Aggregate::DeviationPopulation
        | Aggregate::Average
        | Aggregate::Median
        | Aggregate::Quantile(_) => number(argument, 0).map(|()| divided(argument)),
        Aggregate::Min | Aggregate::Max => require(argument, 0, Needed::Ordered).map(|()| argument.clone()),
        Aggregate::Count | Aggregate::First | Aggregate::Last | Aggregate::Only => Ok(argument.clone()),
    }
}

/// The factor that converts a value of type `found` to the type [`annotated`] with `expected`.
///
/// # Errors
/// Returns an error if the types are incompatible. Position 0 is the type found, 1 the type expected.
pub fn convert(found: &Type, expected: &Type) -> Result<Factor, TypeError> {
    unify(found, expected).map(|_| factor_between(found, &annotated(Some(expected), found.clone())))
}

/// Like [`convert`], but a plain number takes the expected unit: for targets, bands, ranges, examples and `--set`. A
/// percentage is no plain number: 5% is not 0.05 USD.
///
/// # Errors
/// Returns the errors of [`convert`]. `constant` is true if the value contains only literals; any other value
/// converts as in [`convert`].
pub fn coerce(found: &Type, constant: bool, expected: &Type) -> Result<Factor, TypeError> {
    match (found, expected) {
        (Type::Number(unit, spelling), Type::Number(..))
            if constant && unit.is_one() && *spelling != Spelling::Percent =>
        {
            Ok(Factor::ONE)
        }
        _ => convert(found, expected),
    }
}

/// The type of a definition: its annotation if it has one, else the type of its formula.
///
/// A duration is shown in the annotated unit and counted in the unit of the formula.
pub fn annotated(annotation: Option<&Type>, inferred: Type) -> Type {
    match (annotation, &inferred) {
        (Some(Type::Unknown) | None, _) => inferred,
        (Some(Type::Number(unit, spelling)), Type::Number(found, _)) if found.factor_to(unit).is_some() => {
            Type::Number(unit.as_shown().counted_as(found), *spelling)
        }
        (Some(annotation), _) => annotation.as_shown(),
    }
}

/// The factor that converts a number to the unit in which results show it.
pub fn shown(ty: &Type) -> Factor {
    factor_between(ty, &ty.as_shown())
}

impl Fit {
    /// The result of a binary operator whose unit error is ignored: see
    /// [`UnitNames::spares`](super::units::UnitNames::spares).
    pub fn unchecked(op: BinaryOp, lhs: &Type, rhs: &Type) -> Self {
        Self::shown(if op.is_comparison() { Type::Boolean } else { Type::Unknown }, lhs, rhs)
    }

    /// The result for operands that need no conversion.
    pub fn plain(ty: Type) -> Self {
        Self { ty, lhs: Factor::ONE, rhs: Factor::ONE, result: Factor::ONE, elapsed: false }
    }

    /// The result for operands converted to the units in which results show them, because the other unit is unknown.
    fn shown(ty: Type, lhs: &Type, rhs: &Type) -> Self {
        Self { lhs: shown(lhs), rhs: shown(rhs), ..Self::plain(ty) }
    }
}

impl Common {
    /// The result for operands whose unit error is ignored: see [`UnitNames::spares`](super::units::UnitNames::spares).
    pub fn unchecked(operands: &[&Type]) -> Self {
        Self { ty: Type::Unknown, factors: operands.iter().map(|operand| shown(operand)).collect() }
    }

    fn of(ty: Type, arguments: &[&Type]) -> Self {
        Self { ty, factors: vec![Factor::ONE; arguments.len()] }
    }
}

impl TypeError {
    /// Maps the positions of the operands.
    fn moved(self, place: impl Fn(usize) -> usize) -> Self {
        match self {
            Self::Units(lhs, rhs) => Self::Units(place(lhs), place(rhs)),
            Self::Types(lhs, rhs) => Self::Types(place(lhs), place(rhs)),
            Self::Operand(at, needed) => Self::Operand(place(at), needed),
            other => other,
        }
    }

    /// Returns true if the error concerns units only. Such errors are ignored if no file writes units.
    pub fn is_about_units(self) -> bool {
        match self {
            Self::Types(..) => false,
            Self::Operand(_, needed) => {
                matches!(needed, Needed::PlainNumber | Needed::OtherMoney | Needed::ExactDuration)
            }
            _ => true,
        }
    }
}

impl Needed {
    /// The name in messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Number => "a number",
            Self::PlainNumber => "a plain number",
            Self::OtherMoney => "an amount in another currency than that of its result",
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
            (Self::OtherMoney, Type::Number(unit, _)) => unit.factors().iter().any(|(base, _)| base.is_money()),
            (Self::ExactDuration, Type::Number(..)) => ty.unit().and_then(|unit| unit.factor_to(&days())).is_some(),
            (Self::PlainNumber | Self::ExactDuration, Type::Zero) => true,
            (Self::Boolean, Type::Boolean) | (Self::Text, Type::Text) => true,
            (Self::Date | Self::Ordered, Type::Date | Type::Period(_)) => true,
            (Self::Ordered, Type::Number(..) | Type::Zero | Type::Text) => true,
            _ => false,
        }
    }
}

fn require(ty: &Type, at: usize, needed: Needed) -> Result<(), TypeError> {
    if needed.holds(ty) {
        return Ok(());
    }
    // For a text, the message is about the type, not about the unit.
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
    if matches!(lhs, Type::Period(_)) || matches!(rhs, Type::Period(_)) {
        return period_sum(op, lhs, rhs);
    }
    if matches!(lhs, Type::Date) || matches!(rhs, Type::Date) {
        return date_sum(op, lhs, rhs);
    }
    number(lhs, 0)?;
    number(rhs, 1)?;
    // An unknown operand may be a date, which a duration moves (or a number of days if no file writes units).
    let may_move = |other: &Type| Needed::ExactDuration.holds(other) || Needed::PlainNumber.holds(other);
    match (lhs, rhs) {
        (Type::Unknown, other) if may_move(other) => Ok(Fit { rhs: shown(other), ..Fit::plain(Type::Unknown) }),
        (other, Type::Unknown) if op == BinaryOp::Add && may_move(other) => {
            Ok(Fit { lhs: shown(other), ..Fit::plain(Type::Unknown) })
        }
        _ => unify(lhs, rhs),
    }
}

/// `+` and `-` with a period: the difference of two periods of one grain is a plain number, and a plain number of
/// periods moves one. Beside a date, a period is its first day.
fn period_sum(op: BinaryOp, lhs: &Type, rhs: &Type) -> Result<Fit, TypeError> {
    let plain = |ty: &Type, at: usize| require(ty, at, Needed::PlainNumber);
    match (lhs, rhs) {
        (Type::Period(grain), Type::Period(other)) if op == BinaryOp::Subtract => {
            if grain == other {
                Ok(Fit::plain(Type::PLAIN))
            } else {
                Err(TypeError::Types(0, 1))
            }
        }
        (Type::Period(_), Type::Date) | (Type::Date, Type::Period(_)) => date_sum(op, &Type::Date, &Type::Date),
        (Type::Period(_), Type::Unknown) | (Type::Unknown, Type::Period(_)) => Ok(Fit::plain(Type::Unknown)),
        (Type::Period(_), number) => plain(number, 1).map(|()| Fit::plain(lhs.clone())),
        (_, Type::Period(_)) if op == BinaryOp::Subtract => Err(TypeError::Operand(0, Needed::Date)),
        (number, _) => plain(number, 0).map(|()| Fit::plain(rhs.clone())),
    }
}

/// `+` and `-` with a date.
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

/// The factor that converts a duration added to a date to days.
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
        // The product with an unknown unit still depends on the currency.
        (Type::Unknown, amount) if has_column(amount) => (&Unit::PLAIN, unit_of(amount)),
        (amount, Type::Unknown) if has_column(amount) => (unit_of(amount), &Unit::PLAIN),
        (Type::Unknown, _) | (_, Type::Unknown) => return Ok(Fit::shown(Type::Unknown, lhs, rhs)),
        (Type::Zero, Type::Zero) => return Ok(Fit::plain(Type::Zero)),
        (lhs, rhs) => (unit_of(lhs), unit_of(rhs)),
    };
    let (unit, result) = join(lhs, rhs).ok_or(TypeError::TooLarge)?;
    Ok(Fit { result, ..Fit::plain(Type::of(unit)) })
}

/// Returns true for an amount whose currency is in a column.
fn has_column(ty: &Type) -> bool {
    ty.currency_columns().next().is_some()
}

/// The type of a definition in a context that leaves one currency, if it is declared as `money in currency`.
pub fn in_one_currency(declared: &Type, found: &Type) -> Option<Type> {
    let currencies = found.unit()?.factors().iter().filter_map(|(base, _)| base.currency());
    let columns: Vec<&str> = declared.currency_columns().map(|column| &**column).collect();
    let candidates = currencies.map(|currency| {
        columns.iter().fold(declared.clone(), |declared, column| declared.in_currency(column, currency))
    });
    candidates.into_iter().find(|declared| !has_column(declared) && unify(found, declared).is_ok())
}

/// The type of `convert(amount, rate)` in a currency. If the amount `may_have_it`, it may be in this currency already: the
/// conditions of a query can leave only such amounts.
///
/// # Errors
/// Returns an error if the amount is not one of money, or if the rate has a unit.
pub fn converted(amount: &Type, rate: &Type, currency: &Base, may_have_it: bool) -> Result<Type, TypeError> {
    number(amount, 0)?;
    require(rate, 1, Needed::PlainNumber)?;
    let Type::Number(unit, _) = amount else { return Ok(Type::of(currency.clone().into())) };
    if !unit.factors().iter().any(|(base, _)| base.is_money() && (may_have_it || base != currency)) {
        return Err(TypeError::Operand(0, Needed::OtherMoney));
    }
    unit.exchanged(|base| base.is_money().then(|| currency.clone())).map(Type::of).ok_or(TypeError::TooLarge)
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

/// `lhs < rhs` and other comparisons.
fn compare(lhs: &Type, rhs: &Type) -> Result<Fit, TypeError> {
    require(lhs, 0, Needed::Ordered)?;
    require(rhs, 1, Needed::Ordered)?;
    Ok(Fit { ty: Type::Boolean, ..unify(lhs, rhs)? })
}

/// The common unit of two numbers of one dimension (the finer of the two), and the factors that convert each to it.
///
/// Its counting units are those of both, or those of one if the other has none.
fn common_unit(lhs: &Unit, rhs: &Unit) -> Option<(Unit, Factor, Factor)> {
    let factor = lhs.as_shown().factor_to(&rhs.as_shown())?;
    let (counts, others) = (lhs.counting(), rhs.counting());
    let counting = match () {
        () if counts == others || others.is_one() => counts,
        () if counts.is_one() => others,
        () => Unit::PLAIN,
    };
    // A whole factor is always exact; a fraction would round.
    let unit = match factor.denominator() == Decimal::ONE {
        true => rhs.counted_as(lhs),
        false => lhs.counted_as(rhs),
    };
    Some((unit.with_counting(&counting), lhs.factor_to(&unit)?, rhs.factor_to(&unit)?))
}

/// The factor from one type to a compatible one.
fn factor_between(from: &Type, to: &Type) -> Factor {
    match (from, to) {
        (Type::Number(from, _), Type::Number(to, _)) => from.factor_to(to).unwrap_or(Factor::ONE),
        _ => Factor::ONE,
    }
}

/// The type without a spelling, for two values with different spellings.
fn unspelled(ty: &Type) -> Type {
    match ty {
        Type::Number(unit, _) => Type::of(unit.clone()),
        other => other.clone(),
    }
}

/// The type after a division: the mean of counts is not a count.
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
    fn operands_convert_to_the_finer_unit_and_products_cancel_units() {
        let (hours, days, weeks) = (exact(ExactDuration::Hour), exact(ExactDuration::Day), exact(ExactDuration::Week));
        let (months, years) = (calendar(CalendarDuration::Month), calendar(CalendarDuration::Year));
        let (money, elapsed) = (Type::of(Base::Money.into()), Type::elapsed());
        let (monthly, yearly) = (per(&money, &months), per(&money, &years));
        let table = [
            (BinaryOp::Add, &hours, &days, "hours 1/1 24/1 1/1"),
            (BinaryOp::Subtract, &days, &hours, "hours 24/1 1/1 1/1"),
            (BinaryOp::Less, &weeks, &days, "boolean 7/1 1/1 1/1"),
            (BinaryOp::Coalesce, &years, &months, "months 12/1 1/1 1/1"),
            // The unit per month is finer: 12 EUR/month are 144 EUR/year.
            (BinaryOp::Add, &monthly, &yearly, "money/year 12/1 1/1 1/1"),
            (BinaryOp::Multiply, &monthly, &years, "money 1/1 1/1 12/1"),
            (BinaryOp::Multiply, &yearly, &months, "money 1/1 1/1 1/12"),
            (BinaryOp::Divide, &days, &hours, "number 1/1 1/1 24/1"),
            (BinaryOp::Divide, &hours, &days, "number 1/1 1/1 1/24"),
            (BinaryOp::Add, &Type::Date, &hours, "date 1/1 1/24 1/1"),
            (BinaryOp::Add, &weeks, &Type::Date, "date 7/1 1/1 1/1"),
            (BinaryOp::Subtract, &Type::Date, &Type::Date, "days 1/1 1/1 1/1"),
            // The time between two dates is counted in seconds, unless it is combined with an unknown unit.
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
    fn several_values_convert_to_their_finest_unit() {
        let types = [exact(ExactDuration::Week), Type::Zero, exact(ExactDuration::Hour), Type::Unknown];
        let common = unify_all(&types.iter().collect::<Vec<_>>()).unwrap();
        assert_eq!(common.ty.to_string(), "hours");
        assert_eq!(common.factors.into_iter().map(shown).collect::<Vec<_>>(), ["168/1", "1/1", "1/1", "1/1"]);
    }

    #[test]
    fn a_plain_constant_takes_the_expected_unit() {
        let money = Type::of(Base::Money.into());
        assert_eq!(coerce(&Type::PLAIN, true, &money), Ok(Factor::ONE));
        assert_eq!(coerce(&Type::PERCENT, true, &money), Err(TypeError::Units(0, 1)));
        assert_eq!(coerce(&Type::PERCENT, true, &Type::PLAIN), Ok(Factor::ONE));
        assert_eq!(coerce(&Type::PERCENT, true, &Type::COUNT), Ok(Factor::ONE));
        assert_eq!(coerce(&Type::PLAIN, false, &money), Err(TypeError::Units(0, 1)));
        assert_eq!(coerce(&Type::Zero, false, &money), Ok(Factor::ONE));
        assert_eq!(coerce(&Type::PLAIN, true, &Type::Text), Err(TypeError::Types(0, 1)));
        let converted = coerce(&exact(ExactDuration::Day), true, &exact(ExactDuration::Hour)).unwrap();
        assert_eq!(shown(converted), "24/1");
    }
}
