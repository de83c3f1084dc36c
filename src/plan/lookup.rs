//! Finds columns through lookups in other datasets, and rejects lookups whose keys can never match.

use super::bind::{Bindings, BoundLookup, Found, Row};
use super::lower::expression::{self, Lowered};
use crate::data::{Calendar, ColumnType, Grain, LookedUp, LookupEnd, LookupKey, LookupTime, RowSource};
use crate::diagnostic::{Code, Diagnostic};
use crate::library::routes::{Route, nearest};
use crate::library::types::walk::{Level, Output};
use crate::library::{LookupDefinition, clause};
use crate::syntax::ast::{self, ExprKind, Name, Path, Validity};
use crate::syntax::format_expr;
use crate::value::unit::Type;

/// One side of two columns that are compared: the position of the dataset, its row expressions, the column as written.
type Side<'s> = (usize, usize, &'s Name, Lowered);

impl<'a> Bindings<'a> {
    /// The routes that lead to the lookup with this name.
    pub(super) fn routes_to(&self, dataset: usize, name: &str) -> impl Iterator<Item = &Route<'a>> {
        nearest(&self.routes[dataset], |lookup| *lookup.name.text == *name).into_iter()
    }

    /// The routes that lead to a column of this name.
    pub(super) fn routes_with(&self, dataset: usize, column: &str) -> impl Iterator<Item = &Route<'a>> {
        let has = |lookup: &LookupDefinition| {
            self.find(&lookup.dataset.text).is_some_and(|other| self.has_own_column(other, column))
        };
        nearest(&self.routes[dataset], has).into_iter()
    }

    /// The dataset at the end of a route.
    pub(super) fn end(&self, route: &Route) -> usize {
        let end = route.last().and_then(|lookup| self.find(&lookup.dataset.text));
        end.expect("routes lead to available datasets")
    }

    /// Returns true if one of the dataset's own lookups has an error that has been reported.
    pub(super) fn is_lookup_broken(&self, dataset: usize) -> bool {
        self.routes[dataset].iter().any(|route| route.len() == 1 && route[0].broken)
    }

    /// Why a looked-up dataset, which may have the column, cannot be read.
    pub(super) fn unreadable_lookup(&self, dataset: usize) -> Option<Diagnostic> {
        self.routes[dataset].iter().find_map(|route| self.unreadable(self.end(route))?.first().cloned())
    }

    /// Returns true if `dataset` has a lookup of this name, or reaches one through others.
    pub fn reaches(&self, dataset: usize, name: &str) -> bool {
        self.routes_to(dataset, name).next().is_some()
    }

    /// Returns true if `dataset` itself has a lookup that leads to a column of this name.
    pub fn has_near_column(&self, dataset: usize, name: &str) -> bool {
        self.routes_with(dataset, name).next().is_some_and(|route| route.len() == 1)
    }

    /// The dataset behind a lookup of this name, whose data may be missing.
    pub fn behind(&self, name: &str) -> Option<&'a Name> {
        let lookups = (0..self.datasets().len())
            .flat_map(|dataset| self.definition(dataset).map_or(&[][..], |definition| &definition.lookups));
        lookups.filter(|lookup| *lookup.name.text == *name).map(|lookup| &lookup.dataset).next()
    }

    /// The first dataset that has a usable lookup of this name itself.
    pub fn with_lookup(&self, name: &str) -> Option<(usize, &'a LookupDefinition)> {
        (0..self.datasets().len()).find_map(|dataset| {
            let own = self.routes[dataset].iter().filter(|route| route.len() == 1).flatten().copied();
            Some((dataset, own.into_iter().find(|lookup| *lookup.name.text == *name)?))
        })
    }

    /// The type of a key, which is a node of these row expressions.
    fn kind_of_key(&self, rows: usize, key: &Lowered) -> ColumnType {
        if let Some((dataset, column)) = self.stored(rows, key.node) {
            return self.schema(dataset).column(column).ty;
        }
        match key.ty {
            Type::Number(..) | Type::Zero => ColumnType::Number,
            Type::Text => ColumnType::Text,
            Type::Boolean => ColumnType::Boolean,
            Type::Date => ColumnType::Date,
            Type::Period(grain) => ColumnType::Period(grain),
            Type::Unknown => ColumnType::Unknown,
        }
    }

    fn two_kinds(&self, sides: [&Side<'_>; 2]) -> Option<Diagnostic> {
        let kinds = sides.map(|(_, rows, _, key)| self.kind_of_key(*rows, key));
        if kinds.contains(&ColumnType::Unknown) || kinds[0] == kinds[1] {
            return None;
        }
        let holds =
            |at: usize| format!("`{}.{}` contains {}", self.name(sides[at].0), sides[at].2.text, kinds[at].plural());
        let message = format!("keys of different types never match: {}, {}", holds(0), holds(1));
        let problem = Diagnostic::error(Code::TypeMismatch, message).at(sides[0].2.span);
        let texts = (0..2).find(|&at| kinds[at] == ColumnType::Text);
        let stored = sides.map(|(_, rows, _, key)| self.stored(*rows, key.node));
        let (Some(texts), [Some(_), Some(_)]) = (texts, stored) else {
            return Some(problem.hint("use the same type for both keys"));
        };
        let evidence = stored[texts].and_then(|(dataset, column)| self.schema(dataset).column(column).evidence.clone());
        let remedy = stored[texts].and_then(|(dataset, column)| self.schema(dataset).column(column).remedy.clone());
        let remedy = remedy.filter(|_| kinds[1 - texts] == ColumnType::Number);
        let problem = evidence.into_iter().fold(problem, Diagnostic::in_data).maybe_hint(remedy);
        let (dataset, _, key, _) = sides[1 - texts];
        let (dataset, key) = (self.name(*dataset), &key.text);
        Some(problem.hint(format!("to compare them as texts, write `{key}: text` in the block of `{dataset}`")))
    }

    /// A column was found through several lookups. A label shows how to write each.
    pub(super) fn through_several(&self, dataset: usize, path: &Path, routes: &[Route]) -> Diagnostic {
        let (name, column) = (self.name(dataset), &path.name.text);
        let lookups: Vec<&LookupDefinition> = routes.iter().filter_map(|route| route.last().copied()).collect();
        if lookups.windows(2).all(|two| two[0].name.text == two[1].name.text) {
            return self.reached_twice(dataset, &path.name, routes);
        }
        let message = format!("`{column}` is ambiguous: `{name}` has it through {} lookups", lookups.len());
        let problem = Diagnostic::error(Code::Ambiguous, message).at(path.span);
        let problem = lookups.iter().fold(problem, |problem, lookup| {
            problem.label(lookup.name.span, format!("found as `{}.{column}`", lookup.name.text))
        });
        let names: Vec<String> = lookups.iter().map(|lookup| format!("`{}.{column}`", lookup.name.text)).collect();
        problem.hint(format!("write {}", names.join(" or ")))
    }

    /// A lookup is reached in several ways. Labels name each.
    pub(super) fn reached_twice(&self, dataset: usize, used: &Name, routes: &[Route]) -> Diagnostic {
        let way = |route: &Route| route.iter().map(|lookup| format!("`{}`", lookup.name.text)).collect::<Vec<_>>();
        let ways: Vec<String> = routes.iter().map(|route| way(route).join(" → ")).collect();
        let message =
            format!("`{}` is ambiguous: `{}` reaches it as {}", used.text, self.name(dataset), ways.join(" and as "));
        let problem = Diagnostic::error(Code::Ambiguous, message).at(used.span);
        let lasts: Vec<&LookupDefinition> = routes.iter().filter_map(|route| route.last().copied()).collect();
        let last = lasts.first().map_or(&used.text, |last| &last.dataset.text);
        match (&lasts[..], routes.first().map(|route| &route[..])) {
            ([first, second, ..], Some([.., before, _])) if first.span == second.span => {
                let (way, table) = (&before.name.text, &before.dataset.text);
                problem.hint(format!(
                    "declare `its_{0} = {0}.…` in the block of `{table}`, and write `{way}.its_{0}`",
                    used.text
                ))
            }
            ([first, second, ..], _) => problem
                .label(second.name.span, "one of them")
                .label(first.name.span, "the other")
                .hint(format!("give one of the lookups another name: `lookup other_{last} = {last} on …`")),
            _ => problem,
        }
    }
}

impl<'a> Row<'_, 'a> {
    /// Finds a column at the end of a route, stored or computed. Returns None if there is no column of this name.
    pub(super) fn looked_up(&mut self, route: &[&'a LookupDefinition], name: &Name) -> Option<Found> {
        let (lookup, further) = route.split_first()?;
        if lookup.broken {
            return Some(Found::Broken);
        }
        let other = self.bindings.find(&lookup.dataset.text)?;
        if let Some(reason) = self.bindings.unreadable(other).and_then(<[_]>::first) {
            return Some(self.refused(reason.clone()));
        }
        if self.bindings.is_broken(other) {
            return Some(Found::Broken);
        }
        if further.is_empty() && !self.bindings.has_own_column(other, &name.text) {
            return None;
        }
        let Some(at) = self.bound(lookup, other) else { return Some(Found::Computed(self.output().undefined())) };
        let there = self.bindings.rows[self.rows].lookups[at].rows;
        let Lowered { node, ty } = match further {
            [] => {
                let Lowered { node, ty } = self.own_of(there, name)?;
                Lowered { node, ty: ty.looked_up(&lookup.name.text) }
            }
            _ => self.within(there, |row| row.looked_up(further, name).map(|found| row.lowered(found)))?,
        };
        let LookedUp::Row(columns) = &mut self.bindings.rows[self.rows].lookups[at].columns else {
            unreachable!("a named lookup finds rows");
        };
        let column = columns.iter().position(|known| *known == node).unwrap_or_else(|| {
            columns.push(node);
            columns.len() - 1
        });
        Some(Found::Source(RowSource::Lookup { lookup: at, column }, ty))
    }

    /// The position of a lookup among those in use; None if a key is missing or the keys have different types.
    fn bound(&mut self, lookup: &LookupDefinition, other: usize) -> Option<usize> {
        let known = |row: &Self| {
            row.bindings.rows[row.rows].lookups.iter().position(|known| known.name.as_ref() == Some(&lookup.name.text))
        };
        if let Some(at) = known(self) {
            return Some(at);
        }
        let there = self.bindings.add_rows(other);
        let keys = lookup.keys.iter().map(|(key, other_key)| {
            let here = self.side(self.rows, key)?;
            let there = self.side(there, other_key)?;
            if let Some(problem) = self.bindings.two_kinds([&here, &there]) {
                self.report(problem);
                return None;
            }
            Some(LookupKey { here: here.3.node, there: there.3.node, name: other_key.text.clone() })
        });
        let keys = keys.collect::<Option<Vec<_>>>()?;
        let time = match &lookup.time {
            None => None,
            Some(time) => Some(self.time(time, lookup, there)?),
        };
        // The lookup is added last because lowering the keys may add other lookups.
        let lookups = &mut self.bindings.rows[self.rows].lookups;
        let (name, columns) = (Some(lookup.name.text.clone()), LookedUp::Row(vec![]));
        lookups.push(BoundLookup { name, other, keys, time, rows: there, columns });
        Some(lookups.len() - 1)
    }

    /// The times on both sides of a lookup.
    fn time(&mut self, time: &ast::LookupTime, lookup: &LookupDefinition, there: usize) -> Option<LookupTime> {
        let other = self.bindings.rows[there].dataset();
        let validity = self.bindings.definition(other).and_then(|definition| definition.validity.as_ref());
        let end = match validity.map(|valid| self.end(valid, there)) {
            Some(None) => return None,
            end => end.flatten(),
        };
        let starts = validity.map(|valid| self.bindings.date_column(other, &valid.from).map(Some));
        let column = match starts.unwrap_or_else(|| self.bindings.time(other)) {
            Ok(Some(column)) => column,
            Ok(None) => {
                let table = self.bindings.name(other);
                let message = format!("`{table}` has no column of dates, which a lookup in time needs");
                let hint = format!("declare the time column: `dataset {table} {{ time … }}`");
                self.report(Diagnostic::error(Code::UnknownColumn, message).at(lookup.dataset.span).hint(hint));
                return None;
            }
            Err(problem) => {
                self.report(problem.at(lookup.dataset.span));
                return None;
            }
        };
        let name = self.bindings.schema(other).name(column).clone();
        let here = match &*time.at.kind {
            ExprKind::Path(path) => self.side(self.rows, &path.name)?.3,
            _ => expression::lower(self, &time.at),
        };
        let kind = self.bindings.kind_of_key(self.rows, &here);
        if !matches!(kind, ColumnType::Date | ColumnType::Period(_) | ColumnType::Unknown) {
            let written = format_expr(&time.at);
            let message = format!("expected a column of dates, but `{written}` contains {}", kind.plural());
            self.report(Diagnostic::error(Code::TypeMismatch, message).at(time.at.span));
            return None;
        }
        let there_kind = self.bindings.schema(other).column(column).ty;
        // A start is an instant, also that of a period.
        let kinds = if validity.is_some() { vec![kind] } else { vec![kind, there_kind] };
        let grains = kinds.into_iter().filter_map(ColumnType::grain);
        let grain = grains.filter(|grain| *grain > Grain::Day).max().map(|grain| (self.units().calendar(), grain));
        let there = self.within(there, |row| row.lowered(Found::Source(RowSource::Column(column), Type::Date))).node;
        // The length has been checked.
        let within = time.within.as_ref().map(clause::reach).transpose().ok()?;
        Some(LookupTime { here: here.node, there, name, grain, next: time.next, within, end })
    }

    /// The ends of the rows of a looked-up dataset; None if the column is missing, which is reported.
    fn end(&mut self, valid: &Validity, there: usize) -> Option<LookupEnd> {
        let other = self.bindings.rows[there].dataset();
        let column = match self.bindings.date_column(other, valid.end.as_ref()?) {
            Ok(column) => column,
            Err(problem) => {
                self.report(problem);
                return None;
            }
        };
        let grain = self.bindings.schema(other).column(column).ty.grain();
        let grain = grain.map(|grain| (Calendar { by_hour: false, ..self.units().calendar() }, grain));
        let end = Found::Source(RowSource::Column(column), Type::Date);
        let there = self.within(there, |row| row.lowered(end)).node;
        Some(LookupEnd { there, inclusive: valid.inclusive, grain })
    }

    /// One side of a key; None if the column is missing, which is reported.
    fn side<'n>(&mut self, rows: usize, name: &'n Name) -> Option<Side<'n>> {
        let dataset = self.bindings.rows[rows].dataset();
        match self.own_of(rows, name) {
            Some(lowered) => Some((dataset, rows, name, lowered)),
            None => {
                let path = Path { qualifier: None, name: name.clone(), span: name.span };
                let problem = self.bindings.not_in(dataset, &path, true);
                self.report(problem);
                None
            }
        }
    }

    /// Lowers a dataset's own column in other row expressions.
    fn own_of(&mut self, rows: usize, name: &Name) -> Option<Lowered> {
        self.within(rows, |row| row.own(name).map(|found| row.lowered(found)))
    }

    /// Lowers something in other row expressions.
    pub(super) fn within<T>(&mut self, rows: usize, lower: impl FnOnce(&mut Self) -> T) -> T {
        let outer = std::mem::replace(&mut self.rows, rows);
        let lowered = lower(self);
        self.rows = outer;
        lowered
    }
}
