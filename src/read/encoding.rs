//! Detects the encoding of a file and converts its text to UTF-8.

use std::io::{self, Read};

use super::stream::{Stream, fill};
use crate::language::{Phrase, Sentence};

/// An encoding of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Encoding {
    kind: EncodingKind,
    /// True if the text starts with the UTF-8 byte order mark.
    mark: bool,
    /// True if lines end with a carriage return only, as on old Macs.
    returns: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum EncodingKind {
    #[default]
    Utf8,
    #[cfg(feature = "encodings")]
    Other(&'static encoding_rs::Encoding),
}

/// The usual names of encodings. Other names from the WHATWG Encoding Standard are aliases of these or name rarer
/// encodings.
pub(super) const NAMES: [&str; 12] = [
    "utf-8",
    "utf-16le",
    "utf-16be",
    "latin1",
    "iso-8859-1",
    "iso-8859-2",
    "iso-8859-15",
    "windows-1250",
    "windows-1252",
    "macintosh",
    "shift_jis",
    "gb18030",
];

/// Returns true if the name of an encoding is known. A build that supports only UTF-8 accepts any name, because another
/// build may be able to read the data.
pub(super) fn is_known(name: &str) -> bool {
    cfg!(not(feature = "encodings")) || Encoding::named(name, b"").is_some()
}

impl Encoding {
    /// The encoding with this name.
    pub fn named(name: &str, sample: &[u8]) -> Option<Self> {
        let (mark, returns) = (sample.starts_with(b"\xef\xbb\xbf"), has_returns(sample));
        if name.eq_ignore_ascii_case("utf-8") || name.eq_ignore_ascii_case("utf8") {
            return Some(Self { kind: EncodingKind::Utf8, mark, returns });
        }
        #[cfg(feature = "encodings")]
        if let Some(encoding) = encoding_rs::Encoding::for_label(name.as_bytes()) {
            return Some(Self { kind: EncodingKind::Other(encoding), mark: false, returns });
        }
        None
    }

    /// Detects the encoding from the first bytes of a file. The default is UTF-8.
    pub fn detect(sample: &[u8]) -> Self {
        let (mark, returns) = (sample.starts_with(b"\xef\xbb\xbf"), has_returns(sample));
        #[cfg(feature = "encodings")]
        if !mark && let Some(kind) = detected_other(sample) {
            return Self { kind: EncodingKind::Other(kind), mark, returns };
        }
        Self { kind: EncodingKind::Utf8, mark, returns }
    }

    /// The usual name of the encoding.
    pub fn name(self) -> &'static str {
        match self.kind {
            EncodingKind::Utf8 => "UTF-8",
            #[cfg(feature = "encodings")]
            EncodingKind::Other(encoding) => encoding.name(),
        }
    }

    /// Returns true for UTF-8.
    pub fn is_utf8(self) -> bool {
        self.kind == EncodingKind::Utf8
    }

    /// Returns true if the bytes need no conversion, apart from the byte order mark.
    pub fn is_plain(self) -> bool {
        self.is_utf8() && !self.returns
    }

    /// The notes about the encoding for the user.
    pub fn notes(self) -> Vec<Sentence> {
        let encoding = (!self.is_utf8()).then(|| Sentence::new(Phrase::ReadAs, [self.name()]));
        let returns = self.returns.then(|| Sentence::plain(Phrase::CarriageReturns));
        encoding.into_iter().chain(returns).collect()
    }

    /// Decodes a stream of bytes and removes the byte order mark. UTF-8 is not validated.
    pub fn decoded(self, bytes: Stream) -> io::Result<Stream> {
        let text = self.as_utf8(bytes)?;
        Ok(if self.returns { Box::new(Returns(text)) } else { text })
    }

    fn as_utf8(self, mut bytes: Stream) -> io::Result<Stream> {
        match self.kind {
            EncodingKind::Utf8 => {
                if self.mark {
                    fill(&mut bytes, &mut [0; 3])?;
                }
                Ok(bytes)
            }
            #[cfg(feature = "encodings")]
            EncodingKind::Other(encoding) => Ok(Box::new(Decoded::new(bytes, encoding))),
        }
    }
}

/// Returns true if a sample has carriage returns but no line feed.
fn has_returns(sample: &[u8]) -> bool {
    memchr::memchr(b'\r', sample).is_some() && memchr::memchr(b'\n', sample).is_none()
}

/// A text in which carriage returns are replaced by line feeds.
struct Returns(Stream);

impl Read for Returns {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let len = self.0.read(buffer)?;
        buffer[..len].iter_mut().filter(|byte| **byte == b'\r').for_each(|byte| *byte = b'\n');
        Ok(len)
    }
}

/// Detects UTF-16 and Windows-1252. UTF-16 has a byte order mark or zero bytes; in Windows-1252, all bytes that are not
/// ASCII must be plausible.
#[cfg(feature = "encodings")]
fn detected_other(sample: &[u8]) -> Option<&'static encoding_rs::Encoding> {
    if let Some((encoding, _)) = encoding_rs::Encoding::for_bom(sample) {
        return Some(encoding);
    }
    let zeros = |odd: usize| sample.iter().skip(odd).step_by(2).take(512).filter(|&&byte| byte == 0).count();
    let pairs = (sample.len() / 2).min(512);
    if pairs > 0 && zeros(1) * 4 > pairs * 3 && zeros(0) == 0 {
        return Some(encoding_rs::UTF_16LE);
    }
    if pairs > 0 && zeros(0) * 4 > pairs * 3 && zeros(1) == 0 {
        return Some(encoding_rs::UTF_16BE);
    }
    is_windows_1252(sample).then_some(encoding_rs::WINDOWS_1252)
}

/// Returns true if a sample that is not UTF-8 is plausible as Windows-1252. It may contain symbols (and `à`) that are
/// common in tables, other letters only next to ASCII letters, and no sequence that would be valid UTF-8.
#[cfg(feature = "encodings")]
fn is_windows_1252(sample: &[u8]) -> bool {
    const SIGNS: &[u8] = b"\x80\x92\x93\x94\x96\x97\xa0\xa3\xa7\xab\xb0\xb2\xb3\xb5\xb7\xbb\xc0\xe0";
    let is_letter = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphabetic);
    let plausible = |at: usize, byte: u8| {
        SIGNS.contains(&byte)
            || (byte >= 0xc0 || byte == 0x9c || byte == 0x8c)
                && (is_letter(sample.get(at + 1)) || at > 0 && is_letter(sample.get(at - 1)))
    };
    let is_utf8_pair = |pair: &[u8]| (0xc3..=0xf4).contains(&pair[0]) && (0x80..0xc0).contains(&pair[1]);
    let Err(error) = std::str::from_utf8(sample) else { return false };
    error.error_len().is_some()
        && !sample.windows(2).any(is_utf8_pair)
        && sample.iter().enumerate().all(|(at, &byte)| (byte < 0x80 && byte != 0) || plausible(at, byte))
}

/// Converts a stream in another encoding to UTF-8.
#[cfg(feature = "encodings")]
struct Decoded {
    bytes: Stream,
    decoder: encoding_rs::Decoder,
    raw: Vec<u8>,
    /// The part of `raw` that has not been decoded yet.
    pending: std::ops::Range<usize>,
    ended: bool,
    finished: bool,
}

#[cfg(feature = "encodings")]
impl Decoded {
    fn new(bytes: Stream, encoding: &'static encoding_rs::Encoding) -> Self {
        let decoder = encoding.new_decoder_with_bom_removal();
        Self { bytes, decoder, raw: vec![0; 1 << 16], pending: 0..0, ended: false, finished: false }
    }
}

#[cfg(feature = "encodings")]
impl Read for Decoded {
    /// `buffer` must have room for one character. All readers of this crate use large buffers.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.finished {
            return Ok(0);
        }
        loop {
            if self.pending.is_empty() && !self.ended {
                let len = fill(&mut self.bytes, &mut self.raw)?;
                (self.pending, self.ended) = (0..len, len < self.raw.len());
            }
            let source = &self.raw[self.pending.clone()];
            let (result, read, written) = self.decoder.decode_to_utf8_without_replacement(source, buffer, self.ended);
            self.pending.start += read;
            match result {
                encoding_rs::DecoderResult::Malformed(..) => {
                    let message = format!("it holds bytes that are not {}", self.decoder.encoding().name());
                    return Err(io::Error::new(io::ErrorKind::InvalidData, message));
                }
                encoding_rs::DecoderResult::OutputFull => return Ok(written),
                encoding_rs::DecoderResult::InputEmpty if written > 0 || self.ended => {
                    self.finished = self.ended;
                    return Ok(written);
                }
                encoding_rs::DecoderResult::InputEmpty => {}
            }
        }
    }
}
