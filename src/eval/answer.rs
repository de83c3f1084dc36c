//! Checks that the answer of a source matches its request.

use std::fmt::Display;

use crate::data::{Aggregated, MeasureColumn, PerGroup, Request};
use crate::diagnostic::{Code, Diagnostic};

/// Checks an answer, so that a wrong implementation of `Source` leads to an error and not to a panic.
///
/// # Errors
/// Returns the first mismatch.
pub(super) fn check(request: &Request, answer: &Aggregated) -> Result<(), Diagnostic> {
    expect("measures", request.measures.len(), answer.measures.len())?;
    expect("extents of datasets", request.datasets.len(), answer.extents.len())?;
    for (at, measure) in answer.measures.iter().enumerate() {
        check_measure(at, measure, answer.groups.len())?;
    }
    for (at, group) in answer.groups.iter().enumerate() {
        let keys = if group.total { 0 } else { request.by.len() };
        expect(format_args!("keys of group {at}"), keys, group.keys.len())?;
        let has_period = request.grain.is_some() && !group.total;
        expect(format_args!("periods of group {at}"), usize::from(has_period), usize::from(group.period.is_some()))?;
    }
    let unknown = answer.refused.iter().find(|(measure, _)| measure.0 as usize >= request.measures.len());
    unknown.map_or(Ok(()), |(measure, _)| Err(wrong(format!("it refuses measure {}, which does not exist", measure.0))))
}

fn check_measure(at: usize, measure: &MeasureColumn, groups: usize) -> Result<(), Diagnostic> {
    expect(format_args!("values of measure {at}"), groups, measure.values.len())?;
    expect(format_args!("counts of rows of measure {at}"), groups, measure.rows.len())?;
    expect(format_args!("counts of skipped rows of measure {at}"), groups, length(&measure.skipped))?;
    expect(format_args!("counts of failed rows of measure {at}"), groups, length(&measure.failed))?;
    expect(format_args!("ranges of time of measure {at}"), groups, length(&measure.ranges))?;
    expect(format_args!("lists of segments of measure {at}"), groups, length(&measure.left_out))
}

fn length<T: Clone + PartialEq>(items: &PerGroup<T>) -> usize {
    items.len()
}

fn expect(what: impl Display, expected: usize, found: usize) -> Result<(), Diagnostic> {
    if found == expected { Ok(()) } else { Err(wrong(format!("expected {expected} {what}, found {found}"))) }
}

fn wrong(what: String) -> Diagnostic {
    Diagnostic::error(Code::BadTable, format!("the answer of the source does not match the request: {what}"))
        .hint("check the source with `yardstick::testing::source_conformance`")
}
