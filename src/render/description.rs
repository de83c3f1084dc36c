//! Draws the description of a file: a table of its columns, and its likely faults.

use super::locale::number::{Lead, NumberStyle};
use super::{Column, Grid, Locale, escaped, markdown_within, table_within, wrapped};
use crate::budget::Budget;
use crate::data::{ColumnType, Grain};
use crate::describe::{ColumnDescription, Description, Fault, Place, Role, Setting};
use crate::diagnostic::{Diagnostic, printable_line};
use crate::language::{Language, Phrase};
use crate::value::Decimal;

/// The letters of an example.
const EXAMPLE: usize = 20;

/// The spaces before what to do about a fault.
const INDENT: usize = 2;

/// Draws a description for a terminal of this width.
pub(crate) fn description(
    description: &Description,
    locale: &Locale,
    width: Option<usize>,
    budget: &Budget,
) -> Result<String, Diagnostic> {
    let words = Words { locale };
    let mut text = format!("{}\n\n", words.title(description));
    text.push_str(&table_within(&words.grid(description), width, budget)?);
    text.push('\n');
    let lines = words.remarks(description).into_iter().chain([words.verdict(description)]);
    lines.for_each(|line| text.push_str(&paragraph(&line, 0, width)));
    for fault in &description.faults {
        text.push_str(&paragraph(&format!("! {}", words.fault(fault)), INDENT, width));
        text.push_str(&paragraph(&format!("  {}", words.advice(fault)), INDENT, width));
    }
    Ok(text)
}

/// Writes a description as Markdown.
pub(crate) fn description_markdown(
    description: &Description,
    locale: &Locale,
    budget: &Budget,
) -> Result<String, Diagnostic> {
    let words = Words { locale };
    let mut text = format!("### {}\n\n", escaped(&words.title(description)));
    text.push_str(&markdown_within(&words.grid(description), budget)?);
    for line in words.remarks(description).iter().chain([&words.verdict(description)]) {
        text.push_str(&format!("\n{}\n", escaped_but_code(line)));
    }
    if !description.faults.is_empty() {
        text.push('\n');
    }
    for fault in &description.faults {
        let (fault, advice) = (words.fault(fault), words.advice(fault));
        text.push_str(&format!("* {}\\\n  {}\n", escaped_but_code(&fault), escaped_but_code(&advice)));
    }
    Ok(text)
}

/// Escapes a sentence outside its code.
fn escaped_but_code(text: &str) -> String {
    let text = printable_line(text);
    let parts: Vec<String> = text
        .split('`')
        .enumerate()
        .map(|(at, part)| if at % 2 == 0 { escaped(part) } else { part.to_owned() })
        .collect();
    parts.join("`")
}

/// A line wrapped at spaces, with its continuation indented.
fn paragraph(line: &str, indent: usize, width: Option<usize>) -> String {
    let line = printable_line(line);
    let Some(width) = width else { return format!("{line}\n") };
    let start = &line[..line.len() - line.trim_start().len()];
    let lines = wrapped(line.trim_start(), width.saturating_sub(indent + start.len()));
    format!("{start}{}\n", lines.join(&format!("\n{}", " ".repeat(indent))))
}

struct Words<'a> {
    locale: &'a Locale,
}

impl Words<'_> {
    fn language(&self) -> Language {
        self.locale.language
    }

    fn count(&self, count: u64) -> String {
        self.locale.format(&NumberStyle::default()).text(Decimal::from(count))
    }

    fn title(&self, description: &Description) -> String {
        let phrase = self.language().counted(description.rows, Phrase::DescribedRow, Phrase::DescribedRows);
        let columns = self.count(description.columns.len() as u64);
        let file = printable_line(&description.file);
        self.language().phrase(phrase, &[&file, &self.count(description.rows), &columns])
    }

    fn grid(&self, description: &Description) -> Grid {
        let word = |phrase| self.language().word(phrase);
        let columns = vec![
            Column::key(word(Phrase::ColumnHead)),
            Column::text(word(Phrase::TypeHead)),
            Column::text(word(Phrase::UseHead)),
            Column::number(word(Phrase::BlankHead)),
            Column::number(word(Phrase::DistinctHead)),
            Column::number(word(Phrase::MinimumHead)),
            Column::number(word(Phrase::MaximumHead)),
            Column::text(word(Phrase::ExamplesHead)),
        ];
        Grid { columns, rows: description.columns.iter().map(|column| self.row(column)).collect(), total: None }
    }

    fn row(&self, column: &ColumnDescription) -> Vec<String> {
        let distinct = self.count(column.distinct);
        let distinct = match column.has_more {
            true => self.language().phrase(Phrase::MoreThan, &[&distinct]),
            false => distinct,
        };
        let value = |value: &Option<String>| value.as_ref().map_or(String::new(), |value| self.value(column, value));
        let examples = column.examples.iter().map(|example| short(&self.value(column, example)));
        let mut row = vec![
            column.name.to_string(),
            self.type_of(column),
            self.language().word(role(column.role)).to_owned(),
            self.count(column.blanks),
            distinct,
            value(&column.minimum),
            value(&column.maximum),
            examples.collect::<Vec<_>>().join(self.language().word(Phrase::ListComma)),
        ];
        if column.role == Role::Unreadable {
            row[3..].iter_mut().for_each(String::clear);
        }
        row
    }

    fn type_of(&self, column: &ColumnDescription) -> String {
        let name = self.language().word(match column.ty {
            ColumnType::Number => Phrase::TypeNumber,
            ColumnType::Text => Phrase::TypeText,
            ColumnType::Date => Phrase::TypeDate,
            ColumnType::Boolean => Phrase::TypeTruth,
            ColumnType::Unknown => Phrase::TypeUnknown,
            ColumnType::Period(grain) => grain_name(grain),
        });
        match &column.currency {
            Some(currency) => format!("{name}, {currency}"),
            None if column.percent => format!("{name}, %"),
            None => name.to_owned(),
        }
    }

    /// A number with all its digits, a day or a truth value, in the spelling of the language; other values as they are.
    fn value(&self, column: &ColumnDescription, value: &str) -> String {
        match (column.ty, value) {
            (ColumnType::Date, day) => return self.language().short_day(day),
            (ColumnType::Period(_), period) => return self.language().period(period),
            (ColumnType::Boolean, "true") => return self.language().word(Phrase::True).to_owned(),
            (ColumnType::Boolean, "false") => return self.language().word(Phrase::False).to_owned(),
            _ => {}
        }
        let number = value.parse::<Decimal>().ok().filter(|_| column.ty == ColumnType::Number);
        let Some(number) = number else { return value.to_owned() };
        if matches!(column.role, Role::Key | Role::Reference | Role::Time) {
            return value.to_owned();
        }
        let lead = match &column.currency {
            Some(code) if code.len() == 3 => Lead::Currency(code.clone()),
            _ if column.percent => Lead::Percent,
            _ => Lead::Plain,
        };
        let shown = if lead == Lead::Percent { 2 } else { 0 };
        let least = if matches!(lead, Lead::Currency(_)) && !number.is_integer() { 2 } else { 0 };
        let decimals = number.normalize().scale().saturating_sub(shown).max(least);
        let style = NumberStyle { lead, decimals: Some(decimals as u8), ..NumberStyle::default() };
        self.locale.format(&style).text(number)
    }

    /// How the file was read, and which settings it needs.
    fn remarks(&self, description: &Description) -> Vec<String> {
        let reading: Vec<String> = description.reading.iter().map(|it| self.language().sentence(it)).collect();
        let reading = (!reading.is_empty()).then(|| reading.join(self.language().word(Phrase::Semicolon)));
        let settings: Vec<String> = description.settings.iter().map(|it| self.setting(it)).collect();
        let needed =
            (!settings.is_empty()).then(|| self.language().phrase(Phrase::NeededSettings, &[&settings.join(", ")]));
        reading.into_iter().chain(needed).collect()
    }

    fn setting(&self, setting: &Setting) -> String {
        let code = |text: &String| format!("`{text}`");
        match &setting.alternatives[..] {
            [] => code(&setting.text),
            others => {
                let others: Vec<String> = others.iter().map(code).collect();
                self.language().phrase(Phrase::OrSetting, &[&code(&setting.text), &others.join(", ")])
            }
        }
    }

    fn verdict(&self, description: &Description) -> String {
        match description.faults.len() {
            0 => self.language().word(Phrase::NoFaults).to_owned(),
            1 => self.language().word(Phrase::OneFault).to_owned(),
            count => self.language().phrase(Phrase::SeveralFaults, &[&self.count(count as u64)]),
        }
    }

    /// What is wrong, and where.
    fn fault(&self, fault: &Fault) -> String {
        let message = self.language().sentence(&fault.message);
        let mut places: Vec<String> = fault.places.iter().map(|place| self.place(place)).collect();
        if places.is_empty() {
            return message;
        }
        let more = fault.count.saturating_sub(places.len() as u64);
        if more > 0 {
            places.push(self.language().phrase(Phrase::AndMore, &[&self.count(more)]));
        }
        format!("{message}{}{}", self.language().word(Phrase::Then), places.join(", "))
    }

    fn advice(&self, fault: &Fault) -> String {
        self.language().sentence(&fault.advice)
    }

    fn place(&self, place: &Place) -> String {
        let line = place.line.map(|line| match &place.file {
            Some(file) => self.language().phrase(Phrase::AtLineOf, &[file, &line.to_string()]),
            None => self.language().phrase(Phrase::AtLine, &[&line.to_string()]),
        });
        let cell = place.cell.as_ref().map(|cell| format!("`{}`", short(cell)));
        let text = line.into_iter().chain(cell).collect::<Vec<_>>().join(" ");
        match place.same_as {
            Some(line) => self.language().phrase(Phrase::AtSameLine, &[&text, &line.to_string()]),
            None => text,
        }
    }
}

fn short(text: &str) -> String {
    match text.char_indices().nth(EXAMPLE) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

fn role(role: Role) -> Phrase {
    match role {
        Role::Key => Phrase::RoleKey,
        Role::Reference => Phrase::RoleReference,
        Role::Time => Phrase::RoleTime,
        Role::Measure => Phrase::RoleMeasure,
        Role::Group => Phrase::RoleGroup,
        Role::Flag => Phrase::RoleFlag,
        Role::Text => Phrase::RoleText,
        Role::Empty => Phrase::RoleEmpty,
        Role::Unreadable => Phrase::RoleUnreadable,
    }
}

fn grain_name(grain: Grain) -> Phrase {
    match grain {
        Grain::Hour => Phrase::Hour,
        Grain::Day => Phrase::Day,
        Grain::Week => Phrase::Week,
        Grain::Month => Phrase::Month,
        Grain::Quarter => Phrase::Quarter,
        Grain::Half => Phrase::Half,
        Grain::Year => Phrase::Year,
    }
}
