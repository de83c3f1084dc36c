//! Definitions with names that cannot be resolved, and their diagnostics.

use crate::case::{compiled, mended, stage};

stage!(rejects_unresolved_names, "bad", compiled);

#[test]
fn replacements_fix_their_problems() {
    let fixed = mended("resolve");
    assert!(fixed > 20, "only {fixed} problems offer a replacement");
}
