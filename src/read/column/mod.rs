//! Collects the cells of one column into a vector.

mod dates;
mod numbers;
#[cfg(feature = "sql")]
mod periods;
mod texts;

use std::sync::Arc;

use multiversion::multiversion;

use super::cell::{self, DateStyle, Misfit, NumberFormat};
use crate::data::{Calendar, ColumnType};
use crate::value::{Cause, Values, Vector};
use dates::{Dates, Periods};
use numbers::Numbers;
#[cfg(feature = "sql")]
pub(crate) use periods::periods;
use texts::Texts;

/// How to read the cells of a column.
#[derive(Debug, Clone)]
pub(super) struct Reading {
    pub ty: ColumnType,
    pub numbers: NumberFormat,
    pub dates: DateStyle,
    /// The calendar of periods.
    pub calendar: Calendar,
    /// True if ambiguous dates are rejected, because neither a cell nor a declaration determines their order.
    pub unsure_dates: bool,
    /// True if moments have a UTC offset, if known.
    pub offsets: Option<bool>,
    /// True if the type is declared. `1` and `0` are then truth values too.
    pub declared: bool,
    /// The texts that count as blank in addition to the empty text.
    pub blanks: Arc<[Arc<str>]>,
    /// The column that holds the currency of each amount.
    pub currencies: Option<Arc<str>>,
}

impl Reading {
    /// The format of a column that is written by programs: `1234.5`, `2026-03-31`.
    pub fn plain(ty: ColumnType) -> Self {
        let (numbers, dates) = (NumberFormat::default(), DateStyle::default());
        let calendar = Calendar::default();
        let (blanks, currencies) = (Arc::new([]), None);
        Self { ty, numbers, dates, calendar, unsure_dates: false, offsets: None, declared: false, blanks, currencies }
    }

    /// Returns true if a cell, trimmed of spaces, is blank.
    pub fn is_blank(&self, cell: &str) -> bool {
        cell.is_empty() || self.blanks.iter().any(|blank| **blank == *cell)
    }
}

/// Collects the cells of a column. [`ColumnBuilder::finish`] returns the cells added since the last call.
pub(super) struct ColumnBuilder {
    reading: Reading,
    /// True if cells in the usual form are never blank.
    usual: bool,
    cells: Cells,
    blanks: Vec<usize>,
}

enum Cells {
    Numbers(Numbers),
    Texts(Texts),
    Dates(Dates),
    Periods(Periods),
    Booleans(Booleans),
    Nothing(Nothing),
}

/// Applies the same expression to the cells of any type.
macro_rules! each_kind {
    ($cells:expr, $into:ident => $do:expr) => {
        match $cells {
            Cells::Numbers($into) => $do,
            Cells::Texts($into) => $do,
            Cells::Dates($into) => $do,
            Cells::Periods($into) => $do,
            Cells::Booleans($into) => $do,
            Cells::Nothing($into) => $do,
        }
    };
}

impl ColumnBuilder {
    pub fn new(reading: &Reading) -> Self {
        let cells = match reading.ty {
            ColumnType::Number => Cells::Numbers(Numbers::new(&reading.numbers)),
            ColumnType::Text => Cells::Texts(Texts::default()),
            ColumnType::Date => Cells::Dates(Dates::new(reading.offsets == Some(true))),
            ColumnType::Period(grain) => Cells::Periods(Periods::new(grain, reading.calendar)),
            ColumnType::Boolean => Cells::Booleans(Booleans::default()),
            ColumnType::Unknown => Cells::Nothing(Nothing::default()),
        };
        let is_usual =
            |blank: &Arc<str>| reading.ty == ColumnType::Text || blank.starts_with(|c: char| c.is_ascii_digit());
        let usual = !reading.blanks.iter().any(is_usual);
        Self { reading: reading.clone(), usual, cells, blanks: vec![] }
    }

    /// Adds cells until one does not fit. The error is its position among them and the reason.
    #[cfg(feature = "arrow")]
    pub fn extend<S: AsRef<str>>(&mut self, cells: impl Iterator<Item = S>) -> Result<(), (usize, Misfit)> {
        each_kind!(&mut self.cells, into => {
            for (at, cell) in cells.enumerate() {
                let result = push(into, cell.as_ref(), &self.reading, &mut self.blanks);
                result.map_err(|misfit| (at, misfit))?;
            }
            Ok(())
        })
    }

    /// Adds cells given by their position in a list of `distinct` ones, until one does not fit. In a column of texts
    /// each distinct cell is processed once. A position beyond the list is blank.
    #[cfg(feature = "arrow")]
    pub fn extend_by_place<'t>(
        &mut self,
        places: &[usize],
        distinct: usize,
        cell: impl Fn(usize) -> &'t str,
    ) -> Result<(), (usize, Misfit)> {
        let Cells::Texts(texts) = &mut self.cells else { return self.extend(places.iter().map(|&place| cell(place))) };
        texts.push_by_place(places, distinct, cell, &self.reading, &mut self.blanks);
        Ok(())
    }

    /// Adds the cells at these places of a text, with any padding and quotes, until one does not fit. The error is its
    /// position among them and the reason.
    pub fn extend_from(&mut self, text: &str, places: Places) -> Result<(), (usize, Misfit)> {
        let Self { reading, usual, cells, blanks } = self;
        each_kind!(cells, into => {
            let start = into.len();
            if start == 0 {
                into.begin();
            }
            loop {
                if *usual {
                    into.push_usual(text, places.iter(into.len() - start));
                }
                let at = into.len() - start;
                let Some((start, end)) = places.iter(at).next() else { return Ok(()) };
                let cell = cell::unquoted(&text[start as usize..end as usize]);
                push(into, &cell, reading, blanks).map_err(|misfit| (at, misfit))?;
            }
        })
    }

    /// Adds one cell.
    pub fn push(&mut self, cell: &str) -> Result<(), Misfit> {
        each_kind!(&mut self.cells, into => push(into, cell, &self.reading, &mut self.blanks))
    }

    /// Adds a number in the format of programs, regardless of the format of the column's texts.
    pub fn push_number(&mut self, number: &str) -> Result<(), Misfit> {
        match &mut self.cells {
            Cells::Numbers(into) if self.reading.numbers != NumberFormat::default() => {
                let reading = Reading { blanks: self.reading.blanks.clone(), ..Reading::plain(ColumnType::Number) };
                push(into, number, &reading, &mut self.blanks)
            }
            _ => self.push(number),
        }
    }

    /// The column that holds the currency of each amount.
    pub fn currencies(&self) -> Option<&Arc<str>> {
        self.reading.currencies.as_ref()
    }

    /// The currencies beside the amounts added since the last call, with their positions among those added since
    /// [`finish`](Self::finish).
    pub fn take_marks(&mut self) -> Vec<(usize, &'static str)> {
        each_kind!(&mut self.cells, cells => cells.take_marks())
    }

    /// The memory that is kept from batch to batch.
    pub fn kept(&self) -> usize {
        each_kind!(&self.cells, cells => cells.kept())
    }

    /// Returns the values added since the last call. The scale of numbers and the texts are kept for the next batch.
    pub fn finish(&mut self) -> Vector {
        let values = each_kind!(&mut self.cells, cells => cells.finish());
        Vector { causes: causes(values.len(), &mut self.blanks), values }
    }
}

/// The causes of `len` values, of which those at the positions `blanks` are blank.
fn causes(len: usize, blanks: &mut Vec<usize>) -> Option<Vec<Option<Cause>>> {
    if blanks.is_empty() {
        return None;
    }
    let mut causes = vec![None; len];
    for at in blanks.drain(..) {
        causes[at] = Some(Cause::Blank);
    }
    Some(causes)
}

/// Takes the values out and reserves the same capacity.
fn take<T>(values: &mut Vec<T>) -> Vec<T> {
    let room = Vec::with_capacity(values.len());
    std::mem::replace(values, room)
}

/// The positions of the cells of one column in a text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Places<'a> {
    /// The boundaries of the cells of all columns, row after row. The first is [`Places::BEFORE`], followed by the
    /// position of each delimiter and line end.
    pub bounds: &'a [u32],
    /// The number of columns.
    pub width: usize,
    /// The index of the column.
    pub column: usize,
    /// The number of cells to read.
    pub rows: usize,
}

impl<'a> Places<'a> {
    /// The boundary before the first cell.
    pub const BEFORE: u32 = u32::MAX;

    /// The start and the end of each cell, beginning with `row`.
    #[inline]
    pub fn iter(self, row: usize) -> impl Iterator<Item = (u32, u32)> + use<'a> {
        let mut bounds = &self.bounds[row * self.width..self.rows * self.width + 1];
        bounds = bounds.get(self.column..).unwrap_or_default();
        std::iter::from_fn(move || {
            let &[before, end] = bounds.first_chunk()?;
            bounds = bounds.get(self.width..).unwrap_or_default();
            Some((before.wrapping_add(1), end))
        })
    }
}

/// Collects cells of one type.
trait Collect {
    fn len(&self) -> usize;

    /// Called before the first cell of a batch.
    fn begin(&mut self) {}

    fn push_blank(&mut self);

    /// Adds a cell that is not blank.
    fn push(&mut self, cell: &str, reading: &Reading) -> Result<(), Misfit>;

    /// Adds the cells at some places of a text, up to the first that does not have the usual form.
    fn push_usual(&mut self, _text: &str, _places: impl Iterator<Item = (u32, u32)>) {}

    /// The currencies beside amounts, with their positions.
    fn take_marks(&mut self) -> Vec<(usize, &'static str)> {
        vec![]
    }

    /// The memory that is kept from batch to batch.
    fn kept(&self) -> usize {
        0
    }

    fn finish(&mut self) -> Values;
}

/// Parses cells of the usual form of a column directly from their bytes.
trait Usual {
    type Value;

    /// The value of the cell at `start..end` of a text. None if the cell has another form.
    fn read(&mut self, text: &str, start: u32, end: u32) -> Option<Self::Value>;
}

/// Adds the values of the cells at some places of a text, up to the first cell of another form.
#[multiversion(targets("x86_64+avx2+bmi1+bmi2+lzcnt+popcnt"))]
fn push_while<U: Usual>(into: &mut Vec<U::Value>, mut usual: U, text: &str, places: impl Iterator<Item = (u32, u32)>) {
    for (start, end) in places {
        let mut value = usual.read(text, start, end);
        if value.is_none()
            && let [b'"', _, .., b'"'] = &text.as_bytes()[start as usize..end as usize]
        {
            value = usual.read(text, start + 1, end - 1);
        }
        match value {
            Some(value) => into.push(value),
            None => return,
        }
    }
}

/// Adds any cell.
#[inline(never)]
fn push(into: &mut impl Collect, cell: &str, reading: &Reading, blanks: &mut Vec<usize>) -> Result<(), Misfit> {
    if into.len() == 0 {
        into.begin();
    }
    let cell = cell::tidy(cell);
    if !reading.is_blank(cell) {
        return into.push(cell, reading);
    }
    blanks.push(into.len());
    into.push_blank();
    Ok(())
}

/// Truth values.
#[derive(Default)]
struct Booleans(Vec<bool>);

impl Collect for Booleans {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn push_blank(&mut self) {
        self.0.push(false);
    }

    fn push(&mut self, cell: &str, reading: &Reading) -> Result<(), Misfit> {
        truth(cell, reading.declared).map(|value| self.0.push(value))
    }

    fn finish(&mut self) -> Values {
        Values::Booleans(take(&mut self.0))
    }
}

/// Collects the cells of a column that has only blank cells.
#[derive(Default)]
struct Nothing(usize);

impl Collect for Nothing {
    fn len(&self) -> usize {
        self.0
    }

    fn push_blank(&mut self) {
        self.0 += 1;
    }

    fn push(&mut self, _: &str, _: &Reading) -> Result<(), Misfit> {
        Err(Misfit::Unexpected)
    }

    fn finish(&mut self) -> Values {
        Values::Nothing(std::mem::take(&mut self.0))
    }
}

/// A declared truth value can also be written as 1 or 0.
fn truth(cell: &str, declared: bool) -> Result<bool, Misfit> {
    match cell {
        "1" if declared => Ok(true),
        "0" if declared => Ok(false),
        _ => cell::boolean(cell),
    }
}
