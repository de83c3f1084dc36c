//! Formats decimals and affixes such as `€` and ` %` in a language, with Unicode's CLDR data.
//!
//! Only this file and `number.rs` use the locale library.

pub(super) mod formula_text;
pub(super) mod number;
pub(super) mod typography;

use fixed_decimal::Decimal as Digits;
use icu_decimal::{CompactDecimalFormatter, DecimalFormatter};
use icu_experimental::dimension::currency::CurrencyType;
use icu_experimental::dimension::currency::formatter::CurrencyFormatter;
use icu_experimental::dimension::percent::formatter::PercentFormatter;
use icu_experimental::dimension::units::categorized_formatter::CategorizedFormatter;
use icu_experimental::dimension::units::options::Width;
use icu_experimental::measure::category::{CategorizedMeasureUnit, Duration};
use icu_locale_core::{Locale as IcuLocale, locale};

use super::locale::number::DurationUnit;
use crate::language::{Language, Phrase};

const COMPILED_IN: &str = "the data of every `Language` are compiled in";

/// The formatting data of a language. Create it once and use it for any number of values.
pub struct Locale {
    /// The language.
    pub language: Language,
    pub(super) decimal: DecimalFormatter,
    pub(super) compact: CompactDecimalFormatter,
    percent: PercentFormatter<DecimalFormatter>,
}

impl Locale {
    /// Loads the data of a language.
    pub fn new(language: Language) -> Self {
        let icu = icu(language);
        Self {
            language,
            decimal: DecimalFormatter::try_new((&icu).into(), Default::default()).expect(COMPILED_IN),
            compact: CompactDecimalFormatter::try_new_short((&icu).into(), Default::default()).expect(COMPILED_IN),
            percent: PercentFormatter::try_new((&icu).into(), Default::default()).expect(COMPILED_IN),
        }
    }

    /// The affixes of a percentage with this sign.
    pub(super) fn percent(&self, negative: bool) -> Affixes {
        Affixes::around(&self.percent.format(&one(negative)).to_string())
    }

    /// The affixes of an amount in a currency with this sign, and the number of decimals of the currency. A code that
    /// does not have three letters is written unchanged after the number.
    pub(super) fn currency(&self, code: &str, negative: bool) -> (Affixes, u8) {
        let Ok(currency) = CurrencyType::try_from_str(code) else {
            let sign = if negative { "-" } else { "" };
            return (Affixes { before: sign.into(), after: format!("\u{a0}{code}") }, 2);
        };
        let formatter = CurrencyFormatter::try_new_symbol((&icu(self.language)).into(), currency, Default::default())
            .expect(COMPILED_IN);
        let text = formatter.format_fixed_decimal(&one(negative)).to_string();
        let decimals = text.chars().filter(char::is_ascii_digit).count() - 1;
        (Affixes::around(&text), decimals as u8)
    }

    /// `€` for `EUR`; None if the code is not a currency.
    pub(super) fn currency_symbol(&self, code: &str) -> Option<String> {
        iso_currency::Currency::from_code(code)?;
        let (Affixes { before, after }, _) = self.currency(code, false);
        Some(format!("{before}{after}").trim().to_owned())
    }

    /// The affixes of a length of time. The value decides between singular and plural.
    pub(super) fn duration(&self, unit: DurationUnit, value: &Digits) -> Affixes {
        match unit.icu() {
            Some(icu) => Affixes::around(&self.duration_formatter(icu).format_fixed_decimal(value).to_string()),
            None => self.quarters(value),
        }
    }

    fn duration_formatter(&self, unit: CategorizedMeasureUnit<Duration>) -> CategorizedFormatter<Duration> {
        CategorizedFormatter::try_new_outlier((&icu(self.language)).into(), unit, Width::Long.into())
            .expect(COMPILED_IN)
    }

    /// The affixes of quarters, which the library does not support. The plural follows that of years.
    fn quarters(&self, value: &Digits) -> Affixes {
        let years = self.duration(DurationUnit::Year, value);
        let plural = years.after.ends_with('s');
        let name = self.language.word(if plural { Phrase::Quarters } else { Phrase::Quarter });
        let blank = if self.language == Language::French { '\u{a0}' } else { ' ' };
        Affixes { after: format!("{blank}{name}"), ..years }
    }
}

/// The text before and after the digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Affixes {
    pub before: String,
    pub after: String,
}

impl Affixes {
    /// Extracts the affixes of a formatted number. Both languages use ASCII digits.
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

fn icu(language: Language) -> IcuLocale {
    match language {
        Language::English => locale!("en"),
        Language::French => locale!("fr"),
    }
}
