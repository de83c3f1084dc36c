//! Collects the texts of a column, and finds different spellings of one text.

use indexmap::IndexMap;
use std::sync::Arc;

use super::Forms;
use crate::describe::names::fold;
use crate::describe::remembered::Room;
use crate::diagnostic::edits;

/// The different texts of a column that are compared. Spellings are not looked for in a column with more.
pub const MAX_TEXTS: usize = 10_000;

/// Longer texts are not names of anything.
const LONGEST: usize = 200;

/// The rows of a text that are listed.
const LISTED: usize = 5;

/// The different texts of a column of categories, at most: single letters are compared only in these.
const MAX_CATEGORIES: usize = 100;

/// The letters of a text that may be a typo of another one.
const MIN_LETTERS: usize = 5;

/// How many times more frequent the right text is.
const TIMES: u64 = 10;

/// The texts of a column.
#[derive(Debug, Default)]
pub(in crate::describe) struct Texts {
    pub forms: Forms,
    seen: IndexMap<Arc<str>, Occurrences>,
    is_full: bool,
    cells: u64,
}

#[derive(Debug, Default, Clone)]
struct Occurrences {
    count: u64,
    rows: Vec<u64>,
}

/// Texts that probably stand for one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::describe) struct Spellings {
    /// The most frequent spelling.
    pub usual: Arc<str>,
    /// The others, with the number of their rows and the first of them.
    pub others: Vec<(Arc<str>, u64, Vec<u64>)>,
}

impl Texts {
    pub fn add(&mut self, text: &Arc<str>, row: u64, room: &mut Room) {
        self.cells += 1;
        self.forms.add(text, row);
        if let Some(known) = self.seen.get_mut(text) {
            known.count += 1;
            if known.rows.len() < LISTED {
                known.rows.push(row);
            }
        } else if text.len() <= LONGEST && self.seen.len() < MAX_TEXTS && room.take() {
            self.seen.insert(text.clone(), Occurrences { count: 1, rows: vec![row] });
        } else {
            self.is_full = true;
        }
    }

    /// Returns true if the texts repeat, so that they may be names of groups.
    pub fn repeat(&self) -> bool {
        !self.is_full && self.seen.len() as u64 * 2 <= self.cells
    }

    /// Texts that differ only in case, accents, spaces and signs between words.
    pub fn spellings(&self) -> Vec<Spellings> {
        if !self.repeat() {
            return vec![];
        }
        let mut alike: IndexMap<String, Vec<usize>> = IndexMap::new();
        for (at, text) in self.seen.keys().enumerate() {
            if let Some(key) = comparable(text) {
                alike.entry(key).or_default().push(at);
            }
        }
        alike.retain(|_, texts| texts.len() > 1);
        alike.values().map(|texts| self.spelled(texts)).collect()
    }

    fn spelled(&self, texts: &[usize]) -> Spellings {
        let mut sorted: Vec<(&Arc<str>, &Occurrences)> =
            texts.iter().filter_map(|at| self.seen.get_index(*at)).collect();
        sorted.sort_by_key(|(_, seen)| std::cmp::Reverse(seen.count));
        let others = sorted[1..].iter().map(|(text, seen)| ((*text).clone(), seen.count, seen.rows.clone()));
        Spellings { usual: sorted[0].0.clone(), others: others.collect() }
    }

    /// Rare texts that differ in one letter from a frequent one, in a column of few texts.
    pub fn typos(&self) -> Vec<Spellings> {
        if !self.repeat() || self.seen.len() > MAX_CATEGORIES {
            return vec![];
        }
        let mut typos: IndexMap<Arc<str>, Spellings> = IndexMap::new();
        for (text, seen) in &self.seen {
            if let Some(usual) = self.meant(text, seen.count) {
                let spellings = typos.entry(usual.clone());
                let spellings = spellings.or_insert_with(|| Spellings { usual: usual.clone(), others: vec![] });
                spellings.others.push((text.clone(), seen.count, seen.rows.clone()));
            }
        }
        typos.into_values().collect()
    }

    /// The frequent text of which a rare one is probably a typo.
    fn meant(&self, text: &str, count: u64) -> Option<&Arc<str>> {
        let key = comparable(text)?;
        if text.chars().filter(|c| c.is_alphabetic()).count() < MIN_LETTERS {
            return None;
        }
        let is_meant = |(other, seen): &(&Arc<str>, &Occurrences)| {
            seen.count >= count * TIMES
                && comparable(other).is_some_and(|other| edits(&key, &other) == Some(1) && !is_plural(&key, &other))
        };
        self.seen.iter().filter(is_meant).max_by_key(|(_, seen)| seen.count).map(|(other, _)| other)
    }
}

/// Returns true if one text is the other with an `s`.
fn is_plural(one: &str, other: &str) -> bool {
    one.strip_suffix('s') == Some(other) || other.strip_suffix('s') == Some(one)
}

/// What a text has in common with its other spellings. None for texts of fewer than three letters.
fn comparable(text: &str) -> Option<String> {
    let folded: Vec<char> = fold(text).chars().collect();
    let is_digit = |at: Option<usize>| at.and_then(|at| folded.get(at)).is_some_and(char::is_ascii_digit);
    let is_kept = |at: usize| match folded[at] {
        c if c.is_whitespace() => false,
        '-' | '_' | '.' | ',' | '\'' | '’' | '/' => is_digit(at.checked_sub(1)) && is_digit(Some(at + 1)),
        _ => true,
    };
    let key: String = (0..folded.len()).filter(|at| is_kept(*at)).map(|at| folded[at]).collect();
    (key.chars().filter(|c| c.is_alphabetic()).count() > 2).then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(counts: &[(&str, u64)]) -> Texts {
        let (mut texts, mut room, mut row) = (Texts::default(), Room::default(), 0);
        for (text, count) in counts {
            for _ in 0..*count {
                texts.add(&Arc::from(*text), row, &mut room);
                row += 1;
            }
        }
        texts
    }

    fn shown(found: &[Spellings]) -> String {
        let others = |it: &Spellings| it.others.iter().map(|other| other.0.to_string()).collect::<Vec<_>>().join(" ");
        found.iter().map(|it| format!("{}: {}", it.usual, others(it))).collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn finds_spellings_that_differ_in_case_accents_and_spaces() {
        let found = texts(&[("Île-de-France", 9), ("ile de france", 2), ("Bretagne", 5), ("BRETAGNE", 1), ("web", 3)]);
        assert_eq!(shown(&found.spellings()), "Île-de-France: ile de france; Bretagne: BRETAGNE");
        assert_eq!(found.spellings()[0].others[0].2, [9, 10]);
    }

    #[test]
    fn other_texts_are_different() {
        let counts = [("C", 5), ("C++", 5), ("Plan 1.2", 5), ("Plan 12", 5), ("Plan+", 5), ("Plan", 5), ("A-1", 5)];
        assert_eq!(shown(&texts(&counts).spellings()), "");
        assert_eq!(shown(&texts(&[("Ann", 1), ("ann", 1), ("Bob", 1)]).spellings()), "", "the texts do not repeat");
    }

    #[test]
    fn finds_rare_typos_of_frequent_texts() {
        let found = texts(&[("newsletter", 40), ("newsleter", 1), ("search", 30), ("serach", 2), ("social", 12)]);
        assert_eq!(shown(&found.typos()), "newsletter: newsleter; search: serach");
        let other = [("order 2024", 40), ("order 2025", 1), ("lead", 40), ("leads", 1), ("Month", 20), ("Mouth", 4)];
        assert_eq!(shown(&texts(&other).typos()), "");
    }
}
