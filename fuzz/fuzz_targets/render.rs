//! Renders any definitions and their values in all formats.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| laws::outputs::render(&String::from_utf8_lossy(bytes)));
