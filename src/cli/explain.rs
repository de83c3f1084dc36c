//! `kpi explain`: turns a query into the derivation of each value.

use indexmap::IndexMap;

use super::Answer;
use super::args::{Assignment, At, Bounds, Explain, PageFormat, PageOutput};
use super::eval::{Computed, Planning, compute, query, shown};
use super::output::{Printed, json};
use super::workspace::Tables;
use crate::data::Grain;
use crate::diagnostic::{Code, Diagnostic, did_you_mean};
use crate::eval::Evaluation;
use crate::explain::{Explanation, RowCounts};
use crate::language::{Language, Phrase};
use crate::library::Library;
use crate::plan::{GroupBy, names};
use crate::render::{self, Locale};

pub(super) fn run(arguments: &Explain, bounds: &Bounds) -> Answer {
    let at: Vec<At> = arguments.at.iter().flat_map(|group| group.0.clone()).collect();
    let language = arguments.output.lang;
    let selected = SelectedGroups::of(&at, language);
    let mut query = query(&arguments.query, &arguments.kpis).totals(arguments.totals || selected.total);
    for at in &selected.columns {
        query.by.push(GroupBy::written(&at.name));
    }
    let query = shown(&arguments.shown, None, query);
    let (computed, mut answer) = compute(&arguments.sources, query, &Planning::new(language, bounds));
    let Some(Computed { evaluation, tables }) = computed else { return answer };
    let groups: Vec<usize> = (0..evaluation.groups.len()).filter(|&at| selected.has(&evaluation, at)).collect();
    if groups.is_empty() {
        answer.problems.push(nothing_at(&evaluation, &selected));
        return answer;
    }
    match explained(&evaluation, &tables, groups, arguments, bounds) {
        Ok(explanations) => answer.printed = printed(&explanations, &evaluation.plan.library, &arguments.output),
        Err(limit) => answer.problems.push(limit),
    }
    answer
}

/// The explanations of all KPIs in some groups, with rows if they are asked for.
fn explained(
    evaluation: &Evaluation,
    tables: &Tables,
    groups: Vec<usize>,
    arguments: &Explain,
    bounds: &Bounds,
) -> Result<Vec<Explanation>, Diagnostic> {
    let kpis = 0..evaluation.plan.kpis.len();
    let all = groups.into_iter().flat_map(|group| kpis.clone().map(move |kpi| (kpi, group)));
    let mut charge = bounds.budget.charge();
    let explained = all.map(|(kpi, group)| Ok((group, evaluation.explain_within(kpi, group, &mut charge)?)));
    let mut explained: Vec<(usize, Explanation)> = explained.collect::<Result<_, Diagnostic>>()?;
    if let Some(aggregate) = arguments.listed.rows {
        let counts = RowCounts { aggregate, inner: arguments.listed.inner_rows.unwrap_or(0) };
        let mut all: Vec<(usize, &mut Explanation)> =
            explained.iter_mut().map(|(group, explanation)| (*group, explanation)).collect();
        evaluation.list_rows(&mut all, &tables.source(), counts, &mut charge)?;
    }
    Ok(explained.into_iter().map(|(_, explanation)| explanation).collect())
}

/// The groups selected with `--at`.
pub(super) struct SelectedGroups<'a> {
    /// The required column values. If empty, all groups are selected.
    pub columns: Vec<&'a Assignment>,
    /// True if the total is selected. Without any columns, only the total is selected.
    pub total: bool,
    /// The language that columns and periods may be written in, besides English.
    pub language: Language,
}

impl<'a> SelectedGroups<'a> {
    pub fn of(at: &'a [At], language: Language) -> Self {
        let column = |at: &'a At| match at {
            At::Column(column) => Some(column),
            At::Total => None,
        };
        Self { columns: at.iter().filter_map(column).collect(), total: at.contains(&At::Total), language }
    }

    /// True if a group has all the selected periods and keys. The total is always selected, because the query adds it
    /// only if it was requested. In a result without groups, the total is the only value.
    pub fn has(&self, evaluation: &Evaluation, group: usize) -> bool {
        let label = evaluation.group_label(group);
        let has = |at: &&Assignment| match value_of(&label, &at.name, self.language) {
            Some(Some(value)) => *value == at.value || self.language.period(value) == at.value,
            Some(None) => at.value.is_empty() || is_blank(&at.value),
            None => false,
        };
        let alone = self.total && self.columns.is_empty();
        evaluation.groups[group].total || label.is_empty() || !alone && self.columns.iter().all(has)
    }
}

/// The value of a group's column. The name may be in backticks and may be qualified by the dataset.
pub(super) fn value_of<'a>(
    label: &'a IndexMap<String, Option<String>>,
    name: &str,
    language: Language,
) -> Option<&'a Option<String>> {
    let column = |name: &str| {
        let name = names::bare(name);
        let named = |(column, _): &(&String, _)| column == &name || render::group_head(column, language) == name;
        label.iter().find(named).map(|(_, value)| value)
    };
    column(name).or_else(|| names::split(name, '.').last().and_then(|last| column(last)))
}

/// True if tables of some language write a blank key like this.
fn is_blank(text: &str) -> bool {
    Language::ALL.into_iter().any(|language| language.word(Phrase::Blank) == text)
}

/// The error for groups that the result does not have.
pub(super) fn nothing_at(evaluation: &Evaluation, selected: &SelectedGroups<'_>) -> Diagnostic {
    if evaluation.plan.datasets_read().is_empty() {
        return nothing_read(evaluation);
    }
    let columns = &selected.columns[..];
    if let Some(problem) = named_twice(columns) {
        return problem;
    }
    let asked: Vec<String> = columns.iter().map(|at| format!("{}={}", names::bare(&at.name), at.value)).collect();
    let problem = Diagnostic::error(
        Code::BadQuery,
        match columns {
            [] => match &evaluation.plan.query.shape.having {
                Some(condition) => format!("there is nothing to explain: no group meets the condition `{condition}`"),
                None => "there is nothing to explain: the data have no rows".to_owned(),
            },
            _ => format!("the result has no group with {}", asked.join(", ")),
        },
    );
    columns.iter().fold(problem, |problem, at| with_values(problem, evaluation, at, selected.language))
}

/// The error for groups of a result that reads no data.
fn nothing_read(evaluation: &Evaluation) -> Diagnostic {
    let plan = &evaluation.plan;
    let set: Vec<String> = plan.query.set.keys().map(|name| format!("`{name}`")).collect();
    let message = match &set[..] {
        [] => "there are no groups: the query reads no data".to_owned(),
        [one] => format!("there are no groups: {one} is set, so no data are read"),
        several => format!("there are no groups: {} are set, so no data are read", several.join(", ")),
    };
    Diagnostic::error(Code::BadQuery, message).hint("omit `--by` and `--at`: there is one value for everything")
}

/// The error for two values of one column, which no group has.
fn named_twice(columns: &[&Assignment]) -> Option<Diagnostic> {
    let name = |at: &Assignment| names::bare(&at.name).to_owned();
    let is_first =
        |at: usize, other: &&&Assignment| name(other) == name(columns[at]) && other.value != columns[at].value;
    let (first, second) = (0..columns.len())
        .find_map(|at| Some((columns[..at].iter().find(|other| is_first(at, other))?, columns[at])))?;
    let column = name(first);
    let message =
        format!("no group has two values of `{column}`: `--at` names `{}` and `{}`", first.value, second.value);
    let several = match Grain::from_name(&column) {
        Some(_) => format!("`--by {column} --period {}..{}`", first.value, second.value),
        None => format!("`--by {column} --where '{column} in (\"{}\", \"{}\")'`", first.value, second.value),
    };
    let hint = format!("write `--at {column}={}`, or for several groups {several}", first.value);
    Some(Diagnostic::error(Code::BadQuery, message).hint(hint))
}

/// Adds a hint with the values of a column if the requested value is not among them.
fn with_values(problem: Diagnostic, evaluation: &Evaluation, at: &Assignment, language: Language) -> Diagnostic {
    let mut values: Vec<String> = vec![];
    for group in 0..evaluation.groups.len() {
        let label = evaluation.group_label(group);
        let value = value_of(&label, &at.name, language).cloned().flatten().unwrap_or_else(|| "(blank)".into());
        if !values.contains(&value) {
            values.push(value);
        }
    }
    if values.contains(&at.value) || values.is_empty() {
        return problem;
    }
    let is_period = Grain::from_name(&at.name).is_some();
    let suggestion = did_you_mean(&at.value, values.iter().map(String::as_str)).filter(|_| !is_period);
    let name = names::bare(&at.name);
    let range = match &values[..] {
        [first, .., last] if values.len() > 8 => format!("`{name}` ranges from `{first}` to `{last}`"),
        _ => format!("`{name}` is one of {}", values.join(", ")),
    };
    let total = (at.value == "total").then_some("to explain the total, write `--at total`");
    problem.maybe_hint(suggestion).hint(range).maybe_hint(total)
}

fn printed(explanations: &[Explanation], library: &Library, output: &PageOutput) -> Printed {
    let locale = Locale::new(output.lang);
    let all = |one: &dyn Fn(&Explanation) -> String| explanations.iter().map(one).collect::<Vec<_>>().join("\n");
    match output.format {
        PageFormat::Json => Printed::Raw(json(&explanations)),
        PageFormat::Markdown => {
            Printed::Text(all(&|explanation| render::derivation_markdown(explanation, library, &locale)))
        }
        PageFormat::Table => Printed::Marked(all(&|explanation| render::derivation(explanation, library, &locale))),
    }
}
