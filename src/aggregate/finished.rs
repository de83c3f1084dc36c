//! Measures that a dataset has finished by group: their values are not merged from cells, but found by keys and days.

use std::ops::Range;

use foldhash::fast::FixedState;
use hashbrown::HashMap;

use super::accumulate::finished_value;
use crate::data::{BEGINNING, END, Finished, Measure, MeasureId};
use crate::value::Cell;

/// The finished values of a measure.
#[derive(Debug)]
pub(super) struct FinishedGroups {
    pub(super) measure: MeasureId,
    pub(super) found: Finished,
    /// The combination of keys of each group. Columns that do not apply are blank in it.
    tuples: Vec<u32>,
}

impl FinishedGroups {
    pub(super) fn new(measure: MeasureId, found: Finished, tuples: Vec<u32>) -> Self {
        Self { measure, found, tuples }
    }

    /// The same with other numbers of combinations.
    pub(super) fn renumbered(mut self, numbers: &[u32]) -> Self {
        self.tuples.iter_mut().for_each(|tuple| *tuple = numbers[*tuple as usize]);
        self
    }
}

/// The list that has a group, which is a combination of keys and days, and the position in it.
type Places<'a> = HashMap<(u32, (i32, i32)), (&'a Finished, usize), FixedState>;

/// Finds the finished values of a measure by the combinations of the columns that it keeps.
pub(super) struct FinishedLookup<'a> {
    places: Places<'a>,
}

impl<'a> FinishedLookup<'a> {
    /// None if nothing has been finished. `of_tuple` maps combinations of all columns to those of the columns that apply.
    pub(super) fn new(all: impl Iterator<Item = &'a FinishedGroups>, of_tuple: &[u32]) -> Option<Self> {
        let mut places = None;
        for FinishedGroups { found, tuples, .. } in all {
            let combinations = tuples.iter().map(|&tuple| of_tuple[tuple as usize]);
            let groups = combinations.zip(&found.days).enumerate();
            let groups = groups.map(|(at, (combination, days))| ((combination, *days), (found, at)));
            places.get_or_insert_with(HashMap::default).extend(groups);
        }
        places.map(|places| Self { places })
    }

    /// The value of a group, which has this number of rows with a value. `days` are those that it covers, `known` the first
    /// and the last day of the data. None if another number of rows was counted where the value was finished.
    pub(super) fn value(
        &self,
        measure: &Measure,
        combination: u32,
        days: Option<&Range<i32>>,
        known: Option<(i32, i32)>,
        present: u64,
    ) -> Option<Cell> {
        const ALWAYS: (i32, i32) = (BEGINNING, END);
        let exact = days.map_or(ALWAYS, |days| (days.start, days.end));
        let covers_all = known.is_none_or(|(first, last)| exact.0 <= first && last < exact.1);
        let place = self.places.get(&(combination, exact));
        let place = place.or_else(|| self.places.get(&(combination, ALWAYS)).filter(|_| covers_all));
        let (found, at) = *place.filter(|(found, at)| found.present[*at] == present)?;
        Some(finished_value(measure, &found.values, at, present))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aggregate::regroup::over_all_rows;
    use crate::data::{Aggregate, FinishedValues};
    use crate::value::{Decimal, Value, Values, Vector};

    #[test]
    fn values_are_found_by_keys_and_days_if_as_many_rows_were_counted() {
        let number = |mantissas: &[i64]| Vector::defined(Values::Fixed { mantissas: mantissas.to_vec(), scale: 0 });
        let days = vec![(0, 31), (0, 31), (31, 59), (BEGINNING, END)];
        let values = FinishedValues::Around([number(&[1, 2, 3, 4]), number(&[2, 2, 4, 6])]);
        let found = Finished { by: vec![0], days, present: vec![2, 1, 2, 5], values };
        let groups = FinishedGroups::new(MeasureId(0), found, vec![2, 3, 2, 2]).renumbered(&[9, 9, 1, 0]);
        let lookup = FinishedLookup::new(std::iter::once(&groups), &[7, 8]).expect("values are finished");
        let measure = over_all_rows(Aggregate::Median, false);
        let value = |combination, days: Option<Range<i32>>, present| {
            let value = lookup.value(&measure, combination, days.as_ref(), Some((0, 58)), present);
            value.map(|cell| cell.expect("it is defined"))
        };
        let decimal = |number: i64, scale| Some(Value::from(Decimal::new(number, scale)));
        assert_eq!(value(8, Some(0..31), 2), decimal(15, 1));
        assert_eq!(value(7, Some(0..31), 1), decimal(2, 0));
        assert_eq!(value(8, Some(31..59), 2), decimal(35, 1));
        // All days with rows, and no days at all.
        assert_eq!(value(8, Some(0..60), 5), decimal(4, 0));
        assert_eq!(value(8, None, 5), decimal(4, 0));
        // Other days, other keys, another number of rows.
        for (combination, days, present) in [(8, 1..31, 2), (7, 31..59, 2), (8, 0..31, 3), (8, 0..58, 5)] {
            assert_eq!(value(combination, Some(days.clone()), present), None, "{days:?}");
        }
    }
}
