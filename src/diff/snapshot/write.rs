//! Writes a snapshot: a header with the query and the fingerprints, then one line for each value.

use std::fmt;

use super::{DataFingerprint, Hash, PERCENT, Snapshot, hundredth};
use crate::data::Grain;
use crate::diff::values::{GroupValue, ValueSide};
use crate::syntax::{spelled, string};
use crate::value::{Decimal, Value};

/// The first line.
pub(crate) const HEADER: &str = "kpi snapshot 1";

/// The text of the file, which [`read`](super::read) reads.
impl fmt::Display for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut lines = vec![HEADER.to_owned()];
        lines.extend(self.header());
        lines.push(String::new());
        lines.extend(self.values.iter().map(value_line));
        lines.push(String::new());
        lines.iter().try_for_each(|line| writeln!(f, "{line}"))?;
        writeln!(f, "end: {}", end(self.values.len(), lines.iter().map(String::as_str)))
    }
}

impl Snapshot {
    /// The query and the fingerprints.
    fn header(&self) -> Vec<String> {
        let mut lines = vec![];
        let mut line = |name: &str, text: &str| lines.push(format!("{name}: {text}"));
        let query = &self.query;
        let names = |names: &[std::sync::Arc<str>]| names.iter().map(|it| name(it)).collect::<Vec<_>>().join(", ");
        line("kpis", &if query.kpis.is_empty() { "all".into() } else { names(&query.kpis) });
        if !query.by.is_empty() {
            line("by", &names(&query.by));
        }
        query.conditions.iter().for_each(|condition| line("where", &one_line(condition)));
        query.period.iter().for_each(|period| line("period", &one_line(period)));
        query.data_until.iter().for_each(|until| line("data until", &one_line(until)));
        query.set.iter().for_each(|(set, value)| line("set", &format!("{} = {}", name(set), one_line(value))));
        if query.totals {
            line("totals", "yes");
        }
        line("definitions", &self.definitions);
        for DataFingerprint { dataset, rows } in &self.data {
            let rows = rows.as_ref().map_or("in a warehouse".to_owned(), |(rows, hash)| format!("{rows} rows, {hash}"));
            line("data", &format!("{}, {rows}", name(dataset)));
        }
        lines
    }
}

/// The number of values and the fingerprint of the lines before.
pub(super) fn end<'a>(count: usize, lines: impl Iterator<Item = &'a str>) -> String {
    let mut hash = Hash::default();
    lines.for_each(|line| hash.add_text(line));
    format!("{count} values, {}", hash.digits())
}

/// A name or formula: in quotes, unless it is a plain word.
pub(super) fn name(name: &str) -> String {
    if spelled(name) == name { name.to_owned() } else { string(name) }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `cac[month 2026-01, channel "email"] = 45.2 EUR/customer`
fn value_line(value: &GroupValue) -> String {
    let GroupValue { kpi, group, total, side } = value;
    let key = |(column, key): (&String, &Option<String>)| match key {
        None => format!("{} blank", name(column)),
        Some(period) if Grain::from_name(column).is_some() => format!("{column} {period}"),
        Some(key) => format!("{} {}", name(column), string(key)),
    };
    let keys: Vec<String> = group.iter().map(key).collect();
    let group = match (total, keys.is_empty()) {
        (true, _) => "[total]".to_owned(),
        (false, true) => String::new(),
        (false, false) => format!("[{}]", keys.join(", ")),
    };
    format!("{}{group} {}", name(kpi), side_text(side))
}

/// `= 45.2 EUR/customer`, or `≈` if a step was rounded.
fn side_text(side: &ValueSide) -> String {
    let ValueSide { value, unit, exact, undefined, number, .. } = side;
    let sign = if *exact { "=" } else { "≈" };
    match (value, number, undefined) {
        (Some(value), Some(number), _) => {
            if let Some(percent) = percent(number.decimal).filter(|_| unit.as_deref() == Some(PERCENT)) {
                return format!("{sign} {percent}%");
            }
            let unit = unit.as_ref().map_or(String::new(), |unit| format!(" {unit}"));
            format!("{sign} {value}{unit}")
        }
        (Some(value), None, _) if side.ty == crate::value::unit::Type::Text => format!("= {}", string(value)),
        (Some(value), None, _) => format!("= {value}"),
        (None, _, Some(missing)) => format!("= undefined ({}) {}", missing.code, one_line(&missing.message)),
        (None, _, None) => "= undefined".to_owned(),
    }
}

/// `1.517` for 0.01517. None if a percentage has too many digits.
fn percent(number: Decimal) -> Option<Value> {
    let percent = number.checked_mul(Decimal::ONE_HUNDRED)?;
    (hundredth(percent) == Some(number)).then(|| Value::from(percent))
}
