//! The draft of a file of definitions, as pieces of text that can be left out one by one.

use super::figures::{self, Figure};
use super::kpis::{self, FirstKpi, FirstKpis};
use super::relations;
use super::table::{DataSource, Piece, RowTime, Table, or};
use crate::data::{ColumnType, Grain};
use crate::describe::words;
use crate::language::{Language, Phrase};
use crate::library::Library;
use crate::syntax::spelled;
use crate::value::unit::Currency;

/// The KPIs in the command that shows them by period.
const SHOWN: usize = 3;

/// Definitions for some data files.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    /// The currency of amounts: its code, or the symbol in the cells, and whether that is a guess.
    pub currency: Option<(String, bool)>,
    /// The figures of the standard library.
    pub figures: Vec<Figure>,
    tables: Vec<Table>,
    language: Language,
}

impl Draft {
    /// Drafts definitions for files. Comments, labels and names are in the language.
    pub fn new(sources: Vec<DataSource>, language: Language) -> Self {
        let mut tables: Vec<Table> = vec![];
        for source in sources {
            let name = free_name(&source, &tables);
            tables.push(Table::new(source, name));
        }
        for relation in relations::of(&tables) {
            let line = relation.line(&tables, language);
            tables[relation.table].lines.push(line);
        }
        let figures = figures::of(&tables);
        for (at, table) in tables.iter_mut().enumerate() {
            let is_of_orders = figures.iter().any(|it| it.table == at && matches!(it.name, "orders" | "mrr"));
            let customer = figures::customer_of(table, language).filter(|_| is_of_orders);
            table.lines.extend(customer.and_then(|customer| customer.line));
        }
        Self { currency: currency(&tables), figures, tables, language }
    }

    /// Returns true if a column holds money in the currency of the definitions.
    pub fn has_money(&self) -> bool {
        self.tables.iter().any(Table::has_money)
    }

    /// The pieces of the text. `command` is the command that the head shows.
    pub fn pieces(&self, library: &Library, commands: &[String]) -> Vec<Piece> {
        let word = |phrase: Phrase| self.language.word(phrase);
        let mut pieces = Pieces { all: vec![], language: self.language };
        pieces.keep(format!("# {}", word(Phrase::InitHead)));
        pieces.keep("#");
        commands.iter().for_each(|command| pieces.keep(format!("#   {command}")));
        pieces.keep("");
        match &self.currency {
            Some((code, false)) => pieces.keep(format!("currency {code}\n")),
            Some((code, true)) => pieces.keep(format!("currency {code}  # ?\n")),
            None if self.has_money() => pieces.keep(format!("# currency EUR  # ? {}\n", word(Phrase::InitCurrency))),
            None => {}
        }
        self.tables.iter().for_each(|table| pieces.dataset(table));
        if !self.figures.is_empty() {
            pieces.keep(format!("# {}\n", word(Phrase::InitFigures)));
            self.figures.iter().for_each(|figure| pieces.figure(figure));
        }
        let space = if self.figures.is_empty() { "" } else { "\n" };
        pieces.keep(format!("{space}# {}\n", word(Phrase::InitKpis)));
        let FirstKpis { kpis, further } = self.kpis(library);
        kpis.into_iter().for_each(|kpi| pieces.option(format!("{}\n", kpi.text)));
        for (table, columns) in further.iter().filter(|(_, columns)| !columns.is_empty()) {
            pieces.keep(format!("# {}", self.language.phrase(Phrase::InitFurther, &[table, &columns.join(", ")])));
        }
        pieces.all
    }

    /// The names of the first KPIs whose rows have a time, and the coarsest grain that suits them.
    pub fn first(&self, library: &Library, is_kept: impl Fn(&str) -> bool) -> (Vec<String>, Option<Grain>) {
        let kpis = self.kpis(library).kpis;
        let kept: Vec<&FirstKpi> = kpis.iter().filter(|kpi| is_kept(&kpi.name)).collect();
        let mut first: Vec<&FirstKpi> =
            kept.iter().copied().filter(|kpi| self.tables[kpi.table].has_time()).take(SHOWN).collect();
        let grains = first.iter().filter_map(|kpi| grain(&self.tables[kpi.table]));
        let coarsest = grains.max_by_key(|grain| Grain::ALL.iter().position(|known| known == grain));
        if coarsest.is_none() {
            first = kept.into_iter().take(SHOWN).collect();
        }
        (first.iter().map(|kpi| spelled(&kpi.name)).collect(), coarsest)
    }

    fn kpis(&self, library: &Library) -> FirstKpis {
        kpis::of(&self.tables, &self.figures, library, self.language)
    }

    /// Returns true if a table has a column of this name.
    pub fn has_column(&self, name: &str) -> bool {
        self.tables.iter().flat_map(Table::columns).any(|column| *column.name == *name)
    }

    /// The number of tables.
    pub fn tables(&self) -> usize {
        self.tables.len()
    }
}

struct Pieces {
    all: Vec<Piece>,
    language: Language,
}

impl Pieces {
    fn keep(&mut self, text: impl Into<String>) {
        self.all.push(Piece::kept(text.into()));
    }

    fn option(&mut self, text: impl Into<String>) {
        self.all.push(Piece::optional(text.into()));
    }

    fn dataset(&mut self, table: &Table) {
        self.keep(table.head());
        self.all.extend(table.block(self.language));
        self.keep("}\n");
    }

    fn figure(&mut self, figure: &Figure) {
        let others = match &figure.formulas[1..] {
            [] => self.language.word(Phrase::InitByName).to_owned(),
            others => or(others, self.language),
        };
        let doubt = if figure.is_guess { format!("  # ? {others}") } else { String::new() };
        self.option(format!("input {}: {} = {}{doubt}", figure.name, figure.ty, figure.formulas[0]));
    }
}

/// A name for a dataset, from the name of its file.
fn free_name(source: &DataSource, tables: &[Table]) -> String {
    let words = words(&source.description.name);
    let name = match words.join("_") {
        name if name.is_empty() => "data".to_owned(),
        name if name.starts_with(|letter: char| letter.is_ascii_digit()) => format!("data_{name}"),
        name => name,
    };
    let is_taken = |name: &str| tables.iter().any(|table| table.name == spelled(name));
    let numbered = (2..).map(|number| format!("{name}_{number}"));
    std::iter::once(name.clone()).chain(numbered).find(|name| !is_taken(name)).unwrap_or(name)
}

/// The currency of the amounts, if their cells, a column of currencies or the spelling of numbers suggest one.
fn currency(tables: &[Table]) -> Option<(String, bool)> {
    let columns = || tables.iter().flat_map(Table::columns);
    if let Some(symbol) = columns().find_map(|column| column.currency.as_ref()) {
        return Some(match &**symbol {
            "$" => ("USD".into(), true),
            "¥" => ("JPY".into(), true),
            "kr" => ("SEK".into(), true),
            code => (code.into(), false),
        });
    }
    let is_code = |text: &&String| Currency::from_code(text).is_some();
    let named = columns().filter(|column| column.ty == ColumnType::Text && column.distinct == 1);
    if let Some(code) = named.filter_map(|column| column.examples.first()).find(is_code) {
        return Some((code.clone(), false));
    }
    let is_in_name = |code: &&&str| columns().any(|column| words(&column.name).contains(&code.to_lowercase()));
    if let Some(code) = ["EUR", "USD", "GBP", "CHF"].iter().find(is_in_name) {
        return Some(((*code).into(), false));
    }
    let has_comma = tables
        .iter()
        .any(|table| table.source.description.reading.iter().any(|it| it.to_string().contains("decimal comma")));
    (has_comma && tables.iter().any(Table::has_money)).then(|| ("EUR".into(), true))
}

/// The grain in which the rows of a table are best seen first.
fn grain(table: &Table) -> Option<Grain> {
    let (RowTime::Column(name, _) | RowTime::Interval(name, _)) = &table.time else { return None };
    let column = table.columns().find(|column| column.name == *name)?;
    match column.ty {
        ColumnType::Period(grain) => Some(grain),
        ColumnType::Number => Some(Grain::Year),
        _ if column.span > 3 * 365 => Some(Grain::Year),
        _ if column.span > 60 => Some(Grain::Month),
        _ if column.span > 14 => Some(Grain::Week),
        _ => Some(Grain::Day),
    }
}
