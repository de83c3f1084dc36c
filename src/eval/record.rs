//! Runs a plan over one record after the other: values of a program in the place of datasets.

use std::sync::{Arc, OnceLock};

use indexmap::IndexMap;

use super::Evaluation;
use crate::data::{Aggregate, Dataset, FailedRows, Group, Measure, MeasureColumn, MeasureId};
use crate::diagnostic::{Code, Diagnostic, Error};
use crate::plan::{Plan, PlannedBand, StepKind};
use crate::program::Calculator;
use crate::value::{Cell, Vector};

/// A plan made ready for one record after the other, for a host that decides about one thing at a time. It reads no
/// dataset and groups nothing: each input is set to a value, and the formulas run over these. A thread has its own
/// clone. A run takes as long as the plan has operations, which [`Limits::nodes`](crate::Limits) bounds; there is no
/// limit of time.
///
/// ```
/// use std::sync::Arc;
/// use yardstick::{Cause, Dataset, Decimal, Embedded, Library, Limits, Query, Table};
///
/// #[derive(serde::Serialize)]
/// struct Order { price: u32, quantity: u32 }
///
/// let library = Arc::new(Library::from_text("net = price * quantity * 0.9")?);
/// // Any record tells the names and types of the inputs.
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

/// An input of a [`Record`]: its position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct InputId(pub usize);

impl Plan {
    /// Makes the plan ready for one record after the other. `datasets` are those that it was made for; their columns
    /// are the inputs.
    ///
    /// # Errors
    /// Aggregates that are not simply the value of a column in the only row: those that count, have a condition, look
    /// something up or compute on rows, and queries with groups, a period or conditions.
    pub fn record(self: &Arc<Self>, datasets: &[Arc<dyn Dataset>]) -> Result<Record, Error> {
        let mut inputs = IndexMap::<Arc<str>, Vec<u32>>::new();
        let mut diagnostics = vec![];
        for (slot, measure) in (0..).zip(&self.request.measures) {
            match self.input(measure, datasets) {
                Some(name) => inputs.entry(name).or_default().push(slot),
                None => diagnostics.push(self.needs_rows(MeasureId(slot))),
            }
        }
        if self.has_groups() {
            let refused = Diagnostic::error(Code::BadQuery, "a record has no groups, no period and no conditions");
            diagnostics.push(refused.hint("leave them out of the query"));
        }
        if !diagnostics.is_empty() {
            return Err(Error::new(diagnostics, self.sources.clone()));
        }
        Ok(Record { plan: self.clone(), inputs, calculator: self.program.calculator(&super::wanted(self)) })
    }

    fn has_groups(&self) -> bool {
        let request = &self.request;
        let filtered = request.datasets.iter().any(|dataset| !dataset.filters.is_empty());
        filtered || !request.by.is_empty() || request.grain.is_some() || request.period.is_some()
    }

    /// The name of the column whose value in the only row the measure is; with the dataset's name before it where there
    /// are several.
    fn input(&self, measure: &Measure, datasets: &[Arc<dyn Dataset>]) -> Option<Arc<str>> {
        let Measure { aggregate, distinct, conditions, range, .. } = measure;
        if *aggregate == Aggregate::Count || *distinct || !conditions.is_empty() || range.needs_period() {
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
        let message = format!("`{text}` needs rows, expected the value of a column");
        let diagnostic = Diagnostic::error(Code::BadQuery, message);
        let diagnostic = match span {
            Some(span) => diagnostic.at(span),
            None => diagnostic,
        };
        diagnostic.hint("make what it gives a column of the record")
    }
}

impl Record {
    /// The plan.
    pub fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// The names of the inputs in the order of their ids: columns, with the dataset's name before them (`ads.cost`)
    /// where the plan reads several.
    pub fn inputs(&self) -> impl Iterator<Item = &str> {
        self.inputs.keys().map(|name| &**name)
    }

    /// The input of that name; None where no formula needs one.
    pub fn input(&self, name: &str) -> Option<InputId> {
        self.inputs.get_index_of(name).map(InputId)
    }

    /// Sets an input, which keeps its value until it is set again; [`Cause::Blank`](crate::value::Cause::Blank) says
    /// that there is none, as before the first time.
    ///
    /// # Panics
    /// Where the input is not of this plan.
    pub fn set(&mut self, input: InputId, value: Cell) {
        let slots = &self.inputs[input.0];
        let (last, others) = slots.split_last().expect("an input fills at least one slot");
        others.iter().for_each(|slot| self.calculator.set(*slot, value.clone()));
        self.calculator.set(*last, value);
    }

    /// The result that a table of one row with the inputs would have.
    pub(crate) fn as_result(&self) -> Evaluation {
        let measures = (0..self.plan.request.measures.len() as u32).map(|slot| measure(self.calculator.input(slot)));
        let measures: Vec<MeasureColumn> = measures.collect();
        let slots: Vec<&Vector> = measures.iter().map(|measure| &measure.values).collect();
        let ids = super::wanted(&self.plan);
        let values = self.plan.program.evaluate(&slots, 1, &ids);
        Evaluation {
            plan: self.plan.clone(),
            groups: vec![Group { period: None, keys: vec![].into(), total: false }],
            extents: vec![None; self.plan.request.datasets.len()],
            notes: vec![],
            unread: vec![],
            wanted: ids.into_iter().zip(values).collect(),
            blocks: vec![OnceLock::new()],
            measures_of: vec![OnceLock::new(); self.plan.kpis.len()],
            measures,
        }
    }

    /// Runs the formulas over the inputs as they are.
    pub fn evaluate(&mut self) {
        self.calculator.run();
    }

    /// The value of a KPI (by position in the plan) for the record that was evaluated last.
    pub fn value(&self, kpi: usize) -> &Cell {
        self.calculator.get(self.plan.step(self.plan.kpis[kpi].step).node)
    }

    /// The band that holds for a KPI (by position in the plan): its status and what to do then.
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
