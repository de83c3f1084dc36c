//! Implements the functions of dates, which return parts of the calendar.

use jiff::{Span, civil};

use crate::value::{Cause, Cell, Date, Value};

const NANOS_PER_HOUR: i64 = 3_600_000_000_000;

pub(super) fn year(arguments: &[Value]) -> Cell {
    part(arguments, |day| day.year().into())
}

pub(super) fn quarter(arguments: &[Value]) -> Cell {
    part(arguments, |day| (i64::from(day.month()) + 2) / 3)
}

pub(super) fn month(arguments: &[Value]) -> Cell {
    part(arguments, |day| day.month().into())
}

pub(super) fn week(arguments: &[Value]) -> Cell {
    part(arguments, |day| day.iso_week_date().week().into())
}

pub(super) fn week_year(arguments: &[Value]) -> Cell {
    part(arguments, |day| day.iso_week_date().year().into())
}

pub(super) fn day(arguments: &[Value]) -> Cell {
    part(arguments, |day| day.day().into())
}

pub(super) fn weekday(arguments: &[Value]) -> Cell {
    part(arguments, |day| day.weekday().to_monday_one_offset().into())
}

pub(super) fn hour(arguments: &[Value]) -> Cell {
    Ok(whole(date(arguments)?.time_of_day() / NANOS_PER_HOUR))
}

fn part(arguments: &[Value], of: fn(civil::Date) -> i64) -> Cell {
    let day = civil(date(arguments)?).ok_or(Cause::OutsideCalendar)?;
    Ok(whole(of(day)))
}

/// The calendar day, or `None` outside the years -9999 to 9999.
fn civil(date: Date) -> Option<civil::Date> {
    civil::date(1970, 1, 1).checked_add(Span::new().try_days(date.day()).ok()?).ok()
}

fn date(arguments: &[Value]) -> Result<Date, Cause> {
    match arguments {
        [Value::Date(date)] => Ok(*date),
        _ => Err(Cause::WrongKind),
    }
}

fn whole(number: i64) -> Value {
    Value::from(crate::value::Decimal::from(number))
}
