//! Divides the difference of a KPI among segments: the groups of a second evaluation that is grouped by further columns.
//!
//! A sum over rows divides its contribution by the own differences of the segments. A ratio R = ΣN/ΣD of two such sums is
//! divided as a whole: with R̄ the mean of the two ratios, a segment gets (N₁-R̄·D₁)/ΣD₁ - (N₀-R̄·D₀)/ΣD₀. That adds up to
//! the difference of R, is 0 for segments that merely scale, and adds up over the segments of segments. A segment with a
//! ratio r = N/D on both sides has two parts: its rate, the difference of r times the mean of its shares D/ΣD, and its mix,
//! the difference of its shares times the distance of its mean ratio from R̄.

use std::collections::HashMap;
use std::sync::Arc;

use indexmap::IndexMap;
use serde::Serialize;

use super::additive::{Linear, Ratio};
use super::number::Exact;
use super::sides::Sides;
use crate::budget::Charge;
use crate::data::{Dropped, TimeRange};
use crate::diagnostic::Diagnostic;
use crate::eval::Evaluation;
use crate::library::{DefinitionId, FunctionId};
use crate::plan::{Plan, StepId, StepKind};
use crate::source::Span;
use crate::value::{Cause, Value};

/// What limits that are reached here stop.
const DIVIDING: &str = "dividing a difference among segments";

/// The approximate memory of the value of a segment.
const VALUE_BYTES: usize = 200;

/// The keys of a segment; None is blank.
pub type Keys = Vec<Option<Arc<str>>>;

/// The values of the aggregates in each segment.
pub struct Segments<'e> {
    evaluation: &'e Evaluation,
    /// The groups of each segment before and after.
    pub groups: IndexMap<Keys, [Option<usize>; 2]>,
    /// The steps of the evaluation by what they compute.
    steps: HashMap<StepMeaning, StepId>,
    sides: &'e Sides<'e>,
    /// The aggregates that were read: their values in the segments, before and after.
    known: HashMap<StepId, Option<Vec<[Exact; 2]>>>,
}

/// What a step computes, independent of the groups of the query.
#[derive(PartialEq, Eq, Hash)]
struct StepMeaning {
    definition: Option<DefinitionId>,
    function: Option<FunctionId>,
    /// The file, the place in it and the text: files of a query have different numbers in different queries.
    formula: Option<(Arc<str>, u32, String)>,
    conditions: Vec<Arc<str>>,
    /// The columns of the groups that do not apply, without those of the segments; None for all.
    dropped: Option<Vec<usize>>,
    range: TimeRange,
}

impl StepMeaning {
    /// What a step computes in groups by the first `kept` columns.
    fn of(plan: &Plan, step: StepId, kept: usize) -> Self {
        let step = plan.step(step);
        let (definition, function) = match step.kind {
            StepKind::Definition(id) | StepKind::Given(id) => (Some(id), None),
            StepKind::Call(id) => (None, Some(id)),
            _ => (None, None),
        };
        let conditions = step.context.conditions.texts().into_iter().cloned().collect();
        let dropped = match &step.context.dropped {
            Dropped::All => None,
            Dropped::Columns(columns) => Some(columns.iter().copied().filter(|column| *column < kept).collect()),
        };
        let text =
            |span: Span| (plan.sources.file(span.file).name.clone(), span.start, plan.sources.text(span).to_owned());
        Self { definition, function, formula: step.formula.map(text), conditions, dropped, range: step.context.range }
    }
}

/// What a segment accounts for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Effect {
    /// Its own difference, of a sum.
    Own,
    /// Its ratio changed.
    Rate,
    /// The same, if the ratio is that of a value and its volume.
    Price,
    /// Its share of the denominator changed.
    Mix,
    /// The volume changed.
    Volume,
    /// It has no rows before.
    New,
    /// It has no rows after.
    Gone,
    /// It has a numerator without a denominator before or after.
    Unmatched,
}

/// What a segment accounts for, and the parts of that.
#[derive(Debug, Clone, PartialEq)]
pub struct Portion {
    pub sum: Exact,
    pub effects: Vec<(Effect, Exact)>,
}

impl Portion {
    pub fn zero() -> Self {
        Self { sum: Exact::zero(), effects: vec![] }
    }

    /// A portion that is not divided further.
    pub fn undivided(effect: Effect, sum: Exact) -> Self {
        Self { effects: vec![(effect, sum.clone())], sum }
    }

    pub fn add(&mut self, other: Self) {
        self.sum = self.sum.plus(&other.sum);
        for (effect, part) in other.effects {
            match self.effects.iter_mut().find(|(known, _)| *known == effect) {
                Some((_, sum)) => *sum = sum.plus(&part),
                None => self.effects.push((effect, part)),
            }
        }
    }
}

impl<'e> Segments<'e> {
    /// The segments of two groups of one evaluation in another one that is grouped by further columns.
    pub fn new(sides: &'e Sides<'e>, coarse: &Evaluation, groups: [usize; 2], evaluation: &'e Evaluation) -> Self {
        let kept = coarse.plan.request.by.len();
        let mut segments: IndexMap<Keys, [Option<usize>; 2]> = IndexMap::new();
        for (at, group) in evaluation.groups.iter().enumerate().filter(|(_, group)| !group.total) {
            for (side, own) in groups.map(|own| &coarse.groups[own]).into_iter().enumerate() {
                let same_keys = own.keys.iter().zip(group.keys.iter()).all(|(own, other)| own == other);
                if own.period == group.period && same_keys {
                    let keys = group.keys.iter().skip(kept).cloned().collect();
                    segments.entry(keys).or_default()[side] = Some(at);
                }
            }
        }
        segments.sort_unstable_keys();
        let steps = steps_by_meaning(&evaluation.plan, kept);
        Self { evaluation, groups: segments, steps, sides, known: HashMap::new() }
    }

    /// Divides the contribution of an aggregate, whose unit contributes `multiplier`. None if it is not a sum over the
    /// segments.
    pub fn of_sum(
        &mut self,
        step: StepId,
        total: [&Exact; 2],
        multiplier: &Exact,
        charge: &mut Charge,
    ) -> Result<Option<Vec<Portion>>, Diagnostic> {
        let own =
            |[before, after]: &[Exact; 2]| Portion::undivided(Effect::Own, multiplier.times(&after.minus(before)));
        let values = self.values(step, charge)?.filter(|values| adds_up(values, total));
        Ok(values.map(|values| values.iter().map(own).collect()))
    }

    /// Divides the contribution of a ratio, whose unit contributes `multiplier`.
    pub fn of_ratio(
        &mut self,
        ratio: &Ratio,
        total: impl Fn(StepId) -> Option<[Exact; 2]>,
        multiplier: &Exact,
        charge: &mut Charge,
    ) -> Result<Option<Vec<Portion>>, Diagnostic> {
        let Some(numerators) = self.linear(&ratio.numerator, &total, charge)? else { return Ok(None) };
        let Some(denominators) = self.linear(&ratio.denominator, &total, charge)? else { return Ok(None) };
        Ok(ratios(&numerators, &denominators, &multiplier.times(&ratio.constant)))
    }

    /// The values of a sum of aggregates in the segments, before and after. None if it is not a sum over the segments.
    pub fn linear(
        &mut self,
        terms: &Linear,
        total: impl Fn(StepId) -> Option<[Exact; 2]>,
        charge: &mut Charge,
    ) -> Result<Option<Vec<[Exact; 2]>>, Diagnostic> {
        let mut sums = vec![[Exact::zero(), Exact::zero()]; self.groups.len()];
        for (step, coefficient) in terms {
            let Some([before, after]) = total(*step) else { return Ok(None) };
            let values = self.values(*step, charge)?;
            let Some(values) = values.filter(|values| adds_up(values, [&before, &after])) else { return Ok(None) };
            for (sum, value) in sums.iter_mut().zip(values) {
                *sum = [0, 1].map(|side| sum[side].plus(&coefficient.times(&value[side])));
            }
        }
        Ok(Some(sums))
    }

    /// The values of an aggregate in the segments, before and after. No rows are 0. None if it is not divided by the
    /// columns of the segments.
    fn values(&mut self, step: StepId, charge: &mut Charge) -> Result<Option<&[[Exact; 2]]>, Diagnostic> {
        if !self.known.contains_key(&step) {
            let found = |side: usize| {
                let own = self.sides.step(side, step);
                let kept = self.sides.plan.request.by.len();
                let found = self.steps.get(&StepMeaning::of(self.sides.plan, own, kept)).copied();
                found.filter(|found| is_divided(&self.evaluation.plan, *found, kept))
            };
            let values = match [found(0), found(1)] {
                [Some(before), Some(after)] => self.read([before, after], charge)?,
                _ => None,
            };
            self.known.insert(step, values);
        }
        Ok(self.known[&step].as_deref())
    }

    fn read(&self, steps: [StepId; 2], charge: &mut Charge) -> Result<Option<Vec<[Exact; 2]>>, Diagnostic> {
        charge.budget().spend(self.groups.len(), DIVIDING)?;
        charge.grow(self.groups.len() * VALUE_BYTES, "the segments")?;
        // The groups of a side are next to each other.
        let side = |side: usize| -> Option<Vec<Exact>> {
            let groups = self.groups.values().map(|groups| groups[side]);
            groups
                .map(|group| group.map_or_else(|| Some(Exact::zero()), |group| self.value(group, steps[side])))
                .collect()
        };
        let values = side(0).zip(side(1));
        Ok(values.map(|(before, after)| before.into_iter().zip(after).map(|(before, after)| [before, after]).collect()))
    }

    fn value(&self, group: usize, step: StepId) -> Option<Exact> {
        match self.evaluation.used_value(step, group) {
            Ok(Value::Number(number)) => Some(number.into()),
            Err(Cause::NoRows | Cause::Blank | Cause::NoRowsKept) => Some(Exact::zero()),
            _ => None,
        }
    }
}

/// The steps of a plan by what they compute in groups by the first `kept` columns. Several may compute the same there, such
/// as `x` and `x[all channel]` without groups by channel: the one that is divided by the columns of the segments counts.
fn steps_by_meaning(plan: &Plan, kept: usize) -> HashMap<StepMeaning, StepId> {
    let mut steps: HashMap<StepMeaning, StepId> = HashMap::new();
    for step in outer_steps(plan) {
        let known = steps.entry(StepMeaning::of(plan, step, kept)).or_insert(step);
        if is_divided(plan, step, kept) {
            *known = step;
        }
    }
    steps
}

/// The steps of the groups of the result, in order. Those of groups inside them, as in `avg(ad_cost each day)`, can compute the
/// same thing in other groups.
fn outer_steps(plan: &Plan) -> Vec<StepId> {
    let mut is_outer = vec![false; plan.steps.len()];
    let mut next: Vec<StepId> = plan.kpis.iter().map(|kpi| kpi.step).collect();
    while let Some(step) = next.pop() {
        let is_known = std::mem::replace(&mut is_outer[step.0 as usize], true);
        if !is_known && !matches!(plan.step(step).kind, StepKind::Each(_)) {
            next.extend(plan.step(step).uses.iter().map(|part| part.step));
        }
    }
    (0..plan.steps.len()).filter(|at| is_outer[*at]).map(|at| StepId(at as u32)).collect()
}

/// True if no context drops a column of the segments.
fn is_divided(plan: &Plan, step: StepId, kept: usize) -> bool {
    match &plan.step(step).context.dropped {
        Dropped::All => false,
        Dropped::Columns(columns) => columns.iter().all(|column| *column < kept),
    }
}

fn sum(values: &[[Exact; 2]], side: usize) -> Exact {
    values.iter().fold(Exact::zero(), |sum, value| sum.plus(&value[side]))
}

fn adds_up(values: &[[Exact; 2]], total: [&Exact; 2]) -> bool {
    (0..2).all(|side| sum(values, side) == *total[side])
}

/// Divides the difference of a ratio of sums, times a factor. None if the sum of the denominators is 0.
///
/// What is the same for all segments is computed once, and all their sums have the same denominator.
fn ratios(numerators: &[[Exact; 2]], denominators: &[[Exact; 2]], factor: &Exact) -> Option<Vec<Portion>> {
    let totals = [0, 1].map(|side| sum(denominators, side));
    let ratio = |side: usize| sum(numerators, side).per(&totals[side]);
    let half = Exact::fraction(1.into(), 2.into());
    let mean = ratio(0)?.plus(&ratio(1)?).times(&half);
    let unit = factor.per(&totals[0].times(&totals[1]))?;
    let half_unit = unit.times(&half);
    // Times the totals of both sides.
    let both = |values: &[Exact; 2]| [values[0].times(&totals[1]), values[1].times(&totals[0])];
    let one = |(numerator, denominator): (&[Exact; 2], &[Exact; 2])| {
        let ([old, new], [before, after]) = (both(numerator), both(denominator));
        let sum = new.minus(&old).minus(&mean.times(&after.minus(&before))).times(&unit);
        match difference(numerator, denominator) {
            Some(difference) => {
                let rate = before.plus(&after).times(&difference).times(&half_unit);
                let mix = sum.minus(&rate);
                Portion { sum, effects: vec![(Effect::Rate, rate), (Effect::Mix, mix)] }
            }
            None => Portion::undivided(absent(numerator, denominator), sum),
        }
    };
    Some(numerators.iter().zip(denominators).map(one).collect())
}

/// The difference of a ratio. None if there is none before or after.
fn difference(numerator: &[Exact; 2], denominator: &[Exact; 2]) -> Option<Exact> {
    let crossed = numerator[1].times(&denominator[0]).minus(&numerator[0].times(&denominator[1]));
    crossed.per(&denominator[0].times(&denominator[1]))
}

/// Why a segment has no ratio before or after.
pub fn absent(numerator: &[Exact; 2], denominator: &[Exact; 2]) -> Effect {
    let is_absent = |side: usize| numerator[side].is_zero() && denominator[side].is_zero();
    match (is_absent(0), is_absent(1)) {
        (true, false) if !denominator[1].is_zero() => Effect::New,
        (false, true) if !denominator[0].is_zero() => Effect::Gone,
        _ => Effect::Unmatched,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(values: &[(i64, i64)]) -> Vec<[Exact; 2]> {
        values.iter().map(|(before, after)| [Exact::whole(*before), Exact::whole(*after)]).collect()
    }

    /// By hand, with R from 300/30 = 10 to 620/40 = 15.5, R̄ = 12.75. The first segment has the rates 8 and 10 and the
    /// shares 2/3 and 1/2: rate (2/3+1/2)/2·2 = 7/6, mix -1/6·(9-12.75) = 5/8. The second is new: (420-12.75·20)/40 = 4.125.
    /// The third is gone: -(140-12.75·10)/30 = -5/12. In all 7/6 + 5/8 + 33/8 - 5/12 = 5.5.
    #[test]
    fn a_ratio_is_divided_into_rate_mix_new_and_gone() {
        let numerators = numbers(&[(160, 200), (0, 420), (140, 0)]);
        let denominators = numbers(&[(20, 20), (0, 20), (10, 0)]);
        let portions = ratios(&numerators, &denominators, &Exact::one()).expect("no sum is 0");
        let fraction = |numerator: i64, denominator: i64| Exact::fraction(numerator.into(), denominator.into());
        assert_eq!(portions[0].effects, [(Effect::Rate, fraction(7, 6)), (Effect::Mix, fraction(5, 8))]);
        assert_eq!(portions[1].effects, [(Effect::New, fraction(33, 8))]);
        assert_eq!(portions[2].effects, [(Effect::Gone, fraction(-5, 12))]);
        assert_eq!(
            [0, 1, 2].map(|at: usize| portions[at].sum.clone()),
            [fraction(43, 24), fraction(33, 8), fraction(-5, 12)]
        );
        let twice = ratios(&numerators, &denominators, &Exact::whole(2)).expect("no sum is 0");
        assert_eq!(twice[0].effects, [(Effect::Rate, fraction(7, 3)), (Effect::Mix, fraction(5, 4))]);
        assert_eq!(twice[2], Portion::undivided(Effect::Gone, fraction(-5, 6)));
    }
}
