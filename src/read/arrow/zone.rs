//! Converts moments stored in UTC to the local time of their zone.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::value::Date;

const NANOS_PER_SECOND: i128 = 1_000_000_000;

/// The time zone of a column.
pub(super) enum Zone {
    /// A fixed offset ahead of UTC, in seconds.
    Fixed(i32),
    /// A zone of the IANA database.
    Named(TimeZone),
}

impl Zone {
    /// The zone with a name such as `UTC`, `+02:00` or `Europe/Paris`. None for an unknown name.
    pub(super) fn named(name: &str) -> Option<Self> {
        match name {
            "UTC" | "Etc/UTC" | "GMT" | "Z" | "z" => Some(Self::Fixed(0)),
            _ => fixed(name).map(Self::Fixed).or_else(|| TimeZone::get(name).ok().map(Self::Named)),
        }
    }

    /// The local time at a number of nanoseconds after 1970-01-01T00:00 UTC. None outside the calendar.
    pub(super) fn local(&self, nanos: i128) -> Option<Date> {
        let offset = match self {
            Self::Fixed(offset) => *offset,
            Self::Named(zone) => zone.to_offset(Timestamp::from_nanosecond(nanos).ok()?).seconds(),
        };
        Some(Date::from_nanos(nanos + i128::from(offset) * NANOS_PER_SECOND)?.with_offset(offset))
    }
}

/// Parses an offset: `+02:00`, `-0530`, `+01`.
fn fixed(name: &str) -> Option<i32> {
    let sign = match name.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let digits = name[1..].replacen(':', "", 1);
    let number: i32 = digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())??;
    let (hours, minutes) = match digits.len() {
        2 => (number, 0),
        4 => (number / 100, number % 100),
        _ => return None,
    };
    (hours < 24 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_become_local_times_of_their_zone() {
        // 2025-06-30T22:30Z and half a year later.
        let (summer, winter) = (1_751_322_600, 1_767_220_200);
        let shown = |zone: &str, seconds: i128| Some(Zone::named(zone)?.local(seconds * NANOS_PER_SECOND)?.to_string());
        let cases = [
            ("UTC", summer, "2025-06-30T22:30:00Z"),
            ("Europe/Paris", summer, "2025-07-01T00:30:00+02:00"),
            ("Europe/Paris", winter, "2025-12-31T23:30:00+01:00"),
            ("America/New_York", summer, "2025-06-30T18:30:00-04:00"),
            ("+05:30", summer, "2025-07-01T04:00:00+05:30"),
            ("-0800", summer, "2025-06-30T14:30:00-08:00"),
            ("Asia/Kathmandu", summer, "2025-07-01T04:15:00+05:45"),
        ];
        for (zone, seconds, expected) in cases {
            assert_eq!(shown(zone, seconds).as_deref(), Some(expected), "{zone}");
        }
        for unknown in ["", "Europe/Atlantis", "+25:00", "+1", "+é1"] {
            assert!(Zone::named(unknown).is_none(), "{unknown}");
        }
    }
}
