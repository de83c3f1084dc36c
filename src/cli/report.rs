//! `kpi report`: turns a query into a page for managers.

use std::path::Path;

use super::Answer;
use super::args::{Bounds, Report as Arguments};
use super::eval::{Beside, nothing_to_compute, open_tables, planned, query};
use super::output::Printed;
use super::why::Against;
use super::workspace::{Tables, Workspace};
use crate::data::{Grain, Source};
use crate::diagnostic::{Code, Diagnostic};
use crate::language::Language;
use crate::plan::{GroupBy, Query};
use crate::render::{self, Imprint, Locale};
use crate::report::{Asked, Engine, Report};

pub(super) fn run(arguments: &Arguments, bounds: &Bounds) -> Answer {
    if let Some(problem) = contradiction(arguments) {
        return Answer { problems: vec![problem], ..Answer::default() };
    }
    let workspace = Workspace::open(&arguments.sources, &bounds.budget);
    let mut answer = workspace.answer();
    if answer.problems.iter().any(|problem| problem.code == Code::Unreadable) {
        return answer;
    }
    let query = query(&arguments.query, &arguments.kpis);
    if let Some(nothing) = nothing_to_compute(&workspace, &query, Beside::Nothing) {
        if answer.problems.is_empty() {
            answer.problems.push(nothing);
        }
        return answer;
    }
    let Some(mut tables) = open_tables(&workspace, &arguments.sources, &mut answer) else { return answer };
    let Some(report) = report(arguments, &workspace, &mut tables, query, bounds, &mut answer) else { return answer };
    let imprint = Imprint { command: command(), date: arguments.date.clone() };
    let page = render::report_page(&[report], &Locale::new(arguments.lang), &imprint, &bounds.budget);
    match (page, &arguments.output) {
        (Ok(page), Some(path)) => answer.problems.extend(Printed::Text(page).save(path).err()),
        (Ok(page), None) => answer.printed = Printed::Text(page),
        (Err(limit), _) => return answer.stopped(limit),
    }
    answer
}

/// Computes one report. None if there is nothing to show; the answer says why.
fn report(
    arguments: &Arguments,
    workspace: &Workspace,
    tables: &mut Tables,
    query: Query,
    bounds: &Bounds,
    answer: &mut Answer,
) -> Option<Report> {
    let (query, plan) = planned(workspace, tables, query, Beside::Nothing, arguments.lang, bounds, answer)?;
    let over: Vec<GroupBy> =
        arguments.over.iter().flat_map(|columns| &columns.0).map(|column| GroupBy::written(column)).collect();
    let locale = Locale::new(arguments.lang);
    let source = tables.source();
    let engine = Engine {
        library: &plan.library,
        source: &source as &dyn Source,
        limits: &bounds.limits,
        budget: &bounds.budget,
        decimals: &|evaluation, values| render::change_decimals(evaluation, values, &locale),
    };
    let asked = Asked { title: None, query: &query, over: &over, against: arguments.against.trim() };
    match Report::of(asked, &engine) {
        Ok((report, problems)) => {
            answer.problems.extend(problems.into_iter().filter(|problem| !problem.is_error()));
            Some(report)
        }
        Err(problems) => {
            answer.problems.extend(problems);
            None
        }
    }
}

/// The error for options that a report cannot follow.
fn contradiction(arguments: &Arguments) -> Option<Diagnostic> {
    let by: Vec<&String> = arguments.query.by.iter().flat_map(|columns| &columns.0).collect();
    if let Some(column) = by.iter().find(|name| !is_grain(name, arguments.lang)) {
        let message = format!("a report runs over time, and `{column}` is not a period");
        let hint = format!("show the segments of a column with `--over {column}`, and the periods with `--by month`");
        return Some(Diagnostic::error(Code::BadQuery, message).hint(hint));
    }
    match Against::read(&arguments.against) {
        Ok(Against::Period(..)) => {}
        Ok(Against::Target) => {
            let problem = Diagnostic::error(Code::BadQuery, "a report compares with targets in any case");
            return Some(problem.hint("omit `--against`, or compare with a period: `--against '1 year ago'`"));
        }
        Ok(Against::Key(_)) | Err(_) => {
            let message = format!("`{}` is not a period to compare with", arguments.against);
            let problem = Diagnostic::error(Code::BadQuery, message);
            return Some(problem.hint("write `--against previous` or `--against '1 year ago'`"));
        }
    }
    let ending = arguments.output.as_deref().and_then(Path::extension).map(|it| it.to_string_lossy().to_lowercase());
    match ending.as_deref() {
        None | Some("html" | "htm") => None,
        Some(other) => {
            let message = format!("`kpi report` has no format for the extension `.{other}`");
            Some(Diagnostic::error(Code::BadQuery, message).hint("use the extension `.html`; browsers print it as PDF"))
        }
    }
}

/// True if a name is a grain of time in English or in the language of the report.
fn is_grain(name: &str, language: Language) -> bool {
    let translated = |grain: Grain| render::group_head(grain.name(), language) == name;
    Grain::from_name(name).is_some() || Grain::ALL.into_iter().any(translated)
}

/// The command line, as a shell reads it.
fn command() -> String {
    let words = std::env::args().skip(1).map(|word| {
        let is_plain = |letter: char| letter.is_alphanumeric() || "-_./,=:@%+".contains(letter);
        if !word.is_empty() && word.chars().all(is_plain) { word } else { format!("'{}'", word.replace('\'', "'\\''")) }
    });
    std::iter::once("kpi".to_owned()).chain(words).collect::<Vec<_>>().join(" ")
}
