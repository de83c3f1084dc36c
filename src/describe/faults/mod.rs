//! Finds what is probably wrong with the rows of a file.

mod cells;
mod layout;
mod report;
mod rows;
mod values;

use super::description::Fault;
use super::opening::Opened;
use report::Report;

/// All likely faults of a file: of its layout, its rows, its cells and its values.
pub(super) fn all(opened: &Opened) -> Vec<Fault> {
    let report = Report::new(opened);
    let mut faults = layout::of(&report);
    faults.extend(rows::of(&report));
    faults.extend(cells::of(&report));
    faults.extend(values::of(&report));
    faults
}
