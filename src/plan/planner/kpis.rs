//! Turns the KPIs and formulas of a query into planned KPIs: values with their targets, bands and ranges.

use std::collections::HashSet;

use super::texts::Asked;
use super::{Build, StepId};
use crate::diagnostic::{Code, Diagnostic};
use crate::library::card::{Card, Text};
use crate::library::types::mismatch::describe;
use crate::library::types::walk::Output;
use crate::library::{DefinitionId, percent};
use crate::plan::inner::Inner;
use crate::plan::lower::expression::{self, Lowered};
use crate::plan::refused::needing;
use crate::plan::world::World;
use crate::plan::{PlannedBand, PlannedKpi, Step, StepKind};
use crate::program::NodeId;
use crate::syntax::ast::{Band, BandCondition, BinaryOp, Expr};
use crate::value::Value;
use crate::value::unit::{Base, Type};

impl Build<'_> {
    pub(super) fn value(&mut self, asked: &Asked) -> StepId {
        match asked {
            Asked::Definition(id) => self.planner.definition(*id),
            Asked::Formula(_, expr) => self.planner.expression(expr),
        }
    }

    /// The world that values are computed in.
    fn world(&self) -> World {
        self.planner.constants.world
    }

    /// Returns true if targets, bands and ranges are left out.
    fn is_bare(&self) -> bool {
        let is_bare = |at: u32| !self.query.other_worlds.variations[at as usize].with_bounds;
        self.bare || matches!(self.world(), World::Varied(at) if is_bare(at))
    }

    /// Reports a condition on groups that is not a condition.
    pub(super) fn is_condition(&mut self, step: StepId) {
        let Step { ty, formula, .. } = &self.planner.steps[step.0 as usize];
        if matches!(ty, Type::Boolean | Type::Unknown) {
            return;
        }
        let problem = Diagnostic::error(Code::TypeMismatch, format!("expected a condition, found {}", describe(ty)));
        let problem = formula.iter().fold(problem, |problem, span| problem.at(*span));
        self.planner.diagnostics.push(problem.hint("compare the value, as in `revenue > 10_000`"));
    }

    pub(super) fn kpi(&mut self, asked: &Asked, step: StepId) -> Option<PlannedKpi> {
        if self.planner.is_broken(step) || self.is_in_unknown_money(step) {
            return None;
        }
        Some(match asked {
            Asked::Definition(id) => self.defined(*id, step),
            Asked::Formula(text, _) => PlannedKpi {
                name: text.clone(),
                definition: None,
                world: self.world(),
                step,
                target: None,
                bands: vec![],
                compared: None,
                range: (None, None),
                per: None,
                bounds_need_period: false,
                bounds_so_far: false,
                accumulates: false,
            },
        })
    }

    /// Marks the KPIs whose bounds all end where the data end in their period.
    pub(super) fn mark_bounds_so_far(&self, kpis: &mut [Option<PlannedKpi>], completed: &Inner) {
        let (measures, program) = (&completed.request.measures, &completed.program);
        if !measures.iter().any(|measure| measure.range.ends_with_data()) {
            return;
        }
        let is_so_far = |slot: u32| measures.get(slot as usize).is_some_and(|measure| measure.range.ends_with_data());
        let (so_far, whole) = (needing(program, is_so_far), needing(program, |slot| !is_so_far(slot)));
        let ends = |node: &NodeId| so_far[node.0 as usize] && !whole[node.0 as usize];
        let ending = self.bounds_of.iter().filter(|(_, bounds)| !bounds.is_empty() && bounds.iter().all(ends));
        let ending: HashSet<DefinitionId> = ending.map(|(id, _)| *id).collect();
        let defined = |kpi: &&mut PlannedKpi| kpi.definition.is_some_and(|id| ending.contains(&id));
        kpis.iter_mut().flatten().filter(defined).for_each(|kpi| kpi.bounds_so_far = true);
    }

    /// Returns true if a value is an amount of money and the `currency` item is broken.
    fn is_in_unknown_money(&self, step: StepId) -> bool {
        let unit = self.planner.steps[step.0 as usize].ty.unit();
        let money = self.library.units().money();
        let is_money = |(base, _): &(Base, i8)| money.factors().iter().any(|(other, _)| other == base);
        self.library.broken.currency && unit.is_some_and(|unit| unit.factors().iter().any(is_money))
    }

    fn defined(&mut self, id: DefinitionId, step: StepId) -> PlannedKpi {
        let library = self.library.clone();
        let definition = library.get(id);
        let no_card = Card::default();
        let card = if self.is_bare() { &no_card } else { &definition.card };
        self.bounds_need_period = false;
        self.bounds.clear();
        let target = card.target.as_ref().map(|target| self.bound(step, target));
        let target = target.filter(|target| !self.planner.is_broken(*target));
        let compared = target.and_then(|target| self.compared_to(step, target));
        let bands = self.bands(step, &card.bands);
        let bounds_need_period = self.bounds_need_period;
        self.bounds_of.push((id, std::mem::take(&mut self.bounds)));
        let (low, high) = card.range.as_ref().map_or((None, None), |(low, high)| (low.as_ref(), high.as_ref()));
        let range = (low.map(|low| self.bound_node(step, low)), high.map(|high| self.bound_node(step, high)));
        PlannedKpi {
            name: definition.name.text.clone(),
            definition: Some(id),
            world: self.world(),
            step,
            target,
            compared,
            bands,
            range,
            per: card.per.clone(),
            bounds_need_period,
            bounds_so_far: false,
            accumulates: library.accumulates(id) && !self.takes_rows_in_force(step),
        }
    }

    /// Returns true if the data show that all rows that a step depends on hold over an interval, so that it is a stock.
    fn takes_rows_in_force(&self, step: StepId) -> bool {
        let bindings = &self.planner.here.bindings;
        let holds = |request: usize| bindings.validity(request).is_some();
        if !(0..bindings.requested().len()).any(holds) {
            return false;
        }
        let (mut open, mut seen, mut found) = (vec![step], HashSet::from([step]), false);
        while let Some(at) = open.pop() {
            let step = &self.planner.steps[at.0 as usize];
            match step.kind {
                StepKind::Measure(Some(id)) if holds(self.planner.here.measures[id.0 as usize].dataset) => found = true,
                StepKind::Measure(Some(_)) | StepKind::Each(_) => return false,
                _ => open.extend(step.uses.iter().map(|used| used.step).filter(|step| seen.insert(*step))),
            }
        }
        found
    }

    /// Derives a target or bound. A plain number takes the KPI's unit.
    fn bound(&mut self, step: StepId, expr: &Expr) -> StepId {
        let expected = self.planner.lowered(step).ty;
        // Compiling has the same warning, among those about all definitions.
        self.planner
            .diagnostics
            .extend(percent::plain_number(&expected, expr).filter(|_| !expr.span.file.is_standard()));
        let name = match self.planner.steps[step.0 as usize].kind {
            StepKind::Definition(id) | StepKind::Given(id) => self.library.get(id).name.text.clone(),
            _ => "value".into(),
        };
        let bound = self.planner.value_for(&name, expr, &expected);
        self.bounds_need_period |= self.planner.no_period(bound).is_some();
        self.bounds.push(self.planner.lowered(bound).node);
        bound
    }

    fn bound_node(&mut self, step: StepId, expr: &Expr) -> NodeId {
        let bound = self.bound(step, expr);
        self.planner.steps[bound.0 as usize].node
    }

    /// The difference from a target and its attainment, if the KPI's value is more exact than its shown value.
    fn compared_to(&mut self, kpi: StepId, target: StepId) -> Option<[NodeId; 2]> {
        let (value, target) = (self.planner.lowered(kpi), self.planner.lowered(target));
        if value.ty == value.ty.as_shown() {
            return None;
        }
        let program = &mut self.planner.here.program;
        let difference = expression::joined(program, BinaryOp::Subtract, &value, &target);
        let difference = expression::shown(program, &difference).node;
        Some([difference, expression::joined(program, BinaryOp::Divide, &value, &target).node])
    }

    fn compared(&mut self, kpi: StepId, op: BinaryOp, bound: &Expr) -> (Lowered, StepId) {
        let bound_step = self.bound(kpi, bound);
        let (lhs, rhs) = (self.planner.lowered(kpi), self.planner.lowered(bound_step));
        (expression::joined(&mut self.planner.here.program, op, &lhs, &rhs), bound_step)
    }

    /// Plans all bands, or none if one of them needs missing data: without it, a later band would apply by mistake.
    fn bands(&mut self, kpi: StepId, bands: &[Band]) -> Vec<PlannedBand> {
        let bands: Vec<Option<_>> = bands.iter().map(|band| self.band(kpi, band)).collect();
        bands.into_iter().collect::<Option<_>>().unwrap_or_default()
    }

    fn band(&mut self, kpi: StepId, band: &Band) -> Option<PlannedBand> {
        let (condition, step, text) = match &band.condition {
            BandCondition::Compare { op, bound, .. } => {
                let (condition, step) = self.compared(kpi, *op, bound);
                (condition.node, Some(step), format!("{} {}", op.symbol(), self.texts.sources.text(bound.span)))
            }
            BandCondition::Between { low, high } => self.between(kpi, low, high)?,
            BandCondition::When(condition) => {
                let step = self.planner.expression(condition);
                self.bounds_need_period |= self.planner.no_period(step).is_some();
                self.bounds.push(self.planner.lowered(step).node);
                let text = format!("when {}", self.texts.sources.text(condition.span));
                (self.planner.lowered(step).node, Some(step), text)
            }
            BandCondition::Otherwise => {
                let always = self.planner.here.program.literal(Value::Boolean(true), Type::Boolean, None);
                (always.node, None, "otherwise".to_owned())
            }
        };
        if step.is_some_and(|step| self.planner.is_broken(step)) {
            return None;
        }
        let advice = band.advice.as_ref().map(Text::from);
        Some(PlannedBand { status: band.status, condition, step, text: text.into(), advice })
    }

    fn between(&mut self, kpi: StepId, low: &Expr, high: &Expr) -> Option<(NodeId, Option<StepId>, String)> {
        let (above, low_step) = self.compared(kpi, BinaryOp::GreaterOrEqual, low);
        let (below, high_step) = self.compared(kpi, BinaryOp::LessOrEqual, high);
        if self.planner.is_broken(low_step) || self.planner.is_broken(high_step) {
            return None;
        }
        let both = expression::joined(&mut self.planner.here.program, BinaryOp::And, &above, &below);
        let text = format!("between {} and {}", self.texts.sources.text(low.span), self.texts.sources.text(high.span));
        Some((both.node, None, text))
    }
}
