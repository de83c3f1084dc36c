//! Decimals: arithmetic on their digits, products and quotients of 192 bits, and how they are spelled.

pub(crate) mod digits;
pub(crate) mod spelling;
pub(crate) mod wide;
