//! Parses the part of a sheet that a dataset reads: `A4:F16`.

use std::ops::RangeInclusive;

/// The last row and the last column of a sheet, as in Excel, from 0.
const LAST: (u32, u32) = (1_048_575, 16_383);

/// Cells of a sheet. Rows and columns are counted from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Area {
    pub rows: RangeInclusive<u32>,
    pub columns: RangeInclusive<u32>,
}

impl Area {
    /// Parses two corners: `A4:F16`, `A:F`, `$A$4:$F$16`.
    pub fn of(text: &str) -> Option<Self> {
        let (first, last) = text.split_once(':')?;
        let (first, last) = (corner(first)?, corner(last)?);
        let rows = first.0.unwrap_or(0)..=last.0.unwrap_or(LAST.0);
        let columns = first.1..=last.1;
        (!rows.is_empty() && !columns.is_empty()).then_some(Self { rows, columns })
    }

    /// All cells of a sheet.
    #[cfg(feature = "xlsx")]
    pub fn all() -> Self {
        Self { rows: 0..=u32::MAX, columns: 0..=u32::MAX }
    }

    #[cfg(feature = "xlsx")]
    pub fn contains(&self, (row, column): (u32, u32)) -> bool {
        self.rows.contains(&row) && self.columns.contains(&column)
    }
}

/// The row, if it is given, and the column of a corner.
fn corner(text: &str) -> Option<(Option<u32>, u32)> {
    let text = text.trim().to_ascii_uppercase().replace('$', "");
    let digits = text.trim_start_matches(|letter: char| letter.is_ascii_uppercase());
    let letters = &text[..text.len() - digits.len()];
    if letters.is_empty() || letters.len() > 3 || digits.len() > 7 {
        return None;
    }
    let column = letters.bytes().fold(0, |column, letter| column * 26 + u32::from(letter - b'A') + 1) - 1;
    let row = match digits {
        "" => None,
        _ => Some(digits.parse::<u32>().ok()?.checked_sub(1)?),
    };
    (column <= LAST.1 && row.is_none_or(|row| row <= LAST.0)).then_some((row, column))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn corners_are_counted_from_zero() {
        assert_eq!(Area::of("A4:F16"), Some(Area { rows: 3..=15, columns: 0..=5 }));
        assert_eq!(Area::of("$AA$1:xfd1048576"), Some(Area { rows: 0..=LAST.0, columns: 26..=LAST.1 }));
        assert_eq!(Area::of("b:c"), Some(Area { rows: 0..=LAST.0, columns: 1..=2 }));
    }
}
