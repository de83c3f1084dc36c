//! `kpi sensitivity`: computes KPIs with each of their inputs smaller and larger, and ranks the effects.

use super::Answer;
use super::args::{At, Bounds, PageFormat, Sensitivity};
use super::console::Console;
use super::eval::{Planning, Surroundings, evaluate, query};
use super::explain::{SelectedGroups, nothing_at};
use super::output::{Printed, json};
use super::scenario::{markdown_page, table_page};
use super::solve::settable;
use crate::diagnostic::{Code, Diagnostic};
use crate::eval::Evaluation;
use crate::plan::{GroupBy, Query};
use crate::render::{self, Locale};
use crate::what_if::{varied_names, varied_query};

pub(super) fn run(arguments: &Sensitivity, console: &Console, bounds: &Bounds) -> Answer {
    let at: Vec<At> = arguments.at.iter().flat_map(|group| group.0.clone()).collect();
    let language = arguments.output.lang;
    let selected = SelectedGroups::of(&at, language);
    let mut query = query(&arguments.query, &arguments.kpis);
    query.by.extend(selected.columns.iter().map(|at| GroupBy::written(&at.name)));
    let completion = |surroundings: &Surroundings<'_>, query: Query| completed(arguments, surroundings, query);
    let planning = Planning { completion: &completion, ..Planning::new(language, bounds) };
    let (evaluation, mut answer) = evaluate(&arguments.sources, query, &planning);
    let asked = |evaluation: &Evaluation| {
        let query = &evaluation.plan.query;
        let worlds = query.other_worlds.variations.len();
        query.kpis.len() + worlds * (query.kpis.len() - query.other_worlds.only_here)
    };
    let Some(evaluation) = evaluation.filter(|it| it.plan.kpis.len() == asked(it)) else { return answer };
    if evaluation.plan.query.other_worlds.variations.is_empty() {
        return answer.stopped(nothing_to_vary(&evaluation.plan.query));
    }
    let groups: Vec<usize> = (0..evaluation.groups.len()).filter(|&at| selected.has(&evaluation, at)).collect();
    if groups.is_empty() {
        return answer.stopped(nothing_at(&evaluation, &selected));
    }
    match printed(arguments, &evaluation, &groups, console, bounds) {
        Ok(printed) => answer.printed = printed,
        Err(limit) => return answer.stopped(limit),
    }
    answer
}

fn nothing_to_vary(query: &Query) -> Diagnostic {
    let message = format!("`{}` reads no definition that could be varied", query.kpis.join("`, `"));
    Diagnostic::error(Code::BadQuery, message)
        .hint("declare the inputs of the formula, such as `input spend = sum(ads.spend)`")
}

/// Adds the inputs, and the worlds in which they vary.
fn completed(arguments: &Sensitivity, surroundings: &Surroundings<'_>, query: Query) -> Result<Query, Diagnostic> {
    let library = surroundings.library;
    let named: Vec<&String> = arguments.inputs.iter().flat_map(|names| &names.0).collect();
    let chosen = named.iter().map(|name| settable(library, name)).collect::<Result<Vec<_>, _>>()?;
    let inputs = varied_names(library, &query.kpis, (!named.is_empty()).then_some(chosen))?;
    Ok(varied_query(query, &inputs, arguments.change.0))
}

fn printed(
    arguments: &Sensitivity,
    evaluation: &Evaluation,
    groups: &[usize],
    console: &Console,
    bounds: &Bounds,
) -> Result<Printed, Diagnostic> {
    let (output, library) = (&arguments.output, &evaluation.plan.library);
    let results = evaluation.sensitivities(groups, arguments.change.0, !arguments.inputs.is_empty());
    if output.format == PageFormat::Json {
        return Ok(Printed::Raw(json(&results)));
    }
    let locale = Locale::new(output.lang);
    let is_table = output.format == PageFormat::Table;
    let pages = results.iter().map(|result| {
        let (heading, sheet) = render::sensitivity(result, library, &locale, is_table);
        Ok(match is_table {
            true => format!("{heading}\n\n{}", table_page(&sheet, console, &bounds.budget)?),
            false => format!("**{}**\n\n{}", render::escaped(&heading), markdown_page(&sheet, &bounds.budget)?),
        })
    });
    Ok(Printed::Text(pages.collect::<Result<Vec<String>, Diagnostic>>()?.join("\n")))
}
