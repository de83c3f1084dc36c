//! Finds the declared name that an undeclared name may be a typo of, without comparing all pairs of names.

use std::collections::HashMap;
use std::sync::Arc;

use super::Library;
use crate::diagnostic::{MAX_COMPARED, is_probable_typo, letters};

/// The maximum number of letters that a typo adds or drops.
const MAX_DIFFERENCE: usize = 2;

/// The maximum number of name pairs that one library compares. Undeclared names beyond this limit are not treated as
/// typos. The limit allows 10,000 undeclared names with 100 names of that length each; a pair of similar names counts
/// once more for each 200 pairs of letters.
pub const MAX_COMPARISONS: usize = 1_000_000;

/// The pairs of letters that count as one comparison.
const LETTERS_PER_COMPARISON: usize = 200;

/// Returns the first name that `name` is probably a typo of: one of the standard library or of the user. `left` is the
/// number of comparisons that are left.
pub(super) fn slip(library: &Library, name: &str, standard: bool, left: &mut usize) -> Option<String> {
    library
        .and_below()
        .find_map(|library| library.spellings.get_or_init(|| Spellings::new(library)).slip(name, standard, left))
}

/// Declared names, grouped by what a typo does not change: their origin, their digits and roughly their length.
#[derive(Debug)]
pub(super) struct Spellings {
    names: HashMap<(bool, String, usize), Vec<Spelling>>,
}

#[derive(Debug)]
struct Spelling {
    /// Its position among the definitions. Of two equally similar names, the first is suggested.
    place: usize,
    /// The set of its letters.
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
        if name.len() > MAX_COMPARED {
            return None;
        }
        let (length, own) = (name.chars().count(), letters(name));
        let mut found: Option<&Spelling> = None;
        for near in length.saturating_sub(MAX_DIFFERENCE)..=length + MAX_DIFFERENCE {
            let Some(names) = self.names.get(&(standard, digits(name), near)) else { continue };
            for known in names {
                *left = left.checked_sub(1)?;
                // A letter put in the place of another is one more and one less.
                let differ = (known.letters ^ own).count_ones() as usize <= 2 * MAX_DIFFERENCE;
                let earlier = found.is_none_or(|found| known.place < found.place);
                if differ && earlier {
                    *left = left.checked_sub(length * near / LETTERS_PER_COMPARISON)?;
                }
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
