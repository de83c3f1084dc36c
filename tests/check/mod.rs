//! Types and units that do not fit.

use crate::case::{compiled, stage};

stage!(types_and_units_that_do_not_fit, "bad", compiled);
