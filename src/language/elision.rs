//! French elision: `lignes d’ads`, but `lignes de sales`.

use super::Language;

/// The start of French words whose h is not mute: `le hangar`, `de huit`.
const ASPIRATED: [&str; 24] = [
    "hach",
    "haie",
    "hall",
    "halte",
    "handic",
    "hangar",
    "harc",
    "haric",
    "harn",
    "hasard",
    "hât",
    "haus",
    "haut",
    "héros",
    "hiérarch",
    "hobby",
    "holding",
    "homard",
    "hors",
    "hot",
    "hub",
    "huit",
    "hutte",
    "hyène",
];

impl Language {
    /// A text that a word or number follows. In French, a final `de` is elided before a vowel or a mute h.
    pub(crate) fn before(self, text: &str, next: &str) -> String {
        match text.strip_suffix("de ") {
            Some(start) if self == Self::French && is_whole_word(start) && begins_with_vowel(next) => {
                format!("{start}d’")
            }
            _ => text.to_owned(),
        }
    }
}

/// True if `de` after this text is a word, not the end of one.
fn is_whole_word(start: &str) -> bool {
    !start.ends_with(char::is_alphanumeric)
}

/// True if a word begins with the sound of a vowel. A name in backticks sounds as if it had none.
fn begins_with_vowel(word: &str) -> bool {
    let word = word.trim_start_matches('`').to_lowercase();
    match word.chars().next() {
        Some('h') => !ASPIRATED.iter().any(|start| word.starts_with(start)),
        Some(first) => "aàâäæeéèêëiîïoôöœuùûü".contains(first),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn de_is_elided_before_vowels_and_mute_h() {
        for (next, expected) in [
            ("ads", "12 lignes d’"),
            ("`orders`", "12 lignes d’"),
            ("Élèves", "12 lignes d’"),
            ("heures", "12 lignes d’"),
            ("hausses", "12 lignes de "),
            ("sales", "12 lignes de "),
            ("2026-03", "12 lignes de "),
            ("", "12 lignes de "),
        ] {
            assert_eq!(Language::French.before("12 lignes de ", next), expected, "{next}");
        }
        assert_eq!(Language::French.before("code ", "ads"), "code ");
        assert_eq!(Language::French.before("de ", "août"), "d’");
        assert_eq!(Language::French.before("mode ", "a"), "mode ");
        assert_eq!(Language::English.before("mode de ", "a"), "mode de ");
    }
}
