//! The values of options: sizes, names, pairs of a name and a value.

use std::path::PathBuf;
use std::time::Duration;

use crate::data::{Calendar, Grain, Period};
use crate::plan::names;
use crate::sql::StoredType;
use crate::value::Decimal;

/// A size in bytes: `256MiB`, `1GB`, `65536`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size(pub u64);

impl std::str::FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bytes = number_with_unit(text).and_then(|(number, unit)| {
            let unit: u64 = match unit.to_lowercase().as_str() {
                "" | "b" => 1,
                "kb" => 1_000,
                "mb" => 1_000_000,
                "gb" => 1_000_000_000,
                "k" | "kib" => 1 << 10,
                "m" | "mib" => 1 << 20,
                "g" | "gib" => 1 << 30,
                _ => return None,
            };
            number.checked_mul(unit)
        });
        bytes.map(Self).ok_or_else(|| "expected a size, as in `--memory 256MiB`".into())
    }
}

/// A duration: `200ms`, `5s`, `2min`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Time(pub Duration);

impl std::str::FromStr for Time {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let time = number_with_unit(text).and_then(|(number, unit)| match unit {
            "ms" => Some(Duration::from_millis(number)),
            "s" => Some(Duration::from_secs(number)),
            "min" => Some(Duration::from_secs(number.checked_mul(60)?)),
            _ => None,
        });
        time.map(Self).ok_or_else(|| "expected a duration, as in `--time 200ms` or `--time 5s`".into())
    }
}

/// A whole number and the unit after it.
fn number_with_unit(text: &str) -> Option<(u64, &str)> {
    let text = text.trim();
    let digits = text.find(|char: char| !char.is_ascii_digit()).unwrap_or(text.len());
    Some((text[..digits].parse().ok()?, text[digits..].trim()))
}

/// A percentage above 0 and up to 100: `10%`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Percent(pub Decimal);

impl std::str::FromStr for Percent {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = text.trim().strip_suffix('%').and_then(|number| Decimal::from_str_exact(number.trim()).ok());
        let possible = number.filter(|it| *it > Decimal::ZERO && *it <= Decimal::ONE_HUNDRED);
        possible.map(Self).ok_or_else(|| match number.map(|it| -it).filter(|it| *it > Decimal::ZERO) {
            Some(size) => format!("each input is varied in both directions; write `--change {}%`", size.normalize()),
            None => "expected a percentage above 0 and up to 100, as in `--change 10%`".into(),
        })
    }
}

/// A day: `2026-04-02`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Date(pub String);

impl std::str::FromStr for Date {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let is_day = |period: &Period| period.grain == Grain::Day;
        match Calendar::default().parse(text.trim()).filter(is_day) {
            Some(day) => Ok(Self(Calendar::default().spell(day))),
            None => Err("expected a day, as in `--date 2026-04-02`".into()),
        }
    }
}

/// `column,column`: names, in backticks if they need quoting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns(pub Vec<String>);

impl std::str::FromStr for Columns {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match names::split(text, ',') {
            none if none.is_empty() => Err("expected a column, as in `--by month,channel`".into()),
            columns => Ok(Self(columns.into_iter().map(String::from).collect())),
        }
    }
}

/// `name=value`: the name may be in backticks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// The text before the first `=`.
    pub name: String,
    /// The text after it.
    pub value: String,
}

impl std::str::FromStr for Assignment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = names::find_outside(text, '=').map(|at| (text[..at].trim(), text[at + 1..].trim()));
        match parts.filter(|(name, _)| !name.is_empty()) {
            Some((name, value)) => Ok(Self { name: name.into(), value: value.into() }),
            None => Err("expected `name=value`, as in `--set target_cac=35`".into()),
        }
    }
}

/// `dataset.column=type`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredColumn {
    /// The dataset.
    pub dataset: String,
    /// The column.
    pub column: String,
    /// Its type in the warehouse.
    pub stored: StoredType,
}

impl std::str::FromStr for StoredColumn {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let expected = || "expected `dataset.column=type`, as in `--column 'orders.amount=decimal(12,2)'`".to_owned();
        let at = names::find_outside(text, '=').ok_or_else(expected)?;
        let stored = text[at + 1..].parse()?;
        match names::split(&text[..at], '.')[..] {
            [dataset, column] => {
                Ok(Self { dataset: names::bare(dataset).into(), column: names::bare(column).into(), stored })
            }
            _ => Err(expected()),
        }
    }
}

/// Selects groups of a result: `column=value,column=value`, or `total`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group(pub Vec<At>);

impl std::str::FromStr for Group {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        names::split(text, ',').into_iter().map(str::parse).collect::<Result<_, _>>().map(Self)
    }
}

/// One condition on the groups of a result: `column=value`, or `total`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum At {
    /// The groups with that value.
    Column(Assignment),
    /// The total.
    Total,
}

impl std::str::FromStr for At {
    type Err = String;

    /// A value with a comma needs quotes.
    fn from_str(text: &str) -> Result<Self, String> {
        let column = |at: Assignment| {
            let value = names::enclosed(&at.value, '"').or_else(|| names::enclosed(&at.value, '`')).map(String::from);
            Self::Column(Assignment { value: value.unwrap_or(at.value), name: at.name })
        };
        match text.trim().to_lowercase().as_str() {
            "total" | "the total" | "le total" => Ok(Self::Total),
            _ => text.parse().map(column).map_err(|_: String| {
                "expected `column=value`, as in `--at month=2026-03`, or `total`; a value with a comma needs double quotes".into()
            }),
        }
    }
}

/// `[name=]file`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataFile {
    /// The name of the dataset, if given.
    pub name: Option<String>,
    /// The path of the file.
    pub path: PathBuf,
}

impl std::str::FromStr for DataFile {
    type Err = String;

    /// The text before `=` is a name unless it looks like a part of a path.
    fn from_str(text: &str) -> Result<Self, String> {
        let (name, path) = match text.split_once('=') {
            Some((name, path)) if !name.contains(['/', '\\', '.']) => (Some(name.trim()), path),
            _ => (None, text),
        };
        match name {
            Some("") => Err("expected a name before `=`".into()),
            _ if path.is_empty() => Err("expected a file".into()),
            _ => Ok(Self { name: name.map(String::from), path: path.into() }),
        }
    }
}

/// `name=profile`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionName {
    /// The name of the warehouse in definitions.
    pub warehouse: String,
    /// The name of a connection profile, or a file with one.
    pub profile: String,
}

impl std::str::FromStr for ConnectionName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split_once('=').map(|(name, profile)| (names::bare(name.trim()), profile.trim()));
        match parts.filter(|(name, profile)| !name.is_empty() && !profile.is_empty()) {
            Some((name, profile)) => Ok(Self { warehouse: name.into(), profile: profile.into() }),
            None => Err("expected `name=profile`, as in `--connection warehouse=production`".into()),
        }
    }
}

/// `[-]column`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sort {
    /// The column of the result.
    pub column: String,
    /// True for descending order.
    pub descending: bool,
}

impl std::str::FromStr for Sort {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let (column, descending) = text.strip_prefix('-').map_or((text, false), |column| (column, true));
        if column.is_empty() || column.starts_with('-') {
            return Err("expected a column, with a `-` before it for descending order".into());
        }
        let direction =
            |ending: &str| column.to_lowercase().ends_with(ending).then(|| &column[..column.len() - ending.len()]);
        if let Some(column) = [" desc", ":desc", " descending"].iter().find_map(|ending| direction(ending)) {
            return Err(format!("for descending order write `--sort=-{column}`"));
        }
        if let Some(column) = [" asc", ":asc", " ascending"].iter().find_map(|ending| direction(ending)) {
            return Err(format!("for ascending order write `--sort {column}`"));
        }
        Ok(Self { column: column.into(), descending })
    }
}
