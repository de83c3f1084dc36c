//! The document of a query with a scenario: every KPI without it and with it.

use std::sync::Arc;

use indexmap::IndexMap;
use serde::Serialize;

use super::document::{Entry, KpiHead, VERSION, entry, head};
use super::spelling::{one_line, plain};
use crate::eval::{Evaluation, InScenario};
use crate::language::Language;
use crate::library::{Library, ScenarioDefinition};

/// A result with a scenario as data.
#[derive(Debug, Serialize)]
pub(crate) struct ScenarioDocument {
    version: u32,
    scenario: ScenarioHead,
    by: Vec<Arc<str>>,
    kpis: Vec<KpiHead>,
    rows: Vec<ScenarioRow>,
}

/// A scenario as data.
#[derive(Debug, Serialize)]
pub(crate) struct ScenarioHead {
    /// The title in the language of the reader.
    pub title: String,
    /// What it sets: formulas by name.
    pub changes: IndexMap<Arc<str>, String>,
}

#[derive(Debug, Serialize)]
struct ScenarioRow {
    group: IndexMap<String, Option<String>>,
    total: bool,
    values: IndexMap<Arc<str>, Compared>,
}

/// A value without and with the scenario, with their exact difference, and the difference divided by the size of the first.
#[derive(Debug, Serialize)]
struct Compared {
    base: Entry,
    scenario: Entry,
    difference: Option<String>,
    change: Option<String>,
}

impl ScenarioHead {
    /// The scenario in the language of the reader.
    pub fn new(scenario: &ScenarioDefinition, library: &Library, language: Language) -> Self {
        let formula = |value| one_line(library.text(value));
        let changes = scenario.changes.iter().map(|it| (it.name.text.clone(), formula(it.value.span)));
        Self { title: scenario.title.get(language.code()).to_owned(), changes: changes.collect() }
    }
}

/// The document of these groups. None if the query has no scenario.
pub(crate) fn scenario_document(
    evaluation: &Evaluation,
    groups: &[usize],
    language: Language,
) -> Option<ScenarioDocument> {
    let library = &evaluation.plan.library;
    let scenario = library.scenario(evaluation.plan.query.scenario.as_ref()?).ok()?;
    let kpis = evaluation.in_scenario();
    let row = |&group: &usize| {
        let total = evaluation.groups[group].total;
        ScenarioRow {
            group: if total { IndexMap::new() } else { evaluation.group_label(group) },
            total,
            values: kpis.iter().map(|kpi| compared(evaluation, *kpi, group, language)).collect(),
        }
    };
    Some(ScenarioDocument {
        version: VERSION,
        scenario: ScenarioHead::new(scenario, library, language),
        by: evaluation.group_columns(),
        kpis: kpis.iter().map(|kpi| head(evaluation, kpi.base, language)).collect(),
        rows: groups.iter().map(row).collect(),
    })
}

fn compared(evaluation: &Evaluation, kpi: InScenario, group: usize, language: Language) -> (Arc<str>, Compared) {
    let difference = evaluation.difference(kpi, group);
    let compared = Compared {
        base: entry(evaluation, kpi.base, group, language),
        scenario: entry(evaluation, kpi.scenario, group, language),
        difference: difference.map(|(difference, _)| plain(difference.decimal)),
        change: difference.and_then(|(_, change)| change).map(|change| plain(change.decimal)),
    };
    (evaluation.plan.kpis[kpi.base].name.clone(), compared)
}
