//! Determines the types and formats of columns from a sample of their cells.

use std::sync::Arc;

use indexmap::IndexMap;

use super::cell::{self, DateOrder, DateStyle, Mark, Misfit, NumberFormat, Percents, Unsure};
use super::column::Reading;
use super::input::Input;
use super::misfit;
use super::tally::{Choice, Preferred, Seen, Tally, comparable};
use crate::data::{ColumnSchema, ColumnType, Declaration, Grain};
use crate::diagnostic::{CellPlace, Code, Diagnostic};

/// The type and the format of a column.
#[derive(Debug, Clone)]
pub(super) struct Decided {
    pub reading: Reading,
    pub declared: bool,
    /// The reason why the column cannot be read, which is reported when the column is needed.
    pub refused: Option<Refusal>,
    pub evidence: Option<Seen>,
    /// The declaration that makes a column of texts hold the type that its cells seem to have.
    pub remedy: Option<String>,
    /// True for a column of texts of which most are dates.
    pub nearly_dates: bool,
    /// A cell that shows the format of numbers or dates, if it is not the format that programs write.
    pub shown: Option<Seen>,
    /// True if numbers are written with `%`.
    pub percent_signs: bool,
    /// A number above 1 without `%`, if most are.
    pub above_one: Option<Seen>,
    /// The first date as programs write it, and the first in another form, in a column of dates that has both.
    pub date_forms: Option<[Seen; 2]>,
}

impl Decided {
    /// The schema entry of this column of a file.
    pub fn schema(&self, name: &str, input: &Input) -> ColumnSchema {
        self.schema_in(name, |seen| seen.place(name, input))
    }

    /// The format alone, without the cells that show it.
    pub fn format_alone(&self) -> Self {
        let (refused, evidence, shown, above_one, date_forms) = Default::default();
        Self { refused, evidence, shown, above_one, date_forms, ..self.clone() }
    }

    fn schema_in(&self, name: &str, place: impl Fn(&Seen) -> CellPlace) -> ColumnSchema {
        let evidence = self.evidence.as_ref().map(&place);
        let date_remedy = evidence.as_ref().and_then(|place| cell::date_remedy(name, place.cell.as_deref()?));
        let (remedy, nearly_dates) = (self.remedy.clone(), self.nearly_dates);
        let currency = self.reading.numbers.currency.clone();
        let column = ColumnSchema::new(self.reading.ty, self.declared);
        let above_one = self.above_one.as_ref().map(&place);
        let percent_signs = self.percent_signs;
        let date_forms = self.date_forms.as_ref().map(|forms| forms.each_ref().map(&place));
        let column = ColumnSchema { evidence, remedy, date_remedy, nearly_dates, ..column };
        ColumnSchema { currency, percent_signs, above_one, date_forms, ..column }
    }
}

/// The columns that cannot be read, with the reasons.
pub(super) type RefusedColumns = Vec<(Arc<str>, Diagnostic)>;

/// The columns of a dataset of several files, and those that cannot be read, each with the reason. `completed` adds what
/// a format knows about the place of a cell.
pub(super) fn of_several<'n>(
    names: impl IntoIterator<Item = &'n Arc<str>>,
    columns: impl IntoIterator<Item = &'n Decided>,
    inputs: &[Input],
    completed: impl Fn(Diagnostic, &Input, u64) -> Diagnostic,
) -> (IndexMap<Arc<str>, ColumnSchema>, RefusedColumns) {
    let (mut schemas, mut refused) = (IndexMap::new(), vec![]);
    for (name, decided) in names.into_iter().zip(columns) {
        let place = |seen: &Seen| seen.place(name, &inputs[seen.file as usize]);
        schemas.insert(name.clone(), decided.schema_in(name, place));
        if let Some(refusal) = &decided.refused {
            let input = &inputs[refusal.cell.file as usize];
            let other = refusal.other.as_ref().map_or(input, |seen| &inputs[seen.file as usize]);
            let mut problem = refusal.diagnostic(|at| other.line(at), place(&refusal.cell));
            if let Some(seen) = refusal.other.as_ref().filter(|seen| seen.file != refusal.cell.file) {
                problem.message += &format!(" of `{}`", inputs[seen.file as usize].label);
            }
            refused.push((name.clone(), completed(problem, input, refusal.cell.at)));
        }
    }
    (schemas, refused)
}

/// The reason why a column cannot be read, with the cell that shows it.
#[derive(Debug, Clone)]
pub(super) struct Refusal {
    /// The problem. If there is a second cell, the message ends with it.
    pub diagnostic: Diagnostic,
    pub cell: Seen,
    pub other: Option<Seen>,
}

impl Refusal {
    fn new(diagnostic: Diagnostic, cell: &Seen) -> Self {
        Self { diagnostic, cell: cell.clone(), other: None }
    }

    /// Converts the refusal to a diagnostic. `line` returns the line of a cell, `place` is where the first cell is.
    pub fn diagnostic(&self, line: impl Fn(u64) -> Option<u64>, place: CellPlace) -> Diagnostic {
        let mut diagnostic = self.diagnostic.clone().in_data(place);
        if let Some(other) = &self.other {
            let line = line(other.at).map_or(String::new(), |line| format!(" in line {line}"));
            diagnostic.message += &format!(" `{}`{line}", other.cell);
        }
        diagnostic
    }
}

/// The formats found in the rest of the file, for columns that are ambiguous.
struct Habits {
    mark: Option<usize>,
    dates: Option<usize>,
    /// The declared style of dates, if it is not ISO.
    style: Option<DateStyle>,
    /// True if a number such as `1.234` must have a decimal point.
    point: bool,
}

/// Determines all columns. `semicolons` is true if the file separates cells by semicolons, which suggests decimal
/// commas.
pub(super) fn decide(
    names: &[Arc<str>],
    tallies: &[Tally],
    declaration: &Declaration,
    semicolons: bool,
) -> Vec<Decided> {
    let formatting = &declaration.formatting;
    let style = formatting.dates.as_deref().and_then(DateStyle::of_pattern).filter(|style| !style.is_automatic());
    let habits = Habits {
        mark: match formatting.decimal {
            Some(',') => Some(1),
            Some(_) => Some(0),
            None => unanimous(tallies, ColumnType::Number, |tally| &tally.numbers),
        },
        dates: unanimous(tallies, ColumnType::Date, |tally| &tally.dates),
        style,
        point: !semicolons,
    };
    let blanks: Arc<[Arc<str>]> = formatting.blank.as_slice().into();
    let decide = |(name, tally)| ColumnDecision { name, tally, declaration, habits: &habits }.decide(blanks.clone());
    names.iter().zip(tallies).map(decide).collect()
}

/// The format of all unambiguous columns of a type, if they agree.
fn unanimous(tallies: &[Tally], ty: ColumnType, choice: impl Fn(&Tally) -> &Choice) -> Option<usize> {
    let mut own = tallies.iter().filter(|tally| tally.ty() == ty).filter_map(|tally| choice(tally).own());
    let first = own.next()?;
    own.all(|other| other == first).then_some(first)
}

struct ColumnDecision<'a> {
    name: &'a Arc<str>,
    tally: &'a Tally,
    declaration: &'a Declaration,
    habits: &'a Habits,
}

impl ColumnDecision<'_> {
    fn decide(&self, blanks: Arc<[Arc<str>]>) -> Decided {
        let declared = self.declaration.types.get(self.name).copied().filter(|ty| *ty != ColumnType::Unknown);
        let ty = self.ty(declared);
        let mut decided = Decided {
            reading: Reading {
                blanks,
                declared: declared.is_some(),
                calendar: self.declaration.calendar,
                ..Reading::plain(ty)
            },
            declared: declared.is_some(),
            refused: None,
            evidence: self.tally.evidence(self.preferred()).filter(|_| ty == ColumnType::Text),
            remedy: self
                .tally
                .remedy(self.name, self.preferred())
                .filter(|_| ty == ColumnType::Text && declared.is_none()),
            nearly_dates: ty == ColumnType::Text && declared.is_none() && self.tally.is_mostly_dates(),
            shown: None,
            percent_signs: ty == ColumnType::Number && self.tally.percents[0].is_some(),
            above_one: self.tally.above_one().filter(|_| ty == ColumnType::Number).cloned(),
            date_forms: self.date_forms().filter(|_| ty == ColumnType::Date),
        };
        match ty {
            ColumnType::Number => self.decide_numbers(&mut decided),
            ColumnType::Date => self.decide_dates(&mut decided),
            ColumnType::Period(_) => {
                decided.reading.dates = self.style().unwrap_or_default();
                decided.shown = self.style().and(self.tally.first().cloned());
            }
            _ => {}
        }
        if let (ColumnType::Number, None, Some(seen)) = (ty, declared, self.tally.dates_of_digits()) {
            (decided.evidence, decided.nearly_dates) = (Some(seen.clone()), true);
        }
        decided
    }

    /// The declared style, if the column follows it. A style of months concerns only the columns that are written in
    /// it; a style of digits alone, which could be numbers, only those that are declared to hold dates.
    fn style(&self) -> Option<DateStyle> {
        let is_followed = |style: &DateStyle| match style.is_of_digits() {
            true => self.declaration.holds_dates(self.name),
            false if style.holds_months() => {
                let least = if self.declaration.holds_dates(self.name) {
                    self.tally.cells.div_ceil(2)
                } else {
                    self.tally.cells
                };
                self.tally.dates_of(*style) >= least
            }
            false => true,
        };
        self.habits.style.filter(is_followed)
    }

    /// The grain of which all cells are periods. A column whose periods are written for another calendar holds texts.
    fn grain(&self) -> Option<Grain> {
        let grain = self.tally.grain(self.declaration.holds_dates(self.name))?;
        let first = self.tally.first()?;
        cell::period(&first.cell, grain, self.declaration.calendar).is_ok().then_some(grain)
    }

    /// The first date of each form, if there are two.
    fn date_forms(&self) -> Option<[Seen; 2]> {
        let [iso, other] = self.tally.date_forms.each_ref().map(Option::as_ref);
        Some([iso?.clone(), other?.clone()])
    }

    fn preferred(&self) -> Preferred {
        let order = self.style().and_then(|style| match style.order {
            DateOrder::DayFirst => Some(0),
            DateOrder::MonthFirst => Some(1),
            DateOrder::Iso => None,
        });
        Preferred { mark: self.habits.mark.filter(|_| self.declaration.formatting.decimal.is_some()), dates: order }
    }

    /// The declared type, or else the type of the cells. Months are dates too.
    fn ty(&self, declared: Option<ColumnType>) -> ColumnType {
        match (declared, self.formatted_type()) {
            (Some(ColumnType::Date), ty @ ColumnType::Period(_)) => ty,
            (Some(ColumnType::Date), _) if self.style().is_some_and(DateStyle::holds_months) => ColumnType::MONTH,
            (Some(declared), _) => declared,
            // A time column without cells is assumed to hold dates.
            (None, ColumnType::Unknown) if self.declaration.is_time(self.name) => {
                let months = self.style().is_some_and(DateStyle::holds_months);
                if months { ColumnType::MONTH } else { ColumnType::Date }
            }
            (None, found) => found,
        }
    }

    /// The type of the cells in the declared format.
    fn formatted_type(&self) -> ColumnType {
        let ty = self.tally.ty();
        if let Some(grain) = self.grain() {
            return ColumnType::Period(grain);
        }
        let refuses = |choice: &Choice, declared: bool, habit: Option<usize>| {
            declared && habit.is_some_and(|habit| choice.fits[habit] < self.tally.cells)
        };
        let formatting = &self.declaration.formatting;
        match ty {
            ColumnType::Number if refuses(&self.tally.numbers, formatting.decimal.is_some(), self.habits.mark) => {
                ColumnType::Text
            }
            ty if self.tally.cells > 0 => self.style().map_or(ty, |style| self.styled_type(ty, style)),
            ty => ty,
        }
    }

    /// The type of the cells, given a declared date style. Cells whose years are merely shorter than declared still
    /// count as dates, and are rejected when they are read.
    fn styled_type(&self, ty: ColumnType, style: DateStyle) -> ColumnType {
        let short = DateStyle { short_years: true, ..style };
        let fits = [style, short].iter().any(|style| self.tally.dates_of(*style) == self.tally.cells);
        match ty {
            ColumnType::Text | ColumnType::Number if style.is_of_digits() => match style.holds_months() {
                _ if self.tally.dates_of(style) * 2 < self.tally.cells => ty,
                true => ColumnType::MONTH,
                false => ColumnType::Date,
            },
            ColumnType::Text if style.holds_months() => ColumnType::MONTH,
            ColumnType::Date if style.is_of_digits() || style.holds_months() => ty,
            ColumnType::Text | ColumnType::Date if fits => ColumnType::Date,
            ColumnType::Date => ColumnType::Text,
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
        let currencies = self.declaration.currencies.get(self.name);
        if let Some(seen) = self.tally.other_currency.as_ref().filter(|_| currencies.is_none()) {
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
            currency: self.tally.currency.clone().filter(|_| currencies.is_none()),
            any_currency: currencies.is_some(),
            leading_zeros: decided.declared,
            unsure,
            percents,
        };
        decided.reading.currencies = currencies.cloned();
    }

    fn decide_dates(&self, decided: &mut Decided) {
        let dates = &self.tally.dates;
        decided.reading.offsets = self.tally.offsets();
        decided.reading.dates = self.style().unwrap_or_default();
        if self.tally.iso_dates == self.tally.cells && self.tally.cells > 0 {
            return;
        }
        if let Some(style) = self.style() {
            let [first, second] = &dates.only;
            let mut shown = [first, second, &dates.differs, &self.tally.styled_cell].into_iter().flatten();
            decided.shown = shown.find(|seen| is_date(&seen.cell, style)).cloned();
            return;
        }
        let short = self.tally.short_styles();
        if let Some(seen) = self.tally.styled_cell.as_ref().filter(|_| !short.is_empty()) {
            decided.refused = Some(self.short_years(seen, &short));
        }
        if self.tally.mixes_orders() {
            decided.refused = self.two_orders();
        }
        let known = dates.own().or(self.habits.dates);
        decided.reading.unsure_dates = known.is_none();
        let chosen = match (known, &dates.differs) {
            (Some(chosen), _) => chosen,
            (None, Some(seen)) if decided.refused.is_none() => {
                decided.refused = Some(self.ambiguous_date(seen));
                0
            }
            (None, _) => 0,
        };
        let shown = || dates.only[chosen].clone().or(dates.differs.clone());
        decided.shown = if decided.refused.is_some() { None } else { shown() };
        decided.reading.dates = DateStyle::numeric([DateOrder::DayFirst, DateOrder::MonthFirst][chosen]);
    }

    fn ambiguous_number(&self, seen: &Seen) -> Refusal {
        let [point, comma] = [Mark::Point, Mark::Comma].map(|mark| {
            let currency = self.tally.currency.clone();
            let format = NumberFormat { mark, currency, leading_zeros: true, ..NumberFormat::default() };
            cell::number(&seen.cell, &format).map_or_else(|_| "?".into(), |number| comparable(number).to_string())
        });
        let message = format!("column `{}` is ambiguous: `{}` is {point} or {comma}", self.name, seen.cell);
        let diagnostic = Diagnostic::error(Code::AmbiguousColumn, message).hint(misfit::MARK_HINT);
        Refusal::new(diagnostic, seen)
    }

    fn ambiguous_date(&self, seen: &Seen) -> Refusal {
        let name = self.name;
        let message = format!("column `{name}` is ambiguous: the day or the month could come first in `{}`", seen.cell);
        let diagnostic = Diagnostic::error(Code::AmbiguousColumn, message).hint(misfit::ORDER_HINT);
        Refusal::new(diagnostic, seen)
    }

    fn some_percents(&self, percent: &Seen, number: &Seen) -> Refusal {
        let name = self.name;
        let message = format!("column `{name}` has numbers with and without a percent sign: `{}` and", number.cell);
        let diagnostic = Diagnostic::error(Code::AmbiguousColumn, message)
            .hint(format!("if `{0}` means `{0}%`, add the sign in the file", number.cell))
            .hint(misfit::percents_hint(name));
        Refusal { other: Some(percent.clone()), ..Refusal::new(diagnostic, number) }
    }

    /// Rejects two-digit years. The century is a convention, and often the day is ambiguous as well.
    fn short_years(&self, seen: &Seen, styles: &[DateStyle]) -> Refusal {
        let name = self.name;
        let read = |style: &DateStyle| cell::date(&seen.cell, *style).ok().map(|date| format!("`{date}`"));
        let means = styles.iter().filter_map(read).collect::<Vec<_>>().join(" or ");
        let message = format!("column `{name}` has two-digit years: `{}` could be {means}", seen.cell);
        let settings: Vec<String> = styles.iter().map(|style| format!("`dates \"{}\"`", style.pattern())).collect();
        let diagnostic = Diagnostic::error(Code::AmbiguousColumn, message)
            .hint(format!("add {} to the dataset's block", settings.join(" or ")));
        Refusal::new(diagnostic, seen)
    }

    /// Rejects a column in which some cells have the day first and others the month.
    fn two_orders(&self) -> Option<Refusal> {
        let [Some(day), Some(month)] = &self.tally.dates.only else { return None };
        let (name, cell) = (self.name, &day.cell);
        let message = format!("column `{name}` has dates in two orders: the day is first in `{cell}`, the month in");
        let diagnostic = Diagnostic::error(Code::BadTable, message)
            .hint("write all dates in the same order, preferably as `2026-03-31`")
            .hint(format!("if the column holds texts, add `{name}: text` to the dataset's block"));
        Some(Refusal { other: Some(month.clone()), ..Refusal::new(diagnostic, day) })
    }

    fn two_currencies(&self, seen: &Seen) -> Refusal {
        let currency = self.tally.currency.as_deref().unwrap_or_default();
        let message = format!("column `{}` mixes currencies: {currency} and `{}`", self.name, seen.cell);
        let diagnostic = Diagnostic::error(Code::BadTable, message)
            .hint("give each currency its own column, or convert the amounts to one currency");
        Refusal::new(diagnostic, seen)
    }
}

/// Returns true if a cell has the form of a date in a style, even if the day does not exist.
fn is_date(cell: &str, style: DateStyle) -> bool {
    matches!(cell::date(cell, style), Ok(_) | Err(Misfit::NoSuchDay))
}
