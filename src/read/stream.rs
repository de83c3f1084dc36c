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

/// Reads a stream to its end, up to a limit.
///
/// # Errors
/// If the stream is longer or cannot be read.
pub(super) fn read_up_to(stream: impl Read, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = vec![];
    stream.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    match bytes.len() as u64 <= limit {
        true => Ok(bytes),
        false => Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("it is larger than {} MiB", limit >> 20))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_read_up_to_its_limit() {
        assert_eq!(read_up_to(&b"abc"[..], 3).ok(), Some(b"abc".to_vec()));
        let error = read_up_to(io::repeat(b'a'), 1 << 20).expect_err("it never ends");
        assert_eq!(error.to_string(), "it is larger than 1 MiB");
    }
}
