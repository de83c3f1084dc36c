//! The command `kpi` over any definitions and any data.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Separates definitions, data and arguments in an input.
pub const SEPARATOR: &str = "\n=====\n";

/// The subcommands and options to run. None of them writes a file but `fmt`, which rewrites the definitions.
const RUNS: [&[&str]; 14] = [
    &["eval", "-f", "fuzz.kpi", "-d", "ads.csv"],
    &["eval", "-f", "fuzz.kpi", "-d", "ads.csv", "--by", "month", "--totals", "--format", "json"],
    &["eval", "-f", "fuzz.kpi", "-d", "ads.csv", "--by", "channel", "--format", "markdown", "--lang", "fr"],
    &["eval", "-f", "fuzz.kpi", "-d", "ads.csv", "--scorecard"],
    &["eval", "-d", "ads.csv", "--by", "month"],
    &["explain", "-f", "fuzz.kpi", "-d", "ads.csv"],
    &["check", "-f", "fuzz.kpi", "-d", "ads.csv", "--strict"],
    &["check", "-f", "fuzz.kpi", "--format", "json"],
    &["list", "-f", "fuzz.kpi"],
    &["show", "-f", "fuzz.kpi"],
    &["test", "-f", "fuzz.kpi"],
    &["doc", "-f", "fuzz.kpi"],
    &["graph", "-f", "fuzz.kpi"],
    &["fmt", "fuzz.kpi"],
];

/// Runs the command on definitions, data and one more argument. It must end by itself with a status of its own.
pub fn run(command: &Path, text: &str) {
    static FOLDERS: AtomicUsize = AtomicUsize::new(0);
    let mut parts = text.split(SEPARATOR);
    let mut part = || parts.next().unwrap_or_default();
    let (definitions, data, argument) = (part(), part(), part());
    let number = FOLDERS.fetch_add(1, Ordering::Relaxed);
    let folder = std::env::temp_dir().join(format!("yardstick-fuzz-{}-{number}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("temporary folders can be made");
    std::fs::write(folder.join("fuzz.kpi"), definitions).expect("temporary files can be written");
    std::fs::write(folder.join("ads.csv"), data).expect("temporary files can be written");
    let arguments = RUNS[text.len() % RUNS.len()];
    // A file is never named by the input, and nothing of it is an option.
    let is_formula = !argument.contains(['\0', '/']) && !argument.starts_with('-') && !argument.is_empty();
    let formula = Some(argument).filter(|_| is_formula && matches!(arguments[0], "eval" | "explain" | "show"));
    let output = Command::new(command).args(arguments).args(formula).current_dir(&folder).stdin(Stdio::null()).output();
    let output = output.expect("the command runs");
    std::fs::remove_dir_all(&folder).expect("the folder can be removed");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(matches!(output.status.code(), Some(0..=2)), "{arguments:?} {formula:?}: {}\n{errors}", output.status);
    assert!(!errors.contains("panicked"), "{arguments:?} {formula:?}: {errors}");
}
