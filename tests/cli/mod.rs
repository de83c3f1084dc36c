//! The command as users meet it: every `$ kpi …` line of these files and of the documentation is run, and what it prints
//! is compared (a `\` is shown as `/` there). `TRYCMD=overwrite cargo test cli` writes what is printed now; read it before it is kept.

#[test]
fn the_command_prints_what_these_files_show() {
    trycmd::TestCases::new().case("tests/cli/*.trycmd").run();
}

#[test]
fn the_command_prints_what_the_readme_shows() {
    trycmd::TestCases::new().case("README.md").run();
}

#[test]
fn the_command_prints_what_the_library_s_page_shows() {
    trycmd::TestCases::new().case("docs/library.md").run();
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
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
