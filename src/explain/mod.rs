//! Explains a value: the formula, the same with numbers put in, every input with its rows, and why a value is missing.
//!
//! Nothing is recorded while a query runs. A derivation is read from the plan and the evaluated columns when asked for.

mod message;
mod notes;
mod origin;

use std::collections::HashMap;
use std::ops::Range;

use indexmap::IndexMap;
use serde::Serialize;

use crate::eval::{Evaluation, Flag};
use crate::library::card::status_name;
use crate::plan::{Step, StepId, StepKind};
use crate::source::Span;
use crate::syntax::ast::DefinitionKind;
use crate::value::unit::Type;
use crate::value::{Cell, Decimal, Value, spelled};

/// The version of the shape of [`Explanation`] as JSON.
pub const VERSION: u32 = 1;

/// How one value came about: a flat map of steps, each once however often it is used.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explanation {
    /// [`VERSION`].
    pub version: u32,
    /// The KPI's name, or its formula.
    pub kpi: String,
    /// The group: its period and keys by name.
    pub group: IndexMap<String, Option<String>>,
    /// Whether it is the total.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub total: bool,
    /// The step of the KPI itself.
    pub root: StepKey,
    /// The status and what decided it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<StatusTrace>,
    /// Why there is no status, where the KPI has bands for another grain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_status: Option<String>,
    /// The target and how the value stands to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<TargetTrace>,
    /// What to be careful about.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<Flag>,
    /// All steps, the root first, then in the order of use.
    pub steps: IndexMap<StepKey, TraceStep>,
}

/// The key of a step: `s0`, `s1`, …
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct StepKey(pub u32);

impl Serialize for StepKey {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("s{}", self.0))
    }
}

/// What decided a status.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StatusTrace {
    /// `good`, `watch` or `bad`.
    pub status: &'static str,
    /// The band's condition as written.
    pub condition: String,
    /// The bound or condition with its numbers, where it is not a mere literal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<StepKey>,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<crate::library::card::Text>,
}

/// A target and how a value stands to it, as exact decimals.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TargetTrace {
    /// The target.
    pub value: String,
    /// Value minus target.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub difference: Option<String>,
    /// Value divided by target.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attainment: Option<String>,
    /// Where it comes from.
    pub step: StepKey,
}

/// One step of a derivation.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TraceStep {
    /// What it is.
    pub kind: TraceKind,
    /// The name of the definition or function.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Where it is defined: `file:line:column`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// Where it is evaluated, unless in the result's own group: `1 month earlier, channel = "email"`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context: Option<String>,
    /// The formula as written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub formula: Option<String>,
    /// The formula with numbers put in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub substituted: Option<String>,
    /// The value as text: an exact decimal, a text, a date; None where undefined.
    pub value: Option<String>,
    /// Whether no step on the way rounded.
    pub exact: bool,
    /// The unit, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Why there is no value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undefined: Option<UndefinedTrace>,
    /// What an aggregate stands on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<RowsTrace>,
    /// What the formula alone does not say: how its functions round.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// The steps that the formula uses, in the order they stand.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub uses: Vec<StepKey>,
    /// The type, for renderers.
    #[serde(skip)]
    pub ty: Type,
    /// The value itself, for renderers.
    #[serde(skip)]
    pub cell: Cell,
    /// Where in `formula` the uses stand, for renderers.
    #[serde(skip)]
    pub places: Vec<Range<usize>>,
}

/// The kinds of steps, as users see them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum TraceKind {
    /// A published definition.
    Kpi,
    /// A helper.
    Helper,
    /// An input.
    Input,
    /// A parameter.
    Parameter,
    /// A definition that the caller has set.
    Given,
    /// A call of a function.
    Call,
    /// An argument, a bound, the operand of a context.
    Expression,
    /// An aggregate of rows.
    Aggregate,
}

/// Why there is no value.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct UndefinedTrace {
    /// The cause: `no-rows`, `division-by-zero`, …
    pub code: &'static str,
    /// The cause in a sentence.
    pub message: String,
    /// The step where it began.
    pub origin: StepKey,
}

/// The rows behind an aggregate.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RowsTrace {
    /// The dataset.
    pub dataset: String,
    /// How many rows the value stands on.
    pub rows: u64,
    /// How many were skipped because a cell, a condition or a value was undefined.
    pub skipped: u64,
    /// The first day covered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The last day covered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// Whether the days covered reach beyond the data.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub partial: bool,
    /// `--where` conditions that took rows away before.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub filters: Vec<String>,
    /// Segments that `first` or `last` left out, as they have no row at the chosen time.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
}

impl Evaluation {
    /// How the value of a KPI (by position in the plan) in a group (by position) came about.
    pub fn explain(&self, kpi: usize, group: usize) -> Explanation {
        let planned = &self.plan.kpis[kpi];
        let outcome = self.outcome(kpi, group);
        let mut tracer =
            Tracer { evaluation: self, group, keys: HashMap::new(), steps: IndexMap::new(), queue: vec![] };
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
        let no_status = planned.not_per.as_ref().filter(|_| !planned.bands.is_empty());
        tracer.run();
        Explanation {
            version: VERSION,
            kpi: planned.name.to_string(),
            group: self.group_label(group),
            total: self.groups[group].total,
            root,
            status,
            no_status: no_status.map(|per| format!("bands are meant per {per}")),
            target,
            flags: outcome.flags,
            steps: tracer.steps,
        }
    }

    /// A group's period and keys by the names of their columns.
    pub fn group_label(&self, group: usize) -> IndexMap<String, Option<String>> {
        let request = &self.plan.request;
        let group = &self.groups[group];
        let period = group.period.map(|period| (period.grain.name().to_owned(), Some(request.calendar.spell(period))));
        let keys = request.by.iter().zip(group.keys.iter());
        let keys = keys.map(|(name, key)| (name.to_string(), key.as_ref().map(ToString::to_string)));
        period.into_iter().chain(keys).collect()
    }

    /// Why a KPI has no value in a group, in a sentence; None where it has one.
    pub fn reason(&self, kpi: usize, group: usize) -> Option<String> {
        let step = self.plan.kpis[kpi].step;
        let cause = self.step_value(step, group).err()?;
        let origin = origin::origin(self, step, group);
        Some(message::message(self, origin, cause, group))
    }
}

/// A decimal as text, without trailing zeros.
pub fn plain(decimal: Decimal) -> String {
    spelled(decimal.mantissa(), decimal.scale())
}

/// A value as text for machines.
pub fn text(value: &Value) -> String {
    match value {
        Value::Number(number) => plain(number.decimal),
        Value::Text(text) => text.to_string(),
        Value::Boolean(value) => value.to_string(),
        Value::Date(date) => date.to_string(),
    }
}

/// Collects the steps below a root, each once.
struct Tracer<'e> {
    evaluation: &'e Evaluation,
    group: usize,
    keys: HashMap<StepId, StepKey>,
    steps: IndexMap<StepKey, TraceStep>,
    queue: Vec<StepId>,
}

impl Tracer<'_> {
    fn key(&mut self, step: StepId) -> StepKey {
        let next = StepKey(self.keys.len() as u32);
        *self.keys.entry(step).or_insert_with(|| {
            self.queue.push(step);
            next
        })
    }

    /// Steps in the order they were first named; each names the ones it uses.
    fn run(&mut self) {
        let mut done = 0;
        while let Some(&step) = self.queue.get(done) {
            done += 1;
            let traced = self.step(step);
            self.steps.insert(self.keys[&step], traced);
        }
    }

    fn is_literal(&self, step: StepId) -> bool {
        let step = self.evaluation.plan.step(step);
        let text = step.formula.map(|span| self.evaluation.plan.sources.text(span));
        // A parameter in a bound is a constant too, but its number is not to be seen.
        let is_written = text.is_none_or(|text| text.starts_with(|c: char| c.is_ascii_digit() || c == '-' || c == '"'));
        step.kind == StepKind::Expression && step.uses.is_empty() && is_written
    }

    fn step(&mut self, id: StepId) -> TraceStep {
        let evaluation = self.evaluation;
        let step = evaluation.plan.step(id);
        let cell = evaluation.step_value(id, self.group);
        let uses: Vec<StepKey> = step.uses.iter().map(|used| self.key(used.step)).collect();
        let (formula, places) = self.formula(step);
        let functions = &evaluation.plan.library.functions();
        let notes = formula.iter().flat_map(|text| notes::notes(text, &places, |name| functions.contains_key(name)));
        let notes = notes.collect();
        let undefined = cell.as_ref().err().map(|&cause| {
            let origin = origin::origin(evaluation, id, self.group);
            let message = message::message(evaluation, origin, cause, self.group);
            UndefinedTrace { code: cause.code(), message, origin: self.key(origin) }
        });
        TraceStep {
            kind: self.kind(step),
            name: self.name(step),
            place: self.place(step),
            context: (!step.context.is_plain()).then(|| step.context.describe(&evaluation.plan.request)),
            substituted: formula
                .as_ref()
                .filter(|formula| places.first().is_some_and(|place| *place != (0..formula.len())))
                .map(|formula| self.substituted(formula, &places, step)),
            formula,
            value: cell.as_ref().ok().map(text),
            exact: matches!(&cell, Ok(Value::Number(number)) if number.exact) || !matches!(&cell, Ok(Value::Number(_))),
            unit: step.ty.unit_name(),
            undefined,
            rows: self.rows(step),
            notes,
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
            StepKind::Measure(_) => TraceKind::Aggregate,
            StepKind::Given(_) => TraceKind::Given,
        }
    }

    fn name(&self, step: &Step) -> Option<String> {
        let library = &self.evaluation.plan.library;
        match step.kind {
            StepKind::Definition(id) | StepKind::Given(id) => Some(library.get(id).name.text.to_string()),
            StepKind::Call(id) => Some(library.function(id).name.text.to_string()),
            StepKind::Expression | StepKind::Measure(_) => None,
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

    /// The formula's text on one line, and where in it the uses stand.
    fn formula(&self, step: &Step) -> (Option<String>, Vec<Range<usize>>) {
        let Some(span) = step.formula else { return (None, vec![]) };
        let text = self.evaluation.plan.sources.text(span);
        let inside = |used: Span| (used.start - span.start) as usize..(used.end - span.start) as usize;
        if let StepKind::Measure(_) = step.kind {
            let aggregate = if text.contains('(') { one_line(text) } else { format!("sum({})", one_line(text)) };
            return (Some(aggregate), vec![]);
        }
        (Some(text.to_owned()), step.uses.iter().map(|used| inside(used.span)).collect())
    }

    fn substituted(&self, formula: &str, places: &[Range<usize>], step: &Step) -> String {
        let values = step.uses.iter().map(|used| match self.evaluation.step_value(used.step, self.group) {
            Ok(value) => text(&value),
            Err(_) => "undefined".to_owned(),
        });
        substitute(formula, places, values)
    }

    fn rows(&self, step: &Step) -> Option<RowsTrace> {
        let StepKind::Measure(Some(id)) = step.kind else { return None };
        let plan = &self.evaluation.plan;
        let column = &self.evaluation.measures[id.0 as usize];
        let dataset = plan.request.measures[id.0 as usize].dataset;
        let (from, to) = self.days(column.ranges[self.group], self.evaluation.extents[dataset]);
        Some(RowsTrace {
            dataset: plan.datasets[dataset].to_string(),
            rows: column.rows[self.group],
            skipped: column.skipped[self.group],
            from,
            to,
            partial: self.evaluation.is_partial(id, self.group),
            filters: plan.filters.iter().map(ToString::to_string).collect(),
            left_out: column.left_out[self.group].iter().map(ToString::to_string).collect(),
        })
    }

    /// The days covered; where a range has no end of its own, the data's.
    fn days(&self, range: Option<(i32, i32)>, extent: Option<(i32, i32)>) -> (Option<String>, Option<String>) {
        let Some((start, end)) = range else { return (None, None) };
        let spell = |day: i32| crate::value::Date::from_day(day).to_string();
        let from = if start == crate::data::BEGINNING { extent.map(|(first, _)| first) } else { Some(start) };
        let to = if end == crate::data::END { extent.map(|(_, last)| last) } else { Some(end - 1) };
        (from.map(spell), to.map(spell))
    }
}

/// Replaces places of a formula by values, on one line and without comments.
pub fn substitute(formula: &str, places: &[Range<usize>], values: impl Iterator<Item = String>) -> String {
    let (mut result, mut at) = (String::new(), 0);
    for (place, value) in places.iter().zip(values) {
        if place.start < at {
            continue;
        }
        result.push_str(&formula[at..place.start]);
        result.push_str(&value);
        at = place.end;
    }
    result.push_str(&formula[at..]);
    one_line(&result)
}

/// A formula on one line: comments dropped, blanks folded.
pub fn one_line(text: &str) -> String {
    let lines = text.lines().map(|line| line.split_once('#').map_or(line, |(code, _)| code));
    let words: Vec<&str> = lines.flat_map(str::split_whitespace).collect();
    words.join(" ")
}
