//! The command `kpi`: turns arguments into calls of the library, and their results into text and an exit status.

pub mod args;
