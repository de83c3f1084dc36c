//! The numbers that options take.

/// Reads the number of an option such as `--top 5`, of at least `least` and at most `most`.
pub(super) fn count(
    option: &'static str,
    least: usize,
    most: Option<usize>,
) -> impl Fn(&str) -> Result<usize, String> + Clone + Send + Sync + 'static {
    let range = match most {
        Some(most) => format!("a whole number from {least} to {most}"),
        None => format!("a whole number of at least {least}"),
    };
    let expected = format!("expected {range}, as in `{option} 5`");
    move |text| match text.trim().parse() {
        Ok(count) if (least..=most.unwrap_or(usize::MAX)).contains(&count) => Ok(count),
        _ => Err(expected.clone()),
    }
}
