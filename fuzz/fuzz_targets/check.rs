//! Any text is compiled, and what is left of it computed over small tables.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| laws::check(&String::from_utf8_lossy(bytes)));
