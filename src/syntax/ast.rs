//! The syntax tree: what a file says, nothing about what it means.
//!
//! Every node has its [`Span`]; a composite one runs from its first child's start to its last child's end. Numbers stay
//! text here. Chains of `+ -`, `* /`, `and`, `or` and `??` are flat, so that long sums stay shallow.

use std::sync::Arc;

use serde::Serialize;

use crate::source::{FileId, Span};

/// A file: its items in the order they stand.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct File {
    /// Which file.
    pub id: FileId,
    /// Its items; broken ones are left out.
    pub items: Vec<Item>,
    /// The broken ones: whoever looks for them says nothing, because they are reported already.
    pub broken: Vec<BrokenItem>,
}

/// An item that could not be read.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BrokenItem {
    /// What it would have been, as far as its first word tells.
    pub kind: BrokenKind,
    /// The name that it would have defined, where it could be read.
    pub name: Option<Name>,
}

/// The kinds of items, of a broken one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub enum BrokenKind {
    Definition,
    Function,
    Dataset,
    Test,
    Calendar,
    Currency,
    Unit,
}

/// A name as written (without backticks, in NFC) and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Name {
    /// The name itself.
    pub text: Arc<str>,
    /// Whether it stands in backticks: then it is never a keyword or the name of a grain.
    pub quoted: bool,
    /// Where it stands, backticks included.
    pub span: Span,
}

impl Name {
    /// A name that stands without backticks.
    pub fn new(text: impl Into<Arc<str>>, span: Span) -> Self {
        Self { text: text.into(), quoted: false, span }
    }
}

/// `name` or `dataset.name`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Path {
    /// The part before the dot.
    pub qualifier: Option<Name>,
    /// The part after it.
    pub name: Name,
    /// Both.
    pub span: Span,
}

/// One item.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Item {
    /// What it is.
    pub kind: ItemKind,
    /// From its first to its last byte.
    pub span: Span,
}

/// The kinds of items.
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
    /// `calendar { year starts april }`
    Calendar(Calendar),
    /// `currency EUR`
    Currency(Name),
    /// `unit customer`
    Unit(Name),
}

/// Which kind of definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum DefinitionKind {
    /// Published.
    Kpi,
    /// `let`: not published.
    Helper,
    /// `input`: what the data provide.
    Input,
    /// `param`: what a caller may set.
    Param,
}

/// A KPI, helper, input or parameter.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Definition {
    /// Which of them.
    pub kind: DefinitionKind,
    /// Its name.
    pub name: Name,
    /// `: type`
    pub annotation: Option<UnitExpr>,
    /// What stands after `=`; only an input may have none.
    pub formula: Option<Expr>,
    /// `{ … }`
    pub card: Option<Card>,
}

/// `fn name(parameters) : type = body`
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Function {
    /// Its name.
    pub name: Name,
    /// Its parameters.
    pub parameters: Vec<Name>,
    /// `: type`
    pub annotation: Option<UnitExpr>,
    /// What it computes.
    pub body: Expr,
    /// `{ … }`
    pub card: Option<Card>,
}

/// A type or unit: names multiplied and divided, read left to right (`EUR/customer/year`, `1/day`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnitExpr {
    /// The factors; the first is never divided.
    pub factors: Vec<UnitFactor>,
    /// All of it.
    pub span: Span,
}

/// One factor of a unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnitFactor {
    /// Whether `/` stands before it.
    pub divided: bool,
    /// The unit's or type's name as written (`1` and `€` included).
    pub name: Name,
}

/// An expression.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Expr {
    /// What it is.
    pub kind: Box<ExprKind>,
    /// Where it stands.
    pub span: Span,
}

/// The kinds of expressions.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub enum ExprKind {
    /// `1_000.50`, `20%`, `40 EUR`, `3 days`
    Number(NumberLiteral),
    /// `"text"`, escapes resolved
    Text(Arc<str>),
    /// `2026-03-31`, as written
    Date(Arc<str>),
    /// `true`, `false`
    Boolean(bool),
    /// `undefined`
    Undefined,
    /// `name` or `dataset.name`
    Path(Path),
    /// `f(…)`: a built-in, an aggregate or a user's function
    Call(Call),
    /// `-x`, `not x`
    Unary {
        /// Which.
        op: UnaryOp,
        /// Where the operator stands.
        op_span: Span,
        /// On what.
        operand: Expr,
    },
    /// Two or more operands joined by operators of one level, evaluated from the left.
    Chain {
        /// The first operand.
        first: Expr,
        /// The others, each with the operator before it.
        rest: Vec<Link>,
    },
    /// `a < b` and `a ^ b`: exactly two operands
    Binary {
        /// Which.
        op: BinaryOp,
        /// Where the operator stands.
        op_span: Span,
        /// Left.
        lhs: Expr,
        /// Right.
        rhs: Expr,
    },
    /// `x in (a, b)`, `x not in (…)`
    In {
        /// The value looked for.
        operand: Expr,
        /// Where.
        list: Vec<Expr>,
        /// `not in`
        negated: bool,
    },
    /// `x between a and b`, `x not between …`
    Between {
        /// The value.
        operand: Expr,
        /// The lower bound, included.
        low: Expr,
        /// The upper bound, included.
        high: Expr,
        /// `not between`
        negated: bool,
    },
    /// `if c then a else if d then b else e`: branches flat
    If {
        /// Conditions with their values, in order.
        branches: Vec<Branch>,
        /// The last `else`.
        otherwise: Expr,
    },
    /// `(x)`
    Paren(Expr),
    /// `x[previous, channel = "email"]`
    Context {
        /// What is evaluated.
        operand: Expr,
        /// Where: one bracket's entries.
        clauses: Vec<ContextClause>,
    },
}

impl Expr {
    /// Calls `visit` with each expression directly inside this one, in the order they stand.
    pub fn each_child<'a>(&'a self, visit: &mut dyn FnMut(&'a Expr)) {
        self.kind.each_child(visit);
    }

    /// This expression and all inside it, each before its parts, in the order they stand.
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

    /// The expression inside any parentheses.
    pub fn unparenthesized(&self) -> &Expr {
        let mut expr = self;
        while let ExprKind::Paren(inner) = &*expr.kind {
            expr = inner;
        }
        expr
    }

    /// The number of expressions inside each other, this one included.
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
    /// The condition, where it is one.
    pub fn condition(&self) -> Option<&Expr> {
        match &self.kind {
            ContextKind::Condition(condition) => Some(condition),
            _ => None,
        }
    }
}

/// A node as JSON without its places: two trees that say the same are equal in it, wherever they stand in their files.
pub fn shape(node: &impl Serialize) -> serde_json::Value {
    let mut value = serde_json::to_value(node).expect("nodes hold strings, numbers, lists and named fields only");
    erase_places(&mut value);
    value
}

/// Replaces each place by `true`: that it is there may mean something (`distinct`).
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
    /// Where it stands.
    pub op_span: Span,
    /// The operand after it.
    pub operand: Expr,
}

/// `c then a` of a conditional.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Branch {
    /// The condition.
    pub condition: Expr,
    /// Its value.
    pub value: Expr,
}

/// A number as written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NumberLiteral {
    /// Digits and at most one point; underscores removed.
    pub digits: Arc<str>,
    /// Whether `%` follows.
    pub percent: bool,
    /// The unit that follows.
    pub unit: Option<UnitExpr>,
}

/// `function(arguments where … by …)`
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Call {
    /// What is called.
    pub function: Name,
    /// The span of `distinct` before the first argument.
    pub distinct: Option<Span>,
    /// The arguments.
    pub arguments: Vec<Expr>,
    /// `where …`
    pub filter: Option<Expr>,
    /// `by a, b`
    pub by: Vec<Path>,
    /// From `(` to `)`.
    pub arguments_span: Span,
}

/// Operators with one operand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub enum UnaryOp {
    /// `-`
    Negate,
    /// `not`
    Not,
}

/// Operators with two operands.
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
    /// How it is written.
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

    /// Whether it compares.
    pub fn is_comparison(self) -> bool {
        use BinaryOp::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual};
        matches!(self, Equal | NotEqual | Less | LessOrEqual | Greater | GreaterOrEqual)
    }
}

/// One entry of a context bracket.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ContextClause {
    /// What it says.
    pub kind: ContextKind,
    /// Where it stands.
    pub span: Span,
}

/// The kinds of context entries.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub enum ContextKind {
    /// `previous`
    Previous,
    /// `3 months ago`
    Ago(Duration),
    /// `last 3 months`, `last 2 periods`
    Last(Duration),
    /// `year to date` (with the grain's name), `to date` (without)
    ToDate(Option<Name>),
    /// `all` (without a name), `all channel`, `all time`
    All(Option<Path>),
    /// A condition on rows.
    Condition(Expr),
}

/// A whole number of calendar units: `3 months`. The unit is as written, singular or plural.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Duration {
    /// The number's digits, underscores removed.
    pub digits: Arc<str>,
    /// `month`, `months`, `periods`, …
    pub unit: Name,
    /// Both.
    pub span: Span,
}

/// `{ … }` after a definition.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Card {
    /// The properties in the order they stand.
    pub properties: Vec<Property>,
    /// With its braces.
    pub span: Span,
}

/// One property of a card.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Property {
    /// What it says.
    pub kind: PropertyKind,
    /// The word it begins with.
    pub keyword: Span,
    /// All of it.
    pub span: Span,
}

/// The kinds of properties.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub enum PropertyKind {
    /// `label "…" fr "…"`; also `about`, `source`, `owner`, `since`, `version`
    Text {
        /// Which.
        property: TextProperty,
        /// Its text.
        text: Text,
    },
    /// `better lower`; also `kind`, `perspective`, `stage`, `tags`, `state`, `per`
    Words {
        /// Which.
        property: WordProperty,
        /// Its words.
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

/// An enum of words of the language, each with the words that it takes; all others are free.
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
            /// All of them by their words.
            pub(crate) const ALL: &[(&str, Self)] = &[$(($word, Self::$variant)),*];

            /// Its word.
            pub(crate) fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }

            /// The words that it takes; none where every word will do, as for all texts.
            #[allow(dead_code)]
            pub(crate) fn choices(self) -> &'static [&'static str] {
                match self { $(Self::$variant => &[$($($choice),*)?]),* }
            }

            /// The one with that word.
            pub(super) fn from_word(word: &str) -> Option<Self> {
                Self::ALL.iter().find(|(known, _)| *known == word).map(|(_, found)| *found)
            }
        }
    };
}

words! {
    /// Properties whose value is a text.
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
    /// Properties whose value is one word or several.
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
    /// The string without a language comes first, with `language` None.
    pub translations: Vec<Translation>,
    /// All of it.
    pub span: Span,
}

/// A string and its language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Translation {
    /// `fr`; None for the default.
    pub language: Option<Name>,
    /// The string, escapes resolved.
    pub text: Arc<str>,
    /// Both.
    pub span: Span,
}

/// `good <= 5% "advice"`
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Band {
    /// Which status it gives.
    pub status: Status,
    /// When.
    pub condition: BandCondition,
    /// What to do then.
    pub advice: Option<Text>,
}

/// The three statuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// As wished.
    Good,
    /// To be watched.
    Watch,
    /// To be acted on.
    Bad,
}

/// When a band holds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub enum BandCondition {
    /// `<= 5%`: the KPI's value compared
    Compare {
        /// How.
        op: BinaryOp,
        /// Where the operator stands.
        op_span: Span,
        /// With what.
        bound: Expr,
    },
    /// `between 1 and 2`
    Between {
        /// The lower bound, included.
        low: Expr,
        /// The upper bound, included.
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
    /// What is given.
    pub given: Vec<Assignment>,
    /// What is expected.
    pub expected: Expected,
}

/// `name = value`
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Assignment {
    /// The input, parameter or definition.
    pub name: Name,
    /// Its value.
    pub value: Expr,
}

/// What a value is expected to be.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Expected {
    /// `about`: equal after rounding to the decimals written.
    pub about: bool,
    /// The value.
    pub value: Expr,
}

/// `test "title" { given … expect … }`
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Test {
    /// Its title.
    pub title: Arc<str>,
    /// Where the title stands.
    pub title_span: Span,
    /// Its steps in order.
    pub steps: Vec<Step>,
}

/// One line of a test.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Step {
    /// What it says.
    pub kind: StepKind,
    /// Where it stands.
    pub span: Span,
}

/// The kinds of test steps.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub enum StepKind {
    /// `given a = 1, b = 2`
    GivenValues(Vec<Assignment>),
    /// `given crm """…"""`
    GivenTable {
        /// The dataset; None: the columns provide the inputs of their names.
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
    /// `expect a = 1, about 2, undefined`: one value for each group in order
    ExpectValues {
        /// The KPI.
        name: Name,
        /// One value a group.
        values: Vec<Expected>,
    },
    /// `expect """…"""`
    ExpectTable(TableText),
}

/// CSV text between triple quotes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TableText {
    /// The text, common indentation removed.
    pub text: Arc<str>,
    /// With its quotes.
    pub span: Span,
}

/// `dataset name = "path" { … }`
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Dataset {
    /// Its name.
    pub name: Name,
    /// The path and where it stands.
    pub path: Option<TextLiteral>,
    /// What the block says.
    pub options: Vec<DatasetOption>,
}

/// A string and where it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TextLiteral {
    /// The string, escapes resolved.
    pub text: Arc<str>,
    /// With its quotes.
    pub span: Span,
}

/// One entry of a dataset block.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DatasetOption {
    /// What it says.
    pub kind: DatasetOptionKind,
    /// Where it stands.
    pub span: Span,
}

/// The kinds of dataset entries.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub enum DatasetOptionKind {
    /// `time day`
    Time(Name),
    /// `amount: money`
    ColumnType {
        /// The column.
        column: Name,
        /// Its type.
        unit: UnitExpr,
    },
    /// `weekday_no = weekday(day)`
    Computed {
        /// The new column.
        column: Name,
        /// Its row expression.
        formula: Expr,
    },
    /// `lookup listings on listing_id` (or `on listing_id = id`)
    Lookup {
        /// The looked-up dataset.
        dataset: Name,
        /// The key column here.
        key: Name,
        /// The key column there; the same name where None.
        other_key: Option<Name>,
    },
    /// `delimiter ";"`, `decimal ","`, `dates "dd/mm/yyyy"`, `encoding "…"`, `sheet "…"`, `blank "n/a"`
    Setting {
        /// Which.
        keyword: Name,
        /// Its value.
        value: TextLiteral,
    },
}

/// `calendar { year starts april }`
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Calendar {
    /// The month's name as written.
    pub year_starts: Name,
}
