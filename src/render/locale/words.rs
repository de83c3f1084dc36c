//! Turns formulas into words: labels for names, `÷` for `/`, numbers in the language's spelling.

use std::sync::Arc;

use crate::builtin::{Aggregate, AggregateFunction, aggregate_of};
use crate::library::Library;
use crate::library::card::Text;
use crate::render::{DurationUnit, Language, Lead, Locale, NumberStyle, typeset};
use crate::syntax::ast::{
    BinaryOp, Branch, Call, ContextClause, ContextKind, Duration, Expr, ExprKind, Link, NumberLiteral, Path, UnaryOp,
};
use crate::syntax::format_expr;
use crate::value::Decimal;
use crate::value::unit::{Spelling, Type};

/// A formula in words. As a text it keeps the formula's parentheses; a page may draw quotients as fractions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Phrase {
    /// Words, signs and numbers.
    Text(String),
    /// Something of the source: a column.
    Code(String),
    /// A definition or, with `()` at its end, a function.
    Name {
        /// Its name.
        id: Arc<str>,
        /// What people call it.
        label: String,
    },
    /// In parentheses.
    Paren(Box<Phrase>),
    /// One divided by the other.
    Fraction(Box<Phrase>, Box<Phrase>),
    /// One after the other.
    Row(Vec<Phrase>),
}

impl Phrase {
    /// On one line.
    pub fn text(&self) -> String {
        match self {
            Self::Text(text) | Self::Code(text) | Self::Name { label: text, .. } => text.clone(),
            Self::Paren(inner) => format!("({})", inner.text()),
            Self::Fraction(above, below) => format!("{} ÷ {}", above.text(), below.text()),
            Self::Row(parts) => parts.iter().map(Self::text).collect(),
        }
    }

    /// The same without parentheses around all of it.
    pub fn bare(&self) -> &Self {
        match self {
            Self::Paren(inner) => inner.bare(),
            _ => self,
        }
    }

    fn words(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }
}

/// Says formulas of one library in one language.
pub struct Words<'a> {
    library: &'a Library,
    locale: &'a Locale,
}

impl<'a> Words<'a> {
    /// Labels and units are the library's, numbers and words the locale's.
    pub fn new(library: &'a Library, locale: &'a Locale) -> Self {
        Self { library, locale }
    }

    /// A formula in words.
    ///
    /// ```
    /// use yardstick::internal::render::Words;
    /// use yardstick::output::{Language, Locale};
    ///
    /// let library = yardstick::Library::from_text("")?;
    /// let formula = library.definition("cac").and_then(|cac| cac.formula.as_ref()).unwrap();
    /// let locale = Locale::new(Language::French);
    /// let words = Words::new(&library, &locale).formula(formula);
    /// assert_eq!(words.text(), "Coût total du marketing et des ventes ÷ Nombre de nouveaux clients");
    /// # Ok::<(), yardstick::Error>(())
    /// ```
    pub fn formula(&self, expr: &Expr) -> Phrase {
        match &*expr.kind {
            ExprKind::Number(literal) => Phrase::Text(self.number(literal, &Type::Unknown)),
            ExprKind::Text(text) => Phrase::Text(self.quoted(text)),
            ExprKind::Date(date) => Phrase::words(&**date),
            ExprKind::Boolean(value) => Phrase::words(self.either(*value, ["true", "vrai"], ["false", "faux"])),
            ExprKind::Undefined => Phrase::words(self.word(["undefined", "indéfini"])),
            ExprKind::Path(path) => self.path(path),
            ExprKind::Call(call) => match aggregate_of(call) {
                Some(function) => self.aggregate(function, call),
                None => self.call(call),
            },
            ExprKind::Unary { op, operand, .. } => self.unary(*op, operand),
            ExprKind::Chain { first, rest } => self.chain(first, rest),
            ExprKind::Binary { op, lhs, rhs, .. } => self.binary(*op, lhs, rhs),
            ExprKind::In { operand, list, negated } => self.among(operand, list, *negated),
            ExprKind::Between { operand, low, high, negated } => self.between(operand, low, high, *negated),
            ExprKind::If { branches, otherwise } => self.conditional(branches, otherwise),
            ExprKind::Paren(inner) => Phrase::Paren(Box::new(self.formula(inner))),
            ExprKind::Context { operand, clauses } => self.context(operand, clauses),
        }
    }

    /// A value that is held against one of that type: a plain number takes its spelling (`0.05` is `5%`).
    pub fn value(&self, expr: &Expr, ty: &Type) -> Phrase {
        match &*expr.kind {
            ExprKind::Number(literal) => Phrase::Text(self.number(literal, ty)),
            ExprKind::Unary { op: UnaryOp::Negate, operand, .. } => {
                Phrase::Row(vec![Phrase::words("-"), self.value(operand, ty)])
            }
            _ => self.formula(expr),
        }
    }

    /// What people call a definition.
    pub fn label(&self, name: &str) -> String {
        let definition = self.library.definition(name);
        let label = definition.and_then(|definition| definition.card.label.as_ref());
        label.map_or_else(|| name.to_owned(), |label| self.prose(label))
    }

    /// An author's text in this language.
    pub fn prose(&self, text: &Text) -> String {
        typeset(text.get(self.locale.language.code()), self.locale.language)
    }

    /// One of two words: English, French.
    pub fn word(&self, words: [&'static str; 2]) -> &'static str {
        words[usize::from(self.locale.language == Language::French)]
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

    /// A number as it is spelled where the type says how.
    fn number(&self, literal: &NumberLiteral, ty: &Type) -> String {
        let Ok(digits) = literal.digits.parse::<Decimal>() else { return literal.digits.to_string() };
        let own = self.library.units().number(literal).unwrap_or_default();
        let shown = match own {
            // 0 is 0 in every unit.
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
        match self.locale.language {
            Language::English => format!("“{text}”"),
            Language::French => format!("«\u{a0}{text}\u{a0}»"),
        }
    }

    fn either(&self, first: bool, yes: [&'static str; 2], no: [&'static str; 2]) -> &'static str {
        self.word(if first { yes } else { no })
    }

    /// A name of the library, else a column.
    fn path(&self, path: &Path) -> Phrase {
        match (&path.qualifier, self.library.definition(&path.name.text)) {
            (None, Some(known)) => Phrase::Name { id: known.name.text.clone(), label: self.label(&known.name.text) },
            (None, None) => Phrase::Code(path.name.text.to_string()),
            (Some(dataset), _) => Phrase::Code(format!("{}.{}", dataset.text, path.name.text)),
        }
    }

    // ── calls ────────────────────────────────────────────────────────────────

    /// `sum of revenue where status = “paid”`: names inside are columns.
    fn aggregate(&self, function: AggregateFunction, call: &Call) -> Phrase {
        let mut parts = vec![Phrase::words(format!("{} ", self.aggregate_word(function, call.distinct.is_some())))];
        parts.extend(joined(call.arguments.iter().map(|argument| self.row(argument)), ", "));
        if let Some(filter) = &call.filter {
            parts.push(Phrase::words(self.word([" where ", " où "])));
            parts.push(self.row(filter));
        }
        if !call.by.is_empty() {
            let columns: Vec<String> = call.by.iter().map(column).collect();
            parts.push(Phrase::words(format!(" {} {}", self.word(["by", "par"]), columns.join(", "))));
        }
        Phrase::Row(parts)
    }

    fn aggregate_word(&self, function: AggregateFunction, distinct: bool) -> &'static str {
        match function {
            Aggregate::Sum => self.word(["sum of", "somme de"]),
            Aggregate::Count => {
                self.either(distinct, ["number of different", "nombre distinct de"], ["number of", "nombre de"])
            }
            Aggregate::Average => self.word(["mean of", "moyenne de"]),
            Aggregate::Median => self.word(["median of", "médiane de"]),
            Aggregate::Quantile(()) => self.word(["quantile of", "quantile de"]),
            Aggregate::First => self.word(["first value of", "première valeur de"]),
            Aggregate::Last => self.word(["last value of", "dernière valeur de"]),
            Aggregate::Min => self.word(["least", "minimum de"]),
            Aggregate::Max => self.word(["greatest", "maximum de"]),
            Aggregate::Only => self.word(["the one value of", "valeur unique de"]),
        }
    }

    /// Columns as the source writes them; what they are called is the data's business.
    fn row(&self, expr: &Expr) -> Phrase {
        match &*expr.kind {
            ExprKind::Path(path) => Phrase::Code(column(path)),
            ExprKind::Binary { op, lhs, rhs, .. } if op.is_comparison() => {
                let op = Phrase::words(format!(" {} ", Self::comparison(*op)));
                Phrase::Row(vec![self.row(lhs), op, self.row(rhs)])
            }
            ExprKind::Text(_) | ExprKind::Number(_) => self.formula(expr),
            _ => Phrase::Code(format_expr(expr)),
        }
    }

    /// `Growth (Revenue)`
    fn call(&self, call: &Call) -> Phrase {
        let arguments = call.arguments.iter().map(|argument| self.formula(argument));
        let separator = self.word([", ", "\u{202f}; "]);
        let arguments = Phrase::Row(joined(arguments, separator));
        Phrase::Row(vec![self.function(&call.function.text), Phrase::words(" "), Phrase::Paren(Box::new(arguments))])
    }

    fn function(&self, name: &str) -> Phrase {
        let Some(function) = self.library.functions().get(name) else { return Phrase::words(name) };
        let label = function.card.label.as_ref().map_or_else(|| name.to_owned(), |label| self.prose(label));
        Phrase::Name { id: format!("{name}()").into(), label }
    }

    // ── operators ────────────────────────────────────────────────────────────

    fn unary(&self, op: UnaryOp, operand: &Expr) -> Phrase {
        let word = match op {
            UnaryOp::Negate => "-",
            UnaryOp::Not => self.word(["not ", "non "]),
        };
        Phrase::Row(vec![Phrase::words(word), self.formula(operand)])
    }

    /// From left to right; what stands before a `/` is what is divided.
    fn chain(&self, first: &Expr, rest: &[Link]) -> Phrase {
        rest.iter().fold(self.formula(first), |before, link| {
            let operand = self.formula(&link.operand);
            match link.op {
                BinaryOp::Divide => Phrase::Fraction(Box::new(before), Box::new(operand)),
                op => Phrase::Row(vec![before, Phrase::words(self.operator(op)), operand]),
            }
        })
    }

    fn binary(&self, op: BinaryOp, lhs: &Expr, rhs: &Expr) -> Phrase {
        Phrase::Row(vec![self.formula(lhs), Phrase::words(self.operator(op)), self.formula(rhs)])
    }

    fn operator(&self, op: BinaryOp) -> String {
        let word = match op {
            BinaryOp::Coalesce => return self.word([", or where undefined ", ", à défaut "]).into(),
            BinaryOp::Power => return "^".into(),
            BinaryOp::Or => self.word(["or", "ou"]),
            BinaryOp::And => self.word(["and", "et"]),
            BinaryOp::Subtract => "−",
            BinaryOp::Multiply => "×",
            BinaryOp::Divide => "÷",
            op => Self::comparison(op),
        };
        format!(" {word} ")
    }

    fn among(&self, operand: &Expr, list: &[Expr], negated: bool) -> Phrase {
        let word = self.either(negated, [" is none of ", " n’est pas parmi "], [" is one of ", " est parmi "]);
        let mut parts = vec![self.formula(operand), Phrase::words(word)];
        parts.extend(joined(list.iter().map(|entry| self.formula(entry)), ", "));
        Phrase::Row(parts)
    }

    fn between(&self, operand: &Expr, low: &Expr, high: &Expr, negated: bool) -> Phrase {
        let word = self.either(negated, [" not between ", " hors de l’intervalle "], [" between ", " entre "]);
        Phrase::Row(vec![
            self.formula(operand),
            Phrase::words(word),
            self.formula(low),
            Phrase::words(self.word([" and ", " et "])),
            self.formula(high),
        ])
    }

    fn conditional(&self, branches: &[Branch], otherwise: &Expr) -> Phrase {
        let mut parts = vec![];
        for (at, branch) in branches.iter().enumerate() {
            let head = if at == 0 { self.word(["if ", "si "]) } else { self.word(["; if ", "\u{202f}; si "]) };
            parts.push(Phrase::words(head));
            parts.push(self.formula(&branch.condition));
            parts.push(Phrase::words(self.word([": ", "\u{a0}: "])));
            parts.push(self.formula(&branch.value));
        }
        parts.push(Phrase::words(self.word(["; otherwise: ", "\u{202f}; sinon\u{a0}: "])));
        parts.push(self.formula(otherwise));
        Phrase::Row(parts)
    }

    // ── contexts ─────────────────────────────────────────────────────────────

    fn context(&self, operand: &Expr, clauses: &[ContextClause]) -> Phrase {
        let clauses = joined(clauses.iter().map(|clause| self.clause(&clause.kind)), ", ");
        let clauses = Phrase::Paren(Box::new(Phrase::Row(clauses)));
        Phrase::Row(vec![self.formula(operand), Phrase::words(" "), clauses])
    }

    fn clause(&self, kind: &ContextKind) -> Phrase {
        match kind {
            ContextKind::Previous => Phrase::words(self.word(["previous period", "période précédente"])),
            ContextKind::Ago(ago) => Phrase::Text(match self.locale.language {
                Language::English => format!("{} ago", self.duration(ago)),
                Language::French => format!("il y a {}", self.duration(ago)),
            }),
            ContextKind::Last(window) => Phrase::Text(match self.locale.language {
                Language::English => format!("last {}", self.duration(window)),
                Language::French => format!("fenêtre glissante de {}", self.duration(window)),
            }),
            ContextKind::ToDate(grain) => Phrase::words(self.to_date(grain.as_ref().map(|grain| &*grain.text))),
            ContextKind::All(None) => Phrase::words(self.word(["all groups together", "tous groupes confondus"])),
            ContextKind::All(Some(path)) => Phrase::Row(vec![
                Phrase::words(self.word(["over all values of ", "toutes valeurs confondues de "])),
                Phrase::Code(column(path)),
            ]),
            ContextKind::Condition(condition) => {
                Phrase::Row(vec![Phrase::words(self.word(["where ", "où "])), self.row(condition)])
            }
        }
    }

    fn to_date(&self, grain: Option<&str>) -> &'static str {
        match grain {
            Some("year") => self.word(["year to date", "cumul depuis le début de l’année"]),
            Some("quarter") => self.word(["quarter to date", "cumul depuis le début du trimestre"]),
            Some("month") => self.word(["month to date", "cumul depuis le début du mois"]),
            Some("week") => self.word(["week to date", "cumul depuis le début de la semaine"]),
            _ => self.word(["to date", "cumul depuis l’origine"]),
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

fn joined(parts: impl Iterator<Item = Phrase>, separator: &str) -> Vec<Phrase> {
    let mut row = vec![];
    for part in parts {
        if !row.is_empty() {
            row.push(Phrase::words(separator));
        }
        row.push(part);
    }
    row
}
