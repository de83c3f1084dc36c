//! Turns literals into values and types, and recognizes expressions that contain only literals.

use super::units::UnitNames;
use crate::builtin::{self, is_aggregate, is_of_period};
use crate::data::{Calendar, Grain, Period};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::syntax::ast::{BinaryOp, Expr, ExprKind, Link, NumberLiteral, UnaryOp};
use crate::value::unit::Type;
use crate::value::{Date, Decimal};

/// The value of a number literal (`20%` is 0.2) and its type.
///
/// # Errors
/// Returns an error at `span`, the literal's place, for an unknown unit, a percentage without its sign (`5 percent`),
/// or a number with too many digits.
pub fn number(literal: &NumberLiteral, units: &UnitNames, span: Span) -> Result<(Decimal, Type), Diagnostic> {
    if let Some(problem) = units.spelled_percentage(literal, span) {
        return Err(problem);
    }
    if let Some(problem) = units.thousands(literal, span) {
        return Err(problem);
    }
    let ty = units.number(literal)?;
    let message = || format!("a number has at most 28 digits (29 up to {}), 28 after the point", Decimal::MAX);
    let decimal = decimal(literal).ok_or_else(|| {
        let problem = Diagnostic::error(Code::BadLiteral, message()).at(span);
        problem.hint("round the number, or write it in a larger unit, such as millions")
    })?;
    Ok((decimal, ty))
}

/// The value of a literal; None if it has more digits than a decimal can hold.
fn decimal(literal: &NumberLiteral) -> Option<Decimal> {
    let needed = match literal.digits.contains('.') {
        true => literal.digits.trim_end_matches('0'),
        false => &literal.digits,
    };
    let decimal = Decimal::from_str_exact(needed.trim_end_matches('.')).ok()?;
    if !literal.percent {
        return Some(decimal);
    }
    let scale = decimal.scale() + 2;
    Decimal::try_from_i128_with_scale(decimal.mantissa(), scale).ok().map(|decimal| decimal.normalize())
}

/// The day or the period of a date literal: `2026-03-31`, `2026-03`, `2026-Q1`.
///
/// # Errors
/// Returns an error if the date is not on the calendar: `2026-02-30`.
pub fn date(text: &str, calendar: Calendar, span: Span) -> Result<Date, Diagnostic> {
    let error = || {
        let fiscal = "declare the first month of the fiscal year: `calendar { year starts april }`";
        let problem = Diagnostic::error(Code::BadLiteral, format!("`{text}` is not on the calendar")).at(span);
        problem.maybe_hint((text.contains('/') && calendar.year_starts == 1).then_some(fiscal))
    };
    Ok(match calendar.parse(text).ok_or_else(error)? {
        Period { grain: Grain::Day, number } => Date::from_day(number),
        Period { grain: Grain::Hour, number } => Date::from_micros(i64::from(number) * MICROS_PER_HOUR),
        period => Date::from_period(calendar, period),
    })
}

const MICROS_PER_HOUR: i64 = 3_600_000_000;

/// The year that a number means beside a year: `2026`, or `2025/26` if years do not start in January. None for other
/// numbers.
///
/// # Errors
/// Returns an error for `2026` if it is the start of one year and the end of another.
pub fn year(expr: &Expr, calendar: Calendar) -> Option<Result<Date, Diagnostic>> {
    let expr = expr.unparenthesized();
    let text = divided_digits(expr).or_else(|| digits(expr).map(str::to_owned))?;
    match calendar.parse(&text) {
        Some(year @ Period { grain: Grain::Year, .. }) => Some(Ok(Date::from_period(calendar, year))),
        _ if calendar.year_starts == 1 || text.len() != 4 => None,
        _ => {
            let year: i32 = text.parse().ok()?;
            let message = format!("`{text}` is not a year, because years do not start in January");
            let forms = [year - 1, year].map(|year| format!("`{year:04}/{:02}`", (year + 1) % 100));
            Some(Err(Diagnostic::error(Code::BadLiteral, message)
                .at(expr.span)
                .hint(format!("write {}", forms.join(" or ")))))
        }
    }
}

/// The digits of a number without a unit.
fn digits(expr: &Expr) -> Option<&str> {
    match &*expr.kind {
        ExprKind::Number(NumberLiteral { digits, unit: None, percent: false, .. }) => Some(digits),
        _ => None,
    }
}

/// The text of a number divided by another: `2025/26`.
fn divided_digits(expr: &Expr) -> Option<String> {
    match &*expr.kind {
        ExprKind::Chain { first, rest } => match &rest[..] {
            [Link { op: BinaryOp::Divide, operand, .. }] => Some(format!("{}/{}", digits(first)?, digits(operand)?)),
            _ => None,
        },
        _ => None,
    }
}

/// The text of a division that looks like a fiscal year: `2025/26`.
pub fn written_year(expr: &Expr) -> Option<String> {
    let text = divided_digits(expr.unparenthesized())?;
    let fiscal = Calendar { year_starts: 4, ..Calendar::default() };
    fiscal.parse(&text).map(|_| text)
}

/// The value of an exponent that is a literal: `2`, `(2)`, `-1`.
pub fn exponent(expr: &Expr) -> Option<Decimal> {
    match &*expr.kind {
        ExprKind::Number(literal) if !literal.percent => Decimal::from_str_exact(&literal.digits).ok(),
        ExprKind::Paren(inner) => exponent(inner),
        ExprKind::Unary { op: UnaryOp::Negate, operand, .. } => exponent(operand).map(|value| -value),
        _ => None,
    }
}

/// Returns true if an expression contains only literals and built-in functions, so that it can take the expected unit.
pub fn is_constant(expr: &Expr) -> bool {
    expr.walk().all(|part| match &*part.kind {
        ExprKind::Path(_) | ExprKind::Each(_) | ExprKind::Context { .. } => false,
        ExprKind::Call(call) => {
            builtin::find(&call.function.text).is_some() && !is_aggregate(call) && !is_of_period(call)
        }
        _ => true,
    })
}
