//! Turns a panic of a crate that reads a foreign format into a diagnostic.

use std::any::Any;
use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

use super::input::Input;
use crate::diagnostic::{Code, Diagnostic};

thread_local! {
    /// True while a foreign crate runs on this thread.
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// Calls a crate that reads a foreign format. If it panics, the file is damaged, and nothing is printed.
///
/// # Errors
/// Those of `read`, and a panic. A program that is compiled with `panic = "abort"` has no such protection.
pub(super) fn guarded<T>(input: &Input, read: impl FnOnce() -> Result<T, Diagnostic>) -> Result<T, Diagnostic> {
    static QUIET: Once = Once::new();
    QUIET.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !INSIDE.get() {
                usual(info);
            }
        }));
    });
    let outer = INSIDE.replace(true);
    let result = panic::catch_unwind(AssertUnwindSafe(read));
    INSIDE.set(outer);
    result.unwrap_or_else(|panic| Err(damaged(input, message(&*panic))))
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    text.and_then(|text| text.lines().next()).unwrap_or("its reader failed")
}

/// Reports a file whose contents contradict each other.
pub(super) fn damaged(input: &Input, reason: &str) -> Diagnostic {
    let message = format!("`{}` is damaged: {reason}", input.label);
    Diagnostic::error(Code::Unreadable, message).in_data(input.place(None))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_a_diagnostic() {
        let input = Input::text("t.parquet", "");
        let read = |at: usize| guarded(&input, || Ok([1, 2][at]));
        assert_eq!(read(1).ok(), Some(2));
        let problem = read(2).expect_err("it panics");
        assert_eq!(problem.code, Code::Unreadable);
        assert!(problem.message.starts_with("`t.parquet` is damaged: index out of bounds"), "{}", problem.message);
    }
}
