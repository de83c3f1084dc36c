//! Finds the flags that the rows of measures give to the KPIs, in one walk over the steps for each block of groups.

use std::sync::OnceLock;

use super::{Evaluation, Flag};
use crate::data::MeasureId;
use crate::plan::{Plan, StepId, StepKind};

/// The flags of the rows of measures; one bit each.
const ROW_FLAGS: [Flag; 3] = [Flag::Skipped, Flag::Failed, Flag::Partial];

/// The number of groups whose flags are found together.
const GROUPS: usize = 64;

/// The flags of all KPIs, found on demand.
#[derive(Debug)]
pub(super) struct RowFlags {
    order: OnceLock<Order>,
    /// A bit set for each KPI of each group, by block of groups.
    blocks: Vec<OnceLock<Box<[u8]>>>,
}

/// The steps that KPIs depend on, each after the steps it uses.
#[derive(Debug)]
struct Order {
    steps: Vec<Ordered>,
    /// The position of the step of each KPI.
    kpis: Vec<usize>,
}

#[derive(Debug)]
struct Ordered {
    kind: StepKind,
    /// The positions of the steps that it uses.
    uses: Vec<usize>,
}

impl RowFlags {
    pub fn new(groups: usize) -> Self {
        Self { order: OnceLock::new(), blocks: (0..groups.div_ceil(GROUPS)).map(|_| OnceLock::new()).collect() }
    }

    /// The flags of the rows of the measures that a KPI depends on.
    pub fn get(&self, evaluation: &Evaluation, kpi: usize, group: usize) -> Vec<Flag> {
        let block = self.blocks[group / GROUPS].get_or_init(|| self.block(evaluation, group / GROUPS * GROUPS));
        let bits = block[group % GROUPS * evaluation.plan.kpis.len() + kpi];
        ROW_FLAGS.into_iter().enumerate().filter(|(at, _)| bits & 1 << at != 0).map(|(_, flag)| flag).collect()
    }

    fn block(&self, evaluation: &Evaluation, first: usize) -> Box<[u8]> {
        let order = self.order.get_or_init(|| Order::new(&evaluation.plan));
        let groups = first..(first + GROUPS).min(evaluation.groups.len());
        let mut bits: Vec<u8> = vec![0; order.steps.len()];
        let mut block = Vec::with_capacity(groups.len() * order.kpis.len());
        for group in groups {
            for (at, step) in order.steps.iter().enumerate() {
                let own = match step.kind {
                    StepKind::Measure(Some(measure)) => evaluation.flags_of_measure(measure, group),
                    StepKind::Each(at) => evaluation.flags_of_groups(at, group),
                    _ => 0,
                };
                bits[at] = step.uses.iter().fold(own, |all, used| all | bits[*used]);
            }
            block.extend(order.kpis.iter().map(|at| bits[*at]));
        }
        block.into()
    }
}

impl Order {
    fn new(plan: &Plan) -> Self {
        let mut reached = vec![false; plan.steps.len()];
        let mut reach = |id: StepId| !std::mem::replace(&mut reached[id.0 as usize], true);
        let mut steps: Vec<Ordered> = vec![];
        let roots = plan.kpis.iter().map(|kpi| kpi.step);
        // A step is open while the steps that it uses are put before it.
        let mut open: Vec<(StepId, usize)> = vec![];
        let mut places = vec![usize::MAX; plan.steps.len()];
        for root in roots.clone() {
            if reach(root) {
                open.push((root, 0));
            }
            while let Some((id, next)) = open.last_mut() {
                let step = plan.step(*id);
                if let Some(used) = step.uses.get(*next) {
                    *next += 1;
                    if reach(used.step) {
                        open.push((used.step, 0));
                    }
                    continue;
                }
                places[id.0 as usize] = steps.len();
                steps.push(Ordered {
                    kind: step.kind.clone(),
                    uses: step.uses.iter().map(|used| places[used.step.0 as usize]).collect(),
                });
                open.pop();
            }
        }
        Self { kpis: roots.map(|root| places[root.0 as usize]).collect(), steps }
    }
}

impl Evaluation {
    /// The flags of the rows of a measure in a group, as bits.
    fn flags_of_measure(&self, measure: MeasureId, group: usize) -> u8 {
        let column = &self.measures[measure.0 as usize];
        bits([column.skipped[group] > 0, column.failed[group].rows > 0, self.is_partial(measure, group)])
    }

    /// The flags of an aggregate over inner groups, as bits.
    fn flags_of_groups(&self, at: u32, group: usize) -> u8 {
        bits([false, false, self.has_partial_groups(at, group)])
    }
}

/// One bit for each of [`ROW_FLAGS`].
fn bits(flags: [bool; ROW_FLAGS.len()]) -> u8 {
    flags.into_iter().enumerate().fold(0, |bits, (at, given)| bits | u8::from(given) << at)
}
