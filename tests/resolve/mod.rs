//! Names that do not resolve.

use crate::case::{compiled, mended, stage};

stage!(names_that_do_not_resolve, "bad", compiled);

#[test]
fn replacements_mend_what_they_are_offered_for() {
    let mended = mended("resolve");
    assert!(mended > 20, "only {mended} problems offer a replacement");
}
