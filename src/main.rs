//! The command `kpi`.
#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    yardstick::internal::cli::run()
}
