//! Finds which definitions can be computed from given datasets, and which columns the others need.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use indexmap::IndexSet;

use super::{Given, Limits, Query};
use crate::data::Dataset;
use crate::diagnostic::Diagnostic;
use crate::library::{DefinitionId, Library};
use crate::syntax::ast::DefinitionKind;

/// A definition, and the columns that given datasets lack for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Computable {
    /// The definition.
    pub definition: DefinitionId,
    /// The columns that it needs, directly or indirectly, and no dataset has; empty if it can be computed.
    pub lacks: Vec<Arc<str>>,
}

impl Computable {
    /// Returns true if no column is missing.
    pub fn is_complete(&self) -> bool {
        self.lacks.is_empty()
    }
}

impl Library {
    /// Returns, for each definition in order, the columns that it needs and the datasets do not have.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use yardstick::{Library, Table};
    ///
    /// let library = Library::from_text("")?;
    /// let ads: Arc<dyn yardstick::Dataset> = Arc::new(Table::from_csv("ads", "leads,web_visitors\n3,120\n", &Default::default()).unwrap());
    /// let asked = ["visitor_to_lead_rate", "cpl"].map(|name| library.id(name).unwrap());
    /// let found = library.computable(asked, &[ads]);
    /// assert!(found[0].is_complete());
    /// assert_eq!(found[1].lacks, ["lead_generation_spend".into()]);
    /// # Ok::<(), yardstick::Error>(())
    /// ```
    pub fn computable(
        &self,
        definitions: impl IntoIterator<Item = DefinitionId>,
        datasets: &[Arc<dyn Dataset>],
    ) -> Vec<Computable> {
        let mut probe = Probe { library: self, datasets, known: HashMap::new() };
        definitions.into_iter().map(|definition| Computable { definition, lacks: probe.lacks(definition) }).collect()
    }
}

/// Tests which definitions can be computed, each once.
struct Probe<'a> {
    library: &'a Library,
    datasets: &'a [Arc<dyn Dataset>],
    known: HashMap<DefinitionId, bool>,
}

impl Probe<'_> {
    fn computes(&mut self, id: DefinitionId) -> bool {
        let (library, datasets) = (self.library, self.datasets);
        let query = || Query::new([library.get(id).name.text.clone()]);
        *self.known.entry(id).or_insert_with(|| {
            let given = Given { any_period: true, ..Given::default() };
            let (plan, problems) = library.plan_given(&query(), datasets, &Limits::default(), given);
            !plan.kpis.is_empty() || !problems.iter().any(Diagnostic::is_error)
        })
    }

    /// The missing columns of the definitions at the root: those that cannot be computed while everything they use can.
    fn lacks(&mut self, id: DefinitionId) -> Vec<Arc<str>> {
        if self.computes(id) {
            return vec![];
        }
        let (mut open, mut seen, mut names) = (vec![id], HashSet::new(), IndexSet::new());
        while let Some(at) = open.pop() {
            let below: Vec<DefinitionId> = self.library.uses(at).into_iter().filter(|it| !self.computes(*it)).collect();
            if below.is_empty() {
                names.extend(self.columns(at));
            }
            open.extend(below.into_iter().rev().filter(|id| seen.insert(*id)));
        }
        names.into_iter().collect()
    }

    /// The columns that a definition reads, or its own name if it reads none.
    fn columns(&self, id: DefinitionId) -> Vec<Arc<str>> {
        let definition = self.library.get(id);
        let columns = &definition.references.columns;
        if columns.is_empty() || definition.kind == DefinitionKind::Input {
            return vec![definition.name.text.clone()];
        }
        columns.iter().map(|path| path.name.text.clone()).collect()
    }
}
