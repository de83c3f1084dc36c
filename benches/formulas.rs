//! Thirty KPI formulas over twenty-five inputs, 4,096 records at a time: `cargo bench --bench formulas`.
//!
//! `program` is the engine, `by_hand` the same formulas written in Rust with `rust_decimal`. Items per second count
//! formulas: 10 Mitem/s is 100 ns per formula. `records` evaluates one record at a time; `operations` and `functions`
//! count single results.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::{Add, Div, Mul, Sub};
use std::sync::Arc;

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use yardstick::backend::{Program, Values, Vector};
use yardstick::internal::builtin;
use yardstick::internal::program::{Node, NodeId, Operator};
use yardstick::{Cause, Cell, Decimal, Embedded, Library, Limits, Query, Record, Table, Value};

const RECORDS: usize = 4096;
const INPUTS: usize = 25;
const FORMULAS: usize = 30;

fn main() {
    check();
    records::check();
    divan::main();
}

/// The decimals of an input, and its smallest and largest mantissa.
const RANGES: [(u32, i64, i64); INPUTS] = [
    (2, 100_000, 25_000_000),
    (2, 1_000_000, 40_000_000),
    (2, 500_000, 9_000_000),
    (2, 100_000, 5_000_000),
    (0, 100_000, 90_000_000),
    (0, 1_000, 900_000),
    (0, 100, 40_000),
    (0, 50, 20_000),
    (0, 20, 9_000),
    (0, 20, 5_000),
    (0, 5, 2_000),
    (0, 5, 3_000),
    (0, 500, 60_000),
    (0, 500, 60_000),
    (0, 5, 3_000),
    (2, 5_000_000, 900_000_000),
    (2, 5_000_000, 900_000_000),
    (0, 100, 90_000),
    (2, 10_000, 2_000_000),
    (2, 1_000, 900_000),
    (0, 100, 50_000),
    (0, 500, 400_000),
    (0, 10, 3_000),
    (0, 10, 2_000),
    (0, 100, 6_000),
];

/// The formulas, generic over the number type.
fn formulas<T: Copy + Add<Output = T> + Sub<Output = T> + Mul<Output = T> + Div<Output = T>>(
    inputs: [T; INPUTS],
    whole: impl Fn(i64) -> T,
) -> [T; FORMULAS] {
    #[rustfmt::skip]
    let [
        spend, cogs, salaries, overhead, impressions, clicks, leads, mqls, sqls, opportunities, won, customers,
        opening, closing, lost, revenue, before, orders, discounts, refunds, daily, monthly, promoters, detractors,
        answers,
    ] = inputs;
    let percent = whole(100);
    let cac = (spend + salaries) / customers;
    let arpu = revenue / closing;
    let gross_profit = revenue - cogs;
    let gross_margin = gross_profit / revenue * percent;
    let net_revenue = revenue - discounts - refunds;
    let churn = lost / opening;
    let lifetime = whole(1) / churn;
    let ltv = arpu * gross_margin / percent * lifetime;
    let opex = spend + salaries + overhead;
    let ebit = gross_profit - opex;
    [
        cac,
        spend / leads,
        spend / clicks,
        spend / impressions * whole(1000),
        clicks / impressions * percent,
        leads / clicks * percent,
        mqls / leads * percent,
        sqls / mqls * percent,
        won / opportunities * percent,
        customers / leads * percent,
        revenue / orders,
        arpu,
        gross_profit,
        gross_margin,
        net_revenue,
        churn,
        (closing - customers) / opening * percent,
        lifetime,
        ltv,
        ltv / cac,
        cac / (arpu * gross_margin / percent),
        (gross_profit - spend) / spend * percent,
        revenue / spend,
        (revenue - before) / before * percent,
        (promoters - detractors) / answers * percent,
        daily / monthly * percent,
        refunds / revenue * percent,
        opex,
        ebit,
        ebit / net_revenue * percent,
    ]
}

/// An operand that adds operations to a program.
#[derive(Clone, Copy)]
struct Term<'a> {
    program: &'a RefCell<Program>,
    id: NodeId,
}

impl Term<'_> {
    fn with(self, operator: Operator, rhs: Self) -> Self {
        let id = self.program.borrow_mut().add(Node::Binary(operator, self.id, rhs.id));
        Self { id, ..self }
    }
}

macro_rules! operators {
    ($($operator:ident $method:ident $node:ident),+) => {
        $(impl $operator for Term<'_> {
            type Output = Self;
            fn $method(self, rhs: Self) -> Self {
                self.with(Operator::$node, rhs)
            }
        })+
    };
}

operators!(Add add Add, Sub sub Subtract, Mul mul Multiply, Div div Divide);

/// The program and its results.
fn compiled() -> (Program, Vec<NodeId>) {
    let program = RefCell::new(Program::default());
    let term = |node| Term { program: &program, id: program.borrow_mut().add(node) };
    let inputs = std::array::from_fn(|slot| term(Node::Slot(slot as u32)));
    let results = formulas(inputs, |whole| term(Node::Constant(Value::from(Decimal::from(whole)))));
    let wanted = results.map(|result| result.id).to_vec();
    (program.into_inner(), wanted)
}

/// Seeded columns, half of the values in the lowest tenth of their range.
fn columns() -> Vec<Vector> {
    let mut state = 42_u64;
    let mut below = move |limit: i64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (((u128::from(state >> 1)) * limit as u128) >> 63) as i64
    };
    let mut column = |(scale, low, high): (u32, i64, i64)| {
        let mut mantissa = || {
            let width = if below(2) == 0 { (high - low) / 10 } else { high - low };
            low + below(width + 1)
        };
        Vector::defined(Values::Fixed { mantissas: (0..RECORDS).map(|_| mantissa()).collect(), scale })
    };
    RANGES.map(&mut column).into()
}

fn records(columns: &[Vector]) -> Vec<[Decimal; INPUTS]> {
    (0..RECORDS).map(|row| std::array::from_fn(|slot| decimal(&columns[slot].get(row)))).collect()
}

/// Quotients of numbers, most of them with 28 digits.
fn divided(vector: &Vector, by: u32) -> Vector {
    vector.cells().map(|cell| Ok((decimal(&cell) / Decimal::from(by)).into())).collect()
}

fn decimal(cell: &Cell) -> Decimal {
    match cell {
        Ok(Value::Number(number)) => number.decimal,
        other => unreachable!("inputs are numbers: {other:?}"),
    }
}

/// Checks that both compute the same results.
fn check() {
    let (program, wanted) = compiled();
    let columns = columns();
    let results = program.evaluate(&columns, RECORDS, &wanted);
    for (row, record) in records(&columns).into_iter().enumerate() {
        let by_hand = formulas(record, Decimal::from);
        for (formula, expected) in by_hand.into_iter().enumerate() {
            assert_eq!(results[formula].get(row), Ok(expected.into()), "formula {formula}, record {row}");
        }
    }
}

#[divan::bench]
fn program(bencher: Bencher) {
    let (program, wanted) = compiled();
    let columns = columns();
    bencher
        .counter(ItemsCount::new(RECORDS * FORMULAS))
        .bench_local(|| program.evaluate(black_box(&columns), RECORDS, &wanted));
}

#[divan::bench]
fn by_hand(bencher: Bencher) {
    let records = records(&columns());
    bencher.counter(ItemsCount::new(RECORDS * FORMULAS)).bench_local(|| {
        for record in &records {
            black_box(formulas(black_box(*record), Decimal::from));
        }
    });
}

/// Single operations on whole columns, with the engine and with `rust_decimal`. Each stores 4,096 results.
mod operations {
    use super::*;

    /// An operator, and true if its operands have 28 digits instead of 10.
    #[derive(Clone, Copy)]
    struct Case {
        name: &'static str,
        operator: Operator,
        wide: (bool, bool),
    }

    impl std::fmt::Display for Case {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str(self.name)
        }
    }

    const CASES: [Case; 8] = [
        Case { name: "add_10_10", operator: Operator::Add, wide: (false, false) },
        Case { name: "add_28_28", operator: Operator::Add, wide: (true, true) },
        Case { name: "multiply_10_10", operator: Operator::Multiply, wide: (false, false) },
        Case { name: "multiply_28_10", operator: Operator::Multiply, wide: (true, false) },
        Case { name: "multiply_28_28", operator: Operator::Multiply, wide: (true, true) },
        Case { name: "divide_10_10", operator: Operator::Divide, wide: (false, false) },
        Case { name: "divide_28_10", operator: Operator::Divide, wide: (true, false) },
        Case { name: "divide_28_28", operator: Operator::Divide, wide: (true, true) },
    ];

    /// Two columns: revenue and opening customers, or quotients of them with 28 digits.
    fn operands(case: Case) -> [Vector; 2] {
        let columns = columns();
        let [lhs, rhs] = [&columns[15], &columns[12]];
        [
            if case.wide.0 { divided(lhs, 7_000) } else { lhs.clone() },
            if case.wide.1 { divided(rhs, 1_300) } else { rhs.clone() },
        ]
    }

    #[divan::bench(args = CASES)]
    fn engine(bencher: Bencher, case: Case) {
        let mut program = Program::default();
        let [lhs, rhs] = [0, 1].map(|slot| program.add(Node::Slot(slot)));
        let result = program.add(Node::Binary(case.operator, lhs, rhs));
        let operands = operands(case);
        bencher
            .counter(ItemsCount::new(RECORDS))
            .bench_local(|| program.evaluate(black_box(&operands), RECORDS, &[result]));
    }

    #[divan::bench(args = CASES)]
    fn rust_decimal(bencher: Bencher, case: Case) {
        let [lhs, rhs] = operands(case).map(|column| column.cells().map(|cell| decimal(&cell)).collect::<Vec<_>>());
        let operation = match case.operator {
            Operator::Add => Decimal::checked_add,
            Operator::Multiply => Decimal::checked_mul,
            _ => Decimal::checked_div,
        };
        bencher.counter(ItemsCount::new(RECORDS)).bench_local(|| {
            let pairs = black_box(&lhs).iter().zip(black_box(&rhs));
            pairs.map(|(&lhs, &rhs)| operation(lhs, rhs)).collect::<Option<Vec<_>>>()
        });
    }
}

/// Functions and conditionals on whole columns of 4,096 rows: numbers with 10 digits, with 28 digits, and both with
/// every eighth value blank.
mod functions {
    use super::*;

    #[derive(Clone, Copy, Debug)]
    enum Columns {
        Short,
        Wide,
        Gaps,
    }

    type Operation = fn(&mut Program, [NodeId; 3]) -> NodeId;

    fn called(program: &mut Program, name: &str, arguments: &[NodeId]) -> NodeId {
        program.add(Node::Call(builtin::find(name).expect("a known function"), arguments.to_vec()))
    }

    fn constant(program: &mut Program, whole: i64) -> NodeId {
        program.add(Node::Constant(Decimal::from(whole).into()))
    }

    fn binary(program: &mut Program, operator: Operator, lhs: NodeId, rhs: NodeId) -> NodeId {
        program.add(Node::Binary(operator, lhs, rhs))
    }

    const OPERATIONS: &[(&str, Operation)] = &[
        ("abs", |program, [x, ..]| called(program, "abs", &[x])),
        ("round", |program, [x, ..]| {
            let digits = constant(program, 1);
            called(program, "round", &[x, digits])
        }),
        ("round_even", |program, [x, ..]| called(program, "round_even", &[x])),
        ("floor", |program, [x, ..]| called(program, "floor", &[x])),
        ("ceil", |program, [x, ..]| called(program, "ceil", &[x])),
        ("sign", |program, [x, ..]| called(program, "sign", &[x])),
        ("min", |program, [x, y, _]| called(program, "min", &[x, y])),
        ("max", |program, [x, ..]| {
            let zero = constant(program, 0);
            called(program, "max", &[x, zero])
        }),
        ("clamp", |program, [x, ..]| {
            let bounds = [0, 1_000_000].map(|bound| constant(program, bound));
            called(program, "clamp", &[x, bounds[0], bounds[1]])
        }),
        ("mod", |program, [x, ..]| {
            let seven = constant(program, 7);
            called(program, "mod", &[x, seven])
        }),
        ("by_100", |program, [x, ..]| {
            let hundred = constant(program, 100);
            binary(program, Operator::Divide, x, hundred)
        }),
        ("by_8", |program, [x, ..]| {
            let eight = constant(program, 8);
            binary(program, Operator::Divide, x, eight)
        }),
        ("by_12", |program, [x, ..]| {
            let twelve = constant(program, 12);
            binary(program, Operator::Divide, x, twelve)
        }),
        ("sqrt", |program, [x, ..]| called(program, "sqrt", &[x])),
        ("power", |program, [x, ..]| {
            let two = constant(program, 2);
            binary(program, Operator::Power, x, two)
        }),
        ("less", |program, [x, y, _]| binary(program, Operator::Less, x, y)),
        ("and", |program, [x, y, z]| {
            let (less, more) = (binary(program, Operator::Less, x, y), binary(program, Operator::Greater, x, z));
            binary(program, Operator::And, less, more)
        }),
        ("if", |program, [x, y, z]| {
            let less = binary(program, Operator::Less, x, y);
            program.add(Node::If(less, x, z))
        }),
        ("if_else_0", |program, [x, y, _]| {
            let (zero, less) = (constant(program, 0), binary(program, Operator::Less, x, y));
            program.add(Node::If(less, x, zero))
        }),
        ("??", |program, [x, y, _]| program.add(Node::Coalesce(x, y))),
        ("coalesce", |program, [x, y, z]| called(program, "coalesce", &[x, y, z])),
    ];

    fn operands(columns: Columns) -> Vec<Vector> {
        let short = super::columns();
        let mut operands = [15, 16, 12].map(|slot| short[slot].clone()).to_vec();
        if let Columns::Wide = columns {
            operands = operands.iter().map(|vector| divided(vector, 7)).collect();
        }
        if let Columns::Gaps = columns {
            let cause = |row: usize| (row % 8 == 5).then_some(Cause::Blank);
            operands.iter_mut().for_each(|vector| vector.causes = Some((0..RECORDS).map(cause).collect()));
        }
        operands
    }

    fn run(bencher: Bencher, name: &str, columns: Columns) {
        let (_, operation) = OPERATIONS.iter().find(|(known, _)| *known == name).expect("a name of the table");
        let mut program = Program::default();
        let slots = [0, 1, 2].map(|slot| program.add(Node::Slot(slot)));
        let result = operation(&mut program, slots);
        let operands = operands(columns);
        bencher
            .counter(ItemsCount::new(RECORDS))
            .bench_local(|| program.evaluate(black_box(&operands), RECORDS, &[result]));
    }

    fn names() -> impl Iterator<Item = &'static str> {
        OPERATIONS.iter().map(|(name, _)| *name)
    }

    #[divan::bench(args = names())]
    fn short(bencher: Bencher, name: &str) {
        run(bencher, name, Columns::Short);
    }

    #[divan::bench(args = names())]
    fn wide(bencher: Bencher, name: &str) {
        run(bencher, name, Columns::Wide);
    }

    #[divan::bench(args = names())]
    fn gaps(bencher: Bencher, name: &str) {
        run(bencher, name, Columns::Gaps);
    }
}

/// Evaluates one record at a time, as in a program that decides about single records.
mod records {
    use super::*;

    /// A formula as a user writes it.
    #[derive(Clone, Copy)]
    struct Text(&'static str);

    macro_rules! written {
        ($($operator:ident $method:ident $sign:literal),+) => {
            $(impl $operator for Text {
                type Output = Self;
                fn $method(self, rhs: Self) -> Self {
                    Self(format!("({} {} {})", self.0, $sign, rhs.0).leak())
                }
            })+
        };
    }

    written!(Add add "+", Sub sub "-", Mul mul "*", Div div "/");

    /// Plans the formulas as definitions for a record with the inputs `i0`, `i1`, …
    fn record() -> Record {
        let inputs: [Text; INPUTS] = std::array::from_fn(|slot| Text(format!("i{slot}").leak()));
        let formulas = formulas(inputs, |whole| Text(whole.to_string().leak()));
        let definitions: String = (0..).zip(formulas).map(|(at, formula)| format!("f{at} = {}\n", formula.0)).collect();
        let library = Library::from_text(&definitions).expect("formulas of numbers");
        let sample: BTreeMap<&str, u32> = inputs.iter().map(|input| (input.0, 1)).collect();
        let datasets = [Arc::new(Table::from_record("record", &sample).expect("plain numbers")) as _];
        let plan = library
            .plan(&Query::all(), &Embedded::new(datasets.to_vec()), &Limits::default())
            .expect("all inputs exist");
        Arc::new(plan).record(&datasets).expect("all inputs are values")
    }

    #[divan::bench]
    fn engine(bencher: Bencher) {
        let mut record = record();
        let inputs: [_; INPUTS] =
            std::array::from_fn(|slot| record.input(&format!("i{slot}")).expect("the input is used"));
        let records = super::records(&columns());
        bencher.counter(ItemsCount::new(RECORDS * FORMULAS)).bench_local(|| {
            for values in &records {
                let values = black_box(values);
                (0..INPUTS).for_each(|slot| record.set(inputs[slot], Ok(values[slot].into())));
                record.evaluate();
                (0..FORMULAS).for_each(|kpi| _ = black_box(record.value(kpi)));
            }
        });
    }

    /// The same with columns of one value.
    #[divan::bench]
    fn as_columns(bencher: Bencher) {
        let (program, wanted) = compiled();
        let columns = columns();
        let record = |row: u32| columns.iter().map(|column| column.take(&[row])).collect();
        let records: Vec<Vec<Vector>> = (0..64).map(record).collect();
        bencher.counter(ItemsCount::new(64 * FORMULAS)).bench_local(|| {
            for record in &records {
                black_box(program.evaluate(black_box(record), 1, &wanted));
            }
        });
    }

    /// Checks that the results equal those computed by hand.
    pub(super) fn check() {
        let mut record = record();
        for values in super::records(&columns()) {
            for (slot, value) in values.into_iter().enumerate() {
                let input = record.input(&format!("i{slot}")).expect("the input is used");
                record.set(input, Ok(value.into()));
            }
            record.evaluate();
            for (kpi, expected) in formulas(values, Decimal::from).into_iter().enumerate() {
                assert_eq!(*record.value(kpi), Ok(expected.into()), "formula {kpi} of {values:?}");
            }
        }
    }
}
