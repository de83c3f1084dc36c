//! Turns a [`TypeError`] into a diagnostic that shows both sides, where their units come from, and the missing factor.

use std::sync::Arc;

use indexmap::{IndexMap, IndexSet};

use super::literals;
use super::typed::{Origin, Typed};
use super::typing::{Needed, TypeError};
use crate::builtin::find_aggregate;
use crate::data::Grain;
use crate::diagnostic::{Code, Diagnostic};
use crate::library::{Definition, Library, base_name, periods};
use crate::source::Span;
use crate::syntax::ast::{BinaryOp, DefinitionKind, Expr, ExprKind, Link, Name, UnaryOp};
use crate::syntax::format_expr;
use crate::value::Decimal;
use crate::value::unit::{Base, Factor, MAX_BASES, MAX_EXPONENT, Spelling, Type, Unit};

/// The maximum length of an expression that a hint quotes, in bytes. A longer expression appears as `…`.
const MAX_QUOTED: usize = 40;

/// An operand with its place.
#[derive(Debug)]
pub struct Side<'a, V = Typed> {
    /// The value or type of the operand.
    pub value: &'a V,
    /// The expression; for the left side of a chain, the first operand.
    pub expr: &'a Expr,
    /// The links of a chain that belong to it.
    pub rest: &'a [Link],
}

/// The rule that operands violate.
#[derive(Debug, Clone, Copy)]
pub enum Rule<'a> {
    /// The rule of a binary operator.
    Binary(BinaryOp),
    /// The rule of a unary operator.
    Unary(UnaryOp),
    /// The rule of several values: `if`, `max`, `sum`, `between`.
    Values(&'a str),
    /// A condition must be a truth value.
    Condition,
}

/// Builds messages from type errors, with the definitions that may be a missing factor.
#[derive(Clone, Copy)]
pub struct Explain<'a> {
    /// The definitions.
    pub library: &'a Library,
    /// The types found so far while a library is checked; None means the types of the library.
    pub typed: Option<&'a IndexMap<Arc<str>, Typed>>,
    /// False if the message is probably not shown: then it names no definitions.
    pub suggests: bool,
    /// True if the operands are values of rows.
    pub of_rows: bool,
}

impl<V> Clone for Side<'_, V> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<V> Copy for Side<'_, V> {}

impl<'a, V> Side<'a, V> {
    /// Creates an operand that is a whole expression.
    pub fn new(value: &'a V, expr: &'a Expr) -> Self {
        Self { value, expr, rest: &[] }
    }

    /// The place of the operand.
    pub fn span(&self) -> Span {
        self.rest.last().map_or(self.expr.span, |link| self.expr.span.to(link.operand.span))
    }

    /// Returns true if the operand is computed by an operator, not a name or the value of a function.
    pub fn is_operation(&self) -> bool {
        use ExprKind::{Between, Binary, Chain, If, In, Unary};
        let is_operator = |kind: &ExprKind| {
            matches!(kind, Between { .. } | Binary { .. } | Chain { .. } | If { .. } | In { .. } | Unary { .. })
        };
        !self.is_whole() || is_operator(&self.expr.unparenthesized().kind)
    }

    /// Returns true if the operand is a whole expression, not the beginning of a chain.
    pub fn is_whole(&self) -> bool {
        self.rest.is_empty()
    }

    /// The text of the operand, on one line.
    pub fn text(&self) -> String {
        if self.is_whole() {
            return format_expr(self.expr);
        }
        let chain = ExprKind::Chain { first: self.expr.clone(), rest: self.rest.to_vec() };
        format_expr(&Expr { kind: Box::new(chain), span: self.span() })
    }
}

impl TypeError {
    fn code(self) -> Code {
        match self {
            Self::TooLarge => Code::TooLarge,
            error if error.is_about_units() => Code::UnitMismatch,
            _ => Code::TypeMismatch,
        }
    }

    /// The violated rule, if the message does not depend on the operands.
    fn rule(self) -> String {
        match self {
            Self::CalendarMove => "months cannot be added to a date".into(),
            Self::Exponent => "the exponent of a number with a unit must be a whole number literal".into(),
            Self::Root => "the root of this unit is not a valid unit".into(),
            Self::TooLarge => {
                format!("a unit has at most {MAX_BASES} parts, each to the power of at most {MAX_EXPONENT}")
            }
            Self::Units(..) | Self::Types(..) | Self::Operand(..) => String::new(),
        }
    }

    fn advice(self) -> Option<&'static str> {
        match self {
            Self::CalendarMove => Some("months differ in length: use `days`, or compare periods with `[1 month ago]`"),
            Self::Exponent => Some("divide by the unit first: `(x / 1 EUR) ^ 0.5` is a plain number"),
            _ => None,
        }
    }
}

impl Explain<'_> {
    /// Returns the diagnostic for operands that violate a rule.
    pub fn broken(&self, rule: Rule<'_>, error: TypeError, sides: &[Side<'_>]) -> Diagnostic {
        match (rule, error) {
            (Rule::Condition, _) => self.condition(sides[0]),
            (_, TypeError::Units(lhs, rhs)) => self.different(rule, "unit", error, sides[lhs], sides[rhs]),
            (_, TypeError::Types(lhs, rhs)) => self.different(rule, "type", error, sides[lhs], sides[rhs]),
            (_, TypeError::Operand(at, needed)) => self.unsuitable(rule, needed, error, sides[at]),
            (_, other) => {
                let diagnostic = Diagnostic::error(other.code(), other.rule());
                let label =
                    |diagnostic: Diagnostic, side: &Side<'_>| diagnostic.label(side.span(), describe(&side.value.ty));
                sides.iter().fold(diagnostic, label).maybe_hint(other.advice())
            }
        }
    }

    /// Returns the diagnostic for a condition that is not a truth value.
    fn condition(&self, found: Side<'_>) -> Diagnostic {
        let message = format!("expected a condition, found {}", describe(&found.value.ty));
        let diagnostic = Diagnostic::error(Code::TypeMismatch, message).label(found.span(), describe(&found.value.ty));
        let is_number = matches!(found.value.ty, Type::Number(..) | Type::Zero);
        let is_text = found.value.ty == Type::Text;
        let comparison = if is_text { "= \"web\"" } else { "!= 0" };
        let hint = || format!("write a comparison: `{} {comparison}`", quoted(found));
        diagnostic.maybe_hint((is_number || is_text).then(hint))
    }

    /// Returns the diagnostic for a formula, or an input's column, whose type differs from the definition's declared
    /// type.
    pub fn annotation(
        &self,
        name: &Name,
        expected: &Type,
        place: Span,
        found: &Typed,
        formula: Option<&Expr>,
    ) -> Diagnostic {
        let code = clash(&found.ty, expected);
        let what = if formula.is_some() { "formula gives" } else { "column is" };
        let (declared, given) = (describe(expected), describe(&found.ty));
        let message = format!("`{}` is declared as {declared}, but its {what} {given}", name.text);
        let diagnostic = Diagnostic::error(code, message);
        let Some(formula) = formula else {
            return with_origins(diagnostic.label(place, format!("declared as {declared}")), &found.origins);
        };
        let diagnostic = diagnostic.label(formula.span, given).label(place, format!("declared as {declared}"));
        let found = Side::new(found, formula);
        let diagnostic = self.formula_fixes(self.origins(diagnostic, found), expected, found);
        let unit = found.value.ty.unit_name().filter(|_| is_number(expected));
        diagnostic.maybe_hint(unit.map(|unit| format!("or declare it as `: {unit}`")))
    }

    /// Returns the diagnostic for a value of a definition that has the wrong type: a target, a bound, an example's
    /// value.
    pub fn value(&self, name: &str, expected: &Typed, found: Side<'_>) -> Diagnostic {
        let code = clash(&found.value.ty, &expected.ty);
        let message =
            format!("`{name}` is {}, but this value is {}", describe(&expected.ty), describe(&found.value.ty));
        let diagnostic = Diagnostic::error(code, message).label(found.span(), describe(&found.value.ty));
        let shown = with_origins(diagnostic, &expected.origins[..expected.origins.len().min(1)]);
        self.formula_fixes(self.origins(shown, found), &expected.ty, found)
    }

    /// Returns the diagnostic for a definition that replaces one of the base but has another type.
    pub fn replacement(&self, name: &Name, found: &Typed, expected: &Type, place: Span) -> Diagnostic {
        let base = base_name(place.file.is_standard());
        let message = format!(
            "`{}` is {} in {base}, but its replacement is {}",
            name.text,
            describe(expected),
            describe(&found.ty)
        );
        let diagnostic = Diagnostic::error(Code::BadReplacement, message)
            .label(name.span, format!("the replacement is {}", describe(&found.ty)))
            .label(place, format!("{} in {base}", describe(expected)));
        with_origins(diagnostic, &found.origins)
            .maybe_hint(undeclared_money(&found.ty, expected))
            .hint("use the same unit, because formulas of the library use this name, or choose another name")
    }

    /// Returns the diagnostic for two operands with different types or units.
    fn different(&self, rule: Rule<'_>, what: &str, error: TypeError, lhs: Side<'_>, rhs: Side<'_>) -> Diagnostic {
        let (left, right) = (describe(&lhs.value.ty), describe(&rhs.value.ty));
        let sides = if matches!(rule, Rule::Binary(..)) { "on both sides" } else { "for all values" };
        let message = format!("`{}` needs the same {what} {sides}, found {left} and {right}", rule.word());
        let diagnostic = Diagnostic::error(error.code(), message).label(lhs.span(), left).label(rhs.span(), right);
        let diagnostic = self.origins(self.origins(diagnostic, lhs), rhs);
        match error {
            TypeError::Units(..) => self.unit_fixes(diagnostic, rule, lhs, rhs),
            _ => diagnostic.maybe_hint(type_fix(rule, lhs, rhs)),
        }
    }

    fn unit_fixes(&self, diagnostic: Diagnostic, rule: Rule<'_>, lhs: Side<'_>, rhs: Side<'_>) -> Diagnostic {
        if let Some(hint) = self.in_one_currency(rule, lhs, rhs) {
            return diagnostic.hint(hint);
        }
        let Rule::Binary(op) = rule else { return self.fixes(diagnostic, lhs, rhs) };
        match self.percent_off(op, lhs, rhs) {
            Some(text) => {
                let part = quoted(rhs);
                let effect = if op == BinaryOp::Add { format!("adds {part}") } else { format!("subtracts {part}") };
                mended(diagnostic.hint(format!("`{text}` {effect}")), lhs.span().to(rhs.span()), text)
            }
            None => self.fixes(diagnostic, lhs, rhs),
        }
    }

    /// A hint for rows whose amounts have their currency in a column: the condition under which they are in one.
    fn in_one_currency(&self, rule: Rule<'_>, lhs: Side<'_>, rhs: Side<'_>) -> Option<String> {
        let (_, code) = mixed_currency(&lhs.value.ty, &rhs.value.ty).filter(|_| self.of_rows)?;
        let columns: IndexSet<&Arc<str>> =
            lhs.value.ty.currency_columns().chain(rhs.value.ty.currency_columns()).collect();
        let condition: Vec<String> = columns.into_iter().map(|column| format!("{column} = \"{code}\"")).collect();
        let condition = condition.join(" and ");
        let Rule::Binary(op) = rule else {
            return Some(format!(
                "choose one currency: write `{condition} and` before the comparison; or convert the amounts with `convert(amount, rate)`"
            ));
        };
        let side = |side: Side<'_>| match plain_digits(side.expr).filter(|_| side.is_whole()) {
            Some(_) => format!("{} {code}", quoted(side)),
            None => self.operand_text(side, false),
        };
        let part = format!("{} {} {}", side(lhs), op.symbol(), side(rhs));
        let whole = match op.is_comparison() {
            true => format!("{condition} and {part}"),
            false => format!("if {condition} then {part} else undefined"),
        };
        Some(format!("choose one currency: `{whole}`; or convert the amounts with `convert(amount, rate)`"))
    }

    /// Returns the diagnostic for one operand of the wrong type.
    fn unsuitable(&self, rule: Rule<'_>, needed: Needed, error: TypeError, found: Side<'_>) -> Diagnostic {
        let ty = &found.value.ty;
        let message = format!("`{}` needs {}, found {}", rule.word(), needed.name(), describe(ty));
        let diagnostic = Diagnostic::error(error.code(), message).label(found.span(), describe(ty));
        let hint = match (needed, ty) {
            (Needed::ExactDuration, _) => Some(format!("write the unit: `{} days`", quoted(found))),
            (Needed::OtherMoney, ty) if ty.unit().is_some_and(|unit| unit.is_plain()) => {
                Some("declare the amount in its dataset: `amount: money in currency`".into())
            }
            (Needed::PlainNumber, _) => ty.unit_name().map(|_| self.divided_by_one(found)),
            (Needed::Boolean, ty) if is_number(ty) => Some(format!("write a comparison: `{} != 0`", quoted(found))),
            (Needed::Text, Type::Number(..)) => {
                Some("to read a column of digits as texts, declare it in its dataset: `x: text`".into())
            }
            (Needed::Number | Needed::Ordered, Type::Boolean) if find_aggregate(rule.word()).is_some() => {
                Some(format!("to count truth values, write `count({0} where {0})`", quoted(found)))
            }
            _ => None,
        };
        self.origins(diagnostic, found).maybe_hint(hint)
    }

    fn divided_by_one(&self, found: Side<'_>) -> String {
        let unit = found.value.ty.unit().cloned().unwrap_or_default();
        format!("`{} / {}` is a plain number", self.operand_text(found, true), one(&unit))
    }

    /// Adds labels at the places that a side's unit comes from, except the side itself.
    fn origins(&self, diagnostic: Diagnostic, side: Side<'_>) -> Diagnostic {
        let elsewhere = side.value.origins.iter().filter(|origin| origin.span != side.span());
        elsewhere.fold(diagnostic, |diagnostic, origin| {
            match diagnostic.labels.iter().any(|label| label.span == origin.span) {
                true => diagnostic,
                false => diagnostic.label(origin.span, came(origin)),
            }
        })
    }

    // ── fixes ───────────────────────────────────────────────────────────────

    /// `100 EUR * (1 - 20%)` for `100 EUR - 20%`.
    fn percent_off(&self, op: BinaryOp, lhs: Side<'_>, rhs: Side<'_>) -> Option<String> {
        let is_off = matches!(op, BinaryOp::Add | BinaryOp::Subtract)
            && lhs.value.ty.is_united()
            && rhs.value.ty.spelling() == Spelling::Percent;
        is_off.then(|| {
            format!("{} * (1 {} {})", self.operand_text(lhs, false), op.symbol(), self.operand_text(rhs, true))
        })
    }

    /// Adds hints that make two sides of different units compatible.
    fn fixes(&self, diagnostic: Diagnostic, lhs: Side<'_>, rhs: Side<'_>) -> Diagnostic {
        let (left, right) = (&lhs.value.ty, &rhs.value.ty);
        if let Some(hint) = general(left, right) {
            return diagnostic.hint(hint);
        }
        if let Some((literal, unit)) =
            [(lhs, right), (rhs, left)].into_iter().find_map(|(side, other)| self.bare(side, other))
        {
            return self.with_unit(diagnostic, literal, unit);
        }
        let factor = match left.is_united() {
            true => self.factor(rhs, left),
            false => self.factor(lhs, right),
        };
        diagnostic.maybe_hint(self.inverted(rhs, left)).maybe_hint(factor)
    }

    /// Adds hints that give a formula the expected type.
    fn formula_fixes(&self, diagnostic: Diagnostic, expected: &Type, found: Side<'_>) -> Diagnostic {
        if let Some((literal, unit)) = self.bare(found, expected) {
            return self.with_unit(diagnostic, literal, unit);
        }
        let general = general(expected, &found.value.ty);
        diagnostic
            .maybe_hint(general.or_else(|| self.inverted(found, expected)).or_else(|| self.factor(found, expected)))
    }

    /// Adds the hint to write `5 EUR` instead of `5`.
    fn with_unit(&self, diagnostic: Diagnostic, literal: Side<'_>, unit: &Unit) -> Diagnostic {
        let text = format!("{} {unit}", quoted(literal));
        mended(diagnostic.hint(format!("write the unit: `{text}`")), literal.span(), text)
    }

    /// A literal without a unit next to a value with one.
    fn bare<'s, 't>(&self, side: Side<'s>, other: &'t Type) -> Option<(Side<'s>, &'t Unit)> {
        let is_literal = side.is_whole() && plain_digits(side.expr).is_some();
        let unit = other.unit().filter(|_| other.is_united())?;
        (is_literal && side.value.ty == Type::PLAIN).then_some((side, unit))
    }

    /// A hint for a ratio that is inverted.
    fn inverted(&self, side: Side<'_>, expected: &Type) -> Option<String> {
        let (unit, expected) = (side.value.ty.unit()?, expected.unit()?);
        let upside_down = !unit.is_plain() && unit.inverse().factor_to(expected).is_some();
        upside_down.then(|| {
            let text = self.operand_text(side, true);
            format!("the ratio may be inverted: `1 / {text}` is in {}", ticked(&unit.inverse()))
        })
    }

    /// A hint for the missing factor of a side: a definition in the missing unit, or the literal 1 in that unit.
    fn factor(&self, side: Side<'_>, expected: &Type) -> Option<String> {
        let (unit, expected) = (side.value.ty.unit()?, expected.unit()?);
        let (missing, _) = expected.without_counting().per(&unit.without_counting())?;
        let text = self.operand_text(side, false);
        if let Some((name, multiply)) = self.definition_of(&missing, side) {
            let op = if multiply { "*" } else { "/" };
            return Some(format!("`{text} {op} {name}` is {}", describe(&Type::of(expected.clone()))));
        }
        match missing.factors() {
            [(Base::Exact { .. } | Base::Calendar(_), 1)] => {
                Some(format!("add the missing factor, such as `{text} * {}`", one(&missing)))
            }
            [(Base::Exact { .. } | Base::Calendar(_), -1)] => {
                Some(format!("add the missing divisor, such as `{text} / {}`", one(&missing.inverse())))
            }
            [(_, 1)] => Some(format!("multiply `{text}` by a value in {}", ticked(&missing))),
            [(_, -1)] => Some(format!("divide `{text}` by a value in {}", ticked(&missing.inverse()))),
            _ if unit.is_plain() => Some(format!("multiply `{text}` by a value in {}", ticked(&missing))),
            // The units have nothing in common, so a missing factor is unlikely.
            _ => None,
        }
    }

    /// The user's only input or parameter in the missing unit (to multiply by) or in its inverse (to divide by).
    fn definition_of(&self, missing: &Unit, side: Side<'_>) -> Option<(&str, bool)> {
        let mut ways = [(missing.clone(), true), (missing.inverse(), false)].into_iter();
        ways.find_map(|(unit, multiply)| Some((self.only_one(&unit, side)?, multiply)))
    }

    /// The only input or parameter in this unit that the side does not already read.
    fn only_one(&self, unit: &Unit, side: Side<'_>) -> Option<&str> {
        if !self.suggests {
            return None;
        }
        let itself = side.text();
        let fits = |ty: &Type| ty.unit().is_some_and(|known| known.factor_to(unit) == Some(Factor::ONE));
        let typed = |known: &Definition| self.typed.and_then(|typed| typed.get(&known.name.text));
        let mut found = self.library.definitions().filter(|known| {
            let ty = typed(known).map_or(&known.typed.ty, |typed| &typed.ty);
            !known.standard && known.kind != DefinitionKind::Kpi && fits(ty) && !itself.contains(&*known.name.text)
        });
        found.next().filter(|_| found.next().is_none()).map(|known| &*known.name.text)
    }

    /// The text of a side, in parentheses if an operator would apply to only a part of it.
    fn operand_text(&self, side: Side<'_>, divided: bool) -> String {
        let text = quoted(side);
        let loose = !side.is_whole()
            || match &*side.expr.kind {
                ExprKind::Chain { rest, .. } => {
                    divided || !rest.iter().all(|link| matches!(link.op, BinaryOp::Multiply | BinaryOp::Divide))
                }
                ExprKind::Number(literal) => {
                    divided && literal.unit.as_ref().is_some_and(|unit| unit.factors.len() > 1)
                }
                ExprKind::Path(_)
                | ExprKind::Call(_)
                | ExprKind::Each(_)
                | ExprKind::Paren(_)
                | ExprKind::Context { .. } => false,
                _ => true,
            };
        if loose && text != "…" { format!("({text})") } else { text }
    }
}

impl Rule<'_> {
    /// The word for the rule in messages.
    fn word(&self) -> &str {
        match self {
            Self::Binary(op) => op.symbol(),
            Self::Unary(UnaryOp::Negate) => "-",
            Self::Unary(UnaryOp::Not) => "not",
            Self::Values(word) => word,
            Self::Condition => "if",
        }
    }
}

/// Returns the diagnostic for a value of an unexpected type.
pub fn unexpected(expected: &Type, found: &Type, value: &Expr) -> Diagnostic {
    let message = format!("expected {}, found {}", describe(expected), describe(found));
    let typed = number_digits(value).and_then(|digits| match expected {
        Type::Number(unit, Spelling::Percent) if unit.is_one() => Some(format!("write a percentage: `{digits}%`")),
        Type::Number(unit, _) if unit.is_one() => Some(format!("write a plain number: `{digits}`")),
        Type::Number(unit, _) => Some(format!("write the unit: `{digits} {unit}`")),
        _ => None,
    });
    Diagnostic::error(clash(found, expected), message).at(value.span).maybe_hint(typed)
}

/// The digits of a literal, with its sign, without `%` or a unit.
fn number_digits(expr: &Expr) -> Option<String> {
    match &*expr.unparenthesized().kind {
        ExprKind::Number(literal) => Some(literal.digits.to_string()),
        ExprKind::Unary { op: UnaryOp::Negate, operand, .. } => {
            number_digits(operand).map(|digits| format!("-{digits}"))
        }
        _ => None,
    }
}

/// The same, for a literal that has neither `%` nor a unit.
fn plain_digits(expr: &Expr) -> Option<String> {
    let is_plain = expr.walk().all(|part| match &*part.kind {
        ExprKind::Number(literal) => !literal.percent && literal.unit.is_none(),
        _ => true,
    });
    number_digits(expr).filter(|_| is_plain)
}

/// A hint for a comparison of a column with a literal of another type: `churned = "Yes"`, `day >= "2026-03-01"`.
fn type_fix(rule: Rule<'_>, lhs: Side<'_>, rhs: Side<'_>) -> Option<String> {
    if let Some(hint) = year_fix(rule, lhs, rhs).or_else(|| year_fix(rule, rhs, lhs)) {
        return Some(hint);
    }
    let (side, literal) = if is_literal(rhs) { (lhs, rhs) } else { (rhs, lhs) };
    match (&side.value.ty, &literal.value.ty) {
        (Type::Boolean, Type::Text | Type::Number(..) | Type::Zero) => truth_fix(rule, side, literal),
        (Type::Date | Type::Period(_), Type::Text) => date_fix(rule, lhs, rhs, literal),
        (Type::Text, Type::Number(..) | Type::Zero) => match &*literal.expr.unparenthesized().kind {
            ExprKind::Number(_) => Some(format!("write a text in double quotes: `\"{}\"`", quoted(literal))),
            _ => None,
        },
        (Type::Number(..) | Type::Zero, Type::Text) => match &*literal.expr.unparenthesized().kind {
            ExprKind::Text(text) if text.parse::<Decimal>().is_ok() => {
                Some(format!("write a number without quotes: `{text}`"))
            }
            _ => None,
        },
        _ => None,
    }
}

fn is_literal(side: Side<'_>) -> bool {
    side.is_whole() && matches!(&*side.expr.unparenthesized().kind, ExprKind::Text(_) | ExprKind::Number(_))
}

/// A hint for `day >= 2025/26`: a fiscal year compares with a year.
fn year_fix(rule: Rule<'_>, date: Side<'_>, year: Side<'_>) -> Option<String> {
    let Rule::Binary(op) = rule else { return None };
    let text = year.is_whole().then(|| literals::written_year(year.expr)).flatten()?;
    let is_date = matches!(date.value.ty, Type::Date | Type::Period(_));
    let of_year = format!("year_of({}) {} {text}", quoted(date), op.symbol());
    is_date.then(|| format!("`{text}` is a division here; to compare fiscal years, write `{of_year}`"))
}

/// A hint for `churned = "Yes"` if the column contains truth values.
fn truth_fix(rule: Rule<'_>, side: Side<'_>, literal: Side<'_>) -> Option<String> {
    let answer = match &*literal.expr.unparenthesized().kind {
        ExprKind::Text(text) => text,
        ExprKind::Number(number) => &number.digits,
        _ => return None,
    };
    let column = quoted(side);
    let holds = match &*answer.to_lowercase() {
        "yes" | "y" | "true" | "oui" | "o" | "vrai" | "ja" | "j" | "wahr" | "1" => Some(true),
        "no" | "n" | "false" | "non" | "faux" | "nein" | "falsch" | "0" => Some(false),
        _ => None,
    };
    let write = match (holds, rule) {
        (Some(holds), Rule::Binary(op @ (BinaryOp::Equal | BinaryOp::NotEqual))) => {
            if holds == (op == BinaryOp::Equal) { format!("`{column}`") } else { format!("`not {column}`") }
        }
        _ => {
            let kind = if matches!(literal.value.ty, Type::Text) { "text" } else { "number" };
            format!(
                "`{column}` or `not {column}`, or declare the column as a {kind} in its dataset: `{column}: {kind}`"
            )
        }
    };
    Some(format!("`{column}` contains truth values (yes or no): write {write}"))
}

/// A hint for `"2026-03-01"` compared with a date: a date has no quotes.
fn date_fix(rule: Rule<'_>, lhs: Side<'_>, rhs: Side<'_>, literal: Side<'_>) -> Option<String> {
    let ExprKind::Text(text) = &*literal.expr.unparenthesized().kind else { return None };
    let whole = |date: &String| match rule {
        Rule::Binary(op) if literal.span() == rhs.span() => format!("`{} {} {date}`", quoted(lhs), op.symbol()),
        Rule::Binary(op) => format!("`{date} {} {}`", op.symbol(), quoted(rhs)),
        _ => format!("`{date}`"),
    };
    let forms: Vec<String> = periods::candidate_days(text).iter().map(whole).collect();
    Some(match forms.is_empty() {
        true => "a date has no quotes: write `2026-03-31`".to_owned(),
        false => format!("a date has no quotes: write {}", forms.join(" or ")),
    })
}

/// The text of a short expression on one line, or `…` for a long one.
fn quoted(side: Side<'_>) -> String {
    let text = side.text();
    if text.len() <= MAX_QUOTED { text } else { "…".to_owned() }
}

fn with_origins(diagnostic: Diagnostic, origins: &[Origin]) -> Diagnostic {
    origins.iter().fold(diagnostic, |diagnostic, origin| diagnostic.label(origin.span, came(origin)))
}

/// Adds a fix, unless its text is abbreviated.
fn mended(diagnostic: Diagnostic, span: Span, text: String) -> Diagnostic {
    if text.contains('…') { diagnostic } else { diagnostic.fix(span, text) }
}

/// A hint that depends only on the two types.
fn general(lhs: &Type, rhs: &Type) -> Option<String> {
    currency_in_column(lhs, rhs)
        .or_else(|| undeclared_money(lhs, rhs))
        .or_else(|| two_currencies(lhs, rhs))
        .or_else(|| two_durations(lhs, rhs))
}

/// A hint for amounts whose currency is in a column, combined with others.
fn currency_in_column(lhs: &Type, rhs: &Type) -> Option<String> {
    let (column, code) = mixed_currency(lhs, rhs)?;
    let column = column.rsplit_once('.').map_or(column, |(_, name)| name);
    Some(format!(
        "convert the amounts with `convert(amount, rate)`, or choose one currency: `[{column} = \"{code}\"]` after an aggregate"
    ))
}

/// The column with the currencies of one of two amounts, and the currency of the other.
fn mixed_currency<'t>(lhs: &'t Type, rhs: &'t Type) -> Option<(&'t str, &'static str)> {
    let bases = |ty: &Type| ty.unit().map(|unit| unit.factors().to_vec()).unwrap_or_default();
    let column = [lhs, rhs].into_iter().find_map(|ty| ty.currency_columns().next())?;
    let currency = [bases(lhs), bases(rhs)].concat().iter().find_map(|(base, _)| base.currency());
    Some((column, currency.map_or("EUR", |currency| currency.code())))
}

/// A hint for `money` combined with EUR if no currency is declared.
fn undeclared_money(lhs: &Type, rhs: &Type) -> Option<String> {
    let bases = |ty: &Type| ty.unit().map(|unit| unit.factors().to_vec()).unwrap_or_default();
    let (left, right) = (bases(lhs), bases(rhs));
    let mut all = left.iter().chain(&right);
    let has_money = all.any(|(base, _)| *base == Base::Money);
    let code = left.iter().chain(&right).find_map(|(base, _)| match base {
        Base::Currency(currency) => Some(currency.code()),
        _ => None,
    });
    code.filter(|_| has_money).map(|code| format!("declare the currency of `money`: `currency {code}`"))
}

fn two_currencies(lhs: &Type, rhs: &Type) -> Option<String> {
    let currency = |ty: &Type| match ty.unit()?.factors() {
        [(Base::Currency(currency), 1), ..] => Some(currency.code()),
        _ => None,
    };
    let (left, right) = (currency(lhs)?, currency(rhs)?);
    (left != right)
        .then(|| format!("convert {right} to {left}: multiply by a rate such as `param rate = 0.9 {left}/{right}`"))
}

/// A hint for exact durations combined with calendar durations.
fn two_durations(lhs: &Type, rhs: &Type) -> Option<String> {
    let only = |ty: &Type| match ty.unit()?.factors() {
        [(base @ (Base::Exact { .. } | Base::Calendar(_)), 1)] => Some(base.clone()),
        _ => None,
    };
    match (only(lhs)?, only(rhs)?) {
        (Base::Exact { shown: exact, .. }, Base::Calendar(calendar))
        | (Base::Calendar(calendar), Base::Exact { shown: exact, .. }) => Some(format!(
            "a {} has no fixed number of {}s: multiply by a conversion such as `30 days/month`",
            calendar.name(),
            exact.name(),
        )),
        _ => None,
    }
}

/// The code for two incompatible types: a unit mismatch if both are numbers.
fn clash(found: &Type, expected: &Type) -> Code {
    if is_number(found) && is_number(expected) { Code::UnitMismatch } else { Code::TypeMismatch }
}

fn is_number(ty: &Type) -> bool {
    matches!(ty, Type::Number(..) | Type::Zero)
}

/// A type in a sentence: `EUR/month` in backticks, `a plain number`.
pub fn describe(ty: &Type) -> String {
    match ty {
        Type::Number(unit, Spelling::Plain) if unit.is_one() => "a plain number".into(),
        Type::Number(unit, Spelling::Percent) if unit.is_one() => "a percentage".into(),
        Type::Number(unit, spelling) if unit.is_one() => format!("a {}", spelling.name()),
        Type::Number(unit, _) => ticked(unit),
        Type::Zero => "a number".into(),
        Type::Text => "a text".into(),
        Type::Boolean => "a boolean".into(),
        Type::Date => "a date".into(),
        Type::Period(grain) => format!("a {grain} such as `{}`", example_of(*grain)),
        Type::Unknown => "unknown".into(),
    }
}

/// The label of a place that a type comes from.
fn came(origin: &Origin) -> String {
    match &origin.name {
        Some(name) => format!("`{name}` is {}", describe(&origin.ty)),
        None => describe(&origin.ty),
    }
}

fn ticked(unit: &Unit) -> String {
    format!("`{unit}`")
}

/// A literal 1 in a unit: `1 month`, `1 EUR/month`.
fn one(unit: &Unit) -> String {
    match unit.factors() {
        [(base, 1)] => format!("1 {}", base.name()),
        factors if factors.len() > 1 => format!("(1 {unit})"),
        _ => format!("1 {unit}"),
    }
}
/// A period of a grain, as written in formulas.
fn example_of(grain: Grain) -> &'static str {
    match grain {
        Grain::Hour => "2026-03-31T09",
        Grain::Day => "2026-03-31",
        Grain::Week => "2026-W13",
        Grain::Month => "2026-03",
        Grain::Quarter => "2026-Q1",
        Grain::Half => "2026-H1",
        Grain::Year => "2026",
    }
}
