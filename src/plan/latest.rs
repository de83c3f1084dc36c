//! Replaces a period that is counted from the end of the data, such as `latest` or `last 3 months`, by its days.

use super::{Given, GroupBy, Limits, Plan, Query};
use crate::budget::Budget;
use crate::data::{Calendar, Grain, Period, Request, Source};
use crate::diagnostic::{Code, Diagnostic, Error};
use crate::library::Library;

/// A number of periods up to the last one with rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Latest {
    count: i32,
    /// None is the grain of the result.
    grain: Option<Grain>,
}

impl Latest {
    /// Parses `latest` and `last 3 months`. None for any other text.
    fn parse(text: &str) -> Option<Self> {
        let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
        match &words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            ["latest"] => Some(Self { count: 1, grain: None }),
            ["last", unit] => Some(Self { count: 1, grain: Some(Grain::from_name(unit)?) }),
            ["last", count, unit] => {
                let grain = Grain::from_name(unit.strip_suffix('s').unwrap_or(unit))?;
                let count = count.parse().ok().filter(|count| *count > 0)?;
                Some(Self { count, grain: Some(grain) })
            }
            _ => None,
        }
    }
}

/// Returns true if a period is counted from the end of the data.
pub(super) fn is_latest(period: &str) -> bool {
    Latest::parse(period).is_some()
}

impl Library {
    /// The query with the days of a period that is counted from the end of the data. Other queries stay as they are.
    ///
    /// # Errors
    /// The period has no grain, or the data have no rows with a date.
    pub(crate) fn with_latest(
        &self,
        query: &Query,
        source: &dyn Source,
        limits: &Limits,
        budget: &Budget,
    ) -> Result<Query, Error> {
        let Some((text, latest)) = query.period.as_ref().and_then(|text| Some((text, Latest::parse(text)?))) else {
            return Ok(query.clone());
        };
        let own = query.by.iter().find_map(|group| if let GroupBy::Grain(grain) = group { Some(*grain) } else { None });
        let (plan, problems) = self.without_period(query, source, limits, budget);
        let sources = plan.sources.clone();
        let grain = latest.grain.or(own);
        let last = match grain {
            Some(grain) => last(plan, grain, source, budget)?,
            None => None,
        };
        let (Some(grain), Some(last)) = (grain, last) else {
            let errors: Vec<Diagnostic> = problems.into_iter().filter(Diagnostic::is_error).collect();
            // Without the columns that are misspelled, the data may have no dates.
            let own = if grain.is_none() || errors.is_empty() { Some(undetermined(text, grain)) } else { None };
            return Err(Error::new(errors.into_iter().chain(own).collect(), sources));
        };
        let calendar = Calendar { by_hour: grain == Grain::Hour, ..self.calendar() };
        let first = last.offset(1 - latest.count);
        let text = match latest.count {
            1 => calendar.spell(last),
            _ => format!("{}..{}", calendar.spell(first), calendar.spell(last)),
        };
        Ok(query.clone().period(text))
    }

    /// The plan of a query for all periods.
    fn without_period(
        &self,
        query: &Query,
        source: &dyn Source,
        limits: &Limits,
        budget: &Budget,
    ) -> (Plan, Vec<Diagnostic>) {
        let query = Query { period: None, totals: false, shape: Default::default(), ..query.clone() };
        let given = Given { any_period: true, bare: true, ..Given::default() };
        self.plan_within(&query, source.datasets(), limits, given, budget)
    }
}

/// The last period with rows in the datasets of a plan. The rows of a week that ends in the next month are on a day of this
/// one, so it is not the last day that they represent.
fn last(plan: Plan, grain: Grain, source: &dyn Source, budget: &Budget) -> Result<Option<Period>, Error> {
    let mut last = None;
    for request in std::iter::once(plan.request).chain(plan.inner.into_iter().map(|inner| inner.request)) {
        let mut request = Request {
            by: vec![],
            grain: Some(grain),
            period: None,
            measures: vec![],
            max_groups: usize::MAX,
            budget: budget.clone(),
            ..request
        };
        request.calendar.by_hour = grain == Grain::Hour;
        for dataset in &mut request.datasets {
            dataset.by.clear();
            dataset.data_end = None;
        }
        let found = source.aggregate(&request).map_err(|problems| Error::new(problems, plan.sources.clone()))?;
        let periods = found.groups.iter().filter_map(|group| group.period);
        last = last.max(periods.map(|period| period.number).max());
    }
    Ok(last.map(|number| Period { grain, number }))
}

/// The problem of a period that cannot be counted from the end of the data.
fn undetermined(text: &str, grain: Option<Grain>) -> Diagnostic {
    let (message, hint) = match grain {
        None => (format!("the period `{text}` needs a grain"), "add `--by month`, or write `--period 'last 1 month'`"),
        Some(_) => (
            format!("the period `{text}` is counted from the end of the data, which have no rows with a date"),
            "write a period, such as `--period 2026-03`",
        ),
    };
    Diagnostic::error(Code::BadQuery, message).hint(hint)
}
