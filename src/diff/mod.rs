//! What differs between two libraries, and between two results: definitions by their meaning, values by group.

mod collect;
mod compare;
mod dataset;
mod expression;
mod graph;
mod item;
mod part;
mod renames;
#[cfg(feature = "cli")]
mod snapshot;
#[cfg(feature = "cli")]
mod values;

pub use compare::Diff;
#[cfg(feature = "cli")]
pub(crate) use {
    compare::{Affected, ChangeKind, Dependent, DiffEntry, ItemHead},
    item::ItemKind,
    part::{DiffPart, Effect, Part},
    snapshot::{DataChange, DataFingerprint, HEADER, Snapshot, SnapshotDiff, SnapshotQuery, data_fingerprint, read},
    values::{ValueChange, ValueDiff, ValueSide, values},
};
