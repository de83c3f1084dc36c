//! What a KPI would be with other inputs: the value of an input at which it is what is wanted, and how much it depends on
//! each of its inputs.
//!
//! Both compute every KPI in several worlds of one plan, so that the data are read once.

mod form;
mod polynomial;
mod roots;
mod search;
mod sensitivity;
mod solve;

pub(crate) use sensitivity::{Sensitivity, SensitivityEffect, SensitivityEnd, varied_inputs, varied_query};
pub(crate) use solve::{Bounds, Goal, Solution, SolutionKind, SolvedValue, StatusChange, goal_query};

#[cfg(test)]
mod tests;
