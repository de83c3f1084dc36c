//! Turns the bytes of usual numbers into mantissas, eight at a time.

use super::Mark;

/// Reads the most usual numbers of all, eight bytes at a time: those of one scale, of up to 16 bytes.
#[derive(Debug, Clone, Copy)]
pub(in crate::data) struct Fixed {
    /// The fewest bytes: a digit, and the mark with what stands behind it.
    fewest: usize,
    /// Where the mark stands among eight bytes that end with the number, and the mark there.
    at_mark: u64,
    mark: u64,
    /// The bytes behind the mark, among those eight.
    behind: u64,
    /// The place value of the digit before those eight bytes.
    above: i64,
}

/// Eight digits `0`.
const ZEROS: u64 = u64::from_le_bytes([b'0'; 8]);

impl Fixed {
    /// A reader of numbers with `scale` digits behind the mark, at most six.
    pub fn new(mark: Mark, scale: u32) -> Option<Self> {
        match scale {
            0 => Some(Self { fewest: 1, at_mark: 0, mark: 0, behind: u64::MAX, above: 100_000_000 }),
            1..=6 => {
                let behind = 64 - 8 * scale;
                let (at_mark, mark) = (0xFF << (behind - 8), u64::from(mark.byte() ^ b'0') << (behind - 8));
                Some(Self { fewest: scale as usize + 2, at_mark, mark, behind: u64::MAX << behind, above: 10_000_000 })
            }
            _ => None,
        }
    }

    /// The mantissa of the number at `start..end` of a text, if it has no sign and up to eight bytes. None says nothing
    /// about the cell.
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

    /// As [`short`](Self::short), of numbers without a mark.
    #[inline(always)]
    pub fn short_whole(text: &[u8], start: u32, end: u32) -> Option<i64> {
        let eight = text.get(start as usize..start as usize + 8)?.first_chunk()?;
        let len = end.wrapping_sub(start);
        if len.wrapping_sub(1) > 7 || (eight[0] == b'0' && len > 1) {
            return None;
        }
        eight_digits((u64::from_le_bytes(*eight) ^ ZEROS) << (64 - 8 * len))
    }

    /// As [`short`](Self::short), with a minus, or of up to 16 bytes.
    #[inline(never)]
    pub fn long(self, text: &[u8], start: u32, end: u32) -> Option<i64> {
        match text.get(start as usize..end as usize)? {
            [b'-', b'0'..=b'9', ..] => self.short_or_long(text, start + 1, end).map(|value| -value),
            [b'1'..=b'9', first @ .., _, _, _, _, _, _, _, _] if first.len() < 8 => {
                let len = first.len() + 1;
                let first = text.get(start as usize..)?.first_chunk()?;
                let first = eight_digits((u64::from_le_bytes(*first) ^ ZEROS) << (64 - 8 * len))?;
                let last = u64::from_le_bytes(*text[..end as usize].last_chunk()?) ^ ZEROS;
                Some(first * self.above + self.value(last)?)
            }
            _ => None,
        }
    }

    fn short_or_long(self, text: &[u8], start: u32, end: u32) -> Option<i64> {
        self.short(text, start, end).or_else(|| self.long(text, start, end))
    }

    /// The value of eight bytes, digits as their values, 0 where the number has not begun.
    #[inline(always)]
    fn value(self, bytes: u64) -> Option<i64> {
        // The digits before the mark move up to those behind it.
        let digits = (bytes & self.behind) | ((bytes << 8) & !self.behind);
        if bytes & self.at_mark == self.mark { eight_digits(digits) } else { None }
    }
}

/// The number that eight digits make, the first one in the lowest byte; None where a byte is above 9.
#[inline(always)]
fn eight_digits(digits: u64) -> Option<i64> {
    const HIGHEST: u64 = 0x8080_8080_8080_8080;
    /// Takes a byte above 9 to its highest bit.
    const ABOVE_9: u64 = 0x7676_7676_7676_7676;
    if (digits.wrapping_add(ABOVE_9) | digits) & HIGHEST != 0 {
        return None;
    }
    // Neighbours are joined: digits to pairs, pairs to fours, fours to eight.
    let pairs = (digits.wrapping_mul(1 + (10 << 8)) >> 8) & 0x00FF_00FF_00FF_00FF;
    let fours = (pairs.wrapping_mul(1 + (100 << 16)) >> 16) & 0x0000_FFFF_0000_FFFF;
    Some((fours.wrapping_mul(1 + (10_000 << 32)) >> 32) as i64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::data::cell::plain;

    proptest! {
        #[test]
        fn numbers_at_once_are_plain_numbers(
            before in "[-0-9,x]{0,9}",
            cell in "-?(0|[1-9][0-9]{0,14})([.][0-9]{0,4})?|[-0-9.x/:]{0,18}",
            scale in 0..7u32,
        ) {
            let text = format!("{before},{cell},{before},");
            let (start, end) = (before.len() as u32 + 1, (before.len() + 1 + cell.len()) as u32);
            let reader = Fixed::new(Mark::Point, scale).expect("the scale is small");
            let plain = plain(cell.as_bytes(), b'.');
            if let Some(mantissa) = reader.short_or_long(text.as_bytes(), start, end) {
                prop_assert_eq!(plain, Some((mantissa, scale)));
            } else if let Some((_, of)) = plain {
                prop_assert!(of != scale || cell.len() > 16 || start as usize + 9 > text.len(), "{}", text);
            }
            let whole = Fixed::new(Mark::Point, 0).expect("the scale is small").short(text.as_bytes(), start, end);
            prop_assert_eq!(Fixed::short_whole(text.as_bytes(), start, end), whole);
        }
    }
}
