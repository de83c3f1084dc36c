//! Decides from a sample of cells what a column holds and how it writes it.

use std::collections::HashSet;
use std::sync::Arc;

use super::cell::{self, DateOrder, Mark, Misfit, NumberFormat, Numeral};
use super::column::Reading;
use super::input::Input;
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
    /// The first cell that no reading makes a number.
    not_number: Option<Seen>,
    /// The first cell that no reading makes a date.
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
        self.cells += 1;
        if !cell.bytes().any(|byte| byte.is_ascii_digit()) {
            self.booleans += usize::from(cell::boolean(cell).is_ok());
            self.not_number.get_or_insert_with(seen);
            self.not_date.get_or_insert_with(seen);
            return;
        }
        self.add_month(cell);
        self.iso_dates += usize::from(cell::date(cell, DateOrder::Iso) != Err(Misfit::Date));
        self.add_date(cell, seen);
        self.add_number(cell, seen);
    }

    fn add_month(&mut self, cell: &str) {
        let month = cell::month(cell);
        self.months += usize::from(month != Err(Misfit::Month));
        self.impossible += usize::from(month == Err(Misfit::NoSuchMonth));
    }

    /// A day that no calendar has is a date all the same where no reading takes it: one that is refused when it is
    /// read.
    fn add_date(&mut self, cell: &str, seen: impl Fn() -> Seen) {
        let readings = [DateOrder::DayFirst, DateOrder::MonthFirst].map(|order| cell::date(cell, order));
        match readings {
            [Err(Misfit::NoSuchDay), Err(Misfit::NoSuchDay)] => {
                self.impossible += 1;
                self.dates.add([Some(()), Some(())], seen);
            }
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
        self.numbers.add(readings, &seen);
        self.not_date.get_or_insert_with(seen);
        true
    }

    fn add_number(&mut self, cell: &str, seen: impl Fn() -> Seen) {
        let currency = cell::undress(cell).currency.map(Arc::<str>::from);
        let readings = [Mark::Point, Mark::Comma].map(|mark| {
            let format = NumberFormat { mark, currency: currency.clone(), leading_zeros: false };
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
        self.plain += usize::from(cell.bytes().all(|byte| b"0123456789.eE+-".contains(&byte)) && !cell.ends_with('-'));
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
        (ty, self.evidence())
    }

    /// The cell that makes a column of texts one: the first that is no date where most are, else no number.
    fn evidence(&self) -> Option<Seen> {
        let dates = self.dates.fits[0].max(self.dates.fits[1]);
        if dates * 2 > self.cells { self.not_date.clone() } else { self.not_number.clone() }
    }
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
    /// A cell that shows how numbers or dates are written, where that is not how programs write them.
    pub shown: Option<Seen>,
}

/// Why a column cannot be read, and the cell that shows it.
#[derive(Debug, Clone)]
pub(super) struct Refusal {
    pub diagnostic: Diagnostic,
    pub cell: Seen,
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
            reading: Reading { blanks, ..Reading::plain(ty) },
            declared: declared.is_some(),
            refused: None,
            evidence: self.tally.evidence().filter(|_| ty == ColumnType::Text),
            shown: None,
        };
        match ty {
            ColumnType::Number => self.decide_numbers(&mut decided),
            ColumnType::Date => self.decide_dates(&mut decided),
            _ => {}
        }
        decided
    }

    /// The declared type, else what the cells are; months are dates, too.
    fn ty(&self, declared: Option<ColumnType>) -> ColumnType {
        match (declared, self.formatted_type()) {
            (Some(ColumnType::Date), ColumnType::Month) => ColumnType::Month,
            (Some(declared), _) => declared,
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
        let chosen = match (choice.or(self.habits.mark), &numbers.differs) {
            (Some(chosen), _) => chosen,
            (None, Some(seen)) if !plain => {
                decided.refused = Some(self.ambiguous_number(seen));
                0
            }
            (None, _) => 0,
        };
        if let Some(seen) = &self.tally.other_currency {
            decided.refused = Some(self.two_currencies(seen));
        }
        decided.shown = if chosen == 1 { numbers.only[1].clone().or(numbers.differs.clone()) } else { None };
        decided.reading.numbers = NumberFormat {
            mark: if chosen == 1 { Mark::Comma } else { Mark::Point },
            currency: self.tally.currency.clone(),
            leading_zeros: decided.declared,
        };
    }

    fn decide_dates(&self, decided: &mut Decided) {
        let dates = &self.tally.dates;
        if self.tally.iso_dates == self.tally.cells && self.tally.cells > 0 {
            return;
        }
        let declared = self.habits.dates.filter(|_| self.declaration.formatting.dates.is_some());
        let chosen = match (declared.or(dates.own()).or(self.habits.dates), &dates.differs) {
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
            let format = NumberFormat { mark, currency: self.tally.currency.clone(), leading_zeros: true };
            cell::number(&seen.cell, &format).map_or_else(|_| "?".into(), |number| comparable(number).to_string())
        });
        let message =
            format!("column `{}` could be read in two ways: `{}` is {point} or {comma}", self.name, seen.cell);
        let diagnostic = Diagnostic::error(Code::AmbiguousColumn, message)
            .hint("say which in the dataset's block: `decimal \".\"` or `decimal \",\"`");
        Refusal { diagnostic, cell: seen.clone() }
    }

    fn ambiguous_date(&self, seen: &Seen) -> Refusal {
        let name = self.name;
        let message =
            format!("column `{name}` could be read in two ways: `{}` has the day or the month first", seen.cell);
        let diagnostic = Diagnostic::error(Code::AmbiguousColumn, message)
            .hint("say which in the dataset's block: `dates \"dd/mm/yyyy\"` or `dates \"mm/dd/yyyy\"`");
        Refusal { diagnostic, cell: seen.clone() }
    }

    fn two_currencies(&self, seen: &Seen) -> Refusal {
        let currency = self.tally.currency.as_deref().unwrap_or_default();
        let message = format!("column `{}` mixes currencies: {currency} and `{}`", self.name, seen.cell);
        let diagnostic = Diagnostic::error(Code::BadTable, message)
            .hint("give each currency a column, or convert the amounts into one");
        Refusal { diagnostic, cell: seen.clone() }
    }
}
