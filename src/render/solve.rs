//! Renders the values of an input at which a KPI is what is wanted.

use super::result::{UNDEFINED, group_head, group_key, signed, status_word, style_of};
use super::{Column, Grid, Lead, Locale, NumberStyle, Sheet};
use crate::language::Phrase;
use crate::library::Library;
use crate::library::card::Card;
use crate::syntax::ast::Status;
use crate::value::Decimal;
use crate::value::unit::Type;
use crate::what_if::{Bounds, Solution, SolutionKind, SolvedValue, StatusChange};

/// By how many decimals a needed value may be finer than the values of the input.
const FINER: u8 = 2;

/// A KPI that differs from what is wanted by less than one part in this many is printed as what is wanted.
const CLOSE: Decimal = Decimal::from_parts(1_000_000_000, 0, 0, false, 0);

/// The solutions for people: a heading, and a row for each value of each group.
pub(crate) fn solutions(solutions: &[Solution], library: &Library, locale: &Locale) -> (String, Sheet) {
    let Some(first) = solutions.first() else { return (String::new(), Sheet::default()) };
    let writers = || solutions.iter().map(|solution| Writer { solution, library, locale });
    let writer = Writer { solution: first, library, locale };
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

/// Puts a solution into words.
struct Writer<'a> {
    solution: &'a Solution,
    library: &'a Library,
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

    fn style(&self, name: &str, ty: &Type) -> NumberStyle {
        let card: Option<&Card> = self.library.definition(name).map(|definition| &*definition.card);
        NumberStyle { compact: false, ..style_of(ty, card) }
    }

    /// A value of the KPI.
    fn kpi(&self, value: Decimal) -> String {
        self.locale.format(&self.style(&self.solution.kpi, &self.solution.types[0])).text(value)
    }

    /// A value of the input.
    fn input(&self, value: Decimal) -> String {
        self.locale.format(&self.style(&self.solution.input, &self.solution.types[1])).text(value)
    }

    /// A needed value, with some more decimals if it has them, and whether these are all.
    fn needed(&self, value: Decimal) -> (String, bool) {
        let style = self.style(&self.solution.input, &self.solution.types[1]);
        let usual = self.locale.format(&style).common_decimals([value]);
        let formats = (usual..=usual.saturating_add(FINER))
            .map(|decimals| self.locale.format(&NumberStyle { decimals: Some(decimals), ..style.clone() }));
        let mut last = self.locale.format(&style);
        if last.is_exact(value) {
            return (last.text(value), true);
        }
        for format in formats {
            last = format;
            if last.is_exact(value) {
                return (last.text(value), true);
            }
        }
        (last.text(value), false)
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
        let (text, is_whole) = self.needed(value.value);
        let needed = match value.up_to {
            Some(last) => self.phrase(Phrase::FromUpTo, &[&text, &self.needed(last).0]),
            None => text,
        };
        let is_exact = is_whole && (value.exact || value.up_to.is_some());
        let needed = if is_exact { needed } else { format!("≈ {needed}") };
        let format = self.locale.format(&self.style(&self.solution.input, &self.solution.types[1]));
        let difference = value.difference.map(|difference| signed(difference, &format));
        let percent = self.locale.format(&NumberStyle { lead: Lead::Percent, ..NumberStyle::default() });
        let plus = |share: Decimal| if share > Decimal::ZERO { "+" } else { "" };
        let change = value.change.map(|share| format!("{}{}", plus(share), percent.text(share)));
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
        let undefined = solution.undefined_at.iter();
        remarks.extend(
            undefined
                .map(|at| self.phrase(Phrase::UndefinedThere, &[&solution.input, &self.needed(*at).0, &solution.kpi])),
        );
        remarks.extend(solution.jumps.iter().map(|at| {
            let wanted = self.kpi(solution.wanted);
            self.phrase(Phrase::PassesAt, &[&solution.input, &self.needed(*at).0, &solution.kpi, &wanted])
        }));
        let several = solution.values.len() > 1;
        for value in &solution.values {
            let at =
                if several { format!("{} = {}: ", solution.input, self.needed(value.value).0) } else { String::new() };
            remarks.extend(value.statuses.iter().map(|change| format!("{at}{}", self.status(change))));
        }
        if let (SolutionKind::Searched, false, Some(Bounds { least, most })) =
            (solution.found, solution.values.is_empty(), solution.within)
        {
            remarks.push(self.phrase(Phrase::SearchedWithin, &[&self.input(least), &self.input(most)]));
        }
        let keys = self.keys().join(", ");
        let named = |remark: String| match keys.is_empty() {
            true => remark,
            false => self.phrase(Phrase::About, &[&keys, &remark]),
        };
        remarks.into_iter().map(named).collect()
    }

    /// Why there is no value, or that every value will do.
    fn nothing(&self) -> Option<String> {
        let solution = self.solution;
        let (goal, input) = (self.goal(), &*solution.input);
        if !solution.values.is_empty() {
            return None;
        }
        Some(match (solution.found, solution.within) {
            (SolutionKind::Always, _) => self.phrase(Phrase::EveryValueGives, &[input, &goal]),
            (SolutionKind::Constant, _) => self.phrase(Phrase::ConstantHere, &[&solution.kpi, input]),
            (SolutionKind::Undefined, _) => {
                let reason = solution.reason.as_ref().map(|reason| self.locale.language.sentence(reason));
                let reason = reason.unwrap_or_default();
                self.phrase(Phrase::UndefinedWhatever, &[&solution.kpi, input, reason.trim_end_matches('.')])
            }
            (found, Some(Bounds { least, most })) => {
                let is_searched = found == SolutionKind::Searched;
                let phrase = if is_searched { Phrase::NoValueFound } else { Phrase::NoValueWithin };
                self.phrase(phrase, &[input, &self.input(least), &self.input(most), &goal])
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
