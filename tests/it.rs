//! All integration tests in one binary, a module a part.

mod shop;
mod syntax;
