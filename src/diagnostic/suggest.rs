//! Finds the names a user may have meant.

/// The candidates close to `name`, nearest first, at most three.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let wanted = name.to_lowercase();
    let mut close: Vec<(usize, &str)> = candidates
        .into_iter()
        .filter(|candidate| *candidate != name)
        .filter_map(|candidate| Some((distance(&wanted, &candidate.to_lowercase())?, candidate)))
        .collect();
    close.sort();
    close.dedup();
    close.into_iter().take(3).map(|(_, candidate)| candidate).collect()
}

/// ``did you mean `a` or `b`?``, where there is anything close.
pub fn did_you_mean<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let names: Vec<String> = nearest(name, candidates).into_iter().map(|name| format!("`{name}`")).collect();
    (!names.is_empty()).then(|| format!("did you mean {}?", names.join(" or ")))
}

/// An edit distance, where it is small for the length: a third of the letters, at least one, may differ.
fn distance(wanted: &str, candidate: &str) -> Option<usize> {
    let letters = wanted.chars().count();
    if letters.abs_diff(candidate.chars().count()) > letters / 3 + 1 {
        return None;
    }
    let distance = strsim::damerau_levenshtein(wanted, candidate);
    (distance <= (letters / 3).max(1)).then_some(distance)
}
