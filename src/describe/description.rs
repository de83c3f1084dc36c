//! Defines the description of a file as plain data.

use std::collections::HashSet;
use std::sync::Arc;

use serde::Serialize;

use crate::data::ColumnType;
use crate::language::Sentence;

/// What a file contains, and what is probably wrong with it.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Description {
    /// The version of this document: 1.
    pub version: u32,
    /// The name of the dataset.
    pub name: Arc<str>,
    /// The file, as it was given.
    pub file: String,
    /// The number of rows.
    pub rows: u64,
    /// The settings that the file needs in the block of its dataset. The rows are described with these settings.
    pub settings: Vec<Setting>,
    /// How the file was read, if it is not written in the usual way.
    pub reading: Vec<Sentence>,
    /// The columns, in the order of the file.
    pub columns: Vec<ColumnDescription>,
    /// What is probably wrong.
    pub faults: Vec<Fault>,
}

/// A setting of the block of a dataset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Setting {
    /// The text to write: `header 4`.
    pub text: String,
    /// The other values that are possible: nothing in the file decides between them.
    pub alternatives: Vec<String>,
}

/// What a column contains.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct ColumnDescription {
    /// Its name.
    pub name: Arc<str>,
    /// The type of its values.
    #[serde(rename = "type")]
    pub ty: ColumnType,
    /// The currency beside its numbers: a code, or the symbol of several currencies.
    pub currency: Option<Arc<str>>,
    /// True if its numbers are written with `%`.
    pub percent: bool,
    /// What it is probably used for.
    pub role: Role,
    /// The number of blank cells.
    pub blanks: u64,
    /// The number of different values.
    pub distinct: u64,
    /// True if there are more different values than are counted.
    pub has_more: bool,
    /// The least number or date, exactly as it is.
    pub minimum: Option<String>,
    /// The greatest number or date.
    pub maximum: Option<String>,
    /// The first different values.
    pub examples: Vec<String>,
    /// True if no number is negative and all are whole.
    #[serde(skip)]
    #[cfg_attr(not(feature = "cli"), allow(dead_code))]
    pub(crate) counts: bool,
    /// The days from the first to the last date, or 0.
    #[serde(skip)]
    #[cfg_attr(not(feature = "cli"), allow(dead_code))]
    pub(crate) span: i32,
    /// A computed column in which texts with several spellings are written in one way.
    #[serde(skip)]
    #[cfg_attr(not(feature = "cli"), allow(dead_code))]
    pub(crate) correction: Option<String>,
    /// The fingerprints of the values, if all are known.
    #[serde(skip)]
    #[cfg_attr(not(feature = "cli"), allow(dead_code))]
    pub(crate) values: Option<Arc<HashSet<u128>>>,
}

/// What a column is probably used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Role {
    /// It identifies the rows.
    Key,
    /// It identifies rows of another table: a customer of an order.
    Reference,
    /// The time of the rows.
    Time,
    /// Numbers to add up or to average.
    Measure,
    /// Texts that repeat, by which rows can be grouped.
    Group,
    /// Truth values.
    Flag,
    /// Other texts.
    Text,
    /// No values.
    Empty,
    /// Cells that cannot be read.
    Unreadable,
}

/// Something that is probably wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Fault {
    /// What kind of fault it is.
    pub kind: FaultKind,
    /// The columns that it concerns.
    pub columns: Vec<Arc<str>>,
    /// The number of rows, values or periods that it concerns.
    pub count: u64,
    /// The first of its places.
    pub places: Vec<Place>,
    /// What is wrong.
    pub message: Sentence,
    /// What to type.
    pub advice: Sentence,
}

/// The kinds of faults.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum FaultKind {
    /// Lines above the column names.
    TitleRows,
    /// No line of column names.
    NoHeader,
    /// Lines below the table that are not rows.
    FooterRows,
    /// Rows that are sums of other rows.
    TotalsRows,
    /// Rows that are equal to an earlier row.
    DuplicateRows,
    /// Values of a key that occur again in another row.
    DuplicateKeys,
    /// Numbers that are far larger or smaller than all others.
    Outliers,
    /// Periods without rows.
    Gaps,
    /// Texts in several spellings.
    MixedSpellings,
    /// Texts that are probably typos of others.
    Typos,
    /// Dates in several forms.
    MixedDates,
    /// Dates in which the day or the month could come first.
    AmbiguousDates,
    /// Amounts in several currencies.
    MixedCurrencies,
    /// Numbers with a decimal point and numbers with a decimal comma.
    MixedDecimals,
    /// Numbers in which a point or a comma could be a decimal mark.
    AmbiguousNumbers,
    /// Percentages among plain numbers.
    MixedPercents,
    /// Cells of another type than the rest.
    OtherType,
    /// A column that cannot be read.
    UnreadableColumn,
    /// A column with the same value in all rows.
    Constant,
    /// A column without values.
    Empty,
}

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Place {
    /// The file, if the dataset has several.
    pub file: Option<String>,
    /// The line, from 1. None for a period without rows.
    pub line: Option<u64>,
    /// The cell, or the periods without rows.
    pub cell: Option<String>,
    /// The line that has the same values.
    pub same_as: Option<u64>,
}
