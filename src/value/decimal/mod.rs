//! Computes with the digits of decimals, with 192-bit products and quotients, and formats them.

pub(crate) mod digits;
pub(crate) mod spelling;
pub(crate) mod wide;
