//! Collects the cells of one column into a vector.

use std::borrow::Cow;
use std::sync::Arc;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

use super::cell::{self, DateOrder, MAX_FIXED_SCALE, Misfit, NumberFormat, Numeral};
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
    cells: Cells,
    blanks: Vec<usize>,
}

enum Cells {
    Numbers(Numbers),
    Texts(Texts),
    Dates(Dates),
    Months(Vec<i32>),
    Booleans(Vec<bool>),
    Nothing(usize),
}

impl ColumnBuilder {
    pub fn new(reading: &Reading) -> Self {
        let cells = match reading.ty {
            ColumnType::Number => Cells::Numbers(Numbers::default()),
            ColumnType::Text => Cells::Texts(Texts::default()),
            ColumnType::Date => Cells::Dates(Dates::default()),
            ColumnType::Month => Cells::Months(vec![]),
            ColumnType::Boolean => Cells::Booleans(vec![]),
            ColumnType::Unknown => Cells::Nothing(0),
        };
        Self { reading: reading.clone(), cells, blanks: vec![] }
    }

    /// Adds cells until one does not fit: its position among them, and why.
    pub fn extend<S: AsRef<str>>(&mut self, cells: impl Iterator<Item = S>) -> Result<(), (usize, Misfit)> {
        let Self { reading, cells: into, blanks } = self;
        let (format, order) = (&reading.numbers, reading.dates);
        match into {
            Cells::Numbers(into) => fill(cells, reading, blanks, into, |into, cell| into.push_cell(cell, format)),
            Cells::Texts(into) => fill(cells, reading, blanks, into, |into, cell| {
                into.push(cell);
                Ok(())
            }),
            Cells::Dates(into) => {
                fill(cells, reading, blanks, into, |into, cell| cell::date(cell, order).map(|date| into.push(date)))
            }
            Cells::Months(into) => {
                fill(cells, reading, blanks, into, |into, cell| cell::month(cell).map(|day| into.push(day)))
            }
            Cells::Booleans(into) => {
                fill(cells, reading, blanks, into, |into, cell| truth(cell).map(|value| into.push(value)))
            }
            Cells::Nothing(len) => fill(cells, reading, blanks, len, |_, _| Err(Misfit::Unexpected)),
        }
    }

    /// Adds the cells that stand at these places of a text, perhaps with padding around them, until one does not fit:
    /// its position among them, and why. Plain numbers and days are read from their bytes.
    pub fn extend_from(
        &mut self,
        text: &str,
        places: impl Iterator<Item = (usize, usize)>,
    ) -> Result<(), (usize, Misfit)> {
        let Self { reading, cells: into, blanks } = self;
        let (format, order) = (&reading.numbers, reading.dates);
        match into {
            Cells::Numbers(into) if reading.blanks.is_empty() => {
                let mark = format.mark.byte();
                quick(
                    text,
                    places,
                    reading,
                    blanks,
                    into,
                    |into, start, end| into.push_short(text, start, end, mark),
                    |into, cell| into.push_cell(cell, format),
                )
            }
            Cells::Dates(into) if reading.blanks.is_empty() => quick(
                text,
                places,
                reading,
                blanks,
                into,
                |into, start, end| into.push_iso(&text.as_bytes()[start..end]),
                |into, cell| cell::date(cell, order).map(|date| into.push(date)),
            ),
            _ => self.extend(places.map(|(start, end)| text[start..end].trim_ascii())),
        }
    }

    /// Adds one cell.
    pub fn push(&mut self, cell: &str) -> Result<(), Misfit> {
        self.extend(std::iter::once(cell)).map_err(|(_, misfit)| misfit)
    }

    /// What came since the last time; number scales and texts are remembered for the next.
    pub fn finish(&mut self) -> Vector {
        let values = match &mut self.cells {
            Cells::Numbers(numbers) => numbers.finish(),
            Cells::Texts(texts) => texts.finish(),
            Cells::Dates(dates) => dates.finish(),
            Cells::Months(days) => Values::Days(take(days)),
            Cells::Booleans(values) => Values::Booleans(take(values)),
            Cells::Nothing(len) => Values::Nothing(std::mem::take(len)),
        };
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

/// Cells in the making of one kind.
trait Collect {
    fn len(&self) -> usize;
    fn push_blank(&mut self);
}

impl<T: Default> Collect for Vec<T> {
    fn len(&self) -> usize {
        self.len()
    }
    fn push_blank(&mut self) {
        self.push(T::default());
    }
}

impl Collect for usize {
    fn len(&self) -> usize {
        *self
    }
    fn push_blank(&mut self) {
        *self += 1;
    }
}

#[inline]
fn fill<S: AsRef<str>, C: Collect>(
    cells: impl Iterator<Item = S>,
    reading: &Reading,
    blanks: &mut Vec<usize>,
    into: &mut C,
    push: impl Fn(&mut C, &str) -> Result<(), Misfit>,
) -> Result<(), (usize, Misfit)> {
    let has_blanks = !reading.blanks.is_empty();
    for (at, cell) in cells.enumerate() {
        let cell = cell.as_ref();
        let blank = cell.is_empty() || (has_blanks && reading.is_blank(cell));
        let result = if blank { Ok(false) } else { push(into, cell).map(|()| true) };
        match result {
            Ok(true) => {}
            // Spaces beyond ASCII's are looked for only where a cell did not fit.
            Err(misfit) if !cell.trim().is_empty() => return Err((at, misfit)),
            _ => {
                blanks.push(into.len());
                into.push_blank();
            }
        }
    }
    Ok(())
}

/// As [`fill`], where most cells need no look at padding and blanks: `plain` says whether it took the cell.
#[inline]
fn quick<C: Collect>(
    text: &str,
    places: impl Iterator<Item = (usize, usize)>,
    reading: &Reading,
    blanks: &mut Vec<usize>,
    into: &mut C,
    plain: impl Fn(&mut C, usize, usize) -> bool,
    push: impl Fn(&mut C, &str) -> Result<(), Misfit>,
) -> Result<(), (usize, Misfit)> {
    for (at, (start, end)) in places.enumerate() {
        if !plain(into, start, end) {
            let cell = std::iter::once(text[start..end].trim_ascii());
            fill(cell, reading, blanks, into, &push).map_err(|(_, misfit)| (at, misfit))?;
        }
    }
    Ok(())
}

/// Numbers at one scale while 64 bits hold them.
#[derive(Default)]
struct Numbers {
    mantissas: Vec<i64>,
    scale: u32,
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
}

impl Numbers {
    /// Adds a cell: at once where it is plain and of the scale of those before.
    #[inline]
    fn push_cell(&mut self, cell: &str, format: &NumberFormat) -> Result<(), Misfit> {
        match cell::plain(cell.as_bytes(), format.mark.byte()) {
            Some((mantissa, scale)) if scale == self.scale && self.wide.is_none() => self.mantissas.push(mantissa),
            Some((mantissa, scale)) => self.push_other(Numeral::Fixed(mantissa, scale)),
            None => self.push_other(cell::number(cell, format)?),
        }
        Ok(())
    }

    /// Adds a short plain cell of the scale of those before; whether it is one.
    #[inline]
    fn push_short(&mut self, text: &str, start: usize, end: usize, mark: u8) -> bool {
        let mantissa = match self.wide {
            None => cell::short(text.as_bytes(), start, end, mark, self.scale),
            Some(_) => None,
        };
        self.mantissas.extend(mantissa);
        mantissa.is_some()
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
            self.scale = scale;
        }
    }

    fn widen(&mut self) -> &mut Vec<Decimal> {
        let (mantissas, scale) = (&mut self.mantissas, self.scale);
        self.wide.get_or_insert_with(|| {
            mantissas.drain(..).map(|mantissa| decimal(Numeral::Fixed(mantissa, scale))).collect()
        })
    }

    fn finish(&mut self) -> Values {
        match self.wide.take() {
            Some(values) => {
                self.scale = 0;
                Values::Decimals { values, inexact: None }
            }
            None => Values::Fixed { mantissas: take(&mut self.mantissas), scale: self.scale },
        }
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

/// Texts by code; the dictionary lives on from batch to batch.
#[derive(Default)]
struct Texts {
    codes: Vec<u32>,
    dictionary: Arc<Dictionary>,
}

impl Collect for Texts {
    fn len(&self) -> usize {
        self.codes.len()
    }
    fn push_blank(&mut self) {
        self.codes.push(0);
    }
}

impl Texts {
    #[inline]
    fn push(&mut self, text: &str) {
        let code = self.dictionary.find(text).unwrap_or_else(|| self.learn(text));
        self.codes.push(code);
    }

    /// The code of a text that is new, or not in NFC. A dictionary that a batch still holds is copied first.
    fn learn(&mut self, text: &str) -> u32 {
        Arc::make_mut(&mut self.dictionary).code(&nfc(text))
    }

    fn finish(&mut self) -> Values {
        let values = Values::Texts { codes: take(&mut self.codes), dictionary: self.dictionary.clone() };
        if self.dictionary.len() > MAX_SHARED_TEXTS {
            self.dictionary = Arc::default();
        }
        values
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
}

impl Collect for Dates {
    fn len(&self) -> usize {
        self.moments.as_ref().map_or(self.days.len(), Vec::len)
    }
    fn push_blank(&mut self) {
        self.push(Date::from_day(0));
    }
}

impl Dates {
    /// Adds a day written `2026-03-31`; whether it is one.
    #[inline]
    fn push_iso(&mut self, cell: &[u8]) -> bool {
        match (cell::iso_day(cell), &self.moments) {
            (Some(Ok(day)), None) => self.days.push(day),
            _ => return false,
        }
        true
    }

    #[inline]
    fn push(&mut self, date: Date) {
        if self.moments.is_none() && date.time_of_day() == 0 {
            return self.days.push(date.day());
        }
        let days = &mut self.days;
        self.moments.get_or_insert_with(|| days.drain(..).map(Date::from_day).collect()).push(date);
    }

    fn finish(&mut self) -> Values {
        match self.moments.take() {
            Some(moments) => Values::Moments(moments),
            None => Values::Days(take(&mut self.days)),
        }
    }
}
