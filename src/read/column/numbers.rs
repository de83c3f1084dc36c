//! Collects numbers at one scale.

use super::{Collect, Reading, Usual, push_while, take};
use crate::read::cell::{self, Fixed, MAX_FIXED_SCALE, Mark, Misfit, NumberFormat, Numeral};
use crate::value::{Decimal, Values};

/// Collects numbers at one scale while they fit in 64 bits.
pub(super) struct Numbers {
    mark: Mark,
    /// The largest scale of plain numbers that need no further check. None if all numbers need one.
    plain_scale: Option<u32>,
    mantissas: Vec<i64>,
    scale: u32,
    /// Reads most numbers of the scale, as long as all of them fit in 64 bits.
    fixed: Option<Fixed>,
    wide: Option<Vec<Decimal>>,
    /// The currencies beside numbers, with their positions, if they are compared with another column.
    marks: Vec<(usize, &'static str)>,
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
        if reading.numbers.any_currency
            && let Some(mark) = cell::undress(cell).currency
        {
            self.marks.push((self.len(), mark));
        }
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

    fn take_marks(&mut self) -> Vec<(usize, &'static str)> {
        std::mem::take(&mut self.marks)
    }

    fn finish(&mut self) -> Values {
        match self.wide.take() {
            Some(values) => {
                self.scale = 0;
                self.fixed = self.reader();
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

/// Reads numbers of scale 0.
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
    pub fn new(format: &NumberFormat) -> Self {
        let (mark, plain_scale) = (format.mark, format.plain_scale());
        let numbers = Self { mark, plain_scale, mantissas: vec![], scale: 0, fixed: None, wide: None, marks: vec![] };
        Self { fixed: numbers.reader(), ..numbers }
    }

    /// The fast reader for numbers of the current scale.
    fn reader(&self) -> Option<Fixed> {
        self.plain_scale.filter(|largest| self.scale <= *largest).and_then(|_| Fixed::new(self.mark, self.scale))
    }

    /// Adds a number of another scale, or one that does not fit in 64 bits.
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

    /// Converts all numbers to a larger scale, if they fit in 64 bits there.
    fn rescale(&mut self, scale: u32) {
        let by = scale - self.scale;
        if self.mantissas.iter().all(|&mantissa| scaled(mantissa, by).is_some()) {
            let factor = 10i64.pow(by);
            self.mantissas.iter_mut().for_each(|mantissa| *mantissa *= factor);
            self.scale = scale;
            self.fixed = self.reader();
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

/// Computes `mantissa * 10^by`. Returns None if the result does not fit in 64 bits.
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
