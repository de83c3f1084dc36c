//! Thirty KPI formulas over twenty-five inputs, 4,096 records at a time: `cargo bench --bench formulas`.
//!
//! `program` is the engine, `by_hand` the same formulas compiled by Rust with `rust_decimal`. The column of items per
//! second counts formulas: 10 Mitem/s are 100 ns a formula.

use std::cell::RefCell;
use std::ops::{Add, Div, Mul, Sub};

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use yardstick::program::{Node, NodeId, Operator, Program};
use yardstick::value::{Decimal, Value, Values, Vector};

const RECORDS: usize = 4096;
const INPUTS: usize = 25;
const FORMULAS: usize = 30;

fn main() {
    check();
    divan::main();
}

/// Decimals of an input and its least and largest mantissa.
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

/// The formulas, for any kind of number.
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

/// An operation of a program that is being built.
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
    let decimal = |slot: usize, row| match columns[slot].get(row) {
        Ok(Value::Number(number)) => number.decimal,
        other => unreachable!("inputs are numbers: {other:?}"),
    };
    (0..RECORDS).map(|row| std::array::from_fn(|slot| decimal(slot, row))).collect()
}

/// A benchmark of wrong results would be worth nothing.
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
