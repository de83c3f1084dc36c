//! Opens pages in headless Chromium, if `tests/browser/chromium.sh` has installed it.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{PLAN, SHOP, folder, kpi, regions};

/// The folder of the browser and of the library that drives it. None if it is not installed.
pub fn modules() -> Option<PathBuf> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/browser");
    let folder = std::env::var_os("TEST_BROWSER").map_or(own, PathBuf::from);
    folder.join("node_modules/@sparticuz/chromium").is_dir().then_some(folder)
}

/// Names longer than any column, and definitions of all kinds.
const LONG: &str = r#"
label "Marketing and sales cost of the first region without the agencies that were paid in advance" fr "Coût"
"#;

#[test]
fn browsers_show_pages_without_errors_overflow_or_faults() {
    let Some(modules) = modules() else {
        eprintln!("skipped: run `tests/browser/chromium.sh`, which needs node and npm");
        return;
    };
    let pages = tempfile::tempdir().expect("it can be made");
    let own = folder(&PLAN.replace("label \"Sales\"", LONG.trim()), &[("sales.csv", &regions())]);
    let own = own.path().to_str().expect("it is UTF-8");
    let months: String =
        (0..24).map(|at| format!("{}-{:02},{}\n", 2024 + at / 12, at % 12 + 1, at * at - 90)).collect();
    let wide = folder(
        "dataset s = \"s.csv\" { time month }\nx = sum(s.x) { better lower }",
        &[("s.csv", &format!("month,x\n{months}"))],
    );
    let wide = wide.path().to_str().expect("it is UTF-8");
    let cases: [(&str, &[&str]); 8] = [
        ("shop.html", &["report", "-f", SHOP, "--by", "month", "--over", "channel,country"]),
        ("rapport.html", &["report", "Board", "-f", SHOP, "--lang", "fr"]),
        ("one.html", &["report", "sold", "-f", own, "--by", "month", "--over", "region"]),
        ("months.html", &["report", "-f", wide, "--by", "month"]),
        ("total.html", &["report", "cac", "-f", SHOP, "--over", "channel"]),
        ("glossary.html", &["doc", "-f", SHOP, "--format", "html"]),
        ("values.html", &["doc", "-f", SHOP, "--by", "month", "--format", "html", "--title", "KPIs of the shop"]),
        ("valeurs.html", &["doc", "-f", SHOP, "--std", "--period", "2026", "--lang", "fr", "--format", "html"]),
    ];
    let file = |name: &str| pages.path().join(name);
    for (name, arguments) in cases {
        std::fs::write(file(name), kpi(arguments)).expect("it can be written");
    }
    let mut node = Command::new("node");
    node.arg("tests/browser/page.mjs").arg(modules).args(cases.map(|(name, _)| file(name)));
    let output = node.output().expect("node starts");
    let problems = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{problems}");
    let lines = String::from_utf8(output.stdout).expect("it is UTF-8");
    let found: Vec<serde_json::Value> =
        lines.lines().map(|line| serde_json::from_str(line).expect("it is JSON")).collect();
    assert_eq!(found.len(), cases.len());
    for page in &found {
        let none = |name: &str| assert_eq!(page[name], serde_json::json!([]), "{name} of {}", page["file"]);
        ["errors", "requests", "broken", "faults"].into_iter().for_each(none);
        for width in ["narrow", "medium", "wide", "print"] {
            assert_eq!(page[width], serde_json::json!({ "overflow": 0, "wide": [] }), "{width} {}", page["file"]);
        }
        assert_ne!(page["unfolded"], serde_json::json!(false), "{}", page["file"]);
        let glossary = serde_json::json!({ "hint": true, "again": true, "scrolls": true });
        assert!(
            [serde_json::json!(null), glossary].contains(&page["glossary"]),
            "{} {}",
            page["file"],
            page["glossary"]
        );
        // Several KPIs fit on a page of paper.
        if let Some(kpis) = page["printed"]["kpis"].as_u64().filter(|kpis| *kpis > 9) {
            assert!(page["printed"]["sheets"].as_u64() < Some(kpis), "{} {}", page["file"], page["printed"]);
        }
        assert!(page["sheets"].as_u64() > Some(0), "{}", page["file"]);
    }
}
