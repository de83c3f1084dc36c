//! Explains why a text is not JSON or not a table of records, with the place of the error.

use crate::diagnostic::{CellPlace, Code, Diagnostic};
use crate::read::cell;
use crate::read::input::Input;

pub(super) const CUT_HINT: &str = "the file is incomplete or was still being written";

/// The reason why a text is not a table of records. It consists of the code (not JSON, or JSON of another form), the
/// message and a hint.
pub(super) type Reason = (Code, String, Option<&'static str>);

/// The reason why a text is not a table of records, and the place.
pub(super) struct Broken {
    at: usize,
    cell: String,
    reason: Reason,
}

impl Broken {
    pub fn new(text: &[u8], at: usize, reason: Reason) -> Self {
        Self { at, cell: excerpt(text, at), reason }
    }

    /// Reports a record that is not JSON. A record that ends too early is detected only at the start of the next one or
    /// at the end of the text.
    pub fn record(text: &[u8], start: usize, error: &serde_json::Error) -> Self {
        let at = start + offset(&text[start..], error);
        let line = line_start(text, at);
        let begins_again = line > start && text[line..=at].trim_ascii() == b"{";
        if error.is_eof() || begins_again {
            let end = text[..if begins_again { line } else { text.len() }].trim_ascii_end().len();
            let cell = excerpt(text, line_start(text, end).max(start));
            let hint = error.is_eof().then_some(CUT_HINT);
            return Self { at: end, cell, reason: (Code::Unreadable, "not JSON: a record is incomplete".into(), hint) };
        }
        let from = text[start..at].iter().rposition(|byte| b",{\n".contains(byte)).map_or(at, |sign| start + sign + 1);
        let (reason, hint) = reason(error, &text[at..]);
        Self { at, cell: excerpt(text, from), reason: (Code::Unreadable, format!("not JSON: {reason}"), hint) }
    }

    pub fn diagnostic(self, input: &Input, offset: u64) -> Diagnostic {
        let place = input.place(input.line(offset + self.at as u64));
        let (code, message, hint) = self.reason;
        Diagnostic::error(code, message).in_data(CellPlace { cell: Some(self.cell), ..place }).maybe_hint(hint)
    }
}

/// The start of the line that contains a position.
fn line_start(text: &[u8], at: usize) -> usize {
    memchr::memrchr(b'\n', &text[..at]).map_or(0, |end| end + 1)
}

/// Describes the error in a record. The terms of JSON parsers that serde_json uses are replaced by those of tables.
/// `rest` is the text from the error on.
fn reason(error: &serde_json::Error, rest: &[u8]) -> (String, Option<&'static str>) {
    let text = error.to_string();
    let reason = text.split(" at line ").next().unwrap_or_default();
    match (reason, rest.first()) {
        ("key must be a string", Some(b'}')) => ("there is a comma before the end of the record".into(), None),
        ("key must be a string", _) => ("expected a name in double quotes".into(), None),
        ("expected value" | "expected ident", _) => ("expected a value".into(), Some(VALUE_HINT)),
        (control, _) if control.starts_with("control character") => {
            let broken_off = rest.iter().take(2).any(|byte| b"\r\n".contains(byte));
            let what = if broken_off { "is cut off at the end of its line" } else { "holds a bare control character" };
            (format!("a text {what}"), None)
        }
        (escape, _) if escape.contains("escape") => ("invalid escape sequence".into(), None),
        (other, _) => (other.to_string(), None),
    }
}

const VALUE_HINT: &str = "use a number, a text in double quotes, `true`, `false`, or `null` for a blank value";

/// The position of an error of serde_json. The library reports the line and the number of its bytes up to and including
/// the error.
fn offset(text: &[u8], error: &serde_json::Error) -> usize {
    let ends = memchr::memchr_iter(b'\n', text).map(|end| end + 1);
    let line = std::iter::once(0).chain(ends).nth(error.line().saturating_sub(1)).unwrap_or(text.len());
    (line + error.column()).saturating_sub(1).min(text.len().saturating_sub(1))
}

/// The text from a position to the end of its line, shortened.
fn excerpt(text: &[u8], at: usize) -> String {
    const BYTES: usize = 200;
    let line = text[at..].split(|&byte| byte == b'\n').next().unwrap_or_default();
    cell::excerpt(String::from_utf8_lossy(&line[..line.len().min(BYTES)]).trim())
}
