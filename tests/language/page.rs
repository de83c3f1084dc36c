//! Runs the cases of a Markdown page and reports those that fail.
//!
//! The first line of a fenced block states its content. Everything else on a page is prose.
//!
//! * `kpi`: a file of definitions, which begins a case. `kpi and NAME`: another file of the same case.
//! * `csv NAME`: a table, which is available until the next heading `##`.
//! * `result KPIS by … where … period … set a = 1, … totals`: the result of a query, one line per group: the group, then
//!   its values, separated by ` | `. Without KPIS, all published KPIs are evaluated. `≈ 1.23` is a value that was rounded
//!   during the evaluation. `20%` is 0.2. `undefined` may be followed by its cause.
//! * `problems …`: the expected problems, one per line: `error unknown-name 2: part of the text; another part`, with the
//!   line of the primary label. All errors and warnings must be listed; notes are optional. The word may be followed by a
//!   query as above. `strict` before the query rejects undeclared names. `rows` alone runs the tests
//!   of the rows of the tables.
//! * `types`: the expected types of definitions, `name: type`.
//!
//! A case without a `problems` block must have no errors and no warnings.

use std::fmt::Write;
use std::sync::Arc;

use crate::sql::conformance;
use yardstick::internal::budget::Budget;
use yardstick::internal::plan::grouped;
use yardstick::{
    Dataset, Decimal, Declaration, Diagnostic, Embedded, Evaluation, Library, Limits, Query, Severity, Source,
    SourceMap, Style, Table, Value, render,
};

/// A fenced block: its first line, its text, and its line on the page.
struct Block<'a> {
    info: &'a str,
    text: String,
    line: usize,
}

/// A program and the statements about it.
#[derive(Default)]
struct Case<'a> {
    files: Vec<(String, String)>,
    tables: Vec<(&'a str, String)>,
    claims: Vec<Block<'a>>,
    line: usize,
}

/// Checks a page. Returns a description of each failing case, and the number of cases.
pub fn check(page: &str) -> (Vec<String>, usize) {
    let cases = cases(page);
    let failures = cases.iter().filter_map(|case| {
        let found = failures(case);
        (!found.is_empty()).then(|| format!("── line {}\n{}{found}", case.line, case.files[0].1))
    });
    (failures.collect(), cases.len())
}

fn blocks(page: &str) -> Vec<(bool, Block<'_>)> {
    let mut blocks: Vec<(bool, Block<'_>)> = vec![];
    let (mut inside, mut fresh) = (false, true);
    for (at, line) in page.lines().enumerate() {
        match line.trim_start().strip_prefix("```") {
            Some(_) if inside => inside = false,
            Some(info) => {
                blocks.push((std::mem::take(&mut fresh), Block { info, text: String::new(), line: at + 2 }));
                inside = true;
            }
            None if inside => {
                let text = &mut blocks.last_mut().expect("inside a block").1.text;
                writeln!(text, "{line}").expect("writing to a string cannot fail");
            }
            None => fresh |= line.starts_with("## "),
        }
    }
    assert!(!inside, "the last block is not closed");
    blocks
}

fn cases(page: &str) -> Vec<Case<'_>> {
    let mut cases: Vec<Case<'_>> = vec![];
    let mut tables: Vec<(&str, String)> = vec![];
    for (fresh, block) in blocks(page) {
        if fresh {
            tables.clear();
        }
        let (word, rest) = block.info.split_once(' ').unwrap_or((block.info, ""));
        match (word, cases.last_mut()) {
            ("csv", last) => {
                tables.retain(|(name, _)| *name != rest);
                tables.push((rest, block.text));
                if let Some(case) = last {
                    case.tables.clone_from(&tables);
                }
            }
            ("kpi", Some(case)) if rest.starts_with("and ") => case.files.push((rest[4..].to_owned(), block.text)),
            ("kpi", _) => {
                let files = vec![("main.kpi".to_owned(), block.text)];
                cases.push(Case { files, tables: tables.clone(), claims: vec![], line: block.line });
            }
            ("result" | "problems" | "types", Some(case)) => case.claims.push(block),
            _ => {}
        }
    }
    cases
}

fn failures(case: &Case<'_>) -> String {
    let mut text = String::new();
    let has = |word: &str| case.claims.iter().any(|claim| claim.info.starts_with(word));
    if !has("problems") {
        let silent = Block { info: "problems", text: String::new(), line: case.line };
        text += &problems(case, &silent);
    }
    for claim in &case.claims {
        let (word, _) = claim.info.split_once(' ').unwrap_or((claim.info, ""));
        let found = match word {
            "problems" => problems(case, claim),
            "types" => types(case, claim),
            _ => result(case, claim),
        };
        if !found.is_empty() {
            write!(text, "{} (line {})\n{found}", claim.info, claim.line).expect("writing to a string cannot fail");
        }
    }
    text
}

fn library(case: &Case<'_>, strict: bool) -> (Library, Vec<Diagnostic>) {
    let builder = Library::builder().strict(strict);
    case.files.iter().fold(builder, |builder, (name, text)| builder.text(name, text)).build_anyway()
}

fn source(case: &Case<'_>, library: &Library) -> Embedded {
    let open = |(name, text): &(&str, String)| {
        let declaration = library.dataset(name).map_or_else(Declaration::default, |it| it.declaration.clone());
        let table = Table::from_csv(name, text, &declaration).unwrap_or_else(|problems| panic!("{name}: {problems:?}"));
        Arc::new(table) as Arc<dyn Dataset>
    };
    Embedded::new(case.tables.iter().map(open).collect())
}

// ── results ──────────────────────────────────────────────────────────────────

fn query(info: &str) -> Query {
    const CLAUSES: [&str; 5] = ["by", "where", "period", "set", "totals"];
    let mut parts: Vec<(&str, Vec<&str>)> = vec![("", vec![])];
    for word in info.split_whitespace().skip(1).filter(|word| *word != "strict") {
        match CLAUSES.contains(&word) {
            true => parts.push((word, vec![])),
            false => parts.last_mut().expect("there is at least one part").1.push(word),
        }
    }
    parts.iter().fold(Query::all(), |query, (clause, words)| with_clause(query, clause, &words.join(" ")))
}

fn with_clause(query: Query, clause: &str, text: &str) -> Query {
    let set = |query: Query, set: &str| {
        let (name, value) = set.split_once('=').expect("`set name = value`");
        query.set_formula(name.trim(), value.trim())
    };
    match clause {
        "by" => grouped(query, text),
        "where" => query.filter_formula(text),
        "period" => query.period(text),
        "set" => text.split(", ").fold(query, set),
        "totals" => query.totals(true),
        _ => text.split("; ").filter(|kpi| !kpi.is_empty()).fold(query, Query::kpi),
    }
}

fn result(case: &Case<'_>, claim: &Block<'_>) -> String {
    let (library, _) = library(case, false);
    let source = source(case, &library);
    let tables: Vec<(&str, &str)> = case.tables.iter().map(|(name, text)| (*name, text.as_str())).collect();
    conformance::record(&library, &tables, &query(claim.info), &Limits::default());
    let evaluation = match library.evaluate(&query(claim.info), &source, &Limits::default()) {
        Ok(evaluation) => evaluation,
        Err(problems) => return format!("{problems}\n"),
    };
    let found: Vec<Vec<String>> = (0..evaluation.groups.len()).map(|group| row(&evaluation, group)).collect();
    let expected: Vec<Vec<&str>> = claim
        .text
        .lines()
        .map(|line| line.split('|').map(str::trim).filter(|cell| !cell.is_empty()).collect())
        .collect();
    let same = |(row, cells): (&Vec<String>, &Vec<&str>)| {
        row.len() == cells.len() && row.iter().zip(cells).all(|(found, expected)| agrees(found, expected))
    };
    if found.len() == expected.len() && found.iter().zip(&expected).all(same) {
        return String::new();
    }
    let lines: Vec<String> = found.iter().map(|row| row.join(" | ")).collect();
    format!("expected\n{}found\n{}\n", claim.text, lines.join("\n"))
}

fn row(evaluation: &Evaluation, group: usize) -> Vec<String> {
    let calendar = evaluation.plan.request.calendar;
    let of = &evaluation.groups[group];
    let mut parts: Vec<String> = of.period.iter().map(|period| calendar.spell(*period)).collect();
    parts.extend(of.keys.iter().map(|key| key.as_deref().unwrap_or("(blank)").to_owned()));
    if of.total {
        parts = vec!["total".to_owned()];
    }
    let label = Some(parts.join(" ")).filter(|label| !label.is_empty());
    label.into_iter().chain((0..evaluation.plan.kpis.len()).map(|kpi| value(evaluation, kpi, group))).collect()
}

fn value(evaluation: &Evaluation, kpi: usize, group: usize) -> String {
    let unit = evaluation.plan.step(evaluation.plan.kpis[kpi].step).ty.unit_name().filter(|unit| unit != "percent");
    match evaluation.value(kpi, group) {
        Ok(Value::Number(number)) => {
            let sign = if number.exact { "" } else { "≈ " };
            let unit = unit.map(|unit| format!(" {unit}")).unwrap_or_default();
            format!("{sign}{}{unit}", number.decimal.normalize())
        }
        Ok(Value::Text(text)) => text.to_string(),
        Ok(Value::Boolean(truth)) => truth.to_string(),
        Ok(Value::Date(date)) => date.to_string(),
        Err(cause) => format!("undefined {}", cause.code()),
    }
}

/// Returns true if a value matches the expected one. A unit is compared only if given; `≈` rounds to the given decimals.
fn agrees(found: &str, expected: &str) -> bool {
    if found == expected || found.strip_prefix("undefined ").is_some() && expected == "undefined" {
        return true;
    }
    let split = |text: &str| {
        let rounded = text.starts_with("≈ ");
        let text = text.trim_start_matches("≈ ");
        let (digits, unit) = text.split_once(' ').unwrap_or((text, ""));
        (rounded, digits.to_owned(), unit.to_owned())
    };
    let (found, expected) = (split(found), split(expected));
    let percent = expected.1.strip_suffix('%');
    let digits = percent.unwrap_or(&expected.1);
    let (Ok(found_value), Ok(value)) = (found.1.parse::<Decimal>(), digits.parse::<Decimal>()) else { return false };
    let found_value = if percent.is_some() { found_value * Decimal::ONE_HUNDRED } else { found_value };
    let found_value = if expected.0 { found_value.round_dp(value.scale()) } else { found_value };
    found.0 == expected.0 && found.2 == expected.2 && found_value == value
}

// ── problems ─────────────────────────────────────────────────────────────────

fn problems(case: &Case<'_>, claim: &Block<'_>) -> String {
    let strict = claim.info.split_whitespace().nth(1) == Some("strict");
    let (library, mut found) = library(case, strict);
    let mut sources = library.sources().clone();
    let of_rows = claim.info.split_whitespace().nth(1) == Some("rows");
    if of_rows {
        let source = source(case, &library);
        found.extend(yardstick::internal::eval::test_rows(&library, source.datasets(), &Budget::unlimited()));
    }
    let asks = !of_rows && claim.info.split_whitespace().skip(1).any(|word| word != "strict");
    if asks {
        let source = source(case, &library);
        let (plan, more) = library.plan_anyway(&query(claim.info), &source, &Limits::default());
        sources = plan.sources;
        found.extend(more);
    }
    let mut missing: Vec<&str> = vec![];
    for line in claim.text.lines().filter(|line| !line.trim().is_empty()) {
        match found.iter().position(|problem| matches_line(problem, line, &sources)) {
            Some(at) => drop(found.remove(at)),
            None => missing.push(line),
        }
    }
    found.retain(|problem| problem.severity != Severity::Note);
    let mut text = String::new();
    if !missing.is_empty() {
        writeln!(text, "not reported:\n  {}", missing.join("\n  ")).expect("writing to a string cannot fail");
    }
    if !found.is_empty() || !missing.is_empty() {
        text += &render(&found, &sources, &Style::default());
    }
    text
}

/// `error code line: part; part`
fn matches_line(problem: &Diagnostic, line: &str, sources: &SourceMap) -> bool {
    let (head, parts) = line.split_once(':').unwrap_or((line, ""));
    let severity = match problem.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    };
    let mut found = format!("{severity} {}", problem.code);
    if let Some(label) = problem.labels.first() {
        let at = sources.file(label.span.file).line_column(label.span.start).0;
        write!(found, " {at}").expect("writing to a string cannot fail");
    }
    let texts: Vec<&str> = std::iter::once(&problem.message)
        .chain(&problem.hints)
        .chain(problem.labels.iter().map(|label| &label.text))
        .map(String::as_str)
        .collect();
    let text = texts.join("\n");
    (found == head.trim() || found.rsplit_once(' ').is_some_and(|(start, _)| start == head.trim()))
        && parts.split(';').all(|part| text.contains(part.trim()))
}

fn types(case: &Case<'_>, claim: &Block<'_>) -> String {
    let (library, _) = library(case, false);
    let mut text = String::new();
    for line in claim.text.lines() {
        let (name, expected) = line.split_once(':').expect("`name: type`");
        let id = library.id(name.trim()).unwrap_or_else(|| panic!("`{name}` is defined"));
        let found = library.type_of(id).to_string();
        if found != expected.trim() {
            writeln!(text, "{name}: expected {}, found {found}", expected.trim())
                .expect("writing to a string cannot fail");
        }
    }
    text
}
