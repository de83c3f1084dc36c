//! Runs a program over columns. Each needed operation runs once, after its operands.

use std::ops::Range;

use super::arithmetic::{arithmetic, negated};
use super::cell;
use super::column::Column;
use super::compare::comparison;
use super::dates::date_arithmetic;
use super::distinct::once_per_distinct;
use super::functions::numeric;
use super::logic::{self, negation, three_valued};
use super::member::members;
use super::{Node, NodeId, Operator, Program, meaningless};
use crate::budget::{Budget, Charge, Ticker};
use crate::builtin::{self, Builtin};
use crate::diagnostic::Diagnostic;
use crate::value::{Cell, Decimal, Value, Values, Vector};

/// The maximum number of values of a column that are computed at a time. It is small enough for the time limit to be
/// checked every few milliseconds, and for the columns to stay in the processor's cache.
const VALUES_PER_BLOCK: usize = 1 << 13;

/// The maximum number of values of all columns that are needed at the same time, unless a block has very few rows.
const VALUES_AT_A_TIME: usize = 1 << 21;

/// The minimum number of rows of a block.
const LEAST_ROWS: usize = 16;

/// The maximum number of steps of one operation in a block: a few milliseconds. The time limit is checked between
/// operations.
const STEPS_AT_A_TIME: usize = 1 << 20;

/// The bytes of a value with its marks: inexact, undefined.
const BYTES_PER_VALUE: usize = size_of::<Decimal>() + 2;

/// See [`Program::evaluate_within`]. Columns with many values are computed block by block, so that columns between the
/// inputs and the results are never complete.
pub(super) fn evaluate(
    program: &Program,
    slots: &[&Vector],
    len: usize,
    requested: &[NodeId],
    budget: &Budget,
) -> Result<Vec<Vector>, Diagnostic> {
    let uses = program.count_uses(requested);
    let columns = most_columns(program, uses.clone());
    let slowest = program.nodes().iter().map(Node::steps).max().unwrap_or(1).max(1);
    let at_a_time = (VALUES_AT_A_TIME / columns).min(STEPS_AT_A_TIME / usize::try_from(slowest).unwrap_or(usize::MAX));
    let rows = len.min(at_a_time.clamp(LEAST_ROWS, VALUES_PER_BLOCK));
    let mut charge = budget.charge();
    charge.grow(columns * rows * BYTES_PER_VALUE, "the columns of formulas")?;
    let mut run = Run { program, slots, requested, ticker: budget.ticker() };
    if rows == len {
        return run.block(uses, 0..len, len);
    }
    run.blocks(&uses, rows, len, &mut charge)
}

/// The maximum number of columns that are needed at the same time.
fn most_columns(program: &Program, mut uses: Vec<u32>) -> usize {
    let (mut live, mut most) = (0, 1);
    for (index, node) in program.nodes().iter().enumerate().filter(|(_, node)| !node.is_constant()) {
        if uses[index] == 0 {
            continue;
        }
        live += 1;
        most = most.max(live);
        for operand in node.operands() {
            let operand = operand.0 as usize;
            uses[operand] -= 1;
            live -= usize::from(uses[operand] == 0 && !program.nodes()[operand].is_constant());
        }
    }
    most
}

/// A run of a program.
struct Run<'a> {
    program: &'a Program,
    slots: &'a [&'a Vector],
    requested: &'a [NodeId],
    ticker: Ticker<'a>,
}

impl Run<'_> {
    /// Computes the values of all blocks, and concatenates them.
    fn blocks(mut self, uses: &[u32], rows: usize, len: usize, charge: &mut Charge) -> Result<Vec<Vector>, Diagnostic> {
        let mut results: Vec<Vec<Vector>> = self.requested.iter().map(|_| vec![]).collect();
        for start in (0..len).step_by(rows) {
            let block = self.block(uses.to_vec(), start..len.min(start + rows), len)?;
            charge.grow(block.iter().map(Vector::bytes).sum(), "the values of formulas")?;
            results.iter_mut().zip(block).for_each(|(parts, part)| parts.push(part));
        }
        let whole = |parts: Vec<Vector>| {
            let bytes = parts.iter().map(Vector::bytes).sum();
            self.ticker.ticks(len, EVALUATING)?;
            charge.grow(bytes, "the values of formulas")?;
            let whole = Vector::concat(&parts);
            charge.shrink(bytes);
            Ok(whole)
        };
        results.into_iter().map(whole).collect()
    }

    /// Computes the values of the requested operations in some rows of `len`.
    fn block(&mut self, mut uses: Vec<u32>, rows: Range<usize>, len: usize) -> Result<Vec<Vector>, Diagnostic> {
        let nodes = self.program.nodes();
        let mut meaningless = meaningless::is_possible(self.program);
        let mut columns: Vec<Option<Column>> = Vec::with_capacity(nodes.len());
        for (index, node) in nodes.iter().enumerate() {
            if uses[index] == 0 {
                columns.push(None);
                continue;
            }
            let steps = usize::try_from(node.steps()).unwrap_or(usize::MAX);
            self.ticker.ticks(rows.len().saturating_mul(steps), EVALUATING)?;
            let result = match node {
                Node::Slot(slot) => {
                    let slot = self.slots[*slot as usize];
                    meaningless |= meaningless::is_any(&slot.causes);
                    if rows.len() == len { Column::Given(slot) } else { Column::Computed(slot.slice(rows.clone())) }
                }
                _ => operate(node, &columns, rows.len()),
            };
            columns.push(Some(if meaningless { passed_on(node, result, &columns, rows.len()) } else { result }));
            release(node, &mut uses, &mut columns);
        }
        Ok(self.requested.iter().map(|&id| take(id, &mut uses, &mut columns, rows.len())).collect())
    }
}

const EVALUATING: &str = "evaluating formulas";

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

fn operate<'a>(node: &Node, columns: &[Option<Column<'a>>], len: usize) -> Column<'a> {
    let column = |id: &NodeId| columns[id.0 as usize].as_ref().expect("operands are computed before their users");
    match node {
        Node::Slot(_) => unreachable!("an input is not computed"),
        Node::Constant(value) => Column::Constant(Ok(value.clone())),
        Node::Undefined(cause) => Column::Constant(Err(*cause)),
        Node::Negate(x) => computed(negated(column(x))).unwrap_or_else(|| unary(column(x), len, cell::negate)),
        Node::Not(x) => computed(negation(column(x))).unwrap_or_else(|| unary(column(x), len, cell::not)),
        Node::Binary(operator, lhs, rhs) => binary(*operator, column(lhs), column(rhs), len),
        Node::If(condition, then, otherwise) => conditional(column(condition), column(then), column(otherwise), len),
        Node::Coalesce(lhs, rhs) => coalesce(column(lhs), column(rhs), len),
        Node::OneCurrency(amount, currencies) => {
            let (amount, currencies) = (column(amount), column(currencies));
            each(&[amount, currencies], len, |index| cell::of_one_currency(amount.get(index), &currencies.get(index)))
        }
        Node::IsDefined(x) => is_defined(column(x), len),
        Node::Member(operands, set) => members(set, &operands.iter().map(column).collect::<Vec<_>>(), len),
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::budget::Cancel;
    use crate::value::{Cause, Dictionary};

    const LEN: usize = 3 * VALUES_PER_BLOCK + 5;

    /// Slots: mantissas that overflow in the second block only, texts, days, truth values with blanks.
    fn slots() -> Vec<Vector> {
        let mut dictionary = Dictionary::default();
        let codes = (0..LEN).map(|row| dictionary.code(&format!("t{}", row / 3))).collect();
        let large = |row: usize| if row == VALUES_PER_BLOCK { i64::MAX - 1 } else { row as i64 };
        let blank = |row: usize| row.is_multiple_of(7).then_some(Cause::Blank);
        vec![
            Vector::defined(Values::Fixed { mantissas: (0..LEN).map(large).collect(), scale: 1 }),
            Vector::defined(Values::Texts { codes, dictionary: Arc::new(dictionary) }),
            Vector::defined(Values::Days((0..LEN as i32).collect())),
            Vector {
                values: Values::Booleans((0..LEN).map(|row| row.is_multiple_of(2)).collect()),
                causes: Some((0..LEN).map(blank).collect()),
            },
        ]
    }

    #[test]
    fn blocks_give_the_values_of_the_whole() {
        let mut program = Program::default();
        let slots = slots();
        let [number, text, day, truth] = [0, 1, 2, 3].map(|slot| program.add(Node::Slot(slot)));
        let upper = builtin::find("upper").expect("it exists");
        let three = program.add(Node::Constant(Value::from(3)));
        let requested = [
            program.add(Node::Binary(Operator::Multiply, number, three)),
            program.add(Node::Binary(Operator::Divide, three, number)),
            program.add(Node::Call(upper, vec![text])),
            program.add(Node::Binary(Operator::Add, day, three)),
            program.add(Node::If(truth, text, text)),
            program.add(Node::Not(truth)),
            number,
            three,
        ];
        let whole = program.evaluate(&slots, LEN, &requested);
        for start in (0..LEN).step_by(1000) {
            let end = LEN.min(start + 1000);
            let part: Vec<Vector> = slots.iter().map(|slot| slot.slice(start..end)).collect();
            for (whole, part) in whole.iter().zip(program.evaluate(&part, end - start, &requested)) {
                assert!(part.cells().eq((start..end).map(|row| whole.get(row))));
            }
        }
    }

    /// A program with one slow operation, the budget that it runs in, and the number of checks.
    fn checked(stop_after: usize) -> (Result<Vec<Vector>, Diagnostic>, usize) {
        let mut program = Program::default();
        let slot = program.add(Node::Slot(0));
        let power = program.add(Node::Binary(Operator::Power, slot, slot));
        let checks = Arc::new(AtomicUsize::new(0));
        let seen = checks.clone();
        let cancel = Cancel::new(move || seen.fetch_add(1, Ordering::Relaxed) >= stop_after);
        let budget = Budget::new(None, u64::MAX, Some(cancel));
        let slot = Vector::defined(Values::Fixed { mantissas: (0..LEN as i64).collect(), scale: 2 });
        let result = program.evaluate_within(&budget, &[slot], LEN, &[power]);
        (result, checks.load(Ordering::Relaxed))
    }

    #[test]
    fn one_operation_over_many_values_is_stopped_within() {
        let (result, checks) = checked(usize::MAX);
        assert!(result.is_ok() && checks >= LEN * 400 / STEPS_AT_A_TIME, "{checks}");
        let (result, checks) = checked(2);
        assert_eq!(
            result.map_err(|problem| problem.message).err().as_deref(),
            Some("canceled while evaluating formulas")
        );
        assert_eq!(checks, 3);
    }

    #[test]
    fn many_columns_are_computed_in_small_blocks() {
        let mut program = Program::default();
        let slot = program.add(Node::Slot(0));
        let terms: Vec<NodeId> = (1..=1000)
            .map(|term| {
                let term = program.add(Node::Constant(Value::from(term)));
                program.add(Node::Binary(Operator::Add, slot, term))
            })
            .collect();
        let sum = terms.iter().copied().reduce(|sum, term| program.add(Node::Binary(Operator::Add, sum, term)));
        let slot = Vector::defined(Values::Fixed { mantissas: (0..LEN as i64).collect(), scale: 0 });
        // All terms at once would need 1000 * 24,581 values of 8 bytes.
        let budget = Budget::new(None, 48 << 20, None);
        let result = program.evaluate_within(&budget, &[slot], LEN, &[sum.expect("there are terms")]);
        assert_eq!(result.expect("it fits")[0].get(1), Ok(Value::from(501_500)));
        assert_eq!(budget.used(), 0);
    }

    #[test]
    fn results_that_do_not_fit_are_refused() {
        let mut program = Program::default();
        let slot = program.add(Node::Slot(0));
        let double = program.add(Node::Binary(Operator::Add, slot, slot));
        let budget = Budget::new(None, 600 << 10, None);
        let slot = Vector::defined(Values::Fixed { mantissas: (0..LEN as i64).collect(), scale: 0 });
        let problem = program.evaluate_within(&budget, &[slot], LEN, &[double]).expect_err("it takes 672 KiB");
        assert_eq!(problem.message, "the values of formulas would exceed the memory limit of 600 KiB");
    }
}
