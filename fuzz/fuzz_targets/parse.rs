//! Parses, formats and parses any text again.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| laws::parse(&String::from_utf8_lossy(bytes)));
