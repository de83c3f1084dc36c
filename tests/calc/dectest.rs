//! The exactly representable cases of the General Decimal Arithmetic test suite (`.decTest` files), where it is at hand.
