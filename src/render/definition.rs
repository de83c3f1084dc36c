//! Turns a definition into a glossary entry: as data, as text, as Markdown.

use std::collections::HashSet;
use std::sync::Arc;

use serde::Serialize;

use super::result::status_word;
use super::{Language, Locale, escaped, status_mark};
use crate::budget::Charge;
use crate::diagnostic::Diagnostic;
use crate::explain::one_line;
use crate::language::{Phrase, Sentence};
use crate::library::additivity::Break;
use crate::library::card::{Better, Text};
use crate::library::relations::Relations;
use crate::library::{Definition, DefinitionId, Library};
use crate::syntax::ast::{Band, BandCondition, DefinitionKind, Example, Expr, Status};
use crate::value::unit::Type;

/// Everything about a definition, with texts in one language.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GlossaryEntry {
    /// The name.
    pub name: Arc<str>,
    /// `kpi`, `helper`, `input` or `parameter`.
    pub kind: &'static str,
    /// The label.
    pub label: Option<String>,
    /// The description.
    pub about: Option<String>,
    /// The formula. An input without a formula is the sum of the column with its name.
    pub formula: Option<String>,
    /// The unit or type: `EUR/customer`, `percent`, `number`.
    pub unit: String,
    /// How values add up over time and over segments. None for parameters and for values that are not numbers.
    pub additivity: Option<AdditivityEntry>,
    /// The direction of improvement.
    pub better: Option<Better>,
    /// The target.
    pub target: Option<String>,
    /// The grain that the target and the bands apply to.
    pub per: Option<Arc<str>>,
    /// The bands in order. The first whose condition is true applies.
    pub bands: Vec<BandEntry>,
    /// The expected range of the value.
    pub range: Option<String>,
    /// The definitions that the formula names.
    pub uses: Vec<Arc<str>>,
    /// The inputs that the data must provide for it, directly or indirectly.
    pub inputs: Vec<Arc<str>>,
    /// The definitions whose formulas name it.
    pub used_by: Vec<Arc<str>>,
    /// The aliases.
    pub aliases: Vec<Arc<str>>,
    /// `leading` or `lagging`.
    pub indicator: Option<Arc<str>>,
    /// The perspective of a balanced scorecard.
    pub perspective: Option<Arc<str>>,
    /// The stages of the funnel.
    pub stage: Vec<Arc<str>>,
    /// The tags.
    pub tags: Vec<Arc<str>>,
    /// `draft` or `official`.
    pub state: Option<Arc<str>>,
    /// The person or team responsible.
    pub owner: Option<String>,
    /// The date since which the definition applies.
    pub since: Option<String>,
    /// The version of the definition.
    pub version: Option<String>,
    /// The source of the definition.
    pub source: Option<String>,
    /// Worked examples.
    pub examples: Vec<Sentence>,
    /// The place of the definition: `file:line:column`.
    pub defined: String,
    /// True if it is part of the standard library.
    pub standard: bool,
    /// True for an undeclared name that is read as an input.
    pub implicit: bool,
    /// The language of the texts.
    #[serde(skip)]
    pub language: Language,
    #[serde(skip)]
    ty: Type,
    #[serde(skip)]
    definition_kind: DefinitionKind,
}

/// A band with its source text.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BandEntry {
    /// The status.
    pub status: Status,
    /// The condition.
    pub condition: Sentence,
    /// The advice.
    pub advice: Option<String>,
}

/// How values add up: months to a year, channels to all channels.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AdditivityEntry {
    /// `additive`, `semi-additive` or `not additive`.
    pub name: &'static str,
    /// Why values do not add up over time. None if they do.
    pub over_time: Option<String>,
    /// Why values do not add up over segments. None if they do.
    pub over_segments: Option<String>,
}

impl AdditivityEntry {
    /// None for values that cannot be added: parameters, texts, truth values and dates.
    fn of(library: &Library, id: DefinitionId, language: Language) -> Option<Self> {
        let is_number = !matches!(library.type_of(id), Type::Text | Type::Boolean | Type::Date | Type::Period(_));
        if library.get(id).kind == DefinitionKind::Param || !is_number {
            return None;
        }
        let additivity = library.additivity(id);
        let message = |found: &Option<Break>| found.as_ref().map(|found| language.sentence(&found.message));
        Some(Self {
            name: additivity.name(),
            over_time: message(&additivity.over_time),
            over_segments: message(&additivity.over_segments),
        })
    }

    /// Describes it in words, with a line for each reason.
    fn lines(&self, language: Language) -> Vec<String> {
        let line = |phrase, why: &str| language.phrase(phrase, &[why]);
        match (&self.over_time, &self.over_segments) {
            (None, None) => vec![line(Phrase::AddsUpEverywhere, "")],
            (Some(why), None) => vec![line(Phrase::NotOverTime, why)],
            (None, Some(why)) => vec![line(Phrase::NotOverSegments, why)],
            (Some(time), Some(segments)) if time == segments => {
                vec![line(Phrase::AddsUpNowhere, time)]
            }
            (Some(time), Some(segments)) => {
                vec![line(Phrase::NotOverTimeFor, time), line(Phrase::NotOverSegmentsFor, segments)]
            }
        }
    }
}

impl GlossaryEntry {
    /// Creates the entry of a definition.
    pub fn of(library: &Library, id: DefinitionId, language: Language) -> Self {
        let name = &library.get(id).name.text;
        let related = [names(library.inputs_of(name)), names(library.dependents_of(name))];
        Self::new(library, id, language, related)
    }

    /// Creates the entries of definitions within a budget. The charge counts them.
    ///
    /// # Errors
    /// The limit that was reached.
    pub(crate) fn all(
        library: &Library,
        ids: &[DefinitionId],
        language: Language,
        charge: &mut Charge,
    ) -> Result<Vec<Self>, Diagnostic> {
        let relations = Relations::of(library, charge.budget())?;
        let entry = |&id: &DefinitionId| {
            let related = [relations.inputs(id), relations.dependents(id)];
            let count = related.iter().map(|ids| ids.len()).sum::<usize>();
            charge.budget().spend(count + STEPS_PER_ENTRY, "writing definitions")?;
            charge.grow(BYTES_PER_ENTRY + count * BYTES_PER_NAME, "the entries of all definitions")?;
            let names = |ids: &[DefinitionId]| ids.iter().map(|id| library.get(*id).name.text.clone()).collect();
            Ok(Self::new(library, id, language, related.map(names)))
        };
        ids.iter().map(entry).collect()
    }

    fn new(library: &Library, id: DefinitionId, language: Language, [inputs, used_by]: [Vec<Arc<str>>; 2]) -> Self {
        let definition = library.get(id);
        let card = &definition.card;
        let text = |text: &Option<Text>| text.as_ref().map(|text| text.get(language.code()).to_owned());
        let written = |expr: &Expr| one_line(library.text(expr.span));
        Self {
            name: definition.name.text.clone(),
            kind: kind_name(definition.kind),
            label: text(&card.label),
            about: text(&card.about),
            formula: definition.formula.as_deref().map(written),
            unit: library.type_of(id).to_string(),
            additivity: AdditivityEntry::of(library, id, language),
            better: card.better,
            target: card.target.as_ref().map(written),
            per: card.per.clone(),
            bands: card.bands.iter().map(|band| band_entry(library, band, language)).collect(),
            range: card.range.as_ref().map(|(low, high)| {
                let end = |end: &Option<Expr>| end.as_ref().map(written).unwrap_or_default();
                format!("{}..{}", end(low), end(high))
            }),
            uses: unique(definition.references.definitions.iter().map(|name| name.text.clone())),
            inputs,
            used_by,
            aliases: card.aliases.iter().map(|alias| alias.text.clone()).collect(),
            indicator: card.kind.clone(),
            perspective: card.perspective.clone(),
            stage: card.stage.clone(),
            tags: card.tags.clone(),
            state: card.state.clone(),
            owner: text(&card.owner),
            since: text(&card.since),
            version: text(&card.version),
            source: text(&card.source),
            examples: card.examples.iter().map(|(example, _)| example_entry(library, example)).collect(),
            defined: library.sources().place(definition.name.span),
            standard: definition.standard,
            implicit: definition.implicit,
            language,
            ty: library.type_of(id).clone(),
            definition_kind: definition.kind,
        }
    }

    /// Renders the entry as a page for a terminal of this width.
    pub fn page(&self, width: usize) -> String {
        let mut text = self.title();
        text.push_str("\n\n");
        if let Some(about) = &self.about {
            wrapped(about, width).iter().for_each(|line| text.extend([line, "\n"]));
            text.push('\n');
        }
        for (name, value) in self.facts() {
            let lines = value.iter().flat_map(|value| wrapped(value, width.saturating_sub(FACT_WIDTH)));
            for (at, line) in lines.enumerate() {
                let name = if at == 0 { name } else { "" };
                text.push_str(&format!("{name:FACT_WIDTH$}{line}\n"));
            }
        }
        text
    }

    /// Renders the entry as a section of a Markdown document.
    pub fn markdown(&self) -> String {
        let about = self.about.as_ref().map(|about| format!("{}\n\n", escaped(about))).unwrap_or_default();
        let mut text = format!("### {}\n\n{about}", escaped(&self.title()));
        for (name, value) in self.facts() {
            let value: Vec<String> = value.iter().map(|value| escaped(value)).collect();
            text.push_str(&format!("- **{name}**: {}\n", value.join("; ")));
        }
        text
    }

    fn title(&self) -> String {
        let label = self.label.as_ref().map(|label| format!(" · {label}"));
        format!("{}{}", self.name, label.unwrap_or_default())
    }

    /// The facts by heading. Each value is on a separate line.
    fn facts(&self) -> Vec<(&'static str, Vec<String>)> {
        let one = |text: &Option<String>| text.iter().cloned().collect::<Vec<_>>();
        let name = |text: &Option<Arc<str>>| text.iter().map(ToString::to_string).collect::<Vec<_>>();
        let list = |names: &[Arc<str>]| if names.is_empty() { vec![] } else { vec![names.join(", ")] };
        let facts = vec![
            (Phrase::KindHead, vec![self.kind_in_words()]),
            (Phrase::FormulaHead, one(&self.formula)),
            (Phrase::UnitHead, vec![Locale::new(self.language).unit_symbol(&self.ty)]),
            (Phrase::AddsUpHead, self.additivity.as_ref().map(|sums| sums.lines(self.language)).unwrap_or_default()),
            (
                Phrase::BetterHead,
                self.better.iter().map(|better| self.language.word(better_word(*better)).to_owned()).collect(),
            ),
            (Phrase::TargetHead, one(&self.target)),
            (Phrase::BandsHead, self.bands.iter().map(|band| band_line(band, self.language)).collect()),
            (Phrase::PerHead, name(&self.per)),
            (Phrase::RangeHead, one(&self.range)),
            (Phrase::UsesHead, list(&self.uses)),
            (Phrase::InputsHead, if self.inputs == self.uses { vec![] } else { list(&self.inputs) }),
            (Phrase::UsedByHead, list(&self.used_by)),
            (Phrase::AliasesHead, list(&self.aliases)),
            (Phrase::PerspectiveHead, self.perspective.iter().map(|word| self.card_word(word)).collect()),
            (Phrase::StageHead, list(&self.stage.iter().map(|word| self.card_word(word).into()).collect::<Vec<_>>())),
            (Phrase::TagsHead, list(&self.tags)),
            (Phrase::StateHead, self.state.iter().map(|word| self.card_word(word)).collect()),
            (Phrase::OwnerHead, one(&self.owner)),
            (Phrase::SinceHead, one(&self.since)),
            (Phrase::VersionHead, one(&self.version)),
            (Phrase::ExamplesHead, self.examples.iter().map(|example| self.language.sentence(example)).collect()),
            (Phrase::SourceHead, one(&self.source)),
            (Phrase::DefinedHead, vec![self.defined.clone()]),
        ];
        let known = facts.into_iter().filter(|(_, value)| !value.is_empty());
        known.map(|(name, value)| (self.language.word(name), value)).collect()
    }

    /// A word of the card: in English as it is written there.
    fn card_word(&self, word: &str) -> String {
        match self.language {
            Language::English => word.to_owned(),
            Language::French => self.language.card_word(word),
        }
    }

    fn kind_in_words(&self) -> String {
        let kind = self.language.word(kind_word(self.definition_kind));
        let kind = match self.indicator.as_deref() {
            Some("leading") => self.language.phrase(Phrase::LeadingKind, &[kind]),
            Some(_) => self.language.phrase(Phrase::LaggingKind, &[kind]),
            None => kind.to_owned(),
        };
        match (self.implicit, self.standard) {
            (true, _) => kind + self.language.word(Phrase::ColumnOfThatName),
            (_, true) => kind + self.language.word(Phrase::OfStandardLibrary),
            _ => kind,
        }
    }
}

/// The column in which the values of a page begin.
const FACT_WIDTH: usize = 13;

/// `kpi`, `helper`, `input` or `parameter`.
pub(crate) fn kind_name(kind: DefinitionKind) -> &'static str {
    match kind {
        DefinitionKind::Kpi => "kpi",
        DefinitionKind::Helper => "helper",
        DefinitionKind::Input => "input",
        DefinitionKind::Param => "parameter",
    }
}

/// The word for a kind of definition.
pub(crate) fn kind_word(kind: DefinitionKind) -> Phrase {
    match kind {
        DefinitionKind::Kpi => Phrase::Kpi,
        DefinitionKind::Helper => Phrase::Helper,
        DefinitionKind::Input => Phrase::Input,
        DefinitionKind::Param => Phrase::Parameter,
    }
}

fn better_word(better: Better) -> Phrase {
    match better {
        Better::Higher => Phrase::Higher,
        Better::Lower => Phrase::Lower,
        Better::Neither => Phrase::Neither,
    }
}

fn band_entry(library: &Library, band: &Band, language: Language) -> BandEntry {
    let written = |expr: &Expr| one_line(library.text(expr.span));
    let condition = match &band.condition {
        BandCondition::Compare { op, bound, .. } => {
            Sentence::new(Phrase::Condition, [format!("{} {}", op.symbol(), written(bound))])
        }
        BandCondition::Between { low, high } => Sentence::new(Phrase::BandBetween, [written(low), written(high)]),
        BandCondition::When(condition) => Sentence::new(Phrase::BandWhen, [written(condition)]),
        BandCondition::Otherwise => Sentence::plain(Phrase::Otherwise),
    };
    let advice = band.advice.as_ref().map(|advice| Text::from(advice).get(language.code()).to_owned());
    BandEntry { status: band.status, condition, advice }
}

fn band_line(band: &BandEntry, language: Language) -> String {
    let advice = band.advice.as_ref().map(|advice| format!(". {advice}")).unwrap_or_default();
    let (status, condition) = (language.word(status_word(band.status)), language.sentence(&band.condition));
    format!("{} {status} {condition}{advice}", status_mark(band.status))
}

/// `spend = 5000, leads = 100 gives 50`
fn example_entry(library: &Library, example: &Example) -> Sentence {
    let written = |expr: &Expr| one_line(library.text(expr.span));
    let given: Vec<String> =
        example.given.iter().map(|given| format!("{} = {}", given.name.text, written(&given.value))).collect();
    let about = if example.expected.about { "about " } else { "" };
    Sentence::new(Phrase::Gives, [given.join(", "), format!("{about}{}", written(&example.expected.value))])
}

fn unique(names: impl Iterator<Item = Arc<str>>) -> Vec<Arc<str>> {
    let mut seen = HashSet::new();
    names.filter(|name| seen.insert(name.clone())).collect()
}

/// What an entry takes without the names of other definitions: about a hundred short texts, in memory and as JSON.
const STEPS_PER_ENTRY: usize = 500;
const BYTES_PER_ENTRY: usize = 4096;
/// What a name takes: the reference and its JSON.
const BYTES_PER_NAME: usize = 64;

/// The names of definitions.
fn names(definitions: Vec<&Definition>) -> Vec<Arc<str>> {
    definitions.into_iter().map(|definition| definition.name.text.clone()).collect()
}

/// Wraps a text at spaces into lines of at most this width.
pub fn wrapped(text: &str, width: usize) -> Vec<String> {
    use unicode_width::UnicodeWidthStr;
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let last = lines.last_mut().expect("there is always one line");
        if last.is_empty() {
            last.push_str(word);
        } else if last.width() + 1 + word.width() <= width {
            last.extend([" ", word]);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_numbers_can_add_up() {
        let text = "n = sum(a)\nt = if n > 1 then \"big\" else \"small\"\nb = n > 1\nparam p = 2\nd = 2026-03-31\n";
        let library = Library::from_text(text).expect("it compiles");
        let entry = |name| GlossaryEntry::of(&library, library.id(name).expect("it is there"), Language::English);
        assert!(entry("n").additivity.is_some());
        for name in ["t", "b", "p", "d"] {
            assert_eq!(entry(name).additivity, None, "{name}");
            assert!(!entry(name).page(80).contains("adds up"), "{name}");
        }
    }

    #[test]
    fn inputs_are_the_definitions_that_read_data() {
        let text = "input cost = sum(spend)\nnew = sum(customers)\ncac = cost / new\nworth = 3 * cac\n";
        let library = Library::from_text(text).expect("it compiles");
        let entry = |name| GlossaryEntry::of(&library, library.id(name).expect("it is there"), Language::French);
        assert_eq!(entry("worth").inputs, ["cost".into(), "new".into()]);
        assert!(entry("new").inputs.is_empty(), "it reads the data itself");
        assert!(entry("cac").page(80).contains("nature       KPI (indicateur de résultat)\n"));
    }
}
