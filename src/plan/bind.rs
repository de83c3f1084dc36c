//! Binds names in row expressions to columns of datasets: stored, computed or found through a lookup.
//!
//! Each dataset that a query reads has one program of row expressions, which all its measures share.

mod row;

use std::collections::{HashMap, HashSet};
use std::mem::take;
use std::sync::Arc;

use crate::data::{
    Calendar, ColumnId, ColumnType, Dataset, DatasetRequest, GroupColumn, LookedUp, LookupKey, LookupRequest,
    LookupTime, RowEnd, RowProgram, RowSource, Schema,
};
use crate::diagnostic::{CellPlace, Code, Diagnostic};
use crate::library::routes::Route;
use crate::library::{DatasetDefinition, Library, LookupDefinition};
use crate::plan::lower::expression::Lowered;
use crate::plan::world::World;
use crate::program::{Combinations, Dated, KeySet, Node, NodeId, Operator, Program};
use crate::syntax::ast::{Expr, ExprKind, Name, Path, Validity};
use crate::syntax::{foreign, spelled, suggest};
use crate::value::unit::{Currency, Spelling, Type};
use crate::value::{Decimal, Value};
pub(super) use row::{Found, Parameters, Row, RowValue};

/// The datasets of a query, with the requests built so far.
pub struct Bindings<'a> {
    library: &'a Library,
    datasets: &'a [Arc<dyn Dataset>],
    /// The requested datasets.
    pub(super) requests: Vec<Requested>,
    /// The row expressions of requested datasets and of the datasets that they look up.
    pub(super) rows: Vec<Rows>,
    /// The columns about which there has been a warning.
    warned: HashSet<(usize, ColumnId)>,
    /// The routes from each dataset through lookups whose datasets are available.
    pub(super) routes: Vec<Vec<Route<'a>>>,
}

/// A requested dataset.
#[derive(Debug, Clone)]
pub(super) struct Requested {
    /// Its row expressions: a position in `Bindings::rows`.
    pub(super) rows: usize,
    /// The time of its rows, if it is not that of the dataset.
    pub(super) on: Option<OtherTime>,
}

/// A time of rows that is not that of their dataset.
#[derive(Debug, Clone)]
pub(super) struct OtherTime {
    /// Its name: `closed_on`, or `visits.day` for a column of a lookup.
    pub(super) name: Arc<str>,
    /// As it was written.
    pub(super) path: Path,
    pub(super) column: GroupColumn,
    /// The world of the parameters in a computed time.
    pub(super) world: World,
}

/// The row expressions of one dataset, as built so far.
pub(super) struct Rows {
    pub(super) dataset: usize,
    pub(super) program: Program,
    pub(super) slots: Vec<RowSource>,
    known: HashMap<RowSource, u32>,
    /// The computed columns, each lowered once for the values of its parameters.
    computed: HashMap<(World, Arc<str>), Lowered>,
    /// The calls of `convert`: their values, amounts and rates.
    pub(super) conversions: Vec<[NodeId; 3]>,
    /// The lookups in use.
    pub(super) lookups: Vec<BoundLookup>,
}

impl Rows {
    /// The dataset whose rows they read.
    pub(super) fn dataset(&self) -> usize {
        self.dataset
    }
}

/// A lookup in use.
pub(super) struct BoundLookup {
    /// Its name. None for a lookup of groups of the same dataset.
    pub name: Option<Arc<str>>,
    /// The looked-up dataset.
    pub other: usize,
    /// The keys on both sides.
    pub keys: Vec<LookupKey>,
    /// The times on both sides.
    pub time: Option<LookupTime>,
    /// The row expressions of the looked-up dataset: a position in `Bindings::rows`.
    pub rows: usize,
    /// The columns to read from the looked-up dataset.
    pub columns: LookedUp,
}

impl<'a> Bindings<'a> {
    /// Creates bindings without any requests.
    pub fn new(library: &'a Library, datasets: &'a [Arc<dyn Dataset>]) -> Self {
        let names: HashSet<&Arc<str>> = datasets.iter().map(|dataset| dataset.name()).collect();
        let is_usable = |lookup: &LookupDefinition| names.contains(&lookup.dataset.text);
        let from = |dataset: &Arc<dyn Dataset>| {
            library.dataset(dataset.name()).map_or(vec![], |from| library.routes(from, is_usable))
        };
        let routes = datasets.iter().map(from).collect();
        Self { library, datasets, requests: vec![], rows: vec![], warned: HashSet::new(), routes }
    }

    /// The available datasets.
    pub fn datasets(&self) -> &'a [Arc<dyn Dataset>] {
        self.datasets
    }

    /// The position of the dataset with this name among all datasets.
    pub fn find(&self, name: &str) -> Option<usize> {
        self.datasets.iter().position(|dataset| **dataset.name() == *name)
    }

    /// The name of the dataset at this position.
    pub fn name(&self, dataset: usize) -> &'a Arc<str> {
        self.datasets[dataset].name()
    }

    /// The columns of the dataset at this position.
    pub fn schema(&self, dataset: usize) -> &'a Schema {
        self.datasets[dataset].schema()
    }

    /// How long the rows of a requested dataset are in force, if they hold over an interval.
    pub fn validity(&self, request: usize) -> Option<&'a Validity> {
        let Requested { rows, on } = &self.requests[request];
        self.definition(self.rows[*rows].dataset)?.validity.as_ref().filter(|_| on.is_none())
    }

    /// Returns true if the time of a requested dataset is that of a looked-up row, or has the ends of rows that hold over an
    /// interval: rows without it are expected.
    pub fn may_lack_time(&self, request: usize) -> bool {
        let Requested { rows, on } = &self.requests[request];
        let dataset = self.rows[*rows].dataset;
        let Some(on) = on else { return false };
        let end = self.definition(dataset).and_then(|known| known.validity.as_ref()?.end.as_ref());
        let is_looked_up = on.path.qualifier.as_ref().is_some_and(|it| *it.text != **self.name(dataset));
        is_looked_up || end.is_some_and(|end| on.name == end.text)
    }

    /// The ends of the rows of a requested dataset, if they hold over an interval.
    ///
    /// # Errors
    /// The column of the ends does not exist or holds no dates.
    pub fn row_ends(&self, request: usize) -> Result<Option<RowEnd>, Diagnostic> {
        let Some(Validity { end: Some(end), inclusive, .. }) = self.validity(request) else { return Ok(None) };
        let column = self.date_column(self.rows[self.requests[request].rows].dataset, end)?;
        Ok(Some(RowEnd { source: RowSource::Column(column), inclusive: *inclusive }))
    }

    /// A stored column of dates, or of blank cells only.
    ///
    /// # Errors
    /// The column does not exist or holds no dates.
    pub(super) fn date_column(&self, dataset: usize, name: &Name) -> Result<ColumnId, Diagnostic> {
        let schema = self.schema(dataset);
        let Some(column) = schema.find(&name.text) else {
            let path = Path { qualifier: None, name: name.clone(), span: name.span };
            return Err(self.not_in(dataset, &path, true));
        };
        match schema.column(column).ty {
            ColumnType::Date | ColumnType::Period(_) | ColumnType::Unknown => Ok(column),
            found => {
                let message = format!("expected dates in `{}`, found {}", name.text, found.plural());
                Err(Diagnostic::error(Code::BadProperty, message).at(name.span))
            }
        }
    }

    pub(super) fn add_rows(&mut self, dataset: usize) -> usize {
        let (program, slots, known, computed, conversions, lookups) = Default::default();
        self.rows.push(Rows { dataset, program, slots, known, computed, conversions, lookups });
        self.rows.len() - 1
    }

    /// The declaration of the dataset at this position, if there is one.
    pub(super) fn definition(&self, dataset: usize) -> Option<&'a DatasetDefinition> {
        self.library.dataset(self.name(dataset))
    }

    /// Returns true if the declaration of the dataset at this position is broken, which has been reported.
    pub fn is_broken(&self, dataset: usize) -> bool {
        match self.definition(dataset) {
            Some(definition) => definition.broken,
            None => self.library.broken.datasets.contains(self.name(dataset)),
        }
    }

    fn is_broken_column(&self, dataset: usize, name: &str) -> bool {
        self.is_broken(dataset)
            || self.definition(dataset).is_some_and(|definition| definition.broken_columns.contains(name))
    }

    /// Why the dataset at this position cannot be read, if it cannot.
    pub fn unreadable(&self, dataset: usize) -> Option<&'a [Diagnostic]> {
        self.datasets[dataset].unreadable()
    }

    /// The reasons why datasets cannot be read; any of them may have a column that the other datasets do not have.
    pub fn all_unreadable(&self) -> Vec<Diagnostic> {
        self.datasets.iter().filter_map(|dataset| dataset.unreadable()).flatten().cloned().collect()
    }

    /// Returns true if the declaration of a dataset without data is broken: its columns are unknown.
    pub fn is_one_hidden(&self) -> bool {
        self.library.broken.datasets.iter().any(|name| self.find(name).is_none())
    }

    /// Returns true if a dataset has a stored or computed column of this name.
    ///
    /// If the dataset cannot be read, its declared columns count.
    pub fn has_own_column(&self, dataset: usize, name: &str) -> bool {
        let declares = |definition: &DatasetDefinition| {
            definition.computed.contains_key(name)
                || (self.unreadable(dataset).is_some() && definition.types.contains_key(name))
        };
        self.schema(dataset).find(name).is_some() || self.definition(dataset).is_some_and(declares)
    }

    /// Returns true if a dataset has a column of this name, including those of lookups.
    pub fn has_column(&self, dataset: usize, name: &str) -> bool {
        self.has_own_column(dataset, name) || self.routes_with(dataset, name).next().is_some()
    }

    /// All column names of all datasets, for suggestions.
    pub fn column_names(&self) -> impl Iterator<Item = &'a str> {
        let computed = self.library.datasets().flat_map(|dataset| dataset.computed.keys());
        let stored = self.datasets.iter().flat_map(|dataset| dataset.schema().columns.keys());
        stored.chain(computed).map(|name| &**name)
    }

    /// The declared type of a column, else the type of its data.
    pub(super) fn column_type(&self, dataset: usize, column: ColumnId) -> Type {
        let schema = self.schema(dataset);
        let declared = self.definition(dataset).and_then(|definition| definition.types.get(schema.name(column)));
        if let Some(Ok(ty)) = declared.map(|(_, unit)| self.library.units().resolve(unit)) {
            return ty;
        }
        match schema.column(column).ty {
            // An undeclared number has an unknown unit: without declared units there are no unit errors.
            ColumnType::Number | ColumnType::Unknown => Type::Unknown,
            ColumnType::Text => Type::Text,
            ColumnType::Date => Type::Date,
            ColumnType::Period(grain) => Type::Period(grain),
            ColumnType::Boolean => Type::Boolean,
        }
    }

    /// The diagnostic for a column that cannot be used as it is.
    fn unfit(&self, dataset: usize, column: ColumnId, used: &Name) -> Option<Diagnostic> {
        let unusable = self.schema(dataset).unusable(column, self.name(dataset));
        unusable.map(|problem| problem.at(used.span)).or_else(|| self.other_currency(dataset, column, used))
    }

    /// The diagnostic for a column whose cells are written in another currency than the declared one.
    fn other_currency(&self, dataset: usize, column: ColumnId, used: &Name) -> Option<Diagnostic> {
        let schema = self.schema(dataset);
        let mark = schema.column(column).currency.as_ref()?;
        let name = schema.name(column);
        let declared = self.definition(dataset).and_then(|definition| definition.types.get(name));
        let ty = declared.map(|(_, unit)| self.library.units().resolve(unit)).transpose().ok()?;
        if let Some(key) = ty.as_ref().and_then(|ty| ty.currency_columns().next()) {
            let table = self.name(dataset);
            let message =
                format!("the cells of `{name}` of `{table}` contain `{mark}`, but their currency is in `{key}`");
            let hint = format!("remove the currency from the cells, or declare it as theirs: `{name}: EUR`");
            return Some(Diagnostic::error(Code::UnitMismatch, message).at(used.span).hint(hint));
        }
        let expected = match ty.as_ref().and_then(Type::unit) {
            Some(unit) => unit.factors().iter().find_map(|(base, _)| base.currency()),
            None => self.library.units().currency(),
        };
        let expected = expected.filter(|currency| !currency.is_written_as(mark))?;
        let code = Currency::from_symbol(mark).map_or(mark.to_string(), |currency| currency.code().to_owned());
        let table = self.name(dataset);
        let message = format!(
            "the column `{name}` of `{table}` contains amounts in `{mark}`, but is read as `{}`",
            expected.code()
        );
        let problem = Diagnostic::error(Code::UnitMismatch, message).at(used.span);
        Some(match declared {
            Some((_, unit)) => problem
                .label(unit.span, format!("declared as `{}` here", self.library.text(unit.span)))
                .hint(format!("declare the currency of the cells: `{name}: {code}`")),
            None => problem.hint(format!("declare the currency of the cells: `dataset {table} {{ {name}: {code} }}`")),
        })
    }

    /// A warning for a declared percentage whose cells are above 1: 35 in the column `rate in %` is 3500%.
    fn above_one(&self, dataset: usize, column: ColumnId, used: &Name) -> Option<Diagnostic> {
        let schema = self.schema(dataset);
        let place = schema.column(column).above_one.as_ref()?;
        let name = schema.name(column);
        let (_, unit) = self.definition(dataset)?.types.get(name)?;
        let ty = self.library.units().resolve(unit).ok()?;
        let cell = place.cell.as_deref().filter(|_| ty.spelling() == Spelling::Percent)?;
        let percents = cell.parse::<Decimal>().ok().and_then(|cell| cell.checked_mul(Decimal::ONE_HUNDRED));
        let means = percents.map_or_else(|| format!("100 times `{cell}%`"), |it| format!("{}%", it.normalize()));
        let message = format!("the column `{name}` is a percentage, but its cells are above 1: `{cell}` means {means}");
        let problem = Diagnostic::warning(Code::Lint, message).at(used.span).label(unit.span, "declared here");
        let problem = problem.in_data(place.clone());
        Some(problem.hint(format!(
            "if `{cell}` means {cell}%, declare `{name}: number` and divide by 100 in the formula, or write `%` in the cells"
        )))
    }

    /// Returns true if a column is undeclared and its cells are written with `%`.
    pub(super) fn is_written_in_percent(&self, dataset: usize, column: &str) -> bool {
        let schema = self.schema(dataset);
        let is_written = schema.find(column).is_some_and(|id| schema.column(id).percent_signs);
        is_written && !self.definition(dataset).is_some_and(|known| known.types.contains_key(column))
    }

    /// The condition that the keys of a row are one of these combinations, on one of their days if they are dated.
    /// None if the dataset has no time.
    pub fn member(
        &mut self,
        request: usize,
        keys: Vec<GroupColumn>,
        combinations: Arc<Combinations>,
        dated: Option<Dated>,
    ) -> Option<NodeId> {
        let time = if dated.is_some() { Some(self.requested_time(request).ok()??) } else { None };
        let rows = self.requests[request].rows;
        let mut operands: Vec<NodeId> = keys.into_iter().map(|key| self.node(rows, key)).collect();
        let time = time.map(|time| self.node(rows, time));
        let calendar = Calendar { by_hour: false, ..self.library.calendar() };
        let period = |&node: &NodeId| {
            let (dataset, column) = self.stored(rows, node)?;
            self.schema(dataset).column(column).ty.grain().map(|grain| (calendar, grain))
        };
        let periods = operands.iter().map(period).collect();
        operands.extend(time);
        let set = KeySet { combinations, periods, dated };
        Some(self.rows[rows].program.add(Node::Member(operands, Arc::new(set))))
    }

    /// The operation that reads or computes a column.
    pub(super) fn node(&mut self, rows: usize, column: GroupColumn) -> NodeId {
        match column {
            GroupColumn::Computed(node) => node,
            GroupColumn::Source(source) => {
                let slot = self.slot(rows, source);
                self.rows[rows].program.add(slot)
            }
        }
    }

    /// The opposite of a condition on the rows of a requested dataset.
    pub fn negated(&mut self, request: usize, condition: NodeId) -> NodeId {
        let rows = self.requests[request].rows;
        self.rows[rows].program.add(Node::Not(condition))
    }

    /// The condition that all of some operations on the rows of a requested dataset have values.
    pub fn all_present(&mut self, request: usize, values: &[NodeId]) -> NodeId {
        let program = &mut self.rows_of(request).program;
        let present: Vec<NodeId> = values.iter().map(|value| program.add(Node::IsDefined(*value))).collect();
        let all = present.into_iter().reduce(|all, next| program.add(Node::Binary(Operator::And, all, next)));
        all.unwrap_or_else(|| program.add(Node::Constant(Value::Boolean(true))))
    }

    /// The row expressions of a requested dataset, and the calls of `convert` in them.
    pub(super) fn rows_of(&mut self, request: usize) -> &mut Rows {
        let rows = self.requests[request].rows;
        &mut self.rows[rows]
    }

    /// The row expressions of a requested dataset.
    pub fn program(&self, request: usize) -> &Program {
        &self.rows[self.requests[request].rows].program
    }

    fn is_number(&self, rows: usize, node: NodeId) -> bool {
        self.stored(rows, node)
            .is_some_and(|(dataset, column)| self.schema(dataset).column(column).ty == ColumnType::Number)
    }

    /// The stored column that a node reads, from its own dataset or from a lookup.
    pub(super) fn stored(&self, rows: usize, node: NodeId) -> Option<(usize, ColumnId)> {
        let rows = &self.rows[rows];
        let Node::Slot(slot) = *rows.program.node(node) else { return None };
        self.stored_source(rows, &rows.slots[slot as usize])
    }

    /// The stored column behind a source.
    pub(super) fn stored_source(&self, rows: &Rows, source: &RowSource) -> Option<(usize, ColumnId)> {
        match *source {
            RowSource::Column(column) => Some((rows.dataset, column)),
            RowSource::Lookup { lookup, column } => {
                let lookup = &rows.lookups[lookup];
                self.stored(lookup.rows, lookup.columns.operation(column)?)
            }
        }
    }

    /// Returns the requests, without their time, groups and filters.
    pub fn finish(mut self) -> Vec<DatasetRequest> {
        let requests = take(&mut self.requests);
        let request = |Requested { rows, on }: Requested| DatasetRequest {
            data_end: None,
            dataset: self.rows[rows].dataset,
            rows: self.row_program(rows),
            time: None,
            time_name: on.map(|on| on.name),
            end: None,
            by: vec![],
            filters: vec![],
            may_lack_time: false,
            skipped: false,
        };
        requests.into_iter().map(request).collect()
    }

    fn row_program(&mut self, rows: usize) -> RowProgram {
        let Rows { program, slots, lookups, .. } = &mut self.rows[rows];
        let (program, slots, lookups) = (take(program), take(slots), take(lookups));
        let lookup = |BoundLookup { name: _, other: dataset, keys, time, rows, columns }| LookupRequest {
            dataset,
            keys,
            time,
            rows: self.row_program(rows),
            columns,
        };
        let lookups = lookups.into_iter().map(lookup).collect();
        RowProgram { program, slots, lookups }
    }

    /// The dataset of each request so far.
    pub fn requested(&self) -> Vec<usize> {
        self.requests.iter().map(|request| self.rows[request.rows].dataset).collect()
    }

    pub(super) fn slot(&mut self, rows: usize, source: RowSource) -> Node {
        let rows = &mut self.rows[rows];
        let next = rows.slots.len() as u32;
        let slot = *rows.known.entry(source.clone()).or_insert(next);
        if slot == next {
            rows.slots.push(source);
        }
        Node::Slot(slot)
    }

    /// The diagnostic for an unknown column.
    pub(super) fn unknown_column(&self, dataset: usize, path: &Path, suggests: bool) -> Diagnostic {
        let behind = path.qualifier.as_ref().filter(|qualifier| *qualifier.text != **self.name(dataset));
        let route = behind.and_then(|name| self.routes_to(dataset, &name.text).next());
        if let (Some(behind), None) = (behind, route) {
            return self.not_looked_up(dataset, behind, path);
        }
        self.not_in(route.map_or(dataset, |route| self.end(route)), path, suggests)
    }

    fn not_looked_up(&self, dataset: usize, behind: &Name, path: &Path) -> Diagnostic {
        let name = self.name(dataset);
        let problem = Diagnostic::error(Code::UnknownColumn, format!("`{name}` does not look up `{}`", behind.text))
            .at(path.span);
        let lookups = self.definition(dataset).into_iter().flat_map(|definition| &definition.lookups);
        let problem = suggest(problem, behind, lookups.map(|lookup| &*lookup.name.text));
        match self.find(&behind.text) {
            Some(_) => {
                problem.hint(format!("declare it: `dataset {name} {{ lookup {} on … }}`", spelled(&behind.text)))
            }
            None => problem,
        }
    }

    pub(super) fn not_in(&self, dataset: usize, path: &Path, suggests: bool) -> Diagnostic {
        let name = self.name(dataset);
        let computed = self.definition(dataset).into_iter().flat_map(|definition| definition.computed.keys());
        let known = self.schema(dataset).columns.keys().chain(computed).map(|name| &**name);
        let column = &path.name.text;
        let problem =
            Diagnostic::error(Code::UnknownColumn, format!("`{name}` has no column `{column}`")).at(path.span);
        if !suggests {
            return problem;
        }
        let problem = suggest(problem, &path.name, known.clone()).maybe_hint(foreign::value(path));
        problem.hint(format!("`{name}` has {}", listed(known)))
    }
}

/// Says which cell keeps a column from being one of dates.
pub(super) fn not_a_date(name: &str, place: &CellPlace) -> Option<String> {
    let line = place.line.map_or(String::new(), |line| format!(" in line {line}"));
    Some(format!("`{name}` is not a column of dates: it contains `{}`{line}", place.cell.as_deref()?))
}

/// Lists names in backticks; only the first twelve if there are more.
pub fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let mut names = names.map(|name| format!("`{name}`"));
    let first: Vec<String> = names.by_ref().take(12).collect();
    match (first.len(), names.count()) {
        (0, _) => "no columns".to_owned(),
        (_, 0) => first.join(", "),
        (_, more) => format!("{} and {more} more", first.join(", ")),
    }
}

/// All column paths of a row expression, except parameters.
pub fn columns<'e>(expr: &'e Expr, library: &Library) -> impl Iterator<Item = &'e Path> {
    let is_parameter = |path: &Path| path.qualifier.is_none() && library.is_parameter(&path.name.text);
    expr.walk().filter_map(move |part| match &*part.kind {
        ExprKind::Path(path) if !is_parameter(path) => Some(path),
        _ => None,
    })
}
