//! Turns a [`Change`] into text for people: a sentence, a waterfall, the definitions with what each accounts for, and the
//! segments.

mod rows;
mod segments;
mod titles;
mod waterfall;

use std::collections::HashSet;

use indexmap::IndexMap;
use titles::{Titles, short_name, titled};
pub(super) use waterfall::Bar;
use waterfall::drawn;

use super::derivation::{Branch, MAX_LEVELS, draw, list};
use super::listed::RowForm;
use super::markdown::markdown;
use super::result::{group_head, group_key, signed, style_of, value_text};
use super::table::table;
use super::{Column, Grid, Lead, Locale, NumberFormat, NumberStyle, escaped, wrapped};
use crate::change::{Change, ChangeSide, ChangeStep, Share};
use crate::data::Grain;
use crate::diagnostic::printable_line;
use crate::eval::{Evaluation, Flag};
use crate::explain::{StepKey, TraceKind};
use crate::language::{Language, Phrase, Sentence};
use crate::library::Library;
use crate::library::card::Card;
use crate::value::unit::Type;
use crate::value::{Cell, Decimal, Value, decimal_of};

/// The maximum number of drivers in the sentence.
const NAMED: usize = 3;

/// The maximum number of drivers in the waterfall.
const BARS: usize = 12;

/// The decimals in which the values of a KPI are printed side by side, counted in the value itself: a percentage has
/// two more than its text.
pub fn change_decimals(evaluation: &Evaluation, values: [(usize, usize); 2], locale: &Locale) -> u32 {
    let planned = &evaluation.plan.kpis[values[1].0];
    let card = planned.definition.map(|id| &*evaluation.plan.library.get(id).card);
    let values = values.iter().filter_map(|&(kpi, group)| decimal_of(&evaluation.value(kpi, group)));
    common_decimals(&evaluation.plan.step(planned.step).ty, card, &values.collect::<Vec<_>>(), locale)
}

/// The same for numbers of a type, with the format of a card.
pub(crate) fn common_decimals(ty: &Type, card: Option<&Card>, numbers: &[Decimal], locale: &Locale) -> u32 {
    let style = plain_style(ty, card);
    u32::from(locale.format(&style).common_decimals(numbers.iter().copied())) + hidden(&style)
}

/// The style of a KPI without shortening.
fn plain_style(ty: &Type, card: Option<&Card>) -> NumberStyle {
    NumberStyle { compact: false, ..style_of(ty, card) }
}

/// The decimals of a value that its text does not show.
pub(super) fn hidden(style: &NumberStyle) -> u32 {
    if style.lead == Lead::Percent { 2 } else { 0 }
}

/// The width of texts without a terminal.
const PAGE_WIDTH: usize = 80;

/// Renders changes for a terminal of this width. None does not limit the width of tables.
pub fn changes(changes: &[Change], library: &Library, locale: &Locale, width: Option<usize>) -> String {
    let writer = |change| Writer::new(change, library, locale, RowForm::Aligned);
    let writers: Vec<Writer<'_>> = changes.iter().map(writer).collect();
    let mut pages: Vec<String> = writers.iter().map(|writer| writer.page(width)).collect();
    if writers.iter().any(Writer::is_split) {
        pages.push(paragraph(&convention(locale.language).join(" "), width));
    }
    pages.join("\n")
}

/// Renders changes as Markdown.
pub fn changes_markdown(changes: &[Change], library: &Library, locale: &Locale) -> String {
    let writer = |change| Writer::new(change, library, locale, RowForm::Sentences);
    let writers: Vec<Writer<'_>> = changes.iter().map(writer).collect();
    let mut pages: Vec<String> = writers.iter().map(Writer::markdown).collect();
    if writers.iter().any(Writer::is_split) {
        pages.push(format!("{}\n", escaped(&convention(locale.language).join(" "))));
    }
    pages.join("\n")
}

/// What contributions mean.
fn convention(language: Language) -> [&'static str; 2] {
    [Phrase::Convention, Phrase::ConventionMeans].map(|phrase| language.word(phrase))
}

/// A line as a paragraph of this width.
fn paragraph(line: &str, width: Option<usize>) -> String {
    let lines = wrapped(&printable_line(line), width.unwrap_or(PAGE_WIDTH));
    lines.iter().map(|line| format!("{}\n", line.trim_end())).collect()
}

fn push(text: &mut String, line: &str) {
    text.push_str(printable_line(line).trim_end());
    text.push('\n');
}

/// The bars of the waterfall of a change for a page: without the units that the page
/// names elsewhere.
#[cfg(feature = "cli")]
pub(super) fn bars(change: &Change, library: &Library, locale: &Locale) -> Vec<Bar> {
    Writer { for_page: true, ..Writer::new(change, library, locale, RowForm::Sentences) }.bars()
}

/// Puts a change into words.
struct Writer<'a> {
    change: &'a Change,
    library: &'a Library,
    locale: &'a Locale,
    form: RowForm,
    titles: Titles,
    /// True for a page, which names units once.
    for_page: bool,
}

impl<'a> Writer<'a> {
    fn new(change: &'a Change, library: &'a Library, locale: &'a Locale, form: RowForm) -> Self {
        Self { change, library, locale, form, titles: Titles::of(change, library, locale.language), for_page: false }
    }

    /// The change for a terminal.
    fn page(&self, width: Option<usize>) -> String {
        let mut text = format!("{}\n", paragraph(&self.heading(), width));
        self.sentences().iter().for_each(|line| text.push_str(&paragraph(line, width)));
        if self.has_drivers() {
            text.push('\n');
            let lines = drawn(self.bars(), self.share_heads(), width.unwrap_or(PAGE_WIDTH));
            lines.iter().for_each(|line| push(&mut text, line));
            for branch in self.trees() {
                text.push('\n');
                draw(&branch, "", "", &mut text);
            }
        }
        if let Some(segments) = self.segments() {
            text.push('\n');
            text.push_str(&table(&segments, width));
        }
        self.volume().iter().for_each(|line| text.push_str(&paragraph(line, width)));
        if self.is_split() {
            text.push('\n');
            self.footer().iter().for_each(|line| text.push_str(&paragraph(line, width)));
        }
        text
    }

    /// The change as Markdown.
    fn markdown(&self) -> String {
        let mut text = format!("**{}**\n\n", escaped(&printable_line(&self.heading())));
        self.sentences().iter().for_each(|line| push(&mut text, &escaped(line)));
        if self.has_drivers() {
            text.push('\n');
            text.push_str(&markdown(&self.table()));
            for branch in self.trees() {
                text.push('\n');
                list(&branch, 0, &mut text);
            }
        }
        if let Some(segments) = self.segments() {
            text.push('\n');
            text.push_str(&markdown(&segments));
        }
        for line in self.volume().into_iter().chain(self.is_split().then(|| self.footer()).into_iter().flatten()) {
            text.push('\n');
            push(&mut text, &escaped(&line));
        }
        text
    }

    /// True if the difference is divided among inputs, and large enough to be printed.
    fn has_drivers(&self) -> bool {
        !self.is_undivided_distance() && self.change.drivers.iter().any(|key| !self.shown(*key).is_zero())
    }

    fn language(&self) -> Language {
        self.locale.language
    }

    fn word(&self, phrase: Phrase) -> &'static str {
        self.language().word(phrase)
    }

    /// `month 2026-03, channel email against 2026-02`
    fn heading(&self) -> String {
        let key = |(name, key): (&String, &Option<String>)| {
            format!("{} {}", group_head(name, self.language()), group_key(name, key.as_deref(), self.language()))
        };
        let mut after: Vec<String> = self.change.after.group.iter().map(key).collect();
        if self.is_what_if() {
            after.extend(self.change.after.context.iter().map(|part| self.language().sentence(part)));
        }
        self.language().phrase(Phrase::Against, &[&after.join(", "), &self.side(&self.change.before)])
    }

    /// True if one group is compared in two worlds.
    fn is_what_if(&self) -> bool {
        let (before, after) = (&self.change.before, &self.change.after);
        before.context == [Sentence::plain(Phrase::InBase)] && before.group == after.group
    }

    /// The keys of a group that the other group does not have.
    fn side(&self, side: &ChangeSide) -> String {
        let (before, after) = (&self.change.before.group, &self.change.after.group);
        let differs = |name: &String| before.get(name) != after.get(name);
        let keys: IndexMap<_, _> = side.group.iter().filter(|(name, _)| differs(name)).collect();
        let keys = keys.into_iter().map(|(name, key)| group_key(name, key.as_deref(), self.language()));
        let context = side.context.iter().map(|part| self.language().sentence(part));
        let parts: Vec<String> = keys.chain(context).collect();
        match parts.is_empty() {
            true => self.keys(side).join(", "),
            false => parts.join(", "),
        }
    }

    fn keys(&self, side: &ChangeSide) -> Vec<String> {
        side.group.iter().map(|(name, key)| group_key(name, key.as_deref(), self.language())).collect()
    }

    fn sentences(&self) -> Vec<String> {
        let mut lines = match self.change.difference {
            Some(difference) => self.difference(difference),
            None => self.undefined(),
        };
        lines.extend(self.what_if());
        lines.extend(self.skipped());
        let sides = [&self.change.before, &self.change.after];
        // That as many days are taken as the data cover is part of the context.
        let partial = sides.into_iter().filter(|side| side.flags.contains(&Flag::Partial) && side.context.is_empty());
        lines.extend(partial.map(|side| self.language().phrase(Phrase::IncompleteSide, &[&self.side(side)])));
        lines
    }

    /// `Rows with blank cells were skipped in 2026-02, 2026-03.`
    fn skipped(&self) -> Option<String> {
        let sides = [&self.change.before, &self.change.after].into_iter();
        let sides: Vec<String> =
            sides.filter(|side| side.flags.contains(&Flag::Skipped)).map(|side| self.side(side)).collect();
        (!sides.is_empty()).then(|| self.language().phrase(Phrase::SkippedIn, &[&sides.join(", ")]))
    }

    /// `What if: ad_cost = ad_cost * 90%.`
    fn what_if(&self) -> Option<String> {
        let set: Vec<String> = self.change.set.iter().map(|(name, value)| format!("{name} = {value}")).collect();
        (!set.is_empty()).then(|| self.language().phrase(Phrase::WhatIf, &[&set.join(", ")]))
    }

    /// Why there is no difference.
    fn undefined(&self) -> Vec<String> {
        let sides = [&self.change.before, &self.change.after].into_iter();
        let missing = sides.filter_map(|side| Some((side, self.language().sentence(side.undefined.as_ref()?))));
        let reasons = missing.map(|(side, reason)| {
            self.language().phrase(Phrase::UndefinedIn, &[&self.side(side), reason.trim_end_matches('.')])
        });
        let first = self.language().phrase(Phrase::NoDifference, &[self.titles.kpi()]);
        std::iter::once(first).chain(reasons).collect()
    }

    /// `cac rose by €22.40 (+59.5%), from €37.62 to €60.02. ad_cost accounts for €18.10, first_orders for €4.30.`
    fn difference(&self, difference: Share) -> Vec<String> {
        let [before, after] = self.ends();
        let (language, format) = (self.language(), self.format());
        let size = signed(difference.shown.abs(), &format);
        let size = size.trim_start_matches('+');
        let relative = self.change.relative.as_ref().and_then(|relative| relative.parse().ok());
        let relative = relative.map(|relative| format!(" ({})", self.percent(relative))).unwrap_or_default();
        let kpi = self.titles.kpi();
        let phrase = match difference.shown {
            zero if zero.is_zero() => {
                let phrase = match difference.contribution.is_zero() {
                    _ if self.is_target() => Phrase::OnItsTarget,
                    true => Phrase::Unchanged,
                    false => Phrase::HardlyChanged,
                };
                let sentence = language.phrase(phrase, &[kpi, &format.text(after)]);
                let cancel = self.is_of_segments().then(|| language.word(Phrase::SegmentsCancelOut).to_owned());
                return std::iter::once(sentence).chain(self.drivers()).chain(cancel).collect();
            }
            rise if rise > Decimal::ZERO && self.is_target() => Phrase::AboveItsTarget,
            _ if self.is_target() => Phrase::BelowItsTarget,
            rise if rise > Decimal::ZERO && self.is_of_two_segments() => Phrase::IsHigher,
            _ if self.is_of_two_segments() => Phrase::IsLower,
            rise if rise > Decimal::ZERO => Phrase::Rose,
            _ => Phrase::Fell,
        };
        let ends = [before, after].map(|value| format.text(value));
        let sentence = language.phrase(phrase, &[kpi, size, &relative, &ends[0], &ends[1]]);
        std::iter::once(sentence).chain(self.drivers()).collect()
    }

    /// True if two groups of the same time are compared, so that nothing rose or fell.
    fn is_of_two_segments(&self) -> bool {
        let (before, after) = (&self.change.before, &self.change.after);
        let differs = |name: &String| before.group.get(name) != after.group.get(name);
        let mut names = after.group.keys().filter(|name| differs(name)).peekable();
        names.peek().is_some() && names.all(|name| Grain::from_name(name).is_none()) && before.context == after.context
    }

    /// True if the value is compared with its target.
    fn is_target(&self) -> bool {
        self.change.before.context == [Sentence::plain(Phrase::ItsTarget)]
    }

    /// True if the whole difference is that of the KPI itself, which is an input or cannot be divided.
    fn is_own(&self) -> bool {
        self.change.drivers == [StepKey(0)]
    }

    /// True if the KPI is compared with its target, and none of its inputs has one.
    fn is_undivided_distance(&self) -> bool {
        self.is_target() && self.is_own() && self.change.step(StepKey(0)).kind != TraceKind::Input
    }

    /// `ad_cost accounts for +€18.10, first_orders for +€4.30.`
    fn drivers(&self) -> Option<String> {
        let (language, drivers) = (self.language(), &self.change.drivers);
        if self.is_undivided_distance() {
            return Some(language.word(Phrase::InputsWithoutTargets).to_owned());
        }
        if self.is_own() || !self.has_drivers() {
            return None;
        }
        let named = if drivers.len() == NAMED + 1 { NAMED + 1 } else { NAMED };
        let (named, others) = drivers.split_at(drivers.len().min(named));
        let mut parts: Vec<(String, Decimal)> =
            named.iter().map(|key| (self.titles.driver(*key).to_owned(), self.shown(*key))).collect();
        if !others.is_empty() {
            parts.push((self.others(others), self.sum(others)));
        }
        let format = self.format();
        let part = |(at, (name, shown)): (usize, &(String, Decimal))| {
            let phrase = if at == 0 { Phrase::AccountsFor } else { Phrase::AndFor };
            language.phrase(phrase, &[name, &signed(*shown, &format)])
        };
        let parts: Vec<String> = parts.iter().enumerate().map(part).collect();
        (!parts.is_empty()).then(|| format!("{}.", parts.join(", ")))
    }

    fn others(&self, others: &[StepKey]) -> String {
        match others.len() {
            1 => self.word(Phrase::OnePart).to_owned(),
            count => self.language().phrase(Phrase::OtherParts, &[&count.to_string()]),
        }
    }

    fn shown(&self, key: StepKey) -> Decimal {
        self.change.step(key).share.shown
    }

    fn sum(&self, keys: &[StepKey]) -> Decimal {
        keys.iter().fold(Decimal::ZERO, |sum, key| sum.saturating_add(self.shown(*key)))
    }

    /// `+59.5%`
    fn percent(&self, share: Decimal) -> String {
        let percent = NumberStyle { lead: Lead::Percent, ..NumberStyle::default() };
        let plus = if share > Decimal::ZERO { "+" } else { "" };
        format!("{plus}{}", self.locale.format(&percent).text(share))
    }

    /// The values of the KPI as they are printed.
    fn ends(&self) -> [Decimal; 2] {
        [&self.change.before.cell, &self.change.after.cell].map(|cell| match cell {
            Ok(Value::Number(number)) => rounded(number.decimal, self.change.scale),
            _ => Decimal::ZERO,
        })
    }

    fn card(&self) -> Option<&Card> {
        self.library.definition(&self.change.kpi).map(|definition| &*definition.card)
    }

    fn format(&self) -> NumberFormat<'_> {
        let style = plain_style(&self.change.ty, self.card());
        let style = if self.for_page { style.without_units() } else { style };
        let decimals = self.change.scale.saturating_sub(hidden(&style));
        self.locale.format(&NumberStyle { decimals: u8::try_from(decimals).ok(), ..style })
    }

    // ── waterfall ────────────────────────────────────────────────────────────

    fn share_heads(&self) -> [&'static str; 2] {
        [Phrase::OfDifference, Phrase::OfStart].map(|phrase| self.word(phrase))
    }

    /// The waterfall as a table: the numbers without the bars.
    fn table(&self) -> Grid {
        let shares = self.share_heads().map(Column::number);
        let columns = [Column::key(""), Column::number(self.titles.kpi())].into_iter().chain(shares);
        let rows =
            self.bars().into_iter().map(|Bar { name, text, shares: [one, other], .. }| vec![name, text, one, other]);
        Grid { columns: columns.collect(), rows: rows.collect(), total: None }
    }

    fn bars(&self) -> Vec<Bar> {
        let format = self.format();
        let [before, after] = self.ends();
        let drivers = &self.change.drivers;
        let shown = if drivers.len() > BARS { BARS - 1 } else { drivers.len() };
        let (named, others) = drivers.split_at(shown);
        let mut bars = vec![Bar::level(self.side(&self.change.before), format.text(before), before)];
        let mut at = before;
        let parts = named.iter().map(|key| (self.titles.driver(*key).to_owned(), std::slice::from_ref(key)));
        let rest = (!others.is_empty()).then(|| (self.others(others), others));
        let all = parts.chain(rest).map(|(name, keys)| (name, keys, self.sum(keys)));
        // A page has the decimals of its tables, in which a small part can be 0.
        for (name, keys, part) in all.filter(|(.., part)| !(self.for_page && part.is_zero())) {
            bars.push(Bar {
                name,
                text: signed(part, &format),
                shares: [self.share(keys, |step| step.of_difference), self.share(keys, |step| step.of_before)],
                from: at,
                to: at.saturating_add(part),
                is_level: false,
            });
            at = at.saturating_add(part);
        }
        bars.push(Bar::level(self.side(&self.change.after), format.text(after), after));
        bars
    }

    /// The sum of a share of some steps in percent. Blank if there is none.
    fn share(&self, keys: &[StepKey], of: impl Fn(&ChangeStep) -> Option<Decimal>) -> String {
        let shares = keys.iter().map(|key| of(self.change.step(*key)));
        let sum = shares.sum::<Option<Decimal>>();
        sum.map(|share| self.percent(share)).unwrap_or_default()
    }

    // ── tree ─────────────────────────────────────────────────────────────────

    /// The KPI, followed by the steps that are used in several places and have parts of their own.
    fn trees(&self) -> Vec<Branch> {
        let root = StepKey(0);
        let mut head = format!("{} {}", short_name(&self.change.kpi), self.signed(self.shown(root)));
        if let Some(label) = self.card().and_then(|card| card.label.as_ref()) {
            head.push_str(&format!("   {}", label.get(self.language().code())));
        }
        let uses = self.uses();
        let shared = (1..self.change.steps.len()).map(|at| StepKey(at as u32));
        let shared = shared.filter(|key| uses[key.0 as usize] > 1 && self.has_parts(*key));
        let heads = shared.map(|key| (key, self.head(key, self.shown(key))));
        let heads: Vec<(StepKey, String)> = std::iter::once((root, head)).chain(heads).collect();
        let mut told = HashSet::new();
        heads.into_iter().map(|(key, head)| self.branch(key, head, &uses, 0, &mut told)).collect()
    }

    /// How many steps use each step.
    fn uses(&self) -> Vec<usize> {
        let mut uses = vec![0; self.change.steps.len()];
        let parts = self.change.steps.iter().flat_map(|step| &step.parts);
        parts.filter(|part| self.is_told(part.step, &part.share)).for_each(|part| uses[part.step.0 as usize] += 1);
        uses
    }

    /// True if a part accounts for something, or what it consists of does.
    fn is_told(&self, key: StepKey, share: &Share) -> bool {
        !share.contribution.is_zero() || self.has_parts(key)
    }

    fn has_parts(&self, key: StepKey) -> bool {
        self.change.step(key).parts.iter().any(|part| !part.share.contribution.is_zero())
    }

    /// The branch of a step. The rows of a step that several steps use are told where it is first used.
    fn branch(&self, key: StepKey, head: String, uses: &[usize], level: usize, told: &mut HashSet<StepKey>) -> Branch {
        let step = self.change.step(key);
        let mut branch = Branch { head, lines: vec![], branches: vec![] };
        if level >= MAX_LEVELS && self.has_parts(key) {
            branch.head.push_str(self.word(Phrase::AndSoOn));
            return branch;
        }
        branch.lines.extend(step.formula.iter().map(|formula| format!("= {formula}")));
        branch.lines.extend(self.behind(step));
        for part in step.parts.iter().filter(|part| self.is_told(part.step, &part.share)) {
            let mut head = self.head(part.step, part.share.shown);
            let is_shared = uses[part.step.0 as usize] > 1;
            let whole = self.signed(self.shown(part.step));
            branch.branches.push(match (is_shared, self.has_parts(part.step)) {
                (true, has_parts) => {
                    let phrase = if has_parts { Phrase::PartOfBelow } else { Phrase::PartOf };
                    head.push_str(&self.language().phrase(phrase, &[&whole]));
                    let is_first = !has_parts && told.insert(part.step);
                    let lines = if is_first { self.behind(self.change.step(part.step)) } else { vec![] };
                    Branch { head, lines, branches: vec![] }
                }
                (false, _) => self.branch(part.step, head, uses, level + 1, told),
            });
        }
        branch
    }

    /// The rows and the inner groups behind a step.
    fn behind(&self, step: &ChangeStep) -> Vec<String> {
        self.rows(step).into_iter().chain(self.groups(step)).chain(self.listed(step)).collect()
    }

    /// `ad_cost +€18.10   €500.00 → €660.22`
    fn head(&self, key: StepKey, shown: Decimal) -> String {
        let step = self.change.step(key);
        let ends = match step.cause {
            Some(_) => String::new(),
            None => {
                let [before, after] = self.values(step, step.cells.each_ref());
                format!("   {before} → {after}")
            }
        };
        // The formula follows in full.
        let name = if step.formula.is_some() { short_name(&step.name) } else { step.name.clone() };
        format!("{} {}{ends}", titled(&name, step, self.language()), self.signed(shown))
    }

    fn signed(&self, shown: Decimal) -> String {
        signed(shown, &self.format())
    }

    fn card_of(&self, step: &ChangeStep) -> Option<&Card> {
        let named = !matches!(step.kind, TraceKind::Call);
        self.library.definition(&step.name).filter(|_| named).map(|definition| &*definition.card)
    }

    /// Values of a step, with the same decimals.
    fn values<const N: usize>(&self, step: &ChangeStep, cells: [&Cell; N]) -> [String; N] {
        let numbers = cells.iter().filter_map(|cell| decimal_of(cell));
        let style = style_of(&step.ty, self.card_of(step));
        let format = self.locale.format(&style).aligned(numbers);
        cells.map(|cell| match cell {
            Ok(value) => value_text(value, &format),
            Err(_) => self.word(Phrase::Undefined).to_owned(),
        })
    }

    /// `sum(ads.cost): 17 → 19 rows of ads, 0 → 1 skipped as blank`
    fn rows(&self, step: &ChangeStep) -> Option<String> {
        let rows = step.rows.as_ref()?;
        let number = |count: u64| self.locale.format(&NumberStyle::default()).text(count.into());
        let (before, after) = (number(rows.before), number(rows.after));
        let mut text = match rows.before == rows.after {
            true => {
                let phrase = self.language().counted(rows.after, Phrase::RowOf, Phrase::RowsOf);
                self.language().phrase(phrase, &[&rows.aggregate, &after, &rows.dataset])
            }
            false => {
                let parts = [&*rows.aggregate, &before, &after, &*rows.dataset];
                self.language().phrase(Phrase::RowsBeforeAfter, &parts)
            }
        };
        text.push_str(&match rows.skipped {
            [0, 0] => String::new(),
            [before, after] if before == after => self.language().phrase(Phrase::Skipped, &[&number(after)]),
            [before, after] => {
                let counts = format!("{} → {}", number(before), number(after));
                self.language().phrase(Phrase::Skipped, &[&counts])
            }
        });
        Some(text)
    }

    /// `avg(revenue each customer): 28 → 30 values by customer, 5 new, 3 gone, 12 grown, 10 shrunk`
    fn groups(&self, step: &ChangeStep) -> Option<String> {
        let groups = step.groups.as_ref()?;
        let number = |count: u64| self.locale.format(&NumberStyle::default()).text(count.into());
        let parts = [&*groups.aggregate, &number(groups.before), &number(groups.after), &groups.each.join(", ")];
        let mut text = self.language().phrase(Phrase::ValuesBeforeAfter, &parts);
        if let Some(moved) = groups.moved {
            let counts = [moved.new, moved.gone, moved.grown, moved.shrunk].map(number);
            text.push_str(&self.language().phrase(Phrase::Moved, &counts.each_ref().map(String::as_str)));
        }
        Some(text)
    }

    /// The segments, if one of them or what is not divided accounts for something.
    fn segments(&self) -> Option<Grid> {
        let segments = self.change.segments.as_ref().filter(|segments| segments::is_told(segments))?;
        Some(segments::grid(segments, self.language(), &|shown| self.signed(shown)))
    }

    /// `units: 110 → 305, of which 100 → 300 in the segments with price, volume and mix.` None if that is all of it.
    fn volume(&self) -> Option<String> {
        let volume = self.change.segments.as_ref()?.volume.as_ref()?;
        let ends = [volume.before, volume.after];
        let card = self.library.definition(&volume.name).map(|definition| &*definition.card);
        let format = self.locale.format(&plain_style(&volume.ty, card));
        let numbers = ends.iter().chain(&volume.compared).map(|number| format.text(*number)).collect::<Vec<_>>();
        let [before, after, some_before, some_after] = &numbers[..] else { return None };
        let parts = [&*volume.name, before, after, some_before, some_after];
        (ends != volume.compared).then(|| self.language().phrase(Phrase::VolumeCompared, &parts))
    }

    /// True if an input or a segment accounts for something.
    fn is_split(&self) -> bool {
        self.has_drivers() || self.change.segments.as_ref().is_some_and(segments::is_told)
    }

    /// True if segments changed, and neither the KPI nor its inputs did.
    fn is_of_segments(&self) -> bool {
        self.is_split() && self.change.drivers.is_empty()
    }

    fn footer(&self) -> Vec<String> {
        let sum = self.sum(&self.change.drivers);
        let mut lines = vec![self.language().phrase(Phrase::AddsUpTo, &[&self.signed(sum)])];
        if !self.change.exact {
            lines.push(self.word(Phrase::InDecimals).to_owned());
        }
        lines
    }
}

/// Rounds half away from zero, as printing does.
fn rounded(decimal: Decimal, scale: u32) -> Decimal {
    decimal.round_dp_with_strategy(scale, rust_decimal::RoundingStrategy::MidpointAwayFromZero)
}
