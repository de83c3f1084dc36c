//! Days, months and periods of the calendar. A day is a number of days since 1970-01-01.

use super::tree::Grain;

/// Year, month and day of the month.
pub fn civil(day: i64) -> (i64, i64, i64) {
    let mut year = 1970 + day.div_euclid(366);
    while from_civil(year + 1, 1, 1) <= day {
        year += 1;
    }
    let month = (1..=12).rev().find(|month| from_civil(year, *month, 1) <= day).expect("a year starts in January");
    (year, month, day - from_civil(year, month, 1) + 1)
}

pub fn from_civil(year: i64, month: i64, day: i64) -> i64 {
    let before = year - 1;
    let days_before_year = before * 365 + before / 4 - before / 100 + before / 400;
    let days: i64 = (1..month).map(|month| length(year, month)).sum();
    days_before_year + days + day - 1 - 719_162
}

/// The number of days of a month.
pub fn length(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Monday is 1.
pub fn weekday(day: i64) -> i64 {
    (day + 3).rem_euclid(7) + 1
}

/// The months since the year 0.
fn month_number(day: i64) -> i64 {
    let (year, month, _) = civil(day);
    year * 12 + month - 1
}

fn month_start(number: i64) -> i64 {
    from_civil(number.div_euclid(12), number.rem_euclid(12) + 1, 1)
}

/// The months in a period of a grain that consists of months.
pub fn months(grain: Grain) -> i64 {
    match grain {
        Grain::Month => 1,
        Grain::Quarter => 3,
        Grain::Year => 12,
        Grain::Day | Grain::Week => panic!("{grain:?} does not consist of months"),
    }
}

/// The first day of the period that contains a day.
pub fn start(grain: Grain, day: i64) -> i64 {
    match grain {
        Grain::Day => day,
        Grain::Week => day - (weekday(day) - 1),
        _ => {
            let number = month_number(day);
            month_start(number - number.rem_euclid(months(grain)))
        }
    }
}

/// The last day of the period that contains a day.
pub fn end(grain: Grain, day: i64) -> i64 {
    match grain {
        Grain::Day => day,
        Grain::Week => start(grain, day) + 6,
        _ => month_start(month_number(start(grain, day)) + months(grain)) - 1,
    }
}

/// A day some months later: the same day of the month, or the last one of a shorter month.
pub fn add_months(day: i64, months: i64) -> i64 {
    let (_, _, of_month) = civil(day);
    let first = month_start(month_number(day) + months);
    let (year, month, _) = civil(first);
    first + of_month.min(length(year, month)) - 1
}

/// A period as results write it.
pub fn spell(grain: Grain, first: i64) -> String {
    let (year, month, day) = civil(first);
    match grain {
        Grain::Day => format!("{year:04}-{month:02}-{day:02}"),
        Grain::Week => {
            let thursday = first + 3;
            let (year, _, _) = civil(thursday);
            format!("{year:04}-W{:02}", (thursday - from_civil(year, 1, 1)) / 7 + 1)
        }
        Grain::Month => format!("{year:04}-{month:02}"),
        Grain::Quarter => format!("{year:04}-Q{}", (month - 1) / 3 + 1),
        Grain::Year => format!("{year:04}"),
    }
}
