//! Decompresses files.

#[cfg(feature = "zstd")]
use std::io::BufRead;
use std::io::{self, Read};
use std::path::Path;

#[cfg(feature = "zstd")]
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
#[cfg(feature = "zstd")]
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use super::stream::Stream;

/// Returns true if the name indicates a compressed file.
pub(super) fn is_compressed(path: &Path) -> bool {
    matches!(extension(path).as_str(), "gz" | "zst")
}

fn extension(path: &Path) -> String {
    path.extension().unwrap_or_default().to_string_lossy().to_lowercase()
}

/// The file's bytes, decompressed if its name ends in `.gz` or `.zst`.
pub(super) fn decompressed(path: &Path, file: impl Read + Send + 'static) -> io::Result<Stream> {
    match extension(path).as_str() {
        "gz" => Ok(Box::new(Decompressed(gzip(file)?))),
        "zst" => Ok(Box::new(Decompressed(zstd(file)?))),
        _ => Ok(Box::new(file)),
    }
}

/// Decompressed bytes. Errors say that the compressed data is damaged.
struct Decompressed(Stream);

impl Read for Decompressed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer).map_err(|error| match error.raw_os_error() {
            Some(_) => error,
            None => io::Error::new(error.kind(), format!("the compressed data is damaged: {error}")),
        })
    }
}

/// The bytes, or else the stream of what they unpack to, if they start like `.gz` or `.zst` files.
pub(super) fn decompressed_bytes(bytes: Vec<u8>) -> Result<Vec<u8>, io::Result<Stream>> {
    let stream = match bytes.as_slice() {
        [0x1f, 0x8b, ..] => gzip(io::Cursor::new(bytes)),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => zstd(io::Cursor::new(bytes)),
        _ => return Ok(bytes),
    };
    Err(stream.map(|stream| Box::new(Decompressed(stream)) as Stream))
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
    let source = io::BufReader::with_capacity(1 << 16, file);
    Ok(Box::new(Frames { source, decoder: FrameDecoder::new() }))
}

/// A Zstandard file: consecutive frames, each with an optional checksum.
#[cfg(feature = "zstd")]
struct Frames<R> {
    source: io::BufReader<R>,
    decoder: FrameDecoder,
}

#[cfg(feature = "zstd")]
impl<R: Read> Frames<R> {
    /// Starts the next frame after the checksum of the previous one was verified. Returns false at the end of the file.
    fn next_frame(&mut self) -> io::Result<bool> {
        let expected = self.decoder.get_checksum_from_data();
        if expected.is_some() && expected != self.decoder.get_calculated_checksum() {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the checksum does not match"));
        }
        while !self.source.fill_buf()?.is_empty() {
            match self.decoder.init(&mut self.source) {
                Ok(()) => return Ok(true),
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame { length, .. })) => {
                    io::copy(&mut (&mut self.source).take(length.into()), &mut io::sink())?;
                }
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::BadMagicNumber(_))) => {
                    return Err(io::Error::new(io::ErrorKind::InvalidData, "it is not in Zstandard format"));
                }
                Err(error) => return Err(io::Error::new(io::ErrorKind::InvalidData, error)),
            }
        }
        Ok(false)
    }
}

#[cfg(feature = "zstd")]
impl<R: Read> Read for Frames<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            while self.decoder.can_collect() == 0 && !self.decoder.is_finished() {
                let blocks = self.decoder.decode_blocks(&mut self.source, BlockDecodingStrategy::UptoBlocks(1));
                blocks.map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is incomplete or invalid"))?;
            }
            let len = self.decoder.read(buffer)?;
            if len > 0 || buffer.is_empty() || !self.next_frame()? {
                return Ok(len);
            }
        }
    }
}

#[cfg(not(feature = "zstd"))]
fn zstd(_: impl Read) -> io::Result<Stream> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "this build does not read `.zst` files (feature `zstd`)"))
}
