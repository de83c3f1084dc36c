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
    /// What the rows are joined with.
    pub join: Option<Join>,
    /// Columns that are computed over several rows, after the join.
    pub windows: IndexSet<Column>,
    /// The condition of rows that are aggregated.
    pub chosen: Option<String>,
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

/// A join of the computed columns of rows with other rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Join {
    /// `JOIN … ON …`.
    pub sql: String,
    /// A column of it that is a key.
    pub key: Option<Column>,
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

    /// All keys.
    fn all_keys(&self) -> impl Iterator<Item = &Column> + Clone {
        self.keys.iter().chain(self.join.iter().filter_map(|join| join.key.as_ref()))
    }

    /// The names of all keys.
    pub fn key_names(&self) -> Vec<String> {
        self.all_keys().map(|key| key.name.clone()).collect()
    }

    /// The names and the types of the columns of the result, in order.
    pub fn result(&self) -> Vec<(String, ColumnType)> {
        self.all_keys().chain(&self.outputs).map(|column| (column.name.clone(), column.ty)).collect()
    }

    /// The text of the statement.
    pub fn text(&self) -> String {
        let keys = self.key_names();
        let chosen: Vec<String> = keys.iter().cloned().chain(self.outputs.iter().map(written)).collect();
        let mut text = format!("SELECT {}\nFROM {}", chosen.join(",\n  "), self.source());
        if let Some(condition) = &self.chosen {
            text.push_str(&format!("\nWHERE {condition}"));
        }
        if !keys.is_empty() {
            text.push_str(&format!("\nGROUP BY {}", keys.join(", ")));
        }
        text
    }

    /// The rows that are aggregated.
    fn source(&self) -> String {
        let joined = self.join.as_ref().map_or(String::new(), |join| format!("\n{}", join.sql));
        if self.windows.is_empty() {
            return format!("{}{joined}", self.rows());
        }
        let columns = self.all_keys().chain(&self.columns).map(|column| column.name.clone());
        let columns: Vec<String> = columns.chain(self.windows.iter().map(written)).collect();
        let middle = format!("SELECT {}\nFROM {}{joined}", columns.join(",\n  "), self.rows());
        format!("(\n  {}\n) AS s", middle.replace('\n', "\n  "))
    }

    /// The rows with their computed columns.
    fn rows(&self) -> String {
        let inner = listed(self.keys.iter().chain(&self.columns));
        let condition = |indent: &str| match &self.condition {
            Some(condition) => format!("\n{indent}WHERE {condition}"),
            None => String::new(),
        };
        match inner.is_empty() {
            true => format!("{} AS {ROWS}{}", self.table, condition("")),
            false => format!("(\n  SELECT {inner}\n  FROM {} AS {ROWS}{}\n) AS r", self.table, condition("  ")),
        }
    }
}

fn listed<'c>(columns: impl Iterator<Item = &'c Column>) -> String {
    columns.map(written).collect::<Vec<_>>().join(",\n    ")
}

fn written(column: &Column) -> String {
    format!("{} AS {}", column.sql, column.name)
}
