//! Columns of periods: they are texts in a warehouse, such as `2026-03`, which the calendar of the dataset reads.

use std::borrow::Cow;

use super::connection::{Connection, Wrapper};
use crate::data::{Batch, Calendar, ColumnType};
use crate::diagnostic::Diagnostic;
use crate::read;
use crate::value::{Values, Vector};

/// A connection that reads the periods in the results of another one.
pub struct Periods<'c> {
    pub connection: &'c dyn Connection,
    pub calendar: Calendar,
    /// The names of the columns of results in messages, as far as they are known.
    pub names: &'c [&'c str],
}

impl Periods<'_> {
    fn read<'b>(&self, batch: &'b Batch, types: &[ColumnType]) -> Result<Batch<'b>, Diagnostic> {
        let column = |(at, (column, ty)): (usize, (&'b Cow<'_, Vector>, &ColumnType))| match (&column.values, ty) {
            (Values::Texts { .. }, ColumnType::Period(grain)) => {
                let name = self.names.get(at).copied().unwrap_or("a column of periods");
                read::periods(column, name, *grain, self.calendar, self.connection.name()).map(Cow::Owned)
            }
            _ => Ok(Cow::Borrowed(&**column)),
        };
        let columns = batch.columns.iter().zip(types).enumerate().map(column);
        Ok(Batch { columns: columns.collect::<Result<_, _>>()?, rows: batch.rows })
    }
}

impl Wrapper for Periods<'_> {
    fn inner(&self) -> &dyn Connection {
        self.connection
    }

    fn execute(
        &self,
        sql: &str,
        types: &[ColumnType],
        visit: &mut dyn FnMut(&Batch) -> Result<(), Diagnostic>,
    ) -> Result<(), Diagnostic> {
        let asked = types.iter().map(|ty| if ty.grain().is_some() { ColumnType::Text } else { *ty });
        let asked: Vec<ColumnType> = asked.collect();
        self.connection.execute(sql, &asked, &mut |batch| visit(&self.read(batch, types)?))
    }
}
