//! Reads any bytes as a Parquet file.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| laws::files::parquet(bytes));
