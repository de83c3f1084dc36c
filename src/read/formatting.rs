//! Parses the settings of a dataset's block, such as `delimiter ";"`, into the format of a file.

use std::sync::Arc;

use super::area::Area;
use super::cell::DateStyle;
use super::encoding;
use super::input::Input;
use crate::data::Formatting;
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::source::Span;

/// A setting: its name, whether it is already set, and the function that applies a value.
type Setting = (&'static str, fn(&Formatting) -> bool, fn(&mut Formatting, &Arc<str>) -> Result<(), Refused>);

const SETTINGS: [Setting; 7] = [
    ("delimiter", |formatting| formatting.delimiter.is_some(), delimiter),
    ("decimal", |formatting| formatting.decimal.is_some(), decimal),
    ("dates", |formatting| formatting.dates.is_some(), dates),
    ("encoding", |formatting| formatting.encoding.is_some(), encoding),
    ("sheet", |formatting| formatting.sheet.is_some(), sheet),
    ("range", |formatting| formatting.range.is_some(), range),
    ("blank", |_| false, blank),
];

/// The last row that `header` can name. The names of a text are looked for in its first part.
const MAX_HEADER: u32 = 1_000;

/// The number of rows that `skip last` can leave out. Their places are kept in memory.
const MAX_SKIPPED: u32 = 1_000;

/// The reason why a setting rejects a value.
struct Refused {
    /// The accepted values, in words.
    takes: &'static str,
    /// The accepted values, or the most common ones.
    known: &'static [&'static str],
    /// The value that was probably intended.
    intended: Option<&'static str>,
}

impl Formatting {
    /// Applies a setting. The spans are those of the name and the value in the block.
    ///
    /// # Errors
    /// If the setting does not exist or is repeated, or if the value is not valid.
    pub fn set(&mut self, setting: (&str, Span), value: (&Arc<str>, Span)) -> Result<(), Diagnostic> {
        let (name, span) = setting;
        let Some((_, given, take)) = SETTINGS.iter().find(|(known, ..)| *known == name) else {
            let message = format!("a dataset has no option `{name}`");
            let known = SETTINGS.iter().map(|(known, ..)| *known);
            return Err(Diagnostic::error(Code::UnknownProperty, message).at(span).suggest(span, name, known));
        };
        if given(self) {
            return Err(twice(name, span));
        }
        take(self, value.0).map_err(|refused| refused.diagnostic(name, value))
    }

    /// Applies `header 4`, or `no header` if there is no row.
    ///
    /// # Errors
    /// If it is repeated, or if the row is not a whole number up to 1,000.
    pub fn set_header(&mut self, row: Option<&str>, span: Span) -> Result<(), Diagnostic> {
        if self.header.is_some() {
            return Err(twice("header", span));
        }
        self.header = Some(row.map_or(Ok(0), |row| {
            whole(row, MAX_HEADER).ok_or_else(|| {
                let message = format!("`header` takes the number of a row from 1 to 1,000, found `{row}`");
                Diagnostic::error(Code::BadProperty, message)
                    .at(span)
                    .hint("write `no header` if the file has no column names, or for example `header 4`")
            })
        })?);
        Ok(())
    }

    /// Applies `skip last 1`.
    ///
    /// # Errors
    /// If it is repeated, or if the number is not a whole number up to 1,000.
    pub fn set_skip_last(&mut self, rows: &str, span: Span) -> Result<(), Diagnostic> {
        if self.skip_last > 0 {
            return Err(twice("skip last", span));
        }
        self.skip_last = whole(rows, MAX_SKIPPED).ok_or_else(|| {
            let message = format!("`skip last` takes a number of rows from 1 to 1,000, found `{rows}`");
            Diagnostic::error(Code::BadProperty, message).at(span).hint("for example `skip last 1`")
        })?;
        Ok(())
    }

    /// The first setting that describes a table of lines, or of a sheet if `sheet` is true.
    pub(super) fn of_a_table(&self, sheet: bool) -> Option<&'static str> {
        let lines = [
            ("header", self.header.is_some_and(|row| row > 0)),
            ("no header", self.header == Some(0)),
            ("skip last", self.skip_last > 0),
        ];
        let sheets = [("sheet", self.sheet.is_some()), ("range", self.range.is_some())];
        let given = if sheet { &sheets[..] } else { &lines[..] };
        given.iter().find(|(_, is_given)| *is_given).map(|(name, _)| *name)
    }
}

/// The error of a setting that is repeated.
fn twice(name: &str, span: Span) -> Diagnostic {
    Diagnostic::error(Code::BadProperty, format!("`{name}` is given twice")).at(span).hint("keep one of them")
}

/// A whole number from 1 to `most`.
fn whole(number: &str, most: u32) -> Option<u32> {
    number.parse().ok().filter(|number| (1..=most).contains(number))
}

impl Refused {
    fn diagnostic(&self, setting: &str, (value, span): (&Arc<str>, Span)) -> Diagnostic {
        let message = format!("`{setting}` takes {}, found `{value}`", self.takes);
        let problem = Diagnostic::error(Code::BadProperty, message).at(span);
        let problem = match self.intended {
            Some(intended) => {
                problem.hint(format!("did you mean `{setting} \"{intended}\"`?")).fix(span, format!("\"{intended}\""))
            }
            None => problem,
        };
        let known: Vec<String> = self.known.iter().map(|known| format!("`\"{known}\"`")).collect();
        problem.hint(format!("for example {}", known.join(", ")))
    }
}

fn delimiter(formatting: &mut Formatting, value: &Arc<str>) -> Result<(), Refused> {
    let sign = match value.as_bytes() {
        b"\\t" | b"tab" => Some(b'\t'),
        [sign] if is_delimiter(*sign) => Some(*sign),
        _ => None,
    };
    let intended = match &*value.to_lowercase() {
        "comma" => Some(","),
        "semicolon" => Some(";"),
        "pipe" => Some("|"),
        "tabulation" | "tabulator" | "tsv" | "tabs" => Some("tab"),
        _ => None,
    };
    let known = &[",", ";", "|", "tab"];
    formatting.delimiter = Some(sign.ok_or(Refused { takes: "a single separator character", known, intended })?);
    Ok(())
}

/// Returns true if a byte can separate the cells of a file.
pub(super) fn is_delimiter(sign: u8) -> bool {
    matches!(sign, b'\t' | b' ') || sign.is_ascii_punctuation() && sign != b'"'
}

fn decimal(formatting: &mut Formatting, value: &Arc<str>) -> Result<(), Refused> {
    let intended = match &*value.to_lowercase() {
        "comma" => Some(","),
        "point" | "dot" | "period" => Some("."),
        _ => None,
    };
    formatting.decimal = match &**value {
        "." => Some('.'),
        "," => Some(','),
        _ => return Err(Refused { takes: "a point or a comma", known: &[".", ","], intended }),
    };
    Ok(())
}

fn dates(formatting: &mut Formatting, value: &Arc<str>) -> Result<(), Refused> {
    if DateStyle::of_pattern(value).is_none() {
        let intended = DateStyle::suggested_by(value).map(DateStyle::pattern);
        return Err(Refused { takes: "an order of day, month and year", known: &DateStyle::USUAL, intended });
    }
    formatting.dates = Some(value.clone());
    Ok(())
}

fn encoding(formatting: &mut Formatting, value: &Arc<str>) -> Result<(), Refused> {
    if !encoding::is_known(value) {
        let intended = nearest(value, encoding::NAMES.iter().copied()).first().copied();
        return Err(Refused { takes: "the name of an encoding", known: &encoding::NAMES, intended });
    }
    formatting.encoding = Some(value.clone());
    Ok(())
}

fn sheet(formatting: &mut Formatting, value: &Arc<str>) -> Result<(), Refused> {
    formatting.sheet = Some(value.clone());
    Ok(())
}

fn range(formatting: &mut Formatting, value: &Arc<str>) -> Result<(), Refused> {
    if Area::of(value).is_none() {
        return Err(Refused { takes: "two corners of a sheet", known: &["A4:F16", "A:F"], intended: None });
    }
    formatting.range = Some(value.clone());
    Ok(())
}

fn blank(formatting: &mut Formatting, value: &Arc<str>) -> Result<(), Refused> {
    formatting.blank.push(value.clone());
    Ok(())
}

/// The error for `skip last` that leaves out all rows.
pub(super) fn none_left(count: u32, rows: u64, input: &Input) -> Diagnostic {
    let rows = if rows == 1 { "1 row".to_owned() } else { format!("{rows} rows") };
    Diagnostic::error(Code::BadTable, format!("`skip last {count}` leaves out every row: the table has {rows}"))
        .in_data(input.place(None))
        .hint("write the number of rows below the data, such as `skip last 1`")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;

    /// The result of a rejected value: the suggested value, if any. None if the value is accepted.
    fn refused(setting: &str, value: &str) -> Option<Option<String>> {
        let span = Span::new(FileId(0), 0, 1);
        let found = Formatting::default().set((setting, span), (&value.into(), span));
        found.err().map(|problem| problem.fix.map(|fix| fix.replacement))
    }

    #[test]
    fn accepts_all_values_that_readers_support() {
        for (setting, values) in [
            ("delimiter", &[",", ";", "|", "tab", "\\t", " ", "^"][..]),
            ("decimal", &[".", ","]),
            ("dates", &["dd/mm/yyyy", "mm/dd/yyyy", "yyyy-mm-dd", "DD.MM.YYYY", "d-m-yyyy", "jj/mm/aaaa hh:mm"]),
            (
                "dates",
                &["dd/mm/yy", "mm-dd-yy", "yy.mm.dd", "jj/mm/aa hh:mm:ss", "dd-mmm-yyyy", "d mmmm yyyy", "mmm dd, yy"],
            ),
            ("encoding", &["utf-8", "UTF8", "latin1", "windows-1252", "ISO-8859-15", "utf-16"]),
            ("sheet", &["Q1", ""]),
            ("range", &["A4:F16", "a4:f16", "$A$4:$F$16", "B:D", "A4:F"]),
            ("blank", &["n/a", "-"]),
        ] {
            values.iter().for_each(|value| assert_eq!(refused(setting, value), None, "{setting} {value}"));
        }
        for name in encoding::NAMES {
            assert!(encoding::is_known(name), "{name}");
        }
    }

    #[test]
    fn rejects_other_values_and_suggests_a_correction() {
        let intended = |value: &str| Some(Some(format!("\"{value}\"")));
        assert_eq!(refused("delimiter", "semicolon"), intended(";"));
        assert_eq!(refused("delimiter", "x"), Some(None));
        assert_eq!(refused("delimiter", "\""), Some(None));
        assert_eq!(refused("decimal", "comma"), intended(","));
        assert_eq!(refused("dates", "%d/%m/%Y"), intended("dd/mm/yyyy"));
        assert_eq!(refused("dates", "mm.dd.yyyy"), intended("mm/dd/yyyy"));
        assert_eq!(refused("dates", "%d.%m.%y"), intended("dd/mm/yy"));
        assert_eq!(refused("dates", "dd-mmm-yyy"), intended("dd-mmm-yyyy"));
        assert_eq!(refused("dates", "dd/mm-yyyy"), intended("dd/mm/yyyy"));
        assert_eq!(refused("dates", "dd/mm/yyyy 12h"), intended("dd/mm/yyyy"));
        assert_eq!(refused("dates", "ymd"), intended("yyyy-mm-dd"));
        assert_eq!(refused("dates", "french"), Some(None));
        for range in ["A4", "F4:A16", "A16:F4", "4:A", "A0:B2", "Sheet2!A1:B2", "XFE1:XFF2", "A1:B1048577"] {
            assert_eq!(refused("range", range), Some(None), "{range}");
        }
        assert_eq!(refused("encoding", "windows1252"), intended("windows-1252"));
        assert_eq!(refused("encoding", "latin-1"), intended("latin1"));
        assert_eq!(refused("encoding", "klingon"), Some(None));
    }

    #[test]
    fn only_blank_can_be_set_repeatedly() {
        let (span, mut formatting) = (Span::new(FileId(0), 0, 1), Formatting::default());
        let mut set = |setting, value: &str| formatting.set((setting, span), (&value.into(), span)).is_ok();
        assert!(set("decimal", ",") && !set("decimal", ","));
        assert!(set("blank", "-") && set("blank", "n/a"));
        assert!(!set("sheets", "a"));
    }

    #[test]
    fn rows_are_whole_numbers_up_to_a_limit() {
        let (span, mut formatting) = (Span::new(FileId(0), 0, 1), Formatting::default());
        for wrong in ["0", "1.5", "1001", "99999999999999999999"] {
            assert!(
                formatting.set_header(Some(wrong), span).is_err() && formatting.set_skip_last(wrong, span).is_err()
            );
        }
        assert!(formatting.set_header(Some("1000"), span).is_ok() && formatting.set_skip_last("1000", span).is_ok());
        assert!(formatting.set_header(None, span).is_err() && formatting.set_skip_last("1", span).is_err());
    }
}
