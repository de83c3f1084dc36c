//! The tables of cases as tables of a warehouse.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray,
};
use parquet::arrow::ArrowWriter;
use yardstick::backend::{ColumnId, ColumnSchema};
use yardstick::{Calendar, Cell, ColumnType, Dataset as _, Date, Declaration, Table, Value};

/// A table that is stored in a warehouse.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct StoredTable {
    columns: Vec<StoredColumn>,
    rows: usize,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct StoredColumn {
    name: String,
    values: Stored,
}

/// The values of a column.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Stored {
    Integers(Vec<Option<i64>>),
    Decimals {
        values: Vec<Option<i128>>,
        scale: u8,
    },
    Texts(Vec<Option<String>>),
    /// Days since 1970.
    Days(Vec<Option<i32>>),
    /// Microseconds since 1970.
    Moments(Vec<Option<i64>>),
    Booleans(Vec<Option<bool>>),
}

/// The maximum number of rows of a table.
const MAX_ROWS: usize = 2_000;

/// Stores a table with the values that were read from a file, and returns the declaration with which it is opened. The
/// error is the rule why a warehouse cannot hold the same table.
pub fn stored(table: &Table, declaration: &Declaration) -> Result<(StoredTable, Declaration), &'static str> {
    let schema = table.schema();
    if table.rows() > MAX_ROWS {
        return Err("the table is large");
    }
    if table.rows() == 0 {
        return Err("the table has no rows");
    }
    let mut declaration = declaration.clone();
    let mut columns = vec![];
    for (at, (name, column)) in (0..).zip(&schema.columns) {
        let cells = (0..table.rows()).map(|row| table.cell(ColumnId(at), row).expect("the row exists"));
        let values = values(column, &cells.collect::<Vec<_>>(), declaration.calendar)?;
        if let ColumnType::Period(_) = column.ty {
            // Its texts are periods only if a declaration says so.
            declaration.types.insert(name.clone(), column.ty);
        }
        columns.push(StoredColumn { name: name.to_string(), values });
    }
    let mut names: Vec<String> = columns.iter().map(|column| column.name.to_lowercase()).collect();
    names.sort_unstable();
    names.dedup();
    match () {
        () if names.len() < columns.len() => Err("two names differ only in case"),
        () if names.iter().any(|name| name.is_empty() || name.contains(char::is_control)) => {
            Err("a column has no name, or one with control characters")
        }
        () => Ok((StoredTable { columns, rows: table.rows() }, declaration)),
    }
}

fn values(column: &ColumnSchema, cells: &[Cell], calendar: Calendar) -> Result<Stored, &'static str> {
    if column.currency.is_some() || column.percent_signs {
        return Err("cells have currencies or percent signs");
    }
    match column.ty {
        ColumnType::Unknown => Err("a column has no values, and no type"),
        ColumnType::Number => numbers(cells),
        ColumnType::Text => Ok(Stored::Texts(texts(cells, Value::to_string))),
        ColumnType::Period(grain) => Ok(Stored::Texts(texts(cells, |value| match value {
            Value::Date(first) => calendar.spell(calendar.period(grain, first.day())),
            other => panic!("{other:?} is not a period"),
        }))),
        ColumnType::Boolean => Ok(Stored::Booleans(defined(cells, |value| match value {
            Value::Boolean(value) => *value,
            other => panic!("{other:?} is not a truth value"),
        }))),
        ColumnType::Date => dates(cells),
    }
}

/// The values of the cells that have one.
fn defined<T>(cells: &[Cell], value: impl Fn(&Value) -> T) -> Vec<Option<T>> {
    cells.iter().map(|cell| cell.as_ref().ok().map(&value)).collect()
}

/// Blank texts are stored as NULL in every second row, and as empty texts in the others.
fn texts(cells: &[Cell], spelled: impl Fn(&Value) -> String) -> Vec<Option<String>> {
    let text = |(row, cell): (usize, &Cell)| match cell {
        Ok(value) => Some(spelled(value)),
        Err(_) => (row % 2 == 0).then(String::new),
    };
    cells.iter().enumerate().map(text).collect()
}

fn numbers(cells: &[Cell]) -> Result<Stored, &'static str> {
    let decimals = defined(cells, |value| match value {
        Value::Number(number) => number.decimal,
        other => panic!("{other:?} is not a number"),
    });
    let scale = decimals.iter().flatten().map(yardstick::Decimal::scale).max().unwrap_or(0);
    let scaled = |decimal: &yardstick::Decimal| {
        let scaled = decimal.mantissa().checked_mul(10i128.pow(scale - decimal.scale()))?;
        (scaled.unsigned_abs() < 10u128.pow(38)).then_some(scaled)
    };
    let values: Option<Vec<Option<i128>>> =
        decimals.iter().map(|decimal| decimal.as_ref().map_or(Some(None), |it| scaled(it).map(Some))).collect();
    let values = values.ok_or("a column of numbers needs more than 38 digits")?;
    let integers: Option<Vec<Option<i64>>> =
        values.iter().map(|value| value.map_or(Some(None), |value| i64::try_from(value).ok().map(Some))).collect();
    Ok(match integers.filter(|_| scale == 0) {
        Some(integers) => Stored::Integers(integers),
        None => Stored::Decimals { values, scale: u8::try_from(scale).expect("at most 28") },
    })
}

fn dates(cells: &[Cell]) -> Result<Stored, &'static str> {
    let dates: Vec<Option<Date>> = defined(cells, |value| match value {
        Value::Date(date) => *date,
        other => panic!("{other:?} is not a date"),
    });
    let known = || dates.iter().flatten();
    match () {
        () if known().any(|date| date.offset().is_some()) => Err("moments have offsets from UTC"),
        () if known().any(|date| date.time_of_day() % 1_000 != 0) => Err("moments have nanoseconds"),
        // The calendar of some engines begins then.
        () if known().any(|date| date.day() < -141_427) => Err("days are before 1582-10-15"),
        () if known().all(|date| date.is_day()) => {
            Ok(Stored::Days(dates.iter().map(|date| Some(date.as_ref()?.day())).collect()))
        }
        () => {
            let micros = |date: &Date| i64::from(date.day()) * 86_400_000_000 + date.time_of_day() / 1_000;
            Ok(Stored::Moments(dates.iter().map(|date| date.as_ref().map(micros)).collect()))
        }
    }
}

impl StoredTable {
    /// The same rows in columns of other names.
    pub fn renamed(&self, name: impl Fn(&str) -> String) -> Self {
        let columns = self.columns.iter().map(|column| StoredColumn { name: name(&column.name), ..column.clone() });
        Self { columns: columns.collect(), rows: self.rows }
    }

    /// The statements that create the table and fill it, in SQL that DuckDB and PostgreSQL understand.
    pub fn statements(&self, name: &str) -> Vec<String> {
        let columns = self.columns.iter().map(|column| format!("{} {}", quoted(&column.name), column.values.ty()));
        let create = format!("CREATE TABLE {name} ({})", columns.collect::<Vec<_>>().join(", "));
        let row = |row: usize| {
            let cells = self.columns.iter().map(|column| column.values.literal(row));
            format!("({})", cells.collect::<Vec<_>>().join(", "))
        };
        let rows: Vec<String> = (0..self.rows).map(row).collect();
        vec![create, format!("INSERT INTO {name} VALUES {}", rows.join(", "))]
    }

    /// Writes the table as a Parquet file into a folder.
    pub fn write(&self, folder: &Path) {
        std::fs::create_dir_all(folder).expect("it can be made");
        let columns = self.columns.iter().map(|column| (column.name.as_str(), column.values.array(), true));
        let batch = RecordBatch::try_from_iter_with_nullable(columns).expect("columns of one length");
        let file = File::create(folder.join("rows.parquet")).expect("it can be made");
        let mut writer = ArrowWriter::try_new(file, batch.schema(), None).expect("all types can be written");
        writer.write(&batch).expect("it can be written");
        writer.close().expect("it can be written");
    }
}

impl Stored {
    fn ty(&self) -> String {
        match self {
            Self::Integers(_) => "bigint".into(),
            Self::Decimals { scale, .. } => format!("decimal(38,{scale})"),
            Self::Texts(_) => "text".into(),
            Self::Days(_) => "date".into(),
            Self::Moments(_) => "timestamp".into(),
            Self::Booleans(_) => "boolean".into(),
        }
    }

    fn literal(&self, row: usize) -> String {
        let literal = match self {
            Self::Integers(values) => values[row].map(|value| value.to_string()),
            Self::Decimals { values, scale } => values[row].map(|value| {
                let sign = if value < 0 { "-" } else { "" };
                let digits = format!("{:0>width$}", value.unsigned_abs(), width = usize::from(*scale) + 1);
                let (whole, fraction) = digits.split_at(digits.len() - usize::from(*scale));
                format!("CAST('{sign}{whole}.{fraction}' AS {})", self.ty())
            }),
            Self::Texts(values) => values[row].as_ref().map(|text| format!("'{}'", text.replace('\'', "''"))),
            Self::Days(values) => values[row].map(|day| format!("CAST('{}' AS date)", Date::from_day(day))),
            Self::Moments(values) => values[row].map(|micros| {
                format!("CAST('{}' AS timestamp)", Date::from_micros(micros).to_string().replace('T', " "))
            }),
            Self::Booleans(values) => values[row].map(|value| value.to_string()),
        };
        literal.unwrap_or_else(|| "NULL".into())
    }

    fn array(&self) -> ArrayRef {
        match self {
            Self::Integers(values) => Arc::new(Int64Array::from(values.clone())),
            Self::Decimals { values, scale } => {
                let array = Decimal128Array::from(values.clone());
                Arc::new(array.with_precision_and_scale(38, *scale as i8).expect("at most 28 digits after the point"))
            }
            Self::Texts(values) => Arc::new(StringArray::from(values.clone())),
            Self::Days(values) => Arc::new(Date32Array::from(values.clone())),
            Self::Moments(values) => Arc::new(TimestampMicrosecondArray::from(values.clone())),
            Self::Booleans(values) => Arc::new(BooleanArray::from(values.clone())),
        }
    }
}

pub fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
