//! The times of rows: that of a dataset, and those that an aggregate names after `on`.

use std::sync::Arc;

use super::bind::{Bindings, Found, OtherTime, Parameters, Requested, listed, not_a_date};
use crate::data::{ColumnId, ColumnType, GroupColumn, RowSource};
use crate::diagnostic::{Code, Diagnostic};
use crate::library::inner::written_column;
use crate::program::{Node, NodeId};
use crate::syntax::ast::Path;
use crate::value::unit::Type;

impl Bindings<'_> {
    /// The time of a dataset that is declared and not stored.
    pub fn declared_time(&self, dataset: usize) -> Option<&Path> {
        self.definition(dataset)?.time.as_ref()
    }

    /// Returns true if the rows of a dataset may have a time.
    pub fn may_have_time(&self, dataset: usize) -> bool {
        self.declared_time(dataset).is_some() || self.schema(dataset).dates().next().is_some()
    }

    /// The position among the requested datasets, with the stored time of the dataset; adds the request if it is new.
    pub fn request(&mut self, dataset: usize) -> usize {
        self.known_request(dataset, None).unwrap_or_else(|| {
            let rows = self.add_rows(dataset);
            self.requests.push(Requested { rows, on: None });
            self.requests.len() - 1
        })
    }

    /// The same with the time that an aggregate names after `on`: a column of the dataset, stored or computed, or of a
    /// dataset that it looks up.
    ///
    /// # Errors
    /// There is no such column, or it does not contain dates.
    pub fn request_on(
        &mut self,
        dataset: usize,
        path: &Path,
        parameters: &mut dyn Parameters,
    ) -> Result<usize, Vec<Diagnostic>> {
        let own = path.qualifier.as_ref().is_none_or(|qualifier| *qualifier.text == **self.name(dataset));
        let stored = self.schema(dataset).find(&path.name.text).filter(|_| own);
        let is_interval = self.definition(dataset).is_some_and(|known| known.validity.is_some());
        if stored.is_some_and(|column| !is_interval && self.time(dataset) == Ok(Some(column))) {
            return Ok(self.request(dataset));
        }
        let qualifier = path.qualifier.as_ref().filter(|_| !own);
        let name =
            qualifier.map_or_else(|| path.name.text.clone(), |it| format!("{}.{}", it.text, path.name.text).into());
        if let Some(known) = self.known_request(dataset, Some(&name)) {
            return Ok(known);
        }
        let rows = self.add_rows(dataset);
        let column = self.time_column(rows, path, parameters)?;
        self.requests.push(Requested { rows, on: Some(OtherTime { name, path: path.clone(), column }) });
        Ok(self.requests.len() - 1)
    }

    fn known_request(&self, dataset: usize, on: Option<&Arc<str>>) -> Option<usize> {
        let is_same =
            |known: &Requested| self.rows[known.rows].dataset == dataset && known.on.as_ref().map(|on| &on.name) == on;
        self.requests.iter().position(is_same)
    }

    /// The dataset of each request so far, and what its aggregates name after `on`.
    pub fn requested_times(&self) -> Vec<(usize, Option<Path>)> {
        let time =
            |request: &Requested| (self.rows[request.rows].dataset, request.on.as_ref().map(|on| on.path.clone()));
        self.requests.iter().map(time).collect()
    }

    /// A column of dates, by its name in a row expression.
    fn time_column(
        &mut self,
        rows: usize,
        path: &Path,
        parameters: &mut dyn Parameters,
    ) -> Result<GroupColumn, Vec<Diagnostic>> {
        let mut row = self.at(rows, parameters);
        let found = row.found(path);
        let mut problems = std::mem::take(&mut row.diagnostics);
        let (column, ty) = match found {
            None => return Err(vec![self.unknown_column(self.rows[rows].dataset, path, true)]),
            Some(Found::Broken) => return Err(problems),
            Some(Found::Source(source, ty)) => (GroupColumn::Source(source), ty),
            Some(Found::Computed(lowered)) => match *self.rows[rows].program.node(lowered.node) {
                // Another name of a column.
                Node::Slot(slot) => (GroupColumn::Source(self.rows[rows].slots[slot as usize].clone()), lowered.ty),
                _ => (GroupColumn::Computed(lowered.node), lowered.ty),
            },
        };
        if problems.iter().any(Diagnostic::is_error) {
            return Err(problems);
        }
        let is_blank = |source: &RowSource| {
            let stored = self.stored_source(&self.rows[rows], source);
            stored.is_some_and(|(dataset, id)| self.schema(dataset).column(id).ty == ColumnType::Unknown)
        };
        let is_time = match (&column, ty) {
            (_, Type::Date) | (GroupColumn::Source(_), Type::Period(_)) => true,
            (GroupColumn::Source(source), _) => is_blank(source),
            (GroupColumn::Computed(_), _) => false,
        };
        if !is_time {
            problems.push(self.not_a_time(self.rows[rows].dataset, path));
            return Err(problems);
        }
        Ok(column)
    }

    fn not_a_time(&self, dataset: usize, path: &Path) -> Diagnostic {
        let schema = self.schema(dataset);
        let dates: Vec<&str> = schema.dates().map(|date| &**schema.name(date)).collect();
        let message = format!("`{}` is not a column of dates", path.name.text);
        let known = (!dates.is_empty())
            .then(|| format!("the dates of `{}` are in {}", self.name(dataset), listed(dates.into_iter())));
        Diagnostic::error(Code::BadArguments, message).at(path.span).maybe_hint(known)
    }

    /// The stored column of dates of a dataset that is named after `on` where rows are aggregated for a column.
    ///
    /// # Errors
    /// If there is no such column, or it does not contain dates.
    pub fn time_named(&self, dataset: usize, path: &Path) -> Result<ColumnId, Diagnostic> {
        let schema = self.schema(dataset);
        if path.qualifier.as_ref().is_some_and(|qualifier| *qualifier.text != **self.name(dataset)) {
            let message = format!(
                "`{}` is no stored column of `{}`, which is needed here",
                written_column(path),
                self.name(dataset)
            );
            return Err(Diagnostic::error(Code::BadArguments, message).at(path.span));
        }
        let Some(column) = schema.find(&path.name.text) else { return Err(self.not_in(dataset, path, true)) };
        match schema.dates().any(|date| date == column) {
            true => Ok(column),
            false => Err(self.not_a_time(dataset, path)),
        }
    }

    /// The time of a requested dataset.
    ///
    /// # Errors
    /// Returns an error if it is ambiguous.
    pub fn requested_time(&self, request: usize) -> Result<Option<GroupColumn>, Diagnostic> {
        let Requested { rows, on } = &self.requests[request];
        let stored = |column| GroupColumn::Source(RowSource::Column(column));
        let dataset = self.rows[*rows].dataset;
        match (self.validity(request), on) {
            (Some(valid), _) => self.date_column(dataset, &valid.from).map(|from| Some(stored(from))),
            (None, Some(on)) => Ok(Some(on.column.clone())),
            (None, None) => Ok(self.time(dataset)?.map(stored)),
        }
    }

    /// The dataset and the column in which the time of a request is stored. None if it is computed.
    pub fn stored_time(&self, request: usize, time: &GroupColumn) -> Option<(usize, ColumnId)> {
        match time {
            GroupColumn::Source(source) => self.stored_source(&self.rows[self.requests[request].rows], source),
            GroupColumn::Computed(_) => None,
        }
    }

    /// The time column of a dataset.
    ///
    /// # Errors
    /// Returns an error if there are several date columns and none is declared to be the time, or if it is not stored.
    pub fn time(&self, dataset: usize) -> Result<Option<ColumnId>, Diagnostic> {
        let schema = self.schema(dataset);
        if let Some(path) = self.declared_time(dataset) {
            let (table, time) = (self.name(dataset), written_column(path));
            let message = format!("the time of `{table}`, `{time}`, is no stored column of it, which is needed here");
            return Err(Diagnostic::error(Code::Ambiguous, message).label(path.span, "declared here"));
        }
        if schema.time.is_some() {
            return Ok(schema.time);
        }
        let dates: Vec<&str> = schema.dates().map(|column| &**schema.name(column)).collect();
        let nearly: Vec<_> = schema.nearly_dates().collect();
        match (&dates[..], &nearly[..]) {
            ([], _) | ([_], []) => return Ok(schema.dates().next()),
            _ => {}
        }
        let names = dates.iter().copied().chain(nearly.iter().map(|(name, _)| &***name));
        let listed = names.map(|date| format!("`{date}`")).collect::<Vec<_>>().join(", ");
        let table = self.name(dataset);
        let mut problem = Diagnostic::error(Code::Ambiguous, format!("the time of `{table}` is ambiguous: {listed}"));
        for (name, column) in nearly {
            problem = problem.maybe_hint(column.evidence.as_ref().and_then(|place| not_a_date(name, place)));
            let as_dates = |remedy: &String| format!("to read `{name}` as dates, {remedy}");
            problem = problem.maybe_hint(column.date_remedy.as_ref().map(as_dates));
        }
        Err(problem.hint(format!("declare the time column: `dataset {table} {{ time {} }}`", dates[0])))
    }

    /// The condition that a row of a requested dataset has a time. None if the dataset has no time.
    pub fn has_time(&mut self, request: usize) -> Option<NodeId> {
        let time = self.requested_time(request).ok()??;
        let rows = self.requests[request].rows;
        let time = self.node(rows, time);
        Some(self.rows[rows].program.add(Node::IsDefined(time)))
    }

    /// The time of the rows of a requested dataset, and the condition that an operation on them has a value. None if
    /// the dataset has no time.
    pub fn time_and_presence(&mut self, request: usize, value: NodeId) -> Option<(NodeId, NodeId)> {
        let time = self.requested_time(request).ok()??;
        let rows = self.requests[request].rows;
        let time = self.node(rows, time);
        Some((time, self.rows[rows].program.add(Node::IsDefined(value))))
    }
}
