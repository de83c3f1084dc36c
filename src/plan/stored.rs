//! What the stored columns of a dataset mean for aggregates: whether they have a time, and cells that do not fit.

use super::bind::Bindings;
use crate::data::Aggregate;
use crate::diagnostic::{Code, Diagnostic};
use crate::syntax::ast::{Expr, ExprKind};

impl Bindings<'_> {
    /// Replaces `first` and `last` for a dataset without a time column: only a single row is both.
    pub fn timeless(&self, aggregate: Aggregate, dataset: usize) -> Aggregate {
        let first_or_last = matches!(aggregate, Aggregate::First | Aggregate::Last);
        if first_or_last && !self.may_have_time(dataset) { Aggregate::Only } else { aggregate }
    }

    /// Names the cell because of which a column does not have the numbers that an aggregate needs, if that is known.
    pub fn bad_cell(&self, dataset: usize, aggregate: &str, argument: &Expr) -> Option<Diagnostic> {
        let ExprKind::Path(path) = &*argument.unparenthesized().kind else { return None };
        let schema = self.schema(dataset);
        let column = schema.column(schema.find(&path.name.text)?);
        let evidence = column.evidence.clone()?;
        let remedy = column.remedy.clone();
        let column = &path.name.text;
        let cell = evidence.cell.clone().unwrap_or_default();
        // A text in the first row suggests that the whole column contains texts.
        let is_text = evidence.line == Some(2) && remedy.is_none();
        let texts = is_text.then(|| format!("to count texts, write `count({column})`"));
        let way_out = remedy.unwrap_or_else(|| crate::read::text_remedy(&cell));
        let message = format!("`{aggregate}` needs numbers, but `{column}` has the cell `{cell}`");
        let problem = Diagnostic::error(Code::BadCell, message).at(argument.span).in_data(evidence);
        Some(problem.hint(way_out).maybe_hint(texts))
    }
}
