//! The functions of other tools, and the equivalent formulas here.
//!
//! The table has one line for each group of functions: their names, a hint for each number of arguments, and a general
//! hint for all other calls. A hint can contain these placeholders for the arguments of the call:
//!
//! | placeholder | replaced by |
//! |---|---|
//! | `{1}` | the first argument, in parentheses if an operator needs them |
//! | `{*}` | all arguments with their clauses |
//! | `{1&}`, <code>{1&#124;}</code> | the arguments from that one on, joined by `and`, `or` |
//! | `{2,}` | the arguments from that one on as contexts: `ALL(sales)` is `all` |
//! | `{1~2}`, `{2~}` | conditions from pairs of a column and a criterion: one pair, all pairs from that argument on |
//! | `{2%}` | the argument as a fraction: `90` is `90%` |
//! | `{1=}`, `{1:}` | the table of `FILTER(sales, x > 1)`, and its condition after `where` |
//! | `{1?}` | the argument, which must be a condition |
//! | `{2-}` | nothing: the argument is left out |
//! | `{2<}` | a number of periods ago: `previous`, `12 periods ago` |

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Names in lower case and without accents, with `_` for a dot, hints with arguments, and the general hint without arguments.
pub(super) type Habit = (&'static [&'static str], &'static [&'static str], &'static str);

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
pub(super) const PERIOD_LENGTHS: &[&str] = &[
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
pub(super) const ELAPSED_LENGTHS: &[&str] =
    &["days_elapsed", "days_so_far", "days_to_date", "days_passed", "days_gone"];

/// Operators of other languages, and the equivalents here.
pub(in crate::syntax) const OPERATORS: [(&str, &str); 18] = [
    ("==", "="),
    ("===", "="),
    (":=", "="),
    ("<>", "!="),
    ("!==", "!="),
    ("=<", "<="),
    ("=>", ">="),
    ("&&", "and"),
    ("||", "or"),
    ("|", "or"),
    ("!", "not "),
    ("**", "^"),
    ("×", "*"),
    ("·", "*"),
    ("÷", "/"),
    ("≤", "<="),
    ("≥", ">="),
    ("≠", "!="),
];

/// Modules of Python, whose functions are written after a dot.
pub(super) const MODULES: [&str; 8] = ["np", "numpy", "pd", "pandas", "math", "statistics", "stats", "F"];

#[rustfmt::skip] // One entry per line keeps the table readable.
pub(super) const HABITS: &[Habit] = &[
    // Aggregates.
    (&["mean", "moyenne", "average", "averge", "avarage", "averagea"], &["write `avg({*})`"], "for the mean, write `avg(x)`"),
    (&["total", "somme", "sums"], &["write `sum({*})`"], "for a total, write `sum(x)`"),
    (&["sumif", "somme_si", "sum_if"], &["write `sum({1} where {1~2})`", "write `sum({3} where {1~2})`"], SOME_ROWS),
    (&["sumifs", "somme_si_ens"], &["write `sum({1} where {2~})`"], SOME_ROWS),
    (&["countif", "nb_si", "nb_si_ens", "countifs", "count_if"], &["write `count(leads where {1?})`, with your dataset in place of `leads`", "write `count({1} where {1~})`"], "to count rows, write `count(leads where channel = \"web\")`"),
    (&["averageif", "moyenne_si", "avgif", "avg_if"], &["write `avg({1} where {1~2})`", "write `avg({3} where {1~2})`"], SOME_ROWS),
    (&["averageifs", "moyenne_si_ens"], &["write `avg({1} where {2~})`"], SOME_ROWS),
    (&["minifs", "min_si", "min_si_ens"], &["write `min({1} where {2~})`"], SOME_ROWS),
    (&["maxifs", "max_si", "max_si_ens"], &["write `max({1} where {2~})`"], SOME_ROWS),
    (&["sumproduct", "sommeprod"], &["write `sum({1})`", "write `sum({1} * {2})`", "write `sum({1} * {2} * {3})`"], "for a total of products, write `sum(price * quantity)`"),
    (&["sumx"], &["write `sum({2}{1:})`"], "for a total, write `sum(x)`"),
    (&["averagex"], &["write `avg({2}{1:})`"], "for the mean, write `avg(x)`"),
    (&["minx"], &["write `min({2}{1:})`"], "for the least value, write `min(x)`"),
    (&["maxx"], &["write `max({2}{1:})`"], "for the greatest value, write `max(x)`"),
    (&["countrows", "nb", "nbval", "count_rows", "counta", "len_rows"], &["write `count({1=}{1:})`"], "to count rows, write `count(leads)`"),
    (&["countblank", "nb_vide"], &["write `count(leads where not is_defined({1}))`, with your dataset in place of `leads`"], BLANKS),
    (&["distinct", "unique", "nunique", "countd", "n_distinct", "count_distinct", "countdistinct", "distinctcount", "countunique", "approx_count_distinct"], &["write `count(distinct {1})`"], "to count distinct values, write `count(distinct x)`"),
    (&["percentile", "centile", "centile_inclure", "centile_exclure", "percentile_cont", "percentile_disc", "percentile_inc", "approx_percentile"], &["write `quantile(x, {1%})`, with your column in place of `x`", "write `quantile({1}, {2%})`"], "for a percentile, write `quantile(x, 90%)`"),
    (&["quartile"], &[], "for the quartiles, write `quantile(x, 25%)`, `median(x)` and `quantile(x, 75%)`"),
    (&["stdev", "ecartype", "ecartype_standard", "std", "stdev_s", "stddev_samp"], &["write `stddev({1})`"], "for the standard deviation of a sample, write `stddev(x)`"),
    (&["stdevp", "ecartypep", "ecartype_pearson", "stdev_p"], &["write `stddev_pop({1})`"], "for the standard deviation of a population, write `stddev_pop(x)`"),
    (&["var", "var_echantillon", "var_s", "var_samp"], &["write `variance({1})`"], "for the variance of a sample, write `variance(x)`"),
    (&["varp", "var_p", "var_pop"], &["write `variance_pop({1})`"], "for the variance of a population, write `variance_pop(x)`"),
    (&["first_value", "firstnonblank"], &["write `first({*})`"], "for the first value, write `first(x)`"),
    (&["last_value", "lastnonblank"], &["write `last({*})`"], "for the last value, write `last(x)`"),
    // Blanks and choices.
    (&["iferror", "sierreur", "si_non_disp", "sinondisp", "ifna", "ifnull", "nvl"], &["write `{1} ?? {2}`"], "to replace an undefined value, write `x ?? 0`"),
    (&["isnull"], &["write `not is_defined({1})`", "write `{1} ?? {2}`"], "to test whether a value is undefined, write `not is_defined(x)`"),
    (&["zn"], &["write `{1} ?? 0`"], "to replace an undefined value, write `x ?? 0`"),
    (&["isblank", "estvide", "esterreur", "esterr", "estna", "isna", "iserror", "iserr", "is_null", "isnan", "is_nan", "isempty"], &["write `not is_defined({1})`"], "to test whether a value is undefined, write `not is_defined(x)`"),
    (&["isnumber", "estnum", "isnotnull", "notnull", "is_not_null"], &["write `is_defined({1})`"], "to test whether a value is defined, write `is_defined(x)`"),
    (&["divide", "safe_divide", "div0", "safedivide"], &["write `{1} / {2}`, which is undefined if the divisor is 0", "write `({1} / {2}) ?? {3}`"], "write `x / y`, which is undefined if `y` is 0, or `(x / y) ?? 0` for another value"),
    (&["nullif"], &["write `if {1} = {2} then undefined else {1}`; division by 0 is already undefined"], "write `x / y`, which is undefined if `y` is 0"),
    (&["if", "si", "iif", "ifelse", "if_else"], &["write `if {1} then {2} else undefined`", "write `if {1} then {2} else {3}`"], CHOICE),
    (&["ifs", "si_conditions", "si_multiple", "choose", "decode", "case"], &[], CHOICE),
    (&["switch"], &["write `if {1} = {2} then {3} else undefined`", "write `if {1} = {2} then {3} else {4}`"], CHOICE),
    (&["and", "et"], &["write `{1&}`"], CONDITIONS),
    (&["or", "ou"], &["write `{1|}`"], CONDITIONS),
    (&["not", "non"], &["write `not ({1})`"], CONDITIONS),
    (&["xor", "ouex"], &["write `{1} != {2}`"], "for exactly one of two conditions, write `x != y`"),
    // Numbers.
    (&["power", "puissance", "pow"], &["write `{1} ^ {2}`"], "for a power, write `x ^ 2`"),
    (&["log"], &["write `ln({1})` or `log10({1})`", "write `ln({1}) / ln({2})`"], "for logarithms, write `ln(x)` or `log10(x)`"),
    (&["log2"], &["write `ln({1}) / ln(2)`"], "for logarithms, write `ln(x)` or `log10(x)`"),
    (&["roundup", "arrondi_sup", "plafond", "ceiling"], &["write `ceil({1})`"], "to round up, write `ceil(x)`"),
    (&["rounddown", "arrondi_inf", "tronque", "ent", "plancher", "trunc", "truncate", "int"], &["write `floor({1})`"], "to round down, write `floor(x)`"),
    (&["quotient"], &["write `floor({1} / {2})`"], "for a whole quotient, write `floor(x / y)`"),
    (&["greatest"], &["write `max({*})`"], "for the greatest of several values, write `max(x, y)`"),
    (&["least"], &["write `min({*})`"], "for the least of several values, write `min(x, y)`"),
    (&["cast", "texte", "cnum", "ctxt", "convert", "try_cast", "to_number", "tonumber", "value", "numbervalue", "float", "decimal", "number", "str", "text", "to_char"], &["a value needs no conversion: write `{1}`", "a value needs no conversion: write `{1}`{2-}"], "a value needs no conversion; declare the type of a column in its dataset: `amount: number`"),
    (&["arrondi"], &["write `round({*})`"], "to round, write `round(x, 2)`"),
    (&["racine", "sqr"], &["write `sqrt({1})`"], "for a square root, write `sqrt(x)`"),
    (&["mediane"], &["write `median({*})`"], "for the median, write `median(x)`"),
    (&["signe"], &["write `sign({1})`"], "for the sign of a number, write `sign(x)`"),
    // Texts.
    (&["len"], &["write `count({1})` for the number of values; for the length of a text, prepare the column in the data"], "to count values, write `count(x)`"),
    (&["concat", "concatener", "concatenate", "concat_ws"], &["texts cannot be concatenated; to group by both, write `--by {1},{2}`"], JOINED),
    (&["textjoin", "joindre_texte", "string_agg", "listagg", "group_concat", "array_agg"], &[], JOINED),
    (&["nbcar", "gauche", "droite", "stxt", "supprespace", "remplace", "remplacer", "length", "char_length", "left", "right", "mid", "substr", "substring", "trim", "replace", "substitute", "split"], &[], TEXTS),
    (&["find", "trouve", "cherche", "search"], &["write `contains({2}, {1})`"], TEXTS),
    (&["instr", "strpos", "containsstring", "regexp_contains", "regexp_like"], &["write `contains({1}, {2})`"], TEXTS),
    (&["startswith", "begins_with"], &["write `starts_with({*})`"], TEXTS),
    (&["endswith"], &["write `ends_with({*})`"], TEXTS),
    (&["lcase", "minuscule", "tolower", "to_lower"], &["write `lower({1})`"], "for lower case, write `lower(x)`"),
    (&["ucase", "majuscule", "nompropre", "toupper", "to_upper", "proper"], &["write `upper({1})`"], "for upper case, write `upper(x)`"),
    // Dates and periods.
    (&["datediff", "datedif", "date_diff", "days_between"], &["write `{2} - {1}` for the time from the first date to the second"], "for the time between two dates, write `shipped - ordered`"),
    (&["days", "jours"], &["write `{1} - {2}`"], "for the time between two dates, write `shipped - ordered`"),
    (&["date", "dateval", "datevalue", "to_date", "str_to_date", "datefromparts", "make_date", "timestamp", "datetime"], &[], A_DATE),
    (&["today", "aujourdhui", "maintenant", "now", "getdate", "current_date", "current_timestamp", "sysdate", "curdate"], &[], "formulas cannot read today's date; declare a parameter: `param today = 2026-03-31`"),
    (&["eomonth", "fin_mois", "endofmonth", "startofmonth", "last_day", "date_trunc", "datetrunc", "date_part", "datepart", "extract", "strftime", "date_format"], &[], "for the parts of a date, write `year(x)`, `quarter(x)`, `month(x)`, `week(x)` or `day(x)`; to group results by month, add `--by month`"),
    (&["weeknum", "no_semaine", "no_semaine_iso", "isoweeknum", "weekofyear", "isoweek"], &["write `week({1})`"], "for the week of a date, write `week(x)`"),
    (&["dayofweek", "joursem", "day_of_week", "dow"], &["write `weekday({1})`"], "for the day of the week, write `weekday(x)`"),
    (&["dayofmonth", "day_of_month"], &["write `day({1})`"], "for the day of the month, write `day(x)`"),
    (&["previous", "lag", "prior", "prev", "shift"], &["write `{1}[previous]`", "write `{1}[{2<}]`"], "for the previous period, write the context `x[previous]`"),
    (&["lead", "next", "nextmonth"], &[], "a formula can only read earlier periods: `x[previous]`, `x[1 year ago]`"),
    (&["dateadd", "mois_decaler", "date_add", "date_sub", "edate", "add_months"], &[], "for another time, write a context: `x[1 year ago]`; to move a date, add days: `ordered + 30 days`"),
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
    (&["annee"], &["write `year({1})`"], "for the year of a date, write `year(x)`"),
    (&["mois"], &["write `month({1})`"], "for the month of a date, write `month(x)`"),
    (&["jour"], &["write `day({1})`"], "for the day of a date, write `day(x)`"),
    // Queries.
    (&["filter", "filtre"], &[], SOME_ROWS),
    (&["calculate"], &["write `{1}`", "write `{1}[{2,}]`"], "for a condition, write the context `x[channel = \"web\"]`"),
    (&["all", "allexcept", "allselected", "removefilters"], &[], "for the value without the query's groups, write `x[all]`"),
    (&["rank", "rang", "rang_egal", "grande_valeur", "petite_valeur", "dense_rank", "row_number", "rankx", "ntile", "percent_rank", "large", "small", "topn", "nlargest", "nsmallest"], &["sort the result: `--by channel --sort '-{1}'`"], RANKED),
    (&["vlookup", "recherchev", "rechercheh", "recherchex", "recherche", "equiv", "xlookup", "hlookup", "lookup", "index", "match", "related", "relatedtable", "lookupvalue", "merge", "join"], &[], LOOKED_UP),
];

/// The line of the table for a function.
pub(super) fn habit(function: &str) -> Option<&'static Habit> {
    let name = folded(function);
    HABITS.iter().find(|(names, ..)| names.contains(&&*name))
}

/// A name in lower case and without accents, with `_` for a dot.
pub(super) fn folded(name: &str) -> String {
    let letters = name.nfd().filter(|letter| !is_combining_mark(*letter));
    letters.flat_map(char::to_lowercase).map(|letter| if letter == '.' { '_' } else { letter }).collect()
}

/// Returns true for the name of a cell of a spreadsheet: `A1`, `BC12`.
pub(in crate::syntax) fn is_cell(word: &str) -> bool {
    let digits = word.trim_start_matches(|letter: char| letter.is_ascii_uppercase());
    let letters = word.len() - digits.len();
    (1..=3).contains(&letters) && !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}
