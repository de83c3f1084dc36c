//! What the segments of a difference account for, as data.

use std::cmp::Reverse;
use std::collections::HashSet;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use super::additive::Additive;
use super::graph::{self, Graph, Origin, Whole};
use super::int::Int;
use super::number::{Exact, decimal};
use super::segments::{Effect, Keys, Portion, Segments};
use super::shown::apportioned;
use super::sides::Sides;
use super::structure::is_split;
use super::volume::{self, Volumes};
use super::{Changes, Share, as_text};
use crate::budget::Charge;
use crate::diagnostic::{Code, Diagnostic};
use crate::eval::Evaluation;
use crate::explain::plain;
use crate::language::Sentence;
use crate::plan::StepId;
use crate::value::unit::Type;
use crate::value::{Cause, Decimal, Value};

/// The segments that a difference is divided among.
#[derive(Clone, Copy)]
pub(crate) struct Over<'e> {
    /// The same query, grouped by further columns.
    pub evaluation: &'e Evaluation,
    /// The KPI, by position in the plan, that counts the volume: the difference is divided into price, volume and mix.
    pub volume: Option<usize>,
}

/// What the segments account for.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ChangeSegments {
    /// The columns of the segments.
    pub over: Vec<Arc<str>>,
    /// The segments, those that account for most first.
    pub segments: Vec<ChangeSegment>,
    /// What is not divided among segments.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub undivided: Vec<ChangeRest>,
    /// The volume, if the difference is divided into price, volume and mix.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub volume: Option<ChangeVolume>,
}

/// The volume that a difference was divided by.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ChangeVolume {
    /// The KPI or input that counts it.
    pub name: Arc<str>,
    /// The volume before.
    #[serde(serialize_with = "as_text")]
    pub before: Decimal,
    /// The volume after.
    #[serde(serialize_with = "as_text")]
    pub after: Decimal,
    /// The volume, before and after, of the segments that have one in both. Only these have price, volume and mix.
    #[serde(serialize_with = "as_texts")]
    pub compared: [Decimal; 2],
    /// The type of the volume, for renderers.
    #[serde(skip)]
    pub ty: Type,
}

fn as_texts<S: Serializer>(numbers: &[Decimal; 2], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(numbers.iter().map(|number| plain(*number)))
}

/// A segment, and what it accounts for.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ChangeSegment {
    /// Its keys; None is blank.
    pub keys: Keys,
    /// What it accounts for.
    #[serde(flatten)]
    pub share: Share,
    /// The parts of that.
    pub effects: Vec<ChangeEffect>,
}

/// A part of what a segment accounts for.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ChangeEffect {
    /// What it is.
    pub effect: Effect,
    /// The part.
    #[serde(flatten)]
    pub share: Share,
}

/// What is not divided among segments.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ChangeRest {
    /// The name of the step.
    pub name: String,
    /// What accounts for it, if it is not the value of a step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<Sentence>,
    /// What it accounts for.
    #[serde(flatten)]
    pub share: Share,
}

/// The whole that is divided, in units of 10^-scale: with as many digits as fit, and as printed.
pub(super) type Wholes = [(Int, u32); 2];

/// Divides wholes among parts.
fn divided(wholes: &Wholes, parts: &[&Exact]) -> Vec<Wholes> {
    let [full, shown] = wholes.each_ref().map(|(whole, scale)| (apportioned(whole, parts, *scale), *scale));
    let units = full.0.into_iter().zip(shown.0);
    units.map(|(one, other)| [(one, full.1), (other, shown.1)]).collect()
}

fn share([full, shown]: &Wholes) -> Share {
    Share { contribution: decimal(&full.0, full.1), shown: decimal(&shown.0, shown.1) }
}

impl Changes<'_> {
    /// Divides the difference of a KPI among segments.
    pub(super) fn division(&self, kpi: usize, over: Over<'_>, charge: &mut Charge) -> Result<Division, Diagnostic> {
        let mut divider = Divider {
            changes: self,
            segments: Segments::new(&self.sides, self.evaluation, self.groups, over.evaluation),
            additive: Additive::new(self.plan()),
            portions: vec![],
            rest: vec![],
            volume: None,
        };
        divider.portions = vec![Portion::zero(); divider.segments.groups.len()];
        let step = self.plan().kpis[kpi].step;
        match over.volume {
            Some(volume) => divider.by_volume(kpi, volume, charge)?,
            None => divider.by_steps(step, charge)?,
        }
        let kept = self.plan().request.by.len();
        let rows = divider.segments.groups.into_keys().zip(divider.portions);
        let mut rows: Vec<Row> = rows.map(|(keys, portion)| Row { keys, portion }).collect();
        rows.iter_mut().for_each(|row| row.portion.effects.sort_by_key(|(effect, _)| *effect));
        rows.sort_by_cached_key(|row| Reverse(row.portion.sum.size()));
        let over = over.evaluation.plan.request.by[kept..].to_vec();
        Ok(Division { over, rows, rest: divider.rest, volume: divider.volume })
    }
}

/// The segments while their contributions are added up.
struct Divider<'c> {
    changes: &'c Changes<'c>,
    segments: Segments<'c>,
    additive: Additive<'c>,
    /// What each segment accounts for.
    portions: Vec<Portion>,
    /// What is not divided.
    rest: Vec<(String, Option<Sentence>, Exact)>,
    volume: Option<ChangeVolume>,
}

impl Divider<'_> {
    /// Divides the topmost quotients as a whole, and what is outside them by its inputs.
    fn by_steps(&mut self, root: StepId, charge: &mut Charge) -> Result<(), Diagnostic> {
        let graph = self.divisible(root, charge)?;
        for (at, vertex) in graph.vertices.iter().enumerate() {
            let Origin::Step(step, _) = vertex.origin else {
                self.undivided(&graph, at);
                continue;
            };
            if is_split(self.changes.plan(), step) || vertex.contribution.is_zero() && vertex.multiplier.is_zero() {
                continue;
            }
            let portions = match (self.total(step), self.additive.of(step).is_some()) {
                (Some([before, after]), true) => {
                    self.segments.of_sum(step, [&before, &after], &vertex.multiplier, charge)?
                }
                _ => None,
            };
            match portions {
                Some(portions) => self.add(portions),
                None => self.undivided(&graph, at),
            }
        }
        Ok(())
    }

    /// The steps below the KPI, without those below quotients that are divided as a whole.
    fn divisible(&mut self, root: StepId, charge: &mut Charge) -> Result<Graph, Diagnostic> {
        let mut refused = HashSet::new();
        loop {
            let whole = Whole { additive: &mut self.additive, refused: &refused };
            let graph = graph::of(&self.changes.sides, root, Some(whole), charge)?;
            let (mut divided, known) = (vec![], refused.len());
            for (node, ratio, multiplier) in &graph.ratios {
                let total = |step: StepId| total(&self.changes.sides, step);
                match self.segments.of_ratio(ratio, total, multiplier, charge)? {
                    Some(portions) => divided.push(portions),
                    None => drop(refused.insert(*node)),
                }
            }
            if refused.len() == known {
                divided.into_iter().for_each(|portions| self.add(portions));
                return Ok(graph);
            }
        }
    }

    /// Divides a sum into price, volume and mix.
    fn by_volume(&mut self, kpi: usize, volume: usize, charge: &mut Charge) -> Result<(), Diagnostic> {
        let plan = self.changes.plan();
        let none = HashSet::new();
        let [root, counted] = [kpi, volume].map(|kpi| plan.kpis[kpi].step);
        for step in [root, counted] {
            let whole = Whole { additive: &mut self.additive, refused: &none };
            graph::of(&self.changes.sides, step, Some(whole), charge)?;
        }
        let (value, counts) = (self.values(root, charge)?, self.values(counted, charge)?);
        let named = |kpi: usize| plan.kpis[kpi].name.clone();
        let value = value.ok_or_else(|| not_a_sum(&named(kpi), "its difference has no price, volume and mix"))?;
        let counts = counts.ok_or_else(|| not_a_sum(&named(volume), "it cannot be the volume"))?;
        let volumes = Volumes::of(&counts);
        let portions = volume::portions(&value, &counts, &volumes).ok_or_else(|| cancelled_out(&named(volume)))?;
        self.add(portions);
        let [before, after] = volumes.all.map(|sum| sum.decimal().decimal);
        let compared = volumes.compared.map(|sum| sum.decimal().decimal);
        let ty = plan.step(counted).ty.clone();
        self.volume = Some(ChangeVolume { name: named(volume), before, after, compared, ty });
        Ok(())
    }

    /// The values of a sum over rows in the segments. None if it is not one.
    fn values(&mut self, step: StepId, charge: &mut Charge) -> Result<Option<Vec<[Exact; 2]>>, Diagnostic> {
        let Some(terms) = self.additive.of(step).cloned() else { return Ok(None) };
        let total = |step: StepId| total(&self.changes.sides, step);
        self.segments.linear(&terms, total, charge)
    }

    fn add(&mut self, portions: Vec<Portion>) {
        self.portions.iter_mut().zip(portions).for_each(|(own, more)| own.add(more));
    }

    fn undivided(&mut self, graph: &Graph, at: usize) {
        let vertex = &graph.vertices[at];
        if !vertex.contribution.is_zero() {
            let (name, cause) = self.changes.title(&graph.vertices, at);
            self.rest.push((name, cause, vertex.contribution.clone()));
        }
    }

    fn total(&self, step: StepId) -> Option<[Exact; 2]> {
        total(&self.changes.sides, step)
    }
}

/// A difference that is divided among segments.
pub(super) struct Division {
    over: Vec<Arc<str>>,
    rows: Vec<Row>,
    /// What is not divided.
    rest: Vec<(String, Option<Sentence>, Exact)>,
    volume: Option<ChangeVolume>,
}

impl Division {
    /// All contributions.
    pub fn numbers(&self) -> impl Iterator<Item = &Exact> {
        let effects = self.rows.iter().flat_map(|row| &row.portion.effects);
        effects.map(|(_, part)| part).chain(self.contributions())
    }

    /// What the segments account for, and what is not divided.
    pub fn contributions(&self) -> impl Iterator<Item = &Exact> {
        self.rows.iter().map(|row| &row.portion.sum).chain(self.rest.iter().map(|(_, _, part)| part))
    }

    /// The segments with shares that add up.
    pub fn shown(self, wholes: &Wholes) -> ChangeSegments {
        let Self { over, rows, rest, volume } = self;
        let sums = rows.iter().map(|row| &row.portion.sum);
        let parts: Vec<&Exact> = sums.chain(rest.iter().map(|(_, _, part)| part)).collect();
        let mut shares = divided(wholes, &parts);
        let undivided = shares.split_off(rows.len());
        let rest = rest.into_iter().zip(&undivided);
        let rest = rest.map(|((name, cause, _), whole)| ChangeRest { name, cause, share: share(whole) });
        ChangeSegments {
            over,
            volume,
            undivided: rest.collect(),
            segments: rows.into_iter().zip(&shares).map(|(row, whole)| row.shown(whole)).collect(),
        }
    }
}

/// A segment while shares are rounded.
struct Row {
    keys: Keys,
    portion: Portion,
}

impl Row {
    fn shown(self, whole: &Wholes) -> ChangeSegment {
        let effects = &self.portion.effects;
        let parts: Vec<&Exact> = effects.iter().map(|(_, part)| part).collect();
        let parts = effects.iter().zip(divided(whole, &parts));
        let effects = parts.map(|((effect, _), part)| ChangeEffect { effect: *effect, share: share(&part) });
        ChangeSegment { effects: effects.collect(), keys: self.keys, share: share(whole) }
    }
}

fn not_a_sum(name: &str, so: &str) -> Diagnostic {
    let message = format!("`{name}` is not a sum over the rows of each segment, so {so}");
    let hint = match so.starts_with("it ") {
        true => "write an input or a KPI that sums or counts rows: `--volume order_count`",
        false => "leave out `--volume`: a ratio is divided into rate and mix without it",
    };
    Diagnostic::error(Code::BadQuery, message).hint(hint)
}

fn cancelled_out(volume: &str) -> Diagnostic {
    let message = format!("the values of `{volume}` in the segments add up to 0, so none has a share in the volume");
    Diagnostic::error(Code::BadQuery, message).hint("leave out `--volume`, or write another volume")
}

/// The value of an aggregate before and after. No rows are 0.
fn total(sides: &Sides<'_>, step: StepId) -> Option<[Exact; 2]> {
    let value = |side: usize| match sides.used(side, step) {
        Ok(Value::Number(number)) => Some(number.into()),
        Err(Cause::NoRows | Cause::Blank | Cause::NoRowsKept) => Some(Exact::zero()),
        _ => None,
    };
    Some([value(0)?, value(1)?])
}
