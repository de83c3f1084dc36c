//! `--watch`: runs again after each save, shows problems and goes on, and serves the page to this machine only. Tests wait
//! for what they expect, and fail only after minutes.

mod browser;
mod page;
mod running;

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use running::{Running, wait_until};

const DEFINITIONS: &str = "dataset s = \"s.csv\" { time month }\nsold = sum(s.sold)\n";

/// A folder with definitions of a KPI, and a table with a row.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("it can be made");
    write(folder.path(), "k.kpi", DEFINITIONS);
    sells(folder.path(), 1);
    folder
}

fn write(folder: &Path, name: &str, text: &str) {
    fs::write(folder.join(name), text).expect("it can be written");
}

/// Replaces a file by another one, as many editors do.
fn replace(folder: &Path, name: &str, text: &str) {
    write(folder, "new~", text);
    fs::rename(folder.join("new~"), folder.join(name)).expect("it can be renamed");
}

/// Saves the table with what was sold.
fn sells(folder: &Path, sold: u32) {
    write(folder, "s.csv", &format!("month,sold\n2026-01,{sold}\n"));
}

#[test]
fn explanations_and_solutions_follow_the_data() {
    let lines: [(&[&str], &str, &str); 4] = [
        (&["explain", "sold"], "sold = 1", "sold = 2"),
        (&["why", "sold", "--against", "base", "--set", "sold = 9"], "from 1 to 9", "from 2 to 9"),
        (&["solve", "2*sold = 8", "--for", "sold"], "     2     1       4 ", "     4     2       4 "),
        (&["sensitivity", "2*sold"], "2*sold = 2.0,", "2*sold = 4.0,"),
    ];
    for (line, before, after) in lines {
        let folder = folder();
        let mut kpi = Running::start(folder.path(), line);
        kpi.out.wait_for(before);
        kpi.err.wait_for("watching 2 files");
        sells(folder.path(), 2);
        kpi.out.wait_for(after);
        assert_eq!(kpi.interrupted(), Some(0));
    }
}

#[test]
fn a_result_follows_its_definitions_and_data_through_faulty_saves() {
    let folder = folder();
    let at = folder.path();
    let mut kpi = Running::start(at, &["eval", "--format", "csv"]);
    assert_eq!(kpi.out.wait_for("sold\n1\n"), "sold\n1\n");
    kpi.err.wait_for("watching 2 files; press Ctrl-C to stop\n");

    sells(at, 2);
    kpi.out.wait_for("sold\n2\n");
    kpi.err.wait_for("changed: s.csv\n");
    replace(at, "s.csv", "month,sold\n2026-01,3\n");
    kpi.out.wait_for("sold\n3\n");

    replace(at, "k.kpi", "sold = sum(s.sold\n");
    kpi.err.wait_for("changed: k.kpi\n");
    kpi.err.wait_for("error[");
    replace(at, "k.kpi", &DEFINITIONS.replace("sum", "10 * sum"));
    kpi.out.wait_for("sold\n30\n");

    fs::remove_file(at.join("s.csv")).expect("it is there");
    kpi.err.wait_for("there is no such file");
    sells(at, 5);
    kpi.out.wait_for("sold\n50\n");

    write(at, "more.kpi", "twice = 2 * sold\n");
    kpi.out.wait_for("sold,twice\n50,100\n");
    fs::remove_file(at.join("more.kpi")).expect("it is there");
    kpi.out.wait_for("sold\n50\n");

    write(at, "kpi.toml", "by = \"month\"\n");
    kpi.out.wait_for("month,sold\n2026-01,50\n");
    write(at, "kpi.toml", "by =\n");
    kpi.err.wait_for("line 1 is not valid TOML");
    sells(at, 6);
    fs::remove_file(at.join("kpi.toml")).expect("it is there");
    kpi.out.wait_for("sold\n60\n");
    assert_eq!(kpi.interrupted(), Some(0));
}

#[test]
fn a_folder_that_is_replaced_is_followed() {
    let folder = folder();
    let at = folder.path();
    fs::create_dir(at.join("data")).expect("it can be made");
    write(&at.join("data"), "s-1.csv", "sold\n1\n");
    write(at, "k.kpi", "dataset s = \"data/s-*.csv\"\nsold = sum(s.sold)\n");
    let mut kpi = Running::start(at, &["eval", "--format", "csv"]);
    kpi.out.wait_for("sold\n1\n");
    write(&at.join("data"), "s-2.csv", "sold\n2\n");
    kpi.out.wait_for("sold\n3\n");
    fs::rename(at.join("data"), at.join("old")).expect("it can be renamed");
    fs::create_dir(at.join("data")).expect("it can be made");
    write(&at.join("data"), "s-1.csv", "sold\n7\n");
    kpi.out.wait_for("sold\n7\n");
    write(&at.join("data"), "s-1.csv", "sold\n8\n");
    kpi.out.wait_for("sold\n8\n");
}

#[test]
fn checks_and_tests_run_again() {
    let folder = folder();
    let at = folder.path();
    let mut check = Running::start(at, &["check"]);
    check.out.wait_for("no problems\n");
    let mut test = Running::start(at, &["test"]);
    test.out.wait_for("no examples or tests\n");

    let example = "input a\ndouble = 2 * a { example a = 2 gives 5 }\n";
    write(at, "k.kpi", &(DEFINITIONS.to_owned() + example));
    test.out.wait_for("0 passed, 1 failed\n");
    write(at, "k.kpi", &(DEFINITIONS.to_owned() + &example.replace('5', "4")));
    test.out.wait_for("1 passed\n");
    write(at, "k.kpi", &DEFINITIONS.replace("s.sold", "s.bought"));
    check.err.wait_for("bought");
    write(at, "k.kpi", DEFINITIONS);
    check.out.wait_for("no problems\n");
    assert_eq!((check.interrupted(), test.interrupted()), (Some(0), Some(0)));
}

#[test]
fn a_result_in_a_watched_folder_is_not_a_change() {
    let folder = folder();
    let at = folder.path();
    write(at, "k.kpi", "dataset s = \"s*.csv\"\nsold = sum(s.sold)\n");
    write(at, "s.csv", "sold\n1\n");
    let _kpi = Running::start(at, &["eval", "-o", "out.csv"]);
    let modified = || fs::metadata(at.join("out.csv")).and_then(|file| file.modified()).ok();
    let wait_for_sum = |sum: u32| {
        let written = || fs::read_to_string(at.join("out.csv")).is_ok_and(|text| text == format!("sold\n{sum}\n"));
        wait_until(|| written().then_some(())).unwrap_or_else(|| panic!("it is not {sum}"));
        // A run too many would come as soon as the files are quiet.
        let written_at = modified();
        std::thread::sleep(Duration::from_millis(500));
        assert_eq!(modified(), written_at);
    };
    wait_for_sum(1);
    replace(at, "s.csv", "sold\n4\n");
    wait_for_sum(4);
    replace(at, "s.csv", "sold\n20\n");
    wait_for_sum(20);
}

#[test]
fn it_ends_when_nobody_reads_its_results() {
    let folder = folder();
    let mut kpi = Running::start(folder.path(), &["eval", "--format", "csv"]);
    kpi.out.wait_for("sold\n1\n");
    kpi.close_output();
    let mut sold = 1;
    assert_eq!(
        kpi.status_while(|| {
            sold += 1;
            sells(folder.path(), sold);
        }),
        Some(0)
    );
}

#[test]
fn what_cannot_be_watched_is_refused() {
    let folder = folder();
    let refused = |arguments: &[&str]| {
        let mut kpi = Command::new(env!("CARGO_BIN_EXE_kpi"));
        let output = kpi.args(arguments).current_dir(folder.path()).output().expect("it starts");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    let port = taken.local_addr().expect("it has an address").port().to_string();
    for (arguments, status, message) in [
        (&["eval", "--watch", "-d", "s=-"][..], 2, "standard input can be read once, so it cannot be watched"),
        (&["doc", "--watch", "--port", "0", "-o", "doc.md"], 2, "`--port` is for a page, and the format is not HTML"),
        (&["report", "--watch", "--port", "1", "--format", "json"], 2, "write `--format html`, or omit `--port`"),
        (&["report", "--port", "8000"], 2, "--watch"),
        (&["list", "--watch"], 2, "unexpected argument '--watch'"),
        (&["report", "--watch", "--port", &port], 1, "cannot serve the page on port"),
    ] {
        let (found, problems) = refused(arguments);
        assert_eq!(found, Some(status), "{arguments:?} {problems}");
        assert!(problems.contains(message), "{arguments:?} {problems}");
    }
}
