//! Finds the value of an input at which a KPI is what is wanted.
//!
//! The query computes every KPI three times: as it is, with a free input, and with an undefined input. The second one is
//! the formula as a function of the input. The third one tells whether the input is also read where it is not free.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use indexmap::IndexMap;
use num_rational::BigRational;
use num_traits::{One, Signed};
use serde::Serialize;

use super::form::{Form, Formula, Quotient, ratio};
use super::roots::{Root, roots};
use super::search::search;
use super::sensitivity::varied_inputs;
use crate::budget::Budget;
use crate::change::number::Exact;
use crate::diagnostic::{Code, Diagnostic};
use crate::eval::Evaluation;
use crate::explain::plain;
use crate::language::Sentence;
use crate::library::card::status_name;
use crate::plan::inner::Input;
use crate::plan::{OtherWorlds, PlannedKpi, Query, StepId, StepKind, Variation, Varied};
use crate::program::{Node, NodeId};
use crate::syntax::ast::Status;
use crate::value::unit::Type;
use crate::value::{Cell, Decimal, Number, Value, ops};

/// The version of the JSON format of [`Solution`].
const VERSION: u32 = 1;

/// Without bounds, a formula that is not a quotient of polynomials is searched up to this multiple of the present value.
const SEARCHED: i64 = 1_000;

/// The worlds of the query.
const WORLDS: usize = 3;

/// What is asked for. The KPI is the first one of the query, the input the second one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Goal {
    /// The wanted value of the KPI.
    pub wanted: Number,
    /// The least and the largest value of the input.
    pub within: Option<[Number; 2]>,
}

/// The query that [`Evaluation::solutions`] needs: of a KPI, an input, and the KPIs whose statuses may change.
pub(crate) fn goal_query(query: Query, kpi: Arc<str>, input: &Arc<str>, others: Vec<Arc<str>>) -> Query {
    let undefined = Varied::Formula("undefined".into());
    let variation = |value: Varied, with_bounds: bool| Variation { name: input.clone(), value, with_bounds };
    let variations = vec![variation(Varied::Free, true), variation(undefined, false)];
    Query {
        kpis: [kpi, input.clone()].into_iter().chain(others).collect(),
        other_worlds: OtherWorlds { variations, ..OtherWorlds::default() },
        ..query
    }
}

/// The values of an input at which a KPI is what is wanted, in one group.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Solution {
    /// The version of the format, 1.
    version: u32,
    /// The KPI's name, or the formula if it has no name.
    pub kpi: Arc<str>,
    /// Its unit, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<String>,
    /// The name of the input.
    pub input: Arc<str>,
    /// Its unit, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    input_unit: Option<String>,
    /// The group: its period and keys by name.
    pub group: IndexMap<String, Option<String>>,
    /// The wanted value of the KPI.
    #[serde(serialize_with = "as_text")]
    pub wanted: Decimal,
    /// The present value of the KPI.
    #[serde(serialize_with = "as_texts")]
    pub present: Option<Decimal>,
    /// The present value of the input.
    #[serde(serialize_with = "as_texts")]
    pub present_input: Option<Decimal>,
    /// What was found.
    pub found: SolutionKind,
    /// The values of the input, in order.
    pub values: Vec<SolvedValue>,
    /// The values of the input at which the formula would give the wanted value, if it were defined there.
    #[serde(skip_serializing_if = "Vec::is_empty", serialize_with = "as_list")]
    pub undefined_at: Vec<Decimal>,
    /// The values of the input at which the KPI passes the wanted value without taking it.
    #[serde(skip_serializing_if = "Vec::is_empty", serialize_with = "as_list")]
    pub jumps: Vec<Decimal>,
    /// The bounds within which values were sought. None if all numbers were.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub within: Option<Bounds>,
    /// Why the KPI is undefined, whatever the input is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Sentence>,
    /// The types of the KPI and the input, for renderers.
    #[serde(skip)]
    pub types: [Type; 2],
}

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum SolutionKind {
    /// All values that there are, as fractions or to 28 digits.
    Solved,
    /// The values that evaluating the formula within bounds found.
    Searched,
    /// The KPI is what is wanted, whatever the input is.
    Always,
    /// The KPI is undefined, whatever the input is.
    Undefined,
    /// The KPI is not what is wanted and does not depend on the input in this group.
    Constant,
}

/// Bounds of an input.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Bounds {
    /// The least value.
    #[serde(serialize_with = "as_text")]
    pub least: Decimal,
    /// The largest value.
    #[serde(serialize_with = "as_text")]
    pub most: Decimal,
}

/// A value of the input at which the KPI is what is wanted.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct SolvedValue {
    /// The value.
    #[serde(serialize_with = "as_text")]
    pub value: Decimal,
    /// True if it is exactly this decimal.
    pub exact: bool,
    /// The value as a fraction, if it is one that no decimal is equal to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fraction: Option<String>,
    /// The last one of the values, if the KPI is what is wanted from `value` up to it.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "as_texts")]
    pub up_to: Option<Decimal>,
    /// The value minus the present one.
    #[serde(serialize_with = "as_texts")]
    pub difference: Option<Decimal>,
    /// The difference divided by the size of the present value.
    #[serde(serialize_with = "as_texts")]
    pub change: Option<Decimal>,
    /// The KPI computed with the value.
    #[serde(serialize_with = "as_text")]
    pub check: Decimal,
    /// The KPIs whose statuses change.
    pub statuses: Vec<StatusChange>,
}

/// A KPI whose status changes with the input.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct StatusChange {
    /// The name of the KPI.
    pub kpi: Arc<str>,
    /// Its status with the present value.
    #[serde(serialize_with = "as_status")]
    pub before: Option<Status>,
    /// Its status with the value that was found.
    #[serde(serialize_with = "as_status")]
    pub after: Option<Status>,
}

fn as_text<S: serde::Serializer>(number: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&plain(*number))
}

#[allow(clippy::ref_option)]
fn as_texts<S: serde::Serializer>(number: &Option<Decimal>, serializer: S) -> Result<S::Ok, S::Error> {
    number.map(plain).serialize(serializer)
}

fn as_list<S: serde::Serializer>(numbers: &[Decimal], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(numbers.iter().map(|number| plain(*number)))
}

#[allow(clippy::ref_option)]
fn as_status<S: serde::Serializer>(status: &Option<Status>, serializer: S) -> Result<S::Ok, S::Error> {
    status.map(status_name).serialize(serializer)
}

/// The columns of the query in its worlds.
struct Columns<'e> {
    evaluation: &'e Evaluation,
    /// The number of columns in each world.
    count: usize,
    /// The slot of the free input.
    free: u32,
    /// True for the KPIs that read the input only where it is free.
    followed: Vec<bool>,
}

impl Evaluation {
    /// The values of the input at which the KPI is what is wanted, for each of these groups.
    ///
    /// # Errors
    /// The KPI does not depend on the input, or reads it in other contexts too; a limit was reached.
    pub(crate) fn solutions(
        &self,
        goal: &Goal,
        groups: &[usize],
        budget: &Budget,
    ) -> Result<Vec<Solution>, Diagnostic> {
        let slot = self.plan.inputs.iter().position(|input| matches!(input, Input::Free));
        let slot = slot.map_or(u32::MAX, |at| (self.plan.request.measures.len() + at) as u32);
        let count = self.plan.kpis.len() / WORLDS;
        let mut columns = Columns { evaluation: self, count, free: slot, followed: vec![] };
        columns.check()?;
        columns.followed = (0..count).map(|at| columns.follows(at)).collect();
        groups.iter().map(|group| columns.solution(goal, *group, budget)).collect()
    }
}

impl<'e> Columns<'e> {
    /// The KPI at a position in a world.
    fn planned(&self, world: usize, at: usize) -> &'e PlannedKpi {
        &self.evaluation.plan.kpis[world * self.count + at]
    }

    /// The node of a column with the free input.
    fn node(&self, at: usize) -> NodeId {
        self.evaluation.plan.step(self.planned(1, at).step).node
    }

    /// Checks that the KPI depends on the input, and only where the input is free.
    fn check(&self) -> Result<(), Diagnostic> {
        let [kpi, input] = [0, 1].map(|at| &*self.planned(0, at).name);
        let refused = |message: String| Diagnostic::error(Code::BadQuery, message);
        let everywhere =
            format!("to change `{input}` everywhere, write `kpi eval '{kpi}' --set '{input} = {input} * 110%'`");
        if let Some(context) = self.other_context(0) {
            let message = format!("`{kpi}` reads `{input}` in another context too: {context}");
            return Err(refused(message)
                .hint("`kpi solve` sets the value in the group itself, and the others are read from the data")
                .hint(everywhere));
        }
        if !self.follows(0) {
            let message = format!("`{kpi}` reads `{input}` inside an aggregate, not only as a value of the group");
            return Err(refused(message).hint(everywhere));
        }
        if !self.evaluation.plan.program.slots_below([self.node(0)]).contains(&self.free) {
            let problem = refused(format!("`{kpi}` does not depend on `{input}`"));
            return Err(problem.maybe_hint(self.read_instead()));
        }
        Ok(())
    }

    /// True if a KPI reads the input only where it is free: in no other context, and in no aggregate.
    fn follows(&self, at: usize) -> bool {
        let slots = |world: usize| -> Vec<u32> {
            let node = self.evaluation.plan.step(self.planned(world, at).step).node;
            let slots = self.evaluation.plan.program.slots_below([node]);
            slots.into_iter().filter(|slot| *slot != self.free).collect()
        };
        slots(1) == slots(2) && self.other_context(at).is_none()
    }

    /// The first context, other than that of the group, in which a KPI reads the input.
    fn other_context(&self, at: usize) -> Option<String> {
        let plan = &self.evaluation.plan;
        let (mut open, mut seen) = (vec![self.planned(1, at).step], HashSet::new());
        let is_free = |node: NodeId| matches!(plan.program.node(node), Node::Slot(slot) if *slot == self.free);
        let input = self.planned(1, 1).definition;
        while let Some(at) = open.pop().filter(|_| input.is_some()) {
            let step = plan.step(at);
            if step.kind == input.map_or(StepKind::Expression, StepKind::Given) && !is_free(step.used) {
                let context = step.context.describe(&plan.request, false);
                return Some(context.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "));
            }
            open.extend(step.uses.iter().map(|used| used.step).filter(|step: &StepId| seen.insert(*step)));
        }
        None
    }

    /// A hint with the inputs that the KPI reads.
    fn read_instead(&self) -> Option<String> {
        let library = &self.evaluation.plan.library;
        let kpi = self.planned(0, 0).definition?;
        let names: Vec<String> =
            varied_inputs(library, [kpi]).into_iter().map(|id| format!("`{}`", library.get(id).name.text)).collect();
        (!names.is_empty()).then(|| format!("it reads {}", names.join(", ")))
    }

    fn solution(&self, goal: &Goal, group: usize, budget: &Budget) -> Result<Solution, Diagnostic> {
        let evaluation = self.evaluation;
        let cells = evaluation.cells(group, budget)?;
        let cell = |node: NodeId| cells.node(node);
        let formula = Formula { program: &evaluation.plan.program, free: self.free, cell: &cell };
        let steps = [0, 1].map(|at| evaluation.plan.step(self.planned(0, at).step));
        let mut solution = Solution {
            version: VERSION,
            kpi: self.planned(0, 0).name.clone(),
            unit: steps[0].ty.unit_name(),
            input: self.planned(0, 1).name.clone(),
            input_unit: steps[1].ty.unit_name(),
            group: evaluation.group_label(group),
            wanted: goal.wanted.decimal,
            present: number(&evaluation.value(0, group)).map(|number| number.decimal),
            present_input: number(&evaluation.value(1, group)).map(|number| number.decimal),
            found: SolutionKind::Solved,
            values: vec![],
            undefined_at: vec![],
            jumps: vec![],
            within: goal.within.map(|[least, most]| Bounds { least: least.decimal, most: most.decimal }),
            reason: None,
            types: steps.map(|step| step.ty.clone()),
        };
        // The free input is what formulas use; a result may show it in another unit.
        let scale = match formula.form(self.node(1)) {
            Form::Quotient(shown) => shown.numerator.at(&BigRational::one()),
            _ => BigRational::one(),
        };
        let group = Group { columns: self, group, formula: &formula, scale, budget };
        match formula.form(self.node(0)) {
            Form::Quotient(quotient) => group.solve(&quotient, goal, &mut solution)?,
            Form::Undefined(_) => {
                solution.found = SolutionKind::Undefined;
                solution.reason = evaluation.reason(0, group.group);
            }
            Form::Other(_) => solution.found = SolutionKind::Constant,
            Form::Unknown => group.search(goal, &mut solution)?,
        }
        Ok(solution)
    }
}

/// One group.
struct Group<'c> {
    columns: &'c Columns<'c>,
    group: usize,
    formula: &'c Formula<'c>,
    /// The input as results show it, divided by the input as formulas use it.
    scale: BigRational,
    budget: &'c Budget,
}

impl Group<'_> {
    /// Solves a quotient of polynomials.
    fn solve(&self, quotient: &Quotient, goal: &Goal, solution: &mut Solution) -> Result<(), Diagnostic> {
        let equation = quotient.minus(&ratio(goal.wanted));
        if equation.is_zero() {
            solution.found = SolutionKind::Always;
            return Ok(());
        }
        if quotient.numerator.degree() == 0 && quotient.denominator.degree() == 0 {
            solution.found = SolutionKind::Constant;
            return Ok(());
        }
        let within = goal.within.map(|within| within.map(|end| ratio(end) / &self.scale));
        for root in roots(&equation, within.as_ref()) {
            let point = root.point();
            if point.abs() > ratio(Number::exact(Decimal::MAX)) {
                continue;
            }
            let input = decimal(point);
            let shown = decimal(&(point * &self.scale));
            if quotient.has_pole(point) {
                solution.undefined_at.push(shown.decimal);
                continue;
            }
            let is_exact = matches!(root, Root::Exact(_)) && quotient.is_exact;
            let fraction = (is_exact && !shown.exact).then(|| (point * &self.scale).to_string());
            let found = if is_exact { point.clone() } else { ratio(input) };
            match self.value(input, Some(&found), solution)? {
                Some(value) => {
                    let exact = is_exact && shown.exact;
                    let check = decimal(&quotient.at(&found)).decimal;
                    solution.values.push(SolvedValue { value: shown.decimal, exact, fraction, check, ..value });
                }
                None => solution.undefined_at.push(shown.decimal),
            }
        }
        Ok(())
    }

    /// Searches between bounds.
    fn search(&self, goal: &Goal, solution: &mut Solution) -> Result<(), Diagnostic> {
        let bounds = goal.within.map(|within| within.map(|end| end.decimal));
        let Some([least, most]) = bounds.or_else(|| around(solution.present_input?)) else {
            let input = &solution.input;
            let message = format!("`{input}` has no present value other than 0 from which to search");
            return Err(Diagnostic::error(Code::BadQuery, message).hint("write bounds: `--within 0..1000`"));
        };
        solution.found = SolutionKind::Searched;
        solution.within = Some(Bounds { least, most });
        let used = |shown: Decimal| decimal(&(ratio(Number::exact(shown)) / &self.scale)).decimal;
        let shown = |used: Decimal| decimal(&(ratio(Number::exact(used)) * &self.scale)).decimal;
        let distance = |points: &[Decimal]| self.distances(points, goal.wanted);
        let hits = search(&distance, [used(least), used(most)], solution.present_input.map(used))?;
        solution.jumps = hits.jumps.into_iter().map(shown).collect();
        for (first, last) in hits.values {
            let Some(value) = self.value(Number::exact(first), None, solution)? else { continue };
            let up_to = (first != last).then(|| shown(last));
            solution.values.push(SolvedValue { up_to, ..value });
        }
        Ok(())
    }

    /// How far the KPI is from what is wanted, at some values of the input.
    fn distances(&self, points: &[Decimal], wanted: Number) -> Result<Vec<Option<Decimal>>, Diagnostic> {
        let numbers: Vec<Number> = points.iter().map(|point| Number::exact(*point)).collect();
        let nodes = [self.columns.node(0)];
        let evaluation = self.columns.evaluation;
        let values = evaluation.values_with(self.group, self.columns.free, &numbers, &nodes, self.budget)?;
        let distance = |cell: Cell| Some(ops::subtract(number(&cell)?, wanted).ok()?.decimal);
        Ok(values[0].cells().map(distance).collect())
    }

    /// The KPI and the statuses with a value of the input, which may stand for a fraction. None if the KPI is undefined with
    /// it.
    fn value(
        &self,
        input: Number,
        point: Option<&BigRational>,
        solution: &Solution,
    ) -> Result<Option<SolvedValue>, Diagnostic> {
        let columns = self.columns;
        let others = HashMap::from([(columns.free, Ok(Value::Number(input)))]);
        let cells = columns.evaluation.cells_with(self.group, &others, self.budget)?;
        let Some(check) = number(&cells.node(columns.node(0))) else { return Ok(None) };
        let Some(shown) = number(&cells.node(columns.node(1))) else { return Ok(None) };
        let present = solution.present_input;
        let difference = present.and_then(|present| shown.decimal.checked_sub(present));
        let change = difference.and_then(|difference| difference.checked_div(present?.abs()));
        // Conditions are decided with the fraction itself, so that a KPI that is its own bound is not beside it.
        let cell = |node: NodeId| match point.and_then(|point| self.formula.holds(node, point)) {
            Some(holds) => Ok(Value::Boolean(holds)),
            None => cells.node(node),
        };
        let kpis = (0..columns.count).filter(|at| *at != 1 && columns.followed[*at]);
        let statuses = kpis.filter_map(|at| self.status(at, cell)).collect();
        Ok(Some(SolvedValue {
            value: shown.decimal.normalize(),
            exact: check.exact && check.decimal == solution.wanted,
            fraction: None,
            up_to: None,
            difference,
            change,
            check: check.decimal.normalize(),
            statuses,
        }))
    }

    /// The status of a KPI, if it changes.
    fn status(&self, at: usize, cell: impl Fn(NodeId) -> Cell) -> Option<StatusChange> {
        let outcome = self.columns.evaluation.outcome(at, self.group);
        if outcome.no_status.is_some() || outcome.value.is_err() {
            return None;
        }
        let before = outcome.band.map(|band| band.status);
        let after = self.columns.planned(1, at).band(cell).map(|band| band.status);
        let kpi = self.columns.planned(0, at).name.clone();
        (before != after).then_some(StatusChange { kpi, before, after })
    }
}

/// The bounds of a search without given ones.
fn around(present: Decimal) -> Option<[Decimal; 2]> {
    let far = present.checked_mul(SEARCHED.into()).filter(|far| !far.is_zero())?;
    Some([far.min(Decimal::ZERO), far.max(Decimal::ZERO)])
}

fn number(cell: &Cell) -> Option<Number> {
    match cell {
        Ok(Value::Number(number)) => Some(*number),
        _ => None,
    }
}

/// A fraction as a decimal of at most 28 digits.
fn decimal(ratio: &BigRational) -> Number {
    Exact::fraction(ratio.numer().clone().into(), ratio.denom().clone().into()).decimal()
}
