//! Runs the command that the variable `KPI` names on any definitions, data and argument.
#![no_main]

use std::path::Path;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let command = std::env::var_os("KPI").expect("`KPI` is the path of the command");
    laws::command::run(Path::new(&command), &String::from_utf8_lossy(bytes));
});
