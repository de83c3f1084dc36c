//! The options of `kpi init`.

use std::path::PathBuf;

use clap::{Args, ValueHint};

use super::DataFile;
use crate::language::Language;
use crate::value::unit::Currency;

/// `kpi init`
#[derive(Debug, Clone, PartialEq, Args)]
#[command(after_help = STATUS, after_long_help = "\
Examples:
  kpi init orders.csv customers.csv
      describes two files, asks a few questions, and writes kpis.kpi beside them
  kpi init exports/ventes.csv -o ventes.kpi --currency EUR --lang fr --yes
      asks nothing, and writes ventes.kpi with comments, labels and names in French
  kpi init orders.csv -o -
      prints the definitions

Exit status:
  0  the file was written
  1  a data file cannot be read, or the file exists and there is no --force
  2  the command line is wrong")]
pub struct Init {
    /// Data files. A sheet of a workbook follows the file: book.xlsx#Sheet2
    #[arg(value_name = "[NAME=]FILE", value_hint = ValueHint::FilePath, required_unless_present = "data")]
    pub tables: Vec<DataFile>,

    /// The same as FILE, as in the other commands; repeatable
    #[arg(short = 'd', long = "data", value_name = "[NAME=]FILE", value_hint = ValueHint::FilePath)]
    #[arg(help_heading = "Sources")]
    pub data: Vec<DataFile>,

    /// The currency of the amounts, if their cells do not show it: EUR
    #[arg(long, value_name = "CODE", help_heading = "Sources")]
    pub currency: Option<CurrencyCode>,

    /// Write to this file, or - for standard output [default: beside the data, a file called after the data]
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Result")]
    pub output: Option<PathBuf>,

    /// Language of the comments, the labels and the names
    #[arg(long, value_name = "LANG", default_value = "en", help_heading = "Result")]
    pub lang: Language,

    /// Replace the file if it exists
    #[arg(long, help_heading = "Result")]
    pub force: bool,

    /// Ask nothing: accept all guesses, which the file marks with `# ?`
    #[arg(short, long, help_heading = "Result")]
    pub yes: bool,
}

const STATUS: &str = "\
Exit status:
  0  the file was written
  1  a data file cannot be read, or the file exists and there is no --force
  2  the command line is wrong";

/// A currency of ISO 4217.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CurrencyCode(pub String);

impl std::str::FromStr for CurrencyCode {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let code = text.trim().to_uppercase();
        match Currency::from_code(&code) {
            Some(_) => Ok(Self(code)),
            None => Err("expected a currency of ISO 4217, as in `--currency EUR`".into()),
        }
    }
}
