//! Resolves the unit names of a library: turns a written unit into a [`Type`].

use std::sync::Arc;

use indexmap::IndexMap;

use super::typing::TypeError;
use crate::data::Calendar;
use crate::diagnostic::{Code, Diagnostic};
use crate::library::percent::is_percent_word;
use crate::source::Span;
use crate::syntax::ast::{Name, NumberLiteral, Path, UnitExpr, UnitFactor};
use crate::value::unit::{
    Base, CalendarDuration, Currency, ExactDuration, MAX_BASES, MAX_EXPONENT, Spelling, Type, Unit,
};

/// The unit names of a library: its currency and its counting units.
#[derive(Debug, Clone, Default)]
pub struct UnitNames {
    currency: Option<(Currency, Span)>,
    counting: IndexMap<Arc<str>, Span>,
    lenient: bool,
    calendar: Calendar,
}

/// Names of types that are not units. Only `money` and `count` can be part of a compound unit.
const TYPES: &[&str] = &["number", "percent", "ratio", "count", "money", "text", "boolean", "date"];

impl UnitNames {
    /// The calendar of literals and functions.
    pub fn calendar(&self) -> Calendar {
        self.calendar
    }

    /// Sets the calendar.
    pub(crate) fn set_calendar(&mut self, calendar: Calendar) {
        self.calendar = calendar;
    }

    /// Declares the currency of `money`: `currency EUR`.
    ///
    /// # Errors
    /// Returns an error if the code is unknown or another currency was declared before.
    pub fn declare_currency(&mut self, name: &Name) -> Result<(), Diagnostic> {
        let currency = self.currency_named(&name.text).ok_or_else(|| unknown_currency(name))?;
        match self.currency {
            Some((known, span)) if known != currency => Err(second_currency(known, span, name)),
            Some(_) => Ok(()),
            None => {
                self.currency = Some((currency, name.span));
                Ok(())
            }
        }
    }

    /// Declares a counting unit: `unit customer`. Declaring a unit twice has no effect.
    ///
    /// # Errors
    /// Returns an error if the name already is a unit or type: `unit day`, `unit EUR`.
    pub fn declare_unit(&mut self, name: &Name) -> Result<(), Diagnostic> {
        if self.named(&name.text).is_some_and(|ty| !is_counting(&ty)) {
            let message = format!("`{}` is already a unit or type", name.text);
            return Err(Diagnostic::error(Code::Reserved, message).at(name.span));
        }
        self.counting.entry(name.text.clone()).or_insert(name.span);
        Ok(())
    }

    /// Returns names that ignore unit errors. Units still convert and are shown.
    ///
    /// This way, files without units get no errors about the units of the standard library or of durations between
    /// dates.
    pub fn lenient() -> Self {
        Self { lenient: true, ..Self::default() }
    }

    /// Ignores unit errors from now on, in the libraries on top of this one.
    pub fn be_lenient(&mut self) {
        self.lenient = true;
    }

    /// Reports unit errors from now on.
    pub fn be_strict(&mut self) {
        self.lenient = false;
    }

    /// Returns the names for a formula of a query. A formula that writes units is checked even if the files write none.
    pub(super) fn for_formula(&self, writes_units: bool) -> Self {
        Self { lenient: self.lenient && !writes_units, ..self.clone() }
    }

    /// Returns true if an error is to be ignored.
    pub fn spares(&self, error: TypeError) -> bool {
        self.lenient && error.is_about_units()
    }

    /// The library's currency, if one is declared.
    pub fn currency(&self) -> Option<Currency> {
        self.currency.map(|(currency, _)| currency)
    }

    /// The unit of `money`.
    pub fn money(&self) -> Unit {
        self.currency().map_or(Base::Money, Base::Currency).into()
    }

    /// The type of an annotation or of a literal's unit.
    ///
    /// # Errors
    /// Returns an error for an unknown unit (see [`UnitNames::meant`]), a type inside a compound (`text / day`), or a
    /// unit beyond the limits.
    pub fn resolve(&self, expr: &UnitExpr) -> Result<Type, Diagnostic> {
        let mut product = Type::PLAIN;
        let column = expr.column.as_ref();
        if let Some(column) = column.filter(|_| expr.factors.iter().all(|factor| &*factor.name.text != "money")) {
            return Err(not_money(column, expr));
        }
        for factor in &expr.factors {
            let ty = match column.filter(|_| &*factor.name.text == "money") {
                Some(column) => Type::of(Base::MoneyIn(column_name(column)).into()),
                None => self.factor(factor)?,
            };
            if expr.factors.len() == 1 {
                return Ok(ty);
            }
            product = self.compound(&product, &ty, factor, expr)?;
        }
        Ok(product)
    }

    /// The type of a number literal. Zero is compatible with every unit.
    ///
    /// # Errors
    /// Returns the errors of [`UnitNames::resolve`], and an error if the unit is a type (`3 text`).
    pub fn number(&self, literal: &NumberLiteral) -> Result<Type, Diagnostic> {
        match &literal.unit {
            Some(unit) => self.literal_unit(unit),
            None if literal.percent => Ok(Type::Number(Unit::PLAIN, Spelling::Percent)),
            None if is_zero(&literal.digits) => Ok(Type::Zero),
            None => Ok(Type::PLAIN),
        }
    }

    /// Returns true if a name is a unit, so that it must be declared to be used as a column.
    ///
    /// The counting units of the standard library are not reserved: data may have a column `customers`.
    pub fn is_reserved(&self, name: &str) -> bool {
        match self.base(name) {
            Some(Base::Counting(unit)) => self.counting.get(&unit).is_some_and(|span| !span.file.is_standard()),
            base => base.is_some(),
        }
    }

    /// All unit names, for suggestions.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let declared = self.counting.keys().map(|name| &**name);
        let durations = ExactDuration::ALL.iter().map(|duration| duration.name());
        let calendar = CalendarDuration::ALL.iter().map(|duration| duration.name());
        TYPES
            .iter()
            .copied()
            .chain(declared)
            .chain(durations)
            .chain(calendar)
            .chain(Currency::all().map(|it| it.code()))
    }

    /// Reports `5 percent` and `5 pct`, which must be written `5%`.
    pub(super) fn spelled_percentage(&self, literal: &NumberLiteral, span: Span) -> Option<Diagnostic> {
        let unit = literal.unit.as_ref()?;
        let name = &unit.factors.first()?.name;
        let percent = self.named(&name.text).map_or_else(|| is_percent_word(&name.text), |ty| ty == Type::PERCENT);
        percent.then(|| {
            let problem = Diagnostic::error(Code::BadLiteral, "expected `%` for a percentage").at(span);
            let right = format!("{}%", literal.digits);
            match unit.factors.len() {
                1 => problem.hint(format!("write `{right}`")).fix(span, right),
                _ => problem.hint(format!("write `{right}` and divide it: `{right} / 1 month`")),
            }
        })
    }

    /// Reports `40k` and `2M`, which must be written with all digits.
    pub(super) fn thousands(&self, literal: &NumberLiteral, span: Span) -> Option<Diagnostic> {
        let [factor] = &literal.unit.as_ref()?.factors[..] else { return None };
        let zeros = match &*factor.name.text {
            "k" | "K" => 3,
            "M" | "m" | "Mio" | "mio" => 6,
            "bn" | "Md" | "Mrd" => 9,
            _ => return None,
        };
        if self.named(&factor.name.text).is_some() {
            return None;
        }
        let (whole, fraction) = literal.digits.split_once('.').unwrap_or((&literal.digits, ""));
        let filled = format!("{fraction:0<zeros$}");
        let written = match filled[zeros..].is_empty() {
            true => format!("{whole}{filled}"),
            false => format!("{whole}{}.{}", &filled[..zeros], &filled[zeros..]),
        };
        let written = written.trim_start_matches('0');
        let written =
            if written.starts_with(['.']) || written.is_empty() { format!("0{written}") } else { written.to_owned() };
        let message = format!("`{}` is not a unit: expected all digits of the number", factor.name.text);
        let problem = Diagnostic::error(Code::UnknownUnit, message).at(span);
        Some(problem.hint(format!("write `{written}`")).fix(span, written))
    }

    fn literal_unit(&self, unit: &UnitExpr) -> Result<Type, Diagnostic> {
        match self.resolve(unit)? {
            ty @ Type::Number(..) => Ok(ty),
            other => {
                Err(Diagnostic::error(Code::UnknownUnit, format!("`{other}` is a type, not a unit")).at(unit.span))
            }
        }
    }

    fn factor(&self, factor: &UnitFactor) -> Result<Type, Diagnostic> {
        self.named(&factor.name.text).ok_or_else(|| self.unknown(&factor.name))
    }

    fn compound(&self, product: &Type, ty: &Type, factor: &UnitFactor, expr: &UnitExpr) -> Result<Type, Diagnostic> {
        let (Type::Number(product, _), Type::Number(unit, _)) = (product, ty) else {
            let message = format!("`{ty}` is a type, not a unit, and cannot be part of a compound");
            return Err(Diagnostic::error(Code::UnknownUnit, message).at(factor.name.span));
        };
        let joined = if factor.divided { product.per(unit) } else { product.times(unit) };
        // A factor other than 1 would need two bases of one dimension (`hour/day`): a number, not a unit.
        match joined {
            Some((unit, scale)) if scale.is_one() => Ok(Type::of(unit)),
            Some(_) => Err(mixed(factor, expr)),
            None => Err(too_large(expr.span)),
        }
    }

    /// The type of a single name.
    fn named(&self, name: &str) -> Option<Type> {
        let plain = |spelling| Some(Type::Number(Unit::PLAIN, spelling));
        match name {
            "number" | "1" => plain(Spelling::Plain),
            "percent" => plain(Spelling::Percent),
            "ratio" => plain(Spelling::Ratio),
            "count" => plain(Spelling::Count),
            "text" => Some(Type::Text),
            "boolean" => Some(Type::Boolean),
            "date" => Some(Type::Date),
            "money" => Some(Type::of(self.money())),
            _ => self.base(name).map(|base| Type::of(base.into())),
        }
    }

    fn base(&self, name: &str) -> Option<Base> {
        let declared = |name: &str| self.counting.get_key_value(name).map(|(name, _)| Base::Counting(name.clone()));
        let plural = || name.strip_suffix('s').and_then(declared);
        let currency = || self.currency_named(name).map(Base::Currency);
        declared(name).or_else(|| duration(name)).or_else(currency).or_else(plural)
    }

    /// A currency by its code or symbol. A symbol means the library's currency if that has this symbol.
    fn currency_named(&self, name: &str) -> Option<Currency> {
        let own = self.currency().filter(|currency| currency.symbol() == name);
        own.or_else(|| Currency::from_code(name)).or_else(|| Currency::from_symbol(name))
    }

    fn unknown(&self, name: &Name) -> Diagnostic {
        let diagnostic = Diagnostic::error(Code::UnknownUnit, format!("unknown unit `{}`", name.text)).at(name.span);
        if let Some(hint) = other_spelling(&name.text) {
            return diagnostic.hint(hint);
        }
        if let Some(currency) = Currency::from_code(&name.text.to_uppercase()) {
            return diagnostic.hint(format!("did you mean `{0}`?", currency.code())).fix(name.span, currency.code());
        }
        diagnostic
    }

    /// Adds the units that the unknown name in an annotation may mean to its problem.
    pub fn meant(&self, expr: &UnitExpr, problem: Diagnostic) -> Diagnostic {
        let names = expr.factors.iter().map(|factor| &factor.name);
        let unknown = names.filter(|_| problem.code == Code::UnknownUnit).find(|name| self.named(&name.text).is_none());
        match unknown.filter(|_| problem.hints.is_empty()) {
            Some(name) => problem
                .suggest(name.span, &name.text, self.names())
                .hint(format!("to declare a counting unit, add a line `unit {}`", name.text)),
            None => problem,
        }
    }
}

/// The duration of this name, in the singular or plural.
fn duration(name: &str) -> Option<Base> {
    let singular = name.strip_suffix('s').unwrap_or(name);
    let exact = ExactDuration::ALL.into_iter().find(|duration| duration.name() == singular).map(Base::exact);
    let calendar = || CalendarDuration::ALL.into_iter().find(|duration| duration.name() == singular);
    exact.or_else(|| calendar().map(Base::Calendar))
}

/// A hint for type names of other languages.
fn other_spelling(name: &str) -> Option<&'static str> {
    match name {
        "duration" | "time" => Some("write the unit of the duration: `days`, `hours`, `months` or `years`"),
        "nombre" | "entier" | "integer" | "int" | "float" | "decimal" | "double" => {
            Some("write `number`, the only number type")
        }
        "string" | "str" | "texte" | "chaine" | "chaîne" => Some("write `text`"),
        "bool" | "booleen" | "booléen" | "logique" => Some("write `boolean`"),
        "percentage" | "pct" | "pourcentage" | "pourcent" | "taux" => Some("write `percent`"),
        "strict" => Some("write `strict` before `expect`: `strict expect amount >= 0`"),
        "montant" | "argent" | "monnaie" | "amount" => {
            Some("write `money`, and declare its currency on a separate line: `currency EUR`")
        }
        "effectif" | "quantite" | "quantité" | "quantity" => Some("write `count`"),
        "jour" | "jours" => Some("write `day`"),
        "semaine" | "semaines" => Some("write `week`"),
        "mois" => Some("write `month`"),
        "trimestre" | "trimestres" => Some("write `quarter`"),
        "an" | "ans" | "annee" | "année" | "annees" | "années" => Some("write `year`"),
        "heure" | "heures" => Some("write `hour`"),
        "currency" | "devise" => Some("write `money`, and declare its currency on a separate line: `currency EUR`"),
        _ => None,
    }
}

fn is_counting(ty: &Type) -> bool {
    ty.unit().is_some_and(|unit| unit.is_plain() && !unit.is_one())
}

fn is_zero(digits: &str) -> bool {
    digits.bytes().all(|byte| matches!(byte, b'0' | b'.'))
}

fn unknown_currency(name: &Name) -> Diagnostic {
    let codes: Vec<&str> = Currency::all().map(|currency| currency.code()).collect();
    Diagnostic::error(Code::UnknownUnit, format!("unknown currency `{}`", name.text))
        .at(name.span)
        .suggest(name.span, &name.text, codes)
        .hint("write an ISO 4217 code such as `EUR`")
}

fn second_currency(known: Currency, span: Span, name: &Name) -> Diagnostic {
    Diagnostic::error(Code::Duplicate, format!("the currency is already `{}`", known.code()))
        .label(name.span, "the second")
        .label(span, "the first")
        .hint(format!("a library has one currency for `money`: declare other amounts as `{}`", name.text))
}

/// The name of a column with currencies, as conditions and groups name it.
fn column_name(column: &Path) -> Arc<str> {
    match &column.qualifier {
        Some(qualifier) => format!("{}.{}", qualifier.text, column.name.text).into(),
        None => column.name.text.clone(),
    }
}

fn not_money(column: &Path, expr: &UnitExpr) -> Diagnostic {
    let written = column_name(column);
    let message = format!("`in {written}` names a column with the currencies of `money`, but the type is not `money`");
    let hint = match &expr.factors[..] {
        [_] => format!("write `money in {written}`, or leave out `in {written}`"),
        _ => format!("write the amount as `money`, such as `money / customer in {written}`"),
    };
    Diagnostic::error(Code::UnknownUnit, message).at(expr.span).hint(hint)
}

fn mixed(factor: &UnitFactor, expr: &UnitExpr) -> Diagnostic {
    let message = format!("`{}` is combined with another unit of the same dimension", factor.name.text);
    Diagnostic::error(Code::UnknownUnit, message).at(expr.span).hint("use one unit of each dimension")
}

fn too_large(span: Span) -> Diagnostic {
    let message = format!("a unit has at most {MAX_BASES} parts, each to the power of at most {MAX_EXPONENT}");
    Diagnostic::error(Code::TooLarge, message).at(span)
}
