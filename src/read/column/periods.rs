//! Reads a column of texts as periods.

use super::{ColumnBuilder, Reading};
use crate::data::{Calendar, ColumnType, Grain};
use crate::diagnostic::{CellPlace, Diagnostic};
use crate::read::cell;
use crate::read::misfit::bad_cell;
use crate::value::{Cell, Value, Vector};

/// The periods of a calendar that the texts of a column spell. `name` and `label` are those of the column and of its source
/// in messages.
///
/// # Errors
/// A text that is not a period of this grain.
pub(crate) fn periods(
    column: &Vector,
    name: &str,
    grain: Grain,
    calendar: Calendar,
    label: &str,
) -> Result<Vector, Diagnostic> {
    let reading = Reading { calendar, declared: true, ..Reading::plain(ColumnType::Period(grain)) };
    let text = |cell: Cell| match cell {
        Ok(Value::Text(text)) => text.to_string(),
        _ => String::new(),
    };
    let mut builder = ColumnBuilder::new(&reading);
    for row in 0..column.len() {
        let text = text(column.get(row));
        builder.push(&text).map_err(|misfit| {
            let text = cell::excerpt(&text);
            let column = Some(name.to_owned());
            let place = CellPlace { file: label.to_owned(), line: None, column, cell: Some(text.clone()) };
            bad_cell(name, &text, misfit, &reading).in_data(place)
        })?;
    }
    Ok(builder.finish())
}
