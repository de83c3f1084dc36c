//! Reads any bytes as a table.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| laws::csv(&String::from_utf8_lossy(bytes)));
