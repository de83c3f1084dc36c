//! Builds the request for each dataset of a query: its time column, its groups and its conditions.

use std::collections::BTreeSet;
use std::sync::Arc;

use indexmap::IndexSet;

use super::Build;
use crate::data::{ColumnId, DatasetRequest, Grain, GroupColumn, RowEnd};
use crate::diagnostic::{Code, Diagnostic, did_you_mean};
use crate::plan::Chosen;
use crate::plan::bind::{Bindings, listed};
use crate::plan::lower::formula::{Extra, Grouping, Planner};
use crate::program::{Combinations, Dated, NodeId};
use crate::syntax::ast::Path;

/// The time column, the ends of rows, the keys and the conditions of a dataset.
type Filled = (Option<GroupColumn>, Option<RowEnd>, Vec<Option<GroupColumn>>, Vec<NodeId>);

/// A dataset cannot be requested; the reason has been reported.
struct Refused;

impl Build<'_> {
    /// Returns the request for each dataset, and the positions of the datasets that cannot be requested because their
    /// time, keys or conditions are missing.
    pub(super) fn requests(&mut self, datasets: &[usize]) -> (Vec<DatasetRequest>, BTreeSet<usize>) {
        self.unknown_groups();
        let mut refused = BTreeSet::new();
        let mut filled: Vec<Filled> = vec![];
        for (at, &dataset) in datasets.iter().enumerate() {
            let time = self.time(at, dataset);
            let by: Result<Vec<_>, Refused> = (self.planner.here.by.clone().iter().enumerate())
                .map(|(column, path)| self.key(at, column, path))
                .collect();
            let filters = self.conditions(at, dataset).map(|filters| self.dated(at, filters));
            let end = self.row_ends(at, time.is_err());
            filled.push(match (time, end, by, filters) {
                (Ok(time), Ok(end), Ok(by), Ok(filters)) => (time, end, by, filters),
                _ => {
                    refused.insert(at);
                    (None, None, vec![None; self.planner.here.by.len()], vec![])
                }
            });
        }
        if self.splits_nothing(datasets, &filled, &refused) {
            match self.planner.here.level {
                0 => self.texts.broken = true,
                _ => refused.extend(0..datasets.len()),
            }
        }
        let may_lack_time: Vec<usize> =
            (0..datasets.len()).filter(|&at| self.planner.here.bindings.may_lack_time(at)).collect();
        let bindings = std::mem::replace(&mut self.planner.here.bindings, Bindings::new(self.library, &[]));
        let mut requests = bindings.finish();
        for (at, (request, (time, end, by, filters))) in requests.iter_mut().zip(filled).enumerate() {
            (request.time, request.end, request.by, request.filters) = (time, end, by, filters);
            request.skipped = refused.contains(&at);
            request.may_lack_time = may_lack_time.contains(&at);
            request.data_end = self.planner.here.data_end;
        }
        (requests, refused)
    }

    /// Requests all datasets that have a time if the query has lengths of periods but reads no dataset: their days are
    /// the periods of the result and the end of the data.
    pub(super) fn reads_all_times(&mut self) {
        let Planner { here, constants, .. } = &mut self.planner;
        let has_length = here.extras.iter().any(|extra| matches!(extra, Extra::Length(..)));
        if !has_length || !here.bindings.requested().is_empty() {
            return;
        }
        for dataset in 0..here.bindings.datasets().len() {
            let is_usable = here.bindings.unreadable(dataset).is_none() && !here.bindings.is_broken(dataset);
            let stored = here.bindings.time(dataset).is_ok_and(|time| time.is_some());
            match here.bindings.declared_time(dataset).cloned() {
                // A wrong time is reported where rows are read.
                Some(time) if is_usable => drop(here.bindings.request_on(dataset, &time, constants)),
                None if is_usable && stored => drop(here.bindings.request(dataset)),
                _ => {}
            }
        }
    }

    /// Reports groups that no dataset of the query has: the result would be empty without an explanation.
    fn splits_nothing(&mut self, datasets: &[usize], filled: &[Filled], refused: &BTreeSet<usize>) -> bool {
        // The columns of the groups around have been checked there.
        let columns = self.planner.here.kept..;
        let asked = || filled.iter().enumerate().filter(|(at, _)| !refused.contains(at)).map(|(_, (_, _, by, _))| by);
        let is_split = asked().any(|by| by[columns.clone()].iter().all(Option::is_some));
        if self.texts.broken || is_split || asked().next().is_none() {
            return false;
        }
        let bindings = &self.planner.here.bindings;
        let missing: Vec<&str> = (self.planner.here.by.iter().enumerate().skip(columns.start))
            .filter(|(column, _)| asked().all(|by| by[*column].is_none()))
            .map(|(_, path)| &*path.name.text)
            .collect();
        let read = listed(datasets.iter().map(|&dataset| &**bindings.name(dataset)));
        let message = match missing[..] {
            [] => {
                let all = listed(self.planner.here.by[columns.clone()].iter().map(|path| &*path.name.text));
                format!("no dataset that the query reads has all of {all} to group by")
            }
            _ => {
                format!("no dataset that the query reads has a column {} to group by", listed(missing.iter().copied()))
            }
        };
        let mut problem = Diagnostic::error(Code::UnknownColumn, message).in_query();
        problem = problem.hint(format!("the query reads {read}"));
        for path in &self.planner.here.by[columns] {
            let column = &path.name.text;
            let having = (0..bindings.datasets().len()).filter(|&dataset| bindings.has_column(dataset, column));
            let having: Vec<&str> = having.map(|dataset| &**bindings.name(dataset)).collect();
            if !having.is_empty() {
                problem = problem.hint(format!("`{column}` is a column of {}", listed(having.into_iter())));
            }
        }
        self.planner.diagnostics.push(problem);
        true
    }

    /// The ends of the rows of a dataset, if they hold over an interval. A problem with their starts has been reported.
    fn row_ends(&mut self, at: usize, is_reported: bool) -> Result<Option<RowEnd>, Refused> {
        self.planner.here.bindings.row_ends(at).map_err(|problem| {
            if !is_reported && !self.planner.diagnostics.contains(&problem) {
                self.planner.diagnostics.push(problem);
            }
            Refused
        })
    }

    fn time(&mut self, at: usize, dataset: usize) -> Result<Option<GroupColumn>, Refused> {
        let holds = self.planner.here.bindings.validity(at).is_some();
        let uses_time = self.planner.here.grain.is_some() || self.planner.here.period.is_some() || holds;
        match self.planner.here.bindings.requested_time(at) {
            Ok(None) => Ok(None),
            // Any day splits the rows that are in force before and after it.
            Ok(Some(time)) if holds => Ok(Some(time)),
            Ok(Some(time)) => {
                let stored = self.planner.here.bindings.stored_time(at, &time);
                let fits = stored.is_none_or(|(there, column)| self.fits_grain(dataset, there, column));
                Ok(Some(time).filter(|_| fits))
            }
            Err(diagnostic) if uses_time || self.planner.needs_time(dataset) => {
                if !self.planner.diagnostics.contains(&diagnostic) {
                    self.planner.diagnostics.push(diagnostic);
                }
                Err(Refused)
            }
            Err(_) => Ok(None),
        }
    }

    /// The conditions of `--where` that are about a dataset.
    fn conditions(&mut self, at: usize, dataset: usize) -> Result<Vec<NodeId>, Refused> {
        let mut nodes = vec![];
        for filter in &self.planner.here.filters.clone() {
            if self.planner.is_about(&filter.0, dataset) {
                nodes.push(self.planner.sound_condition(at, filter).ok_or(Refused)?);
            }
        }
        nodes.extend(self.in_chosen_group(at)?);
        Ok(nodes)
    }

    /// The condition that a row is in one of the chosen groups, if only these count. None if the dataset lacks one of
    /// their columns.
    fn in_chosen_group(&mut self, at: usize) -> Result<Option<NodeId>, Refused> {
        let Some(Chosen::Only(combinations, dated)) = self.chosen.clone() else { return Ok(None) };
        self.membership(at, &self.texts.by.clone(), combinations, dated)
    }

    /// A key of the groups of a dataset. The first one is only whether a key is not among the chosen ones, if the
    /// others are one group.
    fn key(&mut self, at: usize, column: usize, path: &Path) -> Result<Option<GroupColumn>, Refused> {
        let here = &self.planner.here;
        let is_kept = here.level == 0 || column < here.kept;
        let is_first = self.texts.by.first().is_some_and(|first| first.name.text == path.name.text);
        match self.chosen.clone() {
            Some(Chosen::NoneOf(combinations)) if is_kept && is_first => {
                let is_chosen = self.membership(at, std::slice::from_ref(path), combinations, None)?;
                let program = |node| self.planner.here.bindings.negated(at, node);
                Ok(is_chosen.map(program).map(GroupColumn::Computed))
            }
            _ => self.group_column(at, path),
        }
    }

    /// The condition that the keys of a row are one of these combinations.
    fn membership(
        &mut self,
        at: usize,
        by: &[Path],
        combinations: Arc<Combinations>,
        dated: Option<Dated>,
    ) -> Result<Option<NodeId>, Refused> {
        // Rows that hold over an interval have no single day: their keys decide.
        let dated = dated.filter(|_| self.planner.here.bindings.validity(at).is_none());
        let mut columns = vec![];
        for path in by {
            let Some(column) = self.group_column(at, path)? else { return Ok(None) };
            columns.push(column);
        }
        Ok(self.planner.here.bindings.member(at, columns, combinations, dated))
    }

    /// Adds the condition that a row has a time, if rows without one are left out.
    fn dated(&mut self, at: usize, mut filters: Vec<NodeId>) -> Vec<NodeId> {
        if self.planner.here.is_dated {
            filters.extend(self.planner.here.bindings.has_time(at));
        }
        filters
    }

    /// Returns false if a column of periods, which may be in a looked-up dataset, would be split into periods in which they do not lie, such as months into
    /// days or weeks. Reports an error if no dataset has dates that can be split.
    fn fits_grain(&mut self, dataset: usize, there: usize, column: ColumnId) -> bool {
        let schema = self.planner.here.bindings.schema(there);
        let Some(grain) = schema.column(column).ty.grain().filter(|grain| self.splits(*grain)) else { return true };
        let asked =
            self.planner.here.grain.or(self.planner.here.single.map(|single| single.grain)).unwrap_or(Grain::Day);
        let name = self.planner.here.bindings.name(dataset);
        let message = format!("`{name}` contains {}, so it has no values by {asked}", grain.plural());
        let diagnostic = match self.knows_periods_only() {
            true => {
                self.texts.broken = true;
                let coarser = Grain::ALL.into_iter().filter(|coarser| grain.nests_in(*coarser));
                let names: Vec<&str> = coarser.map(Grain::name).collect();
                let (last, others) = names.split_last().unwrap_or((&"year", &[]));
                let listed = if others.is_empty() { String::new() } else { format!("{} or ", others.join(", ")) };
                Diagnostic::error(Code::BadQuery, message).hint(format!("group by {listed}{last}"))
            }
            false => Diagnostic::warning(Code::BadQuery, message),
        };
        self.planner.diagnostics.push(diagnostic);
        false
    }

    /// Returns true if the grain or the period of the query splits periods of a grain.
    fn splits(&self, grain: Grain) -> bool {
        let calendar = self.planner.here.calendar;
        let starts = |day: i32| calendar.days(calendar.period(grain, day)).start == day;
        let cut = self.planner.here.period.is_some_and(|(first, end)| !starts(first) || !starts(end));
        self.planner.here.grain.is_some_and(|asked| !grain.nests_in(asked)) || grain != Grain::Month && cut
    }

    fn knows_periods_only(&self) -> bool {
        let bindings = &self.planner.here.bindings;
        let is_period = |dataset: usize, column: ColumnId| bindings.schema(dataset).column(column).ty.grain().is_some();
        let is_coarse = |at: usize| {
            bindings.declared_time(at).is_none() && bindings.schema(at).dates().all(|column| is_period(at, column))
        };
        bindings.requested().into_iter().all(is_coarse)
    }

    fn group_column(&mut self, request: usize, path: &Path) -> Result<Option<GroupColumn>, Refused> {
        let Planner { here: Grouping { bindings, .. }, constants, .. } = &mut self.planner;
        bindings.group_column(request, path, constants).map_err(|problems| {
            for problem in problems {
                if !self.planner.diagnostics.contains(&problem) {
                    self.planner.diagnostics.push(problem);
                }
            }
            Refused
        })
    }

    fn unknown_groups(&mut self) {
        for path in self.planner.here.by.clone() {
            let bindings = &self.planner.here.bindings;
            let known = (0..bindings.datasets().len()).any(|dataset| bindings.has_column(dataset, &path.name.text));
            let unreadable = bindings.all_unreadable();
            if !known && !unreadable.is_empty() {
                // A formula may have reported them.
                let new = unreadable.into_iter().filter(|reason| !self.planner.diagnostics.contains(reason));
                let new: Vec<Diagnostic> = new.collect();
                self.planner.diagnostics.extend(new);
                self.texts.broken = true;
            } else if !known && bindings.is_one_hidden() {
                self.texts.broken = true;
            } else if !known && !bindings.datasets().is_empty() {
                self.texts.broken = true;
                let bindings = &self.planner.here.bindings;
                let name = &path.name.text;
                let grains = || Grain::ALL.iter().map(|grain| grain.name());
                let meant = by_words(name, |word| grains().chain(bindings.column_names()).any(|known| known == word));
                let suggestion = meant.or_else(|| did_you_mean(name, bindings.column_names().chain(grains())));
                let names: IndexSet<&str> = bindings.column_names().collect();
                let columns = listed(names.into_iter());
                self.planner.diagnostics.push(
                    Diagnostic::error(Code::UnknownColumn, format!("no dataset has a column `{name}` to group by"))
                        .in_query()
                        .maybe_hint(suggestion)
                        .hint(format!("the datasets have {columns}")),
                );
            }
        }
    }
}

/// A hint for a column to group by that is a grain in other words, or several columns with other separators.
fn by_words(name: &str, is_known: impl Fn(&str) -> bool) -> Option<String> {
    if let Some(grain) = grain_in_words(name) {
        return Some(format!("write `--by {grain}`"));
    }
    let parts = name.split([';', '|', '+', '&', ' ', '/']).filter(|part| !part.is_empty());
    let meant: Vec<&str> = parts.map(|part| grain_in_words(part).unwrap_or(part)).collect();
    let are_known = meant.len() > 1 && meant.iter().all(|part| is_known(part));
    are_known.then(|| format!("separate columns by commas: `--by {}`", meant.join(",")))
}

/// The grain that a word of French or an adjective means.
fn grain_in_words(word: &str) -> Option<&'static str> {
    const WORDS: [(&str, &[&str]); 7] = [
        ("hour", &["heure", "heures", "hourly", "hours"]),
        ("day", &["jour", "jours", "daily", "days", "date", "journalier"]),
        ("week", &["semaine", "semaines", "weekly", "weeks", "hebdo"]),
        ("month", &["mois", "monthly", "months", "mensuel"]),
        ("quarter", &["trimestre", "trimestres", "quarterly", "quarters", "trimestriel"]),
        ("half", &["semestre", "semestres", "semester", "half-year", "halfyear"]),
        ("year", &["annee", "année", "annees", "années", "an", "ans", "yearly", "annual", "years", "annuel"]),
    ];
    let word = word.to_lowercase();
    WORDS.iter().find(|(_, words)| words.contains(&&*word)).map(|(grain, _)| *grain)
}
