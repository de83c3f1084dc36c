//! Reads the HTML of a page.

/// A page, or a part of one.
pub struct Page {
    pub html: String,
}

impl Page {
    pub fn read(html: impl Into<String>) -> Self {
        Self { html: html.into() }
    }

    /// Checks that tags are balanced. Void elements of HTML have no end tag.
    pub fn check_nesting(&self) {
        let mut open: Vec<&str> = vec![];
        let (before, rest) = self.html.split_once("<style>").expect("the page has a style");
        let (_, after) = rest.split_once("</style>").expect("the style ends");
        for tag in [before, after].into_iter().flat_map(|part| part.split('<').skip(1)) {
            let name = tag.split(|letter: char| letter == '>' || letter.is_whitespace()).next().unwrap_or_default();
            match name.strip_prefix('/') {
                Some(closed) => {
                    assert_eq!(open.pop(), Some(closed), "before `{}`", &tag.chars().take(40).collect::<String>())
                }
                None if ["meta", "!doctype"].contains(&&*name.to_lowercase()) => {}
                None => open.push(name),
            }
        }
        assert!(open.is_empty(), "{open:?}");
    }

    /// Checks that ids are unique, and that every link and every reference leads to one.
    pub fn check_links(&self) {
        let ids = self.attributes("id");
        let mut unique = ids.clone();
        unique.sort_unstable();
        unique.dedup();
        assert_eq!(unique.len(), ids.len(), "an id occurs twice");
        for link in self.attributes("href") {
            let place = link.strip_prefix('#').unwrap_or_else(|| panic!("`{link}` leaves the page"));
            assert!(unique.binary_search(&place).is_ok(), "`{link}` has no target");
        }
        for reference in self.attributes("aria-labelledby").iter().flat_map(|ids| ids.split(' ')) {
            assert!(unique.binary_search(&reference).is_ok(), "`{reference}` has no target");
        }
    }

    /// The values of an attribute.
    pub fn attributes(&self, name: &str) -> Vec<&str> {
        let start = format!(" {name}=\"");
        self.html.split(&*start).skip(1).filter_map(|rest| rest.split('"').next()).collect()
    }

    /// The part of the page from an id to the end of its article.
    pub fn section(&self, id: &str) -> Self {
        let start = self.html.find(&format!(" id=\"{id}\"")).unwrap_or_else(|| panic!("no `{id}`"));
        let end = self.html[start..].find("</article>").expect("the article ends");
        Self::read(&self.html[start..start + end])
    }

    /// The part of the page from an id to the end of its element, which contains no other of its kind.
    pub fn element(&self, id: &str) -> String {
        let start = self.html.find(&format!(" id=\"{id}\"")).unwrap_or_else(|| panic!("no `{id}`"));
        let end = self.html[start..].find("</div>").expect("the element ends");
        plain(&self.html[start..start + end])
    }

    /// The text of the first paragraph of a class.
    pub fn paragraph(&self, class: &str) -> String {
        let start = self.html.find(&format!("<p class=\"{class}\"")).unwrap_or_else(|| panic!("no `{class}`"));
        plain(&self.html[start..start + self.html[start..].find("</p>").expect("it ends")])
    }

    /// The HTML of the first table of a class. `bars segments` is a table of bars inside a figure of segments.
    pub fn table_html(&self, class: &str) -> &str {
        let html = match class.split_once(' ') {
            Some((_, figure)) => {
                self.html.split(&format!("<figure class=\"{figure}\"")).nth(1).expect("it has the figure")
            }
            None => &self.html,
        };
        let own = class.split(' ').next().unwrap_or_default();
        let start = html.find(&format!("<table class=\"{own}")).unwrap_or_else(|| panic!("no table `{class}`"));
        &html[start..start + html[start..].find("</table>").expect("the table ends")]
    }

    /// The texts of the cells of the body of a table.
    pub fn table(&self, class: &str) -> Vec<Vec<String>> {
        let table = self.table_html(class);
        let rows = table.split("<tbody>").nth(1).expect("it has a body").split("<tr").skip(1);
        let cells = |row: &str| {
            let cells = row.split("<t").skip(1).filter(|cell| cell.starts_with('d') || cell.starts_with('h'));
            cells.map(|cell| plain(&format!("<t{cell}"))).collect()
        };
        rows.map(cells).collect()
    }

    /// The text of the heading.
    pub fn title(&self) -> String {
        let start = self.html.find("<h1").expect("it has a heading");
        plain(&self.html[start..start + self.html[start..].find("</h1>").expect("the heading ends")])
    }

    /// The text without tags.
    pub fn text(&self) -> String {
        plain(self.html.split("</style>").nth(1).unwrap_or(&self.html))
    }
}

/// A text without tags and no-break spaces, with single spaces.
pub fn plain(html: &str) -> String {
    let mut text = String::new();
    for (at, part) in html.split('<').enumerate() {
        let content = if at == 0 { part } else { part.split_once('>').map_or("", |(_, content)| content) };
        text.push_str(content);
    }
    let text =
        text.replace(['\u{a0}', '\u{202f}'], " ").replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
