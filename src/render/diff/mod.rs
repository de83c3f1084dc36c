//! Turns a comparison of definitions or of snapshots into text for people.

mod definitions;
mod values;

use definitions::{Entry, Section};

use super::markdown::{escaped, markdown_within};
use super::table::table_within;
use super::{Locale, wrapped};
use crate::budget::Budget;
use crate::diagnostic::{Diagnostic, printable_line};
use crate::diff::{Diff, Effect, SnapshotDiff, ValueDiff};
use crate::language::{Language, Phrase};

/// Two versions of the definitions with their names.
pub(crate) struct DiffPage<'a> {
    pub old: &'a str,
    pub new: &'a str,
    pub diff: &'a Diff,
    pub values: Option<&'a ValueDiff>,
    /// The number of values that differ and are not shown.
    pub omitted: usize,
    pub locale: &'a Locale,
}

/// Two snapshots with their names.
pub(crate) struct SnapshotPage<'a> {
    pub old: &'a str,
    pub new: &'a str,
    pub diff: &'a SnapshotDiff,
    /// The number of values that differ and are not shown.
    pub omitted: usize,
    pub locale: &'a Locale,
}

/// The comparison for a terminal.
///
/// # Errors
/// The limit that was reached.
pub(crate) fn diff(page: &DiffPage<'_>, width: Option<usize>, budget: &Budget) -> Result<String, Diagnostic> {
    let language = page.locale.language;
    let mut text = format!("{}\n{}\n", page.title(), page.counts());
    for section in definitions::sections(page.diff, language) {
        budget.spend(section.entries.len(), "writing the result")?;
        text.push_str(&format!("\n{}\n", section.title));
        section.entries.iter().for_each(|entry| text.push_str(&entry.text(width)));
    }
    if let Some(values) = page.values {
        text.push_str(&values_text(values, &page.remarks(values), page.locale, width, budget)?);
    }
    Ok(text)
}

/// The comparison as a comment on a change: a headline, the values, and the definitions folded.
///
/// # Errors
/// The limit that was reached.
pub(crate) fn diff_markdown(page: &DiffPage<'_>, budget: &Budget) -> Result<String, Diagnostic> {
    let language = page.locale.language;
    let mut text = format!("**{}**\n\n{}\n", line(&page.title()), line(&page.counts()));
    if let Some(values) = page.values {
        text.push_str(&values_markdown(values, &page.remarks(values), page.locale, budget)?);
    }
    let sections: Vec<Section> = definitions::sections(page.diff, language);
    for section in sections {
        budget.spend(section.entries.len(), "writing the result")?;
        let count = section.count;
        text.push_str(&format!("\n<details>\n<summary>{} ({count})</summary>\n\n", html(&section.title)));
        section.entries.iter().for_each(|entry| text.push_str(&entry.markdown(language)));
        text.push_str("\n</details>\n");
    }
    Ok(text)
}

/// The comparison of two snapshots for a terminal.
///
/// # Errors
/// The limit that was reached.
pub(crate) fn snapshot_diff(
    page: &SnapshotPage<'_>,
    width: Option<usize>,
    budget: &Budget,
) -> Result<String, Diagnostic> {
    let mut text: String = page.lines().iter().map(|line| format!("{line}\n")).collect();
    let remarks = values::remarks(&page.diff.values, page.omitted, page.locale.language);
    text.push_str(&values_text(&page.diff.values, &remarks, page.locale, width, budget)?);
    Ok(text)
}

/// The comparison of two snapshots as Markdown.
///
/// # Errors
/// The limit that was reached.
pub(crate) fn snapshot_diff_markdown(page: &SnapshotPage<'_>, budget: &Budget) -> Result<String, Diagnostic> {
    let lines = page.lines();
    let (title, others) = lines.split_first().expect("there is always a title");
    let mut text = format!("**{}**\n\n", line(title));
    others.iter().for_each(|other| text.push_str(&format!("- {}\n", line(other))));
    let remarks = values::remarks(&page.diff.values, page.omitted, page.locale.language);
    text.push_str(&values_markdown(&page.diff.values, &remarks, page.locale, budget)?);
    Ok(text)
}

/// A line of Markdown.
fn line(text: &str) -> String {
    escaped(&printable_line(text))
}

/// A text in a tag.
fn html(text: &str) -> String {
    printable_line(text).replace('&', "&amp;").replace('<', "&lt;")
}

impl DiffPage<'_> {
    fn title(&self) -> String {
        self.locale.language.phrase(Phrase::DiffTitle, &[self.old, self.new])
    }

    fn remarks(&self, values: &ValueDiff) -> Vec<String> {
        let language = self.locale.language;
        let remarks = values::remarks(values, self.omitted, language).into_iter();
        remarks.chain(values::unchanged(values, language)).collect()
    }

    fn counts(&self) -> String {
        let language = self.locale.language;
        if self.diff.is_empty() {
            return language.word(Phrase::DiffNothing).to_owned();
        }
        let with = self.diff.changes.iter().filter(|entry| entry.effect != Effect::None).count();
        let without = self.diff.changes.len() - with + self.diff.moved.len() + self.diff.rewritten.len();
        let affected = self.diff.affected.iter().filter(|affected| !affected.head.standard).count();
        language
            .phrase(Phrase::DiffCounts, &[with, without, affected].map(|it| it.to_string()).each_ref().map(|it| &**it))
    }
}

impl SnapshotPage<'_> {
    /// The title, and whether definitions and data are the same.
    fn lines(&self) -> Vec<String> {
        let language = self.locale.language;
        let SnapshotDiff { definitions_changed, data, compared, .. } = self.diff;
        let differing = self.diff.values.changes.len() + self.omitted;
        vec![
            language.phrase(Phrase::SnapshotTitle, &[self.old, self.new]),
            language.word(if *definitions_changed { Phrase::OtherDefinitions } else { Phrase::SameDefinitions }).into(),
            match data.is_empty() {
                true => language.word(Phrase::SameData).to_owned(),
                false => {
                    let changes: Vec<String> = data.iter().map(|change| data_change(change, language)).collect();
                    language.phrase(Phrase::OtherData, &[&changes.join(", ")])
                }
            },
            language.phrase(Phrase::ValueCounts, &[&differing.to_string(), &compared.to_string()]),
        ]
    }
}

/// `ads (61 → 62 rows)`
fn data_change(change: &crate::diff::DataChange, language: Language) -> String {
    let name = &*change.dataset;
    match (change.before, change.after) {
        (None, _) => language.phrase(Phrase::DataNew, &[name]),
        (_, None) => language.phrase(Phrase::DataGone, &[name]),
        (Some(before), Some(after)) if before == after => language.phrase(Phrase::DataContent, &[name]),
        (Some(before), Some(after)) => {
            language.phrase(Phrase::DataRows, &[name, &before.to_string(), &after.to_string()])
        }
    }
}

/// The values that differ as a table, with remarks.
fn values_text(
    values: &ValueDiff,
    remarks: &[String],
    locale: &Locale,
    width: Option<usize>,
    budget: &Budget,
) -> Result<String, Diagnostic> {
    let mut text = String::from("\n");
    if !values.changes.is_empty() {
        text.push_str(&table_within(&values::grid(values, locale, budget)?, width, budget)?);
    }
    for remark in remarks {
        let remark = printable_line(remark).into_owned();
        let lines = width.map_or_else(|| vec![remark.clone()], |width| wrapped(&remark, width.saturating_sub(2)));
        text.push_str(&format!("{}\n", lines.join("\n  ")));
    }
    Ok(text)
}

/// The same as Markdown.
fn values_markdown(
    values: &ValueDiff,
    remarks: &[String],
    locale: &Locale,
    budget: &Budget,
) -> Result<String, Diagnostic> {
    let mut text = String::new();
    if !values.changes.is_empty() {
        text = format!("\n{}", markdown_within(&values::grid(values, locale, budget)?, budget)?);
    }
    for remark in remarks {
        // Names and options in backticks are code here, too.
        text.push_str(&format!("\n{}\n", line(remark).replace("\\`", "`")));
    }
    Ok(text)
}

/// The text of one entry.
impl Entry {
    fn text(&self, width: Option<usize>) -> String {
        let mut text = format!("  {}\n", self.head);
        let column = self.parts.iter().map(|(name, ..)| name.chars().count()).chain([self.affects.0.chars().count()]);
        let column = column.max().unwrap_or(0);
        for (name, before, after) in &self.parts {
            let pad = " ".repeat(column - name.chars().count());
            match (before, after) {
                (Some(before), Some(after)) => {
                    let below = " ".repeat(column);
                    text.push_str(&format!("    {name}{pad}  - {before}\n    {below}  + {after}\n"));
                }
                (Some(before), None) => text.push_str(&format!("    {name}{pad}  - {before}\n")),
                (None, Some(after)) => text.push_str(&format!("    {name}{pad}  + {after}\n")),
                (None, None) => {}
            }
        }
        let (name, affected) = &self.affects;
        if !affected.is_empty() {
            let pad = " ".repeat(column - name.chars().count());
            let indent = column + 8;
            let lines = match width {
                Some(width) => wrapped(affected, width.saturating_sub(indent).max(20)),
                None => vec![affected.clone()],
            };
            let lines = lines.join(&format!("\n{}", " ".repeat(indent)));
            text.push_str(&format!("    {name}{pad}    {lines}\n"));
        }
        text
    }

    fn markdown(&self, language: Language) -> String {
        let fact = |name: &str, text: &str| format!("  - {}\n", language.phrase(Phrase::About, &[name, text]));
        let mut text = format!("- {}\n", line(&self.head));
        for (name, before, after) in &self.parts {
            let texts = [before, after].map(|text| text.as_ref().map(|text| code(text)));
            let change = match texts {
                [Some(before), Some(after)] => format!("{before} → {after}"),
                [Some(before), None] => format!("~~{before}~~"),
                [None, Some(after)] => after,
                [None, None] => continue,
            };
            text.push_str(&fact(&line(name), &change));
        }
        let (name, affected) = &self.affects;
        if !affected.is_empty() {
            text.push_str(&fact(name, &line(affected)));
        }
        text
    }
}

/// A text as code. Backticks in it need a longer fence.
fn code(text: &str) -> String {
    let text = printable_line(text);
    match text.contains('`') {
        true => format!("`` {text} ``"),
        false => format!("`{text}`"),
    }
}
