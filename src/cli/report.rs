//! `kpi report`: turns a query into a page for managers.

use indexmap::IndexSet;

use super::Answer;
use super::args::{self, Bounds, Report as Arguments, ReportFormat};
use super::eval::{Beside, Planning, are_named_once, nothing_to_compute, planned, query};
use super::output::{Printed, json};
use super::quoting::shell_word;
use super::why::Against;
use super::workspace::{Tables, Workspace, in_workspace};
use crate::budget::Budget;
use crate::data::{Grain, Source};
use crate::diagnostic::{Code, Diagnostic, did_you_mean};
use crate::language::Language;
use crate::library::card::Text;
use crate::library::{Library, ReportDefinition};
use crate::plan::{Column, Condition, GroupBy, Query};
use crate::render::{self, Imprint, Locale};
use crate::report::{Asked, Engine, Report};
use crate::syntax::ast::Path;

pub(super) fn run(arguments: &Arguments, bounds: &Bounds) -> Answer {
    if let Some(problem) = contradiction(arguments) {
        return Answer::of(problem);
    }
    in_workspace(&arguments.sources, &bounds.budget, |workspace| reported(arguments, workspace, bounds))
}

fn reported(arguments: &Arguments, workspace: &Workspace, bounds: &Bounds) -> Answer {
    let mut answer = workspace.answer();
    if answer.cannot_begin() {
        return answer;
    }
    let orders = match orders(arguments, &workspace.library) {
        Ok(orders) => orders,
        Err(problem) => return answer.stopped(problem),
    };
    if arguments.against.is_some() && orders.iter().any(|order| order.query.by.is_empty()) {
        return answer.stopped(without_periods());
    }
    let nothing = |order: &Order| nothing_to_compute(workspace, &order.query, Beside::Nothing);
    if let Some(nothing) = orders.iter().find_map(nothing) {
        if answer.problems.is_empty() {
            answer.problems.push(nothing);
        }
        return answer;
    }
    let mut tables = workspace.tables(&arguments.sources.data);
    if !are_named_once(workspace, &mut tables, &arguments.sources.data, &mut answer) {
        return answer;
    }
    let mut reports = vec![];
    for order in orders {
        match report(arguments, workspace, &mut tables, order, bounds, &mut answer) {
            Some(report) => reports.push(report),
            None => return answer,
        }
    }
    match written(&reports, arguments, &bounds.budget) {
        Ok(printed) => Answer { printed, ..answer },
        Err(limit) => answer.stopped(limit),
    }
}

/// The reports in the format that is asked for.
fn written(reports: &[Report], arguments: &Arguments, budget: &Budget) -> Result<Printed, Diagnostic> {
    let imprint = Imprint { command: command(), date: arguments.date.as_ref().map(|day| day.0.clone()) };
    Ok(match arguments.format {
        ReportFormat::Html => {
            Printed::Text(render::report_page(reports, &Locale::new(arguments.lang), &imprint, budget)?)
        }
        ReportFormat::Json => Printed::Raw(json(&render::report_document(reports, arguments.lang))),
    })
}

/// What one report shows.
struct Order {
    title: Option<Text>,
    query: Query,
    over: Vec<GroupBy>,
    against: String,
}

/// The reports that the arguments name by their titles, or a single one of KPIs.
fn orders(arguments: &Arguments, library: &Library) -> Result<Vec<Order>, Diagnostic> {
    let is_title =
        |name: &&String| library.reports().any(|report| report.is_titled(name)) && library.id(name).is_none();
    let (titles, kpis): (Vec<&String>, Vec<&String>) = arguments.kpis.iter().partition(|name| is_title(name));
    match (titles.first(), kpis.first()) {
        (Some(title), Some(kpi)) => {
            let message = format!("`{title}` is a report, and `{kpi}` is not");
            let problem = Diagnostic::error(Code::BadQuery, message);
            let problem =
                problem.maybe_hint(library.report(kpi).err().and_then(|problem| problem.hints.first().cloned()));
            Err(problem.hint("name only reports, or only KPIs"))
        }
        (Some(_), None) => titles.iter().map(|title| Ok(Order::of(library.report(title)?, arguments))).collect(),
        (None, _) => match unknown_title(&kpis, library) {
            Some(problem) => Err(problem),
            None => Ok(vec![order_of_kpis(arguments)]),
        },
    }
}

/// The order of a report that names KPIs.
fn order_of_kpis(arguments: &Arguments) -> Order {
    Order {
        title: None,
        query: in_periods(query(&arguments.query, &named_once(&arguments.kpis)), arguments),
        over: columns(arguments),
        against: arguments.against.clone().unwrap_or_else(|| PREVIOUS.to_owned()),
    }
}

/// The error for a name that is close to the title of a report, and not a KPI.
fn unknown_title(names: &[&String], library: &Library) -> Option<Diagnostic> {
    let problem = |name: &&&String| {
        let titles = library.reports().flat_map(ReportDefinition::titles).map(|title| &**title);
        let meant = did_you_mean(name, titles).filter(|_| library.find(name).is_empty())?;
        let message = format!("`{name}` is not defined as a report or a KPI");
        Some(Diagnostic::error(Code::UnknownName, message).in_query().hint(meant))
    };
    names.iter().find_map(|name| problem(&name))
}

/// The KPIs without those that are named again.
fn named_once(kpis: &[String]) -> Vec<String> {
    kpis.iter().cloned().collect::<IndexSet<_>>().into_iter().collect()
}

impl Order {
    /// The order of a `report` item. Options replace its entries; conditions are added.
    fn of(report: &ReportDefinition, arguments: &Arguments) -> Self {
        let own = query(&arguments.query, &[]);
        let by = report.by().map(group).into_iter().collect();
        let conditions = report.conditions().map(|condition| Condition::Formula(condition.into(), vec![]));
        let over = columns(arguments);
        let against = arguments.against.as_deref().or(report.against().map(|against| &**against));
        let query = Query {
            kpis: report.kpis().into_iter().map(|name| name.text.clone()).collect(),
            by: if own.by.is_empty() { by } else { own.by },
            period: own.period.or_else(|| report.period().cloned()),
            filters: conditions.chain(own.filters).collect(),
            ..own
        };
        Self {
            title: Some(report.title.clone()),
            query: in_periods(query, arguments),
            over: if over.is_empty() { report.over().into_iter().map(group).collect() } else { over },
            against: against.unwrap_or(PREVIOUS).to_owned(),
        }
    }
}

/// The query by the grain of the project, if it has no periods. Other columns of the project group tables, not reports.
fn in_periods(query: Query, arguments: &Arguments) -> Query {
    let mut grains = arguments.project_by.iter().filter(|name| is_grain(name, arguments.lang));
    let by = match query.by.is_empty() {
        true => grains.next().map(|name| GroupBy::written(name)).into_iter().collect(),
        false => query.by,
    };
    Query { by, ..query }
}

/// The period that values are compared with by default.
const PREVIOUS: &str = "previous";

fn columns(arguments: &Arguments) -> Vec<GroupBy> {
    arguments.over.iter().flat_map(|columns| &columns.0).map(|column| GroupBy::written(column)).collect()
}

/// A column of a `report` item in a query.
fn group(path: &Path) -> GroupBy {
    match &path.qualifier {
        Some(dataset) => format!("{}.{}", dataset.text, path.name.text).into(),
        None if path.name.quoted => Column(&path.name.text).into(),
        None => (&*path.name.text).into(),
    }
}

/// Computes one report. None if there is nothing to show; the answer says why.
fn report(
    arguments: &Arguments,
    workspace: &Workspace,
    tables: &mut Tables,
    order: Order,
    bounds: &Bounds,
    answer: &mut Answer,
) -> Option<Report> {
    let Order { title, query, over, against } = order;
    let (query, plan) = planned(workspace, tables, query, &Planning::new(arguments.lang, bounds), answer)?;
    let locale = Locale::new(arguments.lang);
    let source = tables.source();
    let engine = Engine {
        library: &plan.library,
        source: &source as &dyn Source,
        limits: &bounds.limits,
        budget: &bounds.budget,
        decimals: &|ty, card, numbers| render::common_decimals(ty, card, numbers, &locale),
    };
    let asked = Asked { title, query: &query, over: &over, against: against.trim() };
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
    if let Some(column) = not_a_period(&arguments.query, arguments.lang) {
        let message = format!("a report runs over time, and `{column}` is not a period");
        let hint = format!("show the segments of a column with `--over {column}`, and the periods with `--by month`");
        return Some(Diagnostic::error(Code::BadQuery, message).hint(hint));
    }
    let over = arguments.over.iter().flat_map(|columns| &columns.0);
    if let Some(grain) = over.into_iter().find(|name| is_grain(name, arguments.lang)) {
        let message = format!("`{grain}` is a period, not a column with segments");
        let hint = format!("write `--by {grain}`, and `--over` with a column of the data, such as `--over channel`");
        return Some(Diagnostic::error(Code::BadQuery, message).hint(hint));
    }
    let against = arguments.against.as_deref().unwrap_or(PREVIOUS);
    match Against::read(against) {
        Ok(Against::Period(..)) => None,
        Ok(Against::Target) => {
            let problem = Diagnostic::error(Code::BadQuery, "a report compares with targets in any case");
            Some(problem.hint("omit `--against`, or compare with a period: `--against '1 year ago'`"))
        }
        Ok(Against::Key(_) | Against::Base | Against::Scenario(_)) | Err(_) => {
            let message = format!("`{against}` is not a period to compare with");
            let problem = Diagnostic::error(Code::BadQuery, message);
            Some(problem.hint("write `--against previous` or `--against '1 year ago'`"))
        }
    }
}

/// The error for a comparison of a report that has a single value for each KPI.
fn without_periods() -> Diagnostic {
    let problem = Diagnostic::error(Code::BadQuery, "`--against` compares periods, and the report has none");
    problem.hint("add the length of the periods: `--by month`")
}

/// The first column that a query is grouped by and that is not a grain of time.
pub(super) fn not_a_period(query: &args::Query, language: Language) -> Option<&String> {
    query.by.iter().flat_map(|columns| &columns.0).find(|name| !is_grain(name, language))
}

/// True if a name is a grain of time in English or in the language of the report.
fn is_grain(name: &str, language: Language) -> bool {
    let translated = |grain: Grain| render::group_head(grain.name(), language) == name;
    Grain::from_name(name).is_some() || Grain::ALL.into_iter().any(translated)
}

/// The command line, as a shell reads it, without the options that only say when it runs.
fn command() -> String {
    let mut words: Vec<String> = std::env::args().skip(1).collect();
    if let Some(at) = words.iter().position(|word| word == "--port") {
        words.drain(at..(at + 2).min(words.len()));
    }
    words.retain(|word| word != "--watch" && !word.starts_with("--port="));
    let words = words.iter().map(|word| shell_word(word));
    std::iter::once("kpi".to_owned()).chain(words).collect::<Vec<_>>().join(" ")
}
