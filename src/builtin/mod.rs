//! The built-in functions: one table of name, signature, documentation and implementation.

/// A built-in function: its place in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BuiltinId(pub u16);
