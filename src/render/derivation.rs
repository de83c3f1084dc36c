//! Turns an [`Explanation`] into a tree for people: values, formulas, formulas with numbers, and rows.

use std::collections::HashSet;
use std::fmt::Write;

use super::listed::{INDENT, RowForm, RowLister};
use super::result::{beside_target, flag_meaning, group_head, group_key, status_word, value_text};
use super::{Language, Locale, NumberFormat, escaped, flag_mark, status_mark, style_of};
use crate::data::WarehouseTrace;
use crate::diagnostic::printable_line;
use crate::eval::Flag;
use crate::explain::{Explanation, GroupsTrace, RowsTrace, StepKey, TraceKind, TraceStep, one_line, substitute};
use crate::language::Phrase;
use crate::library::Library;
use crate::library::card::status_name;
use crate::syntax::ast::Status;
use crate::value::{Value, decimal_of};

/// The maximum number of levels of a tree. A user can explain deeper values separately.
pub const MAX_LEVELS: usize = 40;

/// Renders the explanation as a tree for a terminal.
pub fn derivation(explanation: &Explanation, library: &Library, locale: &Locale) -> String {
    let writer = DerivationWriter { explanation, library, locale, form: RowForm::Aligned };
    let mut text = writer.heading().map(|heading| format!("{}\n\n", printable_line(&heading))).unwrap_or_default();
    draw(&writer.root(), "", "", &mut text);
    writer.columns().iter().for_each(|line| text.extend([&*printable_line(line), "\n"]));
    writer.verdict().iter().for_each(|line| text.extend([&*printable_line(line), "\n"]));
    text
}

/// Renders the explanation as a nested Markdown list.
pub fn derivation_markdown(explanation: &Explanation, library: &Library, locale: &Locale) -> String {
    let writer = DerivationWriter { explanation, library, locale, form: RowForm::Sentences };
    let mut text =
        writer.heading().map(|heading| format!("**{}**\n\n", escaped(&printable_line(&heading)))).unwrap_or_default();
    list(&writer.root(), 0, &mut text);
    let columns = writer.columns();
    columns.iter().skip(1).for_each(|line| text.push_str(&format!("- {}\n", escaped(&printable_line(line)))));
    let verdict: Vec<String> = writer.verdict().into_iter().filter(|line| !line.is_empty()).collect();
    text.push_str(if verdict.is_empty() { "" } else { "\n" });
    verdict.iter().for_each(|line| text.push_str(&format!("- {}\n", escaped(&printable_line(line)))));
    text
}

/// An explanation as a tree with the lines below it, for a page.
#[cfg(feature = "cli")]
pub(super) struct DerivationTree {
    /// The value and what it was computed from.
    pub root: Branch,
    /// Computed columns, status and target.
    pub lines: Vec<String>,
}

/// Puts an explanation into words, for a page.
#[cfg(feature = "cli")]
pub(super) fn derivation_tree(explanation: &Explanation, library: &Library, locale: &Locale) -> DerivationTree {
    let writer = DerivationWriter { explanation, library, locale, form: RowForm::Sentences };
    let lines = writer.columns().into_iter().chain(writer.verdict()).filter(|line| !line.is_empty());
    DerivationTree { root: writer.root(), lines: lines.collect() }
}

/// A value and the values that it was computed from.
pub(super) struct Branch {
    /// `cac = €45.00`
    pub head: String,
    /// The formula, the formula with numbers, the rows, the cause of a missing value.
    pub lines: Vec<String>,
    /// The values that the formula uses.
    pub branches: Vec<Branch>,
}

/// Draws a branch as lines, with what stands before its first line and before the others.
pub(super) fn draw(branch: &Branch, first: &str, rest: &str, text: &mut String) {
    let mut line = |prefix: &str, content: &str| {
        let _ = writeln!(text, "{}", format!("{prefix}{}", printable_line(content)).trim_end());
    };
    line(first, &branch.head);
    let bar = if branch.branches.is_empty() { "   " } else { "│  " };
    branch.lines.iter().for_each(|content| line(&format!("{rest}{bar}"), content));
    for (at, below) in branch.branches.iter().enumerate() {
        let (fork, bar) = if at + 1 == branch.branches.len() { ("└─ ", "   ") } else { ("├─ ", "│  ") };
        draw(below, &format!("{rest}{fork}"), &format!("{rest}{bar}"), text);
    }
}

/// Writes a branch as a nested Markdown list.
pub(super) fn list(branch: &Branch, level: usize, text: &mut String) {
    let indent = "  ".repeat(level);
    let lines = branch.lines.iter().map(|line| format!("  \n{indent}  {}", escaped(&printable_line(line))));
    let _ = writeln!(text, "{indent}- {}{}", escaped(&printable_line(&branch.head)), lines.collect::<String>());
    branch.branches.iter().for_each(|below| list(below, level + 1, text));
}

/// Puts the steps of an explanation into words.
struct DerivationWriter<'a> {
    explanation: &'a Explanation,
    library: &'a Library,
    locale: &'a Locale,
    form: RowForm,
}

impl<'a> DerivationWriter<'a> {
    /// The group: `month 2026-03, channel email`. None if there is only one.
    fn heading(&self) -> Option<String> {
        let language = self.language();
        let key = |(name, key): (&String, &Option<String>)| {
            format!("{} {}", group_head(name, language), group_key(name, key.as_deref(), language))
        };
        let keys: Vec<String> = self.explanation.group.iter().map(key).collect();
        match (self.explanation.total, keys.is_empty()) {
            (true, _) => Some(language.word(Phrase::Total).to_owned()),
            (false, true) => None,
            (false, false) => Some(keys.join(", ")),
        }
    }

    fn language(&self) -> Language {
        self.locale.language
    }

    fn step(&self, key: StepKey) -> &'a TraceStep {
        self.explanation.step(key)
    }

    fn root(&self) -> Branch {
        let root = self.explanation.root;
        let mut branch = self.branch(root, &self.explanation.kpi, 0, &mut HashSet::new());
        if let Some(status) = &self.explanation.status {
            branch.head.push_str(&format!("\u{a0}{}", mark(status.status)));
        }
        let card = self.step(root).name.as_ref().and_then(|name| self.library.definition(name)).map(|it| &it.card);
        if let Some(label) = card.and_then(|card| card.label.as_ref()) {
            branch.head.push_str(&format!("   {}", label.get(self.locale.language.code())));
        }
        branch
    }

    /// The branch of a step under the given name. A step is described once; further uses refer to it.
    fn branch(&self, key: StepKey, name: &str, level: usize, described: &mut HashSet<StepKey>) -> Branch {
        let key = self.resolved(key);
        let step = self.step(key);
        let mut head = self.head(step, name);
        let mut body = Body::default();
        if level >= MAX_LEVELS {
            head.push_str(self.language().word(Phrase::AndSoOn));
        } else if !described.insert(key) && step.rows.is_none() && step.groups.is_none() {
            head.push_str(self.language().word(Phrase::AsAbove));
        } else {
            self.describe(key, described, &mut body);
        }
        let branches =
            body.uses.into_iter().map(|(used, name)| self.branch(used, &name, level + 1, described)).collect();
        Branch { head, lines: body.lines, branches }
    }

    /// Follows arguments and operands that consist of a single step to that step.
    fn resolved(&self, key: StepKey) -> StepKey {
        let mut key = key;
        while let (TraceKind::Expression, Some(used)) = (self.step(key).kind, self.only_use(key)) {
            key = used;
        }
        key
    }

    /// The step that is the whole formula of this one.
    fn only_use(&self, key: StepKey) -> Option<StepKey> {
        let step = self.step(key);
        let [used] = step.uses[..] else { return None };
        // An input without a formula is the sum of the column with its name.
        let Some(formula) = step.formula.as_deref() else { return Some(used) };
        let whole = step.places.first().is_none_or(|place| is_whole(formula, place));
        whole.then_some(used)
    }

    /// `ad_cost = €660.22`, `revenue[previous] (1 month earlier) ≈ …`
    fn head(&self, step: &TraceStep, name: &str) -> String {
        let context: Vec<String> = step.context.iter().map(|part| self.language().sentence(part)).collect();
        let context = if context.is_empty() { String::new() } else { format!(" ({})", context.join(", ")) };
        let kind = match step.kind {
            TraceKind::Parameter => self.language().word(Phrase::ParameterMark),
            TraceKind::Given => self.language().word(Phrase::GivenMark),
            _ => "",
        };
        let format = self.format(step);
        match &step.cell {
            Err(_) => format!("{name}{context}{}{kind}", self.language().word(Phrase::IsUndefined)),
            Ok(value) => {
                format!("{name}{context} {} {}{kind}", sign(is_exact(value, &format)), value_text(value, &format))
            }
        }
    }

    /// Adds the formula, numbers and rows of a step to a body, and the steps to describe below it.
    fn describe(&self, key: StepKey, described: &mut HashSet<StepKey>, body: &mut Body) {
        let step = self.step(key);
        if let Some(rows) = &step.rows {
            body.lines.push(self.rows(step, rows));
            body.lines.extend(rows.warehouse.iter().flat_map(|asked| self.asked(asked)));
            let listed = rows.listed.iter().flat_map(|listed| self.lister(step).lines(listed));
            body.lines.extend(listed.map(|line| format!("{INDENT}{line}")));
        } else if let Some(groups) = &step.groups {
            body.lines.push(self.groups(step, groups));
            let listed = groups.listed.iter().flat_map(|listed| self.lister(step).groups(listed));
            body.lines.extend(listed.map(|line| format!("{INDENT}{line}")));
        } else if let Some(used) = self.only_use(key).filter(|used| self.is_part_of(*used)) {
            if self.step(used).kind == TraceKind::Call {
                body.lines.extend(step.formula.as_deref().map(|formula| format!("= {}", one_line(formula))));
            }
            described.insert(used);
            self.cause(key, body);
            return self.describe(used, described, body);
        } else {
            body.lines.extend(self.formula(step));
            body.uses.extend(self.uses(step));
        }
        body.lines.extend(step.notes.iter().map(|note| self.language().sentence(note)));
        self.cause(key, body);
    }

    fn lister(&self, step: &TraceStep) -> RowLister<'_> {
        RowLister { locale: self.locale, form: self.form, format: self.format(step) }
    }

    /// True if a step is described together with the one that uses it, because aggregates and calls have no name.
    fn is_part_of(&self, used: StepKey) -> bool {
        matches!(self.step(used).kind, TraceKind::Aggregate | TraceKind::Call)
    }

    fn cause(&self, key: StepKey, body: &mut Body) {
        if let Some(undefined) = self.step(key).undefined.as_ref().filter(|undefined| undefined.origin == key) {
            let reason = self.language().sentence(&undefined.message);
            body.lines.push(self.language().phrase(Phrase::UndefinedFromHere, &[&reason]));
        }
    }

    /// The formula, and the formula with numbers.
    fn formula(&self, step: &TraceStep) -> Vec<String> {
        let Some(formula) = &step.formula else { return vec![] };
        let name = step.name.as_ref().filter(|_| step.kind == TraceKind::Call);
        let own = match name {
            Some(name) => format!("{} = {}", self.signature(name), one_line(formula)),
            None if step.uses.is_empty() && step.kind == TraceKind::Parameter => return vec![],
            None => format!("= {}", one_line(formula)),
        };
        let is_other = matches!((&step.places[..], step.uses.len()), ([place], 1) if is_whole(formula, place));
        let numbers = (!step.places.is_empty() && !is_other).then(|| self.with_numbers(step, formula));
        std::iter::once(own).chain(numbers).collect()
    }

    /// `rise(now, before)`
    fn signature(&self, name: &str) -> String {
        let parameters = self.library.function_named(name).map(|function| &function.parameters);
        let names: Vec<&str> = parameters.into_iter().flatten().map(|name| &*name.text).collect();
        format!("{name}({})", names.join(", "))
    }

    fn with_numbers(&self, step: &TraceStep, formula: &str) -> String {
        let mut exact = true;
        let values = step.uses.iter().map(|used| {
            let used = self.step(*used);
            let format = self.format(used);
            match &used.cell {
                Ok(value) => {
                    exact &= is_exact(value, &format);
                    value_text(value, &format)
                }
                Err(_) => self.language().word(Phrase::Undefined).to_owned(),
            }
        });
        let values: Vec<String> = values.collect();
        format!("{} {}", sign(exact), substitute(formula, &step.places, values.into_iter()))
    }

    /// The steps that a formula uses, each once, with their names in the formula.
    fn uses(&self, step: &TraceStep) -> Vec<(StepKey, String)> {
        let formula = step.formula.as_deref().unwrap_or_default();
        let in_function = step.kind == TraceKind::Call;
        let mut uses: Vec<(StepKey, String)> = vec![];
        for (used, place) in step.uses.iter().zip(&step.places) {
            if uses.iter().all(|(known, _)| known != used) {
                let written = formula.get(place.clone()).map(one_line).unwrap_or_default();
                let own = self.step(*used).formula.as_deref().map(one_line).filter(|_| in_function);
                let name = self.step(*used).name.as_deref().map(str::to_owned);
                uses.push((*used, name.or(own).unwrap_or(written)));
            }
        }
        uses
    }

    /// `sum(ads.cost): 19 rows of ads, 2026-03-01 to 2026-03-31, 1 skipped as blank`
    fn rows(&self, step: &TraceStep, rows: &RowsTrace) -> String {
        let number = |count: u64| self.locale.format(&Default::default()).text(count.into());
        let language = self.language();
        let phrase = language.counted(rows.rows, Phrase::RowOf, Phrase::RowsOf);
        let formula = step.formula.as_deref().unwrap_or_default();
        let mut text = language.phrase(phrase, &[formula, &number(rows.rows), &rows.dataset]);
        if let Some((pattern, count)) = &rows.files {
            let phrase = language.counted(*count as u64, Phrase::OneFile, Phrase::SeveralFiles);
            text.push_str(&language.phrase(phrase, &[pattern, &number(*count as u64)]));
        }
        if let (Some(from), Some(to)) = (&rows.from, &rows.to) {
            text.push_str(&match rows.in_force {
                Some("end") => language.phrase(Phrase::InForceAtEnd, &[&language.day(to)]),
                Some(_) => format!("{}, {}", language.word(Phrase::InForceDuring), language.days(from, to)),
                None => format!(", {}", language.days(from, to)),
            });
        }
        match rows {
            RowsTrace { cut: true, .. } => text.push_str(language.word(Phrase::CutByPeriod)),
            RowsTrace { partial: true, .. } => text.push_str(language.word(Phrase::PartlyCovered)),
            _ => {}
        }
        rows.filters.iter().for_each(|filter| text.push_str(&language.phrase(Phrase::OnlyWhere, &[filter])));
        if rows.skipped > 0 {
            text.push_str(&language.phrase(Phrase::Skipped, &[&number(rows.skipped)]));
        }
        if rows.without_rate > 0 {
            text.push_str(&language.phrase(Phrase::WithoutRate, &[&number(rows.without_rate)]));
        }
        if rows.failed > 0 {
            text.push_str(&language.phrase(Phrase::Failed, &[&number(rows.failed)]));
        }
        if !rows.left_out.is_empty() {
            text.push_str(&language.phrase(Phrase::NothingOf, &[&rows.left_out.join(", ")]));
        }
        text
    }

    /// What a warehouse was asked: a line about the table, and the statement.
    fn asked(&self, asked: &WarehouseTrace) -> Vec<String> {
        let WarehouseTrace { warehouse, table, tier, .. } = asked;
        let about = match &asked.fell_back {
            Some(reason) => self.language().phrase(Phrase::AskedInstead, &[warehouse, table, tier, reason]),
            None => self.language().phrase(Phrase::AskedOf, &[warehouse, table, tier]),
        };
        std::iter::once(about).chain(asked.sql.lines().map(|line| format!("    {line}"))).collect()
    }

    /// `avg(revenue each day): 28 values by day, smallest 3 (2026-02-01), largest 11 (2026-02-02), 2 left out by having`
    fn groups(&self, step: &TraceStep, groups: &GroupsTrace) -> String {
        let (language, number) =
            (self.language(), |count: u64| self.locale.format(&Default::default()).text(count.into()));
        let phrase = language.counted(groups.used, Phrase::ValueBy, Phrase::ValuesBy);
        let formula = step.formula.as_deref().unwrap_or_default();
        let mut text = language.phrase(phrase, &[formula, &number(groups.used), &groups.each.join(", ")]);
        if let (Some((largest, _)), Some((smallest, _)), Some(ends)) = (&groups.largest, &groups.smallest, &groups.ends)
            && groups.used > 1
        {
            let format = self.format(step);
            let [most, least] = ends.each_ref().map(|end| value_text(end, &format));
            text.push_str(&language.phrase(Phrase::SmallestAndLargest, &[&least, smallest, &most, largest]));
        }
        if groups.excluded > 0 {
            text.push_str(&language.phrase(Phrase::LeftOutByHaving, &[&number(groups.excluded)]));
        }
        if groups.without_value() > 0 {
            let [one, several] = [Phrase::GroupWithoutValue, Phrase::GroupsWithoutValue];
            let phrase = language.counted(groups.without_value(), one, several);
            text.push_str(&language.phrase(phrase, &[&number(groups.without_value())]));
        }
        text
    }

    /// A blank line and the computed columns with their formulas, if there are any.
    fn columns(&self) -> Vec<String> {
        let columns = self.explanation.columns.iter().map(|(column, formula)| format!("{column} = {formula}"));
        let blank = (!self.explanation.columns.is_empty()).then(String::new);
        blank.into_iter().chain(columns).collect()
    }

    // ── status, target, flags ────────────────────────────────────────────────

    fn verdict(&self) -> Vec<String> {
        // Skipped rows and incomplete periods are described with the rows.
        let flags = self.explanation.flags.iter().filter(|flag| **flag == Flag::OutOfRange);
        let flags =
            flags.map(|flag| format!("{}\u{a0}{}", flag_mark(*flag), self.language().word(flag_meaning(*flag))));
        let lines: Vec<String> = self.status().into_iter().chain(self.target()).chain(flags).collect();
        match lines.is_empty() {
            true => lines,
            false => std::iter::once(String::new()).chain(lines).collect(),
        }
    }

    /// `✓ good: <= target_cac, which is €45.00`
    fn status(&self) -> Vec<String> {
        let language = self.language();
        let no_status = self.explanation.no_status.iter();
        let no_status = no_status.map(|reason| language.phrase(Phrase::NoStatus, &[&language.sentence(reason)]));
        let status = self.explanation.status.iter().map(|status| {
            let bound = status.step.map(|step| self.step(step)).and_then(|step| self.value(step));
            let bound = bound.map(|bound| self.language().phrase(Phrase::WhichIs, &[&bound])).unwrap_or_default();
            let advice = status.advice.as_ref().map(|text| format!(". {}", text.get(self.locale.language.code())));
            let condition = match &*status.condition {
                "otherwise" => language.word(Phrase::Otherwise).to_owned(),
                formula => one_line(formula),
            };
            let word = known(status.status).map_or("", |status| self.language().word(status_word(status)));
            let meaning = format!("{}\u{a0}{word}", mark(status.status));
            let reason = format!("{condition}{bound}{}", advice.unwrap_or_default());
            self.language().phrase(Phrase::About, &[&meaning, &reason])
        });
        no_status.chain(status).collect()
    }

    fn value(&self, step: &TraceStep) -> Option<String> {
        let value = step.cell.as_ref().ok().filter(|value| !matches!(value, Value::Boolean(_)))?;
        Some(value_text(value, &self.format(step)))
    }

    fn target(&self) -> Option<String> {
        let target = self.explanation.target.as_ref()?;
        let step = self.step(target.step);
        let root = self.step(self.explanation.root);
        let attainment = target.attainment.as_ref().and_then(|text| text.parse().ok());
        let value = decimal_of(&root.cell).filter(|_| target.difference.is_some());
        let parts = decimal_of(&step.cell)
            .map(|target| beside_target(value, (target, attainment), &self.format(root), self.locale));
        let parts = parts.unwrap_or_default();
        let origin = step.formula.as_deref().filter(|formula| formula.starts_with(|c: char| !c.is_ascii_digit()));
        let origin = origin.map(|formula| format!(" ({})", one_line(formula))).unwrap_or_default();
        let target = self.language().phrase(Phrase::Target, &[&self.value(step)?]) + &origin;
        Some(match parts.is_empty() {
            true => target,
            false => self.language().phrase(Phrase::About, &[&target, &parts.join(", ")]),
        })
    }

    fn format(&self, step: &TraceStep) -> NumberFormat<'_> {
        let definition = step.name.as_ref().filter(|_| step.kind != TraceKind::Call);
        let card = definition.and_then(|name| self.library.definition(name)).map(|definition| &*definition.card);
        self.locale.format(&style_of(&step.ty, card))
    }
}

/// True if the place is the whole formula, possibly followed by a context.
fn is_whole(formula: &str, place: &std::ops::Range<usize>) -> bool {
    place.start == 0 && (place.end == formula.len() || formula[place.end..].starts_with('[') && formula.ends_with(']'))
}

/// The description of a step.
#[derive(Default)]
struct Body {
    lines: Vec<String>,
    uses: Vec<(StepKey, String)>,
}

fn is_exact(value: &Value, format: &NumberFormat<'_>) -> bool {
    match value {
        Value::Number(number) => number.exact && format.is_exact(number.decimal),
        _ => true,
    }
}

fn sign(exact: bool) -> &'static str {
    if exact { "=" } else { "≈" }
}

fn mark(status: &str) -> &'static str {
    known(status).map_or("", status_mark)
}

fn known(status: &str) -> Option<Status> {
    [Status::Good, Status::Watch, Status::Bad].into_iter().find(|known| status_name(*known) == status)
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;
    use std::sync::Arc;

    use super::*;
    use crate::aggregate::Embedded;
    use crate::data::Declaration;
    use crate::data::Table;
    use crate::plan::{Limits, Query};
    use crate::render::Language;

    /// `k0 = sum(x)`, `k1 = k0 + 1`, …: the derivation of the last one.
    fn chain(length: usize) -> String {
        let mut definitions = String::from("k0 = sum(x)\n");
        for at in 1..length {
            writeln!(definitions, "k{at} = k{} + 1", at - 1).expect("writing to a string succeeds");
        }
        let library = Arc::new(crate::Library::from_text(&definitions).expect("it compiles"));
        let table = Table::from_csv("t", "x\n1\n", &Declaration::default()).expect("it is a table");
        let query = Query::new([format!("k{}", length - 1)]);
        let source = Embedded::new(vec![Arc::new(table)]);
        let evaluation = library.evaluate(&query, &source, &Limits::default()).expect("it can be computed");
        derivation(&evaluation.explain_at(0, 0).expect("it has no limits"), &library, &Locale::new(Language::English))
    }

    #[test]
    fn the_depth_of_a_tree_is_limited() {
        // The root is at level 0.
        assert!(!chain(MAX_LEVELS).contains("not expanded"));
        assert!(chain(MAX_LEVELS + 1).contains("k0 = 1   (not expanded"));
    }
}
