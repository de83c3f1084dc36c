//! Checks the statements of the language pages against the whole engine. Expected values are computed by hand.

pub mod page;

fn holds(name: &str, text: &str) {
    let (failures, cases) = page::check(text);
    assert!(cases > 0, "{name} has no cases");
    assert!(failures.is_empty(), "{} of {cases} cases of {name}:\n{}", failures.len(), failures.join("\n"));
}

macro_rules! pages {
    ($($test:ident $file:literal,)+) => { $(
        #[test]
        fn $test() {
            holds($file, include_str!($file));
        }
    )+ };
}

pages! {
    items_and_names "items.md",
    the_lines_of_a_file "lines.md",
    types_and_units "units.md",
    operators_and_literals "expressions.md",
    functions_of_the_user "functions.md",
    diagnostics "diagnostics.md",
    the_standard_library "standard.md",
}
