//! Reads the names of columns: their words, and whether they say that a column identifies rows.

use unicode_normalization::UnicodeNormalization;

/// Words that say that a column identifies something, at the end of its name.
const IDENTIFIERS: [&str; 25] = [
    "id",
    "ids",
    "code",
    "key",
    "ref",
    "reference",
    "uuid",
    "guid",
    "sku",
    "no",
    "nr",
    "num",
    "number",
    "numero",
    "identifier",
    "identifiant",
    "matricule",
    "siret",
    "siren",
    "isbn",
    "ean",
    "cle",
    "nummer",
    "kennung",
    "cp",
];

/// The same at the beginning of a name: `id_client`, `n° commande`.
const LEADING_IDENTIFIERS: [&str; 8] = ["id", "no", "n", "numero", "num", "ref", "reference", "code"];

/// A text without accents, in lower case.
pub(crate) fn fold(text: &str) -> String {
    let is_mark = |c: &char| matches!(c, '\u{300}'..='\u{36f}');
    text.nfd().filter(|c| !is_mark(c)).flat_map(char::to_lowercase).collect::<String>().replace('œ', "oe")
}

/// Returns true if a name says that a column holds dates.
pub(crate) fn is_of_dates(name: &str) -> bool {
    const DATES: [&str; 9] = ["date", "day", "jour", "month", "mois", "period", "periode", "datum", "monat"];
    words(name).iter().any(|word| DATES.contains(&&**word))
}

/// The words of a name, without accents and in lower case: `customer`, `id` for `customerID`, `Customer ID`,
/// `customer_id`.
pub(crate) fn words(name: &str) -> Vec<String> {
    split(name).iter().map(|word| fold(word)).collect()
}

/// The words of a name as they are written: `Customer`, `ID` for `CustomerID`.
pub(crate) fn split(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let letters: Vec<char> = name.chars().collect();
    for (at, &letter) in letters.iter().enumerate() {
        let before = at.checked_sub(1).map(|before| letters[before]);
        let starts = letter.is_uppercase()
            && (before.is_some_and(char::is_lowercase)
                || before.is_some_and(char::is_uppercase)
                    && letters.get(at + 1).is_some_and(|next| next.is_lowercase()));
        if !letter.is_alphanumeric() || starts {
            words.push(String::new());
        }
        if letter.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.push(letter);
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Returns true if a name says that the column identifies something: `order_id`, `Code client`, `n° de facture`.
pub(crate) fn is_identifier(name: &str) -> bool {
    let words = words(name);
    let is = |word: Option<&String>, known: &[&str]| word.is_some_and(|word| known.contains(&&**word));
    is(words.last(), &IDENTIFIERS) || words.len() > 1 && is(words.first(), &LEADING_IDENTIFIERS)
}

/// Returns true if a column has the name of what a row of the table is: `order` in `orders`.
pub(super) fn names_a_row(column: &str, table: &str) -> bool {
    let (column, table) = (words(column).join("_"), words(table).join("_"));
    !column.is_empty() && (table == format!("{column}s") || table == format!("{column}x") || table == column)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_split_into_words() {
        for (name, expected) in [
            ("customerID", "customer id"),
            ("Customer ID", "customer id"),
            ("customer_id", "customer id"),
            ("Numéro de Commande", "numero de commande"),
            ("CA HT", "ca ht"),
            ("HTMLPage2", "html page2"),
            ("§", ""),
        ] {
            assert_eq!(words(name).join(" "), expected, "{name}");
        }
    }

    #[test]
    fn recognizes_names_of_identifiers() {
        for name in ["id", "order_id", "customerID", "Code client", "n° facture", "Réf", "SKU"] {
            assert!(is_identifier(name), "{name}");
        }
        for name in ["amount", "idea", "orders", "country", "paid", "customer"] {
            assert!(!is_identifier(name), "{name}");
        }
        assert!(names_a_row("order", "orders") && !names_a_row("customer", "orders"));
    }
}
