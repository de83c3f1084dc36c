//! Lists the scalar functions with their signatures, documentation and implementations.

use super::Arity::{Many, One, Optional};
use super::ParameterKind::{Any, Date, Ordered, Plain, Quantity, Text};
use super::Run::{One as OneNumber, Two as TwoNumbers, Values};
use super::{Arity, Builtin, Parameter, ParameterKind, Returns, date, number, text};
use crate::value::{Cause, Cell, Value, ops};

const fn parameter(name: &'static str, kind: ParameterKind, arity: Arity) -> Parameter {
    Parameter { name, kind, arity }
}

const NUMBER: &[Parameter] = &[parameter("x", Quantity, One)];
const PLAIN: &[Parameter] = &[parameter("x", Plain, One)];
const ROUNDED: &[Parameter] = &[parameter("x", Quantity, One), parameter("digits", Plain, Optional)];
const COMPARED: &[Parameter] = &[parameter("x", Ordered, One), parameter("y", Ordered, Many)];
const BOUNDED: &[Parameter] =
    &[parameter("x", Ordered, One), parameter("low", Ordered, One), parameter("high", Ordered, One)];
const DIVIDED: &[Parameter] = &[parameter("x", Quantity, One), parameter("divisor", Quantity, One)];
const ALTERNATIVES: &[Parameter] = &[parameter("x", Any, One), parameter("y", Any, Many)];
const ANYTHING: &[Parameter] = &[parameter("x", Any, One)];
const TEXT: &[Parameter] = &[parameter("text", Text, One)];
const TEXT_AND_PART: &[Parameter] = &[parameter("text", Text, One), parameter("part", Text, One)];
const DATE: &[Parameter] = &[parameter("date", Date, One)];

/// All scalar functions. A [`super::BuiltinId`] is an index into this table.
pub(super) const FUNCTIONS: &[Builtin] = &[
    Builtin {
        name: "abs",
        parameters: NUMBER,
        returns: Returns::Argument,
        rows_only: false,
        documentation: "The absolute value.",
        example: "abs(-5)",
        gives: "5",
        run: OneNumber(number::abs),
    },
    Builtin {
        name: "min",
        parameters: COMPARED,
        returns: Returns::Argument,
        rows_only: false,
        documentation: "The smallest of several values. With one argument, the aggregate `min`.",
        example: "min(3, 1, 2)",
        gives: "1",
        run: Values(number::min),
    },
    Builtin {
        name: "max",
        parameters: COMPARED,
        returns: Returns::Argument,
        rows_only: false,
        documentation: "The largest of several values. With one argument, the aggregate `max`.",
        example: "max(3, 1, 2)",
        gives: "3",
        run: Values(number::max),
    },
    Builtin {
        name: "round",
        parameters: ROUNDED,
        returns: Returns::Argument,
        rows_only: false,
        documentation: "Rounds to a number of digits after the decimal point (default 0), half away from zero. \
                        Negative digits round to tens, hundreds and so on.",
        example: "round(2.345, 2)",
        gives: "2.35",
        run: Values(number::round),
    },
    Builtin {
        name: "round_even",
        parameters: ROUNDED,
        returns: Returns::Argument,
        rows_only: false,
        documentation: "Rounds to a number of digits after the decimal point (default 0), half to even. \
                        Negative digits round to tens, hundreds and so on.",
        example: "round_even(2.345, 2)",
        gives: "2.34",
        run: Values(number::round_even),
    },
    Builtin {
        name: "floor",
        parameters: NUMBER,
        returns: Returns::Argument,
        rows_only: false,
        documentation: "The largest whole number that is not greater than the number.",
        example: "floor(-1.5)",
        gives: "-2",
        run: OneNumber(number::floor),
    },
    Builtin {
        name: "ceil",
        parameters: NUMBER,
        returns: Returns::Argument,
        rows_only: false,
        documentation: "The smallest whole number that is not less than the number.",
        example: "ceil(-1.5)",
        gives: "-1",
        run: OneNumber(number::ceil),
    },
    Builtin {
        name: "sqrt",
        parameters: PLAIN,
        returns: Returns::Plain,
        rows_only: false,
        documentation: "The square root; undefined for negative numbers.",
        example: "sqrt(2.25)",
        gives: "1.5",
        run: OneNumber(ops::square_root),
    },
    Builtin {
        name: "exp",
        parameters: PLAIN,
        returns: Returns::Plain,
        rows_only: false,
        documentation: "Euler's number raised to a power.",
        example: "exp(0)",
        gives: "1",
        run: OneNumber(ops::exponential),
    },
    Builtin {
        name: "ln",
        parameters: PLAIN,
        returns: Returns::Plain,
        rows_only: false,
        documentation: "The natural logarithm; undefined for zero and negative numbers.",
        example: "ln(1)",
        gives: "0",
        run: OneNumber(ops::logarithm),
    },
    Builtin {
        name: "log10",
        parameters: PLAIN,
        returns: Returns::Plain,
        rows_only: false,
        documentation: "The decimal logarithm; undefined for zero and negative numbers.",
        example: "log10(1000)",
        gives: "3",
        run: OneNumber(ops::decimal_logarithm),
    },
    Builtin {
        name: "clamp",
        parameters: BOUNDED,
        returns: Returns::Argument,
        rows_only: false,
        documentation: "The value limited to the range from `low` to `high`; undefined if `low` is greater than `high`.",
        example: "clamp(12, 0, 10)",
        gives: "10",
        run: Values(number::clamp),
    },
    Builtin {
        name: "sign",
        parameters: NUMBER,
        returns: Returns::Plain,
        rows_only: false,
        documentation: "-1 for negative numbers, 0 for zero, 1 for positive numbers.",
        example: "sign(-5)",
        gives: "-1",
        run: OneNumber(number::sign),
    },
    Builtin {
        name: "mod",
        parameters: DIVIDED,
        returns: Returns::Argument,
        rows_only: false,
        documentation: "The remainder of a division, with the sign of the divisor: \
                        `x - divisor * floor(x / divisor)`. Undefined for a divisor of zero.",
        example: "mod(-7, 3)",
        gives: "2",
        run: TwoNumbers(number::modulo),
    },
    Builtin {
        name: "coalesce",
        parameters: ALTERNATIVES,
        returns: Returns::Argument,
        rows_only: false,
        documentation: "The first value that is defined; same as `x ?? y`. If none is, undefined for the last one's reason.",
        example: "coalesce(undefined, 0)",
        gives: "0",
        run: Values(first),
    },
    Builtin {
        name: "is_defined",
        parameters: ANYTHING,
        returns: Returns::Boolean,
        rows_only: false,
        documentation: "True if the value is defined.",
        example: "is_defined(1 / 0)",
        gives: "false",
        run: Values(defined),
    },
    Builtin {
        name: "lower",
        parameters: TEXT,
        returns: Returns::Text,
        rows_only: true,
        documentation: "The text in lower case.",
        example: "lower(\"Été\")",
        gives: "\"été\"",
        run: Values(text::lower),
    },
    Builtin {
        name: "upper",
        parameters: TEXT,
        returns: Returns::Text,
        rows_only: true,
        documentation: "The text in upper case.",
        example: "upper(\"été\")",
        gives: "\"ÉTÉ\"",
        run: Values(text::upper),
    },
    Builtin {
        name: "contains",
        parameters: TEXT_AND_PART,
        returns: Returns::Boolean,
        rows_only: true,
        documentation: "True if the text contains the part; case-sensitive.",
        example: "contains(\"newsletter\", \"letter\")",
        gives: "true",
        run: Values(text::contains),
    },
    Builtin {
        name: "starts_with",
        parameters: TEXT_AND_PART,
        returns: Returns::Boolean,
        rows_only: true,
        documentation: "True if the text begins with the part; case-sensitive.",
        example: "starts_with(\"newsletter\", \"new\")",
        gives: "true",
        run: Values(text::starts_with),
    },
    Builtin {
        name: "ends_with",
        parameters: TEXT_AND_PART,
        returns: Returns::Boolean,
        rows_only: true,
        documentation: "True if the text ends with the part; case-sensitive.",
        example: "ends_with(\"newsletter\", \"news\")",
        gives: "false",
        run: Values(text::ends_with),
    },
    Builtin {
        name: "year",
        parameters: DATE,
        returns: Returns::Plain,
        rows_only: false,
        documentation: "The calendar year of a date.",
        example: "year(2026-03-31)",
        gives: "2026",
        run: Values(date::year),
    },
    Builtin {
        name: "quarter",
        parameters: DATE,
        returns: Returns::Plain,
        rows_only: false,
        documentation: "The quarter of the calendar year, 1 to 4.",
        example: "quarter(2026-05-01)",
        gives: "2",
        run: Values(date::quarter),
    },
    Builtin {
        name: "month",
        parameters: DATE,
        returns: Returns::Plain,
        rows_only: false,
        documentation: "The month of a date, 1 to 12.",
        example: "month(2026-03-31)",
        gives: "3",
        run: Values(date::month),
    },
    Builtin {
        name: "week",
        parameters: DATE,
        returns: Returns::Plain,
        rows_only: false,
        documentation: "The ISO week of a date, 1 to 53. The first days of January can belong to the previous year's last week.",
        example: "week(2027-01-01)",
        gives: "53",
        run: Values(date::week),
    },
    Builtin {
        name: "week_year",
        parameters: DATE,
        returns: Returns::Plain,
        rows_only: false,
        documentation: "The year of the ISO week of a date, which is the year of its Thursday.",
        example: "week_year(2027-01-01)",
        gives: "2026",
        run: Values(date::week_year),
    },
    Builtin {
        name: "day",
        parameters: DATE,
        returns: Returns::Plain,
        rows_only: false,
        documentation: "The day of the month, 1 to 31.",
        example: "day(2026-03-31)",
        gives: "31",
        run: Values(date::day),
    },
    Builtin {
        name: "weekday",
        parameters: DATE,
        returns: Returns::Plain,
        rows_only: false,
        documentation: "The day of the week, from Monday = 1 to Sunday = 7.",
        example: "weekday(2026-03-31)",
        gives: "2",
        run: Values(date::weekday),
    },
    Builtin {
        name: "hour",
        parameters: DATE,
        returns: Returns::Plain,
        rows_only: false,
        documentation: "The hour of a moment, 0 to 23; 0 for a date without a time.",
        example: "hour(2026-03-31)",
        gives: "0",
        run: Values(date::hour),
    },
];

/// The caller passes only defined arguments, so the first argument is the result.
fn first(arguments: &[Value]) -> Cell {
    arguments.first().cloned().ok_or(Cause::WrongKind)
}

fn defined(_: &[Value]) -> Cell {
    Ok(Value::Boolean(true))
}
