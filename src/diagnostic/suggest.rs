//! Finds known names that are close to a misspelled one.

/// The maximum length of a name, in bytes, that is compared with others. A longer one gets no suggestions.
pub const MAX_COMPARED: usize = 256;

/// The maximum number of names that are looked at to find those close to one.
pub const MAX_NAMES: usize = 10_000;

/// The maximum number of pairs of letters that are compared to find the names close to one.
const MAX_STEPS: usize = 100_000;

/// Returns the candidates close to `name`, the closest first, at most three.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    if name.len() > MAX_COMPARED {
        return vec![];
    }
    let lower = name.to_lowercase();
    let own = (lower.chars().count(), letters(&lower));
    let mut left = MAX_STEPS;
    let mut close: Vec<(usize, &str)> = candidates
        .into_iter()
        .take(MAX_NAMES)
        .filter(|candidate| candidate.len() <= MAX_COMPARED && may_be_close(own, candidate) && *candidate != name)
        .filter_map(|candidate| Some((distance(&lower, &candidate.to_lowercase(), &mut left)?, candidate)))
        .collect();
    close.sort();
    close.dedup();
    close.into_iter().take(3).map(|(_, candidate)| candidate).collect()
}

/// A bit for each letter that occurs, in lower case; some letters share one.
pub fn letters(text: &str) -> u64 {
    text.chars().flat_map(char::to_lowercase).fold(0, |letters, letter| letters | 1 << (u32::from(letter) % 64))
}

/// Returns false if a candidate has too many other letters to be close, without comparing their order. An edit adds one
/// letter, removes one, or does both.
fn may_be_close((count, own): (usize, u64), candidate: &str) -> bool {
    let edits = most_edits(count) as u32;
    let others = letters(candidate);
    (own & !others).count_ones() <= edits && (others & !own).count_ones() <= edits
}

/// The largest edit distance between a name of this many letters and a name close to it. Another letter is another name.
fn most_edits(letters: usize) -> usize {
    if letters == 1 { 0 } else { (letters / 3).max(1) }
}

/// Returns ``did you mean `a` or `b`?`` if any candidate is close.
pub fn did_you_mean<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let names: Vec<String> = nearest(name, candidates).into_iter().map(|name| format!("`{name}`")).collect();
    (!names.is_empty()).then(|| format!("did you mean {}?", names.join(" or ")))
}

/// The edit distance, if it is at most a third of the length or 1. None if no steps are left.
fn distance(name: &str, candidate: &str, left: &mut usize) -> Option<usize> {
    let letters = name.chars().count();
    let others = candidate.chars().count();
    if letters.abs_diff(others) > letters / 3 + 1 {
        return None;
    }
    *left = left.checked_sub((letters + 1) * (others + 1))?;
    let distance = strsim::damerau_levenshtein(name, candidate);
    (distance <= most_edits(letters)).then_some(distance)
}

/// The number of edits, ignoring case, between a text and one that may be meant instead. None if they are too different,
/// if a digit differs, or if the text is too long to compare it with many others.
pub fn edits(text: &str, other: &str) -> Option<usize> {
    const MAX_LETTERS: usize = 64;
    const MIN_LETTERS: usize = 4;
    if text.len() > MAX_LETTERS || other.len() > 2 * MAX_LETTERS {
        return None;
    }
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let mut left = usize::MAX;
    let edits = distance(&text.to_lowercase(), &other.to_lowercase(), &mut left)?;
    let is_typo = edits == 0 || text.chars().count() >= MIN_LETTERS && digits(text) == digits(other);
    is_typo.then_some(edits)
}

/// Returns true if `name` is probably a typo of `candidate`: at most 1 edit in 5 letters, or 2 in 10. Names that differ
/// in a digit (`cost_2024`, `cost_2025`) are different names.
pub fn is_probable_typo(name: &str, candidate: &str) -> bool {
    if name.len().max(candidate.len()) > MAX_COMPARED {
        return false;
    }
    let letters = name.chars().count().max(candidate.chars().count());
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    letters >= 5
        && digits(name) == digits(candidate)
        && strsim::damerau_levenshtein(&name.to_lowercase(), &candidate.to_lowercase()) <= (letters / 5).min(2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Code, Diagnostic};
    use crate::source::{FileId, Span};

    #[test]
    fn only_a_single_suggestion_becomes_a_replacement() {
        let span = Span::new(FileId(0), 0, 5);
        let suggest = |known: &[&str]| {
            let problem = Diagnostic::error(Code::UnknownName, "unknown").suggest(span, "lable", known.iter().copied());
            (problem.hints, problem.fix.map(|fix| fix.replacement))
        };
        assert_eq!(suggest(&["label", "about"]), (vec!["did you mean `label`?".into()], Some("label".into())));
        assert_eq!(suggest(&["label", "cable"]), (vec!["did you mean `cable` or `label`?".into()], None));
        assert_eq!(suggest(&["about"]), (vec![], None));
    }

    #[test]
    fn of_many_names_the_first_are_compared() {
        let names: Vec<String> = (0..MAX_NAMES).map(|at| format!("other{at}")).collect();
        let known = || names.iter().map(|name| &**name);
        assert_eq!(nearest("lable", std::iter::once("label").chain(known())), ["label"]);
        assert_eq!(nearest("lable", known().chain(["label"])), [""; 0]);
    }

    #[test]
    fn names_with_other_letters_cost_no_comparison() {
        let names: Vec<String> = (0..5000).map(|at| format!("zz{at}")).collect();
        let known = names.iter().map(|name| &**name).chain(["label"]);
        assert_eq!(nearest("lable", known), ["label"]);
    }
}
