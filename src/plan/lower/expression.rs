//! Turns expressions into program nodes, the same way over rows and over groups: operators, literals, built-ins.
//!
//! What differs between the two levels (names, aggregates, contexts) is behind [`Level`].

use crate::builtin::{self, BuiltinId};
use crate::diagnostic::{Code, Diagnostic};
use crate::library::types::mismatch;
use crate::library::types::typing::{self, Common, Fit, Refusal, Wanted};
use crate::library::types::units::UnitNames;
use crate::plan::planner::periods;
use crate::program::{Node, NodeId, Operator, Program};
use crate::source::Span;
use crate::syntax::ast::{BinaryOp, Branch, Call, ContextClause, Expr, ExprKind, Link, NumberLiteral, Path, UnaryOp};
use crate::syntax::format_expr;
use crate::value::unit::{Factor, Type};
use crate::value::{Cause, Decimal, Value};

/// A node and what it is.
#[derive(Debug, Clone)]
pub struct Lowered {
    /// The node.
    pub node: NodeId,
    /// Its type and unit.
    pub ty: Type,
}

/// Lowering stops here and is taken up again later: the definition nests too deeply for one go.
pub struct Suspended;

/// The result of lowering one expression.
pub type Lowering = Result<Lowered, Suspended>;

/// What rows and groups do differently.
pub trait Level {
    /// Where nodes go.
    fn program(&mut self) -> &mut Program;
    /// What unit names mean.
    fn units(&self) -> &UnitNames;
    /// Where problems go.
    fn report(&mut self, diagnostic: Diagnostic);
    /// `name`, `dataset.name`
    fn path(&mut self, path: &Path) -> Lowering;
    /// A call that is no built-in function, aggregates included.
    fn call(&mut self, call: &Call, span: Span) -> Lowering;
    /// `x[…]`
    fn context(&mut self, operand: &Expr, clauses: &[ContextClause], span: Span) -> Lowering;
    /// Whether `call` is for [`Level::call`], although a built-in has its name.
    fn is_own(&self, call: &Call) -> bool;
    /// Whether a node is a column of numbers. Its type is unknown where nobody has declared its unit; a number it is
    /// all the same.
    fn is_number_column(&mut self, _: NodeId) -> bool {
        false
    }
}

/// A node that is undefined everywhere, after a problem has been reported.
pub fn broken(level: &mut impl Level) -> Lowered {
    undefined(level, Cause::Stated)
}

/// A node that is undefined everywhere.
pub fn undefined(level: &mut impl Level, cause: Cause) -> Lowered {
    Lowered { node: level.program().add(Node::Undefined(cause)), ty: Type::Unknown }
}

/// The type of what has to be a truth value, a text or a date: of numbers it is known that they are none.
pub fn kind(level: &mut impl Level, value: &Lowered) -> Type {
    match value.ty == Type::Unknown && level.is_number_column(value.node) {
        true => Type::PLAIN,
        false => value.ty.clone(),
    }
}

/// The types of two operands, for an operator that may ask for truth values, texts or dates.
fn kinds(level: &mut impl Level, op: BinaryOp, lhs: &Lowered, rhs: &Lowered) -> [Type; 2] {
    let logical = matches!(op, BinaryOp::And | BinaryOp::Or);
    // Arithmetic refuses the other side for being none of its numbers.
    let arithmetic =
        matches!(op, BinaryOp::Add | BinaryOp::Subtract | BinaryOp::Multiply | BinaryOp::Divide | BinaryOp::Power);
    if logical
        || !arithmetic && [lhs, rhs].iter().any(|side| matches!(side.ty, Type::Text | Type::Boolean | Type::Date))
    {
        return [kind(level, lhs), kind(level, rhs)];
    }
    [lhs.ty.clone(), rhs.ty.clone()]
}

/// Lowers any expression.
pub fn lower(level: &mut impl Level, expr: &Expr) -> Lowering {
    match &*expr.kind {
        ExprKind::Number(literal) => Ok(number(level, literal, expr.span)),
        ExprKind::Text(text) => Ok(constant(level, Value::Text(text.clone()), Type::Text)),
        ExprKind::Date(text) => Ok(date(level, text, expr.span)),
        ExprKind::Boolean(value) => Ok(constant(level, Value::Boolean(*value), Type::Boolean)),
        ExprKind::Undefined => Ok(undefined(level, Cause::Stated)),
        ExprKind::Path(path) => level.path(path),
        ExprKind::Call(call) => lower_call(level, call, expr.span),
        ExprKind::Unary { op, operand, .. } => unary(level, *op, operand),
        ExprKind::Chain { first, rest } => chain(level, first, rest),
        ExprKind::Binary { op, op_span, lhs, rhs } => {
            let (left, right) = (lower(level, lhs)?, lower(level, rhs)?);
            if let Some(problem) = other_literal(*op, [lhs, rhs], [&left.ty, &right.ty]) {
                level.report(problem.at(*op_span));
                return Ok(broken(level));
            }
            Ok(binary(level, *op, *op_span, left, right))
        }
        ExprKind::In { operand, list, negated } => among(level, operand, list, *negated, expr.span),
        ExprKind::Between { operand, low, high, negated } => between(level, [operand, low, high], *negated, expr.span),
        ExprKind::If { branches, otherwise } => conditional(level, branches, otherwise),
        ExprKind::Paren(inner) => lower(level, inner),
        ExprKind::Context { operand, clauses } => level.context(operand, clauses, expr.span),
    }
}

/// A constant of any kind.
pub fn constant(level: &mut impl Level, value: Value, ty: Type) -> Lowered {
    Lowered { node: level.program().add(Node::Constant(value)), ty }
}

fn number(level: &mut impl Level, literal: &NumberLiteral, span: Span) -> Lowered {
    match typing::literal(literal, level.units(), span) {
        Ok((decimal, ty)) => constant(level, decimal.into(), ty),
        Err(diagnostic) => {
            level.report(diagnostic);
            broken(level)
        }
    }
}

fn date(level: &mut impl Level, text: &str, span: Span) -> Lowered {
    match typing::date(text, span) {
        Ok(date) => constant(level, Value::Date(date), Type::Date),
        Err(diagnostic) => {
            level.report(diagnostic);
            broken(level)
        }
    }
}

fn unary(level: &mut impl Level, op: UnaryOp, operand: &Expr) -> Lowering {
    let value = lower(level, operand)?;
    let node = match op {
        UnaryOp::Negate => Node::Negate(value.node),
        UnaryOp::Not => Node::Not(value.node),
    };
    let found = match op {
        UnaryOp::Negate => value.ty,
        UnaryOp::Not => kind(level, &value),
    };
    Ok(match typing::unary(op, &found) {
        Ok(ty) => Lowered { node: level.program().add(node), ty },
        Err(refusal) => refused(level, refusal, operand.span, &[&found]),
    })
}

/// Reports operands that do not fit. The checker has found what definitions alone can tell; this is what the data add.
pub fn refused(level: &mut impl Level, refusal: Refusal, span: Span, types: &[&Type]) -> Lowered {
    let found: Vec<String> = types.iter().map(|ty| mismatch::told(ty)).collect();
    let code = if refusal.is_about_units() { Code::UnitMismatch } else { Code::TypeMismatch };
    let message = match refusal {
        Refusal::Operand(at, wanted) => format!("expected {}, found {}", wanted.name(), found[at.min(found.len() - 1)]),
        Refusal::Units(..) => format!("expected one unit, found {}", found.join(" and ")),
        Refusal::Types(..) => format!("expected one type, found {}", found.join(" and ")),
        _ => return refused_by_rule(level, refusal, span),
    };
    let wanted = match refusal {
        Refusal::Operand(_, wanted) => Some(wanted),
        _ => None,
    };
    level.report(Diagnostic::error(code, message).at(span).maybe_hint(way_out(wanted, types)));
    broken(level)
}

/// A rule that is broken whatever the sides are.
fn refused_by_rule(level: &mut impl Level, refusal: Refusal, span: Span) -> Lowered {
    level.report(refusal.diagnostic(span));
    broken(level)
}

/// `churned = "Yes"`, `churned = 1`, `day >= "2026-03-01"`: the column is of another type than the literal beside it.
fn other_literal(op: BinaryOp, sides: [&Expr; 2], types: [&Type; 2]) -> Option<Diagnostic> {
    let written = sides.map(|side| format_expr(side.unparenthesized()));
    match types {
        [Type::Boolean, Type::Text | Type::Number(..) | Type::Zero] => answer(op, &written[0], sides[1], &written[1]),
        [Type::Text | Type::Number(..) | Type::Zero, Type::Boolean] => answer(op, &written[1], sides[0], &written[0]),
        [Type::Date, Type::Text] => date_as_text(sides[1], |date| format!("{} {} {date}", written[0], op.symbol())),
        [Type::Text, Type::Date] => date_as_text(sides[0], |date| format!("{date} {} {}", op.symbol(), written[1])),
        _ => None,
    }
}

/// `churned = "Yes"` where the column was read as truth values: what to write instead.
fn answer(op: BinaryOp, column: &str, value: &Expr, written: &str) -> Option<Diagnostic> {
    let (kind, answer) = match &*value.unparenthesized().kind {
        ExprKind::Text(text) => ("texts", &**text),
        ExprKind::Number(number) => ("numbers", &*number.digits),
        _ => return None,
    };
    let equal = match op {
        BinaryOp::Equal => true,
        BinaryOp::NotEqual => false,
        _ => return None,
    };
    let message =
        format!("`{column}` holds truth values (yes or no), which are not compared with {kind}, found `{written}`");
    let holds = match &*answer.to_lowercase() {
        "yes" | "y" | "true" | "oui" | "o" | "vrai" | "ja" | "j" | "wahr" | "1" => Some(equal),
        "no" | "n" | "false" | "non" | "faux" | "nein" | "falsch" | "0" => Some(!equal),
        _ => None,
    };
    let hint = match holds {
        Some(true) => format!("write `{column}`"),
        Some(false) => format!("write `not {column}`"),
        None => format!(
            "write `{column}` or `not {column}`; for {kind} declare the column in its dataset: `{column}: {}`",
            kind.trim_end_matches('s')
        ),
    };
    Some(Diagnostic::error(Code::TypeMismatch, message).hint(hint))
}

/// `"2026-03-01"` beside a date: a date has no quotes.
fn date_as_text(value: &Expr, whole: impl Fn(&str) -> String) -> Option<Diagnostic> {
    let ExprKind::Text(text) = &*value.unparenthesized().kind else { return None };
    let message = format!("a date is compared with a date, found the text `\"{text}\"`");
    let forms: Vec<String> = periods::days_meant(text).iter().map(|date| format!("`{}`", whole(date))).collect();
    let hint = match forms.is_empty() {
        true => "a date is written without quotes: `2026-03-31`".to_owned(),
        false => format!("write {}", forms.join(" or ")),
    };
    Some(Diagnostic::error(Code::TypeMismatch, message).hint(hint))
}

/// The first of several values beside an operand that is a literal of another type: of a range, of a list.
fn other_literals(level: &mut impl Level, operand: &Type, values: &[(&Expr, &Type)]) -> bool {
    let problem = values.iter().find_map(|(value, ty)| match (operand, ty) {
        (Type::Date, Type::Text) => Some((date_as_text(value, str::to_owned)?, value.span)),
        _ => None,
    });
    let found = problem.is_some();
    problem.into_iter().for_each(|(problem, span)| level.report(problem.at(span)));
    found
}

/// What helps where a column is of another type than it looks like.
fn way_out(wanted: Option<Wanted>, types: &[&Type]) -> Option<String> {
    if types.contains(&&Type::Boolean) && types.contains(&&Type::Text) {
        let hint =
            "a column of yes and no, or true and false, holds truth values: write its name alone, or `not` before it";
        return Some(hint.to_owned());
    }
    match (wanted, types) {
        (Some(Wanted::Boolean), [Type::Number(..)]) => {
            return Some("a number is no condition: compare it, as in `x = 1`".to_owned());
        }
        (Some(Wanted::Text), [Type::Number(..)]) => {
            return Some("a column of digits is read as texts where its dataset says so: `x: text`".to_owned());
        }
        _ => {}
    }
    if types.contains(&&Type::Text) && types.iter().any(|ty| matches!(ty, Type::Number(..))) {
        return Some("a text stands in double quotes: `\"web\"`, also where it is made of digits".to_owned());
    }
    if types.iter().all(|ty| **ty == Type::Boolean) {
        return Some("truth values are counted: `count(x where x)`".to_owned());
    }
    let united = types.iter().filter(|ty| ty.is_united()).find_map(|ty| ty.unit_name())?;
    let plain = types.iter().any(|ty| matches!(ty, Type::Number(..)) && !ty.is_united());
    plain.then(|| format!("a number with that unit is written `100 {united}`"))
}

fn chain(level: &mut impl Level, first: &Expr, rest: &[Link]) -> Lowering {
    let mut result = lower(level, first)?;
    for Link { op, op_span, operand } in rest {
        let rhs = lower(level, operand)?;
        result = binary(level, *op, *op_span, result, rhs);
    }
    Ok(result)
}

/// Joins two values by an operator, converting units where they differ in scale.
pub fn binary(level: &mut impl Level, op: BinaryOp, span: Span, lhs: Lowered, rhs: Lowered) -> Lowered {
    let [left, right] = kinds(level, op, &lhs, &rhs);
    let fit = match op {
        BinaryOp::Power => power(level, &lhs, &rhs),
        _ => typing::binary(op, &left, &right),
    };
    let fit = match fit {
        Ok(fit) => fit,
        Err(refusal) if level.units().spares(refusal) => Fit::unchecked(op, &left, &right),
        Err(refusal) => return refused(level, refusal, span, &[&left, &right]),
    };
    let lhs = scaled(level, lhs.node, fit.lhs);
    let rhs = scaled(level, rhs.node, fit.rhs);
    let node = level.program().add(match operator(op) {
        Some(_) if fit.elapsed => Node::Binary(Operator::Elapsed, lhs, rhs),
        Some(operator) => Node::Binary(operator, lhs, rhs),
        None => Node::Coalesce(lhs, rhs),
    });
    Lowered { node: scaled(level, node, fit.result), ty: fit.ty }
}

fn power(level: &mut impl Level, lhs: &Lowered, rhs: &Lowered) -> Result<Fit, Refusal> {
    let exponent = match level.program().node(rhs.node) {
        Node::Constant(Value::Number(number)) => Some(number.decimal),
        _ => None,
    };
    typing::power(&lhs.ty, &rhs.ty, exponent).map(Fit::power)
}

/// The operator as computed; `??` is a node of its own.
fn operator(op: BinaryOp) -> Option<Operator> {
    Some(match op {
        BinaryOp::Coalesce => return None,
        BinaryOp::Or => Operator::Or,
        BinaryOp::And => Operator::And,
        BinaryOp::Equal => Operator::Equal,
        BinaryOp::NotEqual => Operator::NotEqual,
        BinaryOp::Less => Operator::Less,
        BinaryOp::LessOrEqual => Operator::LessOrEqual,
        BinaryOp::Greater => Operator::Greater,
        BinaryOp::GreaterOrEqual => Operator::GreaterOrEqual,
        BinaryOp::Add => Operator::Add,
        BinaryOp::Subtract => Operator::Subtract,
        BinaryOp::Multiply => Operator::Multiply,
        BinaryOp::Divide => Operator::Divide,
        BinaryOp::Power => Operator::Power,
    })
}

/// The node times a factor. Of a quotient both sides take their part of it, so that it is rounded once.
pub fn scaled(level: &mut impl Level, node: NodeId, factor: Factor) -> NodeId {
    let (numerator, denominator) = (factor.numerator(), factor.denominator());
    match *level.program().node(node) {
        Node::Binary(Operator::Divide, lhs, rhs) if !factor.is_one() => {
            let lhs = times(level, Operator::Multiply, lhs, numerator);
            let rhs = times(level, Operator::Multiply, rhs, denominator);
            level.program().add(Node::Binary(Operator::Divide, lhs, rhs))
        }
        _ => {
            let product = times(level, Operator::Multiply, node, numerator);
            times(level, Operator::Divide, product, denominator)
        }
    }
}

fn times(level: &mut impl Level, operator: Operator, node: NodeId, number: Decimal) -> NodeId {
    if number == Decimal::ONE {
        return node;
    }
    let number = level.program().add(Node::Constant(number.into()));
    level.program().add(Node::Binary(operator, node, number))
}

/// The value as a reader sees it.
pub fn shown(level: &mut impl Level, value: &Lowered) -> Lowered {
    Lowered { node: scaled(level, value.node, typing::shown(&value.ty)), ty: value.ty.as_shown() }
}

fn among(level: &mut impl Level, operand: &Expr, list: &[Expr], negated: bool, span: Span) -> Lowering {
    let operand = lower(level, operand)?;
    let mut found: Option<Lowered> = None;
    for item in list {
        let value = lower(level, item)?;
        if other_literals(level, &operand.ty, &[(item, &value.ty)]) {
            return Ok(broken(level));
        }
        let equal = binary(level, BinaryOp::Equal, item.span, operand.clone(), value);
        found = Some(match found {
            Some(found) => binary(level, BinaryOp::Or, span, found, equal),
            None => equal,
        });
    }
    let found = match found {
        Some(found) => found,
        None => constant(level, Value::Boolean(false), Type::Boolean),
    };
    Ok(negate_if(level, negated, found))
}

fn between(level: &mut impl Level, [operand, low, high]: [&Expr; 3], negated: bool, span: Span) -> Lowering {
    let operand = lower(level, operand)?;
    let (low_value, high_value) = (lower(level, low)?, lower(level, high)?);
    if other_literals(level, &operand.ty, &[(low, &low_value.ty), (high, &high_value.ty)]) {
        return Ok(broken(level));
    }
    let above = binary(level, BinaryOp::GreaterOrEqual, low.span, operand.clone(), low_value);
    let below = binary(level, BinaryOp::LessOrEqual, high.span, operand, high_value);
    let inside = binary(level, BinaryOp::And, span, above, below);
    Ok(negate_if(level, negated, inside))
}

fn negate_if(level: &mut impl Level, negated: bool, value: Lowered) -> Lowered {
    if !negated {
        return value;
    }
    Lowered { node: level.program().add(Node::Not(value.node)), ty: value.ty }
}

/// Branches are lowered in order; units are brought to a common one, then conditions are joined from the last one back.
fn conditional(level: &mut impl Level, branches: &[Branch], otherwise: &Expr) -> Lowering {
    let (mut conditions, mut values) = (vec![], vec![]);
    for Branch { condition, value } in branches {
        let lowered = lower(level, condition)?;
        let found = kind(level, &lowered);
        if let Err(refusal) = typing::condition(&found) {
            refused(level, refusal, condition.span, &[&found]);
        }
        conditions.push(lowered.node);
        values.push(lower(level, value)?);
    }
    values.push(lower(level, otherwise)?);
    let types: Vec<Type> = values.iter().map(|value| value.ty.clone()).collect();
    let common = match typing::agree(&types) {
        Ok(common) => common,
        Err(refusal) if level.units().spares(refusal) => Common::unchecked(&types),
        Err(refusal) => return Ok(refused(level, refusal, otherwise.span, &types.iter().collect::<Vec<_>>())),
    };
    let mut nodes: Vec<NodeId> =
        values.iter().zip(&common.factors).map(|(value, factor)| scaled(level, value.node, *factor)).collect();
    let otherwise = nodes.pop().expect("the last `else` was pushed");
    let joined = conditions.into_iter().zip(nodes).rev();
    let node = joined.fold(otherwise, |rest, (condition, value)| level.program().add(Node::If(condition, value, rest)));
    Ok(Lowered { node, ty: common.ty })
}

fn lower_call(level: &mut impl Level, call: &Call, span: Span) -> Lowering {
    let Some(id) = builtin::find(&call.function.text).filter(|_| !level.is_own(call)) else {
        return level.call(call, span);
    };
    let mut arguments = vec![];
    for argument in &call.arguments {
        arguments.push(lower(level, argument)?);
    }
    let types: Vec<Type> =
        arguments.iter().enumerate().map(|(at, argument)| argument_type(level, id, at, argument)).collect();
    let common = match typing::call(&call.function.text, &types) {
        Ok(common) => common,
        Err(refusal) if level.units().spares(refusal) => Common::unchecked(&types),
        Err(refusal @ Refusal::Operand(at, _)) => {
            return Ok(refused(level, refusal, call.arguments[at].span, &[&types[at]]));
        }
        Err(refusal) => return Ok(refused(level, refusal, span, &types.iter().collect::<Vec<_>>())),
    };
    let nodes: Vec<NodeId> =
        arguments.iter().zip(&common.factors).map(|(argument, factor)| scaled(level, argument.node, *factor)).collect();
    let node = match &*call.function.text {
        "coalesce" => coalesce(level, &nodes),
        "is_defined" => level.program().add(Node::IsDefined(nodes[0])),
        _ => level.program().add(Node::Call(id, nodes)),
    };
    Ok(Lowered { node, ty: common.ty })
}

/// The type of an argument, for a function that may ask for texts or dates.
fn argument_type(level: &mut impl Level, function: BuiltinId, at: usize, argument: &Lowered) -> Type {
    match builtin::get(function).parameter(at).map(|parameter| parameter.kind) {
        Some(builtin::Kind::Text | builtin::Kind::Date) => kind(level, argument),
        _ => argument.ty.clone(),
    }
}

fn coalesce(level: &mut impl Level, nodes: &[NodeId]) -> NodeId {
    let (last, others) = nodes.split_last().expect("the signature asks for an argument");
    others.iter().rev().fold(*last, |rest, &node| level.program().add(Node::Coalesce(node, rest)))
}
