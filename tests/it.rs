//! All integration tests in one binary, a module a part.

mod calc;
mod shop;
mod syntax;
