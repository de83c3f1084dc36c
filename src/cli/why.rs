//! `kpi why`: turns a query into what accounts for the difference of each value from another one.

use super::Answer;
use super::args::{Assignment, At, Bounds, PageFormat, PageOutput, Why};
use super::eval::{Beside, evaluate, query};
use super::explain::{SelectedGroups, nothing_at, value_of};
use super::output::{Printed, json};
use crate::change::Change;
use crate::data::{Group, Period};
use crate::diagnostic::{Code, Diagnostic};
use crate::eval::Evaluation;
use crate::language::Language;
use crate::library::Library;
use crate::plan::{self, GroupBy, names};
use crate::render::{self, Locale};
use crate::source::FileId;
use crate::syntax::ast::{ContextClause, ExprKind};
use crate::syntax::parse_expression;

pub(super) fn run(arguments: &Why, bounds: &Bounds) -> Answer {
    let against = match Against::read(&arguments.against) {
        Ok(against) => against,
        Err(problem) => return Answer { problems: vec![problem], ..Answer::default() },
    };
    let at: Vec<At> = arguments.at.iter().flat_map(|group| group.0.clone()).collect();
    let language = arguments.output.lang;
    let selected = SelectedGroups::of(&at, language);
    let mut query = query(&arguments.query, &arguments.kpis);
    for at in &selected.columns {
        query.by.push(GroupBy::written(&at.name));
    }
    let (evaluation, mut answer) = evaluate(&arguments.sources, query, Beside::Nothing, language, bounds);
    let Some(evaluation) = evaluation else { return answer };
    match changes(&evaluation, &selected, &against, bounds, language) {
        Ok(changes) => answer.printed = printed(&changes, &evaluation.plan.library, &arguments.output),
        Err(problem) => answer.problems.push(problem),
    }
    answer
}

/// The changes of all KPIs in the selected groups.
fn changes(
    evaluation: &Evaluation,
    selected: &SelectedGroups<'_>,
    against: &Against,
    bounds: &Bounds,
    language: Language,
) -> Result<Vec<Change>, Diagnostic> {
    if selected.total {
        let problem = Diagnostic::error(Code::BadQuery, "the total is one value, which has no other to compare with");
        return Err(problem.hint("select a group: `--by month --at month=2026-03`"));
    }
    let last = evaluation.groups.iter().filter_map(|group| group.period).max();
    let is_last = |group: usize| !selected.columns.is_empty() || evaluation.groups[group].period == last;
    let groups = 0..evaluation.groups.len();
    let groups: Vec<usize> = groups.filter(|&at| selected.has(evaluation, at) && is_last(at)).collect();
    if groups.is_empty() {
        return Err(nothing_at(evaluation, selected));
    }
    let locale = Locale::new(language);
    let mut charge = bounds.budget.charge();
    let mut changes = vec![];
    for group in groups {
        let other = against.group(evaluation, group, language)?;
        for kpi in 0..evaluation.plan.kpis.len() {
            let decimals = render::change_decimals(evaluation, kpi, [other, group], &locale);
            changes.push(evaluation.change_within(kpi, [other, group], decimals, &mut charge)?);
        }
    }
    Ok(changes)
}

/// What values are compared with.
enum Against {
    /// A period before, as the clauses of a context, and the text.
    Period(Vec<ContextClause>, String),
    /// The group with another key.
    Key(Assignment),
}

impl Against {
    fn read(text: &str) -> Result<Self, Diagnostic> {
        let text = text.trim();
        if names::find_outside(text, '=').is_some() {
            let key: Result<Assignment, String> = text.parse();
            return key.map(Self::Key).map_err(|_| unknown(text));
        }
        let context = parse_expression(FileId(0), &format!("x[{text}]")).map_err(|_| unknown(text))?;
        match *context.kind {
            ExprKind::Context { clauses, .. } => Ok(Self::Period(clauses, text.to_owned())),
            _ => Err(unknown(text)),
        }
    }

    /// The group that a group is compared with.
    fn group(&self, evaluation: &Evaluation, group: usize, language: Language) -> Result<usize, Diagnostic> {
        match self {
            Self::Period(clauses, text) => {
                let Some(period) = evaluation.groups[group].period else { return Err(no_period(text)) };
                let calendar = evaluation.plan.request.calendar;
                let shifted = plan::shifted(period, clauses, calendar).map_err(|mut problem| {
                    problem.labels.clear();
                    problem
                })?;
                let Some(shifted) = shifted else { return Err(unknown(text)) };
                let keys = &evaluation.groups[group];
                let is_same = |other: &Group| other.period == Some(shifted) && other.keys == keys.keys && !other.total;
                evaluation.groups.iter().position(is_same).ok_or_else(|| nothing_in(evaluation, shifted))
            }
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
    let message = format!("`{text}` is not something to compare with");
    Diagnostic::error(Code::BadQuery, message)
        .hint("write `--against previous`, `--against '1 year ago'` or, with a column of `--by`, `--against channel=email`")
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

fn printed(changes: &[Change], library: &Library, output: &PageOutput) -> Printed {
    let locale = Locale::new(output.lang);
    let all = |one: &dyn Fn(&Change) -> String| changes.iter().map(one).collect::<Vec<_>>().join("\n");
    match output.format {
        PageFormat::Json => Printed::Raw(json(&changes)),
        PageFormat::Markdown => Printed::Text(all(&|change| render::change_markdown(change, library, &locale))),
        PageFormat::Table => Printed::Text(all(&|change| render::change(change, library, &locale))),
    }
}
