//! What is known of a dataset before its rows are read: columns, their types, the time column.

use std::sync::Arc;

use indexmap::{IndexMap, IndexSet};
use serde::Serialize;

use crate::diagnostic::{CellPlace, Code, Diagnostic, did_you_mean};

/// A column of a [`Schema`]: its position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct ColumnId(pub u32);

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ColumnType {
    /// Decimals.
    Number,
    /// Texts.
    Text,
    /// Days or moments.
    Date,
    /// Months (`2026-03`), each as its first day.
    Month,
    /// Truth values.
    Boolean,
    /// Nothing but blank cells, as far as is known: any of them.
    Unknown,
}

impl ColumnType {
    /// What such a column holds, in words.
    pub fn plural(self) -> &'static str {
        match self {
            Self::Number => "numbers",
            Self::Text => "texts",
            Self::Date => "dates",
            Self::Month => "months",
            Self::Boolean => "truth values",
            Self::Unknown => "nothing but blank cells",
        }
    }
}

/// A dataset's columns.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Schema {
    /// The columns in file order, by name (NFC).
    pub columns: IndexMap<Arc<str>, ColumnSchema>,
    /// The declared time column, or the only date column. None also where there are two undeclared date columns:
    /// then `dates` has both.
    pub time: Option<ColumnId>,
}

/// One column.
#[derive(Debug, Clone, Serialize)]
pub struct ColumnSchema {
    /// What it holds.
    pub ty: ColumnType,
    /// True if the definitions said so, rather than the data.
    pub declared: bool,
    /// The cell that decided against numbers, for a message such as `line 57: abc is not a number`.
    #[serde(skip)]
    pub evidence: Option<CellPlace>,
    /// What to write so that a column of texts holds what its cells seem to be.
    #[serde(skip)]
    pub remedy: Option<String>,
    /// The same for the cell of [`evidence`](Self::evidence) alone, where it looks like a date.
    #[serde(skip)]
    pub date_remedy: Option<String>,
}

impl Schema {
    /// Columns with what a declaration says of them. `table` is what messages call it.
    ///
    /// # Errors
    /// A declared column that is not there, or a declared time column that holds no dates.
    pub fn new(
        columns: IndexMap<Arc<str>, ColumnSchema>,
        declaration: &Declaration,
        table: &str,
    ) -> Result<Self, Vec<Diagnostic>> {
        let mut schema = Self { columns, time: None };
        let declared = Self::declared_names(declaration);
        let missing: IndexSet<&Arc<str>> = declared.filter(|name| schema.find(name).is_none()).collect();
        if !missing.is_empty() {
            return Err(missing.into_iter().map(|name| schema.unknown(name, table)).collect());
        }
        schema.time = schema.time_column(declaration, table).map_err(|error| vec![error])?;
        Ok(schema)
    }

    fn unknown(&self, name: &str, table: &str) -> Diagnostic {
        let names = || self.columns.keys().map(|name| &**name);
        let hint = did_you_mean(name, names()).unwrap_or_else(|| {
            format!("its columns are {}", names().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "))
        });
        Diagnostic::error(Code::UnknownColumn, format!("`{table}` has no column `{name}`")).hint(hint)
    }

    /// The columns that a declaration names: those of a table without rows that tells of no others.
    pub fn declared_names(declaration: &Declaration) -> impl Iterator<Item = &Arc<str>> {
        declaration.types.keys().chain(&declaration.time)
    }

    /// The declared time column, else the only date column.
    fn time_column(&self, declaration: &Declaration, table: &str) -> Result<Option<ColumnId>, Diagnostic> {
        let Some(id) = declaration.time.as_ref().and_then(|name| self.find(name)) else {
            let mut dates = self.dates();
            return Ok(dates.next().filter(|_| dates.next().is_none()));
        };
        match self.column(id).ty {
            ColumnType::Date | ColumnType::Month | ColumnType::Unknown => Ok(Some(id)),
            found => {
                let message = format!(
                    "expected dates in the time column `{}` of `{table}`, found {}",
                    self.name(id),
                    found.plural()
                );
                let column = self.column(id);
                let hint = column.remedy.as_ref().or(column.date_remedy.as_ref()).cloned();
                let error = Diagnostic::error(Code::BadProperty, message).maybe_hint(hint);
                Err(Diagnostic { cell: column.evidence.clone(), ..error })
            }
        }
    }

    /// The position of a column.
    pub fn find(&self, name: &str) -> Option<ColumnId> {
        self.columns.get_index_of(name).map(|at| ColumnId(at as u32))
    }

    /// The name of a column, which must be of this schema.
    pub fn name(&self, id: ColumnId) -> &Arc<str> {
        self.columns.get_index(id.0 as usize).expect("the id comes from this schema").0
    }

    /// What a column is, which must be of this schema.
    pub fn column(&self, id: ColumnId) -> &ColumnSchema {
        &self.columns[id.0 as usize]
    }

    /// All columns that hold dates or months.
    pub fn dates(&self) -> impl Iterator<Item = ColumnId> + '_ {
        let is_date = |column: &ColumnSchema| matches!(column.ty, ColumnType::Date | ColumnType::Month);
        (0..).map(ColumnId).zip(self.columns.values()).filter(move |(_, column)| is_date(column)).map(|(id, _)| id)
    }
}

/// What the definitions say of a dataset, as far as its reader needs to know.
#[derive(Debug, Clone, Default)]
pub struct Declaration {
    /// `time day`
    pub time: Option<Arc<str>>,
    /// `amount: money` and the like, by what the column then holds.
    pub types: IndexMap<Arc<str>, ColumnType>,
    /// How the file writes things, where declared.
    pub formatting: Formatting,
}

/// How a file writes things; None is detected (or the default).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Formatting {
    /// `delimiter ";"`
    pub delimiter: Option<u8>,
    /// `decimal ","`
    pub decimal: Option<char>,
    /// `dates "dd/mm/yyyy"`
    pub dates: Option<Arc<str>>,
    /// `encoding "windows-1252"`
    pub encoding: Option<Arc<str>>,
    /// `sheet "Q1"`
    pub sheet: Option<Arc<str>>,
    /// `blank "n/a"`: cells that count as blank beside empty ones.
    pub blank: Vec<Arc<str>>,
}
