//! Collects the days of segments: of the rows with the same text in a column of few texts, such as those of one channel.

use std::sync::Arc;

use indexmap::IndexMap;

use super::column::Days;
use crate::data::Batch;
use crate::value::{Date, Values};

/// The columns that are divided into segments.
pub const MAX_SEGMENT_COLUMNS: usize = 8;

/// The segments of a column. A column with more is not divided.
pub const MAX_COLUMN_SEGMENTS: usize = 24;

/// The days of all segments together. Beyond them no table is divided.
pub const MAX_SEGMENT_DAYS: usize = 1_000_000;

/// The days of the segments of some columns.
#[derive(Debug, Default)]
pub(super) struct Segments {
    /// The position of the time column.
    time: usize,
    columns: Vec<SegmentedColumn>,
    /// The number of days of all segments.
    days: usize,
}

#[derive(Debug)]
struct SegmentedColumn {
    /// The position of the column.
    at: usize,
    segments: IndexMap<Arc<str>, Days>,
}

impl Segments {
    /// Segments of these columns of texts over a time column, all by position.
    pub fn new(time: Option<usize>, texts: impl Iterator<Item = usize>) -> Self {
        let column = |at| SegmentedColumn { at, segments: IndexMap::new() };
        let columns = texts.take(MAX_SEGMENT_COLUMNS).map(column).collect();
        time.map_or_else(Self::default, |time| Self { time, columns, days: 0 })
    }

    /// Adds a row.
    pub fn add(&mut self, batch: &Batch, row: usize) {
        let Some(date) = self.date(batch, row) else { return };
        let mut days = self.days;
        self.columns.retain_mut(|column| {
            let Some(text) = text(batch, column.at, row) else { return true };
            if column.segments.len() == MAX_COLUMN_SEGMENTS && !column.segments.contains_key(text) {
                return false;
            }
            let segment = match column.segments.get_mut(text) {
                Some(segment) => segment,
                None => column.segments.entry(text.clone()).or_default(),
            };
            days += usize::from(segment.add(date));
            true
        });
        self.days = days;
        if days > MAX_SEGMENT_DAYS {
            self.columns.clear();
        }
    }

    fn date(&self, batch: &Batch, row: usize) -> Option<Date> {
        let time = batch.columns.get(self.time).filter(|_| !self.columns.is_empty())?;
        match &time.values {
            _ if time.cause(row).is_some() => None,
            Values::Days(days) => Some(Date::from_day(days[row])),
            Values::Moments(moments) => Some(moments[row]),
            _ => None,
        }
    }

    /// The position of the column, the text and the days of each segment.
    pub fn all(&self) -> impl Iterator<Item = (usize, &Arc<str>, &Days)> {
        self.columns.iter().flat_map(|column| column.segments.iter().map(|(text, days)| (column.at, text, days)))
    }
}

fn text<'a>(batch: &'a Batch<'_>, column: usize, row: usize) -> Option<&'a Arc<str>> {
    let column = &batch.columns[column];
    match &column.values {
        Values::Texts { codes, dictionary } if column.cause(row).is_none() => Some(dictionary.text(codes[row])),
        _ => None,
    }
}
