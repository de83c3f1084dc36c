//! Finds the columns of other datasets that a dataset looks up, and refuses lookups that could find nothing.

use super::bind::Bindings;
use crate::data::{ColumnId, ColumnType, RowSource};
use crate::diagnostic::{Code, Diagnostic};
use crate::library::LookupDefinition;
use crate::syntax::ast::{Name, Path};

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
        let has = |other: usize| match self.unreadable(other) {
            Some(_) => self.has_own_column(other, name),
            None => self.schema(other).find(name).is_some(),
        };
        self.lookups(dataset).filter(|lookup| has(lookup.other)).collect()
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

    /// A column of a looked-up dataset, and where that column is there; None where it or a key is missing.
    ///
    /// # Errors
    /// Keys of two kinds, which would never be equal.
    pub(super) fn through(&self, lookup: &Lookup, name: &str) -> Result<Option<(RowSource, ColumnId)>, Diagnostic> {
        let Lookup { from, other, to } = *lookup;
        if let Some(reason) = self.unreadable(other).and_then(<[_]>::first) {
            return Err(reason.clone());
        }
        let (here, there) = (self.schema(from), self.schema(other));
        let (Some(column), Some(key), Some(other_key)) =
            (there.find(name), here.find(&to.key.text), there.find(&to.other_key.text))
        else {
            return Ok(None);
        };
        let (kind, other_kind) = (here.column(key).ty, there.column(other_key).ty);
        if ![kind, other_kind].contains(&ColumnType::Unknown) && kind != other_kind {
            return Err(self.two_kinds(lookup, (key, kind), (other_key, other_kind)));
        }
        Ok(Some((RowSource::Lookup { dataset: other, key, other_key, column }, column)))
    }

    fn two_kinds(
        &self,
        lookup: &Lookup,
        (key, kind): (ColumnId, ColumnType),
        (other_key, other_kind): (ColumnId, ColumnType),
    ) -> Diagnostic {
        let sides =
            [(lookup.from, &lookup.to.key, key, kind), (lookup.other, &lookup.to.other_key, other_key, other_kind)];
        let holds = |(dataset, key, _, kind): (usize, &Name, ColumnId, ColumnType)| {
            format!("`{}.{}` holds {}", self.name(dataset), key.text, kind.plural())
        };
        let problem = Diagnostic::error(
            Code::TypeMismatch,
            format!("keys of two kinds never match: {}, {}", holds(sides[0]), holds(sides[1])),
        )
        .at(lookup.to.key.span);
        let texts = sides.iter().find(|(.., kind)| *kind == ColumnType::Text);
        let others = sides.iter().find(|(.., kind)| *kind != ColumnType::Text);
        let (Some(&(with_texts, _, texts, _)), Some(&(with_others, key, ..))) = (texts, others) else {
            return problem.hint("write the keys alike in both tables");
        };
        let evidence = self.schema(with_texts).column(texts).evidence.clone();
        let problem = evidence.into_iter().fold(problem, Diagnostic::in_data);
        let (dataset, key) = (self.name(with_others), &key.text);
        problem.hint(format!("to compare them as texts: `{key}: text` in the block of `{dataset}`"))
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
