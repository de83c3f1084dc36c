//! The options for the form of the output.

use std::path::PathBuf;

use clap::builder::PossibleValue;
use clap::{Args, ValueEnum, ValueHint};

use crate::diagnostic::{Code, Diagnostic};
use crate::render::{CsvForm, FormulaCells, Language};
use crate::sql::Dialect;

/// The output options.
#[derive(Debug, Clone, PartialEq, Args)]
#[command(next_help_heading = "Result")]
pub struct Output {
    /// Format of the result
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub format: Format,

    /// Language of labels, advice and numbers in tables and Markdown
    #[arg(long, value_name = "LANG", default_value = "en", ignore_case = true)]
    pub lang: Language,

    /// With --format csv and csv-fr: put a ' before texts that a spreadsheet would treat as formulas
    #[arg(long)]
    pub escape_formulas: bool,

    /// Write to this file, whose extension names the format, or - for standard output
    #[arg(short = 'o', long = "output", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,
}

impl Output {
    /// How to write texts that a spreadsheet would treat as formulas.
    pub fn formulas(&self) -> FormulaCells {
        if self.escape_formulas { FormulaCells::Guard } else { FormulaCells::Keep }
    }

    /// The form of CSV. None for another format.
    pub(in crate::cli) fn csv(&self) -> Option<CsvForm> {
        match self.format {
            Format::Csv => Some(CsvForm::Plain),
            Format::CsvFr => Some(CsvForm::French),
            Format::Table | Format::Xlsx | Format::Json | Format::Markdown => None,
        }
    }

    /// The error for options that contradict each other.
    pub(in crate::cli) fn contradiction(&self) -> Option<Diagnostic> {
        (self.escape_formulas && self.csv().is_none()).then(|| {
            Diagnostic::error(Code::BadQuery, "`--escape-formulas` applies to CSV only").hint("add `--format csv`")
        })
    }
}

/// The output options of explanations and of `kpi show`.
#[derive(Debug, Clone, PartialEq, Args)]
#[command(next_help_heading = "Result")]
pub struct PageOutput {
    /// Format of the result
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub format: PageFormat,

    /// Language of labels, advice and numbers in text and Markdown
    #[arg(long, value_name = "LANG", default_value = "en", ignore_case = true)]
    pub lang: Language,

    /// Write to this file, whose extension names the format, or - for standard output
    #[arg(short = 'o', long = "output", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,
}

/// The formats of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PageFormat {
    /// For people, on a terminal
    #[value(aliases = ["text", "txt"])]
    Table,
    /// For programs
    Json,
    /// For people, in documents
    #[value(alias = "md")]
    Markdown,
}

/// The formats of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people, on a terminal
    #[value(alias = "txt")]
    Table,
    /// For spreadsheets and programs: exact decimals, undefined is empty
    Csv,
    /// The same as a French Excel reads it: semicolons and decimal commas
    CsvFr,
    /// An Excel workbook, for a file: numbers in the formats of their units
    Xlsx,
    /// For programs: decimals as strings, with units, statuses and reasons
    Json,
    /// For people, in documents
    #[value(alias = "md")]
    Markdown,
}

/// What a value may be for a run to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Alarm {
    /// A value has the status bad
    Bad,
    /// A value has the status watch or bad
    Watch,
    /// A value is undefined
    Undefined,
}

impl Alarm {
    /// All of them, the worst first.
    pub(in crate::cli) const ALL: [Self; 3] = [Self::Bad, Self::Watch, Self::Undefined];

    /// True if values of another kind set off this alarm.
    pub(in crate::cli) fn includes(self, other: Self) -> bool {
        self == other || (self, other) == (Self::Watch, Self::Bad)
    }

    /// The word in a sentence.
    pub(in crate::cli) fn word(self) -> &'static str {
        match self {
            Self::Bad => "bad",
            Self::Watch => "on watch",
            Self::Undefined => "undefined",
        }
    }
}

/// The formats of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// One page for browsers, which print it as PDF
    #[value(alias = "htm")]
    Html,
    /// For programs: values with targets and statuses, differences and segments
    Json,
}

/// The formats of a glossary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DocFormat {
    /// For wikis and code hosts
    #[value(alias = "md")]
    Markdown,
    /// One self-contained page, for browsers and printers
    #[value(alias = "htm")]
    Html,
}

/// The formats of a dependency graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum GraphFormat {
    /// For people: a tree
    #[value(alias = "txt")]
    Text,
    /// For wikis and code hosts that draw Mermaid
    #[value(alias = "mmd")]
    Mermaid,
    /// For Graphviz
    #[value(alias = "gv")]
    Dot,
    /// For programs: nodes and edges
    Json,
}

/// The formats of statements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SqlFormat {
    /// For people and shells: statements with comments
    #[value(aliases = ["sql", "txt"])]
    Text,
    /// For programs: statements, measures, tiers and reasons
    Json,
}

impl ValueEnum for Dialect {
    fn value_variants<'a>() -> &'a [Self] {
        &Self::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.name()))
    }
}

/// The formats of problems.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CheckFormat {
    /// For people, with the source lines
    #[value(alias = "txt")]
    Text,
    /// For editors: codes, places, hints and replacements
    Json,
}

impl ValueEnum for Language {
    fn value_variants<'a>() -> &'a [Self] {
        &Self::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.code()))
    }
}
