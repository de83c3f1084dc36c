//! Formats exact decimals in a language: `€1,234.56`, `5,2 %`, `3.5 days`, `1.2M`.
//!
//! Rounding affects the output only: half away from zero, from the exact decimal. The number of decimals, unless
//! [`NumberStyle::decimals`] sets it:
//!
//! | what | decimals |
//! |---|---|
//! | money | as many as the currency has: 2 for EUR, 0 for JPY; 2 without a currency |
//! | percent | at most 1 |
//! | other numbers, 1 and above | at most 2 |
//! | other numbers below 1 | at most 3 significant digits |
//! | compact, 1000 and above | 2 significant digits, or all those before the point |
//!
//! *At most* means that trailing zeros are omitted, unless [`NumberFormat::aligned`] sets one number of decimals for a
//! column. A value other than 0 never prints as 0: if its decimals would round it to 0, it keeps 2 significant digits.
//! Signs follow the locale data. Both languages use an ASCII `-`, so that a number copied from a table can be parsed.

use std::sync::Arc;

use fixed_decimal::{Decimal as Digits, Sign, UnsignedDecimal, UnsignedRoundingMode};
use icu_experimental::measure::category::{CategorizedMeasureUnit, Duration};
use serde::Serialize;
use writeable::Writeable;

use super::{Affixes, Locale};
use crate::language::Language;
use crate::value::Decimal;
use crate::value::unit::{Base, CalendarDuration, ExactDuration, Spelling, Type, Unit};

/// The decimals of money without a currency.
const MONEY_DECIMALS: u8 = 2;
/// The decimals of percentages.
const PERCENT_DECIMALS: u8 = 1;
/// The decimals of other numbers, 1 and above.
const PLAIN_DECIMALS: u8 = 2;
/// The significant digits of other numbers below 1.
const SMALL_DIGITS: i16 = 3;
/// The significant digits of a value that would otherwise print as 0.
const KEPT_DIGITS: i16 = 2;
/// The maximum number of decimals that [`NumberFormat::aligned`] gives to a column.
pub const MAX_ALIGNED_DECIMALS: u8 = 4;

/// The style of a number.
///
/// ```
/// use yardstick::internal::render::{Lead, NumberStyle, UnitName};
/// use yardstick::output::{Language, Locale};
///
/// let per_customer = NumberStyle {
///     lead: Lead::Currency("EUR".into()),
///     per: vec![UnitName::Counting("customer".into())],
///     ..NumberStyle::default()
/// };
/// let english = Locale::new(Language::English);
/// assert_eq!(english.format(&per_customer).text("1250.5".parse().unwrap()), "€1,250.50/customer");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct NumberStyle {
    /// The leading unit.
    pub lead: Lead,
    /// Further units of the numerator.
    pub times: Vec<UnitName>,
    /// The units of the denominator.
    pub per: Vec<UnitName>,
    /// The exact number of decimals, if set.
    pub decimals: Option<u8>,
    /// True to shorten large numbers: `1.2M` for 1 234 567.
    pub compact: bool,
}

/// The leading unit of a number.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Lead {
    /// A plain number, a count or a ratio.
    #[default]
    Plain,
    /// A percentage: 0.052 is shown as `5.2%`.
    Percent,
    /// An amount without a currency.
    Money,
    /// An amount in a currency, by its ISO 4217 code.
    Currency(Arc<str>),
    /// A length of time.
    Duration(DurationUnit),
}

/// A unit beside the leading one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum UnitName {
    /// A counting unit, or a currency in the denominator, as shown.
    Counting(Arc<str>),
    /// A length of time.
    Duration(DurationUnit),
}

/// A unit of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum DurationUnit {
    Second,
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Quarter,
    Year,
}

impl NumberStyle {
    /// Returns the style for values of a type. A currency or a length of time leads, other units follow.
    ///
    /// Counting units are shown in denominators (`€50.00/customer`). A plain count is shown as a number (`1,204`),
    /// because the name of the column says what is counted.
    pub fn of(ty: &Type) -> Self {
        let Type::Number(unit, spelling) = ty else { return Self::default() };
        let mut above = written_out(unit, 1);
        let leading = above.iter().position(|base| lead(base).is_some());
        let lead = match leading {
            Some(at) => lead(above.remove(at)).unwrap_or_default(),
            None if *spelling == Spelling::Percent => Lead::Percent,
            None => Lead::Plain,
        };
        let below = written_out(unit, -1);
        let alone = lead == Lead::Plain && below.is_empty();
        Self {
            times: above
                .into_iter()
                .filter(|base| !alone || !matches!(base, Base::Counting(_)))
                .map(unit_name)
                .collect(),
            per: below.into_iter().map(unit_name).collect(),
            lead,
            ..Self::default()
        }
    }
}

#[cfg(feature = "change")]
impl NumberStyle {
    /// The same style without the units beside the leading one, for values whose unit is written elsewhere.
    #[must_use]
    pub(crate) fn without_units(self) -> Self {
        Self { times: vec![], per: vec![], ..self }
    }
}

/// The units of the numerator (1) or denominator (-1), repeated according to their exponents.
fn written_out(unit: &Unit, sign: i8) -> Vec<&Base> {
    let side = unit.factors().iter().filter(|(_, exponent)| exponent.signum() == sign);
    side.flat_map(|(base, exponent)| std::iter::repeat_n(base, exponent.unsigned_abs().into())).collect()
}

/// The leading unit for a base in the numerator. None for counting units.
fn lead(base: &Base) -> Option<Lead> {
    match base {
        Base::Money | Base::MoneyIn(_) => Some(Lead::Money),
        Base::Currency(currency) => Some(Lead::Currency(currency.code().into())),
        Base::Exact { shown, .. } => Some(Lead::Duration((*shown).into())),
        Base::Calendar(duration) => Some(Lead::Duration((*duration).into())),
        Base::Counting(_) => None,
    }
}

fn unit_name(base: &Base) -> UnitName {
    match base {
        Base::Exact { shown, .. } => UnitName::Duration((*shown).into()),
        Base::Calendar(duration) => UnitName::Duration((*duration).into()),
        Base::Money | Base::Currency(_) | Base::MoneyIn(_) | Base::Counting(_) => {
            UnitName::Counting(base.name().into())
        }
    }
}

impl From<ExactDuration> for DurationUnit {
    fn from(duration: ExactDuration) -> Self {
        match duration {
            ExactDuration::Second => Self::Second,
            ExactDuration::Minute => Self::Minute,
            ExactDuration::Hour => Self::Hour,
            ExactDuration::Day => Self::Day,
            ExactDuration::Week => Self::Week,
        }
    }
}

impl From<CalendarDuration> for DurationUnit {
    fn from(duration: CalendarDuration) -> Self {
        match duration {
            CalendarDuration::Month => Self::Month,
            CalendarDuration::Quarter => Self::Quarter,
            CalendarDuration::Year => Self::Year,
        }
    }
}

impl DurationUnit {
    /// The unit of the locale library, which has no quarter.
    pub(super) fn icu(self) -> Option<CategorizedMeasureUnit<Duration>> {
        Some(match self {
            Self::Second => Duration::second(),
            Self::Minute => Duration::minute(),
            Self::Hour => Duration::hour(),
            Self::Day => Duration::day(),
            Self::Week => Duration::week(),
            Self::Month => Duration::month(),
            Self::Year => Duration::year(),
            Self::Quarter => return None,
        })
    }
}

impl Locale {
    /// Returns a formatter for a style in this language. Create it once per column.
    pub fn format(&self, style: &NumberStyle) -> NumberFormat<'_> {
        let (lead, decimals) = match &style.lead {
            Lead::Plain => (Around::signs(|negative| self.plain(negative)), Decimals::Plain),
            Lead::Money => (Around::signs(|negative| self.plain(negative)), Decimals::Exactly(MONEY_DECIMALS)),
            Lead::Percent => (Around::signs(|negative| self.percent(negative)), Decimals::AtMost(PERCENT_DECIMALS)),
            Lead::Currency(code) => (
                Around::signs(|negative| self.currency(code, negative).0),
                Decimals::Exactly(self.currency(code, false).1),
            ),
            Lead::Duration(unit) => (Around::Duration(*unit), Decimals::Plain),
        };
        NumberFormat {
            locale: self,
            lead,
            decimals: style.decimals.map_or(decimals, Decimals::Exactly),
            asked: style.decimals,
            percent: style.lead == Lead::Percent,
            compact: style.compact,
            suffix: self.suffix(style),
        }
    }

    fn plain(&self, negative: bool) -> Affixes {
        Affixes { before: if negative { "-" } else { "" }.into(), after: String::new() }
    }

    fn suffix(&self, style: &NumberStyle) -> String {
        let times = style.times.iter().map(|unit| format!("\u{a0}{}", self.unit_name(unit)));
        times.chain(style.per.iter().map(|unit| format!("/{}", self.unit_name(unit)))).collect()
    }

    fn unit_name(&self, unit: &UnitName) -> String {
        match unit {
            UnitName::Counting(name) if self.language == Language::English => name.to_string(),
            UnitName::Counting(name) => self.language.unit_word(name),
            UnitName::Duration(unit) => self.duration(*unit, &Digits::from(1)).after.trim().to_owned(),
        }
    }
}

/// A formatter for numbers of one style in one language.
#[derive(Clone)]
pub struct NumberFormat<'a> {
    locale: &'a Locale,
    lead: Around,
    decimals: Decimals,
    asked: Option<u8>,
    percent: bool,
    compact: bool,
    suffix: String,
}

/// The text around the digits.
#[derive(Clone)]
enum Around {
    Signs { positive: Affixes, negative: Affixes },
    Duration(DurationUnit),
}

impl Around {
    fn signs(affixes: impl Fn(bool) -> Affixes) -> Self {
        Self::Signs { positive: affixes(false), negative: affixes(true) }
    }
}

/// The number of decimals.
#[derive(Clone, Copy)]
enum Decimals {
    Exactly(u8),
    AtMost(u8),
    Plain,
}

impl Decimals {
    fn count(self, value: &UnsignedDecimal) -> i16 {
        match self {
            Self::Exactly(count) | Self::AtMost(count) => count.into(),
            Self::Plain if leading(value) < 0 => SMALL_DIGITS - 1 - leading(value),
            Self::Plain => PLAIN_DECIMALS.into(),
        }
    }
}

impl NumberFormat<'_> {
    /// Formats a value.
    pub fn text(&self, value: Decimal) -> String {
        let value = self.digits(value);
        if self.compact && leading(&value.absolute) >= 3 {
            return self.compact(&value);
        }
        let shown = Digits::new(value.sign, self.rounded(&value.absolute));
        let digits = self.locale.decimal.format(&unsigned(&shown)).write_to_string().into_owned();
        self.surround(&digits, &shown)
    }

    /// The language.
    pub fn language(&self) -> Language {
        self.locale.language
    }

    /// Returns true if the text of the value has all of its digits.
    pub fn is_exact(&self, value: Decimal) -> bool {
        let value = self.digits(value).absolute;
        let shortened = self.compact && leading(&value) >= 3;
        !shortened && self.rounded(&value).trimmed_end() == value.trimmed_end()
    }

    /// The number that the text of a value says. Short forms of large numbers stand for the full number.
    pub fn printed(&self, value: Decimal) -> Decimal {
        let digits = self.digits(value);
        let rounded = self.rounded(&digits.absolute).multiplied_pow10(if self.percent { -2 } else { 0 });
        Digits::new(digits.sign, rounded).write_to_string().parse().unwrap_or(value)
    }

    /// The difference between two numbers as they are printed. It is what a reader finds who subtracts them, and what the bars
    /// between them add up to. The exact difference, rounded, can end in another digit.
    pub fn difference(&self, after: Decimal, before: Decimal) -> Option<Decimal> {
        self.printed(after).checked_sub(self.printed(before))
    }

    /// The same format with this number of decimals.
    #[cfg(feature = "cli")]
    #[must_use]
    pub fn with_decimals(&self, decimals: u8) -> Self {
        Self { decimals: Decimals::Exactly(decimals), asked: Some(decimals), ..self.clone() }
    }

    /// Sets one number of decimals for a column, so that decimal points are aligned: the largest that any value needs,
    /// at most [`MAX_ALIGNED_DECIMALS`].
    #[must_use]
    pub fn aligned(self, values: impl IntoIterator<Item = Decimal>) -> Self {
        if self.compact {
            return self;
        }
        Self { decimals: Decimals::Exactly(self.common_decimals(values)), ..self }
    }

    /// The decimals that these values have in one column, see [`NumberFormat::aligned`]. If all of them are so small that they
    /// would print with less than 2 digits, they have as many as the one that needs most.
    pub fn common_decimals(&self, values: impl IntoIterator<Item = Decimal>) -> u8 {
        let sizes: Vec<UnsignedDecimal> = values.into_iter().map(|value| self.digits(value).absolute).collect();
        let needed = sizes.iter().map(|size| decimals_of(&self.rounded(size))).max().unwrap_or(0);
        let usual = match self.decimals {
            Decimals::Exactly(count) => count,
            _ => needed.min(MAX_ALIGNED_DECIMALS),
        };
        let is_lost = |size: &UnsignedDecimal| {
            let rounded = half_up(size, -i16::from(usual));
            rounded.is_zero() || leading(&rounded) + i16::from(usual) + 1 < KEPT_DIGITS
        };
        let are_lost = sizes.iter().all(is_lost) && sizes.iter().any(|size| !size.is_zero());
        if are_lost { needed } else { usual }
    }

    /// The digits before rounding. 0 has no sign.
    fn digits(&self, value: Decimal) -> Digits {
        let text = value.to_string();
        let mut digits: Digits = text.parse().expect("a decimal prints as digits with at most one point");
        if self.percent {
            digits.absolute = digits.absolute.multiplied_pow10(2).trimmed_start();
        }
        if digits.absolute.is_zero() {
            digits.sign = Sign::None;
        }
        digits
    }

    fn rounded(&self, value: &UnsignedDecimal) -> UnsignedDecimal {
        let decimals = self.decimals.count(value);
        let mut rounded = half_up(value, -decimals);
        if rounded.is_zero() && !value.is_zero() {
            return half_up(value, leading(value) - KEPT_DIGITS + 1).trimmed_end();
        }
        rounded.trim_end();
        match self.decimals {
            Decimals::Exactly(count) => rounded.padded_end(-i16::from(count)),
            _ => rounded,
        }
    }

    fn compact(&self, value: &Digits) -> String {
        let shown = self.scaled(value, leading(&value.absolute));
        // 999 950 rounds to 1000 thousand, so use the next magnitude: 1 million.
        let (shown, exponent) =
            if leading(&shown.0.absolute) >= 3 { self.scaled(value, leading(&value.absolute) + 1) } else { shown };
        let text = self.locale.compact.format_with_exponent(&unsigned(&shown), exponent).map(|text| text.to_string());
        self.surround(&text.expect("the exponent is the one that the locale has for this magnitude"), &shown)
    }

    /// The rounded value in thousands, millions, …, and the power of ten of that unit.
    fn scaled(&self, value: &Digits, magnitude: i16) -> (Digits, u8) {
        let exponent = self.locale.compact.compact_exponent_for_magnitude(magnitude);
        let mut scaled = value.absolute.clone();
        scaled.multiply_pow10(-i16::from(exponent));
        scaled = scaled.trimmed_start();
        let decimals = self.asked.map_or_else(|| (1 - leading(&scaled)).max(0), i16::from);
        (Digits::new(value.sign, half_up(&scaled, -decimals).trimmed_end()), exponent)
    }

    fn surround(&self, digits: &str, shown: &Digits) -> String {
        let around = match &self.lead {
            Around::Signs { negative, .. } if shown.sign == Sign::Negative => negative.clone(),
            Around::Signs { positive, .. } => positive.clone(),
            Around::Duration(unit) => self.locale.duration(*unit, shown),
        };
        format!("{}{digits}{}{}", around.before, around.after, self.suffix)
    }
}

/// The power of ten of the first digit; 0 for 0.
fn leading(value: &UnsignedDecimal) -> i16 {
    value.nonzero_magnitude_start()
}

fn half_up(value: &UnsignedDecimal, position: i16) -> UnsignedDecimal {
    value.clone().rounded_with_mode(position, UnsignedRoundingMode::HalfExpand)
}

/// The number of digits after the decimal point, without trailing zeros.
fn decimals_of(value: &UnsignedDecimal) -> u8 {
    u8::try_from(-value.nonzero_magnitude_end()).unwrap_or(0)
}

/// Removes the sign, which is part of the affixes.
fn unsigned(value: &Digits) -> Digits {
    Digits::new(Sign::None, value.absolute.clone())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Language;
    use super::*;
    use crate::value::unit::Currency;

    fn decimal(text: &str) -> Decimal {
        text.parse().expect("it is a decimal")
    }

    /// The value in English and in French.
    fn both(style: &NumberStyle, value: &str) -> [String; 2] {
        Language::ALL.map(|language| Locale::new(language).format(style).text(decimal(value)))
    }

    fn check(style: NumberStyle, cases: &[(&str, &str, &str)]) {
        for (value, english, french) in cases {
            assert_eq!(both(&style, value), [*english, *french], "{value} as {style:?}");
        }
    }

    fn euros() -> NumberStyle {
        NumberStyle { lead: Lead::Currency("EUR".into()), ..NumberStyle::default() }
    }

    #[test]
    fn formats_plain_numbers() {
        check(
            NumberStyle::default(),
            &[
                ("0", "0", "0"),
                ("-0.0", "0", "0"),
                ("3.2", "3.2", "3,2"),
                ("3.140", "3.14", "3,14"),
                ("1234.56", "1,234.56", "1\u{202f}234,56"),
                ("-1234567", "-1,234,567", "-1\u{202f}234\u{202f}567"),
                ("2.345", "2.35", "2,35"),
                ("-2.345", "-2.35", "-2,35"),
                ("0.12345", "0.123", "0,123"),
                ("0.9996", "1", "1"),
                ("0.0004", "0.0004", "0,0004"),
                ("0.000045678", "0.0000457", "0,0000457"),
            ],
        );
    }

    #[test]
    fn money_has_the_decimals_of_its_currency() {
        check(
            euros(),
            &[
                ("1234.56", "€1,234.56", "1\u{202f}234,56\u{a0}€"),
                ("-1234.5", "-€1,234.50", "-1\u{202f}234,50\u{a0}€"),
                ("0.005", "€0.01", "0,01\u{a0}€"),
                ("0.00412", "€0.0041", "0,0041\u{a0}€"),
                ("0", "€0.00", "0,00\u{a0}€"),
            ],
        );
        let currency = |code: &str| NumberStyle { lead: Lead::Currency(code.into()), ..NumberStyle::default() };
        check(currency("CHF"), &[("12", "CHF\u{a0}12.00", "12,00\u{a0}CHF")]);
        check(currency("JPY"), &[("1234.5", "¥1,235", "1\u{202f}235\u{a0}JP¥")]);
        check(currency("TND"), &[("1", "TND\u{a0}1.000", "1,000\u{a0}TND")]);
        check(currency("POINTS"), &[("-3", "-3.00\u{a0}POINTS", "-3,00\u{a0}POINTS")]);
    }

    #[test]
    fn formats_percentages() {
        let style = NumberStyle { lead: Lead::Percent, ..NumberStyle::default() };
        check(
            style,
            &[
                ("0.052", "5.2%", "5,2\u{a0}%"),
                ("3", "300%", "300\u{a0}%"),
                ("-0.12345", "-12.3%", "-12,3\u{a0}%"),
                ("0.0525", "5.3%", "5,3\u{a0}%"),
                ("0.0004", "0.04%", "0,04\u{a0}%"),
                (
                    "79228162514264337593543950335",
                    "7,922,816,251,426,433,759,354,395,033,500%",
                    "7\u{202f}922\u{202f}816\u{202f}251\u{202f}426\u{202f}433\u{202f}759\u{202f}354\u{202f}395\u{202f}033\u{202f}500\u{a0}%",
                ),
            ],
        );
    }

    #[test]
    fn explicit_decimals_are_exact() {
        let style = |decimals| NumberStyle { decimals: Some(decimals), ..NumberStyle::default() };
        check(style(2), &[("3", "3.00", "3,00"), ("2.5", "2.50", "2,50"), ("0.0004", "0.0004", "0,0004")]);
        check(style(0), &[("2.5", "3", "3"), ("-0.5", "-1", "-1"), ("1234.4", "1,234", "1\u{202f}234")]);
        let style = NumberStyle { decimals: Some(0), ..euros() };
        check(style, &[("1234.56", "€1,235", "1\u{202f}235\u{a0}€")]);
    }

    #[test]
    fn formats_compact_numbers() {
        let style = NumberStyle { compact: true, ..NumberStyle::default() };
        check(
            style,
            &[
                ("950", "950", "950"),
                ("1200", "1.2K", "1,2\u{a0}k"),
                ("1250", "1.3K", "1,3\u{a0}k"),
                ("12345", "12K", "12\u{a0}k"),
                ("-1234567", "-1.2M", "-1,2\u{a0}M"),
                ("999499", "999K", "999\u{a0}k"),
                ("999500", "1M", "1\u{a0}M"),
                ("9950", "10K", "10\u{a0}k"),
                ("2500000000", "2.5B", "2,5\u{a0}Md"),
            ],
        );
        check(NumberStyle { compact: true, ..euros() }, &[("1234567", "€1.2M", "1,2\u{a0}M\u{a0}€")]);
        let two = NumberStyle { compact: true, decimals: Some(2), ..NumberStyle::default() };
        check(two, &[("1234567", "1.23M", "1,23\u{a0}M")]);
    }

    #[test]
    fn formats_compact_numbers_of_every_magnitude() {
        let format = NumberStyle { compact: true, ..NumberStyle::default() };
        for power in 0..29 {
            for digit in ["1", "9"] {
                both(&format, &digit.repeat(power + 1).chars().take(28).collect::<String>());
            }
        }
    }

    #[test]
    fn durations_have_plural_forms() {
        let time = |unit| NumberStyle { lead: Lead::Duration(unit), ..NumberStyle::default() };
        check(
            time(DurationUnit::Day),
            &[
                ("3.5", "3.5 days", "3,5\u{a0}jours"),
                ("1", "1 day", "1\u{a0}jour"),
                ("1.5", "1.5 days", "1,5\u{a0}jour"),
                ("-2", "-2 days", "-2\u{a0}jours"),
            ],
        );
        check(time(DurationUnit::Month), &[("2", "2 months", "2\u{a0}mois")]);
        check(
            time(DurationUnit::Quarter),
            &[("1", "1 quarter", "1\u{a0}trimestre"), ("2", "2 quarters", "2\u{a0}trimestres")],
        );
    }

    #[test]
    fn formats_compound_units() {
        let customer = || UnitName::Counting("customer".into());
        let month = UnitName::Duration(DurationUnit::Month);
        let year = UnitName::Duration(DurationUnit::Year);
        check(NumberStyle { per: vec![customer()], ..euros() }, &[("50", "€50.00/customer", "50,00\u{a0}€/client")]);
        check(
            NumberStyle { per: vec![customer(), month], ..euros() },
            &[("50", "€50.00/customer/month", "50,00\u{a0}€/client/mois")],
        );
        check(
            NumberStyle { times: vec![customer()], ..NumberStyle::default() },
            &[("12", "12\u{a0}customer", "12\u{a0}client")],
        );
        check(NumberStyle { per: vec![year], ..NumberStyle::default() }, &[("2.5", "2.5/year", "2,5/an")]);
    }

    fn unit(above: &[Base], below: &[Base]) -> Type {
        let product = |bases: &[Base]| {
            bases.iter().fold(Unit::PLAIN, |unit, base| unit.times(&base.clone().into()).expect("it is small").0)
        };
        Type::of(product(above).per(&product(below)).expect("it is small").0)
    }

    #[test]
    fn each_type_has_a_style() {
        let euro = || Base::Currency(Currency::from_code("EUR").expect("it is a currency"));
        let customer = || Base::Counting("customer".into());
        let month = || Base::Calendar(CalendarDuration::Month);
        let day = || Base::exact(ExactDuration::Day);
        let cases = [
            (
                unit(&[euro()], &[customer(), month()]),
                ["€1,234.50/customer/month", "1\u{202f}234,50\u{a0}€/client/mois"],
            ),
            (unit(&[day()], &[]), ["1,234.5 days", "1\u{202f}234,5\u{a0}jours"]),
            (unit(&[customer()], &[]), ["1,234.5", "1\u{202f}234,5"]),
            (unit(&[customer()], &[month()]), ["1,234.5\u{a0}customer/month", "1\u{202f}234,5\u{a0}client/mois"]),
            (unit(&[Base::Money], &[]), ["1,234.50", "1\u{202f}234,50"]),
            (unit(&[], &[euro()]), ["1,234.5/EUR", "1\u{202f}234,5/EUR"]),
            (Type::Number(Unit::PLAIN, Spelling::Percent), ["123,450%", "123\u{202f}450\u{a0}%"]),
            (Type::Unknown, ["1,234.5", "1\u{202f}234,5"]),
        ];
        for (ty, expected) in cases {
            assert_eq!(both(&NumberStyle::of(&ty), "1234.5"), expected, "{ty}");
        }
    }

    #[test]
    fn aligned_values_have_the_same_number_of_decimals() {
        let locale = Locale::new(Language::English);
        let values = ["3.25", "3", "12.5"].map(decimal);
        let format = locale.format(&NumberStyle::default()).aligned(values);
        assert_eq!(values.map(|value| format.text(value)), ["3.25", "3.00", "12.50"]);
        let tiny = ["0.00001234", "5"].map(decimal);
        let format = locale.format(&NumberStyle::default()).aligned(tiny);
        assert_eq!(tiny.map(|value| format.text(value)), ["0.000012", "5.0000"]);
        let format = locale.format(&euros()).aligned(values);
        assert_eq!(format.text(decimal("3")), "€3.00");
        let smaller = ["0.0000000011", "0.00000000095", "0"].map(decimal);
        let format = locale.format(&NumberStyle::default()).aligned(smaller);
        assert_eq!(smaller.map(|value| format.text(value)), ["0.00000000110", "0.00000000095", "0.00000000000"]);
        assert_eq!(locale.format(&euros()).common_decimals(smaller), 11);
        let cents = ["0.0098", "0.0041", "0.003"].map(decimal);
        let format = locale.format(&euros()).aligned(cents);
        assert_eq!(cents.map(|value| format.text(value)), ["€0.0098", "€0.0041", "€0.0030"]);
        let format = locale.format(&euros()).aligned(["12.5", "0.0041"].map(decimal));
        assert_eq!(format.text(decimal("12.5")), "€12.50");
    }

    proptest! {
        /// The shown number is within half a unit of its last digit, and 0 is shown only for 0.
        #[test]
        fn rounding_is_to_the_nearest(mantissa in any::<i64>(), scale in 0u32..=18) {
            let value = Decimal::new(mantissa, scale);
            let shown = Locale::new(Language::English).format(&NumberStyle::default()).text(value);
            let read: Decimal = shown.replace(',', "").parse().expect("it is a number without its commas");
            let unit = Decimal::new(1, read.scale());
            prop_assert!((read - value).abs() * Decimal::TWO <= unit, "{value} is shown as {shown}");
            prop_assert_eq!(read.is_zero(), value.is_zero());
        }
    }
}
