//! All integration tests in one binary, a module a part.

mod calc;
mod cli;
mod data;
mod documents;
mod engine;
mod library;
mod shop;
mod syntax;
