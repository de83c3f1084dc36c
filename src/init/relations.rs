//! Finds lookups: a column of one table whose values are the key of another.

use std::sync::Arc;

use super::table::Table;
use crate::describe::{ColumnDescription, Role, words};
use crate::language::{Language, Phrase};
use crate::syntax::spelled;

/// The share of values that the other table must have, in percent.
const CONTAINED: usize = 95;

/// A lookup of one table in another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Relation {
    pub table: usize,
    pub other: usize,
    pub column: Arc<str>,
    pub key: Arc<str>,
    /// The number of values that the other table lacks, of how many.
    pub lacks: (usize, usize),
}

/// The lookups between tables, at most one from each table to another.
pub(super) fn of(tables: &[Table]) -> Vec<Relation> {
    let mut relations: Vec<Relation> = vec![];
    for table in 0..tables.len() {
        for other in (0..tables.len()).filter(|other| *other != table) {
            let is_reversed = relations.iter().any(|known| known.table == other && known.other == table);
            if !is_reversed && let Some(relation) = between(tables, table, other) {
                relations.push(relation);
            }
        }
    }
    relations
}

fn between(tables: &[Table], table: usize, other: usize) -> Option<Relation> {
    let key = tables[other].columns().find(|column| column.role == Role::Key)?;
    let fits = |column: &&ColumnDescription| {
        matches!(column.role, Role::Reference | Role::Group | Role::Text | Role::Measure | Role::Key)
            && column.ty == key.ty
            && is_named(&column.name, &key.name, &tables[other])
    };
    let column = tables[table].columns().find(fits)?;
    let (values, keys) = (column.values.as_ref()?, key.values.as_ref()?);
    let lacks = values.iter().filter(|value| !keys.contains(value)).count();
    // A table that has the same key is another part of the same rows; the one with fewer rows is looked up.
    let is_smaller = column.role != Role::Key || values.len() < keys.len();
    let is_contained = !values.is_empty() && (values.len() - lacks) * 100 >= values.len() * CONTAINED;
    (is_contained && is_smaller).then(|| Relation {
        table,
        other,
        column: column.name.clone(),
        key: key.name.clone(),
        lacks: (lacks, values.len()),
    })
}

/// Returns true if a column has the name of the key, or the name of what the other table lists: `customer`,
/// `customer_id` or `id_client` for `customers.id`.
fn is_named(column: &str, key: &str, other: &Table) -> bool {
    const GENERIC: [&str; 6] = ["id", "code", "key", "no", "ref", "num"];
    let (column, key) = (words(column), words(key));
    let singular = |word: &String| word.strip_suffix('s').unwrap_or(word).to_owned();
    let listed: Vec<String> = other.words.iter().map(singular).collect();
    let bare: Vec<String> = column.iter().filter(|word| !GENERIC.contains(&&***word)).map(singular).collect();
    let bare_key: Vec<String> = key.iter().filter(|word| !GENERIC.contains(&&***word)).map(singular).collect();
    let is_of_table = bare == listed || listed.last().is_some_and(|last| bare == [last.clone()]);
    column == key && !bare_key.is_empty()
        || !bare.is_empty() && (bare == bare_key || is_of_table && bare_key.is_empty())
}

impl Relation {
    /// The line of the block.
    pub fn line(&self, tables: &[Table], language: Language) -> String {
        let (column, key) = (spelled(&self.column), spelled(&self.key));
        let keys = if column == key { column } else { format!("{column} = {key}") };
        let line = format!("lookup {} on {keys}", tables[self.other].name);
        match self.lacks {
            (0, _) => line,
            (lacks, of) => {
                let lacks = language.phrase(Phrase::InitLacks, &[&lacks.to_string(), &of.to_string()]);
                format!("{line}  # ? {lacks}")
            }
        }
    }
}
