//! Finds bands that no value can have, bands that contradict their direction, targets that are not `good`, and empty
//! ranges.
//!
//! The bounds divide the numbers into points and gaps, and all values in a gap have the same bands. A few points
//! therefore represent all values. A bound that depends on data is only compared with itself, and `when` conditions are
//! not compared at all. There is no warning for a case that cannot be decided.

use std::cmp::Ordering;

use super::card::{Better, Card, status_name};
use super::fold::Folding;
use super::{Definition, Library};
use crate::budget::Budget;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::source::{FileId, Span};
use crate::syntax::ast::{Band, BandCondition, BinaryOp, Expr, Status};
use crate::syntax::format_expr;
use crate::value::Number;
use crate::value::unit::Type;

/// Adds a warning for each probable mistake in the cards of these definitions.
///
/// # Errors
/// The limit of the budget that was reached.
pub(super) fn check<'a>(
    library: &'a Library,
    definitions: impl Iterator<Item = &'a Definition>,
    diagnostics: &mut Vec<Diagnostic>,
    budget: &Budget,
) -> Result<(), Diagnostic> {
    let mut faults: Vec<(FileId, u32)> = diagnostics.iter().filter_map(place_of_fault).collect();
    faults.sort_unstable();
    // A bound with another problem is probably not the intended one.
    let is_meant = |expr: &Expr| {
        let first = faults.partition_point(|fault| *fault < (expr.span.file, expr.span.start));
        faults.get(first).is_none_or(|fault| *fault >= (expr.span.file, expr.span.end))
    };
    let is_judged = |card: &Card| card.expressions().next().is_some() && card.expressions().all(is_meant);
    let mut folding = None;
    for definition in definitions.filter(|definition| is_judged(&definition.card)) {
        let ty = library.id(&definition.name.text).map_or(&Type::Unknown, |id| library.type_of(id));
        let folding = folding.get_or_insert_with(|| Folding::new(library));
        budget.spend(definition.card.bands.len().pow(2), CHECKING)?;
        Checked::new(&definition.card, ty, folding).report(diagnostics);
    }
    budget.check(CHECKING)
}

/// Completes "while".
const CHECKING: &str = "comparing bands";

fn place_of_fault(problem: &Diagnostic) -> Option<(FileId, u32)> {
    let label = problem.labels.first().filter(|_| problem.severity != Severity::Note)?;
    Some((label.span.file, label.span.start))
}

/// A bound that a value is compared with.
#[derive(Debug, Clone, PartialEq)]
enum Bound {
    Number(Number),
    /// The text of a bound that depends on data.
    Formula(String),
}

/// A representative value of the KPI.
#[derive(Debug, Clone, PartialEq)]
enum Point {
    /// Less than all bounds.
    Lowest,
    /// Slightly less than a bound.
    Below(Bound),
    At(Bound),
    /// Slightly more than a bound.
    Above(Bound),
    /// More than all bounds.
    Highest,
    /// An unknown value.
    Any,
}

#[derive(Debug)]
enum Condition {
    Compare(BinaryOp, Bound),
    Between(Bound, Bound),
    When,
    Otherwise,
}

/// The order of two bounds, if it is the same for all data.
fn order(lhs: &Bound, rhs: &Bound) -> Option<Ordering> {
    match (lhs, rhs) {
        (Bound::Number(lhs), Bound::Number(rhs)) => Some(lhs.cmp(rhs)),
        _ => (lhs == rhs).then_some(Ordering::Equal),
    }
}

impl Point {
    fn compare(&self, bound: &Bound) -> Option<Ordering> {
        match self {
            Self::Lowest => Some(Ordering::Less),
            Self::Highest => Some(Ordering::Greater),
            Self::Any => None,
            Self::At(at) => order(at, bound),
            Self::Below(at) => order(at, bound).map(|order| order.then(Ordering::Less)),
            Self::Above(at) => order(at, bound).map(|order| order.then(Ordering::Greater)),
        }
    }

    fn is_end(&self) -> bool {
        matches!(self, Self::Lowest | Self::Highest)
    }
}

impl Condition {
    /// Returns whether the condition is true for a value; None if that cannot be decided.
    fn holds(&self, point: &Point) -> Option<bool> {
        match self {
            Self::Compare(op, bound) => point.compare(bound).map(|order| accepts(*op, order)),
            Self::Between(low, high) => {
                let above = point.compare(low).map(Ordering::is_ge);
                let below = point.compare(high).map(Ordering::is_le);
                match (above, below) {
                    (Some(false), _) | (_, Some(false)) => Some(false),
                    (Some(true), Some(true)) => Some(true),
                    _ => None,
                }
            }
            Self::When => None,
            Self::Otherwise => Some(true),
        }
    }

    fn bounds(&self) -> Vec<&Bound> {
        match self {
            Self::Compare(_, bound) => vec![bound],
            Self::Between(low, high) => vec![low, high],
            Self::When | Self::Otherwise => vec![],
        }
    }
}

fn accepts(op: BinaryOp, order: Ordering) -> bool {
    match op {
        BinaryOp::Less => order.is_lt(),
        BinaryOp::LessOrEqual => order.is_le(),
        BinaryOp::Greater => order.is_gt(),
        BinaryOp::GreaterOrEqual => order.is_ge(),
        BinaryOp::Equal => order.is_eq(),
        _ => order.is_ne(),
    }
}

/// The rank of a status: 0 is good, higher is worse.
fn rank(status: Status) -> i8 {
    status as i8
}

/// A card with its parsed bounds.
struct Checked<'a> {
    card: &'a Card,
    conditions: Vec<Condition>,
    target: Option<Bound>,
    low: Option<Bound>,
    high: Option<Bound>,
    /// The numeric bounds of all bands, in ascending order.
    numbers: Vec<Bound>,
}

/// The bands of two values, of which the one that is better by direction has the worse band.
#[derive(Clone, Copy)]
struct Contradiction {
    better: Option<usize>,
    worse: Option<usize>,
}

impl<'a> Checked<'a> {
    fn new(card: &'a Card, ty: &Type, folding: &Folding<'_>) -> Self {
        let comparable = is_of_one_unit(card, ty, folding);
        let bound = |expr: &Expr| match folding.shown(expr, ty).filter(|_| comparable) {
            Some((number, _)) => Bound::Number(number),
            None => Bound::Formula(format_expr(expr)),
        };
        let conditions: Vec<Condition> = card.bands.iter().map(|band| condition(band, &bound)).collect();
        let mut numbers: Vec<Number> = conditions.iter().flat_map(Condition::bounds).filter_map(number).collect();
        numbers.sort_unstable();
        numbers.dedup();
        let (low, high) = card.range.as_ref().map_or((None, None), |(low, high)| (low.as_ref(), high.as_ref()));
        Self {
            card,
            target: card.target.as_ref().map(&bound),
            low: low.map(&bound),
            high: high.map(&bound),
            numbers: numbers.into_iter().map(Bound::Number).collect(),
            conditions,
        }
    }

    fn report(&self, diagnostics: &mut Vec<Diagnostic>) {
        diagnostics.extend((0..self.conditions.len()).filter_map(|at| self.unreachable(at)));
        diagnostics.extend(self.contradiction());
        match self.empty_range() {
            Some(problem) => diagnostics.push(problem),
            None => diagnostics.extend(self.target_outside()),
        }
        diagnostics.extend(self.target_not_good());
    }

    fn written(&self, at: usize) -> String {
        let band = &self.card.bands[at];
        let condition = match &band.condition {
            BandCondition::Compare { op, bound, .. } => format!("{} {}", op.symbol(), format_expr(bound)),
            BandCondition::Between { low, high } => format!("between {} and {}", format_expr(low), format_expr(high)),
            BandCondition::When(condition) => format!("when {}", format_expr(condition)),
            BandCondition::Otherwise => "otherwise".to_owned(),
        };
        format!("{} {condition}", self.word(at))
    }

    fn word(&self, at: usize) -> &'static str {
        status_name(self.card.bands[at].status)
    }

    fn place(&self, at: usize) -> Span {
        self.card.places.bands[at]
    }

    // ── bands that no value has ──────────────────────────────────────────────

    fn unreachable(&self, at: usize) -> Option<Diagnostic> {
        let before = self.ways_to_cut().iter().find_map(|points| self.covered_before(at, points))?;
        let message = format!("`{}` never applies", self.written(at));
        Some(match &before[..] {
            [] => self.empty_band(at, message)?,
            [one] => warning(format!("{message}: `{}` applies first", self.written(*one)))
                .label(self.place(at), "")
                .label(self.place(*one), "this band applies first")
                .hint(self.apart(*one, at)),
            several => several
                .iter()
                .fold(
                    warning(format!("{message}: the bands before it cover all of its values")).at(self.place(at)),
                    |problem, band| problem.label(self.place(*band), "covers some of its values"),
                )
                .hint(format!("remove `{}`, or move a bound of the bands before it", self.written(at))),
        })
    }

    /// The points that represent all values, for each set of bounds with a known order.
    fn ways_to_cut(&self) -> Vec<Vec<Point>> {
        let mut ways = vec![vec![Point::Any]];
        if let Some(first) = self.numbers.first() {
            let from = self.numbers.iter().flat_map(|bound| [Point::At(bound.clone()), Point::Above(bound.clone())]);
            ways.push([Point::Below(first.clone())].into_iter().chain(from).collect());
        }
        for bound in self.conditions.iter().flat_map(Condition::bounds) {
            if matches!(bound, Bound::Formula(_)) {
                ways.push([Point::Below, Point::At, Point::Above].map(|point| point(bound.clone())).into());
            }
        }
        ways
    }

    /// The bands that apply before this one at each of its points; None if it applies at some point.
    fn covered_before(&self, at: usize, points: &[Point]) -> Option<Vec<usize>> {
        let mut before = vec![];
        for point in points.iter().filter(|point| self.conditions[at].holds(point) != Some(false)) {
            let first = self.conditions[..at].iter().position(|earlier| earlier.holds(point) == Some(true))?;
            before.push(first);
        }
        before.sort_unstable();
        before.dedup();
        Some(before)
    }

    /// Reports `between 20 and 10`.
    fn empty_band(&self, at: usize, message: String) -> Option<Diagnostic> {
        let BandCondition::Between { low, high } = &self.card.bands[at].condition else { return None };
        let (first, last) = (format_expr(low), format_expr(high));
        Some(
            warning(format!("{message}: {first} is above {last}"))
                .label(low.span, "lower bound")
                .label(high.span, "upper bound")
                .hint(format!("write `{} between {last} and {first}`", self.word(at))),
        )
    }

    /// A hint for two bands of which the first covers all values of the second.
    fn apart(&self, first: usize, second: usize) -> String {
        let (one, other) = (self.written(first), self.written(second));
        match (&self.conditions[first], &self.conditions[second]) {
            (Condition::Otherwise, _) => format!("put `{one}` last"),
            (Condition::Compare(op, bound), Condition::Compare(op2, bound2)) if order(bound, bound2).is_some() => {
                let (Some(way), Some(way2)) = (side(*op), side(*op2)) else { return format!("remove `{other}`") };
                if bound == bound2 {
                    let beyond = if way2 == Ordering::Less { "higher" } else { "lower" };
                    return format!("give `{}` a {beyond} bound, or remove it", self.word(second));
                }
                if way == way2 && self.is_in_order(way, first, second) {
                    return self.exchanged(first, second);
                }
                format!("put `{other}` before `{one}`")
            }
            (_, Condition::Otherwise) => format!("remove `{other}`"),
            _ => format!("put `{other}` before `{one}`, or remove it"),
        }
    }

    /// Returns true if the first of two bands may be the one nearer to this end.
    fn is_in_order(&self, end: Ordering, first: usize, second: usize) -> bool {
        let (first, second) = (rank(self.card.bands[first].status), rank(self.card.bands[second].status));
        match self.card.better {
            Some(Better::Lower) => (end == Ordering::Less) == (first < second),
            Some(Better::Higher) => (end == Ordering::Greater) == (first < second),
            _ => false,
        }
    }

    fn exchanged(&self, first: usize, second: usize) -> String {
        let with_bound_of =
            |band: usize, other: usize| match (&self.card.bands[band].condition, &self.card.bands[other].condition) {
                (BandCondition::Compare { op, .. }, BandCondition::Compare { bound, .. }) => {
                    format!("`{} {} {}`", self.word(band), op.symbol(), format_expr(bound))
                }
                _ => format!("`{}`", self.written(band)),
            };
        format!("swap the bounds: {}, {}", with_bound_of(first, second), with_bound_of(second, first))
    }

    // ── bands against the direction ──────────────────────────────────────────

    fn contradiction(&self) -> Option<Diagnostic> {
        let (said, opposite, end) = match self.card.better? {
            Better::Lower => ("lower", Better::Higher, "higher"),
            Better::Higher => ("higher", Better::Lower, "lower"),
            Better::Neither => return None,
        };
        let Contradiction { better, worse } = self.against(self.card.better?)?;
        let is_fallback = |at: &usize| matches!(self.conditions[*at], Condition::Otherwise);
        let main = better.filter(|at| !is_fallback(at)).or(worse).or(better)?;
        let mut problem = warning(format!("`{}` contradicts `better {said}`", self.written(main)));
        let label = |at: usize| match better == Some(at) {
            true => (self.place(at), format!("{end} values are `{}`", self.word(at))),
            false => (self.place(at), format!("{said} values are `{}`", self.word(at))),
        };
        for at in [Some(main), better, worse].into_iter().flatten() {
            let (place, text) = label(at);
            if problem.labels.iter().all(|label| label.span != place) {
                problem = problem.label(place, text);
            }
        }
        if let Some(place) = self.card.places.better {
            problem = problem.label(place, format!("{said} values are better"));
        }
        Some(problem.hint(match self.against(opposite) {
            None => match self.turned(main) {
                Some(turned) => format!("write `better {end}`, or reverse the bands: `{turned}`"),
                None => format!("write `better {end}`, or reverse the bands"),
            },
            Some(_) => "write `better neither` if values can be too low or too high".to_owned(),
        }))
    }

    /// The reversed text of a band: `good <= 3` for `good >= 3`.
    fn turned(&self, at: usize) -> Option<String> {
        let BandCondition::Compare { op, bound, .. } = &self.card.bands[at].condition else { return None };
        let turned = match op {
            BinaryOp::Less => BinaryOp::Greater,
            BinaryOp::LessOrEqual => BinaryOp::GreaterOrEqual,
            BinaryOp::Greater => BinaryOp::Less,
            BinaryOp::GreaterOrEqual => BinaryOp::LessOrEqual,
            _ => return None,
        };
        Some(format!("{} {} {}", self.word(at), turned.symbol(), format_expr(bound)))
    }

    /// The worst contradiction between the bands and a direction, if there is one.
    fn against(&self, direction: Better) -> Option<Contradiction> {
        let mut statuses = self.statuses();
        if direction == Better::Higher {
            statuses.reverse();
        }
        // Each value is better than the values after it.
        let pairs = statuses.iter().enumerate().flat_map(|(at, better)| {
            statuses[at + 1..].iter().filter_map(move |worse| Some((better.flatten()?, worse.flatten()?)))
        });
        let rank = |at: usize| rank(self.card.bands[at].status);
        let gap = |&(first, second): &(usize, usize)| rank(second) - rank(first);
        let pair = pairs.filter(|pair| gap(pair) < 0).min_by_key(gap);
        if let Some((worse, better)) = pair {
            return Some(Contradiction { better: Some(better), worse: Some(worse) });
        }
        let status = |at: usize| self.card.bands[at].status;
        match (*statuses.first()?, *statuses.last()?) {
            (Some(None), Some(Some(at))) if status(at) == Status::Good => {
                Some(Contradiction { better: Some(at), worse: None })
            }
            (Some(Some(at)), Some(None)) if status(at) == Status::Bad => {
                Some(Contradiction { better: None, worse: Some(at) })
            }
            _ => None,
        }
    }

    /// The bands of values in ascending order; None for a value whose band cannot be decided.
    fn statuses(&self) -> Vec<Option<Option<usize>>> {
        let between = self.numbers.iter().flat_map(|bound| [Point::At(bound.clone()), Point::Above(bound.clone())]);
        // The last point represents the upper end.
        let between = between.take((self.numbers.len() * 2).saturating_sub(1));
        let points = [Point::Lowest].into_iter().chain(between).chain([Point::Highest]);
        points.map(|point| self.band_of_possible(&point)).collect()
    }

    /// Like [`Self::band_of`], but undecided for values beyond a `between` that only `otherwise` covers: they may not
    /// exist.
    fn band_of_possible(&self, point: &Point) -> Option<Option<usize>> {
        let band = self.band_of(point)?;
        let is_otherwise = band.is_some_and(|band| matches!(self.conditions[band], Condition::Otherwise));
        let has_between = self.conditions.iter().any(|condition| matches!(condition, Condition::Between(..)));
        (!(point.is_end() && is_otherwise && has_between)).then_some(band)
    }

    /// The band of a value, `Some(None)` if it has no band; None if that cannot be decided.
    fn band_of(&self, point: &Point) -> Option<Option<usize>> {
        for (at, condition) in self.conditions.iter().enumerate() {
            if condition.holds(point)? {
                return Some(Some(at));
            }
        }
        Some(None)
    }

    // ── targets and ranges ───────────────────────────────────────────────────

    fn target_not_good(&self) -> Option<Diagnostic> {
        let good = self.card.bands.iter().position(|band| band.status == Status::Good)?;
        let (target, place) = (self.card.target.as_ref()?, self.card.places.target?);
        let band = self.band_of(&Point::At(self.target.clone()?))?;
        let problem = match band {
            Some(at) if self.card.bands[at].status == Status::Good => return None,
            Some(at) => warning(format!("the target is not `good`, but `{}`", self.word(at)))
                .at(place)
                .label(self.place(at), "this band applies to it"),
            None => warning("the target is not `good`: no band applies to it")
                .at(place)
                .label(self.place(good), "these values are `good`"),
        };
        Some(problem.hint(self.good_target(good, &format_expr(target))))
    }

    fn good_target(&self, good: usize, target: &str) -> String {
        use BinaryOp::{Greater, GreaterOrEqual, Less, LessOrEqual};
        let inclusive = |op: BinaryOp| match op {
            Less => LessOrEqual,
            Greater => GreaterOrEqual,
            other => other,
        };
        match &self.card.bands[good].condition {
            BandCondition::Compare { op, bound, .. } if side(*op).is_some() => {
                let reached = format!("write `good {} {target}`", inclusive(*op).symbol());
                match matches!(op, LessOrEqual | GreaterOrEqual) {
                    true => format!("{reached}, or `target {}`", format_expr(bound)),
                    false => reached,
                }
            }
            BandCondition::Between { low, high } => {
                format!("write a target from {} to {}", format_expr(low), format_expr(high))
            }
            _ => format!("write a target to which `{}` applies", self.written(good)),
        }
    }

    fn empty_range(&self) -> Option<Diagnostic> {
        let (Some(low), Some(high)) = self.card.range.as_ref()? else { return None };
        order(self.low.as_ref()?, self.high.as_ref()?).filter(|order| order.is_gt())?;
        let (first, last) = (format_expr(low), format_expr(high));
        Some(
            warning(format!("the range is empty: {first} is above {last}"))
                .label(low.span, "lower end")
                .label(high.span, "upper end")
                .hint(format!("write `range {last}..{first}`")),
        )
    }

    fn target_outside(&self) -> Option<Diagnostic> {
        let (target, place) = (self.target.as_ref()?, self.card.places.target?);
        let is = |end: &Option<Bound>, side: Ordering| {
            end.as_ref().and_then(|end| order(target, end)).is_some_and(|order| order == side)
        };
        if !is(&self.low, Ordering::Less) && !is(&self.high, Ordering::Greater) {
            return None;
        }
        let written = |end: Option<&Expr>| end.map_or(String::new(), format_expr);
        let (low, high) = self.card.range.as_ref()?;
        let target = format_expr(self.card.target.as_ref()?);
        let wide = match is(&self.low, Ordering::Less) {
            true => format!("range {target}..{}", written(high.as_ref())),
            false => format!("range {}..{target}", written(low.as_ref())),
        };
        Some(
            warning("the target is outside the range")
                .at(place)
                .label(self.card.places.range?, "the range")
                .hint(format!("write a target in the range, or `{wide}`")),
        )
    }
}

/// Returns true if all numbers of a card have the same unit, so that they can be ordered.
///
/// If the KPI has a unit, they all take it. Otherwise a plain number may have another unit than the next one.
fn is_of_one_unit(card: &Card, ty: &Type, folding: &Folding<'_>) -> bool {
    let types = card.expressions().filter_map(|expr| folding.shown(expr, ty)).map(|(_, ty)| ty);
    let mut units = types.filter_map(|ty| ty.unit().cloned());
    let first = units.next();
    units.all(|unit| Some(unit) == first)
}

fn condition(band: &Band, bound: &impl Fn(&Expr) -> Bound) -> Condition {
    match &band.condition {
        BandCondition::Compare { op, bound: with, .. } => Condition::Compare(*op, bound(with)),
        BandCondition::Between { low, high } => Condition::Between(bound(low), bound(high)),
        BandCondition::When(_) => Condition::When,
        BandCondition::Otherwise => Condition::Otherwise,
    }
}

fn number(bound: &Bound) -> Option<Number> {
    match bound {
        Bound::Number(number) => Some(*number),
        Bound::Formula(_) => None,
    }
}

/// The direction in which a comparison is unbounded.
fn side(op: BinaryOp) -> Option<Ordering> {
    match op {
        BinaryOp::Less | BinaryOp::LessOrEqual => Some(Ordering::Less),
        BinaryOp::Greater | BinaryOp::GreaterOrEqual => Some(Ordering::Greater),
        _ => None,
    }
}

fn warning(message: impl Into<String>) -> Diagnostic {
    Diagnostic::warning(Code::Lint, message)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::Library;
    use crate::diagnostic::Severity;

    /// The warnings for the card `{ … }` of a KPI with an unknown unit.
    fn warnings(card: &str) -> Vec<String> {
        of_text(&format!("param limit = 20\nparam half = limit / 2\nt = sum(a) + half\nx = sum(b) {{ {card} }}"))
    }

    fn of_text(text: &str) -> Vec<String> {
        let library = Library::from_text(text).unwrap_or_else(|problems| panic!("{problems}"));
        let warnings = library.diagnostics().iter().filter(|problem| problem.severity == Severity::Warning);
        warnings.map(|warning| format!("{}; {}", warning.message, warning.hints.join("; "))).collect()
    }

    #[track_caller]
    fn warns(card: &str, expected: &str) {
        assert_eq!(warnings(card), [expected], "{card}");
    }

    #[track_caller]
    fn is_silent(card: &str) {
        assert_eq!(warnings(card), [""; 0], "{card}");
    }

    #[test]
    fn bands_that_no_value_has() {
        warns(
            "better lower  good <= 20  watch <= 10  bad otherwise",
            "`watch <= 10` never applies: `good <= 20` applies first; swap the bounds: `good <= 10`, `watch <= 20`",
        );
        warns(
            "better lower  good <= limit  watch <= half  bad otherwise",
            "`watch <= half` never applies: `good <= limit` applies first; \
             swap the bounds: `good <= half`, `watch <= limit`",
        );
        warns(
            "better higher  bad <= 20  watch <= 10  good otherwise",
            "`watch <= 10` never applies: `bad <= 20` applies first; swap the bounds: `bad <= 10`, `watch <= 20`",
        );
        warns(
            "better higher  watch >= 5  good >= 10  bad otherwise",
            "`good >= 10` never applies: `watch >= 5` applies first; put `good >= 10` before `watch >= 5`",
        );
        warns(
            "better higher  good >= 2  watch > 4  bad otherwise",
            "`watch > 4` never applies: `good >= 2` applies first; swap the bounds: `good >= 4`, `watch > 2`",
        );
        warns(
            "better lower  good <= 20  watch <= 20  bad otherwise",
            "`watch <= 20` never applies: `good <= 20` applies first; give `watch` a higher bound, or remove it",
        );
        warns(
            "better higher  good >= 50%  watch >= 0.5  bad otherwise",
            "`watch >= 0.5` never applies: `good >= 50%` applies first; give `watch` a lower bound, or remove it",
        );
        warns(
            "better lower  good <= t  watch < t  bad otherwise",
            "`watch < t` never applies: `good <= t` applies first; give `watch` a higher bound, or remove it",
        );
        warns(
            "better lower  good <= 5  bad otherwise  watch when t > 3",
            "`watch when t > 3` never applies: `bad otherwise` applies first; put `bad otherwise` last",
        );
        warns(
            "better neither  good between 20 and 10  bad otherwise",
            "`good between 20 and 10` never applies: 20 is above 10; write `good between 10 and 20`",
        );
        warns(
            "better neither  good between 1 and 5  watch between 2 and 5  bad otherwise",
            "`watch between 2 and 5` never applies: `good between 1 and 5` applies first; \
             put `watch between 2 and 5` before `good between 1 and 5`, or remove it",
        );
        warns(
            "better lower  good <= t  bad > t  watch otherwise",
            "`watch otherwise` never applies: the bands before it cover all of its values; \
             remove `watch otherwise`, or move a bound of the bands before it",
        );
        warns(
            "better lower  good < 3  watch = 3  bad > 3  bad when t > 1",
            "`bad when t > 1` never applies: the bands before it cover all of its values; \
             remove `bad when t > 1`, or move a bound of the bands before it",
        );
    }

    #[test]
    fn bands_that_some_value_may_have() {
        for card in [
            "better lower  good <= 20  watch <= 40  bad otherwise",
            "better lower  good < 20  watch <= 20  bad otherwise",
            "better lower  bad > 40  watch > 20  good otherwise",
            "better higher  good >= t  watch >= t * 80%  bad otherwise",
            // Below zero, the order of these bounds is reversed.
            "better lower  good <= t  watch <= t * 50%  bad otherwise",
            "better lower  good <= t  watch <= 10  bad otherwise",
            "better lower  good when t > 20  watch <= 10  bad <= 20",
            "better neither  good between 10 and 10  bad otherwise",
            "better neither  good between 10 and t  watch between t and 10  bad otherwise",
            "better neither  good != 3  bad = 3",
            "better lower  good < 3  bad > 3  watch otherwise",
            "better higher  good >= limit * 2  watch >= limit * 2 - half  bad otherwise",
            "better lower  good <= sum(c)  watch <= sum(d)  bad otherwise",
        ] {
            is_silent(card);
        }
    }

    #[test]
    fn bands_that_contradict_their_direction() {
        warns(
            "better lower  good >= 3",
            "`good >= 3` contradicts `better lower`; write `better higher`, or reverse the bands: `good <= 3`",
        );
        warns(
            "better lower  good > t  watch > t * 50%  bad otherwise",
            "`good > t` contradicts `better lower`; write `better higher`, or reverse the bands: `good < t`",
        );
        warns(
            "better higher  good <= 3  watch <= 5  bad otherwise",
            "`good <= 3` contradicts `better higher`; write `better lower`, or reverse the bands: `good >= 3`",
        );
        warns(
            "better higher  bad > 5",
            "`bad > 5` contradicts `better higher`; write `better lower`, or reverse the bands: `bad < 5`",
        );
        warns(
            "better lower  bad <= 5  good otherwise",
            "`bad <= 5` contradicts `better lower`; write `better higher`, or reverse the bands: `bad >= 5`",
        );
        warns(
            "better lower  bad < 1  good <= 5  watch <= 8  bad otherwise",
            "`good <= 5` contradicts `better lower`; \
             write `better neither` if values can be too low or too high",
        );
    }

    #[test]
    fn bands_that_may_agree_with_their_direction() {
        for card in [
            "better neither  good >= 3  bad otherwise",
            "better neither  good between 3 and 5  watch between 2 and 6  bad otherwise",
            "better lower  good between 0 and 5  watch between 5 and 8  bad otherwise",
            "better higher  good between 80% and 100%  watch between 50% and 80%  bad otherwise",
            // From worst to best: the remaining values are good.
            "better lower  bad > 10  watch > 5  good >= 0",
            "better higher  bad < 10  watch < 20  good otherwise",
            "better lower  good when t > 2  bad < 10  watch otherwise",
            "better lower  watch > 3",
            "better higher  good = 3",
        ] {
            is_silent(card);
        }
    }

    #[test]
    fn targets_that_are_not_good() {
        warns(
            "better lower  target 6  good <= 4  watch <= 8  bad otherwise",
            "the target is not `good`, but `watch`; write `good <= 6`, or `target 4`",
        );
        warns(
            "better higher  target 4  good > 4  bad otherwise",
            "the target is not `good`, but `bad`; write `good >= 4`",
        );
        warns(
            "better higher  target t  good > t  bad otherwise",
            "the target is not `good`, but `bad`; write `good >= t`",
        );
        warns(
            "better neither  target 6  good between 3 and 5",
            "the target is not `good`: no band applies to it; write a target from 3 to 5",
        );
        for card in [
            "better lower  target 4  good <= 4  bad otherwise",
            "better lower  target 3  good <= 4  bad otherwise",
            "better higher  target t  good >= t * 90%  bad otherwise",
            "better higher  target 5  good when t > 3  bad otherwise",
            "better lower  target 5  bad > 10",
        ] {
            is_silent(card);
        }
    }

    #[test]
    fn ranges_and_targets() {
        warns("range 100%..0", "the range is empty: 100% is above 0; write `range 0..100%`");
        warns("target 3  range 0..1", "the target is outside the range; write a target in the range, or `range 0..3`");
        warns("target -1  range 0..", "the target is outside the range; write a target in the range, or `range -1..`");
        for card in ["range 0..0", "range t..0", "target 1  range 0..1", "target t  range 0..1", "target 5  range t.."]
        {
            is_silent(card);
        }
    }

    /// Tests a value against two bounds.
    type Holds = fn(i32, i32, i32) -> bool;

    /// A band's text, its condition and its bounds. Bounds are doubled, so that there are values between them.
    fn any_band() -> impl Strategy<Value = (String, Holds, i32, i32)> {
        let status = prop::sample::select(vec!["good", "watch", "bad"]);
        let compared: Vec<(&str, Holds)> = vec![
            ("<", |value, bound, _| value < bound),
            ("<=", |value, bound, _| value <= bound),
            (">", |value, bound, _| value > bound),
            (">=", |value, bound, _| value >= bound),
            ("=", |value, bound, _| value == bound),
            ("!=", |value, bound, _| value != bound),
            ("between", |value, low, high| low <= value && value <= high),
        ];
        (status, prop::sample::select(compared), 0..7i32, 0..7i32).prop_map(|(status, (op, holds), low, high)| {
            let more = if op == "between" { format!(" and {high}") } else { String::new() };
            (format!("{status} {op} {low}{more}"), holds, low * 2, high * 2)
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

        #[test]
        fn exactly_the_bands_that_no_value_has_are_reported(bands in prop::collection::vec(any_band(), 1..5)) {
            let lines: Vec<&str> = bands.iter().map(|(text, ..)| &**text).collect();
            let text = format!("x = 1 {{\n  better neither\n  {}\n}}", lines.join("\n  "));
            let library = Library::builder().standard(false).text("t.kpi", &text).build().unwrap_or_else(|problems| panic!("{text}\n{problems}"));
            let reported = library.diagnostics().iter().filter(|problem| problem.message.contains("never applies"));
            let reported: Vec<&str> = reported.map(|problem| problem.message.split('`').nth(1).expect("a band")).collect();
            let first = |value: i32| bands.iter().position(|(_, holds, low, high)| holds(value, *low, *high));
            let reached: Vec<usize> = (-1..=13).filter_map(first).collect();
            let expected: Vec<&str> = (0..bands.len()).filter(|at| !reached.contains(at)).map(|at| lines[at]).collect();
            prop_assert_eq!(reported, expected, "{}", text);
        }
    }

    #[test]
    fn bounds_take_the_unit_of_the_kpi() {
        let hours = "wait: hours = sum(t.waited)\ndataset t { waited: hours }\n";
        let with = |card: &str| of_text(&format!("{hours}param most: days = 2\nx: hours = wait * 2 {{ {card} }}"));
        let [warning] = &with("better lower  good <= most  watch <= 40  bad otherwise")[..] else {
            panic!("{:?}", with("better lower  good <= most  watch <= 40  bad otherwise"))
        };
        assert!(warning.starts_with("`watch <= 40` never applies: `good <= most`"), "{warning}");
        assert_eq!(with("better lower  good <= most  watch <= 50  bad otherwise"), [""; 0]);
        // If the unit of a KPI is unknown, a plain number may have any unit.
        let unknown = "param most = 2\nx = sum(b) { better lower  good <= 2 days  watch <= most  bad otherwise }";
        assert_eq!(of_text(unknown), [""; 0]);
    }
}
