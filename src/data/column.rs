//! Collects the cells of one column into a vector.

use std::borrow::Cow;
use std::sync::Arc;

use multiversion::multiversion;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

use super::cell::{self, DateOrder, Fixed, IsoDays, MAX_FIXED_SCALE, Mark, Misfit, NumberFormat, Numeral};
use super::schema::ColumnType;
use crate::value::{Cause, Date, Decimal, Dictionary, Values, Vector};

/// Texts that a dictionary may have before the next batch begins a new one: memory stays bounded where every text is
/// another one.
const MAX_SHARED_TEXTS: usize = 1 << 14;

/// How the cells of a column are read.
#[derive(Debug, Clone)]
pub(super) struct Reading {
    pub ty: ColumnType,
    pub numbers: NumberFormat,
    pub dates: DateOrder,
    /// Texts that count as blank beside the empty one.
    pub blanks: Arc<[Arc<str>]>,
}

impl Reading {
    /// A column read as machines write it: `1234.5`, `2026-03-31`.
    pub fn plain(ty: ColumnType) -> Self {
        Self { ty, numbers: NumberFormat::default(), dates: DateOrder::Iso, blanks: Arc::new([]) }
    }

    /// Whether a cell, trimmed of spaces, holds nothing.
    pub fn is_blank(&self, cell: &str) -> bool {
        cell.is_empty() || self.blanks.iter().any(|blank| **blank == *cell)
    }
}

/// A column in the making; [`ColumnBuilder::finish`] hands over what came since the last time.
pub(super) struct ColumnBuilder {
    reading: Reading,
    /// Whether cells of the usual form are never blank.
    usual: bool,
    cells: Cells,
    blanks: Vec<usize>,
}

enum Cells {
    Numbers(Numbers),
    Texts(Texts),
    Dates(Dates),
    Months(Months),
    Booleans(Booleans),
    Nothing(Nothing),
}

/// Does the same with the cells of any kind.
macro_rules! each_kind {
    ($cells:expr, $into:ident => $do:expr) => {
        match $cells {
            Cells::Numbers($into) => $do,
            Cells::Texts($into) => $do,
            Cells::Dates($into) => $do,
            Cells::Months($into) => $do,
            Cells::Booleans($into) => $do,
            Cells::Nothing($into) => $do,
        }
    };
}

impl ColumnBuilder {
    pub fn new(reading: &Reading) -> Self {
        let cells = match reading.ty {
            ColumnType::Number => Cells::Numbers(Numbers::new(reading.numbers.mark)),
            ColumnType::Text => Cells::Texts(Texts::default()),
            ColumnType::Date => Cells::Dates(Dates::default()),
            ColumnType::Month => Cells::Months(Months::default()),
            ColumnType::Boolean => Cells::Booleans(Booleans::default()),
            ColumnType::Unknown => Cells::Nothing(Nothing::default()),
        };
        let is_usual =
            |blank: &Arc<str>| reading.ty == ColumnType::Text || blank.starts_with(|c: char| c.is_ascii_digit());
        let usual = !reading.blanks.iter().any(is_usual);
        Self { reading: reading.clone(), usual, cells, blanks: vec![] }
    }

    /// Adds cells until one does not fit: its position among them, and why.
    pub fn extend<S: AsRef<str>>(&mut self, cells: impl Iterator<Item = S>) -> Result<(), (usize, Misfit)> {
        each_kind!(&mut self.cells, into => {
            for (at, cell) in cells.enumerate() {
                let result = push(into, cell.as_ref(), &self.reading, &mut self.blanks);
                result.map_err(|misfit| (at, misfit))?;
            }
            Ok(())
        })
    }

    /// Adds cells that stand in a list of `distinct` ones, until one does not fit. Those of a column of texts are looked
    /// at once each; a place beyond the list is blank.
    #[cfg(feature = "arrow")]
    pub fn extend_by_place<'t>(
        &mut self,
        places: &[usize],
        distinct: usize,
        cell: impl Fn(usize) -> &'t str,
    ) -> Result<(), (usize, Misfit)> {
        let Cells::Texts(texts) = &mut self.cells else { return self.extend(places.iter().map(|&place| cell(place))) };
        let mut codes = vec![None; distinct];
        for &place in places {
            let code = codes.get_mut(place).and_then(|code| {
                *code.get_or_insert_with(|| {
                    let cell = cell(place);
                    (!self.reading.is_blank(cell)).then(|| texts.known.code(cell))
                })
            });
            match code {
                Some(code) => texts.codes.push(code),
                None => {
                    self.blanks.push(texts.len());
                    texts.push_blank();
                }
            }
        }
        Ok(())
    }

    /// Adds the cells that stand at these places of a text, padded or quoted as they may be, until one does not fit:
    /// its position among them, and why.
    pub fn extend_from(&mut self, text: &str, places: Places) -> Result<(), (usize, Misfit)> {
        let Self { reading, usual, cells, blanks } = self;
        each_kind!(cells, into => {
            let start = into.len();
            loop {
                if *usual {
                    into.push_usual(text, places.iter(into.len() - start));
                }
                let at = into.len() - start;
                let Some((start, end)) = places.iter(at).next() else { return Ok(()) };
                let cell = cell::unquoted(&text[start as usize..end as usize]);
                push(into, &cell, reading, blanks).map_err(|misfit| (at, misfit))?;
            }
        })
    }

    /// Adds one cell.
    pub fn push(&mut self, cell: &str) -> Result<(), Misfit> {
        each_kind!(&mut self.cells, into => push(into, cell, &self.reading, &mut self.blanks))
    }

    /// What came since the last time; number scales and texts are remembered for the next.
    pub fn finish(&mut self) -> Vector {
        let values = each_kind!(&mut self.cells, cells => cells.finish());
        Vector { causes: causes(values.len(), &mut self.blanks), values }
    }
}

/// A declared truth value may also be written as 1 and 0.
fn truth(cell: &str) -> Result<bool, Misfit> {
    match cell {
        "1" => Ok(true),
        "0" => Ok(false),
        _ => cell::boolean(cell),
    }
}

/// The causes of `len` values of which those at `blanks` are blank.
fn causes(len: usize, blanks: &mut Vec<usize>) -> Option<Vec<Option<Cause>>> {
    if blanks.is_empty() {
        return None;
    }
    let mut causes = vec![None; len];
    for at in blanks.drain(..) {
        causes[at] = Some(Cause::Blank);
    }
    Some(causes)
}

/// Takes the values out, with room for as many again.
fn take<T>(values: &mut Vec<T>) -> Vec<T> {
    let room = Vec::with_capacity(values.len());
    std::mem::replace(values, room)
}

/// Where the cells of one column of a text stand.
#[derive(Debug, Clone, Copy)]
pub(super) struct Places<'a> {
    /// What stands between the cells of all columns, row after row: [`Places::BEFORE`], then the position of each
    /// delimiter and line end.
    pub bounds: &'a [u32],
    /// How many columns there are.
    pub width: usize,
    /// Which one it is.
    pub column: usize,
    /// How many of its cells are wanted.
    pub rows: usize,
}

impl<'a> Places<'a> {
    /// What stands before the first cell, as the end of one before it.
    pub const BEFORE: u32 = u32::MAX;

    /// Where the cells from `row` on start and end.
    #[inline]
    pub fn iter(self, row: usize) -> impl Iterator<Item = (u32, u32)> + use<'a> {
        let mut bounds = &self.bounds[row * self.width..self.rows * self.width + 1];
        bounds = bounds.get(self.column..).unwrap_or_default();
        std::iter::from_fn(move || {
            let &[before, end] = bounds.first_chunk()?;
            bounds = bounds.get(self.width..).unwrap_or_default();
            Some((before.wrapping_add(1), end))
        })
    }
}

/// Cells in the making of one kind.
trait Collect {
    fn len(&self) -> usize;

    fn push_blank(&mut self);

    /// Adds a cell that is not blank.
    fn push(&mut self, cell: &str, reading: &Reading) -> Result<(), Misfit>;

    /// Adds the cells at some places of a text up to the first that is not of the form that most cells have.
    fn push_usual(&mut self, _text: &str, _places: impl Iterator<Item = (u32, u32)>) {}

    fn finish(&mut self) -> Values;
}

/// Reads cells of the form that most cells of a column have, straight from their bytes.
trait Usual {
    type Value;

    /// The value of the cell at `start..end` of a text; None where it is of another form.
    fn read(&mut self, text: &str, start: u32, end: u32) -> Option<Self::Value>;
}

/// Adds the values of the cells at some places of a text, up to the first cell that is of another form.
#[multiversion(targets("x86_64+avx2+bmi1+bmi2+lzcnt+popcnt"))]
fn push_while<U: Usual>(into: &mut Vec<U::Value>, mut usual: U, text: &str, places: impl Iterator<Item = (u32, u32)>) {
    for (start, end) in places {
        let mut value = usual.read(text, start, end);
        if value.is_none()
            && let [b'"', _, .., b'"'] = &text.as_bytes()[start as usize..end as usize]
        {
            value = usual.read(text, start + 1, end - 1);
        }
        match value {
            Some(value) => into.push(value),
            None => return,
        }
    }
}

/// Adds any cell.
#[inline(never)]
fn push(into: &mut impl Collect, cell: &str, reading: &Reading, blanks: &mut Vec<usize>) -> Result<(), Misfit> {
    if !reading.is_blank(cell) {
        match into.push(cell, reading) {
            // Spaces beyond ASCII's are looked for only where a cell did not fit.
            Err(_) if cell.trim().is_empty() => {}
            result => return result,
        }
    }
    blanks.push(into.len());
    into.push_blank();
    Ok(())
}

/// Numbers at one scale while 64 bits hold them.
struct Numbers {
    mark: Mark,
    mantissas: Vec<i64>,
    scale: u32,
    /// Reads most numbers of the scale, as long as 64 bits hold all.
    fixed: Option<Fixed>,
    wide: Option<Vec<Decimal>>,
}

impl Collect for Numbers {
    fn len(&self) -> usize {
        self.wide.as_ref().map_or(self.mantissas.len(), Vec::len)
    }

    fn push_blank(&mut self) {
        match &mut self.wide {
            Some(wide) => wide.push(Decimal::ZERO),
            None => self.mantissas.push(0),
        }
    }

    fn push(&mut self, cell: &str, reading: &Reading) -> Result<(), Misfit> {
        let number = cell::number(cell, &reading.numbers)?;
        match number {
            Numeral::Fixed(mantissa, scale) if scale == self.scale && self.wide.is_none() => {
                self.mantissas.push(mantissa)
            }
            number => self.push_other(number),
        }
        Ok(())
    }

    fn push_usual(&mut self, text: &str, places: impl Iterator<Item = (u32, u32)>) {
        match self.fixed {
            Some(fixed) if self.scale == 0 => push_while(&mut self.mantissas, Whole(fixed), text, places),
            Some(fixed) => push_while(&mut self.mantissas, fixed, text, places),
            None => {}
        }
    }

    fn finish(&mut self) -> Values {
        match self.wide.take() {
            Some(values) => {
                *self = Self { mantissas: take(&mut self.mantissas), ..Self::new(self.mark) };
                Values::Decimals { values, inexact: None }
            }
            None => Values::Fixed { mantissas: take(&mut self.mantissas), scale: self.scale },
        }
    }
}

impl Usual for Fixed {
    type Value = i64;

    #[inline(always)]
    fn read(&mut self, text: &str, start: u32, end: u32) -> Option<i64> {
        match self.short(text.as_bytes(), start, end) {
            None => self.long(text.as_bytes(), start, end),
            value => value,
        }
    }
}

/// Numbers of scale 0.
struct Whole(Fixed);

impl Usual for Whole {
    type Value = i64;

    #[inline(always)]
    fn read(&mut self, text: &str, start: u32, end: u32) -> Option<i64> {
        match Fixed::short_whole(text.as_bytes(), start, end) {
            None => self.0.long(text.as_bytes(), start, end),
            value => value,
        }
    }
}

impl Numbers {
    fn new(mark: Mark) -> Self {
        Self { mark, mantissas: vec![], scale: 0, fixed: Fixed::new(mark, 0), wide: None }
    }

    /// A number of another scale, or one that 64 bits do not hold.
    #[cold]
    fn push_other(&mut self, number: Numeral) {
        if let (Numeral::Fixed(mantissa, scale), None) = (number, &self.wide) {
            if scale > self.scale {
                self.rescale(scale);
            }
            if let Some(mantissa) = scaled(mantissa, self.scale.saturating_sub(scale))
                && scale <= self.scale
            {
                return self.mantissas.push(mantissa);
            }
        }
        self.widen().push(decimal(number));
    }

    /// Brings all numbers to a larger scale, where 64 bits hold them there.
    fn rescale(&mut self, scale: u32) {
        let by = scale - self.scale;
        if self.mantissas.iter().all(|&mantissa| scaled(mantissa, by).is_some()) {
            let factor = 10i64.pow(by);
            self.mantissas.iter_mut().for_each(|mantissa| *mantissa *= factor);
            (self.scale, self.fixed) = (scale, Fixed::new(self.mark, scale));
        }
    }

    fn widen(&mut self) -> &mut Vec<Decimal> {
        let (mantissas, scale) = (&mut self.mantissas, self.scale);
        self.fixed = None;
        self.wide.get_or_insert_with(|| {
            mantissas.drain(..).map(|mantissa| decimal(Numeral::Fixed(mantissa, scale))).collect()
        })
    }
}

/// `mantissa * 10^by`, where 64 bits hold it.
fn scaled(mantissa: i64, by: u32) -> Option<i64> {
    debug_assert!(by <= MAX_FIXED_SCALE);
    mantissa.checked_mul(10i64.pow(by))
}

fn decimal(number: Numeral) -> Decimal {
    match number {
        Numeral::Fixed(mantissa, scale) => Decimal::from_i128_with_scale(mantissa.into(), scale),
        Numeral::Wide(decimal) => decimal,
    }
}

/// Texts by code.
#[derive(Default)]
struct Texts {
    codes: Vec<u32>,
    known: Known,
}

impl Collect for Texts {
    fn len(&self) -> usize {
        self.codes.len()
    }

    fn push_blank(&mut self) {
        self.codes.push(0);
    }

    fn push(&mut self, cell: &str, _: &Reading) -> Result<(), Misfit> {
        let code = self.known.code(cell);
        self.codes.push(code);
        Ok(())
    }

    fn push_usual(&mut self, text: &str, places: impl Iterator<Item = (u32, u32)>) {
        push_while(&mut self.codes, &mut self.known, text, places);
    }

    fn finish(&mut self) -> Values {
        let values = Values::Texts { codes: take(&mut self.codes), dictionary: self.known.dictionary.clone() };
        if self.known.dictionary.len() > MAX_SHARED_TEXTS {
            self.known = Known::default();
        }
        values
    }
}

/// The texts met so far, from batch to batch.
#[derive(Default)]
struct Known {
    dictionary: Arc<Dictionary>,
    recent: Recent,
}

impl Known {
    /// The code of a text, learned where it is new. A dictionary that a batch still holds is copied first.
    fn code(&mut self, text: &str) -> u32 {
        self.dictionary.find(text).unwrap_or_else(|| Arc::make_mut(&mut self.dictionary).code(&nfc(text)))
    }

    /// The code of a cell as it stands in a file; None where it is blank.
    #[inline(never)]
    fn code_of_raw(&mut self, text: &str, start: u32, end: u32, key: Option<u128>) -> Option<u32> {
        let cell = cell::unquoted(&text[start as usize..end as usize]);
        if cell.is_empty() {
            return None;
        }
        let code = self.code(&cell);
        self.recent.insert(key, code);
        Some(code)
    }
}

impl Usual for &mut Known {
    type Value = u32;

    #[inline(always)]
    fn read(&mut self, text: &str, start: u32, end: u32) -> Option<u32> {
        let key = Recent::key(text.as_bytes(), start, end);
        match self.recent.find(key) {
            None => self.code_of_raw(text, start, end, key),
            code => code,
        }
    }
}

/// The codes of short cells met lately, known by their bytes: most texts of a table come again and again.
struct Recent(Box<[(u128, u32); Recent::SLOTS]>);

impl Default for Recent {
    fn default() -> Self {
        Self(Box::new([(0, 0); Self::SLOTS]))
    }
}

impl Recent {
    const SLOTS: usize = 512;

    /// Bytes and length of a cell of up to 15 bytes, never 0; None for others, and at the very end of a text.
    #[inline(always)]
    fn key(text: &[u8], start: u32, end: u32) -> Option<u128> {
        let bytes: &[u8; 16] = text.get(start as usize..start as usize + 16)?.try_into().ok()?;
        let len = end.wrapping_sub(start);
        (1..=15).contains(&len).then(|| u128::from_le_bytes(*bytes) << (128 - 8 * len) | u128::from(len))
    }

    #[inline(always)]
    fn find(&self, key: Option<u128>) -> Option<u32> {
        let (known, code) = self.0[Self::slot(key?)];
        (Some(known) == key).then_some(code)
    }

    fn insert(&mut self, key: Option<u128>, code: u32) {
        if let Some(key) = key {
            self.0[Self::slot(key)] = (key, code);
        }
    }

    #[inline(always)]
    fn slot(key: u128) -> usize {
        let mixed = (key as u64 ^ ((key >> 64) as u64).rotate_left(32)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        (mixed >> (64 - Self::SLOTS.ilog2())) as usize
    }
}

/// A text in NFC.
pub(super) fn nfc(text: &str) -> Cow<'_, str> {
    match is_nfc_quick(text.chars()) {
        IsNormalized::Yes => Cow::Borrowed(text),
        _ => Cow::Owned(text.nfc().collect()),
    }
}

/// Days, until a moment comes that is not the first of its day.
#[derive(Default)]
struct Dates {
    days: Vec<i32>,
    moments: Option<Vec<Date>>,
    iso: IsoDays,
}

impl Collect for Dates {
    fn len(&self) -> usize {
        self.moments.as_ref().map_or(self.days.len(), Vec::len)
    }

    fn push_blank(&mut self) {
        self.push_date(Date::from_day(0));
    }

    fn push(&mut self, cell: &str, reading: &Reading) -> Result<(), Misfit> {
        cell::date(cell, reading.dates).map(|date| self.push_date(date))
    }

    fn push_usual(&mut self, text: &str, places: impl Iterator<Item = (u32, u32)>) {
        if self.moments.is_none() {
            push_while(&mut self.days, &mut self.iso, text, places);
        }
    }

    fn finish(&mut self) -> Values {
        match self.moments.take() {
            Some(moments) => Values::Moments(moments),
            None => Values::Days(take(&mut self.days)),
        }
    }
}

impl Usual for &mut IsoDays {
    type Value = i32;

    #[inline(always)]
    fn read(&mut self, text: &str, start: u32, end: u32) -> Option<i32> {
        self.day(text.as_bytes(), start, end)
    }
}

impl Dates {
    fn push_date(&mut self, date: Date) {
        if self.moments.is_none() && date.time_of_day() == 0 {
            return self.days.push(date.day());
        }
        let days = &mut self.days;
        self.moments.get_or_insert_with(|| days.drain(..).map(Date::from_day).collect()).push(date);
    }
}

/// Months, by their first days.
#[derive(Default)]
struct Months(Vec<i32>);

impl Collect for Months {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn push_blank(&mut self) {
        self.0.push(0);
    }

    fn push(&mut self, cell: &str, _: &Reading) -> Result<(), Misfit> {
        cell::month(cell).map(|day| self.0.push(day))
    }

    fn finish(&mut self) -> Values {
        Values::Days(take(&mut self.0))
    }
}

/// Truth values.
#[derive(Default)]
struct Booleans(Vec<bool>);

impl Collect for Booleans {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn push_blank(&mut self) {
        self.0.push(false);
    }

    fn push(&mut self, cell: &str, _: &Reading) -> Result<(), Misfit> {
        truth(cell).map(|value| self.0.push(value))
    }

    fn finish(&mut self) -> Values {
        Values::Booleans(take(&mut self.0))
    }
}

/// A column of which only blank cells are known.
#[derive(Default)]
struct Nothing(usize);

impl Collect for Nothing {
    fn len(&self) -> usize {
        self.0
    }

    fn push_blank(&mut self) {
        self.0 += 1;
    }

    fn push(&mut self, _: &str, _: &Reading) -> Result<(), Misfit> {
        Err(Misfit::Unexpected)
    }

    fn finish(&mut self) -> Values {
        Values::Nothing(std::mem::take(&mut self.0))
    }
}
