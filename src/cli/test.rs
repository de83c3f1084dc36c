//! `kpi test`: runs the examples and tests in definitions, and reports each failure with its derivation.

use std::fmt::Write;

use super::Answer;
use super::args::Test;
use super::files::kpi_files;
use super::output::Printed;
use crate::budget::Budget;
use crate::diagnostic::{Code, Diagnostic, did_you_mean, printable_line};
use crate::explain;
use crate::library::Library;
use crate::render::{self, Locale};
use crate::testing::{self, Failure, OtherValue, TestResult, TestScope};
use crate::value::unit::Type;
use crate::value::{Cell, Decimal, Value};

pub(super) fn run(arguments: &Test, budget: &Budget) -> Answer {
    let mut problems = vec![];
    let files = kpi_files(&arguments.files, &mut problems);
    if files.is_empty() && problems.is_empty() && !arguments.std {
        let nothing = Diagnostic::error(Code::Unreadable, "there are no .kpi files in this folder");
        problems.push(
            nothing.hint("name the definitions: `kpi test -f FILE|DIR`, or add `--std` to test the standard library"),
        );
    }
    let builder = files.iter().fold(Library::builder(), |builder, file| builder.file(file));
    let (library, found) = builder.build_within(budget);
    problems.extend(found.into_iter().filter(Diagnostic::is_error));
    let runs = match results(&library, arguments.std, budget) {
        Ok(runs) => runs,
        Err(limit) => {
            problems.push(limit);
            return Answer { problems, sources: library.sources().clone(), ..Answer::default() };
        }
    };
    let all = || runs.iter().flat_map(|(library, results)| results.iter().map(move |result| (library, result)));
    let filter = arguments.filter.as_deref().unwrap_or_default();
    let selected: Vec<_> = all().filter(|(_, result)| result.title.contains(filter)).collect();
    if selected.is_empty() && !filter.is_empty() {
        problems.push(no_test(filter, all().map(|(_, result)| &*result.title)));
        return Answer { problems, sources: library.sources().clone(), ..Answer::default() };
    }
    let (text, failed) = report(&selected, &Locale::new(arguments.lang));
    Answer { printed: Printed::Marked(text), problems, sources: library.sources().clone(), failed, ..Answer::default() }
}

/// Runs the user's tests and, if asked for, those of the standard library.
fn results(library: &Library, standard: bool, budget: &Budget) -> Result<Vec<(Library, Vec<TestResult>)>, Diagnostic> {
    let mut runs = vec![(library.clone(), testing::run_within(library, TestScope::User, budget)?)];
    if standard {
        // Compiled without the user's texts: tests of definitions that these override are up to the user.
        let library = Library::builder().build_anyway().0;
        let results = testing::run_within(&library, TestScope::Standard, budget)?;
        runs.push((library, results));
    }
    Ok(runs)
}

/// Describes each failure and counts passed and failed tests. Returns true if any test failed.
fn report(results: &[(&Library, &TestResult)], locale: &Locale) -> (String, bool) {
    let mut text = String::new();
    let failed: Vec<_> = results.iter().filter(|(_, result)| !result.passed()).collect();
    failed.iter().for_each(|(library, result)| describe(result, library, locale, &mut text));
    text.push_str(&summary((results.len() - failed.len(), failed.len())));
    (text, !failed.is_empty())
}

/// The maximum number of titles that a message lists.
const MAX_LISTED: usize = 10;

fn no_test<'a>(filter: &str, titles: impl Iterator<Item = &'a str>) -> Diagnostic {
    // An example is named after its KPI, a test after its title.
    let mut names: Vec<&str> = titles.map(|title| title.split_once(": ").map_or(title, |(kpi, _)| kpi)).collect();
    names.dedup();
    let listed = |names: &[&str]| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let list = match names.len() {
        0 => "the files contain no examples or tests".to_owned(),
        1..=MAX_LISTED => format!("there are tests for {}", listed(&names)),
        more => format!("there are tests for {} and {} more", listed(&names[..MAX_LISTED]), more - MAX_LISTED),
    };
    Diagnostic::error(Code::BadQuery, format!("no title of a test and no KPI with an example contains `{filter}`"))
        .maybe_hint(did_you_mean(filter, names.iter().copied()))
        .hint(list)
}

/// `12 passed, 1 failed`
fn summary((passed, failed): (usize, usize)) -> String {
    match (passed, failed) {
        (0, 0) => "no examples or tests\n".to_owned(),
        (_, 0) => format!("{passed} passed\n"),
        _ => format!("{passed} passed, {failed} failed\n"),
    }
}

fn describe(result: &TestResult, library: &Library, locale: &Locale, text: &mut String) {
    let _ = writeln!(text, "failed: {}\n  {}", printable_line(&result.title), library.sources().place(result.span));
    for failure in &result.failures {
        let description = match failure {
            Failure::Value(value) => other_value(value, library, locale),
            Failure::Problems(problems) => problems.to_string(),
        };
        text.push('\n');
        for line in description.trim_end().lines() {
            let _ = writeln!(text, "{}", format!("  {line}").trim_end());
        }
    }
    text.push('\n');
}

fn other_value(value: &OtherValue, library: &Library, locale: &Locale) -> String {
    let group: Vec<String> =
        value.group.iter().map(|(name, key)| format!("{name} {}", key.as_deref().unwrap_or("(blank)"))).collect();
    let at = if group.is_empty() { String::new() } else { format!(" at {}", group.join(", ")) };
    let found = found(&value.found, &value.ty, value.expected.ends_with('%'));
    let tree = render::derivation(
        &explain::Explanation { group: Default::default(), ..value.explanation.clone() },
        library,
        locale,
    );
    format!("{}{at}\n  expected  {}\n  found     {found}\n\n{tree}", value.kpi, value.expected)
}

/// The exact value in the notation of the expected one, so that the two can be compared digit by digit.
fn found(cell: &Cell, ty: &Type, percent: bool) -> String {
    match cell {
        Err(_) => "undefined".to_owned(),
        Ok(Value::Number(number)) => {
            let hundredfold = percent.then(|| number.decimal.checked_mul(Decimal::ONE_HUNDRED)).flatten();
            let unit = ty.unit_name().map(|unit| format!(" {unit}")).unwrap_or_default();
            match hundredfold {
                Some(value) => format!("{}%", explain::plain(value)),
                None => format!("{}{unit}", explain::plain(number.decimal)),
            }
        }
        Ok(Value::Text(text)) => format!("\"{text}\""),
        Ok(value) => value.to_string(),
    }
}
