//! The message of a report: one sentence that the statuses justify.

use super::Writer;
use crate::data::Grain;
use crate::language::Phrase;
use crate::library::card::Better;
use crate::report::{Figure, ReportedKpi};
use crate::syntax::ast::Status;
use crate::value::Decimal;

impl Writer<'_> {
    /// What a manager has to know: the first KPI that is bad, or else to watch; that all are good; or the first value.
    pub(super) fn message(&self) -> String {
        let of = |status: Status| self.report.kpis.iter().find(|kpi| kpi.figure().status == Some(status));
        if let Some(kpi) = of(Status::Bad).or_else(|| of(Status::Watch)) {
            return self.off(kpi);
        }
        match self.report.kpis.iter().filter(|kpi| kpi.figure().status.is_some()).count() {
            0 => self.without_status(),
            1 => of(Status::Good).map(|kpi| self.off(kpi)).unwrap_or_default(),
            count => self.language().phrase(Phrase::AllGood, &[&count.to_string()]),
        }
    }

    /// The message without any status: a missed target, or the change of the first KPI that has a value.
    fn without_status(&self) -> String {
        let missed = self.report.kpis.iter().find(|kpi| self.reaches(kpi, kpi.figure()) == Some(false));
        if let Some(kpi) = missed {
            return self.off(kpi);
        }
        let Some(kpi) = self.report.kpis.iter().find(|kpi| kpi.figure().value.is_ok()) else {
            return self.word(Phrase::NoValues).to_owned();
        };
        let (figure, numbers, label) = (kpi.figure(), self.numbers(kpi), self.label(kpi));
        let value = numbers.table.cell(&figure.value);
        match (numbers.table.difference(figure), self.before_name()) {
            (Some(difference), Some(before)) => {
                let parts = [&label, &value, &numbers.table.signed(difference), &before];
                self.language().phrase(Phrase::ValueFrom, &parts.map(String::as_str))
            }
            _ => self.language().phrase(Phrase::ValueAt, &[&label, &value]),
        }
    }

    /// `CAC: €15.02 above target (target reached in 2 of 6 months)`, `Churn rate at 6.8%: bad (3 of 6 months)`
    fn off(&self, kpi: &ReportedKpi) -> String {
        let (figure, label) = (kpi.figure(), self.label(kpi));
        match self.numbers(kpi).table.distance(figure) {
            Some(distance) => {
                let sentence = self.language().phrase(Phrase::Finding, &[&label, &self.distance(kpi, distance)]);
                sentence + &self.reached(kpi).unwrap_or_default()
            }
            None => {
                let status = figure.status.map_or("", |status| self.word(in_sentence(status)));
                let value = self.numbers(kpi).table.cell(&figure.value);
                let sentence = self.language().phrase(Phrase::ValueIs, &[&label, &value, status]);
                sentence + &self.periods_alike(kpi).unwrap_or_default()
            }
        }
    }

    /// `€15.02 above target`
    pub(super) fn distance(&self, kpi: &ReportedKpi, distance: Decimal) -> String {
        let numbers = self.numbers(kpi);
        let size = numbers.table.signed(distance.abs());
        let size = size.trim_start_matches('+');
        match distance {
            zero if zero.is_zero() => self.word(Phrase::OnTarget).to_owned(),
            above if above > Decimal::ZERO => self.language().phrase(Phrase::AboveTarget, &[size]),
            _ => self.language().phrase(Phrase::BelowTarget, &[size]),
        }
    }

    /// ` (target reached in 2 of 6 months)`
    fn reached(&self, kpi: &ReportedKpi) -> Option<String> {
        let reached: Vec<bool> = kpi.figures.iter().filter_map(|figure| self.reaches(kpi, figure)).collect();
        let counts = [reached.iter().filter(|reached| **reached).count(), reached.len()].map(|count| count.to_string());
        let grain = self.report.grain.filter(|_| reached.len() > 1)?;
        Some(self.language().phrase(Phrase::ReachedPeriods, &[&counts[0], &counts[1], self.plural(grain)]))
    }

    /// ` (3 of 6 months)`: how many periods have the current status.
    fn periods_alike(&self, kpi: &ReportedKpi) -> Option<String> {
        let current = kpi.figure().status;
        let all: Vec<Status> = kpi.figures.iter().filter_map(|figure| figure.status).collect();
        let count = all.iter().filter(|status| Some(**status) == current).count();
        let grain = self.report.grain.filter(|_| all.len() > 1)?;
        let parts = [&*count.to_string(), &all.len().to_string(), self.plural(grain)];
        Some(self.language().phrase(Phrase::InPeriods, &parts))
    }

    /// True if a value is at its target or better. None without a target, a value or a direction.
    fn reaches(&self, kpi: &ReportedKpi, figure: &Figure) -> Option<bool> {
        let distance = figure.distance()?;
        match kpi.better(&self.report.library)? {
            Better::Higher => Some(distance >= Decimal::ZERO),
            Better::Lower => Some(distance <= Decimal::ZERO),
            Better::Neither => None,
        }
    }

    fn plural(&self, grain: Grain) -> &'static str {
        self.word(match grain {
            Grain::Hour => Phrase::HourPlural,
            Grain::Day => Phrase::DayPlural,
            Grain::Week => Phrase::WeekPlural,
            Grain::Month => Phrase::MonthPlural,
            Grain::Quarter => Phrase::Quarters,
            Grain::Half => Phrase::HalfPlural,
            Grain::Year => Phrase::YearPlural,
        })
    }

    /// `2 bad`, `1 to watch`, `3 good`, `7 without a status`, with the classes of their colors.
    pub(super) fn counts(&self) -> Vec<(&'static str, String)> {
        let count =
            |status: Option<Status>| self.report.kpis.iter().filter(|kpi| kpi.figure().status == status).count();
        let all = [
            ("bad", Phrase::CountBad, count(Some(Status::Bad))),
            ("watch", Phrase::CountWatch, count(Some(Status::Watch))),
            ("good", Phrase::CountGood, count(Some(Status::Good))),
            ("none", Phrase::CountWithout, count(None)),
        ];
        let shown = all.into_iter().filter(|(.., count)| *count > 0);
        shown.map(|(class, phrase, count)| (class, self.language().phrase(phrase, &[&count.to_string()]))).collect()
    }
}

/// What a status says about a KPI.
fn in_sentence(status: Status) -> Phrase {
    match status {
        Status::Good => Phrase::IsGood,
        Status::Watch => Phrase::IsWatch,
        Status::Bad => Phrase::IsBad,
    }
}
