//! What stands in for data in examples and tests: values of definitions, and a table whose columns provide them.

use std::collections::HashMap;
use std::sync::Arc;

use super::lower::constant::Constants;
use crate::builtin::{Aggregate, aggregate_of};
use crate::diagnostic::Diagnostic;
use crate::library::{DefinitionId, Library};
use crate::source::Span;
use crate::syntax::ast::{Call, Expr, ExprKind, Name, Path};
use crate::value::Cell;
use crate::value::unit::Type;

/// What a query is planned with beside its data.
#[derive(Debug, Clone, Default)]
pub struct Given {
    /// True if the query stands for queries with any period: what lacks one is left out, and that is no problem.
    pub any_period: bool,
    /// Definitions with a fixed value; a plain number takes the definition's unit.
    pub values: HashMap<DefinitionId, Expr>,
    /// Definitions that are read from the column of their name in this dataset, whatever they read otherwise.
    pub columns: HashMap<DefinitionId, Arc<str>>,
    /// Leaves targets, bands and ranges out, so that what only they need need not be there.
    pub bare: bool,
}

impl Given {
    /// The value of an expression of literals and parameters, brought to a type; a plain number takes its unit.
    ///
    /// # Errors
    /// An expression that needs data, or is of another kind.
    pub fn constant(&self, library: &Library, expr: &Expr, expected: &Type) -> Result<Cell, Vec<Diagnostic>> {
        let mut constants = Constants::new(library, self.values.clone());
        let (value, _) = constants.typed(expr, expected);
        if constants.diagnostics.is_empty() { Ok(value) } else { Err(constants.diagnostics) }
    }
}

/// How the column of a definition's name adds up: as the definition's own aggregate does, its conditions dropped.
///
/// A column of counts is summed. Counts of distinct things cannot be, so that there is one row or no value. What is no
/// single aggregate is summed too.
pub(super) fn column_aggregate(name: &Name, formula: Option<&Expr>, dataset: &Arc<str>) -> Call {
    let own = formula.and_then(|formula| match &*formula.unparenthesized().kind {
        ExprKind::Call(call) => Some((call, aggregate_of(call)?)),
        _ => None,
    });
    let function = match own {
        Some((call, Aggregate::Count)) if call.distinct.is_some() => "only",
        Some((_, Aggregate::Count)) | None => "sum",
        Some((call, _)) => &call.function.text,
    };
    let mut arguments = vec![column(name, dataset)];
    arguments.extend(own.iter().flat_map(|(call, _)| call.arguments.iter().skip(1).cloned()));
    Call {
        function: Name::new(function, name.span),
        // `only` takes a single row, or rows that agree where the definition says `distinct`.
        distinct: own.filter(|(call, _)| &*call.function.text == function).and_then(|(call, _)| call.distinct),
        arguments,
        filter: None,
        by: vec![],
        arguments_span: name.span,
    }
}

fn column(name: &Name, dataset: &Arc<str>) -> Expr {
    let span: Span = name.span;
    let path = Path { qualifier: Some(Name::new(dataset.clone(), span)), name: name.clone(), span };
    Expr { kind: Box::new(ExprKind::Path(path)), span }
}
