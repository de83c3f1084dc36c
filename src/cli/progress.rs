//! Shows on a terminal how many rows have been read.

use std::sync::Arc;
use std::time::{Duration, Instant};

use indicatif::{HumanCount, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use crate::data::{Batch, ColumnId, Dataset, MeasureId, Partial, Request, Scan, Schema, WarehouseTrace};
use crate::diagnostic::{CellPlace, Diagnostic};

/// The delay before progress is shown.
const PATIENCE: Duration = Duration::from_secs(1);

/// A dataset whose scan shows its progress on standard error, which is a terminal.
pub(crate) struct Watched(Arc<dyn Dataset>);

impl Watched {
    pub fn new(dataset: Arc<dyn Dataset>) -> Self {
        Self(dataset)
    }
}

impl Dataset for Watched {
    fn name(&self) -> &Arc<str> {
        self.0.name()
    }

    fn schema(&self) -> &Schema {
        self.0.schema()
    }

    fn rows(&self) -> Option<u64> {
        self.0.rows()
    }

    fn about_rows(&self) -> Option<u64> {
        self.0.about_rows()
    }

    fn about_distinct(&self, column: ColumnId) -> Option<u64> {
        self.0.about_distinct(column)
    }

    fn unreadable(&self) -> Option<&[Diagnostic]> {
        self.0.unreadable()
    }

    fn scan(
        &self,
        scan: &Scan<'_>,
        visit: &(dyn Fn(usize, &Batch) -> Result<(), Diagnostic> + Sync),
    ) -> Result<(), Diagnostic> {
        let (bar, start) = (hidden(self.name()), Instant::now());
        let result = self.0.scan(scan, &|worker, batch| {
            bar.inc(batch.rows as u64);
            if bar.is_hidden() && start.elapsed() > PATIENCE {
                bar.set_draw_target(ProgressDrawTarget::stderr());
            }
            visit(worker, batch)
        });
        bar.finish_and_clear();
        result
    }

    fn asked(&self, request: &Request, at: usize) -> Vec<(MeasureId, WarehouseTrace)> {
        self.0.asked(request, at)
    }

    fn aggregate(&self, request: &Request, at: usize) -> Result<Option<Vec<Partial>>, Diagnostic> {
        self.0.aggregate(request, at)
    }

    fn place(&self, row: u64) -> CellPlace {
        self.0.place(row)
    }

    fn places(&self, rows: &[u64]) -> Vec<CellPlace> {
        self.0.places(rows)
    }

    fn is_ordered(&self) -> bool {
        self.0.is_ordered()
    }

    fn files(&self) -> Option<(Arc<str>, usize)> {
        self.0.files()
    }

    fn notes(&self) -> &[Diagnostic] {
        self.0.notes()
    }
}

fn hidden(name: &str) -> ProgressBar {
    let style = ProgressStyle::with_template("{spinner} reading {msg}: {human_pos} rows, {rate}/s, {elapsed}");
    ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden())
        .with_style(style.expect("the template is valid").with_key("rate", rate))
        .with_message(crate::diagnostic::printable_line(name).into_owned())
}

/// Writes the rows per second as a whole number: `499,966`.
fn rate(state: &ProgressState, to: &mut dyn std::fmt::Write) {
    // No dataset is read fast enough for the conversion to lose information.
    let _ = write!(to, "{}", HumanCount(state.per_sec().round() as u64));
}
