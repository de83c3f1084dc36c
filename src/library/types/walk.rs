//! Walks an expression once, applies the typing rules to its parts and passes each part to a [`Level`].
//!
//! A level gives names their meaning (rows of a dataset, groups, constants). Its [`Output`] turns the parts into types
//! for the checker or operations for the planner. Both report the same type errors.

use std::borrow::Cow;

use super::currency::{self, InCurrency};
use super::literals;
use super::mismatch::{Explain, Rule, Side};
use super::typed::Typed;
use super::typing::{self, Common, Fit, TypeError};
use super::units::UnitNames;
use crate::builtin::{self, BuiltinId, ParameterKind, is_aggregate};
use crate::data::Grain;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::syntax::ast::{
    BinaryOp, Branch, Call, ContextClause, Each, Expr, ExprKind, Link, NumberLiteral, Path, UnaryOp,
};
use crate::syntax::format_expr;
use crate::value::Date;
use crate::value::Value;
use crate::value::unit::{Base, Factor, Type, Unit};

/// Builds a value from each part of an expression, once its type is known.
pub trait Output {
    /// The value of a part.
    type Value: Clone;

    /// The type of a part.
    fn ty(value: &Self::Value) -> &Type;
    /// The same value with another type.
    fn with_type(value: Self::Value, ty: Type) -> Self::Value;
    /// The type of a part with its origins, as far as they are known.
    fn typed(value: &Self::Value) -> Cow<'_, Typed>;
    /// A literal. `unit` is the literal's place if it has a unit.
    fn literal(&mut self, value: Value, ty: Type, unit: Option<Span>) -> Self::Value;
    /// The value of `undefined`, and of a part with an error.
    fn undefined(&mut self) -> Self::Value;
    /// An operator with one operand.
    fn unary(&mut self, op: UnaryOp, operand: &Self::Value, ty: Type) -> Self::Value;
    /// An operator with two operands.
    fn binary(&mut self, op: BinaryOp, operands: [&Self::Value; 2], fit: Fit) -> Self::Value;
    /// The value of the first true condition. There is one value more than there are conditions.
    fn choice(&mut self, conditions: &[Self::Value], values: &[Self::Value], common: Common) -> Self::Value;
    /// A call of a built-in function.
    fn call(&mut self, function: BuiltinId, arguments: &[Self::Value], common: Common) -> Self::Value;
}

/// The level at which an expression is evaluated, which gives its names a meaning.
pub trait Level: Sized {
    /// The output that builds values.
    type Output: Output;
    /// The reason why a walk stops early.
    type Stop;

    /// Returns the output.
    fn output(&mut self) -> &mut Self::Output;
    /// Returns the unit names of the library.
    fn units(&self) -> &UnitNames;
    /// Reports a problem.
    fn report(&mut self, diagnostic: Diagnostic);
    /// Returns the context for messages about type errors.
    fn explain(&self) -> Explain<'_>;
    /// Walks a path: `name` or `dataset.name`.
    fn path(&mut self, path: &Path) -> Walked<Self>;
    /// Walks a call of an aggregate, of a function of the group's period or of a user function.
    fn call(&mut self, call: &Call, span: Span) -> Walked<Self>;
    /// Walks an aggregate over inner groups: `sum(x each day)`.
    fn each(&mut self, each: &Each, span: Span) -> Walked<Self>;
    /// Walks a context: `x[…]`.
    fn context(&mut self, operand: &Expr, clauses: &[ContextClause], span: Span) -> Walked<Self>;

    /// Walks a part of the expression.
    fn part(&mut self, expr: &Expr) -> Walked<Self> {
        walk(self, expr)
    }

    /// Returns true if names are columns.
    fn is_of_rows(&self) -> bool {
        false
    }

    /// The currencies that conditions around the current part require, if names are columns.
    fn known_currencies(&mut self) -> Option<&mut Vec<InCurrency>> {
        None
    }

    /// The dataset whose columns names are, if they are columns of a known one.
    fn dataset_name(&self) -> Option<&str> {
        None
    }

    /// Returns true for a column of numbers. Its type is unknown if its unit is not declared, but it still is a number.
    fn is_number_column(&self, _: &Part<Self>) -> bool {
        false
    }

    /// Called for each operation, with its value and its operands.
    fn operands(&mut self, _: &Part<Self>, _: &[Side<'_, Part<Self>>]) {}

    /// Called for each call of a built-in function, after its arguments have been walked.
    fn called(&mut self, _: BuiltinId) {}

    /// Returns true while definitions are checked, before the conditions of a query are known.
    fn is_checking(&self) -> bool {
        false
    }

    /// Called for each call of `convert`, with its arguments and its value.
    fn converted(&mut self, _: [&Part<Self>; 2], _: &Part<Self>) {}

    /// Called with operands that must agree, to warn about them. The operator is None for several values.
    fn watch(&mut self, _: Option<BinaryOp>, _: &[Side<'_, Part<Self>>]) {}
}

/// The value of a part of an expression at a level.
pub type Part<L> = <<L as Level>::Output as Output>::Value;

/// The result of walking an expression.
pub type Walked<L> = Result<Part<L>, <L as Level>::Stop>;

/// Walks any expression.
///
/// # Errors
/// Returns the level's reason if it stops the walk.
pub fn walk<L: Level>(level: &mut L, expr: &Expr) -> Walked<L> {
    match &*expr.kind {
        ExprKind::Number(literal) => Ok(number(level, literal, expr.span)),
        ExprKind::Text(text) => Ok(level.output().literal(Value::Text(text.clone()), Type::Text, None)),
        ExprKind::Date(text) => Ok(date(level, text, expr.span)),
        ExprKind::Boolean(value) => Ok(level.output().literal(Value::Boolean(*value), Type::Boolean, None)),
        ExprKind::Undefined => Ok(level.output().undefined()),
        ExprKind::Path(path) => path_in_known_currency(level, path),
        ExprKind::Call(call) => self::call(level, call, expr.span),
        ExprKind::Unary { op, operand, .. } => unary(level, *op, operand),
        ExprKind::Chain { first, rest } => chain(level, first, rest),
        ExprKind::Binary { op, lhs, rhs, .. } => {
            let (left, right) = (level.part(lhs)?, level.part(rhs)?);
            Ok(binary(level, Rule::Binary(*op), *op, [Side::new(&left, lhs), Side::new(&right, rhs)]))
        }
        ExprKind::In { operand, list, negated } => among(level, operand, list, *negated),
        ExprKind::Between { operand, low, high, negated } => between(level, [operand, low, high], *negated),
        ExprKind::If { branches, otherwise } => conditional(level, branches, otherwise),
        ExprKind::Paren(inner) => level.part(inner),
        ExprKind::Each(each) => level.each(each, expr.span),
        ExprKind::Context { operand, clauses } => level.context(operand, clauses, expr.span),
    }
}

/// Walks each of several expressions.
///
/// # Errors
/// Returns the level's reason if it stops the walk.
pub fn parts<L: Level>(level: &mut L, exprs: &[Expr]) -> Result<Vec<Part<L>>, L::Stop> {
    exprs.iter().map(|expr| level.part(expr)).collect()
}

/// Walks a condition, and reports an error if it is not a truth value.
///
/// # Errors
/// Returns the level's reason if it stops the walk.
pub fn condition<L: Level>(level: &mut L, expr: &Expr) -> Walked<L> {
    let value = level.part(expr)?;
    match typing::condition(kind(level, &value)) {
        Ok(()) => Ok(value),
        Err(error) => Ok(refuse(level, Rule::Condition, error, &[Side::new(&value, expr)])),
    }
}

/// Reports operands of the wrong type. Unit errors are ignored if no file writes units.
pub fn refuse<L: Level>(level: &mut L, rule: Rule<'_>, error: TypeError, sides: &[Side<'_, Part<L>>]) -> Part<L> {
    if !level.units().spares(error) {
        let typed: Vec<Cow<'_, Typed>> = sides.iter().map(|side| typed(level, side.value)).collect();
        let operands =
            typed.iter().zip(sides).map(|(value, &Side { expr, rest, .. })| Side { value: &**value, expr, rest });
        let operands: Vec<Side<'_>> = operands.collect();
        let problem = level.explain().broken(rule, error, &operands);
        level.report(problem);
    }
    level.output().undefined()
}

fn typed<'v, L: Level>(level: &L, value: &'v Part<L>) -> Cow<'v, Typed> {
    match level.is_number_column(value) && *L::Output::ty(value) == Type::Unknown {
        true => Cow::Owned(Type::PLAIN.into()),
        false => L::Output::typed(value),
    }
}

/// The type of an operand that must be a truth value, a text or a date. A column of numbers is known to be none of
/// them.
fn kind<'v, L: Level>(level: &L, value: &'v Part<L>) -> &'v Type {
    static NUMBER: Type = Type::PLAIN;
    let ty = L::Output::ty(value);
    if *ty == Type::Unknown && level.is_number_column(value) { &NUMBER } else { ty }
}

// ── literals ─────────────────────────────────────────────────────────────────

fn number<L: Level>(level: &mut L, literal: &NumberLiteral, span: Span) -> Part<L> {
    match literals::number(literal, level.units(), span) {
        Ok((decimal, ty)) => level.output().literal(decimal.into(), ty, literal.unit.is_some().then_some(span)),
        Err(diagnostic) => {
            let unit = literal.unit.as_ref().filter(|_| level.explain().suggests);
            let diagnostic = match unit {
                Some(unit) => level.units().meant(unit, diagnostic),
                None => diagnostic,
            };
            reported(level, diagnostic)
        }
    }
}

fn date<L: Level>(level: &mut L, text: &str, span: Span) -> Part<L> {
    match literals::date(text, level.units().calendar(), span) {
        Ok(date) => {
            let ty = date.period().map_or(Type::Date, |(_, period)| Type::Period(period.grain));
            level.output().literal(Value::Date(date), ty, None)
        }
        Err(diagnostic) => reported(level, diagnostic),
    }
}

fn reported<L: Level>(level: &mut L, diagnostic: Diagnostic) -> Part<L> {
    level.report(diagnostic);
    level.output().undefined()
}

// ── operators ────────────────────────────────────────────────────────────────

fn unary<L: Level>(level: &mut L, op: UnaryOp, operand: &Expr) -> Walked<L> {
    let value = level.part(operand)?;
    let found = if op == UnaryOp::Not { kind(level, &value) } else { L::Output::ty(&value) };
    let sides = [Side::new(&value, operand)];
    Ok(match typing::unary(op, found) {
        Ok(ty) => {
            let whole = level.output().unary(op, &value, ty);
            level.operands(&whole, &sides);
            whole
        }
        Err(error) => refuse(level, Rule::Unary(op), error, &sides),
    })
}

fn chain<L: Level>(level: &mut L, first: &Expr, rest: &[Link]) -> Walked<L> {
    let operands = std::iter::once(first).chain(rest.iter().map(|link| &link.operand));
    let is_and = rest.iter().all(|link| link.op == BinaryOp::And);
    let assumed = assume(level, operands.filter(|_| is_and));
    let mut value = level.part(first)?;
    for (at, Link { op, operand, .. }) in rest.iter().enumerate() {
        let right = level.part(operand)?;
        let lhs = Side { value: &value, expr: first, rest: &rest[..at] };
        value = binary(level, Rule::Binary(*op), *op, [lhs, Side::new(&right, operand)]);
    }
    forget(level, assumed);
    Ok(value)
}

/// Assumes conditions for parts that only matter where these hold: beside them in `and`, or after `then`. An amount whose
/// currency they require is in that currency. Returns the number of assumptions before.
fn assume<'e, L: Level>(level: &mut L, conditions: impl Iterator<Item = &'e Expr>) -> usize {
    let Some(known) = level.known_currencies() else { return 0 };
    let before = known.len();
    known.extend(conditions.flat_map(currency::required));
    before
}

/// Forgets all assumptions but those before.
fn forget<L: Level>(level: &mut L, before: usize) {
    level.known_currencies().into_iter().for_each(|known| known.truncate(before));
}

fn path_in_known_currency<L: Level>(level: &mut L, path: &Path) -> Walked<L> {
    let value = level.path(path)?;
    let ty = L::Output::ty(&value);
    match level.known_currencies() {
        Some(known) if ty.currency_columns().next().is_some() => {
            let known = known.clone();
            let ty = known.iter().fold(ty.clone(), |ty, known| known.in_row(&ty, level.dataset_name()));
            Ok(L::Output::with_type(value, ty))
        }
        _ => Ok(value),
    }
}

/// Combines two operands, and converts their units if they differ in scale.
fn binary<L: Level>(level: &mut L, rule: Rule<'_>, op: BinaryOp, sides: [Side<'_, Part<L>>; 2]) -> Part<L> {
    if !matches!(op, BinaryOp::Multiply | BinaryOp::Divide | BinaryOp::Power) {
        level.watch(matches!(rule, Rule::Binary(..)).then_some(op), &sides);
    }
    let years = beside_year(level, op, &sides);
    let value = |at: usize| years[at].as_ref().unwrap_or(sides[at].value);
    let [lhs, rhs] = [value(0), value(1)];
    let [left, right] = operand_types(level, op, lhs, rhs);
    let fit = match op {
        BinaryOp::Power => typing::power(left, right, literals::exponent(sides[1].expr)).map(Fit::plain),
        _ => typing::binary(op, left, right),
    };
    let fit = match fit {
        Ok(fit) => fit,
        Err(error) if level.units().spares(error) => Fit::unchecked(op, left, right),
        Err(error) => return refuse(level, rule, error, &sides),
    };
    if let (BinaryOp::Multiply | BinaryOp::Divide, Some(warning)) = (op, lost_unit(level, &sides)) {
        level.report(warning);
    }
    let whole = level.output().binary(op, [lhs, rhs], fit);
    level.operands(&whole, &sides);
    whole
}

/// The warning for a literal with a unit that is multiplied or divided by a value of unknown unit: the result takes the
/// unit that is declared for it, whatever that of the literal.
fn lost_unit<L: Level>(level: &L, sides: &[Side<'_, Part<L>>; 2]) -> Option<Diagnostic> {
    let has_unit = |side: &Side<'_, Part<L>>| {
        let is_literal = matches!(&*side.expr.kind, ExprKind::Number(NumberLiteral { unit: Some(_), .. }));
        is_literal && side.rest.is_empty()
    };
    let is_unknown = |side: &Side<'_, Part<L>>| *L::Output::ty(side.value) == Type::Unknown;
    let [lhs, rhs] = sides;
    let (literal, other) = match (has_unit(lhs) && is_unknown(rhs), has_unit(rhs) && is_unknown(lhs)) {
        (true, _) => (lhs, rhs),
        (_, true) => (rhs, lhs),
        _ => return None,
    };
    // A function may be called with values of any unit.
    let is_aggregate = |part: &Expr| matches!(&*part.kind, ExprKind::Call(call) if is_aggregate(call));
    if !level.is_of_rows() && !other.expr.walk().any(is_aggregate) {
        return None;
    }
    let written = format_expr(literal.expr);
    let message = format!("`{written}` loses its unit, because the other factor has no declared unit");
    let column = other.expr.walk().find_map(|part| match &*part.kind {
        ExprKind::Path(path) => Some(path.name.text.clone()),
        _ => None,
    });
    let column = column.unwrap_or_else(|| "amount".into());
    let hint = format!(
        "declare it: `{column}: number` in the block of the dataset if it is a plain number, otherwise its unit"
    );
    Some(Diagnostic::warning(Code::Lint, message).at(literal.expr.span).hint(hint))
}

/// The years that numbers mean which are compared with a year or subtracted from it, in place of these operands.
fn beside_year<L: Level>(level: &mut L, op: BinaryOp, sides: &[Side<'_, Part<L>>; 2]) -> [Option<Part<L>>; 2] {
    use BinaryOp::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual, Subtract};
    let is_year = |side: &Side<'_, Part<L>>| *L::Output::ty(side.value) == Type::Period(Grain::Year);
    let applies = matches!(op, Equal | NotEqual | Less | LessOrEqual | Greater | GreaterOrEqual | Subtract);
    let mut year = |side: &Side<'_, Part<L>>, other: &Side<'_, Part<L>>| {
        let literal = Some(side.expr).filter(|_| applies && side.rest.is_empty() && is_year(other))?;
        Some(match literals::year(literal, level.units().calendar())? {
            Ok(year) => level.output().literal(Value::Date(year), Type::Period(Grain::Year), None),
            Err(problem) => reported(level, problem),
        })
    };
    let [lhs, rhs] = sides;
    [year(lhs, rhs), year(rhs, lhs)]
}

/// The types of two operands of an operator that may need truth values, texts or dates.
fn operand_types<'v, L: Level>(level: &L, op: BinaryOp, lhs: &'v Part<L>, rhs: &'v Part<L>) -> [&'v Type; 2] {
    let types = [L::Output::ty(lhs), L::Output::ty(rhs)];
    let is_other = |ty: &&Type| matches!(ty, Type::Text | Type::Boolean | Type::Date | Type::Period(_));
    match op {
        // In arithmetic, the error is about the other side, which is not a number.
        BinaryOp::Add | BinaryOp::Subtract | BinaryOp::Multiply | BinaryOp::Divide | BinaryOp::Power => types,
        BinaryOp::And | BinaryOp::Or => [kind(level, lhs), kind(level, rhs)],
        _ if types.iter().any(is_other) => [kind(level, lhs), kind(level, rhs)],
        _ => types,
    }
}

fn among<L: Level>(level: &mut L, operand: &Expr, list: &[Expr], negated: bool) -> Walked<L> {
    let value = level.part(operand)?;
    let rule = Rule::Values("in");
    let mut found: Option<Part<L>> = None;
    let mut refused: Vec<Type> = vec![];
    for item in list {
        let other = level.part(item)?;
        if refused.contains(L::Output::ty(&other)) {
            continue;
        }
        let equal = binary(level, rule, BinaryOp::Equal, [Side::new(&value, operand), Side::new(&other, item)]);
        if *L::Output::ty(&equal) != Type::Boolean {
            refused.push(L::Output::ty(&other).clone());
        }
        found = Some(match found {
            Some(found) => both(level, BinaryOp::Or, &found, &equal),
            None => equal,
        });
    }
    let found = found.unwrap_or_else(|| level.output().literal(Value::Boolean(false), Type::Boolean, None));
    Ok(negated_if(level, negated, found))
}

fn between<L: Level>(level: &mut L, [operand, low, high]: [&Expr; 3], negated: bool) -> Walked<L> {
    let value = level.part(operand)?;
    let mut bound = |expr: &Expr, op: BinaryOp| {
        let bound = level.part(expr)?;
        Ok(binary(level, Rule::Values("between"), op, [Side::new(&value, operand), Side::new(&bound, expr)]))
    };
    let (above, below) = (bound(low, BinaryOp::GreaterOrEqual)?, bound(high, BinaryOp::LessOrEqual)?);
    let inside = both(level, BinaryOp::And, &above, &below);
    Ok(negated_if(level, negated, inside))
}

/// Combines two truth values.
fn both<L: Level>(level: &mut L, op: BinaryOp, lhs: &Part<L>, rhs: &Part<L>) -> Part<L> {
    level.output().binary(op, [lhs, rhs], Fit::plain(Type::Boolean))
}

fn negated_if<L: Level>(level: &mut L, negated: bool, value: Part<L>) -> Part<L> {
    if negated { level.output().unary(UnaryOp::Not, &value, Type::Boolean) } else { value }
}

// ── several values ───────────────────────────────────────────────────────────

fn conditional<L: Level>(level: &mut L, branches: &[Branch], otherwise: &Expr) -> Walked<L> {
    let (mut conditions, mut values) = (vec![], vec![]);
    for Branch { condition, value } in branches {
        conditions.push(self::condition(level, condition)?);
        let assumed = assume(level, std::iter::once(condition));
        values.push(level.part(value)?);
        forget(level, assumed);
    }
    values.push(level.part(otherwise)?);
    let exprs: Vec<&Expr> = branches.iter().map(|branch| &branch.value).chain([otherwise]).collect();
    let sides: Vec<_> = values.iter().zip(exprs).map(|(value, expr)| Side::new(value, expr)).collect();
    let types: Vec<&Type> = values.iter().map(L::Output::ty).collect();
    Ok(match common(level, "if", typing::unify_all(&types), &types, &sides) {
        Ok(common) => level.output().choice(&conditions, &values, common),
        Err(refused) => refused,
    })
}

fn call<L: Level>(level: &mut L, call: &Call, span: Span) -> Walked<L> {
    match builtin::find(&call.function.text).filter(|_| !is_aggregate(call)) {
        Some(id) if !builtin::get(id).is_of_period() || !call.arguments.is_empty() => built_in(level, id, call),
        _ => level.call(call, span),
    }
}

/// A call of a built-in function. Calls of user functions, which nest deeper, do not need its part of the stack.
fn built_in<L: Level>(level: &mut L, id: BuiltinId, call: &Call) -> Walked<L> {
    let name = &*call.function.text;
    let values = parts(level, &call.arguments)?;
    if let Some(problem) = wrong_count(call) {
        return Ok(reported(level, problem));
    }
    let sides: Vec<_> = values.iter().zip(&call.arguments).map(|(value, expr)| Side::new(value, expr)).collect();
    if name == "convert" {
        return Ok(conversion(level, call, [sides[0], sides[1]]));
    }
    if matches!(name, "min" | "max" | "clamp" | "coalesce") {
        level.watch(None, &sides);
    }
    level.called(id);
    let function = builtin::get(id);
    let ty = |(at, value)| match function.parameter(at).map(|parameter| parameter.kind) {
        Some(ParameterKind::Text | ParameterKind::Date) => kind(level, value),
        _ => L::Output::ty(value),
    };
    let types: Vec<&Type> = values.iter().enumerate().map(ty).collect();
    Ok(match common(level, name, typing::call(function, &types), &types, &sides) {
        Ok(common) => {
            let (values, common) = with_calendar(level, id, values, common);
            level.output().call(id, &values, common)
        }
        Err(refused) => refused,
    })
}

/// `convert(amount, rate)`: the product in the currency that is declared for the result, else in that of the library.
fn conversion<L: Level>(level: &mut L, call: &Call, sides: [Side<'_, Part<L>>; 2]) -> Part<L> {
    let declared = call.into.as_ref().and_then(|unit| level.units().resolve(unit).ok());
    let bases = declared.iter().filter_map(Type::unit).flat_map(Unit::factors).map(|(base, _)| base);
    let mut currencies = bases.filter(|base| matches!(base, Base::Money | Base::Currency(_)));
    let declared = currencies.next().cloned();
    let Some(currency) = declared.or_else(|| level.units().currency().map(Base::Currency)) else {
        let message =
            "`convert` needs to know the currency of its result, but neither its type nor `currency` names one";
        let problem = Diagnostic::error(Code::BadArguments, message).at(call.function.span);
        let hint = "write the currency after the name, as in `eur: EUR = convert(amount, rates.eur)`, or add a line `currency EUR`";
        return reported(level, problem.hint(hint));
    };
    let [amount, rate] = sides.map(|side| L::Output::ty(side.value));
    match typing::converted(amount, rate, &currency, !level.is_checking()) {
        Ok(ty) => {
            let operands = sides.map(|side| side.value);
            let value = level.output().binary(BinaryOp::Multiply, operands, Fit::plain(ty));
            level.converted(operands, &value);
            value
        }
        Err(error) => refuse(level, Rule::Values("convert"), error, &sides),
    }
}

/// Adds the calendar to the arguments of a function that depends on it: as a period, which holds its calendar.
fn with_calendar<L: Level>(
    level: &mut L,
    id: BuiltinId,
    mut values: Vec<Part<L>>,
    mut common: Common,
) -> (Vec<Part<L>>, Common) {
    if builtin::get(id).uses_calendar() {
        let calendar = level.units().calendar();
        let period = Date::from_period(calendar, calendar.period(Grain::Year, 0));
        values.push(level.output().literal(Value::Date(period), Type::Date, None));
        common.factors.push(Factor::ONE);
    }
    (values, common)
}

/// The common type of several values, or the value that replaces them after a type error.
fn common<L: Level>(
    level: &mut L,
    word: &str,
    common: Result<Common, TypeError>,
    types: &[&Type],
    sides: &[Side<'_, Part<L>>],
) -> Result<Common, Part<L>> {
    match common {
        Err(error) if level.units().spares(error) => Ok(Common::unchecked(types)),
        Err(error) => Err(refuse(level, Rule::Values(word), error, sides)),
        Ok(common) => Ok(common),
    }
}

/// Returns an error if a call of an aggregate or built-in function has too few or too many arguments.
pub fn wrong_count(call: &Call) -> Option<Diagnostic> {
    let (least, most) = builtin::arity(&call.function.text)?;
    let fits = (least..=most).contains(&call.arguments.len());
    (!fits).then(|| bad_count(call, least, most))
}

/// Returns the diagnostic for a call with a wrong number of arguments.
pub fn bad_count(call: &Call, least: usize, most: usize) -> Diagnostic {
    let expected = match (least, most) {
        (least, usize::MAX) => format!("at least {least}"),
        (least, most) if least == most => least.to_string(),
        (least, most) => format!("{least} to {most}"),
    };
    let arguments = if expected == "1" { "argument" } else { "arguments" };
    let message = format!("`{}` expects {expected} {arguments}, found {}", call.function.text, call.arguments.len());
    let form = filtered(call).or_else(|| builtin::signature(&call.function.text)).map(|form| format!("write `{form}`"));
    Diagnostic::error(Code::BadArguments, message).at(call.arguments_span).maybe_hint(form)
}

/// The aggregate that `sum(amount, channel = "web")` means: `sum(amount where channel = "web")`.
fn filtered(call: &Call) -> Option<String> {
    let [value, condition] = &call.arguments[..] else { return None };
    let is_comparison = |op: BinaryOp| {
        use BinaryOp::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual};
        matches!(op, Equal | NotEqual | Less | LessOrEqual | Greater | GreaterOrEqual)
    };
    let is_condition = match &*condition.kind {
        ExprKind::Binary { op, .. } => is_comparison(*op),
        ExprKind::In { .. } | ExprKind::Between { .. } => true,
        _ => false,
    };
    let is_one = builtin::find_aggregate(&call.function.text).is_some_and(|entry| entry.function.arity() == 1);
    let is_plain = call.filter.is_none() && call.by.is_empty() && call.distinct.is_none();
    let written = || format!("{}({} where {})", call.function.text, format_expr(value), format_expr(condition));
    (is_one && is_plain && is_condition).then(written)
}
