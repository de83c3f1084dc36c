//! Runs the command on any arguments, definitions and data, in this process.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| laws::command::run_here(&String::from_utf8_lossy(bytes)));
