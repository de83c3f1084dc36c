//! Turns values and formulas into text for machines: exact decimals, formulas on one line, values in the place of names.

use std::ops::Range;

use crate::value::{Decimal, Value};

/// A decimal as text, without trailing zeros.
///
/// ```
/// use yardstick::explain::plain;
/// use yardstick::value::Decimal;
///
/// assert_eq!(plain(Decimal::new(-1_250, 3)), "-1.25");
/// ```
pub fn plain(decimal: Decimal) -> String {
    let mut text = String::with_capacity(MAX_DECIMAL_LENGTH);
    push_plain(&mut text, decimal);
    text
}

/// A sign, a zero, a point and 28 or 29 digits.
const MAX_DECIMAL_LENGTH: usize = 32;

fn push_plain(text: &mut String, decimal: Decimal) {
    let (digits, start) = digits(decimal.mantissa().unsigned_abs(), decimal.scale() as usize + 1);
    let (whole, fraction) = digits[start..].split_at(MAX_DECIMAL_LENGTH - start - decimal.scale() as usize);
    let kept = fraction.iter().rposition(|&digit| digit != b'0').map_or(0, |last| last + 1);
    if decimal.is_sign_negative() && !decimal.is_zero() {
        text.push('-');
    }
    let mut push = |digits| text.push_str(std::str::from_utf8(digits).expect("digits are ASCII"));
    push(whole);
    if kept > 0 {
        push(b".");
        push(&fraction[..kept]);
    }
}

/// The digits of a mantissa below 2^96 at the end of the array, at least so many, and where they start.
fn digits(mut rest: u128, least: usize) -> ([u8; MAX_DECIMAL_LENGTH], usize) {
    let (mut digits, mut start) = ([b'0'; MAX_DECIMAL_LENGTH], MAX_DECIMAL_LENGTH);
    // In 64 bits division is quick: more digits than fit there are cut in two.
    if rest > u128::from(u64::MAX) {
        write(&mut digits, start, (rest % TEN_TO_19) as u64);
        start -= 19;
        rest /= TEN_TO_19;
    }
    start = write(&mut digits, start, rest as u64);
    (digits, start.min(MAX_DECIMAL_LENGTH - least))
}

/// Writes the digits of a number that end there, and says where they start; none of 0.
fn write(digits: &mut [u8], end: usize, mut rest: u64) -> usize {
    let mut start = end;
    while rest != 0 {
        start -= 1;
        digits[start] = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    start
}

const TEN_TO_19: u128 = 10_u128.pow(19);

/// A value as text for machines.
pub fn text(value: &Value) -> String {
    match value {
        Value::Number(number) => plain(number.decimal),
        Value::Text(text) => text.to_string(),
        Value::Boolean(value) => value.to_string(),
        Value::Date(date) => date.to_string(),
    }
}

/// Replaces places of a formula by values, on one line and without comments.
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

/// A formula on one line: comments dropped, blanks folded.
pub fn one_line(text: &str) -> String {
    if is_one_line(text) {
        return text.to_owned();
    }
    let lines = text.lines().map(|line| line.split_once('#').map_or(line, |(code, _)| code));
    let words: Vec<&str> = lines.flat_map(str::split_whitespace).collect();
    words.join(" ")
}

/// Whether nothing but single blanks stands between words; anything beyond ASCII counts as if it could be a blank.
fn is_one_line(text: &str) -> bool {
    let bytes = text.as_bytes();
    let blank_ends = bytes.first() == Some(&b' ') || bytes.last() == Some(&b' ');
    let folded = bytes.windows(2).all(|pair| pair != b"  ");
    !blank_ends && folded && bytes.iter().all(|byte| matches!(byte, b' '..=b'~') && *byte != b'#')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn decimals_are_spelled_as_the_library_spells_them(
            parts: (u32, u32, u32), kept in 0_u32..=96, negative: bool, scale in 0_u32..=28, zeros in 0_u32..=28
        ) {
            let (lo, mid, hi) = parts;
            let mantissa = u128::from(hi) << 64 | u128::from(mid) << 32 | u128::from(lo);
            let mantissa = (mantissa >> (96 - kept).min(95)) as i128;
            let unit = 10_i128.pow(zeros);
            let mantissa = (mantissa / unit * unit) * if negative { -1 } else { 1 };
            let decimal = Decimal::from_i128_with_scale(mantissa, scale);
            prop_assert_eq!(plain(decimal), decimal.normalize().to_string());
        }
    }

    #[test]
    fn decimals_at_the_edges() {
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
    fn formulas_on_one_line() {
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
