//! Turns one definition, parameter or function into what a glossary says of it.

use std::sync::Arc;

use super::{Author, BandLine, Datum, ExampleLine, FunctionEntry, Indicator, Reference, is_data};
use crate::builtin::{Aggregate, aggregate_of};
use crate::library::card::Card;
use crate::library::{Definition, DefinitionId, Function};
use crate::render::{Graph, Language, Phrase, Words, typeset};
use crate::syntax::ast::{Band, BandCondition, Call, DefinitionKind, Example, Expr, ExprKind};
use crate::syntax::format_expr;
use crate::value::unit::Type;

impl Author<'_> {
    pub(super) fn sheet(&self, id: DefinitionId) -> Indicator {
        let definition = self.library.get(id);
        let card = &definition.card;
        let language = self.locale.language;
        let ty = self.library.type_of(id);
        let graph = Graph::of(self.library, [id], language);
        Indicator {
            id: definition.name.text.clone(),
            label: self.words.label(&definition.name.text),
            kind: definition.kind.into(),
            about: card.about.as_ref().map(|about| self.words.prose(about)),
            words: definition.formula.as_ref().map(|formula| self.words.formula(formula)),
            symbols: definition.formula.as_ref().map(format_expr),
            unit: language.unit(ty),
            better: card.better,
            target: card.target.as_ref().map(|target| self.words.value(target, ty)),
            range: card.range.as_ref().map(|(low, high)| self.range(low.as_ref(), high.as_ref(), ty)),
            bands: card.bands.iter().map(|band| self.band(band, ty)).collect(),
            per: card.per.as_ref().map(|per| language.card_word(per)),
            facts: self.facts(card),
            aliases: aliases(self, card),
            examples: card.examples.iter().map(|(example, _)| self.example(example, ty)).collect(),
            inputs: self.inputs(id, &graph),
            used_by: self.used_by(id),
            names: names(definition),
            graph,
        }
    }

    pub(super) fn datum(&self, id: DefinitionId) -> Datum {
        let definition = self.library.get(id);
        let card = &definition.card;
        Datum {
            id: definition.name.text.clone(),
            label: self.words.label(&definition.name.text),
            kind: definition.kind.into(),
            about: card.about.as_ref().map(|about| self.words.prose(about)),
            unit: self.locale.language.unit(self.library.type_of(id)),
            aggregation: self.aggregation(id),
            symbols: definition.formula.as_ref().map_or_else(|| format!("sum({})", definition.name.text), format_expr),
            aliases: aliases(self, card),
            used_by: self.used_by(id),
        }
    }

    pub(super) fn function(&self, function: &Function) -> Option<FunctionEntry> {
        let parameters: Vec<&str> = function.parameters.iter().map(|name| &*name.text).collect();
        let (name, card) = (&function.name.text, &function.card);
        Some(FunctionEntry {
            id: format!("{name}()").into(),
            label: card.label.as_ref().map_or_else(|| name.to_string(), |label| self.words.prose(label)),
            about: card.about.as_ref().map(|about| self.words.prose(about)),
            symbols: format!("{name}({}) = {}", parameters.join(", "), format_expr(&function.body)),
        })
    }

    // ── the card ─────────────────────────────────────────────────────────────

    fn band(&self, band: &Band, ty: &Type) -> BandLine {
        let text = |text: String| Phrase::Text(text);
        let condition = match &band.condition {
            BandCondition::Compare { op, bound, .. } => {
                Phrase::Row(vec![text(format!("{}\u{a0}", Words::comparison(*op))), self.words.value(bound, ty)])
            }
            BandCondition::Between { low, high } => Phrase::Row(vec![
                text(self.words.word(["between ", "entre "]).into()),
                self.words.value(low, ty),
                text(self.words.word([" and ", " et "]).into()),
                self.words.value(high, ty),
            ]),
            BandCondition::When(condition) => self.words.formula(condition),
            BandCondition::Otherwise => text(self.words.word(["otherwise", "sinon"]).into()),
        };
        let advice = band.advice.as_ref().map(|advice| self.words.prose(&advice.into()));
        BandLine { status: band.status, condition, advice }
    }

    fn range(&self, low: Option<&Expr>, high: Option<&Expr>, ty: &Type) -> String {
        let end = |end: &Expr| self.words.value(end, ty).text();
        match (low.map(end), high.map(end)) {
            (Some(low), Some(high)) => format!("{low} {} {high}", self.words.word(["to", "à"])),
            (Some(low), None) => format!("≥\u{a0}{low}"),
            (None, Some(high)) => format!("≤\u{a0}{high}"),
            (None, None) => String::new(),
        }
    }

    fn example(&self, example: &Example, ty: &Type) -> ExampleLine {
        let given = example.given.iter().map(|given| {
            let ty = self.library.id(&given.name.text).map_or(&Type::Unknown, |id| self.library.type_of(id));
            (self.words.label(&given.name.text), self.words.value(&given.value, ty).text())
        });
        let about = if example.expected.about { "≈\u{a0}" } else { "" };
        let result = self.words.value(&example.expected.value, ty).text();
        ExampleLine { given: given.collect(), result: format!("{about}{result}") }
    }

    fn facts(&self, card: &Card) -> Vec<(&'static str, String)> {
        let language = self.locale.language;
        let word = |word: &Arc<str>| language.card_word(word);
        let prose = |text| self.words.prose(text);
        let list =
            |words: &[Arc<str>]| (!words.is_empty()).then(|| words.iter().map(word).collect::<Vec<_>>().join(", "));
        [
            (language.pick("Kind", "Nature"), card.kind.as_ref().map(word)),
            (language.pick("Stage", "Étape"), list(&card.stage)),
            (language.pick("Owner", "Responsable"), card.owner.as_ref().map(prose)),
            (language.pick("State", "Statut"), card.state.as_ref().map(word)),
            (language.pick("Since", "Depuis"), card.since.as_ref().map(prose)),
            (language.pick("Version", "Version"), card.version.as_ref().map(prose)),
            (language.pick("Tags", "Mots-clés"), list(&card.tags)),
            (language.pick("Source", "Source"), card.source.as_ref().map(prose)),
        ]
        .into_iter()
        .filter_map(|(name, fact)| Some((name, fact?)))
        .collect()
    }

    // ── what stands around it ────────────────────────────────────────────────

    fn reference(&self, id: DefinitionId) -> Reference {
        let name = &self.library.get(id).name.text;
        Reference { id: name.clone(), label: self.words.label(name), aggregation: self.aggregation(id) }
    }

    fn used_by(&self, id: DefinitionId) -> Vec<Reference> {
        let users = self.users.get(&id).map_or(&[][..], Vec::as_slice);
        users.iter().map(|&user| self.reference(user)).collect()
    }

    /// The data below a KPI; for one that is data itself, itself.
    fn inputs(&self, id: DefinitionId, graph: &Graph) -> Vec<Reference> {
        let below = graph.nodes.iter().filter_map(|node| self.library.id(&node.id));
        let data =
            below.filter(|&needed| is_data(self.library.get(needed)) && (needed != id || graph.nodes.len() == 1));
        data.map(|id| self.reference(id)).collect()
    }

    /// How figures of a definition add up over time and groups; a parameter's value.
    fn aggregation(&self, id: DefinitionId) -> String {
        let definition = self.library.get(id);
        match (definition.kind, &definition.formula) {
            (DefinitionKind::Param, Some(formula)) => {
                let value = self.words.value(formula, self.library.type_of(id)).text();
                format!("{}{value}", self.words.word(["set to ", "fixé à "]))
            }
            (_, Some(formula)) => match &*formula.unparenthesized().kind {
                ExprKind::Call(call) => self.adds_up(call).into(),
                _ => self.words.word(["computed", "calculé"]).into(),
            },
            (_, None) => self.words.word(["adds up", "s’additionne"]).into(),
        }
    }

    fn adds_up(&self, call: &Call) -> &'static str {
        let Some(function) = aggregate_of(call) else { return self.words.word(["computed", "calculé"]) };
        self.words.word(match function {
            Aggregate::Sum => ["adds up", "s’additionne"],
            Aggregate::Count if call.distinct.is_some() => ["each counted once", "chacun compté une fois"],
            Aggregate::Count => ["rows counted", "nombre de lignes"],
            Aggregate::Average => ["mean", "moyenne"],
            Aggregate::Median => ["median", "médiane"],
            Aggregate::Quantile(()) => ["quantile", "quantile"],
            Aggregate::Min => ["least value", "valeur minimale"],
            Aggregate::Max => ["greatest value", "valeur maximale"],
            Aggregate::First => ["opening value of the period", "valeur au début de la période"],
            Aggregate::Last => ["closing value of the period", "valeur à la fin de la période"],
            Aggregate::Only => {
                ["never adds up: one value, or none", "ne s’additionne pas\u{a0}: une seule valeur, ou aucune"]
            }
        })
    }
}

/// Those of the page's language before those of none; others are for the search.
fn aliases(author: &Author<'_>, card: &Card) -> Vec<String> {
    let language = author.locale.language;
    let of =
        |wanted: Option<&'static str>| card.aliases.iter().filter(move |alias| alias.language.as_deref() == wanted);
    of(Some(language.code())).chain(of(None)).map(|alias| typeset(&alias.text, language)).collect()
}

/// All that a reader may look for: name, labels and aliases in all languages.
fn names(definition: &Definition) -> Vec<String> {
    let card = &definition.card;
    let labels = card.label.iter().flat_map(|label| std::iter::once(&label.default).chain(label.translations.values()));
    let aliases = card.aliases.iter().map(|alias| &alias.text);
    std::iter::once(&definition.name.text).chain(labels).chain(aliases).map(ToString::to_string).collect()
}

impl Indicator {
    /// Where a link in the glossary leads.
    pub fn anchor(&self) -> String {
        anchor(&self.id)
    }

    /// Unit, direction, target, range and the further facts of the card, each with its name.
    pub(super) fn all_facts(&self, language: Language) -> Vec<(&'static str, String)> {
        let per = self.per.as_ref().map(|per| format!(" ({per})")).unwrap_or_default();
        let target = self.target.as_ref().map(|target| format!("{}{per}", target.text()));
        let own = [
            (language.pick("Unit", "Unité"), Some(self.unit.clone())),
            (language.pick("Direction", "Sens"), self.better.map(|better| language.direction(better).to_owned())),
            (language.pick("Target", "Objectif"), target),
            (language.pick("Expected range", "Plage attendue"), self.range.clone()),
        ];
        let own = own.into_iter().filter_map(|(name, fact)| Some((name, fact?)));
        own.chain(self.facts.iter().cloned()).collect()
    }
}

/// The place of a definition, or of a function (its name ends with `()`), in the glossary. Only letters that stand in
/// an address as they are.
pub(super) fn anchor(id: &str) -> String {
    let (prefix, name) = match id.strip_suffix("()") {
        Some(name) => ("function-", name),
        None => ("kpi-", id),
    };
    let letters = name.chars().map(|letter| match letter {
        'a'..='z' | 'A'..='Z' | '0'..='9' | '_' | '-' => letter.to_string(),
        _ => format!(".{:x}.", u32::from(letter)),
    });
    std::iter::once(prefix.to_owned()).chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anchors_differ_where_names_do() {
        assert_eq!(anchor("cac"), "kpi-cac");
        assert_eq!(anchor("cac()"), "function-cac");
        assert_eq!(anchor("coût"), "kpi-co.fb.t");
        assert_ne!(anchor("a b"), anchor("a_b"));
    }
}
