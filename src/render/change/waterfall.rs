//! Draws a waterfall: the bars between two values.

use unicode_width::UnicodeWidthStr;

use super::rounded;
use super::titles::shortened;
use crate::value::Decimal;

/// The width of the bars, and their minimum if names are long.
const WIDTH: usize = 40;
const MIN_WIDTH: usize = 20;

/// The minimum width of a name that is shortened.
const MIN_NAME: usize = 16;

/// The spaces between names, numbers, shares and bars.
const GAP: usize = 2;

/// The first cell of a value if the axis does not start at 0.
const CUT: char = '┄';

/// The axis starts at 0 if the bars are at least one part in this many of it.
const VISIBLE: Decimal = Decimal::from_parts(8, 0, 0, false, 0);

/// A bar of the waterfall.
#[derive(Debug, Clone)]
pub struct Bar {
    pub name: String,
    pub text: String,
    /// Its shares of the difference and of the value at the start, in percent.
    pub shares: [String; 2],
    pub from: Decimal,
    pub to: Decimal,
    /// True for a value, which stands on the axis.
    pub is_level: bool,
}

impl Bar {
    /// A value, which stands on the axis.
    pub fn level(name: String, text: String, value: Decimal) -> Self {
        Self { name, text, shares: [const { String::new() }; 2], from: Decimal::ZERO, to: value, is_level: true }
    }
}

/// The lines of a waterfall: names, numbers, shares with their heads, and bars. The axis starts at 0, unless the bars would
/// be too short to see. If the lines are wider than `width`, the bars become shorter, and then the names.
pub fn drawn(mut bars: Vec<Bar>, heads: [&str; 2], width: usize) -> Vec<String> {
    let names = widest(bars.iter().map(|bar| &*bar.name));
    let numbers = widest(bars.iter().map(|bar| &*bar.text));
    let shares = [0, 1].map(|at| {
        let width = widest(bars.iter().map(|bar| &*bar.shares[at]));
        if width == 0 { 0 } else { width.max(heads[at].width()) }
    });
    let wide_shares = shares.iter().filter(|width| **width > 0).map(|width| GAP + width).sum::<usize>();
    let fixed = GAP + numbers + wide_shares + GAP;
    let length = width.saturating_sub(names + fixed).clamp(MIN_WIDTH, WIDTH);
    let names = width.saturating_sub(length + fixed).max(MIN_NAME).min(names);
    bars.iter_mut().for_each(|bar| bar.name = shortened(&bar.name, names));
    let axis = Axis::of(&bars, length);
    let cells = |cells: [&str; 2]| {
        let cells = cells.iter().zip(shares).filter(|(_, width)| *width > 0);
        cells.map(|(text, width)| format!("  {}{text}", blanks(width - text.width()))).collect::<String>()
    };
    let line = |bar: &Bar| {
        let name = format!("{}{}", bar.name, blanks(names.saturating_sub(bar.name.width())));
        let number = format!("{}{}", blanks(numbers - bar.text.width()), bar.text);
        format!("{name}  {number}{}  {}", cells(bar.shares.each_ref().map(String::as_str)), axis.bar(bar))
    };
    let has_shares = shares.iter().any(|width| *width > 0);
    let head = has_shares.then(|| format!("{}{}", blanks(names + GAP + numbers), cells(heads)));
    head.into_iter().chain(bars.iter().map(line)).collect()
}

fn widest<'t>(texts: impl Iterator<Item = &'t str>) -> usize {
    texts.map(UnicodeWidthStr::width).max().unwrap_or(0)
}

fn blanks(count: usize) -> String {
    " ".repeat(count)
}

struct Axis {
    low: Decimal,
    high: Decimal,
    /// Where values start.
    base: Decimal,
    /// The number of cells.
    width: usize,
}

impl Axis {
    fn of(bars: &[Bar], width: usize) -> Self {
        let ends = || bars.iter().filter(|bar| !bar.is_level).flat_map(|bar| [bar.from, bar.to]);
        let levels = bars.iter().filter(|bar| bar.is_level).map(|bar| bar.to);
        let all: Vec<Decimal> = ends().chain(levels).collect();
        let (low, high) =
            all.iter().fold((Decimal::MAX, Decimal::MIN), |(low, high), &end| (low.min(end), high.max(end)));
        let length = high.saturating_sub(low);
        let is_visible = length.saturating_mul(VISIBLE) > low.abs().max(high.abs());
        // A quarter of the axis is left for the value that is nearer to 0.
        let base = match (low > Decimal::ZERO, high < Decimal::ZERO) {
            (true, _) if !is_visible => low.saturating_sub(length / Decimal::from(3)),
            (_, true) if !is_visible => high.saturating_add(length / Decimal::from(3)),
            _ => Decimal::ZERO,
        };
        Self { low: low.min(base), high: high.max(base), base, width }
    }

    fn bar(&self, bar: &Bar) -> String {
        let from = self.cell(if bar.is_level { self.base } else { bar.from });
        let to = self.cell(bar.to);
        let mark = match (bar.is_level, bar.to >= bar.from) {
            (true, _) => "█",
            (false, true) => "▓",
            (false, false) => "░",
        };
        let (start, end) = (from.min(to), from.max(to));
        let length = end - start;
        let is_short = length == 0 && bar.from != bar.to;
        let blanks = " ".repeat(usize::try_from(start).unwrap_or(0));
        let cells = mark.repeat(usize::try_from(length).unwrap_or(0));
        match (is_short, bar.is_level && !self.base.is_zero()) {
            (true, _) => format!("{blanks}▏"),
            (false, false) => format!("{blanks}{cells}"),
            (false, true) => format!("{blanks}{CUT}{}", cells.chars().skip(1).collect::<String>()),
        }
    }

    /// The cell of the axis in which a value lies.
    fn cell(&self, value: Decimal) -> i64 {
        let place = value.checked_sub(self.low).and_then(|at| at.checked_div(self.high.checked_sub(self.low)?));
        let place = place.and_then(|place| place.checked_mul(self.width.into()));
        place.and_then(|place| rounded(place, 0).try_into().ok()).unwrap_or(0)
    }
}
