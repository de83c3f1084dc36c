//! Turns the pest pairs of one item into the syntax tree.

use std::sync::Arc;

use pest::iterators::Pair;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

use crate::alike::alike;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::{FileId, Span};

use super::MAX_NESTING;
use super::ast::{
    Calendar, Card, Definition, DefinitionKind, Expr, Function, Item, ItemKind, Name, Path, TextLiteral, UnitExpr,
    UnitFactor,
};
use super::grammar::Rule;
use super::scan::is_inline_space;

/// Builds the tree of one item and collects problems.
pub(super) struct Builder<'a> {
    file: FileId,
    /// The text of the item.
    pub(super) text: &'a str,
    /// The offset of the item in the file.
    pub(super) base: usize,
    /// The ends of the item's tokens.
    ends: Vec<usize>,
    /// The problems found so far.
    pub(super) problems: Vec<Diagnostic>,
    /// True if the tree cannot be used.
    pub(super) broken: bool,
    /// The declared type of the formula that is being built.
    pub(super) declared: Option<Arc<UnitExpr>>,
}

impl<'a> Builder<'a> {
    pub(super) fn new(file: FileId, text: &'a str, base: usize, ends: Vec<usize>) -> Self {
        Self { file, text, base, ends, problems: vec![], broken: false, declared: None }
    }

    /// Reports a problem that makes the tree unusable.
    pub(super) fn report(&mut self, problem: Diagnostic) {
        self.broken = true;
        self.problems.push(problem);
    }

    /// Reports that the item is nested too deeply, at most once.
    pub(super) fn too_deep(&mut self, span: Span) {
        if !self.problems.iter().any(|problem| problem.code == Code::TooLarge) {
            self.report(too_deep(span));
        }
    }

    /// The span of a pair in the file, without trailing whitespace.
    pub(super) fn span(&self, pair: &Pair<'_, Rule>) -> Span {
        let span = pair.as_span();
        Span::new(self.file, self.base + span.start(), self.base + self.trimmed(span.start(), span.end()))
    }

    /// The span in the file of a range of the item's text.
    pub(super) fn span_of(&self, part: std::ops::Range<usize>) -> Span {
        Span::new(self.file, self.base + part.start, self.base + part.end)
    }

    /// Removes trailing whitespace and comments, which rules with an optional end include.
    fn trimmed(&self, start: usize, end: usize) -> usize {
        let is_space = |last: char| is_inline_space(last) || last == '\n';
        if !self.text[start..end].ends_with(is_space) {
            return end;
        }
        let after = self.ends.partition_point(|&token| token <= end);
        after.checked_sub(1).map_or(end, |at| self.ends[at].max(start))
    }

    /// `item`
    pub(super) fn item(&mut self, pair: Pair<'_, Rule>) -> Item {
        let span = self.span(&pair);
        let item = pair.into_inner().next().expect("an item has a kind");
        let kind = match item.as_rule() {
            Rule::kpi => self.definition(DefinitionKind::Kpi, item),
            Rule::input => self.definition(DefinitionKind::Input, item),
            Rule::param => self.definition(DefinitionKind::Param, item),
            Rule::helper => self.definition(DefinitionKind::Helper, item),
            Rule::function => self.function(item),
            Rule::dataset => ItemKind::Dataset(self.dataset(item)),
            Rule::test => ItemKind::Test(self.test(item)),
            Rule::scenario => ItemKind::Scenario(self.scenario(item)),
            Rule::report => ItemKind::Report(self.report_item(item)),
            Rule::calendar => ItemKind::Calendar(self.calendar(item)),
            Rule::currency => ItemKind::Currency(self.only_name(item)),
            Rule::unit_item => ItemKind::Unit(self.only_name(item)),
            rule => unreachable!("the grammar has no item {rule:?}"),
        };
        Item { kind, span }
    }

    fn definition(&mut self, kind: DefinitionKind, pair: Pair<'_, Rule>) -> ItemKind {
        let (mut name, mut annotation, mut formula, mut card) = (None, None, None, None);
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::name => name = Some(self.name(&part)),
                Rule::annotation => annotation = Some(self.annotation(part)),
                Rule::expr => formula = Some(self.declared_as(annotation.as_ref(), part)),
                Rule::card => card = Some(self.card(part)),
                _ => {}
            }
        }
        let name = name.expect("a definition has a name");
        ItemKind::Definition(Definition { kind, name, annotation, formula, card })
    }

    fn function(&mut self, pair: Pair<'_, Rule>) -> ItemKind {
        let (mut name, mut parameters, mut annotation, mut body, mut card) = (None, vec![], None, None, None);
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::name => name = Some(self.name(&part)),
                Rule::parameters => parameters = self.names(part),
                Rule::annotation => annotation = Some(self.annotation(part)),
                Rule::expr => body = Some(self.declared_as(annotation.as_ref(), part)),
                Rule::card => card = Some(self.card(part)),
                _ => {}
            }
        }
        let name = name.expect("a function has a name");
        let body = body.expect("a function has a body");
        ItemKind::Function(Function { name, parameters, annotation, body, card })
    }

    fn card(&mut self, pair: Pair<'_, Rule>) -> Card {
        let span = self.span(&pair);
        Card { properties: pair.into_inner().filter_map(|property| self.property(property)).collect(), span }
    }

    /// Builds an outermost expression and checks its height.
    pub(super) fn formula(&mut self, pair: Pair<'_, Rule>) -> Expr {
        let expr = self.expr(pair);
        self.bounded(expr)
    }

    /// Builds the expression of a pair that contains keywords and one expression, and checks its height.
    pub(super) fn only_formula(&mut self, pair: Pair<'_, Rule>) -> Expr {
        let expr = self.only_expr(pair);
        self.bounded(expr)
    }

    fn bounded(&mut self, expr: Expr) -> Expr {
        if expr.height() > MAX_NESTING {
            self.too_deep(expr.span);
        }
        expr
    }

    /// `: money / customer`
    pub(super) fn annotation(&mut self, pair: Pair<'_, Rule>) -> UnitExpr {
        let unit = pair.into_inner().next().expect("an annotation contains a type");
        let span = self.span(&unit);
        let mut factors = Vec::new();
        let (mut divided, mut column) = (false, None);
        for part in unit.into_inner() {
            match part.as_rule() {
                Rule::type_op => divided = part.as_str() == "/",
                Rule::kw_in_column => {}
                Rule::path => column = Some(self.path(&part)),
                _ => factors.push(UnitFactor { divided, name: self.name(&part) }),
            }
        }
        UnitExpr { factors, column, span }
    }

    /// A formula with a declared type, in which `convert` means the currency of this type.
    pub(super) fn declared_as(&mut self, annotation: Option<&UnitExpr>, pair: Pair<'_, Rule>) -> Expr {
        self.declared = annotation.cloned().map(Arc::new);
        let formula = self.formula(pair);
        self.declared = None;
        formula
    }

    /// `EUR/month`: a unit without spaces.
    pub(super) fn glued_unit(&mut self, pair: &Pair<'_, Rule>) -> UnitExpr {
        let span = self.span(pair);
        let mut start = span.start as usize;
        let mut factors = Vec::new();
        for factor in pair.as_str().split('/') {
            let span = Span::new(self.file, start, start + factor.len());
            factors.push(UnitFactor { divided: !factors.is_empty(), name: Name::new(nfc(factor), span) });
            start += factor.len() + 1;
        }
        UnitExpr { factors, column: None, span }
    }

    /// A name, with or without backticks.
    pub(super) fn name(&mut self, pair: &Pair<'_, Rule>) -> Name {
        self.name_at(pair.as_str(), self.span(pair))
    }

    fn name_at(&self, written: &str, span: Span) -> Name {
        let inner = written.strip_prefix('`').and_then(|rest| rest.strip_suffix('`'));
        Name { text: alike(inner.unwrap_or(written)).into(), quoted: inner.is_some(), span }
    }

    /// `name` or `dataset.name`
    pub(super) fn path(&mut self, pair: &Pair<'_, Rule>) -> Path {
        let (written, span) = (pair.as_str(), self.span(pair));
        let Some(dot) = dot(written) else {
            return Path { qualifier: None, name: self.name_at(written, span), span };
        };
        let at = span.start as usize + dot;
        let qualifier = self.name_at(&written[..dot], Span::new(self.file, span.start as usize, at));
        let name = self.name_at(&written[dot + 1..], Span::new(self.file, at + 1, span.end as usize));
        Path { qualifier: Some(qualifier), name, span }
    }

    pub(super) fn paths(&mut self, pair: Pair<'_, Rule>) -> Vec<Path> {
        pair.into_inner().filter(|inner| inner.as_rule() == Rule::path).map(|inner| self.path(&inner)).collect()
    }

    pub(super) fn names(&mut self, pair: Pair<'_, Rule>) -> Vec<Name> {
        pair.into_inner().filter(|inner| inner.as_rule() == Rule::name).map(|inner| self.name(&inner)).collect()
    }

    pub(super) fn first_name(&mut self, pair: Pair<'_, Rule>) -> Option<Name> {
        let name = pair.into_inner().find(|inner| inner.as_rule() == Rule::name);
        name.map(|name| self.name(&name))
    }

    fn calendar(&mut self, pair: Pair<'_, Rule>) -> Calendar {
        let mut calendar = Calendar { year_starts: vec![], weeks_start: vec![] };
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::year_starts => calendar.year_starts.push(self.only_name(part)),
                Rule::weeks_start => calendar.weeks_start.push(self.only_name(part)),
                _ => {}
            }
        }
        calendar
    }

    pub(super) fn only_name(&mut self, pair: Pair<'_, Rule>) -> Name {
        self.first_name(pair).expect("the rule contains a name")
    }

    /// The value of a text literal, with escapes resolved, in NFC.
    pub(super) fn string(&mut self, pair: &Pair<'_, Rule>) -> Arc<str> {
        let written = pair.as_str();
        let inner = &written[1..written.len() - 1];
        if inner.contains('\\') { nfc(&unescaped(inner)) } else { nfc(inner) }
    }

    pub(super) fn text_literal(&mut self, pair: &Pair<'_, Rule>) -> TextLiteral {
        TextLiteral { text: self.string(pair), span: self.span(pair) }
    }
}

/// The error for an expression or block that is nested too deeply.
pub(super) fn too_deep(span: Span) -> Diagnostic {
    Diagnostic::error(Code::TooLarge, format!("this is nested more than {MAX_NESTING} levels deep"))
        .at(span)
        .hint("name the inner parts with `let`")
}

/// The dot between two names, outside backticks.
fn dot(path: &str) -> Option<usize> {
    let mut quoted = false;
    path.bytes().position(|byte| {
        quoted ^= byte == b'`';
        byte == b'.' && !quoted
    })
}

fn unescaped(text: &str) -> String {
    let mut letters = text.chars();
    let mut result = String::with_capacity(text.len());
    while let Some(letter) = letters.next() {
        match (letter, letter == '\\') {
            (_, true) => result.extend(letters.next().map(|escaped| if escaped == 'n' { '\n' } else { escaped })),
            (letter, _) => result.push(letter),
        }
    }
    result
}

/// Normalizes a text to NFC, so that texts that look the same are equal.
pub(super) fn nfc(text: &str) -> Arc<str> {
    if text.is_ascii() || is_nfc_quick(text.chars()) == IsNormalized::Yes {
        return text.into();
    }
    text.nfc().collect::<String>().into()
}
