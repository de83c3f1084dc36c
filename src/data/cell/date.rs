//! Turns the text of a cell into a day, a moment or a month.

use super::Misfit;
use crate::value::Date;

const MICROS_PER_SECOND: i64 = 1_000_000;

/// The order of day, month and year where dates are not ISO.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub(in crate::data) enum DateOrder {
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

    /// The other order that a date could be in.
    pub fn other(self) -> Self {
        match self {
            Self::Iso => Self::Iso,
            Self::DayFirst => Self::MonthFirst,
            Self::MonthFirst => Self::DayFirst,
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

/// Reads a day or a moment: ISO always, other orders where the column has them.
pub(in crate::data) fn date(text: &str, order: DateOrder) -> Result<Date, Misfit> {
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
pub(in crate::data) struct IsoDays {
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
fn iso_day(bytes: &[u8]) -> Option<Result<i32, Misfit>> {
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
pub(in crate::data) fn day_number(year: i32, month: u32, day: u32) -> Option<i32> {
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
pub(in crate::data) fn month(text: &str) -> Result<i32, Misfit> {
    let (year, month) = match *text.as_bytes() {
        [y1, y2, y3, y4, b'-' | b'/', m1, m2] => ([y1, y2, y3, y4], [m1, m2]),
        [m1, m2, b'/' | b'.' | b'-', y1, y2, y3, y4] => ([y1, y2, y3, y4], [m1, m2]),
        _ => return Err(Misfit::Month),
    };
    let year = two_digits(year[0], year[1]).zip(two_digits(year[2], year[3])).map(|(high, low)| high * 100 + low);
    let (year, month) = year.zip(two_digits(month[0], month[1])).ok_or(Misfit::Month)?;
    day_number(year as i32, month, 1).ok_or(Misfit::NoSuchMonth)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
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
