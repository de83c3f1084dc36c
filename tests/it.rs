//! All integration tests in one binary, a module a part.

mod documents;
mod shop;
mod syntax;
