//! Reads the lengths of the texts of a page: the reader allocates as many as the page declares, and expands the texts.

use parquet::basic::Encoding;

use super::thrift::Compact;

/// The length of the longest text of a dictionary. None if a text reaches beyond its end.
pub(super) fn plain(values: &[u8]) -> Option<u64> {
    let (mut at, mut longest) = (Compact::new(values), 0);
    while at.position() < values.len() {
        let len = u32::from_le_bytes(at.take(4)?.try_into().ok()?).into();
        at.advance(len)?;
        longest = longest.max(len);
    }
    Some(longest)
}

/// The length of the longest text of a page with one of the delta encodings, and 0 for other encodings. None if the
/// page has more lengths than values, or an invalid one. `values` are its bytes after the levels.
pub(super) fn delta(encoding: Encoding, values: &[u8], count: u64) -> Option<u64> {
    let mut at = Compact::new(values);
    let longest = match encoding {
        Encoding::DELTA_LENGTH_BYTE_ARRAY => lengths(&mut at, count)?.into_iter().max(),
        // Each text starts as the one before it, for a length of its own.
        Encoding::DELTA_BYTE_ARRAY => {
            let (shared, own) = (lengths(&mut at, count)?, lengths(&mut at, count)?);
            shared.into_iter().zip(own).map(|(shared, own)| shared + own).max()
        }
        _ => None,
    };
    Some(longest.unwrap_or(0))
}

/// Reads a sequence of numbers: a header, then blocks of a smallest difference, the widths of the parts of the block,
/// and the parts.
fn lengths(at: &mut Compact, count: u64) -> Option<Vec<u64>> {
    let (block, parts, total) = (at.unsigned()?, at.unsigned()?, at.unsigned()?);
    let mut last = at.signed()?;
    if total > count || parts == 0 || block == 0 || block % parts != 0 || (block / parts) % 8 != 0 {
        return None;
    }
    let size = block / parts;
    let mut lengths = if total > 0 { vec![length(last)?] } else { vec![] };
    while (lengths.len() as u64) < total {
        let smallest = at.signed()?;
        let widths: Vec<u8> = (0..parts).map(|_| at.byte()).collect::<Option<_>>()?;
        for width in widths {
            let left = total - lengths.len() as u64;
            if left == 0 {
                break;
            }
            let packed = at.take((size / 8).checked_mul(width.into())?)?;
            for number in 0..size.min(left) {
                last = last.wrapping_add(smallest).wrapping_add(bits(packed, number, width)?);
                lengths.push(length(last)?);
            }
        }
    }
    Some(lengths)
}

/// The reader computes in 32 bits.
fn length(number: i64) -> Option<u64> {
    u64::try_from(number as i32).ok()
}

/// The number at this position among packed numbers of up to 32 bits.
fn bits(packed: &[u8], number: u64, width: u8) -> Option<i64> {
    let start = number * u64::from(width);
    let bytes = packed.iter().skip(usize::try_from(start / 8).ok()?).take(8);
    let word = (0..).zip(bytes).fold(0_u64, |word, (at, byte)| word | u64::from(*byte) << (8 * at));
    (width <= 32).then_some((word >> (start % 8) & ((1 << width) - 1)) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    // Blocks of 128 numbers in 4 parts: one number, or three with parts of 2, 0, 0 and 0 bits.
    const ONE: &[u8] = &[0x80, 1, 4, 1, 10];
    const THREE: &[u8] = &[0x80, 1, 4, 3, 10, 1, 2, 0, 0, 0, 0b1111, 2, 3, 4, 5, 6, 7, 8];

    #[test]
    fn lengths_are_at_most_as_many_as_values() {
        let longest = |values: &[u8], count| delta(Encoding::DELTA_LENGTH_BYTE_ARRAY, values, count);
        assert_eq!((longest(ONE, 1), longest(THREE, 3)), (Some(5), Some(9)));
        for (values, count) in [(ONE, 0), (THREE, 2), (&THREE[..17], 3), (&[0x80, 1, 0, 1, 10], 1), (&[8, 1, 1, 1], 1)]
        {
            assert_eq!(longest(values, count), None, "{values:?} {count}");
        }
    }

    #[test]
    fn a_text_is_as_long_as_what_it_shares_and_what_it_adds() {
        let of = |values: &[u8]| delta(Encoding::DELTA_BYTE_ARRAY, values, 3);
        assert_eq!(of(&[THREE, THREE].concat()), Some(18));
        assert_eq!(of(&[THREE, ONE].concat()), Some(10));
        assert_eq!(of(THREE), None);
    }

    #[test]
    fn the_texts_of_a_dictionary_follow_their_lengths() {
        assert_eq!(plain(b"\x02\0\0\0ab\x03\0\0\0abc\0\0\0\0"), Some(3));
        assert_eq!((plain(b""), plain(b"\x02\0\0\0a"), plain(b"\x02\0\0")), (Some(0), None, None));
    }
}
