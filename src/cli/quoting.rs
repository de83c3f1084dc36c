//! Quotes the words of command lines that a message shows.

/// A word of a command line as a shell reads it: in quotes if it needs them. On Windows, a backslash is the mark between
/// folders.
pub(super) fn shell_word(word: &str) -> String {
    let is_plain =
        |letter: char| letter.is_alphanumeric() || "-_./,=:@%+".contains(letter) || letter == '\\' && cfg!(windows);
    match !word.is_empty() && word.chars().all(is_plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_a_shell_would_change_are_quoted() {
        for (word, expected) in [
            ("data/k-1.kpi", "data/k-1.kpi"),
            ("a b.kpi", "'a b.kpi'"),
            ("it's", "'it'\\''s'"),
            ("spend*2", "'spend*2'"),
            ("", "''"),
        ] {
            assert_eq!(shell_word(word), expected);
        }
        assert_eq!(shell_word("a\\b.kpi"), if cfg!(windows) { "a\\b.kpi" } else { "'a\\b.kpi'" });
    }
}
