//! First KPIs: the figures, ratios of them, and the other measures of the tables.

use super::figures::{Figure, customer_of};
use super::table::Table;
use super::targets::{AVERAGED, STOCKS};
use crate::data::ColumnType;
use crate::describe::{ColumnDescription, Role, words};
use crate::library::Library;
use crate::syntax::{spelled, string};

/// The other measures of a table that become KPIs.
const MEASURES: usize = 6;

/// A KPI of the draft.
#[derive(Debug, Clone)]
pub(super) struct FirstKpi {
    pub name: String,
    pub text: String,
    /// The table that it reads, if it is one.
    pub table: usize,
}

struct Kpis<'a> {
    library: &'a Library,
    all: Vec<FirstKpi>,
}

pub(super) fn of(tables: &[Table], figures: &[Figure], library: &Library) -> Vec<FirstKpi> {
    let mut kpis = Kpis { library, all: vec![] };
    figures.iter().for_each(|figure| kpis.figure(figure));
    kpis.ratios(tables, figures);
    for (at, table) in tables.iter().enumerate() {
        let is_in = |formula: &String, column: &ColumnDescription| formula.contains(&table.column(&column.name));
        let is_bound = |column: &ColumnDescription| {
            figures.iter().any(|figure| figure.formulas.iter().any(|formula| is_in(formula, column)))
        };
        let measures = table.columns().filter(|column| column.role == Role::Measure && !is_bound(column));
        measures.take(MEASURES).for_each(|column| kpis.measure(at, table, column));
    }
    if kpis.all.is_empty() {
        (0..).zip(tables).for_each(|(at, table)| kpis.rows(at, table));
    }
    kpis.all
}

impl Kpis<'_> {
    /// Adds a KPI, unless its name is taken.
    fn add(&mut self, name: String, ty: &str, formula: &str, card: &str, table: usize) {
        let is_taken = self.library.id(&name).is_some() || self.all.iter().any(|known| known.name == name);
        if is_taken || name.is_empty() {
            return;
        }
        let ty = if ty.is_empty() { String::new() } else { format!(": {ty}") };
        let text = format!("{}{ty} = {formula} {{ {card} }}", spelled(&name));
        self.all.push(FirstKpi { name, text, table });
    }

    /// A figure of the standard library over the period.
    fn figure(&mut self, figure: &Figure) {
        // Figures that cannot be added up have no value over several periods, and an opening stock says less than the
        // closing one.
        let prefix = match figure.formulas[0].split('(').next() {
            Some("only" | "first") => return,
            Some("last") => "latest",
            _ => "total",
        };
        let label = self.library.definition(figure.name).and_then(|known| known.card.label.clone());
        let label = label.map_or(String::new(), |label| {
            format!("label {} fr {}  ", string(&label.default), string(label.get("fr")))
        });
        let is_lower = ["cost", "spend", "lost", "detractors", "single_page"].iter().any(|it| figure.name.contains(it));
        let better = match figure.name {
            "leads_target" | "passives" => "neither",
            _ if is_lower => "lower",
            _ => "higher",
        };
        let card = format!("{label}better {better}");
        self.add(format!("{prefix}_{}", figure.name), figure.ty, figure.name, &card, figure.table);
    }

    fn ratios(&mut self, tables: &[Table], figures: &[Figure]) {
        let figure = |name: &str| figures.iter().find(|figure| figure.name == name);
        if let Some(revenue) = figure("revenue")
            && let Some((customer, _)) = customer_of(&tables[revenue.table])
        {
            let customers = tables[revenue.table].column(&customer);
            let formula = format!("revenue / count(distinct {customers})");
            let card = "label \"Revenue per customer\" fr \"Chiffre d'affaires par client\"  better higher";
            self.add("revenue_per_customer".into(), "money", &formula, card, revenue.table);
        }
        for (at, table) in tables.iter().enumerate() {
            let sum = |names: &[&str]| {
                let is_named = |column: &&ColumnDescription| {
                    column.role == Role::Measure && names.contains(&&*words(&column.name).join(" "))
                };
                table.columns().find(is_named).map(|column| format!("sum({})", table.column(&column.name)))
            };
            let (clicks, impressions) = (sum(&["clicks", "clics"]), sum(&["impressions", "affichages"]));
            if let (Some(clicks), Some(impressions)) = (&clicks, &impressions) {
                let card = "label \"Click rate\" fr \"Taux de clic\"  better higher  format 2 decimals";
                self.add("click_rate".into(), "percent", &format!("{clicks} / {impressions}"), card, at);
            }
            if let (Some(clicks), Some(_)) = (&clicks, figure("ad_spend").filter(|spend| spend.table == at)) {
                let card = "label \"Cost per click\" fr \"Coût par clic\"  better lower";
                self.add("cost_per_click".into(), "money", &format!("ad_spend / {clicks}"), card, at);
            }
        }
    }

    /// A measure that the standard library does not read.
    fn measure(&mut self, at: usize, table: &Table, column: &ColumnDescription) {
        let name = words(&column.name);
        let has = |known: &[&str]| name.iter().any(|word| known.contains(&&**word));
        let (aggregate, prefix) = match column.percent || has(AVERAGED) {
            true => ("avg", "average"),
            false if has(STOCKS) && table.has_time() => ("last", "last"),
            false => ("sum", "total"),
        };
        let label = format!("label {}", string(&sentence(prefix, &column.name)));
        let formula = format!("{aggregate}({})", table.column(&column.name));
        let ty = match column.percent {
            true => "percent",
            false if table.money.contains(&column.name) => "money",
            false => "",
        };
        let short = format!("{prefix}_{}", name.join("_"));
        let is_taken = self.all.iter().any(|known| known.name == short);
        let named = if is_taken { format!("{prefix}_{}_{}", table.words.join("_"), name.join("_")) } else { short };
        self.add(named, ty, &formula, &label, at);
    }

    /// The number of rows of a table.
    fn rows(&mut self, at: usize, table: &Table) {
        let label = format!("label {}", string(&format!("Rows of {}", table.source.description.name)));
        let has_rows = table.columns().any(|column| column.ty != ColumnType::Unknown);
        if has_rows {
            self.add(
                format!("rows_of_{}", table.words.join("_")),
                "count",
                &format!("count({})", table.name),
                &label,
                at,
            );
        }
    }
}

/// `Total clicks`
fn sentence(prefix: &str, column: &str) -> String {
    let mut letters = prefix.chars();
    let first = letters.next().map(char::to_uppercase).into_iter().flatten();
    format!("{}{} {}", first.collect::<String>(), letters.as_str(), column.replace('_', " "))
}
