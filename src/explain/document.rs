//! Turns an [`Evaluation`] into a versioned document for programs, with decimals as strings and reasons for missing
//! values.

use std::collections::BTreeSet;
use std::sync::Arc;

use indexmap::IndexMap;
use serde::Serialize;

use super::spelling::plain;
use crate::eval::{Evaluation, Flag, NoStatus, Outcome, RowKind, Target};
use crate::language::{Language, Sentence};
use crate::library::card::{Better, Text, status_name};
use crate::syntax::ast::Status;
use crate::value::{Cell, Value};

/// The version of the format of [`Document`]. It changes only if a field is removed or changes its meaning.
pub const VERSION: u32 = 1;

/// A result as data. Its rows are a list, or `Rows`, which are created while they are written.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Document<R = Vec<Row>> {
    /// The version of the format, 1.
    pub version: u32,
    /// The group columns in order, the grain of time first.
    pub by: Vec<Arc<str>>,
    /// The KPIs in the order of the query.
    pub kpis: Vec<KpiHead>,
    /// The groups in order, the total last.
    pub rows: R,
}

/// The rows of a result. Each is created while it is written, because all rows together may not fit into memory.
#[derive(Debug)]
pub struct Rows<'e> {
    evaluation: &'e Evaluation,
    groups: &'e [usize],
    language: Language,
}

/// The properties that all values of a KPI share.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct KpiHead {
    /// The KPI's name, or the formula if it has no name.
    pub name: Arc<str>,
    /// The label of its card.
    pub label: Option<String>,
    /// The unit, if there is one.
    pub unit: Option<String>,
    /// The direction of improvement.
    pub better: Option<Better>,
}

/// One group.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// The period and keys by the names of their columns; `null` is a blank key.
    pub group: IndexMap<String, Option<String>>,
    /// True for the total over all groups.
    pub total: bool,
    /// `others` for the group of all keys that `--top` does not keep, `subtotal` for a subtotal, whose `group` lacks
    /// the columns that it covers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part: Option<&'static str>,
    /// The values by KPI.
    pub values: IndexMap<Arc<str>, Entry>,
}

/// One value.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Entry {
    /// An exact decimal, text, date or truth value, as a string; `null` if undefined.
    pub value: Option<String>,
    /// The unit, if there is one.
    pub unit: Option<String>,
    /// True if no step of the computation was rounded.
    pub exact: bool,
    /// `good`, `watch` or `bad`.
    pub status: Option<&'static str>,
    /// The advice of the band, if it has one.
    pub advice: Option<String>,
    /// The target and the distance of the value from it.
    pub target: Option<TargetEntry>,
    /// Why there is neither a status nor an attainment, although there are bands or a target.
    pub no_status: Option<Reason>,
    /// Warnings about the value.
    pub flags: BTreeSet<Flag>,
    /// Why there is no value.
    pub undefined: Option<Reason>,
}

/// A target and the distance of a value from it, as exact decimals.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TargetEntry {
    /// The target.
    pub value: String,
    /// Value minus target.
    pub difference: Option<String>,
    /// Value divided by target.
    pub attainment: Option<String>,
}

/// Why a value or a status is missing.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reason {
    /// The cause: `no-rows`, `division-by-zero`, `incomplete-period`, …
    pub code: &'static str,
    /// The cause as a sentence.
    pub message: String,
}

/// Returns a document of the groups at these positions, in this order, which is written one row at a time.
pub fn document<'e>(evaluation: &'e Evaluation, groups: &'e [usize], language: Language) -> Document<Rows<'e>> {
    Document {
        version: VERSION,
        by: evaluation.group_columns(),
        kpis: (0..evaluation.plan.kpis.len()).map(|kpi| head(evaluation, kpi, language)).collect(),
        rows: Rows { evaluation, groups, language },
    }
}

impl Rows<'_> {
    /// Iterates over the rows, creating each on demand.
    pub fn iter(&self) -> impl Iterator<Item = Row> {
        self.groups.iter().map(|&group| self.row(group))
    }

    fn row(&self, group: usize) -> Row {
        let Self { evaluation, language, .. } = *self;
        let total = evaluation.groups[group].total;
        let entry = |kpi: usize| (evaluation.plan.kpis[kpi].name.clone(), entry(evaluation, kpi, group, language));
        Row {
            group: if total { IndexMap::new() } else { evaluation.group_label(group) },
            total,
            part: match evaluation.kind(group) {
                RowKind::Others => Some("others"),
                RowKind::Subtotal(_) => Some("subtotal"),
                RowKind::Group | RowKind::Across | RowKind::Beside | RowKind::Total => None,
            },
            values: (0..evaluation.plan.kpis.len()).map(entry).collect(),
        }
    }
}

impl Serialize for Rows<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

pub(super) fn head(evaluation: &Evaluation, kpi: usize, language: Language) -> KpiHead {
    let planned = &evaluation.plan.kpis[kpi];
    let card = planned.definition.map(|id| &evaluation.plan.library.get(id).card);
    let label = card.and_then(|card| card.label.as_ref());
    KpiHead {
        name: planned.name.clone(),
        label: label.map(|label| label.get(language.code()).to_owned()),
        unit: evaluation.plan.step(planned.step).ty.unit_name(),
        better: card.and_then(|card| card.better),
    }
}

pub(crate) fn entry(evaluation: &Evaluation, kpi: usize, group: usize, language: Language) -> Entry {
    let Outcome { value, band, target, no_status, flags } = evaluation.outcome(kpi, group);
    let step = evaluation.plan.step(evaluation.plan.kpis[kpi].step);
    let parts = EntryParts {
        value: &value,
        unit: step.ty.unit_name(),
        status: band.map(|band| band.status),
        advice: band.and_then(|band| band.advice.as_ref()),
        target,
        no_status: no_status.map(|code| (code, evaluation.no_status(kpi, group).unwrap_or_default())),
        flags: &flags,
        reason: evaluation.reason(kpi, group),
    };
    parts.entry(language)
}

/// What an entry says, in no language.
pub(crate) struct EntryParts<'a> {
    pub value: &'a Cell,
    pub unit: Option<String>,
    pub status: Option<Status>,
    pub advice: Option<&'a Text>,
    pub target: Option<Target>,
    pub no_status: Option<(NoStatus, Sentence)>,
    pub flags: &'a [Flag],
    /// Why there is no value.
    pub reason: Option<Sentence>,
}

impl EntryParts<'_> {
    /// The entry with its texts in a language.
    pub fn entry(self, language: Language) -> Entry {
        let reason = |code: &'static str, sentence: &Sentence| Reason { code, message: language.sentence(sentence) };
        Entry {
            value: self.value.as_ref().ok().map(ToString::to_string),
            unit: self.unit,
            exact: !matches!(self.value, Ok(Value::Number(number)) if !number.exact),
            status: self.status.map(status_name),
            advice: self.advice.map(|advice| advice.get(language.code()).to_owned()),
            target: self.target.map(|target| TargetEntry {
                value: plain(target.value.decimal),
                difference: target.difference.map(|number| plain(number.decimal)),
                attainment: target.attainment.map(|number| plain(number.decimal)),
            }),
            no_status: self.no_status.map(|(code, sentence)| reason(code.code(), &sentence)),
            flags: self.flags.iter().copied().collect(),
            undefined: self.value.as_ref().err().map(|cause| reason(cause.code(), &self.reason.unwrap_or_default())),
        }
    }
}
