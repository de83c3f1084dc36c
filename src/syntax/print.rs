//! Turns expressions, names and texts back into source text, on one line or broken to fit the width.

use super::ast::{
    BinaryOp, Branch, Call, ContextClause, ContextKind, Duration, Each, Expr, ExprKind, Link, Name, NumberLiteral,
    Path, Translation, UnaryOp, UnitExpr,
};
use super::item::RESERVED;
use super::scan::{is_continue, is_start, number_length};

/// The width in characters beyond which the formatter breaks a line if it can.
pub(super) const MAX_WIDTH: usize = 100;

/// Prints an expression on one line, as in explanations and glossaries.
///
/// ```
/// use yardstick::internal::syntax::{format_expr, parse_expression};
/// use yardstick::FileId;
///
/// let expr = parse_expression(FileId(0), "spend/ (leads+1)  # per lead").unwrap();
/// assert_eq!(format_expr(&expr), "spend / (leads + 1)");
/// ```
pub fn format_expr(expr: &Expr) -> String {
    Printer { source: None }.expr(expr)
}

/// Prints an expression of this text on one line, with numbers as they are written there.
#[cfg(feature = "change")]
pub(crate) fn format_expr_of(expr: &Expr, source: &str) -> String {
    Printer { source: Some(source) }.expr(expr)
}

/// Prints a type as after a colon: `money / customer`.
#[cfg(feature = "change")]
pub(crate) fn format_unit(unit: &UnitExpr) -> String {
    spaced_unit(unit)
}

/// Prints nodes. If the source text is available, numbers keep their spelling.
pub(super) struct Printer<'a> {
    pub source: Option<&'a str>,
}

impl Printer<'_> {
    /// Prints an expression on one line.
    pub fn expr(&self, expr: &Expr) -> String {
        match &*expr.kind {
            ExprKind::Number(number) => self.number(expr, number),
            ExprKind::Text(text) => string(text),
            ExprKind::Date(date) => date.to_string(),
            ExprKind::Boolean(value) => value.to_string(),
            ExprKind::Undefined => "undefined".into(),
            ExprKind::Path(at) => path(at),
            ExprKind::Call(call) => format!("{}({})", name(&call.function), self.arguments(call).join("")),
            ExprKind::Unary { op: UnaryOp::Negate, operand, .. } => format!("-{}", self.expr(operand)),
            ExprKind::Unary { op: UnaryOp::Not, operand, .. } => format!("not {}", self.expr(operand)),
            ExprKind::Chain { first, rest } => self.chain(first, rest),
            ExprKind::Binary { op, lhs, rhs, .. } => self.binary(*op, lhs, rhs),
            ExprKind::In { operand, list, negated } => {
                format!("{} {}in ({})", self.expr(operand), not(*negated), self.list(list))
            }
            ExprKind::Between { operand, low, high, negated } => {
                let bounds = format!("{} and {}", self.expr(low), self.expr(high));
                format!("{} {}between {bounds}", self.expr(operand), not(*negated))
            }
            ExprKind::If { branches, otherwise } => self.conditional(branches, otherwise),
            ExprKind::Paren(inner) => format!("({})", self.expr(inner)),
            ExprKind::Each(each) => self.each(each),
            ExprKind::Context { operand, clauses } => format!("{}{}", self.expr(operand), self.contexts(clauses)),
        }
    }

    /// Prints a number as written or, without the source, with grouped digits.
    fn number(&self, expr: &Expr, number: &NumberLiteral) -> String {
        let mut text = match self.source {
            Some(source) => {
                let written = &source[expr.span.range()];
                written[..number_length(written)].trim_end_matches('.').to_owned()
            }
            None => grouped(&number.digits),
        };
        if number.percent {
            text.push('%');
        }
        if let Some(unit) = &number.unit {
            text.push(' ');
            text.push_str(&glued_unit(unit));
        }
        text
    }

    fn chain(&self, first: &Expr, rest: &[Link]) -> String {
        if let Some(year) = fiscal_year(first, rest) {
            return year;
        }
        let mut text = self.expr(first);
        for link in rest {
            text.push_str(&format!(" {} {}", link.op.symbol(), self.expr(&link.operand)));
        }
        text
    }

    fn binary(&self, op: BinaryOp, lhs: &Expr, rhs: &Expr) -> String {
        let space = if op == BinaryOp::Power { "" } else { " " };
        format!("{}{space}{}{space}{}", self.expr(lhs), op.symbol(), self.expr(rhs))
    }

    fn conditional(&self, branches: &[Branch], otherwise: &Expr) -> String {
        let branches = branches.iter().map(|branch| self.branch(branch)).collect::<Vec<_>>().join(" else ");
        format!("{branches} else {}", self.expr(otherwise))
    }

    fn branch(&self, branch: &Branch) -> String {
        format!("if {} then {}", self.expr(&branch.condition), self.expr(&branch.value))
    }

    fn list(&self, list: &[Expr]) -> String {
        list.iter().map(|entry| self.expr(entry)).collect::<Vec<_>>().join(", ")
    }

    /// The pieces between the parentheses, each preceded by its separator.
    fn arguments(&self, call: &Call) -> Vec<String> {
        let mut pieces: Vec<String> = call.arguments.iter().map(|argument| self.expr(argument)).collect();
        if let (Some(_), Some(first)) = (call.distinct, pieces.first_mut()) {
            first.insert_str(0, "distinct ");
        }
        pieces.iter_mut().skip(1).for_each(|piece| piece.insert_str(0, ", "));
        pieces.extend(call.on.iter().map(|time| format!(" on {}", path(time))));
        pieces.extend(call.during.map(|_| " during".to_owned()));
        if let Some(filter) = &call.filter {
            pieces.push(format!("{}where {}", clause_space(&pieces), self.expr(filter)));
        }
        if !call.by.is_empty() {
            pieces.push(format!("{}by {}", clause_space(&pieces), paths(&call.by)));
        }
        pieces
    }

    /// `sum(x each day having x > 0)`
    fn each(&self, each: &Each) -> String {
        format!("{}({})", name(&each.call.function), self.each_pieces(each).join(""))
    }

    /// The pieces between the parentheses, each preceded by its separator.
    fn each_pieces(&self, each: &Each) -> Vec<String> {
        let mut pieces = self.arguments(&each.call);
        pieces.push(format!(" each {}", paths(&each.keys)));
        pieces.extend(each.having.iter().map(|having| format!(" having {}", self.expr(having))));
        pieces
    }

    fn contexts(&self, clauses: &[ContextClause]) -> String {
        let clauses: Vec<String> = clauses.iter().map(|clause| self.clause(&clause.kind)).collect();
        format!("[{}]", clauses.join(", "))
    }

    fn clause(&self, kind: &ContextKind) -> String {
        match kind {
            ContextKind::Previous => "previous".into(),
            ContextKind::Ago(ago) => format!("{} ago", duration(ago)),
            ContextKind::Last(window) => format!("last {}", duration(window)),
            ContextKind::ToDate(None) => "to date".into(),
            ContextKind::ToDate(Some(grain)) => format!("{} to date", name(grain)),
            ContextKind::SoFar => "so far".into(),
            ContextKind::All(None) => "all".into(),
            ContextKind::All(Some(column)) => format!("all {}", path(column)),
            ContextKind::Condition(condition) => self.expr(condition),
        }
    }

    // ── more than one line ───────────────────────────────────────────────────

    /// Prints an expression that begins at `column`. If it does not fit on the line, continuation lines begin at `indent`.
    pub fn fitted(&self, expr: &Expr, indent: usize, column: usize) -> String {
        let flat = self.expr(expr);
        if column + width(&flat) <= MAX_WIDTH {
            return flat;
        }
        match &*expr.kind {
            ExprKind::Chain { first, rest } => self.broken_chain(first, rest, indent, column),
            ExprKind::If { branches, otherwise } => self.broken_conditional(branches, otherwise, indent),
            ExprKind::Call(call) if call.arguments.len() > 1 || call.filter.is_some() => {
                broken_call(&call.function, self.arguments(call), indent)
            }
            ExprKind::Each(each) => broken_call(&each.call.function, self.each_pieces(each), indent),
            ExprKind::Paren(inner) => {
                let pad = " ".repeat(indent);
                format!("(\n{pad}  {}\n{pad})", self.fitted(inner, indent + 2, indent + 2))
            }
            ExprKind::Context { operand, clauses } => {
                format!("{}{}", self.fitted(operand, indent, column), self.contexts(clauses))
            }
            _ => flat,
        }
    }

    fn broken_chain(&self, first: &Expr, rest: &[Link], indent: usize, column: usize) -> String {
        let pad = " ".repeat(indent);
        let mut text = self.fitted(first, indent, column);
        for link in rest {
            let symbol = link.op.symbol();
            let operand = self.fitted(&link.operand, indent + 2, indent + symbol.len() + 1);
            text.push_str(&format!("\n{pad}{symbol} {operand}"));
        }
        text
    }

    fn broken_conditional(&self, branches: &[Branch], otherwise: &Expr, indent: usize) -> String {
        let pad = " ".repeat(indent);
        let branches: Vec<String> = branches.iter().map(|branch| self.broken_branch(branch, indent)).collect();
        let branches = branches.join(&format!("\n{pad}else "));
        format!("{branches}\n{pad}else {}", self.fitted(otherwise, indent + 2, indent + 5))
    }

    fn broken_branch(&self, branch: &Branch, indent: usize) -> String {
        let condition = self.fitted(&branch.condition, indent + 4, indent + 8);
        let value = self.fitted(&branch.value, indent + 4, indent + 6);
        let flat = format!("if {condition} then {value}");
        if !flat.contains('\n') && indent + width("else ") + width(&flat) <= MAX_WIDTH {
            return flat;
        }
        format!("if {condition}\n{}  then {value}", " ".repeat(indent))
    }
}

/// Prints a call with each piece on a line of its own.
fn broken_call(function: &Name, pieces: Vec<String>, indent: usize) -> String {
    let pad = " ".repeat(indent);
    let mut text = format!("{}(", name(function));
    for piece in pieces {
        // The comma stays at the end of the previous line.
        let (comma, piece) = piece.strip_prefix(", ").map_or(("", piece.trim_start()), |piece| (",", piece));
        text.push_str(&format!("{comma}\n{pad}  {piece}"));
    }
    format!("{text}\n{pad})")
}

/// The width of a text in characters.
pub(super) fn width(text: &str) -> usize {
    text.chars().count()
}

/// Prints a name, in backticks if the source has them or the name requires them.
pub(super) fn name(name: &Name) -> String {
    if name.quoted { format!("`{}`", name.text) } else { spelled(&name.text) }
}

/// Prints a name, in backticks if it is not a plain word.
pub fn spelled(name: &str) -> String {
    let plain = name.starts_with(is_start) && name.chars().all(is_continue) && !RESERVED.contains(&name);
    if plain { name.to_owned() } else { format!("`{name}`") }
}

/// `name` or `dataset.name`
pub(super) fn path(path: &Path) -> String {
    match &path.qualifier {
        Some(qualifier) => format!("{}.{}", name(qualifier), name(&path.name)),
        None => name(&path.name),
    }
}

/// `a, b`
pub(super) fn paths(paths: &[Path]) -> String {
    paths.iter().map(path).collect::<Vec<_>>().join(", ")
}

/// `a, b`
pub(super) fn names(names: &[Name]) -> String {
    names.iter().map(name).collect::<Vec<_>>().join(", ")
}

/// Prints a text in double quotes, with escapes.
pub(crate) fn string(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}

/// `fr "…"`
pub(super) fn translation(translation: &Translation) -> String {
    match &translation.language {
        Some(language) => format!("{} {}", language.text, string(&translation.text)),
        None => string(&translation.text),
    }
}

/// A type after a colon: `money / customer`.
pub(super) fn spaced_unit(unit: &UnitExpr) -> String {
    joined_unit(unit, " ")
}

/// A unit after a number: `EUR/month`.
fn glued_unit(unit: &UnitExpr) -> String {
    joined_unit(unit, "")
}

fn joined_unit(unit: &UnitExpr, space: &str) -> String {
    let mut text = String::new();
    for (at, factor) in unit.factors.iter().enumerate() {
        if at > 0 {
            text.push_str(&format!("{space}{}{space}", if factor.divided { "/" } else { "*" }));
        }
        let plain = matches!(&*factor.name.text, "1" | "€");
        text.push_str(&if plain { factor.name.text.to_string() } else { name(&factor.name) });
    }
    if let Some(column) = &unit.column {
        text.push_str(&format!(" in {}", path(column)));
    }
    text
}

pub(super) fn duration(duration: &Duration) -> String {
    format!("{} {}", duration.digits, duration.unit.text)
}

fn not(negated: bool) -> &'static str {
    if negated { "not " } else { "" }
}

fn clause_space(pieces: &[String]) -> &'static str {
    if pieces.is_empty() { "" } else { " " }
}

/// Groups the digits of numbers with five or more digits before the point: `20_000`, but `1000`.
fn grouped(digits: &str) -> String {
    let (whole, fraction) = digits.split_once('.').map_or((digits, None), |(whole, fraction)| (whole, Some(fraction)));
    let mut text = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && whole.len() > 4 && (whole.len() - at) % 3 == 0 {
            text.push('_');
        }
        text.push(digit);
    }
    fraction.map_or(text.clone(), |fraction| format!("{text}.{fraction}"))
}

/// The text of two numbers that may be a fiscal year, `2025/26`: without spaces, as years are written.
fn fiscal_year(first: &Expr, rest: &[Link]) -> Option<String> {
    let digits = |expr: &Expr, count: usize| match &*expr.kind {
        ExprKind::Number(NumberLiteral { digits, unit: None, percent: false, .. }) if digits.len() == count => {
            digits.parse::<u32>().ok()
        }
        _ => None,
    };
    let [Link { op: BinaryOp::Divide, operand, .. }] = rest else { return None };
    let (year, next) = (digits(first, 4)?, digits(operand, 2)?);
    ((year + 1) % 100 == next).then(|| format!("{year:04}/{next:02}"))
}
