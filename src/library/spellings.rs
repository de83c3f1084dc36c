//! Finds the declared name that an undeclared name may be a typo of, without comparing all pairs of names.

use std::collections::HashMap;
use std::sync::Arc;

use super::Library;
use crate::diagnostic::is_probable_typo;

/// The maximum number of letters that a typo adds or drops.
const MAX_DIFFERENCE: usize = 2;

/// The maximum number of name pairs that one library compares. Undeclared names beyond this limit are not treated as
/// typos. The limit allows 10,000 undeclared names with 100 similar names each.
pub const MAX_COMPARISONS: usize = 1_000_000;

/// Declared names, grouped by what a typo does not change: their origin, their digits and roughly their length.
pub(super) struct Spellings {
    names: HashMap<(bool, String, usize), Vec<Spelling>>,
    left: usize,
}

struct Spelling {
    /// Its position among the definitions. Of two equally similar names, the first is suggested.
    place: usize,
    /// The set of its letters.
    letters: u64,
    text: Arc<str>,
}

impl Spellings {
    /// Collects the names that a library declares.
    pub fn new(library: &Library) -> Self {
        let mut names: HashMap<_, Vec<Spelling>> = HashMap::new();
        for (place, definition) in library.definitions.iter().enumerate().filter(|(_, it)| !it.implicit) {
            let text = definition.name.text.clone();
            let key = (definition.standard, digits(&text), text.chars().count());
            names.entry(key).or_default().push(Spelling { place, letters: letters(&text), text });
        }
        Self { names, left: MAX_COMPARISONS }
    }

    /// The first declared name, of the user's or of the standard library's, that `name` is probably a typo of.
    pub fn slip(&mut self, name: &str, standard: bool) -> Option<String> {
        let (length, own) = (name.chars().count(), letters(name));
        let mut found: Option<&Spelling> = None;
        for near in length.saturating_sub(MAX_DIFFERENCE)..=length + MAX_DIFFERENCE {
            let Some(names) = self.names.get(&(standard, digits(name), near)) else { continue };
            for known in names {
                self.left = self.left.checked_sub(1)?;
                // Replacing a letter adds one and drops one.
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

    fn spellings(text: &str) -> Spellings {
        Spellings::new(&Library::from_text(text).expect("the definitions have no errors"))
    }

    #[test]
    fn typos_of_the_users_and_the_librarys_names_are_found() {
        let mut names = spellings("input orders_paid\ninput orders_2024");
        assert_eq!(names.slip("order_paid", false).as_deref(), Some("orders_paid"));
        assert_eq!(names.slip("Orders_Padi", false).as_deref(), Some("orders_paid"));
        assert_eq!(names.slip("orders_2025", false), None);
        assert_eq!(names.slip("new_custmers", true).as_deref(), Some("new_customers"));
    }

    #[test]
    fn beyond_the_limit_no_typos_are_found() {
        let mut names = spellings("input orders_paid");
        names.left = 1;
        assert!(names.slip("order_paid", false).is_some());
        assert!(names.slip("order_paid", false).is_none());
    }
}
