//! Arranges a result with the keys of one group column across.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::Arc;

use indexmap::{IndexMap, IndexSet};

use super::{Column, Grid, Language};
use crate::data::{Grain, Period};
use crate::eval::{Evaluation, RowKind};
use crate::language::Phrase;

/// A key; None is blank.
type Key = Option<Arc<str>>;

/// What distinguishes a row: its period and its keys. None is the total.
type RowKey = Option<(Option<Period>, Vec<Key>)>;

/// What distinguishes a column: its key. None is the total.
type Head = Option<Key>;

/// A group column whose keys are across.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pivot<'e> {
    evaluation: &'e Evaluation,
    /// The position of the column among the keys of groups; None is the grain of time.
    column: Option<usize>,
}

impl<'e> Pivot<'e> {
    /// The pivot of the group column or grain of this name, if the result has it.
    pub fn new(evaluation: &'e Evaluation, name: &str) -> Option<Self> {
        let request = &evaluation.plan.request;
        let column = request.by.iter().position(|column| **column == *name);
        let is_grain = request.grain.map(Grain::name) == Some(name);
        (column.is_some() || is_grain).then_some(Self { evaluation, column })
    }

    /// Arranges the groups. `all` are the columns of the result as rows, `label` gives the texts of all group columns of a group, `cell` the text of a value, by
    /// position among the groups and by KPI.
    pub fn grid(
        self,
        all: &[Column],
        groups: &[usize],
        language: Language,
        label: impl Fn(usize) -> Vec<String>,
        cell: impl Fn(usize, usize) -> String,
    ) -> Grid {
        let width = self.evaluation.group_columns().len();
        let place = width - self.evaluation.plan.request.by.len();
        let pivot = self.column.map_or(0, |column| column + place);
        let without =
            |texts: Vec<String>| texts.into_iter().enumerate().filter(|(at, _)| *at != pivot).map(|(_, text)| text);
        let heads = self.heads(groups);
        let mut rows: IndexMap<RowKey, (usize, HashMap<Head, usize>)> = IndexMap::new();
        for (at, &group) in groups.iter().enumerate() {
            let row = rows.entry(self.row(group, width)).or_insert_with(|| (group, HashMap::new()));
            row.1.insert(self.head(group), at);
        }
        self.sort(&mut rows, groups);
        let kpis = 0..all.len() - width;
        let values = |found: &HashMap<Head, usize>| -> Vec<String> {
            let at = heads.iter().flat_map(|head| kpis.clone().map(move |kpi| (found.get(head), kpi)));
            at.map(|(at, kpi)| at.map_or_else(String::new, |&at| cell(at, kpi))).collect()
        };
        let total = rows.shift_remove(&None).map(|(_, found)| {
            let word = language.word(Phrase::Total).to_owned();
            let label = std::iter::once(word).chain(std::iter::repeat(String::new())).take(width - 1);
            label.chain(values(&found)).collect()
        });
        let rows = rows.values().map(|(group, found)| without(label(*group)).chain(values(found)).collect()).collect();
        let keys = (0..width).filter(|at| *at != pivot).map(|at| all[at].clone());
        let titles = heads.iter().flat_map(|head| kpis.clone().map(move |kpi| (head, kpi)));
        let titles = titles.map(|(head, kpi)| {
            let text = self.title(head, language);
            let name = &all[width + kpi].header;
            let header = if kpis.len() == 1 { text } else { format!("{text} {name}") };
            Column { header, ..all[width + kpi].clone() }
        });
        Grid { columns: keys.chain(titles).collect(), rows, total }
    }

    /// Puts rows in the order of their keys if their periods are across and nothing else has ordered the groups, and those
    /// of other keys last.
    fn sort(self, rows: &mut IndexMap<RowKey, (usize, HashMap<Head, usize>)>, groups: &[usize]) {
        let (all, shape) = (&self.evaluation.groups, &self.evaluation.plan.query.shape);
        let columns = 0..self.evaluation.plan.request.by.len();
        if self.column.is_none() && shape.top.is_none() && groups.is_sorted() {
            rows.sort_by(|_, (one, _), _, (other, _)| {
                let mut orders = columns.clone().map(|column| all[*one].keys.compare(&all[*other].keys, column));
                orders.find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
            });
        }
        if self.column.is_none() {
            rows.sort_by_key(|_, (group, _)| self.evaluation.kind(*group) == RowKind::Others);
        }
    }

    /// The columns: the keys in order, and the total if there is one.
    fn heads(self, groups: &[usize]) -> Vec<Head> {
        let all = &self.evaluation.groups;
        let of = |kind: RowKind| groups.iter().copied().filter(move |&group| self.evaluation.kind(group) == kind);
        let mut keyed: Vec<usize> = of(RowKind::Group).collect();
        keyed.sort_by(|&one, &other| match self.column {
            Some(column) => all[one].keys.compare(&all[other].keys, column),
            None => all[one].period.map(|it| it.number).cmp(&all[other].period.map(|it| it.number)),
        });
        let others = of(RowKind::Others).chain(of(RowKind::Across));
        let keys: IndexSet<Head> = keyed.into_iter().chain(others).map(|group| self.head(group)).collect();
        let total = groups.iter().map(|&group| self.head(group)).find(Option::is_none);
        keys.into_iter().chain(total).collect()
    }

    fn head(self, group: usize) -> Head {
        if matches!(self.evaluation.kind(group), RowKind::Total | RowKind::Beside) {
            return None;
        }
        let (group, calendar) = (&self.evaluation.groups[group], self.evaluation.plan.request.calendar);
        Some(match self.column {
            Some(column) => group.keys.iter().nth(column).cloned().flatten(),
            None => group.period.map(|period| calendar.spell(period).into()),
        })
    }

    fn row(self, group: usize, width: usize) -> RowKey {
        if width > 1 && matches!(self.evaluation.kind(group), RowKind::Total | RowKind::Across) {
            return None;
        }
        let group = &self.evaluation.groups[group];
        let keys = group.keys.iter().enumerate().filter(|(at, _)| Some(*at) != self.column);
        Some((group.period.filter(|_| self.column.is_some()), keys.map(|(_, key)| key.clone()).collect()))
    }

    fn title(self, head: &Head, language: Language) -> String {
        match (head, self.column) {
            (None, _) => language.word(Phrase::Total).to_owned(),
            (Some(None), _) => language.word(Phrase::Blank).to_owned(),
            (Some(Some(key)), None) => language.period(key),
            (Some(Some(key)), Some(_)) => key.to_string(),
        }
    }
}
