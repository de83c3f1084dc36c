//! Turns the examples and tests of a library into results: what passed, and what was found where something else was
//! expected.
//!
//! An `example` of a card and a `test` are the same thing: values and tables that stand in for data, a query, and what
//! is expected of it. Each is a case of its own: nothing of one is seen by another, and no file is read.

mod case;
mod compare;
mod conformance;
mod expected;
mod tables;

pub use conformance::source_conformance;

use indexmap::IndexMap;

use crate::diagnostic::Error;
use crate::explain::Explanation;
use crate::library::Library;
use crate::source::Span;
use crate::value::Cell;
use crate::value::unit::Type;

/// Whose examples and tests are run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Those of the user's own texts.
    User,
    /// Those of the standard library.
    Standard,
    /// Both.
    All,
}

impl Scope {
    fn covers(self, span: Span) -> bool {
        match self {
            Self::User => !span.file.is_standard(),
            Self::Standard => span.file.is_standard(),
            Self::All => true,
        }
    }
}

/// How one example or test went.
#[derive(Debug, Clone)]
pub struct TestResult {
    /// A test's title; an example's definition and text.
    pub title: String,
    /// Where it stands.
    pub span: Span,
    /// What did not hold; none where it passed.
    pub failures: Vec<Failure>,
}

impl TestResult {
    /// Whether all that is expected was found.
    pub fn passed(&self) -> bool {
        self.failures.is_empty()
    }
}

/// Something expected that was not found.
#[derive(Debug, Clone)]
pub enum Failure {
    /// Another value.
    Value(Box<OtherValue>),
    /// What is given or expected does not fit the definitions: unknown names, missing inputs, a wrong number of values.
    Problems(Error),
}

/// A value that is not the expected one.
#[derive(Debug, Clone)]
pub struct OtherValue {
    /// The KPI.
    pub kpi: String,
    /// The group: its period and keys by name.
    pub group: IndexMap<String, Option<String>>,
    /// What is expected, as written.
    pub expected: String,
    /// Where that stands.
    pub span: Span,
    /// What was found.
    pub found: Cell,
    /// The type and unit of what was found.
    pub ty: Type,
    /// How it came about.
    pub explanation: Explanation,
}

/// Runs examples and tests in the order they stand: definitions first, then functions, then tests.
///
/// ```
/// use yardstick::{Library, testing};
/// use yardstick::testing::Scope;
///
/// let library = Library::from_text("roas = revenue / cost { example revenue = 700, cost = 200 gives 3.5 }")?;
/// let results = testing::run(&library, Scope::User);
/// assert!(results.len() == 1 && results[0].passed());
/// # Ok::<(), yardstick::Error>(())
/// ```
pub fn run(library: &Library, scope: Scope) -> Vec<TestResult> {
    case::cases(library, scope).into_iter().map(|case| case.run(library)).collect()
}
