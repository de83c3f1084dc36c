//! Programs, tables and queries as trees.

/// A column of a table that rows are grouped or filtered by, and a column of numbers or dates.
pub type Name = &'static str;

/// An expression over groups or over rows.
#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    /// A decimal: its digits, and how many of them follow the point.
    Number(i64, u32),
    Percent(i64),
    Text(Name),
    /// A date as days since 1970-01-01.
    Date(i64),
    Boolean(bool),
    Undefined,
    /// A column, in an aggregate or a condition.
    Column(Name),
    /// A definition, or a parameter of a function.
    Name(String),
    Negate(Box<Expr>),
    Not(Box<Expr>),
    Binary(Operator, Box<Expr>, Box<Expr>),
    If(Box<Expr>, Box<Expr>, Box<Expr>),
    In(Box<Expr>, Vec<Expr>, bool),
    Between(Box<Expr>, Box<Expr>, Box<Expr>, bool),
    /// A built-in function.
    Call(Name, Vec<Expr>),
    /// A function of the program.
    Apply(String, Vec<Expr>),
    Aggregate(Box<Aggregate>),
    Context(Box<Expr>, Vec<Part>),
    Each(Box<Each>),
}

/// An aggregate over inner groups.
#[derive(Debug, Clone, PartialEq)]
pub struct Each {
    pub function: Name,
    pub distinct: bool,
    pub value: Expr,
    pub keys: Vec<Name>,
    pub grain: Option<Grain>,
    pub having: Option<Expr>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Power,
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    And,
    Or,
    Otherwise,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Aggregate {
    pub function: Name,
    pub distinct: bool,
    pub dataset: Name,
    /// None in `count(dataset)`.
    pub value: Option<Expr>,
    /// The percentage of a quantile.
    pub fraction: Option<i64>,
    pub condition: Option<Expr>,
    pub by: Vec<Name>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grain {
    Day,
    Week,
    Month,
    Quarter,
    Year,
}

/// A part of a context.
#[derive(Debug, Clone, PartialEq)]
pub enum Part {
    Previous,
    Ago(i64, Grain),
    Last(i64, Grain),
    LastPeriods(i64),
    ToDate(Option<Grain>),
    AllColumn(Name),
    All,
    AllTime,
    /// Rows for which a condition holds, of one dataset if it is qualified.
    Where(Option<Name>, Expr),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Function {
    pub name: String,
    pub parameters: Vec<String>,
    pub body: Expr,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Kpi,
    Helper,
    Input,
    Parameter,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Definition {
    pub kind: Kind,
    pub name: String,
    pub formula: Expr,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    Number(i64, u32),
    Text(Name),
    Date(i64),
}

/// A table. Blank cells are None.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    pub name: Name,
    pub columns: &'static [(Name, Name)],
    pub rows: Vec<Vec<Option<Cell>>>,
}

/// A column that is computed from the others of its row.
pub type Computed = (Name, Name, Expr);

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Query {
    pub grain: Option<Grain>,
    pub keys: Vec<Name>,
    /// First and last day, and the grain if it is a single period.
    pub period: Option<(i64, i64, Option<Grain>)>,
    pub condition: Option<Expr>,
    /// A value for a parameter.
    pub set: Option<(String, i64)>,
}

/// A program with its data and a query.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    pub tables: Vec<Table>,
    pub computed: Vec<Computed>,
    pub functions: Vec<Function>,
    pub definitions: Vec<Definition>,
    pub query: Query,
}

/// The datasets: `shop` finds `people` by a lookup on the customer.
pub const SHOP: &[(Name, Name)] =
    &[("day", "date"), ("region", "text"), ("kind", "text"), ("customer", "text"), ("a", "number"), ("b", "number")];
pub const WEB: &[(Name, Name)] = &[("day", "date"), ("region", "text"), ("n", "number")];
pub const PEOPLE: &[(Name, Name)] = &[("id", "text"), ("country", "text"), ("size", "number")];

/// The columns of `shop` that a lookup finds, and the columns of a dataset that rows can be filtered or grouped by.
pub fn has_column(case: &Case, dataset: Name, column: Name) -> bool {
    let own = case.tables.iter().any(|table| table.name == dataset && table.columns.iter().any(|it| it.0 == column));
    own || case.computed.iter().any(|it| it.0 == dataset && it.1 == column)
        || dataset == "shop" && (column == "country" || column == "size")
}

impl Expr {
    pub fn children(&self) -> Vec<&Expr> {
        match self {
            Self::Negate(x) | Self::Not(x) | Self::Context(x, _) => vec![x],
            Self::Binary(_, x, y) => vec![x, y],
            Self::If(x, y, z) | Self::Between(x, y, z, _) => vec![x, y, z],
            Self::In(x, list, _) => std::iter::once(&**x).chain(list).collect(),
            Self::Call(_, list) | Self::Apply(_, list) => list.iter().collect(),
            _ => vec![],
        }
    }

    /// The columns that an expression over rows reads.
    pub fn columns(&self) -> Vec<Name> {
        match self {
            Self::Column(name) => vec![name],
            _ => self.children().into_iter().flat_map(Self::columns).collect(),
        }
    }
}
