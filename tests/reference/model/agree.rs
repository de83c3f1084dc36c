//! Compares the engine with the reference: the groups, every value, its exactness, and why a value is undefined.

use std::sync::Arc;

use num_bigint::BigInt;
use yardstick::{Dataset, Decimal, Declaration, Embedded, Evaluation, Library, Limits, Query, Table};

use super::evaluate::{Group, Reference};
use super::number::{Number, rational};
use super::print::{csv, expr, grain, period, program};
use super::rows::{Cause, Cell, Value};
use super::tree::Case;

/// A case as a person would write it.
pub fn describe(case: &Case) -> String {
    let tables: Vec<String> = case.tables.iter().map(|table| format!("{}\n{}", table.name, csv(table))).collect();
    let query = &case.query;
    let period = query.period.map(|(first, last, grain)| period(first, last, grain));
    format!(
        "{}\nby {:?} {:?} period {period:?} where {:?} set {:?}\n{}",
        program(case),
        query.grain,
        query.keys,
        query.condition.as_ref().map(expr),
        query.set,
        tables.join("\n"),
    )
}

/// The engine's result of a case.
pub fn engine(case: &Case, threads: usize) -> Result<Evaluation, String> {
    let library = Library::from_text(&program(case)).map_err(|problems| problems.to_string())?;
    let tables = case.tables.iter().map(|table| {
        let declaration = library.dataset(table.name).map_or_else(Declaration::default, |it| it.declaration.clone());
        let table = Table::from_csv(table.name, &csv(table), &declaration).map_err(|it| format!("{it:?}"))?;
        Ok(Arc::new(table) as Arc<dyn Dataset>)
    });
    let source = Embedded::new(tables.collect::<Result<_, String>>()?);
    let limits = Limits::default().threads(threads);
    library.evaluate(&query(case), &source, &limits).map_err(|problems| problems.to_string())
}

fn query(case: &Case) -> Query {
    let mut query = Query::all().totals(true);
    if let Some(it) = case.query.grain {
        query = query.by(grain(it));
    }
    query = case.query.keys.iter().fold(query, |query, key| query.by(*key));
    if let Some((first, last, grain)) = case.query.period {
        query = query.period(period(first, last, grain));
    }
    if let Some(condition) = &case.query.condition {
        query = query.filter_formula(expr(condition));
    }
    match &case.query.set {
        Some((name, value)) => query.set(name.as_str(), Decimal::from(*value)),
        None => query,
    }
}

/// The difference between the engine and the reference, if any.
pub fn difference(case: &Case, threads: &[usize]) -> Option<String> {
    let reference = Reference::new(case);
    let groups = reference.groups();
    let values = |name: &str| groups.iter().map(|group| reference.value(name, group)).collect();
    let expected: Vec<(&str, Vec<Cell>)> = reference.kpis().into_iter().map(|name| (name, values(name))).collect();
    threads.iter().find_map(|threads| match engine(case, *threads) {
        Ok(result) => compare(case, &groups, &expected, &result).map(|it| format!("with {threads} threads, {it}")),
        Err(problems) => Some(problems),
    })
}

fn compare(case: &Case, groups: &[Group], values: &[(&str, Vec<Cell>)], result: &Evaluation) -> Option<String> {
    let expected: Vec<String> = groups.iter().map(|group| label(group, case)).collect();
    let found: Vec<String> = (0..result.groups.len()).map(|at| found_label(result, at)).collect();
    if expected != found {
        return Some(format!("groups: expected {expected:?}\n           found {found:?}"));
    }
    for (name, values) in values {
        let Some(kpi) = result.plan.kpis.iter().position(|kpi| *kpi.name == **name) else {
            return Some(format!("{name} is left out: {:?}", result.plan.diagnostics));
        };
        for (group, expected) in groups.iter().zip(values) {
            let at = found.iter().position(|it| *it == label(group, case)).expect("the groups are equal");
            let found = found_cell(result, kpi, at);
            if *expected != found {
                let (label, expected, found) = (label(group, case), show(expected), show(&found));
                return Some(format!("{name} in {label:?}: expected {expected}, found {found}"));
            }
        }
    }
    None
}

fn label(group: &Group, case: &Case) -> String {
    let period = group.period.filter(|_| case.query.grain.is_some() && !group.total);
    let period = period.map(|(grain, first, _)| super::calendar::spell(grain, first));
    let keys = group.keys.iter().map(|key| key.clone().unwrap_or_else(|| "(blank)".into()));
    let total = group.total.then(|| "total".to_owned());
    period.into_iter().chain(keys).chain(total).collect::<Vec<_>>().join(" ")
}

fn found_label(result: &Evaluation, at: usize) -> String {
    let group = &result.groups[at];
    let period = group.period.iter().map(|period| result.plan.request.calendar.spell(*period));
    let keys = group.keys.iter().map(|key| key.as_deref().unwrap_or("(blank)").to_owned());
    let total = group.total.then(|| "total".to_owned());
    period.chain(keys).chain(total).collect::<Vec<_>>().join(" ")
}

fn found_cell(result: &Evaluation, kpi: usize, at: usize) -> Cell {
    match result.value(kpi, at) {
        Ok(yardstick::Value::Number(number)) => {
            let value = rational(BigInt::from(number.decimal.mantissa()), number.decimal.scale());
            Ok(Value::Number(Number { value, exact: number.exact }))
        }
        Ok(yardstick::Value::Boolean(truth)) => Ok(Value::Boolean(truth)),
        Ok(other) => panic!("{other:?} is not a number or boolean"),
        Err(cause) => Err(match cause {
            yardstick::Cause::NoRows | yardstick::Cause::OutsideData => Cause::NoRows,
            yardstick::Cause::NoRowsKept => Cause::NoRowsKept,
            yardstick::Cause::ManyRows => Cause::ManyRows,
            yardstick::Cause::Blank => Cause::Blank,
            yardstick::Cause::Stated => Cause::Stated,
            yardstick::Cause::DivisionByZero => Cause::DivisionByZero,
            yardstick::Cause::Overflow => Cause::Overflow,
            yardstick::Cause::NoPeriod | yardstick::Cause::NotSplit => Cause::Meaningless,
            _ => Cause::Domain,
        }),
    }
}

fn show(cell: &Cell) -> String {
    match cell {
        Ok(Value::Number(number)) => format!("{}{}", if number.exact { "" } else { "~" }, number.value),
        other => format!("{other:?}"),
    }
}
