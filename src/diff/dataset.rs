//! Takes a dataset apart: its file, its time, its columns, its lookups and the tests of its rows.

use super::expression::Meaning;
use super::item::{Item, ItemKind};
use super::part::{DiffPart, Part};
use crate::data::Formatting;
use crate::explain::one_line;
use crate::library::{DatasetDefinition, LookupDefinition};
use crate::syntax::ast::{RowTest, RowTestKind};
use crate::syntax::{format_unit, spelled, string};

pub(super) fn item(meaning: Meaning<'_>, dataset: &DatasetDefinition) -> Item {
    let mut item = Item::new(ItemKind::Dataset, &dataset.name.text, Some(dataset.span));
    item.add_text(Part::File, dataset.path.as_ref().map(|(path, _)| string(path)));
    if let Some(table) = &dataset.table {
        item.add_text(Part::Table, Some(one_line(meaning.library.text(table.span))));
    }
    time(meaning, dataset, &mut item);
    columns(meaning, dataset, &mut item);
    for lookup in &dataset.lookups {
        let text = one_line(meaning.library.text(lookup.span));
        let name = meaning.names.dataset(&lookup.name.text);
        item.add(DiffPart::named(Part::Lookup, name), self::lookup(meaning, lookup), text);
    }
    for (name, text) in settings(&dataset.declaration.formatting) {
        item.add(DiffPart::named(Part::Setting, &name.into()), text.clone(), text);
    }
    for test in &dataset.tests {
        let (meaning, text) = row_test(meaning, test);
        item.add(DiffPart::named(Part::RowTest, &meaning.as_str().into()), meaning, text);
    }
    item
}

fn time(meaning: Meaning<'_>, dataset: &DatasetDefinition, item: &mut Item) {
    let stored = dataset.declaration.time.as_ref();
    if let Some(valid) = &dataset.validity {
        let end = valid.end.as_ref().map_or("", |end| &end.text);
        let word = if valid.inclusive { "through" } else { "until" };
        let text = format!("from {} {word} {}", spelled(&valid.from.text), spelled(end));
        item.add_text(Part::Valid, Some(text));
    } else if let Some(path) = &dataset.time {
        let text = one_line(meaning.library.text(path.span));
        item.add(Part::Time.into(), meaning.column(path), text);
    } else if let Some(column) = stored {
        item.add(Part::Time.into(), format!(".{column:?}"), spelled(column));
    }
}

fn columns(meaning: Meaning<'_>, dataset: &DatasetDefinition, item: &mut Item) {
    for (name, (_, unit)) in &dataset.types {
        item.add(DiffPart::named(Part::Column, name), meaning.unit(unit), format_unit(unit));
    }
    for (name, (_, formula)) in &dataset.computed {
        let declared = dataset.declared.get(name);
        let unit = declared.map_or(String::new(), |unit| format!("{}: ", meaning.unit(unit)));
        let shown = declared.map_or(String::new(), |unit| format!("{}: ", format_unit(unit)));
        let (form, text) = (meaning.row(formula), meaning.text(formula));
        item.add(DiffPart::named(Part::Computed, name), format!("{unit}{form}"), format!("{shown}{text}"));
    }
}

fn lookup(meaning: Meaning<'_>, lookup: &LookupDefinition) -> String {
    let mut keys: Vec<String> =
        lookup.keys.iter().map(|(here, there)| format!("{:?}={:?}", here.text, there.text)).collect();
    keys.sort();
    let time = lookup.time.as_ref().map_or(String::new(), |time| {
        let within = time.within.as_ref().map(|within| format!("{} {}", within.digits, within.unit.text));
        let within = within.map_or(String::new(), |within| within.trim_end_matches('s').to_owned());
        format!("{} {} within {within}", if time.next { "next" } else { "as of" }, meaning.row(&time.at))
    });
    format!("{:?} on {} {time}", meaning.names.dataset(&lookup.dataset.text), keys.join(","))
}

/// How a file is read: the settings that are given.
fn settings(formatting: &Formatting) -> Vec<(&'static str, String)> {
    let Formatting { delimiter, decimal, dates, encoding, sheet, range, header, skip_last, blank } = formatting;
    let texts = [
        ("delimiter", delimiter.map(|byte| string(&char::from(byte).to_string()))),
        ("decimal", decimal.map(|mark| string(&mark.to_string()))),
        ("dates", dates.as_deref().map(string)),
        ("encoding", encoding.as_deref().map(string)),
        ("sheet", sheet.as_deref().map(string)),
        ("range", range.as_deref().map(string)),
        ("header", header.map(|row| if row == 0 { "none".to_owned() } else { row.to_string() })),
        ("skip last", (*skip_last > 0).then(|| skip_last.to_string())),
        ("blank", sorted(blank.iter().map(|cell| string(cell)).collect())),
    ];
    texts.into_iter().filter_map(|(name, text)| Some((name, text?))).collect()
}

fn sorted(mut texts: Vec<String>) -> Option<String> {
    texts.sort();
    (!texts.is_empty()).then(|| texts.join(", "))
}

fn row_test(meaning: Meaning<'_>, test: &RowTest) -> (String, String) {
    let strict = if test.strict { "strict " } else { "" };
    let tested = match &test.kind {
        RowTestKind::Unique(columns) => format!("unique {:?}", sorted(texts(columns))),
        RowTestKind::Filled(columns) => format!("filled {:?}", sorted(texts(columns))),
        RowTestKind::Condition(condition) => meaning.row(condition),
    };
    let text = one_line(meaning.library.text(test.span));
    (format!("{strict}{tested}"), format!("{strict}expect {text}"))
}

fn texts(names: &[crate::syntax::ast::Name]) -> Vec<String> {
    names.iter().map(|name| name.text.to_string()).collect()
}
