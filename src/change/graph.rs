//! The steps below a KPI with what each contributes to its difference.
//!
//! The steps are walked backwards, from the KPI to its inputs. Each has one multiplier, what one unit of its difference
//! contributes to that of the KPI: the sum over the steps that use it. An input that several definitions share therefore
//! counts once, and the work is that of the edges, not of the paths.

use std::collections::{HashMap, HashSet};

use super::additive::{Additive, Ratio};
use super::formula::{Amount, Part, Point, Reader, numbers};
use super::number::Exact;
use super::shares::{self, SPLITTING, Shares, Switch};
use super::sides::Sides;
use super::structure::{aggregate, body, is_split, resolved};
use crate::budget::Charge;
use crate::diagnostic::Diagnostic;
use crate::plan::{Plan, StepId};
use crate::program::NodeId;
use crate::source::Span;
use crate::value::Value;

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
    /// What one unit of its difference contributes.
    pub multiplier: Exact,
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

/// The steps below a KPI.
#[derive(Debug)]
pub struct Graph {
    /// The KPI first, and each step before those that it uses.
    pub vertices: Vec<Vertex>,
    /// The quotients that are divided as a whole, with what one unit of their differences contributes.
    pub ratios: Vec<(NodeId, Ratio, Exact)>,
}

/// Which quotients are divided as a whole.
pub struct Whole<'a, 'p> {
    /// The steps that are sums over rows, which are read on the way.
    pub additive: &'a mut Additive<'p>,
    /// The quotients that are not.
    pub refused: &'a HashSet<NodeId>,
}

/// The steps that a KPI uses, with what each contributes.
///
/// # Errors
/// The limit that was reached.
pub fn of(
    sides: &Sides<'_>,
    root: StepId,
    mut whole: Option<Whole<'_, '_>>,
    charge: &mut Charge,
) -> Result<Graph, Diagnostic> {
    let plan = sides.plan;
    let found = Found::below(plan, root, charge)?;
    let mut known: HashMap<StepId, [Point; 2]> = HashMap::new();
    let mut shares: Vec<Shares> = Vec::with_capacity(found.order.len());
    for &step in &found.order {
        charge.budget().spend(1, SPLITTING)?;
        let part = part(sides, step, step == root, &known);
        let is_split = is_split(plan, step);
        let ratio = |part: &Part| match &whole {
            Some(Whole { additive, refused }) if !refused.contains(&part.node) => additive.ratio(part),
            _ => None,
        };
        shares.push(match is_split {
            true => shares::of(&plan.program, &part, &ratio, charge.budget())?,
            false => Shares::default(),
        });
        if let Some(Whole { additive, .. }) = &mut whole {
            additive.read(step, Some(&part).filter(|_| is_split), aggregate(plan, step));
        }
        known.insert(step, part.points);
    }
    let order: Vec<StepId> = found.order.into_iter().rev().collect();
    shares.reverse();
    let place: HashMap<StepId, usize> = order.iter().enumerate().map(|(at, step)| (*step, at)).collect();
    let vertex = |step: &StepId| Vertex {
        origin: Origin::Step(*step, found.places.get(step).copied()),
        points: known.remove(step).expect("each step has been split"),
        edges: vec![],
        contribution: Exact::zero(),
        multiplier: Exact::zero(),
    };
    let mut graph = Graph { vertices: order.iter().map(vertex).collect(), ratios: vec![] };
    contribute(&mut graph, shares, &place);
    Ok(graph)
}

/// Passes the difference of the KPI down, from each step to those that it uses.
fn contribute(graph: &mut Graph, shares: Vec<Shares>, place: &HashMap<StepId, usize>) {
    let vertices = &mut graph.vertices;
    vertices[0].multiplier = Exact::one();
    vertices[0].contribution = difference(&vertices[0]);
    for (at, own) in shares.into_iter().enumerate() {
        let multiplier = vertices[at].multiplier.clone();
        let mut edges: Vec<Edge> = vec![];
        for (step, slope) in own.multipliers {
            let to = place[&step];
            let slope = multiplier.times(&slope);
            let contribution = slope.times(&difference(&vertices[to]));
            vertices[to].multiplier = vertices[to].multiplier.plus(&slope);
            edges.push(Edge { to, contribution });
        }
        for (step, contribution) in own.fixed {
            edges.push(Edge { to: place[&step], contribution: multiplier.times(&contribution) });
        }
        for (switch, contribution) in own.switches {
            vertices.push(Vertex::switch(switch, at));
            edges.push(Edge { to: vertices.len() - 1, contribution: multiplier.times(&contribution) });
        }
        for edge in &edges {
            let to = &mut vertices[edge.to];
            to.contribution = to.contribution.plus(&edge.contribution);
        }
        vertices[at].edges = edges;
        let ratios = own.ratios.into_iter();
        graph.ratios.extend(ratios.map(|(node, ratio, slope)| (node, ratio, multiplier.times(&slope))));
    }
}

impl Vertex {
    /// A cause in the formula of the step at this position.
    pub fn switch(switch: Switch, used_by: usize) -> Self {
        let points = [false, true].map(|is_after| Ok(Amount::Other(Value::Boolean(is_after))));
        let origin = Origin::Switch(switch, used_by);
        Self { origin, points, edges: vec![], contribution: Exact::zero(), multiplier: Exact::zero() }
    }
}

fn difference(vertex: &Vertex) -> Exact {
    numbers(&vertex.points).map_or_else(Exact::zero, |[before, after]| after.minus(before))
}

/// The formula of a step with its values.
fn part(sides: &Sides<'_>, step: StepId, is_root: bool, known: &HashMap<StepId, [Point; 2]>) -> Part {
    let plan = sides.plan;
    let node = if is_root { plan.step(step).node } else { plan.step(step).used };
    let reader = Reader::new(sides, step, known);
    if body(plan, step).is_some() { reader.part(node) } else { reader.leaf(node) }
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
