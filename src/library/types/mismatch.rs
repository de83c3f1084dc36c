//! Turns a [`TypeError`] into a diagnostic: both sides with their units, where each unit comes from, and the factor that
//! is missing.

use std::sync::Arc;

use indexmap::IndexMap;

use super::typed::{Origin, Typed};
use super::typing::{Needed, TypeError};
use crate::builtin::find_aggregate;
use crate::diagnostic::{Code, Diagnostic};
use crate::library::{Definition, Library, base_name, periods};
use crate::source::Span;
use crate::syntax::ast::{BinaryOp, Expr, ExprKind, Link, Name, UnaryOp};
use crate::syntax::format_expr;
use crate::value::Decimal;
use crate::value::unit::{Base, Factor, MAX_BASES, MAX_EXPONENT, Spelling, Type, Unit};

/// The length of an expression that a hint quotes, in bytes; a longer one appears as `…`.
const MAX_QUOTED: usize = 40;

/// An operand: what it is and where it stands.
#[derive(Debug)]
pub struct Side<'a, V = Typed> {
    /// What it is.
    pub value: &'a V,
    /// The expression; of the left side of a chain its first operand.
    pub expr: &'a Expr,
    /// The links of a chain that are part of it.
    pub rest: &'a [Link],
}

/// A rule that operands break.
#[derive(Debug, Clone, Copy)]
pub enum Rule<'a> {
    /// Of an operator between two operands.
    Binary(BinaryOp),
    /// Of an operator before one operand.
    Unary(UnaryOp),
    /// Of several values: `if`, `max`, `sum`, `between`, with the comparison behind it where there is one.
    Values(&'a str, Option<BinaryOp>),
    /// Something else than a truth value decides.
    Condition,
}

/// What messages are made with: definitions that may be a missing factor.
#[derive(Clone, Copy)]
pub struct Explain<'a> {
    /// The definitions.
    pub library: &'a Library,
    /// Their types so far, while they are checked; the library's own afterwards.
    pub typed: Option<&'a IndexMap<Arc<str>, Typed>>,
}

impl<V> Clone for Side<'_, V> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<V> Copy for Side<'_, V> {}

impl<'a, V> Side<'a, V> {
    /// An operand that is an expression of its own.
    pub fn new(value: &'a V, expr: &'a Expr) -> Self {
        Self { value, expr, rest: &[] }
    }

    /// Where it stands.
    pub fn span(&self) -> Span {
        self.rest.last().map_or(self.expr.span, |link| self.expr.span.to(link.operand.span))
    }

    /// True if it is an expression of its own, not the beginning of a chain.
    pub fn is_whole(&self) -> bool {
        self.rest.is_empty()
    }

    /// Its text, on one line.
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

    /// The rule that is broken, where the sides do not matter.
    fn rule(self) -> String {
        match self {
            Self::CalendarMove => "a date moves by days, not by months".into(),
            Self::Exponent => "a number with a unit takes a whole literal as its exponent".into(),
            Self::Root => "the root of this unit is not a unit".into(),
            Self::TooLarge => format!("a unit has at most {MAX_BASES} parts and the power {MAX_EXPONENT}"),
            Self::Units(..) | Self::Types(..) | Self::Operand(..) => String::new(),
        }
    }

    fn advice(self) -> Option<&'static str> {
        match self {
            Self::CalendarMove => {
                Some("months differ in length: move by `days`, or compare periods with `[1 month ago]`")
            }
            Self::Exponent => Some("divide by the unit first: `(x / 1 EUR) ^ 0.5` is a plain number"),
            _ => None,
        }
    }
}

impl Explain<'_> {
    /// Operands that break a rule.
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

    /// Something else than a truth value decides.
    fn condition(&self, found: Side<'_>) -> Diagnostic {
        let message = format!("a condition is true or false, found {}", describe(&found.value.ty));
        let diagnostic = Diagnostic::error(Code::TypeMismatch, message).label(found.span(), describe(&found.value.ty));
        let is_number = matches!(found.value.ty, Type::Number(..) | Type::Zero);
        diagnostic.maybe_hint(is_number.then(|| format!("compare it: `{} != 0`", quoted(found))))
    }

    /// A formula, or the column of an input without one, that does not give what its definition is declared to be.
    pub fn annotation(
        &self,
        name: &Name,
        wanted: &Type,
        place: Span,
        found: &Typed,
        formula: Option<&Expr>,
    ) -> Diagnostic {
        let code = clash(&found.ty, wanted);
        let what = if formula.is_some() { "formula gives" } else { "column is" };
        let (declared, given) = (describe(wanted), describe(&found.ty));
        let message = format!("`{}` is declared {declared}, its {what} {given}", name.text);
        let diagnostic = Diagnostic::error(code, message);
        let Some(formula) = formula else {
            return with_origins(diagnostic.label(place, format!("declared {declared}")), &found.origins);
        };
        let diagnostic = diagnostic.label(formula.span, given).label(place, format!("declared {declared}"));
        let found = Side::new(found, formula);
        let diagnostic = self.formula_ways_out(self.origins(diagnostic, found), wanted, found);
        let unit = found.value.ty.unit_name().filter(|_| is_number(wanted));
        diagnostic.maybe_hint(unit.map(|unit| format!("or declare it `: {unit}`")))
    }

    /// A value that cannot stand for a definition: a target, a bound, an example's.
    pub fn value(&self, name: &str, wanted: &Typed, found: Side<'_>) -> Diagnostic {
        let code = clash(&found.value.ty, &wanted.ty);
        let message = format!("`{name}` is {}, this value is {}", describe(&wanted.ty), describe(&found.value.ty));
        let diagnostic = Diagnostic::error(code, message).label(found.span(), describe(&found.value.ty));
        let shown = with_origins(diagnostic, &wanted.origins[..wanted.origins.len().min(1)]);
        self.formula_ways_out(self.origins(shown, found), &wanted.ty, found)
    }

    /// A definition that replaces one of the base with another type.
    pub fn replacement(&self, name: &Name, found: &Typed, wanted: &Type, place: Span) -> Diagnostic {
        let message = format!(
            "`{}` is {} in {}, its replacement is {}",
            name.text,
            describe(wanted),
            base_name(place.file.is_standard()),
            describe(&found.ty)
        );
        let diagnostic = Diagnostic::error(Code::BadReplacement, message)
            .label(name.span, format!("replaced by {}", describe(&found.ty)))
            .label(place, format!("the library's is {}", describe(wanted)));
        with_origins(diagnostic, &found.origins)
            .maybe_hint(undeclared_money(&found.ty, wanted))
            .hint("formulas of the library use it: give it that unit, or another name")
    }

    /// Two sides that differ.
    fn different(&self, rule: Rule<'_>, what: &str, error: TypeError, lhs: Side<'_>, rhs: Side<'_>) -> Diagnostic {
        let (left, right) = (describe(&lhs.value.ty), describe(&rhs.value.ty));
        let sides = if matches!(rule, Rule::Binary(..)) { "on both sides" } else { "for all its values" };
        let message = format!("`{}` needs the same {what} {sides}, found {left} and {right}", rule.word());
        let diagnostic = Diagnostic::error(error.code(), message).label(lhs.span(), left).label(rhs.span(), right);
        let diagnostic = self.origins(self.origins(diagnostic, lhs), rhs);
        match error {
            TypeError::Units(..) => self.unit_ways_out(diagnostic, rule, lhs, rhs),
            _ => diagnostic.maybe_hint(type_way_out(rule, lhs, rhs)),
        }
    }

    fn unit_ways_out(&self, diagnostic: Diagnostic, rule: Rule<'_>, lhs: Side<'_>, rhs: Side<'_>) -> Diagnostic {
        let Rule::Binary(op) = rule else { return self.ways_out(diagnostic, lhs, rhs) };
        match self.percent_off(op, lhs, rhs) {
            Some(text) => {
                let part = quoted(rhs);
                let effect = if op == BinaryOp::Add { format!("adds {part}") } else { format!("takes {part} off") };
                mended(diagnostic.hint(format!("`{text}` {effect}")), lhs.span().to(rhs.span()), text)
            }
            None => self.ways_out(diagnostic, lhs, rhs),
        }
    }

    /// One operand that is not what it ought to be.
    fn unsuitable(&self, rule: Rule<'_>, needed: Needed, error: TypeError, found: Side<'_>) -> Diagnostic {
        let ty = &found.value.ty;
        let message = format!("`{}` needs {}, found {}", rule.word(), needed.name(), describe(ty));
        let diagnostic = Diagnostic::error(error.code(), message).label(found.span(), describe(ty));
        let hint = match (needed, ty) {
            (Needed::ExactDuration, _) => Some(format!("write the unit: `{} days`", quoted(found))),
            (Needed::PlainNumber, _) => ty.unit_name().map(|_| self.divided_by_one(found)),
            (Needed::Boolean, ty) if is_number(ty) => Some(format!("compare it: `{} != 0`", quoted(found))),
            (Needed::Text, Type::Number(..)) => {
                Some("a column of digits is read as texts where its dataset says so: `x: text`".into())
            }
            (Needed::Number | Needed::Ordered, Type::Boolean) if find_aggregate(rule.word()).is_some() => {
                Some(format!("truth values are counted: `count({0} where {0})`", quoted(found)))
            }
            _ => None,
        };
        self.origins(diagnostic, found).maybe_hint(hint)
    }

    fn divided_by_one(&self, found: Side<'_>) -> String {
        let unit = found.value.ty.unit().cloned().unwrap_or_default();
        format!("`{} / {}` is a plain number", self.operand_text(found, true), one(&unit))
    }

    /// Labels at the places that gave a side its unit, other than the side itself.
    fn origins(&self, diagnostic: Diagnostic, side: Side<'_>) -> Diagnostic {
        let elsewhere = side.value.origins.iter().filter(|origin| origin.span != side.span());
        elsewhere.fold(diagnostic, |diagnostic, origin| {
            match diagnostic.labels.iter().any(|label| label.span == origin.span) {
                true => diagnostic,
                false => diagnostic.label(origin.span, came(origin)),
            }
        })
    }

    // ── ways out ────────────────────────────────────────────────────────────

    /// `100 EUR * (1 - 20%)` for `100 EUR - 20%`.
    fn percent_off(&self, op: BinaryOp, lhs: Side<'_>, rhs: Side<'_>) -> Option<String> {
        let is_off = matches!(op, BinaryOp::Add | BinaryOp::Subtract)
            && lhs.value.ty.is_united()
            && rhs.value.ty.spelling() == Spelling::Percent;
        is_off.then(|| {
            format!("{} * (1 {} {})", self.operand_text(lhs, false), op.symbol(), self.operand_text(rhs, true))
        })
    }

    /// What would make two sides of different units fit.
    fn ways_out(&self, diagnostic: Diagnostic, lhs: Side<'_>, rhs: Side<'_>) -> Diagnostic {
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

    /// What would make a formula fit what is wanted of it.
    fn formula_ways_out(&self, diagnostic: Diagnostic, wanted: &Type, found: Side<'_>) -> Diagnostic {
        if let Some((literal, unit)) = self.bare(found, wanted) {
            return self.with_unit(diagnostic, literal, unit);
        }
        let general = general(wanted, &found.value.ty);
        diagnostic.maybe_hint(general.or_else(|| self.inverted(found, wanted)).or_else(|| self.factor(found, wanted)))
    }

    /// `5 EUR` for `5`.
    fn with_unit(&self, diagnostic: Diagnostic, literal: Side<'_>, unit: &Unit) -> Diagnostic {
        let text = format!("{} {unit}", quoted(literal));
        mended(diagnostic.hint(format!("a number takes its unit: `{text}`")), literal.span(), text)
    }

    /// A literal without a unit beside something that has one.
    fn bare<'s, 't>(&self, side: Side<'s>, other: &'t Type) -> Option<(Side<'s>, &'t Unit)> {
        let is_literal = side.is_whole() && matches!(&*side.expr.kind, ExprKind::Number(_));
        let unit = other.unit().filter(|_| other.is_united())?;
        (is_literal && side.value.ty == Type::PLAIN).then_some((side, unit))
    }

    /// A side that is upside down.
    fn inverted(&self, side: Side<'_>, wanted: &Type) -> Option<String> {
        let (unit, wanted) = (side.value.ty.unit()?, wanted.unit()?);
        let upside_down = !unit.is_plain() && unit.inverse().factor_to(wanted).is_some();
        upside_down.then(|| {
            let text = self.operand_text(side, true);
            format!("`1 / {text}` is in {}: is the ratio upside down?", ticked(&unit.inverse()))
        })
    }

    /// The factor that a side lacks: a definition that has its unit, or one of it.
    fn factor(&self, side: Side<'_>, wanted: &Type) -> Option<String> {
        let (unit, wanted) = (side.value.ty.unit()?, wanted.unit()?);
        let (missing, _) = wanted.without_counting().per(&unit.without_counting())?;
        let text = self.operand_text(side, false);
        if let Some((name, multiply)) = self.definition_of(&missing, side) {
            let op = if multiply { "*" } else { "/" };
            return Some(format!("`{text} {op} {name}` would be {}", describe(&Type::of(wanted.clone()))));
        }
        match missing.factors() {
            [(Base::Exact { .. } | Base::Calendar(_), 1)] => {
                Some(format!("a factor is missing: `{text} * {}` would fit", one(&missing)))
            }
            [(Base::Exact { .. } | Base::Calendar(_), -1)] => {
                Some(format!("a factor is missing: `{text} / {}` would fit", one(&missing.inverse())))
            }
            [(_, 1)] => Some(format!("`{text}` lacks a factor in {}", ticked(&missing))),
            [(_, -1)] => Some(format!("divide `{text}` by something in {}", ticked(&missing.inverse()))),
            _ if unit.is_plain() => Some(format!("`{text}` lacks a factor in {}", ticked(&missing))),
            // Two units that share nothing: no factor is likely to have been forgotten.
            _ => None,
        }
    }

    /// The definition of the user in the missing unit (to multiply by) or in its inverse (to divide by), if there is only
    /// one.
    fn definition_of(&self, missing: &Unit, side: Side<'_>) -> Option<(&str, bool)> {
        let mut ways = [(missing.clone(), true), (missing.inverse(), false)].into_iter();
        ways.find_map(|(unit, multiply)| Some((self.only_one(&unit, side)?, multiply)))
    }

    /// The only definition in that unit which the side does not read already.
    fn only_one(&self, unit: &Unit, side: Side<'_>) -> Option<&str> {
        let itself = side.text();
        let fits = |ty: &Type| ty.unit().is_some_and(|known| known.factor_to(unit) == Some(Factor::ONE));
        let typed = |known: &Definition| self.typed.and_then(|typed| typed.get(&known.name.text));
        let mut found = self.library.definitions().filter(|known| {
            let ty = typed(known).map_or(&known.typed.ty, |typed| &typed.ty);
            !known.standard && fits(ty) && !itself.contains(&*known.name.text)
        });
        found.next().filter(|_| found.next().is_none()).map(|known| &*known.name.text)
    }

    /// A side as it is written, in parentheses where an operator would bind to a part of it only.
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
                ExprKind::Path(_) | ExprKind::Call(_) | ExprKind::Paren(_) | ExprKind::Context { .. } => false,
                _ => true,
            };
        if loose && text != "…" { format!("({text})") } else { text }
    }
}

impl Rule<'_> {
    /// How it is called in a message.
    fn word(&self) -> &str {
        match self {
            Self::Binary(op) => op.symbol(),
            Self::Unary(UnaryOp::Negate) => "-",
            Self::Unary(UnaryOp::Not) => "not",
            Self::Values(word, _) => word,
            Self::Condition => "if",
        }
    }

    /// The operator that two values are compared with.
    fn comparison(&self) -> Option<BinaryOp> {
        match self {
            Self::Binary(op) => Some(*op),
            Self::Values(_, op) => *op,
            Self::Unary(_) | Self::Condition => None,
        }
    }
}

/// A value that is not of the type that is expected of it.
pub fn unexpected(expected: &Type, found: &Type, span: Span) -> Diagnostic {
    let message = format!("expected {}, found {}", describe(expected), describe(found));
    Diagnostic::error(clash(found, expected), message).at(span)
}

/// What to write where a column is of another type than it looks like: `churned = "Yes"`, `day >= "2026-03-01"`.
fn type_way_out(rule: Rule<'_>, lhs: Side<'_>, rhs: Side<'_>) -> Option<String> {
    let (side, literal) = if is_literal(rhs) { (lhs, rhs) } else { (rhs, lhs) };
    match (&side.value.ty, &literal.value.ty) {
        (Type::Boolean, Type::Text | Type::Number(..) | Type::Zero) => truth_way_out(rule, side, literal),
        (Type::Date, Type::Text) => date_way_out(rule, lhs, rhs, literal),
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

/// `churned = "Yes"` where the column holds truth values.
fn truth_way_out(rule: Rule<'_>, side: Side<'_>, literal: Side<'_>) -> Option<String> {
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
    let write = match (holds, rule.comparison()) {
        (Some(holds), Some(BinaryOp::Equal)) => {
            if holds {
                format!("`{column}`")
            } else {
                format!("`not {column}`")
            }
        }
        (Some(holds), Some(BinaryOp::NotEqual)) => {
            if holds {
                format!("`not {column}`")
            } else {
                format!("`{column}`")
            }
        }
        _ => {
            let kind = if matches!(literal.value.ty, Type::Text) { "text" } else { "number" };
            format!("`{column}` or `not {column}`; for {kind}s declare the column in its dataset: `{column}: {kind}`")
        }
    };
    Some(format!("`{column}` holds truth values (yes or no): write {write}"))
}

/// `"2026-03-01"` beside a date: a date has no quotes.
fn date_way_out(rule: Rule<'_>, lhs: Side<'_>, rhs: Side<'_>, literal: Side<'_>) -> Option<String> {
    let ExprKind::Text(text) = &*literal.expr.unparenthesized().kind else { return None };
    let whole = |date: &String| match rule {
        Rule::Binary(op) if literal.span() == rhs.span() => format!("`{} {} {date}`", quoted(lhs), op.symbol()),
        Rule::Binary(op) => format!("`{date} {} {}`", op.symbol(), quoted(rhs)),
        _ => format!("`{date}`"),
    };
    let forms: Vec<String> = periods::days_meant(text).iter().map(whole).collect();
    Some(match forms.is_empty() {
        true => "a date is written without quotes: `2026-03-31`".to_owned(),
        false => format!("a date is written without quotes: write {}", forms.join(" or ")),
    })
}

/// The text of a short expression on one line; `…` for a long one.
fn quoted(side: Side<'_>) -> String {
    let text = side.text();
    if text.len() <= MAX_QUOTED { text } else { "…".to_owned() }
}

fn with_origins(diagnostic: Diagnostic, origins: &[Origin]) -> Diagnostic {
    origins.iter().fold(diagnostic, |diagnostic, origin| diagnostic.label(origin.span, came(origin)))
}

/// Adds a replacement, unless its text is not all there.
fn mended(diagnostic: Diagnostic, span: Span, text: String) -> Diagnostic {
    if text.contains('…') { diagnostic } else { diagnostic.fix(span, text) }
}

/// Hints that the two types alone decide.
fn general(lhs: &Type, rhs: &Type) -> Option<String> {
    undeclared_money(lhs, rhs).or_else(|| two_currencies(lhs, rhs)).or_else(|| two_durations(lhs, rhs))
}

/// `money` beside EUR, where no currency is declared.
fn undeclared_money(lhs: &Type, rhs: &Type) -> Option<String> {
    let bases = |ty: &Type| ty.unit().map(|unit| unit.factors().to_vec()).unwrap_or_default();
    let (left, right) = (bases(lhs), bases(rhs));
    let mut all = left.iter().chain(&right);
    let has_money = all.any(|(base, _)| *base == Base::Money);
    let code = left.iter().chain(&right).find_map(|(base, _)| match base {
        Base::Currency(currency) => Some(currency.code()),
        _ => None,
    });
    code.filter(|_| has_money).map(|code| format!("a line `currency {code}` says what `money` is"))
}

fn two_currencies(lhs: &Type, rhs: &Type) -> Option<String> {
    let currency = |ty: &Type| match ty.unit()?.factors() {
        [(Base::Currency(currency), 1), ..] => Some(currency.code()),
        _ => None,
    };
    let (left, right) = (currency(lhs)?, currency(rhs)?);
    (left != right)
        .then(|| format!("{left} and {right} do not mix: multiply by a rate such as `param rate = 0.9 {left}/{right}`"))
}

/// Exact durations beside calendar ones.
fn two_durations(lhs: &Type, rhs: &Type) -> Option<String> {
    let only = |ty: &Type| match ty.unit()?.factors() {
        [(base @ (Base::Exact { .. } | Base::Calendar(_)), 1)] => Some(base.clone()),
        _ => None,
    };
    match (only(lhs)?, only(rhs)?) {
        (Base::Exact { shown: exact, .. }, Base::Calendar(calendar))
        | (Base::Calendar(calendar), Base::Exact { shown: exact, .. }) => Some(format!(
            "a {} has no fixed number of {}s: multiply by a length that suits, such as `30 days/month`",
            calendar.name(),
            exact.name(),
        )),
        _ => None,
    }
}

/// Whether two types clash in their units or altogether.
fn clash(found: &Type, wanted: &Type) -> Code {
    if is_number(found) && is_number(wanted) { Code::UnitMismatch } else { Code::TypeMismatch }
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
        Type::Boolean => "a truth value".into(),
        Type::Date => "a date".into(),
        Type::Unknown => "unknown".into(),
    }
}

/// What a place gave to an expression.
fn came(origin: &Origin) -> String {
    match &origin.name {
        Some(name) => format!("`{name}` is {}", describe(&origin.ty)),
        None => describe(&origin.ty),
    }
}

fn ticked(unit: &Unit) -> String {
    format!("`{unit}`")
}

/// A literal 1 of that unit: `1 month`, `1 EUR/month`.
fn one(unit: &Unit) -> String {
    match unit.factors() {
        [(base, 1)] => format!("1 {}", base.name()),
        factors if factors.len() > 1 => format!("(1 {unit})"),
        _ => format!("1 {unit}"),
    }
}
