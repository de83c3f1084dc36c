//! Parses the text of a cell as a day, a moment or a month.

use super::Misfit;
use crate::value::Date;

const NANOS_PER_SECOND: i64 = 1_000_000_000;

/// The separators of dates that are not in ISO format.
const SEPARATORS: [char; 5] = ['/', '-', '.', ' ', ','];

/// The date format of a column. ISO dates are accepted in every style.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub(in crate::read) struct DateStyle {
    pub order: DateOrder,
    /// True if years may have two digits: 00 to 68 are 20yy, 69 to 99 are 19yy.
    pub short_years: bool,
    /// True if months are words: `31-Dec-2025`, `31 décembre 2025`.
    pub month_names: bool,
}

/// The order of day, month and year in dates that are not in ISO format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub(in crate::read) enum DateOrder {
    /// Only `2026-03-31`, or `26-03-31` if years are short.
    #[default]
    Iso,
    /// `31/03/2026`, `31.03.2026`, `31-03-2026`
    DayFirst,
    /// `03/31/2026`
    MonthFirst,
}

/// All styles with their patterns.
const PATTERNS: [(&str, DateStyle); 12] = {
    use DateOrder::{DayFirst, Iso, MonthFirst};
    const fn style(order: DateOrder, short_years: bool, month_names: bool) -> DateStyle {
        DateStyle { order, short_years, month_names }
    }
    [
        ("dd/mm/yyyy", style(DayFirst, false, false)),
        ("mm/dd/yyyy", style(MonthFirst, false, false)),
        ("yyyy-mm-dd", style(Iso, false, false)),
        ("dd/mm/yy", style(DayFirst, true, false)),
        ("mm/dd/yy", style(MonthFirst, true, false)),
        ("yy-mm-dd", style(Iso, true, false)),
        ("dd-mmm-yyyy", style(DayFirst, false, true)),
        ("mmm-dd-yyyy", style(MonthFirst, false, true)),
        ("yyyy-mmm-dd", style(Iso, false, true)),
        ("dd-mmm-yy", style(DayFirst, true, true)),
        ("mmm-dd-yy", style(MonthFirst, true, true)),
        ("yy-mmm-dd", style(Iso, true, true)),
    ]
};

impl DateStyle {
    /// The styles that are read only if they are declared.
    pub const DECLARED: [Self; 9] = {
        let mut declared = [PATTERNS[3].1; 9];
        let mut at = 0;
        while at < declared.len() {
            declared[at] = PATTERNS[at + 3].1;
            at += 1;
        }
        declared
    };

    /// The patterns of the usual styles.
    pub const USUAL: [&str; 5] = ["dd/mm/yyyy", "mm/dd/yyyy", "yyyy-mm-dd", "dd/mm/yy", "dd-mmm-yyyy"];

    /// Years with four digits and months as numbers.
    pub fn numeric(order: DateOrder) -> Self {
        Self { order, ..Self::default() }
    }

    /// The style of a pattern such as `dd/mm/yyyy`, `jj.mm.aa hh:mm` or `dd mmm yyyy`. None unless cells can be read in
    /// this way: the numbers must have the same separator throughout, and it cannot be a point if the month comes
    /// before the day.
    pub fn of_pattern(pattern: &str) -> Option<Self> {
        let pattern = pattern.to_lowercase();
        let style = Self::suggested_by(&pattern)?;
        let mut parts = pattern.split(SEPARATORS).filter(|part| !part.is_empty());
        let known = |part: &str| match part {
            "d" | "dd" | "j" | "jj" => true,
            "m" | "mm" => !style.month_names,
            "mmm" | "mmmm" => style.month_names,
            "yy" | "aa" => style.short_years,
            "yyyy" | "aaaa" => !style.short_years,
            _ => false,
        };
        let day = parts.by_ref().take(3).filter(|part| known(part)).count() == 3;
        let time = parts.all(|part| part.chars().all(|c| "hms:".contains(c)));
        let signs: Vec<char> = pattern.chars().filter(|c| SEPARATORS.contains(c)).collect();
        let plain = style.month_names || signs.len() >= 2 && signs[0] == signs[1] && style.takes(signs[0]);
        (day && time && plain).then_some(style)
    }

    /// Returns true if the separator can appear between the numbers of a date.
    fn takes(self, sign: char) -> bool {
        match sign {
            '/' | '-' => true,
            '.' => self.order == DateOrder::DayFirst || self.order == DateOrder::Iso && self.short_years,
            _ => false,
        }
    }

    /// The style that the letters for day, month and year in a text suggest.
    pub fn suggested_by(pattern: &str) -> Option<Self> {
        let part = |letter: char| match letter.to_ascii_lowercase() {
            'd' | 'j' => Some('d'),
            'm' => Some('m'),
            'y' | 'a' => Some('y'),
            _ => None,
        };
        let letters: String = pattern.split(" h").next()?.chars().filter_map(part).collect();
        let mut parts: Vec<char> = letters.chars().collect();
        parts.dedup();
        let order = match parts[..] {
            ['d', 'm', 'y'] => DateOrder::DayFirst,
            ['m', 'd', 'y'] => DateOrder::MonthFirst,
            ['y', 'm', 'd'] => DateOrder::Iso,
            _ => return None,
        };
        let count = |letter| letters.matches(letter).count();
        Some(Self { order, short_years: count('y') == 2 || pattern.contains("%y"), month_names: count('m') > 2 })
    }

    /// The style with day and month swapped.
    pub fn other(self) -> Self {
        let order = match self.order {
            DateOrder::Iso => DateOrder::Iso,
            DateOrder::DayFirst => DateOrder::MonthFirst,
            DateOrder::MonthFirst => DateOrder::DayFirst,
        };
        Self { order, ..self }
    }

    pub fn pattern(self) -> &'static str {
        PATTERNS.iter().find(|(_, style)| *style == self).map_or("yyyy-mm-dd", |(pattern, _)| pattern)
    }
}

/// Suggests how to read a cell that looks like a date.
pub(in crate::read) fn date_remedy(cell: &str) -> Option<String> {
    let patterns: Vec<String> = patterns_of(cell).iter().map(|pattern| format!("`dates \"{pattern}\"`")).collect();
    let listed = patterns.join(" or ");
    (!patterns.is_empty()).then(|| format!("add {listed} to the dataset's block"))
}

/// The patterns that accept a cell that is not an ISO date. Patterns with short years are returned only if no other
/// pattern accepts the cell.
pub(in crate::read) fn patterns_of(cell: &str) -> Vec<&'static str> {
    let reads = |short: bool| {
        let fits = move |(_, style): &&(&str, DateStyle)| style.short_years == short && date(cell, *style).is_ok();
        PATTERNS.iter().filter(fits).map(|(pattern, _)| *pattern).collect::<Vec<_>>()
    };
    match date(cell, DateStyle::default()) {
        Err(Misfit::Date) => Some(reads(false)).filter(|long| !long.is_empty()).unwrap_or_else(|| {
            // The year comes first only in dates that look like ISO dates.
            let mut short = reads(true);
            let like_iso = !cell.contains(['/', '.', ' ']) && !cell.contains(char::is_alphabetic);
            short.retain(|pattern| like_iso || !pattern.starts_with("yy"));
            short
        }),
        _ => vec![],
    }
}

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
        _ if style.month_names => named_day(text, style)?,
        _ => written_day(bytes, style)?,
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
        (2, short @ ..=68) => 2000 + short,
        (2, short) => 1900 + short,
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

/// The names of the months in English, French, German and Spanish, without accents, and their usual abbreviations.
const MONTHS: [&[&str]; 12] = [
    &["january", "jan", "janvier", "janv", "januar", "janner", "enero", "ene"],
    &["february", "feb", "fevrier", "fevr", "fev", "februar", "febr", "febrero"],
    &["march", "mar", "mars", "marz", "maerz", "mrz", "marzo"],
    &["april", "apr", "avril", "avr", "abril", "abr"],
    &["may", "mai", "mayo"],
    &["june", "jun", "juin", "juni", "junio"],
    &["july", "jul", "juillet", "juil", "juli", "julio"],
    &["august", "aug", "aout", "aou", "agosto", "ago"],
    &["september", "sep", "sept", "septembre", "septiembre", "setiembre"],
    &["october", "oct", "octobre", "oktober", "okt", "octubre"],
    &["november", "nov", "novembre", "noviembre"],
    &["december", "dec", "decembre", "dezember", "dez", "diciembre", "dic"],
];

/// The number of the month with this name, in any case, with or without accents.
fn month_named(name: &str) -> Option<u32> {
    let plain: String = name.chars().flat_map(char::to_lowercase).filter_map(without_accent).collect();
    MONTHS.iter().zip(1..).find(|(names, _)| names.contains(&&*plain)).map(|(_, month)| month)
}

fn without_accent(c: char) -> Option<char> {
    match c {
        'é' | 'è' => Some('e'),
        'û' => Some('u'),
        'ä' => Some('a'),
        c if is_accent(c) => None,
        c => Some(c),
    }
}

/// Returns true for a combining accent.
fn is_accent(c: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&c)
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

/// Parses `T10:20:30.123456789+01:00` as nanoseconds, with the offset in seconds if there is one.
fn time_of_day(bytes: &[u8]) -> Option<(i64, Option<i32>)> {
    let (b'T' | b't' | b' ', rest) = bytes.split_first()? else { return None };
    let (&[h1, h2, b':', m1, m2], mut rest) = rest.split_first_chunk::<5>()? else { return None };
    let (hours, minutes) = (two_digits(h1, h2)?, two_digits(m1, m2)?);
    let mut seconds = 0;
    let mut fraction = 0;
    if let Some((&[b':', s1, s2], after)) = rest.split_first_chunk::<3>() {
        seconds = two_digits(s1, s2)?;
        (fraction, rest) = nanos(after)?;
    }
    let offset = offset(rest)?;
    let valid = hours < 24 && minutes < 60 && seconds < 60;
    valid.then(|| (i64::from(hours * 3600 + minutes * 60 + seconds) * NANOS_PER_SECOND + fraction, offset))
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

/// Parses a month, `2026-03` or `03/2026`, as its first day.
pub(in crate::read) fn month(text: &str) -> Result<i32, Misfit> {
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
