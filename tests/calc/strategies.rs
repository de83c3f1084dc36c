//! Generates random numbers, columns and programs, with more extreme values than chance would give.

use std::sync::Arc;

use proptest::collection::vec;
use proptest::prelude::*;
use yardstick::backend::{Dictionary, Program, Values, Vector};
use yardstick::internal::builtin;
use yardstick::internal::program::{Node, NodeId, Operator};
use yardstick::{Cause, Date, Decimal, Number, Value};

/// The length of all random columns.
pub const ROWS: usize = 7;

/// The number of random columns.
pub const SLOTS: usize = 10;

pub fn decimal() -> impl Strategy<Value = Decimal> {
    prop_oneof![
        4 => (-1_000_000_i64..1_000_000, 0_u32..4).prop_map(|(mantissa, scale)| Decimal::new(mantissa, scale)),
        2 => (any::<i64>(), 0_u32..=28).prop_map(|(mantissa, scale)| Decimal::new(mantissa, scale)),
        3 => (any::<u32>(), any::<u32>(), any::<u32>(), any::<bool>(), 0_u32..=28)
            .prop_map(|(lo, mid, hi, negative, scale)| Decimal::from_parts(lo, mid, hi, negative, scale)),
        2 => (-20_i128..20, 0_u32..=28, 0_u32..=28).prop_map(|(digit, zeros, scale)| {
            Decimal::try_from_i128_with_scale(digit * 10_i128.pow(zeros), scale).unwrap_or(Decimal::MAX)
        }),
        2 => extreme(),
        2 => (1_i64..1_000_000, 1_i64..1000).prop_map(|(x, y)| Decimal::from(x) / Decimal::from(y)),
    ]
}

fn extreme() -> impl Strategy<Value = Decimal> {
    let half_of_max = Decimal::MAX / Decimal::TWO;
    prop::sample::select(vec![
        Decimal::ZERO,
        Decimal::ONE,
        Decimal::NEGATIVE_ONE,
        Decimal::MAX,
        Decimal::MIN,
        Decimal::new(1, 28),
        Decimal::new(-1, 28),
        Decimal::new(5, 28),
        Decimal::new(i64::MAX, 0),
        Decimal::new(i64::MIN, 18),
        Decimal::from_parts(u32::MAX, u32::MAX, u32::MAX, false, 28),
        Decimal::from_parts(u32::MAX, u32::MAX, 0, false, 0),
        Decimal::ONE / Decimal::from(3),
        half_of_max,
    ])
}

pub fn number() -> impl Strategy<Value = Number> {
    (decimal(), prop::bool::weighted(0.8)).prop_map(|(decimal, exact)| Number { decimal, exact })
}

fn mantissa() -> impl Strategy<Value = i64> {
    prop_oneof![
        3 => -10_000_000_i64..10_000_000,
        1 => any::<i64>(),
        1 => prop::sample::select(vec![0, 1, -1, i64::MAX, i64::MIN, i64::MIN + 1, 1 << 32, 1 << 62]),
    ]
}

fn fixed(scale: impl Strategy<Value = u32>) -> impl Strategy<Value = Values> {
    (vec(mantissa(), ROWS), scale).prop_map(|(mantissas, scale)| Values::Fixed { mantissas, scale })
}

fn decimals() -> impl Strategy<Value = Values> {
    vec(number(), ROWS).prop_map(|numbers| Values::from_numbers(&numbers))
}

fn texts() -> impl Strategy<Value = Values> {
    vec(prop::sample::select(vec!["", "a", "b", "email", "émail", "Email"]), ROWS).prop_map(|texts| {
        let mut dictionary = Dictionary::default();
        let codes = texts.iter().map(|text| dictionary.code(text)).collect();
        Values::Texts { codes, dictionary: Arc::new(dictionary) }
    })
}

fn days() -> impl Strategy<Value = Values> {
    vec(-40_000_i32..40_000, ROWS).prop_map(Values::Days)
}

fn moments() -> impl Strategy<Value = Values> {
    let micros = prop_oneof![-4_000_000_000_000_000_i64..4_000_000_000_000_000, any::<i64>()];
    vec(micros.prop_map(Date::from_micros), ROWS).prop_map(Values::Moments)
}

fn booleans() -> impl Strategy<Value = Values> {
    vec(any::<bool>(), ROWS).prop_map(Values::Booleans)
}

fn cause() -> impl Strategy<Value = Cause> {
    prop::sample::select(vec![
        Cause::Blank,
        Cause::NoRows,
        Cause::OutsideData,
        Cause::Stated,
        Cause::NoPeriod,
        Cause::NotSplit,
    ])
}

fn partly(values: impl Strategy<Value = Values>) -> impl Strategy<Value = Vector> {
    let causes = prop_oneof![
        2 => Just(None),
        1 => vec(prop_oneof![2 => Just(None), 1 => cause().prop_map(Some)], ROWS).prop_map(Some),
    ];
    (values, causes).prop_map(|(values, causes)| Vector { values, causes })
}

pub fn columns() -> impl Strategy<Value = Vec<Vector>> {
    let numbers = (partly(fixed(Just(0))), partly(fixed(Just(2))), partly(fixed(0_u32..=18)), partly(decimals()));
    let others = (partly(texts()), partly(texts()), partly(days()), partly(moments()), partly(booleans()));
    (numbers, others, cause()).prop_map(|((a, b, c, d), (e, f, g, h, i), cause)| {
        vec![a, b, c, d, e, f, g, h, i, Vector::undefined(ROWS, cause)]
    })
}

fn constant() -> impl Strategy<Value = Value> {
    prop_oneof![
        4 => number().prop_map(Value::Number),
        2 => prop::sample::select(vec![1_i64, 2, 10, 100, 1000, 0, -1])
            .prop_map(|whole| Value::from(Decimal::from(whole))),
        1 => prop::sample::select(vec!["email", "a", "none"]).prop_map(|text| Value::Text(text.into())),
        1 => any::<bool>().prop_map(Value::Boolean),
        1 => (-40_000_i32..40_000).prop_map(|day| Value::Date(Date::from_day(day))),
    ]
}

fn operator() -> impl Strategy<Value = Operator> {
    use Operator::{
        Add, And, Divide, Elapsed, Equal, Greater, GreaterOrEqual, Less, LessOrEqual, Multiply, NotEqual, Or, Power,
        Subtract,
    };
    prop_oneof![
        8 => prop::sample::select(vec![Add, Subtract, Elapsed, Multiply, Divide]),
        3 => prop::sample::select(vec![Equal, NotEqual, Less, LessOrEqual, Greater, GreaterOrEqual]),
        2 => prop::sample::select(vec![And, Or]),
        1 => Just(Power),
    ]
}

/// An operation whose operands are positions, taken modulo the number of earlier operations.
#[derive(Debug, Clone)]
pub enum Draft {
    Constant(Value),
    Undefined(Cause),
    Negate(usize),
    Not(usize),
    Binary(Operator, usize, usize),
    If(usize, usize, usize),
    Coalesce(usize, usize),
    OneCurrency(usize, usize),
    IsDefined(usize),
    Call(usize, [usize; 3]),
}

fn draft() -> impl Strategy<Value = Draft> {
    let place = || any::<usize>();
    prop_oneof![
        4 => constant().prop_map(Draft::Constant),
        1 => cause().prop_map(Draft::Undefined),
        1 => place().prop_map(Draft::Negate),
        1 => place().prop_map(Draft::Not),
        14 => (operator(), place(), place()).prop_map(|(operator, lhs, rhs)| Draft::Binary(operator, lhs, rhs)),
        3 => (place(), place(), place()).prop_map(|(condition, then, otherwise)| Draft::If(condition, then, otherwise)),
        2 => (place(), place()).prop_map(|(lhs, rhs)| Draft::Coalesce(lhs, rhs)),
        1 => (place(), place()).prop_map(|(lhs, rhs)| Draft::OneCurrency(lhs, rhs)),
        1 => place().prop_map(Draft::IsDefined),
        6 => (place(), [place(), place(), place()]).prop_map(|(function, arguments)| Draft::Call(function, arguments)),
    ]
}

/// A program that starts with the slots of [`columns`].
pub fn program() -> impl Strategy<Value = Program> {
    vec(draft(), 1..30).prop_map(|drafts| {
        let mut program = Program::default();
        for slot in 0..SLOTS {
            program.add(Node::Slot(slot as u32));
        }
        for draft in drafts {
            add(&mut program, draft);
        }
        program
    })
}

fn add(program: &mut Program, draft: Draft) {
    let count = program.nodes().len();
    let id = |place: usize| NodeId((place % count) as u32);
    let node = match draft {
        Draft::Constant(value) => Node::Constant(value),
        Draft::Undefined(cause) => Node::Undefined(cause),
        Draft::Negate(x) => Node::Negate(id(x)),
        Draft::Not(x) => Node::Not(id(x)),
        Draft::Binary(operator, lhs, rhs) => Node::Binary(operator, id(lhs), id(rhs)),
        Draft::If(condition, then, otherwise) => Node::If(id(condition), id(then), id(otherwise)),
        Draft::OneCurrency(lhs, rhs) => Node::OneCurrency(id(lhs), id(rhs)),
        Draft::Coalesce(lhs, rhs) => Node::Coalesce(id(lhs), id(rhs)),
        Draft::IsDefined(x) => Node::IsDefined(id(x)),
        Draft::Call(function, arguments) => call(function, arguments.map(id)),
    };
    program.add(node);
}

/// A call of any function with all its arguments or, occasionally, without the last one.
fn call(function: usize, arguments: [NodeId; 3]) -> Node {
    let functions = builtin::all();
    let (function, rest) = (&functions[function % functions.len()], function / functions.len());
    let id = builtin::find(function.name).expect("the function is in the table");
    let most = function.most().unwrap_or(3);
    let count = if rest % 3 == 0 { function.least() } else { most };
    Node::Call(id, arguments[..count].to_vec())
}
