//! The steps below a KPI with what each contributes to its difference.
//!
//! The steps are walked backwards, from the KPI to its inputs. Each has one multiplier, what one unit of its difference
//! contributes to that of the KPI: the sum over the steps that use it. An input that several definitions share therefore
//! counts once, and the work is that of the edges, not of the paths.

use std::collections::{HashMap, HashSet};

use super::formula::{Amount, Point, Reader, numbers};
use super::number::Exact;
use super::shares::{self, Shares, Switch};
use crate::budget::Charge;
use crate::diagnostic::Diagnostic;
use crate::eval::Cells;
use crate::plan::{Plan, StepId, StepKind};
use crate::program::NodeId;
use crate::source::Span;
use crate::value::Value;

/// What limits that are reached here stop.
const SPLITTING: &str = "splitting a difference";

/// The approximate memory of a step.
const VERTEX_BYTES: usize = 400;

/// A step, or a cause that is not the value of a step.
#[derive(Debug)]
pub struct Vertex {
    /// What it is.
    pub origin: Origin,
    /// Its values before and after, as formulas use them.
    pub points: [Point; 2],
    /// The steps that it uses, with the part of its contribution that passes through each.
    pub edges: Vec<Edge>,
    /// What it contributes to the difference of the KPI.
    pub contribution: Exact,
}

/// What a vertex is.
#[derive(Debug, Clone)]
pub enum Origin {
    /// A step, and the place of its first use.
    Step(StepId, Option<Span>),
    /// A cause in the formula of the step at this position.
    Switch(Switch, usize),
}

/// A use.
#[derive(Debug)]
pub struct Edge {
    /// The position of the vertex that is used.
    pub to: usize,
    /// The part of the contribution.
    pub contribution: Exact,
}

/// The steps that a KPI uses: the KPI first, and each before those that it uses.
pub fn of(plan: &Plan, root: StepId, cells: &[Cells<'_>; 2], charge: &mut Charge) -> Result<Vec<Vertex>, Diagnostic> {
    let found = Found::below(plan, root, charge)?;
    let mut known: HashMap<StepId, [Point; 2]> = HashMap::new();
    let mut shares: Vec<Shares> = Vec::with_capacity(found.order.len());
    for &step in &found.order {
        charge.budget().spend(1, SPLITTING)?;
        let (points, own) = split(plan, step, step == root, cells, &known);
        known.insert(step, points);
        shares.push(own);
    }
    let order: Vec<StepId> = found.order.into_iter().rev().collect();
    shares.reverse();
    let place: HashMap<StepId, usize> = order.iter().enumerate().map(|(at, step)| (*step, at)).collect();
    let mut vertices: Vec<Vertex> = order
        .iter()
        .map(|step| Vertex {
            origin: Origin::Step(*step, found.places.get(step).copied()),
            points: known.remove(step).expect("each step has been split"),
            edges: vec![],
            contribution: Exact::zero(),
        })
        .collect();
    contribute(&mut vertices, shares, &place);
    Ok(vertices)
}

/// Passes the difference of the KPI down, from each step to those that it uses.
fn contribute(vertices: &mut Vec<Vertex>, shares: Vec<Shares>, place: &HashMap<StepId, usize>) {
    let mut multipliers = vec![Exact::zero(); vertices.len()];
    multipliers[0] = Exact::one();
    vertices[0].contribution = difference(&vertices[0]);
    for (at, own) in shares.into_iter().enumerate() {
        let multiplier = multipliers[at].clone();
        let mut edges: Vec<Edge> = vec![];
        for (step, slope) in own.multipliers {
            let to = place[&step];
            let slope = multiplier.times(&slope);
            let contribution = slope.times(&difference(&vertices[to]));
            multipliers[to] = multipliers[to].plus(&slope);
            edges.push(Edge { to, contribution });
        }
        for (step, contribution) in own.fixed {
            edges.push(Edge { to: place[&step], contribution: multiplier.times(&contribution) });
        }
        for (switch, contribution) in own.switches {
            let points = [Ok(Amount::Other(Value::Boolean(false))), Ok(Amount::Other(Value::Boolean(true)))];
            let origin = Origin::Switch(switch, at);
            vertices.push(Vertex { origin, points, edges: vec![], contribution: Exact::zero() });
            edges.push(Edge { to: vertices.len() - 1, contribution: multiplier.times(&contribution) });
        }
        for edge in &edges {
            let to = &mut vertices[edge.to];
            to.contribution = to.contribution.plus(&edge.contribution);
        }
        vertices[at].edges = edges;
    }
}

fn difference(vertex: &Vertex) -> Exact {
    numbers(&vertex.points).map_or_else(Exact::zero, |[before, after]| after.minus(before))
}

/// The values of a step, and the shares of the steps that it uses.
fn split(
    plan: &Plan,
    step: StepId,
    is_root: bool,
    cells: &[Cells<'_>; 2],
    known: &HashMap<StepId, [Point; 2]>,
) -> ([Point; 2], Shares) {
    let node = if is_root { plan.step(step).node } else { plan.step(step).used };
    let body = body(plan, step);
    let uses = body.map_or_else(HashMap::new, |body| uses(plan, body).collect());
    let enclosed = plan.step(body.unwrap_or(step));
    let reader = Reader::new(&plan.program, cells, enclosed, uses, known);
    match body {
        Some(_) => {
            let part = reader.part(node);
            let shares = shares::of(&plan.program, &part);
            (part.points, shares)
        }
        None => (reader.leaf(node).points, Shares::default()),
    }
}

/// The steps that the formula of a step uses, by the nodes of their values.
fn uses(plan: &Plan, body: StepId) -> impl Iterator<Item = (NodeId, StepId)> + '_ {
    let uses = plan.step(body).uses.iter().rev();
    uses.map(|used| (plan.step(used.step).used, resolved(plan, used.step)))
}

/// The step behind arguments and operands that consist of a single step.
fn resolved(plan: &Plan, step: StepId) -> StepId {
    let mut step = step;
    while let (StepKind::Expression, Some(used)) = (&plan.step(step).kind, alias(plan, step)) {
        step = used;
    }
    step
}

/// The step that is the whole formula of this one.
fn alias(plan: &Plan, step: StepId) -> Option<StepId> {
    let [used] = plan.step(step).uses[..] else { return None };
    (plan.step(used.step).used == plan.step(step).used).then_some(used.step)
}

/// The step whose formula splits the difference of this one: its own, or that of the function that it calls. None for
/// inputs, which are not split.
fn body(plan: &Plan, step: StepId) -> Option<StepId> {
    let mut body = step;
    loop {
        if matches!(plan.step(body).kind, StepKind::Measure(_) | StepKind::Each(_) | StepKind::Given(_)) {
            return None;
        }
        match alias(plan, body).map(|used| resolved(plan, used)) {
            Some(used) if matches!(plan.step(used).kind, StepKind::Measure(_) | StepKind::Each(_)) => return None,
            Some(used) if matches!(plan.step(used).kind, StepKind::Call(_)) => body = used,
            _ if plan.step(body).uses.is_empty() => return None,
            _ => return Some(body),
        }
    }
}

/// The aggregate behind an input.
pub fn aggregate(plan: &Plan, step: StepId) -> Option<StepId> {
    let mut step = step;
    loop {
        match plan.step(step).kind {
            StepKind::Measure(_) | StepKind::Each(_) => return Some(step),
            _ => step = alias(plan, step)?,
        }
    }
}

/// The steps below one, each after those that it uses.
struct Found {
    order: Vec<StepId>,
    /// The place of the first use of each.
    places: HashMap<StepId, Span>,
}

impl Found {
    fn below(plan: &Plan, root: StepId, charge: &mut Charge) -> Result<Self, Diagnostic> {
        let mut found = Self { order: vec![], places: HashMap::new() };
        let mut seen = HashSet::new();
        // A step is left after those that it uses.
        let mut rest = vec![(root, false)];
        while let Some((step, is_done)) = rest.pop() {
            if is_done {
                found.order.push(step);
                continue;
            }
            if !seen.insert(step) {
                continue;
            }
            rest.push((step, true));
            let Some(body) = body(plan, step) else { continue };
            let uses = &plan.step(body).uses;
            charge.budget().spend(1 + uses.len(), SPLITTING)?;
            charge.grow(VERTEX_BYTES, "the steps of a difference")?;
            for used in uses.iter().rev() {
                let below = resolved(plan, used.step);
                found.places.insert(below, used.span);
                rest.push((below, false));
            }
        }
        Ok(found)
    }
}
