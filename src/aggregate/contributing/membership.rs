//! Decides whether a row counts in a measure of a group.

use super::columns::{Layout, Values};
use crate::aggregate::interval::{Ending, Ends, date};
use crate::aggregate::selection::verdict;
use crate::data::{DatasetRequest, InForce, Measure};
use crate::language::{Phrase, Sentence};
use crate::program::NodeId;
use crate::value::{Cause, Value, Vector};

const NANOS_PER_HOUR: i64 = 3_600_000_000_000;

/// What a row is to a measure of a group.
#[derive(Debug, Clone, PartialEq)]
pub enum Membership {
    /// It belongs to another group, or a condition keeps it out.
    Outside,
    /// It counts, with a value unless rows are counted.
    Counts(Option<Value>),
    /// It belongs to the group and has no value, or a condition has none.
    LeftOut(LeftOut),
}

/// Why a row is left out.
#[derive(Debug, Clone, PartialEq)]
pub enum LeftOut {
    /// It has no time.
    NoTime,
    /// One of these operations has no value.
    Undefined(Cause, Vec<NodeId>),
}

/// The rows that are asked for, as numbers.
pub struct Side<'r> {
    pub measure: &'r Measure,
    /// Grouping columns with the numbers of the keys there.
    pub keys: Vec<(usize, u32)>,
    /// The days, or hours, that count.
    pub days: Option<(i32, i32)>,
}

/// The rows of a batch with the numbers of their keys and their times.
pub struct Rows<'b> {
    pub requested: &'b DatasetRequest,
    pub layout: &'b Layout<'b>,
    pub values: Values<'b>,
    /// By grouping column.
    pub keys: Vec<Vec<u32>>,
    /// The day or hour of each row. Empty if time does not matter.
    pub ticks: Vec<Option<i32>>,
    pub ends: Option<Ends>,
}

/// The day, or the hour, of each row.
pub fn ticks(times: &Vector, by_hour: bool) -> Vec<Option<i32>> {
    let tick = |row| {
        let moment = date(times, row)?;
        Some(match by_hour {
            false => moment.day(),
            true => moment.day().saturating_mul(24).saturating_add((moment.time_of_day() / NANOS_PER_HOUR) as i32),
        })
    };
    (0..times.len()).map(tick).collect()
}

impl Rows<'_> {
    pub fn membership(&self, side: &Side, row: usize) -> Membership {
        if side.keys.iter().any(|(column, number)| self.keys[*column].get(row) != Some(number)) {
            return Membership::Outside;
        }
        let mut left_out = None;
        if let (Some(days), false) = (side.days, self.ticks.is_empty()) {
            match self.ticks[row] {
                Some(tick) if self.is_within(side, days, tick, row) => {}
                None if !self.requested.may_lack_time => left_out = Some(LeftOut::NoTime),
                _ => return Membership::Outside,
            }
        }
        for conditions in [&self.requested.filters, &side.measure.conditions] {
            match verdict(conditions.iter().map(|&node| self.values.node(node)), row) {
                Ok(true) => {}
                Ok(false) => return Membership::Outside,
                Err(cause) => {
                    left_out.get_or_insert_with(|| LeftOut::Undefined(cause, self.undefined(conditions, row)));
                }
            }
        }
        if let Some(reason) = left_out {
            return Membership::LeftOut(reason);
        }
        match side.measure.argument.map(|node| (node, self.values.node(node).get(row))) {
            None => Membership::Counts(None),
            Some((_, Ok(value))) => Membership::Counts(Some(value)),
            Some((node, Err(cause))) => Membership::LeftOut(LeftOut::Undefined(cause, vec![node])),
        }
    }

    fn undefined(&self, nodes: &[NodeId], row: usize) -> Vec<NodeId> {
        nodes.iter().copied().filter(|&node| self.values.node(node).cause(row).is_some()).collect()
    }

    /// True if a row counts in a range of days: if it is dated in it, or in force as the measure says.
    fn is_within(&self, side: &Side, (start, end): (i32, i32), tick: i32, row: usize) -> bool {
        let Some(ends) = self.ends else { return (start..end).contains(&tick) };
        let (Some(time), Some(place)) = (self.layout.time, self.layout.end) else { return false };
        let Some(begins) = date(self.values.get(time), row) else { return false };
        let ended = match ends.ending(begins, date(self.values.get(place), row)) {
            Ending::Open => false,
            Ending::At(place) => match side.measure.in_force {
                InForce::AtEnd | InForce::Before => place < end.saturating_mul(2),
                InForce::During => place <= start.saturating_mul(2),
            },
            Ending::Empty | Ending::Reversed => true,
        };
        tick < end && !ended
    }

    /// The reason in words: which columns are blank, or how the row failed.
    pub fn reason(&self, reason: &LeftOut, row: usize) -> Sentence {
        match reason {
            LeftOut::NoTime => Sentence::new(Phrase::CellBlank, [self.layout.time_name()]),
            LeftOut::Undefined(cause, nodes) if !cause.is_failure() => {
                let slots = self.requested.rows.program.slots_below(nodes.iter().copied());
                let blank = slots.into_iter().filter(|&slot| self.values.sources[slot as usize].cause(row).is_some());
                let names: Vec<String> =
                    blank.map(|slot| self.layout.name(&self.requested.rows.slots[slot as usize])).collect();
                match names.len() {
                    0 => Sentence::plain(Phrase::RowHasNoValue),
                    1 => Sentence::new(Phrase::CellBlank, names),
                    _ => Sentence::new(Phrase::CellsBlank, [names.join(", ")]),
                }
            }
            LeftOut::Undefined(cause, _) => Sentence::plain(failure(*cause)),
        }
    }
}

fn failure(cause: Cause) -> Phrase {
    match cause {
        Cause::DivisionByZero => Phrase::FailedDivision,
        Cause::Overflow => Phrase::FailedDigits,
        Cause::OutsideCalendar => Phrase::FailedDate,
        Cause::NoOffset => Phrase::FailedOffset,
        Cause::Domain => Phrase::FailedDomain,
        _ => Phrase::FailedKind,
    }
}
