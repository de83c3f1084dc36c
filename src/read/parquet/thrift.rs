//! Walks through structures in Thrift's compact protocol, in which Parquet files describe themselves.

/// The nesting of values that are skipped.
const MAX_DEPTH: usize = 64;

/// The types of values.
const TRUE: u8 = 1;
const FALSE: u8 = 2;
const BYTE: u8 = 3;
const I16: u8 = 4;
const I32: u8 = 5;
const I64: u8 = 6;
const DOUBLE: u8 = 7;
const BINARY: u8 = 8;
const LIST: u8 = 9;
const SET: u8 = 10;
const MAP: u8 = 11;
const STRUCT: u8 = 12;

/// A position in bytes. Every method returns None if a value is invalid or reaches beyond the end.
pub(super) struct Compact<'b> {
    bytes: &'b [u8],
    at: usize,
}

/// A field of a structure: its number and its type.
#[derive(Clone, Copy)]
pub(super) struct Field {
    pub number: i64,
    kind: u8,
}

impl<'b> Compact<'b> {
    pub fn new(bytes: &'b [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// The number of bytes read so far.
    pub fn position(&self) -> usize {
        self.at
    }

    pub fn byte(&mut self) -> Option<u8> {
        let byte = *self.bytes.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    pub fn advance(&mut self, bytes: u64) -> Option<()> {
        self.take(bytes).map(|_| ())
    }

    /// The next bytes.
    pub fn take(&mut self, bytes: u64) -> Option<&'b [u8]> {
        let end = self.at.checked_add(usize::try_from(bytes).ok()?)?;
        let taken = self.bytes.get(self.at..end)?;
        self.at = end;
        Some(taken)
    }

    /// An unsigned number of up to 64 bits.
    pub fn unsigned(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    /// A signed number of up to 64 bits, in zigzag order.
    pub fn signed(&mut self) -> Option<i64> {
        let number = self.unsigned()?;
        Some((number >> 1) as i64 ^ -((number & 1) as i64))
    }

    /// Visits the fields of a structure. `visit` reads the value of a field, or returns false to skip it.
    pub fn structure(&mut self, visit: &mut dyn FnMut(&mut Self, Field) -> Option<bool>) -> Option<()> {
        self.fields(0, visit)
    }

    fn fields(&mut self, depth: usize, visit: &mut dyn FnMut(&mut Self, Field) -> Option<bool>) -> Option<()> {
        let mut number = 0_i64;
        loop {
            let header = self.byte()?;
            if header == 0 {
                return Some(());
            }
            number = match header >> 4 {
                0 => self.signed()?,
                more => number.checked_add(i64::from(more))?,
            };
            let field = Field { number, kind: header & 0x0f };
            if !visit(self, field)? {
                self.skip(field.kind, depth)?;
            }
        }
    }

    /// The value of a field that is a whole number.
    pub fn integer(&mut self, field: Field) -> Option<i64> {
        match field.kind {
            I16 | I32 | I64 => self.signed(),
            _ => None,
        }
    }

    /// The length of a field that is a list of structures.
    pub fn structures(&mut self, field: Field) -> Option<u64> {
        let (kind, len) = if field.kind == LIST { self.list()? } else { return None };
        Some(len).filter(|len| kind == STRUCT || *len == 0)
    }

    /// Checks that a field is a structure.
    pub fn is_structure(field: Field) -> Option<()> {
        (field.kind == STRUCT).then_some(())
    }

    /// The type and the number of values of a list. Each takes at least one byte.
    fn list(&mut self) -> Option<(u8, u64)> {
        let header = self.byte()?;
        let len = match header >> 4 {
            15 => self.unsigned()?,
            len => u64::from(len),
        };
        Some((header & 0x0f, len)).filter(|_| len <= (self.bytes.len() - self.at) as u64)
    }

    fn skip(&mut self, kind: u8, depth: usize) -> Option<()> {
        if depth >= MAX_DEPTH {
            return None;
        }
        match kind {
            TRUE | FALSE => Some(()),
            BYTE => self.advance(1),
            I16 | I32 | I64 => self.unsigned().map(|_| ()),
            DOUBLE => self.advance(8),
            BINARY => {
                let len = self.unsigned()?;
                self.advance(len)
            }
            LIST | SET => {
                let (kind, len) = self.list()?;
                (0..len).try_for_each(|_| self.skip_element(kind, depth + 1))
            }
            MAP => {
                let len = self.unsigned()?;
                let kinds = if len > 0 { self.byte()? } else { 0 };
                (0..len).try_for_each(|_| {
                    self.skip_element(kinds >> 4, depth + 1)?;
                    self.skip_element(kinds & 0x0f, depth + 1)
                })
            }
            STRUCT => self.fields(depth + 1, &mut |_, _| Some(false)),
            _ => None,
        }
    }

    /// Outside of structures, a truth value is a byte.
    fn skip_element(&mut self, kind: u8, depth: usize) -> Option<()> {
        if matches!(kind, TRUE | FALSE) { self.advance(1) } else { self.skip(kind, depth) }
    }
}
