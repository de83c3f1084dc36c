//! Defines the syntax tree, which represents the text of a file without resolving names or types.
//!
//! Every node has a [`Span`]; that of a composite node extends from the start of its first child to the end of its last
//! child. Numbers are kept as text. Chains of `+ -`, `* /`, `and`, `or` and `??` are flat, so that long sums stay shallow.

use std::sync::Arc;

use serde::Serialize;

use crate::source::{FileId, Span};

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

/// An expression.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Expr {
    /// The kind.
    pub kind: Box<ExprKind>,
    /// The place.
    pub span: Span,
}

/// The kind of an expression.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub enum ExprKind {
    /// `1_000.50`, `20%`, `40 EUR`, `3 days`
    Number(NumberLiteral),
    /// `"text"`, with escapes resolved
    Text(Arc<str>),
    /// `2026-03-31`, as written
    Date(Arc<str>),
    /// `true`, `false`
    Boolean(bool),
    /// `undefined`
    Undefined,
    /// `name` or `dataset.name`
    Path(Path),
    /// `f(…)`: a call of a built-in function, an aggregate or a user's function
    Call(Call),
    /// `-x`, `not x`
    Unary {
        /// The operator.
        op: UnaryOp,
        /// The place of the operator.
        op_span: Span,
        /// The operand.
        operand: Expr,
    },
    /// Two or more operands joined by operators of one precedence level, evaluated from the left.
    Chain {
        /// The first operand.
        first: Expr,
        /// The other operands, each with the operator before it.
        rest: Vec<Link>,
    },
    /// `sum(x each channel having x > 0)`
    Each(Each),
    /// `a < b` and `a ^ b`: exactly two operands
    Binary {
        /// The operator.
        op: BinaryOp,
        /// The place of the operator.
        op_span: Span,
        /// The left operand.
        lhs: Expr,
        /// The right operand.
        rhs: Expr,
    },
    /// `x in (a, b)`, `x not in (…)`
    In {
        /// The value to look for.
        operand: Expr,
        /// The list to search.
        list: Vec<Expr>,
        /// True for `not in`.
        negated: bool,
    },
    /// `x between a and b`, `x not between …`
    Between {
        /// The value to test.
        operand: Expr,
        /// The lower bound, inclusive.
        low: Expr,
        /// The upper bound, inclusive.
        high: Expr,
        /// True for `not between`.
        negated: bool,
    },
    /// `if c then a else if d then b else e`, with a flat list of branches
    If {
        /// The conditions with their values, in order.
        branches: Vec<Branch>,
        /// The value of the last `else`.
        otherwise: Expr,
    },
    /// `(x)`
    Paren(Expr),
    /// `x[previous, channel = "email"]`
    Context {
        /// The expression to evaluate.
        operand: Expr,
        /// The entries of the bracket.
        clauses: Vec<ContextClause>,
    },
}

impl Expr {
    /// Calls `visit` for each direct child in source order.
    pub fn each_child<'a>(&'a self, visit: &mut dyn FnMut(&'a Expr)) {
        self.kind.each_child(visit);
    }

    /// Iterates over this expression and all its descendants in pre-order.
    pub fn walk(&self) -> impl Iterator<Item = &Expr> {
        let mut open = vec![self];
        std::iter::from_fn(move || {
            let expr = open.pop()?;
            let from = open.len();
            expr.each_child(&mut |child| open.push(child));
            open[from..].reverse();
            Some(expr)
        })
    }

    /// The expression without any parentheses around it.
    pub fn unparenthesized(&self) -> &Expr {
        let mut expr = self;
        while let ExprKind::Paren(inner) = &*expr.kind {
            expr = inner;
        }
        expr
    }

    /// The height of the tree of this expression: 1 for a leaf.
    pub fn height(&self) -> usize {
        let mut inner = 0;
        self.each_child(&mut |child| inner = inner.max(child.height()));
        inner + 1
    }
}

impl ExprKind {
    fn each_child<'a>(&'a self, visit: &mut dyn FnMut(&'a Expr)) {
        match self {
            Self::Number(_) | Self::Text(_) | Self::Date(_) | Self::Boolean(_) | Self::Undefined | Self::Path(_) => {}
            Self::Call(call) => call.arguments.iter().chain(&call.filter).for_each(visit),
            Self::Each(each) => each.call.arguments.iter().chain(&each.call.filter).chain(&each.having).for_each(visit),
            Self::Unary { operand, .. } | Self::Paren(operand) => visit(operand),
            Self::Chain { first, rest } => {
                visit(first);
                rest.iter().for_each(|link| visit(&link.operand));
            }
            Self::Binary { lhs, rhs, .. } => [lhs, rhs].into_iter().for_each(visit),
            Self::In { operand, list, .. } => std::iter::once(operand).chain(list).for_each(visit),
            Self::Between { operand, low, high, .. } => [operand, low, high].into_iter().for_each(visit),
            Self::If { branches, otherwise } => {
                for branch in branches {
                    visit(&branch.condition);
                    visit(&branch.value);
                }
                visit(otherwise);
            }
            Self::Context { operand, clauses } => {
                visit(operand);
                clauses.iter().filter_map(ContextClause::condition).for_each(visit);
            }
        }
    }
}

impl ContextClause {
    /// The condition, or `None` for other entries.
    pub fn condition(&self) -> Option<&Expr> {
        match &self.kind {
            ContextKind::Condition(condition) => Some(condition),
            _ => None,
        }
    }
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

/// An operator and the operand after it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Link {
    /// The operator.
    pub op: BinaryOp,
    /// The place of the operator.
    pub op_span: Span,
    /// The operand after it.
    pub operand: Expr,
}

/// `c then a`, a branch of a conditional.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Branch {
    /// The condition.
    pub condition: Expr,
    /// The value.
    pub value: Expr,
}

/// A number as written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NumberLiteral {
    /// The digits with at most one point, without underscores.
    pub digits: Arc<str>,
    /// True if `%` follows the number.
    pub percent: bool,
    /// The unit after the number.
    pub unit: Option<UnitExpr>,
}

/// `function(arguments on … during where … by …)`
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Call {
    /// The name of the function.
    pub function: Name,
    /// The span of `distinct` before the first argument.
    pub distinct: Option<Span>,
    /// The arguments.
    pub arguments: Vec<Expr>,
    /// `on closed_on`: the time column
    pub on: Option<Path>,
    /// The span of `during`: the rows in force at any time in the period
    #[serde(skip_serializing_if = "Option::is_none")]
    pub during: Option<Span>,
    /// `where …`
    pub filter: Option<Expr>,
    /// `by a, b`
    pub by: Vec<Path>,
    /// For `convert`: the declared type of the definition or column around it.
    #[serde(skip)]
    pub into: Option<Arc<UnitExpr>>,
    /// The place from `(` to `)`.
    pub arguments_span: Span,
}

/// `aggregate(formula each column, … having condition)`: an aggregate of the values of a formula in the groups inside the
/// current one. In a computed column, `aggregate(expression where condition each column, …)`: an aggregate of all rows with
/// the same keys.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Each {
    /// The aggregate and the formula. `by` is an error, and so are `where` and `on` outside computed columns.
    pub call: Call,
    /// The columns, and at most one grain of time, that make the inner groups.
    pub keys: Vec<Path>,
    /// The place from `each` to the last key.
    pub keys_span: Span,
    /// `having …`
    pub having: Option<Expr>,
}

/// A unary operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub enum UnaryOp {
    /// `-`
    Negate,
    /// `not`
    Not,
}

/// A binary operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub enum BinaryOp {
    /// `??`
    Coalesce,
    /// `or`
    Or,
    /// `and`
    And,
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `^`
    Power,
}

impl BinaryOp {
    /// The operator as written in formulas.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Coalesce => "??",
            Self::Or => "or",
            Self::And => "and",
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Power => "^",
        }
    }

    /// Returns true for comparison operators.
    pub fn is_comparison(self) -> bool {
        use BinaryOp::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual};
        matches!(self, Equal | NotEqual | Less | LessOrEqual | Greater | GreaterOrEqual)
    }
}

/// An entry of a context bracket.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ContextClause {
    /// The kind.
    pub kind: ContextKind,
    /// The place.
    pub span: Span,
}

/// The kind of a context entry.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub enum ContextKind {
    /// `previous`
    Previous,
    /// `3 months ago`
    Ago(Duration),
    /// `last 3 months`, `last 2 periods`
    Last(Duration),
    /// `year to date` with the name of the grain, or `to date` without
    ToDate(Option<Name>),
    /// `so far`
    SoFar,
    /// `all` without a name, or `all channel`, `all time`
    All(Option<Path>),
    /// A condition on rows.
    Condition(Expr),
}

/// A whole number of calendar units: `3 months`. The unit is kept as written, singular or plural.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Duration {
    /// The digits of the number, without underscores.
    pub digits: Arc<str>,
    /// `month`, `months`, `periods`, …
    pub unit: Name,
    /// The place of both parts.
    pub span: Span,
}

/// A card: `{ … }` after a definition.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Card {
    /// The properties in source order.
    pub properties: Vec<Property>,
    /// The place, including braces.
    pub span: Span,
}

/// A property of a card.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Property {
    /// The kind.
    pub kind: PropertyKind,
    /// The place of its first word.
    pub keyword: Span,
    /// The whole place.
    pub span: Span,
}

/// The kind of a property.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub enum PropertyKind {
    /// `label "…" fr "…"`, and also `about`, `source`, `owner`, `since`, `version`
    Text {
        /// The property.
        property: TextProperty,
        /// The text.
        text: Text,
    },
    /// `better lower`, and also `kind`, `perspective`, `stage`, `tags`, `state`, `per`
    Words {
        /// The property.
        property: WordProperty,
        /// The words.
        words: Vec<Name>,
    },
    /// `target …`
    Target(Expr),
    /// `good <= 5% "advice"`
    Band(Band),
    /// `range 0..1`; either end may be missing
    Range {
        /// The lower end.
        low: Option<Expr>,
        /// The upper end.
        high: Option<Expr>,
    },
    /// `alias "churn", fr "taux d'attrition"`
    Alias(Vec<Translation>),
    /// `format 2 decimals, percent`
    Format(Vec<FormatPart>),
    /// `example a = 1, b = 2 gives 0.5`
    Example(Example),
}

/// Defines an enum of keywords, each with the words that may follow it. Without such a list, any word or text may follow.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($variant:ident: $word:literal $([$($choice:literal),*])?;)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
        #[serde(rename_all = "lowercase")]
        #[allow(missing_docs)]
        pub enum $name {
            $($variant),*
        }

        impl $name {
            /// All variants with their words.
            pub(crate) const ALL: &[(&str, Self)] = &[$(($word, Self::$variant)),*];

            /// The word in the language.
            pub(crate) fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }

            /// The words that may follow. Empty if any word may follow, and for all texts.
            #[allow(dead_code)]
            pub(crate) fn choices(self) -> &'static [&'static str] {
                match self { $(Self::$variant => &[$($($choice),*)?]),* }
            }

            /// Finds a variant by its word.
            pub(super) fn from_word(word: &str) -> Option<Self> {
                Self::ALL.iter().find(|(known, _)| *known == word).map(|(_, found)| *found)
            }
        }
    };
}

words! {
    /// A property whose value is a text.
    TextProperty {
        Label: "label";
        About: "about";
        Source: "source";
        Owner: "owner";
        Since: "since";
        Version: "version";
    }
}

words! {
    /// A property whose value is one or more words.
    WordProperty {
        Better: "better" ["higher", "lower", "neither"];
        Kind: "kind" ["leading", "lagging"];
        Perspective: "perspective" ["financial", "customer", "process", "learning"];
        Stage: "stage";
        Tags: "tags";
        State: "state" ["draft", "official"];
        Per: "per" ["day", "week", "month", "quarter", "year"];
    }
}

/// A string with translations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Text {
    /// The translations. The first one has no language and is the default.
    pub translations: Vec<Translation>,
    /// The whole place.
    pub span: Span,
}

/// A string with its language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Translation {
    /// The language, such as `fr`, or `None` for the default.
    pub language: Option<Name>,
    /// The string, with escapes resolved.
    pub text: Arc<str>,
    /// The place of both parts.
    pub span: Span,
}

/// `good <= 5% "advice"`
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Band {
    /// The status that the band assigns.
    pub status: Status,
    /// The condition.
    pub condition: BandCondition,
    /// The recommended action.
    pub advice: Option<Text>,
}

/// The status of a KPI.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// The value is as desired.
    Good,
    /// The value needs attention.
    Watch,
    /// The value requires action.
    Bad,
}

/// The condition of a band.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub enum BandCondition {
    /// `<= 5%`: the KPI's value compared
    Compare {
        /// The comparison operator.
        op: BinaryOp,
        /// The place of the operator.
        op_span: Span,
        /// The bound.
        bound: Expr,
    },
    /// `between 1 and 2`
    Between {
        /// The lower bound, inclusive.
        low: Expr,
        /// The upper bound, inclusive.
        high: Expr,
    },
    /// `when cac < ltv`
    When(Expr),
    /// `otherwise`
    Otherwise,
}

/// `2 decimals`, `percent`, `compact`
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FormatPart {
    /// The number before the word.
    pub digits: Option<Arc<str>>,
    /// The word.
    pub word: Name,
}

/// `a = 1, b = 2 gives 0.5`
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Example {
    /// The given values.
    pub given: Vec<Assignment>,
    /// The expected result.
    pub expected: Expected,
}

/// `name = value`
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Assignment {
    /// The name of an input, parameter or definition.
    pub name: Name,
    /// The value.
    pub value: Expr,
}

/// An expected value.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Expected {
    /// True for `about`: the value must be equal after rounding to the decimals of the expected value.
    pub about: bool,
    /// The value.
    pub value: Expr,
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

/// `dataset name = "path" { … }`
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Dataset {
    /// The name.
    pub name: Name,
    /// The path of the data file.
    pub path: Option<TextLiteral>,
    /// The table of a warehouse, instead of a file.
    pub table: Option<WarehouseTable>,
    /// The entries of the block.
    pub options: Vec<DatasetOption>,
}

/// `table "analytics.orders" in warehouse`
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WarehouseTable {
    /// The name of the table there.
    pub table: TextLiteral,
    /// The name that the host resolves to a connection.
    pub warehouse: Warehouse,
}

/// What is written in the place of a warehouse.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum Warehouse {
    /// Its name.
    Name(Name),
    /// A text, which is an error.
    Text(TextLiteral),
}

impl Warehouse {
    /// The place.
    pub fn span(&self) -> Span {
        match self {
            Self::Name(name) => name.span,
            Self::Text(text) => text.span,
        }
    }
}

/// A string with its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TextLiteral {
    /// The string, with escapes resolved.
    pub text: Arc<str>,
    /// The place, including quotes.
    pub span: Span,
}

/// An entry of a dataset block.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DatasetOption {
    /// The kind.
    pub kind: DatasetOptionKind,
    /// The place.
    pub span: Span,
}

/// `strict expect unique a, b`: what rows must meet.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RowTest {
    /// True if a row that breaks it is an error.
    pub strict: bool,
    /// What is tested.
    pub kind: RowTestKind,
    /// The place of what is tested.
    pub span: Span,
}

impl RowTest {
    /// The condition that rows must meet, if it is one.
    pub fn condition(&self) -> Option<&Expr> {
        match &self.kind {
            RowTestKind::Condition(condition) => Some(condition),
            RowTestKind::Unique(_) | RowTestKind::Filled(_) => None,
        }
    }
}

/// What a test of rows tests.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub enum RowTestKind {
    /// `unique a, b`: no two rows have the same values in these columns.
    Unique(Vec<Name>),
    /// `not blank a, b`: each of these columns has a value.
    Filled(Vec<Name>),
    /// `end_date >= start_date`: the condition holds.
    Condition(Expr),
}

/// The kind of a dataset entry.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub enum DatasetOptionKind {
    /// `time day`
    Time(Path),
    /// `valid from start_date until end_date`
    Valid(Validity),
    /// `amount: money`
    ColumnType {
        /// The column.
        column: Name,
        /// The type.
        unit: UnitExpr,
    },
    /// `weekday_no = weekday(day)`
    Computed {
        /// The new column.
        column: Name,
        /// `: type`
        annotation: Option<UnitExpr>,
        /// The row expression.
        formula: Expr,
    },
    /// `lookup listings on listing_id` (or `on listing_id = id`)
    Lookup(Lookup),
    /// `expect unique order_id`
    RowTest(RowTest),
    /// `header 4`: the row of the column names, or `None` for `no header`.
    Header {
        /// The row.
        row: Option<Arc<str>>,
    },
    /// `skip last 1`: the number of rows that are left out at the end.
    SkipLast {
        /// The number.
        rows: Arc<str>,
    },
    /// `delimiter ";"`, `decimal ","`, `dates "dd/mm/yyyy"`, `encoding "…"`, `sheet "…"`, `range "A4:F16"`, `blank "n/a"`
    Setting {
        /// The setting.
        keyword: Name,
        /// The value.
        value: TextLiteral,
    },
}

/// `valid from start_date until end_date`
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Validity {
    /// The column of the starts.
    pub from: Name,
    /// The column of the ends, or `None` if it is missing, which is an error.
    pub end: Option<Name>,
    /// True if the end is the last day or moment in force (`through`), false if it is the first one after (`until`).
    pub inclusive: bool,
}

/// `lookup seller = users on seller_id = id as of day within 7 days`
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Lookup {
    /// The name by which the rows are reached, or `None` if it is that of the dataset.
    pub name: Option<Name>,
    /// The looked-up dataset.
    pub dataset: Name,
    /// The columns that must be equal.
    pub keys: Vec<LookupKey>,
    /// The time that selects one of the rows with equal keys.
    pub time: Option<LookupTime>,
}

/// `seller_id = id`
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LookupKey {
    /// The column of this dataset.
    pub here: Name,
    /// The column of the looked-up dataset, or `None` if it has the same name.
    pub there: Option<Name>,
}

/// `as of ordered_on`, `next ordered_on within 7 days`
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LookupTime {
    /// True for the first row at or after the time (`next`) instead of the last at or before it (`as of`).
    pub next: bool,
    /// A column of this dataset, or a date.
    pub at: Expr,
    /// The longest time between the two.
    pub within: Option<Duration>,
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
