//! Finds values that are probably wrong: outliers, missing periods, texts in several spellings.

use std::sync::Arc;

use super::report::{Report, fault, named};
use crate::data::{Calendar, Period};
use crate::describe::column::{ColumnPass, Outliers, Spellings};
use crate::describe::correction;
use crate::describe::description::{Fault, FaultKind, Place, Role};
use crate::describe::words;
use crate::language::{Phrase, Sentence};
use crate::syntax::{spelled, string};
use crate::value::Value;

/// Words of columns of ends.
const ENDS: [&str; 6] = ["end", "until", "to", "fin", "ende", "expiry"];

/// The gaps that are listed.
const LISTED: usize = 5;

pub(super) fn of(report: &Report) -> Vec<Fault> {
    let columns = || report.columns.iter().copied();
    let measures = columns().filter(|(_, role)| *role == Role::Measure).map(|(column, _)| column);
    let outliers = measures.flat_map(|column| {
        let found = column.numbers().map(|numbers| numbers.outliers()).unwrap_or_default();
        found.into_iter().map(move |outliers| outlier(report, column, &outliers))
    });
    let gaps = gaps(report);
    let spellings = columns().flat_map(|(column, _)| spellings(report, column));
    outliers.chain(gaps).chain(spellings).collect()
}

fn outlier(report: &Report, column: &ColumnPass, outliers: &Outliers) -> Fault {
    let phrase = if outliers.are_large { Phrase::FaultLarge } else { Phrase::FaultSmall };
    let message = Sentence::new(phrase, [named(&column.name), Value::from(outliers.times).to_string()]);
    let is_negative = column.numbers().and_then(|it| it.range).is_some_and(|[least, _]| least.is_sign_negative());
    let size = if is_negative { format!("abs({})", spelled(&column.name)) } else { spelled(&column.name) };
    let bound = Value::from(outliers.next);
    let condition = format!("{size} {} {bound}", if outliers.are_large { "<=" } else { ">=" });
    let advice = Sentence::new(Phrase::AdviceOutlier, [condition.clone(), condition]);
    let mut fault = fault(FaultKind::Outliers, &[&column.name], outliers.rows.len() as u64, message, advice);
    fault.places = report.places(outliers.rows.iter().map(|(size, row)| (*row, Some(Value::from(*size).to_string()))));
    fault
}

/// The gaps of the time column, or of the first column of dates if it is not known which is the time. Then those of each
/// segment in which every period has the same number of rows.
fn gaps(report: &Report) -> Vec<Fault> {
    let schema = report.opened.dataset.schema();
    let time = schema.time.map(|id| schema.name(id));
    let dates = report.columns.iter().filter(|(_, role)| *role == Role::Time);
    let first = dates.clone().next().map(|(column, _)| &column.name);
    // Rows that hold from a start until an end have no rhythm.
    let is_end = |(column, _): &&(&ColumnPass, Role)| words(&column.name).iter().any(|word| ENDS.contains(&&**word));
    if dates.clone().any(|column| is_end(&column)) {
        return vec![];
    }
    let is_time = |name: &Arc<str>| time.or(first) == Some(name);
    let Some((column, _)) = dates.into_iter().find(|(column, _)| is_time(&column.name)) else { return vec![] };
    let Some(whole) = column.days() else { return vec![] };
    let all = whole.gaps(column.schema.ty.grain()).map(|found| {
        let message = Sentence::new(Phrase::FaultGaps, [named(&column.name)]);
        gaps_of(&[&column.name], message, &found.gaps)
    });
    let segments = report.opened.pass.segments.all().filter_map(|(at, text, days)| {
        let found = days.gaps(column.schema.ty.grain()).filter(|found| days.lack_few(found))?;
        let own: Vec<[Period; 2]> = found.gaps.into_iter().filter(|gap| whole.have_rows(*gap)).collect();
        let group = &report.opened.pass.columns[at].name;
        let parts = [named(&column.name), named(group), string(text)];
        let message = Sentence::new(Phrase::FaultSegmentGaps, parts);
        (!own.is_empty()).then(|| gaps_of(&[&column.name, group], message, &own))
    });
    all.into_iter().chain(segments).collect()
}

fn gaps_of(columns: &[&Arc<str>], message: Sentence, gaps: &[[Period; 2]]) -> Fault {
    let advice = Sentence::plain(Phrase::AdviceGaps);
    let mut fault = fault(FaultKind::Gaps, columns, gaps.len() as u64, message, advice);
    let place = |gap: &[Period; 2]| {
        let [first, last] = gap.map(|period| Calendar::default().spell(period));
        let cell = if first == last { first } else { format!("{first}..{last}") };
        Place { file: None, line: None, cell: Some(cell), same_as: None }
    };
    fault.places = gaps.iter().take(LISTED).map(place).collect();
    fault
}

fn spellings(report: &Report, column: &ColumnPass) -> Vec<Fault> {
    let Some((texts, correction)) = column.texts().zip(correction::of(column)) else { return vec![] };
    let alike = texts.spellings().into_iter().map(|it| (FaultKind::MixedSpellings, Phrase::FaultSpellings, it));
    let typos = texts.typos().into_iter().map(|it| (FaultKind::Typos, Phrase::FaultTypo, it));
    alike
        .chain(typos)
        .map(|(kind, phrase, found)| spelled_in_two_ways(report, column, (kind, phrase), &found, &correction))
        .collect()
}

fn spelled_in_two_ways(
    report: &Report,
    column: &ColumnPass,
    (kind, phrase): (FaultKind, Phrase),
    found: &Spellings,
    correction: &str,
) -> Fault {
    let message = Sentence::new(phrase, [named(&column.name), found.usual.to_string()]);
    let count = found.others.iter().map(|(_, count, _)| count).sum();
    let mut fault = fault(kind, &[&column.name], count, message, Sentence::new(Phrase::AdviceSpellings, [correction]));
    let mut rows: Vec<(u64, Option<String>)> = vec![];
    for (text, _, seen) in &found.others {
        rows.extend(seen.iter().map(|row| (*row, Some(text.to_string()))));
    }
    rows.sort_by_key(|(row, _)| *row);
    fault.places = report.places(rows);
    fault
}
