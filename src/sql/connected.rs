//! A table of a warehouse as a dataset.

use std::borrow::Cow;
use std::sync::Arc;

use super::connection::Connection;
use super::dialect::Dialect;
use super::gather;
use super::heard::Heard;
use super::periods::Periods;
use super::probe::probe;
use super::pushdown;
use super::table::WarehouseTable;
use super::tier::Tier;
use super::watched;
use crate::alike;
use crate::budget::Budget;
use crate::data::{
    Answered, Batch, ColumnType, Dataset, Declaration, MeasureId, Partial, Request, Scan, Schema, TableName,
    WarehouseTrace,
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

/// What is asked for the measures of a request.
type Traces = Vec<(MeasureId, WarehouseTrace)>;

/// The tiers that are asked after the first one, in this order.
const SAFER: [Tier; 2] = [Tier::States, Tier::CountedRows];

/// How binary numbers that no decimal can be are spelled.
const NOT_FINITE: [&str; 3] = ["NaN", "inf", "-inf"];

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
    open_up_to(name, table, declaration, connection, Tier::Whole)
}

/// The same, with the most that the warehouse may compute.
pub fn open_up_to(
    name: &str,
    table: &str,
    declaration: &Declaration,
    connection: Arc<dyn Connection>,
    most: Tier,
) -> Result<Box<dyn Dataset>, Vec<Diagnostic>> {
    let table = TableName::parse(table)
        .map_err(|(message, hint)| vec![Diagnostic::error(Code::Unreadable, message).hint(hint)])?;
    let warehouse = Warehouse::new(connection, most, &Budget::unlimited()).map_err(|problem| vec![problem])?;
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
        let quoted = WarehouseTable::of(&name, table, &Declaration::default(), [])?
            .quoted(self.dialect())
            .map_err(|problem| vec![problem])?;
        let found = self.connection.columns(&quoted).map_err(|problem| vec![problem])?;
        let columns = found.into_iter().map(|(column, stored)| (column.into(), stored));
        WarehouseTable::of(&name, table, declaration, columns)
    }

    /// The dataset of a table.
    pub fn dataset(&self, table: WarehouseTable) -> Box<dyn Dataset> {
        Box::new(ConnectedTable { table, warehouse: self.clone() })
    }
}

impl ConnectedTable {
    /// Its connection, which reads periods. `names` are those of the columns of results.
    fn periods<'c>(&'c self, names: &'c [&'c str]) -> Periods<'c> {
        Periods { connection: &*self.warehouse.connection, calendar: self.table.calendar(), names }
    }
}

impl ConnectedTable {
    /// What was asked in the end, if more was asked before. None if the first answer was used.
    fn fallback(&self, planned: &Traces, answered: &Answered, asked: &dyn Fn(Tier) -> Traces) -> Option<Traces> {
        if answered.read {
            return Some(asked(Tier::Rows));
        }
        let is_executed = |traces: &Traces| traces.iter().all(|(_, trace)| answered.statements.contains(&trace.sql));
        let safer = SAFER.into_iter().filter(|tier| *tier > self.warehouse.most).map(asked);
        let statements = |traces: &Traces| traces.iter().map(|(_, trace)| trace.sql.clone()).collect::<Vec<_>>();
        let other = safer.filter(|traces| is_executed(traces) && statements(traces) != statements(planned));
        other.last().filter(|_| !planned.is_empty())
    }

    /// A problem of a cell that names the table.
    fn of_table(&self, problem: Diagnostic) -> Diagnostic {
        let cell = problem.cell.map(|cell| CellPlace {
            column: cell.column.map(|name| alike::name(&name).into_owned()),
            cell: cell.cell,
            ..self.place(0)
        });
        let is_finite = |cell: &CellPlace| !NOT_FINITE.contains(&cell.cell.as_deref().unwrap_or_default());
        match cell.as_ref().filter(|cell| !is_finite(cell)).and_then(|cell| self.finite_hint(cell.column.as_deref()?)) {
            Some(hint) => Diagnostic { cell, hints: vec![hint], ..problem },
            None => Diagnostic { cell, ..problem },
        }
    }

    /// How to read a column whose numbers are not all finite. None if the dialect cannot have the name.
    fn finite_hint(&self, column: &str) -> Option<String> {
        let column = self.warehouse.dialect().identifier(column)?;
        let finite = self.warehouse.dialect().finite(&column);
        Some(format!("a dataset can read a view of the table with NULL in its place: `SELECT {finite} AS {column}, …`"))
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
        scan: &Scan<'_>,
        visit: &(dyn Fn(usize, &Batch) -> Result<(), Diagnostic> + Sync),
    ) -> Result<(), Diagnostic> {
        let (columns, budget) = (scan.columns, &scan.budget);
        let sql = pushdown::scan(&self.table, columns.iter().copied(), self.warehouse.dialect())?;
        let mut types: Vec<ColumnType> = columns.iter().map(|id| self.schema().column(*id).ty).collect();
        if types.is_empty() {
            types.push(ColumnType::Number);
        }
        let names: Vec<&str> = columns.iter().map(|id| &**self.schema().name(*id)).collect();
        watched::execute(&self.periods(&names), &sql, &types, budget, &mut |batch| {
            let columns = batch.columns.iter().take(columns.len()).map(|column| Cow::Borrowed(&**column));
            visit(0, &Batch { columns: columns.collect(), rows: batch.rows })
        })
        .map_err(|problem| self.of_table(problem))
    }

    fn asked(&self, request: &Request, at: usize) -> Vec<(MeasureId, WarehouseTrace)> {
        let Warehouse { connection, most, .. } = &self.warehouse;
        let asked = |tier| gather::asked(&self.table, &**connection, request, at, tier);
        let (planned, answered) = (asked(*most), request.answers.get(at));
        let Some(used) = self.fallback(&planned, &answered, &asked) else { return planned };
        let unproven =
            "the answer could not be proven exact: a sum may have overflowed, or a value has too many digits";
        let reason = answered.refused.unwrap_or_else(|| unproven.into());
        let less =
            |(id, trace)| (id, WarehouseTrace { reason: reason.clone(), fell_back: Some(reason.clone()), ..trace });
        used.into_iter().map(less).collect()
    }

    fn aggregate(&self, request: &Request, at: usize) -> Result<Option<Vec<Partial>>, Diagnostic> {
        let periods = self.periods(&[]);
        let heard = Heard::new(&periods);
        let partials = gather::partials(&self.table, &heard, request, at, self.warehouse.most);
        let answered = heard.into_answered();
        let read = matches!(partials, Ok(None)) && (answered.refused.is_some() || !answered.statements.is_empty());
        request.answers.set(at, Answered { read, ..answered });
        partials
    }

    /// The rows of a table have no order, and no numbers.
    fn place(&self, _: u64) -> CellPlace {
        CellPlace { file: self.table.table().parts().join("."), line: None, column: None, cell: None }
    }

    /// A warehouse returns rows in any order.
    fn is_ordered(&self) -> bool {
        false
    }

    fn notes(&self) -> &[Diagnostic] {
        &self.warehouse.notes
    }
}
