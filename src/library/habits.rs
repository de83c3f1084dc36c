//! Turns a call of another tool's function into a hint that shows the equivalent formula, with the same arguments.
//!
//! The table has one line for each group of functions: their names, a hint for each number of arguments, and a general
//! hint for all other calls. A hint can contain these placeholders for the arguments of the call:
//!
//! | placeholder | replaced by |
//! |---|---|
//! | `{1}` | the first argument, in parentheses if an operator needs them |
//! | `{*}` | all arguments with their clauses |
//! | `{2,}`, `{1&}`, <code>{1&#124;}</code> | the arguments from that one on, joined by `,`, `and`, `or` |
//! | `{1~2}`, `{2~}` | conditions from pairs of a column and a criterion: one pair, all pairs from that argument on |
//! | `{2%}` | the argument as a fraction: `90` is `90%` |
//! | `{1?}` | the argument, which must be a condition |
//! | `{2-}` | nothing: the argument is left out |
//! | `{2<}` | a number of periods ago: `previous`, `12 periods ago` |

use crate::builtin::is_built_in;
use crate::syntax::ast::{BinaryOp, Call, Expr, ExprKind, Path, UnaryOp};
use crate::syntax::{format_expr, spelled};

/// Names in lower case, hints with arguments, and the general hint without arguments.
type Habit = (&'static [&'static str], &'static [&'static str], &'static str);

const SOME_ROWS: &str = "select rows with `where`: `sum(x where channel = \"web\")`";
const CHOICE: &str = "write `if … then … else if … then … else …`";
const CONDITIONS: &str = "combine conditions with `and` and `or`: `x > 1 and y > 1`";
const RANKED: &str = "sort the result: `--by channel --sort=-revenue`, and show the first ten with `--limit 10`";
const LOOKED_UP: &str = "declare a lookup in the dataset's block: `dataset orders { lookup customers on customer_id }`";
const TEXTS: &str = "compare texts with `starts_with(x, \"…\")`, `ends_with`, `contains` or `=`; to change texts, prepare the column in the data";
const JOINED: &str = "texts cannot be concatenated; to group by several columns, write `--by country,channel`";
const PERIODS: &str =
    "select periods in the query: `--by month`; for another time, write a context: `x[previous]`, `x[1 year ago]`";
const A_DATE: &str = "write a date as `2026-03-31`; declare a column of dates in its dataset: `hired: date`";
const BLANKS: &str = "to count blank cells, write `count(leads where not is_defined(x))`";

/// Names of other tools for `period_days()` and `elapsed_days()`.
const PERIOD_LENGTHS: &[&str] = &[
    "days_in_period",
    "days_of_period",
    "days_in_month",
    "daysinmonth",
    "month_days",
    "num_days",
    "number_of_days",
    "n_days",
    "period_length",
];
const ELAPSED_LENGTHS: &[&str] = &["days_elapsed", "days_so_far", "days_to_date", "days_passed", "days_gone"];

/// The hint for a name that means the length of a period.
pub fn period_length(name: &str) -> Option<&'static str> {
    let name = name.to_lowercase();
    match &*name {
        "period_days" => return Some("it is a function: write `period_days()`"),
        "elapsed_days" => return Some("it is a function: write `elapsed_days()`"),
        _ => {}
    }
    let is_one = |names: &[&str]| names.contains(&&*name);
    match (is_one(PERIOD_LENGTHS), is_one(ELAPSED_LENGTHS)) {
        (true, _) => Some("for the days of the period, write `period_days()`"),
        (_, true) => Some("for the days of the period up to the end of the data, write `elapsed_days()`"),
        _ => None,
    }
}

#[rustfmt::skip] // One entry per line keeps the table readable.
const HABITS: &[Habit] = &[
    // Aggregates.
    (&["mean", "average", "averge", "avarage", "averagea"], &["write `avg({*})`"], "for the mean, write `avg(x)`"),
    (&["total", "sums"], &["write `sum({*})`"], "for a total, write `sum(x)`"),
    (&["sumif", "sum_if"], &["write `sum({1} where {1~2})`", "write `sum({3} where {1~2})`"], SOME_ROWS),
    (&["sumifs"], &["write `sum({1} where {2~})`"], SOME_ROWS),
    (&["countif", "countifs", "count_if"], &["write `count(leads where {1?})`, with your dataset in place of `leads`", "write `count({1} where {1~})`"], "to count rows, write `count(leads where channel = \"web\")`"),
    (&["averageif", "avgif", "avg_if"], &["write `avg({1} where {1~2})`", "write `avg({3} where {1~2})`"], SOME_ROWS),
    (&["averageifs"], &["write `avg({1} where {2~})`"], SOME_ROWS),
    (&["minifs"], &["write `min({1} where {2~})`"], SOME_ROWS),
    (&["maxifs"], &["write `max({1} where {2~})`"], SOME_ROWS),
    (&["sumproduct"], &["write `sum({1})`", "write `sum({1} * {2})`", "write `sum({1} * {2} * {3})`"], "for a total of products, write `sum(price * quantity)`"),
    (&["sumx"], &["write `sum({2})`"], "for a total, write `sum(x)`"),
    (&["averagex"], &["write `avg({2})`"], "for the mean, write `avg(x)`"),
    (&["minx"], &["write `min({2})`"], "for the least value, write `min(x)`"),
    (&["maxx"], &["write `max({2})`"], "for the greatest value, write `max(x)`"),
    (&["countrows", "counta", "len_rows"], &["write `count({1})`"], "to count rows, write `count(leads)`"),
    (&["countblank"], &["write `count(leads where not is_defined({1}))`, with your dataset in place of `leads`"], BLANKS),
    (&["distinct", "unique", "nunique", "countd", "n_distinct", "count_distinct", "countdistinct", "distinctcount", "countunique", "approx_count_distinct"], &["write `count(distinct {1})`"], "to count distinct values, write `count(distinct x)`"),
    (&["percentile", "percentile_cont", "percentile_disc", "percentile_inc", "approx_percentile"], &["write `quantile(x, {1%})`, with your column in place of `x`", "write `quantile({1}, {2%})`"], "for a percentile, write `quantile(x, 90%)`"),
    (&["quartile"], &[], "for the quartiles, write `quantile(x, 25%)`, `median(x)` and `quantile(x, 75%)`"),
    (&["stdev", "std", "stdev_s", "stddev_samp"], &["write `stddev({1})`"], "for the standard deviation of a sample, write `stddev(x)`"),
    (&["stdevp", "stdev_p"], &["write `stddev_pop({1})`"], "for the standard deviation of a population, write `stddev_pop(x)`"),
    (&["var", "var_s", "var_samp"], &["write `variance({1})`"], "for the variance of a sample, write `variance(x)`"),
    (&["varp", "var_p", "var_pop"], &["write `variance_pop({1})`"], "for the variance of a population, write `variance_pop(x)`"),
    (&["first_value", "firstnonblank"], &["write `first({*})`"], "for the first value, write `first(x)`"),
    (&["last_value", "lastnonblank"], &["write `last({*})`"], "for the last value, write `last(x)`"),
    // Blanks and choices.
    (&["iferror", "ifna", "ifnull", "nvl"], &["write `{1} ?? {2}`"], "to replace an undefined value, write `x ?? 0`"),
    (&["isnull"], &["write `not is_defined({1})`", "write `{1} ?? {2}`"], "to test whether a value is undefined, write `not is_defined(x)`"),
    (&["zn"], &["write `{1} ?? 0`"], "to replace an undefined value, write `x ?? 0`"),
    (&["isblank", "isna", "iserror", "iserr", "is_null", "isnan", "is_nan", "isempty"], &["write `not is_defined({1})`"], "to test whether a value is undefined, write `not is_defined(x)`"),
    (&["isnumber", "isnotnull", "notnull", "is_not_null"], &["write `is_defined({1})`"], "to test whether a value is defined, write `is_defined(x)`"),
    (&["divide", "safe_divide", "div0", "safedivide"], &["write `{1} / {2}`, which is undefined if the divisor is 0", "write `({1} / {2}) ?? {3}`"], "write `x / y`, which is undefined if `y` is 0, or `(x / y) ?? 0` for another value"),
    (&["nullif"], &["write `if {1} = {2} then undefined else {1}`; division by 0 is already undefined"], "write `x / y`, which is undefined if `y` is 0"),
    (&["if", "iif", "ifelse", "if_else"], &["write `if {1} then {2} else undefined`", "write `if {1} then {2} else {3}`"], CHOICE),
    (&["ifs", "choose", "decode", "case"], &[], CHOICE),
    (&["switch"], &["write `if {1} = {2} then {3} else undefined`", "write `if {1} = {2} then {3} else {4}`"], CHOICE),
    (&["and"], &["write `{1&}`"], CONDITIONS),
    (&["or"], &["write `{1|}`"], CONDITIONS),
    (&["not"], &["write `not ({1})`"], CONDITIONS),
    (&["xor"], &["write `{1} != {2}`"], "for exactly one of two conditions, write `x != y`"),
    // Numbers.
    (&["power", "pow"], &["write `{1} ^ {2}`"], "for a power, write `x ^ 2`"),
    (&["log"], &["write `ln({1})` or `log10({1})`", "write `ln({1}) / ln({2})`"], "for logarithms, write `ln(x)` or `log10(x)`"),
    (&["log2"], &["write `ln({1}) / ln(2)`"], "for logarithms, write `ln(x)` or `log10(x)`"),
    (&["roundup", "ceiling"], &["write `ceil({1})`"], "to round up, write `ceil(x)`"),
    (&["rounddown", "trunc", "truncate", "int"], &["write `floor({1})`"], "to round down, write `floor(x)`"),
    (&["quotient"], &["write `floor({1} / {2})`"], "for a whole quotient, write `floor(x / y)`"),
    (&["greatest"], &["write `max({*})`"], "for the greatest of several values, write `max(x, y)`"),
    (&["least"], &["write `min({*})`"], "for the least of several values, write `min(x, y)`"),
    (&["cast", "convert", "try_cast", "to_number", "tonumber", "value", "numbervalue", "float", "decimal", "number", "str", "text", "to_char"], &["a value needs no conversion: write `{1}`", "a value needs no conversion: write `{1}`{2-}"], "a value needs no conversion; declare the type of a column in its dataset: `amount: number`"),
    // Texts.
    (&["concat", "concatenate", "concat_ws"], &["texts cannot be concatenated; to group by both, write `--by {1},{2}`"], JOINED),
    (&["textjoin", "string_agg", "listagg", "group_concat", "array_agg"], &[], JOINED),
    (&["len", "length", "char_length", "left", "right", "mid", "substr", "substring", "trim", "replace", "substitute", "split"], &[], TEXTS),
    (&["find", "search"], &["write `contains({2}, {1})`"], TEXTS),
    (&["instr", "strpos", "containsstring", "regexp_contains", "regexp_like"], &["write `contains({1}, {2})`"], TEXTS),
    (&["startswith", "begins_with"], &["write `starts_with({*})`"], TEXTS),
    (&["endswith"], &["write `ends_with({*})`"], TEXTS),
    (&["lcase", "tolower", "to_lower"], &["write `lower({1})`"], "for lower case, write `lower(x)`"),
    (&["ucase", "toupper", "to_upper", "proper"], &["write `upper({1})`"], "for upper case, write `upper(x)`"),
    // Dates and periods.
    (&["datediff", "datedif", "date_diff", "days_between"], &["write `{2} - {1}` for the time from the first date to the second"], "for the time between two dates, write `shipped - ordered`"),
    (&["days"], &["write `{1} - {2}`"], "for the time between two dates, write `shipped - ordered`"),
    (&["date", "datevalue", "to_date", "str_to_date", "datefromparts", "make_date", "timestamp", "datetime"], &[], A_DATE),
    (&["today", "now", "getdate", "current_date", "current_timestamp", "sysdate", "curdate"], &[], "formulas cannot read today's date; declare a parameter: `param today = 2026-03-31`"),
    (&["eomonth", "endofmonth", "startofmonth", "last_day", "date_trunc", "datetrunc", "date_part", "datepart", "extract", "strftime", "date_format"], &[], "for the parts of a date, write `year(x)`, `quarter(x)`, `month(x)`, `week(x)` or `day(x)`; to group results by month, add `--by month`"),
    (&["weeknum", "isoweeknum", "weekofyear", "isoweek"], &["write `week({1})`"], "for the week of a date, write `week(x)`"),
    (&["dayofweek", "day_of_week", "dow"], &["write `weekday({1})`"], "for the day of the week, write `weekday(x)`"),
    (&["dayofmonth", "day_of_month"], &["write `day({1})`"], "for the day of the month, write `day(x)`"),
    (&["previous", "lag", "prior", "prev", "shift"], &["write `{1}[previous]`", "write `{1}[{2<}]`"], "for the previous period, write the context `x[previous]`"),
    (&["lead", "next", "nextmonth"], &[], "a formula can only read earlier periods: `x[previous]`, `x[1 year ago]`"),
    (&["dateadd", "date_add", "date_sub", "edate", "add_months"], &[], "for another time, write a context: `x[1 year ago]`; to move a date, add days: `ordered + 30 days`"),
    (&["previousmonth", "previousyear", "previousquarter", "previousday", "parallelperiod", "datesinperiod", "datesbetween"], &[], PERIODS),
    (&["sameperiodlastyear", "last_year", "prior_year"], &["for another time, write a context: `x[1 year ago]`"], "for another time, write a context: `x[1 year ago]`"),
    (&["ytd", "totalytd", "datesytd"], &["write `{1}[year to date]`", "write `{1}[year to date]`{2-}"], "for the year so far, write the context `x[year to date]`"),
    (&["qtd", "totalqtd", "datesqtd"], &["write `{1}[quarter to date]`", "write `{1}[quarter to date]`{2-}"], "for the quarter so far, write the context `x[quarter to date]`"),
    (&["mtd", "totalmtd", "datesmtd"], &["write `{1}[month to date]`", "write `{1}[month to date]`{2-}"], "for the month so far, write the context `x[month to date]`"),
    (&["cumsum", "cumulative", "running_total", "runningtotal", "running_sum", "runningsum"], &["write `{1}[to date]`"], "for a running total, write the context `x[to date]`"),
    (&["rolling", "moving_average", "movingaverage", "moving_avg", "window_sum", "window_avg", "rolling_mean", "rolling_sum"], &[], "for a window, write the context `x[last 3 months]`"),
    (&["pct_change", "percent_change", "percentchange"], &["write `{1} / {1}[previous] - 1`"], "for a relative change, write `x / x[previous] - 1`"),
    (PERIOD_LENGTHS, &[], "for the days of the group's period, write `period_days()`; for those of a date's month, `days_in(month_of(x))`"),
    (ELAPSED_LENGTHS, &[], "for the days up to the end of the data, write `elapsed_days()`"),
    // Queries.
    (&["calculate"], &["write `{1}`", "write `{1}[{2,}]`"], "for a condition, write the context `x[channel = \"web\"]`"),
    (&["all", "allexcept", "allselected", "removefilters"], &[], "for the value without the query's groups, write `x[all]`"),
    (&["rank", "dense_rank", "row_number", "rankx", "ntile", "percent_rank", "large", "small", "topn", "nlargest", "nsmallest"], &["sort the result: `--by channel --sort '-{1}'`"], RANKED),
    (&["vlookup", "xlookup", "hlookup", "lookup", "index", "match", "related", "relatedtable", "lookupvalue", "merge", "join"], &[], LOOKED_UP),
];

/// A hint for a call of another tool's function.
pub fn call(call: &Call) -> Option<String> {
    let name = call.function.text.to_lowercase();
    let (_, hints, rule) = HABITS.iter().find(|(names, ..)| names.contains(&&*name))?;
    let filled = hints.iter().find_map(|hint| filled(hint, call));
    Some(filled.unwrap_or_else(|| (*rule).to_owned()))
}

/// The text of a call with another function name.
pub fn renamed(call: &Call, name: &str) -> String {
    format!("{name}({})", all_arguments(call))
}

/// A hint for a value that other tools write differently, if the data have no such column.
pub fn value(path: &Path) -> Option<String> {
    let Path { qualifier: None, name, .. } = path else { return None };
    Some(match &*name.text.to_lowercase() {
        "true" | "yes" => "write `true` for a truth value".into(),
        "false" | "no" => "write `false` for a truth value".into(),
        "null" | "none" | "nil" | "nan" | "na" | "blank" => {
            "write `undefined` for a missing value, or `is_defined(x)` to test for a value".into()
        }
        _ => return None,
    })
}

/// A hint for `sales[amount]`, which names a column in a spreadsheet's model.
pub fn bracketed_column(operand: &Expr, condition: &Expr) -> Option<String> {
    match (&*operand.kind, &*condition.kind) {
        (
            ExprKind::Path(Path { qualifier: None, name: dataset, .. }),
            ExprKind::Path(Path { qualifier: None, name: column, .. }),
        ) => Some(format!("write `{}.{}`", spelled(&dataset.text), spelled(&column.text))),
        _ => None,
    }
}

/// The context for a number in brackets: `-1` is the previous period.
pub fn offset(condition: &Expr) -> Option<String> {
    let ExprKind::Unary { op: UnaryOp::Negate, operand, .. } = &*condition.unparenthesized().kind else { return None };
    let ExprKind::Number(number) = &*operand.kind else { return None };
    let plain = !number.percent && number.unit.is_none() && number.digits.chars().all(|digit| digit.is_ascii_digit());
    plain.then(|| ago(&number.digits))
}

fn ago(periods: &str) -> String {
    if periods == "1" { "previous".into() } else { format!("{periods} periods ago") }
}

/// Fills in the arguments; None if the hint takes another number of arguments.
fn filled(hint: &str, call: &Call) -> Option<String> {
    let (mut text, mut rest, mut most, mut open) = (String::new(), hint, 0, false);
    while let Some((before, placeholder, after)) = next_placeholder(rest) {
        text.push_str(before);
        let (value, last) = value_of(placeholder, call)?;
        let grouped = is_operand(before, after) && last.is_some();
        text.push_str(&if grouped { operand(call, placeholder, value) } else { value });
        open |= last.is_none();
        most = most.max(last.unwrap_or_default());
        rest = after;
    }
    text.push_str(rest);
    (open || most == call.arguments.len()).then(|| lower_calls(&text))
}

fn next_placeholder(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('{')?;
    let (placeholder, after) = rest.split_once('}')?;
    Some((before, placeholder, after))
}

/// The text that replaces a placeholder, and the last argument that it reads; None if it reads all.
fn value_of(placeholder: &str, call: &Call) -> Option<(String, Option<usize>)> {
    if placeholder == "*" {
        return Some((all_arguments(call), None));
    }
    let first: usize = placeholder[..1].parse().ok()?;
    let from = call.arguments.get(first.checked_sub(1)?..).filter(|arguments| !arguments.is_empty())?;
    let joined = |by: &str| from.iter().map(condition_text).collect::<Vec<_>>().join(by);
    Some(match &placeholder[1..] {
        "," => (from.iter().map(format_expr).collect::<Vec<_>>().join(", "), None),
        "&" => (joined(" and "), None),
        "|" => (joined(" or "), None),
        "~2" => (criterion(from.first()?, from.get(1)?), Some(2)),
        "~" if from.len() % 2 == 0 => {
            let pairs = from.chunks(2).map(|pair| criterion(&pair[0], &pair[1]));
            (pairs.collect::<Vec<_>>().join(" and "), None)
        }
        "~" => return None,
        "%" => (fraction(&from[0]), Some(first)),
        "?" => (Some(&from[0]).filter(|argument| is_condition(argument)).map(format_expr)?, Some(first)),
        "-" => (String::new(), Some(first)),
        "<" => (ago(&format_expr(&from[0])), Some(first)),
        _ => (format_expr(&from[0]), Some(first)),
    })
}

/// Returns true if an operator precedes or follows a placeholder.
fn is_operand(before: &str, after: &str) -> bool {
    const OPERATORS: [char; 10] = ['+', '-', '*', '/', '^', '?', '=', '<', '>', '['];
    let after = after.trim_start();
    before.trim_end().ends_with(&OPERATORS[..9]) || after.starts_with(OPERATORS) || after.starts_with("!=")
}

/// Puts an argument in parentheses if it contains operators.
fn operand(call: &Call, placeholder: &str, text: String) -> String {
    let argument = placeholder.parse::<usize>().ok().and_then(|at| call.arguments.get(at - 1));
    match argument.map(|argument| &*argument.kind) {
        Some(
            ExprKind::Chain { .. }
            | ExprKind::Binary { .. }
            | ExprKind::Unary { .. }
            | ExprKind::If { .. }
            | ExprKind::In { .. }
            | ExprKind::Between { .. },
        ) => format!("({text})"),
        _ => text,
    }
}

/// The text of a condition among others; an `or` or a choice is put in parentheses.
fn condition_text(expr: &Expr) -> String {
    let text = format_expr(expr);
    if matches!(&*expr.kind, ExprKind::Chain { .. } | ExprKind::If { .. }) { format!("({text})") } else { text }
}

fn all_arguments(call: &Call) -> String {
    let expr = Expr { kind: Box::new(ExprKind::Call(call.clone())), span: call.function.span };
    let text = format_expr(&expr);
    let inside = text.find('(').map_or("", |open| &text[open + 1..]);
    inside.strip_suffix(')').unwrap_or(inside).to_owned()
}

/// Returns true if an expression is a comparison or a combination of comparisons.
fn is_condition(expr: &Expr) -> bool {
    match &*expr.kind {
        ExprKind::Chain { rest, .. } => rest.iter().all(|link| matches!(link.op, BinaryOp::And | BinaryOp::Or)),
        ExprKind::Binary { op, .. } => *op != BinaryOp::Power,
        ExprKind::Unary { op, .. } => *op == UnaryOp::Not,
        ExprKind::In { .. } | ExprKind::Between { .. } => true,
        _ => false,
    }
}

/// The condition for a criterion: `">1"` for `x` gives `x > 1`. A condition is returned unchanged.
fn criterion(column: &Expr, criterion: &Expr) -> String {
    const OPERATORS: [(&str, &str); 6] = [(">=", ">="), ("<=", "<="), ("<>", "!="), (">", ">"), ("<", "<"), ("=", "=")];
    let name = format_expr(column);
    let text = match &*criterion.kind {
        ExprKind::Text(text) => text.trim(),
        _ if is_condition(criterion) => return condition_text(criterion),
        _ => return format!("{name} = {}", format_expr(criterion)),
    };
    if let Some((sign, operator)) = OPERATORS.iter().find(|(sign, _)| text.starts_with(sign)) {
        return format!("{name} {operator} {}", literal(text[sign.len()..].trim()));
    }
    match (text.strip_prefix('*'), text.strip_suffix('*')) {
        (Some(_), Some(_)) => format!("contains({name}, \"{}\")", text.trim_matches('*')),
        (Some(end), None) => format!("ends_with({name}, \"{end}\")"),
        (None, Some(start)) => format!("starts_with({name}, \"{start}\")"),
        (None, None) => format!("{name} = \"{text}\""),
    }
}

/// A number unchanged, anything else as a text.
fn literal(text: &str) -> String {
    let number = text.starts_with(|first: char| first.is_ascii_digit() || first == '-')
        && text.chars().all(|letter| letter.is_ascii_digit() || matches!(letter, '.' | '-'));
    if number { text.to_owned() } else { format!("\"{text}\"") }
}

fn fraction(expr: &Expr) -> String {
    let text = format_expr(expr);
    let ExprKind::Number(number) = &*expr.kind else { return text };
    let is_fraction = number.percent || number.digits.starts_with("0.") || matches!(&*number.digits, "0" | "1");
    if is_fraction { text } else { format!("{text}%") }
}

/// Converts upper-case calls of built-in functions to lower case, outside quotes.
fn lower_calls(text: &str) -> String {
    let mut quoted = false;
    let pieces = text.split_inclusive(|letter: char| !letter.is_alphanumeric() && letter != '_');
    let lowered = pieces.map(|piece| {
        let name = piece.strip_suffix('(').map(str::to_lowercase);
        let known = name.filter(|name| !quoted && is_built_in(name));
        quoted ^= piece.ends_with('"');
        known.map_or_else(|| piece.to_owned(), |name| format!("{name}("))
    });
    lowered.collect()
}
