//! Renders how much a KPI depends on each of its inputs: a tornado, a table with bars on both sides of the base.

use super::result::{UNDEFINED, group_head, group_key, style_of};
use super::{Column, Grid, Lead, Locale, NumberFormat, NumberStyle, Sheet};
use crate::language::Phrase;
use crate::library::Library;
use crate::value::Decimal;
use crate::what_if::{LeftOutReason, Sensitivity, SensitivityEffect, SensitivityEnd};

/// The width of the bars on each side of the base.
const WIDTH: i64 = 12;

/// A cell of a bar that is filled from the left, by eighths.
const FROM_LEFT: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/// A cell of a bar that is filled from the right: there are characters for one eighth and for one half only.
const FROM_RIGHT: [&str; 8] = ["", "▕", "▕", "▐", "▐", "▐", "█", "█"];

/// The effects for people: a heading and a table. With bars for a terminal.
pub(crate) fn sensitivity(result: &Sensitivity, library: &Library, locale: &Locale, bars: bool) -> (String, Sheet) {
    let writer = Writer { result, library, locale };
    let language = locale.language;
    let ends = [writer.change("-"), writer.change("+")].map(|change| language.phrase(Phrase::AtChange, &[&change]));
    let [down, up] = ends;
    let mut columns = vec![
        Column::key(language.word(Phrase::InputHead)),
        Column::number(language.word(Phrase::Value)),
        Column::number(down),
    ];
    columns.extend(bars.then(|| Column::text("")));
    columns.extend([Column::number(up), Column::number(language.word(Phrase::ElasticityHead))]);
    let largest = result.inputs.iter().filter_map(SensitivityEffect::size).max().unwrap_or(Decimal::ZERO);
    let rows = result.inputs.iter().map(|effect| writer.row(effect, bars.then_some(largest))).collect();
    (writer.heading(), Sheet { grid: Grid { columns, rows, total: None }, remarks: writer.remarks() })
}

struct Writer<'a> {
    result: &'a Sensitivity,
    library: &'a Library,
    locale: &'a Locale,
}

impl Writer<'_> {
    /// `month 2026-03: cac = €60.02/customer, each input ±10%`
    fn heading(&self) -> String {
        let language = self.locale.language;
        let key = |(name, key): (&String, &Option<String>)| {
            format!("{} {}", group_head(name, language), group_key(name, key.as_deref(), language))
        };
        let keys: Vec<String> = self.result.group.iter().map(key).collect();
        let value = self.result.base.map_or_else(|| UNDEFINED.to_owned(), |base| self.format().text(base));
        let kpi = format!("{} = {value}", self.result.kpi);
        let kpi = if keys.is_empty() { kpi } else { language.phrase(Phrase::About, &[&keys.join(", "), &kpi]) };
        language.phrase(Phrase::VariedBy, &[&kpi, &self.percent(self.result.change)])
    }

    fn percent(&self, share: Decimal) -> String {
        self.locale.format(&NumberStyle { lead: Lead::Percent, ..NumberStyle::default() }).text(share)
    }

    /// `-10%`
    fn change(&self, sign: &str) -> String {
        format!("{sign}{}", self.percent(self.result.change))
    }

    fn style(&self) -> NumberStyle {
        let card = self.library.definition(&self.result.kpi).map(|definition| &*definition.card);
        NumberStyle { compact: false, ..style_of(&self.result.ty, card) }
    }

    /// The format of the KPI, with the same number of decimals for all of its values.
    fn format(&self) -> NumberFormat<'_> {
        let ends = self.result.inputs.iter().flat_map(|effect| [effect.down.value, effect.up.value]);
        self.locale.format(&self.style()).aligned(ends.chain([self.result.base]).flatten())
    }

    fn row(&self, effect: &SensitivityEffect, largest: Option<Decimal>) -> Vec<String> {
        let or_undefined = |text: Option<String>| text.unwrap_or_else(|| UNDEFINED.to_owned());
        let card = self.library.definition(&effect.name).map(|definition| &*definition.card);
        let input = self.locale.format(&NumberStyle { compact: false, ..style_of(&effect.ty, card) });
        let format = self.format();
        let end = |end: &SensitivityEnd| or_undefined(end.value.map(|value| format.text(value)));
        let value = or_undefined(effect.value.map(|value| input.text(value)));
        let elasticity = effect.elasticity.map(|elasticity| self.elasticity(elasticity));
        let bar = largest.map(|largest| bar(effect, largest));
        let start = [effect.name.to_string(), value, end(&effect.down)];
        start.into_iter().chain(bar).chain([end(&effect.up), or_undefined(elasticity)]).collect()
    }

    fn elasticity(&self, elasticity: Decimal) -> String {
        let style = NumberStyle { decimals: Some(2), ..NumberStyle::default() };
        self.locale.format(&style).text(elasticity)
    }

    /// Why ends are undefined, each reason once, and what the elasticity is.
    fn remarks(&self) -> Vec<String> {
        let language = self.locale.language;
        let mut remarks: Vec<String> = self
            .result
            .undefined
            .iter()
            .map(|reason| language.phrase(Phrase::About, &[&self.result.kpi, &language.sentence(reason)]))
            .collect();
        for effect in self.result.inputs.iter().filter(|_| self.result.undefined.is_none()) {
            for (end, sign) in [(&effect.down, "-"), (&effect.up, "+")] {
                let reason = end.undefined.iter().map(|reason| language.sentence(reason));
                remarks.extend(reason.map(|reason| {
                    let parts = [&*self.result.kpi, &*effect.name, &self.change(sign), &reason];
                    language.phrase(Phrase::WithInputAt, &parts)
                }));
            }
        }
        remarks.extend(self.result.left_out.iter().map(|left_out| match left_out.reason {
            LeftOutReason::Zero => language.phrase(Phrase::LeftOutZero, &[&left_out.name]),
            LeftOutReason::NotRead => language.phrase(Phrase::LeftOutNotRead, &[&self.result.kpi, &left_out.name]),
        }));
        let is_known = self.result.inputs.iter().any(|effect| effect.elasticity.is_some());
        remarks.extend(is_known.then(|| language.word(Phrase::ElasticityMeans).to_owned()));
        remarks
    }
}

/// The bars of both ends: those below the base on the left, those above it on the right.
fn bar(effect: &SensitivityEffect, largest: Decimal) -> String {
    let differences = || [&effect.down, &effect.up].into_iter().filter_map(|end| end.difference);
    let lower = differences().min().filter(|difference| difference.is_sign_negative());
    let higher = differences().max().filter(|difference| !difference.is_sign_negative());
    let left = eighths(lower.unwrap_or_default().abs(), largest);
    let right = eighths(higher.unwrap_or_default(), largest);
    let (left_full, right_full) = (left / 8, right / 8);
    let blocks = |count: i64| "█".repeat(usize::try_from(count).unwrap_or(0));
    let start = format!("{}{}", FROM_RIGHT[(left % 8) as usize], blocks(left_full));
    let end = format!("{}{}", blocks(right_full), FROM_LEFT[(right % 8) as usize]);
    let width = WIDTH as usize;
    format!("{}{start}│{end}", "\u{a0}".repeat(width - start.chars().count()))
}

/// The length of a bar in eighths of a cell. A difference that is not 0 has at least one.
fn eighths(size: Decimal, largest: Decimal) -> i64 {
    if size.is_zero() || largest.is_zero() {
        return 0;
    }
    let share = size.checked_div(largest).unwrap_or(Decimal::ONE);
    let length = (share * Decimal::from(8 * WIDTH)).round();
    i64::try_from(length).unwrap_or(0).clamp(1, 8 * WIDTH)
}

#[cfg(test)]
mod tests {
    use super::eighths;
    use crate::value::Decimal;

    #[test]
    fn bars_have_eighths_and_never_vanish() {
        let length = |size: &str| eighths(size.parse().expect("it is a decimal"), Decimal::from(96));
        assert_eq!(["96", "48", "1", "0.1", "0"].map(length), [96, 48, 1, 1, 0]);
        assert_eq!(eighths(Decimal::ONE, Decimal::ZERO), 0);
    }
}
