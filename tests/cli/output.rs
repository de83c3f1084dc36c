//! Output of the command: full disks, replaced files, text that would control a terminal.

use std::fs;
use std::process::{Command, Output, Stdio};

use crate::folder::Folder;

pub(super) fn errors(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

const SHOP: &str = "cac = spend / won { label \"Cost\" example spend = 6, won = 2 gives 3 }\n";

#[test]
fn every_subcommand_reports_a_full_disk() {
    let Ok(_) = fs::File::options().write(true).open("/dev/full") else { return };
    let folder = Folder::new();
    folder.write("shop.kpi", SHOP);
    folder.write("t.csv", "channel,spend,won\nweb,6,2\n");
    folder.write("loose.kpi", "a   =  1\n");
    let lines = [
        "eval cac -d t.csv",
        "eval cac -d t.csv --by channel --format csv",
        "eval cac -d t.csv --format json",
        "eval cac -d t.csv --format markdown",
        "eval cac -d t.csv --scorecard",
        "explain cac -d t.csv",
        "explain cac -d t.csv --format json",
        "check",
        "check --format json",
        "list",
        "list --format csv",
        "show cac",
        "show upper",
        "test",
        "fmt --check loose.kpi",
        "doc",
        "doc --format html",
        "doc -o /dev/full",
        "graph",
        "graph --format json",
        "--help",
        "eval --help",
        "--version",
    ];
    for line in lines {
        let arguments: Vec<&str> = line.split(' ').collect();
        let full = fs::File::options().write(true).open("/dev/full").expect("it opened before");
        let output = folder.command("", &arguments).stdout(full).output().expect("it runs");
        assert_eq!(output.status.code(), Some(1), "{line}: {}", errors(&output));
        assert!(errors(&output).contains("cannot write"), "{line}: {}", errors(&output));
    }
}

#[cfg(unix)]
#[test]
fn a_failed_write_keeps_the_old_file() {
    let folder = Folder::new();
    folder.write("loose.kpi", "a   =  1\n");
    folder.write("old.md", "old\n");
    for line in ["fmt loose.kpi", "doc -f loose.kpi -o old.md", "doc -f loose.kpi -o new.md"] {
        let script = format!("trap '' XFSZ; ulimit -f 0; exec '{}' {line}", env!("CARGO_BIN_EXE_kpi"));
        let mut shell = Command::new("sh");
        shell.current_dir(folder.path()).args(["-c", &script]).stdout(Stdio::null()).stderr(Stdio::piped());
        let output = shell.output().expect("it runs");
        assert_eq!(output.status.code(), Some(1), "{line}: {}", errors(&output));
        assert!(errors(&output).contains("error[unwritable]: cannot write `"), "{line}: {}", errors(&output));
    }
    assert_eq!((folder.read("loose.kpi"), folder.read("old.md")), ("a   =  1\n".into(), "old\n".into()));
    let mut left: Vec<_> =
        fs::read_dir(folder.path()).expect("it is there").map(|it| it.expect("it is there").file_name()).collect();
    left.sort();
    assert_eq!(left, ["loose.kpi", "old.md"]);
}

#[cfg(unix)]
#[test]
fn formatting_follows_links_and_keeps_permissions() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = Folder::new();
    let path = folder.write("real.kpi", "a   =  1\n");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("this process owns it");
    symlink("real.kpi", folder.file("link.kpi")).expect("links can be made");
    let output = folder.kpi(&["fmt", "link.kpi"]);
    assert_eq!(output.status.code(), Some(0), "{}", errors(&output));
    assert_eq!(folder.read("real.kpi"), "a = 1\n");
    assert!(folder.file("link.kpi").is_symlink());
    assert_eq!(fs::metadata(&path).expect("it is there").permissions().mode() & 0o777, 0o600);
}

/// Sequences that clear the screen, set the title and change the direction of writing, also as C1 controls.
const HOSTILE: &str = "\u{1b}[2J\u{1b}]0;owned\u{7}\u{9b}2J\u{202e}txt\u{2066}\u{200f}\u{61c}";

fn control_character(text: &str) -> Option<char> {
    let is_mark =
        |c: char| matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().find(|c| c.is_control() && !matches!(c, '\n' | '\t') || is_mark(*c))
}

/// Removes the sequences that set colors, which the command itself writes.
fn without_colors(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |plain, part| {
        match part.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';').strip_prefix('m') {
            Some(rest) => plain + rest,
            None => plain + "\u{1b}[" + part,
        }
    })
}

#[test]
fn untrusted_text_does_not_control_a_terminal() {
    let folder = Folder::new();
    // Windows does not allow control characters in file names.
    let name = if cfg!(unix) { format!("t{}.kpi", HOSTILE.replace('/', "")) } else { "t.kpi".to_owned() };
    let definitions = format!(
        "dataset t = \"t.csv\"\n# {HOSTILE}\nz = 1 / sum(t.x) {{\n  label \"{HOSTILE}\"\n  about \"{HOSTILE}\"\n  \
         bad >= 0 \"{HOSTILE}\"\n  example z = 1 gives 2\n}}\ntest \"{HOSTILE}\" {{\n  given z = 1\n  expect z = 2\n}}\n"
    );
    let path = folder.write(&name, &definitions);
    folder.write("t.csv", format!("k,x,\"{HOSTILE}\"\n\"{HOSTILE}\nsecond line\",0,1\nb,1,2\n"));
    folder.write("broken.kpi", format!("a = \"{HOSTILE}\" + {HOSTILE} 1\nb = (\n"));
    let definitions = path.to_str().expect("it is UTF-8");
    let quoted = format!("k = \"{HOSTILE}\"");
    let lines: Vec<Vec<&str>> = vec![
        vec!["eval", "z", "-f", definitions, "--by", "k"],
        vec!["eval", "z", "-f", definitions, "--by", "k", "--lang", "fr", "--color", "always"],
        vec!["eval", "z", "-f", definitions, "--by", "k", "--format", "markdown"],
        vec!["eval", "-f", definitions, "--scorecard"],
        vec!["eval", "-f", definitions, "--scorecard", "--format", "markdown"],
        vec!["eval", "z", "-f", definitions, "--where", &quoted],
        vec!["eval", "z", "-f", definitions, "--period", HOSTILE],
        vec!["eval", "z", "-f", definitions, "--by", HOSTILE],
        vec!["eval", "z", "-f", definitions, "--sort", HOSTILE],
        vec!["eval", HOSTILE, "-f", definitions],
        vec!["explain", "z", "-f", definitions, "--by", "k"],
        vec!["explain", "z", "-f", definitions, "--by", "k", "--format", "markdown"],
        vec!["explain", "z", "-f", definitions, "--at", "k=c"],
        vec!["check", "-f", definitions],
        vec!["check", "-f", "broken.kpi"],
        vec!["list", "-f", definitions],
        vec!["list", "-f", definitions, "--format", "markdown"],
        vec!["show", "z", "-f", definitions],
        vec!["show", "z", "-f", definitions, "--format", "markdown"],
        vec!["test", "-f", definitions],
        vec!["fmt", "--check", definitions],
        vec!["fmt", "broken.kpi"],
        vec!["doc", "-f", definitions],
        vec!["doc", "-f", definitions, "--format", "html"],
        vec!["graph", "-f", definitions],
        vec!["graph", "-f", definitions, "--format", "mermaid"],
        vec!["graph", "-f", definitions, "--format", "dot"],
        vec!["eval", "z", "-d", HOSTILE],
        vec!["fmt", HOSTILE],
        vec!["eval", "--format", HOSTILE],
    ];
    for line in lines {
        let output = folder.kpi(&line);
        for text in [&output.stdout, &output.stderr] {
            let text = String::from_utf8_lossy(text);
            let text = if line.contains(&"always") { without_colors(&text) } else { text.into_owned() };
            assert_eq!(control_character(&text), None, "{line:?}: {text:?}");
        }
    }
}

#[test]
fn titles_and_keys_cannot_forge_lines() {
    let folder = Folder::new();
    folder.write("t.csv", "k,x\n\"a\n2 errors\",0\n");
    folder.write("a.kpi", "z = 1 / sum(t.x)\n");
    for arguments in [["eval", "z", "-d", "t.csv", "--by", "k"], ["explain", "z", "-d", "t.csv", "--by", "k"]] {
        let text = String::from_utf8(folder.kpi(&arguments).stdout).expect("it is text");
        assert!(text.contains("a␊2 errors") && !text.lines().any(|line| line == "2 errors"), "{text}");
    }
}

#[test]
fn csv_escapes_formulas_only_on_request() {
    let folder = Folder::new();
    folder.write("t.csv", "k,x\n=1+1,-5\n-2 apples,1\n-7,2\n");
    let line = ["eval", "sum(x)", "-d", "t.csv", "--by", "k", "--format", "csv"];
    let kept = folder.kpi(&line);
    assert_eq!(String::from_utf8_lossy(&kept.stdout), "k,sum(x)\n-2 apples,1\n-7,2\n=1+1,-5\n");
    assert!(errors(&kept).contains("2 texts begin like a formula") && errors(&kept).contains("--escape-formulas"));
    let guarded = folder.kpi(&[&line[..], &["--escape-formulas"]].concat());
    assert_eq!(String::from_utf8_lossy(&guarded.stdout), "k,sum(x)\n'-2 apples,1\n-7,2\n'=1+1,-5\n");
    assert_eq!(errors(&guarded), "");
}
