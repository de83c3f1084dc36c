//! Finds the columns of other datasets that a dataset looks up, and refuses lookups that could find nothing.

use super::bind::{Bindings, BoundLookup, Found, Row};
use super::lower::expression::Lowered;
use crate::data::{ColumnType, RowSource};
use crate::diagnostic::{Code, Diagnostic};
use crate::library::LookupDefinition;
use crate::library::types::walk::{Level, Output};
use crate::syntax::ast::{Name, Path};
use crate::value::unit::Type;

/// A lookup from one dataset at hand to another.
pub(super) struct Lookup<'a> {
    /// The position of the dataset that looks up.
    pub from: usize,
    /// The position of the looked-up dataset.
    pub other: usize,
    /// What the definitions say of it.
    pub to: &'a LookupDefinition,
}

impl<'a> Bindings<'a> {
    /// The lookups of a dataset that lead to a column of that name.
    pub(super) fn lookups_with(&self, dataset: usize, name: &str) -> Vec<Lookup<'a>> {
        self.lookups(dataset).filter(|lookup| self.has_own_column(lookup.other, name)).collect()
    }

    /// The lookups of a dataset whose other dataset is at hand.
    pub(super) fn lookups(&self, dataset: usize) -> impl Iterator<Item = Lookup<'a>> {
        let lookups = self.definition(dataset).map_or(&[][..], |definition| &definition.lookups);
        lookups.iter().filter_map(move |to| Some(Lookup { from: dataset, other: self.find(&to.dataset.text)?, to }))
    }

    /// Why a looked-up dataset cannot be read, which may have what is looked for.
    pub(super) fn unreadable_lookup(&self, dataset: usize) -> Option<Diagnostic> {
        self.lookups(dataset).find_map(|lookup| self.unreadable(lookup.other)?.first().cloned())
    }

    /// Whether `dataset` looks `other` up.
    pub fn looks_up(&self, dataset: usize, other: usize) -> bool {
        self.lookups(dataset).any(|lookup| lookup.other == other)
    }

    /// What a key holds: a node of some rows.
    fn kind_of_key(&self, rows: usize, key: &Lowered) -> ColumnType {
        if let Some((dataset, column)) = self.stored(rows, key.node) {
            return self.schema(dataset).column(column).ty;
        }
        match key.ty {
            Type::Number(..) | Type::Zero => ColumnType::Number,
            Type::Text => ColumnType::Text,
            Type::Boolean => ColumnType::Boolean,
            Type::Date => ColumnType::Date,
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
            |at: usize| format!("`{}.{}` holds {}", self.name(named[at].0), named[at].1.text, kinds[at].plural());
        let message = format!("keys of two kinds never match: {}, {}", holds(0), holds(1));
        let problem = Diagnostic::error(Code::TypeMismatch, message).at(lookup.to.key.span);
        let texts = (0..2).find(|&at| kinds[at] == ColumnType::Text);
        let stored = sides.map(|(rows, key)| self.stored(rows, key.node));
        let (Some(texts), [Some(_), Some(_)]) = (texts, stored) else {
            return Some(problem.hint("write the keys alike in both tables"));
        };
        let evidence = stored[texts].and_then(|(dataset, column)| self.schema(dataset).column(column).evidence.clone());
        let problem = evidence.into_iter().fold(problem, Diagnostic::in_data);
        let (dataset, key) = named[1 - texts];
        let (dataset, key) = (self.name(dataset), &key.text);
        Some(problem.hint(format!("to compare them as texts: `{key}: text` in the block of `{dataset}`")))
    }

    /// A column that is found through several lookups: each says how to name its own.
    pub(super) fn through_several(&self, dataset: usize, path: &Path, lookups: &[Lookup]) -> Diagnostic {
        let (name, column) = (self.name(dataset), &path.name.text);
        let message = format!("`{name}` finds a column `{column}` through {} lookups", lookups.len());
        let problem = Diagnostic::error(Code::Ambiguous, message).at(path.span);
        let problem = lookups.iter().fold(problem, |problem, lookup| {
            problem.label(lookup.to.dataset.span, format!("it is `{}.{column}`", lookup.to.dataset.text))
        });
        let names: Vec<String> =
            lookups.iter().map(|lookup| format!("`{}.{column}`", lookup.to.dataset.text)).collect();
        problem.hint(format!("say which: {}", names.join(" or ")))
    }
}

impl Row<'_, '_> {
    /// A column of a looked-up dataset, stored or computed; None where it has none of that name.
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

    /// The position of a lookup among those in use; None where a key is missing, or the keys are of two kinds.
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
        // Last: the key may need other lookups.
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

    /// A column of the dataset of other rows itself.
    fn own_of(&mut self, rows: usize, name: &Name) -> Option<Lowered> {
        let outer = std::mem::replace(&mut self.rows, rows);
        let lowered = self.own(name).map(|found| self.lowered(found));
        self.rows = outer;
        lowered
    }

    fn no_key(&mut self, dataset: usize, key: &Name) -> Option<usize> {
        let problem = self.bindings.not_in(dataset, &Path { qualifier: None, name: key.clone(), span: key.span });
        self.report(problem);
        None
    }
}
