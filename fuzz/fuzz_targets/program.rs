//! Makes a valid program, tables and a query of any bytes, and compares the engine with the reference.
#![no_main]

#[path = "../../tests/reference/model/mod.rs"]
mod model;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let case = model::random::case(bytes);
    let difference = model::agree::difference(&case, &[1, 4]);
    assert!(difference.is_none(), "{}\n{}", difference.unwrap_or_default(), model::agree::describe(&case));
    laws::check(&model::print::program(&case));
});
