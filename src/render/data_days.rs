//! Writes which days the data behind a page cover.

use crate::language::{Language, Phrase};
use crate::report::DataDays;

/// `ads, 2026-01-01 to 2026-03-31; rates, no dates`
pub(super) fn text(data: &[DataDays], language: Language) -> String {
    let one = |data: &DataDays| match &data.days {
        Some((from, to)) => format!("{}, {}", data.dataset, language.days(from, to)),
        None => format!("{}, {}", data.dataset, language.word(Phrase::NoDataDays)),
    };
    data.iter().map(one).collect::<Vec<_>>().join(language.word(Phrase::Semicolon))
}
