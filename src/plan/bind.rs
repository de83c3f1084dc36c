//! Binds names of the row level to the columns of datasets: stored ones, computed ones, and those of lookups.
//!
//! Each dataset that a query reads has one program of row expressions, shared by all of its measures.

use std::collections::HashMap;
use std::sync::Arc;

use crate::data::{ColumnId, ColumnType, Dataset, DatasetRequest, GroupColumn, RowSource, Schema};
use crate::diagnostic::{Code, Diagnostic};
use crate::library::units::UnitNames;
use crate::library::{DatasetDefinition, Library, MAX_COMPUTED_DEPTH};
use crate::plan::expression::{self, Level, Lowered, Lowering, broken};
use crate::plan::lookup::Lookup;
use crate::program::{Node, NodeId, Program};
use crate::source::Span;
use crate::syntax::ast::{Call, ContextClause, Expr, ExprKind, Name, Path};
use crate::syntax::suggest;
use crate::value::Cell;
use crate::value::unit::Type;

/// The datasets of a query: what each is asked for so far.
pub struct Bindings<'a> {
    library: &'a Library,
    datasets: &'a [Arc<dyn Dataset>],
    requests: Vec<Request>,
}

/// What one dataset is asked for so far.
struct Request {
    dataset: usize,
    program: Program,
    slots: Vec<RowSource>,
    known: HashMap<RowSource, u32>,
    /// Computed columns: each is lowered once however often others use it.
    computed: HashMap<Arc<str>, Lowered>,
}

/// What stands at the row level beside columns: parameters with their values.
pub trait Parameters {
    /// The value of a parameter, if there is one of that name.
    fn parameter(&mut self, name: &Name) -> Option<(Cell, Type)>;
}

/// Where a column was found.
enum Found {
    Source(RowSource, Type),
    Computed(Expr),
    /// Its formula, its type or its lookup has an error, which has been reported.
    Broken,
}

/// A row expression of a dataset.
pub struct RowValue {
    /// Its value.
    pub lowered: Lowered,
    /// What is wrong with it.
    pub diagnostics: Vec<Diagnostic>,
    /// Whether it needs what is broken, which has been reported.
    pub broken: bool,
}

impl<'a> Bindings<'a> {
    /// Nothing is asked for yet.
    pub fn new(library: &'a Library, datasets: &'a [Arc<dyn Dataset>]) -> Self {
        Self { library, datasets, requests: vec![] }
    }

    /// The datasets at hand.
    pub fn datasets(&self) -> &'a [Arc<dyn Dataset>] {
        self.datasets
    }

    /// The position among all datasets of the one with that name.
    pub fn find(&self, name: &str) -> Option<usize> {
        self.datasets.iter().position(|dataset| **dataset.name() == *name)
    }

    /// The name of the dataset at that position.
    pub fn name(&self, dataset: usize) -> &'a Arc<str> {
        self.datasets[dataset].name()
    }

    /// The columns of the dataset at that position.
    pub fn schema(&self, dataset: usize) -> &'a Schema {
        self.datasets[dataset].schema()
    }

    /// The position among the requested datasets, requesting it where it is new.
    pub fn request(&mut self, dataset: usize) -> usize {
        if let Some(at) = self.requests.iter().position(|request| request.dataset == dataset) {
            return at;
        }
        let (program, slots, known, computed) = Default::default();
        self.requests.push(Request { dataset, program, slots, known, computed });
        self.requests.len() - 1
    }

    /// The declaration of the dataset at that position, where definitions have one.
    pub(super) fn definition(&self, dataset: usize) -> Option<&'a DatasetDefinition> {
        self.library.datasets().get(self.name(dataset))
    }

    /// Whether the declaration of the dataset at that position is broken, which has been reported.
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

    /// Why nothing of the dataset at that position can be read, where that is so.
    pub fn unreadable(&self, dataset: usize) -> Option<&'a [Diagnostic]> {
        self.datasets[dataset].unreadable()
    }

    /// Why some datasets cannot be read, any of which may have what no other has.
    pub fn all_unreadable(&self) -> Vec<Diagnostic> {
        self.datasets.iter().filter_map(|dataset| dataset.unreadable()).flatten().cloned().collect()
    }

    /// Whether a dataset has a column of that name, of its own or computed. Of one that cannot be read, what definitions
    /// say of it counts.
    pub fn has_own_column(&self, dataset: usize, name: &str) -> bool {
        let declares = |definition: &DatasetDefinition| {
            definition.computed.contains_key(name)
                || (self.unreadable(dataset).is_some() && definition.types.contains_key(name))
        };
        self.schema(dataset).find(name).is_some() || self.definition(dataset).is_some_and(declares)
    }

    /// Whether a dataset knows a column of that name, lookups included.
    pub fn has_column(&self, dataset: usize, name: &str) -> bool {
        self.has_own_column(dataset, name) || !self.lookups_with(dataset, name).is_empty()
    }

    /// All column names of all datasets, for suggestions.
    pub fn column_names(&self) -> impl Iterator<Item = &'a str> {
        let computed = self.library.datasets().values().flat_map(|dataset| dataset.computed.keys());
        let stored = self.datasets.iter().flat_map(|dataset| dataset.schema().columns.keys());
        stored.chain(computed).map(|name| &**name)
    }

    /// Where a column comes from, as seen from a dataset; None where it has none of that name.
    fn column(&self, dataset: usize, path: &Path) -> Result<Option<Found>, Diagnostic> {
        let name = &path.name.text;
        if let Some(qualifier) = path.qualifier.as_ref().filter(|qualifier| *qualifier.text != **self.name(dataset)) {
            let lookup = self.lookups(dataset).find(|lookup| lookup.to.dataset.text == qualifier.text);
            return lookup.map_or(Ok(None), |lookup| self.looked_up(&lookup, name));
        }
        if self.is_broken_column(dataset, name) {
            return Ok(Some(Found::Broken));
        }
        if let Some((_, formula)) = self.definition(dataset).and_then(|definition| definition.computed.get(name)) {
            return Ok(Some(Found::Computed(formula.clone())));
        }
        if let Some(column) = self.schema(dataset).find(name) {
            return Ok(Some(Found::Source(RowSource::Column(column), self.column_type(dataset, column))));
        }
        match &self.lookups_with(dataset, name)[..] {
            _ if path.qualifier.is_some() => Ok(None),
            [] if self.lookups(dataset).any(|lookup| lookup.to.broken) => Ok(Some(Found::Broken)),
            [] => self.unreadable_lookup(dataset).map_or(Ok(None), Err),
            [lookup] => self.looked_up(lookup, name),
            several => Err(self.through_several(dataset, path, several)),
        }
    }

    fn looked_up(&self, lookup: &Lookup, name: &str) -> Result<Option<Found>, Diagnostic> {
        if lookup.to.broken || self.is_broken_column(lookup.other, name) {
            return Ok(Some(Found::Broken));
        }
        let source = self.through(lookup, name)?;
        Ok(source.map(|(source, column)| Found::Source(source, self.column_type(lookup.other, column))))
    }

    /// What definitions say of a column, else what the data say.
    fn column_type(&self, dataset: usize, column: ColumnId) -> Type {
        let schema = self.schema(dataset);
        let declared = self.definition(dataset).and_then(|definition| definition.types.get(schema.name(column)));
        if let Some(Ok(ty)) = declared.map(|(_, unit)| self.library.units().resolve(unit)) {
            return ty;
        }
        match schema.column(column).ty {
            // An undeclared number is of unknown unit: whoever writes no units gets no unit errors.
            ColumnType::Number | ColumnType::Unknown => Type::Unknown,
            ColumnType::Text => Type::Text,
            ColumnType::Date | ColumnType::Month => Type::Date,
            ColumnType::Boolean => Type::Boolean,
        }
    }

    /// The time column of a dataset.
    ///
    /// # Errors
    /// Two date columns, neither of which is declared to be the time.
    pub fn time(&self, dataset: usize) -> Result<Option<ColumnId>, Diagnostic> {
        let schema = self.schema(dataset);
        if schema.time.is_some() {
            return Ok(schema.time);
        }
        let dates: Vec<&str> = schema.dates().map(|column| &**schema.name(column)).collect();
        match dates[..] {
            [] | [_] => Ok(schema.dates().next()),
            [first, ..] => {
                let name = self.name(dataset);
                let listed = dates.iter().map(|date| format!("`{date}`")).collect::<Vec<_>>().join(", ");
                Err(Diagnostic::error(Code::Ambiguous, format!("the time of `{name}` could be any of {listed}"))
                    .hint(format!("say which: `dataset {name} {{ time {first} }}`")))
            }
        }
    }

    /// Where a grouping column comes from in a requested dataset; None where that has none of the name.
    ///
    /// # Errors
    /// What is wrong with the column; nothing where that has been reported.
    pub fn group_column(
        &mut self,
        request: usize,
        path: &Path,
        parameters: &mut dyn Parameters,
    ) -> Result<Option<GroupColumn>, Vec<Diagnostic>> {
        let dataset = self.requests[request].dataset;
        match self.column(dataset, path) {
            Err(problem) => Err(vec![problem]),
            Ok(None) => Ok(None),
            Ok(Some(Found::Broken)) => Err(vec![]),
            Ok(Some(Found::Source(source, _))) => Ok(Some(GroupColumn::Source(source))),
            Ok(Some(Found::Computed(formula))) => {
                let RowValue { lowered, diagnostics, broken } = self.row(request, &formula, parameters);
                match broken || diagnostics.iter().any(Diagnostic::is_error) {
                    true => Err(diagnostics),
                    false => Ok(Some(GroupColumn::Computed(lowered.node))),
                }
            }
        }
    }

    /// Lowers a row expression of a requested dataset.
    pub fn row(&mut self, request: usize, expr: &Expr, parameters: &mut dyn Parameters) -> RowValue {
        let mut row = Row { bindings: self, request, parameters, diagnostics: vec![], broken: false, open: vec![] };
        let lowered = match expression::lower(&mut row, expr) {
            Ok(lowered) => lowered,
            Err(_) => unreachable!("row expressions contain no definitions, so nothing suspends them"),
        };
        RowValue { lowered, diagnostics: row.diagnostics, broken: row.broken }
    }

    /// Whether a node of a request is a column of numbers.
    pub fn is_number_column(&self, request: usize, node: NodeId) -> bool {
        let request = &self.requests[request];
        let Node::Slot(slot) = *request.program.node(node) else { return false };
        let (dataset, column) = match request.slots[slot as usize] {
            RowSource::Column(column) => (request.dataset, column),
            RowSource::Lookup { dataset, column, .. } => (dataset, column),
        };
        self.schema(dataset).column(column).ty == ColumnType::Number
    }

    /// The requests, to be filled in with time, groups and filters.
    pub fn finish(self) -> Vec<DatasetRequest> {
        let request = |Request { dataset, program, slots, .. }| DatasetRequest {
            dataset,
            program,
            slots,
            time: None,
            by: vec![],
            filters: vec![],
            skipped: false,
        };
        self.requests.into_iter().map(request).collect()
    }

    /// The dataset behind each request so far.
    pub fn requested(&self) -> Vec<usize> {
        self.requests.iter().map(|request| request.dataset).collect()
    }

    fn slot(&mut self, request: usize, source: RowSource) -> Node {
        let request = &mut self.requests[request];
        let next = request.slots.len() as u32;
        let slot = *request.known.entry(source.clone()).or_insert(next);
        if slot == next {
            request.slots.push(source);
        }
        Node::Slot(slot)
    }

    /// A column that is not there, or a lookup whose key is not.
    fn unknown_column(&self, dataset: usize, path: &Path) -> Diagnostic {
        let behind = path.qualifier.as_ref().filter(|qualifier| *qualifier.text != **self.name(dataset));
        let lookup = behind.and_then(|name| self.lookups(dataset).find(|lookup| lookup.to.dataset.text == name.text));
        let Some(Lookup { other, to, .. }) = lookup else { return self.not_in(dataset, path) };
        for (dataset, key) in [(dataset, &to.key), (other, &to.other_key)] {
            if self.schema(dataset).find(&key.text).is_none() {
                return self.not_in(dataset, &Path { qualifier: None, name: key.clone(), span: key.span });
            }
        }
        self.not_in(other, path)
    }

    fn not_in(&self, dataset: usize, path: &Path) -> Diagnostic {
        let name = self.name(dataset);
        let computed = self.definition(dataset).into_iter().flat_map(|definition| definition.computed.keys());
        let known = self.schema(dataset).columns.keys().chain(computed).map(|name| &**name);
        let wanted = &path.name.text;
        let problem =
            Diagnostic::error(Code::UnknownColumn, format!("`{name}` has no column `{wanted}`")).at(path.span);
        suggest(problem, &path.name, known.clone()).hint(format!("it has {}", listed(known)))
    }
}

/// Names in backticks; of many, the first twelve.
pub fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    match names.len() {
        0 => "no columns".to_owned(),
        1..=12 => names.join(", "),
        more => format!("{} and {} more", names[..12].join(", "), more - 12),
    }
}

/// A row expression of one dataset.
struct Row<'r, 'a> {
    bindings: &'r mut Bindings<'a>,
    request: usize,
    parameters: &'r mut dyn Parameters,
    diagnostics: Vec<Diagnostic>,
    broken: bool,
    /// The computed columns around the expression.
    open: Vec<Arc<str>>,
}

impl Row<'_, '_> {
    fn computed(&mut self, formula: &Expr, path: &Path) -> Lowering {
        let name = &path.name.text;
        if let Some(known) = self.bindings.requests[self.request].computed.get(name) {
            return Ok(known.clone());
        }
        if self.open.contains(name) {
            // Compiling has reported the circle; here it must only end.
            return Ok(broken(self));
        }
        if self.open.len() == MAX_COMPUTED_DEPTH {
            let message = format!("computed columns use each other more than {MAX_COMPUTED_DEPTH} deep");
            self.report(Diagnostic::error(Code::TooLarge, message).at(path.span));
            return Ok(broken(self));
        }
        self.open.push(name.clone());
        let lowered = expression::lower(self, formula)?;
        self.open.pop();
        self.bindings.requests[self.request].computed.insert(name.clone(), lowered.clone());
        Ok(lowered)
    }

    fn misplaced(&mut self, what: &str, span: Span) -> Lowering {
        self.report(Diagnostic::error(Code::Misplaced, format!("{what} stands where rows are read")).at(span));
        Ok(broken(self))
    }
}

impl Level for Row<'_, '_> {
    fn program(&mut self) -> &mut Program {
        &mut self.bindings.requests[self.request].program
    }

    fn units(&self) -> &UnitNames {
        self.bindings.library.units()
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    fn path(&mut self, path: &Path) -> Lowering {
        if path.qualifier.is_none()
            && let Some((value, ty)) = self.parameters.parameter(&path.name)
        {
            let node = match value {
                Ok(value) => Node::Constant(value),
                Err(cause) => Node::Undefined(cause),
            };
            return Ok(Lowered { node: self.program().add(node), ty });
        }
        let dataset = self.bindings.requests[self.request].dataset;
        match self.bindings.column(dataset, path) {
            Ok(Some(Found::Broken)) => {
                self.broken = true;
                Ok(broken(self))
            }
            Ok(Some(Found::Computed(formula))) => self.computed(&formula, path),
            Ok(Some(Found::Source(source, ty))) => {
                let node = self.bindings.slot(self.request, source);
                Ok(Lowered { node: self.program().add(node), ty })
            }
            Ok(None) => {
                let problem = self.bindings.unknown_column(dataset, path);
                self.report(problem);
                Ok(broken(self))
            }
            Err(problem) => {
                self.report(problem);
                Ok(broken(self))
            }
        }
    }

    fn call(&mut self, call: &Call, _: Span) -> Lowering {
        self.misplaced(&format!("`{}`", call.function.text), call.function.span)
    }

    fn context(&mut self, _: &Expr, _: &[ContextClause], span: Span) -> Lowering {
        self.misplaced("a context", span)
    }

    fn is_own(&self, _: &Call) -> bool {
        false
    }

    fn is_number_column(&mut self, node: NodeId) -> bool {
        self.bindings.is_number_column(self.request, node)
    }
}

/// All column paths of a row expression, parameters excepted.
pub fn columns<'e>(expr: &'e Expr, is_parameter: &dyn Fn(&str) -> bool, found: &mut Vec<&'e Path>) {
    if let ExprKind::Path(path) = &*expr.kind
        && (path.qualifier.is_some() || !is_parameter(&path.name.text))
    {
        found.push(path);
    }
    expr.each_child(&mut |child| columns(child, is_parameter, found));
}
