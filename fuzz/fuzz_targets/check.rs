//! Compiles any text, and evaluates its valid definitions over small tables.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| laws::check(&String::from_utf8_lossy(bytes)));
