pub mod check;
pub mod mismatch;
pub mod typing;
pub mod units;
