//! `kpi test`: turns the examples and tests of definitions into what failed, each with its derivation, and a count.

use std::fmt::Write;
use std::sync::Arc;

use super::Answer;
use super::args::Test;
use super::files::kpi_files;
use super::output::Printed;
use crate::diagnostic::{Diagnostic, Style, printable_line, render};
use crate::explain;
use crate::library::Library;
use crate::render::{self, Locale};
use crate::testing::{self, Failure, OtherValue, Scope, TestResult};
use crate::value::unit::Type;
use crate::value::{Cell, Decimal, Value};

pub(super) fn run(arguments: &Test) -> Answer {
    let mut problems = vec![];
    let files = kpi_files(&arguments.files, &mut problems);
    let builder = files.iter().fold(Library::builder(), |builder, file| builder.file(file));
    let (library, found) = builder.compile_anyway();
    problems.extend(found.into_iter().filter(Diagnostic::is_error));
    let locale = Locale::new(arguments.lang);
    let (mut text, mut counts) = (String::new(), (0, 0));
    let library = Arc::new(library);
    report(&library, Scope::User, arguments, &locale, &mut text, &mut counts);
    if arguments.std {
        // Without the user's texts: what they replace is theirs to test.
        let standard = Arc::new(Library::builder().compile_anyway().0);
        report(&standard, Scope::Standard, arguments, &locale, &mut text, &mut counts);
    }
    text.push_str(&summary(counts));
    Answer {
        printed: Printed::Marked(text),
        problems,
        sources: library.sources().clone(),
        failed: counts.1 > 0,
        ..Answer::default()
    }
}

/// Runs what a scope covers; tells what failed, and counts what passed and what failed.
fn report(
    library: &Arc<Library>,
    scope: Scope,
    arguments: &Test,
    locale: &Locale,
    text: &mut String,
    (passed, failed): &mut (usize, usize),
) {
    let wanted =
        |result: &TestResult| arguments.filter.as_ref().is_none_or(|filter| result.title.contains(filter.as_str()));
    for result in testing::run(library, scope).iter().filter(|result| wanted(result)) {
        if result.passed() {
            *passed += 1;
        } else {
            *failed += 1;
            tell(result, library, locale, text);
        }
    }
}

/// `12 passed, 1 failed`
fn summary((passed, failed): (usize, usize)) -> String {
    match (passed, failed) {
        (0, 0) => "no examples or tests\n".to_owned(),
        (_, 0) => format!("{passed} passed\n"),
        _ => format!("{passed} passed, {failed} failed\n"),
    }
}

fn tell(result: &TestResult, library: &Library, locale: &Locale, text: &mut String) {
    let _ = writeln!(text, "failed: {}\n  {}", printable_line(&result.title), library.sources().place(result.span));
    for failure in &result.failures {
        let told = match failure {
            Failure::Value(value) => other_value(value, library, locale),
            Failure::Problems(problems) => render(&problems.diagnostics, &problems.sources, &Style::default()),
        };
        text.push('\n');
        for line in told.trim_end().lines() {
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

/// The exact value, spelled as the expected one is, so that the two can be compared digit by digit.
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
        Ok(value) => explain::text(value),
    }
}
