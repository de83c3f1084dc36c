//! Defines units and types of values, and the units of sums and products.
//!
//! A [`Unit`] is a product of [`Base`]s. Bases of one dimension convert into each other by an exact [`Factor`]. A unit
//! holds at most one base of each dimension, so that `10 days / 2 hours` is the plain number 120.

use std::fmt;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use super::Decimal;
use super::calendar::Grain;

/// The highest power of a base in a unit: `EUR*EUR*EUR*EUR`.
///
/// This limit keeps every conversion factor an exact decimal: 604 800⁴ (seconds in a week) times 12⁴ (months in a year)
/// has 28 digits.
pub const MAX_EXPONENT: i8 = 4;

/// The maximum number of bases in a unit; `EUR/customer/month` has three.
pub const MAX_BASES: usize = 16;

/// The type of a value.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub enum Type {
    /// Unknown: compatible with every type. Inputs without a type and expressions that already have an error.
    #[default]
    Unknown,
    /// The literal `0`, which is compatible with every unit.
    Zero,
    /// A number with its unit and its spelling.
    Number(Unit, Spelling),
    /// A text.
    Text,
    /// A truth value.
    Boolean,
    /// A day or a moment.
    Date,
    /// A period of the calendar, such as a month.
    Period(Grain),
}

/// How a plain number is displayed. The spelling does not change its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Spelling {
    /// `0.05`
    #[default]
    Plain,
    /// `5%`
    Percent,
    /// `3.2`: the ratio of two quantities.
    Ratio,
    /// `1,204`: a whole number of things.
    Count,
}

/// A product of bases, each with a nonzero exponent. A unit without bases is a plain number.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Unit {
    // Sorted; at most one base of each dimension.
    factors: Vec<(Base, i8)>,
}

/// A factor of a unit. The order of the variants is the order in which units are written.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Base {
    /// Money of a library that declares no currency: `money` alone.
    Money,
    /// A currency. Each currency is a dimension of its own.
    Currency(Currency),
    /// Money whose currency is in the column with this name. Each column is a dimension of its own.
    MoneyIn(Arc<str>),
    /// A declared counting unit. It is displayed with results, but checks as a plain number.
    Counting(Arc<str>),
    /// A duration of fixed length: the unit in which it is displayed, and the unit that its numbers count.
    ///
    /// They differ for a difference of two moments. It is displayed in days, such as `0.5 days`, but 20 minutes are not
    /// a decimal fraction of a day. So its numbers count seconds until they are displayed.
    Exact {
        /// The unit of display.
        shown: ExactDuration,
        /// The unit that the number counts.
        counted: ExactDuration,
    },
    /// A calendar duration.
    Calendar(CalendarDuration),
}

/// Bases of one dimension convert into each other.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Dimension {
    Money,
    Currency(Currency),
    MoneyIn(Arc<str>),
    Counting(Arc<str>),
    Exact,
    Calendar,
}

/// A currency of ISO 4217.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Currency(iso_currency::Currency);

/// Durations of fixed length. They form one dimension.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum ExactDuration {
    Second,
    Minute,
    Hour,
    Day,
    Week,
}

/// Calendar durations. They form another dimension, which never converts into [`ExactDuration`]s.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum CalendarDuration {
    Month,
    Quarter,
    Year,
}

/// An exact conversion factor: multiply by the numerator, then divide by the denominator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Factor {
    // In lowest terms; both are nonzero and fit a decimal.
    numerator: u128,
    denominator: u128,
}

impl Type {
    /// A number without a unit.
    pub const PLAIN: Type = Type::Number(Unit::PLAIN, Spelling::Plain);

    /// A whole number of things.
    pub const COUNT: Type = Type::Number(Unit::PLAIN, Spelling::Count);

    /// A fraction of 1, displayed with `%`.
    pub const PERCENT: Type = Type::Number(Unit::PLAIN, Spelling::Percent);

    /// A number with this unit.
    pub fn of(unit: Unit) -> Self {
        Self::Number(unit, Spelling::Plain)
    }

    /// A number of days.
    pub fn days() -> Self {
        Self::of(Unit::from(Base::exact(ExactDuration::Day)))
    }

    /// The difference of two moments: displayed in days, counted in seconds.
    pub fn elapsed() -> Self {
        Self::of(Unit::from(Base::Exact { shown: ExactDuration::Day, counted: ExactDuration::Second }))
    }

    /// The same type, with numbers that count the displayed unit.
    pub fn as_shown(&self) -> Self {
        match self {
            Self::Number(unit, spelling) => Self::Number(unit.as_shown(), *spelling),
            other => other.clone(),
        }
    }

    /// The unit, or None if the type is not a number.
    pub fn unit(&self) -> Option<&Unit> {
        match self {
            Self::Number(unit, _) => Some(unit),
            _ => None,
        }
    }

    /// The spelling of a number; types other than numbers are plain.
    pub fn spelling(&self) -> Spelling {
        match self {
            Self::Number(_, spelling) => *spelling,
            _ => Spelling::Plain,
        }
    }

    /// The columns with the currencies of amounts.
    pub fn currency_columns(&self) -> impl Iterator<Item = &Arc<str>> {
        self.unit().into_iter().flat_map(Unit::currency_columns)
    }

    /// The type of an amount where the column holds one currency. Counting units and other columns stay.
    pub fn in_currency(&self, column: &str, currency: Currency) -> Self {
        let is_column = |base: &Base| matches!(base, Base::MoneyIn(known) if **known == *column);
        self.exchanged(|base| is_column(base).then_some(Base::Currency(currency)))
    }

    /// The type of a column that a lookup of this name finds: its currency is in a column of the same table.
    pub fn looked_up(&self, lookup: &str) -> Self {
        self.exchanged(|base| match base {
            Base::MoneyIn(column) => Some(Base::MoneyIn(format!("{lookup}.{column}").into())),
            _ => None,
        })
    }

    fn exchanged(&self, other: impl Fn(&Base) -> Option<Base>) -> Self {
        let unit = self.unit().filter(|unit| unit.currency_columns().next().is_some());
        let exchanged = unit.and_then(|unit| unit.exchanged(other));
        exchanged.map_or_else(|| self.clone(), |unit| Self::Number(unit, self.spelling()))
    }

    /// Returns true for a number with a unit that must be compatible with other units.
    pub fn is_united(&self) -> bool {
        self.unit().is_some_and(|unit| !unit.is_plain())
    }

    /// The unit beside the name in table headers and JSON: `EUR/month`, `days`, `percent`. None for plain numbers and
    /// for values that are not numbers.
    pub fn unit_name(&self) -> Option<String> {
        match self {
            Self::Number(unit, Spelling::Percent) if unit.is_one() => Some("percent".into()),
            Self::Number(unit, _) if !unit.is_one() => Some(unit.to_string()),
            _ => None,
        }
    }
}

/// Formats the type as in an annotation. A plain number is `number` and an unknown type is `unknown`.
impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => f.write_str("unknown"),
            Self::Zero => f.write_str("number"),
            Self::Number(unit, spelling) if unit.is_one() => f.write_str(spelling.name()),
            Self::Number(unit, _) => unit.fmt(f),
            Self::Text => f.write_str("text"),
            Self::Boolean => f.write_str("boolean"),
            Self::Date => f.write_str("date"),
            Self::Period(grain) => f.write_str(grain.name()),
        }
    }
}

impl Serialize for Type {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Spelling {
    /// The name of the type in an annotation.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "number",
            Self::Percent => "percent",
            Self::Ratio => "ratio",
            Self::Count => "count",
        }
    }
}

impl Unit {
    /// A plain number, without a unit.
    pub const PLAIN: Unit = Unit { factors: Vec::new() };

    /// Returns true if the unit has no factors at all.
    pub fn is_one(&self) -> bool {
        self.factors.is_empty()
    }

    /// Returns true if the unit checks as a plain number because it has no factors except counting units.
    pub fn is_plain(&self) -> bool {
        self.checked().next().is_none()
    }

    /// The bases and their exponents in the order in which they are written.
    pub fn factors(&self) -> &[(Base, i8)] {
        &self.factors
    }

    /// The product of two units, and the factor that the product of two such numbers must be multiplied by.
    ///
    /// The factor for years times `1/month` is 12. Returns None if the product exceeds `MAX_EXPONENT` or `MAX_BASES`.
    pub fn times(&self, other: &Unit) -> Option<(Unit, Factor)> {
        let mut product = self.factors.clone();
        let mut scale = Factor::ONE;
        for (base, exponent) in &other.factors {
            scale = scale.times(multiply(&mut product, base, *exponent)?)?;
        }
        product.retain(|&(_, exponent)| exponent != 0);
        product.sort();
        (product.len() <= MAX_BASES).then_some((Unit { factors: product }, scale))
    }

    /// The quotient of two units, with the same factor as in [`Unit::times`].
    pub fn per(&self, other: &Unit) -> Option<(Unit, Factor)> {
        self.times(&other.inverse())
    }

    /// The reciprocal `1/unit`.
    pub fn inverse(&self) -> Unit {
        Unit { factors: self.factors.iter().map(|(base, exponent)| (base.clone(), -exponent)).collect() }
    }

    /// The unit to an integer power. Returns None beyond `MAX_EXPONENT`.
    pub fn power(&self, power: i64) -> Option<Unit> {
        let raise = |(base, exponent): &(Base, i8)| {
            let raised = i64::from(*exponent)
                .checked_mul(power)
                .filter(|raised| raised.unsigned_abs() <= MAX_EXPONENT as u64)?;
            Some((base.clone(), raised as i8))
        };
        let factors: Option<Vec<_>> = self.factors.iter().map(raise).collect();
        Some(Unit { factors: factors?.into_iter().filter(|&(_, exponent)| exponent != 0).collect() })
    }

    /// The unit whose square this is. Returns None if an exponent is odd; counting units with odd exponents are
    /// dropped.
    pub fn square_root(&self) -> Option<Unit> {
        let halves =
            |factors: Vec<(Base, i8)>| factors.into_iter().map(|(base, exponent)| (base, exponent / 2)).collect();
        let even = |(_, exponent): &(Base, i8)| exponent % 2 == 0;
        let kept: Vec<_> =
            self.factors.iter().filter(|factor| even(factor) || !is_counting(&factor.0)).cloned().collect();
        kept.iter().all(even).then(|| Unit { factors: halves(kept) })
    }

    /// The factor that converts a number of this unit to `other`: 24 from days to hours.
    ///
    /// Returns None if the dimensions differ. Counting units are ignored.
    pub fn factor_to(&self, other: &Unit) -> Option<Factor> {
        let (mine, theirs): (Vec<_>, Vec<_>) = (self.checked().collect(), other.checked().collect());
        if mine.len() != theirs.len() {
            return None;
        }
        // Each dimension has one place in the order of bases, so the two lists line up.
        mine.iter().zip(&theirs).try_fold(Factor::ONE, |factor, ((mine, exponent), (theirs, other))| {
            let fits = mine.dimension() == theirs.dimension() && exponent == other;
            fits.then(|| mine.factor_to(theirs).power(*exponent)).and_then(|next| factor.times(next))
        })
    }

    /// The counting units only.
    pub fn counting(&self) -> Unit {
        Unit { factors: self.factors.iter().filter(|(base, _)| is_counting(base)).cloned().collect() }
    }

    /// The unit without its counting units.
    pub fn without_counting(&self) -> Unit {
        Unit { factors: self.checked().cloned().collect() }
    }

    /// This unit with its counting units replaced by those of `counting`.
    pub fn with_counting(&self, counting: &Unit) -> Unit {
        let own = self.checked();
        let mut factors: Vec<_> =
            own.chain(counting.factors.iter().filter(|(base, _)| is_counting(base))).cloned().collect();
        factors.sort();
        factors.truncate(MAX_BASES);
        Unit { factors }
    }

    /// The same unit, with numbers that count the displayed unit.
    pub fn as_shown(&self) -> Unit {
        Unit { factors: self.factors.iter().map(|(base, exponent)| (base.as_shown(), *exponent)).collect() }
    }

    /// The same displayed unit, counted in the finer of the two units. Both must have the same dimension.
    pub fn counted_as(&self, other: &Unit) -> Unit {
        let finer = |(base, exponent): &(Base, i8)| {
            let theirs = other.factors.iter().map(|(theirs, _)| theirs).find(|it| it.dimension() == base.dimension());
            let counted = match (base, theirs) {
                (Base::Exact { shown, counted }, Some(Base::Exact { counted: theirs, .. })) if *exponent > 0 => {
                    Base::Exact { shown: *shown, counted: *counted.min(theirs) }
                }
                _ => base.clone(),
            };
            (counted, *exponent)
        };
        Unit { factors: self.factors.iter().map(finer).collect() }
    }

    /// The columns with the currencies of amounts.
    pub fn currency_columns(&self) -> impl Iterator<Item = &Arc<str>> {
        self.factors.iter().filter_map(|(base, _)| match base {
            Base::MoneyIn(column) => Some(column),
            _ => None,
        })
    }

    /// The unit with other bases: `None` keeps a base. Returns None if the product exceeds the limits.
    pub fn exchanged(&self, other: impl Fn(&Base) -> Option<Base>) -> Option<Unit> {
        self.factors.iter().try_fold(Unit::PLAIN, |product, (base, exponent)| {
            let base = other(base).unwrap_or_else(|| base.clone());
            Some(product.times(&Unit { factors: vec![(base, *exponent)] })?.0)
        })
    }

    fn checked(&self) -> impl Iterator<Item = &(Base, i8)> {
        self.factors.iter().filter(|(base, _)| !is_counting(base))
    }
}

impl From<Base> for Unit {
    fn from(base: Base) -> Self {
        Self { factors: vec![(base, 1)] }
    }
}

/// Formats the unit as in an annotation: `EUR/customer`, `1/day`, `days`. A power is repeated: `EUR*EUR`.
impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let written = |wanted: fn(i8) -> bool| {
            let chosen = self.factors.iter().filter(move |(_, exponent)| wanted(*exponent));
            chosen.flat_map(|(base, exponent)| std::iter::repeat_n(base, exponent.unsigned_abs().into()))
        };
        let above: Vec<&Base> = written(|exponent| exponent > 0).collect();
        match above[..] {
            [] => f.write_str("1")?,
            [base] => f.write_str(&base.plural())?,
            _ => f.write_str(&above.iter().map(|base| base.name()).collect::<Vec<_>>().join("*"))?,
        }
        written(|exponent| exponent < 0).try_for_each(|base| write!(f, "/{}", base.name()))?;
        let columns: Vec<&str> = self.currency_columns().map(|column| &**column).collect();
        if columns.is_empty() { Ok(()) } else { write!(f, " in {}", columns.join(", ")) }
    }
}

/// Multiplies `factors` by `base` to the power `exponent`. Two bases of one dimension are replaced by the finer one.
fn multiply(factors: &mut Vec<(Base, i8)>, base: &Base, exponent: i8) -> Option<Factor> {
    let at = factors.iter().position(|(known, _)| known.dimension() == base.dimension());
    let (known, known_exponent) = at.map_or((base.clone(), 0), |at| factors[at].clone());
    let sum = known_exponent.checked_add(exponent).filter(|sum| sum.abs() <= MAX_EXPONENT)?;
    let mut common = known.finer(base);
    if sum < 0 {
        // A rate per day stays per day, because a rate per second may be a repeating decimal.
        common = common.as_shown();
    }
    let factor = known.factor_to(&common).power(known_exponent).times(base.factor_to(&common).power(exponent))?;
    match at {
        Some(at) => factors[at] = (common, sum),
        None => factors.push((common, sum)),
    }
    Some(factor)
}

fn is_counting(base: &Base) -> bool {
    matches!(base, Base::Counting(_))
}

impl Base {
    /// A duration that is displayed and counted in the same unit.
    pub fn exact(duration: ExactDuration) -> Self {
        Self::Exact { shown: duration, counted: duration }
    }

    /// Returns true for money in any currency.
    pub fn is_money(&self) -> bool {
        matches!(self, Self::Money | Self::Currency(_) | Self::MoneyIn(_))
    }

    /// The currency, if the base is one.
    pub fn currency(&self) -> Option<Currency> {
        match self {
            Self::Currency(currency) => Some(*currency),
            _ => None,
        }
    }

    fn as_shown(&self) -> Self {
        match self {
            Self::Exact { shown, .. } => Self::exact(*shown),
            other => other.clone(),
        }
    }

    /// The finer of two bases of one dimension. For durations, the displayed and the counted unit are chosen
    /// independently.
    fn finer(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::Exact { shown, counted }, Self::Exact { shown: other_shown, counted: other_counted }) => {
                Self::Exact { shown: *shown.min(other_shown), counted: *counted.min(other_counted) }
            }
            _ => self.min(other).clone(),
        }
    }

    /// The name in a compound unit: `month`.
    pub fn name(&self) -> &str {
        match self {
            Self::Money | Self::MoneyIn(_) => "money",
            Self::Currency(currency) => currency.code(),
            Self::Counting(name) => name,
            Self::Exact { shown, .. } => shown.name(),
            Self::Calendar(duration) => duration.name(),
        }
    }

    /// The name after a number, alone or divided: `months`, `days/customer`.
    fn plural(&self) -> String {
        match self {
            Self::Exact { .. } | Self::Calendar(_) => format!("{}s", self.name()),
            _ => self.name().into(),
        }
    }

    fn dimension(&self) -> Dimension {
        match self {
            Self::Money => Dimension::Money,
            Self::Currency(currency) => Dimension::Currency(*currency),
            Self::MoneyIn(column) => Dimension::MoneyIn(column.clone()),
            Self::Counting(name) => Dimension::Counting(name.clone()),
            Self::Exact { .. } => Dimension::Exact,
            Self::Calendar(_) => Dimension::Calendar,
        }
    }

    /// The length of the counted unit in the finest base of its dimension: seconds or months.
    fn length(&self) -> u128 {
        match self {
            Self::Exact { counted, .. } => counted.seconds().into(),
            Self::Calendar(duration) => duration.months().into(),
            _ => 1,
        }
    }

    /// The factor to another base of the same dimension.
    fn factor_to(&self, other: &Base) -> Factor {
        Factor::new(self.length(), other.length())
    }
}

impl Currency {
    /// The currency with this ISO 4217 code in capital letters.
    pub fn from_code(code: &str) -> Option<Self> {
        iso_currency::Currency::from_code(code).map(Self)
    }

    /// All currencies, in the order of their codes.
    pub fn all() -> impl Iterator<Item = Currency> {
        use iso_currency::IntoEnumIterator as _;
        iso_currency::Currency::iter().map(Self)
    }

    /// The default currency of a symbol: `$` is the US dollar.
    pub fn from_symbol(symbol: &str) -> Option<Self> {
        let code = match symbol {
            "€" => "EUR",
            "$" => "USD",
            "£" => "GBP",
            "¥" => "JPY",
            "₹" => "INR",
            _ => return None,
        };
        Self::from_code(code)
    }

    /// Returns true if amounts in this currency can be written with this mark: its code, or a symbol that it uses.
    pub fn is_written_as(self, mark: &str) -> bool {
        match mark {
            "¥" => ["JPY", "CNY"].contains(&self.code()),
            "kr" => ["SEK", "NOK", "DKK", "ISK"].contains(&self.code()),
            "$" => self.0.symbol().symbol.contains('$'),
            code => self.code() == code,
        }
    }

    /// The ISO 4217 code: `EUR`.
    pub fn code(&self) -> &'static str {
        self.0.code()
    }

    /// The symbol: `€`.
    pub fn symbol(&self) -> String {
        self.0.symbol().symbol
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl PartialOrd for Currency {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Currency {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.code().cmp(other.code())
    }
}

impl ExactDuration {
    /// All durations.
    pub const ALL: [Self; 5] = [Self::Second, Self::Minute, Self::Hour, Self::Day, Self::Week];

    /// The name in the singular: `day`.
    pub fn name(self) -> &'static str {
        ["second", "minute", "hour", "day", "week"][self as usize]
    }

    /// The length in seconds.
    pub fn seconds(self) -> u32 {
        [1, 60, 3_600, 86_400, 604_800][self as usize]
    }
}

impl CalendarDuration {
    /// All durations.
    pub const ALL: [Self; 3] = [Self::Month, Self::Quarter, Self::Year];

    /// The name in the singular: `month`.
    pub fn name(self) -> &'static str {
        ["month", "quarter", "year"][self as usize]
    }

    /// The length in months.
    pub fn months(self) -> u32 {
        [1, 3, 12][self as usize]
    }
}

impl Factor {
    /// The factor 1, which converts nothing.
    pub const ONE: Factor = Factor { numerator: 1, denominator: 1 };

    /// The ratio of two nonzero lengths.
    fn new(numerator: u128, denominator: u128) -> Self {
        let divisor = greatest_common_divisor(numerator, denominator);
        Self { numerator: numerator / divisor, denominator: denominator / divisor }
    }

    /// Returns true if nothing needs to be converted.
    pub fn is_one(self) -> bool {
        self == Self::ONE
    }

    /// The number to multiply by.
    pub fn numerator(self) -> Decimal {
        decimal(self.numerator)
    }

    /// The number to divide by after the multiplication.
    pub fn denominator(self) -> Decimal {
        decimal(self.denominator)
    }

    /// The inverse conversion.
    pub fn inverse(self) -> Self {
        Self { numerator: self.denominator, denominator: self.numerator }
    }

    /// The product of two conversions. Returns None if the result does not fit a decimal.
    pub fn times(self, other: Factor) -> Option<Self> {
        // Cancelling crosswise first keeps the products small and in lowest terms.
        let (first, second) =
            (Self::new(self.numerator, other.denominator), Self::new(other.numerator, self.denominator));
        let fits = |product: &u128| *product <= MAX_DECIMAL;
        let numerator = first.numerator.checked_mul(second.numerator).filter(fits)?;
        let denominator = first.denominator.checked_mul(second.denominator).filter(fits)?;
        Some(Self { numerator, denominator })
    }

    /// The conversion to the power of a unit's exponent.
    fn power(self, exponent: i8) -> Self {
        let base = if exponent < 0 { self.inverse() } else { self };
        let raise = |number: u128| number.pow(u32::from(exponent.unsigned_abs()));
        Self { numerator: raise(base.numerator), denominator: raise(base.denominator) }
    }
}

/// The largest mantissa of a decimal: 96 bits.
const MAX_DECIMAL: u128 = (1 << 96) - 1;

fn decimal(number: u128) -> Decimal {
    // The conversion is exact because a factor has at most 96 bits.
    Decimal::from_i128_with_scale(number as i128, 0)
}

fn greatest_common_divisor(a: u128, b: u128) -> u128 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn base() -> impl Strategy<Value = Base> {
        prop_oneof![
            Just(Base::Money),
            prop::sample::select(vec!["EUR", "USD", "JPY"])
                .prop_map(|code| Base::Currency(Currency::from_code(code).expect("these exist"))),
            prop::sample::select(vec!["customer", "lead"]).prop_map(|name| Base::Counting(name.into())),
            prop::sample::select(&ExactDuration::ALL).prop_map(Base::exact),
            prop::sample::select(&CalendarDuration::ALL).prop_map(Base::Calendar),
        ]
    }

    fn signed() -> impl Strategy<Value = Unit> {
        (base(), any::<bool>()).prop_map(|(base, divided)| match divided {
            true => Unit::from(base).inverse(),
            false => Unit::from(base),
        })
    }

    /// Units of at most two bases to the power 1, so that products of three stay within the limit.
    fn unit() -> impl Strategy<Value = Unit> {
        prop_oneof![Just(Unit::PLAIN), signed(), (signed(), signed()).prop_map(|(a, b)| product(&a, &b).0)]
            .prop_filter("powers of one", |unit| unit.factors.iter().all(|(_, exponent)| exponent.abs() == 1))
    }

    fn product(lhs: &Unit, rhs: &Unit) -> (Unit, Factor) {
        lhs.times(rhs).expect("within the limits")
    }

    /// Returns true if `x` of the first unit equals `factor * x` of the second.
    fn same((unit, scale): &(Unit, Factor), (other, other_scale): &(Unit, Factor)) -> bool {
        let factor = unit.factor_to(other).expect("one dimension");
        scale.times(factor).expect("within the limits") == *other_scale
    }

    proptest! {
        #[test]
        fn products_commute(a in unit(), b in unit()) {
            prop_assert_eq!(product(&a, &b), product(&b, &a));
        }

        #[test]
        fn products_associate(a in unit(), b in unit(), c in unit()) {
            let (ab, first) = product(&a, &b);
            let (bc, second) = product(&b, &c);
            let (left, third) = product(&ab, &c);
            let (right, fourth) = product(&a, &bc);
            let left = (left, first.times(third).unwrap());
            let right = (right, second.times(fourth).unwrap());
            prop_assert!(same(&left, &right), "{left:?} {right:?}");
        }

        #[test]
        fn a_unit_divided_by_itself_is_plain(a in unit()) {
            prop_assert_eq!(a.per(&a), Some((Unit::PLAIN, Factor::ONE)));
            prop_assert_eq!(a.inverse().inverse(), a);
        }

        #[test]
        fn conversions_round_trip(a in unit(), b in unit()) {
            if let Some(there) = a.factor_to(&b) {
                prop_assert_eq!(b.factor_to(&a), Some(there.inverse()));
                prop_assert_eq!(there.times(there.inverse()), Some(Factor::ONE));
            }
        }

        #[test]
        fn the_square_root_of_a_square_is_the_unit(a in unit()) {
            prop_assert_eq!(a.power(2).unwrap().square_root(), Some(a));
        }
    }

    fn day() -> Unit {
        Unit::from(Base::exact(ExactDuration::Day))
    }

    fn calendar(duration: CalendarDuration) -> Unit {
        Unit::from(Base::Calendar(duration))
    }

    fn currency(code: &str) -> Unit {
        Unit::from(Base::Currency(Currency::from_code(code).unwrap()))
    }

    #[test]
    fn durations_convert_by_exact_factors() {
        let hour = Unit::from(Base::exact(ExactDuration::Hour));
        let week = Unit::from(Base::exact(ExactDuration::Week));
        assert_eq!(day().factor_to(&hour), Some(Factor::new(24, 1)));
        assert_eq!(day().factor_to(&week), Some(Factor::new(1, 7)));
        assert_eq!(
            calendar(CalendarDuration::Year).factor_to(&calendar(CalendarDuration::Quarter)),
            Some(Factor::new(4, 1))
        );
        assert_eq!(day().factor_to(&calendar(CalendarDuration::Month)), None);
        assert_eq!(day().per(&hour), Some((Unit::PLAIN, Factor::new(24, 1))));
    }

    #[test]
    fn currencies_do_not_convert() {
        assert_eq!(currency("EUR").factor_to(&currency("USD")), None);
        assert_eq!(currency("EUR").factor_to(&Unit::from(Base::Money)), None);
    }

    #[test]
    fn a_rate_times_a_duration_is_an_amount() {
        let per_month = currency("EUR").per(&calendar(CalendarDuration::Month)).unwrap().0;
        let year = calendar(CalendarDuration::Year);
        assert_eq!(per_month.times(&year), Some((currency("EUR"), Factor::new(12, 1))));
    }

    #[test]
    fn counting_units_are_displayed_and_check_as_plain() {
        let customer = Unit::from(Base::Counting("customer".into()));
        let each = currency("EUR").per(&customer).unwrap().0;
        assert_eq!(each.to_string(), "EUR/customer");
        assert_eq!(each.factor_to(&currency("EUR")), Some(Factor::ONE));
        assert_eq!(each.times(&customer), Some((currency("EUR"), Factor::ONE)));
        assert!(customer.is_plain() && !customer.is_one());
    }

    #[test]
    fn units_are_written_in_one_order() {
        let month = calendar(CalendarDuration::Month);
        let customer = Unit::from(Base::Counting("customer".into()));
        let written = |unit: Unit| unit.to_string();
        assert_eq!(written(day()), "days");
        assert_eq!(written(day().inverse()), "1/day");
        assert_eq!(written(day().per(&customer).unwrap().0), "days/customer");
        assert_eq!(
            written(month.inverse().per(&customer).unwrap().0.times(&currency("EUR")).unwrap().0),
            "EUR/customer/month"
        );
        assert_eq!(written(currency("EUR").power(2).unwrap()), "EUR*EUR");
        assert_eq!(written(day().times(&currency("EUR")).unwrap().0), "EUR*day");
    }

    #[test]
    fn powers_beyond_the_limit_are_none() {
        let highest = day().power(MAX_EXPONENT.into()).unwrap();
        assert_eq!(highest.times(&day()), None);
        assert_eq!(day().power(i64::from(MAX_EXPONENT) + 1), None);
        assert_eq!(day().power(i64::MIN), None);
    }

    #[test]
    fn the_largest_conversion_factor_fits_a_decimal() {
        let longest = |exact, calendar| {
            let (exact, calendar) = (Unit::from(Base::exact(exact)), Unit::from(Base::Calendar(calendar)));
            exact.times(&calendar).unwrap().0.power(MAX_EXPONENT.into()).unwrap()
        };
        let coarse = longest(ExactDuration::Week, CalendarDuration::Year);
        let fine = longest(ExactDuration::Second, CalendarDuration::Month);
        let factor = coarse.factor_to(&fine).unwrap();
        assert_eq!(factor.numerator().to_string(), (604_800u128.pow(4) * 12u128.pow(4)).to_string());
        assert_eq!(factor.denominator(), Decimal::ONE);
    }

    #[test]
    fn bases_beyond_the_limit_are_none() {
        let lead = |at: usize| Unit::from(Base::Counting(format!("lead{at}").into()));
        let full = (0..MAX_BASES).fold(Unit::PLAIN, |unit, at| unit.times(&lead(at)).unwrap().0);
        assert_eq!(full.times(&lead(MAX_BASES)), None);
    }
}
