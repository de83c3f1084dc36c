//! Finds the row of a looked-up dataset for the keys of each row, and for its time if the lookup has one; or the
//! aggregates of all rows with these keys.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use hashbrown::HashMap;

use super::key_interner::KeyInterner;
use super::room::{Room, shared_bytes};
use super::timeline::{Moment, Timeline};
use crate::data::{Dataset, Group, LookupTime};
use crate::diagnostic::{CellPlace, Code, Diagnostic};
use crate::value::{Cause, Decimal, Values, Vector};

type Map<K> = HashMap<K, u32, foldhash::fast::FixedState>;

/// The codes of keys and their combinations start at 0; this one is for keys that are blank or do not exist.
const NONE: u32 = u32::MAX;

/// A looked-up dataset: its requested columns, and the row or the group of each combination of keys.
#[derive(Debug)]
pub(super) struct Lookup {
    /// The dataset's name.
    name: Arc<str>,
    keys: Vec<Key>,
    rows: Rows,
    /// The requested columns. A blank value after the last row is for keys that do not exist.
    columns: Vec<Vector>,
    /// The position of the blank row.
    missing: u32,
    /// For each column, the first place of the timeline that was reached although its rows differ in the column.
    ties: Vec<AtomicU64>,
    /// Warnings about lookups of this dataset that found nothing.
    unmatched: Vec<Diagnostic>,
    /// The memory of the columns and of the index.
    #[allow(dead_code, reason = "it returns the memory when it is dropped")]
    room: Room,
}

/// A key of the looked-up dataset.
#[derive(Debug)]
struct Key {
    codes: Map<Arc<str>>,
    /// The numbers of the combinations of the keys before this one and this one; unused by the first key.
    pairs: Map<(u32, u32)>,
    /// The plural name of the type of its values, if it has any and can differ from that of the keys looked up.
    kind: Option<&'static str>,
}

/// The rows of each combination of keys.
#[derive(Debug)]
enum Rows {
    /// One row each.
    One(Vec<u32>),
    /// Several rows, ordered by time.
    InTime(Timeline),
}

/// The positions of rows whose keys or times failed, with the causes.
pub(super) type Failed = Vec<(usize, Cause)>;

/// What a lookup reads from the other dataset: the values of each key, with its name.
pub(super) type Keys<'k> = Vec<(&'k str, Vector)>;

/// The times of the rows of a looked-up dataset.
pub(super) struct Times<'r> {
    pub(super) time: &'r LookupTime,
    pub(super) times: Vector,
    /// The ends, if rows hold over an interval.
    pub(super) ends: Option<Vector>,
    /// True if the times of the rows that look up have no time of day.
    pub(super) is_day: bool,
}

impl Lookup {
    /// Creates a lookup in a dataset from the keys and the times of its rows and the requested columns that can be
    /// read, whose memory `room` counts.
    ///
    /// # Errors
    /// A key that fails, keys that occur twice without a time, or the memory limit.
    pub(super) fn new(
        dataset: &dyn Dataset,
        keys: &Keys,
        time: Option<Times>,
        columns: impl Iterator<Item = Option<Vector>>,
        unmatched: Vec<Diagnostic>,
        mut room: Room,
    ) -> Result<Self, Diagnostic> {
        let columns: Vec<Option<Vector>> = columns.collect();
        let len = keys.iter().map(|(_, key)| key.len()).chain(time.as_ref().map(|time| time.times.len())).max();
        let len = len.unwrap_or(0);
        let (index, groups, count) = combinations(dataset, keys, len, &mut room)?;
        let rows = match time {
            None => Rows::One(single(dataset, keys, &groups, count, &mut room)?),
            Some(Times { time, times, ends, is_day }) => {
                let known = columns.iter().map(Option::as_ref);
                let there = (&times, ends.as_ref(), &groups[..]);
                Rows::InTime(Timeline::new(dataset, time, there, is_day, count, known, &mut room)?)
            }
        };
        room.free(groups);
        Ok(Self::indexed(dataset.name(), index, rows, columns, len, unmatched, room))
    }

    /// Creates a lookup of groups of a dataset, from their keys and their columns that can be read. A group with a blank
    /// key is never found.
    ///
    /// # Errors
    /// The memory limit.
    pub(super) fn of_groups(
        dataset: &Arc<str>,
        keys: usize,
        groups: &[Group],
        columns: Vec<Option<Vector>>,
        notes: Vec<Diagnostic>,
        mut room: Room,
    ) -> Result<Self, Diagnostic> {
        room.grow(columns.iter().flatten().map(Vector::bytes).sum())?;
        let table = groups.first().and_then(|group| group.keys.places()).map(|(table, _)| table);
        let of_column = |at: usize| table.map_or(&[][..], |table| &table.columns[at]);
        let index = (0..keys).map(|at| Key::of_groups(of_column(at), &mut room));
        let mut index = index.collect::<Result<Vec<Key>, Diagnostic>>()?;
        let mut rows = vec![];
        for (row, group) in (0u32..).zip(groups) {
            if let Some(number) = combination(&mut index, group, &mut room)? {
                room.fill(&mut rows, number as usize + 1, NONE)?;
                rows[number as usize] = row;
            }
        }
        Ok(Self::indexed(dataset, index, Rows::One(rows), columns, groups.len(), notes, room))
    }

    /// Adds a blank row to the columns of `len` rows.
    fn indexed(
        name: &Arc<str>,
        keys: Vec<Key>,
        rows: Rows,
        columns: Vec<Option<Vector>>,
        len: usize,
        unmatched: Vec<Diagnostic>,
        room: Room,
    ) -> Self {
        let blank = || Vector::undefined(1, Cause::Blank);
        let column = |column: Option<Vector>| column.map_or_else(blank, |column| Vector::concat(&[column, blank()]));
        let ties = columns.iter().map(|_| AtomicU64::new(u64::MAX)).collect();
        let columns = columns.into_iter().map(column).collect();
        Self { name: name.clone(), keys, rows, columns, missing: len as u32, ties, unmatched, room }
    }

    /// The name of the looked-up dataset.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The number of keys.
    pub(super) fn keys(&self) -> usize {
        self.keys.len()
    }

    /// Rejects keys of another kind than those of the looked-up dataset, if only reading reveals the kinds.
    pub(super) fn check(&self, dataset: &str, at: usize, keys: &Vector) -> Result<(), Diagnostic> {
        match (self.keys[at].kind, kind(&keys.values)) {
            (Some(there), Some(here)) if here != there => Err(Diagnostic::error(
                Code::TypeMismatch,
                format!("keys of different types never match: `{dataset}` has {here}, `{}` has {there}", self.name),
            )
            .hint("use the same type of keys in both tables")),
            _ => Ok(()),
        }
    }

    /// The row for the keys and the time of each row of a batch, and the rows whose time cannot be compared.
    pub(super) fn find(
        &self,
        finder: &mut Finder,
        keys: &[&Vector],
        times: Option<&Vector>,
        rows: usize,
    ) -> Result<(Vec<u32>, Failed), Diagnostic> {
        let mut groups = vec![0; rows];
        for (at, (vector, key)) in keys.iter().zip(&self.keys).enumerate() {
            finder.keys[at].find(key, vector, at == 0, &mut groups)?;
        }
        let (timeline, times) = match (&self.rows, times) {
            (Rows::InTime(timeline), Some(times)) => (timeline, times),
            (Rows::One(rows), _) => {
                let row = |group: u32| if group == NONE { self.missing } else { rows[group as usize] };
                return Ok((groups.into_iter().map(row).collect(), vec![]));
            }
            (Rows::InTime(_), None) => return Ok((vec![self.missing; rows], vec![])),
        };
        let mut failed = vec![];
        let found = groups.into_iter().enumerate().map(|(row, group)| {
            let Some(moment) = Moment::at(times, row).filter(|_| group != NONE) else { return self.missing };
            match timeline.find(group, moment) {
                Ok(Some(place)) => {
                    for column in timeline.ties(place) {
                        self.ties[column].fetch_min(place as u64, Ordering::Relaxed);
                    }
                    timeline.row(place)
                }
                Ok(None) => self.missing,
                Err(cause) => {
                    failed.push((row, cause));
                    self.missing
                }
            }
        });
        Ok((found.collect(), failed))
    }

    /// The first column with a tie that was reached: rows at one time of which it is not known which one counts.
    pub(super) fn tied(&self, dataset: &dyn Dataset) -> Option<(usize, Diagnostic)> {
        let Rows::InTime(timeline) = &self.rows else { return None };
        self.ties.iter().enumerate().find_map(|(column, place)| {
            let place = place.load(Ordering::Relaxed);
            (place != u64::MAX).then(|| (column, timeline.tie(dataset, place as usize, column)))
        })
    }

    /// Warnings about lookups of this dataset that found nothing.
    pub(super) fn unmatched_further(&self) -> &[Diagnostic] {
        &self.unmatched
    }

    /// A warning if no worker found a row for any value of a key. `dataset` and `key` name what was looked up,
    /// `other_key` the key here.
    pub(super) fn unmatched(
        &self,
        at: usize,
        finders: &[&Finder],
        [dataset, key, other_key]: [&str; 3],
        room: &mut Room,
    ) -> Result<Option<Diagnostic>, Diagnostic> {
        if finders.iter().any(|finder| finder.keys[at].has_found) {
            return Ok(None);
        }
        let known = &self.keys[at].codes;
        let mut keys: Vec<Arc<str>> = vec![];
        for text in finders.iter().flat_map(|finder| finder.keys[at].texts()) {
            room.grow(shared_bytes(&text))?;
            room.push(&mut keys, text)?;
        }
        keys.sort_unstable();
        keys.dedup();
        let Some(first) = keys.first() else { return Ok(None) };
        let other = &self.name;
        let message = match &keys[..] {
            [_] => format!("the only key in `{dataset}.{key}` is not in `{other}.{other_key}`"),
            keys => format!("none of the {} keys in `{dataset}.{key}` is in `{other}.{other_key}`", keys.len()),
        };
        let message = format!("{message}: the columns of `{other}` are blank in all rows of `{dataset}`");
        let there = match known.keys().min() {
            Some(key) => format!("`{other}.{other_key}` has {} such as `{}`", of_keys(known.len()), excerpt(key)),
            None => format!("`{other}` has no rows"),
        };
        let warning = Diagnostic::warning(Code::DataNote, message)
            .hint(format!("`{dataset}.{key}` has keys such as `{}`, {there}", excerpt(first)))
            .maybe_hint(self.remedy(at, &keys, [dataset, key, other_key]));
        Ok(Some(warning))
    }

    /// The declaration with which some of the keys would be found.
    fn remedy(&self, at: usize, keys: &[Arc<str>], [dataset, key, other_key]: [&str; 3]) -> Option<String> {
        let other = &self.name;
        let meets = |alike: fn(&str) -> Option<String>| {
            let sample = |key: &Arc<str>| alike(key);
            let here: HashSet<String> = keys.iter().take(COMPARED).filter_map(sample).collect();
            self.keys[at].codes.keys().take(COMPARED).filter_map(sample).any(|key| here.contains(&key))
        };
        if meets(|key| Some(key.parse::<Decimal>().ok()?.normalize().to_string())) {
            return Some(format!(
                "to compare them as numbers, write `{key}: number` in the block of `{dataset}` and `{other_key}: number` in that of `{other}`"
            ));
        }
        meets(|key| Some(key.to_lowercase())).then(|| {
            format!(
                "to ignore capital letters, look up computed columns: `{key}_key = lower({key})` in the block of `{dataset}`, `{other_key}_key = lower({other_key})` in that of `{other}`, and `lookup {other} on {key}_key = {other_key}_key`"
            )
        })
    }

    /// The values of a requested column in these rows.
    pub(super) fn column(&self, at: usize, rows: &[u32]) -> Vector {
        self.columns[at].take(rows)
    }
}

/// The number of a group's combination of keys; None if one of them is blank.
fn combination(index: &mut [Key], group: &Group, room: &mut Room) -> Result<Option<u32>, Diagnostic> {
    let Some((table, places)) = group.keys.places() else { return Ok(None) };
    let mut number = None;
    for ((key, &place), keys) in index.iter_mut().zip(places).zip(&table.columns) {
        if keys[place as usize].is_none() {
            return Ok(None);
        }
        number = Some(match number {
            None => place,
            Some(before) => key.pair(before, place, room)?,
        });
    }
    Ok(number)
}

/// Numbers the combinations of the keys of `len` rows: the keys, the number of each row, and how many there are. The
/// number of a row with a blank key is [`NONE`].
fn combinations(
    dataset: &dyn Dataset,
    keys: &Keys,
    len: usize,
    room: &mut Room,
) -> Result<(Vec<Key>, Vec<u32>, u32), Diagnostic> {
    room.grow(len * size_of::<u32>())?;
    let mut groups = vec![0; len];
    let mut index = vec![];
    for (at, (name, vector)) in keys.iter().enumerate() {
        index.push(Key::new(dataset, name, vector, at == 0, &mut groups, room)?);
    }
    let last = groups.iter().filter(|group| **group != NONE).max();
    let count = last.map_or(u32::from(keys.is_empty()), |last| last + 1);
    Ok((index, groups, count))
}

/// The rows that repeat the keys of an earlier row, and the number of rows with a blank key. `visit` gets each such row
/// with the first one that has its keys.
///
/// # Errors
/// A key that fails, or the memory limit.
pub(super) fn repeated(
    dataset: &dyn Dataset,
    keys: &Keys,
    room: &mut Room,
    mut visit: impl FnMut(u64, u64),
) -> Result<u64, Diagnostic> {
    let len = keys.first().map_or(0, |(_, key)| key.len());
    let (_, groups, count) = combinations(dataset, keys, len, room)?;
    let mut first = room.filled(count as usize, NONE)?;
    let mut blank = 0;
    for (&group, row) in groups.iter().zip(0u32..) {
        if group == NONE {
            blank += 1;
            continue;
        }
        match &mut first[group as usize] {
            known if *known == NONE => *known = row,
            known => visit(u64::from(row), u64::from(*known)),
        }
    }
    Ok(blank)
}

impl Key {
    /// Indexes the distinct keys of a column of groups by their positions.
    fn of_groups(keys: &[Option<Arc<str>>], room: &mut Room) -> Result<Self, Diagnostic> {
        let mut key = Self { codes: HashMap::default(), pairs: HashMap::default(), kind: None };
        for (text, place) in keys.iter().zip(0..).filter_map(|(text, place)| Some((text.as_ref()?, place))) {
            room.entry(&mut key.codes)?;
            room.grow(shared_bytes(text))?;
            key.codes.insert(text.clone(), place);
        }
        Ok(key)
    }

    /// The number of a combination of the keys before this one and this one, which is added if it is new.
    fn pair(&mut self, before: u32, number: u32, room: &mut Room) -> Result<u32, Diagnostic> {
        room.entry(&mut self.pairs)?;
        let next = self.pairs.len() as u32;
        Ok(*self.pairs.entry((before, number)).or_insert(next))
    }

    /// Indexes the values of a key, and adds it to the combinations of the keys before it, unless it is the first.
    fn new(
        dataset: &dyn Dataset,
        name: &str,
        vector: &Vector,
        is_first: bool,
        groups: &mut [u32],
        room: &mut Room,
    ) -> Result<Self, Diagnostic> {
        if let Some((row, cause)) = vector.failures().next() {
            return Err(failing_key(dataset, name, row, cause));
        }
        let (mut interner, mut codes) = (KeyInterner::new(None, room.another()), vec![]);
        interner.encode(vector, &mut codes)?;
        let mut key = Self { codes: HashMap::default(), pairs: HashMap::default(), kind: kind(&vector.values) };
        // One number for each code: equal keys of two codes (numbers of two scales) have one number.
        let mut numbers = room.filled(interner.len(), NONE)?;
        for (code, number) in numbers.iter_mut().enumerate() {
            let Some(text) = interner.key(code as u32) else { continue };
            room.entry(&mut key.codes)?;
            let next = key.codes.len() as u32;
            *number = match key.codes.get(&text) {
                Some(&known) => known,
                None => {
                    room.grow(shared_bytes(&text))?;
                    key.codes.insert(text, next);
                    next
                }
            };
        }
        for (group, &code) in groups.iter_mut().zip(&codes) {
            let number = numbers[code as usize];
            *group = match *group {
                _ if is_first => number,
                before if before == NONE || number == NONE => NONE,
                before => key.pair(before, number, room)?,
            };
        }
        room.free(numbers);
        Ok(key)
    }
}

/// The number of keys on each side that are compared to find the reason why none is found.
const COMPARED: usize = 1000;

/// ``2 keys``
fn of_keys(count: usize) -> String {
    if count == 1 { "one key,".into() } else { format!("{count} keys") }
}

/// The beginning of a key, for messages.
fn excerpt(key: &str) -> String {
    key.chars().take(40).collect()
}

/// The keys that one worker has looked up.
#[derive(Debug, Default)]
pub(super) struct Finder {
    keys: Vec<KeyFinder>,
}

/// The values of one key that one worker has looked up.
#[derive(Debug, Default)]
struct KeyFinder {
    keys: KeyInterner,
    /// The number of each value in the looked-up dataset.
    numbers: Vec<u32>,
    /// True if at least one value is there.
    has_found: bool,
    room: Room,
}

impl Finder {
    pub(super) fn new(keys: usize, room: &Room) -> Self {
        let key = |_| KeyFinder {
            keys: KeyInterner::new(None, room.another()),
            numbers: vec![],
            has_found: false,
            room: room.another(),
        };
        Self { keys: (0..keys).map(key).collect() }
    }
}

impl KeyFinder {
    /// The distinct values as texts, without blank.
    fn texts(&self) -> impl Iterator<Item = Arc<str>> {
        (0..self.keys.len() as u32).filter_map(|code| self.keys.key(code))
    }

    /// Adds a key to the combinations of the keys before it, unless it is the first.
    fn find(&mut self, there: &Key, vector: &Vector, is_first: bool, groups: &mut [u32]) -> Result<(), Diagnostic> {
        let mut codes = vec![];
        self.keys.encode(vector, &mut codes)?;
        for code in self.numbers.len() as u32..self.keys.len() as u32 {
            let number = self.keys.key(code).and_then(|text| there.codes.get(&text)).copied();
            self.has_found |= number.is_some();
            self.room.push(&mut self.numbers, number.unwrap_or(NONE))?;
        }
        for (group, code) in groups.iter_mut().zip(codes) {
            let number = self.numbers[code as usize];
            *group = match is_first {
                true => number,
                false => there.pairs.get(&(*group, number)).copied().unwrap_or(NONE),
            };
        }
        Ok(())
    }
}

/// The plural name of these values.
fn kind(values: &Values) -> Option<&'static str> {
    match values {
        Values::Fixed { .. } | Values::Decimals { .. } => Some("numbers"),
        Values::Texts { .. } => Some("texts"),
        Values::Days(_) | Values::Moments(_) => Some("dates"),
        Values::Booleans(_) => Some("truth values"),
        Values::Nothing(_) => None,
    }
}

/// The only row of each combination of keys.
fn single(
    dataset: &dyn Dataset,
    keys: &Keys,
    groups: &[u32],
    count: u32,
    room: &mut Room,
) -> Result<Vec<u32>, Diagnostic> {
    let mut rows = room.filled(count as usize, NONE)?;
    for (&group, row) in groups.iter().zip(0u32..).filter(|(group, _)| **group != NONE) {
        let known = std::mem::replace(&mut rows[group as usize], row);
        if known != NONE {
            return Err(duplicate_key(dataset, keys, known, row));
        }
    }
    Ok(rows)
}

fn failing_key(dataset: &dyn Dataset, column: &str, row: usize, cause: Cause) -> Diagnostic {
    let name = dataset.name();
    let message = format!("a row of `{name}` has no valid key: {} in `{column}`", cause.describe());
    let place = CellPlace { column: Some(column.to_string()), ..dataset.place(row as u64) };
    let hint = format!("replace undefined values: `{column} = … ?? \"none\"`");
    Diagnostic::error(Code::BadCell, message).in_data(place).hint(hint)
}

fn duplicate_key(dataset: &dyn Dataset, keys: &Keys, first: u32, second: u32) -> Diagnostic {
    let name = dataset.name();
    let spelled = |(_, vector): &(&str, Vector)| {
        vector.get(second as usize).map_or_else(|_| String::new(), |value| value.to_string())
    };
    let cells: Vec<String> = keys.iter().map(|key| excerpt(&spelled(key))).collect();
    let columns = keys.iter().map(|(column, _)| format!("`{column}`")).collect::<Vec<_>>().join(", ");
    let quoted = cells.iter().map(|cell| format!("`{cell}`")).collect::<Vec<_>>().join(", ");
    let [first, second] = [first, second].map(|row| dataset.place(row.into()));
    let what = if keys.len() == 1 { "key" } else { "keys" };
    let message = format!(
        "expected unique values of the lookup {what} {columns} in `{name}`, found {quoted} twice, first at {first}"
    );
    let (column, cell) = (keys.first().map(|(column, _)| (*column).to_owned()), cells.first().cloned());
    Diagnostic::error(Code::DuplicateKey, message)
        .in_data(CellPlace { column, cell, ..second })
        .hint(format!("keep one row for {quoted}"))
}
