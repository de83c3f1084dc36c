//! `kpi solve`: finds the value of an input at which a KPI is what is wanted.

use std::collections::HashSet;
use std::sync::Arc;

use super::Answer;
use super::args::{At, Bounds, PageFormat, PageOutput, Solve};
use super::console::Console;
use super::eval::{Planning, Surroundings, evaluate, query};
use super::explain::{SelectedGroups, nothing_at};
use super::output::{Printed, json};
use super::scenario::{markdown_page, table_page};
use crate::diagnostic::{Code, Diagnostic, did_you_mean};
use crate::eval::Evaluation;
use crate::library::{DefinitionId, Library, percent};
use crate::plan::{Given, GroupBy, Query, names};
use crate::render::{self, Locale};
use crate::source::{FileId, SourceFile, SourceMap};
use crate::syntax::ast::{BinaryOp, DefinitionKind, Expr, ExprKind};
use crate::syntax::{parse_expression, spelled};
use crate::value::unit::Type;
use crate::value::{Number, Value};
use crate::what_if::{Solution, Sought, goal_query};

pub(super) fn run(arguments: &Solve, console: &Console, bounds: &Bounds) -> Answer {
    let mut sources = SourceMap::default();
    let equation = match Equation::read(&arguments.goal, &mut sources) {
        Ok(equation) => equation,
        Err(problems) => return Answer { problems: of_goal(problems), sources, ..Answer::default() },
    };
    let at: Vec<At> = arguments.at.iter().flat_map(|group| group.0.clone()).collect();
    let language = arguments.output.lang;
    let selected = SelectedGroups::of(&at, language);
    let mut query = query(&arguments.query, std::slice::from_ref(&equation.kpi));
    query.by.extend(selected.columns.iter().map(|at| GroupBy::written(&at.name)));
    let completion = |surroundings: &Surroundings<'_>, query: Query| completed(arguments, surroundings, query);
    let planning = Planning { completion: &completion, ..Planning::new(language, bounds) };
    let (evaluation, mut answer) = evaluate(&arguments.sources, query, &planning);
    let asked = |evaluation: &Evaluation| {
        let plan = &evaluation.plan;
        (1 + plan.query.other_worlds.variations.len()) * plan.query.kpis.len()
    };
    let Some(evaluation) = evaluation.filter(|it| it.plan.kpis.len() == asked(it)) else { return answer };
    match solved(arguments, &evaluation, &selected, bounds, &mut answer) {
        Ok(solutions) => match printed(&solutions, &evaluation.plan.library, &arguments.output, console, bounds) {
            Ok(printed) => answer.printed = printed,
            Err(limit) => return answer.stopped(limit),
        },
        Err(problems) => answer.problems.extend(problems),
    }
    answer
}

/// The two sides of the goal.
struct Equation {
    /// The KPI or formula as written.
    kpi: String,
    /// The wanted value as written.
    value: String,
    wanted: Expr,
}

impl Equation {
    fn read(text: &str, sources: &mut SourceMap) -> Result<Self, Vec<Diagnostic>> {
        let parts = compared(text).or_else(|| marked(text)).map(|parts| parts.map(str::trim));
        let Some([kpi, operator, value]) =
            parts.filter(|[kpi, operator, value]| !kpi.is_empty() && !value.is_empty() && *operator != "!=")
        else {
            return Err(unreadable_value(text, sources).unwrap_or_else(|| vec![not_a_goal(text)]));
        };
        let (kpi, value) = if is_literal(kpi) && !is_literal(value) { (value, kpi) } else { (kpi, value) };
        if operator != "=" {
            let problem = Diagnostic::error(Code::BadQuery, format!("expected `=`, found `{operator}`"));
            let written = format!("`kpi solve '{kpi} = {value}'`");
            return Err(vec![problem.hint(match operator.starts_with(['<', '>']) {
                true => format!("find the value at the bound: {written}"),
                false => format!("write {written}"),
            })]);
        }
        let file = sources.add(SourceFile::new("<wanted>", value));
        let name = names::enclosed(kpi, '`').unwrap_or(kpi).to_owned();
        Ok(Self { kpi: name, value: value.to_owned(), wanted: parse_expression(file, value)? })
    }
}

/// The problems of what follows `=`, such as `1e3`.
fn unreadable_value(text: &str, sources: &mut SourceMap) -> Option<Vec<Diagnostic>> {
    let (_, value) = text.split_at(names::find_outside(text, '=')?);
    let value = value.trim_start_matches('=').trim();
    let file = sources.add(SourceFile::new("<wanted>", value));
    parse_expression(file, value).err().filter(|_| !value.is_empty())
}

/// Problems in the texts of the goal and the bounds.
fn of_goal(problems: Vec<Diagnostic>) -> Vec<Diagnostic> {
    problems.into_iter().map(Diagnostic::in_query).collect()
}

/// The sides of a comparison and its operator. None if the text is not a formula that compares.
fn compared(text: &str) -> Option<[&str; 3]> {
    let expr = parse_expression(FileId(0), text).ok()?;
    let ExprKind::Binary { op, op_span, .. } = &*expr.kind else { return None };
    let comparisons = [
        BinaryOp::Equal,
        BinaryOp::NotEqual,
        BinaryOp::Less,
        BinaryOp::LessOrEqual,
        BinaryOp::Greater,
        BinaryOp::GreaterOrEqual,
    ];
    let [start, end] = [op_span.start, op_span.end].map(|at| at as usize);
    comparisons.contains(op).then(|| [&text[..start], &text[start..end], &text[end..]])
}

/// The text before the first operator that a formula follows, the operator, and the formula: for a KPI whose label is not
/// a name.
fn marked(text: &str) -> Option<[&str; 3]> {
    let marks = [':', '!', '=', '<', '>'];
    let mut from = 0;
    loop {
        let start = from + marks.into_iter().filter_map(|mark| names::find_outside(&text[from..], mark)).min()?;
        let end = start + text[start..].find(|letter| !marks.contains(&letter)).unwrap_or(text.len() - start);
        if parse_expression(FileId(0), &text[end..]).is_ok() {
            return Some([&text[..start], &text[start..end], &text[end..]]);
        }
        from = end;
    }
}

/// True for a number, with or without a unit.
fn is_literal(text: &str) -> bool {
    let is_number = |expr: &Expr| matches!(*expr.kind, ExprKind::Number(_));
    parse_expression(FileId(0), text).is_ok_and(|expr| match &*expr.kind {
        ExprKind::Unary { operand, .. } => is_number(operand),
        _ => is_number(&expr),
    })
}

fn not_a_goal(text: &str) -> Diagnostic {
    let message = format!("`{text}` is not a KPI and a wanted value");
    Diagnostic::error(Code::BadQuery, message).hint("write both with `=` between them: `kpi solve 'cac = 45'`")
}

/// Adds the input, the KPIs whose statuses may change with it, and the worlds in which it varies.
fn completed(arguments: &Solve, surroundings: &Surroundings<'_>, query: Query) -> Result<Query, Diagnostic> {
    let library = surroundings.library;
    if let [first, _, ..] = names::split(&arguments.input, ',')[..] {
        let message = format!("`--for {}` names several inputs", arguments.input);
        return Err(Diagnostic::error(Code::BadQuery, message)
            .hint(format!("solve for one of them at a time: `--for {first}`")));
    }
    let input = settable(library, &arguments.input)?;
    let definition = library.get(input);
    let ty = library.type_of(input);
    if !matches!(ty, Type::Number(..) | Type::Zero | Type::Unknown) {
        let message = format!("`{}` is not a number", definition.name.text);
        return Err(Diagnostic::error(Code::BadQuery, message).hint("solve for an input or parameter that is a number"));
    }
    let kpi = query.kpis[0].clone();
    let is_asked = |name: &Arc<str>| library.find(&kpi).iter().any(|found| found.name.text == *name);
    let others = library.published().filter(|other| !other.standard && !other.card.bands.is_empty());
    let others = others.map(|other| other.name.text.clone()).filter(|name| *name != definition.name.text);
    let others = others.filter(|name| !is_asked(name) && library.id(name).is_some_and(|id| uses(library, id, input)));
    let others = others.filter(|name| surroundings.computes(&query, name)).collect();
    let name = definition.name.text.clone();
    Ok(goal_query(query, kpi, &name, others))
}

/// Returns true if a definition uses another one, directly or not.
fn uses(library: &Library, definition: DefinitionId, other: DefinitionId) -> bool {
    let (mut open, mut seen) = (vec![definition], HashSet::new());
    while let Some(at) = open.pop() {
        if at == other {
            return true;
        }
        open.extend(library.uses(at).into_iter().filter(|id| seen.insert(*id)));
    }
    false
}

/// The definition of an input, parameter or KPI with this name or alias.
///
/// # Errors
/// Returns an error if there is none, or there are several.
pub(super) fn settable(library: &Library, name: &str) -> Result<DefinitionId, Diagnostic> {
    let name = names::bare(name.trim());
    if let Some(dataset) = library.dataset(name).filter(|_| library.id(name).is_none()) {
        return Err(no_input(library, &dataset.name.text));
    }
    let found = match library.id(name) {
        Some(id) => vec![id],
        None => library.find(name).iter().filter_map(|found| library.id(&found.name.text)).collect(),
    };
    match found[..] {
        [id] => Ok(id),
        [] => {
            let known = || library.definitions().filter(|known| known.kind != DefinitionKind::Helper);
            let problem =
                Diagnostic::error(Code::UnknownName, format!("`{name}` is not an input, a parameter or a KPI"))
                    .in_query();
            let near = did_you_mean(name, known().map(|known| &*known.name.text));
            Err(problem.maybe_hint(near).hint("run `kpi list --inputs` to see what can be set"))
        }
        _ => {
            let names: Vec<String> = found.iter().map(|id| format!("`{}`", library.get(*id).name.text)).collect();
            let problem =
                Diagnostic::error(Code::Ambiguous, format!("`{name}` is ambiguous: it matches {}", names.join(", ")))
                    .in_query();
            Err(problem.hint(format!("use one of these names: `--for {}`", names[0].trim_matches('`'))))
        }
    }
}

/// The error for a dataset, which has no value.
fn no_input(library: &Library, dataset: &str) -> Diagnostic {
    let problem = Diagnostic::error(Code::BadQuery, format!("`{dataset}` is a dataset, which has no value"));
    let names = library.definitions().filter(|definition| !definition.standard && definition.reads_data());
    let own = names.filter(|definition| {
        let formula = definition.formula.as_ref();
        formula.is_some_and(|formula| formula.walk().any(|part| is_column_of(part, dataset)))
    });
    let names: Vec<String> = own.map(|definition| format!("`--for {}`", spelled(&definition.name.text))).collect();
    let hint = (!names.is_empty()).then(|| format!("name a definition that reads it: {}", names.join(", ")));
    problem.maybe_hint(hint).hint("run `kpi list --inputs` to see what can be set")
}

/// True for `dataset` and `dataset.column`.
fn is_column_of(part: &Expr, dataset: &str) -> bool {
    match &*part.kind {
        ExprKind::Path(path) => *path.qualifier.as_ref().unwrap_or(&path.name).text == *dataset,
        _ => false,
    }
}

/// Reads the wanted value and the bounds, and solves for the selected groups.
fn solved(
    arguments: &Solve,
    evaluation: &Evaluation,
    selected: &SelectedGroups<'_>,
    bounds: &Bounds,
    answer: &mut Answer,
) -> Result<Vec<Solution>, Vec<Diagnostic>> {
    let groups: Vec<usize> = (0..evaluation.groups.len()).filter(|&at| selected.has(evaluation, at)).collect();
    if groups.is_empty() {
        return Err(vec![nothing_at(evaluation, selected)]);
    }
    let mut sources = evaluation.plan.sources.clone();
    let equation = Equation::read(&arguments.goal, &mut sources);
    let file = sources.add(SourceFile::new("<within>", arguments.within.as_deref().unwrap_or_default()));
    answer.sources = sources;
    let equation = equation?;
    let library = &evaluation.plan.library;
    let types = [0, 1].map(|at| &evaluation.plan.step(evaluation.plan.kpis[at].step).ty);
    if !matches!(types[0], Type::Number(..) | Type::Zero | Type::Unknown) {
        let problem = Diagnostic::error(Code::BadQuery, format!("`{}` is not a number", equation.kpi));
        return Err(vec![problem.hint("solve for a KPI that is a number")]);
    }
    answer.problems.extend(percent::plain_number(types[0], &equation.wanted));
    let wanted = constant(evaluation, &equation.wanted, types[0], "the wanted value").map_err(|mut problems| {
        if !is_constant(library, &equation.wanted) {
            let hint = format!("to make two KPIs equal: `kpi solve '{} - ({}) = 0'`", equation.kpi, equation.value);
            let last = problems.pop();
            problems.extend(last.map(|problem| problem.hint(hint)));
        }
        problems
    })?;
    let within = arguments.within.as_deref().map(|text| read_bounds(evaluation, file, text, types[1])).transpose()?;
    let goal = Sought { wanted, within };
    evaluation.solutions(&goal, &groups, &bounds.budget).map_err(|problem| vec![problem])
}

/// True if an expression names nothing but parameters.
fn is_constant(library: &Library, expr: &Expr) -> bool {
    expr.walk().all(|part| match &*part.kind {
        ExprKind::Path(path) => {
            let id = library.id(&path.name.text);
            id.is_some_and(|id| library.get(id).kind == DefinitionKind::Param)
        }
        _ => true,
    })
}

/// The number that an expression of literals and parameters gives, in the unit of a type.
fn constant(evaluation: &Evaluation, expr: &Expr, ty: &Type, what: &str) -> Result<Number, Vec<Diagnostic>> {
    let library = &evaluation.plan.library;
    let is_parameter = |id: &DefinitionId| library.get(*id).kind == DefinitionKind::Param;
    let set = evaluation.plan.set.iter().filter(|(id, _)| is_parameter(id));
    let values = set.map(|(id, value)| (*id, (**value).clone())).collect();
    let given = Given { values, ..Given::default() };
    match given.constant(library, expr, ty).map_err(of_goal)? {
        Ok(Value::Number(number)) => Ok(number),
        _ => {
            let problem = Diagnostic::error(Code::BadQuery, format!("{what} is not a number")).at(expr.span);
            Err(vec![problem.hint("write a number, such as `45` or `4%`")])
        }
    }
}

/// Reads `FROM..TO`.
fn read_bounds(evaluation: &Evaluation, file: FileId, text: &str, ty: &Type) -> Result<[Number; 2], Vec<Diagnostic>> {
    let wrong = |message: String| {
        vec![Diagnostic::error(Code::BadQuery, message).hint("write the lower bound first: `--within 0..1000`")]
    };
    let Some((low, high)) = text.split_once("..").map(|(low, high)| (low.trim(), high.trim())) else {
        return Err(wrong(format!("`{text}` is not a pair of bounds")));
    };
    if low.is_empty() || high.is_empty() {
        let [least, most] = [if low.is_empty() { "0" } else { low }, if high.is_empty() { "1000000" } else { high }];
        let message = format!("`{text}` lacks {} bound", if low.is_empty() { "the lower" } else { "the upper" });
        return Err(vec![
            Diagnostic::error(Code::BadQuery, message)
                .hint(format!("write both: `--within {least}..{most}`, or omit `--within` for all values")),
        ]);
    }
    let bound = |text: &str| {
        // The text is a part of the one in `sources`, so that its places would be wrong.
        let expr = parse_expression(file, text).map_err(|_| wrong(format!("`{text}` is not a bound")))?;
        constant(evaluation, &expr, ty, "a bound").map_err(|mut problems| {
            problems.iter_mut().for_each(|problem| problem.labels.clear());
            problems
        })
    };
    let ends = [bound(low)?, bound(high)?];
    if ends[0].decimal > ends[1].decimal {
        return Err(wrong(format!("the bounds `{text}` are in descending order")));
    }
    Ok(ends)
}

fn printed(
    solutions: &[Solution],
    library: &Library,
    output: &PageOutput,
    console: &Console,
    bounds: &Bounds,
) -> Result<Printed, Diagnostic> {
    if output.format == PageFormat::Json {
        return Ok(Printed::Raw(json(&solutions)));
    }
    let (heading, sheet) = render::solutions(solutions, library, &Locale::new(output.lang));
    Ok(match output.format {
        PageFormat::Markdown => {
            let page = markdown_page(&sheet, &bounds.budget)?;
            Printed::Text(format!("**{}**\n\n{page}", render::escaped(&heading)))
        }
        _ => Printed::Text(format!("{heading}\n\n{}", table_page(&sheet, console, &bounds.budget)?)),
    })
}
