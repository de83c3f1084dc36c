//! Renders the values of an input at which a KPI is what is wanted.

use super::result::{UNDEFINED, group_head, group_key, signed, status_word, style_of};
use super::{Column, Grid, Lead, Locale, NumberFormat, NumberStyle, Sheet};
use crate::language::Phrase;
use crate::library::Library;
use crate::library::card::Card;
use crate::syntax::ast::Status;
use crate::value::Decimal;
use crate::value::unit::Type;
use crate::what_if::{Solution, SolutionBounds, SolutionKind, SolvedEnd, SolvedRange, SolvedValue, StatusChange};

/// By how many decimals a needed value may be finer than the values of the input.
const FINER: u8 = 2;

/// The maximum number of decimals.
const MAX_DECIMALS: u8 = 28;

/// The maximum number of points at which a KPI is undefined, or passes what is wanted, that have a remark.
const MAX_POINTS: usize = 3;

/// A KPI that differs from what is wanted by less than one part in this many is printed as what is wanted.
const CLOSE: Decimal = Decimal::from_parts(1_000_000_000, 0, 0, false, 0);

/// The solutions for people: a heading, and a row for each value of each group.
pub(crate) fn solutions(solutions: &[Solution], library: &Library, locale: &Locale) -> (String, Sheet) {
    let Some(first) = solutions.first() else { return (String::new(), Sheet::default()) };
    let formats = Formats::new(first, library, locale);
    let writers = || solutions.iter().map(|solution| Writer { solution, formats: &formats, locale });
    let writer = Writer { solution: first, formats: &formats, locale };
    let language = locale.language;
    let keys = first.group.keys().map(|name| Column::key(group_head(name, language)));
    let numbers = [
        first.kpi.to_string(),
        first.input.to_string(),
        language.word(Phrase::NeededHead).to_owned(),
        language.word(Phrase::DifferenceHead).to_owned(),
        language.word(Phrase::ChangeHead).to_owned(),
        language.phrase(Phrase::ThenHead, &[&first.kpi]),
    ];
    let columns = keys.chain(numbers.into_iter().map(Column::number)).collect();
    let rows: Vec<Vec<String>> = writers().flat_map(|writer| writer.rows()).collect();
    let mut remarks: Vec<String> = writers().flat_map(|writer| writer.remarks()).collect();
    if rows.iter().flatten().any(|cell| cell.starts_with('≈')) {
        remarks.push(language.word(Phrase::ApproximatelyNeeded).to_owned());
    }
    (writer.heading(), Sheet { grid: Grid { columns, rows, total: None }, remarks })
}

/// The formats of the numbers, which are the same in all groups.
struct Formats<'a> {
    kpi: NumberFormat<'a>,
    input: NumberFormat<'a>,
    percent: NumberFormat<'a>,
}

impl<'a> Formats<'a> {
    fn new(solution: &Solution, library: &Library, locale: &'a Locale) -> Self {
        let style = |name: &str, ty: &Type| {
            let card: Option<&Card> = library.definition(name).map(|definition| &*definition.card);
            NumberStyle { compact: false, ..style_of(ty, card) }
        };
        Self {
            kpi: locale.format(&style(&solution.kpi, &solution.types[0])),
            input: locale.format(&style(&solution.input, &solution.types[1])),
            percent: locale.format(&NumberStyle { lead: Lead::Percent, ..NumberStyle::default() }),
        }
    }
}

/// Puts a solution into words.
struct Writer<'a> {
    solution: &'a Solution,
    formats: &'a Formats<'a>,
    locale: &'a Locale,
}

impl Writer<'_> {
    fn phrase(&self, phrase: Phrase, parts: &[&str]) -> String {
        self.locale.language.phrase(phrase, parts)
    }

    /// `ad_cost for cac = €45.00/customer`
    fn heading(&self) -> String {
        self.phrase(Phrase::SolvedFor, &[&self.solution.input, &self.solution.kpi, &self.kpi(self.solution.wanted)])
    }

    /// `cac = €45.00/customer`
    fn goal(&self) -> String {
        format!("{} = {}", self.solution.kpi, self.kpi(self.solution.wanted))
    }

    /// A value of the KPI.
    fn kpi(&self, value: Decimal) -> String {
        self.formats.kpi.text(value)
    }

    /// A value of the input.
    fn input(&self, value: Decimal) -> String {
        self.formats.input.text(value)
    }

    /// A needed value, with some more decimals if it has them, and whether these are all.
    fn needed(&self, value: Decimal) -> (String, bool) {
        self.with_decimals(value, FINER)
    }

    /// A value of the input with all of its decimals.
    fn bound(&self, value: Decimal) -> String {
        self.with_decimals(value, MAX_DECIMALS).0
    }

    /// A value of the input with as many decimals as it has, at most `more` beyond the usual ones, and whether these are all.
    fn with_decimals(&self, value: Decimal, more: u8) -> (String, bool) {
        let format = &self.formats.input;
        if format.is_exact(value) {
            return (format.text(value), true);
        }
        let usual = format.common_decimals([value]);
        let most = usual.saturating_add(more).min(MAX_DECIMALS);
        let finer = (usual..=most).map(|decimals| format.with_decimals(decimals)).find(|finer| finer.is_exact(value));
        match finer {
            Some(finer) => (finer.text(value), true),
            None => (format.with_decimals(most).text(value), false),
        }
    }

    /// A value of the input, with a `≈` if there is more to it.
    fn about(&self, value: Decimal, exact: bool) -> String {
        match self.needed(value) {
            (text, true) if exact => text,
            (text, _) => format!("≈ {text}"),
        }
    }

    /// `price = €12.00`, `price ≈ €6.9098`
    fn at(&self, value: Decimal, exact: bool) -> String {
        let text = self.about(value, exact);
        match text.starts_with('≈') {
            true => format!("{} {text}", self.solution.input),
            false => format!("{} = {text}", self.solution.input),
        }
    }

    /// `from 2 up to, but not including, 3`
    fn range(&self, range: &SolvedRange) -> String {
        let text = |end: &SolvedEnd| self.about(end.value, end.exact);
        match (&range.from, &range.to) {
            (Some(from), Some(to)) => {
                let phrase = match (from.included, to.included) {
                    (true, true) => Phrase::RangeFromTo,
                    (true, false) => Phrase::FromUpTo,
                    (false, true) => Phrase::AboveUpTo,
                    (false, false) => Phrase::AboveAndBelow,
                };
                self.phrase(phrase, &[&text(from), &text(to)])
            }
            (Some(from), None) => {
                self.phrase(if from.included { Phrase::OrMore } else { Phrase::RangeAbove }, &[&text(from)])
            }
            (None, Some(to)) => self.phrase(if to.included { Phrase::OrLess } else { Phrase::LessThan }, &[&text(to)]),
            (None, None) => self.locale.language.word(Phrase::AnyValue).to_owned(),
        }
    }

    fn keys(&self) -> Vec<String> {
        let keys = self.solution.group.iter();
        keys.map(|(name, key)| group_key(name, key.as_deref(), self.locale.language)).collect()
    }

    fn rows(&self) -> Vec<Vec<String>> {
        let undefined = || UNDEFINED.to_owned();
        let present = self.solution.present.map_or_else(undefined, |value| self.kpi(value));
        let input = self.solution.present_input.map_or_else(undefined, |value| self.input(value));
        let start: Vec<String> = self.keys().into_iter().chain([present, input]).collect();
        let row = |cells: [String; 4]| start.iter().cloned().chain(cells).collect();
        match self.solution.values.is_empty() {
            true => vec![row([(); 4].map(|()| undefined()))],
            false => self.solution.values.iter().map(|value| row(self.cells(value))).collect(),
        }
    }

    /// The needed value, the difference, the change in percent, and the KPI with the value.
    fn cells(&self, value: &SolvedValue) -> [String; 4] {
        let needed = match &value.range {
            Some(range) => self.range(range),
            None => self.about(value.value, value.exact),
        };
        let difference = value.difference.map(|difference| signed(difference, &self.formats.input));
        let plus = |share: Decimal| if share > Decimal::ZERO { "+" } else { "" };
        let change = value.change.map(|share| format!("{}{}", plus(share), self.formats.percent.text(share)));
        let or_undefined = |text: Option<String>| text.unwrap_or_else(|| UNDEFINED.to_owned());
        let wanted = self.solution.wanted;
        let size = [Some(wanted), self.solution.present].into_iter().flatten().map(|it| it.abs()).max();
        let is_close = |distance: Decimal| size.is_some_and(|size| distance.abs() <= size / CLOSE);
        let check = match value.check.checked_sub(wanted) {
            Some(distance) if distance.is_zero() => format!("{} ✓", self.kpi(wanted)),
            Some(distance) if is_close(distance) => format!("≈ {}", self.kpi(wanted)),
            _ => format!("≈ {}", self.kpi(value.check)),
        };
        [needed, or_undefined(difference), or_undefined(change), check]
    }

    /// What there is to say about a group.
    fn remarks(&self) -> Vec<String> {
        let solution = self.solution;
        let mut remarks: Vec<String> = self.nothing().into_iter().collect();
        remarks.extend(
            self.points(&solution.undefined_at, |at| self.phrase(Phrase::UndefinedThere, &[at, &solution.kpi])),
        );
        remarks.extend(self.points(&solution.jumps, |at| {
            self.phrase(Phrase::PassesAt, &[at, &solution.kpi, &self.kpi(solution.wanted)])
        }));
        let several = solution.values.len() > 1;
        for value in &solution.values {
            let at = if several { format!("{}: ", self.at(value.value, value.exact)) } else { String::new() };
            remarks.extend(value.statuses.iter().map(|change| format!("{at}{}", self.status(change))));
        }
        remarks.extend(self.caveat());
        let keys = self.keys().join(", ");
        let named = |remark: String| match keys.is_empty() {
            true => remark,
            false => self.phrase(Phrase::About, &[&keys, &remark]),
        };
        remarks.into_iter().map(named).collect()
    }

    /// A remark on each of some points: on those that are nearest to the present value if there are many.
    fn points(&self, points: &[Decimal], remark: impl Fn(&str) -> String) -> Vec<String> {
        let present = self.solution.present_input.unwrap_or_default();
        let mut nearest = points.to_vec();
        nearest.sort_by_key(|at| at.saturating_sub(present).abs());
        // One remark more is no longer than that there is one more.
        if nearest.len() > MAX_POINTS + 1 {
            nearest.truncate(MAX_POINTS);
        }
        nearest.sort_unstable();
        let more = points.len() - nearest.len();
        let more = (more > 0).then(|| self.phrase(Phrase::MorePoints, &[&more.to_string()]));
        nearest.iter().map(|at| remark(&self.at(*at, true))).chain(more).collect()
    }

    /// Where values may be missing.
    fn caveat(&self) -> Option<String> {
        let phrase = match self.solution.found {
            SolutionKind::Searched => Phrase::SearchedWithin,
            SolutionKind::SolvedWithin => Phrase::SolvedWithin,
            _ => return None,
        };
        let SolutionBounds { least, most } = self.solution.within?;
        Some(self.phrase(phrase, &[&self.bound(least), &self.bound(most)]))
    }

    /// Why there is no value, or that every value will do.
    fn nothing(&self) -> Option<String> {
        let solution = self.solution;
        let (goal, input) = (self.goal(), &*solution.input);
        if !solution.values.is_empty() {
            return None;
        }
        Some(match (solution.found, solution.within) {
            (SolutionKind::Unbounded, _) => self.phrase(Phrase::NoBounds, &[input]),
            (SolutionKind::Always, _) if !solution.undefined_at.is_empty() => {
                self.phrase(Phrase::EveryDefinedValueGives, &[input, &solution.kpi, &goal])
            }
            (SolutionKind::Always, _) => self.phrase(Phrase::EveryValueGives, &[input, &goal]),
            (SolutionKind::Constant, _) => self.phrase(Phrase::ConstantHere, &[&solution.kpi, input]),
            (SolutionKind::Undefined, _) => {
                let reason = solution.reason.as_ref().map(|reason| self.locale.language.sentence(reason));
                let reason = reason.unwrap_or_default();
                self.phrase(Phrase::UndefinedWhatever, &[&solution.kpi, input, reason.trim_end_matches('.')])
            }
            (found, Some(SolutionBounds { least, most })) => {
                let is_searched = found == SolutionKind::Searched;
                let phrase = if is_searched { Phrase::NoValueFound } else { Phrase::NoValueWithin };
                self.phrase(phrase, &[input, &self.bound(least), &self.bound(most), &goal])
            }
            (_, None) => self.phrase(Phrase::NoValueGives, &[input, &goal]),
        })
    }

    /// `status of cac: bad → good`
    fn status(&self, change: &StatusChange) -> String {
        let word =
            |status: Option<Status>| self.locale.language.word(status.map_or(Phrase::NoStatusThere, status_word));
        self.phrase(Phrase::StatusChanges, &[&change.kpi, word(change.before), word(change.after)])
    }
}
