//! Splits the texts of a query into names: lists of columns, `name=value`. A name in backticks may contain any
//! character.

/// Splits a text at the separators outside backticks and double quotes. Parts are trimmed, and blank parts left out.
pub(crate) fn split(text: &str, separator: char) -> Vec<&str> {
    let mut parts = vec![];
    let mut rest = text;
    while let Some(at) = find_outside(rest, separator) {
        parts.push(rest[..at].trim());
        rest = &rest[at + separator.len_utf8()..];
    }
    parts.push(rest.trim());
    parts.retain(|part| !part.is_empty());
    parts
}

/// The first position of a character outside backticks and double quotes. An unclosed mark is an ordinary character.
pub(crate) fn find_outside(text: &str, searched: char) -> Option<usize> {
    let mut open_until = 0;
    for (at, c) in text.char_indices() {
        match c {
            _ if at < open_until => {}
            '`' | '"' => {
                let after = at + c.len_utf8();
                open_until = text[after..].find(c).map_or(after, |end| after + end + c.len_utf8());
            }
            c if c == searched => return Some(at),
            _ => {}
        }
    }
    None
}

/// Returns a name without the backticks around it.
#[cfg(any(feature = "change", test))]
pub(crate) fn bare(name: &str) -> &str {
    enclosed(name.trim(), '`').unwrap_or(name.trim())
}

/// Returns the text between two marks if they enclose the whole text.
pub(crate) fn enclosed(text: &str, mark: char) -> Option<&str> {
    let inner = text.strip_prefix(mark)?.strip_suffix(mark)?;
    (!inner.is_empty() && !inner.contains(mark)).then_some(inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_split_outside_backticks_and_quotes() {
        assert_eq!(split("month, sales region,`a, b`,", ','), ["month", "sales region", "`a, b`"]);
        assert_eq!(split("name=\"x, y\",b=1", ','), ["name=\"x, y\"", "b=1"]);
        assert_eq!(split("it`s, b", ','), ["it`s", "b"]);
        assert_eq!(find_outside("`a=b`=c", '='), Some(5));
    }

    #[test]
    fn backticks_are_not_part_of_a_name() {
        assert_eq!(bare(" `sales region` "), "sales region");
        for name in ["sales region", "`", "``", "`a`.`b`"] {
            assert_eq!(bare(name), name);
        }
    }
}
