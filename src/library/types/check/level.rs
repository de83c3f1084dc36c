//! What names mean while a library is checked, and the types of the parts of expressions.

use std::borrow::Cow;
use std::convert::Infallible;

use super::{Checker, Names, paths};
use crate::builtin::{BuiltinId, aggregate_of, is_of_period};
use crate::diagnostic::{Code, Diagnostic};
use crate::library::percent;
use crate::library::types::currency::{self, InCurrency};
use crate::library::types::mismatch::{Explain, Side};
use crate::library::types::typed::Typed;
use crate::library::types::typing::{Common, Fit};
use crate::library::types::units::UnitNames;
use crate::library::types::walk::{self, Level, Output, Walked};
use crate::source::Span;
use crate::syntax::ast::{BinaryOp, Call, ContextClause, Each, Expr, ExprKind, Path, UnaryOp};
use crate::value::Value;
use crate::value::unit::Type;

/// A checker at an expression.
pub(super) struct At<'c, 'a, 's> {
    pub(super) checker: &'c mut Checker<'a>,
    pub(super) names: Names<'s>,
    pub(super) currencies: Vec<InCurrency>,
}

impl<'c, 'a, 's> At<'c, 'a, 's> {
    pub(super) fn new(checker: &'c mut Checker<'a>, names: Names<'s>) -> Self {
        Self { checker, names, currencies: vec![] }
    }
}

impl Level for At<'_, '_, '_> {
    type Output = Types;
    type Stop = Infallible;

    fn is_of_rows(&self) -> bool {
        matches!(self.names, Names::Rows(_))
    }

    fn known_currencies(&mut self) -> Option<&mut Vec<InCurrency>> {
        matches!(self.names, Names::Rows(_)).then_some(&mut self.currencies)
    }

    fn dataset_name(&self) -> Option<&str> {
        match self.names {
            Names::Rows(dataset) => dataset,
            Names::Formula(_) => None,
        }
    }

    fn output(&mut self) -> &mut Types {
        &mut self.checker.types
    }

    fn units(&self) -> &UnitNames {
        self.checker.units
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        self.checker.report(diagnostic);
    }

    fn explain(&self) -> Explain<'_> {
        Explain { of_rows: self.is_of_rows(), ..self.checker.explain() }
    }

    fn is_checking(&self) -> bool {
        true
    }

    fn part(&mut self, expr: &Expr) -> Walked<Self> {
        if self.checker.is_too_large(expr.span) {
            return Ok(Typed::default());
        }
        self.checker.depth += 1;
        let typed = walk::walk(self, expr);
        self.checker.depth -= 1;
        typed
    }

    fn path(&mut self, path: &Path) -> Walked<Self> {
        let name = &path.name.text;
        let qualifier = path.qualifier.as_ref().map(|qualifier| &*qualifier.text);
        let named = |checker: &Checker<'_>| checker.known(name);
        Ok(match self.names {
            Names::Rows(_) if qualifier.is_none() && self.checker.library.is_parameter(name) => named(self.checker),
            Names::Rows(dataset) => match qualifier {
                Some(qualifier) => self.checker.qualified(dataset, qualifier, name),
                None => self.checker.column(dataset, name),
            },
            Names::Formula(_) if qualifier.is_some() => Typed::default(),
            Names::Formula(locals) => match locals.iter().find(|(local, _)| local == name) {
                Some((_, typed)) => typed.clone(),
                None => named(self.checker),
            },
        })
    }

    fn call(&mut self, call: &Call, span: Span) -> Walked<Self> {
        if let Some(function) = aggregate_of(call) {
            return Ok(self.checker.aggregate(function, call));
        }
        if is_of_period(call) {
            return Ok(Type::PLAIN.into());
        }
        let values = walk::parts(self, &call.arguments)?;
        Ok(self.checker.own_call(call, span, values))
    }

    fn each(&mut self, each: &Each, _: Span) -> Walked<Self> {
        let locals = match self.names {
            Names::Formula(locals) => locals,
            // Outside computed columns, the resolver has reported it.
            Names::Rows(dataset) => return Ok(self.checker.of_same_keys(each, dataset)),
        };
        Ok(self.checker.each(each, locals))
    }

    fn context(&mut self, operand: &Expr, clauses: &[ContextClause], _: Span) -> Walked<Self> {
        let conditions = || clauses.iter().filter_map(ContextClause::condition);
        for condition in conditions() {
            let dataset = paths(condition).find_map(|path| path.qualifier.as_ref());
            let currencies = conditions().flat_map(currency::required).collect();
            let names = Names::Rows(dataset.map(|name| &*name.text));
            let Ok(_) = walk::condition(&mut At { currencies, ..At::new(self.checker, names) }, condition);
        }
        let typed = self.part(operand)?;
        Ok(conditions().fold(typed, currency::restricted))
    }

    /// Warns about plain numbers combined with percentages and about comparisons with an empty text.
    fn watch(&mut self, op: Option<BinaryOp>, sides: &[Side<'_>]) {
        let percentage = sides.iter().find(|side| side.value.ty == Type::PERCENT);
        let plain = |side: &Side<'_>| percent::plain_number(&Type::PERCENT, side.expr);
        if percentage.is_some() {
            let whole = sides.iter().filter(|side| side.is_whole());
            self.checker.diagnostics.extend(whole.filter_map(plain));
        }
        if let (Some(op @ (BinaryOp::Equal | BinaryOp::NotEqual)), [lhs, rhs]) = (op, sides) {
            self.checker.diagnostics.extend(empty_text(op, lhs, rhs).or_else(|| empty_text(op, rhs, lhs)));
        }
    }
}

/// An output whose values are types.
pub(super) struct Types;

impl Output for Types {
    type Value = Typed;

    fn ty(value: &Typed) -> &Type {
        &value.ty
    }

    fn with_type(value: Typed, ty: Type) -> Typed {
        Typed { ty, ..value }
    }

    fn typed(value: &Typed) -> Cow<'_, Typed> {
        Cow::Borrowed(value)
    }

    fn literal(&mut self, _: Value, ty: Type, unit: Option<Span>) -> Typed {
        match unit {
            Some(span) => Typed::given(ty, span, None),
            None => ty.into(),
        }
    }

    fn undefined(&mut self) -> Typed {
        Typed::default()
    }

    fn unary(&mut self, _: UnaryOp, operand: &Typed, ty: Type) -> Typed {
        Typed { ty, origins: operand.origins.clone() }
    }

    fn binary(&mut self, _: BinaryOp, operands: [&Typed; 2], fit: Fit) -> Typed {
        Typed::of(fit.ty, operands)
    }

    fn choice(&mut self, _: &[Typed], values: &[Typed], common: Common) -> Typed {
        Typed::of(common.ty, values)
    }

    fn call(&mut self, _: BuiltinId, arguments: &[Typed], common: Common) -> Typed {
        Typed::of(common.ty, arguments)
    }
}

/// A warning for `x = ""`: a blank cell is undefined, so no cell is an empty text.
fn empty_text(op: BinaryOp, side: &Side<'_>, other: &Side<'_>) -> Option<Diagnostic> {
    let ExprKind::Text(text) = &*side.expr.unparenthesized().kind else { return None };
    text.is_empty().then(|| {
        let test = if op == BinaryOp::Equal { "not is_defined" } else { "is_defined" };
        let hint = format!("to test whether a cell is blank, write `{test}({})`", other.text());
        Diagnostic::warning(Code::Lint, "a blank cell is undefined, not an empty text").at(side.span()).hint(hint)
    })
}
