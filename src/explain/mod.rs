//! Explains a value: its formula, the formula with numbers, every input with its rows, and why a value is missing.
//!
//! Nothing is recorded while a query runs. An explanation is derived on demand from the plan and the evaluated columns.

#[cfg(feature = "arrow")]
mod batch;
mod columns;
mod contributing;
pub(crate) mod document;
mod groups;
mod message;
mod named;
mod origin;
mod rows;
pub(crate) mod scenario;
mod serialized;
mod spelling;
mod steps;
mod tree;

use std::ops::Range;
use std::sync::Arc;

use indexmap::{IndexMap, IndexSet};
use serde::{Serialize, Serializer};

#[cfg(feature = "cli")]
pub(crate) use contributing::RowCounts;
#[cfg(feature = "render")]
pub use document::{Document, Rows, document};
pub use groups::GroupsTrace;
#[cfg(feature = "render")]
pub use groups::ListedGroups;
pub use named::ResultValue;
use origin::Origins;
pub use spelling::{one_line, plain, substitute};
pub use steps::{StepKey, Steps};

use crate::budget::{Budget, Charge};
use crate::builtin::{self, Builtin};
use crate::data::{InForce, ListedRows, MeasureId, WarehouseTrace};
use crate::diagnostic::{Diagnostic, Error};
use crate::eval::{Cells, Evaluation, Flag};
use crate::language::Sentence;
use crate::library::card::status_name;
use crate::plan::{Step, StepId, StepKind};
use crate::source::Span;
use crate::syntax::ast::DefinitionKind;
use crate::value::unit::Type;
use crate::value::{Cell, Value};

/// The version of the JSON format of [`Explanation`].
pub const VERSION: u32 = 1;

/// The derivation of one value: a flat map of steps. A step that is used several times is listed once.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Explanation {
    /// The version of the format, 1.
    pub version: u32,
    /// The KPI's name, or the formula if it has no name.
    pub kpi: Arc<str>,
    /// The group: its period and keys by name.
    pub group: IndexMap<String, Option<String>>,
    /// True for the total over all groups.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub total: bool,
    /// The step of the KPI itself.
    pub root: StepKey,
    /// The status and the band that decided it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<StatusTrace>,
    /// Why there is no status, although the KPI has bands or a target.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_status: Option<Sentence>,
    /// The target and the distance of the value from it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<TargetTrace>,
    /// Warnings about the value.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<Flag>,
    /// All steps: the root first, the others in order of use.
    pub steps: Steps<TraceStep>,
    /// The computed columns that the aggregates, their conditions and the groups use, with their formulas as written.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub columns: IndexMap<String, String>,
}

/// A status and the band that decided it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct StatusTrace {
    /// `good`, `watch` or `bad`.
    pub status: &'static str,
    /// The band's condition as written.
    pub condition: String,
    /// The step of the bound or condition, unless it is a literal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<StepKey>,
    /// The advice of the band.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<crate::library::card::Text>,
}

/// A target and the distance of a value from it, as exact decimals.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct TargetTrace {
    /// The target.
    pub value: String,
    /// Value minus target.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub difference: Option<String>,
    /// Value divided by target.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attainment: Option<String>,
    /// The step that computes the target.
    pub step: StepKey,
}

/// One step of a derivation.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct TraceStep {
    /// The kind of step.
    pub kind: TraceKind,
    /// The name of the definition or function.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<Arc<str>>,
    /// The place of the definition: `file:line:column`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// The context of the step, if it differs from the group of the result: `1 month earlier, channel = "email"`.
    #[serde(skip_serializing_if = "Vec::is_empty", serialize_with = "listed")]
    pub context: Vec<Sentence>,
    /// The formula as written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub formula: Option<String>,
    /// The formula with values in place of names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub substituted: Option<String>,
    /// The value as text: an exact decimal, a text or a date. None if undefined.
    pub value: Option<String>,
    /// True if no step of the derivation was rounded.
    pub exact: bool,
    /// The unit, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Why there is no value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undefined: Option<UndefinedTrace>,
    /// The rows of an aggregate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<RowsTrace>,
    /// The inner groups of an aggregate with `each`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub groups: Option<GroupsTrace>,
    /// Remarks on the formula, such as how its functions round.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Sentence>,
    /// The steps that the formula uses, in order of appearance.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub uses: Vec<StepKey>,
    /// The type, for renderers.
    #[serde(skip)]
    pub ty: Type,
    /// The value itself, for renderers.
    #[serde(skip)]
    pub cell: Cell,
    /// The places of the uses in `formula`, for renderers.
    #[serde(skip)]
    pub places: Vec<Range<usize>>,
}

/// The kind of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum TraceKind {
    /// A published definition.
    Kpi,
    /// A helper.
    Helper,
    /// An input.
    Input,
    /// A parameter.
    Parameter,
    /// A definition whose value the query sets.
    Given,
    /// A call of a function.
    Call,
    /// An argument, a bound, or the operand of a context.
    Expression,
    /// An aggregate of rows.
    Aggregate,
}

/// Why there is no value.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct UndefinedTrace {
    /// The cause: `no-rows`, `division-by-zero`, …
    pub code: &'static str,
    /// The cause as a sentence.
    pub message: Sentence,
    /// The step that became undefined first.
    pub origin: StepKey,
}

/// The rows of an aggregate.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct RowsTrace {
    /// The dataset.
    pub dataset: Arc<str>,
    /// The pattern of its files and their number, if the dataset consists of several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub files: Option<(Arc<str>, usize)>,
    /// What its warehouse was asked, if it is a table there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warehouse: Option<WarehouseTrace>,
    /// The number of rows that contribute to the value.
    pub rows: u64,
    /// The number of rows skipped because a value or a condition is blank.
    pub skipped: u64,
    /// The number of these rows that `convert` has no rate for.
    #[serde(skip_serializing_if = "is_zero")]
    pub without_rate: u64,
    /// The number of rows that failed, for example with a division by zero. If any row fails, the value is undefined.
    #[serde(skip_serializing_if = "is_zero")]
    pub failed: u64,
    /// Which rows were taken, if they hold over an interval: `end` for those in force at the end of the last day, `during`
    /// for those in force at any time in the days.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_force: Option<&'static str>,
    /// The first day covered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The last day covered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// True if the days covered are cut off by the period of the query or extend beyond the data.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub partial: bool,
    /// True if the days covered are cut off by the period of the query.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub cut: bool,
    /// The conditions of the query that rows had to meet.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub filters: Vec<Arc<str>>,
    /// Segments that `first` or `last` left out because they have no row at the chosen time.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
    /// The rows themselves, if they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listed: Option<ListedRows>,
    /// The measure.
    #[serde(skip)]
    pub(crate) measure: MeasureId,
}

impl Evaluation {
    /// Explains the value of a KPI (by position in the plan) in a group (by position).
    ///
    /// Each explanation may take as much time and memory as the query, whose limits apply to it.
    ///
    /// # Errors
    /// The limit that was reached.
    pub fn explain_at(&self, kpi: usize, group: usize) -> Result<Explanation, Error> {
        let explained = self.explain_within(kpi, group, &mut self.plan.limits.budget().charge());
        explained.map_err(|limit| Error::new(vec![limit], self.plan.sources.clone()))
    }

    /// The same, within a budget. The charge counts the memory of the explanation.
    pub(crate) fn explain_within(
        &self,
        kpi: usize,
        group: usize,
        charge: &mut Charge,
    ) -> Result<Explanation, Diagnostic> {
        let (this, at) = self.place(group);
        let (group, total) = (self.group_label(group), self.groups[group].total);
        Ok(Explanation { group, total, ..this.explain_own(kpi, at, charge)? })
    }

    /// Explains a value that this evaluation has computed itself.
    fn explain_own(&self, kpi: usize, group: usize, charge: &mut Charge) -> Result<Explanation, Diagnostic> {
        let planned = &self.plan.kpis[kpi];
        let outcome = self.outcome(kpi, group);
        let mut tracer = Tracer {
            evaluation: self,
            group,
            cells: self.cells(group, charge.budget())?,
            origins: Origins::default(),
            keys: IndexSet::with_capacity_and_hasher(USUAL_STEPS, Default::default()),
        };
        let root = tracer.key(planned.step);
        let status = outcome.band.map(|band| StatusTrace {
            status: status_name(band.status),
            condition: band.text.to_string(),
            step: band.step.filter(|step| !tracer.is_literal(*step)).map(|step| tracer.key(step)),
            advice: band.advice.clone(),
        });
        let target = outcome.target.zip(planned.target).map(|(target, step)| TargetTrace {
            value: plain(target.value.decimal),
            difference: target.difference.map(|number| plain(number.decimal)),
            attainment: target.attainment.map(|number| plain(number.decimal)),
            step: tracer.key(step),
        });
        let (steps, conditions) = tracer.steps(charge)?;
        Ok(Explanation {
            version: VERSION,
            kpi: planned.name.clone(),
            group: self.group_label(group),
            total: self.groups[group].total,
            root,
            status,
            no_status: self.no_status(kpi, group),
            target,
            flags: outcome.flags,
            columns: columns::of(self, &steps, &conditions, charge)?,
            steps: steps.into(),
        })
    }

    /// Returns a group's period and keys by the names of their columns.
    pub fn group_label(&self, group: usize) -> IndexMap<String, Option<String>> {
        let request = &self.plan.request;
        let kept = self.kept_keys(group);
        let group = &self.groups[group];
        let period = group.period.map(|period| (period.grain.name().to_owned(), Some(request.calendar.spell(period))));
        let keys = request.by.iter().zip(group.keys.iter()).take(kept);
        let keys = keys.map(|(name, key)| (name.to_string(), key.as_ref().map(ToString::to_string)));
        period.into_iter().chain(keys).collect()
    }

    /// Returns why a value has no status. None if it has one, or if its KPI has neither bands nor a target.
    pub fn no_status(&self, kpi: usize, group: usize) -> Option<Sentence> {
        let (this, group) = self.place(group);
        let reason = this.outcome(kpi, group).no_status?;
        Some(message::no_status(this, kpi, group, reason))
    }

    /// Returns why a KPI has no value in a group. None if it has one.
    pub fn reason(&self, kpi: usize, group: usize) -> Option<Sentence> {
        let (this, group) = self.place(group);
        let step = this.plan.kpis[kpi].step;
        let cause = this.step_value(step, group).err()?;
        let cells = this.cells(group, &Budget::unlimited()).ok()?;
        let origin = Origins::default().of(&this.plan, &cells, step);
        Some(message::message(this, origin, cause, group))
    }
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

fn listed<S: Serializer>(sentences: &[Sentence], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&sentences.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))
}

impl Explanation {
    /// Returns the step with this key.
    ///
    /// # Panics
    /// Panics if the key is from another explanation and out of range.
    pub fn step(&self, key: StepKey) -> &TraceStep {
        self.steps.step(key)
    }
}

/// The initial capacity: the number of steps of a KPI with three inputs.
const USUAL_STEPS: usize = 8;

/// The memory of a sentence without its text.
const SENTENCE_BYTES: usize = 100;

/// The memory of a use: its key, its place, and the digits that replace its name.
const USE_BYTES: usize = 60;

/// Collects the steps below a root, each once.
struct Tracer<'e> {
    evaluation: &'e Evaluation,
    group: usize,
    cells: Cells<'e>,
    origins: Origins,
    /// The steps found so far. A step's key is its position.
    keys: IndexSet<StepId, foldhash::fast::FixedState>,
}

impl Tracer<'_> {
    fn key(&mut self, step: StepId) -> StepKey {
        StepKey(self.keys.insert_full(step).0 as u32)
    }

    /// Returns the steps in the order of their keys, and the conditions of their contexts. Each step adds the steps that it
    /// uses.
    ///
    /// # Errors
    /// The limit that was reached.
    fn steps(mut self, charge: &mut Charge) -> Result<(Vec<TraceStep>, Vec<Arc<str>>), Diagnostic> {
        let mut steps = Vec::with_capacity(USUAL_STEPS);
        let mut conditions: IndexSet<Arc<str>> = IndexSet::new();
        while let Some(&step) = self.keys.get_index(steps.len()) {
            charge.budget().spend(1 + self.evaluation.plan.step(step).uses.len(), "explaining a value")?;
            charge.grow(self.bytes(step), "the explanation")?;
            conditions.extend(self.evaluation.plan.step(step).context.conditions.texts().into_iter().cloned());
            steps.push(self.step(step));
        }
        Ok((steps, conditions.into_iter().collect()))
    }

    /// The approximate memory of a step: its formula with names and with numbers, its context and its uses.
    fn bytes(&self, id: StepId) -> usize {
        let step = self.evaluation.plan.step(id);
        let formula = step.formula.map_or(0, |span| span.range().len());
        let conditions: usize = step.context.conditions.texts().iter().map(|text| text.len() + SENTENCE_BYTES).sum();
        2 * size_of::<TraceStep>() + 2 * formula + conditions + step.uses.len() * USE_BYTES
    }

    fn is_literal(&self, step: StepId) -> bool {
        let step = self.evaluation.plan.step(step);
        let text = step.formula.map(|span| self.evaluation.plan.sources.text(span));
        // A parameter in a bound is also a constant, but its value is not visible in the text.
        let is_written = text.is_none_or(|text| text.starts_with(|c: char| c.is_ascii_digit() || c == '-' || c == '"'));
        step.kind == StepKind::Expression && step.uses.is_empty() && is_written
    }

    fn step(&mut self, id: StepId) -> TraceStep {
        let evaluation = self.evaluation;
        let step = evaluation.plan.step(id);
        let cell = self.cells.step(id);
        let uses: Vec<StepKey> = step.uses.iter().map(|used| self.key(used.step)).collect();
        let (formula, places) = self.formula(step);
        let undefined = cell.as_ref().err().map(|&cause| {
            let origin = self.origins.of(&evaluation.plan, &self.cells, id);
            let message = message::message(evaluation, origin, cause, self.group);
            UndefinedTrace { code: cause.code(), message, origin: self.key(origin) }
        });
        TraceStep {
            kind: self.kind(step),
            name: self.name(step),
            place: self.place(step),
            context: step.context.describe(&evaluation.plan.request, evaluation.groups[self.group].total),
            substituted: formula
                .as_ref()
                .filter(|formula| places.first().is_some_and(|place| *place != (0..formula.len())))
                .map(|formula| self.substituted(formula, &places, step)),
            formula,
            value: cell.as_ref().ok().map(ToString::to_string),
            exact: matches!(&cell, Ok(Value::Number(number)) if number.exact) || !matches!(&cell, Ok(Value::Number(_))),
            unit: step.ty.unit_name(),
            undefined,
            rows: self.rows(step),
            groups: match step.kind {
                StepKind::Each(at) => evaluation.inner_groups(at, self.group),
                _ => None,
            },
            notes: step.roundings.iter().filter_map(|id| rounding(builtin::get(*id))).collect(),
            uses,
            ty: step.ty.clone(),
            cell,
            places,
        }
    }

    fn kind(&self, step: &Step) -> TraceKind {
        match step.kind {
            StepKind::Definition(id) => match self.evaluation.plan.library.get(id).kind {
                DefinitionKind::Kpi => TraceKind::Kpi,
                DefinitionKind::Helper => TraceKind::Helper,
                DefinitionKind::Input => TraceKind::Input,
                DefinitionKind::Param => TraceKind::Parameter,
            },
            StepKind::Call(_) => TraceKind::Call,
            StepKind::Expression => TraceKind::Expression,
            StepKind::Measure(_) | StepKind::Each(_) => TraceKind::Aggregate,
            StepKind::Given(_) => TraceKind::Given,
        }
    }

    fn name(&self, step: &Step) -> Option<Arc<str>> {
        let library = &self.evaluation.plan.library;
        match step.kind {
            StepKind::Definition(id) | StepKind::Given(id) => Some(library.get(id).name.text.clone()),
            StepKind::Call(id) => Some(library.function(id).name.text.clone()),
            StepKind::Expression | StepKind::Measure(_) | StepKind::Each(_) => None,
        }
    }

    fn place(&self, step: &Step) -> Option<String> {
        let library = &self.evaluation.plan.library;
        let span = match step.kind {
            StepKind::Definition(id) if !library.get(id).implicit => library.get(id).name.span,
            StepKind::Call(id) => library.function(id).name.span,
            _ => return None,
        };
        Some(library.sources().place(span))
    }

    /// The formula's text and the places of the uses in it.
    fn formula(&self, step: &Step) -> (Option<String>, Vec<Range<usize>>) {
        let Some(span) = step.formula else { return (None, vec![]) };
        let text = self.evaluation.plan.sources.text(span);
        let inside = |used: Span| (used.start - span.start) as usize..(used.end - span.start) as usize;
        if let StepKind::Measure(_) | StepKind::Each(_) = step.kind {
            let aggregate = if text.contains('(') { one_line(text) } else { format!("sum({})", one_line(text)) };
            return (Some(aggregate), vec![]);
        }
        (Some(text.to_owned()), step.uses.iter().map(|used| inside(used.span)).collect())
    }

    fn substituted(&self, formula: &str, places: &[Range<usize>], step: &Step) -> String {
        let values = step.uses.iter().map(|used| match self.cells.step(used.step) {
            Ok(value) => value.to_string(),
            Err(_) => "undefined".to_owned(),
        });
        substitute(formula, places, values)
    }

    fn rows(&self, step: &Step) -> Option<RowsTrace> {
        let StepKind::Measure(Some(id)) = step.kind else { return None };
        let plan = &self.evaluation.plan;
        let column = &self.evaluation.measures[id.0 as usize];
        let (dataset, in_force) =
            (plan.request.measures[id.0 as usize].dataset, plan.request.measures[id.0 as usize].in_force);
        let in_force = plan.request.datasets[dataset].end.as_ref().map(|_| match in_force {
            InForce::AtEnd | InForce::Before => "end",
            InForce::During => "during",
        });
        let (from, to) = self.days(column.ranges[self.group], self.evaluation.extents[dataset]);
        Some(RowsTrace {
            dataset: plan.datasets[dataset].clone(),
            files: plan.files[dataset].clone(),
            warehouse: self.evaluation.asked.iter().find(|(asked, _)| *asked == id).map(|(_, asked)| asked.clone()),
            rows: column.rows[self.group],
            skipped: column.skipped[self.group],
            without_rate: step
                .without_rate
                .map_or(0, |count| self.evaluation.measures[count.0 as usize].rows[self.group]),
            failed: column.failed[self.group].rows,
            in_force,
            from,
            to,
            partial: self.evaluation.lacks_days(id, self.group),
            cut: self.evaluation.is_cut(id, self.group),
            filters: plan.filters.clone(),
            left_out: column.left_out[self.group].iter().map(ToString::to_string).collect(),
            listed: None,
            measure: id,
        })
    }

    /// The days covered. An open end is replaced by the first or last day of the data.
    fn days(&self, range: Option<(i32, i32)>, extent: Option<(i32, i32)>) -> (Option<String>, Option<String>) {
        let Some((start, end)) = range else { return (None, None) };
        let spell = |day: i32| self.evaluation.plan.request.calendar.spell_time(day);
        let from = if start == crate::data::BEGINNING { extent.map(|(first, _)| first) } else { Some(start) };
        let to = if end == crate::data::END { extent.map(|(_, last)| last) } else { Some(end - 1) };
        (from.map(spell), to.map(spell))
    }
}

/// A remark on how a function rounds, unless its name says so.
fn rounding(function: &Builtin) -> Option<Sentence> {
    Some(Sentence::new(function.rounding()?, [format!("`{}`", function.name)]))
}
