//! Reports limits of the request.

use crate::diagnostic::{Code, Diagnostic};

pub(super) fn limit(message: impl Into<String>) -> Diagnostic {
    Diagnostic::error(Code::LimitReached, message)
}
