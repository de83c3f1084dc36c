//! The groups that formulas are derived for, with the measures and operations over them.

use std::collections::HashMap;
use std::sync::Arc;

use indexmap::IndexSet;

use super::{Planner, aggregate};
use crate::data::{Calendar, ColumnType, Grain, Measure, MeasureId, Period};
use crate::plan::StepId;
use crate::plan::bind::Bindings;
use crate::plan::conditions::ExpressionId;
use crate::plan::context::Axis;
use crate::plan::inner::{PeriodLength, PlannedEach};
use crate::plan::world::World;
use crate::program::{NodeId, Program};
use crate::syntax::ast::{Expr, Path};

/// The groups of a result, or the inner groups of an `each`.
pub struct Grouping<'a> {
    /// 0 for the groups of the result.
    pub id: GroupingId,
    /// How many `each` are around the groups.
    pub level: usize,
    /// The grouping columns.
    pub by: Vec<Path>,
    /// The number of columns that are also those of the groups around.
    pub kept: usize,
    /// The calendar, which counts in hours if the periods are hours.
    pub calendar: Calendar,
    /// The grain of the time axis, if the groups have one.
    pub grain: Option<Grain>,
    /// The first day and the day after the last one.
    pub period: Option<(i32, i32)>,
    /// True for inner groups that have the periods of the groups around them.
    pub follows_period: bool,
    /// The requested period, if it is a single period of the calendar.
    pub single: Option<Period>,
    /// The day after the last one that the data are known to reach.
    pub data_end: Option<i32>,
    /// True if there is a total over all groups.
    pub totals: bool,
    /// True for the inner groups of a total over several periods, in which a context that needs a period has no value.
    pub in_total: bool,
    /// True for the inner groups of all time, in which other ranges have no period to refer to.
    pub at_any_time: bool,
    /// True for the inner groups of a total, in which amounts may be in several currencies.
    pub mixes_currencies: bool,
    /// True if periods without rows are groups as well, for all keys.
    pub every_period: bool,
    /// True if rows without a time are left out, although the groups have no time axis.
    pub is_dated: bool,
    /// The conditions on the rows of all groups, with the worlds of their parameters.
    pub filters: Vec<(Expr, World)>,
    /// The conditions among them that are not from `--where`.
    pub(super) conditions: Vec<ExpressionId>,
    /// The grain and the grouping columns, which give contexts their meaning.
    pub axis: Axis,
    /// The datasets and their requests.
    pub bindings: Bindings<'a>,
    /// The formulas.
    pub program: Program,
    /// The measures; measure `n` is slot `n` of the program.
    pub measures: IndexSet<Measure>,
    /// The inputs that are not measures. Their slots are numbered from [`FIRST_EXTRA`] on until the plan is complete.
    pub extras: IndexSet<Extra>,
    /// The formulas whose data end the lengths of periods, by the number of the length.
    pub formulas: HashMap<u32, NodeId>,
    /// The step of each measure; equal aggregates share a step.
    pub(super) measured: HashMap<MeasureId, StepId>,
    /// The step of each input that is not a measure.
    pub(super) extra_steps: HashMap<u32, StepId>,
    /// The aggregates by their place, and what is known of each condition and dataset.
    pub(super) aggregates: aggregate::Known,
}

/// The number of the groups: 0 for the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct GroupingId(pub usize);

/// An input of formulas that is not a measure.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Extra {
    /// An aggregate over inner groups.
    Each(Arc<PlannedEach>),
    /// The key of a grouping column.
    Key(usize, ColumnType),
    /// The length of the period. The number identifies the formula whose data end it, if it depends on data.
    Length(PeriodLength, Option<u32>),
    /// The value of a definition that is free.
    Free,
}

/// The number of the first slot that is not a measure, until the plan is complete.
pub const FIRST_EXTRA: u32 = 1 << 31;

/// Identifies inner groups. Aggregates over equal groups share them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct GroupingKey {
    pub level: usize,
    pub calendar: Calendar,
    pub by: Vec<Arc<str>>,
    pub grain: Option<Grain>,
    pub axis_grain: Option<Grain>,
    pub at_any_time: bool,
    pub period: Option<(i32, i32)>,
    pub in_total: bool,
    pub is_dated: bool,
    /// True if the periods are those of the `each` itself.
    pub own_period: bool,
    pub every_period: bool,
    /// The conditions on rows beyond those of `--where`.
    pub conditions: Vec<ExpressionId>,
    /// The world of the parameters in these conditions.
    pub world: World,
}

impl<'a> Grouping<'a> {
    /// Creates groups without formulas.
    pub fn new(by: Vec<Path>, axis: Axis, bindings: Bindings<'a>) -> Self {
        Self {
            id: GroupingId::default(),
            level: 0,
            by,
            kept: 0,
            calendar: Calendar::default(),
            grain: None,
            period: None,
            follows_period: false,
            single: None,
            data_end: None,
            totals: false,
            in_total: false,
            at_any_time: false,
            mixes_currencies: false,
            every_period: false,
            is_dated: false,
            filters: vec![],
            conditions: vec![],
            axis,
            bindings,
            program: Program::default(),
            measures: IndexSet::new(),
            extras: IndexSet::new(),
            formulas: HashMap::new(),
            measured: HashMap::new(),
            extra_steps: HashMap::new(),
            aggregates: aggregate::Known::default(),
        }
    }

    /// Numbers the other inputs after the measures.
    pub fn number_extras(&mut self) {
        let measures = self.measures.len() as u32;
        self.program.renumber_slots(|slot| if slot < FIRST_EXTRA { slot } else { slot - FIRST_EXTRA + measures });
    }
}

impl<'a> Planner<'a> {
    /// Does something with these groups in place of the current ones.
    pub(super) fn within<T>(&mut self, grouping: GroupingId, act: impl FnOnce(&mut Self) -> T) -> T {
        if grouping == self.here.id {
            return act(self);
        }
        self.exchange(grouping);
        let result = act(self);
        self.exchange(grouping);
        result
    }

    /// Exchanges the current groups with the ones of this number. The second time undoes the first.
    pub fn exchange(&mut self, GroupingId(id): GroupingId) {
        let stored = self.inner.get_index_mut(id - 1).map(|(_, grouping)| grouping);
        std::mem::swap(&mut self.here, stored.expect("groups are stored under their number"));
    }
}
