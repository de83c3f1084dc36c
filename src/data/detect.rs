//! Decides from a sample of cells what a column holds and how it writes it.

use std::collections::HashSet;
use std::sync::Arc;

use super::cell::{self, DateOrder, Mark, Misfit, NumberFormat, Numeral, Percents, Unsure};
use super::column::Reading;
use super::input::Input;
use super::notes;
use super::schema::{ColumnType, Declaration};
use crate::diagnostic::{CellPlace, Code, Diagnostic};

/// A cell of the sample and where it stands: a byte offset into the text, or the number of a row.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub cell: Arc<str>,
    pub at: u64,
}

impl Seen {
    /// Where it stands, in a column of a text.
    pub fn place(&self, column: &str, input: &Input) -> CellPlace {
        let place = input.place(input.line(self.at));
        CellPlace { column: Some(column.to_string()), cell: Some(self.cell.to_string()), ..place }
    }
}

/// What the cells seen of one column could be.
#[derive(Debug, Clone, Default)]
pub(super) struct Tally {
    cells: usize,
    booleans: usize,
    iso_dates: usize,
    months: usize,
    /// Days and months that no calendar has.
    impossible: usize,
    /// Numbers as programs write them: `1.234`, `1E-5`.
    plain: usize,
    numbers: Choice,
    dates: Choice,
    /// The first cell of all.
    first: Option<Seen>,
    /// The first number with a percent sign, and the first one without that is not zero.
    percents: [Option<Seen>; 2],
    /// The first cell that no reading makes a number.
    not_number: Option<Seen>,
    /// The first cell that no reading makes a date or a month.
    not_date: Option<Seen>,
    currency: Option<Arc<str>>,
    /// A cell with another currency.
    other_currency: Option<Seen>,
    /// Cells that need not be looked at again, at most [`MAX_KNOWN`]: they would say what they said.
    known: HashSet<Arc<str>, foldhash::fast::FixedState>,
}

/// Cells of one column that are remembered while it is looked at.
const MAX_KNOWN: usize = 1 << 10;

/// Cells that can be read in two ways: decimal point or comma, day or month first.
#[derive(Debug, Clone, Default)]
struct Choice {
    /// Cells that the first reading takes, and the second.
    fits: [usize; 2],
    /// A cell that only the first reading takes, and one that only the second does.
    only: [Option<Seen>; 2],
    /// A cell that means different things in both.
    differs: Option<Seen>,
}

impl Choice {
    /// Whether one reading takes all cells.
    fn covers(&self, cells: usize) -> bool {
        self.fits.contains(&cells)
    }

    /// How many cells the reading takes that takes most.
    fn most(&self) -> usize {
        self.fits[0].max(self.fits[1])
    }

    /// A cell that is not written in the way preferred, else in that of most.
    fn exception(&self, preferred: Option<usize>) -> Option<&Seen> {
        let most = usize::from(self.fits[0] < self.fits[1]);
        self.only[1 - preferred.unwrap_or(most)].as_ref()
    }

    /// The reading that the column itself decides for: 0 or 1; None where both take all cells.
    fn own(&self) -> Option<usize> {
        match self.fits[0].cmp(&self.fits[1]) {
            std::cmp::Ordering::Greater => Some(0),
            std::cmp::Ordering::Less => Some(1),
            std::cmp::Ordering::Equal => None,
        }
    }

    fn add<T: PartialEq>(&mut self, readings: [Option<T>; 2], seen: impl Fn() -> Seen) {
        for (fits, reading) in self.fits.iter_mut().zip(&readings) {
            *fits += usize::from(reading.is_some());
        }
        let example = match readings {
            [Some(a), Some(b)] if a != b => &mut self.differs,
            [Some(_), None] => &mut self.only[0],
            [None, Some(_)] => &mut self.only[1],
            _ => return,
        };
        example.get_or_insert_with(seen);
    }
}

impl Tally {
    /// Whether no cell was seen.
    pub fn is_empty(&self) -> bool {
        self.cells == 0
    }

    /// Takes note of one cell that is not blank.
    pub fn add(&mut self, cell: &str, at: u64) {
        let seen = || Seen { cell: cell::excerpt(cell).into(), at };
        if self.add_plain_number(cell, seen) || self.known.contains(cell) {
            return;
        }
        if self.known.len() < MAX_KNOWN {
            self.known.insert(cell.into());
        }
        self.first.get_or_insert_with(seen);
        self.cells += 1;
        if !cell.bytes().any(|byte| byte.is_ascii_digit()) {
            self.booleans += usize::from(cell::boolean(cell).is_ok());
            self.not_number.get_or_insert_with(seen);
            self.not_date.get_or_insert_with(seen);
            return;
        }
        let is_month = self.add_month(cell);
        self.iso_dates += usize::from(cell::date(cell, DateOrder::Iso) != Err(Misfit::Date));
        self.add_date(cell, is_month, seen);
        self.add_number(cell, seen);
    }

    /// Whether it is a month.
    fn add_month(&mut self, cell: &str) -> bool {
        let month = cell::month(cell);
        self.months += usize::from(month != Err(Misfit::Month));
        self.impossible += usize::from(month == Err(Misfit::NoSuchMonth));
        month != Err(Misfit::Month)
    }

    /// A day that no calendar has is a date all the same where no reading takes it: one that is refused when it is
    /// read.
    fn add_date(&mut self, cell: &str, is_month: bool, seen: impl Fn() -> Seen) {
        let readings = [DateOrder::DayFirst, DateOrder::MonthFirst].map(|order| cell::date(cell, order));
        match readings {
            [Err(Misfit::NoSuchDay), Err(Misfit::NoSuchDay)] => {
                self.impossible += 1;
                self.dates.add([Some(()), Some(())], seen);
            }
            [Err(_), Err(_)] if is_month => {}
            [Err(_), Err(_)] => {
                self.not_date.get_or_insert_with(seen);
            }
            readings => self.dates.add(readings.map(Result::ok), seen),
        }
    }

    /// The usual cases: whole numbers, which both readings take alike, and those that only a point explains.
    fn add_plain_number(&mut self, cell: &str, seen: impl Fn() -> Seen) -> bool {
        let readings = match cell::plain(cell.as_bytes(), b'.') {
            Some((_, 0)) => [Some(()), Some(())],
            // Three digits after the point could be a group of thousands.
            Some((_, scale)) if scale != 3 => [Some(()), None],
            _ => return false,
        };
        self.cells += 1;
        self.plain += 1;
        self.first.get_or_insert_with(&seen);
        if self.percents[1].is_none() && cell != "0" {
            self.percents[1] = Some(seen());
        }
        self.numbers.add(readings, &seen);
        self.not_date.get_or_insert_with(seen);
        true
    }

    fn add_number(&mut self, cell: &str, seen: impl Fn() -> Seen) {
        let dress = cell::undress(cell);
        let (currency, percent) = (dress.currency.map(Arc::<str>::from), dress.percent);
        let readings = [Mark::Point, Mark::Comma].map(|mark| {
            let format = NumberFormat { mark, currency: currency.clone(), ..NumberFormat::default() };
            // Too many digits are a number all the same: one that is refused when it is read.
            match cell::number(cell, &format) {
                Ok(number) => Some(Some(comparable(number))),
                Err(Misfit::TooManyDigits) => Some(None),
                Err(_) => None,
            }
        });
        if readings == [None, None] {
            self.not_number.get_or_insert_with(seen);
            return;
        }
        self.add_currency(currency, &seen);
        let is_zero = readings.iter().flatten().all(|number| number.is_some_and(|number| number.is_zero()));
        if percent || !is_zero {
            self.percents[usize::from(!percent)].get_or_insert_with(&seen);
        }
        self.plain += usize::from(cell::is_plain(cell));
        self.numbers.add(readings, seen);
    }

    fn add_currency(&mut self, currency: Option<Arc<str>>, seen: impl Fn() -> Seen) {
        let Some(currency) = currency else { return };
        if *self.currency.get_or_insert_with(|| currency.clone()) != currency {
            self.other_currency.get_or_insert_with(seen);
        }
    }

    /// What the column holds, as far as its own cells tell.
    fn ty(&self) -> ColumnType {
        let possible = self.impossible * 2 <= self.cells;
        match self.cells {
            0 => ColumnType::Unknown,
            cells if self.booleans == cells => ColumnType::Boolean,
            cells if self.months == cells && possible => ColumnType::Month,
            cells if self.dates.covers(cells) && possible => ColumnType::Date,
            cells if self.numbers.covers(cells) => ColumnType::Number,
            _ => ColumnType::Text,
        }
    }

    /// What texts of a program are: ISO dates, months, `numerals` where wanted, else texts; and one that is no number.
    pub fn plain_text(&self, numerals: bool) -> (ColumnType, Option<Seen>) {
        let numbers = numerals && self.plain == self.cells;
        let ty = match self.ty() {
            ColumnType::Number if numbers => ColumnType::Number,
            ColumnType::Date if self.iso_dates == self.cells => ColumnType::Date,
            ColumnType::Month => ColumnType::Month,
            _ => ColumnType::Text,
        };
        (ty, self.evidence(Preferred::default()).filter(|_| ty == ColumnType::Text))
    }

    /// The cell that makes a column of texts one: the first that is no date where most are, else no number, else the one
    /// that is written in another way than most. Where all could be numbers or dates, the first.
    fn evidence(&self, preferred: Preferred) -> Option<Seen> {
        let dates = self.dates.most();
        let (choice, reading, other) = match (dates + self.months) * 2 > self.cells {
            true => (&self.dates, preferred.dates, &self.not_date),
            false => (&self.numbers, preferred.mark, &self.not_number),
        };
        other.as_ref().or(choice.exception(reading)).or(self.first.as_ref()).cloned()
    }

    /// What to write so that a column of texts is what its cells seem to be.
    pub fn remedy(&self, name: &str, preferred: Preferred) -> Option<String> {
        let (numbers, dates) = (self.not_number.is_none(), self.not_date.is_none() && self.months == 0);
        let both = |choice: &Choice| {
            let [first, second] = choice.only.each_ref().map(|seen| seen.as_ref().map(|seen| seen.cell.clone()));
            first.zip(second)
        };
        if self.cells == 0 {
            return None;
        }
        let other = |choice: &Choice, reading: Option<usize>| choice.exception(Some(reading?)).cloned();
        let declared = match (other(&self.numbers, preferred.mark), other(&self.dates, preferred.dates)) {
            (Some(cell), _) if numbers => Some(("decimal", cell)),
            (_, Some(cell)) if dates => Some(("dates", cell)),
            _ => None,
        };
        if let Some((setting, Seen { cell, .. })) = declared {
            return Some(format!("`{cell}` is not written as `{setting}` says: correct the cell, or what is declared"));
        }
        if numbers && self.numbers.covers(self.cells) {
            return Some(format!("to read its texts as numbers: `{name}: number` in the dataset's block"));
        }
        if dates && self.dates.covers(self.cells) {
            return Some(format!("to read its texts as dates: `{name}: date` in the dataset's block"));
        }
        if let (true, Some((point, comma))) = (numbers, both(&self.numbers)) {
            return Some(format!("`{point}` has a decimal point, `{comma}` a decimal comma: write all in one way"));
        }
        let (day, month) = both(&self.dates).filter(|_| dates)?;
        Some(format!("`{day}` has the day first, `{month}` the month: write all dates in one order"))
    }
}

/// The readings that are declared: of numbers, of dates.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Preferred {
    mark: Option<usize>,
    dates: Option<usize>,
}

/// A number in one form, so that 1.50 and 1.5 are equal.
fn comparable(number: Numeral) -> rust_decimal::Decimal {
    match number {
        Numeral::Fixed(mantissa, scale) => rust_decimal::Decimal::from_i128_with_scale(mantissa.into(), scale),
        Numeral::Wide(decimal) => decimal,
    }
}

/// A column as it will be read.
#[derive(Debug, Clone)]
pub(super) struct Decided {
    pub reading: Reading,
    pub declared: bool,
    /// Why it cannot be read after all; to be raised once the column is needed.
    pub refused: Option<Refusal>,
    pub evidence: Option<Seen>,
    /// What to write so that a column of texts is what its cells seem to be.
    pub remedy: Option<String>,
    /// A cell that shows how numbers or dates are written, where that is not how programs write them.
    pub shown: Option<Seen>,
}

/// Why a column cannot be read, and the cell that shows it.
#[derive(Debug, Clone)]
pub(super) struct Refusal {
    pub diagnostic: Diagnostic,
    pub cell: Seen,
    /// Another cell that it does not go with.
    pub beside: Option<Seen>,
}

impl Refusal {
    /// The problem at its place; `place` tells that of a cell.
    pub fn told(&self, place: impl Fn(&Seen) -> CellPlace) -> Diagnostic {
        let mut diagnostic = self.diagnostic.clone();
        if let Some(beside) = &self.beside {
            let line = place(beside).line.map_or(String::new(), |line| format!(" in line {line}"));
            diagnostic.message += &format!(", beside `{}`{line}", beside.cell);
        }
        diagnostic.in_data(place(&self.cell))
    }
}

/// What the rest of the file says about a column that leaves a choice.
struct Habits {
    mark: Option<usize>,
    dates: Option<usize>,
    /// Whether a number such as `1.234` must be what programs write.
    point: bool,
}

/// Decides for all columns. `semicolons`: the file separates its cells by them, as where commas are decimal marks.
pub(super) fn decide(
    names: &[Arc<str>],
    tallies: &[Tally],
    declaration: &Declaration,
    semicolons: bool,
) -> Vec<Decided> {
    let formatting = &declaration.formatting;
    let habits = Habits {
        mark: match formatting.decimal {
            Some(',') => Some(1),
            Some(_) => Some(0),
            None => unanimous(tallies, ColumnType::Number, |tally| &tally.numbers),
        },
        dates: match formatting.dates.as_deref().and_then(DateOrder::of_pattern) {
            Some(DateOrder::DayFirst) => Some(0),
            Some(DateOrder::MonthFirst) => Some(1),
            _ => unanimous(tallies, ColumnType::Date, |tally| &tally.dates),
        },
        point: !semicolons,
    };
    let blanks: Arc<[Arc<str>]> = formatting.blank.as_slice().into();
    let decide = |(name, tally)| Column { name, tally, declaration, habits: &habits }.decide(blanks.clone());
    names.iter().zip(tallies).map(decide).collect()
}

/// The reading that all columns of a type decide for that decide at all.
fn unanimous(tallies: &[Tally], ty: ColumnType, choice: impl Fn(&Tally) -> &Choice) -> Option<usize> {
    let mut own = tallies.iter().filter(|tally| tally.ty() == ty).filter_map(|tally| choice(tally).own());
    let first = own.next()?;
    own.all(|other| other == first).then_some(first)
}

struct Column<'a> {
    name: &'a Arc<str>,
    tally: &'a Tally,
    declaration: &'a Declaration,
    habits: &'a Habits,
}

impl Column<'_> {
    fn decide(&self, blanks: Arc<[Arc<str>]>) -> Decided {
        let declared = self.declaration.types.get(self.name).copied().filter(|ty| *ty != ColumnType::Unknown);
        let ty = self.ty(declared);
        let mut decided = Decided {
            reading: Reading { blanks, declared: declared.is_some(), ..Reading::plain(ty) },
            declared: declared.is_some(),
            refused: None,
            evidence: self.tally.evidence(self.preferred()).filter(|_| ty == ColumnType::Text),
            remedy: self
                .tally
                .remedy(self.name, self.preferred())
                .filter(|_| ty == ColumnType::Text && declared.is_none()),
            shown: None,
        };
        match ty {
            ColumnType::Number => self.decide_numbers(&mut decided),
            ColumnType::Date => self.decide_dates(&mut decided),
            _ => {}
        }
        decided
    }

    fn preferred(&self) -> Preferred {
        let formatting = &self.declaration.formatting;
        let mark = self.habits.mark.filter(|_| formatting.decimal.is_some());
        Preferred { mark, dates: self.habits.dates.filter(|_| formatting.dates.is_some()) }
    }

    /// The declared type, else what the cells are; months are dates, too.
    fn ty(&self, declared: Option<ColumnType>) -> ColumnType {
        match (declared, self.formatted_type()) {
            (Some(ColumnType::Date), ColumnType::Month) => ColumnType::Month,
            (Some(declared), _) => declared,
            // A time column without cells is one of dates: those that come later, if any.
            (None, ColumnType::Unknown) if self.declaration.time.as_ref() == Some(self.name) => ColumnType::Date,
            (None, found) => found,
        }
    }

    /// What the cells are, where the way they are written is declared.
    fn formatted_type(&self) -> ColumnType {
        let ty = self.tally.ty();
        let refuses = |choice: &Choice, declared: bool, habit: Option<usize>| {
            declared && habit.is_some_and(|habit| choice.fits[habit] < self.tally.cells)
        };
        let formatting = &self.declaration.formatting;
        match ty {
            ColumnType::Number if refuses(&self.tally.numbers, formatting.decimal.is_some(), self.habits.mark) => {
                ColumnType::Text
            }
            ColumnType::Date if refuses(&self.tally.dates, formatting.dates.is_some(), self.habits.dates) => {
                ColumnType::Text
            }
            ty => ty,
        }
    }

    fn decide_numbers(&self, decided: &mut Decided) {
        let numbers = &self.tally.numbers;
        let declared = self.habits.mark.filter(|_| self.declaration.formatting.decimal.is_some());
        let choice = declared.or(numbers.own());
        let plain = self.habits.point && self.tally.plain == self.tally.cells;
        let (chosen, unsure) = match (choice.or(self.habits.mark), &numbers.differs) {
            (Some(chosen), _) => (chosen, Unsure::Never),
            (None, Some(seen)) if !plain => {
                decided.refused = Some(self.ambiguous_number(seen));
                (0, Unsure::All)
            }
            (None, _) if plain => (0, Unsure::Dressed),
            (None, _) => (0, Unsure::All),
        };
        if let Some(seen) = &self.tally.other_currency {
            decided.refused = Some(self.two_currencies(seen));
        }
        let percents = match &self.tally.percents {
            _ if decided.declared => Percents::Any,
            [Some(percent), Some(number)] => {
                decided.refused = Some(self.some_percents(percent, number));
                Percents::Any
            }
            [Some(_), None] => Percents::All,
            [None, _] => Percents::None,
        };
        decided.shown = if chosen == 1 { numbers.only[1].clone().or(numbers.differs.clone()) } else { None };
        decided.reading.numbers = NumberFormat {
            mark: if chosen == 1 { Mark::Comma } else { Mark::Point },
            currency: self.tally.currency.clone(),
            leading_zeros: decided.declared,
            unsure,
            percents,
        };
    }

    fn decide_dates(&self, decided: &mut Decided) {
        let dates = &self.tally.dates;
        if self.tally.iso_dates == self.tally.cells && self.tally.cells > 0 {
            return;
        }
        let declared = self.habits.dates.filter(|_| self.declaration.formatting.dates.is_some());
        let known = declared.or(dates.own()).or(self.habits.dates);
        decided.reading.unsure_dates = known.is_none();
        let chosen = match (known, &dates.differs) {
            (Some(chosen), _) => chosen,
            (None, Some(seen)) => {
                decided.refused = Some(self.ambiguous_date(seen));
                0
            }
            (None, None) => 0,
        };
        let shown = || dates.only[chosen].clone().or(dates.differs.clone());
        decided.shown = if decided.refused.is_some() { None } else { shown() };
        decided.reading.dates = [DateOrder::DayFirst, DateOrder::MonthFirst][chosen];
    }

    fn ambiguous_number(&self, seen: &Seen) -> Refusal {
        let [point, comma] = [Mark::Point, Mark::Comma].map(|mark| {
            let currency = self.tally.currency.clone();
            let format = NumberFormat { mark, currency, leading_zeros: true, ..NumberFormat::default() };
            cell::number(&seen.cell, &format).map_or_else(|_| "?".into(), |number| comparable(number).to_string())
        });
        let message =
            format!("column `{}` could be read in two ways: `{}` is {point} or {comma}", self.name, seen.cell);
        let diagnostic = Diagnostic::error(Code::AmbiguousColumn, message).hint(notes::MARK_HINT);
        Refusal { diagnostic, cell: seen.clone(), beside: None }
    }

    fn ambiguous_date(&self, seen: &Seen) -> Refusal {
        let name = self.name;
        let message =
            format!("column `{name}` could be read in two ways: `{}` has the day or the month first", seen.cell);
        let diagnostic = Diagnostic::error(Code::AmbiguousColumn, message).hint(notes::ORDER_HINT);
        Refusal { diagnostic, cell: seen.clone(), beside: None }
    }

    fn some_percents(&self, percent: &Seen, number: &Seen) -> Refusal {
        let name = self.name;
        let message = format!("column `{name}` has numbers with and without a percent sign: `{}`", number.cell);
        let diagnostic = Diagnostic::error(Code::AmbiguousColumn, message)
            .hint(format!("where `{0}` means `{0}%`: write the sign in the file", number.cell))
            .hint(percents_hint(name));
        Refusal { diagnostic, cell: number.clone(), beside: Some(percent.clone()) }
    }

    fn two_currencies(&self, seen: &Seen) -> Refusal {
        let currency = self.tally.currency.as_deref().unwrap_or_default();
        let message = format!("column `{}` mixes currencies: {currency} and `{}`", self.name, seen.cell);
        let diagnostic = Diagnostic::error(Code::BadTable, message)
            .hint("give each currency a column, or convert the amounts into one");
        Refusal { diagnostic, cell: seen.clone(), beside: None }
    }
}

/// How to say that percents stand beside plain numbers.
pub(super) fn percents_hint(column: &str) -> String {
    format!("where each cell means what it says (`20%` is 0.2, `35` is 35): `{column}: number` in the dataset's block")
}
