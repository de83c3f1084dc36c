//! Reads all rows once and collects what they show, in bounded memory.

use std::borrow::Cow;
use std::sync::{Mutex, PoisonError};

use super::column::ColumnPass;
use super::remembered::{Room, Values, combined};
use super::segments::Segments;
use crate::budget::Budget;
use crate::data::totals::Search;
use crate::data::{Batch, ColumnId, ColumnType, Dataset, Scan};
use crate::diagnostic::Diagnostic;

/// The cells that are looked at together.
const CELLS: usize = 1 << 18;

/// What a pass over all rows of a dataset found.
#[derive(Debug)]
pub(super) struct Pass {
    pub columns: Vec<ColumnPass>,
    pub rows: u64,
    /// The rows as a whole.
    pub whole_rows: Values,
    /// The rows without their numbers, such as the days and the channels, except those that repeat an earlier row as a
    /// whole.
    pub dimensions: Values,
    /// The days of the rows of each channel and so on, except those that repeat an earlier row as a whole.
    pub segments: Segments,
    pub totals: Search,
    /// The positions of the columns in which a total can be labelled, and of the numbers.
    labels: Vec<usize>,
    numbers: Vec<usize>,
    room: Room,
}

impl Pass {
    /// Reads some columns of a dataset.
    pub fn of(dataset: &dyn Dataset, columns: &[ColumnId], budget: &Budget) -> Result<Self, Diagnostic> {
        let pass = Mutex::new(Self::new(dataset, columns));
        dataset.scan(&Scan::within(columns, 1, budget), &|_, batch| {
            budget.check("describing rows")?;
            pass.lock().unwrap_or_else(PoisonError::into_inner).add(batch);
            Ok(())
        })?;
        Ok(pass.into_inner().unwrap_or_else(PoisonError::into_inner))
    }

    fn new(dataset: &dyn Dataset, columns: &[ColumnId]) -> Self {
        let schema = dataset.schema();
        let column = |id: &ColumnId| ColumnPass::new(schema.name(*id).clone(), schema.column(*id).clone());
        let columns: Vec<ColumnPass> = columns.iter().map(column).collect();
        let of = |is: fn(ColumnType) -> bool| {
            let all = columns.iter().enumerate().filter(move |(_, column)| is(column.schema.ty));
            all.map(|(at, _)| at).collect::<Vec<_>>()
        };
        let labels = of(|ty| ty != ColumnType::Number);
        let numbers = of(|ty| ty == ColumnType::Number);
        let totals = Search::new(labels.len(), numbers.len());
        let is_time = |column: &ColumnPass| match schema.time {
            Some(time) => *schema.name(time) == column.name,
            None => column.days().is_some(),
        };
        let texts = labels.iter().copied().filter(|at| columns[*at].schema.ty == ColumnType::Text);
        let segments = Segments::new(columns.iter().position(is_time), texts);
        let (rows, whole_rows, dimensions, room) = Default::default();
        Self { columns, rows, whole_rows, dimensions, segments, totals, labels, numbers, room }
    }

    fn add(&mut self, batch: &Batch) {
        let order = self.labels.iter().chain(&self.numbers);
        let columns = order.map(|at| Cow::Borrowed(&*batch.columns[*at])).collect();
        self.totals.add(&Batch { columns, rows: batch.rows });
        let each = (CELLS / self.columns.len().max(1)).max(1);
        for start in (0..batch.rows).step_by(each) {
            self.add_rows(batch, start..batch.rows.min(start + each));
        }
    }

    fn add_rows(&mut self, batch: &Batch, rows: std::ops::Range<usize>) {
        let cells: Vec<Vec<u128>> = self
            .columns
            .iter_mut()
            .zip(&batch.columns)
            .map(|(column, vector)| column.fingerprints(vector, rows.clone()))
            .collect();
        let row_of = |at: usize, columns: &mut dyn Iterator<Item = usize>| {
            columns.fold(0, |row, column| combined(row, cells[column][at]))
        };
        let mut is_repeated = vec![false; rows.len()];
        for (at, is_repeated) in is_repeated.iter_mut().enumerate() {
            let number = self.rows + at as u64;
            let whole = row_of(at, &mut (0..cells.len()));
            let before = self.whole_rows.repeats;
            self.whole_rows.add(whole, number, &mut self.room);
            *is_repeated = self.whole_rows.repeats > before;
            if !*is_repeated && !self.labels.is_empty() {
                let dimensions = row_of(at, &mut self.labels.iter().copied());
                self.dimensions.add(dimensions, number, &mut self.room);
            }
            if !*is_repeated {
                self.segments.add(batch, rows.start + at);
            }
        }
        for ((column, vector), cells) in self.columns.iter_mut().zip(&batch.columns).zip(&cells) {
            column.add(vector, rows.clone(), cells, &is_repeated, self.rows, &mut self.room);
        }
        self.rows += rows.len() as u64;
    }

    /// The columns that are not numbers.
    pub fn dimension_columns(&self) -> impl Iterator<Item = &ColumnPass> {
        self.labels.iter().map(|at| &self.columns[*at])
    }
}
