//! Asks each dataset for what the measures of a query need: its time, its groups, its conditions.

use indexmap::IndexSet;

use super::Build;
use crate::data::{ColumnId, ColumnType, DatasetRequest, Grain, GroupColumn, RowSource};
use crate::diagnostic::{Code, Diagnostic, did_you_mean};
use crate::plan::bind::{Bindings, listed};
use crate::plan::formula::Planner;
use crate::syntax::ast::Path;

impl Build<'_> {
    pub(super) fn requests(&mut self, datasets: &[usize]) -> Vec<DatasetRequest> {
        self.unknown_groups();
        let mut filled = vec![];
        for (at, &dataset) in datasets.iter().enumerate() {
            let time = self.time(dataset);
            let by = self.texts.by.clone().iter().map(|path| self.group_column(at, path)).collect::<Vec<_>>();
            let mut filters = vec![];
            for filter in &self.texts.filters {
                if self.planner.is_about(filter, dataset) {
                    filters.push(self.planner.condition(at, filter));
                }
            }
            filled.push((time, by, filters));
        }
        let bindings = std::mem::replace(&mut self.planner.bindings, Bindings::new(self.library, &[]));
        let mut requests = bindings.finish();
        for (request, (time, by, filters)) in requests.iter_mut().zip(filled) {
            (request.time, request.by, request.filters) = (time, by, filters);
        }
        requests
    }

    fn time(&mut self, dataset: usize) -> Option<RowSource> {
        let uses_time = self.texts.grain.is_some() || self.texts.period.is_some();
        let column = match self.planner.bindings.time(dataset) {
            Ok(column) => column?,
            Err(diagnostic) => {
                if uses_time || self.planner.needs_time(dataset) {
                    self.planner.diagnostics.push(diagnostic);
                }
                return None;
            }
        };
        self.fits_grain(dataset, column).then_some(RowSource::Column(column))
    }

    /// A column of months cannot be split into days or weeks: an error where no dataset has any.
    fn fits_grain(&mut self, dataset: usize, column: ColumnId) -> bool {
        let schema = self.planner.bindings.schema(dataset);
        let months = schema.column(column).ty == ColumnType::Month;
        if months && matches!(self.texts.grain, Some(Grain::Day | Grain::Week)) {
            let message = format!(
                "`{}` knows months only, so it has no values by day or week",
                self.planner.bindings.name(dataset)
            );
            let diagnostic = match self.knows_months_only() {
                true => Diagnostic::error(Code::BadQuery, message).hint("group by month, quarter or year"),
                false => Diagnostic::warning(Code::BadQuery, message),
            };
            self.planner.diagnostics.push(diagnostic);
            return false;
        }
        true
    }

    fn knows_months_only(&self) -> bool {
        let bindings = &self.planner.bindings;
        let is_month =
            |dataset: usize, column: ColumnId| bindings.schema(dataset).column(column).ty == ColumnType::Month;
        bindings.requested().into_iter().all(|at| bindings.schema(at).dates().all(|column| is_month(at, column)))
    }

    fn group_column(&mut self, request: usize, path: &Path) -> Option<GroupColumn> {
        let Planner { bindings, constants, .. } = &mut self.planner;
        let (column, diagnostics) = bindings.group_column(request, path, constants);
        for problem in diagnostics {
            if !self.planner.diagnostics.contains(&problem) {
                self.planner.diagnostics.push(problem);
            }
        }
        column
    }

    fn unknown_groups(&mut self) {
        for path in self.texts.by.clone() {
            let bindings = &self.planner.bindings;
            let known = (0..bindings.datasets().len()).any(|dataset| bindings.has_column(dataset, &path.name.text));
            if !known && !bindings.datasets().is_empty() {
                let name = &path.name.text;
                let grains = Grain::ALL.iter().map(|grain| grain.name());
                let suggestion = did_you_mean(name, bindings.column_names().chain(grains));
                let names: IndexSet<&str> = bindings.column_names().collect();
                let columns = listed(names.into_iter());
                self.planner.diagnostics.push(
                    Diagnostic::error(Code::UnknownColumn, format!("no dataset has a column `{name}` to group by"))
                        .maybe_hint(suggestion)
                        .hint(format!("there are {columns}")),
                );
            }
        }
    }
}
