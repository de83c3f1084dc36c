//! Values, the operations on them, and the cells of rows.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use num_rational::BigRational;

use super::calendar::{civil, weekday};
use super::number::{Number, at_digits, fit, half_away, half_even, number, rational};
use super::tree::{Case, Expr, Name, Operator, Table};

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value {
    Number(Number),
    Text(String),
    Date(i64),
    Boolean(bool),
}

/// Why a value is undefined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// No rows, inside or outside the data.
    NoRows,
    NoRowsKept,
    ManyRows,
    Blank,
    Stated,
    DivisionByZero,
    Overflow,
    Domain,
    /// No operator stops this one.
    Meaningless,
}

impl Cause {
    /// True if a row with this cause failed; a row with another one merely has no value.
    pub fn is_failure(self) -> bool {
        matches!(self, Self::DivisionByZero | Self::Overflow | Self::Domain)
    }
}

pub type Cell = Result<Value, Cause>;
pub type Row = BTreeMap<Name, Cell>;

/// Applies an operation to the values of its operands.
pub fn apply(expr: &Expr, of: &[Cell]) -> Cell {
    if of.contains(&Err(Cause::Meaningless)) {
        return Err(Cause::Meaningless);
    }
    match expr {
        Expr::Number(digits, scale) => Ok(exact(rational(*digits, *scale))),
        Expr::Percent(percent) => Ok(exact(rational(*percent, 2))),
        Expr::Text(text) => Ok(Value::Text((*text).into())),
        Expr::Date(day) => Ok(Value::Date(*day)),
        Expr::Boolean(truth) => Ok(Value::Boolean(*truth)),
        Expr::Undefined => Err(Cause::Stated),
        Expr::Negate(_) => numeric(&of[..1], |x| Ok(-x[0].clone())),
        Expr::Not(_) => Ok(Value::Boolean(!truth(&of[0])?)),
        Expr::Binary(operator, ..) => binary(*operator, &of[0], &of[1]),
        Expr::If(..) => {
            if truth(&of[0])? {
                of[1].clone()
            } else {
                of[2].clone()
            }
        }
        Expr::In(_, _, negated) => {
            let found = of[1..].iter().map(|it| compare(Operator::Equal, &of[0], it)).reduce(|x, y| either(&x, &y));
            negate_if(*negated, found.expect("a list is not empty"))
        }
        Expr::Between(_, _, _, negated) => {
            let above = compare(Operator::GreaterOrEqual, &of[0], &of[1]);
            negate_if(*negated, both(&above, &compare(Operator::LessOrEqual, &of[0], &of[2])))
        }
        Expr::Call(name, _) => call(name, of),
        _ => unreachable!("{expr:?} is not an operation"),
    }
}

fn exact(value: BigRational) -> Value {
    Value::Number(Number { value, exact: true })
}

fn truth(cell: &Cell) -> Result<bool, Cause> {
    match cell.clone()? {
        Value::Boolean(truth) => Ok(truth),
        other => panic!("{other:?} is not a condition"),
    }
}

fn negate_if(negated: bool, cell: Cell) -> Cell {
    Ok(Value::Boolean(truth(&cell)? != negated))
}

fn both(x: &Cell, y: &Cell) -> Cell {
    match (truth(x), truth(y)) {
        (Ok(false), _) | (_, Ok(false)) => Ok(Value::Boolean(false)),
        (Err(cause), _) | (_, Err(cause)) => Err(cause),
        _ => Ok(Value::Boolean(true)),
    }
}

fn either(x: &Cell, y: &Cell) -> Cell {
    match (truth(x), truth(y)) {
        (Ok(true), _) | (_, Ok(true)) => Ok(Value::Boolean(true)),
        (Err(cause), _) | (_, Err(cause)) => Err(cause),
        _ => Ok(Value::Boolean(false)),
    }
}

fn compare(operator: Operator, x: &Cell, y: &Cell) -> Cell {
    let (x, y) = (x.clone()?, y.clone()?);
    let order = match (&x, &y) {
        (Value::Number(x), Value::Number(y)) => x.value.cmp(&y.value),
        (Value::Text(_), Value::Text(_))
        | (Value::Date(_), Value::Date(_))
        | (Value::Boolean(_), Value::Boolean(_)) => x.cmp(&y),
        _ => panic!("{x:?} and {y:?} are not comparable"),
    };
    Ok(Value::Boolean(match operator {
        Operator::Equal => order == Ordering::Equal,
        Operator::Unequal => order != Ordering::Equal,
        Operator::Less => order == Ordering::Less,
        Operator::LessOrEqual => order != Ordering::Greater,
        Operator::Greater => order == Ordering::Greater,
        _ => order != Ordering::Less,
    }))
}

fn binary(operator: Operator, x: &Cell, y: &Cell) -> Cell {
    let both_of = [x.clone(), y.clone()];
    match operator {
        Operator::Add => numeric(&both_of, |of| Ok(of[0] + of[1])),
        Operator::Subtract => numeric(&both_of, |of| Ok(of[0] - of[1])),
        Operator::Multiply => numeric(&both_of, |of| Ok(of[0] * of[1])),
        Operator::Divide => numeric(&both_of, |of| divide(of[0], of[1])),
        Operator::Power => numeric(&both_of, |of| Ok(of[0] * of[0])),
        Operator::And => both(x, y),
        Operator::Or => either(x, y),
        Operator::Otherwise => x.clone().or_else(|_| y.clone()),
        _ => compare(operator, x, y),
    }
}

fn divide(x: &BigRational, y: &BigRational) -> Result<BigRational, Cause> {
    if *y == rational(0, 0) { Err(Cause::DivisionByZero) } else { Ok(x / y) }
}

/// Computes with the numbers of all operands, and rounds once.
fn numeric(of: &[Cell], compute: impl Fn(&[&BigRational]) -> Result<BigRational, Cause>) -> Cell {
    let of: Vec<Value> = of.iter().cloned().collect::<Result<_, _>>()?;
    let numbers = of.iter().map(|value| match value {
        Value::Number(number) => number,
        other => panic!("{other:?} is not a number"),
    });
    let numbers: Vec<&Number> = numbers.collect();
    let values: Vec<&BigRational> = numbers.iter().map(|it| &it.value).collect();
    let exact = numbers.iter().all(|it| it.exact);
    fit(compute(&values)?, exact).map(Value::Number).ok_or(Cause::Overflow)
}

fn digits(of: &[&BigRational]) -> i64 {
    of.get(1).map_or(0, |it| i64::try_from(it.to_integer()).expect("a literal"))
}

/// One of the operands. Its exactness is its own, not that of the others.
fn chosen(name: &str, of: &[Cell]) -> Cell {
    let of: Vec<Value> = of.iter().cloned().collect::<Result<_, _>>()?;
    let by_value = |x: &&Value, y: &&Value| match (x, y) {
        (Value::Number(x), Value::Number(y)) => x.value.cmp(&y.value),
        _ => panic!("{x:?} and {y:?} are not numbers"),
    };
    let least = |of: &[Value]| of.iter().min_by(by_value).expect("there are arguments").clone();
    // Of equal values the first.
    let greatest = |of: &[Value]| of.iter().rev().max_by(by_value).expect("there are arguments").clone();
    Ok(match name {
        "min" => least(&of),
        "max" => greatest(&of),
        _ => least(&[greatest(&of[..2]), of[2].clone()]),
    })
}

fn call(name: &str, of: &[Cell]) -> Cell {
    let date = || match of[0].clone()? {
        Value::Date(day) => Ok(day),
        other => panic!("{other:?} is not a date"),
    };
    match name {
        "is_defined" => Ok(Value::Boolean(of[0].is_ok())),
        "coalesce" => of.iter().find(|it| it.is_ok()).or(of.last()).cloned().expect("there are arguments"),
        "abs" => numeric(of, |of| Ok(if *of[0] < rational(0, 0) { -of[0] } else { of[0].clone() })),
        "sign" => numeric(of, |of| Ok(rational(of[0].cmp(&rational(0, 0)) as i64, 0))),
        "floor" => numeric(of, |of| Ok(of[0].floor())),
        "ceil" => numeric(of, |of| Ok(of[0].ceil())),
        "round" => numeric(of, |it| Ok(at_digits(it[0], digits(it), half_away))),
        "round_even" => numeric(of, |it| Ok(at_digits(it[0], digits(it), half_even))),
        "mod" => numeric(of, |of| Ok(of[0] - of[1] * divide(of[0], of[1])?.floor())),
        "min" | "max" | "clamp" => chosen(name, of),
        "year" => Ok(Value::Number(number(civil(date()?).0))),
        "month" => Ok(Value::Number(number(civil(date()?).1))),
        "day" => Ok(Value::Number(number(civil(date()?).2))),
        "quarter" => Ok(Value::Number(number((civil(date()?).1 - 1) / 3 + 1))),
        "weekday" => Ok(Value::Number(number(weekday(date()?)))),
        _ => unreachable!("no function `{name}`"),
    }
}

/// Evaluates an expression over one row.
pub fn of_row(expr: &Expr, row: &Row, parameter: &dyn Fn(&str) -> Cell) -> Cell {
    match expr {
        Expr::Column(name) => row[name].clone(),
        Expr::Name(name) => parameter(name),
        _ => {
            let of: Vec<Cell> = expr.children().into_iter().map(|it| of_row(it, row, parameter)).collect();
            apply(expr, &of)
        }
    }
}

/// The rows of a table with the columns that its lookup finds and those that are computed.
pub fn rows(case: &Case, table: &Table, parameter: &dyn Fn(&str) -> Cell) -> Vec<Row> {
    let people = case.tables.iter().find(|it| it.name == "people").map(own_rows).unwrap_or_default();
    let mut rows = own_rows(table);
    for row in &mut rows {
        if table.name == "shop" {
            let found = people.iter().find(|it| it["id"].is_ok() && it["id"] == row["customer"]);
            for name in ["country", "size"] {
                row.insert(name, found.map_or(Err(Cause::Blank), |found| found[name].clone()));
            }
        }
        for (_, name, formula) in case.computed.iter().filter(|it| it.0 == table.name) {
            let cell = of_row(formula, row, parameter);
            row.insert(name, cell);
        }
    }
    rows
}

fn own_rows(table: &Table) -> Vec<Row> {
    let cell = |cell: &super::tree::Cell| match cell {
        super::tree::Cell::Number(digits, scale) => exact(rational(*digits, *scale)),
        super::tree::Cell::Text(text) => Value::Text((*text).into()),
        super::tree::Cell::Date(day) => Value::Date(*day),
    };
    let named = |row: &Vec<Option<super::tree::Cell>>| {
        let cells = row.iter().map(|it| it.as_ref().map(cell).ok_or(Cause::Blank));
        table.columns.iter().map(|it| it.0).zip(cells).collect()
    };
    table.rows.iter().map(named).collect()
}
