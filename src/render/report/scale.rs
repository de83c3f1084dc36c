//! Which charts share a scale.

use crate::report::ReportedKpi;
use crate::value::Decimal;

/// KPIs of one unit share a scale unless their values differ more than this many times.
const SHARED_UP_TO: u32 = 8;

/// The largest value of a KPI, its targets and the values before.
pub fn largest(kpi: &ReportedKpi) -> Decimal {
    let figures = kpi.figures.iter();
    let numbers = figures.flat_map(|figure| {
        let target = figure.target.map(|target| target.value.decimal);
        [figure.number(), target, figure.number_before()]
    });
    numbers.flatten().map(|number| number.abs()).max().unwrap_or_default()
}

/// The value that has the full height of a chart, for each KPI.
pub fn full_heights(kpis: &[ReportedKpi]) -> Vec<Decimal> {
    let own: Vec<Decimal> = kpis.iter().map(largest).collect();
    let mut order: Vec<usize> = (0..kpis.len()).collect();
    order.sort_by_key(|&at| std::cmp::Reverse(own[at]));
    let mut shared: Vec<(String, Decimal)> = vec![];
    let mut full = own.clone();
    for at in order {
        let Some(unit) = kpis[at].ty.unit_name() else { continue };
        let reaches = |largest: Decimal| own[at].saturating_mul(SHARED_UP_TO.into()) >= largest;
        match shared.iter().rev().find(|(of, largest)| *of == unit && reaches(*largest)) {
            Some((_, largest)) => full[at] = *largest,
            None => shared.push((unit, own[at])),
        }
    }
    full
}
