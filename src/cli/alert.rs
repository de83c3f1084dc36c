//! `kpi eval --fail-on`: lets a scheduled run fail when a value is bad.

use super::args::Alarm;
use crate::budget::Budget;
use crate::diagnostic::{Code, Diagnostic};
use crate::eval::Evaluation;
use crate::syntax::ast::Status;

/// The maximum number of values that a message names. If there are more, it counts the others.
const NAMED: usize = 5;

/// An error for each alarm that a value sets off.
///
/// # Errors
/// The limit of the budget.
pub(super) fn alerts(
    evaluation: &Evaluation,
    groups: &[usize],
    alarms: &[Alarm],
    budget: &Budget,
) -> Result<Vec<Diagnostic>, Diagnostic> {
    let mut found: Vec<(Alarm, Vec<String>)> = Alarm::ALL.into_iter().map(|alarm| (alarm, vec![])).collect();
    found.retain(|(alarm, _)| alarms.iter().any(|asked| asked.includes(*alarm)));
    let mut ticker = budget.ticker();
    for (at, kpi) in evaluation.plan.kpis.iter().enumerate() {
        for &group in groups {
            ticker.ticks(found.len(), "looking for alerts")?;
            let alarm = alarm(evaluation, at, group);
            if let Some((_, places)) = found.iter_mut().find(|(known, _)| alarm == Some(*known)) {
                places.push(format!("`{}`{}", kpi.name, place(evaluation, group)));
            }
        }
    }
    let set_off = found.into_iter().filter(|(_, places)| !places.is_empty());
    Ok(set_off.map(|(alarm, places)| alert(alarm, &places)).collect())
}

/// What is wrong with a value.
fn alarm(evaluation: &Evaluation, kpi: usize, group: usize) -> Option<Alarm> {
    let outcome = evaluation.outcome(kpi, group);
    match (outcome.value, outcome.band.map(|band| band.status)) {
        (Err(_), _) => Some(Alarm::Undefined),
        (Ok(_), Some(Status::Bad)) => Some(Alarm::Bad),
        (Ok(_), Some(Status::Watch)) => Some(Alarm::Watch),
        (Ok(_), Some(Status::Good) | None) => None,
    }
}

fn alert(alarm: Alarm, places: &[String]) -> Diagnostic {
    let named = places[..places.len().min(NAMED)].join(", ");
    let others = match places.len().saturating_sub(NAMED) {
        0 => String::new(),
        1 => " and 1 other".to_owned(),
        more => format!(" and {more} others"),
    };
    let values = if places.len() == 1 { "1 value is".to_owned() } else { format!("{} values are", places.len()) };
    Diagnostic::error(Code::Alert, format!("{values} {}: {named}{others}", alarm.word()))
}

/// ` in month=2026-03, channel=email`
fn place(evaluation: &Evaluation, group: usize) -> String {
    if evaluation.groups[group].total {
        return " in the total".to_owned();
    }
    let label = evaluation.group_label(group);
    let keys: Vec<String> =
        label.iter().map(|(name, key)| format!("{name}={}", key.as_deref().unwrap_or("(blank)"))).collect();
    if keys.is_empty() { String::new() } else { format!(" in {}", keys.join(", ")) }
}
