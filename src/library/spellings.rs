//! Finds the declared name that an undeclared one may be a slip of, without comparing every name with every other.

use std::collections::HashMap;
use std::sync::Arc;

use super::Library;
use crate::diagnostic::is_probable_typo;

/// A slip adds or drops at most so many letters.
const MAX_DIFFERENCE: usize = 2;

/// One library compares at most so many pairs of names; undeclared names beyond are taken as they are. Ten thousand
/// undeclared names may each meet a hundred that look like them.
pub const MAX_COMPARISONS: usize = 1_000_000;

/// The first name, of the user's or of the standard library's, that `name` is a probable slip of. `left` is the number of
/// names that may still be compared.
pub(super) fn slip(library: &Library, name: &str, standard: bool, left: &mut usize) -> Option<String> {
    library
        .and_below()
        .find_map(|library| library.spellings.get_or_init(|| Spellings::new(library)).slip(name, standard, left))
}

/// Declared names by what a slip leaves as it is: whose they are, their digits, and nearly their length.
#[derive(Debug)]
pub(super) struct Spellings {
    names: HashMap<(bool, String, usize), Vec<Spelling>>,
}

#[derive(Debug)]
struct Spelling {
    /// Its place among the definitions: of two names as close, the first is meant.
    place: usize,
    /// Which letters it has.
    letters: u64,
    text: Arc<str>,
}

impl Spellings {
    /// The names that a library declares, without its base.
    fn new(library: &Library) -> Self {
        let mut names: HashMap<_, Vec<Spelling>> = HashMap::new();
        for (place, definition) in library.definitions.declared().enumerate().filter(|(_, it)| !it.implicit) {
            let text = definition.name.text.clone();
            let key = (definition.standard, digits(&text), text.chars().count());
            names.entry(key).or_default().push(Spelling { place, letters: letters(&text), text });
        }
        Self { names }
    }

    fn slip(&self, name: &str, standard: bool, left: &mut usize) -> Option<String> {
        let (length, own) = (name.chars().count(), letters(name));
        let mut found: Option<&Spelling> = None;
        for near in length.saturating_sub(MAX_DIFFERENCE)..=length + MAX_DIFFERENCE {
            let Some(names) = self.names.get(&(standard, digits(name), near)) else { continue };
            for known in names {
                *left = left.checked_sub(1)?;
                // A letter put in the place of another is one more and one less.
                let differ = (known.letters ^ own).count_ones() as usize <= 2 * MAX_DIFFERENCE;
                let earlier = found.is_none_or(|found| known.place < found.place);
                if differ && earlier && is_probable_typo(name, &known.text) {
                    found = Some(known);
                }
            }
        }
        found.map(|known| known.text.to_string())
    }
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

/// A bit for each letter that occurs; some letters share one.
fn letters(text: &str) -> u64 {
    text.chars().flat_map(char::to_lowercase).fold(0, |letters, letter| letters | 1 << (u32::from(letter) % 64))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn library(text: &str) -> Library {
        Library::from_text(text).expect("the test's definitions are right")
    }

    #[test]
    fn finds_slips_of_own_names_and_of_the_standard_library() {
        let library = library("input orders_paid\ninput orders_2024");
        let slip = |name, standard| slip(&library, name, standard, &mut MAX_COMPARISONS.clone());
        assert_eq!(slip("order_paid", false).as_deref(), Some("orders_paid"));
        assert_eq!(slip("Orders_Padi", false).as_deref(), Some("orders_paid"));
        assert_eq!(slip("orders_2025", false), None);
        assert_eq!(slip("new_custmers", true).as_deref(), Some("new_customers"));
    }

    #[test]
    fn takes_names_as_they_are_beyond_the_limit() {
        let (library, mut left) = (library("input orders_paid"), 1);
        assert!(slip(&library, "order_paid", false, &mut left).is_some());
        assert!(slip(&library, "order_paid", false, &mut left).is_none());
    }
}
