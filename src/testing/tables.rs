//! Turns the tables of tests into datasets and into expected values.

use std::collections::HashMap;
use std::sync::Arc;

use indexmap::IndexMap;

use super::expected::{ExpectedRow, ExpectedTable, ExpectedValue};
use crate::data::{ColumnId, ColumnType, Declaration, Table};
use crate::diagnostic::{Code, Diagnostic};
use crate::library::{DefinitionId, Library, examples};
use crate::plan::GroupBy;
use crate::source::Span;
use crate::syntax::ast::{DefinitionKind, Expected, Expr, ExprKind, Name, TableText};
use crate::syntax::parse_expression;
use crate::value::Value;

/// The dataset name of a table without a name. The space keeps it distinct from declared datasets.
pub(super) const UNNAMED: &str = "given table";

/// Definitions, each with the dataset whose column provides it.
type Provided = HashMap<DefinitionId, Arc<str>>;

/// Reads a `given` table. Also returns the definitions that its columns provide, if the table has no name.
pub(super) fn given(
    library: &Library,
    dataset: Option<&Name>,
    text: &str,
    span: Span,
) -> Result<(Table, Provided), Vec<Diagnostic>> {
    let Some(name) = dataset else {
        let table = read(UNNAMED, text, &Declaration::default(), span)?;
        let provided = provided(library, &table, span)?;
        return Ok((table, provided));
    };
    let declaration = library.dataset(&name.text).map(|dataset| dataset.declaration.clone());
    let declaration = Declaration { calendar: library.calendar(), ..declaration.unwrap_or_default() };
    let header = read(&name.text, text, &formatting_of(&declaration), span)?;
    let table = read(&name.text, text, &declared_of(declaration, &header), span)?;
    Ok((table, Provided::new()))
}

fn read(name: &str, text: &str, declaration: &Declaration, span: Span) -> Result<Table, Vec<Diagnostic>> {
    let at = |diagnostic: Diagnostic| if diagnostic.labels.is_empty() { diagnostic.at(span) } else { diagnostic };
    Table::from_csv(name, text, declaration).map_err(|problems| problems.into_iter().map(at).collect())
}

fn formatting_of(declaration: &Declaration) -> Declaration {
    let (formatting, calendar) = (declaration.formatting.clone(), declaration.calendar);
    Declaration { formatting, calendar, ..Declaration::default() }
}

/// Restricts a declaration to the columns that the table has, because a test may omit columns.
fn declared_of(mut declaration: Declaration, header: &Table) -> Declaration {
    let has = |name: &str| header.schema.find(name).is_some();
    declaration.time = declaration.time.filter(|name| has(name));
    declaration.end = declaration.end.filter(|name| has(name));
    declaration.types.retain(|name, _| has(name));
    declaration
}

fn provided(library: &Library, table: &Table, span: Span) -> Result<Provided, Vec<Diagnostic>> {
    let mut provided = Provided::new();
    for name in table.schema.columns.keys() {
        let Some(id) = library.id(name) else { continue };
        if library.get(id).kind == DefinitionKind::Param {
            let message = format!("`{name}` is a parameter: it has one value, not a column");
            let hint = format!("write `given {name} = …` on a separate line");
            return Err(vec![Diagnostic::error(Code::TestFailed, message).at(span).hint(hint)]);
        }
        provided.insert(id, table.name.clone());
    }
    Ok(provided)
}

/// Reads an `expect` table. Group columns identify the group; all other columns are KPIs. A blank cell expects
/// `undefined`.
pub(super) fn expected(library: &Library, table: &TableText, by: &[GroupBy]) -> Result<ExpectedTable, Vec<Diagnostic>> {
    let cells = Cells::read(&table.text, table.span)?;
    let groups: Vec<String> = by.iter().map(|group| group.name().to_owned()).collect();
    let is_group = |name: &str| groups.iter().any(|group| group == name);
    let missing: Vec<_> = groups.iter().filter(|group| !cells.names.iter().any(|name| **name == ***group)).collect();
    if let [first, ..] = missing[..] {
        let message = format!("the test is grouped by `{first}`, but the table has no such column");
        return Err(vec![Diagnostic::error(Code::TestFailed, message).at(table.span)]);
    }
    let kpis: Vec<Arc<str>> = cells.names.iter().filter(|name| !is_group(name)).cloned().collect();
    let unknown = kpis.iter().filter_map(|kpi| examples::unknown(library, &Name::new(kpi.clone(), table.span)));
    let unknown: Vec<Diagnostic> = unknown.collect();
    if !unknown.is_empty() {
        return Err(unknown);
    }
    let rows = (0..cells.rows).map(|row| expected_row(&cells, row, &is_group, table.span));
    Ok(ExpectedTable { span: table.span, kpis, rows: rows.collect::<Result<_, _>>()? })
}

fn expected_row(
    cells: &Cells,
    row: usize,
    is_group: &dyn Fn(&str) -> bool,
    span: Span,
) -> Result<ExpectedRow, Vec<Diagnostic>> {
    let (mut group, mut values) = (IndexMap::new(), vec![]);
    for (column, name) in cells.names.iter().enumerate() {
        let cell = cells.get(row, column);
        if is_group(name) {
            group.insert(name.to_string(), cell);
        } else {
            values.push(expected_value(cell.as_deref(), span)?);
        }
    }
    Ok(ExpectedRow { group, values })
}

/// Parses the expected value of a cell. Its place and its diagnostics are those of the table.
fn expected_value(cell: Option<&str>, span: Span) -> Result<ExpectedValue, Vec<Diagnostic>> {
    let Some(text) = cell else {
        let value = Expr { kind: Box::new(ExprKind::Undefined), span };
        return Ok(ExpectedValue {
            expected: Expected { about: false, value },
            text: "undefined".to_owned(),
            span,
            cell: true,
        });
    };
    let (about, number) = text.strip_prefix("about ").map_or((false, text), |number| (true, number));
    let value = parse_expression(span.file, number).map_err(|_| not_a_value(text, span))?;
    Ok(ExpectedValue {
        expected: Expected { about, value: Expr { span, ..value } },
        text: text.to_owned(),
        span,
        cell: true,
    })
}

fn not_a_value(text: &str, span: Span) -> Vec<Diagnostic> {
    let message = format!("expected a value, found `{text}`");
    let hint = "write a value such as `50`, `about 33.3%` or `undefined`, or leave the cell blank";
    vec![Diagnostic::error(Code::TestFailed, message).at(span).hint(hint)]
}

/// The cells of a table as texts.
struct Cells {
    names: Vec<Arc<str>>,
    table: Table,
    rows: usize,
}

impl Cells {
    fn read(text: &str, span: Span) -> Result<Self, Vec<Diagnostic>> {
        let header = read(UNNAMED, text, &Declaration::default(), span)?;
        let names: Vec<Arc<str>> = header.schema.columns.keys().cloned().collect();
        let types = names.iter().map(|name| (name.clone(), ColumnType::Text)).collect();
        let table = read(UNNAMED, text, &Declaration { types, ..Declaration::default() }, span)?;
        Ok(Self { names, rows: table.rows(), table })
    }

    fn get(&self, row: usize, column: usize) -> Option<String> {
        match self.table.cell(ColumnId(column as u32), row) {
            Some(Ok(Value::Text(text))) => Some(text.to_string()),
            _ => None,
        }
    }
}
