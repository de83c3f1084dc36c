//! `kpi list`: lists definitions with names, labels and units.

use std::collections::HashMap;

use indexmap::IndexMap;
use serde::Serialize;

use super::Answer;
use super::args::{Format, List};
use super::console::Console;
use super::output::{Printed, json};
use super::report_item::{self, ReportEntry};
use super::rows::formula_remark;
use super::scenario::{self, ScenarioEntry};
use super::workspace::{Tables, Workspace, in_workspace};
use crate::budget::Budget;
use crate::diagnostic::{Code, Diagnostic, did_you_mean, printable_line};
use crate::language::{Language, Phrase};
use crate::library::{Definition, DefinitionId, Library, ScenarioDefinition};
use crate::render::{self, Column, GlossaryEntry, Grid, Locale};
use crate::syntax::ast::DefinitionKind;

pub(super) fn run(arguments: &List, console: &Console, budget: &Budget) -> Answer {
    if let Some(problem) = contradiction(arguments) {
        return Answer::of(problem);
    }
    in_workspace(&arguments.sources, budget, |workspace| answered(arguments, workspace, console))
}

fn answered(arguments: &List, workspace: &Workspace, console: &Console) -> Answer {
    let mut answer = workspace.answer();
    let entries = entries(workspace, arguments);
    let (library, words, language) = (&workspace.library, &arguments.words, arguments.output.lang);
    let is_titled = !scenario::entries(library, words, language).is_empty()
        || !report_item::entries(library, words, language).is_empty();
    let has_titled = !words.is_empty() && is_titled;
    if entries.is_empty() && !has_titled {
        answer.problems.extend(nothing_found(&workspace.library, &arguments.words));
        return answer;
    }
    let lacks = arguments.computable.then(|| {
        let tables = workspace.tables(&arguments.sources.data);
        answer.problems.extend(tables.twice.iter().chain(tables.failures()).cloned());
        lacks(workspace, &tables, &entries)
    });
    match printed(workspace, arguments, &entries, &lacks, console) {
        Ok((printed, remark)) => {
            answer.printed = printed;
            answer.remarks.extend(remark);
        }
        Err(limit) => return answer.stopped(limit),
    }
    answer
}

/// The list, and a remark for standard error.
fn printed(
    workspace: &Workspace,
    arguments: &List,
    entries: &[DefinitionId],
    lacks: &Lacks,
    console: &Console,
) -> Result<(Printed, Option<String>), Diagnostic> {
    let (budget, language) = (&workspace.budget, arguments.output.lang);
    let scenarios = scenario::entries(&workspace.library, &arguments.words, language);
    let reports = report_item::entries(&workspace.library, &arguments.words, language);
    let below = replaced(workspace).map(|line| format!("\n{line}\n")).unwrap_or_default();
    let grid = |ids: &[DefinitionId], all| {
        budget.spend(ids.len() * STEPS_PER_ROW, "listing definitions")?;
        Ok(grid(workspace, ids, language, lacks, all))
    };
    let exact = || -> Result<Grid, Diagnostic> {
        let mut all = grid(entries, true)?;
        all.rows.extend(scenarios.iter().map(ScenarioEntry::row).chain(reports.iter().map(ReportEntry::row)));
        Ok(all)
    };
    let others = [
        (language.word(Phrase::Scenarios), scenario::grid(&scenarios, language)),
        (language.word(Phrase::Reports), report_item::grid(&reports, language)),
    ];
    let mut remark = None;
    let printed = match arguments.output.format {
        Format::Json => {
            let all = GlossaryEntry::all(&workspace.library, entries, language, &mut budget.charge())?;
            let all = all.into_iter().zip(entries).map(|(entry, id)| listed(entry, *id, lacks));
            let all = all.map(|entry| Entry::Definition(Box::new(entry)));
            let titled = scenarios.iter().map(Entry::Scenario).chain(reports.iter().map(Entry::Report));
            Printed::Raw(json(&all.chain(titled).collect::<Vec<_>>()))
        }
        Format::Xlsx => Printed::Workbook(render::workbook(&exact()?, None, |_, _| None)?),
        Format::Csv | Format::CsvFr => {
            let form = arguments.output.csv().expect("it is a form of CSV");
            let (text, formulas) = render::csv_in(form, &exact()?, arguments.output.formulas());
            remark = formula_remark(formulas, arguments.output.formulas());
            Printed::Raw(text)
        }
        Format::Markdown => Printed::Text(
            sections(workspace, entries, language, |title, ids| {
                let table = render::markdown_within(&grid(ids, false)?, budget)?;
                Ok(format!("### {}\n\n{table}", render::escaped(title)))
            })? + &with_others(&others, entries.is_empty(), "### ", |grid| render::markdown_within(grid, budget))?
                + &below,
        ),
        Format::Table => Printed::Text(
            sections(workspace, entries, language, |title, ids| {
                let table = render::table_within(&grid(ids, false)?, console.width, budget)?;
                Ok(format!("{}\n\n{table}", printable_line(title)))
            })? + &with_others(&others, entries.is_empty(), "", |grid| {
                render::table_within(grid, console.width, budget)
            })? + &below,
        ),
    };
    Ok((printed, remark))
}

/// The sections of items other than definitions: their titles and tables.
fn with_others(
    others: &[(&str, Grid)],
    is_first: bool,
    mark: &str,
    table: impl Fn(&Grid) -> Result<String, Diagnostic>,
) -> Result<String, Diagnostic> {
    let mut text = String::new();
    for (title, grid) in others.iter().filter(|(_, grid)| !grid.rows.is_empty()) {
        let gap = if is_first && text.is_empty() { "" } else { "\n" };
        text.push_str(&format!("{gap}{mark}{title}\n\n{}", table(grid)?));
    }
    Ok(text)
}

/// An item of the list as data.
#[derive(Serialize)]
#[serde(untagged)]
enum Entry<'s> {
    Definition(Box<Listed>),
    Scenario(&'s ScenarioEntry),
    Report(&'s ReportEntry),
}

/// The steps of writing a row.
const STEPS_PER_ROW: usize = 100;

/// The error for options that contradict each other.
fn contradiction(arguments: &List) -> Option<Diagnostic> {
    if !arguments.sources.data.is_empty() && !arguments.computable {
        let message = "`kpi list` reads data only with `--computable`";
        return Some(Diagnostic::error(Code::BadQuery, message).hint("add `--computable`, or omit `-d`"));
    }
    arguments.output.contradiction()
}

/// The definitions to list: the user's, then those of the standard library if it is requested or searched.
fn entries(workspace: &Workspace, arguments: &List) -> Vec<DefinitionId> {
    let library = &workspace.library;
    let standard = arguments.std || !arguments.words.is_empty() || workspace.files == 0 || arguments.computable;
    let words: Vec<String> = arguments.words.iter().map(|word| word.to_lowercase()).collect();
    let is_listed = |definition: &Definition| {
        let kind = match definition.kind {
            DefinitionKind::Kpi => true,
            DefinitionKind::Input | DefinitionKind::Param => arguments.inputs,
            DefinitionKind::Helper => false,
        };
        kind && (standard || !definition.standard) && words.iter().all(|word| is_named(definition, word))
    };
    let ids = library.ids().map(|id| (id, library.get(id)));
    ids.filter(|(_, definition)| is_listed(definition)).map(|(id, _)| id).collect()
}

/// True if a name, label or alias contains the word.
fn is_named(definition: &Definition, word: &str) -> bool {
    definition.names().any(|name| name.to_lowercase().contains(word))
}

fn nothing_found(library: &Library, words: &[String]) -> Option<Diagnostic> {
    let asked = words.join(" ");
    let titles = library.scenarios().flat_map(ScenarioDefinition::titles).map(|title| &**title);
    let names = library.definitions().map(|definition| &*definition.name.text).chain(titles);
    let problem = Diagnostic::error(Code::UnknownName, format!("no name, label or alias contains `{asked}`"));
    let none = Diagnostic::error(Code::UnknownName, "the definitions publish no KPI");
    Some(match words.is_empty() {
        true => none.hint("add `--std` to list the standard library, or `--inputs` to list what the data must provide"),
        false => problem.maybe_hint(did_you_mean(&asked, names)),
    })
}

/// Groups the entries by the file that defines them.
fn sections(
    workspace: &Workspace,
    entries: &[DefinitionId],
    language: Language,
    section: impl Fn(&str, &[DefinitionId]) -> Result<String, Diagnostic>,
) -> Result<String, Diagnostic> {
    let mut files: IndexMap<String, Vec<DefinitionId>> = IndexMap::new();
    for &id in entries {
        let definition = workspace.library.get(id);
        let file = workspace.library.file_name(definition.name.span.file);
        let title = match definition.standard {
            true => {
                let theme = file.trim_start_matches("kpis/").trim_end_matches(".kpi");
                language.phrase(Phrase::StandardLibrary, &[theme])
            }
            false => file.to_owned(),
        };
        files.entry(title).or_default().push(id);
    }
    let sections = files.iter().map(|(title, ids)| section(title, ids));
    Ok(sections.collect::<Result<Vec<_>, _>>()?.join("\n"))
}

/// The columns missing from the data, for each definition; None if the data were not checked.
type Lacks = Option<HashMap<DefinitionId, String>>;

fn grid(workspace: &Workspace, ids: &[DefinitionId], language: Language, lacks: &Lacks, all: bool) -> Grid {
    let library = &workspace.library;
    let has_inputs = ids.iter().any(|id| library.get(*id).kind != DefinitionKind::Kpi);
    // A file for programs has the same headers in every language.
    let heads = if all { Language::English } else { language };
    let locale = Locale::new(heads);
    let mut columns =
        [Phrase::NameHead, Phrase::LabelHead, Phrase::UnitHead].map(|head| Column::text(heads.word(head))).to_vec();
    columns[0].key = true;
    if all || has_inputs {
        columns.push(Column::text(heads.word(Phrase::KindHead)));
    }
    if lacks.is_some() {
        columns.push(Column::text(heads.word(Phrase::LacksHead)));
    }
    let row = |id: &DefinitionId| {
        let definition = library.get(*id);
        let label = definition.card.label.as_ref().map(|label| label.get(language.code()).to_owned());
        let ty = library.type_of(*id);
        let unit = ty.unit_name().map(|_| locale.unit_symbol(ty)).unwrap_or_default();
        let mut row = vec![definition.name.text.to_string(), label.unwrap_or_default(), unit];
        if all || has_inputs {
            row.push(kind(definition, heads, all));
        }
        row.extend(lacks.as_ref().map(|lacks| lacks.get(id).cloned().unwrap_or_default()));
        row
    };
    Grid { columns, rows: ids.iter().map(row).collect(), total: None }
}

/// The kind of a definition; for programs the name that JSON uses.
fn kind(definition: &Definition, language: Language, for_programs: bool) -> String {
    let implicit = if definition.implicit { language.word(Phrase::NotDeclared) } else { "" };
    let kind = match for_programs {
        true => render::kind_name(definition.kind),
        false => language.word(render::kind_word(definition.kind)),
    };
    format!("{kind}{implicit}")
}

/// A definition as data, with what is missing from the data for it.
#[derive(Serialize)]
struct Listed {
    #[serde(flatten)]
    entry: GlossaryEntry,
    #[serde(skip_serializing_if = "Option::is_none")]
    computable: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lacks: Option<String>,
}

fn listed(entry: GlossaryEntry, id: DefinitionId, lacks: &Lacks) -> Listed {
    let lacks = lacks.as_ref();
    Listed {
        entry,
        computable: lacks.map(|lacks| !lacks.contains_key(&id)),
        lacks: lacks.and_then(|lacks| lacks.get(&id)).cloned(),
    }
}

/// The columns missing from the data, for each entry that cannot be computed.
fn lacks(workspace: &Workspace, tables: &Tables, entries: &[DefinitionId]) -> HashMap<DefinitionId, String> {
    let found = workspace.library.computable(entries.iter().copied(), &tables.datasets);
    let lacking = found.into_iter().filter(|entry| !entry.is_complete());
    lacking.map(|entry| (entry.definition, entry.lacks.join(", "))).collect()
}

/// The names of the standard library that the user's definitions override.
fn replaced(workspace: &Workspace) -> Option<String> {
    let places = workspace.problems.iter().filter(|problem| problem.code == Code::Replaced);
    let names: Vec<&str> =
        places.filter_map(|problem| problem.labels.first()).map(|label| workspace.library.text(label.span)).collect();
    (!names.is_empty()).then(|| format!("overrides the standard library: {}", names.join(", ")))
}
