//! The end of a report: data, incomplete periods, warnings, definitions and the command.

use indexmap::{IndexMap, IndexSet};
use maud::{Markup, html};

use super::Writer;
use crate::eval::Flag;
use crate::language::Phrase;
use crate::render::flag_mark;
use crate::render::result::flag_meaning;
use crate::report::DataDays;

impl Writer<'_> {
    pub(super) fn footer(&self) -> Markup {
        html! {
            footer.sheet {
                h2 { (self.word(Phrase::AboutReport)) }
                dl.imprint {
                    @for (name, text) in self.lines() { dt { (name) } dd { (text) } }
                    @if !self.imprint.command.is_empty() {
                        dt { (self.word(Phrase::CommandLine)) }
                        dd { code { (self.imprint.command) } }
                    }
                }
            }
        }
    }

    fn lines(&self) -> Vec<(String, String)> {
        let line = |phrase: Phrase, text: String| (self.word(phrase).to_owned(), text);
        let mut lines = vec![line(Phrase::DataLine, self.data_days())];
        lines.extend(self.incomplete().map(|text| line(Phrase::IncompleteLine, text)));
        if self.report.shown.earlier > 0 {
            let text = self.language().phrase(Phrase::EarlierPeriods, &[&self.report.shown.earlier.to_string()]);
            lines.push(line(Phrase::NotShown, text));
        }
        if !self.report.conditions.is_empty() {
            lines.push(line(Phrase::ConditionLine, self.report.conditions.join(", ")));
        }
        lines.extend(self.warnings());
        let files = self.files();
        if !files.is_empty() {
            lines.push(line(Phrase::DefinitionFiles, files.into_iter().collect::<Vec<_>>().join(", ")));
        }
        if self.report.kpis.len() > 1 && self.report.grain.is_some() {
            lines.push(line(Phrase::ScaleLine, self.word(Phrase::ScaleNote).to_owned()));
        }
        lines.push(line(Phrase::ColorLine, self.word(Phrase::ColorNote).to_owned()));
        lines
    }

    fn data_days(&self) -> String {
        let one = |data: &DataDays| match &data.days {
            Some((from, to)) => format!("{}, {}", data.dataset, self.language().days(from, to)),
            None => format!("{}, {}", data.dataset, self.word(Phrase::NoDataDays)),
        };
        self.report.data.iter().map(one).collect::<Vec<_>>().join(self.word(Phrase::Semicolon))
    }

    /// The incomplete periods, and that the current one is complete.
    fn incomplete(&self) -> Option<String> {
        let incomplete = self.report.shown.periods.iter().filter(|period| period.incomplete);
        let names: Vec<String> = incomplete.map(|period| self.language().period_title(&period.name)).collect();
        let current = self.report.shown.period().filter(|period| !period.incomplete);
        let current = current.map(|period| {
            let name = self.language().period_title(&period.name);
            self.language().phrase(Phrase::CurrentIs, &[&name])
        });
        (!names.is_empty())
            .then(|| format!("{}. {}", names.join(", "), current.unwrap_or_default()).trim_end().to_owned())
    }

    /// Each warning with the KPIs that have it in a period.
    fn warnings(&self) -> Vec<(String, String)> {
        let mut found: IndexMap<Flag, IndexSet<String>> = IndexMap::new();
        for kpi in &self.report.kpis {
            for flag in kpi.figures.iter().flat_map(|figure| &figure.flags) {
                found.entry(*flag).or_default().insert(self.label(kpi));
            }
        }
        let line = |(flag, kpis): (Flag, IndexSet<String>)| {
            let name = format!("{}\u{a0}{}", flag_mark(flag), self.word(flag_meaning(flag)));
            (name, kpis.into_iter().collect::<Vec<_>>().join(", "))
        };
        found.into_iter().map(line).collect()
    }

    /// The files of the definitions.
    fn files(&self) -> IndexSet<String> {
        let library = &self.report.library;
        let definitions = self.report.kpis.iter().filter_map(|kpi| kpi.definition);
        let file = |id| {
            let file = library.get(id).name.span.file;
            match file.is_standard() {
                true => self.language().phrase(Phrase::StandardLibrary, &[library.file_name(file)]),
                false => library.file_name(file).to_owned(),
            }
        };
        definitions.map(file).collect()
    }
}
