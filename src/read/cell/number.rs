//! Parses the text of a cell as a number, plain or formatted for people.

use std::sync::Arc;

use super::Misfit;
use crate::value::Decimal;

/// The maximum number of digits that every number can have, not counting zeros at both ends. Numbers of 29 digits are
/// accepted up to 79228162514264337593543950335. Literals have the same limit.
pub const MAX_DIGITS: u32 = 28;

/// The maximum number of digits after the point.
pub const MAX_SCALE: u32 = 28;

/// The scales at which 64-bit mantissas are used.
pub(in crate::read) const MAX_FIXED_SCALE: u32 = 18;

/// A number, exactly as read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::read) enum Numeral {
    /// `mantissa / 10^scale`, the scale at most [`MAX_FIXED_SCALE`].
    Fixed(i64, u32),
    /// A number that does not fit 64 bits.
    Wide(Decimal),
}

/// The number format of a column.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::read) struct NumberFormat {
    /// The decimal mark: `.` or `,`. The other character can separate thousands.
    pub mark: Mark,
    /// The symbols that may appear before or after a number.
    pub currency: Option<Arc<str>>,
    /// True if the symbols of any currency may appear.
    pub any_currency: bool,
    /// True if `007` is the number 7 instead of a code.
    pub leading_zeros: bool,
    /// The cells that are rejected as ambiguous if no cell and no declaration decides the decimal mark.
    pub unsure: Unsure,
    /// Which cells have a percent sign.
    pub percents: Percents,
}

/// The cells that are rejected as ambiguous because they are different numbers with the other mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::read) enum Unsure {
    /// No cells: the mark is known.
    #[default]
    Never,
    /// Cells that programs do not write: `1,234`.
    Dressed,
    /// All such cells, including `1.234`.
    All,
}

/// The cells of a column that have a percent sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::read) enum Percents {
    /// Any cells: `20%` is 0.2, and 35 is 35.
    #[default]
    Any,
    /// No cells.
    None,
    /// All cells except zeros.
    All,
}

impl NumberFormat {
    /// Returns true if a plain number with this many digits after the mark needs no further check.
    fn takes_plain(&self, scale: u32) -> bool {
        self.percents != Percents::All && (self.unsure != Unsure::All || scale != 3)
    }

    /// Returns true if a cell is rejected because it can be read in two ways.
    fn asks_about(&self, text: &str) -> bool {
        match self.unsure {
            Unsure::Never => false,
            Unsure::Dressed => !is_plain(text),
            Unsure::All => true,
        }
    }

    /// The largest scale at which plain numbers need no further check.
    pub fn plain_scale(&self) -> Option<u32> {
        match self.unsure {
            _ if self.percents == Percents::All => None,
            Unsure::All => Some(0),
            _ => Some(MAX_FIXED_SCALE),
        }
    }
}

/// A decimal mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub(in crate::read) enum Mark {
    /// `1,234.50`
    #[default]
    Point,
    /// `1.234,50`
    Comma,
}

impl Mark {
    pub fn byte(self) -> u8 {
        match self {
            Self::Point => b'.',
            Self::Comma => b',',
        }
    }

    pub fn other(self) -> Self {
        match self {
            Self::Point => Self::Comma,
            Self::Comma => Self::Point,
        }
    }

    fn separator(self) -> char {
        match self {
            Self::Point => ',',
            Self::Comma => '.',
        }
    }
}

/// Parses a number: sign, digits, an exponent, `%` and the column's currency. Digits can be grouped by three.
pub(in crate::read) fn number(text: &str, format: &NumberFormat) -> Result<Numeral, Misfit> {
    match plain(text.as_bytes(), format.mark.byte()) {
        Some((mantissa, scale)) if format.takes_plain(scale) => Ok(Numeral::Fixed(mantissa, scale)),
        _ => dressed(text, format),
    }
}

/// Parses the usual case: up to 18 digits, optionally with a minus sign and a mark. 18 digits always fit in 64 bits.
#[inline]
pub(in crate::read) fn plain(bytes: &[u8], mark: u8) -> Option<(i64, u32)> {
    let negative = bytes.first() == Some(&b'-');
    let digits = &bytes[usize::from(negative)..];
    if digits.len() > 18 || matches!(digits, [] | [b'0', b'0'..=b'9', ..]) {
        return None;
    }
    let (mut mantissa, mut at) = (0, 0);
    while let Some(digit) = digit(digits, at) {
        (mantissa, at) = (mantissa * 10 + digit, at + 1);
    }
    let mut scale = 0;
    if at < digits.len() {
        scale = digits.len() - at - 1;
        if digits[at] != mark || at == 0 || scale == 0 {
            return None;
        }
        at += 1;
        while let Some(digit) = digit(digits, at) {
            (mantissa, at) = (mantissa * 10 + digit, at + 1);
        }
    }
    (at == digits.len()).then_some((if negative { -mantissa } else { mantissa }, scale as u32))
}

/// The digit at a position.
#[inline]
fn digit(bytes: &[u8], at: usize) -> Option<i64> {
    let digit = bytes.get(at)?.wrapping_sub(b'0');
    (digit < 10).then(|| i64::from(digit))
}

/// Parses every other form of a number.
fn dressed(text: &str, format: &NumberFormat) -> Result<Numeral, Misfit> {
    if !text.bytes().any(|byte| byte.is_ascii_digit()) {
        return Err(Misfit::Number);
    }
    let dress = undress(text);
    if dress.currency.is_some() && !format.any_currency && dress.currency != format.currency.as_deref() {
        return Err(match spelled(dress.body, format.mark) {
            Ok(_) => Misfit::Currency,
            Err(misfit) => misfit,
        });
    }
    let body = spelled(dress.body, format.mark)?;
    if body.leading_zero && !format.leading_zeros {
        return Err(Misfit::LeadingZero);
    }
    match format.percents {
        Percents::None if dress.percent => return Err(Misfit::Percent),
        Percents::All if !dress.percent && body.mantissa != 0 => return Err(Misfit::NoPercent),
        _ => {}
    }
    if format.asks_about(text) && body.differs(dress.body, format.mark.other()) {
        return Err(Misfit::TwoNumbers);
    }
    let scale = i64::from(body.scale) + if dress.percent { 2 } else { 0 } - i64::from(body.exponent);
    numeral(if dress.negative { -body.mantissa } else { body.mantissa }, scale)
}

/// Returns true if a number has the format that programs write: `1.234`, `1E-5`.
pub(in crate::read) fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| b"0123456789.eE+-".contains(&byte)) && !text.ends_with('-')
}

/// A cell without the symbols around its digits.
pub(in crate::read) struct Dress<'a> {
    negative: bool,
    pub percent: bool,
    pub currency: Option<&'static str>,
    body: &'a str,
}

/// Currency signs and codes that may appear with a number.
const CURRENCIES: &[(&str, &str)] = &[
    ("€", "EUR"),
    ("$", "$"),
    ("£", "GBP"),
    ("¥", "¥"),
    ("₹", "INR"),
    ("zł", "PLN"),
    ("kr", "kr"),
    ("EUR", "EUR"),
    ("USD", "USD"),
    ("GBP", "GBP"),
    ("CHF", "CHF"),
    ("CAD", "CAD"),
    ("AUD", "AUD"),
    ("NZD", "NZD"),
    ("JPY", "JPY"),
    ("CNY", "CNY"),
    ("SEK", "SEK"),
    ("NOK", "NOK"),
    ("DKK", "DKK"),
    ("PLN", "PLN"),
    ("CZK", "CZK"),
    ("HUF", "HUF"),
    ("RON", "RON"),
    ("BRL", "BRL"),
    ("MXN", "MXN"),
    ("INR", "INR"),
    ("ZAR", "ZAR"),
    ("TND", "TND"),
    ("MAD", "MAD"),
    ("DZD", "DZD"),
    ("XOF", "XOF"),
];

/// Removes the sign, the currency and the percent sign from a cell.
pub(in crate::read) fn undress(text: &str) -> Dress<'_> {
    let (mut negative, mut text) = debit(text.trim());
    if !negative {
        (negative, text) = sign(text);
    }
    let is_digit = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_digit);
    let bare = is_digit(text.as_bytes().first());
    let stripped = |(mark, currency): &(&str, &'static str)| Some((*currency, text.strip_prefix(mark)?.trim_start()));
    let before = if bare { None } else { CURRENCIES.iter().find_map(stripped) };
    let (mut currency, text) = before.map_or((None, text), |(currency, text)| (Some(currency), text));
    let (inner, mut body) = if currency.is_some() && !negative { sign(text) } else { (false, text) };
    let percent = body.ends_with('%');
    if percent {
        body = body[..body.len() - 1].trim_end();
    } else if currency.is_none() && !is_digit(body.as_bytes().last()) {
        let after =
            CURRENCIES.iter().find_map(|(mark, currency)| Some((*currency, body.strip_suffix(mark)?.trim_end())));
        (currency, body) = after.map_or((None, body), |(currency, body)| (Some(currency), body));
    }
    negative |= inner;
    if !negative {
        (negative, body) = debit(body);
    }
    Dress { negative, percent, currency, body }
}

/// Detects a negative number in accounting format, `(1 234,50)` or `1234-`, and returns the rest.
fn debit(text: &str) -> (bool, &str) {
    let bracketed = text.strip_prefix('(').and_then(|text| text.strip_suffix(')'));
    match bracketed.or_else(|| text.strip_suffix(['-', '\u{2212}'])) {
        Some(rest) => (true, rest.trim()),
        None => (false, text),
    }
}

/// Parses a leading sign, and returns the rest of the text.
fn sign(text: &str) -> (bool, &str) {
    match text.strip_prefix(['-', '\u{2212}']) {
        Some(rest) => (true, rest.trim_start()),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

/// Digits with their decimal mark: `mantissa * 10^(exponent - scale)`.
struct Spelled {
    mantissa: i128,
    scale: u32,
    exponent: i32,
    leading_zero: bool,
}

impl Spelled {
    /// Returns true if the same digits give a different number with this mark.
    fn differs(&self, body: &str, mark: Mark) -> bool {
        let Ok(other) = spelled(body, mark) else { return false };
        !other.leading_zero && (other.mantissa, other.scale) != (self.mantissa, self.scale)
    }
}

/// Parses `1 234,50` and `1.2E-05`.
fn spelled(body: &str, mark: Mark) -> Result<Spelled, Misfit> {
    let (digits, exponent) = match body.find(['e', 'E']) {
        Some(at) => (&body[..at], exponent(&body[at + 1..]).ok_or(Misfit::Number)?),
        None => (body, 0),
    };
    let (whole, fraction) = digits.split_once(char::from(mark.byte())).map_or((digits, None), |(w, f)| (w, Some(f)));
    let mut read = Spelled { mantissa: 0, scale: 0, exponent, leading_zero: leading_zero(whole) };
    push_whole(&mut read, whole, mark)?;
    if let Some(fraction) = fraction {
        push_fraction(&mut read, fraction)?;
    } else if whole.is_empty() {
        return Err(Misfit::Number);
    }
    Ok(read)
}

fn leading_zero(whole: &str) -> bool {
    whole.len() > 1 && whole.starts_with('0')
}

fn exponent(text: &str) -> Option<i32> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let valid = (1..=4).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    if valid { text.parse().ok() } else { None }
}

/// Parses the digits before the mark: ungrouped, or in groups of three with the same separator throughout.
fn push_whole(read: &mut Spelled, whole: &str, mark: Mark) -> Result<(), Misfit> {
    let is_separator =
        |c: char| c == mark.separator() || matches!(c, ' ' | '\u{a0}' | '\u{2009}' | '\u{202f}' | '\'' | '’');
    let Some(separator) = whole.chars().find(|&c| is_separator(c)) else {
        return push_digits(read, whole);
    };
    for (at, group) in whole.split(separator).enumerate() {
        let fits = if at == 0 { (1..=3).contains(&group.len()) } else { group.len() == 3 };
        if !fits {
            return Err(Misfit::Number);
        }
        push_digits(read, group)?;
    }
    Ok(())
}

/// Parses the digits after the mark. Trailing zeros are kept while they fit.
fn push_fraction(read: &mut Spelled, fraction: &str) -> Result<(), Misfit> {
    let needed = if fraction.len() > MAX_FIXED_SCALE as usize { fraction.trim_end_matches('0') } else { fraction };
    if fraction.is_empty() {
        return Err(Misfit::Number);
    }
    push_digits(read, needed)?;
    read.scale = u32::try_from(needed.len()).map_err(|_| Misfit::TooManyDigits)?;
    Ok(())
}

fn push_digits(read: &mut Spelled, digits: &str) -> Result<(), Misfit> {
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Misfit::Number);
    }
    for byte in digits.bytes() {
        let mantissa = read.mantissa.checked_mul(10).and_then(|value| value.checked_add(i128::from(byte - b'0')));
        read.mantissa = mantissa.ok_or(Misfit::TooManyDigits)?;
    }
    Ok(())
}

/// Represents `mantissa / 10^scale` in the smallest form that holds it.
fn numeral(mut mantissa: i128, mut scale: i64) -> Result<Numeral, Misfit> {
    let limit = Decimal::MAX.mantissa() + 1;
    if mantissa == 0 {
        scale = scale.clamp(0, i64::from(MAX_FIXED_SCALE));
    }
    while mantissa % 10 == 0
        && mantissa != 0
        && scale > 0
        && (mantissa.abs() >= limit || scale > i64::from(MAX_FIXED_SCALE))
    {
        (mantissa, scale) = (mantissa / 10, scale - 1);
    }
    while scale < 0 && mantissa.abs() < limit {
        (mantissa, scale) = (mantissa * 10, scale + 1);
    }
    if scale < 0 || scale > i64::from(MAX_SCALE) || mantissa.abs() >= limit {
        return Err(Misfit::TooManyDigits);
    }
    let scale = scale as u32;
    match i64::try_from(mantissa) {
        Ok(mantissa) if scale <= MAX_FIXED_SCALE => Ok(Numeral::Fixed(mantissa, scale)),
        _ => Decimal::try_from_i128_with_scale(mantissa, scale).map(Numeral::Wide).map_err(|_| Misfit::TooManyDigits),
    }
}
