//! A page while its files are edited: with the problems of the last run, and a script that loads it again when it changes.

use maud::{Markup, PreEscaped, html};

use super::Shell;
use crate::diagnostic::printable;
use crate::language::Language;

const STYLE: &str = include_str!("live.css");
const SCRIPT: &str = include_str!("live.js");

/// The start of the tag with the policy, which forbids what the script does. A server sends a policy of its own.
const POLICY: &str = "<meta http-equiv=\"Content-Security-Policy\"";

/// Returns a page as a server shows it, with the problems of the last run. Without a page, it shows only these.
pub(crate) fn live_page(page: Option<&str>, problems: &str, version: &str) -> String {
    let page = page.map_or_else(empty_page, str::to_owned);
    let (before, rest) = page.split_once(POLICY).expect("every page has a policy");
    let (_, rest) = rest.split_once('>').expect("the tag has an end");
    let (rest, end) = rest.rsplit_once("</body>").expect("every page has a body");
    format!("{before}{rest}{}</body>{end}", additions(problems, version).0)
}

/// Problems are English, as on the terminal.
fn empty_page() -> String {
    let shell = Shell { language: Language::English, title: "kpi", style: "", script: None, skip: "Problems" };
    shell.page(&html! { main #main {} }).into_string()
}

fn additions(problems: &str, version: &str) -> Markup {
    html! {
        @if !problems.is_empty() {
            style { (PreEscaped(STYLE)) }
            pre #problems role="alert" tabindex="0" { (printable(problems.trim_end())) }
        }
        script data-version=(version) { (PreEscaped(SCRIPT)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_that_of_the_file_without_its_policy_and_with_a_script() {
        let shell = Shell { language: Language::French, title: "T", style: "p {}", script: Some("a > b"), skip: "S" };
        let file = shell.page(&html! { p { "</body> Content-Security-Policy" } }).into_string();
        let live = live_page(Some(&file), "", "1-2");
        let at = file.find(POLICY).expect("it has a policy");
        let end = at + file[at..].find('>').expect("the tag has an end") + 1;
        let expected = format!("{}{}", &file[..at], &file[end..]);
        let script = format!("<script data-version=\"1-2\">{SCRIPT}</script>");
        assert_eq!(live.replace(&script, ""), expected);
        assert!(live.ends_with(&format!("{script}</body></html>")), "{live}");
    }

    #[test]
    fn problems_are_shown_with_and_without_a_page() {
        let shown = "<pre id=\"problems\" role=\"alert\" tabindex=\"0\">a &lt; b</pre>";
        let file = empty_page().replace("<main id=\"main\">", "<main id=\"main\"><p>one</p>");
        for page in [None, Some(&*file)] {
            let live = live_page(page, "a < b", "1");
            assert!(live.contains(shown) && live.contains(STYLE), "{live}");
            assert_eq!(live.contains("<p>one</p>"), page.is_some());
            assert!(!live.contains(POLICY), "{live}");
        }
    }
}
