//! Runs the tests of the rows of datasets, and says which rows break them.

use std::collections::HashMap;
use std::sync::Arc;

use crate::aggregate::{Broken, check_rows};
use crate::budget::Budget;
use crate::data::{Dataset, Source};
use crate::diagnostic::{CellPlace, Code, Diagnostic, Error};
use crate::library::{DefinitionId, Library};
use crate::plan::{Given, Limits, Query};
use crate::syntax::ast::{Expr, Name, RowTest, RowTestKind};
use crate::syntax::format_expr;

/// What the tests of a dataset found.
#[derive(Debug, Default)]
pub(crate) struct Tested {
    /// Errors of strict tests: the rows that break them.
    pub errors: Vec<Diagnostic>,
    /// Warnings of other tests, and notes about rows that have no value for a test.
    pub others: Vec<Diagnostic>,
}

impl Library {
    /// Runs the tests of the rows (`expect …`) of the datasets that a query reads, with the parameters that it sets.
    /// Returns a warning for each test that rows break, and notes.
    ///
    /// [`Library::evaluate`] runs no tests, because they read all rows once more. Run them when the data change:
    ///
    /// ```
    /// use std::sync::Arc;
    /// use yardstick::{Embedded, Library, Limits, Query, Table};
    ///
    /// let library = Library::from_text("dataset orders { expect unique id }\nsold = sum(orders.amount)")?;
    /// let orders = Table::from_csv("orders", "id,amount\n1,10\n1,20\n", &Default::default())?;
    /// let source = Embedded::new(vec![Arc::new(orders)]);
    /// let found = library.test_rows(&Query::all(), &source, &Limits::default())?;
    /// assert_eq!(found[0].message, "1 row of `orders` repeats the `id` of an earlier row");
    /// # Ok::<(), yardstick::Error>(())
    /// ```
    ///
    /// # Errors
    /// Returns everything found if rows break a `strict` test, and the errors of [`Library::plan`].
    pub fn test_rows(&self, query: &Query, source: &dyn Source, limits: &Limits) -> Result<Vec<Diagnostic>, Error> {
        let budget = limits.budget();
        let query = Query { period: None, ..query.clone() };
        let given = Given { any_period: true, ..Given::default() };
        let (plan, problems) = self.plan_within(&query, source.datasets(), limits, given, &budget);
        let plan = plan.checked(problems)?;
        let tested =
            plan.datasets_read().into_iter().map(|at| self.test_dataset(source.datasets(), at, &plan.set, &budget));
        let found: Vec<Diagnostic> = tested.flat_map(|tested| tested.errors.into_iter().chain(tested.others)).collect();
        match found.iter().any(Diagnostic::is_error) {
            true => Err(Error::new(found, plan.sources)),
            false => Ok(found),
        }
    }

    /// Tests the rows of the dataset at a position as its declaration says, with values that a query sets.
    pub(crate) fn test_dataset(
        &self,
        datasets: &[Arc<dyn Dataset>],
        at: usize,
        set: &HashMap<DefinitionId, Arc<Expr>>,
        budget: &Budget,
    ) -> Tested {
        let dataset = &datasets[at];
        let tests =
            self.dataset(dataset.name()).filter(|definition| !definition.broken).map_or(&[][..], |it| &it.tests);
        let mut tested = Tested::default();
        if tests.is_empty() || dataset.unreadable().is_some() {
            return tested;
        }
        if self.run_tests((datasets, at), tests, set, budget, &mut tested).is_err() {
            // Something is unreadable: only the tests that need it fail.
            tested = Tested::default();
            for test in tests {
                let run = self.run_tests((datasets, at), std::slice::from_ref(test), set, budget, &mut tested);
                let place = |problem: Diagnostic| problem.label(test.span, "this test needs it");
                let all = if test.strict { &mut tested.errors } else { &mut tested.others };
                all.extend(run.err().map(place));
            }
        }
        tested
    }

    fn run_tests(
        &self,
        (datasets, at): (&[Arc<dyn Dataset>], usize),
        tests: &[RowTest],
        set: &HashMap<DefinitionId, Arc<Expr>>,
        budget: &Budget,
        tested: &mut Tested,
    ) -> Result<(), Diagnostic> {
        let planned = self.plan_row_tests(datasets, at, tests, set);
        let (tests, checks): (Vec<&RowTest>, Vec<_>) = planned.tests.into_iter().unzip();
        let found = check_rows(datasets, at, &planned.rows, &checks, self.calendar(), budget)?;
        tested.others.extend(planned.problems);
        for (test, broken) in tests.into_iter().zip(found) {
            let all = if test.strict && broken.rows > 0 { &mut tested.errors } else { &mut tested.others };
            all.extend(report(&*datasets[at], test, &broken));
        }
        Ok(())
    }
}

/// The problem of the rows that break a test. None if all rows meet it.
fn report(dataset: &dyn Dataset, test: &RowTest, broken: &Broken) -> Option<Diagnostic> {
    let table = dataset.name();
    let count = |rows: u64, one: &str, several: &str| match rows {
        1 => format!("1 row of `{table}` {one}"),
        _ => format!("{rows} rows of `{table}` {several}"),
    };
    if broken.rows == 0 {
        // A test for blank cells always has a value.
        let message = match &test.kind {
            _ if broken.undefined == 0 => return None,
            RowTestKind::Unique(columns) => {
                format!(
                    "{} a blank {}, and {} not compared",
                    count(broken.undefined, "has", "have"),
                    listed(columns),
                    if broken.undefined == 1 { "is" } else { "are" }
                )
            }
            _ => format!(
                "{} no value for `{}`, and {}",
                count(broken.undefined, "has", "have"),
                written(&test.kind),
                if broken.undefined == 1 { "passes" } else { "pass" }
            ),
        };
        return Some(Diagnostic::note(Code::RowTest, message).at(test.span));
    }
    let message = match &test.kind {
        RowTestKind::Unique(columns) => {
            format!("{} {} of an earlier row", count(broken.rows, "repeats the", "repeat the"), listed(columns))
        }
        RowTestKind::Filled(columns) => format!("{} a blank {}", count(broken.rows, "has", "have"), listed(columns)),
        RowTestKind::Condition(condition) => {
            format!("{} `{}`", count(broken.rows, "breaks", "break"), format_expr(condition))
        }
    };
    let problem = if test.strict {
        Diagnostic::error(Code::RowTest, message)
    } else {
        Diagnostic::warning(Code::RowTest, message)
    };
    let mut problem = problem.at(test.span);
    let mut places = broken.first.iter().map(|row| dataset.place(*row));
    if let Some(first) = places.next() {
        problem = problem.in_data(first);
    }
    if let Some(row) = broken.repeats {
        problem = problem.hint(format!("it repeats the row at {}", dataset.place(row)));
    }
    let others: Vec<String> = places.map(|place: CellPlace| place.to_string()).collect();
    let more = broken.rows - broken.first.len() as u64;
    let more = if more > 0 { format!(", and {more} more") } else { String::new() };
    let problem = problem.maybe_hint((!others.is_empty()).then(|| {
        let next = if broken.rows == 2 { "the next one is" } else { "the next ones are" };
        format!("{next} at {}{more}", others.join(", "))
    }));
    let undefined = count(broken.undefined, "has no value for it and passes", "have no value for it and pass");
    Some(problem.maybe_hint((broken.undefined > 0).then_some(undefined)))
}

/// A test as written after `expect`.
fn written(test: &RowTestKind) -> String {
    match test {
        RowTestKind::Unique(columns) => format!("unique {}", listed(columns)),
        RowTestKind::Filled(columns) => format!("not blank {}", listed(columns)),
        RowTestKind::Condition(condition) => format_expr(condition),
    }
}

/// Columns in backticks.
fn listed(columns: &[Name]) -> String {
    let names: Vec<String> = columns.iter().map(|name| format!("`{}`", name.text)).collect();
    names.join(", ")
}
