//! The command `kpi`; see `yardstick::cli`.

use clap::Parser;
use yardstick::cli::args::Arguments;

fn main() {
    let _ = Arguments::parse();
}
