//! Tests arithmetic and programs against slow reference implementations.

mod arithmetic;
mod dectest;
mod naive;
mod programs;
mod strategies;
