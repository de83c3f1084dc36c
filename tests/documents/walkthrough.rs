//! Runs the tutorials: the blocks of a page follow each other in one folder, which begins with the files of an example.
//!
//! The first line of a block says what it is:
//!
//! * `console`: commands after `$ `, each with its output; `? 1` below a command is its exit status.
//! * `kpi file=kpis.kpi`: a file with this text. `append=` adds the text to the file, `shows=` says what the file contains.
//! * `diff file=ads.csv`: lines of the file; `-` and `+` mark those that go and come.
//! * `text`: nothing that is run.
//!
//! `TRYCMD=overwrite` writes the output of now into the page.

#![cfg(feature = "cli")]

use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};

#[test]
fn the_tutorial_shows_what_the_commands_print() {
    check("docs/tutorial.md", "examples/tutorial");
}

#[test]
fn the_french_tutorial_shows_what_the_commands_print() {
    check("docs/tutoriel.md", "examples/tutoriel");
}

/// Runs a page over the files of an example.
fn check(page: &str, example: &str) {
    if Command::new("git").arg("--version").output().is_err() {
        eprintln!("skipped: there is no git");
        return;
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = tempfile::tempdir().expect("it can be made");
    for file in fs::read_dir(root.join(example)).expect("the example exists") {
        let file = file.expect("it can be read");
        fs::copy(file.path(), folder.path().join(file.file_name())).expect("it can be copied");
    }
    let text = fs::read_to_string(root.join(page)).expect("the page exists");
    let now = replayed(&text, folder.path());
    if std::env::var("TRYCMD").is_ok_and(|mode| mode == "overwrite") {
        fs::write(root.join(page), now).expect("it can be written");
    } else {
        let first = text.lines().zip(now.lines()).enumerate().find(|(_, (shown, now))| shown != now);
        assert_eq!(text, now, "{page}: first difference: {first:#?}");
    }
}

/// The page with what its commands print now.
fn replayed(page: &str, folder: &Path) -> String {
    let mut text = String::new();
    let mut before = "";
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        text.push_str(&format!("{line}\n"));
        if let Some(info) = line.strip_prefix("```") {
            let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            let shown = run(info, before, &block, folder);
            shown.iter().for_each(|line| text.push_str(&format!("{line}\n")));
            text.push_str("```\n");
        }
        before = if line.is_empty() { before } else { line };
    }
    text
}

/// Does what a block says. Returns its lines, with the output of commands. A block about a file follows a sentence that
/// names the file.
fn run(info: &str, sentence: &str, block: &[&str], folder: &Path) -> Vec<String> {
    let shown = || block.iter().map(|&line| line.to_owned()).collect();
    match info {
        "console" => return commands(block, folder),
        "text" | "sh" => return shown(),
        _ => {}
    }
    let (language, action, name) = info
        .split_once(' ')
        .and_then(|(language, rest)| rest.split_once('=').map(|(action, name)| (language, action, name)))
        .unwrap_or_else(|| panic!("a block begins with `{info}`"));
    assert!(sentence.contains(&format!("`{name}`")), "`{sentence}` does not name {name}");
    let path = folder.join(name);
    let text: String = block.iter().map(|line| format!("{line}\n")).collect();
    match (language, action) {
        ("diff", "file") => edit(&path, block),
        (_, "file") => fs::write(path, text).expect("it can be written"),
        (_, "append") => {
            let before = fs::read_to_string(&path).expect("it is there");
            fs::write(path, format!("{before}\n{text}")).expect("it can be written");
        }
        (_, "shows") => {
            let text = fs::read_to_string(path).expect("it is there");
            return text.lines().map(str::to_owned).collect();
        }
        _ => panic!("a block begins with `{info}`"),
    }
    shown()
}

/// Replaces lines of a file. The lines that stay and go must follow each other in it, once.
fn edit(path: &Path, block: &[&str]) {
    let side = |sign: char| -> String {
        let kept = block.iter().filter(|line| line.starts_with([' ', sign]));
        kept.map(|line| format!("{}\n", &line[1..])).collect()
    };
    let text = format!("\n{}", fs::read_to_string(path).expect("it is there"));
    let (old, new) = (format!("\n{}", side('-')), format!("\n{}", side('+')));
    assert_eq!(text.matches(&old).count(), 1, "{} has once: {old}", path.display());
    fs::write(path, &text.replacen(&old, &new, 1)[1..]).expect("it can be written");
}

fn commands(block: &[&str], folder: &Path) -> Vec<String> {
    let mut shown = vec![];
    for line in block.iter().filter(|line| line.starts_with("$ ")) {
        shown.push((*line).to_owned());
        let (status, output) = output(&line[2..], folder);
        if status != 0 {
            shown.push(format!("? {status}"));
        }
        shown.extend(output.lines().map(str::to_owned));
    }
    shown
}

/// The exit status of a command, and what it prints on a terminal.
fn output(line: &str, folder: &Path) -> (i32, String) {
    let words = words(line);
    let program = if words[0] == "kpi" { env!("CARGO_BIN_EXE_kpi") } else { &words[0] };
    let (mut printed, writer) = std::io::pipe().expect("it can be made");
    let mut command = Command::new(program);
    command.current_dir(folder).args(&words[1..]).stdin(Stdio::null());
    command.stdout(writer.try_clone().expect("it can be copied")).stderr(writer);
    for name in ["GIT_AUTHOR", "GIT_COMMITTER"] {
        command.env(format!("{name}_NAME"), "A").env(format!("{name}_EMAIL"), "a@example.org");
    }
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{line}: {error}"));
    // The command holds the other end, which must be closed for the output to end.
    drop(command);
    let mut text = String::new();
    printed.read_to_string(&mut text).expect("it is UTF-8");
    (child.wait().expect("it ends").code().expect("it is not killed"), text)
}

/// The words of a command line; quotes keep spaces.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (vec![], String::new(), None);
    for letter in line.chars() {
        match (letter, quote) {
            ('\'' | '"', None) => quote = Some(letter),
            (_, Some(open)) if letter == open => quote = None,
            (' ', None) => words.push(std::mem::take(&mut word)),
            _ => word.push(letter),
        }
    }
    words.push(word);
    words
}
