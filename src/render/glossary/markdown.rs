//! Turns a [`Glossary`] into Markdown for code hosts and wikis.

use std::fmt::Write as _;

use super::{CurrentValue, Datum, FunctionEntry, Glossary, Indicator, Reference, WRITING, count};
use crate::budget::Budget;
use crate::diagnostic::{Diagnostic, printable};
use crate::language::Phrase;
use crate::render::{Column, Grid, markdown, status_mark};

impl Glossary {
    /// Renders the glossary as GitHub-flavoured Markdown: contents, a section for each KPI, tables of data and
    /// functions.
    pub fn markdown(&self) -> String {
        self.markdown_within(&Budget::unlimited()).expect("there is no limit")
    }

    /// The same, within a budget.
    pub(crate) fn markdown_within(&self, budget: &Budget) -> Result<String, Diagnostic> {
        let mut charge = budget.charge();
        let mut text = format!("# {}\n\n", escaped(self.title()));
        let lines = self.dated().into_iter().chain(self.computed_from());
        lines.for_each(|line| text.push_str(&format!("{}\n\n", escaped(&line))));
        for group in &self.groups {
            let _ = writeln!(text, "- {}", escaped(&group.title));
            for sheet in &group.sheets {
                let _ = writeln!(text, "  - [{}](#{})", escaped(&sheet.label), sheet.anchor());
            }
        }
        for group in &self.groups {
            let _ = writeln!(text, "\n## {}", escaped(&group.title));
            for sheet in &group.sheets {
                let before = text.len();
                self.sheet(sheet, &mut text);
                count(&mut charge, text.len() - before)?;
            }
        }
        self.data_section(&mut text);
        self.function_section(&mut text);
        budget.check(WRITING)?;
        Ok(text)
    }

    fn sheet(&self, sheet: &Indicator, text: &mut String) {
        let _ = writeln!(text, "\n<a id=\"{}\"></a>\n\n### {}\n", sheet.anchor(), escaped(&sheet.label));
        let _ = writeln!(text, "{}", code(&sheet.id));
        if let Some(about) = &sheet.about {
            let _ = writeln!(text, "\n{}", escaped(about));
        }
        if let (Some(formula), Some(symbols)) = (&sheet.formula, &sheet.symbols) {
            let _ = writeln!(
                text,
                "\n> **{} = {}**  \n> {}",
                escaped(&sheet.label),
                escaped(&formula.text()),
                code(symbols)
            );
        }
        let _ = write!(text, "\n{}", self.facts(sheet));
        self.bands(sheet, text);
        self.inputs(sheet, text);
        self.examples(sheet, text);
    }

    fn facts(&self, sheet: &Indicator) -> String {
        let mut facts = sheet.current.as_ref().map(|current| self.current(current)).unwrap_or_default();
        for (name, fact) in sheet.all_facts(self.language) {
            let _ = writeln!(facts, "- {}", self.language.phrase(Phrase::Fact, &[name, &escaped(&fact)]));
        }
        facts
    }

    /// The current value, and below it what there is to know about it.
    fn current(&self, current: &CurrentValue) -> String {
        let status = current.status.map(|it| format!(" {} {}", status_mark(it), self.language.status(it)));
        let period = current.period.iter().map(|period| escaped(&format!(" ({period})")));
        let value = format!("**{}**", escaped(&current.value));
        let value: String = [value].into_iter().chain(period).chain(status).collect();
        let mut text = format!("- {}\n", self.language.phrase(Phrase::Fact, &[self.say(Phrase::CurrentValue), &value]));
        for note in current.target.iter().chain(&current.notes) {
            let _ = writeln!(text, "  - {}", escaped(note));
        }
        text
    }

    fn say(&self, phrase: Phrase) -> &'static str {
        self.language.word(phrase)
    }

    fn bands(&self, sheet: &Indicator, text: &mut String) {
        if sheet.bands.is_empty() {
            return;
        }
        let columns = [Phrase::StatusColumn, Phrase::When, Phrase::Action];
        let rows = sheet.bands.iter().map(|band| {
            vec![
                self.language.status(band.status).into(),
                band.condition.text(),
                band.advice.clone().unwrap_or_default(),
            ]
        });
        let _ = write!(text, "\n{}", self.table(columns, rows));
    }

    fn inputs(&self, sheet: &Indicator, text: &mut String) {
        if sheet.inputs.is_empty() {
            return;
        }
        let columns = [Phrase::Datum, Phrase::Name, Phrase::AddsUpColumn];
        let row = |input: &Reference| vec![input.label.clone(), input.id.to_string(), input.aggregation.clone()];
        let more = sheet.more_inputs.then(|| vec!["…".to_owned(), String::new(), String::new()]);
        let _ = write!(text, "\n{}", self.table(columns, sheet.inputs.iter().map(row).chain(more)));
    }

    fn examples(&self, sheet: &Indicator, text: &mut String) {
        for (at, example) in sheet.examples.iter().enumerate() {
            let given: Vec<String> = example.given.iter().map(|(name, value)| format!("{name} = {value}")).collect();
            let head = if at == 0 { "\n" } else { "" };
            let word = self.language.word(Phrase::Example);
            let _ = writeln!(text, "{head}- {word} {} → **{}**", escaped(&given.join(", ")), escaped(&example.result));
        }
    }

    fn table<const N: usize>(&self, columns: [Phrase; N], rows: impl Iterator<Item = Vec<String>>) -> String {
        let columns = columns.into_iter().map(|column| Column::text(self.language.word(column))).collect();
        markdown(&Grid { columns, rows: rows.collect(), total: None })
    }

    fn data_section(&self, text: &mut String) {
        if self.data.is_empty() {
            return;
        }
        let columns = [Phrase::Datum, Phrase::Name, Phrase::Unit, Phrase::AddsUpColumn, Phrase::DatumUsedBy];
        let row = |datum: &Datum| {
            let users: Vec<&str> = datum.used_by.iter().map(|user| &*user.id).collect();
            vec![
                datum.label.clone(),
                datum.id.to_string(),
                datum.unit.clone(),
                datum.aggregation.clone(),
                users.join(", "),
            ]
        };
        let title = self.language.word(Phrase::DataTitle);
        let _ = write!(text, "\n## {title}\n\n{}", self.table(columns, self.data.iter().map(row)));
    }

    fn function_section(&self, text: &mut String) {
        if self.functions.is_empty() {
            return;
        }
        let columns = [Phrase::FunctionColumn, Phrase::FormulaColumn, Phrase::Meaning];
        let row = |function: &FunctionEntry| {
            vec![function.label.clone(), function.symbols.clone(), function.about.clone().unwrap_or_default()]
        };
        let title = self.language.word(Phrase::FunctionsTitle);
        let _ = write!(text, "\n## {title}\n\n{}", self.table(columns, self.functions.iter().map(row)));
    }
}

/// Escapes Markdown characters and puts the text on one line.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in printable(text).chars() {
        match letter {
            '\n' | '\t' => escaped.push(' '),
            '\\' | '|' | '*' | '_' | '`' | '[' | ']' | '<' | '>' | '#' | '~' => escaped.extend(['\\', letter]),
            '&' => escaped.push_str("&amp;"),
            letter => escaped.push(letter),
        }
    }
    escaped
}

/// Writes a code span. Its fence has one more backtick than the longest run in the text.
fn code(text: &str) -> String {
    let text = printable(text).replace('\n', " ");
    let longest = text.split(|letter| letter != '`').map(str::len).max().unwrap_or(0);
    match longest {
        0 => format!("`{text}`"),
        _ => format!("{fence} {text} {fence}", fence = "`".repeat(longest + 1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_in_texts_of_authors_is_escaped() {
        assert_eq!(escaped("a_b <b> | #1\n& [x](y)"), "a\\_b \\<b\\> \\| \\#1 &amp; \\[x\\](y)");
        assert_eq!(code("a `b` c"), "`` a `b` c ``");
    }
}
