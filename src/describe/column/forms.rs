//! Counts the forms of the texts of a column: numbers with their currencies, dates with their patterns, other texts.

use indexmap::IndexMap;

use crate::read::{Recognized, recognized};

/// The cells of a form that are listed with their rows.
const LISTED: usize = 5;

/// The cells after which a column that mostly holds ordinary texts is not looked at further.
const ENOUGH: u64 = 10_000;

/// The different texts of a form that are remembered.
const TEXTS: usize = 8;

/// The forms of the texts of a column.
#[derive(Debug, Default)]
pub(in crate::describe) struct Forms {
    pub all: IndexMap<Recognized, Form>,
    cells: u64,
    /// True if the rest of the column was not looked at.
    pub is_partial: bool,
}

/// The cells of one form.
#[derive(Debug, Default, Clone)]
pub(in crate::describe) struct Form {
    pub count: u64,
    /// The first cells with their rows.
    pub cells: Vec<(String, u64)>,
    /// The first different texts.
    pub texts: Vec<String>,
    /// True if there are more different texts.
    pub has_more_texts: bool,
    /// True if a text has digits, so that it may be a code.
    pub has_digits: bool,
}

impl Forms {
    pub fn add(&mut self, text: &str, row: u64) {
        if self.is_partial {
            return;
        }
        self.cells += 1;
        self.all.entry(recognized(text)).or_default().add(text, row);
        self.is_partial = self.cells >= ENOUGH && self.count_of(|form| *form == Recognized::Text) * 2 > self.cells;
    }

    /// The number of cells of some forms.
    pub fn count_of(&self, is_counted: impl Fn(&Recognized) -> bool) -> u64 {
        self.all.iter().filter(|(form, _)| is_counted(form)).map(|(_, seen)| seen.count).sum()
    }

    /// The cells of some forms together.
    pub fn together(&self, is_counted: impl Fn(&Recognized) -> bool) -> Form {
        let forms = self.all.iter().filter(|(form, _)| is_counted(form)).map(|(_, seen)| seen);
        let mut all = forms.fold(Form::default(), Form::with);
        all.cells.sort_by_key(|(_, row)| *row);
        all.cells.truncate(LISTED);
        all
    }
}

impl Form {
    fn add(&mut self, text: &str, row: u64) {
        self.count += 1;
        self.has_digits |= text.bytes().any(|byte| byte.is_ascii_digit());
        if self.cells.len() < LISTED {
            self.cells.push((text.to_owned(), row));
        }
        if !self.texts.iter().any(|known| known == text) {
            match self.texts.len() < TEXTS {
                true => self.texts.push(text.to_owned()),
                false => self.has_more_texts = true,
            }
        }
    }

    fn with(mut self, other: &Self) -> Self {
        self.count += other.count;
        self.cells.extend(other.cells.iter().cloned());
        self.texts.extend(other.texts.iter().cloned());
        self.has_more_texts |= other.has_more_texts;
        self.has_digits |= other.has_digits;
        self
    }
}
