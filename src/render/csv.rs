//! Turns a [`Grid`] or a result into CSV: for programs, or as a French Excel reads it.

use std::borrow::Cow;
use std::io::{self, Write};

use super::pivot::Pivot;
use super::result::{columns, group_head};
use super::{Align, Grid, Language};
use crate::eval::Evaluation;
use crate::language::Phrase;
use crate::value::Cell;

/// How to write texts that a spreadsheet would treat as formulas: those that begin with `=`, `+`, `-`, `@`, a tab or a
/// carriage return, and are not numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FormulaCells {
    /// Keep them unchanged, for programs.
    Keep,
    /// Put a `'` in front, which makes them texts in a spreadsheet.
    Guard,
}

/// How CSV is spelled. Quotes enclose a cell only if it needs them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CsvForm {
    /// For programs: commas, decimal points, UTF-8, `\n`.
    Plain,
    /// As Excel reads it in a French system: semicolons, decimal commas, UTF-8 with a byte order mark, `\r\n`.
    French,
}

impl CsvForm {
    fn delimiter(self) -> char {
        match self {
            Self::Plain => ',',
            Self::French => ';',
        }
    }

    fn line_end(self) -> &'static str {
        match self {
            Self::Plain => "\n",
            Self::French => "\r\n",
        }
    }

    fn start(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::French => "\u{feff}",
        }
    }

    /// The language of headers and periods.
    pub fn language(self) -> Language {
        match self {
            Self::Plain => Language::English,
            Self::French => Language::French,
        }
    }

    /// A number in this spelling.
    fn number<'a>(self, decimal: Cow<'a, str>) -> Cow<'a, str> {
        match self {
            Self::Plain => decimal,
            Self::French if is_number(&decimal) => decimal.replace('.', ",").into(),
            Self::French => decimal,
        }
    }
}

/// Writes the grid as CSV: the header, the rows, the total. Also returns the number of texts that look like formulas.
///
/// ```
/// use yardstick::output::{Column, FormulaCells, Grid, csv};
///
/// let grid = Grid {
///     columns: vec![Column::key("channel"), Column::number("cac")],
///     rows: vec![vec!["search, paid".into(), "38.5".into()]],
///     total: None,
/// };
/// let (text, formulas) = csv(&grid, FormulaCells::Keep);
/// assert_eq!(text, "channel,cac\n\"search, paid\",38.5\n");
/// assert_eq!(formulas, 0);
/// ```
pub fn csv(grid: &Grid, formulas: FormulaCells) -> (String, usize) {
    csv_in(CsvForm::Plain, grid, formulas)
}

/// The same as [`csv`] in another spelling.
pub(crate) fn csv_in(form: CsvForm, grid: &Grid, formulas: FormulaCells) -> (String, usize) {
    let mut lines = Lines::new(form, formulas);
    lines.push(grid.columns.iter().map(|column| Cow::Borrowed(column.header.as_str())));
    for row in grid.all_rows() {
        lines.push(grid.cells(row).map(|(column, cell)| match column.align {
            Align::Left => Cow::Borrowed(cell),
            Align::Right => form.number(Cow::Borrowed(cell)),
        }));
    }
    (lines.text, lines.count)
}

/// Writes the result as CSV: the group columns, then the exact values of the KPIs. Undefined values and blank keys are
/// empty. Rows are written one at a time, so that the text does not have to fit into memory. Returns the number of
/// texts that look like formulas.
///
/// # Errors
/// Returns the errors of the writer.
pub(crate) fn write_csv(
    evaluation: &Evaluation,
    groups: &[usize],
    form: CsvForm,
    formulas: FormulaCells,
    to: &mut impl Write,
) -> io::Result<usize> {
    let mut lines = Lines::new(form, formulas);
    let keys = evaluation.group_columns();
    let language = form.language();
    let heads = keys.iter().map(|name| group_head(name, language));
    let kpis = evaluation.plan.kpis.iter().map(|kpi| &*kpi.name);
    lines.push(heads.chain(kpis).map(Cow::Borrowed));
    for &group in groups {
        let values = (0..evaluation.plan.kpis.len()).map(|kpi| form.number(value(evaluation.value(kpi, group))));
        lines.push(keys_of(evaluation, group, keys.len(), language).chain(values));
        to.write_all(lines.text.as_bytes())?;
        lines.text.clear();
    }
    to.write_all(lines.text.as_bytes())?;
    Ok(lines.count)
}

/// The result as a table of exact values, with headers and periods in a language: a row for each group, or for each group
/// without the pivoted column.
pub(crate) fn exact_grid(
    evaluation: &Evaluation,
    groups: &[usize],
    pivot: Option<Pivot<'_>>,
    language: Language,
) -> Grid {
    let count = evaluation.group_columns().len();
    let label = |group: usize| keys_of(evaluation, group, count, language).map(Cow::into_owned).collect::<Vec<_>>();
    let cell = |at: usize, kpi: usize| value(evaluation.value(kpi, groups[at])).into_owned();
    let columns = columns(evaluation, language);
    match pivot {
        Some(pivot) => pivot.grid(&columns, groups, language, label, cell),
        None => {
            let kpis = 0..evaluation.plan.kpis.len();
            let row = |(at, &group): (usize, &usize)| {
                label(group).into_iter().chain(kpis.clone().map(|kpi| cell(at, kpi))).collect()
            };
            Grid { columns, rows: groups.iter().enumerate().map(row).collect(), total: None }
        }
    }
}

/// A group's period, as a language writes it, and keys.
pub(super) fn keys_of(
    evaluation: &Evaluation,
    group: usize,
    count: usize,
    language: Language,
) -> Box<dyn Iterator<Item = Cow<'_, str>> + '_> {
    let group = &evaluation.groups[group];
    if group.total {
        return Box::new(
            std::iter::once(language.word(Phrase::Total)).chain(std::iter::repeat("")).take(count).map(Cow::Borrowed),
        );
    }
    let period =
        group.period.map(|period| Cow::Owned(language.period(&evaluation.plan.request.calendar.spell(period))));
    let blank = usize::from(evaluation.plan.request.grain.is_some() && period.is_none());
    let period = period.into_iter().chain(std::iter::repeat_n(Cow::Borrowed(""), blank));
    let keys = group.keys.iter().map(|key| Cow::Borrowed(key.as_deref().unwrap_or("")));
    Box::new(period.chain(keys))
}

pub(super) fn value(cell: Cell) -> Cow<'static, str> {
    cell.map_or(Cow::Borrowed(""), |value| Cow::Owned(value.to_string()))
}

/// Lines of CSV, and a count of the texts that look like formulas.
struct Lines {
    text: String,
    form: CsvForm,
    formulas: FormulaCells,
    count: usize,
}

impl Lines {
    fn new(form: CsvForm, formulas: FormulaCells) -> Self {
        Self { text: form.start().into(), form, formulas, count: 0 }
    }

    fn push<'a>(&mut self, cells: impl Iterator<Item = Cow<'a, str>>) {
        let start = self.text.len();
        for (at, cell) in cells.enumerate() {
            if at > 0 {
                self.text.push(self.form.delimiter());
            }
            self.push_cell(&cell);
        }
        // A single blank cell would be an empty line, which readers skip.
        if self.text.len() == start {
            self.text.push_str("\"\"");
        }
        self.text.push_str(self.form.line_end());
    }

    /// Writes a cell, in quotes if it contains the delimiter, a quote or a line end. Quotes inside it are doubled.
    fn push_cell(&mut self, cell: &str) {
        let is_formula = is_formula(cell);
        self.count += usize::from(is_formula);
        let guard = if is_formula && self.formulas == FormulaCells::Guard { "'" } else { "" };
        if cell.contains([self.form.delimiter(), '"', '\n', '\r']) {
            self.text.extend(["\"", guard, &cell.replace('"', "\"\""), "\""]);
        } else {
            self.text.extend([guard, cell]);
        }
    }
}

/// True if a spreadsheet would evaluate the text. Numbers and single characters are not formulas.
fn is_formula(cell: &str) -> bool {
    cell.starts_with(['=', '+', '-', '@', '\t', '\r']) && cell.len() > 1 && !is_number(cell)
}

/// `-5`, `+1.25`, `1,25`
fn is_number(cell: &str) -> bool {
    let digits = cell.strip_prefix(['-', '+']).unwrap_or(cell);
    let (whole, fraction) = digits.split_once(['.', ',']).unwrap_or((digits, "0"));
    [whole, fraction].iter().all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::super::Column;
    use super::*;

    #[test]
    fn cells_are_quoted_only_if_necessary() {
        let row = ["plain", "a,b", "say \"hi\"", "two\nlines", "", " blank "];
        let grid = Grid {
            columns: row.iter().map(|_| Column::text("c")).collect(),
            rows: vec![row.map(str::to_owned).to_vec()],
            total: Some(vec!["t".into()]),
        };
        let expected = "c,c,c,c,c,c\nplain,\"a,b\",\"say \"\"hi\"\"\",\"two\nlines\",, blank \nt,,,,,\n";
        assert_eq!(csv(&grid, FormulaCells::Keep), (expected.to_owned(), 0));
    }

    #[test]
    fn a_single_blank_cell_is_a_row() {
        let grid = Grid { columns: vec![Column::text("a")], rows: vec![vec![String::new()]], total: None };
        assert_eq!(csv(&grid, FormulaCells::Keep).0, "a\n\"\"\n");
    }

    #[test]
    fn texts_that_look_like_formulas_are_counted_and_escaped() {
        let cells = ["=1+1", "-5", "+3.50", "-2 apples", "@x", "\tx", "\r", "-", "a=b", "=\"a,b\""];
        let rows = cells.iter().map(|cell| vec![(*cell).to_owned()]).collect();
        let grid = Grid { columns: vec![Column::text("-spend")], rows, total: None };
        let (kept, count) = csv(&grid, FormulaCells::Keep);
        assert_eq!(count, 6);
        assert!(kept.starts_with("-spend\n=1+1\n"), "{kept}");
        let (guarded, count) = csv(&grid, FormulaCells::Guard);
        assert_eq!(count, 6);
        let expected = "'-spend\n'=1+1\n-5\n+3.50\n'-2 apples\n'@x\n'\tx\n\"\r\"\n-\na=b\n\"'=\"\"a,b\"\"\"\n";
        assert_eq!(guarded, expected);
    }
}
