//! The worlds of a what-if: what names mean with the values that a query sets, without them, and with one value varied.

use std::sync::Arc;

/// Tells which values names have.
///
/// The expressions that set values are derived in the base, so their order does not matter, and one may read the old value
/// of its own name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) enum World {
    /// With the values that the query sets.
    #[default]
    Set,
    /// Without them.
    Base,
    /// With the values that the query sets, and the variation at this position. Its formula is derived in [`World::Set`].
    Varied(u32),
}

/// The worlds in which a query computes its KPIs besides its own.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct OtherWorlds {
    /// True if they are also computed without the values that the query sets.
    pub base: bool,
    /// The variations.
    pub variations: Vec<Variation>,
    /// The number of KPIs at the end of the query that are computed in its own world only.
    pub only_here: usize,
}

/// A world in which one definition has another value.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(not(feature = "cli"), allow(dead_code))]
pub(crate) struct Variation {
    /// The name of the definition.
    pub name: Arc<str>,
    /// Its value.
    pub value: Varied,
    /// True if the KPIs have their targets and bands there.
    pub with_bounds: bool,
}

/// The value of a definition in a variation.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(not(feature = "cli"), allow(dead_code))]
pub(crate) enum Varied {
    /// A formula over the values that the query sets.
    Formula(Arc<str>),
    /// An input of the formulas, wherever the definition is read in the groups of the result. In other contexts it keeps
    /// its value. A parameter has no context.
    Free,
}
