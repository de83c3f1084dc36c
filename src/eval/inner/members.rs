//! The inner groups of each group around them.

use crate::value::{Cause, Cell, Value, Vector};

/// The inner groups of each group around them.
#[derive(Debug)]
pub(crate) struct Members {
    /// The values of the inner groups in the groups, and in the total.
    pub values: [Vector; 2],
    /// Where the members of each group start.
    pub(super) starts: Vec<usize>,
    pub(super) members: Vec<Member>,
}

/// An inner group in a group around it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Member {
    /// Its position among the inner groups.
    pub at: u32,
    /// Whether it meets the condition.
    pub kept: Kept,
}

/// Whether an inner group meets the condition after `having`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kept {
    Yes,
    No,
    /// The condition is undefined.
    Undecided(Cause),
}

impl Kept {
    pub fn by(condition: &Cell) -> Self {
        match condition {
            Ok(Value::Boolean(true)) => Self::Yes,
            Ok(_) => Self::No,
            Err(cause) => Self::Undecided(*cause),
        }
    }
}

impl Members {
    /// No members yet, of no groups.
    pub fn none() -> Self {
        let nothing = || Vector::undefined(0, Cause::NoRows);
        Self { values: [nothing(), nothing()], starts: vec![0], members: vec![] }
    }

    /// The inner groups of a group.
    pub fn of(&self, group: usize) -> &[Member] {
        &self.members[self.starts[group]..self.starts[group + 1]]
    }
}
