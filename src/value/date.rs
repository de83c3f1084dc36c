//! Days and moments as plain integers; calendars are `data::calendar`'s business.

use serde::Serialize;

const MICROS_PER_DAY: i64 = 86_400_000_000;

/// A moment as written, without a time zone: microseconds since 1970-01-01T00:00. A day is its first moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct Date {
    micros: i64,
}

impl Date {
    /// The first moment of the day that many days after 1970-01-01.
    pub fn from_day(day: i32) -> Self {
        Self { micros: i64::from(day) * MICROS_PER_DAY }
    }

    /// That many microseconds after 1970-01-01T00:00.
    pub fn from_micros(micros: i64) -> Self {
        Self { micros }
    }

    /// Days since 1970-01-01.
    pub fn day(self) -> i32 {
        self.micros.div_euclid(MICROS_PER_DAY) as i32
    }

    /// Microseconds since 1970-01-01T00:00.
    pub fn micros(self) -> i64 {
        self.micros
    }

    /// Microseconds since the start of its day.
    pub fn time_of_day(self) -> i64 {
        self.micros.rem_euclid(MICROS_PER_DAY)
    }
}

/// `2026-03-31`; with a time of day `2026-03-31T10:20:30`.
impl std::fmt::Display for Date {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let moment = jiff::civil::DateTime::constant(1970, 1, 1, 0, 0, 0, 0)
            .saturating_add(jiff::SignedDuration::from_micros(self.micros));
        match self.time_of_day() {
            0 => moment.date().fmt(f),
            _ => moment.fmt(f),
        }
    }
}
