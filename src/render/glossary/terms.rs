//! The fixed words of a glossary and a scorecard, in every language.

use crate::library::card::Better;
use crate::render::{Language, NodeKind};
use crate::syntax::ast::Status;
use crate::value::unit::{Spelling, Type};

/// The four perspectives of a Balanced Scorecard, in their order.
pub const PERSPECTIVES: [&str; 4] = ["financial", "customer", "process", "learning"];

/// Words that a card may say, English and French: perspectives, kinds, states, grains, stages, units.
const WORDS: &[(&str, &str, &str)] = &[
    ("financial", "Financial", "Finances"),
    ("customer", "Customers", "Clients"),
    ("process", "Internal processes", "Processus internes"),
    ("learning", "Learning and growth", "Apprentissage et développement"),
    ("leading", "Leading indicator", "Indicateur avancé"),
    ("lagging", "Lagging indicator", "Indicateur de résultat"),
    ("draft", "Draft", "Projet"),
    ("official", "Official", "Officiel"),
    ("day", "by day", "par jour"),
    ("week", "by week", "par semaine"),
    ("month", "by month", "par mois"),
    ("quarter", "by quarter", "par trimestre"),
    ("year", "by year", "par an"),
    ("acquisition", "Acquisition", "Acquisition"),
    ("campaign_return", "Campaign return", "Retour des campagnes"),
    ("every_stage", "Every stage", "Toutes les étapes"),
    ("lead_generation", "Lead generation", "Génération de leads"),
    ("lead_to_customer", "Lead to customer", "Du lead au client"),
    ("qualification", "Qualification", "Qualification"),
    ("quote", "Quote", "Devis"),
    ("retention", "Retention", "Rétention"),
    ("sales", "Sales", "Ventes"),
    ("traffic", "Traffic", "Trafic"),
    ("traffic_to_lead", "Traffic to lead", "Du trafic au lead"),
    ("traffic_to_mql", "Traffic to MQL", "Du trafic au MQL"),
    ("value", "Value", "Valeur"),
];

/// Names of units, English and French.
const UNITS: &[(&str, &str, &str)] = &[
    ("money", "amount of money", "montant"),
    ("customer", "customer", "client"),
    ("visitor", "visitor", "visiteur"),
    ("quote", "quote", "devis"),
    ("deal", "deal", "affaire"),
    ("order", "order", "commande"),
    ("second", "second", "seconde"),
    ("hour", "hour", "heure"),
    ("day", "day", "jour"),
    ("week", "week", "semaine"),
    ("month", "month", "mois"),
    ("quarter", "quarter", "trimestre"),
    ("year", "year", "an"),
];

impl Language {
    /// One of two: English, French.
    pub(crate) fn pick<T>(self, english: T, french: T) -> T {
        match self {
            Self::English => english,
            Self::French => french,
        }
    }

    /// A word of a card as people read it; one's own word stays, with blanks for underscores.
    pub(crate) fn card_word(self, word: &str) -> String {
        match WORDS.iter().find(|(known, ..)| *known == word) {
            Some((_, english, french)) => self.pick(*english, *french).into(),
            None => word.replace('_', " "),
        }
    }

    /// What a unit is, in words: `percent`, `amount of money per customer`.
    pub(crate) fn unit(self, ty: &Type) -> String {
        let Type::Number(unit, spelling) = ty else { return self.no_unit(ty).into() };
        let side = |sign: i8| {
            let factors = unit.factors().iter().filter(move |(_, exponent)| exponent.signum() == sign);
            factors.map(|(base, _)| self.unit_word(base.name())).collect::<Vec<_>>()
        };
        let (above, below) = (side(1).join(" × "), side(-1).join(self.pick(" and ", " et ")));
        match (above.is_empty(), below.is_empty()) {
            (true, true) => self.spelling(*spelling).into(),
            (false, true) => above,
            (true, false) => format!("{} {} {below}", self.pick("number", "nombre"), self.pick("per", "par")),
            (false, false) => format!("{above} {} {below}", self.pick("per", "par")),
        }
    }

    /// A unit beside a number: `/client`.
    pub(crate) fn counting(self, name: &str) -> String {
        self.pick(name.to_owned(), self.unit_word(name))
    }

    fn unit_word(self, name: &str) -> String {
        match UNITS.iter().find(|(known, ..)| *known == name) {
            Some((_, english, french)) => self.pick(*english, *french).into(),
            None => name.into(),
        }
    }

    fn spelling(self, spelling: Spelling) -> &'static str {
        match spelling {
            Spelling::Plain => self.pick("number", "nombre"),
            Spelling::Percent => self.pick("percent", "pourcentage"),
            Spelling::Ratio => self.pick("ratio", "ratio"),
            Spelling::Count => self.pick("whole number", "nombre entier"),
        }
    }

    fn no_unit(self, ty: &Type) -> &'static str {
        match ty {
            Type::Text => self.pick("text", "texte"),
            Type::Boolean => self.pick("yes or no", "oui ou non"),
            Type::Date => self.pick("date", "date"),
            _ => self.pick("number", "nombre"),
        }
    }

    /// `Higher is better`
    pub(crate) fn direction(self, better: Better) -> &'static str {
        match better {
            Better::Higher => self.pick("Higher is better", "À maximiser"),
            Better::Lower => self.pick("Lower is better", "À minimiser"),
            Better::Neither => self.pick("Neither high nor low is better", "Ni haut ni bas n’est préférable"),
        }
    }

    /// `Good`
    pub(crate) fn status(self, status: Status) -> &'static str {
        match status {
            Status::Good => self.pick("Good", "Bon"),
            Status::Watch => self.pick("Watch", "À surveiller"),
            Status::Bad => self.pick("Bad", "Mauvais"),
        }
    }

    pub(crate) fn node_kind(self, kind: NodeKind) -> &'static str {
        match kind {
            NodeKind::Kpi => self.pick("KPI", "KPI"),
            NodeKind::Helper => self.pick("Intermediate figure", "Calcul intermédiaire"),
            NodeKind::Input => self.pick("Input", "Donnée"),
            NodeKind::Parameter => self.pick("Parameter", "Paramètre"),
            NodeKind::Function => self.pick("Function", "Fonction"),
        }
    }
}
