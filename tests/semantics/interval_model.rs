//! Compares aggregates of rows that hold over an interval with a list of the rows in force, row by row and period by
//! period.

use std::collections::BTreeSet;

use proptest::prelude::*;
use yardstick::Query;
use yardstick::internal::plan::grouped;

use crate::engine::{evaluate, show};

/// Hours since the start of 2024.
type Hour = i64;

const DAY: Hour = 24;
const NEVER: Hour = Hour::MAX / 4;

#[derive(Debug, Clone)]
struct Row {
    customer: u8,
    plan: Option<u8>,
    /// In tenths.
    amount: Option<i64>,
    start: Option<Hour>,
    /// The hours from the start to the written end.
    length: Option<Hour>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Grain {
    Hour,
    Day,
    Week,
    Month,
    Quarter,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Context {
    None,
    Previous,
    YearAgo,
    Months,
    Days,
    YearToDate,
    ToDate,
    AllTime,
}

#[derive(Debug, Clone, Copy)]
struct Formula {
    aggregate: &'static str,
    during: bool,
    condition: bool,
    context: Context,
}

#[derive(Debug, Clone)]
struct Case {
    rows: Vec<Row>,
    through: bool,
    hours: bool,
    grain: Option<Grain>,
    by_plan: bool,
    filter: bool,
    totals: bool,
    period: &'static str,
    formulas: Vec<Formula>,
}

/// The days from 2024-01-01 to the first of a month, counted from that month on.
fn month_start(month: i64) -> i64 {
    const LENGTHS: [i64; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let leap = |year: i64| year % 4 == 0;
    let (mut day, back) = (0, month < 0);
    let length = |at: i64| {
        let (year, of) = (2024 + at.div_euclid(12), at.rem_euclid(12));
        LENGTHS[of as usize] + i64::from(leap(year) && of == 1)
    };
    let passed = if back { month..0 } else { 0..month };
    passed.for_each(|at| day += length(at));
    if back { -day } else { day }
}

fn month_of(day: i64) -> i64 {
    (-60..60).rev().find(|month| month_start(*month) <= day).expect("a day near 2025")
}

impl Grain {
    /// The number of the period that contains an hour.
    fn number(self, hour: Hour) -> i64 {
        let day = hour.div_euclid(DAY);
        match self {
            Self::Hour => hour,
            Self::Day => day,
            // 2024-01-01 is a Monday.
            Self::Week => day.div_euclid(7),
            Self::Month => month_of(day),
            Self::Quarter => month_of(day).div_euclid(3),
        }
    }

    fn start(self, number: i64) -> Hour {
        match self {
            Self::Hour => number,
            Self::Day => number * DAY,
            Self::Week => number * 7 * DAY,
            Self::Month => month_start(number) * DAY,
            Self::Quarter => month_start(number * 3) * DAY,
        }
    }

    fn name(self) -> &'static str {
        ["hour", "day", "week", "month", "quarter"][self as usize]
    }

    fn by_months(self) -> bool {
        matches!(self, Self::Month | Self::Quarter)
    }
}

impl Context {
    fn text(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Previous => "[previous]",
            Self::YearAgo => "[1 year ago]",
            Self::Months => "[last 3 months]",
            Self::Days => "[last 10 days]",
            Self::YearToDate => "[year to date]",
            Self::ToDate => "[to date]",
            Self::AllTime => "[all time]",
        }
    }

    fn needs_period(self) -> bool {
        !matches!(self, Self::None | Self::ToDate | Self::AllTime)
    }

    /// Contexts whose days this model knows at a grain.
    fn fits(self, grain: Option<Grain>) -> bool {
        match (self, grain) {
            (Self::YearAgo | Self::Months, Some(grain)) => grain.by_months(),
            (Self::YearToDate, Some(grain)) => grain != Grain::Week,
            (context, None) => !context.needs_period(),
            _ => true,
        }
    }

    /// The hours that it covers around a period, of which `asked` are requested.
    fn hours(self, grain: Grain, number: i64, asked: Option<(Hour, Hour)>) -> (Hour, Hour) {
        let (start, end) = (grain.start(number), grain.start(number + 1));
        let (first, last) = asked.unwrap_or((-NEVER, NEVER));
        let months_back = |hour: Hour, months: i64| {
            let month = month_of(hour / DAY);
            month_start(month - months) * DAY
        };
        let cut = end.min(last);
        match self {
            Self::None => (start.max(first), cut),
            Self::Previous => (grain.start(number - 1), start.min(last)),
            Self::YearAgo => (months_back(start, 12), months_back(end, 12).min(last)),
            Self::Months => (months_back(end, 3), cut),
            Self::Days => (cut - 10 * DAY, cut),
            Self::YearToDate => (month_start(month_of((end - 1) / DAY) / 12 * 12) * DAY, cut),
            Self::ToDate => (-NEVER, cut),
            Self::AllTime => (-NEVER, NEVER),
        }
    }
}

impl Row {
    /// The end in half-hours: the first one at which the row is not in force any more.
    fn end(&self, case: &Case) -> i64 {
        let (Some(start), Some(length)) = (self.start, self.length) else { return NEVER };
        let written = start + length;
        match (case.through, case.hours && written % DAY != 0) {
            (false, _) => 2 * written,
            // The moment itself is in force. Half an hour is more than that, but no boundary lies in between.
            (true, true) => 2 * written + 1,
            (true, false) => 2 * (written.div_euclid(DAY) + 1) * DAY,
        }
    }
}

impl Case {
    fn spell(&self, hour: Hour) -> String {
        let day = hour.div_euclid(DAY);
        let month = month_of(day);
        let date = format!(
            "{}-{:02}-{:02}",
            2024 + month.div_euclid(12),
            month.rem_euclid(12) + 1,
            day - month_start(month) + 1
        );
        match hour.rem_euclid(DAY) {
            0 => date,
            hours => format!("{date}T{hours:02}:00"),
        }
    }

    fn table(&self) -> String {
        let mut text = "customer,plan,amount,start,end\n".to_owned();
        for row in &self.rows {
            let plan = row.plan.map_or("", |plan| ["a", "b", "c"][usize::from(plan)]);
            let amount = row.amount.map_or(String::new(), |amount| format!("{}.{}", amount / 10, amount % 10));
            let start = row.start.map_or(String::new(), |start| self.spell(start));
            let end = row.start.zip(row.length).map_or(String::new(), |(start, length)| self.spell(start + length));
            text += &format!("{},{plan},{amount},{start},{end}\n", row.customer);
        }
        text
    }

    /// The rows that are ever in force and that `--where` keeps.
    fn kept(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| {
            let is_kept = !self.filter || row.amount.is_some_and(|amount| amount > 20);
            is_kept && row.start.is_some_and(|start| row.end(self) > 2 * start)
        })
    }

    /// The hours that are requested, and the period if it is a single one.
    fn asked(&self) -> (Option<(Hour, Hour)>, Option<i64>) {
        let hours = |month: i64, day: i64| (month_start(month) + day - 1) * DAY;
        match self.period {
            "" => (None, None),
            "2025-02" => (Some((hours(13, 1), hours(14, 1))), Some(13)),
            "2025-01..2025-04" => (Some((hours(12, 1), hours(16, 1))), None),
            "2025-02-10..2025-04-14" => (Some((hours(13, 10), hours(15, 15))), None),
            _ => (Some((hours(13, 10), hours(13, 12))), None),
        }
    }

    /// The end of the data: the day, or the hour, of the latest start.
    fn data_end(&self) -> Hour {
        let last = self.kept().filter_map(|row| row.start).max().expect("there are rows");
        if self.grain == Some(Grain::Hour) { last + 1 } else { (last.div_euclid(DAY) + 1) * DAY }
    }

    fn taken(&self, formula: &Formula, (start, end): (Hour, Hour), plan: Option<Option<u8>>) -> Vec<&Row> {
        let end = if end == NEVER { self.data_end() } else { end };
        let holds = |row: &&Row| {
            let (from, to) = (row.start.expect("kept rows have a start"), row.end(self));
            match (formula.aggregate, formula.during) {
                ("first", _) => from < start && to >= 2 * start,
                (_, true) => from < end && to > 2 * start,
                (_, false) => from < end && to >= 2 * end,
            }
        };
        self.kept().filter(holds).filter(|row| plan.is_none_or(|plan| row.plan == plan)).collect()
    }

    fn value(&self, formula: &Formula, hours: (Hour, Hour), plan: Option<Option<u8>>) -> Option<String> {
        let rows = self.taken(formula, hours, plan);
        if rows.is_empty() {
            return None;
        }
        let kept: Vec<&Row> = rows.into_iter().filter(|row| !formula.condition || row.customer != 1).collect();
        let mut amounts: Vec<i64> = kept.iter().filter_map(|row| row.amount).collect();
        amounts.sort_unstable();
        let (count, sum) = (amounts.len() as i64, amounts.iter().sum::<i64>());
        let tenths = |number: i64| decimal(number, 10);
        match formula.aggregate {
            "rows" => Some(kept.len().to_string()),
            "count" => Some(count.to_string()),
            "customers" => Some(kept.iter().map(|row| row.customer).collect::<BTreeSet<_>>().len().to_string()),
            "sum" if kept.is_empty() => Some("0".into()),
            "distinct" if kept.is_empty() => Some("0".into()),
            _ if amounts.is_empty() => None,
            "sum" | "first" | "last" => Some(tenths(sum)),
            "distinct" => Some(tenths(amounts.into_iter().collect::<BTreeSet<_>>().into_iter().sum())),
            "avg" => Some(decimal(sum, 10 * count)),
            "min" => Some(tenths(amounts[0])),
            "max" => Some(tenths(amounts[amounts.len() - 1])),
            "median" => Some(decimal(amounts[(amounts.len() - 1) / 2] + amounts[amounts.len() / 2], 20)),
            "only" => (count == 1).then(|| tenths(sum)),
            other => unreachable!("{other}"),
        }
    }

    fn expected(&self) -> Vec<String> {
        let (asked, single) = self.asked();
        let grain = self.grain.or(single.map(|_| Grain::Month));
        let starts: Vec<Hour> = self.kept().filter_map(|row| row.start).collect();
        let (first, last) = match asked {
            Some((first, end)) => (first, end - 1),
            None => (*starts.iter().min().expect("rows"), *starts.iter().max().expect("rows")),
        };
        let axis = |grain: Grain| grain.number(first)..=grain.number(last);
        let whole = asked.unwrap_or_else(|| match self.grain {
            Some(grain) => (grain.start(*axis(grain).start()), grain.start(axis(grain).end() + 1)),
            None => (-NEVER, NEVER),
        });
        let of_whole = |context: Context| match context {
            Context::AllTime => (-NEVER, NEVER),
            Context::ToDate => (-NEVER, whole.1),
            _ => whole,
        };
        let periods: Vec<Option<i64>> = match (self.grain, single) {
            (Some(grain), _) => axis(grain).map(Some).collect(),
            (None, Some(single)) => vec![Some(single)],
            (None, None) => vec![None],
        };
        let plans = [None, Some(0), Some(1), Some(2)];
        let plans: Vec<Option<Option<u8>>> = if self.by_plan { plans.map(Some).to_vec() } else { vec![None] };
        let own = Formula { aggregate: "rows", during: false, condition: false, context: Context::None };
        let mut lines = vec![];
        for period in periods {
            let hours = |context: Context| match (period, grain) {
                (Some(number), Some(grain)) => context.hours(grain, number, asked),
                _ => of_whole(context),
            };
            for &plan in &plans {
                let places = |formula: &Formula| {
                    formula.context != Context::AllTime && !self.taken(formula, hours(formula.context), plan).is_empty()
                };
                if plan.is_some() && !self.formulas.iter().chain([&own]).any(places) {
                    continue;
                }
                let period = self.grain.and(period);
                let name = plan.map(|plan| plan.map_or("(blank)", |plan| ["a", "b", "c"][usize::from(plan)]));
                let label = period.map(|number| self.label(number)).into_iter().chain(name.map(str::to_owned));
                let values = self.formulas.iter().map(|formula| self.value(formula, hours(formula.context), plan));
                lines.push(line(label.collect::<Vec<_>>().join(" "), values));
            }
        }
        if self.totals && (self.grain.is_some() || self.by_plan) {
            let of_total = |formula: &Formula| match (self.grain, single) {
                (Some(_), None) if formula.context.needs_period() => None,
                (_, Some(single)) => self.value(formula, formula.context.hours(Grain::Month, single, asked), None),
                _ => self.value(formula, of_whole(formula.context), None),
            };
            lines.push(line("total".into(), self.formulas.iter().map(of_total)));
        }
        lines
    }

    fn label(&self, number: i64) -> String {
        let grain = self.grain.expect("a period has a grain");
        let (start, month) = (grain.start(number), month_of(grain.start(number).div_euclid(DAY)));
        let (year, of) = (2024 + month.div_euclid(12), month.rem_euclid(12));
        match grain {
            Grain::Month => format!("{year}-{:02}", of + 1),
            Grain::Quarter => format!("{year}-Q{}", of / 3 + 1),
            Grain::Day => self.spell(start),
            Grain::Hour => format!("{}T{:02}", self.spell(start.div_euclid(DAY) * DAY), start.rem_euclid(DAY)),
            // A week belongs to the year of its Thursday.
            Grain::Week => {
                let thursday = start / DAY + 3;
                let year = 2024 + month_of(thursday).div_euclid(12);
                let first = month_start((year - 2024) * 12);
                format!("{year}-W{:02}", (thursday - first) / 7 + 1)
            }
        }
    }

    fn texts(&self) -> Vec<String> {
        let text = |formula: &Formula| {
            let (before, after) = match formula.aggregate {
                "rows" => ("count(subs", ")"),
                "count" => ("count(amount", ")"),
                "customers" => ("count(distinct customer", ")"),
                "distinct" => ("sum(distinct amount", ")"),
                "avg" => ("round(avg(amount", "), 3)"),
                other => (other, ")"),
            };
            let before = if before.contains('(') { before.to_owned() } else { format!("{before}(amount") };
            let during = if formula.during { " during" } else { "" };
            let condition = if formula.condition { " where customer != 1" } else { "" };
            let (inner, outer) = after.split_at(1);
            format!("{before}{during}{condition}{inner}{}{outer}", formula.context.text())
        };
        self.formulas.iter().map(text).collect()
    }
}

fn line(label: String, values: impl Iterator<Item = Option<String>>) -> String {
    let values = values.map(|value| value.unwrap_or_else(|| "undefined".into()));
    std::iter::once(label).chain(values).collect::<Vec<_>>().join(" | ")
}

/// A quotient, rounded to three digits half away from zero.
fn decimal(number: i64, by: i64) -> String {
    let thousandths = (number * 2_000 + by) / (2 * by);
    let text = format!("{}.{:03}", thousandths / 1_000, thousandths % 1_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn row(hours: bool) -> impl Strategy<Value = Row> {
    // 2024-11 to 2025-06.
    let start = (7_300i64..13_000).prop_map(move |hour| if hours { hour } else { hour / DAY * DAY });
    let length = prop_oneof![Just(0), 1i64..20, 1i64..100, 1i64..9_000]
        .prop_map(move |length| if hours { length } else { length / 10 * DAY });
    let amount = proptest::option::weighted(0.9, 0i64..60);
    (0u8..4, proptest::option::weighted(0.9, 0u8..3), amount, proptest::option::weighted(0.95, start)).prop_flat_map(
        move |(customer, plan, amount, start)| {
            let row = move |length| Row { customer, plan, amount, start, length };
            proptest::option::weighted(0.7, length.clone()).prop_map(row)
        },
    )
}

fn formula(grain: Option<Grain>, has_start: bool) -> impl Strategy<Value = Formula> {
    use Context::{AllTime, Days, Months, Previous, ToDate, YearAgo, YearToDate};
    let aggregates =
        ["rows", "count", "customers", "sum", "distinct", "avg", "min", "max", "median", "only", "last", "first"];
    let contexts: Vec<Context> = [Context::None, Previous, YearAgo, Months, Days, YearToDate, ToDate, AllTime]
        .into_iter()
        .filter(|context| context.fits(grain))
        .collect();
    let aggregates = prop::sample::select(aggregates.to_vec());
    (aggregates, any::<bool>(), any::<bool>(), prop::sample::select(contexts)).prop_map(
        move |(aggregate, during, condition, context)| {
            let aggregate = if aggregate == "first" && !has_start { "last" } else { aggregate };
            let during = during && !matches!(aggregate, "first" | "last");
            Formula { aggregate, during, condition, context }
        },
    )
}

fn case() -> impl Strategy<Value = Case> {
    let grain = prop_oneof![
        Just(None),
        Just(Some(Grain::Hour)),
        Just(Some(Grain::Day)),
        Just(Some(Grain::Week)),
        Just(Some(Grain::Month)),
        Just(Some(Grain::Month)),
        Just(Some(Grain::Quarter)),
    ];
    let period = prop::sample::select(vec!["", "2025-02", "2025-01..2025-04", "2025-02-10..2025-04-14"]);
    (grain, period, any::<[bool; 5]>()).prop_flat_map(|(grain, period, [through, hours, by_plan, filter, totals])| {
        let period = if grain == Some(Grain::Hour) { "2025-02-10..2025-02-11" } else { period };
        // A single month has contexts of its own in totals by other grains.
        let period = if period == "2025-02" && grain.is_some() { "" } else { period };
        let axis = grain.or((period == "2025-02").then_some(Grain::Month));
        let formulas = prop::collection::vec(formula(axis, axis.is_some() || !period.is_empty()), 1..4);
        (prop::collection::vec(row(hours), 1..14), formulas).prop_map(move |(mut rows, formulas)| {
            // These keep the starts from being first days of months or days of one weekday.
            for start in [7_344 + 3 * DAY, 7_344 + 4 * DAY] {
                rows.push(Row { customer: 3, plan: Some(0), amount: Some(59), start: Some(start), length: Some(DAY) });
            }
            Case { rows, through, hours, grain, by_plan, filter, totals, period, formulas }
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 250, max_shrink_iters: 300, ..ProptestConfig::default() })]

    #[test]
    fn rows_in_force_are_those_of_a_list(case in case()) {
        let word = if case.through { "through" } else { "until" };
        let definitions = format!("dataset subs {{ valid from start {word} end }}");
        let mut query = Query::new(case.texts());
        let by: Vec<&str> = case.grain.map(Grain::name).into_iter().chain(case.by_plan.then_some("plan")).collect();
        query = if by.is_empty() { query } else { grouped(query, &by.join(", ")) };
        query = if case.period.is_empty() { query } else { query.period(case.period) };
        query = if case.filter { query.filter_formula("amount > 2") } else { query };
        query = if case.totals { query.totals(true) } else { query };
        let table = case.table();
        let found = evaluate(&definitions, &[("subs", &table)], &query).map(|result| show(&result));
        let found = found.map_err(|error| TestCaseError::fail(format!("{error}\n{table}")))?;
        let plain = |line: &str| {
            let (label, values) = line.split_once(" | ").expect("a line has values");
            let values = values.split(" | ").map(|value| value.trim_start_matches('~'));
            let values = values.map(|value| if value.starts_with(char::is_uppercase) { "undefined" } else { value });
            std::iter::once(label).chain(values).collect::<Vec<_>>().join(" | ")
        };
        let found: Vec<String> = found.lines().map(plain).collect();
        prop_assert_eq!(found, case.expected(), "{}\n{}\n{:?}", word, table, case.texts());
    }
}

/// A row of a table of prices: its key, its price, and the hours of its start and of its end.
type Price = (u8, i64, Hour, Option<Hour>);

fn price() -> impl Strategy<Value = Price> {
    (0u8..2, 0i64..3, 8_800i64..9_200, proptest::option::weighted(0.8, 0i64..200))
}

/// Prices, orders by key and hour, whether each has hours, and whether ends are inclusive.
type Lookups = (Vec<Price>, Vec<(u8, Hour)>, [bool; 2], bool);

fn lookups() -> impl Strategy<Value = Lookups> {
    let orders = prop::collection::vec((0u8..3, 8_700i64..9_400), 1..8);
    (prop::collection::vec(price(), 0..7), orders, any::<[bool; 2]>(), any::<bool>())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 250, max_shrink_iters: 300, ..ProptestConfig::default() })]

    #[test]
    fn lookups_find_the_row_of_a_list((prices, orders, hours, through) in lookups()) {
        let whole = |hour: Hour, hours: bool| if hours { hour } else { hour.div_euclid(DAY) * DAY };
        let case = Case {
            rows: vec![],
            through,
            hours: hours[1],
            grain: None,
            by_plan: false,
            filter: false,
            totals: false,
            period: "",
            formulas: vec![],
        };
        // Of each price, its key, the start and the end in half-hours, and the price.
        let spans: Vec<(u8, i64, i64, i64)> = prices.iter().map(|&(key, price, start, length)| {
            let start = whole(start, hours[1]);
            let length = length.map(|length| whole(length, hours[1]));
            let row = Row { customer: key, plan: None, amount: None, start: Some(start), length };
            (key, 2 * start, row.end(&case), price)
        }).collect();
        let written = prices.iter().fold("key,price,start,end\n".to_owned(), |text, &(key, price, start, length)| {
            let start = whole(start, hours[1]);
            let end = length.map_or(String::new(), |length| case.spell(start + whole(length, hours[1])));
            format!("{text}{key},{price},{},{end}\n", case.spell(start))
        });
        let table = orders.iter().fold("key,at\n".to_owned(), |text, &(key, at)| {
            format!("{text}{key},{}\n", case.spell(whole(at, hours[0])))
        });
        // If either side has no times of day, the last instant of the day counts.
        let has_hours = |hours: &[i64], each: i64| hours.iter().any(|hour| hour % (each * DAY) != 0);
        let times: Vec<i64> = orders.iter().map(|(_, at)| whole(*at, hours[0])).collect();
        let ends = spans.iter().flat_map(|(_, start, end, _)| [*start, *end]).filter(|end| *end < NEVER);
        let exact = has_hours(&times, 1) && has_hours(&ends.map(|end| end / 2 * 2).collect::<Vec<_>>(), 2);
        let mut expected: Result<(i64, usize), ()> = Ok((0, 0));
        for ((key, _), at) in orders.iter().zip(&times) {
            let at = if exact { 2 * at } else { 2 * (at.div_euclid(DAY) + 1) * DAY - 1 };
            let found = spans.iter().filter(|span| span.0 == *key && span.1 <= at && span.2 > at && span.2 > span.1);
            let found: BTreeSet<i64> = found.map(|span| span.3).collect();
            expected = match (expected, found.len()) {
                (Ok(known), 0) => Ok(known),
                (Ok((sum, count)), 1) => Ok((sum + found.first().expect("one"), count + 1)),
                _ => Err(()),
            };
        }
        let word = if through { "through" } else { "until" };
        let definitions = format!(
            "dataset orders {{ time at  lookup prices on key as of at }}\ndataset prices {{ valid from start {word} end }}"
        );
        let formulas = ["sum(orders.key * 0 + (prices.price ?? 0))", "count(orders where is_defined(prices.price))"];
        let found = evaluate(&definitions, &[("orders", &table), ("prices", &written)], &Query::new(formulas));
        match (found.map(|result| show(&result)), expected) {
            (Ok(found), Ok((sum, count))) => {
                prop_assert_eq!(found, format!(" | {sum} | {count}\n"), "{}\n{}{}", word, table, written);
            }
            (Err(error), Err(())) => prop_assert!(error.contains("are in force at the same time"), "{error}"),
            (found, expected) => prop_assert!(false, "{found:?} {expected:?}\n{word}\n{table}{written}"),
        }
    }
}
