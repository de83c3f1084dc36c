//! Reads the texts of a query: what is asked for, by what, where, when, and with which values.

use std::collections::HashMap;
use std::sync::Arc;

use crate::data::{Dataset, Grain, Period};
use crate::diagnostic::{Code, Diagnostic, did_you_mean};
use crate::library::{Definition, DefinitionId, Library, check, resolve};
use crate::plan::Query;
use crate::plan::context::Axis;
use crate::source::{FileId, SourceFile, SourceMap};
use crate::syntax::ast::{DefinitionKind, Expr, ExprKind, Path};
use crate::syntax::parse_expression;

// What messages call the texts of a query.
const BY: &str = "<by>";
const WHERE: &str = "<where>";
const SET: &str = "<set ";

/// What the query's texts say.
pub(super) struct Texts {
    pub sources: SourceMap,
    pub kpis: Vec<Asked>,
    pub grain: Option<Grain>,
    pub by: Vec<Path>,
    pub filters: Vec<Expr>,
    pub period: Option<(i32, i32)>,
    /// The period asked for, where it is one of the calendar.
    pub single: Option<Period>,
    pub set: HashMap<DefinitionId, Expr>,
    pub diagnostics: Vec<Diagnostic>,
    /// Whether a text that concerns all KPIs (a group, a condition, the period, a given value) is wrong.
    pub broken: bool,
}

/// One thing asked for.
pub(super) enum Asked {
    Definition(DefinitionId),
    Formula(Arc<str>, Expr),
}

impl Texts {
    pub fn read(library: &Library, query: &Query, datasets: &[Arc<dyn Dataset>]) -> Self {
        let mut texts = Self {
            sources: library.sources().clone(),
            kpis: vec![],
            grain: None,
            by: vec![],
            filters: vec![],
            period: None,
            single: None,
            set: HashMap::new(),
            diagnostics: vec![],
            broken: false,
        };
        query.by.iter().for_each(|name| texts.group(name));
        query.filters.iter().for_each(|filter| texts.filter(library, filter));
        if let Some(period) = &query.period {
            texts.read_period(library, period);
        }
        query.set.iter().for_each(|(name, value)| texts.set(library, name, value));
        texts.broken =
            texts.diagnostics.iter().any(Diagnostic::is_error) || texts.needs_broken_calendar(library, query);
        if query.kpis.is_empty() {
            let ids = (0..).map(DefinitionId).zip(library.definitions());
            let published = ids.filter(|(_, definition)| is_published(definition));
            texts.kpis = published.map(|(id, _)| Asked::Definition(id)).collect();
        }
        query.kpis.iter().for_each(|kpi| texts.kpi(library, kpi, datasets));
        texts
    }

    /// Whether a problem stands in a text that concerns all KPIs.
    pub fn is_about_all(&self, problem: &Diagnostic) -> bool {
        let file = problem.labels.first().map(|label| &*self.sources.file(label.span.file).name);
        file.is_some_and(|name| [BY, WHERE].contains(&name) || name.starts_with(SET))
    }

    pub fn axis(&self, totals: bool) -> Axis {
        let single = self.single.map(|period| period.grain);
        Axis {
            grain: self.grain.or(single),
            single,
            totals: totals && self.grain.is_some(),
            by: self.by.iter().map(|path| path.name.text.clone()).collect(),
        }
    }

    fn error(&mut self, code: Code, message: String) -> &mut Diagnostic {
        self.diagnostics.push(Diagnostic::error(code, message));
        self.diagnostics.last_mut().expect("it was just pushed")
    }

    fn parse(&mut self, name: &str, text: &str) -> Option<Expr> {
        let file = self.sources.add(SourceFile::new(name, text));
        self.parse_file(file, text)
    }

    fn parse_file(&mut self, file: FileId, text: &str) -> Option<Expr> {
        match parse_expression(file, text) {
            Ok(expr) => Some(expr),
            Err(diagnostics) => {
                self.diagnostics.extend(diagnostics);
                None
            }
        }
    }

    fn group(&mut self, name: &str) {
        if let Some(grain) = Grain::from_name(name) {
            if self.grain.replace(grain).is_some_and(|before| before != grain) {
                self.error(Code::BadQuery, "results have one grain of time, found two".into())
                    .hints
                    .push("group by one of day, week, month, quarter and year".into());
            }
            return;
        }
        let Some(expr) = self.parse(BY, name) else { return };
        match *expr.kind {
            ExprKind::Path(path) if self.by.iter().any(|known| known.name.text == path.name.text) => {}
            ExprKind::Path(path) => self.by.push(path),
            _ => {
                self.error(Code::BadQuery, format!("results are grouped by columns, found `{name}`"));
            }
        }
    }

    fn filter(&mut self, library: &Library, filter: &str) {
        let Some(expr) = self.parse(WHERE, filter) else { return };
        let before = self.diagnostics.len();
        resolve::row(&expr, &crate::library::Names(library), &mut self.diagnostics);
        if self.diagnostics.len() == before {
            self.filters.push(expr);
        }
    }

    fn read_period(&mut self, library: &Library, text: &str) {
        let (first, last) = text.split_once("..").unwrap_or((text, text));
        let fiscal = text.contains('/') && library.calendar().year_starts == 1;
        let calendar = library.calendar();
        match (calendar.parse(first.trim()), calendar.parse(last.trim())) {
            (Some(first), Some(last)) if calendar.first_day(first) <= calendar.first_day(last) => {
                self.period = Some((calendar.first_day(first), calendar.days(last).end));
                self.single = Some(first).filter(|first| *first == last);
            }
            (Some(_), Some(_)) => {
                self.error(Code::BadQuery, format!("the period `{text}` ends before it starts"));
            }
            _ => {
                let problem = self.error(Code::BadQuery, format!("`{text}` is no period"));
                if fiscal {
                    problem.hints.push("fiscal years need their first month: `calendar { year starts april }`".into());
                }
                problem.hints.push(period_forms(calendar.year_starts).into());
            }
        }
    }

    /// Whether it is not known which days are meant, because years start in a month that is not known.
    fn needs_broken_calendar(&self, library: &Library, query: &Query) -> bool {
        let names_year =
            |text: &str| library.calendar().parse(text.trim()).is_some_and(|it| it.grain.depends_on_year());
        let period = query.period.as_deref().unwrap_or_default();
        let (first, last) = period.split_once("..").unwrap_or((period, period));
        library.broken.calendar
            && (self.grain.is_some_and(Grain::depends_on_year) || names_year(first) || names_year(last))
    }

    fn set(&mut self, library: &Library, name: &str, value: &str) {
        let Some(id) = library.id(name) else {
            let known = library.definitions().iter().map(|definition| &*definition.name.text);
            let suggestion = did_you_mean(name, known);
            self.error(Code::UnknownName, format!("nothing is called `{name}`, so it cannot be set"))
                .hints
                .extend(suggestion);
            return;
        };
        if let Some(expr) = self.parse(&format!("{SET}{name}>"), value) {
            self.set.insert(id, expr);
        }
    }

    /// A definition of that name, else a column of it, else what goes by that label or alias, else a formula.
    fn kpi(&mut self, library: &Library, text: &Arc<str>, datasets: &[Arc<dyn Dataset>]) {
        if let Some(id) = library.id(text) {
            return self.kpis.push(Asked::Definition(id));
        }
        if library.broken.definitions.contains(text) {
            // What is wrong with it has been reported: a column of its name is something else.
            return;
        }
        if datasets.iter().any(|dataset| dataset.schema().find(text).is_some()) {
            return self.formula(library, text);
        }
        match library.find(text)[..] {
            [] => self.formula(library, text),
            [found] => self.kpis.extend(library.id(&found.name.text).map(Asked::Definition)),
            ref found => {
                let names: Vec<String> = found.iter().map(|definition| format!("`{}`", definition.name.text)).collect();
                self.error(Code::Ambiguous, format!("`{text}` could mean {}", names.join(" or ")))
                    .hints
                    .push("ask for one of them by its name".into());
            }
        }
    }

    fn formula(&mut self, library: &Library, text: &Arc<str>) {
        let Some(expr) = self.parse("<formula>", text) else { return };
        let before = self.diagnostics.len();
        resolve::formula(&expr, &[], &crate::library::Names(library), &mut self.diagnostics);
        if self.diagnostics.len() == before {
            self.diagnostics.extend(check::formula(library, &self.sources, &expr));
        }
        if self.diagnostics.len() == before {
            self.kpis.push(Asked::Formula(text.clone(), expr));
        }
    }
}

/// How periods are written; years and quarters that begin in another month have another form.
fn period_forms(year_starts: u8) -> &'static str {
    match year_starts {
        1 => "periods are written 2026-03-31, 2026-W13, 2026-03, 2026-Q1 or 2026; from one to another 2026-01..2026-06",
        _ => {
            "periods are written 2026-03-31, 2026-W13, 2026-03, 2025/26-Q1 or 2025/26; from one to another 2026-01..2026-06"
        }
    }
}

fn is_published(definition: &Definition) -> bool {
    definition.kind == DefinitionKind::Kpi && !definition.standard
}
