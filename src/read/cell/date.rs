//! Parses the text of a cell as a day, a moment or a month.

use super::Misfit;
use super::style::{DateForm, DateOrder, DateStyle, SEPARATORS};
use crate::language::{is_accent, month_named};
use crate::value::calendar::{Calendar, Grain};
use crate::value::{CALENDAR, Date};

const NANOS_PER_SECOND: i64 = 1_000_000_000;

/// Parses a day or a moment: ISO always, other styles if the column has them.
pub(in crate::read) fn date(text: &str, style: DateStyle) -> Result<Date, Misfit> {
    let bytes = text.as_bytes();
    if let Some(day) = iso_day(bytes) {
        return Ok(Date::from_day(day?));
    }
    let (day, rest) = match bytes.get(4) {
        Some(b'-' | b'/') if bytes.len() >= 10 && iso_day(&bytes[..10]).is_some() => {
            (iso_day(&bytes[..10]).ok_or(Misfit::Date)??, &bytes[10..])
        }
        _ => match style.form {
            DateForm::Days if style.month_names => named_day(text, style)?,
            DateForm::Days => written_day(bytes, style)?,
            DateForm::DaysOfDigits => day_of_digits(bytes)?,
            DateForm::Months | DateForm::MonthsOfDigits => return Err(Misfit::Date),
        },
    };
    let day = Date::from_day(day);
    if rest.is_empty() {
        return Ok(day);
    }
    let (nanos, offset) = time_of_day(rest).ok_or(Misfit::Date)?;
    let moment = day.at(nanos);
    Ok(offset.map_or(moment, |offset| moment.with_offset(offset)))
}

/// Reads days in ISO format. The days of a month differ only in their last two digits, and a file has few months, so
/// the first day of each month is computed once and cached.
#[derive(Debug, Clone)]
pub(in crate::read) struct IsoDays {
    months: Box<[IsoMonth; IsoDays::MONTHS]>,
}

/// A cached month: its text `2026-03-`, its first day, and its number of days.
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

    /// The day written as `2026-03-31` or `2026/03/31` at `start..end` of a text. None if the text is different.
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
        // Mixes the digits that differ between months into the highest bits.
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

/// Parses `2026-03-31` or `2026/03/31`. Returns None for anything else.
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

/// Parses a date such as `31/03/2026` in the column's style, and returns the rest of the text.
fn written_day(bytes: &[u8], style: DateStyle) -> Result<(i32, &[u8]), Misfit> {
    let parts = three_numbers(bytes).ok_or(Misfit::Date)?;
    let [first, second, third] = parts.numbers;
    let (day, month, year) = match style.order {
        DateOrder::Iso => (third, second, first),
        DateOrder::DayFirst => (first, second, third),
        DateOrder::MonthFirst => (second, first, third),
    };
    if !style.takes(char::from(parts.separator)) || day.digits > 2 || month.digits > 2 {
        return Err(Misfit::Date);
    }
    Ok((day_of(day.value, month.value, year, style)?, parts.rest))
}

/// Parses `20260331`, and returns the rest of the text.
fn day_of_digits(bytes: &[u8]) -> Result<(i32, &[u8]), Misfit> {
    let (&[y1, y2, y3, y4, m1, m2, d1, d2], rest) = bytes.split_first_chunk::<8>().ok_or(Misfit::Date)?;
    let (year, month) = year_and_month([y1, y2, y3, y4], [m1, m2]).ok_or(Misfit::Date)?;
    let day = two_digits(d1, d2).filter(|_| !rest.first().is_some_and(u8::is_ascii_digit)).ok_or(Misfit::Date)?;
    Ok((day_number(year, month, day).ok_or(Misfit::NoSuchDay)?, rest))
}

/// A number and its number of digits.
#[derive(Clone, Copy, Default)]
struct Written {
    value: u32,
    digits: usize,
}

struct ThreeNumbers<'a> {
    numbers: [Written; 3],
    separator: u8,
    rest: &'a [u8],
}

/// Three numbers of at most four digits between equal separators.
fn three_numbers(bytes: &[u8]) -> Option<ThreeNumbers<'_>> {
    let (first, rest) = written_number(bytes)?;
    let (&separator, rest) = rest.split_first()?;
    let (second, rest) = written_number(rest)?;
    let (&again, rest) = rest.split_first()?;
    let (third, rest) = written_number(rest)?;
    let fits = separator == again && matches!(separator, b'/' | b'.' | b'-');
    fits.then_some(ThreeNumbers { numbers: [first, second, third], separator, rest })
}

/// Parses a number of at most four digits, and returns the rest of the text.
fn written_number(bytes: &[u8]) -> Option<(Written, &[u8])> {
    let digits = bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let value = bytes[..digits].iter().take(5).fold(0, |value, byte| value * 10 + u32::from(byte - b'0'));
    (1..=4).contains(&digits).then_some((Written { value, digits }, &bytes[digits..]))
}

/// The day with these numbers, if the style allows the number of digits of the year.
fn day_of(day: u32, month: u32, year: Written, style: DateStyle) -> Result<i32, Misfit> {
    let full = match (year.digits, year.value) {
        (4, year) if style.order != DateOrder::Iso || style.month_names => year,
        (2, short) => full_year(short),
        _ => return Err(Misfit::Date),
    };
    if year.digits == 2 && !style.short_years {
        let short = DateStyle { short_years: true, ..style };
        let is_style = style.order != DateOrder::Iso || style.month_names;
        let misfit = if is_style { Misfit::ShortYear(short.pattern()) } else { Misfit::Date };
        // If the day does not exist in this order, it is not a date with any year.
        return Err(if day_number(full as i32, month, day).is_some() { misfit } else { Misfit::Date });
    }
    day_number(full as i32, month, day).ok_or(Misfit::NoSuchDay)
}

/// Parses `31-Dec-2025`, `31 décembre 2025` or `31. Dezember 25` in the column's order, and returns the rest of the
/// text.
fn named_day(text: &str, style: DateStyle) -> Result<(i32, &[u8]), Misfit> {
    let (mut rest, mut numbers, mut month) = (text, [Written::default(); 2], None);
    let order: &[usize] = match style.order {
        DateOrder::Iso => &[1, 2, 0],
        DateOrder::DayFirst => &[0, 2, 1],
        DateOrder::MonthFirst => &[2, 0, 1],
    };
    for &part in order {
        rest = rest.trim_start_matches(SEPARATORS);
        rest = ["de ", "of "].iter().find_map(|word| rest.strip_prefix(word)).unwrap_or(rest);
        if part == 2 {
            let end = rest.find(|c: char| !c.is_alphabetic() && !is_accent(c)).unwrap_or(rest.len());
            month = Some(month_named(&rest[..end]).ok_or(Misfit::Date)?);
            rest = &rest[end..];
        } else {
            let (number, after) = written_number(rest.as_bytes()).ok_or(Misfit::Date)?;
            rest = &rest[rest.len() - after.len()..];
            if part == 0 {
                rest = ["er", "st", "nd", "rd", "th"].iter().find_map(|end| rest.strip_prefix(end)).unwrap_or(rest);
            }
            numbers[part] = number;
        }
    }
    let [day, year] = numbers;
    if day.digits > 2 {
        return Err(Misfit::Date);
    }
    Ok((day_of(day.value, month.ok_or(Misfit::Date)?, year, style)?, rest.as_bytes()))
}

/// The number of days from 1970-01-01 to a day of the Gregorian calendar, years 1 to 9999.
#[inline]
pub(in crate::read) fn day_number(year: i32, month: u32, day: u32) -> Option<i32> {
    if !(1..=9999).contains(&year) || !(1..=12).contains(&month) || day == 0 || day > month_length(year, month) {
        return None;
    }
    // If years start in March, the leap day comes last and the days before each month follow a regular pattern.
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

/// Parses `T10:20:30.123456789+01:00`, ` 9:05 PM` or `T102030` as nanoseconds, with the offset in seconds if there is
/// one.
fn time_of_day(bytes: &[u8]) -> Option<(i64, Option<i32>)> {
    let bytes = bytes.strip_prefix(b",").filter(|rest| rest.starts_with(b" ")).unwrap_or(bytes);
    let (b'T' | b't' | b' ', rest) = bytes.split_first()? else { return None };
    let ([hours, minutes, seconds], mut rest) = clock(rest)?;
    let mut fraction = 0;
    if seconds.is_some() {
        (fraction, rest) = nanos(rest)?;
    }
    let (hours, offset) = match half_of_day(rest) {
        Some(noon) if (1..=12).contains(&hours?) => (hours? % 12 + noon, None),
        Some(_) => return None,
        None => (hours?, offset(rest)?),
    };
    let (minutes, seconds) = (minutes?, seconds.unwrap_or(0));
    let valid = hours < 24 && minutes < 60 && seconds < 60;
    valid.then(|| (i64::from(hours * 3600 + minutes * 60 + seconds) * NANOS_PER_SECOND + fraction, offset))
}

/// Parses `10:20:30`, `9:05` or `102030` as hours, minutes and seconds, and returns the rest of the text.
fn clock(bytes: &[u8]) -> Option<([Option<u32>; 3], &[u8])> {
    let (hours, minutes, rest, colons) = match bytes {
        [h1, h2, b':', m1, m2, rest @ ..] => (two_digits(*h1, *h2), two_digits(*m1, *m2), rest, true),
        [hour, b':', m1, m2, rest @ ..] => (two_digits(b'0', *hour), two_digits(*m1, *m2), rest, true),
        [h1, h2] => (two_digits(*h1, *h2), Some(0), &[][..], true),
        [h1, h2, m1, m2, rest @ ..] => (two_digits(*h1, *h2), two_digits(*m1, *m2), rest, false),
        _ => return None,
    };
    Some(match rest {
        [b':', s1, s2, rest @ ..] if colons => ([hours, minutes, Some(two_digits(*s1, *s2)?)], rest),
        [s1, s2, rest @ ..] if !colons && s1.is_ascii_digit() => ([hours, minutes, Some(two_digits(*s1, *s2)?)], rest),
        _ => ([hours, minutes, None], rest),
    })
}

/// Parses ` PM`, `am` or `p.m.`: the hours to add to those of the clock.
fn half_of_day(bytes: &[u8]) -> Option<u32> {
    let text = std::str::from_utf8(bytes).ok()?.trim_start();
    let is = |words: [&str; 2]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    match () {
        () if is(["am", "a.m."]) => Some(0),
        () if is(["pm", "p.m."]) => Some(12),
        () => None,
    }
}

/// Parses `.123456789` as nanoseconds, and returns the rest of the text. Without a fraction, the result is 0.
fn nanos(bytes: &[u8]) -> Option<(i64, &[u8])> {
    let Some((b'.' | b',', digits)) = bytes.split_first() else { return Some((0, bytes)) };
    let len = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let value =
        (0..9).fold(0, |value, at| value * 10 + digits[..len].get(at).map_or(0, |&byte| i64::from(byte - b'0')));
    (1..=9).contains(&len).then_some((value, &digits[len..]))
}

/// Parses an optional `Z`, `+01`, `+01:00` or `+0100` as seconds ahead of UTC. A zone in square brackets can follow.
fn offset(bytes: &[u8]) -> Option<Option<i32>> {
    let bytes = match bytes {
        [before @ .., b']'] => before.split(|&byte| byte == b'[').next().unwrap_or(before),
        _ => bytes,
    };
    let (sign, hours, minutes) = match *bytes {
        [] => return Some(None),
        [b'Z' | b'z'] => return Some(Some(0)),
        [sign @ (b'+' | b'-'), h1, h2] => (sign, two_digits(h1, h2)?, 0),
        [sign @ (b'+' | b'-'), h1, h2, m1, m2] | [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
            (sign, two_digits(h1, h2)?, two_digits(m1, m2)?)
        }
        _ => return None,
    };
    let ahead = (hours * 3600 + minutes * 60) as i32;
    (hours < 24 && minutes < 60).then_some(Some(if sign == b'-' { -ahead } else { ahead }))
}

/// Parses a month as its first day: `2026-03` or `03/2026` always, other forms if the column has them.
pub(in crate::read) fn month(text: &str, style: DateStyle) -> Result<i32, Misfit> {
    let (year, month) = match *text.as_bytes() {
        [y1, y2, y3, y4, b'-' | b'/', m1, m2] => year_and_month([y1, y2, y3, y4], [m1, m2]),
        [m1, m2, b'/' | b'.' | b'-', y1, y2, y3, y4] => year_and_month([y1, y2, y3, y4], [m1, m2]),
        [y1, y2, y3, y4, m1, m2] if style.form == DateForm::MonthsOfDigits => {
            year_and_month([y1, y2, y3, y4], [m1, m2])
        }
        _ if style.form == DateForm::Months && style.month_names => named_month(text, style),
        [m1, m2, b'/' | b'.' | b'-', y1, y2] if style.form == DateForm::Months && style.short_years => {
            two_digits(y1, y2).map(|year| full_year(year) as i32).zip(two_digits(m1, m2))
        }
        _ => None,
    }
    .ok_or(Misfit::Month)?;
    day_number(year, month, 1).ok_or(Misfit::NoSuchMonth)
}

/// Returns true if a cell has the form of a period, whatever the calendar: `2026-W13`, `2025/26-Q4`, `2026-H1`,
/// `2025/26`.
pub(in crate::read) fn has_form_of(cell: &str, grain: Grain) -> bool {
    let digits = |text: &str, count: usize| text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_year = |text: &str| match text.split_once('/') {
        Some((year, next)) => digits(year, 4) && digits(next, 2),
        None => digits(text, 4),
    };
    let part = |mark: &str, count: usize| {
        cell.split_once(mark).is_some_and(|(year, part)| is_year(year) && digits(part, count))
    };
    match grain {
        Grain::Week => part("-W", 2) && !cell.contains('/'),
        Grain::Quarter => part("-Q", 1),
        Grain::Half => part("-H", 1),
        Grain::Year => cell.contains('/') && is_year(cell) && !is_month_of_year(cell),
        Grain::Hour | Grain::Day | Grain::Month => false,
    }
}

/// Returns true if a text such as `2026/03` is not two consecutive years.
fn is_month_of_year(cell: &str) -> bool {
    let Some((year, next)) = cell.split_once('/') else { return false };
    let (year, next) = (year.parse::<u32>().unwrap_or(0), next.parse::<u32>().unwrap_or(0));
    (year + 1) % 100 != next
}

/// Parses a period of a grain as its first day.
pub(in crate::read) fn period(text: &str, grain: Grain, calendar: Calendar) -> Result<i32, Misfit> {
    let period = calendar.parse(text).filter(|period| period.grain == grain).ok_or(Misfit::Period(grain))?;
    let day = calendar.first_day(period);
    CALENDAR.contains(&day).then_some(day).ok_or(Misfit::Period(grain))
}

fn year_and_month(year: [u8; 4], month: [u8; 2]) -> Option<(i32, u32)> {
    let year = two_digits(year[0], year[1])? * 100 + two_digits(year[2], year[3])?;
    Some((year as i32, two_digits(month[0], month[1])?))
}

/// Parses `Mar-26`, `mars 2026` or `2026 March` in the column's order.
fn named_month(text: &str, style: DateStyle) -> Option<(i32, u32)> {
    let digits = |c: char| c.is_ascii_digit();
    let (name, year) = match style.order {
        DateOrder::Iso => text.split_at(text.find(|c| !digits(c))?),
        _ => text.split_at(text.find(digits)?),
    };
    let (name, year) = if style.order == DateOrder::Iso { (year, name) } else { (name, year) };
    let (written, rest) = written_number(year.as_bytes())?;
    let name = name.trim_matches(|c| SEPARATORS.contains(&c) || matches!(c, '\'' | '’'));
    let name = [" de", " of"].iter().find_map(|word| name.strip_suffix(word)).unwrap_or(name);
    let year = match (written.digits, style.short_years) {
        (4, false) => written.value,
        (2, true) => full_year(written.value),
        _ => return None,
    };
    rest.is_empty().then(|| Some((year as i32, month_named(name)?))).flatten()
}

/// The year of two digits: 00 to 68 are 20yy, 69 to 99 are 19yy.
fn full_year(short: u32) -> u32 {
    if short <= 68 { 2000 + short } else { 1900 + short }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn cached_months_give_the_same_days(cells in prop::collection::vec("20(2[0-9]|00)[-/][01][0-9][-/][0-3][0-9]|[-0-9/]{9,11}", 1..40)) {
            let mut days = IsoDays::default();
            for cell in cells {
                let text = format!("{cell},");
                let read = days.day(text.as_bytes(), 0, cell.len() as u32);
                prop_assert_eq!(read, iso_day(cell.as_bytes()).and_then(Result::ok), "{}", cell);
            }
        }
    }
}
