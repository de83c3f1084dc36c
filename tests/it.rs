//! All integration tests in one binary, a module a part.

mod calc;
mod data;
mod shop;
mod syntax;
