//! Processes the items of a list on several threads.

use std::sync::Mutex;

use crate::data::deal;

/// Turns items into others on this number of threads and keeps their order.
pub(super) fn parallel<T: Send, R: Send>(threads: usize, items: Vec<T>, turn: impl Fn(T) -> R + Sync) -> Vec<R> {
    if threads.min(items.len()) <= 1 {
        return items.into_iter().map(turn).collect();
    }
    let done = Mutex::new(Vec::with_capacity(items.len()));
    let work = |item: &mut Option<(usize, T)>| {
        let (at, item) = item.take().expect("each piece is an item");
        let turned = turn(item);
        done.lock().expect("nothing panics while it holds the lock").push((at, turned));
        Ok(())
    };
    deal(items.into_iter().enumerate(), threads, &|_| Ok(work)).expect("no work fails");
    let mut done = done.into_inner().expect("nothing panics while it holds the lock");
    done.sort_unstable_by_key(|&(at, _)| at);
    done.into_iter().map(|(_, turned)| turned).collect()
}
