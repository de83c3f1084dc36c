//! Runs a plan over one record at a time, with values of the host program instead of datasets.

use std::sync::Arc;

use indexmap::IndexMap;

use super::Evaluation;
use crate::data::{Aggregate, Dataset, FailedRows, Group, InForce, Measure, MeasureColumn, MeasureId};
use crate::diagnostic::{Code, Diagnostic, Error};
use crate::plan::inner::Input;
use crate::plan::{Plan, PlannedBand, StepKind};
use crate::program::Calculator;
use crate::value::{Cell, Vector};

/// A plan that evaluates one record at a time.
///
/// A record reads no dataset and has no groups: the host sets each input to a value, and the formulas run over these
/// values. Each thread needs its own clone. The duration of a run is proportional to the number of operations in the
/// plan, which [`Limits::nodes`](crate::Limits) limits; there is no time limit.
///
/// ```
/// use std::sync::Arc;
/// use yardstick::{Cause, Dataset, Decimal, Embedded, Library, Limits, Query, Table};
///
/// #[derive(serde::Serialize)]
/// struct Order { price: u32, quantity: u32 }
///
/// let library = Library::from_text("net = price * quantity * 0.9")?;
/// // Any record provides the names and types of the inputs.
/// let sample = Table::from_record("order", &Order { price: 1, quantity: 1 })?;
/// let datasets: [Arc<dyn Dataset>; 1] = [Arc::new(sample)];
/// let plan = Arc::new(library.plan(&Query::new(["net"]), &Embedded::new(datasets.to_vec()), &Limits::default())?);
///
/// let mut record = plan.record(&datasets)?;
/// let [price, quantity] = ["price", "quantity"].map(|name| record.input(name).unwrap());
/// for (order, net) in [(Order { price: 20, quantity: 3 }, 54), (Order { price: 5, quantity: 2 }, 9)] {
///     record.set(price, Ok(Decimal::from(order.price).into()));
///     record.set(quantity, Ok(Decimal::from(order.quantity).into()));
///     record.evaluate();
///     assert_eq!(*record.value(0), Ok(Decimal::from(net).into()));
/// }
/// record.set(price, Err(Cause::Blank));
/// record.evaluate();
/// assert_eq!(*record.value(0), Err(Cause::Blank));
/// # Ok::<(), yardstick::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Record {
    plan: Arc<Plan>,
    /// The slots of the program that each input fills.
    inputs: IndexMap<Arc<str>, Vec<u32>>,
    calculator: Calculator,
}

/// The position of an input of a [`Record`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct InputId(pub usize);

impl Plan {
    /// Prepares the plan for evaluating one record at a time. `datasets` are those that the plan was made for. Their
    /// columns are the inputs.
    ///
    /// # Errors
    /// Returns an error if an aggregate is not the value of a column in the only row: if it counts, has a condition,
    /// looks something up or computes on rows. If the query has groups, a period or conditions.
    pub fn record(self: &Arc<Self>, datasets: &[Arc<dyn Dataset>]) -> Result<Record, Error> {
        let mut inputs = IndexMap::<Arc<str>, Vec<u32>>::new();
        let mut diagnostics = vec![];
        for (slot, measure) in (0..).zip(&self.request.measures) {
            match self.input(measure, datasets) {
                Some(name) => inputs.entry(name).or_default().push(slot),
                None => diagnostics.push(self.needs_rows(MeasureId(slot))),
            }
        }
        if !self.inner.is_empty() {
            let refused = Diagnostic::error(Code::BadQuery, "expected formulas without `each`, which needs rows");
            diagnostics.push(refused.hint("add its result to the record as a column"));
        }
        if self.inputs.iter().any(|input| matches!(input, Input::Length(..))) {
            let refused = Diagnostic::error(Code::BadQuery, "expected formulas without the length of a period");
            diagnostics.push(refused.hint("add it to the record as a column"));
        }
        if self.has_groups() {
            let refused = Diagnostic::error(Code::BadQuery, "expected a query without groups, period and conditions");
            diagnostics.push(refused.hint("remove them from the query"));
        }
        if !diagnostics.is_empty() {
            return Err(Error::new(diagnostics, self.sources.clone()));
        }
        Ok(Record { plan: self.clone(), inputs, calculator: self.program.calculator(&super::needed_nodes(self)) })
    }

    fn has_groups(&self) -> bool {
        let request = &self.request;
        let filtered = request.datasets.iter().any(|dataset| !dataset.filters.is_empty());
        filtered || !request.by.is_empty() || request.grain.is_some() || request.period.is_some()
    }

    /// The name of the column that the measure reads, qualified by the dataset if there are several. None if the
    /// measure needs more than the value in the only row.
    fn input(&self, measure: &Measure, datasets: &[Arc<dyn Dataset>]) -> Option<Arc<str>> {
        let Measure { aggregate, distinct, conditions, range, in_force, .. } = measure;
        if *aggregate == Aggregate::Count
            || *in_force != InForce::AtEnd
            || *distinct
            || !conditions.is_empty()
            || range.needs_period()
        {
            return None;
        }
        let request = &self.request.datasets[measure.dataset];
        let column = request.rows.column(measure.argument?)?;
        let (name, _) = datasets.get(request.dataset)?.schema().columns.get_index(column.0 as usize)?;
        match &self.datasets[..] {
            [_] => Some(name.clone()),
            datasets => Some(format!("{}.{name}", datasets[measure.dataset]).into()),
        }
    }

    fn needs_rows(&self, measure: MeasureId) -> Diagnostic {
        let step = self.steps.iter().find(|step| step.kind == StepKind::Measure(Some(measure)));
        let span = step.and_then(|step| step.formula);
        let text = span.map_or("the aggregate", |span| self.sources.text(span));
        let message = format!("expected the value of a column, found `{text}`, which needs rows");
        let diagnostic = Diagnostic::error(Code::BadQuery, message);
        let diagnostic = match span {
            Some(span) => diagnostic.at(span),
            None => diagnostic,
        };
        diagnostic.hint("add its result to the record as a column")
    }
}

impl Record {
    /// Returns the plan.
    pub fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// Returns the names of the inputs in the order of their ids. A name is a column, qualified by the dataset
    /// (`ads.cost`) if the plan reads several datasets.
    pub fn inputs(&self) -> impl Iterator<Item = &str> {
        self.inputs.keys().map(|name| &**name)
    }

    /// Returns the input with this name. None if no formula needs it.
    pub fn input(&self, name: &str) -> Option<InputId> {
        self.inputs.get_index_of(name).map(InputId)
    }

    /// Sets an input. It keeps its value until it is set again. [`Cause::Blank`](crate::value::Cause::Blank) is a
    /// missing value, which is also the initial state.
    ///
    /// # Panics
    /// Panics if the plan does not have this input.
    pub fn set(&mut self, input: InputId, value: Cell) {
        let slots = &self.inputs[input.0];
        let (last, others) = slots.split_last().expect("an input fills at least one slot");
        others.iter().for_each(|slot| self.calculator.set(*slot, value.clone()));
        self.calculator.set(*last, value);
    }

    /// The result for a table with one row that contains the inputs.
    pub(crate) fn as_result(&self) -> Evaluation {
        let measures = (0..self.plan.request.measures.len() as u32).map(|slot| measure(self.calculator.input(slot)));
        let measures: Vec<MeasureColumn> = measures.collect();
        let slots: Vec<&Vector> = measures.iter().map(|measure| &measure.values).collect();
        let ids = super::needed_nodes(&self.plan);
        let values = self.plan.program.evaluate(&slots, 1, &ids);
        Evaluation {
            plan: self.plan.clone(),
            groups: vec![Group { period: None, keys: vec![].into(), total: false }],
            extents: vec![None; self.plan.request.datasets.len()],
            asked: vec![],
            notes: vec![],
            unread: vec![],
            needed: ids.into_iter().zip(values).collect(),
            last_block: super::LastBlock::default(),
            row_flags: super::RowFlags::new(1),
            shaped: None,
            measures,
            each: vec![],
            inner: vec![],
        }
    }

    /// Runs the formulas over the current inputs.
    pub fn evaluate(&mut self) {
        self.calculator.run();
    }

    /// Returns the value of a KPI (by position in the plan) from the last evaluation.
    pub fn value(&self, kpi: usize) -> &Cell {
        self.calculator.get(self.plan.step(self.plan.kpis[kpi].step).node)
    }

    /// Returns the band that applies to a KPI (by position in the plan), with its status and advice.
    pub fn band(&self, kpi: usize) -> Option<&PlannedBand> {
        let planned = &self.plan.kpis[kpi];
        let applies = planned.per.is_none() && self.value(kpi).is_ok();
        applies.then(|| planned.band(|node| self.calculator.get(node).clone())).flatten()
    }
}

/// The measure of a column in a single row.
fn measure(cell: &Cell) -> MeasureColumn {
    MeasureColumn {
        values: Vector::repeated(cell, 1),
        rows: vec![u64::from(cell.is_ok())],
        skipped: std::iter::once(u64::from(cell.is_err())).collect(),
        failed: std::iter::once(FailedRows::default()).collect(),
        ranges: std::iter::once(None).collect(),
        left_out: std::iter::once(vec![]).collect(),
    }
}
