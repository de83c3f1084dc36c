//! Checks the lengths of texts in pages with delta encodings, whose number the reader allocates unseen.

use parquet::basic::Encoding;

use super::thrift::Compact;

/// Checks that a page of texts has at most as many lengths as values. `values` are its bytes after the levels.
pub(super) fn check(encoding: Encoding, values: &[u8], count: u64) -> Option<()> {
    let mut at = Compact::new(values);
    match encoding {
        Encoding::DELTA_LENGTH_BYTE_ARRAY => lengths(&mut at, count),
        Encoding::DELTA_BYTE_ARRAY => {
            lengths(&mut at, count)?;
            lengths(&mut at, count)
        }
        _ => Some(()),
    }
}

/// Skips a sequence of numbers: a header, then blocks of a smallest difference, the widths of the parts of the block,
/// and the parts.
fn lengths(at: &mut Compact, count: u64) -> Option<()> {
    let (block, parts, total) = (at.unsigned()?, at.unsigned()?, at.unsigned()?);
    at.unsigned()?;
    if total > count || parts == 0 || block == 0 || block % parts != 0 || (block / parts) % 8 != 0 {
        return None;
    }
    let mut left = total.saturating_sub(1);
    while left > 0 {
        at.unsigned()?;
        let widths: Vec<u8> = (0..parts).map(|_| at.byte()).collect::<Option<_>>()?;
        for width in widths {
            if left == 0 {
                break;
            }
            at.advance((block / parts / 8).checked_mul(width.into())?)?;
            left = left.saturating_sub(block / parts);
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_at_most_as_many_as_values() {
        let check = |values: &[u8], count| check(Encoding::DELTA_LENGTH_BYTE_ARRAY, values, count).is_some();
        // Blocks of 128 numbers in 4 parts: one number, or three with parts of 2, 0, 0 and 0 bits.
        let (one, three) = (&[0x80, 1, 4, 1, 10][..], &[0x80, 1, 4, 3, 10, 0, 2, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8][..]);
        assert!(check(one, 1) && check(three, 3));
        assert!(!check(one, 0) && !check(three, 2) && !check(&three[..17], 3) && !check(&[0x80, 1, 0, 1, 10], 1));
    }
}
