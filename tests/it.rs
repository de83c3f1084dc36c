//! All integration tests in one binary, a module a part.

mod calc;
mod corpus;
mod data;
mod documents;
mod engine;
mod library;
mod shop;
mod structure;
mod syntax;
mod testing;
