//! Ends `--watch` at Ctrl-C.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::wake::Wake;
use crate::diagnostic::{Code, Diagnostic};

/// Is set at Ctrl-C.
#[derive(Clone, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Is set at Ctrl-C, which also wakes who waits for changes. The second Ctrl-C ends the process at once.
    pub fn at_ctrl_c(wake: Wake) -> Result<Self, Diagnostic> {
        let stop = Self::default();
        let set = stop.clone();
        let handler = move || {
            if set.0.swap(true, Ordering::SeqCst) {
                std::process::exit(0);
            }
            wake.wake();
        };
        ctrlc::set_handler(handler).map_err(|error| {
            Diagnostic::error(Code::Unreadable, format!("`--watch` cannot wait for Ctrl-C: {error}"))
                .hint("omit `--watch`")
        })?;
        Ok(stop)
    }

    /// True after Ctrl-C.
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}
