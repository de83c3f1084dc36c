//! Finds the tags of an XML text that arrives in pieces.

use memchr::memmem;

/// The length of a tag in bytes. Excel's longest texts in tags are number formats of 255 characters.
pub(super) const MAX_TAG: usize = 1 << 13;

/// A part of a text between `<` and `>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Text,
    /// In a tag, and in a value between these quotes.
    Tag(Option<u8>),
    /// In a comment or a text that ends with these bytes.
    Until(&'static [u8]),
}

/// What the tags of a text say that its reader relies on.
#[derive(Debug)]
pub(super) struct Tags {
    part: Part,
    /// The tag so far, or the last bytes of a comment.
    tag: Vec<u8>,
    /// The number of texts that the table of texts declares.
    pub declared_texts: u64,
    pub texts: u64,
    /// The number of cell formats, and the size of the largest tag. A cell format refers to other tags.
    pub formats: u64,
    pub largest: u64,
}

impl Tags {
    pub fn new() -> Self {
        Self { part: Part::Text, tag: vec![], declared_texts: 0, texts: 0, formats: 0, largest: 0 }
    }

    /// Reads the next piece. None if it is not UTF-8 or a tag is too long.
    pub fn read(&mut self, mut piece: &[u8]) -> Option<()> {
        if memchr::memchr(0, piece).is_some() {
            return None;
        }
        while !piece.is_empty() {
            piece = match self.part {
                Part::Text => self.text(piece),
                _ => self.markup(piece)?,
            };
        }
        Some(())
    }

    fn text<'p>(&mut self, piece: &'p [u8]) -> &'p [u8] {
        let Some(start) = memchr::memchr(b'<', piece) else { return &[] };
        self.part = Part::Tag(None);
        self.tag.clear();
        &piece[start + 1..]
    }

    fn markup<'p>(&mut self, piece: &'p [u8]) -> Option<&'p [u8]> {
        let (&byte, rest) = piece.split_first()?;
        match self.part {
            Part::Tag(None) if byte == b'>' => self.end(),
            Part::Until(end) => self.comment(byte, end),
            Part::Tag(quote) => {
                self.tag.push(byte);
                self.part = match (quote, byte, &*self.tag) {
                    (None, _, b"!--") => Part::Until(b"-->"),
                    (None, _, b"![CDATA[") => Part::Until(b"]]>"),
                    (None, _, b"?") => Part::Until(b"?>"),
                    (None, b'"' | b'\'', _) => Part::Tag(Some(byte)),
                    (Some(open), ..) if open == byte => Part::Tag(None),
                    _ => self.part,
                };
            }
            Part::Text => {}
        }
        (self.tag.len() <= MAX_TAG).then_some(rest)
    }

    fn comment(&mut self, byte: u8, end: &[u8]) {
        if self.tag.len() >= end.len() {
            self.tag.remove(0);
        }
        self.tag.push(byte);
        if self.tag.ends_with(end) {
            self.part = Part::Text;
        }
    }

    fn end(&mut self) {
        self.part = Part::Text;
        self.largest = self.largest.max(self.tag.len() as u64);
        let name = self.tag.split(|byte| byte.is_ascii_whitespace() || *byte == b'/').next().unwrap_or_default();
        match name.rsplit(|byte| *byte == b':').next().unwrap_or_default() {
            b"si" => self.texts += 1,
            b"xf" => self.formats += 1,
            b"sst" => self.declared_texts = self.declared_texts.max(number_after(&self.tag, b"uniqueCount")),
            _ => {}
        }
    }
}

/// The number in quotes after a name, or 0.
fn number_after(tag: &[u8], name: &[u8]) -> u64 {
    let after = memmem::find(tag, name).map_or(&b""[..], |at| &tag[at + name.len()..]);
    let digits = after.iter().skip_while(|byte| !byte.is_ascii_digit()).take_while(|byte| byte.is_ascii_digit());
    digits.fold(0_u64, |number, digit| number.saturating_mul(10).saturating_add(u64::from(digit - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, piece: usize) -> Option<[u64; 4]> {
        let mut tags = Tags::new();
        text.as_bytes().chunks(piece).try_for_each(|piece| tags.read(piece))?;
        Some([tags.declared_texts, tags.texts, tags.formats, tags.largest])
    }

    #[test]
    fn tags_are_found_in_pieces_of_any_size() {
        let text = "<?xml ' ?><x:sst a=\">\" count='1' uniqueCount = '42'><!-- <si> don't --><si><t>a > b</t></si><x:si/>\
                    <![CDATA[<si>'>]]></x:sst><cellXfs><xf a='1'/></cellXfs>";
        for piece in [1, 2, 3, 7, 1000] {
            assert_eq!(read(text, piece), Some([42, 2, 1, 40]), "{piece}");
        }
        assert_eq!(
            read("<sst uniqueCount=\"99999999999999999999999\">", 9).map(|[declared, ..]| declared),
            Some(u64::MAX)
        );
    }

    #[test]
    fn long_tags_and_other_encodings_are_rejected() {
        assert!(read(&format!("<a b='{}'>", " ".repeat(MAX_TAG - 8)), 100).is_some());
        assert!(read(&format!("<a b='{}'>", " ".repeat(MAX_TAG)), 100).is_none());
        assert!(read(&format!("<!--{}-->", " ".repeat(MAX_TAG)), 100).is_some());
        assert!(read("<\0s\0s\0t\0>\0", 100).is_none());
    }
}
