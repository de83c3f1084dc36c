//! Rewrites a file in canonical layout. Comments and blank lines are kept, and the meaning does not change.
//!
//! The formatter prints the tree entry by entry. A comment stays before its entry or at the end of its line. An entry
//! that contains comments keeps its line breaks, and only its indentation changes.

use std::ops::Range;

use crate::budget::Budget;
use crate::diagnostic::Diagnostic;
use crate::source::FileId;

use super::ast::{
    Assignment, Band, BandCondition, Card, Dataset, DatasetOptionKind, Definition, DefinitionKind, Expected, Expr,
    FormatPart, Function, Item, ItemKind, Lookup, LookupTime, Name, Property, PropertyKind, Report, ReportEntry,
    ReportEntryKind, RowTest, RowTestKind, Scenario, Step, StepKind, TableText, Test, Text, Translation, UnitExpr,
    Validity, Warehouse, WarehouseTable,
};
use super::print::{MAX_WIDTH, Printer, duration, name, names, path, paths, spaced_unit, string, translation, width};
use super::trivia::{blank_line_before, comments};

/// Formats a text in canonical layout. Formatting the result again changes nothing.
///
/// The text does not need to type-check.
///
/// # Errors
/// Returns the syntax errors of the text.
///
/// ```
/// let text = "cac=spend/leads{label \"CAC\" better lower}  # per lead";
/// let formatted = "cac = spend / leads {\n  label  \"CAC\"\n  better lower\n}  # per lead\n";
/// assert_eq!(yardstick::internal::syntax::format(text).unwrap(), formatted);
/// ```
pub fn format(text: &str) -> Result<String, Vec<Diagnostic>> {
    format_within(FileId(0), text, &Budget::unlimited())
}

/// The same, within a budget. The errors are in the file with this id.
pub(crate) fn format_within(id: FileId, text: &str, budget: &Budget) -> Result<String, Vec<Diagnostic>> {
    let limit = |limit: Diagnostic| vec![limit];
    let mut charge = budget.charge();
    charge.grow(text.len().saturating_mul(super::BYTES_PER_BYTE), "the formatted definitions").map_err(limit)?;
    let (file, problems) = super::parse_within(id, text, budget).map_err(limit)?;
    if !problems.is_empty() {
        return Err(problems);
    }
    let printer = Printer { source: Some(text) };
    let mut formatter = Formatter { text, printer, comments: comments(text), done: 0, out: String::new(), fresh: true };
    for item in &file.items {
        budget.spend(item.span.range().len(), "formatting definitions").map_err(limit)?;
        formatter.item(item);
    }
    formatter.comments_before(text.len(), 0);
    Ok(formatter.out)
}

struct Formatter<'a> {
    text: &'a str,
    printer: Printer<'a>,
    comments: Vec<Range<usize>>,
    /// The number of comments written so far.
    done: usize,
    out: String,
    /// True at the start of a file or block, where no empty line is kept.
    fresh: bool,
}

/// An entry of a block: its first word, its place, and the text after the word.
struct Entry<'a> {
    word: &'a str,
    range: Range<usize>,
    rest: Rest<'a>,
}

/// Prints the text after an entry's first word, given the column at which it begins.
type Rest<'a> = Box<dyn Fn(usize) -> String + 'a>;

impl<'a> Formatter<'a> {
    // ── lines ────────────────────────────────────────────────────────────────

    /// Writes the comments that begin before `at`, each on a line of its own.
    fn comments_before(&mut self, at: usize, indent: usize) {
        while let Some(comment) = self.comments.get(self.done).filter(|comment| comment.start < at).cloned() {
            self.done += 1;
            self.begin_line(comment.start, indent);
            self.out.push_str(&self.text[comment]);
            self.out.push('\n');
        }
    }

    /// Writes the empty line before `at`, if the source has one, and the indentation.
    fn begin_line(&mut self, at: usize, indent: usize) {
        if !self.fresh && blank_line_before(self.text, at) {
            self.out.push('\n');
        }
        self.fresh = false;
        self.out.push_str(&" ".repeat(indent));
    }

    /// Writes the comment that follows `at` on its line, if any, then a line end. An opening brace may precede the comment.
    fn end_line(&mut self, at: usize) {
        if let Some(comment) = self.comments.get(self.done).cloned() {
            let between = self.text.get(at..comment.start);
            if between
                .is_some_and(|text| !text.contains('\n') && text.trim_matches('{').trim().trim_matches('{').is_empty())
            {
                self.done += 1;
                self.out.push_str("  ");
                self.out.push_str(&self.text[comment]);
            }
        }
        self.out.push('\n');
    }

    /// Returns true if a range contains comments that are not written yet.
    fn has_comments(&self, range: &Range<usize>) -> bool {
        self.comments.get(self.done..).is_some_and(|rest| {
            let first = rest.partition_point(|comment| comment.start < range.start);
            rest.get(first).is_some_and(|comment| comment.start < range.end)
        })
    }

    /// The source lines of an entry that contains comments, with new indentation.
    fn verbatim(&mut self, range: &Range<usize>, indent: usize) -> String {
        self.done = self.comments.partition_point(|comment| comment.start < range.end);
        let pad = " ".repeat(indent + 2);
        let lines = self.text[range.clone()].lines().map(str::trim).filter(|line| !line.is_empty());
        lines.collect::<Vec<_>>().join(&format!("\n{pad}"))
    }

    // ── items ────────────────────────────────────────────────────────────────

    fn item(&mut self, item: &Item) {
        let range = item.span.range();
        self.comments_before(range.start, 0);
        self.begin_line(range.start, 0);
        match &item.kind {
            ItemKind::Definition(definition) => self.definition(range, definition),
            ItemKind::Function(function) => self.function(range, function),
            ItemKind::Dataset(dataset) => self.dataset(range, dataset),
            ItemKind::Test(test) => self.test(range, test),
            ItemKind::Report(report) => self.report(range, report),
            ItemKind::Scenario(scenario) => self.scenario(range, scenario),
            ItemKind::Calendar(calendar) => {
                let years = calendar.year_starts.iter().map(|month| format!("year starts {}", name(month)));
                let weeks = calendar.weeks_start.iter().map(|day| format!("weeks start {}", name(day)));
                let parts: Vec<String> = years.chain(weeks).collect();
                self.line(range, format!("calendar {{ {} }}", parts.join("  ")));
            }
            ItemKind::Currency(currency) => self.line(range, format!("currency {}", name(currency))),
            ItemKind::Unit(unit) => self.line(range, format!("unit {}", name(unit))),
        }
    }

    /// Writes an item without a block.
    fn line(&mut self, range: Range<usize>, flat: String) {
        let text = if self.has_comments(&range) { self.verbatim(&range, 0) } else { flat };
        self.out.push_str(&text);
        self.end_line(range.end);
    }

    fn definition(&mut self, range: Range<usize>, definition: &Definition) {
        let keyword = match definition.kind {
            DefinitionKind::Kpi => "",
            DefinitionKind::Helper => "let ",
            DefinitionKind::Input => "input ",
            DefinitionKind::Param => "param ",
        };
        let head = format!("{keyword}{}{}", name(&definition.name), annotation(definition.annotation.as_ref()));
        self.defined(range, head, definition.formula.as_ref(), definition.card.as_ref());
    }

    fn function(&mut self, range: Range<usize>, function: &Function) {
        let parameters = names(&function.parameters);
        let head = format!("fn {}({parameters}){}", name(&function.name), annotation(function.annotation.as_ref()));
        self.defined(range, head, Some(&function.body), function.card.as_ref());
    }

    fn defined(&mut self, range: Range<usize>, mut head: String, formula: Option<&Expr>, card: Option<&Card>) {
        let end = formula.map_or_else(|| self.head_end(&range, card), |formula| formula.span.range().end);
        let own = range.start..end;
        if self.has_comments(&own) {
            head = self.verbatim(&own, 0);
        } else if let Some(formula) = formula {
            head.push_str(&self.assigned(width(&head) + 3, formula));
        }
        self.out.push_str(&head);
        match card {
            Some(card) => self.card(end, card),
            None => self.end_line(end),
        }
    }

    /// The end of an input without a formula, before its card.
    fn head_end(&self, range: &Range<usize>, card: Option<&Card>) -> usize {
        let end = card.map_or(range.end, |card| card.span.range().start);
        let comment = self.comments.iter().find(|comment| comment.start > range.start && comment.start < end);
        let end = comment.map_or(end, |comment| comment.start);
        range.start + self.text[range.start..end].trim_end().len()
    }

    /// Prints `= formula`, on a new line if the formula does not fit.
    fn assigned(&self, column: usize, formula: &Expr) -> String {
        let text = self.printer.fitted(formula, 2, column);
        if text.contains('\n') { format!(" =\n  {}", self.printer.fitted(formula, 2, 2)) } else { format!(" = {text}") }
    }

    fn card(&mut self, head_end: usize, card: &Card) {
        if card.properties.is_empty() && !self.has_comments(&card.span.range()) {
            self.out.push_str(" {}");
            return self.end_line(card.span.range().end);
        }
        let entries = card.properties.iter().map(|property| self.property(property)).collect();
        self.block(head_end, card.span.range().end, entries);
    }

    /// Writes ` { … }` with one entry per line.
    fn block(&mut self, head_end: usize, end: usize, entries: Vec<Entry<'_>>) {
        self.out.push_str(" {");
        self.end_line(head_end);
        self.fresh = true;
        let column = entries.iter().map(|entry| entry.word.len() + 1).max().unwrap_or(0);
        for entry in entries {
            self.entry(entry, column);
        }
        self.comments_before(end, 2);
        self.fresh = false;
        self.out.push('}');
        self.end_line(end);
    }

    fn entry(&mut self, entry: Entry<'_>, column: usize) {
        let table = self.text[entry.range.clone()].contains("\"\"\"");
        let before = if table { entry.range.end } else { entry.range.start };
        self.comments_before(before, 2);
        self.begin_line(entry.range.start, 2);
        let text = if self.has_comments(&entry.range) {
            // In `expect a = 1, b = 2`, the second step does not begin with the word.
            let begins = self.text[entry.range.start..].starts_with(entry.word);
            let text = self.verbatim(&entry.range, 2);
            if begins { text } else { format!("{:column$}{text}", entry.word) }
        } else if entry.word.is_empty() {
            (entry.rest)(2)
        } else {
            format!("{:column$}{}", entry.word, (entry.rest)(2 + column))
        };
        self.out.push_str(text.trim_end());
        self.end_line(entry.range.end);
    }

    // ── cards ────────────────────────────────────────────────────────────────

    fn property<'n>(&self, property: &'n Property) -> Entry<'n>
    where
        'a: 'n,
    {
        let printer = Printer { source: Some(self.text) };
        let rest: Rest<'n> = match &property.kind {
            PropertyKind::Text { text, .. } => Box::new(move |column| texts(text, column, column)),
            PropertyKind::Words { words, .. } => Box::new(move |_| names(words)),
            PropertyKind::Target(target) => Box::new(move |column| printer.fitted(target, 4, column)),
            PropertyKind::Band(band) => Box::new(move |column| printer.band(band, column)),
            PropertyKind::Range { low, high } => Box::new(move |_| printer.range(low.as_ref(), high.as_ref())),
            PropertyKind::Alias(aliases) => Box::new(move |_| comma_separated(aliases, translation)),
            PropertyKind::Format(parts) => Box::new(move |_| comma_separated(parts, format_part)),
            PropertyKind::Example(example) => Box::new(move |_| {
                let given = comma_separated(&example.given, |given| printer.assignment(given));
                let space = if given.is_empty() { "" } else { " " };
                format!("{given}{space}gives {}", printer.expected(&example.expected))
            }),
        };
        Entry { word: &self.text[property.keyword.range()], range: property.span.range(), rest }
    }

    // ── datasets ─────────────────────────────────────────────────────────────

    fn dataset(&mut self, range: Range<usize>, dataset: &Dataset) {
        let path = dataset.path.as_ref().map_or(String::new(), |path| format!(" = {}", string(&path.text)));
        let table = dataset.table.as_ref().map_or(String::new(), |table| format!(" = {}", warehouse_table(table)));
        let head = format!("dataset {}{path}{table}", name(&dataset.name));
        let path_end = dataset.path.as_ref().map_or(dataset.name.span, |path| path.span);
        let head_end = dataset.table.as_ref().map_or(path_end, |table| table.warehouse.span()).range().end;
        match &dataset.options[..] {
            [] => self.line(range, head),
            [option]
                if !self.has_comments(&range)
                    && !matches!(option.kind, DatasetOptionKind::Computed { .. } | DatasetOptionKind::RowTest(_)) =>
            {
                self.out.push_str(&format!("{head} {{ {} }}", self.printer.option(&option.kind)));
                self.end_line(range.end);
            }
            options => {
                let own = range.start..head_end;
                let head = if self.has_comments(&own) { self.verbatim(&own, 0) } else { head };
                self.out.push_str(&head);
                let printer = &Printer { source: Some(self.text) };
                let entries = options.iter().map(|option| Entry {
                    word: "",
                    range: option.span.range(),
                    rest: Box::new(move |_| printer.option(&option.kind)),
                });
                self.block(head_end, range.end, entries.collect());
            }
        }
    }

    // ── tests ────────────────────────────────────────────────────────────────

    fn test(&mut self, range: Range<usize>, test: &Test) {
        let head_end = test.title_span.range().end;
        let own = range.start..head_end;
        let head =
            if self.has_comments(&own) { self.verbatim(&own, 0) } else { format!("test {}", string(&test.title)) };
        self.out.push_str(&head);
        let entries = test.steps.iter().map(|step| self.step(step)).collect();
        self.block(head_end, range.end, entries);
    }

    fn scenario(&mut self, range: Range<usize>, scenario: &Scenario) {
        let head_end = scenario.title.span.range().end;
        let own = range.start..head_end;
        let word = "scenario ";
        let head = match self.has_comments(&own) {
            true => self.verbatim(&own, 0),
            false => format!("{word}{}", texts(&scenario.title, width(word), width(word))),
        };
        self.out.push_str(&head);
        let printer = &Printer { source: Some(self.text) };
        let column = scenario.changes.iter().map(|change| width(&name(&change.name))).max().unwrap_or(0);
        let entries = scenario.changes.iter().map(|change| Entry {
            word: "",
            range: change.name.span.to(change.value.span).range(),
            rest: Box::new(move |indent| {
                let value = printer.fitted(&change.value, indent + 2, indent + column + 3);
                format!("{:column$} = {value}", name(&change.name))
            }),
        });
        self.block(head_end, range.end, entries.collect());
    }

    fn report(&mut self, range: Range<usize>, report: &Report) {
        let head_end = report.title.span.range().end;
        let own = range.start..head_end;
        let word = "report ";
        let head = match self.has_comments(&own) {
            true => self.verbatim(&own, 0),
            false => format!("{word}{}", texts(&report.title, width(word), width(word))),
        };
        self.out.push_str(&head);
        let entries = report.entries.iter().map(|entry| self.report_entry(entry)).collect();
        self.block(head_end, range.end, entries);
    }

    fn report_entry<'n>(&self, entry: &'n ReportEntry) -> Entry<'n>
    where
        'a: 'n,
    {
        let printer = Printer { source: Some(self.text) };
        let (word, rest): (_, Rest<'n>) = match &entry.kind {
            ReportEntryKind::Kpis(kpis) => ("kpis", Box::new(move |_| names(kpis))),
            ReportEntryKind::By(columns) => ("by", Box::new(move |_| paths(columns))),
            ReportEntryKind::Over(columns) => ("over", Box::new(move |_| paths(columns))),
            ReportEntryKind::Where(condition) => ("where", Box::new(move |at| printer.fitted(condition, 4, at))),
            ReportEntryKind::Period(period) => ("period", Box::new(move |_| period.to_string())),
            ReportEntryKind::Against(against) => ("against", Box::new(move |_| against.to_string())),
        };
        Entry { word, range: entry.span.range(), rest }
    }

    fn step<'n>(&self, step: &'n Step) -> Entry<'n>
    where
        'a: 'n,
    {
        let printer = Printer { source: Some(self.text) };
        let (word, rest): (_, Rest<'n>) = match &step.kind {
            StepKind::GivenValues(given) => {
                ("given", Box::new(move |_| comma_separated(given, |given| printer.assignment(given))))
            }
            StepKind::GivenTable { dataset, table } => (
                "given",
                Box::new(move |_| {
                    let dataset = dataset.as_ref().map_or(String::new(), |dataset| format!("{} ", name(dataset)));
                    format!("{dataset}{}", table_lines(table))
                }),
            ),
            StepKind::By(columns) => ("by", Box::new(move |_| paths(columns))),
            StepKind::Where(condition) => ("where", Box::new(move |column| printer.fitted(condition, 4, column))),
            StepKind::Period(period) => ("period", Box::new(move |_| period.to_string())),
            StepKind::ExpectValues { name: kpi, values } => (
                "expect",
                Box::new(move |_| {
                    format!("{} = {}", name(kpi), comma_separated(values, |value| printer.expected(value)))
                }),
            ),
            StepKind::ExpectTable(table) => ("expect", Box::new(move |_| table_lines(table))),
        };
        Entry { word, range: step.span.range(), rest }
    }
}

impl Printer<'_> {
    fn band(&self, band: &Band, column: usize) -> String {
        let condition = match &band.condition {
            BandCondition::Compare { op, bound, .. } => format!("{} {}", op.symbol(), self.expr(bound)),
            BandCondition::Between { low, high } => format!("between {} and {}", self.expr(low), self.expr(high)),
            BandCondition::When(condition) => format!("when {}", self.fitted(condition, 4, column + 5)),
            BandCondition::Otherwise => "otherwise".into(),
        };
        match &band.advice {
            None => condition,
            Some(advice) => {
                let at = column + width(&condition) + 2;
                format!("{condition}  {}", texts(advice, at, column))
            }
        }
    }

    fn range(&self, low: Option<&Expr>, high: Option<&Expr>) -> String {
        let end = |end: Option<&Expr>| end.map_or(String::new(), |end| self.expr(end));
        format!("{}..{}", end(low), end(high))
    }

    fn assignment(&self, assignment: &Assignment) -> String {
        format!("{} = {}", name(&assignment.name), self.expr(&assignment.value))
    }

    fn expected(&self, expected: &Expected) -> String {
        format!("{}{}", if expected.about { "about " } else { "" }, self.expr(&expected.value))
    }

    fn option(&self, option: &DatasetOptionKind) -> String {
        match option {
            DatasetOptionKind::Time(column) => format!("time {}", path(column)),
            DatasetOptionKind::Valid(Validity { from, end, inclusive }) => {
                let word = if *inclusive { "through" } else { "until" };
                let end = end.as_ref().map_or(String::new(), |end| format!(" {word} {}", name(end)));
                format!("valid from {}{end}", name(from))
            }
            DatasetOptionKind::ColumnType { column, unit } => format!("{}: {}", name(column), spaced_unit(unit)),
            DatasetOptionKind::Computed { column, annotation: declared, formula } => {
                let head = format!("{}{} = ", name(column), annotation(declared.as_ref()));
                format!("{head}{}", self.fitted(formula, 4, 2 + width(&head)))
            }
            DatasetOptionKind::Lookup(lookup) => self.lookup(lookup),
            DatasetOptionKind::RowTest(RowTest { strict, kind, .. }) => {
                let head = if *strict { "strict expect " } else { "expect " };
                match kind {
                    RowTestKind::Unique(columns) => format!("{head}unique {}", names(columns)),
                    RowTestKind::Filled(columns) => format!("{head}not blank {}", names(columns)),
                    RowTestKind::Condition(condition) => {
                        format!("{head}{}", self.fitted(condition, 4, 2 + width(head)))
                    }
                }
            }
            DatasetOptionKind::Header { row: Some(row) } => format!("header {row}"),
            DatasetOptionKind::Header { row: None } => "no header".into(),
            DatasetOptionKind::SkipLast { rows } => format!("skip last {rows}"),
            DatasetOptionKind::Setting { keyword, value } => format!("{} {}", name(keyword), string(&value.text)),
        }
    }

    /// `lookup seller = users on seller_id = id as of day within 7 days`
    fn lookup(&self, lookup: &Lookup) -> String {
        let mut text = format!("lookup {}", renamed(lookup.name.as_ref(), Some(&lookup.dataset)));
        if !lookup.keys.is_empty() {
            let keys = comma_separated(&lookup.keys, |key| renamed(Some(&key.here), key.there.as_ref()));
            text += &format!(" on {keys}");
        }
        if let Some(LookupTime { next, at, within }) = &lookup.time {
            text += &format!(" {} {}", if *next { "next" } else { "as of" }, self.expr(at));
            text += &within.as_ref().map_or(String::new(), |within| format!(" within {}", duration(within)));
        }
        text
    }
}

/// `a = b`, or only one of them if the other has the same name.
fn renamed(first: Option<&Name>, second: Option<&Name>) -> String {
    first.into_iter().chain(second).map(name).collect::<Vec<_>>().join(" = ")
}

fn annotation(unit: Option<&UnitExpr>) -> String {
    unit.map_or(String::new(), |unit| format!(": {}", spaced_unit(unit)))
}

fn comma_separated<T>(entries: &[T], print: impl Fn(&T) -> String) -> String {
    entries.iter().map(print).collect::<Vec<_>>().join(", ")
}

/// Prints translations on one line, or each on its own line if they do not fit.
fn texts(text: &Text, column: usize, indent: usize) -> String {
    let pieces: Vec<String> = text.translations.iter().map(|entry: &Translation| translation(entry)).collect();
    let flat = pieces.join(" ");
    if column + width(&flat) <= MAX_WIDTH { flat } else { pieces.join(&format!("\n{}", " ".repeat(indent))) }
}

fn format_part(part: &FormatPart) -> String {
    let digits = part.digits.as_ref().map_or(String::new(), |digits| format!("{digits} "));
    format!("{digits}{}", name(&part.word))
}

/// `table "analytics.orders" in warehouse`
fn warehouse_table(table: &WarehouseTable) -> String {
    let warehouse = match &table.warehouse {
        Warehouse::Name(warehouse) => name(warehouse),
        Warehouse::Text(text) => string(&text.text),
    };
    format!("table {} in {warehouse}", string(&table.table.text))
}

/// Prints a table between triple quotes, indented below its step.
fn table_lines(table: &TableText) -> String {
    let mut text = String::from("\"\"\"\n");
    for line in table.text.lines() {
        text.push_str(&if line.is_empty() { "\n".into() } else { format!("    {line}\n") });
    }
    text + "  \"\"\""
}
