//! Turns a query into a report: for each KPI its values over time, the distance from targets, what changed, and its
//! segments. Every value comes with its derivation.

mod breakdown;
mod comparison;
mod evaluations;
mod figures;
mod periods;

use std::sync::Arc;

use indexmap::IndexSet;

pub use breakdown::{Breakdown, Segment};
pub use comparison::Comparison;
pub use figures::Figure;
pub use periods::{ReportPeriod, Shown};

use crate::budget::{Budget, Charge};
use crate::change::{Change, Precision};
use crate::data::{Extent, Grain, Measure, Period, Source};
use crate::diagnostic::{Code, Diagnostic};
use crate::eval::Evaluation;
use crate::explain::StepKey;
use crate::library::card::{Better, Card, Text};
use crate::library::{DefinitionId, Library};
use crate::plan::{GroupBy, Limits, Plan, Query};
use crate::syntax::ast::ContextClause;
use crate::syntax::spelled;
use crate::value::unit::Type;
use crate::value::{Decimal, Value};

/// The maximum number of KPIs of a report.
pub const MAX_KPIS: usize = 60;

/// What a report shows.
pub struct Asked<'q> {
    /// The title of the report.
    pub title: Option<Text>,
    /// The KPIs, at most one grain of time, the period and the conditions.
    pub query: &'q Query,
    /// The columns whose segments are shown.
    pub over: &'q [GroupBy],
    /// What values are compared with besides their targets: `previous`, `1 year ago`.
    pub against: &'q str,
}

/// The decimals in which numbers of a type, with the format of a card, are printed side by side. They are counted in the value
/// itself: a percentage has two more than its text.
pub type Decimals<'e> = dyn Fn(&Type, Option<&Card>, &[Decimal]) -> u32 + 'e;

/// What evaluates the queries of a report.
pub struct Engine<'e> {
    /// The definitions.
    pub library: &'e Library,
    /// The data.
    pub source: &'e dyn Source,
    /// The limits on the size of each query.
    pub limits: &'e Limits,
    /// The time and memory of the run.
    pub budget: &'e Budget,
    /// The decimals in which numbers are printed side by side.
    pub decimals: &'e Decimals<'e>,
}

/// A report without any wording.
pub struct Report {
    /// The title.
    pub title: Option<Text>,
    /// The definitions.
    pub library: Library,
    /// The length of the periods. None if the report has no time.
    pub grain: Option<Grain>,
    /// The periods that are shown, and those that are not.
    pub shown: Shown,
    /// What values are compared with. None if the report has no time.
    pub against: Option<Comparison>,
    /// The KPIs in the order of the query.
    pub kpis: Vec<ReportedKpi>,
    /// The conditions on the rows, as written.
    pub conditions: Vec<Arc<str>>,
    /// The data that were read.
    pub data: Vec<DataDays>,
}

/// A dataset, and the first and the last day of its rows.
pub struct DataDays {
    /// The name.
    pub dataset: Arc<str>,
    /// The days. None if it has no rows or no time.
    pub days: Option<(String, String)>,
}

impl DataDays {
    /// The datasets that an evaluation read.
    pub fn of(evaluation: &Evaluation) -> Vec<Self> {
        let calendar = evaluation.plan.request.calendar;
        let days = |days: (i32, i32)| (calendar.spell_time(days.0), calendar.spell_time(days.1));
        let read = evaluation.plan.datasets.iter().zip(&evaluation.extents);
        read.map(|(dataset, extent)| Self { dataset: dataset.clone(), days: extent.map(days) }).collect()
    }
}

/// A KPI of a report.
pub struct ReportedKpi {
    /// The name, or the formula if it has no name.
    pub name: Arc<str>,
    /// The definition, if it has one.
    pub definition: Option<DefinitionId>,
    /// The type of the values.
    pub ty: Type,
    /// The decimals in which the page prints values, differences and what accounts for them, so that they agree.
    pub decimals: u32,
    /// True if values add up, so that a target of the whole is not one of its segments.
    pub accumulates: bool,
    /// One figure for each period that is shown, or a single one if the report has no time.
    pub figures: Vec<Figure>,
    /// The position of the current figure.
    pub current: usize,
    /// What accounts for the difference from the value before.
    pub from_before: Option<Change>,
    /// What accounts for the distance from the target.
    pub from_target: Option<Change>,
    /// The segments of the current figure, for each column.
    pub breakdowns: Vec<Breakdown>,
}

impl Report {
    /// Computes a report, and returns it with the problems of the data.
    ///
    /// # Errors
    /// Returns the problems if nothing can be computed, or a limit was reached.
    pub fn of(asked: Asked<'_>, engine: &Engine<'_>) -> Result<(Self, Vec<Diagnostic>), Vec<Diagnostic>> {
        let names = engine.names(asked.query)?;
        if names.len() > MAX_KPIS {
            return Err(vec![too_many(names.len())]);
        }
        let (evaluation, mut problems) = engine.main(&asked, &names)?;
        problems.extend(evaluation.notes.iter().cloned());
        let mut charge = engine.budget.charge();
        let positions: Vec<usize> = names.iter().filter_map(|name| position(&evaluation, name)).collect();
        let shown = Shown::of(&evaluation, &positions);
        let against = comparison::clauses(asked.against).map_err(|problem| vec![problem])?;
        let author = Author { asked: &asked, engine, evaluation: &evaluation, shown, against };
        let against = author.comparison().map_err(|problem| vec![problem])?;
        let kpis = names.iter().filter_map(|name| author.kpi(name, &mut charge).transpose());
        let mut kpis = kpis.collect::<Result<Vec<_>, _>>().map_err(|problem| vec![problem])?;
        let breakdowns = breakdown::of(&author, &kpis, &mut charge)?;
        kpis.iter_mut().zip(breakdowns).for_each(|(kpi, breakdowns)| kpi.breakdowns = breakdowns);
        let Author { shown, .. } = author;
        let report = Self {
            title: asked.title.clone(),
            library: evaluation.plan.library.clone(),
            grain: evaluation.plan.request.grain,
            against,
            shown,
            kpis,
            conditions: evaluation.plan.filters.clone(),
            data: DataDays::of(&evaluation),
        };
        Ok((report, problems))
    }
}

impl ReportedKpi {
    /// The current figure.
    pub fn figure(&self) -> &Figure {
        &self.figures[self.current]
    }

    /// The position of the first period with a value, or else of the current one. Earlier periods are not shown.
    pub fn first(&self) -> usize {
        let first = self.figures.iter().position(|figure| figure.value.is_ok());
        first.map_or(self.current, |first| first.min(self.current))
    }

    /// The shown figures with their positions.
    pub fn shown(&self) -> impl Iterator<Item = (usize, &Figure)> {
        self.figures.iter().enumerate().skip(self.first())
    }

    /// The card, if the KPI has a definition.
    pub fn card<'l>(&self, library: &'l Library) -> Option<&'l Card> {
        self.definition.map(|id| &*library.get(id).card)
    }

    /// The direction in which values improve.
    pub fn better(&self, library: &Library) -> Option<Better> {
        self.card(library).and_then(|card| card.better)
    }

    /// True if values are numbers, which charts can show.
    pub fn is_number(&self) -> bool {
        matches!(self.ty, Type::Number(..) | Type::Unknown)
            && !self
                .figures
                .iter()
                .any(|figure| matches!(figure.value, Ok(Value::Text(_) | Value::Date(_) | Value::Boolean(_))))
    }
}

fn too_many(count: usize) -> Diagnostic {
    let message = format!("the report has {count} KPIs, and at most {MAX_KPIS} are allowed");
    Diagnostic::error(Code::LimitReached, message).hint("name the KPIs of the report: `kpi report cac ltv`")
}

/// The formula of a KPI in another context.
fn in_context(name: &str, definition: Option<DefinitionId>, context: &str) -> Arc<str> {
    let name = if definition.is_some() { spelled(name) } else { name.to_owned() };
    format!("({name})[{context}]").into()
}

/// What a report is written from.
struct Author<'a> {
    asked: &'a Asked<'a>,
    engine: &'a Engine<'a>,
    evaluation: &'a Evaluation,
    shown: Shown,
    /// What values are compared with, as a context.
    against: Vec<ContextClause>,
}

impl Author<'_> {
    /// A KPI without its segments. None if it could not be computed.
    fn kpi(&self, name: &str, charge: &mut Charge) -> Result<Option<ReportedKpi>, Diagnostic> {
        let evaluation = self.evaluation;
        let Some(at) = position(evaluation, name) else { return Ok(None) };
        let planned = &evaluation.plan.kpis[at];
        let before = position(evaluation, &in_context(name, planned.definition, self.asked.against));
        let groups = self.groups();
        let current = groups.len().saturating_sub(1).min(self.shown.current);
        let figures = groups.iter().enumerate();
        let figures = figures.map(|(place, &group)| {
            let explains_before = place == current;
            let before = self.before(at, before, group);
            figures::figure(evaluation, (at, group), before, explains_before, charge)
        });
        let figures: Vec<Figure> = figures.collect::<Result<_, _>>()?;
        let Some(&group) = groups.get(current) else { return Ok(None) };
        let is_number = matches!(figures[current].value, Ok(Value::Number(_)));
        let ty = evaluation.plan.step(planned.step).ty.clone();
        let numbers: Vec<Decimal> = figures.iter().flat_map(Figure::numbers).collect();
        let card = planned.definition.map(|id| &*evaluation.plan.library.get(id).card);
        let decimals = (self.engine.decimals)(&ty, card, &numbers);
        let precision = Precision::Exactly(decimals);
        let mut changes = [None, None];
        if let Some(before) = self.before(at, before, group).filter(|_| is_number) {
            let values = [before, (at, group)];
            // A KPI that is computed in another way there has no bridge.
            changes[0] = passed(evaluation.change_within(values, precision, None, charge))?;
        }
        if figures[current].target.is_some() && is_number {
            let inputs = self.inputs();
            changes[1] = passed(evaluation.change_from_target(at, group, &inputs, precision, charge))?;
        }
        let [from_before, from_target] = changes;
        Ok(Some(ReportedKpi {
            name: planned.name.clone(),
            definition: planned.definition,
            ty,
            decimals,
            accumulates: planned.accumulates,
            figures,
            current,
            from_before: from_before.filter(|change: &Change| change.difference.is_some()),
            from_target: from_target.filter(says_something),
            breakdowns: vec![],
        }))
    }

    /// The KPI and the group of the value that a value is compared with: those of the KPI in the context of the period before,
    /// or of the group of that period.
    fn before(&self, kpi: usize, in_context: Option<usize>, group: usize) -> Option<(usize, usize)> {
        if !self.moves_both_ends(kpi) {
            return in_context.map(|before| (before, group));
        }
        let period = self.shifted(self.evaluation.groups[group].period?)?;
        let other = self.evaluation.groups.iter().position(|it| it.period == Some(period) && !it.total)?;
        Some((kpi, other))
    }

    /// True if the context of the period before would move the start of a period to date, too. The year to date of February is
    /// not that of March a month ago.
    fn moves_both_ends(&self, kpi: usize) -> bool {
        let Plan { kpis, steps, program, request, .. } = &*self.evaluation.plan;
        let slots = program.slots_below([steps[kpis[kpi].step.0 as usize].node]);
        let measures = slots.into_iter().filter_map(|slot| request.measures.get(slot as usize));
        let is_to_date = measures.into_iter().any(|it: &Measure| matches!(it.range.extent, Extent::PeriodToDate(_)));
        let whole_years = |period: Period| {
            let (months, other) = period.grain.months().zip(self.shifted(period))?;
            Some((period.number - other.number) * months % 12 == 0)
        };
        let current = self.shown.period().map(|current| current.period);
        is_to_date && !current.and_then(whole_years).unwrap_or(false)
    }

    /// The groups that are shown.
    fn groups(&self) -> &[usize] {
        &self.shown.groups
    }

    /// The positions of the inputs that have targets.
    fn inputs(&self) -> Vec<usize> {
        let names = inputs_with_targets(&self.evaluation.plan);
        names.iter().filter_map(|name| position(self.evaluation, name)).collect()
    }
}

/// The inputs of the KPIs of an evaluation that have targets.
pub(crate) fn inputs_with_targets(plan: &Plan) -> Vec<Arc<str>> {
    let library = &plan.library;
    let kpis = plan.kpis.iter().filter_map(|kpi| kpi.definition);
    let inputs = kpis.flat_map(|id| library.inputs_of(&library.get(id).name.text));
    let names = inputs.filter(|input| input.card.target.is_some()).map(|input| input.name.text.clone());
    names.collect::<IndexSet<_>>().into_iter().collect()
}

/// True if the distance from a target is divided at all: without targets of inputs, it is one piece.
fn says_something(change: &Change) -> bool {
    let is_whole = |driver: &StepKey| *driver == StepKey(0) || change.step(*driver).cause.is_some();
    change.difference.is_some() && !change.drivers.iter().all(is_whole)
}

/// A change, or None if there is none, or if its numbers are too long; limits are passed on.
fn passed(change: Result<Change, Diagnostic>) -> Result<Option<Change>, Diagnostic> {
    match change {
        Ok(change) => Ok(Some(change)),
        Err(problem) if matches!(problem.code, Code::BadQuery | Code::TooLarge) => Ok(None),
        Err(limit) => Err(limit),
    }
}

fn position(evaluation: &Evaluation, name: &str) -> Option<usize> {
    evaluation.plan.kpis.iter().position(|kpi| *kpi.name == *name)
}
