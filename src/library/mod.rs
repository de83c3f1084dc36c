//! Turns syntax trees into a [`Library`]: checked definitions, immutable, to be evaluated many times from many threads.

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
pub(crate) mod habits;
mod inherit;
mod layer;
mod lint;
mod literal;
pub(crate) mod percent;
pub(crate) mod periods;
pub mod resolve;
mod search;
mod spellings;
mod standard;
pub mod types;

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
pub use resolve::References;

use crate::data::{Calendar, Declaration};
use crate::diagnostic::{Diagnostic, Error};
use crate::source::{FileId, SourceMap, Span};
use crate::syntax::ast::{DefinitionKind, Expr, Name, Test, UnitExpr};
use crate::value::unit::{Currency, Type};
use inherit::Mentions;
use spellings::Spellings;
use types::typed::Typed;
use types::units::UnitNames;

/// A definition of a [`Library`]: its position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct DefinitionId(pub u32);

/// Computed columns may use others, in a chain of at most so many.
pub const MAX_COMPUTED_DEPTH: usize = 50;

/// The maximum number of libraries below a library: see [`Builder::on`].
pub const MAX_BASES: usize = 8;

/// A user function of a [`Library`]: its position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct FunctionId(pub u32);

/// Checked definitions: KPIs, inputs, parameters, functions, datasets and tests, the standard library's included.
///
/// It never changes: to add a definition, compile another one and put it in its place. A clone is cheap and shares
/// everything.
#[derive(Debug, Clone)]
pub struct Library(Arc<Compiled>);

/// What a [`Library`] is made of.
#[derive(Debug)]
pub struct Compiled {
    /// The library that this one adds to.
    base: Option<Library>,
    pub(crate) sources: SourceMap,
    pub(crate) definitions: Arc<Layer<Definition>>,
    pub(crate) functions: Arc<Layer<Function>>,
    pub(crate) datasets: Arc<Layer<DatasetDefinition>>,
    tests: Vec<TestDefinition>,
    calendar: Calendar,
    units: UnitNames,
    /// The definitions compiled here, each after those that it needs.
    order: Vec<DefinitionId>,
    /// Undeclared names in the user's texts that mean the standard library's definition, at their first place.
    pub(crate) borrowed: Vec<Name>,
    diagnostics: Vec<Diagnostic>,
    /// Items that could not be read.
    pub(crate) broken: BrokenItems,
    inferred: OnceLock<(Vec<additivity::Shape>, Vec<additivity::Widened>)>,
    spellings: OnceLock<Spellings>,
    mentions: OnceLock<Mentions>,
    /// This library with a currency for `money`, for libraries on top that declare one.
    priced: Mutex<HashMap<Currency, Weak<Compiled>>>,
}

/// A KPI, helper, input or parameter.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Definition {
    /// Which of them.
    pub kind: DefinitionKind,
    /// Its name and where it stands (for an implicit input: where it is first used).
    pub name: Name,
    /// `: type`
    pub annotation: Option<UnitExpr>,
    /// What it computes; an input without one reads the column of its name.
    pub formula: Option<Arc<Expr>>,
    /// What its card says.
    pub card: Arc<Card>,
    /// All of the item (for an implicit input: its first use).
    pub span: Span,
    /// Whether it is part of the standard library.
    pub standard: bool,
    /// Whether nothing declares it: an undeclared name became an input.
    pub implicit: bool,
    /// Whether it cannot be computed, which has been reported: nothing that needs it reports it again.
    pub broken: bool,
    /// What its formula refers to.
    pub references: References,
    /// Its type and where its unit comes from, once it is checked.
    pub(crate) typed: Typed,
}

impl Definition {
    /// True if data must provide something for this definition itself: an input, or a KPI such as `leads = sum(leads)`.
    pub(crate) fn reads_data(&self) -> bool {
        let references = &self.references;
        self.kind == DefinitionKind::Input || !references.columns.is_empty() || !references.datasets.is_empty()
    }
}

/// A user function.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Function {
    /// Its name.
    pub name: Name,
    /// Its parameters.
    pub parameters: Vec<Name>,
    /// `: type`
    pub annotation: Option<UnitExpr>,
    /// What it computes.
    pub body: Arc<Expr>,
    /// What its card says.
    pub card: Arc<Card>,
    /// All of the item.
    pub span: Span,
    /// Whether it is part of the standard library.
    pub standard: bool,
    /// What its body refers to.
    pub references: References,
    /// Whether it cannot be computed, which has been reported.
    pub broken: bool,
}

/// A declared dataset.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct DatasetDefinition {
    /// Its name.
    pub name: Name,
    /// The path as written, relative to the file that it stands in.
    pub path: Option<(Arc<str>, Span)>,
    /// What its reader needs to know.
    pub declaration: Declaration,
    /// `amount: money`
    pub types: IndexMap<Arc<str>, (Name, UnitExpr)>,
    /// Computed columns in order.
    pub computed: IndexMap<Arc<str>, (Name, Expr)>,
    /// Datasets it looks up.
    pub lookups: Vec<LookupDefinition>,
    /// The columns whose formula or type has an error, which has been reported.
    pub broken_columns: HashSet<Arc<str>>,
    /// The types of its declared and computed columns, once they are checked.
    pub(crate) typed: HashMap<Arc<str>, Typed>,
    /// Whether what is said of it as a whole has an error, which has been reported.
    pub broken: bool,
    /// All of the item.
    pub span: Span,
}

/// `lookup listings on listing_id = id`
#[derive(Debug, Clone)]
pub struct LookupDefinition {
    /// The looked-up dataset.
    pub dataset: Name,
    /// The key column here.
    pub key: Name,
    /// The key column there.
    pub other_key: Name,
    /// Whether it has an error, which has been reported.
    pub broken: bool,
}

/// A standalone test.
#[derive(Debug, Clone)]
pub struct TestDefinition {
    /// What it says.
    pub test: Test,
    /// All of the item.
    pub span: Span,
    /// Whether it is part of the standard library.
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
    /// What is compiled so far, to be changed.
    fn compiling(&mut self) -> &mut Compiled {
        unshared(&mut self.0)
    }

    /// A library from one text, on top of the standard library.
    ///
    /// # Errors
    /// All problems of the text.
    ///
    /// ```
    /// let library = yardstick::Library::from_text("cac = spend / new_customers")?;
    /// assert!(library.definition("cac").is_some());
    /// # Ok::<(), yardstick::Error>(())
    /// ```
    pub fn from_text(text: &str) -> Result<Self, Error> {
        Self::builder().text("<text>", text).build()
    }

    /// A library from one `.kpi` file, on top of the standard library.
    ///
    /// # Errors
    /// A file that cannot be read, or all problems of its text.
    pub fn from_file(path: impl AsRef<std::path::Path>) -> Result<Self, Error> {
        Self::builder().file(path).build()
    }

    /// A library from the `.kpi` files of a folder, on top of the standard library. Nothing else is opened.
    ///
    /// # Errors
    /// A folder or file that cannot be read, or all problems of all texts.
    pub fn from_dir(path: impl AsRef<std::path::Path>) -> Result<Self, Error> {
        Self::builder().dir(path).build()
    }

    /// Collects texts, files and folders to compile together.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// The texts it was compiled from, to render diagnostics with.
    pub fn sources(&self) -> &SourceMap {
        &self.sources
    }

    /// What `check` has to say beside errors: warnings and notes.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    /// The definition of a name.
    pub fn definition(&self, name: &str) -> Option<&Definition> {
        self.definitions.get(name)
    }

    /// Whether a name is that of a parameter.
    pub(crate) fn is_parameter(&self, name: &str) -> bool {
        self.definition(name).is_some_and(|known| known.kind == DefinitionKind::Param)
    }

    /// The id of a name.
    pub fn id(&self, name: &str) -> Option<DefinitionId> {
        self.definitions.index_of(name).map(|at| DefinitionId(at as u32))
    }

    /// The definition with that id, which must come from this library.
    pub fn get(&self, id: DefinitionId) -> &Definition {
        self.definitions.at(id.0 as usize)
    }

    /// All definitions: its own first, then those of its base, each in the order of their texts.
    pub fn definitions(&self) -> impl Iterator<Item = &Definition> {
        self.definitions.iter()
    }

    /// The ids of all definitions in that order.
    pub fn ids(&self) -> impl Iterator<Item = DefinitionId> {
        self.definitions.indices().map(|at| DefinitionId(at as u32))
    }

    /// The published KPIs of the user's own texts.
    pub fn published(&self) -> impl Iterator<Item = &Definition> {
        self.definitions().filter(|definition| definition.kind == DefinitionKind::Kpi && !definition.standard)
    }

    /// The published KPIs, the standard library's included.
    ///
    /// ```
    /// let library = yardstick::Library::from_text("cac = spend / new_customers")?;
    /// assert!(library.kpis().any(|kpi| &*kpi.name.text == "cac"));
    /// # Ok::<(), yardstick::Error>(())
    /// ```
    pub fn kpis(&self) -> impl Iterator<Item = &Definition> {
        self.definitions().filter(|definition| definition.kind == DefinitionKind::Kpi)
    }

    /// The definitions below the one of this name that read data: inputs, and KPIs such as `leads = sum(leads)`. They
    /// are in the order in which its formula reaches them; none where there is no such definition.
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

    /// The definitions whose formula needs the one of this name directly, also in the body of a function that it calls.
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

    /// The definitions that a definition's formula names, those in the bodies of its functions included.
    pub fn uses(&self, id: DefinitionId) -> Vec<DefinitionId> {
        let (mut open, mut seen, mut found) = (vec![&self.get(id).references], HashSet::new(), vec![]);
        while let Some(references) = open.pop() {
            found.extend(references.definitions.iter().filter_map(|name| self.id(&name.text)));
            let functions = references.functions.iter().filter_map(|name| self.function_id(&name.text));
            open.extend(functions.filter(|id| seen.insert(*id)).map(|id| &self.function(id).references));
        }
        found
    }

    /// All functions: its own first, then those of its base.
    pub fn functions(&self) -> impl Iterator<Item = &Function> {
        self.functions.iter()
    }

    /// The function of a name.
    pub fn function_named(&self, name: &str) -> Option<&Function> {
        self.functions.get(name)
    }

    /// All declared datasets: its own first, then those of its base.
    pub fn datasets(&self) -> impl Iterator<Item = &DatasetDefinition> {
        self.datasets.iter()
    }

    /// The declared dataset of a name.
    pub fn dataset(&self, name: &str) -> Option<&DatasetDefinition> {
        self.datasets.get(name)
    }

    /// All standalone tests: its own first, then those of its base.
    pub fn tests(&self) -> impl Iterator<Item = &TestDefinition> {
        self.and_below().flat_map(|library| &library.tests)
    }

    /// The function with that id, which must come from this library.
    pub fn function(&self, id: FunctionId) -> &Function {
        self.functions.at(id.0 as usize)
    }

    /// The id of a function.
    pub fn function_id(&self, name: &str) -> Option<FunctionId> {
        self.functions.index_of(name).map(|at| FunctionId(at as u32))
    }

    /// The type and unit of a definition, inferred from definitions alone.
    pub fn type_of(&self, id: DefinitionId) -> &Type {
        &self.get(id).typed.ty
    }

    /// Iterates over this library and those below it.
    fn and_below(&self) -> impl Iterator<Item = &Library> {
        std::iter::successors(Some(self), |library| library.base.as_ref())
    }

    /// What the names of units mean.
    pub fn units(&self) -> &UnitNames {
        &self.units
    }

    /// When years start.
    pub fn calendar(&self) -> Calendar {
        self.calendar
    }

    /// The text of an expression as its author wrote it.
    pub fn text(&self, span: Span) -> &str {
        self.sources.text(span)
    }

    /// The name of the file a span stands in.
    pub fn file_name(&self, file: FileId) -> &str {
        &self.sources.file(file).name
    }
}
