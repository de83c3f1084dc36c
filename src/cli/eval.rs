//! `kpi eval`: turns a query into a table.

use std::cmp::Ordering;
use std::sync::Arc;

use super::Answer;
use super::alert::alerts;
use super::args::{self, Bounds, DataFile, Eval, Format, Output, Sort};
use super::console::{Console, paragraph};
use super::output::{Printed, json};
use super::quoting::shell_word;
use super::rows::{Aside, Rows, formula_remark};
use super::scenario;
use super::unrelated;
use super::workspace::{Tables, Workspace, reading};
use crate::budget::Budget;
use crate::data::{ColumnType, Grain};
use crate::diagnostic::{Code, Diagnostic, did_you_mean, printable_line};
use crate::eval::{Evaluation, RowKind};
use crate::language::Language;
use crate::library::Library;
use crate::plan::{Condition, Given, GroupBy, Plan, Query, Setting, Shape, names};
use crate::render::{self, Locale};
use crate::syntax::ast::DefinitionKind;

pub(super) fn run(arguments: &Eval, console: &Console, bounds: &Bounds) -> Answer {
    let output = &arguments.output;
    if let Some(problem) = contradiction(arguments) {
        return Answer::of(problem);
    }
    let query = shaped(arguments, query(&arguments.query, &arguments.kpis).totals(arguments.totals));
    let query = Query { scenario: arguments.scenario.scenario.as_deref().map(Arc::from), ..query };
    let beside = match (arguments.std, arguments.scorecard && arguments.kpis.is_empty()) {
        (true, _) => Beside::Standard,
        (false, true) => Beside::StandardWithoutOwn,
        (false, false) => Beside::Nothing,
    };
    let (evaluation, mut answer) =
        evaluate(&arguments.sources, query, &Planning { beside, ..Planning::new(output.lang, bounds) });
    let Some(evaluation) = evaluation.map(Aside::new) else { return answer };
    let groups = match order(&evaluation, arguments.sort.as_ref(), arguments.limit, output.lang) {
        Ok(groups) => groups,
        Err(problem) => {
            answer.problems.push(problem);
            return answer;
        }
    };
    match alerts(&evaluation, &groups, &arguments.fail_on, &bounds.budget) {
        Ok(alerts) => answer.problems.extend(alerts),
        Err(limit) => return answer.stopped(limit),
    }
    if let Some(printed) = scenario::print(&evaluation, &groups, output, console, &bounds.budget, &mut answer) {
        match printed {
            Ok(printed) => answer.printed = printed,
            Err(limit) => return answer.stopped(limit),
        }
        return answer;
    }
    answer.remarks.extend(remarks(&evaluation, &groups, output));
    match printed(arguments, evaluation, groups, console, &bounds.budget, &mut answer.remarks) {
        Ok(printed) => Answer { printed, ..answer },
        Err(problem) => answer.stopped(problem),
    }
}

/// The result in the format that is asked for.
fn printed(
    arguments: &Eval,
    evaluation: Aside<Evaluation>,
    groups: Vec<usize>,
    console: &Console,
    budget: &Budget,
    remarks: &mut Vec<String>,
) -> Result<Printed, Diagnostic> {
    let output = &arguments.output;
    if arguments.scorecard {
        return scorecard(&evaluation, &groups, output, console, budget);
    }
    let across = evaluation.plan.query.shape.pivot.as_ref().map(|_| pivot(&evaluation)).transpose()?;
    Ok(match (output.format, output.csv(), across) {
        (_, Some(form), Some(pivot)) => {
            let grid = render::exact_grid(&evaluation, &groups, Some(pivot), form.language());
            let (text, count) = render::csv_in(form, &grid, output.formulas());
            remarks.extend(formula_remark(count, output.formulas()));
            Printed::Raw(text)
        }
        (Format::Json, ..) | (_, Some(_), None) => {
            let budget = budget.clone();
            Printed::Rows(Box::new(Rows { evaluation, groups, output: output.clone(), budget }))
        }
        (Format::Xlsx, _, across) => workbook(&evaluation, &groups, across, output.lang)?,
        (Format::Table, ..) if arguments.chart => {
            Printed::Marked(chart(&evaluation, &groups, output, console, budget)?)
        }
        (Format::Markdown, ..) => Printed::Text(markdown(&evaluation, &groups, output, budget)?),
        _ => Printed::Marked(table(&evaluation, &groups, output, console, budget)?),
    })
}

/// The result as an Excel workbook.
fn workbook(
    evaluation: &Evaluation,
    groups: &[usize],
    across: Option<render::Pivot<'_>>,
    language: Language,
) -> Result<Printed, Diagnostic> {
    let formats = render::excel_formats(evaluation, groups, &Locale::new(language));
    let grid = render::exact_grid(evaluation, groups, across, language);
    // Across, periods are headers.
    let is_first =
        |grain: &Grain| grid.columns.first().is_some_and(|it| it.header == render::group_head(grain.name(), language));
    let time = evaluation.plan.request.grain.filter(is_first);
    let keys = grid.columns.iter().filter(|column| column.key).count();
    let format = |_, column: usize| formats.get((column - keys) % formats.len()).map(String::as_str);
    render::workbook(&grid, time, format).map(Printed::Workbook)
}

/// Lines for standard error about a result.
fn remarks(evaluation: &Evaluation, groups: &[usize], output: &Output) -> Vec<String> {
    let has_no_marks = output.csv().is_some() || output.format == Format::Xlsx;
    let warnings = if has_no_marks { render::warnings(evaluation, groups) } else { vec![] };
    let subtotals = has_no_marks.then(|| subtotals_note(evaluation)).flatten();
    let wide = (output.format == Format::Table).then(|| wide_table_note(evaluation)).flatten();
    warnings.into_iter().chain(subtotals).chain(wide).collect()
}

/// A note on the subtotals of CSV, which has no room for a mark.
fn subtotals_note(evaluation: &Evaluation) -> Option<String> {
    let is_subtotal = |group: &usize| matches!(evaluation.kind(*group), RowKind::Subtotal(_));
    let count = (0..evaluation.groups.len()).filter(is_subtotal).count();
    let rows = if count == 1 { "row is a subtotal" } else { "rows are subtotals" };
    (count > 0)
        .then(|| format!("note: {count} {rows}: they follow their groups, and the keys that they cover are blank"))
}

/// The error for options that contradict each other.
fn contradiction(arguments: &Eval) -> Option<Diagnostic> {
    if arguments.scorecard && (arguments.output.csv().is_some() || arguments.output.format == Format::Xlsx) {
        let message = "a scorecard cannot be written as CSV or as a workbook";
        let hint = "write `--format table`, `markdown` or `json`, or omit `--scorecard`";
        return Some(Diagnostic::error(Code::BadQuery, message).hint(hint));
    }
    if let (true, Some(option)) = (arguments.chart, beside_chart(arguments)) {
        let message = format!("`{option}` cannot be combined with `--chart`");
        return Some(Diagnostic::error(Code::BadQuery, message).hint(format!("omit `{option}` or `--chart`")));
    }
    let direction = arguments.kpis.iter().find(|kpi| ["asc", "desc"].contains(&&*kpi.to_lowercase()));
    if let (Some(sort), Some(direction)) = (&arguments.sort, direction) {
        let minus = if direction.eq_ignore_ascii_case("desc") { "-" } else { "" };
        let problem = Diagnostic::error(Code::BadQuery, format!("`{direction}` is not a KPI"));
        let column = shell_word(&format!("{minus}{}", sort.column));
        return Some(problem.hint(format!("write `--sort {column}`; a minus sorts in descending order")));
    }
    if let (Some(_), Some(option)) = (&arguments.pivot, beside_pivot(arguments)) {
        let message = format!("`{option}` cannot be combined with `--pivot`");
        return Some(Diagnostic::error(Code::BadQuery, message).hint(format!("omit `{option}` or `--pivot`")));
    }
    let reordered = arguments.sort.as_ref().map(|_| "--sort").or(arguments.limit.map(|_| "--limit"));
    if let (false, Some(option)) = (arguments.subtotals.is_empty(), reordered) {
        let message = format!("`{option}` cannot be combined with `--subtotals`, whose rows follow their groups");
        return Some(Diagnostic::error(Code::BadQuery, message).hint(format!("omit `{option}` or `--subtotals`")));
    }
    scenario::contradiction(arguments).or_else(|| arguments.output.contradiction())
}

/// An option that has no meaning beside `--chart`, which is text for a terminal.
fn beside_chart(arguments: &Eval) -> Option<&'static str> {
    let options = [
        (arguments.pivot.is_some(), "--pivot"),
        (arguments.scorecard, "--scorecard"),
        (arguments.scenario.scenario.is_some(), "--scenario"),
        (arguments.output.format != Format::Table, "--format"),
    ];
    options.into_iter().find(|(is_asked, _)| *is_asked).map(|(_, option)| option)
}

/// An option that has no meaning beside `--pivot`.
fn beside_pivot(arguments: &Eval) -> Option<&'static str> {
    let options = [
        (!arguments.subtotals.is_empty(), "--subtotals"),
        (arguments.scorecard, "--scorecard"),
        (arguments.limit.is_some(), "--limit"),
    ];
    options.into_iter().find(|(is_asked, _)| *is_asked).map(|(_, option)| option)
}

/// A table with more columns gets a note that suggests CSV or JSON.
const READABLE_COLUMNS: usize = 100;

fn wide_table_note(evaluation: &Evaluation) -> Option<String> {
    let keys = evaluation.group_columns().len();
    let columns = keys + evaluation.plan.kpis.len();
    (keys > 0 && columns > READABLE_COLUMNS).then(|| {
        format!(
            "note: the table has {columns} columns; use `--format csv` for spreadsheets or `--format json` for programs"
        )
    })
}

/// The query that the options ask for.
pub(super) fn query(options: &args::Query, kpis: &[String]) -> Query {
    let texts = |texts: &[String]| -> Vec<Arc<str>> { texts.iter().map(|text| text.trim().into()).collect() };
    let set = options.assignments.iter();
    let set = set.map(|set| (names::bare(&set.name).into(), Setting::Formula(set.value.as_str().into())));
    Query {
        kpis: texts(kpis),
        by: options.by.iter().flat_map(|columns| &columns.0).map(|column| GroupBy::written(column)).collect(),
        filters: texts(&options.conditions).into_iter().map(|text| Condition::Formula(text, vec![])).collect(),
        period: options.period.as_deref().map(Arc::from),
        data_until: options.data_until.as_deref().map(Arc::from),
        set: set.collect(),
        ..Query::default()
    }
}

/// Adds the options that leave out groups and add rows.
fn shaped(arguments: &Eval, query: Query) -> Query {
    let query = shown(&arguments.shown, arguments.sort.as_ref(), query);
    let columns: Vec<GroupBy> =
        arguments.subtotals.iter().flat_map(|columns| &columns.0).map(|column| GroupBy::written(column)).collect();
    let query = columns.into_iter().fold(query, Query::subtotals);
    match arguments.pivot.as_deref().map(GroupBy::written) {
        None => query,
        Some(pivot) => with_pivot(query, pivot, arguments.output.format != Format::Json),
    }
}

/// Adds the options that leave out groups.
pub(super) fn shown(shown: &args::Shown, sort: Option<&Sort>, query: Query) -> Query {
    let query = query.skip_empty(shown.skip_empty);
    let query = match &shown.having {
        Some(condition) => query.having(condition.trim()),
        None => query,
    };
    let sorted_by = sort.map(|sort| names::bare(&sort.column));
    let is_column = |name: &str| query.by.iter().any(|group| group.name() == name);
    match (shown.top, sorted_by.filter(|name| !is_column(name))) {
        (None, _) => query,
        (Some(count), None) => query.top(count),
        (Some(count), Some(kpi)) => query.top_by(count, kpi),
    }
}

/// Groups by a column too, whose keys are across unless the format has no columns.
fn with_pivot(mut query: Query, pivot: GroupBy, is_across: bool) -> Query {
    if query.by.iter().all(|group| group.name() != pivot.name()) {
        query = query.by(pivot.clone());
    }
    query.shape.pivot = Some(pivot).filter(|_| is_across);
    query
}

/// Which KPIs of the standard library are computed besides the requested ones, if the data are sufficient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Beside {
    /// Nothing.
    Nothing,
    /// All KPIs.
    Standard,
    /// All KPIs, if the user's definitions publish none.
    StandardWithoutOwn,
}

impl Beside {
    fn takes_standard(self, library: &Library) -> bool {
        match self {
            Self::Nothing => false,
            Self::Standard => true,
            Self::StandardWithoutOwn => library.published().next().is_none(),
        }
    }
}

/// A result, and the tables that it was computed from.
pub(super) struct Computed {
    pub evaluation: Evaluation,
    pub tables: Tables,
}

impl Computed {
    /// True if the plan had a number of KPIs, of these names, and all of them could be computed.
    pub fn has_all(&self, names: &[Arc<str>], count: usize) -> bool {
        let found = self.evaluation.plan.kpis.iter().map(|kpi| &kpi.name);
        names.len() == count && found.take(count).eq(names)
    }

    /// True if a query can be computed without an error.
    pub fn computes(&self, query: Query, planning: &Planning<'_>) -> bool {
        let (plan, problems) = self.planned(query, planning);
        !plan.kpis.is_empty() && !problems.iter().any(Diagnostic::is_error)
    }

    /// Evaluates another query, without opening the files again.
    pub fn again(&self, query: Query, planning: &Planning<'_>) -> Result<Evaluation, Answer> {
        let (plan, mut problems) = self.planned(query, planning);
        let sources = plan.sources.clone();
        match computed(plan, &self.tables, planning.bounds.budget.clone(), &mut problems) {
            Some(evaluation) => Ok(evaluation),
            None => Err(Answer { problems, sources, ..Answer::default() }),
        }
    }

    fn planned(&self, query: Query, planning: &Planning<'_>) -> (Plan, Vec<Diagnostic>) {
        let query = in_query_words(query, &self.tables, planning.language);
        let library = &self.evaluation.plan.library;
        let (plan, problems) = planning.bounds.plan(library, &query, &self.tables.datasets, Given::default());
        (with_further(plan, &query, library, &self.tables, planning), problems)
    }
}

/// The definitions and data of a query, for those that complete it.
pub(super) struct Surroundings<'a> {
    pub library: &'a Library,
    tables: &'a Tables,
    bounds: &'a Bounds,
}

impl Surroundings<'_> {
    /// The error of a query of this KPI. None if it can be computed.
    pub fn error(&self, query: &Query, kpi: &Arc<str>) -> Option<Diagnostic> {
        let query = Query { kpis: vec![kpi.clone()], ..query.clone() };
        let (_, problems) = self.bounds.plan(self.library, &query, &self.tables.datasets, Given::default());
        problems.into_iter().find(Diagnostic::is_error)
    }

    /// Returns true if a query of this KPI can be computed.
    pub fn computes(&self, query: &Query, kpi: &Arc<str>) -> bool {
        let query = Query { kpis: vec![kpi.clone()], ..query.clone() };
        let (plan, problems) = self.bounds.plan(self.library, &query, &self.tables.datasets, Given::default());
        !plan.kpis.is_empty() && !problems.iter().any(Diagnostic::is_error)
    }
}

/// Completes a query when the definitions and data are known.
pub(super) type Completion<'a> = &'a dyn Fn(&Surroundings<'_>, Query) -> Result<Query, Diagnostic>;

/// How a query is planned.
pub(super) struct Planning<'a> {
    /// The KPIs of the standard library besides those of the query.
    pub beside: Beside,
    /// The language of the query.
    pub language: Language,
    /// What planning may take.
    pub bounds: &'a Bounds,
    /// Completes the query when the definitions and data are known.
    pub completion: Completion<'a>,
    /// Names KPIs that are evaluated besides those of the plan.
    pub further: &'a dyn Fn(&Plan) -> Vec<Arc<str>>,
}

impl<'a> Planning<'a> {
    /// The KPIs of the query alone.
    pub fn new(language: Language, bounds: &'a Bounds) -> Self {
        Self { beside: Beside::Nothing, language, bounds, completion: &|_, query| Ok(query), further: &|_| vec![] }
    }
}

/// Evaluates what can be evaluated and collects all problems. None if there is nothing to show.
pub(super) fn evaluate(sources: &args::Sources, query: Query, planning: &Planning<'_>) -> (Option<Evaluation>, Answer) {
    let (computed, answer) = compute(sources, query, planning);
    (computed.map(|computed| computed.evaluation), answer)
}

/// The same, with the tables.
pub(super) fn compute(sources: &args::Sources, query: Query, planning: &Planning<'_>) -> (Option<Computed>, Answer) {
    match Workspace::open(sources, &planning.bounds.budget) {
        Ok(workspace) => compute_in(&workspace, &sources.data, query, planning),
        Err(problem) => (None, Answer::of(problem)),
    }
}

/// The same with definitions that are compiled already, and these files of the command line.
pub(super) fn compute_in(
    workspace: &Workspace,
    data: &[DataFile],
    query: Query,
    planning: &Planning<'_>,
) -> (Option<Computed>, Answer) {
    let is_readable = workspace.problems.iter().all(|problem| problem.code != Code::Unreadable);
    let mut tables = if is_readable { workspace.tables(data) } else { Tables::default() };
    let (evaluation, answer) = evaluate_over(workspace, &mut tables, data, query, planning);
    (evaluation.map(|evaluation| Computed { evaluation, tables }), answer)
}

/// Evaluates a query over tables that are open already.
pub(super) fn evaluate_over(
    workspace: &Workspace,
    tables: &mut Tables,
    data: &[DataFile],
    query: Query,
    planning: &Planning<'_>,
) -> (Option<Evaluation>, Answer) {
    let mut answer = workspace.answer();
    if answer.cannot_begin() {
        return (None, answer);
    }
    if let Some(nothing) = nothing_to_compute(workspace, &query, planning.beside) {
        if answer.problems.is_empty() {
            answer.problems.push(nothing);
        }
        return (None, answer);
    }
    if !are_named_once(workspace, tables, data, &mut answer) {
        return (None, answer);
    }
    let Some((_, plan)) = planned(workspace, tables, query, planning, &mut answer) else { return (None, answer) };
    (computed(plan, tables, planning.bounds.budget.clone(), &mut answer.problems), answer)
}

/// Warns about names of files that look misspelled. False if a dataset is given twice; the answer says so.
pub(super) fn are_named_once(
    workspace: &Workspace,
    tables: &mut Tables,
    data: &[DataFile],
    answer: &mut Answer,
) -> bool {
    answer.problems.extend(workspace.misspelled(data));
    let twice = std::mem::take(&mut tables.twice);
    let is_once = twice.is_empty();
    answer.problems.extend(twice);
    is_once
}

/// Plans what can be computed, with the query in the words of the language. None if nothing can be; the answer says why.
pub(super) fn planned(
    workspace: &Workspace,
    tables: &mut Tables,
    query: Query,
    planning: &Planning<'_>,
    answer: &mut Answer,
) -> Option<(Query, Plan)> {
    let (library, bounds) = (&workspace.library, planning.bounds);
    let (asked, takes_standard) = (query.kpis.len(), planning.beside.takes_standard(library));
    let query = in_query_words(query, tables, planning.language);
    let query = complete(library, query, takes_standard, tables, bounds, answer)?;
    let query = match (planning.completion)(&Surroundings { library, tables, bounds }, query) {
        Ok(query) => query,
        Err(problem) => {
            answer.problems.push(problem);
            return None;
        }
    };
    let plan = tested_plan(library, &query, tables, bounds, answer);
    if plan.kpis.is_empty() {
        return None;
    }
    let plan = with_further(plan, &query, library, tables, planning);
    let of_definitions = answer.problems.drain(..workspace.errors().count()).collect();
    let of_definitions = unrelated::set_aside(&plan, asked, of_definitions);
    answer.problems.splice(..0, of_definitions);
    Some((query, plan))
}

/// The plan with the KPIs that are evaluated besides its own.
fn with_further(plan: Plan, query: &Query, library: &Library, tables: &Tables, planning: &Planning<'_>) -> Plan {
    let more = (planning.further)(&plan);
    if more.is_empty() {
        return plan;
    }
    let kpis = query.kpis.iter().cloned().chain(more).collect();
    planning.bounds.plan(library, &Query { kpis, ..query.clone() }, &tables.datasets, Given::default()).0
}

/// The query with the days of its period and all its KPIs. None if it cannot be answered; the answer says why.
fn complete(
    library: &Library,
    query: Query,
    takes_standard: bool,
    tables: &Tables,
    bounds: &Bounds,
    answer: &mut Answer,
) -> Option<Query> {
    let query = match library.with_latest(&query, &tables.source(), &bounds.limits, &bounds.budget) {
        Ok(query) => query,
        Err(error) => {
            answer.sources = error.sources().clone();
            answer.problems.extend(error.into_diagnostics());
            return None;
        }
    };
    let misplaced = groups_among_kpis(library, &query, tables);
    if !misplaced.is_empty() {
        answer.problems.extend(misplaced);
        return None;
    }
    let query = if takes_standard { with_standard(library, query, tables, bounds) } else { query };
    if query.kpis.is_empty() && takes_standard && library.published().next().is_none() {
        answer.problems.push(nothing_computable());
        return None;
    }
    Some(query)
}

/// Plans a query without the datasets whose rows break a strict test.
fn tested_plan(library: &Library, query: &Query, tables: &mut Tables, bounds: &Bounds, answer: &mut Answer) -> Plan {
    let (plan, problems) = bounds.plan(library, query, &tables.datasets, Given::default());
    let read = plan.datasets_read();
    let (found, refused) = tables.test_rows(library, &plan.set, &bounds.budget, |at| read.contains(&at));
    let (plan, problems) = match refused.is_empty() {
        true => (plan, problems),
        false => bounds.plan(library, query, &tables.datasets, Given::default()),
    };
    answer.problems.extend(found.into_iter().filter(|problem| !problems.contains(problem)));
    answer.sources = plan.sources.clone();
    answer.problems.extend(tables.given_failures(&problems));
    let is_sound = !problems.iter().any(Diagnostic::is_error);
    answer.problems.extend(tables.unread(&plan).filter(|_| is_sound));
    answer.problems.extend(problems);
    answer.remarks = unusual(tables);
    plan
}

/// Runs a plan and adds its problems. Returns None if no KPI can be computed.
pub(super) fn computed(
    plan: Plan,
    tables: &Tables,
    budget: Budget,
    problems: &mut Vec<Diagnostic>,
) -> Option<Evaluation> {
    match Arc::new(plan).evaluate_within(&tables.source(), budget) {
        Ok((evaluation, found)) => {
            problems.extend(found.into_iter().chain(evaluation.notes.iter().cloned()));
            Some(evaluation).filter(|evaluation| !evaluation.plan.kpis.is_empty())
        }
        Err(error) => {
            problems.extend(error.into_diagnostics());
            None
        }
    }
}

/// Translates grains and periods of the query from the given language: `mois` is `month`, unless a table has a column
/// of that name, and `2026-T1` is `2026-Q1`.
fn in_query_words(query: Query, tables: &Tables, language: Language) -> Query {
    let is_column = |name: &str| tables.datasets.iter().any(|dataset| dataset.schema().find(name).is_some());
    let grain = |name: &str| Grain::ALL.into_iter().find(|grain| render::group_head(grain.name(), language) == name);
    let column = |by: GroupBy| match &by {
        GroupBy::Name(name) if !is_column(name) => grain(name).map_or(by, GroupBy::Grain),
        _ => by,
    };
    let shape = Shape {
        subtotals: query.shape.subtotals.into_iter().map(column).collect(),
        pivot: query.shape.pivot.map(column),
        ..query.shape
    };
    let by: Vec<GroupBy> = query.by.into_iter().map(column).collect();
    let shape = Shape { subtotals: shape.subtotals.iter().flat_map(|it| with_subtotals(it, &by)).collect(), ..shape };
    Query {
        by,
        shape,
        period: query.period.map(|period| language.query_period(&period).into()),
        data_until: query.data_until.map(|until| language.query_period(&until).into()),
        ..query
    }
}

/// The columns with subtotals: for `*`, all but the last of the result, in which the period comes first.
fn with_subtotals(column: &GroupBy, by: &[GroupBy]) -> Vec<GroupBy> {
    if column.name() != "*" {
        return vec![column.clone()];
    }
    let (grains, others): (Vec<GroupBy>, Vec<GroupBy>) =
        by.iter().cloned().partition(|group| matches!(group, GroupBy::Grain(_)));
    let mut columns: Vec<GroupBy> = grains.into_iter().chain(others).collect();
    if columns.len() > 1 {
        columns.pop();
    }
    if columns.is_empty() { vec![column.clone()] } else { columns }
}

/// Errors for group columns that are given as KPIs: `--by channel month`.
fn groups_among_kpis(library: &Library, query: &Query, tables: &Tables) -> Vec<Diagnostic> {
    let is_group = |name: &str| {
        let columns = tables.datasets.iter().filter_map(|dataset| {
            let schema = dataset.schema();
            schema.find(names::bare(name)).map(|column| schema.column(column).ty)
        });
        let types: Vec<ColumnType> = columns.collect();
        let is_number = types.contains(&ColumnType::Number);
        let is_column = library.id(name).is_none() && !query.by.is_empty() && !types.is_empty();
        !is_number && (is_column || Grain::from_name(name).is_some() && library.find(name).is_empty())
    };
    let asked = query.kpis.iter().map(|kpi| (kpi, kpi.trim_matches([',', ' ']))).filter(|(_, name)| is_group(name));
    let problem = |(_, name): (&Arc<str>, &str)| {
        let columns: Vec<&str> = query.by.iter().map(GroupBy::name).chain([name]).collect();
        Diagnostic::error(Code::BadQuery, format!("`{name}` is a group column, not a KPI"))
            .hint(format!("separate group columns with commas: `--by {}`", shell_word(&columns.join(","))))
    };
    asked.map(problem).collect()
}

/// The error for a query without KPIs. None if there is something to compute.
pub(super) fn nothing_to_compute(workspace: &Workspace, query: &Query, beside: Beside) -> Option<Diagnostic> {
    let library = &workspace.library;
    if !query.kpis.is_empty() || library.published().next().is_some() || beside.takes_standard(library) {
        return None;
    }
    let message = match workspace.files {
        0 => "nothing to compute: no KPI is named, and this folder has no .kpi files",
        _ => "nothing to compute: no KPI is named, and the definitions publish no KPI",
    };
    let problem = Diagnostic::error(Code::BadQuery, message)
        .hint("name a KPI of the standard library (`kpi list --std` lists them), or write a formula: `kpi eval 'spend / leads' -d ads.csv`")
        .hint("or name the definitions: `-f FILE|DIR`");
    Some(problem)
}

fn nothing_computable() -> Diagnostic {
    Diagnostic::error(Code::BadQuery, "the data are not sufficient for any KPI of the standard library")
        .hint("run `kpi list --computable -d FILE` to see what is missing for each KPI")
}

/// Adds the KPIs of the standard library that can be computed. The others cause no errors.
fn with_standard(library: &Library, query: Query, tables: &Tables, bounds: &Bounds) -> Query {
    let names = |standard: bool| {
        let kpis = library.definitions().filter(move |it| it.kind == DefinitionKind::Kpi && it.standard == standard);
        kpis.map(|definition| definition.name.text.clone())
    };
    let surroundings = Surroundings { library, tables, bounds };
    let computes = |name: &Arc<str>| surroundings.computes(&query, name);
    let found: Vec<Arc<str>> = names(true).filter(|name| !query.kpis.contains(name) && computes(name)).collect();
    let own: Vec<Arc<str>> = if query.kpis.is_empty() { names(false).collect() } else { query.kpis };
    let kpis = own.into_iter().chain(found).collect();
    Query { kpis, ..query }
}

/// How files were read, for files in an unusual format.
fn unusual(tables: &Tables) -> Vec<String> {
    let datasets = tables.datasets.iter();
    datasets.filter_map(|dataset| reading(&**dataset, |note| !note.usual)).collect()
}

/// The positions of the rows to show, in order, with those of `--top` and totals last.
fn order(
    evaluation: &Evaluation,
    sort: Option<&Sort>,
    limit: Option<usize>,
    language: Language,
) -> Result<Vec<usize>, Diagnostic> {
    let is_group = |group: &usize| evaluation.kind(*group) == RowKind::Group;
    if sort.is_none() && limit.is_none() {
        return Ok((0..evaluation.groups.len()).collect());
    }
    let (mut groups, added): (Vec<usize>, Vec<usize>) = (0..evaluation.groups.len()).partition(is_group);
    if let Some(sort) = sort {
        let compare = comparison(evaluation, sort, language)?;
        groups.sort_by(|a, b| compare(*a, *b));
    }
    groups.truncate(limit.unwrap_or(usize::MAX));
    Ok(groups.into_iter().chain(added).collect())
}

type Comparison<'a> = Box<dyn Fn(usize, usize) -> Ordering + 'a>;

/// Compares groups by a KPI (undefined values last) or by a group column.
fn comparison<'a>(
    evaluation: &'a Evaluation,
    sort: &'a Sort,
    language: Language,
) -> Result<Comparison<'a>, Diagnostic> {
    let turned = |ordering: Ordering| if sort.descending { ordering.reverse() } else { ordering };
    let sorted_by = names::bare(&sort.column);
    let found = evaluation.plan.library.find(sorted_by);
    let names = |name: &str| {
        name == sort.column || name == sorted_by || found.iter().any(|definition| *definition.name.text == *name)
    };
    if let Some(kpi) = evaluation.plan.kpis.iter().position(|kpi| names(&kpi.name)) {
        return Ok(Box::new(move |a, b| match (evaluation.value(kpi, a), evaluation.value(kpi, b)) {
            (Ok(a), Ok(b)) => turned(a.cmp(&b)),
            (a, b) => a.is_err().cmp(&b.is_err()),
        }));
    }
    let columns = evaluation.group_columns();
    let unqualified = names::split(&sort.column, '.').last().map_or(sorted_by, |last| names::bare(last));
    let is_sorted_by = |column: &Arc<str>| {
        [&**column, render::group_head(column, language)].iter().any(|name| *name == sorted_by || *name == unqualified)
    };
    if let Some(at) = columns.iter().position(is_sorted_by) {
        let grain = usize::from(evaluation.plan.request.grain.is_some());
        return Ok(Box::new(move |a, b| {
            let (a, b) = (&evaluation.groups[a], &evaluation.groups[b]);
            turned(match at.checked_sub(grain) {
                Some(key) => a.keys.compare(&b.keys, key),
                None => a.period.map(|it| it.number).cmp(&b.period.map(|it| it.number)),
            })
        }));
    }
    let known: Vec<&str> =
        columns.iter().map(|name| &**name).chain(evaluation.plan.kpis.iter().map(|kpi| &*kpi.name)).collect();
    let message = format!("the result has no column `{sorted_by}` to sort by");
    Err(Diagnostic::error(Code::BadQuery, message).maybe_hint(did_you_mean(sorted_by, known.iter().copied())).hint(
        format!("the columns are {}", known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")),
    ))
}

fn scorecard(
    evaluation: &Evaluation,
    groups: &[usize],
    output: &Output,
    console: &Console,
    budget: &Budget,
) -> Result<Printed, Diagnostic> {
    let (locale, mut charge) = (Locale::new(output.lang), budget.charge());
    if output.format == Format::Json {
        return Ok(Printed::Raw(json(&render::scorecard_document_within(evaluation, groups, &locale, &mut charge)?)));
    }
    let card = render::scorecard_within(evaluation, groups, &locale, &mut charge)?;
    Ok(match output.format {
        Format::Markdown => Printed::Text(card.markdown_within(budget)?),
        _ => Printed::Marked(card.table_within(console.width, budget)?),
    })
}

/// The pivot of a result.
fn pivot(evaluation: &Evaluation) -> Result<render::Pivot<'_>, Diagnostic> {
    let name = evaluation.plan.query.shape.pivot.as_ref().map_or("", GroupBy::name);
    let column = names::split(name, '.').last().map_or(name, |last| names::bare(last));
    let found = render::Pivot::new(evaluation, name).or_else(|| render::Pivot::new(evaluation, column));
    found.ok_or_else(|| Diagnostic::error(Code::BadQuery, format!("the result has no column `{name}` to pivot")))
}

fn table(
    evaluation: &Evaluation,
    groups: &[usize],
    output: &Output,
    console: &Console,
    budget: &Budget,
) -> Result<String, Diagnostic> {
    let mut charge = budget.charge();
    let across = evaluation.plan.query.shape.pivot.as_ref().map(|_| pivot(evaluation)).transpose()?;
    let sheet = render::sheet_within(evaluation, groups, across, &Locale::new(output.lang), &mut charge)?;
    let mut text = render::table_within(&sheet.grid, console.width, budget)?;
    if !sheet.remarks.is_empty() {
        text.push('\n');
    }
    for remark in &sheet.remarks {
        text.push_str(&paragraph(&printable_line(remark), console.width));
    }
    Ok(text)
}

fn chart(
    evaluation: &Evaluation,
    groups: &[usize],
    output: &Output,
    console: &Console,
    budget: &Budget,
) -> Result<String, Diagnostic> {
    if evaluation.group_columns().is_empty() {
        let problem = Diagnostic::error(Code::BadQuery, "a chart needs groups, and the result has one value");
        return Err(problem.hint("add groups: `--by month`"));
    }
    let (locale, mut charge) = (Locale::new(output.lang), budget.charge());
    let mut text = render::chart(evaluation, groups, console.width, &locale, &mut charge)?;
    let sheet = render::sheet_within(evaluation, groups, None, &locale, &mut charge)?;
    for remark in &sheet.remarks {
        text.push_str(&paragraph(&printable_line(remark), console.width));
    }
    Ok(text)
}

fn markdown(evaluation: &Evaluation, groups: &[usize], output: &Output, budget: &Budget) -> Result<String, Diagnostic> {
    let mut charge = budget.charge();
    let across = evaluation.plan.query.shape.pivot.as_ref().map(|_| pivot(evaluation)).transpose()?;
    let sheet = render::sheet_within(evaluation, groups, across, &Locale::new(output.lang), &mut charge)?;
    let mut text = render::markdown_within(&sheet.grid, budget)?;
    if !sheet.remarks.is_empty() {
        text.push('\n');
    }
    let lines = sheet.remarks.iter().map(|remark| render::escaped(&printable_line(remark)));
    lines.for_each(|line| text.push_str(&format!("- {line}\n")));
    Ok(text)
}
