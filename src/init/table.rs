//! A data file as a dataset: its name, its path and the block with its settings.

use std::sync::Arc;

use super::targets::{CURRENCIES, MONEY};
use crate::data::ColumnType;
use crate::describe::{ColumnDescription, Description, Role, words};
use crate::language::{Language, Phrase};
use crate::syntax::{spelled, string};
use crate::value::unit::Currency;

/// A described file, and its path from the file of definitions.
#[derive(Debug, Clone)]
pub(crate) struct DataSource {
    pub description: Description,
    pub path: String,
}

/// Lines of the draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Piece {
    pub text: String,
    /// True if the draft is right without it.
    pub is_optional: bool,
}

impl Piece {
    /// A piece that is always written.
    pub fn kept(text: String) -> Self {
        Self { text, is_optional: false }
    }

    /// A piece that is left out if it has problems.
    pub fn optional(text: String) -> Self {
        Self { text, is_optional: true }
    }
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

/// The column that names the currency of each row, in a table with several.
#[derive(Debug, Clone)]
pub(super) struct Currencies {
    pub column: Arc<str>,
    /// The first codes of ISO 4217 in it.
    pub codes: Vec<String>,
}

/// A column that holds money.
#[derive(Debug, Clone)]
pub(super) struct Amount {
    pub column: Arc<str>,
    /// The currency that its name tells apart from that of the row: `amount_eur` beside `currency`.
    pub code: Option<String>,
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
    pub amounts: Vec<Amount>,
    /// The currencies of the rows, if there are several.
    pub currencies: Option<Currencies>,
    /// Lines of the block after its settings: lookups and computed columns.
    pub lines: Vec<String>,
}

impl Table {
    pub fn new(source: DataSource, name: String) -> Self {
        let words = words(&source.description.name);
        let time = time_of(&source.description);
        let currencies = currencies_of(&source.description);
        let money = source.description.columns.iter().filter(|column| is_money(column));
        let code = |column: &ColumnDescription| currencies.as_ref().and_then(|_| code_in(&column.name));
        let amounts = money.map(|column| Amount { column: column.name.clone(), code: code(column) }).collect();
        Self { name: spelled(&name), words, time, amounts, currencies, lines: vec![], source }
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

    /// The type of a column that holds money.
    pub fn money_type(&self, column: &str) -> Option<String> {
        let amount = self.amounts.iter().find(|amount| *amount.column == *column)?;
        Some(match (&amount.code, &self.currencies) {
            (Some(code), _) => code.clone(),
            (None, Some(currencies)) => format!("money in {}", spelled(&currencies.column)),
            (None, None) => "money".to_owned(),
        })
    }

    /// Returns true if the rows of a column hold money in several currencies.
    pub fn is_mixed(&self, column: &str) -> bool {
        self.currencies.is_some() && self.amounts.iter().any(|it| *it.column == *column && it.code.is_none())
    }

    /// Returns true if a column holds amounts in one currency beside those in several.
    pub fn has_converted(&self) -> bool {
        self.amounts.iter().any(|amount| amount.code.is_some())
    }

    /// Returns true if a column holds money in the currency of the definitions.
    pub fn has_money(&self) -> bool {
        self.currencies.is_none() && !self.amounts.is_empty()
    }

    /// Returns true if the rows have a time.
    pub fn has_time(&self) -> bool {
        self.time != RowTime::None
    }

    /// The first line of the dataset.
    pub fn head(&self) -> String {
        format!("dataset {} = {} {{", self.name, string(&self.source.path))
    }

    /// The lines of the block: the settings of the file, the time, the types of amounts, lookups, computed columns
    /// and a test of the key.
    pub fn block(&self, language: Language) -> Vec<Piece> {
        let settings = self.source.description.settings.iter();
        let settings = settings.map(|setting| with_others(setting.text.clone(), &setting.alternatives, language));
        // Without these types, amounts in several currencies would be added up.
        let mixed = self.amounts_that(|table, column| table.is_mixed(column)).map(Piece::kept);
        let others = self.amounts_that(|table, column| !table.is_mixed(column)).map(Piece::optional);
        let keys = self.columns().filter(|column| column.role == Role::Key && column.ty != ColumnType::Date);
        let unique = keys.take(1).map(|key| format!("  expect unique {}", spelled(&key.name)));
        let lines = self.lines.iter().map(|line| format!("  {line}"));
        let spellings = language.word(Phrase::InitSpellings);
        let corrections = self.columns().filter_map(|column| column.correction.as_ref());
        let corrections = corrections.map(|line| format!("  {line}  # ? {spellings}"));
        let mut pieces: Vec<Piece> = settings.map(Piece::kept).collect();
        pieces.extend(self.time_line(language).map(Piece::optional));
        pieces.extend(mixed.chain(others));
        pieces.extend(lines.chain(corrections).chain(unique).map(Piece::optional));
        pieces
    }

    fn time_line(&self, language: Language) -> Option<String> {
        match &self.time {
            RowTime::Column(name, others) => {
                let others: Vec<String> = others.iter().map(|name| spelled(name)).collect();
                Some(with_others(format!("time {}", spelled(name)), &others, language))
            }
            RowTime::Interval(start, end) => Some(format!("  valid from {} until {}", spelled(start), spelled(end))),
            RowTime::None => None,
        }
    }

    /// The declarations of amounts.
    fn amounts_that(&self, is_meant: fn(&Self, &str) -> bool) -> impl Iterator<Item = String> {
        let meant = self.amounts.iter().filter(move |amount| is_meant(self, &amount.column));
        meant.filter_map(|it| Some(format!("  {}: {}", spelled(&it.column), self.money_type(&it.column)?)))
    }
}

/// A line of a block, with the other forms that it may have: `  time day  # ? or week`.
fn with_others(line: String, others: &[String], language: Language) -> String {
    match others {
        [] => format!("  {line}"),
        others => format!("  {line}  # ? {}", or(others, language)),
    }
}

/// `or week or month`
pub(super) fn or(others: &[String], language: Language) -> String {
    language.phrase(Phrase::InitOr, &[&others.join(language.word(Phrase::OrOperator))])
}

/// The column of currencies, if the rows have several.
fn currencies_of(description: &Description) -> Option<Currencies> {
    let is_code = |text: &String| Currency::from_code(text).is_some();
    let names_currencies = |column: &&ColumnDescription| {
        column.ty == ColumnType::Text
            && column.distinct > 1
            && has_word(&column.name, CURRENCIES)
            && column.examples.iter().all(is_code)
    };
    let column = description.columns.iter().find(names_currencies)?;
    Some(Currencies { column: column.name.clone(), codes: column.examples.clone() })
}

/// The currency in the name of a column: `EUR` in `amount_eur`.
fn code_in(name: &str) -> Option<String> {
    let codes = words(name).into_iter().map(|word| word.to_uppercase());
    codes.filter(|word| word.len() == 3).find(|word| Currency::from_code(word).is_some())
}

/// Returns true for a column of amounts: its cells have a currency, or its name begins or ends with a word for money.
fn is_money(column: &ColumnDescription) -> bool {
    const OTHERS: [&str; 10] = ["rate", "ratio", "percent", "pct", "taux", "count", "index", "per", "par", "nb"];
    let words: Vec<String> = words(&column.name);
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
