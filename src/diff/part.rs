//! The parts of items that can differ, and what a difference has an effect on.

use std::sync::Arc;

use serde::Serialize;

/// What a difference has an effect on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Effect {
    /// Nothing that is computed: texts, additions, other names.
    None,
    /// Whether tests and examples hold.
    Tests,
    /// Values in a scenario.
    Scenarios,
    /// Which definitions are KPIs, inputs and parameters.
    Kinds,
    /// Statuses, targets and marks.
    Statuses,
    /// Values.
    Values,
}

macro_rules! parts {
    ($($(#[doc = $doc:literal])+ $variant:ident: $effect:ident;)*) => {
        /// A kind of part of an item.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
        #[serde(rename_all = "kebab-case")]
        pub(crate) enum Part {
            $($(#[doc = $doc])+ $variant),*
        }

        impl Part {
            /// What a difference of this part has an effect on.
            pub fn effect(self) -> Effect {
                match self { $(Self::$variant => Effect::$effect),* }
            }
        }
    };
}

parts! {
    /// The formula of a definition, or the body of a function.
    Formula: Values;
    /// The declared type.
    Unit: Values;
    /// The number of parameters of a function.
    Parameters: Values;
    /// The file of a dataset.
    File: Values;
    /// The table of a warehouse.
    Table: Values;
    /// The time column of a dataset.
    Time: Values;
    /// The interval over which rows hold.
    Valid: Values;
    /// The declared type of a column.
    Column: Values;
    /// A computed column.
    Computed: Values;
    /// A lookup.
    Lookup: Values;
    /// How a file is read.
    Setting: Values;
    /// The currency, or the starts of years and weeks.
    Value: Values;
    /// `kpi`, `let`, `input` or `param`.
    Kind: Kinds;
    /// The direction in which values improve.
    Better: Statuses;
    /// The target.
    Target: Statuses;
    /// The bands.
    Bands: Statuses;
    /// The grain of the target and the bands.
    Per: Statuses;
    /// The range of plausible values.
    Range: Statuses;
    /// What a scenario sets.
    Sets: Scenarios;
    /// A test of the rows of a dataset.
    RowTest: Tests;
    /// The steps of a test.
    Steps: Tests;
    /// The examples.
    Examples: Tests;
    /// The label.
    Label: None;
    /// The description.
    About: None;
    /// The advice of the bands.
    Advice: None;
    /// Other names.
    Aliases: None;
    /// The format of values.
    Format: None;
    /// The translations of a title.
    Title: None;
    /// `leading` or `lagging`.
    Indicator: None;
    /// The perspective.
    Perspective: None;
    /// The stages.
    Stage: None;
    /// The tags.
    Tags: None;
    /// `draft` or `official`.
    State: None;
    /// The owner.
    Owner: None;
    /// The source.
    Source: None;
    /// The date since which it applies.
    Since: None;
    /// The version.
    Version: None;
}

/// A part of an item, such as the formula, or the column `amount`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct DiffPart {
    pub part: Part,
    /// The name of the column, lookup or setting.
    pub name: Option<Arc<str>>,
}

impl From<Part> for DiffPart {
    fn from(part: Part) -> Self {
        Self { part, name: None }
    }
}

impl DiffPart {
    /// A part with a name.
    pub fn named(part: Part, name: &Arc<str>) -> Self {
        Self { part, name: Some(name.clone()) }
    }
}
