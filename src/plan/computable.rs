//! Turns definitions and datasets into an answer to: which of these can be computed, and what do the others lack?

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use indexmap::IndexSet;

use super::{Given, Limits, Query};
use crate::data::Dataset;
use crate::diagnostic::Diagnostic;
use crate::library::{DefinitionId, Library};
use crate::syntax::ast::DefinitionKind;

/// A definition, as far as given datasets go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Computable {
    /// The definition.
    pub definition: DefinitionId,
    /// The columns that no dataset has and it needs, directly or not; none where it can be computed.
    pub lacks: Vec<Arc<str>>,
}

impl Computable {
    /// Whether nothing is missing.
    pub fn is_complete(&self) -> bool {
        self.lacks.is_empty()
    }
}

impl Library {
    /// Which of these definitions the datasets suffice for, and what they lack for the others, in the order given.
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

/// Tries which definitions the data can give, each once.
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

    /// What is missing where it begins: at definitions that cannot be computed while all that they use can.
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

    /// The columns that a definition reads, or its name.
    fn columns(&self, id: DefinitionId) -> Vec<Arc<str>> {
        let definition = self.library.get(id);
        let columns = &definition.references.columns;
        if columns.is_empty() || definition.kind == DefinitionKind::Input {
            return vec![definition.name.text.clone()];
        }
        columns.iter().map(|path| path.name.text.clone()).collect()
    }
}
