//! Runs every `$ kpi …` line of these files and of the documentation, and compares the output (`\` is normalized to
//! `/`). `TRYCMD=overwrite cargo test cli` updates the expected output; review it before you commit it.

mod broken;
mod faults;
mod output;
mod project;
mod rows;
#[cfg(feature = "change")]
mod why;

#[test]
fn the_output_of_the_command_matches_the_trycmd_files() {
    trycmd::TestCases::new().case("tests/cli/*.trycmd").run();
}

#[test]
fn the_output_of_the_command_matches_the_readme() {
    trycmd::TestCases::new().case("README.md").run();
}

#[test]
fn the_output_of_the_command_matches_the_library_page() {
    trycmd::TestCases::new().case("docs/library.md").run();
}

#[test]
fn the_output_of_the_command_matches_the_command_page() {
    trycmd::TestCases::new().case("docs/command.md").run();
}

#[test]
fn the_output_of_the_command_matches_the_warehouse_page() {
    trycmd::TestCases::new().case("docs/warehouses.md").run();
}

#[cfg(feature = "change")]
#[test]
fn the_output_of_the_command_matches_the_page_about_differences() {
    trycmd::TestCases::new().case("docs/change.md").run();
}

#[test]
fn the_output_of_the_command_matches_the_page_about_reports() {
    trycmd::TestCases::new().case("docs/report.md").run();
}

#[test]
fn check_writes_the_problem_that_the_documentation_shows() {
    let page = include_str!("../../docs/command.md");
    let shown =
        page.split("```json\n").filter_map(|rest| rest.split("\n```").next()).find(|block| block.contains("\"fix\""));
    let shown: serde_json::Value = serde_json::from_str(shown.expect("the page shows a problem")).expect("it is JSON");
    let mut kpi = std::process::Command::new(env!("CARGO_BIN_EXE_kpi"));
    kpi.args(["check", "-f", "examples/mistakes.kpi", "--format", "json"]);
    let written: Vec<serde_json::Value> =
        serde_json::from_slice(&kpi.output().expect("it runs").stdout).expect("it is JSON");
    assert!(written.contains(&shown), "{written:#?}");
}

#[test]
fn a_closed_pipe_is_not_a_failure() {
    use std::io::{BufRead, BufReader};
    use std::process::{Command, Stdio};
    let mut kpi = Command::new(env!("CARGO_BIN_EXE_kpi"));
    kpi.args(["eval", "-f", "examples/shop", "--by", "day,channel", "--format", "json"]);
    let mut child = kpi.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    let mut line = String::new();
    let mut reader = BufReader::new(child.stdout.take().expect("it is piped"));
    reader.read_line(&mut line).expect("it prints");
    drop(reader);
    let output = child.wait_with_output().expect("it ends");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(!errors.contains("panic") && output.status.code() == Some(0), "{errors}");
}

#[test]
fn a_wide_table_suggests_other_formats() {
    let folder = std::env::temp_dir().join(format!("yardstick-wide-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("it can be made");
    std::fs::write(folder.join("t.csv"), "month,x\n2026-01,1\n").expect("it can be written");
    // One more column is the month.
    for (kpis, format, expected) in [(99, "table", false), (100, "table", true), (100, "csv", false)] {
        let text: String = (0..kpis).map(|kpi| format!("k{kpi} = {kpi} * sum(t.x)\n")).collect();
        std::fs::write(folder.join("wide.kpi"), text).expect("it can be written");
        let mut kpi = std::process::Command::new(env!("CARGO_BIN_EXE_kpi"));
        kpi.current_dir(&folder).args(["eval", "-f", "wide.kpi", "-d", "t.csv", "--by", "month", "--format", format]);
        let errors = String::from_utf8(kpi.output().expect("it runs").stderr).expect("it is text");
        assert_eq!(
            errors.contains("the table has 101 columns; use `--format csv`"),
            expected,
            "{kpis} {format}: {errors}"
        );
    }
    std::fs::remove_dir_all(&folder).expect("it can be removed");
}
