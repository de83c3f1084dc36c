//! Turns an example or a test into a case: a query, its data, and the expected result.

use std::sync::Arc;

use super::expected::{Expectation, ExpectedValue};
use super::{Failure, TestResult, TestScope, tables};
use crate::aggregate::Embedded;
use crate::budget::Budget;
use crate::data::Dataset;
use crate::diagnostic::{Code, Diagnostic, Error, are_few};
use crate::eval::Evaluation;
use crate::library::{Function, Library, examples};
use crate::plan::{Condition, Given, GroupBy, Limits, Plan, Query};
use crate::source::Span;
use crate::syntax::ast::{Assignment, Example, Name, Path, Step, StepKind};

/// An example or test that is ready to run.
pub(super) struct Case {
    title: String,
    span: Span,
    query: Query,
    given: Given,
    tables: Vec<Arc<dyn Dataset>>,
    expectations: Vec<Expectation>,
    problems: Vec<Diagnostic>,
}

/// All cases of a library that a scope covers.
pub(super) fn cases(library: &Library, scope: TestScope) -> Vec<Case> {
    let mut cases = vec![];
    for definition in library.definitions() {
        let examples = definition.card.examples.iter().filter(|(_, span)| scope.covers(*span));
        cases.extend(examples.map(|(example, span)| Case::of_definition(library, &definition.name, example, *span)));
    }
    for function in library.functions() {
        let examples = function.card.examples.iter().filter(|(_, span)| scope.covers(*span));
        cases.extend(examples.map(|(example, span)| Case::of_function(library, function, example, *span)));
    }
    let tests = library.tests().filter(|test| scope.covers(test.span));
    cases.extend(tests.map(|test| Case::of_test(library, &test.test.title, &test.test.steps, test.span)));
    cases
}

impl Case {
    fn new(title: String, span: Span) -> Self {
        let query = Query::all();
        let given = Given { bare: true, ..Given::default() };
        Self { title, span, query, given, tables: vec![], expectations: vec![], problems: vec![] }
    }

    fn of_definition(library: &Library, name: &Name, example: &Example, span: Span) -> Self {
        let mut case = Self::new(example_title(library, name, span), span);
        example.given.iter().for_each(|assignment| case.value(library, assignment));
        let values = vec![ExpectedValue::new(library, &example.expected)];
        case.expect(Expectation::Values { kpi: name.text.clone(), span, values });
        case
    }

    /// An example of a function gives values for its parameters. The query is a call with these values.
    fn of_function(library: &Library, function: &Function, example: &Example, span: Span) -> Self {
        let mut case = Self::new(example_title(library, &function.name, span), span);
        let mut arguments = vec![None; function.parameters.len()];
        for assignment in &example.given {
            let parameter = function.parameters.iter().position(|known| known.text == assignment.name.text);
            match parameter {
                Some(at) => arguments[at] = Some(library.text(assignment.value.span)),
                None => case.value(library, assignment),
            }
        }
        for (parameter, _) in function.parameters.iter().zip(&arguments).filter(|(_, argument)| argument.is_none()) {
            let message = format!("the example gives no value for `{}`", parameter.text);
            case.problems.push(Diagnostic::error(Code::TestFailed, message).at(span));
        }
        let arguments: Vec<&str> = arguments.into_iter().flatten().collect();
        let call = format!("{}({})", library.text(function.name.span), arguments.join(", "));
        let values = vec![ExpectedValue::new(library, &example.expected)];
        case.expect(Expectation::Values { kpi: call.into(), span, values });
        case
    }

    fn of_test(library: &Library, title: &str, steps: &[Step], span: Span) -> Self {
        let mut case = Self::new(title.to_owned(), span);
        steps.iter().for_each(|step| case.step(library, step));
        case
    }

    fn step(&mut self, library: &Library, step: &Step) {
        match &step.kind {
            StepKind::GivenValues(values) => values.iter().for_each(|value| self.value(library, value)),
            StepKind::GivenTable { dataset, table } => self.table(library, dataset.as_ref(), &table.text, table.span),
            StepKind::By(columns) => self.query.by.extend(columns.iter().map(|column| group(library, column))),
            StepKind::Where(condition) => {
                let condition = Condition::Formula(library.text(condition.span).into(), vec![]);
                self.query.filters.push(condition);
            }
            StepKind::Period(period) => self.query.period = Some(period.clone()),
            StepKind::ExpectValues { name, values } => {
                let values = values.iter().map(|expected| ExpectedValue::new(library, expected)).collect();
                if self.is_known(library, name) {
                    self.expect(Expectation::Values { kpi: name.text.clone(), span: name.span, values });
                }
            }
            StepKind::ExpectTable(table) => match tables::expected(library, table, &self.query.by) {
                Ok(table) => self.expect(Expectation::Table(table)),
                Err(problems) => self.problems.extend(problems),
            },
        }
    }

    fn expect(&mut self, expectation: Expectation) {
        for kpi in expectation.kpis() {
            if !self.query.kpis.contains(kpi) {
                self.query.kpis.push(kpi.clone());
            }
        }
        self.expectations.push(expectation);
    }

    fn is_known(&mut self, library: &Library, name: &Name) -> bool {
        let unknown = examples::unknown(library, name).map(|problem| match are_few(&self.problems) {
            true => examples::meant(library, name, problem),
            false => problem,
        });
        let known = unknown.is_none();
        self.problems.extend(unknown);
        known
    }

    fn value(&mut self, library: &Library, Assignment { name, value }: &Assignment) {
        if self.is_known(library, name) {
            let id = library.id(&name.text).expect("a known name has an id");
            self.given.values.insert(id, value.clone());
        }
    }

    fn table(&mut self, library: &Library, dataset: Option<&Name>, text: &str, span: Span) {
        let is_given = |name: &str| self.tables.iter().any(|table| **table.name() == *name);
        let name = dataset.map_or(tables::UNNAMED, |dataset| &dataset.text);
        if is_given(name) {
            let message = format!("`{name}` is given twice");
            self.problems
                .push(Diagnostic::error(Code::TestFailed, message).at(span).hint("put all rows into one table"));
            return;
        }
        match tables::given(library, dataset, text, span) {
            Ok((table, provided)) => {
                self.given.columns.extend(provided);
                self.tables.push(Arc::new(table));
            }
            Err(problems) => self.problems.extend(problems),
        }
    }

    pub(super) fn run(mut self, library: &Library, budget: &Budget) -> TestResult {
        self.reject_empty();
        let failures = match self.evaluated(library, budget) {
            Ok(evaluation) => self.compared(&evaluation),
            Err(problems) => vec![Failure::Problems(problems)],
        };
        TestResult { title: self.title, span: self.span, failures }
    }

    /// Rejects a case without expectations: its query would request all KPIs, and nothing would be tested.
    fn reject_empty(&mut self) {
        if self.expectations.is_empty() && self.problems.is_empty() {
            let error = Diagnostic::error(Code::TestFailed, "the test has no `expect`").at(self.span);
            self.problems.push(error.hint("add the expected value: `expect cac = 50`"));
        }
    }

    fn evaluated(&mut self, library: &Library, budget: &Budget) -> Result<Evaluation, Error> {
        let problems = std::mem::take(&mut self.problems);
        if !problems.is_empty() {
            return Err(Error::new(problems, library.sources().clone()));
        }
        let limits = Limits::default().threads(1);
        let (plan, diagnostics) = library.plan_within(&self.query, &self.tables, &limits, self.given.clone(), budget);
        let errors: Vec<Diagnostic> = diagnostics.into_iter().filter(Diagnostic::is_error).collect();
        if !errors.is_empty() {
            return Err(Error::new(errors, plan.sources));
        }
        let plan: Arc<Plan> = Arc::new(plan);
        let (evaluation, problems) = plan.evaluate_within(&Embedded::new(self.tables.clone()), budget.clone())?;
        evaluation.checked(problems)
    }

    fn compared(&self, evaluation: &Evaluation) -> Vec<Failure> {
        self.expectations.iter().flat_map(|expectation| expectation.failures(evaluation, &self.given)).collect()
    }
}

fn group(library: &Library, path: &Path) -> GroupBy {
    GroupBy::written(library.text(path.span))
}

/// `cac: spend = 1_000, customers = 20 gives 50`
fn example_title(library: &Library, name: &Name, span: Span) -> String {
    let text = library.text(span).split_whitespace().collect::<Vec<_>>().join(" ");
    format!("{}: {}", name.text, text.strip_prefix("example ").unwrap_or(&text))
}
