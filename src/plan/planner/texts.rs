//! Parses the texts of a query: its KPIs, groups, conditions, period and set values.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::data::{Calendar, ColumnType, Dataset, Grain, Period};
use crate::diagnostic::{Code, Diagnostic, did_you_mean};
use crate::library::types::check;
use crate::library::types::literals::{is_constant, written_year};
use crate::library::{Definition, DefinitionId, Library, literal, percent, periods, resolve};
use crate::plan::context::Axis;
use crate::plan::latest;
use crate::plan::lower::constant::needs_groups;
use crate::plan::query::binding::with_values;
use crate::plan::{Condition, GroupBy, Query, Setting, Variation, Varied};
use crate::source::{FileId, SourceFile, SourceMap, Span};
use crate::syntax::ast::{DefinitionKind, Expr, ExprKind, Name, Path};
use crate::syntax::{parse_expression, spelled};
use crate::value::Value;

// The names of a query's texts in messages.
const BY: &str = "<by>";
const WHERE: &str = "<where>";
const SET: &str = "<set ";
const FORMULA: &str = "<formula>";
pub(super) const HAVING: &str = "<having>";

/// The parsed texts of a query.
pub(super) struct Texts {
    pub sources: SourceMap,
    pub kpis: Vec<Asked>,
    pub grain: Option<Grain>,
    pub by: Vec<Path>,
    pub filters: Vec<Expr>,
    /// The conditions as shown in results.
    pub conditions: Vec<Arc<str>>,
    pub period: Option<(i32, i32)>,
    /// The requested period, if it is a single period of the calendar.
    pub single: Option<Period>,
    /// The day after the last one that the data are known to reach.
    pub data_end: Option<i32>,
    /// The calendar of the definitions. It counts in hours if the groups or the period are hours.
    pub calendar: Calendar,
    /// What the query sets, or its scenario if it has one.
    pub set: HashMap<DefinitionId, Arc<Expr>>,
    /// What each variation of the query varies, and the formula of its value. None if it is free.
    pub varied: Vec<(DefinitionId, Option<Arc<Expr>>)>,
    /// The values that the query sets besides its scenario.
    pub given: HashMap<DefinitionId, Expr>,
    /// The condition that groups have to meet.
    pub having: Option<(Arc<str>, Expr)>,
    pub diagnostics: Vec<Diagnostic>,
    /// The names of all columns, stored and computed.
    columns: HashSet<Arc<str>>,
    /// The names of the time columns.
    times: HashSet<Arc<str>>,
    /// True if a text that affects all KPIs (a group, a condition, the period, a set value) is wrong.
    pub broken: bool,
}

/// A requested KPI or formula.
#[derive(Clone)]
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
            conditions: vec![],
            period: None,
            single: None,
            data_end: None,
            calendar: library.calendar(),
            set: HashMap::new(),
            varied: vec![],
            given: HashMap::new(),
            having: None,
            diagnostics: vec![],
            columns: columns(library, datasets),
            times: datasets.iter().filter_map(|it| Some(it.schema().name(it.schema().time?).clone())).collect(),
            broken: false,
        };
        query.by.iter().for_each(|group| texts.group(group));
        let until = query.data_until.as_deref().and_then(|text| texts.read_data_until(library, text));
        texts.calendar.by_hour = [texts.grain, until.map(|until| until.grain)].contains(&Some(Grain::Hour));
        let conditions = query.filters.iter().filter_map(|filter| texts.condition(query, filter, datasets));
        let conditions: Vec<String> = conditions.collect();
        conditions.iter().for_each(|condition| texts.filter(library, condition));
        texts.conditions = conditions.into_iter().map(Arc::from).collect();
        if let Some(period) = &query.period {
            texts.read_period(library, period);
        }
        texts.data_end = until.map(|until| texts.calendar.days(until).end);
        query.set.iter().for_each(|(name, value)| texts.set(library, name, value, query.scenario.is_some()));
        texts.read_scenario(library, query);
        query.other_worlds.variations.iter().for_each(|variation| texts.read_variation(library, variation));
        texts.read_shape(library, query, datasets);
        texts.broken =
            texts.diagnostics.iter().any(Diagnostic::is_error) || texts.needs_broken_calendar(library, query);
        if query.kpis.is_empty() {
            let published = library.ids().filter(|id| is_published(library.get(*id)));
            texts.kpis = published.map(Asked::Definition).collect();
        }
        for kpi in &query.kpis {
            match query.names_only {
                true => texts.published(library, kpi),
                false => texts.kpi(library, kpi, datasets),
            }
        }
        texts
    }

    /// Returns true if a problem is in a text that affects all KPIs.
    pub fn is_about_all(&self, problem: &Diagnostic) -> bool {
        self.place(problem).is_some_and(|name| [BY, WHERE, HAVING].contains(&name) || name.starts_with(SET))
    }

    /// Marks a problem in a text of the query.
    pub fn marked(&self, problem: Diagnostic) -> Diagnostic {
        let is_here = self.is_about_all(&problem) || self.place(&problem) == Some(FORMULA);
        if is_here && problem.cell.is_none() { problem.in_query() } else { problem }
    }

    /// The name of the text that a problem is in.
    fn place(&self, problem: &Diagnostic) -> Option<&str> {
        problem.labels.first().map(|label| &*self.sources.file(label.span.file).name)
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

    pub(super) fn error(&mut self, code: Code, message: String) -> &mut Diagnostic {
        self.diagnostics.push(Diagnostic::error(code, message));
        self.diagnostics.last_mut().expect("it was just pushed")
    }

    pub(super) fn parse(&mut self, name: &str, text: &str) -> Option<Expr> {
        let file = self.sources.add(SourceFile::new(name, text));
        self.parse_file(file, text)
    }

    fn parse_file(&mut self, file: FileId, text: &str) -> Option<Expr> {
        match parse_expression(file, text) {
            Ok(expr) => Some(expr),
            Err(diagnostics) => {
                let hint = self.unquoted(text);
                self.diagnostics.extend(diagnostics.into_iter().map(|problem| match &hint {
                    Some(hint) => Diagnostic { hints: vec![hint.clone()], fix: None, ..problem },
                    None => problem,
                }));
                None
            }
        }
    }

    /// A hint on how to write a column in a formula if its name is not an identifier.
    fn unquoted(&self, text: &str) -> Option<String> {
        let is_word = |name: &str| name.chars().all(|c| c.is_alphanumeric() || c == '_');
        let named = self.columns.iter().filter(|name| !is_word(name) && text.contains(&***name));
        let name = named.filter(|name| !text.contains(&format!("`{name}`"))).max_by_key(|name| name.len())?;
        Some(format!("in a formula, write the column in backticks: `` `{name}` ``"))
    }

    /// Returns true if the name of a grain is meant as the column of that name. A column `hour` or `half` that is not a
    /// time column is one that the data has apart from its time.
    fn is_column(&self, grain: Grain) -> bool {
        let is_new = matches!(grain, Grain::Hour | Grain::Half);
        is_new && self.columns.contains(grain.name()) && !self.times.contains(grain.name())
    }

    fn group(&mut self, group: &GroupBy) {
        if let GroupBy::Grain(grain) = *group
            && !self.is_column(grain)
        {
            if self.grain.replace(grain).is_some_and(|before| before != grain) {
                self.error(Code::BadQuery, "expected one grain of time, found two".into())
                    .hints
                    .push("group by one of hour, day, week, month, quarter, half and year".into());
            }
            return;
        }
        let name = group.name();
        let file = self.sources.add(SourceFile::new(BY, name));
        let written = written(file, name);
        let path = match parse_expression(file, name).map(|expr| *expr.kind) {
            _ if matches!(group, GroupBy::Column(_)) || self.columns.contains(&written.name.text) => written,
            Ok(ExprKind::Path(path)) => path,
            Ok(kind) => {
                let hint = self.instead_of_formula(&kind, name);
                self.error(Code::BadQuery, format!("expected a column to group by, found `{name}`")).hints.push(hint);
                return;
            }
            // Any other text is the name of a column.
            Err(_) => written,
        };
        if !self.by.iter().any(|known| known.name.text == path.name.text) {
            self.by.push(path);
        }
    }

    /// What to write for a formula in `--by`: the grain for `month_of(day)`, otherwise a computed column.
    fn instead_of_formula(&self, kind: &ExprKind, written: &str) -> String {
        let grain = match kind {
            ExprKind::Call(call) => call.function.text.strip_suffix("_of").and_then(Grain::from_name),
            _ => None,
        };
        let is_time = |path: &Path| self.times.contains(&path.name.text);
        let of_time = matches!(kind, ExprKind::Call(call) if matches!(&call.arguments[..], [argument] if matches!(&*argument.kind, ExprKind::Path(path) if is_time(path))));
        match grain.filter(|_| of_time) {
            Some(grain) => format!("the time of the rows is grouped by its grain: `--by {}`", grain.name()),
            None => format!(
                "declare a computed column in the block of the dataset, such as `key = {written}`, and write `--by key`"
            ),
        }
    }

    /// Returns the text of a condition, with its values as literals.
    fn condition(&mut self, query: &Query, condition: &Condition, datasets: &[Arc<dyn Dataset>]) -> Option<String> {
        match condition {
            Condition::Is(column, value) => Some(equality(column, value, datasets)),
            Condition::Formula(text, _) if query.names_only => {
                let message = format!("formulas are not allowed as conditions of this query, found `{text}`");
                self.error(Code::BadQuery, message).hints.push("use `filter_is` with a column and its value".into());
                None
            }
            Condition::Formula(text, values) if values.is_empty() => Some(text.to_string()),
            Condition::Formula(text, values) => match with_values(text, values) {
                Ok(text) => Some(text),
                Err(asked) => {
                    let message = format!("the condition `{text}` expects {asked} values, found {}", values.len());
                    self.error(Code::BadQuery, message).hints.push("`$1` is the first value, `$2` the second".into());
                    None
                }
            },
        }
    }

    fn filter(&mut self, library: &Library, filter: &str) {
        if filter.trim().is_empty() {
            let problem = self.error(Code::BadQuery, "expected a condition after `--where`, found nothing".into());
            problem.hints.push("write a comparison, such as `--where 'channel = \"web\"'`".into());
            return;
        }
        let Some(expr) = self.parse(WHERE, filter) else { return };
        let before = self.diagnostics.len();
        resolve::row(&expr, library, &mut self.diagnostics);
        if self.diagnostics.len() == before {
            self.filters.push(expr);
        }
    }

    /// Reads the day that the data are known to reach.
    fn read_data_until(&mut self, library: &Library, text: &str) -> Option<Period> {
        let read = library.calendar().parse(text.trim());
        if read.is_none() {
            let forms = periods::candidates(library.calendar(), text);
            let problem = self.error(Code::BadQuery, format!("the end of the data is a day, found `{text}`"));
            let forms: Vec<String> = forms.iter().map(|form| format!("`{form}`")).collect();
            let hint = if forms.is_empty() { "`2026-03-14`".to_owned() } else { forms.join(" or ") };
            problem.hints.push(format!("write {hint}"));
        }
        read
    }

    fn read_period(&mut self, library: &Library, text: &str) {
        let (first, last) = text.split_once("..").unwrap_or((text, text));
        let fiscal = text.contains('/') && library.calendar().year_starts == 1;
        let ends = (library.calendar().parse(first.trim()), library.calendar().parse(last.trim()));
        self.calendar.by_hour |= [ends.0, ends.1].iter().flatten().any(|period| period.grain == Grain::Hour);
        let calendar = self.calendar;
        match ends {
            (Some(first), Some(last)) if calendar.first_day(first) <= calendar.first_day(last) => {
                self.period = Some((calendar.first_day(first), calendar.days(last).end));
                self.single = Some(first).filter(|first| *first == last);
            }
            (Some(_), Some(_)) => {
                let turned = format!("write `{}..{}`", last.trim(), first.trim());
                self.error(Code::BadQuery, format!("the period `{text}` ends before it starts")).hints.push(turned);
            }
            _ if latest::is_latest(text) => {
                let message = format!("the period `{text}` depends on the data, which planning does not read");
                let hint = "call `Library::evaluate`, or write a period such as `2026-03`";
                self.error(Code::BadQuery, message).hints.push(hint.into());
            }
            _ => {
                let forms = periods::candidates(calendar, text);
                let words = periods::in_other_words(calendar, text).filter(|_| forms.is_empty());
                let problem = self.error(Code::BadQuery, format!("`{text}` is not a valid period"));
                match &forms[..] {
                    [] if fiscal => {
                        let hint = "declare the first month of the fiscal year: `calendar { year starts april }`";
                        problem.hints.push(hint.into());
                    }
                    [] => problem.hints.extend(words),
                    _ => {
                        let forms: Vec<String> = forms.iter().map(|form| format!("`{form}`")).collect();
                        problem.hints.push(format!("write {}", forms.join(" or ")));
                    }
                }
                problem.hints.push(period_forms(calendar.year_starts).into());
            }
        }
    }

    /// Returns true if the days of a period are unknown because the `calendar` item is broken.
    fn needs_broken_calendar(&self, library: &Library, query: &Query) -> bool {
        let names_year =
            |text: &str| library.calendar().parse(text.trim()).is_some_and(|it| it.grain.depends_on_calendar());
        let period = query.period.as_deref().unwrap_or_default();
        let (first, last) = period.split_once("..").unwrap_or((period, period));
        library.broken.calendar
            && (self.grain.is_some_and(Grain::depends_on_calendar) || names_year(first) || names_year(last))
    }

    /// Reads a set value. Beside a scenario it holds without the scenario too.
    fn set(&mut self, library: &Library, name: &str, value: &Setting, beside_scenario: bool) {
        let Some(id) = library.id(name) else {
            let hint = settable(library, name);
            let problem = Diagnostic::error(Code::UnknownName, format!("cannot set `{name}`: it is not defined"));
            return self.diagnostics.push(problem.hint(hint).in_query());
        };
        let text = match value {
            Setting::Value(value) => literal(value).into(),
            Setting::Formula(formula) => formula.clone(),
        };
        let Some(expr) = self.parse(&format!("{SET}{name}>"), &text) else { return };
        if beside_scenario {
            return self.give(library, id, expr);
        }
        let value = self.checked_value(library, id, expr);
        self.set.insert(id, Arc::new(value));
    }

    /// Checks the value or formula of a definition.
    fn checked_value(&mut self, library: &Library, id: DefinitionId, expr: Expr) -> Expr {
        let definition = library.get(id);
        if definition.kind != DefinitionKind::Param && needs_groups(library, &expr) {
            return self.checked_replacement(library, &definition.name.text, expr);
        }
        self.diagnostics.extend(percent::plain_number(library.type_of(id), &expr));
        expr
    }

    /// Reads a variation of the query.
    fn read_variation(&mut self, library: &Library, Variation { name, value, .. }: &Variation) {
        let Some(id) = library.id(name) else {
            let hint = settable(library, name);
            let problem = Diagnostic::error(Code::UnknownName, format!("cannot vary `{name}`: it is not defined"));
            return self.diagnostics.push(problem.hint(hint).in_query());
        };
        let formula = match value {
            Varied::Free => None,
            Varied::Formula(text) => {
                let Some(expr) = self.parse(&format!("{SET}{name}>"), text) else { return };
                Some(Arc::new(self.checked_value(library, id, expr)))
            }
        };
        self.varied.push((id, formula));
    }

    /// Reads a value that holds with and without the scenario of the query.
    fn give(&mut self, library: &Library, id: DefinitionId, expr: Expr) {
        if !is_constant(&expr) {
            let message = format!("with `--scenario`, `--set` takes a value, found `{}`", self.sources.text(expr.span));
            let name = &library.get(id).name.text;
            let problem = Diagnostic::error(Code::BadQuery, message).at(expr.span);
            let problem =
                problem.hint(format!("write a value, as in `--set {name}=35`, or put the formula into the scenario"));
            return self.diagnostics.push(problem);
        }
        self.diagnostics.extend(percent::plain_number(library.type_of(id), &expr));
        self.given.insert(id, expr);
    }

    /// Reads what the scenario of the query sets.
    fn read_scenario(&mut self, library: &Library, query: &Query) {
        let Some(title) = &query.scenario else { return };
        match library.scenario(title) {
            Ok(scenario) => {
                let changes = scenario.changes.iter();
                let changes = changes.filter_map(|it| Some((library.id(&it.name.text)?, Arc::new(it.value.clone()))));
                self.set = changes.collect();
            }
            Err(problem) => self.diagnostics.push(problem.in_query()),
        }
    }

    /// Checks the formula that replaces a definition. A wrong one becomes `undefined`, so that nothing else is reported
    /// about it.
    fn checked_replacement(&mut self, library: &Library, name: &str, formula: Expr) -> Expr {
        let before = self.diagnostics.len();
        resolve::formula(&formula, &[], library, &mut self.diagnostics);
        if self.diagnostics.len() == before {
            self.diagnostics.extend(check::replacement(library, name, &formula));
        }
        match self.diagnostics[before..].iter().any(Diagnostic::is_error) {
            true => Expr { kind: Box::new(ExprKind::Undefined), span: formula.span },
            false => formula,
        }
    }

    /// Adds the KPI of this name to a query that may only name published KPIs.
    fn published(&mut self, library: &Library, name: &str) {
        match library.id(name) {
            Some(id) if library.get(id).kind == DefinitionKind::Kpi => self.kpis.push(Asked::Definition(id)),
            _ => {
                let known = library.definitions().filter(|it| it.kind == DefinitionKind::Kpi);
                let hint = did_you_mean(name, known.map(|definition| &*definition.name.text));
                let problem = Diagnostic::error(Code::UnknownName, format!("`{name}` is not the name of a KPI"));
                self.diagnostics.push(problem.maybe_hint(hint).in_query());
            }
        }
    }

    /// Adds the definition of this name, else the column, else the definition with this label or alias, else a formula.
    fn kpi(&mut self, library: &Library, text: &Arc<str>, datasets: &[Arc<dyn Dataset>]) {
        if let Some(id) = library.id(text) {
            return self.kpis.push(Asked::Definition(id));
        }
        if library.broken.definitions.contains(text) {
            // Its problem has been reported. A column of the same name is something else.
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
                let message = format!("`{text}` is ambiguous: it matches {}", names.join(", "));
                let problem = Diagnostic::error(Code::Ambiguous, message).hint("use one of these names");
                self.diagnostics.push(problem.in_query());
            }
        }
    }

    fn formula(&mut self, library: &Library, text: &Arc<str>) {
        if let Some(names) = several(library, text) {
            let message = format!("expected one KPI or formula, found a list: `{text}`");
            self.error(Code::BadQuery, message).hints.push(format!("separate KPIs by spaces: `{names}`"));
            return;
        }
        if let Some(expr) = self.checked_formula(FORMULA, library, text) {
            if let Some(year) = written_year(&expr) {
                let message = format!("`{year}` is a division here, not a fiscal year");
                let warning = Diagnostic::warning(Code::Lint, message).at(expr.span);
                self.diagnostics.push(warning.hint(format!("to select the year, write `--period {year}`")));
            }
            self.kpis.push(Asked::Formula(text.clone(), expr));
        }
    }

    /// Parses and checks a formula. Returns None if it has errors, which are reported.
    fn checked_formula(&mut self, name: &str, library: &Library, text: &str) -> Option<Expr> {
        self.parse(name, text).filter(|expr| self.checks(library, expr))
    }

    /// Returns true if a formula has no errors. Its problems are reported.
    pub(super) fn checks(&mut self, library: &Library, expr: &Expr) -> bool {
        let before = self.diagnostics.len();
        resolve::formula(expr, &[], library, &mut self.diagnostics);
        if self.diagnostics.len() == before {
            self.diagnostics.extend(check::formula(library, expr));
        }
        !self.diagnostics[before..].iter().any(Diagnostic::is_error)
    }
}

/// The forms of a period; years and quarters are written differently if the year does not start in January.
fn period_forms(year_starts: u8) -> &'static str {
    match year_starts {
        1 => {
            "write `2026-03-31`, `2026-W13`, `2026-03`, `2026-Q1` or `2026`, a range such as `2026-01..2026-06`, or `latest` or `last 3 months`, which count from the end of the data"
        }
        _ => {
            "write `2026-03-31`, `2026-W13`, `2026-03`, `2025/26-Q1` or `2025/26`, a range such as `2026-01..2026-06`, or `latest` or `last 3 months`, which count from the end of the data"
        }
    }
}

/// The names of all columns, stored and computed.
fn columns(library: &Library, datasets: &[Arc<dyn Dataset>]) -> HashSet<Arc<str>> {
    let stored = datasets.iter().flat_map(|dataset| dataset.schema().columns.keys());
    let computed = library.datasets().flat_map(|dataset| dataset.computed.keys());
    stored.chain(computed).cloned().collect()
}

/// The path of a column, from its name as written.
fn written(file: FileId, name: &str) -> Path {
    let span = Span::new(file, 0, name.len());
    Path { qualifier: None, name: Name { text: name.into(), quoted: true, span }, span }
}

/// The condition that a column has a value. A text becomes a date if the column contains dates.
fn equality(column: &str, value: &Value, datasets: &[Arc<dyn Dataset>]) -> String {
    let mut schemas = datasets.iter().map(|dataset| dataset.schema());
    let is_date = schemas.any(|schema| {
        schema.find(column).is_some_and(|id| matches!(schema.column(id).ty, ColumnType::Date | ColumnType::Period(_)))
    });
    let value = match value {
        Value::Text(text) if is_date && is_literal(text) => text.to_string(),
        value => literal(value),
    };
    format!("{} = {value}", spelled(column))
}

/// Returns true if a text is a date or a period as formulas write it.
fn is_literal(text: &str) -> bool {
    parse_expression(FileId(0), text).is_ok_and(|expr| matches!(*expr.kind, ExprKind::Date(_)))
}

/// The maximum number of names in a hint.
const MAX_LISTED: usize = 8;

/// A hint for an unknown name: similar names, else names that contain it, else the user's parameters and inputs.
fn settable(library: &Library, name: &str) -> String {
    let listed = |names: Vec<&str>| {
        let names: Vec<String> = names.into_iter().take(MAX_LISTED).map(|name| format!("`{name}`")).collect();
        (!names.is_empty()).then(|| names.join(", "))
    };
    if let Some(near) = did_you_mean(name, library.definitions().map(|definition| &*definition.name.text)) {
        return near;
    }
    let names = |wanted: &dyn Fn(&Definition) -> bool| {
        listed(library.definitions().filter(|it| wanted(it)).map(|it| &*it.name.text).collect())
    };
    let lower_case = name.to_lowercase();
    let similar = names(&|it| !lower_case.is_empty() && it.name.text.to_lowercase().contains(&lower_case));
    let own = |kind: DefinitionKind| names(&|it| !it.standard && it.kind == kind);
    match (similar, own(DefinitionKind::Param), own(DefinitionKind::Input)) {
        (Some(similar), ..) => format!("did you mean one of {similar}?"),
        (None, Some(own), None) => format!("the definitions have the parameters {own}"),
        (None, None, Some(inputs)) => format!("the definitions have the inputs {inputs}"),
        (None, Some(own), Some(inputs)) => {
            format!("the definitions have the parameters {own} and the inputs {inputs}")
        }
        (None, None, None) => "run `kpi list --inputs` to see what can be set".to_owned(),
    }
}

fn is_published(definition: &Definition) -> bool {
    definition.kind == DefinitionKind::Kpi && !definition.standard
}

/// The names of KPIs in a list with commas or semicolons: `cac,roas`.
fn several(library: &Library, text: &str) -> Option<String> {
    let names: Vec<&str> = text.split([',', ';']).map(str::trim).filter(|name| !name.is_empty()).collect();
    let are_known = text.contains([',', ';']) && names.iter().all(|name| library.find(name).len() == 1);
    let quoted = |name: &&str| if name.contains(' ') { format!("'{name}'") } else { (*name).to_owned() };
    (are_known && !names.is_empty()).then(|| names.iter().map(quoted).collect::<Vec<_>>().join(" "))
}
