//! Describes a dataset before its rows are read: its columns, their types and the time column.

use std::sync::Arc;

use indexmap::{IndexMap, IndexSet};
use serde::Serialize;

use crate::diagnostic::{CellPlace, Code, Diagnostic, did_you_mean};
use crate::value::calendar::{Calendar, Grain};

/// The position of a column in a [`Schema`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct ColumnId(pub u32);

/// The type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ColumnType {
    /// Decimals.
    Number,
    /// Texts.
    Text,
    /// Days or moments.
    Date,
    /// Truth values.
    Boolean,
    /// Only blank cells, as far as is known. The column can be used as any type.
    Unknown,
    /// Periods of the calendar (`2026-03`, `2026-Q1`, `2026-W13`, `2026`), each as its first day.
    #[serde(untagged)]
    Period(Grain),
}

impl ColumnType {
    /// Months.
    pub(crate) const MONTH: Self = Self::Period(Grain::Month);

    /// The grain of the periods of such a column.
    pub(crate) fn grain(self) -> Option<Grain> {
        match self {
            Self::Period(grain) => Some(grain),
            _ => None,
        }
    }

    /// The plural of what such a column holds, for messages.
    pub fn plural(self) -> &'static str {
        match self {
            Self::Number => "numbers",
            Self::Text => "texts",
            Self::Date => "dates",
            Self::Period(grain) => grain.plural(),
            Self::Boolean => "truth values",
            Self::Unknown => "only blank cells",
        }
    }
}

/// A dataset's columns.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Schema {
    /// The columns by name (NFC), in file order.
    pub columns: IndexMap<Arc<str>, ColumnSchema>,
    /// The declared time column, or the only date column. None if there are several date columns and none is declared;
    /// `dates` returns all of them.
    pub time: Option<ColumnId>,
}

/// One column.
#[derive(Debug, Clone, Serialize)]
pub struct ColumnSchema {
    /// The type of its values.
    pub ty: ColumnType,
    /// True if the type comes from the definitions instead of the data.
    pub declared: bool,
    /// The cell because of which the column does not hold numbers, for messages such as `line 57: abc is not a number`.
    #[serde(skip)]
    pub evidence: Option<CellPlace>,
    /// The declaration that makes a column of texts hold the type that its cells seem to have.
    #[serde(skip)]
    pub remedy: Option<String>,
    /// The same for the cell of [`evidence`](Self::evidence) alone, if it looks like a date.
    #[serde(skip)]
    pub date_remedy: Option<String>,
    /// True for a column of texts of which most are dates.
    #[serde(skip)]
    pub nearly_dates: bool,
    /// The currency that the cells of a column of numbers are written in: a code, or a symbol of several currencies.
    #[serde(skip)]
    pub currency: Option<Arc<str>>,
    /// True for a column of numbers whose cells are written with `%`.
    #[serde(skip)]
    pub percent_signs: bool,
    /// A cell above 1 without `%`, in a column of numbers most of which are: as percentages they would be above 100%.
    #[serde(skip)]
    pub above_one: Option<CellPlace>,
    /// The first date as programs write it, `2026-03-31`, and the first in another form, in a column that has both.
    #[serde(skip)]
    pub date_forms: Option<[CellPlace; 2]>,
    /// The type of a column that formulas cannot use, such as a list, as its source names it.
    #[serde(skip)]
    pub unusable: Option<Arc<str>>,
}

impl ColumnSchema {
    /// Creates a column about which nothing else is known.
    pub fn new(ty: ColumnType, declared: bool) -> Self {
        Self {
            ty,
            declared,
            evidence: None,
            remedy: None,
            date_remedy: None,
            nearly_dates: false,
            currency: None,
            percent_signs: false,
            above_one: None,
            date_forms: None,
            unusable: None,
        }
    }

    /// Creates a column that formulas cannot use. `ty` is the name of its type in its source.
    pub fn unusable(ty: impl Into<Arc<str>>) -> Self {
        Self { unusable: Some(ty.into()), ..Self::new(ColumnType::Unknown, false) }
    }
}

impl Schema {
    /// Creates a schema from columns and a declaration. `table` is the name of the table in messages.
    ///
    /// # Errors
    /// A declared column that does not exist, or a declared time column that holds no dates.
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
        if let Some(end) = declaration.end.as_ref().and_then(|name| schema.find(name)) {
            schema.of_dates(end, "the column of ends", table).map_err(|error| vec![still_in_force(error)])?;
        }
        Ok(schema)
    }

    fn unknown(&self, name: &str, table: &str) -> Diagnostic {
        let names = || self.columns.keys().map(|name| &**name);
        let hint = did_you_mean(name, names()).unwrap_or_else(|| {
            format!("its columns are {}", names().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "))
        });
        Diagnostic::error(Code::UnknownColumn, format!("`{table}` has no column `{name}`")).hint(hint)
    }

    /// The columns that a declaration names. A table without rows and without a header has exactly these columns.
    pub fn declared_names(declaration: &Declaration) -> impl Iterator<Item = &Arc<str>> {
        declaration.types.keys().chain(&declaration.time).chain(&declaration.end)
    }

    /// The declared time column, otherwise the only date column. None if another column is nearly one of dates.
    fn time_column(&self, declaration: &Declaration, table: &str) -> Result<Option<ColumnId>, Diagnostic> {
        let Some(id) = declaration.time.as_ref().and_then(|name| self.find(name)) else {
            let mut dates = self.dates();
            let first = dates.next();
            return Ok(first.filter(|_| dates.next().is_none() && self.nearly_dates().next().is_none()));
        };
        let what = if declaration.end.is_some() { "the column of starts" } else { "the time column" };
        self.of_dates(id, what, table).map(Some)
    }

    /// The column, if it holds dates.
    fn of_dates(&self, id: ColumnId, what: &str, table: &str) -> Result<ColumnId, Diagnostic> {
        if let Some(problem) = self.unusable(id, table) {
            return Err(problem);
        }
        match self.column(id).ty {
            ColumnType::Date | ColumnType::Period(_) | ColumnType::Unknown => Ok(id),
            found => {
                let message =
                    format!("expected dates in {what} `{}` of `{table}`, found {}", self.name(id), found.plural());
                let column = self.column(id);
                let hint = column.remedy.as_ref().or(column.date_remedy.as_ref()).cloned();
                let error = Diagnostic::error(Code::BadProperty, message).maybe_hint(hint);
                Err(Diagnostic { cell: column.evidence.clone(), ..error })
            }
        }
    }

    /// The error for a column that formulas cannot use. None if they can.
    pub(crate) fn unusable(&self, id: ColumnId, table: &str) -> Option<Diagnostic> {
        let ty = self.column(id).unusable.as_ref()?;
        let message =
            format!("the column `{}` of `{table}` has the type `{ty}`, which formulas cannot use", self.name(id));
        let hint = "cast it to a number, a text, a date or a truth value where the data come from, such as in a view";
        Some(Diagnostic::error(Code::BadTable, message).hint(hint))
    }

    /// The position of a column.
    pub fn find(&self, name: &str) -> Option<ColumnId> {
        self.columns.get_index_of(name).map(|at| ColumnId(at as u32))
    }

    /// The name of a column of this schema.
    pub fn name(&self, id: ColumnId) -> &Arc<str> {
        self.columns.get_index(id.0 as usize).expect("the id comes from this schema").0
    }

    /// The type of a column of this schema, and where it comes from.
    pub fn column(&self, id: ColumnId) -> &ColumnSchema {
        &self.columns[id.0 as usize]
    }

    /// All columns of texts that seem to be dates, but for some cells.
    pub fn nearly_dates(&self) -> impl Iterator<Item = (&Arc<str>, &ColumnSchema)> {
        self.columns.iter().filter(|(_, column)| column.nearly_dates || column.date_remedy.is_some())
    }

    /// All columns that hold dates or months.
    pub fn dates(&self) -> impl Iterator<Item = ColumnId> + '_ {
        let is_date = |column: &ColumnSchema| matches!(column.ty, ColumnType::Date | ColumnType::Period(_));
        (0..).map(ColumnId).zip(self.columns.values()).filter(move |(_, column)| is_date(column)).map(|(id, _)| id)
    }
}

/// Adds how to read a word such as `never` as a blank end.
fn still_in_force(problem: Diagnostic) -> Diagnostic {
    let word = problem.cell.as_ref().and_then(|place| place.cell.clone()).filter(|_| problem.hints.is_empty());
    problem.maybe_hint(
        word.map(|word| format!("if `{word}` means that a row is still in force, declare `blank \"{word}\"`")),
    )
}

/// The parts of a dataset's definition that its reader needs.
#[derive(Debug, Clone, Default)]
pub struct Declaration {
    /// `time day`: the name of the time column. For rows that hold over an interval, the column of their starts.
    pub time: Option<Arc<str>>,
    /// `valid from start_date until end_date`: the name of the column of the ends.
    pub end: Option<Arc<str>>,
    /// `amount: money`, for example: the declared columns with their types.
    pub types: IndexMap<Arc<str>, ColumnType>,
    /// `amount: money in currency`: the columns of amounts, each with the column that holds its currency.
    #[doc(hidden)]
    pub currencies: IndexMap<Arc<str>, Arc<str>>,
    /// The declared format of the file.
    pub formatting: Formatting,
    /// The calendar, by which periods in the data are read.
    pub calendar: Calendar,
}

impl Declaration {
    /// Returns true if a column is declared to hold dates: as the time or by its type.
    pub(crate) fn holds_dates(&self, column: &str) -> bool {
        self.is_time(column) || matches!(self.types.get(column), Some(ColumnType::Date | ColumnType::Period(_)))
    }

    /// Returns true if a column is the time, or that of the ends.
    pub(crate) fn is_time(&self, column: &str) -> bool {
        [&self.time, &self.end].into_iter().any(|name| name.as_deref() == Some(column))
    }

    /// Returns true if a column is the time, and the form of dates is declared.
    pub(crate) fn is_formatted_time(&self, column: &str) -> bool {
        self.is_time(column) && self.formatting.dates.is_some()
    }
}

/// The format of a file. None means that the setting is detected or has its default.
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
    /// `range "A4:F16"`: the cells of a sheet that are read, in upper case.
    pub range: Option<Arc<str>>,
    /// `header 4`: the row of the column names, from 1. 0 for `no header`: the columns are `c1`, `c2`, ….
    pub header: Option<u32>,
    /// `skip last 1`: the number of rows that are left out at the end.
    pub skip_last: u32,
    /// `blank "n/a"`: the cells that count as blank in addition to empty ones.
    pub blank: Vec<Arc<str>>,
}
