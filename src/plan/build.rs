//! Builds the plan of a query: reads its texts, derives what was asked for, and asks each dataset for what that needs.

use std::collections::HashMap;
use std::sync::Arc;

use indexmap::{IndexMap, IndexSet};

use super::bind::Bindings;
use super::constant::Constants;
use super::context::Axis;
use super::expression::{self, Lowered};
use super::formula::Planner;
use super::{Given, Plan, PlannedBand, PlannedKpi, Query, StepId};
use crate::data::{ColumnId, ColumnType, Dataset, DatasetRequest, Grain, MAX_MEASURES, Request, RowSource, Schema};
use crate::diagnostic::{CellPlace, Code, Diagnostic, Problems, did_you_mean};
use crate::library::card::{Card, Text};
use crate::library::{Definition, DefinitionId, Library, check, resolve};
use crate::source::{FileId, SourceFile, SourceMap, Span};
use crate::syntax::ast::{Band, BandCondition, BinaryOp, Expr, ExprKind, Path};
use crate::syntax::parse_expression;

impl Library {
    /// Makes a query ready to be evaluated over data with these columns.
    ///
    /// # Errors
    /// All problems of the query: unknown names, inputs that the data lack, units that do not fit.
    pub fn plan(self: &Arc<Self>, query: &Query, datasets: &[Arc<dyn Dataset>]) -> Result<Plan, Problems> {
        let (plan, diagnostics) = self.plan_anyway(query, datasets);
        if diagnostics.iter().any(Diagnostic::is_error) {
            return Err(Problems { diagnostics, sources: plan.sources });
        }
        Ok(Plan { diagnostics, ..plan })
    }

    /// Makes what can be made ready: the plan without the KPIs that cannot be computed, and every problem. Where the
    /// groups, conditions, the period or a given value are wrong, no KPI is left.
    pub fn plan_anyway(self: &Arc<Self>, query: &Query, datasets: &[Arc<dyn Dataset>]) -> (Plan, Vec<Diagnostic>) {
        self.plan_given(query, datasets, Given::default())
    }

    /// The same, with values and columns that stand in for data.
    pub fn plan_given(
        self: &Arc<Self>,
        query: &Query,
        datasets: &[Arc<dyn Dataset>],
        given: Given,
    ) -> (Plan, Vec<Diagnostic>) {
        let mut texts = Texts::read(self, query, datasets);
        texts.set.extend(given.values);
        let diagnostics = std::mem::take(&mut texts.diagnostics);
        let bindings = Bindings::new(self, datasets);
        let constants = Constants::new(self, std::mem::take(&mut texts.set));
        let mut planner = Planner::new(self, bindings, constants, texts.axis(), query.limits.nodes);
        planner.diagnostics = diagnostics;
        planner.filters = texts.filters.clone();
        planner.provided = given.columns;
        Build { library: self, query, datasets, texts, planner, bare: given.bare }.run()
    }
}

// What messages call the texts of a query.
const BY: &str = "<by>";
const WHERE: &str = "<where>";
const SET: &str = "<set>";

/// What the query's texts say.
struct Texts {
    sources: SourceMap,
    kpis: Vec<Asked>,
    grain: Option<Grain>,
    by: Vec<Path>,
    filters: Vec<Expr>,
    period: Option<(i32, i32)>,
    set: HashMap<DefinitionId, Expr>,
    diagnostics: Vec<Diagnostic>,
    /// Whether a text that concerns all KPIs (a group, a condition, the period, a given value) is wrong.
    broken: bool,
}

/// One thing asked for.
enum Asked {
    Definition(DefinitionId),
    Formula(Arc<str>, Expr),
}

impl Texts {
    fn read(library: &Library, query: &Query, datasets: &[Arc<dyn Dataset>]) -> Self {
        let mut texts = Self {
            sources: library.sources().clone(),
            kpis: vec![],
            grain: None,
            by: vec![],
            filters: vec![],
            period: None,
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
        texts.broken = texts.diagnostics.iter().any(Diagnostic::is_error);
        if query.kpis.is_empty() {
            let ids = (0..).map(DefinitionId).zip(library.definitions());
            let published = ids.filter(|(_, definition)| is_published(definition));
            texts.kpis = published.map(|(id, _)| Asked::Definition(id)).collect();
        }
        query.kpis.iter().for_each(|kpi| texts.kpi(library, kpi, datasets));
        texts
    }

    /// Whether a problem stands in a text that concerns all KPIs.
    fn is_about_all(&self, problem: &Diagnostic) -> bool {
        let file = problem.labels.first().map(|label| &*self.sources.file(label.span.file).name);
        file.is_some_and(|name| [BY, WHERE, SET].contains(&name))
    }

    fn axis(&self) -> Axis {
        Axis { grain: self.grain, by: self.by.iter().map(|path| path.name.text.clone()).collect() }
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
            }
            (Some(_), Some(_)) => {
                self.error(Code::BadQuery, format!("the period `{text}` ends before it starts"));
            }
            _ => {
                let problem = self.error(Code::BadQuery, format!("`{text}` is no period"));
                if fiscal {
                    problem.hints.push("fiscal years need their first month: `calendar { year starts april }`".into());
                }
                problem.hints.push(
                    "periods are written 2026-03-31, 2026-W13, 2026-03, 2026-Q1 or 2026; from one to another 2026-01..2026-06".into(),
                );
            }
        }
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
        if let Some(expr) = self.parse(SET, value) {
            self.set.insert(id, expr);
        }
    }

    /// A definition of that name, else a column of it, else what goes by that label or alias, else a formula.
    fn kpi(&mut self, library: &Library, text: &Arc<str>, datasets: &[Arc<dyn Dataset>]) {
        if let Some(id) = library.id(text) {
            return self.kpis.push(Asked::Definition(id));
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

fn is_published(definition: &Definition) -> bool {
    definition.kind == crate::syntax::ast::DefinitionKind::Kpi && !definition.standard
}

/// So many missing inputs are shown with their places and suggestions.
const MAX_MISSING_SHOWN: usize = 12;

struct Build<'a> {
    library: &'a Arc<Library>,
    query: &'a Query,
    datasets: &'a [Arc<dyn Dataset>],
    texts: Texts,
    planner: Planner<'a>,
    /// Without targets, bands and ranges.
    bare: bool,
}

impl Build<'_> {
    fn run(mut self) -> (Plan, Vec<Diagnostic>) {
        let asked = std::mem::take(&mut self.texts.kpis);
        let steps: Vec<StepId> = asked.iter().map(|asked| self.value(asked)).collect();
        self.two_meanings();
        self.planner.check_given();
        self.missing_inputs();
        self.needs_period();
        self.needs_dates();
        // Cards come after all values: what only a target or a band needs, and the data lack, costs no KPI its value.
        let mut kpis: Vec<PlannedKpi> =
            asked.iter().zip(steps).filter_map(|(asked, step)| self.kpi(asked, step)).collect();
        self.missing_bounds();
        let datasets = self.planner.bindings.requested();
        let names = datasets.iter().map(|&dataset| self.planner.bindings.name(dataset).clone()).collect();
        let before = self.planner.diagnostics.len();
        let requests = self.requests(&datasets);
        // Values under another condition or over other groups than were asked for answer another question.
        let about_all = |problem: &Diagnostic| problem.is_error() && self.texts.is_about_all(problem);
        let groups_are_wrong = self.planner.diagnostics[before..].iter().any(Diagnostic::is_error);
        if self.texts.broken || groups_are_wrong || self.planner.diagnostics.iter().any(about_all) {
            kpis.clear();
        }
        if self.planner.measures.len() > MAX_MEASURES {
            let message = format!("the query needs more than {MAX_MEASURES} measures");
            self.planner.diagnostics.push(Diagnostic::error(Code::LimitReached, message));
        }
        let limits = &self.query.limits;
        let request = Request {
            datasets: requests,
            by: self.planner.axis.by.clone(),
            grain: self.texts.grain,
            calendar: self.library.calendar(),
            period: self.texts.period,
            totals: self.query.totals && (self.texts.grain.is_some() || !self.texts.by.is_empty()),
            measures: std::mem::take(&mut self.planner.measures).into_iter().collect(),
            threads: limits.threads(),
            max_groups: limits.groups,
            deadline: None,
        };
        let cost = super::cost::estimate(&request, self.planner.program.nodes().len(), self.datasets);
        self.check_cost(cost);
        let plan = Plan {
            library: self.library.clone(),
            cost,
            sources: self.texts.sources,
            time_limit: limits.time,
            request,
            program: self.planner.program,
            kpis,
            steps: self.planner.steps,
            filters: self.query.filters.clone(),
            datasets: names,
            diagnostics: vec![],
        };
        (plan, self.planner.diagnostics)
    }

    fn check_cost(&mut self, cost: u64) {
        if let Some(limit) = self.query.limits.cost.filter(|limit| cost > *limit) {
            let message = format!("the query is estimated to cost {cost}, more than the limit of {limit}");
            let hint = "ask for fewer KPIs, coarser groups or a shorter period, or raise the limit on cost";
            self.planner.diagnostics.push(Diagnostic::error(Code::LimitReached, message).hint(hint));
        }
    }

    // ── KPIs ─────────────────────────────────────────────────────────────────

    fn value(&mut self, asked: &Asked) -> StepId {
        match asked {
            Asked::Definition(id) => self.planner.definition(*id),
            Asked::Formula(_, expr) => self.planner.expression(expr),
        }
    }

    fn kpi(&mut self, asked: &Asked, step: StepId) -> Option<PlannedKpi> {
        if self.planner.is_broken(step) {
            return None;
        }
        Some(match asked {
            Asked::Definition(id) => self.defined(*id, step),
            Asked::Formula(text, _) => PlannedKpi {
                name: text.clone(),
                definition: None,
                step,
                target: None,
                bands: vec![],
                range: (None, None),
                not_per: None,
            },
        })
    }

    fn defined(&mut self, id: DefinitionId, step: StepId) -> PlannedKpi {
        let library = self.library.clone();
        let definition = library.get(id);
        let no_card = Card::default();
        let card = if self.bare { &no_card } else { &definition.card };
        let not_per = card.per.clone().filter(|per| !self.is_per(per));
        let target = card.target.as_ref().map(|target| self.bound(step, target));
        let target = target.filter(|target| !self.planner.is_broken(*target));
        let bands = self.bands(step, &card.bands);
        let (low, high) = card.range.as_ref().map_or((None, None), |(low, high)| (low.as_ref(), high.as_ref()));
        let range = (low.map(|low| self.bound_node(step, low)), high.map(|high| self.bound_node(step, high)));
        PlannedKpi { name: definition.name.text.clone(), definition: Some(id), step, target, bands, range, not_per }
    }

    /// Whether results are per this grain: grouped by it, or about exactly one such period.
    fn is_per(&self, per: &str) -> bool {
        match (Grain::from_name(per), self.texts.grain, self.texts.period) {
            (Some(per), Some(grain), _) => per == grain,
            (Some(per), None, Some((first, end))) => {
                let calendar = self.library.calendar();
                calendar.days(calendar.period(per, first)) == (first..end)
            }
            _ => false,
        }
    }

    /// The step of a target or bound; a plain number takes the KPI's unit.
    fn bound(&mut self, step: StepId, expr: &Expr) -> StepId {
        let expected = self.planner.steps[step.0 as usize].ty.clone();
        self.planner.value_of_type(expr, &expected)
    }

    fn bound_node(&mut self, step: StepId, expr: &Expr) -> crate::program::NodeId {
        let bound = self.bound(step, expr);
        self.planner.steps[bound.0 as usize].node
    }

    fn lowered(&self, step: StepId) -> Lowered {
        let step = &self.planner.steps[step.0 as usize];
        Lowered { node: step.node, ty: step.ty.clone() }
    }

    fn compared(&mut self, kpi: StepId, op: BinaryOp, bound: &Expr) -> (Lowered, StepId) {
        let bound_step = self.bound(kpi, bound);
        let (lhs, rhs) = (self.lowered(kpi), self.lowered(bound_step));
        (expression::binary(&mut self.planner, op, bound.span, lhs, rhs), bound_step)
    }

    /// All bands, or none where one of them rests on what the data lack: another one would hold by mistake.
    fn bands(&mut self, kpi: StepId, bands: &[Band]) -> Vec<PlannedBand> {
        let bands: Option<Vec<_>> = bands.iter().map(|band| self.band(kpi, band)).collect();
        bands.unwrap_or_default()
    }

    fn band(&mut self, kpi: StepId, band: &Band) -> Option<PlannedBand> {
        let (condition, step, text) = match &band.condition {
            BandCondition::Compare { op, bound, .. } => {
                let (condition, step) = self.compared(kpi, *op, bound);
                (condition.node, Some(step), format!("{} {}", op.symbol(), self.texts.sources.text(bound.span)))
            }
            BandCondition::Between { low, high } => self.between(kpi, low, high)?,
            BandCondition::When(condition) => {
                let step = self.planner.expression(condition);
                let text = format!("when {}", self.texts.sources.text(condition.span));
                (self.lowered(step).node, Some(step), text)
            }
            BandCondition::Otherwise => {
                let always = expression::constant(
                    &mut self.planner,
                    crate::value::Value::Boolean(true),
                    crate::value::unit::Type::Boolean,
                );
                (always.node, None, "otherwise".to_owned())
            }
        };
        if step.is_some_and(|step| self.planner.is_broken(step)) {
            return None;
        }
        let advice = band.advice.as_ref().map(Text::from);
        Some(PlannedBand { status: band.status, condition, step, text: text.into(), advice })
    }

    fn between(
        &mut self,
        kpi: StepId,
        low: &Expr,
        high: &Expr,
    ) -> Option<(crate::program::NodeId, Option<StepId>, String)> {
        let (above, low_step) = self.compared(kpi, BinaryOp::GreaterOrEqual, low);
        let (below, high_step) = self.compared(kpi, BinaryOp::LessOrEqual, high);
        if self.planner.is_broken(low_step) || self.planner.is_broken(high_step) {
            return None;
        }
        let both = expression::binary(&mut self.planner, BinaryOp::And, low.span, above, below);
        let text = format!("between {} and {}", self.texts.sources.text(low.span), self.texts.sources.text(high.span));
        Some((both.node, None, text))
    }

    // ── what went wrong ──────────────────────────────────────────────────────

    /// A lone name that was asked for and is neither a definition nor a column is no input, but a KPI misspelt.
    fn unknown_kpis(&mut self, missing: &mut IndexMap<Arc<str>, Span>) {
        for name in &self.query.kpis {
            if missing.shift_remove(name).is_none() {
                continue;
            }
            // An alias that differs in capitals alone is no other choice.
            let names = self.library.definitions().iter().flat_map(|known| {
                let own = &known.name.text;
                known.names().filter(move |name| **name == **own || !name.eq_ignore_ascii_case(own))
            });
            let diagnostic = Diagnostic::error(Code::UnknownName, format!("nothing is called `{name}`"));
            self.planner.diagnostics.push(
                diagnostic
                    .maybe_hint(did_you_mean(name, names.chain(self.planner.bindings.column_names())))
                    .hint("`kpi list` names all KPIs; a formula can stand here too"),
            );
        }
    }

    /// All inputs that the data lack, in one message.
    fn missing_inputs(&mut self) {
        let mut missing = std::mem::take(&mut self.planner.missing);
        self.unknown_kpis(&mut missing);
        if missing.is_empty() {
            return;
        }
        let names = super::bind::listed(missing.keys().map(|name| &**name));
        let message = match self.planner.bindings.datasets().is_empty() {
            true => format!("no data are given, but {names} must come from data"),
            false => format!("the data have no column {names}"),
        };
        let mut diagnostic = Diagnostic::error(Code::UnknownColumn, message);
        for (name, span) in missing.iter().take(MAX_MISSING_SHOWN) {
            diagnostic = diagnostic.label(*span, "");
            let columns = self.planner.bindings.column_names();
            let known = columns.chain(
                self.library.definitions().iter().filter(|known| !known.implicit).map(|known| &*known.name.text),
            );
            // A definition may well read the column of its own name.
            let elsewhere =
                |known: &Definition| known.span.file != span.file || !known.span.range().contains(&span.range().start);
            let is_definition =
                self.library.definition(name).is_some_and(|known| known.formula.is_some() && elsewhere(known));
            diagnostic = match is_definition {
                true => {
                    diagnostic.hint(format!("`{name}` is a definition; inside aggregates and conditions stand columns"))
                }
                false => diagnostic.maybe_hint(did_you_mean(name, known).map(|hint| format!("`{name}`: {hint}"))),
            };
        }
        for dataset in self.planner.bindings.datasets() {
            let columns = dataset.schema().columns.keys().map(|name| &**name);
            diagnostic = diagnostic.hint(format!("`{}` has {}", dataset.name(), super::bind::listed(columns)));
        }
        if self.planner.bindings.datasets().is_empty() {
            diagnostic = diagnostic.hint("give a table with `-d FILE`, or a value with `--set NAME=VALUE`");
        }
        self.planner.diagnostics.push(diagnostic);
    }

    /// A name that nobody declares means the standard library's definition, though the data have a column of that name
    /// which as an input would be read otherwise.
    fn two_meanings(&mut self) {
        for name in &self.library.borrowed {
            let Some(id) = self.library.id(&name.text).filter(|id| self.planner.has_derived(*id)) else { continue };
            let Some(formula) = &self.library.get(id).formula else { continue };
            let (text, meant) = (&name.text, self.library.text(formula.span));
            let datasets = 0..self.planner.bindings.datasets().len();
            let mut with_column = datasets.filter(|at| self.planner.bindings.has_own_column(*at, text));
            let Some(dataset) = with_column.next().filter(|_| *meant != *format!("sum({text})")) else { continue };
            let column = format!("{}.{text}", self.planner.bindings.name(dataset));
            let message =
                format!("`{text}` means `{meant}` of the standard library, not the sum of the column `{column}`");
            self.planner.diagnostics.push(
                Diagnostic::warning(Code::LibraryName, message)
                    .at(name.span)
                    .hint(format!("for the sum of the column, declare it: `input {text} = sum({column})`")),
            );
        }
    }

    /// What only targets and bands need and the data lack: statuses are left out, which is worth a warning.
    /// The standard library's are left out without noise: nobody asked for them.
    fn missing_bounds(&mut self) {
        let missing = std::mem::take(&mut self.planner.missing);
        for (name, span) in missing.into_iter().filter(|(_, span)| !span.file.is_standard()) {
            let message = format!("the data have no column `{name}`, so what the card says with it is left out");
            let suggestion = did_you_mean(&name, self.planner.bindings.column_names());
            self.planner
                .diagnostics
                .push(Diagnostic::warning(Code::UnknownColumn, message).at(span).maybe_hint(suggestion));
        }
    }

    /// A context that needs a period: an error where its KPI was asked for by name, else its values are undefined.
    fn needs_period(&mut self) {
        let Some(span) = self.planner.without_period else { return };
        let message = "this context needs a period, but the result is not grouped by time";
        let diagnostic = match self.query.kpis.is_empty() {
            true => Diagnostic::warning(Code::BadContext, message),
            false => Diagnostic::error(Code::BadContext, message),
        };
        self.planner.diagnostics.push(diagnostic.at(span).hint("group by time, such as `--by month`"));
    }

    /// A grain or a period, and no dataset that knows of time: every value would be undefined for one reason.
    fn needs_dates(&mut self) {
        let asks = self.texts.grain.is_some() || self.texts.period.is_some();
        let requested = self.planner.bindings.requested();
        let has_dates = |dataset: &usize| self.planner.bindings.schema(*dataset).dates().next().is_some();
        if !asks || requested.is_empty() || requested.iter().any(has_dates) {
            return;
        }
        let names = super::bind::listed(requested.iter().map(|&dataset| &**self.planner.bindings.name(dataset)));
        let message = format!("the query asks for periods, but {names} has no column of dates");
        let nearly = requested.iter().find_map(|&dataset| nearly_dates(self.planner.bindings.schema(dataset)));
        self.planner.diagnostics.push(
            Diagnostic::error(Code::BadQuery, message)
                .maybe_hint(nearly)
                .hint("a date is written 2026-03-31; other forms are declared: `dataset ads { dates \"dd/mm/yyyy\" }`"),
        );
        self.texts.broken = true;
    }

    // ── requests ─────────────────────────────────────────────────────────────

    fn requests(&mut self, datasets: &[usize]) -> Vec<DatasetRequest> {
        self.unknown_groups();
        let mut filled = vec![];
        for (at, &dataset) in datasets.iter().enumerate() {
            let time = self.time(dataset);
            let by = self.texts.by.clone().iter().map(|path| self.group_column(at, path)).collect::<Vec<_>>();
            let mut filters = vec![];
            for filter in &self.texts.filters {
                if self.planner.is_about(filter, dataset) {
                    filters.push(self.planner.condition(at, filter));
                }
            }
            filled.push((time, by, filters));
        }
        let bindings = std::mem::replace(&mut self.planner.bindings, Bindings::new(self.library, &[]));
        let mut requests = bindings.finish();
        for (request, (time, by, filters)) in requests.iter_mut().zip(filled) {
            (request.time, request.by, request.filters) = (time, by, filters);
        }
        requests
    }

    fn time(&mut self, dataset: usize) -> Option<RowSource> {
        let uses_time = self.texts.grain.is_some() || self.texts.period.is_some();
        let column = match self.planner.bindings.time(dataset) {
            Ok(column) => column?,
            Err(diagnostic) => {
                if uses_time || self.planner.needs_time(dataset) {
                    self.planner.diagnostics.push(diagnostic);
                }
                return None;
            }
        };
        self.fits_grain(dataset, column).then_some(RowSource::Column(column))
    }

    /// A column of months cannot be split into days or weeks: an error where no dataset has any.
    fn fits_grain(&mut self, dataset: usize, column: ColumnId) -> bool {
        let schema = self.planner.bindings.schema(dataset);
        let months = schema.column(column).ty == ColumnType::Month;
        if months && matches!(self.texts.grain, Some(Grain::Day | Grain::Week)) {
            let message = format!(
                "`{}` knows months only, so it has no values by day or week",
                self.planner.bindings.name(dataset)
            );
            let diagnostic = match self.knows_months_only() {
                true => Diagnostic::error(Code::BadQuery, message).hint("group by month, quarter or year"),
                false => Diagnostic::warning(Code::BadQuery, message),
            };
            self.planner.diagnostics.push(diagnostic);
            return false;
        }
        true
    }

    fn knows_months_only(&self) -> bool {
        let bindings = &self.planner.bindings;
        let is_month =
            |dataset: usize, column: ColumnId| bindings.schema(dataset).column(column).ty == ColumnType::Month;
        bindings.requested().into_iter().all(|at| bindings.schema(at).dates().all(|column| is_month(at, column)))
    }

    fn group_column(&mut self, request: usize, path: &Path) -> Option<crate::data::GroupColumn> {
        let Planner { bindings, constants, .. } = &mut self.planner;
        let (column, diagnostics) = bindings.group_column(request, path, constants);
        self.planner.diagnostics.extend(diagnostics);
        column
    }

    fn unknown_groups(&mut self) {
        for path in self.texts.by.clone() {
            let bindings = &self.planner.bindings;
            let known = (0..bindings.datasets().len()).any(|dataset| bindings.has_column(dataset, &path.name.text));
            if !known && !bindings.datasets().is_empty() {
                let name = &path.name.text;
                let grains = Grain::ALL.iter().map(|grain| grain.name());
                let suggestion = did_you_mean(name, bindings.column_names().chain(grains));
                let names: IndexSet<&str> = bindings.column_names().collect();
                let columns = super::bind::listed(names.into_iter());
                self.planner.diagnostics.push(
                    Diagnostic::error(Code::UnknownColumn, format!("no dataset has a column `{name}` to group by"))
                        .maybe_hint(suggestion)
                        .hint(format!("there are {columns}")),
                );
            }
        }
    }
}

/// A column of texts that were perhaps meant as dates: one cell shows why they are none.
fn nearly_dates(schema: &Schema) -> Option<String> {
    let mut texts = schema.columns.iter().filter_map(|(name, column)| Some((name, column.evidence.as_ref()?)));
    let has_digit = |place: &CellPlace| place.cell.iter().any(|cell| cell.contains(char::is_numeric));
    let (name, place) = texts.find(|(_, place)| place.line > Some(2) || has_digit(place))?;
    let line = place.line.map_or(String::new(), |line| format!(" in line {line}"));
    Some(format!("`{name}` is no column of dates: it holds `{}`{line}", place.cell.as_deref()?))
}
