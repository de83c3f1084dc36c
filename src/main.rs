//! The command `kpi`.

use std::process::ExitCode;

fn main() -> ExitCode {
    yardstick::internal::cli::run()
}
