//! What a KPI would be with other inputs: the value of an input at which it is what is wanted, and how much it depends on
//! each of its inputs.
//!
//! Both compute every KPI in several worlds of one plan, so that the data are read once.

mod columns;
mod enclosure;
mod form;
mod found;
mod group;
mod polynomial;
mod quotient;
mod roots;
mod search;
mod sensitivity;
mod solution;
mod solve;
mod stretch;

#[cfg(feature = "cli")]
pub(crate) use columns::Sought;
pub use sensitivity::Sensitivity;
#[cfg(feature = "cli")]
pub(crate) use sensitivity::{LeftOutReason, SensitivityEffect, SensitivityEnd, varied_names, varied_query};
pub use solution::{Solution, SolutionKind};
#[cfg(feature = "cli")]
pub(crate) use solution::{SolutionBounds, SolvedEnd, SolvedRange, SolvedValue, StatusChange};
pub use solve::Goal;
#[cfg(feature = "cli")]
pub(crate) use solve::goal_query;

#[cfg(test)]
mod tests;
