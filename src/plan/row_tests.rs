//! Lowers the tests of the rows of a dataset to operations on its rows.

use std::collections::HashMap;
use std::sync::Arc;

use super::bind::{Bindings, RowValue};
use super::lower::constant::Constants;
use crate::aggregate::RowCheck;
use crate::data::{Dataset, RowProgram};
use crate::diagnostic::Diagnostic;
use crate::library::{DefinitionId, Library};
use crate::program::NodeId;
use crate::syntax::ast::{Expr, ExprKind, Name, Path, RowTest, RowTestKind};

/// Tests of the rows of a dataset, ready to run.
pub(crate) struct PlannedTests<'a> {
    /// The row expressions that they read.
    pub rows: RowProgram,
    /// The tests, each with its check.
    pub tests: Vec<(&'a RowTest, RowCheck)>,
    /// The problems of the others, such as a column that the data lack.
    pub problems: Vec<Diagnostic>,
}

impl Library {
    /// Plans tests of the dataset at a position, with values that a query sets. A test that needs something broken is left
    /// out.
    pub(crate) fn plan_row_tests<'a>(
        &self,
        datasets: &[Arc<dyn Dataset>],
        at: usize,
        tests: impl IntoIterator<Item = &'a RowTest>,
        set: &HashMap<DefinitionId, Expr>,
    ) -> PlannedTests<'a> {
        let mut lowering = Lowering {
            bindings: Bindings::new(self, datasets),
            constants: Constants::new(self, set.clone()),
            request: 0,
            problems: vec![],
        };
        lowering.request = lowering.bindings.request(at);
        let planned = tests.into_iter().filter_map(|test| Some((test, lowering.check(&test.kind)?))).collect();
        let Lowering { bindings, problems, .. } = lowering;
        let rows = bindings.finish().pop().map_or_else(RowProgram::default, |request| request.rows);
        PlannedTests { rows, tests: planned, problems }
    }
}

struct Lowering<'a> {
    bindings: Bindings<'a>,
    constants: Constants<'a>,
    request: usize,
    problems: Vec<Diagnostic>,
}

impl Lowering<'_> {
    fn check(&mut self, test: &RowTestKind) -> Option<RowCheck> {
        match test {
            RowTestKind::Condition(condition) => {
                let value = self.bindings.condition(self.request, condition, &[], &mut self.constants);
                self.sound(value).map(RowCheck::Holds)
            }
            RowTestKind::Unique(columns) => {
                let keys = columns.iter().map(|name| Some((name.text.clone(), self.column(name)?)));
                keys.collect::<Option<Vec<_>>>().map(RowCheck::Unique)
            }
            RowTestKind::Filled(columns) => {
                let nodes = columns.iter().map(|name| self.column(name)).collect::<Option<Vec<_>>>()?;
                Some(RowCheck::Holds(self.bindings.all_present(self.request, &nodes)))
            }
        }
    }

    fn column(&mut self, name: &Name) -> Option<NodeId> {
        let path = Path { qualifier: None, name: name.clone(), span: name.span };
        let expr = Expr { kind: Box::new(ExprKind::Path(path)), span: name.span };
        let value = self.bindings.row(self.request, &expr, &[], &mut self.constants);
        self.sound(value)
    }

    /// The operation of a value without problems.
    fn sound(&mut self, RowValue { lowered, diagnostics, broken, .. }: RowValue) -> Option<NodeId> {
        let is_sound =
            !broken && !diagnostics.iter().any(Diagnostic::is_error) && self.constants.diagnostics.is_empty();
        self.problems.extend(diagnostics);
        self.problems.append(&mut self.constants.diagnostics);
        is_sound.then_some(lowered.node)
    }
}
