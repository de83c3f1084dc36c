//! Resolves the names in expressions to definitions, functions and columns.
//!
//! In formulas names are definitions. Inside aggregates and conditions (the *row level*) they are parameters or columns.
//! Columns are bound later, when the data are known.

use std::collections::HashSet;
use std::sync::Arc;

use super::{DatasetDefinition, Library, clause, inner, same_keys};
use crate::builtin::{self, Aggregate, AggregateFunction, aggregate_of, is_aggregate, is_of_period};
use crate::diagnostic::{Code, Diagnostic, are_few};
use crate::source::Span;
use crate::syntax::ast::{Call, ContextClause, DefinitionKind, Each, Expr, ExprKind, Name, NumberLiteral, Path};
use crate::syntax::{foreign, format_expr, spelled, suggest};
use crate::value::Decimal;

/// The names in an expression.
#[derive(Debug, Clone, Default)]
pub struct References {
    /// Names of definitions, one for each occurrence.
    pub definitions: Vec<Name>,
    /// Names of user functions, one for each occurrence.
    pub functions: Vec<Name>,
    /// Columns: names of the row level that are not parameters.
    pub columns: Vec<Path>,
    /// Datasets: qualifiers, and arguments of `count(…)`.
    pub datasets: Vec<Name>,
}

/// Resolves a formula. `locals` are the parameters of the enclosing function.
pub fn formula(expr: &Expr, locals: &[Name], library: &Library, diagnostics: &mut Vec<Diagnostic>) -> References {
    let locals = locals.iter().map(|name| name.text.clone()).collect();
    Resolver::run(library, locals, diagnostics, |resolver| resolver.formula(expr))
}

/// Resolves a condition of `--where`.
pub fn row(expr: &Expr, library: &Library, diagnostics: &mut Vec<Diagnostic>) -> References {
    Resolver::run(library, HashSet::new(), diagnostics, |resolver| resolver.row(expr))
}

/// Resolves the formula of a computed column.
pub fn computed(
    expr: &Expr,
    dataset: &DatasetDefinition,
    library: &Library,
    diagnostics: &mut Vec<Diagnostic>,
) -> References {
    Resolver::run(library, HashSet::new(), diagnostics, |resolver| {
        resolver.computed_of = Some(dataset);
        resolver.row(expr);
    })
}

/// Resolves the formula of a parameter: literals, other parameters and built-in functions.
pub fn constant(expr: &Expr, library: &Library, diagnostics: &mut Vec<Diagnostic>) -> References {
    Resolver::run(library, HashSet::new(), diagnostics, |resolver| resolver.constant(expr))
}

/// Returns the diagnostic for the fraction of a quantile that is not between 0 and 1.
pub(crate) fn bad_fraction(fraction: &Expr, digits: &str) -> Diagnostic {
    Diagnostic::error(Code::BadArguments, "the fraction of a quantile must be between 0 and 1")
        .at(fraction.span)
        .hint(format!("write a percentile as `{digits}%`"))
}

struct Resolver<'a> {
    library: &'a Library,
    locals: HashSet<Arc<str>>,
    /// The keys of the aggregates with `each` around the current expression, with the number of these aggregates.
    keys: Vec<Arc<str>>,
    inner_levels: usize,
    /// The dataset of which the expression is a computed column.
    computed_of: Option<&'a DatasetDefinition>,
    references: References,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl<'a> Resolver<'a> {
    fn run(
        library: &'a Library,
        locals: HashSet<Arc<str>>,
        diagnostics: &'a mut Vec<Diagnostic>,
        resolve: impl FnOnce(&mut Self),
    ) -> References {
        let (keys, inner_levels, computed_of, references) = Default::default();
        let mut resolver = Self { library, locals, keys, inner_levels, computed_of, references, diagnostics };
        resolve(&mut resolver);
        resolver.references
    }

    fn formula(&mut self, expr: &Expr) {
        match &*expr.kind {
            ExprKind::Path(path) => self.formula_path(path),
            ExprKind::Call(call) if is_aggregate(call) => self.aggregate(call),
            ExprKind::Call(call) => self.formula_call(call),
            ExprKind::Each(each) => self.each(each),
            ExprKind::Context { operand, clauses } => {
                self.formula(operand);
                self.clauses(operand, clauses);
            }
            _ => expr.each_child(&mut |child| self.formula(child)),
        }
    }

    fn formula_path(&mut self, path: &Path) {
        if let Some(operand) = path.qualifier.as_ref().filter(|_| &*path.name.text == "previous") {
            let message = format!("`{}.previous` is not a column in an aggregate", operand.text);
            let problem = Diagnostic::error(Code::Misplaced, message).at(path.span);
            self.error(problem.hint(format!("for the previous period, write `{}[previous]`", spelled(&operand.text))));
        } else if let Some(dataset) = &path.qualifier {
            let column = format!("{}.{}", dataset.text, path.name.text);
            self.error(
                Diagnostic::error(Code::Misplaced, format!("the column `{column}` is outside an aggregate"))
                    .label(path.span, "a formula needs one number for each group")
                    .hint(format!("aggregate the column, such as `sum({column})`")),
            );
        } else if !self.locals.contains(&path.name.text) && !self.keys.contains(&path.name.text) {
            self.references.definitions.push(path.name.clone());
        }
    }

    fn formula_call(&mut self, call: &Call) {
        self.no_row_clauses(call);
        if let Some(function) = builtin::find(&call.function.text) {
            self.rows_only(call, builtin::get(function));
        } else {
            if self.library.functions.contains(&call.function.text) {
                self.references.functions.push(call.function.clone());
            } else {
                return self.unknown_call(call);
            }
        }
        call.arguments.iter().for_each(|argument| self.formula(argument));
    }

    /// Reports an unknown function. If the hint shows its arguments too, their own problems are not reported.
    fn unknown_call(&mut self, call: &Call) {
        let is_whole = self.unknown_function(call);
        let reported = self.diagnostics.len();
        self.unknown_arguments(call);
        if is_whole {
            self.diagnostics.truncate(reported);
        }
    }

    /// Returns true if the hint shows the whole call.
    fn unknown_function(&mut self, call: &Call) -> bool {
        let name = &call.function.text;
        let built_in = builtin::all().iter().map(|function| function.name);
        let aggregates = builtin::aggregates().iter().map(|function| function.name);
        let known = built_in.chain(aggregates).chain(self.library.functions.names().map(|name| &**name));
        let diagnostic =
            Diagnostic::error(Code::UnknownFunction, format!("unknown function `{name}`")).at(call.function.span);
        let lower = name.to_lowercase();
        if builtin::is_built_in(&lower) {
            let written = foreign::renamed(call, &lower);
            let problem = diagnostic.hint(format!("write `{written}`: function names are lower case"));
            self.error(problem.fix(call.function.span, lower));
            return true;
        }
        let advice = foreign::call(call);
        let is_whole = advice.as_ref().is_some_and(|advice| advice.is_whole);
        self.error(match advice {
            Some(advice) => diagnostic.hint(advice.hint),
            None if self.library.definitions.contains(name) => {
                diagnostic.hint(format!("`{name}` is a definition: write it without parentheses"))
            }
            None if are_few(self.diagnostics) => diagnostic.suggest(call.function.span, name, known),
            None => diagnostic,
        });
        is_whole
    }

    /// Resolves the arguments of an unknown function. Those of an aggregate in capitals, such as `SUM`, are columns.
    fn unknown_arguments(&mut self, call: &Call) {
        let lower = Call {
            function: Name { text: call.function.text.to_lowercase().into(), ..call.function.clone() },
            ..call.clone()
        };
        let rows = is_aggregate(&lower);
        call.arguments.iter().for_each(|argument| if rows { self.row(argument) } else { self.formula(argument) });
    }

    /// Rejects functions that read cells outside aggregates.
    fn rows_only(&mut self, call: &Call, function: &builtin::Builtin) {
        if function.rows_only {
            let name = function.name;
            let message = format!("`{name}` is outside an aggregate, but it reads texts row by row");
            let hint = "use it in a condition: `sum(spend where lower(channel) = \"web\")`";
            self.error(Diagnostic::error(Code::Misplaced, message).at(call.function.span).hint(hint));
        }
    }

    /// Rejects `where`, `distinct` and `by` in calls of functions that are not aggregates.
    fn no_row_clauses(&mut self, call: &Call) {
        let span = call
            .distinct
            .or(call.on.as_ref().map(|path| path.span))
            .or(call.during)
            .or(call.filter.as_ref().map(|filter| filter.span))
            .or(call.by.first().map(|path| path.span));
        if let Some(span) = span {
            let message = format!(
                "`{}` is not an aggregate and does not accept `on`, `during`, `where`, `distinct` or `by`",
                call.function.text
            );
            let hint = "the aggregates are sum, count, avg, min, max, median, quantile, first, last and only";
            self.error(Diagnostic::error(Code::BadArguments, message).at(span).hint(hint));
        }
    }

    fn aggregate(&mut self, call: &Call) {
        if !call.by.is_empty() && !matches!(aggregate_of(call), Some(Aggregate::First | Aggregate::Last)) {
            self.error(by_for_each(call));
            if call.arguments.iter().any(has_aggregate) {
                return call.arguments.iter().for_each(|argument| self.formula(argument));
            }
        }
        self.fraction(call);
        if !self.names_dataset(call) {
            call.arguments.iter().for_each(|argument| self.row(argument));
        }
        call.on.iter().for_each(|time| self.row_path(time));
        call.filter.iter().for_each(|filter| self.row(filter));
        call.by.iter().for_each(|path| self.row_path(path));
    }

    /// Resolves an aggregate over inner groups. The formula and the condition may name the keys.
    fn each(&mut self, each: &Each) {
        self.inner_levels += 1;
        self.diagnostics.extend(inner::problems(each, self.inner_levels));
        self.fraction(&each.call);
        inner::columns(each).for_each(|key| self.row_path(key));
        let outer = self.keys.len();
        self.keys.extend(inner::columns(each).map(|key| key.name.text.clone()));
        each.call.arguments.iter().take(1).chain(&each.having).for_each(|part| self.formula(part));
        self.keys.truncate(outer);
        self.inner_levels -= 1;
        each.call.arguments.iter().skip(1).for_each(|fraction| self.row(fraction));
    }

    /// Checks the fraction in `quantile(x, 90%)`. If it uses parameters, it is checked when these have values.
    fn fraction(&mut self, call: &Call) {
        let (Some(AggregateFunction::Quantile(())), [_, fraction]) = (aggregate_of(call), &call.arguments[..]) else {
            return;
        };
        let ExprKind::Number(NumberLiteral { digits, percent, unit: None, .. }) = &*fraction.kind else { return };
        let most = if *percent { Decimal::ONE_HUNDRED } else { Decimal::ONE };
        if Decimal::from_str_exact(digits).is_ok_and(|number| number > most) {
            self.error(bad_fraction(fraction, digits));
        }
    }

    /// Returns true for a dataset as the only argument: `count(leads)`.
    fn names_dataset(&mut self, call: &Call) -> bool {
        let named = builtin::counted_rows(call).filter(|name| self.library.datasets.contains(&name.text));
        self.references.datasets.extend(named.cloned());
        named.is_some()
    }

    fn clauses(&mut self, operand: &Expr, clauses: &[ContextClause]) {
        clause::check(operand, clauses, self.diagnostics);
        clauses.iter().filter_map(ContextClause::condition).for_each(|condition| self.row(condition));
    }

    fn row(&mut self, expr: &Expr) {
        match &*expr.kind {
            ExprKind::Path(path) => self.row_path(path),
            ExprKind::Call(call) => self.row_call(call),
            ExprKind::Each(each) => self.each_in_rows(each),
            ExprKind::Context { operand, clauses } => {
                let problem =
                    Diagnostic::error(Code::Misplaced, "a context cannot be used inside an aggregate or condition");
                let column = clauses.first().and_then(ContextClause::condition);
                let column = column.and_then(|condition| foreign::bracketed_column(operand, condition));
                let whole = || match self.computed_of {
                    Some(_) => format!(
                        "a column has one value for each row, and no periods: write the brackets in a KPI, after the aggregate, such as `sum({})[previous]`",
                        format_expr(operand)
                    ),
                    None => "write the brackets after the aggregate: `sum(x)[previous]`".to_owned(),
                };
                self.error(problem.at(expr.span).hint(column.clone().unwrap_or_else(whole)));
                if column.is_none() {
                    self.row(operand);
                }
            }
            _ => expr.each_child(&mut |child| self.row(child)),
        }
    }

    fn row_path(&mut self, path: &Path) {
        match &path.qualifier {
            Some(dataset) => {
                self.references.datasets.push(dataset.clone());
                self.references.columns.push(path.clone());
            }
            None if self.locals.contains(&path.name.text) => self.argument_in_rows(path),
            None if self.library.is_parameter(&path.name.text) => self.references.definitions.push(path.name.clone()),
            None => self.references.columns.push(path.clone()),
        }
    }

    /// Rejects `fn total(x) = sum(x)`: an argument is a value of the group, not a column.
    fn argument_in_rows(&mut self, path: &Path) {
        let name = &path.name.text;
        let message = format!("the argument `{name}` cannot be used in a row expression");
        let hint = format!("arguments are values of a group: aggregate in the call, such as `f(sum({name}))`");
        self.error(Diagnostic::error(Code::Misplaced, message).at(path.span).hint(hint));
    }

    fn row_call(&mut self, call: &Call) {
        let name = &call.function.text;
        if let Some(dataset) = self.computed_of.filter(|_| is_aggregate(call)) {
            self.error(same_keys::without_each(call, dataset));
            return;
        }
        if is_aggregate(call) {
            self.error(
                Diagnostic::error(Code::Misplaced, format!("the aggregate `{name}` cannot be used in a row expression"))
                    .at(call.function.span)
                    .hint("inside aggregates, conditions and computed columns, use only columns, literals, parameters and built-in functions"),
            );
        } else if self.library.functions.contains(name) {
            self.error(
                Diagnostic::error(Code::Misplaced, format!("the function `{name}` cannot be used in a row expression"))
                    .at(call.function.span)
                    .hint("inside aggregates, conditions and computed columns, use only columns, literals, parameters and built-in functions"),
            );
        } else if is_of_period(call) {
            self.error(
                Diagnostic::error(Code::Misplaced, format!("`{name}` cannot be used in a row expression"))
                    .at(call.function.span)
                    .hint("it belongs to the period of a group: divide the aggregate, as in `sum(x) / period_days()`")
                    .hint("for the days of the month of a row, write `days_in(month_of(day))`"),
            );
        } else if builtin::find(name).is_none() {
            self.unknown_function(call);
        }
        self.no_row_clauses(call);
        call.arguments.iter().for_each(|argument| self.row(argument));
    }

    fn each_in_rows(&mut self, each: &Each) {
        if let Some(dataset) = self.computed_of {
            return self.of_same_keys(each, dataset);
        }
        let name = &each.call.function.text;
        let message = format!("the aggregate `{name}` cannot be used in a row expression");
        let hint = "`each` aggregates groups in a formula, outside other aggregates and conditions";
        let rows = inner::written(&Each { having: None, ..each.clone() });
        let rows = format!("for all rows with the same key, declare a computed column in the dataset: `… = {rows}`");
        self.error(Diagnostic::error(Code::Misplaced, message).at(each.call.function.span).hint(hint).hint(rows));
    }

    /// Resolves an aggregate over all rows with the same keys, in a computed column.
    fn of_same_keys(&mut self, each: &Each, dataset: &DatasetDefinition) {
        self.diagnostics.extend(same_keys::problems(each, dataset));
        self.fraction(&each.call);
        if !self.names_dataset(&each.call) {
            each.call.arguments.iter().for_each(|argument| self.row(argument));
        }
        each.call.filter.iter().for_each(|filter| self.row(filter));
        each.call.on.iter().chain(&each.keys).for_each(|column| self.row_path(column));
    }

    fn constant(&mut self, expr: &Expr) {
        match &*expr.kind {
            ExprKind::Path(Path { qualifier: None, name, .. }) if self.library.is_parameter(&name.text) => {
                self.references.definitions.push(name.clone());
            }
            ExprKind::Path(path) => {
                let problem = not_constant(&format!("`{}`", path.name.text), path.span);
                let parameters = self.library.definitions().filter(|known| known.kind == DefinitionKind::Param);
                self.error(match are_few(self.diagnostics) {
                    true => suggest(problem, &path.name, parameters.map(|parameter| &*parameter.name.text)),
                    false => problem,
                });
            }
            ExprKind::Call(call)
                if is_aggregate(call) || is_of_period(call) || self.library.functions.contains(&call.function.text) =>
            {
                self.error(not_constant(&format!("`{}`", call.function.text), call.function.span));
            }
            ExprKind::Call(call) => {
                self.no_row_clauses(call);
                if builtin::find(&call.function.text).is_none() {
                    self.unknown_function(call);
                }
                call.arguments.iter().for_each(|argument| self.constant(argument));
            }
            ExprKind::Each(each) => {
                self.error(not_constant(&format!("`{}`", each.call.function.text), each.call.function.span));
            }
            ExprKind::Context { .. } => self.error(not_constant("a context", expr.span)),
            _ => expr.each_child(&mut |child| self.constant(child)),
        }
    }

    fn error(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }
}

fn has_aggregate(expr: &Expr) -> bool {
    expr.walk().any(|part| match &*part.kind {
        ExprKind::Call(call) => is_aggregate(call),
        ExprKind::Each(_) => true,
        _ => false,
    })
}

/// The problem of `avg(amount by day)`: `by` is for stocks, `each` aggregates the values of groups.
fn by_for_each(call: &Call) -> Diagnostic {
    let name = &*call.function.text;
    let keys: Vec<&str> = call.by.iter().map(|path| &*path.name.text).collect();
    let keys = keys.join(", ");
    let is_total = matches!(name, "sum" | "count");
    let inner = match &call.arguments[..] {
        [argument] if has_aggregate(argument) => format_expr(argument),
        [argument] if !is_total && call.distinct.is_none() && call.filter.is_none() => {
            format!("sum({})", format_expr(argument))
        }
        _ => {
            let rows = Call { by: vec![], ..call.clone() };
            format_expr(&Expr { kind: Box::new(ExprKind::Call(rows)), span: call.function.span })
        }
    };
    let outer = if is_total && !call.arguments.iter().any(has_aggregate) { "avg" } else { name };
    let span = call.by[0].span.to(call.by[call.by.len() - 1].span);
    Diagnostic::error(Code::BadArguments, format!("`by` is only for `first` and `last`, found `{name}`"))
        .at(span)
        .hint(format!("to aggregate the values of groups, write `each`: `{outer}({inner} each {keys})`"))
        .hint(format!("to group the result, write `--by {}`", keys.replace(", ", ",")))
}

fn not_constant(what: &str, span: Span) -> Diagnostic {
    Diagnostic::error(Code::Misplaced, format!("{what} cannot be used in a constant"))
        .at(span)
        .hint("a parameter can use literals, other parameters and built-in functions")
}
