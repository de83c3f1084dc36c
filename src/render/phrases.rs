//! The phrases around results, derivations and cards: from English to every other language.

use super::Language;

/// What stands for a part that is filled in.
const HOLE: &str = "{}";

/// English and French. The holes of both are filled in the same order.
const PHRASES: &[(&str, &str)] = &[
    // Results.
    ("(blank)", "(vide)"),
    ("total", "total"),
    ("the total", "le total"),
    ("value", "valeur"),
    ("no groups: the data have no rows here", "aucun groupe\u{a0}: les données n’ont pas de lignes ici"),
    ("{} of it", "{} de l’objectif"),
    ("{}: target {}", "{}\u{a0}: objectif {}"),
    ("between {} and {}", "entre {} et {}"),
    (", reached in {} of {}", ", atteint {} fois sur {}"),
    ("{}: no status here, its bands are meant per {}", "{}\u{a0}: pas de statut ici, ses seuils s’entendent {}"),
    (" in {} of {} groups", " dans {} groupes sur {}"),
    (" in {}", " pour {}"),
    ("{}: {}", "{}\u{a0}: {}"),
    ("rows with blank cells were left out", "lignes aux cellules vides laissées de côté"),
    ("the data do not cover the whole period", "les données ne couvrent pas toute la période"),
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
    (" (the data do not cover all of it)", " (les données n’en couvrent qu’une partie)"),
    (", only where {}", ", seulement où {}"),
    (", {} skipped as blank", ", dont vides et laissées de côté\u{a0}: {}"),
    (", nothing then of {}", ", rien alors de {}"),
    ("no status: {}", "pas de statut\u{a0}: {}"),
    (", which is {}", ", soit {}"),
    ("target {}", "objectif {}"),
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
        let mut parts = parts.iter();
        let mut pieces = self.word(english).split(HOLE);
        let first = pieces.next().unwrap_or_default().to_owned();
        pieces.fold(first, |text, piece| text + parts.next().unwrap_or(&"") + piece)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phrases_have_as_many_holes_in_every_language() {
        for (english, french) in PHRASES {
            assert_eq!(english.matches(HOLE).count(), french.matches(HOLE).count(), "{english}");
            assert_eq!(PHRASES.iter().filter(|(known, _)| known == english).count(), 1, "{english} stands twice");
        }
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
