//! Scans of tables, whose rows are read.

use crate::data::{ColumnId, DatasetRequest, GroupColumn, RowProgram, RowSource};
use crate::diagnostic::Diagnostic;
use crate::sql::dialect::Dialect;
use crate::sql::draft::{Columns, Contents, Statement};
use crate::sql::stored::StoredType;
use crate::sql::table::WarehouseTable;
use crate::sql::tier::Tier;

/// Checks the names of the table and of all columns in use.
pub(super) fn check_names(
    rows: &RowProgram,
    requested: &DatasetRequest,
    table: &WarehouseTable,
    dialect: Dialect,
) -> Result<(), Diagnostic> {
    table.quoted(dialect)?;
    for column in read(rows, Some(requested)) {
        let name = table.written(column);
        dialect.identifier(name).ok_or_else(|| table.unnamed("column", name, dialect))?;
    }
    Ok(())
}

/// All stored columns that a dataset reads.
fn read(rows: &RowProgram, requested: Option<&DatasetRequest>) -> Columns {
    let keys = requested.into_iter().flat_map(|requested| {
        let columns = requested.by.iter().flatten().chain(&requested.time);
        columns.filter_map(GroupColumn::source)
    });
    let column = |source: &RowSource| match source {
        RowSource::Column(column) => Some(*column),
        RowSource::Lookup { .. } => None,
    };
    rows.slots.iter().chain(keys).filter_map(column).collect()
}

/// Writes the scan of a table and of the tables that its rows look up.
pub(super) fn scans(
    rows: &RowProgram,
    requested: &DatasetRequest,
    table: &WarehouseTable,
    tables: &[Option<WarehouseTable>],
    dialect: Dialect,
    statements: &mut Vec<Statement>,
) -> Result<(), Diagnostic> {
    let mut open = vec![(rows, Some(requested), table)];
    while let Some((rows, requested, table)) = open.pop() {
        let sql = scan(table, read(rows, requested), dialect)?;
        if statements.iter().all(|known| known.sql != sql) {
            statements.push(Statement { tier: Tier::Rows, sql, contents: Contents::default() });
        }
        let looked_up = rows.lookups.iter().rev();
        open.extend(looked_up.filter_map(|lookup| Some((&lookup.rows, None, tables.get(lookup.dataset)?.as_ref()?))));
    }
    Ok(())
}

/// The scan of columns of a table.
pub(in crate::sql) fn scan(
    table: &WarehouseTable,
    columns: impl IntoIterator<Item = ColumnId>,
    dialect: Dialect,
) -> Result<String, Diagnostic> {
    let mut names = vec![];
    for column in columns {
        let name = table.written(column);
        let quoted = dialect.identifier(name).ok_or_else(|| table.unnamed("column", name, dialect))?;
        names.push(match table.stored(column) {
            StoredType::Decimal { .. } => format!("{} AS {quoted}", dialect.digits(&quoted)),
            StoredType::Float if dialect.float(&quoted) != quoted => format!("{} AS {quoted}", dialect.float(&quoted)),
            _ => quoted,
        });
    }
    if names.is_empty() {
        names.push("1 AS n".into());
    }
    Ok(format!("SELECT {}\nFROM {}", names.join(",\n  "), table.quoted(dialect)?))
}
