//! Projects with a `kpi.toml`, and files of results.

use std::fs;

use calamine::{Data, ExcelDateTime, ExcelDateTimeType, Reader, Xlsx, open_workbook_from_rs};

use super::output::errors;
use crate::folder::Folder;

const SHOP: &str = "cac = sum(ads.cost) / sum(ads.customers)\n";

fn project(toml: &str) -> Folder {
    let folder = Folder::new();
    folder.write("kpi.toml", toml);
    folder.write("kpis/shop.kpi", SHOP);
    folder.write("data/ads.csv", "month,cost,customers\n2026-01,12.5,5\n2026-02,9,3\n");
    folder.write("reports/2026/readme.txt", "");
    folder
}

fn printed(folder: &Folder, below: &str, arguments: &[&str]) -> (String, String, Option<i32>) {
    let output = folder.command(below, arguments).output().expect("it runs");
    (String::from_utf8(output.stdout.clone()).expect("it is text"), errors(&output), output.status.code())
}

#[test]
fn a_project_is_found_from_the_folders_below_it() {
    let folder = project("definitions = [\"kpis\"]\nby = \"month\"\n[data]\nads = \"data/ads.csv\"\n");
    for below in ["", "reports", "reports/2026", "kpis"] {
        let (text, problems, _) = printed(&folder, below, &["eval", "--format", "csv"]);
        assert_eq!((text.as_str(), problems.as_str()), ("month,cac\n2026-01,2.5\n2026-02,3\n", ""), "{below}");
    }
}

#[test]
fn without_definitions_a_project_has_those_of_its_folder() {
    let folder = project("[data]\nads = \"data/ads.csv\"\n");
    folder.write("own.kpi", "cost = sum(ads.cost)\n");
    for below in ["", "reports/2026"] {
        let (text, problems, _) = printed(&folder, below, &["eval", "--format", "csv"]);
        assert_eq!((text.as_str(), problems.as_str()), ("cost\n21.5\n", ""), "{below}");
    }
}

#[test]
fn commands_about_data_files_do_not_take_the_definitions_of_a_project() {
    let folder = project("definitions = \"kpis\"\nlang = \"fr\"\n");
    let (text, problems, status) = printed(&folder, "", &["describe", "data/ads.csv"]);
    assert!(text.contains("2 lignes") && problems.is_empty() && status == Some(0), "{text}{problems}");
    let (_, problems, status) = printed(&folder, "", &["fmt", "--check"]);
    assert_eq!((problems.as_str(), status), ("", Some(0)));
}

#[test]
fn the_files_of_a_project_are_read_only_if_a_query_needs_them() {
    let folder = project("definitions = \"kpis\"\n[data]\nads = \"data/ads.csv\"\ngone = \"gone.csv\"\n");
    let (text, problems, status) = printed(&folder, "", &["eval", "cac", "--format", "csv"]);
    assert_eq!((text.as_str(), problems.as_str(), status), ("cac\n2.6875\n", "", Some(0)));
    let (_, problems, status) = printed(&folder, "", &["eval", "sum(gone.x)"]);
    assert!(problems.contains("gone.csv") && status == Some(1), "{problems}");
}

#[test]
fn a_wrong_project_is_an_error_that_names_the_file() {
    let cases = [
        ("definitons = \"kpis\"", "unknown key `definitons`"),
        ("definitions = 3", "`definitions` must be a text or a list of texts"),
        ("data = \"ads.csv\"", "`data` must be a table of texts"),
        ("lang = \"de\"", "`lang` is `de`"),
        ("definitions = \"\"", "`definitions` is empty"),
        ("lang = \"\"", "write `lang = \"fr\"`, or omit the key"),
        ("[data]\nads = \" \"", "`data.ads` is empty"),
        ("by = ", "line 1 is not valid TOML"),
        ("by = \"month\"\nlang = \"en\"\nby = \"week\"\n", "line 3 is not valid TOML: duplicate key"),
        (
            "definitions = \"/etc/passwd\"",
            "the path `/etc/passwd` of `definitions` is not allowed: it is not relative to",
        ),
        ("definitions = [\"kpis\", \"../other\"]", "it leads outside the folder of `kpi.toml`"),
        ("[data]\nads = \"../ads.csv\"", "add the file on the command line: `-d ads=../ads.csv`"),
        ("[data]\nads = \"data/../../ads.csv\"", "the path `data/../../ads.csv` of `data.ads` is not allowed"),
        ("[connections]\nwarehouse = \"./evil.toml\"", "a project can only name a profile of yours"),
    ];
    let folder = project("");
    for (toml, expected) in cases {
        folder.write("kpi.toml", toml);
        let (text, problems, status) = printed(&folder, "", &["eval"]);
        assert_eq!((text.as_str(), status), ("", Some(2)), "{toml}");
        assert!(problems.contains(expected) && problems.contains("in `kpi.toml`"), "{problems}");
        let (text, _, status) = printed(&folder, "", &["eval", "--help"]);
        assert!(text.contains("Usage") && status == Some(0), "help works in a wrong project");
    }
    folder.write("kpi.toml", "#".repeat((64 << 10) + 1));
    let (_, problems, status) = printed(&folder, "", &["eval"]);
    assert!(problems.contains("is larger than 64 KiB") && status == Some(1), "{problems}");
}

#[cfg(unix)]
#[test]
fn links_of_a_project_stay_in_its_folder() {
    let other = Folder::new();
    other.write("secret.kpi", "first line\n");
    other.write("secret.csv", "x\n1\n");
    let secret = |name: &str| other.file(name);
    let folder = project("definitions = \"kpis\"\n");
    std::os::unix::fs::symlink(secret("secret.kpi"), folder.file("kpis/linked.kpi")).expect("links can be made");
    std::os::unix::fs::symlink(secret("secret.csv"), folder.file("data/linked.csv")).expect("links can be made");
    for toml in ["definitions = \"kpis\"", "definitions = \"kpis/linked.kpi\"", "data.x = \"data/l*.csv\""] {
        folder.write("kpi.toml", toml);
        let (_, problems, status) = printed(&folder, "", &["eval", "cac"]);
        assert_eq!(status, Some(2), "{toml}");
        assert!(problems.contains("a link leads outside the folder of `kpi.toml`"), "{problems}");
        assert!(!problems.contains("first line"), "{problems}");
    }
}

/// The cells of the only sheet of a workbook.
fn cells(bytes: &[u8]) -> Vec<Vec<Data>> {
    let mut book: Xlsx<_> = open_workbook_from_rs(std::io::Cursor::new(bytes)).expect("it is a workbook");
    let range = book.worksheet_range("KPIs").expect("it has the sheet");
    range.rows().map(<[Data]>::to_vec).collect()
}

#[test]
fn a_workbook_holds_the_numbers_of_the_result() {
    let folder = project("definitions = \"kpis\"\n[data]\nads = \"data/ads.csv\"\n");
    let (text, problems, status) = printed(&folder, "", &["eval", "cac", "--by", "month", "-o", "kpis.xlsx"]);
    assert_eq!((text.as_str(), problems.as_str(), status), ("", "", Some(0)));
    let text = |text: &str| Data::String(text.into());
    // Months are dates: the 46,023rd and the 46,054th day after 1899-12-30.
    let month = |day: f64| Data::DateTime(ExcelDateTime::new(day, ExcelDateTimeType::DateTime, false));
    let expected = [
        vec![text("month"), text("cac")],
        vec![month(46_023.0), Data::Float(2.5)],
        vec![month(46_054.0), Data::Float(3.0)],
    ];
    assert_eq!(cells(&folder.bytes("kpis.xlsx")), expected);
    let first = folder.bytes("kpis.xlsx");
    printed(&folder, "", &["eval", "cac", "--by", "month", "-o", "kpis.xlsx"]);
    assert_eq!(folder.bytes("kpis.xlsx"), first, "the same result has the same bytes");
}

/// Years are numbers. Quarters and the total are texts, in the language of the reader.
#[test]
fn a_workbook_holds_periods_as_excel_has_them() {
    let folder = project("definitions = \"kpis\"\n[data]\nads = \"data/ads.csv\"\n");
    let first = |by: &str, others: &[&str]| {
        printed(&folder, "", &[&["eval", "cac", "--by", by, "-o", "kpis.xlsx"], others].concat());
        cells(&folder.bytes("kpis.xlsx")).into_iter().map(|row| row[0].clone()).collect::<Vec<_>>()
    };
    let text = |text: &str| Data::String(text.into());
    assert_eq!(first("year", &["--totals"]), [text("year"), Data::Float(2026.0), text("total")]);
    assert_eq!(first("quarter", &[]), [text("quarter"), text("2026-Q1")]);
    assert_eq!(first("quarter", &["--lang", "fr"]), [text("trimestre"), text("2026-T1")]);
}

#[test]
fn a_french_excel_reads_semicolons_and_decimal_commas() {
    let folder = project("definitions = \"kpis\"\n[data]\nads = \"data/ads.csv\"\n");
    let line = ["eval", "cac", "--by", "month", "--format", "csv-fr", "-o", "kpis.csv"];
    let (_, problems, status) = printed(&folder, "", &line);
    assert_eq!((problems.as_str(), status), ("", Some(0)));
    assert_eq!(folder.bytes("kpis.csv"), "\u{feff}mois;cac\r\n2026-01;2,5\r\n2026-02;3\r\n".as_bytes());
}

#[test]
fn a_result_that_fails_keeps_the_old_file() {
    let folder = project("definitions = \"kpis\"\n");
    folder.write("kpis.json", "old");
    let (_, problems, status) = printed(&folder, "", &["eval", "cac", "-o", "kpis.json"]);
    assert!(status == Some(1) && problems.contains("error"), "{problems}");
    assert_eq!(folder.bytes("kpis.json"), b"old");
}

#[test]
fn every_format_has_its_extension() {
    let folder = project("definitions = \"kpis\"\n[data]\nads = \"data/ads.csv\"\n");
    let lines = [
        (&["eval", "cac"][..], &["a.txt", "a.csv", "a.json", "a.md", "a.xlsx", "a.CSV"][..]),
        (&["explain", "cac"], &["b.txt", "b.json", "b.md"]),
        (&["show", "cac"], &["c.txt", "c.json", "c.md"]),
        (&["list"], &["d.txt", "d.csv", "d.json", "d.md", "d.xlsx"]),
        (&["graph"], &["e.txt", "e.mmd", "e.dot", "e.json"]),
        (&["doc"], &["f.md", "f.html"]),
        (&["check"], &["g.txt", "g.json"]),
    ];
    for (words, files) in lines {
        for file in files {
            let (text, problems, status) = printed(&folder, "", &[words, &["-o", file]].concat());
            assert_eq!((text.as_str(), status), ("", Some(0)), "{words:?} {file}: {problems}");
            let written = folder.bytes(file);
            assert_eq!(written.starts_with(b"PK"), file.ends_with("xlsx"), "{file}");
            assert_eq!(serde_json::from_slice::<serde_json::Value>(&written).is_ok(), file.ends_with("json"), "{file}");
        }
    }
}

#[test]
fn workbooks_have_their_own_extension() {
    let folder = project("definitions = \"kpis\"\n[data]\nads = \"data/ads.csv\"\n");
    for line in [&["eval", "cac", "-o", "k.xls"][..], &["eval", "cac", "-o", "k.XLS", "--format", "xlsx"]] {
        let (_, problems, status) = printed(&folder, "", line);
        assert_eq!(status, Some(2), "{line:?}");
        assert!(problems.contains("write `-o k.xlsx`") && !problems.contains("--format xlsx"), "{problems}");
    }
    let (_, problems, status) = printed(&folder, "", &["list", "-o", "k.docx"]);
    assert!(problems.contains("--format xlsx") && status == Some(2), "{problems}");
}

#[test]
fn a_hyphen_after_o_is_standard_output() {
    let folder = project("definitions = \"kpis\"\n[data]\nads = \"data/ads.csv\"\n");
    let (text, problems, status) = printed(&folder, "", &["eval", "cac", "--format", "csv", "-o", "-"]);
    assert_eq!((text.as_str(), problems.as_str(), status), ("cac\n2.6875\n", "", Some(0)));
    let (text, _, _) = printed(&folder, "", &["snapshot", "cac", "-o", "-"]);
    assert!(text.starts_with("kpi snapshot 1\n"), "{text}");
    assert!(!folder.file("-").exists());
}

#[cfg(target_os = "linux")]
#[test]
fn a_result_can_be_written_to_a_pipe() {
    let folder = project("definitions = \"kpis\"\n[data]\nads = \"data/ads.csv\"\n");
    let line = ["eval", "cac", "--format", "csv", "-o", "/dev/stdout"];
    let (text, problems, status) = printed(&folder, "", &line);
    assert_eq!((text.as_str(), problems.as_str(), status), ("cac\n2.6875\n", "", Some(0)));
}

#[cfg(unix)]
#[test]
fn a_result_never_replaces_a_source_under_another_name() {
    let folder = project("definitions = \"kpis\"\n[data]\nads = \"data/ads.csv\"\n");
    for (source, result) in [("data/ads.csv", "a.csv"), ("kpis/shop.kpi", "b.csv"), ("own.kpi", "c.csv")] {
        folder.write("own.kpi", SHOP);
        fs::hard_link(folder.file(source), folder.file(result)).expect("links can be made");
        let before = folder.read(result);
        let toml = if source == "own.kpi" {
            "data.ads = \"data/ads.csv\""
        } else {
            "definitions = \"kpis\"\ndata.ads = \"data/ads.csv\""
        };
        folder.write("kpi.toml", toml);
        let (_, problems, status) = printed(&folder, "", &["eval", "cac", "-o", result]);
        assert!(problems.contains(&format!("`-o` would replace `{result}`")) && status == Some(2), "{problems}");
        assert_eq!(folder.read(result), before);
    }
}

#[test]
fn shells_can_complete_commands_and_options() {
    let folder = Folder::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let (text, _, status) = printed(&folder, "", &["completions", shell]);
        assert_eq!(status, Some(0));
        assert!(["eval", "explain", "fail-on"].iter().all(|word| text.contains(word)), "{shell}");
        assert!(!text.contains("project-data"), "{shell}");
    }
    let (page, _, _) = printed(&folder, "", &["man", "explain"]);
    assert!(page.starts_with(".ie") && page.contains("kpi explain"), "{page}");
}

#[test]
fn a_report_runs_over_the_periods_of_the_project() {
    let folder = project("by = [\"channel\", \"month\"]\n");
    let items = "report \"Plain\" { kpis cac }\nreport \"Years\" { kpis cac  by year }\n";
    folder.write("own.kpi", format!("dataset ads = \"data/ads.csv\" {{ time month }}\n{SHOP}{items}"));
    let kickers: [(&[&str], &str); 4] = [
        (&["report"], "KPI report · February 2026"),
        (&["report", "Plain"], "Plain · February 2026"),
        (&["report", "Years"], "Years · 2026"),
        (&["report", "Plain", "--by", "quarter"], "Plain · Q1 2026"),
    ];
    for (line, kicker) in kickers {
        let (page, problems, status) = printed(&folder, "", line);
        assert_eq!((problems.as_str(), status), ("", Some(0)), "{line:?}");
        let shown = page.split("class=\"kicker\">").nth(1).and_then(|rest| rest.split('<').next());
        assert_eq!(shown, Some(kicker), "{line:?}");
    }
}

#[test]
fn what_a_dataset_declares_is_not_noted() {
    let folder = Folder::new();
    let table = "Titre;;\nJour;Canal;Coût\n03/01/2026;é;1,5\n04/01/2026;b;2,5\nTotal;;4,0\n";
    fs::write(folder.path().join("v.csv"), table.chars().map(|c| c as u8).collect::<Vec<u8>>()).expect("it is written");
    let settings =
        "header 2  skip last 1  delimiter \";\"  decimal \",\"  dates \"dd/mm/yyyy\"  encoding \"windows-1252\"";
    for (settings, noted) in
        [(settings, false), ("header 2  skip last 1  dates \"dd/mm/yyyy\"  encoding \"windows-1252\"", true)]
    {
        folder.write("v.kpi", format!("dataset v = \"v.csv\" {{ {settings} }}\nx = sum(v.Coût)\n"));
        let (text, problems, status) = printed(&folder, "", &["eval", "--format", "csv"]);
        assert!(text.starts_with("x\n4") && status == Some(0), "{text}{problems}");
        assert_eq!(problems.contains("v.csv: read as CSV: cells separated by `;`"), noted, "{problems}");
        let (_, problems, _) = printed(&folder, "", &["check"]);
        let shown = "without the last row; read as windows-1252; column `Jour` is read as dd/mm/yyyy";
        assert!(problems.contains(shown), "`kpi check` says it in any case: {problems}");
    }
}
