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
