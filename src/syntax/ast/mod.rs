//! Defines the syntax tree, which represents the text of a file without resolving names or types.
//!
//! Every node has a [`Span`]; that of a composite node extends from the start of its first child to the end of its last
//! child. Numbers are kept as text. Chains of `+ -`, `* /`, `and`, `or` and `??` are flat, so that long sums stay shallow.

mod card;
mod dataset;
mod expr;

use std::sync::Arc;

use serde::Serialize;

use crate::source::{FileId, Span};

pub use card::*;
pub use dataset::*;
pub use expr::*;

/// A file with its items in source order.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct File {
    /// The id of the file.
    pub id: FileId,
    /// The items, without broken ones.
    pub items: Vec<Item>,
    /// The broken items. Later stages do not report their names as unknown, because they are reported already.
    pub broken: Vec<BrokenItem>,
}

/// An item that could not be parsed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BrokenItem {
    /// The kind of item, inferred from its first word.
    pub kind: BrokenKind,
    /// The name that it would define, if it could be read.
    pub name: Option<Name>,
}

/// The kind of a broken item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub enum BrokenKind {
    Definition,
    Function,
    Dataset,
    Test,
    Scenario,
    Report,
    Calendar,
    Currency,
    Unit,
}

/// A name as written, without backticks and in NFC, and its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Name {
    /// The text of the name.
    pub text: Arc<str>,
    /// True if the name is in backticks. Then it is never a keyword or the name of a grain.
    pub quoted: bool,
    /// The place, including backticks.
    pub span: Span,
}

impl Name {
    /// Creates a name without backticks.
    pub fn new(text: impl Into<Arc<str>>, span: Span) -> Self {
        Self { text: text.into(), quoted: false, span }
    }
}

/// `name` or `dataset.name`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Path {
    /// The part before the dot.
    pub qualifier: Option<Name>,
    /// The part after the dot.
    pub name: Name,
    /// The place of both parts.
    pub span: Span,
}

/// An item of a file.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Item {
    /// The kind.
    pub kind: ItemKind,
    /// The whole item.
    pub span: Span,
}

/// The kind of an item.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub enum ItemKind {
    /// `cac = …`, `let …`, `input …`, `param …`
    Definition(Definition),
    /// `fn rise(x) = …`
    Function(Function),
    /// `dataset ads = "ads.csv" { … }`
    Dataset(Dataset),
    /// `test "…" { … }`
    Test(Test),
    /// `scenario "…" { … }`
    Scenario(Scenario),
    /// `report "…" { … }`
    Report(Report),
    /// `calendar { year starts april }`
    Calendar(Calendar),
    /// `currency EUR`
    Currency(Name),
    /// `unit customer`
    Unit(Name),
}

/// The kind of a definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum DefinitionKind {
    /// A KPI, which is published.
    Kpi,
    /// `let`: a helper, which is not published.
    Helper,
    /// `input`: a value that the data provide.
    Input,
    /// `param`: a value that a caller may set.
    Param,
}

/// A KPI, helper, input or parameter.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Definition {
    /// The kind.
    pub kind: DefinitionKind,
    /// The name.
    pub name: Name,
    /// `: type`
    pub annotation: Option<UnitExpr>,
    /// The formula after `=`. Only an input may have no formula.
    pub formula: Option<Expr>,
    /// `{ … }`
    pub card: Option<Card>,
}

/// `fn name(parameters) : type = body`
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Function {
    /// The name.
    pub name: Name,
    /// The parameters.
    pub parameters: Vec<Name>,
    /// `: type`
    pub annotation: Option<UnitExpr>,
    /// The body.
    pub body: Expr,
    /// `{ … }`
    pub card: Option<Card>,
}

/// A type or unit: names multiplied and divided, read left to right (`EUR/customer/year`, `1/day`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnitExpr {
    /// The factors; the first is never divided.
    pub factors: Vec<UnitFactor>,
    /// `in currency`: the column with the currency of `money`.
    pub column: Option<Path>,
    /// The whole unit.
    pub span: Span,
}

/// A factor of a unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnitFactor {
    /// True if the factor follows a `/`.
    pub divided: bool,
    /// The name of the unit or type as written, including `1` and `€`.
    pub name: Name,
}

/// `test "title" { given … expect … }`
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Test {
    /// The title.
    pub title: Arc<str>,
    /// The place of the title.
    pub title_span: Span,
    /// The steps in order.
    pub steps: Vec<Step>,
}

/// `scenario "cheaper ads" { ad_cost = ad_cost * 90% }`
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Scenario {
    /// The title with its translations.
    pub title: Text,
    /// The values and formulas that it sets.
    pub changes: Vec<Assignment>,
}

/// `report "Board" { kpis cac, ltv  by month  over channel  period last 12 months }`
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// The title with its translations.
    pub title: Text,
    /// The entries in order.
    pub entries: Vec<ReportEntry>,
}

/// An entry of a report.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReportEntry {
    /// The kind.
    pub kind: ReportEntryKind,
    /// The place.
    pub span: Span,
}

/// The kind of an entry of a report.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub enum ReportEntryKind {
    /// `kpis cac, ltv`
    Kpis(Vec<Name>),
    /// `by month`
    By(Vec<Path>),
    /// `over channel`
    Over(Vec<Path>),
    /// `where country = "FR"`
    Where(Expr),
    /// `period last 12 months`
    Period(Arc<str>),
    /// `against previous`
    Against(Arc<str>),
}

/// A step of a test.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Step {
    /// The kind.
    pub kind: StepKind,
    /// The place.
    pub span: Span,
}

/// The kind of a test step.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub enum StepKind {
    /// `given a = 1, b = 2`
    GivenValues(Vec<Assignment>),
    /// `given crm """…"""`
    GivenTable {
        /// The dataset, or `None` if the columns provide the inputs with the same names.
        dataset: Option<Name>,
        /// The CSV text.
        table: TableText,
    },
    /// `by month, channel`
    By(Vec<Path>),
    /// `where country = "FR"`
    Where(Expr),
    /// `period 2026-01..2026-03`, as written
    Period(Arc<str>),
    /// `expect a = 1, about 2, undefined`: one value per group, in order
    ExpectValues {
        /// The KPI.
        name: Name,
        /// One value per group.
        values: Vec<Expected>,
    },
    /// `expect """…"""`
    ExpectTable(TableText),
}

/// CSV text between triple quotes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TableText {
    /// The text, without common indentation.
    pub text: Arc<str>,
    /// The place, including quotes.
    pub span: Span,
}

/// `calendar { year starts april  weeks start sunday }`
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Calendar {
    /// The names of the months in which years start, as written; one if it is not repeated.
    pub year_starts: Vec<Name>,
    /// The names of the days on which weeks start, as written; one if it is not repeated.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub weeks_start: Vec<Name>,
}

/// Converts a node to JSON without places, so that equal trees from different places compare equal.
pub fn shape(node: &impl Serialize) -> serde_json::Value {
    let mut value = serde_json::to_value(node).expect("nodes contain only strings, numbers, lists and named fields");
    erase_places(&mut value);
    value
}

/// Replaces each place by `true`, because the presence of an optional place can have a meaning (`distinct`).
fn erase_places(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::Object(fields) if fields.len() == 3 && fields.contains_key("file") => *value = true.into(),
        serde_json::Value::Object(fields) => fields.values_mut().for_each(erase_places),
        serde_json::Value::Array(nodes) => nodes.iter_mut().for_each(erase_places),
        _ => {}
    }
}
