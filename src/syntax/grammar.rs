//! Turns the text of one item into pest's pairs: the only place that calls pest.

use pest::Parser;
use pest::error::{Error, ErrorVariant, InputLocation};
use pest::iterators::Pair;

#[derive(pest_derive::Parser)]
#[grammar = "grammar/kpi.pest"]
struct Grammar;

/// Where and why pest gave up.
pub(super) struct Failure {
    /// The byte that no rule could go past.
    pub at: usize,
    /// The rules that were tried there.
    pub expected: Vec<Rule>,
}

/// The one pair under an entry rule.
pub(super) fn parse(root: Rule, text: &str) -> Result<Pair<'_, Rule>, Failure> {
    let mut pairs = Grammar::parse(root, text).map_err(|error| failure(&error))?;
    let entry = pairs.next().expect("an entry rule yields one pair");
    Ok(entry.into_inner().next().expect("an entry rule holds an item or an expression"))
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
