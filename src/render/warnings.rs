//! Notes on the warnings about values, for formats without marks.

use std::collections::{HashMap, HashSet};

use indexmap::IndexMap;

use super::result::{NAMED_GROUPS, flag_meaning};
use crate::data::{Group, Period};
use crate::eval::{Evaluation, Flag};
use crate::language::Language;

/// Returns a note for each kind of warning with the KPIs and the periods that have it.
pub fn warnings(evaluation: &Evaluation, groups: &[usize]) -> Vec<String> {
    let found: Vec<_> = (0..evaluation.plan.kpis.len()).map(|kpi| warned_periods(evaluation, groups, kpi)).collect();
    let note = |flag: Flag| {
        let mut kpis: IndexMap<&Vec<String>, Vec<String>> = IndexMap::new();
        for (kpi, periods) in found.iter().enumerate().filter_map(|(kpi, found)| Some((kpi, found.get(&flag)?))) {
            kpis.entry(periods).or_default().push(format!("`{}`", evaluation.plan.kpis[kpi].name));
        }
        let parts: Vec<String> = kpis.iter().map(|(periods, kpis)| warned(periods, kpis)).collect();
        let meaning = Language::English.word(flag_meaning(flag));
        (!parts.is_empty()).then(|| format!("note: {meaning}: {}", parts.join("; ")))
    };
    [Flag::Skipped, Flag::Failed, Flag::Partial, Flag::OutOfRange].into_iter().filter_map(note).collect()
}

/// `` `cac`, `roas` in 2026-02, 2026-03 ``
fn warned(periods: &[String], kpis: &[String]) -> String {
    let names: Vec<&str> = periods.iter().map(String::as_str).collect();
    let of = match names[..] {
        [] => String::new(),
        [first, .., last] if names.len() > NAMED_GROUPS => {
            format!(" in {} periods from {first} to {last}", names.len())
        }
        _ => format!(" in {}", names.join(", ")),
    };
    format!("{}{of}", kpis.join(", "))
}

/// The periods in which a KPI has each warning, regardless of keys. There are no periods if the query has no grain.
fn warned_periods(evaluation: &Evaluation, groups: &[usize], kpi: usize) -> HashMap<Flag, Vec<String>> {
    let mut found: HashMap<Flag, Vec<String>> = HashMap::new();
    let mut known: HashSet<(Flag, Option<Period>, bool)> = HashSet::new();
    for &group in groups {
        let Group { period, total, .. } = evaluation.groups[group];
        for flag in evaluation.warnings(kpi, group) {
            let periods = found.entry(flag).or_default();
            if known.insert((flag, period, total)) {
                let total = total.then(|| "the total".to_owned());
                periods.extend(period.map(|period| evaluation.plan.request.calendar.spell(period)).or(total));
            }
        }
    }
    found
}
