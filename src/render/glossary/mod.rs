//! Turns a library into a glossary: a sheet for each KPI, the data and functions that they rest on; as Markdown or as
//! one page of HTML.

mod layout;
mod markdown;
mod page;
mod sheet;
pub(super) mod terms;

use std::collections::HashMap;
use std::sync::Arc;

use super::{FormulaText, FormulaWriter, Graph, Locale, NodeKind};
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
    /// The KPIs by perspective.
    pub groups: Vec<Group>,
    /// Inputs and parameters that they rest on.
    pub data: Vec<Datum>,
    /// Functions that they call.
    pub functions: Vec<FunctionEntry>,
}

/// KPIs of one perspective.
#[derive(Debug, Clone)]
pub struct Group {
    /// The perspective as a definition writes it; None for KPIs without one.
    pub perspective: Option<Arc<str>>,
    /// What it is called.
    pub title: String,
    /// Its KPIs.
    pub sheets: Vec<Indicator>,
}

/// What an indicator sheet says of one KPI. Texts are in the glossary's language, and as the author wrote them:
/// nothing is escaped yet.
#[derive(Debug, Clone)]
pub struct Indicator {
    /// Its name.
    pub id: Arc<str>,
    /// What it is called.
    pub label: String,
    /// Kpi, or a helper that a KPI rests on.
    pub kind: NodeKind,
    /// What it is.
    pub about: Option<String>,
    /// Its formula in words.
    pub formula: Option<FormulaText>,
    /// Its formula as the source has it.
    pub symbols: Option<String>,
    /// The unit in words.
    pub unit: String,
    /// Which way is good.
    pub better: Option<Better>,
    /// The value aimed at.
    pub target: Option<FormulaText>,
    /// Where values ought to lie.
    pub range: Option<String>,
    /// Statuses in order; the first that holds counts.
    pub bands: Vec<BandLine>,
    /// The grain that bands and target are meant for.
    pub per: Option<String>,
    /// Further facts, each with its name: kind, stage, owner, source.
    pub facts: Vec<(&'static str, String)>,
    /// Other names that find it, in all languages.
    pub aliases: Vec<String>,
    /// Worked examples.
    pub examples: Vec<ExampleLine>,
    /// The data that it rests on, directly or not.
    pub inputs: Vec<Reference>,
    /// Who uses it directly.
    pub used_by: Vec<Reference>,
    /// What needs what, below it.
    pub graph: Graph,
    /// All its names, for a search.
    pub names: Vec<String>,
}

/// A status and when it holds.
#[derive(Debug, Clone)]
pub struct BandLine {
    /// The status.
    pub status: Status,
    /// `≤ 5%`, or a condition in words.
    pub condition: FormulaText,
    /// What to do then.
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

/// Something that stands elsewhere in the glossary, or not.
#[derive(Debug, Clone)]
pub struct Reference {
    /// Its name.
    pub id: Arc<str>,
    /// What it is called.
    pub label: String,
    /// How it adds up, for data.
    pub aggregation: String,
}

/// An input or parameter.
#[derive(Debug, Clone)]
pub struct Datum {
    /// Its name.
    pub id: Arc<str>,
    /// What it is called.
    pub label: String,
    /// Input or parameter.
    pub kind: NodeKind,
    /// What it is.
    pub about: Option<String>,
    /// The unit in words.
    pub unit: String,
    /// How it adds up; a parameter's value.
    pub aggregation: String,
    /// What is read from the data, as the source has it.
    pub symbols: String,
    /// Other names that find it, in all languages.
    pub aliases: Vec<String>,
    /// Who uses it directly.
    pub used_by: Vec<Reference>,
}

/// A function.
#[derive(Debug, Clone)]
pub struct FunctionEntry {
    /// Its name with `()`.
    pub id: Arc<str>,
    /// What it is called.
    pub label: String,
    /// What it is.
    pub about: Option<String>,
    /// `growth(x) = …`
    pub symbols: String,
}

impl Glossary {
    /// The glossary of the user's KPIs and of all that they rest on; with `standard`, or where the user has no KPIs, of
    /// the standard library too.
    pub fn of(library: &Library, standard: bool, locale: &Locale) -> Self {
        let standard = standard || library.published().next().is_none();
        let roots = ids(library).filter(|&id| {
            let definition = library.get(id);
            definition.kind == DefinitionKind::Kpi && (standard || !definition.standard)
        });
        let graph = Graph::of(library, roots, locale.language);
        let author = Author { library, locale, writer: FormulaWriter::new(library, locale), users: users(library) };
        Self {
            language: locale.language,
            groups: groups(&author, &graph),
            data: of_kind(&author, &graph, &[NodeKind::Input, NodeKind::Parameter])
                .map(|id| author.datum(id))
                .collect(),
            functions: functions(&author, &graph),
        }
    }

    /// The title of the whole.
    pub fn title(&self) -> &'static str {
        self.language.word(Phrase::GlossaryTitle)
    }

    /// All KPIs in order.
    pub fn sheets(&self) -> impl Iterator<Item = &Indicator> {
        self.groups.iter().flat_map(|group| &group.sheets)
    }
}

/// What sheets are written from.
struct Author<'a> {
    library: &'a Library,
    locale: &'a Locale,
    writer: FormulaWriter<'a>,
    /// Who uses each definition directly.
    users: HashMap<DefinitionId, Vec<DefinitionId>>,
}

fn ids(library: &Library) -> impl Iterator<Item = DefinitionId> + '_ {
    (0..library.definitions().len()).map(|at| DefinitionId(at as u32))
}

fn users(library: &Library) -> HashMap<DefinitionId, Vec<DefinitionId>> {
    let mut users: HashMap<DefinitionId, Vec<DefinitionId>> = HashMap::new();
    for user in ids(library) {
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

fn groups(author: &Author<'_>, graph: &Graph) -> Vec<Group> {
    let mut groups: Vec<Group> = terms::PERSPECTIVES.iter().map(|&name| group(author, Some(name.into()))).collect();
    groups.push(group(author, None));
    for id in of_kind(author, graph, &[NodeKind::Kpi, NodeKind::Helper]) {
        let perspective = &author.library.get(id).card.perspective;
        let at = groups.iter().position(|group| group.perspective == *perspective).unwrap_or(groups.len() - 1);
        groups[at].sheets.push(author.sheet(id));
    }
    groups.retain(|group| !group.sheets.is_empty());
    if let [Group { perspective: None, title, .. }] = &mut groups[..] {
        *title = author.locale.language.word(Phrase::Kpis).into();
    }
    groups
}

fn group(author: &Author<'_>, perspective: Option<Arc<str>>) -> Group {
    let language = author.locale.language;
    let title = match &perspective {
        Some(perspective) => language.card_word(perspective),
        None => language.word(Phrase::OtherKpis).into(),
    };
    Group { perspective, title, sheets: vec![] }
}

/// The definitions of some kinds, in the order in which the library has them.
fn of_kind<'a>(author: &Author<'a>, graph: &Graph, kinds: &[NodeKind]) -> impl Iterator<Item = DefinitionId> + use<'a> {
    let nodes = graph.nodes.iter().filter(|node| kinds.contains(&node.kind));
    let mut ids: Vec<DefinitionId> = nodes.filter_map(|node| author.library.id(&node.id)).collect();
    ids.sort_unstable();
    ids.into_iter()
}

fn functions(author: &Author<'_>, graph: &Graph) -> Vec<FunctionEntry> {
    let mut names: Vec<&str> = graph.nodes.iter().filter_map(|node| node.id.strip_suffix("()")).collect();
    names.sort_by_key(|name| author.library.function_id(name));
    names.into_iter().filter_map(|name| author.function(author.library.functions().get(name)?)).collect()
}

/// Whether a definition is the data's to give: an input, a parameter, or a KPI that is one aggregate.
fn is_data(definition: &Definition) -> bool {
    match definition.kind {
        DefinitionKind::Input | DefinitionKind::Param => true,
        DefinitionKind::Kpi | DefinitionKind::Helper => definition.references.definitions.is_empty(),
    }
}
