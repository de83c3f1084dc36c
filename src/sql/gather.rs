//! Executes the statements of a pushdown, and turns their results into aggregated rows.

use std::collections::HashMap;

use super::connection::Connection;
use super::draft::{Outputs, SUM_DIGITS, Statement};
use super::pushdown::{Pushdown, Pushed};
use super::table::WarehouseTable;
use super::tier::Tier;
use super::watched;
use crate::aggregate::{StateKey, StateKind};
use crate::budget::Charge;
use crate::data::{
    Aggregates, Calendar, ColumnId, Dataset, Grain, MeasureId, Partial, PartialMeasure, Period, Request, Role,
    WarehouseTrace,
};
use crate::diagnostic::{Code, Diagnostic};
use crate::value::{Cause, Decimal, Value, Values, Vector};

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
    for tier in [Tier::States, Tier::CountedRows].into_iter().filter(|tier| *tier >= most) {
        let pushdown = Pushdown::of(request, at, &tables, connection.dialect(), tier)?;
        let Some(pushdown) = pushdown.filter(|it| it.statements.iter().all(|it| it.tier != Tier::Rows)) else {
            return Ok(None);
        };
        let gather = Gather { table, connection, request, pushdown: &pushdown };
        if let Some(partials) = gather.partials(at)? {
            return Ok(Some(partials));
        }
    }
    Ok(None)
}

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
    pushdown: &'a Pushdown,
}

/// The result of a statement, column by column.
struct Answer {
    columns: HashMap<String, Vector>,
    rows: usize,
    charge: Charge,
}

impl Gather<'_> {
    /// The results of all statements. None if one of them fails or a sum may have overflowed.
    fn partials(&self, at: usize) -> Result<Option<Vec<Partial>>, Diagnostic> {
        let Some(mut answers) = self.answers()? else { return Ok(None) };
        if !self.agree(&answers) {
            let Some(again) = self.answers()? else { return Ok(None) };
            answers = again;
        }
        if !self.agree(&answers) {
            return Err(self.changing());
        }
        let own = (0..).map(MeasureId).zip(&self.request.measures).filter(|(_, measure)| measure.dataset == at);
        let measures: Vec<(MeasureId, &Pushed)> = own.map(|(id, _)| id).zip(&self.pushdown.measures).collect();
        let statements = self.pushdown.statements.iter().zip(answers).enumerate();
        let partials = statements.map(|(number, (statement, answer))| {
            let own = measures.iter().filter(|(_, pushed)| pushed.statement == number && !statement.contents.is_days);
            let role = match (number, statement.contents.is_days, statement.contents.bucket) {
                (_, true, _) => Role::Days,
                (0, _, Some((_, Grain::Day))) => Role::CellsAndDays,
                (0, ..) => Role::Cells,
                _ => Role::Measures,
            };
            self.partial(statement, answer, role, own.copied())
        });
        Ok(partials.collect())
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
        let mut totals = answers.iter().map(|answer| answer.counts("n").iter().sum::<u64>());
        let first = totals.next();
        totals.all(|total| Some(total) == first)
    }

    fn changing(&self) -> Diagnostic {
        let message = format!("the rows of `{}` change while they are read", self.table.name());
        Diagnostic::error(Code::Unreadable, message).hint("try again, or read a table that does not change")
    }

    /// None if a sum may have overflowed.
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
        let aggregates = |(measure, pushed): (MeasureId, &Pushed)| {
            let aggregates = match statement.tier {
                Tier::States => Some(self.aggregates(&answer, measure, &pushed.outputs)?),
                _ => None,
            };
            Some(PartialMeasure { measure, conditions: pushed.outputs.conditions.clone(), aggregates })
        };
        let measures = measures.map(aggregates).collect::<Option<Vec<_>>>()?;
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

    /// None if a sum may have overflowed, or a value has more digits than a decimal here.
    fn aggregates(&self, answer: &Answer, measure: MeasureId, outputs: &Outputs) -> Option<Aggregates> {
        let counts = |test: &String| ["kept", "undecided"].map(|name| answer.counts(&format!("{name}_{test}")));
        let decided = outputs.test.as_ref().map(counts);
        let Some(argument) = &outputs.argument else { return Some(Aggregates { decided, argument: None }) };
        let column = |name: &str| answer.column(&format!("{name}_{argument}"));
        let present = answer.counts(&format!("n_{argument}"));
        let values = match StateKey::of(&self.request.measures[measure.0 as usize], 0).kind {
            StateKind::Sum => {
                let [sums, least, greatest] = ["sum", "min", "max"].map(|name| numbers(&column(name)));
                let (sums, least, greatest) = (sums?, least?, greatest?);
                let scale = outputs.scale.unwrap_or_default();
                let rows = present.iter().zip(least.iter().zip(&greatest));
                let mut largest = rows.map(|(count, (least, greatest))| (*count, largest(*least, *greatest)));
                if !largest.all(|(count, largest)| cannot_overflow(count, largest, scale)) {
                    return None;
                }
                decimals(&sums)
            }
            StateKind::Extreme { greatest: true } => compared(&column("max"))?,
            StateKind::Extreme { greatest: false } | StateKind::Any => compared(&column("min"))?,
            _ => Vector::undefined(answer.rows, Cause::Blank),
        };
        Some(Aggregates { decided, argument: Some((present, values)) })
    }
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

/// Returns true if a sum of `count` values, none larger than `largest`, cannot have more digits than engines keep.
fn cannot_overflow(count: u64, largest: Decimal, scale: u32) -> bool {
    let largest = largest.normalize();
    let Some(shift) = scale.checked_sub(largest.scale()) else { return false };
    let mantissa = largest.mantissa().unsigned_abs();
    let scaled = 10u128.checked_pow(shift).and_then(|power| mantissa.checked_mul(power));
    let sum = scaled.and_then(|scaled| scaled.checked_mul(count.into()));
    sum.is_some_and(|sum| sum < 10u128.pow(SUM_DIGITS))
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
