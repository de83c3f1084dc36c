//! Finds cells that are written in another way than the rest of their column.

use std::sync::Arc;

use super::report::{Report, fault, named};
use crate::describe::column::{ColumnPass, Form, Texts};
use crate::describe::description::{Fault, FaultKind};
use crate::describe::is_identifier;
use crate::language::{Phrase, Sentence};
use crate::read::{Marks, Recognized, may_be_blank};
use crate::syntax::{spelled, string};

/// The cells below which nothing is usual in a column.
const MIN_CELLS: u64 = 5;

/// The different texts that `blank` can declare.
const MAX_BLANKS: usize = 3;

pub(super) fn of(report: &Report) -> Vec<Fault> {
    let mut faults: Vec<Fault> = report.columns.iter().flat_map(|(column, _)| of_column(report, column)).collect();
    faults.extend(guesses(report));
    let explained = |name: &Arc<str>| faults.iter().any(|fault| fault.columns.contains(name));
    let unexplained = report.opened.refused.iter().filter(|(name, _)| !explained(name));
    let unreadable: Vec<Fault> = unexplained
        .map(|(name, reason)| {
            let message = Sentence::new(Phrase::FaultUnreadable, [named(name), reason.message.clone()]);
            let advice = Sentence::new(Phrase::AdviceAsIs, [reason.hints.join(", or ")]);
            let mut fault = fault(FaultKind::UnreadableColumn, &[name], 1, message, advice);
            fault.places.extend(reason.cell.clone().map(|place| {
                let cell = place.cell.clone();
                report.shown(place, cell)
            }));
            fault
        })
        .collect();
    faults.extend(unreadable);
    faults
}

fn of_column(report: &Report, column: &ColumnPass) -> Option<Fault> {
    if let Some([iso, other]) = &column.schema.date_forms {
        let mut fault = mixed_dates(column, "dd/mm/yyyy");
        fault.places = [iso, other].map(|place| report.shown(place.clone(), place.cell.clone())).into();
        return Some(fault);
    }
    let texts = column.texts()?;
    if texts.forms.is_partial {
        return None;
    }
    currencies(report, column, texts)
        .or_else(|| dates(report, column, texts))
        .or_else(|| percents(report, column, texts))
        .or_else(|| decimals(report, column, texts))
        .or_else(|| other_type(report, column, texts))
}

/// Settings that nothing in the file decides.
fn guesses(report: &Report) -> Vec<Fault> {
    let guessed = report.opened.settings.iter().filter_map(|setting| Some((setting, setting.alternatives.first()?)));
    let guess = |(setting, other): (&crate::describe::Setting, &String)| {
        let advice = Sentence::new(Phrase::AdviceEither, [setting.text.clone(), other.clone()]);
        let names: Vec<&Arc<str>> = report.opened.ambiguous.iter().collect();
        let listed = names.iter().map(|name| named(name)).collect::<Vec<_>>().join(", ");
        let (kind, phrase) = match setting.text.starts_with("dates") {
            true => (FaultKind::AmbiguousDates, Phrase::FaultAmbiguousDates),
            false => (FaultKind::AmbiguousNumbers, Phrase::FaultAmbiguousNumbers),
        };
        fault(kind, &names, 1, Sentence::new(phrase, [listed]), advice)
    };
    guessed.map(guess).collect()
}

fn is_number(form: &Recognized) -> bool {
    matches!(form, Recognized::Number { .. })
}

fn is_date(form: &Recognized) -> bool {
    matches!(form, Recognized::IsoDate | Recognized::Date(_) | Recognized::Period(_))
}

/// Adds the first cell of each form of a fault.
fn with_forms<'f>(report: &Report, mut fault: Fault, forms: impl Iterator<Item = &'f Form>) -> Fault {
    let mut cells: Vec<&(String, u64)> = forms.filter_map(|form| form.cells.first()).collect();
    cells.sort_by_key(|(_, row)| *row);
    fault.places = report.places(cells.into_iter().map(|(cell, row)| (*row, Some(cell.clone()))));
    fault
}

/// Amounts in several currencies.
fn currencies(report: &Report, column: &ColumnPass, texts: &Texts) -> Option<Fault> {
    let mut found: Vec<(&str, &Form)> = vec![];
    for (form, seen) in &texts.forms.all {
        if let Recognized::Number { currency: Some(currency), .. } = form
            && !found.iter().any(|(known, _)| known == currency)
        {
            found.push((currency, seen));
        }
    }
    let is_amounts = texts.forms.count_of(is_number) * 5 >= texts.forms.count_of(|_| true) * 4;
    if found.len() < 2 || !is_amounts {
        return None;
    }
    let listed = found.iter().map(|(currency, _)| *currency).collect::<Vec<_>>().join(", ");
    let message = Sentence::new(Phrase::FaultMixedCurrencies, [named(&column.name), listed]);
    let advice = Sentence::new(Phrase::AdviceMixedCurrencies, [spelled(&column.name)]);
    let count = found.iter().skip(1).map(|(_, seen)| seen.count).sum();
    let fault = fault(FaultKind::MixedCurrencies, &[&column.name], count, message, advice);
    Some(with_forms(report, fault, found.iter().map(|(_, seen)| *seen)))
}

fn mixed_dates(column: &ColumnPass, pattern: &str) -> Fault {
    let message = Sentence::new(Phrase::FaultMixedDates, [named(&column.name)]);
    let advice = Sentence::new(Phrase::AdviceMixedDates, [pattern.to_owned()]);
    fault(FaultKind::MixedDates, &[&column.name], 1, message, advice)
}

/// Dates that no pattern reads together.
fn dates(report: &Report, column: &ColumnPass, texts: &Texts) -> Option<Fault> {
    let forms = || texts.forms.all.iter().filter(|(form, _)| is_date(form));
    let all = texts.forms.count_of(is_date);
    if forms().count() < 2 || all != texts.forms.count_of(|_| true) {
        return None;
    }
    let patterns = forms().flat_map(|(form, _)| match form {
        Recognized::Date(patterns) => patterns.clone(),
        _ => vec![],
    });
    let pattern = patterns.into_iter().next().unwrap_or("dd/mm/yyyy");
    Some(with_forms(report, mixed_dates(column, pattern), forms().map(|(_, seen)| seen)))
}

/// Percentages among other numbers.
fn percents(report: &Report, column: &ColumnPass, texts: &Texts) -> Option<Fault> {
    let of = |wanted: bool| {
        texts.forms.together(|form| matches!(form, Recognized::Number { percent, .. } if *percent == wanted))
    };
    let (with, without) = (of(true), of(false));
    if with.count == 0 || without.count == 0 || with.count + without.count < texts.forms.count_of(|_| true) {
        return None;
    }
    let message = Sentence::new(Phrase::FaultMixedPercents, [named(&column.name)]);
    let count = with.count.min(without.count);
    let advice = Sentence::plain(Phrase::AdviceMixedPercents);
    let fault = fault(FaultKind::MixedPercents, &[&column.name], count, message, advice);
    Some(with_forms(report, fault, [with, without].iter()))
}

/// Numbers with a decimal point and others with a comma.
fn decimals(report: &Report, column: &ColumnPass, texts: &Texts) -> Option<Fault> {
    let of =
        |wanted: Marks| texts.forms.together(|form| matches!(form, Recognized::Number { mark, .. } if *mark == wanted));
    let (point, comma) = (of(Marks::Point), of(Marks::Comma));
    if point.count == 0 || comma.count == 0 || texts.forms.count_of(is_number) < texts.forms.count_of(|_| true) {
        return None;
    }
    let message = Sentence::new(Phrase::FaultMixedDecimals, [named(&column.name)]);
    let count = point.count.min(comma.count);
    let advice = Sentence::plain(Phrase::AdviceMixedDecimals);
    let fault = fault(FaultKind::MixedDecimals, &[&column.name], count, message, advice);
    Some(with_forms(report, fault, [point, comma].iter()))
}

/// Cells that are not numbers, dates or truth values in a column that nearly is one of these.
fn other_type(report: &Report, column: &ColumnPass, texts: &Texts) -> Option<Fault> {
    type Kind = (fn(&Recognized) -> bool, Phrase, &'static str, u64);
    let kinds: [Kind; 3] = [
        (is_number, Phrase::FaultOtherNumber, "number", 5),
        (is_date, Phrase::FaultOtherDate, "date", 5),
        (|form| *form == Recognized::Boolean, Phrase::FaultOtherTruth, "boolean", 20),
    ];
    let all = texts.forms.count_of(|_| true);
    let (is_usual, phrase, ty, _) =
        kinds.into_iter().find(|(is_usual, _, _, share)| (all - texts.forms.count_of(is_usual)) * share <= all)?;
    let mut others = texts.forms.together(|form| !is_usual(form));
    let listed = others.cells.len();
    others.cells.retain(|(_, row)| !report.totals.contains(row));
    others.count -= (listed - others.cells.len()) as u64;
    if others.count == 0 || all < MIN_CELLS || are_codes(column, &others, all) {
        return None;
    }
    let blanks = others.texts.iter().all(|text| may_be_blank(text)) && others.texts.len() <= MAX_BLANKS;
    let advice = match blanks && !others.has_more_texts {
        true => {
            let blanks: Vec<String> = others.texts.iter().map(|text| format!("blank {}", string(text))).collect();
            Sentence::new(Phrase::AdviceBlank, [blanks.join("  ")])
        }
        false => Sentence::new(Phrase::AdviceCells, [format!("{}: {ty}", spelled(&column.name))]),
    };
    let message = Sentence::new(phrase, [named(&column.name)]);
    let mut fault = fault(FaultKind::OtherType, &[&column.name], others.count, message, advice);
    fault.places = report.places(others.cells.into_iter().map(|(cell, row)| (row, Some(cell))));
    Some(fault)
}

/// Returns true if the exceptions of a column of numbers are probably codes, like the numbers.
fn are_codes(column: &ColumnPass, others: &Form, all: u64) -> bool {
    let is_code = |text: &String| text.starts_with('0') && text.len() > 1 && text.bytes().all(|it| it.is_ascii_digit());
    others.texts.iter().any(is_code) || others.has_digits && (is_identifier(&column.name) || others.count * 50 > all)
}
