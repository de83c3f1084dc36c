//! Cases → the text of definitions, tables and queries.

use std::fmt::Write;

use super::calendar::spell;
use super::tree::{Aggregate, Case, Cell, Each, Expr, Grain, Kind, Operator, Part, Table};

/// The definitions as `.kpi` text.
pub fn program(case: &Case) -> String {
    let mut text = String::new();
    for table in &case.tables {
        let mut columns: Vec<String> = table.columns.iter().map(|(name, ty)| format!("{name}: {ty}")).collect();
        columns.extend(table.columns.iter().any(|it| it.0 == "day").then(|| "time day".to_owned()));
        columns.extend((table.name == "shop").then(|| "lookup people on customer = id".to_owned()));
        let computed = case.computed.iter().filter(|it| it.0 == table.name);
        columns.extend(computed.map(|(_, name, formula)| format!("{name} = {}", expr(formula))));
        writeln!(text, "dataset {} {{\n  {}\n}}", table.name, columns.join("\n  ")).expect("a string takes any text");
    }
    for function in &case.functions {
        let parameters = function.parameters.join(", ");
        writeln!(text, "fn {}({parameters}) = {}", function.name, expr(&function.body)).expect("a string");
    }
    for definition in &case.definitions {
        let word = match definition.kind {
            Kind::Kpi => "",
            Kind::Helper => "let ",
            Kind::Input => "input ",
            Kind::Parameter => "param ",
        };
        writeln!(text, "{word}{} = {}", definition.name, expr(&definition.formula)).expect("a string");
    }
    text
}

/// A table as CSV text.
pub fn csv(table: &Table) -> String {
    let names: Vec<&str> = table.columns.iter().map(|it| it.0).collect();
    let mut text = names.join(",") + "\n";
    for row in &table.rows {
        let cells: Vec<String> = row.iter().map(|cell| cell.as_ref().map_or_else(String::new, self::cell)).collect();
        text.push_str(&(cells.join(",") + "\n"));
    }
    text
}

fn cell(cell: &Cell) -> String {
    match cell {
        Cell::Number(digits, scale) => decimal(*digits, *scale),
        Cell::Text(text) => (*text).to_owned(),
        Cell::Date(day) => spell(Grain::Day, *day),
    }
}

fn decimal(digits: i64, scale: u32) -> String {
    let sign = if digits < 0 { "-" } else { "" };
    let text = format!("{:0width$}", digits.unsigned_abs(), width = scale as usize + 1);
    let (whole, rest) = text.split_at(text.len() - scale as usize);
    if scale == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{rest}") }
}

/// A period as `--period` takes it.
pub fn period(first: i64, last: i64, grain: Option<Grain>) -> String {
    match grain {
        Some(grain) => spell(grain, first),
        None => format!("{}..{}", spell(Grain::Day, first), spell(Grain::Day, last)),
    }
}

fn list(list: &[Expr]) -> String {
    list.iter().map(expr).collect::<Vec<_>>().join(", ")
}

/// An expression with parentheses around every operation.
pub fn expr(it: &Expr) -> String {
    match it {
        Expr::Number(digits, scale) if *digits < 0 => format!("(-{})", decimal(-digits, *scale)),
        Expr::Number(digits, scale) => decimal(*digits, *scale),
        Expr::Percent(percent) => format!("{percent}%"),
        Expr::Text(text) => format!("\"{text}\""),
        Expr::Date(day) => spell(Grain::Day, *day),
        Expr::Boolean(truth) => truth.to_string(),
        Expr::Undefined => "undefined".into(),
        Expr::Column(name) => (*name).into(),
        Expr::Name(name) => name.clone(),
        Expr::Negate(x) => format!("(-{})", expr(x)),
        Expr::Not(x) => format!("(not {})", expr(x)),
        Expr::Binary(operator, x, y) => format!("({} {} {})", expr(x), symbol(*operator), expr(y)),
        Expr::If(c, x, y) => format!("(if {} then {} else {})", expr(c), expr(x), expr(y)),
        Expr::In(x, values, negated) => format!("({} {}in ({}))", expr(x), not(*negated), list(values)),
        Expr::Between(x, low, high, negated) => {
            format!("({} {}between {} and {})", expr(x), not(*negated), expr(low), expr(high))
        }
        Expr::Call(name, arguments) => format!("{name}({})", list(arguments)),
        Expr::Apply(name, arguments) => format!("{name}({})", list(arguments)),
        Expr::Aggregate(it) => aggregate(it),
        Expr::Each(it) => each(it),
        Expr::Context(x, parts) => {
            format!("({})[{}]", expr(x), parts.iter().map(part).collect::<Vec<_>>().join(", "))
        }
    }
}

fn each(it: &Each) -> String {
    let value = if it.distinct { format!("distinct ({})", expr(&it.value)) } else { expr(&it.value) };
    let keys: Vec<&str> = it.keys.iter().copied().chain(it.grain.map(grain)).collect();
    let having = it.having.as_ref().map(|having| format!(" having {}", expr(having))).unwrap_or_default();
    format!("{}({value} each {}{having})", it.function, keys.join(", "))
}

fn not(negated: bool) -> &'static str {
    if negated { "not " } else { "" }
}

fn symbol(operator: Operator) -> &'static str {
    match operator {
        Operator::Add => "+",
        Operator::Subtract => "-",
        Operator::Multiply => "*",
        Operator::Divide => "/",
        Operator::Power => "^",
        Operator::Equal => "=",
        Operator::Unequal => "!=",
        Operator::Less => "<",
        Operator::LessOrEqual => "<=",
        Operator::Greater => ">",
        Operator::GreaterOrEqual => ">=",
        Operator::And => "and",
        Operator::Or => "or",
        Operator::Otherwise => "??",
    }
}

fn aggregate(it: &Aggregate) -> String {
    let distinct = if it.distinct { "distinct " } else { "" };
    let value = it.value.as_ref().map_or_else(|| it.dataset.to_owned(), |value| qualified(it.dataset, value));
    let condition = it.condition.as_ref().map(|condition| format!(" where {}", expr(condition))).unwrap_or_default();
    let by = if it.by.is_empty() { String::new() } else { format!(" by {}", it.by.join(", ")) };
    let fraction = it.fraction.map(|percent| format!(", {percent}%")).unwrap_or_default();
    format!("{}({distinct}{value}{condition}{by}{fraction})", it.function)
}

/// An expression over the rows of a dataset. Its first column names the dataset.
fn qualified(dataset: &str, value: &Expr) -> String {
    let text = expr(value);
    match value.columns().first() {
        Some(column) if *column != "country" && *column != "size" => {
            let at = word(&text, column).expect("the expression contains its column");
            format!("{}{dataset}.{}", &text[..at], &text[at..])
        }
        _ => text,
    }
}

/// The position of a word in a text.
fn word(text: &str, word: &str) -> Option<usize> {
    let inside = |c: char| c.is_alphanumeric() || "_\"(".contains(c);
    let before = |c: char| c.is_alphanumeric() || "_\"".contains(c);
    text.match_indices(word)
        .map(|(at, _)| at)
        .find(|at| !text[..*at].ends_with(before) && !text[at + word.len()..].starts_with(inside))
}

fn unit(grain: Grain) -> &'static str {
    match grain {
        Grain::Day => "day",
        Grain::Week => "week",
        Grain::Month => "month",
        Grain::Quarter => "quarter",
        Grain::Year => "year",
    }
}

pub fn grain(grain: Grain) -> &'static str {
    unit(grain)
}

fn part(it: &Part) -> String {
    match it {
        Part::Previous => "previous".into(),
        Part::Ago(n, grain) => format!("{n} {}s ago", unit(*grain)),
        Part::Last(n, grain) => format!("last {n} {}s", unit(*grain)),
        Part::LastPeriods(n) => format!("last {n} periods"),
        Part::ToDate(None) => "to date".into(),
        Part::ToDate(Some(grain)) => format!("{} to date", unit(*grain)),
        Part::AllColumn(column) => format!("all {column}"),
        Part::All => "all".into(),
        Part::AllTime => "all time".into(),
        Part::Where(None, condition) => expr(condition),
        Part::Where(Some(dataset), condition) => qualified(dataset, condition),
    }
}
