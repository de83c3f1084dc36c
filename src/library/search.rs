//! Finds definitions by their names, labels and aliases in any language.

use super::{Definition, Library};

impl Library {
    /// Finds the definition with this name, else all definitions with this label or alias. Ignores case.
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
        let searched = normalized(name);
        self.definitions
            .iter()
            .filter(|definition| definition.names().any(|known| normalized(known) == searched))
            .collect()
    }
}

impl Definition {
    /// Its name, its label in every language, and its aliases.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let labels =
            self.card.label.iter().flat_map(|label| std::iter::once(&label.default).chain(label.translations.values()));
        let aliases = self.card.aliases.iter().map(|alias| &alias.text);
        std::iter::once(&self.name.text).chain(labels).chain(aliases).map(|name| &**name)
    }
}

/// Converts a name to lower case, and replaces typographic apostrophes, hyphens, underscores and repeated spaces.
fn normalized(name: &str) -> String {
    let plain = |letter| match letter {
        '\u{2019}' => '\'',
        '_' | '-' | '\u{a0}' | '\u{202f}' => ' ',
        letter => letter,
    };
    let plain: String = name.to_lowercase().chars().map(plain).collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}
