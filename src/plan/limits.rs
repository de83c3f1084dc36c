//! What a query may cost.

use std::time::Duration;

use crate::budget::{Budget, Cancel, DEFAULT_MEMORY};

/// What a query may cost. Beyond a limit there is an error, never a partial answer.
///
/// ```
/// use std::time::Duration;
/// use yardstick::Limits;
///
/// let limits = Limits::default().time(Duration::from_millis(200)).groups(10_000).threads(1);
/// # drop(limits);
/// ```
#[derive(Debug, Clone, PartialEq)]
#[must_use]
pub struct Limits {
    pub(crate) groups: usize,
    pub(crate) nodes: usize,
    pub(crate) cost: Option<u64>,
    pub(crate) time: Option<Duration>,
    pub(crate) threads: Option<usize>,
    pub(crate) memory: u64,
    pub(crate) cancel: Option<Cancel>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            groups: 10_000_000,
            nodes: 250_000,
            cost: None,
            time: None,
            threads: None,
            memory: DEFAULT_MEMORY,
            cancel: None,
        }
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

    /// How long planning and evaluation may take together; unlimited by default. Each explanation may take as long again.
    pub fn time(self, time: Duration) -> Self {
        Self { time: Some(time), ..self }
    }

    /// How many threads may read data: all of the machine's by default.
    pub fn threads(self, threads: usize) -> Self {
        Self { threads: Some(threads), ..self }
    }

    /// How much memory a query may use, in bytes: 4 GiB by default. Counted are the structures that grow with the data, the
    /// groups and the formulas; the rows of a table in memory belong to the host.
    pub fn memory(self, bytes: u64) -> Self {
        Self { memory: bytes, ..self }
    }

    /// Stops a query when `is_canceled` returns true. It is called every few milliseconds, from any thread of the query.
    pub fn cancel(self, is_canceled: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        Self { cancel: Some(Cancel::new(is_canceled)), ..self }
    }

    /// The budget of a run that starts now.
    pub(crate) fn budget(&self) -> Budget {
        Budget::new(self.time, self.memory, self.cancel.clone())
    }

    /// The number of threads to use.
    pub(crate) fn thread_count(&self) -> usize {
        let machine = || std::thread::available_parallelism().map_or(1, usize::from);
        self.threads.unwrap_or_else(machine).max(1)
    }
}
