//! The tests of the whole crate, one binary.

mod library;
mod syntax;
