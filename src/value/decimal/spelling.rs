//! Formats decimals as digits.

/// Formats `mantissa / 10^scale` without trailing zeros: mantissa 1250 and scale 2 give `12.5`.
///
/// The scale is at most 28 and the mantissa is below 10^32.
pub(crate) fn spelled(mantissa: i128, scale: u32) -> String {
    let mut text = String::with_capacity(MAX_LENGTH);
    let (digits, start) = digits(mantissa.unsigned_abs(), scale as usize + 1);
    let (whole, fraction) = digits[start..].split_at(MAX_LENGTH - start - scale as usize);
    let kept = fraction.iter().rposition(|&digit| digit != b'0').map_or(0, |last| last + 1);
    if mantissa < 0 {
        text.push('-');
    }
    let mut push = |digits| text.push_str(std::str::from_utf8(digits).expect("digits are ASCII"));
    push(whole);
    if kept > 0 {
        push(b".");
        push(&fraction[..kept]);
    }
    text
}

/// Room for a sign, a zero, a point and 28 or 29 digits.
const MAX_LENGTH: usize = 32;

/// Writes at least `least` digits of a mantissa below 2^96 to the end of the array, and returns where they start.
fn digits(mut rest: u128, least: usize) -> ([u8; MAX_LENGTH], usize) {
    let (mut digits, mut start) = ([b'0'; MAX_LENGTH], MAX_LENGTH);
    // Division is fast in 64 bits, so a larger mantissa is split in two.
    if rest > u128::from(u64::MAX) {
        write(&mut digits, start, (rest % TEN_TO_19) as u64);
        start -= 19;
        rest /= TEN_TO_19;
    }
    start = write(&mut digits, start, rest as u64);
    (digits, start.min(MAX_LENGTH - least))
}

/// Writes the digits of a number up to `end` and returns where they start. The number 0 has no digits.
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::value::Decimal;

    #[test]
    fn decimals_are_formatted_without_trailing_zeros() {
        let cases =
            [(1250, 2, "12.5"), (0, 5, "0"), (-7, 3, "-0.007"), (10, 0, "10"), (-1200, 1, "-120"), (5, 1, "0.5")];
        for (mantissa, scale, expected) in cases {
            assert_eq!(spelled(mantissa, scale), expected);
        }
    }

    proptest! {
        #[test]
        fn decimals_are_formatted_as_by_rust_decimal(mantissa in -(1i128 << 96) + 1..1 << 96, zeros in 0u32..20, scale in 0u32..=28) {
            let mantissa = mantissa / 10i128.pow(zeros) * 10i128.pow(zeros);
            let decimal = Decimal::from_i128_with_scale(mantissa, scale);
            prop_assert_eq!(spelled(mantissa, scale), decimal.normalize().to_string());
        }
    }
}
