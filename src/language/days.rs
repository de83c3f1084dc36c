//! Formats days and periods in each language: `2026-03-31`, `31 mars 2026`, `du 1er au 31 mars 2026`.

use super::Language;

const FRENCH_MONTHS: [&str; 12] = [
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
];

impl Language {
    /// Formats a day given as `2026-03-31`.
    pub(crate) fn day(self, iso: &str) -> String {
        match (self, parts(iso)) {
            (Self::French, Some(day)) => day.french(3),
            _ => iso.to_owned(),
        }
    }

    /// Formats a day given as `2026-03-31` for a table: in French `31/03/2026`.
    pub(crate) fn short_day(self, iso: &str) -> String {
        match (self, iso.splitn(3, '-').collect::<Vec<_>>().as_slice()) {
            (Self::French, [year, month, day]) if parts(iso).is_some() => format!("{day}/{month}/{year}"),
            _ => iso.to_owned(),
        }
    }

    /// Formats a range of days that follows a comma. French writes a common month or year only once.
    pub(crate) fn days(self, from: &str, to: &str) -> String {
        match (self, parts(from), parts(to)) {
            (Self::French, Some(from), Some(to)) if from == to => format!("le {}", to.french(3)),
            (Self::French, Some(from), Some(to)) => {
                let said = match (from.year == to.year, from.month == to.month) {
                    (true, true) => 1,
                    (true, false) => 2,
                    (false, _) => 3,
                };
                format!("du {} au {}", from.french(said), to.french(3))
            }
            _ if from == to => from.to_owned(),
            _ => format!("{from} to {to}"),
        }
    }
}

/// The short names of the months, as on the axis of a chart.
const SHORT_MONTHS: [(&str, &str); 12] = [
    ("Jan", "janv."),
    ("Feb", "févr."),
    ("Mar", "mars"),
    ("Apr", "avr."),
    ("May", "mai"),
    ("Jun", "juin"),
    ("Jul", "juil."),
    ("Aug", "août"),
    ("Sep", "sept."),
    ("Oct", "oct."),
    ("Nov", "nov."),
    ("Dec", "déc."),
];

const ENGLISH_MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

impl Language {
    /// A period given as `2026-03` in a sentence or title: `March 2026`, `mars 2026`, `Q1 2026`. Other periods are written
    /// as in results.
    pub(crate) fn period_title(self, written: &str) -> String {
        let spelled = self.period(written);
        match spelled.split_once('-') {
            Some((year, rest)) => match (month(rest), rest.contains('-')) {
                (Some(at), false) if self == Self::French => format!("{} {year}", FRENCH_MONTHS[at]),
                (Some(at), false) => format!("{} {year}", ENGLISH_MONTHS[at]),
                (None, false) => format!("{rest} {year}"),
                (_, true) => self.day(written),
            },
            None => spelled,
        }
    }

    /// A period on the axis of a chart, on two lines: `Mar` and `2026`, `T1` and `2026`, `31` and `mars 2026`.
    pub(crate) fn period_label(self, written: &str) -> (String, String) {
        let spelled = self.period(written);
        let short = |at: usize| match self {
            Self::English => SHORT_MONTHS[at].0,
            Self::French => SHORT_MONTHS[at].1,
        };
        let Some((year, rest)) = spelled.split_once('-') else { return (spelled, String::new()) };
        match (rest.split_once('-'), month(rest)) {
            (Some((of, day)), _) => match (month(of), day.split_once('T')) {
                (Some(_), Some((_, hour))) => (hour.to_owned(), written[..10].to_owned()),
                (Some(at), None) => (day.trim_start_matches('0').to_owned(), format!("{} {year}", short(at))),
                (None, _) => (rest.to_owned(), year.to_owned()),
            },
            (None, Some(at)) => (short(at).to_owned(), year.to_owned()),
            (None, None) => (rest.to_owned(), year.to_owned()),
        }
    }
}

/// The position of the month that two digits name.
fn month(digits: &str) -> Option<usize> {
    let number: usize = digits.parse().ok().filter(|_| digits.len() == 2)?;
    number.checked_sub(1).filter(|at| *at < 12)
}

/// The marks of quarters, weeks and half-years in English and in French, and the number of digits after them.
const PERIOD_MARKS: [(&str, &str, usize); 3] = [("-Q", "-T", 1), ("-W", "-S", 2), ("-H", "-S", 1)];

impl Language {
    /// Formats a period given as `2026-Q1`, `2026-W13` or `2026-H1`: in French `2026-T1`, `2026-S13` or
    /// `2026-S1`.
    pub(crate) fn period(self, written: &str) -> String {
        self.marked(written, |(english, french, digits)| (english, french, digits))
    }

    /// Converts a period or range of periods typed in this language to the syntax of queries.
    pub(crate) fn query_period(self, typed: &str) -> String {
        self.marked(typed, |(english, french, digits)| (french, english, digits))
    }

    /// Replaces the marks of periods that are followed by a number.
    fn marked(
        self,
        text: &str,
        order: impl Fn((&'static str, &'static str, usize)) -> (&'static str, &'static str, usize),
    ) -> String {
        if self == Self::English {
            return text.to_owned();
        }
        PERIOD_MARKS.into_iter().map(order).fold(text.to_owned(), |text, (from, to, digits)| {
            let mut pieces = text.split(from);
            let first = pieces.next().unwrap_or_default().to_owned();
            pieces.fold(first, |text, piece| {
                let is_number = piece.bytes().take_while(u8::is_ascii_digit).count() == digits;
                text + if is_number { to } else { from } + piece
            })
        })
    }
}

/// The year, month and day of a date, as text.
#[derive(PartialEq, Eq)]
struct Day<'a> {
    year: &'a str,
    month: &'static str,
    day: &'a str,
}

impl Day<'_> {
    /// The first `parts` of day, month and year, in French.
    fn french(&self, parts: usize) -> String {
        let day = if self.day == "1" { "1er" } else { self.day };
        [day, self.month, self.year][..parts].join("\u{a0}")
    }
}

/// The parts of an ISO day, or `None` if the text is not a day of the years 1 to 9999, such as a moment.
fn parts(iso: &str) -> Option<Day<'_>> {
    let [year, month, day] = iso.splitn(3, '-').collect::<Vec<_>>()[..] else { return None };
    let month = FRENCH_MONTHS.get(month.parse::<usize>().ok()?.checked_sub(1)?)?;
    let is_day = day.len() == 2 && day.bytes().all(|digit| digit.is_ascii_digit());
    is_day.then(|| Day { year, month, day: day.trim_start_matches('0') })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn french_writes_a_common_month_or_year_once() {
        let days = |from, to| Language::French.days(from, to).replace('\u{a0}', " ");
        assert_eq!(days("2026-03-01", "2026-03-31"), "du 1er au 31 mars 2026");
        assert_eq!(days("2026-01-01", "2026-03-31"), "du 1er janvier au 31 mars 2026");
        assert_eq!(days("2025-12-28", "2026-01-03"), "du 28 décembre 2025 au 3 janvier 2026");
        assert_eq!(days("2026-08-05", "2026-08-05"), "le 5 août 2026");
        assert_eq!(Language::French.day("2026-02-14T09:00"), "2026-02-14T09:00");
        let short = |day| Language::ALL.map(|language| language.short_day(day));
        assert_eq!(short("2026-02-04"), ["2026-02-04", "04/02/2026"]);
        assert_eq!(short("2026-02-04T09:00"), ["2026-02-04T09:00"; 2]);
    }

    #[test]
    fn french_marks_quarters_and_weeks_with_t_and_s() {
        assert_eq!(Language::French.period("2025/26-Q1"), "2025/26-T1");
        assert_eq!(Language::French.query_period("2026-T1..2026-S13"), "2026-Q1..2026-W13");
        assert_eq!(Language::French.query_period("2026-03-01T09:00"), "2026-03-01T09:00");
        assert_eq!(Language::English.query_period("2026-T1"), "2026-T1");
    }

    #[test]
    fn periods_have_titles_and_labels() {
        let label = |language: Language, written| {
            let (first, second) = language.period_label(written);
            format!("{} | {first} | {second}", language.period_title(written)).replace('\u{a0}', " ")
        };
        for (written, english, french) in [
            ("2026-03", "March 2026 | Mar | 2026", "mars 2026 | mars | 2026"),
            ("2026-Q1", "Q1 2026 | Q1 | 2026", "T1 2026 | T1 | 2026"),
            ("2026-W13", "W13 2026 | W13 | 2026", "S13 2026 | S13 | 2026"),
            ("2025/26-Q1", "Q1 2025/26 | Q1 | 2025/26", "T1 2025/26 | T1 | 2025/26"),
            ("2026", "2026 | 2026 | ", "2026 | 2026 | "),
            ("2026-03-01", "2026-03-01 | 1 | Mar 2026", "1er mars 2026 | 1 | mars 2026"),
            ("2026-03-01T09", "2026-03-01T09 | 09 | 2026-03-01", "2026-03-01T09 | 09 | 2026-03-01"),
        ] {
            assert_eq!(label(Language::English, written), english);
            assert_eq!(label(Language::French, written), french);
        }
    }

    #[test]
    fn english_writes_iso_days() {
        assert_eq!(Language::English.days("2026-03-01", "2026-03-31"), "2026-03-01 to 2026-03-31");
        assert_eq!(Language::English.day("2026-03-01"), "2026-03-01");
    }
}
