//! Detects the columns of records and their types.

use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::Deserializer;
use serde_json::value::RawValue;

use super::records::records;
use super::row::{Refused, Row, is_nested, plain};
use super::wrapper;
use crate::alike;
use crate::data::{ColumnType, Declaration, Pieces, Schema};
use crate::diagnostic::Diagnostic;
use crate::language::{Phrase, Sentence};
use crate::read::blocks::Block;
use crate::read::cell;
use crate::read::column::Reading;
use crate::read::detect::{self, Decided, Refusal};
use crate::read::input::Input;
use crate::read::names;
use crate::read::sample::{SAMPLED_PIECE_BYTES, Size, further_pieces, look_at_start};
use crate::read::tally::{Preferred, Seen, Tally};
use crate::read::untyped::{self, ValueKind};

/// The type and the format of a column of records.
#[derive(Debug, Clone)]
pub(super) struct JsonColumn {
    pub decided: Decided,
    /// The type that all its values must have. None if values of any type are converted to the declared type.
    pub kind: Option<ValueKind>,
}

/// The index of the column with a name. Records usually have their names in the same order, so the column after the one
/// found last is tried first.
pub(super) fn find<V>(columns: &IndexMap<Arc<str>, V>, next: &mut usize, name: &str) -> Option<usize> {
    let found = match columns.get_index(*next) {
        Some((guess, _)) if **guess == *name => *next,
        _ => columns.get_index_of(&*alike::name(name))?,
    };
    *next = found + 1;
    Some(found)
}

/// The name of a column.
pub(super) fn name<V>(columns: &IndexMap<Arc<str>, V>, at: usize) -> &str {
    columns.get_index(at).expect("the column was found among them").0
}

/// The result of inspecting a file.
#[derive(Clone, Default)]
pub(super) struct Sample {
    columns: IndexMap<Arc<str>, Found>,
    records: u64,
    /// The number of bytes that were inspected.
    bytes: u64,
    in_array: bool,
    whole: bool,
    /// The name of the only array of records, if the text is a record around it.
    wrapped: Option<String>,
}

/// The values of one column found so far.
#[derive(Clone, Default)]
struct Found {
    /// The type of the first value that is not blank.
    kind: Option<ValueKind>,
    /// That value.
    first: Option<Seen>,
    /// The first value of another type.
    other: Option<(ValueKind, Seen)>,
    tally: Tally,
    /// The first value that no column can hold.
    wrong: Option<Refusal>,
}

impl Sample {
    /// Detects the encoding (and stores it in `input`) and the columns.
    pub fn take(input: &mut Input, declaration: &Declaration) -> Result<Self, Diagnostic> {
        let mut sample = Self { whole: look_at_start(input, &declaration.formatting)?, ..Self::default() };
        if let Some(wrapped) = wrapper::find(input)? {
            input.wrapped = Some(wrapped.at);
            sample.wrapped = Some(wrapped.name);
        }
        let (blanks, calendar) = (declaration.formatting.blank.as_slice().into(), declaration.calendar);
        let blanks = Reading { blanks, calendar, ..Reading::plain(ColumnType::Unknown) };
        sample.look_at_head(input, &blanks)?;
        if !sample.whole {
            further_pieces(input, |bytes, offset| sample.look_at_piece(bytes, offset, &blanks));
        }
        names::check_count(sample.columns.len(), None, input)?;
        if !sample.whole || sample.records == 0 {
            for name in Schema::declared_names(declaration) {
                sample.columns.entry(name.clone()).or_default();
            }
        }
        Ok(sample)
    }

    /// The size of the table.
    pub fn size(&self, input: &Input) -> Size {
        Size::new(self.records, self.bytes, self.whole, input, self.columns.values().map(|found| &found.tally))
    }

    /// Adds the columns of the next file, so that their types follow from the values of all files.
    pub fn merge(&mut self, other: Self) {
        for (name, found) in other.columns {
            self.columns.entry(name).or_default().merge(found);
        }
    }

    /// Forgets the values, and keeps their number.
    pub fn condense(&mut self) {
        self.columns.values_mut().for_each(|found| found.tally.condense());
    }

    /// Notes the file of all values that were seen.
    pub fn in_file(&mut self, file: u32) {
        for found in self.columns.values_mut() {
            found.tally = std::mem::take(&mut found.tally).in_file(file);
            let wrong = found.wrong.as_mut().map(|wrong| &mut wrong.cell);
            let other = found.other.as_mut().map(|(_, seen)| seen);
            wrong.into_iter().chain(other).chain(&mut found.first).for_each(|seen| seen.file = file);
        }
    }

    /// The form of the file, in words.
    pub fn form(&self) -> Sentence {
        match (&self.wrapped, self.in_array, self.whole, self.records) {
            (Some(name), ..) => Sentence::new(Phrase::ReadAsJsonWithin, [&**name]),
            (None, true, ..) => Sentence::plain(Phrase::ReadAsJsonArray),
            (None, false, true, 1) => Sentence::plain(Phrase::ReadAsJsonRecord),
            (None, false, ..) => Sentence::plain(Phrase::ReadAsJsonLines),
        }
    }

    /// True if the text is a record around the array of records.
    pub fn is_wrapped(&self) -> bool {
        self.wrapped.is_some()
    }

    /// Returns true if the whole file was inspected.
    pub fn is_whole(&self) -> bool {
        self.whole
    }

    /// The cells that are labels of totals, by column.
    pub fn totals(&self) -> impl Iterator<Item = (&Arc<str>, &Seen)> {
        self.columns.iter().filter_map(|(name, found)| Some((name, found.tally.total(self.whole)?)))
    }

    fn look_at_head(&mut self, input: &Input, blanks: &Reading) -> Result<(), Diagnostic> {
        let (mut records, mut block) = (records(input, &input.budget)?, Block::default());
        while (self.whole || block.offset < SAMPLED_PIECE_BYTES as u64) && records.next(&mut block)? {
            let mut row = Row::default();
            let seen =
                block.for_each(input, |record| self.look_at(record, &mut row, &|value| block.place(value), blanks));
            seen.map_err(|(record, refused)| refused.diagnostic(input, &block, record, |at| name(&self.columns, at)))?;
        }
        self.in_array = records.separator.in_array();
        Ok(())
    }

    /// Records the values of a record. `place` returns the position of a value in the text.
    fn look_at<'t>(
        &mut self,
        record: &'t str,
        row: &mut Row<'t>,
        place: &dyn Fn(&str) -> u64,
        blanks: &Reading,
    ) -> Result<(), Refused<'t>> {
        let (mut next, columns) = (0, &mut self.columns);
        row.read(record, &mut |name| {
            Some(find(columns, &mut next, name).unwrap_or_else(|| {
                next = columns.len() + 1;
                columns.insert_full(alike::name(name).into(), Found::default()).0
            }))
        })?;
        self.records += 1;
        self.bytes += record.len() as u64 + 1;
        for wrong in &row.wrong {
            let (column, value) = (wrong.column, wrong.value);
            self.columns[column].reject(value, wrong.diagnostic(), place(value));
        }
        for (column, value) in row.filled().filter(|(_, value)| !is_nested(value)) {
            let (kind, text) = plain(value)?;
            let text = cell::tidy(&text);
            if kind != ValueKind::Blank && !blanks.is_blank(text) {
                self.columns[column].add(kind, text, place(value));
            }
        }
        Ok(())
    }

    /// Inspects a piece, starting at the first line that starts with a record.
    fn look_at_piece(&mut self, bytes: &[u8], offset: u64, blanks: &Reading) -> Option<()> {
        let mut at =
            memchr::memchr_iter(b'\n', bytes).find(|&end| bytes[end..].trim_ascii_start().first() == Some(&b'{'))?;
        let (start, mut row) = (bytes.as_ptr() as usize, Row::default());
        loop {
            at += bytes[at..].iter().take_while(|byte| byte.is_ascii_whitespace() || **byte == b',').count();
            let mut values = Deserializer::from_slice(&bytes[at..]).into_iter::<&RawValue>();
            let record = values.next()?.ok()?.get();
            self.look_at(record, &mut row, &|value| offset + (value.as_ptr() as usize - start) as u64, blanks).ok()?;
            at += values.byte_offset();
        }
    }

    /// Decides the type of each column.
    pub fn decide(&self, declaration: &Declaration) -> IndexMap<Arc<str>, JsonColumn> {
        let names: Vec<Arc<str>> = self.columns.keys().cloned().collect();
        let tallies: Vec<Tally> = self.columns.values().map(|found| found.tally.clone()).collect();
        let decided = detect::decide(&names, &tallies, declaration, false);
        let column = |((name, found), decided): ((&Arc<str>, &Found), Decided)| {
            let as_written = decided.declared || declaration.is_formatted_time(name);
            (name.clone(), found.column(name, decided, as_written))
        };
        self.columns.iter().zip(decided).map(column).collect()
    }
}

impl Found {
    fn reject(&mut self, value: &str, diagnostic: Diagnostic, at: u64) {
        let shown = plain(value).map_or_else(|_| value.into(), |(_, text)| text);
        let cell = Seen { cell: cell::excerpt(&shown).into(), at, file: 0 };
        self.wrong.get_or_insert(Refusal { diagnostic, cell, other: None });
    }

    fn merge(&mut self, other: Self) {
        if let (Some(kind), Some(found)) = (self.kind, other.kind)
            && kind != found
            && self.other.is_none()
        {
            self.other = other.first.clone().map(|seen| (found, seen));
        }
        self.kind = self.kind.or(other.kind);
        self.first = self.first.take().or(other.first);
        self.other = self.other.take().or(other.other);
        self.wrong = self.wrong.take().or(other.wrong);
        self.tally.merge(other.tally);
    }

    fn add(&mut self, kind: ValueKind, text: &str, at: u64) {
        self.first.get_or_insert_with(|| Seen { cell: cell::excerpt(text).into(), at, file: 0 });
        if *self.kind.get_or_insert(kind) != kind {
            self.other.get_or_insert_with(|| (kind, Seen { cell: cell::excerpt(text).into(), at, file: 0 }));
        }
        match kind {
            ValueKind::Text => self.tally.add(text, at),
            ValueKind::Number => self.tally.add_value(text, at),
            _ => {}
        }
    }

    /// Determines how to read a column. A column that is read as written accepts any value that spells its type. Other
    /// columns have values of one type; their texts can be dates and months in ISO format.
    fn column(&self, name: &str, decided: Decided, as_written: bool) -> JsonColumn {
        if as_written {
            let refused = self.wrong.clone().or(decided.refused);
            let above_one = self.tally.above_one().cloned();
            return JsonColumn { decided: Decided { refused, above_one, ..decided }, kind: None };
        }
        let (text_type, evidence) = self.tally.plain_text(false, decided.reading.calendar);
        let (ty, evidence) = match self.kind {
            Some(ValueKind::Text) => (text_type, evidence),
            // If there are no values, the declared type applies, and a time column holds dates.
            kind => (kind.map_or(decided.reading.ty, ValueKind::ty), None),
        };
        let mixed = self.other.as_ref().zip(self.kind).map(|((other, seen), kind)| Refusal {
            diagnostic: untyped::mixed(name, kind, *other, &seen.cell),
            cell: seen.clone(),
            other: None,
        });
        let refused = self.wrong.clone().or(mixed);
        let (blanks, offsets, calendar) =
            (decided.reading.blanks.clone(), self.tally.offsets(), decided.reading.calendar);
        let reading = Reading { blanks, offsets, calendar, ..Reading::plain(ty) };
        let remedy = evidence.as_ref().and_then(|_| self.tally.remedy(name, Preferred::default()));
        let nearly_dates = evidence.is_some() && self.tally.is_mostly_dates();
        let reading = Decided { reading, declared: false, refused, evidence, remedy, nearly_dates, ..decided };
        let decided = Decided { shown: None, percent_signs: false, above_one: None, ..reading };
        JsonColumn { decided, kind: self.kind }
    }
}
