//! Works on the items of a list on several threads.

use std::sync::Mutex;

/// Turns items into others on so many threads, in their order.
pub(super) fn parallel<T: Send, R: Send>(threads: usize, items: Vec<T>, turn: impl Fn(T) -> R + Sync) -> Vec<R> {
    let threads = threads.min(items.len()).max(1);
    if threads == 1 {
        return items.into_iter().map(turn).collect();
    }
    let left: Mutex<Vec<(usize, T)>> = Mutex::new(items.into_iter().enumerate().rev().collect());
    let next = || left.lock().expect("nothing panics while it holds the lock").pop();
    let work = || {
        let mut done = vec![];
        while let Some((at, item)) = next() {
            done.push((at, turn(item)));
        }
        done
    };
    let mut done: Vec<(usize, R)> = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let mut done = work();
        done.extend(others.into_iter().flat_map(|other| other.join().expect("aggregation does not panic")));
        done
    });
    done.sort_unstable_by_key(|&(at, _)| at);
    done.into_iter().map(|(_, turned)| turned).collect()
}
