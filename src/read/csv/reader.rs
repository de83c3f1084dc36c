//! Reads the records of a CSV text into batches of columns, on several threads.

use std::sync::Arc;

use indexmap::IndexMap;

use super::dialect::{Dialect, bad_table};
use super::lines::Lines;
use super::sample::{self, Sample};
use super::split::{BadQuote, Ends};
use crate::budget::Budget;
use crate::data::{Batch, BytesRead, ColumnId, ColumnType, Dataset, Declaration, Scan, Schema, Table, totals};
use crate::diagnostic::{CellPlace, Code, Diagnostic};
use crate::read::blocks::{BYTES_PER_BYTE, Block, BlockReader, Blocks};
use crate::read::cell::{self, Misfit, unquoted};
use crate::read::column::{ColumnBuilder, Places};
use crate::read::detect::{self, Decided, Refusal};
use crate::read::input::Input;
use crate::read::parts::{Part, Parts, check_columns};
use crate::read::sample::Size;
use crate::read::tally::{Seen, Tally};
use crate::read::{misfit, names, notes};
use crate::value::Vector;

/// A CSV file that is read again at each scan.
#[derive(Debug)]
pub struct CsvFile {
    name: Arc<str>,
    input: Input,
    dialect: Dialect,
    schema: Schema,
    columns: Vec<Decided>,
    size: Size,
    notes: Vec<Diagnostic>,
}

impl CsvFile {
    /// Opens a CSV text under a dataset's name.
    pub(in crate::read) fn open(
        name: &str,
        mut input: Input,
        declaration: &Declaration,
    ) -> Result<Self, Vec<Diagnostic>> {
        let sample = sample::take(&mut input, declaration).map_err(|error| vec![error])?;
        let semicolons = sample.dialect.delimiter == b';';
        let columns = detect::decide(&sample.dialect.names, &sample.tallies, declaration, semicolons);
        Self::with_columns(name, input, &sample, columns, declaration)
    }

    /// Opens several texts as the files of one dataset. The formats follow from the cells of all of them.
    pub(in crate::read) fn open_several(
        name: &str,
        mut inputs: Vec<Input>,
        declaration: &Declaration,
    ) -> Result<Parts, Vec<Diagnostic>> {
        let (mut samples, mut names, mut tallies): (Vec<Sample>, Vec<Arc<str>>, Vec<Tally>) = Default::default();
        let first_label = inputs.first().map(|input| input.label.clone()).unwrap_or_default();
        for (file, input) in (0..).zip(&mut inputs) {
            let mut sample = sample::take(input, declaration).map_err(|error| vec![error])?;
            let found = &sample.dialect.names;
            if samples.is_empty() {
                (names, tallies) = (found.clone(), vec![Tally::default(); found.len()]);
            }
            let compared = [(&*first_label, names.iter().collect()), (&*input.label, found.iter().collect())];
            check_columns(&compared).map_err(|error| vec![error])?;
            for (at, tally) in places(found, &names).into_iter().zip(&mut sample.tallies) {
                tallies[at].merge(tally.clone().in_file(file));
                tally.condense();
            }
            samples.push(sample);
        }
        let Some(first) = samples.first() else { return Ok(Parts::default()) };
        let semicolons = samples.iter().any(|sample| sample.dialect.delimiter == b';');
        let decided = detect::decide(&names, &tallies, declaration, semicolons);
        let notes = notes::of_csv(&inputs[0], &first.dialect, &decided, &declaration.formatting);
        let (columns, refused) = detect::of_several(&names, &decided, &inputs, |problem, _, _| problem);
        let mut files = vec![];
        for (input, sample) in inputs.into_iter().zip(&samples) {
            let order = places(&sample.dialect.names, &names);
            let own = order.into_iter().map(|at| decided[at].format_alone()).collect();
            let dataset = Box::new(Self::with_columns(name, input, sample, own, declaration)?);
            let columns =
                places(&names, &sample.dialect.names).into_iter().map(|at| Some(ColumnId(at as u32))).collect();
            files.push(Part { dataset, columns });
        }
        Ok(Parts { columns, files, refused, notes })
    }

    /// A file with these columns.
    fn with_columns(
        name: &str,
        input: Input,
        sample: &Sample,
        mut columns: Vec<Decided>,
        declaration: &Declaration,
    ) -> Result<Self, Vec<Diagnostic>> {
        let dialect = sample.dialect.clone();
        reject_twins(&dialect, &mut columns);
        reject_data_as_names(&dialect, &columns, &input).map_err(|error| vec![error])?;
        let described =
            dialect.names.iter().zip(&columns).map(|(name, decided)| (name.clone(), decided.schema(name, &input)));
        let schema = Schema::new(described.collect::<IndexMap<_, _>>(), declaration, &input.label)?;
        let notes = notes::of_csv(&input, &dialect, &columns, &declaration.formatting);
        let (size, tallies) = (sample.size(&input), &sample.tallies);
        let mut file = Self { name: name.into(), input, dialect, schema, columns, size, notes };
        file.notes.extend(file.totals(tallies, sample.whole, sample.last_is_headless));
        Ok(file)
    }

    /// All rows, in memory.
    pub(super) fn into_table(self) -> Result<Table, Diagnostic> {
        let all: Vec<ColumnId> = (0..self.columns.len() as u32).map(ColumnId).collect();
        self.reject(&all)?;
        let (columns, rows) = self.blocks(&Budget::unlimited())?.into_columns(Worker::new(&self, &all))?;
        Ok(Table::new(self.name, self.schema, columns, rows, self.notes))
    }

    /// Warns about totals rows. If the whole file was inspected, its numbers are checked.
    fn totals(&self, tallies: &[Tally], whole: bool, last_is_headless: bool) -> Vec<Diagnostic> {
        let texts = (0..).map(ColumnId).zip(tallies).filter(|(id, _)| self.schema.column(*id).ty == ColumnType::Text);
        let named: Vec<_> = texts.filter_map(|(id, tally)| Some((id, tally.total(whole)?))).collect();
        match named.iter().min_by_key(|(_, seen)| seen.at) {
            Some(_) if whole => totals::warnings(self, &named.iter().map(|(id, _)| *id).collect::<Vec<_>>()),
            Some((id, seen)) => vec![totals::unverified(seen.place(self.schema.name(*id), &self.input))],
            None if whole && last_is_headless => {
                let others = totals::columns_of(&self.schema, |ty| ty != ColumnType::Number);
                totals::warnings(self, &others.collect::<Vec<_>>())
            }
            None => vec![],
        }
    }

    fn blocks(&self, budget: &Budget) -> Result<Blocks<'_, Lines>, Diagnostic> {
        Blocks::new(&self.input, self.dialect.body as u64, Lines { delimiter: self.dialect.delimiter }, budget)
    }

    /// The lines of rows in ascending order. The records before them are counted again.
    fn lines_of(&self, rows: &[u64]) -> Option<Vec<u64>> {
        let rows: Vec<usize> = rows.iter().map(|row| usize::try_from(*row).ok()).collect::<Option<_>>()?;
        let mut ends = Ends::default();
        let starts = self.blocks(&Budget::unlimited()).ok()?.starts_of(&rows, |block| {
            let text = block.bytes();
            let _ = ends.find(text, self.dialect.delimiter);
            let records = ends.records(text).filter(|record| self.dialect.names.len() == 1 || !record.is_blank(text));
            Some(records.map(|record| block.offset + record.start() as u64).collect())
        });
        self.input.lines(&starts?)
    }

    /// Returns the error of the first requested column that cannot be read.
    fn reject(&self, columns: &[ColumnId]) -> Result<(), Diagnostic> {
        let refused = columns.iter().filter_map(|id| Some((id, self.columns[id.0 as usize].refused.as_ref()?)));
        match refused.min_by_key(|(id, _)| **id) {
            None => Ok(()),
            Some((id, refusal)) => {
                let place = refusal.cell.place(self.schema.name(*id), &self.input);
                Err(refusal.diagnostic(|at| self.input.line(at), place))
            }
        }
    }
}

/// The position of each name among others, which contain it.
fn places(names: &[Arc<str>], among: &[Arc<str>]) -> Vec<usize> {
    let known: hashbrown::HashMap<&Arc<str>, usize> = among.iter().zip(0..).collect();
    names.iter().filter_map(|name| known.get(name).copied()).collect()
}

/// Rejects columns with equal names, because a reference to them is ambiguous.
fn reject_twins(dialect: &Dialect, columns: &mut [Decided]) {
    for [first, later] in &dialect.twins {
        let name = &dialect.names[*first];
        let diagnostic = names::both_called(name, &format!("columns {} and {}", first + 1, later + 1));
        let cell = Seen { cell: name.clone(), at: dialect.start as u64, file: 0 };
        for at in [*first, *later] {
            columns[at].refused = Some(Refusal { diagnostic: diagnostic.clone(), cell: cell.clone(), other: None });
        }
    }
}

/// Rejects a table whose first line is data: the name of each column without texts is a valid cell of that column.
fn reject_data_as_names(dialect: &Dialect, columns: &[Decided], input: &Input) -> Result<(), Diagnostic> {
    if dialect.is_declared {
        return Ok(());
    }
    let fits = |name: &str, decided: &Decided| ColumnBuilder::new(&decided.reading).push(name).is_ok();
    let is_typed = |decided: &&Decided| !matches!(decided.reading.ty, ColumnType::Text | ColumnType::Unknown);
    let mut typed = dialect.names.iter().zip(columns).filter(|(_, decided)| is_typed(decided)).peekable();
    let Some((name, _)) = typed.peek().map(|(name, decided)| ((*name).clone(), *decided)) else { return Ok(()) };
    if typed.all(|(name, decided)| fits(name, decided)) {
        let message = format!("expected column names in the first line, found data: `{}`", cell::excerpt(&name));
        return Err(bad_table(input, Some(dialect.line), message)
            .hint("add a line of column names above it, or `no header` to the dataset's block"));
    }
    Ok(())
}

impl Dataset for CsvFile {
    fn name(&self) -> &Arc<str> {
        &self.name
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn about_rows(&self) -> Option<u64> {
        self.size.rows
    }

    fn about_distinct(&self, column: ColumnId) -> Option<u64> {
        self.size.distinct(column)
    }

    fn bytes_read(&self) -> Option<BytesRead> {
        self.input.bytes_read()
    }

    fn scan(
        &self,
        scan: &Scan<'_>,
        visit: &(dyn Fn(usize, &Batch) -> Result<(), Diagnostic> + Sync),
    ) -> Result<(), Diagnostic> {
        let (columns, threads, budget) = (scan.columns, scan.threads, &scan.budget);
        self.reject(columns)?;
        self.blocks(budget)?.scan(threads, || Worker::new(self, columns), visit)
    }

    fn place(&self, row: u64) -> CellPlace {
        self.places(&[row]).remove(0)
    }

    fn places(&self, rows: &[u64]) -> Vec<CellPlace> {
        self.input.places(rows, self.lines_of(rows))
    }

    fn notes(&self) -> &[Diagnostic] {
        &self.notes
    }
}

/// Compares the currencies beside the amounts of a block with those that the rows name. The error is the position of a
/// row, as in [`ColumnBuilder::extend_from`].
fn check_marks(
    builder: &mut ColumnBuilder,
    names: &[Arc<str>],
    text: &str,
    places: Places,
) -> Result<(), (usize, Misfit)> {
    let Some(name) = builder.currencies().cloned() else { return Ok(()) };
    let column = names.iter().position(|known| *known == name);
    for (row, mark) in builder.take_marks() {
        let place = column.and_then(|column| Places { column, ..places }.iter(row).next());
        let named = place.map(|(start, end)| unquoted(&text[start as usize..end as usize]));
        misfit::check_currency(mark, named.as_deref().unwrap_or_default()).map_err(|misfit| (row, misfit))?;
    }
    Ok(())
}

/// Turns blocks into columns.
struct Worker<'a> {
    file: &'a CsvFile,
    columns: &'a [ColumnId],
    builders: Vec<ColumnBuilder>,
    ends: Ends,
}

/// A problem in a block: its record, its column and the reason.
struct Trouble {
    record: usize,
    column: usize,
    misfit: Misfit,
}

impl BlockReader<Lines> for Worker<'_> {
    fn bytes(&self, block: &Block) -> usize {
        block.bytes().len() * BYTES_PER_BYTE + self.builders.iter().map(ColumnBuilder::kept).sum::<usize>()
    }

    fn read(&mut self, block: &Block) -> Result<usize, Diagnostic> {
        let text = block.text(&self.file.input)?;
        if let Err(bad) = self.ends.find(text.as_bytes(), self.file.dialect.delimiter) {
            return Err(self.bad_quote(bad, text, block.offset));
        }
        let mut ragged = self.first_ragged(text);
        if ragged.is_some() && self.file.dialect.names.len() > 1 {
            self.ends.remove_blank_lines(text.as_bytes());
            ragged = self.first_ragged(text);
        }
        let rows = ragged.unwrap_or(self.ends.records);
        match (self.read_columns(text, rows), ragged) {
            (Some(trouble), _) => Err(self.bad_cell(&trouble, text, block.offset)),
            (None, Some(record)) => Err(self.ragged(record, text, block.offset)),
            (None, None) => Ok(rows),
        }
    }

    fn finish(&mut self) -> Vec<Vector> {
        self.builders.iter_mut().map(ColumnBuilder::finish).collect()
    }
}

impl<'a> Worker<'a> {
    fn new(file: &'a CsvFile, columns: &'a [ColumnId]) -> Self {
        let builder = |id: &ColumnId| ColumnBuilder::new(&file.columns[id.0 as usize].reading);
        Self { file, columns, builders: columns.iter().map(builder).collect(), ends: Ends::default() }
    }

    /// The first record that has too few or too many cells.
    fn first_ragged(&self, text: &str) -> Option<usize> {
        let (width, ends) = (self.file.dialect.names.len(), &self.ends);
        let is_end = |record: &[u32]| text.as_bytes()[record[record.len() - 1] as usize] == b'\n';
        let even = ends.cells() == ends.records * width && ends.bounds()[1..].chunks_exact(width).all(is_end);
        if even {
            return None;
        }
        ends.records(text.as_bytes()).position(|record| record.ends.len() != width)
    }

    /// Reads column after column. Returns the first problem in the order of the file.
    fn read_columns(&mut self, text: &str, mut rows: usize) -> Option<Trouble> {
        let mut first = None;
        for (id, builder) in self.columns.iter().zip(&mut self.builders) {
            let column = id.0 as usize;
            let width = self.file.dialect.names.len();
            let places = Places { bounds: self.ends.bounds(), width, column, rows };
            let read = builder.extend_from(text, places);
            let names = &self.file.dialect.names;
            if let Err((record, misfit)) = read.and_then(|()| check_marks(builder, names, text, places)) {
                let earlier =
                    first.as_ref().is_none_or(|first: &Trouble| (record, column) < (first.record, first.column));
                if earlier {
                    first = Some(Trouble { record, column, misfit });
                }
                rows = rows.min(record + 1);
            }
        }
        first
    }

    fn place(&self, offset: u64) -> CellPlace {
        self.file.input.place(self.file.input.line(offset))
    }

    fn bad_quote(&self, bad: BadQuote, text: &str, offset: u64) -> Diagnostic {
        let (at, message) = match bad {
            BadQuote::Unclosed(at) => (at, "a quote is never closed"),
            BadQuote::TextAfter(at) => (at, "found text between a closing quote and the next delimiter"),
        };
        let rest = text[at..].split(['\n', char::from(self.file.dialect.delimiter)]).next().unwrap_or_default();
        let cell = CellPlace { cell: Some(cell::excerpt(rest.trim())), ..self.place(offset + at as u64) };
        Diagnostic::error(Code::BadTable, message).in_data(cell).hint("double each quote inside a quoted cell: `\"\"`")
    }

    fn ragged(&self, record: usize, text: &str, offset: u64) -> Diagnostic {
        let found = self.ends.records(text.as_bytes()).nth(record).expect("the record was just counted");
        let cells = |count: usize| if count == 1 { "1 cell".to_string() } else { format!("{count} cells") };
        let line = &text[found.start()..found.ends[found.ends.len() - 1] as usize];
        if line.contains('\0') {
            return Diagnostic::error(
                Code::BadTable,
                "the line contains NUL bytes: the file is damaged or is not a text file",
            )
            .in_data(self.place(offset + found.start() as u64))
            .hint("export the file again");
        }
        let (names, first) = (cells(self.file.dialect.names.len()), self.file.dialect.first());
        let message = format!("expected {names} as in {first}, found {}", found.ends.len());
        let more = found.ends.len() > self.file.dialect.names.len();
        let quoted = match line.trim_end_matches('\r').contains('\r') {
            true => "a carriage return is inside the line: save the file with one kind of line ends, LF or CRLF",
            false => "put a cell that contains the delimiter in double quotes",
        };
        Diagnostic::error(Code::BadTable, message)
            .in_data(self.place(offset + self.after_blank_lines(text, found.start())))
            .maybe_hint(more.then_some(quoted))
    }

    /// The position of a cell without the blank lines before it, which belong to it.
    fn after_blank_lines(&self, text: &str, start: usize) -> u64 {
        let delimiter = char::from(self.file.dialect.delimiter);
        let is_blank = |line: &&str| line.ends_with('\n') && line.trim().is_empty() && !line.contains(delimiter);
        let blank: usize = text[start..].split_inclusive('\n').take_while(is_blank).map(str::len).sum();
        (start + if start + blank < text.len() { blank } else { 0 }) as u64
    }

    fn bad_cell(&self, trouble: &Trouble, text: &str, offset: u64) -> Diagnostic {
        let (width, name) = (self.file.dialect.names.len(), &self.file.dialect.names[trouble.column]);
        let bounds = self.ends.bounds();
        let places = Places { bounds, width, column: trouble.column, rows: trouble.record + 1 };
        let (start, end) = places.iter(trouble.record).next().expect("the record was just read");
        let cell = cell::excerpt(&unquoted(&text[start as usize..end as usize]));
        let place = CellPlace {
            column: Some(name.to_string()),
            cell: Some(cell.clone()),
            ..self.place(offset + self.after_blank_lines(text, start as usize))
        };
        let reading = &self.file.columns[trouble.column].reading;
        misfit::bad_cell(name, &cell, trouble.misfit, reading).in_data(place)
    }
}
