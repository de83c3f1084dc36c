//! Arithmetic and programs against slow, plain references.

mod arithmetic;
mod dectest;
mod naive;
mod programs;
mod strategies;
