//! Turns a parse failure into one diagnostic: the expected and found tokens or, for a known mistake, the correct form.

use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Span};

use super::common;
use super::forms::form_of;
use super::scene::Scene;
use crate::syntax::ast::{BrokenItem, BrokenKind, Name};
use crate::syntax::foreign::{Equivalent, rewritten};
use crate::syntax::grammar::{Failure, Rule};
use crate::syntax::item::ITEM_WORDS;
use crate::syntax::scan::{Token, TokenKind, tokens};
use crate::syntax::tree::nfc;

/// The kind and name of a broken item, as far as they can be read.
pub(in crate::syntax) fn broken_item(id: FileId, text: &str, base: usize) -> BrokenItem {
    let mut tokens = tokens(text).peekable();
    let word = tokens.next_if(|first| ITEM_WORDS.contains(&first.of(text)));
    let named = tokens.next().filter(|token| matches!(token.kind, TokenKind::Word | TokenKind::Quoted));
    let name = named.map(|token| Name {
        text: nfc(token.of(text).trim_matches('`')),
        quoted: token.kind == TokenKind::Quoted,
        span: Span::new(id, base + token.start, base + token.end),
    });
    let kind = match word.map(|word| word.of(text)) {
        Some("fn") => BrokenKind::Function,
        Some("dataset") => BrokenKind::Dataset,
        Some("test") => BrokenKind::Test,
        Some("scenario") => BrokenKind::Scenario,
        Some("report") => BrokenKind::Report,
        Some("calendar") => BrokenKind::Calendar,
        Some("currency") => BrokenKind::Currency,
        Some("unit") => BrokenKind::Unit,
        _ => BrokenKind::Definition,
    };
    BrokenItem { kind, name }
}

/// Explains the failure of the grammar at a place.
pub(in crate::syntax) fn explain(root: Rule, id: FileId, text: &str, base: usize, failure: &Failure) -> Diagnostic {
    let tokens: Vec<Token> = tokens(text).collect();
    let at = tokens.partition_point(|token| token.end <= failure.at);
    let scene = Scene { root, id, text, base, tokens, at, expected: &failure.expected };
    let problem = common::recognize(&scene).unwrap_or_else(|| scene.unexpected());
    match scene.equivalent() {
        Some((span, Equivalent::Formula(formula))) => {
            let hint =
                if formula.contains('`') { format!("write `` {formula} ``") } else { format!("write `{formula}`") };
            Diagnostic { hints: vec![hint], ..problem }.fix(span, formula)
        }
        Some((_, Equivalent::Hint(hint))) => Diagnostic { hints: vec![hint.to_owned()], fix: None, ..problem },
        None => problem,
    }
}

impl Scene<'_> {
    /// The equivalent of a formula in the form of other tools, and its place.
    fn equivalent(&self) -> Option<(Span, Equivalent)> {
        let (from, to) = self.formula()?;
        let (first, last) = (self.tokens.get(from)?, self.tokens.get(to.checked_sub(1)?)?);
        let formula = rewritten(&self.text[first.start..last.end])?;
        Some((self.span(*first).to(self.span(*last)), formula))
    }

    /// The tokens of the formula: all, or those between the first `=` of an item and its card.
    fn formula(&self) -> Option<(usize, usize)> {
        if !self.is_item() {
            return Some((0, self.tokens.len()));
        }
        let word = self.tokens.first()?.of(self.text);
        let begins = |token: &Token| matches!(token.of(self.text), "=" | "{");
        let from = self.tokens.iter().position(begins)? + 1;
        let is_formula =
            self.tokens[from - 1].of(self.text) == "=" && !matches!(word, "dataset" | "scenario" | "report");
        is_formula.then(|| (from, self.until(from, &[]))).filter(|(from, to)| from < to)
    }

    /// The diagnostic `expected …, found …`.
    fn unexpected(&self) -> Diagnostic {
        let message = format!("expected {}, found {}", self.expected_phrases(), self.found());
        let problem = self.error(message);
        let problem = match self.open().last() {
            Some(open) if self.inside() != "{" => problem.label(self.span(*open), "opened here"),
            _ => problem,
        };
        problem.maybe_hint(form_of(self))
    }

    /// The tokens and phrases that the grammar accepts here.
    fn expected_phrases(&self) -> String {
        let mut expected: Vec<String> = Vec::new();
        let wants_value = self.expected.iter().any(|rule| matches!(called(*rule), RuleName::Value));
        let wants_op = self.expected.iter().any(|rule| matches!(called(*rule), RuleName::Operator));
        for rule in self.expected {
            match called(*rule) {
                RuleName::Value => expected.push("a value".into()),
                RuleName::Operator => expected.push("an operator".into()),
                RuleName::Phrase(_) if wants_value => {}
                RuleName::Phrase("`between`") if wants_op => {}
                RuleName::Phrase(phrase) => expected.push(phrase.into()),
                RuleName::End => expected.push(self.end().into()),
                RuleName::Nothing => {}
            }
        }
        let keyword = self.expected.iter().any(|rule| matches!(rule, Rule::kw_then | Rule::kw_else | Rule::kw_gives));
        if wants_op && !keyword {
            expected.extend(self.closers());
        }
        if expected.iter().any(|phrase| matches!(&**phrase, "a property" | "an option" | "a step" | "an entry")) {
            expected.retain(|phrase| phrase != "a name");
        }
        expected.sort_by_key(|phrase| (phrase.starts_with("the end"), !phrase.starts_with("an operator")));
        expected.dedup();
        match expected.pop() {
            None => "a different token".into(),
            Some(last) if expected.is_empty() => last,
            Some(last) => format!("{} or {last}", expected.join(", ")),
        }
    }

    /// The brackets that may follow an operand inside the innermost bracket.
    fn closers(&self) -> Vec<String> {
        match self.inside() {
            "(" => vec!["`)`".into()],
            "[" => vec!["`]`".into()],
            _ => vec![],
        }
    }
}

/// The name of a rule in messages.
enum RuleName {
    Value,
    Operator,
    End,
    Phrase(&'static str),
    /// The rule is not named, because another expected rule is always clearer.
    Nothing,
}

/// Has no catch-all arm, so that a new rule must be given a name.
#[rustfmt::skip] // One rule on each line would make a table of 150 lines.
fn called(rule: Rule) -> RuleName {
    use RuleName::{End, Nothing, Operator, Phrase, Value};
    match rule {
        Rule::EOI => End,
        Rule::expr | Rule::whole_expr | Rule::conditional | Rule::infix | Rule::operand | Rule::prefix | Rule::sum
        | Rule::sum_operand | Rule::minus | Rule::primary | Rule::paren | Rule::literal | Rule::truth
        | Rule::reference | Rule::quantity | Rule::date | Rule::part_of_year | Rule::otherwise | Rule::condition | Rule::low | Rule::high
        | Rule::expected | Rule::formula => Value,
        Rule::op | Rule::relation | Rule::arithmetic | Rule::among => Operator,
        Rule::entry | Rule::item | Rule::kpi | Rule::input | Rule::param | Rule::helper | Rule::function
        | Rule::dataset | Rule::test | Rule::scenario | Rule::report | Rule::calendar | Rule::currency | Rule::unit_item => Phrase("a definition"),
        Rule::annotation | Rule::type_op | Rule::kw_in_column => Phrase("`=`"),
        Rule::type_expr | Rule::type_atom => Phrase("a type"),
        Rule::parameters => Phrase("parameters in parentheses"),
        Rule::property | Rule::band | Rule::target | Rule::example | Rule::range | Rule::words | Rule::texts
        | Rule::alias | Rule::format | Rule::text_word | Rule::words_word | Rule::band_word | Rule::kw_alias
        | Rule::kw_example | Rule::kw_format | Rule::kw_range | Rule::kw_target => Phrase("a property"),
        Rule::option | Rule::lookup | Rule::row_test | Rule::kw_strict | Rule::kw_expect_rows | Rule::time | Rule::valid | Rule::kw_valid | Rule::setting | Rule::column_type | Rule::computed
        | Rule::header_row | Rule::no_header | Rule::skip_last | Rule::kw_header | Rule::kw_no | Rule::kw_skip
        | Rule::kw_lookup | Rule::kw_time | Rule::within | Rule::kw_within => Phrase("an option"),
        Rule::step | Rule::given | Rule::expect | Rule::by_step | Rule::where_step | Rule::period | Rule::kw_expect
        | Rule::kw_given | Rule::kw_period => Phrase("a step"),
        Rule::report_entry | Rule::report_kpis | Rule::over | Rule::report_period | Rule::against | Rule::kw_kpis
        | Rule::kw_over | Rule::kw_against => Phrase("an entry"),
        Rule::latest | Rule::last_periods => Phrase("`last`"),
        Rule::period_name => Phrase("a unit of time"),
        Rule::warehouse_table | Rule::kw_table => Phrase("`table`"),
        Rule::text | Rule::alias_text | Rule::string | Rule::plain => Phrase("a text in double quotes"),
        Rule::table => Phrase("a table in triple quotes"),
        Rule::assignments | Rule::assignment | Rule::expectation => Phrase("`name = value`"),
        Rule::name | Rule::looked_up | Rule::lookup_key | Rule::tested | Rule::path | Rule::word | Rule::ident | Rule::quoted => Phrase("a name"),
        Rule::number | Rule::duration => Phrase("a number"),
        Rule::duration_unit => Phrase("a unit of time"),
        Rule::period_word => Phrase("a period such as `2026-03`"),
        Rule::format_part => Phrase("a format"),
        Rule::compare => Phrase("a comparison"),
        Rule::to => Phrase("`..`"),
        Rule::between | Rule::kw_between => Phrase("`between`"),
        Rule::kw_and => Phrase("`and`"),
        Rule::kw_calendar | Rule::kw_currency | Rule::kw_dataset | Rule::kw_fn | Rule::kw_input | Rule::kw_let
        | Rule::kw_param | Rule::kw_scenario | Rule::kw_report | Rule::kw_test | Rule::kw_unit => Phrase("a definition"),
        Rule::change => Phrase("a value such as `spend = spend * 90%`"),
        Rule::kw_date => Phrase("`date`"),
        Rule::kw_else | Rule::kw_else_if => Phrase("`else`"),
        Rule::kw_from => Phrase("`from`"),
        Rule::kw_until | Rule::kw_through => Phrase("`until`"),
        Rule::kw_gives => Phrase("`gives`"),
        Rule::kw_in => Phrase("`in`"),
        Rule::kw_on | Rule::lookup_keys => Phrase("`on`"),
        Rule::kw_as_of | Rule::lookup_time => Phrase("`as of`"),
        Rule::kw_next | Rule::next_entry | Rule::next_property => Nothing,
        Rule::unique_test | Rule::filled_test | Rule::kw_unique | Rule::kw_not_blank | Rule::before_column => Nothing,
        Rule::kw_otherwise => Phrase("`otherwise`"),
        Rule::kw_starts => Phrase("`starts`"),
        Rule::kw_then => Phrase("`then`"),
        Rule::kw_when | Rule::when => Phrase("`when`"),
        Rule::kw_year | Rule::year_starts => Phrase("`year`"),
        Rule::kw_weeks | Rule::weeks_start => Phrase("`weeks`"),
        Rule::kw_ago => Phrase("`ago`"),
        Rule::kw_far => Phrase("`far`"),
        Rule::contexts | Rule::context | Rule::arguments | Rule::percent | Rule::unit_name | Rule::kw_not
        | Rule::kw_to | Rule::kw_so | Rule::so_far | Rule::kw_all | Rule::kw_last | Rule::kw_previous | Rule::kw_about | Rule::kw_by
        | Rule::kw_each | Rule::having | Rule::kw_having | Rule::kw_if | Rule::kw_where | Rule::distinct | Rule::each | Rule::on_clause | Rule::during | Rule::kw_during | Rule::where_clause
        | Rule::by_clause | Rule::close | Rule::stop | Rule::previous | Rule::ago | Rule::window | Rule::to_date
        | Rule::all | Rule::unknown | Rule::unknown_rest | Rule::lang | Rule::WHITESPACE | Rule::blank
        | Rule::ident_start | Rule::ident_continue | Rule::reserved | Rule::clause_word | Rule::block_word
        | Rule::options | Rule::card => Nothing,
    }
}
