//! The segments of a difference as a table.

use crate::change::{ChangeSegment, ChangeSegments, Effect};
use crate::language::{Language, Phrase};
use crate::render::result::{group_head, group_key};
use crate::render::{Column, Grid};
use crate::value::Decimal;

/// The maximum number of segments that are listed; the others are one row.
const LISTED: usize = 20;

/// The effects in the order of their columns.
const EFFECTS: [(Effect, Phrase); 8] = [
    (Effect::Own, Phrase::OwnDifference),
    (Effect::Rate, Phrase::RateEffect),
    (Effect::Price, Phrase::PriceEffect),
    (Effect::Volume, Phrase::VolumeEffect),
    (Effect::Mix, Phrase::MixEffect),
    (Effect::New, Phrase::NewSegment),
    (Effect::Gone, Phrase::GoneSegment),
    (Effect::Unmatched, Phrase::UnmatchedSegment),
];

/// True if a segment, or what is not divided, accounts for something.
pub fn is_told(segments: &ChangeSegments) -> bool {
    let told = Told::of(segments);
    let is_nonzero = |segment: &ChangeSegment| !segment.share.contribution.is_zero() || told.is_in(segment);
    segments.segments.iter().any(is_nonzero) || segments.undivided.iter().any(|rest| !rest.share.contribution.is_zero())
}

/// A row for each segment with its contribution and the parts of it.
pub fn grid(segments: &ChangeSegments, language: Language, signed: &dyn Fn(Decimal) -> String) -> Grid {
    let told = Told::of(segments);
    let keys = segments.over.iter().map(|name| Column::key(group_head(name, language)));
    let heads = told.0.iter().map(|(_, phrase)| Column::number(language.word(*phrase)));
    let columns = keys.chain([Column::number(language.word(Phrase::Contribution))]).chain(heads).collect();
    // They are sorted by size.
    let nonzero =
        segments.segments.partition_point(|segment| !segment.share.contribution.is_zero() || told.is_in(segment));
    let shown = if nonzero > LISTED { LISTED - 1 } else { nonzero };
    let (listed, others) = segments.segments[..nonzero].split_at(shown);
    let row = |names: Vec<String>, rows: &[ChangeSegment]| {
        let sum = std::iter::once(sum(rows.iter().map(|row| row.share.shown)));
        let effect = |shown: Decimal| if shown.is_zero() { String::new() } else { signed(shown) };
        let cells = sum.map(signed).chain(told.sums(rows).into_iter().map(effect));
        names.into_iter().chain(cells).collect::<Vec<_>>()
    };
    let named = |first: String| {
        let blanks = std::iter::repeat_n(String::new(), segments.over.len().saturating_sub(1));
        std::iter::once(first).chain(blanks).collect::<Vec<_>>()
    };
    let mut rows: Vec<Vec<String>> =
        listed.iter().map(|segment| row(names(segments, segment, language), std::slice::from_ref(segment))).collect();
    if !others.is_empty() {
        let name = language.phrase(Phrase::OtherParts, &[&others.len().to_string()]);
        rows.push(row(named(name), others));
    }
    for rest in &segments.undivided {
        let cause = rest.cause.as_ref().map(|cause| format!(" ({})", language.sentence(cause))).unwrap_or_default();
        let name = language.phrase(Phrase::NotDivided, &[&format!("{}{cause}", rest.name)]);
        rows.push(named(name).into_iter().chain([signed(rest.share.shown)]).collect());
    }
    let whole = segments.undivided.iter().map(|rest| rest.share.shown);
    let whole = sum(whole.chain(segments.segments.iter().map(|segment| segment.share.shown)));
    let total = std::iter::once(whole).chain(told.sums(&segments.segments)).map(signed);
    let total = named("Σ".to_owned()).into_iter().chain(total).collect();
    Grid { columns, rows, total: Some(total) }
}

fn names(segments: &ChangeSegments, segment: &ChangeSegment, language: Language) -> Vec<String> {
    let keys = segments.over.iter().zip(&segment.keys);
    keys.map(|(name, key)| group_key(name, key.as_deref(), language)).collect()
}

fn sum(parts: impl Iterator<Item = Decimal>) -> Decimal {
    parts.fold(Decimal::ZERO, Decimal::saturating_add)
}

/// The effects that have columns: none if the only one is the whole contribution.
struct Told(Vec<(Effect, Phrase)>);

impl Told {
    fn of(segments: &ChangeSegments) -> Self {
        let occurs = |effect: Effect| {
            let effects = segments.segments.iter().flat_map(|segment| &segment.effects);
            effects.filter(|own| own.effect == effect).any(|own| !own.share.contribution.is_zero())
        };
        let told: Vec<_> = EFFECTS.into_iter().filter(|(effect, _)| occurs(*effect)).collect();
        Self(if matches!(told[..], [(Effect::Own, _)]) { vec![] } else { told })
    }

    /// True if a segment has an effect.
    fn is_in(&self, segment: &ChangeSegment) -> bool {
        segment.effects.iter().any(|own| !own.share.contribution.is_zero())
    }

    /// For each effect, the sum over segments.
    fn sums(&self, rows: &[ChangeSegment]) -> Vec<Decimal> {
        let of = |effect: Effect| {
            let effects = rows.iter().flat_map(|row| &row.effects).filter(move |own| own.effect == effect);
            sum(effects.map(|own| own.share.shown))
        };
        self.0.iter().map(|(effect, _)| of(*effect)).collect()
    }
}
