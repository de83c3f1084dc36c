//! Checks that the answers of a source equal what the engine computes from the rows of its datasets.

use crate::aggregate::Embedded;
use crate::data::{ColumnType, Dataset, Source};
use crate::diagnostic::{Code, Diagnostic, Error};
use crate::eval::Evaluation;
use crate::library::Library;
use crate::plan::{Column, GroupBy, Limits, Query};

/// Checks a source against [`Embedded`].
///
/// Requests every aggregate of every column of its datasets: grouped by columns and periods, with totals, conditions,
/// filters, shifts and windows. Each answer is compared with what [`Embedded`] computes from the rows of the datasets.
/// Use test data with few rows, blank cells and gaps between periods.
///
/// ```
/// use std::sync::Arc;
/// use yardstick::testing::source_conformance;
/// use yardstick::{Embedded, Table};
///
/// let rows = [("2026-01-05", "web", 3), ("2026-03-01", "mail", 4)];
/// let table = Table::from_tuples("ads", &["day", "channel", "leads"], &rows)?;
/// source_conformance(&Embedded::new(vec![Arc::new(table)]))?;
/// # Ok::<(), yardstick::Error>(())
/// ```
///
/// # Errors
/// Returns one problem for each query whose answer differs, with the first difference.
pub fn source_conformance(source: &dyn Source) -> Result<(), Error> {
    let library = Library::from_text("")?;
    let reference = Embedded::new(source.datasets().to_vec());
    let queries = source.datasets().iter().flat_map(|dataset| queries(&**dataset));
    let differences: Vec<Diagnostic> =
        queries.filter_map(|query| difference(&library, &query, source, &reference).err()).collect();
    if differences.is_empty() { Ok(()) } else { Err(differences.into()) }
}

/// Queries that cover all kinds of requests to a source.
fn queries(dataset: &dyn Dataset) -> Vec<Query> {
    let formulas = formulas(dataset);
    let columns = columns(dataset, |ty| !matches!(ty, ColumnType::Unknown));
    let keys = self::columns(dataset, |ty| matches!(ty, ColumnType::Text | ColumnType::Boolean));
    let time = dataset.schema().time.is_some();
    let all = || Query::new(formulas.iter().map(String::as_str));
    let mut queries = vec![all()];
    queries.extend(columns.iter().map(|column| by(all(), column).totals(true)));
    queries.extend(columns.iter().zip(columns.iter().skip(1)).map(|(one, other)| by(by(all(), one), other)));
    queries.extend(columns.iter().map(|column| all().filter_formula(format!("is_defined(`{column}`)"))));
    if time {
        let shifted: Vec<String> = formulas.iter().flat_map(|formula| in_contexts(formula)).collect();
        for grain in ["month", "year"] {
            let by_time = Query::new(shifted.iter().map(String::as_str)).by(grain);
            queries.push(by_time.clone().totals(true));
            queries.extend(keys.iter().map(|column| by(by_time.clone(), column)));
        }
    }
    queries
}

fn by(query: Query, column: &str) -> Query {
    query.by(Column(column))
}

fn in_contexts(formula: &str) -> impl Iterator<Item = String> {
    ["", "[previous]", "[last 2 years]", "[year to date]", "[to date]"]
        .into_iter()
        .map(move |it| format!("{formula}{it}"))
}

/// The names of the columns of some types.
fn columns(dataset: &dyn Dataset, is: impl Fn(ColumnType) -> bool) -> Vec<String> {
    let columns = dataset.schema().columns.iter().filter(|(_, column)| is(column.ty));
    columns.map(|(name, _)| name.to_string()).collect()
}

/// Every aggregate of every column.
fn formulas(dataset: &dyn Dataset) -> Vec<String> {
    let table = dataset.name();
    let mut formulas = vec![format!("count(`{table}`)")];
    for column in columns(dataset, |_| true) {
        let column = format!("`{table}`.`{column}`");
        formulas.extend(["count", "min", "max", "only"].map(|name| format!("{name}({column})")));
        formulas.push(format!("count(distinct {column})"));
    }
    for column in columns(dataset, |ty| ty == ColumnType::Number) {
        let column = format!("`{table}`.`{column}`");
        formulas.extend(["sum", "avg", "median"].map(|name| format!("{name}({column})")));
        formulas.push(format!("quantile({column}, 25%)"));
        formulas.push(format!("sum({column} where {column} > 0)"));
        formulas.push(format!("sum(1 / {column})"));
        if dataset.schema().time.is_some() {
            formulas.extend(["first", "last"].map(|name| format!("{name}({column})")));
        }
    }
    formulas
}

/// # Errors
/// Returns an error if the answers differ. A query that the data cannot answer (a grain that is too fine, a type that
/// an aggregate does not support) is skipped.
fn difference(library: &Library, query: &Query, source: &dyn Source, reference: &Embedded) -> Result<(), Diagnostic> {
    let Ok((expected, _)) = library.evaluate_anyway(query, reference, &Limits::default()) else { return Ok(()) };
    let found = library.evaluate_anyway(query, source, &Limits::default()).map_err(|problems| {
        let problem = problems.into_diagnostics().into_iter().next();
        different(query, &problem.map_or("no answer".to_owned(), |problem| problem.message))
    })?;
    compare(&expected, &found.0).map_err(|difference| different(query, &difference))
}

fn different(query: &Query, difference: &str) -> Diagnostic {
    let by: Vec<&str> = query.by.iter().map(GroupBy::name).collect();
    let by = if by.is_empty() { "without groups".to_owned() } else { format!("by {}", by.join(", ")) };
    Diagnostic::error(Code::TestFailed, format!("the source differs from the rows of its datasets {by}: {difference}"))
}

fn compare(expected: &Evaluation, found: &Evaluation) -> Result<(), String> {
    if expected.groups != found.groups {
        return Err(format!("expected the groups {:?}, found {:?}", expected.groups, found.groups));
    }
    if expected.extents != found.extents {
        return Err(format!("expected the extents {:?}, found {:?}", expected.extents, found.extents));
    }
    if expected.plan.kpis.len() != found.plan.kpis.len() {
        return Err("the source refused some of the measures".to_owned());
    }
    for (at, kpi) in expected.plan.kpis.iter().enumerate() {
        for group in 0..expected.groups.len() {
            let place = || format!("`{}` in {:?}", kpi.name, expected.group_label(group));
            let (value, other) = (expected.value(at, group), found.value(at, group));
            if value != other {
                return Err(format!("{}: expected {value:?}, found {other:?}", place()));
            }
        }
    }
    for (at, (measure, other)) in expected.measures.iter().zip(&found.measures).enumerate() {
        let same = measure.rows == other.rows && measure.skipped == other.skipped && measure.failed == other.failed;
        let same = same && measure.ranges == other.ranges && measure.left_out == other.left_out;
        if !same {
            return Err(format!("measure {at}: expected {measure:?}, found {other:?}"));
        }
    }
    Ok(())
}
