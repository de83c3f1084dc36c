//! Compares the expectations of a case with an evaluation.

use std::sync::Arc;

use indexmap::IndexMap;

use super::{Failure, OtherValue, compare};
use crate::diagnostic::{Code, Diagnostic, Error, Label};
use crate::eval::Evaluation;
use crate::library::Library;
use crate::plan::Given;
use crate::source::Span;
use crate::syntax::ast::Expected;

/// One expected value and its source text.
pub(super) struct ExpectedValue {
    pub expected: Expected,
    pub text: String,
    pub span: Span,
    /// True for a cell of a table. Then the place is that of the table.
    pub cell: bool,
}

impl ExpectedValue {
    pub(super) fn new(library: &Library, expected: &Expected) -> Self {
        let span = expected.value.span;
        let text = format!("{}{}", if expected.about { "about " } else { "" }, library.text(span));
        Self { expected: expected.clone(), text, span, cell: false }
    }
}

/// One `expect`, or the result of an example.
pub(super) enum Expectation {
    /// A value for each group in order.
    Values { kpi: Arc<str>, span: Span, values: Vec<ExpectedValue> },
    /// A table of groups and values.
    Table(ExpectedTable),
}

/// The expected values of each group.
pub(super) struct ExpectedTable {
    pub span: Span,
    pub kpis: Vec<Arc<str>>,
    pub rows: Vec<ExpectedRow>,
}

/// A group by the names of its columns, with one value for each KPI.
pub(super) struct ExpectedRow {
    pub group: IndexMap<String, Option<String>>,
    pub values: Vec<ExpectedValue>,
}

impl Expectation {
    pub(super) fn kpis(&self) -> &[Arc<str>] {
        match self {
            Self::Values { kpi, .. } => std::slice::from_ref(kpi),
            Self::Table(table) => &table.kpis,
        }
    }

    fn span(&self) -> Span {
        match self {
            Self::Values { span, .. } => *span,
            Self::Table(table) => table.span,
        }
    }

    pub(super) fn failures(&self, evaluation: &Evaluation, given: &Given) -> Vec<Failure> {
        let left_out: Vec<&Arc<str>> = self.kpis().iter().filter(|kpi| position(evaluation, kpi).is_none()).collect();
        if !left_out.is_empty() {
            let library = &evaluation.plan.library;
            return left_out.iter().map(|kpi| problem(evaluation, broken(library, kpi, self.span()))).collect();
        }
        match self {
            Self::Values { kpi, span, values } => of_values(evaluation, given, kpi, *span, values),
            Self::Table(table) => of_table(evaluation, given, table),
        }
    }
}

fn position(evaluation: &Evaluation, kpi: &str) -> Option<usize> {
    evaluation.plan.kpis.iter().position(|known| *known.name == *kpi)
}

fn of_values(evaluation: &Evaluation, given: &Given, kpi: &str, span: Span, values: &[ExpectedValue]) -> Vec<Failure> {
    let groups = evaluation.groups.len();
    if values.len() != groups {
        let message =
            format!("expected {} of `{kpi}`, found {}", counted(values.len(), "value"), counted(groups, "group"));
        let labels: Vec<String> = (0..groups).map(|group| label(&evaluation.group_label(group))).collect();
        let hint = if groups == 0 {
            "the tables contain no rows".into()
        } else {
            format!("the groups are {}", listed(&labels))
        };
        return vec![problem(evaluation, Diagnostic::error(Code::TestFailed, message).at(span).hint(hint))];
    }
    values
        .iter()
        .enumerate()
        .filter_map(|(group, expected)| of_value(evaluation, given, kpi, group, expected))
        .collect()
}

fn of_table(evaluation: &Evaluation, given: &Given, table: &ExpectedTable) -> Vec<Failure> {
    let labels: Vec<_> = (0..evaluation.groups.len()).map(|group| evaluation.group_label(group)).collect();
    let mut failures = vec![];
    for (group, found) in labels.iter().enumerate() {
        match table.rows.iter().find(|row| same(&row.group, found)) {
            Some(row) => failures.extend(
                table
                    .kpis
                    .iter()
                    .zip(&row.values)
                    .filter_map(|(kpi, expected)| of_value(evaluation, given, kpi, group, expected)),
            ),
            None => {
                let message = format!("the table expects nothing for {}", label(found));
                failures.push(problem(evaluation, Diagnostic::error(Code::TestFailed, message).at(table.span)));
            }
        }
    }
    for row in table.rows.iter().filter(|row| !labels.iter().any(|found| same(&row.group, found))) {
        let message = format!("expected the group {}, found no such group", label(&row.group));
        failures.push(problem(evaluation, Diagnostic::error(Code::TestFailed, message).at(table.span)));
    }
    failures
}

/// Compares groups regardless of the order of their columns.
fn same(expected: &IndexMap<String, Option<String>>, found: &IndexMap<String, Option<String>>) -> bool {
    expected.len() == found.len() && found.iter().all(|(name, value)| expected.get(name) == Some(value))
}

fn of_value(
    evaluation: &Evaluation,
    given: &Given,
    kpi: &str,
    group: usize,
    expected: &ExpectedValue,
) -> Option<Failure> {
    let plan = &evaluation.plan;
    let at = position(evaluation, kpi).expect("`failures` reports the KPIs that the plan leaves out");
    let ty = &plan.step(plan.kpis[at].step).ty;
    let found = evaluation.value(at, group);
    match compare::holds(&plan.library, given, &expected.expected, &found, ty) {
        Ok(true) => None,
        Ok(false) => Some(match evaluation.explain_at(at, group) {
            Ok(explanation) => Failure::Value(Box::new(OtherValue {
                kpi: kpi.to_owned(),
                group: evaluation.group_label(group),
                expected: expected.text.clone(),
                span: expected.span,
                found,
                ty: ty.clone(),
                explanation,
            })),
            Err(limit) => Failure::Problems(limit),
        }),
        Err(mut diagnostics) => {
            if expected.cell {
                diagnostics.iter_mut().for_each(|diagnostic| moved(diagnostic, expected.span));
            }
            Some(Failure::Problems(Error::new(diagnostics, plan.sources.clone())))
        }
    }
}

/// The error for a KPI that is missing from a plan without errors: it depends on a definition that does not compile.
fn broken(library: &Library, kpi: &str, span: Span) -> Diagnostic {
    let message = match library.broken_below(kpi) {
        Some(broken) if **broken == *kpi => format!("`{kpi}` cannot be computed: its definition has an error"),
        Some(broken) => format!("`{kpi}` cannot be computed: it needs `{broken}`, whose definition has an error"),
        None => format!("`{kpi}` cannot be computed: it needs something with an error"),
    };
    Diagnostic::error(Code::TestFailed, message).at(span).hint("run `kpi check` to see every error and its place")
}

/// Moves the diagnostics of a cell to its table, because a cell is parsed as a separate text.
fn moved(diagnostic: &mut Diagnostic, span: Span) {
    diagnostic.labels = vec![Label { span, text: String::new() }];
    diagnostic.fix = None;
}

fn problem(evaluation: &Evaluation, diagnostic: Diagnostic) -> Failure {
    Failure::Problems(Error::new(vec![diagnostic], evaluation.plan.sources.clone()))
}

fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

/// The maximum number of groups that a message names.
const MAX_GROUPS_LISTED: usize = 12;

fn listed(labels: &[String]) -> String {
    match labels.len() {
        0..=MAX_GROUPS_LISTED => labels.join("; "),
        more => format!("{}; and {} more", labels[..MAX_GROUPS_LISTED].join("; "), more - MAX_GROUPS_LISTED),
    }
}

/// `month 2026-03, channel email`
pub(super) fn label(group: &IndexMap<String, Option<String>>) -> String {
    let parts = group.iter().map(|(name, value)| format!("{name} {}", value.as_deref().unwrap_or("(blank)")));
    let parts: Vec<String> = parts.collect();
    if parts.is_empty() { "everything".to_owned() } else { parts.join(", ") }
}
