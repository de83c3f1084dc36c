//! Turns Arrow arrays into columns.

use std::borrow::Cow;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::*;
use arrow_array::{Array, ArrowPrimitiveType, PrimitiveArray, RecordBatch};
use arrow_schema::{DataType, Field, Fields, TimeUnit};
use indexmap::IndexMap;

use super::zone::Zone;
use crate::data::{Batch, ColumnId, ColumnSchema, ColumnType, Declaration, Schema};
use crate::diagnostic::{CellPlace, Code, Diagnostic};
use crate::read::cell::{self, MAX_FIXED_SCALE, Misfit};
use crate::read::column::{ColumnBuilder, Reading};
use crate::read::misfit;
use crate::value::{CALENDAR, Cause, Date, Decimal, Value, Values, Vector};

const NANOS_PER_MILLI: i64 = 1_000_000;

/// The column type of a stored type. None for types that formulas cannot use: lists, records, bytes, times of day and
/// durations.
fn column_type(stored: &DataType) -> Option<ColumnType> {
    match stored {
        DataType::Null => Some(ColumnType::Unknown),
        DataType::Boolean => Some(ColumnType::Boolean),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Some(ColumnType::Text),
        DataType::Dictionary(_, values) if column_type(values) == Some(ColumnType::Text) => Some(ColumnType::Text),
        DataType::Date32 | DataType::Date64 | DataType::Timestamp(..) => Some(ColumnType::Date),
        DataType::Decimal32(..) | DataType::Decimal64(..) | DataType::Decimal128(..) | DataType::Decimal256(..) => {
            Some(ColumnType::Number)
        }
        other => (other.is_integer() || other.is_floating()).then_some(ColumnType::Number),
    }
}

/// The columns of a table, typed by its declaration. `label` is the name of the table in messages.
pub(in crate::read) fn schema(
    fields: &Fields,
    declaration: &Declaration,
    label: &str,
) -> Result<Schema, Vec<Diagnostic>> {
    let mut columns = IndexMap::new();
    for field in fields {
        let name = crate::alike::name(field.name());
        let declared = declaration.types.get(&*name).copied().filter(|ty| *ty != ColumnType::Unknown);
        let column = match column_type(field.data_type()) {
            Some(ty) => ColumnSchema::new(declared.unwrap_or(ty), declared.is_some()),
            None => ColumnSchema::unusable(field.data_type().to_string()),
        };
        if columns.insert(Arc::from(&*name), column).is_some() {
            let message = format!("`{label}` has two columns named `{name}`");
            return Err(vec![Diagnostic::error(Code::BadTable, message)]);
        }
    }
    Schema::new(columns, declaration, label)
}

/// Converts record batches into batches, column by column. Dictionaries of texts are kept from batch to batch.
pub(in crate::read) struct Columns<'a> {
    label: &'a str,
    columns: Vec<ArrowColumn<'a>>,
}

struct ArrowColumn<'a> {
    name: &'a str,
    schema: &'a ColumnSchema,
    builder: ColumnBuilder,
    reading: Reading,
}

/// The row of a value, its text, and the reason why it cannot be used.
type Trouble = (usize, String, Misfit);

impl<'a> Columns<'a> {
    /// Creates the converter of the requested columns of a table.
    ///
    /// # Errors
    /// A column of a type that formulas cannot use.
    pub fn new(
        fields: &Fields,
        schema: &'a Schema,
        declaration: &Declaration,
        label: &'a str,
        requested: &[ColumnId],
    ) -> Result<Self, Diagnostic> {
        let columns = requested.iter().map(|&id| {
            let (name, field) = (schema.name(id), &fields[id.0 as usize]);
            if column_type(field.data_type()).is_none() {
                return Err(unusable(name, field, label));
            }
            check_zone(name, field, label)?;
            let schema = schema.column(id);
            let blanks = declaration.formatting.blank.as_slice().into();
            let calendar = declaration.calendar;
            let mut reading = Reading { blanks, calendar, ..Reading::plain(schema.ty) };
            reading.numbers.leading_zeros = schema.declared;
            reading.declared = schema.declared;
            Ok(ArrowColumn { name, schema, builder: ColumnBuilder::new(&reading), reading })
        });
        Ok(Self { label, columns: columns.collect::<Result<_, _>>()? })
    }

    /// Converts a batch whose first row has the position `first` in the table. `batch` has the requested columns in
    /// their order.
    ///
    /// # Errors
    /// A value that a decimal or a date cannot hold, or that does not have the declared type.
    pub fn batch(&mut self, batch: &RecordBatch, first: u64) -> Result<Batch<'static>, Diagnostic> {
        let label = self.label;
        let columns = self.columns.iter_mut().zip(batch.columns()).map(|(column, array)| {
            let bad = |(row, cell, misfit): Trouble| {
                column_trouble(
                    column.name,
                    &column.reading,
                    &cell,
                    misfit,
                    CellPlace {
                        file: label.to_string(),
                        line: Some(first + row as u64 + 1),
                        column: Some(column.name.to_string()),
                        cell: Some(cell::excerpt(&cell)),
                    },
                )
            };
            vector(array, column.schema.ty, &mut column.builder).map(Cow::Owned).map_err(bad)
        });
        Ok(Batch { columns: columns.collect::<Result<_, _>>()?, rows: batch.num_rows() })
    }
}

fn column_trouble(name: &str, reading: &Reading, cell: &str, misfit: Misfit, place: CellPlace) -> Diagnostic {
    misfit::bad_cell(name, &cell::excerpt(cell), misfit, reading).in_data(place)
}

fn unusable(name: &str, field: &Field, label: &str) -> Diagnostic {
    let message = format!("column `{name}` of `{label}` holds {}, which formulas cannot use", field.data_type());
    Diagnostic::error(Code::BadTable, message)
        .hint("store it as numbers, texts, dates or truth values, or leave it out of the formulas")
}

/// Rejects moments of an unknown time zone, because their day there cannot be determined.
fn check_zone(name: &str, field: &Field, label: &str) -> Result<(), Diagnostic> {
    match field.data_type() {
        DataType::Timestamp(_, Some(zone)) if Zone::named(zone).is_none() => {
            let message = format!("column `{name}` of `{label}` has the unknown time zone `{zone}`");
            let hint = "use a zone name such as `Europe/Paris` or an offset such as `+01:00`";
            Err(Diagnostic::error(Code::BadTable, message).hint(hint))
        }
        _ => Ok(()),
    }
}

/// Converts an array to a column of a type: directly if possible, otherwise through the text of its values.
fn vector(array: &dyn Array, ty: ColumnType, builder: &mut ColumnBuilder) -> Result<Vector, Trouble> {
    if column_type(array.data_type()) == Some(ty)
        && let Some(values) = stored(array)
    {
        return Ok(Vector { causes: blanks(array), values });
    }
    match texts(array) {
        Some(Texts { texts, places: Some(places) }) if texts.len() <= places.len() => {
            let read = builder.extend_by_place(&places, texts.len(), |place| text(texts, place));
            finish(read, |row| text(texts, places[row]).to_string(), builder)
        }
        Some(texts) => {
            let read = builder.extend((0..array.len()).map(|row| texts.get(row)));
            finish(read, |row| texts.get(row).to_string(), builder)
        }
        None => {
            let spelled = spelled(array)?;
            finish(builder.extend(spelled.iter()), |row| spelled[row].clone(), builder)
        }
    }
}

fn finish(
    read: Result<(), (usize, Misfit)>,
    cell: impl Fn(usize) -> String,
    builder: &mut ColumnBuilder,
) -> Result<Vector, Trouble> {
    match read {
        Ok(()) => Ok(builder.finish()),
        Err((row, misfit)) => Err((row, cell(row), misfit)),
    }
}

fn blanks(array: &dyn Array) -> Option<Vec<Option<Cause>>> {
    let nulls = array.nulls().filter(|nulls| nulls.null_count() > 0)?;
    Some(nulls.iter().map(|defined| (!defined).then_some(Cause::Blank)).collect())
}

/// Converts an array to a column if the column can hold the stored values.
fn stored(array: &dyn Array) -> Option<Values> {
    match array.data_type() {
        DataType::Null => Some(Values::Nothing(array.len())).filter(|_| array.is_empty()),
        DataType::Boolean => Some(Values::Booleans(array.as_boolean().values().iter().collect())),
        DataType::Date32 => days(array.as_primitive::<Date32Type>().values()),
        DataType::Date64 => moments(array.as_primitive::<Date64Type>().values(), NANOS_PER_MILLI, None),
        DataType::Timestamp(unit, None) => timestamps(array, *unit, None),
        DataType::Timestamp(unit, Some(zone)) => timestamps(array, *unit, Some(&Zone::named(zone)?)),
        DataType::Float64 => floats(array.as_primitive::<Float64Type>()),
        _ => mantissas(array),
    }
}

fn days(days: &[i32]) -> Option<Values> {
    days.iter().all(|day| CALENDAR.contains(day)).then(|| Values::Days(days.to_vec()))
}

fn timestamps(array: &dyn Array, unit: TimeUnit, zone: Option<&Zone>) -> Option<Values> {
    match unit {
        TimeUnit::Second => moments(array.as_primitive::<TimestampSecondType>().values(), 1_000_000_000, zone),
        TimeUnit::Millisecond => moments(array.as_primitive::<TimestampMillisecondType>().values(), 1_000_000, zone),
        TimeUnit::Microsecond => moments(array.as_primitive::<TimestampMicrosecondType>().values(), 1_000, zone),
        TimeUnit::Nanosecond => moments(array.as_primitive::<TimestampNanosecondType>().values(), 1, zone),
    }
}

/// Converts nanoseconds since 1970 to moments. Moments of a time zone are stored in UTC. If all of them are midnights,
/// the column holds days.
fn moments(values: &[i64], nanos: i64, zone: Option<&Zone>) -> Option<Values> {
    let moment = |value: &i64| {
        let nanos = i128::from(*value) * i128::from(nanos);
        zone.map_or_else(|| Date::from_nanos(nanos), |zone| zone.local(nanos))
    };
    let moments: Vec<Date> = values.iter().map(moment).collect::<Option<_>>()?;
    Some(match moments.iter().all(|moment| moment.is_day()) {
        true => Values::Days(moments.iter().map(|moment| moment.day()).collect()),
        false => Values::Moments(moments),
    })
}

/// Integers and decimals at their own scale.
fn mantissas(array: &dyn Array) -> Option<Values> {
    match array.data_type() {
        DataType::Int8 => integers(array.as_primitive::<Int8Type>()),
        DataType::Int16 => integers(array.as_primitive::<Int16Type>()),
        DataType::Int32 => integers(array.as_primitive::<Int32Type>()),
        DataType::Int64 => {
            let mantissas = array.as_primitive::<Int64Type>().values().to_vec();
            Some(Values::Fixed { mantissas, scale: 0 })
        }
        DataType::UInt8 => integers(array.as_primitive::<UInt8Type>()),
        DataType::UInt16 => integers(array.as_primitive::<UInt16Type>()),
        DataType::UInt32 => integers(array.as_primitive::<UInt32Type>()),
        DataType::UInt64 => integers(array.as_primitive::<UInt64Type>()),
        DataType::Decimal32(_, scale) => decimals(array.as_primitive::<Decimal32Type>(), *scale),
        DataType::Decimal64(_, scale) => decimals(array.as_primitive::<Decimal64Type>(), *scale),
        DataType::Decimal128(_, scale) => decimals(array.as_primitive::<Decimal128Type>(), *scale),
        _ => None,
    }
}

fn integers<T: ArrowPrimitiveType<Native: Copy + TryInto<i64>>>(array: &PrimitiveArray<T>) -> Option<Values> {
    let mantissas = array.values().iter().map(|&value| value.try_into().ok()).collect::<Option<_>>()?;
    Some(Values::Fixed { mantissas, scale: 0 })
}

fn decimals<T>(array: &PrimitiveArray<T>, scale: i8) -> Option<Values>
where
    T: ArrowPrimitiveType<Native: Copy + Into<i128>>,
{
    let scale = u32::try_from(scale).ok()?;
    let values = || array.values().iter().map(|&value| value.into());
    let fixed = values().map(|value: i128| i64::try_from(value).ok()).collect::<Option<Vec<i64>>>();
    if let Some(mantissas) = fixed.filter(|_| scale <= MAX_FIXED_SCALE) {
        return Some(Values::Fixed { mantissas, scale });
    }
    let wide = values().map(|value| Decimal::try_from_i128_with_scale(value, scale).ok()).collect::<Option<_>>()?;
    Some(Values::Decimals { values: wide, inexact: None })
}

/// The scales to try for binary numbers before spelling each one.
const USUAL_SCALES: [u32; 5] = [0, 2, 1, 3, 4];

/// Converts binary numbers to the shortest decimals that represent them. Returns None if some of them have many digits
/// after the point.
fn floats(array: &PrimitiveArray<Float64Type>) -> Option<Values> {
    USUAL_SCALES.iter().find_map(|&scale| {
        let factor = 10f64.powi(scale as i32);
        let mantissas = match array.nulls().filter(|nulls| nulls.null_count() > 0) {
            None => array.values().iter().map(|&value| short_mantissa(value, factor)).collect::<Option<_>>(),
            Some(_) => array.iter().map(|value| short_mantissa(value.unwrap_or(0.0), factor)).collect(),
        };
        Some(Values::Fixed { mantissas: mantissas?, scale })
    })
}

/// The mantissa of up to 15 digits that gives a binary number when divided by `factor`, a power of ten. Different
/// decimals of up to 15 digits have different nearest binary numbers, so this is the shortest spelling.
#[inline]
fn short_mantissa(value: f64, factor: f64) -> Option<i64> {
    const FIFTEEN_DIGITS: i64 = 1_000_000_000_000_000;
    // Rounding can be off by one, so the result is divided again and compared with the number.
    let mantissa = (value * factor + 0.5f64.copysign(value)) as i64;
    let fits = (1 - FIFTEEN_DIGITS..FIFTEEN_DIGITS).contains(&mantissa) && mantissa as f64 / factor == value;
    fits.then_some(mantissa)
}

/// Texts, stored individually or in a dictionary.
struct Texts<'a> {
    texts: &'a dyn Array,
    /// The dictionary index of each row's text, if there is a dictionary. The index of a null is beyond its end.
    places: Option<Vec<usize>>,
}

fn texts(array: &dyn Array) -> Option<Texts<'_>> {
    match array.data_type() {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Some(Texts { texts: array, places: None }),
        DataType::Dictionary(..) => {
            let dictionary = array.as_any_dictionary();
            let values: &dyn Array = dictionary.values();
            let mut places = if values.is_empty() { vec![0; array.len()] } else { dictionary.normalized_keys() };
            if let Some(nulls) = array.nulls().filter(|nulls| nulls.null_count() > 0) {
                places.iter_mut().zip(nulls).filter(|(_, defined)| !defined).for_each(|(place, _)| *place = usize::MAX);
            }
            Some(Texts { places: Some(places), ..texts(values)? })
        }
        _ => None,
    }
}

impl<'a> Texts<'a> {
    fn get(&self, row: usize) -> &'a str {
        text(self.texts, self.places.as_ref().map_or(row, |places| places[row]))
    }
}

/// The text at an index. Nulls and indexes beyond the end give an empty text.
fn text(texts: &dyn Array, place: usize) -> &str {
    if place >= texts.len() || texts.is_null(place) {
        return "";
    }
    match texts.data_type() {
        DataType::Utf8 => texts.as_string::<i32>().value(place),
        DataType::LargeUtf8 => texts.as_string::<i64>().value(place),
        _ => texts.as_string_view().value(place),
    }
}

/// Converts every value to the text that a text file would contain. Nulls are empty.
fn spelled(array: &dyn Array) -> Result<Vec<String>, Trouble> {
    let cells = (0..array.len()).map(|row| match array.is_null(row) {
        true => Ok(String::new()),
        false => spell(array, row).map_err(|cell| (row, cell, Misfit::NoSuchDay)),
    });
    cells.collect()
}

/// Converts one value to text. The error names a day outside the calendar.
fn spell(array: &dyn Array, row: usize) -> Result<String, String> {
    match array.data_type() {
        DataType::Null => Ok(String::new()),
        DataType::Boolean => Ok(array.as_boolean().value(row).to_string()),
        DataType::Float16 => Ok(array.as_primitive::<Float16Type>().value(row).to_f32().to_string()),
        DataType::Float32 => Ok(array.as_primitive::<Float32Type>().value(row).to_string()),
        DataType::Float64 => Ok(array.as_primitive::<Float64Type>().value(row).to_string()),
        DataType::Decimal32(..) => Ok(array.as_primitive::<Decimal32Type>().value_as_string(row)),
        DataType::Decimal64(..) => Ok(array.as_primitive::<Decimal64Type>().value_as_string(row)),
        DataType::Decimal128(..) => Ok(array.as_primitive::<Decimal128Type>().value_as_string(row)),
        DataType::Decimal256(..) => Ok(array.as_primitive::<Decimal256Type>().value_as_string(row)),
        DataType::UInt64 => Ok(array.as_primitive::<UInt64Type>().value(row).to_string()),
        _ => match stored(&*array.slice(row, 1)) {
            Some(values) => Ok(spell_value(&Vector::defined(values))),
            // Only moments can be stored outside the range of a column.
            None => Err(match array.data_type() {
                DataType::Date32 => array.as_primitive::<Date32Type>().value(row).to_string(),
                _ => "a moment".into(),
            }),
        },
    }
}

fn spell_value(one: &Vector) -> String {
    match one.get(0) {
        Ok(Value::Number(number)) => number.decimal.to_string(),
        Ok(Value::Date(date)) => date.to_string(),
        _ => String::new(),
    }
}
