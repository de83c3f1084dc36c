//! The connections to warehouses that the command line names.

use std::cell::OnceCell;
use std::sync::Arc;

use indexmap::IndexSet;

use super::args::{ConnectionName, DataFile};
use crate::budget::Budget;
use crate::diagnostic::{Code, Diagnostic, did_you_mean};
use crate::library::Library;
use crate::sql::{AdbcConnection, Profile, Warehouse};

/// Connections by the name of their warehouse. Each is opened when it is first needed.
pub(crate) struct Connections(Vec<Named>);

struct Named {
    name: ConnectionName,
    opened: OnceCell<Result<Warehouse, Diagnostic>>,
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

    /// An error about a warehouse whose name looks like a typo of one that has tables.
    pub fn misspelled(&self, library: &Library, data: &[DataFile]) -> Option<Diagnostic> {
        let tables = library.datasets().filter_map(|dataset| dataset.table.as_ref());
        let warehouses: IndexSet<&str> = tables.map(|table| &*table.warehouse.text).collect();
        let has_table = |name: &str| {
            let of_option =
                |file: &DataFile| file.path.to_str().is_some_and(|text| text.starts_with(&format!("{name}:")));
            warehouses.contains(name) || data.iter().any(of_option)
        };
        let connected: Vec<&str> = self.names().collect();
        let open = || warehouses.iter().copied().filter(|name| !connected.contains(name));
        let problem = |name: &&str| {
            let suggestion = did_you_mean(name, open())?;
            let message = format!("`--connection` names the warehouse `{name}`, which has no table in the definitions");
            Some(Diagnostic::error(Code::BadQuery, message).hint(suggestion))
        };
        connected.iter().filter(|name| !has_table(name)).find_map(problem)
    }

    /// The names of the warehouses.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|named| &*named.name.warehouse)
    }

    /// Splits `warehouse:table`, if there is a connection to the warehouse.
    pub fn table_of<'t>(&self, text: &'t str) -> Option<(&'t str, &'t str)> {
        text.split_once(':').filter(|(warehouse, _)| self.names().any(|name| name == *warehouse))
    }

    /// Connects a warehouse. None if the command line does not name it.
    pub fn warehouse(&self, warehouse: &str, budget: &Budget) -> Option<&Result<Warehouse, Diagnostic>> {
        let named = self.0.iter().find(|named| named.name.warehouse == warehouse)?;
        Some(named.opened.get_or_init(|| {
            let connection = AdbcConnection::open(Profile::read(&named.name.profile)?, budget.deadline())?;
            let most = connection.most();
            Warehouse::new(Arc::new(connection), most, budget)
        }))
    }
}
