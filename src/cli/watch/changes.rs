//! Waits until files change and are quiet again.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher};

use super::stop::Stop;
use super::wake::{Wake, wake};

/// How often files are looked at where the system reports no changes, as on network drives.
const EVERY: Duration = Duration::from_secs(2);
/// How long files must not change before they count as saved.
const QUIET: Duration = Duration::from_millis(100);
/// The maximum time that is waited for files that keep changing.
const LONGEST: Duration = Duration::from_secs(2);

/// Waits for changes in some folders. What the system reports only wakes it: whether something has changed is decided
/// by the state of the files. So it makes no difference how an editor saves a file, and reading is not a change.
pub struct Changes {
    /// None if the system cannot report changes.
    watcher: Option<RecommendedWatcher>,
    folders: BTreeSet<PathBuf>,
    wake: Wake,
    woken: Receiver<()>,
}

impl Changes {
    pub fn new() -> Self {
        let (wake, woken) = wake();
        let waker = wake.clone();
        let reported = move |event: notify::Result<Event>| {
            // To look at the files is an access, which must not lead to the next look. Lost events are errors.
            if event.map_or(true, |event| !event.kind.is_access()) {
                waker.wake();
            }
        };
        let watcher = notify::recommended_watcher(reported).ok();
        Self { watcher, folders: BTreeSet::new(), wake, woken }
    }

    /// Returns what ends a wait early.
    pub fn wake(&self) -> Wake {
        self.wake.clone()
    }

    /// Follows the changes in these folders, and no others. A folder that the system does not report is looked at.
    pub fn follow(&mut self, folders: BTreeSet<PathBuf>) {
        let Some(watcher) = &mut self.watcher else { return };
        for folder in self.folders.difference(&folders) {
            let _ = watcher.unwatch(folder);
        }
        for folder in &folders {
            // Again for known ones: a folder may have been replaced.
            let _ = watcher.watch(folder, RecursiveMode::NonRecursive);
        }
        self.folders = folders;
    }

    /// Waits until the state differs from the one before, and no longer changes. None if it is stopped.
    pub fn wait<S: PartialEq>(&self, before: &S, state: impl Fn() -> S, stop: &Stop) -> Option<S> {
        loop {
            let _ = self.woken.recv_timeout(EVERY);
            if stop.is_set() {
                return None;
            }
            let now = state();
            if now != *before {
                let settled = self.settled(now, &state, stop)?;
                // A change that was undone is none.
                if settled != *before {
                    return Some(settled);
                }
            }
        }
    }

    /// The state when it no longer changes. None if it is stopped.
    fn settled<S: PartialEq>(&self, mut now: S, state: impl Fn() -> S, stop: &Stop) -> Option<S> {
        let start = Instant::now();
        while start.elapsed() < LONGEST {
            self.rest(stop);
            if stop.is_set() {
                return None;
            }
            let then = state();
            if then == now {
                break;
            }
            now = then;
        }
        Some(now)
    }

    /// Waits for [`QUIET`], whatever the system reports, unless it is stopped.
    fn rest(&self, stop: &Stop) {
        let end = Instant::now() + QUIET;
        while !stop.is_set() {
            let left = end.saturating_duration_since(Instant::now());
            if self.woken.recv_timeout(left) == Err(RecvTimeoutError::Timeout) {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// The state at the next looks, the last one from then on.
    fn looks<'a>(states: &'a [u32], at: &'a Cell<usize>) -> impl Fn() -> u32 + 'a {
        move || {
            let look = at.get();
            at.set(look + 1);
            states[look.min(states.len() - 1)]
        }
    }

    #[test]
    fn waits_until_saves_in_quick_succession_are_over() {
        let changes = Changes::new();
        for (states, settled, count) in [
            (&[1][..], 1, 2),
            (&[1, 2, 3, 3], 3, 4),
            // A wake without a change, and a change that is undone.
            (&[0, 0, 5, 0, 0, 7], 7, 7),
        ] {
            let at = Cell::new(0);
            // Wakes at every look, as a system does that reports reading.
            let look = looks(states, &at);
            let look = || {
                changes.wake().wake();
                look()
            };
            changes.wake().wake();
            assert_eq!(changes.wait(&0, look, &Stop::default()), Some(settled), "{states:?}");
            assert_eq!(at.get(), count, "{states:?}");
        }
    }

    #[test]
    fn files_that_keep_changing_are_waited_for_only_so_long() {
        let (changes, at) = (Changes::new(), Cell::new(0));
        changes.wake().wake();
        let start = Instant::now();
        let count = || {
            at.set(at.get() + 1);
            at.get()
        };
        assert!(changes.wait(&0, count, &Stop::default()).is_some());
        assert!(start.elapsed() >= LONGEST);
    }
}
