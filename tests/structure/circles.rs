//! Finds files of one module that import each other in a circle. A `mod.rs` is a table of contents: an import through
//! it counts as an import of the folder, not of a file.

use std::collections::HashMap;

use super::{Source, imports};

/// The circles, each as the names of its files. The first name is repeated at the end.
pub fn find(sources: &[Source]) -> Vec<Vec<String>> {
    let files: HashMap<String, &Source> = sources.iter().map(|source| (source.module.join("::"), source)).collect();
    let edges: HashMap<&str, Vec<&str>> = files
        .iter()
        .filter(|(_, source)| !source.is_contents())
        .map(|(name, source)| (&**name, imported(&files, source)))
        .collect();
    let mut walk = Walk { edges: &edges, done: vec![], path: vec![], circles: vec![] };
    let mut names: Vec<&str> = edges.keys().copied().collect();
    names.sort_unstable();
    names.into_iter().for_each(|name| walk.visit(name));
    walk.circles
}

/// The files of the same module that a file imports.
fn imported<'f>(files: &'f HashMap<String, &Source>, source: &Source) -> Vec<&'f str> {
    let file = |path: Vec<String>| {
        let prefixes = (1..=path.len()).rev().map(|len| path[..len].join("::"));
        let (name, found) = prefixes.filter_map(|name| files.get_key_value(&name)).next()?;
        let other = found.module != source.module && found.room() == source.room() && !found.is_contents();
        other.then_some(&**name)
    };
    let mut names: Vec<&str> = imports::of(source).into_iter().filter_map(file).collect();
    names.sort_unstable();
    names.dedup();
    names
}

struct Walk<'f> {
    edges: &'f HashMap<&'f str, Vec<&'f str>>,
    done: Vec<&'f str>,
    path: Vec<&'f str>,
    circles: Vec<Vec<String>>,
}

impl<'f> Walk<'f> {
    fn visit(&mut self, name: &'f str) {
        if let Some(at) = self.path.iter().position(|known| *known == name) {
            let circle = self.path[at..].iter().chain([&name]).map(|name| (*name).to_owned());
            return self.circles.push(circle.collect());
        }
        if self.done.contains(&name) {
            return;
        }
        self.path.push(name);
        self.edges.get(name).into_iter().flatten().for_each(|next| self.visit(next));
        self.path.pop();
        self.done.push(name);
    }
}
