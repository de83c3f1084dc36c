//! Binds the figures of the standard library to columns, by their names.

use super::table::{RowTime, Table};
use super::targets::{CUSTOMER_COLUMNS, NO_SALES, ORDER_COLUMNS, ORDER_TABLES, TARGETS, Target};
use crate::data::ColumnType;
use crate::describe::{ColumnDescription, Role, words};
use crate::language::{Language, Phrase};
use crate::syntax::spelled;

/// A figure of the standard library, and the formulas that it may have.
#[derive(Debug, Clone)]
pub(crate) struct Figure {
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub ty: &'static str,
    /// The formulas, the likeliest first.
    pub formulas: Vec<String>,
    /// True if the names leave a doubt.
    pub is_guess: bool,
    /// The table and the column of the first formula.
    pub(super) table: usize,
    pub(super) column: Option<std::sync::Arc<str>>,
}

/// A formula that a figure may have.
struct Candidate {
    formula: String,
    is_certain: bool,
    table: usize,
    column: Option<std::sync::Arc<str>>,
}

/// Words that say nothing about a column.
const FILLERS: [&str; 22] = [
    "de", "d", "du", "des", "la", "le", "les", "l", "of", "the", "in", "en", "a", "au", "aux", "and", "et", "eur",
    "usd", "gbp", "euros", "euro",
];

/// The words of a name that say what it is.
pub(super) fn telling(name: &str) -> String {
    let words = words(name);
    words.iter().filter(|word| !FILLERS.contains(&&***word)).map(String::as_str).collect::<Vec<_>>().join(" ")
}

/// The figures that columns of the tables give.
pub(super) fn of(tables: &[Table]) -> Vec<Figure> {
    let mut figures: Vec<Figure> = vec![];
    for target in TARGETS {
        let mut candidates = candidates(target, tables);
        candidates.retain(|candidate| !is_bound(&figures, candidate));
        // Stable: among equals, the first table and the first column.
        candidates.sort_by_key(|candidate| !candidate.is_certain);
        figures.extend(figure(target, candidates));
    }
    figures
}

fn is_bound(figures: &[Figure], candidate: &Candidate) -> bool {
    candidate.column.is_some()
        && figures.iter().any(|known| known.table == candidate.table && known.column == candidate.column)
}

fn figure(target: &Target, candidates: Vec<Candidate>) -> Option<Figure> {
    let first = candidates.first()?;
    let rivals = candidates.iter().filter(|other| other.is_certain == first.is_certain).count();
    Some(Figure {
        name: target.name,
        ty: target.ty,
        is_guess: !first.is_certain || rivals > 1,
        table: first.table,
        column: first.column.clone(),
        formulas: candidates.into_iter().map(|candidate| candidate.formula).collect(),
    })
}

fn candidates(target: &Target, tables: &[Table]) -> Vec<Candidate> {
    let mut found = vec![];
    for (at, table) in tables.iter().enumerate() {
        if target.name == "orders" {
            found.extend(rows_of_orders(at, table));
        }
        for column in table.columns().filter(|it| it.role == Role::Measure && !table.is_mixed(&it.name)) {
            found.extend(of_column(target, at, table, column));
        }
        if target.name == "revenue" {
            found.extend(price_times_quantity(at, table));
        }
        if target.name == "mrr" {
            found.extend(recurring(at, table));
        }
    }
    found
}

fn of_column(target: &Target, at: usize, table: &Table, column: &ColumnDescription) -> Option<Candidate> {
    let name = telling(&column.name);
    let is_certain = name == telling(target.name) || target.names.contains(&&*name);
    let is_possible = target.possible.contains(&&*name)
        && (target.tables.is_empty() || table.is_of(target.tables))
        && (target.name != "revenue" || !table.is_of(NO_SALES));
    let holds_count = target.ty != "count" || column.counts && column.currency.is_none();
    let formula = format!("{}({})", target.aggregate, table.column(&column.name));
    let column = Some(column.name.clone());
    let needs_time = matches!(target.aggregate, "first" | "last");
    ((is_certain || is_possible) && holds_count && (!needs_time || table.has_time())).then_some(Candidate {
        formula,
        is_certain,
        table: at,
        column,
    })
}

/// Rows that are orders, or lines of orders.
fn rows_of_orders(at: usize, table: &Table) -> Option<Candidate> {
    let is_order = |column: &&ColumnDescription| words(&column.name).iter().any(|it| ORDER_COLUMNS.contains(&&**it));
    let identifies = |role: Role| table.columns().filter(move |it| it.role == role).find(is_order);
    let candidate = |formula, is_certain| Candidate { formula, is_certain, table: at, column: None };
    if identifies(Role::Key).is_some() {
        return Some(candidate(format!("count({})", table.name), true));
    }
    if let Some(column) = identifies(Role::Reference).filter(|column| column.ty != ColumnType::Date) {
        return Some(candidate(format!("count(distinct {})", table.column(&column.name)), true));
    }
    // Rows of months are sums of orders.
    let is_by_day = match &table.time {
        RowTime::Column(name, _) => table.columns().any(|it| it.name == *name && it.ty == ColumnType::Date),
        RowTime::Interval(..) | RowTime::None => false,
    };
    let has_amounts = !table.amounts.is_empty();
    (table.is_of(ORDER_TABLES) && has_amounts && is_by_day).then(|| candidate(format!("count({})", table.name), false))
}

/// A price and a quantity in one row.
fn price_times_quantity(at: usize, table: &Table) -> Option<Candidate> {
    const PRICES: [&str; 6] = ["price", "unit price", "prix", "prix unitaire", "preis", "pu"];
    const QUANTITIES: [&str; 10] =
        ["quantity", "qty", "quantities", "units", "pieces", "quantite", "qte", "menge", "nombre", "nb"];
    let named = |names: &[&str]| {
        table.columns().filter(|it| it.role == Role::Measure).find(|it| names.contains(&&*telling(&it.name)))
    };
    let (price, quantity) = (named(&PRICES).filter(|it| !table.is_mixed(&it.name))?, named(&QUANTITIES)?);
    let formula = format!("sum({} * {})", table.column(&price.name), table.column(&quantity.name));
    Some(Candidate { formula, is_certain: false, table: at, column: None })
}

/// The amount of rows that hold from a start until an end, such as subscriptions.
fn recurring(at: usize, table: &Table) -> Option<Candidate> {
    let RowTime::Interval(..) = table.time else { return None };
    let column = &table.amounts.iter().find(|amount| !table.is_mixed(&amount.column))?.column;
    let formula = format!("sum({})", table.column(column));
    Some(Candidate { formula, is_certain: false, table: at, column: Some(column.clone()) })
}

/// The column that identifies the customer of a row.
pub(super) struct Customer {
    pub column: std::sync::Arc<str>,
    /// A line that gives the column the name that the standard library reads.
    pub line: Option<String>,
    /// True if the numbers in it may be anything else.
    pub is_guess: bool,
}

/// Finds the column that identifies the customer of a row. Numbers called `customers` are counts, and those called
/// `customer` may be.
pub(super) fn customer_of(table: &Table, language: Language) -> Option<Customer> {
    const PLURALS: [&str; 2] = ["customers", "clients"];
    let fits = |column: &&ColumnDescription| {
        let name = telling(&column.name);
        let is_identifier = match column.role {
            Role::Reference | Role::Group | Role::Text | Role::Key => true,
            Role::Measure => column.counts && !PLURALS.contains(&&*name),
            _ => false,
        };
        let is_value = matches!(column.ty, ColumnType::Text | ColumnType::Number);
        is_identifier && is_value && CUSTOMER_COLUMNS.contains(&&*name)
    };
    let column = table.columns().find(fits)?;
    let is_guess = column.role == Role::Measure;
    let doubt = if is_guess { format!("  # ? {}", language.word(Phrase::InitByName)) } else { String::new() };
    let has_name = table.columns().any(|column| &*column.name == "customer_id");
    let line = (!has_name).then(|| format!("customer_id = {}{doubt}", spelled(&column.name)));
    Some(Customer { column: column.name.clone(), line, is_guess })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_without_accents_articles_and_currencies() {
        assert_eq!(telling("Chiffre d'affaires (EUR)"), "chiffre affaires");
        assert_eq!(telling("Montant en €"), "montant");
        assert_eq!(telling("number_of_orders"), "number orders");
    }

    #[test]
    fn synonyms_are_written_as_names_are_compared() {
        for target in TARGETS {
            for name in target.names.iter().chain(target.possible) {
                assert_eq!(telling(name), *name, "{}", target.name);
            }
        }
    }
}
