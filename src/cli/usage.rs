//! Answers a command line that is wrong or asks for help. Options, formats and subcommands that other tools name
//! differently get a hint with the name that `kpi` uses.

use std::io::{ErrorKind as IoErrorKind, Write};
use std::process::ExitCode;

use clap::CommandFactory;
use clap::error::{ContextKind, ContextValue, Error, ErrorKind};

use super::args::Arguments;
use crate::diagnostic::{did_you_mean, printable};

/// Prints the requested help or the error, and returns the exit status.
pub(super) fn answer(mut error: Error) -> ExitCode {
    if let Some(tip) = tip(&error) {
        error.remove(ContextKind::SuggestedArg);
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip.into()]));
    }
    match print(&error) {
        Err(failure) if failure.kind() != IoErrorKind::BrokenPipe => {
            let _ = writeln!(std::io::stderr(), "error: cannot write to standard output: {failure}");
            ExitCode::FAILURE
        }
        _ => ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2)),
    }
}

/// Arguments may contain control characters. In that case they are replaced, and the message has no colors.
fn print(error: &Error) -> std::io::Result<()> {
    let plain = error.render().to_string();
    match printable(&plain) {
        text if text == plain => error.print()?,
        text => std::io::stderr().lock().write_all(text.as_bytes())?,
    }
    std::io::stdout().flush()
}

fn tip(error: &Error) -> Option<String> {
    let invalid = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.as_str()),
        _ => None,
    };
    let known = |table: &[(&[&str], &'static str)], word: &str| {
        table.iter().find(|(words, _)| words.contains(&word)).map(|(_, tip)| (*tip).to_owned())
    };
    match error.kind() {
        ErrorKind::UnknownArgument => {
            let word = invalid(ContextKind::InvalidArg)?.split('=').next()?;
            option(word, &subcommand(error)?)
        }
        ErrorKind::InvalidValue => known(FORMATS, &invalid(ContextKind::InvalidValue)?.to_lowercase()),
        ErrorKind::InvalidSubcommand => {
            let word = invalid(ContextKind::InvalidSubcommand)?;
            let is_silent = error.get(ContextKind::SuggestedSubcommand).is_none();
            let similar = || similar_subcommand(word).filter(|_| is_silent);
            let is_name = is_silent && !word.contains(['.', '/', '\\']);
            let of_kpi = || is_name.then(|| format!("to compute a KPI, write `kpi eval {word}`"));
            known(COMMANDS, word).or_else(similar).or_else(of_kpi)
        }
        _ => None,
    }
}

/// Suggests a subcommand where `clap` does not: `kpi help evla`.
fn similar_subcommand(word: &str) -> Option<String> {
    let command = Arguments::command();
    did_you_mean(word, command.get_subcommands().map(clap::Command::get_name))
}

/// The name of the subcommand that an error is about.
fn subcommand(error: &Error) -> Option<String> {
    let Some(ContextValue::StyledStr(usage)) = error.get(ContextKind::Usage) else { return None };
    let usage = usage.to_string();
    usage.split_whitespace().skip_while(|word| *word != "kpi").nth(1).map(str::to_owned)
}

/// What to write in place of an option that a subcommand does not have.
fn option(word: &str, subcommand: &str) -> Option<String> {
    let has = |subcommand: &str, option: &str| {
        let command = Arguments::command();
        let (found, long) = (command.find_subcommand(subcommand), option.strip_prefix("--"));
        found.zip(long).is_some_and(|(it, long)| it.get_arguments().any(|known| known.get_long() == Some(long)))
    };
    if subcommand == "test" && ["--by", "--where", "--period", "--set"].contains(&word) {
        return Some(IN_TEST.to_owned());
    }
    if word.strip_prefix('-').is_some_and(|rest| rest.starts_with(|first: char| !first.is_alphabetic() && first != '-'))
    {
        return Some(NEGATIVE.to_owned());
    }
    if subcommand == "solve" && (!word.starts_with('-') || word == "--to") {
        return Some(IN_SOLVE.to_owned());
    }
    if !word.starts_with('-') {
        let is_file = word.contains(['.', '/', '\\']) && has(subcommand, "--file");
        return is_file.then(|| format!("to name definitions, write `-f {word}`"));
    }
    let fits = |tip: &&str| options_in(tip).all(|option| has(subcommand, option));
    let tips = OPTIONS.iter().filter(|(words, _)| words.contains(&word)).map(|(_, tip)| *tip);
    let elsewhere = || match (has("eval", word), has(subcommand, "--by")) {
        (true, true) => Some(format!("`{word}` is an option of `kpi eval`; `--at` selects groups to explain")),
        (true, false) => Some(format!("`{word}` is an option of `kpi eval`")),
        _ => None,
    };
    tips.filter(fits).map(str::to_owned).next().or_else(elsewhere)
}

/// The options that a hint contains.
fn options_in(tip: &str) -> impl Iterator<Item = &str> {
    let words = tip.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '-');
    words.filter(|word| word.starts_with("--"))
}

/// The query of a test is part of the test.
const IN_TEST: &str =
    "a test contains its query: write `by month`, `where channel = \"web\"` or `period 2026-03` in the `test`";

/// The KPI and its value are one argument.
const IN_SOLVE: &str =
    "write the KPI and its wanted value as one argument in quotes: `kpi solve 'cac = 45' --for ad_cost`";

/// A formula such as `-(a - b)` looks like an option.
const NEGATIVE: &str = "a formula that starts with `-` needs parentheses, as in `'(-(a - b))'`, and the value of an option \
    `=`, as in `--set=x=-1`";

/// The names that other tools use for options, with a hint.
const OPTIONS: &[(&[&str], &str)] = &[
    (
        &["--group-by", "--groupby", "--group", "-g", "--dimension", "--dimensions", "--split"],
        "to group the result, write `--by month,channel`",
    ),
    (&["--filter", "-w"], "to select rows, write `--where 'channel = \"web\"'`"),
    (
        &["--from", "--to", "--since", "--until", "--start", "--end", "--date", "--dates", "--range", "-p"],
        "to select periods, write `--period 2026-01..2026-06`",
    ),
    (
        &["--month", "--year", "--quarter", "--week", "--day", "-m", "-y"],
        "to select a period, write `--period 2026-03`",
    ),
    (&["--at"], "to select a period, write `--period 2026-03`; to select rows, `--where 'channel = \"web\"'`"),
    (
        &["--order-by", "--orderby", "--order", "--desc", "--asc"],
        "to sort, write `--sort cac`, or `--sort -cac` for the largest first",
    ),
    (
        &["--others", "--other", "--rest", "--remaining"],
        "to keep the largest keys and a group `others`, write `--top 5` in place of `--limit`",
    ),
    (
        &["--others", "--other", "--rest", "--remaining"],
        "to keep the largest keys and a group `others`, write `--top 5`",
    ),
    (&["--limit", "--head", "--first", "-n"], "to show the first rows, write `--limit 10`"),
    (&["--limit", "--head", "--first", "-n"], "to keep the largest keys, write `--top 10`"),
    (&["--total", "--grand-total", "--sum"], "to add a total, write `--totals`"),
    (&["--subtotal"], "to add subtotals, write `--subtotals region`"),
    (&["--crosstab", "--columns", "--across"], "to print the keys of a column across, write `--pivot channel`"),
    (
        &["--vs", "--versus", "--compare", "--baseline", "--than"],
        "to choose what to compare with, write `--against '1 year ago'`",
    ),
    (&["--drill", "--segments", "--breakdown"], "to divide a difference among segments, write `--over channel`"),
    (&["--as-of", "--today", "--now", "--up-to"], "if the data are known up to a day, write `--data-until 2026-03-31`"),
    (&["--param", "--params", "--define", "-D", "--var", "--with"], "to set a parameter, write `--set target_cac=35`"),
    (&["--out", "--save", "--export"], "to save the result in a file, write `-o FILE`, such as `-o kpis.csv`"),
    (&["--output", "-o"], "to save the result in a file, add `> FILE`"),
    (&["--alert", "--fail", "--exit-code", "--error-on"], "to fail if a value is bad, write `--fail-on bad`"),
    (&["--xlsx", "--excel"], "write `-o FILE.xlsx`"),
    (&["-d", "--data"], "this subcommand does not read data: omit `-d`"),
    (&["--csv"], "write `--format csv`"),
    (&["--json"], "write `--format json`"),
    (&["--markdown", "--md"], "write `--format markdown`"),
    (&["--html"], "write `kpi doc --format html`"),
    (&["--serve", "--server", "--live", "--reload", "--poll"], "to run again when files change, write `--watch`"),
    (&["--input", "--table", "--dataset", "-i"], "to name a data file, write `-d FILE` or `-d NAME=FILE`"),
    (&["--definitions", "--kpis", "--kpi"], "to name definitions, write `-f FILE`"),
    (&["--language", "--locale", "-l"], "write `--lang en` or `--lang fr`"),
];

/// The formats that other tools have, with a hint.
const FORMATS: &[(&[&str], &str)] = &[
    (&["xls", "excel"], "for a workbook, write `-o FILE.xlsx`"),
    (&["html", "pdf"], "for a printable page, write `kpi doc --format html`"),
    (&["tsv", "yaml", "xml", "parquet"], "for programs, write `--format json` or `--format csv`"),
];

/// The names that other tools use for subcommands, with a hint.
const COMMANDS: &[(&[&str], &str)] = &[
    (&["run", "compute", "calc", "calculate", "query", "get"], "to compute KPIs, write `kpi eval`"),
    (&["kpi"], "the name of the command is written once: `kpi eval`"),
    (&["validate", "lint", "verify"], "to find problems in definitions, write `kpi check`"),
    (&["format"], "to format .kpi files, write `kpi fmt`"),
    (&["docs", "glossary", "document"], "to generate a glossary, write `kpi doc`"),
    (&["info", "help-kpi"], "to see a definition, write `kpi show NAME`"),
    (&["profile", "inspect", "summary", "summarize", "analyze"], "to describe data files, write `kpi describe FILE`"),
    (&["new", "create", "start", "setup", "scaffold"], "to draft definitions for data files, write `kpi init FILE`"),
    (&["search", "find", "ls"], "to find KPIs, write `kpi list WORDS`"),
    (&["trace"], "to see where a value comes from, write `kpi explain KPI`"),
    (&["bridge", "variance", "compare", "attribute"], "to see why a value changed, write `kpi why KPI`"),
];
