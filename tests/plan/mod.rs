//! Queries that are rejected: their messages and fixes.

use crate::case::{mended, planned, stage};

stage!(questions_that_cannot_be_answered, "bad", planned);

#[test]
fn fixes_remove_the_problems_they_are_offered_for() {
    let mended = mended("plan");
    assert!(mended > 0, "no problem offers a replacement");
}
