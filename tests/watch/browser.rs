//! Opens the page of `kpi report --watch` in headless Chromium, if `tests/browser/chromium.sh` has installed it.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use super::page::port;
use super::running::Running;
use super::{DEFINITIONS, folder, replace, sells};
use crate::report::browser::modules;

#[test]
fn a_browser_loads_the_page_again_after_each_save() {
    let Some(modules) = modules() else {
        eprintln!("skipped: run `tests/browser/chromium.sh`, which needs node and npm");
        return;
    };
    let folder = folder();
    let mut kpi = Running::start(folder.path(), &["report", "--by", "month"]);
    let address = format!("http://127.0.0.1:{}/", port(&mut kpi));
    let mut node = Command::new("node");
    node.arg("tests/browser/live.mjs").arg(modules).args([&address, "4,321", "error[", "8,642"]);
    let mut node = node.stdout(Stdio::piped()).spawn().expect("node starts");
    let mut lines = BufReader::new(node.stdout.take().expect("it is piped")).lines();
    let mut shows = |text: &str| assert_eq!(lines.next().expect("it goes on").expect("it is UTF-8"), text);
    shows("open");
    sells(folder.path(), 4321);
    shows("4,321");
    replace(folder.path(), "k.kpi", "sold = (");
    shows("error[");
    replace(folder.path(), "k.kpi", &DEFINITIONS.replace("sum", "2 * sum"));
    shows("8,642");
    // No error of a script or of the policy of the page.
    shows("[]");
    assert!(node.wait().expect("it ends").success());
}
