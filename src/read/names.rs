//! Gives each column of a table a unique name.

use std::sync::Arc;

use super::csv::MAX_COLUMNS;
use super::input::Input;
use crate::diagnostic::{Code, Diagnostic};

/// Pairs of columns with equal names: the first column of a name, and a later one.
pub(super) type Twins = Vec<[usize; 2]>;

/// Names columns without a name by their place, such as `column 3`. If an earlier column already has a name, the place
/// is appended to it.
pub(super) fn make_unique(names: &mut [Arc<str>], place: impl Fn(usize) -> String) -> Twins {
    let mut first: hashbrown::HashMap<Arc<str>, usize> = hashbrown::HashMap::new();
    let mut taken: hashbrown::HashSet<Arc<str>> = names.iter().cloned().collect();
    let mut twins = vec![];
    for (at, name) in names.iter_mut().enumerate() {
        let written = name.clone();
        let earlier = (!written.is_empty()).then(|| first.get(&written).copied()).flatten();
        if let Some(earlier) = earlier {
            twins.push([earlier, at]);
        }
        if written.is_empty() || earlier.is_some() {
            let of_its_own = |name: &String| !taken.contains(&**name);
            let plain = if written.is_empty() { place(at) } else { format!("{written} ({})", place(at)) };
            let numbered = (2..).map(|number| format!("{plain} {number}"));
            let mut candidates = std::iter::once(plain.clone()).chain(numbered);
            *name = candidates.find(of_its_own).expect("there are more numbers than names").into();
            taken.insert(name.clone());
        }
        first.insert(name.clone(), at);
    }
    twins
}

/// The reason why two columns with the same name cannot be read.
pub(super) fn both_called(name: &str, columns: &str) -> Diagnostic {
    let message = format!("{columns} are both named `{name}`");
    Diagnostic::error(Code::BadTable, message).hint("give each column a unique name in the file")
}

/// Rejects tables with too many columns.
pub(super) fn check_count(count: usize, line: Option<u64>, input: &Input) -> Result<(), Diagnostic> {
    if count <= MAX_COLUMNS {
        return Ok(());
    }
    let message = format!("expected at most {MAX_COLUMNS} columns, found {count}");
    Err(Diagnostic::error(Code::BadTable, message).in_data(input.place(line)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unique(names: &[&str]) -> (String, Twins) {
        let mut names: Vec<Arc<str>> = names.iter().map(|name| Arc::from(*name)).collect();
        let twins = make_unique(&mut names, |at| format!("column {}", at + 1));
        (names.join("|"), twins)
    }

    #[test]
    fn names_become_unique() {
        assert_eq!(unique(&["a", "b"]), ("a|b".into(), vec![]));
        assert_eq!(unique(&["", "a", ""]), ("column 1|a|column 3".into(), vec![]));
        assert_eq!(unique(&["a", "a", "b", "a"]), ("a|a (column 2)|b|a (column 4)".into(), vec![[0, 1], [0, 3]]));
        assert_eq!(unique(&["", "column 1"]), ("column 1 2|column 1".into(), vec![]));
        assert_eq!(unique(&["a (column 2)", "a", "a"]).1, vec![[1, 2]]);
    }
}
