//! Finds columns through lookups in other datasets, and rejects lookups whose keys can never match.

use super::bind::{Bindings, BoundLookup, Found, Row};
use super::lower::expression::Lowered;
use crate::data::{ColumnType, RowSource};
use crate::diagnostic::{Code, Diagnostic};
use crate::library::LookupDefinition;
use crate::library::types::walk::{Level, Output};
use crate::syntax::ast::{Name, Path};
use crate::value::unit::Type;

/// A lookup from one available dataset to another.
pub(super) struct Lookup<'a> {
    /// The position of the dataset that looks up.
    pub from: usize,
    /// The position of the looked-up dataset.
    pub other: usize,
    /// Its declaration.
    pub to: &'a LookupDefinition,
}

impl<'a> Bindings<'a> {
    /// The lookups of a dataset that lead to a column of this name.
    pub(super) fn lookups_with(&self, dataset: usize, name: &str) -> Vec<Lookup<'a>> {
        self.lookups(dataset).filter(|lookup| self.has_own_column(lookup.other, name)).collect()
    }

    /// The lookups of a dataset whose other dataset is available.
    pub(super) fn lookups(&self, dataset: usize) -> impl Iterator<Item = Lookup<'a>> {
        let lookups = self.definition(dataset).map_or(&[][..], |definition| &definition.lookups);
        lookups.iter().filter_map(move |to| Some(Lookup { from: dataset, other: self.find(&to.dataset.text)?, to }))
    }

    /// Why a looked-up dataset, which may have the column, cannot be read.
    pub(super) fn unreadable_lookup(&self, dataset: usize) -> Option<Diagnostic> {
        self.lookups(dataset).find_map(|lookup| self.unreadable(lookup.other)?.first().cloned())
    }

    /// Returns true if `dataset` looks up `other`.
    pub fn looks_up(&self, dataset: usize, other: usize) -> bool {
        self.lookups(dataset).any(|lookup| lookup.other == other)
    }

    /// The type of a key, which is a node of these row expressions.
    fn kind_of_key(&self, rows: usize, key: &Lowered) -> ColumnType {
        if let Some((dataset, column)) = self.stored(rows, key.node) {
            return self.schema(dataset).column(column).ty;
        }
        match key.ty {
            Type::Number(..) | Type::Zero => ColumnType::Number,
            Type::Text => ColumnType::Text,
            Type::Boolean => ColumnType::Boolean,
            Type::Date => ColumnType::Date,
            Type::Period(grain) => ColumnType::Period(grain),
            Type::Unknown => ColumnType::Unknown,
        }
    }

    fn two_kinds(&self, lookup: &Lookup, sides: [(usize, &Lowered); 2]) -> Option<Diagnostic> {
        let kinds = sides.map(|(rows, key)| self.kind_of_key(rows, key));
        if kinds.contains(&ColumnType::Unknown) || kinds[0] == kinds[1] {
            return None;
        }
        let named = [(lookup.from, &lookup.to.key), (lookup.other, &lookup.to.other_key)];
        let holds =
            |at: usize| format!("`{}.{}` contains {}", self.name(named[at].0), named[at].1.text, kinds[at].plural());
        let message = format!("keys of different types never match: {}, {}", holds(0), holds(1));
        let problem = Diagnostic::error(Code::TypeMismatch, message).at(lookup.to.key.span);
        let texts = (0..2).find(|&at| kinds[at] == ColumnType::Text);
        let stored = sides.map(|(rows, key)| self.stored(rows, key.node));
        let (Some(texts), [Some(_), Some(_)]) = (texts, stored) else {
            return Some(problem.hint("use the same type for both keys"));
        };
        let evidence = stored[texts].and_then(|(dataset, column)| self.schema(dataset).column(column).evidence.clone());
        let remedy = stored[texts].and_then(|(dataset, column)| self.schema(dataset).column(column).remedy.clone());
        let remedy = remedy.filter(|_| kinds[1 - texts] == ColumnType::Number);
        let problem = evidence.into_iter().fold(problem, Diagnostic::in_data).maybe_hint(remedy);
        let (dataset, key) = named[1 - texts];
        let (dataset, key) = (self.name(dataset), &key.text);
        Some(problem.hint(format!("to compare them as texts, write `{key}: text` in the block of `{dataset}`")))
    }

    /// A column was found through several lookups. A label shows how to write each.
    pub(super) fn through_several(&self, dataset: usize, path: &Path, lookups: &[Lookup]) -> Diagnostic {
        let (name, column) = (self.name(dataset), &path.name.text);
        let message = format!("`{column}` is ambiguous: `{name}` has it through {} lookups", lookups.len());
        let problem = Diagnostic::error(Code::Ambiguous, message).at(path.span);
        let problem = lookups.iter().fold(problem, |problem, lookup| {
            problem.label(lookup.to.dataset.span, format!("found as `{}.{column}`", lookup.to.dataset.text))
        });
        let names: Vec<String> =
            lookups.iter().map(|lookup| format!("`{}.{column}`", lookup.to.dataset.text)).collect();
        problem.hint(format!("write {}", names.join(" or ")))
    }
}

impl Row<'_, '_> {
    /// Finds a column of a looked-up dataset, stored or computed. Returns None if there is no column of this name.
    pub(super) fn looked_up(&mut self, lookup: &Lookup, name: &Name) -> Option<Found> {
        if lookup.to.broken {
            return Some(Found::Broken);
        }
        if let Some(reason) = self.bindings.unreadable(lookup.other).and_then(<[_]>::first) {
            return Some(self.refused(reason.clone()));
        }
        if self.bindings.is_broken(lookup.other) {
            return Some(Found::Broken);
        }
        if !self.bindings.has_own_column(lookup.other, &name.text) {
            return None;
        }
        let Some(at) = self.bound(lookup) else { return Some(Found::Computed(self.output().undefined())) };
        let there = self.bindings.rows[self.rows].lookups[at].rows;
        let Lowered { node, ty } = self.own_of(there, name)?;
        let columns = &mut self.bindings.rows[self.rows].lookups[at].columns;
        let column = columns.iter().position(|known| *known == node).unwrap_or_else(|| {
            columns.push(node);
            columns.len() - 1
        });
        Some(Found::Source(RowSource::Lookup { lookup: at, column }, ty))
    }

    /// The position of a lookup among those in use; None if a key is missing or the keys have different types.
    fn bound(&mut self, lookup: &Lookup) -> Option<usize> {
        let known = &self.bindings.rows[self.rows].lookups;
        if let Some(at) = known.iter().position(|known| known.other == lookup.other) {
            return Some(at);
        }
        let (here, there) = (self.rows, self.bindings.add_rows(lookup.other));
        let Some(key) = self.own_of(here, &lookup.to.key) else { return self.no_key(lookup.from, &lookup.to.key) };
        let Some(other_key) = self.own_of(there, &lookup.to.other_key) else {
            return self.no_key(lookup.other, &lookup.to.other_key);
        };
        if let Some(problem) = self.bindings.two_kinds(lookup, [(here, &key), (there, &other_key)]) {
            self.report(problem);
            return None;
        }
        // The lookup is added last because lowering the key may add other lookups.
        let lookups = &mut self.bindings.rows[here].lookups;
        lookups.push(BoundLookup {
            other: lookup.other,
            key: key.node,
            other_key: other_key.node,
            other_key_name: lookup.to.other_key.text.clone(),
            rows: there,
            columns: vec![],
        });
        Some(lookups.len() - 1)
    }

    /// Lowers a dataset's own column in other row expressions.
    fn own_of(&mut self, rows: usize, name: &Name) -> Option<Lowered> {
        let outer = std::mem::replace(&mut self.rows, rows);
        let lowered = self.own(name).map(|found| self.lowered(found));
        self.rows = outer;
        lowered
    }

    fn no_key(&mut self, dataset: usize, key: &Name) -> Option<usize> {
        let problem = self.bindings.not_in(dataset, &Path { qualifier: None, name: key.clone(), span: key.span }, true);
        self.report(problem);
        None
    }
}
