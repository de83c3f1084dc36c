//! `kpi why`: turns a query into what accounts for the difference of each value from another one.

use std::cell::RefCell;
use std::sync::Arc;

use super::Answer;
use super::args::{Assignment, At, Bounds, PageFormat, PageOutput, Why};
use super::console::Console;
use super::eval::{Computed, Planning, compute, query};
use super::explain::{SelectedGroups, nothing_at, value_of};
use super::output::{Printed, json};
use crate::change::{Change, Over, Precision};
use crate::data::{Calendar, Grain, Group, Period};
use crate::diagnostic::{Code, Diagnostic};
use crate::eval::{Evaluation, Flag};
use crate::language::{Language, Phrase, Sentence};
use crate::library::Library;
use crate::plan::{self, GroupBy, OtherWorlds, Plan, Query, names};
use crate::render::{self, Locale};
use crate::report::inputs_with_targets;
use crate::source::FileId;
use crate::syntax::ast::{ContextClause, ContextKind, ExprKind};
use crate::syntax::parse_expression;

pub(super) fn run(arguments: &Why, bounds: &Bounds, console: &Console) -> Answer {
    let against = match Against::read(&arguments.against) {
        Ok(against) => against,
        Err(problem) => return Answer::of(problem),
    };
    if let Some(problem) = against.contradiction(arguments) {
        return Answer::of(problem);
    }
    let at: Vec<At> = arguments.at.iter().flat_map(|group| group.0.clone()).collect();
    let language = arguments.output.lang;
    let selected = SelectedGroups::of(&at, language);
    let (computed, mut answer) = differing(arguments, &against, &selected, bounds);
    let Some((computed, columns)) = computed else { return answer };
    let over = match over(arguments, &computed, bounds) {
        Ok(over) => over,
        Err(answer) => return answer,
    };
    let volume = arguments.volume.is_some();
    let asked = Asked { selected, against, columns, volume, language };
    match listed(&asked, &computed, over.as_ref(), arguments, bounds) {
        Ok(changes) => {
            answer.remarks.extend(asked.against.so_far_note(&changes));
            answer.remarks.extend(asked.without_target(&computed.evaluation));
            answer.printed = printed(&changes, &computed.evaluation.plan.library, &arguments.output, console);
        }
        Err(problem) => answer.problems.push(problem),
    }
    answer
}

/// Evaluates the KPIs that can be evaluated, with what they are compared with, and counts them. The answer has the errors
/// of the others.
fn differing(
    arguments: &Why,
    against: &Against,
    selected: &SelectedGroups<'_>,
    bounds: &Bounds,
) -> (Option<(Computed, usize)>, Answer) {
    let names: RefCell<Vec<Arc<str>>> = RefCell::default();
    // The inputs that have targets are evaluated together with the KPIs.
    let further = |plan: &Plan| {
        *names.borrow_mut() = plan.kpis.iter().map(|kpi| kpi.name.clone()).collect();
        if *against == Against::Target { inputs_with_targets(plan) } else { vec![] }
    };
    let planning = Planning { further: &further, ..Planning::new(arguments.output.lang, bounds) };
    let asked = |kpis: &[String]| asked_query(arguments, kpis, against, selected);
    let columns = |kpis: &[String]| asked(kpis).kpis.len();
    let has_all = |computed: &Computed, kpis: &[String]| {
        let worlds = if against.is_what_if() { 2 } else { 1 };
        computed.has_all(&names.borrow(), worlds * columns(kpis))
    };
    let (computed, answer) = compute(&arguments.sources, asked(&arguments.kpis), &planning);
    let Some(computed) = computed else { return (None, answer) };
    if has_all(&computed, &arguments.kpis) {
        return (Some((computed, columns(&arguments.kpis))), answer);
    }
    // `latest` has a date by now.
    let period = computed.evaluation.plan.query.period.clone();
    let asked = |kpis: &[String]| Query { period: period.clone(), ..asked(kpis) };
    let is_possible = |kpi: &&String| computed.computes(asked(std::slice::from_ref(*kpi)), &planning);
    let kpis: Vec<String> = arguments.kpis.iter().filter(is_possible).cloned().collect();
    let rest = if kpis.is_empty() { None } else { computed.again(asked(&kpis), &planning).ok() };
    let rest = rest.map(|evaluation| Computed { evaluation, ..computed }).filter(|rest| has_all(rest, &kpis));
    (rest.map(|rest| (rest, columns(&kpis))), answer)
}

/// The query of some KPIs, with their values before and the volume.
fn asked_query(arguments: &Why, kpis: &[String], against: &Against, selected: &SelectedGroups<'_>) -> Query {
    let mut query = against.query(query(&arguments.query, kpis)).totals(selected.total);
    let before = query.kpis.iter().filter_map(|kpi| against.so_far(kpi)).collect::<Vec<Arc<str>>>();
    query.kpis.extend(before);
    query.kpis.extend(arguments.volume.as_deref().map(Arc::from));
    query.by.extend(selected.columns.iter().map(|at| GroupBy::written(&at.name)));
    query
}

/// The changes, with rows if they are asked for.
fn listed(
    asked: &Asked<'_>,
    computed: &Computed,
    over: Option<&Evaluation>,
    arguments: &Why,
    bounds: &Bounds,
) -> Result<Vec<Change>, Diagnostic> {
    let mut changes = asked.changes(&computed.evaluation, over, bounds)?;
    if let Some(count) = arguments.listed.rows {
        let mut charge = bounds.budget.charge();
        computed.evaluation.list_rows_of_changes(&mut changes, &computed.tables.source(), count, &mut charge)?;
    }
    Ok(changes)
}

/// The same query grouped by the columns of `--over` as well. None without the option.
fn over(arguments: &Why, computed: &Computed, bounds: &Bounds) -> Result<Option<Evaluation>, Answer> {
    let columns: Vec<GroupBy> =
        arguments.over.iter().flat_map(|columns| &columns.0).map(|column| GroupBy::written(column)).collect();
    if columns.is_empty() {
        return Ok(None);
    }
    let mut query = (*computed.evaluation.plan.query).clone();
    let is_known = |column: &&GroupBy| query.by.iter().any(|known| known.name() == column.name());
    let refused = columns.iter().find(is_known).map(|column| {
        let message = format!("`{}` is a column of `--by` already", column.name());
        Diagnostic::error(Code::BadQuery, message)
            .hint("divide the difference by other columns than those of its groups")
    });
    let grain = columns.iter().find(|column| Grain::from_name(column.name()).is_some()).map(|column| {
        let message = format!("a difference cannot be divided by {}", column.name());
        Diagnostic::error(Code::BadQuery, message).hint("write a column of the data: `--over channel`")
    });
    if let Some(problem) = refused.or(grain) {
        return Err(Answer::of(problem));
    }
    query.by.extend(columns);
    computed.again(query, &Planning::new(arguments.output.lang, bounds)).map(Some)
}

/// What is compared.
struct Asked<'a> {
    selected: SelectedGroups<'a>,
    against: Against,
    /// The number of KPIs, those before and the volume included. Inputs with targets follow.
    columns: usize,
    /// True if the last one of them is the volume.
    volume: bool,
    language: Language,
}

impl Asked<'_> {
    /// The changes of all KPIs in the selected groups.
    fn changes(
        &self,
        evaluation: &Evaluation,
        over: Option<&Evaluation>,
        bounds: &Bounds,
    ) -> Result<Vec<Change>, Diagnostic> {
        let groups = self.groups(evaluation)?;
        let locale = Locale::new(self.language);
        let mut charge = bounds.budget.charge();
        let mut changes = vec![];
        let columns = self.columns - usize::from(self.volume);
        let inputs: Vec<usize> = (self.columns..evaluation.plan.kpis.len()).collect();
        let kpis = if self.against.is_so_far() { columns / 2 } else { columns };
        let has_targets = groups.iter().any(|group| (0..kpis).any(|kpi| self.has_target(evaluation, kpi, *group)));
        for group in groups {
            let other = self.against.group(evaluation, group, self.language)?;
            for kpi in (0..kpis).filter(|kpi| !has_targets || self.has_target(evaluation, *kpi, group)) {
                // The values before are those of the group itself in another context, or of another group.
                let before = if self.against.is_so_far() { (kpis + kpi, group) } else { (kpi, other) };
                // The KPIs without what is set are before those with it.
                let after = if self.against.is_what_if() { self.columns + kpi } else { kpi };
                let values = [before, (after, group)];
                let precision = Precision::AtLeast(render::change_decimals(evaluation, values, &locale));
                if self.against == Against::Target {
                    changes.push(evaluation.change_from_target(kpi, group, &inputs, precision, &mut charge)?);
                    continue;
                }
                let over = over.map(|evaluation| Over { evaluation, volume: self.volume.then_some(columns) });
                let change = evaluation.change_within(values, precision, over, &mut charge)?;
                changes.push(self.against.in_worlds(change, evaluation, self.language));
            }
        }
        Ok(changes)
    }

    /// True if a KPI can be compared: it has a target, or it is not compared with its target.
    fn has_target(&self, evaluation: &Evaluation, kpi: usize, group: usize) -> bool {
        self.against != Against::Target || evaluation.outcome(kpi, group).target.is_some()
    }

    /// Notes for the KPIs that are left out because they have no target.
    fn without_target(&self, evaluation: &Evaluation) -> Vec<String> {
        let groups = self.groups(evaluation).unwrap_or_default();
        let lacks = |kpi: &usize| groups.iter().any(|group| !self.has_target(evaluation, *kpi, *group));
        let names = (0..self.columns).filter(lacks).map(|kpi| &evaluation.plan.kpis[kpi].name);
        names.map(|name| format!("note: `{name}` has no target here")).collect()
    }

    /// The selected groups; by default those of the last period.
    fn groups(&self, evaluation: &Evaluation) -> Result<Vec<usize>, Diagnostic> {
        let selected = &self.selected;
        let last = evaluation.groups.iter().filter_map(|group| group.period).max();
        let is_selected = selected.total || !selected.columns.is_empty();
        let is_last = |group: usize| is_selected || evaluation.groups[group].period == last;
        let groups = 0..evaluation.groups.len();
        let groups: Vec<usize> = groups.filter(|&at| selected.has(evaluation, at) && is_last(at)).collect();
        if groups.is_empty() { Err(nothing_at(evaluation, selected)) } else { Ok(groups) }
    }
}

/// What values are compared with.
#[derive(PartialEq)]
pub(super) enum Against {
    /// The target of the KPI.
    Target,
    /// A period before, as the clauses of a context, and the text.
    Period(Vec<ContextClause>, String),
    /// The group with another key.
    Key(Assignment),
    /// The same group without the values that are set.
    Base,
    /// The same group with the scenario of this title. The base is before.
    Scenario(String),
}

impl Against {
    pub(super) fn read(text: &str) -> Result<Self, Diagnostic> {
        let text = text.trim();
        match text {
            "target" => return Ok(Self::Target),
            "base" => return Ok(Self::Base),
            _ => {}
        }
        if let Some(title) = text.strip_prefix("scenario:").map(str::trim) {
            return Ok(Self::Scenario(names::enclosed(title, '"').unwrap_or(title).to_owned()));
        }
        if names::find_outside(text, '=').is_some() {
            let key: Result<Assignment, String> = text.parse();
            return key.map(Self::Key).map_err(|_| unknown(text));
        }
        let context = parse_expression(FileId(0), &format!("x[{text}]")).map_err(|_| unknown(text))?;
        match *context.kind {
            ExprKind::Context { clauses, .. } if clauses.iter().all(plan::is_earlier) => {
                Ok(Self::Period(clauses, text.to_owned()))
            }
            _ => Err(unknown(text)),
        }
    }

    /// True if the group is compared with itself in another world.
    fn is_what_if(&self) -> bool {
        matches!(self, Self::Base | Self::Scenario(_))
    }

    /// The query with the worlds that are compared.
    fn query(&self, query: Query) -> Query {
        match self {
            Self::Scenario(title) => Query { scenario: Some(title.as_str().into()), ..query },
            Self::Base => Query { other_worlds: OtherWorlds { base: true, ..query.other_worlds.clone() }, ..query },
            _ => query,
        }
    }

    /// The error for options that have no meaning with what is compared.
    fn contradiction(&self, arguments: &Why) -> Option<Diagnostic> {
        let problem = |message: &str| Diagnostic::error(Code::BadQuery, message);
        if *self == Self::Target && !arguments.over.is_empty() {
            let problem = problem("the distance from a target cannot be divided among segments");
            return Some(problem.hint("omit `--over`, or compare with a period: `--against previous`"));
        }
        let selects_total = arguments.at.iter().any(|group| group.0.contains(&At::Total));
        if selects_total && matches!(self, Self::Period(..) | Self::Key(_)) {
            let problem = problem("the total is one value, which has no other period or group to compare with");
            return Some(problem.hint("select a group: `--by month --at month=2026-03`").hint(
                "or compare the total with a target or a scenario: `--against target`, `--against 'scenario:…'`",
            ));
        }
        if self.is_what_if() && !arguments.over.is_empty() {
            let problem = problem("the difference that a scenario or set values make cannot be divided among segments");
            return Some(problem.hint("omit `--over`, or group by its columns: `--by channel`"));
        }
        if *self == Self::Base && arguments.query.assignments.is_empty() {
            let problem = problem("`--against base` compares with the values without `--set`, and nothing is set");
            return Some(problem.hint("set a value: `--set 'spend = spend * 90%'`"));
        }
        None
    }

    /// Says which worlds a difference lies between.
    fn in_worlds(&self, mut change: Change, evaluation: &Evaluation, language: Language) -> Change {
        let after = match self {
            Self::Base => Sentence::plain(Phrase::SetValues),
            Self::Scenario(title) => {
                let scenario = evaluation.plan.library.scenario(title).ok();
                let title = scenario.map_or(&**title, |scenario| scenario.title.get(language.code()));
                Sentence::new(Phrase::InScenario, [title])
            }
            _ => return change,
        };
        change.before.context = vec![Sentence::plain(Phrase::InBase)];
        change.after.context = vec![after];
        change
    }

    /// True if only as many days are compared as the data cover.
    fn is_so_far(&self) -> bool {
        match self {
            Self::Period(clauses, _) => clauses.iter().any(|clause| clause.kind == ContextKind::SoFar),
            Self::Key(_) | Self::Target | Self::Base | Self::Scenario(_) => false,
        }
    }

    /// The formula of the value before, if only as many days are compared as the data cover.
    fn so_far(&self, kpi: &str) -> Option<Arc<str>> {
        match self {
            Self::Period(_, text) if self.is_so_far() => Some(format!("({kpi})[{text}]").into()),
            _ => None,
        }
    }

    /// Offers to compare as many days as the data cover.
    fn so_far_note(&self, changes: &[Change]) -> Option<String> {
        let Self::Period(_, text) = self else { return None };
        let is_partial = changes.iter().any(|change| change.after.flags.contains(&Flag::Partial));
        (is_partial && !self.is_so_far())
            .then(|| format!("note: to compare as many days as the data cover, write `--against '{text}, so far'`"))
    }

    /// The group that a group is compared with.
    fn group(&self, evaluation: &Evaluation, group: usize, language: Language) -> Result<usize, Diagnostic> {
        match self {
            Self::Period(clauses, text) => {
                let Some(period) = evaluation.groups[group].period else { return Err(no_period(text)) };
                let calendar = evaluation.plan.request.calendar;
                let shifted = plan::shifted(period, clauses, calendar)?;
                let Some(shifted) = shifted else { return Err(unknown(text)) };
                if self.is_so_far() {
                    return Ok(group);
                }
                let keys = &evaluation.groups[group];
                let is_same = |other: &Group| other.period == Some(shifted) && other.keys == keys.keys && !other.total;
                evaluation.groups.iter().position(is_same).ok_or_else(|| nothing_in(evaluation, shifted))
            }
            Self::Target | Self::Base | Self::Scenario(_) => Ok(group),
            Self::Key(key) => self.with_key(evaluation, group, key, language),
        }
    }

    /// The group that differs from another one in this key only.
    fn with_key(
        &self,
        evaluation: &Evaluation,
        group: usize,
        key: &Assignment,
        language: Language,
    ) -> Result<usize, Diagnostic> {
        let own = evaluation.group_label(group);
        if value_of(&own, &key.name, language).is_none() {
            let name = names::bare(&key.name);
            let problem = Diagnostic::error(Code::BadQuery, format!("the result is not grouped by `{name}`"));
            return Err(problem.hint(format!("write `--by {}` with the other columns", key.name)));
        }
        let column = [key];
        let with_key = SelectedGroups { columns: column.to_vec(), total: false, language };
        let is_same = |&other: &usize| {
            let label = evaluation.group_label(other);
            let differ = label.iter().filter(|(name, value)| own.get(*name) != Some(*value)).count();
            let key_differs = value_of(&label, &key.name, language) != value_of(&own, &key.name, language);
            with_key.has(evaluation, other) && differ == usize::from(key_differs) && !evaluation.groups[other].total
        };
        (0..evaluation.groups.len()).find(is_same).ok_or_else(|| nothing_at(evaluation, &with_key))
    }
}

fn unknown(text: &str) -> Diagnostic {
    let problem = Diagnostic::error(Code::BadQuery, format!("`{text}` is not something to compare with"));
    if let Some(period) = Calendar::default().parse(text) {
        return problem
            .hint(format!("to compare with a period of `--by`, write `--against {}={text}`", period.grain.name()));
    }
    problem
        .hint("write `--against previous`, `--against '1 year ago'`, `--against target`, `--against 'scenario:cheaper ads'` or, with a column of `--by`, `--against channel=email`")
        .hint("a shift must be a whole number of the periods of `--by`")
}

fn no_period(text: &str) -> Diagnostic {
    Diagnostic::error(
        Code::BadQuery,
        format!("`--against {text}` needs a period, and the result is not grouped by time"),
    )
    .hint("add a period: `--by month`")
    .hint("or compare with another group: `--by channel --at channel=email --against channel=search`")
}

/// The error for a period without rows.
fn nothing_in(evaluation: &Evaluation, period: Period) -> Diagnostic {
    let spelled = evaluation.plan.request.calendar.spell(period);
    let problem = Diagnostic::error(Code::BadQuery, format!("there is nothing to compare with: {spelled} has no rows"));
    match &evaluation.plan.query.period {
        Some(_) => problem.hint("`--period` leaves out other periods: omit it, and select the period with `--at`"),
        None => problem,
    }
}

fn printed(changes: &[Change], library: &Library, output: &PageOutput, console: &Console) -> Printed {
    let locale = Locale::new(output.lang);
    match output.format {
        PageFormat::Json => Printed::Raw(json(&changes)),
        PageFormat::Markdown => Printed::Text(render::changes_markdown(changes, library, &locale)),
        PageFormat::Table => Printed::Text(render::changes(changes, library, &locale, console.width)),
    }
}
