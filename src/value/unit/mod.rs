//! Defines units and types of values, and the units of sums and products.
//!
//! A [`Unit`] is a product of [`Base`]s. Bases of one dimension convert into each other by an exact [`Factor`]. A unit
//! holds at most one base of each dimension, so that `10 days / 2 hours` is the plain number 120.

mod currency;
mod factor;

use std::fmt;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use super::calendar::Grain;

pub use currency::Currency;
pub use factor::Factor;

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

#[cfg(test)]
mod tests;
