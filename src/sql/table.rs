//! A table of a warehouse that nothing is connected to: its columns are those of the declaration.

use std::sync::Arc;

use indexmap::IndexMap;

use super::stored::StoredType;
use crate::data::{Batch, ColumnId, ColumnSchema, Dataset, Declaration, Schema, TableName};
use crate::diagnostic::{Code, Diagnostic};

/// A table of a warehouse as it is declared. Queries can be planned over it, but it has no rows.
#[derive(Debug, Clone)]
pub(crate) struct WarehouseTable {
    dataset: Arc<str>,
    table: TableName,
    schema: Schema,
    /// The types of its columns there, in the order of the schema.
    stored: Vec<StoredType>,
}

impl WarehouseTable {
    /// Creates a table from its declaration and the types of columns that are known. The types of other declared columns
    /// are [assumed](StoredType::assumed).
    ///
    /// # Errors
    /// A known type that contradicts the declaration, or a time column without dates.
    pub fn new(
        dataset: &Arc<str>,
        table: &TableName,
        declaration: &Declaration,
        known: &IndexMap<Arc<str>, StoredType>,
    ) -> Result<Self, Vec<Diagnostic>> {
        let mut columns: IndexMap<Arc<str>, StoredType> = IndexMap::new();
        for name in Schema::declared_names(declaration) {
            let declared = declaration.types.get(name).copied();
            let assumed = declared.map_or(StoredType::Date, StoredType::assumed);
            let stored = known.get(name).copied().unwrap_or(assumed);
            if let Some(declared) = declared.filter(|declared| *declared != stored.column_type()) {
                let message = format!(
                    "the column `{name}` of `{dataset}` is declared to hold {}, but its type is {stored}",
                    declared.plural()
                );
                return Err(vec![Diagnostic::error(Code::BadQuery, message)]);
            }
            columns.entry(name.clone()).or_insert(stored);
        }
        for (name, stored) in known {
            columns.entry(name.clone()).or_insert(*stored);
        }
        let stored = columns.values().copied().collect();
        let described = columns.into_iter().map(|(name, stored)| {
            let is_declared = declaration.types.contains_key(&name);
            (name, ColumnSchema::new(stored.column_type(), is_declared))
        });
        let schema = Schema::new(described.collect(), declaration, dataset)?;
        Ok(Self { dataset: dataset.clone(), table: table.clone(), schema, stored })
    }

    /// The name of the table in the warehouse.
    pub fn table(&self) -> &TableName {
        &self.table
    }

    /// The columns with their types there.
    pub fn columns(&self) -> impl Iterator<Item = (&Arc<str>, StoredType)> {
        self.schema.columns.keys().zip(self.stored.iter().copied())
    }

    /// The type of a column there.
    pub fn stored(&self, column: ColumnId) -> StoredType {
        self.stored[column.0 as usize]
    }
}

impl Dataset for WarehouseTable {
    fn name(&self) -> &Arc<str> {
        &self.dataset
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn scan(
        &self,
        _: &[ColumnId],
        _: usize,
        _: &(dyn Fn(usize, &Batch) -> Result<(), Diagnostic> + Sync),
    ) -> Result<(), Diagnostic> {
        let message = format!("cannot read `{}`: nothing is connected to its warehouse", self.dataset);
        Err(Diagnostic::error(Code::Unreadable, message))
    }
}
