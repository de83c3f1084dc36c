//! The current values of the KPIs of a glossary.

use std::collections::HashMap;
use std::sync::Arc;

use super::{CurrentValue, Glossary, Indicator};
use crate::eval::{Evaluation, Outcome};
use crate::language::{Language, Phrase};
use crate::render::result::{UNDEFINED, beside_target, flag_meaning, style_of, value_text};
use crate::render::{Locale, data_days};
use crate::report::DataDays;
use crate::value::decimal_of;

/// The values that a glossary shows.
pub(crate) struct CurrentValues<'e> {
    /// The values. None if there are none.
    pub evaluation: Option<&'e Evaluation>,
    /// The group of the current values. None if the data have no rows in the period.
    pub group: Option<usize>,
    /// The period as in queries.
    pub period: Option<&'e str>,
    /// Why KPIs are not in the evaluation.
    pub missing: &'e HashMap<Arc<str>, String>,
}

impl Glossary {
    /// The same glossary with the current values of its KPIs.
    pub(crate) fn with_values(mut self, values: &CurrentValues<'_>, locale: &Locale) -> Self {
        let sheets = self.groups.iter_mut().flat_map(|group| &mut group.sheets);
        sheets.for_each(|sheet| sheet.current = Some(values.of(sheet, locale)));
        let data = values.evaluation.map(DataDays::of).filter(|data| !data.is_empty());
        self.data_days = data.map(|data| data_days::text(&data, locale.language));
        self
    }
}

impl CurrentValues<'_> {
    /// The value of one KPI.
    fn of(&self, sheet: &Indicator, locale: &Locale) -> CurrentValue {
        let language = locale.language;
        let period = self.period.map(|period| language.period_words(period));
        let missing = |note: String| CurrentValue {
            value: UNDEFINED.to_owned(),
            period: period.clone(),
            status: None,
            target: None,
            notes: vec![note],
        };
        if let Some(reason) = self.missing.get(&sheet.id) {
            return missing(reason.clone());
        }
        let found = self.evaluation.zip(self.group).and_then(|(evaluation, group)| {
            let kpi = evaluation.plan.kpis.iter().position(|kpi| kpi.name == sheet.id)?;
            Some(value(evaluation, kpi, group, locale))
        });
        match found {
            Some(found) => CurrentValue { period, ..found },
            None => missing(language.word(Phrase::NoRowsInPeriod).to_owned()),
        }
    }
}

/// A value with its target, status and notes, in the formats of results.
fn value(evaluation: &Evaluation, kpi: usize, group: usize, locale: &Locale) -> CurrentValue {
    let (planned, language) = (&evaluation.plan.kpis[kpi], locale.language);
    let Outcome { value, band, target, flags, .. } = evaluation.outcome(kpi, group);
    let card = planned.definition.map(|id| &*evaluation.plan.library.get(id).card);
    let number = decimal_of(&value);
    let format = locale.format(&style_of(&evaluation.plan.step(planned.step).ty, card)).aligned(number);
    let target = target.map(|target| {
        let attainment = target.attainment.map(|it| it.decimal);
        let number = number.filter(|_| target.difference.is_some());
        let distance = beside_target(number, (target.value.decimal, attainment), &format, locale).join(", ");
        let target = language.phrase(Phrase::Target, &[&format.text(target.value.decimal)]);
        if distance.is_empty() { target } else { language.phrase(Phrase::About, &[&target, &distance]) }
    });
    let reason = evaluation.reason(kpi, group).map(|reason| language.sentence(&reason));
    let no_status = evaluation.no_status(kpi, group).filter(|_| value.is_ok());
    let no_status = no_status.map(|reason| language.phrase(Phrase::NoStatus, &[&language.sentence(&reason)]));
    let warnings = flags.into_iter().filter(|_| value.is_ok()).map(|flag| language.word(flag_meaning(flag)).to_owned());
    CurrentValue {
        value: value.as_ref().map_or_else(|_| UNDEFINED.to_owned(), |value| value_text(value, &format)),
        period: None,
        status: band.map(|band| band.status),
        target,
        notes: reason.into_iter().chain(no_status).chain(warnings).collect(),
    }
}

impl Language {
    /// A period of a query in words: `March 2026`, `January 2026 to March 2026`
    fn period_words(self, period: &str) -> String {
        match period.split_once("..") {
            Some((from, to)) => self.phrase(Phrase::RangeTo, &[&self.period_title(from), &self.period_title(to)]),
            None => self.period_title(period),
        }
    }
}
