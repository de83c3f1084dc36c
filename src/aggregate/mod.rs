//! Turns datasets into the measures of a query: reads each dataset once, gathers mergeable states by key and time
//! bucket, and merges them into groups, windows and totals.

mod exact;
mod faults;
mod finish;
mod fold;
mod gathered;
mod groups;
mod keys;
#[cfg(test)]
mod laws;
mod lookup;
mod missing;
mod origin;
mod pass;
mod ranking;
mod ranks;
mod rhythm;
mod sources;
mod state;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use crate::data::{Aggregated, Dataset, Measure, MeasureId, Request, Source, totals};
use crate::diagnostic::{Code, Diagnostic, Severity};
use faults::Faults;
use gathered::Gathered;
use groups::Groups;
use pass::{Pass, Room, Undecided, Worker};
use ranks::Tuples;

/// Datasets that are read and aggregated in this process, from memory or from files: the [`Source`] at hand.
#[derive(Clone, Default)]
pub struct Embedded {
    datasets: Vec<Arc<dyn Dataset>>,
    room: Room,
}

impl Embedded {
    /// A source of these datasets.
    pub fn new(datasets: Vec<Arc<dyn Dataset>>) -> Self {
        Self { datasets, room: Room::default() }
    }
}

impl Source for Embedded {
    fn datasets(&self) -> &[Arc<dyn Dataset>] {
        &self.datasets
    }

    fn aggregate(&self, request: &Request) -> Result<Aggregated, Vec<Diagnostic>> {
        let (mut passes, mut workers) = (vec![], vec![]);
        for at in 0..request.datasets.len() {
            let (pass, gathered) = read(&self.datasets, request, at, self.room).map_err(|error| vec![error])?;
            passes.push(pass);
            workers.push(gathered);
        }
        let (tuples, of_workers) =
            Tuples::new(request.by.len(), request.threads, &mut workers.iter_mut().flatten().collect::<Vec<_>>());
        let mut of_workers = &of_workers[..];
        let merge = |(pass, workers): (&Pass, Vec<Worker>)| {
            let (own, others) = of_workers.split_at(workers.len());
            of_workers = others;
            Gathered::merge(pass, workers, own, tuples.len(), passes.len() == 1)
        };
        let gathered: Vec<Gathered> = passes.iter().zip(workers).map(merge).collect();
        let groups = Groups::new(request, &gathered).map_err(|error| vec![error])?;
        let refused = refused(request, &passes);
        Ok(Aggregated {
            groups: groups.spelled(request, &tuples),
            measures: finish::measures(&finish::Query {
                request,
                passes: &passes,
                gathered: &gathered,
                groups: &groups,
                tuples: &tuples,
            })
            .map_err(|error| vec![error])?,
            unread: unread(&passes, &refused),
            refused,
            extents: gathered.iter().map(|dataset| dataset.stood_for).collect(),
            notes: passes.iter().zip(&gathered).flat_map(|(pass, dataset)| self.notes(pass, dataset)).collect(),
        })
    }
}

/// Reads a dataset. A column that turns out to be unreadable takes along the measures that need it: the dataset is read
/// once more for all others. So each pass knows from its first row on what it gathers, and a fault costs nothing where
/// there is none.
fn read<'r>(
    datasets: &'r [Arc<dyn Dataset>],
    request: &'r Request,
    at: usize,
    room: Room,
) -> Result<(Pass<'r>, Vec<Worker>), Diagnostic> {
    let mut faults = Faults::default();
    loop {
        let mut pass = Pass::new(datasets, request, at, room, faults);
        match pass.run(datasets) {
            Ok(workers) => return Ok((pass, workers)),
            Err(fault) => {
                faults = pass.faults;
                faults.add(fault)?;
            }
        }
    }
}

/// The measures that need what could not be read, each with the reason.
fn refused(request: &Request, passes: &[Pass]) -> Vec<(MeasureId, Diagnostic)> {
    let reason = |measure: &Measure| passes[measure.dataset].fault_of(measure).cloned();
    (0..).map(MeasureId).zip(&request.measures).filter_map(|(id, measure)| Some((id, reason(measure)?))).collect()
}

/// What could not be read, and no measure needed.
fn unread(passes: &[Pass], refused: &[(MeasureId, Diagnostic)]) -> Vec<Diagnostic> {
    let problems = passes.iter().flat_map(|pass| pass.faults.problems());
    problems.filter(|problem| refused.iter().all(|(_, reason)| reason != *problem)).cloned().collect()
}

impl Embedded {
    /// What is worth knowing of the rows that a pass met.
    fn notes(&self, pass: &Pass, dataset: &Gathered) -> impl Iterator<Item = Diagnostic> {
        let undecided = self.undecided_note(pass, &dataset.undecided);
        undecided.into_iter().chain(timeless_note(pass, dataset.timeless)).chain(totals_rows(pass))
    }

    fn undecided_note(&self, pass: &Pass, undecided: &Undecided) -> Option<Diagnostic> {
        let names = undecided.blank_slots.iter().map(|&slot| format!("`{}`", pass.column_name(&self.datasets, slot)));
        let names: Vec<String> = names.collect();
        let why = match names.is_empty() {
            true => "`--where` is undefined there".to_owned(),
            false => format!("`--where` cannot decide on a blank {}", names.join(", ")),
        };
        let rows = counted(undecided.rows, pass);
        let note = Diagnostic::warning(Code::DataNote, format!("{rows} left out: {why}"));
        (undecided.rows > 0).then_some(note)
    }
}

/// Warnings of totals rows, where nothing that is computed names them.
fn totals_rows(pass: &Pass) -> impl Iterator<Item = Diagnostic> {
    let (dataset, program) = pass.reads();
    let warnings = dataset.map_or(&[][..], Dataset::notes).iter();
    let counts = |warning: &&Diagnostic| warning.severity == Severity::Warning && !totals::is_known(warning, program);
    warnings.filter(counts).cloned().collect::<Vec<_>>().into_iter()
}

fn timeless_note(pass: &Pass, count: u64) -> Option<Diagnostic> {
    let rows = counted(count, pass);
    let message = match (pass.leaves_out_timeless(), count) {
        (true, _) => format!("{rows} without a time left out"),
        (false, 1) => format!("{rows} has no date: it counts here, but in no period"),
        (false, _) => format!("{rows} have no date: they count here, but in no period"),
    };
    (count > 0).then(|| Diagnostic::warning(Code::DataNote, message))
}

/// `2 rows of `t``
fn counted(count: u64, pass: &Pass) -> String {
    let rows = if count == 1 { "row" } else { "rows" };
    format!("{count} {rows} of `{}`", pass.name())
}
