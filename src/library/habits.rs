//! Turns a call of another tool's function into the hint that says what to write here, with the arguments as written.
//!
//! The table has one line for each habit: the names, a hint for each number of arguments, and the rule for all others. In a
//! hint stand for the arguments of the call:
//!
//! | written | stands for |
//! |---|---|
//! | `{1}` | the first argument, in parentheses where an operator needs them |
//! | `{*}` | all arguments with their clauses |
//! | `{2,}`, `{1&}`, <code>{1&#124;}</code> | the arguments from that one on, joined by `,`, `and`, `or` |
//! | `{1~2}`, `{2~}` | the conditions that pairs of a column and a criterion make: the two arguments, all pairs from that one on |
//! | `{2%}` | the argument as a fraction: `90` is `90%` |
//! | `{1?}` | the argument, which has to be a condition |
//! | `{2-}` | nothing: an argument that is left out |
//! | `{2<}` | that many periods ago: `previous`, `12 periods ago` |

use crate::builtin::is_built_in;
use crate::syntax::ast::{BinaryOp, Call, Expr, ExprKind, Path, UnaryOp};
use crate::syntax::{format_expr, spelled};

/// Names in lower case, hints by the arguments they take, and the rule without arguments.
type Habit = (&'static [&'static str], &'static [&'static str], &'static str);

const SOME_ROWS: &str = "only some rows are read with `where`: `sum(x where channel = \"web\")`";
const CHOICE: &str = "a choice is written `if … then … else if … then … else …`";
const CONDITIONS: &str = "conditions are joined by `and` and `or`: `x > 1 and y > 1`";
const RANKED: &str =
    "a result is ranked by sorting it: `--by channel --sort=-revenue`, the first ten with `--limit 10`";
const LOOKED_UP: &str = "columns of another table are looked up in the dataset's block: `dataset orders { lookup customers on customer_id }`";
const TEXTS: &str = "texts are compared with `starts_with(x, \"…\")`, `ends_with`, `contains` or `=`; they cannot be cut, measured or changed: prepare the column in the data";
const JOINED: &str = "texts are not joined; to group by several columns, write `--by country,channel`";
const PERIODS: &str =
    "periods come from the query: `--by month`; another time is a context: `x[previous]`, `x[1 year ago]`";
const A_DATE: &str = "a date is written `2026-03-31`; a column of dates is declared in its dataset: `hired: date`";
const BLANKS: &str = "blank cells are counted by `count(leads where not is_defined(x))`";

#[rustfmt::skip] // One habit a line is a table that can be read.
const HABITS: &[Habit] = &[
    // Aggregates.
    (&["mean", "average", "averge", "avarage", "averagea"], &["write `avg({*})`"], "the mean is `avg(x)`"),
    (&["total", "sums"], &["write `sum({*})`"], "a total is `sum(x)`"),
    (&["sumif", "sum_if"], &["write `sum({1} where {1~2})`", "write `sum({3} where {1~2})`"], SOME_ROWS),
    (&["sumifs"], &["write `sum({1} where {2~})`"], SOME_ROWS),
    (&["countif", "countifs", "count_if"], &["write `count(leads where {1?})`, with your dataset in place of `leads`", "write `count({1} where {1~})`"], "rows are counted by `count(leads where channel = \"web\")`"),
    (&["averageif", "avgif", "avg_if"], &["write `avg({1} where {1~2})`", "write `avg({3} where {1~2})`"], SOME_ROWS),
    (&["averageifs"], &["write `avg({1} where {2~})`"], SOME_ROWS),
    (&["minifs"], &["write `min({1} where {2~})`"], SOME_ROWS),
    (&["maxifs"], &["write `max({1} where {2~})`"], SOME_ROWS),
    (&["sumproduct"], &["write `sum({1})`", "write `sum({1} * {2})`", "write `sum({1} * {2} * {3})`"], "a total of products is `sum(price * quantity)`"),
    (&["sumx"], &["write `sum({2})`"], "a total is `sum(x)`"),
    (&["averagex"], &["write `avg({2})`"], "the mean is `avg(x)`"),
    (&["minx"], &["write `min({2})`"], "the least value is `min(x)`"),
    (&["maxx"], &["write `max({2})`"], "the greatest value is `max(x)`"),
    (&["countrows", "counta", "len_rows"], &["write `count({1})`"], "rows are counted by `count(leads)`"),
    (&["countblank"], &["write `count(leads where not is_defined({1}))`, with your dataset in place of `leads`"], BLANKS),
    (&["distinct", "unique", "nunique", "countd", "n_distinct", "count_distinct", "countdistinct", "distinctcount", "countunique", "approx_count_distinct"], &["write `count(distinct {1})`"], "different values are counted by `count(distinct x)`"),
    (&["percentile", "percentile_cont", "percentile_disc", "percentile_inc", "approx_percentile"], &["write `quantile(x, {1%})`, with your column in place of `x`", "write `quantile({1}, {2%})`"], "a percentile is `quantile(x, 90%)`"),
    (&["quartile"], &[], "the quartiles are `quantile(x, 25%)`, `median(x)` and `quantile(x, 75%)`"),
    (&["stdev", "stddev", "std", "stdevp", "stdev_p", "stdev_s", "stddev_pop", "stddev_samp"], &["there is no standard deviation; that of all rows is `sqrt(avg({1} ^ 2) - avg({1}) ^ 2)`"], "the standard deviation of all rows is `sqrt(avg(x ^ 2) - avg(x) ^ 2)`"),
    (&["var", "variance", "varp", "var_pop", "var_samp"], &["there is no variance; that of all rows is `avg({1} ^ 2) - avg({1}) ^ 2`"], "the variance of all rows is `avg(x ^ 2) - avg(x) ^ 2`"),
    (&["first_value", "firstnonblank"], &["write `first({*})`"], "the first value is `first(x)`"),
    (&["last_value", "lastnonblank"], &["write `last({*})`"], "the last value is `last(x)`"),
    // Blanks and choices.
    (&["iferror", "ifna", "ifnull", "nvl"], &["write `{1} ?? {2}`"], "in place of an undefined value: `x ?? 0`"),
    (&["isnull"], &["write `not is_defined({1})`", "write `{1} ?? {2}`"], "whether a value is undefined is `not is_defined(x)`"),
    (&["zn"], &["write `{1} ?? 0`"], "in place of an undefined value: `x ?? 0`"),
    (&["isblank", "isna", "iserror", "iserr", "is_null", "isnan", "is_nan", "isempty"], &["write `not is_defined({1})`"], "whether a value is undefined is `not is_defined(x)`"),
    (&["isnumber", "isnotnull", "notnull", "is_not_null"], &["write `is_defined({1})`"], "whether there is a value is `is_defined(x)`"),
    (&["divide", "safe_divide", "div0", "safedivide"], &["write `{1} / {2}`: it is undefined where the divisor is 0", "write `({1} / {2}) ?? {3}`"], "`x / y` is undefined where `y` is 0; write `(x / y) ?? 0` for another value"),
    (&["nullif"], &["write `if {1} = {2} then undefined else {1}`; a quotient by 0 is undefined without it"], "`x / y` is undefined where `y` is 0"),
    (&["if", "iif", "ifelse", "if_else"], &["write `if {1} then {2} else undefined`", "write `if {1} then {2} else {3}`"], CHOICE),
    (&["ifs", "choose", "decode", "case"], &[], CHOICE),
    (&["switch"], &["write `if {1} = {2} then {3} else undefined`", "write `if {1} = {2} then {3} else {4}`"], CHOICE),
    (&["and"], &["write `{1&}`"], CONDITIONS),
    (&["or"], &["write `{1|}`"], CONDITIONS),
    (&["not"], &["write `not ({1})`"], CONDITIONS),
    (&["xor"], &["write `{1} != {2}`"], "one of two conditions but not both is `x != y`"),
    // Numbers.
    (&["power", "pow"], &["write `{1} ^ {2}`"], "a power is written `x ^ 2`"),
    (&["log"], &["write `ln({1})` or `log10({1})`", "write `ln({1}) / ln({2})`"], "logarithms are `ln(x)` and `log10(x)`"),
    (&["log2"], &["write `ln({1}) / ln(2)`"], "logarithms are `ln(x)` and `log10(x)`"),
    (&["roundup", "ceiling"], &["write `ceil({1})`"], "the next whole number is `ceil(x)`"),
    (&["rounddown", "trunc", "truncate", "int"], &["write `floor({1})`"], "the whole number below is `floor(x)`"),
    (&["quotient"], &["write `floor({1} / {2})`"], "a whole quotient is `floor(x / y)`"),
    (&["greatest"], &["write `max({*})`"], "the greatest of several values is `max(x, y)`"),
    (&["least"], &["write `min({*})`"], "the least of several values is `min(x, y)`"),
    (&["cast", "convert", "try_cast", "to_number", "tonumber", "value", "numbervalue", "float", "decimal", "number", "str", "text", "to_char"], &["a value needs no conversion: write `{1}`", "a value needs no conversion: write `{1}`{2-}"], "a value needs no conversion; what a column holds is declared in its dataset: `amount: number`"),
    // Texts.
    (&["concat", "concatenate", "concat_ws"], &["texts are not joined; to group by both, write `--by {1},{2}`"], JOINED),
    (&["textjoin", "string_agg", "listagg", "group_concat", "array_agg"], &[], JOINED),
    (&["len", "length", "char_length", "left", "right", "mid", "substr", "substring", "trim", "replace", "substitute", "split"], &[], TEXTS),
    (&["find", "search"], &["write `contains({2}, {1})`"], TEXTS),
    (&["instr", "strpos", "containsstring", "regexp_contains", "regexp_like"], &["write `contains({1}, {2})`"], TEXTS),
    (&["startswith", "begins_with"], &["write `starts_with({*})`"], TEXTS),
    (&["endswith"], &["write `ends_with({*})`"], TEXTS),
    (&["lcase", "tolower", "to_lower"], &["write `lower({1})`"], "a text in lower case is `lower(x)`"),
    (&["ucase", "toupper", "to_upper", "proper"], &["write `upper({1})`"], "a text in upper case is `upper(x)`"),
    // Dates and periods.
    (&["datediff", "datedif", "date_diff", "days_between"], &["write `{2} - {1}`: the time from the first date to the second"], "the time between two dates is `shipped - ordered`"),
    (&["days"], &["write `{1} - {2}`"], "the time between two dates is `shipped - ordered`"),
    (&["date", "datevalue", "to_date", "str_to_date", "datefromparts", "make_date", "timestamp", "datetime"], &[], A_DATE),
    (&["today", "now", "getdate", "current_date", "current_timestamp", "sysdate", "curdate"], &[], "nothing depends on today's date; a date can be a parameter: `param today = 2026-03-31`"),
    (&["eomonth", "endofmonth", "startofmonth", "last_day", "date_trunc", "datetrunc", "date_part", "datepart", "extract", "strftime", "date_format"], &[], "the parts of a date are `year(x)`, `quarter(x)`, `month(x)`, `week(x)` and `day(x)`; results are grouped by month with `--by month`"),
    (&["weeknum", "isoweeknum", "weekofyear", "isoweek"], &["write `week({1})`"], "the week of a date is `week(x)`"),
    (&["dayofweek", "day_of_week", "dow"], &["write `weekday({1})`"], "the day of the week is `weekday(x)`"),
    (&["dayofmonth", "day_of_month"], &["write `day({1})`"], "the day of the month is `day(x)`"),
    (&["previous", "lag", "prior", "prev", "shift"], &["write `{1}[previous]`", "write `{1}[{2<}]`"], "the period before is a context: `x[previous]`"),
    (&["lead", "next", "nextmonth"], &[], "a formula reads earlier periods only: `x[previous]`, `x[1 year ago]`"),
    (&["dateadd", "date_add", "date_sub", "edate", "add_months"], &[], "another time is a context: `x[1 year ago]`; a date moves by days: `ordered + 30 days`"),
    (&["previousmonth", "previousyear", "previousquarter", "previousday", "parallelperiod", "datesinperiod", "datesbetween"], &[], PERIODS),
    (&["sameperiodlastyear", "last_year", "prior_year"], &["another time is a context: `x[1 year ago]`"], "another time is a context: `x[1 year ago]`"),
    (&["ytd", "totalytd", "datesytd"], &["write `{1}[year to date]`", "write `{1}[year to date]`{2-}"], "the year so far is a context: `x[year to date]`"),
    (&["qtd", "totalqtd", "datesqtd"], &["write `{1}[quarter to date]`", "write `{1}[quarter to date]`{2-}"], "the quarter so far is a context: `x[quarter to date]`"),
    (&["mtd", "totalmtd", "datesmtd"], &["write `{1}[month to date]`", "write `{1}[month to date]`{2-}"], "the month so far is a context: `x[month to date]`"),
    (&["cumsum", "cumulative", "running_total", "runningtotal", "running_sum", "runningsum"], &["write `{1}[to date]`"], "a running total is a context: `x[to date]`"),
    (&["rolling", "moving_average", "movingaverage", "moving_avg", "window_sum", "window_avg", "rolling_mean", "rolling_sum"], &[], "a window is a context: `x[last 3 months]`"),
    (&["pct_change", "percent_change", "percentchange"], &["write `{1} / {1}[previous] - 1`"], "a change is `x / x[previous] - 1`"),
    // Queries.
    (&["calculate"], &["write `{1}`", "write `{1}[{2,}]`"], "a condition is a context: `x[channel = \"web\"]`"),
    (&["all", "allexcept", "allselected", "removefilters"], &[], "the value without the query's groups is `x[all]`"),
    (&["rank", "dense_rank", "row_number", "rankx", "ntile", "percent_rank", "large", "small", "topn", "nlargest", "nsmallest"], &["a result is ranked by sorting it: `--by channel --sort '-{1}'`"], RANKED),
    (&["vlookup", "xlookup", "hlookup", "lookup", "index", "match", "related", "relatedtable", "lookupvalue", "merge", "join"], &[], LOOKED_UP),
];

/// What to write in place of a call of a function that other tools have.
pub fn call(call: &Call) -> Option<String> {
    let name = call.function.text.to_lowercase();
    let (_, hints, rule) = HABITS.iter().find(|(names, ..)| names.contains(&&*name))?;
    let filled = hints.iter().find_map(|hint| filled(hint, call));
    Some(filled.unwrap_or_else(|| (*rule).to_owned()))
}

/// The call under another name.
pub fn renamed(call: &Call, name: &str) -> String {
    format!("{name}({})", all_arguments(call))
}

/// Values that other tools spell in another way, where the data have no such column.
pub fn value(path: &Path) -> Option<String> {
    let Path { qualifier: None, name, .. } = path else { return None };
    Some(match &*name.text.to_lowercase() {
        "true" | "yes" => "a truth value is written `true`".into(),
        "false" | "no" => "a truth value is written `false`".into(),
        "null" | "none" | "nil" | "nan" | "na" | "blank" => {
            "a missing value is written `undefined`; whether there is one is `is_defined(x)`".into()
        }
        _ => return None,
    })
}

/// The column that `sales[amount]` means in a spreadsheet's model.
pub fn bracketed_column(operand: &Expr, condition: &Expr) -> Option<String> {
    match (&*operand.kind, &*condition.kind) {
        (
            ExprKind::Path(Path { qualifier: None, name: dataset, .. }),
            ExprKind::Path(Path { qualifier: None, name: column, .. }),
        ) => Some(format!("write `{}.{}`", spelled(&dataset.text), spelled(&column.text))),
        _ => None,
    }
}

/// The period that a number in brackets means: `-1` the one before.
pub fn offset(condition: &Expr) -> Option<String> {
    let ExprKind::Unary { op: UnaryOp::Negate, operand, .. } = &*condition.unparenthesized().kind else { return None };
    let ExprKind::Number(number) = &*operand.kind else { return None };
    let plain = !number.percent && number.unit.is_none() && number.digits.chars().all(|digit| digit.is_ascii_digit());
    plain.then(|| ago(&number.digits))
}

fn ago(periods: &str) -> String {
    if periods == "1" { "previous".into() } else { format!("{periods} periods ago") }
}

/// The hint with the arguments in place, where it takes as many.
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

/// What stands for a placeholder, and the last argument that it reads; none where it reads all.
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

/// Whether an operator stands beside a placeholder.
fn is_operand(before: &str, after: &str) -> bool {
    const OPERATORS: [char; 10] = ['+', '-', '*', '/', '^', '?', '=', '<', '>', '['];
    let after = after.trim_start();
    before.trim_end().ends_with(&OPERATORS[..9]) || after.starts_with(OPERATORS) || after.starts_with("!=")
}

/// An argument in parentheses, unless it is one already.
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

/// A condition among others: an `or` or a choice in parentheses.
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

/// A comparison, or several.
fn is_condition(expr: &Expr) -> bool {
    match &*expr.kind {
        ExprKind::Chain { rest, .. } => rest.iter().all(|link| matches!(link.op, BinaryOp::And | BinaryOp::Or)),
        ExprKind::Binary { op, .. } => *op != BinaryOp::Power,
        ExprKind::Unary { op, .. } => *op == UnaryOp::Not,
        ExprKind::In { .. } | ExprKind::Between { .. } => true,
        _ => false,
    }
}

/// `">1"` of `x` is `x > 1`; a condition is itself.
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

/// A number as it is, all else as a text.
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

/// Shouted calls of built-in functions in lower case, outside quotes.
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
