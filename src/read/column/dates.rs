//! Collects days, moments and periods.

use super::{Collect, Reading, Usual, push_while, take};
use crate::data::{Calendar, Grain};
use crate::read::cell::{self, IsoDays, Misfit};
use crate::value::{Date, Values};

/// Collects days, which become moments when the first value with a time of day is added.
#[derive(Default)]
pub(super) struct Dates {
    days: Vec<i32>,
    moments: Option<Vec<Date>>,
    iso: IsoDays,
    /// True if cells have a UTC offset, so that days without a time are rejected.
    offsets: bool,
}

impl Collect for Dates {
    fn len(&self) -> usize {
        self.moments.as_ref().map_or(self.days.len(), Vec::len)
    }

    fn push_blank(&mut self) {
        self.push_date(Date::from_day(0));
    }

    fn push(&mut self, cell: &str, reading: &Reading) -> Result<(), Misfit> {
        let date = cell::date(cell, reading.dates)?;
        match reading.offsets {
            Some(true) if date.offset().is_none() => return Err(Misfit::NoOffset),
            Some(false) if date.offset().is_some() => return Err(Misfit::Offset),
            _ => {}
        }
        if reading.unsure_dates && cell::date(cell, reading.dates.other()).is_ok_and(|other| other != date) {
            return Err(Misfit::TwoDates);
        }
        self.push_date(date);
        Ok(())
    }

    fn push_usual(&mut self, text: &str, places: impl Iterator<Item = (u32, u32)>) {
        if self.moments.is_none() && !self.offsets {
            push_while(&mut self.days, &mut self.iso, text, places);
        }
    }

    fn finish(&mut self) -> Values {
        match self.moments.take() {
            Some(moments) => Values::Moments(moments),
            None => Values::Days(take(&mut self.days)),
        }
    }
}

impl Usual for &mut IsoDays {
    type Value = i32;

    #[inline(always)]
    fn read(&mut self, text: &str, start: u32, end: u32) -> Option<i32> {
        self.day(text.as_bytes(), start, end)
    }
}

impl Dates {
    pub(super) fn new(offsets: bool) -> Self {
        Self { offsets, ..Self::default() }
    }

    fn push_date(&mut self, date: Date) {
        if self.moments.is_none() && date.is_day() {
            return self.days.push(date.day());
        }
        let days = &mut self.days;
        self.moments.get_or_insert_with(|| days.drain(..).map(Date::from_day).collect()).push(date);
    }
}

/// Collects periods of the calendar, represented by their first days.
pub(super) struct Periods {
    grain: Grain,
    calendar: Calendar,
    days: Vec<i32>,
    /// The last cell and its day: periods repeat.
    last: (String, i32),
}

impl Periods {
    pub(super) fn new(grain: Grain, calendar: Calendar) -> Self {
        Self { grain, calendar, days: vec![], last: (String::new(), 0) }
    }
}

impl Collect for Periods {
    fn len(&self) -> usize {
        self.days.len()
    }

    fn push_blank(&mut self) {
        self.days.push(0);
    }

    fn push(&mut self, cell: &str, reading: &Reading) -> Result<(), Misfit> {
        if self.last.0 != cell {
            let day = match self.grain {
                Grain::Month => cell::month(cell, reading.dates)?,
                grain => cell::period(cell, grain, self.calendar)?,
            };
            self.last = (cell.to_owned(), day);
        }
        self.days.push(self.last.1);
        Ok(())
    }

    fn finish(&mut self) -> Values {
        Values::Days(take(&mut self.days))
    }
}
