//! Puts the description of a file together from what a pass over its rows found.

use std::path::Path;
use std::sync::Arc;

use super::column::ColumnPass;
use super::description::{ColumnDescription, Description, Role};
use super::opening::Opened;
use super::{correction, faults, role};
use crate::data::ColumnType;
use crate::diagnostic::Severity;
use crate::value::Decimal;

/// The description of a file that was read.
pub(super) fn of(opened: Opened, path: &Path) -> Description {
    let faults = faults::all(&opened);
    let dataset = &*opened.dataset;
    let notes = dataset.notes().iter().filter(|note| note.severity == Severity::Note && !note.usual);
    let reading = notes.filter_map(|note| note.sentence.as_deref().cloned()).collect();
    let columns = dataset.schema().columns.iter().map(|(name, schema)| {
        match opened.pass.columns.iter().enumerate().find(|(_, column)| column.name == *name) {
            Some((at, column)) => described(column, role::of(column, dataset.name(), at == 0)),
            None => unreadable(name, schema.ty),
        }
    });
    Description {
        version: 1,
        name: dataset.name().clone(),
        file: path.display().to_string(),
        rows: opened.pass.rows,
        reading,
        columns: columns.collect(),
        faults,
        settings: opened.settings,
    }
}

fn described(column: &ColumnPass, role: Role) -> ColumnDescription {
    let [minimum, maximum] = column.range().map_or([None, None], |range| range.map(Some));
    let is_count = |range: [Decimal; 2]| !range[0].is_sign_negative();
    ColumnDescription {
        name: column.name.clone(),
        ty: column.schema.ty,
        currency: column.schema.currency.clone(),
        percent: column.schema.percent_signs,
        role,
        blanks: column.blanks,
        distinct: column.values.distinct,
        has_more: column.values.is_full,
        minimum,
        maximum,
        examples: column.examples.clone(),
        counts: column.numbers().is_some_and(|it| it.are_whole && it.range.is_none_or(is_count)),
        span: column.days().map_or(0, |days| days.span()),
        correction: correction::of(column),
        values: (!column.values.is_full).then(|| Arc::new(column.values.all().collect())),
    }
}

fn unreadable(name: &Arc<str>, ty: ColumnType) -> ColumnDescription {
    ColumnDescription {
        name: name.clone(),
        ty,
        currency: None,
        percent: false,
        role: Role::Unreadable,
        blanks: 0,
        distinct: 0,
        has_more: false,
        minimum: None,
        maximum: None,
        examples: vec![],
        counts: false,
        span: 0,
        correction: None,
        values: None,
    }
}
