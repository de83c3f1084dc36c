//! The items of a library, each as a list of parts with their meaning and their text.

use std::sync::Arc;

use indexmap::IndexMap;
use serde::Serialize;

use super::part::{DiffPart, Part};
use crate::source::Span;
use crate::syntax::ast::DefinitionKind;

/// The kind of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ItemKind {
    /// The currency of `money`.
    Currency,
    /// The calendar.
    Calendar,
    /// A dataset.
    Dataset,
    /// A parameter.
    Parameter,
    /// An input.
    Input,
    /// A function.
    Function,
    /// A helper.
    Helper,
    /// A KPI.
    Kpi,
    /// A scenario.
    Scenario,
    /// A test.
    Test,
}

impl ItemKind {
    /// The kind of a definition.
    pub fn of(kind: DefinitionKind) -> Self {
        match kind {
            DefinitionKind::Kpi => Self::Kpi,
            DefinitionKind::Helper => Self::Helper,
            DefinitionKind::Input => Self::Input,
            DefinitionKind::Param => Self::Parameter,
        }
    }

    /// The namespace of its name.
    pub(super) fn space(self) -> Space {
        match self {
            Self::Parameter | Self::Input | Self::Helper | Self::Kpi => Space::Definition,
            Self::Function => Space::Function,
            Self::Dataset => Space::Dataset,
            Self::Scenario => Space::Scenario,
            Self::Test => Space::Test,
            Self::Currency | Self::Calendar => Space::Setting,
        }
    }
}

/// The namespaces of names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Space {
    Setting,
    Dataset,
    Function,
    Definition,
    Scenario,
    Test,
}

/// The name of an item in its namespace.
pub(super) type ItemId = (Space, Arc<str>);

/// What a part means and how it is written.
#[derive(Debug, Clone)]
pub(super) struct Facet {
    /// The canonical form, which is the same for the same meaning.
    pub meaning: String,
    /// The formatted text.
    pub text: String,
}

/// An item of a library.
#[derive(Debug)]
pub(super) struct Item {
    pub kind: ItemKind,
    /// The name, or the title.
    pub name: Arc<str>,
    /// The place, if a text declares it.
    pub span: Option<Span>,
    /// True for an undeclared name that is read as an input.
    pub implicit: bool,
    /// True if it is part of the standard library.
    pub standard: bool,
    /// Other names by which it is found.
    pub aliases: Vec<Arc<str>>,
    pub parts: IndexMap<DiffPart, Facet>,
}

impl Item {
    pub fn new(kind: ItemKind, name: &Arc<str>, span: Option<Span>) -> Self {
        let (implicit, standard) = (false, span.is_some_and(|span| span.file.is_standard()));
        Self { kind, name: name.clone(), span, implicit, standard, aliases: vec![], parts: IndexMap::new() }
    }

    pub fn id(&self) -> ItemId {
        (self.kind.space(), self.name.clone())
    }

    /// Adds a part with a canonical form and a text.
    pub fn add(&mut self, part: DiffPart, meaning: String, text: String) {
        self.parts.insert(part, Facet { meaning, text });
    }

    /// Adds a part whose canonical form is its text.
    pub fn add_text(&mut self, part: Part, text: Option<impl Into<String>>) {
        if let Some(text) = text {
            let text = text.into();
            self.add(part.into(), text.clone(), text);
        }
    }

    /// What values depend on, as one text: the kind aside, two items of equal values compute the same.
    pub fn values(&self) -> String {
        let parts = self.parts.iter().filter(|(part, _)| part.part.effect() == super::part::Effect::Values);
        let mut texts: Vec<String> = parts.map(|(part, facet)| format!("{part:?}={}", facet.meaning)).collect();
        texts.sort();
        texts.join("\n")
    }
}
