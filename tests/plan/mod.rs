//! Questions that cannot be answered.

use crate::case::{mended, planned, stage};

stage!(questions_that_cannot_be_answered, "bad", planned);

#[test]
fn replacements_mend_what_they_are_offered_for() {
    let mended = mended("plan");
    assert!(mended > 0, "no problem offers a replacement");
}
