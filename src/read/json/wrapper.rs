//! Finds the records of a file that is a single record around them: `{"data": [{…}, {…}], "count": 2}`.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::records::{record_len, whitespace};
use crate::diagnostic::{Code, Diagnostic};
use crate::read::blocks::MAX_RECORD_BYTES;
use crate::read::input::Input;
use crate::read::stream::fill;

/// The number of bytes in which the end of the first record is sought first.
const START: usize = 1 << 16;

/// The maximum depth of the records around an array.
const MAX_DEPTH: usize = 8;

/// An array of records in a record, with its position in the text.
pub(super) struct Wrapped {
    pub at: u64,
    /// `data`, or `response.data`.
    pub name: String,
}

/// The only array of records in a text that is a single record. None if the text has another form.
///
/// # Errors
/// A single record that contains several arrays of records.
pub(super) fn find(input: &Input) -> Result<Option<Wrapped>, Diagnostic> {
    let Some(text) = single_record(input)? else { return Ok(None) };
    let mut found = vec![];
    collect(&text, &text, "", 1, &mut found);
    if found.len() > 1 {
        let names: Vec<String> = found.iter().map(|array| format!("`{}`", array.name)).collect();
        let message = format!("the file is one record with several arrays of records: {}", names.join(", "));
        let hint = format!(
            "write one of the arrays to a file of its own, such as with `jq .{} {}`",
            found[0].name, input.label
        );
        return Err(Diagnostic::error(Code::BadTable, message).in_data(input.place(None)).hint(hint));
    }
    Ok(found.pop())
}

/// The text, if it is a single record of at most [`MAX_RECORD_BYTES`].
fn single_record(input: &Input) -> Result<Option<String>, Diagnostic> {
    let (mut stream, mut text) = (input.text_stream()?, vec![]);
    loop {
        let (known, requested) = (text.len(), text.len().max(START));
        text.resize(known + requested, 0);
        let read = fill(&mut stream, &mut text[known..]).map_err(|error| input.unreadable(&error))?;
        text.truncate(known + read);
        let start = whitespace(&text);
        if text.get(start) != Some(&b'{') {
            return Ok(None);
        }
        let ended = read < requested;
        match record_len(&text[start..]) {
            Ok(len) if start + len + whitespace(&text[start + len..]) < text.len() => return Ok(None),
            Ok(_) if ended => return Ok(String::from_utf8(text).ok()),
            Err(error) if ended || !error.is_eof() => return Ok(None),
            _ if text.len() > MAX_RECORD_BYTES => return Ok(None),
            _ => {}
        }
    }
}

/// Collects the arrays of records in a record, not those in their records.
fn collect(text: &str, record: &str, around: &str, depth: usize, found: &mut Vec<Wrapped>) {
    let Ok(values) = serde_json::from_str::<BTreeMap<String, &RawValue>>(record) else { return };
    for (name, value) in values {
        let (value, name) = (value.get(), format!("{around}{name}"));
        let inner = value.strip_prefix('[').map(str::trim_ascii_start);
        if inner.is_some_and(|inner| inner.starts_with('{')) {
            found.push(Wrapped { at: (value.as_ptr() as usize - text.as_ptr() as usize) as u64, name });
        } else if value.starts_with('{') && depth < MAX_DEPTH {
            collect(text, value, &format!("{name}."), depth + 1, found);
        }
    }
}
