//! Collects texts by code.

use std::sync::Arc;

use super::{Collect, Reading, Usual, push_while, take};
use crate::alike::alike;
use crate::read::cell::{self, Misfit};
use crate::value::{Dictionary, Values};

/// The number of texts at which the next batch starts a new dictionary. It bounds the memory of columns with many
/// distinct texts.
const MAX_SHARED_TEXTS: usize = 1 << 14;

/// The size of the texts, in bytes, at which the next batch starts a new dictionary.
const MAX_SHARED_BYTES: usize = 1 << 20;

/// The memory of a text in a dictionary, besides its bytes.
const TEXT_BYTES: usize = 48;

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

    fn kept(&self) -> usize {
        self.known.bytes + size_of::<[(u128, u32); Recent::SLOTS]>()
    }

    fn finish(&mut self) -> Values {
        let values = Values::Texts { codes: take(&mut self.codes), dictionary: self.known.dictionary.clone() };
        if self.known.dictionary.len() > MAX_SHARED_TEXTS || self.known.bytes > MAX_SHARED_BYTES {
            self.known = Known::default();
        }
        values
    }
}

impl Texts {
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
}

impl Known {
    /// The code of a text, which is added if it is new. A dictionary that a batch still uses is copied first.
    fn code(&mut self, text: &str) -> u32 {
        self.dictionary.find(text).unwrap_or_else(|| {
            self.bytes += text.len() + TEXT_BYTES;
            Arc::make_mut(&mut self.dictionary).code(&alike(text))
        })
    }

    /// The code of a cell as it is written in a file. None if it is blank.
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

/// A cache of the codes of recent short cells, by their bytes. Most texts of a table repeat often.
struct Recent(Box<[(u128, u32); Recent::SLOTS]>);

impl Default for Recent {
    fn default() -> Self {
        Self(Box::new([(0, 0); Self::SLOTS]))
    }
}

impl Recent {
    const SLOTS: usize = 512;

    /// The bytes and the length of a cell of up to 15 bytes, never 0. None for longer cells and at the very end of a
    /// text.
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
