//! Turns syntax trees into a library: collects items, resolves names, orders and checks definitions.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use indexmap::IndexMap;

use super::spellings::Spellings;
use super::types::check;
use super::types::units::UnitNames;
use super::{
    BrokenItems, Card, Compiled, DatasetDefinition, Definition, DefinitionId, Function, Library, LookupDefinition,
    TestDefinition, broken, card, examples, graph, lint, resolve,
};
use crate::builtin;
use crate::data::{Calendar, ColumnType, Declaration};
use crate::diagnostic::{Code, Diagnostic, is_probable_typo};
use crate::source::{SourceMap, Span};
use crate::syntax::ast::{self, DatasetOptionKind, DefinitionKind, ItemKind, Name};
use crate::value::unit::Type;

/// Compiles files, the user's before the standard library's: the library without broken items, and every problem.
pub(super) fn compile(
    sources: SourceMap,
    files: &[ast::File],
    strict: bool,
    diagnostics: Vec<Diagnostic>,
) -> (Library, Vec<Diagnostic>) {
    let mut compiler = Compiler::new(sources, diagnostics);
    files.iter().flat_map(|file| &file.broken).for_each(|item| compiler.library.compiling().broken.add(item));
    for item in files.iter().flat_map(|file| &file.items) {
        compiler.item(item);
    }
    if !files.iter().any(|file| !file.id.is_standard() && check::writes_units(file)) {
        compiler.library.compiling().units.be_lenient();
    }
    compiler.resolve(strict);
    compiler.order();
    compiler.check();
    examples::check(&compiler.library, &|name| compiler.library.broken.names(name), &mut compiler.diagnostics);
    once_each_place(&mut compiler.diagnostics);
    broken::mark(&mut compiler.library, &compiler.diagnostics);
    lint::lint(&compiler.library, &mut compiler.diagnostics);
    (compiler.library, compiler.diagnostics)
}

/// The items of a file in the order they are written, not resolved: for tests of what comes later.
#[cfg(test)]
pub(super) fn collected(sources: SourceMap, file: &ast::File, lenient: bool) -> (Library, Vec<Diagnostic>) {
    let mut compiler = Compiler::new(sources, vec![]);
    file.items.iter().for_each(|item| compiler.item(item));
    let order = (0..compiler.library.definitions.len() as u32).map(DefinitionId).collect();
    compiler.library.compiling().order = order;
    if lenient {
        compiler.library.compiling().units.be_lenient();
    }
    (compiler.library, compiler.diagnostics)
}

/// A second error at the very same place follows from the first.
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
    /// The user's definitions that replace one of the standard library, with the type that it expects.
    replaced: Vec<(Name, ast::UnitExpr)>,
}

impl Compiler {
    fn new(sources: SourceMap, diagnostics: Vec<Diagnostic>) -> Self {
        let library = Library(Arc::new(Compiled {
            sources,
            definitions: vec![],
            names: HashMap::new(),
            functions: IndexMap::new(),
            datasets: IndexMap::new(),
            tests: vec![],
            calendar: Calendar::default(),
            units: UnitNames::default(),
            order: vec![],
            types: vec![],
            borrowed: vec![],
            diagnostics: vec![],
            inferred: Default::default(),
            broken: BrokenItems::default(),
        }));
        Self { library, diagnostics, calendar: None, replaced: vec![] }
    }

    // ── collecting ───────────────────────────────────────────────────────────

    fn item(&mut self, item: &ast::Item) {
        match &item.kind {
            ItemKind::Definition(definition) => self.definition(definition, item.span),
            ItemKind::Function(function) => self.function(function, item.span),
            ItemKind::Dataset(dataset) => self.dataset(dataset, item.span),
            ItemKind::Test(test) => {
                let standard = item.span.file.is_standard();
                self.library.compiling().tests.push(TestDefinition { test: test.clone(), span: item.span, standard });
            }
            ItemKind::Calendar(calendar) => self.calendar(calendar, item.span),
            ItemKind::Currency(name) => {
                let declared = self.library.compiling().units.declare_currency(name);
                self.library.compiling().broken.currency |= declared.is_err() && !item.span.file.is_standard();
                self.diagnostics.extend(declared.err());
            }
            ItemKind::Unit(name) => {
                let declared = self.library.compiling().units.declare_unit(name);
                self.diagnostics.extend(declared.err());
            }
        }
    }

    fn definition(&mut self, definition: &ast::Definition, span: Span) {
        let name = &definition.name;
        if let Some(known) = self.library.id(&name.text) {
            if span.file.is_standard() {
                self.replaced(known, definition);
            }
            let known = self.library.get(known).name.clone();
            return self.known("defined", name, &known);
        }
        let card = definition.card.as_ref().map(|card| card::read(card, &mut self.diagnostics)).unwrap_or_default();
        self.add(Definition {
            kind: definition.kind,
            name: name.clone(),
            annotation: definition.annotation.clone(),
            formula: definition.formula.clone(),
            card,
            span,
            standard: span.file.is_standard(),
            implicit: false,
            // The library's definition does not stand in for one of the user's that could not be read.
            broken: span.file.is_standard() && self.library.broken.definitions.contains(&name.text),
            references: Default::default(),
        });
    }

    /// The user's definition `id` replaces one of the standard library, which says what type it expects there. Without
    /// a card of its own it is still the same KPI under another formula, so it is shown under the library's texts.
    fn replaced(&mut self, id: DefinitionId, standard: &ast::Definition) {
        let own = &mut self.library.compiling().definitions[id.0 as usize];
        if let Some(annotation) = &standard.annotation {
            self.replaced.push((own.name.clone(), annotation.clone()));
        }
        if let (true, Some(card)) = (own.card == Card::default(), &standard.card) {
            own.card = card::read(card, &mut self.diagnostics).for_replacement();
        }
    }

    fn add(&mut self, definition: Definition) {
        let id = DefinitionId(self.library.definitions.len() as u32);
        self.library.compiling().names.insert(definition.name.text.clone(), id);
        self.library.compiling().definitions.push(definition);
    }

    /// A second definition of a name: the user's replaces the library's, two of the user's are an error.
    fn known(&mut self, what: &str, name: &Name, known: &Name) {
        if name.span.file.is_standard() {
            let message = format!("`{}` replaces the standard library's definition", name.text);
            self.diagnostics.push(Diagnostic::note(Code::Replaced, message).at(known.span));
            return;
        }
        self.diagnostics.push(
            Diagnostic::error(Code::Duplicate, format!("`{}` is {what} twice", name.text))
                .label(name.span, "again here")
                .label(known.span, format!("first {what} here"))
                .hint("one name has one meaning; rename one of them"),
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
            let (known, count) = (known.name.clone(), known.parameters.len());
            let expected = function.parameters.len();
            if span.file.is_standard() && count != expected {
                self.diagnostics.push(other_parameters(&known, count, name, expected));
            }
            return self.known("defined", name, &known);
        }
        for (at, parameter) in function.parameters.iter().enumerate() {
            if let Some(first) = function.parameters[..at].iter().find(|first| first.text == parameter.text) {
                let first = first.clone();
                self.known("a parameter", parameter, &first);
            }
        }
        let card = function.card.as_ref().map(|card| card::read(card, &mut self.diagnostics)).unwrap_or_default();
        let function = Function {
            name: name.clone(),
            parameters: function.parameters.clone(),
            annotation: function.annotation.clone(),
            body: function.body.clone(),
            card,
            span,
            standard: span.file.is_standard(),
            references: Default::default(),
            broken: span.file.is_standard() && self.library.broken.functions.contains(&name.text),
        };
        self.library.compiling().functions.insert(name.text.clone(), function);
    }

    fn dataset(&mut self, dataset: &ast::Dataset, span: Span) {
        let name = &dataset.name;
        if let Some(known) = self.library.datasets.get(&name.text) {
            let known = known.name.clone();
            return self.known("declared", name, &known);
        }
        let mut result = DatasetDefinition {
            name: name.clone(),
            path: dataset.path.as_ref().map(|path| (path.text.clone(), path.span)),
            declaration: Declaration::default(),
            types: IndexMap::new(),
            computed: IndexMap::new(),
            lookups: vec![],
            broken_columns: HashSet::new(),
            broken: false,
            span,
        };
        for option in &dataset.options {
            self.dataset_option(&mut result, option);
        }
        self.library.compiling().datasets.insert(name.text.clone(), result);
    }

    fn dataset_option(&mut self, dataset: &mut DatasetDefinition, option: &ast::DatasetOption) {
        match &option.kind {
            DatasetOptionKind::Time(name) => match &dataset.declaration.time {
                Some(_) => {
                    self.bad_option("`time` is given twice", option.span, "a dataset has at most one time column")
                }
                None => dataset.declaration.time = Some(name.text.clone()),
            },
            DatasetOptionKind::ColumnType { column, unit } => {
                if let Some((first, _)) = dataset.types.get(&column.text) {
                    let first = first.clone();
                    return self.known("typed", column, &first);
                }
                dataset.types.insert(column.text.clone(), (column.clone(), unit.clone()));
            }
            DatasetOptionKind::Computed { column, formula } => {
                if let Some((first, _)) = dataset.computed.get(&column.text) {
                    let first = first.clone();
                    return self.known("computed", column, &first);
                }
                dataset.computed.insert(column.text.clone(), (column.clone(), formula.clone()));
            }
            DatasetOptionKind::Lookup { dataset: other, key, other_key } => {
                let first = dataset.lookups.iter().find(|known| known.dataset.text == other.text);
                if let Some(first) = first.map(|known| known.dataset.span) {
                    self.diagnostics.push(looked_up_twice(other, first));
                }
                dataset.lookups.push(LookupDefinition {
                    dataset: other.clone(),
                    key: key.clone(),
                    other_key: other_key.clone().unwrap_or_else(|| key.clone()),
                    broken: false,
                });
            }
            DatasetOptionKind::Setting { keyword, value } => {
                let formatting = &mut dataset.declaration.formatting;
                let taken = formatting.set((&keyword.text, keyword.span), (&value.text, value.span));
                self.diagnostics.extend(taken.err());
            }
        }
    }

    fn bad_option(&mut self, message: &str, span: Span, hint: &str) {
        self.diagnostics.push(Diagnostic::error(Code::BadProperty, message).at(span).hint(hint));
    }

    fn calendar(&mut self, calendar: &ast::Calendar, span: Span) {
        if let Some(first) = self.calendar {
            self.library.compiling().broken.calendar = true;
            self.diagnostics.push(
                Diagnostic::error(Code::Duplicate, "there are two calendars")
                    .label(span, "again here")
                    .label(first, "first given here"),
            );
            return;
        }
        self.calendar = Some(span);
        let name = &calendar.year_starts;
        match MONTHS.iter().position(|month| month.eq_ignore_ascii_case(&name.text)) {
            Some(at) => self.library.compiling().calendar = Calendar { year_starts: at as u8 + 1 },
            None => {
                self.library.compiling().broken.calendar = true;
                self.diagnostics.push(
                    Diagnostic::error(Code::BadProperty, format!("`{}` is no month", name.text))
                        .at(name.span)
                        .suggest(name.span, &name.text, MONTHS)
                        .hint("a month's English name: `calendar { year starts april }`"),
                );
            }
        }
    }

    // ── resolving ────────────────────────────────────────────────────────────

    fn resolve(&mut self, strict: bool) {
        for at in 0..self.library.definitions.len() {
            self.resolve_definition(at);
        }
        for at in 0..self.library.functions.len() {
            let function = &self.library.functions[at];
            let references =
                resolve::formula(&function.body, &function.parameters, &self.library, &mut self.diagnostics);
            self.library.compiling().functions[at].references = references;
        }
        self.resolve_datasets();
        self.dataset_slips();
        let names = Spellings::new(&self.library);
        Implicit { compiler: self, names, strict, seen: HashMap::new() }.run();
    }

    fn resolve_definition(&mut self, at: usize) {
        let definition = &self.library.definitions[at];
        let Some(formula) = &definition.formula else { return };
        let references = match definition.kind {
            DefinitionKind::Param => resolve::constant(formula, &self.library, &mut self.diagnostics),
            _ => resolve::formula(formula, &[], &self.library, &mut self.diagnostics),
        };
        self.library.compiling().definitions[at].references = references;
    }

    fn resolve_datasets(&mut self) {
        for dataset in self.library.datasets.values() {
            for (_, formula) in dataset.computed.values() {
                resolve::row(formula, &self.library, &mut self.diagnostics);
            }
            for lookup in &dataset.lookups {
                if lookup.dataset.text == dataset.name.text {
                    let message = format!("`{}` looks itself up", dataset.name.text);
                    self.diagnostics.push(Diagnostic::error(Code::Cycle, message).at(lookup.dataset.span));
                }
            }
        }
        self.diagnostics.extend(graph::computed_circle(&self.library));
    }

    /// An undeclared dataset may be given with the data; one that is nearly declared is misspelt.
    fn dataset_slips(&mut self) {
        let library = &self.library;
        let definitions = library.definitions.iter().map(|definition| &definition.references);
        let references = definitions.chain(library.functions.values().map(|function| &function.references));
        let lookups = library.datasets.values().flat_map(|dataset| &dataset.lookups).map(|lookup| &lookup.dataset);
        let mut seen = HashSet::new();
        for name in references.flat_map(|references| &references.datasets).chain(lookups) {
            let known = library.datasets.keys().find(|known| is_probable_typo(&name.text, known));
            if let Some(known) = known.filter(|_| !library.datasets.contains_key(&name.text) && seen.insert(&name.text))
            {
                let message = format!("there is no dataset `{}`", name.text);
                let hint = format!("did you mean `{known}`?");
                self.diagnostics.push(
                    Diagnostic::error(Code::UnknownDataset, message).at(name.span).hint(hint).fix(name.span, &**known),
                );
            }
        }
    }

    fn order(&mut self) {
        let graph::Order { definitions, circular } = graph::order(&self.library, &mut self.diagnostics);
        self.library.compiling().order = definitions;
        let count = self.library.definitions.len();
        for node in circular {
            match self.library.compiling().definitions.get_mut(node) {
                Some(definition) => definition.broken = true,
                None => self.library.compiling().functions[node - count].broken = true,
            }
        }
    }

    /// Types everything: columns and functions first, then definitions in order, then what stands in cards.
    fn check(&mut self) {
        let checked = check::library(&self.library, &self.replaced);
        let typed = |definition: &Definition| checked.types.get(&definition.name.text);
        let ty = |definition: &Definition| typed(definition).map_or(Type::Unknown, |typed| typed.ty.clone());
        let types = self.library.definitions.iter().map(ty).collect();
        self.library.compiling().types = types;
        self.diagnostics.extend(checked.diagnostics);
        self.column_types();
    }

    /// What readers need to know of declared columns.
    fn column_types(&mut self) {
        let library = self.library.compiling();
        for dataset in library.datasets.values_mut() {
            for (name, (_, unit)) in &dataset.types {
                let ty = match library.units.resolve(unit) {
                    Ok(Type::Text) => ColumnType::Text,
                    Ok(Type::Boolean) => ColumnType::Boolean,
                    Ok(Type::Date) => ColumnType::Date,
                    _ => ColumnType::Number,
                };
                dataset.declaration.types.insert(name.clone(), ty);
            }
        }
    }
}

/// Two lookups of one dataset would give its columns two meanings.
fn looked_up_twice(other: &Name, first: Span) -> Diagnostic {
    let name = &other.text;
    Diagnostic::error(Code::Duplicate, format!("`{name}` is looked up twice"))
        .label(other.span, "again here")
        .label(first, "first looked up here")
        .hint(format!(
            "declare the same file once more under another name, and look that up: `dataset other_{name} = …`"
        ))
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

/// Turns names that nothing declares into inputs, or into errors where they look like slips.
struct Implicit<'a> {
    compiler: &'a mut Compiler,
    /// The declared names.
    names: Spellings,
    strict: bool,
    seen: HashMap<Arc<str>, ()>,
}

impl Implicit<'_> {
    fn run(&mut self) {
        for name in self.all_references() {
            if self.seen.insert(name.text.clone(), ()).is_none() {
                self.reference(&name);
            }
        }
    }

    /// Every name of a formula, a function or a card, in order.
    fn all_references(&mut self) -> Vec<Name> {
        let library = &self.compiler.library;
        let mut names = vec![];
        for definition in &library.definitions {
            names.extend(definition.references.definitions.iter().cloned());
            for expr in definition.card.expressions() {
                let references = resolve::formula(expr, &[], library, &mut self.compiler.diagnostics);
                names.extend(references.definitions);
            }
        }
        for function in library.functions.values() {
            names.extend(function.references.definitions.iter().cloned());
        }
        names
    }

    fn reference(&mut self, name: &Name) {
        match self.compiler.library.definition(&name.text) {
            Some(known) if known.standard && self.compiler.library.broken.definitions.contains(&name.text) => {
                // It would take the place of the library's: its users wait for it to be mended.
                let id = self.compiler.library.id(&name.text).expect("it was found under this name");
                self.compiler.library.compiling().definitions[id.0 as usize].broken = true;
            }
            Some(known) if known.standard && !name.span.file.is_standard() => self.library_name(name),
            Some(_) => {}
            None => self.undeclared(name),
        }
    }

    fn library_name(&mut self, name: &Name) {
        let message = format!("`{}` means the standard library's definition", name.text);
        self.compiler.diagnostics.push(Diagnostic::note(Code::LibraryName, message).at(name.span));
        self.compiler.library.compiling().borrowed.push(name.clone());
    }

    /// Whether a name is used in the definition of another.
    fn stands_in(&self, name: &Name, definition: &str) -> bool {
        let around = self.compiler.library.definition(definition).map(|definition| definition.span);
        around
            .is_some_and(|around| around.file == name.span.file && around.range().contains(&(name.span.start as usize)))
    }

    fn undeclared(&mut self, name: &Name) {
        let text = &name.text;
        if self.compiler.library.broken.definitions.contains(text) {
            // Its definition is broken, which has been reported.
            return self.input(name, true);
        }
        if let Some(function) = self.own_function(text) {
            self.compiler.diagnostics.push(function_named(name, function));
            return self.input(name, false);
        }
        // `costs = cost + fees` cannot have meant itself.
        let own = self.names.slip(text, false).filter(|meant| !self.stands_in(name, meant));
        let diagnostic = match (own, self.names.slip(text, true)) {
            (Some(meant), _) => self.unknown(name, Some(meant)),
            (None, _) if self.compiler.library.units.is_reserved(text) => unit_as_name(name),
            (None, _) if self.strict => self.unknown(name, None),
            (None, Some(meant)) => Diagnostic::warning(Code::ImplicitInput, implicit(text))
                .at(name.span)
                .hint(format!("the standard library has `{meant}`; did you mean that?"))
                .fix(name.span, meant),
            (None, None) => Diagnostic::note(Code::ImplicitInput, implicit(text)).at(name.span),
        };
        let broken = diagnostic.is_error();
        self.compiler.diagnostics.push(diagnostic);
        self.input(name, broken);
    }

    fn input(&mut self, name: &Name, broken: bool) {
        self.compiler.add(Definition {
            kind: DefinitionKind::Input,
            name: name.clone(),
            annotation: None,
            formula: None,
            card: Default::default(),
            span: name.span,
            standard: name.span.file.is_standard(),
            implicit: true,
            broken,
            references: Default::default(),
        });
    }

    /// The user's function of that name; the library's are no reason to refuse a column called `share`.
    fn own_function(&self, name: &str) -> Option<&Function> {
        self.compiler.library.functions.get(name).filter(|function| !function.standard)
    }

    fn unknown(&self, name: &Name, meant: Option<String>) -> Diagnostic {
        let diagnostic = Diagnostic::error(Code::UnknownName, format!("`{}` is not defined", name.text));
        let declare = format!("to read it from data, declare it: `input {}`", name.text);
        match meant {
            Some(meant) => {
                diagnostic.at(name.span).hint(format!("did you mean `{meant}`?")).hint(declare).fix(name.span, meant)
            }
            None => diagnostic.at(name.span).hint(declare),
        }
    }
}

fn other_parameters(name: &Name, count: usize, standard: &Name, expected: usize) -> Diagnostic {
    let parameters = |count: usize| format!("{count} parameter{}", if count == 1 { "" } else { "s" });
    let (found, expected) = (parameters(count), parameters(expected));
    let message = format!("`{}` has {expected} in the standard library, its replacement has {found}", name.text);
    Diagnostic::error(Code::BadReplacement, message)
        .label(name.span, format!("replaced by one with {found}"))
        .label(standard.span, format!("the library's has {expected}"))
        .hint("formulas of the library call it: give it the same parameters, or another name")
}

fn unit_as_name(name: &Name) -> Diagnostic {
    let text = &name.text;
    Diagnostic::error(Code::UnknownName, format!("`{text}` is a unit, and nothing defines a value of that name"))
        .at(name.span)
        .hint(format!("a unit stands right behind a number: `1 {text}`"))
        .hint(format!("to read it from data, declare it: `input {text}`"))
}

fn function_named(name: &Name, function: &Function) -> Diagnostic {
    let parameters: Vec<&str> = function.parameters.iter().map(|parameter| &*parameter.text).collect();
    Diagnostic::warning(Code::ImplicitInput, implicit(&name.text))
        .label(name.span, "")
        .label(function.name.span, "a function of that name is defined here")
        .hint(format!("to call it: `{}({})`", name.text, parameters.join(", ")))
}

fn implicit(text: &str) -> String {
    format!("`{text}` is declared nowhere: it is read from the column of that name")
}
