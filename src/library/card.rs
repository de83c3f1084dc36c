//! Reads the properties of a card, and reports invalid ones.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::syntax::ast::{
    self, Band, Example, Expr, FormatPart, Name, PropertyKind, Status, TextProperty, Translation, WordProperty,
};

/// The maximum number of bands of a card: 100. Each pair of bands is compared.
pub const MAX_BANDS: usize = 100;

/// A text and its translations.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Text {
    /// The text in the author's main language.
    pub default: Arc<str>,
    /// The translations, by two-letter language code.
    pub translations: BTreeMap<Arc<str>, Arc<str>>,
}

impl Text {
    /// The text in a language, or the default text.
    pub fn get(&self, language: &str) -> &str {
        self.translations.get(language).unwrap_or(&self.default)
    }
}

impl From<&ast::Text> for Text {
    fn from(text: &ast::Text) -> Self {
        let mut result = Self::default();
        for Translation { language, text, .. } in &text.translations {
            match language {
                Some(language) => drop(result.translations.insert(language.text.clone(), text.clone())),
                None => result.default = text.clone(),
            }
        }
        result
    }
}

/// The direction in which values improve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum Better {
    Higher,
    Lower,
    Neither,
}

/// The format of a value in results.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Format {
    /// The number of digits after the decimal point.
    pub decimals: Option<u32>,
    /// True if the value is shown as a percentage.
    pub percent: bool,
    /// True if large numbers are abbreviated (1.2M).
    pub compact: bool,
}

/// The documented properties of a definition.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Card {
    /// The display name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<Text>,
    /// The description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub about: Option<Text>,
    /// The source of the definition.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Text>,
    /// The person or team responsible.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<Text>,
    /// The date since which the definition applies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Text>,
    /// The version of the definition.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<Text>,
    /// The direction in which values improve.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub better: Option<Better>,
    /// `leading` or `lagging`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<Arc<str>>,
    /// `financial`, `customer`, `process` or `learning`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub perspective: Option<Arc<str>>,
    /// `draft` or `official`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<Arc<str>>,
    /// The grain that the target and bands apply to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per: Option<Arc<str>>,
    /// The stages of the funnel.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stage: Vec<Arc<str>>,
    /// Free tags.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Arc<str>>,
    /// Other names to search by.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<Alias>,
    /// The format of the value.
    pub format: Format,
    /// The target value.
    #[serde(skip)]
    pub target: Option<Expr>,
    /// The bands in order; the first that applies gives the status.
    #[serde(skip)]
    pub bands: Vec<Band>,
    /// The range of plausible values.
    #[serde(skip)]
    pub range: Option<(Option<Expr>, Option<Expr>)>,
    /// Worked examples with their places.
    #[serde(skip)]
    pub examples: Vec<(Example, Span)>,
    /// The places of properties that must agree with each other.
    #[serde(skip)]
    pub(super) places: Places,
}

/// The places of the properties of a card that must agree with each other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Places {
    /// `better lower`
    pub better: Option<Span>,
    /// `target 5%`
    pub target: Option<Span>,
    /// The place of each band without its advice: `good <= 5%`.
    pub bands: Vec<Span>,
    /// `range 0..1`
    pub range: Option<Span>,
}

/// Another name of a definition for searching.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Alias {
    /// Its language, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<Arc<str>>,
    /// The name.
    pub text: Arc<str>,
}

/// Reads a card. Invalid properties are reported and left out.
pub fn read(card: &ast::Card, diagnostics: &mut Vec<Diagnostic>) -> Card {
    let mut reader = Reader { card: Card::default(), seen: vec![], band: None, too_many_bands: false, diagnostics };
    for property in &card.properties {
        reader.property(property);
    }
    reader.finish()
}

struct Reader<'a> {
    card: Card,
    seen: Vec<(&'static str, Span)>,
    /// The place of the first band.
    band: Option<Span>,
    /// True if the card has more than [`MAX_BANDS`] bands, which has been reported.
    too_many_bands: bool,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl Reader<'_> {
    fn property(&mut self, property: &ast::Property) {
        match &property.kind {
            PropertyKind::Text { property: which, text } => self.text(*which, text, property.keyword),
            PropertyKind::Words { property: which, words } => self.words(*which, words, property.keyword),
            PropertyKind::Target(target) => {
                self.once("target", property.keyword);
                self.card.places.target = Some(property.span);
                self.card.target = Some(target.clone());
            }
            PropertyKind::Band(_) if self.card.bands.len() == MAX_BANDS => {
                if !std::mem::replace(&mut self.too_many_bands, true) {
                    let message = format!("a card has at most {MAX_BANDS} bands");
                    let problem = Diagnostic::error(Code::TooLarge, message);
                    self.diagnostics.push(problem.label(property.span, "this band and those after it are not read"));
                }
            }
            PropertyKind::Band(band) => {
                self.band.get_or_insert(property.keyword);
                self.card.bands.push(band.clone());
                self.card.places.bands.push(band_place(property, band));
            }
            PropertyKind::Range { low, high } => {
                self.once("range", property.keyword);
                self.card.places.range = Some(property.span);
                self.card.range = Some((low.clone(), high.clone()));
            }
            PropertyKind::Alias(aliases) => self.card.aliases.extend(aliases.iter().map(alias)),
            PropertyKind::Format(parts) => self.format(parts, property.keyword),
            PropertyKind::Example(example) => self.card.examples.push((example.clone(), property.span)),
        }
    }

    fn text(&mut self, property: TextProperty, text: &ast::Text, keyword: Span) {
        let slot = match property {
            TextProperty::Label => &mut self.card.label,
            TextProperty::About => &mut self.card.about,
            TextProperty::Source => &mut self.card.source,
            TextProperty::Owner => &mut self.card.owner,
            TextProperty::Since => &mut self.card.since,
            TextProperty::Version => &mut self.card.version,
        };
        *slot = Some(text.into());
        self.once(property.word(), keyword);
    }

    fn words(&mut self, property: WordProperty, words: &[Name], keyword: Span) {
        match property {
            WordProperty::Better => {
                let word = self.choice(property, words, keyword);
                self.card.better = word.and_then(|word| better(&word));
                self.card.places.better = Some(words.iter().fold(keyword, |span, word| span.to(word.span)));
            }
            WordProperty::Kind => self.card.kind = self.choice(property, words, keyword),
            WordProperty::Perspective => self.card.perspective = self.choice(property, words, keyword),
            WordProperty::State => self.card.state = self.choice(property, words, keyword),
            WordProperty::Per => self.card.per = self.choice(property, words, keyword),
            WordProperty::Stage => self.card.stage.extend(words.iter().map(|word| word.text.clone())),
            WordProperty::Tags => self.card.tags.extend(words.iter().map(|word| word.text.clone())),
        }
    }

    /// Reads the word of a property that has a fixed set of words.
    fn choice(&mut self, property: WordProperty, words: &[Name], keyword: Span) -> Option<Arc<str>> {
        let (name, known) = (property.word(), property.choices());
        self.once(name, keyword);
        let [word] = words else {
            let span = words.iter().fold(keyword, |span, word| span.to(word.span));
            self.bad(span, format!("`{name}` expects one word, found {}", words.len()), known);
            return None;
        };
        if known.contains(&&*word.text) {
            return Some(word.text.clone());
        }
        let message = format!("`{name}` cannot be `{}`", word.text);
        let problem = Diagnostic::error(Code::BadProperty, message).at(word.span);
        let problem = problem.suggest(word.span, &word.text, known.iter().copied());
        self.diagnostics.push(problem.hint(one_of(known)));
        None
    }

    fn bad(&mut self, span: Span, message: String, known: &[&str]) {
        self.diagnostics.push(Diagnostic::error(Code::BadProperty, message).at(span).hint(one_of(known)));
    }

    fn format(&mut self, parts: &[FormatPart], keyword: Span) {
        self.once("format", keyword);
        for part in parts {
            match (&*part.word.text, part.digits.as_ref().map(|digits| digits.parse::<u32>())) {
                ("decimals" | "decimal", Some(Ok(digits))) if digits <= 28 => {
                    self.card.format.decimals = Some(digits);
                }
                ("percent", None) => self.card.format.percent = true,
                ("compact", None) => self.card.format.compact = true,
                _ => {
                    let digits = part.digits.as_ref().map_or(String::new(), |digits| format!("{digits} "));
                    let message = format!("`format` cannot be `{digits}{}`", part.word.text);
                    self.bad(part.word.span, message, &["`2 decimals` (up to 28)", "`percent`", "`compact`"]);
                }
            }
        }
    }

    fn once(&mut self, name: &'static str, keyword: Span) {
        match self.seen.iter().find(|(seen, _)| *seen == name) {
            Some(&(_, first)) => self.diagnostics.push(
                Diagnostic::error(Code::BadProperty, format!("duplicate property `{name}`"))
                    .label(keyword, "again here")
                    .label(first, "first given here"),
            ),
            None => self.seen.push((name, keyword)),
        }
    }

    fn finish(mut self) -> Card {
        if self.too_many_bands {
            // The first bands alone would give another status.
            self.card.bands.clear();
            self.card.places.bands.clear();
        }
        let given = self.seen.iter().any(|(name, _)| *name == "better");
        if let Some(band) = self.band.filter(|_| !given) {
            self.diagnostics.push(
                Diagnostic::error(Code::BadProperty, "bands need a `better`")
                    .at(band)
                    .hint("add `better higher`, `better lower` or `better neither`"),
            );
        }
        self.card
    }
}

/// The place of a band without its advice.
fn band_place(property: &ast::Property, band: &Band) -> Span {
    match (band_expressions(band).last(), &band.advice) {
        (Some(last), _) => property.keyword.to(last.span),
        (None, None) => property.span,
        (None, Some(_)) => property.keyword,
    }
}

fn one_of(known: &[&str]) -> String {
    format!("use one of {}", known.join(", "))
}

fn better(word: &str) -> Option<Better> {
    match word {
        "higher" => Some(Better::Higher),
        "lower" => Some(Better::Lower),
        "neither" => Some(Better::Neither),
        _ => None,
    }
}

fn alias(translation: &Translation) -> Alias {
    let language = translation.language.as_ref().map(|name| name.text.clone());
    Alias { language, text: translation.text.clone() }
}

/// The name of a status in English, as in JSON.
pub fn status_name(status: Status) -> &'static str {
    match status {
        Status::Good => "good",
        Status::Watch => "watch",
        Status::Bad => "bad",
    }
}

impl Card {
    /// All expressions of the card: target, bands, range.
    pub fn expressions(&self) -> impl Iterator<Item = &Expr> {
        let range = self.range.iter().flat_map(|(low, high)| low.iter().chain(high));
        self.target.iter().chain(self.bands.iter().flat_map(band_expressions)).chain(range)
    }

    /// Keeps the properties that also apply to a replacement of the definition: names, classification and format.
    ///
    /// The target, bands, range, examples, owner, source and version belong to the replaced formula and are removed.
    pub(super) fn for_replacement(self) -> Self {
        let Self { label, about, better, kind, perspective, stage, aliases, format, .. } = self;
        Self { label, about, better, kind, perspective, stage, aliases, format, ..Self::default() }
    }

    /// Removes the target, bands and range, because one of them has an error that has been reported.
    pub(super) fn forget_bounds(&mut self) {
        (self.target, self.bands, self.range) = Default::default();
    }
}

fn band_expressions(band: &Band) -> Vec<&Expr> {
    match &band.condition {
        ast::BandCondition::Compare { bound, .. } => vec![bound],
        ast::BandCondition::Between { low, high } => vec![low, high],
        ast::BandCondition::When(condition) => vec![condition],
        ast::BandCondition::Otherwise => vec![],
    }
}
