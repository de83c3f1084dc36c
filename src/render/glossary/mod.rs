//! Turns a library into a glossary: a sheet for each KPI, and the data and functions that the KPIs use. As Markdown or
//! as one HTML page.

mod data;
mod layout;
mod markdown;
mod page;
mod sheet;
pub(super) mod terms;
#[cfg(feature = "cli")]
mod values;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

#[cfg(feature = "cli")]
pub(crate) use values::CurrentValues;

use super::graph::Item;
use super::{FormulaText, FormulaWriter, Graph, Locale, NodeKind};
use crate::budget::{Budget, Charge};
use crate::diagnostic::Diagnostic;
use crate::language::{Language, Phrase};
use crate::library::card::Better;
use crate::library::{Definition, DefinitionId, Library};
use crate::syntax::ast::{DefinitionKind, Status};

/// A glossary in one language, ready to be written.
///
/// ```
/// use yardstick::output::{Glossary, Language, Locale};
///
/// let library = yardstick::Library::from_text("cac = spend / won { label \"Cost of a customer\" }")?;
/// let glossary = Glossary::of(&library, false, &Locale::new(Language::English));
/// assert!(glossary.markdown().contains("### Cost of a customer"));
/// assert!(glossary.html().contains("<h3>Cost of a customer</h3>"));
/// # Ok::<(), yardstick::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Glossary {
    /// The language of all texts.
    pub language: Language,
    /// The title, if it is not the usual one.
    pub title: Option<String>,
    /// The date, as given.
    pub date: Option<String>,
    /// The data behind the current values with their days, if the glossary has values.
    pub data_days: Option<String>,
    /// The KPIs by perspective.
    pub groups: Vec<Group>,
    /// The inputs and parameters that the KPIs use.
    pub data: Vec<Datum>,
    /// The functions that the KPIs call.
    pub functions: Vec<FunctionEntry>,
}

/// KPIs of one perspective.
#[derive(Debug, Clone)]
pub struct Group {
    /// The perspective as in a definition. None for KPIs without one.
    pub perspective: Option<Arc<str>>,
    /// The label.
    pub title: String,
    /// The KPIs.
    pub sheets: Vec<Indicator>,
}

/// The sheet of one KPI. Texts are in the language of the glossary and are not escaped.
#[derive(Debug, Clone)]
pub struct Indicator {
    /// The name.
    pub id: Arc<str>,
    /// The label.
    pub label: String,
    /// KPI, or a helper that a KPI uses.
    pub kind: NodeKind,
    /// The current value, if the glossary has values.
    pub current: Option<CurrentValue>,
    /// The description.
    pub about: Option<String>,
    /// The formula in words.
    pub formula: Option<FormulaText>,
    /// The formula as in the source.
    pub symbols: Option<String>,
    /// The unit in words.
    pub unit: String,
    /// The direction of improvement.
    pub better: Option<Better>,
    /// The target.
    pub target: Option<FormulaText>,
    /// The expected range of values.
    pub range: Option<String>,
    /// The bands in order. The first whose condition is true applies.
    pub bands: Vec<BandLine>,
    /// The grain that the bands and the target apply to.
    pub per: Option<String>,
    /// Further facts, each with its name: kind, stage, owner, source.
    pub facts: Vec<(&'static str, String)>,
    /// The aliases in all languages.
    pub aliases: Vec<String>,
    /// Worked examples.
    pub examples: Vec<ExampleLine>,
    /// The data that it uses, directly or indirectly: the nearest 100.
    pub inputs: Vec<Reference>,
    /// True if it uses more data.
    pub more_inputs: bool,
    /// The definitions that use it directly.
    pub used_by: Vec<Reference>,
    /// The dependency graph below it. None if it has more than 60 nodes.
    pub graph: Option<Graph>,
    /// All names, for the search.
    pub names: Vec<String>,
}

/// The current value of a KPI. Texts are in the language of the glossary and are not escaped.
#[derive(Debug, Clone)]
pub struct CurrentValue {
    /// The value with its unit, or `—` if it is undefined.
    pub value: String,
    /// The period in words. None if the value is that of all rows.
    pub period: Option<String>,
    /// The status.
    pub status: Option<Status>,
    /// The target and the distance of the value from it.
    pub target: Option<String>,
    /// Why the value or its status is missing, and warnings.
    pub notes: Vec<String>,
}

/// A status and its condition.
#[derive(Debug, Clone)]
pub struct BandLine {
    /// The status.
    pub status: Status,
    /// `≤ 5%`, or a condition in words.
    pub condition: FormulaText,
    /// The advice.
    pub advice: Option<String>,
}

/// A worked example.
#[derive(Debug, Clone)]
pub struct ExampleLine {
    /// Name and value of each input.
    pub given: Vec<(String, String)>,
    /// The result.
    pub result: String,
}

/// A reference to a definition, which may be in the glossary.
#[derive(Debug, Clone)]
pub struct Reference {
    /// The name.
    pub id: Arc<str>,
    /// The label.
    pub label: String,
    /// For data, how values add up.
    pub aggregation: String,
}

/// An input or parameter.
#[derive(Debug, Clone)]
pub struct Datum {
    /// The name.
    pub id: Arc<str>,
    /// The label.
    pub label: String,
    /// Input or parameter.
    pub kind: NodeKind,
    /// The description.
    pub about: Option<String>,
    /// The unit in words.
    pub unit: String,
    /// How values add up, or the value of a parameter.
    pub aggregation: String,
    /// The column or aggregate that is read from the data, as in the source.
    pub symbols: String,
    /// The aliases in all languages.
    pub aliases: Vec<String>,
    /// The definitions that use it directly.
    pub used_by: Vec<Reference>,
}

/// A function.
#[derive(Debug, Clone)]
pub struct FunctionEntry {
    /// The name, followed by `()`.
    pub id: Arc<str>,
    /// The label.
    pub label: String,
    /// The description.
    pub about: Option<String>,
    /// `growth(x) = …`
    pub symbols: String,
}

impl Glossary {
    /// Creates the glossary of the user's KPIs and of everything that they use. Includes the standard library if
    /// `standard` is true or the user has no KPIs.
    pub fn of(library: &Library, standard: bool, locale: &Locale) -> Self {
        Self::within(library, standard, locale, &mut Budget::unlimited().charge()).expect("there is no limit")
    }

    /// The same, within a budget. The charge counts the sheets.
    pub(crate) fn within(
        library: &Library,
        standard: bool,
        locale: &Locale,
        charge: &mut Charge,
    ) -> Result<Self, Diagnostic> {
        let standard = standard || library.published().next().is_none();
        let roots = library.ids().filter(|&id| {
            let definition = library.get(id);
            definition.kind == DefinitionKind::Kpi && (standard || !definition.standard)
        });
        let graph = Graph::within(library, roots, locale.language, charge)?;
        let author = Author {
            library,
            locale,
            writer: FormulaWriter::new(library, locale),
            users: users(library),
            below: data::below(library),
        };
        let groups = groups(&author, &graph, charge)?;
        let mut data = vec![];
        for id in of_kind(&author, &graph, &[NodeKind::Input, NodeKind::Parameter]) {
            let datum = author.datum(id);
            count(charge, BYTES_PER_ENTRY + datum.used_by.len() * BYTES_PER_REFERENCE)?;
            data.push(datum);
        }
        let functions = functions(&author, &graph);
        Ok(Self { language: locale.language, title: None, date: None, data_days: None, groups, data, functions })
    }

    /// Returns the title of the glossary.
    pub fn title(&self) -> &str {
        self.title.as_deref().unwrap_or_else(|| self.language.word(Phrase::GlossaryTitle))
    }

    /// `As of 2026-04-02`, if the glossary has a date.
    pub(super) fn dated(&self) -> Option<String> {
        self.date.as_ref().map(|date| self.language.phrase(Phrase::DatedOn, &[&self.language.day(date)]))
    }

    /// `Values computed from: ads, 2026-01-01 to 2026-03-31`, if the glossary has values.
    pub(super) fn computed_from(&self) -> Option<String> {
        self.data_days.as_ref().map(|days| self.language.phrase(Phrase::ComputedFrom, &[days]))
    }

    /// Iterates over the sheets of all KPIs in order.
    pub fn sheets(&self) -> impl Iterator<Item = &Indicator> {
        self.groups.iter().flat_map(|group| &group.sheets)
    }
}

/// The data that sheets are created from.
struct Author<'a> {
    library: &'a Library,
    locale: &'a Locale,
    writer: FormulaWriter<'a>,
    /// The definitions that use each definition directly.
    users: HashMap<DefinitionId, Vec<DefinitionId>>,
    /// The data that each definition uses.
    below: HashMap<Item, data::Below>,
}

fn users(library: &Library) -> HashMap<DefinitionId, Vec<DefinitionId>> {
    let mut users: HashMap<DefinitionId, Vec<DefinitionId>> = HashMap::new();
    for user in library.ids() {
        for name in &library.get(user).references.definitions {
            let Some(used) = library.id(&name.text) else { continue };
            let users = users.entry(used).or_default();
            if users.last() != Some(&user) {
                users.push(user);
            }
        }
    }
    users
}

/// What is done, for errors.
const WRITING: &str = "writing the glossary";

/// The bytes of an entry without what it refers to, of a reference, and of a node in the graph of a sheet.
const BYTES_PER_ENTRY: usize = 2048;
const BYTES_PER_REFERENCE: usize = 128;
const BYTES_PER_NODE: usize = 256;

/// Counts an entry. A byte takes about a step.
fn count(charge: &mut Charge, bytes: usize) -> Result<(), Diagnostic> {
    charge.budget().spend(bytes, WRITING)?;
    charge.grow(bytes, "the glossary")
}

impl Indicator {
    fn bytes(&self) -> usize {
        let references = self.inputs.len() + self.used_by.len();
        let nodes = self.graph.as_ref().map_or(0, |graph| graph.nodes.len());
        let symbols = self.symbols.as_ref().map_or(0, String::len);
        BYTES_PER_ENTRY + references * BYTES_PER_REFERENCE + nodes * BYTES_PER_NODE + 4 * symbols
    }
}

fn groups(author: &Author<'_>, graph: &Graph, charge: &mut Charge) -> Result<Vec<Group>, Diagnostic> {
    let mut groups: Vec<Group> = terms::PERSPECTIVES.iter().map(|&name| group(author, Some(name.into()))).collect();
    groups.push(group(author, None));
    for id in of_kind(author, graph, &[NodeKind::Kpi, NodeKind::Helper]) {
        let perspective = &author.library.get(id).card.perspective;
        let at = groups.iter().position(|group| group.perspective == *perspective).unwrap_or(groups.len() - 1);
        let sheet = author.sheet(id);
        count(charge, sheet.bytes())?;
        groups[at].sheets.push(sheet);
    }
    groups.retain(|group| !group.sheets.is_empty());
    if let [Group { perspective: None, title, .. }] = &mut groups[..] {
        *title = author.locale.language.word(Phrase::Kpis).into();
    }
    Ok(groups)
}

fn group(author: &Author<'_>, perspective: Option<Arc<str>>) -> Group {
    let language = author.locale.language;
    let title = match &perspective {
        Some(perspective) => language.card_word(perspective),
        None => language.word(Phrase::OtherKpis).into(),
    };
    Group { perspective, title, sheets: vec![] }
}

/// The definitions of these kinds, in the order of the library.
fn of_kind<'a>(author: &Author<'a>, graph: &Graph, kinds: &[NodeKind]) -> impl Iterator<Item = DefinitionId> + use<'a> {
    let nodes = graph.nodes.iter().filter(|node| kinds.contains(&node.kind));
    let ids: HashSet<DefinitionId> = nodes.filter_map(|node| author.library.id(&node.id)).collect();
    author.library.ids().filter(move |id| ids.contains(id))
}

fn functions(author: &Author<'_>, graph: &Graph) -> Vec<FunctionEntry> {
    let names: HashSet<&str> = graph.nodes.iter().filter_map(|node| node.id.strip_suffix("()")).collect();
    let functions = author.library.functions().filter(|function| names.contains(&*function.name.text));
    functions.filter_map(|function| author.function(function)).collect()
}

/// True if a definition counts as data: an input, a parameter, or a KPI that is a single aggregate.
fn is_data(definition: &Definition) -> bool {
    match definition.kind {
        DefinitionKind::Input | DefinitionKind::Param => true,
        DefinitionKind::Kpi | DefinitionKind::Helper => definition.references.definitions.is_empty(),
    }
}
