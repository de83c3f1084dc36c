//! Finds rows that occur twice: as a whole, or by their key.

use std::sync::Arc;

use super::report::{Report, counted, fault, named};
use crate::data::ColumnType;
use crate::describe::column::ColumnPass;
use crate::describe::description::{Fault, FaultKind, Role};
use crate::describe::is_identifier;
use crate::describe::names::names_a_row;
use crate::describe::remembered::Values;
use crate::describe::role::is_sequence;
use crate::language::{Phrase, Sentence};
use crate::syntax::spelled;

/// One in this many rows may repeat a value of a key; with more, the column is no key.
const ROWS_PER_REPEAT: u64 = 20;

/// The rows below which a repeated value is no fault.
const MIN_ROWS: u64 = 10;

/// The maximum number of columns in the test of rows that is advised.
const MAX_TESTED: usize = 8;

pub(super) fn of(report: &Report) -> Vec<Fault> {
    let found = [same_rows(report), same_keys(report).or_else(|| same_dimensions(report))];
    found.into_iter().flatten().collect()
}

/// Returns true if some rows repeat something, but few.
fn are_few(report: &Report, repeats: u64) -> bool {
    repeats > 0 && report.rows() >= MIN_ROWS && repeats * ROWS_PER_REPEAT <= report.rows().max(ROWS_PER_REPEAT)
}

/// Rows that are equal to an earlier one. In a table without a key they may be right, if there are many.
fn same_rows(report: &Report) -> Option<Fault> {
    let values = &report.opened.pass.whole_rows;
    if report.columns.len() < 2 || !are_few(report, values.repeats) {
        return None;
    }
    let count = values.repeats;
    let message = counted(count, Phrase::FaultSameRow, Phrase::FaultSameRows, &[]);
    let key = report.columns.iter().find(|(_, role)| *role == Role::Key);
    let tested = key.map_or(&report.columns[..], std::slice::from_ref);
    let tested = tested.iter().filter(|(column, _)| column.cells > 0);
    // Rows with a blank in a tested column are not compared.
    let has_blanks = tested.clone().any(|(column, _)| column.blanks > 0);
    let tested: Vec<String> = tested.map(|(column, _)| spelled(&column.name)).collect();
    let advice = if !has_blanks && tested.len() <= MAX_TESTED {
        Sentence::new(Phrase::AdviceUnique, [tested.join(", ")])
    } else {
        Sentence::plain(Phrase::AdviceSameRows)
    };
    let mut fault = fault(FaultKind::DuplicateRows, &[], count, message, advice);
    fault.places = report.repeated(&values.repeated, |_| None);
    Some(fault)
}

/// Values of a key that occur again in a row that is otherwise different.
fn same_keys(report: &Report) -> Option<Fault> {
    if report.columns.iter().any(|(_, role)| *role == Role::Key) {
        return None;
    }
    let is_key = |(at, column): &(usize, &ColumnPass)| is_nearly_key(report, column, *at == 0);
    let columns = report.columns.iter().map(|(column, _)| *column).enumerate();
    let (_, column) = columns.into_iter().find(is_key)?;
    Some(repeated_key(report, &[&column.name], &column.values))
}

/// Returns true for a column that is a key but for a few rows.
fn is_nearly_key(report: &Report, column: &ColumnPass, is_first: bool) -> bool {
    let table = report.opened.dataset.name();
    let is_named = is_identifier(&column.name) || names_a_row(&column.name, table);
    let fits = match column.schema.ty {
        ColumnType::Number => {
            let is_whole = column.numbers().is_some_and(|numbers| numbers.are_whole);
            is_whole && (is_named || is_first && is_sequence(column))
        }
        ColumnType::Text => is_named || is_first,
        _ => false,
    };
    fits && !column.values.is_full && are_few(report, column.values.repeats)
}

/// Rows with the same days, channels and so on, in a table that otherwise has one row for nearly every combination.
fn same_dimensions(report: &Report) -> Option<Fault> {
    let pass = &report.opened.pass;
    if report.columns.iter().any(|(_, role)| *role == Role::Key) || pass.dimensions.is_full {
        return None;
    }
    let columns: Vec<&ColumnPass> = pass.dimension_columns().filter(|column| column.cells > 0).collect();
    let is_dated = columns.iter().any(|column| column.days().is_some());
    if !is_dated || !are_few(report, pass.dimensions.repeats) {
        return None;
    }
    let combinations = columns
        .iter()
        .try_fold(1_u64, |all, column| all.checked_mul(column.values.distinct + u64::from(column.blanks > 0)))?;
    if pass.dimensions.distinct * 4 < combinations * 3 {
        return None;
    }
    let names: Vec<&Arc<str>> = columns.iter().map(|column| &column.name).collect();
    Some(repeated_key(report, &names, &pass.dimensions))
}

fn repeated_key(report: &Report, columns: &[&Arc<str>], values: &Values) -> Fault {
    let names: Vec<String> = columns.iter().map(|name| named(name)).collect();
    let message = counted(values.repeats, Phrase::FaultSameKey, Phrase::FaultSameKeys, &[names.join(", ")]);
    let listed: Vec<String> = columns.iter().map(|name| spelled(name)).collect();
    let advice = Sentence::new(Phrase::AdviceUnique, [listed.join(", ")]);
    let mut fault = fault(FaultKind::DuplicateKeys, columns, values.repeats, message, advice);
    fault.places = report.repeated(&values.repeated, |_| None);
    fault
}
