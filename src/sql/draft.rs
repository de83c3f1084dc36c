//! Statements under construction, and what the columns of their results are.

use std::collections::BTreeSet;
use std::ops::Range;

use serde::Serialize;

use super::dialect::Dialect;
use super::expression::{Expression, Kind};
use super::statement::Select;
use super::tier::Tier;
use crate::aggregate::StateKind;
use crate::data::{ColumnId, ColumnType, Grain};
use crate::program::NodeId;

/// Columns of a table.
pub(super) type Columns = BTreeSet<ColumnId>;

/// A statement.
#[derive(Debug, Clone, Serialize)]
pub struct Statement {
    /// What it returns.
    pub tier: Tier,
    /// Its text.
    pub sql: String,
    /// What it returns, column by column.
    #[serde(skip)]
    pub(crate) contents: Contents,
}

/// What the columns of a result are.
#[derive(Debug, Clone, Default)]
pub(crate) struct Contents {
    /// Their names and types, in order.
    pub columns: Vec<(String, ColumnType)>,
    /// Those that hold columns of the table.
    pub stored: Vec<(String, ColumnId)>,
    /// Those that count the values of columns that filters read.
    pub present: Vec<(String, ColumnId)>,
    /// The time column, if `b` holds its bucket: a day, or the number of a month.
    pub bucket: Option<(ColumnId, Grain)>,
    /// The filters that are decided here.
    pub filters: Vec<NodeId>,
    /// What its rows are.
    pub returns: Returns,
}

/// What the rows of a result are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Returns {
    /// Rows of cells.
    #[default]
    Cells,
    /// The days with rows.
    Days,
    /// The texts of a column.
    Texts,
    /// The rows that determine values of the first or the last time.
    Chosen,
    /// Finished values by group.
    Finished(AskedGroups),
}

/// The groups for which values are finished.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AskedGroups {
    /// The grouping columns that apply: positions in the request.
    pub by: Vec<usize>,
    /// The days of the groups.
    pub days: AskedDays,
}

/// The days of groups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum AskedDays {
    /// All of time.
    Always,
    /// Those of one period.
    One(Range<i32>),
    /// Those of several periods, which are numbered in the column `p`.
    Several(Vec<Range<i32>>),
    /// The buckets in the column `b`.
    Buckets(Grain),
}

/// The columns of a result from which a measure is computed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Outputs {
    /// Its conditions that are decided here.
    pub conditions: Vec<NodeId>,
    /// The name of its other conditions: `kept_NAME` and `undecided_NAME` count rows.
    pub test: Option<String>,
    /// The name of its argument: `n_NAME` counts its values.
    pub argument: Option<String>,
    /// The digits after the point of a sum.
    pub scale: Option<u32>,
    /// What must be true of all values for the result to be exact.
    pub proof: Option<Proof>,
}

/// What must be true of all values of a measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Proof {
    /// With this many digits after the point, none has more than a decimal here: `min_NAME` and `max_NAME` tell.
    Digits(u32),
    /// All are texts that are read as they are: `odd_NAME` counts others.
    Plain,
}

impl Proof {
    /// What must be true of the values of an expression. A decimal can also be no number at all, in PostgreSQL.
    pub fn of(expression: &Expression) -> Option<Self> {
        match expression.kind {
            Kind::Number { scale, .. } => Some(Self::Digits(scale)),
            Kind::Boolean | Kind::Day => None,
        }
    }
}

/// A statement under construction.
pub(super) struct Draft {
    pub tier: Tier,
    /// The columns that must be known here.
    pub here: Columns,
    pub select: Select,
    pub contents: Contents,
}

impl Draft {
    /// The statement.
    pub fn statement(self) -> Statement {
        let contents = Contents { columns: self.select.result(), ..self.contents };
        Statement { tier: self.tier, sql: self.select.text(), contents }
    }
}

/// Adds the numbers of rows that conditions keep, and of values among them. Also returns the values.
pub(super) fn add_counts(select: &mut Select, argument: Option<&str>, tests: &[String]) -> (Outputs, String) {
    let test = (!tests.is_empty()).then(|| select.column("c", &all(tests)));
    if let Some(test) = &test {
        let count = |select: &mut Select, name: &str, when: &str| {
            select.output(format!("{name}_{test}"), format!("COUNT(CASE WHEN {when} THEN 1 END)"), ColumnType::Number);
        };
        count(select, "kept", test);
        count(select, "undecided", &format!("{test} IS NULL"));
    }
    let outputs = Outputs { test: test.clone(), ..Outputs::default() };
    let Some(argument) = argument else { return (outputs, String::new()) };
    let column = select.column("x", argument);
    let (value, suffix) = match &test {
        Some(test) => (format!("CASE WHEN {test} THEN {column} END"), format!("{column}_{test}")),
        None => (column.clone(), column),
    };
    select.output(format!("n_{suffix}"), format!("COUNT({value})"), ColumnType::Number);
    (Outputs { argument: Some(suffix), ..outputs }, value)
}

/// Adds what proves that the values of a measure are exact.
pub(super) fn add_proof(select: &mut Select, dialect: Dialect, outputs: &mut Outputs, value: &str, proof: Proof) {
    let Some(suffix) = &outputs.argument else { return };
    match proof {
        Proof::Digits(_) => {
            for (name, sql) in ["min", "max"].iter().zip(dialect.extremes(value)) {
                select.output(format!("{name}_{suffix}"), dialect.digits(&sql), ColumnType::Text);
            }
        }
        Proof::Plain => {
            let value = if value == suffix { value.to_owned() } else { format!("({value})") };
            let odd = format!("COUNT(CASE WHEN NOT {} THEN 1 END)", dialect.is_plain(&value));
            select.output(format!("odd_{suffix}"), odd, ColumnType::Number);
        }
    }
    outputs.proof = Some(proof);
}

/// Adds the aggregates of a state for the rows that conditions keep.
pub(super) fn add_states(
    select: &mut Select,
    dialect: Dialect,
    argument: Option<&Expression>,
    tests: &[String],
    kind: StateKind,
) -> Outputs {
    let sql = argument.map(|argument| match (kind, argument.kind) {
        // Wide enough that the sum cannot be rounded, and is not counted in integers that wrap.
        (StateKind::Sum, Kind::Number { scale, .. }) => dialect.decimal(&argument.sql, SUM_DIGITS, scale),
        _ => argument.sql.clone(),
    });
    let (outputs, value) = add_counts(select, sql.as_deref(), tests);
    let (Some(argument), Some(suffix), false) = (argument, &outputs.argument, kind == StateKind::Count) else {
        return outputs;
    };
    let mut add = |name: &str, sql: String| match argument.kind {
        Kind::Day => select.output(format!("{name}_{suffix}"), sql, ColumnType::Date),
        _ => select.output(format!("{name}_{suffix}"), dialect.digits(&sql), ColumnType::Text),
    };
    let [least, greatest] = dialect.extremes(&value);
    if kind == StateKind::Sum {
        add("sum", dialect.sum(&value));
    }
    if kind != (StateKind::Extreme { greatest: true }) {
        add("min", least);
    }
    if kind != (StateKind::Extreme { greatest: false }) {
        add("max", greatest);
    }
    let scale = match argument.kind {
        Kind::Number { scale, .. } if kind == StateKind::Sum => Some(scale),
        _ => None,
    };
    Outputs { scale, ..outputs }
}

/// The digits of a sum.
pub(super) const SUM_DIGITS: u32 = 38;

/// The condition that all conditions hold.
pub(super) fn all(conditions: &[String]) -> String {
    match conditions {
        [one] => one.clone(),
        several => format!("({})", several.join(" AND ")),
    }
}
