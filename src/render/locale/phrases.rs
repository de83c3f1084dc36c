//! The phrases around results, derivations and cards: from English to every other language.

use crate::diagnostic::{Sentence, fill};
use crate::render::Language;

/// English and French. The holes of both are filled in the same order.
const PHRASES: &[(&str, &str)] = &[
    // Results.
    ("(blank)", "(vide)"),
    ("total", "total"),
    ("the total", "le total"),
    ("value", "valeur"),
    ("no groups: `--where` leaves no rows", "aucun groupe\u{a0}: `--where` ne laisse aucune ligne"),
    ("no groups: the data have no rows here", "aucun groupe\u{a0}: les données n’ont pas de lignes ici"),
    ("{} of it", "{} de l’objectif"),
    ("{}: target {}", "{}\u{a0}: objectif {}"),
    ("between {} and {}", "entre {} et {}"),
    (", reached in {} of {}", ", atteint {} fois sur {}"),
    ("{} to {}: no rows, the data end on {}", "{} à {}\u{a0}: pas de lignes, les données s’arrêtent le {}"),
    ("{}: no status, {}", "{}\u{a0}: pas de statut, {}"),
    (" in {} of {} groups", " dans {} groupes sur {}"),
    (" in {}", " pour {}"),
    ("{}: {}", "{}\u{a0}: {}"),
    ("rows with blank cells were left out", "lignes aux cellules vides laissées de côté"),
    ("incomplete period", "période incomplète"),
    (
        "its target or a band needs a period (add `--by month`)",
        "son objectif ou un seuil nécessite une période (ajoutez --by month)",
    ),
    (
        "its target or a band needs a single period, and the total covers several",
        "son objectif ou un seuil nécessite une seule période, et le total en couvre plusieurs",
    ),
    (
        "rows failed: something else was taken for what reads them",
        "lignes en erreur\u{a0}: une autre valeur remplace ce qui les lit",
    ),
    ("outside the range of its definition", "hors de la plage de sa définition"),
    ("good", "bon"),
    ("watch", "à surveiller"),
    ("bad", "mauvais"),
    // Derivations.
    ("   (and so on: explain it by itself)", "   (et ainsi de suite\u{a0}: à expliquer à part)"),
    ("   (as above)", "   (voir plus haut)"),
    ("   (parameter)", "   (paramètre)"),
    ("   (given)", "   (valeur donnée)"),
    (" is undefined", " est indéfini"),
    ("undefined", "indéfini"),
    ("← undefined from here on: {}", "← indéfini à partir d’ici\u{a0}: {}"),
    ("{}: {} row of {}", "{}\u{a0}: {} ligne de {}"),
    ("{}: {} rows of {}", "{}\u{a0}: {} lignes de {}"),
    (", {} to {}", ", du {} au {}"),
    (" (cut by the period asked for)", " (coupé par la période demandée)"),
    (" (the data do not cover all of it)", " (les données n’en couvrent qu’une partie)"),
    (", only where {}", ", seulement où {}"),
    (", {} skipped as blank", ", laissées de côté car vides\u{a0}: {}"),
    (", {} failed", ", en erreur\u{a0}: {}"),
    (", nothing then of {}", ", rien alors de {}"),
    ("no status: {}", "pas de statut\u{a0}: {}"),
    (", which is {}", ", soit {}"),
    ("target {}", "objectif {}"),
    // Contexts.
    ("{}", "{}"),
    ("over everything", "sur l’ensemble"),
    ("all {}", "{}\u{a0}: tout"),
    ("{} year earlier", "{} an plus tôt"),
    ("{} years earlier", "{} ans plus tôt"),
    ("{} month earlier", "{} mois plus tôt"),
    ("{} months earlier", "{} mois plus tôt"),
    ("{} week earlier", "{} semaine plus tôt"),
    ("{} weeks earlier", "{} semaines plus tôt"),
    ("{} day earlier", "{} jour plus tôt"),
    ("{} days earlier", "{} jours plus tôt"),
    ("last {} year", "sur {} an"),
    ("last {} years", "sur {} ans"),
    ("last {} month", "sur {} mois"),
    ("last {} months", "sur {} mois"),
    ("last {} week", "sur {} semaine"),
    ("last {} weeks", "sur {} semaines"),
    ("last {} day", "sur {} jour"),
    ("last {} days", "sur {} jours"),
    ("day to date", "depuis le début du jour"),
    ("week to date", "depuis le début de la semaine"),
    ("month to date", "depuis le début du mois"),
    ("quarter to date", "depuis le début du trimestre"),
    ("year to date", "depuis le début de l’année"),
    ("to date", "depuis le début"),
    ("all time", "toutes périodes"),
    // Why there is no value, and other remarks on a step.
    ("the formula", "la formule"),
    ("{} has no rows here", "{} n’a pas de lignes ici"),
    ("{} has blank cells only", "{} n’a que des cellules vides"),
    ("no row meets the condition of {}", "aucune ligne ne remplit la condition de {}"),
    ("division by zero in {}", "division par zéro dans {}"),
    ("{} lies outside the data", "{} est en dehors des données"),
    ("{} has no rows before {}", "{} n’a pas de lignes avant le {}"),
    ("{} has no rows after {}", "{} n’a pas de lignes après le {}"),
    ("{} has no data there", "{} n’y a pas de données"),
    (
        "not applicable: {} needs a single period, and the total covers several",
        "sans objet\u{a0}: {} nécessite une seule période, et le total en couvre plusieurs",
    ),
    ("{} finds more than one row", "{} trouve plus d’une ligne"),
    (
        "{} reads a dataset that lacks a column of the condition",
        "{} lit une table à laquelle manque une colonne de la condition",
    ),
    ("{} has no column {} to be split by", "{} n’a pas de colonne {} pour la répartition"),
    ("{} has no dates to be split by", "{} n’a pas de dates pour la répartition"),
    ("division by zero in {} row of {}", "division par zéro dans {} ligne de {}"),
    ("division by zero in {} rows of {}", "division par zéro dans {} lignes de {}"),
    ("more than 28 digits in {} row of {}", "plus de 28 chiffres dans {} ligne de {}"),
    ("more than 28 digits in {} rows of {}", "plus de 28 chiffres dans {} lignes de {}"),
    ("a date outside the years 1 to 9999 in {} row of {}", "une date hors des années 1 à 9999 dans {} ligne de {}"),
    ("a date outside the years 1 to 9999 in {} rows of {}", "une date hors des années 1 à 9999 dans {} lignes de {}"),
    ("moments with and without a UTC offset in {} row of {}", "instants avec et sans décalage UTC dans {} ligne de {}"),
    (
        "moments with and without a UTC offset in {} rows of {}",
        "instants avec et sans décalage UTC dans {} lignes de {}",
    ),
    ("no value for the number in {} row of {}", "pas de valeur pour le nombre dans {} ligne de {}"),
    ("no value for the numbers in {} rows of {}", "pas de valeur pour les nombres dans {} lignes de {}"),
    ("numbers, texts or dates mixed in {} row of {}", "nombres, textes ou dates mêlés dans {} ligne de {}"),
    ("numbers, texts or dates mixed in {} rows of {}", "nombres, textes ou dates mêlés dans {} lignes de {}"),
    ("{} is a date outside the years 1 to 9999", "{} est une date hors des années 1 à 9999"),
    (
        "{} compares a moment that has a UTC offset with one that has none",
        "{} compare un instant avec décalage UTC à un instant sans décalage",
    ),
    ("{} has more than 28 digits", "{} a plus de 28 chiffres"),
    ("{} is not defined for this number", "{} n’est pas défini pour ce nombre"),
    ("{} mixes numbers, texts or dates", "{} mêle nombres, textes ou dates"),
    ("{} says `undefined`", "{} donne `undefined`"),
    ("{} needs {}, which does not hold", "{} demande {}, ce qui n’est pas le cas"),
    ("{} rounds {}", "{} arrondit {}"),
    ("half away from zero", "la moitié en s’éloignant de zéro"),
    ("half to the even digit", "la moitié vers le chiffre pair"),
    ("bands are meant {}", "les seuils s’entendent {}"),
    ("per day", "par jour"),
    ("per week", "par semaine"),
    ("per month", "par mois"),
    ("per quarter", "par trimestre"),
    ("per year", "par an"),
    // What keeps values from adding up.
    ("{} is a parameter: it is the same everywhere", "{} est un paramètre\u{a0}: le même partout"),
    ("{} is the same everywhere", "{} est le même partout"),
    (
        "{} is a stock: its first value holds, not the sum",
        "{} est un stock\u{a0}: sa première valeur fait foi, pas la somme",
    ),
    (
        "{} is a stock: its last value holds, not the sum",
        "{} est un stock\u{a0}: sa dernière valeur fait foi, pas la somme",
    ),
    ("{} may not be rolled up", "{} ne se cumule pas"),
    ("{} counts what occurs twice once", "{} ne compte qu’une fois ce qui revient"),
    ("{} is no sum of rows", "{} n’est pas une somme de lignes"),
    ("{} is no sum", "{} n’est pas une somme"),
    ("{} is a product", "{} est un produit"),
    ("{} is a ratio", "{} est un ratio"),
    ("{} takes one thing here and another there", "{} prend tantôt une chose, tantôt une autre"),
    ("{} depends on a condition", "{} dépend d’une condition"),
    ("{} is another stretch of time at each grain", "{} est une autre durée à chaque grain"),
    ("{} takes rows of earlier periods again", "{} reprend des lignes de périodes antérieures"),
    ("{} takes all periods in each", "{} prend toutes les périodes dans chacune"),
    ("{} takes all segments in each", "{} prend tous les segments dans chacun"),
    ("it nests too deeply to tell", "l’imbrication est trop profonde pour le dire"),
    // Lists and cards.
    ("standard library: {}", "bibliothèque standard\u{a0}: {}"),
    ("name", "nom"),
    ("label", "libellé"),
    ("lacks", "il manque"),
    (", not declared", ", non déclaré"),
    (", not declared: the column of that name", ", non déclaré\u{a0}: la colonne de ce nom"),
    (" of the standard library", " de la bibliothèque standard"),
    ("kpi", "KPI"),
    ("helper", "calcul intermédiaire"),
    ("input", "donnée"),
    ("parameter", "paramètre"),
    ("leading", "avancé"),
    ("lagging", "de résultat"),
    ("kind", "nature"),
    ("formula", "formule"),
    ("unit", "unité"),
    ("adds up", "s’additionne"),
    ("over time and over segments", "dans le temps et entre segments"),
    ("over segments, not over time: {}", "entre segments, pas dans le temps\u{a0}: {}"),
    ("over time, not over segments: {}", "dans le temps, pas entre segments\u{a0}: {}"),
    ("neither over time nor over segments: {}", "ni dans le temps ni entre segments\u{a0}: {}"),
    ("not over time: {}", "pas dans le temps\u{a0}: {}"),
    ("not over segments: {}", "pas entre segments\u{a0}: {}"),
    ("better", "sens"),
    ("higher", "à maximiser"),
    ("lower", "à minimiser"),
    ("neither", "ni haut ni bas"),
    ("bands", "seuils"),
    ("target", "objectif"),
    ("per", "période"),
    ("range", "plage"),
    ("uses", "utilise"),
    ("inputs", "données"),
    ("used by", "sert à"),
    ("aliases", "synonymes"),
    ("perspective", "perspective"),
    ("stage", "étape"),
    ("tags", "étiquettes"),
    ("state", "état"),
    ("owner", "responsable"),
    ("since", "depuis"),
    ("version", "version"),
    ("examples", "exemples"),
    ("source", "source"),
    ("defined", "défini"),
];

impl Language {
    /// A phrase without holes in this language; one's own word stays.
    pub(crate) fn word(self, english: &str) -> &str {
        let known = PHRASES.iter().find(|(known, _)| *known == english);
        known.map_or(english, |(english, french)| self.pick(english, french))
    }

    /// A phrase in this language with its holes filled in order.
    pub(crate) fn phrase(self, english: &'static str, parts: &[&str]) -> String {
        fill(self.word(english), parts)
    }

    /// A sentence in this language; parts of it that are English words are said in it, too.
    pub fn sentence(self, sentence: &Sentence) -> String {
        let parts: Vec<&str> = sentence.parts.iter().map(|part| self.word(part)).collect();
        self.phrase(sentence.pattern, &parts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phrases_have_as_many_holes_in_every_language() {
        for (english, french) in PHRASES {
            assert_eq!(english.matches("{}").count(), french.matches("{}").count(), "{english}");
            assert_eq!(PHRASES.iter().filter(|(known, _)| known == english).count(), 1, "{english} stands twice");
        }
    }

    /// Where other modules say something in sentences, as their source files have it, and behind which words.
    const SAYING: [(&str, &str); 4] = [
        (include_str!("../../explain/message.rs"), "pub(super) fn message"),
        (include_str!("../../explain/mod.rs"), "fn rounding"),
        (include_str!("../../plan/context.rs"), "pub fn describe"),
        (include_str!("../../library/additivity.rs"), "impl Flaw"),
    ];

    #[test]
    fn every_sentence_can_be_said_in_every_language() {
        let mut patterns: Vec<&str> = vec![];
        for (file, start) in SAYING {
            let code =
                file.split("#[cfg(test)]").next().and_then(|code| code.split_once(start)).expect("it is there").1;
            let lines = code.lines().filter(|line| !line.trim().starts_with("//") && !line.contains("format"));
            patterns.extend(lines.flat_map(quoted).filter(|text| text.contains("{}")));
        }
        let known = |pattern: &&&str| PHRASES.iter().any(|(english, _)| english == *pattern);
        let unknown: Vec<&&str> = patterns.iter().filter(|pattern| !known(pattern)).collect();
        assert!(patterns.len() > 40 && unknown.is_empty(), "{} patterns, unknown {unknown:#?}", patterns.len());
        for (_, how) in crate::builtin::ROUNDINGS {
            assert_ne!(Language::French.word(how), how);
        }
        for grain in crate::data::Grain::ALL {
            let per = format!("per {}", grain.name());
            assert_ne!(Language::French.word(&per), per);
            let to_date = format!("{} to date", grain.name());
            assert_ne!(Language::French.word(&to_date), to_date);
        }
    }

    /// The texts between quotes of a line of code.
    fn quoted(line: &str) -> impl Iterator<Item = &str> {
        line.split('"').skip(1).step_by(2)
    }

    #[test]
    fn holes_are_filled_in_order() {
        assert_eq!(Language::English.phrase(", reached in {} of {}", &["2", "3"]), ", reached in 2 of 3");
        assert_eq!(Language::French.phrase(", reached in {} of {}", &["2", "3"]), ", atteint 2 fois sur 3");
        // What is filled in is never read again.
        assert_eq!(Language::English.phrase("{}: {}", &["{}", "a"]), "{}: a");
        assert_eq!(Language::French.word("my own word"), "my own word");
    }
}
