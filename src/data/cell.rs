//! Turns the text of one cell into a number, a day, a moment or a truth value.

use std::borrow::Cow;
use std::sync::Arc;

use crate::value::{Date, Decimal};

/// Digits that a number may have, zeros at both ends not counted.
pub const MAX_DIGITS: u32 = 28;

/// Digits that a number may have after the point.
pub const MAX_SCALE: u32 = 28;

/// Scales that a 64-bit mantissa is used for.
pub(super) const MAX_FIXED_SCALE: u32 = 18;

const MICROS_PER_SECOND: i64 = 1_000_000;

/// A number as read, exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Numeral {
    /// `mantissa / 10^scale`, the scale at most [`MAX_FIXED_SCALE`].
    Fixed(i64, u32),
    /// What 64 bits do not hold.
    Wide(Decimal),
}

/// How the numbers of a column are written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct NumberFormat {
    /// `.` or `,`; the other one may group thousands.
    pub mark: Mark,
    /// What may stand before or after a number.
    pub currency: Option<Arc<str>>,
    /// Whether `007` is 7, rather than a code.
    pub leading_zeros: bool,
}

/// A decimal mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub(super) enum Mark {
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

    fn other(self) -> char {
        match self {
            Self::Point => ',',
            Self::Comma => '.',
        }
    }
}

/// The order of day, month and year where dates are not ISO.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub(super) enum DateOrder {
    /// `2026-03-31` alone.
    #[default]
    Iso,
    /// `31/03/2026`, `31.03.2026`, `31-03-2026`
    DayFirst,
    /// `03/31/2026`
    MonthFirst,
}

impl DateOrder {
    /// How each order is written.
    pub const PATTERNS: [&str; 3] = ["dd/mm/yyyy", "mm/dd/yyyy", "yyyy-mm-dd"];

    /// The order that a pattern such as `dd/mm/yyyy` or `jj.mm.aaaa hh:mm` shows, where cells are read that way: years
    /// of four digits, one kind of sign between, and no point where the month is before the day.
    pub fn of_pattern(pattern: &str) -> Option<Self> {
        let pattern = pattern.to_ascii_lowercase();
        let (day, time) = pattern.split_once(' ').unwrap_or((&pattern, ""));
        let order = Self::meant_by(&pattern)?;
        let sign = day.chars().find(|&sign| matches!(sign, '/' | '-') || sign == '.' && order == Self::DayFirst)?;
        let known = |part: &str| matches!(part, "d" | "dd" | "j" | "jj" | "m" | "mm" | "yyyy" | "aaaa");
        let fits =
            day.split(sign).count() == 3 && day.split(sign).all(known) && time.chars().all(|c| "hms:".contains(c));
        fits.then_some(order)
    }

    /// The order in which the letters of day, month and year stand in a text.
    pub fn meant_by(pattern: &str) -> Option<Self> {
        let part = |letter: char| match letter.to_ascii_lowercase() {
            'd' | 'j' => Some('d'),
            'm' => Some('m'),
            'y' | 'a' => Some('y'),
            _ => None,
        };
        let mut parts: Vec<char> = pattern.split(' ').next()?.chars().filter_map(part).collect();
        parts.dedup();
        match parts[..] {
            ['d', 'm', 'y'] => Some(Self::DayFirst),
            ['m', 'd', 'y'] => Some(Self::MonthFirst),
            ['y', 'm', 'd'] => Some(Self::Iso),
            _ => None,
        }
    }

    pub fn pattern(self) -> &'static str {
        match self {
            Self::Iso => "yyyy-mm-dd",
            Self::DayFirst => "dd/mm/yyyy",
            Self::MonthFirst => "mm/dd/yyyy",
        }
    }
}

/// Why a cell is not what its column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Misfit {
    Number,
    LeadingZero,
    TooManyDigits,
    Currency,
    Date,
    NoSuchDay,
    Month,
    NoSuchMonth,
    Boolean,
    /// All cells seen before were blank.
    Unexpected,
}

impl Misfit {
    /// What is wrong with the cell, as the end of a sentence that begins with it.
    pub fn message(self) -> String {
        match self {
            Self::Number => "is not a number".into(),
            Self::LeadingZero => "begins with a zero, as codes do, in a column of numbers".into(),
            Self::TooManyDigits => {
                format!("has too many digits: at most {MAX_DIGITS} in all and {MAX_SCALE} after the point are exact")
            }
            Self::Currency => "has another currency than the other cells".into(),
            Self::Date => "is not a date".into(),
            Self::NoSuchDay => "is not a day of the calendar".into(),
            Self::Month | Self::NoSuchMonth => "is not a month".into(),
            Self::Boolean => "is neither true nor false".into(),
            Self::Unexpected => "stands in a column that was blank in the part looked at for its type".into(),
        }
    }
}

/// A cell of a file without padding, quotes and doubled quotes; inside quotes, blanks are kept.
pub(super) fn unquoted(raw: &str) -> Cow<'_, str> {
    let cell = raw.trim_ascii();
    match cell.strip_prefix('"').and_then(|cell| cell.strip_suffix('"')) {
        Some(inner) if inner.contains('"') => Cow::Owned(inner.replace("\"\"", "\"")),
        Some(inner) => Cow::Borrowed(inner),
        None => Cow::Borrowed(cell),
    }
}

/// Reads a number: sign, digits (thousands grouped by three or not at all), an exponent, `%`, the column's currency.
pub(super) fn number(text: &str, format: &NumberFormat) -> Result<Numeral, Misfit> {
    match plain(text.as_bytes(), format.mark.byte()) {
        Some((mantissa, scale)) => Ok(Numeral::Fixed(mantissa, scale)),
        None => dressed(text, format),
    }
}

/// The usual case: up to 18 digits, perhaps a minus and a mark. 18 digits always fit 64 bits.
#[inline]
pub(super) fn plain(bytes: &[u8], mark: u8) -> Option<(i64, u32)> {
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

/// Reads the most usual numbers of all, eight bytes at a time: those of one scale, of up to 16 bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fixed {
    /// The fewest bytes: a digit, and the mark with what stands behind it.
    fewest: usize,
    /// Where the mark stands among eight bytes that end with the number, and the mark there.
    at_mark: u64,
    mark: u64,
    /// The bytes behind the mark, among those eight.
    behind: u64,
    /// The place value of the digit before those eight bytes.
    above: i64,
}

/// Eight digits `0`.
const ZEROS: u64 = u64::from_le_bytes([b'0'; 8]);

impl Fixed {
    /// A reader of numbers with `scale` digits behind the mark, at most six.
    pub fn new(mark: Mark, scale: u32) -> Option<Self> {
        match scale {
            0 => Some(Self { fewest: 1, at_mark: 0, mark: 0, behind: u64::MAX, above: 100_000_000 }),
            1..=6 => {
                let behind = 64 - 8 * scale;
                let (at_mark, mark) = (0xFF << (behind - 8), u64::from(mark.byte() ^ b'0') << (behind - 8));
                Some(Self { fewest: scale as usize + 2, at_mark, mark, behind: u64::MAX << behind, above: 10_000_000 })
            }
            _ => None,
        }
    }

    /// The mantissa of the number at `start..end` of a text, if it has no sign and up to eight bytes. None says nothing
    /// about the cell.
    #[inline(always)]
    pub fn short(self, text: &[u8], start: u32, end: u32) -> Option<i64> {
        let eight = text.get(start as usize..start as usize + 8)?.first_chunk()?;
        let len = end.wrapping_sub(start) as usize;
        if len.wrapping_sub(self.fewest) > 8 - self.fewest || (eight[0] == b'0' && len > self.fewest) {
            return None;
        }
        // The number ends with the highest byte.
        self.value((u64::from_le_bytes(*eight) ^ ZEROS) << (64 - 8 * len))
    }

    /// As [`short`](Self::short), of numbers without a mark.
    #[inline(always)]
    pub fn short_whole(text: &[u8], start: u32, end: u32) -> Option<i64> {
        let eight = text.get(start as usize..start as usize + 8)?.first_chunk()?;
        let len = end.wrapping_sub(start);
        if len.wrapping_sub(1) > 7 || (eight[0] == b'0' && len > 1) {
            return None;
        }
        eight_digits((u64::from_le_bytes(*eight) ^ ZEROS) << (64 - 8 * len))
    }

    /// As [`short`](Self::short), with a minus, or of up to 16 bytes.
    #[inline(never)]
    pub fn long(self, text: &[u8], start: u32, end: u32) -> Option<i64> {
        match text.get(start as usize..end as usize)? {
            [b'-', b'0'..=b'9', ..] => self.short_or_long(text, start + 1, end).map(|value| -value),
            [b'1'..=b'9', first @ .., _, _, _, _, _, _, _, _] if first.len() < 8 => {
                let len = first.len() + 1;
                let first = text.get(start as usize..)?.first_chunk()?;
                let first = eight_digits((u64::from_le_bytes(*first) ^ ZEROS) << (64 - 8 * len))?;
                let last = u64::from_le_bytes(*text[..end as usize].last_chunk()?) ^ ZEROS;
                Some(first * self.above + self.value(last)?)
            }
            _ => None,
        }
    }

    fn short_or_long(self, text: &[u8], start: u32, end: u32) -> Option<i64> {
        self.short(text, start, end).or_else(|| self.long(text, start, end))
    }

    /// The value of eight bytes, digits as their values, 0 where the number has not begun.
    #[inline(always)]
    fn value(self, bytes: u64) -> Option<i64> {
        // The digits before the mark move up to those behind it.
        let digits = (bytes & self.behind) | ((bytes << 8) & !self.behind);
        if bytes & self.at_mark == self.mark { eight_digits(digits) } else { None }
    }
}

/// The number that eight digits make, the first one in the lowest byte; None where a byte is above 9.
#[inline(always)]
fn eight_digits(digits: u64) -> Option<i64> {
    const HIGHEST: u64 = 0x8080_8080_8080_8080;
    /// Takes a byte above 9 to its highest bit.
    const ABOVE_9: u64 = 0x7676_7676_7676_7676;
    if (digits.wrapping_add(ABOVE_9) | digits) & HIGHEST != 0 {
        return None;
    }
    // Neighbours are joined: digits to pairs, pairs to fours, fours to eight.
    let pairs = (digits.wrapping_mul(1 + (10 << 8)) >> 8) & 0x00FF_00FF_00FF_00FF;
    let fours = (pairs.wrapping_mul(1 + (100 << 16)) >> 16) & 0x0000_FFFF_0000_FFFF;
    Some((fours.wrapping_mul(1 + (10_000 << 32)) >> 32) as i64)
}

/// The digit at a position.
#[inline]
fn digit(bytes: &[u8], at: usize) -> Option<i64> {
    let digit = bytes.get(at)?.wrapping_sub(b'0');
    (digit < 10).then(|| i64::from(digit))
}

/// Everything else that is a number.
fn dressed(text: &str, format: &NumberFormat) -> Result<Numeral, Misfit> {
    if !text.bytes().any(|byte| byte.is_ascii_digit()) {
        return Err(Misfit::Number);
    }
    let dress = undress(text);
    if dress.currency.is_some() && dress.currency != format.currency.as_deref() {
        return Err(match spelled(dress.body, format.mark) {
            Ok(_) => Misfit::Currency,
            Err(misfit) => misfit,
        });
    }
    let body = spelled(dress.body, format.mark)?;
    if body.leading_zero && !format.leading_zeros {
        return Err(Misfit::LeadingZero);
    }
    let scale = i64::from(body.scale) + if dress.percent { 2 } else { 0 } - i64::from(body.exponent);
    numeral(if dress.negative { -body.mantissa } else { body.mantissa }, scale)
}

/// A cell without what stands around its digits.
pub(super) struct Dress<'a> {
    negative: bool,
    percent: bool,
    pub currency: Option<&'a str>,
    body: &'a str,
}

/// Currency signs and codes that may stand at a number.
const CURRENCIES: &[&str] = &[
    "€", "$", "£", "¥", "₹", "zł", "kr", "EUR", "USD", "GBP", "CHF", "CAD", "AUD", "NZD", "JPY", "CNY", "SEK", "NOK",
    "DKK", "PLN", "CZK", "HUF", "RON", "BRL", "MXN", "INR", "ZAR", "TND", "MAD", "DZD", "XOF",
];

/// Takes sign, currency and percent sign off a cell.
pub(super) fn undress(text: &str) -> Dress<'_> {
    let (mut negative, mut text) = debit(text.trim());
    if !negative {
        (negative, text) = sign(text);
    }
    let is_digit = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_digit);
    let bare = is_digit(text.as_bytes().first());
    let stripped = |currency: &&'static str| Some((*currency, text.strip_prefix(*currency)?.trim_start()));
    let before = if bare { None } else { CURRENCIES.iter().find_map(stripped) };
    let (mut currency, text) = before.map_or((None, text), |(currency, text)| (Some(currency), text));
    let (inner, mut body) = if currency.is_some() && !negative { sign(text) } else { (false, text) };
    let percent = body.ends_with('%');
    if percent {
        body = body[..body.len() - 1].trim_end();
    } else if currency.is_none() && !is_digit(body.as_bytes().last()) {
        let after = CURRENCIES.iter().find_map(|currency| Some((*currency, body.strip_suffix(currency)?.trim_end())));
        (currency, body) = after.map_or((None, body), |(currency, body)| (Some(currency), body));
    }
    negative |= inner;
    if !negative {
        (negative, body) = debit(body);
    }
    Dress { negative, percent, currency, body }
}

/// Whether a number is negative as accountants write it, `(1 234,50)` or `1234-`, and the rest.
fn debit(text: &str) -> (bool, &str) {
    let bracketed = text.strip_prefix('(').and_then(|text| text.strip_suffix(')'));
    match bracketed.or_else(|| text.strip_suffix(['-', '\u{2212}'])) {
        Some(rest) => (true, rest.trim()),
        None => (false, text),
    }
}

/// A leading sign, and the rest.
fn sign(text: &str) -> (bool, &str) {
    match text.strip_prefix(['-', '\u{2212}']) {
        Some(rest) => (true, rest.trim_start()),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

/// Digits with their marks: `mantissa * 10^(exponent - scale)`.
struct Spelled {
    mantissa: i128,
    scale: u32,
    exponent: i32,
    leading_zero: bool,
}

/// Reads `1 234,50` and `1.2E-05`.
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

/// Digits before the mark: together, or in groups of three with one separator throughout.
fn push_whole(read: &mut Spelled, whole: &str, mark: Mark) -> Result<(), Misfit> {
    let is_separator =
        |c: char| c == mark.other() || matches!(c, ' ' | '\u{a0}' | '\u{2009}' | '\u{202f}' | '\'' | '’');
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

/// Digits after the mark; zeros at the end are kept while they fit.
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

/// `mantissa / 10^scale` in the smallest form that holds it.
pub(super) fn numeral(mut mantissa: i128, mut scale: i64) -> Result<Numeral, Misfit> {
    let limit = 10i128.pow(MAX_DIGITS);
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

/// Reads a day or a moment: ISO always, other orders where the column has them.
pub(super) fn date(text: &str, order: DateOrder) -> Result<Date, Misfit> {
    let bytes = text.as_bytes();
    if let Some(day) = iso_day(bytes) {
        return Ok(Date::from_day(day?));
    }
    let (day, rest) = match bytes.get(4) {
        Some(b'-' | b'/') if bytes.len() >= 10 => (iso_day(&bytes[..10]).ok_or(Misfit::Date)??, &bytes[10..]),
        _ => written_day(bytes, order)?,
    };
    let time = if rest.is_empty() { 0 } else { time_of_day(rest).ok_or(Misfit::Date)? };
    Ok(Date::from_micros(Date::from_day(day).micros() + time))
}

/// Reads days as programs write them. The days of a month differ in their last two digits alone, and a file has few
/// months: each is worked out once.
#[derive(Debug, Clone)]
pub(super) struct IsoDays {
    months: Box<[IsoMonth; IsoDays::MONTHS]>,
}

/// `2026-03-`, its first day, and how many days it has.
#[derive(Debug, Clone, Copy, Default)]
struct IsoMonth {
    written: [u8; 8],
    first: i32,
    days: u32,
}

impl Default for IsoDays {
    fn default() -> Self {
        Self { months: Box::new([IsoMonth::default(); Self::MONTHS]) }
    }
}

impl IsoDays {
    const MONTHS: usize = 128;

    /// The day written `2026-03-31` or `2026/03/31` at `start..end` of a text; None where there is none.
    #[inline(always)]
    pub fn day(&mut self, text: &[u8], start: u32, end: u32) -> Option<i32> {
        let cell: &[u8; 10] = text.get(start as usize..end as usize)?.try_into().ok()?;
        let &[written @ .., d1, d2] = cell;
        let month = self.month(written)?;
        let day = two_digits(d1, d2)?.wrapping_sub(1);
        (day < month.days).then(|| month.first + day as i32)
    }

    #[inline(always)]
    fn month(&mut self, written: [u8; 8]) -> Option<IsoMonth> {
        // The digits that differ from month to month, mixed into the highest bits.
        let place = u64::from_le_bytes(written).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (64 - Self::MONTHS.ilog2());
        let month = &mut self.months[place as usize];
        if month.written != written {
            *month = IsoMonth::new(written)?;
        }
        Some(*month)
    }
}

impl IsoMonth {
    #[cold]
    fn new(written: [u8; 8]) -> Option<Self> {
        let [y1, y2, y3, y4, first @ (b'-' | b'/'), m1, m2, second] = written else { return None };
        let year = two_digits(y1, y2)? * 100 + two_digits(y3, y4)?;
        let (year, month) = (year as i32, two_digits(m1, m2)?);
        let day = day_number(year, month, 1).filter(|_| first == second)?;
        Some(Self { written, first: day, days: month_length(year, month) })
    }
}

/// `2026-03-31` or `2026/03/31`; None where it is nothing of the kind.
#[inline]
pub(super) fn iso_day(bytes: &[u8]) -> Option<Result<i32, Misfit>> {
    let &[y1, y2, y3, y4, first @ (b'-' | b'/'), m1, m2, second, d1, d2] = bytes else { return None };
    let digits = [y1, y2, y3, y4, m1, m2, d1, d2].map(|byte| byte.wrapping_sub(b'0'));
    if first != second || digits.iter().fold(0, |most, &digit| most.max(digit)) > 9 {
        return None;
    }
    let [y1, y2, y3, y4, m1, m2, d1, d2] = digits.map(u32::from);
    let year = y1 * 1000 + y2 * 100 + y3 * 10 + y4;
    Some(day_number(year as i32, m1 * 10 + m2, d1 * 10 + d2).ok_or(Misfit::NoSuchDay))
}

#[inline(always)]
fn two_digits(tens: u8, ones: u8) -> Option<u32> {
    let (tens, ones) = (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
    (tens < 10 && ones < 10).then(|| u32::from(tens) * 10 + u32::from(ones))
}

/// `31/03/2026` and its like, in the column's order, and what follows.
fn written_day(bytes: &[u8], order: DateOrder) -> Result<(i32, &[u8]), Misfit> {
    let parts = day_month_year(bytes).ok_or(Misfit::Date)?;
    let (day, month) = match order {
        DateOrder::DayFirst => (parts.first, parts.second),
        DateOrder::MonthFirst if parts.separator != b'.' => (parts.second, parts.first),
        _ => return Err(Misfit::Date),
    };
    Ok((day_number(parts.year, month, day).ok_or(Misfit::NoSuchDay)?, parts.rest))
}

struct DayMonthYear<'a> {
    first: u32,
    second: u32,
    year: i32,
    separator: u8,
    rest: &'a [u8],
}

/// Two numbers of one or two digits and one of four, between equal separators.
fn day_month_year(bytes: &[u8]) -> Option<DayMonthYear<'_>> {
    let (first, rest) = short_number(bytes)?;
    let (&separator, rest) = rest.split_first()?;
    let (second, rest) = short_number(rest)?;
    let (&again, rest) = rest.split_first()?;
    let (&[y1, y2, y3, y4], rest) = rest.split_first_chunk::<4>()?;
    let year = (two_digits(y1, y2)? * 100 + two_digits(y3, y4)?) as i32;
    let fits = separator == again && matches!(separator, b'/' | b'.' | b'-');
    fits.then_some(DayMonthYear { first, second, year, separator, rest })
}

fn short_number(bytes: &[u8]) -> Option<(u32, &[u8])> {
    match bytes {
        [tens, ones, rest @ ..] if tens.is_ascii_digit() && ones.is_ascii_digit() => {
            Some((two_digits(*tens, *ones)?, rest))
        }
        [ones, rest @ ..] if ones.is_ascii_digit() => Some((u32::from(ones - b'0'), rest)),
        _ => None,
    }
}

/// Days since 1970-01-01 of a day of the Gregorian calendar, years 1 to 9999.
#[inline]
pub(super) fn day_number(year: i32, month: u32, day: u32) -> Option<i32> {
    if !(1..=9999).contains(&year) || !(1..=12).contains(&month) || day == 0 || day > month_length(year, month) {
        return None;
    }
    // Years that begin in March put the leap day last, so that months have a regular rhythm of days before them.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days_before = (153 * month as i32 + 2) / 5 + day as i32 - 1;
    Some(year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + days_before - 719_468)
}

fn month_length(year: i32, month: u32) -> u32 {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// `T10:20:30.123456+01:00` as microseconds: the offset is accepted and left out, finer digits are cut.
fn time_of_day(bytes: &[u8]) -> Option<i64> {
    let (b'T' | b't' | b' ', rest) = bytes.split_first()? else { return None };
    let (&[h1, h2, b':', m1, m2], mut rest) = rest.split_first_chunk::<5>()? else { return None };
    let (hours, minutes) = (two_digits(h1, h2)?, two_digits(m1, m2)?);
    let mut seconds = 0;
    let mut fraction = 0;
    if let Some((&[b':', s1, s2], after)) = rest.split_first_chunk::<3>() {
        seconds = two_digits(s1, s2)?;
        (fraction, rest) = micros(after)?;
    }
    let valid = hours < 24 && minutes < 60 && seconds < 60 && is_offset(rest);
    valid.then(|| i64::from(hours * 3600 + minutes * 60 + seconds) * MICROS_PER_SECOND + fraction)
}

/// `.123456` as microseconds, and what follows; nothing is 0.
fn micros(bytes: &[u8]) -> Option<(i64, &[u8])> {
    let Some((b'.' | b',', digits)) = bytes.split_first() else { return Some((0, bytes)) };
    let len = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let value =
        (0..6).fold(0, |value, at| value * 10 + digits[..len].get(at).map_or(0, |&byte| i64::from(byte - b'0')));
    (1..=9).contains(&len).then_some((value, &digits[len..]))
}

/// Nothing, `Z`, `+01`, `+01:00`, `+0100`, perhaps with a zone in square brackets behind.
fn is_offset(bytes: &[u8]) -> bool {
    let bytes = match bytes {
        [before @ .., b']'] => before.split(|&byte| byte == b'[').next().unwrap_or(before),
        _ => bytes,
    };
    match bytes {
        [] | [b'Z' | b'z'] => true,
        [b'+' | b'-', digits @ ..] => {
            matches!(digits.len(), 2 | 4 | 5)
                && digits.iter().enumerate().all(|(at, byte)| byte.is_ascii_digit() || (at == 2 && *byte == b':'))
        }
        _ => false,
    }
}

/// Reads a month, `2026-03` or `03/2026`, as its first day.
pub(super) fn month(text: &str) -> Result<i32, Misfit> {
    let (year, month) = match *text.as_bytes() {
        [y1, y2, y3, y4, b'-' | b'/', m1, m2] => ([y1, y2, y3, y4], [m1, m2]),
        [m1, m2, b'/' | b'.' | b'-', y1, y2, y3, y4] => ([y1, y2, y3, y4], [m1, m2]),
        _ => return Err(Misfit::Month),
    };
    let year = two_digits(year[0], year[1]).zip(two_digits(year[2], year[3])).map(|(high, low)| high * 100 + low);
    let (year, month) = year.zip(two_digits(month[0], month[1])).ok_or(Misfit::Month)?;
    day_number(year as i32, month, 1).ok_or(Misfit::NoSuchMonth)
}

/// Reads a truth value: `true false yes no oui non` in any case.
pub(super) fn boolean(text: &str) -> Result<bool, Misfit> {
    let is = |word: &str| text.eq_ignore_ascii_case(word);
    if is("true") || is("yes") || is("oui") {
        Ok(true)
    } else if is("false") || is("no") || is("non") {
        Ok(false)
    } else {
        Err(Misfit::Boolean)
    }
}

/// A short piece of a cell for a message: at most 30 characters, line ends and the like escaped.
pub(super) fn excerpt(cell: &str) -> String {
    const SHOWN: usize = 30;
    let mut short: String = cell.chars().take(SHOWN).flat_map(visible).collect();
    if cell.chars().nth(SHOWN).is_some() {
        short.push('…');
    }
    short
}

fn visible(c: char) -> impl Iterator<Item = char> {
    let escaped = c.is_control().then(|| c.escape_default());
    let kept = escaped.is_none().then_some(c);
    escaped.into_iter().flatten().chain(kept)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn numbers_at_once_are_plain_numbers(
            before in "[-0-9,x]{0,9}",
            cell in "-?(0|[1-9][0-9]{0,14})([.][0-9]{0,4})?|[-0-9.x/:]{0,18}",
            scale in 0..7u32,
        ) {
            let text = format!("{before},{cell},{before},");
            let (start, end) = (before.len() as u32 + 1, (before.len() + 1 + cell.len()) as u32);
            let reader = Fixed::new(Mark::Point, scale).expect("the scale is small");
            let plain = plain(cell.as_bytes(), b'.');
            if let Some(mantissa) = reader.short_or_long(text.as_bytes(), start, end) {
                prop_assert_eq!(plain, Some((mantissa, scale)));
            } else if let Some((_, of)) = plain {
                prop_assert!(of != scale || cell.len() > 16 || start as usize + 9 > text.len(), "{}", text);
            }
            let whole = Fixed::new(Mark::Point, 0).expect("the scale is small").short(text.as_bytes(), start, end);
            prop_assert_eq!(Fixed::short_whole(text.as_bytes(), start, end), whole);
        }

        #[test]
        fn days_of_a_remembered_month_are_days(cells in prop::collection::vec("20(2[0-9]|00)[-/][01][0-9][-/][0-3][0-9]|[-0-9/]{9,11}", 1..40)) {
            let mut days = IsoDays::default();
            for cell in cells {
                let text = format!("{cell},");
                let read = days.day(text.as_bytes(), 0, cell.len() as u32);
                prop_assert_eq!(read, iso_day(cell.as_bytes()).and_then(Result::ok), "{}", cell);
            }
        }
    }
}
