//! Converts values into lengths. Ratios are exact decimals; only the pixel is rounded.

use rust_decimal::RoundingStrategy;

use crate::value::Decimal;

/// How long the largest value is.
#[derive(Debug, Clone, Copy)]
pub struct Scale {
    largest: Decimal,
    pixels: i64,
}

impl Scale {
    /// A scale on which a value has this length.
    pub fn new(largest: Decimal, pixels: i64) -> Self {
        Self { largest: largest.abs(), pixels }
    }

    /// The length of a value, negative below 0. Longer ones are cut, and other values than 0 are visible.
    pub fn length(self, value: Decimal) -> i64 {
        let share = value.checked_div(self.largest).unwrap_or_default();
        let share = share.clamp(-Decimal::ONE, Decimal::ONE);
        let exact = share.saturating_mul(Decimal::from(self.pixels));
        let length = exact.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero);
        let length: i64 = length.try_into().unwrap_or_default();
        match (length, value.is_zero()) {
            (0, false) if value.is_sign_negative() => -1,
            (0, false) => 1,
            _ => length,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_proportional_and_visible() {
        let scale = Scale::new(Decimal::from(200), 100);
        let length = |text: &str| scale.length(text.parse().expect("it is a number"));
        assert_eq!([length("200"), length("50"), length("-50"), length("0")], [100, 25, -25, 0]);
        // Halves are rounded away from zero, and small values keep a pixel.
        assert_eq!([length("1"), length("3"), length("0.001"), length("-0.001")], [1, 2, 1, -1]);
        assert_eq!([length("1000"), Scale::new(Decimal::ZERO, 100).length(Decimal::ZERO)], [100, 0]);
    }
}
