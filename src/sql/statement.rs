//! The texts of statements: columns of rows, and aggregates over them.

use indexmap::IndexSet;

use crate::data::ColumnType;

/// The name of the table in statements.
pub const ROWS: &str = "t";

/// A query over one table: columns that are computed for each row, and aggregates over them by some of them.
///
/// Columns are computed in an inner query, so that each is written once and has a name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Select {
    /// The table, quoted.
    pub table: String,
    /// The columns to group by, with their names.
    pub keys: IndexSet<Column>,
    /// The other columns of rows, with their names.
    pub columns: IndexSet<Column>,
    /// The condition of rows.
    pub condition: Option<String>,
    /// The aggregates, with their names.
    pub outputs: IndexSet<Column>,
}

/// A named expression, and the type of its values in the result.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Column {
    pub name: String,
    pub sql: String,
    pub ty: ColumnType,
}

impl Select {
    /// Adds a key.
    pub fn key(&mut self, name: impl Into<String>, sql: impl Into<String>, ty: ColumnType) {
        self.keys.insert(Column { name: name.into(), sql: sql.into(), ty });
    }

    /// Adds a column of rows named `prefix` and a number, and returns its name. An equal column is reused.
    pub fn column(&mut self, prefix: &str, sql: &str) -> String {
        let own = |column: &&Column| column.name.starts_with(prefix);
        if let Some(known) = self.columns.iter().filter(own).find(|column| column.sql == sql) {
            return known.name.clone();
        }
        let name = format!("{prefix}{}", self.columns.iter().filter(own).count() + 1);
        self.columns.insert(Column { name: name.clone(), sql: sql.to_owned(), ty: ColumnType::Unknown });
        name
    }

    /// Adds an aggregate.
    pub fn output(&mut self, name: impl Into<String>, sql: impl Into<String>, ty: ColumnType) {
        self.outputs.insert(Column { name: name.into(), sql: sql.into(), ty });
    }

    /// The names and the types of the columns of the result, in order.
    pub fn result(&self) -> Vec<(String, ColumnType)> {
        self.keys.iter().chain(&self.outputs).map(|column| (column.name.clone(), column.ty)).collect()
    }

    /// The text of the statement.
    pub fn text(&self) -> String {
        let inner = listed(self.keys.iter().chain(&self.columns));
        let keys = self.keys.iter().map(|key| key.name.as_str());
        let outputs: Vec<String> = self.outputs.iter().map(written).collect();
        let chosen: Vec<&str> = keys.clone().chain(outputs.iter().map(String::as_str)).collect();
        let mut text = format!("SELECT {}\nFROM ", chosen.join(",\n  "));
        match inner.is_empty() {
            true => text.push_str(&format!("{} AS {ROWS}", self.table)),
            false => text.push_str(&format!("(\n  SELECT {inner}\n  FROM {} AS {ROWS}", self.table)),
        }
        let indent = if inner.is_empty() { "" } else { "  " };
        if let Some(condition) = &self.condition {
            text.push_str(&format!("\n{indent}WHERE {condition}"));
        }
        if !inner.is_empty() {
            text.push_str("\n) AS r");
        }
        let keys: Vec<&str> = keys.collect();
        if !keys.is_empty() {
            text.push_str(&format!("\nGROUP BY {}", keys.join(", ")));
        }
        text
    }
}

fn listed<'c>(columns: impl Iterator<Item = &'c Column>) -> String {
    columns.map(written).collect::<Vec<_>>().join(",\n    ")
}

fn written(column: &Column) -> String {
    format!("{} AS {}", column.sql, column.name)
}
