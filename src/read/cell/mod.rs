//! Parses the text of one cell as a number, a day, a moment or a truth value.

mod date;
mod fixed;
mod forms;
mod number;
mod recognized;
mod style;

use std::borrow::Cow;

use crate::alike::trimmed;

pub(super) use date::{IsoDays, date, has_form_of, month, period};
pub(super) use fixed::Fixed;
pub(super) use forms::{date_remedy, digits_form, fits, patterns_of};
pub use number::{MAX_DIGITS, MAX_SCALE};
pub(super) use number::{
    MAX_FIXED_SCALE, Mark, NumberFormat, Numeral, Percents, Unsure, is_plain, number, plain, undress,
};
pub(crate) use recognized::{Marks, Recognized, recognized};
pub(super) use style::{DateForm, DateOrder, DateStyle};

use crate::value::Decimal;
use crate::value::calendar::Grain;

/// The reason why a cell does not fit its column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Misfit {
    Number,
    LeadingZero,
    TooManyDigits,
    Currency,
    /// Another currency than the one that the row names.
    OtherCurrency,
    /// The point or comma could be a decimal mark or a thousands separator, and no other cell is unambiguous.
    TwoNumbers,
    /// A percentage among plain numbers.
    Percent,
    /// A plain number among percentages.
    NoPercent,
    Date,
    /// The day or the month could come first, and no other cell is unambiguous.
    TwoDates,
    NoSuchDay,
    /// A two-digit year in a column with four-digit years, with the pattern that accepts it.
    ShortYear(&'static str),
    /// A UTC offset in a column without offsets, or none in a column with offsets.
    Offset,
    NoOffset,
    Month,
    NoSuchMonth,
    /// Not a period of this grain.
    Period(Grain),
    Boolean,
    /// All cells before this one were blank.
    Unexpected,
}

impl Misfit {
    /// Describes the problem, to be printed after the cell.
    pub fn message(self) -> String {
        match self {
            Self::Number => "is not a number".into(),
            Self::LeadingZero => "starts with a zero like a code, in a column of numbers".into(),
            Self::TooManyDigits => {
                format!(
                    "has too many digits: at most {MAX_DIGITS} (29 up to {}), {MAX_SCALE} of them after the point",
                    Decimal::MAX
                )
            }
            Self::Currency => "has a different currency from the other cells".into(),
            Self::OtherCurrency => "is in another currency than its row says".into(),
            Self::TwoNumbers => "is ambiguous: the decimal mark is unknown".into(),
            Self::Percent => "is a percentage, but other cells of the column are plain numbers".into(),
            Self::NoPercent => "has no percent sign, but other cells of the column have one".into(),
            Self::Date => "is not a date".into(),
            Self::TwoDates => "is ambiguous: the day or the month could come first".into(),
            Self::NoSuchDay => "is not a day of the calendar".into(),
            Self::ShortYear(_) => "has a two-digit year".into(),
            Self::Offset => "has a UTC offset, but the other cells have none".into(),
            Self::NoOffset => "has no UTC offset, but the other cells have one".into(),
            Self::Month | Self::NoSuchMonth => "is not a month".into(),
            Self::Period(grain) => format!("is not a {grain}"),
            Self::Boolean => "is neither true nor false".into(),
            Self::Unexpected => "is in a column whose inspected cells were all blank".into(),
        }
    }
}

/// Returns true if a cell has no quotes or spaces around it.
#[inline]
pub(super) fn is_bare(cell: &str) -> bool {
    let is_bare = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_graphic() && *byte != b'"');
    is_bare(cell.as_bytes().first()) && is_bare(cell.as_bytes().last())
}

/// Removes padding, quotes and doubled quotes from a cell.
pub(super) fn unquoted(raw: &str) -> Cow<'_, str> {
    if is_bare(raw) {
        return Cow::Borrowed(raw);
    }
    let cell = trimmed(raw);
    match cell.strip_prefix('"').and_then(|cell| cell.strip_suffix('"')) {
        Some(inner) if inner.contains('"') => Cow::Owned(tidy(&inner.replace("\"\"", "\"")).to_string()),
        Some(inner) => Cow::Borrowed(tidy(inner)),
        None => Cow::Borrowed(tidy(cell)),
    }
}

/// Removes invisible characters at both ends of a cell. Also unwraps `="0012"`, which is how spreadsheets write a text.
#[inline]
pub(super) fn tidy(cell: &str) -> &str {
    if is_bare(cell) {
        return cell;
    }
    let cell = trimmed(cell);
    cell.strip_prefix("=\"").and_then(|cell| cell.strip_suffix('"')).map_or(cell, trimmed)
}

/// Parses a truth value: `true false yes no oui non` in any case.
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

/// Shortens a cell to at most 30 characters for a message, with line ends and control characters escaped.
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
