//! Turns reports into one HTML page: a message, a table of all KPIs, and a section for each KPI with its charts.
//!
//! Charts follow the notation of the IBCS standards: actual values are solid and dark, earlier ones light, targets
//! outlined; absolute differences are bars and relative ones pins; time runs horizontally and structure vertically.

mod columns;
mod derivations;
mod document;
mod imprint;
mod marks;
mod message;
mod numbers;
mod overview;
mod scale;
mod section;
mod segments;

use maud::{Markup, html};

pub(crate) use document::report_document;
use numbers::Numbers;

use super::page::{Shell, anchor};
use super::{FormulaWriter, Locale};
use crate::budget::Budget;
use crate::diagnostic::Diagnostic;
use crate::language::{Language, Phrase};
use crate::report::{Comparison, Report, ReportedKpi};
use crate::value::Decimal;

const STYLE: &str = include_str!("page.css");

/// What is done, for errors.
const WRITING: &str = "writing the report";

/// What the page says about itself.
#[derive(Debug, Clone, Default)]
pub(crate) struct Imprint {
    /// The command that wrote it.
    pub command: String,
    /// The date, as given.
    pub date: Option<String>,
}

/// Renders reports as one page, within a budget.
pub(crate) fn report_page(
    reports: &[Report],
    locale: &Locale,
    imprint: &Imprint,
    budget: &Budget,
) -> Result<String, Diagnostic> {
    let (language, mut charge, mut bodies) = (locale.language, budget.charge(), vec![]);
    for (at, report) in reports.iter().enumerate() {
        let prefix = if reports.len() > 1 { format!("r{}-", at + 1) } else { String::new() };
        let writer = Writer::new(report, locale, imprint, prefix);
        let mut sections = vec![];
        for kpi in 0..report.kpis.len() {
            let section = writer.section(kpi);
            budget.spend(section.0.len(), WRITING)?;
            charge.grow(2 * section.0.len(), "the report")?;
            sections.push(section);
        }
        bodies.push((writer.name(), writer.message(), writer.report(&sections)));
    }
    let title = bodies.first().map(|(name, message, _)| format!("{name} – {message}")).unwrap_or_default();
    let shell = Shell { language, title: &title, style: STYLE, script: None, skip: language.word(Phrase::SkipToKpis) };
    let contents = html! {
        @if bodies.len() > 1 {
            nav.reports aria-label=(language.word(Phrase::Reports)) {
                ul {
                    @for (at, (name, message, _)) in bodies.iter().enumerate() {
                        li { a href={ "#r" (at + 1) "-report" } { (name) } " – " (message) }
                    }
                }
            }
        }
    };
    let page = shell.page(&html! { (contents) main #main { @for (.., body) in &bodies { (body) } } });
    charge.grow(page.0.len(), "the report")?;
    Ok(page.into_string())
}

/// Puts a report into words and pictures.
struct Writer<'a> {
    report: &'a Report,
    locale: &'a Locale,
    imprint: &'a Imprint,
    words: FormulaWriter<'a>,
    /// What ids begin with, so that they differ among the reports of a page.
    prefix: String,
    /// The value that has the full height of a chart, for each KPI.
    full: Vec<Decimal>,
}

impl<'a> Writer<'a> {
    fn new(report: &'a Report, locale: &'a Locale, imprint: &'a Imprint, prefix: String) -> Self {
        let words = FormulaWriter::new(&report.library, locale);
        Self { report, locale, imprint, words, prefix, full: scale::full_heights(&report.kpis) }
    }

    fn language(&self) -> Language {
        self.locale.language
    }

    fn word(&self, phrase: Phrase) -> &'static str {
        self.language().word(phrase)
    }

    fn numbers(&self, kpi: &ReportedKpi) -> Numbers<'a> {
        Numbers::new(kpi, &self.report.library, self.locale)
    }

    /// The name of the report.
    fn name(&self) -> String {
        self.report.title.as_ref().map_or_else(|| self.word(Phrase::ReportTitle).to_owned(), |it| self.words.prose(it))
    }

    /// The label of a KPI.
    fn label(&self, kpi: &ReportedKpi) -> String {
        self.words.label(&kpi.name)
    }

    /// The id of the section of a KPI.
    fn id(&self, kpi: &ReportedKpi) -> String {
        format!("{}{}", self.prefix, anchor(&kpi.name))
    }

    /// The current period in a sentence. None if the report has no time.
    fn period(&self) -> Option<String> {
        self.report.shown.period().map(|period| self.language().period_title(&period.name))
    }

    /// What values are compared with: a period, or how much earlier it is. None if the report has no time.
    fn before_name(&self) -> Option<String> {
        let against = self.report.against.as_ref()?;
        let period = against.period.as_ref().map(|period| self.language().period_title(period));
        Some(period.unwrap_or_else(|| self.shift(against)))
    }

    /// How much earlier the values are that others are compared with.
    fn shift(&self, against: &Comparison) -> String {
        let parts = against.shift.iter().map(|part| self.language().sentence(part));
        parts.collect::<Vec<_>>().join(", ")
    }

    /// True if each period is compared with the one before it, which charts show to its left.
    fn is_previous(&self) -> bool {
        self.report.against.as_ref().is_some_and(|against| against.is_previous)
    }

    /// The whole report.
    fn report(&self, sections: &[Markup]) -> Markup {
        let period = self.period().map(|period| format!(" · {period}")).unwrap_or_default();
        html! {
            section.report id={ (self.prefix) "report" } aria-labelledby={ (self.prefix) "message" } {
                header {
                    p.kicker { (self.name()) (period) }
                    h1 id={ (self.prefix) "message" } { (self.message()) }
                    ul.counts {
                        @for (class, text) in self.counts() { li class=(class) { (text) } }
                    }
                    @if let Some(date) = &self.imprint.date {
                        p.lead { (self.language().phrase(Phrase::DatedOn, &[&self.language().day(date)])) }
                    }
                }
                (self.overview())
                @for section in sections { (section) }
                (self.footer())
            }
        }
    }
}
