//! Adds suggestions of known names to a problem, spelled so that they can be pasted into a formula.

use crate::diagnostic::{Diagnostic, did_you_mean, nearest};

use crate::syntax::ast::Name;
use crate::syntax::print::spelled;

/// Suggests the known names that are close. If there is only one, it also becomes the replacement.
pub fn suggest<'a>(problem: Diagnostic, name: &Name, known: impl IntoIterator<Item = &'a str>) -> Diagnostic {
    let near = nearest(&name.text, known);
    let problem = problem.maybe_hint(did_you_mean(&name.text, near.iter().copied()));
    match near[..] {
        [meant] => problem.fix(name.span, spelled(meant)),
        _ => problem,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Code;
    use crate::source::{FileId, Span};

    #[test]
    fn replacements_are_in_backticks_if_required() {
        let name = |text: &str| Name { text: text.into(), quoted: true, span: Span::new(FileId(0), 0, 5) };
        let mended = |text: &str, known: &[&str]| {
            let problem = suggest(Diagnostic::error(Code::UnknownColumn, ""), &name(text), known.iter().copied());
            problem.fix.map(|fix| fix.replacement)
        };
        assert_eq!(mended("Ad spent (EUR)", &["Ad spend (EUR)"]).as_deref(), Some("`Ad spend (EUR)`"));
        assert_eq!(mended("csot", &["cost"]).as_deref(), Some("cost"));
        assert_eq!(mended("betwen", &["between"]).as_deref(), Some("`between`"));
        assert_eq!(mended("cost", &["costs", "cast"]), None);
    }
}
