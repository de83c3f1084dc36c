//! Translates calls of other tools' functions, with their arguments.

use super::arguments::filled;
use super::table::{MODULES, habit};
use crate::source::FileId;
use crate::syntax::ast::{Call, ContextClause, Expr, ExprKind, Name, Path};
use crate::syntax::parse_expression;
use crate::syntax::print::format_expr;

/// The maximum number of bytes of a call that is translated.
pub(super) const MAX_TRANSLATED: usize = 400;

/// What to write in place of a call.
pub struct Advice {
    /// The hint.
    pub hint: String,
    /// True if the hint shows the whole call with its arguments.
    pub is_whole: bool,
}

/// The hint for a call of another tool's function.
pub fn call(call: &Call) -> Option<Advice> {
    let (_, _, rule) = habit(&call.function.text)?;
    let hint = match call.arguments_span.range().len() {
        0..=MAX_TRANSLATED => hint(&translated(call)),
        _ => None,
    };
    let is_whole = hint.is_some();
    Some(Advice { hint: hint.unwrap_or_else(|| (*rule).to_owned()), is_whole })
}

/// The text of a call with another function name.
pub fn renamed(call: &Call, name: &str) -> String {
    let mut call = if call.arguments_span.range().len() > MAX_TRANSLATED { call.clone() } else { translated(call) };
    call.function = Name::new(name, call.function.span);
    format_expr(&Expr { span: call.function.span, kind: Box::new(ExprKind::Call(call)) })
}

/// The hint for a call of a function whose name contains a dot: `NB.SI(a, "web")`, `np.mean(a)`.
pub(in crate::syntax) fn dotted(qualifier: &Name, call: &Call) -> Option<String> {
    let named = |name: String| Call { function: Name::new(name, call.function.span), ..call.clone() };
    let whole = named(format!("{}_{}", qualifier.text, call.function.text));
    let in_module = MODULES.contains(&&*qualifier.text);
    match (self::call(&whole), in_module) {
        (Some(advice), _) => Some(advice.hint),
        (None, true) => Some(
            self::call(call)
                .map_or_else(|| format!("write `{}`", renamed(call, &call.function.text)), |advice| advice.hint),
        ),
        (None, false) => None,
    }
}

/// The first hint of a function that takes these arguments.
fn hint(call: &Call) -> Option<String> {
    habit(&call.function.text)?.1.iter().find_map(|hint| filled(hint, call))
}

/// A call with translated arguments.
fn translated(call: &Call) -> Call {
    let mut call = call.clone();
    for argument in call.arguments.iter_mut().chain(&mut call.filter) {
        translate(argument);
        if let ExprKind::Paren(inner) = &*argument.kind {
            *argument = inner.clone();
        }
    }
    call
}

/// Replaces calls and columns in the form of other tools within an expression by the equivalents here.
pub(super) fn translate(expr: &mut Expr) {
    if let ExprKind::Call(call) = &mut *expr.kind {
        *call = translated(call);
    } else {
        expr.each_child_mut(&mut translate);
    }
    let equivalent = match &*expr.kind {
        ExprKind::Context { operand, clauses } => column(operand, clauses),
        ExprKind::Call(call) => equivalent(call),
        _ => None,
    };
    if let Some(kind) = equivalent {
        *expr.kind = kind;
    }
}

/// `sales[amount]`: the column of a dataset.
fn column(operand: &Expr, clauses: &[ContextClause]) -> Option<ExprKind> {
    let [clause] = clauses else { return None };
    let (ExprKind::Path(dataset), ExprKind::Path(column)) = (&*operand.kind, &*clause.condition()?.kind) else {
        return None;
    };
    let is_plain = dataset.qualifier.is_none() && column.qualifier.is_none();
    let qualified = || Path { qualifier: Some(dataset.name.clone()), ..column.clone() };
    is_plain.then(|| ExprKind::Path(qualified()))
}

/// The equivalent of a call of another tool's function, and a call of a function in capitals with its name in lower case.
fn equivalent(call: &Call) -> Option<ExprKind> {
    let name = &call.function.text;
    if habit(name).is_none() {
        let shouted = name.chars().any(char::is_uppercase) && !name.chars().any(char::is_lowercase);
        let function = Name { text: name.to_lowercase().into(), ..call.function.clone() };
        return shouted.then(|| ExprKind::Call(Call { function, ..call.clone() }));
    }
    let hint = hint(call)?;
    let written = hint.split_once("write `")?.1.split('`').next()?;
    if written.len() > MAX_TRANSLATED {
        return None;
    }
    let expr = parse_expression(FileId(0), written).ok()?;
    Some(match &*expr.kind {
        ExprKind::Call(_) | ExprKind::Each(_) | ExprKind::Path(_) | ExprKind::Number(_) | ExprKind::Context { .. } => {
            *expr.kind
        }
        _ => ExprKind::Paren(expr),
    })
}
