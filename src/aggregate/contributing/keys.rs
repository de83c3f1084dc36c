//! Compares the keys of rows with those of the groups whose rows are listed.

use std::sync::Arc;

use super::columns::{Access, KeyPlace, Values};
use crate::aggregate::key_interner::KeyInterner;
use crate::aggregate::room::Room;
use crate::diagnostic::Diagnostic;

/// The number of a key that no group has.
const OTHER: u32 = u32::MAX;

/// The keys of the groups, by grouping column.
pub struct GroupKeyColumns {
    columns: Vec<Option<KeyColumn>>,
}

/// The keys of the groups in one column.
struct KeyColumn {
    access: Access,
    /// The keys of the groups.
    wanted: Vec<Option<Arc<str>>>,
    interner: KeyInterner,
    /// The positions among the keys of the groups, by the codes of the interner.
    of_code: Vec<u32>,
}

impl GroupKeyColumns {
    /// Columns whose values are at these places.
    pub fn new(places: &[KeyPlace], room: &Room) -> Self {
        let column = |place: &KeyPlace| {
            let interner = KeyInterner::new(place.periods, room.another());
            Some(KeyColumn { access: place.access?, wanted: vec![], interner, of_code: vec![] })
        };
        Self { columns: places.iter().map(column).collect() }
    }

    /// The number of a key of a group in a column. No row has it if the dataset does not have the column.
    pub fn number(&mut self, column: usize, key: &Option<Arc<str>>) -> u32 {
        let Some(KeyColumn { wanted, .. }) = &mut self.columns[column] else { return 0 };
        let known = wanted.iter().position(|known| known == key);
        known.unwrap_or_else(|| {
            wanted.push(key.clone());
            wanted.len() - 1
        }) as u32
    }

    /// The numbers of the keys of each row, by column. Columns in which no group has a key are empty.
    pub fn numbers(&mut self, values: &Values) -> Result<Vec<Vec<u32>>, Diagnostic> {
        let mut codes = vec![];
        let numbers = self.columns.iter_mut().map(|column| {
            let Some(column) = column.as_mut().filter(|column| !column.wanted.is_empty()) else { return Ok(vec![]) };
            column.interner.encode(values.get(column.access), &mut codes)?;
            for code in column.of_code.len()..column.interner.len() {
                let key = column.interner.key(code as u32);
                let at = column.wanted.iter().position(|known| *known == key);
                column.of_code.push(at.map_or(OTHER, |at| at as u32));
            }
            Ok(codes.iter().map(|&code| column.of_code[code as usize]).collect())
        });
        numbers.collect()
    }
}
