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
