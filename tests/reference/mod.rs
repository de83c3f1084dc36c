//! Compares the engine with a slow reference over rational numbers, for random programs, data, queries and threads.

pub mod model;

use model::{agree, random};
use proptest::prelude::*;

/// The number of random cases. More by hand: `REFERENCE_CASES=100000 cargo test --test it reference`.
fn cases() -> u32 {
    std::env::var("REFERENCE_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(80)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, max_shrink_iters: 3000, ..ProptestConfig::with_cases(cases()) })]

    #[test]
    fn the_engine_agrees_with_the_reference(bytes in prop::collection::vec(any::<u8>(), 20..700)) {
        let case = random::case(&bytes);
        let difference = agree::difference(&case, &[1, 2, 8]);
        prop_assert!(difference.is_none(), "{}\n{}", difference.unwrap_or_default(), agree::describe(&case));
    }
}
