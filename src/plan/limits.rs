//! The limits of a query.

use std::time::Duration;

/// Limits on the cost of a query. Beyond a limit there is an error, never a partial answer.
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
    /// Sets the maximum number of groups in the result (periods × keys). The default is 10 million.
    pub fn groups(self, groups: usize) -> Self {
        Self { groups, ..self }
    }

    /// Sets the maximum number of operations and measures in the plan. The default is 250,000.
    pub fn nodes(self, nodes: usize) -> Self {
        Self { nodes, ..self }
    }

    /// Sets the maximum estimated cost (see [`Plan::cost`](crate::Plan::cost)). Unlimited by default.
    pub fn cost(self, cost: u64) -> Self {
        Self { cost: Some(cost), ..self }
    }

    /// Sets the maximum time of an evaluation. Unlimited by default.
    ///
    /// Explanations are computed later and have a separate limit: one costs at most [`nodes`](Self::nodes) operations
    /// over 64 groups.
    pub fn time(self, time: Duration) -> Self {
        Self { time: Some(time), ..self }
    }

    /// Sets the maximum number of threads that read data. The default is the number of threads of the machine.
    pub fn threads(self, threads: usize) -> Self {
        Self { threads: Some(threads), ..self }
    }

    /// The number of threads to use.
    pub(crate) fn thread_count(&self) -> usize {
        let machine = || std::thread::available_parallelism().map_or(1, usize::from);
        self.threads.unwrap_or_else(machine).max(1)
    }
}
