//! Splits the difference of one operation among its operands: the Shapley values of its direct operands.
//!
//! A Shapley value is the mean of what an operand adds over all orders in which the operands can change. It depends on
//! no order, the values add up to the difference, and an operand that does not change gets 0.

use num_bigint::BigInt;
use num_traits::One;

use super::number::Exact;

/// An operand before and after.
pub type Both = [Exact; 2];

/// The difference of an operand.
pub fn difference([before, after]: &Both) -> Exact {
    after.minus(before)
}

/// The multiplier of each factor of a product x₁^e₁·x₂^e₂·…: what one unit of its difference contributes. A factor that
/// does not change has one too.
///
/// The Shapley value of a factor is its difference times the mean of the products of all others, where a mean runs over
/// how many of the others have changed: with n others, each number k of them has the weight k!(n-k)!/(n+1)!.
///
/// None if a factor with a negative exponent is 0.
pub fn product(factors: &[(Both, i32)]) -> Option<Vec<Exact>> {
    let powers =
        factors.iter().map(|([before, after], exponent)| Some([before.power(*exponent)?, after.power(*exponent)?]));
    let powers: Vec<Both> = powers.collect::<Option<_>>()?;
    let weights = weights(factors.len());
    let multiplier = |at: usize| {
        let others = powers.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, power)| power);
        let by_count = by_count(others);
        let mean = by_count.iter().zip(&weights).map(|(sum, weight)| sum.times(weight));
        let mean = mean.fold(Exact::zero(), |mean, part| mean.plus(&part));
        let (values, exponent) = &factors[at];
        Some(secant(values, *exponent)?.times(&mean))
    };
    (0..factors.len()).map(multiplier).collect()
}

/// The weights k!(n-1-k)!/n! for k = 0, 1, …, n-1.
fn weights(count: usize) -> Vec<Exact> {
    let mut factorials = vec![BigInt::one()];
    (1..=count).for_each(|number| factorials.push(&factorials[number - 1] * number));
    let weight = |changed: usize| &factorials[changed] * &factorials[count - 1 - changed];
    (0..count).map(|changed| Exact::fraction(weight(changed), factorials[count].clone())).collect()
}

/// For each number of factors that have changed, the sum of the products over all choices of that many.
fn by_count<'f>(factors: impl Iterator<Item = &'f Both>) -> Vec<Exact> {
    let mut sums = vec![Exact::one()];
    for [before, after] in factors {
        let shifted = std::iter::once(Exact::zero()).chain(sums.iter().map(|sum| sum.times(after)));
        let kept = sums.iter().map(|sum| sum.times(before)).chain([Exact::zero()]);
        sums = shifted.zip(kept).map(|(shifted, kept)| shifted.plus(&kept)).collect();
    }
    sums
}

/// The slope of x^`exponent` between two points; at equal points, the derivative.
fn secant([before, after]: &Both, exponent: i32) -> Option<Exact> {
    // (a^n - b^n) / (a - b) = a^(n-1) + a^(n-2)·b + … + b^(n-1)
    let count = i32::try_from(exponent.unsigned_abs()).ok()?;
    let terms = (0..count).map(|at| Some(after.power(at)?.times(&before.power(count - 1 - at)?)));
    let sum = terms.sum_of()?;
    match exponent < 0 {
        false => Some(sum),
        true => sum.negated().per(&before.times(after).power(count)?),
    }
}

trait SumOf {
    fn sum_of(self) -> Option<Exact>;
}

impl<I: Iterator<Item = Option<Exact>>> SumOf for I {
    fn sum_of(mut self) -> Option<Exact> {
        self.try_fold(Exact::zero(), |sum, term| Some(sum.plus(&term?)))
    }
}

/// The Shapley values of any operation of `count` operands that differ. `value` computes the operation where the operands
/// in the set, a bit for each, have changed. None if it is undefined for some set.
pub fn shapley(count: usize, value: impl Fn(usize) -> Option<Exact>) -> Option<Vec<Exact>> {
    let values: Vec<Exact> = (0..1 << count).map(value).collect::<Option<_>>()?;
    let weights = weights(count);
    let own = |operand: usize| {
        let without = (0..values.len()).filter(|set| set & (1 << operand) == 0);
        let parts = without.map(|set| {
            let added = values[set | 1 << operand].minus(&values[set]);
            added.times(&weights[set.count_ones() as usize])
        });
        parts.fold(Exact::zero(), |sum, part| sum.plus(&part))
    };
    Some((0..count).map(own).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn both(before: i64, after: i64) -> Both {
        [Exact::whole(before), Exact::whole(after)]
    }

    fn contributions(factors: &[(Both, i32)]) -> Vec<Exact> {
        let multipliers = product(factors).expect("no divisor is 0");
        multipliers.iter().zip(factors).map(|(multiplier, (values, _))| multiplier.times(&difference(values))).collect()
    }

    /// By hand: Δ = 12·5 - 10·4 = 20; price 2·(4+5)/2 = 9, quantity 1·(10+12)/2 = 11.
    #[test]
    fn a_product_of_two_factors() {
        assert_eq!(contributions(&[(both(10, 12), 1), (both(4, 5), 1)]), [Exact::whole(9), Exact::whole(11)]);
    }

    /// By hand: 600/10 = 60 to 660/12 = 55. Numerator 60·(1/10+1/12)/2 = 5.5, denominator -630·2/120 = -10.5.
    #[test]
    fn a_quotient() {
        let parts = contributions(&[(both(600, 660), 1), (both(10, 12), -1)]);
        assert_eq!(parts, [Exact::fraction(11.into(), 2.into()), Exact::fraction((-21).into(), 2.into())]);
    }

    /// By hand, with C_x = Δx·[y₀z₀ + (y₀Δz + z₀Δy)/2 + ΔyΔz/3] for x 1→2, y 2→4, z 3→4.
    #[test]
    fn a_product_of_three_factors() {
        let parts = contributions(&[(both(1, 2), 1), (both(2, 4), 1), (both(3, 4), 1)]);
        let thirds = |number: i64| Exact::fraction(number.into(), 3.into());
        assert_eq!(parts, [thirds(32), thirds(32), thirds(14)]);
        assert_eq!(parts.iter().fold(Exact::zero(), |sum, part| sum.plus(part)), Exact::whole(26));
    }

    proptest! {
        /// The polynomial form of products is the sum over all sets of changed factors.
        #[test]
        fn products_are_split_as_any_operation(
            factors in prop::collection::vec(((-5..=5_i64, -5..=5_i64), prop_oneof![Just(1), Just(-1), Just(2)]), 1..6)
        ) {
            let factors: Vec<(Both, i32)> = factors.into_iter().map(|((before, after), exponent)| (both(before, after), exponent)).collect();
            let value = |set: usize| {
                let powers = factors.iter().enumerate().map(|(at, (values, exponent))| values[set >> at & 1].power(*exponent));
                powers.into_iter().try_fold(Exact::one(), |product, power| Some(product.times(&power?)))
            };
            match (product(&factors), shapley(factors.len(), value)) {
                (Some(_), expected) => prop_assert_eq!(Some(contributions(&factors)), expected),
                (None, expected) => prop_assert_eq!(None, expected),
            }
        }
    }
}
