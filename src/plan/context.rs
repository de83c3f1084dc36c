//! Combines contexts: computes the context of `x[a][b]` and of `x[a, b]`.
//!
//! A context has five parts. Nested contexts combine each part by its own rule: dropped grouping columns form a union,
//! all conditions apply, shifts add up, the innermost extent applies, and `so far` applies if it occurs anywhere.

use std::sync::Arc;

use super::conditions::{Conditions, MAX_CONDITIONS};
#[cfg(feature = "cli")]
use crate::data::{Calendar, Period};
use crate::data::{Dropped, Extent, Grain, Shift, TimeRange, WindowUnit};
use crate::diagnostic::{Code, Diagnostic};
use crate::language::{Phrase, Sentence};
pub use crate::library::clause::MAX_SHIFT;
use crate::library::clause::{self, Unit, count, two_extents, unit};
use crate::syntax::ast::{BinaryOp, Call, ContextClause, ContextKind, Duration, Expr, ExprKind, Path};

/// The context of an expression, relative to a group of the result.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Context {
    /// The grouping columns that do not apply.
    pub dropped: Dropped,
    /// The row conditions.
    pub(crate) conditions: Conditions,
    /// The time range of the rows.
    pub range: TimeRange,
    /// The time range in the total of a result that is grouped by time; None if it has no meaning at the total's grain.
    pub total: Option<TimeRange>,
}

impl Default for Context {
    fn default() -> Self {
        let range = TimeRange::CURRENT;
        Self { dropped: Dropped::Columns(vec![]), conditions: Conditions::default(), range, total: Some(range) }
    }
}

impl Context {
    /// Returns true if the context is the group's own.
    pub fn is_plain(&self) -> bool {
        *self == Self::default()
    }

    /// Returns true if the context shifts or extends the period, so that it needs one.
    pub fn needs_period(&self) -> bool {
        self.range.needs_period()
    }
}

/// The grain and the grouping columns of a query, which give meaning to context clauses.
#[derive(Debug, Clone)]
pub struct Axis {
    /// The grain of the periods that contexts refer to: the grain of the result, else that of the only requested
    /// period.
    pub grain: Option<Grain>,
    /// The grain of the only requested period, which is the grain of the total.
    pub single: Option<Grain>,
    /// True if the result is grouped by time and has a total.
    pub totals: bool,
    /// The grouping columns, without time.
    pub by: Vec<Arc<str>>,
}

impl Axis {
    /// Returns true if a time range has a meaning in the total of a result that is grouped by time.
    pub fn has_total(&self, range: TimeRange) -> bool {
        self.totals && (self.single.is_some() || !range.needs_period())
    }
}

/// The context of an operand inside one bracket: `outer` with the bracket's clauses added.
///
/// Conditions are split at `and`. Each part is passed to `add`, which returns the conditions with one more.
///
/// # Errors
/// Returns an error if a clause has no meaning at this grain, if one bracket has two extents, or if there are more than
/// [`MAX_CONDITIONS`].
pub fn enter(
    outer: &Context,
    clauses: &[ContextClause],
    axis: &Axis,
    add: &mut dyn FnMut(&Conditions, &Expr) -> Conditions,
) -> Result<Context, Diagnostic> {
    let mut context = outer.clone();
    context.range = range(outer.range, clauses, axis.grain)?;
    context.total = outer.total.and_then(|outer| range(outer, clauses, axis.single).ok());
    for clause in clauses {
        match &clause.kind {
            ContextKind::All(column) if !is_time(column.as_ref()) => {
                drop_columns(&mut context.dropped, column.as_ref(), axis);
            }
            ContextKind::Condition(expr) => {
                conjuncts(expr, &mut |part| {
                    if context.conditions.len() <= MAX_CONDITIONS {
                        context.conditions = add(&context.conditions, part);
                    }
                });
                if context.conditions.len() > MAX_CONDITIONS {
                    return Err(too_many(clause));
                }
            }
            _ => {}
        }
    }
    Ok(context)
}

fn too_many(clause: &ContextClause) -> Diagnostic {
    let message = format!("more than {MAX_CONDITIONS} conditions apply in one context");
    Diagnostic::error(Code::LimitReached, message)
        .at(clause.span)
        .hint("declare a computed column that combines them, and test that column")
}

/// Applies the time clauses of a bracket to `outer`, for periods of a grain.
fn range(outer: TimeRange, clauses: &[ContextClause], grain: Option<Grain>) -> Result<TimeRange, Diagnostic> {
    let mut range = outer;
    let mut extent: Option<&ContextClause> = None;
    for clause in clauses {
        let new = match &clause.kind {
            ContextKind::Previous => {
                add(&mut range.shift, previous(grain), clause)?;
                continue;
            }
            ContextKind::Ago(duration) => {
                add(&mut range.shift, ago(duration, grain)?, clause)?;
                continue;
            }
            ContextKind::Last(duration) => window(duration, grain)?,
            ContextKind::ToDate(None) => Extent::ToDate,
            ContextKind::ToDate(Some(name)) => to_date(name, grain)?,
            ContextKind::All(column) if is_time(column.as_ref()) => Extent::All,
            ContextKind::SoFar => {
                range.so_far = true;
                continue;
            }
            ContextKind::All(_) | ContextKind::Condition(_) => continue,
        };
        if let Some(first) = extent.replace(clause) {
            return Err(two_extents(first, clause));
        }
        range.extent = new;
    }
    Ok(range)
}

/// Returns true if `[all …]` drops the period.
fn is_time(column: Option<&Path>) -> bool {
    column.is_some_and(|path| path.qualifier.is_none() && &*path.name.text == "time")
}

/// Visits the conditions that `and` connects, without parentheses.
pub fn conjuncts<'a>(expr: &'a Expr, visit: &mut dyn FnMut(&'a Expr)) {
    let expr = expr.unparenthesized();
    match &*expr.kind {
        ExprKind::Chain { first, rest } if rest[0].op == BinaryOp::And => {
            conjuncts(first, visit);
            rest.iter().for_each(|link| conjuncts(&link.operand, visit));
        }
        _ => visit(expr),
    }
}

/// The canonical text of a condition.
pub fn canonical(expr: &Expr) -> Arc<str> {
    let mut text = crate::syntax::format_expr(expr);
    // The same call of `convert` gives another currency in a definition with another type.
    for part in expr.walk() {
        if let ExprKind::Call(Call { into: Some(into), .. }) = &*part.kind {
            into.factors.iter().for_each(|factor| text += &format!(" {}", factor.name.text));
        }
    }
    text.into()
}

fn drop_columns(dropped: &mut Dropped, column: Option<&Path>, axis: &Axis) {
    let Some(column) = column else {
        *dropped = Dropped::All;
        return;
    };
    let at = axis.by.iter().position(|name| *name == column.name.text);
    if let (Dropped::Columns(columns), Some(at)) = (dropped, at)
        && let Err(place) = columns.binary_search(&at)
    {
        columns.insert(place, at);
    }
}

fn add(total: &mut Shift, shift: Shift, clause: &ContextClause) -> Result<(), Diagnostic> {
    let sum = |a: i32, b: i32| a.checked_add(b).filter(|sum| *sum <= MAX_SHIFT);
    let added = (|| {
        Some(Shift {
            months: sum(total.months, shift.months)?,
            days: sum(total.days, shift.days)?,
            iso_years: sum(total.iso_years, shift.iso_years)?,
            hours: sum(total.hours, shift.hours)?,
        })
    })();
    *total = added.ok_or_else(|| too_far(clause))?;
    Ok(())
}

fn too_far(clause: &ContextClause) -> Diagnostic {
    Diagnostic::error(Code::BadContext, format!("a shift reaches at most {MAX_SHIFT} days or months")).at(clause.span)
}

/// A warning if a shift is not a whole number of the result's periods, such as `[7 days ago]` by month.
///
/// Results by day get no warning: a shifted day is still a day.
pub fn uneven(clause: &ContextClause, grain: Grain) -> Option<Diagnostic> {
    let ContextKind::Ago(duration) = &clause.kind else { return None };
    let (shift, one) = (ago(duration, Some(grain)).ok()?, previous(Some(grain)));
    let whole = |shift: i32, one: i32| shift == 0 || (one != 0 && shift % one == 0);
    if grain <= Grain::Day || whole(shift.months, one.months) && whole(shift.days, one.days) {
        return None;
    }
    let message =
        format!("`{} {} ago` is not a whole number of the result's periods", duration.digits, duration.unit.text);
    Some(
        Diagnostic::warning(Code::Lint, message)
            .label(clause.span, format!("the result is by {}", grain.name()))
            .hint(format!("each {} is compared with a range of days that is not a {}", grain.name(), grain.name()))
            .hint("group the result by a finer grain, or shift by whole periods: `[previous]`"),
    )
}

/// A shift of one period of the grain. Without a grain, the shift only records that a period is needed.
fn previous(grain: Option<Grain>) -> Shift {
    let none = Shift::default();
    match grain {
        Some(Grain::Hour) => Shift { hours: 1, ..none },
        Some(Grain::Day) | None => Shift { days: 1, ..none },
        Some(Grain::Week) => Shift { days: 7, ..none },
        Some(grain) => Shift { months: grain.months().unwrap_or(0), ..none },
    }
}

fn ago(duration: &Duration, grain: Option<Grain>) -> Result<Shift, Diagnostic> {
    let n = count(duration)?;
    let times = |each: i32| n.checked_mul(each).filter(|sum| *sum <= MAX_SHIFT).ok_or_else(|| far(duration));
    let none = Shift::default();
    Ok(match (unit(duration)?, grain) {
        (Unit::Periods, _) => {
            let one = previous(grain);
            Shift { months: times(one.months)?, days: times(one.days)?, hours: times(one.hours)?, iso_years: 0 }
        }
        (Unit::Hours, Some(Grain::Hour) | None) => Shift { hours: times(1)?, ..none },
        (Unit::Hours, Some(_)) => return Err(not_by_hour(duration)),
        (Unit::Days(days), _) => Shift { days: times(days)?, ..none },
        (Unit::Years, Some(Grain::Week)) => Shift { iso_years: n, ..none },
        (Unit::Months(_), Some(Grain::Week)) => return Err(not_by_week(duration)),
        (Unit::Months(months), _) => Shift { months: times(months)?, ..none },
        (Unit::Years, _) => Shift { months: times(12)?, ..none },
    })
}

/// True for a part of a context that names an earlier period.
#[cfg(feature = "cli")]
pub fn is_earlier(clause: &ContextClause) -> bool {
    matches!(clause.kind, ContextKind::Previous | ContextKind::Ago(_) | ContextKind::SoFar)
}

/// The period that these clauses shift a period to: `previous`, `1 year ago`, `previous, so far`. None if they are not a
/// shift by whole periods.
///
/// # Errors
/// Returns an error if a clause has no meaning at the grain of the period.
#[cfg(feature = "cli")]
pub fn shifted(period: Period, clauses: &[ContextClause], calendar: Calendar) -> Result<Option<Period>, Diagnostic> {
    let shifted = TimeRange { so_far: false, ..asked(clauses, period.grain)? };
    if shifted.is_unshifted() || !clauses.iter().all(is_earlier) {
        return Ok(None);
    }
    let days = calendar.range(period, shifted);
    let other = calendar.period(period.grain, days.start);
    Ok((calendar.days(other) == days).then_some(other))
}

fn window(duration: &Duration, grain: Option<Grain>) -> Result<Extent, Diagnostic> {
    let n = clause::window(duration)?;
    let times = |each: i32| match n.checked_mul(each).filter(|sum| *sum <= MAX_SHIFT) {
        Some(sum) => Ok(sum.unsigned_abs()),
        None => Err(far(duration)),
    };
    Ok(match (unit(duration)?, grain) {
        (Unit::Periods, _) => match previous(grain) {
            Shift { hours: 1, .. } => Extent::Window(times(1)?, WindowUnit::Hours),
            Shift { months: 0, days, .. } => Extent::Window(times(days)?, WindowUnit::Days),
            Shift { months, .. } => Extent::Window(times(months)?, WindowUnit::Months),
        },
        (Unit::Hours, Some(Grain::Hour) | None) => Extent::Window(times(1)?, WindowUnit::Hours),
        (Unit::Hours, Some(_)) => return Err(not_by_hour(duration)),
        (Unit::Days(days), _) => Extent::Window(times(days)?, WindowUnit::Days),
        (Unit::Years, Some(Grain::Week)) => Extent::Window(times(1)?, WindowUnit::IsoYears),
        (Unit::Months(_), Some(Grain::Week)) => return Err(not_by_week(duration)),
        (Unit::Months(months), _) => Extent::Window(times(months)?, WindowUnit::Months),
        (Unit::Years, _) => Extent::Window(times(12)?, WindowUnit::Months),
    })
}

fn far(duration: &Duration) -> Diagnostic {
    Diagnostic::error(Code::BadContext, format!("a context reaches at most {MAX_SHIFT} days or months"))
        .at(duration.span)
}

fn not_by_hour(duration: &Duration) -> Diagnostic {
    Diagnostic::error(Code::BadContext, "hours need results by hour")
        .label(duration.span, "the result has longer periods")
        .hint("group the result by hour, or use days")
}

fn not_by_week(duration: &Duration) -> Diagnostic {
    Diagnostic::error(Code::BadContext, "weeks do not divide months or quarters")
        .label(duration.span, "the result is by week")
        .hint("use weeks or years, or group the result by month")
}

fn to_date(name: &crate::syntax::ast::Name, grain: Option<Grain>) -> Result<Extent, Diagnostic> {
    let Some(of) = Grain::from_name(&name.text) else {
        return Err(Diagnostic::error(Code::BadContext, format!("`{} to date` is not a valid context", name.text))
            .at(name.span)
            .hint("write `year to date`, `half to date`, `quarter to date`, `month to date`, `week to date`, `day to date` or `to date`"));
    };
    let fits = match grain {
        None => true,
        Some(Grain::Week) => matches!(of, Grain::Week | Grain::Year),
        Some(grain) => of >= grain && of != Grain::Hour && (of != Grain::Week || grain <= Grain::Week),
    };
    if fits {
        return Ok(Extent::PeriodToDate(of));
    }
    let grain = grain.map_or("", Grain::name);
    Err(Diagnostic::error(Code::BadContext, format!("`{} to date` cannot be used with results by {grain}", name.text))
        .at(name.span)
        .hint(format!("a {grain} can span more than one {}; use a longer period to date or a finer grain", name.text)))
}

impl Context {
    /// Describes each part in words: `channel = "email"`, `1 month earlier`, `last 3 months`. Empty if the context is
    /// the group's own. The description in a total may differ, because the total has its own period.
    pub fn describe(&self, request: &crate::data::Request, total: bool) -> Vec<Sentence> {
        let range = self.total.filter(|_| total && request.single.is_some()).unwrap_or(self.range);
        let mut parts: Vec<Sentence> =
            self.conditions.texts().into_iter().map(|text| Sentence::new(Phrase::Condition, [&**text])).collect();
        match &self.dropped {
            Dropped::All => parts.push(Sentence::plain(Phrase::OverEverything)),
            Dropped::Columns(columns) => {
                parts.extend(columns.iter().map(|&at| Sentence::new(Phrase::AllOf, [&*request.by[at]])));
            }
        }
        parts.extend(times(range));
        parts
    }
}

/// What these clauses do to the time of a result of a grain, in words: `1 year earlier`, `up to the same day`.
///
/// # Errors
/// Returns an error if a clause has no meaning at the grain.
#[cfg(feature = "cli")]
pub fn described(clauses: &[ContextClause], grain: Grain) -> Result<Vec<Sentence>, Diagnostic> {
    Ok(times(asked(clauses, grain)?))
}

/// The range of time of clauses that are part of a query, so that a problem has no place in a file.
#[cfg(feature = "cli")]
fn asked(clauses: &[ContextClause], grain: Grain) -> Result<TimeRange, Diagnostic> {
    let range = range(TimeRange::CURRENT, clauses, Some(grain));
    range.map_err(|problem| Diagnostic { labels: vec![], ..problem }.in_query())
}

/// The parts of a range of time in words.
fn times(range: TimeRange) -> Vec<Sentence> {
    let Shift { months, days, iso_years, hours } = range.shift;
    let mut parts = vec![];
    parts.extend(counted(iso_years.saturating_mul(12).saturating_add(months), EARLIER_MONTHS));
    parts.extend(counted(days, EARLIER_DAYS));
    parts.extend(counted(hours, EARLIER_HOURS));
    parts.extend(match range.extent {
        Extent::Period => None,
        Extent::Window(n, WindowUnit::Hours) => counted(n as i32, LAST_HOURS),
        Extent::Window(n, WindowUnit::Days) => counted(n as i32, LAST_DAYS),
        Extent::Window(n, WindowUnit::Months) => counted(n as i32, LAST_MONTHS),
        Extent::Window(n, WindowUnit::IsoYears) => counted((n as i32).saturating_mul(12), LAST_MONTHS),
        Extent::PeriodToDate(grain) => Some(Sentence::plain(grain_to_date(grain))),
        Extent::ToDate => Some(Sentence::plain(Phrase::ToDate)),
        Extent::All => Some(Sentence::plain(Phrase::AllTime)),
    });
    parts.extend(range.ends_with_data().then_some(Sentence::plain(Phrase::SoFar)));
    parts
}

/// The length of a unit in smaller units, and the phrases for one and for several.
type Counted = (i32, [Phrase; 2]);

const EARLIER_MONTHS: &[Counted] =
    &[(12, [Phrase::YearEarlier, Phrase::YearsEarlier]), (1, [Phrase::MonthEarlier, Phrase::MonthsEarlier])];
const EARLIER_HOURS: &[Counted] = &[(1, [Phrase::HourEarlier, Phrase::HoursEarlier])];
const LAST_HOURS: &[Counted] = &[(1, [Phrase::LastHour, Phrase::LastHours])];
const EARLIER_DAYS: &[Counted] =
    &[(7, [Phrase::WeekEarlier, Phrase::WeeksEarlier]), (1, [Phrase::DayEarlier, Phrase::DaysEarlier])];
const LAST_MONTHS: &[Counted] =
    &[(12, [Phrase::LastYear, Phrase::LastYears]), (1, [Phrase::LastMonth, Phrase::LastMonths])];
const LAST_DAYS: &[Counted] = &[(7, [Phrase::LastWeek, Phrase::LastWeeks]), (1, [Phrase::LastDay, Phrase::LastDays])];

/// Describes a count in the largest unit that divides it; None for 0.
fn counted(count: i32, units: &[Counted]) -> Option<Sentence> {
    let (size, [one, several]) = units.iter().find(|(size, _)| count != 0 && count % size == 0)?;
    let count = count / size;
    Some(Sentence::new(if count == 1 { *one } else { *several }, [count.to_string()]))
}

fn grain_to_date(grain: Grain) -> Phrase {
    match grain {
        Grain::Hour | Grain::Day => Phrase::DayToDate,
        Grain::Week => Phrase::WeekToDate,
        Grain::Month => Phrase::MonthToDate,
        Grain::Quarter => Phrase::QuarterToDate,
        Grain::Half => Phrase::HalfToDate,
        Grain::Year => Phrase::YearToDate,
    }
}
