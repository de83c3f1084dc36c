//! Writes an expression in a canonical form: two expressions with the same form mean the same.
//!
//! Layout, comments and parentheses that only repeat the order of evaluation leave no trace. Numbers are written by their
//! value, and the columns after `by` and `each` in sorted order. Sums are not reordered, because rounding depends on it.

use std::collections::HashMap;
use std::sync::Arc;

use crate::builtin::{self, counted_rows, is_aggregate};
use crate::library::Library;
use crate::syntax::ast::{
    BinaryOp, Call, ContextClause, ContextKind, Duration, Each, Expr, ExprKind, Link, NumberLiteral, Path, UnaryOp,
    UnitExpr,
};
use crate::syntax::format_expr_of;
use crate::value::unit::Currency;
use crate::value::{Decimal, spelled};

/// The new names of renamed items, by their old names.
#[derive(Debug, Clone, Default)]
pub(super) struct NewNames {
    pub definitions: HashMap<Arc<str>, Arc<str>>,
    pub functions: HashMap<Arc<str>, Arc<str>>,
    pub datasets: HashMap<Arc<str>, Arc<str>>,
}

impl NewNames {
    pub fn definition<'a>(&'a self, name: &'a Arc<str>) -> &'a Arc<str> {
        self.definitions.get(name).unwrap_or(name)
    }

    pub fn function<'a>(&'a self, name: &'a Arc<str>) -> &'a Arc<str> {
        self.functions.get(name).unwrap_or(name)
    }

    pub fn dataset<'a>(&'a self, name: &'a Arc<str>) -> &'a Arc<str> {
        self.datasets.get(name).unwrap_or(name)
    }
}

/// What names and units mean in a library.
#[derive(Clone, Copy)]
pub(super) struct Meaning<'a> {
    pub library: &'a Library,
    pub names: &'a NewNames,
    /// The currency of `money`, if both libraries have the same.
    pub money: Option<Currency>,
}

impl Meaning<'_> {
    /// The canonical form of a formula.
    pub fn formula(self, expr: &Expr) -> String {
        Writer { meaning: self, locals: vec![], rows: false, out: String::new() }.written(expr)
    }

    /// The canonical form of the body of a function. Its parameters are numbered, so their names do not matter.
    pub fn body(self, body: &Expr, parameters: impl IntoIterator<Item = Arc<str>>) -> String {
        let locals = parameters.into_iter().enumerate().map(|(at, name)| (name, format!("${at}"))).collect();
        Writer { meaning: self, locals, rows: false, out: String::new() }.written(body)
    }

    /// The canonical form of an expression over the columns of a row.
    pub fn row(self, expr: &Expr) -> String {
        Writer { meaning: self, locals: vec![], rows: true, out: String::new() }.written(expr)
    }

    /// The canonical form of a column.
    pub fn column(self, path: &Path) -> String {
        let mut writer = Writer { meaning: self, locals: vec![], rows: true, out: String::new() };
        writer.path(path);
        writer.out
    }

    /// The text of an expression in the spelling of its file, on one line.
    pub fn text(self, expr: &Expr) -> String {
        format_expr_of(expr, &self.library.sources().file(expr.span.file).text)
    }

    /// The canonical form of a unit: sorted factors, with `€` and `money` as codes of currencies.
    pub fn unit(self, unit: &UnitExpr) -> String {
        let (mut above, mut below) = (vec![], vec![]);
        for factor in unit.factors.iter().filter(|factor| &*factor.name.text != "1") {
            let name = self.unit_name(&factor.name.text);
            if factor.divided { below.push(name) } else { above.push(name) }
        }
        above.sort();
        below.sort();
        let column = unit.column.as_ref().map_or(String::new(), |column| format!(" in {}", self.column(column)));
        format!("{}/{}{column}", above.join("*"), below.join("/"))
    }

    fn unit_name(self, name: &str) -> String {
        if name == "money" {
            return self.money.map_or(name.to_owned(), |currency| currency.code().to_owned());
        }
        if let Some(currency) = Currency::from_symbol(name) {
            return currency.code().to_owned();
        }
        singular(name).to_owned()
    }
}

/// The names of durations, which may be written in the plural.
const DURATIONS: [&str; 9] = ["second", "minute", "hour", "day", "week", "month", "quarter", "half", "year"];

/// `month` for `months`, and `period` for `periods`.
fn singular(name: &str) -> &str {
    let known = |word: &&&str| name.strip_suffix('s') == Some(**word);
    DURATIONS.iter().chain(&["period"]).find(known).map_or(name, |word| word)
}

/// Writes one expression.
struct Writer<'a> {
    meaning: Meaning<'a>,
    /// The names that mean neither definitions nor columns, with their canonical forms: parameters and keys.
    locals: Vec<(Arc<str>, String)>,
    /// True for expressions over the columns of a row.
    rows: bool,
    out: String,
}

impl Writer<'_> {
    fn written(mut self, expr: &Expr) -> String {
        self.expr(expr);
        self.out
    }

    fn push(&mut self, text: &str) {
        self.out.push_str(text);
    }

    /// Writes `(head a b …)`.
    fn list<'e>(&mut self, head: &str, parts: impl IntoIterator<Item = &'e Expr>) {
        self.push("(");
        self.push(head);
        for part in parts {
            self.push(" ");
            self.expr(part);
        }
        self.push(")");
    }

    fn expr(&mut self, expr: &Expr) {
        match &*expr.kind {
            ExprKind::Number(number) => self.number(number),
            ExprKind::Text(text) => self.push(&format!("{text:?}")),
            ExprKind::Date(date) => self.push(date),
            ExprKind::Boolean(value) => self.push(if *value { "true" } else { "false" }),
            ExprKind::Undefined => self.push("undefined"),
            ExprKind::Path(path) => self.path(path),
            ExprKind::Paren(inner) => self.expr(inner),
            ExprKind::Unary { op: UnaryOp::Negate, operand, .. } => self.list("negate", [operand]),
            ExprKind::Unary { op: UnaryOp::Not, operand, .. } => self.list("not", [operand]),
            ExprKind::Chain { first, rest } => self.chain(first, rest),
            ExprKind::Binary { op, lhs, rhs, .. } => self.list(op.symbol(), [lhs, rhs]),
            ExprKind::In { operand, list, negated } => {
                self.list(if *negated { "not-in" } else { "in" }, std::iter::once(operand).chain(list));
            }
            ExprKind::Between { operand, low, high, negated } => {
                self.list(if *negated { "not-between" } else { "between" }, [operand, low, high]);
            }
            ExprKind::If { branches, otherwise } => {
                let branches = branches.iter().flat_map(|branch| [&branch.condition, &branch.value]);
                self.list("if", branches.chain([otherwise]));
            }
            ExprKind::Call(call) => self.call(call),
            ExprKind::Each(each) => self.each(each),
            ExprKind::Context { .. } => self.context(expr),
        }
    }

    fn number(&mut self, number: &NumberLiteral) {
        let digits = Decimal::from_str_exact(&number.digits);
        let digits = digits.map_or(number.digits.to_string(), |value| spelled(value.mantissa(), value.scale()));
        self.push(&digits);
        if number.percent {
            self.push("%");
        }
        if let Some(unit) = &number.unit {
            let unit = self.meaning.unit(unit);
            self.push(&format!("_{unit}"));
        }
    }

    fn path(&mut self, path: &Path) {
        let name = &path.name.text;
        let Meaning { library, names, .. } = self.meaning;
        let local = self.locals.iter().rev().find(|(local, _)| path.qualifier.is_none() && local == name);
        let text = match (local, &path.qualifier) {
            (Some((_, form)), _) => form.clone(),
            (None, Some(qualifier)) => format!("{:?}.{name:?}", names.dataset(&qualifier.text)),
            // A column, unless it is a parameter.
            (None, None) if self.rows && !library.is_parameter(name) => format!(".{name:?}"),
            (None, None) => format!("{:?}", names.definition(name)),
        };
        self.push(&text);
    }

    /// Writes a chain, with the chains at its start as parts of it: they are evaluated first anyway.
    fn chain(&mut self, first: &Expr, rest: &[Link]) {
        let mut links: Vec<(BinaryOp, &Expr)> = rest.iter().rev().map(|link| (link.op, &link.operand)).collect();
        let mut first = first;
        while let ExprKind::Chain { first: before, rest: inner } = &*first.unparenthesized().kind {
            if class(inner[0].op) != class(rest[0].op) {
                break;
            }
            links.extend(inner.iter().rev().map(|link| (link.op, &link.operand)));
            first = before;
        }
        self.push("(");
        self.expr(first);
        for (op, operand) in links.into_iter().rev() {
            self.push(&format!(" {} ", op.symbol()));
            self.expr(operand);
        }
        self.push(")");
    }

    fn call(&mut self, call: &Call) {
        let name = &call.function.text;
        let is_own = builtin::find(name).is_none() && !is_aggregate(call);
        let name = if is_own { self.meaning.names.function(name) } else { name };
        self.push(&format!("({name}"));
        let outer = self.rows;
        self.rows = outer || is_aggregate(call);
        self.clauses(call);
        self.rows = outer;
        self.push(")");
    }

    /// Writes what is between the parentheses of a call.
    fn clauses(&mut self, call: &Call) {
        let dataset = counted_rows(call).filter(|name| self.meaning.library.dataset(&name.text).is_some());
        self.push(if call.distinct.is_some() { " distinct" } else { "" });
        match dataset {
            Some(name) => self.push(&format!(" rows {:?}", self.meaning.names.dataset(&name.text))),
            None => call.arguments.iter().for_each(|argument| {
                self.push(" ");
                self.expr(argument);
            }),
        }
        if let Some(time) = &call.on {
            self.push(" on ");
            self.path(time);
        }
        self.push(if call.during.is_some() { " during" } else { "" });
        if let Some(filter) = &call.filter {
            self.push(" where ");
            self.expr(filter);
        }
        if !call.by.is_empty() {
            let keys = self.sorted(&call.by);
            self.push(&format!(" by {keys}"));
        }
    }

    fn sorted(&self, columns: &[Path]) -> String {
        let mut columns: Vec<String> = columns.iter().map(|column| self.meaning.column(column)).collect();
        columns.sort();
        columns.join(",")
    }

    fn each(&mut self, each: &Each) {
        let keys = self.sorted(&each.keys);
        self.push(&format!("({}", each.call.function.text));
        let outer = self.locals.len();
        let keys_of = |key: &Path| (key.name.text.clone(), format!(".{:?}", key.name.text));
        self.locals.extend(each.keys.iter().map(keys_of));
        self.clauses(&each.call);
        self.push(&format!(" each {keys}"));
        if let Some(having) = &each.having {
            self.push(" having ");
            self.expr(having);
        }
        self.locals.truncate(outer);
        self.push(")");
    }

    /// Writes `x[a, b]`; `x[a][b]` and `x[b][a]` are the same, unless two of them set the range of time.
    fn context(&mut self, expr: &Expr) {
        let (mut operand, mut brackets) = (expr, vec![]);
        while let ExprKind::Context { operand: inner, clauses } = &*operand.unparenthesized().kind {
            brackets.push(clauses);
            operand = inner;
        }
        let sets_range = |clause: &&ContextClause| {
            matches!(clause.kind, ContextKind::Last(_) | ContextKind::ToDate(_) | ContextKind::All(_))
        };
        if brackets.iter().flat_map(|clauses| clauses.iter()).filter(sets_range).count() < 2 {
            brackets.reverse();
            let all: Vec<&ContextClause> = brackets.into_iter().flatten().collect();
            return self.bracket(operand, &all);
        }
        if let ExprKind::Context { operand, clauses } = &*expr.unparenthesized().kind {
            self.bracket(operand, &clauses.iter().collect::<Vec<_>>());
        }
    }

    fn bracket(&mut self, operand: &Expr, clauses: &[&ContextClause]) {
        let mut forms: Vec<String> = clauses.iter().map(|clause| self.clause(&clause.kind)).collect();
        forms.sort();
        self.push("(");
        self.expr(operand);
        self.push(&format!(" [{}])", forms.join(", ")));
    }

    fn clause(&self, kind: &ContextKind) -> String {
        let duration = |duration: &Duration| format!("{} {}", duration.digits, singular(&duration.unit.text));
        match kind {
            ContextKind::Previous => "previous".into(),
            ContextKind::Ago(ago) => format!("{} ago", duration(ago)),
            ContextKind::Last(window) => format!("last {}", duration(window)),
            ContextKind::ToDate(grain) => format!("to date {}", grain.as_ref().map_or("", |grain| &grain.text)),
            ContextKind::SoFar => "so far".into(),
            ContextKind::All(None) => "all".into(),
            ContextKind::All(Some(column)) => format!("all {}", self.meaning.column(column)),
            ContextKind::Condition(condition) => format!("where {}", self.meaning.row(condition)),
        }
    }
}

/// The operators that can be in one chain.
fn class(op: BinaryOp) -> u8 {
    match op {
        BinaryOp::Add | BinaryOp::Subtract => 0,
        BinaryOp::Multiply | BinaryOp::Divide => 1,
        BinaryOp::And => 2,
        BinaryOp::Or => 3,
        BinaryOp::Coalesce => 4,
        _ => 5,
    }
}
