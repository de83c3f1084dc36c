//! Turns syntax trees into a [`Library`]: checked, immutable definitions.

pub mod additivity;
mod bands;
mod broken;
mod builder;
pub mod card;
pub mod clause;
mod compile;
pub mod examples;
mod fold;
mod graph;
mod inherit;
pub(crate) mod inner;
mod layer;
pub(crate) mod lint;
mod literal;
pub(crate) mod percent;
pub(crate) mod periods;
#[cfg(feature = "render")]
pub mod relations;
mod report;
pub mod resolve;
pub mod routes;
mod same_keys;
mod scenario;
mod search;
mod spellings;
mod standard;
mod table;
pub mod types;
pub(crate) mod validity;

use std::collections::{HashMap, HashSet};
use std::ops::Deref;
use std::sync::{Arc, Mutex, OnceLock, Weak};

use indexmap::IndexMap;
use serde::Serialize;

use broken::BrokenItems;
pub use builder::Builder;
pub use card::Card;
use layer::Layer;
pub(crate) use literal::literal;
#[cfg(feature = "cli")]
pub(crate) use report::ReportDefinition;
pub use resolve::References;
pub(crate) use scenario::ScenarioDefinition;

use crate::data::{Calendar, Declaration};
use crate::diagnostic::{Diagnostic, Error};
use crate::source::{FileId, SourceMap, Span};
use crate::syntax::ast::{DefinitionKind, Expr, LookupTime, Name, Path, RowTest, Test, UnitExpr, Validity};
use crate::value::unit::{Currency, Type};
use inherit::Mentions;
use spellings::Spellings;
pub(crate) use table::TableDefinition;
use types::typed::Typed;
use types::units::UnitNames;

/// The position of a definition in a [`Library`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct DefinitionId(pub u32);

/// The maximum length of a chain of computed columns.
pub const MAX_COMPUTED_DEPTH: usize = 50;

/// The maximum number of libraries below a library: see [`Builder::on`].
pub const MAX_BASES: usize = 8;

/// The position of a user function in a [`Library`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct FunctionId(pub u32);

/// Checked definitions: KPIs, inputs, parameters, functions, datasets and tests, including those of the standard library.
///
/// A library is immutable: to change a definition, compile a new library. A clone is cheap and shares everything.
#[derive(Debug, Clone)]
pub struct Library(Arc<Compiled>);

/// The contents of a [`Library`].
#[derive(Debug)]
pub struct Compiled {
    /// The library that this one adds to.
    base: Option<Library>,
    pub(crate) sources: SourceMap,
    pub(crate) definitions: Arc<Layer<Definition>>,
    pub(crate) functions: Arc<Layer<Function>>,
    pub(crate) datasets: Arc<Layer<DatasetDefinition>>,
    tests: Vec<TestDefinition>,
    scenarios: Vec<ScenarioDefinition>,
    reports: Vec<report::ReportDefinition>,
    calendar: Calendar,
    units: UnitNames,
    /// The definitions compiled here, in dependency order.
    order: Vec<DefinitionId>,
    /// Undeclared names in the user's texts that refer to the standard library, at their first occurrence.
    pub(crate) borrowed: Vec<Name>,
    diagnostics: Vec<Diagnostic>,
    /// Items that could not be read.
    pub(crate) broken: BrokenItems,
    inferred: OnceLock<(Vec<additivity::Shape>, Vec<additivity::Widened>)>,
    spellings: OnceLock<Spellings>,
    mentions: OnceLock<Mentions>,
    /// The names of the datasets that declare or compute each column, found on first use.
    with_column: OnceLock<HashMap<Arc<str>, Vec<Arc<str>>>>,
    /// This library with a currency for `money`, for libraries on top that declare one.
    priced: Mutex<HashMap<Currency, Weak<Compiled>>>,
}

/// A KPI, helper, input or parameter.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Definition {
    /// The kind of definition.
    pub kind: DefinitionKind,
    /// Its name and the place of the name (for an implicit input: its first use).
    pub name: Name,
    /// `: type`
    pub annotation: Option<UnitExpr>,
    /// The formula. An input without one reads the column of its name.
    pub formula: Option<Arc<Expr>>,
    /// The card.
    pub card: Arc<Card>,
    /// The place of the item (for an implicit input: its first use).
    pub span: Span,
    /// True if it is part of the standard library.
    pub standard: bool,
    /// True for an undeclared name that is read as an input.
    pub implicit: bool,
    /// True if it has an error. The error has been reported, and definitions that use it do not report it again.
    pub broken: bool,
    /// The names in its formula.
    pub references: References,
    /// The type and the origins of its unit, after checking.
    pub(crate) typed: Typed,
}

impl Definition {
    /// Returns true if the definition itself reads data: an input, or a KPI such as `leads = sum(leads)`.
    pub(crate) fn reads_data(&self) -> bool {
        let references = &self.references;
        self.kind == DefinitionKind::Input || !references.columns.is_empty() || !references.datasets.is_empty()
    }
}

/// A user function.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Function {
    /// The name.
    pub name: Name,
    /// The parameters.
    pub parameters: Vec<Name>,
    /// `: type`
    pub annotation: Option<UnitExpr>,
    /// The body.
    pub body: Arc<Expr>,
    /// The card.
    pub card: Arc<Card>,
    /// The place of the item.
    pub span: Span,
    /// True if it is part of the standard library.
    pub standard: bool,
    /// The names in its body.
    pub references: References,
    /// True if it has an error, which has been reported.
    pub broken: bool,
}

/// A declared dataset.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct DatasetDefinition {
    /// The name.
    pub name: Name,
    /// The path as written, relative to the file of the definition.
    pub path: Option<(Arc<str>, Span)>,
    /// The table of a warehouse that it is, instead of a file.
    pub(crate) table: Option<TableDefinition>,
    /// Its time, if that is a computed column or one of a lookup. A stored one is in the declaration.
    pub(crate) time: Option<Path>,
    /// The settings for its reader.
    pub declaration: Declaration,
    /// `amount: money`
    pub types: IndexMap<Arc<str>, (Name, UnitExpr)>,
    /// Computed columns in order.
    pub computed: IndexMap<Arc<str>, (Name, Expr)>,
    /// What its rows must meet.
    pub tests: Vec<RowTest>,
    /// The declared types of computed columns.
    pub declared: HashMap<Arc<str>, UnitExpr>,
    /// `valid from start_date until end_date`, if rows hold over an interval.
    pub validity: Option<Validity>,
    /// The datasets that it looks up.
    pub lookups: Vec<LookupDefinition>,
    /// The columns whose formula or type has an error, which has been reported.
    pub broken_columns: HashSet<Arc<str>>,
    /// The types of its declared and computed columns, after checking.
    pub(crate) typed: HashMap<Arc<str>, Typed>,
    /// True if a setting of the whole dataset has an error, which has been reported.
    pub broken: bool,
    /// The place of the item.
    pub span: Span,
}

impl DatasetDefinition {
    /// The declared time column, or those of starts and ends.
    pub(crate) fn dated_by(&self) -> impl Iterator<Item = &Arc<str>> {
        self.declaration.time.iter().chain(&self.declaration.end)
    }
}

/// `lookup seller = users on seller_id = id`
#[derive(Debug, Clone)]
pub struct LookupDefinition {
    /// The name by which its rows are reached: that of the dataset, unless it has another.
    pub name: Name,
    /// The looked-up dataset.
    pub dataset: Name,
    /// The key columns of this dataset, each with that of the looked-up dataset.
    pub keys: Vec<(Name, Name)>,
    /// The time that selects one of the rows with equal keys.
    pub time: Option<LookupTime>,
    /// The place of the entry.
    pub span: Span,
    /// True if it has an error, which has been reported.
    pub broken: bool,
}

/// A standalone test.
#[derive(Debug, Clone)]
pub struct TestDefinition {
    /// The title and steps.
    pub test: Test,
    /// The place of the item.
    pub span: Span,
    /// True if it is part of the standard library.
    pub standard: bool,
}

#[doc(hidden)]
impl Deref for Library {
    type Target = Compiled;

    fn deref(&self) -> &Compiled {
        &self.0
    }
}

/// The name of a base in messages.
fn base_name(standard: bool) -> &'static str {
    if standard { "the standard library" } else { "the base library" }
}

/// Returns an item for changes: it is not shared before its library is compiled.
fn unshared<T>(shared: &mut Arc<T>) -> &mut T {
    Arc::get_mut(shared).expect("a library is not shared before it is compiled")
}

impl Library {
    /// The datasets that declare or compute a column of this name, in order.
    pub(crate) fn datasets_with(&self, column: &str) -> impl Iterator<Item = &DatasetDefinition> {
        let names = self.with_column.get_or_init(|| {
            let mut names: HashMap<Arc<str>, Vec<Arc<str>>> = HashMap::new();
            for dataset in self.datasets.iter() {
                let columns = dataset.types.keys().chain(dataset.computed.keys()).chain(dataset.dated_by());
                let columns: HashSet<&Arc<str>> = columns.collect();
                columns.into_iter().for_each(|it| names.entry(it.clone()).or_default().push(dataset.name.text.clone()));
            }
            names
        });
        names.get(column).into_iter().flatten().filter_map(|name| self.datasets.get(name))
    }

    /// Returns the contents for changes during compilation.
    fn compiling(&mut self) -> &mut Compiled {
        unshared(&mut self.0)
    }

    /// Compiles one text on top of the standard library.
    ///
    /// # Errors
    /// Returns all problems of the text if one of them is an error.
    ///
    /// ```
    /// let library = yardstick::Library::from_text("cac = spend / new_customers")?;
    /// assert!(library.definition("cac").is_some());
    /// # Ok::<(), yardstick::Error>(())
    /// ```
    pub fn from_text(text: &str) -> Result<Self, Error> {
        Self::builder().text("<text>", text).build()
    }

    /// Compiles one `.kpi` file on top of the standard library.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read, or its text has an error.
    pub fn from_file(path: impl AsRef<std::path::Path>) -> Result<Self, Error> {
        Self::builder().file(path).build()
    }

    /// Compiles the `.kpi` files of a folder on top of the standard library. It opens no other file.
    ///
    /// # Errors
    /// Returns an error if the folder or a file cannot be read, or a text has an error.
    pub fn from_dir(path: impl AsRef<std::path::Path>) -> Result<Self, Error> {
        Self::builder().dir(path).build()
    }

    /// Creates a builder, which collects texts, files and folders to compile together.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Returns the source texts, which rendering a diagnostic needs.
    pub fn sources(&self) -> &SourceMap {
        &self.sources
    }

    /// Returns the warnings and notes of compilation.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    /// Returns the definition with this name.
    pub fn definition(&self, name: &str) -> Option<&Definition> {
        self.definitions.get(name)
    }

    /// Returns true if a name is that of a parameter.
    pub(crate) fn is_parameter(&self, name: &str) -> bool {
        self.definition(name).is_some_and(|known| known.kind == DefinitionKind::Param)
    }

    /// Returns the id of the definition with this name.
    pub fn id(&self, name: &str) -> Option<DefinitionId> {
        self.definitions.index_of(name).map(|at| DefinitionId(at as u32))
    }

    /// Returns the definition with this id.
    ///
    /// # Panics
    /// Panics if the id comes from another library.
    pub fn get(&self, id: DefinitionId) -> &Definition {
        self.definitions.at(id.0 as usize)
    }

    /// Iterates over all definitions: the library's own, then those of its base, each in source order.
    pub fn definitions(&self) -> impl Iterator<Item = &Definition> {
        self.definitions.iter()
    }

    /// Iterates over the ids of all definitions, in the same order.
    pub fn ids(&self) -> impl Iterator<Item = DefinitionId> {
        self.definitions.indices().map(|at| DefinitionId(at as u32))
    }

    /// Iterates over the published KPIs, without those of the standard library.
    pub fn published(&self) -> impl Iterator<Item = &Definition> {
        self.definitions().filter(|definition| definition.kind == DefinitionKind::Kpi && !definition.standard)
    }

    /// Iterates over the published KPIs, including those of the standard library.
    ///
    /// ```
    /// let library = yardstick::Library::from_text("cac = spend / new_customers")?;
    /// assert!(library.kpis().any(|kpi| &*kpi.name.text == "cac"));
    /// # Ok::<(), yardstick::Error>(())
    /// ```
    pub fn kpis(&self) -> impl Iterator<Item = &Definition> {
        self.definitions().filter(|definition| definition.kind == DefinitionKind::Kpi)
    }

    /// Returns the definitions that the definition with this name reads data through: inputs, and KPIs such as
    /// `leads = sum(leads)`. They are in the order in which its formula reaches them. Empty if the name is unknown.
    ///
    /// ```
    /// let library = yardstick::Library::from_text("cac = spend / new_customers\nspend = sum(ads.spend)")?;
    /// let inputs: Vec<_> = library.inputs_of("cac").iter().map(|input| input.name.text.to_string()).collect();
    /// assert_eq!(inputs, ["spend", "new_customers"]);
    /// # Ok::<(), yardstick::Error>(())
    /// ```
    pub fn inputs_of(&self, name: &str) -> Vec<&Definition> {
        let (mut open, mut seen, mut found) = (Vec::from_iter(self.id(name)), HashSet::new(), vec![]);
        while let Some(at) = open.pop() {
            if !seen.insert(at) {
                continue;
            }
            let definition = self.get(at);
            if *definition.name.text != *name && definition.reads_data() {
                found.push(definition);
            }
            open.extend(self.uses(at).into_iter().rev());
        }
        found
    }

    /// Returns the definitions that use the definition with this name directly, or in the body of a function they call.
    ///
    /// ```
    /// let library = yardstick::Library::from_text("spend = sum(ads.spend)\ncost = spend * 2")?;
    /// assert!(library.dependents_of("spend").iter().any(|user| &*user.name.text == "cost"));
    /// # Ok::<(), yardstick::Error>(())
    /// ```
    pub fn dependents_of(&self, name: &str) -> Vec<&Definition> {
        let Some(id) = self.id(name) else { return vec![] };
        self.ids().filter(|user| self.uses(*user).contains(&id)).map(|user| self.get(user)).collect()
    }

    /// Returns the definitions that a formula names, including those in the bodies of the functions that it calls.
    pub fn uses(&self, id: DefinitionId) -> Vec<DefinitionId> {
        let (mut open, mut seen, mut found) = (vec![&self.get(id).references], HashSet::new(), vec![]);
        while let Some(references) = open.pop() {
            found.extend(references.definitions.iter().filter_map(|name| self.id(&name.text)));
            let functions = references.functions.iter().filter_map(|name| self.function_id(&name.text));
            open.extend(functions.filter(|id| seen.insert(*id)).map(|id| &self.function(id).references));
        }
        found
    }

    /// Iterates over all user functions: the library's own, then those of its base.
    pub fn functions(&self) -> impl Iterator<Item = &Function> {
        self.functions.iter()
    }

    /// Returns the user function with this name.
    pub fn function_named(&self, name: &str) -> Option<&Function> {
        self.functions.get(name)
    }

    /// Iterates over all declared datasets: the library's own, then those of its base.
    pub fn datasets(&self) -> impl Iterator<Item = &DatasetDefinition> {
        self.datasets.iter()
    }

    /// Returns the declared dataset with this name.
    pub fn dataset(&self, name: &str) -> Option<&DatasetDefinition> {
        self.datasets.get(name)
    }

    /// Iterates over all standalone tests: the library's own, then those of its base.
    pub fn tests(&self) -> impl Iterator<Item = &TestDefinition> {
        self.and_below().flat_map(|library| &library.tests)
    }

    /// Returns the function with this id.
    ///
    /// # Panics
    /// Panics if the id comes from another library.
    pub fn function(&self, id: FunctionId) -> &Function {
        self.functions.at(id.0 as usize)
    }

    /// Returns the id of the user function with this name.
    pub fn function_id(&self, name: &str) -> Option<FunctionId> {
        self.functions.index_of(name).map(|at| FunctionId(at as u32))
    }

    /// Returns the type of a definition, inferred without data.
    pub fn type_of(&self, id: DefinitionId) -> &Type {
        &self.get(id).typed.ty
    }

    /// Iterates over this library and those below it.
    fn and_below(&self) -> impl Iterator<Item = &Library> {
        std::iter::successors(Some(self), |library| library.base.as_ref())
    }

    /// Returns the names of units.
    pub fn units(&self) -> &UnitNames {
        &self.units
    }

    /// Returns the calendar, which says when years and weeks start.
    pub fn calendar(&self) -> Calendar {
        self.calendar
    }

    /// Returns the source text of an expression.
    pub fn text(&self, span: Span) -> &str {
        self.sources.text(span)
    }

    /// Returns the name of the file of a span.
    pub fn file_name(&self, file: FileId) -> &str {
        &self.sources.file(file).name
    }
}
