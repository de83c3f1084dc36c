//! Turns a definition, parameter or function into a glossary sheet.

use std::sync::Arc;

use super::layout::MAX_DRAWN;
use super::{Author, BandLine, Datum, ExampleLine, FunctionEntry, Indicator, Reference, is_data};
use crate::builtin::{Aggregate, AggregateFunction, aggregate_of};
use crate::language::{Language, Phrase};
use crate::library::card::Card;
use crate::library::{DefinitionId, Function};
use crate::render::graph::{Item, needed};
use crate::render::page::anchor;
use crate::render::{FormulaText, FormulaWriter, Graph, typeset};
use crate::syntax::ast::{Band, BandCondition, DefinitionKind, Example, Expr, ExprKind};
use crate::syntax::format_expr;
use crate::value::unit::Type;

impl Author<'_> {
    pub(super) fn sheet(&self, id: DefinitionId) -> Indicator {
        let definition = self.library.get(id);
        let card = &definition.card;
        let language = self.locale.language;
        let ty = self.library.type_of(id);
        let (inputs, more_inputs) = self.inputs(id);
        Indicator {
            id: definition.name.text.clone(),
            label: self.writer.label(&definition.name.text),
            kind: definition.kind.into(),
            current: None,
            about: card.about.as_ref().map(|about| self.writer.prose(about)),
            formula: definition.formula.as_ref().map(|formula| self.writer.formula(formula)),
            symbols: definition.formula.as_deref().map(format_expr),
            unit: language.unit(ty),
            better: card.better,
            target: card.target.as_ref().map(|target| self.writer.value(target, ty)),
            range: card.range.as_ref().map(|(low, high)| self.range(low.as_ref(), high.as_ref(), ty)),
            bands: card.bands.iter().map(|band| self.band(band, ty)).collect(),
            per: card.per.as_ref().map(|per| language.card_word(per)),
            facts: self.facts(card),
            aliases: aliases(self, card),
            examples: card.examples.iter().map(|(example, _)| self.example(example, ty)).collect(),
            inputs,
            more_inputs,
            used_by: self.used_by(id),
            names: definition.names().map(str::to_owned).collect(),
            graph: Graph::at_most(self.library, id, MAX_DRAWN, language),
        }
    }

    pub(super) fn datum(&self, id: DefinitionId) -> Datum {
        let definition = self.library.get(id);
        let card = &definition.card;
        Datum {
            id: definition.name.text.clone(),
            label: self.writer.label(&definition.name.text),
            kind: definition.kind.into(),
            about: card.about.as_ref().map(|about| self.writer.prose(about)),
            unit: self.locale.language.unit(self.library.type_of(id)),
            aggregation: self.aggregation(id),
            symbols: definition
                .formula
                .as_deref()
                .map_or_else(|| format!("sum({})", definition.name.text), format_expr),
            aliases: aliases(self, card),
            used_by: self.used_by(id),
        }
    }

    pub(super) fn function(&self, function: &Function) -> Option<FunctionEntry> {
        let parameters: Vec<&str> = function.parameters.iter().map(|name| &*name.text).collect();
        let (name, card) = (&function.name.text, &function.card);
        Some(FunctionEntry {
            id: format!("{name}()").into(),
            label: card.label.as_ref().map_or_else(|| name.to_string(), |label| self.writer.prose(label)),
            about: card.about.as_ref().map(|about| self.writer.prose(about)),
            symbols: format!("{name}({}) = {}", parameters.join(", "), format_expr(&function.body)),
        })
    }

    // ── the card ─────────────────────────────────────────────────────────────

    fn band(&self, band: &Band, ty: &Type) -> BandLine {
        let text = |phrase: Phrase| FormulaText::Text(self.locale.language.word(phrase).into());
        let condition = match &band.condition {
            BandCondition::Compare { op, bound, .. } => {
                let sign = FormulaText::Text(format!("{}\u{a0}", FormulaWriter::comparison(*op)));
                FormulaText::Row(vec![sign, self.writer.value(bound, ty)])
            }
            BandCondition::Between { low, high } => FormulaText::Row(vec![
                text(Phrase::Between),
                self.writer.value(low, ty),
                text(Phrase::And),
                self.writer.value(high, ty),
            ]),
            BandCondition::When(condition) => self.writer.formula(condition),
            BandCondition::Otherwise => text(Phrase::Otherwise),
        };
        let advice = band.advice.as_ref().map(|advice| self.writer.prose(&advice.into()));
        BandLine { status: band.status, condition, advice }
    }

    fn range(&self, low: Option<&Expr>, high: Option<&Expr>, ty: &Type) -> String {
        let end = |end: &Expr| self.writer.value(end, ty).text();
        match (low.map(end), high.map(end)) {
            (Some(low), Some(high)) => self.locale.language.phrase(Phrase::RangeTo, &[&low, &high]),
            (Some(low), None) => format!("≥\u{a0}{low}"),
            (None, Some(high)) => format!("≤\u{a0}{high}"),
            (None, None) => String::new(),
        }
    }

    fn example(&self, example: &Example, ty: &Type) -> ExampleLine {
        let given = example.given.iter().map(|given| {
            let ty = self.library.id(&given.name.text).map_or(&Type::Unknown, |id| self.library.type_of(id));
            (self.writer.label(&given.name.text), self.writer.value(&given.value, ty).text())
        });
        let about = if example.expected.about { "≈\u{a0}" } else { "" };
        let result = self.writer.value(&example.expected.value, ty).text();
        ExampleLine { given: given.collect(), result: format!("{about}{result}") }
    }

    fn facts(&self, card: &Card) -> Vec<(&'static str, String)> {
        let language = self.locale.language;
        let word = |word: &Arc<str>| language.card_word(word);
        let stage = |word: &Arc<str>| language.stage(word);
        let prose = |text| self.writer.prose(text);
        let list =
            |words: &[Arc<str>]| (!words.is_empty()).then(|| words.iter().map(stage).collect::<Vec<_>>().join(", "));
        [
            (Phrase::Kind, card.kind.as_ref().map(word)),
            (Phrase::Stage, list(&card.stage)),
            (Phrase::Owner, card.owner.as_ref().map(prose)),
            (Phrase::State, card.state.as_ref().map(word)),
            (Phrase::Since, card.since.as_ref().map(prose)),
            (Phrase::Version, card.version.as_ref().map(prose)),
            (Phrase::Tags, list(&card.tags)),
            (Phrase::Source, card.source.as_ref().map(prose)),
        ]
        .into_iter()
        .filter_map(|(name, fact)| Some((language.word(name), fact?)))
        .collect()
    }

    // ── references ───────────────────────────────────────────────────────────

    fn reference(&self, id: DefinitionId) -> Reference {
        let name = &self.library.get(id).name.text;
        Reference { id: name.clone(), label: self.writer.label(name), aggregation: self.aggregation(id) }
    }

    fn used_by(&self, id: DefinitionId) -> Vec<Reference> {
        let users = self.users.get(&id).map_or(&[][..], Vec::as_slice);
        users.iter().map(|&user| self.reference(user)).collect()
    }

    /// The data that a KPI uses, and whether there are more. A KPI that counts as data uses itself.
    fn inputs(&self, id: DefinitionId) -> (Vec<Reference>, bool) {
        let item = Item::Definition(id);
        if needed(self.library, item).is_empty() {
            let own = is_data(self.library.get(id)).then(|| self.reference(id));
            return (own.into_iter().collect(), false);
        }
        let below = &self.below[&item];
        (below.ids().filter(|needed| *needed != id).map(|id| self.reference(id)).collect(), below.more)
    }

    /// How values of a definition add up over time and groups, or the value of a parameter.
    fn aggregation(&self, id: DefinitionId) -> String {
        let (definition, language) = (self.library.get(id), self.locale.language);
        match (definition.kind, &definition.formula) {
            (DefinitionKind::Param, Some(formula)) => {
                let value = self.writer.value(formula, self.library.type_of(id)).text();
                language.phrase(Phrase::SetTo, &[&value])
            }
            (_, Some(formula)) => match &*formula.unparenthesized().kind {
                ExprKind::Call(call) => {
                    let adds_up = aggregate_of(call).map(|function| adds_up(function, call.distinct.is_some()));
                    language.word(adds_up.unwrap_or(Phrase::Computed)).into()
                }
                _ => language.word(Phrase::Computed).into(),
            },
            (_, None) => language.word(Phrase::AddsUp).into(),
        }
    }
}

fn adds_up(function: AggregateFunction, distinct: bool) -> Phrase {
    match function {
        Aggregate::Sum => Phrase::AddsUp,
        Aggregate::Count if distinct => Phrase::EachCountedOnce,
        Aggregate::Count => Phrase::RowsCounted,
        Aggregate::Average => Phrase::Mean,
        Aggregate::Median => Phrase::Median,
        Aggregate::Deviation | Aggregate::DeviationPopulation => Phrase::Deviation,
        Aggregate::Variance | Aggregate::VariancePopulation => Phrase::Variance,
        Aggregate::Quantile(()) => Phrase::Quantile,
        Aggregate::Min => Phrase::LeastValue,
        Aggregate::Max => Phrase::GreatestValue,
        Aggregate::First => Phrase::OpeningValue,
        Aggregate::Last => Phrase::ClosingValue,
        Aggregate::Only => Phrase::NeverAddsUp,
    }
}

/// The aliases to show: those of the page's language, then those without a language. Others are only searched.
fn aliases(author: &Author<'_>, card: &Card) -> Vec<String> {
    let language = author.locale.language;
    let of =
        |language: Option<&'static str>| card.aliases.iter().filter(move |alias| alias.language.as_deref() == language);
    of(Some(language.code())).chain(of(None)).map(|alias| typeset(&alias.text, language)).collect()
}

impl Indicator {
    /// The anchor of the sheet in the glossary.
    pub fn anchor(&self) -> String {
        anchor(&self.id)
    }

    /// The unit, direction, target, range and further facts of the card, each with its name.
    pub(super) fn all_facts(&self, language: Language) -> Vec<(&'static str, String)> {
        let per = self.per.as_ref().map(|per| format!(" ({per})")).unwrap_or_default();
        let target = self.target.as_ref().map(|target| format!("{}{per}", target.text()));
        let own = [
            (Phrase::Unit, Some(self.unit.clone())),
            (Phrase::Direction, self.better.map(|better| language.direction(better).to_owned())),
            (Phrase::TargetFact, target),
            (Phrase::ExpectedRange, self.range.clone()),
        ];
        let own = own.into_iter().filter_map(|(name, fact)| Some((language.word(name), fact?)));
        own.chain(self.facts.iter().cloned()).collect()
    }
}
