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

#[test]
fn temporarily_only_each() {
    let n: u64 = std::env::var("EACH_CASES").ok().and_then(|it| it.parse().ok()).unwrap_or(0);
    let seed: u64 = std::env::var("EACH_SEED").ok().and_then(|it| it.parse().ok()).unwrap_or(1);
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let has_each = |case: &model::tree::Case| format!("{:?}", case.definitions).contains("Each(");
    let check = |bytes: &[u8]| {
        let case = random::case(bytes);
        if !has_each(&case) {
            return None;
        }
        std::panic::catch_unwind(|| agree::difference(&case, &[1])).unwrap_or_else(|_| Some("panic".into()))
    };
    let (mut tried, mut bad) = (0, 0);
    for _ in 0..n {
        let len = 100 + next() as usize % 600;
        let mut bytes: Vec<u8> = (0..len).map(|_| next() as u8).collect();
        let case = random::case(&bytes);
        if !has_each(&case) {
            continue;
        }
        tried += 1;
        if check(&bytes).is_none() {
            continue;
        }
        bad += 1;
        // Shrink: remove runs, zero bytes.
        let mut run = bytes.len() / 2;
        while run > 0 {
            let mut at = 0;
            while at + run <= bytes.len() {
                let mut shorter = bytes.clone();
                shorter.drain(at..at + run);
                if check(&shorter).is_some() { bytes = shorter } else { at += run }
            }
            run /= 2;
        }
        for at in 0..bytes.len() {
            for b in [0, bytes[at] / 2] {
                if bytes[at] == b {
                    continue;
                }
                let old = bytes[at];
                bytes[at] = b;
                if check(&bytes).is_none() { bytes[at] = old } else { break }
            }
        }
        eprintln!("=== {}\n{}\n", check(&bytes).unwrap(), agree::describe(&random::case(&bytes)));
    }
    eprintln!("tried {tried}, bad {bad}");
}
