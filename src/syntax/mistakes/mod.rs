//! Finds the probable mistake in a broken item and suggests what to type instead.

pub(super) mod ambiguous_operators;
mod common;
mod dates;
mod diagnose;
mod forms;
pub(super) mod habits;
mod heads;
mod near;
mod numbers;
mod placement;
mod scene;
pub(super) mod unclosed;
mod warehouse;

pub(super) use diagnose::{broken_item, explain};
pub use near::suggest;
