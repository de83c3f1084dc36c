//! First KPIs: the figures, ratios of them, and the other measures of the tables.

use super::figures::{Figure, customer_of, telling};
use super::table::Table;
use super::targets::{AVERAGED, STOCKS};
use crate::data::ColumnType;
use crate::describe::{ColumnDescription, Role, words};
use crate::language::{Language, Phrase};
use crate::library::Library;
use crate::library::card::Text;
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
    language: Language,
    all: Vec<FirstKpi>,
}

pub(super) fn of(tables: &[Table], figures: &[Figure], library: &Library, language: Language) -> Vec<FirstKpi> {
    let mut kpis = Kpis { library, language, all: vec![] };
    figures.iter().for_each(|figure| kpis.figure(figure));
    kpis.ratios(tables, figures);
    for (at, table) in tables.iter().enumerate() {
        let is_in = |formula: &String, column: &ColumnDescription| names(formula, &table.column(&column.name));
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

/// Returns true if a formula names a column: `sales.amount`, and not only `sales.amount_eur`.
fn names(formula: &str, column: &str) -> bool {
    let ends_name = |letter: Option<char>| letter.is_none_or(|letter| !letter.is_alphanumeric() && letter != '_');
    formula.match_indices(column).any(|(at, _)| {
        ends_name(formula[..at].chars().next_back()) && ends_name(formula[at + column.len()..].chars().next())
    })
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
        let pattern = match figure.formulas[0].split('(').next() {
            Some("only" | "first") => return,
            Some("last") => Phrase::InitLatestName,
            _ => Phrase::InitTotalName,
        };
        let label = self.library.definition(figure.name).and_then(|known| known.card.label.as_ref());
        let name = match (self.language, label) {
            (Language::French, Some(label)) => {
                let words = telling(label.get("fr"));
                words.strip_prefix("nombre ").unwrap_or(&words).replace(' ', "_")
            }
            _ => figure.name.to_owned(),
        };
        let name = self.language.phrase(pattern, &[&name]);
        let label = label.map_or(String::new(), |label| format!("{}  ", self.label(label)));
        let is_lower = ["cost", "spend", "lost", "detractors", "single_page"].iter().any(|it| figure.name.contains(it));
        let better = match figure.name {
            "leads_target" | "passives" => "neither",
            _ if is_lower => "lower",
            _ => "higher",
        };
        let card = format!("{label}better {better}");
        self.add(name, figure.ty, figure.name, &card, figure.table);
    }

    /// A label in the language of the draft; a label in English is followed by its translation.
    fn label(&self, label: &Text) -> String {
        match self.language {
            Language::English => format!("label {} fr {}", string(&label.default), string(label.get("fr"))),
            Language::French => format!("label {}", string(label.get("fr"))),
        }
    }

    /// A ratio with a name and a label in both languages.
    fn ratio(&mut self, name: Phrase, label: Phrase, ty: &str, formula: &str, card: &str, table: usize) {
        let label = match self.language {
            Language::English => {
                let [english, french] = Language::ALL.map(|language| string(language.word(label)));
                format!("label {english} fr {french}")
            }
            Language::French => format!("label {}", string(self.language.word(label))),
        };
        self.add(self.language.word(name).to_owned(), ty, formula, &format!("{label}  {card}"), table);
    }

    fn ratios(&mut self, tables: &[Table], figures: &[Figure]) {
        let figure = |name: &str| figures.iter().find(|figure| figure.name == name);
        if let Some(revenue) = figure("revenue")
            && let Some((customer, _)) = customer_of(&tables[revenue.table])
        {
            let customers = tables[revenue.table].column(&customer);
            let formula = format!("revenue / count(distinct {customers})");
            let (name, label) = (Phrase::InitRevenuePerCustomerName, Phrase::InitRevenuePerCustomer);
            self.ratio(name, label, "money", &formula, "better higher", revenue.table);
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
                let (formula, card) = (format!("{clicks} / {impressions}"), "better higher  format 2 decimals");
                self.ratio(Phrase::InitClickRateName, Phrase::InitClickRate, "percent", &formula, card, at);
            }
            if let (Some(clicks), Some(_)) = (&clicks, figure("ad_spend").filter(|spend| spend.table == at)) {
                let (name, label) = (Phrase::InitCostPerClickName, Phrase::InitCostPerClick);
                self.ratio(name, label, "money", &format!("ad_spend / {clicks}"), "better lower", at);
            }
        }
    }

    /// A measure that the standard library does not read.
    fn measure(&mut self, at: usize, table: &Table, column: &ColumnDescription) {
        let name = words(&column.name);
        let has = |known: &[&str]| name.iter().any(|word| known.contains(&&**word));
        let (aggregate, pattern, label) = match column.percent || has(AVERAGED) {
            true => ("avg", Phrase::InitAverageName, Phrase::InitAverage),
            false if has(STOCKS) && table.has_time() => ("last", Phrase::InitLastName, Phrase::InitLast),
            false => ("sum", Phrase::InitTotalName, Phrase::InitTotal),
        };
        let label = format!("label {}", string(&self.sentence(label, &column.name.replace('_', " "))));
        let formula = format!("{aggregate}({}", table.column(&column.name));
        let short = self.language.phrase(pattern, &[&name.join("_")]);
        let is_taken = self.all.iter().any(|known| known.name == short);
        let long = || self.language.phrase(pattern, &[&format!("{}_{}", table.words.join("_"), name.join("_"))]);
        let named = if is_taken { long() } else { short };
        let Some(currencies) = table.currencies.as_ref().filter(|_| table.is_mixed(&column.name)) else {
            let ty = if column.percent { "percent".into() } else { table.money_type(&column.name).unwrap_or_default() };
            return self.add(named, &ty, &format!("{formula})"), &label, at);
        };
        // Amounts in several currencies do not add up, so each currency has a KPI.
        for code in currencies.codes.iter().filter(|_| !table.has_converted()) {
            let label = label.replacen('"', &format!("\"{code}: "), 1);
            let formula = format!("{formula} where {} = {})", table.column(&currencies.column), string(code));
            self.add(format!("{named}_{}", code.to_lowercase()), code, &formula, &label, at);
        }
    }

    /// The number of rows of a table.
    fn rows(&mut self, at: usize, table: &Table) {
        let label = self.sentence(Phrase::InitRows, &table.source.description.name);
        let label = format!("label {}", string(&label));
        let name = self.language.phrase(Phrase::InitRowsName, &[&table.words.join("_")]);
        if table.columns().any(|column| column.ty != ColumnType::Unknown) {
            self.add(name, "count", &format!("count({})", table.name), &label, at);
        }
    }

    /// A label of a column, with a capital letter: `Total clicks`.
    fn sentence(&self, phrase: Phrase, column: &str) -> String {
        let text = self.language.phrase(phrase, &[column]);
        let mut letters = text.chars();
        let first = letters.next().map(char::to_uppercase).into_iter().flatten();
        first.chain(letters.as_str().chars()).collect()
    }
}
