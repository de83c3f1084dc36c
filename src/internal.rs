//! Internal items for the tests, benches and fuzz targets of this crate. They may change at any time.

#![allow(missing_docs)]

pub mod builtin {
    pub use crate::builtin::{all, find, get};
}
#[cfg(feature = "cli")]
pub mod cli {
    pub use crate::cli::{run, run_on};
}
pub mod diagnostic {
    pub use crate::diagnostic::{printable, printable_line, to_json};
}
pub mod eval {
    use std::sync::Arc;

    pub use crate::eval::EXPLAINED_GROUPS;
    use crate::{Dataset, Diagnostic, Library, budget::Budget};

    /// The problems of the rows of all datasets: errors of strict tests, then the others.
    pub fn test_rows(library: &Library, datasets: &[Arc<dyn Dataset>], budget: &Budget) -> Vec<Diagnostic> {
        let tested = (0..datasets.len()).map(|at| library.test_dataset(datasets, at, &Default::default(), budget));
        tested.flat_map(|tested| tested.errors.into_iter().chain(tested.others)).collect()
    }
}
pub mod explain {
    pub use crate::explain::plain;
}
/// What the stages count: the same as the public functions, within a given budget.
pub mod budget {
    use std::sync::Arc;

    pub use crate::budget::Budget;
    use crate::diagnostic::{Diagnostic, Error};
    use crate::{Builder, Evaluation, Explanation, Library, Limits, Plan, Query, Source};

    pub fn build(builder: Builder, budget: &Budget) -> (Library, Vec<Diagnostic>) {
        builder.build_within(budget)
    }

    pub fn evaluate(
        library: &Library,
        query: &Query,
        source: &dyn Source,
        limits: &Limits,
        budget: &Budget,
    ) -> Result<Evaluation, Error> {
        library.evaluate_within(query, source, limits, budget.clone())
    }

    pub fn run(plan: &Arc<Plan>, source: &dyn Source, budget: &Budget) -> Result<Evaluation, Error> {
        let (evaluation, problems) = plan.evaluate_within(source, budget.clone())?;
        evaluation.checked(problems)
    }

    pub fn explain(evaluation: &Evaluation, budget: &Budget) -> Result<Explanation, Diagnostic> {
        evaluation.explain_within(0, 0, &mut budget.charge())
    }
}
pub mod library {
    pub use crate::library::MAX_BASES;
}
pub mod plan {
    pub use crate::plan::grouped;
}
pub mod program {
    pub use crate::program::{Node, NodeId, Operator, apply};
}
pub mod read {
    pub use crate::read::open;
    pub mod csv {
        pub use crate::read::csv::open;
    }
    #[cfg(feature = "xlsx")]
    pub mod workbook {
        pub use crate::read::workbook::open;
    }
}
#[cfg(feature = "render")]
pub mod render {
    pub use crate::render::{
        AdditivityEntry, FormulaWriter, GlossaryEntry, Lead, MAX_TREE_DEPTH, NumberStyle, UnitName, scorecard,
        scorecard_document, typeset,
    };
    #[cfg(feature = "change")]
    pub use crate::render::{changes, changes_markdown};
}
#[cfg(feature = "sql")]
pub mod sql {
    #[cfg(feature = "adbc")]
    pub use crate::sql::{AdbcConnection, Profile};
    pub use crate::sql::{Dialect, Pushdown, Pushed, Statement, StoredType, Tier, Wrapper, open_up_to};
}
pub mod syntax {
    pub use crate::syntax::{
        MAX_EXPRESSION, MAX_ITEMS, MAX_NAME, MAX_NESTING, MAX_SOURCE_BYTES, format, format_expr, parse,
        parse_expression,
    };
    pub mod ast {
        pub use crate::syntax::ast::{
            Assignment, Card, Definition, Example, Expected, ExprKind, Function, Item, ItemKind, Property,
            PropertyKind, StepKind, Test, Text, TextProperty, WordProperty, shape,
        };
    }
}
pub mod value {
    pub mod ops {
        pub use crate::value::ops::{
            Outcome, add, compare, decimal_logarithm, divide, exponential, logarithm, multiply, negate, power,
            square_root, subtract,
        };
    }
}
