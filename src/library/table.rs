//! `table "analytics.orders" in warehouse`: checks the place of a dataset in a warehouse.

use crate::data::{Formatting, TableName};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::syntax::ast::{Name, Warehouse, WarehouseTable};

/// The table of a warehouse that a dataset is.
///
/// A file of definitions holds no address, no secret and no SQL: the host resolves the name of the warehouse.
#[derive(Debug, Clone)]
#[cfg_attr(not(feature = "cli"), allow(dead_code))]
pub(crate) struct TableDefinition {
    /// The name of the table there.
    pub table: TableName,
    /// The warehouse.
    pub warehouse: Name,
    /// The place, from the name of the table to that of the warehouse.
    pub span: Span,
}

impl TableDefinition {
    /// Checks what is written after `=`. `formatting` are the settings in the block of the dataset.
    pub fn of(written: &WarehouseTable, formatting: &Formatting) -> Result<Self, Diagnostic> {
        let bad = |message: String, span: Span| Diagnostic::error(Code::BadProperty, message).at(span);
        let warehouse = match &written.warehouse {
            Warehouse::Name(name) => name.clone(),
            Warehouse::Text(text) => {
                return Err(bad("a warehouse is given by its name, without quotes".into(), text.span)
                    .hint(format!("write a name, such as `table {:?} in warehouse`", written.table.text))
                    .hint("where the warehouse is, and how to connect to it, is not part of the definitions"));
            }
        };
        let table = TableName::parse(&written.table.text)
            .map_err(|(message, hint)| bad(message, written.table.span).hint(hint))?;
        if *formatting != Formatting::default() {
            let message = "the block has settings of a file, but the dataset is a table of a warehouse";
            let hint = "leave out `delimiter`, `dates`, `header` and the other settings of a file";
            return Err(bad(message.into(), written.table.span).hint(hint));
        }
        let span = Span { start: written.table.span.start, ..warehouse.span };
        Ok(Self { table, warehouse, span })
    }
}
