//! Lists the words with which the entries of blocks begin.

/// The properties of a card.
pub(super) const PROPERTIES: [&str; 20] = [
    "label",
    "about",
    "source",
    "owner",
    "better",
    "target",
    "per",
    "good",
    "watch",
    "bad",
    "range",
    "kind",
    "perspective",
    "stage",
    "tags",
    "alias",
    "format",
    "since",
    "version",
    "state",
];

/// The settings of a dataset block that describe the file format.
pub(super) const SETTINGS: [&str; 7] = ["delimiter", "decimal", "dates", "encoding", "sheet", "range", "blank"];

/// The other entries of a dataset block.
pub(super) const OPTIONS: [&str; 7] = ["time", "valid from", "lookup", "expect", "header", "no header", "skip last"];

/// The words of a lookup that are no entries of their own.
pub(super) const LOOKUP_WORDS: [&str; 6] = ["as", "asof", "next", "within", "on", "nearest"];

/// Words with which other languages begin a test of rows.
pub(super) const TEST_WORDS: [&str; 7] = ["unique", "strict", "assert", "check", "test", "require", "values"];

/// The words of `valid from … until …` that are no entries of their own.
pub(super) const VALIDITY_WORDS: [&str; 7] = ["valid", "from", "to", "until", "through", "start", "end"];

/// The steps of a test.
pub(super) const STEPS: [&str; 5] = ["given", "expect", "by", "where", "period"];
