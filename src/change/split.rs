//! Splits the difference of one operation among its operands: the Shapley values of its direct operands.
//!
//! A Shapley value is the mean of what an operand adds over all orders in which the operands can change. It depends on
//! no order, the values add up to the difference, and an operand that does not change gets 0.

use super::int::Int;
use super::number::{Common, Exact};

/// An operand before and after.
pub type Both = [Exact; 2];

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
    let is_exact = powers.iter().flatten().all(Exact::is_exact);
    let scaled: Vec<Factor> = powers.iter().map(Factor::of).collect();
    let all = scaled.iter().fold(vec![Int::ONE], |product, factor| factor.times(&product));
    let weights = weights(factors.len());
    let whole = scaled.iter().fold(Int::ONE, |whole, factor| whole.times(&factor.denominator));
    let multiplier = |(factor, (values, exponent)): (&Factor, &(Both, i32))| {
        let others = if factor.is_zero() { product_of_others(&scaled, factor) } else { factor.divides(&all) };
        let terms = others.iter().zip(&weights);
        let mean = terms.fold(Int::ZERO, |mean, (sum, weight)| mean.plus(&sum.times(weight)));
        let denominator = factorial(factors.len()).times(&whole.divided(&factor.denominator).0);
        let mean = Exact::fraction(mean, denominator).rounded_unless(is_exact);
        Some(secant(values, *exponent)?.times(&mean))
    };
    scaled.iter().zip(factors).map(multiplier).collect()
}

/// A factor that is before, or after, over a common denominator: (before + after·t) / denominator. In a product of them,
/// the coefficient of t^k is the sum over all choices of k factors that have changed. Whole numbers need no common
/// divisors, unlike fractions, which would spend all time on them.
struct Factor {
    before: Int,
    after: Int,
    denominator: Int,
}

impl Factor {
    fn of([before, after]: &Both) -> Self {
        let Common { numerators: [before, after], denominator } = before.common(after);
        Self { before: before.into_owned(), after: after.into_owned(), denominator: denominator.into_owned() }
    }

    fn is_zero(&self) -> bool {
        self.before.is_zero() && self.after.is_zero()
    }

    fn times(&self, product: &[Int]) -> Vec<Int> {
        let at = |power: usize, factor: &Int| product.get(power).map_or(Int::ZERO, |own| own.times(factor));
        let shifted = |power: usize| power.checked_sub(1).map_or(Int::ZERO, |power| at(power, &self.after));
        (0..=product.len()).map(|power| at(power, &self.before).plus(&shifted(power))).collect()
    }

    /// The product without this factor, which is not 0.
    fn divides(&self, product: &[Int]) -> Vec<Int> {
        if self.before.is_zero() {
            return product[1..].iter().map(|coefficient| coefficient.exactly(&self.after)).collect();
        }
        let mut quotient: Vec<Int> = vec![];
        for coefficient in &product[..product.len() - 1] {
            let carried = quotient.last().map_or(Int::ZERO, |last| last.times(&self.after));
            quotient.push(coefficient.minus(&carried).exactly(&self.before));
        }
        quotient
    }
}

/// The product of all factors but this one, which is 0.
fn product_of_others(factors: &[Factor], own: &Factor) -> Vec<Int> {
    let others = factors.iter().filter(|factor| !std::ptr::eq(*factor, own));
    others.fold(vec![Int::ONE], |product, factor| factor.times(&product))
}

fn factorial(number: usize) -> Int {
    (1..=number as i64).fold(Int::ONE, |product, factor| product.times(&factor.into()))
}

/// The weights k!(n-1-k)! for k = 0, 1, …, n-1, of which n! are a mean.
fn weights(count: usize) -> Vec<Int> {
    (0..count).map(|changed| factorial(changed).times(&factorial(count - 1 - changed))).collect()
}

/// The slope of x^`exponent` between two points; at equal points, the derivative.
fn secant([before, after]: &Both, exponent: i32) -> Option<Exact> {
    // (a^n - b^n) / (a - b) = a^(n-1) + a^(n-2)·b + … + b^(n-1)
    let (mut sum, mut power) = (Exact::zero(), Exact::one());
    for _ in 0..exponent.unsigned_abs() {
        sum = sum.times(after).plus(&power);
        power = power.times(before);
    }
    match exponent < 0 {
        false => Some(sum),
        true => sum.negated().per(&before.times(after).power(-exponent)?),
    }
}

/// The Shapley values of any operation of `count` operands that differ. `value` computes the operation where the operands
/// in the set, a bit for each, have changed. None if it is undefined for some set.
pub fn shapley(count: usize, value: impl Fn(usize) -> Option<Exact>) -> Option<Vec<Exact>> {
    let values: Vec<Exact> = (0..1 << count).map(value).collect::<Option<_>>()?;
    let weights: Vec<Exact> = weights(count).into_iter().map(|weight| Exact::fraction(weight, Int::ONE)).collect();
    let one = Exact::fraction(Int::ONE, factorial(count));
    let own = |operand: usize| {
        let without = (0..values.len()).filter(|set| set & (1 << operand) == 0);
        let parts = without.map(|set| {
            let added = values[set | 1 << operand].minus(&values[set]);
            added.times(&weights[set.count_ones() as usize])
        });
        parts.fold(Exact::zero(), |sum, part| sum.plus(&part)).times(&one)
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
        multipliers
            .iter()
            .zip(factors)
            .map(|(multiplier, (values, _))| multiplier.times(&values[1].minus(&values[0])))
            .collect()
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

    /// 32 factors with decimals took seconds, while each step of their product was reduced to lowest terms.
    #[test]
    fn long_products_take_little_time() {
        let decimal = |units: i64| Exact::fraction(units.into(), 1_000.into());
        let factors: Vec<(Both, i32)> = (0..32).map(|at| ([decimal(1_003 + at), decimal(1_107 + at)], 1)).collect();
        let start = std::time::Instant::now();
        let sum = contributions(&factors).iter().fold(Exact::zero(), |sum, part| sum.plus(part));
        let [before, after] = [0, 1]
            .map(|side: usize| factors.iter().fold(Exact::one(), |product, (values, _)| product.times(&values[side])));
        assert_eq!(sum, after.minus(&before));
        assert!(start.elapsed().as_secs() < 2, "{:?}", start.elapsed());
    }

    /// By hand: of x·y·z with x always 0, y from 0 to 2 and z from 3 to 4, x has the multiplier (0·3·2 + 2·3 + 0·4 + 2·4·2)/6
    /// = 11/3, and y and z have 0.
    #[test]
    fn factors_may_be_zero() {
        let multipliers = product(&[(both(0, 0), 1), (both(0, 2), 1), (both(3, 4), 1)]).expect("no divisor is 0");
        assert_eq!(multipliers, [Exact::fraction(11.into(), 3.into()), Exact::zero(), Exact::zero()]);
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
