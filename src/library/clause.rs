//! Checks the clauses of a context that are wrong in every query: lengths of time, two extents, words of other tools.

use crate::data::{Calendar, Grain, Reach};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::syntax::ast::{ContextClause, ContextKind, Duration, Expr, ExprKind, Path};
use crate::syntax::{foreign, format_expr};

/// The maximum length of a shift or a window, in days or months: 100,000.
pub const MAX_SHIFT: i32 = 100_000;

/// A calendar unit as written in a context.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// `hours`, in results by hour.
    Hours,
    /// A unit of this many days: `days`, `weeks`.
    Days(i32),
    /// A unit of this many months: `months`, `quarters`.
    Months(i32),
    /// `years`: twelve months each, or years of ISO weeks.
    Years,
    /// `periods`, of the result's grain.
    Periods,
}

/// The unit of a length of time.
///
/// # Errors
/// Returns an error if the word is not a unit.
pub fn unit(duration: &Duration) -> Result<Unit, Diagnostic> {
    Ok(match &*duration.unit.text {
        "hour" | "hours" => Unit::Hours,
        "day" | "days" => Unit::Days(1),
        "week" | "weeks" => Unit::Days(7),
        "month" | "months" => Unit::Months(1),
        "quarter" | "quarters" => Unit::Months(3),
        "half" | "halves" => Unit::Months(6),
        "year" | "years" => Unit::Years,
        "period" | "periods" => Unit::Periods,
        other => {
            let known = ["hours", "days", "weeks", "months", "quarters", "halves", "years", "periods"];
            return Err(Diagnostic::error(Code::BadContext, format!("`{other}` is not a unit of time"))
                .at(duration.unit.span)
                .suggest(duration.unit.span, other, known)
                .hint("use hours, days, weeks, months, quarters, halves, years or periods"));
        }
    })
}

/// The longest time between a row and the one it looks up.
///
/// # Errors
/// Returns the errors of [`unit`] and [`count`], and an error for `periods`, which need a result with a grain.
pub fn reach(within: &Duration) -> Result<Reach, Diagnostic> {
    let seconds = match &*within.unit.text {
        "minute" | "minutes" => Some(60),
        "second" | "seconds" => Some(1),
        _ => None,
    };
    let count = count(within)?;
    let exact = |seconds: i64| Reach::Seconds(i64::from(count) * seconds);
    match seconds {
        Some(seconds) => Ok(exact(seconds)),
        None => match unit(within)? {
            Unit::Hours => Ok(exact(3_600)),
            Unit::Days(days) => Ok(exact(i64::from(days) * 86_400)),
            Unit::Months(months) => Ok(Reach::Months(count * months)),
            Unit::Years => Ok(Reach::Months(count * 12)),
            Unit::Periods => Err(Diagnostic::error(Code::BadContext, "a lookup has no periods")
                .at(within.unit.span)
                .hint("write a length of time, such as `within 7 days` or `within 24 hours`")),
        },
    }
}

/// The number of units in a length of time.
///
/// # Errors
/// Returns an error if the number is not whole or is more than [`MAX_SHIFT`].
pub fn count(duration: &Duration) -> Result<i32, Diagnostic> {
    let count = duration.digits.parse::<i32>().ok().filter(|count| *count <= MAX_SHIFT);
    count.ok_or_else(|| {
        Diagnostic::error(
            Code::BadContext,
            format!("expected a whole number up to {MAX_SHIFT}, found `{}`", duration.digits),
        )
        .at(duration.span)
    })
}

/// The number of units in a window.
///
/// # Errors
/// Returns the errors of [`count`], and an error if the number is 0.
pub fn window(duration: &Duration) -> Result<i32, Diagnostic> {
    match count(duration)? {
        0 => Err(Diagnostic::error(Code::BadContext, "expected a window of at least 1, found 0").at(duration.span)),
        count => Ok(count),
    }
}

/// Returns the diagnostic for two extents in one bracket, of which only one could apply.
pub fn two_extents(first: &ContextClause, second: &ContextClause) -> Diagnostic {
    Diagnostic::error(Code::BadContext, "a context has at most one window or period to date, found two")
        .label(second.span, "the second")
        .label(first.span, "the first")
        .hint("remove one of them")
}

/// Reports the clauses of one bracket that are wrong in every query.
pub(super) fn check(operand: &Expr, clauses: &[ContextClause], diagnostics: &mut Vec<Diagnostic>) {
    diagnostics.extend(clauses.iter().filter_map(|clause| problem(operand, clause)));
    let mut extents = clauses.iter().filter(|clause| is_extent(&clause.kind));
    if let (Some(first), Some(second)) = (extents.next(), extents.next()) {
        diagnostics.push(two_extents(first, second));
    }
}

fn problem(operand: &Expr, clause: &ContextClause) -> Option<Diagnostic> {
    match &clause.kind {
        ContextKind::Ago(duration) => count(duration).and(unit(duration)).err(),
        ContextKind::Last(duration) => window(duration).and(unit(duration)).err(),
        ContextKind::Condition(condition) => mistake(operand, condition),
        _ => None,
    }
}

fn is_extent(kind: &ContextKind) -> bool {
    match kind {
        ContextKind::Last(_) | ContextKind::ToDate(_) => true,
        ContextKind::All(Some(path)) => path.qualifier.is_none() && &*path.name.text == "time",
        _ => false,
    }
}

/// Reports `[YTD]`, `[year-to-date]`, `["email"]`, `[3]` and `[-1]`, which are not conditions whatever the columns are.
fn mistake(operand: &Expr, condition: &Expr) -> Option<Diagnostic> {
    let wrong = |message: String| Diagnostic::error(Code::BadContext, message).at(condition.span);
    match &*condition.unparenthesized().kind {
        ExprKind::Path(Path { qualifier: None, name, .. }) => {
            let context = of_other_tools(&name.text)?;
            let problem = wrong(format!("`{}` is not a valid context", name.text)).hint(format!("write `[{context}]`"));
            Some(problem.fix(condition.span, context))
        }
        ExprKind::Chain { first, rest } => {
            let parts: Option<Vec<&str>> =
                std::iter::once(first).chain(rest.iter().map(|link| &link.operand)).map(word).collect();
            let words = parts?.join(" ");
            let context = of_other_tools(&words)?;
            let message = format!("`{}` is not a valid context", words.replace(' ', "-"));
            Some(wrong(message).hint(format!("write `[{context}]`")))
        }
        ExprKind::Date(text) => Some(of_period(text, condition.span)),
        ExprKind::Text(text) if Calendar::default().parse(text).is_some() => Some(of_period(text, condition.span)),
        ExprKind::Text(text) => Some(
            wrong("expected a condition or a time as a context, found a text".into())
                .hint(format!("add the column: `[channel = \"{text}\"]`")),
        ),
        ExprKind::Unary { .. } => {
            let period = foreign::offset(condition)?;
            let problem = wrong("expected a condition or a time as a context, found a negative number".into());
            let hint = format!("write `{}[{period}]`", format_expr(operand));
            Some(problem.hint(hint).fix(condition.span, period))
        }
        ExprKind::Number(_) if is_length(&format_expr(condition)) => {
            let length = format_expr(condition);
            let problem = wrong(format!("expected a condition or a time as a context, found `{length}`"));
            Some(problem.hint(format!("write `[{length} ago]` for an earlier time, or `[last {length}]` for a window")))
        }
        ExprKind::Number(_) if Calendar::default().parse(&format_expr(condition)).is_some() => {
            Some(of_period(&format_expr(condition), condition.span))
        }
        ExprKind::Number(_) => Some(
            wrong("expected a condition or a time as a context, found a number".into())
                .hint("write `[previous]`, `[3 months ago]` or `[2 periods ago]`"),
        ),
        _ => None,
    }
}

/// The problem of `[2026-01]`: a period is selected by a query, or by a condition on the rows.
fn of_period(text: &str, span: Span) -> Diagnostic {
    let message = format!("expected a condition or a time as a context, found the period `{text}`");
    let fiscal = Calendar { year_starts: 4, ..Calendar::default() };
    let period = Calendar::default().parse(text).or_else(|| fiscal.parse(text));
    let condition = match period.map(|period| period.grain) {
        Some(Grain::Hour) | None => None,
        Some(Grain::Day) => Some(format!("[day = {text}]")),
        Some(grain) => Some(format!("[{}_of(day) = {text}]", grain.name())),
    };
    let condition =
        condition.map(|condition| format!("for the rows of that period, compare their date: `{condition}`"));
    Diagnostic::error(Code::BadContext, message)
        .at(span)
        .hint(format!("to select a period, write `--period {text}`"))
        .maybe_hint(condition)
}

/// Returns true for `3 months`.
fn is_length(text: &str) -> bool {
    let units = ["hour", "day", "week", "month", "quarter", "year", "period"];
    text.split_once(' ').is_some_and(|(digits, unit)| {
        digits.bytes().all(|byte| byte.is_ascii_digit()) && units.contains(&unit.strip_suffix('s').unwrap_or(unit))
    })
}

fn word(expr: &Expr) -> Option<&str> {
    match &*expr.kind {
        ExprKind::Path(Path { qualifier: None, name, .. }) => Some(&name.text),
        _ => None,
    }
}

/// The context for a word of other tools.
fn of_other_tools(word: &str) -> Option<&'static str> {
    Some(match &*word.to_lowercase() {
        "ytd" | "year to date" | "year_to_date" => "year to date",
        "qtd" | "quarter to date" | "quarter_to_date" => "quarter to date",
        "mtd" | "month to date" | "month_to_date" => "month to date",
        "wtd" | "week to date" | "week_to_date" => "week to date",
        "to date" | "to_date" | "cumulative" => "to date",
        "prior" | "prev" | "last" | "before" => "previous",
        "yoy" | "last_year" | "previous_year" | "prior_year" => "1 year ago",
        "mom" | "last_month" | "previous_month" | "prior_month" => "1 month ago",
        "so" | "sofar" | "so far" | "so_far" | "like for like" | "like_for_like" | "lfl" | "same_days" => "so far",
        "total" | "everything" => "all",
        _ => return None,
    })
}
