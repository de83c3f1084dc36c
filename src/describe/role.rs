//! Decides what a column is probably used for.

use super::column::ColumnPass;
use super::description::Role;
use super::names::{is_identifier, names_a_row, words};
use crate::data::ColumnType;

/// Words of columns of years.
const YEARS: [&str; 7] = ["year", "annee", "an", "exercice", "jahr", "fy", "yyyy"];

/// The rows below which different values do not show that a column is a key.
const MIN_ROWS: u64 = 3;

/// The use of a column in a table of this name. `is_first` is true for the first column.
pub(super) fn of(column: &ColumnPass, table: &str, is_first: bool) -> Role {
    if column.cells == 0 {
        return Role::Empty;
    }
    let names_rows = is_identifier(&column.name) || names_a_row(&column.name, table);
    match column.schema.ty {
        ColumnType::Unknown => Role::Empty,
        ColumnType::Boolean => Role::Flag,
        ColumnType::Date | ColumnType::Period(_) => Role::Time,
        ColumnType::Number if is_year(column) => Role::Time,
        ColumnType::Number if !is_whole(column) => Role::Measure,
        ColumnType::Number if is_key(column) && (names_rows || is_first && is_sequence(column)) => Role::Key,
        ColumnType::Number if is_identifier(&column.name) => Role::Reference,
        ColumnType::Number => Role::Measure,
        ColumnType::Text if is_key(column) && (names_rows || is_first) => Role::Key,
        ColumnType::Text if is_identifier(&column.name) => Role::Reference,
        ColumnType::Text if column.texts().is_some_and(|texts| texts.repeat()) => Role::Group,
        ColumnType::Text => Role::Text,
    }
}

/// Returns true if every row has another value.
fn is_key(column: &ColumnPass) -> bool {
    column.blanks == 0 && column.cells >= MIN_ROWS && column.values.are_unique()
}

fn is_whole(column: &ColumnPass) -> bool {
    column.numbers().is_some_and(|numbers| numbers.are_whole) && column.schema.currency.is_none()
}

/// Returns true for whole numbers that only grow.
pub(super) fn is_sequence(column: &ColumnPass) -> bool {
    is_whole(column) && column.numbers().is_some_and(|numbers| numbers.are_sorted)
}

/// Returns true for whole numbers of a column of years.
fn is_year(column: &ColumnPass) -> bool {
    let is_named = words(&column.name).iter().any(|word| YEARS.contains(&&**word));
    let range = column.numbers().filter(|_| is_named && is_whole(column)).and_then(|numbers| numbers.range);
    range.is_some_and(|[least, greatest]| least >= 1900.into() && greatest <= 2100.into())
}
