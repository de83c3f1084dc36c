//! Turns a [`Refusal`] of types into a diagnostic: both sides with their units, where each unit comes from, and the
//! factor that is missing.

use std::sync::Arc;

use indexmap::IndexMap;

use super::check::{Origin, Typed};
use super::typing::{Refusal, Wanted};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::{SourceMap, Span};
use crate::syntax::ast::{BinaryOp, Expr, ExprKind, Name};
use crate::value::unit::{Base, Factor, MAX_BASES, MAX_EXPONENT, Spelling, Type, Unit};

/// A hint quotes an expression of at most so many bytes; a longer one is called `…`.
const MAX_QUOTED: usize = 40;

/// An operand: what it is and where it stands.
#[derive(Clone, Copy)]
pub(super) struct Side<'a> {
    pub typed: &'a Typed,
    /// The expression; of the left side of a chain only its first operand.
    pub expr: &'a Expr,
    pub span: Span,
}

/// What messages are made with: the text, and the definitions typed so far, which may be a missing factor.
pub(super) struct Explain<'a> {
    pub sources: &'a SourceMap,
    pub definitions: &'a IndexMap<Arc<str>, Typed>,
}

impl Refusal {
    /// The problem without its sides, for places where only the rule is known.
    pub fn diagnostic(self, span: Span) -> Diagnostic {
        let message = match self {
            Self::Units(..) => "the units do not fit together".into(),
            Self::Types(..) => "the types do not fit together".into(),
            Self::Operand(_, wanted) => format!("expected {}", wanted.name()),
            other => other.rule(),
        };
        Diagnostic::error(self.code(), message).at(span).maybe_hint(self.advice())
    }

    fn code(self) -> Code {
        match self {
            Self::TooLarge => Code::TooLarge,
            refusal if refusal.is_about_units() => Code::UnitMismatch,
            _ => Code::TypeMismatch,
        }
    }

    /// The rule that is broken, where the sides do not matter.
    fn rule(self) -> String {
        match self {
            Self::CalendarMove => "a date moves by days, not by months".into(),
            Self::Exponent => "a number with a unit takes a whole literal as its exponent".into(),
            Self::Root => "the root of this unit is no unit".into(),
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
    /// Two operands that an operator cannot join.
    pub fn operands(self, op: BinaryOp, op_span: Span, refusal: Refusal, sides: [Side<'_>; 2]) -> Diagnostic {
        let [lhs, rhs] = sides;
        let diagnostic = self.operand(op.symbol(), Some(op_span), refusal, &sides);
        if !matches!(refusal, Refusal::Units(..)) {
            return diagnostic;
        }
        match self.percent_off(op, lhs, rhs) {
            Some(text) => {
                let part = self.quoted(rhs.span);
                let effect = if op == BinaryOp::Add { format!("adds {part}") } else { format!("takes {part} off") };
                mended(diagnostic.hint(format!("`{text}` {effect}")), lhs.span.to(rhs.span), text)
            }
            None => self.ways_out(diagnostic, lhs, rhs),
        }
    }

    /// Values that a word (`if`, `max`, `not`, `sum`) cannot take.
    pub fn operand(&self, word: &str, place: Option<Span>, refusal: Refusal, sides: &[Side<'_>]) -> Diagnostic {
        match refusal {
            Refusal::Units(lhs, rhs) => self.different(word, "unit", place, refusal, sides[lhs], sides[rhs]),
            Refusal::Types(lhs, rhs) => self.different(word, "type", place, refusal, sides[lhs], sides[rhs]),
            Refusal::Operand(at, wanted) => self.unwanted(word, wanted, refusal, sides[at]),
            other => {
                let diagnostic = Diagnostic::error(other.code(), other.rule());
                let labelled = sides
                    .iter()
                    .fold(diagnostic, |diagnostic, side| diagnostic.label(side.span, described(side.typed)));
                labelled.maybe_hint(other.advice())
            }
        }
    }

    /// Something else than a truth value decides.
    pub fn condition(&self, found: Side<'_>) -> Diagnostic {
        let message = format!("a condition is true or false, found {}", described(found.typed));
        let diagnostic = Diagnostic::error(Code::TypeMismatch, message).label(found.span, described(found.typed));
        let is_number = matches!(found.typed.ty, Type::Number(..) | Type::Zero);
        diagnostic.maybe_hint(is_number.then(|| format!("compare it: `{} != 0`", self.quoted(found.span))))
    }

    /// A formula that does not give what its definition is declared to be.
    pub fn annotation(&self, name: &Name, wanted: &Type, place: Span, found: Side<'_>) -> Diagnostic {
        let code = clash(&found.typed.ty, wanted);
        let message =
            format!("`{}` is declared {}, its formula gives {}", name.text, told(wanted), described(found.typed));
        let diagnostic = Diagnostic::error(code, message)
            .label(found.span, described(found.typed))
            .label(place, format!("declared {}", told(wanted)));
        let diagnostic = self.formula_ways_out(self.origins(diagnostic, found), wanted, found);
        let name = found.typed.ty.unit_name().filter(|_| is_number(wanted));
        diagnostic.maybe_hint(name.map(|unit| format!("or declare it `: {unit}`")))
    }

    /// An input that is declared to be something else than its column.
    pub fn column(&self, name: &Name, wanted: &Type, place: Span, found: &Typed) -> Diagnostic {
        let message = format!("`{}` is declared {}, its column is {}", name.text, told(wanted), described(found));
        let diagnostic =
            Diagnostic::error(clash(&found.ty, wanted), message).label(place, format!("declared {}", told(wanted)));
        found.origins.iter().fold(diagnostic, |diagnostic, origin| diagnostic.label(origin.span, came(origin)))
    }

    /// A value that cannot stand for a definition: a target, a bound, an example's.
    pub fn value(&self, name: &str, wanted: &Typed, found: Side<'_>) -> Diagnostic {
        let code = clash(&found.typed.ty, &wanted.ty);
        let message = format!("`{name}` is {}, this value is {}", described(wanted), described(found.typed));
        let diagnostic = Diagnostic::error(code, message).label(found.span, described(found.typed));
        let shown = wanted
            .origins
            .iter()
            .take(1)
            .fold(diagnostic, |diagnostic, origin| diagnostic.label(origin.span, came(origin)));
        self.formula_ways_out(self.origins(shown, found), &wanted.ty, found)
    }

    /// A definition that takes the place of one of the standard library and is something else.
    pub fn replacement(&self, name: &Name, found: &Typed, wanted: &Type, place: Span) -> Diagnostic {
        let message = format!(
            "`{}` is {} in the standard library, its replacement is {}",
            name.text,
            told(wanted),
            described(found)
        );
        let diagnostic = Diagnostic::error(Code::BadReplacement, message)
            .label(name.span, format!("replaced by {}", described(found)))
            .label(place, format!("the library's is {}", told(wanted)));
        let shown =
            found.origins.iter().fold(diagnostic, |diagnostic, origin| diagnostic.label(origin.span, came(origin)));
        shown
            .maybe_hint(undeclared_money(&found.ty, wanted))
            .hint("formulas of the library use it: give it that unit, or another name")
    }

    /// Two sides that differ.
    fn different(
        &self,
        word: &str,
        what: &str,
        place: Option<Span>,
        refusal: Refusal,
        lhs: Side<'_>,
        rhs: Side<'_>,
    ) -> Diagnostic {
        let (left, right) = (described(lhs.typed), described(rhs.typed));
        let sides = if place.is_some() { "on both sides" } else { "for all its values" };
        let message = format!("`{word}` needs the same {what} {sides}, found {left} and {right}");
        let diagnostic = Diagnostic::error(refusal.code(), message).label(lhs.span, left).label(rhs.span, right);
        let diagnostic = self.origins(self.origins(diagnostic, lhs), rhs);
        match (place, refusal) {
            (None, Refusal::Units(..)) => self.ways_out(diagnostic, lhs, rhs),
            _ => diagnostic,
        }
    }

    /// One operand that is not what it ought to be.
    fn unwanted(&self, word: &str, wanted: Wanted, refusal: Refusal, found: Side<'_>) -> Diagnostic {
        let message = format!("`{word}` needs {}, found {}", wanted.name(), described(found.typed));
        let diagnostic = Diagnostic::error(refusal.code(), message).label(found.span, described(found.typed));
        let hint = match wanted {
            Wanted::ExactDuration => Some(format!("write the unit: `{} days`", self.quoted(found.span))),
            Wanted::PlainNumber => found.typed.ty.unit_name().map(|_| self.divided_by_one(found)),
            Wanted::Boolean => {
                Some(format!("compare it: `{} != 0`", self.quoted(found.span))).filter(|_| is_number(&found.typed.ty))
            }
            _ => None,
        };
        self.origins(diagnostic, found).maybe_hint(hint)
    }

    fn divided_by_one(&self, found: Side<'_>) -> String {
        let unit = found.typed.ty.unit().cloned().unwrap_or_default();
        format!("`{} / {}` is a plain number", self.operand_text(found, true), one(&unit))
    }

    /// Labels at the places that gave a side its unit, other than the side itself.
    fn origins(&self, diagnostic: Diagnostic, side: Side<'_>) -> Diagnostic {
        let elsewhere = side.typed.origins.iter().filter(|origin| origin.span != side.span);
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
            && lhs.typed.ty.is_united()
            && rhs.typed.ty.spelling() == Spelling::Percent;
        is_off.then(|| {
            format!("{} * (1 {} {})", self.operand_text(lhs, false), op.symbol(), self.operand_text(rhs, true))
        })
    }

    /// What would make two sides of different units fit.
    fn ways_out(&self, diagnostic: Diagnostic, lhs: Side<'_>, rhs: Side<'_>) -> Diagnostic {
        let (left, right) = (&lhs.typed.ty, &rhs.typed.ty);
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
        let general = general(wanted, &found.typed.ty);
        diagnostic.maybe_hint(general.or_else(|| self.inverted(found, wanted)).or_else(|| self.factor(found, wanted)))
    }

    /// `5 EUR` for `5`.
    fn with_unit(&self, diagnostic: Diagnostic, literal: Side<'_>, unit: &Unit) -> Diagnostic {
        let text = format!("{} {unit}", self.quoted(literal.span));
        mended(diagnostic.hint(format!("a number takes its unit: `{text}`")), literal.span, text)
    }

    /// A literal without a unit beside something that has one.
    fn bare<'s, 't>(&self, side: Side<'s>, other: &'t Type) -> Option<(Side<'s>, &'t Unit)> {
        let is_literal = side.expr.span == side.span && matches!(&*side.expr.kind, ExprKind::Number(_));
        let unit = other.unit().filter(|_| other.is_united())?;
        (is_literal && side.typed.ty == Type::PLAIN).then_some((side, unit))
    }

    /// A side that is upside down.
    fn inverted(&self, side: Side<'_>, wanted: &Type) -> Option<String> {
        let (unit, wanted) = (side.typed.ty.unit()?, wanted.unit()?);
        let upside_down = !unit.is_plain() && unit.inverse().factor_to(wanted).is_some();
        upside_down.then(|| {
            let text = self.operand_text(side, true);
            format!("`1 / {text}` is in {}: is the ratio upside down?", ticked(&unit.inverse()))
        })
    }

    /// The factor that a side lacks: a definition that has its unit, or one of it.
    fn factor(&self, side: Side<'_>, wanted: &Type) -> Option<String> {
        let (unit, wanted) = (side.typed.ty.unit()?, wanted.unit()?);
        let (missing, _) = wanted.without_counting().per(&unit.without_counting())?;
        let text = self.operand_text(side, false);
        if let Some((name, multiply)) = self.definition_of(&missing, side) {
            let op = if multiply { "*" } else { "/" };
            return Some(format!("`{text} {op} {name}` would be {}", told(&Type::of(wanted.clone()))));
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

    /// The definition in the missing unit (to multiply by) or in its inverse (to divide by), where there is but one: the
    /// user's own first.
    fn definition_of(&self, missing: &Unit, side: Side<'_>) -> Option<(&str, bool)> {
        let wanted = [(missing.clone(), true), (missing.inverse(), false)];
        let sources = [false, true];
        let mut ways =
            sources.iter().flat_map(|&standard| wanted.iter().map(move |(unit, multiply)| (standard, unit, *multiply)));
        ways.find_map(|(standard, unit, multiply)| Some((self.only_one(unit, standard, side)?, multiply)))
    }

    /// The only definition in that unit which the side does not read already.
    fn only_one(&self, wanted: &Unit, standard: bool, side: Side<'_>) -> Option<&str> {
        let itself = self.sources.text(side.span);
        let usable = |(name, typed): &(&Arc<str>, &Typed)| {
            let of_library = typed.origins.first().is_some_and(|origin| origin.span.file.is_standard());
            let fits = typed.ty.unit().is_some_and(|unit| unit.factor_to(wanted) == Some(Factor::ONE));
            fits && of_library == standard && !itself.contains(&***name)
        };
        let mut found = self.definitions.iter().filter(usable);
        found.next().filter(|_| found.next().is_none()).map(|(name, _)| &**name)
    }

    /// A side as it is written, in parentheses where an operator would bind to a part of it only.
    fn operand_text(&self, side: Side<'_>, divided: bool) -> String {
        let text = self.quoted(side.span);
        let loose = side.span != side.expr.span
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

    /// The text of a short expression on one line; `…` for a long one.
    fn quoted(&self, span: Span) -> String {
        let text = self.sources.text(span);
        if text.len() <= MAX_QUOTED && !text.contains('\n') { text.to_owned() } else { "…".to_owned() }
    }
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

fn described(typed: &Typed) -> String {
    told(&typed.ty)
}

/// A type in a sentence: `EUR/month` in backticks, `a plain number`.
pub(crate) fn told(ty: &Type) -> String {
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
        Some(name) => format!("`{name}` is {}", told(&origin.ty)),
        None => told(&origin.ty),
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
