//! Counts the bytes that a gzip stream expands to.

use std::io::{self, Read};

/// The size of a page after decompression, in bytes, or the first count beyond its declared size.
pub(super) fn unpacked(packed: &[u8], declared: u64) -> u64 {
    let mut stream = flate2::read::MultiGzDecoder::new(packed).take(declared.saturating_add(1));
    // A stream that is invalid is an error of the reader.
    match io::copy(&mut stream, &mut io::sink()) {
        Ok(len) if len > declared => u64::MAX,
        Ok(len) => len,
        Err(_) => declared,
    }
}
