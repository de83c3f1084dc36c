//! Sees compressed files as what they hold.

use std::io::{self, Read};
use std::path::Path;

use super::input::Stream;

/// Whether the name says that the file is compressed.
pub(super) fn is_compressed(path: &Path) -> bool {
    matches!(extension(path).as_str(), "gz" | "zst")
}

fn extension(path: &Path) -> String {
    path.extension().unwrap_or_default().to_string_lossy().to_lowercase()
}

/// The file's bytes, decompressed where its name ends in `.gz` or `.zst`.
pub(super) fn decompressed(path: &Path, file: impl Read + Send + 'static) -> io::Result<Stream> {
    match extension(path).as_str() {
        "gz" => gzip(file),
        "zst" => zstd(file),
        _ => Ok(Box::new(file)),
    }
}

/// The bytes, decompressed where they begin as those of `.gz` and `.zst` files do.
pub(super) fn decompressed_bytes(bytes: Vec<u8>) -> io::Result<Vec<u8>> {
    let mut stream = match bytes.as_slice() {
        [0x1f, 0x8b, ..] => gzip(io::Cursor::new(bytes))?,
        [0x28, 0xb5, 0x2f, 0xfd, ..] => zstd(io::Cursor::new(bytes))?,
        _ => return Ok(bytes),
    };
    let mut plain = vec![];
    stream.read_to_end(&mut plain)?;
    Ok(plain)
}

#[cfg(feature = "gzip")]
fn gzip(file: impl Read + Send + 'static) -> io::Result<Stream> {
    Ok(Box::new(flate2::read::MultiGzDecoder::new(io::BufReader::with_capacity(1 << 16, file))))
}

#[cfg(not(feature = "gzip"))]
fn gzip(_: impl Read) -> io::Result<Stream> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "this build does not read `.gz` files (feature `gzip`)"))
}

#[cfg(feature = "zstd")]
fn zstd(file: impl Read + Send + 'static) -> io::Result<Stream> {
    let file = io::BufReader::with_capacity(1 << 16, file);
    let decoder = ruzstd::decoding::StreamingDecoder::new(file).map_err(io::Error::other)?;
    Ok(Box::new(decoder))
}

#[cfg(not(feature = "zstd"))]
fn zstd(_: impl Read) -> io::Result<Stream> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "this build does not read `.zst` files (feature `zstd`)"))
}
