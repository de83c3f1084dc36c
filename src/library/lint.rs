//! Finds what is allowed and nearly always a mistake.

use super::Library;
use crate::diagnostic::Diagnostic;

/// Adds what is worth a warning.
pub(super) fn lint(_library: &Library, _diagnostics: &mut Vec<Diagnostic>) {}
