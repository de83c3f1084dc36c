//! The options of `kpi describe`.

use clap::{Args, ValueHint};

use super::{DataFile, PageOutput, STATUS};

/// `kpi describe`
#[derive(Debug, Clone, PartialEq, Args)]
#[command(after_help = STATUS, after_long_help = "\
Examples:
  kpi describe orders.csv customers.csv
      the columns of two files, and what is probably wrong with them
  kpi describe report.xlsx#Sheet2 --lang fr
      a sheet of a workbook, in French
  kpi describe 'orders=exports/orders-*.csv' --format json
      several files as one dataset, for other programs

Exit status:
  0  the files were read, with or without likely faults
  1  a file cannot be read (the reason is on standard error)
  2  the command line is wrong")]
pub struct Describe {
    /// Data files, or - for standard input. A sheet of a workbook follows the file: book.xlsx#Sheet2
    #[arg(value_name = "[NAME=]FILE", value_hint = ValueHint::FilePath, required_unless_present = "data")]
    pub tables: Vec<DataFile>,

    /// The same as FILE, as in the other commands; repeatable
    #[arg(short = 'd', long = "data", value_name = "[NAME=]FILE", value_hint = ValueHint::FilePath)]
    #[arg(help_heading = "Sources")]
    pub data: Vec<DataFile>,

    /// The output options.
    #[command(flatten)]
    pub output: PageOutput,
}
