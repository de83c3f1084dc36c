//! Finds months by their names in the languages that data is written in.

/// The names of the months and their usual abbreviations in English, French, German, Spanish, Italian, Portuguese and
/// Dutch, in lower case and without accents. The full names come first.
const MONTHS: [&[&str]; 12] = [
    &["january", "janvier", "januar", "janner", "enero", "gennaio", "janeiro", "januari", "jan", "janv", "ene", "gen"],
    &["february", "fevrier", "februar", "febrero", "febbraio", "fevereiro", "februari", "feb", "febr", "fevr", "fev"],
    &["march", "mars", "marz", "maerz", "marzo", "marco", "maart", "mar", "mrz", "mrt"],
    &["april", "avril", "abril", "aprile", "apr", "avr", "abr"],
    &["may", "mai", "mayo", "maggio", "maio", "mei", "mag"],
    &["june", "juin", "juni", "junio", "giugno", "junho", "jun", "giu"],
    &["july", "juillet", "juli", "julio", "luglio", "julho", "jul", "juil", "lug"],
    &["august", "aout", "agosto", "augustus", "aug", "aou", "ago"],
    &["september", "septembre", "septiembre", "setiembre", "settembre", "setembro", "sep", "sept", "set", "sett"],
    &["october", "octobre", "oktober", "octubre", "ottobre", "outubro", "oct", "okt", "ott", "out"],
    &["november", "novembre", "noviembre", "novembro", "nov"],
    &["december", "decembre", "dezember", "diciembre", "dicembre", "dezembro", "dec", "dez", "dic"],
];

/// The number of the month with this name or abbreviation, in any case, with or without accents.
pub(crate) fn month_named(name: &str) -> Option<u32> {
    let plain = plain(name);
    numbered().find(|(names, _)| names.contains(&&*plain)).map(|(_, month)| month)
}

/// The number of the only month of which a name starts with this text of at least three letters.
pub(crate) fn month_starting(text: &str) -> Option<u32> {
    let plain = plain(text);
    if let Some(month) = month_named(text) {
        return Some(month);
    }
    let starts = |names: &[&str]| plain.chars().count() >= 3 && names.iter().any(|name| name.starts_with(&plain));
    let mut found = numbered().filter(|(names, _)| starts(names)).map(|(_, month)| month);
    found.next().filter(|_| found.next().is_none())
}

fn numbered() -> impl Iterator<Item = (&'static [&'static str], u32)> {
    MONTHS.into_iter().zip(1..)
}

fn plain(name: &str) -> String {
    name.chars().flat_map(char::to_lowercase).filter_map(without_accent).collect()
}

fn without_accent(c: char) -> Option<char> {
    match c {
        'é' | 'è' => Some('e'),
        'û' => Some('u'),
        'ä' => Some('a'),
        'ç' => Some('c'),
        c if is_accent(c) => None,
        c => Some(c),
    }
}

/// Returns true for a combining accent.
pub(crate) fn is_accent(c: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&c)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The abbreviations of CLDR without points, in English, French, German, Spanish, Italian, Portuguese and Dutch.
    const ABBREVIATED: [&str; 7] = [
        "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
        "janv févr mars avr mai juin juil août sept oct nov déc",
        "Jan Feb März Apr Mai Juni Juli Aug Sept Okt Nov Dez",
        "ene feb mar abr may jun jul ago sept oct nov dic",
        "gen feb mar apr mag giu lug ago set ott nov dic",
        "jan fev mar abr mai jun jul ago set out nov dez",
        "jan feb mrt apr mei jun jul aug sep okt nov dec",
    ];

    const FULL: [&str; 7] = [
        "January February March April May June July August September October November December",
        "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
        "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
        "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
        "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
        "januari februari maart april mei juni juli augustus september oktober november december",
    ];

    #[test]
    fn months_are_known_in_seven_languages() {
        for names in ABBREVIATED.iter().chain(&FULL) {
            for (name, month) in names.split(' ').zip(1..) {
                assert_eq!(month_named(name), Some(month), "{name}");
                assert_eq!(month_named(&name.to_uppercase()), Some(month), "{name}");
                assert_eq!(month_starting(name), Some(month), "{name}");
            }
        }
    }

    #[test]
    fn a_name_belongs_to_one_month() {
        let mut names: Vec<&str> = MONTHS.iter().flat_map(|names| names.iter().copied()).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
        assert_eq!((month_named("jui"), month_starting("jui"), month_starting("septem")), (None, None, Some(9)));
    }
}
