//! Properties of all texts: nothing panics, layout and comments do not change the meaning, and printed expressions parse
//! to the same tree.

use proptest::prelude::*;
use yardstick::FileId;
use yardstick::internal::syntax;
use yardstick::internal::syntax::ast::shape;
use yardstick::internal::syntax::{format_expr, parse_expression};

const PROGRAMS: [&str; 3] =
    [include_str!("good/taste.kpi"), include_str!("good/everything.kpi"), include_str!("layout.kpi")];

/// Pieces of text that are likely to break a program.
const PIECES: [&str; 44] = [
    "(", ")", "[", "]", "{", "}", "\"", "\"\"\"", "`", "#", "\n", " ", "=", "==", ":", ",", ";", ".", "..", "%", "+",
    "-", "^", "??", "!", "&&", "'", "“", "”", "€", "é", "\u{301}", "\u{200b}", "0", "1_", "9.", "if", "then", "else",
    "not", "a", "x[", "test \"", "\r\n",
];

fn expression() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        "[a-d]",
        "[a-d]\\.[a-d]",
        "[0-9]{1,6}",
        "[0-9]\\.[0-9]",
        "[0-9]{1,2}%",
        "[1-9] EUR",
        "[1-9] EUR/month",
        Just("\"a \\\" b\"".to_owned()),
        Just("2026-03-31".to_owned()),
        Just("coalesce(undefined, a)".to_owned()),
        Just("`a name`".to_owned()),
        Just("true".to_owned()),
    ];
    leaf.prop_recursive(5, 60, 4, |inner| {
        let op = prop_oneof![
            Just("+"),
            Just("-"),
            Just("*"),
            Just("/"),
            Just("^"),
            Just("="),
            Just("<="),
            Just("and"),
            Just("or"),
            Just("??"),
        ];
        prop_oneof![
            3 => (inner.clone(), op, inner.clone()).prop_map(|(a, op, b)| format!("({a}) {op} ({b})")),
            1 => prop::collection::vec(inner.clone(), 1..5).prop_map(|all| {
                all.iter().map(|one| format!("({one})")).collect::<Vec<_>>().join(" + ")
            }),
            1 => inner.clone().prop_map(|a| format!("-({a})")),
            1 => inner.clone().prop_map(|a| format!("not ({a})")),
            1 => (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("f({a}, {b})")),
            1 => (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("sum({a} where {b} by c, d.e)")),
            1 => (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a})[{b}, 3 months ago]")),
            1 => (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) not in ({a}, {b})")),
            1 => (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) between ({b}) and 3")),
            1 => (inner.clone(), inner.clone(), inner).prop_map(|(a, b, c)| format!("(if {a} then {b} else {c})")),
        ]
    })
}

/// Changes the whitespace, line ends and comments between the tokens of a program.
fn noisy(text: &str, mut choices: impl FnMut() -> u8) -> String {
    let mut result = String::new();
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        let length = match letter {
            '"' if rest.starts_with("\"\"\"") => 3 + rest[3..].find("\"\"\"").unwrap() + 3,
            '"' => text_length(rest),
            '`' => 2 + rest[1..].find('`').unwrap(),
            '#' => rest.find('\n').unwrap_or(rest.len()),
            _ => letter.len_utf8(),
        };
        // A number and its unit must stay on one line, and so must the head of an item.
        let line = text[..text.len() - rest.len()].rsplit('\n').next().unwrap();
        let head = !line.starts_with(' ') && !line.contains(['=', '{', ':']);
        let free = letter == ' ' && !head && !result.ends_with(|last: char| last.is_ascii_digit() || last == '\n');
        match (free, choices()) {
            (true, 0) => result.push_str("   "),
            (true, 1) => result.push_str("\n      "),
            (true, 2) => result.push_str("  # note\n    "),
            (true, 3) => result.push_str("\n\n    # a = b\n\n    "),
            _ => result.push_str(&rest[..length]),
        }
        rest = &rest[length..];
    }
    result
}

fn text_length(rest: &str) -> usize {
    let mut escaped = false;
    let end = rest.char_indices().skip(1).find(|(_, letter)| {
        let ends = *letter == '"' && !escaped;
        escaped = *letter == '\\' && !escaped;
        ends
    });
    end.unwrap().0 + 1
}

fn comments(text: &str) -> Vec<&str> {
    let mut comments: Vec<&str> =
        text.lines().filter_map(|line| line.split_once("# ")).map(|(_, note)| note.trim()).collect();
    comments.sort_unstable();
    comments
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn printed_expressions_parse_to_the_same_tree(text in expression()) {
        let expr = parse_expression(FileId(0), &text).map_err(|problems| TestCaseError::fail(format!("{problems:#?}")))?;
        let printed = format_expr(&expr);
        let again = parse_expression(FileId(0), &printed).map_err(|_| TestCaseError::fail(printed.clone()))?;
        prop_assert_eq!(shape(&expr), shape(&again));
        prop_assert_eq!(format_expr(&again), printed);
    }

    #[test]
    fn long_formulas_keep_their_meaning_when_broken(text in expression()) {
        let program = format!("a_name_that_takes_much_of_the_width_of_a_line_before_its_formula = {text} {{ good when {text} }}");
        let once = syntax::format(&program).map_err(|problems| TestCaseError::fail(format!("{problems:#?}")))?;
        let (before, after) = (syntax::parse(FileId(0), &program).0, syntax::parse(FileId(0), &once).0);
        prop_assert_eq!(shape(&before), shape(&after), "{}", once);
        prop_assert_eq!(syntax::format(&once).unwrap(), once);
    }

    #[test]
    fn layout_never_changes_meaning(program in 0..PROGRAMS.len(), mut seed in any::<u32>()) {
        let text = noisy(PROGRAMS[program], || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 24) as u8 % 30
        });
        let (file, problems) = syntax::parse(FileId(0), &text);
        prop_assert!(problems.is_empty(), "{}\n{:#?}", text, problems);
        prop_assert_eq!(shape(&file), shape(&syntax::parse(FileId(0), PROGRAMS[program]).0));
        let once = syntax::format(&text).unwrap();
        let (again, problems) = syntax::parse(FileId(0), &once);
        prop_assert!(problems.is_empty(), "{}\n{:#?}", once, problems);
        prop_assert_eq!(shape(&again), shape(&file));
        prop_assert_eq!(comments(&once), comments(&text));
        prop_assert_eq!(syntax::format(&once).unwrap(), once);
    }

    #[test]
    fn broken_programs_never_panic(
        seed in any::<prop::sample::Index>(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0..PIECES.len(), 0usize..6), 1..8),
    ) {
        let mut text = seed.get(&seeds()).clone();
        for (place, piece, removed) in edits {
            let at = text.floor_char_boundary(place.index(text.len() + 1));
            let end = text.ceil_char_boundary((at + removed).min(text.len()));
            text.replace_range(at..end, PIECES[piece]);
        }
        check(&text)?;
    }

    #[test]
    fn arbitrary_text_never_panics(text in "\\PC*", pieces in prop::collection::vec(0..PIECES.len(), 0..40)) {
        check(&text)?;
        check(&pieces.iter().map(|&piece| PIECES[piece]).collect::<String>())?;
    }
}

/// The good and bad programs, which are also the seeds of the fuzzing target.
fn seeds() -> Vec<String> {
    let suite = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/syntax");
    let files = ["good", "bad"].iter().flat_map(|folder| suite.join(folder).read_dir().unwrap());
    let mut files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "kpi"));
    files.sort();
    files.into_iter().map(|path| std::fs::read_to_string(path).unwrap()).collect()
}

/// Checks that places are inside the text at character boundaries, and that the expression parser and the formatter do
/// not panic.
fn check(text: &str) -> Result<(), TestCaseError> {
    let (_, problems) = syntax::parse(FileId(0), text);
    for problem in &problems {
        prop_assert!(!problem.labels.is_empty());
        for label in &problem.labels {
            prop_assert!(text.get(label.span.range()).is_some(), "{:?}", problem);
        }
        if let Some(fix) = &problem.fix {
            prop_assert!(text.get(fix.span.range()).is_some(), "{:?}", problem);
        }
    }
    let _ = parse_expression(FileId(0), text);
    prop_assert_eq!(syntax::format(text).is_err(), !problems.is_empty());
    Ok(())
}
