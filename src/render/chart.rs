//! Draws a result as text: a bar for each value, with its target, and a sparkline for each KPI by time.

use unicode_width::UnicodeWidthStr;

use super::result::{counted, group_cells, values, without_later};
use super::scale::Scale;
use super::{Language, Locale};
use crate::budget::Charge;
use crate::diagnostic::{Diagnostic, printable_line};
use crate::eval::{Evaluation, RowKind};
use crate::value::{Decimal, decimal_of};

/// The least and the greatest number of cells of a bar.
const CELLS: (usize, usize) = (10, 48);
/// The number of cells without a terminal.
const DEFAULT_WIDTH: usize = 100;
/// A cell that is filled from the left by eighths.
const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
/// The heights of a sparkline.
const HEIGHTS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Draws the groups at these positions, in this order.
pub(crate) fn chart(
    evaluation: &Evaluation,
    groups: &[usize],
    width: Option<usize>,
    locale: &Locale,
    charge: &mut Charge,
) -> Result<String, Diagnostic> {
    let (groups, _) = without_later(evaluation, groups);
    let language = locale.language;
    let mut text = String::new();
    for kpi in 0..evaluation.plan.kpis.len() {
        let groups = drawn(evaluation, &groups, kpi);
        let names: Vec<String> = groups.iter().map(|&group| name(evaluation, group, language)).collect();
        let texts = values(evaluation, &groups, locale, kpi);
        let rows: Vec<Row> = groups.iter().map(|&group| Row::of(evaluation, kpi, group)).collect();
        let left = widest(&names) + widest(&texts) + 4;
        let cells = width.unwrap_or(DEFAULT_WIDTH).saturating_sub(left).clamp(CELLS.0, CELLS.1);
        let axis = TextAxis::of(&rows, cells);
        text.push_str(&head(evaluation, kpi, &rows, language));
        for ((name, value), row) in names.iter().zip(&texts).zip(&rows) {
            let line = format!(
                "{}  {}  {}",
                filled(name, widest(&names), false),
                filled(value, widest(&texts), true),
                axis.bar(row)
            );
            counted(&line, charge)?;
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text.push('\n');
    }
    Ok(text)
}

/// The groups without the periods before the KPI's first value and after its last one, which are those of other KPIs.
fn drawn(evaluation: &Evaluation, groups: &[usize], kpi: usize) -> Vec<usize> {
    let has_value = |&group: &usize| evaluation.outcome(kpi, group).value.is_ok();
    let is_period = |&group: &usize| is_by_time(evaluation) && evaluation.kind(group) == RowKind::Group;
    let valued = |&at: &usize| is_period(&groups[at]) && has_value(&groups[at]);
    let (Some(first), Some(last)) = ((0..groups.len()).find(valued), (0..groups.len()).rfind(valued)) else {
        return groups.to_vec();
    };
    let is_drawn = |(at, group): &(usize, &usize)| !is_period(group) || (first..=last).contains(at);
    groups.iter().enumerate().filter(is_drawn).map(|(_, group)| *group).collect()
}

/// Returns true if each group is a period.
fn is_by_time(evaluation: &Evaluation) -> bool {
    evaluation.plan.request.grain.is_some() && evaluation.plan.request.by.is_empty()
}

/// A value and its target.
struct Row {
    value: Option<Decimal>,
    target: Option<Decimal>,
    /// False for totals, which would dwarf their parts.
    is_drawn: bool,
}

impl Row {
    fn of(evaluation: &Evaluation, kpi: usize, group: usize) -> Self {
        let outcome = evaluation.outcome(kpi, group);
        let value = decimal_of(&outcome.value);
        let is_drawn = matches!(evaluation.kind(group), RowKind::Group | RowKind::Others);
        Self { value, target: outcome.target.map(|target| target.value.decimal), is_drawn }
    }

    fn numbers(&self) -> impl Iterator<Item = Decimal> {
        [self.value, self.target].into_iter().flatten().filter(|_| self.is_drawn)
    }
}

fn name(evaluation: &Evaluation, group: usize, language: Language) -> String {
    let cells = group_cells(evaluation, group, language);
    printable_line(cells.join("  ").trim_end()).into_owned()
}

fn widest(texts: &[String]) -> usize {
    texts.iter().map(|text| text.width()).max().unwrap_or(0)
}

/// Fills a text with spaces, on the left if it is a number.
fn filled(text: &str, width: usize, is_number: bool) -> String {
    let spaces = " ".repeat(width.saturating_sub(text.width()));
    if is_number { format!("{spaces}{text}") } else { format!("{text}{spaces}") }
}

/// `cac   Customer acquisition cost   ▃▂▃▃▅`
fn head(evaluation: &Evaluation, kpi: usize, rows: &[Row], language: Language) -> String {
    let planned = &evaluation.plan.kpis[kpi];
    let card = planned.definition.map(|id| &evaluation.plan.library.get(id).card);
    let label = card.and_then(|card| card.label.as_ref()).map(|label| format!("   {}", label.get(language.code())));
    let spark = is_by_time(evaluation).then(|| format!("   {}", sparkline(rows)));
    format!("{}{}{}\n", planned.name, label.unwrap_or_default(), spark.unwrap_or_default().trim_end())
}

/// The values as heights of one line. The lowest height is 0, or the least value below 0.
fn sparkline(rows: &[Row]) -> String {
    let numbers = || rows.iter().filter(|row| row.is_drawn).filter_map(|row| row.value);
    let low = numbers().min().unwrap_or_default().min(Decimal::ZERO);
    let high = numbers().max().unwrap_or_default().max(Decimal::ZERO);
    let scale = Scale::new(high.saturating_sub(low), 7);
    let height = |row: &Row| match row.value {
        Some(value) => HEIGHTS[usize::try_from(scale.length(value.saturating_sub(low))).unwrap_or(0).min(7)],
        None => ' ',
    };
    rows.iter().filter(|row| row.is_drawn).map(height).collect()
}

/// The axis of the bars of a KPI, counted in eighths of a cell.
struct TextAxis {
    low: Decimal,
    scale: Scale,
    zero: usize,
}

impl TextAxis {
    fn of(rows: &[Row], cells: usize) -> Self {
        let ends = rows
            .iter()
            .flat_map(Row::numbers)
            .fold((Decimal::ZERO, Decimal::ZERO), |(low, high), number| (low.min(number), high.max(number)));
        let eighths = i64::try_from(8 * cells).unwrap_or(0);
        let scale = Scale::new(ends.1.saturating_sub(ends.0), eighths);
        let mut axis = Self { low: ends.0, scale, zero: 0 };
        // Bars begin at the edge of a cell.
        axis.zero = axis.place(Decimal::ZERO).div_ceil(8) * 8;
        axis
    }

    fn place(&self, value: Decimal) -> usize {
        usize::try_from(self.scale.length(value.saturating_sub(self.low))).unwrap_or(0)
    }

    /// A bar from 0, and a line where the target is.
    fn bar(&self, row: &Row) -> String {
        let Some(value) = row.value.filter(|_| row.is_drawn) else { return String::new() };
        let mut cells: Vec<&str> = vec![];
        let end = self.place(value);
        match value.is_sign_negative() && !value.is_zero() {
            false => {
                cells.resize(self.zero / 8, " ");
                let length = end.saturating_sub(self.zero).max(usize::from(!value.is_zero()));
                cells.extend(std::iter::repeat_n("█", length / 8));
                cells.extend(Some(EIGHTHS[length % 8]).filter(|part| !part.is_empty()));
            }
            true => {
                let start = (end + 4) / 8;
                cells.resize(start.min(self.zero / 8 - 1), " ");
                cells.resize(self.zero / 8, "█");
            }
        }
        if let Some(target) = row.target {
            let at = self.place(target) / 8;
            cells.resize(cells.len().max(at + 1), " ");
            cells[at] = "│";
        }
        cells.concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(numbers: &[i64]) -> Vec<Row> {
        let row = |&number: &i64| Row { value: Some(number.into()), target: None, is_drawn: true };
        numbers.iter().map(row).collect()
    }

    #[test]
    fn the_periods_of_a_kpi_are_those_from_its_first_to_its_last_value() -> Result<(), Box<dyn std::error::Error>> {
        let kpis = "a = sum(t.n where k = 1)\nb = min(t.n where k = 2)\nc = min(t.n where k = 3)";
        let library = crate::Library::from_text(&format!("dataset t {{ time day }}\n{kpis}"))?;
        let rows = "day,k,n\n2026-01-01,1,1\n2026-02-01,2,1\n2026-04-01,2,1\n2026-05-01,1,1\n";
        let declaration = &library.dataset("t").ok_or("it is declared")?.declaration;
        let table = crate::Table::from_csv("t", rows, declaration).expect("it is valid");
        let source = crate::Embedded::new(vec![std::sync::Arc::new(table)]);
        let query = crate::Query::new(["a", "b", "c"]).by("month");
        let evaluation = library.evaluate(&query, &source, &crate::Limits::default())?;
        let groups: Vec<usize> = (0..evaluation.groups.len()).collect();
        let of = |kpi: usize| -> Vec<usize> { drawn(&evaluation, &groups, kpi) };
        assert_eq!([of(0), of(1), of(2)], [vec![0, 1, 2, 3, 4], vec![1, 2, 3], vec![0, 1, 2, 3, 4]]);
        Ok(())
    }

    #[test]
    fn bars_are_proportional_to_an_eighth_of_a_cell() {
        let rows = rows(&[80, 40, 1, 0]);
        let axis = TextAxis::of(&rows, 10);
        let bars: Vec<String> = rows.iter().map(|row| axis.bar(row)).collect();
        assert_eq!(bars, ["██████████", "█████", "▏", ""]);
    }

    #[test]
    fn negative_bars_end_at_the_axis() {
        let rows = rows(&[-40, 40, -1]);
        let axis = TextAxis::of(&rows, 10);
        let bars: Vec<String> = rows.iter().map(|row| axis.bar(row)).collect();
        assert_eq!(bars, ["█████", "     █████", "    █"]);
    }

    #[test]
    fn a_line_marks_the_target() {
        let row =
            |value: i64, target: i64| Row { value: Some(value.into()), target: Some(target.into()), is_drawn: true };
        let rows = vec![row(40, 80), row(80, 40)];
        let axis = TextAxis::of(&rows, 10);
        assert_eq!(axis.bar(&rows[0]), "█████     │");
        assert_eq!(axis.bar(&rows[1]), "█████│████");
    }

    #[test]
    fn a_sparkline_has_a_letter_for_each_value() {
        assert_eq!(sparkline(&rows(&[0, 7, 3, 14])), "▁▅▃█");
        assert_eq!(sparkline(&rows(&[-7, 0, 7])), "▁▅█");
    }
}
