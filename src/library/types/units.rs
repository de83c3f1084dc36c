//! What the names in units mean in one library: turns a written unit into a [`Type`].

use std::sync::Arc;

use indexmap::IndexMap;

use super::typing::TypeError;
use crate::diagnostic::{Code, Diagnostic};
use crate::library::percent::is_percent_word;
use crate::source::Span;
use crate::syntax::ast::{Name, NumberLiteral, UnitExpr, UnitFactor};
use crate::value::unit::{
    Base, CalendarDuration, Currency, ExactDuration, MAX_BASES, MAX_EXPONENT, Spelling, Type, Unit,
};

/// The names of one library: its currency and its counting units.
#[derive(Debug, Clone, Default)]
pub struct UnitNames {
    currency: Option<(Currency, Span)>,
    counting: IndexMap<Arc<str>, Span>,
    lenient: bool,
}

/// Types that are named, not units: they stand alone, except `money` and `count`.
const TYPES: &[&str] = &["number", "percent", "ratio", "count", "money", "text", "boolean", "date"];

impl UnitNames {
    /// `currency EUR`: from now on `money` means that.
    ///
    /// # Errors
    /// An unknown code, or another currency before.
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

    /// `unit customer`: a counting unit. To declare one twice says nothing new.
    ///
    /// # Errors
    /// The name means something already: `unit day`, `unit EUR`.
    pub fn declare_unit(&mut self, name: &Name) -> Result<(), Diagnostic> {
        if self.named(&name.text).is_some_and(|ty| !is_counting(&ty)) {
            let message = format!("`{}` is a unit or type already", name.text);
            return Err(Diagnostic::error(Code::Reserved, message).at(name.span));
        }
        self.counting.entry(name.text.clone()).or_insert(name.span);
        Ok(())
    }

    /// Units that convert and show, and never refuse: nobody who writes no units is bothered with those of the standard
    /// library, or with durations between dates.
    pub fn lenient() -> Self {
        Self { lenient: true, ..Self::default() }
    }

    /// The names of the standard library in libraries on top of it, until one of them writes units.
    pub fn be_lenient(&mut self) {
        self.lenient = true;
    }

    /// From now on units refuse.
    pub fn be_strict(&mut self) {
        self.lenient = false;
    }

    /// As they are, for a formula of its own: one that writes units is checked whatever the files do.
    pub(super) fn for_formula(&self, writes_units: bool) -> Self {
        Self { lenient: self.lenient && !writes_units, ..self.clone() }
    }

    /// Whether a error is to be passed over.
    pub fn spares(&self, error: TypeError) -> bool {
        self.lenient && error.is_about_units()
    }

    /// The library's currency, where one is declared.
    pub fn currency(&self) -> Option<Currency> {
        self.currency.map(|(currency, _)| currency)
    }

    /// What `money` means.
    pub fn money(&self) -> Unit {
        self.currency().map_or(Base::Money, Base::Currency).into()
    }

    /// The type that an annotation, or the unit of a literal, names.
    ///
    /// # Errors
    /// A name that is no unit, with candidates; a type inside a compound (`text / day`); a unit beyond the limits.
    pub fn resolve(&self, expr: &UnitExpr) -> Result<Type, Diagnostic> {
        let mut product = Type::PLAIN;
        for factor in &expr.factors {
            let ty = self.factor(factor)?;
            if expr.factors.len() == 1 {
                return Ok(ty);
            }
            product = self.compound(&product, &ty, factor, expr)?;
        }
        Ok(product)
    }

    /// The type of a number as written; `digits` of nothing but zeros fits every unit.
    ///
    /// # Errors
    /// As [`UnitNames::resolve`], and a unit that is a type (`3 text`).
    pub fn number(&self, literal: &NumberLiteral) -> Result<Type, Diagnostic> {
        match &literal.unit {
            Some(unit) => self.literal_unit(unit),
            None if literal.percent => Ok(Type::Number(Unit::PLAIN, Spelling::Percent)),
            None if is_zero(&literal.digits) => Ok(Type::Zero),
            None => Ok(Type::PLAIN),
        }
    }

    /// Whether a name is that of a unit, so that it cannot be taken for a column without being declared. The counting units
    /// of the standard library are left to whoever has a column `customers`.
    pub fn is_reserved(&self, name: &str) -> bool {
        match self.base(name) {
            Some(Base::Counting(unit)) => self.counting.get(&unit).is_some_and(|span| !span.file.is_standard()),
            base => base.is_some(),
        }
    }

    /// All names that a unit may have, for messages.
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

    /// `5 percent`, `5 pct`: neither 5 of something nor 5%.
    pub(super) fn spelled_percentage(&self, literal: &NumberLiteral, span: Span) -> Option<Diagnostic> {
        let unit = literal.unit.as_ref()?;
        let name = &unit.factors.first()?.name;
        let percent = self.named(&name.text).map_or_else(|| is_percent_word(&name.text), |ty| ty == Type::PERCENT);
        percent.then(|| {
            let problem = Diagnostic::error(Code::BadLiteral, "a percentage is written with `%`").at(span);
            let right = format!("{}%", literal.digits);
            match unit.factors.len() {
                1 => problem.hint(format!("write `{right}`")).fix(span, right),
                _ => problem.hint(format!("write `{right}`, and divide: `{right} / 1 month`")),
            }
        })
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

    /// What one name means.
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

    /// A currency by code or symbol; the library's own symbol means the library's own currency.
    fn currency_named(&self, name: &str) -> Option<Currency> {
        let own = self.currency().filter(|currency| currency.symbol() == name);
        own.or_else(|| Currency::from_code(name)).or_else(|| Currency::from_symbol(name))
    }

    fn unknown(&self, name: &Name) -> Diagnostic {
        let diagnostic = Diagnostic::error(Code::UnknownUnit, format!("unknown unit `{}`", name.text)).at(name.span);
        if let Some(hint) = known_slip(&name.text) {
            return diagnostic.hint(hint);
        }
        if let Some(currency) = Currency::from_code(&name.text.to_uppercase()) {
            return diagnostic.hint(format!("did you mean `{0}`?", currency.code())).fix(name.span, currency.code());
        }
        diagnostic
            .suggest(name.span, &name.text, self.names())
            .hint(format!("a line `unit {}` declares a counting unit", name.text))
    }
}

/// The duration of that name, in the singular or plural.
fn duration(name: &str) -> Option<Base> {
    let singular = name.strip_suffix('s').unwrap_or(name);
    let exact = ExactDuration::ALL.into_iter().find(|duration| duration.name() == singular).map(Base::exact);
    let calendar = || CalendarDuration::ALL.into_iter().find(|duration| duration.name() == singular);
    exact.or_else(|| calendar().map(Base::Calendar))
}

/// Names that other languages use.
fn known_slip(name: &str) -> Option<&'static str> {
    match name {
        "duration" | "time" => Some("durations are named by their unit: `days`, `hours`, `months`, `years`"),
        "integer" | "int" | "float" | "decimal" | "double" => Some("there is one number type: `number`"),
        "string" | "str" => Some("texts are `text`"),
        "bool" => Some("truth values are `boolean`"),
        "percentage" | "pct" => Some("the type is `percent`"),
        "currency" => Some("the type is `money`; `currency EUR` on a line of its own says which"),
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
        .hint("currencies are named by their ISO 4217 code, such as `EUR`")
}

fn second_currency(known: Currency, span: Span, name: &Name) -> Diagnostic {
    Diagnostic::error(Code::Duplicate, format!("the currency is `{}` already", known.code()))
        .label(name.span, "the second")
        .label(span, "the first")
        .hint(format!("`money` has one meaning in a library; amounts in another currency are typed `{}`", name.text))
}

fn mixed(factor: &UnitFactor, expr: &UnitExpr) -> Diagnostic {
    let message = format!("`{}` stands beside another unit of the same kind", factor.name.text);
    Diagnostic::error(Code::UnknownUnit, message).at(expr.span).hint("a unit holds one unit of each kind")
}

fn too_large(span: Span) -> Diagnostic {
    let message = format!("a unit has at most {} parts and the power {}", MAX_BASES, MAX_EXPONENT);
    Diagnostic::error(Code::TooLarge, message).at(span)
}
