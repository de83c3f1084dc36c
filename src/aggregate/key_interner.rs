//! Assigns small numbers to the distinct keys of a column.

use std::hash::BuildHasher;
use std::sync::Arc;

use foldhash::fast::FixedState;
use hashbrown::HashTable;

use super::codes::{Codes, UNKNOWN, gather};
use super::origin::{BLANK, Origin};
use super::room::{Room, shared_bytes};
use crate::data::{Calendar, Grain};
use crate::diagnostic::Diagnostic;
use crate::value::{Date, Dictionary, Values, Vector, spelled};

/// Keys by code; None is blank.
type Keys = Vec<Option<Arc<str>>>;

/// The distinct keys of one column, numbered from 0 in order of first occurrence.
#[derive(Debug, Default)]
pub(super) struct KeyInterner {
    pub(super) origin: Origin,
    /// The names of the keys at their origin, by code, while they have a single origin. Keys of one origin are distinct
    /// by their names, and are not converted to text until the keys of all workers are merged.
    pub(super) names: Vec<i64>,
    /// The keys as texts, if they have several origins.
    spelled: Spellings,
    blank: Option<u32>,
    /// The id of the last dictionary, and the codes of its own codes.
    texts: Option<(u64, Vec<u32>)>,
    numbers: Numbers,
    moments: Codes<Date>,
    /// The types of the keys found.
    pub(super) kinds: Kinds,
    /// The calendar and the grain of the periods that days represent and are spelled as.
    periods: Option<(Calendar, Grain)>,
    room: Room,
}

/// The types of keys that a column has, ignoring blank.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Kinds {
    numbers: bool,
    others: bool,
}

impl Kinds {
    fn meet(&mut self, vector: &Vector) {
        let is_number = matches!(vector.values, Values::Fixed { .. } | Values::Decimals { .. });
        let known = if is_number { &mut self.numbers } else { &mut self.others };
        *known |= (0..vector.len()).any(|row| vector.cause(row).is_none());
    }

    /// The types that occur in either of them.
    pub(super) fn and(self, other: Self) -> Self {
        Self { numbers: self.numbers | other.numbers, others: self.others | other.others }
    }

    /// Returns true if keys are sorted as numbers.
    pub(super) fn are_numbers(self) -> bool {
        self.numbers && !self.others
    }
}

/// Distinct texts, optionally with blank.
#[derive(Debug, Default)]
struct Spellings {
    /// The texts by code; None is blank.
    list: Vec<Option<Arc<str>>>,
    /// The codes of the first `indexed` texts, with their hashes. The others are those of the last dictionary, which are
    /// compared only with texts of other origins.
    index: HashTable<(u64, u32)>,
    indexed: usize,
    hasher: FixedState,
}

impl Spellings {
    /// The code of a text, which is added if it is new. `shared` returns a shared copy of the text.
    fn code_of(&mut self, room: &mut Room, text: &str, shared: impl FnOnce() -> Arc<str>) -> Result<u32, Diagnostic> {
        self.catch_up(room)?;
        let code = self.code_in_dictionary(room, text, shared)?;
        self.catch_up(room)?;
        Ok(code)
    }

    /// The code of a text of the last dictionary, which was not looked up in it before.
    fn code_in_dictionary(
        &mut self,
        room: &mut Room,
        text: &str,
        shared: impl FnOnce() -> Arc<str>,
    ) -> Result<u32, Diagnostic> {
        let hash = self.hasher.hash_one(text);
        let is = |&(other, code): &(u64, u32)| other == hash && self.list[code as usize].as_deref() == Some(text);
        if let Some(&(_, code)) = self.index.find(hash, is) {
            return Ok(code);
        }
        room.grow(shared_bytes(text))?;
        room.push(&mut self.list, Some(shared()))?;
        Ok(self.list.len() as u32 - 1)
    }

    /// Adds the texts that are missing from the index.
    fn catch_up(&mut self, room: &mut Room) -> Result<(), Diagnostic> {
        for (code, text) in self.list.iter().enumerate().skip(self.indexed) {
            if let Some(text) = text {
                let hash = self.hasher.hash_one(&**text);
                room.item(&mut self.index, |&(hash, _)| hash)?;
                self.index.insert_unique(hash, (hash, code as u32), |&(hash, _)| hash);
            }
        }
        self.indexed = self.list.len();
        Ok(())
    }
}

/// The codes of numbers. Small numbers of the first scale are looked up in a table, others in a hash map.
#[derive(Debug, Default)]
struct Numbers {
    scale: u32,
    narrow: Vec<u32>,
    wide: Codes<(i64, u32)>,
}

/// Numbers below this limit are looked up in the table, which has at most 16 MB.
const NARROW: i64 = 1 << 22;

impl Numbers {
    /// The place of the code of a number. It contains [`UNKNOWN`] if the number has no code yet.
    fn place(&mut self, room: &mut Room, mantissa: i64, scale: u32) -> Result<&mut u32, Diagnostic> {
        if self.narrow.is_empty() {
            self.scale = scale;
        }
        if scale != self.scale || !(0..NARROW).contains(&mantissa) {
            room.entry(&mut self.wide)?;
            return Ok(self.wide.entry((mantissa, scale)).or_insert(UNKNOWN));
        }
        let at = mantissa as usize;
        if at >= self.narrow.len() {
            room.fill(&mut self.narrow, (at + 1).next_power_of_two(), UNKNOWN)?;
        }
        Ok(&mut self.narrow[at])
    }
}

impl KeyInterner {
    /// Creates an interner without keys. A column of periods holds their first days.
    pub(super) fn new(periods: Option<(Calendar, Grain)>, room: Room) -> Self {
        Self { periods, room, ..Self::default() }
    }

    /// The number of keys.
    pub(super) fn len(&self) -> usize {
        self.names.len().max(self.spelled.list.len())
    }

    /// The key of a code; None is blank.
    pub(super) fn key(&self, code: u32) -> Option<Arc<str>> {
        match self.origin {
            Origin::Many => self.spelled.list[code as usize].clone(),
            _ => self.origin.key(self.names[code as usize]),
        }
    }

    /// The bytes of the keys as texts.
    pub(super) fn text_bytes(&self) -> usize {
        match &self.origin {
            Origin::Many => self.spelled.list.iter().flatten().map(|text| shared_bytes(text)).sum(),
            origin => self.names.iter().map(|&name| origin.text_bytes(name)).sum(),
        }
    }

    /// Returns all keys by code, with the room that they use. No key can be added afterwards.
    pub(super) fn into_list(mut self) -> Result<(Keys, Room), Diagnostic> {
        self.come_from(Origin::Many)?;
        Ok((self.spelled.list, self.room))
    }

    /// Writes the code of each value to `codes`.
    pub(super) fn encode(&mut self, vector: &Vector, codes: &mut Vec<u32>) -> Result<(), Diagnostic> {
        codes.clear();
        self.kinds.meet(vector);
        match &vector.values {
            Values::Texts { codes: texts, dictionary } => self.encode_texts(vector, texts, dictionary, codes),
            Values::Fixed { mantissas, scale } => self.encode_fixed(vector, mantissas, *scale, codes),
            values => {
                self.come_from(Origin::Many)?;
                for row in 0..vector.len() {
                    codes.push(match vector.cause(row) {
                        Some(_) => self.blank()?,
                        None => self.encode_value(values, row)?,
                    });
                }
                Ok(())
            }
        }
    }

    /// Writes the code of blank for `rows` rows.
    pub(super) fn encode_blanks(&mut self, rows: usize, codes: &mut Vec<u32>) -> Result<(), Diagnostic> {
        codes.clear();
        codes.resize(rows, self.blank()?);
        Ok(())
    }

    /// Adds the keys of another interner, and returns their codes here by their codes there. Keys of the same origin
    /// are matched by their names.
    pub(super) fn adopt(&mut self, other: &KeyInterner) -> Result<Vec<u32>, Diagnostic> {
        match &other.origin {
            Origin::Dictionary(dictionary) => {
                let mut known = self.known_texts(dictionary)?;
                let codes = other.names.iter().map(|&name| match name {
                    BLANK => self.blank(),
                    name => self.learn(dictionary, name as u32, &mut known),
                });
                let codes = codes.collect();
                self.texts = Some((dictionary.id(), known));
                codes
            }
            Origin::Scale(scale) => {
                self.come_from(other.origin.clone())?;
                let code = |&name: &i64| if name == BLANK { self.blank() } else { self.encode_number(name, *scale) };
                other.names.iter().map(code).collect()
            }
            Origin::Nowhere | Origin::Many => {
                self.come_from(other.origin.clone())?;
                let code = |code: u32| match other.key(code) {
                    Some(text) => self.spelled.code_of(&mut self.room, &text, || text.clone()),
                    None => self.blank(),
                };
                (0..other.len() as u32).map(code).collect()
            }
        }
    }

    fn blank(&mut self) -> Result<u32, Diagnostic> {
        if let Some(code) = self.blank {
            return Ok(code);
        }
        let code = self.len() as u32;
        match self.origin {
            Origin::Many => self.room.push(&mut self.spelled.list, None)?,
            _ => self.room.push(&mut self.names, BLANK)?,
        }
        self.blank = Some(code);
        Ok(code)
    }

    /// Adds the name of a key that is new to its origin, and returns its code.
    fn add(&mut self, name: i64) -> Result<u32, Diagnostic> {
        self.room.push(&mut self.names, name)?;
        Ok(self.names.len() as u32 - 1)
    }

    /// Sets the origin of the next keys. If it differs from the previous one, all keys are converted to texts.
    fn come_from(&mut self, origin: Origin) -> Result<(), Diagnostic> {
        match (&self.origin, origin) {
            (Origin::Many, _) => Ok(()),
            (known, origin) if known.is(&origin) => Ok(()),
            (Origin::Nowhere, origin @ (Origin::Dictionary(_) | Origin::Scale(_))) => {
                self.origin = origin;
                Ok(())
            }
            (known, _) => {
                self.room.list(&mut self.spelled.list, self.names.len())?;
                for &name in &self.names {
                    let key = known.key(name);
                    self.room.grow(key.as_deref().map_or(0, shared_bytes))?;
                    self.spelled.list.push(key);
                }
                self.room.free(std::mem::take(&mut self.names));
                self.origin = Origin::Many;
                Ok(())
            }
        }
    }

    /// The codes of the texts of a dictionary, which is the origin of the next keys, as far as they are known.
    fn known_texts(&mut self, dictionary: &Arc<Dictionary>) -> Result<Vec<u32>, Diagnostic> {
        self.come_from(Origin::Dictionary(dictionary.clone()))?;
        let mut known = match self.texts.take() {
            Some((id, known)) if id == dictionary.id() => known,
            others => {
                self.room.free(others.map(|(_, others)| others).unwrap_or_default());
                self.spelled.catch_up(&mut self.room)?;
                vec![]
            }
        };
        self.room.fill(&mut known, dictionary.len(), UNKNOWN)?;
        Ok(known)
    }

    fn encode_texts(
        &mut self,
        vector: &Vector,
        texts: &[u32],
        dictionary: &Arc<Dictionary>,
        codes: &mut Vec<u32>,
    ) -> Result<(), Diagnostic> {
        let mut known = self.known_texts(dictionary)?;
        let places = texts.iter().map(|&text| text as usize);
        if !gather(&known, places, codes) {
            let unknown = codes.iter_mut().zip(texts).enumerate().filter(|(_, (code, _))| **code == UNKNOWN);
            for (_, (code, &text)) in unknown.filter(|&(row, _)| vector.cause(row).is_none()) {
                *code = self.learn(dictionary, text, &mut known)?;
            }
        }
        if let Some(causes) = &vector.causes {
            for (code, _) in codes.iter_mut().zip(causes).filter(|(_, cause)| cause.is_some()) {
                *code = self.blank()?;
            }
        }
        self.texts = Some((dictionary.id(), known));
        Ok(())
    }

    /// The code of a text of a dictionary. It is determined if it is not known yet.
    fn learn(&mut self, dictionary: &Dictionary, text: u32, known: &mut [u32]) -> Result<u32, Diagnostic> {
        if known[text as usize] == UNKNOWN {
            let shared = dictionary.text(text);
            known[text as usize] = match self.origin {
                Origin::Many => self.spelled.code_in_dictionary(&mut self.room, shared, || shared.clone())?,
                _ => self.add(text.into())?,
            };
        }
        Ok(known[text as usize])
    }

    fn encode_fixed(
        &mut self,
        vector: &Vector,
        mantissas: &[i64],
        scale: u32,
        codes: &mut Vec<u32>,
    ) -> Result<(), Diagnostic> {
        self.come_from(Origin::Scale(scale))?;
        let narrow = scale == self.numbers.scale && self.numbers.wide.is_empty() && vector.causes.is_none();
        let places = mantissas.iter().map(|&mantissa| usize::try_from(mantissa).unwrap_or(usize::MAX));
        if narrow {
            if !gather(&self.numbers.narrow, places, codes) {
                for (code, &mantissa) in codes.iter_mut().zip(mantissas).filter(|(code, _)| **code == UNKNOWN) {
                    *code = self.encode_number(mantissa, scale)?;
                }
            }
            return Ok(());
        }
        codes.clear();
        for (row, &mantissa) in mantissas.iter().enumerate() {
            codes.push(match vector.cause(row) {
                Some(_) => self.blank()?,
                None => self.encode_number(mantissa, scale)?,
            });
        }
        Ok(())
    }

    fn encode_number(&mut self, mantissa: i64, scale: u32) -> Result<u32, Diagnostic> {
        let known = *self.numbers.place(&mut self.room, mantissa, scale)?;
        if known != UNKNOWN {
            return Ok(known);
        }
        if !Origin::can_name(mantissa) {
            self.come_from(Origin::Many)?;
        }
        let code = match self.origin {
            Origin::Many => self.encode_spelled(&spelled(mantissa.into(), scale))?,
            _ => self.add(mantissa)?,
        };
        *self.numbers.place(&mut self.room, mantissa, scale)? = code;
        Ok(code)
    }

    fn encode_value(&mut self, values: &Values, row: usize) -> Result<u32, Diagnostic> {
        match values {
            Values::Decimals { values, .. } => {
                self.encode_spelled(&spelled(values[row].mantissa(), values[row].scale()))
            }
            Values::Days(days) => self.encode_moment(Date::from_day(days[row])),
            Values::Moments(moments) => self.encode_moment(moments[row]),
            Values::Booleans(values) => self.encode_spelled(if values[row] { "true" } else { "false" }),
            Values::Fixed { .. } | Values::Texts { .. } | Values::Nothing(_) => self.blank(),
        }
    }

    fn encode_spelled(&mut self, text: &str) -> Result<u32, Diagnostic> {
        self.spelled.code_of(&mut self.room, text, || text.into())
    }

    fn encode_moment(&mut self, moment: Date) -> Result<u32, Diagnostic> {
        if let Some(&code) = self.moments.get(&moment) {
            return Ok(code);
        }
        let text = match self.periods {
            Some((calendar, grain)) => calendar.spell(calendar.period(grain, moment.day())),
            None => moment.key().to_string(),
        };
        let code = self.encode_spelled(&text)?;
        self.room.entry(&mut self.moments)?;
        self.moments.insert(moment, code);
        Ok(code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_match_by_spelling() {
        let mut keys = KeyInterner::default();
        let mut codes = vec![];
        keys.encode(&Vector::defined(Values::Fixed { mantissas: vec![10, 15, 10], scale: 1 }), &mut codes)
            .expect("nothing limits it");
        assert_eq!(codes, [0, 1, 0]);
        keys.encode(&Vector::defined(Values::Fixed { mantissas: vec![1, 150], scale: 0 }), &mut codes)
            .expect("nothing limits it");
        assert_eq!(codes, [0, 2]);
        keys.encode(&Vector::defined(Values::Days(vec![0])), &mut codes).expect("nothing limits it");
        keys.encode(&Vector::defined(Values::Moments(vec![Date::from_micros(1_500_000)])), &mut codes)
            .expect("nothing limits it");
        keys.encode(&Vector::defined(Values::Booleans(vec![true, false])), &mut codes).expect("nothing limits it");
        let spelled: Vec<_> = keys.into_list().expect("nothing limits it").0.into_iter().flatten().collect();
        let expected = ["1", "1.5", "150", "1970-01-01", "1970-01-01T00:00:01.5", "true", "false"];
        assert_eq!(spelled, expected.map(Arc::from));
    }

    #[test]
    fn texts_of_growing_dictionaries_match_those_of_other_origins() {
        fn encoded(keys: &mut KeyInterner, texts: &[&str], dictionary: &mut Arc<Dictionary>) -> Vec<u32> {
            let known = Arc::get_mut(dictionary).expect("nobody else has it");
            let texts = texts.iter().map(|text| known.code(text)).collect();
            let mut codes = vec![];
            let vector = Vector::defined(Values::Texts { codes: texts, dictionary: dictionary.clone() });
            keys.encode(&vector, &mut codes).expect("nothing limits it");
            codes
        }
        let (mut keys, mut codes) = (KeyInterner::default(), vec![]);
        assert_eq!(encoded(&mut keys, &["a", "b"], &mut Arc::default()), [0, 1]);
        let mut second = Arc::default();
        assert_eq!(encoded(&mut keys, &["b", "c"], &mut second), [1, 2]);
        let numbers = Vector::defined(Values::Fixed { mantissas: vec![5, 6], scale: 0 });
        keys.encode(&numbers, &mut codes).expect("nothing limits it");
        assert_eq!(codes, [3, 4]);
        assert_eq!(encoded(&mut keys, &["5", "d", "c", "a"], &mut second), [3, 5, 2, 0]);
        assert_eq!(encoded(&mut keys, &["d", "6", "e"], &mut Arc::default()), [5, 4, 6]);
    }

    #[test]
    fn numbers_too_large_for_a_name_become_texts() {
        let mut codes = vec![];
        let mut keys = KeyInterner::default();
        for (mantissas, expected) in [(vec![7, 1 << 61], [0, 1]), (vec![i64::MIN, 7], [2, 0])] {
            keys.encode(&Vector::defined(Values::Fixed { mantissas, scale: 0 }), &mut codes)
                .expect("nothing limits it");
            assert_eq!(codes, expected);
        }
        assert!(matches!(keys.origin, Origin::Many));
        let expected = ["7", "2305843009213693952", "-9223372036854775808"];
        assert_eq!(keys.into_list().expect("nothing limits it").0, expected.map(|text| Some(Arc::from(text))));
    }
}
