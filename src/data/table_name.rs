//! The name of a table in a warehouse: `analytics.orders`.

use std::sync::Arc;

/// The name of a table in a warehouse, from its catalog or schema down to the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TableName {
    parts: Vec<Arc<str>>,
}

/// The maximum number of parts: a catalog, a schema and a table.
const MAX_PARTS: usize = 3;

/// The maximum number of bytes of a part. No warehouse has longer names.
const MAX_PART: usize = 300;

impl TableName {
    /// Splits a name at its dots. A part with a dot, a space or another special character is written in backticks.
    ///
    /// # Errors
    /// A message and a hint.
    pub fn parse(text: &str) -> Result<Self, (String, String)> {
        let example = || "write the name of a table, such as \"analytics.orders\"".to_owned();
        let (mut parts, mut rest) = (vec![], text.trim());
        loop {
            let (part, after) = part(rest).map_err(|message| (message, example()))?;
            if let Some(problem) = problem(part) {
                return Err((problem, example()));
            }
            parts.push(part.into());
            match after.strip_prefix('.') {
                Some(next) if parts.len() < MAX_PARTS => rest = next,
                Some(_) => {
                    let message = format!("the name of a table has at most {MAX_PARTS} parts");
                    return Err((
                        message,
                        "write the catalog, the schema and the table, such as \"main.sales.orders\"; a part \
                                          that contains dots is written in backticks"
                            .to_owned(),
                    ));
                }
                None if after.is_empty() => return Ok(Self { parts }),
                None => {
                    let message = "the name of a table has a part that is only partly in backticks".to_owned();
                    return Err((message, example()));
                }
            }
        }
    }

    /// The parts, the table last.
    #[cfg_attr(not(feature = "cli"), allow(dead_code))]
    pub fn parts(&self) -> &[Arc<str>] {
        &self.parts
    }
}

/// The first part of a name, and what follows it.
fn part(text: &str) -> Result<(&str, &str), String> {
    if let Some(quoted) = text.strip_prefix('`') {
        return quoted.split_once('`').ok_or_else(|| "a backtick in the name of a table is never closed".to_owned());
    }
    let (part, after) = text.split_at(text.find('.').unwrap_or(text.len()));
    match part.chars().find(|&letter| !letter.is_alphanumeric() && !matches!(letter, '_' | '$' | '-')) {
        Some(letter) if letter.is_whitespace() || matches!(letter, '(' | ';' | ',' | '*') => {
            Err("a dataset is a table of the warehouse, not a query: make a view there, and write its name, with backticks \
                 around a part that has spaces"
                .to_owned())
        }
        Some(letter) if !letter.is_control() => {
            Err(format!("the name of a table has a part with `{letter}`, which must be in backticks"))
        }
        _ => Ok((part, after)),
    }
}

/// Why a part cannot be one, if it cannot.
fn problem(part: &str) -> Option<String> {
    if part.is_empty() {
        return Some("the name of a table has an empty part".to_owned());
    }
    if part.len() > MAX_PART {
        return Some(format!("a part of the name of a table is longer than {MAX_PART} bytes"));
    }
    part.chars().any(char::is_control).then(|| "the name of a table has a control character".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Result<Vec<String>, String> {
        let parsed = TableName::parse(text).map_err(|(message, _)| message)?;
        Ok(parsed.parts().iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_name_has_up_to_three_parts() {
        assert_eq!(parts("orders").unwrap(), ["orders"]);
        assert_eq!(parts(" main.sales.orders ").unwrap(), ["main", "sales", "orders"]);
        assert_eq!(parts("my-project.`a.b`.`order \"lines\"`").unwrap(), ["my-project", "a.b", "order \"lines\""]);
        assert_eq!(parts("données.ventes").unwrap(), ["données", "ventes"]);
    }

    #[test]
    fn everything_else_is_refused_with_a_reason() {
        let long = "a".repeat(MAX_PART + 1);
        for (text, reason) in [
            ("", "empty part"),
            ("a..b", "empty part"),
            ("a.b.", "empty part"),
            ("a.b.c.d", "at most 3 parts"),
            ("select * from orders", "not a query"),
            ("orders;drop", "not a query"),
            ("a\"b", "with `\"`"),
            ("`a\0b`", "control character"),
            ("a\0b", "control character"),
            ("`a", "never closed"),
            ("`a`b", "partly in backticks"),
            (&long, "longer than 300 bytes"),
        ] {
            let message = parts(text).expect_err(text);
            assert!(message.contains(reason), "{text}: {message}");
        }
        assert!(parts(&long[1..]).is_ok());
    }
}
