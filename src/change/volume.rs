//! Divides the own difference of each segment into volume, mix and price.
//!
//! A value R of a segment is Q·w·r: the volume Q of all segments, the share w of the segment in it, and the price r. The
//! difference of this product is split as any other. Q counts the segments that have a volume before and after, so that
//! their shares are 1 in both, and the changes of shares add up to 0. The other segments have no price on one side: each
//! accounts for its own difference as a whole.

use super::number::Exact;
use super::segments::{Effect, Portion, absent};
use super::split;

/// The volume before and after: of all segments, and of those that have one in both.
#[derive(Debug, Clone, PartialEq)]
pub struct Volumes {
    pub all: [Exact; 2],
    pub compared: [Exact; 2],
}

impl Volumes {
    pub fn of(volumes: &[[Exact; 2]]) -> Self {
        let sum = |side: usize, is_counted: &dyn Fn(&[Exact; 2]) -> bool| {
            let counted = volumes.iter().filter(|volume| is_counted(volume));
            counted.fold(Exact::zero(), |sum, volume| sum.plus(&volume[side]))
        };
        Self { all: [0, 1].map(|side| sum(side, &|_| true)), compared: [0, 1].map(|side| sum(side, &is_compared)) }
    }
}

/// True if a segment has a volume before and after.
fn is_compared([before, after]: &[Exact; 2]) -> bool {
    !before.is_zero() && !after.is_zero()
}

/// What each segment accounts for. None if segments have volumes whose sum is 0.
pub fn portions(values: &[[Exact; 2]], volumes: &[[Exact; 2]], whole: &Volumes) -> Option<Vec<Portion>> {
    let one = |(value, volume): (&[Exact; 2], &[Exact; 2])| {
        let sum = value[1].minus(&value[0]);
        match is_compared(volume) {
            true => Some(Portion { sum, effects: compared(value, volume, &whole.compared)? }),
            false => Some(Portion::undivided(absent(value, volume), sum)),
        }
    };
    values.iter().zip(volumes).map(one).collect()
}

fn compared(value: &[Exact; 2], volume: &[Exact; 2], whole: &[Exact; 2]) -> Option<Vec<(Effect, Exact)>> {
    let quotients = |above: &[Exact; 2], below: &[Exact; 2]| Some([above[0].per(&below[0])?, above[1].per(&below[1])?]);
    let factors = [whole.clone(), quotients(volume, whole)?, quotients(value, volume)?].map(|both| (both, 1));
    let multipliers = split::product(&factors)?;
    let parts = factors.iter().zip(multipliers).map(|((ends, _), own)| own.times(&ends[1].minus(&ends[0])));
    Some([Effect::Volume, Effect::Mix, Effect::Price].into_iter().zip(parts).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(values: &[[i64; 2]]) -> Vec<[Exact; 2]> {
        values.iter().map(|both| both.map(Exact::whole)).collect()
    }

    /// By hand, for Q from 150 to 160, w from 2/3 to 3/4 and r from 10 to 11, with the formula of three factors:
    /// volume 10·(20/3 + (2/3·1 + 10/12)/2 + 1/36) = 670/9, mix 1/12·(1500 + (150 + 100)/2 + 10/3) = 4885/36,
    /// price 1·(100 + (150/12 + 20/3)/2 + 10/36) = 3955/36. In all 320, the own difference.
    #[test]
    fn a_segment_has_volume_mix_and_price() {
        let (values, volumes) = (whole(&[[1000, 1320], [1000, 760]]), whole(&[[100, 120], [50, 40]]));
        let portions = portions(&values, &volumes, &Volumes::of(&volumes)).expect("the volumes are not 0");
        let parts = |numerators: [(i64, i64); 3]| {
            let parts = numerators.map(|(above, below)| Exact::fraction(above.into(), below.into()));
            [Effect::Volume, Effect::Mix, Effect::Price].into_iter().zip(parts).collect::<Vec<_>>()
        };
        assert_eq!(portions[0].effects, parts([(670, 9), (4885, 36), (3955, 36)]));
        assert_eq!(portions[1].effects, parts([(1025, 18), (-9065, 36), (-1625, 36)]));
    }

    /// Two segments whose volumes cancel out have no shares.
    #[test]
    fn volumes_that_cancel_out_have_no_shares() {
        let (values, volumes) = (whole(&[[10, 10], [10, 10]]), whole(&[[5, 5], [-5, 5]]));
        assert_eq!(portions(&values, &volumes, &Volumes::of(&volumes)), None);
    }
}
