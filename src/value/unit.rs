//! Units and types of values: what may be added, and what multiplying gives.
//!
//! A [`Unit`] is a product of [`Base`]s. Bases of one dimension convert into each other by an exact [`Factor`]; a unit
//! holds at most one base of each dimension, so that `10 days / 2 hours` is the plain number 120.

use std::fmt;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use super::Decimal;

/// The highest power of a base in a unit: `EUR*EUR*EUR*EUR`. It keeps every conversion factor an exact decimal
/// (604 800⁴ seconds in a week times 12⁴ months in a year has 28 digits).
pub const MAX_EXPONENT: i8 = 4;

/// How many bases a unit may hold: `EUR/customer/month` has three.
pub const MAX_BASES: usize = 16;

/// What a value is.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub enum Type {
    /// Nothing is known: it agrees with everything. An input without a type, and whatever is wrong already.
    #[default]
    Unknown,
    /// The literal `0`, which fits every unit.
    Zero,
    /// A number with its unit and how it is to be written.
    Number(Unit, Spelling),
    /// A text.
    Text,
    /// A truth value.
    Boolean,
    /// A day or a moment.
    Date,
}

/// How a plain number is to be written; it means the same in every spelling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Spelling {
    /// `0.05`
    #[default]
    Plain,
    /// `5%`
    Percent,
    /// `3.2`, one thing to another
    Ratio,
    /// `1,204`, a whole number of things
    Count,
}

/// A product of bases, each with an exponent that is not 0; without any it is a plain number.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Unit {
    // Sorted; at most one base of each dimension.
    factors: Vec<(Base, i8)>,
}

/// What a unit is made of. The order is the one in which units are written.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Base {
    /// Money of a library that declares no currency: `money` alone.
    Money,
    /// A currency; each is a dimension of its own.
    Currency(Currency),
    /// A declared counting unit: it shows in results and checks as a plain number.
    Counting(Arc<str>),
    /// A duration of a fixed length: the unit that it is shown in, and the one that its numbers count.
    ///
    /// They differ for what comes from two moments: a day at most is shown as `0.5 days`, but 20 minutes are no decimal
    /// fraction of a day. So its numbers count seconds until somebody asks to see them.
    Exact {
        /// What a reader sees.
        shown: ExactDuration,
        /// What a number counts.
        counted: ExactDuration,
    },
    /// A duration on the calendar.
    Calendar(CalendarDuration),
}

/// Bases of one dimension convert into each other.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Dimension {
    Money,
    Currency(Currency),
    Counting(Arc<str>),
    Exact,
    Calendar,
}

/// A currency of ISO 4217.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Currency(iso_currency::Currency);

/// Durations of a fixed length: one dimension.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum ExactDuration {
    Second,
    Minute,
    Hour,
    Day,
    Week,
}

/// Durations on the calendar: another dimension, which never converts into [`ExactDuration`]s.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum CalendarDuration {
    Month,
    Quarter,
    Year,
}

/// An exact conversion: multiply by the numerator, then divide by the denominator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Factor {
    // In lowest terms, neither is 0, both fit a decimal.
    numerator: u128,
    denominator: u128,
}

impl Type {
    /// A number without a unit.
    pub const PLAIN: Type = Type::Number(Unit::PLAIN, Spelling::Plain);

    /// A whole number of things.
    pub const COUNT: Type = Type::Number(Unit::PLAIN, Spelling::Count);

    /// A share of 1, written with `%`.
    pub const PERCENT: Type = Type::Number(Unit::PLAIN, Spelling::Percent);

    /// A number of that unit.
    pub fn of(unit: Unit) -> Self {
        Self::Number(unit, Spelling::Plain)
    }

    /// A number of days.
    pub fn days() -> Self {
        Self::of(Unit::from(Base::exact(ExactDuration::Day)))
    }

    /// What lies between two moments: shown in days, counted in seconds.
    pub fn elapsed() -> Self {
        Self::of(Unit::from(Base::Exact { shown: ExactDuration::Day, counted: ExactDuration::Second }))
    }

    /// The same, with numbers that count what is shown.
    pub fn as_shown(&self) -> Self {
        match self {
            Self::Number(unit, spelling) => Self::Number(unit.as_shown(), *spelling),
            other => other.clone(),
        }
    }

    /// The unit, of a number.
    pub fn unit(&self) -> Option<&Unit> {
        match self {
            Self::Number(unit, _) => Some(unit),
            _ => None,
        }
    }

    /// How a number is to be written; everything else is plain.
    pub fn spelling(&self) -> Spelling {
        match self {
            Self::Number(_, spelling) => *spelling,
            _ => Spelling::Plain,
        }
    }

    /// Whether it is known to have a unit that must fit others.
    pub fn is_united(&self) -> bool {
        self.unit().is_some_and(|unit| !unit.is_plain())
    }

    /// What heads of tables and JSON say beside a name: `EUR/month`, `days`, `percent`; None where a number is plain,
    /// and for all that is not a number.
    pub fn unit_name(&self) -> Option<String> {
        match self {
            Self::Number(unit, Spelling::Percent) if unit.is_one() => Some("percent".into()),
            Self::Number(unit, _) if !unit.is_one() => Some(unit.to_string()),
            _ => None,
        }
    }
}

/// As an annotation would write it; `number` where a number is plain, `unknown` where nothing is known.
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
        }
    }
}

impl Serialize for Type {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Spelling {
    /// The type that an annotation names.
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
    /// No unit: a plain number.
    pub const PLAIN: Unit = Unit { factors: Vec::new() };

    /// Whether nothing at all is written beside the number.
    pub fn is_one(&self) -> bool {
        self.factors.is_empty()
    }

    /// Whether it checks as a plain number: it holds counting units at most.
    pub fn is_plain(&self) -> bool {
        self.checked().next().is_none()
    }

    /// The bases and their exponents in the order in which they are written.
    pub fn factors(&self) -> &[(Base, i8)] {
        &self.factors
    }

    /// The product of two units, and the factor that the product of two such numbers must be multiplied by: years times
    /// `1/month` is 12. None where the product is beyond `MAX_EXPONENT` or `MAX_BASES`.
    pub fn times(&self, other: &Unit) -> Option<(Unit, Factor)> {
        let mut product = self.factors.clone();
        let mut scale = Factor::ONE;
        for (base, exponent) in &other.factors {
            scale = scale.times(join(&mut product, base, *exponent)?)?;
        }
        product.retain(|&(_, exponent)| exponent != 0);
        product.sort();
        (product.len() <= MAX_BASES).then_some((Unit { factors: product }, scale))
    }

    /// The quotient of two units, with the factor as in [`Unit::times`].
    pub fn per(&self, other: &Unit) -> Option<(Unit, Factor)> {
        self.times(&other.inverse())
    }

    /// `1/unit`
    pub fn inverse(&self) -> Unit {
        Unit { factors: self.factors.iter().map(|(base, exponent)| (base.clone(), -exponent)).collect() }
    }

    /// The unit to a whole power; None beyond `MAX_EXPONENT`.
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

    /// The unit whose square this is; None where an exponent is odd. Counting units with an odd one are dropped.
    pub fn square_root(&self) -> Option<Unit> {
        let halves =
            |factors: Vec<(Base, i8)>| factors.into_iter().map(|(base, exponent)| (base, exponent / 2)).collect();
        let even = |(_, exponent): &(Base, i8)| exponent % 2 == 0;
        let kept: Vec<_> =
            self.factors.iter().filter(|factor| even(factor) || !is_counting(&factor.0)).cloned().collect();
        kept.iter().all(even).then(|| Unit { factors: halves(kept) })
    }

    /// What a number of this unit is multiplied by to become one of `other`: days to hours is 24. None where the two are
    /// not of one dimension. Counting units play no part.
    pub fn factor_to(&self, other: &Unit) -> Option<Factor> {
        let (mine, theirs): (Vec<_>, Vec<_>) = (self.checked().collect(), other.checked().collect());
        if mine.len() != theirs.len() {
            return None;
        }
        // One dimension has one place in the order of bases, so that the two line up.
        mine.iter().zip(&theirs).try_fold(Factor::ONE, |factor, ((mine, exponent), (theirs, other))| {
            let fits = mine.dimension() == theirs.dimension() && exponent == other;
            fits.then(|| mine.factor_to(theirs).power(*exponent)).and_then(|next| factor.times(next))
        })
    }

    /// The counting units alone.
    pub fn counting(&self) -> Unit {
        Unit { factors: self.factors.iter().filter(|(base, _)| is_counting(base)).cloned().collect() }
    }

    /// The unit without its counting units.
    pub fn without_counting(&self) -> Unit {
        Unit { factors: self.checked().cloned().collect() }
    }

    /// This unit with the counting units of `counting` in the place of its own.
    pub fn with_counting(&self, counting: &Unit) -> Unit {
        let own = self.checked();
        let mut factors: Vec<_> =
            own.chain(counting.factors.iter().filter(|(base, _)| is_counting(base))).cloned().collect();
        factors.sort();
        factors.truncate(MAX_BASES);
        Unit { factors }
    }

    /// The same unit, with numbers that count what is shown.
    pub fn as_shown(&self) -> Unit {
        Unit { factors: self.factors.iter().map(|(base, exponent)| (base.as_shown(), *exponent)).collect() }
    }

    /// The same unit as it is shown, counted as finely as the finer of the two, which are of one dimension.
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

    fn checked(&self) -> impl Iterator<Item = &(Base, i8)> {
        self.factors.iter().filter(|(base, _)| !is_counting(base))
    }
}

impl From<Base> for Unit {
    fn from(base: Base) -> Self {
        Self { factors: vec![(base, 1)] }
    }
}

/// `EUR/customer`, `1/day`, `days`; a power is written out (`EUR*EUR`), as in an annotation.
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
        written(|exponent| exponent < 0).try_for_each(|base| write!(f, "/{}", base.name()))
    }
}

/// Multiplies `factors` by `base` to the power `exponent`; bases of one dimension become the finer one.
fn join(factors: &mut Vec<(Base, i8)>, base: &Base, exponent: i8) -> Option<Factor> {
    let at = factors.iter().position(|(known, _)| known.dimension() == base.dimension());
    let (known, known_exponent) = at.map_or((base.clone(), 0), |at| factors[at].clone());
    let sum = known_exponent.checked_add(exponent).filter(|sum| sum.abs() <= MAX_EXPONENT)?;
    let mut common = known.finer(base);
    if sum < 0 {
        // Per day is per day: one per second would be a fraction that does not end.
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
    /// A duration that is shown as it is counted.
    pub fn exact(duration: ExactDuration) -> Self {
        Self::Exact { shown: duration, counted: duration }
    }

    fn as_shown(&self) -> Self {
        match self {
            Self::Exact { shown, .. } => Self::exact(*shown),
            other => other.clone(),
        }
    }

    /// The finer of two bases of one dimension; of durations the finer one is shown, and the finer one counted.
    fn finer(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::Exact { shown, counted }, Self::Exact { shown: other_shown, counted: other_counted }) => {
                Self::Exact { shown: *shown.min(other_shown), counted: *counted.min(other_counted) }
            }
            _ => self.min(other).clone(),
        }
    }

    /// How it is written in a compound: `month`.
    pub fn name(&self) -> &str {
        match self {
            Self::Money => "money",
            Self::Currency(currency) => currency.code(),
            Self::Counting(name) => name,
            Self::Exact { shown, .. } => shown.name(),
            Self::Calendar(duration) => duration.name(),
        }
    }

    /// How it is written after a number, alone or divided: `months`, `days/customer`.
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
            Self::Counting(name) => Dimension::Counting(name.clone()),
            Self::Exact { .. } => Dimension::Exact,
            Self::Calendar(_) => Dimension::Calendar,
        }
    }

    /// The length of what its numbers count in the finest base of its dimension: seconds, months.
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
    /// The currency of an ISO 4217 code in capitals.
    pub fn from_code(code: &str) -> Option<Self> {
        iso_currency::Currency::from_code(code).map(Self)
    }

    /// All of them, in the order of their codes.
    pub fn all() -> impl Iterator<Item = Currency> {
        use iso_currency::IntoEnumIterator as _;
        iso_currency::Currency::iter().map(Self)
    }

    /// The currency that a symbol means where nothing else is said: `$` is the US dollar.
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

    /// `EUR`
    pub fn code(&self) -> &'static str {
        self.0.code()
    }

    /// `€`
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
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Second, Self::Minute, Self::Hour, Self::Day, Self::Week];

    /// `day`
    pub fn name(self) -> &'static str {
        ["second", "minute", "hour", "day", "week"][self as usize]
    }

    /// Its length.
    pub fn seconds(self) -> u32 {
        [1, 60, 3_600, 86_400, 604_800][self as usize]
    }
}

impl CalendarDuration {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Month, Self::Quarter, Self::Year];

    /// `month`
    pub fn name(self) -> &'static str {
        ["month", "quarter", "year"][self as usize]
    }

    /// Its length.
    pub fn months(self) -> u32 {
        [1, 3, 12][self as usize]
    }
}

impl Factor {
    /// Nothing to convert.
    pub const ONE: Factor = Factor { numerator: 1, denominator: 1 };

    /// The factor of two lengths, neither of which is 0.
    fn new(numerator: u128, denominator: u128) -> Self {
        let divisor = greatest_common_divisor(numerator, denominator);
        Self { numerator: numerator / divisor, denominator: denominator / divisor }
    }

    /// Whether there is nothing to convert.
    pub fn is_one(self) -> bool {
        self == Self::ONE
    }

    /// What to multiply by.
    pub fn numerator(self) -> Decimal {
        decimal(self.numerator)
    }

    /// What to divide by afterwards.
    pub fn denominator(self) -> Decimal {
        decimal(self.denominator)
    }

    /// The conversion back.
    pub fn inverse(self) -> Self {
        Self { numerator: self.denominator, denominator: self.numerator }
    }

    /// One conversion after another; None where the result is no decimal.
    pub fn times(self, other: Factor) -> Option<Self> {
        // Cancelling crosswise first keeps the products in lowest terms, and small.
        let (first, second) =
            (Self::new(self.numerator, other.denominator), Self::new(other.numerator, self.denominator));
        let fits = |product: &u128| *product <= MAX_DECIMAL;
        let numerator = first.numerator.checked_mul(second.numerator).filter(fits)?;
        let denominator = first.denominator.checked_mul(second.denominator).filter(fits)?;
        Some(Self { numerator, denominator })
    }

    /// The conversion as often as the exponent of a unit says.
    fn power(self, exponent: i8) -> Self {
        let base = if exponent < 0 { self.inverse() } else { self };
        let raise = |number: u128| number.pow(u32::from(exponent.unsigned_abs()));
        Self { numerator: raise(base.numerator), denominator: raise(base.denominator) }
    }
}

/// The largest mantissa of a decimal: 96 bits.
const MAX_DECIMAL: u128 = (1 << 96) - 1;

fn decimal(number: u128) -> Decimal {
    // Exact: a factor holds 96 bits at most.
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

    /// Whether `x` of the first unit is `factor * x` of the second.
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
        fn a_unit_per_itself_is_plain(a in unit()) {
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
        fn a_square_has_its_root(a in unit()) {
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
    fn counting_units_show_and_check_as_plain() {
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
    fn powers_end_at_the_limit() {
        let highest = day().power(MAX_EXPONENT.into()).unwrap();
        assert_eq!(highest.times(&day()), None);
        assert_eq!(day().power(i64::from(MAX_EXPONENT) + 1), None);
        assert_eq!(day().power(i64::MIN), None);
    }

    #[test]
    fn the_longest_conversion_is_a_decimal() {
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
    fn bases_end_at_the_limit() {
        let lead = |at: usize| Unit::from(Base::Counting(format!("lead{at}").into()));
        let full = (0..MAX_BASES).fold(Unit::PLAIN, |unit, at| unit.times(&lead(at)).unwrap().0);
        assert_eq!(full.times(&lead(MAX_BASES)), None);
    }
}
