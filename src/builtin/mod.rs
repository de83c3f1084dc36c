//! Defines the built-in functions in one table of names, signatures, documentation and implementations.
//!
//! A scalar function takes values and returns a value. Aggregates take rows; this module only lists and documents them,
//! and the module `aggregate` of the crate computes them.

mod aggregate;
mod date;
mod number;
mod table;
mod text;

use std::fmt;

pub use aggregate::{
    Aggregate, AggregateFunction, aggregate_of, aggregates, counted_rows, find_aggregate, is_aggregate, is_of_period,
};
pub(crate) use number::{Half, round_to};

use crate::language::Phrase;
use crate::value::calendar::{Calendar, Grain};
use crate::value::ops::Outcome;
use crate::value::{Cause, Cell, Number, Value};

/// The id of a built-in function: its index in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BuiltinId(pub u16);

/// A built-in scalar function.
#[derive(Debug)]
pub struct Builtin {
    /// The name in formulas.
    pub name: &'static str,
    /// The parameters in order.
    pub parameters: &'static [Parameter],
    /// The type of the result.
    pub returns: Returns,
    /// True if the function is only allowed in row expressions and row conditions.
    pub rows_only: bool,
    /// A description in one or two sentences.
    pub documentation: &'static str,
    /// An example of a call.
    pub example: &'static str,
    /// The result of the example, written as a literal.
    pub gives: &'static str,
    pub(crate) run: Run,
}

/// The implementation of a function.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Run {
    /// Takes one number.
    One(fn(Number) -> Outcome),
    /// Takes two numbers.
    Two(fn(Number, Number) -> Outcome),
    /// Takes any number of values of any type.
    Values(fn(&[Value]) -> Cell),
    /// Depends on the period of the group, and is computed with it. [`Builtin::call`] has no such period.
    Period,
    /// Takes values and the calendar. A call passes the calendar as a period after the other arguments.
    Calendar(fn(Calendar, &[Value]) -> Cell),
}

/// A parameter of a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parameter {
    /// The name in the documentation.
    pub name: &'static str,
    /// The kind of arguments that it accepts.
    pub kind: ParameterKind,
    /// The number of arguments that it accepts.
    pub arity: Arity,
}

/// The kind of arguments that a parameter accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ParameterKind {
    /// A number of any unit. All such arguments of one call have the same unit.
    Quantity,
    /// A number without a unit.
    Plain,
    /// A number of any unit, or a date. All such arguments of one call have the same type and unit.
    Ordered,
    /// A value of any type. All such arguments of one call have the same type and unit.
    Any,
    /// A text.
    Text,
    /// A date.
    Date,
}

/// The number of arguments that a parameter accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Arity {
    /// Exactly once.
    One,
    /// At most once; only for the last parameter.
    Optional,
    /// At least once; only for the last parameter.
    Many,
}

/// The type of a function's result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Returns {
    /// The type and unit of the first argument.
    Argument,
    /// A number without a unit.
    Plain,
    /// A text.
    Text,
    /// A truth value.
    Boolean,
    /// A day.
    Date,
    /// A period of this grain.
    Period(Grain),
}

/// All functions, in the order of their ids.
pub fn all() -> &'static [Builtin] {
    table::FUNCTIONS
}

/// Finds a function by name.
pub fn find(name: &str) -> Option<BuiltinId> {
    let index = all().iter().position(|function| function.name == name)?;
    Some(BuiltinId(u16::try_from(index).expect("the table has fewer than 65,536 entries")))
}

/// Returns true if the language has a function or an aggregate with this name.
pub fn is_built_in(name: &str) -> bool {
    find(name).is_some() || find_aggregate(name).is_some()
}

/// The function that gives the period of a grain that holds a date.
pub(crate) fn period_of(grain: Grain) -> BuiltinId {
    let name = match grain {
        Grain::Hour | Grain::Day => "day_of",
        Grain::Week => "week_of",
        Grain::Month => "month_of",
        Grain::Quarter => "quarter_of",
        Grain::Half => "half_of",
        Grain::Year => "year_of",
    };
    find(name).expect("the table has these functions")
}

/// The function with this id, which must come from [`find`].
pub fn get(id: BuiltinId) -> &'static Builtin {
    &all()[usize::from(id.0)]
}

/// The least and the largest number of arguments of a function or an aggregate, or `None` for an unknown name.
pub fn arity(function: &str) -> Option<(usize, usize)> {
    let scalar = find(function).map(get).map(|it| (it.least(), it.most().unwrap_or(usize::MAX)));
    let aggregate = find_aggregate(function).map(|entry| (entry.function.arity(), entry.function.arity()));
    match (aggregate, scalar) {
        (Some((least, _)), Some((_, most))) => Some((least, most)),
        (aggregate, scalar) => aggregate.or(scalar),
    }
}

/// The signature of a function or an aggregate, or `None` for an unknown name.
pub fn signature(function: &str) -> Option<String> {
    if let Some(aggregate) = find_aggregate(function) {
        return aggregate.signature.split(", count(").next().map(str::to_owned);
    }
    Some(get(find(function)?).signature())
}

impl Builtin {
    /// A phrase that describes how the function rounds, if its name does not say so.
    pub(crate) fn rounding(&self) -> Option<Phrase> {
        match self.name {
            "round" => Some(Phrase::RoundsHalfUp),
            "round_even" => Some(Phrase::RoundsHalfEven),
            _ => None,
        }
    }

    /// Computes the value for these arguments. [`Builtin::least`] and [`Builtin::most`] give their number.
    ///
    /// # Errors
    /// [`Cause::WrongKind`] if the function does not accept the type of an argument or the number of arguments. Other
    /// causes are in the documentation of each function.
    pub fn call(&self, arguments: &[Value]) -> Cell {
        if let Run::Calendar(of) = self.run {
            let (Value::Date(period), arguments) = arguments.split_last().ok_or(Cause::WrongKind)? else {
                return Err(Cause::WrongKind);
            };
            let (calendar, _) = period.period().ok_or(Cause::WrongKind)?;
            return of(calendar, arguments);
        }
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

    /// Returns true if the function depends on the calendar, which is then its last argument.
    pub(crate) fn uses_calendar(&self) -> bool {
        matches!(self.run, Run::Calendar(_))
    }

    /// Returns true if the function depends on the period of the group.
    pub(crate) fn is_of_period(&self) -> bool {
        matches!(self.run, Run::Period)
    }

    /// The least number of arguments.
    pub fn least(&self) -> usize {
        self.parameters.iter().filter(|parameter| parameter.arity != Arity::Optional).count()
    }

    /// The largest number of arguments, or `None` if it is unlimited.
    pub fn most(&self) -> Option<usize> {
        let endless = self.parameters.iter().any(|parameter| parameter.arity == Arity::Many);
        (!endless).then_some(self.parameters.len())
    }

    /// The parameter to which the argument at `index` belongs.
    pub fn parameter(&self, index: usize) -> Option<&'static Parameter> {
        let last = self.parameters.last().filter(|last| last.arity == Arity::Many);
        self.parameters.get(index).or(last)
    }

    /// The signature: `round(x, digits?)`, `min(x, y, …)`.
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
