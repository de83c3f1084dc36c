//! Reads streams of bytes.

use std::io::{self, Read};

/// A stream that can move between threads.
pub(super) type Stream = Box<dyn Read + Send>;

/// Reads until the buffer is full or the stream ends, and returns the number of bytes.
pub(super) fn fill(stream: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match stream.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(len) => filled += len,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// The size of a stream that is read into memory, such as a pipe or a workbook, in bytes after decompression: 1 GiB.
pub(super) const MAX_IN_MEMORY: u64 = 1 << 30;

/// Appends up to this many bytes of a stream, and returns how many it had.
pub(super) fn read_up_to(stream: &mut impl Read, most: usize, bytes: &mut Vec<u8>) -> io::Result<usize> {
    let start = bytes.len();
    bytes.resize(start + most, 0);
    let read = fill(stream, &mut bytes[start..])?;
    bytes.truncate(start + read);
    Ok(read)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_read_up_to_its_limit() {
        let (mut stream, mut bytes) = (&b"abcd"[..], vec![]);
        let reads: Vec<Option<usize>> = (0..3).map(|_| read_up_to(&mut stream, 3, &mut bytes).ok()).collect();
        assert_eq!((reads, &bytes[..]), (vec![Some(3), Some(1), Some(0)], &b"abcd"[..]));
    }
}
