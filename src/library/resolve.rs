//! Finds what each name in an expression means: a definition, a function, a column, or nothing.
//!
//! Formulas name definitions; inside aggregates and conditions (the *row level*) names are columns, unless a parameter
//! has that name. Columns are bound when data are; here only their place is checked.

use std::collections::HashSet;
use std::sync::Arc;

use crate::builtin;
use crate::diagnostic::{Code, Diagnostic, did_you_mean};
use crate::source::Span;
use crate::syntax::ast::{Call, ContextClause, Expr, ExprKind, Name, Path};

/// What an expression refers to.
#[derive(Debug, Clone, Default)]
pub struct References {
    /// Definitions by name, each place.
    pub definitions: Vec<Name>,
    /// User functions by name, each place.
    pub functions: Vec<Name>,
    /// Columns, with the names of the row level that are no parameters.
    pub columns: Vec<Path>,
    /// Datasets named by qualifiers, or alone in `count(…)`.
    pub datasets: Vec<Name>,
}

/// What names may mean while one library is resolved.
pub trait Scope {
    /// All parameters, for suggestions.
    fn parameters(&self) -> Vec<&str>;
    /// Whether a user function has that name.
    fn has_function(&self, name: &str) -> bool;
    /// All user functions, for suggestions.
    fn functions(&self) -> Vec<&str>;
    /// Whether a parameter has that name.
    fn is_parameter(&self, name: &str) -> bool;
    /// Whether a dataset of that name is declared.
    fn has_dataset(&self, name: &str) -> bool;
}

/// Whether a call is an aggregate: by its name, and for `min` and `max` by having one argument.
pub fn is_aggregate(call: &Call) -> bool {
    match &*call.function.text {
        "sum" | "count" | "avg" | "median" | "quantile" | "first" | "last" | "only" => true,
        "min" | "max" => call.arguments.len() == 1,
        _ => false,
    }
}

/// Resolves a formula; `locals` are the names of the function's parameters around it.
pub fn formula(expr: &Expr, locals: &[Name], scope: &dyn Scope, diagnostics: &mut Vec<Diagnostic>) -> References {
    let locals = locals.iter().map(|name| name.text.clone()).collect();
    let mut resolver = Resolver { scope, locals, references: References::default(), diagnostics };
    resolver.formula(expr);
    resolver.references
}

/// Resolves a row expression: a computed column, a `--where` condition.
pub fn row(expr: &Expr, scope: &dyn Scope, diagnostics: &mut Vec<Diagnostic>) -> References {
    let mut resolver = Resolver { scope, locals: HashSet::new(), references: References::default(), diagnostics };
    resolver.row(expr);
    resolver.references
}

/// Resolves the formula of a parameter: literals, other parameters and built-in functions.
pub fn constant(expr: &Expr, scope: &dyn Scope, diagnostics: &mut Vec<Diagnostic>) -> References {
    let mut resolver = Resolver { scope, locals: HashSet::new(), references: References::default(), diagnostics };
    resolver.constant(expr);
    resolver.references
}

struct Resolver<'a> {
    scope: &'a dyn Scope,
    locals: HashSet<Arc<str>>,
    references: References,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl Resolver<'_> {
    fn formula(&mut self, expr: &Expr) {
        match &*expr.kind {
            ExprKind::Path(path) => self.formula_path(path),
            ExprKind::Call(call) if is_aggregate(call) => self.aggregate(call),
            ExprKind::Call(call) => self.formula_call(call),
            ExprKind::Context { operand, clauses } => {
                self.formula(operand);
                self.clauses(clauses);
            }
            _ => expr.each_child(&mut |child| self.formula(child)),
        }
    }

    fn formula_path(&mut self, path: &Path) {
        if let Some(dataset) = &path.qualifier {
            let column = format!("{}.{}", dataset.text, path.name.text);
            self.error(
                Diagnostic::error(Code::Misplaced, format!("the column `{column}` stands outside an aggregate"))
                    .label(path.span, "a formula needs one number a group")
                    .hint(format!("say how rows become one number, such as `sum({column})`")),
            );
        } else if !self.locals.contains(&path.name.text) {
            self.references.definitions.push(path.name.clone());
        }
    }

    fn formula_call(&mut self, call: &Call) {
        self.no_row_clauses(call);
        if builtin::find(&call.function.text).is_none() {
            if self.scope.has_function(&call.function.text) {
                self.references.functions.push(call.function.clone());
            } else {
                self.unknown_function(call);
            }
        }
        call.arguments.iter().for_each(|argument| self.formula(argument));
    }

    fn unknown_function(&mut self, call: &Call) {
        let name = &call.function.text;
        let built_in = builtin::all().iter().map(|function| function.name);
        let aggregates = builtin::aggregates().iter().map(|function| function.name);
        let known = built_in.chain(aggregates).chain(self.scope.functions());
        self.error(
            Diagnostic::error(Code::UnknownFunction, format!("there is no function `{name}`"))
                .at(call.function.span)
                .maybe_hint(did_you_mean(name, known)),
        );
    }

    /// `where`, `distinct` and `by` belong to aggregates.
    fn no_row_clauses(&mut self, call: &Call) {
        let span =
            call.distinct.or(call.filter.as_ref().map(|filter| filter.span)).or(call.by.first().map(|path| path.span));
        if let Some(span) = span {
            let message =
                format!("`{}` is no aggregate: `where`, `distinct` and `by` do not go with it", call.function.text);
            let hint = "aggregates are sum, count, avg, min, max, median, quantile, first, last and only";
            self.error(Diagnostic::error(Code::BadArguments, message).at(span).hint(hint));
        }
    }

    fn aggregate(&mut self, call: &Call) {
        if !call.by.is_empty() && !matches!(&*call.function.text, "first" | "last") {
            let message = format!("`by` goes with `first` and `last` only, found `{}`", call.function.text);
            self.error(Diagnostic::error(Code::BadArguments, message).at(call.by[0].span));
        }
        if !self.names_dataset(call) {
            call.arguments.iter().for_each(|argument| self.row(argument));
        }
        call.filter.iter().for_each(|filter| self.row(filter));
        call.by.iter().for_each(|path| self.row_path(path));
    }

    /// `count(leads)`: a dataset alone.
    fn names_dataset(&mut self, call: &Call) -> bool {
        let [argument] = &call.arguments[..] else { return false };
        let ExprKind::Path(Path { qualifier: None, name, .. }) = &*argument.kind else { return false };
        let named = &*call.function.text == "count" && call.distinct.is_none() && self.scope.has_dataset(&name.text);
        if named {
            self.references.datasets.push(name.clone());
        }
        named
    }

    fn clauses(&mut self, clauses: &[ContextClause]) {
        clauses.iter().filter_map(ContextClause::condition).for_each(|condition| self.row(condition));
    }

    fn row(&mut self, expr: &Expr) {
        match &*expr.kind {
            ExprKind::Path(path) => self.row_path(path),
            ExprKind::Call(call) => self.row_call(call),
            ExprKind::Context { operand, .. } => {
                self.error(
                    Diagnostic::error(Code::Misplaced, "a context stands inside an aggregate or a condition")
                        .at(expr.span)
                        .hint("put the brackets behind the whole aggregate: `sum(x)[previous]`"),
                );
                self.row(operand);
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
            None if self.scope.is_parameter(&path.name.text) => self.references.definitions.push(path.name.clone()),
            None => self.references.columns.push(path.clone()),
        }
    }

    fn row_call(&mut self, call: &Call) {
        let name = &call.function.text;
        if is_aggregate(call) {
            self.error(
                Diagnostic::error(Code::Misplaced, format!("the aggregate `{name}` stands inside another one"))
                    .at(call.function.span)
                    .hint("an aggregate's argument is computed row by row; define the inner one apart"),
            );
        } else if self.scope.has_function(name) {
            self.error(
                Diagnostic::error(Code::Misplaced, format!("the function `{name}` stands where rows are read"))
                    .at(call.function.span)
                    .hint("inside aggregates and conditions only columns, literals, parameters and built-in functions stand"),
            );
        } else if builtin::find(name).is_none() {
            self.unknown_function(call);
        }
        self.no_row_clauses(call);
        call.arguments.iter().for_each(|argument| self.row(argument));
    }

    fn constant(&mut self, expr: &Expr) {
        match &*expr.kind {
            ExprKind::Path(Path { qualifier: None, name, .. }) if self.scope.is_parameter(&name.text) => {
                self.references.definitions.push(name.clone());
            }
            ExprKind::Path(path) => {
                let known = did_you_mean(&path.name.text, self.scope.parameters());
                self.not_constant(&format!("`{}`", path.name.text), path.span, known);
            }
            ExprKind::Call(call) if is_aggregate(call) || self.scope.has_function(&call.function.text) => {
                self.not_constant(&format!("`{}`", call.function.text), call.function.span, None);
            }
            ExprKind::Call(call) => {
                self.no_row_clauses(call);
                if builtin::find(&call.function.text).is_none() {
                    self.unknown_function(call);
                }
                call.arguments.iter().for_each(|argument| self.constant(argument));
            }
            ExprKind::Context { .. } => self.not_constant("a context", expr.span, None),
            _ => expr.each_child(&mut |child| self.constant(child)),
        }
    }

    fn not_constant(&mut self, what: &str, span: Span, hint: Option<String>) {
        self.error(
            Diagnostic::error(Code::Misplaced, format!("{what} stands where a constant is expected"))
                .at(span)
                .maybe_hint(hint)
                .hint("a parameter is made of literals, other parameters and built-in functions"),
        );
    }

    fn error(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }
}
