//! Implements the functions of texts.

use std::sync::Arc;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

use crate::value::{Cause, Cell, Value};

pub(super) fn lower(arguments: &[Value]) -> Cell {
    let [text] = texts(arguments)?;
    Ok(in_nfc(&text.to_lowercase()))
}

pub(super) fn upper(arguments: &[Value]) -> Cell {
    let [text] = texts(arguments)?;
    Ok(in_nfc(&text.to_uppercase()))
}

pub(super) fn contains(arguments: &[Value]) -> Cell {
    let [text, part] = texts(arguments)?;
    Ok(Value::Boolean(text.contains(&**part)))
}

pub(super) fn starts_with(arguments: &[Value]) -> Cell {
    let [text, part] = texts(arguments)?;
    Ok(Value::Boolean(text.starts_with(&**part)))
}

pub(super) fn ends_with(arguments: &[Value]) -> Cell {
    let [text, part] = texts(arguments)?;
    Ok(Value::Boolean(text.ends_with(&**part)))
}

/// Normalizes to NFC, because a change of case can separate letters and marks that NFC composes.
fn in_nfc(text: &str) -> Value {
    if is_nfc_quick(text.chars()) == IsNormalized::Yes {
        return Value::Text(text.into());
    }
    Value::Text(text.nfc().collect::<String>().into())
}

fn texts<const COUNT: usize>(arguments: &[Value]) -> Result<[&Arc<str>; COUNT], Cause> {
    let arguments: &[Value; COUNT] = arguments.try_into().map_err(|_| Cause::WrongKind)?;
    if !arguments.iter().all(|argument| matches!(argument, Value::Text(_))) {
        return Err(Cause::WrongKind);
    }
    Ok(arguments.each_ref().map(|argument| match argument {
        Value::Text(text) => text,
        _ => unreachable!("all arguments are texts"),
    }))
}
