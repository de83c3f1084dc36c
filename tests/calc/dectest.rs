//! Runs the exact cases of the General Decimal Arithmetic test suite (`.decTest` files), if it is available. The suite
//! is searched in the folder named by `YARDSTICK_DECTEST`, in `tests/dectest` and `/usr/share/dectest`, and among the
//! tests of the installed Python, which contain it.
//!
//! A case is run if its operands and its result are plain numbers of at most 28 digits before and after the point, and
//! the suite states that nothing was rounded. Every exact arithmetic must agree on these cases.

use std::path::PathBuf;

use yardstick::internal::value::ops;
use yardstick::{Decimal, Number};

const FOLDERS: &[&str] = &["tests/dectest", "/usr/share/dectest"];

const FILES: &[&str] = &["add", "subtract", "multiply", "divide", "compare", "abs", "minus", "plus", "rounding"];

/// A few lines in the format of the suite with results computed by hand, to test the reader itself.
const SAMPLE: &str = "
-- a comment
precision: 9
addx001 add 1 1 -> 2
addx002 add '5.75' '3.3' -> 9.05 -- a comment
addx003 add 1E+2 -0.5 -> 99.5
addx004 add 1 NaN -> NaN
addx005 add 999999999 0.1 -> 999999999 Inexact Rounded
subx001 subtract 0 1 -> -1
mulx001 multiply 1.20 3 -> 3.60
divx001 divide 1 8 -> 0.125
divx002 divide 1 3 -> 0.333333333 Inexact Rounded
divx003 divide 1 0 -> Infinity Division_by_zero
comx001 compare -2 1 -> -1
comx002 compare 2.0 2 -> 0
absx001 abs -2.5 -> 2.5
minx001 minus -7 -> 7
plux001 plus -7 -> -7
addx006 add 1 # -> NaN Invalid_operation
";

#[test]
fn a_sample_of_the_suite_holds() {
    let (run, skipped) = run(SAMPLE);
    assert_eq!((run, skipped), (11, 5));
}

#[test]
fn the_suite_holds_if_it_is_available() {
    let Some(folder) = folder() else {
        eprintln!("skipped: no .decTest files found; set YARDSTICK_DECTEST to their folder");
        return;
    };
    let mut total = 0;
    for name in FILES {
        let path = folder.join(format!("{name}.decTest"));
        let Ok(text) = std::fs::read_to_string(&path) else {
            eprintln!("skipped: cannot read {}", path.display());
            continue;
        };
        let (run, skipped) = run(&text);
        eprintln!("{name}: {run} cases hold, {skipped} are not exact decimals of 28 digits");
        total += run;
    }
    assert!(total > 0, "expected .decTest files with cases in {}", folder.display());
}

fn folder() -> Option<PathBuf> {
    let named = std::env::var_os("YARDSTICK_DECTEST").map(PathBuf::from);
    let mut usual = FOLDERS.iter().map(PathBuf::from).chain(python());
    named.or_else(|| usual.find(|folder| folder.join("add.decTest").is_file()))
}

/// The folder of the suite in the installed Python, if there is one with its tests.
fn python() -> Option<PathBuf> {
    let mut command = std::process::Command::new("python3");
    let said = command.args(["-c", "import test; print(test.__path__[0])"]).output().ok()?;
    let folder = PathBuf::from(String::from_utf8(said.stdout).ok()?.trim());
    said.status.success().then(|| folder.join("decimaltestdata"))
}

/// Checks all cases of a file. Returns the number of cases that were run and of those that do not apply.
fn run(text: &str) -> (usize, usize) {
    let (mut run, mut skipped) = (0, 0);
    for line in text.lines() {
        match case(line) {
            Line::NoCase => {}
            Line::Skipped => skipped += 1,
            Line::Case(found, expected) => {
                assert_eq!(found, Some(expected), "{line}");
                run += 1;
            }
        }
    }
    (run, skipped)
}

enum Line {
    NoCase,
    Skipped,
    Case(Option<Decimal>, Decimal),
}

/// A case: `id operation operand operand -> result condition…`.
fn case(line: &str) -> Line {
    let line = line.split("--").next().unwrap_or("");
    let Some((call, outcome)) = line.split_once("->") else { return Line::NoCase };
    let mut call = call.split_whitespace().skip(1);
    let Some(operation) = call.next() else { return Line::NoCase };
    let operands: Option<Vec<Number>> = call.map(|operand| exact(operand).map(Number::exact)).collect();
    let mut outcome = outcome.split_whitespace();
    let expected = outcome.next().and_then(exact);
    let rounded = outcome.any(|condition| condition != "Rounded");
    match (operands, expected, rounded) {
        (Some(operands), Some(expected), false) => match apply(operation, &operands) {
            Some(found) => Line::Case(found.ok().filter(|found| found.exact).map(|found| found.decimal), expected),
            None => Line::Skipped,
        },
        _ => Line::Skipped,
    }
}

fn apply(operation: &str, operands: &[Number]) -> Option<ops::Outcome> {
    let zero = Number::exact(Decimal::ZERO);
    Some(match (operation, operands) {
        ("add", [x, y]) => ops::add(*x, *y),
        ("subtract", [x, y]) => ops::subtract(*x, *y),
        ("multiply", [x, y]) => ops::multiply(*x, *y),
        ("divide", [x, y]) => ops::divide(*x, *y),
        ("compare", [x, y]) => Ok(Number::exact(Decimal::from(ops::compare(*x, *y) as i8))),
        ("abs", [x]) => Ok(if x.decimal < Decimal::ZERO { ops::negate(*x) } else { *x }),
        ("minus", [x]) => Ok(ops::negate(*x)),
        ("plus", [x]) => ops::add(zero, *x),
        _ => return None,
    })
}

/// The number, if a decimal holds it without rounding.
fn exact(text: &str) -> Option<Decimal> {
    let text = text.trim_matches(['\'', '"']);
    let (digits, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let exponent: i64 = exponent.parse().ok()?;
    let decimal = Decimal::from_str_exact(digits).ok()?.normalize();
    let scale = i64::from(decimal.scale()) - exponent;
    let mantissa = decimal.mantissa();
    if scale >= 0 {
        return Decimal::try_from_i128_with_scale(mantissa, u32::try_from(scale).ok()?).ok();
    }
    let zeros = u32::try_from(-scale).ok().filter(|zeros| *zeros <= 28)?;
    Decimal::try_from_i128_with_scale(mantissa.checked_mul(10_i128.pow(zeros))?, 0).ok()
}
