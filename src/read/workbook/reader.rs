//! Reads the cells of a sheet.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::Path;
use std::sync::Arc;

use calamine::{Cell, DataRef, DataType, Dimensions, ExcelDateTime, ExcelDateTimeType, Reader, Xlsx, XlsxError};

use super::archive::{self, Archive};
use crate::alike;
use crate::budget::Charge;
use crate::data::{Declaration, Formatting, Table, totals};
use crate::diagnostic::{CellPlace, Code, Diagnostic, did_you_mean};
use crate::read::area::Area;
use crate::read::cell::tidy;
use crate::read::formatting::none_left;
use crate::read::input::Input;
use crate::read::misfit::text_remedy;
use crate::read::names;
use crate::read::panics::guarded;
use crate::read::untyped::{UntypedTable, ValueKind};
use crate::read::wall::CELL_BYTES;

/// The number of cells in a row of a sheet, as in Excel.
const MAX_COLUMNS: usize = 16_384;

/// Reads a sheet of an Excel workbook into memory under a dataset's name: the declared sheet, or the only one.
///
/// The first row that is not empty contains the column names, unless the declaration names another row, or none. Empty rows and columns are ignored. A workbook stores
/// binary numbers; they are read with the 15 digits that Excel shows, and whole numbers with all digits. A column is
/// rejected when it is needed if a cell holds an error (`#N/A`, unless it is declared as `blank`), a time of day or a
/// part of a merged cell, or if it mixes types.
///
/// # Errors
/// A file that is not a workbook, a sheet that does not exist or is ambiguous, and columns without a unique name.
pub fn open(name: &str, path: &Path, declaration: &Declaration) -> Result<Table, Vec<Diagnostic>> {
    open_input(name, Input::file(path), declaration)
}

/// The same, of an input.
pub(in crate::read) fn open_input(
    name: &str,
    input: Input,
    declaration: &Declaration,
) -> Result<Table, Vec<Diagnostic>> {
    let (sheet, rows) = guarded(&input, || read(&input, declaration)).map_err(|error| vec![error])?;
    let (mut charge, what) = (input.budget.charge(), format!("the table of `{}`", input.label));
    charge.grow(rows.table.table_bytes(), &what).map_err(|error| vec![error])?;
    let mut table = rows.table.into_table(name, &input.label, declaration, false)?;
    charge.resize(table.bytes(), &what).map_err(|error| vec![error])?;
    table = table.charged(charge);
    let cell = |place: &CellPlace| cell_named(place, &rows.columns, &sheet);
    for (_, reason) in &mut table.refused {
        if let Some(cell) = reason.cell.as_ref().and_then(cell) {
            reason.message += &format!(" ({cell})");
        }
    }
    for column in table.schema.columns.values_mut() {
        let Some(evidence) = &column.evidence else { continue };
        let remedy = column.remedy.take().unwrap_or_else(|| text_remedy(evidence.cell.as_deref().unwrap_or_default()));
        column.remedy = Some(cell(evidence).map_or(remedy.clone(), |cell| format!("{remedy} ({cell})")));
    }
    let formatting = &declaration.formatting;
    let range = formatting.range.as_ref().map_or(String::new(), |range| format!(", cells {range}"));
    let message = format!("read as a workbook: sheet `{sheet}`{range}{}", left_out(formatting.skip_last));
    let note = Diagnostic { usual: true, ..Diagnostic::note(Code::DataNote, message) };
    table.notes.push(note.in_data(input.place(None)));
    table.notes.extend(totals::of_table(&table));
    Ok(table)
}

/// Says that rows at the end are left out.
fn left_out(rows: u32) -> String {
    match rows {
        0 => String::new(),
        1 => ", without the last row".into(),
        rows => format!(", without the last {rows} rows"),
    }
}

fn read(input: &Input, declaration: &Declaration) -> Result<(String, Rows), Diagnostic> {
    let archive = archive::open(input)?;
    let broken = |error: XlsxError| {
        let message = format!("cannot read `{}` as a workbook: {error}", input.label);
        Diagnostic::error(Code::Unreadable, message).in_data(input.place(None))
    };
    let Archive { bytes, held: _bytes, memory, charge: _texts } = archive;
    let mut workbook = Xlsx::new(bytes).map_err(broken)?;
    let sheet = choose(&workbook.sheet_names(), declaration.formatting.sheet.as_deref(), input)?;
    let merged = workbook.merge_cells_by_sheet_name(&sheet).map_err(broken)?;
    let mut rows = Rows::new(&declaration.formatting, memory.charge());
    if declaration.formatting.skip_last > 0 {
        let mut cells = workbook.worksheet_cells_reader(&sheet).map_err(broken)?;
        rows.leave_out(declaration.formatting.skip_last, input, || {
            let cell = cells.next_cell_with_formula_metadata().map_err(broken)?;
            Ok(cell.map(|cell| (cell.pos, is_blank(&cell.value))))
        })?;
    }
    let mut cells = workbook.worksheet_cells_reader(&sheet).map_err(broken)?;
    let mut row: Vec<Cell<DataRef>> = vec![];
    while let Some(cell) = cells.next_cell_with_formula_metadata().map_err(|error| behind(broken(error), row.last()))? {
        if !rows.area.contains(cell.pos) || cell.pos.0 >= rows.left_out {
            continue;
        }
        if row.first().is_some_and(|first| first.get_position().0 != cell.pos.0) {
            rows.add(&row, input)?;
            row.clear();
        }
        match (&cell.value, cell.formula) {
            (DataRef::Empty, None) => {}
            (DataRef::Empty, Some(_)) => rows.never_computed.push(cell.pos),
            _ => row.push(Cell::new(cell.pos, cell.value)),
        }
        if row.len() > MAX_COLUMNS {
            let message = format!("expected at most {MAX_COLUMNS} cells in a row");
            let line = u64::from(cell.pos.0) + 1;
            return Err(Diagnostic::error(Code::LimitReached, message).in_data(input.place(Some(line))));
        }
    }
    rows.add(&row, input)?;
    rows.check_names(input)?;
    rows.reject_never_computed(input);
    rows.reject_merged(&merged, input);
    Ok((sheet, rows))
}

/// Adds a hint about the last cell that was read before an error.
fn behind(error: Diagnostic, last: Option<&Cell<DataRef>>) -> Diagnostic {
    error.maybe_hint(last.map(|cell| format!("the error is after cell {}", spelled_place(cell.get_position()))))
}

fn choose(sheets: &[String], requested: Option<&str>, input: &Input) -> Result<String, Diagnostic> {
    let error = |message: String| Diagnostic::error(Code::BadProperty, message).in_data(input.place(None));
    let names = || sheets.iter().map(String::as_str);
    let list = || names().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    match (requested, sheets) {
        (Some(requested), _) if names().any(|name| name == requested) => Ok(requested.to_string()),
        (Some(requested), _) => Err(error(format!("the workbook has no sheet `{requested}`"))
            .hint(did_you_mean(requested, names()).unwrap_or_else(|| format!("its sheets are {}", list())))),
        (None, [only]) => Ok(only.clone()),
        (None, _) => Err(error(format!("the workbook has several sheets: {}", list())).hint(format!(
            "add `sheet \"{0}\"` to the dataset's block, or to the file: `{1}#{0}`",
            sheets[0], input.label
        ))),
    }
}

/// The rows of a sheet read so far.
struct Rows {
    /// The names by position, once the row with the names was read.
    columns: BTreeMap<u32, Arc<str>>,
    /// The row of the names, once it was read.
    header: Option<u32>,
    /// The declared row of the names, or `Some(None)` if there are no names.
    declared: Option<Option<u32>>,
    /// The cells that are read.
    area: Area,
    /// The first row at the end that is left out.
    left_out: u32,
    table: UntypedTable,
    /// Cells with a formula whose value has never been computed.
    never_computed: Vec<(u32, u32)>,
    blanks: Vec<Arc<str>>,
    memory: Charge,
}

impl Rows {
    fn new(formatting: &Formatting, memory: Charge) -> Self {
        let mut area = formatting.range.as_deref().and_then(Area::of).unwrap_or_else(Area::all);
        let declared = formatting.header.map(|row| row.checked_sub(1));
        if let Some(Some(row)) = declared {
            area.rows = row.max(*area.rows.start())..=*area.rows.end();
        }
        Self {
            columns: BTreeMap::new(),
            header: None,
            declared,
            area,
            left_out: u32::MAX,
            table: UntypedTable::default(),
            never_computed: vec![],
            blanks: formatting.blank.clone(),
            memory,
        }
    }

    /// Finds the last rows that are not empty. `next` returns the place of each cell, and if it is blank.
    fn leave_out(
        &mut self,
        count: u32,
        input: &Input,
        mut next: impl FnMut() -> Result<Option<((u32, u32), bool)>, Diagnostic>,
    ) -> Result<(), Diagnostic> {
        let mut last = VecDeque::new();
        let (mut first, mut rows) = (None, 0_u64);
        while let Some((place, is_blank)) = next()? {
            input.budget.spend(1, "looking for the last rows of a sheet")?;
            if is_blank || !self.area.contains(place) || last.back() == Some(&place.0) {
                continue;
            }
            first.get_or_insert(place.0);
            rows += 1;
            last.push_back(place.0);
            if last.len() > count as usize {
                last.pop_front();
            }
        }
        // The row of the names is not one of the rows that are left out.
        let names = if self.declared == Some(None) { None } else { first };
        let rows = rows.saturating_sub(u64::from(names.is_some()));
        if rows > 0 && rows <= u64::from(count) {
            return Err(none_left(count, rows, input));
        }
        if let Some(&row) = last.iter().find(|&&row| Some(row) != names) {
            self.left_out = row;
        }
        Ok(())
    }

    /// Checks that the names of the columns were found.
    fn check_names(&self, input: &Input) -> Result<(), Diagnostic> {
        let message = match self.declared {
            _ if !self.columns.is_empty() => return Ok(()),
            Some(None) => "the sheet is empty: the number of its columns is unknown".into(),
            Some(Some(row)) => format!("row {} is empty or missing: expected column names", row + 1),
            None => "the sheet is empty: expected column names in the first row".into(),
        };
        Err(Diagnostic::error(Code::BadTable, message).in_data(input.place(None)))
    }

    fn add(&mut self, row: &[Cell<DataRef>], input: &Input) -> Result<(), Diagnostic> {
        input.budget.spend(row.len(), "reading a workbook")?;
        let is_blank = |cell: &Cell<DataRef>| is_blank(cell.get_value());
        let Some(first) = row.iter().find(|cell| !is_blank(cell)) else { return Ok(()) };
        let (at, line) = (first.get_position().0, u64::from(first.get_position().0) + 1);
        match self.declared {
            Some(None) => self.number_columns(row, line, input)?,
            Some(Some(header)) if self.columns.is_empty() && at != header => return self.check_names(input),
            _ if self.columns.is_empty() => {
                self.header = Some(at);
                return self.learn_names(row, line, input);
            }
            _ => {}
        }
        let texts: usize = row.iter().map(|cell| cell.get_value().get_string().map_or(0, str::len)).sum();
        let bytes = self.columns.len() * CELL_BYTES + texts;
        let counted = self.memory.grow(bytes, format_args!("the cells of `{}`, blank ones included,", input.label));
        counted.map_err(|error| error.in_data(input.place(Some(line))))?;
        self.table.begin_row(Some(line));
        row.iter().filter(|cell| !is_blank(cell)).try_for_each(|cell| self.set(cell, line, input))
    }

    /// Names columns without names `c1`, `c2`, … from the first one of the area to the last one of a row.
    fn number_columns(&mut self, row: &[Cell<DataRef>], line: u64, input: &Input) -> Result<(), Diagnostic> {
        let start = *self.area.columns.start();
        let known = self.columns.last_key_value().map_or(start, |(at, _)| at + 1);
        let end = row.last().map_or(0, |cell| cell.get_position().1);
        names::check_count(end.saturating_sub(start) as usize + 1, Some(line), input)?;
        for at in known..=end {
            let name: Arc<str> = format!("c{}", at - start + 1).into();
            self.table.define(&name);
            self.columns.insert(at, name);
        }
        Ok(())
    }

    fn learn_names(&mut self, row: &[Cell<DataRef>], line: u64, input: &Input) -> Result<(), Diagnostic> {
        let name = |cell: &Cell<DataRef>| {
            let name: Arc<str> =
                spelled(cell.get_value()).map_or_else(|_| Arc::from(""), |(_, text)| Arc::from(alike::name(&text)));
            (cell.get_position().1, name)
        };
        let named = row.iter().map(name).filter(|(_, name)| !name.is_empty());
        let (places, mut names): (Vec<u32>, Vec<Arc<str>>) = named.unzip();
        names::check_count(names.len(), Some(line), input)?;
        let twins = names::make_unique(&mut names, |at| format!("column {}", letters(places[at])));
        names.iter().for_each(|name| self.table.define(name));
        for [first, later] in twins {
            let columns = format!("columns {} and {}", letters(places[first]), letters(places[later]));
            let reason = names::both_called(&names[first], &columns).in_data(input.place(Some(line)));
            [first, later].iter().for_each(|&at| self.table.reject(&names[at], reason.clone()));
        }
        self.columns = places.into_iter().zip(names).collect();
        Ok(())
    }

    fn set(&mut self, cell: &Cell<DataRef>, line: u64, input: &Input) -> Result<(), Diagnostic> {
        let (_, at) = cell.get_position();
        let Some(name) = self.columns.get(&at) else {
            // A single name is probably a title. A column without a name cannot be referenced.
            return if self.columns.len() < 2 { Err(self.nameless(cell, line, input)) } else { Ok(()) };
        };
        match spelled(cell.get_value()) {
            Ok((kind, text)) => {
                self.table.set(name, kind, &text);
            }
            Err(_) if self.blanks.iter().any(|blank| **blank == *shown(cell.get_value())) => {
                self.table.set(name, ValueKind::Blank, "");
            }
            Err(reason) => {
                self.table.set(name, ValueKind::Blank, "");
                let cell = Some(shown(cell.get_value()));
                let place = CellPlace { column: Some(name.to_string()), cell, ..input.place(Some(line)) };
                self.table.reject(name, reason.in_data(place));
            }
        }
        Ok(())
    }

    fn nameless(&self, cell: &Cell<DataRef>, line: u64, input: &Input) -> Diagnostic {
        let place = spelled_place(cell.get_position());
        let message = format!("cell {place} is in a column without a name");
        Diagnostic::error(Code::BadTable, message)
            .in_data(CellPlace { cell: Some(shown(cell.get_value())), ..input.place(Some(line)) })
            .hint(format!(
                "column names are read from row {}: if they are in another row, add for example `header {}` to the dataset's block",
                self.header.map_or(1, |row| row + 1),
                line
            ))
    }

    /// Rejects columns with formulas without a stored value. Reading these cells as blank would silently lose values.
    fn reject_never_computed(&mut self, input: &Input) {
        for (row, at) in std::mem::take(&mut self.never_computed) {
            let Some(name) = self.columns.get(&at).filter(|name| self.header < Some(row) && !self.table.rejects(name))
            else {
                continue;
            };
            let reason = Diagnostic::error(Code::BadTable, "the formula in this cell has no stored value")
                .hint("open the workbook in a spreadsheet program and save it to store the computed values");
            let place = CellPlace { column: Some(name.to_string()), ..input.place(Some(u64::from(row) + 1)) };
            self.table.reject(name, reason.in_data(place));
        }
    }

    /// Rejects the columns of merged cells below the names. Only the first row of a merged cell has the value, and it
    /// is unknown whether that value belongs to each row or to all of them together.
    fn reject_merged(&mut self, regions: &[Dimensions], input: &Input) {
        let mut open: BTreeSet<u32> = self.columns.keys().copied().collect();
        for region in regions.iter().filter(|region| {
            self.header < Some(region.end.0)
                && region.start.0 < self.left_out.min(self.area.rows.end().saturating_add(1))
                && region.start.1 <= region.end.1
        }) {
            let (from, to) = (spelled_place(region.start), spelled_place(region.end));
            // A region can span more columns than the sheet has.
            let merged: Vec<u32> = open.range(region.start.1..=region.end.1).copied().collect();
            for at in merged {
                open.remove(&at);
                let name = &self.columns[&at];
                let reason = Diagnostic::error(Code::BadTable, format!("the cells {from}:{to} are merged into one"))
                    .hint("unmerge the cells and enter the value in each row");
                let line = Some(u64::from(region.start.0) + 1);
                let place = CellPlace { column: Some(name.to_string()), ..input.place(line) };
                self.table.reject(name, reason.in_data(place));
            }
        }
    }
}

/// Returns true for an empty cell, or one that holds nothing but white space.
fn is_blank(cell: &DataRef) -> bool {
    matches!(spelled(cell), Ok((_, text)) if text.is_empty())
}

/// The name of a cell in the workbook: `cell B7 of the sheet …`.
fn cell_named(place: &CellPlace, columns: &BTreeMap<u32, Arc<str>>, sheet: &str) -> Option<String> {
    let (at, _) = columns.iter().find(|(_, name)| Some(&***name) == place.column.as_deref())?;
    let row = u32::try_from(place.line?).unwrap_or(u32::MAX).saturating_sub(1);
    Some(format!("cell {} of the sheet `{sheet}`", spelled_place((row, *at))))
}

/// Spells a cell reference: `B7` for row 6 and column 1.
fn spelled_place((row, column): (u32, u32)) -> String {
    format!("{}{}", letters(column), u64::from(row) + 1)
}

/// Spells a column: `B` for column 1.
fn letters(column: u32) -> String {
    let mut letters = vec![];
    let mut left = column + 1;
    while left > 0 {
        letters.push(char::from(b'A' + ((left - 1) % 26) as u8));
        left = (left - 1) / 26;
    }
    letters.iter().rev().collect()
}

/// The type and the text of a cell. Dates are in ISO format.
fn spelled(cell: &DataRef) -> Result<(ValueKind, String), Diagnostic> {
    let refused = |message: &str| Err(Diagnostic::error(Code::BadCell, message));
    Ok(match cell {
        DataRef::Empty => (ValueKind::Blank, String::new()),
        DataRef::Int(value) => (ValueKind::Number, value.to_string()),
        DataRef::Float(value) if value.is_finite() => (ValueKind::Number, number(*value)),
        DataRef::Float(_) => return refused("expected a finite number"),
        DataRef::String(text) => (ValueKind::Text, tidy(text).to_string()),
        DataRef::SharedString(text) => (ValueKind::Text, tidy(text).to_string()),
        DataRef::Bool(value) => (ValueKind::Boolean, value.to_string()),
        DataRef::DateTime(moment) if moment.is_datetime() && !is_on_calendar(moment) => {
            let message =
                format!("the date has the serial number {}, which is not a day from 1900 to 9999", moment.as_f64());
            return Err(Diagnostic::error(Code::BadCell, message)
                .hint("if it is a number, give the cell a number format; otherwise correct the date"));
        }
        DataRef::DateTime(moment) if moment.is_datetime() => (ValueKind::Date, iso(moment)),
        DataRef::DateTimeIso(text) => (ValueKind::Date, text.clone()),
        DataRef::DateTime(_) | DataRef::DurationIso(_) => {
            return refused("expected a number, a text or a date, found a duration");
        }
        DataRef::Error(error) => {
            return Err(Diagnostic::error(Code::BadCell, format!("the formula in this cell evaluates to `{error}`"))
                .hint(format!(
                    "if `{error}` means that there is no value, add `blank \"{error}\"` to the dataset's block"
                )));
        }
    })
}

/// A cell as text, for a message.
fn shown(cell: &DataRef) -> String {
    match (cell, spelled(cell)) {
        (_, Ok((_, text))) => crate::read::cell::excerpt(&text),
        (DataRef::Error(error), _) => error.to_string(),
        (DataRef::DateTime(duration), _) => duration.as_f64().to_string(),
        (DataRef::DurationIso(text), _) => crate::read::cell::excerpt(text),
        _ => String::new(),
    }
}

/// The digits that Excel shows for a binary number: at most 15, so that 0.1 + 0.2 is 0.3.
fn number(value: f64) -> String {
    if value.fract() == 0.0 {
        return value.to_string();
    }
    let shown = format!("{value:.14e}").parse::<f64>();
    shown.unwrap_or(value).to_string()
}

/// Returns true if a serial number is a day. Days are counted from 1900-01-01, which is 1, or from 1904-01-01, which is
/// 0, up to 9999-12-31.
fn is_on_calendar(moment: &ExcelDateTime) -> bool {
    let serial = moment.as_f64();
    let from_1904 = *moment == ExcelDateTime::new(serial, ExcelDateTimeType::DateTime, true);
    let days = if from_1904 { 0.0..2_957_004.0 } else { 1.0..2_958_466.0 };
    days.contains(&serial)
}

fn iso(moment: &ExcelDateTime) -> String {
    let (year, month, day, hour, minute, second, milli) = moment.to_ymd_hms_milli();
    let date = format!("{year:04}-{month:02}-{day:02}");
    match (hour, minute, second, milli) {
        (0, 0, 0, 0) => date,
        _ => format!("{date}T{hour:02}:{minute:02}:{second:02}.{milli:03}"),
    }
}
