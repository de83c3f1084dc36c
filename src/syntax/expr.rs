//! Turns pest's flat lists of operands and operators into expressions by precedence climbing, and rejects ambiguous
//! combinations.

use std::sync::Arc;

use pest::iterators::{Pair, Pairs};

use crate::alike::alike;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;

use super::MAX_NESTING;
use super::ast::{
    BinaryOp, Branch, Call, ContextClause, ContextKind, Duration, Each, Expr, ExprKind, Link, Name, NumberLiteral,
    Path, UnaryOp,
};
use super::foreign;
use super::grammar::Rule;
use super::mistakes::ambiguous_operators;
use super::mistakes::habits;
use super::operators::{Level, Part, level};
use super::print::name;
use super::tree::Builder;

type Parts = std::iter::Peekable<std::vec::IntoIter<Part>>;

impl Builder<'_> {
    /// Builds `expr`, `sum`, `otherwise`, `low` or `high`: a pair that contains one conditional or one flat list.
    pub(super) fn expr(&mut self, pair: Pair<'_, Rule>) -> Expr {
        let mut inner = pair.into_inner();
        match inner.peek().map(|first| first.as_rule()) {
            Some(Rule::conditional) => self.conditional(inner.next().expect("peeked")),
            _ => self.flat(inner),
        }
    }

    fn flat(&mut self, pairs: Pairs<'_, Rule>) -> Expr {
        let mut parts = self.parts(pairs);
        if let [Part::Operand(_)] = &parts[..] {
            let Some(Part::Operand(operand)) = parts.pop() else { unreachable!("matched above") };
            return operand;
        }
        if let Some(problem) = ambiguous_operators::find(self.text, self.base, &parts) {
            self.report(problem);
        }
        self.climb(&mut parts.into_iter().peekable(), Level::Coalesce, 0)
    }

    fn parts(&mut self, mut pairs: Pairs<'_, Rule>) -> Vec<Part> {
        let mut parts = Vec::new();
        while let Some(pair) = pairs.next() {
            let span = self.span(&pair);
            parts.push(match pair.as_rule() {
                Rule::op | Rule::arithmetic => Part::Op(binary_op(pair.as_str()), span),
                Rule::prefix | Rule::minus => Part::Prefix(unary_op(pair.as_str()), span),
                Rule::between => self.between(pair),
                Rule::among => self.among(pair),
                _ => Part::Operand(self.operand(pair, &mut pairs)),
            });
        }
        parts
    }

    /// Builds a primary and the contexts that follow it. The first context is the innermost.
    fn operand(&mut self, primary: Pair<'_, Rule>, rest: &mut Pairs<'_, Rule>) -> Expr {
        let mut operand = self.primary(primary);
        let mut depth = 0;
        while rest.peek().is_some_and(|next| next.as_rule() == Rule::contexts) {
            let contexts = rest.next().expect("peeked");
            let span = operand.span.to(self.span(&contexts));
            let clauses = contexts.into_inner().map(|clause| self.clause(clause)).collect();
            depth += 1;
            if depth > MAX_NESTING {
                self.too_deep(span);
                continue;
            }
            operand = expr(ExprKind::Context { operand, clauses }, span);
        }
        operand
    }

    fn primary(&mut self, pair: Pair<'_, Rule>) -> Expr {
        let span = self.span(&pair);
        let kind = match pair.as_rule() {
            Rule::reference => self.reference(pair),
            Rule::quantity => ExprKind::Number(self.number(pair)),
            Rule::string => ExprKind::Text(alike(&self.string(&pair)).into()),
            Rule::date => ExprKind::Date(pair.as_str().into()),
            Rule::truth => truth(pair.as_str()),
            Rule::paren => ExprKind::Paren(self.only_expr(pair)),
            rule => unreachable!("the grammar has no operand {rule:?}"),
        };
        expr(kind, span)
    }

    /// Builds the expression of a pair that contains keywords and one expression.
    pub(super) fn only_expr(&mut self, pair: Pair<'_, Rule>) -> Expr {
        let inner = pair.into_inner().find(|inner| matches!(inner.as_rule(), Rule::expr | Rule::sum));
        self.expr(inner.expect("the rule contains an expression"))
    }

    fn exprs(&mut self, pair: Pair<'_, Rule>) -> Vec<Expr> {
        pair.into_inner()
            .filter(|inner| matches!(inner.as_rule(), Rule::expr | Rule::sum))
            .map(|inner| self.expr(inner))
            .collect()
    }

    fn conditional(&mut self, pair: Pair<'_, Rule>) -> Expr {
        let span = self.span(&pair);
        let parts = pair.into_inner().filter(|inner| matches!(inner.as_rule(), Rule::expr | Rule::otherwise));
        let mut values: Vec<Expr> = parts.map(|inner| self.expr(inner)).collect();
        let otherwise = values.pop().expect("a conditional ends with its last branch");
        let mut values = values.into_iter();
        let mut branches = Vec::new();
        while let (Some(condition), Some(value)) = (values.next(), values.next()) {
            branches.push(Branch { condition, value });
        }
        expr(ExprKind::If { branches, otherwise }, span)
    }

    fn between(&mut self, pair: Pair<'_, Rule>) -> Part {
        let (span, negated) = (self.span(&pair), is_negated(&pair));
        let mut bounds = self.exprs(pair).into_iter();
        let mut bound = || bounds.next().expect("`between` has two bounds");
        Part::Between { low: bound(), high: bound(), negated, span }
    }

    fn among(&mut self, pair: Pair<'_, Rule>) -> Part {
        let (span, negated) = (self.span(&pair), is_negated(&pair));
        Part::In { list: self.exprs(pair), negated, span }
    }

    fn reference(&mut self, pair: Pair<'_, Rule>) -> ExprKind {
        let mut inner = pair.into_inner();
        let path = self.path(&inner.next().expect("a reference begins with a path"));
        let Some(arguments) = inner.next() else { return ExprKind::Path(path) };
        let call = self.call(path.name.clone(), arguments);
        if let Some(qualifier) = &path.qualifier {
            self.report(function_with_dot(&path, qualifier, &call));
        }
        call
    }

    fn call(&mut self, function: super::ast::Name, pair: Pair<'_, Rule>) -> ExprKind {
        let arguments_span = self.span(&pair);
        let (arguments, by) = Default::default();
        let into = self.declared.clone().filter(|_| &*function.text == "convert");
        let (distinct, on, during, filter) = Default::default();
        let mut call = Call { function, distinct, arguments, on, during, filter, by, into, arguments_span };
        let mut each = None;
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::distinct => call.distinct = Some(self.span(&part)),
                Rule::expr => call.arguments.push(self.expr(part)),
                Rule::on_clause => call.on = self.paths(part).pop(),
                Rule::during => call.during = Some(self.span(&part)),
                Rule::where_clause => call.filter = Some(self.only_expr(part)),
                Rule::by_clause => call.by = self.paths(part),
                Rule::each => each = Some(part),
                _ => {}
            }
        }
        self.one_time(&call);
        match each {
            None => ExprKind::Call(call),
            Some(each) => ExprKind::Each(self.each(call, each)),
        }
    }

    /// Rejects `on` beside `during`.
    fn one_time(&mut self, call: &Call) {
        if let (Some(path), Some(during)) = (&call.on, call.during) {
            let problem = Diagnostic::error(Code::Syntax, "`on` and `during` cannot be used together")
                .at(during)
                .label(path.span, "rows count at this date")
                .hint("write `during` for the rows in force at any time in the period, or `on` for those with this date in it");
            self.report(problem);
        }
    }

    /// `each a, b having c`
    fn each(&mut self, call: Call, pair: Pair<'_, Rule>) -> Each {
        let start = self.span(&pair);
        let (mut keys, mut having) = (vec![], None);
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::path => keys.push(self.path(&part)),
                Rule::having => having = Some(self.only_expr(part)),
                _ => {}
            }
        }
        let keys_span =
            keys.last().map_or(start, |last: &Path| Span::new(start.file, start.range().start, last.span.range().end));
        if let Some(path) = call.by.first() {
            let problem = Diagnostic::error(Code::Syntax, "`by` cannot be used with `each`")
                .at(path.span)
                .hint(format!("add the column to `each`: `each …, {}`", super::print::path(path)));
            self.report(problem);
        }
        Each { call, keys, keys_span, having }
    }

    fn clause(&mut self, pair: Pair<'_, Rule>) -> ContextClause {
        let span = self.span(&pair);
        let kind = match pair.as_rule() {
            Rule::previous => ContextKind::Previous,
            Rule::ago => ContextKind::Ago(self.duration(pair)),
            Rule::window => ContextKind::Last(self.duration(pair)),
            Rule::to_date => ContextKind::ToDate(self.first_name(pair)),
            Rule::so_far => ContextKind::SoFar,
            Rule::all => ContextKind::All(self.paths(pair).pop()),
            _ => ContextKind::Condition(self.only_expr(pair)),
        };
        ContextClause { kind, span }
    }

    pub(super) fn duration(&mut self, pair: Pair<'_, Rule>) -> Duration {
        let duration = pair.into_inner().find(|inner| inner.as_rule() == Rule::duration);
        let duration = duration.expect("the rule contains a duration");
        let span = self.span(&duration);
        let mut inner = duration.into_inner();
        let number = inner.next().expect("a duration begins with a number");
        let unit = inner.next().expect("a duration ends with a unit");
        Duration { digits: digits(number.as_str()), unit: self.name(&unit), span }
    }

    /// `1_000`, `20%`, `40 EUR`
    pub(super) fn number(&mut self, pair: Pair<'_, Rule>) -> NumberLiteral {
        let span = self.span(&pair);
        let mut inner = pair.into_inner();
        let number = inner.next().expect("a quantity begins with a number");
        let mut literal = NumberLiteral { digits: digits(number.as_str()), percent: false, unit: None };
        match inner.next() {
            Some(unit) if unit.as_rule() == Rule::unit_name => {
                if let Some(problem) =
                    ambiguous_operators::exponent(self.text, self.base, &literal.digits, span, self.span(&unit))
                {
                    self.report(problem);
                }
                literal.unit = Some(self.glued_unit(&unit));
            }
            Some(_) => literal.percent = true,
            None => {}
        }
        literal
    }

    /// Builds the longest expression whose operators bind at least as tightly as `lowest`.
    fn climb(&mut self, parts: &mut Parts, lowest: Level, depth: usize) -> Expr {
        let mut lhs = self.prefixed(parts, depth);
        while let Some(next) = next_level(parts).filter(|next| *next >= lowest) {
            lhs = match next {
                Level::Power => self.power(lhs, parts, depth),
                Level::Comparison => self.comparison(lhs, parts, depth),
                _ => self.chain(lhs, next, parts, depth),
            };
        }
        lhs
    }

    /// Builds an operand with the prefixes `-` and `not` before it. A loop wraps them, so that a long run needs no stack.
    fn prefixed(&mut self, parts: &mut Parts, depth: usize) -> Expr {
        let mut prefixes = Vec::new();
        while let Some(Part::Prefix(op, span)) = parts.next_if(|part| matches!(part, Part::Prefix(..))) {
            prefixes.push((op, span));
        }
        let Some(&(last, _)) = prefixes.last() else { return operand(parts) };
        if prefixes.len() > MAX_NESTING {
            self.too_deep(prefixes[0].1);
            prefixes.clear();
        }
        let inner = if last == UnaryOp::Not { Level::Comparison } else { Level::Power };
        let mut inner = self.climb(parts, inner, depth + 1);
        for (op, op_span) in prefixes.into_iter().rev() {
            let span = op_span.to(inner.span);
            inner = expr(ExprKind::Unary { op, op_span, operand: inner }, span);
        }
        inner
    }

    /// `a + b - c`: a flat chain of operators of one level.
    fn chain(&mut self, first: Expr, at: Level, parts: &mut Parts, depth: usize) -> Expr {
        let mut rest = Vec::new();
        while let Some(Part::Op(op, op_span)) = parts.next_if(|part| part_level(part) == Some(at)) {
            rest.push(Link { op, op_span, operand: self.climb(parts, tighter(at), depth + 1) });
        }
        let span = rest.last().map_or(first.span, |last| first.span.to(last.operand.span));
        expr(ExprKind::Chain { first, rest }, span)
    }

    /// `a ^ b`: right-associative.
    fn power(&mut self, lhs: Expr, parts: &mut Parts, depth: usize) -> Expr {
        let Some(Part::Op(op, op_span)) = parts.next() else { unreachable!("`next_level` saw an operator") };
        if depth > MAX_NESTING {
            self.too_deep(op_span);
            parts.by_ref().for_each(drop);
            return lhs;
        }
        let rhs = self.climb(parts, Level::Power, depth + 1);
        binary(op, op_span, lhs, rhs)
    }

    fn comparison(&mut self, operand: Expr, parts: &mut Parts, depth: usize) -> Expr {
        match parts.next().expect("`next_level` saw a comparison") {
            Part::Op(op, op_span) => {
                let rhs = self.climb(parts, Level::Sum, depth + 1);
                binary(op, op_span, operand, rhs)
            }
            Part::Between { low, high, negated, span } => {
                let span = operand.span.to(span);
                expr(ExprKind::Between { operand, low, high, negated }, span)
            }
            Part::In { list, negated, span } => {
                let span = operand.span.to(span);
                expr(ExprKind::In { operand, list, negated }, span)
            }
            Part::Operand(_) | Part::Prefix(..) => unreachable!("only operators have a level"),
        }
    }
}

/// `NB.SI(a, "web")`, `t.x.sum()`, `np.mean(x)`
fn function_with_dot(path: &Path, qualifier: &Name, call: &ExprKind) -> Diagnostic {
    let column = name(qualifier);
    let hint = match call {
        ExprKind::Call(call) if call.arguments.is_empty() => {
            format!("write `{}`", habits::called(&path.name.text, &column))
        }
        ExprKind::Call(call) => foreign::dotted(qualifier, call)
            .unwrap_or_else(|| format!("write an aggregate of a dataset's column as `sum({column}.column)`")),
        _ => format!("write an aggregate of a dataset's column as `sum({column}.column)`"),
    };
    Diagnostic::error(Code::Syntax, "a function name cannot contain a dot").at(path.span).hint(hint)
}

pub(super) fn expr(kind: ExprKind, span: Span) -> Expr {
    Expr { kind: Box::new(kind), span }
}

fn binary(op: BinaryOp, op_span: Span, lhs: Expr, rhs: Expr) -> Expr {
    let span = lhs.span.to(rhs.span);
    expr(ExprKind::Binary { op, op_span, lhs, rhs }, span)
}

fn operand(parts: &mut Parts) -> Expr {
    match parts.next() {
        Some(Part::Operand(operand)) => operand,
        _ => unreachable!("the grammar puts an operand after each operator and prefix"),
    }
}

fn part_level(part: &Part) -> Option<Level> {
    match part {
        Part::Op(op, _) => Some(level(*op)),
        Part::Between { .. } | Part::In { .. } => Some(Level::Comparison),
        Part::Operand(_) | Part::Prefix(..) => None,
    }
}

fn next_level(parts: &mut Parts) -> Option<Level> {
    parts.peek().and_then(part_level)
}

fn tighter(level: Level) -> Level {
    match level {
        Level::Coalesce => Level::Or,
        Level::Or => Level::And,
        Level::And => Level::Not,
        Level::Not => Level::Comparison,
        Level::Comparison => Level::Sum,
        Level::Sum => Level::Product,
        Level::Product => Level::Sign,
        Level::Sign | Level::Power => Level::Power,
    }
}

fn is_negated(pair: &Pair<'_, Rule>) -> bool {
    pair.as_str().starts_with("not")
}

fn truth(word: &str) -> ExprKind {
    match word {
        "true" => ExprKind::Boolean(true),
        "false" => ExprKind::Boolean(false),
        _ => ExprKind::Undefined,
    }
}

fn unary_op(symbol: &str) -> UnaryOp {
    if symbol == "-" { UnaryOp::Negate } else { UnaryOp::Not }
}

/// The operator with this symbol.
pub(super) fn binary_op(symbol: &str) -> BinaryOp {
    use BinaryOp::{
        Add, And, Coalesce, Divide, Equal, Greater, GreaterOrEqual, Less, LessOrEqual, Multiply, NotEqual, Or, Power,
        Subtract,
    };
    let all = [
        Add,
        Subtract,
        Multiply,
        Divide,
        Equal,
        Less,
        Greater,
        LessOrEqual,
        GreaterOrEqual,
        NotEqual,
        And,
        Or,
        Coalesce,
        Power,
    ];
    all.into_iter().find(|op| op.symbol() == symbol).expect("the grammar has these operators")
}

/// The digits of a number without underscores and without a trailing point.
pub(super) fn digits(number: &str) -> Arc<str> {
    let number = number.strip_suffix('.').unwrap_or(number);
    if number.contains('_') { number.replace('_', "").into() } else { number.into() }
}
