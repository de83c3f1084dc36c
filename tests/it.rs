//! All integration tests in one binary, a module a part.

mod calc;
mod data;
mod documents;
mod library;
mod shop;
mod syntax;
