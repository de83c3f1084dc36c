//! The command `kpi`; see `yardstick::cli`.

use std::process::ExitCode;

fn main() -> ExitCode {
    yardstick::internal::cli::run()
}
