//! Executes statements within the time of a run.

use std::sync::{Condvar, Mutex};
use std::time::Duration;

use super::connection::Connection;
use crate::budget::Budget;
use crate::data::{Batch, ColumnType};
use crate::diagnostic::Diagnostic;

/// How often the budget is looked at while a statement runs.
const PAUSE: Duration = Duration::from_millis(20);

/// Executes a query, and cancels it when the budget ends.
pub fn execute(
    connection: &dyn Connection,
    sql: &str,
    types: &[ColumnType],
    budget: &Budget,
    visit: &mut dyn FnMut(&Batch) -> Result<(), Diagnostic>,
) -> Result<(), Diagnostic> {
    const DOING: &str = "waiting for a warehouse";
    budget.check(DOING)?;
    let end = End::default();
    let executed = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !end.wait(PAUSE) {
                if budget.check(DOING).is_err() {
                    connection.cancel();
                }
            }
        });
        let _ended = Ended(&end);
        connection.execute(sql, types, visit)
    });
    match executed {
        Ok(()) => Ok(()),
        // The limit is the reason, whatever a driver says when it is interrupted.
        Err(error) => Err(budget.check(DOING).err().unwrap_or(error)),
    }
}

/// Whether a statement has ended.
#[derive(Default)]
struct End {
    reached: Mutex<bool>,
    changed: Condvar,
}

impl End {
    /// Waits for the end, but not longer than this. Returns true at the end.
    fn wait(&self, most: Duration) -> bool {
        let reached = self.reached.lock().expect("no holder panics");
        *self.changed.wait_timeout_while(reached, most, |reached| !*reached).expect("no holder panics").0
    }
}

/// Marks the end when it is dropped, even by a panic.
struct Ended<'e>(&'e End);

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        *self.0.reached.lock().expect("no holder panics") = true;
        self.0.changed.notify_all();
    }
}
