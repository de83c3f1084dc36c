//! Types every definition, function and card once, in dependency order, and reports what does not fit.
//!
//! A type comes with the places that gave it its unit, so that a refusal can show both sides. Whatever is wrong is
//! [`Type::Unknown`] afterwards, which fits everything: nothing is reported twice.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use indexmap::IndexMap;

use super::mismatch::{Explain, Side};
use super::typing::{self, Refusal};
use super::units::UnitNames;
use crate::diagnostic::{Code, Diagnostic};
use crate::library::{Function, Library, percent};
use crate::source::{SourceMap, Span};
use crate::syntax::ast::{
    Assignment, Band, BandCondition, BinaryOp, Branch, Call, ContextClause, DatasetOptionKind, DefinitionKind, Example,
    Expected, Expr, ExprKind, File, ItemKind, Link, Name, NumberLiteral, Path, UnaryOp, UnitExpr,
};
use crate::value::unit::Type;

/// How deep expressions may nest, through the bodies of the functions that they call.
pub const MAX_DEPTH: usize = 600;

/// A call of a user function counts as so many levels, because it takes as much of the machine's stack.
const CALL_LEVELS: usize = 3;

/// How many expressions are typed again in the bodies of called functions, in one library. Each function is typed once
/// for each combination of argument types, of which hostile definitions can make very many.
pub const MAX_REPEATED: usize = 200_000;

/// A type is traced back to at most so many places.
const MAX_ORIGINS: usize = 3;

/// A type and where its unit comes from.
#[derive(Debug, Clone, Default)]
pub struct Typed {
    /// The type.
    pub ty: Type,
    /// The annotations and literals that gave it, at most a few.
    pub origins: Vec<Origin>,
}

/// A place that gives a unit: an annotation, a literal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The place.
    pub span: Span,
    /// What is declared there; None for a literal.
    pub name: Option<Arc<str>>,
    /// The type that it gives.
    pub ty: Type,
}

/// A definition, as far as types go.
#[derive(Debug, Clone, Copy)]
pub struct DefinitionParts<'a> {
    /// Which kind.
    pub kind: DefinitionKind,
    /// Its name.
    pub name: &'a Name,
    /// `: type`
    pub annotation: Option<&'a UnitExpr>,
    /// What it computes; an input without one reads the column of its name.
    pub formula: Option<&'a Expr>,
}

/// A user function, as far as types go.
#[derive(Debug, Clone, Copy)]
pub struct FunctionParts<'a> {
    /// Its name.
    pub name: &'a Name,
    /// Its parameters.
    pub parameters: &'a [Name],
    /// `: type`
    pub annotation: Option<&'a UnitExpr>,
    /// What it computes.
    pub body: &'a Expr,
}

/// What checking gives.
#[derive(Debug, Default)]
pub struct Checked {
    /// The type of each definition by name.
    pub types: IndexMap<Arc<str>, Typed>,
    /// What does not fit.
    pub diagnostics: Vec<Diagnostic>,
}

/// Types the definitions of one library.
///
/// Columns and functions are told first, then definitions in dependency order, then what stands in cards and tests.
/// Unknown names and functions, cycles, and things that stand in the wrong place are others' business: they are unknown
/// here, and silent.
pub struct Checker<'a> {
    sources: &'a SourceMap,
    units: &'a UnitNames,
    columns: IndexMap<(Arc<str>, Arc<str>), Typed>,
    functions: IndexMap<Arc<str>, FunctionParts<'a>>,
    definitions: IndexMap<Arc<str>, Typed>,
    parameters: HashSet<Arc<str>>,
    /// What the standard library expects of definitions that replace its own.
    replaced: HashMap<Arc<str>, &'a UnitExpr>,
    /// The result of each function by the types of its arguments.
    calls: HashMap<(Arc<str>, Vec<Type>), Type>,
    /// Functions that are wrong whatever their arguments.
    broken: HashSet<Arc<str>>,
    open: Vec<Arc<str>>,
    /// The messages of unknown units so far.
    unknown_units: HashSet<String>,
    depth: usize,
    /// How many of the open functions are typed for arguments of known types.
    specific: usize,
    repeated: usize,
    exhausted: bool,
    diagnostics: Vec<Diagnostic>,
}

/// What does not fit in a formula of a query, over the definitions of a checked library.
pub fn formula(library: &Library, sources: &SourceMap, formula: &Expr) -> Vec<Diagnostic> {
    let units = library.units.for_formula(has_unit(formula));
    let mut checker = Checker::new(sources, &units);
    for Function { name, parameters, annotation, body, .. } in library.functions.values() {
        checker.function(FunctionParts { name, parameters, annotation: annotation.as_ref(), body });
    }
    for (definition, ty) in library.definitions.iter().zip(&library.types) {
        checker.definitions.insert(definition.name.text.clone(), ty.clone().into());
    }
    checker.formula(formula);
    checker.diagnostics
}

/// What names mean where an expression stands.
#[derive(Clone, Copy)]
enum Scope<'s> {
    /// Definitions, and a function's parameters.
    Formula(&'s [(Arc<str>, Typed)]),
    /// Columns, of that dataset where it is known.
    Rows(Option<&'s str>),
}

const FORMULA: Scope<'static> = Scope::Formula(&[]);

impl<'a> Checker<'a> {
    /// A checker that knows no names yet.
    pub fn new(sources: &'a SourceMap, units: &'a UnitNames) -> Self {
        Self {
            sources,
            units,
            columns: IndexMap::new(),
            functions: IndexMap::new(),
            definitions: IndexMap::new(),
            parameters: HashSet::new(),
            replaced: HashMap::new(),
            calls: HashMap::new(),
            broken: HashSet::new(),
            open: vec![],
            unknown_units: HashSet::new(),
            depth: 0,
            specific: 0,
            repeated: 0,
            exhausted: false,
            diagnostics: vec![],
        }
    }

    /// `amount: money` in a dataset's block.
    pub fn column(&mut self, dataset: &Name, column: &Name, unit: &UnitExpr) {
        let ty = self.resolve(unit);
        self.add_column(dataset, column, Typed::declared(&column.text, ty, unit.span));
    }

    /// `time day` in a dataset's block, where the column has no type of its own.
    pub fn time_column(&mut self, dataset: &Name, column: &Arc<str>) {
        self.columns.entry((dataset.text.clone(), column.clone())).or_insert_with(|| Type::Date.into());
    }

    /// `weekday_no = weekday(day)` in a dataset's block, after the columns that it reads.
    pub fn computed_column(&mut self, dataset: &Name, column: &Name, formula: &Expr) {
        let typed = self.expr(formula, Scope::Rows(Some(&dataset.text)));
        self.add_column(dataset, column, typed);
    }

    /// A user function. Its body is typed at its calls, and once by itself.
    pub fn function(&mut self, function: FunctionParts<'a>) {
        self.functions.insert(function.name.text.clone(), function);
    }

    /// The user's definition of that name replaces one of the standard library, which declares `expected`: said before
    /// the definitions, so that formulas of the library are spared where it does not fit.
    pub fn replacement(&mut self, name: &Name, expected: &'a UnitExpr) {
        self.replaced.insert(name.text.clone(), expected);
    }

    /// The next definition in dependency order.
    pub fn definition(&mut self, definition: DefinitionParts<'_>) -> &Type {
        let name = &definition.name.text;
        let inferred = match definition.formula {
            Some(formula) => self.expr(formula, FORMULA),
            None => self.column_typed(None, name),
        };
        let typed = match definition.annotation {
            Some(annotation) => self.annotated(definition, annotation, inferred),
            None => inferred,
        };
        let typed = match self.replaced.get(name).copied() {
            Some(expected) => self.replacing(definition.name, expected, typed),
            None => typed,
        };
        if definition.kind == DefinitionKind::Param {
            self.parameters.insert(name.clone());
        }
        &self.definitions.entry(name.clone()).insert_entry(typed).into_mut().ty
    }

    /// `target …` of the definition of that name.
    pub fn target(&mut self, name: &str, target: &Expr) {
        self.value_for(name, target);
    }

    /// `good …`, `watch …`, `bad …` of the definition of that name.
    pub fn band(&mut self, name: &str, band: &Band) {
        match &band.condition {
            BandCondition::Compare { bound, .. } => self.value_for(name, bound),
            BandCondition::Between { low, high } => {
                self.value_for(name, low);
                self.value_for(name, high);
            }
            BandCondition::When(condition) => self.condition(condition, FORMULA),
            BandCondition::Otherwise => {}
        }
    }

    /// `range low..high` of the definition of that name.
    pub fn range(&mut self, name: &str, low: Option<&Expr>, high: Option<&Expr>) {
        low.into_iter().chain(high).for_each(|end| self.value_for(name, end));
    }

    /// `example … gives …` of the definition of that name.
    pub fn example(&mut self, name: &str, example: &Example) {
        example.given.iter().for_each(|given| self.assignment(given));
        self.expected(name, &example.expected);
    }

    /// `name = value` in an example, a test or `--set`: a plain number takes the unit of the definition.
    pub fn assignment(&mut self, assignment: &Assignment) {
        self.value_for(&assignment.name.text, &assignment.value);
    }

    /// What an example or a test expects of the definition of that name.
    pub fn expected(&mut self, name: &str, expected: &Expected) {
        self.value_for(name, &expected.value);
    }

    /// A condition on rows: `where …` of a test or a query.
    pub fn row_condition(&mut self, condition: &Expr) {
        self.condition(condition, Scope::Rows(None));
    }

    /// A formula without a name.
    pub fn formula(&mut self, formula: &Expr) -> Type {
        self.expr(formula, FORMULA).ty
    }

    /// Types what no call has reached, and hands everything over.
    pub fn finish(mut self) -> Checked {
        let names: Vec<Arc<str>> = self.functions.keys().cloned().collect();
        names.iter().for_each(|name| self.check_alone(name));
        Checked { types: self.definitions, diagnostics: self.diagnostics }
    }

    // ── definitions ─────────────────────────────────────────────────────────

    fn annotated(&mut self, definition: DefinitionParts<'_>, annotation: &UnitExpr, inferred: Typed) -> Typed {
        let name = definition.name;
        let ty = self.resolve(annotation);
        let constant = definition.kind == DefinitionKind::Param && definition.formula.is_some_and(is_constant);
        if let Err(refusal) = typing::take(&inferred.ty, constant, &ty) {
            self.refuse(refusal, |explain| match definition.formula {
                Some(formula) => {
                    let found = Side { typed: &inferred, expr: formula, span: formula.span };
                    explain.annotation(name, &ty, annotation.span, found)
                }
                None => explain.column(name, &ty, annotation.span, &inferred),
            });
        }
        match ty {
            Type::Unknown => inferred,
            ty => Typed::declared(&name.text, ty, annotation.span),
        }
    }

    /// The type of a replacement; one that does not fit is unknown to all that use it.
    fn replacing(&mut self, name: &Name, expected: &UnitExpr, found: Typed) -> Typed {
        // The library's own annotation is right, or reported where it stands.
        let Ok(wanted) = self.units.resolve(expected) else { return found };
        match typing::convert(&found.ty, &wanted) {
            Ok(_) => found,
            Err(refusal) => self.refuse(refusal, |explain| explain.replacement(name, &found, &wanted, expected.span)),
        }
    }

    fn resolve(&mut self, unit: &UnitExpr) -> Type {
        match self.units.resolve(unit) {
            Ok(ty) => ty,
            Err(diagnostic) => {
                self.unknown_unit(diagnostic);
                Type::Unknown
            }
        }
    }

    /// A value that stands for the definition of that name.
    fn value_for(&mut self, name: &str, value: &Expr) {
        let found = self.expr(value, FORMULA);
        let wanted = self.definitions.get(name).cloned().unwrap_or_default();
        if let Err(refusal) = typing::take(&found.ty, is_constant(value), &wanted.ty) {
            let found = Side { typed: &found, expr: value, span: value.span };
            self.refuse(refusal, |explain| explain.value(name, &wanted, found));
        }
        self.diagnostics.extend(percent::plain_number(&wanted.ty, value));
    }

    /// An unknown unit is reported where it first stands.
    fn unknown_unit(&mut self, diagnostic: Diagnostic) {
        if diagnostic.code != Code::UnknownUnit || self.unknown_units.insert(diagnostic.message.clone()) {
            self.diagnostics.push(diagnostic);
        }
    }

    fn add_column(&mut self, dataset: &Name, column: &Name, typed: Typed) {
        self.columns.insert((dataset.text.clone(), column.text.clone()), typed);
    }

    /// A column's type where it is declared; without a dataset, where all that have it agree.
    fn column_typed(&self, dataset: Option<&str>, column: &str) -> Typed {
        let named = |of: &str| self.columns.get(&(Arc::from(of), Arc::from(column))).cloned();
        if let Some(typed) = dataset.and_then(named) {
            return typed;
        }
        let mut found = self.columns.iter().filter(|((_, name), _)| &**name == column).map(|(_, typed)| typed);
        match found.next() {
            Some(first) if dataset.is_none() && found.all(|other| other.ty == first.ty) => first.clone(),
            _ => Typed::default(),
        }
    }

    // ── expressions ─────────────────────────────────────────────────────────

    fn expr(&mut self, expr: &Expr, scope: Scope<'_>) -> Typed {
        if self.depth >= MAX_DEPTH {
            let message = format!("expressions and the functions that they call nest more than {MAX_DEPTH} deep");
            return self.too_large(message, expr.span);
        }
        self.repeated += usize::from(self.specific > 0);
        if self.repeated > MAX_REPEATED {
            let message = format!(
                "functions are called with so many types that their bodies have more than {MAX_REPEATED} parts"
            );
            return self.too_large(message, expr.span);
        }
        self.depth += 1;
        let typed = self.kind(expr, scope);
        self.depth -= 1;
        typed
    }

    fn kind(&mut self, expr: &Expr, scope: Scope<'_>) -> Typed {
        match &*expr.kind {
            ExprKind::Number(literal) => self.number(literal, expr.span),
            ExprKind::Text(_) => Type::Text.into(),
            ExprKind::Date(text) => self.date(text, expr.span),
            ExprKind::Boolean(_) => Type::Boolean.into(),
            ExprKind::Undefined => Typed::default(),
            ExprKind::Path(path) => self.path(path, scope),
            ExprKind::Call(call) => self.call(call, expr, scope),
            ExprKind::Unary { op, op_span, operand } => self.unary(*op, *op_span, operand, scope),
            ExprKind::Chain { first, rest } => self.chain(first, rest, scope),
            ExprKind::Binary { op, op_span, lhs, rhs } => self.binary(*op, *op_span, lhs, rhs, scope),
            ExprKind::In { operand, list, .. } => self.among(operand, list, scope),
            ExprKind::Between { operand, low, high, .. } => self.between(operand, low, high, scope),
            ExprKind::If { branches, otherwise } => self.conditional(branches, otherwise, scope),
            ExprKind::Paren(inner) => self.expr(inner, scope),
            ExprKind::Context { operand, clauses } => self.context(operand, clauses, scope),
        }
    }

    fn date(&mut self, text: &str, span: Span) -> Typed {
        match typing::date(text, span) {
            Ok(_) => Type::Date.into(),
            Err(diagnostic) => {
                self.diagnostics.push(diagnostic);
                Typed::default()
            }
        }
    }

    fn number(&mut self, literal: &NumberLiteral, span: Span) -> Typed {
        match typing::literal(literal, self.units, span).map(|(_, ty)| ty) {
            Ok(ty) if literal.unit.is_some() => {
                Typed { origins: vec![Origin { span, name: None, ty: ty.clone() }], ty }
            }
            Ok(ty) => ty.into(),
            Err(diagnostic) => {
                self.unknown_unit(diagnostic);
                Typed::default()
            }
        }
    }

    fn path(&self, path: &Path, scope: Scope<'_>) -> Typed {
        let name = &path.name.text;
        let qualifier = path.qualifier.as_ref().map(|qualifier| &*qualifier.text);
        match scope {
            Scope::Rows(_) if qualifier.is_none() && self.parameters.contains(name) => self.named(name),
            Scope::Rows(dataset) => self.column_typed(qualifier.or(dataset), name),
            Scope::Formula(_) if qualifier.is_some() => Typed::default(),
            Scope::Formula(locals) => match locals.iter().find(|(local, _)| local == name) {
                Some((_, typed)) => typed.clone(),
                None => self.named(name),
            },
        }
    }

    fn named(&self, name: &str) -> Typed {
        self.definitions.get(name).cloned().unwrap_or_default()
    }

    fn unary(&mut self, op: UnaryOp, op_span: Span, operand: &Expr, scope: Scope<'_>) -> Typed {
        let typed = self.expr(operand, scope);
        match typing::unary(op, &typed.ty) {
            Ok(ty) => Typed { ty, ..typed },
            Err(refusal) => {
                let side = Side { typed: &typed, expr: operand, span: operand.span };
                let symbol = if op == UnaryOp::Negate { "-" } else { "not" };
                self.refuse(refusal, |explain| explain.operand(symbol, Some(op_span), refusal, &[side]))
            }
        }
    }

    fn chain(&mut self, first: &Expr, rest: &[Link], scope: Scope<'_>) -> Typed {
        let mut lhs = self.expr(first, scope);
        let mut span = first.span;
        for Link { op, op_span, operand } in rest {
            let rhs = self.expr(operand, scope);
            let sides =
                [Side { typed: &lhs, expr: first, span }, Side { typed: &rhs, expr: operand, span: operand.span }];
            lhs = self.join(*op, *op_span, sides);
            span = span.to(operand.span);
        }
        lhs
    }

    fn binary(&mut self, op: BinaryOp, op_span: Span, lhs: &Expr, rhs: &Expr, scope: Scope<'_>) -> Typed {
        let (left, right) = (self.expr(lhs, scope), self.expr(rhs, scope));
        let sides =
            [Side { typed: &left, expr: lhs, span: lhs.span }, Side { typed: &right, expr: rhs, span: rhs.span }];
        self.join(op, op_span, sides)
    }

    fn join(&mut self, op: BinaryOp, op_span: Span, sides: [Side<'_>; 2]) -> Typed {
        let (lhs, rhs) = (sides[0].typed, sides[1].typed);
        if !matches!(op, BinaryOp::Multiply | BinaryOp::Divide | BinaryOp::Power) {
            self.percentages(&sides);
        }
        if matches!(op, BinaryOp::Equal | BinaryOp::NotEqual) {
            self.empty_text(op, sides);
        }
        let ty = match op {
            BinaryOp::Power => typing::power(&lhs.ty, &rhs.ty, typing::literal_exponent(sides[1].expr)),
            _ => typing::binary(op, &lhs.ty, &rhs.ty).map(|fit| fit.ty),
        };
        match ty {
            Ok(ty) => Typed::of(ty, [lhs, rhs]),
            Err(refusal) => self.refuse(refusal, |explain| explain.operands(op, op_span, refusal, sides)),
        }
    }

    fn among(&mut self, operand: &Expr, list: &[Expr], scope: Scope<'_>) -> Typed {
        let value = self.expr(operand, scope);
        for item in list {
            let typed = self.expr(item, scope);
            self.same("in", (operand, &value), (item, &typed));
        }
        Type::Boolean.into()
    }

    fn between(&mut self, operand: &Expr, low: &Expr, high: &Expr, scope: Scope<'_>) -> Typed {
        let value = self.expr(operand, scope);
        for bound in [low, high] {
            let typed = self.expr(bound, scope);
            self.same("between", (operand, &value), (bound, &typed));
        }
        Type::Boolean.into()
    }

    /// Warns of `x = ""`: a blank cell is undefined, and no cell is an empty text.
    fn empty_text(&mut self, op: BinaryOp, sides: [Side<'_>; 2]) {
        let is_empty =
            |side: &Side<'_>| matches!(&*side.expr.unparenthesized().kind, ExprKind::Text(text) if text.is_empty());
        let Some(empty) = sides.iter().position(is_empty) else { return };
        let other = self.sources.text(sides[1 - empty].span);
        let asked = if op == BinaryOp::Equal { "not is_defined" } else { "is_defined" };
        let message = "a blank cell is undefined, not an empty text";
        let hint = format!("to ask whether a cell is blank, write `{asked}({other})`");
        self.diagnostics.push(Diagnostic::warning(Code::Lint, message).at(sides[empty].span).hint(hint));
    }

    /// Warns of plain numbers beside percentages.
    fn percentages(&mut self, sides: &[Side<'_>]) {
        let Some(percentage) = sides.iter().find(|side| side.typed.ty == Type::PERCENT) else { return };
        let numbers = sides.iter().filter(|side| side.expr.span == side.span);
        self.diagnostics.extend(numbers.filter_map(|side| percent::plain_number(&percentage.typed.ty, side.expr)));
    }

    /// Reports two values that cannot be compared.
    fn same(&mut self, word: &str, (lhs, left): (&Expr, &Typed), (rhs, right): (&Expr, &Typed)) {
        let sides = [Side { typed: left, expr: lhs, span: lhs.span }, Side { typed: right, expr: rhs, span: rhs.span }];
        self.percentages(&sides);
        if let Err(refusal) = typing::binary(comparison(word), &left.ty, &right.ty) {
            self.refuse(refusal, |explain| explain.operand(word, None, refusal, &sides));
        }
    }

    fn conditional(&mut self, branches: &[Branch], otherwise: &Expr, scope: Scope<'_>) -> Typed {
        let mut values = vec![];
        for Branch { condition, value } in branches {
            self.condition(condition, scope);
            values.push((value, self.expr(value, scope)));
        }
        values.push((otherwise, self.expr(otherwise, scope)));
        self.common("if", &values)
    }

    /// The type that several values share.
    fn common(&mut self, word: &str, values: &[(&Expr, Typed)]) -> Typed {
        let types: Vec<Type> = values.iter().map(|(_, typed)| typed.ty.clone()).collect();
        match typing::agree(&types) {
            Ok(common) => Typed::of(common.ty, values.iter().map(|(_, typed)| typed)),
            Err(refusal) => self.refuse_values(word, refusal, values),
        }
    }

    fn refuse_values(&mut self, word: &str, refusal: Refusal, values: &[(&Expr, Typed)]) -> Typed {
        self.refuse(refusal, |explain| explain.operand(word, None, refusal, &sides(values)))
    }

    fn condition(&mut self, condition: &Expr, scope: Scope<'_>) {
        let typed = self.expr(condition, scope);
        if let Err(refusal) = typing::condition(&typed.ty) {
            let side = Side { typed: &typed, expr: condition, span: condition.span };
            self.refuse(refusal, |explain| explain.condition(side));
        }
    }

    fn context(&mut self, operand: &Expr, clauses: &[ContextClause], scope: Scope<'_>) -> Typed {
        for clause in clauses {
            if let Some(condition) = clause.condition() {
                self.condition(condition, Scope::Rows(qualifier(condition)));
            }
        }
        self.expr(operand, scope)
    }

    // ── calls ───────────────────────────────────────────────────────────────

    fn call(&mut self, call: &Call, expr: &Expr, scope: Scope<'_>) -> Typed {
        let name = &*call.function.text;
        if let Some((least, most)) = typing::arity(name)
            && !(least..=most).contains(&call.arguments.len())
        {
            return self.wrong_count(call, least, most, scope);
        }
        match (typing::is_aggregate(name, call.arguments.len()), typing::arity(name)) {
            (true, _) => self.aggregate(call),
            (false, Some(_)) => self.built_in(call, scope),
            (false, None) => self.own_call(call, expr.span, scope),
        }
    }

    fn built_in(&mut self, call: &Call, scope: Scope<'_>) -> Typed {
        let values = self.arguments(call, scope);
        let types: Vec<Type> = values.iter().map(|(_, typed)| typed.ty.clone()).collect();
        if matches!(&*call.function.text, "min" | "max" | "clamp" | "coalesce") {
            self.percentages(&sides(&values));
        }
        match typing::call(&call.function.text, &types) {
            Ok(common) => Typed::of(common.ty, values.iter().map(|(_, typed)| typed)),
            Err(refusal) => self.refuse_values(&call.function.text, refusal, &values),
        }
    }

    fn aggregate(&mut self, call: &Call) -> Typed {
        let expressions = || call.arguments.iter().chain(&call.filter);
        let dataset = expressions().find_map(qualifier);
        let rows = Scope::Rows(dataset);
        let values = self.arguments(call, rows);
        if let Some(filter) = &call.filter {
            self.condition(filter, rows);
        }
        let types: Vec<Type> = values.iter().map(|(_, typed)| typed.ty.clone()).collect();
        match typing::aggregate(&call.function.text, &types) {
            Ok(ty) => Typed::of(ty, values.iter().map(|(_, typed)| typed)),
            Err(refusal) => self.refuse_values(&call.function.text, refusal, &values),
        }
    }

    fn arguments<'e>(&mut self, call: &'e Call, scope: Scope<'_>) -> Vec<(&'e Expr, Typed)> {
        call.arguments.iter().map(|argument| (argument, self.expr(argument, scope))).collect()
    }

    /// A call of a user function: its body is typed with the types of these arguments.
    fn own_call(&mut self, call: &Call, span: Span, scope: Scope<'_>) -> Typed {
        let values = self.arguments(call, scope);
        let name = &call.function.text;
        let Some(function) = self.functions.get(name).copied() else { return Typed::default() };
        let count = function.parameters.len();
        if values.len() != count && span.file.is_standard() && !function.name.span.file.is_standard() {
            // The replacement takes other arguments than the library's function, which has been reported.
            return Typed::default();
        }
        if values.len() != count {
            self.diagnostics.push(wrong_count(call, count, count).label(function.name.span, "defined here"));
            return Typed::default();
        }
        self.check_alone(name);
        let types: Vec<Type> = values.iter().map(|(_, typed)| typed.ty.clone()).collect();
        let ty = self.applied(function, types, |problem| at_call(problem, call, span, &values));
        Typed::of(ty, values.iter().map(|(_, typed)| typed))
    }

    /// Types a function's body with unknown arguments: what is wrong then is wrong at every call.
    fn check_alone(&mut self, name: &Arc<str>) {
        let Some(function) = self.functions.get(name).copied() else { return };
        let key = (name.clone(), vec![Type::Unknown; function.parameters.len()]);
        if self.calls.contains_key(&key) || self.open.contains(name) {
            return;
        }
        let before = self.diagnostics.len();
        self.applied(function, key.1, |problem| problem);
        if self.diagnostics[before..].iter().any(Diagnostic::is_error) {
            self.broken.insert(name.clone());
        }
    }

    /// The type of a function's result for arguments of these types; each combination is typed once.
    fn applied(
        &mut self,
        function: FunctionParts<'a>,
        types: Vec<Type>,
        report: impl Fn(Diagnostic) -> Diagnostic,
    ) -> Type {
        let name = &function.name.text;
        let key = (name.clone(), types);
        if let Some(known) = self.calls.get(&key) {
            return known.clone();
        }
        if self.open.contains(name) || self.broken.contains(name) {
            return Type::Unknown;
        }
        let alone = key.1.iter().all(|ty| *ty == Type::Unknown);
        let outer = std::mem::take(&mut self.diagnostics);
        self.open.push(name.clone());
        self.depth += CALL_LEVELS - 1;
        self.specific += usize::from(!alone);
        let ty = self.body(function, &key.1);
        self.specific -= usize::from(!alone);
        self.depth -= CALL_LEVELS - 1;
        self.open.pop();
        let problems = std::mem::replace(&mut self.diagnostics, outer);
        let kept = if alone { usize::MAX } else { 1 };
        let (errors, others): (Vec<_>, Vec<_>) = problems.into_iter().partition(Diagnostic::is_error);
        self.diagnostics.extend(errors.into_iter().take(kept).chain(others.into_iter().take(kept)).map(report));
        self.calls.insert(key, ty.clone());
        ty
    }

    fn body(&mut self, function: FunctionParts<'a>, types: &[Type]) -> Type {
        let local = |(name, ty): (&Name, &Type)| (name.text.clone(), Typed::from(ty.clone()));
        let locals: Vec<_> = function.parameters.iter().zip(types).map(local).collect();
        let found = self.expr(function.body, Scope::Formula(&locals));
        let Some(annotation) = function.annotation else { return found.ty };
        let definition = DefinitionParts {
            kind: DefinitionKind::Helper,
            name: function.name,
            annotation: None,
            formula: Some(function.body),
        };
        self.annotated(definition, annotation, found).ty
    }

    // ── problems ────────────────────────────────────────────────────────────

    /// Reports a refusal, unless it comes from units and nobody wrote any. What is refused is unknown from then on.
    fn refuse(&mut self, refusal: Refusal, explain: impl FnOnce(Explain<'_>) -> Diagnostic) -> Typed {
        if !self.units.spares(refusal) {
            let context = Explain { sources: self.sources, definitions: &self.definitions };
            self.diagnostics.push(explain(context));
        }
        Typed::default()
    }

    fn wrong_count(&mut self, call: &Call, least: usize, most: usize, scope: Scope<'_>) -> Typed {
        let scope = if typing::is_aggregate(&call.function.text, 1) { Scope::Rows(None) } else { scope };
        self.arguments(call, scope);
        self.diagnostics.push(wrong_count(call, least, most));
        Typed::default()
    }

    /// A limit is reached: said once.
    fn too_large(&mut self, message: String, span: Span) -> Typed {
        if !std::mem::replace(&mut self.exhausted, true) {
            self.diagnostics.push(Diagnostic::error(Code::TooLarge, message).at(span));
        }
        Typed::default()
    }
}

impl From<Type> for Typed {
    fn from(ty: Type) -> Self {
        Self { ty, origins: vec![] }
    }
}

impl Typed {
    fn declared(name: &Arc<str>, ty: Type, span: Span) -> Self {
        Self { origins: vec![Origin { span, name: Some(name.clone()), ty: ty.clone() }], ty }
    }

    /// A type that comes from several others.
    fn of<'t>(ty: Type, from: impl IntoIterator<Item = &'t Typed>) -> Self {
        let mut origins: Vec<Origin> = vec![];
        for origin in from.into_iter().flat_map(|typed| &typed.origins) {
            if origins.len() < MAX_ORIGINS && !origins.contains(origin) {
                origins.push(origin.clone());
            }
        }
        Self { ty, origins }
    }
}

/// Whether a file says anything about units. Where none of the user's files does, see [`UnitNames::be_lenient`].
pub fn writes_units(file: &File) -> bool {
    file.items.iter().any(|item| match &item.kind {
        ItemKind::Currency(_) | ItemKind::Unit(_) => true,
        ItemKind::Calendar(_) | ItemKind::Test(_) => false,
        ItemKind::Function(function) => function.annotation.iter().any(names_unit) || has_unit(&function.body),
        ItemKind::Dataset(dataset) => dataset.options.iter().any(|option| match &option.kind {
            DatasetOptionKind::ColumnType { unit, .. } => names_unit(unit),
            DatasetOptionKind::Computed { formula, .. } => has_unit(formula),
            _ => false,
        }),
        ItemKind::Definition(definition) => {
            definition.annotation.iter().any(names_unit) || definition.formula.iter().any(has_unit)
        }
    })
}

/// Whether a type is more than a kind of value or a spelling.
fn names_unit(unit: &UnitExpr) -> bool {
    const KINDS: [&str; 8] = ["number", "percent", "ratio", "count", "text", "boolean", "date", "1"];
    unit.factors.iter().any(|factor| !KINDS.contains(&&*factor.name.text))
}

fn has_unit(expr: &Expr) -> bool {
    any(expr, &|part| matches!(&*part.kind, ExprKind::Number(NumberLiteral { unit: Some(_), .. })))
}

/// Whether it is made of literals alone, so that it has no unit but the one that is expected of it.
pub(in crate::library) fn is_constant(expr: &Expr) -> bool {
    !any(expr, &|part| matches!(&*part.kind, ExprKind::Path(_)))
}

/// Whether the test holds for a part of an expression.
fn any(expr: &Expr, test: &dyn Fn(&Expr) -> bool) -> bool {
    let mut waiting = vec![expr];
    while let Some(expr) = waiting.pop() {
        if test(expr) {
            return true;
        }
        push_parts(expr, &mut waiting);
    }
    false
}

/// The dataset that the first qualified name of a row expression gives.
fn qualifier(expr: &Expr) -> Option<&str> {
    let mut waiting = vec![expr];
    while let Some(expr) = waiting.pop() {
        match &*expr.kind {
            ExprKind::Path(Path { qualifier: Some(dataset), .. }) => return Some(&dataset.text),
            _ => push_parts(expr, &mut waiting),
        }
    }
    None
}

/// Pushes the direct parts of an expression so that the first is popped first.
fn push_parts<'e>(expr: &'e Expr, waiting: &mut Vec<&'e Expr>) {
    let from = waiting.len();
    expr.each_child(&mut |child| waiting.push(child));
    waiting[from..].reverse();
}

/// Values as operands.
fn sides<'v>(values: &'v [(&'v Expr, Typed)]) -> Vec<Side<'v>> {
    values.iter().map(|(expr, typed)| Side { typed, expr, span: expr.span }).collect()
}

/// The comparison behind a word.
fn comparison(word: &str) -> BinaryOp {
    if word == "in" { BinaryOp::Equal } else { BinaryOp::LessOrEqual }
}

fn wrong_count(call: &Call, least: usize, most: usize) -> Diagnostic {
    let wanted = match (least, most) {
        (least, usize::MAX) => format!("at least {least}"),
        (least, most) if least == most => least.to_string(),
        (least, most) => format!("{least} to {most}"),
    };
    let arguments = if wanted == "1" { "argument" } else { "arguments" };
    let message = format!("`{}` takes {wanted} {arguments}, found {}", call.function.text, call.arguments.len());
    let form = typing::signature(&call.function.text).map(|form| format!("it is called as `{form}`"));
    Diagnostic::error(Code::BadArguments, message).at(call.arguments_span).maybe_hint(form)
}

/// A problem in a function's body, shown at the call whose arguments cause it.
fn at_call(mut problem: Diagnostic, call: &Call, span: Span, values: &[(&Expr, Typed)]) -> Diagnostic {
    const MAX_CALLS_SHOWN: usize = 3;
    let shown = |ty: &Type| if *ty == Type::PLAIN { "a plain number".into() } else { format!("`{ty}`") };
    let types: Vec<String> = values.iter().map(|(_, typed)| shown(&typed.ty)).collect();
    let text = format!("in this call of `{}` with {}", call.function.text, types.join(", "));
    let calls = problem.labels.iter().filter(|label| label.text.starts_with("in this call of ")).count();
    if calls >= MAX_CALLS_SHOWN {
        // Only the outermost call and those nearest to the problem are shown.
        problem.labels.remove(0);
    }
    problem.labels.insert(0, crate::diagnostic::Label { span, text });
    problem
}

#[cfg(test)]
mod tests;
