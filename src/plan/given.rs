//! Replaces data in examples and tests: fixed values of definitions, or a table whose columns provide the values.

use std::collections::HashMap;
use std::sync::Arc;

use super::lower::constant::Constants;
use crate::builtin::{Aggregate, aggregate_of};
use crate::diagnostic::Diagnostic;
use crate::library::{DefinitionId, Library};
use crate::program::{Combinations, Dated};
use crate::source::Span;
use crate::syntax::ast::{Call, Expr, ExprKind, Name, Path};
use crate::value::Cell;
use crate::value::unit::Type;

/// Values and columns that replace data when a query is planned.
#[derive(Debug, Clone, Default)]
pub struct Given {
    /// True if the query represents queries with any period: KPIs that lack a period are left out without a problem.
    pub any_period: bool,
    /// Definitions with a fixed value; a plain number takes the definition's unit.
    pub values: HashMap<DefinitionId, Expr>,
    /// Definitions that are read from the column of their name in this dataset instead of their own sources.
    pub columns: HashMap<DefinitionId, Arc<str>>,
    /// True if the groups are added to those of a result, such as subtotals: amounts in several currencies are not
    /// applicable there.
    pub added: bool,
    /// The rows that count, if they are those of chosen groups or those of the others.
    pub chosen: Option<Chosen>,
    /// True if targets, bands and ranges are left out, so that the data need not provide what only they use.
    pub bare: bool,
}

/// Groups that have been chosen, and what becomes of the rows of the others.
#[derive(Debug, Clone)]
pub enum Chosen {
    /// Only the rows in these groups count. The groups may be those of some periods.
    Only(Arc<Combinations>, Option<Dated>),
    /// All rows count. The first grouping column is true for rows with none of these keys, and otherwise false.
    NoneOf(Arc<Combinations>),
}

impl Given {
    /// The value of an expression of literals and parameters, converted to a type. A plain number takes its unit.
    ///
    /// # Errors
    /// Returns an error if the expression needs data or has another type.
    pub fn constant(&self, library: &Library, expr: &Expr, expected: &Type) -> Result<Cell, Vec<Diagnostic>> {
        let mut constants = Constants::new(library, self.values.clone(), HashMap::new());
        let (value, _) = constants.typed(expr, expected);
        if constants.diagnostics.is_empty() { Ok(value) } else { Err(constants.diagnostics) }
    }
}

/// The aggregate of the column that replaces a definition: the definition's own aggregate without its conditions.
///
/// A column of counts is summed. Distinct counts cannot be summed, so they need a single row. A formula that is not a
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
        // `only` accepts a single row, or equal rows if the definition has `distinct`.
        distinct: own.filter(|(call, _)| &*call.function.text == function).and_then(|(call, _)| call.distinct),
        arguments,
        on: None,
        during: None,
        filter: None,
        by: vec![],
        into: None,
        arguments_span: name.span,
    }
}

fn column(name: &Name, dataset: &Arc<str>) -> Expr {
    let span: Span = name.span;
    let path = Path { qualifier: Some(Name::new(dataset.clone(), span)), name: name.clone(), span };
    Expr { kind: Box::new(ExprKind::Path(path)), span }
}
