//! Reports: what a page for managers shows, as items of a file.

use std::sync::Arc;

use super::Library;
use super::card::Text;
use super::examples::{meant, unknown};
use crate::data::Grain;
use crate::diagnostic::{Code, Diagnostic, are_few, did_you_mean};
use crate::source::Span;
use crate::syntax::ast::{self, Expr, Name, Path, ReportEntry, ReportEntryKind};
use crate::syntax::format_expr;

/// A checked `report`.
#[derive(Debug, Clone)]
pub struct ReportDefinition {
    /// The title, in the language of the author and in others.
    pub title: Text,
    /// The entries.
    pub entries: Vec<ReportEntry>,
    /// The place of the item.
    pub span: Span,
    /// The place of the title.
    pub title_span: Span,
    /// True if it has an error, which has been reported.
    pub broken: bool,
}

#[cfg_attr(not(feature = "cli"), allow(dead_code))]
impl ReportDefinition {
    /// The titles in all languages, that of the author first.
    pub fn titles(&self) -> impl Iterator<Item = &Arc<str>> {
        std::iter::once(&self.title.default).chain(self.title.translations.values())
    }

    /// Returns true if this is one of its titles, in upper or lower case.
    pub fn is_titled(&self, title: &str) -> bool {
        self.titles().any(|known| known.to_lowercase() == title.to_lowercase())
    }

    /// The KPIs. Empty for all published ones.
    pub fn kpis(&self) -> Vec<&Name> {
        self.entries.iter().flat_map(|entry| entry.kpis()).collect()
    }

    /// The grain of time.
    pub fn by(&self) -> Option<&Path> {
        self.entries.iter().find_map(|entry| entry.by())
    }

    /// The columns whose segments are shown.
    pub fn over(&self) -> Vec<&Path> {
        self.entries.iter().flat_map(|entry| entry.over()).collect()
    }

    /// The conditions on the rows, as formulas.
    pub fn conditions(&self) -> impl Iterator<Item = String> {
        self.entries.iter().filter_map(|entry| entry.condition()).map(format_expr)
    }

    /// The period, as in a query.
    pub fn period(&self) -> Option<&Arc<str>> {
        self.entries.iter().find_map(|entry| match &entry.kind {
            ReportEntryKind::Period(period) => Some(period),
            _ => None,
        })
    }

    /// What values are compared with.
    pub fn against(&self) -> Option<&Arc<str>> {
        self.entries.iter().find_map(|entry| match &entry.kind {
            ReportEntryKind::Against(against) => Some(against),
            _ => None,
        })
    }
}

#[cfg_attr(not(feature = "cli"), allow(dead_code))]
impl ReportEntry {
    fn kpis(&self) -> &[Name] {
        if let ReportEntryKind::Kpis(names) = &self.kind { names } else { &[] }
    }

    fn by(&self) -> Option<&Path> {
        if let ReportEntryKind::By(columns) = &self.kind { columns.first() } else { None }
    }

    fn over(&self) -> &[Path] {
        if let ReportEntryKind::Over(columns) = &self.kind { columns } else { &[] }
    }

    fn condition(&self) -> Option<&Expr> {
        if let ReportEntryKind::Where(condition) = &self.kind { Some(condition) } else { None }
    }

    /// The word that it begins with. None if it may be repeated.
    fn once(&self) -> Option<&'static str> {
        match self.kind {
            ReportEntryKind::Kpis(_) => Some("kpis"),
            ReportEntryKind::By(_) => Some("by"),
            ReportEntryKind::Over(_) => Some("over"),
            ReportEntryKind::Where(_) => None,
            ReportEntryKind::Period(_) => Some("period"),
            ReportEntryKind::Against(_) => Some("against"),
        }
    }
}

impl Library {
    /// Iterates over all reports: the library's own, then those of its base.
    #[cfg_attr(not(feature = "cli"), allow(dead_code))]
    pub(crate) fn reports(&self) -> impl Iterator<Item = &ReportDefinition> {
        self.and_below().flat_map(|library| &library.reports)
    }

    /// Returns the report with this title, in any language and in upper or lower case.
    ///
    /// # Errors
    /// Returns an error if there is no such report, or if it has an error itself.
    #[cfg_attr(not(feature = "cli"), allow(dead_code))]
    pub(crate) fn report(&self, title: &str) -> Result<&ReportDefinition, Diagnostic> {
        let problem = |message: String| Diagnostic::error(Code::UnknownName, message);
        match self.reports().find(|report| report.is_titled(title)) {
            Some(report) if report.broken => {
                Err(problem(format!("the report `{title}` has an error")).hint("run `kpi check` to see it"))
            }
            Some(report) => Ok(report),
            None => {
                let titles = || self.reports().flat_map(ReportDefinition::titles).map(|title| &**title);
                Err(problem(format!("there is no report `{title}`")).maybe_hint(did_you_mean(title, titles())))
            }
        }
    }
}

/// Adds a report. Returns an error if there is another one with the same title.
pub(super) fn declare(known: &mut Vec<ReportDefinition>, report: &ast::Report, span: Span) -> Option<Diagnostic> {
    let (title, title_span) = (Text::from(&report.title), report.title.span);
    let new = ReportDefinition { title, entries: report.entries.clone(), span, title_span, broken: false };
    let same = known.iter().find_map(|known| Some((known, new.titles().find(|title| known.is_titled(title))?)));
    let problem = same.map(|(known, title)| {
        Diagnostic::error(Code::Duplicate, format!("two reports have the title `{title}`"))
            .label(title_span, "again here")
            .label(known.title_span, "first used here")
    });
    known.push(new);
    problem
}

/// Reports unknown KPIs, entries that are written twice, and entries that a report cannot follow.
pub(super) fn check(library: &Library, is_broken: &dyn Fn(&str) -> bool, diagnostics: &mut Vec<Diagnostic>) {
    for report in &library.reports {
        diagnostics.extend(twice(&report.entries));
        for name in report.kpis().into_iter().filter(|name| !is_broken(&name.text)) {
            let few = are_few(diagnostics);
            let problem = unknown(library, name);
            diagnostics.extend(problem.map(|it| if few { meant(library, name, it) } else { it }));
        }
        for entry in &report.entries {
            diagnostics.extend(wrong(library, entry));
        }
    }
}

/// An error if an entry is written twice.
fn twice(entries: &[ReportEntry]) -> Option<Diagnostic> {
    let words = || entries.iter().filter_map(|entry| Some((entry.once()?, entry.span)));
    let again = words()
        .enumerate()
        .find_map(|(at, (word, span))| Some((word, words().take(at).find(|(known, _)| *known == word)?.1, span)));
    let (word, first, second) = again?;
    let problem = Diagnostic::error(Code::Duplicate, format!("a report has one `{word}`, found two"));
    Some(problem.label(second, "again here").label(first, "first written here"))
}

/// An error if an entry cannot be followed.
fn wrong(library: &Library, entry: &ReportEntry) -> Option<Diagnostic> {
    match &entry.kind {
        ReportEntryKind::By(columns) => by(columns),
        ReportEntryKind::Over(columns) => columns.iter().find_map(over),
        ReportEntryKind::Period(period) => wrong_period(library, period, entry.span),
        ReportEntryKind::Against(against) => wrong_shift(against, entry.span),
        ReportEntryKind::Kpis(_) | ReportEntryKind::Where(_) => None,
    }
}

fn is_grain(path: &Path) -> bool {
    path.qualifier.is_none() && !path.name.quoted && Grain::from_name(&path.name.text).is_some()
}

fn by(columns: &[Path]) -> Option<Diagnostic> {
    if let Some(column) = columns.iter().find(|column| !is_grain(column)) {
        let name = &column.name.text;
        let message = format!("a report runs over time, and `{name}` is not a period");
        let hint = format!("write `over {name}` for its segments, and `by month` for the periods");
        return Some(Diagnostic::error(Code::BadQuery, message).at(column.span).hint(hint));
    }
    let second = columns.get(1)?;
    let message = format!("a report has one kind of period, found `{}` too", second.name.text);
    Some(Diagnostic::error(Code::BadQuery, message).at(second.span).hint("write `by month`"))
}

fn over(column: &Path) -> Option<Diagnostic> {
    let name = &column.name.text;
    is_grain(column).then(|| {
        Diagnostic::error(Code::BadQuery, format!("`{name}` is a period, not a column with segments"))
            .at(column.span)
            .hint(format!("write `by {name}`, and `over` with a column of the data"))
    })
}

/// `latest`, `last 12 months`, `2026`, `2026-01..2026-03`
fn wrong_period(library: &Library, period: &str, span: Span) -> Option<Diagnostic> {
    let is_known = match period.split(' ').collect::<Vec<_>>()[..] {
        ["latest"] => true,
        ["last", unit] => Grain::from_name(unit).is_some(),
        ["last", count, unit] => {
            let grain = Grain::from_name(unit.strip_suffix('s').unwrap_or(unit));
            grain.is_some() && count.parse::<i32>().is_ok_and(|count| count > 0)
        }
        _ => {
            let ends = period.split_once("..").map_or(vec![period], |(first, last)| vec![first, last]);
            ends.iter().filter(|end| !end.is_empty()).all(|end| library.calendar().parse(end).is_some())
        }
    };
    (!is_known).then(|| {
        Diagnostic::error(Code::BadQuery, format!("`{period}` is not a period"))
            .at(span)
            .hint("write `period 2026`, `period 2026-01..2026-03`, `period latest` or `period last 12 months`")
    })
}

/// `previous`, `1 year ago`
fn wrong_shift(against: &str, span: Span) -> Option<Diagnostic> {
    let unit = against.split(' ').nth(1).filter(|_| !against.starts_with("previous"))?;
    let is_known =
        unit == "periods" || unit == "period" || Grain::from_name(unit.strip_suffix('s').unwrap_or(unit)).is_some();
    (!is_known).then(|| {
        Diagnostic::error(Code::BadContext, format!("`{unit}` is not a unit of time"))
            .at(span)
            .hint("write `against previous` or `against 1 year ago`")
    })
}
