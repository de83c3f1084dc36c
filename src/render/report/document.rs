//! Turns reports into a versioned document for programs, with exact decimals as texts.

use std::sync::Arc;

use serde::Serialize;

use crate::change::Change;
use crate::explain::Explanation;
use crate::explain::document::{Entry, EntryParts};
use crate::language::Language;
use crate::library::card::Better;
use crate::report::{Breakdown, Figure, Report, ReportedKpi};

/// The version of the format. It changes only if a field is removed or changes its meaning.
pub const VERSION: u32 = 1;

/// Reports as data.
#[derive(Serialize)]
pub struct ReportDocument<'r> {
    version: u32,
    reports: Vec<ReportData<'r>>,
}

/// One report.
#[derive(Serialize)]
struct ReportData<'r> {
    title: Option<&'r str>,
    /// The length of the periods.
    by: Option<&'static str>,
    /// What values are compared with, as in the query.
    against: Option<&'r str>,
    /// The period that the current one is compared with.
    period_before: Option<&'r str>,
    /// The current period.
    current: Option<&'r str>,
    periods: Vec<PeriodData<'r>>,
    /// The number of earlier periods that are left out.
    earlier_periods: usize,
    conditions: &'r [Arc<str>],
    data: Vec<DataDaysData<'r>>,
    kpis: Vec<KpiData<'r>>,
}

#[derive(Serialize)]
struct PeriodData<'r> {
    period: &'r str,
    incomplete: bool,
}

/// The first and the last day of a dataset.
#[derive(Serialize)]
struct DataDaysData<'r> {
    dataset: &'r str,
    first: Option<&'r str>,
    last: Option<&'r str>,
}

#[derive(Serialize)]
struct KpiData<'r> {
    name: &'r str,
    label: Option<&'r str>,
    perspective: Option<&'r str>,
    unit: Option<String>,
    better: Option<Better>,
    /// One for each period, or a single one.
    values: Vec<FigureData<'r>>,
    /// What accounts for the differences, as `kpi why` writes it.
    from_before: Option<&'r Change>,
    from_target: Option<&'r Change>,
    segments: Vec<BreakdownData<'r>>,
}

#[derive(Serialize)]
struct FigureData<'r> {
    #[serde(skip_serializing_if = "Option::is_none")]
    period: Option<&'r str>,
    #[serde(flatten)]
    entry: Entry,
    /// The value that it is compared with.
    before: Option<String>,
    /// The value minus the value before.
    difference: Option<String>,
    /// How the value was computed, as `kpi explain` writes it.
    explanation: &'r Explanation,
    /// The same for the value before, if it is that of a current value.
    #[serde(skip_serializing_if = "Option::is_none")]
    explanation_before: Option<&'r Explanation>,
}

/// The segments of a column.
#[derive(Serialize)]
struct BreakdownData<'r> {
    column: &'r str,
    rows: Vec<SegmentData<'r>>,
    /// The number of segments that the row of the others stands for.
    others: usize,
}

#[derive(Serialize)]
struct SegmentData<'r> {
    /// The key. None is blank.
    key: Option<&'r str>,
    /// True for the row of all keys that are not shown.
    is_others: bool,
    #[serde(flatten)]
    figure: FigureData<'r>,
}

/// The document of reports, with texts in a language.
pub(crate) fn report_document(reports: &[Report], language: Language) -> ReportDocument<'_> {
    ReportDocument { version: VERSION, reports: reports.iter().map(|report| report_data(report, language)).collect() }
}

fn report_data(report: &Report, language: Language) -> ReportData<'_> {
    let periods = report.shown.periods.iter();
    ReportData {
        title: report.title.as_ref().map(|title| title.get(language.code())),
        by: report.grain.map(|grain| grain.name()),
        against: report.against.as_ref().map(|against| &*against.text),
        period_before: report.against.as_ref().and_then(|against| against.period.as_deref()),
        current: report.shown.period().map(|period| period.name.as_str()),
        periods: periods.map(|it| PeriodData { period: &it.name, incomplete: it.incomplete }).collect(),
        earlier_periods: report.shown.earlier,
        conditions: &report.conditions,
        data: report
            .data
            .iter()
            .map(|data| DataDaysData {
                dataset: &data.dataset,
                first: data.days.as_ref().map(|(first, _)| first.as_str()),
                last: data.days.as_ref().map(|(_, last)| last.as_str()),
            })
            .collect(),
        kpis: report.kpis.iter().map(|kpi| kpi_data(kpi, report, language)).collect(),
    }
}

fn kpi_data<'r>(kpi: &'r ReportedKpi, report: &'r Report, language: Language) -> KpiData<'r> {
    let card = kpi.card(&report.library);
    let figure = |figure: &'r Figure| figure_data(figure, kpi, language);
    let figures = kpi.figures.iter().enumerate().map(|(at, it)| FigureData {
        period: report.shown.periods.get(at).map(|period| period.name.as_str()),
        ..figure(it)
    });
    let segments = |breakdown: &'r Breakdown| BreakdownData {
        column: &breakdown.column,
        rows: breakdown
            .segments
            .iter()
            .map(|segment| SegmentData {
                key: segment.key.as_deref(),
                is_others: segment.is_others,
                figure: figure(&segment.figure),
            })
            .collect(),
        others: breakdown.others,
    };
    KpiData {
        name: &kpi.name,
        label: card.and_then(|card| card.label.as_ref()).map(|label| label.get(language.code())),
        perspective: card.and_then(|card| card.perspective.as_deref()),
        unit: kpi.ty.unit_name(),
        better: kpi.better(&report.library),
        values: figures.collect(),
        from_before: kpi.from_before.as_ref(),
        from_target: kpi.from_target.as_ref(),
        segments: kpi.breakdowns.iter().map(segments).collect(),
    }
}

fn figure_data<'r>(figure: &'r Figure, kpi: &ReportedKpi, language: Language) -> FigureData<'r> {
    let parts = EntryParts {
        value: &figure.value,
        unit: kpi.ty.unit_name(),
        status: figure.status,
        advice: figure.advice.as_ref(),
        target: figure.target,
        no_status: figure.no_status.clone(),
        flags: &figure.flags,
        reason: figure.reason.clone(),
    };
    FigureData {
        period: None,
        entry: parts.entry(language),
        before: figure.before.as_ref().and_then(|before| before.value.as_ref().ok()).map(ToString::to_string),
        difference: figure.difference().map(crate::explain::plain),
        explanation: &figure.explanation,
        explanation_before: figure.before.as_ref().and_then(|before| before.explanation.as_ref()),
    }
}
