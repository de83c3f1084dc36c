//! Counts what one run takes, in time and memory, and stops it at its limits.

mod limits;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::diagnostic::{Code, Diagnostic};

pub use limits::Limits;

/// What a run may still take: it is shared by all stages and threads of the run.
///
/// A stage calls [`check`](Self::check) before each piece of work of about a millisecond, or `Ticker::tick` in a loop
/// of small steps, and `Charge::grow` before it allocates what grows with the input.
#[derive(Debug, Clone)]
pub struct Budget(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    /// The time limit and its end; no clock is read without one.
    time: Option<(Duration, Instant)>,
    memory: u64,
    used: AtomicU64,
    /// The most memory in use at any time.
    peak: AtomicU64,
    /// The steps counted so far.
    steps: AtomicU64,
    cancel: Option<Cancel>,
    /// The budget that this one is a part of.
    whole: Option<Budget>,
}

/// A callback of the host that says whether it still needs the answer.
#[derive(Clone)]
pub struct Cancel(Arc<dyn Fn() -> bool + Send + Sync>);

impl Cancel {
    pub fn new(is_canceled: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        Self(Arc::new(is_canceled))
    }
}

impl fmt::Debug for Cancel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cancel")
    }
}

impl PartialEq for Cancel {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// The memory of a run in bytes, unless a limit is set: 4 GiB.
pub const DEFAULT_MEMORY: u64 = 4 << 30;

impl Budget {
    /// A budget that starts now.
    pub fn new(time: Option<Duration>, memory: u64, cancel: Option<Cancel>) -> Self {
        let time = time.and_then(|limit| Some((limit, Instant::now().checked_add(limit)?)));
        Self::of(time, memory, cancel, None)
    }

    fn of(time: Option<(Duration, Instant)>, memory: u64, cancel: Option<Cancel>, whole: Option<Self>) -> Self {
        let (used, peak, steps) = Default::default();
        Self(Arc::new(Shared { time, memory, used, peak, steps, cancel, whole }))
    }

    /// A part of this budget with a memory limit of its own. What it uses counts in both.
    pub fn part(&self, memory: u64) -> Self {
        Self::of(self.0.time, memory, self.0.cancel.clone(), Some(self.clone()))
    }

    /// A budget without limits.
    pub fn unlimited() -> Self {
        Self::new(None, u64::MAX, None)
    }

    /// Fails if the time is up or the host has canceled the run. `doing` completes "while", such as `reading rows`.
    ///
    /// # Errors
    /// The limit that was reached, with [`Code::LimitReached`].
    pub fn check(&self, doing: &str) -> Result<(), Diagnostic> {
        if let Some((limit, _)) = self.0.time.filter(|(_, end)| Instant::now() > *end) {
            return Err(reached(format!("the time limit of {} was reached while {doing}", duration(limit))));
        }
        match &self.0.cancel {
            Some(Cancel(is_canceled)) if is_canceled() => Err(reached(format!("canceled while {doing}"))),
            _ => Ok(()),
        }
    }

    /// Counts steps that are about to be done together, and checks the budget.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub fn spend(&self, steps: usize, doing: &str) -> Result<(), Diagnostic> {
        self.0.steps.fetch_add(steps as u64, Ordering::Relaxed);
        self.check(doing)
    }

    /// The end of the time, if it has one.
    pub fn deadline(&self) -> Option<Instant> {
        self.0.time.map(|(_, end)| end)
    }

    /// A counter of small steps.
    pub fn ticker(&self) -> Ticker<'_> {
        Ticker { budget: self, left: Ticker::STEPS }
    }

    /// A share of the memory, returned when it is dropped.
    pub fn charge(&self) -> Charge {
        Charge { budget: self.clone(), bytes: 0 }
    }

    /// Counts bytes, in the whole too.
    fn take(&self, bytes: u64, what: &dyn fmt::Display) -> Result<(), Diagnostic> {
        let Shared { memory, used, peak, whole, .. } = &*self.0;
        let before = used.fetch_add(bytes, Ordering::Relaxed);
        let counted = match before.saturating_add(bytes) > *memory {
            true => Err(reached(format!("{what} would exceed the memory limit of {}", size(*memory)))),
            false => whole.as_ref().map_or(Ok(()), |whole| whole.take(bytes, what)),
        };
        match counted {
            Ok(()) => peak.fetch_max(before + bytes, Ordering::Relaxed),
            Err(_) => used.fetch_sub(bytes, Ordering::Relaxed),
        };
        counted
    }

    /// Counts bytes as free again.
    fn give_back(&self, bytes: u64) {
        self.0.used.fetch_sub(bytes, Ordering::Relaxed);
        if let Some(whole) = &self.0.whole {
            whole.give_back(bytes);
        }
    }

    /// The memory limit, in bytes.
    pub fn memory(&self) -> u64 {
        self.0.memory
    }

    /// The memory in use, in bytes.
    pub fn used(&self) -> u64 {
        self.0.used.load(Ordering::Relaxed)
    }

    /// The most memory in use at any time so far, in bytes.
    pub fn peak(&self) -> u64 {
        self.0.peak.load(Ordering::Relaxed)
    }

    /// The steps counted so far.
    pub fn steps(&self) -> u64 {
        self.0.steps.load(Ordering::Relaxed)
    }
}

/// Counts steps of a few nanoseconds, and checks the budget from time to time.
#[derive(Debug)]
pub struct Ticker<'b> {
    budget: &'b Budget,
    left: u32,
}

impl Ticker<'_> {
    const STEPS: u32 = 4096;

    /// Counts one step.
    ///
    /// # Errors
    /// As [`Budget::check`].
    pub fn tick(&mut self, doing: &str) -> Result<(), Diagnostic> {
        self.ticks(1, doing)
    }

    /// Counts several steps.
    ///
    /// # Errors
    /// As [`Budget::check`].
    pub fn ticks(&mut self, steps: usize, doing: &str) -> Result<(), Diagnostic> {
        match self.left.checked_sub(u32::try_from(steps).unwrap_or(u32::MAX)) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => {
                let done = (Self::STEPS - std::mem::replace(&mut self.left, Self::STEPS)) as usize;
                self.budget.spend(done.saturating_add(steps), doing)
            }
        }
    }
}

impl Drop for Ticker<'_> {
    fn drop(&mut self) {
        self.budget.0.steps.fetch_add(u64::from(Self::STEPS - self.left), Ordering::Relaxed);
    }
}

/// Memory that one structure uses.
#[derive(Debug)]
pub struct Charge {
    budget: Budget,
    bytes: u64,
}

impl Charge {
    /// Counts bytes that are about to be allocated. `what` names the structure, such as `the distinct values of
    /// \`user\``; it is written only into an error.
    ///
    /// # Errors
    /// If the run would use more memory than its limit; nothing is counted then.
    pub fn grow(&mut self, bytes: usize, what: impl fmt::Display) -> Result<(), Diagnostic> {
        self.budget.take(bytes as u64, &what)?;
        self.bytes += bytes as u64;
        Ok(())
    }

    /// The budget that it counts in.
    pub fn budget(&self) -> &Budget {
        &self.budget
    }

    /// Returns bytes that were freed.
    pub fn shrink(&mut self, bytes: usize) {
        let bytes = self.bytes.min(bytes as u64);
        self.budget.give_back(bytes);
        self.bytes -= bytes;
    }

    /// Counts the structure at a size in bytes, larger or smaller than before.
    ///
    /// # Errors
    /// As [`grow`](Self::grow).
    pub fn resize(&mut self, bytes: usize, what: impl fmt::Display) -> Result<(), Diagnostic> {
        let bytes = bytes as u64;
        match bytes.checked_sub(self.bytes) {
            Some(0) => Ok(()),
            Some(more) => self.grow(more as usize, what),
            None => {
                self.shrink((self.bytes - bytes) as usize);
                Ok(())
            }
        }
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        self.budget.give_back(self.bytes);
    }
}

fn reached(message: String) -> Diagnostic {
    Diagnostic::error(Code::LimitReached, message)
}

/// A time limit as a person says it: `200 ms`, `3 s`.
fn duration(limit: Duration) -> String {
    match limit.subsec_nanos() {
        0 if limit.as_secs() > 0 => format!("{} s", limit.as_secs()),
        _ => format!("{} ms", limit.as_millis()),
    }
}

/// A size in the largest unit that gives a whole number, or the nearest one below.
fn size(bytes: u64) -> String {
    match bytes {
        0..1024 => format!("{bytes} bytes"),
        1024..0x10_0000 => format!("{} KiB", bytes >> 10),
        0x10_0000.. => format!("{} MiB", bytes >> 20),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use super::*;

    fn message(result: Result<(), Diagnostic>) -> String {
        result.map_or_else(|problem| problem.message, |()| "within the budget".into())
    }

    #[test]
    fn memory_is_counted_before_it_is_used_and_returned_when_it_is_dropped() {
        let budget = Budget::new(None, 1 << 20, None);
        let mut first = budget.charge();
        assert_eq!(message(first.grow(1 << 19, "a list")), "within the budget");
        let mut second = budget.charge();
        let problem = message(second.grow((1 << 19) + 1, "a set"));
        assert_eq!(problem, "a set would exceed the memory limit of 1 MiB");
        assert_eq!(budget.used(), 1 << 19);
        assert_eq!(message(first.resize(100, "a list")), "within the budget");
        assert_eq!(message(second.grow(1 << 19, "a set")), "within the budget");
        first.shrink(60);
        assert_eq!(budget.used(), 40 + (1 << 19));
        drop((first, second));
        assert_eq!((budget.used(), budget.peak()), (0, 100 + (1 << 19)));
    }

    #[test]
    fn the_time_limit_is_checked_after_some_steps() {
        let budget = Budget::new(Some(Duration::ZERO), u64::MAX, None);
        let mut ticker = budget.ticker();
        let steps = (0..10_000).take_while(|_| ticker.tick("counting").is_ok()).count();
        assert_eq!(steps, Ticker::STEPS as usize);
        assert_eq!(message(budget.check("counting")), "the time limit of 0 ms was reached while counting");
    }

    #[test]
    fn a_host_can_cancel_a_run() {
        let stop = Arc::new(AtomicBool::new(false));
        let seen = stop.clone();
        let budget = Budget::new(None, u64::MAX, Some(Cancel::new(move || seen.load(Ordering::Relaxed))));
        assert!(budget.check("planning").is_ok());
        stop.store(true, Ordering::Relaxed);
        assert_eq!(message(budget.check("planning")), "canceled while planning");
    }
}
