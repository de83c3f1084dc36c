//! Writes formulas in words as HTML.

use maud::{Markup, html};

use crate::render::FormulaText;

/// Draws quotients as fractions. Screen readers and copied text get a `÷` and the parentheses instead. `link` writes the names.
pub(in crate::render) fn formula_markup(text: &FormulaText, link: &dyn Fn(&str, &str) -> Markup) -> Markup {
    html! {
        @match text {
            FormulaText::Text(text) => (text),
            FormulaText::Code(text) => code { (text) },
            FormulaText::Name { id, label } => (link(id, label)),
            FormulaText::Paren(inner) => { "(" (formula_markup(inner, link)) ")" },
            FormulaText::Row(parts) => { @for part in parts { (formula_markup(part, link)) } },
            FormulaText::Fraction(above, below) => span.fraction {
                (operand(above, link))
                span.hidden { " ÷ " }
                (operand(below, link))
            },
        }
    }
}

/// A part of a fraction, without visible parentheses around it.
fn operand(text: &FormulaText, link: &dyn Fn(&str, &str) -> Markup) -> Markup {
    let inner = formula_markup(text.bare(), link);
    html! {
        span {
            @if std::ptr::eq(text, text.bare()) { (inner) }
            @else { span.hidden { "(" } (inner) span.hidden { ")" } }
        }
    }
}
