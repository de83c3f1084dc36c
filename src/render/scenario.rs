//! Renders a result with a scenario: each KPI without it, with it, and the difference, side by side.

use std::borrow::Cow;

use super::csv::{keys_of, value};
use super::result::{
    UNDEFINED, counted, group_cells, group_head, mark_width, padded, scenario_remarks, signed_difference, values,
};
use super::{Column, Grid, Lead, Locale, NumberStyle, Sheet, style_of};
use crate::budget::Charge;
use crate::diagnostic::Diagnostic;
use crate::eval::{Evaluation, InScenario};
use crate::explain::scenario::ScenarioHead;
use crate::language::{Language, Phrase};
use crate::library::ScenarioDefinition;
use crate::value::{Decimal, Value, decimal_of};

/// The result for people: a row for each group and KPI, and remarks.
pub(crate) fn scenario_sheet(
    evaluation: &Evaluation,
    scenario: &ScenarioDefinition,
    groups: &[usize],
    locale: &Locale,
    charge: &mut Charge,
) -> Result<Sheet, Diagnostic> {
    let language = locale.language;
    let head = ScenarioHead::new(scenario, &evaluation.plan.library, language);
    let keys = evaluation.group_columns();
    let names = keys.iter().map(|name| Column::key(group_head(name, language))).chain([Column::key("kpi")]);
    let ends = [language.word(Phrase::BaseHead), &head.title].map(Column::number);
    let differences = [Phrase::DifferenceHead, Phrase::ChangeHead].map(|phrase| Column::number(language.word(phrase)));
    let kpis = evaluation.in_scenario();
    let columns: Vec<[Vec<String>; 4]> = kpis.iter().map(|kpi| cells(evaluation, *kpi, groups, locale)).collect();
    let mut rows = vec![];
    for (at, &group) in groups.iter().enumerate() {
        for (kpi, cells) in kpis.iter().zip(&columns) {
            let name = evaluation.plan.kpis[kpi.base].name.to_string();
            let cells = cells.iter().map(|column| column[at].clone());
            let row: Vec<String> =
                group_cells(evaluation, group, language).into_iter().chain([name]).chain(cells).collect();
            row.iter().try_for_each(|text| counted(text, charge))?;
            rows.push(row);
        }
    }
    (keys.len() + 1..keys.len() + 3).for_each(|column| align_marks(&mut rows, column));
    let changes: Vec<String> = head.changes.iter().map(|(name, formula)| format!("{name} = {formula}")).collect();
    let remark = language.phrase(Phrase::About, &[&head.title, &changes.join(", ")]);
    let remarks = std::iter::once(remark)
        .chain(scenario_remarks(evaluation, groups, locale, &head.title, charge.budget())?)
        .collect();
    Ok(Sheet { grid: Grid { columns: names.chain(ends).chain(differences).collect(), rows, total: None }, remarks })
}

/// The texts of a KPI in all groups: without the scenario, with it, the difference, and the difference in percent.
fn cells(evaluation: &Evaluation, kpi: InScenario, groups: &[usize], locale: &Locale) -> [Vec<String>; 4] {
    let planned = &evaluation.plan.kpis[kpi.base];
    let card = planned.definition.map(|id| &*evaluation.plan.library.get(id).card);
    let format = locale.format(&style_of(&evaluation.plan.step(planned.step).ty, card));
    let percent = locale.format(&NumberStyle { lead: Lead::Percent, ..NumberStyle::default() });
    let found: Vec<_> = groups.iter().map(|&group| evaluation.difference(kpi, group)).collect();
    let ends: Vec<[Option<Decimal>; 2]> = groups
        .iter()
        .map(|&group| [kpi.base, kpi.scenario].map(|kpi| decimal_of(&evaluation.value(kpi, group))))
        .collect();
    let format = format.aligned(ends.iter().flatten().flatten().copied());
    let change = |share: Decimal| format!("{}{}", if share > Decimal::ZERO { "+" } else { "" }, percent.text(share));
    let differences = ends.iter().map(|[base, scenario]| signed_difference((*scenario)?, (*base)?, &format));
    let changes = found.iter().map(|it| it.and_then(|(_, share)| share).map(|share| change(share.decimal)));
    let or_undefined = |text: Option<String>| text.unwrap_or_else(|| UNDEFINED.to_owned());
    let texts = |kpi: usize| -> Vec<String> {
        let padded = values(evaluation, groups, locale, kpi);
        padded.iter().map(|text| text.trim_end_matches('\u{a0}').to_owned()).collect()
    };
    let (differences, changes) = (differences.map(or_undefined).collect(), changes.map(or_undefined).collect());
    [texts(kpi.base), texts(kpi.scenario), differences, changes]
}

/// Aligns the marks at the ends of the cells of a column.
fn align_marks(rows: &mut [Vec<String>], column: usize) {
    let width = rows.iter().map(|row| mark_width(&row[column])).max().unwrap_or(0);
    rows.iter_mut().for_each(|row| row[column] = padded(&row[column], width));
}

/// The result as a table of exact values, with headers and periods in a language.
pub(crate) fn scenario_grid(evaluation: &Evaluation, groups: &[usize], language: Language) -> Grid {
    let keys = evaluation.group_columns();
    let columns = keys.iter().map(|name| Column::key(group_head(name, language)));
    let heads = [Phrase::BaseHead, Phrase::Scenario, Phrase::DifferenceHead, Phrase::ChangeHead];
    let numbers = heads.map(|head| Column::number(language.word(head)));
    let columns = columns.chain([Column::key("kpi")]).chain(numbers).collect();
    let row = |group: usize, kpi: &InScenario| {
        let difference = evaluation.difference(*kpi, group);
        let numbers = [difference.map(|(number, _)| number), difference.and_then(|(_, share)| share)];
        let ends = [kpi.base, kpi.scenario].map(|kpi| value(evaluation.value(kpi, group)).into_owned());
        let name = evaluation.plan.kpis[kpi.base].name.to_string();
        let labels = keys_of(evaluation, group, keys.len(), language).map(Cow::into_owned).chain([name]);
        let numbers = numbers.map(|number| number.map_or_else(String::new, |number| Value::Number(number).to_string()));
        labels.chain(ends).chain(numbers).collect()
    };
    let kpis = evaluation.in_scenario();
    let rows = groups.iter().flat_map(|&group| kpis.iter().map(move |kpi| (group, kpi)));
    Grid { columns, rows: rows.map(|(group, kpi)| row(group, kpi)).collect(), total: None }
}
