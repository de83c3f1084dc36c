//! Translates words of cards and units.

use crate::language::{Language, Phrase};
use crate::library::card::Better;
use crate::render::{Locale, NodeKind};
use crate::syntax::ast::Status;
use crate::value::unit::{Spelling, Type};

/// The four perspectives of a Balanced Scorecard, in their order.
pub const PERSPECTIVES: [&str; 4] = ["financial", "customer", "process", "learning"];

/// The units and stages of the standard library. Each line contains the kind, the name, and the English and French
/// terms.
const TERMS: &str = include_str!("../../../kpis/terms.csv");

/// The term for a unit or stage of the standard library.
fn term(kind: &str, name: &str, language: Language) -> Option<&'static str> {
    TERMS.lines().find_map(|line| {
        let [of, known, english, french] = line.split(',').collect::<Vec<_>>()[..] else { return None };
        let called = match language {
            Language::English => english,
            Language::French => french,
        };
        (of == kind && known == name).then_some(called)
    })
}

impl Language {
    /// Translates a word of a card.
    pub(crate) fn card_word(self, word: &str) -> String {
        let phrase = match word {
            "financial" => Phrase::Financial,
            "customer" => Phrase::Customers,
            "process" => Phrase::Processes,
            "learning" => Phrase::Learning,
            "leading" => Phrase::LeadingIndicator,
            "lagging" => Phrase::LaggingIndicator,
            "draft" => Phrase::Draft,
            "official" => Phrase::Official,
            "day" => Phrase::ByDay,
            "week" => Phrase::ByWeek,
            "month" => Phrase::ByMonth,
            "quarter" => Phrase::ByQuarter,
            "year" => Phrase::ByYear,
            word => return self.stage(word),
        };
        self.word(phrase).to_owned()
    }

    /// Translates a stage or tag. In an unknown word, underscores become spaces.
    pub(crate) fn stage(self, word: &str) -> String {
        term("stage", word, self).map_or_else(|| word.replace('_', " "), str::to_owned)
    }

    /// Describes a unit in words: `percent`, `amount of money per customer`.
    pub(crate) fn unit(self, ty: &Type) -> String {
        let Type::Number(unit, spelling) = ty else { return self.no_unit(ty).into() };
        let side = |sign: i8| {
            let factors = unit.factors().iter().filter(move |(_, exponent)| exponent.signum() == sign);
            factors.map(|(base, _)| self.unit_word(base.name())).collect::<Vec<_>>()
        };
        let (above, below) = (side(1).join(" × "), side(-1).join(self.word(Phrase::And)));
        match (above.is_empty(), below.is_empty()) {
            (true, true) => self.spelling(*spelling).into(),
            (false, true) => above,
            (true, false) => self.phrase(Phrase::Per, &[self.word(Phrase::Number), &below]),
            (false, false) => self.phrase(Phrase::Per, &[&above, &below]),
        }
    }

    /// The singular term for a unit: `customer`, `client`.
    pub(crate) fn unit_word(self, name: &str) -> String {
        let phrase = match name {
            "money" => Phrase::Money,
            "second" => Phrase::Second,
            "minute" => Phrase::Minute,
            "hour" => Phrase::Hour,
            "day" => Phrase::Day,
            "week" => Phrase::Week,
            "month" => Phrase::Month,
            "quarter" => Phrase::Quarter,
            "year" => Phrase::OneYear,
            name => return term("unit", name, self).unwrap_or(name).to_owned(),
        };
        self.word(phrase).to_owned()
    }

    fn spelling(self, spelling: Spelling) -> &'static str {
        self.word(match spelling {
            Spelling::Plain => Phrase::Number,
            Spelling::Percent => Phrase::Percent,
            Spelling::Ratio => Phrase::Ratio,
            Spelling::Count => Phrase::WholeNumber,
        })
    }

    fn no_unit(self, ty: &Type) -> &'static str {
        self.word(match ty {
            Type::Text => Phrase::Text,
            Type::Boolean => Phrase::YesOrNo,
            Type::Date | Type::Period(_) => Phrase::Date,
            _ => Phrase::Number,
        })
    }

    /// `Higher is better`
    pub(crate) fn direction(self, better: Better) -> &'static str {
        self.word(match better {
            Better::Higher => Phrase::HigherIsBetter,
            Better::Lower => Phrase::LowerIsBetter,
            Better::Neither => Phrase::Neutral,
        })
    }

    /// `Good`
    pub(crate) fn status(self, status: Status) -> &'static str {
        self.word(match status {
            Status::Good => Phrase::Good,
            Status::Watch => Phrase::Watch,
            Status::Bad => Phrase::Bad,
        })
    }

    pub(crate) fn node_kind(self, kind: NodeKind) -> &'static str {
        self.word(match kind {
            NodeKind::Kpi => Phrase::Kpi,
            NodeKind::Helper => Phrase::HelperNode,
            NodeKind::Input => Phrase::InputNode,
            NodeKind::Parameter => Phrase::ParameterNode,
            NodeKind::Function => Phrase::FunctionNode,
        })
    }
}

impl Locale {
    /// A unit in a table: in English as in definitions (`EUR/customer`), in other languages as in results (`€/client`).
    pub(crate) fn unit_symbol(&self, ty: &Type) -> String {
        match (self.language, ty) {
            (Language::English, _) => ty.to_string(),
            (_, Type::Number(unit, _)) if !unit.is_one() => {
                let name = |word: &str| self.currency_symbol(word).unwrap_or_else(|| self.language.unit_word(word));
                let written = ty.to_string();
                let pieces = written.split_inclusive(|letter: char| !letter.is_alphanumeric() && letter != '_');
                let translated = |piece: &str| match piece.char_indices().last() {
                    Some((end, sign)) if !sign.is_alphanumeric() => name(&piece[..end]) + &piece[end..],
                    _ => name(piece),
                };
                pieces.map(translated).collect()
            }
            _ => self.language.unit(ty),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Library;

    #[test]
    fn every_unit_and_stage_of_the_standard_library_has_a_name_in_every_language() {
        let library = Library::from_text("").expect("it compiles");
        for definition in library.definitions() {
            for stage in &definition.card.stage {
                for language in Language::ALL {
                    assert!(term("stage", stage, language).is_some(), "{stage}");
                }
            }
        }
        for line in include_str!("../../../kpis/inputs.kpi").lines() {
            if let Some(unit) = line.strip_prefix("unit ") {
                assert!(term("unit", unit, Language::French).is_some(), "{unit}");
            }
        }
        assert!(TERMS.lines().all(|line| line.split(',').count() == 4), "a name with a comma");
    }

    #[test]
    fn units_have_localized_symbols() {
        let library =
            Library::from_text("currency EUR\ninput x: money / customer\ninput y: percent").expect("it compiles");
        let ty = |name| library.type_of(library.id(name).expect("it is there"));
        let (english, french) = (Locale::new(Language::English), Locale::new(Language::French));
        assert_eq!(english.unit_symbol(ty("x")), "EUR/customer");
        assert_eq!(french.unit_symbol(ty("x")), "€/client");
        assert_eq!(french.unit_symbol(ty("y")), "pourcentage");
    }
}
