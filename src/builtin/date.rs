//! Implements the functions of dates, which return parts of the calendar.

use jiff::{Span, civil};

use crate::value::calendar::{Calendar, Grain, month_of as month_of_day, months_earlier};
use crate::value::{CALENDAR, Cause, Cell, Date, Value};

const NANOS_PER_HOUR: i64 = 3_600_000_000_000;
const NANOS_PER_DAY: i128 = 86_400_000_000_000;

pub(super) fn year(arguments: &[Value]) -> Cell {
    part(arguments, |day| day.year().into())
}

pub(super) fn quarter(arguments: &[Value]) -> Cell {
    part(arguments, |day| (i64::from(day.month()) + 2) / 3)
}

pub(super) fn month(arguments: &[Value]) -> Cell {
    part(arguments, |day| day.month().into())
}

pub(super) fn week(calendar: Calendar, arguments: &[Value]) -> Cell {
    Ok(whole(year_and_week(calendar, arguments)?.1.into()))
}

pub(super) fn week_year(calendar: Calendar, arguments: &[Value]) -> Cell {
    Ok(whole(year_and_week(calendar, arguments)?.0.into()))
}

fn year_and_week(calendar: Calendar, arguments: &[Value]) -> Result<(i32, i32), Cause> {
    let day = date(arguments)?.day();
    Ok(calendar.year_and_week(calendar.period(Grain::Week, day).number))
}

pub(super) fn day_of(arguments: &[Value]) -> Cell {
    Ok(Date::from_day(date(arguments)?.day()).into())
}

pub(super) fn week_of(calendar: Calendar, arguments: &[Value]) -> Cell {
    period_of(calendar, Grain::Week, arguments)
}

pub(super) fn month_of(calendar: Calendar, arguments: &[Value]) -> Cell {
    period_of(calendar, Grain::Month, arguments)
}

pub(super) fn quarter_of(calendar: Calendar, arguments: &[Value]) -> Cell {
    period_of(calendar, Grain::Quarter, arguments)
}

pub(super) fn half_of(calendar: Calendar, arguments: &[Value]) -> Cell {
    period_of(calendar, Grain::Half, arguments)
}

pub(super) fn year_of(calendar: Calendar, arguments: &[Value]) -> Cell {
    period_of(calendar, Grain::Year, arguments)
}

fn period_of(calendar: Calendar, grain: Grain, arguments: &[Value]) -> Cell {
    let period = Date::from_period(calendar, calendar.period(grain, date(arguments)?.day()));
    // The first week of the calendar starts before its first day.
    if CALENDAR.contains(&period.day()) { Ok(period.into()) } else { Err(Cause::OutsideCalendar) }
}

pub(super) fn days_in(arguments: &[Value]) -> Cell {
    let days = date(arguments)?.period().map_or(1, |(calendar, period)| calendar.days(period).len());
    Ok(days.into())
}

/// The complete days from one date to another; negative if the second is earlier.
pub(super) fn days_between(arguments: &[Value]) -> Cell {
    let (from, to) = two_dates(arguments)?;
    Ok(whole(i64::try_from(to.since(from)? / NANOS_PER_DAY).map_err(|_| Cause::Overflow)?))
}

/// The complete months from one date to another; negative if the second is earlier. A day that a shorter month lacks is
/// its last day.
pub(super) fn months_between(arguments: &[Value]) -> Cell {
    let (from, to) = two_dates(arguments)?;
    let (first, last, sign) = if from.compare(to)?.is_le() { (from, to, 1) } else { (to, from, -1) };
    let months = month_of_day(last.day()) - month_of_day(first.day());
    let reached = months_earlier(first.day(), -months);
    let is_complete = (reached, first.time_of_day()) <= (last.day(), last.time_of_day());
    Ok(whole(sign * i64::from(months - i32::from(!is_complete))))
}

fn two_dates(arguments: &[Value]) -> Result<(Date, Date), Cause> {
    match arguments {
        [Value::Date(from), Value::Date(to)] => Ok((*from, *to)),
        _ => Err(Cause::WrongKind),
    }
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
