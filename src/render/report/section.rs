//! The section of one KPI: what it is now, how it got there, where it comes from, and what it means.

use maud::{Markup, html};

use super::columns::{FULL_HEIGHT, TimeChart};
use super::marks::tone;
use super::segments::Bridge;
use super::{Numbers, Writer};
use crate::language::Phrase;
use crate::library::card::Card;
use crate::render::page::{anchor, formula_markup, status};
use crate::render::result::group_head;
use crate::render::scale::Scale;
use crate::report::{Figure, ReportedKpi};
use crate::syntax::format_expr;

impl Writer<'_> {
    /// The section of a KPI, by position.
    pub(super) fn section(&self, at: usize) -> Markup {
        let kpi = &self.report.kpis[at];
        let numbers = self.numbers(kpi);
        html! {
            article.sheet.kpi id=(self.id(kpi)) {
                h3 { (self.label(kpi)) }
                p.names { code { (kpi.name) } @if let Some(unit) = &numbers.unit { " · " (unit) } }
                (self.now(kpi, &numbers))
                @if kpi.is_number() && self.has_values(kpi) { (self.over_time(at, &numbers)) }
                div.pair { (self.bridges(kpi)) }
                @for place in 0..kpi.breakdowns.len() { (self.breakdown(kpi, place, &numbers)) }
                div.behind {
                    @if self.has_values(kpi) { section { (self.data(kpi, &numbers)) } }
                    section { (self.definition(kpi)) }
                }
                (self.derivations(kpi, &numbers))
            }
        }
    }

    /// True if a period has a value.
    fn has_values(&self, kpi: &ReportedKpi) -> bool {
        !self.report.shown.periods.is_empty() && kpi.figures.iter().any(|figure| figure.value.is_ok())
    }

    /// The current value in a sentence.
    fn now(&self, kpi: &ReportedKpi, numbers: &Numbers<'_>) -> Markup {
        let (figure, better) = (kpi.figure(), kpi.better(&self.report.library));
        html! {
            p.now {
                span.figure { (self.value(kpi, kpi.current, numbers)) }
                @if let Some(it) = figure.status { " " (status(it, self.language())) }
                @if let Some(distance) = numbers.table.distance(figure) {
                    " " span class={ "delta " (tone(distance, better)) } { (self.distance(kpi, distance)) }
                }
                @if let (Some(difference), Some(before)) = (numbers.table.difference(figure), self.before_name()) {
                    " " span class={ "delta " (tone(difference, better)) } { (numbers.table.signed(difference)) }
                    " " span.note { (self.language().phrase(Phrase::ChangeFrom, &[&before])) }
                }
            }
            @if let Some(reason) = &figure.reason { p.note { (self.language().sentence(reason)) } }
            @if let Some((_, reason)) = &figure.no_status {
                p.note { (self.language().phrase(Phrase::NoStatus, &[&self.language().sentence(reason)])) }
            }
            @if let Some(advice) = &figure.advice { p.about { (self.words.prose(advice)) } }
        }
    }

    // ── charts ───────────────────────────────────────────────────────────────

    fn over_time(&self, at: usize, numbers: &Numbers<'_>) -> Markup {
        let kpi = &self.report.kpis[at];
        let grain = self.report.grain.map_or("", |grain| group_head(grain.name(), self.language()));
        let title = self.language().phrase(Phrase::ChartTitle, &[&self.label(kpi), grain]);
        let with_target = kpi.figures.iter().any(|figure| figure.target.is_some());
        let tier = match with_target {
            true => self.word(Phrase::DistanceTier).to_owned(),
            false => self.language().phrase(Phrase::ChangeTier, &[&self.before_each()]),
        };
        let unit = numbers.chart_unit();
        let points = if numbers.is_percent() { ", pts" } else { "" };
        let (first, shown) = (kpi.first(), &self.report.shown.periods[kpi.first()..]);
        let chart = TimeChart {
            figures: &kpi.figures[first..],
            labels: shown.iter().map(|it| self.language().period_label(&it.name)).collect(),
            current: kpi.current - first,
            incomplete: shown.iter().map(|period| period.incomplete).collect(),
            numbers,
            scale: Scale::new(self.full[at], FULL_HEIGHT),
            better: kpi.better(&self.report.library),
            with_before: !with_target,
            shows_before: !with_target && !self.is_previous(),
            titles: [
                format!("{}{unit}", self.word(Phrase::Actual)),
                format!("{tier}{points}{unit}"),
                format!("{tier}, %"),
            ],
            id: format!("{}-chart", self.id(kpi)),
            description: self.description(kpi, numbers),
            title: title.clone(),
        };
        html! {
            figure.over-time {
                figcaption { (title) }
                div.scroll tabindex="0" role="group" aria-label=(title) { (chart.svg()) }
                (self.legend(with_target, (!with_target && !self.is_previous()).then(|| self.before_each())))
            }
        }
    }

    /// What the differences of a chart are counted from, in every period.
    fn before_each(&self) -> String {
        match &self.report.against {
            Some(against) if !against.is_previous => self.shift(against),
            _ => self.word(Phrase::PreviousPeriod).to_owned(),
        }
    }

    /// The values of a chart for screen readers.
    fn description(&self, kpi: &ReportedKpi, numbers: &Numbers<'_>) -> String {
        let periods = kpi.shown().map(|(at, figure)| (&self.report.shown.periods[at], figure));
        let value = |figure: &Figure| match figure.target {
            Some(target) => {
                let target = self.language().phrase(Phrase::Target, &[&numbers.table.text(target.value.decimal)]);
                format!("{} ({target})", numbers.table.cell(&figure.value))
            }
            None => numbers.table.cell(&figure.value),
        };
        let one = |(period, figure): (&crate::report::ReportPeriod, &Figure)| {
            self.language().phrase(Phrase::About, &[&self.language().period_title(&period.name), &value(figure)])
        };
        periods.map(one).collect::<Vec<_>>().join(self.word(Phrase::Semicolon))
    }

    fn legend(&self, with_target: bool, before: Option<String>) -> Markup {
        let swatch = |class: &str| {
            html! { svg width="14" height="12" aria-hidden="true" { rect class=(class) x="1" y="1" width="12" height="10" {} } }
        };
        html! {
            ul.legend {
                li { (swatch("actual")) " " (self.word(Phrase::Actual)) }
                @if with_target { li { (swatch("goal")) " " (self.word(Phrase::TargetFact)) } }
                @if let Some(before) = before { li { (swatch("before")) " " (before) } }
                @if self.report.shown.periods.iter().any(|period| period.incomplete) {
                    li { (swatch("actual partial")) " " (self.word(Phrase::IncompleteMark)) }
                }
            }
        }
    }

    fn bridges(&self, kpi: &ReportedKpi) -> Markup {
        let (now, before) = (self.period().unwrap_or_else(|| self.word(Phrase::Actual).to_owned()), self.before_name());
        let change = kpi.from_before.as_ref().zip(before).map(|(change, before)| Bridge {
            change,
            id: format!("{}-change", self.id(kpi)),
            title: self.language().phrase(Phrase::WhatChanged, &[&before, &now]),
            ends: [before, now.clone()],
            first: "before",
        });
        let distance = kpi.from_target.as_ref().map(|change| Bridge {
            change,
            id: format!("{}-distance", self.id(kpi)),
            title: self.word(Phrase::WhatMisses).to_owned(),
            ends: [self.word(Phrase::TargetFact).to_owned(), now],
            first: "goal",
        });
        html! { @for bridge in change.iter().chain(&distance) { (self.bridge(kpi, bridge)) } }
    }

    // ── words and data ───────────────────────────────────────────────────────

    fn definition(&self, kpi: &ReportedKpi) -> Markup {
        let Some(definition) = kpi.definition.map(|id| self.report.library.get(id)) else { return html! {} };
        let known = |id: &str| self.report.kpis.iter().find(|kpi| *kpi.name == *id);
        let link = |id: &str, label: &str| {
            html! {
                @if known(id).is_some() { a href={ "#" (self.prefix) (anchor(id)) } { (label) } } @else { (label) }
            }
        };
        html! {
            h4 { (self.word(Phrase::DefinitionTitle)) }
            @if let Some(about) = &definition.card.about { p.about { (self.words.prose(about)) } }
            @if let Some(formula) = &definition.formula {
                div.formula {
                    p.words {
                        span.result { (self.label(kpi)) } span { "=" }
                        span.said { (formula_markup(self.words.formula(formula).bare(), &link)) }
                    }
                    p.symbols { code { (kpi.name) " = " (format_expr(formula)) } }
                }
            }
            dl.facts {
                @for (name, fact) in self.facts(&definition.card) { div { dt { (name) } dd { (fact) } } }
            }
        }
    }

    fn facts(&self, card: &Card) -> Vec<(&'static str, String)> {
        let prose = |text| self.words.prose(text);
        let facts = [
            (Phrase::Direction, card.better.map(|better| self.language().direction(better).to_owned())),
            (Phrase::Owner, card.owner.as_ref().map(prose)),
            (Phrase::Since, card.since.as_ref().map(prose)),
            (Phrase::Version, card.version.as_ref().map(prose)),
            (Phrase::Source, card.source.as_ref().map(prose)),
        ];
        facts.into_iter().filter_map(|(name, fact)| Some((self.word(name), fact?))).collect()
    }

    fn data(&self, kpi: &ReportedKpi, numbers: &Numbers<'_>) -> Markup {
        let has = |holds: fn(&Figure) -> bool| kpi.figures.iter().any(holds);
        let (target, before) = (has(|it| it.target.is_some()), has(|it| it.before.is_some()));
        let (is_rated, title) = (has(|it| it.status.is_some()), self.word(Phrase::DataBehind));
        let better = kpi.better(&self.report.library);
        html! {
            h4 { (title) }
            div.scroll tabindex="0" role="group" aria-label={ (title) ", " (self.label(kpi)) } {
                table.data {
                    thead {
                        tr {
                            th scope="col" { (self.word(Phrase::PeriodColumn)) }
                            th.number scope="col" { (self.word(Phrase::Actual)) }
                            @if before { th.number scope="col" { "Δ " (self.before_each()) } }
                            @if target {
                                th.number scope="col" { (self.word(Phrase::TargetFact)) }
                                th.number scope="col" { "Δ " (self.word(Phrase::TargetFact).to_lowercase()) }
                            }
                            @if is_rated { th scope="col" { (self.word(Phrase::StatusColumn)) } }
                        }
                    }
                    tbody {
                        @for (at, figure) in kpi.shown() {
                            @let link = || Some(self.derivation_id(kpi, at));
                            tr.current[at == kpi.current] {
                                th scope="row" { (self.language().period(&self.report.shown.periods[at].name)) }
                                td.number { (self.value(kpi, at, numbers)) }
                                @if before { td.number { (self.delta(numbers.table.difference(figure), &numbers.table, better, link())) } }
                                @if target {
                                    td.number {
                                        @if let Some(target) = figure.target {
                                            a href={ "#" (self.derivation_id(kpi, at)) } { (numbers.table.text(target.value.decimal)) }
                                        }
                                    }
                                    td.number { (self.delta(numbers.table.distance(figure), &numbers.table, better, link())) }
                                }
                                @if is_rated { td { @if let Some(it) = figure.status { (status(it, self.language())) } } }
                            }
                        }
                    }
                }
            }
        }
    }
}
