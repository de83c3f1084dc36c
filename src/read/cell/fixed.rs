//! Parses common numbers as mantissas, eight bytes at a time.

use super::{Mark, plain};

/// Reads the most common numbers as mantissas of one scale, eight bytes at a time.
#[derive(Debug, Clone, Copy)]
pub(in crate::read) struct Fixed {
    /// The minimum number of bytes: one digit, and the mark with the digits after it.
    fewest: usize,
    /// The mark, at its position among the last eight bytes of a number.
    at_mark: u64,
    mark: u64,
    /// A mask of the bytes after the mark, among those eight.
    behind: u64,
    /// The place value of the digit before those eight bytes.
    above: i64,
    format: Mark,
    scale: u32,
}

/// Eight digits `0`.
const ZEROS: u64 = u64::from_le_bytes([b'0'; 8]);

impl Fixed {
    /// Creates a reader of numbers with `scale` digits after the mark. None if there are more than six.
    pub fn new(format: Mark, scale: u32) -> Option<Self> {
        let (fewest, at_mark, behind, above) = match scale {
            0 => (1, 0, u64::MAX, 100_000_000),
            1..=6 => {
                let behind = 64 - 8 * scale;
                (scale as usize + 2, 0xFF << (behind - 8), u64::MAX << behind, 10_000_000)
            }
            _ => return None,
        };
        let mark = u64::from_le_bytes([format.byte() ^ b'0'; 8]) & at_mark;
        Some(Self { fewest, at_mark, mark, behind, above, format, scale })
    }

    /// The mantissa of the number at `start..end` of a text, if it has no sign and at most eight bytes. None does not
    /// mean that the cell is not a number.
    #[inline(always)]
    pub fn short(self, text: &[u8], start: u32, end: u32) -> Option<i64> {
        let eight = text.get(start as usize..start as usize + 8)?.first_chunk()?;
        let len = end.wrapping_sub(start) as usize;
        if len.wrapping_sub(self.fewest) > 8 - self.fewest || (eight[0] == b'0' && len > self.fewest) {
            return None;
        }
        // The number ends with the highest byte.
        self.value((u64::from_le_bytes(*eight) ^ ZEROS) << (64 - 8 * len))
    }

    /// Like [`short`](Self::short), for numbers without a mark.
    #[inline(always)]
    pub fn short_whole(text: &[u8], start: u32, end: u32) -> Option<i64> {
        let eight = text.get(start as usize..start as usize + 8)?.first_chunk()?;
        let len = end.wrapping_sub(start);
        if len.wrapping_sub(1) > 7 || (eight[0] == b'0' && len > 1) {
            return None;
        }
        eight_digits((u64::from_le_bytes(*eight) ^ ZEROS) << (64 - 8 * len))
    }

    /// Like [`short`](Self::short), for numbers that are longer, are negative or have fewer digits after the mark.
    #[inline(never)]
    pub fn long(self, text: &[u8], start: u32, end: u32) -> Option<i64> {
        let cell = text.get(start as usize..end as usize)?;
        if let [b'1'..=b'9', first @ .., _, _, _, _, _, _, _, _] = cell
            && first.len() < 8
            && let Some(value) = self.sixteen(text, start, end)
        {
            return Some(value);
        }
        let (mantissa, scale) = plain(cell, self.format.byte())?;
        mantissa.checked_mul(10i64.pow(self.scale.checked_sub(scale)?))
    }

    /// The mantissa of a number of 9 to 16 bytes.
    fn sixteen(self, text: &[u8], start: u32, end: u32) -> Option<i64> {
        let len = (end - start) as usize - 8;
        let first = text.get(start as usize..)?.first_chunk()?;
        let first = eight_digits((u64::from_le_bytes(*first) ^ ZEROS) << (64 - 8 * len))?;
        let last = u64::from_le_bytes(*text[..end as usize].last_chunk()?) ^ ZEROS;
        Some(first * self.above + self.value(last)?)
    }

    /// The value of eight bytes that hold the values of digits, and 0 before the first digit of the number.
    #[inline(always)]
    fn value(self, bytes: u64) -> Option<i64> {
        // Moves the digits before the mark next to those after it.
        let digits = (bytes & self.behind) | ((bytes << 8) & !self.behind);
        if bytes & self.at_mark == self.mark { eight_digits(digits) } else { None }
    }
}

/// The number that eight digits form, with the first one in the lowest byte. None if a byte is above 9.
#[inline(always)]
fn eight_digits(digits: u64) -> Option<i64> {
    const HIGHEST: u64 = 0x8080_8080_8080_8080;
    /// Adding this constant sets the highest bit of every byte above 9.
    const ABOVE_9: u64 = 0x7676_7676_7676_7676;
    if (digits.wrapping_add(ABOVE_9) | digits) & HIGHEST != 0 {
        return None;
    }
    // Combines neighbors: digits into pairs, pairs into groups of four, and those into eight digits.
    let pairs = (digits.wrapping_mul(1 + (10 << 8)) >> 8) & 0x00FF_00FF_00FF_00FF;
    let fours = (pairs.wrapping_mul(1 + (100 << 16)) >> 16) & 0x0000_FFFF_0000_FFFF;
    Some((fours.wrapping_mul(1 + (10_000 << 32)) >> 32) as i64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn numbers_read_eight_bytes_at_a_time_equal_plain_numbers(
            before in "[-0-9,x]{0,9}",
            cell in "-?(0|[1-9][0-9]{0,14})([.][0-9]{0,4})?|[-0-9.x/:]{0,18}",
            scale in 0..7u32,
        ) {
            let text = format!("{before},{cell},{before},");
            let (start, end) = (before.len() as u32 + 1, (before.len() + 1 + cell.len()) as u32);
            let reader = Fixed::new(Mark::Point, scale).expect("the scale is small");
            let expected = match plain(cell.as_bytes(), b'.') {
                Some((mantissa, of)) if of <= scale => mantissa.checked_mul(10i64.pow(scale - of)),
                _ => None,
            };
            let short = reader.short(text.as_bytes(), start, end);
            prop_assert!(short.is_none() || short == expected, "{}", text);
            prop_assert_eq!(reader.long(text.as_bytes(), start, end), expected, "{}", text);
            let whole = Fixed::new(Mark::Point, 0).expect("the scale is small").short(text.as_bytes(), start, end);
            prop_assert_eq!(Fixed::short_whole(text.as_bytes(), start, end), whole);
        }
    }
}
