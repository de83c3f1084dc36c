//! Finds the paths that a file imports, in `use` trees and in paths that start with `crate`.

use super::Source;

/// The paths from the root of the crate that occur in a file.
pub fn of(source: &Source) -> Vec<Vec<String>> {
    let mut paths = vec![];
    for statement in source.text.split(';') {
        if let Some(tree) = use_tree(statement) {
            take_apart(tree, &[], &mut paths);
        }
    }
    for start in ["crate::", "super::"] {
        paths.extend(source.text.match_indices(start).map(|(at, _)| path_at(&source.text[at..])));
    }
    paths.into_iter().filter_map(|path| from_root(source, &path)).collect()
}

/// The text after `use` at the start of the last line of a statement.
fn use_tree(statement: &str) -> Option<&str> {
    let at = statement.match_indices("use ").map(|(at, _)| at).find(|&at| {
        let line = statement[..at].rsplit('\n').next().unwrap_or_default().trim();
        line.is_empty() || line.starts_with("pub")
    })?;
    Some(statement[at + "use ".len()..].trim())
}

fn take_apart(tree: &str, before: &[String], paths: &mut Vec<Vec<String>>) {
    let tree = tree.trim();
    if let Some((head, rest)) = tree.split_once('{') {
        let mut path = before.to_vec();
        path.extend(head.split("::").map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned));
        let inner = rest.rsplit_once('}').map_or(rest, |(inner, _)| inner);
        branches(inner).for_each(|branch| take_apart(branch, &path, paths));
    } else if !tree.is_empty() {
        let named = tree.split(" as ").next().unwrap_or(tree);
        let mut path = before.to_vec();
        path.extend(named.split("::").map(|part| part.trim().to_owned()));
        paths.push(path);
    }
}

/// The parts between the commas outside braces.
fn branches(inner: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0;
    inner.split(move |letter| {
        depth += i32::from(letter == '{') - i32::from(letter == '}');
        letter == ',' && depth == 0
    })
}

fn path_at(text: &str) -> Vec<String> {
    let end =
        text.find(|letter: char| !letter.is_alphanumeric() && letter != '_' && letter != ':').unwrap_or(text.len());
    text[..end].split("::").filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// The path from the root of the crate, if it is a path into the crate.
fn from_root(source: &Source, path: &[String]) -> Option<Vec<String>> {
    let first = path.first()?;
    match &**first {
        "crate" => Some(path[1..].to_vec()),
        "super" => {
            let up = path.iter().take_while(|part| *part == "super").count();
            let base = source.module.len().checked_sub(up)?;
            Some([&source.module[..base], &path[up..]].concat())
        }
        "self" => Some([&source.module[..], &path[1..]].concat()),
        _ => None,
    }
    .filter(|path| !path.is_empty())
}
