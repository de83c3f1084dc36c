//! Tests reading tables: the formats that are understood, and the messages about tables that are rejected.

#[cfg(feature = "parquet")]
mod arrow;
mod csv;
#[cfg(feature = "cli")]
mod damaged;
mod digits;
mod files;
mod formats;
mod json;
mod late;
#[cfg(all(feature = "parquet", feature = "ipc", feature = "xlsx"))]
mod listed;
mod rows;
mod several;
#[cfg(all(feature = "cli", feature = "parquet"))]
mod spellings;
mod totals;
mod unasked;
#[cfg(all(feature = "xlsx", feature = "gzip"))]
pub mod workbook;

use std::fmt::Write;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use yardstick::backend::{ColumnId, Scan};
use yardstick::{Dataset, Declaration, Diagnostic};

use crate::case::{evaluated, stage};

stage!(data_that_cannot_be_used, "bad", evaluated);

/// Formats a diagnostic as one block of text.
pub fn message(diagnostic: &Diagnostic) -> String {
    let mut text = format!("{}", diagnostic.code);
    if let Some(cell) = &diagnostic.cell {
        write!(text, " at {}", cell.file).unwrap();
        cell.line.iter().for_each(|line| write!(text, ":{line}").unwrap());
        cell.column.iter().for_each(|column| write!(text, ", column `{column}`").unwrap());
        cell.cell.iter().for_each(|cell| write!(text, ", cell `{cell}`").unwrap());
    }
    write!(text, "\n  {}", diagnostic.message).unwrap();
    diagnostic.hints.iter().for_each(|hint| write!(text, "\n  hint: {hint}").unwrap());
    text
}

pub fn messages(diagnostics: &[Diagnostic]) -> String {
    diagnostics.iter().map(message).collect::<Vec<_>>().join("\n")
}

/// All rows of a dataset as texts.
pub fn rows(dataset: &dyn Dataset) -> Result<Vec<Vec<String>>, Diagnostic> {
    let columns: Vec<ColumnId> = (0..dataset.schema().columns.len() as u32).map(ColumnId).collect();
    let all = Mutex::new(vec![]);
    dataset.scan(&Scan::new(&columns, 1), &|_, batch| {
        let row = |row| batch.columns.iter().map(|column| spelled(&column.get(row))).collect::<Vec<_>>();
        all.lock().unwrap().extend((0..batch.rows).map(row));
        Ok(())
    })?;
    Ok(all.into_inner().unwrap())
}

fn spelled(cell: &yardstick::Cell) -> String {
    use yardstick::Value;
    match cell {
        Err(_) => "—".into(),
        Ok(Value::Number(number)) => number.decimal.normalize().to_string(),
        Ok(Value::Text(text)) => format!("{text:?}"),
        Ok(Value::Boolean(value)) => value.to_string(),
        Ok(Value::Date(date)) => match date.time_of_day() {
            0 => format!("day {}", date.day()),
            nanos => format!("day {} + {nanos} ns", date.day()),
        },
    }
}

/// The types, notes and rows of a dataset as text.
pub fn shown(dataset: &dyn Dataset) -> String {
    let types = dataset.schema().columns.iter().map(|(name, column)| format!("{name}: {:?}", column.ty));
    let mut text = types.collect::<Vec<_>>().join(", ") + "\n";
    for row in rows(dataset).unwrap_or_else(|error| panic!("{}", message(&error))) {
        text += &(row.join(" | ") + "\n");
    }
    text
}

/// A path that no other call returns. Tests run at the same time and in several processes.
pub fn temporary(name: &str) -> PathBuf {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    std::env::temp_dir().join(format!("yardstick-{}-{number}-{name}", std::process::id()))
}

pub fn plain() -> Declaration {
    Declaration::default()
}
