//! Turns a language into its spelling of decimals, dates and affixes such as `€` and ` %`, from Unicode's CLDR data.
//!
//! All that touches the locale library stands here and in `render::number`.

pub(super) mod number;
mod phrases;
pub(super) mod typography;
pub(super) mod words;

use fixed_decimal::Decimal as Digits;
use icu_calendar::{Date as IcuDate, Gregorian};
use icu_datetime::FixedCalendarDateTimeFormatter as DateFormatter;
use icu_datetime::fieldsets;
use icu_decimal::{CompactDecimalFormatter, DecimalFormatter};
use icu_experimental::dimension::currency::CurrencyType;
use icu_experimental::dimension::currency::formatter::CurrencyFormatter;
use icu_experimental::dimension::percent::formatter::PercentFormatter;
use icu_experimental::dimension::units::categorized_formatter::CategorizedFormatter;
use icu_experimental::dimension::units::options::Width;
use icu_experimental::measure::category::{CategorizedMeasureUnit, Duration};
use icu_locale_core::{Locale as IcuLocale, locale};
use jiff::civil;
use serde::Serialize;

use super::locale::number::DurationUnit;
use crate::value::Date;

const COMPILED_IN: &str = "the data of every `Language` are compiled in";

/// A language in which results are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize)]
pub enum Language {
    /// English: `€1,234.56`
    #[default]
    #[serde(rename = "en")]
    English,
    /// French: `1 234,56 €`
    #[serde(rename = "fr")]
    French,
}

impl Language {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::English, Self::French];

    /// Its two-letter code.
    pub fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::French => "fr",
        }
    }

    /// The language with that two-letter code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.code() == code)
    }

    fn icu(self) -> IcuLocale {
        match self {
            Self::English => locale!("en"),
            Self::French => locale!("fr"),
        }
    }
}

/// A language's data, loaded once and used for any number of values.
pub struct Locale {
    /// Which language.
    pub language: Language,
    pub(super) decimal: DecimalFormatter,
    pub(super) compact: CompactDecimalFormatter,
    percent: PercentFormatter<DecimalFormatter>,
    date: DateFormatter<Gregorian, fieldsets::YMD>,
    month: DateFormatter<Gregorian, fieldsets::YM>,
}

impl Locale {
    /// The data of a language.
    pub fn new(language: Language) -> Self {
        let icu = language.icu();
        Self {
            language,
            decimal: DecimalFormatter::try_new((&icu).into(), Default::default()).expect(COMPILED_IN),
            compact: CompactDecimalFormatter::try_new_short((&icu).into(), Default::default()).expect(COMPILED_IN),
            percent: PercentFormatter::try_new((&icu).into(), Default::default()).expect(COMPILED_IN),
            date: DateFormatter::try_new((&icu).into(), fieldsets::YMD::long()).expect(COMPILED_IN),
            month: DateFormatter::try_new((&icu).into(), fieldsets::YM::long()).expect(COMPILED_IN),
        }
    }

    /// A day for reports: `March 5, 2026`, `5 mars 2026`. None outside the years -9999 to 9999.
    pub fn date(&self, date: Date) -> Option<String> {
        Some(self.date.format(&gregorian(date)?).to_string())
    }

    /// The month of a day for reports: `March 2026`, `mars 2026`. None outside the years -9999 to 9999.
    pub fn month(&self, date: Date) -> Option<String> {
        Some(self.month.format(&gregorian(date)?).to_string())
    }

    /// What stands around a percentage of that sign.
    pub(super) fn percent(&self, negative: bool) -> Affixes {
        Affixes::around(&self.percent.format(&one(negative)).to_string())
    }

    /// What stands around an amount of that sign in a currency, and how many decimals the currency has. A code that
    /// is not three letters stands behind the number as it is.
    pub(super) fn currency(&self, code: &str, negative: bool) -> (Affixes, u8) {
        let Ok(currency) = CurrencyType::try_from_str(code) else {
            let sign = if negative { "-" } else { "" };
            return (Affixes { before: sign.into(), after: format!("\u{a0}{code}") }, 2);
        };
        let formatter = CurrencyFormatter::try_new_symbol((&self.language.icu()).into(), currency, Default::default())
            .expect(COMPILED_IN);
        let text = formatter.format_fixed_decimal(&one(negative)).to_string();
        let decimals = text.chars().filter(char::is_ascii_digit).count() - 1;
        (Affixes::around(&text), decimals as u8)
    }

    /// What stands around that many of a unit of time; the value decides between singular and plural.
    pub(super) fn duration(&self, unit: DurationUnit, value: &Digits) -> Affixes {
        match unit.icu() {
            Some(icu) => Affixes::around(&self.duration_formatter(icu).format_fixed_decimal(value).to_string()),
            None => self.quarters(value),
        }
    }

    fn duration_formatter(&self, unit: CategorizedMeasureUnit<Duration>) -> CategorizedFormatter<Duration> {
        CategorizedFormatter::try_new_outlier((&self.language.icu()).into(), unit, Width::Long.into())
            .expect(COMPILED_IN)
    }

    /// The library has no quarters as a length of time: they follow the years' plural.
    fn quarters(&self, value: &Digits) -> Affixes {
        let years = self.duration(DurationUnit::Year, value);
        let plural = years.after.ends_with('s');
        let name = match (self.language, plural) {
            (Language::English, false) => "quarter",
            (Language::English, true) => "quarters",
            (Language::French, false) => "trimestre",
            (Language::French, true) => "trimestres",
        };
        let blank = if self.language == Language::French { '\u{a0}' } else { ' ' };
        Affixes { after: format!("{blank}{name}"), ..years }
    }
}

/// What a language writes before and after the digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Affixes {
    pub before: String,
    pub after: String,
}

impl Affixes {
    /// Of a formatted number. Both languages write ASCII digits.
    fn around(text: &str) -> Self {
        let digit = |c: char| c.is_ascii_digit();
        let start = text.find(digit).unwrap_or(0);
        let end = text.rfind(digit).map_or(start, |at| at + 1);
        Self { before: text[..start].into(), after: text[end..].into() }
    }
}

fn one(negative: bool) -> Digits {
    Digits::from(if negative { -1 } else { 1 })
}

fn gregorian(date: Date) -> Option<IcuDate<Gregorian>> {
    let days = jiff::Span::new().try_days(date.day()).ok()?;
    let day = civil::date(1970, 1, 1).checked_add(days).ok()?;
    IcuDate::try_new_gregorian(day.year().into(), day.month() as u8, day.day() as u8).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_months() {
        // 2026-03-05 is 20 517 days after 1970-01-01: 56 years with 14 leap days, then 31 + 28 + 4 days.
        let date = Date::from_day(56 * 365 + 14 + 63);
        let english = Locale::new(Language::English);
        let french = Locale::new(Language::French);
        assert_eq!(english.date(date).as_deref(), Some("March 5, 2026"));
        assert_eq!(french.date(date).as_deref(), Some("5 mars 2026"));
        assert_eq!(english.month(date).as_deref(), Some("March 2026"));
        assert_eq!(french.month(date).as_deref(), Some("mars 2026"));
        assert_eq!(english.date(Date::from_micros(i64::MAX)), None);
    }

    #[test]
    fn languages_have_codes() {
        assert_eq!(Language::from_code("fr"), Some(Language::French));
        assert_eq!(Language::from_code("de"), None);
        assert!(Language::ALL.into_iter().all(|language| Language::from_code(language.code()) == Some(language)));
    }
}
