//! Turns a [`Grid`] into a table for terminals. Numbers are right-aligned and never cut.
//!
//! If a grid is wider than the terminal, first headers are wrapped, then texts. If it is still too wide, the remaining
//! columns continue in a block below, with the key columns repeated.

use comfy_table::{Cell, CellAlignment, ColumnConstraint, ContentArrangement, LineStyle, Row, TableStyle, Width};
use unicode_width::UnicodeWidthStr;

use super::result::RENDERING;
use super::{Align, Column, Grid};
use crate::budget::Budget;
use crate::diagnostic::Diagnostic;

/// The minimum width of wrapped texts.
const MIN_TEXT_WIDTH: usize = 24;
/// The number of letters of a text or a header that are shown. All rows are as wide as the longest cell.
const MAX_TEXT: usize = 1000;
/// The maximum number of lines of a header.
const MAX_HEADER_LINES: usize = 4;
/// The number of spaces between two columns.
const GAP: usize = 2;

/// Renders the grid as text, at most `width` columns wide if its keys, numbers and words allow it. None does not limit
/// the width.
///
/// ```
/// use yardstick::output::{Column, Grid, table};
///
/// let grid = Grid {
///     columns: vec![Column::key("month"), Column::number("cac")],
///     rows: vec![vec!["2026-01".into(), "€38.50".into()], vec!["2026-02".into(), "—".into()]],
///     total: Some(vec!["total".into(), "€38.50".into()]),
/// };
/// assert_eq!(table(&grid, None), "\
/// month       cac
/// ───────────────
/// 2026-01  €38.50
/// 2026-02       —
/// ───────────────
/// total    €38.50
/// ");
/// ```
pub fn table(grid: &Grid, width: Option<usize>) -> String {
    table_within(grid, width, &Budget::unlimited()).expect("there is no limit")
}

/// The same, within a budget, which counts the memory of the grid already.
pub(crate) fn table_within(grid: &Grid, width: Option<usize>, budget: &Budget) -> Result<String, Diagnostic> {
    let mut grid = grid.printable();
    budget.check(RENDERING)?;
    cut_texts(&mut grid);
    let widths = widths(&grid, width);
    let blocks = blocks(&grid, &widths, width.unwrap_or(usize::MAX));
    let (mut text, mut charge) = (String::new(), budget.charge());
    for (at, columns) in blocks.iter().enumerate() {
        if at > 0 {
            text.push('\n');
        }
        // Rows are drawn some at a time: the widths of the columns are known.
        let rows = ROWS_AT_A_TIME / columns.len().max(1) + 1;
        let parts = grid.rows.len().div_ceil(rows).max(1);
        for part in 0..parts {
            budget.spend(rows * columns.len(), RENDERING)?;
            let range = part * rows..grid.rows.len().min((part + 1) * rows);
            let ends = (part == 0, part + 1 == parts);
            let drawn = block(&grid, columns, &widths, &grid.rows[range], ends);
            charge.grow(drawn.len(), "the table of the result")?;
            text.push_str(&drawn);
        }
    }
    Ok(text)
}

/// The number of cells that are drawn at a time.
const ROWS_AT_A_TIME: usize = 1 << 12;

/// Cuts long headers and texts, but no numbers.
fn cut_texts(grid: &mut Grid) {
    grid.columns.iter_mut().for_each(|column| cut(&mut column.header));
    let Grid { columns, rows, total } = grid;
    for row in rows.iter_mut().chain(total) {
        let texts = row.iter_mut().zip(&*columns).filter(|(_, column)| column.align == Align::Left);
        texts.for_each(|(text, _)| cut(text));
    }
}

fn cut(text: &mut String) {
    if let Some((at, _)) = text.char_indices().nth(MAX_TEXT) {
        text.truncate(at);
        text.push('…');
    }
}

/// The width of each column. Headers take as few lines as possible; if that is not enough, texts are wrapped too.
fn widths(grid: &Grid, limit: Option<usize>) -> Vec<usize> {
    let limit = limit.unwrap_or(usize::MAX);
    let contents: Vec<_> = (0..grid.columns.len()).map(|at| content_width(grid, at)).collect();
    let with_header_lines = |lines| -> Vec<usize> {
        let columns = grid.columns.iter().zip(&contents);
        columns.map(|(column, &content)| content.max(header_width(&column.header, lines))).collect()
    };
    let fitting = (1..=MAX_HEADER_LINES).map(with_header_lines).find(|widths| total_width(widths) <= limit);
    fitting.unwrap_or_else(|| {
        let mut widths = with_header_lines(MAX_HEADER_LINES);
        shrink_texts(grid, &mut widths, limit);
        widths
    })
}

/// Shrinks the widest texts until the table fits.
fn shrink_texts(grid: &Grid, widths: &mut [usize], limit: usize) {
    let mut texts: Vec<_> = (0..widths.len()).filter(|&at| is_text(&grid.columns[at])).collect();
    texts.sort_by_key(|&at| std::cmp::Reverse(widths[at]));
    for at in texts {
        let excess = total_width(widths).saturating_sub(limit);
        let longest = longest_piece(&grid.columns[at].header).max(longest_word(grid, at));
        let floor = widths[at].min(MIN_TEXT_WIDTH.max(longest));
        widths[at] = widths[at].saturating_sub(excess).max(floor);
    }
}

fn is_text(column: &Column) -> bool {
    column.align == Align::Left && !column.key
}

fn content_width(grid: &Grid, at: usize) -> usize {
    grid.all_rows().filter_map(|row| row.get(at)).map(|cell| text_width(cell)).max().unwrap_or(0)
}

fn text_width(text: &str) -> usize {
    text.lines().map(UnicodeWidthStr::width).max().unwrap_or(0)
}

/// The minimum width of a header on this number of lines. A wider header never takes more lines.
fn header_width(header: &str, lines: usize) -> usize {
    let (mut low, mut high) = (longest_piece(header), text_width(header));
    while low < high {
        let middle = low.midpoint(high);
        match wrapped(header, middle).lines().count() <= lines {
            true => high = middle,
            false => low = middle + 1,
        }
    }
    high
}

fn longest_piece(header: &str) -> usize {
    pieces(header).map(|piece| piece.trim_end().width()).max().unwrap_or(0)
}

/// The longest word of a column. Texts are wrapped at spaces only.
fn longest_word(grid: &Grid, at: usize) -> usize {
    let cells = grid.all_rows().filter_map(|row| row.get(at));
    cells.flat_map(|cell| cell.split(' ')).map(UnicodeWidthStr::width).max().unwrap_or(0)
}

/// Splits a header where it may be wrapped: after a space or an underscore.
fn pieces(header: &str) -> impl Iterator<Item = &str> {
    header.split_inclusive([' ', '_'])
}

fn total_width(widths: &[usize]) -> usize {
    widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1)
}

/// The columns of each block: all keys and at least one other column.
fn blocks(grid: &Grid, widths: &[usize], limit: usize) -> Vec<Vec<usize>> {
    let (keys, others): (Vec<usize>, Vec<usize>) = (0..widths.len()).partition(|&at| grid.columns[at].key);
    let keys_width: usize = keys.iter().map(|&at| widths[at] + GAP).sum();
    let mut blocks = vec![keys.clone()];
    let mut width = keys_width;
    for at in others {
        let last = blocks.last_mut().expect("there is always one block");
        if last.len() > keys.len() && width + widths[at] > limit {
            blocks.push(keys.iter().copied().chain([at]).collect());
            width = keys_width;
        } else {
            last.push(at);
        }
        width += widths[at] + GAP;
    }
    blocks
}

/// Draws some rows of a block: the first ones below the header, the last ones above the total.
fn block(
    grid: &Grid,
    columns: &[usize],
    widths: &[usize],
    rows: &[Vec<String>],
    (first, last): (bool, bool),
) -> String {
    let mut table = comfy_table::Table::new();
    table.load_style(style()).set_content_arrangement(ContentArrangement::Dynamic);
    // The header makes the columns; that of later rows is left out again.
    table.set_header(columns.iter().map(|&at| {
        let column = &grid.columns[at];
        let header = if first { wrapped(&column.header, widths[at]) } else { String::new() };
        cell(column, &header)
    }));
    table.add_rows(rows.iter().map(|row| cells(grid, columns, row)));
    if let Some(total) = grid.total.as_ref().filter(|_| last) {
        table.add_row(columns.iter().map(|_| Cell::new(RULE_MARK)));
        table.add_row(cells(grid, columns, total));
    }
    for (place, &at) in columns.iter().enumerate() {
        let column = table.column_mut(place).expect("the header made the columns");
        column.set_padding((0, if place + 1 == columns.len() { 0 } else { GAP as u16 }));
        let width = widths[at] + if place + 1 == columns.len() { 0 } else { GAP };
        column.set_constraint(ColumnConstraint::Absolute(Width::Fixed(u16::try_from(width).unwrap_or(u16::MAX))));
    }
    let width = total_width(&columns.iter().map(|&at| widths[at]).collect::<Vec<_>>());
    finish(&table.to_string(), width, if first { 0 } else { HEADER_LINES })
}

/// The lines of an empty header with the line below it.
const HEADER_LINES: usize = 2;

/// The placeholder row for the line above the total, because the table library draws lines between all rows or none.
const RULE_MARK: &str = "\u{0}";

fn finish(drawn: &str, width: usize, skipped: usize) -> String {
    let rule = "─".repeat(width);
    let lines = drawn.lines().skip(skipped).map(|line| if line.contains(RULE_MARK) { &rule } else { line.trim_end() });
    lines.flat_map(|line| [line, "\n"]).collect()
}

/// The style: a line below the header, spaces between columns.
fn style() -> TableStyle {
    TableStyle::new().header_separator(LineStyle::none().fill('─'))
}

fn cells(grid: &Grid, columns: &[usize], row: &[String]) -> Row {
    let text = |at: usize| row.get(at).map_or("", String::as_str);
    columns.iter().map(|&at| cell(&grid.columns[at], text(at))).collect::<Vec<_>>().into()
}

fn cell(column: &Column, text: &str) -> Cell {
    Cell::new(text).set_alignment(match column.align {
        Align::Left => CellAlignment::Left,
        Align::Right => CellAlignment::Right,
    })
}

/// Wraps a header to this width.
fn wrapped(header: &str, width: usize) -> String {
    let mut lines = vec![String::new()];
    for piece in pieces(header) {
        let last = lines.last_mut().expect("there is always one line");
        if !last.is_empty() && last.width() + piece.trim_end().width() > width {
            lines.push(piece.to_owned());
        } else {
            last.push_str(piece);
        }
    }
    lines.iter().map(|line| line.trim_end()).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;

    fn wide() -> Grid {
        Grid {
            columns: vec![
                Column::key("month"),
                Column::key("channel"),
                Column::number("customer_acquisition_cost"),
                Column::number("Lead to customer rate"),
                Column::number("ltv_cac_ratio"),
                Column::number("revenue"),
            ],
            rows: vec![
                ["2026-01", "email", "€1,234.50", "5.2%", "3.2", "€12,345,678.00"].map(String::from).to_vec(),
                ["2026-01", "search", "—", "—", "0.0004", "€5.00"].map(String::from).to_vec(),
            ],
            total: Some(["total", "", "€38.50", "5%", "3", "€12,345,683.00"].map(String::from).to_vec()),
        }
    }

    #[test]
    fn without_a_width_nothing_is_wrapped() {
        assert_snapshot!(table(&wide(), None));
    }

    #[test]
    fn headers_are_wrapped_first() {
        assert_snapshot!(table(&wide(), Some(72)));
    }

    #[test]
    fn further_columns_continue_in_a_block_below() {
        assert_snapshot!(table(&wide(), Some(44)));
    }

    #[test]
    fn texts_are_wrapped_but_never_keys() {
        let grid = Grid {
            columns: vec![Column::key("name"), Column::text("formula"), Column::text("about")],
            rows: vec![vec![
                "customer_acquisition_cost".into(),
                "marketing_and_sales_cost / new_customers".into(),
                "What one new customer costs, on average, over all channels.".into(),
            ]],
            total: None,
        };
        assert_snapshot!(table(&grid, Some(80)));
    }

    #[test]
    fn numbers_are_never_cut() {
        for width in 0..100 {
            let drawn = table(&wide(), Some(width));
            for number in wide().rows.iter().flatten().filter(|cell| cell.contains(['€', '%'])) {
                assert!(drawn.contains(number), "{number} at {width}:\n{drawn}");
            }
            assert!(drawn.lines().all(|line| line == line.trim_end()));
        }
    }

    #[test]
    fn wide_letters_and_narrow_spaces_are_aligned() {
        let grid = Grid {
            columns: vec![Column::key("canal"), Column::number("coût")],
            rows: vec![
                vec!["数据".into(), "1\u{202f}234,56\u{a0}€".into()],
                vec!["é".into(), "5,00\u{a0}€".into()],
                vec![],
            ],
            total: None,
        };
        assert_snapshot!(table(&grid, Some(40)));
    }

    #[test]
    fn words_are_never_broken() {
        let text = "internationalization_of_everything costs per acquired customer";
        let grid = Grid {
            columns: vec![Column::key("name"), Column::text("label"), Column::text("unit")],
            rows: vec![vec!["a".into(), text.into(), "EUR/customer".into()]],
            total: None,
        };
        for width in 20..100 {
            let drawn = table(&grid, Some(width));
            assert!(text.split(' ').all(|word| drawn.contains(word)), "{width}:\n{drawn}");
        }
    }

    #[test]
    fn long_texts_are_cut_so_that_rows_stay_short() {
        let long = "x".repeat(100_000);
        let columns = vec![Column::key("name"), Column::number(&long)];
        let rows = vec![vec![long.clone(), "1".repeat(2000)], vec!["a".into(), "2".into()]];
        let drawn = table(&Grid { columns, rows, total: None }, None);
        assert!(drawn.len() < 20_000 && drawn.contains(&"1".repeat(2000)) && drawn.contains("x…"), "{}", drawn.len());
    }

    #[test]
    fn a_table_without_rows_is_its_header() {
        let grid = Grid { columns: vec![Column::key("month")], rows: vec![], total: None };
        assert_eq!(table(&grid, None), "month\n─────\n");
    }
}
