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
pub(super) const OPTIONS: [&str; 5] = ["time", "lookup", "header", "no header", "skip last"];

/// The steps of a test.
pub(super) const STEPS: [&str; 5] = ["given", "expect", "by", "where", "period"];
