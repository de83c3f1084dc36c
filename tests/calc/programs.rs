//! Tests that programs and the simple interpreter agree for every operation and every row.

use proptest::prelude::*;
use yardstick::backend::{Program, Values, Vector};
use yardstick::internal::builtin;
use yardstick::internal::program::{Node, NodeId, Operator};
use yardstick::{Cause, Cell, Decimal, Value};

use super::naive;
use super::strategies::{ROWS, columns, program};

/// Asserts that two cells are equal. Equal numbers must also have the same exactness.
fn assert_same(found: &Cell, expected: &Cell, what: &str) {
    assert_eq!(found, expected, "{what}");
    if let (Ok(Value::Number(found)), Ok(Value::Number(expected))) = (found, expected) {
        assert_eq!(found.exact, expected.exact, "exactness of {what}: {found:?}");
    }
}

/// A column holds values of one type. If a conditional mixes types, values of another type than the first are lost.
fn one_kind(cells: Vec<Cell>) -> Vec<Cell> {
    let kind = cells.iter().find_map(|cell| cell.as_ref().ok()).map(std::mem::discriminant);
    let keep =
        |value: Value| if Some(std::mem::discriminant(&value)) == kind { Ok(value) } else { Err(Cause::WrongKind) };
    cells.into_iter().map(|cell| cell.and_then(keep)).collect()
}

/// Interprets one operation at a time, so that each sees the same operands as in the program.
fn expected(program: &Program, slots: &[Vector], rows: usize) -> Vec<Vec<Cell>> {
    let mut done: Vec<Vector> = Vec::new();
    let mut results: Vec<Vec<Cell>> = Vec::new();
    for node in program.nodes() {
        let mut single = Program::default();
        let operands: Vec<NodeId> = node.operands().collect();
        let inputs: Vec<Vector> = match node {
            Node::Slot(_) => slots.to_vec(),
            _ => operands.iter().map(|id| done[id.0 as usize].clone()).collect(),
        };
        let places: Vec<NodeId> = (0..operands.len()).map(|slot| single.add(Node::Slot(slot as u32))).collect();
        let root = single.add(with_operands(node, &places));
        let cells: Vec<Cell> = (0..rows).map(|row| naive::evaluate(&single, &inputs, row, root)).collect();
        let cells = one_kind(cells);
        done.push(cells.iter().cloned().collect());
        results.push(cells);
    }
    results
}

fn with_operands(node: &Node, places: &[NodeId]) -> Node {
    match node {
        Node::Negate(_) => Node::Negate(places[0]),
        Node::Not(_) => Node::Not(places[0]),
        Node::Binary(operator, ..) => Node::Binary(*operator, places[0], places[1]),
        Node::If(..) => Node::If(places[0], places[1], places[2]),
        Node::OneCurrency(..) => Node::OneCurrency(places[0], places[1]),
        Node::Coalesce(..) => Node::Coalesce(places[0], places[1]),
        Node::IsDefined(_) => Node::IsDefined(places[0]),
        Node::Call(function, _) => Node::Call(*function, places.to_vec()),
        other => other.clone(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) })]

    #[test]
    fn every_operation_agrees_with_the_interpreter(program in program(), slots in columns()) {
        let found = program.evaluate_all(&slots, ROWS);
        for (index, cells) in expected(&program, &slots, ROWS).iter().enumerate() {
            for (row, cell) in cells.iter().enumerate() {
                let what = format!("row {row} of {:?}", program.nodes()[index]);
                assert_same(&found[index].get(row), cell, &what);
            }
        }
    }

    #[test]
    fn a_record_has_the_same_results_as_its_row(program in program(), slots in columns()) {
        let all: Vec<NodeId> = (0..program.nodes().len()).map(|index| NodeId(index as u32)).collect();
        let mut calculator = program.calculator(&all);
        for row in 0..ROWS {
            let record: Vec<Vector> = slots.iter().map(|column| column.take(&[row as u32])).collect();
            (0..).zip(&record).for_each(|(slot, value)| calculator.set(slot, value.get(0)));
            calculator.run();
            for (id, cells) in all.iter().zip(expected(&program, &record, 1)) {
                assert_same(calculator.get(*id), &cells[0], &format!("row {row} of {:?}", program.node(*id)));
            }
        }
    }

    #[test]
    fn results_do_not_depend_on_which_operations_are_requested(program in program(), slots in columns(), places in prop::collection::vec(any::<usize>(), 0..5)) {
        let count = program.nodes().len();
        let wanted: Vec<NodeId> = places.iter().map(|place| NodeId((place % count) as u32)).collect();
        let all = program.evaluate_all(&slots, ROWS);
        let some = program.evaluate(&slots, ROWS, &wanted);
        prop_assert_eq!(some.len(), wanted.len());
        for (vector, id) in some.iter().zip(&wanted) {
            prop_assert_eq!(vector.len(), ROWS);
            for row in 0..ROWS {
                assert_same(&vector.get(row), &all[id.0 as usize].get(row), "a requested operation");
            }
        }
    }
}

fn fixed(mantissas: &[i64], scale: u32) -> Vector {
    Vector::defined(Values::Fixed { mantissas: mantissas.to_vec(), scale })
}

#[test]
fn the_first_cause_takes_precedence() {
    let mut program = Program::default();
    let blank = program.add(Node::Undefined(Cause::Blank));
    let none = program.add(Node::Undefined(Cause::NoRows));
    let slot = program.add(Node::Slot(0));
    let sum = program.add(Node::Binary(Operator::Add, slot, blank));
    let both = program.add(Node::Binary(Operator::Multiply, sum, none));
    let turned = program.add(Node::Binary(Operator::Multiply, none, sum));
    let results = program.evaluate(&[fixed(&[1, 2], 0)], 2, &[both, turned]);
    assert_eq!(results[0].cells().collect::<Vec<_>>(), [Err(Cause::Blank), Err(Cause::Blank)]);
    assert_eq!(results[1].get(1), Err(Cause::NoRows));
}

#[test]
fn a_branch_that_is_not_taken_does_not_matter() {
    let mut program = Program::default();
    let x = program.add(Node::Slot(0));
    let zero = program.add(Node::Constant(Decimal::ZERO.into()));
    let positive = program.add(Node::Binary(Operator::Greater, x, zero));
    let one = program.add(Node::Constant(Decimal::ONE.into()));
    let inverse = program.add(Node::Binary(Operator::Divide, one, x));
    let safe = program.add(Node::If(positive, inverse, zero));
    let fallback = program.add(Node::Coalesce(inverse, one));
    let results = program.evaluate(&[fixed(&[4, 0], 0)], 2, &[safe, fallback]);
    let quarter = Value::from(Decimal::new(25, 2));
    assert_eq!(results[0].cells().collect::<Vec<_>>(), [Ok(quarter.clone()), Ok(Decimal::ZERO.into())]);
    assert_eq!(results[1].cells().collect::<Vec<_>>(), [Ok(quarter), Ok(Decimal::ONE.into())]);
}

#[test]
fn programs_run_without_rows() {
    let mut program = Program::default();
    let x = program.add(Node::Slot(0));
    let one = program.add(Node::Constant(Decimal::ONE.into()));
    let sum = program.add(Node::Binary(Operator::Divide, x, one));
    let results = program.evaluate(&[fixed(&[], 2)], 0, &[sum, one]);
    assert!(results.iter().all(Vector::is_empty));
}

#[test]
fn no_operation_stops_a_meaningless_cause() {
    let mut program = Program::default();
    let x = program.add(Node::Slot(0));
    let none = program.add(Node::Slot(1));
    let blank = program.add(Node::Undefined(Cause::Blank));
    let no = program.add(Node::Constant(Value::Boolean(false)));
    let positive = program.add(Node::Binary(Operator::Greater, x, blank));
    let nodes = [
        Node::Coalesce(none, x),
        Node::Coalesce(x, none),
        Node::IsDefined(none),
        Node::If(no, none, x),
        Node::If(positive, x, none),
        Node::Binary(Operator::Add, blank, none),
        Node::Binary(Operator::And, no, none),
        Node::Binary(Operator::Or, none, no),
        Node::Call(builtin::find("coalesce").unwrap(), vec![x, none]),
        Node::Call(builtin::find("max").unwrap(), vec![blank, none]),
        Node::Not(none),
    ];
    let nodes = nodes.map(|node| program.add(node));
    let slots = [fixed(&[4, 5], 0), Vector::from_iter([Ok(Decimal::ONE.into()), Err(Cause::NoPeriod)])];
    for (vector, node) in program.evaluate(&slots, 2, &nodes).iter().zip(nodes) {
        assert_eq!(vector.get(1), Err(Cause::NoPeriod), "{:?}", program.node(node));
        assert_ne!(vector.get(0), Err(Cause::NoPeriod), "{:?}", program.node(node));
    }
    let constant = Program::default();
    let results = [Cause::NotSplit, Cause::NoPeriod].map(|cause| {
        let mut program = constant.clone();
        let (cause, one) = (program.add(Node::Undefined(cause)), program.add(Node::Constant(Decimal::ONE.into())));
        let found = program.add(Node::Coalesce(cause, one));
        program.evaluate::<Vector>(&[], 3, &[found])[0].get(2)
    });
    assert_eq!(results, [Err(Cause::NotSplit), Err(Cause::NoPeriod)]);
}
