//! Expressions.

use std::sync::Arc;

use serde::Serialize;

use super::{Name, Path, UnitExpr};
use crate::source::Span;

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

    /// Calls `visit` for each direct child in source order, to change it.
    pub fn each_child_mut(&mut self, visit: &mut dyn FnMut(&mut Expr)) {
        self.kind.each_child_mut(visit);
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

impl ExprKind {
    fn each_child_mut(&mut self, visit: &mut dyn FnMut(&mut Expr)) {
        match self {
            Self::Number(_) | Self::Text(_) | Self::Date(_) | Self::Boolean(_) | Self::Undefined | Self::Path(_) => {}
            Self::Call(call) => call.arguments.iter_mut().chain(&mut call.filter).for_each(visit),
            Self::Each(Each { call, having, .. }) => {
                call.arguments.iter_mut().chain(&mut call.filter).chain(having).for_each(visit);
            }
            Self::Unary { operand, .. } | Self::Paren(operand) => visit(operand),
            Self::Chain { first, rest } => {
                visit(first);
                rest.iter_mut().for_each(|link| visit(&mut link.operand));
            }
            Self::Binary { lhs, rhs, .. } => [lhs, rhs].into_iter().for_each(visit),
            Self::In { operand, list, .. } => std::iter::once(operand).chain(list).for_each(visit),
            Self::Between { operand, low, high, .. } => [operand, low, high].into_iter().for_each(visit),
            Self::If { branches, otherwise } => {
                for branch in branches {
                    visit(&mut branch.condition);
                    visit(&mut branch.value);
                }
                visit(otherwise);
            }
            Self::Context { operand, clauses } => {
                visit(operand);
                clauses.iter_mut().filter_map(ContextClause::condition_mut).for_each(visit);
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

    /// The condition of the entry, to change it.
    fn condition_mut(&mut self) -> Option<&mut Expr> {
        match &mut self.kind {
            ContextKind::Condition(condition) => Some(condition),
            _ => None,
        }
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
