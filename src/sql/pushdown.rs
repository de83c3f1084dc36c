//! Chooses the tier of each measure of a dataset, and writes the statements.

mod described;
mod edges;
mod scans;
mod whole;

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use serde::Serialize;

use self::described::described;
pub(super) use self::scans::scan;
use self::scans::{check_names, scans};
use super::dialect::Dialect;
use super::draft::{
    AskedGroups, Columns, Contents, Draft, Outputs, Proof, Returns, SUM_DIGITS, Statement, add_counts, add_proof,
    add_states, all,
};
use super::expression::{Expression, Kind, MAX_DIGITS, Reason, expressions};
use super::statement::{ROWS, Select};
use super::stored::StoredType;
use super::table::WarehouseTable;
use super::tier::Tier;
use crate::aggregate::{Bucketing, StateKey, StateKind, sought_slots};
use crate::data::{
    BEGINNING, Calendar, ColumnId, ColumnType, Dataset, DatasetRequest, END, Grain, GroupColumn, Measure, Request,
    RowProgram, RowSource,
};
use crate::diagnostic::Diagnostic;
use crate::program::NodeId;
use crate::value::{CALENDAR, Date};

/// What a warehouse is asked for the measures of one dataset.
#[derive(Debug, Clone, Serialize)]
pub struct Pushdown {
    /// The dataset.
    pub dataset: Arc<str>,
    /// The statements.
    pub statements: Vec<Statement>,
    /// The measures, in the order of the request.
    pub measures: Vec<Pushed>,
    /// The days of the rows that the statements for cells see. None: all.
    #[serde(skip)]
    pub(crate) usable: Option<Range<i32>>,
}

/// How a measure is computed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pushed {
    /// The measure in words.
    pub measure: String,
    /// How much of it the warehouse computes.
    pub tier: Tier,
    /// Why this much and not more.
    pub reason: String,
    /// The position of the statement that returns its values.
    pub statement: usize,
    /// The positions of all statements from which it is computed.
    #[serde(skip)]
    pub(crate) statements: Vec<usize>,
    /// The columns from which it is computed.
    #[serde(skip)]
    pub(crate) outputs: Outputs,
}

/// What is decided about the rows of all measures.
#[derive(Debug, Default)]
struct Common {
    /// The stored columns of the groups.
    keys: Columns,
    /// The conditions of the query, in SQL.
    filters: Vec<String>,
    /// The columns that must be known here, for keys and conditions.
    here: Columns,
    /// Why the columns must be known here.
    why_here: Option<Reason>,
    /// Why states cannot be used.
    counted: Option<Reason>,
    /// The filters that are decided here, and the columns that they read.
    filters_here: Vec<NodeId>,
    filter_columns: Columns,
}

/// How a condition is decided.
enum Test {
    /// By the warehouse.
    There(String),
    /// Here, for each combination of the values of these columns, which are few.
    Here(Reason, Columns),
    /// Here, for each distinct row.
    Counted(Reason, Columns),
}

/// How a measure is pushed.
struct Planned {
    tier: Tier,
    reason: String,
    /// The positions of its statements. The last one returns its values.
    statements: Vec<usize>,
    outputs: Outputs,
}

/// The conditions of a measure.
struct Conditions {
    /// Those that the warehouse decides.
    there: Vec<String>,
    /// Those that are decided here, and the columns that must be known for all that is decided here.
    here: Vec<NodeId>,
    columns: Columns,
    /// Why the columns must be known.
    why: Option<Reason>,
}

struct Planner<'a> {
    request: &'a Request,
    /// The position of the dataset in the request.
    at: usize,
    requested: &'a DatasetRequest,
    /// The most that the warehouse computes.
    most: Tier,
    table: &'a WarehouseTable,
    dialect: Dialect,
    bucketing: Bucketing,
    /// The row expressions in SQL, by operation.
    expressions: Vec<Result<Expression, Reason>>,
    common: Common,
    /// The days of the rows that statements for cells see. None: all.
    usable: Option<Range<i32>>,
    /// Why the values of a state are merged here, by its argument and its conditions.
    merged_here: HashMap<(Option<NodeId>, Vec<NodeId>), Reason>,
    drafts: Vec<Draft>,
}

impl Pushdown {
    /// Returns true if a statement counts the rows of measures.
    pub(crate) fn counts_for_measures(&self, statement: usize) -> bool {
        self.measures.iter().any(|pushed| pushed.statements.contains(&statement))
    }

    /// Plans the statements for the dataset at a position of a request. `tables` are the tables of warehouses among all
    /// datasets, by position. `most` is the most that the warehouse computes. None if the dataset is not one of them.
    ///
    /// # Errors
    /// A name that the dialect cannot spell.
    pub(crate) fn of(
        request: &Request,
        at: usize,
        tables: &[Option<WarehouseTable>],
        dialect: Dialect,
        most: Tier,
    ) -> Result<Option<Self>, Diagnostic> {
        let requested = &request.datasets[at];
        let table = tables.get(requested.dataset).and_then(Option::as_ref);
        let Some(table) = table.filter(|_| !requested.skipped) else { return Ok(None) };
        let own = || request.measures.iter().filter(|measure| measure.dataset == at);
        let bucketing = Bucketing::of(request, at);
        if let Some(reason) = unpushed(request, requested, table, &bucketing, most) {
            let mut statements = vec![];
            scans(&requested.rows, requested, table, tables, dialect, &mut statements)?;
            let pushed = |measure| Pushed {
                measure: described(measure, &requested.rows, table),
                tier: Tier::Rows,
                reason: reason.clone(),
                statement: 0,
                statements: vec![],
                outputs: Outputs::default(),
            };
            let measures = own().map(pushed).collect();
            return Ok(Some(Self { dataset: table.name().clone(), statements, measures, usable: None }));
        }
        check_names(&requested.rows, requested, table, dialect)?;
        request.budget.spend(requested.rows.program.nodes().len(), "writing statements")?;
        let slot = |slot: u32| input(&requested.rows, slot, table, dialect);
        let expressions = expressions(dialect, &requested.rows.program, slot);
        let counted = (most > Tier::States).then(|| "its warehouse only counts rows".into());
        let mut planner = Planner {
            request,
            at,
            requested,
            most,
            table,
            dialect,
            bucketing,
            expressions,
            common: Common { counted, ..Common::default() },
            usable: request.usable_days(at),
            merged_here: HashMap::new(),
            drafts: vec![],
        };
        planner.decide_common();
        planner.find_merged_here();
        let mut measures = vec![];
        for measure in own() {
            measures.push(planner.measure(measure)?);
        }
        if measures.is_empty() {
            planner.groups();
        }
        planner.find_texts();
        planner.find_days();
        planner.count_blanks();
        let statements = planner.drafts.into_iter().map(Draft::statement).collect();
        Ok(Some(Self { dataset: table.name().clone(), statements, measures, usable: planner.usable }))
    }
}

/// Why all rows of a dataset are read, if they are.
fn unpushed(
    request: &Request,
    requested: &DatasetRequest,
    table: &WarehouseTable,
    bucketing: &Bucketing,
    most: Tier,
) -> Option<String> {
    let is_by_hour = request.calendar.by_hour || matches!(bucketing, Bucketing::Grain(_, Grain::Hour));
    let has_days = |time: &GroupColumn| match time {
        GroupColumn::Source(RowSource::Column(time)) => {
            let is_date = matches!(table.stored(*time), StoredType::Date | StoredType::Timestamp);
            is_date && table.schema().column(*time).ty == ColumnType::Date
        }
        GroupColumn::Source(RowSource::Lookup { .. }) | GroupColumn::Computed(_) => false,
    };
    match requested {
        _ if most == Tier::Rows => Some("its warehouse aggregates nothing".into()),
        _ if !requested.rows.lookups.is_empty() => Some("its rows look up another dataset".into()),
        _ if requested.end.is_some() => Some("its rows hold over an interval".into()),
        _ if matches!(requested.time, Some(GroupColumn::Computed(_))) => Some("their times are computed here".into()),
        _ if is_by_hour => Some("times are counted in hours".into()),
        _ if requested.time.as_ref().is_some_and(|time| !has_days(time)) => {
            Some("its time column does not hold days there and here".into())
        }
        _ => None,
    }
}

impl Planner<'_> {
    fn decide_common(&mut self) {
        for column in self.requested.by.iter().flatten() {
            match column {
                GroupColumn::Source(RowSource::Column(column)) => {
                    self.common.keys.insert(*column);
                }
                GroupColumn::Source(RowSource::Lookup { .. }) => {}
                GroupColumn::Computed(node) => {
                    self.common.here.extend(self.columns(&[*node]));
                    self.common.why_here = Some("a column of the groups is computed here".into());
                }
            }
        }
        for filter in &self.requested.filters {
            match self.test(*filter) {
                Test::There(sql) => self.common.filters.push(sql),
                Test::Here(reason, columns) => {
                    self.decide_here(*filter, columns);
                    self.common.why_here = Some(reason);
                }
                Test::Counted(reason, columns) => {
                    self.decide_here(*filter, columns);
                    self.common.counted = Some(reason);
                }
            }
        }
    }

    fn decide_here(&mut self, filter: NodeId, columns: Columns) {
        self.common.here.extend(&columns);
        self.common.filter_columns.extend(columns);
        self.common.filters_here.push(filter);
    }

    /// Adds a statement that only finds the groups, for measures that other requests aggregate.
    fn groups(&mut self) {
        let tier = if self.common.counted.is_some() { Tier::CountedRows } else { Tier::States };
        let here = self.common.here.clone();
        self.draft(tier, &here);
    }

    /// Lets the statement that sees all rows count the values of columns that filters read, to tell which of them are blank.
    fn count_blanks(&mut self) {
        if self.common.filters.is_empty() {
            return;
        }
        let columns = self.columns(&self.requested.filters);
        let written: Vec<(ColumnId, String)> = columns.into_iter().map(|column| (column, self.value(column))).collect();
        let is_days = |draft: &Draft| draft.contents.returns == Returns::Days;
        let at = self.drafts.iter().position(is_days).unwrap_or(0);
        let Some(Draft { select, contents, .. }) = self.drafts.get_mut(at) else { return };
        for (column, value) in written {
            if contents.stored.iter().all(|(_, known)| *known != column) {
                let name = format!("n_{}", select.column("v", &value));
                select.output(&name, format!("COUNT({})", &name[2..]), ColumnType::Number);
                contents.present.push((name, column));
            }
        }
    }

    /// Adds statements for the texts of columns in which texts are sought, unless other statements see all rows.
    fn find_texts(&mut self) {
        if self.usable.is_none() && self.common.filters.is_empty() {
            return;
        }
        for slot in sought_slots(&self.requested.rows.program) {
            if let RowSource::Column(column) = self.requested.rows.slots[slot as usize]
                && self.table.stored(column) == StoredType::Text
            {
                let mut draft = self.empty_draft(Tier::CountedRows);
                draft.contents = Contents { returns: Returns::Texts, ..Contents::default() };
                self.add_stored(&mut draft, "e1".into(), column);
                self.drafts.push(draft);
            }
        }
    }

    /// Adds a statement that finds the days with rows, unless the others see all of them and are grouped by day.
    fn find_days(&mut self) {
        let Some(time) = self.time() else { return };
        if bucket(&self.bucketing) == Some(Grain::Day) && self.usable.is_none() {
            return;
        }
        let mut draft = self.empty_draft(self.drafts.first().map_or(Tier::States, |draft| draft.tier));
        for (at, column) in (1..).zip(&self.common.filter_columns) {
            self.add_stored(&mut draft, format!("e{at}"), *column);
        }
        draft.select.key("b", self.dialect.day(&self.name(time)), ColumnType::Date);
        draft.contents.bucket = Some((time, Grain::Day));
        draft.contents.returns = Returns::Days;
        self.add_filter(&mut draft, vec![]);
        self.drafts.push(draft);
    }

    /// The columns that operations read.
    fn columns(&self, nodes: &[NodeId]) -> Columns {
        columns(&self.requested.rows, nodes)
    }

    /// How a condition is decided.
    fn test(&self, condition: NodeId) -> Test {
        let reason = match &self.expressions[condition.0 as usize] {
            Ok(Expression { sql, kind: Kind::Boolean }) => return Test::There(sql.clone()),
            Ok(_) => "it uses another value as a condition".into(),
            Err(reason) => reason.clone(),
        };
        let columns = self.columns(&[condition]);
        let has_few_values = |column: &ColumnId| {
            matches!(self.table.stored(*column), StoredType::Text | StoredType::Boolean | StoredType::Date)
        };
        match columns.iter().all(has_few_values) {
            true => Test::Here(reason, columns),
            false => Test::Counted(reason, columns),
        }
    }

    fn measure(&mut self, measure: &Measure) -> Result<Pushed, Diagnostic> {
        let nodes = self.requested.rows.program.nodes().len();
        self.request.budget.spend(nodes, "writing statements")?;
        let what = described(measure, &self.requested.rows, self.table);
        let planned = self.planned(measure).unwrap_or_else(|reason| Planned {
            tier: Tier::CountedRows,
            reason: reason.to_string(),
            statements: vec![self.counted_rows(measure)],
            outputs: Outputs { conditions: measure.conditions.clone(), ..Outputs::default() },
        });
        let Planned { tier, reason, statements, outputs } = planned;
        let statement = statements.last().copied().unwrap_or_default();
        Ok(Pushed { measure: what, tier, reason, statement, statements, outputs })
    }

    /// Adds a measure to statements that aggregate. The error is the reason why the result would not be exact.
    fn planned(&mut self, measure: &Measure) -> Result<Planned, Reason> {
        if let Some(reason) = &self.common.counted {
            return Err(reason.clone());
        }
        let state = StateKey::of(measure, 0);
        match state.kind {
            StateKind::Multiset => self.whole(measure),
            StateKind::Edge { latest } => self.edges(measure, latest),
            StateKind::Count | StateKind::Sum | StateKind::Extreme { .. } | StateKind::Any => {
                self.states(measure, &state)
            }
        }
    }

    /// How the conditions of a measure are decided. The error is the reason why all distinct rows are needed.
    fn conditions(&self, measure: &Measure) -> Result<Conditions, Reason> {
        let Common { here: columns, why_here: why, .. } = &self.common;
        let mut all = Conditions { there: vec![], here: vec![], columns: columns.clone(), why: why.clone() };
        for condition in &measure.conditions {
            match self.test(*condition) {
                Test::There(sql) => all.there.push(sql),
                Test::Here(reason, columns) => {
                    all.columns.extend(columns);
                    all.why = Some(reason);
                    all.here.push(*condition);
                }
                Test::Counted(reason, _) => return Err(reason),
            }
        }
        Ok(all)
    }

    /// Adds why the statement of a measure is grouped by columns of conditions.
    fn explained(&self, why: &str, conditions: &Conditions) -> String {
        let Some(reason) = &conditions.why else { return why.to_owned() };
        let name = |column: &ColumnId| format!("`{}`", self.table.schema().name(*column));
        let names: Vec<String> = conditions.columns.iter().map(name).collect();
        format!("{why}; grouped by {}, too: {reason}", names.join(", "))
    }

    /// Adds the aggregates of a measure to a statement of states. The error is the reason why they would not be exact.
    fn states(&mut self, measure: &Measure, state: &StateKey) -> Result<Planned, Reason> {
        let (argument, why) = self.argument(measure, state)?;
        let conditions = self.conditions(measure)?;
        let reason = self.explained(&why, &conditions);
        let at = self.draft(Tier::States, &conditions.columns);
        let dialect = self.dialect;
        let select = &mut self.drafts[at].select;
        let outputs = add_states(select, dialect, argument.as_ref(), &conditions.there, state.kind);
        let outputs = Outputs { conditions: conditions.here, ..outputs };
        Ok(Planned { tier: Tier::States, reason, statements: vec![at], outputs })
    }

    /// Adds the numbers of rows and of values of a measure to a statement of states. Its values come from another one.
    fn counts(&mut self, conditions: &Conditions, value: &str, proof: Option<Proof>) -> (usize, Outputs) {
        let at = self.draft(Tier::States, &conditions.columns);
        let select = &mut self.drafts[at].select;
        let (mut outputs, value) = add_counts(select, Some(value), &conditions.there);
        if let Some(proof) = proof {
            add_proof(select, self.dialect, &mut outputs, &value, proof);
        }
        (at, Outputs { conditions: conditions.here.clone(), ..outputs })
    }

    /// What a state aggregates in SQL, and why that is exact.
    fn argument(&self, measure: &Measure, state: &StateKey) -> Result<(Option<Expression>, String), Reason> {
        let Some(argument) = measure.argument else { return Ok((None, "rows are counted".into())) };
        let expression = self.expressions[argument.0 as usize].clone()?;
        let why = match (state.kind, expression.kind) {
            (StateKind::Sum, Kind::Number { whole, scale }) if whole + scale > MAX_DIGITS => {
                "exact while no value has more than 28 digits, and the count times the largest value at most 38; the \
                 statement returns both"
            }
            (StateKind::Count, _) => "values are counted",
            (StateKind::Sum, Kind::Number { .. }) => {
                "exact while the count times the largest value has at most 38 digits; the statement returns both"
            }
            (StateKind::Sum, _) => return Err("only numbers are summed".into()),
            (_, Kind::Boolean) => return Err("truth values have no order in some engines".into()),
            _ => "values are compared, not computed",
        };
        Ok((Some(expression), why.into()))
    }

    /// Adds the columns of a measure to a statement of counted rows.
    fn counted_rows(&mut self, measure: &Measure) -> usize {
        let nodes: Vec<NodeId> =
            measure.argument.iter().chain(&measure.conditions).chain(&measure.by).copied().collect();
        let mut here = self.columns(&nodes);
        here.extend(&self.common.here);
        if let (true, Some(time)) = (StateKey::of(measure, 0).is_timed(), self.time()) {
            here.insert(time);
        }
        self.draft(Tier::CountedRows, &here)
    }

    /// The statement of a tier that groups by these columns as well.
    fn draft(&mut self, tier: Tier, here: &Columns) -> usize {
        let here: Columns = here.difference(&self.common.keys).copied().collect();
        let is_same =
            |draft: &Draft| draft.tier == tier && draft.here == here && draft.contents.returns == Returns::Cells;
        if let Some(at) = self.drafts.iter().position(is_same) {
            return at;
        }
        let draft = self.cells(tier, here);
        self.drafts.push(draft);
        self.drafts.len() - 1
    }

    /// A statement that counts all rows.
    fn empty_draft(&self, tier: Tier) -> Draft {
        let table = self.table.quoted(self.dialect).unwrap_or_default();
        let contents = Contents { filters: self.common.filters_here.clone(), ..Contents::default() };
        let mut select = Select { table, ..Select::default() };
        select.output("n", "COUNT(*)", ColumnType::Number);
        Draft { tier, here: Columns::new(), select, contents }
    }

    /// The time column, which is stored: see [`unpushed`].
    fn time(&self) -> Option<ColumnId> {
        match self.requested.time {
            Some(GroupColumn::Source(RowSource::Column(time))) => Some(time),
            _ => None,
        }
    }

    /// A statement that counts the rows of each cell.
    fn cells(&self, tier: Tier, here: Columns) -> Draft {
        let mut draft = self.empty_draft(tier);
        for (at, column) in (1..).zip(&self.requested.by) {
            if let Some(GroupColumn::Source(RowSource::Column(column))) = column {
                self.add_stored(&mut draft, format!("k{at}"), *column);
            }
        }
        for (at, column) in (1..).zip(&here) {
            self.add_stored(&mut draft, format!("e{at}"), *column);
        }
        if let (Some(time), Some(grain)) = (self.time(), bucket(&self.bucketing)) {
            let (bucket, ty) = self.bucket(time, grain);
            draft.select.key("b", bucket, ty);
            draft.contents.bucket = Some((time, grain));
        }
        self.add_filter(&mut draft, self.within(self.usable.as_ref()));
        Draft { here, ..draft }
    }

    /// The bucket of a time: a day, or the number of a month.
    fn bucket(&self, time: ColumnId, grain: Grain) -> (String, ColumnType) {
        match grain {
            Grain::Day => (self.dialect.day(&self.name(time)), ColumnType::Date),
            _ => (self.dialect.month(&self.name(time)), ColumnType::Number),
        }
    }

    /// The day of a row.
    fn day(&self, time: ColumnId) -> String {
        match self.table.stored(time) {
            StoredType::Date => self.name(time),
            _ => self.dialect.day(&self.name(time)),
        }
    }

    /// The conditions that rows are on some days.
    fn within(&self, days: Option<&Range<i32>>) -> Vec<String> {
        let (Some(time), Some(days)) = (self.time(), days) else { return vec![] };
        let day = self.day(time);
        match self.bounds(days) {
            [None, None] => vec![format!("{day} IS NOT NULL")],
            [from, until] => {
                let from = from.map(|from| format!("{day} >= {from}"));
                from.into_iter().chain(until.map(|until| format!("{day} < {until}"))).collect()
            }
        }
    }

    /// The first of some days and the day after the last one, where the calendar has days before and after them. A date
    /// beyond its ends has no spelling that every engine reads, and excludes nothing.
    fn bounds(&self, days: &Range<i32>) -> [Option<String>; 2] {
        let (first, last) = CALENDAR.into_inner();
        let days = days.start.max(first)..days.end.min(last + 1);
        let days = if days.is_empty() { first..first } else { days };
        let date = |day: i32| self.dialect.date(&Date::from_day(day).to_string());
        [(days.start > first).then(|| date(days.start)), (days.end <= last).then(|| date(days.end))]
    }

    fn add_stored(&self, draft: &mut Draft, name: String, column: ColumnId) {
        draft.select.key(&name, self.value(column), self.table.schema().column(column).ty);
        draft.contents.stored.push((name, column));
    }

    /// Adds conditions of rows and those of the query. Rows for which the latter are undefined are counted too, apart from
    /// the others.
    fn add_filter(&self, draft: &mut Draft, mut conditions: Vec<String>) {
        if !self.common.filters.is_empty() {
            let filter = all(&self.common.filters);
            let either = format!("{filter} OR {filter} IS NULL");
            conditions.push(if conditions.is_empty() { either } else { format!("({either})") });
            draft.select.key("f", filter, ColumnType::Boolean);
        }
        draft.select.condition = (!conditions.is_empty()).then(|| conditions.join(" AND "));
    }

    /// The quoted name of a column, which has been checked.
    fn name(&self, column: ColumnId) -> String {
        qualified(self.dialect, self.table.written(column)).unwrap_or_default()
    }

    /// A column as it is grouped by and travels.
    fn value(&self, column: ColumnId) -> String {
        let name = self.name(column);
        match self.table.stored(column) {
            StoredType::Text => self.dialect.text(&name),
            StoredType::Float => self.dialect.float(&name),
            StoredType::Decimal { .. } => self.dialect.digits(&name),
            StoredType::Integer | StoredType::Date | StoredType::Timestamp | StoredType::Boolean => name,
        }
    }
}

/// The bucket of SQL in which the buckets of a dataset nest: a month or a day.
fn bucket(bucketing: &Bucketing) -> Option<Grain> {
    let starts_month = |day: i32| {
        let calendar = Calendar::default();
        day == BEGINNING || day == END || calendar.first_day(calendar.period(Grain::Month, day)) == day
    };
    match bucketing {
        Bucketing::None => None,
        Bucketing::Within(days) if starts_month(days.start) && starts_month(days.end) => Some(Grain::Month),
        Bucketing::Grain(_, Grain::Month | Grain::Quarter | Grain::Half | Grain::Year) => Some(Grain::Month),
        Bucketing::Within(_) | Bucketing::Grain(..) | Bucketing::Starts(..) | Bucketing::Ends(..) => Some(Grain::Day),
    }
}

/// An input of row expressions as SQL computes with it.
fn input(rows: &RowProgram, slot: u32, table: &WarehouseTable, dialect: Dialect) -> Result<Expression, Reason> {
    let RowSource::Column(column) = rows.slots[slot as usize] else { return Err("it is looked up here".into()) };
    let name = table.schema().name(column);
    let sql = qualified(dialect, table.written(column)).ok_or("it has a name that cannot be written")?;
    let stored = table.stored(column);
    if table.schema().column(column).ty != stored.column_type() {
        return Err(format!("`{name}` is declared with another type than it has there").into());
    }
    Ok(match stored {
        StoredType::Integer => {
            Expression { sql: dialect.decimal(&sql, 19, 0), kind: Kind::Number { whole: 19, scale: 0 } }
        }
        StoredType::Decimal { precision, scale } if precision <= SUM_DIGITS => Expression {
            sql: dialect.operand(&sql, precision, scale),
            kind: Kind::Number { whole: precision - scale, scale },
        },
        StoredType::Date => Expression { sql, kind: Kind::Day },
        StoredType::Boolean => Expression { sql, kind: Kind::Boolean },
        StoredType::Decimal { precision, .. } => {
            return Err(format!("`{name}` can have {precision} digits, more than the {SUM_DIGITS} of a sum").into());
        }
        StoredType::Float => {
            return Err(format!("`{name}` holds floating-point numbers, which are read as decimals here").into());
        }
        StoredType::Text => return Err(format!("`{name}` holds texts, which are compared here").into()),
        StoredType::Timestamp => return Err(format!("`{name}` holds moments, which are compared here").into()),
    })
}

/// The quoted name of a column of the table, which some dialects would otherwise take for the name of another column of
/// the statement.
fn qualified(dialect: Dialect, column: &str) -> Option<String> {
    Some(format!("{ROWS}.{}", dialect.identifier(column)?))
}

/// The columns that operations read.
fn columns(rows: &RowProgram, nodes: &[NodeId]) -> Columns {
    let slots = rows.program.slots_below(nodes.iter().copied());
    let column = |slot: u32| match rows.slots[slot as usize] {
        RowSource::Column(column) => Some(column),
        RowSource::Lookup { .. } => None,
    };
    slots.into_iter().filter_map(column).collect()
}
