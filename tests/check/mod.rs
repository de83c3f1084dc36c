//! Definitions with mismatched types and units, and their diagnostics.

use crate::case::{compiled, stage};

stage!(rejects_mismatched_types_and_units, "bad", compiled);
