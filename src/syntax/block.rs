//! Turns the entries of cards, datasets and tests into the syntax tree, and reports entries that do not exist.

use std::sync::Arc;

use pest::iterators::Pair;

use crate::diagnostic::{Code, Diagnostic, did_you_mean};

use super::ast::{
    Assignment, Band, BandCondition, Dataset, DatasetOption, DatasetOptionKind, Example, Expected, Expr, ExprKind,
    FormatPart, Lookup, LookupKey, LookupTime, Path, Property, PropertyKind, Report, ReportEntry, ReportEntryKind,
    RowTest, RowTestKind, Scenario, Status, Step, StepKind, TableText, Test, Text, TextProperty, Translation, Validity,
    Warehouse, WarehouseTable, WordProperty,
};
use super::expr::{binary_op, digits};
use super::grammar::Rule;
use super::mistakes::unclosed;
use super::scan::{TokenKind, tokens};
use super::tree::{Builder, nfc};
use super::words::{OPTIONS, PROPERTIES, REPORT_ENTRIES, SETTINGS, STEPS, meant_in_card, meant_in_dataset};

impl Builder<'_> {
    // ── cards ────────────────────────────────────────────────────────────────

    /// Builds one entry of a card, or reports an unknown entry and returns `None`.
    pub(super) fn property(&mut self, pair: Pair<'_, Rule>) -> Option<Property> {
        let span = self.span(&pair);
        let word = pair.clone().into_inner().next()?;
        let keyword = self.span(&word);
        let kind = match pair.as_rule() {
            Rule::texts => self.text_property(pair),
            Rule::words => self.word_property(&word, pair),
            Rule::target => PropertyKind::Target(self.only_formula(pair)),
            Rule::band => PropertyKind::Band(self.band(pair)),
            Rule::range => self.range(pair),
            Rule::alias => PropertyKind::Alias(self.aliases(pair)),
            Rule::format => PropertyKind::Format(self.format_parts(pair)),
            Rule::example => PropertyKind::Example(self.example(pair)),
            _ => {
                let nothing = self.unknown(&word, "unknown card property", PROPERTIES.iter().chain(&["example"]));
                self.meaning(meant_in_card(word.as_str()));
                return nothing;
            }
        };
        Some(Property { kind, keyword, span })
    }

    fn unknown_option<T>(&mut self, word: &Pair<'_, Rule>) -> Option<T> {
        let known = || OPTIONS.iter().chain(&SETTINGS);
        self.unknown::<T>(word, "unknown dataset option", known());
        let meant = meant_in_dataset(word.as_str());
        self.meaning(meant);
        if meant.is_none() && did_you_mean(word.as_str(), known().copied()).is_none() {
            let name = word.as_str();
            let hint = format!("write `{name}: money` for a column's type, or `{name} = …` for a computed column");
            self.problems.last_mut().expect("reported above").hints.push(hint);
        }
        None
    }

    /// Replaces the hints of the last problem if the word probably means another entry.
    fn meaning(&mut self, meant: Option<&str>) {
        if let (Some(hint), Some(problem)) = (meant, self.problems.last_mut()) {
            problem.hints = vec![hint.to_owned()];
            problem.fix = None;
        }
    }

    /// Reports an unknown entry. The other entries of its block are kept.
    fn unknown<'a, T>(
        &mut self,
        word: &Pair<'_, Rule>,
        what: &str,
        known: impl Iterator<Item = &'a &'a str> + Clone,
    ) -> Option<T> {
        let words: Vec<&str> = known.clone().copied().collect();
        if let Some((token, suggestion)) = unclosed::before(self.text, word.as_span().start(), &words) {
            let span = self.span_of(token.start..token.end);
            self.problems.push(unclosed::problem(what, token.of(self.text), span, suggestion));
            return None;
        }
        let all = known.clone().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
        let problem = Diagnostic::error(Code::UnknownProperty, format!("{what} `{}`", word.as_str()))
            .at(self.span(word))
            .suggest(self.span(word), word.as_str(), known.copied());
        let problem = if problem.hints.is_empty() { problem.hint(format!("expected one of {all}")) } else { problem };
        self.problems.push(problem);
        None
    }

    fn word_property(&mut self, word: &Pair<'_, Rule>, pair: Pair<'_, Rule>) -> PropertyKind {
        let property = WordProperty::from_word(word.as_str()).expect("the grammar accepts only the words of the table");
        PropertyKind::Words { property, words: self.names(pair) }
    }

    fn text_property(&mut self, pair: Pair<'_, Rule>) -> PropertyKind {
        let mut inner = pair.into_inner();
        let word = inner.next().expect("a text property begins with its word");
        let property = TextProperty::from_word(word.as_str()).expect("the grammar accepts only the words of the table");
        PropertyKind::Text { property, text: self.text(inner.next().expect("a text property contains a text")) }
    }

    fn text(&mut self, pair: Pair<'_, Rule>) -> Text {
        let span = self.span(&pair);
        let mut translations = Vec::new();
        let mut language = None;
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::lang => language = Some(self.name(&part)),
                _ => translations.push(self.translation(language.take(), &part)),
            }
        }
        Text { translations, span }
    }

    fn translation(&mut self, language: Option<super::ast::Name>, string: &Pair<'_, Rule>) -> Translation {
        let end = self.span(string);
        let span = language.as_ref().map_or(end, |language| language.span.to(end));
        Translation { language, text: self.string(string), span }
    }

    fn aliases(&mut self, pair: Pair<'_, Rule>) -> Vec<Translation> {
        let aliases = pair.into_inner().filter(|part| part.as_rule() == Rule::alias_text);
        aliases.flat_map(|alias| self.text(alias).translations).collect()
    }

    fn range(&mut self, pair: Pair<'_, Rule>) -> PropertyKind {
        let (mut low, mut high) = (None, None);
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::low => low = Some(self.only_formula(part)),
                Rule::high => high = Some(self.only_formula(part)),
                _ => {}
            }
        }
        PropertyKind::Range { low, high }
    }

    fn format_parts(&mut self, pair: Pair<'_, Rule>) -> Vec<FormatPart> {
        pair.into_inner()
            .filter(|part| part.as_rule() == Rule::format_part)
            .map(|part| {
                let number = part.clone().into_inner().find(|inner| inner.as_rule() == Rule::number);
                FormatPart { digits: number.map(|number| digits(number.as_str())), word: self.only_name(part) }
            })
            .collect()
    }

    fn only_path(&mut self, pair: Pair<'_, Rule>) -> Path {
        self.paths(pair).pop().expect("the grammar has a path here")
    }

    fn band(&mut self, pair: Pair<'_, Rule>) -> Band {
        let mut inner = pair.into_inner();
        let status = status(inner.next().expect("a band begins with its word").as_str());
        let mut condition = BandCondition::Otherwise;
        let mut advice = None;
        while let Some(part) = inner.next() {
            match part.as_rule() {
                Rule::when => condition = BandCondition::When(self.only_formula(part)),
                Rule::between => condition = self.band_between(part),
                Rule::compare => {
                    let (op, op_span) = (binary_op(part.as_str()), self.span(&part));
                    let bound = self.formula(inner.next().expect("a comparison has a bound"));
                    condition = BandCondition::Compare { op, op_span, bound };
                }
                Rule::text => advice = Some(self.text(part)),
                _ => {}
            }
        }
        Band { status, condition, advice }
    }

    fn band_between(&mut self, pair: Pair<'_, Rule>) -> BandCondition {
        if pair.as_str().starts_with("not") {
            let problem = Diagnostic::error(Code::BadProperty, "expected `between` in a band, found `not between`")
                .at(self.span(&pair))
                .hint("the first band that applies decides: put the band for the values between the bounds first");
            self.report(problem);
        }
        let mut bounds = pair.into_inner().filter(|inner| inner.as_rule() == Rule::sum);
        let mut bound = || bounds.next().expect("`between` has two bounds");
        let (low, high) = (bound(), bound());
        BandCondition::Between { low: self.formula(low), high: self.formula(high) }
    }

    fn example(&mut self, pair: Pair<'_, Rule>) -> Example {
        let mut given = Vec::new();
        let mut expected = None;
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::assignments => given = self.assignments(part),
                Rule::expected => expected = Some(self.expected(part)),
                _ => {}
            }
        }
        Example { given, expected: expected.expect("an example has an expected value") }
    }

    fn assignments(&mut self, pair: Pair<'_, Rule>) -> Vec<Assignment> {
        pair.into_inner().map(|pair| self.assignment(pair)).collect()
    }

    fn assignment(&mut self, pair: Pair<'_, Rule>) -> Assignment {
        let mut inner = pair.into_inner();
        let name = self.name(&inner.next().expect("an assignment begins with a name"));
        Assignment { name, value: self.formula(inner.next().expect("an assignment ends with a value")) }
    }

    fn expected(&mut self, pair: Pair<'_, Rule>) -> Expected {
        let about = pair.clone().into_inner().any(|part| part.as_rule() == Rule::kw_about);
        Expected { about, value: self.only_formula(pair) }
    }

    // ── datasets ─────────────────────────────────────────────────────────────

    /// `dataset ads = "ads.csv" { … }`
    pub(super) fn dataset(&mut self, pair: Pair<'_, Rule>) -> Dataset {
        let (mut name, mut path, mut table, mut options) = (None, None, None, vec![]);
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::name => name = Some(self.name(&part)),
                Rule::string => path = Some(self.text_literal(&part)),
                Rule::warehouse_table => table = self.warehouse_table(part),
                Rule::options => options = part.into_inner().filter_map(|option| self.option(option)).collect(),
                _ => {}
            }
        }
        Dataset { name: name.expect("a dataset has a name"), path, table, options }
    }

    /// `table "analytics.orders" in warehouse`
    fn warehouse_table(&mut self, pair: Pair<'_, Rule>) -> Option<WarehouseTable> {
        let mut parts = pair.into_inner().filter(|part| matches!(part.as_rule(), Rule::name | Rule::string));
        let table = self.text_literal(&parts.next()?);
        let warehouse = parts.next()?;
        let warehouse = match warehouse.as_rule() {
            Rule::name => Warehouse::Name(self.name(&warehouse)),
            _ => Warehouse::Text(self.text_literal(&warehouse)),
        };
        Some(WarehouseTable { table, warehouse })
    }

    fn option(&mut self, pair: Pair<'_, Rule>) -> Option<DatasetOption> {
        let span = self.span(&pair);
        let kind = match pair.as_rule() {
            Rule::time => DatasetOptionKind::Time(self.only_path(pair)),
            Rule::valid => DatasetOptionKind::Valid(self.validity(pair)),
            Rule::lookup => self.lookup(pair),
            Rule::row_test => DatasetOptionKind::RowTest(self.row_test(pair)),
            Rule::header_row => DatasetOptionKind::Header { row: Some(only_number(pair)) },
            Rule::no_header => DatasetOptionKind::Header { row: None },
            Rule::skip_last => DatasetOptionKind::SkipLast { rows: only_number(pair) },
            Rule::setting => self.setting(pair)?,
            Rule::column_type => self.column_type(pair),
            Rule::computed => {
                let column = self.only_name(pair.clone());
                DatasetOptionKind::Computed { column, annotation: None, formula: self.only_formula(pair) }
            }
            _ => {
                let word = pair.into_inner().next()?;
                return self.unknown_option(&word);
            }
        };
        Some(DatasetOption { kind, span })
    }

    /// `strict expect unique a, b`
    fn row_test(&mut self, pair: Pair<'_, Rule>) -> RowTest {
        let (mut strict, mut found) = (false, None);
        for part in pair.into_inner() {
            let span = self.span(&part);
            let kind = match part.as_rule() {
                Rule::kw_strict => {
                    strict = true;
                    continue;
                }
                Rule::unique_test => RowTestKind::Unique(self.tested(part)),
                Rule::filled_test => RowTestKind::Filled(self.tested(part)),
                Rule::expr => RowTestKind::Condition(self.formula(part)),
                _ => continue,
            };
            found = Some((kind, span));
        }
        let (kind, span) = found.expect("a test of rows has a condition or columns");
        RowTest { strict, kind, span }
    }

    fn tested(&mut self, pair: Pair<'_, Rule>) -> Vec<super::ast::Name> {
        let tested = pair.into_inner().find(|part| part.as_rule() == Rule::tested);
        tested.map_or(vec![], |tested| self.names(tested))
    }

    /// `valid from start_date until end_date`
    fn validity(&mut self, pair: Pair<'_, Rule>) -> Validity {
        let inclusive = pair.clone().into_inner().any(|part| part.as_rule() == Rule::kw_through);
        let mut names = self.names(pair).into_iter();
        Validity { from: names.next().expect("the rule begins with a name"), end: names.next(), inclusive }
    }

    fn lookup(&mut self, pair: Pair<'_, Rule>) -> DatasetOptionKind {
        let (mut name, mut keys, mut time) = (vec![], vec![], None);
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::looked_up => name = self.names(part),
                Rule::lookup_keys => keys = part.into_inner().filter_map(|key| self.lookup_key(key)).collect(),
                Rule::lookup_time => time = Some(self.lookup_time(part)),
                _ => {}
            }
        }
        let dataset = name.pop().expect("a lookup has a dataset");
        DatasetOptionKind::Lookup(Lookup { name: name.pop(), dataset, keys, time })
    }

    /// `seller_id = id`. None for the word before the keys.
    fn lookup_key(&mut self, pair: Pair<'_, Rule>) -> Option<LookupKey> {
        let mut names = self.names(pair).into_iter();
        Some(LookupKey { here: names.next()?, there: names.next() })
    }

    /// `as of day within 7 days`
    fn lookup_time(&mut self, pair: Pair<'_, Rule>) -> LookupTime {
        let (mut next, mut at, mut within) = (false, None, None);
        for part in pair.into_inner() {
            let span = self.span(&part);
            match part.as_rule() {
                Rule::kw_next => next = true,
                Rule::date => at = Some(Expr { kind: Box::new(ExprKind::Date(part.as_str().into())), span }),
                Rule::name => {
                    let path = Path { qualifier: None, name: self.name(&part), span };
                    at = Some(Expr { kind: Box::new(ExprKind::Path(path)), span });
                }
                Rule::within => within = Some(self.duration(part)),
                _ => {}
            }
        }
        LookupTime { next, at: at.expect("a lookup in time has a column or a date"), within }
    }

    fn setting(&mut self, pair: Pair<'_, Rule>) -> Option<DatasetOptionKind> {
        let mut inner = pair.into_inner();
        let word = inner.next().expect("a setting begins with a word");
        if !SETTINGS.contains(&word.as_str()) {
            return self.unknown_option(&word);
        }
        let value = inner.next().expect("a setting ends with a text");
        Some(DatasetOptionKind::Setting { keyword: self.name(&word), value: self.text_literal(&value) })
    }

    fn column_type(&mut self, pair: Pair<'_, Rule>) -> DatasetOptionKind {
        let mut inner = pair.into_inner();
        let column = self.name(&inner.next().expect("a column has a name"));
        let unit = self.annotation(inner.next().expect("a column has a type"));
        match inner.next() {
            None => DatasetOptionKind::ColumnType { column, unit },
            Some(formula) => {
                let formula = self.declared_as(Some(&unit), formula);
                DatasetOptionKind::Computed { column, annotation: Some(unit), formula }
            }
        }
    }

    // ── tests ────────────────────────────────────────────────────────────────

    /// `test "title" { … }`
    pub(super) fn test(&mut self, pair: Pair<'_, Rule>) -> Test {
        let mut inner = pair.into_inner().filter(|part| part.as_rule() != Rule::kw_test);
        let title = inner.next().expect("a test has a title");
        let (title, title_span) = (self.string(&title), self.span(&title));
        Test { title, title_span, steps: inner.flat_map(|step| self.steps(step)).collect() }
    }

    fn steps(&mut self, pair: Pair<'_, Rule>) -> Vec<Step> {
        let span = self.span(&pair);
        let kind = match pair.as_rule() {
            Rule::given => self.given(pair),
            Rule::by_step => StepKind::By(self.paths(pair)),
            Rule::where_step => StepKind::Where(self.only_formula(pair)),
            Rule::period => StepKind::Period(period(pair)),
            Rule::expect => return self.expect(pair),
            _ => {
                let word = pair.into_inner().next().expect("an unknown entry begins with a word");
                return self.unknown(&word, "unknown test step", STEPS.iter()).unwrap_or_default();
            }
        };
        vec![Step { kind, span }]
    }

    fn given(&mut self, pair: Pair<'_, Rule>) -> StepKind {
        let mut dataset = None;
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::name => dataset = Some(self.name(&part)),
                Rule::table => return StepKind::GivenTable { dataset, table: self.table(&part) },
                Rule::assignments => return StepKind::GivenValues(self.assignments(part)),
                _ => {}
            }
        }
        unreachable!("`given` contains a table or values")
    }

    /// `scenario "title" { … }`
    pub(super) fn scenario(&mut self, pair: Pair<'_, Rule>) -> Scenario {
        let (mut title, mut changes) = (None, vec![]);
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::text => title = Some(self.text(part)),
                Rule::change => changes.push(self.assignment(part)),
                _ => {}
            }
        }
        Scenario { title: title.expect("a scenario has a title"), changes }
    }

    /// `report "title" { … }`
    pub(super) fn report_item(&mut self, pair: Pair<'_, Rule>) -> Report {
        let (mut title, mut entries) = (None, vec![]);
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::text => title = Some(self.text(part)),
                Rule::kw_report => {}
                Rule::unknown if matches!(entries.last(), Some(ReportEntry { kind: ReportEntryKind::Kpis(_), .. })) => {
                    self.report_entry(part);
                    self.meaning(Some("separate KPIs with commas: `kpis cac, ltv`"));
                }
                _ => entries.extend(self.report_entry(part)),
            }
        }
        Report { title: title.expect("a report has a title"), entries }
    }

    fn report_entry(&mut self, pair: Pair<'_, Rule>) -> Option<ReportEntry> {
        let span = self.span(&pair);
        let kind = match pair.as_rule() {
            Rule::report_kpis => ReportEntryKind::Kpis(self.names(pair)),
            Rule::by_step => ReportEntryKind::By(self.paths(pair)),
            Rule::over => ReportEntryKind::Over(self.paths(pair)),
            Rule::where_step => ReportEntryKind::Where(self.only_formula(pair)),
            Rule::report_period => ReportEntryKind::Period(words_after(&pair)),
            Rule::against => ReportEntryKind::Against(words_after(&pair)),
            _ => {
                let word = pair.into_inner().next().expect("an unknown entry begins with a word");
                return self.unknown(&word, "unknown entry of a report", REPORT_ENTRIES.iter());
            }
        };
        Some(ReportEntry { kind, span })
    }

    /// `expect a = 1, b = 2` becomes one step per name.
    fn expect(&mut self, pair: Pair<'_, Rule>) -> Vec<Step> {
        let whole = self.span(&pair);
        let mut steps = Vec::new();
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::table => steps.push(Step { kind: StepKind::ExpectTable(self.table(&part)), span: whole }),
                Rule::expectation => {
                    let start = if steps.is_empty() { whole } else { self.span(&part) };
                    let span = super::Span { end: self.span(&part).end, ..start };
                    steps.push(Step { kind: self.expectation(part), span });
                }
                _ => {}
            }
        }
        steps
    }

    fn expectation(&mut self, pair: Pair<'_, Rule>) -> StepKind {
        let name = self.only_name(pair.clone());
        let values = pair.into_inner().filter(|part| part.as_rule() == Rule::expected);
        StepKind::ExpectValues { name, values: values.map(|value| self.expected(value)).collect() }
    }

    fn table(&mut self, pair: &Pair<'_, Rule>) -> TableText {
        let written = pair.as_str();
        TableText { text: nfc(&dedented(&written[3..written.len() - 3])), span: self.span(pair) }
    }
}

/// The number of an entry that has only one, such as `header 4`.
fn only_number(pair: Pair<'_, Rule>) -> Arc<str> {
    let number = pair.into_inner().find(|part| part.as_rule() == Rule::number);
    digits(number.expect("the entry has a number").as_str())
}

fn period(pair: Pair<'_, Rule>) -> Arc<str> {
    let parts = pair.into_inner().filter(|part| part.as_rule() != Rule::kw_period);
    parts.map(|part| part.as_str()).collect::<String>().into()
}

/// The words after the first one, with single spaces: `last 12 months`, `1 year ago, so far`, `2026-01..2026-03`.
fn words_after(pair: &Pair<'_, Rule>) -> Arc<str> {
    let is_word = |kind: TokenKind| matches!(kind, TokenKind::Word | TokenKind::Number);
    let (mut text, mut last) = (String::new(), None);
    for token in tokens(pair.as_str()).skip(1) {
        let after_word = last.is_some_and(|(kind, end)| is_word(kind) && token.start > end);
        let spaced = is_word(token.kind) && (after_word || text.ends_with(','));
        text.push_str(if spaced { " " } else { "" });
        text.push_str(token.of(pair.as_str()));
        last = Some((token.kind, token.end));
    }
    text.into()
}

/// Removes the empty first and last lines, and the indentation that all lines share.
pub(super) fn dedented(table: &str) -> String {
    let lines: Vec<&str> = table.lines().map(str::trim_end).collect();
    let first = lines.iter().position(|line| !line.is_empty()).unwrap_or(lines.len());
    let last = lines.iter().rposition(|line| !line.is_empty()).map_or(first, |at| at + 1);
    let lines = &lines[first..last];
    let indentation = |line: &&str| line.len() - line.trim_start_matches([' ', '\t']).len();
    let common = lines.iter().filter(|line| !line.is_empty()).map(indentation).min().unwrap_or(0);
    lines.iter().map(|line| line.get(common..).unwrap_or("")).collect::<Vec<_>>().join("\n")
}

fn status(word: &str) -> Status {
    match word {
        "good" => Status::Good,
        "watch" => Status::Watch,
        _ => Status::Bad,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRAMMAR: &str = include_str!("../../grammar/kpi.pest");

    /// The words between quotes in a rule of the grammar.
    fn words_of(rule: &str) -> Vec<&'static str> {
        let line = GRAMMAR.lines().find(|line| line.trim_end().starts_with(rule)).expect("the rule is there");
        line.split('"').skip(1).step_by(2).collect()
    }

    #[test]
    fn the_tables_list_the_words_of_the_grammar() {
        let texts: Vec<&str> = TextProperty::ALL.iter().map(|(word, _)| *word).collect();
        let words: Vec<&str> = WordProperty::ALL.iter().map(|(word, _)| *word).collect();
        assert_eq!(words_of("text_word ="), texts);
        assert_eq!(words_of("words_word ="), words);
        assert!(texts.iter().chain(&words).all(|word| PROPERTIES.contains(word)));
        for word in PROPERTIES.iter().chain(&SETTINGS).chain(&STEPS).chain(&OPTIONS).chain(&REPORT_ENTRIES) {
            assert!(word.split(' ').all(|word| GRAMMAR.contains(&format!("\"{word}\""))), "{word}");
        }
    }
}
