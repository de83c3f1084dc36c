//! Counts the types and formats that the cells of a column could have, in the inspected part of a file.

use std::collections::HashSet;
use std::sync::Arc;

use super::cell::{self, DateForm, DateOrder, DateStyle, Mark, Misfit, NumberFormat, Numeral};
use super::input::Input;
use crate::data::{Calendar, ColumnType, Grain, totals};
use crate::diagnostic::CellPlace;

/// A cell of the sample and its position: a byte offset into the text, or a row number.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub cell: Arc<str>,
    pub at: u64,
    /// The position of the file among those of the dataset.
    pub file: u32,
}

impl Seen {
    /// The position of the cell in a column of a text.
    pub fn place(&self, column: &str, input: &Input) -> CellPlace {
        let place = input.place(input.line(self.at));
        CellPlace { column: Some(column.to_string()), cell: Some(self.cell.to_string()), ..place }
    }
}

/// The possible types and formats of the cells of one column.
#[derive(Debug, Clone, Default)]
pub(super) struct Tally {
    pub cells: usize,
    booleans: usize,
    pub iso_dates: usize,
    months: usize,
    /// The number of days and months that do not exist in the calendar.
    impossible: usize,
    /// The number of cells with numbers as programs write them: `1.234`, `1E-5`.
    pub plain: usize,
    pub numbers: Choice,
    pub dates: Choice,
    /// The first cell that can only be the label of a total, and the first that may be one: `North Total`.
    totals: [Option<Seen>; 2],
    /// The first cell.
    first: Option<Seen>,
    /// The first number with a percent sign, and the first nonzero number without one.
    pub percents: [Option<Seen>; 2],
    /// The number of nonzero numbers without a percent sign, and of those above 1 with the first of them.
    nonzero: usize,
    above_one: (usize, Option<Seen>),
    /// The numbers of cells that are days and of cells that are nonexistent days. There is one pair for each style of
    /// [`DateStyle::DECLARED`].
    styled: [[usize; 2]; DateStyle::DECLARED.len()],
    pub styled_cell: Option<Seen>,
    /// The numbers of cells that are days, months and years of digits alone: `20260331`, `202603`, `2026`.
    of_digits: [usize; 3],
    /// The numbers of cells with the forms of [`PERIODS`].
    periods: [usize; PERIODS.len()],
    /// The number of cells with slashes between their numbers.
    slashed: usize,
    /// True if the first moment has a UTC offset.
    offsets: Option<bool>,
    /// The first cell that is not a number in any format.
    not_number: Option<Seen>,
    /// The first cell that is not a date or a month in any format.
    not_date: Option<Seen>,
    /// The first date as programs write it, `2026-03-31`, and the first in another form.
    pub date_forms: [Option<Seen>; 2],
    pub currency: Option<Arc<str>>,
    /// The first cell with a currency.
    with_currency: Option<Seen>,
    /// A cell with another currency.
    pub other_currency: Option<Seen>,
    /// Cells that need not be inspected again because the result would be the same. At most [`MAX_KNOWN`].
    known: HashSet<Arc<str>, foldhash::fast::FixedState>,
    /// The number of different cells, once they are forgotten.
    counted: Option<Distinct>,
}

/// The grains whose periods are recognized by their form: `2026-W13`, `2026-Q1`, `2026-H1`, `2025/26`.
const PERIODS: [Grain; 4] = [Grain::Week, Grain::Quarter, Grain::Half, Grain::Year];

/// The maximum number of cells of one column that are remembered during the inspection.
const MAX_KNOWN: usize = 1 << 10;

/// The number of different cells of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Distinct {
    /// This many in the inspected part.
    Exactly(u64),
    /// More than are counted.
    AtLeast(u64),
    /// Plain numbers are not counted.
    Unknown,
}

/// Counts of cells for two readings: decimal point or comma, day or month first.
#[derive(Debug, Clone, Default)]
pub(super) struct Choice {
    /// The numbers of cells that the first and the second reading accept.
    pub fits: [usize; 2],
    /// A cell that only the first reading accepts, and one that only the second accepts.
    pub only: [Option<Seen>; 2],
    /// A cell with different meanings in both readings.
    pub differs: Option<Seen>,
    /// The number of cells that either reading accepts.
    either: usize,
}

impl Choice {
    /// Returns true if one reading accepts all cells.
    fn covers(&self, cells: usize) -> bool {
        self.fits.contains(&cells)
    }

    /// The number of cells that the better reading accepts.
    fn most(&self) -> usize {
        self.fits[0].max(self.fits[1])
    }

    /// A cell that is not in the preferred format, or else not in the format of most cells.
    fn exception(&self, preferred: Option<usize>) -> Option<&Seen> {
        let most = usize::from(self.fits[0] < self.fits[1]);
        self.only[1 - preferred.unwrap_or(most)].as_ref()
    }

    /// The reading that the column itself determines: 0 or 1. None if both accept all cells.
    pub fn own(&self) -> Option<usize> {
        match self.fits[0].cmp(&self.fits[1]) {
            std::cmp::Ordering::Greater => Some(0),
            std::cmp::Ordering::Less => Some(1),
            std::cmp::Ordering::Equal => None,
        }
    }

    /// Adds the counts of another column.
    fn merge(&mut self, other: Self) {
        let Self { fits, only, differs, either } = other;
        self.fits.iter_mut().zip(fits).for_each(|(count, more)| *count += more);
        self.only.iter_mut().zip(only).for_each(|(seen, other)| first_of(seen, other));
        first_of(&mut self.differs, differs);
        self.either += either;
    }

    /// Adds a cell that the first reading accepts, and the second too if it is a `whole` number, with the same meaning.
    fn add_plain(&mut self, whole: bool, seen: impl Fn() -> Seen) {
        self.fits[0] += 1;
        self.fits[1] += usize::from(whole);
        self.either += 1;
        if !whole {
            self.only[0].get_or_insert_with(seen);
        }
    }

    fn add<T: PartialEq>(&mut self, readings: [Option<T>; 2], seen: impl Fn() -> Seen) {
        for (fits, reading) in self.fits.iter_mut().zip(&readings) {
            *fits += usize::from(reading.is_some());
        }
        self.either += usize::from(readings.iter().any(Option::is_some));
        let example = match readings {
            [Some(a), Some(b)] if a != b => &mut self.differs,
            [Some(_), None] => &mut self.only[0],
            [None, Some(_)] => &mut self.only[1],
            _ => return,
        };
        example.get_or_insert_with(seen);
    }
}

/// Keeps what was seen first.
fn first_of(seen: &mut Option<Seen>, other: Option<Seen>) {
    if seen.is_none() {
        *seen = other;
    }
}

/// Returns true for a number above 1.
fn is_above_one(mantissa: i64, scale: u32) -> bool {
    10_i64.checked_pow(scale).is_some_and(|one| mantissa > one)
}

/// Adds the counts of a list to those of another.
fn add_counts<const N: usize>(counts: &mut [usize; N], more: [usize; N]) {
    counts.iter_mut().zip(more).for_each(|(count, more)| *count += more);
}

impl Tally {
    /// Adds the same column of the next file, so that the formats follow from the cells of all files.
    pub fn merge(&mut self, other: Self) {
        let currency = other.currency.clone();
        self.cells += other.cells;
        self.booleans += other.booleans;
        self.iso_dates += other.iso_dates;
        self.months += other.months;
        self.impossible += other.impossible;
        self.plain += other.plain;
        self.nonzero += other.nonzero;
        self.slashed += other.slashed;
        self.above_one.0 += other.above_one.0;
        add_counts(&mut self.of_digits, other.of_digits);
        add_counts(&mut self.periods, other.periods);
        self.styled.iter_mut().zip(other.styled).for_each(|(counts, more)| add_counts(counts, more));
        self.numbers.merge(other.numbers);
        self.dates.merge(other.dates);
        self.offsets = self.offsets.or(other.offsets);
        if self.currency.is_some() && currency.is_some() && self.currency != currency {
            first_of(&mut self.other_currency, other.with_currency);
        } else {
            first_of(&mut self.with_currency, other.with_currency);
        }
        self.currency = self.currency.take().or(currency);
        let seen = [&mut self.first, &mut self.not_number, &mut self.not_date, &mut self.styled_cell];
        let others = [other.first, other.not_number, other.not_date, other.styled_cell];
        seen.into_iter().zip(others).for_each(|(seen, other)| first_of(seen, other));
        first_of(&mut self.above_one.1, other.above_one.1);
        first_of(&mut self.other_currency, other.other_currency);
        self.percents.iter_mut().zip(other.percents).for_each(|(seen, other)| first_of(seen, other));
        self.totals.iter_mut().zip(other.totals).for_each(|(seen, other)| first_of(seen, other));
        self.date_forms.iter_mut().zip(other.date_forms).for_each(|(seen, other)| first_of(seen, other));
        let room = MAX_KNOWN.saturating_sub(self.known.len());
        self.known.extend(other.known.into_iter().take(room));
    }

    /// Forgets the cells, and keeps their number.
    pub fn condense(&mut self) {
        self.counted = Some(self.distinct());
        self.known = HashSet::default();
    }

    /// The same, with the file of all cells that were seen.
    pub fn in_file(mut self, file: u32) -> Self {
        let mut seen: Vec<&mut Option<Seen>> = vec![
            &mut self.first,
            &mut self.not_number,
            &mut self.not_date,
            &mut self.styled_cell,
            &mut self.with_currency,
            &mut self.other_currency,
            &mut self.above_one.1,
        ];
        seen.extend(self.percents.iter_mut().chain(&mut self.totals).chain(&mut self.date_forms));
        for choice in [&mut self.numbers, &mut self.dates] {
            seen.extend(choice.only.iter_mut().chain([&mut choice.differs]));
        }
        seen.into_iter().flatten().for_each(|seen| seen.file = file);
        self
    }

    /// Returns true if there are no cells.
    pub fn is_empty(&self) -> bool {
        self.cells == 0
    }

    /// The number of different cells.
    pub fn distinct(&self) -> Distinct {
        if let Some(counted) = self.counted {
            return counted;
        }
        match self.known.len() {
            known if self.plain > 0 || self.cells > 0 && known == 0 => Distinct::Unknown,
            known if known >= MAX_KNOWN => Distinct::AtLeast(known as u64),
            known => Distinct::Exactly(known as u64),
        }
    }

    /// The first cell that looks like the label of a total. If the numbers beside it will not be checked, the whole cell
    /// must be a label.
    pub fn total(&self, checked: bool) -> Option<&Seen> {
        let [total, partial] = &self.totals;
        total.as_ref().or(partial.as_ref().filter(|_| checked))
    }

    /// The first number above 1 without a percent sign, if most numbers other than 0 are above 1.
    pub fn above_one(&self) -> Option<&Seen> {
        self.above_one.1.as_ref().filter(|_| self.above_one.0 * 2 > self.nonzero)
    }

    /// Adds a number that is not a text in its source.
    pub fn add_value(&mut self, number: &str, at: u64) {
        if let Some((mantissa, scale)) = cell::plain(number.as_bytes(), b'.').filter(|(mantissa, _)| *mantissa != 0) {
            self.add_size(is_above_one(mantissa, scale), || Seen { cell: cell::excerpt(number).into(), at, file: 0 });
        }
    }

    fn add_size(&mut self, is_above_one: bool, seen: impl Fn() -> Seen) {
        self.nonzero += 1;
        if is_above_one {
            self.above_one.0 += 1;
            self.above_one.1.get_or_insert_with(seen);
        }
    }

    /// The first cell.
    pub fn first(&self) -> Option<&Seen> {
        self.first.as_ref()
    }

    /// Adds one cell that is not blank.
    pub fn add(&mut self, cell: &str, at: u64) {
        let seen = || Seen { cell: cell::excerpt(cell).into(), at, file: 0 };
        if self.add_plain_number(cell, seen) || self.known.contains(cell) {
            return;
        }
        if self.known.len() < MAX_KNOWN {
            self.known.insert(cell.into());
        }
        self.first.get_or_insert_with(seen);
        self.cells += 1;
        if !cell.bytes().any(|byte| byte.is_ascii_digit()) {
            self.add_total(cell, seen);
            self.booleans += usize::from(cell::boolean(cell).is_ok());
            self.not_number.get_or_insert_with(seen);
            self.not_date.get_or_insert_with(seen);
            return;
        }
        self.add_total(cell, seen);
        let is_month = self.add_month(cell);
        for (count, grain) in self.periods.iter_mut().zip(PERIODS) {
            *count += usize::from(cell::has_form_of(cell, grain));
        }
        let is_iso = self.add_iso_date(cell);
        self.add_date(cell, (is_month, is_iso), seen);
        self.add_styled_date(cell, seen);
        self.add_number(cell, seen);
    }

    fn add_total(&mut self, cell: &str, seen: impl Fn() -> Seen) {
        let first = match totals::Label::of(cell) {
            Some(totals::Label::Of(_)) => &mut self.totals[1],
            Some(_) => &mut self.totals[0],
            None => return,
        };
        first.get_or_insert_with(seen);
    }

    /// Adds a possible month, and returns true if the cell is one.
    fn add_month(&mut self, cell: &str) -> bool {
        let month = cell::month(cell, DateStyle::default());
        self.months += usize::from(month != Err(Misfit::Month));
        self.impossible += usize::from(month == Err(Misfit::NoSuchMonth));
        month != Err(Misfit::Month)
    }

    /// Adds a possible date as programs write it, and returns true if the cell is one.
    fn add_iso_date(&mut self, cell: &str) -> bool {
        let is_date = cell::date(cell, DateStyle::default()) != Err(Misfit::Date);
        self.iso_dates += usize::from(is_date);
        is_date
    }

    /// Dates in styles that are read only if they are declared.
    fn add_styled_date(&mut self, cell: &str, seen: impl Fn() -> Seen) {
        let mut taken = false;
        for (count, style) in self.styled.iter_mut().zip(DateStyle::DECLARED) {
            let fits = cell::fits(cell, style);
            count.iter_mut().zip(fits).for_each(|(count, fits)| *count += usize::from(fits));
            taken |= fits.contains(&true);
        }
        self.slashed += usize::from(cell.contains('/'));
        if taken {
            self.styled_cell.get_or_insert_with(seen);
        }
    }

    /// The number of cells that are dates of a style.
    pub fn dates_of(&self, style: DateStyle) -> usize {
        let of_digits = match style.form {
            DateForm::Days | DateForm::Months => 0,
            DateForm::DaysOfDigits => self.of_digits[0],
            DateForm::MonthsOfDigits => self.of_digits[1],
        };
        match DateStyle::DECLARED.iter().position(|known| *known == style) {
            Some(at) => self.styled[at].iter().sum::<usize>() + of_digits,
            None => match style.order {
                DateOrder::Iso => self.iso_dates,
                DateOrder::DayFirst => self.dates.fits[0],
                DateOrder::MonthFirst => self.dates.fits[1],
            },
        }
    }

    /// The first cell, if all cells are digits that are probably days or months.
    pub fn dates_of_digits(&self) -> Option<&Seen> {
        self.first.as_ref().filter(|_| self.of_digits[..2].contains(&self.cells))
    }

    /// The grain of which all cells are periods, by their form. Years are numbers, so they must be `declared`.
    pub fn grain(&self, declared: bool) -> Option<Grain> {
        let all = |count: &usize| *count == self.cells && self.cells > 0;
        let periods = self.periods.iter().zip(PERIODS).find(|(count, _)| all(count)).map(|(_, grain)| grain);
        periods.or(Some(Grain::Year).filter(|_| declared && all(&self.of_digits[2])))
    }

    /// Returns true if the moments have a UTC offset, like the first one.
    pub fn offsets(&self) -> Option<bool> {
        self.offsets
    }

    /// The styles with two-digit years that accept all cells, if people wrote them: `04/07/20`.
    pub fn short_styles(&self) -> Vec<DateStyle> {
        let short = [DateOrder::DayFirst, DateOrder::MonthFirst];
        let styles = short.map(|order| DateStyle { short_years: true, ..DateStyle::numeric(order) });
        let exact = |style: &DateStyle| {
            let at = DateStyle::DECLARED.iter().position(|known| known == style);
            at.is_some_and(|at| self.styled[at][0] == self.cells)
        };
        let slashed = self.cells > 0 && self.slashed == self.cells && !self.dates.covers(self.cells);
        styles.into_iter().filter(|style| slashed && exact(style)).collect()
    }

    /// Returns true if all cells are dates, but some have the day first and others the month.
    pub fn mixes_orders(&self) -> bool {
        self.dates.either == self.cells && self.dates.only.iter().all(Option::is_some)
    }

    /// Adds a possible date. A day that does not exist in the calendar still counts as a date if no reading accepts it,
    /// and is rejected when it is read.
    fn add_date(&mut self, cell: &str, (is_month, is_iso): (bool, bool), seen: impl Fn() -> Seen) {
        let orders = [DateOrder::DayFirst, DateOrder::MonthFirst];
        let readings = orders.map(|order| cell::date(cell, DateStyle::numeric(order)));
        if let [Ok(date), _] | [_, Ok(date)] = &readings {
            self.offsets.get_or_insert(date.offset().is_some());
        }
        match readings {
            [Err(Misfit::NoSuchDay), Err(Misfit::NoSuchDay)] => {
                self.impossible += 1;
                self.dates.add([Some(()), Some(())], seen);
            }
            [Err(_), Err(_)] if is_month => {}
            [Err(_), Err(_)] => {
                self.not_date.get_or_insert_with(seen);
            }
            readings => {
                self.date_forms[usize::from(!is_iso)].get_or_insert_with(&seen);
                self.dates.add(readings.map(Result::ok), seen);
            }
        }
    }

    /// Adds one of the usual numbers. It is a whole number, which both readings accept, or a number that only a decimal
    /// point explains.
    fn add_plain_number(&mut self, cell: &str, seen: impl Fn() -> Seen) -> bool {
        // Three digits after the point could be a group of thousands.
        let Some((mantissa, scale)) = cell::plain(cell.as_bytes(), b'.').filter(|(_, scale)| *scale != 3) else {
            return false;
        };
        if mantissa != 0 {
            self.add_size(is_above_one(mantissa, scale), &seen);
        }
        self.cells += 1;
        self.plain += 1;
        match (cell.len(), scale) {
            (4, 0) => self.of_digits[2] += usize::from((1000..3000).contains(&mantissa)),
            (6 | 8, 0) => match cell::digits_form(cell) {
                Some(DateForm::DaysOfDigits) => self.of_digits[0] += 1,
                Some(DateForm::MonthsOfDigits) => self.of_digits[1] += 1,
                _ => {}
            },
            _ => {}
        }
        self.first.get_or_insert_with(&seen);
        if self.percents[1].is_none() && cell != "0" {
            self.percents[1] = Some(seen());
        }
        self.numbers.add_plain(scale == 0, &seen);
        self.not_date.get_or_insert_with(seen);
        true
    }

    fn add_number(&mut self, cell: &str, seen: impl Fn() -> Seen) {
        let dress = cell::undress(cell);
        let (currency, percent) = (dress.currency.map(Arc::<str>::from), dress.percent);
        let readings = [Mark::Point, Mark::Comma].map(|mark| {
            let format = NumberFormat { mark, currency: currency.clone(), ..NumberFormat::default() };
            // A number with too many digits still counts as a number, and is rejected when it is read.
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
        if !percent && !is_zero {
            let is_above = |number: &Option<_>| number.is_some_and(|number| number > rust_decimal::Decimal::ONE);
            self.add_size(readings.iter().flatten().all(is_above), &seen);
        }
        if percent || !is_zero {
            self.percents[usize::from(!percent)].get_or_insert_with(&seen);
        }
        self.plain += usize::from(cell::is_plain(cell));
        self.numbers.add(readings, seen);
    }

    fn add_currency(&mut self, currency: Option<Arc<str>>, seen: impl Fn() -> Seen) {
        let Some(currency) = currency else { return };
        self.with_currency.get_or_insert_with(&seen);
        if *self.currency.get_or_insert_with(|| currency.clone()) != currency {
            self.other_currency.get_or_insert_with(seen);
        }
    }

    /// The type of the column, as far as its own cells determine it.
    pub fn ty(&self) -> ColumnType {
        let possible = self.impossible * 2 <= self.cells;
        match self.cells {
            0 => ColumnType::Unknown,
            cells if self.booleans == cells => ColumnType::Boolean,
            cells if self.months == cells && possible => ColumnType::MONTH,
            cells if self.dates.covers(cells) && possible => ColumnType::Date,
            _ if self.mixes_orders() || !self.short_styles().is_empty() => ColumnType::Date,
            cells if self.numbers.covers(cells) => ColumnType::Number,
            _ => ColumnType::Text,
        }
    }

    /// The type of the texts of Rust values: ISO dates, months, numbers if `numerals` is set, otherwise texts. Also
    /// returns a cell that is not a number.
    pub fn plain_text(&self, numerals: bool, calendar: Calendar) -> (ColumnType, Option<Seen>) {
        let is_period = |grain| self.first.as_ref().is_some_and(|it| cell::period(&it.cell, grain, calendar).is_ok());
        if let Some(grain) = self.grain(false).filter(|grain| is_period(*grain)) {
            return (ColumnType::Period(grain), None);
        }
        let numbers = numerals && self.plain == self.cells;
        let ty = match self.ty() {
            ColumnType::Number if numbers => ColumnType::Number,
            ColumnType::Date if self.iso_dates == self.cells => ColumnType::Date,
            ty @ ColumnType::Period(_) => ty,
            _ => ColumnType::Text,
        };
        (ty, self.evidence(Preferred::default()).filter(|_| ty == ColumnType::Text))
    }

    /// The cell because of which a column holds texts. It is the first that is not a date if most cells are dates,
    /// otherwise the first that is not a number, otherwise the first that is written differently from most. If all
    /// cells could be numbers or dates, it is the first cell.
    pub fn evidence(&self, preferred: Preferred) -> Option<Seen> {
        let (choice, reading, other) = match self.is_mostly_dates() {
            true => (&self.dates, preferred.dates, &self.not_date),
            false => (&self.numbers, preferred.mark, &self.not_number),
        };
        other.as_ref().or(choice.exception(reading)).or(self.first.as_ref()).cloned()
    }

    /// Returns true if at least half of the cells are dates or months.
    pub fn is_mostly_dates(&self) -> bool {
        self.cells > 0 && (self.dates.most() + self.months) * 2 >= self.cells
    }

    /// The declaration that makes a column of texts hold the type that its cells seem to have.
    pub fn remedy(&self, name: &str, preferred: Preferred) -> Option<String> {
        let (numbers, are_dates) = (self.not_number.is_none(), self.not_date.is_none() && self.months == 0);
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
            (_, Some(cell)) if are_dates => Some(("dates", cell)),
            _ => None,
        };
        if let Some((setting, Seen { cell, .. })) = declared {
            return Some(format!(
                "`{cell}` does not match the declared `{setting}`: correct the cell or the declaration"
            ));
        }
        let dates = self.dates.most() + self.months;
        if let Some(Seen { cell, .. }) = self.total(true).filter(|_| dates > 0) {
            return Some(format!("`{cell}` looks like a totals row: delete the line from the file"));
        }
        if numbers && self.numbers.covers(self.cells) {
            return Some(format!("to read its texts as numbers, add `{name}: number` to the dataset's block"));
        }
        if are_dates && self.dates.covers(self.cells) {
            return Some(format!("to read its texts as dates, add `{name}: date` to the dataset's block"));
        }
        let (point, comma) = both(&self.numbers).filter(|_| numbers)?;
        Some(format!("`{point}` has a decimal point, `{comma}` a decimal comma: write all numbers in the same way"))
    }
}

/// The declared formats of numbers and dates.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Preferred {
    pub mark: Option<usize>,
    pub dates: Option<usize>,
}

/// Normalizes a number, so that 1.50 and 1.5 are equal.
pub(super) fn comparable(number: Numeral) -> rust_decimal::Decimal {
    match number {
        Numeral::Fixed(mantissa, scale) => rust_decimal::Decimal::from_i128_with_scale(mantissa.into(), scale),
        Numeral::Wide(decimal) => decimal,
    }
}
