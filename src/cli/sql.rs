//! `kpi sql`: prints the statements for the tables of a warehouse, and how much of each measure they compute.

use std::fmt::Write;
use std::sync::Arc;

use indexmap::IndexMap;
use serde::Serialize;

use super::Answer;
use super::args::{Bounds, Sql, SqlFormat, StoredColumn};
use super::eval::query;
use super::output::{Printed, json};
use super::unrelated;
use super::workspace::{Tables, Workspace, in_workspace};
use crate::data::Dataset;
use crate::diagnostic::{Code, Diagnostic, did_you_mean};
use crate::library::TableDefinition;
use crate::plan::{Given, Plan};
use crate::sql::{Dialect, Pushdown, Pushed, Returns, Statement, StoredType, Tier, WarehouseTable};

/// The statements of a query.
#[derive(Serialize)]
struct Script {
    dialect: &'static str,
    /// What comes first in a session.
    session: &'static [&'static str],
    tables: Vec<TableScript>,
}

/// The statements for one table.
#[derive(Serialize)]
struct TableScript {
    table: String,
    warehouse: Arc<str>,
    /// The types of columns that are assumed.
    assumed: IndexMap<Arc<str>, String>,
    #[serde(flatten)]
    pushdown: Pushdown,
}

pub(super) fn run(arguments: &Sql, bounds: &Bounds) -> Answer {
    in_workspace(&arguments.sources, &bounds.budget, |workspace| stated(arguments, workspace, bounds))
}

fn stated(arguments: &Sql, workspace: &Workspace, bounds: &Bounds) -> Answer {
    let mut answer = workspace.answer();
    let mut tables = workspace.tables(&arguments.sources.data);
    answer.problems.extend(tables.twice.iter().cloned());
    let warehouse = match warehouse_tables(workspace, &mut tables, &arguments.columns) {
        Ok(warehouse) => warehouse,
        Err(problems) => {
            answer.problems.extend(problems);
            return answer;
        }
    };
    if answer.problems.iter().any(|problem| problem.code == Code::Unreadable || problem.code == Code::BadQuery) {
        return answer;
    }
    let query = query(&arguments.query, &arguments.kpis).totals(arguments.totals);
    let query = match workspace.library.with_latest(&query, &tables.source(), &bounds.limits, &bounds.budget) {
        Ok(query) => query,
        Err(error) => {
            answer.problems.extend(error.into_diagnostics());
            return answer;
        }
    };
    let (plan, problems) = bounds.plan(&workspace.library, &query, &tables.datasets, Given::default());
    answer.sources = plan.sources.clone();
    let is_sound = !problems.iter().any(Diagnostic::is_error);
    let of_definitions = answer.problems.drain(..workspace.errors().count()).collect();
    let of_definitions = unrelated::set_aside(&plan, arguments.kpis.len(), of_definitions);
    answer.problems.splice(..0, of_definitions);
    answer.problems.extend(problems.into_iter().map(|problem| with_option(problem, arguments)));
    let connected = tables.stored.first().map(|stored| stored.dialect);
    let dialect = arguments.dialect.or(connected).unwrap_or_default();
    match scripts(workspace, &plan, &warehouse, &tables, arguments, dialect) {
        Ok(tables) if tables.is_empty() && is_sound => answer.problems.push(no_table()),
        Ok(tables) => {
            answer.remarks = if plan.kpis.is_empty() { vec![] } else { read_here(&plan, &tables) };
            let script = Script { dialect: dialect.name(), session: dialect.session(), tables };
            answer.printed = match arguments.format {
                SqlFormat::Json => Printed::Raw(json(&script)),
                SqlFormat::Text => Printed::Text(script.text()),
            };
        }
        Err(problem) => answer.problems.push(problem),
    }
    answer
}

/// Replaces the datasets that are tables of a warehouse, and returns them by position.
fn warehouse_tables(
    workspace: &Workspace,
    tables: &mut Tables,
    columns: &[StoredColumn],
) -> Result<Vec<Option<WarehouseTable>>, Vec<Diagnostic>> {
    let is_stored = |name: &str| tables.stored.iter().any(|stored| **stored.table.name() == *name);
    if let Some(column) = columns.iter().find(|column| is_stored(&column.dataset)) {
        let message = format!("`--column` names `{}`, whose types the warehouse tells", column.dataset);
        return Err(vec![Diagnostic::error(Code::BadQuery, message).hint("omit `--column` or `--connection`")]);
    }
    let is_table = |name: &str| {
        let table = workspace.library.dataset(name).is_some_and(|definition| definition.table.is_some());
        table && !tables.is_given(name)
    };
    if let Some(column) = columns.iter().find(|column| !is_table(&column.dataset)) {
        let message = format!("`--column` names `{}`, which is not a table of a warehouse", column.dataset);
        let known = workspace.library.datasets().map(|definition| &*definition.name.text).filter(|name| is_table(name));
        let problem = Diagnostic::error(Code::BadQuery, message);
        return Err(vec![problem.maybe_hint(did_you_mean(&column.dataset, known))]);
    }
    let of = |dataset: &Arc<dyn Dataset>| {
        if let Some(stored) = tables.stored.iter().find(|stored| stored.table.name() == dataset.name()) {
            return Some(Ok(stored.table.clone()));
        }
        let definition = workspace.library.dataset(dataset.name()).filter(|it| is_table(&it.name.text))?;
        let known: IndexMap<Arc<str>, StoredType> = columns
            .iter()
            .filter(|column| *column.dataset == **dataset.name())
            .map(|column| (column.column.as_str().into(), column.stored))
            .collect();
        let TableDefinition { table, warehouse, .. } = definition.table.as_ref()?;
        // It is an error of the plan that needs it.
        if workspace.connects(&warehouse.text) {
            return None;
        }
        Some(WarehouseTable::new(dataset.name(), table, &definition.declaration, &known))
    };
    let found = tables.datasets.iter().map(|dataset| of(dataset).transpose());
    let found = found.collect::<Result<Vec<Option<WarehouseTable>>, _>>()?;
    for (dataset, table) in tables.datasets.iter_mut().zip(&found) {
        if let Some(table) = table.as_ref().filter(|_| dataset.unreadable().is_some()) {
            *dataset = Arc::new(table.clone());
        }
    }
    Ok(found)
}

/// The statements of all requests of a plan.
fn scripts(
    workspace: &Workspace,
    plan: &Plan,
    warehouse: &[Option<WarehouseTable>],
    tables: &Tables,
    arguments: &Sql,
    dialect: Dialect,
) -> Result<Vec<TableScript>, Diagnostic> {
    let requests = std::iter::once(&plan.request).chain(plan.inner.iter().map(|inner| &inner.request));
    let mut scripts = vec![];
    for request in requests.filter(|_| !plan.kpis.is_empty()) {
        for at in 0..request.datasets.len() {
            if let Some(pushdown) = Pushdown::of(request, at, warehouse, dialect, Tier::Whole)?
                && let Some(table) = &warehouse[request.datasets[at].dataset]
            {
                scripts.extend(table_script(workspace, table, pushdown, tables, &arguments.columns));
            }
        }
    }
    Ok(scripts)
}

fn table_script(
    workspace: &Workspace,
    table: &WarehouseTable,
    pushdown: Pushdown,
    tables: &Tables,
    columns: &[StoredColumn],
) -> Option<TableScript> {
    let stored = tables.stored.iter().find(|stored| stored.table.name() == table.name());
    let declared = || Some(workspace.library.dataset(table.name())?.table.as_ref()?.warehouse.text.clone());
    let warehouse = stored.map(|stored| stored.warehouse.clone()).or_else(declared)?;
    let is_known = |name: &str| columns.iter().any(|it| *it.dataset == **table.name() && it.column == *name);
    let types = table.columns().filter(|(name, _)| stored.is_none() && !is_known(name));
    Some(TableScript {
        table: table.table().parts().join("."),
        warehouse,
        assumed: types.map(|(name, stored)| (name.clone(), stored.to_string())).collect(),
        pushdown,
    })
}

/// Notes on the datasets that are read from files.
fn read_here(plan: &Plan, tables: &[TableScript]) -> Vec<String> {
    let is_asked = |name: &Arc<str>| tables.iter().any(|table| table.pushdown.dataset == *name);
    let here = plan.datasets.iter().filter(|name| !is_asked(name));
    here.map(|name| format!("note: `{name}` is not a table of a warehouse; its rows are read here")).collect()
}

/// Adds how to name a column that is not declared.
fn with_option(problem: Diagnostic, arguments: &Sql) -> Diagnostic {
    let hint =
        "without a connection only declared columns are known: declare it, or add `--column DATASET.COLUMN=TYPE`";
    let is_unknown = problem.code == Code::UnknownColumn && arguments.sources.data.is_empty();
    problem.maybe_hint(is_unknown.then_some(hint))
}

fn no_table() -> Diagnostic {
    Diagnostic::error(Code::BadQuery, "the query reads no table of a warehouse").hint(
        "declare one: `dataset orders = table \"analytics.orders\" in warehouse { time ordered_on  amount: money }`",
    )
}

impl Script {
    /// The statements with comments that name the measures, their tiers and the reasons.
    fn text(&self) -> String {
        let mut text = String::new();
        for statement in self.session {
            let _ = writeln!(text, "{statement};");
        }
        for table in &self.tables {
            let separator = if text.is_empty() { "" } else { "\n" };
            let dataset = &table.pushdown.dataset;
            let _ = writeln!(text, "{separator}-- {dataset}: the table {} in {}", table.table, table.warehouse);
            if !table.assumed.is_empty() {
                let types: Vec<String> = table.assumed.iter().map(|(name, ty)| format!("{name} {ty}")).collect();
                let _ = writeln!(text, "-- assumed: {}", types.join(", "));
            }
            for (at, statement) in table.pushdown.statements.iter().enumerate() {
                let measures = table.pushdown.measures.iter().filter(|measure| measure.statement == at);
                let comments = match comments(measures) {
                    none if none.is_empty() => {
                        format!("-- {}\n", without_measures(statement, table.pushdown.counts_for_measures(at)))
                    }
                    comments => comments,
                };
                let _ = writeln!(text, "\n{comments}{};", statement.sql);
            }
        }
        text
    }
}

/// What a statement is for that returns the values of no measure.
fn without_measures(statement: &Statement, is_counted: bool) -> String {
    let tier = statement.tier;
    match statement.contents.returns {
        Returns::Days => "the days with rows".to_owned(),
        Returns::Texts => "the texts of a column, to find texts of the query that no row has".to_owned(),
        Returns::Finished(_) => format!("{tier}: the total of the next measure"),
        Returns::Chosen => format!("{tier}: the chosen rows"),
        Returns::Cells if tier == Tier::Rows => format!("{tier}: other rows that are read here"),
        Returns::Cells if is_counted => format!("{tier}: the numbers of rows and values"),
        Returns::Cells => format!("{tier}: the groups of the result"),
    }
}

/// A line for each different measure.
fn comments<'m>(measures: impl Iterator<Item = &'m Pushed>) -> String {
    let line = |it: &Pushed| format!("-- {}: {}: {}\n", it.tier, it.measure, it.reason);
    let lines: indexmap::IndexSet<String> = measures.map(line).collect();
    lines.into_iter().collect()
}
