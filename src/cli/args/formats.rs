//! The options for the form of the output.

use clap::builder::PossibleValue;
use clap::{Args, ValueEnum};

use crate::diagnostic::{Code, Diagnostic};
use crate::render::{FormulaCells, Language};
use crate::sql::Dialect;

/// The output options.
#[derive(Debug, Clone, PartialEq, Args)]
#[command(next_help_heading = "Result")]
pub struct Output {
    /// Format of the result
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub format: Format,

    /// Language of labels, advice and numbers in tables and Markdown
    #[arg(long, value_name = "LANG", default_value = "en")]
    pub lang: Language,

    /// With --format csv: put a ' before texts that a spreadsheet would treat as formulas
    #[arg(long)]
    pub escape_formulas: bool,
}

impl Output {
    /// How to write texts that a spreadsheet would treat as formulas.
    pub fn formulas(&self) -> FormulaCells {
        if self.escape_formulas { FormulaCells::Guard } else { FormulaCells::Keep }
    }

    /// The error for options that contradict each other.
    pub(in crate::cli) fn contradiction(&self) -> Option<Diagnostic> {
        (self.escape_formulas && self.format != Format::Csv).then(|| {
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
    #[arg(long, value_name = "LANG", default_value = "en")]
    pub lang: Language,
}

/// The formats of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PageFormat {
    /// For people, on a terminal
    #[value(alias = "text")]
    Table,
    /// For programs
    Json,
    /// For people, in documents
    Markdown,
}

/// The formats of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people, on a terminal
    Table,
    /// For spreadsheets and programs: exact decimals, undefined is empty
    Csv,
    /// For programs: decimals as strings, with units, statuses and reasons
    Json,
    /// For people, in documents
    Markdown,
}

/// The formats of a glossary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DocFormat {
    /// For wikis and code hosts
    Markdown,
    /// One self-contained page, for browsers and printers
    #[value(alias = "htm")]
    Html,
}

impl DocFormat {
    /// The name on the command line.
    pub(in crate::cli) fn name(self) -> &'static str {
        match self {
            Self::Markdown => "markdown",
            Self::Html => "html",
        }
    }
}

/// The formats of a dependency graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum GraphFormat {
    /// For people: a tree
    Text,
    /// For wikis and code hosts that draw Mermaid
    Mermaid,
    /// For Graphviz
    Dot,
    /// For programs: nodes and edges
    Json,
}

/// The formats of statements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SqlFormat {
    /// For people and shells: statements with comments
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
