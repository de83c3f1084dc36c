//! Lists the computed columns that the rows of an explanation are made of, with their formulas.

use std::sync::Arc;

use indexmap::IndexMap;
use indexmap::map::Entry;

use super::{TraceStep, one_line};
use crate::budget::Charge;
use crate::diagnostic::Diagnostic;
use crate::eval::Evaluation;
use crate::library::routes::nearest;
use crate::library::{DatasetDefinition, Library};
use crate::source::FileId;
use crate::syntax::ast::{Expr, ExprKind, Path};
use crate::syntax::{parse_expression, spelled};

/// The computed columns that aggregates, their conditions and the groups use: `orders.cohort` and the formula as written.
pub(super) fn of(
    evaluation: &Evaluation,
    steps: &[TraceStep],
    conditions: &[Arc<str>],
    charge: &mut Charge,
) -> Result<IndexMap<String, String>, Diagnostic> {
    let plan = &evaluation.plan;
    let mut columns = Columns { library: &plan.library, found: IndexMap::new(), charge };
    if plan.library.datasets().all(|dataset| dataset.computed.is_empty()) {
        return Ok(columns.found);
    }
    let mut datasets = vec![];
    for step in steps {
        let Some((rows, formula)) = step.rows.as_ref().zip(step.formula.as_deref()) else { continue };
        let Some(dataset) = plan.library.dataset(&rows.dataset) else { continue };
        columns.text(dataset, formula)?;
        if datasets.iter().all(|known: &&DatasetDefinition| known.name.text != dataset.name.text) {
            datasets.push(dataset);
        }
    }
    for dataset in datasets {
        conditions.iter().chain(&plan.filters).try_for_each(|condition| columns.text(dataset, condition))?;
        plan.request.by.iter().try_for_each(|name| columns.column(dataset, name))?;
    }
    Ok(columns.found)
}

struct Columns<'a, 'c> {
    library: &'a Library,
    found: IndexMap<String, String>,
    charge: &'c mut Charge,
}

impl<'a> Columns<'a, '_> {
    /// Adds the columns that a text uses in the rows of a dataset.
    fn text(&mut self, dataset: &'a DatasetDefinition, text: &str) -> Result<(), Diagnostic> {
        self.charge.budget().spend(1 + text.len(), "explaining a value")?;
        match parse_expression(FileId(0), text) {
            Ok(expr) => self.all(dataset, &expr),
            Err(_) => Ok(()),
        }
    }

    fn all(&mut self, dataset: &'a DatasetDefinition, expr: &Expr) -> Result<(), Diagnostic> {
        expr.walk().flat_map(paths).try_for_each(|path| match &path.qualifier {
            Some(name) if name.text != dataset.name.text => {
                let routes = self.library.routes(dataset, |_| true);
                let routes = nearest(&routes, |lookup| lookup.name.text == name.text);
                let end = routes.first().and_then(|route| self.library.dataset(&route.last()?.dataset.text));
                end.map_or(Ok(()), |end| self.column(end, &path.name.text))
            }
            _ => self.column(dataset, &path.name.text),
        })
    }

    /// Adds a column of a dataset, if it is computed, and the columns that it uses.
    fn column(&mut self, dataset: &'a DatasetDefinition, name: &str) -> Result<(), Diagnostic> {
        let Some((_, formula)) = dataset.computed.get(name) else { return Ok(()) };
        let Entry::Vacant(new) = self.found.entry(format!("{}.{}", spelled(&dataset.name.text), spelled(name))) else {
            return Ok(());
        };
        let text = one_line(self.library.text(formula.span));
        self.charge.budget().spend(1 + text.len(), "explaining a value")?;
        self.charge.grow(text.len() + new.key().len(), "the explanation")?;
        new.insert(text);
        // The nesting of computed columns is limited.
        self.all(dataset, formula)
    }
}

/// The columns that a part of an expression names itself.
fn paths(expr: &Expr) -> impl Iterator<Item = &Path> {
    let (path, call, keys) = match &*expr.kind {
        ExprKind::Path(path) => (Some(path), None, &[][..]),
        ExprKind::Call(call) => (None, Some(call), &[][..]),
        ExprKind::Each(each) => (None, Some(&each.call), &each.keys[..]),
        _ => (None, None, &[][..]),
    };
    let clauses = call.into_iter().flat_map(|call| call.by.iter().chain(&call.on));
    path.into_iter().chain(clauses).chain(keys)
}
