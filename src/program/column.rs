//! The values of one operation while a program runs: given, constant or computed.

use crate::value::{Cause, Cell, Vector};

/// One value a row; a constant is not written out until it must be.
#[derive(Debug)]
pub(super) enum Column<'a> {
    /// An input.
    Given(&'a Vector),
    /// The same everywhere.
    Constant(Cell),
    /// A result.
    Computed(Vector),
}

impl Column<'_> {
    /// The vector, unless the column is a constant.
    pub(super) fn vector(&self) -> Option<&Vector> {
        match self {
            Self::Given(vector) => Some(vector),
            Self::Computed(vector) => Some(vector),
            Self::Constant(_) => None,
        }
    }

    /// The constant, if the column is one.
    pub(super) fn constant(&self) -> Option<&Cell> {
        match self {
            Self::Constant(cell) => Some(cell),
            _ => None,
        }
    }

    /// The value at `index`.
    pub(super) fn get(&self, index: usize) -> Cell {
        match self {
            Self::Given(vector) => vector.get(index),
            Self::Computed(vector) => vector.get(index),
            Self::Constant(cell) => cell.clone(),
        }
    }

    /// Why the value at `index` is undefined, where it is.
    pub(super) fn cause(&self, index: usize) -> Option<Cause> {
        match self {
            Self::Constant(cell) => cell.as_ref().err().copied(),
            _ => self.vector().and_then(|vector| vector.cause(index)),
        }
    }

    /// All values, a constant written out `len` times.
    pub(super) fn to_vector(&self, len: usize) -> Vector {
        match self {
            Self::Constant(cell) => Vector::repeated(cell, len),
            Self::Given(vector) => (*vector).clone(),
            Self::Computed(vector) => vector.clone(),
        }
    }

    /// As [`Column::to_vector`], without a copy of what was computed.
    pub(super) fn into_vector(self, len: usize) -> Vector {
        match self {
            Self::Computed(vector) => vector,
            other => other.to_vector(len),
        }
    }
}
