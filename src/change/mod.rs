//! Splits the difference of a KPI between two groups among the steps that it was computed from: which input accounts for
//! how much.
//!
//! Within one formula, contributions are Shapley values of the direct operands of each operation, computed in rational
//! numbers. Down the definitions they are chained, so that each level adds up to the one above. `docs/change.md` says
//! what that means for readers.

mod additive;
mod distance;
mod formula;
mod graph;
pub(crate) mod int;
pub(crate) mod number;
mod over;
mod rows;
mod segments;
mod shares;
mod shown;
mod sides;
mod split;
mod structure;
mod volume;

use std::cmp::Reverse;
use std::sync::Arc;

use indexmap::IndexMap;
use num_rational::BigRational;
use serde::{Serialize, Serializer};

use crate::budget::Charge;
use crate::diagnostic::{Code, Diagnostic, Error};
use crate::eval::{Evaluation, Flag};
use crate::explain::{StepKey, Steps, TraceKind, one_line, plain};
use crate::language::{Phrase, Sentence};
use crate::plan::{Plan, StepId, StepKind};
use crate::syntax::ast::DefinitionKind;
use crate::value::unit::Type;
use crate::value::{Cell, Decimal, Value};
use distance::Distance;
use formula::numbers;
use graph::{Origin, Vertex};
use int::Int;
use number::{Exact, decimal, fitting_scale};
#[cfg(feature = "render")]
pub use over::ChangeSegment;
pub use over::ChangeSegments;
use over::Division;
pub(crate) use over::Over;
#[cfg(feature = "render")]
pub use rows::{ChangeGroup, ChangeListedRows, ChangeRow};
pub use rows::{ChangeGroups, ChangeRows};
#[cfg(feature = "render")]
pub use segments::Effect;
use shares::Switch;
pub(crate) use shown::Precision;
use shown::{Rounded, legible, rounded};
use sides::Sides;

/// The version of the JSON format of [`Change`].
pub const VERSION: u32 = 1;

/// The digits of a contribution: one less than decimals have, so that rounded parts always fit.
const DIGITS: u32 = 27;

/// The difference of a KPI between two groups, and what accounts for it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Change {
    /// The version of the format, 1.
    pub version: u32,
    /// The KPI's name, or the formula if it has no name.
    pub kpi: Arc<str>,
    /// The unit, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// The values that the query sets, as written: `("ad_cost", "ad_cost * 90%")`.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub set: IndexMap<Arc<str>, String>,
    /// The group that is compared with.
    pub before: ChangeSide,
    /// The group whose value is explained.
    pub after: ChangeSide,
    /// The value after minus the value before. None if one of them is not a number.
    pub difference: Option<Share>,
    /// The difference divided by the value before, without its sign.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub relative: Option<String>,
    /// True if no contribution was rounded before it was written.
    pub exact: bool,
    /// The steps that are not split further, those that account for most first.
    pub drivers: Vec<StepKey>,
    /// All steps: that of the KPI first, each before those that it uses.
    pub steps: Steps<ChangeStep>,
    /// What the segments account for, if they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub segments: Option<ChangeSegments>,
    /// The decimals of the contributions as shown.
    #[serde(skip)]
    pub scale: u32,
    /// The type of the KPI, for renderers.
    #[serde(skip)]
    pub ty: Type,
}

/// One of the two groups.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ChangeSide {
    /// The group: its period and keys by name.
    pub group: IndexMap<String, Option<String>>,
    /// The context in which the KPI is computed, if it is not that of the group: `1 month earlier, up to the same day`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub context: Vec<Sentence>,
    /// The value as an exact decimal; None if undefined.
    pub value: Option<String>,
    /// Why there is no value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undefined: Option<Sentence>,
    /// Warnings about the value.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<Flag>,
    /// The value, for renderers.
    #[serde(skip)]
    pub cell: Cell,
}

/// A part of a difference. The parts of a step add up to the step, in both forms.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Share {
    /// The contribution, with as many digits as fit.
    #[serde(serialize_with = "as_text")]
    pub contribution: Decimal,
    /// The same, rounded as in text: the parts that the rounding of the others leaves over are added to those that lost
    /// most.
    #[serde(serialize_with = "as_text")]
    pub shown: Decimal,
}

/// A step, and what it accounts for.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ChangeStep {
    /// The kind of step.
    pub kind: TraceKind,
    /// The name of the definition, or its text if it has no name.
    pub name: String,
    /// The context of the step, if it differs from the group of the result.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub context: Vec<Sentence>,
    /// What accounts for the difference, if it is not the value of a step: `if` took another branch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<Sentence>,
    /// The formula as written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub formula: Option<String>,
    /// The unit of the values, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// The value before, as text.
    pub before: Option<String>,
    /// The value after, as text.
    pub after: Option<String>,
    /// What the step accounts for, in the unit of the KPI.
    #[serde(flatten)]
    pub share: Share,
    /// The same, divided by the difference of the KPI. None if there is no difference.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "as_optional_text")]
    pub of_difference: Option<Decimal>,
    /// The same, divided by the value of the KPI before, without its sign. None if that is 0.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "as_optional_text")]
    pub of_before: Option<Decimal>,
    /// The steps that its formula uses, with the parts of its contribution.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<ChangePart>,
    /// The rows of an aggregate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<ChangeRows>,
    /// The inner groups of an aggregate with `each`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub groups: Option<ChangeGroups>,
    /// The type of the values, for renderers.
    #[serde(skip)]
    pub ty: Type,
    /// The values before and after, for renderers.
    #[serde(skip)]
    pub cells: [Cell; 2],
}

/// A step that a formula uses, and the part of the contribution that passes through it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ChangePart {
    /// The step.
    pub step: StepKey,
    /// The part.
    #[serde(flatten)]
    pub share: Share,
}

fn as_text<S: Serializer>(number: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&plain(*number))
}

fn as_optional_text<S: Serializer>(number: &Option<Decimal>, serializer: S) -> Result<S::Ok, S::Error> {
    as_text(&number.unwrap_or_default(), serializer)
}

impl Change {
    /// Returns the step with this key.
    ///
    /// # Panics
    /// Panics if the key is from another change and out of range.
    pub fn step(&self, key: StepKey) -> &ChangeStep {
        self.steps.step(key)
    }

    /// Both values as results have them: their difference is printed, also where a step before them was rounded.
    fn printed(&self) -> Option<[Exact; 2]> {
        let number = |side: &ChangeSide| match side.cell {
            Ok(Value::Number(number)) => Some(Exact::from(number)),
            _ => None,
        };
        Some([number(&self.before)?, number(&self.after)?])
    }
}

impl Evaluation {
    /// Splits the difference of a KPI (by position in the plan) between two groups (by position), before and after.
    ///
    /// Contributions are also given rounded to `decimals`, the decimals in which the values of the KPI are printed, or a
    /// few more if the difference is small.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use yardstick::{Embedded, Library, Limits, Query, Table};
    ///
    /// let library = Library::from_text("takings = price * quantity")?;
    /// let rows = [("2026-01", 10, 4), ("2026-02", 12, 5)];
    /// let table = Table::from_tuples("sales", &["month", "price", "quantity"], &rows)?;
    /// let source = Embedded::new(vec![Arc::new(table)]);
    /// let result = library.evaluate(&Query::all().by("month"), &source, &Limits::default())?;
    /// let change = result.change(0, [0, 1], 2)?;
    /// let drivers = change.drivers.iter().map(|key| change.step(*key));
    /// let parts: Vec<String> = drivers.map(|step| format!("{}: {}", step.name, step.share.contribution)).collect();
    /// assert_eq!(parts, ["quantity: 11", "price: 9"]);
    /// # Ok::<(), yardstick::Error>(())
    /// ```
    ///
    /// # Errors
    /// The limit that was reached, or an error if the groups are computed in different ways, as a group and the total
    /// are.
    pub fn change(&self, kpi: usize, groups: [usize; 2], decimals: u32) -> Result<Change, Error> {
        let values = [(kpi, groups[0]), (kpi, groups[1])];
        let precision = Precision::AtLeast(decimals);
        let change = self.change_within(values, precision, None, &mut self.plan.limits.budget().charge());
        change.map_err(|problem| Error::new(vec![problem], self.plan.sources.clone()))
    }

    /// The same, with what segments account for: the groups of `segments`, which evaluates the same query grouped by
    /// further columns. With a `volume` (a KPI by position in the plan), the own difference of each segment is divided into
    /// price, volume and mix.
    ///
    /// # Errors
    /// The same, or an error if there is a volume and the KPI or the volume is not a sum over the rows of each segment.
    pub fn change_over(
        &self,
        kpi: usize,
        groups: [usize; 2],
        decimals: u32,
        segments: &Self,
        volume: Option<usize>,
    ) -> Result<Change, Error> {
        let over = Some(Over { evaluation: segments, volume });
        let values = [(kpi, groups[0]), (kpi, groups[1])];
        let precision = Precision::AtLeast(decimals);
        let change = self.change_within(values, precision, over, &mut self.plan.limits.budget().charge());
        change.map_err(|problem| Error::new(vec![problem], self.plan.sources.clone()))
    }

    /// The same as [`Evaluation::change`] for two values, each of a KPI (by position in the plan) in a group (by position).
    /// They may be of two KPIs if the first is the second in another context. The charge counts the memory of the change.
    pub(crate) fn change_within(
        &self,
        values: [(usize, usize); 2],
        precision: Precision,
        over: Option<Over<'_>>,
        charge: &mut Charge,
    ) -> Result<Change, Diagnostic> {
        let groups = values.map(|(_, group)| group);
        let [(before, from), (after, to)] = groups.map(|group| self.place(group));
        if !std::ptr::eq(before, after) || self.groups[groups[0]].total != self.groups[groups[1]].total {
            let message = "a group cannot be compared with a total";
            return Err(Diagnostic::error(Code::BadQuery, message).hint("compare two groups of the same columns"));
        }
        let ends = values.map(|(kpi, group)| self.side(kpi, group));
        let cells = [after.cells(from, charge.budget())?, after.cells(to, charge.budget())?];
        let roots = values.map(|(kpi, _)| after.plan.kpis[kpi].step);
        let sides = Sides::new(&after.plan, cells, roots).ok_or_else(|| {
            let message = format!("`{}` is computed in another way there", after.plan.kpis[values[1].0].name);
            Diagnostic::error(Code::BadQuery, message).hint("compare with a whole period: `--against previous`")
        })?;
        let changes = Changes { evaluation: after, groups: [from, to], outer: groups, sides, target: None };
        changes.change(values[1].0, ends, precision, over, charge)
    }

    /// What each step accounts for as a ratio, in the order of [`Change::steps`], for tests. Empty if there is no
    /// difference.
    ///
    /// # Errors
    /// The same as [`Evaluation::change`].
    #[doc(hidden)]
    pub fn exact_contributions(&self, kpi: usize, groups: [usize; 2]) -> Result<Vec<BigRational>, Error> {
        let mut charge = self.plan.limits.budget().charge();
        let failed = |problem| Error::new(vec![problem], self.plan.sources.clone());
        let cell = |group: usize| self.cells(group, charge.budget()).map_err(failed);
        let cells = [cell(groups[0])?, cell(groups[1])?];
        let root = self.plan.kpis[kpi].step;
        let sides = Sides::new(&self.plan, cells, [root, root]).expect("it is one step");
        let vertices = graph::of(&sides, root, None, &mut charge).map_err(failed)?.vertices;
        let is_split = numbers(&vertices[0].points).is_some();
        Ok(vertices.iter().filter(|_| is_split).map(|vertex| vertex.contribution.ratio()).collect())
    }

    fn side(&self, kpi: usize, group: usize) -> ChangeSide {
        let cell = self.value(kpi, group);
        let step = self.plan.step(self.plan.kpis[kpi].step);
        let context = match step.uses[..] {
            [used] if step.kind == StepKind::Expression => &self.plan.step(used.step).context,
            _ => &step.context,
        };
        ChangeSide {
            group: self.group_label(group),
            context: context.describe(&self.plan.request, self.groups[group].total),
            value: cell.as_ref().ok().map(ToString::to_string),
            undefined: cell.is_err().then(|| self.reason(kpi, group).unwrap_or_default()),
            flags: self.outcome(kpi, group).flags,
            cell,
        }
    }
}

/// Two groups of one evaluation.
struct Changes<'e> {
    evaluation: &'e Evaluation,
    groups: [usize; 2],
    /// The same groups in the result that the evaluation is a part of.
    outer: [usize; 2],
    sides: Sides<'e>,
    /// The target that is compared with, if it is one.
    target: Option<Distance>,
}

impl Changes<'_> {
    fn plan(&self) -> &Plan {
        &self.evaluation.plan
    }

    fn change(
        &self,
        kpi: usize,
        [before, after]: [ChangeSide; 2],
        precision: Precision,
        over: Option<Over<'_>>,
        charge: &mut Charge,
    ) -> Result<Change, Diagnostic> {
        let planned = &self.plan().kpis[kpi];
        let step = self.plan().step(planned.step);
        let mut change = Change {
            version: VERSION,
            kpi: planned.name.clone(),
            unit: step.ty.unit_name(),
            set: self.plan().query.set.iter().map(|(name, value)| (name.clone(), value.to_string())).collect(),
            before,
            after,
            difference: None,
            relative: None,
            exact: true,
            drivers: vec![],
            steps: vec![].into(),
            segments: None,
            scale: 0,
            ty: step.ty.clone(),
        };
        let mut vertices = graph::of(&self.sides, planned.step, None, charge)?.vertices;
        if let Some(distance) = self.target {
            distance::with_rest(&mut vertices, distance);
        }
        let Some([from, to]) = numbers(&vertices[0].points) else { return Ok(change) };
        let division = over.map(|over| self.division(kpi, over, charge)).transpose()?;
        let full = scale_of_all(&vertices, [from, to], division.as_ref()).ok_or_else(|| too_large(&change.kpi))?;
        let segments: Vec<&Exact> = division.iter().flat_map(Division::contributions).collect();
        let scale = match precision {
            Precision::AtLeast(decimals) => legible(&vertices, &segments, decimals),
            Precision::Exactly(decimals) => decimals,
        };
        change.scale = scale.min(full);
        let printed = change.printed().unwrap_or_else(|| [from, to].map(Exact::clone));
        let shares = Shares {
            full: (rounded(&vertices, [from, to], full), full),
            shown: (rounded(&vertices, printed.each_ref(), change.scale), change.scale),
        };
        let relative = vertices[0].contribution.per(&from.size());
        change.relative = relative.map(|relative| plain(relative.decimal().decimal));
        change.exact = vertices.iter().all(|vertex| vertex.contribution.is_exact());
        let steps: Vec<ChangeStep> = (0..vertices.len()).map(|at| self.step(&vertices, at, &shares)).collect();
        change.steps = steps.into();
        change.drivers = drivers(&vertices);
        change.difference = Some(shares.vertex(0));
        let wholes = [shares.full, shares.shown].map(|(rounded, scale)| (rounded.vertices[0].clone(), scale));
        change.segments = division.map(|division| division.shown(&wholes));
        Ok(change)
    }

    fn step(&self, vertices: &[Vertex], at: usize, shares: &Shares) -> ChangeStep {
        let vertex = &vertices[at];
        let parts = vertex.edges.iter().enumerate();
        let parts = parts.map(|(edge, to)| ChangePart { step: StepKey(to.to as u32), share: shares.edge(at, edge) });
        let step = match &vertex.origin {
            Origin::Step(step, _) => self.of_step(*step, vertex),
            Origin::Switch(switch, used_by) => {
                let user = &vertices[*used_by];
                let cause = Some(self.cause(switch));
                ChangeStep {
                    formula: None,
                    kind: TraceKind::Expression,
                    cause,
                    rows: None,
                    groups: None,
                    ..self.of_step(self.step_of(user), user)
                }
            }
        };
        let of = |whole: &Exact| vertex.contribution.per(whole).map(|share| share.decimal().decimal);
        ChangeStep {
            parts: parts.collect(),
            share: shares.vertex(at),
            of_difference: of(&vertices[0].contribution),
            of_before: numbers(&vertices[0].points).and_then(|[before, _]| of(&before.size())),
            ..step
        }
    }

    /// The name of a step, and what it is if it is not the value of that step.
    fn title(&self, vertices: &[Vertex], at: usize) -> (String, Option<Sentence>) {
        match &vertices[at].origin {
            origin @ Origin::Step(step, _) => (self.name(*step, origin), None),
            Origin::Switch(switch, used_by) => {
                let user = &vertices[*used_by];
                (self.name(self.step_of(user), &user.origin), Some(self.cause(switch)))
            }
        }
    }

    fn step_of(&self, vertex: &Vertex) -> StepId {
        match vertex.origin {
            Origin::Step(step, _) => step,
            Origin::Switch(..) => unreachable!("only steps have formulas"),
        }
    }

    /// A step without its contribution.
    fn of_step(&self, id: StepId, vertex: &Vertex) -> ChangeStep {
        let step = self.plan().step(id);
        let text = |span| one_line(self.plan().sources.text(span));
        let is_total = self.evaluation.groups[self.groups[1]].total;
        let is_set = matches!(step.kind, StepKind::Given(_));
        let cells = [0, 1].map(|side| self.sides.shown(side, id));
        let texts = cells.each_ref().map(|cell| cell.as_ref().ok().map(ToString::to_string));
        let [before, after] = texts;
        ChangeStep {
            kind: self.kind(&step.kind),
            name: self.name(id, &vertex.origin),
            context: step.context.describe(&self.plan().request, is_total),
            cause: None,
            formula: step.formula.filter(|_| is_set || !vertex.edges.is_empty()).map(text),
            unit: step.ty.unit_name(),
            before,
            after,
            share: Share { contribution: Decimal::ZERO, shown: Decimal::ZERO },
            of_difference: None,
            of_before: None,
            parts: vec![],
            rows: self.rows(id, vertex),
            groups: self.inner_groups(id),
            ty: step.ty.clone(),
            cells,
        }
    }

    fn kind(&self, kind: &StepKind) -> TraceKind {
        match kind {
            StepKind::Definition(id) => match self.plan().library.get(*id).kind {
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

    fn name(&self, id: StepId, origin: &Origin) -> String {
        let step = self.plan().step(id);
        let place = match origin {
            Origin::Step(_, place) => *place,
            Origin::Switch(..) => None,
        };
        match (&step.kind, place, step.formula) {
            (StepKind::Definition(id) | StepKind::Given(id), ..) => self.plan().library.get(*id).name.text.to_string(),
            (StepKind::Call(id), None, _) => self.plan().library.function(*id).name.text.to_string(),
            (StepKind::Call(_) | StepKind::Expression, Some(place), _) | (_, Some(place), None) => {
                one_line(self.plan().sources.text(place))
            }
            (_, _, Some(formula)) => one_line(self.plan().sources.text(formula)),
            (_, None, None) => String::new(),
        }
    }

    fn cause(&self, switch: &Switch) -> Sentence {
        let name = |step: &StepId| {
            let place = Origin::Step(*step, self.plan().step(*step).formula);
            self.name(*step, &place)
        };
        match switch {
            Switch::Branch => Sentence::plain(Phrase::OtherBranch),
            Switch::Operand(Some(step), true) => Sentence::new(Phrase::BecameDefined, [name(step)]),
            Switch::Operand(Some(step), false) => Sentence::new(Phrase::BecameUndefined, [name(step)]),
            Switch::Operand(None, _) => Sentence::plain(Phrase::OtherOperand),
            Switch::Joint(steps) => {
                let names: Vec<String> = steps.iter().map(name).collect();
                Sentence::new(Phrase::NotSeparable, [names.join(", ")])
            }
            Switch::Rest => Sentence::plain(Phrase::OtherThanInputs),
            Switch::Other => Sentence::plain(Phrase::TheFormula),
        }
    }
}

/// The scale at which the values and all contributions have as many digits as fit. None if one is too large.
fn scale_of_all(vertices: &[Vertex], values: [&Exact; 2], division: Option<&Division>) -> Option<u32> {
    let steps = vertices.iter().map(|vertex| &vertex.contribution);
    let edges = vertices.iter().flat_map(|vertex| &vertex.edges).map(|edge| &edge.contribution);
    let segments = division.into_iter().flat_map(Division::numbers);
    fitting_scale(steps.chain(edges).chain(values).chain(segments), DIGITS)
}

fn too_large(kpi: &str) -> Diagnostic {
    let message =
        format!("the values of `{kpi}` or the contributions to their difference have more than {DIGITS} digits");
    Diagnostic::error(Code::TooLarge, message)
}

/// The steps that are not split further and account for something, those that account for most first.
fn drivers(vertices: &[Vertex]) -> Vec<StepKey> {
    let is_driver = |at: &usize| vertices[*at].edges.is_empty() && !vertices[*at].contribution.is_zero();
    let mut drivers: Vec<usize> = (0..vertices.len()).filter(is_driver).collect();
    drivers.sort_by_key(|&at| Reverse(vertices[at].contribution.size()));
    drivers.into_iter().map(|at| StepKey(at as u32)).collect()
}

/// The contributions, with as many digits as fit and as they are printed.
struct Shares {
    full: (Rounded, u32),
    shown: (Rounded, u32),
}

impl Shares {
    fn vertex(&self, at: usize) -> Share {
        self.share(|rounded| &rounded.vertices[at])
    }

    fn edge(&self, at: usize, edge: usize) -> Share {
        self.share(|rounded| &rounded.edges[at][edge])
    }

    fn share(&self, of: impl Fn(&Rounded) -> &Int) -> Share {
        Share { contribution: decimal(of(&self.full.0), self.full.1), shown: decimal(of(&self.shown.0), self.shown.1) }
    }
}
