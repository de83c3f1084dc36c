//! Draws structure, which runs vertically: what accounts for a difference, and the segments of a value.

use maud::{Markup, html};

use super::marks::{Axis, Piece, tone};
use super::numbers::TableNumbers;
use super::{Numbers, Writer};
use crate::change::Change;
use crate::language::Phrase;
use crate::render::change::{Bar, bars};
use crate::render::page::status;
use crate::render::result::group_head;
use crate::report::{Breakdown, ReportedKpi, Segment};
use crate::value::Decimal;

/// A bridge of a KPI.
pub(super) struct Bridge<'b> {
    pub change: &'b Change,
    pub id: String,
    pub title: String,
    /// The names of the first and the last bar.
    pub ends: [String; 2],
    /// The class of the first bar.
    pub first: &'static str,
}

impl Writer<'_> {
    /// The bridge between two values, with what each input accounts for.
    pub(super) fn bridge(&self, kpi: &ReportedKpi, bridge: &Bridge<'_>) -> Markup {
        let rows = bars(bridge.change, &self.report.library, self.locale);
        let axis = Axis::of(rows.iter().flat_map(|bar| [bar.from, bar.to]));
        let better = kpi.better(&self.report.library);
        let last = rows.len().saturating_sub(1);
        html! {
            figure.bridge id=(bridge.id) {
                figcaption { (bridge.title) }
                table.bars {
                    tbody {
                        @for (at, bar) in rows.iter().enumerate() {
                            @let class = match at { 0 => bridge.first, _ if at == last => "actual", _ => step_tone(bar, better) };
                            @let name = match at { 0 => &bridge.ends[0], _ if at == last => &bridge.ends[1], _ => &bar.name };
                            tr.level[bar.is_level] {
                                th scope="row" { (name) }
                                td.number { span.delta.(if bar.is_level { "even" } else { class }) { (bar.text) } }
                                td.picture { (axis.bar(&[Piece { from: bar.from, to: bar.to, class }])) }
                            }
                        }
                    }
                }
            }
        }
    }

    /// The name of a segment.
    pub(super) fn segment_name(&self, breakdown: &Breakdown, segment: &Segment) -> String {
        match (&segment.key, segment.is_others) {
            (_, true) => self.language().phrase(Phrase::OthersTogether, &[&breakdown.others.to_string()]),
            (Some(key), false) => key.clone(),
            (None, false) => self.word(Phrase::Blank).to_owned(),
        }
    }

    /// The segments of a KPI by one column.
    pub(super) fn breakdown(&self, kpi: &ReportedKpi, at: usize, numbers: &Numbers<'_>) -> Markup {
        let breakdown = &kpi.breakdowns[at];
        let column = group_head(&breakdown.column, self.language());
        let title = match self.period() {
            Some(period) => self.language().phrase(Phrase::BySegmentIn, &[column, &period]),
            None => self.language().phrase(Phrase::BySegment, &[column]),
        };
        let numbers = numbers.of_segments(&breakdown.segments);
        let table = SegmentTable {
            writer: self,
            kpi,
            breakdown,
            at,
            axis: Axis::of(breakdown.segments.iter().flat_map(values)),
            changes: Axis::of(breakdown.segments.iter().filter_map(|segment| numbers.difference(&segment.figure))),
            numbers,
            before: self.before_name().filter(|_| breakdown.segments.iter().any(|it| it.figure.before.is_some())),
            with_target: breakdown.segments.iter().any(|segment| segment.figure.target.is_some()),
            with_status: breakdown.segments.iter().any(|segment| segment.figure.status.is_some()),
        };
        html! {
            figure.segments {
                figcaption { (title) }
                div.scroll tabindex="0" role="group" aria-label=(title) { (table.markup()) }
            }
        }
    }
}

/// The numbers that the bars of a segment show.
fn values(segment: &Segment) -> Vec<Decimal> {
    let target = segment.figure.target.map(|target| target.value.decimal);
    [segment.figure.number(), target].into_iter().flatten().collect()
}

fn step_tone(bar: &Bar, better: Option<crate::library::card::Better>) -> &'static str {
    tone(bar.to.saturating_sub(bar.from), better)
}

struct SegmentTable<'a> {
    writer: &'a Writer<'a>,
    kpi: &'a ReportedKpi,
    breakdown: &'a Breakdown,
    at: usize,
    numbers: TableNumbers<'a>,
    axis: Axis,
    changes: Axis,
    before: Option<String>,
    with_target: bool,
    with_status: bool,
}

impl SegmentTable<'_> {
    fn markup(&self) -> Markup {
        let word = |phrase| self.writer.word(phrase);
        html! {
            table.bars {
                thead {
                    tr {
                        th scope="col" { (group_head(&self.breakdown.column, self.writer.language())) }
                        th.number scope="col" { (word(Phrase::Actual)) }
                        th aria-hidden="true" {}
                        @if let Some(before) = &self.before {
                            th.number scope="col" { (before) }
                            th.number scope="col" { "Δ " (before) }
                            th aria-hidden="true" {}
                        }
                        @if self.with_target { th.number scope="col" { "Δ " (word(Phrase::TargetFact).to_lowercase()) } }
                        @if self.with_status { th scope="col" { (word(Phrase::StatusColumn)) } }
                    }
                }
                tbody { @for place in 0..self.breakdown.segments.len() { (self.row(place)) } }
            }
        }
    }

    fn row(&self, place: usize) -> Markup {
        let segment = &self.breakdown.segments[place];
        let (figure, better) = (&segment.figure, self.kpi.better(&self.writer.report.library));
        let difference = self.numbers.difference(figure);
        let id = self.writer.segment_id(self.kpi, self.at, place);
        html! {
            tr.others[segment.is_others] {
                th scope="row" { (self.writer.segment_name(self.breakdown, segment)) }
                td.number { a href={ "#" (id) } { (self.numbers.cell(&figure.value)) } (self.writer.flags(&figure.flags)) }
                td.picture { (self.axis.bar(&pieces(segment))) }
                @if self.before.is_some() {
                    td.number {
                        @if let Some(before) = &figure.before {
                            a href={ "#" (id) "-before" } { (self.numbers.cell(&before.value)) }
                            (self.writer.flags(&before.flags))
                        }
                    }
                    td.number { (self.writer.delta(difference, &self.numbers, better, Some(id.clone()))) }
                    td.picture {
                        @if let Some(difference) = difference {
                            (self.changes.bar(&[Piece { from: Decimal::ZERO, to: difference, class: tone(difference, better) }]))
                        }
                    }
                }
                @if self.with_target { td.number { (self.writer.delta(self.numbers.distance(figure), &self.numbers, better, Some(id.clone()))) } }
                @if self.with_status { td { @if let Some(it) = figure.status { (status(it, self.writer.language())) } } }
            }
        }
    }
}

/// The target behind the value.
fn pieces(segment: &Segment) -> Vec<Piece> {
    let target =
        segment.figure.target.map(|target| Piece { from: Decimal::ZERO, to: target.value.decimal, class: "goal" });
    let value = segment.figure.number().map(|to| Piece { from: Decimal::ZERO, to, class: "actual" });
    target.into_iter().chain(value).collect()
}
