//! Opens a file and reads its rows. If the file is not a table as it is, finds the settings with which it is one.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use indexmap::IndexMap;

use super::column::Texts;
use super::description::Setting;
use super::names::is_of_dates;
use super::pass::Pass;
use crate::budget::Budget;
use crate::data::totals::Total;
use crate::data::{ColumnId, ColumnType, Dataset, Declaration};
use crate::diagnostic::{CellPlace, Code, Diagnostic};
use crate::read::{self, Marks, Recognized};
use crate::syntax::spelled;

/// The rows at the end that are left out because they are not rows of the table, at most.
const MAX_FOOTER: u32 = 5;

/// The totals at the end that are left out, at most.
const MAX_TOTALS: u32 = 10;

/// A file that was read, with the settings that it needs.
pub(super) struct Opened {
    pub dataset: Box<dyn Dataset>,
    pub pass: Pass,
    pub declaration: Declaration,
    pub settings: Vec<Setting>,
    /// The columns that cannot be read as they are, with the reasons. Those in the pass were read as texts.
    pub refused: IndexMap<Arc<str>, Diagnostic>,
    /// The lines at the end that are not rows: the first of them, and their number.
    pub footer: Option<(Option<u64>, u32)>,
    /// The totals at the end, which are left out: their lines and labels.
    pub totals: Vec<(CellPlace, Option<Arc<str>>)>,
    /// The columns in which the day or the month could come first.
    pub ambiguous: Vec<Arc<str>>,
}

/// Opens a file and reads its rows.
///
/// # Errors
/// A file that cannot be opened or is not a table, and rows that cannot be read.
pub(super) fn open(
    name: &str,
    path: &Path,
    declaration: &Declaration,
    budget: &Budget,
) -> Result<Opened, Vec<Diagnostic>> {
    let mut attempt = Attempt::new(name, path, budget);
    attempt.declaration = declaration.clone();
    // Each repetition changes one setting or one column.
    loop {
        let dataset = match read::open_within(name, path, &attempt.declaration, budget) {
            Ok(dataset) => dataset,
            Err(problems) if attempt.repaired_header(&problems) => continue,
            Err(problems) => match attempt.without_last_change() {
                true => continue,
                false => return Err(problems),
            },
        };
        let ids = attempt.readable(&*dataset);
        match Pass::of(&*dataset, &ids, budget) {
            Ok(pass) if pass.rows < 2 * u64::from(attempt.footer) => {
                return Err(attempt.first_footer.into_iter().collect());
            }
            Ok(pass) if attempt.improved(&*dataset, &pass) => {}
            Ok(pass) => return Ok(attempt.finished(dataset, pass)),
            Err(problem) if attempt.repaired_column(&problem) || attempt.repaired_footer(&problem) => {}
            Err(problem) => return Err(vec![attempt.first_footer.take().unwrap_or(problem)]),
        }
    }
}

/// The settings that are tried.
struct Attempt<'a> {
    name: &'a str,
    path: &'a Path,
    budget: &'a Budget,
    declaration: Declaration,
    /// The declaration before the last change, which is restored if the file cannot be opened with the change.
    before: Option<Declaration>,
    settings: Vec<Setting>,
    refused: IndexMap<Arc<str>, Diagnostic>,
    /// The columns that cannot be read as texts either.
    left_out: Vec<Arc<str>>,
    /// The problem of the first row that is not one of the table.
    first_footer: Option<Diagnostic>,
    footer: u32,
    totals: Vec<(CellPlace, Option<Arc<str>>)>,
    ambiguous: Vec<Arc<str>>,
    /// What was tried, with or without success.
    tried: HashSet<&'static str>,
}

impl<'a> Attempt<'a> {
    fn new(name: &'a str, path: &'a Path, budget: &'a Budget) -> Self {
        let declaration = Declaration::default();
        let (before, settings, refused, left_out, first_footer) = Default::default();
        let (footer, totals, ambiguous, tried) = Default::default();
        Self {
            name,
            path,
            budget,
            declaration,
            before,
            settings,
            refused,
            left_out,
            first_footer,
            footer,
            totals,
            ambiguous,
            tried,
        }
    }

    /// Returns true the first time that something is tried.
    fn tries(&mut self, what: &'static str) -> bool {
        self.tried.insert(what)
    }

    fn set(&mut self, text: String, alternatives: &[&str]) {
        let alternatives = alternatives.iter().map(|it| (*it).to_owned()).collect();
        self.settings.push(Setting { text, alternatives });
    }

    /// Finds the column names where the reader says that they are.
    fn repaired_header(&mut self, problems: &[Diagnostic]) -> bool {
        let [problem] = problems else { return false };
        let hints = |text: &str| problem.hints.iter().any(|hint| hint.contains(text));
        if problem.code != Code::BadTable || self.declaration.formatting.header.is_some() {
            return false;
        }
        let line = problem.cell.as_ref().and_then(|place| place.line).and_then(|line| u32::try_from(line).ok());
        let header = match line {
            Some(line) if hints(&format!("`header {line}`")) => line,
            _ if hints("`no header`") => 0,
            _ => return false,
        };
        self.declaration.formatting.header = Some(header);
        self.set(if header == 0 { "no header".into() } else { format!("header {header}") }, &[]);
        true
    }

    /// Restores the declaration before the last change, if a change made the file unreadable.
    fn without_last_change(&mut self) -> bool {
        let before = self.before.take();
        before.map(|before| self.declaration = before).is_some()
    }

    /// The columns to read.
    fn readable(&self, dataset: &dyn Dataset) -> Vec<ColumnId> {
        let names = dataset.schema().columns.keys();
        (0..).map(ColumnId).zip(names).filter(|(_, name)| !self.left_out.contains(name)).map(|(id, _)| id).collect()
    }

    /// Reads the column of a problem as texts. If that was tried, leaves it out.
    fn repaired_column(&mut self, problem: &Diagnostic) -> bool {
        let Some(column) = problem.cell.as_ref().and_then(|place| place.column.as_deref()) else { return false };
        let column: Arc<str> = column.into();
        if problem.code == Code::LimitReached || self.left_out.contains(&column) {
            return false;
        }
        if self.refused.contains_key(&column) {
            self.declaration.types.shift_remove(&column);
            self.left_out.push(column);
        } else {
            self.declaration.types.insert(column.clone(), ColumnType::Text);
            self.refused.insert(column, problem.clone());
        }
        true
    }

    /// Leaves out one more row at the end, if a row has fewer cells than there are names.
    fn repaired_footer(&mut self, problem: &Diagnostic) -> bool {
        let is_short = problem.hints.is_empty() && problem.cell.as_ref().is_some_and(|place| place.cell.is_none());
        if problem.code != Code::BadTable || !is_short || self.footer >= MAX_FOOTER {
            return false;
        }
        self.first_footer.get_or_insert_with(|| problem.clone());
        self.footer += 1;
        self.declaration.formatting.skip_last += 1;
        true
    }

    /// Changes the declaration if the rows show how they should be read. Then they are read again.
    fn improved(&mut self, dataset: &dyn Dataset, pass: &Pass) -> bool {
        self.skips_totals(dataset, pass)
            || self.reads_dates(pass)
            || self.reads_digits(pass)
            || self.reads_numbers(pass)
    }

    /// Leaves out totals at the end.
    fn skips_totals(&mut self, dataset: &dyn Dataset, pass: &Pass) -> bool {
        let mut totals = pass.totals.found();
        totals.reverse();
        let last = |(at, total): &(u64, Total)| total.row + at + 1 == pass.rows;
        let last: Vec<_> = (0..).zip(totals).take_while(last).map(|(_, total)| total).collect();
        let count = last.len() as u32;
        if count == 0 || count > MAX_TOTALS || u64::from(count) * 2 > pass.rows || !self.tries("totals") {
            return false;
        }
        let place = |total: &Total| (dataset.place(total.row), total.label.as_ref().map(|(_, label)| label.clone()));
        let mut declaration = self.declaration.clone();
        declaration.formatting.skip_last += count;
        if read::open_within(self.name, self.path, &declaration, self.budget).is_err() {
            return false;
        }
        self.totals = last.iter().rev().map(place).collect();
        // The columns may be readable without the totals.
        declaration.types.retain(|name, _| !self.refused.contains_key(name));
        self.refused.clear();
        self.left_out.clear();
        self.declaration = declaration;
        true
    }

    /// Finds the pattern of dates that are read only if it is declared.
    fn reads_dates(&mut self, pass: &Pass) -> bool {
        if self.declaration.formatting.dates.is_some() {
            return false;
        }
        let columns = pass.columns.iter().filter_map(|column| Some((&column.name, patterns(column.texts()?)?)));
        let found: Vec<(&Arc<str>, Vec<&'static str>)> = columns.collect();
        let Some((_, first)) = found.first() else { return false };
        let shared: Vec<&str> =
            first.iter().copied().filter(|pattern| found.iter().all(|(_, others)| others.contains(pattern))).collect();
        let names: Vec<Arc<str>> = found.iter().map(|(name, _)| (*name).clone()).collect();
        let Some(pattern) = shared.first().filter(|_| self.tried.insert("dates")) else { return false };
        self.before = Some(self.declaration.clone());
        self.declaration.formatting.dates = Some((*pattern).into());
        for name in &names {
            self.declaration.types.shift_remove(name);
            self.refused.shift_remove(name);
        }
        let is_guess = shared.len() > 1;
        let alternatives: Vec<String> = shared[1..].iter().map(|other| format!("dates \"{other}\"")).collect();
        self.set(format!("dates \"{pattern}\""), &alternatives.iter().map(String::as_str).collect::<Vec<_>>());
        self.ambiguous = if is_guess { names } else { vec![] };
        true
    }

    /// Reads digits such as `20260331` as dates, in a column that has a name of dates.
    fn reads_digits(&mut self, pass: &Pass) -> bool {
        if self.declaration.formatting.dates.is_some() {
            return false;
        }
        let found = pass.columns.iter().find(|column| {
            column.schema.ty == ColumnType::Number && column.schema.nearly_dates && is_of_dates(&column.name)
        });
        let Some(column) = found.filter(|_| self.tried.insert("digits")) else { return false };
        let digits = column.examples.first().map_or(0, String::len);
        let pattern = if digits == 8 { "yyyymmdd" } else { "yyyymm" };
        self.before = Some(self.declaration.clone());
        self.declaration.formatting.dates = Some(pattern.into());
        self.declaration.types.insert(column.name.clone(), ColumnType::Date);
        self.set(format!("dates \"{pattern}\""), &[]);
        self.set(format!("{}: date", spelled(&column.name)), &[]);
        true
    }

    /// Chooses a decimal mark for numbers such as `1,234` if no cell decides it.
    fn reads_numbers(&mut self, pass: &Pass) -> bool {
        if self.declaration.formatting.decimal.is_some() {
            return false;
        }
        let is_ambiguous = |texts: &Texts| {
            let forms = &texts.forms;
            let ambiguous = |form: &Recognized| matches!(form, Recognized::Number { mark: Marks::Ambiguous, .. });
            let numbers =
                |form: &Recognized| matches!(form, Recognized::Number { mark: Marks::Ambiguous | Marks::Either, .. });
            forms.count_of(ambiguous) > 0 && forms.count_of(numbers) == forms.count_of(|_| true)
        };
        let refused = pass.columns.iter().filter(|column| self.refused.contains_key(&column.name));
        let names: Vec<Arc<str>> = refused
            .filter(|column| column.texts().is_some_and(is_ambiguous))
            .map(|column| column.name.clone())
            .collect();
        if names.is_empty() || !self.tries("decimal") {
            return false;
        }
        // `1,234` is rejected only if no cell of the file has an unambiguous mark.
        let has_point = pass.columns.iter().filter(|column| names.contains(&column.name)).any(|column| {
            let form = column.texts().map(|texts| texts.forms.together(|_| true));
            form.is_some_and(|form| form.texts.iter().any(|text| text.contains('.')))
        });
        let (mark, other) = if has_point { (',', '.') } else { ('.', ',') };
        self.before = Some(self.declaration.clone());
        self.declaration.formatting.decimal = Some(mark);
        for name in &names {
            self.declaration.types.shift_remove(name);
            self.refused.shift_remove(name);
        }
        self.set(format!("decimal \"{mark}\""), &[&format!("decimal \"{other}\"")]);
        true
    }

    fn finished(mut self, dataset: Box<dyn Dataset>, pass: Pass) -> Opened {
        let skipped = self.declaration.formatting.skip_last;
        if skipped > 0 {
            self.set(format!("skip last {skipped}"), &[]);
        }
        // A change that had to be taken back is no setting.
        let formatting = &self.declaration.formatting;
        self.settings.retain(|setting| match setting.text.split_once(' ') {
            Some(("dates", _)) => formatting.dates.is_some(),
            Some(("decimal", _)) => formatting.decimal.is_some(),
            _ => true,
        });
        let line = self.first_footer.as_ref().and_then(|problem| problem.cell.as_ref()?.line);
        Opened {
            dataset,
            pass,
            declaration: self.declaration,
            settings: self.settings,
            refused: self.refused,
            footer: (self.footer > 0).then_some((line, self.footer)),
            totals: self.totals,
            ambiguous: self.ambiguous,
        }
    }
}

/// The patterns that read all texts of a column, if all are dates. None if there are no other dates than ISO dates.
fn patterns(texts: &Texts) -> Option<Vec<&'static str>> {
    let mut shared: Option<Vec<&'static str>> = None;
    for form in texts.forms.all.keys() {
        match form {
            Recognized::Date(patterns) => match &mut shared {
                Some(shared) => shared.retain(|pattern| patterns.contains(pattern)),
                None => shared = Some(patterns.clone()),
            },
            Recognized::IsoDate => {}
            _ => return None,
        }
    }
    shared.filter(|shared| !shared.is_empty())
}
