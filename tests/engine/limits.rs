//! Hostile definitions: the engine returns a result or a clear error quickly, on a small stack.

use std::fmt::Write;

use yardstick::{Library, Query};

use super::{evaluate, show};

const ONE: &[(&str, &str)] = &[("t", "x\n1\n")];

/// Runs work on a stack of 2 MiB, as a thread of a web server may have.
fn on_a_small_stack<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    std::thread::Builder::new().stack_size(2 << 20).spawn(work).unwrap().join().unwrap()
}

/// The value of `result` over one row with `x = 1`, or the first line of the error.
fn result_of(definitions: String) -> String {
    on_a_small_stack(move || match evaluate(&definitions, ONE, &Query::new(["result"])) {
        Ok(evaluation) => show(&evaluation).trim().to_owned(),
        Err(problems) => problems.lines().find(|line| line.starts_with("error")).unwrap_or_default().to_owned(),
    })
}

#[test]
fn evaluates_a_chain_of_twenty_thousand_definitions() {
    let mut text = String::from("let d0 = x\n");
    (1..20_000).for_each(|at| writeln!(text, "let d{at} = d{} + 1", at - 1).unwrap());
    text.push_str("result = d19999\n");
    assert_eq!(result_of(text), "| 20000");
}

#[test]
fn evaluates_a_chain_of_definitions_in_contexts() {
    let mut text = String::from("let d0 = x\n");
    (1..2_000).for_each(|at| writeln!(text, "let d{at} = (d{} + 1)[all]", at - 1).unwrap());
    text.push_str("result = d1999\n");
    assert_eq!(result_of(text), "| 2000");
}

#[test]
fn evaluates_sixty_functions_that_each_call_the_previous_one_twice() {
    let mut text = String::from("fn f0(a) = a\n");
    (1..60).for_each(|at| writeln!(text, "fn f{at}(a) = f{}(a) + f{}(a)", at - 1, at - 1).unwrap());
    text.push_str("result = f59(x)\n");
    // 2^59
    assert_eq!(result_of(text), "| 576460752303423488");
}

#[test]
fn evaluates_sixty_functions_with_contexts_and_sums_as_arguments() {
    let mut text = String::from("fn f0(a) = a\n");
    (1..60).for_each(|at| writeln!(text, "fn f{at}(a) = f{}(a + 1) + f{}(a + 1)[all]", at - 1, at - 1).unwrap());
    text.push_str("result = f59(x)\n");
    // 2^59 * 60 has 20 digits.
    assert_eq!(result_of(text), "| 34587645138205409280");
}

#[test]
fn functions_that_cannot_be_merged_reach_a_limit() {
    let mut text = String::from("fn f0(a) = a\n");
    (1..60).for_each(|at| writeln!(text, "fn f{at}(a) = f{}(a + 1) + f{}(a + 2)", at - 1, at - 1).unwrap());
    text.push_str("result = f59(x)\n");
    assert_eq!(result_of(text), "error[limit-reached]: the query needs more than 250000 operations");
}

#[test]
fn evaluates_or_rejects_a_long_chain_of_functions() {
    let mut text = String::from("fn f0(a) = a\n");
    (1..5_000).for_each(|at| writeln!(text, "fn f{at}(a) = f{}(a) + 1", at - 1).unwrap());
    text.push_str("result = f4999(x)\n");
    let result = result_of(text);
    assert!(result == "| 5000" || result.starts_with("error[too-large]"), "{result}");
}

#[test]
fn evaluates_a_sum_of_five_thousand_terms() {
    let text = format!("result = {}\n", vec!["x"; 5_000].join(" + "));
    assert_eq!(result_of(text), "| 5000");
}

#[test]
fn rejects_deep_nesting() {
    for text in [
        format!("result = {}x{}\n", "(".repeat(5_000), ")".repeat(5_000)),
        format!("result = {}x\n", "-".repeat(20_000)),
        format!("result = {}x{}\n", "abs(".repeat(5_000), ")".repeat(5_000)),
        format!("result = x{}\n", "[all]".repeat(5_000)),
        format!("result = {}x\n", "not ".repeat(20_000)),
        format!("result = {}1{}\n", "if true then ".repeat(5_000), " else 0".repeat(5_000)),
        format!("result = x{}\n", " ^ x".repeat(20_000)),
    ] {
        let result = result_of(text);
        assert!(result.starts_with("error[too-large]"), "{result}");
    }
}

#[test]
fn a_cycle_of_many_definitions_is_reported_once() {
    let mut text = String::new();
    (0..5_000).for_each(|at| writeln!(text, "d{at} = d{} + 1", (at + 1) % 5_000).unwrap());
    let problems = on_a_small_stack(move || Library::from_text(&text).unwrap_err());
    let errors: Vec<_> = problems.diagnostics().iter().filter(|problem| problem.is_error()).collect();
    assert_eq!(errors.len(), 1);
    assert!(errors[0].message.contains("(5000 definitions)"), "{}", errors[0].message);
}

#[test]
fn evaluates_a_chain_of_twenty_thousand_parameters() {
    let chain: String = (1..20_000).map(|at| format!("param p{at} = p{} + 1\n", at - 1)).collect();
    assert_eq!(result_of(format!("param p0 = 1\n{chain}result = p19999")), "| 20000");
}

#[test]
fn many_missing_inputs_are_reported_at_once() {
    let definitions: String = (0..20_000).map(|at| format!("x{at} = column_{at}_that_is_missing\n")).collect();
    let problem = evaluate(&definitions, &[], &Query::all()).unwrap_err();
    assert!(problem.contains("and 19988 more"));
}

#[test]
fn rejects_a_cycle_of_parameters() {
    let text = "param a = b\nparam b = a\nresult = a\n";
    assert!(result_of(text.to_owned()).starts_with("error[cycle]"));
}
