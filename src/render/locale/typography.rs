//! Applies typographic apostrophes, and no-break spaces before French punctuation.

use crate::render::Language;

/// Before `;`, `!`, `?` and `%`.
const NARROW: char = '\u{202f}';
/// Before `:` and inside guillemets.
const WIDE: char = '\u{a0}';

/// Replaces apostrophes with typographic ones and, in French, spaces next to punctuation with no-break spaces.
///
/// Only existing spaces are replaced: `10:30` and `https://…` do not change.
///
/// ```
/// use yardstick::internal::render::typeset;
/// use yardstick::output::Language;
///
/// assert_eq!(typeset("5 % d'attrition : bien !", Language::French), "5\u{202f}% d’attrition\u{a0}: bien\u{202f}!");
/// assert_eq!(typeset("the customer's life", Language::English), "the customer’s life");
/// ```
pub fn typeset(text: &str, language: Language) -> String {
    let letters: Vec<char> = text.chars().collect();
    let at = |position: Option<usize>| position.and_then(|position| letters.get(position)).copied();
    let around = |position: usize| (at(position.checked_sub(1)), at(position.checked_add(1)));
    letters.iter().enumerate().map(|(position, &letter)| replaced(letter, around(position), language)).collect()
}

fn replaced(letter: char, around: (Option<char>, Option<char>), language: Language) -> char {
    match (letter, around) {
        ('\'', (Some(before), Some(after))) if before.is_alphabetic() && after.is_alphabetic() => '’',
        (' ', around) if language == Language::French => space(around),
        _ => letter,
    }
}

fn space((before, after): (Option<char>, Option<char>)) -> char {
    match (before, after) {
        (_, Some(';' | '!' | '?' | '%' | '€')) => NARROW,
        (_, Some(':' | '»')) | (Some('«'), _) => WIDE,
        _ => ' ',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn french_punctuation_gets_no_break_spaces() {
        for (typed, printed) in [
            ("bon ; mieux", "bon\u{202f}; mieux"),
            ("« oui »", "«\u{a0}oui\u{a0}»"),
            ("à 10:30", "à 10:30"),
            ("l'été", "l’été"),
            ("'cité'", "'cité'"),
            ("", ""),
        ] {
            assert_eq!(typeset(typed, Language::French), printed);
        }
    }

    #[test]
    fn english_spaces_do_not_change() {
        assert_eq!(typeset("odd ; spacing", Language::English), "odd ; spacing");
    }
}
