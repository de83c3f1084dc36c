//! Describes the rows of a file: its columns, what they are probably used for, and what is probably wrong with them.

mod column;
mod correction;
mod description;
mod faults;
mod names;
mod opening;
mod pass;
mod remembered;
mod role;
mod segments;
mod summary;

use std::path::Path;

pub use description::{ColumnDescription, Description, Fault, FaultKind, Place, Role, Setting};
#[cfg(feature = "cli")]
pub(crate) use names::{fold, split};
pub(crate) use names::{is_identifier, is_of_dates, words};

use crate::budget::Budget;
use crate::data::Declaration;
use crate::diagnostic::Diagnostic;

/// Describes a file: the type, the range and the use of each column, and the likely faults with their lines.
///
/// `name` is the name of the dataset. Settings that the file needs, such as `header 4`, are found and listed in
/// [`Description::settings`]; the rows are described as they are with these settings.
///
/// ```
/// use yardstick::description::{Role, describe};
///
/// let folder = std::env::temp_dir().join(format!("describe-{}", std::process::id()));
/// std::fs::create_dir_all(&folder)?;
/// let path = folder.join("orders.csv");
/// std::fs::write(&path, "order,day,amount\n1,2026-01-05,10.50\n2,2026-01-06,8.25\n3,2026-01-07,9.00\n")?;
/// let found = describe("orders", &path, &Default::default()).map_err(yardstick::Error::from)?;
/// let roles: Vec<Role> = found.columns.iter().map(|column| column.role).collect();
/// assert_eq!(roles, [Role::Key, Role::Time, Role::Measure]);
/// assert!(found.faults.is_empty());
/// # std::fs::remove_dir_all(&folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// A file that cannot be opened or is not a table, and rows that cannot be read.
pub fn describe(name: &str, path: &Path, declaration: &Declaration) -> Result<Description, Vec<Diagnostic>> {
    describe_within(name, path, declaration, &Budget::unlimited())
}

/// The same, within a budget.
pub(crate) fn describe_within(
    name: &str,
    path: &Path,
    declaration: &Declaration,
    budget: &Budget,
) -> Result<Description, Vec<Diagnostic>> {
    let opened = opening::open(name, path, declaration, budget)?;
    Ok(summary::of(opened, path))
}
