//! The table of all KPIs: values, differences, trend, status and advice, by perspective.

use maud::{Markup, html};

use super::columns::{MAX_SPARKS, sparkline};
use super::marks::tone;
use super::numbers::TableNumbers;
use super::{Numbers, Writer};
use crate::eval::Flag;
use crate::language::Phrase;
use crate::library::card::Better;
use crate::render::flag_mark;
use crate::render::glossary::terms::PERSPECTIVES;
use crate::render::page::status;
use crate::render::result::flag_meaning;
use crate::report::{Figure, ReportedKpi};
use crate::value::Decimal;

/// Which columns the table has.
struct Columns {
    before: Option<String>,
    target: bool,
    trend: bool,
    status: bool,
    advice: bool,
}

impl Writer<'_> {
    pub(super) fn overview(&self) -> Markup {
        let columns = self.columns();
        let groups = self.perspectives();
        html! {
            div.sheet.overview {
                div.scroll tabindex="0" role="group" aria-label=(self.word(Phrase::Kpis)) {
                    table.stack.kpis {
                        (self.head(&columns))
                        @for (title, kpis) in &groups {
                            tbody {
                                @if let Some(title) = title {
                                    tr.group { th scope="rowgroup" colspan=(columns.count()) { (title) } }
                                }
                                @for kpi in kpis { (self.row(kpi, &columns)) }
                            }
                        }
                    }
                }
            }
        }
    }

    fn columns(&self) -> Columns {
        let any = |holds: fn(&Figure) -> bool| self.report.kpis.iter().any(|kpi| holds(kpi.figure()));
        Columns {
            before: self.before_name().filter(|_| any(|figure| figure.before.is_some())),
            target: any(|figure| figure.target.is_some()),
            trend: self.report.shown.periods.len() > 1,
            status: any(|figure| figure.status.is_some()),
            advice: any(|figure| figure.advice.is_some()),
        }
    }

    /// The KPIs by perspective, with titles if any has one.
    fn perspectives(&self) -> Vec<(Option<String>, Vec<&ReportedKpi>)> {
        let of = |kpi: &ReportedKpi| kpi.card(&self.report.library).and_then(|card| card.perspective.clone());
        let with = |name: Option<&str>| self.report.kpis.iter().filter(|kpi| of(kpi).as_deref() == name).collect();
        let mut groups: Vec<(Option<String>, Vec<&ReportedKpi>)> =
            PERSPECTIVES.iter().map(|name| (Some(self.language().card_word(name)), with(Some(name)))).collect();
        groups.retain(|(_, kpis)| !kpis.is_empty());
        let others: Vec<&ReportedKpi> = with(None);
        let title = (!groups.is_empty()).then(|| self.word(Phrase::OtherKpis).to_owned());
        if !others.is_empty() {
            groups.push((title, others));
        }
        groups
    }

    fn head(&self, columns: &Columns) -> Markup {
        html! {
            thead {
                tr {
                    th scope="col" { (self.word(Phrase::Kpi)) }
                    th.number scope="col" { (self.word(Phrase::Actual)) }
                    @if let Some(before) = &columns.before {
                        th.number scope="col" { (before) }
                        th.number scope="col" { "Δ " (before) }
                    }
                    @if columns.target {
                        th.number scope="col" { (self.word(Phrase::TargetFact)) }
                        th.number scope="col" { "Δ " (self.word(Phrase::TargetFact).to_lowercase()) }
                    }
                    @if columns.trend { th scope="col" { (self.word(Phrase::Trend)) } }
                    @if columns.status { th scope="col" { (self.word(Phrase::StatusColumn)) } }
                    @if columns.advice { th scope="col" { (self.word(Phrase::Action)) } }
                }
            }
        }
    }

    fn row(&self, kpi: &ReportedKpi, columns: &Columns) -> Markup {
        let (figure, numbers, label, id) = (kpi.figure(), self.numbers(kpi), self.label(kpi), self.id(kpi));
        let better = kpi.better(&self.report.library);
        html! {
            tr {
                th scope="row" {
                    a href={ "#" (id) } { (label) }
                    @if let Some(unit) = &numbers.unit { small { (unit) } }
                }
                td.number.main data-head=(self.word(Phrase::Actual)) { (self.value(kpi, kpi.current, &numbers)) }
                @if let Some(before) = &columns.before {
                    td.number data-head=(before) {
                        @if let Some(value) = &figure.before {
                            a href={ "#" (id) "-before" } { (numbers.table.cell(&value.value)) }
                            (self.flags(&value.flags))
                        }
                    }
                    td.number data-head={ "Δ " (before) } {
                        (self.delta(numbers.table.difference(figure), &numbers.table, better, kpi.from_before.is_some().then(|| format!("{id}-change"))))
                    }
                }
                @if columns.target {
                    td.number data-head=(self.word(Phrase::TargetFact)) {
                        @if let Some(target) = figure.target {
                            a href={ "#" (self.derivation_id(kpi, kpi.current)) } { (numbers.table.text(target.value.decimal)) }
                        }
                    }
                    td.number data-head={ "Δ " (self.word(Phrase::TargetFact).to_lowercase()) } {
                        (self.delta(numbers.table.distance(figure), &numbers.table, better, kpi.from_target.is_some().then(|| format!("{id}-distance"))))
                    }
                }
                @if columns.trend {
                    td { @if kpi.is_number() { (sparkline(&kpi.figures, kpi.current, &self.trend_title(kpi, &numbers))) } }
                }
                @if columns.status { td { @if let Some(it) = figure.status { (status(it, self.language())) } } }
                @if columns.advice {
                    td.advice { @if let Some(advice) = &figure.advice { (self.words.prose(advice)) } }
                }
            }
        }
    }

    /// A value with its flags, which links to its derivation.
    pub(super) fn value(&self, kpi: &ReportedKpi, at: usize, numbers: &Numbers<'_>) -> Markup {
        let figure = &kpi.figures[at];
        html! {
            span {
                a href={ "#" (self.derivation_id(kpi, at)) } { (numbers.table.cell(&figure.value)) }
                (self.flags(&figure.flags))
            }
        }
    }

    /// The marks of the warnings about a value.
    pub(super) fn flags(&self, flags: &[Flag]) -> Markup {
        html! {
            @if !flags.is_empty() {
                @let meanings = flags.iter().map(|flag| self.word(flag_meaning(*flag))).collect::<Vec<_>>();
                span.flag title=(meanings.join(", ")) { @for flag in flags { (flag_mark(*flag)) } }
            }
        }
    }

    /// A difference in its color, which links to what accounts for it.
    pub(super) fn delta(
        &self,
        difference: Option<Decimal>,
        numbers: &TableNumbers<'_>,
        better: Option<Better>,
        target: Option<String>,
    ) -> Markup {
        let Some(difference) = difference else { return html! {} };
        let text = numbers.signed(difference);
        html! {
            span class={ "delta " (tone(difference, better)) } {
                @if let Some(target) = target { a href={ "#" (target) } { (text) } } @else { (text) }
            }
        }
    }

    fn trend_title(&self, kpi: &ReportedKpi, numbers: &Numbers<'_>) -> String {
        let ends = [kpi.figures.len().saturating_sub(MAX_SPARKS), kpi.figures.len() - 1];
        let parts = ends.map(|at| {
            let period = self.language().period_title(&self.report.shown.periods[at].name);
            format!("{period} {}", numbers.table.cell(&kpi.figures[at].value))
        });
        format!("{}, {}", self.label(kpi), parts.join(" → "))
    }
}

impl Columns {
    fn count(&self) -> usize {
        let pairs = [self.before.is_some(), self.target].into_iter().filter(|is_there| *is_there).count();
        let singles = [self.trend, self.status, self.advice].into_iter().filter(|is_there| *is_there).count();
        2 + 2 * pairs + singles
    }
}
