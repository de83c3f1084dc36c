//! Lowers the row expressions of a dataset: finds their columns, stored, computed or looked up.

use std::convert::Infallible;
use std::sync::Arc;

use super::Bindings;
use crate::builtin::{self, BuiltinId};
use crate::data::{Grain, GroupColumn, RowSource};
use crate::diagnostic::{Code, Diagnostic, are_few};
use crate::library::MAX_COMPUTED_DEPTH;
use crate::library::routes::Route;
use crate::library::types::currency::InCurrency;
use crate::library::types::mismatch::Explain;
use crate::library::types::units::UnitNames;
use crate::library::types::walk::{self, Level, Output, Walked};
use crate::plan::lower::expression::{self, Lowered};
use crate::plan::world::World;
use crate::program::{Node, Program};
use crate::source::Span;
use crate::syntax::ast::{Call, ContextClause, Each, Expr, Name, Path};
use crate::value::unit::Type;
use crate::value::{Cell, Date, Value};

/// Provides the values of parameters in row expressions.
pub trait Parameters {
    /// The value of the parameter with this name, if there is one.
    fn parameter(&mut self, name: &Name) -> Option<(Cell, Type)>;

    /// The world of the values. It is not [`World::Set`] only if a parameter has another value there.
    fn world(&self) -> World;
}

/// A column that was found.
pub(in crate::plan) enum Found {
    /// A stored column, or a column of a lookup.
    Source(RowSource, Type),
    /// A computed column.
    Computed(Lowered),
    /// A column whose formula, type or lookup has an error that has been reported.
    Broken,
}

/// A lowered row expression of a dataset.
pub struct RowValue {
    /// Its value.
    pub lowered: Lowered,
    /// Its problems.
    pub diagnostics: Vec<Diagnostic>,
    /// True if it needs a broken definition, which has been reported.
    pub broken: bool,
    /// The functions that it calls and whose names do not tell how they round, without those of computed columns.
    pub roundings: Vec<BuiltinId>,
}

impl<'a> Bindings<'a> {
    /// Returns the source of a grouping column in a requested dataset. None if the dataset has no column of this name.
    ///
    /// # Errors
    /// Returns the problems of the column; no problems if they have been reported.
    pub fn group_column(
        &mut self,
        request: usize,
        path: &Path,
        parameters: &mut dyn Parameters,
    ) -> Result<Option<GroupColumn>, Vec<Diagnostic>> {
        let mut row = self.at(self.requests[request].rows, parameters);
        let column = match row.found(path) {
            None => None,
            Some(Found::Source(source, _)) => Some(GroupColumn::Source(source)),
            Some(Found::Computed(lowered)) => Some(GroupColumn::Computed(lowered.node)),
            Some(Found::Broken) => return Err(row.diagnostics),
        };
        match row.broken || row.diagnostics.iter().any(Diagnostic::is_error) {
            true => Err(row.diagnostics),
            false => Ok(column),
        }
    }

    /// Lowers a row expression of a requested dataset, whose amounts are known to be in some currencies.
    pub fn row(
        &mut self,
        request: usize,
        expr: &Expr,
        currencies: &[InCurrency],
        parameters: &mut dyn Parameters,
    ) -> RowValue {
        let row = self.at(self.requests[request].rows, parameters);
        let mut row = Row { currencies: currencies.to_vec(), ..row };
        let lowered = expression::lower(&mut row, expr);
        row.finished(lowered)
    }

    /// Lowers a condition on the rows of a requested dataset, whose amounts are known to be in some currencies.
    pub fn condition(
        &mut self,
        request: usize,
        expr: &Expr,
        currencies: &[InCurrency],
        parameters: &mut dyn Parameters,
    ) -> RowValue {
        let row = self.at(self.requests[request].rows, parameters);
        let mut row = Row { currencies: currencies.to_vec(), ..row };
        let Ok(lowered) = walk::condition(&mut row, expr);
        row.finished(lowered)
    }

    pub(in crate::plan) fn at<'r>(&'r mut self, rows: usize, parameters: &'r mut dyn Parameters) -> Row<'r, 'a> {
        Row {
            bindings: self,
            rows,
            parameters,
            diagnostics: vec![],
            broken: false,
            roundings: vec![],
            open: vec![],
            currencies: vec![],
        }
    }
}

/// Lowers a row expression of one dataset.
pub(in crate::plan) struct Row<'r, 'a> {
    pub(in crate::plan) bindings: &'r mut Bindings<'a>,
    /// The row expressions that it belongs to: a position in `Bindings::rows`.
    pub(in crate::plan) rows: usize,
    parameters: &'r mut dyn Parameters,
    pub(in crate::plan) diagnostics: Vec<Diagnostic>,
    broken: bool,
    roundings: Vec<BuiltinId>,
    /// The computed columns around the expression, with their datasets.
    open: Vec<(usize, Arc<str>)>,
    /// The currencies that conditions around the current part require.
    pub(in crate::plan) currencies: Vec<InCurrency>,
}

impl Row<'_, '_> {
    fn finished(self, lowered: Lowered) -> RowValue {
        RowValue { lowered, diagnostics: self.diagnostics, broken: self.broken, roundings: self.roundings }
    }

    pub(in crate::plan) fn dataset(&self) -> usize {
        self.bindings.rows[self.rows].dataset
    }

    /// Finds a column. Returns None if there is no column of this name.
    pub(in crate::plan) fn found(&mut self, path: &Path) -> Option<Found> {
        let (dataset, name) = (self.dataset(), &path.name.text);
        if let Some(qualifier) = path.qualifier.as_ref().filter(|it| *it.text != **self.bindings.name(dataset)) {
            let routes: Vec<Route> = self.bindings.routes_to(dataset, &qualifier.text).cloned().collect();
            return match &routes[..] {
                [] => None,
                [route] => self.looked_up(route, &path.name),
                several => Some(self.refused(self.bindings.reached_twice(dataset, qualifier, several))),
            };
        }
        if let Some(found) = self.own(&path.name) {
            return Some(found);
        }
        let routes: Vec<Route> = self.bindings.routes_with(dataset, name).cloned().collect();
        match &routes[..] {
            _ if path.qualifier.is_some() => None,
            [] if self.bindings.is_lookup_broken(dataset) => Some(Found::Broken),
            [] => self.bindings.unreadable_lookup(dataset).map(|reason| self.refused(reason)),
            [route] => self.looked_up(route, &path.name),
            several => Some(self.refused(self.bindings.through_several(dataset, path, several))),
        }
    }

    /// Reports a problem and returns an undefined value in place of the column.
    pub(in crate::plan) fn refused(&mut self, problem: Diagnostic) -> Found {
        Found::Computed(self.reported(problem))
    }

    /// A column of the dataset itself, computed or stored.
    pub(in crate::plan) fn own(&mut self, name: &Name) -> Option<Found> {
        let dataset = self.dataset();
        if self.bindings.is_broken_column(dataset, &name.text) {
            return Some(Found::Broken);
        }
        if let Some((_, formula)) = self.bindings.definition(dataset).and_then(|known| known.computed.get(&name.text)) {
            return Some(Found::Computed(self.computed(formula, name)));
        }
        let column = self.bindings.schema(dataset).find(&name.text)?;
        Some(match self.bindings.unfit(dataset, column, name) {
            Some(problem) => self.refused(problem),
            None => {
                let warning = self.bindings.above_one(dataset, column, name);
                if warning.is_some() && self.bindings.warned.insert((dataset, column)) {
                    self.diagnostics.extend(warning);
                }
                let ty = self.bindings.column_type(dataset, column);
                let found = Found::Source(RowSource::Column(column), ty.clone());
                match ty.currency_columns().next().is_some() {
                    true => Found::Computed(self.amount(found, &ty, dataset, name)),
                    false => found,
                }
            }
        })
    }

    /// Lowers a column that was found.
    pub(in crate::plan) fn lowered(&mut self, found: Found) -> Lowered {
        match found {
            Found::Computed(lowered) => lowered,
            Found::Broken => {
                self.broken = true;
                self.output().undefined()
            }
            Found::Source(source, ty) => {
                let node = self.bindings.slot(self.rows, source);
                let node = self.output().add(node);
                let Type::Period(grain) = ty else { return Lowered { node, ty } };
                // A column of periods holds their first days.
                let calendar = self.units().calendar();
                let carrier = Date::from_period(calendar, calendar.period(Grain::Year, 0));
                let carrier = self.output().add(Node::Constant(Value::Date(carrier)));
                let function = builtin::period_of(grain);
                Lowered { node: self.output().add(Node::Call(function, vec![node, carrier])), ty }
            }
        }
    }

    fn computed(&mut self, formula: &Expr, name: &Name) -> Lowered {
        let key = (self.parameters.world(), name.text.clone());
        if let Some(known) = self.bindings.rows[self.rows].computed.get(&key) {
            return known.clone();
        }
        let column = (self.dataset(), name.text.clone());
        if self.open.contains(&column) {
            self.circle(name);
            return self.output().undefined();
        }
        if self.open.len() == MAX_COMPUTED_DEPTH {
            let message = format!("computed columns are nested more than {MAX_COMPUTED_DEPTH} deep");
            return self.reported(Diagnostic::error(Code::TooLarge, message).at(name.span));
        }
        self.open.push(column);
        // The column has its type everywhere, whatever the conditions around it.
        let currencies = std::mem::take(&mut self.currencies);
        let lowered = expression::lower(self, formula);
        let annotation = self.bindings.definition(self.dataset()).and_then(|known| known.declared.get(&name.text));
        let lowered = expression::annotated(self, lowered, annotation, name, Some(formula));
        self.currencies = currencies;
        self.open.pop();
        self.bindings.rows[self.rows].computed.insert(key, lowered.clone());
        lowered
    }

    /// Reports a circle unless compiling has reported one. Some circles arise only from names that the data provide.
    fn circle(&mut self, name: &Name) {
        if !self.bindings.library.diagnostics().iter().any(|known| known.code == Code::Cycle) {
            let message = format!("the computed column `{}` depends on itself", name.text);
            self.report(Diagnostic::error(Code::Cycle, message).at(name.span));
        }
    }

    /// Remembers that a definition that has been reported is needed.
    pub(in crate::plan) fn needs_broken(&mut self) {
        self.broken = true;
    }

    /// The name of the computed column around the expression.
    pub(in crate::plan) fn open_column(&self) -> Arc<str> {
        self.open.last().map_or_else(|| "".into(), |(_, name)| name.clone())
    }

    /// The problems so far.
    pub(in crate::plan) fn problems(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    fn misplaced(&mut self, what: &str, span: Span) -> Lowered {
        self.reported(Diagnostic::error(Code::Misplaced, format!("{what} cannot be used in a row expression")).at(span))
    }

    pub(in crate::plan) fn reported(&mut self, problem: Diagnostic) -> Lowered {
        self.report(problem);
        self.output().undefined()
    }
}

impl Level for Row<'_, '_> {
    type Output = Program;
    type Stop = Infallible;

    fn output(&mut self) -> &mut Program {
        &mut self.bindings.rows[self.rows].program
    }

    fn explain(&self) -> Explain<'_> {
        Explain { library: self.bindings.library, typed: None, suggests: true, of_rows: true }
    }

    fn units(&self) -> &UnitNames {
        self.bindings.library.units()
    }

    fn known_currencies(&mut self) -> Option<&mut Vec<InCurrency>> {
        Some(&mut self.currencies)
    }

    fn dataset_name(&self) -> Option<&str> {
        Some(self.bindings.name(self.dataset()))
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    fn path(&mut self, path: &Path) -> Walked<Self> {
        if path.qualifier.is_none()
            && let Some((value, ty)) = self.parameters.parameter(&path.name)
        {
            return Ok(expression::constant(self.output(), value, ty));
        }
        Ok(match self.found(path) {
            Some(found) => self.lowered(found),
            None => {
                let problem = self.bindings.unknown_column(self.dataset(), path, are_few(&self.diagnostics));
                self.reported(problem)
            }
        })
    }

    fn call(&mut self, call: &Call, _: Span) -> Walked<Self> {
        Ok(self.misplaced(&format!("`{}`", call.function.text), call.function.span))
    }

    fn each(&mut self, each: &Each, span: Span) -> Walked<Self> {
        Ok(match self.open.is_empty() {
            true => self.misplaced(&format!("`{}`", each.call.function.text), span),
            false => self.of_same_keys(each),
        })
    }

    fn context(&mut self, _: &Expr, _: &[ContextClause], span: Span) -> Walked<Self> {
        Ok(self.misplaced("a context", span))
    }

    fn called(&mut self, function: BuiltinId) {
        if self.open.is_empty() && builtin::get(function).rounding().is_some() {
            self.roundings.push(function);
        }
    }

    fn converted(&mut self, [amount, rate]: [&Lowered; 2], value: &Lowered) {
        let conversion = [value.node, amount.node, rate.node];
        self.bindings.rows[self.rows].conversions.push(conversion);
    }

    fn is_of_rows(&self) -> bool {
        true
    }

    fn is_number_column(&self, value: &Lowered) -> bool {
        self.bindings.is_number(self.rows, value.node)
    }
}
