//! Reports rows that a pass ignored, and totals rows.

use std::sync::Arc;

use super::gathered::Gathered;
use super::pass::Pass;
use super::worker::Undecided;
use crate::data::{ColumnType, Dataset, totals};
use crate::diagnostic::{Code, Diagnostic, Severity};

/// The notes about the rows of a pass.
pub(super) fn of(
    datasets: &[Arc<dyn Dataset>],
    pass: &Pass,
    gathered: &Gathered,
) -> impl Iterator<Item = Diagnostic> + use<> {
    let undecided = undecided_note(datasets, pass, &gathered.undecided);
    undecided
        .into_iter()
        .chain(timeless_note(pass, gathered.timeless))
        .chain(rows_after_end(pass, gathered))
        .chain(never_in_force_note(pass, gathered.never_in_force))
        .chain(totals_rows(pass))
        .chain(gathered.unmatched.clone())
        .chain(pass.missing_texts(datasets, &gathered.searches))
}

fn undecided_note(datasets: &[Arc<dyn Dataset>], pass: &Pass, undecided: &Undecided) -> Option<Diagnostic> {
    let names = undecided.blank_slots.iter().map(|&slot| format!("`{}`", pass.column_name(datasets, slot)));
    let names: Vec<String> = names.collect();
    let why = match names.is_empty() {
        true => "`--where` is undefined there".to_owned(),
        false => format!("`--where` is undefined for a blank {}", names.join(", ")),
    };
    let rows = counted(undecided.rows, pass);
    let text = undecided.blank_slots.iter().find(|&&slot| pass.slot_type(datasets, slot) == ColumnType::Text);
    let fix = text.map(|&slot| {
        let name = totals::spelled(pass.column_name(datasets, slot));
        let shown =
            if name.starts_with('`') { format!("`` ({name} ?? \"\") ``") } else { format!("`({name} ?? \"\")`") };
        format!("to keep rows with a blank text, replace the column in the condition: {shown}")
    });
    let note = Diagnostic::warning(Code::DataNote, format!("{rows} left out: {why}")).maybe_hint(fix);
    (undecided.rows > 0).then_some(note)
}

/// Warnings about totals rows, unless the query names them.
fn totals_rows(pass: &Pass) -> Vec<Diagnostic> {
    let (dataset, program) = pass.reads();
    let notes = dataset.map_or(&[][..], Dataset::notes).iter();
    let warnings = notes.filter(|note| note.severity == Severity::Warning).cloned();
    totals::counted(&warnings.collect::<Vec<_>>(), program)
}

/// A note on rows after the day that the data are known to reach: they count, and the data reach them.
fn rows_after_end(pass: &Pass, gathered: &Gathered) -> Option<Diagnostic> {
    let ((_, last), end) = (gathered.days?, pass.requested().data_end?);
    let day = |day: i32| pass.calendar().spell_time(day);
    let message = format!(
        "`{}` has rows after {}, up to {}: they count, and its data end there",
        pass.name(),
        day(end.saturating_sub(1)),
        day(last)
    );
    (last >= end).then(|| Diagnostic::note(Code::DataNote, message))
}

fn timeless_note(pass: &Pass, count: u64) -> Option<Diagnostic> {
    let rows = counted(count, pass);
    let message = match (pass.leaves_out_timeless(), count) {
        (true, 1) => format!("{rows} has no time and is ignored"),
        (true, _) => format!("{rows} have no time and are ignored"),
        (false, 1) => format!("{rows} has no date: it is counted here, but not in any period"),
        (false, _) => format!("{rows} have no date: they are counted here, but not in any period"),
    };
    (count > 0 && !pass.requested().may_lack_time).then(|| Diagnostic::warning(Code::DataNote, message))
}

fn never_in_force_note(pass: &Pass, count: u64) -> Option<Diagnostic> {
    let rows = counted(count, pass);
    let message = match count {
        1 => format!("{rows} ends when it starts, so it is never in force"),
        _ => format!("{rows} end when they start, so they are never in force"),
    };
    (count > 0).then(|| Diagnostic::note(Code::DataNote, message))
}

/// Spells a number of rows: ``2 rows of `t` ``.
fn counted(count: u64, pass: &Pass) -> String {
    let rows = if count == 1 { "row" } else { "rows" };
    format!("{count} {rows} of `{}`", pass.name())
}
