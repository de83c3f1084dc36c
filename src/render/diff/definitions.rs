//! The definitions that differ, by the effect of the difference.

use crate::diff::{Affected, ChangeKind, Dependent, Diff, DiffEntry, DiffPart, Effect, ItemHead, ItemKind, Part};
use crate::language::{Language, Phrase};
use crate::syntax::spelled;

/// The entries with one effect.
pub(super) struct Section {
    pub title: String,
    /// The number of items, which may share an entry.
    pub count: usize,
    pub entries: Vec<Entry>,
}

/// An item that differs, as text.
pub(super) struct Entry {
    /// `cac: KPI, changed (shop.kpi:61)`
    pub head: String,
    /// The names of the parts, with their texts before and after.
    pub parts: Vec<(String, Option<String>, Option<String>)>,
    /// What depends on it, after the word for it.
    pub affects: (&'static str, String),
}

pub(super) fn sections(diff: &Diff, language: Language) -> Vec<Section> {
    let writer = Writer { diff, language };
    let effects = [
        (Effect::Values, Phrase::EffectValues),
        (Effect::Statuses, Phrase::EffectStatuses),
        (Effect::Kinds, Phrase::EffectKinds),
        (Effect::Scenarios, Phrase::EffectScenarios),
        (Effect::Tests, Phrase::EffectTests),
        (Effect::None, Phrase::EffectNone),
    ];
    let section = |(effect, title): (Effect, Phrase)| {
        let found = diff.changes.iter().filter(|entry| entry.effect == effect);
        let mut entries: Vec<Entry> = found.map(|entry| writer.entry(entry)).collect();
        let mut count = entries.len();
        if effect == Effect::None {
            entries.extend(writer.layout());
            count += diff.moved.len() + diff.rewritten.len();
        }
        Section { title: language.word(title).to_owned(), count, entries }
    };
    effects.into_iter().map(section).filter(|section| !section.entries.is_empty()).collect()
}

struct Writer<'a> {
    diff: &'a Diff,
    language: Language,
}

impl Writer<'_> {
    fn word(&self, phrase: Phrase) -> &'static str {
        self.language.word(phrase)
    }

    fn entry(&self, entry: &DiffEntry) -> Entry {
        let old = entry.old_name.as_ref().map_or(String::new(), |name| spelled(name));
        let change = match entry.change {
            ChangeKind::Removed if entry.head.standard => self.word(Phrase::ReplacesStandard).to_owned(),
            ChangeKind::Added | ChangeKind::Changed if entry.head.standard => {
                self.word(Phrase::StandardAgain).to_owned()
            }
            ChangeKind::Changed => self.word(Phrase::Changed).to_owned(),
            ChangeKind::Removed => self.word(Phrase::Removed).to_owned(),
            ChangeKind::Added => self.word(Phrase::Added).to_owned(),
            ChangeKind::Renamed => self.language.phrase(Phrase::Renamed, &[&old]),
        };
        let mut places: Vec<String> =
            [&entry.before, &entry.after].into_iter().flatten().map(|it| format!("{}:{}", it.file, it.line)).collect();
        places.dedup();
        let place = if places.is_empty() { String::new() } else { format!(" ({})", places.join(" → ")) };
        let kind = self.word(kind_word(entry.head.kind));
        let name = item_name(&entry.head);
        let about = if *name == *kind { change } else { format!("{kind}, {change}") };
        let head = self.language.phrase(Phrase::About, &[&name, &format!("{about}{place}")]);
        let part = |part: &DiffPart| self.part(part);
        let parts = entry.parts.iter().map(|it| (part(&it.part), it.before.clone(), it.after.clone())).collect();
        Entry { head, parts, affects: (self.word(Phrase::AffectsHead), self.affects(&entry.affects)) }
    }

    /// The items that mean the same in another place.
    fn layout(&self) -> Vec<Entry> {
        let names = |heads: &mut dyn Iterator<Item = &ItemHead>| heads.map(item_name).collect::<Vec<_>>().join(", ");
        let lists = [
            (Phrase::MovedFiles, names(&mut self.diff.moved.iter().map(|moved| &moved.head))),
            (Phrase::Rewritten, names(&mut self.diff.rewritten.iter())),
        ];
        let lists = lists.into_iter().filter(|(_, names)| !names.is_empty());
        let entry = |(phrase, names): (Phrase, String)| Entry {
            head: self.language.phrase(phrase, &[&names]),
            parts: vec![],
            affects: ("", String::new()),
        };
        lists.map(entry).collect()
    }

    /// The definitions that depend on an item. Those of the standard library are counted.
    fn affects(&self, dependents: &[Dependent]) -> String {
        let (standard, own): (Vec<&Dependent>, Vec<&Dependent>) = dependents.iter().partition(|it| it.head.standard);
        let mut texts: Vec<String> = own.into_iter().map(|it| self.dependent(it)).collect();
        if !standard.is_empty() {
            texts.push(self.language.phrase(Phrase::StandardLibrary, &[&standard.len().to_string()]));
        }
        texts.join(", ")
    }

    fn dependent(&self, dependent: &Dependent) -> String {
        let name = self.with_unit(&dependent.head);
        match (dependent.status_only, dependent.distance) {
            (true, _) => self.language.phrase(Phrase::StatusOf, &[&name]),
            (false, 0 | 1) => name,
            (false, distance) => self.language.phrase(Phrase::StepsAway, &[&name, &distance.to_string()]),
        }
    }

    /// The name, with the units before and after if they differ.
    fn with_unit(&self, head: &ItemHead) -> String {
        let name = item_name(head);
        let is_same = |affected: &&Affected| affected.head.name == head.name;
        let affected = self.diff.affected.binary_search_by(|affected| affected.head.name.cmp(&head.name)).ok();
        let affected = affected.map(|at| &self.diff.affected[at]).filter(is_same);
        match affected.and_then(|affected| affected.unit.as_ref()) {
            None => name,
            Some([before, after]) => {
                let unit = |unit: &Option<String>| unit.clone().unwrap_or_else(|| "number".to_owned());
                self.language.phrase(Phrase::UnitBecomes, &[&name, &unit(before), &unit(after)])
            }
        }
    }

    fn part(&self, part: &DiffPart) -> String {
        let phrase = part_word(part.part);
        match &part.name {
            Some(name) if part.part != Part::RowTest => self.language.phrase(phrase, &[name]),
            _ => self.word(phrase).to_owned(),
        }
    }
}

/// The name as in a file: in backticks if it needs them, and titles in quotes.
fn item_name(head: &ItemHead) -> String {
    match head.kind {
        ItemKind::Test | ItemKind::Scenario => crate::syntax::string(&head.name),
        _ => spelled(&head.name),
    }
}

fn kind_word(kind: ItemKind) -> Phrase {
    match kind {
        ItemKind::Currency => Phrase::Currency,
        ItemKind::Calendar => Phrase::Calendar,
        ItemKind::Dataset => Phrase::Dataset,
        ItemKind::Parameter => Phrase::Parameter,
        ItemKind::Input => Phrase::Input,
        ItemKind::Function => Phrase::Function,
        ItemKind::Helper => Phrase::Helper,
        ItemKind::Kpi => Phrase::Kpi,
        ItemKind::Scenario => Phrase::Scenario,
        ItemKind::Test => Phrase::Test,
    }
}

fn part_word(part: Part) -> Phrase {
    match part {
        Part::Formula => Phrase::FormulaHead,
        Part::Unit => Phrase::UnitHead,
        Part::Parameters => Phrase::ParametersHead,
        Part::File => Phrase::FileHead,
        Part::Table => Phrase::TableHead,
        Part::Time => Phrase::TimeHead,
        Part::Valid => Phrase::ValidHead,
        Part::Column | Part::Computed => Phrase::ColumnNamed,
        Part::Lookup => Phrase::LookupHead,
        Part::Setting => Phrase::SettingHead,
        Part::Value => Phrase::Value,
        Part::Kind => Phrase::KindHead,
        Part::Better => Phrase::BetterHead,
        Part::Target => Phrase::TargetHead,
        Part::Bands => Phrase::BandsHead,
        Part::Per => Phrase::PerHead,
        Part::Range => Phrase::RangeHead,
        Part::Sets => Phrase::SetsHead,
        Part::RowTest => Phrase::RowTestHead,
        Part::Steps => Phrase::StepsHead,
        Part::Examples => Phrase::ExamplesHead,
        Part::Label => Phrase::LabelHead,
        Part::About => Phrase::AboutHead,
        Part::Advice => Phrase::AdviceHead,
        Part::Aliases => Phrase::AliasesHead,
        Part::Format => Phrase::FormatHead,
        Part::Title => Phrase::TitleHead,
        Part::Indicator => Phrase::IndicatorHead,
        Part::Perspective => Phrase::PerspectiveHead,
        Part::Stage => Phrase::StageHead,
        Part::Tags => Phrase::TagsHead,
        Part::State => Phrase::StateHead,
        Part::Owner => Phrase::OwnerHead,
        Part::Source => Phrase::SourceHead,
        Part::Since => Phrase::SinceHead,
        Part::Version => Phrase::VersionHead,
    }
}
