//! All integration tests in one binary, a module a part.

mod library;
mod shop;
mod syntax;
