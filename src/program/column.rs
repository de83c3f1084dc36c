//! Holds the values of one operation while a program runs: an input, a constant or a result.

use crate::value::{Cause, Cell, Vector};

/// One value per row. A constant is expanded only when necessary.
#[derive(Debug)]
pub(super) enum Column<'a> {
    /// An input.
    Given(&'a Vector),
    /// The same value in every row.
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

    /// The constant, or None if the column is not constant.
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

    /// The cause if the value at `index` is undefined.
    pub(super) fn cause(&self, index: usize) -> Option<Cause> {
        match self {
            Self::Constant(cell) => cell.as_ref().err().copied(),
            _ => self.vector().and_then(|vector| vector.cause(index)),
        }
    }

    /// Copies all values; a constant is repeated `len` times.
    pub(super) fn to_vector(&self, len: usize) -> Vector {
        match self {
            Self::Constant(cell) => Vector::repeated(cell, len),
            Self::Given(vector) => (*vector).clone(),
            Self::Computed(vector) => vector.clone(),
        }
    }

    /// Does the same as [`Column::to_vector`], but without copying a computed column.
    pub(super) fn into_vector(self, len: usize) -> Vector {
        match self {
            Self::Computed(vector) => vector,
            other => other.to_vector(len),
        }
    }
}
