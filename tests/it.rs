//! All integration tests in one binary, a module a part.

mod calc;
mod data;
mod documents;
mod engine;
mod library;
mod scale;
mod shop;
mod structure;
mod syntax;
