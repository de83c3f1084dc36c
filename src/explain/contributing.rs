//! Adds the rows behind the aggregates to explanations.

use indexmap::IndexMap;

use super::Explanation;
use super::groups::ListedGroup;
use crate::budget::Charge;
use crate::data::{ListedRows, Source};
use crate::diagnostic::{Diagnostic, Error};
use crate::eval::{Evaluation, RowsOf};

/// How many rows explanations list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RowCounts {
    /// For each aggregate, or the inner groups of an aggregate with `each`.
    pub aggregate: usize,
    /// For each aggregate of an inner group that is listed.
    pub inner: usize,
}

impl Evaluation {
    /// Explains a value like [`Evaluation::explain_at`], with the first `count` rows behind each aggregate. The source is
    /// that of the evaluation, whose datasets are read once more.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use yardstick::{Embedded, Library, Limits, Query, Table};
    ///
    /// let library = Library::from_text("spend = sum(ads.cost)")?;
    /// let ads = Table::from_tuples("ads", &["channel", "cost"], &[("mail", 5), ("web", 9), ("web", 7)])?;
    /// let source = Embedded::new(vec![Arc::new(ads)]);
    /// let result = library.evaluate(&Query::all(), &source, &Limits::default())?;
    /// let explanation = result.explain_rows(0, 0, &source, 2)?;
    /// let rows = explanation.steps.iter().find_map(|step| step.rows.as_ref()?.listed.as_ref()).expect("it has rows");
    /// let lines: Vec<_> = rows.rows.iter().map(|row| row.place.line).collect();
    /// assert_eq!((lines, rows.more), (vec![Some(2), Some(3)], 1));
    /// # Ok::<(), yardstick::Error>(())
    /// ```
    ///
    /// # Errors
    /// The limit that was reached, or data that can no longer be read.
    pub fn explain_rows(
        &self,
        kpi: usize,
        group: usize,
        source: &dyn Source,
        count: usize,
    ) -> Result<Explanation, Error> {
        let mut charge = self.plan.limits.budget().charge();
        let explained = self.explain_within(kpi, group, &mut charge).and_then(|mut explanation| {
            let counts = RowCounts { aggregate: count, inner: 0 };
            self.list_rows(&mut [(group, &mut explanation)], source, counts, &mut charge)?;
            Ok(explanation)
        });
        explained.map_err(|problem| Error::new(vec![problem], self.plan.sources.clone()))
    }

    /// Adds the rows behind the aggregates to explanations of groups. Each dataset is read once for all of them.
    ///
    /// # Errors
    /// The limit that was reached, or data that can no longer be read.
    pub(crate) fn list_rows(
        &self,
        explanations: &mut [(usize, &mut Explanation)],
        source: &dyn Source,
        counts: RowCounts,
        charge: &mut Charge,
    ) -> Result<(), Diagnostic> {
        self.list_groups(explanations, counts.aggregate, charge)?;
        let mut wanted: IndexMap<RowsOf, Option<ListedRows>> = IndexMap::new();
        for (group, explanation) in explanations.iter_mut() {
            each_list(self, *group, explanation, |rows, _| drop(wanted.insert(rows, None)));
        }
        for is_inner in [false, true] {
            let lists: Vec<RowsOf> = wanted.keys().filter(|rows| rows.inner.is_some() == is_inner).copied().collect();
            let count = if is_inner { counts.inner } else { counts.aggregate };
            if count == 0 || lists.is_empty() {
                continue;
            }
            let lists_of_one: Vec<Vec<RowsOf>> = lists.iter().map(|rows| vec![*rows]).collect();
            let found = self.rows_behind(&lists_of_one, source, count, charge)?;
            for (rows, mut found) in lists.into_iter().zip(found) {
                wanted.insert(rows, found.pop());
            }
        }
        for (group, explanation) in explanations.iter_mut() {
            each_list(self, *group, explanation, |rows, place| place.add(wanted[&rows].clone()));
        }
        Ok(())
    }

    /// Adds the inner groups of aggregates with `each`.
    fn list_groups(
        &self,
        explanations: &mut [(usize, &mut Explanation)],
        count: usize,
        charge: &mut Charge,
    ) -> Result<(), Diagnostic> {
        for (group, explanation) in explanations {
            let (this, at) = self.place(*group);
            for groups in explanation.steps.iter_mut().filter_map(|step| step.groups.as_mut()) {
                charge.budget().spend(1 + groups.used as usize, "explaining a value")?;
                groups.listed = this.listed_groups(groups.input, at, count);
                let listed = groups.listed.iter().flat_map(|listed| &listed.groups);
                let bytes: usize = listed.map(|group| size_of::<ListedGroup>() + group.keys.len()).sum();
                charge.grow(bytes, "the explanation")?;
            }
        }
        Ok(())
    }
}

/// The place of a list in an explanation.
enum Place<'e> {
    Aggregate(&'e mut Option<ListedRows>),
    Inner(&'e mut Vec<ListedRows>),
}

impl Place<'_> {
    fn add(self, rows: Option<ListedRows>) {
        match self {
            Self::Aggregate(place) => *place = rows,
            Self::Inner(places) => places.extend(rows),
        }
    }
}

/// Visits the aggregates of an explanation that have rows, and those of the inner groups that are listed.
fn each_list(
    evaluation: &Evaluation,
    group: usize,
    explanation: &mut Explanation,
    mut visit: impl FnMut(RowsOf, Place),
) {
    let (this, at) = evaluation.place(group);
    for step in &mut explanation.steps {
        if let Some(rows) = step.rows.as_mut().filter(|rows| rows.rows + rows.skipped + rows.failed > 0) {
            visit(RowsOf { group, inner: None, measure: rows.measure }, Place::Aggregate(&mut rows.listed));
        }
        let Some(groups) = &mut step.groups else { continue };
        let Some((inner, measures)) = this.inner_measures(groups.input, at) else { continue };
        for listed in groups.listed.iter_mut().flat_map(|listed| &mut listed.groups) {
            for &measure in &measures {
                let rows = RowsOf { group, inner: Some((inner, listed.at)), measure };
                visit(rows, Place::Inner(&mut listed.rows));
            }
        }
    }
}
