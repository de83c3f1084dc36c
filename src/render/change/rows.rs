//! Writes the rows and the inner groups behind a step: those that are new, and those that are gone.

use super::{Writer, rounded};
use crate::change::{ChangeGroup, ChangeListedRows, ChangeRow, ChangeStep};
use crate::data::ListedRow;
use crate::language::Phrase;
use crate::render::listed::{INDENT, RowLister};
use crate::render::result::style_of;
use crate::render::{NumberStyle, result};
use crate::value::Value;

impl Writer<'_> {
    /// The lines of the rows and the inner groups of a step, if they are listed.
    pub(super) fn listed(&self, step: &ChangeStep) -> Vec<String> {
        let rows = step.rows.iter().filter_map(|rows| rows.listed.as_ref());
        let rows = rows.flat_map(|listed| self.listed_rows(step, listed));
        let groups = step.groups.iter().flat_map(|groups| {
            let more = (groups.more > 0).then(|| self.phrase(Phrase::MoreValues, &[&self.count(groups.more)]));
            groups.listed.iter().map(|group| self.listed_group(step, group)).chain(more)
        });
        rows.chain(groups).map(|line| format!("{INDENT}{line}")).collect()
    }

    fn listed_rows(&self, step: &ChangeStep, listed: &ChangeListedRows) -> Vec<String> {
        let word = |rows: &[ChangeRow], phrase| vec![self.word(phrase); rows.len()];
        let words = [word(&listed.new, Phrase::NewRow), word(&listed.gone, Phrase::GoneRow)].concat();
        let changed: Vec<&ChangeRow> = listed.new.iter().chain(&listed.gone).collect();
        let rows: Vec<&ListedRow> = changed.iter().map(|row| &row.row).collect();
        let format = self.locale.format(&style_of(&step.ty, self.card_of(step)));
        let lister = RowLister { locale: self.locale, form: self.form, format };
        let contribution = |row: &ChangeRow| {
            let shown = rounded(row.contribution?, self.change.scale);
            Some(result::signed(shown, &self.format()))
        };
        let has_contributions = changed.iter().any(|row| row.contribution.is_some());
        let heads = [Some(""), has_contributions.then(|| self.word(Phrase::Contribution))];
        let heads: Vec<&str> = heads.into_iter().flatten().collect();
        let further = |at: usize| std::iter::once(words[at].to_owned()).chain(contribution(changed[at])).collect();
        let mut lines = lister.rows(listed.column.as_deref(), &rows, &heads, further);
        if listed.more_new + listed.more_gone > 0 {
            let counts = [listed.more_new, listed.more_gone].map(|count| self.count(count));
            lines.push(self.phrase(Phrase::MoreNewAndGone, &[&counts[0], &counts[1]]));
        }
        lines
    }

    fn listed_group(&self, step: &ChangeStep, group: &ChangeGroup) -> String {
        let cell = |value: &Option<Value>| value.clone().map(Ok);
        match (cell(&group.before), cell(&group.after)) {
            (Some(before), Some(after)) => {
                let [before, after] = self.values(step, [&before, &after]);
                self.phrase(Phrase::GroupMoved, &[&group.keys, &before, &after])
            }
            (Some(before), None) => self.phrase(Phrase::GroupGone, &[&group.keys, &self.values(step, [&before])[0]]),
            (_, after) => {
                let after = after.map(|after| self.values(step, [&after])[0].clone()).unwrap_or_default();
                self.phrase(Phrase::GroupNew, &[&group.keys, &after])
            }
        }
    }

    fn count(&self, count: u64) -> String {
        self.locale.format(&NumberStyle::default()).text(count.into())
    }

    fn phrase(&self, phrase: Phrase, parts: &[&str]) -> String {
        self.language().phrase(phrase, parts)
    }
}
