//! The wall around data that promise more than they hold: sizes are counted before anything of that size is
//! allocated, and a panic of a crate that reads a foreign format becomes a diagnostic.

#[cfg(any(feature = "parquet", test))]
use super::input::Input;
use crate::budget::Budget;
use crate::diagnostic::Diagnostic;

/// The memory that any file may need, in bytes: 64 MiB.
pub(super) const FREE_MEMORY: u64 = 64 << 20;

/// The memory that a larger file may need: 200 bytes for each of its bytes.
pub(super) const MAX_EXPANSION: u64 = 200;

/// The memory that no file may need: 4 GiB.
pub(super) const MAX_MEMORY: u64 = 4 << 30;

/// The memory that data of this size may need, as a part of a budget. It guards against data that declare more than
/// they can hold.
pub(super) fn memory(size: u64, budget: &Budget) -> Budget {
    budget.part(limit(size))
}

fn limit(size: u64) -> u64 {
    size.saturating_mul(MAX_EXPANSION).clamp(FREE_MEMORY, MAX_MEMORY)
}

/// Returns true if data of this size may have this number of cells, blank ones included.
pub(super) fn may_have_cells(size: u64, cells: usize) -> bool {
    cells.saturating_mul(CELL_BYTES) as u64 <= limit(size)
}

/// The memory of a cell of a table, besides its text. Blank cells need it too.
pub(super) const CELL_BYTES: usize = 16;

/// Checks the cells of a table as [`may_have_cells`].
///
/// # Errors
/// If they exceed the memory that data of this size may need.
pub(super) fn check_cells(label: &str, size: u64, cells: usize) -> Result<(), Diagnostic> {
    let what = format!("the cells of `{label}`, blank ones included,");
    memory(size, &Budget::unlimited()).charge().grow(cells.saturating_mul(CELL_BYTES), &what)
}

/// Counts bytes that a file needs for a short time.
///
/// # Errors
/// If they exceed the memory that a file of this size may need, or the memory that is left.
#[cfg(any(feature = "parquet", test))]
pub(super) fn check(input: &Input, size: u64, bytes: u64, what: &str, budget: &Budget) -> Result<(), Diagnostic> {
    let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
    memory(size, budget)
        .charge()
        .grow(bytes, format_args!("{what} of `{}`", input.label))
        .map_err(|error| error.in_data(input.place(None)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Code;

    #[test]
    fn the_memory_of_a_file_depends_on_its_size() {
        let (input, budget) = (Input::text("t.arrow", ""), Budget::unlimited());
        for (size, limit) in [(0, FREE_MEMORY), (1 << 20, 200 << 20), (1 << 30, MAX_MEMORY)] {
            assert!(check(&input, size, limit, "a batch", &budget).is_ok());
            let problem = check(&input, size, limit + 1, "a batch", &budget).expect_err("it is too much");
            let message = format!("a batch of `t.arrow` would exceed the memory limit of {} MiB", limit >> 20);
            assert_eq!((problem.code, problem.message), (Code::LimitReached, message));
        }
    }
}
