//! Reads dates in another order.

/// The possible ISO dates of a date in another order: `01/03/2026` is 1 March or 3 January.
pub(super) fn dates(written: &str) -> Vec<String> {
    let parts: Vec<&str> = written.split(['/', '.', '-']).collect();
    let [one, two, three] = parts[..] else { return vec![] };
    let (year, orders) = match (one.len(), three.len()) {
        (4, 1..=2) => (one, vec![(two, three)]),
        (1..=2, 4) => (three, vec![(two, one), (one, two)]),
        _ => return vec![],
    };
    let within = |text: &str, most: u8| text.len() <= 2 && text.parse::<u8>().is_ok_and(|it| (1..=most).contains(&it));
    let valid = orders.into_iter().filter(|(month, day)| within(month, 12) && within(day, 31));
    let mut dates: Vec<String> = valid.map(|(month, day)| format!("{year}-{month:0>2}-{day:0>2}")).collect();
    dates.dedup();
    dates
}

/// The hint for a date in another order.
pub(super) fn date_hint(written: &str) -> Option<String> {
    let dates: Vec<String> = dates(written).iter().map(|date| format!("`{date}`")).collect();
    (!dates.is_empty()).then(|| format!("write {}", dates.join(" or ")))
}
