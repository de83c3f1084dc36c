//! Says what the text of a cell looks like, regardless of the type of its column.

use super::date::{date, has_form_of, month};
use super::number::Numeral;
use super::{DateStyle, Mark, Misfit, NumberFormat, boolean, number, patterns_of, undress};
use crate::value::calendar::Grain;

/// What the text of a cell looks like.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Recognized {
    /// A number, with the currency and the percent sign beside it.
    Number {
        /// A code, or the symbol of several currencies.
        currency: Option<&'static str>,
        /// True if a `%` follows.
        percent: bool,
        /// The decimal marks with which it is a number.
        mark: Marks,
    },
    /// A date as programs write it: `2026-03-31`.
    IsoDate,
    /// A date in another form, with the patterns of `dates` that read it.
    Date(Vec<&'static str>),
    /// A period: `2026-03`, `2026-W13`.
    Period(Grain),
    /// `true`, `yes`, `oui`, …
    Boolean,
    /// None of these.
    Text,
}

/// The decimal marks with which a text is a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Marks {
    /// The same number with either mark, such as a whole number.
    Either,
    /// Only a point: `1,234.5`, `0.25`.
    Point,
    /// Only a comma: `1.234,5`, `0,25`.
    Comma,
    /// Another number with each mark: `1,234`.
    Ambiguous,
}

/// Texts that are longer are not dates or numbers.
const LONGEST: usize = 60;

/// The grains whose periods are recognized by their form.
const PERIODS: [Grain; 4] = [Grain::Week, Grain::Quarter, Grain::Half, Grain::Year];

/// Says what a cell that is not blank looks like.
pub fn recognized(cell: &str) -> Recognized {
    if boolean(cell).is_ok() {
        return Recognized::Boolean;
    }
    if cell.len() > LONGEST || !cell.bytes().any(|byte| byte.is_ascii_digit()) {
        return Recognized::Text;
    }
    if let Some(grain) = PERIODS.into_iter().find(|grain| has_form_of(cell, *grain)) {
        return Recognized::Period(grain);
    }
    if month(cell, DateStyle::default()).is_ok() {
        return Recognized::Period(Grain::Month);
    }
    if date(cell, DateStyle::default()).is_ok() {
        return Recognized::IsoDate;
    }
    if let Some(number) = as_number(cell) {
        return number;
    }
    match patterns_of(cell) {
        none if none.is_empty() => Recognized::Text,
        patterns => Recognized::Date(patterns),
    }
}

fn as_number(cell: &str) -> Option<Recognized> {
    let dress = undress(cell);
    let (currency, percent) = (dress.currency, dress.percent);
    let [point, comma] = [Mark::Point, Mark::Comma].map(|mark| {
        let format = NumberFormat { mark, currency: currency.map(Into::into), ..NumberFormat::default() };
        match number(cell, &format) {
            Ok(number) => Some(Some(as_decimal(number))),
            Err(Misfit::TooManyDigits) => Some(None),
            Err(_) => None,
        }
    });
    let mark = match (point, comma) {
        (None, None) => return None,
        (Some(_), None) => Marks::Point,
        (None, Some(_)) => Marks::Comma,
        (Some(one), Some(other)) if one == other => Marks::Either,
        (Some(_), Some(_)) => Marks::Ambiguous,
    };
    Some(Recognized::Number { currency, percent, mark })
}

/// The number without trailing zeros, so that 1.50 and 1.5 are equal.
fn as_decimal(number: Numeral) -> crate::value::Decimal {
    match number {
        Numeral::Fixed(mantissa, scale) => crate::value::Decimal::from_i128_with_scale(mantissa.into(), scale),
        Numeral::Wide(decimal) => decimal,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recognizes_numbers_dates_periods_and_texts() {
        let number = |currency, percent, mark| Recognized::Number { currency, percent, mark };
        for (cell, expected) in [
            ("12", number(None, false, Marks::Either)),
            ("-12.50", number(None, false, Marks::Point)),
            ("1 234,50 €", number(Some("EUR"), false, Marks::Comma)),
            ("$1,234", number(Some("$"), false, Marks::Ambiguous)),
            ("5 %", number(None, true, Marks::Either)),
            ("2026-03-31", Recognized::IsoDate),
            ("2026-03-31T09:30", Recognized::IsoDate),
            ("2026-03", Recognized::Period(Grain::Month)),
            ("2026-W13", Recognized::Period(Grain::Week)),
            ("31/12/2026", Recognized::Date(vec!["dd/mm/yyyy"])),
            ("03/04/2026", Recognized::Date(vec!["dd/mm/yyyy", "mm/dd/yyyy"])),
            ("31-déc-25", Recognized::Date(vec!["dd-mmm-yy"])),
            ("oui", Recognized::Boolean),
            ("n/a", Recognized::Text),
            ("007", Recognized::Text),
            ("12 rue X", Recognized::Text),
        ] {
            assert_eq!(recognized(cell), expected, "{cell}");
        }
    }
}
