//! What a query may cost.

use std::time::Duration;

/// What a query may cost. Beyond a limit there is an error, never a partial answer.
///
/// ```
/// use std::time::Duration;
/// use yardstick::Limits;
///
/// let limits = Limits::default().time(Duration::from_millis(200)).groups(10_000).threads(1);
/// # drop(limits);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct Limits {
    pub(crate) groups: usize,
    pub(crate) nodes: usize,
    pub(crate) cost: Option<u64>,
    pub(crate) time: Option<Duration>,
    pub(crate) threads: Option<usize>,
}

impl Default for Limits {
    fn default() -> Self {
        Self { groups: 10_000_000, nodes: 250_000, cost: None, time: None, threads: None }
    }
}

impl Limits {
    /// Groups of the result (periods × keys): 10 million by default.
    pub fn groups(self, groups: usize) -> Self {
        Self { groups, ..self }
    }

    /// Operations and measures of the plan: 250,000 by default.
    pub fn nodes(self, nodes: usize) -> Self {
        Self { nodes, ..self }
    }

    /// The estimated cost (see [`Plan::cost`](crate::Plan::cost)); unlimited by default.
    pub fn cost(self, cost: u64) -> Self {
        Self { cost: Some(cost), ..self }
    }

    /// How long evaluation may take; unlimited by default. Explanations come later and have a bound of their own: one
    /// costs at most [`nodes`](Self::nodes) operations over 64 groups.
    pub fn time(self, time: Duration) -> Self {
        Self { time: Some(time), ..self }
    }

    /// How many threads may read data: all of the machine's by default.
    pub fn threads(self, threads: usize) -> Self {
        Self { threads: Some(threads), ..self }
    }

    /// The number of threads to use.
    pub(crate) fn thread_count(&self) -> usize {
        let machine = || std::thread::available_parallelism().map_or(1, usize::from);
        self.threads.unwrap_or_else(machine).max(1)
    }
}
