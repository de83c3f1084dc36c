//! Takes a library apart into items and their parts.

use std::sync::Arc;

use indexmap::IndexMap;

use super::dataset;
use super::expression::Meaning;
use super::item::{Item, ItemId, ItemKind, Space};
use super::part::{DiffPart, Part};
use crate::explain::one_line;
use crate::library::card::{Better, Card, Format, Text, status_name};
use crate::library::{Definition, Function, Library, ScenarioDefinition};
use crate::source::{FileId, Span};
use crate::syntax::ast::{
    Assignment, Band, BandCondition, Example, Expected, Expr, Item as Parsed, ItemKind as ParsedKind, Path, Step,
    StepKind, TableText, Test,
};
use crate::syntax::{self, format_unit, spelled, string};
use crate::value::calendar::Calendar;

/// The items of a library, without those of the standard library that the other library has, too.
pub(super) fn items(meaning: Meaning<'_>, other: &Library) -> IndexMap<ItemId, Item> {
    let library = meaning.library;
    let collector = Collector { meaning };
    let is_shared = |is_standard: bool, other: Option<bool>| is_standard && other == Some(true);
    let definitions = library
        .definitions()
        .filter(|it| !is_shared(it.standard, other.definition(&it.name.text).map(|other| other.standard)));
    let functions = library
        .functions()
        .filter(|it| !is_shared(it.standard, other.function_named(&it.name.text).map(|other| other.standard)));
    let tests = library.tests().filter(|test| !test.standard);
    let mut items = collector.settings();
    items.extend(library.datasets().map(|it| dataset::item(meaning, it)));
    items.extend(functions.map(|function| collector.function(function)));
    items.extend(definitions.map(|definition| collector.definition(definition)));
    items.extend(library.scenarios().map(|scenario| collector.scenario(scenario)));
    items.extend(tests.map(|it| collector.test(&it.test, it.span)));
    let mut by_id: IndexMap<ItemId, Item> = IndexMap::new();
    for mut item in items {
        // Tests may have the same title.
        let title = item.name.clone();
        for at in 2.. {
            if !by_id.contains_key(&item.id()) {
                break;
            }
            item.name = format!("{title} ({at})").into();
        }
        by_id.insert(item.id(), item);
    }
    by_id
}

/// A definition, a function or a dataset by its name.
pub(super) fn item(meaning: Meaning<'_>, (space, name): &ItemId) -> Option<Item> {
    let (library, collector) = (meaning.library, Collector { meaning });
    match space {
        Space::Definition => library.definition(name).map(|definition| collector.definition(definition)),
        Space::Function => library.function_named(name).map(|function| collector.function(function)),
        Space::Dataset => library.dataset(name).map(|it| dataset::item(meaning, it)),
        Space::Setting | Space::Scenario | Space::Test => None,
    }
}

/// Takes items apart.
struct Collector<'a> {
    meaning: Meaning<'a>,
}

impl Collector<'_> {
    fn library(&self) -> &Library {
        self.meaning.library
    }

    /// The formatted text of an expression.
    fn text(&self, expr: &Expr) -> String {
        self.meaning.text(expr)
    }

    // ── settings ─────────────────────────────────────────────────────────────

    /// The currency and the calendar. Both are always there, so that declaring one is a change.
    fn settings(&self) -> Vec<Item> {
        let (currency_span, calendar_span) = self.places();
        let mut currency = Item::new(ItemKind::Currency, &"currency".into(), currency_span);
        currency.add_text(Part::Value, self.library().units().currency().map(|currency| currency.code()));
        let mut calendar = Item::new(ItemKind::Calendar, &"calendar".into(), calendar_span);
        let found = self.library().calendar();
        let text = calendar_span.map_or("calendar {}".to_owned(), |span| one_line(self.library().text(span)));
        if found != Calendar::default() {
            calendar.add(Part::Value.into(), format!("{found:?}"), text);
        }
        vec![currency, calendar]
    }

    /// The places of the currency and the calendar.
    fn places(&self) -> (Option<Span>, Option<Span>) {
        let (mut currency, mut calendar) = (None, None);
        for Parsed { kind, span } in self.parsed() {
            match kind {
                ParsedKind::Currency(_) => currency = currency.or(Some(span)),
                ParsedKind::Calendar(_) => calendar = calendar.or(Some(span)),
                _ => {}
            }
        }
        (currency, calendar)
    }

    /// The items of all texts, as they are written. The compiled library does not keep the places of settings.
    fn parsed(&self) -> impl Iterator<Item = Parsed> {
        let has_settings = |text: &str| text.contains("currency") || text.contains("calendar");
        let files = self.library().sources().files().filter(move |(_, file)| has_settings(&file.text));
        files.flat_map(|(id, file): (FileId, _)| syntax::parse(id, &file.text).0.items)
    }

    // ── definitions and functions ────────────────────────────────────────────

    fn definition(&self, definition: &Definition) -> Item {
        let name = &definition.name.text;
        let mut item = Item::new(ItemKind::of(definition.kind), name, Some(definition.span));
        (item.implicit, item.standard) = (definition.implicit, definition.standard);
        item.aliases = definition.card.aliases.iter().map(|alias| alias.text.clone()).collect();
        item.add_text(Part::Kind, Some(kind_word(item.kind)));
        let formula = definition.formula.as_deref().map(|formula| (self.meaning.formula(formula), self.text(formula)));
        // An input without a formula is the sum of the column of its name.
        let column = || (format!("(sum .{name:?})"), format!("sum({})", spelled(name)));
        let (meaning, text) = formula.unwrap_or_else(column);
        item.add(Part::Formula.into(), meaning, text);
        if let Some(unit) = &definition.annotation {
            item.add(Part::Unit.into(), self.meaning.unit(unit), format_unit(unit));
        }
        self.card(&mut item, &definition.card);
        item
    }

    fn function(&self, function: &Function) -> Item {
        let mut item = Item::new(ItemKind::Function, &function.name.text, Some(function.span));
        item.standard = function.standard;
        let parameters: Vec<&str> = function.parameters.iter().map(|parameter| &*parameter.text).collect();
        item.add(Part::Parameters.into(), parameters.len().to_string(), parameters.join(", "));
        let body = self.meaning.body(&function.body, function.parameters.iter().map(|it| it.text.clone()));
        item.add(Part::Formula.into(), body, self.text(&function.body));
        if let Some(unit) = &function.annotation {
            item.add(Part::Unit.into(), self.meaning.unit(unit), format_unit(unit));
        }
        self.card(&mut item, &function.card);
        item
    }

    // ── cards ────────────────────────────────────────────────────────────────

    fn card(&self, item: &mut Item, card: &Card) {
        self.bounds(item, card);
        let texts = [
            (Part::Label, &card.label),
            (Part::About, &card.about),
            (Part::Source, &card.source),
            (Part::Owner, &card.owner),
            (Part::Since, &card.since),
            (Part::Version, &card.version),
        ];
        texts.into_iter().for_each(|(part, text)| item.add_text(part, text.as_ref().map(translations)));
        let words = [
            (Part::Indicator, &card.kind),
            (Part::Perspective, &card.perspective),
            (Part::State, &card.state),
            (Part::Per, &card.per),
        ];
        words.into_iter().for_each(|(part, word)| item.add_text(part, word.as_deref()));
        let listed = |names: &[Arc<str>]| (!names.is_empty()).then(|| names.join(", "));
        item.add_text(Part::Stage, listed(&card.stage));
        item.add_text(Part::Tags, listed(&card.tags));
        item.add_text(Part::Aliases, listed(&item.aliases.clone()));
        item.add_text(Part::Format, format(card.format));
        if !card.examples.is_empty() {
            let examples = card.examples.iter().map(|(example, _)| self.example(example));
            let (meanings, texts): (Vec<String>, Vec<String>) = examples.unzip();
            item.add(Part::Examples.into(), meanings.join("; "), texts.join("; "));
        }
    }

    /// The direction, the target, the bands and the range.
    fn bounds(&self, item: &mut Item, card: &Card) {
        item.add_text(Part::Better, card.better.map(better));
        if let Some(target) = &card.target {
            item.add(Part::Target.into(), self.meaning.formula(target), self.text(target));
        }
        if !card.bands.is_empty() {
            let (meanings, texts): (Vec<String>, Vec<String>) = card.bands.iter().map(|band| self.band(band)).unzip();
            item.add(Part::Bands.into(), meanings.join("; "), texts.join(", "));
        }
        let advice = card.bands.iter().filter_map(|band| Some((band.status, band.advice.as_ref()?)));
        let advice = advice.map(|(status, text)| format!("{} {}", status_name(status), translations(&text.into())));
        let advice: Vec<String> = advice.collect();
        item.add_text(Part::Advice, (!advice.is_empty()).then(|| advice.join(", ")));
        if let Some((low, high)) = &card.range {
            let end = |end: &Option<Expr>, form: &dyn Fn(&Expr) -> String| end.as_ref().map_or(String::new(), form);
            let range = |form: &dyn Fn(&Expr) -> String| format!("{}..{}", end(low, form), end(high, form));
            let (meaning, text) = (range(&|expr| self.meaning.formula(expr)), range(&|expr| self.text(expr)));
            item.add(Part::Range.into(), meaning, text);
        }
    }

    fn band(&self, band: &Band) -> (String, String) {
        let status = status_name(band.status);
        let condition = |form: &dyn Fn(&Expr) -> String| match &band.condition {
            BandCondition::Compare { op, bound, .. } => format!("{status} {} {}", op.symbol(), form(bound)),
            BandCondition::Between { low, high } => format!("{status} between {} and {}", form(low), form(high)),
            BandCondition::When(condition) => format!("{status} when {}", form(condition)),
            BandCondition::Otherwise => format!("{status} otherwise"),
        };
        (condition(&|expr| self.meaning.formula(expr)), condition(&|expr| self.text(expr)))
    }

    fn example(&self, example: &Example) -> (String, String) {
        let ((meaning, text), (expected, shown)) = (self.given(&example.given), self.expected(&example.expected));
        (format!("{meaning} gives {expected}"), format!("{text} gives {shown}"))
    }

    /// Values in any order.
    fn given(&self, given: &[Assignment]) -> (String, String) {
        let value = |it: &Assignment| {
            let name = self.meaning.names.definition(&it.name.text);
            format!("{name:?} = {}", self.meaning.formula(&it.value))
        };
        let mut meanings: Vec<String> = given.iter().map(value).collect();
        meanings.sort();
        let texts = given.iter().map(|it| format!("{} = {}", spelled(&it.name.text), self.text(&it.value)));
        (meanings.join(", "), texts.collect::<Vec<_>>().join(", "))
    }

    /// An expected value. Its digits matter, because `about` compares as many as are written.
    fn expected(&self, expected: &Expected) -> (String, String) {
        let about = if expected.about { "about " } else { "" };
        let text = self.text(&expected.value);
        let meaning = match expected.about {
            true => text.replace('_', ""),
            false => self.meaning.formula(&expected.value),
        };
        (format!("{about}{meaning}"), format!("{about}{text}"))
    }

    // ── scenarios and tests ──────────────────────────────────────────────────

    fn scenario(&self, scenario: &ScenarioDefinition) -> Item {
        let mut item = Item::new(ItemKind::Scenario, &scenario.title.default, Some(scenario.span));
        for Assignment { name, value } in &scenario.changes {
            let name = self.meaning.names.definition(&name.text);
            item.add(DiffPart::named(Part::Sets, name), self.meaning.formula(value), self.text(value));
        }
        let translated = (!scenario.title.translations.is_empty()).then(|| translations(&scenario.title));
        item.add_text(Part::Title, translated);
        item
    }

    fn test(&self, test: &Test, span: Span) -> Item {
        let mut item = Item::new(ItemKind::Test, &test.title, Some(span));
        let (meanings, texts): (Vec<String>, Vec<String>) = test.steps.iter().map(|step| self.step(step)).unzip();
        item.add(Part::Steps.into(), meanings.join("\n"), texts.join("  "));
        item
    }

    fn step(&self, step: &Step) -> (String, String) {
        let Meaning { names, .. } = self.meaning;
        let columns = |columns: &[Path]| columns.iter().map(|it| self.meaning.column(it)).collect::<Vec<_>>().join(",");
        let meaning = match &step.kind {
            StepKind::GivenValues(given) => format!("given {}", self.given(given).0),
            StepKind::GivenTable { dataset, table } => {
                let dataset = dataset.as_ref().map_or("", |dataset| names.dataset(&dataset.text));
                format!("given {dataset:?} {}", self.table(table, dataset.is_empty()))
            }
            StepKind::By(by) => format!("by {}", columns(by)),
            StepKind::Where(condition) => format!("where {}", self.meaning.row(condition)),
            StepKind::Period(period) => format!("period {period}"),
            StepKind::ExpectValues { name, values } => {
                let values: Vec<String> = values.iter().map(|value| self.expected(value).0).collect();
                format!("expect {:?} = {}", names.definition(&name.text), values.join(", "))
            }
            StepKind::ExpectTable(table) => format!("expect {}", self.table(table, true)),
        };
        (meaning, one_line(self.library().text(step.span)))
    }

    /// The cells of a table. If its columns are definitions, they have their new names.
    fn table(&self, table: &TableText, of_definitions: bool) -> String {
        let cell = |line: usize, cell: &str| {
            let name: Arc<str> = cell.trim().into();
            let is_name = of_definitions && line == 0;
            if is_name { self.meaning.names.definition(&name).to_string() } else { name.to_string() }
        };
        let row = |(line, text): (usize, &str)| text.split(',').map(|it| cell(line, it)).collect::<Vec<_>>().join(",");
        table.text.trim().lines().enumerate().map(row).collect::<Vec<_>>().join("\n")
    }
}

/// The word before a definition of this kind; `kpi` for a KPI, which has none.
fn kind_word(kind: ItemKind) -> &'static str {
    match kind {
        ItemKind::Helper => "let",
        ItemKind::Input => "input",
        ItemKind::Parameter => "param",
        _ => "kpi",
    }
}

fn better(better: Better) -> &'static str {
    match better {
        Better::Higher => "higher",
        Better::Lower => "lower",
        Better::Neither => "neither",
    }
}

/// `"Cost" fr "Coût"`
fn translations(text: &Text) -> String {
    let others = text.translations.iter().map(|(language, text)| format!("{language} {}", string(text)));
    std::iter::once(string(&text.default)).chain(others).collect::<Vec<_>>().join(" ")
}

/// `2 decimals, percent`
fn format(format: Format) -> Option<String> {
    let decimals = format.decimals.map(|count| format!("{count} decimal{}", if count == 1 { "" } else { "s" }));
    let words = [(format.percent, "percent"), (format.compact, "compact")];
    let words = words.into_iter().filter(|(is_set, _)| *is_set).map(|(_, word)| word.to_owned());
    let parts: Vec<String> = decimals.into_iter().chain(words).collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}
