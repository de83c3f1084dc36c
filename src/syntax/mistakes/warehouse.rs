//! Recognizes mistakes in `dataset orders = table "analytics.orders" in warehouse`.

use super::scene::Scene;
use crate::diagnostic::Diagnostic;
use crate::syntax::scan::TokenKind;

pub(super) fn recognize(scene: &Scene<'_>) -> Option<Diagnostic> {
    if scene.tokens.first().is_none_or(|first| first.of(scene.text) != "dataset") {
        return None;
    }
    let after_text = scene.kind(-1) == Some(TokenKind::Text);
    let found = scene.found();
    let problem = match (scene.word(0), scene.word(-1), scene.word(-2)) {
        ("in", _, "=") if after_text => "a file is not in a warehouse".to_owned(),
        (_, "table", "=") => format!("expected the name of a table in double quotes, found {found}"),
        (_, _, "table") if after_text => format!("expected `in` and the name of a warehouse, found {found}"),
        (_, "in", _) if scene.word(-3) == "table" => format!("expected the name of a warehouse, found {found}"),
        _ => return None,
    };
    let form = "a table of a warehouse is written `dataset orders = table \"analytics.orders\" in warehouse`";
    Some(scene.error(problem).hint(form))
}
