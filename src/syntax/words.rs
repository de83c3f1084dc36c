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

/// The steps of a test.
pub(super) const STEPS: [&str; 5] = ["given", "expect", "by", "where", "period"];

/// The entries of a report.
pub(super) const REPORT_ENTRIES: [&str; 6] = ["kpis", "by", "over", "where", "period", "against"];

/// Words that begin no entry, with what to write in their place.
type Meant = (&'static [&'static str], &'static str);

/// Words that people begin an entry of a card with.
const CARD_WORDS: [Meant; 12] = [
    (&["goal", "objective", "aim", "objectif", "cible", "but"], "write `target 30`"),
    (&["title", "name", "display", "libelle", "libellé", "titre", "nom"], "write `label \"Churn rate\"`"),
    (&["description", "desc", "definition", "note", "comment", "définition", "commentaire"], "write `about \"…\"`"),
    (&["direction", "polarity", "trend", "sens", "tendance"], "write `better higher` or `better lower`"),
    (
        &["unit", "units", "currency", "type", "unité", "unite", "devise"],
        "declare the unit before the formula: `cost: EUR = …`",
    ),
    (
        &["min", "max", "minimum", "maximum", "limits", "bornes", "plage"],
        "write `range 0..1`; one end may be open: `range 0..`",
    ),
    (&["frequency", "period", "grain", "every", "fréquence", "frequence", "période", "periode"], "write `per month`"),
    (
        &[
            "green",
            "ok",
            "red",
            "vert",
            "rouge",
            "seuil",
            "alerte",
            "critical",
            "amber",
            "yellow",
            "orange",
            "warning",
            "threshold",
        ],
        "write `good >= 30`, `watch >= 20` and `bad otherwise`",
    ),
    (&["synonym", "synonyms", "aka", "synonyme", "synonymes"], "write `alias \"churn\"`"),
    (&["responsable", "propriétaire", "proprietaire", "responsible"], "write `owner \"sales\"`"),
    (&["exemple"], "write `example a = 1, b = 2 gives 0.5`"),
    (&["décimales", "decimales", "decimals", "digits"], "write `format 2 decimals`"),
];

/// Words that people begin an entry of a dataset's block with.
const DATASET_WORDS: [Meant; 7] = [
    (&["date", "day", "timestamp", "datetime"], "to declare the time column, write `time day`"),
    (&["join", "link", "relate", "relation", "merge"], "write `lookup customers on customer_id`"),
    (&["separator", "sep"], "write `delimiter \";\"`"),
    (&["tab", "worksheet"], "write `sheet \"Q1\"`"),
    (
        &["as", "asof", "next", "within", "on", "nearest"],
        "a lookup in time is written `lookup rates on currency as of day within 7 days`",
    ),
    (
        &["unique", "strict", "assert", "check", "test", "require", "values"],
        "a test of rows is written `expect unique order_id`, or `strict expect amount >= 0`",
    ),
    (
        &["valid", "from", "to", "until", "through", "start", "end"],
        "rows that hold over an interval are declared as `valid from start_date until end_date`",
    ),
];

/// What to write in place of a word that begins no entry of a card.
pub(super) fn meant_in_card(word: &str) -> Option<&'static str> {
    meant(&CARD_WORDS, word)
}

/// What to write in place of a word that begins no entry of a dataset's block.
pub(super) fn meant_in_dataset(word: &str) -> Option<&'static str> {
    meant(&DATASET_WORDS, word)
}

fn meant(words: &[Meant], word: &str) -> Option<&'static str> {
    let word = word.to_lowercase();
    words.iter().find(|(known, _)| known.contains(&&*word)).map(|(_, hint)| *hint)
}
