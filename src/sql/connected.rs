//! A table of a warehouse as a dataset.

use std::borrow::Cow;
use std::sync::Arc;

use indexmap::IndexMap;

use super::connection::Connection;
use super::pushdown::scan;
use super::table::WarehouseTable;
use super::watched;
use crate::budget::Budget;
use crate::data::{Batch, ColumnId, ColumnType, Dataset, Declaration, Schema, TableName};
use crate::diagnostic::{CellPlace, Code, Diagnostic};

/// A table of a warehouse that is connected.
struct ConnectedTable {
    table: WarehouseTable,
    connection: Arc<dyn Connection>,
}

/// Opens a table of a warehouse under a dataset's name. `table` is its name there, such as `analytics.orders`; a part
/// with a dot or a space is in backticks.
///
/// # Errors
/// A name that is not one of a table, a table that does not exist, and declared columns that it does not have.
pub fn open(
    name: &str,
    table: &str,
    declaration: &Declaration,
    connection: Arc<dyn Connection>,
) -> Result<Box<dyn Dataset>, Vec<Diagnostic>> {
    let table = TableName::parse(table)
        .map_err(|(message, hint)| vec![Diagnostic::error(Code::Unreadable, message).hint(hint)])?;
    open_table(name, &table, declaration, connection)
}

/// Does the same for a name that has been parsed.
pub(crate) fn open_table(
    name: &str,
    table: &TableName,
    declaration: &Declaration,
    connection: Arc<dyn Connection>,
) -> Result<Box<dyn Dataset>, Vec<Diagnostic>> {
    let name: Arc<str> = name.into();
    let quoted = WarehouseTable::of(&name, table, &Declaration::default(), IndexMap::new())?
        .quoted(connection.dialect())
        .map_err(|problem| vec![problem])?;
    let found = connection.columns(&quoted).map_err(|problem| vec![problem])?;
    let columns = found.into_iter().map(|(column, stored)| (column.into(), stored)).collect();
    let table = WarehouseTable::of(&name, table, declaration, columns)?;
    Ok(Box::new(ConnectedTable { table, connection }))
}

impl Dataset for ConnectedTable {
    fn name(&self) -> &Arc<str> {
        self.table.name()
    }

    fn schema(&self) -> &Schema {
        self.table.schema()
    }

    fn scan(
        &self,
        columns: &[ColumnId],
        threads: usize,
        visit: &(dyn Fn(usize, &Batch) -> Result<(), Diagnostic> + Sync),
    ) -> Result<(), Diagnostic> {
        self.scan_within(columns, threads, &Budget::unlimited(), visit)
    }

    fn scan_within(
        &self,
        columns: &[ColumnId],
        _: usize,
        budget: &Budget,
        visit: &(dyn Fn(usize, &Batch) -> Result<(), Diagnostic> + Sync),
    ) -> Result<(), Diagnostic> {
        let sql = scan(&self.table, columns.iter().copied(), self.connection.dialect())?;
        let mut types: Vec<ColumnType> = columns.iter().map(|id| self.schema().column(*id).ty).collect();
        if types.is_empty() {
            types.push(ColumnType::Number);
        }
        watched::execute(&*self.connection, &sql, &types, budget, &mut |batch| {
            let columns = batch.columns.iter().take(columns.len()).map(|column| Cow::Borrowed(&**column));
            visit(0, &Batch { columns: columns.collect(), rows: batch.rows })
        })
    }

    fn place(&self, row: u64) -> CellPlace {
        let table = self.table.table().parts().join(".");
        CellPlace { file: table, line: Some(row + 1), column: None, cell: None }
    }
}
