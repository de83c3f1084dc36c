//! Collects the range and the sizes of numbers, and finds numbers of another order of magnitude.

use std::collections::BTreeMap;

use crate::value::Decimal;

/// The extreme numbers that are remembered at each end.
const EXTREMES: usize = 6;

/// The numbers below which none is an outlier.
const MIN_NUMBERS: u64 = 20;

/// The most outliers at one end.
const MAX_OUTLIERS: usize = 3;

/// How many times larger than all others a number is at least, if it is an outlier.
const LARGER: i64 = 10;

/// The same for smaller ones, which are often right.
const SMALLER: i64 = 100;

/// The numbers of a column.
#[derive(Debug)]
pub(in crate::describe) struct Numbers {
    /// The least and the greatest number.
    pub range: Option<[Decimal; 2]>,
    /// True if all are whole numbers.
    pub are_whole: bool,
    /// True if no number is less than the one before it.
    pub are_sorted: bool,
    last: Option<Decimal>,
    nonzero: u64,
    /// The number of values other than 0 by size, without the sign.
    sizes: BTreeMap<Size, u64>,
    /// The largest and the smallest values other than 0, without the sign, with their rows. The most extreme come first.
    largest: Vec<(Decimal, u64)>,
    smallest: Vec<(Decimal, u64)>,
}

impl Default for Numbers {
    fn default() -> Self {
        let (range, last, nonzero, sizes, largest, smallest) = Default::default();
        Self { range, are_whole: true, are_sorted: true, last, nonzero, sizes, largest, smallest }
    }
}

/// A power of ten and a leading digit.
type Size = (i32, u32);

/// Numbers that are far from all others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::describe) struct Outliers {
    pub rows: Vec<(Decimal, u64)>,
    /// True if they are larger than the others.
    pub are_large: bool,
    /// The whole number of times that they are larger or smaller, at least.
    pub times: Decimal,
    /// The most extreme of the other numbers.
    pub next: Decimal,
}

impl Numbers {
    pub fn add(&mut self, number: Decimal, row: u64) {
        let [least, greatest] = self.range.unwrap_or([number, number]);
        self.range = Some([least.min(number), greatest.max(number)]);
        self.are_whole &= number.is_integer();
        self.are_sorted &= self.last.is_none_or(|last| last <= number);
        self.last = Some(number);
        let size = number.abs();
        if size.is_zero() {
            return;
        }
        self.nonzero += 1;
        *self.sizes.entry(size_of(size)).or_default() += 1;
        keep(&mut self.largest, (size, row), |one, other| one > other);
        keep(&mut self.smallest, (size, row), |one, other| one < other);
    }

    /// Numbers that are at least ten times larger or a hundred times smaller than all others, and farther from them than
    /// these are from the median.
    pub fn outliers(&self) -> Vec<Outliers> {
        let Some(median) = self.median().filter(|_| self.nonzero >= MIN_NUMBERS) else { return vec![] };
        [self.large_outliers(median), self.small_outliers(median)].into_iter().flatten().collect()
    }

    fn large_outliers(&self, median: Decimal) -> Option<Outliers> {
        let count = (1..=MAX_OUTLIERS).find(|&count| {
            let (Some((last, _)), Some((next, _))) = (self.largest.get(count - 1), self.largest.get(count)) else {
                return false;
            };
            is_far(*next, *last, LARGER) && is_as_far((*last, *next), (*next, median))
        })?;
        Some(outliers(&self.largest, count, true))
    }

    fn small_outliers(&self, median: Decimal) -> Option<Outliers> {
        let count = (1..=MAX_OUTLIERS).find(|&count| {
            let (Some((last, _)), Some((next, _))) = (self.smallest.get(count - 1), self.smallest.get(count)) else {
                return false;
            };
            is_far(*last, *next, SMALLER) && is_as_far((*next, *last), (median, *next))
        })?;
        Some(outliers(&self.smallest, count, false))
    }

    /// About the median of the sizes: its power of ten and its leading digit.
    fn median(&self) -> Option<Decimal> {
        let mut before = 0;
        let half = self.nonzero.div_ceil(2);
        let (exponent, digit) = *self
            .sizes
            .iter()
            .find(|(_, count)| {
                before += **count;
                before >= half
            })?
            .0;
        let power = |exponent: u32| 10_i128.checked_pow(exponent).filter(|power| *power <= Decimal::MAX.mantissa());
        match u32::try_from(exponent) {
            Ok(exponent) => Decimal::from_i128_with_scale(power(exponent)?, 0).checked_mul(digit.into()),
            Err(_) => Some(Decimal::from_i128_with_scale(digit.into(), exponent.unsigned_abs().min(28))),
        }
    }
}

fn outliers(extremes: &[(Decimal, u64)], count: usize, are_large: bool) -> Outliers {
    let (last, next) = (extremes[count - 1].0, extremes[count].0);
    let [small, large] = if are_large { [next, last] } else { [last, next] };
    let times = large.checked_div(small).unwrap_or(Decimal::MAX).floor();
    let mut rows = extremes[..count].to_vec();
    rows.sort_by_key(|(_, row)| *row);
    Outliers { rows, are_large, times, next }
}

/// Returns true if one number is many times larger than a smaller one.
fn is_far(small: Decimal, large: Decimal, times: i64) -> bool {
    small.checked_mul(times.into()).is_some_and(|least| large >= least)
}

/// Returns true if the first number of a pair is at least as many times its second as in another pair.
fn is_as_far((large, small): (Decimal, Decimal), (greater, less): (Decimal, Decimal)) -> bool {
    let (outer, inner) = (large.checked_div(small), greater.checked_div(less));
    outer.zip(inner).is_some_and(|(outer, inner)| outer >= inner)
}

/// The power of ten and the leading digit of a number above 0.
fn size_of(number: Decimal) -> Size {
    let mantissa = number.mantissa().unsigned_abs();
    let digits = mantissa.ilog10();
    (digits as i32 - number.scale() as i32, (mantissa / 10_u128.pow(digits)) as u32)
}

/// Keeps a number among the most extreme ones.
fn keep(extremes: &mut Vec<(Decimal, u64)>, number: (Decimal, u64), is_before: impl Fn(Decimal, Decimal) -> bool) {
    let at = extremes.partition_point(|(known, _)| !is_before(number.0, *known));
    if at < EXTREMES {
        extremes.insert(at, number);
        extremes.truncate(EXTREMES);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(numbers: impl IntoIterator<Item = i64>) -> Vec<(bool, Vec<u64>)> {
        let mut all = Numbers::default();
        (0..).zip(numbers).for_each(|(row, number)| all.add(number.into(), row));
        all.outliers().into_iter().map(|it| (it.are_large, it.rows.iter().map(|(_, row)| *row).collect())).collect()
    }

    #[test]
    fn finds_numbers_of_another_order_of_magnitude() {
        let usual = || (0..40).map(|number| 50 + number);
        assert_eq!(found(usual()), []);
        assert_eq!(found(usual().chain([7_000])), [(true, vec![40])]);
        assert_eq!(found(usual().chain([-7_000, 60, 9_000])), [(true, vec![40, 42])]);
        assert_eq!(found(usual().map(|number| number * 100).chain([5])), [(false, vec![40])]);
        // 800 is less than ten times 89, and 19 numbers are too few.
        assert_eq!(found(usual().chain([800])), []);
        assert_eq!(found((1..19).chain([5_000])), []);
    }

    #[test]
    fn wide_distributions_have_no_outliers() {
        assert_eq!(found((0..18).map(|power| 3_i64.pow(power)).chain([3_i64.pow(19), 3_i64.pow(21)])), []);
        let powers = (0..9).flat_map(|power| [10_i64.pow(power), 3 * 10_i64.pow(power), 7 * 10_i64.pow(power)]);
        assert_eq!(found(powers), []);
    }

    #[test]
    fn sizes_have_a_power_and_a_digit() {
        for (number, expected) in [("7", (0, 7)), ("123.45", (2, 1)), ("0.0045", (-3, 4)), ("9000", (3, 9))] {
            assert_eq!(size_of(number.parse().unwrap()), expected, "{number}");
        }
    }
}
