//! The first and the last rows of each cell, chosen by the warehouse: their values are computed here.

use super::{Columns, Planned, Planner, Proof, Returns};
use crate::data::{ColumnType, GroupColumn, Measure, RowSource};
use crate::program::{Node, NodeId};
use crate::sql::draft::all;
use crate::sql::expression::Reason;
use crate::sql::statement::Join;
use crate::sql::tier::Tier;

impl Planner<'_> {
    /// Adds a statement for the rows at the first or the last time of each cell and each segment. Rows without a value do not
    /// count, so the warehouse must know which these are.
    pub(super) fn edges(&mut self, measure: &Measure, latest: bool) -> Result<Planned, Reason> {
        let (Some(time), Some(argument)) = (self.time(), measure.argument) else {
            return Err("its rows have no time".into());
        };
        let expression = self.expressions[argument.0 as usize].clone()?;
        let is_column = |node: &NodeId| matches!(self.requested.rows.program.node(*node), Node::Slot(_));
        if !measure.by.iter().all(is_column) {
            return Err("its segments are computed here".into());
        }
        let conditions = self.conditions(measure)?;
        let why = "the rows at that time are chosen there and added up here";
        let reason = self.explained(why, &conditions);
        let value = format!("CASE WHEN {} IS NOT NULL THEN {} END", self.name(time), expression.sql);
        let (counts, outputs) = self.counts(&conditions, &value, Proof::of(&expression));
        let mut split = conditions.columns.clone();
        split.extend(self.columns(&measure.by));
        let split: Columns = split.difference(&self.common.keys).copied().collect();
        let mut here = split.clone();
        here.extend(self.columns(&[argument]));
        here.insert(time);
        let mut chosen = vec![format!("{} IS NOT NULL", self.name(time)), format!("{} IS NOT NULL", expression.sql)];
        chosen.splice(..0, conditions.there);
        let order = if latest { " DESC" } else { "" };
        let rank = self.ranked(&split, &format!("{}{order}", self.name(time)));
        let at = self.chosen(&here, chosen, &rank);
        Ok(Planned { tier: Tier::States, reason, statements: vec![counts, at], outputs })
    }

    /// The rank of a row by an order among those of its cell with the same values in some columns.
    fn ranked(&self, split: &Columns, order: &str) -> String {
        let column = |column: &Option<GroupColumn>| match column {
            Some(GroupColumn::Source(RowSource::Column(column))) => Some(*column),
            _ => None,
        };
        let columns = self.requested.by.iter().filter_map(column).chain(split.iter().copied());
        let mut parts: Vec<String> = columns.map(|column| self.value(column)).collect();
        if let (Some(time), Some(grain)) = (self.time(), super::bucket(&self.bucketing)) {
            parts.push(self.bucket(time, grain).0);
        }
        let partition = if parts.is_empty() { String::new() } else { format!("PARTITION BY {} ", parts.join(", ")) };
        format!("RANK() OVER ({partition}ORDER BY {order})")
    }

    /// The statement that counts the distinct rows with the rank 1 among those for which conditions hold. The number of all
    /// rows shows that no row has changed since other statements.
    fn chosen(&mut self, here: &Columns, mut conditions: Vec<String>, rank: &str) -> usize {
        let here: Columns = here.difference(&self.common.keys).copied().collect();
        let mut draft = self.cells(Tier::States, here);
        let scope = draft.select.condition.take();
        let counted = scope.map_or(String::new(), |scope| format!(" WHERE {scope}"));
        draft.select.keys.retain(|key| key.name != "f" && key.name != "b");
        draft.contents.bucket = None;
        draft.contents.returns = Returns::Chosen;
        conditions.splice(..0, self.common.filters.iter().cloned());
        conditions.splice(..0, self.within(self.usable.as_ref()));
        draft.select.condition = Some(all(&conditions));
        let ranked = draft.select.column("o", rank);
        draft.select.chosen = Some(format!("{ranked} = 1"));
        let sql = format!("CROSS JOIN (SELECT COUNT(*) AS total FROM {} AS t{counted}) AS a", draft.select.table);
        draft.select.join = Some(Join { sql, key: None });
        draft.select.output("total", "MAX(a.total)", ColumnType::Number);
        let is_same = |known: &super::Draft| known.select == draft.select;
        if let Some(at) = self.drafts.iter().position(is_same) {
            return at;
        }
        self.drafts.push(draft);
        self.drafts.len() - 1
    }
}
