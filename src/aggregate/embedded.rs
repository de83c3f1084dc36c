//! Aggregates datasets in this process. Reads each dataset, merges the states of the workers, finds the groups and
//! computes the measures.

use std::sync::Arc;

use super::faults::Faults;
use super::finish;
use super::gathered::Gathered;
use super::groups::Groups;
use super::notes;
use super::pass::Pass;
use super::ranks::Tuples;
use super::room::Room;
use super::worker::Worker;
use crate::data::{Aggregated, Dataset, Measure, MeasureId, Request, Source};
use crate::diagnostic::Diagnostic;

/// Datasets that are read and aggregated in this process, from memory or from files.
#[derive(Clone, Default)]
pub struct Embedded {
    datasets: Vec<Arc<dyn Dataset>>,
}

impl Embedded {
    /// Creates a source of these datasets.
    pub fn new(datasets: Vec<Arc<dyn Dataset>>) -> Self {
        Self { datasets }
    }
}

impl Source for Embedded {
    fn datasets(&self) -> &[Arc<dyn Dataset>] {
        &self.datasets
    }

    fn aggregate(&self, request: &Request) -> Result<Aggregated, Vec<Diagnostic>> {
        aggregated(&self.datasets, request).map_err(|error| vec![error])
    }
}

pub(super) fn aggregated(datasets: &[Arc<dyn Dataset>], request: &Request) -> Result<Aggregated, Diagnostic> {
    let (mut passes, mut workers) = (vec![], vec![]);
    for at in 0..request.datasets.len() {
        let (pass, gathered) = read(datasets, request, at)?;
        passes.push(pass);
        workers.push(gathered);
    }
    let (tuples, of_workers) = Tuples::new(
        request.by.len(),
        request.threads,
        &mut workers.iter_mut().flatten().collect::<Vec<_>>(),
        Room::new(&request.budget, "the keys of all groups"),
    )?;
    let mut of_workers = &of_workers[..];
    let merge = |(pass, workers): (&Pass, Vec<Worker>)| {
        let (own, others) = of_workers.split_at(workers.len());
        of_workers = others;
        Gathered::merge(pass, workers, own, tuples.len(), passes.len() == 1)
    };
    let gathered = passes.iter().zip(workers).map(merge).collect::<Result<Vec<Gathered>, _>>()?;
    let mut groups = Groups::new(request, &gathered)?;
    let refused = refused(request, &passes);
    Ok(Aggregated {
        groups: groups.spelled(request, &tuples)?,
        measures: finish::measures(&finish::Query {
            request,
            passes: &passes,
            gathered: &gathered,
            groups: &groups,
            tuples: &tuples,
        })?,
        unread: unread(&passes, &refused),
        refused,
        extents: gathered.iter().map(|dataset| dataset.represented).collect(),
        notes: passes.iter().zip(&gathered).flat_map(|(pass, dataset)| notes::of(datasets, pass, dataset)).collect(),
    })
}

/// Reads a dataset. If a column turns out to be unreadable, the dataset is read again without the measures that need
/// it. Each pass therefore knows in advance what to collect, and nothing is slower without faults.
fn read<'r>(
    datasets: &'r [Arc<dyn Dataset>],
    request: &'r Request,
    at: usize,
) -> Result<(Pass<'r>, Vec<Worker>), Diagnostic> {
    let mut faults = Faults::default();
    loop {
        let mut pass = Pass::new(datasets, request, at, faults);
        match pass.run(datasets, aggregated) {
            Ok(workers) => return Ok((pass, workers)),
            Err(fault) => {
                faults = pass.faults;
                faults.add(fault)?;
            }
        }
    }
}

/// The measures that need unreadable data, each with the reason.
fn refused(request: &Request, passes: &[Pass]) -> Vec<(MeasureId, Diagnostic)> {
    let reason = |measure: &Measure| passes[measure.dataset].fault_of(measure).cloned();
    (0..).map(MeasureId).zip(&request.measures).filter_map(|(id, measure)| Some((id, reason(measure)?))).collect()
}

/// Warnings about unreadable data that no measure needed.
fn unread(passes: &[Pass], refused: &[(MeasureId, Diagnostic)]) -> Vec<Diagnostic> {
    let problems = passes.iter().flat_map(|pass| pass.faults.problems());
    problems.filter(|problem| refused.iter().all(|(_, reason)| reason != *problem)).cloned().collect()
}
