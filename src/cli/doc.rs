//! `kpi doc`: turns definitions into a glossary for people, with the current values where data are given.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use super::Answer;
use super::args::{Bounds, Doc, DocFormat, Sources};
use super::eval::{Planning, are_named_once, computed, planned, query};
use super::output::Printed;
use super::report::not_a_period;
use super::workspace::{Tables, Workspace, in_workspace};
use crate::budget::Budget;
use crate::diagnostic::{Code, Diagnostic};
use crate::eval::Evaluation;
use crate::language::Phrase;
use crate::plan::Query;
use crate::render::{CurrentValues, Glossary, Locale};
use crate::report::Shown;

pub(super) fn run(arguments: &Doc, bounds: &Bounds) -> Answer {
    if let Some(problem) = contradiction(arguments) {
        return Answer::of(problem);
    }
    in_workspace(&arguments.sources, &bounds.budget, |workspace| documented(arguments, workspace, bounds))
}

fn documented(arguments: &Doc, workspace: &Workspace, bounds: &Bounds) -> Answer {
    let mut answer = workspace.answer();
    if !answer.problems.is_empty() {
        // An incomplete glossary would be misleading.
        return answer;
    }
    let mut glossary = match glossary(workspace, arguments, &bounds.budget) {
        Ok(glossary) => glossary,
        Err(limit) => return answer.stopped(limit),
    };
    if !arguments.sources.data.is_empty() || arguments.query.is_given() {
        match Current::of(&glossary, workspace, arguments, bounds, &mut answer) {
            Some(current) => glossary = current.written_in(glossary, &Locale::new(arguments.lang)),
            None => return answer,
        }
    }
    match written(&glossary, arguments.format, &bounds.budget) {
        Ok(printed) => Answer { printed, ..answer },
        Err(limit) => answer.stopped(limit),
    }
}

fn glossary(workspace: &Workspace, arguments: &Doc, budget: &Budget) -> Result<Glossary, Diagnostic> {
    let locale = Locale::new(arguments.lang);
    let glossary = Glossary::within(&workspace.library, arguments.std, &locale, &mut budget.charge())?;
    Ok(Glossary { title: arguments.title.clone(), date: arguments.date.as_ref().map(|day| day.0.clone()), ..glossary })
}

fn written(glossary: &Glossary, format: DocFormat, budget: &Budget) -> Result<Printed, Diagnostic> {
    Ok(Printed::Text(match format {
        DocFormat::Markdown => glossary.markdown_within(budget)?,
        DocFormat::Html => glossary.html_within(budget)?,
    }))
}

/// The error for options that a glossary cannot follow.
fn contradiction(arguments: &Doc) -> Option<Diagnostic> {
    let column = not_a_period(&arguments.query, arguments.lang)?;
    let message = format!("a glossary shows one value for each KPI, and `{column}` is not a period");
    let hint = "select rows with `--where`, and the last month with `--by month`";
    Some(Diagnostic::error(Code::BadQuery, message).hint(hint))
}

/// The current values of a glossary.
struct Current {
    /// None if nothing can be computed.
    evaluation: Option<Evaluation>,
    /// The period that the query asks for, as in queries.
    period: Option<Arc<str>>,
    /// Why KPIs have no value.
    missing: HashMap<Arc<str>, String>,
}

impl Current {
    /// Computes what can be computed. None if the query is wrong; the answer says why.
    fn of(
        glossary: &Glossary,
        workspace: &Workspace,
        arguments: &Doc,
        bounds: &Bounds,
        answer: &mut Answer,
    ) -> Option<Self> {
        let mut tables = workspace.tables(&arguments.sources.data);
        if !are_named_once(workspace, &mut tables, &arguments.sources.data, answer) {
            return None;
        }
        let (kpis, lacking) = complete(glossary, workspace, &tables, arguments);
        if kpis.is_empty() {
            return Some(Self {
                evaluation: None,
                period: arguments.query.period.as_deref().map(Arc::from),
                missing: lacking,
            });
        }
        let missing = RefCell::new(lacking);
        // A KPI may need other periods than those of the query. The others are computed all the same.
        let planning = Planning {
            completion: &|surroundings, query| {
                let is_computed = |kpi: &Arc<str>| match surroundings.error(&query, kpi) {
                    None => true,
                    Some(problem) => {
                        missing.borrow_mut().insert(kpi.clone(), problem.message);
                        false
                    }
                };
                let kpis: Vec<Arc<str>> = query.kpis.iter().filter(|kpi| is_computed(kpi)).cloned().collect();
                // If none is left, their errors are those of the query.
                Ok(if kpis.is_empty() { query } else { Query { kpis, ..query } })
            },
            ..Planning::new(arguments.lang, bounds)
        };
        let query = Query { kpis, ..query(&arguments.query, &[]) };
        let (query, plan) = planned(workspace, &mut tables, query, &planning, answer)?;
        let evaluation = computed(plan, &tables, bounds.budget.clone(), &mut answer.problems)?;
        Some(Self { evaluation: Some(evaluation), period: query.period, missing: missing.into_inner() })
    }

    /// The glossary with the values.
    fn written_in(&self, glossary: Glossary, locale: &Locale) -> Glossary {
        let shown = self.evaluation.as_ref().map(|evaluation| {
            let all: Vec<usize> = (0..evaluation.plan.kpis.len()).collect();
            Shown::of(evaluation, &all)
        });
        let current = shown.as_ref().and_then(|shown| Some(&*shown.period()?.name));
        let values = CurrentValues {
            evaluation: self.evaluation.as_ref(),
            group: shown.as_ref().and_then(|shown| shown.groups.get(shown.current).copied()),
            period: current.or(self.period.as_deref()),
            missing: &self.missing,
        };
        glossary.with_values(&values, locale)
    }
}

/// The KPIs of a glossary whose data are there, and what the others lack.
fn complete(
    glossary: &Glossary,
    workspace: &Workspace,
    tables: &Tables,
    arguments: &Doc,
) -> (Vec<Arc<str>>, HashMap<Arc<str>, String>) {
    let library = &workspace.library;
    let ids = glossary.sheets().filter_map(|sheet| library.id(&sheet.id));
    let (mut kpis, mut lacking) = (vec![], HashMap::new());
    for found in library.computable(ids, &tables.datasets) {
        let name = library.get(found.definition).name.text.clone();
        match found.is_complete() {
            true => kpis.push(name),
            false => {
                let lacks = arguments.lang.phrase(Phrase::DataLack, &[&found.lacks.join(", ")]);
                lacking.insert(name, lacks);
            }
        }
    }
    (kpis, lacking)
}

/// Definitions without data, for a result in a file.
pub(super) fn definitions(files: &[PathBuf], result: Option<&PathBuf>, strict: bool) -> Sources {
    Sources { files: files.to_vec(), result: result.cloned(), strict, ..Sources::default() }
}
