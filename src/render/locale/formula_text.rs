//! Turns formulas into words: labels for names, `÷` for `/`, numbers in the language's spelling.

use std::sync::Arc;

use crate::builtin::{Aggregate, AggregateFunction, aggregate_of};
use crate::language::Phrase;
use crate::library::Library;
use crate::library::card::Text;
use crate::render::{DurationUnit, Lead, Locale, NumberStyle, typeset};
use crate::syntax::ast::{
    BinaryOp, Branch, Call, ContextClause, ContextKind, Duration, Each, Expr, ExprKind, Link, NumberLiteral, Path,
    UnaryOp,
};
use crate::syntax::format_expr;
use crate::value::Decimal;
use crate::value::unit::{Spelling, Type};

/// A formula in words. Plain text keeps the parentheses of the formula; a page may draw quotients as fractions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FormulaText {
    /// Words, signs and numbers.
    Text(String),
    /// Source text, such as a column.
    Code(String),
    /// A definition, or a function if its name ends with `()`.
    Name {
        /// The name.
        id: Arc<str>,
        /// The label.
        label: String,
    },
    /// In parentheses.
    Paren(Box<FormulaText>),
    /// The first divided by the second.
    Fraction(Box<FormulaText>, Box<FormulaText>),
    /// A sequence.
    Row(Vec<FormulaText>),
}

impl FormulaText {
    /// Returns the formula as plain text on one line.
    pub fn text(&self) -> String {
        match self {
            Self::Text(text) | Self::Code(text) | Self::Name { label: text, .. } => text.clone(),
            Self::Paren(inner) => format!("({})", inner.text()),
            Self::Fraction(above, below) => format!("{} ÷ {}", above.text(), below.text()),
            Self::Row(parts) => parts.iter().map(Self::text).collect(),
        }
    }

    /// Removes parentheses around the whole formula.
    pub fn bare(&self) -> &Self {
        match self {
            Self::Paren(inner) => inner.bare(),
            _ => self,
        }
    }

    fn plain(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }
}

/// Writes formulas of a library in words of one language.
pub struct FormulaWriter<'a> {
    library: &'a Library,
    locale: &'a Locale,
}

impl<'a> FormulaWriter<'a> {
    /// Creates a writer that takes labels and units from the library, and numbers and words from the locale.
    pub fn new(library: &'a Library, locale: &'a Locale) -> Self {
        Self { library, locale }
    }

    /// A formula in words.
    ///
    /// ```
    /// use yardstick::internal::render::FormulaWriter;
    /// use yardstick::output::{Language, Locale};
    ///
    /// let library = yardstick::Library::from_text("")?;
    /// let formula = library.definition("cac").and_then(|cac| cac.formula.as_ref()).unwrap();
    /// let locale = Locale::new(Language::French);
    /// let text = FormulaWriter::new(&library, &locale).formula(formula);
    /// assert_eq!(text.text(), "Coût total du marketing et des ventes ÷ Nombre de nouveaux clients");
    /// # Ok::<(), yardstick::Error>(())
    /// ```
    pub fn formula(&self, expr: &Expr) -> FormulaText {
        match &*expr.kind {
            ExprKind::Number(literal) => FormulaText::Text(self.number(literal, &Type::Unknown)),
            ExprKind::Text(text) => FormulaText::Text(self.quoted(text)),
            ExprKind::Date(date) => FormulaText::plain(&**date),
            ExprKind::Boolean(value) => {
                FormulaText::plain(self.word(if *value { Phrase::True } else { Phrase::False }))
            }
            ExprKind::Undefined => FormulaText::plain(self.word(Phrase::Undefined)),
            ExprKind::Path(path) => self.path(path),
            ExprKind::Call(call) => match aggregate_of(call) {
                Some(function) => self.aggregate(function, call),
                None => self.call(call),
            },
            ExprKind::Each(each) => self.each(each),
            ExprKind::Unary { op, operand, .. } => self.unary(*op, operand),
            ExprKind::Chain { first, rest } => self.chain(first, rest),
            ExprKind::Binary { op, lhs, rhs, .. } => self.binary(*op, lhs, rhs),
            ExprKind::In { operand, list, negated } => self.among(operand, list, *negated),
            ExprKind::Between { operand, low, high, negated } => self.between(operand, low, high, *negated),
            ExprKind::If { branches, otherwise } => self.conditional(branches, otherwise),
            ExprKind::Paren(inner) => FormulaText::Paren(Box::new(self.formula(inner))),
            ExprKind::Context { operand, clauses } => self.context(operand, clauses),
        }
    }

    /// Writes a value that is compared with one of this type. A plain number is written like the type (`0.05` as `5%`).
    pub fn value(&self, expr: &Expr, ty: &Type) -> FormulaText {
        match &*expr.kind {
            ExprKind::Number(literal) => FormulaText::Text(self.number(literal, ty)),
            ExprKind::Unary { op: UnaryOp::Negate, operand, .. } => {
                FormulaText::Row(vec![FormulaText::plain("-"), self.value(operand, ty)])
            }
            _ => self.formula(expr),
        }
    }

    /// Returns the label of a definition, or its name.
    pub fn label(&self, name: &str) -> String {
        let definition = self.library.definition(name);
        let label = definition.and_then(|definition| definition.card.label.as_ref());
        label.map_or_else(|| name.to_owned(), |label| self.prose(label))
    }

    /// Returns an author's text in this language.
    pub fn prose(&self, text: &Text) -> String {
        typeset(text.get(self.locale.language.code()), self.locale.language)
    }

    fn word(&self, phrase: Phrase) -> &'static str {
        self.locale.language.word(phrase)
    }

    fn phrase(&self, phrase: Phrase) -> FormulaText {
        FormulaText::plain(self.word(phrase))
    }

    /// `≤`
    pub fn comparison(op: BinaryOp) -> &'static str {
        match op {
            BinaryOp::LessOrEqual => "≤",
            BinaryOp::GreaterOrEqual => "≥",
            BinaryOp::NotEqual => "≠",
            _ => op.symbol(),
        }
    }

    /// Writes a number in the style of the type.
    fn number(&self, literal: &NumberLiteral, ty: &Type) -> String {
        let Ok(digits) = literal.digits.parse::<Decimal>() else { return literal.digits.to_string() };
        let own = self.library.units().number(literal).unwrap_or_default();
        let shown = match own {
            // 0 needs no unit.
            Type::Zero if ty.spelling() != Spelling::Percent => &Type::Unknown,
            Type::Number(_, Spelling::Percent) => &own,
            _ if own.is_united() => &own,
            _ => ty,
        };
        let mut style = NumberStyle::of(shown);
        let value = if literal.percent { digits.checked_div(Decimal::ONE_HUNDRED) } else { Some(digits) };
        if style.lead != Lead::Percent || literal.percent {
            style.decimals = u8::try_from(digits.scale()).ok();
        }
        value.map_or_else(|| literal.digits.to_string(), |value| self.locale.format(&style).text(value))
    }

    fn quoted(&self, text: &str) -> String {
        self.locale.language.phrase(Phrase::Quoted, &[text])
    }

    /// A name of the library, or a column.
    fn path(&self, path: &Path) -> FormulaText {
        match (&path.qualifier, self.library.definition(&path.name.text)) {
            (None, Some(known)) => {
                FormulaText::Name { id: known.name.text.clone(), label: self.label(&known.name.text) }
            }
            (None, None) => FormulaText::Code(path.name.text.to_string()),
            (Some(dataset), _) => FormulaText::Code(format!("{}.{}", dataset.text, path.name.text)),
        }
    }

    // ── calls ────────────────────────────────────────────────────────────────

    /// `sum of revenue where status = “paid”`. Names inside an aggregate are columns.
    fn aggregate(&self, function: AggregateFunction, call: &Call) -> FormulaText {
        let arguments = joined(call.arguments.iter().map(|argument| self.row(argument)), ", ");
        let mut parts = vec![self.aggregate_of(function, call, &arguments)];
        parts.extend(arguments);
        if let Some(time) = &call.on {
            parts.push(FormulaText::Text(self.locale.language.phrase(Phrase::OnTime, &[&column(time)])));
        }
        if call.during.is_some() {
            parts.push(self.phrase(Phrase::During));
        }
        if let Some(filter) = &call.filter {
            parts.push(self.phrase(Phrase::Where));
            parts.push(self.row(filter));
        }
        if !call.by.is_empty() {
            let columns: Vec<String> = call.by.iter().map(column).collect();
            parts.push(FormulaText::Text(self.locale.language.phrase(Phrase::By, &[&columns.join(", ")])));
        }
        FormulaText::Row(parts)
    }

    /// `average of Revenue for each day`. Names in the formula are definitions.
    fn each(&self, each: &Each) -> FormulaText {
        let call = &each.call;
        let arguments = joined(call.arguments.iter().map(|argument| self.formula(argument)), ", ");
        let word = aggregate_of(call).map(|function| self.aggregate_of(function, call, &arguments));
        let mut parts: Vec<FormulaText> = word.into_iter().chain(arguments).collect();
        let keys: Vec<String> = each.keys.iter().map(column).collect();
        parts.push(FormulaText::Text(self.locale.language.phrase(Phrase::ForEach, &[&keys.join(", ")])));
        if let Some(having) = &each.having {
            parts.push(self.phrase(Phrase::Having));
            parts.push(self.formula(having));
        }
        FormulaText::Row(parts)
    }

    /// `sum of `, as it is written before these arguments.
    fn aggregate_of(&self, function: AggregateFunction, call: &Call, arguments: &[FormulaText]) -> FormulaText {
        let word = self.word(aggregate_word(function, call.distinct.is_some()));
        let next = arguments.first().map(FormulaText::text).unwrap_or_default();
        FormulaText::Text(self.locale.language.before(word, &next))
    }

    /// Writes an expression over rows. Columns have no labels, so they are written as in the source.
    fn row(&self, expr: &Expr) -> FormulaText {
        match &*expr.kind {
            ExprKind::Path(path) => FormulaText::Code(column(path)),
            ExprKind::Binary { op, lhs, rhs, .. } if op.is_comparison() => {
                let op = FormulaText::plain(format!(" {} ", Self::comparison(*op)));
                FormulaText::Row(vec![self.row(lhs), op, self.row(rhs)])
            }
            ExprKind::Text(_) | ExprKind::Number(_) => self.formula(expr),
            _ => FormulaText::Code(format_expr(expr)),
        }
    }

    /// `Growth (Revenue)`
    fn call(&self, call: &Call) -> FormulaText {
        let arguments = call.arguments.iter().map(|argument| self.formula(argument));
        let separator = self.word(Phrase::ListComma);
        let arguments = FormulaText::Row(joined(arguments, separator));
        FormulaText::Row(vec![
            self.function(&call.function.text),
            FormulaText::plain(" "),
            FormulaText::Paren(Box::new(arguments)),
        ])
    }

    fn function(&self, name: &str) -> FormulaText {
        let Some(function) = self.library.function_named(name) else { return FormulaText::plain(name) };
        let label = function.card.label.as_ref().map_or_else(|| name.to_owned(), |label| self.prose(label));
        FormulaText::Name { id: format!("{name}()").into(), label }
    }

    // ── operators ────────────────────────────────────────────────────────────

    fn unary(&self, op: UnaryOp, operand: &Expr) -> FormulaText {
        let word = match op {
            UnaryOp::Negate => "-",
            UnaryOp::Not => self.word(Phrase::Not),
        };
        FormulaText::Row(vec![FormulaText::plain(word), self.formula(operand)])
    }

    /// Writes a chain from left to right. Everything before a `/` is the numerator.
    fn chain(&self, first: &Expr, rest: &[Link]) -> FormulaText {
        rest.iter().fold(self.formula(first), |before, link| {
            let operand = self.formula(&link.operand);
            match link.op {
                BinaryOp::Divide => FormulaText::Fraction(Box::new(before), Box::new(operand)),
                op => FormulaText::Row(vec![before, FormulaText::plain(self.operator(op)), operand]),
            }
        })
    }

    fn binary(&self, op: BinaryOp, lhs: &Expr, rhs: &Expr) -> FormulaText {
        FormulaText::Row(vec![self.formula(lhs), FormulaText::plain(self.operator(op)), self.formula(rhs)])
    }

    fn operator(&self, op: BinaryOp) -> String {
        let sign = match op {
            BinaryOp::Coalesce => return self.word(Phrase::Coalesce).into(),
            BinaryOp::Or => return self.word(Phrase::OrOperator).into(),
            BinaryOp::And => return self.word(Phrase::AndOperator).into(),
            BinaryOp::Power => return "^".into(),
            BinaryOp::Subtract => "−",
            BinaryOp::Multiply => "×",
            BinaryOp::Divide => "÷",
            op => Self::comparison(op),
        };
        format!(" {sign} ")
    }

    fn among(&self, operand: &Expr, list: &[Expr], negated: bool) -> FormulaText {
        let word = if negated { Phrase::IsNoneOf } else { Phrase::IsOneOf };
        let mut parts = vec![self.formula(operand), self.phrase(word)];
        parts.extend(joined(list.iter().map(|entry| self.formula(entry)), ", "));
        FormulaText::Row(parts)
    }

    fn between(&self, operand: &Expr, low: &Expr, high: &Expr, negated: bool) -> FormulaText {
        let word = if negated { Phrase::IsNotBetween } else { Phrase::IsBetween };
        FormulaText::Row(vec![
            self.formula(operand),
            self.phrase(word),
            self.formula(low),
            self.phrase(Phrase::And),
            self.formula(high),
        ])
    }

    fn conditional(&self, branches: &[Branch], otherwise: &Expr) -> FormulaText {
        let mut parts = vec![];
        for (at, branch) in branches.iter().enumerate() {
            parts.push(self.phrase(if at == 0 { Phrase::If } else { Phrase::ElseIf }));
            parts.push(self.formula(&branch.condition));
            parts.push(self.phrase(Phrase::Then));
            parts.push(self.formula(&branch.value));
        }
        parts.push(self.phrase(Phrase::Else));
        parts.push(self.formula(otherwise));
        FormulaText::Row(parts)
    }

    // ── contexts ─────────────────────────────────────────────────────────────

    fn context(&self, operand: &Expr, clauses: &[ContextClause]) -> FormulaText {
        let clauses = joined(clauses.iter().map(|clause| self.clause(&clause.kind)), ", ");
        let clauses = FormulaText::Paren(Box::new(FormulaText::Row(clauses)));
        FormulaText::Row(vec![self.formula(operand), FormulaText::plain(" "), clauses])
    }

    fn clause(&self, kind: &ContextKind) -> FormulaText {
        match kind {
            ContextKind::Previous => self.phrase(Phrase::PreviousPeriod),
            ContextKind::Ago(ago) => {
                FormulaText::Text(self.locale.language.phrase(Phrase::Ago, &[&self.duration(ago)]))
            }
            ContextKind::Last(window) => {
                FormulaText::Text(self.locale.language.phrase(Phrase::RollingWindow, &[&self.duration(window)]))
            }
            ContextKind::ToDate(grain) => self.phrase(to_date(grain.as_ref().map(|grain| &*grain.text))),
            ContextKind::SoFar => self.phrase(Phrase::SoFar),
            ContextKind::All(None) => self.phrase(Phrase::AllGroups),
            ContextKind::All(Some(path)) => {
                FormulaText::Row(vec![self.phrase(Phrase::AllValuesOf), FormulaText::Code(column(path))])
            }
            ContextKind::Condition(condition) => {
                FormulaText::Row(vec![self.phrase(Phrase::WhereClause), self.row(condition)])
            }
        }
    }

    fn duration(&self, duration: &Duration) -> String {
        let unit = duration_unit(duration.unit.text.trim_end_matches('s'));
        match (duration.digits.parse::<Decimal>(), unit) {
            (Ok(count), Some(unit)) => {
                let style = NumberStyle { lead: Lead::Duration(unit), ..NumberStyle::default() };
                self.locale.format(&style).text(count)
            }
            _ => format!("{} {}", duration.digits, duration.unit.text),
        }
    }
}

fn aggregate_word(function: AggregateFunction, distinct: bool) -> Phrase {
    match function {
        Aggregate::Sum => Phrase::SumOf,
        Aggregate::Count if distinct => Phrase::NumberOfDifferent,
        Aggregate::Count => Phrase::NumberOf,
        Aggregate::Average => Phrase::MeanOf,
        Aggregate::Median => Phrase::MedianOf,
        Aggregate::Deviation | Aggregate::DeviationPopulation => Phrase::DeviationOf,
        Aggregate::Variance | Aggregate::VariancePopulation => Phrase::VarianceOf,
        Aggregate::Quantile(()) => Phrase::QuantileOf,
        Aggregate::First => Phrase::FirstOf,
        Aggregate::Last => Phrase::LastOf,
        Aggregate::Min => Phrase::LeastOf,
        Aggregate::Max => Phrase::GreatestOf,
        Aggregate::Only => Phrase::OneValueOf,
    }
}

fn to_date(grain: Option<&str>) -> Phrase {
    match grain {
        Some("year") => Phrase::CumulativeYear,
        Some("quarter") => Phrase::CumulativeQuarter,
        Some("half") => Phrase::CumulativeHalf,
        Some("month") => Phrase::CumulativeMonth,
        Some("week") => Phrase::CumulativeWeek,
        _ => Phrase::Cumulative,
    }
}

fn duration_unit(name: &str) -> Option<DurationUnit> {
    use DurationUnit::{Day, Hour, Minute, Month, Quarter, Second, Week, Year};
    let units = [Second, Minute, Hour, Day, Week, Month, Quarter, Year];
    let names = ["second", "minute", "hour", "day", "week", "month", "quarter", "year"];
    names.iter().position(|known| *known == name).map(|at| units[at])
}

fn column(path: &Path) -> String {
    match &path.qualifier {
        Some(dataset) => format!("{}.{}", dataset.text, path.name.text),
        None => path.name.text.to_string(),
    }
}

fn joined(parts: impl Iterator<Item = FormulaText>, separator: &str) -> Vec<FormulaText> {
    let mut row = vec![];
    for part in parts {
        if !row.is_empty() {
            row.push(FormulaText::plain(separator));
        }
        row.push(part);
    }
    row
}
