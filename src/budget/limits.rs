//! The limits of compiling and of a query.

use std::time::Duration;

use super::{Budget, Cancel, DEFAULT_MEMORY};

/// Limits on the cost of a query. Exceeding a limit is an error; there are no partial answers.
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
    /// Sets the maximum number of groups in the result (periods × keys). The default is 10 million. A result has at most
    /// 1,000,000 periods in any case.
    pub fn groups(self, groups: usize) -> Self {
        Self { groups, ..self }
    }

    /// Sets the maximum size of the plan. The default is 250,000.
    ///
    /// It limits the operations with their derivation steps, and the contexts, conditions and arguments with the calls
    /// that wait for others. Planning visits at most 10 parts of formulas for each of them. At most 256 conditions apply
    /// in one context, and a query has at most 10,000 measures.
    pub fn nodes(self, nodes: usize) -> Self {
        Self { nodes, ..self }
    }

    /// Sets the maximum estimated cost (see [`Plan::cost`](crate::Plan::cost)). Unlimited by default.
    pub fn cost(self, cost: u64) -> Self {
        Self { cost: Some(cost), ..self }
    }

    /// Sets the maximum time of compiling, or of planning and evaluation together. Unlimited by default.
    ///
    /// Explanations are computed later. Each may take as long again.
    pub fn time(self, time: Duration) -> Self {
        Self { time: Some(time), ..self }
    }

    /// Sets the maximum number of threads that read data. The default is the number of threads of the machine.
    pub fn threads(self, threads: usize) -> Self {
        Self { threads: Some(threads), ..self }
    }

    /// Sets the maximum memory of a query, in bytes. 4 GiB by default.
    ///
    /// The engine counts the structures that grow with the data, the groups and the formulas, before they grow, and what
    /// it reads of a file at a time. It does not count the tables that the host passes to it, nor a result after the
    /// query has ended. Each thread has its own
    /// tables of keys, so a query uses at most one thread per 32 MiB.
    pub fn memory(self, bytes: u64) -> Self {
        Self { memory: bytes, ..self }
    }

    /// Stops a query when `is_canceled` returns true. The engine calls it every few milliseconds, from any thread of the
    /// query.
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
