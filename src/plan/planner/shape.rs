//! Reads what happens to the groups of a result: `--having`, `--top`, `--subtotals`.

use std::sync::Arc;

use super::texts::{HAVING, Texts};
use crate::builtin::is_aggregate;
use crate::data::{ColumnType, Dataset, Grain};
use crate::diagnostic::{Code, Diagnostic, did_you_mean};
use crate::library::Library;
use crate::plan::context::conjuncts;
use crate::plan::{GroupBy, Query, Top};
use crate::syntax::ast::{Expr, ExprKind, Path};
use crate::syntax::{format_expr, spelled};

impl Texts {
    /// Reads what happens to the groups of the result.
    pub(super) fn read_shape(&mut self, library: &Library, query: &Query, datasets: &[Arc<dyn Dataset>]) {
        if let Some(condition) = &query.shape.having {
            self.read_having(library, query, condition, datasets);
        }
        if let Some(top) = &query.shape.top {
            self.check_top(top);
        }
        self.check_subtotals(&query.shape.subtotals);
        let shape = &query.shape;
        let together = [
            (shape.having.is_some(), "--having"),
            (shape.top.is_some(), "--top"),
            (!shape.subtotals.is_empty(), "--subtotals"),
            (shape.pivot.is_some() && query.totals, "--pivot --totals"),
        ];
        let together: Vec<&str> =
            together.into_iter().filter(|(is_asked, _)| *is_asked).map(|(_, name)| name).collect();
        if let [first, second, ..] = together[..] {
            let message = format!("`{first}` and `{second}` cannot be combined");
            self.error(Code::BadQuery, message).hints.push(format!("omit `{first}` or `{second}`"));
        }
    }

    fn check_top(&mut self, top: &Top) {
        if top.count == 0 {
            let message = "expected at least one group to keep, found `--top 0`";
            self.error(Code::BadQuery, message.into()).hints.push("write `--top 5`".into());
        }
        if self.by.is_empty() {
            let message = "`--top` chooses keys of a column, but the query groups by none";
            self.error(Code::BadQuery, message.into()).hints.push("add `--by COLUMN`, as in `--by channel`".into());
        }
    }

    fn check_subtotals(&mut self, columns: &[GroupBy]) {
        let grain = self.grain.map(|grain| grain.name().to_owned());
        let known: Vec<String> =
            grain.into_iter().chain(self.by.iter().map(|path| path.name.text.to_string())).collect();
        let names: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
        if !columns.is_empty() && known.is_empty() {
            let message = "`--subtotals` adds rows to groups, but the query has none";
            self.error(Code::BadQuery, message.into()).hints.push("add `--by`, as in `--by region,city`".into());
            return;
        }
        for column in columns.iter().map(GroupBy::name) {
            match known.iter().position(|name| name == column) {
                Some(at) if at + 1 < known.len() => {}
                Some(_) => {
                    let order = if self.grain.is_some() { " after the period" } else { "" };
                    let message =
                        format!("`{column}` is the last group column{order}: its subtotals are the groups themselves");
                    let hint = match known.len() {
                        1 => "use `--totals`, or add a column to `--by`".to_owned(),
                        _ => format!("write `--subtotals {}`", known[0]),
                    };
                    self.error(Code::BadQuery, message).hints.push(hint);
                }
                None => {
                    let message = format!("the query does not group by `{column}`, so it has no subtotals by it");
                    let hint = format!("the group columns are {}", names.join(", "));
                    let near = did_you_mean(column, known.iter().map(String::as_str));
                    self.error(Code::BadQuery, message).hints.extend(near.into_iter().chain([hint]));
                }
            }
        }
    }

    /// Reads a condition over KPIs.
    fn read_having(&mut self, library: &Library, query: &Query, condition: &Arc<str>, datasets: &[Arc<dyn Dataset>]) {
        if query.names_only {
            let message = format!("formulas are not allowed in this query, found the condition `{condition}`");
            self.error(Code::BadQuery, message).hints.push("omit `having`, or mark the query as trusted".into());
            return;
        }
        if self.grain.is_none() && self.by.is_empty() {
            let message = "a condition on groups needs groups, but the query has none";
            self.error(Code::BadQuery, message.into()).hints.push("add `--by month` or `--by COLUMN`".into());
            return;
        }
        let Some(expr) = self.parse(HAVING, condition) else { return };
        let before = self.diagnostics.len();
        self.columns_in_having(library, &expr, datasets);
        if self.diagnostics.len() == before && self.checks(library, &expr) {
            self.having = Some((condition.clone(), expr));
        }
    }

    /// Reports columns and grains in a condition on groups, which compares KPIs.
    fn columns_in_having(&mut self, library: &Library, condition: &Expr, datasets: &[Arc<dyn Dataset>]) {
        let mut named = vec![];
        outside_aggregates(condition, &mut |path| named.push(path));
        let own = |path: &&Path| library.id(&path.name.text).is_none_or(|id| library.get(id).implicit);
        let named: Vec<&Path> = named.into_iter().filter(own).collect();
        let is_group = |path: &Path| self.by.iter().any(|by| by.name.text == path.name.text);
        let grain = named.iter().find(|path| Grain::from_name(&path.name.text).is_some() && !is_text(path, datasets));
        let column = named.iter().find(|path| is_group(path) || is_text(path, datasets));
        let problem = match (column, grain) {
            (Some(path), _) => {
                let name = &path.name.text;
                let problem = format!("`--having` compares KPIs of groups, but `{name}` is a column of their rows");
                let mut parts = vec![];
                conjuncts(condition, &mut |part| parts.push(part));
                let names = |part: &&Expr| {
                    part.walk().any(|inner| matches!(&*inner.kind, ExprKind::Path(it) if it.span == path.span))
                };
                let example = parts.into_iter().find(names).map_or_else(|| spelled(name), format_expr);
                let hint = format!("to select rows by a column, write `--where '{example}'`");
                Diagnostic::error(Code::Misplaced, problem).at(path.span).hint(hint)
            }
            (None, Some(path)) => {
                let name = &path.name.text;
                let problem = format!("`--having` compares KPIs of groups, but `{name}` is their period");
                let period = condition.walk().find_map(|part| match &*part.kind {
                    ExprKind::Date(text) | ExprKind::Text(text) => {
                        library.calendar().parse(text).map(|_| text.to_string())
                    }
                    _ => None,
                });
                let period = period.unwrap_or_else(|| "2026-03".into());
                let hint = format!("to select periods, write `--period {period}`");
                Diagnostic::error(Code::Misplaced, problem).at(path.span).hint(hint)
            }
            (None, None) => return,
        };
        self.diagnostics.push(problem);
    }
}

/// Returns true for a column that no dataset has as a number, so that no KPI can mean its sum.
fn is_text(path: &Path, datasets: &[Arc<dyn Dataset>]) -> bool {
    let types = datasets.iter().filter_map(|dataset| {
        let schema = dataset.schema();
        schema.find(&path.name.text).map(|column| schema.column(column).ty)
    });
    let types: Vec<ColumnType> = types.collect();
    !types.is_empty() && !types.contains(&ColumnType::Number)
}

/// Visits the names that an expression reads as KPIs: those outside aggregates and conditions.
fn outside_aggregates<'e>(expr: &'e Expr, visit: &mut dyn FnMut(&'e Path)) {
    match &*expr.kind {
        ExprKind::Path(path) if path.qualifier.is_none() => visit(path),
        ExprKind::Each(_) => {}
        ExprKind::Call(call) if is_aggregate(call) => {}
        ExprKind::Context { operand, .. } => outside_aggregates(operand, visit),
        _ => expr.each_child(&mut |child| outside_aggregates(child, visit)),
    }
}
