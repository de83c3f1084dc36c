//! Turns an [`Evaluation`] into one versioned document for programs: decimals as strings, a reason for what is missing.

use std::collections::BTreeSet;
use std::sync::Arc;

use indexmap::IndexMap;
use serde::Serialize;

use super::spelling::plain;
use crate::eval::{Evaluation, Flag, Outcome};
use crate::language::Language;
use crate::library::card::{Better, status_name};
use crate::value::Value;

/// The version of the shape of [`Document`]. It changes only where a field goes away or changes its meaning.
pub const VERSION: u32 = 1;

/// A result as data. Its rows are a list, or `Rows` that are made when they are written.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Document<R = Vec<Row>> {
    /// `VERSION`.
    pub version: u32,
    /// The group columns in order, a grain of time first.
    pub by: Vec<Arc<str>>,
    /// What was computed, in the order asked for.
    pub kpis: Vec<KpiHead>,
    /// The groups in the order of the table, the total last.
    pub rows: R,
}

/// The rows of a result, each made when it is written: all at once may be more than fits the memory.
#[derive(Debug)]
pub struct Rows<'e> {
    evaluation: &'e Evaluation,
    groups: &'e [usize],
    language: Language,
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
    /// Why there is neither a status nor an attainment, where there are bands or a target.
    pub no_status: Option<Reason>,
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

/// Why a value or a status is missing.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reason {
    /// The cause: `no-rows`, `division-by-zero`, `incomplete-period`, …
    pub code: &'static str,
    /// The cause in a sentence.
    pub message: String,
}

/// The groups at these positions in this order, to be written a row at a time, with texts in some language.
pub fn document<'e>(evaluation: &'e Evaluation, groups: &'e [usize], language: Language) -> Document<Rows<'e>> {
    Document {
        version: VERSION,
        by: evaluation.group_columns(),
        kpis: (0..evaluation.plan.kpis.len()).map(|kpi| head(evaluation, kpi, language)).collect(),
        rows: Rows { evaluation, groups, language },
    }
}

/// A result as the document of all its groups, as `kpi eval --format json` writes it.
///
/// ```
/// use std::sync::Arc;
/// use yardstick::{Embedded, Library, Limits, Query, Table};
///
/// let library = Arc::new(Library::from_text("our_cac = spend / customers")?);
/// let table = Table::from_tuples("ads", &["spend", "customers"], &[(900, 30)])?;
/// let result = library.evaluate(&Query::all(), &Embedded::new(vec![Arc::new(table)]), &Limits::default())?;
/// let json = serde_json::to_value(&result).expect("plain data with string keys always serializes");
/// assert_eq!(json["rows"][0]["values"]["our_cac"]["value"], "30");
/// # Ok::<(), yardstick::Error>(())
/// ```
impl Serialize for Evaluation {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let groups: Vec<usize> = (0..self.groups.len()).collect();
        document(self, &groups, Language::English).serialize(serializer)
    }
}

impl Rows<'_> {
    /// Each row, when it is asked for.
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
            values: (0..evaluation.plan.kpis.len()).map(entry).collect(),
        }
    }
}

impl Serialize for Rows<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
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
    let Outcome { value, band, target, no_status, flags } = evaluation.outcome(kpi, group);
    let step = evaluation.plan.step(evaluation.plan.kpis[kpi].step);
    let undefined = value.as_ref().err().map(|cause| Reason {
        code: cause.code(),
        message: language.sentence(&evaluation.reason(kpi, group).unwrap_or_default()),
    });
    Entry {
        value: value.as_ref().ok().map(ToString::to_string),
        unit: step.ty.unit_name(),
        exact: !matches!(value, Ok(Value::Number(number)) if !number.exact),
        status: band.map(|band| status_name(band.status)),
        advice: band.and_then(|band| band.advice.as_ref()).map(|advice| advice.get(language.code()).to_owned()),
        target: target.map(|target| TargetEntry {
            value: plain(target.value.decimal),
            difference: target.difference.map(|number| plain(number.decimal)),
            attainment: target.attainment.map(|number| plain(number.decimal)),
        }),
        no_status: no_status.map(|reason| Reason {
            code: reason.code(),
            message: language.sentence(&evaluation.no_status(kpi, group).unwrap_or_default()),
        }),
        flags: flags.into_iter().collect(),
        undefined,
    }
}
