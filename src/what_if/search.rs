//! Finds where a function has a value by evaluating it: for formulas that are not quotients of polynomials.

use std::cmp::Ordering;

use crate::diagnostic::Diagnostic;
use crate::value::Decimal;

/// The number of equal steps between the bounds.
const STEPS: i64 = 1_024;

/// The points on both sides of the present value, each a ninth further away from it than the one before, and around 0,
/// each a quarter closer.
const NEAR_POINTS: u32 = 240;

/// The number of places at which the distance is least that are searched more closely, and how often.
const VALLEYS: usize = 16;
const VALLEY_ROUNDS: u32 = 24;

/// The parts into which an interval is divided at a time.
const PARTS: i64 = 16;

/// The digits to which a point is found.
const DIGITS: u32 = 27;

/// Points in a row are one if they differ by less than one part in 10^12.
const TOUCH_SCALE: u32 = 12;

/// The decimals of an end that is taken to be the one which the formula means.
const ROUND_SCALE: u32 = 12;

/// A difference is that of a jump if it stays above one part in 10^9 of the first one.
const JUMP_SCALE: u32 = 9;

/// What was found between two bounds.
#[derive(Debug, Default, PartialEq)]
pub struct Hits {
    /// The points with the wanted value.
    pub values: Vec<Hit>,
    /// The points at which the function passes the wanted value without taking it.
    pub jumps: Vec<Decimal>,
}

/// A point with the wanted value, or some in a row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hit {
    /// The lower end.
    pub first: Decimal,
    /// The upper end.
    pub last: Decimal,
    /// True for the ends that have the wanted value themselves.
    pub included: [bool; 2],
}

impl Hit {
    fn at(point: Decimal) -> Self {
        Self { first: point, last: point, included: [true; 2] }
    }
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
    let known = with_valleys(distance, known)?;
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
    for (center, parts) in present.map(|present| (present, 9)).into_iter().chain([(Decimal::ZERO, 4)]) {
        let mut distance = width / Decimal::from(2);
        for _ in 0..NEAR_POINTS {
            points.extend([center.checked_sub(distance), center.checked_add(distance)].into_iter().flatten());
            distance = distance / Decimal::from(parts) * Decimal::from(parts - 1);
        }
    }
    points.extend(present.into_iter().chain([Decimal::ZERO]));
    points.retain(|point| (low..=high).contains(point));
    points.sort_unstable();
    points.dedup();
    points
}

/// Adds points around those at which the distance is less than at both points beside them: there the function may pass
/// the wanted value twice, or touch it.
fn with_valleys(distance: &dyn Distance, mut known: Vec<Point>) -> Result<Vec<Point>, Diagnostic> {
    let is_valley = |around: &&[Point]| {
        let [before, at, after] = around.iter().map(|(_, distance)| distance).collect::<Vec<_>>()[..] else {
            return false;
        };
        !opposed(*before, *at) && !opposed(*at, *after) && at.abs() < before.abs() && at.abs() < after.abs()
    };
    let mut valleys: Vec<[Point; 3]> =
        known.windows(3).filter(is_valley).map(|around| [around[0], around[1], around[2]]).collect();
    valleys.sort_by_key(|[_, at, _]| at.1.abs());
    for valley in valleys.into_iter().filter(|[_, at, _]| !at.1.is_zero()).take(VALLEYS) {
        known.extend(bottom(distance, valley)?);
    }
    known.sort_unstable();
    known.dedup();
    Ok(known)
}

/// The points of a valley that have the wanted value, or lie beyond it.
fn bottom(distance: &dyn Distance, mut valley: [Point; 3]) -> Result<Vec<Point>, Diagnostic> {
    for _ in 0..VALLEY_ROUNDS {
        let [low, at, high] = valley;
        let points: Vec<Decimal> = inner(low.0, at.0).into_iter().chain(inner(at.0, high.0)).collect();
        let distances = distance.at(&points)?;
        let mut all: Vec<Point> = points.into_iter().zip(distances).filter_map(|(at, it)| Some((at, it?))).collect();
        all.extend(valley);
        all.sort_unstable();
        let beyond: Vec<Point> = all.iter().filter(|(_, it)| it.is_zero() || opposed(*it, at.1)).copied().collect();
        if !beyond.is_empty() {
            return Ok(beyond);
        }
        let least = (1..all.len() - 1).min_by_key(|&at| all[at].1.abs()).unwrap_or(1);
        let next = [all[least - 1], all[least], all[least + 1]];
        if next == valley {
            break;
        }
        valley = next;
    }
    let round = rounded(distance, valley[0].0, valley[2].0)?;
    Ok(round.filter(|(_, is_hit)| *is_hit).map(|(point, _)| (point, Decimal::ZERO)).into_iter().collect())
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
    if let Some((round, true)) = rounded(distance, low.0, high.0)? {
        hits.values.push(Hit::at(round));
        return Ok(());
    }
    let nearer = if low.1.abs().cmp(&high.1.abs()) == Ordering::Greater { high } else { low };
    let farther = low.1.abs().max(high.1.abs());
    match farther <= first * Decimal::new(1, JUMP_SCALE) {
        true => hits.values.push(Hit::at(nearer.0)),
        false => hits.jumps.push(nearer.0),
    }
    Ok(())
}

/// The decimal with the fewest digits between two points that has the wanted value, and true. If there is none, the one
/// with the fewest digits, and false.
fn rounded(distance: &dyn Distance, low: Decimal, high: Decimal) -> Result<Option<(Decimal, bool)>, Diagnostic> {
    let mut points: Vec<Decimal> = (0..=Decimal::MAX_SCALE).map(|scale| high.round_dp(scale).normalize()).collect();
    points.retain(|point| (low..=high).contains(point));
    points.dedup();
    let distances = distance.at(&points)?;
    let is_hit = |distance: &Option<Decimal>| distance.is_some_and(|distance| distance.is_zero());
    let hit = distances.iter().position(is_hit);
    Ok(points.get(hit.unwrap_or(0)).map(|point| (*point, hit.is_some())))
}

/// The first and the last point in a row with the wanted value. `around` are points beside them without it.
fn spread(
    distance: &dyn Distance,
    around: [Option<Decimal>; 2],
    [first, last]: [Decimal; 2],
) -> Result<Hit, Diagnostic> {
    let edge = |inside: Decimal, outside: Option<Decimal>| match outside {
        None => Ok((inside, true)),
        Some(outside) => edge(distance, inside, outside),
    };
    let [(first, is_first), (last, is_last)] = [edge(first, around[0])?, edge(last, around[1])?];
    // Where the function touches the value, decimals cannot tell the points next to it apart.
    if last.saturating_sub(first) <= first.abs().max(last.abs()).saturating_mul(Decimal::new(1, TOUCH_SCALE)) {
        return Ok(Hit::at(rounded(distance, first, last)?.map_or(first, |(point, _)| point)));
    }
    Ok(Hit { first, last, included: [is_first, is_last] })
}

/// The end of the points with the wanted value between one that has it and one that does not, and whether the end has it.
fn edge(distance: &dyn Distance, mut inside: Decimal, mut outside: Decimal) -> Result<(Decimal, bool), Diagnostic> {
    loop {
        let (low, high) = (inside.min(outside), inside.max(outside));
        let mut points = inner(low, high);
        if points.is_empty() || are_close(low, high) {
            return Ok(round_edge(distance, inside, outside)?.unwrap_or((inside, true)));
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

/// The decimal with the fewest digits between two points that are close together, of which one has the wanted value, if
/// it is much shorter than these.
fn round_edge(
    distance: &dyn Distance,
    inside: Decimal,
    outside: Decimal,
) -> Result<Option<(Decimal, bool)>, Diagnostic> {
    let (low, high) = (inside.min(outside), inside.max(outside));
    let mut scales = (0..=ROUND_SCALE).map(|scale| high.round_dp(scale).normalize());
    let Some(point) = scales.find(|point| (low..=high).contains(point)) else { return Ok(None) };
    let is_hit = distance.at(&[point])?[0].is_some_and(|distance| distance.is_zero());
    Ok(Some((point, is_hit)))
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

    fn ends(hits: &Hits) -> Vec<[Decimal; 2]> {
        hits.values.iter().map(|hit| [hit.first.normalize(), hit.last.normalize()]).collect()
    }

    #[test]
    fn crossings_are_found() {
        let line = found(|x| x.checked_sub(number("12.345")), [0, 1_000]);
        assert_eq!(ends(&line), [[number("12.345"); 2]]);
        let parabola = found(|x| (x * x).checked_sub(Decimal::from(9)), [-100, 100]);
        let roots: Vec<Decimal> = parabola.values.iter().map(|hit| hit.first.normalize()).collect();
        assert_eq!((roots, parabola.jumps.len()), (vec![Decimal::from(-3), Decimal::from(3)], 0));
    }

    #[test]
    fn ends_are_included() {
        let low = found(Some, [0, 10]);
        assert_eq!(low.values, [Hit::at(Decimal::ZERO)]);
        let high = found(|x| x.checked_sub(Decimal::from(10)), [0, 10]);
        assert_eq!(high.values, [Hit::at(Decimal::from(10))]);
    }

    /// `floor(x)` is 3 from 3 on, up to 4, which does not belong to it; `ceil(x)` the other way round.
    #[test]
    fn a_plateau_has_two_ends() {
        let floor = found(|x| Some(x.floor() - Decimal::from(3)), [0, 100]);
        assert_eq!((ends(&floor), floor.values[0].included), (vec![[3, 4].map(Decimal::from)], [true, false]));
        let ceil = found(|x| Some(x.ceil() - Decimal::from(3)), [0, 100]);
        assert_eq!((ends(&ceil), ceil.values[0].included), (vec![[2, 3].map(Decimal::from)], [false, true]));
    }

    /// Two crossings between points of the grid, and a point that is only touched.
    #[test]
    fn close_pairs_and_touched_points_are_found() {
        let tent = |x: Decimal| Some(Decimal::ONE - Decimal::from(10) * (x - number("500.15")).abs() - number("0.5"));
        assert_eq!(ends(&found(tent, [0, 4_000])), [[number("500.1"); 2], [number("500.2"); 2]]);
        let touched = |x: Decimal| Some((x - number("123.4")) * (x - number("123.4")));
        assert_eq!(ends(&found(touched, [0, 4_000])), [[number("123.4"); 2]]);
        let tiny = |x: Decimal| Some(Decimal::from(6).checked_div(x)? - Decimal::from(6_000_000));
        assert_eq!(ends(&found(tiny, [0, 100_000])), [[number("0.000001"); 2]]);
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
        assert_eq!(half.values, [Hit::at(Decimal::from(8))]);
        assert_eq!(found(|_| None, [0, 10]), Hits::default());
    }
}
