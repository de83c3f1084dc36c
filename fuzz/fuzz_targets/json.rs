//! Reads any bytes as records.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| laws::json(&String::from_utf8_lossy(bytes)));
