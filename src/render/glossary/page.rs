//! Turns a [`Glossary`] into an HTML page.

use std::cell::RefCell;
use std::collections::HashSet;

use maud::{Markup, html};

use super::layout::{self, Drawn};
use super::{BandLine, CurrentValue, Datum, ExampleLine, FunctionEntry, Glossary, Group, Indicator, Reference, count};
use crate::budget::{Budget, Charge};
use crate::diagnostic::Diagnostic;
use crate::language::Phrase;
use crate::render::page::{Shell, anchor, formula_markup, status, status_class};
use crate::render::{FormulaText, Graph};

/// Longer facts are written on a separate line.
const WIDE_FACT: usize = 36;

/// The minimum scale of a picture on a narrow screen, in percent. If it is still too wide, it scrolls.
const LEAST_SCALE: usize = 72;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

impl Glossary {
    /// Renders the glossary as one HTML page with contents by perspective, a search and a sheet for each KPI. It suits
    /// screens of any width, and paper.
    pub fn html(&self) -> String {
        self.html_within(&Budget::unlimited()).expect("there is no limit")
    }

    /// The same, within a budget.
    pub(crate) fn html_within(&self, budget: &Budget) -> Result<String, Diagnostic> {
        let page = Page::new(self, budget);
        let text = page.page().into_string();
        page.charge.into_inner()?;
        Ok(text)
    }
}

struct Page<'a> {
    glossary: &'a Glossary,
    /// The names that have an anchor in the page.
    known: HashSet<&'a str>,
    /// The memory of the sheets, or the limit that was reached: no more sheets are written then.
    charge: RefCell<Result<Charge, Diagnostic>>,
}

impl<'a> Page<'a> {
    fn new(glossary: &'a Glossary, budget: &Budget) -> Self {
        let sheets = glossary.sheets().map(|sheet| &*sheet.id);
        let data = glossary.data.iter().map(|datum| &*datum.id);
        let functions = glossary.functions.iter().map(|function| &*function.id);
        let charge = RefCell::new(Ok(budget.charge()));
        Self { glossary, known: sheets.chain(data).chain(functions).collect(), charge }
    }

    fn say(&self, phrase: Phrase) -> &'static str {
        self.glossary.language.word(phrase)
    }

    fn page(&self) -> Markup {
        let shell = Shell {
            language: self.glossary.language,
            title: self.glossary.title(),
            style: STYLE,
            script: Some(SCRIPT),
            skip: self.say(Phrase::SkipToKpis),
        };
        shell.page(&html! { div.page { (self.side()) (self.main()) } })
    }

    fn count(&self) -> String {
        let count = self.glossary.sheets().count();
        match count {
            1 => self.say(Phrase::OneKpi).into(),
            _ => self.glossary.language.phrase(Phrase::ManyKpis, &[&count.to_string()]),
        }
    }

    fn date(&self) -> String {
        self.glossary.dated().map(|date| format!(" · {date}")).unwrap_or_default()
    }

    /// The title, and below it what is on the page.
    fn heading(&self) -> Markup {
        html! {
            h1 { (self.glossary.title()) }
            p.lead { (self.count()) (self.date()) }
            @if let Some(data) = self.glossary.computed_from() { p.lead { (data) } }
        }
    }

    // ── contents and search ──────────────────────────────────────────────────

    fn side(&self) -> Markup {
        html! {
            div.side {
                div.cover { (self.heading()) }
                div.search role="search" {
                    label for="search" { (self.say(Phrase::Search)) }
                    input #search type="search" autocomplete="off" spellcheck="false"
                        placeholder=(self.say(Phrase::SearchHint));
                    output #found for="search" aria-live="polite" data-text=(self.say(Phrase::Found)) {}
                }
                details #contents open {
                    summary { (self.say(Phrase::Contents)) }
                    nav.index aria-label=(self.say(Phrase::Contents)) {
                        @for group in &self.glossary.groups { (self.contents(group)) }
                        section {
                            h2 { (self.say(Phrase::DataAndFunctions)) }
                            ul {
                                @if !self.glossary.data.is_empty() { li { a href="#data" { (self.data_title()) } } }
                                @if !self.glossary.functions.is_empty() {
                                    li { a href="#functions" { (self.functions_title()) } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    fn contents(&self, group: &Group) -> Markup {
        html! {
            section {
                h2 { (group.title) }
                ul { @for sheet in &group.sheets { li { a href={ "#" (sheet.anchor()) } { (sheet.label) } } } }
            }
        }
    }

    fn data_title(&self) -> &'static str {
        self.say(Phrase::DataTitle)
    }

    fn functions_title(&self) -> &'static str {
        self.say(Phrase::FunctionsTitle)
    }

    // ── sheets ───────────────────────────────────────────────────────────────

    fn counted(&self, sheet: &Indicator) -> Markup {
        let mut counted = self.charge.borrow_mut();
        let Ok(charge) = &mut *counted else { return Markup::default() };
        let sheet = self.sheet(sheet);
        if let Err(limit) = count(charge, sheet.0.len()) {
            *counted = Err(limit);
        }
        sheet
    }

    fn main(&self) -> Markup {
        html! {
            main #main {
                header { (self.heading()) }
                p.lead #nothing hidden { (self.say(Phrase::NothingFound)) }
                @for group in &self.glossary.groups {
                    section {
                        h2 { (group.title) }
                        @for sheet in &group.sheets { (self.counted(sheet)) }
                    }
                }
                (self.data())
                (self.functions())
            }
        }
    }

    fn sheet(&self, sheet: &Indicator) -> Markup {
        html! {
            article.sheet #(sheet.anchor()) data-names=(sheet.names.join(" ")) {
                h3 { (sheet.label) }
                p.names { code { (sheet.id) } @for alias in &sheet.aliases { " · " (alias) } }
                @if let Some(current) = &sheet.current { (self.current(current)) }
                @if let Some(about) = &sheet.about { p.about { (about) } }
                (self.formula(sheet))
                (self.facts(sheet))
                (self.bands(sheet))
                (self.inputs(sheet))
                (self.examples(sheet))
                (self.picture(sheet))
                (self.used_by(&sheet.used_by))
            }
        }
    }

    fn current(&self, current: &CurrentValue) -> Markup {
        html! {
            p.now {
                span.figure { (current.value) }
                @if let Some(it) = current.status { (status(it, self.glossary.language)) }
                @if let Some(period) = &current.period { span.note { (period) } }
                @if let Some(target) = &current.target { span.note { (target) } }
            }
            @for note in &current.notes { p.note { (note) } }
        }
    }

    fn formula(&self, sheet: &Indicator) -> Markup {
        let (Some(formula), Some(symbols)) = (&sheet.formula, &sheet.symbols) else { return html! {} };
        html! {
            div.formula {
                p.words {
                    span.result { (sheet.label) } span { "=" } span.said { (self.formula_text(formula.bare())) }
                }
                p.symbols { code { (sheet.id) " = " (symbols) } }
            }
        }
    }

    fn formula_text(&self, text: &FormulaText) -> Markup {
        formula_markup(text, &|id, label| self.link(id, label))
    }

    fn link(&self, id: &str, label: &str) -> Markup {
        html! {
            @if self.known.contains(id) { a href={ "#" (anchor(id)) } { (label) } } @else { (label) }
        }
    }

    fn facts(&self, sheet: &Indicator) -> Markup {
        html! {
            dl.facts {
                @for (name, fact) in sheet.all_facts(self.glossary.language) {
                    div.wide[fact.chars().count() > WIDE_FACT] { dt { (name) } dd { (fact) } }
                }
            }
        }
    }

    fn bands(&self, sheet: &Indicator) -> Markup {
        html! {
            @if !sheet.bands.is_empty() {
                h4 { (self.say(Phrase::ThresholdsAndActions)) }
                ul.bands { @for band in &sheet.bands { (self.band(band)) } }
                @if let Some(per) = &sheet.per {
                    p.note { (self.glossary.language.phrase(Phrase::ThresholdsPer, &[per])) }
                }
            }
        }
    }

    fn band(&self, band: &BandLine) -> Markup {
        html! {
            li class=(status_class(band.status)) {
                strong { (self.glossary.language.status(band.status)) }
                span { (self.formula_text(&band.condition)) }
                span { (band.advice.as_deref().unwrap_or_default()) }
            }
        }
    }

    fn inputs(&self, sheet: &Indicator) -> Markup {
        let (name, adds) = (self.say(Phrase::Name), self.say(Phrase::AddsUpColumn));
        html! {
            @if !sheet.inputs.is_empty() {
                h4 { (self.say(Phrase::DataNeeded)) }
                table.stack {
                    thead { tr { th scope="col" { (self.say(Phrase::Datum)) } th scope="col" { (name) } th scope="col" { (adds) } } }
                    tbody {
                        @for input in &sheet.inputs {
                            tr {
                                td { (self.link(&input.id, &input.label)) }
                                td { code { (input.id) } }
                                td { (input.aggregation) }
                            }
                        }
                        @if sheet.more_inputs { tr { td { "…" } td {} td {} } }
                    }
                }
            }
        }
    }

    fn examples(&self, sheet: &Indicator) -> Markup {
        html! {
            @if !sheet.examples.is_empty() {
                h4 { (self.say(Phrase::Examples)) }
                ul.examples { @for example in &sheet.examples { (self.example(example)) } }
            }
        }
    }

    fn example(&self, example: &ExampleLine) -> Markup {
        let separator = self.say(Phrase::ListComma);
        html! {
            li {
                @for (at, (name, value)) in example.given.iter().enumerate() {
                    @if at > 0 { (separator) }
                    (name) " = " (value)
                }
                " → " b { (example.result) }
            }
        }
    }

    fn used_by(&self, users: &[Reference]) -> Markup {
        html! {
            @if !users.is_empty() {
                h4 { (self.say(Phrase::UsedBy)) }
                ul.links { @for user in users { li { (self.link(&user.id, &user.label)) } } }
            }
        }
    }

    // ── the picture ──────────────────────────────────────────────────────────

    fn picture(&self, sheet: &Indicator) -> Markup {
        let drawn = sheet.graph.as_ref().and_then(|graph| Some((graph, layout::picture(graph)?)));
        let Some((graph, picture)) = drawn else { return html! {} };
        let title = self.say(Phrase::DependsOn);
        let (width, height) = (picture.width, picture.height);
        html! {
            h4 { (title) }
            div.picture tabindex="0" role="group" aria-label={ (title) (self.say(Phrase::Then)) (sheet.label) } {
                svg width=(width) viewBox={ "0 0 " (width) " " (height) } style={ "min-width:" (width * LEAST_SCALE / 100) "px" } {
                    @for line in &picture.lines { path d=(line) {} }
                    @for drawn in &picture.boxes { (self.drawn(graph, drawn)) }
                }
            }
        }
    }

    fn drawn(&self, graph: &Graph, drawn: &Drawn) -> Markup {
        let node = &graph.nodes[drawn.node];
        let class = layout::class(node.kind, drawn.node == 0);
        let shape = html! {
            title { (node.title()) " (" (self.glossary.language.node_kind(node.kind)) ")" }
            rect x=(drawn.x) y=(drawn.y) width=(Drawn::WIDTH) height=(Drawn::HEIGHT) rx="8" {}
            @for (at, line) in drawn.lines.iter().enumerate() {
                text x=(drawn.x + Drawn::WIDTH / 2) y=(drawn.baseline(at)) { (line) }
            }
        };
        html! {
            @if self.known.contains(&*node.id) && drawn.node > 0 {
                a class=(class) href={ "#" (anchor(&node.id)) } { (shape) }
            } @else {
                g class=(class) { (shape) }
            }
        }
    }

    // ── data and functions ───────────────────────────────────────────────────

    fn data(&self) -> Markup {
        html! {
            @if !self.glossary.data.is_empty() {
                section #data {
                    h2 { (self.data_title()) }
                    div.sheet {
                        table.stack {
                            thead {
                                tr {
                                    th scope="col" { (self.say(Phrase::Datum)) }
                                    th scope="col" { (self.say(Phrase::Unit)) }
                                    th scope="col" { (self.say(Phrase::AddsUpColumn)) }
                                    th scope="col" { (self.say(Phrase::DatumUsedBy)) }
                                }
                            }
                            tbody { @for datum in &self.glossary.data { (self.datum(datum)) } }
                        }
                    }
                }
            }
        }
    }

    fn datum(&self, datum: &Datum) -> Markup {
        let names = [&[datum.id.to_string(), datum.label.clone()], &datum.aliases[..]].concat().join(" ");
        html! {
            tr #(anchor(&datum.id)) data-names=(names) {
                td {
                    (datum.label)
                    small { code { (datum.id) } @for alias in &datum.aliases { " · " (alias) } }
                    @if let Some(about) = &datum.about { small { (about) } }
                }
                td { (datum.unit) }
                td { (datum.aggregation) small { code { (datum.symbols) } } }
                td {
                    @for (at, user) in datum.used_by.iter().enumerate() {
                        @if at > 0 { ", " }
                        (self.link(&user.id, &user.label))
                    }
                }
            }
        }
    }

    fn functions(&self) -> Markup {
        html! {
            @if !self.glossary.functions.is_empty() {
                section #functions {
                    h2 { (self.functions_title()) }
                    @for function in &self.glossary.functions { (self.function(function)) }
                }
            }
        }
    }

    fn function(&self, function: &FunctionEntry) -> Markup {
        let names = format!("{} {}", function.id, function.label);
        html! {
            article.sheet #(anchor(&function.id)) data-names=(names) {
                h3 { (function.label) }
                p.names { code { (function.symbols) } }
                @if let Some(about) = &function.about { p.about { (about) } }
            }
        }
    }
}
