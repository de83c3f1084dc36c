//! Shows the correct form of an entry or item that cannot be parsed.

use super::scene::Scene;

/// An example of each item and entry, by its first word.
const FORMS: [(&str, &str); 52] = [
    ("input", "input spend: money = sum(ads.cost)"),
    ("param", "param target_cac = 40 EUR"),
    ("let", "let net = revenue - refunds"),
    ("fn", "fn rise(x) = x / x[previous] - 1"),
    ("dataset", "dataset ads = \"ads.csv\" { time day }"),
    ("test", "test \"title\" { given a = 1  expect b = 2 }"),
    ("scenario", "scenario \"cheaper ads\" { spend = spend * 90% }"),
    ("report", "report \"Board\" { kpis cac, ltv  by month  period last 12 months }"),
    ("kpis", "kpis cac, ltv"),
    ("over", "over channel"),
    ("against", "against previous` or `against 1 year ago"),
    ("calendar", "calendar { year starts april }"),
    ("currency", "currency EUR"),
    ("unit", "unit customer"),
    ("label", "label \"Churn rate\" fr \"Taux d'attrition\""),
    ("about", "about \"What one new customer costs.\""),
    ("source", "source \"handbook\""),
    ("owner", "owner \"sales\""),
    ("since", "since \"2025\""),
    ("version", "version \"2\""),
    ("better", "better higher`, `better lower` or `better neither"),
    ("kind", "kind leading` or `kind lagging"),
    ("perspective", "perspective customer"),
    ("stage", "stage retention"),
    ("tags", "tags churn, loyalty"),
    ("state", "state draft` or `state official"),
    ("per", "per year"),
    ("target", "target 40 EUR"),
    ("good", "good <= 5% \"advice\""),
    ("watch", "watch between 5% and 8%"),
    ("bad", "bad otherwise \"advice\""),
    ("range", "range 0..1"),
    ("alias", "alias \"churn\", fr \"attrition\""),
    ("format", "format 2 decimals"),
    ("example", "example a = 1, b = 2 gives 0.5"),
    ("time", "time day"),
    ("valid", "valid from start_date until end_date"),
    ("lookup", "lookup listings on listing_id"),
    ("given", "given a = 1, b = 2"),
    ("expect", "expect a = 1"),
    ("by", "by month, channel"),
    ("where", "where country = \"FR\""),
    ("period", "period 2026-01..2026-03"),
    ("delimiter", "delimiter \";\""),
    ("decimal", "decimal \",\""),
    ("dates", "dates \"dd/mm/yyyy\""),
    ("encoding", "encoding \"windows-1252\""),
    ("sheet", "sheet \"Q1\""),
    ("header", "header 4"),
    ("no", "no header"),
    ("skip", "skip last 1"),
    ("blank", "blank \"n/a\""),
];

/// The form of the broken entry, or of the item if it breaks near its head.
pub(super) fn form_of(scene: &Scene<'_>) -> Option<String> {
    let near_head = scene.open().is_empty() && scene.at <= 4;
    if !scene.is_item() || (!near_head && scene.inside() != "{") {
        return None;
    }
    let in_dataset = scene.tokens.first().is_some_and(|first| first.of(scene.text) == "dataset");
    if in_dataset && scene.entry_word() == "where" {
        let hint =
            "a dataset has no `where`: write the condition in an aggregate, `sum(x where x > 3)`, or in the query";
        return Some(hint.into());
    }
    let form = |word: &str| FORMS.iter().find(|(entry, _)| *entry == word);
    let item = scene.tokens.first().map_or("", |first| first.of(scene.text));
    let (word, form) = match (item, scene.entry_word()) {
        ("dataset", "expect") => &("expect", "expect unique order_id"),
        (_, word) => form(word).or_else(|| form(item))?,
    };
    Some(format!("`{word}` is written `{form}`"))
}
