//! The values that differ, as a table.

use indexmap::IndexMap;

use super::super::result::{UNDEFINED, group_head, group_key, signed_difference, status_mark, style_with};
use super::super::{Column, Grid, Lead, Locale, NumberStyle};
use crate::budget::Budget;
use crate::diagnostic::Diagnostic;
use crate::diff::{ValueChange, ValueDiff, ValueSide};
use crate::language::{Language, Phrase};
use crate::syntax::ast::Status;
use crate::value::Decimal;

/// A row for each value that differs.
pub(super) fn grid(values: &ValueDiff, locale: &Locale, budget: &Budget) -> Result<Grid, Diagnostic> {
    let language = locale.language;
    let heads = [Phrase::BeforeHead, Phrase::AfterHead, Phrase::DifferenceHead, Phrase::ChangeHead];
    let keys = values.by.iter().map(|name| Column::key(group_head(name, language)));
    let columns = std::iter::once(Column::key("kpi")).chain(keys);
    let columns = columns.chain(heads.map(|head| Column::number(language.word(head)))).collect();
    let mut decimals: IndexMap<&str, u8> = IndexMap::new();
    for change in &values.changes {
        budget.spend(1, "writing the result")?;
        let needed = sides(change).map(|side| needed(side, locale)).max().unwrap_or(0);
        let known = decimals.entry(&change.kpi).or_default();
        *known = needed.max(*known);
    }
    let row = |change: &ValueChange| {
        let decimals = decimals[&*change.kpi];
        let ends = [&change.before, &change.after].map(|side| match side {
            Some(side) => cell(side, decimals, locale),
            None => language.word(Phrase::NewGroup).to_owned(),
        });
        let row = [vec![change.kpi.to_string()], labels(change, values, language), ends.to_vec()].concat();
        row.into_iter().chain(difference(change, decimals, locale)).collect()
    };
    Ok(Grid { columns, rows: values.changes.iter().map(row).collect(), total: None })
}

fn sides(change: &ValueChange) -> impl Iterator<Item = &ValueSide> {
    change.before.iter().chain(&change.after)
}

fn style(side: &ValueSide) -> NumberStyle {
    style_with(&side.ty, Some(side.format))
}

/// The decimals that a value needs.
fn needed(side: &ValueSide, locale: &Locale) -> u8 {
    let number = side.number.map(|number| number.decimal);
    number.map_or(0, |number| locale.format(&style(side)).common_decimals([number]))
}

fn labels(change: &ValueChange, values: &ValueDiff, language: Language) -> Vec<String> {
    if change.total {
        let total = std::iter::once(language.word(Phrase::Total).to_owned());
        return total.chain(std::iter::repeat(String::new())).take(values.by.len()).collect();
    }
    let key = |name: &std::sync::Arc<str>| {
        change.group.get(&**name).map_or(String::new(), |key| group_key(name, key.as_deref(), language))
    };
    values.by.iter().map(key).collect()
}

/// A value with the mark of its status.
fn cell(side: &ValueSide, decimals: u8, locale: &Locale) -> String {
    let text = match (&side.number, &side.value) {
        (Some(number), _) => number_text(side, number.decimal, decimals, locale),
        (None, Some(value)) => value.clone(),
        (None, None) => UNDEFINED.to_owned(),
    };
    let mark = match side.status {
        Some("good") => status_mark(Status::Good),
        Some("watch") => status_mark(Status::Watch),
        Some("bad") => status_mark(Status::Bad),
        _ => return text,
    };
    format!("{text}\u{a0}{mark}")
}

/// The number with the decimals of its column, unless its card has its own.
fn number_text(side: &ValueSide, decimal: Decimal, decimals: u8, locale: &Locale) -> String {
    let style = style(side);
    let style = if style.decimals.is_some() || style.compact { style } else { with(style, decimals) };
    locale.format(&style).text(decimal)
}

fn with(style: NumberStyle, decimals: u8) -> NumberStyle {
    NumberStyle { decimals: Some(decimals), ..style }
}

/// The difference, and the difference in percent.
fn difference(change: &ValueChange, decimals: u8, locale: &Locale) -> [String; 2] {
    let number = |side: &Option<ValueSide>| side.as_ref()?.number.map(|number| number.decimal);
    let ends = number(&change.after).zip(number(&change.before)).filter(|_| change.difference.is_some());
    let difference = ends.zip(change.after.as_ref()).and_then(|((after, before), side)| {
        let style = style(side);
        let style = if style.decimals.is_some() { style } else { with(style, decimals) };
        signed_difference(after, before, &locale.format(&NumberStyle { compact: false, ..style }))
    });
    let percent = locale.format(&NumberStyle { lead: Lead::Percent, ..NumberStyle::default() });
    let relative = change.relative.as_ref().and_then(|text| Decimal::from_str_exact(text).ok()).map(|share| {
        let plus = if share > Decimal::ZERO { "+" } else { "" };
        format!("{plus}{}", percent.text(share))
    });
    [difference, relative].map(|text| text.unwrap_or_else(|| UNDEFINED.to_owned()))
}

/// How many values are not shown, and why values are missing.
pub(super) fn remarks(values: &ValueDiff, omitted: usize, language: Language) -> Vec<String> {
    let mut remarks = vec![];
    if omitted > 0 {
        let all = values.changes.len() + omitted;
        remarks.push(language.phrase(Phrase::OmittedValues, &[&omitted.to_string(), &all.to_string()]));
    }
    if values.changes.is_empty() && omitted == 0 && !values.unchanged.is_empty() {
        remarks.push(language.word(Phrase::NoValueDiffers).to_owned());
    }
    if !values.not_compared.is_empty() {
        remarks.push(language.phrase(Phrase::NotCompared, &[&values.not_compared.join(", ")]));
    }
    let mut reasons: IndexMap<(&str, &str), ()> = IndexMap::new();
    for change in &values.changes {
        for missing in sides(change).filter_map(|side| side.undefined.as_ref()) {
            reasons.insert((&change.kpi, &missing.message), ());
        }
    }
    let reason = |(kpi, reason): (&str, &str)| language.phrase(Phrase::About, &[kpi, reason]);
    remarks.extend(reasons.into_keys().map(reason));
    remarks
}

/// The KPIs that are affected and have the same values.
pub(super) fn unchanged(values: &ValueDiff, language: Language) -> Option<String> {
    (!values.unchanged.is_empty()).then(|| {
        let names: Vec<&str> = values.unchanged.iter().map(|name| &**name).collect();
        language.phrase(Phrase::SameValues, &[&names.join(", ")])
    })
}
