//! How each value was computed: a folded tree for every number of the page.

use maud::{Markup, html};

use super::{Numbers, Writer};
use crate::explain::Explanation;
use crate::language::Phrase;
use crate::render::derivation::{Branch, derivation_tree};
use crate::report::{Breakdown, ReportedKpi};

impl Writer<'_> {
    /// The id of the derivation of a figure.
    pub(super) fn derivation_id(&self, kpi: &ReportedKpi, at: usize) -> String {
        match self.report.shown.periods.get(at) {
            Some(period) => format!("{}-at-{}", self.id(kpi), period.name.replace('/', ".")),
            None => format!("{}-at", self.id(kpi)),
        }
    }

    /// The id of the derivation of a segment.
    pub(super) fn segment_id(&self, kpi: &ReportedKpi, breakdown: usize, segment: usize) -> String {
        format!("{}-segment-{}-{}", self.id(kpi), breakdown + 1, segment + 1)
    }

    /// All derivations of a KPI, folded.
    pub(super) fn derivations(&self, kpi: &ReportedKpi, numbers: &Numbers<'_>) -> Markup {
        html! {
            details.derivations {
                summary { (self.word(Phrase::Derivations)) }
                @for (at, figure) in kpi.shown() {
                    @let name = self.report.shown.periods.get(at).map(|it| self.language().period_title(&it.name));
                    (self.derivation(
                        &self.derivation_id(kpi, at),
                        &self.heading(name.as_deref(), &numbers.table.cell(&figure.value)),
                        &figure.explanation,
                    ))
                }
                @if let Some(before) = &kpi.figure().before {
                    @if let Some(explanation) = &before.explanation {
                        @let name = self.before_name();
                        (self.derivation(
                            &format!("{}-before", self.id(kpi)),
                            &self.heading(name.as_deref(), &numbers.table.cell(&before.value)),
                            explanation,
                        ))
                    }
                }
                @for (at, breakdown) in kpi.breakdowns.iter().enumerate() { (self.of_segments(kpi, at, breakdown, numbers)) }
            }
        }
    }

    fn of_segments(&self, kpi: &ReportedKpi, at: usize, breakdown: &Breakdown, numbers: &Numbers<'_>) -> Markup {
        let numbers = numbers.of_segments(&breakdown.segments);
        html! {
            @for (place, segment) in breakdown.segments.iter().enumerate() {
                @let id = self.segment_id(kpi, at, place);
                @let name = self.segment_name(breakdown, segment);
                @let value = numbers.cell(&segment.figure.value);
                (self.derivation(&id, &self.heading(Some(&name), &value), &segment.figure.explanation))
                @if let Some(before) = &segment.figure.before {
                    @if let Some(explanation) = &before.explanation {
                        @let name = format!("{name}, {}", self.before_name().unwrap_or_default());
                        @let value = numbers.cell(&before.value);
                        (self.derivation(&format!("{id}-before"), &self.heading(Some(&name), &value), explanation))
                    }
                }
            }
        }
    }

    /// What a derivation is of.
    fn heading(&self, name: Option<&str>, value: &str) -> String {
        name.map_or_else(|| value.to_owned(), |name| self.language().phrase(Phrase::About, &[name, value]))
    }

    /// One derivation. A link to its body unfolds it.
    fn derivation(&self, id: &str, head: &str, explanation: &Explanation) -> Markup {
        let tree = derivation_tree(explanation, &self.report.library, self.locale);
        html! {
            details {
                summary { (head) }
                div.derivation id=(id) {
                    ul.tree { (branch(&tree.root)) }
                    @for line in &tree.lines { p { (line) } }
                }
            }
        }
    }
}

fn branch(branch_of: &Branch) -> Markup {
    html! {
        li {
            span.step { (branch_of.head) }
            @for line in &branch_of.lines { span.line { (line) } }
            @if !branch_of.branches.is_empty() { ul { @for below in &branch_of.branches { (branch(below)) } } }
        }
    }
}
