//! `kpi sensitivity`: computes KPIs with each of their inputs smaller and larger, and ranks the effects.

use std::sync::Arc;

use indexmap::IndexSet;

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
use crate::library::{DefinitionId, Library};
use crate::plan::{GroupBy, Query, names};
use crate::render::{self, Locale};
use crate::source::FileId;
use crate::syntax::ast::{ExprKind, Path};
use crate::syntax::parse_expression;
use crate::value::unit::Type;
use crate::what_if::{self, varied_inputs, varied_query};

/// The maximum number of inputs that are varied.
const MAX_VARIED: usize = 200;

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
    let inputs = match named.is_empty() {
        true => read(library, &query.kpis),
        false => named.into_iter().map(|name| settable(library, name)).collect::<Result<Vec<_>, _>>()?,
    };
    let is_number = |id: &DefinitionId| matches!(library.type_of(*id), Type::Number(..) | Type::Zero | Type::Unknown);
    let inputs: IndexSet<DefinitionId> = inputs.into_iter().filter(is_number).collect();
    let inputs: Vec<Arc<str>> = inputs.into_iter().map(|id| library.get(id).name.text.clone()).collect();
    if inputs.len() > MAX_VARIED {
        let message = format!("the KPIs read {} inputs; at most {MAX_VARIED} can be varied at once", inputs.len());
        return Err(Diagnostic::error(Code::LimitReached, message).hint("name some of them: `--for spend,leads`"));
    }
    Ok(varied_query(query, &inputs, arguments.change.0))
}

/// The inputs and parameters that KPIs and formulas read.
fn read(library: &Library, kpis: &[Arc<str>]) -> Vec<DefinitionId> {
    let of = |kpi: &Arc<str>| match library.id(names::bare(kpi)) {
        Some(id) => varied_inputs(library, [id]),
        None => match library.find(kpi)[..] {
            [found] => varied_inputs(library, library.id(&found.name.text)),
            _ => in_formula(library, kpi),
        },
    };
    kpis.iter().flat_map(of).collect()
}

/// The inputs and parameters that a formula reads, those that it names among them.
fn in_formula(library: &Library, formula: &str) -> Vec<DefinitionId> {
    let Ok(expr) = parse_expression(FileId(0), formula) else { return vec![] };
    let named = expr.walk().flat_map(|part| match &*part.kind {
        ExprKind::Path(Path { qualifier: None, name, .. }) => Vec::from_iter(library.id(&name.text)),
        ExprKind::Call(call) => {
            let function = library.function_id(&call.function.text).map(|id| library.function(id));
            let names = function.into_iter().flat_map(|function| &function.references.definitions);
            names.filter_map(|name| library.id(&name.text)).collect()
        }
        _ => vec![],
    });
    let own = |id: DefinitionId| match varied_inputs(library, [id]) {
        inputs if inputs.is_empty() => vec![id],
        inputs => inputs,
    };
    named.flat_map(own).collect()
}

fn printed(
    arguments: &Sensitivity,
    evaluation: &Evaluation,
    groups: &[usize],
    console: &Console,
    bounds: &Bounds,
) -> Result<Printed, Diagnostic> {
    let (output, library) = (&arguments.output, &evaluation.plan.library);
    let kpis = evaluation.plan.query.kpis.len() - evaluation.plan.query.other_worlds.only_here;
    let all = groups.iter().flat_map(|group| (0..kpis).map(move |kpi| (kpi, *group)));
    let results =
        all.map(|(kpi, group)| evaluation.sensitivity(kpi, group, arguments.change.0, !arguments.inputs.is_empty()));
    let results: Vec<what_if::Sensitivity> = results.collect();
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
