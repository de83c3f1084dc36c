//! Chooses the tier of each measure of a dataset, and writes the statements.

use std::sync::Arc;

use serde::Serialize;

use super::dialect::Dialect;
use super::draft::{Columns, Contents, Draft, Outputs, SUM_DIGITS, Statement, add_states, all};
use super::expression::{Expression, Kind, MAX_DIGITS, Reason, expressions};
use super::statement::{ROWS, Select};
use super::stored::StoredType;
use super::table::WarehouseTable;
use super::tier::Tier;
use crate::aggregate::{Bucketing, StateKey, StateKind, compares_texts};
use crate::builtin::{self, Aggregate};
use crate::data::{
    BEGINNING, Calendar, ColumnId, ColumnType, Dataset, DatasetRequest, END, Grain, GroupColumn, Measure, Request,
    RowProgram, RowSource,
};
use crate::diagnostic::Diagnostic;
use crate::program::NodeId;

/// What a warehouse is asked for the measures of one dataset.
#[derive(Debug, Clone, Serialize)]
pub struct Pushdown {
    /// The dataset.
    pub dataset: Arc<str>,
    /// The statements.
    pub statements: Vec<Statement>,
    /// The measures, in the order of the request.
    pub measures: Vec<Pushed>,
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
    /// The position of its statement.
    pub statement: usize,
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

struct Planner<'a> {
    request: &'a Request,
    requested: &'a DatasetRequest,
    table: &'a WarehouseTable,
    dialect: Dialect,
    bucketing: Bucketing,
    /// The row expressions in SQL, by operation.
    expressions: Vec<Result<Expression, Reason>>,
    common: Common,
    drafts: Vec<Draft>,
}

impl Pushdown {
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
                outputs: Outputs::default(),
            };
            return Ok(Some(Self { dataset: table.name().clone(), statements, measures: own().map(pushed).collect() }));
        }
        check_names(&requested.rows, requested, table, dialect)?;
        request.budget.spend(requested.rows.program.nodes().len(), "writing statements")?;
        let slot = |slot: u32| input(&requested.rows, slot, table, dialect);
        let expressions = expressions(dialect, &requested.rows.program, slot);
        let counted = (most != Tier::States).then(|| "a sum could have more than 38 digits".into());
        let common = Common { counted, ..Common::default() };
        let mut planner =
            Planner { request, requested, table, dialect, bucketing, expressions, common, drafts: vec![] };
        planner.decide_common();
        let mut measures = vec![];
        for measure in own() {
            measures.push(planner.measure(measure)?);
        }
        if measures.is_empty() {
            planner.groups();
        }
        planner.count_blanks();
        planner.find_days();
        let statements = planner.drafts.into_iter().map(Draft::statement).collect();
        Ok(Some(Self { dataset: table.name().clone(), statements, measures }))
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

    /// Lets the first statement count the values of columns that filters read, to tell which of them are blank.
    fn count_blanks(&mut self) {
        if self.common.filters.is_empty() {
            return;
        }
        let columns = self.columns(&self.requested.filters);
        let written: Vec<(ColumnId, String)> = columns.into_iter().map(|column| (column, self.value(column))).collect();
        let Some(Draft { select, contents, .. }) = self.drafts.first_mut() else { return };
        for (column, value) in written {
            if contents.stored.iter().all(|(_, known)| *known != column) {
                let name = format!("n_{}", select.column("v", &value));
                select.output(&name, format!("COUNT({})", &name[2..]), ColumnType::Number);
                contents.present.push((name, column));
            }
        }
    }

    /// Adds a statement that finds the days with rows, unless the others are grouped by day.
    fn find_days(&mut self) {
        let Some(time) = self.time() else { return };
        if bucket(&self.bucketing) == Some(Grain::Day) {
            return;
        }
        let mut draft = self.empty_draft(self.drafts.first().map_or(Tier::States, |draft| draft.tier));
        for (at, column) in (1..).zip(&self.common.filter_columns) {
            self.add_stored(&mut draft, format!("e{at}"), *column);
        }
        draft.select.key("b", self.dialect.day(&self.name(time)), ColumnType::Date);
        draft.contents.bucket = Some((time, Grain::Day));
        draft.contents.is_days = true;
        self.add_filter(&mut draft);
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
        let (tier, reason, statement, outputs) = match self.states(measure) {
            Ok((reason, statement, outputs)) => (Tier::States, reason, statement, outputs),
            Err(reason) => {
                let outputs = Outputs { conditions: measure.conditions.clone(), ..Outputs::default() };
                (Tier::CountedRows, reason.to_string(), self.counted_rows(measure), outputs)
            }
        };
        Ok(Pushed { measure: what, tier, reason, statement, outputs })
    }

    /// Adds the aggregates of a measure to a statement of states. The error is the reason why they would not be exact.
    fn states(&mut self, measure: &Measure) -> Result<(String, usize, Outputs), Reason> {
        if let Some(reason) = &self.common.counted {
            return Err(reason.clone());
        }
        let state = StateKey::of(measure, 0);
        let (argument, mut why) = self.argument(measure, &state)?;
        let (mut here, mut tests, mut why_here) = (self.common.here.clone(), vec![], self.common.why_here.clone());
        let mut conditions = vec![];
        for condition in &measure.conditions {
            match self.test(*condition) {
                Test::There(sql) => tests.push(sql),
                Test::Here(reason, columns) => {
                    here.extend(columns);
                    why_here = Some(reason);
                    conditions.push(*condition);
                }
                Test::Counted(reason, _) => return Err(reason),
            }
        }
        if let Some(reason) = why_here {
            let names: Vec<String> = here.iter().map(|it| format!("`{}`", self.table.schema().name(*it))).collect();
            why = format!("{why}; grouped by {}, too: {reason}", names.join(", "));
        }
        let at = self.draft(Tier::States, &here);
        let dialect = self.dialect;
        let outputs = add_states(&mut self.drafts[at].select, dialect, argument.as_ref(), &tests, state.kind);
        Ok((why, at, Outputs { conditions, ..outputs }))
    }

    /// What a state aggregates in SQL, and why that is exact.
    fn argument(&self, measure: &Measure, state: &StateKey) -> Result<(Option<Expression>, String), Reason> {
        match state.kind {
            StateKind::Multiset => return Err("its distinct values are merged here".into()),
            StateKind::Edge { .. } => return Err("the first and the last rows are found here".into()),
            StateKind::Count | StateKind::Sum | StateKind::Extreme { .. } | StateKind::Any => {}
        }
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
        if let Some(at) = self.drafts.iter().position(|draft| draft.tier == tier && draft.here == here) {
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
            let name = self.name(time);
            let (bucket, ty) = match grain {
                Grain::Day => (self.dialect.day(&name), ColumnType::Date),
                _ => (self.dialect.month(&name), ColumnType::Number),
            };
            draft.select.key("b", bucket, ty);
            draft.contents.bucket = Some((time, grain));
        }
        self.add_filter(&mut draft);
        Draft { here, ..draft }
    }

    fn add_stored(&self, draft: &mut Draft, name: String, column: ColumnId) {
        draft.select.key(&name, self.value(column), self.table.schema().column(column).ty);
        draft.contents.stored.push((name, column));
    }

    /// Adds the conditions of the query. Rows for which they are undefined are counted too, apart from the others. Rows
    /// for which they are false are left out, unless texts are sought in all rows.
    fn add_filter(&self, draft: &mut Draft) {
        if self.common.filters.is_empty() {
            return;
        }
        let filter = all(&self.common.filters);
        if !compares_texts(&self.requested.rows.program) {
            draft.select.condition = Some(format!("{filter} OR {filter} IS NULL"));
        }
        draft.select.key("f", filter, ColumnType::Boolean);
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

/// A measure in words.
fn described(measure: &Measure, rows: &RowProgram, table: &WarehouseTable) -> String {
    let named = |nodes: &[NodeId]| {
        let slots = rows.program.slots_below(nodes.iter().copied());
        let name = |slot: u32| match rows.slots[slot as usize] {
            RowSource::Column(column) => format!("`{}`", table.schema().name(column)),
            RowSource::Lookup { .. } => "looked-up columns".to_owned(),
        };
        let mut names: Vec<String> = slots.into_iter().map(name).collect();
        names.dedup();
        names.join(", ")
    };
    let fraction = match measure.aggregate {
        Aggregate::Quantile(fraction) => Some(fraction),
        _ => None,
    };
    let mut entries = builtin::aggregates().iter();
    let entry = entries.find(|entry| entry.function.with_fraction(|| fraction) == Some(measure.aggregate));
    let aggregate = entry.map_or("aggregate", |entry| entry.name);
    let distinct = if measure.distinct { "distinct " } else { "" };
    let mut text = match measure.argument {
        None => format!("{aggregate} of rows"),
        Some(argument) => match named(&[argument]) {
            none if none.is_empty() => format!("{aggregate} of a constant"),
            names => format!("{aggregate} of {distinct}{names}"),
        },
    };
    if !measure.by.is_empty() {
        text.push_str(&format!(" by {}", named(&measure.by)));
    }
    if !measure.conditions.is_empty() {
        text.push_str(&format!(", with conditions on {}", named(&measure.conditions)));
    }
    text
}

/// Checks the names of the table and of all columns in use.
fn check_names(
    rows: &RowProgram,
    requested: &DatasetRequest,
    table: &WarehouseTable,
    dialect: Dialect,
) -> Result<(), Diagnostic> {
    table.quoted(dialect)?;
    for column in read(rows, Some(requested)) {
        let name = table.written(column);
        dialect.identifier(name).ok_or_else(|| table.unnamed("column", name, dialect))?;
    }
    Ok(())
}

/// All stored columns that a dataset reads.
fn read(rows: &RowProgram, requested: Option<&DatasetRequest>) -> Columns {
    let keys = requested.into_iter().flat_map(|requested| {
        let columns = requested.by.iter().flatten().chain(&requested.time);
        columns.filter_map(GroupColumn::source)
    });
    let column = |source: &RowSource| match source {
        RowSource::Column(column) => Some(*column),
        RowSource::Lookup { .. } => None,
    };
    rows.slots.iter().chain(keys).filter_map(column).collect()
}

/// Writes the scan of a table and of the tables that its rows look up.
fn scans(
    rows: &RowProgram,
    requested: &DatasetRequest,
    table: &WarehouseTable,
    tables: &[Option<WarehouseTable>],
    dialect: Dialect,
    statements: &mut Vec<Statement>,
) -> Result<(), Diagnostic> {
    let mut open = vec![(rows, Some(requested), table)];
    while let Some((rows, requested, table)) = open.pop() {
        let sql = scan(table, read(rows, requested), dialect)?;
        if statements.iter().all(|known| known.sql != sql) {
            statements.push(Statement { tier: Tier::Rows, sql, contents: Contents::default() });
        }
        let looked_up = rows.lookups.iter().rev();
        open.extend(looked_up.filter_map(|lookup| Some((&lookup.rows, None, tables.get(lookup.dataset)?.as_ref()?))));
    }
    Ok(())
}

/// The scan of columns of a table.
pub(super) fn scan(
    table: &WarehouseTable,
    columns: impl IntoIterator<Item = ColumnId>,
    dialect: Dialect,
) -> Result<String, Diagnostic> {
    let mut names = vec![];
    for column in columns {
        let name = table.written(column);
        let quoted = dialect.identifier(name).ok_or_else(|| table.unnamed("column", name, dialect))?;
        names.push(match table.stored(column) {
            StoredType::Decimal { .. } => format!("{} AS {quoted}", dialect.digits(&quoted)),
            StoredType::Float if dialect.float(&quoted) != quoted => format!("{} AS {quoted}", dialect.float(&quoted)),
            _ => quoted,
        });
    }
    if names.is_empty() {
        names.push("1 AS n".into());
    }
    Ok(format!("SELECT {}\nFROM {}", names.join(",\n  "), table.quoted(dialect)?))
}
