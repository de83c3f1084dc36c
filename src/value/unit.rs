//! Units and types of values: what may be added, and what multiplying gives.
