//! A table of a warehouse as a dataset.

use std::borrow::Cow;
use std::sync::Arc;

use indexmap::IndexMap;

use super::connection::Connection;
use super::dialect::Dialect;
use super::gather;
use super::probe::probe;
use super::pushdown::scan;
use super::table::WarehouseTable;
use super::tier::Tier;
use super::watched;
use crate::budget::Budget;
use crate::data::{
    Batch, ColumnId, ColumnType, Dataset, Declaration, MeasureId, Partial, Request, Schema, TableName, WarehouseTrace,
};
use crate::diagnostic::{CellPlace, Code, Diagnostic};

/// A warehouse that is connected, and what it may compute.
#[derive(Clone)]
pub(crate) struct Warehouse {
    connection: Arc<dyn Connection>,
    /// The most that it computes.
    most: Tier,
    /// How it differs from what is computed here, and how it is used.
    notes: Vec<Diagnostic>,
}

/// A table of a warehouse that is connected.
struct ConnectedTable {
    table: WarehouseTable,
    warehouse: Warehouse,
}

/// Opens a table of a warehouse under a dataset's name. `table` is its name there, such as `analytics.orders`; a part
/// with a dot or a space is in backticks. The warehouse is asked what a few expressions are, and computes as much of the
/// measures as its answers allow.
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
    let warehouse = Warehouse::new(connection, Tier::Whole, &Budget::unlimited()).map_err(|problem| vec![problem])?;
    Ok(warehouse.dataset(warehouse.table(name, &table, declaration)?))
}

impl Warehouse {
    /// Probes a warehouse. `most` is the most that it may compute.
    ///
    /// # Errors
    /// A warehouse whose values cannot be read, or the limit that was reached.
    pub fn new(connection: Arc<dyn Connection>, most: Tier, budget: &Budget) -> Result<Self, Diagnostic> {
        let probed = probe(&*connection, budget)?;
        let most = most.max(probed.most);
        let name = connection.name();
        let less = (!probed.different.is_empty()).then(|| probed.different.join(", "));
        let less = less.map(|what| format!("`{name}` computes {what} differently"));
        let less = less.or(probed.refused.map(|message| format!("`{name}` does not answer the probe: {message}")));
        let message = match less {
            Some(less) => format!("{less}; it is used up to the tier {most}"),
            None => format!("connected to `{name}` ({}), up to the tier {most}", connection.dialect().name()),
        };
        let is_usual = probed.most == Tier::Whole;
        let notes = vec![Diagnostic { usual: is_usual, ..Diagnostic::note(Code::DataNote, message) }];
        Ok(Self { connection, most, notes })
    }

    /// The dialect of its statements.
    pub fn dialect(&self) -> Dialect {
        self.connection.dialect()
    }

    /// Asks for the columns of a table.
    ///
    /// # Errors
    /// A table that does not exist, and declared columns that it does not have.
    pub fn table(
        &self,
        name: &str,
        table: &TableName,
        declaration: &Declaration,
    ) -> Result<WarehouseTable, Vec<Diagnostic>> {
        let name: Arc<str> = name.into();
        let quoted = WarehouseTable::of(&name, table, &Declaration::default(), IndexMap::new())?
            .quoted(self.dialect())
            .map_err(|problem| vec![problem])?;
        let found = self.connection.columns(&quoted).map_err(|problem| vec![problem])?;
        let columns = found.into_iter().map(|(column, stored)| (column.into(), stored)).collect();
        WarehouseTable::of(&name, table, declaration, columns)
    }

    /// The dataset of a table.
    pub fn dataset(&self, table: WarehouseTable) -> Box<dyn Dataset> {
        Box::new(ConnectedTable { table, warehouse: self.clone() })
    }
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
        let sql = scan(&self.table, columns.iter().copied(), self.warehouse.dialect())?;
        let mut types: Vec<ColumnType> = columns.iter().map(|id| self.schema().column(*id).ty).collect();
        if types.is_empty() {
            types.push(ColumnType::Number);
        }
        watched::execute(&*self.warehouse.connection, &sql, &types, budget, &mut |batch| {
            let columns = batch.columns.iter().take(columns.len()).map(|column| Cow::Borrowed(&**column));
            visit(0, &Batch { columns: columns.collect(), rows: batch.rows })
        })
    }

    fn asked(&self, request: &Request, at: usize) -> Vec<(MeasureId, WarehouseTrace)> {
        let Warehouse { connection, most, .. } = &self.warehouse;
        gather::asked(&self.table, &**connection, request, at, *most)
    }

    fn aggregate(&self, request: &Request, at: usize) -> Result<Option<Vec<Partial>>, Diagnostic> {
        gather::partials(&self.table, &*self.warehouse.connection, request, at, self.warehouse.most)
    }

    fn place(&self, row: u64) -> CellPlace {
        let table = self.table.table().parts().join(".");
        CellPlace { file: table, line: Some(row + 1), column: None, cell: None }
    }

    fn notes(&self) -> &[Diagnostic] {
        &self.warehouse.notes
    }
}
