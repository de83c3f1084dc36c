//! A data file as a dataset: its name, its path and the block with its settings.

use std::sync::Arc;

use super::targets::MONEY;
use crate::data::ColumnType;
use crate::describe::{ColumnDescription, Description, Role, words};
use crate::syntax::{spelled, string};

/// A described file, and its path from the file of definitions.
#[derive(Debug, Clone)]
pub(crate) struct DataSource {
    pub description: Description,
    pub path: String,
}

/// Words of columns of starts and of ends.
const STARTS: &[&str] = &["start", "begin", "from", "since", "debut", "beginn", "valid_from"];
const ENDS: &[&str] =
    &["end", "until", "to", "fin", "ende", "expiry", "expires", "resiliation", "cancelled", "canceled"];

/// The time of the rows of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum RowTime {
    /// A column of dates, and the other columns that it could be.
    Column(Arc<str>, Vec<Arc<str>>),
    /// Rows hold from one date until another.
    Interval(Arc<str>, Arc<str>),
    None,
}

/// A dataset of the draft.
#[derive(Debug, Clone)]
pub(super) struct Table {
    /// The name of the dataset, as it is written.
    pub name: String,
    pub words: Vec<String>,
    pub source: DataSource,
    pub time: RowTime,
    /// The columns that hold money.
    pub money: Vec<Arc<str>>,
    /// Lines of the block after its settings: lookups and computed columns.
    pub lines: Vec<String>,
}

impl Table {
    pub fn new(source: DataSource, name: String) -> Self {
        let words = words(&source.description.name);
        let time = time_of(&source.description);
        let money = source.description.columns.iter().filter(|column| is_money(column));
        let money = money.map(|column| column.name.clone()).collect();
        Self { name: spelled(&name), words, time, money, lines: vec![], source }
    }

    pub fn columns(&self) -> impl Iterator<Item = &ColumnDescription> {
        self.source.description.columns.iter()
    }

    /// Returns true if the name of the table has one of these words.
    pub fn is_of(&self, words: &[&str]) -> bool {
        self.words.iter().any(|word| words.contains(&&**word))
    }

    /// A column as a formula names it.
    pub fn column(&self, name: &str) -> String {
        format!("{}.{}", self.name, spelled(name))
    }

    /// Returns true if the rows have a time.
    pub fn has_time(&self) -> bool {
        self.time != RowTime::None
    }

    /// The first line of the dataset.
    pub fn head(&self) -> String {
        format!("dataset {} = {} {{", self.name, string(&self.source.path))
    }

    /// The settings without which the file cannot be read.
    pub fn settings(&self) -> Vec<String> {
        let setting = |setting: &crate::describe::Setting| match &setting.alternatives[..] {
            [] => format!("  {}", setting.text),
            others => format!("  {}  # ? or {}", setting.text, others.join(" or ")),
        };
        self.source.description.settings.iter().map(setting).collect()
    }

    /// The other lines of the block, each of which can be left out.
    pub fn options(&self) -> Vec<String> {
        let mut lines = match &self.time {
            RowTime::Column(name, others) if others.is_empty() => vec![format!("  time {}", spelled(name))],
            RowTime::Column(name, others) => {
                let others: Vec<String> = others.iter().map(|name| spelled(name)).collect();
                vec![format!("  time {}  # ? or {}", spelled(name), others.join(" or "))]
            }
            RowTime::Interval(start, end) => vec![format!("  valid from {} until {}", spelled(start), spelled(end))],
            RowTime::None => vec![],
        };
        lines.extend(self.money.iter().map(|name| format!("  {}: money", spelled(name))));
        lines.extend(self.lines.iter().map(|line| format!("  {line}")));
        let keys = self.columns().filter(|column| column.role == Role::Key && column.ty != ColumnType::Date);
        lines.extend(keys.take(1).map(|key| format!("  expect unique {}", spelled(&key.name))));
        lines
    }
}

/// Returns true for a column of amounts: its cells have a currency, or its name begins or ends with a word for money.
fn is_money(column: &ColumnDescription) -> bool {
    const OTHERS: [&str; 10] = ["rate", "ratio", "percent", "pct", "taux", "count", "index", "per", "par", "nb"];
    let words = words(&column.name);
    let is_named = [words.first(), words.last()].into_iter().flatten().any(|word| MONEY.contains(&&**word))
        && !words.iter().any(|word| OTHERS.contains(&&**word));
    column.ty == ColumnType::Number
        && column.role == Role::Measure
        && !column.percent
        && (column.currency.is_some() || is_named)
}

fn has_word(name: &str, known: &[&str]) -> bool {
    words(name).iter().any(|word| known.contains(&&**word))
}

/// The time of the rows: a column of dates, a column of years, or a start and an end.
fn time_of(description: &Description) -> RowTime {
    let dates: Vec<&ColumnDescription> = description.columns.iter().filter(|it| it.role == Role::Time).collect();
    let is_date = |column: &&&ColumnDescription| column.ty != ColumnType::Number;
    let start = dates.iter().filter(is_date).find(|column| has_word(&column.name, STARTS));
    let end = dates.iter().filter(is_date).find(|column| has_word(&column.name, ENDS));
    if let (Some(start), Some(end)) = (start, end) {
        return RowTime::Interval(start.name.clone(), end.name.clone());
    }
    let fullest = dates.iter().filter(is_date).min_by_key(|column| column.blanks).or(dates.first());
    let Some(time) = fullest else { return RowTime::None };
    let others = dates.iter().filter(is_date).filter(|column| column.name != time.name);
    RowTime::Column(time.name.clone(), others.map(|column| column.name.clone()).collect())
}
