//! Turns a result into an Arrow record batch.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::types::{Date32Type, Decimal128Type, TimestampMicrosecondType};
use arrow_array::{ArrayRef, BooleanArray, PrimitiveArray, RecordBatch, RecordBatchOptions, StringArray};
use arrow_schema::{DataType, Field, Schema};

use crate::diagnostic::{Code, Diagnostic, Error};
use crate::eval::Evaluation;
use crate::value::{Cell, Date, Decimal, Value};

/// The digits of an Arrow decimal of 128 bits.
const PRECISION: u8 = 38;

impl Evaluation {
    /// Converts the result to an Arrow record batch.
    ///
    /// It has a text column for each group column, followed by a column for each KPI. Numbers are decimals of 38
    /// digits; the scale is the largest that a value of the column needs. Undefined values are null. The field metadata
    /// of a KPI contains its unit under `unit`.
    ///
    /// # Errors
    /// Returns an error if the numbers of one column do not fit into 38 digits with a common scale.
    pub fn to_record_batch(&self) -> Result<RecordBatch, Error> {
        let (mut fields, mut columns) = (vec![], vec![]);
        for (at, name) in self.group_columns().iter().enumerate() {
            let key = |group: usize| self.group_label(group).get_index(at).and_then(|(_, key)| key.clone());
            let keys: StringArray = (0..self.groups.len()).map(key).collect();
            fields.push(Field::new(name.to_string(), DataType::Utf8, true));
            columns.push(Arc::new(keys) as ArrayRef);
        }
        for (at, kpi) in self.plan.kpis.iter().enumerate() {
            let cells: Vec<Cell> = (0..self.groups.len()).map(|group| self.value(at, group)).collect();
            let column = column(&kpi.name, &cells)?;
            let unit = self.plan.step(kpi.step).ty.unit_name().map(|unit| ("unit".to_owned(), unit));
            let metadata: HashMap<String, String> = unit.into_iter().collect();
            fields.push(Field::new(kpi.name.to_string(), column.data_type().clone(), true).with_metadata(metadata));
            columns.push(column);
        }
        let options = RecordBatchOptions::new().with_row_count(Some(self.groups.len()));
        let batch = RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), columns, &options);
        batch.map_err(|error| refused(error.to_string()))
    }
}

fn refused(message: String) -> Error {
    vec![Diagnostic::error(Code::LimitReached, message)].into()
}

/// The values of a KPI as a column, whose type is that of the first defined value.
fn column(name: &str, cells: &[Cell]) -> Result<ArrayRef, Error> {
    let values = || cells.iter().map(|cell| cell.as_ref().ok());
    Ok(match values().flatten().next() {
        None | Some(Value::Number(_)) => Arc::new(decimals(name, cells)?),
        Some(Value::Text(_)) => Arc::new(values().map(|value| value.map(ToString::to_string)).collect::<StringArray>()),
        Some(Value::Boolean(_)) => {
            let flag = |value: &Value| matches!(value, Value::Boolean(true));
            Arc::new(values().map(|value| value.map(flag)).collect::<BooleanArray>())
        }
        Some(Value::Date(_)) => dates(values().map(|value| match value {
            Some(Value::Date(date)) => Some(*date),
            _ => None,
        })),
    })
}

fn decimals(name: &str, cells: &[Cell]) -> Result<PrimitiveArray<Decimal128Type>, Error> {
    let number = |cell: &Cell| match cell {
        Ok(Value::Number(number)) => Some(number.decimal.normalize()),
        _ => None,
    };
    let numbers: Vec<Option<Decimal>> = cells.iter().map(number).collect();
    let scale = numbers.iter().flatten().map(Decimal::scale).max().unwrap_or_default();
    let widened = |number: &Decimal| {
        let factor = 10_i128.checked_pow(scale - number.scale())?;
        number.mantissa().checked_mul(factor).filter(|mantissa| mantissa.unsigned_abs() < 10_u128.pow(PRECISION.into()))
    };
    if numbers.iter().flatten().any(|number| widened(number).is_none()) {
        return Err(refused(format!("the values of `{name}` need more than {PRECISION} digits with a common scale")));
    }
    let column: PrimitiveArray<Decimal128Type> =
        numbers.iter().map(|number| number.as_ref().and_then(widened)).collect();
    column.with_precision_and_scale(PRECISION, scale as i8).map_err(|error| refused(error.to_string()))
}

/// Days, or timestamps if one of the values has a time of day.
fn dates(dates: impl Iterator<Item = Option<Date>> + Clone) -> ArrayRef {
    if dates.clone().flatten().all(Date::is_day) {
        return Arc::new(dates.map(|date| date.map(Date::day)).collect::<PrimitiveArray<Date32Type>>());
    }
    let micros = |date: Date| i64::from(date.day()) * 86_400_000_000 + date.time_of_day() / 1_000;
    let moments: PrimitiveArray<TimestampMicrosecondType> = dates.map(|date| date.map(micros)).collect();
    Arc::new(moments)
}
