//! The connections to warehouses that the command line names.

use std::cell::OnceCell;
use std::sync::Arc;

use super::args::ConnectionName;
use crate::budget::Budget;
use crate::data::{Dataset, Declaration, TableName};
use crate::diagnostic::{Code, Diagnostic};
use crate::sql::{self, AdbcConnection, Connection, Profile};

/// Connections by the name of their warehouse. Each is opened when it is first needed.
pub(crate) struct Connections(Vec<Named>);

struct Named {
    name: ConnectionName,
    opened: OnceCell<Result<Arc<dyn Connection>, Diagnostic>>,
}

impl Connections {
    /// The connections of a command line, none of which is open.
    pub fn new(names: &[ConnectionName]) -> Self {
        Self(names.iter().map(|name| Named { name: name.clone(), opened: OnceCell::new() }).collect())
    }

    /// An error about a warehouse that is named twice.
    pub fn twice(&self) -> Option<Diagnostic> {
        let is_repeated = |(at, named): &(usize, &Named)| {
            self.0[..*at].iter().any(|other| other.name.warehouse == named.name.warehouse)
        };
        let (_, repeated) = self.0.iter().enumerate().find(is_repeated)?;
        let message = format!("`--connection` names the warehouse `{}` twice", repeated.name.warehouse);
        Some(Diagnostic::error(Code::BadQuery, message).hint("omit one of them"))
    }

    /// The names of the warehouses.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|named| &*named.name.warehouse)
    }

    /// Splits `warehouse:table`, if there is a connection to the warehouse.
    pub fn table_of<'t>(&self, text: &'t str) -> Option<(&'t str, &'t str)> {
        text.split_once(':').filter(|(warehouse, _)| self.names().any(|name| name == *warehouse))
    }

    /// Opens a table. None if there is no connection to the warehouse.
    pub fn open(
        &self,
        warehouse: &str,
        name: &str,
        table: &TableName,
        declaration: &Declaration,
        budget: &Budget,
    ) -> Option<Result<Box<dyn Dataset>, Vec<Diagnostic>>> {
        let named = self.0.iter().find(|named| named.name.warehouse == warehouse)?;
        let opened = named.opened.get_or_init(|| {
            let connection = AdbcConnection::open(Profile::read(&named.name.profile)?, budget.deadline())?;
            Ok(Arc::new(connection) as Arc<dyn Connection>)
        });
        Some(match opened {
            Ok(connection) => sql::open_table(name, table, declaration, connection.clone()),
            Err(problem) => Err(vec![problem.clone()]),
        })
    }
}
