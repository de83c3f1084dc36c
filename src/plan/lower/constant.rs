//! Evaluates expressions that need no data: parameters, values set by the caller, the fraction of a quantile.

use std::collections::HashMap;

use std::convert::Infallible;

use super::expression::{self, Lowered};
use crate::diagnostic::{Code, Diagnostic};
use crate::library::types::mismatch::{self, Explain};
use crate::library::types::typing;
use crate::library::types::units::UnitNames;
use crate::library::types::walk::{Level, Output, Walked};
use crate::library::{DefinitionId, Library};
use crate::plan::bind::Parameters;
use crate::program::{NodeId, Program};
use crate::source::Span;
use crate::syntax::ast::{Call, ContextClause, DefinitionKind, Each, Expr, ExprKind, Name, Path};
use crate::value::unit::Type;
use crate::value::{Cause, Cell, Vector};

/// Constant values by definition.
pub struct Constants<'a> {
    library: &'a Library,
    set: HashMap<DefinitionId, Expr>,
    known: HashMap<DefinitionId, (Cell, Type)>,
    /// The problems found so far.
    pub diagnostics: Vec<Diagnostic>,
}

impl<'a> Constants<'a> {
    /// Creates the constants of a library, with the values that the caller has set.
    pub fn new(library: &'a Library, set: HashMap<DefinitionId, Expr>) -> Self {
        Self { library, set, known: HashMap::new(), diagnostics: vec![] }
    }

    /// Returns true if the caller has set this definition.
    pub fn is_set(&self, id: DefinitionId) -> bool {
        self.set.contains_key(&id)
    }

    /// Evaluates every value that the caller has set, so that each wrong value is reported.
    pub fn check_given(&mut self) {
        let mut given: Vec<DefinitionId> = self.set.keys().copied().collect();
        given.sort_unstable();
        given.into_iter().for_each(|id| drop(self.get(id)));
    }

    /// The value of a parameter or of a definition that the caller has set; None for any other.
    pub fn get(&mut self, id: DefinitionId) -> Option<(Cell, Type)> {
        // A parameter waits on a stack until those it uses are known: recursion could overflow on a long chain.
        let mut waiting = vec![(id, false)];
        while let Some((id, ready)) = waiting.pop() {
            match self.expr(id) {
                Some(expr) if ready => self.compute(id, &expr),
                Some(expr) if !self.known.contains_key(&id) => {
                    // A circle of parameters has been reported. The loop only has to end.
                    self.known.insert(id, (Err(Cause::Stated), Type::Unknown));
                    waiting.push((id, true));
                    waiting.extend(self.named_in(&expr).map(|id| (id, false)));
                }
                _ => {}
            }
        }
        let definition = self.library.get(id);
        let is_broken = definition.broken && definition.kind == DefinitionKind::Param;
        self.known.get(&id).cloned().or(is_broken.then_some((Err(Cause::Stated), Type::Unknown)))
    }

    /// The expression of a definition's constant value, if it has one.
    fn expr(&self, id: DefinitionId) -> Option<Expr> {
        let definition = self.library.get(id);
        match self.set.get(&id) {
            Some(given) => Some(given.clone()),
            None if definition.kind == DefinitionKind::Param && !definition.broken => {
                definition.formula.as_deref().cloned()
            }
            None => None,
        }
    }

    /// The definitions that an expression names.
    fn named_in(&self, expr: &Expr) -> impl Iterator<Item = DefinitionId> {
        expr.walk().filter_map(|part| match &*part.kind {
            ExprKind::Path(Path { qualifier: None, name, .. }) => self.library.id(&name.text),
            _ => None,
        })
    }

    fn compute(&mut self, id: DefinitionId, expr: &Expr) {
        let expected = self.library.type_of(id);
        let (value, ty) = self.typed(expr, expected);
        // Without a declared unit, a plain number has an unknown unit, like a column of numbers.
        let unitless = self.is_set(id) && *expected == Type::Unknown && ty == Type::PLAIN;
        self.known.insert(id, (value, if unitless { Type::Unknown } else { ty }));
    }

    /// The value of an expression of an expected type. A plain number takes its unit.
    pub fn typed(&mut self, expr: &Expr, expected: &Type) -> (Cell, Type) {
        let mut level = Constant { constants: self, program: Program::default() };
        let lowered = expression::lower(&mut level, expr);
        match typing::coerce(&lowered.ty, true, expected) {
            Ok(factor) => {
                let node = expression::scaled(&mut level.program, lowered.node, factor);
                let value = level.evaluate(node);
                (value, typing::annotated(Some(expected), lowered.ty))
            }
            Err(_) => {
                level.report(mismatch::unexpected(expected, &lowered.ty, expr));
                (Err(Cause::Stated), Type::Unknown)
            }
        }
    }
}

impl Parameters for Constants<'_> {
    fn parameter(&mut self, name: &Name) -> Option<(Cell, Type)> {
        self.library.is_parameter(&name.text).then(|| self.get(self.library.id(&name.text)?)).flatten()
    }
}

/// One constant expression.
struct Constant<'c, 'a> {
    constants: &'c mut Constants<'a>,
    program: Program,
}

impl Constant<'_, '_> {
    fn evaluate(&self, node: NodeId) -> Cell {
        let values = self.program.evaluate::<Vector>(&[], 1, &[node]);
        values[0].get(0)
    }

    fn not_constant(&mut self, what: &str, span: Span, hint: Option<String>) -> Lowered {
        self.report(
            Diagnostic::error(Code::Misplaced, format!("{what} cannot be used in a constant"))
                .at(span)
                .hint("use only literals and parameters")
                .maybe_hint(hint),
        );
        self.program.undefined()
    }
}

impl Level for Constant<'_, '_> {
    type Output = Program;
    type Stop = Infallible;

    fn output(&mut self) -> &mut Program {
        &mut self.program
    }

    fn explain(&self) -> Explain<'_> {
        Explain { library: self.constants.library, typed: None, suggests: true, of_rows: false }
    }

    fn units(&self) -> &UnitNames {
        self.constants.library.units()
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        self.constants.diagnostics.push(diagnostic);
    }

    fn path(&mut self, path: &Path) -> Walked<Self> {
        Ok(match self.constants.parameter(&path.name).filter(|_| path.qualifier.is_none()) {
            Some((value, ty)) => expression::constant(&mut self.program, value, ty),
            None => {
                let name = &path.name.text;
                let text = format!("write a text in double quotes: `\"{name}\"`");
                self.not_constant(&format!("`{name}`"), path.span, Some(text))
            }
        })
    }

    fn call(&mut self, call: &Call, _: Span) -> Walked<Self> {
        Ok(self.not_constant(&format!("`{}`", call.function.text), call.function.span, None))
    }

    fn each(&mut self, each: &Each, span: Span) -> Walked<Self> {
        Ok(self.not_constant(&format!("`{}`", each.call.function.text), span, None))
    }

    fn context(&mut self, _: &Expr, _: &[ContextClause], span: Span) -> Walked<Self> {
        Ok(self.not_constant("a context", span, None))
    }
}
