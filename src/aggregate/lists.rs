//! Provides operations on lists that aggregation uses everywhere.

use super::room::Room;
use crate::diagnostic::Diagnostic;

/// The position of the matching item, which is added if it is missing.
pub(super) fn position_or_add<T>(list: &mut Vec<T>, is: impl Fn(&T) -> bool, new: impl FnOnce() -> T) -> usize {
    list.iter().position(is).unwrap_or_else(|| {
        list.push(new());
        list.len() - 1
    })
}

/// Adds another worker's counts. `cells` maps its cells to the `len` cells of `counts`.
pub(super) fn add_counts(
    counts: &mut Vec<u64>,
    others: &[u64],
    cells: &[u32],
    len: usize,
    room: &mut Room,
) -> Result<(), Diagnostic> {
    room.fill(counts, len, 0)?;
    others.iter().zip(cells).for_each(|(count, &cell)| counts[cell as usize] += count);
    Ok(())
}

/// Turns the lists of workers into one list for each position.
pub(super) fn by_position<T>(lists: Vec<Vec<T>>, len: usize) -> Vec<Vec<T>> {
    let mut lists: Vec<_> = lists.into_iter().map(Vec::into_iter).collect();
    (0..len).map(|_| lists.iter_mut().filter_map(Iterator::next).collect()).collect()
}

/// Sorts items by their numbers, all below `end`; items with equal numbers keep their order. Returns the start of the
/// items of each number, with one more at the end, and the positions of the items.
pub(super) fn by_number(numbers: impl Iterator<Item = u32> + Clone, end: usize) -> (Vec<u32>, Vec<u32>) {
    let mut starts = vec![0; end + 1];
    numbers.clone().for_each(|number| starts[number as usize + 1] += 1);
    let mut sum = 0;
    starts.iter_mut().for_each(|start| {
        sum += *start;
        *start = sum;
    });
    if numbers.clone().is_sorted() {
        return (starts, (0..sum).collect());
    }
    let (mut next, mut order) = (starts.clone(), vec![0; sum as usize]);
    for (number, at) in numbers.zip(0..) {
        let place = &mut next[number as usize];
        order[*place as usize] = at;
        *place += 1;
    }
    (starts, order)
}
