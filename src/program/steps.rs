//! The work of operations, for estimates and for limits of time.

use super::{Node, Operator, Program};
use crate::builtin;

impl Node {
    /// The steps that the operation takes for each value. A step is about the work of adding two numbers, a few
    /// nanoseconds.
    pub fn steps(&self) -> u64 {
        match self {
            Self::Constant(_) | Self::Undefined(_) => 0,
            Self::Binary(Operator::Power, ..) => 400,
            Self::Binary(Operator::Divide, ..) => 4,
            Self::Member(..) => 40,
            Self::Call(function, _) => match builtin::get(*function).name {
                "exp" | "ln" | "log10" => 200,
                "sqrt" => 50,
                "lower" | "upper" | "contains" | "starts_with" | "ends_with" => 10,
                _ => 4,
            },
            _ => 1,
        }
    }
}

impl Program {
    /// The steps that all operations take for each value.
    pub fn steps(&self) -> u64 {
        self.nodes.iter().map(Node::steps).fold(0, u64::saturating_add)
    }
}
