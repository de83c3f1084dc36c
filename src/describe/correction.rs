//! Writes a computed column that spells texts in one way.

use super::column::{ColumnPass, Spellings};
use crate::syntax::{spelled, string};

/// The line of a computed column in which texts that probably stand for one are equal. None if there are none.
pub(super) fn of(column: &ColumnPass) -> Option<String> {
    let texts = column.texts()?;
    let found: Vec<Spellings> = texts.spellings().into_iter().chain(texts.typos()).collect();
    let name = spelled(&column.name);
    let case = |found: &Spellings| format!("if {} then {} else ", condition(&name, found), string(&found.usual));
    let cases: String = found.iter().map(case).collect();
    let computed = spelled(&format!("{}_name", column.name));
    (!found.is_empty()).then(|| format!("{computed} = {cases}{name}"))
}

/// `channel = "Web"`, or `channel in ("Web", "WEB")`
fn condition(column: &str, found: &Spellings) -> String {
    let others: Vec<String> = found.others.iter().map(|(text, ..)| string(text)).collect();
    match &others[..] {
        [other] => format!("{column} = {other}"),
        others => format!("{column} in ({})", others.join(", ")),
    }
}
