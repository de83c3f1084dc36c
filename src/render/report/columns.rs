//! Draws the values of a KPI over time: columns with the target, and above them the differences, absolute as bars and
//! relative as pins. All three have one time axis, and the columns and bars one scale.

use maud::{Markup, html};

use super::marks::tone;
use super::numbers::Numbers;
use crate::library::card::Better;
use crate::render::scale::Scale;
use crate::report::Figure;
use crate::value::Decimal;

/// The height of the column of the largest value.
pub const FULL_HEIGHT: i64 = 150;
/// The length of a pin of 100%. Longer ones are cut.
const FULL_PIN: i64 = 36;
/// The height of a line of text.
const TEXT: i64 = 13;
/// The height of the title of a tier, and the space above it.
const TITLE: i64 = 20;
/// The space beside the columns.
const MARGIN: i64 = 6;
/// The least and the greatest width of a period.
const PITCH: (i64, i64) = (30, 72);
/// The width that few periods fill.
const FILLED: i64 = 820;
/// The width of a letter, and the space between texts.
const LETTER: i64 = 6;
/// With more periods, only some numbers are written.
const ALL_NUMBERS: usize = 26;
/// The width of a period without a number.
const NARROW: i64 = 22;
/// How far a column stands to the right of its target.
const SHIFT: i64 = 4;

/// A chart of one KPI over time.
pub struct TimeChart<'a> {
    /// A figure for each period.
    pub figures: &'a [Figure],
    /// The two lines below each column.
    pub labels: Vec<(String, String)>,
    /// The position of the current period.
    pub current: usize,
    /// The periods that are incomplete.
    pub incomplete: Vec<bool>,
    /// How values are written.
    pub numbers: &'a Numbers<'a>,
    /// The scale of the columns.
    pub scale: Scale,
    /// The direction of improvement.
    pub better: Option<Better>,
    /// True if differences are those from the values before, because no period has a target.
    pub with_before: bool,
    /// True if the values before have columns of their own: those of the previous period are the columns to the left.
    pub shows_before: bool,
    /// The titles of the tiers: values, differences, relative differences.
    pub titles: [String; 3],
    /// The id, title and description for screen readers.
    pub id: String,
    pub title: String,
    pub description: String,
}

/// A part of the chart with an axis of its own.
struct Tier {
    top: i64,
    axis: i64,
    bottom: i64,
}

impl Tier {
    /// A tier below `top` with these lengths above and below its axis, and a number at each mark.
    fn new(top: i64, lengths: impl Iterator<Item = i64>) -> Self {
        let (down, up) = lengths.fold((0, 0), |(low, high): (i64, i64), it| (low.min(it), high.max(it)));
        let axis = top + TITLE + if up > 0 { TEXT } else { 0 } + up;
        let bottom = axis - down + if down < 0 { TEXT } else { 0 };
        Self { top, axis, bottom }
    }
}

impl TimeChart<'_> {
    /// The picture.
    pub fn svg(&self) -> Markup {
        let pins = self.pins().map(|lengths| Tier::new(0, lengths.into_iter().flatten().map(|(length, _)| length)));
        let top = pins.as_ref().map_or(0, |tier| tier.bottom);
        let bars = self.has_differences().then(|| Tier::new(top, self.lengths(Self::difference)));
        let top = bars.as_ref().map_or(top, |tier| tier.bottom);
        let columns = Tier::new(top, self.heights());
        let (width, height) = (self.width(), columns.bottom + 2 * TEXT + 6);
        html! {
            svg.time width=(width) height=(height) viewBox={ "0 0 " (width) " " (height) } role="img"
                aria-labelledby={ (self.id) "-title " (self.id) "-desc" } {
                title id={ (self.id) "-title" } { (self.title) }
                desc id={ (self.id) "-desc" } { (self.description) }
                @if let Some(tier) = &pins { (self.pin_tier(tier)) }
                @if let Some(tier) = &bars { (self.bar_tier(tier)) }
                (self.column_tier(&columns))
                @for at in 0..self.figures.len() { (self.period(at, columns.bottom)) }
            }
        }
    }

    // ── places ───────────────────────────────────────────────────────────────

    fn writes_all(&self) -> bool {
        self.figures.len() <= ALL_NUMBERS
    }

    fn pitch(&self) -> i64 {
        if !self.writes_all() {
            return NARROW;
        }
        let numbers = self.figures.iter().flat_map(|figure| {
            let share = self.relative(figure).map(|(_, text)| text);
            let difference = self.difference_text(figure);
            [figure.number().map(|number| self.numbers.short(number)), difference, share]
        });
        let labels = self.labels.iter().map(|(label, _)| label.chars().count());
        let longest = numbers.flatten().map(|text| text.chars().count()).chain(labels).max().unwrap_or(0);
        let needed = i64::try_from(longest).unwrap_or(PITCH.1).saturating_mul(LETTER) + 8;
        let periods = i64::try_from(self.figures.len()).unwrap_or(1).max(1);
        needed.max(FILLED / periods).clamp(PITCH.0, PITCH.1)
    }

    fn width(&self) -> i64 {
        let periods = i64::try_from(self.figures.len()).unwrap_or(0);
        2 * MARGIN + SHIFT + (self.pitch() * periods).max(200)
    }

    fn center(&self, at: usize) -> i64 {
        MARGIN + self.pitch() * i64::try_from(at).unwrap_or(0) + self.pitch() / 2
    }

    fn breadth(&self) -> i64 {
        self.pitch() * 56 / 100
    }

    /// True if a number is written at this period: at all, or at the ends, the extremes and the current one.
    fn is_written(&self, at: usize) -> bool {
        let number = |figure: &Figure| figure.number();
        let extremes = [self.figures.iter().filter_map(number).max(), self.figures.iter().filter_map(number).min()];
        let is_end = at == 0 || at + 1 == self.figures.len() || at == self.current;
        let own = number(&self.figures[at]);
        self.writes_all() || is_end || own.is_some() && extremes.contains(&own)
    }

    // ── differences ──────────────────────────────────────────────────────────

    /// The difference from the target, or from the value before.
    fn difference(&self, figure: &Figure) -> Option<Decimal> {
        let table = &self.numbers.table;
        if self.with_before { table.difference(figure) } else { table.distance(figure) }
    }

    /// The difference of the numbers that are drawn.
    fn difference_text(&self, figure: &Figure) -> Option<String> {
        self.difference(figure)?;
        Some(self.numbers.short_difference(figure.number()?, self.reference(figure)?))
    }

    fn reference(&self, figure: &Figure) -> Option<Decimal> {
        if self.with_before { figure.number_before() } else { figure.target.map(|target| target.value.decimal) }
    }

    /// The relative difference and its text.
    fn relative(&self, figure: &Figure) -> Option<(Decimal, String)> {
        let difference = if self.with_before { figure.difference() } else { figure.distance() };
        self.numbers.relative(difference?, self.reference(figure)?)
    }

    /// The number that is drawn beside the value.
    fn drawn(&self, figure: &Figure) -> Option<Decimal> {
        self.reference(figure).filter(|_| self.shows_before || !self.with_before)
    }

    fn has_differences(&self) -> bool {
        self.figures.iter().any(|figure| self.difference(figure).is_some())
    }

    fn lengths(&self, of: impl Fn(&Self, &Figure) -> Option<Decimal>) -> impl Iterator<Item = i64> {
        self.figures.iter().filter_map(move |figure| of(self, figure)).map(|number| self.scale.length(number))
    }

    fn heights(&self) -> impl Iterator<Item = i64> {
        self.lengths(|_, figure| figure.number()).chain(self.lengths(Self::drawn))
    }

    /// The length and the text of each pin. None if there are none.
    fn pins(&self) -> Option<Vec<Option<(i64, String)>>> {
        let scale = Scale::new(Decimal::ONE, FULL_PIN);
        let pin = |figure: &Figure| {
            let (share, text) = self.relative(figure)?;
            Some((scale.length(share), text))
        };
        let pins: Vec<_> = self.figures.iter().map(pin).collect();
        pins.iter().any(Option::is_some).then_some(pins)
    }

    // ── tiers ────────────────────────────────────────────────────────────────

    fn tier(&self, tier: &Tier, title: &str) -> Markup {
        let end = self.width() - MARGIN;
        html! {
            text.tier x=(MARGIN) y=(tier.top + TEXT) { (title) }
            line.axis x1=(MARGIN) x2=(end) y1=(tier.axis) y2=(tier.axis) {}
        }
    }

    fn pin_tier(&self, tier: &Tier) -> Markup {
        let pins = self.pins().unwrap_or_default();
        html! {
            (self.tier(tier, &self.titles[2]))
            @for (at, pin) in pins.iter().enumerate() {
                @if let (Some((length, text)), Some(difference)) = (pin, self.difference(&self.figures[at])) {
                    @let (x, end) = (self.center(at) + SHIFT / 2, tier.axis - length);
                    @let class = tone(difference, self.better);
                    line class={ "stem " (class) } x1=(x) x2=(x) y1=(tier.axis) y2=(end) {}
                    rect class={ "head " (class) } x=(x - 3) y=(end - 3) width="6" height="6" {}
                    (self.number(at, if *length < 0 { end + 3 } else { end - 3 }, *length, text))
                }
            }
        }
    }

    fn bar_tier(&self, tier: &Tier) -> Markup {
        html! {
            (self.tier(tier, &self.titles[1]))
            @for (at, figure) in self.figures.iter().enumerate() {
                @if let Some(difference) = self.difference(figure) {
                    @let length = self.scale.length(difference);
                    (self.column(at, tier.axis, length, tone(difference, self.better), SHIFT / 2))
                    (self.number(at, tier.axis - length, length, &self.difference_text(figure).unwrap_or_default()))
                }
            }
        }
    }

    fn column_tier(&self, tier: &Tier) -> Markup {
        html! {
            (self.tier(tier, &self.titles[0]))
            @for (at, figure) in self.figures.iter().enumerate() {
                @let reference = self.drawn(figure).map(|number| self.scale.length(number));
                @if let Some(length) = reference {
                    (self.column(at, tier.axis, length, if self.with_before { "before" } else { "goal" }, 0))
                }
                @match figure.number() {
                    Some(number) => {
                        @let length = self.scale.length(number);
                        @let class = if self.incomplete[at] { "actual partial" } else { "actual" };
                        (self.column(at, tier.axis, length, class, SHIFT))
                        @let end = if length < 0 { length.min(reference.unwrap_or(0)) } else { length.max(reference.unwrap_or(0)) };
                        (self.number(at, tier.axis - end, length, &self.numbers.short(number)))
                    }
                    None => text.number x=(self.center(at)) y=(tier.axis - 4) { "—" },
                }
            }
        }
    }

    fn column(&self, at: usize, axis: i64, length: i64, class: &str, shift: i64) -> Markup {
        let x = self.center(at) - self.breadth() / 2 + shift - SHIFT / 2;
        html! {
            rect class=(class) x=(x) y=(axis.min(axis - length)) width=(self.breadth()) height=(length.abs()) {}
        }
    }

    /// A number beyond the end of a mark.
    fn number(&self, at: usize, end: i64, length: i64, text: &str) -> Markup {
        let y = if length < 0 { end + TEXT - 2 } else { end - 4 };
        html! {
            @if self.is_written(at) {
                text.number.current[at == self.current] x=(self.center(at) + SHIFT / 2) y=(y) { (text) }
            }
        }
    }

    /// The name of a period below its column. The second line is written when it changes.
    fn period(&self, at: usize, bottom: i64) -> Markup {
        let (first, second) = &self.labels[at];
        let is_new = at == 0 || self.labels[at - 1].1 != *second;
        let mark = if self.incomplete[at] { "~" } else { "" };
        html! {
            text.label.current[at == self.current] x=(self.center(at)) y=(bottom + TEXT) { (first) (mark) }
            @if is_new { text.label x=(self.center(at)) y=(bottom + 2 * TEXT) { (second) } }
        }
    }
}

/// The width and height of a column of a sparkline.
const SPARK: (i64, i64) = (7, 24);

/// The maximum number of columns of a sparkline. The last ones are shown.
pub const MAX_SPARKS: usize = 18;

/// The values of a KPI as a word-sized chart.
pub fn sparkline(figures: &[Figure], current: usize, title: &str) -> Markup {
    let earlier = figures.len().saturating_sub(MAX_SPARKS);
    let (figures, current) = (&figures[earlier..], current.saturating_sub(earlier));
    let numbers: Vec<Option<Decimal>> = figures.iter().map(Figure::number).collect();
    let ends = numbers
        .iter()
        .flatten()
        .fold((Decimal::ZERO, Decimal::ZERO), |(low, high), &number| (low.min(number), high.max(number)));
    let scale = Scale::new(ends.1.saturating_sub(ends.0), SPARK.1);
    let axis = scale.length(ends.1);
    let width = SPARK.0 * i64::try_from(figures.len()).unwrap_or(0);
    html! {
        svg.spark width=(width) height=(SPARK.1 + 2) viewBox={ "0 0 " (width) " " (SPARK.1 + 2) } role="img" aria-label=(title) {
            line.axis x1="0" x2=(width) y1=(axis) y2=(axis) {}
            @for (at, number) in numbers.iter().enumerate() {
                @if let Some(number) = number {
                    @let length = scale.length(*number);
                    rect class=(if at == current { "actual" } else { "before" }) x=(SPARK.0 * at as i64)
                        y=(axis.min(axis - length)) width=(SPARK.0 - 2) height=(length.abs()) {}
                }
            }
        }
    }
}
