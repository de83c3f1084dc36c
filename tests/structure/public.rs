//! Lists every public item of the crate in a snapshot, so that none is added or removed unnoticed.

use std::fs;

/// The maximum number of public items. More would make the important ones hard to find.
const MAX_ITEMS: usize = 152;

/// The files with the public items of the crate, and the path of each.
const FACADE: [(&str, &str); 2] = [("src/lib.rs", ""), ("src/testing/mod.rs", "testing::")];

#[test]
fn public_items() {
    let mut items: Vec<String> = FACADE.iter().flat_map(|(file, before)| public(file, before)).collect();
    items.sort();
    assert!(items.len() <= MAX_ITEMS, "{} public items", items.len());
    insta::assert_snapshot!(items.join("\n"));
}

/// The public items of a file and of its inline modules, except those hidden from the documentation.
fn public(file: &str, before: &str) -> Vec<String> {
    let text = fs::read_to_string(format!("{}/{file}", env!("CARGO_MANIFEST_DIR"))).expect("the file is there");
    let code: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let code = code.join("\n").replace("#[doc(hidden)]\npub ", "");
    let (mut items, mut module) = (vec![], String::new());
    for (at, _) in code.match_indices("pub ") {
        let indented = code[..at].ends_with("    ");
        let inside = if indented { &*module } else { "" };
        let statement = code[at + "pub ".len()..].split(';').next().unwrap_or_default();
        let Some((kind, rest)) = statement.split_once(' ') else { continue };
        let end = rest.find(|letter: char| !letter.is_alphanumeric() && letter != '_').unwrap_or(rest.len());
        match kind {
            "use" => items.extend(names(rest).map(|name| format!("{before}{inside}{name}"))),
            "mod" => {
                module = format!("{}::", &rest[..end]);
                items.push(format!("{before}{}", &rest[..end]));
            }
            "const" | "enum" | "fn" | "struct" | "trait" | "type" if !indented => {
                items.push(format!("{before}{}", &rest[..end]));
            }
            _ => {}
        }
    }
    items
}

/// The names at the end of `a::b::{C, d}`.
fn names(path: &str) -> impl Iterator<Item = &str> {
    let inner = path.split_once('{').map_or_else(|| path.rsplit("::").next().unwrap_or(path), |(_, inner)| inner);
    inner.split([',', '}']).map(str::trim).filter(|name| !name.is_empty())
}
