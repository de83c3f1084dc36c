//! Finds lines around the table, totals, and columns without information.

use std::sync::Arc;

use super::report::{Report, counted, fault, named};
use crate::data::totals::Total;
use crate::describe::column::ColumnPass;
use crate::describe::description::{Fault, FaultKind, Role};
use crate::diagnostic::CellPlace;
use crate::language::{Phrase, Sentence};
use crate::syntax::{spelled, string};

/// The rows below which a column with one value is no fault.
const MIN_ROWS: u64 = 10;

pub(super) fn of(report: &Report) -> Vec<Fault> {
    let found = [header(report), footer(report), last_totals(report), other_totals(report)];
    let mut faults: Vec<Fault> = found.into_iter().flatten().collect();
    faults.extend(report.columns.iter().filter_map(|(column, role)| without_information(report, column, *role)));
    faults
}

fn setting(text: impl Into<String>) -> Sentence {
    Sentence::new(Phrase::AdviceSetting, [text.into()])
}

fn header(report: &Report) -> Option<Fault> {
    match report.opened.declaration.formatting.header? {
        0 => {
            let message = Sentence::plain(Phrase::FaultNoHeader);
            Some(fault(FaultKind::NoHeader, &[], 1, message, setting("no header")))
        }
        1 => None,
        line => {
            let message = Sentence::new(Phrase::FaultTitle, [line.to_string()]);
            Some(fault(FaultKind::TitleRows, &[], u64::from(line) - 1, message, setting(format!("header {line}"))))
        }
    }
}

fn skip_last(report: &Report) -> Sentence {
    setting(format!("skip last {}", report.opened.declaration.formatting.skip_last))
}

fn footer(report: &Report) -> Option<Fault> {
    let (line, count) = report.opened.footer?;
    let message = counted(count.into(), Phrase::FaultFooterOne, Phrase::FaultFooter, &[]);
    let mut fault = fault(FaultKind::FooterRows, &[], count.into(), message, skip_last(report));
    let file = report.opened.dataset.name().to_string();
    let place = CellPlace { line, ..report.opened.dataset.place(0) };
    let place = CellPlace { file, ..place };
    fault.places.extend(line.map(|_| report.shown(place, None)));
    Some(fault)
}

fn last_totals(report: &Report) -> Option<Fault> {
    let totals = &report.opened.totals;
    if totals.is_empty() {
        return None;
    }
    let message = counted(totals.len() as u64, Phrase::FaultTotalsOne, Phrase::FaultTotals, &[]);
    let mut fault = fault(FaultKind::TotalsRows, &[], totals.len() as u64, message, skip_last(report));
    let label = |label: &Option<Arc<str>>| label.as_ref().map(ToString::to_string);
    fault.places = totals.iter().take(5).map(|(place, text)| report.shown(place.clone(), label(text))).collect();
    Some(fault)
}

/// Totals between other rows, or at the end of a file that always has all its rows.
fn other_totals(report: &Report) -> Option<Fault> {
    let totals = report.opened.pass.totals.found();
    if totals.is_empty() {
        return None;
    }
    let message = counted(totals.len() as u64, Phrase::FaultTotalsOne, Phrase::FaultTotals, &[]);
    let advice = Sentence::new(Phrase::AdviceWhere, [without(report, &totals)]);
    let mut fault = fault(FaultKind::TotalsRows, &[], totals.len() as u64, message, advice);
    let label = |total: &Total| (total.row, total.label.as_ref().map(|(_, label)| label.to_string()));
    fault.places = report.places(totals.iter().map(label));
    Some(fault)
}

/// The condition that leaves out totals.
fn without(report: &Report, totals: &[Total]) -> String {
    let dimensions: Vec<&ColumnPass> = report.opened.pass.dimension_columns().collect();
    let mut conditions: Vec<String> = vec![];
    for (at, column) in dimensions.iter().enumerate() {
        let labels = totals.iter().filter_map(|total| total.label.as_ref()).filter(|(column, _)| *column == at);
        let mut labels: Vec<String> = labels.map(|(_, label)| string(label)).collect();
        labels.sort_unstable();
        labels.dedup();
        match &labels[..] {
            [] => {}
            [label] => conditions.push(format!("{} != {label}", spelled(&column.name))),
            labels => conditions.push(format!("{} not in ({})", spelled(&column.name), labels.join(", "))),
        }
    }
    if let (true, Some(column)) = (totals.iter().any(|total| total.label.is_none()), dimensions.first()) {
        conditions.push(format!("is_defined({})", spelled(&column.name)));
    }
    conditions.join(" and ")
}

/// A column without values, or with one.
fn without_information(report: &Report, column: &ColumnPass, role: Role) -> Option<Fault> {
    let name = &column.name;
    // A delimiter at the end of each line makes a column without a name.
    let is_nameless = name.starts_with("column ") && name[7..].bytes().all(|byte| byte.is_ascii_digit());
    if report.rows() == 0 || role == Role::Empty && is_nameless {
        return None;
    }
    if role == Role::Empty {
        let message = Sentence::new(Phrase::FaultEmptyColumn, [named(name)]);
        return Some(fault(
            FaultKind::Empty,
            &[name],
            report.rows(),
            message,
            Sentence::new(Phrase::AdviceEmpty, [named(name)]),
        ));
    }
    let is_constant = column.values.distinct == 1 && column.blanks == 0 && report.rows() >= MIN_ROWS;
    let value = column.examples.first().filter(|_| is_constant)?;
    let message = Sentence::new(Phrase::FaultConstant, [named(name), value.clone()]);
    let advice = Sentence::new(Phrase::AdviceConstant, [spelled(name)]);
    Some(fault(FaultKind::Constant, &[name], report.rows(), message, advice))
}
