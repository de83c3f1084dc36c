//! Tests the laws of states. Merging a state without rows changes nothing, and neither the split of the rows among
//! workers nor the order of merging matters.

use std::any::Any;

use proptest::prelude::*;

use super::accumulator::{Accumulator, NOWHERE, Rows};
use super::edge::{Edge, Edges, Many};
use super::exact::Exact;
use super::extreme::Extremes;
use super::multiset::{Counted, Multiset};
use super::only::OnlyValues;
use super::state::{State, StateKey, StateKind};
use super::sum::Sums;
use crate::aggregate::room::Room;
use crate::aggregate::selection::Selection;
use crate::value::{Cause, Cell, Date, Decimal, Number, Value, Values, Vector};

/// The number of cells of the merged state, including [`NOWHERE`].
const CELLS: usize = 4;

const UNLIMITED: &str = "nothing limits it";

const KINDS: [StateKind; 8] = [
    StateKind::Count,
    StateKind::Sum,
    StateKind::Extreme { greatest: false },
    StateKind::Extreme { greatest: true },
    StateKind::Multiset,
    StateKind::Edge { latest: false },
    StateKind::Edge { latest: true },
    StateKind::Any,
];

/// The kind of values of an argument.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Argument {
    Numbers,
    Texts,
    Days,
    Truths,
}

/// A row: its cell, the number that determines its value, its time, its two segments, and how often it counts.
#[derive(Debug, Clone)]
struct Row {
    cell: u32,
    value: Result<i64, Cause>,
    time: Option<i128>,
    segments: [u8; 2],
    weight: u64,
}

/// The rows of one batch, with numbers as mantissas of a scale, or as decimals of which some are rounded.
#[derive(Debug, Clone)]
struct Chunk {
    rows: Vec<Row>,
    scale: Option<u32>,
}

/// The chunks of one worker.
type Part = Vec<Chunk>;

fn row() -> impl Strategy<Value = Row> {
    let number = prop_oneof![6 => -4i64..5, 1 => Just(i64::MAX), 1 => Just(i64::MIN)];
    let cause = prop::sample::select(vec![Cause::Blank, Cause::Stated, Cause::DivisionByZero, Cause::Overflow]);
    let value = prop_oneof![8 => number.prop_map(Ok), 2 => cause.prop_map(Err)];
    let time = prop_oneof![1 => Just(None), 6 => (0i128..4).prop_map(Some)];
    (0..CELLS as u32, value, time, [0u8..2, 0u8..3], 1u64..4).prop_map(|(cell, value, time, segments, weight)| Row {
        cell,
        value,
        time,
        segments,
        weight,
    })
}

fn part() -> impl Strategy<Value = Part> {
    let scale = prop_oneof![1 => Just(None), 3 => (0u32..3).prop_map(Some)];
    let chunk = (prop::collection::vec(row(), 1..6), scale).prop_map(|(rows, scale)| Chunk { rows, scale });
    prop::collection::vec(chunk, 0..4)
}

fn key() -> impl Strategy<Value = (StateKey, Argument)> {
    let arguments = [Argument::Numbers, Argument::Texts, Argument::Days, Argument::Truths].to_vec();
    (prop::sample::select(KINDS.to_vec()), 0usize..3, prop::sample::select(arguments)).prop_map(
        |(kind, by, argument)| {
            let is_edge = matches!(kind, StateKind::Edge { .. });
            let argument = if kind == StateKind::Sum { Argument::Numbers } else { argument };
            let node = crate::program::NodeId(0);
            let by = vec![node; if is_edge { by } else { 0 }];
            (StateKey { selection: 0, kind, argument: Some(node), by }, argument)
        },
    )
}

fn values(chunk: &Chunk, argument: Argument) -> Vector {
    if let (Argument::Numbers, Some(scale)) = (argument, chunk.scale) {
        let mantissas = chunk.rows.iter().map(|row| row.value.unwrap_or(77)).collect();
        let causes: Vec<Option<Cause>> = chunk.rows.iter().map(|row| row.value.err()).collect();
        let causes = causes.iter().any(Option::is_some).then_some(causes);
        return Vector { values: Values::Fixed { mantissas, scale }, causes };
    }
    let value = |number: i64| match argument {
        // Every third number is rounded, and the sums of the largest overflow a decimal.
        Argument::Numbers => {
            let decimal = if number.unsigned_abs() > 9 { Decimal::MAX } else { Decimal::new(number, 1) };
            Value::Number(Number { decimal, exact: number % 3 != 0 })
        }
        Argument::Texts => Value::Text(format!("t{number}").into()),
        Argument::Days => Value::Date(Date::from_day((number % 1000) as i32)),
        Argument::Truths => Value::Boolean(number % 2 == 0),
    };
    chunk.rows.iter().map(|row| -> Cell { row.value.map(value) }).collect()
}

/// The cells that a worker encounters, in its own order, after [`NOWHERE`].
fn cells_of(part: &Part) -> Vec<u32> {
    let mut cells = vec![NOWHERE];
    for row in part.iter().flat_map(|chunk| &chunk.rows) {
        if !cells.contains(&row.cell) {
            cells.push(row.cell);
        }
    }
    cells
}

/// The state of a worker, with cells numbered by their position in `known`.
fn gathered(key: &StateKey, argument: Argument, part: &Part, known: &[u32]) -> State {
    collected(key, argument, part, known, |_| None)
}

/// The same for rows that have weights.
fn collected(
    key: &StateKey,
    argument: Argument,
    part: &Part,
    known: &[u32],
    weights: impl Fn(&Chunk) -> Option<Vec<u64>>,
) -> State {
    let mut state = State::new(key, Room::default());
    for chunk in part {
        let own = |row: &Row| known.iter().position(|cell| *cell == row.cell).expect("the cell occurs") as u32;
        let cells: Vec<u32> = chunk.rows.iter().map(own).collect();
        let times: Vec<Option<i128>> = chunk.rows.iter().map(|row| row.time).collect();
        let texts: Vector =
            chunk.rows.iter().map(|row| Ok(Value::Text(format!("s{}", row.segments[0]).into()))).collect();
        let mantissas = chunk.rows.iter().map(|row| row.segments[1].into()).collect();
        let numbers = Vector::defined(Values::Fixed { mantissas, scale: 0 });
        state
            .update(&Rows {
                cells: &cells,
                failed: &[],
                weights: weights(chunk).as_deref(),
                len: known.len(),
                values: Some(&values(chunk, argument)),
                times: &times,
                by: [&texts, &numbers].into_iter().take(key.by.len()).collect(),
            })
            .expect(UNLIMITED);
    }
    state
}

/// The state of a worker, with the cell numbers that all workers share.
fn shared(key: &StateKey, argument: Argument, part: &Part) -> State {
    let (mut state, cells) = (State::new(key, Room::default()), cells_of(part));
    state.merge(gathered(key, argument, part, &cells), &cells, CELLS).expect(UNLIMITED);
    state
}

/// The same state without a merge, as collected by a worker that uses the shared cell numbers.
fn alone(key: &StateKey, argument: Argument, part: &Part) -> State {
    gathered(key, argument, part, &all_cells())
}

fn all_cells() -> Vec<u32> {
    (0..CELLS as u32).collect()
}

fn merged(mut one: State, other: State) -> State {
    one.merge(other, &all_cells(), CELLS).expect(UNLIMITED);
    one
}

/// Describes the state of each cell except [`NOWHERE`], independently of the order of collection.
fn described(mut state: State) -> Vec<String> {
    state.finish(CELLS).expect(UNLIMITED);
    let cell = |cell: usize| {
        let missing = (state.missing.blank(cell), state.missing.failed(cell));
        format!("{missing:?} {}", values_of(&*state.values, cell))
    };
    (1..CELLS).map(cell).collect()
}

fn values_of(values: &dyn Accumulator, cell: usize) -> String {
    let values: &dyn Any = values;
    if let Some(sums) = values.downcast_ref::<Sums>() {
        let mut exact = Exact::default();
        sums.parts(cell, |mantissa, scale| exact.add(mantissa, scale));
        format!("{} {}", number(&exact), sums.inexact(cell))
    } else if let Some(extremes) = values.downcast_ref::<Extremes>() {
        spelled(extremes.value(cell).as_ref())
    } else if let Some(Multiset { sorted, .. }) = values.downcast_ref() {
        let count = |counted: &Counted| format!("{} {}", spelled(Some(&sorted.value(counted.key))), counted.count);
        sorted.cell(cell).iter().map(count).collect::<Vec<_>>().join(", ")
    } else if let Some(edges) = values.downcast_ref::<Edges>() {
        let mut edges: Vec<String> = edges.of_cell(cell).map(|(_, edge)| edge_described(edge)).collect();
        edges.sort();
        edges.join(", ")
    } else if let Some(OnlyValues(values)) = values.downcast_ref() {
        values.get(cell).is_some_and(Option::is_some).to_string()
    } else {
        String::new()
    }
}

fn edge_described(edge: &Edge) -> String {
    let mut many = Many::default();
    many.merge(edge);
    // Any one of several texts is kept; the others are only counted.
    let other = many.other.as_ref().filter(|_| many.rows == 1);
    let (sum, inexact) = (number(&many.total.sum), many.total.inexact);
    format!("{} {} {sum} {inexact} {:?} {}", edge.time, many.rows, many.failed, spelled(other))
}

fn number(exact: &Exact) -> String {
    exact.number().map_or_else(|cause| format!("{cause:?}"), |number| spelled(Some(&Value::Number(number))))
}

fn spelled(value: Option<&Value>) -> String {
    match value {
        Some(Value::Number(number)) => format!("{} {}", number.decimal.normalize(), number.exact),
        value => format!("{value:?}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1_000) })]

    #[test]
    fn merging_a_state_without_rows_changes_nothing((key, argument) in key(), part in part()) {
        let plain = described(alone(&key, argument, &part));
        prop_assert_eq!(&described(merged(State::new(&key, Room::default()), shared(&key, argument, &part))), &plain);
        prop_assert_eq!(&described(merged(shared(&key, argument, &part), State::new(&key, Room::default()))), &plain);
        prop_assert_eq!(&described(merged(shared(&key, argument, &part), shared(&key, argument, &vec![]))), &plain);
    }

    #[test]
    fn states_merge_in_any_order((key, argument) in key(), a in part(), b in part(), c in part()) {
        let of = |part: &Part| shared(&key, argument, part);
        let left = described(merged(merged(of(&a), of(&b)), of(&c)));
        prop_assert_eq!(&described(merged(of(&a), merged(of(&b), of(&c)))), &left);
        prop_assert_eq!(&described(merged(merged(of(&c), of(&b)), of(&a))), &left);
    }

    #[test]
    fn a_row_with_a_weight_counts_as_often((key, argument) in key(), part in part()) {
        let weights = |chunk: &Chunk| Some(chunk.rows.iter().map(|row| row.weight).collect());
        let repeated = |chunk: &Chunk| {
            let rows = chunk.rows.iter().flat_map(|row| std::iter::repeat_n(row.clone(), row.weight as usize));
            Chunk { rows: rows.collect(), ..*chunk }
        };
        let weighted = collected(&key, argument, &part, &all_cells(), weights);
        let expected = alone(&key, argument, &part.iter().map(repeated).collect());
        prop_assert_eq!(described(weighted), described(expected));
    }

    #[test]
    fn the_split_of_rows_among_workers_does_not_matter(
        (key, argument) in key(),
        part in prop::collection::vec(part(), 1..4).prop_map(|parts| parts.concat()),
        workers in prop::collection::vec(0usize..32, 12),
    ) {
        let mut parts = vec![vec![]; 32];
        part.iter().zip(&workers).for_each(|(chunk, worker)| parts[*worker].push(chunk.clone()));
        let split = parts.iter().fold(State::new(&key, Room::default()), |all, part| merged(all, shared(&key, argument, part)));
        prop_assert_eq!(described(split), described(alone(&key, argument, &part)));
    }

    #[test]
    fn selections_merge_in_any_order(
        counts in prop::collection::vec((0..CELLS as u32, prop::option::of(prop::sample::select(vec![Cause::Blank, Cause::Domain]))), 0..30),
        workers in prop::collection::vec(0usize..4, 30),
    ) {
        let described = |selection: &Selection| -> Vec<String> {
            let missing = |cell| (selection.missing.blank(cell), selection.missing.failed(cell).copied());
            (0..CELLS).map(|cell| format!("{:?} {:?}", selection.kept.get(cell).unwrap_or(&0), missing(cell))).collect()
        };
        let add = |selection: &mut Selection, &(cell, cause): &(u32, Option<Cause>)| match cause {
            Some(cause) => selection.missing.add(cell, cause, 1, CELLS, &mut Room::default()).expect(UNLIMITED),
            None => {
                selection.kept.resize(CELLS, 0);
                selection.kept[cell as usize] += 1;
            }
        };
        let (mut all, mut parts) = (Selection::default(), vec![Selection::default(); 4]);
        for (count, worker) in counts.iter().zip(&workers) {
            add(&mut all, count);
            add(&mut parts[*worker], count);
        }
        let cells = all_cells();
        for order in [[0, 1, 2, 3], [3, 1, 2, 0]] {
            let mut merged = Selection::default();
            for at in order {
                merged.merge(&parts[at], &cells, CELLS, &mut Room::default()).expect(UNLIMITED);
            }
            prop_assert_eq!(described(&merged), described(&all));
        }
    }
}
