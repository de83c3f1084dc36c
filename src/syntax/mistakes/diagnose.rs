//! Turns a place where the grammar gives up into one diagnostic: what was expected and found there, or, where a slip from
//! another language is recognised, the right form.

use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Span};

use super::common;
use super::forms::form_of;
use super::scene::Scene;
use crate::syntax::ast::{BrokenItem, BrokenKind, Name};
use crate::syntax::grammar::{Failure, Rule};
use crate::syntax::item::ITEM_WORDS;
use crate::syntax::scan::{Kind, Token, tokens};
use crate::syntax::tree::nfc;

/// What a broken item would have been.
pub(in crate::syntax) fn broken_item(id: FileId, text: &str, base: usize) -> BrokenItem {
    let mut tokens = tokens(text).peekable();
    let word = tokens.next_if(|first| ITEM_WORDS.contains(&first.of(text)));
    let named = tokens.next().filter(|token| matches!(token.kind, Kind::Word | Kind::Quoted));
    let name = named.map(|token| Name {
        text: nfc(token.of(text).trim_matches('`')),
        quoted: token.kind == Kind::Quoted,
        span: Span::new(id, base + token.start, base + token.end),
    });
    let kind = match word.map(|word| word.of(text)) {
        Some("fn") => BrokenKind::Function,
        Some("dataset") => BrokenKind::Dataset,
        Some("test") => BrokenKind::Test,
        Some("calendar") => BrokenKind::Calendar,
        Some("currency") => BrokenKind::Currency,
        Some("unit") => BrokenKind::Unit,
        _ => BrokenKind::Definition,
    };
    BrokenItem { kind, name }
}

/// What is wrong where the grammar gave up.
pub(in crate::syntax) fn explain(root: Rule, id: FileId, text: &str, base: usize, failure: &Failure) -> Diagnostic {
    let tokens: Vec<Token> = tokens(text).collect();
    let at = tokens.partition_point(|token| token.end <= failure.at);
    let scene = Scene { root, id, text, base, tokens, at, expected: &failure.expected };
    common::recognise(&scene).unwrap_or_else(|| scene.unexpected())
}

impl Scene<'_> {
    /// What was expected and what was found.
    fn unexpected(&self) -> Diagnostic {
        let message = format!("expected {}, found {}", self.wanted(), self.found());
        let problem = self.error(message);
        let problem = match self.open().last() {
            Some(open) if self.inside() != "{" => problem.label(self.span(*open), "opened here"),
            _ => problem,
        };
        problem.maybe_hint(form_of(self))
    }

    /// What the grammar would have taken.
    fn wanted(&self) -> String {
        let mut wanted: Vec<String> = Vec::new();
        let wants_value = self.expected.iter().any(|rule| matches!(called(*rule), RuleName::Value));
        let wants_op = self.expected.iter().any(|rule| matches!(called(*rule), RuleName::Operator));
        for rule in self.expected {
            match called(*rule) {
                RuleName::Value => wanted.push("a value".into()),
                RuleName::Operator => wanted.push("an operator".into()),
                RuleName::Phrase(_) if wants_value => {}
                RuleName::Phrase("`between`") if wants_op => {}
                RuleName::Phrase(phrase) => wanted.push(phrase.into()),
                RuleName::End => wanted.push(self.end().into()),
                RuleName::Nothing => {}
            }
        }
        let keyword = self.expected.iter().any(|rule| matches!(rule, Rule::kw_then | Rule::kw_else | Rule::kw_gives));
        if wants_op && !keyword {
            wanted.extend(self.closers());
        }
        if wanted.iter().any(|phrase| matches!(&**phrase, "a property" | "an option" | "a step")) {
            wanted.retain(|phrase| phrase != "a name");
        }
        wanted.sort_by_key(|phrase| (phrase.starts_with("the end"), !phrase.starts_with("an operator")));
        wanted.dedup();
        match wanted.pop() {
            None => "something else".into(),
            Some(last) if wanted.is_empty() => last,
            Some(last) => format!("{} or {last}", wanted.join(", ")),
        }
    }

    /// What may end an operand inside the innermost bracket.
    fn closers(&self) -> Vec<String> {
        match self.inside() {
            "(" => vec!["`)`".into()],
            "[" => vec!["`]`".into()],
            _ => vec![],
        }
    }
}

/// How a rule is named in messages.
enum RuleName {
    Value,
    Operator,
    End,
    Phrase(&'static str),
    /// Never worth naming, or always beside something better.
    Nothing,
}

/// Every rule has its arm, so that a new one asks for a name.
#[rustfmt::skip] // One rule on each line would make a table of 150 lines.
fn called(rule: Rule) -> RuleName {
    use RuleName::{End, Nothing, Operator, Phrase, Value};
    match rule {
        Rule::EOI => End,
        Rule::expr | Rule::whole_expr | Rule::conditional | Rule::infix | Rule::operand | Rule::prefix | Rule::sum
        | Rule::sum_operand | Rule::minus | Rule::primary | Rule::paren | Rule::literal | Rule::truth
        | Rule::reference | Rule::quantity | Rule::date | Rule::otherwise | Rule::condition | Rule::low | Rule::high
        | Rule::expected | Rule::formula => Value,
        Rule::op | Rule::relation | Rule::arithmetic | Rule::among => Operator,
        Rule::entry | Rule::item | Rule::kpi | Rule::input | Rule::param | Rule::helper | Rule::function
        | Rule::dataset | Rule::test | Rule::calendar | Rule::currency | Rule::unit_item => Phrase("a definition"),
        Rule::annotation | Rule::type_op => Phrase("`=`"),
        Rule::type_expr | Rule::type_atom => Phrase("a type"),
        Rule::parameters => Phrase("parameters in parentheses"),
        Rule::property | Rule::band | Rule::target | Rule::example | Rule::range | Rule::words | Rule::texts
        | Rule::alias | Rule::format | Rule::text_word | Rule::words_word | Rule::band_word | Rule::kw_alias
        | Rule::kw_example | Rule::kw_format | Rule::kw_range | Rule::kw_target => Phrase("a property"),
        Rule::option | Rule::lookup | Rule::time | Rule::setting | Rule::column_type | Rule::computed
        | Rule::kw_lookup | Rule::kw_time => Phrase("an option"),
        Rule::step | Rule::given | Rule::expect | Rule::by_step | Rule::where_step | Rule::period | Rule::kw_expect
        | Rule::kw_given | Rule::kw_period => Phrase("a step"),
        Rule::text | Rule::alias_text | Rule::string | Rule::plain => Phrase("a text in double quotes"),
        Rule::table => Phrase("a table in triple quotes"),
        Rule::assignments | Rule::assignment | Rule::expectation => Phrase("`name = value`"),
        Rule::name | Rule::path | Rule::word | Rule::ident | Rule::quoted => Phrase("a name"),
        Rule::number | Rule::duration => Phrase("a number"),
        Rule::duration_unit => Phrase("a unit of time"),
        Rule::period_word => Phrase("a period such as `2026-03`"),
        Rule::format_part => Phrase("a format"),
        Rule::compare => Phrase("a comparison"),
        Rule::to => Phrase("`..`"),
        Rule::between | Rule::kw_between => Phrase("`between`"),
        Rule::kw_and => Phrase("`and`"),
        Rule::kw_calendar | Rule::kw_currency | Rule::kw_dataset | Rule::kw_fn | Rule::kw_input | Rule::kw_let
        | Rule::kw_param | Rule::kw_test | Rule::kw_unit => Phrase("a definition"),
        Rule::kw_date => Phrase("`date`"),
        Rule::kw_else | Rule::kw_else_if => Phrase("`else`"),
        Rule::kw_gives => Phrase("`gives`"),
        Rule::kw_in => Phrase("`in`"),
        Rule::kw_on => Phrase("`on`"),
        Rule::kw_otherwise => Phrase("`otherwise`"),
        Rule::kw_starts => Phrase("`starts`"),
        Rule::kw_then => Phrase("`then`"),
        Rule::kw_when | Rule::when => Phrase("`when`"),
        Rule::kw_year => Phrase("`year`"),
        Rule::kw_ago => Phrase("`ago`"),
        Rule::contexts | Rule::context | Rule::arguments | Rule::percent | Rule::unit_name | Rule::kw_not
        | Rule::kw_to | Rule::kw_all | Rule::kw_last | Rule::kw_previous | Rule::kw_about | Rule::kw_by
        | Rule::kw_each | Rule::kw_if | Rule::kw_where | Rule::distinct | Rule::each | Rule::where_clause
        | Rule::by_clause | Rule::close | Rule::stop | Rule::previous | Rule::ago | Rule::window | Rule::to_date
        | Rule::all | Rule::unknown | Rule::unknown_rest | Rule::lang | Rule::WHITESPACE | Rule::blank
        | Rule::ident_start | Rule::ident_continue | Rule::reserved | Rule::clause_word | Rule::block_word
        | Rule::options | Rule::card => Nothing,
    }
}
