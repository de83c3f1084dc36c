//! Measures that the warehouse finishes for each group of the result: numbers of distinct values, and the two values from
//! which a median or a quantile is interpolated here.

use std::ops::Range;

use super::{AskedGroups, Columns, Contents, Draft, Planned, Planner, Proof, Returns};
use crate::aggregate::{StateKey, StateKind};
use crate::builtin::Aggregate;
use crate::data::{BEGINNING, ColumnType, Dataset, END, Extent, Grain, GroupColumn, Measure, RowSource, TimeRange};
use crate::program::{Node, NodeId};
use crate::sql::draft::{AskedDays, all};
use crate::sql::expression::{Kind, Reason};
use crate::sql::statement::{Column, Join, Select};
use crate::sql::stored::{MAX_PRECISION, StoredType};
use crate::sql::tier::Tier;
use crate::value::Decimal;

/// The maximum number of periods that a statement lists.
const MAX_PERIODS: usize = 1_000;

/// The maximum number of listed periods that a day is in.
const MAX_OVERLAP: usize = 100;

/// The maximum number of digits after the point of the fraction of a quantile.
const MAX_FRACTION_DIGITS: u32 = 6;

/// A measure that the warehouse can finish.
struct Whole {
    /// The value of a row.
    value: String,
    proof: Option<Proof>,
    finish: Finish,
    groups: Vec<AskedGroups>,
}

/// How values are finished.
#[derive(Debug, Clone, Copy)]
enum Finish {
    /// Distinct values are counted.
    Distinct,
    /// The values around a fraction of the way from the least to the greatest one are found.
    Around(Decimal),
}

impl Planner<'_> {
    /// Finds the states whose values are merged here. Measures with a common state are all finished there, or none.
    pub(super) fn find_merged_here(&mut self) {
        let (request, at) = (self.request, self.at);
        for measure in request.measures.iter().filter(|measure| measure.dataset == at) {
            if StateKey::of(measure, 0).kind == StateKind::Multiset
                && let Err(reason) = self.finishable(measure)
            {
                self.merged_here.entry((measure.argument, measure.conditions.clone())).or_insert(reason);
            }
        }
    }

    /// Adds the statements that finish a measure, and counts its rows. The error is the reason why its distinct values are
    /// merged here.
    pub(super) fn whole(&mut self, measure: &Measure) -> Result<Planned, Reason> {
        if let Some(reason) = self.merged_here.get(&(measure.argument, measure.conditions.clone())) {
            return Err(reason.clone());
        }
        let Whole { value, proof, finish, groups } = self.finishable(measure)?;
        let conditions = self.conditions(measure)?;
        let (counts, outputs) = self.counts(&conditions, &value, proof);
        let mut statements = vec![counts];
        // The values of the groups come last.
        let is_asked = |groups: &AskedGroups| groups.days != AskedDays::Several(vec![]);
        for groups in groups.into_iter().rev().filter(is_asked) {
            let draft = self.finishing(&value, finish, groups, &conditions.there);
            let is_same =
                |known: &Draft| known.select == draft.select && known.contents.returns == draft.contents.returns;
            let known = self.drafts.iter().position(is_same);
            statements.push(known.unwrap_or(self.drafts.len()));
            if known.is_none() {
                self.drafts.push(draft);
            }
        }
        let reason = match finish {
            Finish::Distinct => "its distinct values are counted there for each group",
            Finish::Around(_) => "the two values around its position are found there, and interpolated here",
        };
        Ok(Planned { tier: Tier::Whole, reason: reason.into(), statements, outputs })
    }

    /// What the warehouse would finish. The error is the reason why it cannot.
    fn finishable(&self, measure: &Measure) -> Result<Whole, Reason> {
        if self.most > Tier::Whole {
            return Err("its distinct values are merged here".into());
        }
        let finish = match measure.aggregate {
            Aggregate::Count if measure.distinct => Finish::Distinct,
            Aggregate::Median if !measure.distinct => Finish::Around(Decimal::new(5, 1)),
            Aggregate::Quantile(fraction) if !measure.distinct => Finish::Around(fraction),
            _ => return Err("its distinct values are merged here".into()),
        };
        let (value, proof) = self.finishable_value(measure, finish)?;
        let conditions = self.conditions(measure)?;
        if let Some(reason) = &conditions.why {
            return Err(format!("its distinct values are merged here: {reason}").into());
        }
        let mut groups = vec![self.asked(measure, measure.dropped.kept(self.request.by.len()))?];
        groups.extend(self.asked_total(measure)?);
        for group in &groups {
            self.check_keys(&group.by)?;
        }
        Ok(Whole { value, proof, finish, groups })
    }

    /// The value of a row in SQL.
    fn finishable_value(&self, measure: &Measure, finish: Finish) -> Result<(String, Option<Proof>), Reason> {
        let Some(argument) = measure.argument else { return Err("its distinct values are merged here".into()) };
        if let (Finish::Distinct, Some(text)) = (finish, self.stored_text(argument)) {
            return Ok((text, Some(Proof::Plain)));
        }
        let expression = self.expressions[argument.0 as usize].as_ref().map_err(Reason::clone)?;
        match (finish, expression.kind) {
            (Finish::Around(_), Kind::Boolean | Kind::Day) => Err("only numbers are interpolated".into()),
            (Finish::Around(fraction), Kind::Number { .. }) if fraction.normalize().scale() > MAX_FRACTION_DIGITS => {
                Err(format!("its fraction has more than {MAX_FRACTION_DIGITS} digits after the point").into())
            }
            _ => Ok((expression.sql.clone(), Proof::of(expression))),
        }
    }

    /// An argument that is a column of texts.
    fn stored_text(&self, argument: NodeId) -> Option<String> {
        let Node::Slot(slot) = *self.requested.rows.program.node(argument) else { return None };
        let RowSource::Column(column) = self.requested.rows.slots[slot as usize] else { return None };
        let is_text = self.table.stored(column) == StoredType::Text
            && matches!(self.table.schema().column(column).ty, ColumnType::Text | ColumnType::Unknown);
        is_text.then(|| self.value(column))
    }

    /// The groups with some columns. The error is the reason why their days are not known in advance.
    fn asked(&self, measure: &Measure, by: Vec<usize>) -> Result<AskedGroups, Reason> {
        let range = measure.range;
        let days = match (self.request.grain, self.request.period) {
            _ if self.time().is_none() || range.extent == Extent::All => AskedDays::Always,
            _ if range.ends_with_data() => return Err("its periods end where the data end".into()),
            (Some(grain), Some((first, end))) => {
                let last = self.request.calendar.period(grain, end - 1);
                let first = self.request.calendar.period(grain, first);
                let periods = std::iter::successors(Some(first), |period| Some(period.next()));
                let periods = periods.take_while(|period| period.number <= last.number).take(MAX_PERIODS + 1);
                listed(periods.map(|period| self.request.covered(period, range, None)).collect())?
            }
            (Some(grain @ (Grain::Day | Grain::Month)), None) if range == TimeRange::CURRENT => {
                AskedDays::Buckets(grain)
            }
            (Some(_), None) => {
                return Err("its periods are merged here; `--period` would say which ones are needed".into());
            }
            (None, _) => self.around_single(range),
        };
        Ok(AskedGroups { by, days })
    }

    /// The total, if it is asked for.
    fn asked_total(&self, measure: &Measure) -> Result<Option<AskedGroups>, Reason> {
        let range = match (self.request.totals, self.request.grain) {
            (false, _) => return Ok(None),
            (true, Some(_)) => measure.total,
            (true, None) => Some(measure.range),
        };
        let Some(range) = range else { return Ok(None) };
        if range.ends_with_data() {
            return Err("its periods end where the data end".into());
        }
        let days = if self.time().is_none() { AskedDays::Always } else { self.around_single(range) };
        Ok(Some(AskedGroups { by: vec![], days }))
    }

    /// The days of a range around the only period, or all of them.
    fn around_single(&self, range: TimeRange) -> AskedDays {
        match self.request.days(range, self.request.single, None, None) {
            Ok(days) if days == (BEGINNING..END) => AskedDays::Always,
            Ok(days) => AskedDays::One(days),
            // Without a period there is no value.
            Err(_) => AskedDays::Several(vec![]),
        }
    }

    /// Checks that keys which are different there are different here, except for texts: these are compared when they arrive.
    fn check_keys(&self, by: &[usize]) -> Result<(), Reason> {
        for &at in by {
            let merged = match &self.requested.by[at] {
                Some(GroupColumn::Source(RowSource::Column(column))) => match self.table.stored(*column) {
                    StoredType::Text | StoredType::Integer | StoredType::Date | StoredType::Boolean => continue,
                    StoredType::Decimal { precision, .. } if precision < MAX_PRECISION => continue,
                    _ => format!("keys of `{}` are compared here", self.table.schema().name(*column)),
                },
                None => continue,
                Some(_) => "a column of the groups is computed here".to_owned(),
            };
            return Err(merged.into());
        }
        Ok(())
    }

    /// The statement that finishes the values of groups for the rows that conditions keep.
    fn finishing(&self, value: &str, finish: Finish, groups: AskedGroups, tests: &[String]) -> Draft {
        let mut draft = self.empty_draft(Tier::Whole);
        draft.contents = Contents::default();
        draft.select.outputs.clear();
        for &at in &groups.by {
            if let Some(GroupColumn::Source(RowSource::Column(column))) = self.requested.by[at] {
                self.add_stored(&mut draft, format!("k{}", at + 1), column);
            }
        }
        let mut conditions = [&self.common.filters, tests].concat();
        conditions.push(format!("{value} IS NOT NULL"));
        self.add_days(&mut draft, &groups.days, &mut conditions);
        draft.select.condition = Some(all(&conditions));
        draft.select.columns.insert(Column { name: "x".into(), sql: value.to_owned(), ty: ColumnType::Unknown });
        match finish {
            Finish::Distinct => {
                draft.select.output("n", "COUNT(x)", ColumnType::Number);
                draft.select.output("distinct_x", "COUNT(DISTINCT x)", ColumnType::Number);
            }
            Finish::Around(fraction) => self.add_positions(&mut draft.select, fraction),
        }
        draft.contents.returns = Returns::Finished(groups);
        Draft { here: Columns::new(), ..draft }
    }

    /// Limits the rows to the days of groups, and splits them by these days.
    fn add_days(&self, draft: &mut Draft, days: &AskedDays, conditions: &mut Vec<String>) {
        let Some(time) = self.time() else { return };
        let is_timed = self.request.grain.is_some() || self.request.period.is_some();
        if is_timed {
            conditions.push(format!("{} IS NOT NULL", self.name(time)));
        }
        match days {
            AskedDays::Always => {}
            AskedDays::One(days) => conditions.extend(self.within(Some(days))),
            AskedDays::Buckets(grain) => {
                let (bucket, ty) = self.bucket(time, *grain);
                draft.select.key("b", bucket, ty);
            }
            AskedDays::Several(periods) => {
                let start = periods.iter().map(|days| days.start).min().unwrap_or(BEGINNING);
                let end = periods.iter().map(|days| days.end).max().unwrap_or(BEGINNING);
                conditions.extend(self.within(Some(&(start..end))));
                let day = Column { name: "d".into(), sql: self.day(time), ty: ColumnType::Date };
                draft.select.columns.insert(day);
                let key = Column { name: "p".into(), sql: "a.p".into(), ty: ColumnType::Number };
                draft.select.join = Some(Join { sql: self.axis(periods), key: Some(key) });
            }
        }
    }

    /// The join with the days of periods, which are numbered from 0.
    fn axis(&self, periods: &[Range<i32>]) -> String {
        let no_date = || self.dialect.no_date().to_owned();
        let bounds: Vec<[Option<String>; 2]> = periods.iter().map(|days| self.bounds(days)).collect();
        let is_open = |end: usize| bounds.iter().any(|bounds| bounds[end].is_none());
        let [is_open_before, is_open_after] = [is_open(0), is_open(1)];
        let row = |(at, [since, until]): (usize, [Option<String>; 2])| {
            [at.to_string(), since.unwrap_or_else(no_date), until.unwrap_or_else(no_date)]
        };
        let rows: Vec<[String; 3]> = bounds.into_iter().enumerate().map(row).collect();
        let since = if is_open_before { "(a.since IS NULL OR r.d >= a.since)" } else { "r.d >= a.since" };
        let until = if is_open_after { "(a.until IS NULL OR r.d < a.until)" } else { "r.d < a.until" };
        let rows = self.dialect.rows("a", ["p", "since", "until"], &rows);
        format!("JOIN {rows} ON {since} AND {until}")
    }

    /// Adds the values at the position that is a fraction of the way from the first to the last one in order: if the position
    /// lies between two values, both of them. With `o` from 1 to `c`, these are `o - 2 < (c - 1) * fraction < o`, or equal
    /// to the lower bound.
    fn add_positions(&self, select: &mut Select, fraction: Decimal) {
        let fraction = fraction.clamp(Decimal::ZERO, Decimal::ONE).normalize();
        let (parts, whole) = (fraction.mantissa(), 10i128.pow(fraction.scale()));
        let keys = select.key_names();
        let partition = if keys.is_empty() { String::new() } else { format!("PARTITION BY {}", keys.join(", ")) };
        let space = if keys.is_empty() { "" } else { " " };
        let window = |name: &str, sql: String| Column { name: name.into(), sql, ty: ColumnType::Number };
        select.windows.insert(window("o", format!("ROW_NUMBER() OVER ({partition}{space}ORDER BY x)")));
        select.windows.insert(window("c", format!("COUNT(*) OVER ({partition})")));
        select.chosen = Some(format!("(o - 2) * {whole} <= (c - 1) * {parts} AND (c - 1) * {parts} < o * {whole}"));
        select.output("n", "MAX(c)", ColumnType::Number);
        for (name, sql) in ["low_x", "high_x"].iter().zip(self.dialect.extremes("x")) {
            select.output(*name, self.dialect.digits(&sql), ColumnType::Text);
        }
    }
}

/// The days of periods that a statement lists. The error is the reason why they are too many.
fn listed(mut periods: Vec<Range<i32>>) -> Result<AskedDays, Reason> {
    periods.retain(|days| !days.is_empty());
    periods.dedup();
    if periods.len() > MAX_PERIODS {
        return Err(format!("it has more than {MAX_PERIODS} periods").into());
    }
    // Periods are in order, and so are the ends of their days.
    let overlapping = |at: usize| periods[at..].iter().filter(|days| days.start < periods[at].end).count();
    if (0..periods.len()).any(|at| overlapping(at) > MAX_OVERLAP) {
        return Err(format!("a day is in more than {MAX_OVERLAP} of its periods").into());
    }
    match &periods[..] {
        [only] => Ok(AskedDays::One(only.clone())),
        _ => Ok(AskedDays::Several(periods)),
    }
}
