//! Rejects adjacent operators whose precedence would be ambiguous, and shows the possible ways to write them.

use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;

use super::dates;
use crate::syntax::ast::{BinaryOp, Expr, ExprKind, Path, UnaryOp};
use crate::syntax::operators::{Level, Part, level};

/// The digits of the largest power of ten, and of the smallest.
const MAX_DIGITS: i64 = 28;

/// A flat list of parts with its source text.
struct List<'a> {
    text: &'a str,
    base: usize,
    parts: &'a [Part],
}

/// The first ambiguity of a flat list.
pub(in crate::syntax) fn find(text: &str, base: usize, parts: &[Part]) -> Option<Diagnostic> {
    let list = List { text, base, parts };
    list.mixed_coalesce()
        .or_else(|| list.signed_power())
        .or_else(|| list.misplaced_not())
        .or_else(|| list.negated_comparison())
        .or_else(|| list.chained_comparison())
        .or_else(|| list.glued_date())
        .or_else(|| list.compared_undefined())
        .or_else(|| list.dashes())
}

impl List<'_> {
    /// The source text of a range of parts.
    fn slice(&self, parts: &[Part]) -> &str {
        let (Some(first), Some(last)) = (parts.first(), parts.last()) else { return "" };
        &self.text[first.span().start as usize - self.base..last.span().end as usize - self.base]
    }

    fn written(&self, expr: &Expr) -> &str {
        &self.text[expr.span.start as usize - self.base..expr.span.end as usize - self.base]
    }

    fn span(&self, parts: &[Part]) -> Span {
        parts[0].span().to(parts[parts.len() - 1].span())
    }

    /// `a ?? b + 1`, `a + b ?? 0`
    fn mixed_coalesce(&self) -> Option<Diagnostic> {
        let coalesce = self.parts.iter().find(|part| is_coalesce(part))?;
        let other = self.parts.iter().find(|part| is_other_binary(part))?;
        let tight = self.grouped(is_other_binary);
        let loose = self.grouped(is_coalesce);
        let found = self.text[other.span().start as usize - self.base..].split([' ', '\n']).next().unwrap_or_default();
        let symbol = match other {
            Part::Op(op, _) => op.symbol(),
            _ => found,
        };
        Some(
            ambiguous(format!("`??` next to `{symbol}` needs parentheses"))
                .at(coalesce.span())
                .label(other.span(), "")
                .hint(format!("write `{tight}` or `{loose}`"))
                .fix(self.span(self.parts), tight),
        )
    }

    /// The list with parentheses around each group of more than one operand between the separating operators.
    fn grouped(&self, separates: impl Fn(&Part) -> bool) -> String {
        let mut text = String::new();
        let mut rest = self.parts;
        loop {
            let end =
                rest.iter().position(|part| separates(part) && matches!(part, Part::Op(..))).unwrap_or(rest.len());
            let group = &rest[..end];
            let simple = group.iter().all(|part| matches!(part, Part::Operand(_) | Part::Prefix(..)));
            text.push_str(&if simple { self.slice(group).to_owned() } else { format!("({})", self.slice(group)) });
            let Some(Part::Op(op, _)) = rest.get(end) else { return text };
            text.push_str(&format!(" {} ", op.symbol()));
            rest = &rest[end + 1..];
        }
    }

    /// `-2^2`
    fn signed_power(&self) -> Option<Diagnostic> {
        let at = self.parts.windows(3).position(|three| {
            matches!(three, [Part::Prefix(UnaryOp::Negate, _), Part::Operand(_), Part::Op(BinaryOp::Power, _)])
        })?;
        let length = 2 + self.parts[at + 2..].iter().take_while(|part| !ends_power(part)).count();
        let whole = &self.parts[at..at + length];
        let power = self.slice(&whole[1..]);
        let signed = self.slice(&whole[..2]);
        let rest = self.slice(&whole[2..]);
        Some(
            ambiguous("a minus sign before a power needs parentheses")
                .at(self.span(whole))
                .hint(format!("write `-({power})` or `({signed}){rest}`"))
                .fix(self.span(whole), format!("-({power})")),
        )
    }

    /// `1 + not a`: `not` binds more loosely than the operator before it.
    fn misplaced_not(&self) -> Option<Diagnostic> {
        let at = self.parts.windows(2).position(|two| match two {
            [Part::Op(op, _), Part::Prefix(UnaryOp::Not, _)] => level(*op) > Level::Not,
            [Part::Prefix(UnaryOp::Negate, _), Part::Prefix(UnaryOp::Not, _)] => true,
            _ => false,
        })?;
        let length = self.parts[at + 1..].iter().take_while(|part| !matches!(part, Part::Op(..))).count();
        let negated = &self.parts[at + 1..=at + length];
        Some(
            ambiguous("`not` after an operator needs parentheses")
                .at(negated[0].span())
                .hint(format!("write `({})`", self.slice(negated)))
                .fix(self.span(negated), format!("({})", self.slice(negated))),
        )
    }

    /// `not a = b`, `not a in (b, c)`
    fn negated_comparison(&self) -> Option<Diagnostic> {
        let at = self.parts.iter().enumerate().position(|(at, part)| {
            // Checks only the last of several `not`, so that a long run takes linear time.
            let last = !matches!(self.parts.get(at + 1), Some(Part::Prefix(UnaryOp::Not, _)));
            last && matches!(part, Part::Prefix(UnaryOp::Not, _)) && self.comparison_after(at + 1).is_some()
        })?;
        let comparison = self.comparison_after(at + 1)?;
        let end = at + self.parts[at..].iter().take_while(|part| !ends_comparison(part)).count();
        let (compared, whole) = (self.slice(&self.parts[at + 1..end]), self.span(&self.parts[at..end]));
        let problem = ambiguous("`not` before a comparison needs parentheses").at(self.parts[at].span());
        Some(match &self.parts[comparison] {
            Part::In { negated: false, .. } | Part::Between { negated: false, .. } => {
                let operand = self.slice(&self.parts[at + 1..comparison]);
                let rest = self.slice(&self.parts[comparison..end]);
                problem.hint(format!("write `{operand} not {rest}`")).fix(whole, format!("{operand} not {rest}"))
            }
            _ => problem.hint(format!("write `not ({compared})`")).fix(whole, format!("not ({compared})")),
        })
    }

    /// The index of the next comparison before an `and`, `or` or `??`.
    fn comparison_after(&self, from: usize) -> Option<usize> {
        let rest = &self.parts[from..];
        let length = rest.iter().take_while(|part| !ends_comparison(part)).count();
        rest[..length].iter().position(is_comparison).map(|at| from + at)
    }

    /// `1 < x < 3`
    fn chained_comparison(&self) -> Option<Diagnostic> {
        let first = (0..self.parts.len())
            .find(|&at| is_comparison(&self.parts[at]) && self.comparison_after(at + 1).is_some())?;
        let second = self.comparison_after(first + 1)?;
        let start = self.parts[..first].iter().rposition(ends_comparison).map_or(0, |at| at + 1);
        let end = second + self.parts[second..].iter().take_while(|part| !ends_comparison(part)).count();
        let problem = ambiguous("comparisons cannot be chained")
            .at(self.parts[first].span())
            .label(self.parts[second].span(), "");
        if !matches!((&self.parts[first], &self.parts[second]), (Part::Op(..), Part::Op(..))) {
            return Some(problem.hint("put parentheses around the first comparison"));
        }
        let (before, middle) = (self.slice(&self.parts[start..second]), self.slice(&self.parts[first + 1..end]));
        let both = format!("{before} and {middle}");
        Some(problem.hint(format!("write `{both}`")).fix(self.span(&self.parts[start..end]), both))
    }

    /// `x = undefined`, `x in ("a", null)`: never true for any `x`.
    fn compared_undefined(&self) -> Option<Diagnostic> {
        (0..self.parts.len()).filter(|&at| is_comparison(&self.parts[at])).find_map(|at| {
            let start = self.parts[..at].iter().rposition(ends_comparison).map_or(0, |before| before + 1);
            let end = at + 1 + self.parts[at + 1..].iter().take_while(|part| !ends_comparison(part)).count();
            self.undefined_in(&self.parts[start..at], &self.parts[at], &self.parts[at + 1..end])
        })
    }

    fn undefined_in(&self, before: &[Part], comparison: &Part, after: &[Part]) -> Option<Diagnostic> {
        let (before_text, after_text) = (self.slice(before), self.slice(after));
        let (nothing, asked) = match comparison {
            Part::Op(op, _) => {
                let (nothing, other) = only_undefined(after)
                    .map(|it| (it, before_text))
                    .or(only_undefined(before).map(|it| (it, after_text)))?;
                let asked = if *op == BinaryOp::Equal { "not is_defined" } else { "is_defined" };
                (nothing, format!("{asked}({other})"))
            }
            Part::In { list, negated, .. } => {
                let nothing = list.iter().find(|item| is_undefined(item))?;
                let others = list.iter().filter(|item| !is_undefined(item)).map(|item| self.written(item));
                let others = others.collect::<Vec<_>>().join(", ");
                let asked = match (others.is_empty(), *negated) {
                    (true, false) => format!("not is_defined({before_text})"),
                    (true, true) => format!("is_defined({before_text})"),
                    (false, false) => format!("{before_text} in ({others}) or not is_defined({before_text})"),
                    (false, true) => format!("{before_text} not in ({others})"),
                };
                (nothing, asked)
            }
            Part::Between { low, high, .. } => {
                ([low, high].into_iter().find(|bound| is_undefined(bound))?, format!("is_defined({before_text})"))
            }
            Part::Operand(_) | Part::Prefix(..) => return None,
        };
        let written = self.written(nothing);
        let problem = Diagnostic::error(Code::TypeMismatch, format!("a comparison with `{written}` is never true"))
            .at(nothing.span)
            .hint(format!("to test whether a value is defined, write `{asked}`"));
        Some(match &*nothing.kind {
            ExprKind::Path(_) => problem.hint(format!("if `{written}` is a column, write its name in backticks")),
            _ if matches!(comparison, Part::Op(..)) => problem.fix(self.span(before).to(self.span(after)), asked),
            _ => problem,
        })
    }

    /// `a -- b`: a comment in other languages, a negative number here.
    fn dashes(&self) -> Option<Diagnostic> {
        let at = self.parts.windows(2).position(|two| match two {
            [Part::Op(BinaryOp::Subtract, minus), Part::Prefix(UnaryOp::Negate, sign)] => minus.end == sign.start,
            _ => false,
        })?;
        let negative = self.parts.get(at + 2).map_or("", |part| self.slice(std::slice::from_ref(part)));
        let problem = ambiguous("`--` is not an operator").at(self.span(&self.parts[at..at + 2]));
        Some(problem.hint(format!("write `#` before a comment, or `- (-{negative})` to subtract a negative value")))
    }

    /// `2026-3-1`, `2026-3`: look like a date but mean a subtraction. `01/03/2026` means a division.
    fn glued_date(&self) -> Option<Diagnostic> {
        let number = |at: usize| self.parts.get(at).and_then(digits);
        let (at, length) = (0..self.parts.len()).find_map(|at| {
            let op = match self.parts.get(at + 1) {
                Some(Part::Op(op @ (BinaryOp::Subtract | BinaryOp::Divide), _)) => *op,
                _ => return None,
            };
            let (one, two) = (number(at)?, number(at + 2)?);
            let again = matches!(self.parts.get(at + 3), Some(Part::Op(other, _)) if *other == op);
            let three = number(at + 4).filter(|_| again && is_glued(self.slice(&self.parts[at..at + 5])));
            if three.is_some() && !dates::dates(self.slice(&self.parts[at..at + 5])).is_empty() {
                return Some((at, 5));
            }
            let month = op == BinaryOp::Subtract && one.len() == 4 && two.len() <= 2;
            (month && is_glued(self.slice(&self.parts[at..at + 3])))
                .then_some((at, if three.is_some() { 5 } else { 3 }))
        })?;
        let whole = &self.parts[at..at + length];
        let written = self.slice(whole);
        let problem = Diagnostic::error(Code::BadLiteral, format!("`{written}` is not a date")).at(self.span(whole));
        let (sign, what) = if written.contains('/') { ("/", "division") } else { ("-", "subtraction") };
        let hint = dates::date_hint(written).or_else(|| month_hint(written));
        let hint = hint.unwrap_or_else(|| "write a date as `2026-03-31`".into());
        Some(problem.hint(format!("{hint}; for a {what}, put spaces around `{sign}`")))
    }
}

/// The hint for `2026-3`, which may mean a month or its first day.
fn month_hint(written: &str) -> Option<String> {
    let (year, month) = written.split_once('-')?;
    let valid = month.parse::<u8>().is_ok_and(|month| (1..=12).contains(&month));
    valid.then(|| format!("write a month as `{year}-{month:0>2}`, and a day as `{year}-{month:0>2}-01`"))
}

fn is_glued(written: &str) -> bool {
    written.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b'/'))
}

/// `1e5`: the parser reads `e5` as the unit of the number.
pub(in crate::syntax) fn exponent(
    text: &str,
    base: usize,
    digits: &str,
    number: Span,
    unit: Span,
) -> Option<Diagnostic> {
    let rest = &text[unit.start as usize - base..];
    let glued = text[..unit.start as usize - base].ends_with(|last: char| last.is_ascii_digit());
    let power = rest.strip_prefix(['e', 'E'])?;
    let length = power.strip_prefix(['+', '-']).unwrap_or(power).find(|c: char| !c.is_ascii_digit());
    let length = length.unwrap_or(power.trim_start_matches(['+', '-']).len());
    if !glued || length == 0 {
        return None;
    }
    let power = &power[..length + (power.len() - power.trim_start_matches(['+', '-']).len())];
    let span = Span { end: unit.start + 1 + power.len() as u32, ..number };
    if power.parse::<i64>().is_ok_and(|power| power.abs() > MAX_DIGITS) || power.len() > 18 {
        return Some(
            Diagnostic::error(Code::BadLiteral, "a number has at most 28 digits, before and after the point")
                .at(span)
                .hint("write the value in a larger or smaller unit, such as millions"),
        );
    }
    let written = format!("{digits} * 10^{}", if power.starts_with('-') { format!("({power})") } else { power.into() });
    Some(
        Diagnostic::error(Code::BadLiteral, "numbers cannot have an exponent")
            .at(span)
            .hint(format!("write all digits, or `{written}`"))
            .fix(span, written),
    )
}

fn ambiguous(message: impl Into<String>) -> Diagnostic {
    Diagnostic::error(Code::AmbiguousOperators, message)
}

fn digits(part: &Part) -> Option<&str> {
    let Part::Operand(operand) = part else { return None };
    match &*operand.kind {
        ExprKind::Number(number) if !number.percent && number.unit.is_none() => Some(&number.digits),
        _ => None,
    }
}

/// Words for a missing value in other languages. In backticks they are names.
const UNDEFINED_WORDS: [&str; 8] = ["null", "NULL", "Null", "nil", "None", "NaN", "NA", "UNDEFINED"];

fn is_undefined(expr: &Expr) -> bool {
    match &*expr.unparenthesized().kind {
        ExprKind::Undefined => true,
        ExprKind::Path(Path { qualifier: None, name, .. }) => !name.quoted && UNDEFINED_WORDS.contains(&&*name.text),
        _ => false,
    }
}

/// The operand of a side that consists only of a word for a missing value.
fn only_undefined(side: &[Part]) -> Option<&Expr> {
    let [Part::Operand(operand)] = side else { return None };
    is_undefined(operand).then_some(operand)
}

fn is_coalesce(part: &Part) -> bool {
    matches!(part, Part::Op(BinaryOp::Coalesce, _))
}

fn is_other_binary(part: &Part) -> bool {
    match part {
        Part::Op(op, _) => *op != BinaryOp::Coalesce,
        Part::Between { .. } | Part::In { .. } => true,
        Part::Prefix(op, _) => *op == UnaryOp::Not,
        Part::Operand(_) => false,
    }
}

fn is_comparison(part: &Part) -> bool {
    match part {
        Part::Op(op, _) => op.is_comparison(),
        Part::Between { .. } | Part::In { .. } => true,
        Part::Operand(_) | Part::Prefix(..) => false,
    }
}

/// Returns true if the part binds more loosely than a comparison.
fn ends_comparison(part: &Part) -> bool {
    matches!(part, Part::Op(op, _) if level(*op) < Level::Comparison)
}

/// Returns true if the part ends the right side of a power.
fn ends_power(part: &Part) -> bool {
    !matches!(part, Part::Op(BinaryOp::Power, _) | Part::Operand(_) | Part::Prefix(..))
}
