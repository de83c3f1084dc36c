//! Formats the numbers of one KPI: as in the tables of results, and short ones for charts.
//!
//! A difference is that of the two printed numbers ([`TableNumbers::difference`]), wherever the page shows it.

use rust_decimal::RoundingStrategy;

use crate::language::Phrase;
use crate::library::Library;
use crate::render::change::hidden;
use crate::render::result::{UNDEFINED, signed, style_of, value_text};
use crate::render::{Lead, Locale, NumberFormat, NumberStyle};
use crate::report::{Figure, ReportedKpi, Segment};
use crate::value::unit::Type;
use crate::value::{Cell, Decimal};

/// The magnitudes in which the numbers of a chart are written, if the largest is at least ten times one.
const MAGNITUDES: [(u64, Phrase); 3] =
    [(1_000_000_000, Phrase::Billions), (1_000_000, Phrase::Millions), (1_000, Phrase::Thousands)];

/// The formats of one KPI.
pub struct Numbers<'a> {
    locale: &'a Locale,
    style: NumberStyle,
    /// The numbers of tables.
    pub table: TableNumbers<'a>,
    short: NumberFormat<'a>,
    /// The decimals of numbers in charts.
    short_decimals: u8,
    /// What numbers in charts are divided by, and the word for it.
    magnitude: Option<(Decimal, &'static str)>,
    /// The unit, which charts and tables name once.
    pub unit: Option<String>,
}

impl<'a> Numbers<'a> {
    pub fn new(kpi: &ReportedKpi, library: &Library, locale: &'a Locale) -> Self {
        let style = style_of(&kpi.ty, kpi.card(library)).without_units();
        let table = TableNumbers::new(&style, kpi.decimals.saturating_sub(hidden(&style)), locale);
        let largest = kpi.figures.iter().filter_map(|figure| figure.number()).map(|number| number.abs()).max();
        let largest = largest.unwrap_or_default();
        let magnitude = magnitude(largest, &style, locale);
        let shown = magnitude.map_or(largest, |(divisor, _)| largest / divisor);
        let short_decimals = short_decimals(kpi, &style, shown, magnitude.is_some());
        let lead = if style.lead == Lead::Percent { Lead::Percent } else { Lead::Plain };
        let short = NumberStyle { lead, decimals: Some(short_decimals), ..NumberStyle::default() };
        let short = locale.format(&short);
        Self { locale, table, short, short_decimals, magnitude, unit: unit(&kpi.ty, locale), style }
    }

    /// A number in a chart: few digits, without its unit.
    pub fn short(&self, number: Decimal) -> String {
        self.short.text(self.rounded(number))
    }

    /// The difference of two numbers as a chart prints them, with its sign. Those of percentages are points.
    pub fn short_difference(&self, number: Decimal, reference: Decimal) -> String {
        let difference = self.rounded(number).saturating_sub(self.rounded(reference));
        let text = self.short.text(difference);
        let text = text.trim_end_matches(['%', '\u{a0}', '\u{202f}']);
        if difference > Decimal::ZERO { format!("+{text}") } else { text.to_owned() }
    }

    /// A number with the digits that a chart shows. Formats would add digits to a number that rounds to 0.
    fn rounded(&self, number: Decimal) -> Decimal {
        let number = self.magnitude.map_or(number, |(divisor, _)| number / divisor);
        let shown = u32::from(self.short_decimals) + if self.is_percent() { 2 } else { 0 };
        number.round_dp_with_strategy(shown, RoundingStrategy::MidpointAwayFromZero)
    }

    /// The unit and the magnitude of numbers in charts: `EUR, thousands`.
    pub fn chart_unit(&self) -> String {
        let parts = self.unit.iter().map(String::as_str).chain(self.magnitude.map(|(_, word)| word));
        parts.map(|part| format!(", {part}")).collect()
    }

    /// True if values are percentages, whose relative changes would be confused with them.
    pub fn is_percent(&self) -> bool {
        self.style.lead == Lead::Percent
    }

    /// The relative difference of two numbers: `+12%`. None for percentages and without a base.
    pub fn relative(&self, difference: Decimal, base: Decimal) -> Option<(Decimal, String)> {
        let share = difference.checked_div(base.abs()).filter(|_| !base.is_zero() && !self.is_percent())?;
        let shown = share.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero);
        let percent = NumberStyle { lead: Lead::Percent, decimals: Some(0), ..NumberStyle::default() };
        let plus = if shown > Decimal::ZERO { "+" } else { "" };
        Some((share, format!("{plus}{}", self.locale.format(&percent).text(shown))))
    }

    /// The numbers of segments, which are aligned among themselves.
    pub fn of_segments(&self, segments: &[Segment]) -> TableNumbers<'a> {
        let numbers = segments.iter().flat_map(|segment| segment.figure.numbers());
        let full = NumberStyle { compact: false, ..self.style.clone() };
        let decimals = self.locale.format(&full).common_decimals(numbers);
        TableNumbers::new(&self.style, decimals.into(), self.locale)
    }
}

/// The numbers of one KPI in tables: all with the same decimals, without their unit.
pub struct TableNumbers<'a> {
    /// Short forms of large numbers if the card asks for them.
    shown: NumberFormat<'a>,
    /// All digits before the point.
    full: NumberFormat<'a>,
}

impl<'a> TableNumbers<'a> {
    fn new(style: &NumberStyle, decimals: u32, locale: &'a Locale) -> Self {
        let decimals = u8::try_from(decimals).ok();
        let full = locale.format(&NumberStyle { compact: false, decimals, ..style.clone() });
        Self { shown: if style.compact { locale.format(style) } else { full.clone() }, full }
    }

    /// A value.
    pub fn cell(&self, cell: &Cell) -> String {
        cell.as_ref().map_or_else(|_| UNDEFINED.to_owned(), |value| value_text(value, &self.shown))
    }

    /// A number.
    pub fn text(&self, number: Decimal) -> String {
        self.shown.text(number)
    }

    /// A difference with its sign.
    pub fn signed(&self, difference: Decimal) -> String {
        signed(difference, &self.shown)
    }

    /// The value minus the value before, both as printed.
    pub fn difference(&self, figure: &Figure) -> Option<Decimal> {
        self.full.difference(figure.number()?, figure.number_before()?)
    }

    /// The value minus the target, both as printed. None if they cannot be compared.
    pub fn distance(&self, figure: &Figure) -> Option<Decimal> {
        figure.distance()?;
        self.full.difference(figure.number()?, figure.target?.value.decimal)
    }
}

/// The unit of a chart. None for plain numbers and percentages, whose sign says it.
fn unit(ty: &Type, locale: &Locale) -> Option<String> {
    ty.unit_name().filter(|unit| unit != "percent")?;
    Some(locale.unit_symbol(ty))
}

/// The magnitude in which a chart writes numbers. Whole numbers below ten thousand and percentages have none.
fn magnitude(largest: Decimal, style: &NumberStyle, locale: &Locale) -> Option<(Decimal, &'static str)> {
    let is_reached = |size: u64| largest >= Decimal::from(10 * size) && style.lead != Lead::Percent;
    let found = MAGNITUDES.into_iter().find(|(size, _)| is_reached(*size));
    found.map(|(size, phrase)| (Decimal::from(size), locale.language.word(phrase)))
}

/// The decimals of numbers in a chart: as few as tell values apart.
fn short_decimals(kpi: &ReportedKpi, style: &NumberStyle, largest: Decimal, is_divided: bool) -> u8 {
    if style.lead == Lead::Percent {
        return style.decimals.unwrap_or(1);
    }
    let whole = kpi.figures.iter().filter_map(|figure| figure.number()).all(|number| number.fract().is_zero());
    match largest {
        _ if whole && !is_divided => 0,
        size if size >= Decimal::from(100) => 0,
        size if size >= Decimal::from(10) => 1,
        _ => 2,
    }
}
