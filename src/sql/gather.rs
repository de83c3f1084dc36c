//! Executes the statements of a pushdown, and turns their results into aggregated rows.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::connection::Connection;
use super::draft::{AskedDays, AskedGroups, Outputs, Proof, Returns, SUM_DIGITS, Statement};
use super::pushdown::{Pushdown, Pushed};
use super::table::WarehouseTable;
use super::tier::Tier;
use super::watched;
use crate::aggregate::{StateKey, StateKind};
use crate::budget::Charge;
use crate::data::{
    Aggregates, BEGINNING, Calendar, ColumnId, Dataset, END, Finished, FinishedValues, Grain, Known, MeasureId,
    Partial, PartialMeasure, Period, Request, Role, WarehouseTrace, changing,
};
use crate::diagnostic::{Code, Diagnostic};
use crate::value::{Cause, Cell, Decimal, Value, Values, Vector};

/// Lets a warehouse aggregate a table for the dataset at a position of a request. `most` is the most that it computes.
/// None if the rows must be read.
pub fn partials(
    table: &WarehouseTable,
    connection: &dyn Connection,
    request: &Request,
    at: usize,
    most: Tier,
) -> Result<Option<Vec<Partial>>, Diagnostic> {
    let mut tables = vec![None; request.datasets[at].dataset];
    tables.push(Some(table.clone()));
    let mut tier = most;
    while tier < Tier::Rows {
        let pushdown = Pushdown::of(request, at, &tables, connection.dialect(), tier)?;
        let Some(pushdown) = pushdown.filter(|it| it.statements.iter().all(|it| it.tier != Tier::Rows)) else {
            return Ok(None);
        };
        let gather = Gather { table, connection, request, tier, pushdown: &pushdown };
        match gather.partials(at)? {
            Ok(partials) => return Ok(Some(partials)),
            Err(next) => tier = next,
        }
    }
    Ok(None)
}

/// The tier that is asked next, because a condition of exactness is not met or a statement fails.
type Unproven = Tier;

/// What the warehouse is asked for the measures of the dataset at a position of a request.
pub fn asked(
    table: &WarehouseTable,
    connection: &dyn Connection,
    request: &Request,
    at: usize,
    most: Tier,
) -> Vec<(MeasureId, WarehouseTrace)> {
    let mut tables = vec![None; request.datasets[at].dataset];
    tables.push(Some(table.clone()));
    let Ok(Some(pushdown)) = Pushdown::of(request, at, &tables, connection.dialect(), most) else { return vec![] };
    let own = (0..).map(MeasureId).zip(&request.measures).filter(|(_, measure)| measure.dataset == at);
    let asked = |((id, _), pushed): ((MeasureId, _), &Pushed)| {
        let trace = WarehouseTrace {
            warehouse: connection.name().into(),
            table: table.table().parts().join(".").into(),
            tier: pushed.tier.to_string().into(),
            reason: pushed.reason.as_str().into(),
            fell_back: None,
            sql: pushdown.statements.get(pushed.statement)?.sql.as_str().into(),
        };
        Some((id, trace))
    };
    own.zip(&pushdown.measures).filter_map(asked).collect()
}

struct Gather<'a> {
    table: &'a WarehouseTable,
    connection: &'a dyn Connection,
    request: &'a Request,
    /// The most that is asked.
    tier: Tier,
    pushdown: &'a Pushdown,
}

/// The result of a statement, column by column.
struct Answer {
    columns: HashMap<String, Vector>,
    rows: usize,
    charge: Charge,
}

impl Gather<'_> {
    /// The results of all statements.
    fn partials(&self, at: usize) -> Result<Result<Vec<Partial>, Unproven>, Diagnostic> {
        let Some(mut answers) = self.answers()? else { return Ok(Err(self.next())) };
        if !self.agree(&answers) {
            let Some(again) = self.answers()? else { return Ok(Err(self.next())) };
            answers = again;
        }
        if !self.agree(&answers) {
            return Err(changing(self.table.name()));
        }
        for (pushed, measure) in self.pushdown.measures.iter().zip(self.own(at)) {
            if let Some(counts) = pushed.statements.first()
                && !self.is_proven(&answers[*counts], measure, &pushed.outputs)
            {
                return Ok(Err(if pushed.tier == Tier::Whole { Tier::States } else { Tier::CountedRows }));
            }
        }
        let has_days = self.pushdown.statements.iter().any(|it| it.contents.returns == Returns::Days);
        let mut partials = vec![];
        for (number, (statement, answer)) in self.pushdown.statements.iter().zip(answers).enumerate() {
            let role = match statement.contents.returns {
                Returns::Days => Role::Days,
                Returns::Texts => Role::Texts,
                Returns::Cells if number == 0 && has_days => Role::Cells,
                Returns::Cells if number == 0 => Role::CellsAndDays,
                Returns::Cells | Returns::Chosen | Returns::Finished(_) => Role::Measures,
            };
            let own = self.own(at).zip(&self.pushdown.measures);
            let own = own.filter(|(_, pushed)| pushed.statements.contains(&number));
            match self.partial(statement, answer, role, own) {
                Some(partial) => partials.push(partial),
                None => return Ok(Err(self.next())),
            }
        }
        Ok(Ok(partials))
    }

    /// The measures of the dataset.
    fn own(&self, at: usize) -> impl Iterator<Item = MeasureId> {
        let own = (0..).map(MeasureId).zip(&self.request.measures);
        own.filter(move |(_, measure)| measure.dataset == at).map(|(id, _)| id)
    }

    /// The tier after the present one.
    fn next(&self) -> Tier {
        let most = self.pushdown.measures.iter().map(|pushed| pushed.tier).min();
        // What was not asked need not be given up.
        match most.unwrap_or(self.tier).max(self.tier) {
            Tier::Whole => Tier::States,
            Tier::States => Tier::CountedRows,
            Tier::CountedRows | Tier::Rows => Tier::Rows,
        }
    }

    /// Executes all statements. None if one of them fails: a warehouse may report the overflow of a sum like this.
    fn answers(&self) -> Result<Option<Vec<Answer>>, Diagnostic> {
        let mut answers = vec![];
        for statement in &self.pushdown.statements {
            match self.answer(statement) {
                Ok(answer) => answers.push(answer),
                Err(problem) if problem.code == Code::LimitReached => return Err(problem),
                Err(_) => return Ok(None),
            }
        }
        Ok(Some(answers))
    }

    fn answer(&self, statement: &Statement) -> Result<Answer, Diagnostic> {
        let budget = &self.request.budget;
        let columns = &statement.contents.columns;
        let types: Vec<_> = columns.iter().map(|(_, ty)| *ty).collect();
        let (mut parts, mut rows, mut charge) = (vec![vec![]; columns.len()], 0, budget.charge());
        watched::execute(self.connection, &statement.sql, &types, budget, &mut |batch| {
            let bytes = batch.columns.iter().map(|column| column.bytes()).sum();
            charge.grow(bytes, format_args!("the aggregated rows of `{}`", self.table.name()))?;
            rows += batch.rows;
            parts.iter_mut().zip(&batch.columns).for_each(|(parts, column)| parts.push(column.clone().into_owned()));
            Ok(())
        })?;
        let column = |parts: Vec<Vector>| match parts.is_empty() {
            true => Vector::undefined(0, Cause::Blank),
            false => Vector::concat(&parts),
        };
        let columns = columns.iter().zip(parts).map(|((name, _), parts)| (name.clone(), column(parts))).collect();
        Ok(Answer { columns, rows, charge })
    }

    /// Returns true if all statements saw the same number of rows. Those of a warehouse without snapshots may not.
    fn agree(&self, answers: &[Answer]) -> bool {
        let seen = self.pushdown.statements.iter().zip(answers).filter_map(|(statement, answer)| {
            match statement.contents.returns {
                Returns::Cells => Some(answer.counts("n").iter().sum::<u64>()),
                Returns::Days => Some(answer.rows_within(self.pushdown.usable.as_ref())),
                // Without rows nothing is known; their values are compared with the numbers of rows of groups.
                Returns::Chosen => answer.counts("total").first().copied(),
                Returns::Texts | Returns::Finished(_) => None,
            }
        });
        let seen: Vec<u64> = seen.collect();
        seen.windows(2).all(|pair| pair[0] == pair[1])
    }

    /// Returns true if the sums of a measure cannot have overflowed, and its values are such as the warehouse may compute with.
    fn is_proven(&self, answer: &Answer, measure: MeasureId, outputs: &Outputs) -> bool {
        let Some(argument) = &outputs.argument else { return true };
        let largest = || {
            let [least, greatest] = ["min", "max"].map(|name| numbers(&answer.columns[&format!("{name}_{argument}")]));
            let rows = least?.into_iter().zip(greatest?);
            Some(rows.map(|(least, greatest)| largest(least, greatest)).collect::<Vec<_>>())
        };
        match outputs.proof {
            Some(Proof::Plain) => answer.counts(&format!("odd_{argument}")).iter().all(|odd| *odd == 0),
            Some(Proof::Digits(scale)) => {
                largest().is_some_and(|largest| largest.into_iter().all(|largest| fits(largest, scale)))
            }
            None if StateKey::of(&self.request.measures[measure.0 as usize], 0).kind != StateKind::Sum => true,
            None => largest().is_some_and(|largest| {
                let mut rows = answer.counts(&format!("n_{argument}")).into_iter().zip(largest);
                rows.all(|(count, largest)| cannot_overflow(count, largest, outputs.scale.unwrap_or_default()))
            }),
        }
    }

    /// None if a value cannot be read, or keys that are different there are the same here.
    fn partial<'p>(
        &self,
        statement: &Statement,
        answer: Answer,
        role: Role,
        measures: impl Iterator<Item = (MeasureId, &'p Pushed)>,
    ) -> Option<Partial> {
        let contents = &statement.contents;
        let mut columns: Vec<(ColumnId, Vector)> = vec![];
        for (name, id) in &contents.stored {
            columns.push((*id, answer.column(name)));
        }
        if let Some((time, grain)) = contents.bucket
            && columns.iter().all(|(id, _)| *id != time)
        {
            columns.push((time, if grain == Grain::Day { answer.column("b") } else { answer.months("b") }));
        }
        let present = contents.present.iter().map(|(name, id)| (*id, answer.counts(name))).collect();
        let known = |(measure, pushed): (MeasureId, &Pushed)| {
            let known = match (&contents.returns, statement.tier) {
                (Returns::Chosen, _) => Known::Chosen,
                (Returns::Finished(groups), _) => Known::Finished(finished(&answer, groups)?),
                (_, Tier::States) => Known::Aggregates(self.aggregates(&answer, measure, &pushed.outputs)?),
                _ => Known::Columns,
            };
            Some(PartialMeasure { measure, conditions: pushed.outputs.conditions.clone(), known })
        };
        let measures = measures.map(known).collect::<Option<Vec<_>>>()?;
        if measures.iter().any(|it| matches!(&it.known, Known::Finished(found) if !are_distinct(&columns, found))) {
            return None;
        }
        Some(Partial {
            rows: answer.counts("n"),
            columns,
            kept: answer.columns.get("f").cloned(),
            filters: contents.filters.clone(),
            present,
            role,
            measures,
            charge: answer.charge,
        })
    }

    /// None if a value has more digits than a decimal here.
    fn aggregates(&self, answer: &Answer, measure: MeasureId, outputs: &Outputs) -> Option<Aggregates> {
        let counts = |test: &String| ["kept", "undecided"].map(|name| answer.counts(&format!("{name}_{test}")));
        let decided = outputs.test.as_ref().map(counts);
        let Some(argument) = &outputs.argument else {
            return Some(Aggregates { decided, present: None, values: None });
        };
        let column = |name: &str| answer.column(&format!("{name}_{argument}"));
        let values = match StateKey::of(&self.request.measures[measure.0 as usize], 0).kind {
            StateKind::Sum => Some(compared(&column("sum"))?),
            StateKind::Extreme { greatest: true } => Some(compared(&column("max"))?),
            StateKind::Extreme { greatest: false } | StateKind::Any => Some(compared(&column("min"))?),
            StateKind::Count | StateKind::Multiset | StateKind::Edge { .. } => None,
        };
        Some(Aggregates { decided, present: Some(answer.counts(&format!("n_{argument}"))), values })
    }
}

/// The finished values of a result. None if one has more digits than a decimal here.
fn finished(answer: &Answer, groups: &AskedGroups) -> Option<Finished> {
    let days = match &groups.days {
        AskedDays::Always => vec![(BEGINNING, END); answer.rows],
        AskedDays::One(days) => vec![(days.start, days.end); answer.rows],
        AskedDays::Several(periods) => {
            let period = |at: &u64| periods.get(usize::try_from(*at).ok()?).map(|days| (days.start, days.end));
            answer.counts("p").iter().map(period).collect::<Option<_>>()?
        }
        AskedDays::Buckets(grain) => {
            let first_days = if *grain == Grain::Day { answer.column("b") } else { answer.months("b") };
            let calendar = Calendar::default();
            let day = |row| match first_days.get(row) {
                Ok(Value::Date(day)) => Some(calendar.days(calendar.period(*grain, day.day()))),
                _ => None,
            };
            (0..answer.rows).map(|row| day(row).map(|days| (days.start, days.end))).collect::<Option<_>>()?
        }
    };
    let values = match answer.columns.contains_key("distinct_x") {
        true => FinishedValues::Distinct(answer.counts("distinct_x")),
        false => FinishedValues::Around([compared(&answer.column("low_x"))?, compared(&answer.column("high_x"))?]),
    };
    Some(Finished { by: groups.by.clone(), days, present: answer.counts("n"), values })
}

/// Returns true if no two groups have the same keys and days here. Texts that differ there can be the same here.
fn are_distinct(keys: &[(ColumnId, Vector)], found: &Finished) -> bool {
    let mut known: HashSet<(Vec<Cell>, (i32, i32))> = HashSet::with_capacity(found.days.len());
    let mut groups = found.days.iter().enumerate();
    groups.all(|(row, days)| known.insert((keys.iter().map(|(_, column)| column.get(row)).collect(), *days)))
}

impl Answer {
    fn column(&self, name: &str) -> Vector {
        self.columns[name].clone()
    }

    /// A column of counts.
    fn counts(&self, name: &str) -> Vec<u64> {
        let column = &self.columns[name];
        let count = |row| match column.get(row) {
            Ok(Value::Number(number)) => u64::try_from(number.decimal).unwrap_or(0),
            _ => 0,
        };
        (0..self.rows).map(count).collect()
    }

    /// The number of rows on some days.
    fn rows_within(&self, days: Option<&Range<i32>>) -> u64 {
        let column = &self.columns["b"];
        let is_within = |row: usize| match (days, column.get(row)) {
            (None, _) => true,
            (Some(days), Ok(Value::Date(day))) => days.contains(&day.day()),
            (Some(_), _) => false,
        };
        self.counts("n").iter().enumerate().filter(|(row, _)| is_within(*row)).map(|(_, count)| count).sum()
    }

    /// The first days of a column of months.
    fn months(&self, name: &str) -> Vector {
        let (column, calendar) = (&self.columns[name], Calendar::default());
        let month = |row| match column.get(row) {
            Ok(Value::Number(number)) => i32::try_from(number.decimal).ok(),
            _ => None,
        };
        let months: Vec<Option<i32>> = (0..self.rows).map(month).collect();
        let first_day = |number| calendar.first_day(Period { grain: Grain::Month, number });
        let days = months.iter().map(|month| month.map_or(0, first_day)).collect();
        let causes = months.iter().map(|month| month.is_none().then_some(Cause::Blank)).collect();
        Vector { values: Values::Days(days), causes: Some(causes) }
    }
}

/// The larger absolute value.
fn largest(least: Option<Decimal>, greatest: Option<Decimal>) -> Decimal {
    let [least, greatest] = [least, greatest].map(|value| value.unwrap_or_default().abs());
    least.max(greatest)
}

/// The digits of a number without its point, if it has this number of digits after the point. None if they are too many.
fn scaled(number: Decimal, scale: u32) -> Option<u128> {
    let number = number.normalize();
    let shift = scale.checked_sub(number.scale())?;
    10u128.checked_pow(shift)?.checked_mul(number.mantissa().unsigned_abs())
}

/// Returns true if a sum of `count` values, none larger than `largest`, cannot have more digits than engines keep.
fn cannot_overflow(count: u64, largest: Decimal, scale: u32) -> bool {
    let sum = scaled(largest, scale).and_then(|largest| largest.checked_mul(count.into()));
    sum.is_some_and(|sum| sum < 10u128.pow(SUM_DIGITS))
}

/// Returns true if a number with this many digits after the point, and all smaller ones, are decimals here.
fn fits(largest: Decimal, scale: u32) -> bool {
    scale <= Decimal::MAX_SCALE && scaled(largest, scale).is_some_and(|digits| digits < 1 << 96)
}

/// The numbers that texts spell. None if one of them has more digits than a decimal.
fn numbers(column: &Vector) -> Option<Vec<Option<Decimal>>> {
    let number = |row| match column.get(row) {
        Ok(Value::Text(text)) => Decimal::from_str_exact(&text).ok().map(Some),
        Ok(_) => None,
        Err(_) => Some(None),
    };
    (0..column.len()).map(number).collect()
}

fn decimals(numbers: &[Option<Decimal>]) -> Vector {
    let values = numbers.iter().map(|number| number.unwrap_or_default()).collect();
    let causes = numbers.iter().map(|number| number.is_none().then_some(Cause::Blank)).collect();
    Vector { values: Values::Decimals { values, inexact: None }, causes: Some(causes) }
}

/// Least or greatest values: days, or numbers as texts.
fn compared(column: &Vector) -> Option<Vector> {
    match &column.values {
        Values::Texts { .. } => numbers(column).map(|numbers| decimals(&numbers)),
        _ => Some(column.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_fit_if_the_largest_one_does_at_their_scale() {
        for (largest, scale, expected) in [
            ("0", 28, true),
            ("0", 29, false),
            ("7922816251426433759354395.0335", 4, true),
            ("7922816251426433759354395.0336", 4, false),
            // Another number can have more digits after the point than the largest one.
            ("9999999999999999999999", 6, true),
            ("9999999999999999999999", 7, false),
            ("0.001", 2, false),
        ] {
            assert_eq!(fits(largest.parse().expect("it fits"), scale), expected, "{largest}, scale {scale}");
        }
    }

    #[test]
    fn sums_that_could_have_more_than_38_digits_are_not_trusted() {
        let nines = |count: usize| "9".repeat(count).parse::<Decimal>().expect("it fits");
        for (count, largest, scale, expected) in [
            (1, nines(28), 10, true),
            (10, nines(28), 9, true),
            (11, nines(28), 9, false),
            (u64::MAX, nines(18), 0, true),
            (u64::MAX, nines(19), 0, false),
            (1, nines(28), 11, false),
            (0, Decimal::ZERO, 38, true),
            // More digits after the point than the type of the column has.
            (1, "0.001".parse().expect("it fits"), 2, false),
        ] {
            assert_eq!(cannot_overflow(count, largest, scale), expected, "{count} × {largest}, scale {scale}");
        }
    }
}
