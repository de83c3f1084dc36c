//! A table of a warehouse that nothing is connected to: its columns are those of the declaration.

use std::sync::Arc;

use indexmap::IndexMap;

use super::dialect::Dialect;
use super::stored::StoredType;
use crate::alike;
use crate::data::{Batch, Calendar, ColumnId, ColumnSchema, ColumnType, Dataset, Declaration, Scan, Schema, TableName};
use crate::diagnostic::{Code, Diagnostic};

/// A table of a warehouse as it is declared. Queries can be planned over it, but it has no rows.
#[derive(Debug, Clone)]
pub(crate) struct WarehouseTable {
    dataset: Arc<str>,
    table: TableName,
    schema: Schema,
    /// The names of its columns there, in the order of the schema, whose names are in NFC.
    names: Vec<Arc<str>>,
    /// The types of its columns there.
    stored: Vec<StoredType>,
    /// The calendar by which its periods are read.
    calendar: Calendar,
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
        Self::of(dataset, table, declaration, columns.into_iter().map(|(name, stored)| (name, Ok(stored))))
    }

    /// Creates a table with the columns that it has in the warehouse. The error of a column is the name of its type, if
    /// formulas cannot use it.
    ///
    /// # Errors
    /// A declared column that it does not have, two columns of one name, or a time column without dates.
    pub fn of(
        dataset: &Arc<str>,
        table: &TableName,
        declaration: &Declaration,
        columns: impl IntoIterator<Item = (Arc<str>, Result<StoredType, String>)>,
    ) -> Result<Self, Vec<Diagnostic>> {
        let (mut described, mut names, mut types) = (IndexMap::new(), vec![], vec![]);
        for (written, stored) in columns {
            let name: Arc<str> = Arc::from(&*alike::name(&written));
            let declared = declaration.types.get(&name).copied();
            let column = match &stored {
                Ok(stored) => {
                    let ty = declared.filter(|ty| *ty != ColumnType::Unknown).unwrap_or(stored.column_type());
                    ColumnSchema::new(ty, declared.is_some())
                }
                Err(ty) => ColumnSchema::unusable(ty.as_str()),
            };
            if described.insert(name.clone(), column).is_some() {
                let message = format!("`{dataset}` has two columns named `{name}`");
                return Err(vec![Diagnostic::error(Code::BadTable, message)]);
            }
            names.push(written);
            types.push(stored.unwrap_or(StoredType::Text));
        }
        let schema = Schema::new(described, declaration, dataset)?;
        let calendar = declaration.calendar;
        Ok(Self { dataset: dataset.clone(), table: table.clone(), schema, names, stored: types, calendar })
    }

    /// The name of the table in the warehouse.
    pub fn table(&self) -> &TableName {
        &self.table
    }

    /// The quoted name of the table.
    ///
    /// # Errors
    /// A name that the dialect cannot spell.
    pub fn quoted(&self, dialect: Dialect) -> Result<String, Diagnostic> {
        let parts = self.table.parts().iter();
        let quoted: Result<Vec<String>, _> =
            parts.map(|part| dialect.identifier(part).ok_or_else(|| self.unnamed("table", part, dialect))).collect();
        Ok(quoted?.join("."))
    }

    /// The error for a name that a dialect cannot spell. `what` has it: `table` or `column`.
    pub fn unnamed(&self, what: &str, name: &str, dialect: Dialect) -> Diagnostic {
        let message =
            format!("the name of the {what} `{name}` of `{}` cannot be written in `{}`", self.dataset, dialect.name());
        Diagnostic::error(Code::BadQuery, message).hint("give it another name in a view of the warehouse")
    }

    /// The columns with their types there.
    pub fn columns(&self) -> impl Iterator<Item = (&Arc<str>, StoredType)> {
        self.schema.columns.keys().zip(self.stored.iter().copied())
    }

    /// The calendar by which its periods are read.
    pub fn calendar(&self) -> Calendar {
        self.calendar
    }

    /// The name of a column there.
    pub fn written(&self, column: ColumnId) -> &str {
        &self.names[column.0 as usize]
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
        _: &Scan<'_>,
        _: &(dyn Fn(usize, &Batch) -> Result<(), Diagnostic> + Sync),
    ) -> Result<(), Diagnostic> {
        let message = format!("cannot read `{}`: nothing is connected to its warehouse", self.dataset);
        Err(Diagnostic::error(Code::Unreadable, message))
    }
}
