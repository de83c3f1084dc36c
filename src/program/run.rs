//! Runs a program over columns. Each needed operation runs once, after its operands.

use super::arithmetic::{arithmetic, negated};
use super::cell;
use super::column::Column;
use super::compare::comparison;
use super::dates::date_arithmetic;
use super::distinct::once_per_distinct;
use super::functions::numeric;
use super::logic::{self, negation, three_valued};
use super::{Node, NodeId, Operator, Program, meaningless};
use crate::budget::Budget;
use crate::builtin::{self, Builtin};
use crate::diagnostic::Diagnostic;
use crate::value::{Cell, Value, Values, Vector};

/// See [`Program::evaluate_within`].
pub(super) fn evaluate(
    program: &Program,
    slots: &[&Vector],
    len: usize,
    requested: &[NodeId],
    budget: &Budget,
) -> Result<Vec<Vector>, Diagnostic> {
    let mut uses = program.count_uses(requested);
    let meaningless = meaningless::is_possible(program, slots);
    let mut columns: Vec<Option<Column>> = Vec::with_capacity(program.nodes().len());
    for (index, node) in program.nodes().iter().enumerate() {
        if uses[index] > 0 {
            budget.check("evaluating formulas")?;
        }
        let column = (uses[index] > 0).then(|| {
            let result = operate(node, &columns, slots, len);
            if meaningless { passed_on(node, result, &columns, len) } else { result }
        });
        columns.push(column);
        if uses[index] > 0 {
            release(node, &mut uses, &mut columns);
        }
    }
    Ok(requested.iter().map(|&id| take(id, &mut uses, &mut columns, len)).collect())
}

fn passed_on<'a>(node: &Node, result: Column<'a>, columns: &[Option<Column>], len: usize) -> Column<'a> {
    let operands: Vec<&Column> = node.operands().filter_map(|operand| columns[operand.0 as usize].as_ref()).collect();
    meaningless::passed_on(result, &operands, len)
}

/// Frees columns that no operation will read again.
fn release(node: &Node, uses: &mut [u32], columns: &mut [Option<Column>]) {
    for operand in node.operands() {
        let operand = operand.0 as usize;
        uses[operand] -= 1;
        if uses[operand] == 0 {
            columns[operand] = None;
        }
    }
}

/// Returns a result to the caller. It is copied only if it is requested again.
fn take(id: NodeId, uses: &mut [u32], columns: &mut [Option<Column>], len: usize) -> Vector {
    let index = id.0 as usize;
    uses[index] -= 1;
    let column = &mut columns[index];
    if uses[index] > 0 {
        return column.as_ref().expect("a requested column stays until it is taken").to_vector(len);
    }
    column.take().expect("a requested column stays until it is taken").into_vector(len)
}

fn operate<'a>(node: &Node, columns: &[Option<Column<'a>>], slots: &[&'a Vector], len: usize) -> Column<'a> {
    let column = |id: &NodeId| columns[id.0 as usize].as_ref().expect("operands are computed before their users");
    match node {
        Node::Slot(slot) => Column::Given(slots[*slot as usize]),
        Node::Constant(value) => Column::Constant(Ok(value.clone())),
        Node::Undefined(cause) => Column::Constant(Err(*cause)),
        Node::Negate(x) => computed(negated(column(x))).unwrap_or_else(|| unary(column(x), len, cell::negate)),
        Node::Not(x) => computed(negation(column(x))).unwrap_or_else(|| unary(column(x), len, cell::not)),
        Node::Binary(operator, lhs, rhs) => binary(*operator, column(lhs), column(rhs), len),
        Node::If(condition, then, otherwise) => conditional(column(condition), column(then), column(otherwise), len),
        Node::Coalesce(lhs, rhs) => coalesce(column(lhs), column(rhs), len),
        Node::IsDefined(x) => is_defined(column(x), len),
        Node::Call(id, arguments) => call(builtin::get(*id), &arguments.iter().map(column).collect::<Vec<_>>(), len),
    }
}

fn computed<'a>(vector: Option<Vector>) -> Option<Column<'a>> {
    vector.map(Column::Computed)
}

fn unary<'a>(x: &Column, len: usize, operation: fn(Cell) -> Cell) -> Column<'a> {
    each(&[x], len, |index| operation(x.get(index)))
}

fn binary<'a>(operator: Operator, lhs: &Column, rhs: &Column, len: usize) -> Column<'a> {
    if lhs.constant().is_none() || rhs.constant().is_none() {
        let vector = arithmetic(operator, lhs, rhs, len)
            .or_else(|| comparison(operator, lhs, rhs, len))
            .or_else(|| date_arithmetic(operator, lhs, rhs, len))
            .or_else(|| three_valued(operator, lhs, rhs, len));
        if let Some(vector) = vector {
            return Column::Computed(vector);
        }
    }
    each(&[lhs, rhs], len, |index| cell::apply(operator, lhs.get(index), rhs.get(index)))
}

fn conditional<'a>(condition: &Column, then: &Column, otherwise: &Column, len: usize) -> Column<'a> {
    if let Some(vector) = logic::conditional(condition, then, otherwise, len) {
        return Column::Computed(vector);
    }
    each(&[condition, then, otherwise], len, |index| {
        cell::chosen(&condition.get(index), &then.get(index), &otherwise.get(index))
    })
}

fn coalesce<'a>(lhs: &Column, rhs: &Column, len: usize) -> Column<'a> {
    if let Some(vector) = logic::coalesced(lhs, rhs) {
        return Column::Computed(vector);
    }
    each(&[lhs, rhs], len, |index| cell::coalesced(&lhs.get(index), &rhs.get(index)))
}

fn is_defined<'a>(x: &Column, len: usize) -> Column<'a> {
    if x.constant().is_some() {
        return Column::Constant(Ok(Value::Boolean(x.cause(0).is_none())));
    }
    let defined = (0..len).map(|index| x.cause(index).is_none()).collect();
    Column::Computed(Vector::defined(Values::Booleans(defined)))
}

fn call<'a>(function: &Builtin, arguments: &[&Column], len: usize) -> Column<'a> {
    match (function.name, arguments) {
        ("coalesce", [first, others @ ..]) => {
            return computed(logic::first_defined(first, others))
                .unwrap_or_else(|| each(arguments, len, |index| first_defined(function, arguments, index)));
        }
        ("is_defined", [x]) => return is_defined(x, len),
        _ => {}
    }
    let vector = numeric(function, arguments, len).or_else(|| once_per_distinct(function, arguments));
    computed(vector).unwrap_or_else(|| {
        let mut buffer = Vec::with_capacity(arguments.len());
        let cells = |index| arguments.iter().map(move |argument| argument.get(index));
        each(arguments, len, |index| cell::call(function, cells(index), &mut buffer))
    })
}

fn first_defined(coalesce: &Builtin, arguments: &[&Column], index: usize) -> Cell {
    let cells: Vec<Cell> = arguments.iter().map(|argument| argument.get(index)).collect();
    cell::called(coalesce, cells.iter())
}

/// Runs an operation value by value, or once if all operands are constant.
fn each<'a>(operands: &[&Column], len: usize, mut operation: impl FnMut(usize) -> Cell) -> Column<'a> {
    if operands.iter().all(|operand| operand.constant().is_some()) {
        return Column::Constant(operation(0));
    }
    Column::Computed((0..len).map(operation).collect())
}
