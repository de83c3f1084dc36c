//! Reads the requested columns of a Parquet file, row group by row group, on several threads.

use std::sync::Arc;

use arrow_schema::{DataType, Field, Fields, Schema as ArrowSchema};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};
use parquet::errors::ParquetError;
use parquet::file::metadata::RowGroupMetaData;

use super::footer;
use super::pages::{Pages, ROWS, broken};
use crate::budget::Charge;
use crate::data::{Batch, ColumnId, Dataset, Declaration, Scan, Schema, deal};
use crate::diagnostic::{CellPlace, Diagnostic};
use crate::read::arrow::{Columns, broken as broken_as, note, schema};
use crate::read::blocks::VALUE_BYTES;
use crate::read::input::Input;
use crate::read::panics::{damaged, guarded};

/// A Parquet file that is read again at each scan. For the conversion of its values see [`crate::read::arrow`].
#[derive(Debug)]
pub struct ParquetFile {
    name: Arc<str>,
    input: Input,
    metadata: ArrowReaderMetadata,
    schema: Schema,
    declaration: Declaration,
    notes: Vec<Diagnostic>,
}

/// Opens a Parquet file under a dataset's name. Rows are read again at each scan, so files can be larger than memory.
///
/// # Errors
/// A file that cannot be opened or is not a Parquet file, and declared columns that it does not have.
pub(in crate::read) fn open(
    name: &str,
    input: Input,
    declaration: &Declaration,
) -> Result<ParquetFile, Vec<Diagnostic>> {
    let metadata = guarded(&input, || metadata(&input)).map_err(|error| vec![error])?;
    let schema = schema(&metadata.schema().fields, declaration, &input.label)?;
    let notes = vec![note(&input, "read as Parquet")];
    let (name, declaration) = (name.into(), declaration.clone());
    Ok(ParquetFile { name, input, metadata, schema, declaration, notes })
}

fn metadata(input: &Input) -> Result<ArrowReaderMetadata, Diagnostic> {
    let broken = |error: ParquetError| broken(input, &error);
    let (mut file, size) = input.unchanged()?;
    let footer = footer::check(&mut file, size).map_err(|error| input.unreadable(&error))?;
    footer.map_err(|reason| damaged(input, &reason))?;
    let found = ArrowReaderMetadata::load(&file, ArrowReaderOptions::new()).map_err(broken)?;
    let rows = found.metadata().row_groups().iter().map(RowGroupMetaData::num_rows);
    let rows = rows.into_iter().try_fold(0_i64, |sum, rows| sum.checked_add(rows).filter(|_| rows >= 0));
    rows.ok_or_else(|| damaged(input, "a row group has an impossible number of rows"))?;
    let coded = ArrowSchema::new(found.schema().fields.iter().map(|field| coded(field)).collect::<Fields>());
    let options = ArrowReaderOptions::new().with_schema(Arc::new(coded));
    ArrowReaderMetadata::try_new(found.metadata().clone(), options).map_err(broken)
}

/// Requests texts with their dictionary. Each distinct text is then processed once per page instead of once per row.
fn coded(field: &Field) -> Field {
    match field.data_type() {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => {
            let coded = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
            Field::new(field.name(), coded, field.is_nullable())
        }
        _ => field.clone(),
    }
}

impl ParquetFile {
    fn fields(&self) -> &Fields {
        &self.metadata.schema().fields
    }

    /// Reads the requested columns of a row group, in the order of the file. The charge counts the memory of its pages
    /// and batches.
    fn reader(
        &self,
        columns: &[ColumnId],
        group: usize,
        charge: &mut Charge,
    ) -> Result<ParquetRecordBatchReader, Diagnostic> {
        let (file, size) = self.input.unchanged()?;
        let requested = columns.iter().map(|id| id.0 as usize);
        let requested = ProjectionMask::roots(self.metadata.parquet_schema(), requested);
        let group_metadata = self.metadata.metadata().row_group(group);
        charge.resize(columns.len() * ROWS * VALUE_BYTES, "a batch of rows")?;
        let rows = group_metadata.num_rows() as usize;
        let (mut at_a_time, budget) = (ROWS, charge.budget().clone());
        let leaves = group_metadata.columns().iter().enumerate();
        for (_, column) in leaves.filter(|(leaf, _)| requested.leaf_included(*leaf)) {
            let pages = Pages { input: &self.input, file: &file, size, column, budget: &budget };
            let needs = pages.check(rows)?;
            charge.grow(needs.bytes, format_args!("the pages of `{}` that are read at a time", self.input.label))?;
            at_a_time = at_a_time.min(needs.rows);
        }
        ParquetRecordBatchReaderBuilder::new_with_metadata(file, self.metadata.clone())
            .with_row_groups(vec![group])
            .with_projection(requested)
            .with_batch_size(at_a_time)
            .build()
            .map_err(|error| broken(&self.input, &error))
    }

    /// The number of rows before each row group.
    fn starts(&self) -> Vec<u64> {
        let groups = self.metadata.metadata().row_groups().iter();
        let ends = groups.scan(0, |rows, group| {
            *rows += group.num_rows() as u64;
            Some(*rows)
        });
        std::iter::once(0).chain(ends).take(self.metadata.metadata().num_row_groups()).collect()
    }
}

impl Dataset for ParquetFile {
    fn name(&self) -> &Arc<str> {
        &self.name
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn rows(&self) -> Option<u64> {
        let groups = self.metadata.metadata().row_groups().iter();
        Some(groups.map(|group| group.num_rows().unsigned_abs()).sum())
    }

    fn scan(
        &self,
        scan: &Scan<'_>,
        visit: &(dyn Fn(usize, &Batch) -> Result<(), Diagnostic> + Sync),
    ) -> Result<(), Diagnostic> {
        let (columns, threads, budget) = (scan.columns, scan.threads, &scan.budget);
        let order = order(columns);
        let label = &self.input.label;
        let (starts, order) = (&self.starts(), &order);
        deal(0..starts.len(), threads, &|number| {
            let mut worker = Columns::new(self.fields(), &self.schema, &self.declaration, label, columns)?;
            let mut pages = budget.charge();
            Ok(move |group: &mut usize| {
                let mut first = starts[*group];
                let mut reader = guarded(&self.input, || self.reader(columns, *group, &mut pages))?;
                let mut next = |first: u64| {
                    let Some(batch) = reader.next() else { return Ok(None) };
                    let batch = batch.and_then(|batch| batch.project(order));
                    let batch = batch.map_err(|error| broken_as(&self.input, "as Parquet", &error))?;
                    worker.batch(&batch, first).map(Some)
                };
                while let Some(batch) = guarded(&self.input, || next(first))? {
                    visit(number, &batch)?;
                    first += batch.rows as u64;
                }
                Ok(())
            })
        })
    }

    fn place(&self, row: u64) -> CellPlace {
        self.input.place(Some(row + 1))
    }

    fn notes(&self) -> &[Diagnostic] {
        &self.notes
    }
}

/// The positions of the requested columns, if these are sorted in the order of the file.
fn order(columns: &[ColumnId]) -> Vec<usize> {
    columns.iter().map(|id| columns.iter().filter(|other| other.0 < id.0).count()).collect()
}
