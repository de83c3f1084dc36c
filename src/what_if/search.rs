//! Finds where a function has a value by evaluating it: for formulas that are not quotients of polynomials.

use std::cmp::Ordering;

use crate::diagnostic::Diagnostic;
use crate::value::Decimal;

/// The number of equal steps between the bounds.
const STEPS: i64 = 1_024;

/// The points on both sides of the present value, each a ninth further away from it than the one before.
const NEAR_POINTS: u32 = 240;

/// The parts into which an interval is divided at a time.
const PARTS: i64 = 16;

/// The digits to which a point is found.
const DIGITS: u32 = 27;

/// A difference is that of a jump if it stays above one part in 10^9 of the first one.
const JUMP_SCALE: u32 = 9;

/// What was found between two bounds.
#[derive(Debug, Default, PartialEq)]
pub struct Hits {
    /// The points with the wanted value: one, or the first and the last one of those in a row.
    pub values: Vec<(Decimal, Decimal)>,
    /// The points at which the function passes the wanted value without taking it.
    pub jumps: Vec<Decimal>,
}

/// The distance of the function from the wanted value at some points. None where it is undefined.
pub trait Distance {
    /// The distances.
    ///
    /// # Errors
    /// The limit that was reached.
    fn at(&self, points: &[Decimal]) -> Result<Vec<Option<Decimal>>, Diagnostic>;
}

impl<F: Fn(&[Decimal]) -> Result<Vec<Option<Decimal>>, Diagnostic>> Distance for F {
    fn at(&self, points: &[Decimal]) -> Result<Vec<Option<Decimal>>, Diagnostic> {
        self(points)
    }
}

/// The points between the bounds at which the distance is 0, and those at which it changes its sign.
///
/// # Errors
/// The limit that was reached.
pub fn search(distance: &dyn Distance, bounds: [Decimal; 2], present: Option<Decimal>) -> Result<Hits, Diagnostic> {
    let points = points(bounds, present);
    let distances = distance.at(&points)?;
    let known: Vec<Point> = points.into_iter().zip(distances).filter_map(|(at, it)| Some((at, it?))).collect();
    let mut hits = Hits::default();
    let mut at = 0;
    while at < known.len() {
        let zeros = known[at..].iter().take_while(|(_, distance)| distance.is_zero()).count();
        if zeros > 0 {
            let before = at.checked_sub(1).map(|before| known[before].0);
            let (first, last) = (known[at].0, known[at + zeros - 1].0);
            hits.values.push(spread(distance, [before, known.get(at + zeros).map(|it| it.0)], [first, last])?);
            at += zeros;
            continue;
        }
        if let Some(next) = known.get(at + 1).filter(|(_, next)| opposed(known[at].1, *next)) {
            between(distance, known[at], *next, &mut hits)?;
        }
        at += 1;
    }
    Ok(hits)
}

/// A point and the distance there.
type Point = (Decimal, Decimal);

fn opposed(a: Decimal, b: Decimal) -> bool {
    !a.is_zero() && !b.is_zero() && a.is_sign_negative() != b.is_sign_negative()
}

/// The points at which the function is evaluated first, in order.
fn points([low, high]: [Decimal; 2], present: Option<Decimal>) -> Vec<Decimal> {
    let width = high.saturating_sub(low);
    let step = width / Decimal::from(STEPS);
    let mut points: Vec<Decimal> =
        (0..STEPS).map(|at| low.saturating_add(step.saturating_mul(at.into()))).chain([high]).collect();
    let mut distance = width / Decimal::from(2);
    for _ in 0..NEAR_POINTS {
        let near = present.into_iter().flat_map(|it| [it.checked_sub(distance), it.checked_add(distance)]);
        points.extend(near.flatten());
        distance = distance / Decimal::from(9) * Decimal::from(8);
    }
    points.extend(present.into_iter().chain([Decimal::ZERO]));
    points.retain(|point| (low..=high).contains(point));
    points.sort_unstable();
    points.dedup();
    points
}

/// The points between two, which are not included.
fn inner(low: Decimal, high: Decimal) -> Vec<Decimal> {
    let step = high.saturating_sub(low) / Decimal::from(PARTS);
    let mut points: Vec<Decimal> = (1..PARTS).map(|at| low.saturating_add(step.saturating_mul(at.into()))).collect();
    points.retain(|point| low < *point && *point < high);
    points.dedup();
    points
}

/// True if two points are as close together as decimals of [`DIGITS`] digits are.
fn are_close(low: Decimal, high: Decimal) -> bool {
    let size = low.abs().max(high.abs());
    let digits = Decimal::from_i128_with_scale(1, DIGITS);
    high.saturating_sub(low) <= size.saturating_mul(digits)
}

/// Narrows an interval at whose ends the distance has different signs.
fn between(distance: &dyn Distance, mut low: Point, mut high: Point, hits: &mut Hits) -> Result<(), Diagnostic> {
    let first = low.1.abs().max(high.1.abs());
    loop {
        let points = inner(low.0, high.0);
        if points.is_empty() || are_close(low.0, high.0) {
            break;
        }
        let distances = distance.at(&points)?;
        let inside = points.into_iter().zip(distances).filter_map(|(at, distance)| Some((at, distance?)));
        let known: Vec<Point> = std::iter::once(low).chain(inside).chain([high]).collect();
        if let Some(zero) = known.iter().position(|(_, distance)| distance.is_zero()) {
            let zeros = known[zero..].iter().take_while(|(_, distance)| distance.is_zero()).count();
            let last = zero + zeros - 1;
            let around = [Some(known[zero - 1].0), known.get(last + 1).map(|it| it.0)];
            hits.values.push(spread(distance, around, [known[zero].0, known[last].0])?);
            return Ok(());
        }
        let pair = known.windows(2).find(|pair| opposed(pair[0].1, pair[1].1)).expect("the ends have different signs");
        if known.len() == 2 {
            break;
        }
        (low, high) = (pair[0], pair[1]);
    }
    if let Some(round) = rounded(distance, low.0, high.0)? {
        hits.values.push((round, round));
        return Ok(());
    }
    let nearer = if low.1.abs().cmp(&high.1.abs()) == Ordering::Greater { high } else { low };
    let farther = low.1.abs().max(high.1.abs());
    match farther <= first * Decimal::new(1, JUMP_SCALE) {
        true => hits.values.push((nearer.0, nearer.0)),
        false => hits.jumps.push(nearer.0),
    }
    Ok(())
}

/// The decimal with the fewest digits between two points that are close together, if it has the wanted value.
fn rounded(distance: &dyn Distance, low: Decimal, high: Decimal) -> Result<Option<Decimal>, Diagnostic> {
    let mut points: Vec<Decimal> = (0..=Decimal::MAX_SCALE).map(|scale| high.round_dp(scale).normalize()).collect();
    points.retain(|point| (low..=high).contains(point));
    points.dedup();
    let distances = distance.at(&points)?;
    let is_hit = |(_, distance): &(Decimal, Option<Decimal>)| distance.is_some_and(|distance| distance.is_zero());
    Ok(points.into_iter().zip(distances).find(is_hit).map(|(point, _)| point))
}

/// The first and the last point in a row with the wanted value. `around` are points beside them without it.
fn spread(
    distance: &dyn Distance,
    around: [Option<Decimal>; 2],
    [first, last]: [Decimal; 2],
) -> Result<(Decimal, Decimal), Diagnostic> {
    let edge = |inside: Decimal, outside: Option<Decimal>| match outside {
        None => Ok(inside),
        Some(outside) => edge(distance, inside, outside),
    };
    Ok((edge(first, around[0])?, edge(last, around[1])?))
}

/// The last point with the wanted value between one that has it and one that does not.
fn edge(distance: &dyn Distance, mut inside: Decimal, mut outside: Decimal) -> Result<Decimal, Diagnostic> {
    loop {
        let (low, high) = (inside.min(outside), inside.max(outside));
        let mut points = inner(low, high);
        if points.is_empty() || are_close(low, high) {
            return Ok(rounded(distance, low, high)?.unwrap_or(inside));
        }
        if inside > outside {
            points.reverse();
        }
        let distances = distance.at(&points)?;
        let end = distances.iter().take_while(|it| it.is_some_and(|it| it.is_zero())).count();
        outside = points.get(end).copied().unwrap_or(outside);
        inside = end.checked_sub(1).map_or(inside, |at| points[at]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(function: impl Fn(Decimal) -> Option<Decimal>, bounds: [i64; 2]) -> Hits {
        let distance = |points: &[Decimal]| Ok(points.iter().map(|point| function(*point)).collect());
        search(&distance, bounds.map(Decimal::from), Some(Decimal::from(7))).expect("there is no limit")
    }

    fn number(text: &str) -> Decimal {
        text.parse().expect("it is a decimal")
    }

    #[test]
    fn crossings_are_found() {
        let line = found(|x| x.checked_sub(number("12.345")), [0, 1_000]);
        assert_eq!(line.values, [(number("12.345"), number("12.345"))]);
        let parabola = found(|x| (x * x).checked_sub(Decimal::from(9)), [-100, 100]);
        let roots: Vec<Decimal> = parabola.values.iter().map(|(first, _)| first.normalize()).collect();
        assert_eq!((roots, parabola.jumps.len()), (vec![Decimal::from(-3), Decimal::from(3)], 0));
    }

    #[test]
    fn ends_are_included() {
        let low = found(Some, [0, 10]);
        assert_eq!(low.values, [(Decimal::ZERO, Decimal::ZERO)]);
        let high = found(|x| x.checked_sub(Decimal::from(10)), [0, 10]);
        assert_eq!(high.values, [(Decimal::from(10), Decimal::from(10))]);
    }

    /// `floor(x)` is 3 from 3 on, up to the last decimal below 4.
    #[test]
    fn a_plateau_has_two_ends() {
        let floor = found(|x| Some(x.floor() - Decimal::from(3)), [0, 100]);
        let [(first, last)] = floor.values[..] else { panic!("{floor:?}") };
        assert_eq!(first.normalize(), Decimal::from(3));
        assert!(number("3.9999999999999999999999") < last && last < Decimal::from(4), "{last}");
    }

    #[test]
    fn a_jump_is_not_a_value() {
        let step = found(|x| Some(if x < number("2.5") { Decimal::NEGATIVE_ONE } else { Decimal::ONE }), [0, 10]);
        assert_eq!((step.values.len(), step.jumps.len()), (0, 1));
        assert!((step.jumps[0] - number("2.5")).abs() < number("0.00000000000001"));
    }

    #[test]
    fn undefined_points_are_left_out() {
        let half = found(|x| (x >= Decimal::from(5)).then(|| x - Decimal::from(8)), [0, 10]);
        assert_eq!(half.values, [(Decimal::from(8), Decimal::from(8))]);
        assert_eq!(found(|_| None, [0, 10]), Hits::default());
    }
}
