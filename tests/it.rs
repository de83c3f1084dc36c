//! All integration tests in one binary, a module a part.

mod calc;
mod data;
mod library;
mod shop;
mod syntax;
