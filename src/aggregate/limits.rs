//! Reports limits of the request.

use crate::diagnostic::{Code, Diagnostic};

pub(super) fn limit(message: impl Into<String>) -> Diagnostic {
    Diagnostic::error(Code::LimitReached, message)
}

/// The result has too many groups.
pub(super) fn too_many_groups(most: usize) -> Diagnostic {
    limit(format!("the result has more than {most} groups"))
        .hint("choose a coarser grain, fewer columns, or a shorter `--period`")
}
