//! Finds definitions by what people call them: names, labels and aliases in any language.

use super::{Definition, Library};

impl Library {
    /// The definitions that go by that name: the one of that name, else all with such a label or alias, in any case.
    ///
    /// ```
    /// let library = yardstick::Library::from_text("")?;
    /// let found = library.find("taux d'attrition");
    /// assert!(found.iter().any(|definition| &*definition.name.text == "churn_rate_total"));
    /// # Ok::<(), yardstick::Error>(())
    /// ```
    pub fn find(&self, name: &str) -> Vec<&Definition> {
        if let Some(definition) = self.definition(name) {
            return vec![definition];
        }
        let wanted = normalized(name);
        self.definitions().filter(|definition| definition.names().any(|known| normalized(known) == wanted)).collect()
    }
}

impl Definition {
    /// All it goes by: its name, its label in every language, its aliases.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let labels =
            self.card.label.iter().flat_map(|label| std::iter::once(&label.default).chain(label.translations.values()));
        let aliases = self.card.aliases.iter().map(|alias| &alias.text);
        std::iter::once(&self.name.text).chain(labels).chain(aliases).map(|name| &**name)
    }
}

/// Lower case, with typographic apostrophes, hyphens, underscores and repeated blanks made plain.
fn normalized(name: &str) -> String {
    let plain = |letter| match letter {
        '\u{2019}' => '\'',
        '_' | '-' | '\u{a0}' | '\u{202f}' => ' ',
        letter => letter,
    };
    let plain: String = name.to_lowercase().chars().map(plain).collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}
