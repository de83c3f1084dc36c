//! Turns values and formulas into text for programs: exact decimals, formulas on one line, values in place of names.

use std::ops::Range;

use crate::value::{Decimal, spelled};

/// Writes a decimal as text, without trailing zeros.
///
/// ```
/// use yardstick::internal::explain::plain;
/// use yardstick::Decimal;
///
/// assert_eq!(plain(Decimal::new(-1_250, 3)), "-1.25");
/// ```
pub fn plain(decimal: Decimal) -> String {
    spelled(decimal.mantissa(), decimal.scale())
}

/// Replaces places in a formula with values. The result is on one line and has no comments.
pub fn substitute(formula: &str, places: &[Range<usize>], values: impl Iterator<Item = String>) -> String {
    let (mut result, mut at) = (String::with_capacity(2 * formula.len()), 0);
    for (place, value) in places.iter().zip(values) {
        if place.start < at {
            continue;
        }
        result.push_str(&formula[at..place.start]);
        result.push_str(&value);
        at = place.end;
    }
    result.push_str(&formula[at..]);
    if is_one_line(&result) { result } else { one_line(&result) }
}

/// Puts a formula on one line: removes comments and collapses white space.
pub fn one_line(text: &str) -> String {
    if is_one_line(text) {
        return text.to_owned();
    }
    let lines = text.lines().map(|line| line.split_once('#').map_or(line, |(code, _)| code));
    let words: Vec<&str> = lines.flat_map(str::split_whitespace).collect();
    words.join(" ")
}

/// True if words are separated by single spaces only. Text with characters beyond ASCII returns false, because these
/// may be white space.
fn is_one_line(text: &str) -> bool {
    let bytes = text.as_bytes();
    let blank_ends = bytes.first() == Some(&b' ') || bytes.last() == Some(&b' ');
    let folded = bytes.windows(2).all(|pair| pair != b"  ");
    !blank_ends && folded && bytes.iter().all(|byte| matches!(byte, b' '..=b'~') && *byte != b'#')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_extreme_decimals() {
        for (decimal, expected) in [
            (Decimal::ZERO, "0"),
            (Decimal::new(0, 28), "0"),
            (-Decimal::ZERO, "0"),
            (Decimal::MAX, "79228162514264337593543950335"),
            (Decimal::MIN, "-79228162514264337593543950335"),
            (Decimal::new(-1, 28), "-0.0000000000000000000000000001"),
            (Decimal::new(100, 2), "1"),
            (Decimal::new(10, 0), "10"),
            (Decimal::from_i128_with_scale(10_i128.pow(19), 0), "10000000000000000000"),
        ] {
            assert_eq!(plain(decimal), expected);
        }
    }

    #[test]
    fn puts_formulas_on_one_line() {
        for (written, expected) in [
            ("a / b", "a / b"),
            ("a /\n  b", "a / b"),
            ("a  /\tb ", "a / b"),
            (" a", "a"),
            ("a # the first\n/ b", "a / b"),
            ("é\u{a0}/ b", "é / b"),
            ("", ""),
        ] {
            assert_eq!(one_line(written), expected, "{written:?}");
        }
        assert_eq!(substitute("a /\n  b", &[0..1, 6..7], ["1".to_owned(), "2".to_owned()].into_iter()), "1 / 2");
    }
}
