//! Wakes who waits for changes.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// Wakes who waits at the other end.
#[derive(Clone)]
pub struct Wake(SyncSender<()>);

impl Wake {
    /// Wakes who waits, now or when it waits the next time.
    pub fn wake(&self) {
        // A full channel has woken it already.
        let _ = self.0.try_send(());
    }
}

/// What wakes, and where to wait for it.
pub fn wake() -> (Wake, Receiver<()>) {
    let (sender, receiver) = sync_channel(1);
    (Wake(sender), receiver)
}
