//! Turns text into a syntax tree and diagnostics: `parse(text) -> (File, Vec<Diagnostic>)`.

pub mod ast;
