//! Columns of inputs that are not measures.

use std::sync::Arc;

use crate::data::{Calendar, ColumnType, FailedRows, Group, MeasureColumn, Period};
use crate::value::{Cell, Date, Decimal, Value, Vector};

/// The value of a key, which is spelled as results spell it.
pub(super) fn key_value(key: &Arc<str>, ty: ColumnType, calendar: Calendar) -> Cell {
    let value = match ty {
        ColumnType::Number => key.parse::<Decimal>().ok().map(Value::from),
        ColumnType::Date | ColumnType::Period(_) => {
            let date = |period: Period| match ty {
                ColumnType::Period(_) => Date::from_period(calendar, period),
                _ => Date::from_day(calendar.first_day(period)),
            };
            calendar.parse(key).map(date).map(Value::Date)
        }
        ColumnType::Boolean => key.parse().ok().map(Value::Boolean),
        ColumnType::Text | ColumnType::Unknown => None,
    };
    Ok(value.unwrap_or_else(|| Value::Text(key.clone())))
}

/// A column without counts of rows.
pub(super) fn without_rows(values: Vector, groups: &[Group]) -> MeasureColumn {
    MeasureColumn {
        values,
        rows: vec![0; groups.len()],
        skipped: groups.iter().map(|_| 0).collect(),
        failed: groups.iter().map(|_| FailedRows::default()).collect(),
        ranges: groups.iter().map(|_| None).collect(),
        left_out: groups.iter().map(|_| vec![]).collect(),
    }
}

/// Adds the groups of another column after those of this one.
pub(super) fn append(column: &mut MeasureColumn, other: MeasureColumn) {
    column.rows.extend(other.rows);
    column.skipped.append(other.skipped);
    column.failed.append(other.failed);
    column.ranges.append(other.ranges);
    column.left_out.append(other.left_out);
}
