//! The worlds of a what-if: what names mean with the values that a query sets, and without them.

/// Tells whether names have the values that the query sets.
///
/// The expressions that set values are derived in the base, so their order does not matter, and one may read the old value
/// of its own name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum World {
    /// With the values that the query sets.
    #[default]
    Set,
    /// Without them.
    Base,
}
