//! Turns an [`Evaluation`] into one versioned document for programs: decimals as strings, a reason for what is missing.

use std::collections::BTreeSet;
use std::sync::Arc;

use indexmap::IndexMap;
use serde::Serialize;

use super::Language;
use super::result::group_columns;
use crate::eval::{Evaluation, Flag, Outcome};
use crate::explain::{plain, text};
use crate::library::card::{Better, status_name};
use crate::value::Value;

/// The version of the shape of [`Document`]. It changes only where a field goes away or changes its meaning.
pub const VERSION: u32 = 1;

/// A result as data.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Document {
    /// [`VERSION`].
    pub version: u32,
    /// The group columns in order, a grain of time first.
    pub by: Vec<Arc<str>>,
    /// What was computed, in the order asked for.
    pub kpis: Vec<KpiHead>,
    /// The groups in the order of the table, the total last.
    pub rows: Vec<Row>,
}

/// What is the same for all values of a KPI.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct KpiHead {
    /// Its name, or the formula that has none.
    pub name: Arc<str>,
    /// What its card calls it.
    pub label: Option<String>,
    /// The unit, where there is one.
    pub unit: Option<String>,
    /// Which way is good.
    pub better: Option<Better>,
}

/// One group.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// Its period and keys by the names of their columns; `null` is blank.
    pub group: IndexMap<String, Option<String>>,
    /// Whether it is the total over all groups.
    pub total: bool,
    /// The values by KPI.
    pub values: IndexMap<Arc<str>, Entry>,
}

/// One value.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Entry {
    /// An exact decimal, a text, a date or a truth value, as a string; `null` where undefined.
    pub value: Option<String>,
    /// The unit, where there is one.
    pub unit: Option<String>,
    /// Whether no step on the way rounded.
    pub exact: bool,
    /// `good`, `watch` or `bad`.
    pub status: Option<&'static str>,
    /// What to do, where the status says so.
    pub advice: Option<String>,
    /// The target and how the value stands to it.
    pub target: Option<TargetEntry>,
    /// What to be careful about.
    pub flags: BTreeSet<Flag>,
    /// Why there is no value.
    pub undefined: Option<Reason>,
}

/// A target and how a value stands to it, as exact decimals.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TargetEntry {
    /// The target.
    pub value: String,
    /// Value minus target.
    pub difference: Option<String>,
    /// Value divided by target.
    pub attainment: Option<String>,
}

/// Why a value is missing.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reason {
    /// The cause: `no-rows`, `division-by-zero`, …
    pub code: &'static str,
    /// The cause in a sentence.
    pub message: String,
}

/// The groups at these positions in this order, with texts in that language.
pub fn document(evaluation: &Evaluation, groups: &[usize], language: Language) -> Document {
    let kpis = 0..evaluation.plan.kpis.len();
    let values = |group: usize| -> IndexMap<Arc<str>, Entry> {
        let name = |kpi: usize| evaluation.plan.kpis[kpi].name.clone();
        kpis.clone().map(|kpi| (name(kpi), entry(evaluation, kpi, group, language))).collect()
    };
    let row = |&group: &usize| Row {
        group: evaluation.group_label(group).into_iter().filter(|_| !evaluation.groups[group].total).collect(),
        total: evaluation.groups[group].total,
        values: values(group),
    };
    Document {
        version: VERSION,
        by: group_columns(evaluation),
        kpis: kpis.clone().map(|kpi| head(evaluation, kpi, language)).collect(),
        rows: groups.iter().map(row).collect(),
    }
}

fn head(evaluation: &Evaluation, kpi: usize, language: Language) -> KpiHead {
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

fn entry(evaluation: &Evaluation, kpi: usize, group: usize, language: Language) -> Entry {
    let Outcome { value, band, target, flags } = evaluation.outcome(kpi, group);
    let step = evaluation.plan.step(evaluation.plan.kpis[kpi].step);
    let undefined = value.as_ref().err().map(|cause| Reason {
        code: cause.code(),
        message: language.sentence(&evaluation.reason(kpi, group).unwrap_or_default()),
    });
    Entry {
        value: value.as_ref().ok().map(text),
        unit: step.ty.unit_name(),
        exact: !matches!(value, Ok(Value::Number(number)) if !number.exact),
        status: band.map(|band| status_name(band.status)),
        advice: band.and_then(|band| band.advice.as_ref()).map(|advice| advice.get(language.code()).to_owned()),
        target: target.map(|target| TargetEntry {
            value: plain(target.value.decimal),
            difference: target.difference.map(|number| plain(number.decimal)),
            attainment: target.attainment.map(|number| plain(number.decimal)),
        }),
        flags: flags.into_iter().collect(),
        undefined,
    }
}
