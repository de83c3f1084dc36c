//! All integration tests in one binary, a module a part.

mod calc;
mod engine;
mod data;
mod documents;
mod library;
mod shop;
mod syntax;
