//! What all searches for faults share: the roles of columns, and the lines of rows.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::describe::column::ColumnPass;
use crate::describe::description::{Fault, FaultKind, Place, Role};
use crate::describe::opening::Opened;
use crate::describe::role;
use crate::diagnostic::CellPlace;
use crate::language::{Phrase, Sentence};

/// The places of a fault that are listed.
const LISTED: usize = 5;

/// A file and what is known about it.
pub(super) struct Report<'a> {
    pub opened: &'a Opened,
    /// The columns that were read, with their uses.
    pub columns: Vec<(&'a ColumnPass, Role)>,
    /// The rows that are totals.
    pub totals: HashSet<u64>,
    /// The places of rows that were asked for. Finding one can take as long as reading the file.
    known: RefCell<HashMap<u64, CellPlace>>,
}

impl<'a> Report<'a> {
    pub fn new(opened: &'a Opened) -> Self {
        let table = opened.dataset.name();
        let columns = opened.pass.columns.iter().enumerate();
        let columns = columns.map(|(at, column)| (column, role::of(column, table, at == 0))).collect();
        let totals = opened.pass.totals.found().into_iter().map(|total| total.row).collect();
        Self { opened, columns, totals, known: RefCell::default() }
    }

    /// The number of rows.
    pub fn rows(&self) -> u64 {
        self.opened.pass.rows
    }

    fn place_of(&self, row: u64) -> CellPlace {
        self.known.borrow_mut().entry(row).or_insert_with(|| self.opened.dataset.place(row)).clone()
    }

    /// The place of a row, and the cell to show.
    pub fn place(&self, row: u64, cell: Option<String>) -> Place {
        self.shown(self.place_of(row), cell)
    }

    /// A place in the file, and the cell to show.
    pub fn shown(&self, place: CellPlace, cell: Option<String>) -> Place {
        let several = self.opened.dataset.files().is_some_and(|(_, count)| count > 1);
        Place { file: Some(place.file).filter(|_| several), line: place.line, cell, same_as: None }
    }

    /// The places of the first of these rows.
    pub fn places(&self, rows: impl IntoIterator<Item = (u64, Option<String>)>) -> Vec<Place> {
        rows.into_iter().take(LISTED).map(|(row, cell)| self.place(row, cell)).collect()
    }

    /// The places of rows that repeat others.
    pub fn repeated(&self, rows: &[(u64, u64)], cell: impl Fn(u64) -> Option<String>) -> Vec<Place> {
        let place =
            |(row, first): &(u64, u64)| Place { same_as: self.place_of(*first).line, ..self.place(*row, cell(*row)) };
        rows.iter().take(LISTED).map(place).collect()
    }
}

/// A fault of some columns.
pub(super) fn fault(kind: FaultKind, columns: &[&Arc<str>], count: u64, message: Sentence, advice: Sentence) -> Fault {
    let columns = columns.iter().map(|name| (*name).clone()).collect();
    Fault { kind, columns, count, places: vec![], message, advice }
}

/// A sentence about one thing, or about several with their number before the other parts.
pub(super) fn counted(count: u64, one: Phrase, several: Phrase, parts: &[String]) -> Sentence {
    match count {
        1 => Sentence::new(one, parts.to_vec()),
        _ => Sentence::new(several, std::iter::once(count.to_string()).chain(parts.iter().cloned())),
    }
}

/// The name of a column in a sentence.
pub(super) fn named(column: &str) -> String {
    format!("`{column}`")
}
