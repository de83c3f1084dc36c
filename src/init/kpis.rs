//! First KPIs: the figures, ratios of them, and the other measures of the tables.

use super::figures::{Figure, customer_of, telling};
use super::measures::{Aggregate, Doubt, Usage, usage};
use super::table::{Table, or};
use crate::data::ColumnType;
use crate::describe::{ColumnDescription, Role, fold, split, words};
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

/// The first KPIs, and the columns of numbers that none of them reads, by table.
#[derive(Debug, Clone, Default)]
pub(super) struct FirstKpis {
    pub kpis: Vec<FirstKpi>,
    pub further: Vec<(String, Vec<String>)>,
}

/// A formula, and a comment if it is a guess.
struct Formula {
    text: String,
    doubt: Option<String>,
}

impl From<String> for Formula {
    fn from(text: String) -> Self {
        Self { text, doubt: None }
    }
}

struct Kpis<'a> {
    library: &'a Library,
    language: Language,
    all: Vec<FirstKpi>,
}

pub(super) fn of(tables: &[Table], figures: &[Figure], library: &Library, language: Language) -> FirstKpis {
    let mut kpis = Kpis { library, language, all: vec![] };
    let mut further = vec![];
    figures.iter().for_each(|figure| kpis.figure(figure));
    kpis.ratios(tables, figures);
    for (at, table) in tables.iter().enumerate() {
        let is_in = |formula: &String, column: &ColumnDescription| names(formula, &table.column(&column.name));
        let is_bound = |column: &ColumnDescription| {
            figures.iter().any(|figure| figure.formulas.iter().any(|formula| is_in(formula, column)))
        };
        let measures = table.columns().filter(|column| column.role == Role::Measure && !is_bound(column));
        let (mut used, unused): (Vec<_>, Vec<_>) =
            measures.map(|column| (column, usage(table, column))).partition(|(_, usage)| usage.is_some());
        // Stable: among equals, the order of the file.
        used.sort_by_key(|(column, usage)| {
            let is_guess = usage.as_ref().is_some_and(|usage| usage.doubt.is_some());
            (is_guess, table.money_type(&column.name).is_none())
        });
        let shown = used.iter().take(MEASURES).filter_map(|(column, usage)| Some((column, usage.as_ref()?)));
        shown.for_each(|(column, usage)| kpis.measure(at, table, column, usage));
        let others = used.iter().skip(MEASURES).chain(&unused);
        further.push((table.name.clone(), others.map(|(column, _)| spelled(&column.name)).collect()));
    }
    if kpis.all.is_empty() {
        (0..).zip(tables).for_each(|(at, table)| kpis.rows(at, table));
    }
    FirstKpis { kpis: kpis.all, further }
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
    fn add(&mut self, name: String, ty: &str, formula: &Formula, card: &str, table: usize) {
        let is_taken = self.library.id(&name).is_some() || self.all.iter().any(|known| known.name == name);
        if is_taken || name.is_empty() {
            return;
        }
        let ty = if ty.is_empty() { String::new() } else { format!(": {ty}") };
        let doubt = formula.doubt.as_ref().map_or_else(String::new, |doubt| format!("  # ? {doubt}\n "));
        let text = format!("{}{ty} = {} {{{doubt} {card} }}", spelled(&name), formula.text);
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
        self.add(name, figure.ty, &figure.name.to_owned().into(), &card, figure.table);
    }

    /// A label in the language of the draft; a label in English is followed by its translation.
    fn label(&self, label: &Text) -> String {
        match self.language {
            Language::English => format!("label {} fr {}", string(&label.default), string(label.get("fr"))),
            Language::French => format!("label {}", string(label.get("fr"))),
        }
    }

    /// A ratio with a name and a label in both languages.
    fn ratio(&mut self, name: Phrase, label: Phrase, ty: &str, formula: &Formula, card: &str, table: usize) {
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
            && let Some(customer) = customer_of(&tables[revenue.table], self.language)
        {
            let customers = tables[revenue.table].column(&customer.column);
            let doubt = customer.is_guess.then(|| self.language.word(Phrase::InitByName).to_owned());
            let formula = Formula { text: format!("revenue / count(distinct {customers})"), doubt };
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
                let (formula, card) = (format!("{clicks} / {impressions}").into(), "better higher  format 2 decimals");
                self.ratio(Phrase::InitClickRateName, Phrase::InitClickRate, "percent", &formula, card, at);
            }
            if let (Some(clicks), Some(_)) = (&clicks, figure("ad_spend").filter(|spend| spend.table == at)) {
                let (name, label) = (Phrase::InitCostPerClickName, Phrase::InitCostPerClick);
                self.ratio(name, label, "money", &format!("ad_spend / {clicks}").into(), "better lower", at);
            }
        }
    }

    /// A measure that the standard library does not read.
    fn measure(&mut self, at: usize, table: &Table, column: &ColumnDescription, usage: &Usage) {
        let (pattern, label) = phrases(usage.aggregate);
        let own = own_words(&column.name, usage.aggregate);
        let label = format!("label {}", string(&self.sentence(label, &own.join(" "))));
        let name: Vec<String> = own.iter().map(|word| fold(word)).collect();
        let short = self.language.phrase(pattern, &[&name.join("_")]);
        let is_taken = self.all.iter().any(|known| known.name == short);
        let long = || self.language.phrase(pattern, &[&format!("{}_{}", table.words.join("_"), name.join("_"))]);
        let named = if is_taken { long() } else { short };
        let number = table.column(&column.name);
        let Some(currencies) = table.currencies.as_ref().filter(|_| table.is_mixed(&column.name)) else {
            let ty = if column.percent { "percent".into() } else { table.money_type(&column.name).unwrap_or_default() };
            return self.add(named, &ty, &self.aggregated(usage, &number), &label, at);
        };
        // Amounts in several currencies do not add up, so each currency has a KPI.
        for code in currencies.codes.iter().filter(|_| !table.has_converted()) {
            let label = label.replacen('"', &format!("\"{code}: "), 1);
            let rows = format!("{number} where {} = {}", table.column(&currencies.column), string(code));
            let formula = self.aggregated(usage, &rows);
            self.add(format!("{named}_{}", code.to_lowercase()), code, &formula, &label, at);
        }
    }

    /// The aggregate of some numbers, with a comment if others are as likely.
    fn aggregated(&self, usage: &Usage, numbers: &str) -> Formula {
        let formula = |aggregate: Aggregate| format!("{}({numbers})", aggregate.name());
        let doubt = usage.doubt.as_ref().map(|doubt| match doubt {
            Doubt::Or(others) => or(&others.iter().map(|other| formula(*other)).collect::<Vec<_>>(), self.language),
            Doubt::Unweighted => self.language.word(Phrase::InitUnweighted).to_owned(),
        });
        Formula { text: formula(usage.aggregate), doubt }
    }

    /// The number of rows of a table.
    fn rows(&mut self, at: usize, table: &Table) {
        let label = self.sentence(Phrase::InitRows, &table.source.description.name);
        let label = format!("label {}", string(&label));
        let name = self.language.phrase(Phrase::InitRowsName, &[&table.words.join("_")]);
        if table.columns().any(|column| column.ty != ColumnType::Unknown) {
            self.add(name, "count", &format!("count({})", table.name).into(), &label, at);
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

/// The patterns of the name and the label of an aggregate.
fn phrases(aggregate: Aggregate) -> (Phrase, Phrase) {
    match aggregate {
        Aggregate::Sum => (Phrase::InitTotalName, Phrase::InitTotal),
        Aggregate::Average => (Phrase::InitAverageName, Phrase::InitAverage),
        Aggregate::Last => (Phrase::InitLastName, Phrase::InitLast),
    }
}

/// The words of a column without those that the name of the aggregate has already: `charges` of `total_charges`.
fn own_words(column: &str, aggregate: Aggregate) -> Vec<String> {
    let said: &[&str] = match aggregate {
        Aggregate::Sum => &["total", "totals", "totale", "totaux", "sum", "somme", "cumul"],
        Aggregate::Average => &["average", "avg", "mean", "moyen", "moyenne"],
        Aggregate::Last => &["last", "latest", "closing", "end", "fin", "final"],
    };
    let all = split(column);
    // `MonthlyCharges` has its capital letters in place of spaces.
    let is_camel = all.len() > 1 && column.chars().all(char::is_alphanumeric);
    let word = |word: &String| match word.chars().skip(1).all(char::is_lowercase) && is_camel {
        true => word.to_lowercase(),
        false => word.clone(),
    };
    let own: Vec<String> = all.iter().filter(|word| !said.contains(&&*fold(word))).map(word).collect();
    if own.is_empty() { all } else { own }
}
