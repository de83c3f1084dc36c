//! Recognizes periods written in other forms, to suggest the form of the language.

use crate::data::{Calendar, Grain};
use crate::language::month_starting;

/// The periods that a text probably means: two if the order of day and month is ambiguous, none if the text is not
/// recognized.
pub(crate) fn candidates(calendar: Calendar, text: &str) -> Vec<String> {
    let text = text.trim().to_lowercase();
    let single = single(calendar, &text);
    if !single.is_empty() {
        return single;
    }
    ranges(&text).find_map(|(from, to)| range(calendar, from, to)).into_iter().collect()
}

/// A hint for a period in words, or one that the calendar does not have: `ytd`, `Q1`, `2026-02-30`.
pub(crate) fn in_other_words(calendar: Calendar, text: &str) -> Option<String> {
    let text = text.trim().to_lowercase();
    let words: Vec<&str> = text.split(|letter: char| letter.is_whitespace() || letter == '_').collect();
    match &words[..] {
        [""] => Some("write a period after the option, such as `--period 2026-03`".into()),
        ["today" | "now" | "yesterday" | "hier" | "aujourd'hui" | "maintenant"] => {
            Some("a query does not read today's date: write a day, or `latest` for the last period of the data".into())
        }
        ["this" | "current" | "ce" | "cette", ..] => {
            Some("write `latest`, the last period of the data, and a grain such as `--by month`".into())
        }
        ["ytd" | "mtd" | "qtd"] | [.., "to", "date"] => {
            Some("write a context in the formula: `revenue[year to date]`".into())
        }
        [number, "last" | "past" | "derniers" | "dernières" | "dernieres", unit]
        | ["last" | "past" | "derniers" | "dernières" | "dernieres" | "les", number, unit] => {
            let number = number.parse::<u32>().ok()?;
            Some(format!("write `last {number} {}`", english(unit)))
        }
        [part] => without_year(part).or_else(|| last_day(calendar, part)),
        _ => None,
    }
}

fn english(unit: &str) -> &str {
    match unit {
        "jours" | "jour" => "days",
        "semaines" | "semaine" => "weeks",
        "mois" => "months",
        "trimestres" | "trimestre" => "quarters",
        "ans" | "années" | "annees" => "years",
        other => other,
    }
}

/// `Q1`, `T1`: a quarter without its year.
fn without_year(text: &str) -> Option<String> {
    let number = text.strip_prefix(['q', 't'])?;
    matches!(number, "1" | "2" | "3" | "4").then(|| format!("add the year: `2026-Q{number}`"))
}

/// `2026-02-30`, `2026-13`: a day or a month that does not exist.
fn last_day(calendar: Calendar, text: &str) -> Option<String> {
    let parts: Vec<&str> = text.split('-').collect();
    let are_digits = parts.iter().all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
    match parts[..] {
        [year, month, _] if are_digits => {
            let month = calendar.parse(&format!("{year}-{month}"))?;
            let last = calendar.period(Grain::Day, calendar.days(month).end - 1);
            Some(format!("the last day of that month is `{}`", calendar.spell(last)))
        }
        [year, _] if are_digits && year.len() == 4 => {
            Some(format!("the months of that year are `{year}-01` to `{year}-12`"))
        }
        _ => None,
    }
}

/// The dates that a text probably means: `01/03/2026` is `2026-03-01` or `2026-01-03`.
pub(crate) fn candidate_days(text: &str) -> Vec<String> {
    let calendar = Calendar::default();
    let is_day = |form: &String| calendar.parse(form).is_some_and(|period| period.grain == Grain::Day);
    let written = calendar.parse(text.trim()).map(|period| calendar.spell(period));
    let all = written.map_or_else(|| single(calendar, &text.trim().to_lowercase()), |written| vec![written]);
    all.into_iter().filter(is_day).collect()
}

/// The separators between the two ends of a range in other notations.
const BETWEEN: [&str; 12] = ["..", "...", ":", " to ", " until ", " au ", " à ", " bis ", " - ", "–", ",", "-"];

fn ranges(text: &str) -> impl Iterator<Item = (&str, &str)> {
    BETWEEN.iter().flat_map(move |between| {
        text.match_indices(between).map(move |(at, _)| (&text[..at], &text[at + between.len()..]))
    })
}

fn range(calendar: Calendar, from: &str, to: &str) -> Option<String> {
    let end = |text: &str| match calendar.parse(&text.trim().to_uppercase()) {
        Some(period) => Some(calendar.spell(period)),
        None => match &single(calendar, text)[..] {
            [one] => Some(one.clone()),
            _ => None,
        },
    };
    Some(format!("{}..{}", end(from)?, end(to)?))
}

/// A part of a written date.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part<'a> {
    Year(&'a str),
    Number(u32),
    Month(u32),
    Quarter,
    Week,
}

fn single(calendar: Calendar, text: &str) -> Vec<String> {
    use Part::{Month, Number, Quarter, Week, Year};
    let Some(parts) = parts(text) else { return vec![] };
    let day = |year: &str, month: u32, day: u32| format!("{year}-{month:02}-{day:02}");
    let mut forms = match parts[..] {
        [Year(year), Number(month)]
        | [Number(month), Year(year)]
        | [Year(year), Month(month)]
        | [Month(month), Year(year)] => {
            vec![format!("{year}-{month:02}")]
        }
        [Year(year), Number(month), Number(date)]
        | [Number(date), Month(month), Year(year)]
        | [Month(month), Number(date), Year(year)]
        | [Year(year), Month(month), Number(date)] => vec![day(year, month, date)],
        [Number(one), Number(two), Year(year)] => vec![day(year, two, one), day(year, one, two)],
        [Quarter, Number(quarter), Year(year)]
        | [Year(year), Quarter, Number(quarter)]
        | [Number(quarter), Quarter, Year(year)] => {
            vec![format!("{year}-Q{quarter}")]
        }
        [Week, Number(week), Year(year)] | [Year(year), Week, Number(week)] => vec![format!("{year}-W{week:02}")],
        _ => vec![],
    };
    forms.dedup();
    forms.retain(|form| calendar.parse(form).is_some());
    forms
}

/// Splits a text into parts of a date; None if it contains anything else.
fn parts(text: &str) -> Option<Vec<Part<'_>>> {
    let text = text.trim();
    let compact = text.len() == 6 || text.len() == 8;
    if compact && text.bytes().all(|byte| byte.is_ascii_digit()) {
        let numbers = (4..text.len()).step_by(2).map(|at| text[at..at + 2].parse().ok().map(Part::Number));
        return std::iter::once(Some(Part::Year(&text[..4]))).chain(numbers).collect();
    }
    words(text).map(part).collect()
}

/// Splits a text into runs of digits and runs of letters.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let kind = |c: char| (c.is_alphanumeric(), c.is_numeric());
    let mut rest = text;
    let next = move || {
        let first = rest.chars().next()?;
        let (word, after) = rest.split_at(rest.find(|c| kind(c) != kind(first)).unwrap_or(rest.len()));
        rest = after;
        Some(word)
    };
    std::iter::from_fn(next).filter(|word| word.starts_with(char::is_alphanumeric))
}

fn part(word: &str) -> Option<Part<'_>> {
    match word {
        "q" | "t" | "tr" | "trim" | "trimestre" | "quarter" | "quartal" => return Some(Part::Quarter),
        "w" | "s" | "kw" | "wk" | "week" | "sem" | "semaine" => return Some(Part::Week),
        _ => {}
    }
    if word.bytes().all(|byte| byte.is_ascii_digit()) {
        return match word.len() {
            4 => Some(Part::Year(word)),
            1 | 2 => word.parse().ok().map(Part::Number),
            _ => None,
        };
    }
    month_starting(word).map(Part::Month)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_notations_of_periods_are_recognized() {
        for (text, expected) in [
            ("2026-3", "2026-03"),
            ("2026/03", "2026-03"),
            ("03/2026", "2026-03"),
            ("202603", "2026-03"),
            ("20260331", "2026-03-31"),
            ("2026.3.31", "2026-03-31"),
            ("31/03/2026", "2026-03-31"),
            ("03/31/2026", "2026-03-31"),
            ("1/3/2026", "2026-03-01 2026-01-03"),
            ("mars 2026", "2026-03"),
            ("Mar 2026", "2026-03"),
            ("2026 août", "2026-08"),
            ("31 March 2026", "2026-03-31"),
            ("Q1 2026", "2026-Q1"),
            ("2026Q1", "2026-Q1"),
            ("t1 2026", "2026-Q1"),
            ("2026-q1", "2026-Q1"),
            ("2026W5", "2026-W05"),
            ("2026-01:2026-03", "2026-01..2026-03"),
            ("2026-01 to 2026-03", "2026-01..2026-03"),
            ("2026-01-2026-03", "2026-01..2026-03"),
            ("2026-1..2026-3", "2026-01..2026-03"),
            ("Q1 2026 - Q2 2026", "2026-Q1..2026-Q2"),
            ("2025-2026", "2025..2026"),
            ("2026-13", ""),
            ("jui 2026", ""),
            ("soon", ""),
            ("", ""),
        ] {
            assert_eq!(candidates(Calendar::default(), text).join(" "), expected, "{text}");
        }
    }
}
