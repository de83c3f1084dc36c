//! Turns the text of one item into pest pairs. No other module calls the pest parser.

use pest::Parser;
use pest::error::{Error, ErrorVariant, InputLocation};
use pest::iterators::Pair;

#[derive(pest_derive::Parser)]
#[grammar = "grammar/kpi.pest"]
struct Grammar;

/// The place and cause of a parse failure.
pub(super) struct Failure {
    /// The furthest byte that a rule reached.
    pub at: usize,
    /// The rules that pest tried there.
    pub expected: Vec<Rule>,
}

/// Parses a text and returns the pair inside the entry rule.
pub(super) fn parse(root: Rule, text: &str) -> Result<Pair<'_, Rule>, Failure> {
    let mut pairs = Grammar::parse(root, text).map_err(|error| failure(&error))?;
    let entry = pairs.next().expect("an entry rule yields one pair");
    Ok(entry.into_inner().next().expect("an entry rule contains an item or an expression"))
}

fn failure(error: &Error<Rule>) -> Failure {
    let at = match error.location {
        InputLocation::Pos(at) | InputLocation::Span((at, _)) => at,
    };
    let expected = match &error.variant {
        ErrorVariant::ParsingError { positives, .. } => positives.clone(),
        ErrorVariant::CustomError { .. } => vec![],
    };
    Failure { at, expected }
}
