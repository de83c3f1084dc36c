//! Runs the examples and tests of any text.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| laws::outputs::testing(&String::from_utf8_lossy(bytes)));
