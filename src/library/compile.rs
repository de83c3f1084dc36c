//! Turns syntax trees into a library: collects items, resolves names, orders and checks definitions.

mod implicit;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, PoisonError};

use indexmap::IndexMap;

use super::clause;
use super::table::TableDefinition;
use super::types::check;
use super::types::units::UnitNames;
use super::validity;
use super::{
    Card, Compiled, DatasetDefinition, Definition, Function, Layer, Library, LookupDefinition, References,
    TestDefinition, base_name, broken, card, examples, graph, report, resolve, scenario, spellings, unshared,
};
use crate::budget::{Budget, Charge};
use crate::builtin;
use crate::data::{Calendar, ColumnType, Declaration};
use crate::diagnostic::{Code, Diagnostic, is_probable_typo};
use crate::source::{SourceMap, Span};
use crate::syntax::ast::{self, DatasetOptionKind, DefinitionKind, ExprKind, ItemKind, Name};
use crate::value::unit::{Currency, Type};
use implicit::Implicit;

/// Compiles files on top of a base. Returns the library without its broken items, and all problems.
pub(super) fn compile(
    base: Option<Library>,
    sources: SourceMap,
    files: &[ast::File],
    strict: bool,
    diagnostics: &mut Vec<Diagnostic>,
    budget: &Budget,
) -> Result<Library, Diagnostic> {
    let mut units = base.as_ref().map_or_else(UnitNames::lenient, |base| base.units.clone());
    if files.iter().any(check::writes_units) {
        units.be_strict();
    }
    let mut compiler = Compiler::new(base, sources, units, std::mem::take(diagnostics), budget);
    files.iter().flat_map(|file| &file.items).for_each(|item| compiler.units(item));
    compiler.price();
    files.iter().flat_map(|file| &file.broken).for_each(|item| compiler.library.compiling().broken.add(item));
    for item in files.iter().flat_map(|file| &file.items) {
        compiler.item(item);
        compiler.count(1)?;
    }
    compiler.library.compiling().inherit();
    compiler.compiled(strict)?;
    examples::check(&compiler.library, &|name| compiler.library.broken.names(name), &mut compiler.diagnostics);
    scenario::check(&compiler.library, &|name| compiler.library.broken.names(name), &mut compiler.diagnostics);
    report::check(&compiler.library, &|name| compiler.library.broken.names(name), &mut compiler.diagnostics);
    once_each_place(&mut compiler.diagnostics);
    broken::mark(&mut compiler.library, &compiler.diagnostics);
    *diagnostics = compiler.diagnostics;
    Ok(compiler.library)
}

/// Returns a library with a currency for `money`. All libraries on top of it that declare this currency share it.
fn priced(base: &Library, currency: Currency, units: &UnitNames) -> Library {
    let mut known = base.priced.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(library) = known.get(&currency).and_then(std::sync::Weak::upgrade) {
        return Library(library);
    }
    let unlimited = Budget::unlimited();
    let mut compiler = Compiler::new(Some(base.clone()), base.sources.clone(), units.clone(), vec![], &unlimited);
    compiler.library.compiling().inherit_all();
    compiler.compiled(false).expect("nothing stops it");
    broken::mark(&mut compiler.library, &compiler.diagnostics);
    let Compiler { mut library, diagnostics, .. } = compiler;
    library.compiling().diagnostics = diagnostics.into_iter().filter(Diagnostic::is_error).collect();
    known.insert(currency, Arc::downgrade(&library.0));
    library
}

/// Returns a library without items, with the texts of a library that could not be compiled within its limits.
pub(super) fn empty(sources: SourceMap) -> Library {
    Compiler::new(None, sources, UnitNames::lenient(), vec![], &Budget::unlimited()).library
}

/// Collects the items of a file in source order without resolving them, for tests of later stages.
#[cfg(test)]
pub(super) fn collected(sources: SourceMap, file: &ast::File, lenient: bool) -> (Library, Vec<Diagnostic>) {
    let budget = &Budget::unlimited();
    let mut compiler =
        Compiler::new(None, sources, if lenient { UnitNames::lenient() } else { UnitNames::default() }, vec![], budget);
    file.items.iter().for_each(|item| compiler.units(item));
    file.items.iter().for_each(|item| compiler.item(item));
    let order = compiler.library.ids().collect();
    compiler.library.compiling().order = order;
    (compiler.library, compiler.diagnostics)
}

/// Keeps one error for each place: the others follow from it.
fn once_each_place(diagnostics: &mut Vec<Diagnostic>) {
    let mut seen = HashSet::new();
    diagnostics.retain(|problem| match problem.labels.first() {
        Some(label) if problem.is_error() => seen.insert(label.span),
        _ => true,
    });
}

struct Compiler {
    library: Library,
    diagnostics: Vec<Diagnostic>,
    calendar: Option<Span>,
    /// The definitions that replace one of the base, each with the type that the base declares.
    replaced: Vec<(Name, ast::UnitExpr)>,
    budget: Budget,
    /// The memory of the problems.
    problems: Charge,
}

/// The memory of a problem with its message, places and hints.
const PROBLEM_BYTES: usize = 600;

impl Compiler {
    fn new(
        base: Option<Library>,
        sources: SourceMap,
        units: UnitNames,
        diagnostics: Vec<Diagnostic>,
        budget: &Budget,
    ) -> Self {
        let library = Library(Arc::new(Compiled {
            sources,
            definitions: Arc::new(Layer::over(base.as_ref().map(|base| &base.definitions))),
            functions: Arc::new(Layer::over(base.as_ref().map(|base| &base.functions))),
            datasets: Arc::new(Layer::over(base.as_ref().map(|base| &base.datasets))),
            tests: vec![],
            scenarios: vec![],
            reports: vec![],
            calendar: base.as_ref().map_or_else(Calendar::default, |base| base.calendar),
            units,
            order: vec![],
            borrowed: base.as_ref().map_or_else(Vec::new, |base| base.borrowed.clone()),
            diagnostics: vec![],
            broken: base.as_ref().map(|base| base.broken.clone()).unwrap_or_default(),
            inferred: Default::default(),
            spellings: Default::default(),
            mentions: Default::default(),
            with_column: Default::default(),
            priced: Default::default(),
            base,
        }));
        let (budget, problems) = (budget.clone(), budget.charge());
        Self { library, diagnostics, calendar: None, replaced: vec![], budget, problems }
    }

    /// Counts steps, and the memory of the problems found so far.
    ///
    /// # Errors
    /// The limit that was reached.
    fn count(&mut self, steps: usize) -> Result<(), Diagnostic> {
        self.budget.spend(steps, "compiling definitions")?;
        self.problems.resize(self.diagnostics.len() * PROBLEM_BYTES, "the problems of the definitions")
    }

    /// Resolves, orders and types what has been collected.
    fn compiled(&mut self, strict: bool) -> Result<(), Diagnostic> {
        self.resolve(strict)?;
        self.order();
        self.check()
    }

    // ── collecting ───────────────────────────────────────────────────────────

    /// Declares a currency or unit, before the types of other items need it.
    fn units(&mut self, item: &ast::Item) {
        let compiled = self.library.compiling();
        let declared = match &item.kind {
            ItemKind::Currency(name) => compiled.units.declare_currency(name),
            ItemKind::Unit(name) => compiled.units.declare_unit(name),
            _ => return,
        };
        compiled.broken.currency |= declared.is_err() && matches!(item.kind, ItemKind::Currency(_));
        self.diagnostics.extend(declared.err());
    }

    /// Uses the base with the declared currency, if the base declares none.
    fn price(&mut self) {
        let Some(base) = &self.library.base else { return };
        let Some(currency) = self.library.units.currency().filter(|_| base.units.currency().is_none()) else { return };
        let base = priced(base, currency, &self.library.units);
        self.diagnostics.extend(base.diagnostics.iter().cloned());
        let sources = self.library.sources.clone();
        let units = self.library.units.clone();
        let broken_currency = self.library.broken.currency;
        let diagnostics = std::mem::take(&mut self.diagnostics);
        let budget = self.budget.clone();
        *self = Self::new(Some(base), sources, units, diagnostics, &budget);
        self.library.compiling().broken.currency |= broken_currency;
    }

    fn item(&mut self, item: &ast::Item) {
        match &item.kind {
            ItemKind::Definition(definition) => self.definition(definition, item.span),
            ItemKind::Function(function) => self.function(function, item.span),
            ItemKind::Dataset(dataset) => self.dataset(dataset, item.span),
            ItemKind::Test(test) => {
                let standard = item.span.file.is_standard();
                self.library.compiling().tests.push(TestDefinition { test: test.clone(), span: item.span, standard });
            }
            ItemKind::Scenario(scenario) => {
                let known = &mut self.library.compiling().scenarios;
                self.diagnostics.extend(scenario::declare(known, scenario, item.span));
            }
            ItemKind::Report(report) => {
                let known = &mut self.library.compiling().reports;
                self.diagnostics.extend(report::declare(known, report, item.span));
            }
            ItemKind::Calendar(calendar) => self.calendar(calendar, item.span),
            ItemKind::Currency(_) | ItemKind::Unit(_) => {}
        }
    }

    fn definition(&mut self, definition: &ast::Definition, span: Span) {
        let name = &definition.name;
        if let Some(known) = self.library.definitions.get(&name.text).filter(|_| self.declares(&name.text)) {
            return self.twice("defined", name, &known.name.clone());
        }
        let card = definition.card.as_ref().map(|card| card::read(card, &mut self.diagnostics)).unwrap_or_default();
        let mut definition = Definition {
            kind: definition.kind,
            name: name.clone(),
            annotation: definition.annotation.clone(),
            formula: definition.formula.clone().map(Arc::new),
            card: Arc::new(card),
            span,
            standard: span.file.is_standard(),
            implicit: false,
            broken: false,
            references: Default::default(),
            typed: Default::default(),
        };
        self.replaces(&mut definition);
        self.add(definition);
    }

    fn declares(&self, name: &str) -> bool {
        self.library.definitions.compiles(name)
    }

    /// Handles a definition that replaces one of the base. It must fit the type that the base declares. Without a card it
    /// is the same KPI with another formula, so it keeps the texts of the base.
    fn replaces(&mut self, own: &mut Definition) {
        let Some(hidden) = self.library.definitions.hidden(&own.name.text).filter(|hidden| !hidden.implicit) else {
            return;
        };
        if hidden.card.state.as_deref() == Some("official") {
            own.broken = true;
            self.diagnostics.push(official(&own.name, &hidden.name));
            return;
        }
        self.replaced.extend(hidden.annotation.clone().map(|annotation| (own.name.clone(), annotation)));
        if *own.card == Card::default() {
            own.card = Arc::new(Card::clone(&hidden.card).for_replacement());
        }
        self.diagnostics.push(replaced(&own.name, hidden.standard));
    }

    fn add(&mut self, definition: Definition) {
        unshared(&mut self.library.compiling().definitions).declare(definition.name.text.clone(), definition);
    }

    /// Reports a second definition of a name.
    fn twice(&mut self, what: &str, name: &Name, known: &Name) {
        self.diagnostics.push(
            Diagnostic::error(Code::Duplicate, format!("`{}` is {what} twice", name.text))
                .label(name.span, "again here")
                .label(known.span, format!("first {what} here"))
                .hint("rename one of them"),
        );
    }

    fn function(&mut self, function: &ast::Function, span: Span) {
        let name = &function.name;
        if builtin::is_built_in(&name.text) {
            let message = format!("the built-in function `{}` cannot be redefined", name.text);
            self.diagnostics.push(Diagnostic::error(Code::Reserved, message).at(name.span));
            return;
        }
        if let Some(known) = self.library.functions.get(&name.text) {
            if self.library.functions.compiles(&name.text) {
                return self.twice("defined", name, &known.name.clone());
            }
            let (expected, count) = (known.parameters.len(), function.parameters.len());
            let problem = (count != expected).then(|| other_parameters(name, count, &known.name, expected));
            self.diagnostics.extend(problem);
            self.diagnostics.push(replaced(name, known.standard));
        }
        let mut parameters: HashMap<&Arc<str>, &Name> = HashMap::new();
        for parameter in &function.parameters {
            match parameters.get(&parameter.text) {
                Some(first) => self.twice("a parameter", parameter, first),
                None => drop(parameters.insert(&parameter.text, parameter)),
            }
        }
        let card = function.card.as_ref().map(|card| card::read(card, &mut self.diagnostics)).unwrap_or_default();
        let function = Function {
            name: name.clone(),
            parameters: function.parameters.clone(),
            annotation: function.annotation.clone(),
            body: Arc::new(function.body.clone()),
            card: Arc::new(card),
            span,
            standard: span.file.is_standard(),
            references: Default::default(),
            broken: false,
        };
        unshared(&mut self.library.compiling().functions).declare(name.text.clone(), function);
    }

    fn dataset(&mut self, dataset: &ast::Dataset, span: Span) {
        let name = &dataset.name;
        if let Some(known) = self.library.datasets.get(&name.text) {
            if self.library.datasets.compiles(&name.text) {
                return self.twice("declared", name, &known.name.clone());
            }
            self.diagnostics.push(replaced(name, false));
        }
        let mut result = DatasetDefinition {
            name: name.clone(),
            path: dataset.path.as_ref().map(|path| (path.text.clone(), path.span)),
            table: None,
            declaration: Declaration::default(),
            types: IndexMap::new(),
            computed: IndexMap::new(),
            tests: vec![],
            declared: HashMap::new(),
            validity: None,
            time: None,
            lookups: vec![],
            broken_columns: HashSet::new(),
            typed: HashMap::new(),
            broken: false,
            span,
        };
        for option in &dataset.options {
            self.dataset_option(&mut result, option);
        }
        validity::place_time(&mut result);
        if let Some(table) = &dataset.table {
            let table = TableDefinition::of(table, &result.declaration.formatting);
            result.broken |= table.is_err();
            result.table = table.map_err(|problem| self.diagnostics.push(problem)).ok();
        }
        let names_sheet = |path: &str| [".xlsx#", ".xlsm#"].iter().any(|mark| path.to_ascii_lowercase().contains(mark));
        let sheet = result.declaration.formatting.sheet.is_some();
        if let Some((_, span)) = result.path.as_ref().filter(|(path, _)| sheet && names_sheet(path)) {
            self.bad_option("the sheet is given twice: after the file and by `sheet`", *span, "keep one of them");
        }
        unshared(&mut self.library.compiling().datasets).declare(name.text.clone(), result);
    }

    /// `expect unique order_id`
    fn row_test(&mut self, dataset: &mut DatasetDefinition, test: &ast::RowTest) {
        if dataset.tests.len() == MAX_ROW_TESTS {
            let message = format!("a dataset has at most {MAX_ROW_TESTS} tests");
            self.diagnostics.push(Diagnostic::error(Code::TooLarge, message).at(test.span));
        }
        if dataset.tests.len() < MAX_ROW_TESTS {
            dataset.tests.push(test.clone());
        }
    }

    fn dataset_option(&mut self, dataset: &mut DatasetDefinition, option: &ast::DatasetOption) {
        match &option.kind {
            DatasetOptionKind::Time(path) => self.diagnostics.extend(validity::set_time(dataset, path, option.span)),
            DatasetOptionKind::Valid(valid) => {
                self.diagnostics.extend(validity::set(dataset, valid, option.span));
            }
            DatasetOptionKind::ColumnType { column, unit } => {
                if let Some((first, _)) = dataset.types.get(&column.text) {
                    let first = first.clone();
                    return self.twice("typed", column, &first);
                }
                let unit = own_currency(unit, &dataset.name);
                dataset.types.insert(column.text.clone(), (column.clone(), unit));
            }
            DatasetOptionKind::Computed { column, annotation, formula } => {
                if let Some((first, _)) = dataset.computed.get(&column.text) {
                    let first = first.clone();
                    return self.twice("computed", column, &first);
                }
                if let ("time", ExprKind::Path(path)) = (&*column.text, &*formula.kind) {
                    let message = "this declares a computed column called `time`, not the time column";
                    let hint = format!("write `time {}`", crate::syntax::spelled(&path.name.text));
                    self.diagnostics.push(Diagnostic::warning(Code::Lint, message).at(option.span).hint(hint));
                }
                let declared = annotation.as_ref().map(|unit| own_currency(unit, &dataset.name));
                dataset.declared.extend(declared.map(|unit| (column.text.clone(), unit)));
                dataset.computed.insert(column.text.clone(), (column.clone(), formula.clone()));
            }
            DatasetOptionKind::Lookup(lookup) => self.lookup(dataset, lookup, option.span),
            DatasetOptionKind::RowTest(test) => self.row_test(dataset, test),
            DatasetOptionKind::Header { row } => {
                let taken = dataset.declaration.formatting.set_header(row.as_deref(), option.span);
                self.diagnostics.extend(taken.err());
            }
            DatasetOptionKind::SkipLast { rows } => {
                let taken = dataset.declaration.formatting.set_skip_last(rows, option.span);
                self.diagnostics.extend(taken.err());
            }
            DatasetOptionKind::Setting { keyword, value } => {
                let formatting = &mut dataset.declaration.formatting;
                let taken = formatting.set((&keyword.text, keyword.span), (&value.text, value.span));
                self.diagnostics.extend(taken.err());
            }
        }
    }

    fn lookup(&mut self, dataset: &mut DatasetDefinition, lookup: &ast::Lookup, span: Span) {
        let name = lookup.name.as_ref().unwrap_or(&lookup.dataset);
        if let Some(first) = dataset.lookups.iter().find(|known| known.name.text == name.text) {
            self.diagnostics.push(looked_up_twice(name, lookup, first.name.span));
        }
        if let Some(within) = lookup.time.as_ref().and_then(|time| time.within.as_ref()) {
            self.diagnostics.extend(clause::reach(within).err());
        }
        let key = |key: &ast::LookupKey| (key.here.clone(), key.there.as_ref().unwrap_or(&key.here).clone());
        dataset.lookups.push(LookupDefinition {
            name: name.clone(),
            dataset: lookup.dataset.clone(),
            keys: lookup.keys.iter().map(key).collect(),
            time: lookup.time.clone(),
            span,
            broken: false,
        });
    }

    fn bad_option(&mut self, message: &str, span: Span, hint: &str) {
        self.diagnostics.push(Diagnostic::error(Code::BadProperty, message).at(span).hint(hint));
    }

    fn calendar(&mut self, calendar: &ast::Calendar, span: Span) {
        if let Some(first) = self.calendar {
            self.library.compiling().broken.calendar = true;
            self.diagnostics.push(
                Diagnostic::error(Code::Duplicate, "the calendar is defined twice")
                    .label(span, "again here")
                    .label(first, "first defined here"),
            );
            return;
        }
        self.calendar = Some(span);
        let repeated = calendar.year_starts.get(1).or(calendar.weeks_start.get(1));
        let mut problem = repeated.map(|name| {
            Diagnostic::error(Code::Duplicate, "a calendar has one start of years and one of weeks").at(name.span)
        });
        let mut found = Calendar::default();
        if let Some(name) = calendar.year_starts.first() {
            match position(&MONTHS, name) {
                Some(month) => found.year_starts = month,
                None => problem = Some(unknown("month", name, &MONTHS, "calendar { year starts april }")),
            }
        }
        if let Some(name) = calendar.weeks_start.first() {
            match position(&WEEKDAYS, name) {
                Some(day) => found.week_starts = day,
                None => problem = Some(unknown("day", name, &WEEKDAYS, "calendar { weeks start sunday }")),
            }
        }
        match problem {
            None => {
                let compiled = self.library.compiling();
                compiled.calendar = found;
                compiled.units.set_calendar(found);
            }
            Some(problem) => {
                self.library.compiling().broken.calendar = true;
                self.diagnostics.push(problem);
            }
        }
    }

    // ── resolving ────────────────────────────────────────────────────────────

    fn resolve(&mut self, strict: bool) -> Result<(), Diagnostic> {
        let (mut definitions, mut functions) = (vec![], vec![]);
        let library = self.library.clone();
        for definition in library.definitions.compiled() {
            definitions.push(definition_references(definition, &library, &mut self.diagnostics));
            self.count(definition.formula.as_ref().map_or(1, |formula| formula.walk().count()))?;
        }
        for function in library.functions.compiled() {
            functions.push(resolve::formula(&function.body, &function.parameters, &library, &mut self.diagnostics));
            self.count(function.body.walk().count())?;
        }
        drop(library);
        let compiled = self.library.compiling();
        for (definition, references) in unshared(&mut compiled.definitions).compiled_mut().zip(definitions) {
            definition.references = references;
        }
        for (function, references) in unshared(&mut compiled.functions).compiled_mut().zip(functions) {
            function.references = references;
        }
        self.resolve_datasets();
        self.dataset_slips();
        Implicit { compiler: self, left: spellings::MAX_COMPARISONS, strict, seen: HashSet::new() }.run()
    }

    fn resolve_datasets(&mut self) {
        for dataset in self.library.datasets.compiled() {
            for (_, formula) in dataset.computed.values() {
                resolve::computed(formula, dataset, &self.library, &mut self.diagnostics);
            }
            for time in dataset.time.iter().map(super::inner::column) {
                resolve::row(&time, &self.library, &mut self.diagnostics);
            }
            for condition in dataset.tests.iter().filter_map(ast::RowTest::condition) {
                resolve::row(condition, &self.library, &mut self.diagnostics);
            }
            for lookup in &dataset.lookups {
                self.diagnostics.extend(misnamed_lookup(&self.library, dataset, lookup));
                self.diagnostics.extend(validity::misused_by_lookup(&self.library, lookup));
            }
        }
        self.diagnostics.extend(graph::computed_circle(&self.library));
    }

    /// Reports undeclared datasets that look like typos of declared ones. Other undeclared datasets come with the data.
    fn dataset_slips(&mut self) {
        let library = &self.library;
        let definitions = library.definitions.declared().map(|definition| &definition.references);
        let references = definitions.chain(library.functions.declared().map(|function| &function.references));
        let lookups = library.datasets.declared().flat_map(|dataset| &dataset.lookups).map(|lookup| &lookup.dataset);
        let mut seen = HashSet::new();
        let mut left = spellings::MAX_COMPARISONS;
        let other_names: HashSet<&Arc<str>> = library
            .datasets
            .declared()
            .flat_map(|dataset| &dataset.lookups)
            .filter(|lookup| lookup.name.text != lookup.dataset.text)
            .map(|lookup| &lookup.name.text)
            .collect();
        for name in references.flat_map(|references| &references.datasets).chain(lookups) {
            let known = library.datasets.contains(&name.text) || other_names.contains(&name.text);
            if known || !seen.insert(&name.text) {
                continue;
            }
            let mut near = library.datasets.names().take(left / (1 + name.text.len()));
            left = left.saturating_sub(library.datasets.names().count() * (1 + name.text.len()));
            if let Some(known) = near.find(|known| is_probable_typo(&name.text, known)) {
                let message = format!("unknown dataset `{}`", name.text);
                let hint = format!("did you mean `{known}`?");
                self.diagnostics.push(
                    Diagnostic::error(Code::UnknownDataset, message).at(name.span).hint(hint).fix(name.span, &**known),
                );
            }
        }
    }

    fn order(&mut self) {
        let graph::Order { definitions, circular } = graph::order(&self.library, &mut self.diagnostics);
        let compiled = self.library.compiling();
        compiled.order = definitions;
        for name in circular {
            match name {
                graph::Node::Definition(name) => {
                    let definition = unshared(&mut compiled.definitions).own_mut(&name);
                    definition.into_iter().for_each(|definition| definition.broken = true);
                }
                graph::Node::Function(name) => {
                    let function = unshared(&mut compiled.functions).own_mut(&name);
                    function.into_iter().for_each(|function| function.broken = true);
                }
            }
        }
    }

    /// Types everything: columns and functions first, then definitions in order, then cards.
    fn check(&mut self) -> Result<(), Diagnostic> {
        let mut checked = check::library(&self.library, &self.replaced, &self.budget)?;
        let compiled = self.library.compiling();
        for definition in unshared(&mut compiled.definitions).compiled_mut() {
            definition.typed = checked.types.swap_remove(&definition.name.text).unwrap_or_default();
        }
        for ((dataset, column), typed) in checked.columns {
            let dataset = unshared(&mut compiled.datasets).own_mut(&dataset);
            dataset.into_iter().for_each(|dataset| drop(dataset.typed.insert(column.clone(), typed.clone())));
        }
        self.diagnostics.extend(checked.diagnostics);
        self.column_types();
        self.count(0)
    }

    /// Passes the types of declared columns on to the readers.
    fn column_types(&mut self) {
        let Compiled { datasets, units, calendar, .. } = self.library.compiling();
        for dataset in unshared(datasets).compiled_mut() {
            dataset.declaration.calendar = *calendar;
            for (name, (_, unit)) in &dataset.types {
                let ty = match units.resolve(unit) {
                    Ok(Type::Text) => ColumnType::Text,
                    Ok(Type::Boolean) => ColumnType::Boolean,
                    Ok(Type::Date) => ColumnType::Date,
                    _ => ColumnType::Number,
                };
                dataset.declaration.types.insert(name.clone(), ty);
                let currency = unit.column.as_ref().filter(|column| column.qualifier.is_none());
                if let Some(currency) = currency.filter(|column| !dataset.computed.contains_key(&column.name.text)) {
                    dataset.declaration.currencies.insert(name.clone(), currency.name.text.clone());
                }
            }
        }
    }
}

/// The maximum number of tests of the rows of a dataset.
const MAX_ROW_TESTS: usize = 100;

/// The type without the qualifier of a currency column of the dataset itself.
fn own_currency(unit: &ast::UnitExpr, dataset: &Name) -> ast::UnitExpr {
    let mut unit = unit.clone();
    let column = unit.column.as_mut();
    let qualifier = column.map(|column| &mut column.qualifier);
    if let Some(qualifier) = qualifier.filter(|it| it.as_ref().is_some_and(|name| name.text == dataset.text)) {
        *qualifier = None;
    }
    unit
}

fn definition_references(definition: &Definition, library: &Library, diagnostics: &mut Vec<Diagnostic>) -> References {
    match (&definition.formula, definition.kind) {
        (None, _) => References::default(),
        (Some(formula), DefinitionKind::Param) => resolve::constant(formula, library, diagnostics),
        (Some(formula), _) => resolve::formula(formula, &[], library, diagnostics),
    }
}

fn replaced(name: &Name, standard: bool) -> Diagnostic {
    let base = base_name(standard);
    Diagnostic::note(Code::Replaced, format!("`{}` replaces {base}'s definition", name.text)).at(name.span)
}

fn official(name: &Name, official: &Name) -> Diagnostic {
    Diagnostic::error(Code::BadReplacement, format!("`{}` is official and cannot be replaced", name.text))
        .label(name.span, "defined again here")
        .label(official.span, "the official definition")
        .hint("give yours another name")
}

/// Reports a second lookup of the same name, which would make its columns ambiguous.
fn looked_up_twice(name: &Name, lookup: &ast::Lookup, first: Span) -> Diagnostic {
    let other = &lookup.dataset.text;
    Diagnostic::error(Code::Duplicate, format!("`{}` is looked up twice", name.text))
        .label(name.span, "again here")
        .label(first, "first looked up here")
        .hint(format!("give one of them another name: `lookup other_{other} = {other} on …`"))
}

/// Reports a lookup whose name is that of its own dataset or of another one.
fn misnamed_lookup(library: &Library, dataset: &DatasetDefinition, lookup: &LookupDefinition) -> Option<Diagnostic> {
    let (name, other) = (&lookup.name.text, &lookup.dataset.text);
    if *name == dataset.name.text {
        let message = format!("the dataset `{name}` has a lookup to itself");
        let problem = Diagnostic::error(Code::Cycle, message).at(lookup.name.span);
        return Some(problem.hint(format!("give it another name: `lookup other_{other} = {other} on …`")));
    }
    (name != other && library.datasets.contains(name)).then(|| {
        Diagnostic::error(Code::Duplicate, format!("the lookup `{name}` has the name of a dataset"))
            .at(lookup.name.span)
            .hint(format!("give it another name: `lookup other_{other} = {other} on …`"))
    })
}

const WEEKDAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// The position of a name in a list, from 1.
fn position(names: &[&str], name: &Name) -> Option<u8> {
    (1..).zip(names).find(|(_, known)| known.eq_ignore_ascii_case(&name.text)).map(|(at, _)| at)
}

/// Reports a month or a day that is not written with its English name.
fn unknown(what: &str, name: &Name, names: &[&'static str], example: &str) -> Diagnostic {
    Diagnostic::error(Code::BadProperty, format!("unknown {what} `{}`", name.text))
        .at(name.span)
        .suggest(name.span, &name.text, names.iter().copied())
        .hint(format!("write the English name of the {what}: `{example}`"))
}

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

fn other_parameters(name: &Name, count: usize, standard: &Name, expected: usize) -> Diagnostic {
    let parameters = |count: usize| format!("{count} parameter{}", if count == 1 { "" } else { "s" });
    let (found, expected) = (parameters(count), parameters(expected));
    let base = base_name(standard.span.file.is_standard());
    let message = format!("`{}` has {expected} in {base}, its replacement has {found}", name.text);
    Diagnostic::error(Code::BadReplacement, message)
        .label(name.span, format!("replaced by one with {found}"))
        .label(standard.span, format!("the library's has {expected}"))
        .hint("formulas of the library call it: use the same parameters, or another name")
}
