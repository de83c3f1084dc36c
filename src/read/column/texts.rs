//! Collects texts by code.

use std::sync::Arc;

use super::{Collect, Reading, Usual, push_while, take};
use crate::alike::alike;
use crate::numbered::{AT_ONCE, Numbered, UNKNOWN};
use crate::read::cell::{self, Misfit};
use crate::value::{Dictionary, Values};

/// The number of texts at which the next batch starts a new dictionary if nobody keeps the texts, such as the keys of
/// groups. It bounds the memory of columns with many distinct texts.
const MAX_SHARED_TEXTS: usize = 1 << 14;

/// The number of short cells from which on most are not among the recent ones.
const MANY_SHORTS: usize = 1 << 10;

/// The size of the texts, in bytes, at which the next batch does.
const MAX_SHARED_BYTES: usize = 1 << 20;

/// The size of the texts, in bytes, at which the next batch starts a new dictionary in any case.
const MAX_KEPT_BYTES: usize = 1 << 28;

/// The memory of a text in a dictionary, besides its bytes.
const TEXT_BYTES: usize = 56;

/// Collects texts as codes of a dictionary.
#[derive(Default)]
pub(super) struct Texts {
    codes: Vec<u32>,
    known: Known,
}

impl Collect for Texts {
    fn len(&self) -> usize {
        self.codes.len()
    }

    fn begin(&mut self) {
        if self.known.is_large() && !self.known.is_kept() {
            self.known = Known::default();
        }
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
        match self.known.shorts.len() {
            ..MANY_SHORTS => push_while(&mut self.codes, &mut self.known, text, places),
            _ => self.push_some(text, places),
        }
    }

    fn kept(&self) -> usize {
        self.known.bytes + self.known.shorts.bytes() + size_of::<[(Short, u32); Recent::SLOTS]>()
    }

    fn finish(&mut self) -> Values {
        Values::Texts { codes: take(&mut self.codes), dictionary: self.known.dictionary.clone() }
    }
}

impl Texts {
    /// Adds the cells at some places of a text, several at a time, up to the first that is blank.
    fn push_some(&mut self, text: &str, mut places: impl Iterator<Item = (u32, u32)>) {
        loop {
            let (mut cells, mut shorts, mut met) = ([(0, 0); AT_ONCE], [LONG; AT_ONCE], 0);
            cells.iter_mut().zip(&mut shorts).zip(&mut places).for_each(|((cell, one), (start, end))| {
                (*cell, *one) = ((start, end), short(text.as_bytes(), start, end));
                met += 1;
            });
            let codes = self.known.shorts.find_all(&shorts);
            for at in 0..met {
                let code = match codes[at] {
                    UNKNOWN => self.known.code_of_raw(text, cells[at], shorts[at]),
                    code => Some(code),
                };
                let Some(code) = code else { return };
                self.codes.push(code);
            }
            if met < AT_ONCE {
                return;
            }
        }
    }

    /// Adds cells given by their position in a list of `distinct` ones, each of which is processed once.
    #[cfg(feature = "arrow")]
    pub fn push_by_place<'t>(
        &mut self,
        places: &[usize],
        distinct: usize,
        cell: impl Fn(usize) -> &'t str,
        reading: &Reading,
        blanks: &mut Vec<usize>,
    ) {
        if self.codes.is_empty() {
            self.begin();
        }
        let mut codes = vec![None; distinct];
        for &place in places {
            let code = codes.get_mut(place).and_then(|code| {
                *code.get_or_insert_with(|| {
                    let cell = cell::tidy(cell(place));
                    (!reading.is_blank(cell)).then(|| self.known.code(cell))
                })
            });
            if code.is_none() {
                blanks.push(self.codes.len());
            }
            self.codes.push(code.unwrap_or_default());
        }
    }
}

/// The texts found so far. They are kept from batch to batch.
#[derive(Default)]
struct Known {
    dictionary: Arc<Dictionary>,
    /// The memory of the dictionary.
    bytes: usize,
    recent: Recent,
    /// The codes of short cells, by their bytes.
    shorts: Numbered<Short>,
}

impl Known {
    /// The number of texts of which some are examined for the others.
    const SAMPLE: usize = 16;

    fn is_large(&self) -> bool {
        self.dictionary.len() > MAX_SHARED_TEXTS || self.bytes > MAX_SHARED_BYTES
    }

    /// Returns true if most of the texts are kept by those who visited them, so that a new dictionary would only repeat
    /// them. A dictionary that is itself kept would be copied.
    fn is_kept(&mut self) -> bool {
        let bytes = self.bytes;
        Arc::get_mut(&mut self.dictionary).is_some_and(|dictionary| {
            let sample = dictionary.texts().iter().step_by(dictionary.len().div_ceil(Self::SAMPLE));
            let kept = sample.filter(|text| Arc::strong_count(text) > 1).count();
            bytes <= MAX_KEPT_BYTES && 2 * kept > Self::SAMPLE
        })
    }

    /// The code of a text, which is added if it is new. A dictionary that a batch still uses is copied first.
    fn code(&mut self, text: &str) -> u32 {
        let before = self.dictionary.len();
        let code = match Arc::get_mut(&mut self.dictionary) {
            Some(dictionary) => dictionary.code(&alike(text)),
            None => match self.dictionary.find(text) {
                Some(code) => code,
                None => Arc::make_mut(&mut self.dictionary).code(&alike(text)),
            },
        };
        if self.dictionary.len() > before {
            self.bytes += text.len() + TEXT_BYTES;
        }
        code
    }

    /// The code of a cell as it is written in a file. None if it is blank.
    #[inline(never)]
    fn code_of_raw(&mut self, text: &str, (start, end): (u32, u32), short: Short) -> Option<u32> {
        if let Some(code) = self.shorts.find(&short) {
            return Some(code);
        }
        let cell = cell::unquoted(&text[start as usize..end as usize]);
        if cell.is_empty() {
            return None;
        }
        let code = self.code(&cell);
        if short != LONG {
            self.shorts.insert(short, code);
        }
        Some(code)
    }
}

/// The bytes and the length of a cell of up to 15 bytes.
type Short = (u64, u64);

/// A cell that is blank or longer, or at the very end of a text.
const LONG: Short = (0, 0);

#[inline(always)]
fn short(text: &[u8], start: u32, end: u32) -> Short {
    let Some(bytes) = text.get(start as usize..).and_then(|rest| rest.first_chunk()) else { return LONG };
    let len = end.wrapping_sub(start);
    match (1..=15).contains(&len) {
        true => {
            let short = u128::from_le_bytes(*bytes) << (128 - 8 * len) | u128::from(len);
            ((short >> 64) as u64, short as u64)
        }
        false => LONG,
    }
}

impl Usual for &mut Known {
    type Value = u32;

    #[inline(always)]
    fn read(&mut self, text: &str, start: u32, end: u32) -> Option<u32> {
        let short = short(text.as_bytes(), start, end);
        if let Some(code) = self.recent.find(short) {
            return Some(code);
        }
        let code = self.code_of_raw(text, (start, end), short)?;
        self.recent.insert(short, code);
        Some(code)
    }
}

/// A cache of the codes of recent short cells. Most texts of a table repeat often.
struct Recent(Box<[(Short, u32); Recent::SLOTS]>);

impl Default for Recent {
    fn default() -> Self {
        Self(Box::new([(LONG, 0); Self::SLOTS]))
    }
}

impl Recent {
    const SLOTS: usize = 512;

    #[inline(always)]
    fn find(&self, short: Short) -> Option<u32> {
        let (known, code) = self.0[Self::slot(short)];
        (known == short && short != LONG).then_some(code)
    }

    fn insert(&mut self, short: Short, code: u32) {
        if short != LONG {
            self.0[Self::slot(short)] = (short, code);
        }
    }

    #[inline(always)]
    fn slot((one, other): Short) -> usize {
        let mixed = (one.rotate_left(32) ^ other).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        (mixed >> (64 - Self::SLOTS.ilog2())) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::super::ColumnBuilder;
    use super::*;
    use crate::data::ColumnType;

    /// The number of dictionaries of four batches of new texts, after each of which `visit` gets the dictionary.
    fn dictionaries(mut visit: impl FnMut(&Arc<Dictionary>)) -> usize {
        let mut builder = ColumnBuilder::new(&Reading::plain(ColumnType::Text));
        let mut ids = std::collections::BTreeSet::new();
        for batch in 0..4 {
            for text in 0..=MAX_SHARED_TEXTS {
                builder.push(&format!("text {batch} {text}")).expect("it is a text");
            }
            let Values::Texts { codes, dictionary } = builder.finish().values else { panic!("they are texts") };
            let last = dictionary.text(codes[MAX_SHARED_TEXTS]);
            assert_eq!(**last, *format!("text {batch} {MAX_SHARED_TEXTS}"));
            ids.insert(dictionary.id());
            visit(&dictionary);
        }
        ids.len()
    }

    #[test]
    fn a_large_dictionary_grows_only_while_its_texts_are_kept() {
        assert_eq!(dictionaries(|_| {}), 4);
        let mut texts: Vec<Arc<str>> = vec![];
        assert_eq!(dictionaries(|dictionary| texts = dictionary.texts().to_vec()), 1);
        // It would be copied.
        let mut kept = vec![];
        assert_eq!(dictionaries(|dictionary| kept.push(dictionary.clone())), 4);
    }
}
