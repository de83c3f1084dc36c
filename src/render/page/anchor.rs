//! Names the places of a page.

/// The anchor of a definition, or of a function if its name ends with `()`. Characters that need escaping in a URL are
/// encoded.
pub(in crate::render) fn anchor(id: &str) -> String {
    let (prefix, name) = match id.strip_suffix("()") {
        Some(name) => ("function-", name),
        None => ("kpi-", id),
    };
    let letters = name.chars().map(|letter| match letter {
        'a'..='z' | 'A'..='Z' | '0'..='9' | '_' | '-' => letter.to_string(),
        _ => format!(".{:x}.", u32::from(letter)),
    });
    std::iter::once(prefix.to_owned()).chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anchors_differ_where_names_do() {
        assert_eq!(anchor("cac"), "kpi-cac");
        assert_eq!(anchor("cac()"), "function-cac");
        assert_eq!(anchor("coût"), "kpi-co.fb.t");
        assert_ne!(anchor("a b"), anchor("a_b"));
    }
}
