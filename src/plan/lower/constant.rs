//! Evaluates expressions that need no data: parameters, values set by the caller, the fraction of a quantile.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Arc;

use super::expression::{self, Lowered};
use crate::builtin::{self, is_aggregate, is_of_period};
use crate::diagnostic::{Code, Diagnostic};
use crate::library::types::mismatch::{self, Explain};
use crate::library::types::typing;
use crate::library::types::units::UnitNames;
use crate::library::types::walk::{Level, Output, Walked};
use crate::library::{DefinitionId, Library};
use crate::plan::bind::Parameters;
use crate::plan::world::World;
use crate::program::{NodeId, Program};
use crate::source::Span;
use crate::syntax::ast::{Call, ContextClause, DefinitionKind, Each, Expr, ExprKind, Name, Path};
use crate::value::unit::Type;
use crate::value::{Cause, Cell, Vector};

/// Constant values by definition.
pub struct Constants<'a> {
    library: &'a Library,
    /// Values that replace data in every world.
    given: HashMap<DefinitionId, Expr>,
    /// What the query sets.
    set: HashMap<DefinitionId, Arc<Expr>>,
    /// The definition that each variation of the query varies, and the formula of its value. None if it is free.
    varied: Vec<(DefinitionId, Option<Arc<Expr>>)>,
    /// The world whose values are asked for.
    pub world: World,
    known: HashMap<(World, DefinitionId), (Cell, Type)>,
    /// The problems found so far.
    pub diagnostics: Vec<Diagnostic>,
}

impl<'a> Constants<'a> {
    /// Creates the constants of a library, with values that replace data and what the query sets.
    pub fn new(
        library: &'a Library,
        given: HashMap<DefinitionId, Expr>,
        set: HashMap<DefinitionId, Arc<Expr>>,
    ) -> Self {
        let (varied, known, diagnostics) = Default::default();
        Self { library, given, set, varied, world: World::Set, known, diagnostics }
    }

    /// The same constants with the variations of the query.
    pub fn varied(self, varied: Vec<(DefinitionId, Option<Arc<Expr>>)>) -> Self {
        Self { varied, ..self }
    }

    /// Does something in a world.
    pub fn within<T>(&mut self, world: World, act: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.world, world);
        let result = act(self);
        self.world = before;
        result
    }

    /// Returns true if a definition has a constant value in this world that is not its own.
    pub fn is_given(&self, id: DefinitionId) -> bool {
        match self.replacement(self.world, id) {
            Some((set, _)) => self.library.get(id).kind == DefinitionKind::Param || !needs_groups(self.library, set),
            None => self.given.contains_key(&id),
        }
    }

    /// The formula that replaces a definition in this world, and the world of the names in it.
    pub fn formula(&self, id: DefinitionId) -> Option<(Arc<Expr>, World)> {
        let (formula, names) = self.replacement(self.world, id).filter(|_| !self.is_given(id))?;
        Some((formula.clone(), names))
    }

    /// Returns true if a definition is free in this world.
    pub fn is_free(&self, id: DefinitionId) -> bool {
        matches!(self.variation(self.world), Some((free, None)) if *free == id)
    }

    /// Returns true if parameters are formulas in this world, because one of them is free.
    pub fn has_free_parameter(&self) -> bool {
        let is_parameter = |id: DefinitionId| self.library.get(id).kind == DefinitionKind::Param;
        matches!(self.variation(self.world), Some((free, None)) if is_parameter(*free))
    }

    fn variation(&self, world: World) -> Option<&(DefinitionId, Option<Arc<Expr>>)> {
        match world {
            World::Varied(at) => self.varied.get(at as usize),
            World::Base | World::Set => None,
        }
    }

    /// What replaces a definition in a world, and the world of the names in it.
    fn replacement(&self, world: World, id: DefinitionId) -> Option<(&Arc<Expr>, World)> {
        let varied = self.variation(world).filter(|(varied, _)| *varied == id);
        match varied.and_then(|(_, formula)| formula.as_ref()) {
            Some(formula) => Some((formula, World::Set)),
            None => self.set.get(&id).filter(|_| world != World::Base).map(|set| (set, World::Base)),
        }
    }

    /// Evaluates every constant that the query sets or that replaces data, so that each wrong value is reported.
    pub fn check_given(&mut self) {
        let mut given: Vec<DefinitionId> = self.given.keys().chain(self.set.keys()).copied().collect();
        given.sort_unstable();
        given.retain(|id| self.is_given(*id));
        given.into_iter().for_each(|id| drop(self.get(id)));
    }

    /// The value of a parameter or of a definition with a given value in this world; None for any other.
    pub fn get(&mut self, id: DefinitionId) -> Option<(Cell, Type)> {
        // A parameter waits on a stack until those it uses are known: recursion could overflow on a long chain.
        let wanted = (self.world, id);
        let mut waiting = vec![(wanted, false)];
        while let Some((at, ready)) = waiting.pop() {
            match self.expr(at) {
                Some((expr, world)) if ready => self.compute(at, &expr, world),
                Some((expr, world)) if !self.known.contains_key(&at) => {
                    // A circle of parameters has been reported. The loop only has to end.
                    self.known.insert(at, (Err(Cause::Stated), Type::Unknown));
                    waiting.push((at, true));
                    waiting.extend(self.named_in(&expr).map(|id| ((world, id), false)));
                }
                _ => {}
            }
        }
        let definition = self.library.get(id);
        let is_broken = definition.broken && definition.kind == DefinitionKind::Param;
        self.known.get(&wanted).cloned().or(is_broken.then_some((Err(Cause::Stated), Type::Unknown)))
    }

    /// The expression of a definition's constant value in a world, and the world of the names in it.
    fn expr(&self, (world, id): (World, DefinitionId)) -> Option<(Expr, World)> {
        let definition = self.library.get(id);
        if let Some((set, names)) = self.replacement(world, id) {
            return Some(((**set).clone(), names));
        }
        match self.given.get(&id) {
            Some(given) => Some((given.clone(), world)),
            None if definition.kind == DefinitionKind::Param && !definition.broken => {
                Some((definition.formula.as_deref().cloned()?, world))
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

    fn compute(&mut self, at: (World, DefinitionId), expr: &Expr, names: World) {
        let expected = self.library.type_of(at.1);
        let (value, ty) = self.within(names, |constants| constants.typed(expr, expected));
        // Without a declared unit, a plain number has an unknown unit, like a column of numbers.
        let is_own = self.replacement(at.0, at.1).is_none() && !self.given.contains_key(&at.1);
        let unitless = !is_own && *expected == Type::Unknown && ty == Type::PLAIN;
        self.known.insert(at, (value, if unitless { Type::Unknown } else { ty }));
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

    fn world(&self) -> World {
        let is_parameter = |id: &DefinitionId| self.library.get(*id).kind == DefinitionKind::Param;
        let differs = match self.world {
            World::Base => self.set.keys().any(is_parameter),
            World::Set => false,
            World::Varied(_) => {
                matches!(self.variation(self.world), Some((varied, Some(_))) if is_parameter(varied))
            }
        };
        if differs { self.world } else { World::Set }
    }
}

/// Returns true if an expression is not one of literals, parameters and built-in functions.
pub fn needs_groups(library: &Library, expr: &Expr) -> bool {
    expr.walk().any(|part| match &*part.kind {
        ExprKind::Path(path) => path.qualifier.is_some() || !library.is_parameter(&path.name.text),
        ExprKind::Each(_) | ExprKind::Context { .. } => true,
        ExprKind::Call(call) => {
            builtin::find(&call.function.text).is_none() || is_aggregate(call) || is_of_period(call)
        }
        _ => false,
    })
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
                let is_text = path.qualifier.is_none() && self.constants.library.id(name).is_none();
                let text = is_text.then(|| format!("write a text in double quotes: `\"{name}\"`"));
                self.not_constant(&format!("`{name}`"), path.span, text)
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
