//! Cases → the groups of their results, and the value of each KPI.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use num_rational::BigRational;

use super::context::{Context, Period, Range, axis, conjuncts};
use super::number::{Number, fit, number, rational};
use super::rows::{Cause, Cell, Row, Value, apply, of_row, rows};
use super::tree::{Aggregate, Case, Expr, Kind, Name, has_column};

#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    pub period: Option<Period>,
    pub keys: Vec<Option<String>>,
    pub total: bool,
}

/// The arguments of a function, and the arguments around its call.
#[derive(Clone, Copy)]
pub struct Scope<'a> {
    pub names: &'a [String],
    pub arguments: &'a [Expr],
    pub outer: Option<&'a Scope<'a>>,
}

pub const TOP: Scope<'static> = Scope { names: &[], arguments: &[], outer: None };

pub struct Reference<'a> {
    pub case: &'a Case,
    /// The rows of each dataset that the condition of the query keeps, or for which it fails.
    pub rows: BTreeMap<Name, Vec<(Row, Option<Cause>)>>,
    /// The conditions of contexts around inner groups.
    pub conditions: Vec<(Option<Name>, Expr)>,
    /// The datasets that were read, in which contexts.
    pub measures: RefCell<Vec<(Name, Context)>>,
    /// The references for inner groups, and the keys that have rows in any period.
    pub inner: RefCell<BTreeMap<String, &'static Reference<'static>>>,
    pub present: RefCell<BTreeMap<String, bool>>,
}

impl<'a> Reference<'a> {
    pub fn new(case: &'a Case) -> Self {
        let mut new = Self {
            case,
            rows: BTreeMap::new(),
            conditions: vec![],
            measures: RefCell::default(),
            inner: RefCell::default(),
            present: RefCell::default(),
        };
        for table in &case.tables {
            let all = rows(case, table, &|name| new.parameter(name));
            let kept = all.into_iter().filter_map(|row| match &case.query.condition {
                Some(condition) if has_all(case, table.name, condition) => {
                    new.keeps(&row, &[condition]).map(|failure| (row, failure))
                }
                _ => Some((row, None)),
            });
            let kept = kept.collect();
            new.rows.insert(table.name, kept);
        }
        new
    }

    fn parameter(&self, name: &str) -> Cell {
        match &self.case.query.set {
            Some((set, value)) if set == name => Ok(Value::Number(number(*value))),
            _ => {
                let found = self.case.definitions.iter().find(|it| it.name == name).expect("the parameter is defined");
                of_row(&found.formula, &Row::new(), &|name| self.parameter(name))
            }
        }
    }

    /// None if a condition excludes the row, and the cause if one of the conditions fails.
    pub fn keeps(&self, row: &Row, conditions: &[&Expr]) -> Option<Option<Cause>> {
        let parts = conditions.iter().flat_map(|condition| conjuncts(condition));
        let truths: Vec<Cell> = parts.map(|it| of_row(it, row, &|name| self.parameter(name))).collect();
        let excludes = |truth: &Cell| match truth {
            Ok(truth) => *truth == Value::Boolean(false),
            Err(cause) => !cause.is_failure(),
        };
        (!truths.iter().any(excludes)).then(|| truths.iter().find_map(|truth| truth.clone().err()))
    }

    /// The groups of the result in order.
    pub fn groups(&self) -> Vec<Group> {
        let query = &self.case.query;
        let split = |name: &Name| query.keys.iter().all(|key| has_column(self.case, name, key));
        let datasets: Vec<Name> = self.rows.keys().copied().filter(|it| *it != "people").filter(split).collect();
        // Rows that the query cannot split or filter count all the same: their values say why they are undefined.
        let timed = self.rows.iter().filter(|(name, _)| **name != "people");
        let days: Vec<i64> = timed.flat_map(|(_, rows)| rows).map(|(row, _)| day(row)).collect();
        let ends = match query.period {
            Some((first, last, _)) => Some((first, last)),
            None => days.iter().min().copied().zip(days.iter().max().copied()),
        };
        let single = query.period.and_then(|(first, last, grain)| Some((grain?, first, last)));
        let periods: Vec<Option<Period>> = match (query.grain, ends) {
            (Some(_), None) => vec![],
            (Some(grain), Some((first, last))) => axis(grain, first, last).into_iter().map(Some).collect(),
            (None, _) => vec![single],
        };
        let keys: BTreeSet<Vec<Option<String>>> =
            datasets.iter().flat_map(|name| &self.rows[name]).map(|(row, _)| keys(&query.keys, row)).collect();
        let mut groups = vec![];
        for period in periods {
            let of_keys = keys.iter().map(|keys| Group { period, keys: keys.clone(), total: false });
            match query.keys.is_empty() {
                true => groups.push(Group { period, keys: vec![], total: false }),
                false => groups.extend(of_keys.filter(|group| self.has_rows(group))),
            }
        }
        if query.grain.is_some() || !query.keys.is_empty() {
            groups.push(Group { period: single, keys: vec![], total: true });
        }
        groups
    }

    /// True if any measure has rows for these keys.
    fn has_rows(&self, group: &Group) -> bool {
        self.measures.borrow_mut().clear();
        self.kpis().iter().for_each(|name| drop(self.value(name, group)));
        let measures = self.measures.borrow().clone();
        let query = &self.case.query;
        // Rows that a condition cannot be applied to count in their own period only.
        let rows = |dataset: Name, context: &Context| match context.is_current() {
            true => self.rows_in(dataset, group, context),
            false => self.rows_of(dataset, group, context),
        };
        measures.iter().any(|(dataset, context)| {
            !query.keys.iter().any(|key| context.drops(key))
                && !context.is_all_time()
                && rows(dataset, context).is_ok_and(|rows| !rows.is_empty())
        })
    }

    pub fn kpis(&self) -> Vec<&'a str> {
        let kpis = self.case.definitions.iter().filter(|it| it.kind == Kind::Kpi);
        kpis.map(|it| it.name.as_str()).collect()
    }

    pub fn value(&self, name: &str, group: &Group) -> Cell {
        self.evaluate(&Expr::Name(name.into()), &TOP, &Context::default(), group)
    }

    pub fn evaluate(&self, expr: &Expr, scope: &Scope<'_>, context: &Context, group: &Group) -> Cell {
        match expr {
            Expr::Name(name) => {
                if let Some(at) = scope.names.iter().position(|it| it == name) {
                    return self.evaluate(&scope.arguments[at], scope.outer.unwrap_or(&TOP), context, group);
                }
                let definition = self.case.definitions.iter().find(|it| it.name == *name).expect("it is defined");
                match definition.kind {
                    Kind::Parameter => self.parameter(name),
                    _ => self.evaluate(&definition.formula, &TOP, context, group),
                }
            }
            Expr::Apply(name, arguments) => {
                let function = self.case.functions.iter().find(|it| it.name == *name).expect("it is defined");
                let inner = Scope { names: &function.parameters, arguments, outer: Some(scope) };
                self.evaluate(&function.body, &inner, context, group)
            }
            Expr::Each(it) => self.each(it, scope, context, group),
            Expr::Context(x, parts) => self.evaluate(x, scope, &context.with(parts), group),
            Expr::Aggregate(it) => {
                self.measures.borrow_mut().push((it.dataset, context.clone()));
                self.aggregate(it, context, group)
            }
            _ => {
                let children = expr.children();
                let of: Vec<Cell> = children.into_iter().map(|it| self.evaluate(it, scope, context, group)).collect();
                apply(expr, &of)
            }
        }
    }

    /// The rows of a dataset in a group and a context, before conditions of aggregates and contexts.
    pub fn rows_of(
        &self,
        dataset: Name,
        group: &Group,
        context: &Context,
    ) -> Result<Vec<&(Row, Option<Cause>)>, Cause> {
        let conditions = context.conditions.iter().chain(&self.conditions);
        let conditions = conditions.filter(|it| it.0.is_none()).map(|it| &it.1);
        let mut conditions = conditions.chain(&self.case.query.condition);
        if conditions.any(|condition| !has_all(self.case, dataset, condition)) {
            return Err(Cause::Meaningless);
        }
        self.rows_in(dataset, group, context)
    }

    fn rows_in(&self, dataset: Name, group: &Group, context: &Context) -> Result<Vec<&(Row, Option<Cause>)>, Cause> {
        let query = &self.case.query;
        let kept_keys = query.keys.iter().enumerate().filter(|(_, key)| !group.total && !context.drops(key));
        let kept_keys: Vec<(usize, Name)> = kept_keys.map(|(at, key)| (at, *key)).collect();
        if kept_keys.iter().any(|(_, key)| !has_column(self.case, dataset, key)) {
            return Err(Cause::Meaningless);
        }
        let selected: Range = query.period.map_or((None, None), |(first, last, _)| (Some(first), Some(last)));
        let (first, last) = context.range(group.period, selected)?;
        let in_group = |(row, _): &&(Row, Option<Cause>)| {
            let day = day(row);
            let in_time = first.is_none_or(|first| first <= day) && last.is_none_or(|last| day <= last);
            in_time && kept_keys.iter().all(|(at, key)| self::key(key, row) == group.keys[*at])
        };
        Ok(self.rows[dataset].iter().filter(in_group).collect())
    }

    fn aggregate(&self, it: &Aggregate, context: &Context, group: &Group) -> Cell {
        let rows = self.rows_of(it.dataset, group, context)?;
        if rows.is_empty() {
            return Err(Cause::NoRows);
        }
        // A row in which the condition of the query fails leaves every aggregate undecided.
        if let Some(cause) = rows.iter().find_map(|(_, failure)| *failure) {
            return Err(cause);
        }
        let applies = |dataset: &Option<Name>| dataset.is_none_or(|dataset| dataset == it.dataset);
        let of_context = context.conditions.iter().filter(|(dataset, _)| applies(dataset)).map(|it| &it.1);
        let conditions: Vec<&Expr> = it.condition.iter().chain(of_context).collect();
        let mut kept: Vec<(&Row, Cell)> = vec![];
        for (row, _) in rows {
            let Some(failed) = self.keeps(row, &conditions) else { continue };
            let of = it.value.as_ref().map(|value| of_row(value, row, &|name| self.parameter(name)));
            let cell = failed.map_or_else(|| of.unwrap_or(Ok(Value::Boolean(true))), Err);
            kept.push((row, cell));
        }
        let none_kept = kept.is_empty();
        kept.retain(|(_, cell)| cell.as_ref().err().is_none_or(|cause| cause.is_failure()));
        if it.function == "first" || it.function == "last" {
            kept = at_the_end(kept, &it.by, it.function == "last");
        }
        let mut values: Vec<Value> = kept.into_iter().map(|(_, cell)| cell).collect::<Result<_, _>>()?;
        share_exactness(&mut values);
        if it.distinct {
            values = values.into_iter().collect::<BTreeSet<_>>().into_iter().collect();
        }
        fold(it, values, none_kept)
    }
}

pub fn has_all(case: &Case, dataset: Name, condition: &Expr) -> bool {
    condition.columns().iter().all(|column| has_column(case, dataset, column))
}

pub fn day(row: &Row) -> i64 {
    match row["day"] {
        Ok(Value::Date(day)) => day,
        _ => panic!("every row has a day"),
    }
}

fn key(column: Name, row: &Row) -> Option<String> {
    match &row[column] {
        Ok(Value::Text(text)) => Some(text.clone()),
        _ => None,
    }
}

pub fn keys(columns: &[Name], row: &Row) -> Vec<Option<String>> {
    columns.iter().map(|column| key(column, row)).collect()
}

/// The rows with the first or last day among those with the same keys.
fn at_the_end<'r>(rows: Vec<(&'r Row, Cell)>, by: &[Name], last: bool) -> Vec<(&'r Row, Cell)> {
    let mut ends: BTreeMap<Vec<Option<String>>, i64> = BTreeMap::new();
    for (row, _) in &rows {
        let day = day(row);
        let end = ends.entry(keys(by, row)).or_insert(day);
        *end = if last { day.max(*end) } else { day.min(*end) };
    }
    rows.into_iter().filter(|(row, _)| ends[&keys(by, row)] == day(row)).collect()
}

/// Of equal numbers all are inexact if one of them is.
pub fn share_exactness(values: &mut [Value]) {
    let inexact: BTreeSet<BigRational> = values
        .iter()
        .filter_map(|value| match value {
            Value::Number(number) if !number.exact => Some(number.value.clone()),
            _ => None,
        })
        .collect();
    for value in values {
        if let Value::Number(number) = value {
            number.exact &= !inexact.contains(&number.value);
        }
    }
}

/// Combines the values of the rows.
pub fn fold(it: &Aggregate, values: Vec<Value>, none_kept: bool) -> Cell {
    if it.function == "count" {
        return Ok(Value::Number(number(values.len() as i64)));
    }
    let mut numbers: Vec<Number> = values
        .into_iter()
        .map(|value| match value {
            Value::Number(number) => number,
            other => panic!("{other:?} is not a number"),
        })
        .collect();
    numbers.sort();
    match numbers.len() {
        0 if none_kept && it.function == "sum" => return Ok(Value::Number(number(0))),
        0 if none_kept => return Err(Cause::NoRowsKept),
        0 => return Err(Cause::Blank),
        1 => {}
        _ if it.function == "only" => return Err(Cause::ManyRows),
        _ => {}
    }
    match it.function {
        "min" => return Ok(Value::Number(numbers.swap_remove(0))),
        "max" => return Ok(Value::Number(numbers.pop().expect("there is a number"))),
        _ => {}
    }
    let mut exact = numbers.iter().all(|number| number.exact);
    if let Some(percent) = it.fraction.or((it.function == "median").then_some(50)) {
        let (below, above, rest) = place(numbers.len(), percent);
        // The number above counts only if the place is between two numbers.
        exact = numbers[below].exact && (rest == rational(0, 0) || numbers[above].exact);
    }
    let numbers: Vec<BigRational> = numbers.into_iter().map(|number| number.value).collect();
    let sum = || numbers.iter().fold(rational(0, 0), |sum, number| sum + number);
    let value = match it.function {
        "sum" | "first" | "last" | "only" => sum(),
        "avg" => sum() / rational(numbers.len() as i64, 0),
        "median" => quantile(&numbers, 50),
        "quantile" => quantile(&numbers, it.fraction.expect("a quantile has a fraction")),
        _ => unreachable!("no aggregate `{}`", it.function),
    };
    fit(value, exact).map(Value::Number).ok_or(Cause::Overflow)
}

/// The positions around a percentage of some sorted numbers, and how far it lies between them.
fn place(len: usize, percent: i64) -> (usize, usize, BigRational) {
    let place = rational(percent * (len as i64 - 1), 2);
    let below = usize::try_from(place.floor().to_integer()).expect("the place is in the list");
    (below, (below + 1).min(len - 1), &place - place.floor())
}

/// The number below which a percentage of the sorted numbers lies, interpolated between two of them.
fn quantile(sorted: &[BigRational], percent: i64) -> BigRational {
    let (below, above, rest) = place(sorted.len(), percent);
    &sorted[below] + (&sorted[above] - &sorted[below]) * rest
}
