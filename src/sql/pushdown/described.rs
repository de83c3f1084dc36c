//! Measures in words.

use crate::builtin::{self, Aggregate};
use crate::data::{Dataset, Measure, RowProgram, RowSource};
use crate::program::NodeId;
use crate::sql::table::WarehouseTable;

/// A measure in words.
pub(super) fn described(measure: &Measure, rows: &RowProgram, table: &WarehouseTable) -> String {
    let named = |nodes: &[NodeId]| {
        let slots = rows.program.slots_below(nodes.iter().copied());
        let name = |slot: u32| match rows.slots[slot as usize] {
            RowSource::Column(column) => format!("`{}`", table.schema().name(column)),
            RowSource::Lookup { .. } => "looked-up columns".to_owned(),
        };
        let mut names: Vec<String> = slots.into_iter().map(name).collect();
        names.dedup();
        names.join(", ")
    };
    let fraction = match measure.aggregate {
        Aggregate::Quantile(fraction) => Some(fraction),
        _ => None,
    };
    let mut entries = builtin::aggregates().iter();
    let entry = entries.find(|entry| entry.function.with_fraction(|| fraction) == Some(measure.aggregate));
    let aggregate = entry.map_or("aggregate", |entry| entry.name);
    let distinct = if measure.distinct { "distinct " } else { "" };
    let mut text = match measure.argument {
        None => format!("{aggregate} of rows"),
        Some(argument) => match named(&[argument]) {
            none if none.is_empty() => format!("{aggregate} of a constant"),
            names => format!("{aggregate} of {distinct}{names}"),
        },
    };
    if !measure.by.is_empty() {
        text.push_str(&format!(" by {}", named(&measure.by)));
    }
    if !measure.conditions.is_empty() {
        text.push_str(&format!(", with conditions on {}", named(&measure.conditions)));
    }
    text
}
