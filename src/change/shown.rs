//! Rounds contributions so that what is printed adds up.
//!
//! The difference of the KPI is that of its two printed values. Each step divides its printed contribution among the
//! steps that it uses: each gets its own part rounded down, and the rest goes, one unit each, to those that lost most.
//! This is done once, from the KPI down, so every view prints the same numbers.

use super::graph::Vertex;
use super::int::Int;
use super::number::Exact;

/// The decimals of contributions as shown.
#[derive(Debug, Clone, Copy)]
pub enum Precision {
    /// These, or a few more if the difference is small.
    AtLeast(u32),
    /// These, as beside numbers that have them.
    #[cfg_attr(not(feature = "cli"), allow(dead_code))]
    Exactly(u32),
}

/// By how many decimals contributions may be finer than the values of the KPI, so that a small difference is legible.
const FINER: u32 = 4;

/// The units of the last decimal that a difference has at least, if its parts are not whole.
const LEGIBLE: i64 = 10;

/// The same of the largest part, if there is no difference because parts cancel out.
const LEGIBLE_PARTS: i64 = 100;

/// The decimals in which a difference and what accounts for it are legible: at least those of the KPI. Contributions that
/// cancel out are as large as they are, however small the difference is.
pub fn legible(vertices: &[Vertex], segments: &[&Exact], decimals: u32) -> u32 {
    let is_driver = |vertex: &&Vertex| vertex.edges.is_empty();
    let drivers = vertices.iter().filter(is_driver).map(|vertex| &vertex.contribution);
    let parts: Vec<&Exact> = drivers.chain(segments.iter().copied()).collect();
    let difference = vertices[0].contribution.size();
    let largest = parts.iter().map(|part| part.size()).max().unwrap_or_else(Exact::zero);
    let (least, number) = match difference.is_zero() {
        true => (LEGIBLE_PARTS, &largest),
        false => (LEGIBLE, &difference),
    };
    let is_whole = |scale: u32| parts.iter().chain([&&difference]).all(|part| part.floor(scale).1.is_zero());
    let is_legible = |scale: &u32| is_whole(*scale) || number.units(*scale) >= Int::from(least);
    let finest = decimals + FINER;
    let is_visible = !largest.units(finest).is_zero();
    (decimals..finest).find(is_legible).unwrap_or(if is_visible { finest } else { decimals })
}

/// The contributions in units of 10^-scale.
pub struct Rounded {
    /// Of each vertex.
    pub vertices: Vec<Int>,
    /// Of each edge of each vertex.
    pub edges: Vec<Vec<Int>>,
}

/// Rounds the contributions of vertices, of which each is before those that it uses.
pub fn rounded(vertices: &[Vertex], values: [&Exact; 2], scale: u32) -> Rounded {
    let mut whole = vec![Int::ZERO; vertices.len()];
    whole[0] = values[1].units(scale).minus(&values[0].units(scale));
    let mut edges = Vec::with_capacity(vertices.len());
    for (at, vertex) in vertices.iter().enumerate() {
        let parts: Vec<&Exact> = vertex.edges.iter().map(|edge| &edge.contribution).collect();
        let shown = apportioned(&whole[at], &parts, scale);
        for (edge, part) in vertex.edges.iter().zip(&shown) {
            whole[edge.to] = whole[edge.to].plus(part);
        }
        edges.push(shown);
    }
    Rounded { vertices: whole, edges }
}

/// Divides a whole among parts by largest remainder. A part of 0 stays 0.
pub fn apportioned(whole: &Int, parts: &[&Exact], scale: u32) -> Vec<Int> {
    let (mut shown, rests): (Vec<Int>, Vec<Exact>) = parts.iter().map(|part| part.floor(scale)).unzip();
    let mut order: Vec<usize> = (0..parts.len()).filter(|&at| !parts[at].is_zero()).collect();
    if order.is_empty() {
        return shown;
    }
    let rest = shown.iter().fold(whole.clone(), |rest, floor| rest.minus(floor));
    let (each, further) = rest.divided(&Int::from(order.len() as i64));
    let further = further.short().and_then(|further| usize::try_from(further).ok()).unwrap_or(0);
    if further > 0 {
        // Of equal remainders, the first part gets the unit.
        order.select_nth_unstable_by(further - 1, |&one, &other| rests[other].cmp(&rests[one]).then(one.cmp(&other)));
    }
    for (place, at) in order.into_iter().enumerate() {
        shown[at] = shown[at].plus(&each).plus(&Int::from(i64::from(place < further)));
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn thirds(numbers: &[i64]) -> Vec<Exact> {
        numbers.iter().map(|number| Exact::fraction((*number).into(), 3.into())).collect()
    }

    fn divided(whole: i64, parts: &[Exact]) -> Vec<i64> {
        let parts: Vec<&Exact> = parts.iter().collect();
        let units = apportioned(&whole.into(), &parts, 2);
        units.iter().map(|part| part.short().and_then(|part| part.try_into().ok()).expect("it is small")).collect()
    }

    #[test]
    fn the_rest_goes_to_the_largest_remainders() {
        // 0.33, 0.33 and 0.33 make 0.99.
        assert_eq!(divided(100, &thirds(&[1, 1, 1])), [34, 33, 33]);
        // 0.66… lost 0.66 of a unit, 0.33… only a third.
        assert_eq!(divided(100, &thirds(&[1, 2, 0])), [33, 67, 0]);
        assert_eq!(divided(-100, &thirds(&[-1, -2])), [-33, -67]);
    }

    /// A step whose own contribution was rounded by more than the parts can make up for.
    #[test]
    fn a_whole_that_differs_by_more_than_one_unit_for_each_part_is_divided_too() {
        assert_eq!(divided(105, &thirds(&[3, 0])), [105, 0]);
        assert_eq!(divided(97, &thirds(&[1, 2])), [32, 65]);
        assert_eq!(divided(0, &[]), [0_i64; 0]);
    }
}
