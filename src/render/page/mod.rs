//! The parts that all HTML pages share. A page is self-contained: it loads nothing.
//!
//! The templates escape every text. Styles and scripts are fixed and contain no text of an author. A content security
//! policy keeps browsers from loading anything, regardless of the texts.

mod anchor;
mod formula;
#[cfg(feature = "cli")]
mod live;
mod status;

use maud::{DOCTYPE, Markup, PreEscaped, html};

pub(super) use anchor::anchor;
pub(super) use formula::formula_markup;
#[cfg(feature = "cli")]
pub(crate) use live::live_page;
pub(super) use status::{status, status_class};

use crate::language::Language;

/// The style that all pages share.
const STYLE: &str = include_str!("style.css");

/// A page.
pub(super) struct Shell<'p> {
    /// The language of all texts.
    pub language: Language,
    /// The title in the browser.
    pub title: &'p str,
    /// The style of this kind of page.
    pub style: &'static str,
    /// The script, if the page has one.
    pub script: Option<&'static str>,
    /// The text of the link that jumps to `#main`.
    pub skip: &'static str,
}

impl Shell<'_> {
    /// The page with this body.
    pub fn page(&self, body: &Markup) -> Markup {
        html! {
            (DOCTYPE)
            html lang=(self.language.code()) {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta http-equiv="Content-Security-Policy" content=(self.policy());
                    title { (self.title) }
                    style { (PreEscaped(STYLE)) (PreEscaped(self.style)) }
                }
                body {
                    a.skip href="#main" { (self.skip) }
                    (body)
                    @if let Some(script) = self.script { script { (PreEscaped(script)) } }
                }
            }
        }
    }

    fn policy(&self) -> String {
        let script = self.script.map_or("", |_| " script-src 'unsafe-inline';");
        format!("default-src 'none'; style-src 'unsafe-inline';{script} base-uri 'none'")
    }
}
