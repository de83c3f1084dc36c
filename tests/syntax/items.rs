//! Splits files into items, and keeps the names of broken items.

use yardstick::FileId;
use yardstick::internal::syntax;
use yardstick::internal::syntax::ast::ItemKind;
use yardstick::internal::syntax::parse_expression;

/// The names of the definitions, `!` before those of broken items.
fn cut(text: &str) -> String {
    let (file, problems) = syntax::parse(FileId(0), text);
    let names = file.items.iter().map(|item| match &item.kind {
        ItemKind::Definition(definition) => definition.name.text.to_string(),
        ItemKind::Function(function) => function.name.text.to_string(),
        ItemKind::Dataset(dataset) => dataset.name.text.to_string(),
        ItemKind::Test(test) => test.title.to_string(),
        ItemKind::Scenario(scenario) => scenario.title.translations[0].text.to_string(),
        ItemKind::Report(report) => report.title.translations[0].text.to_string(),
        ItemKind::Currency(name) | ItemKind::Unit(name) => name.text.to_string(),
        ItemKind::Calendar(_) => "calendar".into(),
    });
    let broken = file.broken.iter().filter_map(|item| item.name.as_ref()).map(|name| format!("!{}", name.text));
    let names: Vec<String> = names.chain(broken).collect();
    format!("{} / {}", names.join(" "), problems.len())
}

#[test]
fn an_item_ends_where_the_next_one_begins() {
    let cases = [
        ("", " / 0"),
        ("  # only a comment\n", " / 0"),
        ("\u{feff}a = 1\r\nb = 2 # c\r\n", "a b / 0"),
        ("a =\n  1\n  + 2\nb = 3", "a b / 0"),
        ("a =\n1\n+ 2\nb = 3", "a b / 0"),
        ("  a = 1\n  b = 2\n", "a b / 0"),
        ("  a = 1\nb = 2\n", "a b / 0"),
        ("a = (1\nb = 2", "b !a / 1"),
        ("a = f(1,\nb: money = 2", "b !a / 1"),
        ("a = \"x\nb = 2", "b !a / 1"),
        ("a = 1 {\nlabel \"x\"\nbetter lower\ntarget cost\n}\nb = 2", "a b / 0"),
        ("a = if x\nthen 1\nelse 2\nb = 2", "a b / 0"),
        ("# a = 1\nb = 2 # c = 3\n", "b / 0"),
        (
            "a = 1\ncurrency EUR\nunit customer\ncalendar { year starts may }\nfn f(x) = x",
            "a EUR customer calendar f / 0",
        ),
        ("test \"t\" { given \"\"\"\nmonth, x\nunit, 3\n\"\"\" expect x = 3 }\nb = 2", "t b / 0"),
        ("test \"t\" { given \"\"\"\nx\n1\n}\ntest \"u\" { given \"\"\"\nx\n2\n\"\"\" }", "u / 1"),
        ("input x: money = \ndataset ads = 3\nb = 1", "b !x !ads / 2"),
        ("a = 1 { color red }\nb = 2", "a b / 1"),
        ("`a b` = 1\nc = `a b`", "a b c / 0"),
    ];
    for (text, expected) in cases {
        assert_eq!(cut(text), expected, "{text}");
    }
}

#[test]
fn spans_extend_from_the_first_to_the_last_token() {
    let text = "a = f( x ) + b  # note\n  # more\n\nc = if x then y else z  \n";
    let (file, _) = syntax::parse(FileId(0), text);
    let items: Vec<&str> = file.items.iter().map(|item| &text[item.span.range()]).collect();
    assert_eq!(items, ["a = f( x ) + b", "c = if x then y else z"]);
    let formula = parse_expression(FileId(0), " sum( x where a  )  ").unwrap();
    assert_eq!(formula.span.range(), 1..18);
}

#[test]
fn messages_about_single_expressions_mention_the_formula() {
    let message = |text: &str| parse_expression(FileId(0), text).unwrap_err()[0].message.clone();
    assert_eq!(message(""), "expected a value, found the end of the formula");
    assert_eq!(message("a +"), "expected a value, found the end of the formula");
    assert_eq!(message("inputs x"), "a name cannot contain spaces, found `inputs x`");
    assert_eq!(message("a == 3"), "unknown operator `==`");
    assert_eq!(message("channel = 'email'"), "expected straight double quotes, found `'email'`");
    assert_eq!(message("a = 1)"), "unexpected `)` without an opening bracket");
}
