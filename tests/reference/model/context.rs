//! Contexts, and the days that they select.

use super::calendar::{add_months, end, months, start};
use super::rows::Cause;
use super::tree::{Expr, Grain, Name, Operator, Part};

/// What square brackets changed, from the outermost to the innermost.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Context {
    pub all_keys: bool,
    pub without: Vec<Name>,
    pub conditions: Vec<(Option<Name>, Expr)>,
    previous: i64,
    months: i64,
    days: i64,
    extent: Option<Extent>,
    /// The grains of all `[… to date]`, also of those that a context inside replaces.
    to_date: Vec<Grain>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Extent {
    Last(i64, Grain),
    LastPeriods(i64),
    ToDate(Option<Grain>),
    AllTime,
}

/// The period of a group: its grain, first and last day, before the query's period cuts it.
pub type Period = (Grain, i64, i64);

/// First and last day. None is unbounded.
pub type Range = (Option<i64>, Option<i64>);

impl Context {
    pub fn with(&self, parts: &[Part]) -> Self {
        let mut new = self.clone();
        for part in parts {
            match part {
                Part::Previous => new.previous += 1,
                Part::Ago(n, Grain::Day) => new.days += n,
                Part::Ago(n, Grain::Week) => new.days += 7 * n,
                Part::Ago(n, grain) => new.months += n * months(*grain),
                Part::Last(n, grain) => new.extent = Some(Extent::Last(*n, *grain)),
                Part::LastPeriods(n) => new.extent = Some(Extent::LastPeriods(*n)),
                Part::ToDate(grain) => {
                    new.extent = Some(Extent::ToDate(*grain));
                    new.to_date.extend(grain);
                }
                Part::AllColumn(column) => new.without.push(column),
                Part::All => new.all_keys = true,
                Part::AllTime => new.extent = Some(Extent::AllTime),
                Part::Where(dataset, condition) => new.conditions.extend(qualified(*dataset, condition)),
            }
        }
        new
    }

    /// The same days, without what changes keys and rows.
    pub fn days_only(&self) -> Self {
        Self { all_keys: false, without: vec![], conditions: vec![], ..self.clone() }
    }

    /// True for the days of the group itself.
    pub fn is_current(&self) -> bool {
        self.extent.is_none() && !self.is_shifted()
    }

    pub fn drops(&self, column: Name) -> bool {
        self.all_keys || self.without.contains(&column)
    }

    pub fn is_all_time(&self) -> bool {
        self.extent == Some(Extent::AllTime)
    }

    fn is_shifted(&self) -> bool {
        self.previous != 0 || self.months != 0 || self.days != 0
    }

    /// The days of a group in this context, if the query is for `selected` days.
    pub fn range(&self, period: Option<Period>, selected: Range) -> Result<Range, Cause> {
        if period.is_some_and(|(grain, ..)| self.to_date.iter().any(|coarse| *coarse < grain)) {
            return Err(Cause::Meaningless);
        }
        match (self.extent, period) {
            (Some(Extent::AllTime), _) => Ok((None, None)),
            (Some(Extent::Last(..) | Extent::LastPeriods(_) | Extent::ToDate(Some(_))), None) => {
                Err(Cause::Meaningless)
            }
            (_, None) if self.is_shifted() => Err(Cause::Meaningless),
            (Some(Extent::ToDate(_)), None) => Ok((None, selected.1)),
            (_, None) => Ok(selected),
            (None, Some((_, first, last))) if !self.is_shifted() => {
                Ok((Some(first.max(selected.0.unwrap_or(first))), Some(last.min(selected.1.unwrap_or(last)))))
            }
            (extent, Some(period)) => {
                let (first, last) = self.shifted(extended(extent, period), period.0);
                let cut = selected.1.map_or(0, |end| (last - end).max(0));
                // Days are counted back from where the period is cut.
                let moved = if !self.is_shifted() && self.counts_days(period.0) { cut } else { 0 };
                Ok((first.map(|first| first - moved), Some(last - cut)))
            }
        }
    }

    /// True if the extent is a number of days or, except by week, of weeks.
    fn counts_days(&self, grain: Grain) -> bool {
        match self.extent {
            Some(Extent::Last(n, unit @ (Grain::Day | Grain::Week))) => {
                grain != Grain::Week || unit == Grain::Day && n % 7 != 0
            }
            Some(Extent::LastPeriods(_)) => grain == Grain::Day,
            _ => false,
        }
    }

    /// Moves both ends of a range: by months first, then by days.
    fn shifted(&self, (first, last): (Option<i64>, i64), grain: Grain) -> (Option<i64>, i64) {
        let (by_months, by_days) = match grain {
            Grain::Day => (self.months, self.days + self.previous),
            Grain::Week => (self.months, self.days + 7 * self.previous),
            _ => (self.months + self.previous * months(grain), self.days),
        };
        let first = first.map(|day| add_months(day, -by_months) - by_days);
        let last = match grain {
            Grain::Day | Grain::Week => add_months(last, -by_months),
            // The last day of a month goes to the last day of a month.
            _ => add_months(last + 1, -by_months) - 1,
        };
        (first, last - by_days)
    }
}

/// The conditions that `and` connects, which are as many conditions with commas. Only the first one is qualified.
fn qualified(dataset: Option<Name>, condition: &Expr) -> Vec<(Option<Name>, Expr)> {
    let parts = conjuncts(condition).into_iter().enumerate();
    parts.map(|(at, part)| (dataset.filter(|_| at == 0), part.clone())).collect()
}

/// The conditions that must all hold.
pub fn conjuncts(condition: &Expr) -> Vec<&Expr> {
    match condition {
        Expr::Binary(Operator::And, x, y) => [conjuncts(x), conjuncts(y)].concat(),
        _ => vec![condition],
    }
}

/// The range of an extent that ends with a period.
fn extended(extent: Option<Extent>, (grain, first, last): Period) -> (Option<i64>, i64) {
    let first = match extent {
        None => Some(first),
        Some(Extent::ToDate(None)) => None,
        Some(Extent::ToDate(Some(coarse))) => Some(start(coarse, last)),
        Some(Extent::LastPeriods(n)) => Some(window(n, grain, grain, last)),
        Some(Extent::Last(n, unit)) => Some(window(n, unit, grain, last)),
        Some(Extent::AllTime) => unreachable!("all time has no ends"),
    };
    (first, last)
}

/// The first day of a window of some units that ends on a day.
fn window(n: i64, unit: Grain, grain: Grain, last: i64) -> i64 {
    match (unit, grain) {
        (Grain::Day, _) => last - n + 1,
        (Grain::Week, _) => last - 7 * n + 1,
        (_, Grain::Day | Grain::Week) => add_months(last, -n * months(unit)) + 1,
        _ => add_months(last + 1, -n * months(unit)),
    }
}

/// The periods from the one of the first day to the one of the last.
pub fn axis(grain: Grain, first: i64, last: i64) -> Vec<Period> {
    let mut periods = vec![];
    let mut day = start(grain, first);
    while day <= last {
        periods.push((grain, day, end(grain, day)));
        day = end(grain, day) + 1;
    }
    periods
}
