//! The values of an input at which a KPI is what is wanted, as data.

use std::sync::Arc;

use indexmap::IndexMap;
use serde::{Serialize, Serializer};

use crate::explain::plain;
use crate::language::Sentence;
use crate::library::card::status_name;
use crate::syntax::ast::Status;
use crate::value::Decimal;
use crate::value::unit::Type;

/// The values of an input at which a KPI is what is wanted, in one group: see [`Library::solve`](crate::Library::solve).
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Solution {
    /// The version of the format, 1.
    pub version: u32,
    /// The KPI's name, or the formula if it has no name.
    pub kpi: Arc<str>,
    /// Its unit, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// The name of the input.
    pub input: Arc<str>,
    /// Its unit, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input_unit: Option<String>,
    /// The group: its period and keys by name.
    pub group: IndexMap<String, Option<String>>,
    /// The wanted value of the KPI.
    #[serde(serialize_with = "as_text")]
    pub wanted: Decimal,
    /// The present value of the KPI.
    #[serde(serialize_with = "as_optional_text")]
    pub present: Option<Decimal>,
    /// The present value of the input.
    #[serde(serialize_with = "as_optional_text")]
    pub present_input: Option<Decimal>,
    /// What was found.
    pub found: SolutionKind,
    /// The values of the input, in order.
    pub values: Vec<SolvedValue>,
    /// The values of the input at which the formula would give the wanted value, if it were defined there.
    #[serde(skip_serializing_if = "Vec::is_empty", serialize_with = "as_list")]
    pub undefined_at: Vec<Decimal>,
    /// The values of the input at which the KPI passes the wanted value without taking it.
    #[serde(skip_serializing_if = "Vec::is_empty", serialize_with = "as_list")]
    pub jumps: Vec<Decimal>,
    /// The bounds within which values were sought. None if all numbers were.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub within: Option<SolutionBounds>,
    /// Why the KPI is undefined, whatever the input is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Sentence>,
    /// The types of the KPI and the input, for renderers.
    #[serde(skip)]
    pub(crate) types: [Type; 2],
}

/// What [`Library::solve`](crate::Library::solve) found in a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum SolutionKind {
    /// All values that there are within the bounds, as fractions or to 28 digits.
    Solved,
    /// All values that there are within bounds around the present value. There may be others outside.
    SolvedWithin,
    /// The values that evaluating the formula within the bounds found. There may be others.
    Searched,
    /// The KPI is what is wanted, whatever the input is, except where it is undefined.
    Always,
    /// The KPI is undefined, whatever the input is.
    Undefined,
    /// The KPI is not what is wanted and does not depend on the input in this group.
    Constant,
    /// The formula must be searched, and there are no bounds, because the input has no present value other than 0.
    Unbounded,
}

/// Bounds of an input, both included.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct SolutionBounds {
    /// The least value.
    #[serde(serialize_with = "as_text")]
    pub least: Decimal,
    /// The largest value.
    #[serde(serialize_with = "as_text")]
    pub most: Decimal,
}

/// A value of the input at which the KPI is what is wanted.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct SolvedValue {
    /// The value. Of a range, the one that is nearest to the present value, or any other if that is an end which is not
    /// included.
    #[serde(serialize_with = "as_text")]
    pub value: Decimal,
    /// True if the KPI is what is wanted at exactly this decimal.
    pub exact: bool,
    /// The value as a fraction, if it is one that no decimal is equal to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fraction: Option<String>,
    /// All values around it, if the KPI is what is wanted there too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub range: Option<SolvedRange>,
    /// The value minus the present one.
    #[serde(serialize_with = "as_optional_text")]
    pub difference: Option<Decimal>,
    /// The difference divided by the size of the present value.
    #[serde(serialize_with = "as_optional_text")]
    pub change: Option<Decimal>,
    /// The KPI computed with the value.
    #[serde(serialize_with = "as_text")]
    pub check: Decimal,
    /// The KPIs whose statuses change.
    pub statuses: Vec<StatusChange>,
}

/// A range of values.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct SolvedRange {
    /// Its lower end. None if there is none.
    pub from: Option<SolvedEnd>,
    /// Its upper end. None if there is none.
    pub to: Option<SolvedEnd>,
}

/// An end of a range.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct SolvedEnd {
    /// The end.
    #[serde(serialize_with = "as_text")]
    pub value: Decimal,
    /// True if it is exactly this decimal.
    pub exact: bool,
    /// The end as a fraction, if it is one that no decimal is equal to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fraction: Option<String>,
    /// True if the KPI is what is wanted at the end too.
    pub included: bool,
}

/// A KPI whose status changes with the input.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct StatusChange {
    /// The name of the KPI.
    pub kpi: Arc<str>,
    /// Its status with the present value.
    #[serde(serialize_with = "as_status")]
    pub before: Option<Status>,
    /// Its status with the value that was found.
    #[serde(serialize_with = "as_status")]
    pub after: Option<Status>,
}

pub(super) fn as_text<S: Serializer>(number: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&plain(*number))
}

#[allow(clippy::ref_option)]
pub(super) fn as_optional_text<S: Serializer>(number: &Option<Decimal>, serializer: S) -> Result<S::Ok, S::Error> {
    number.map(plain).serialize(serializer)
}

fn as_list<S: Serializer>(numbers: &[Decimal], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(numbers.iter().map(|number| plain(*number)))
}

#[allow(clippy::ref_option)]
fn as_status<S: Serializer>(status: &Option<Status>, serializer: S) -> Result<S::Ok, S::Error> {
    status.map(status_name).serialize(serializer)
}
