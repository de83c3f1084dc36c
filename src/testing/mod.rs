//! Runs the examples and tests of a library, and compares expected with actual values.
//!
//! An `example` of a card and a `test` both consist of values and tables used as data, a query, and the expected
//! result. Each runs in isolation and reads no files.

mod case;
mod compare;
mod conformance;
mod expected;
mod tables;

pub use conformance::source_conformance;

use indexmap::IndexMap;

use crate::budget::{Budget, Limits};
use crate::diagnostic::{Diagnostic, Error};
use crate::explain::Explanation;
use crate::library::Library;
use crate::source::Span;
use crate::value::Cell;
use crate::value::unit::Type;

/// Which examples and tests to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TestScope {
    /// Those of the user's own texts.
    User,
    /// Those of the standard library.
    Standard,
    /// Both.
    All,
}

impl TestScope {
    fn covers(self, span: Span) -> bool {
        match self {
            Self::User => !span.file.is_standard(),
            Self::Standard => span.file.is_standard(),
            Self::All => true,
        }
    }
}

/// The result of one example or test.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct TestResult {
    /// The title of a test, or the definition and text of an example.
    pub title: String,
    /// The place of the example or test.
    pub span: Span,
    /// The failures. Empty if it passed.
    pub failures: Vec<Failure>,
}

impl TestResult {
    /// Returns true if there are no failures.
    pub fn passed(&self) -> bool {
        self.failures.is_empty()
    }
}

/// A failed expectation.
#[derive(Debug, Clone)]
pub enum Failure {
    /// The value differs from the expected one.
    Value(Box<OtherValue>),
    /// The test does not match the definitions: unknown names, missing inputs, a wrong number of values.
    Problems(Error),
}

/// A value that is not the expected one.
#[derive(Debug, Clone)]
pub struct OtherValue {
    /// The KPI.
    pub kpi: String,
    /// The group: its period and keys by name.
    pub group: IndexMap<String, Option<String>>,
    /// The expected value, as written.
    pub expected: String,
    /// The place of the expected value.
    pub span: Span,
    /// The actual value.
    pub found: Cell,
    /// The type and unit of the actual value.
    pub ty: Type,
    /// The explanation of the actual value.
    pub explanation: Explanation,
}

/// Runs examples and tests: first those of definitions, then those of functions, then tests, each in source order.
///
/// ```
/// use yardstick::{Library, testing};
/// use yardstick::testing::TestScope;
///
/// let library = Library::from_text("roas = revenue / cost { example revenue = 700, cost = 200 gives 3.5 }")?;
/// let results = testing::run(&library, TestScope::User);
/// assert!(results.len() == 1 && results[0].passed());
/// # Ok::<(), yardstick::Error>(())
/// ```
pub fn run(library: &Library, scope: TestScope) -> Vec<TestResult> {
    run_within(library, scope, &Limits::default().budget()).expect("there is no limit of time")
}

/// The same, within a budget that all examples and tests share.
///
/// # Errors
/// The limit of time that was reached. One test that needs too much memory fails, and the others go on.
pub(crate) fn run_within(library: &Library, scope: TestScope, budget: &Budget) -> Result<Vec<TestResult>, Diagnostic> {
    let cases = case::cases(library, scope).into_iter();
    let results = cases.map(|case| {
        budget.check("running tests")?;
        Ok(case.run(library, budget))
    });
    results.collect()
}
