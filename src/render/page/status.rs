//! The status of a value on a page.

use maud::{Markup, html};

use crate::language::Language;
use crate::render::status_mark;
use crate::syntax::ast::Status;

/// The class of a status.
pub fn status_class(status: Status) -> &'static str {
    match status {
        Status::Good => "good",
        Status::Watch => "watch",
        Status::Bad => "bad",
    }
}

/// A status with its sign: `✗ Bad`.
pub fn status(status: Status, language: Language) -> Markup {
    html! {
        span class={ "status " (status_class(status)) } {
            span.sign aria-hidden="true" { (status_mark(status)) } " " (language.status(status))
        }
    }
}
