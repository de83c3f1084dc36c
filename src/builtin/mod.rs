//! The built-in functions: one table of name, signature, documentation and implementation.
//!
//! A scalar function takes values and gives a value; the aggregates, which take rows, are listed beside them with their
//! documentation only: `aggregate` computes them.

mod aggregate;
mod date;
mod number;
mod table;
mod text;

use std::fmt;

pub use aggregate::{
    Aggregate, AggregateFunction, aggregate_of, aggregates, counted_rows, find_aggregate, is_aggregate,
};
pub(crate) use number::{Half, round_to};

use crate::language::Phrase;
use crate::value::ops::Outcome;
use crate::value::{Cause, Cell, Number, Value};

/// A built-in function: its place in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BuiltinId(pub u16);

/// A built-in function of values.
#[derive(Debug)]
pub struct Builtin {
    /// Its name.
    pub name: &'static str,
    /// What it takes, in order.
    pub parameters: &'static [Parameter],
    /// What it gives.
    pub returns: Returns,
    /// Whether it may stand in row expressions and row conditions only.
    pub rows_only: bool,
    /// What it does, in a sentence or two.
    pub documentation: &'static str,
    /// A call of it.
    pub example: &'static str,
    /// What the example gives, spelled as a literal.
    pub gives: &'static str,
    pub(crate) run: Run,
}

/// How a function computes its value.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Run {
    /// From one number.
    One(fn(Number) -> Outcome),
    /// From two numbers.
    Two(fn(Number, Number) -> Outcome),
    /// From values of any kind, any number of them.
    Values(fn(&[Value]) -> Cell),
}

/// What a function takes at one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parameter {
    /// Its name in the documentation.
    pub name: &'static str,
    /// What may stand there.
    pub kind: ParameterKind,
    /// How often.
    pub arity: Arity,
}

/// What may stand for a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ParameterKind {
    /// A number of any unit. All such arguments of one call have the same unit.
    Quantity,
    /// A number without a unit.
    Plain,
    /// A number of any unit, or a date: what has an order. All such arguments of one call agree in type and unit.
    Ordered,
    /// Anything. All such arguments of one call agree in type and unit.
    Any,
    /// A text.
    Text,
    /// A date.
    Date,
}

/// How often a parameter may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Arity {
    /// Exactly once.
    One,
    /// Once or not at all; only at the end.
    Optional,
    /// Once or more; only at the end.
    Many,
}

/// The type of a function's result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Returns {
    /// Type and unit of the first argument.
    Argument,
    /// A number without a unit.
    Plain,
    /// A text.
    Text,
    /// A truth value.
    Boolean,
}

/// All functions, in the order of their ids.
pub fn all() -> &'static [Builtin] {
    table::FUNCTIONS
}

/// The function of that name.
pub fn find(name: &str) -> Option<BuiltinId> {
    let index = all().iter().position(|function| function.name == name)?;
    Some(BuiltinId(u16::try_from(index).expect("the table is far shorter")))
}

/// Whether the language has a function or an aggregate of that name.
pub fn is_built_in(name: &str) -> bool {
    find(name).is_some() || find_aggregate(name).is_some()
}

/// The function with that id, which must come from [`find`].
pub fn get(id: BuiltinId) -> &'static Builtin {
    &all()[usize::from(id.0)]
}

/// The least and the largest number of arguments of an aggregate or a built-in; None where it is neither.
pub fn arity(function: &str) -> Option<(usize, usize)> {
    let scalar = find(function).map(get).map(|it| (it.least(), it.most().unwrap_or(usize::MAX)));
    let aggregate = find_aggregate(function).map(|entry| (entry.function.arity(), entry.function.arity()));
    match (aggregate, scalar) {
        (Some((least, _)), Some((_, most))) => Some((least, most)),
        (aggregate, scalar) => aggregate.or(scalar),
    }
}

/// How an aggregate or a built-in is called; None where it is neither.
pub fn signature(function: &str) -> Option<String> {
    if let Some(aggregate) = find_aggregate(function) {
        return aggregate.signature.split(", count(").next().map(str::to_owned);
    }
    Some(get(find(function)?).signature())
}

impl Builtin {
    /// How it rounds, where its name does not say it.
    pub(crate) fn rounding(&self) -> Option<Phrase> {
        match self.name {
            "round" => Some(Phrase::RoundsHalfUp),
            "round_even" => Some(Phrase::RoundsHalfEven),
            _ => None,
        }
    }

    /// Its value for these arguments; see [`Builtin::least`] and [`Builtin::most`] for how many.
    ///
    /// # Errors
    /// [`Cause::WrongKind`] where an argument is of a kind, or their number is one, that the function does not take;
    /// else what its documentation says.
    pub fn call(&self, arguments: &[Value]) -> Cell {
        if arguments.len() < self.least() || self.most().is_some_and(|most| arguments.len() > most) {
            return Err(Cause::WrongKind);
        }
        match (self.run, arguments) {
            (Run::One(of), [Value::Number(x)]) => of(*x).map(Value::Number),
            (Run::Two(of), [Value::Number(x), Value::Number(y)]) => of(*x, *y).map(Value::Number),
            (Run::Values(of), _) => of(arguments),
            _ => Err(Cause::WrongKind),
        }
    }

    /// The least number of arguments.
    pub fn least(&self) -> usize {
        self.parameters.iter().filter(|parameter| parameter.arity != Arity::Optional).count()
    }

    /// The largest number of arguments; None where there is none.
    pub fn most(&self) -> Option<usize> {
        let endless = self.parameters.iter().any(|parameter| parameter.arity == Arity::Many);
        (!endless).then_some(self.parameters.len())
    }

    /// The parameter that the argument at `index` stands for.
    pub fn parameter(&self, index: usize) -> Option<&'static Parameter> {
        let last = self.parameters.last().filter(|last| last.arity == Arity::Many);
        self.parameters.get(index).or(last)
    }

    /// How it is called: `round(x, digits?)`, `min(x, y, …)`.
    pub fn signature(&self) -> String {
        let parameters: Vec<String> = self.parameters.iter().map(Parameter::to_string).collect();
        format!("{}({})", self.name, parameters.join(", "))
    }
}

impl fmt::Display for Parameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)?;
        match self.arity {
            Arity::One => Ok(()),
            Arity::Optional => f.write_str("?"),
            Arity::Many => f.write_str(", …"),
        }
    }
}

#[cfg(test)]
mod tests;
