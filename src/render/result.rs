//! Turns an [`Evaluation`] into a table for people, with remarks below it.

use std::cmp::Ordering;

use indexmap::{IndexMap, IndexSet};

use super::pivot::Pivot;
use super::{Column, Grid, Language, Lead, Locale, NumberFormat, NumberStyle};
use crate::budget::{Budget, Charge};
use crate::data::Grain;
use crate::diagnostic::Diagnostic;
use crate::eval::{Evaluation, Flag, LeftOut, RowKind, Target};
use crate::language::{Phrase, Sentence};
use crate::library::card::{Better, Card, Format};
use crate::syntax::ast::Status;
use crate::value::unit::Type;
use crate::value::{Decimal, Value, decimal_of};

/// What a limit interrupts.
pub(crate) const RENDERING: &str = "writing the result";
/// The steps of writing a cell.
const STEPS_PER_CELL: usize = 64;
/// The text for a missing value.
pub const UNDEFINED: &str = "—";
/// The maximum number of groups that a remark names. If there are more, it counts them.
pub(super) const NAMED_GROUPS: usize = 4;

/// A result for people: a grid, and remarks below it.
#[derive(Debug, Clone, Default)]
pub struct Sheet {
    /// The formatted values, with marks.
    pub grid: Grid,
    /// One line each for targets, advice, reasons for missing values and the legend of the marks.
    pub remarks: Vec<String>,
}

/// Returns the mark of a status.
pub fn status_mark(status: Status) -> &'static str {
    match status {
        Status::Good => "✓",
        Status::Watch => "!",
        Status::Bad => "✗",
    }
}

/// Returns the mark of a flag.
pub fn flag_mark(flag: Flag) -> &'static str {
    match flag {
        Flag::Skipped => "*",
        Flag::Failed => "#",
        Flag::Partial => "~",
        Flag::OutOfRange => "?",
    }
}

/// The word for a status.
pub(super) fn status_word(status: Status) -> Phrase {
    match status {
        Status::Good => Phrase::StatusGood,
        Status::Watch => Phrase::StatusWatch,
        Status::Bad => Phrase::StatusBad,
    }
}

/// The meaning of a flag.
pub(super) fn flag_meaning(flag: Flag) -> Phrase {
    match flag {
        Flag::Skipped => Phrase::SkippedRows,
        Flag::Failed => Phrase::FailedRows,
        Flag::Partial => Phrase::IncompletePeriod,
        Flag::OutOfRange => Phrase::OutOfRange,
    }
}

/// Returns the number style for a type, with the format of the definition's card.
pub fn style_of(ty: &Type, card: Option<&Card>) -> NumberStyle {
    style_with(ty, card.map(|card| card.format))
}

/// The number style for a type, with a format.
pub(super) fn style_with(ty: &Type, format: Option<Format>) -> NumberStyle {
    let style = NumberStyle::of(ty);
    let Some(format) = format else { return style };
    let percent = format.percent && style.lead == Lead::Plain && style.times.is_empty() && style.per.is_empty();
    NumberStyle {
        lead: if percent { Lead::Percent } else { style.lead.clone() },
        decimals: format.decimals.map(|decimals| decimals as u8),
        compact: format.compact,
        ..style
    }
}

/// Formats a value. The format applies to numbers; texts are unchanged.
pub(super) fn value_text(value: &Value, format: &NumberFormat<'_>) -> String {
    match value {
        Value::Number(number) => format.text(number.decimal),
        other => plain_text(other, format.language()),
    }
}

/// The text of a value that is not a number.
pub(super) fn plain_text(value: &Value, language: Language) -> String {
    match value {
        Value::Boolean(value) => language.word(if *value { Phrase::True } else { Phrase::False }).to_owned(),
        Value::Date(date) => language.short_day(&date.to_string()),
        Value::Number(_) | Value::Text(_) => value.to_string(),
    }
}

/// Formats the groups at these positions, in this order, with the total last.
pub fn sheet(evaluation: &Evaluation, groups: &[usize], locale: &Locale) -> Sheet {
    sheet_within(evaluation, groups, None, locale, &mut Budget::unlimited().charge()).expect("there is no limit")
}

/// The same, within a budget. The charge counts the texts of the grid, and what drawing it takes.
pub(crate) fn sheet_within(
    evaluation: &Evaluation,
    groups: &[usize],
    pivot: Option<Pivot<'_>>,
    locale: &Locale,
    charge: &mut Charge,
) -> Result<Sheet, Diagnostic> {
    let (groups, later) = without_later(evaluation, groups);
    let writer = Writer { evaluation, groups: &groups, locale, title: None };
    let by_group = !evaluation.group_columns().is_empty();
    let later = (!later.is_empty()).then(|| writer.later(&later));
    let grid = match pivot {
        Some(pivot) => writer.across(pivot, charge)?,
        None if by_group => writer.rows(charge)?,
        None => writer.list(charge)?,
    };
    Ok(Sheet { grid, remarks: later.into_iter().chain(writer.remarks(charge.budget())?).collect() })
}

/// The copies of the text of a cell: in its column, in its row, without control characters, drawn, and in the result.
const COPIES: usize = 5;

/// The memory of a text besides its bytes.
const TEXT_BYTES: usize = 40;

/// The last day covered by the rows of any dataset.
fn data_end(evaluation: &Evaluation) -> Option<i32> {
    evaluation.extents.iter().flatten().map(|(_, last)| *last).max()
}

/// Splits the groups into those to show and a run of two or more final periods that begin after all data and have no
/// values. A remark summarizes such a run in one line.
pub(super) fn without_later(evaluation: &Evaluation, groups: &[usize]) -> (Vec<usize>, Vec<usize>) {
    let calendar = evaluation.plan.request.calendar;
    let is_later = |group: &usize| {
        let start = evaluation.groups[*group].period.map(|period| calendar.first_day(period));
        let begins_later = start.zip(data_end(evaluation)).is_some_and(|(start, end)| start > end);
        begins_later && (0..evaluation.plan.kpis.len()).all(|kpi| evaluation.value(kpi, *group).is_err())
    };
    let (totals, mut shown): (Vec<usize>, Vec<usize>) =
        groups.iter().copied().partition(|group| evaluation.groups[*group].total);
    let run = shown.iter().rev().take_while(|group| is_later(group)).count();
    let later = if run > 1 { shown.split_off(shown.len() - run) } else { vec![] };
    (shown.into_iter().chain(totals).collect(), later)
}

/// The formatted values of one KPI in the groups at these positions, with marks.
pub(super) fn values(evaluation: &Evaluation, groups: &[usize], locale: &Locale, kpi: usize) -> Vec<String> {
    let mut charge = Budget::unlimited().charge();
    Writer { evaluation, groups, locale, title: None }.column(kpi, &mut charge).expect("there is no limit")
}

/// The remarks of a result with a scenario: those without it, and those with it that differ, marked with its title.
pub(super) fn scenario_remarks(
    evaluation: &Evaluation,
    groups: &[usize],
    locale: &Locale,
    title: &str,
    budget: &Budget,
) -> Result<Vec<String>, Diagnostic> {
    let writer = Writer { evaluation, groups, locale, title: None };
    let titled = Writer { title: Some(title), ..writer };
    let mut remarks = IndexSet::new();
    for lines in [Writer::targets, Writer::no_status, Writer::advice, Writer::reasons] {
        for kpi in evaluation.in_scenario() {
            let base = lines(&writer, kpi.base, budget)?;
            let differs = lines(&writer, kpi.scenario, budget)? != base;
            remarks.extend(base);
            remarks.extend(if differs { lines(&titled, kpi.scenario, budget)? } else { vec![] });
        }
    }
    remarks.extend(writer.legend(budget)?);
    Ok(remarks.into_iter().collect())
}

/// A group's period and keys in the language of the reader.
pub(super) fn group_cells(evaluation: &Evaluation, group: usize, language: Language) -> Vec<String> {
    let columns = evaluation.group_columns();
    let label = evaluation.group_label(group);
    let mut cells: Vec<String> = label.iter().map(|(name, key)| group_key(name, key.as_deref(), language)).collect();
    if evaluation.kind(group) == RowKind::Others {
        let others = columns.len() - evaluation.plan.request.by.len();
        cells[others] = language.word(Phrase::Others).to_owned();
    }
    if cells.len() < columns.len() {
        cells.push(language.word(Phrase::Total).to_owned());
    }
    cells.resize(columns.len(), String::new());
    cells
}

/// The header of a group column; grains of time are translated.
pub(crate) fn group_head(name: &str, language: Language) -> &str {
    match Grain::from_name(name) {
        Some(Grain::Hour) => language.word(Phrase::Hour),
        Some(Grain::Half) => language.word(Phrase::Half),
        Some(Grain::Day) => language.word(Phrase::Day),
        Some(Grain::Week) => language.word(Phrase::Week),
        Some(Grain::Month) => language.word(Phrase::Month),
        Some(Grain::Quarter) => language.word(Phrase::Quarter),
        Some(Grain::Year) => language.word(Phrase::Year),
        None => name,
    }
}

/// The text of a cell in a group column: a period in the reader's language, a key, or the word for a blank.
pub(super) fn group_key(name: &str, key: Option<&str>, language: Language) -> String {
    match key {
        Some(period) if Grain::from_name(name).is_some() => language.period(period),
        Some(key) => key.to_owned(),
        None => language.word(Phrase::Blank).to_owned(),
    }
}

pub(super) fn columns(evaluation: &Evaluation, language: Language) -> Vec<Column> {
    let keys = evaluation.group_columns().into_iter().map(|name| Column::key(group_head(&name, language)));
    let kpis = evaluation.plan.kpis.iter().map(|kpi| {
        let ty = &evaluation.plan.step(kpi.step).ty;
        if matches!(ty, Type::Text | Type::Date | Type::Period(_) | Type::Boolean) {
            Column::text(&*kpi.name)
        } else {
            Column::number(&*kpi.name)
        }
    });
    keys.chain(kpis).collect()
}

#[derive(Clone, Copy)]
struct Writer<'a> {
    evaluation: &'a Evaluation,
    groups: &'a [usize],
    locale: &'a Locale,
    /// The title of the scenario, if remarks name it.
    title: Option<&'a str>,
}

impl Writer<'_> {
    // ── the grid ─────────────────────────────────────────────────────────────

    fn rows(&self, charge: &mut Charge) -> Result<Grid, Diagnostic> {
        let kpis: Vec<Vec<String>> =
            (0..self.evaluation.plan.kpis.len()).map(|kpi| self.column(kpi, charge)).collect::<Result<_, _>>()?;
        let mut row = |at: usize| -> Result<Vec<String>, Diagnostic> {
            let keys = group_cells(self.evaluation, self.groups[at], self.locale.language);
            keys.iter().try_for_each(|key| counted(key, charge))?;
            Ok(keys.into_iter().chain(kpis.iter().map(|column| column[at].clone())).collect())
        };
        let is_total = |at: &usize| self.evaluation.groups[self.groups[*at]].total;
        let (totals, others): (Vec<usize>, Vec<usize>) = (0..self.groups.len()).partition(is_total);
        let columns = columns(self.evaluation, self.locale.language);
        let total = totals.first().map(|&at| row(at)).transpose()?;
        Ok(Grid { columns, rows: others.into_iter().map(row).collect::<Result<_, _>>()?, total })
    }

    /// The grid with the keys of a column across.
    fn across(&self, pivot: Pivot<'_>, charge: &mut Charge) -> Result<Grid, Diagnostic> {
        let kpis: Vec<Vec<String>> =
            (0..self.evaluation.plan.kpis.len()).map(|kpi| self.column(kpi, charge)).collect::<Result<_, _>>()?;
        let label = |group: usize| group_cells(self.evaluation, group, self.locale.language);
        Ok(pivot.grid(
            &columns(self.evaluation, self.locale.language),
            self.groups,
            self.locale.language,
            label,
            |at, kpi| kpis[kpi][at].clone(),
        ))
    }

    /// The grid of a result without groups: one row for each KPI.
    fn list(&self, charge: &mut Charge) -> Result<Grid, Diagnostic> {
        let columns =
            vec![Column::key("kpi"), Column::number(self.locale.language.word(Phrase::Value)), Column::text("")];
        let labels: Vec<String> = (0..self.evaluation.plan.kpis.len()).map(|kpi| self.label(kpi)).collect();
        let marks: Vec<Vec<String>> =
            (0..labels.len()).map(|kpi| self.column(kpi, charge)).collect::<Result<_, _>>()?;
        let width = marks.iter().flatten().map(|text| mark_width(text)).max().unwrap_or(0);
        let row = |(kpi, label): (usize, &String)| {
            let value = marks[kpi].first().map(|text| padded(text, width)).unwrap_or_default();
            vec![self.evaluation.plan.kpis[kpi].name.to_string(), value, label.clone()]
        };
        Ok(Grid { columns, rows: labels.iter().enumerate().map(row).collect(), total: None })
    }

    /// The name of a KPI in remarks.
    fn name(&self, kpi: usize) -> String {
        let name = &self.evaluation.plan.kpis[kpi].name;
        self.title.map_or_else(|| name.to_string(), |title| format!("{name} ({title})"))
    }

    fn label(&self, kpi: usize) -> String {
        let label = self.card(kpi).and_then(|card| card.label.as_ref());
        label.map(|label| label.get(self.locale.language.code()).to_owned()).unwrap_or_default()
    }

    /// The values of one KPI with the same number of decimals and with aligned marks.
    fn column(&self, kpi: usize, charge: &mut Charge) -> Result<Vec<String>, Diagnostic> {
        let format = self.format(kpi).aligned(self.numbers(kpi));
        let cell = |&group: &usize| {
            let text = self.cell(kpi, group, &format);
            counted(&text, charge).map(|()| text)
        };
        let texts: Vec<String> = self.groups.iter().map(cell).collect::<Result<_, _>>()?;
        let width = texts.iter().map(|text| mark_width(text)).max().unwrap_or(0);
        Ok(texts.iter().map(|text| padded(text, width)).collect())
    }

    fn cell(&self, kpi: usize, group: usize, format: &NumberFormat<'_>) -> String {
        let outcome = self.evaluation.outcome(kpi, group);
        let text = outcome.value.as_ref().map_or_else(|_| UNDEFINED.to_owned(), |value| value_text(value, format));
        let status = outcome.band.map_or("", |band| status_mark(band.status));
        let flags = outcome.flags.iter().filter(|_| outcome.value.is_ok()).map(|flag| flag_mark(*flag));
        let marks: String = std::iter::once(status).chain(flags).collect();
        if marks.is_empty() { text } else { format!("{text}{MARKS}{marks}") }
    }

    fn card(&self, kpi: usize) -> Option<&Card> {
        self.evaluation.plan.kpis[kpi].definition.map(|id| &*self.evaluation.plan.library.get(id).card)
    }

    fn format(&self, kpi: usize) -> NumberFormat<'_> {
        let step = self.evaluation.plan.step(self.evaluation.plan.kpis[kpi].step);
        self.locale.format(&style_of(&step.ty, self.card(kpi)))
    }

    fn numbers(&self, kpi: usize) -> impl Iterator<Item = Decimal> {
        self.groups.iter().filter_map(move |&group| decimal_of(&self.evaluation.value(kpi, group)))
    }

    // ── the remarks ──────────────────────────────────────────────────────────

    fn later(&self, groups: &[usize]) -> String {
        let name = |group: Option<&usize>| {
            group.map(|&group| group_name(self.evaluation, group, self.locale.language)).unwrap_or_default()
        };
        let end = data_end(self.evaluation)
            .map(|day| self.evaluation.plan.request.calendar.spell_time(day))
            .unwrap_or_default();
        let end = self.locale.language.day(&end);
        let parts = [&name(groups.first()), &name(groups.last()), &end];
        self.locale.language.phrase(Phrase::NoRowsLater, &parts.map(String::as_str))
    }

    /// Why the result has no groups.
    fn no_groups(&self) -> String {
        let (plan, language) = (&self.evaluation.plan, self.locale.language);
        match self.evaluation.left_out() {
            Some(LeftOut::Condition(condition)) => language.phrase(Phrase::NoneMeets, &[condition]),
            Some(LeftOut::Empty) => language.word(Phrase::AllEmpty).to_owned(),
            None if plan.datasets_read().is_empty() => language.word(Phrase::NothingRead).to_owned(),
            None if plan.filters.is_empty() => language.word(Phrase::NoGroups).to_owned(),
            None => language.word(Phrase::FilteredOut).to_owned(),
        }
    }

    fn remarks(&self, budget: &Budget) -> Result<Vec<String>, Diagnostic> {
        if self.groups.is_empty() && !self.evaluation.groups.is_empty() {
            return Ok(vec![]);
        }
        if self.groups.is_empty() {
            return Ok(vec![self.no_groups()]);
        }
        let kpis = 0..self.evaluation.plan.kpis.len();
        let mut remarks = vec![];
        for lines in [Self::targets, Self::no_status, Self::advice, Self::reasons] {
            for kpi in kpis.clone() {
                remarks.extend(lines(self, kpi, budget)?);
            }
        }
        budget.check(RENDERING)?;
        remarks.extend(self.legend(budget)?);
        Ok(remarks)
    }

    fn targets(&self, kpi: usize, budget: &Budget) -> Result<Vec<String>, Diagnostic> {
        budget.spend(self.groups.len(), RENDERING)?;
        Ok(self.target(kpi).into_iter().collect())
    }

    /// A remark on the target: the distance of a single value, or the number of values that reached it.
    fn target(&self, kpi: usize) -> Option<String> {
        let name = &self.name(kpi);
        let groups = self.groups.iter().filter(|&&group| !self.evaluation.groups[group].total);
        let outcomes: Vec<_> = groups.map(|&group| self.evaluation.outcome(kpi, group)).collect();
        let targets: Vec<_> = outcomes.iter().filter_map(|outcome| outcome.target).collect();
        let value = outcomes.iter().find(|outcome| outcome.target.is_some()).and_then(|it| decimal_of(&it.value));
        let valued = targets.iter().filter(|target| target.difference.is_some()).count();
        let format = self.format(kpi);
        let first = targets.first()?;
        let number = |decimal: Decimal| format.text(decimal);
        let language = self.locale.language;
        if let [target] = targets[..] {
            let attainment = target.attainment.map(|number| number.decimal);
            let value = value.filter(|_| target.difference.is_some());
            let parts = beside_target(value, (target.value.decimal, attainment), &format, self.locale);
            let rest = if parts.is_empty() { String::new() } else { format!(" ({})", parts.join(", ")) };
            return Some(language.phrase(Phrase::KpiTarget, &[name, &number(target.value.decimal)]) + &rest);
        }
        let same = targets.iter().all(|target| target.value == first.value);
        let (low, high) = (targets.iter().map(|it| it.value).min()?, targets.iter().map(|it| it.value).max()?);
        let target = match same {
            true => number(first.value.decimal),
            false => language.phrase(Phrase::FromTo, &[&number(low.decimal), &number(high.decimal)]),
        };
        let reached = self.reached(kpi, &targets).filter(|_| valued > 0);
        let reached =
            reached.map(|reached| language.phrase(Phrase::Reached, &[&reached.to_string(), &valued.to_string()]));
        Some(language.phrase(Phrase::KpiTarget, &[name, &target]) + &reached.unwrap_or_default())
    }

    fn reached(&self, kpi: usize, targets: &[Target]) -> Option<usize> {
        let better = self.card(kpi)?.better?;
        let holds = |difference: Decimal| match better {
            Better::Higher => Some(difference >= Decimal::ZERO),
            Better::Lower => Some(difference <= Decimal::ZERO),
            Better::Neither => None,
        };
        holds(Decimal::ZERO)?;
        let differences = targets.iter().filter_map(|target| target.difference);
        Some(differences.filter(|difference| holds(difference.decimal) == Some(true)).count())
    }

    /// Why statuses are missing: each reason once, with its groups.
    fn no_status(&self, kpi: usize, budget: &Budget) -> Result<Vec<String>, Diagnostic> {
        let (mut found, mut ticker) = (IndexMap::<Sentence, Vec<usize>>::new(), budget.ticker());
        for &group in self.groups {
            ticker.ticks(STEPS_PER_CELL, RENDERING)?;
            if let Some(reason) = self.evaluation.no_status(kpi, group) {
                found.entry(reason).or_default().push(group);
            }
        }
        let (name, language) = (self.name(kpi), self.locale.language);
        let line = |(reason, groups): (Sentence, Vec<usize>)| {
            let about = format!("{name}{}", self.among(&groups));
            language.phrase(Phrase::KpiNoStatus, &[&about, &language.sentence(&reason)])
        };
        Ok(found.into_iter().map(line).collect())
    }

    /// The advice of the bands: each advice once, with its groups.
    fn advice(&self, kpi: usize, budget: &Budget) -> Result<Vec<String>, Diagnostic> {
        let (mut found, mut ticker) = (IndexMap::<(&'static str, String), Vec<usize>>::new(), budget.ticker());
        for &group in self.groups {
            ticker.ticks(STEPS_PER_CELL, RENDERING)?;
            let Some(band) = self.evaluation.outcome(kpi, group).band else { continue };
            let Some(advice) = &band.advice else { continue };
            let text = advice.get(self.locale.language.code()).to_owned();
            found.entry((status_mark(band.status), text)).or_default().push(group);
        }
        let name = self.name(kpi);
        let line = |((mark, text), groups): ((&str, String), Vec<usize>)| {
            let about = format!("{mark}\u{a0}{name}{}", self.among(&groups));
            self.locale.language.phrase(Phrase::About, &[&about, &text])
        };
        Ok(found.into_iter().map(line).collect())
    }

    /// Why values are missing: each reason once, with its groups.
    fn reasons(&self, kpi: usize, budget: &Budget) -> Result<Vec<String>, Diagnostic> {
        let (mut found, mut ticker) = (IndexMap::<Sentence, Vec<usize>>::new(), budget.ticker());
        for &group in self.groups {
            ticker.ticks(STEPS_PER_CELL, RENDERING)?;
            if let Some(reason) = self.evaluation.reason(kpi, group) {
                found.entry(reason).or_default().push(group);
            }
        }
        let name = self.name(kpi);
        let line = |(reason, groups): (Sentence, Vec<usize>)| {
            let about = format!("{UNDEFINED}\u{a0}{name}{}", self.among(&groups));
            self.locale.language.phrase(Phrase::About, &[&about, &self.locale.language.sentence(&reason)])
        };
        Ok(found.into_iter().map(line).collect())
    }

    /// ` in 2026-01, 2026-02`, ` in 7 of 12 groups`; empty for all groups.
    fn among(&self, groups: &[usize]) -> String {
        let language = self.locale.language;
        if groups.len() == self.groups.len() {
            return String::new();
        }
        if groups.len() > NAMED_GROUPS {
            let counts = [groups.len().to_string(), self.groups.len().to_string()];
            return language.phrase(Phrase::InGroups, &[&counts[0], &counts[1]]);
        }
        let (totals, groups): (Vec<usize>, Vec<usize>) =
            groups.iter().partition(|group| self.evaluation.groups[**group].total);
        let names: Vec<String> = groups.iter().map(|&group| group_name(self.evaluation, group, language)).collect();
        match (totals.is_empty(), names.is_empty()) {
            (true, _) => language.phrase(Phrase::In, &[&names.join(", ")]),
            (false, true) => format!(" {}", language.word(Phrase::InTotal)),
            (false, false) => language.phrase(Phrase::InAndInTotal, &[&names.join(", ")]),
        }
    }

    fn legend(&self, budget: &Budget) -> Result<Option<String>, Diagnostic> {
        let language = self.locale.language;
        let (mut statuses, mut flags, mut ticker) = (vec![], vec![], budget.ticker());
        for kpi in 0..self.evaluation.plan.kpis.len() {
            for &group in self.groups {
                ticker.ticks(STEPS_PER_CELL, RENDERING)?;
                let outcome = self.evaluation.outcome(kpi, group);
                statuses.extend(outcome.band.map(|band| band.status).filter(|status| !statuses.contains(status)));
                let new = outcome.flags.into_iter().filter(|flag| outcome.value.is_ok() && !flags.contains(flag));
                flags.extend(new.collect::<Vec<_>>());
            }
        }
        let known = [Status::Good, Status::Watch, Status::Bad];
        let statuses = known.into_iter().filter(|status| statuses.contains(status));
        let statuses =
            statuses.map(|status| format!("{}\u{a0}{}", status_mark(status), language.word(status_word(status))));
        let flags = [Flag::Skipped, Flag::Failed, Flag::Partial, Flag::OutOfRange]
            .into_iter()
            .filter(|flag| flags.contains(flag));
        let flags = flags.map(|flag| format!("{}\u{a0}{}", flag_mark(flag), language.word(flag_meaning(flag))));
        let parts: Vec<String> = statuses.chain(flags).collect();
        Ok((!parts.is_empty()).then(|| parts.join("   ")))
    }
}

/// Counts the text of a cell.
pub(super) fn counted(text: &str, charge: &mut Charge) -> Result<(), Diagnostic> {
    charge.budget().spend(STEPS_PER_CELL, RENDERING)?;
    charge.grow(COPIES * (TEXT_BYTES + text.len()), "the table of the result")
}

/// A group in a sentence: `2026-03, email`.
pub fn group_name(evaluation: &Evaluation, group: usize, language: Language) -> String {
    match evaluation.groups[group].total {
        true => language.word(Phrase::Total).to_owned(),
        false => group_cells(evaluation, group, language).join(" "),
    }
}

/// Formats a difference with its sign. A difference of percentages is in points: 55% is 25 pts above 30%, not 25%.
pub(super) fn signed(decimal: Decimal, format: &NumberFormat<'_>) -> String {
    let plus = if decimal > Decimal::ZERO { "+" } else { "" };
    let text = format.text(decimal);
    match text.strip_suffix('%') {
        Some(points) => format!("{plus}{}\u{a0}pts", points.trim_end()),
        None => format!("{plus}{text}"),
    }
}

/// The difference between two numbers as they are printed side by side, with its sign. One that is too small for their decimals is
/// exact.
#[cfg(feature = "cli")]
pub(super) fn signed_difference(after: Decimal, before: Decimal, format: &NumberFormat<'_>) -> Option<String> {
    let printed = format.difference(after, before)?;
    let difference = if printed.is_zero() { after.checked_sub(before)? } else { printed };
    Some(signed(difference, format))
}

/// The distance of a value, if it can be compared, from its target: `+€5.00`, `33.4% above target`.
pub(super) fn beside_target(
    value: Option<Decimal>,
    (target, attainment): (Decimal, Option<Decimal>),
    format: &NumberFormat<'_>,
    locale: &Locale,
) -> Vec<String> {
    let difference = value.and_then(|value| Some((value, format.difference(value, target)?)));
    let Some((value, difference)) = difference else { return vec![] };
    let language = locale.language;
    let distance = attainment.and_then(|share| share.checked_sub(Decimal::ONE)).map(|share| {
        let percent = NumberStyle { lead: Lead::Percent, ..NumberStyle::default() };
        locale.format(&percent).text(share.abs())
    });
    let share = distance.map(|distance| match value.cmp(&target) {
        Ordering::Greater => language.phrase(Phrase::AboveTarget, &[&distance]),
        Ordering::Equal => language.word(Phrase::OnTarget).to_owned(),
        Ordering::Less => language.phrase(Phrase::BelowTarget, &[&distance]),
    });
    std::iter::once(signed(difference, format)).chain(share).collect()
}

/// The separator between a value and its marks: a no-break space, which also distinguishes marks from text.
const MARKS: char = '\u{a0}';

pub(super) fn mark_width(text: &str) -> usize {
    marks(text).map_or(0, |marks| marks.chars().count())
}

/// The marks at the end of a cell.
fn marks(text: &str) -> Option<&str> {
    let (_, end) = text.rsplit_once(MARKS)?;
    end.chars().all(|c| "✓!✗*#~?".contains(c)).then_some(end)
}

/// Pads a cell with no-break spaces, which are not trimmed, so that numbers are aligned.
pub(super) fn padded(text: &str, width: usize) -> String {
    let blanks = match (mark_width(text), width) {
        (_, 0) => 0,
        (0, width) => width + 1,
        (own, width) => width - own,
    };
    format!("{text}{}", MARKS.to_string().repeat(blanks))
}

/// Colors the status marks of a rendered table green, yellow and red.
pub fn colored(drawn: &str) -> String {
    let colors = [("✓", "32"), ("!", "33"), ("✗", "31")];
    colors.iter().fold(drawn.to_owned(), |text, (mark, color)| {
        let start = |text: String, before: &str| {
            let painted = format!("{before}\u{1b}[{color}m{mark}\u{1b}[0m{MARKS}");
            text.replace(&format!("{before}{mark}{MARKS}"), &painted)
        };
        let text = start(start(text, "\n"), "   ");
        text.replace(&format!("{MARKS}{mark}"), &format!("{MARKS}\u{1b}[{color}m{mark}\u{1b}[0m"))
    })
}
