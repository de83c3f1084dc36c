//! The algebra of contexts: what `x[a][b]` and `x[a, b]` come to.
//!
//! A context is four things: dropped grouping columns (a union), conditions (all hold), a shift (shifts add up) and an
//! extent (of nested ones the innermost holds).

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::data::{Dropped, Extent, Grain, Shift, TimeRange, WindowUnit};
use crate::diagnostic::{Code, Diagnostic};
use crate::language::{Phrase, Sentence};
pub use crate::library::clause::MAX_SHIFT;
use crate::library::clause::{self, Unit, count, two_extents, unit};
use crate::syntax::ast::{BinaryOp, ContextClause, ContextKind, Duration, Expr, ExprKind, Path};

/// Where an expression is evaluated, relative to a group of the result.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Context {
    /// Grouping columns that do not apply.
    pub dropped: Dropped,
    /// Row conditions by their canonical text.
    pub conditions: BTreeSet<Arc<str>>,
    /// Rows' time.
    pub range: TimeRange,
    /// The same in the total of a result that is grouped by time; None where it cannot be at the total's grain.
    pub total: Option<TimeRange>,
}

impl Default for Context {
    fn default() -> Self {
        let range = TimeRange::CURRENT;
        Self { dropped: Dropped::Columns(vec![]), conditions: BTreeSet::new(), range, total: Some(range) }
    }
}

impl Context {
    /// Whether it is the group itself.
    pub fn is_plain(&self) -> bool {
        *self == Self::default()
    }

    /// Whether it moves or widens the period, so that it means nothing without one.
    pub fn needs_period(&self) -> bool {
        self.range.needs_period()
    }
}

/// What clauses of one query mean: its grain and its grouping columns.
#[derive(Debug, Clone)]
pub struct Axis {
    /// The grain of the periods that contexts are around: the result's, else that of the only period asked for.
    pub grain: Option<Grain>,
    /// The grain of the only period asked for, which is that of the total.
    pub single: Option<Grain>,
    /// Whether there is a total of a result that is grouped by time.
    pub totals: bool,
    /// The grouping columns beside time.
    pub by: Vec<Arc<str>>,
}

impl Axis {
    /// Whether a range means something in the total of a result that is grouped by time.
    pub fn has_total(&self, range: TimeRange) -> bool {
        self.totals && (self.single.is_some() || !range.needs_period() || range.extent == Extent::All)
    }
}

/// The context of an operand inside one bracket: `outer` with the bracket's clauses added.
///
/// Conditions are split at `and` and handed to `condition`, which keeps them and returns their canonical text.
///
/// # Errors
/// A clause that cannot be at this grain, or two extents in one bracket.
pub fn enter(
    outer: &Context,
    clauses: &[ContextClause],
    axis: &Axis,
    condition: &mut dyn FnMut(&Expr) -> Arc<str>,
) -> Result<Context, Diagnostic> {
    let mut context = outer.clone();
    context.range = range(outer.range, clauses, axis.grain)?;
    context.total = outer.total.and_then(|outer| range(outer, clauses, axis.single).ok());
    for clause in clauses {
        match &clause.kind {
            ContextKind::All(column) if !is_time(column.as_ref()) => {
                drop_columns(&mut context.dropped, column.as_ref(), axis);
            }
            ContextKind::Condition(expr) => conjuncts(expr, &mut |part| {
                context.conditions.insert(condition(part));
            }),
            _ => {}
        }
    }
    Ok(context)
}

/// `outer` with what a bracket's clauses say of time, around periods of a grain.
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
            ContextKind::All(_) | ContextKind::Condition(_) => continue,
        };
        if let Some(first) = extent.replace(clause) {
            return Err(two_extents(first, clause));
        }
        range.extent = new;
    }
    Ok(range)
}

/// Whether `[all …]` drops the period.
fn is_time(column: Option<&Path>) -> bool {
    column.is_some_and(|path| path.qualifier.is_none() && &*path.name.text == "time")
}

/// The conditions that `and` joins, parentheses removed.
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
    crate::syntax::format_expr(expr).into()
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
        })
    })();
    *total = added.ok_or_else(|| too_far(clause))?;
    Ok(())
}

fn too_far(clause: &ContextClause) -> Diagnostic {
    Diagnostic::error(Code::BadContext, format!("a shift reaches at most {MAX_SHIFT} days or months")).at(clause.span)
}

/// A warning where a shift is no whole number of the result's periods: `[7 days ago]` by month. A day stays one day
/// however far it is shifted.
pub fn uneven(clause: &ContextClause, grain: Grain) -> Option<Diagnostic> {
    let ContextKind::Ago(duration) = &clause.kind else { return None };
    let (shift, one) = (ago(duration, Some(grain)).ok()?, previous(Some(grain)));
    let whole = |shift: i32, one: i32| shift == 0 || (one != 0 && shift % one == 0);
    if grain == Grain::Day || whole(shift.months, one.months) && whole(shift.days, one.days) {
        return None;
    }
    let message = format!("`{} {} ago` is finer than the result's grain", duration.digits, duration.unit.text);
    Some(
        Diagnostic::warning(Code::Lint, message)
            .label(clause.span, format!("the result is by {}", grain.name()))
            .hint(format!("each {} is held against a stretch of time that is no {}", grain.name(), grain.name()))
            .hint("ask for the result at a finer grain, or shift by whole periods: `[previous]`"),
    )
}

/// One period of the grain; without a grain the shift only says that a period is needed.
fn previous(grain: Option<Grain>) -> Shift {
    let (months, days) = match grain {
        Some(Grain::Day) | None => (0, 1),
        Some(Grain::Week) => (0, 7),
        Some(Grain::Month) => (1, 0),
        Some(Grain::Quarter) => (3, 0),
        Some(Grain::Year) => (12, 0),
    };
    Shift { months, days, iso_years: 0 }
}

fn ago(duration: &Duration, grain: Option<Grain>) -> Result<Shift, Diagnostic> {
    let n = count(duration)?;
    let times = |each: i32| n.checked_mul(each).filter(|sum| *sum <= MAX_SHIFT).ok_or_else(|| far(duration));
    let none = Shift::default();
    Ok(match (unit(duration)?, grain) {
        (Unit::Periods, _) => {
            let one = previous(grain);
            Shift { months: times(one.months)?, days: times(one.days)?, iso_years: 0 }
        }
        (Unit::Days(days), _) => Shift { days: times(days)?, ..none },
        (Unit::Years, Some(Grain::Week)) => Shift { iso_years: n, ..none },
        (Unit::Months(_), Some(Grain::Week)) => return Err(not_by_week(duration)),
        (Unit::Months(months), _) => Shift { months: times(months)?, ..none },
        (Unit::Years, _) => Shift { months: times(12)?, ..none },
    })
}

fn window(duration: &Duration, grain: Option<Grain>) -> Result<Extent, Diagnostic> {
    let n = clause::window(duration)?;
    let times = |each: i32| match n.checked_mul(each).filter(|sum| *sum <= MAX_SHIFT) {
        Some(sum) => Ok(sum.unsigned_abs()),
        None => Err(far(duration)),
    };
    Ok(match (unit(duration)?, grain) {
        (Unit::Periods, _) => match previous(grain) {
            Shift { months: 0, days, .. } => Extent::Window(times(days)?, WindowUnit::Days),
            Shift { months, .. } => Extent::Window(times(months)?, WindowUnit::Months),
        },
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

fn not_by_week(duration: &Duration) -> Diagnostic {
    Diagnostic::error(Code::BadContext, "weeks do not divide months or quarters")
        .label(duration.span, "the result is by week")
        .hint("count weeks or years instead, or ask for the result by month")
}

fn to_date(name: &crate::syntax::ast::Name, grain: Option<Grain>) -> Result<Extent, Diagnostic> {
    let Some(of) = Grain::from_name(&name.text) else {
        return Err(Diagnostic::error(Code::BadContext, format!("`{} to date` is no context", name.text))
            .at(name.span)
            .hint("it is `year to date`, `quarter to date`, `month to date`, `week to date` or `to date`"));
    };
    let fits = match grain {
        None => true,
        Some(Grain::Week) => matches!(of, Grain::Week | Grain::Year),
        Some(grain) => of >= grain && (of != Grain::Week || grain <= Grain::Week),
    };
    if fits {
        return Ok(Extent::PeriodToDate(of));
    }
    let grain = grain.map_or("", Grain::name);
    Err(Diagnostic::error(Code::BadContext, format!("`{} to date` does not go with results by {grain}", name.text))
        .at(name.span)
        .hint(format!(
            "a {grain} does not lie within one {}; ask for a longer period to date or a finer grain",
            name.text
        )))
}

impl Context {
    /// In words, each part by itself: `channel = "email"`, `1 month earlier`, `last 3 months`; none where it is the
    /// result's own. In a total it may be around another period than in the other rows.
    pub fn describe(&self, request: &crate::data::Request, total: bool) -> Vec<Sentence> {
        let range = self.total.filter(|_| total && request.single.is_some()).unwrap_or(self.range);
        let mut parts: Vec<Sentence> =
            self.conditions.iter().map(|text| Sentence::new(Phrase::Condition, [&**text])).collect();
        match &self.dropped {
            Dropped::All => parts.push(Sentence::plain(Phrase::OverEverything)),
            Dropped::Columns(columns) => {
                parts.extend(columns.iter().map(|&at| Sentence::new(Phrase::AllOf, [&*request.by[at]])));
            }
        }
        let Shift { months, days, iso_years } = range.shift;
        parts.extend(counted(iso_years.saturating_mul(12).saturating_add(months), EARLIER_MONTHS));
        parts.extend(counted(days, EARLIER_DAYS));
        parts.extend(match range.extent {
            Extent::Period => None,
            Extent::Window(n, WindowUnit::Days) => counted(n as i32, LAST_DAYS),
            Extent::Window(n, WindowUnit::Months) => counted(n as i32, LAST_MONTHS),
            Extent::Window(n, WindowUnit::IsoYears) => counted((n as i32).saturating_mul(12), LAST_MONTHS),
            Extent::PeriodToDate(grain) => Some(Sentence::plain(so_far(grain))),
            Extent::ToDate => Some(Sentence::plain(Phrase::ToDate)),
            Extent::All => Some(Sentence::plain(Phrase::AllTime)),
        });
        parts
    }
}

/// A unit in smaller ones, and the patterns for one of it and for several.
type Counted = (i32, [Phrase; 2]);

const EARLIER_MONTHS: &[Counted] =
    &[(12, [Phrase::YearEarlier, Phrase::YearsEarlier]), (1, [Phrase::MonthEarlier, Phrase::MonthsEarlier])];
const EARLIER_DAYS: &[Counted] =
    &[(7, [Phrase::WeekEarlier, Phrase::WeeksEarlier]), (1, [Phrase::DayEarlier, Phrase::DaysEarlier])];
const LAST_MONTHS: &[Counted] =
    &[(12, [Phrase::LastYear, Phrase::LastYears]), (1, [Phrase::LastMonth, Phrase::LastMonths])];
const LAST_DAYS: &[Counted] = &[(7, [Phrase::LastWeek, Phrase::LastWeeks]), (1, [Phrase::LastDay, Phrase::LastDays])];

/// A count in the largest unit that divides it; nothing for 0.
fn counted(count: i32, units: &[Counted]) -> Option<Sentence> {
    let (size, [one, several]) = units.iter().find(|(size, _)| count != 0 && count % size == 0)?;
    let count = count / size;
    Some(Sentence::new(if count == 1 { *one } else { *several }, [count.to_string()]))
}

fn so_far(grain: Grain) -> Phrase {
    match grain {
        Grain::Day => Phrase::DayToDate,
        Grain::Week => Phrase::WeekToDate,
        Grain::Month => Phrase::MonthToDate,
        Grain::Quarter => Phrase::QuarterToDate,
        Grain::Year => Phrase::YearToDate,
    }
}
