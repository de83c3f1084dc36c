//! Reads a snapshot. Whatever is not as it was written is an error that names the line.

use std::collections::HashSet;
use std::sync::Arc;

use indexmap::IndexMap;

use super::write::{HEADER, end};
use super::{DataFingerprint, PERCENT, Snapshot, SnapshotQuery, hundredth};
use crate::budget::Budget;
use crate::diagnostic::{Code, Diagnostic};
use crate::diff::values::{GroupLabel, GroupValue, Missing, ValueSide};
use crate::library::types::units::UnitNames;
use crate::source::{FileId, SourceMap, Span};
use crate::syntax::ast::ExprKind;
use crate::syntax::parse_expression;
use crate::value::unit::Type;
use crate::value::{Decimal, Number, Value};

/// The memory of a line.
const LINE_BYTES: usize = 400;

/// Reads the text of a snapshot that is a file of `sources`.
///
/// # Errors
/// The first problem with its line, or the limit that was reached.
pub(crate) fn read(sources: &SourceMap, file: FileId, budget: &Budget) -> Result<Snapshot, Diagnostic> {
    let text = &sources.file(file).text;
    let mut charge = budget.charge();
    let mut at = 0;
    let lines = text.split_inclusive('\n').map(|written| {
        let line = written.trim_end_matches(['\n', '\r']);
        let span = Span::new(file, at, at + line.len());
        at += written.len();
        Line { text: line, span }
    });
    let lines: Vec<Line<'_>> = lines.collect();
    charge.grow(lines.len().saturating_mul(LINE_BYTES), "the values of the snapshot")?;
    budget.spend(text.len(), "reading the snapshot")?;
    Reader { lines: &lines, at: 0, end: Span::new(file, text.len(), text.len()) }.snapshot()
}

/// A line without its end.
#[derive(Clone, Copy)]
struct Line<'a> {
    text: &'a str,
    span: Span,
}

impl Line<'_> {
    fn problem(self, message: impl Into<String>) -> Diagnostic {
        Diagnostic::error(Code::Unreadable, message).at(self.span)
    }
}

/// What to do about a file that was not written by the command.
const AGAIN: &str = "write the file again: `kpi snapshot -o FILE`";

struct Reader<'a> {
    lines: &'a [Line<'a>],
    /// The position of the next line.
    at: usize,
    /// The end of the file.
    end: Span,
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Result<Line<'a>, Diagnostic> {
        let line = self.lines.get(self.at).copied();
        self.at += 1;
        line.ok_or_else(|| {
            let message = "the snapshot is cut off: its last line is missing";
            Diagnostic::error(Code::Unreadable, message).at(self.end).hint(AGAIN)
        })
    }

    fn snapshot(mut self) -> Result<Snapshot, Diagnostic> {
        let first = self.next()?;
        if first.text != HEADER {
            let problem = match first.text.starts_with("kpi snapshot ") {
                true => first.problem("the snapshot has another version").hint(AGAIN),
                false => first.problem(format!("expected `{HEADER}`, found another text")),
            };
            return Err(problem);
        }
        let mut snapshot =
            Snapshot { query: SnapshotQuery::default(), definitions: String::new(), data: vec![], values: vec![] };
        loop {
            let line = self.next()?;
            if line.text.is_empty() {
                break;
            }
            header(line, &mut snapshot)?;
        }
        if snapshot.definitions.is_empty() {
            return Err(first.problem("the header lacks the line `definitions: …`").hint(AGAIN));
        }
        self.values(&mut snapshot)?;
        Ok(snapshot)
    }

    fn values(&mut self, snapshot: &mut Snapshot) -> Result<(), Diagnostic> {
        let mut seen = HashSet::new();
        loop {
            let line = self.next()?;
            if line.text.is_empty() {
                break;
            }
            let value = value(line)?;
            let group: Vec<_> = value.group.iter().map(|(name, key)| (name.clone(), key.clone())).collect();
            if !seen.insert((value.kpi.clone(), group, value.total)) {
                return Err(line.problem("this value is given twice").hint(AGAIN));
            }
            snapshot.values.push(value);
        }
        let (count, lines) = (snapshot.values.len(), &self.lines[..self.at]);
        let last = self.next()?;
        let expected = format!("end: {}", end(count, lines.iter().map(|line| line.text)));
        if !last.text.starts_with("end: ") {
            return Err(last.problem("expected the last line `end: …`").hint(AGAIN));
        }
        if !last.text.starts_with(&format!("end: {count} values, ")) {
            let message = format!("the file has {count} values, and its last line says otherwise");
            return Err(last.problem(message).hint(AGAIN));
        }
        if last.text != expected {
            return Err(last.problem("a line was changed after the snapshot was written").hint(AGAIN));
        }
        match self.lines.get(self.at) {
            Some(line) => Err(line.problem("there is text after the last line").hint("remove it")),
            None => Ok(()),
        }
    }
}

/// A line of the header: `by: month, channel`.
fn header(line: Line<'_>, snapshot: &mut Snapshot) -> Result<(), Diagnostic> {
    let Some((word, text)) = line.text.split_once(": ") else {
        return Err(line
            .problem("expected a line such as `by: month` or, after the header, an empty line")
            .hint(AGAIN));
    };
    let query = &mut snapshot.query;
    match word {
        "kpis" if text == "all" => {}
        "kpis" => query.kpis = names(line, text)?,
        "by" => query.by = names(line, text)?,
        "where" => query.conditions.push(text.into()),
        "period" => query.period = Some(text.into()),
        "data until" => query.data_until = Some(text.into()),
        "set" => {
            let mut scanner = Scanner { line, rest: text };
            let name = scanner.name()?;
            scanner.expect(" = ")?;
            query.set.push((name, scanner.rest.into()));
        }
        "totals" if text == "yes" => query.totals = true,
        "definitions" if is_fingerprint(text) => snapshot.definitions = text.to_owned(),
        "data" => snapshot.data.push(data(line, text)?),
        "totals" | "definitions" => return Err(line.problem(format!("`{word}` cannot be `{text}`")).hint(AGAIN)),
        _ => return Err(line.problem(format!("the header has no `{word}`")).hint(AGAIN)),
    }
    Ok(())
}

fn is_fingerprint(text: &str) -> bool {
    text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn names(line: Line<'_>, text: &str) -> Result<Vec<Arc<str>>, Diagnostic> {
    let mut scanner = Scanner { line, rest: text };
    let mut names = vec![scanner.name()?];
    while !scanner.rest.is_empty() {
        scanner.expect(", ")?;
        names.push(scanner.name()?);
    }
    Ok(names)
}

/// `ads, 208 rows, 0123456789abcdef`
fn data(line: Line<'_>, text: &str) -> Result<DataFingerprint, Diagnostic> {
    let mut scanner = Scanner { line, rest: text };
    let dataset = scanner.name()?;
    scanner.expect(", ")?;
    if scanner.rest == "in a warehouse" {
        return Ok(DataFingerprint { dataset, rows: None });
    }
    let rows = scanner.rest.split_once(" rows, ").and_then(|(rows, hash)| Some((rows.parse().ok()?, hash)));
    let Some((rows, hash)) = rows.filter(|(_, hash)| is_fingerprint(hash)) else {
        return Err(line.problem("expected a number of rows and a fingerprint").hint(AGAIN));
    };
    Ok(DataFingerprint { dataset, rows: Some((rows, hash.to_owned())) })
}

/// `cac[month 2026-01] = 45.2 EUR/customer`
fn value(line: Line<'_>) -> Result<GroupValue, Diagnostic> {
    let mut scanner = Scanner { line, rest: line.text };
    let kpi = scanner.name()?;
    let (mut group, mut total) = (GroupLabel::new(), false);
    if scanner.takes("[total]") {
        total = true;
    } else if scanner.takes("[") {
        group = scanner.group()?;
    }
    scanner.expect(" ")?;
    let exact = !scanner.takes("≈ ");
    if exact {
        scanner.expect("= ")?;
    }
    let side = side(line, scanner, exact)?;
    Ok(GroupValue { kpi, group, total, side })
}

fn side(line: Line<'_>, mut scanner: Scanner<'_>, exact: bool) -> Result<ValueSide, Diagnostic> {
    let (unit, undefined, number, ty, format) = (None, None, None, Type::Unknown, Default::default());
    let mut side = ValueSide { value: None, unit, exact, status: None, undefined, number, ty, format };
    if scanner.rest.starts_with('"') {
        side.value = Some(scanner.quoted()?);
        side.ty = Type::Text;
        scanner.ends()?;
    } else if scanner.takes("undefined (") {
        let Some((code, message)) = scanner.rest.split_once(") ") else {
            return Err(line.problem("expected the reason of the undefined value").hint(AGAIN));
        };
        side.undefined = Some(Missing { code: code.into(), message: message.to_owned() });
    } else {
        let (text, unit) = scanner.rest.split_once(' ').map_or((scanner.rest, None), |(it, unit)| (it, Some(unit)));
        let (text, decimal, unit) = match text.strip_suffix('%').filter(|_| unit.is_none()) {
            Some(percent) => {
                let decimal = plain_decimal(percent).and_then(hundredth);
                (decimal.map_or(text.to_owned(), |it| Value::from(it).to_string()), decimal, Some(PERCENT))
            }
            None => (text.to_owned(), plain_decimal(text), unit),
        };
        let is_other = ["true", "false"].contains(&&*text) || text.starts_with(|first: char| first.is_ascii_digit());
        match decimal {
            Some(decimal) => side.number = Some(Number { decimal, exact }),
            None if is_other && unit.is_none() && text.contains(['-', 'e']) => {}
            None => return Err(line.problem(format!("`{text}` is not a value")).hint(AGAIN)),
        }
        side.ty = unit
            .map_or(Ok(Type::PLAIN), type_of)
            .map_err(|()| line.problem(format!("`{}` is not a unit", unit.unwrap_or_default())).hint(AGAIN))?;
        (side.value, side.unit) = (Some(text), unit.map(str::to_owned));
    }
    Ok(side)
}

/// A number as snapshots write it.
fn plain_decimal(text: &str) -> Option<Decimal> {
    Decimal::from_str_exact(text).ok().filter(|decimal| Value::from(*decimal).to_string() == text)
}

/// The type of a unit, in which all names may be counting units.
fn type_of(unit: &str) -> Result<Type, ()> {
    if unit == PERCENT {
        return Ok(Type::PERCENT);
    }
    let literal = parse_expression(FileId(0), &format!("1 {unit}")).map_err(drop)?;
    let ExprKind::Number(literal) = &*literal.kind else { return Err(()) };
    let unit = literal.unit.as_ref().ok_or(())?;
    let mut names = UnitNames::lenient();
    for factor in &unit.factors {
        // It is a known unit otherwise.
        let _ = names.declare_unit(&factor.name);
    }
    names.resolve(unit).map_err(drop)
}

/// Reads a line from left to right.
struct Scanner<'a> {
    line: Line<'a>,
    rest: &'a str,
}

impl<'a> Scanner<'a> {
    fn takes(&mut self, text: &str) -> bool {
        let rest = self.rest.strip_prefix(text);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn expect(&mut self, text: &str) -> Result<(), Diagnostic> {
        if self.takes(text) {
            return Ok(());
        }
        let found = if self.rest.is_empty() { "the end of the line".into() } else { format!("`{}`", self.rest) };
        let expected = if text == " " { "a space".to_owned() } else { format!("`{}`", text.trim()) };
        Err(self.line.problem(format!("expected {expected}, found {found}")).hint(AGAIN))
    }

    fn ends(&self) -> Result<(), Diagnostic> {
        match self.rest.is_empty() {
            true => Ok(()),
            false => Err(self.line.problem(format!("expected the end of the line, found `{}`", self.rest)).hint(AGAIN)),
        }
    }

    /// A plain word or a text in quotes.
    fn name(&mut self) -> Result<Arc<str>, Diagnostic> {
        if self.rest.starts_with('"') {
            return self.quoted().map(Into::into);
        }
        let end = self.rest.find([' ', ',', '[', ']', '"', '=', ':']).unwrap_or(self.rest.len());
        if end == 0 {
            return Err(self.line.problem("expected a name").hint(AGAIN));
        }
        let (name, rest) = self.rest.split_at(end);
        self.rest = rest;
        Ok(name.into())
    }

    /// A text in quotes, with escapes.
    fn quoted(&mut self) -> Result<String, Diagnostic> {
        let (mut text, mut letters) = (String::new(), self.rest.char_indices().skip(1));
        while let Some((at, letter)) = letters.next() {
            match letter {
                '"' => {
                    self.rest = &self.rest[at + 1..];
                    return Ok(text);
                }
                '\\' => match letters.next().map(|(_, letter)| letter) {
                    Some('n') => text.push('\n'),
                    Some(letter @ ('"' | '\\')) => text.push(letter),
                    _ => break,
                },
                letter => text.push(letter),
            }
        }
        Err(self.line.problem("a text in quotes does not end").hint(AGAIN))
    }

    /// `month 2026-01, channel "email"]`
    fn group(&mut self) -> Result<GroupLabel, Diagnostic> {
        let mut group = IndexMap::new();
        loop {
            let column = self.name()?;
            self.expect(" ")?;
            let key = match self.rest.starts_with('"') {
                true => Some(self.quoted()?),
                false => Some(self.name()?.to_string()).filter(|word| word != "blank"),
            };
            group.insert(column.to_string(), key);
            if self.takes("]") {
                return Ok(group);
            }
            self.expect(", ")?;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::source::SourceFile;

    fn parsed(text: &str) -> Result<Snapshot, Diagnostic> {
        let mut sources = SourceMap::default();
        let file = sources.add(SourceFile::new("a.snap", text));
        read(&sources, file, &Budget::unlimited())
    }

    fn side(text: &str, number: Option<i64>, is_defined: bool) -> ValueSide {
        let (status, format) = (None, Default::default());
        let number = number.map(|number| Number { decimal: Decimal::new(number, 3), exact: number % 2 == 0 });
        let exact = number.is_none_or(|number| number.exact);
        let unit = number.filter(|number| number.exact).map(|_| "EUR/customer".to_owned());
        let ty = if number.is_some() { Type::PLAIN } else { Type::Text };
        let value = number.map_or(text.to_owned(), |number| Value::Number(number).to_string());
        let missing = Missing { code: "no-rows".into(), message: "`ads` has no rows here".into() };
        let side = ValueSide { value: Some(value), unit, exact, status, undefined: None, number, ty, format };
        match is_defined {
            true => side,
            false => ValueSide { value: None, unit: None, exact: true, undefined: Some(missing), number: None, ..side },
        }
    }

    fn snapshot(names: &[String], keys: &[Option<String>], numbers: &[Option<i64>]) -> Snapshot {
        let texts = |texts: &[String]| texts.iter().map(|text| text.as_str().into()).collect::<Vec<Arc<str>>>();
        let values = keys.iter().enumerate().map(|(at, key)| GroupValue {
            kpi: names[at % names.len()].as_str().into(),
            group: [("month".to_owned(), Some(format!("{}-01", 1000 + at))), (names[0].clone(), key.clone())].into(),
            total: false,
            side: side(key.as_deref().unwrap_or("x"), numbers[at % numbers.len()], at % 5 != 4),
        });
        let query = SnapshotQuery {
            kpis: texts(names),
            by: texts(names),
            conditions: vec!["a = \"b\"".into()],
            period: Some("2026-Q1".into()),
            data_until: Some("2026-03-14".into()),
            set: vec![(names[0].as_str().into(), "1 + 2".into())],
            totals: names.len().is_multiple_of(2),
        };
        let rows = Some((names.len() as u64, "0123456789abcdef".to_owned()));
        let data = vec![
            DataFingerprint { dataset: names[0].as_str().into(), rows },
            DataFingerprint { dataset: "stored".into(), rows: None },
        ];
        Snapshot { query, definitions: "fedcba9876543210".into(), data, values: values.collect() }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            names in prop::collection::vec(r#"[a-c_ \[\],:="`\\\n≈é]{1,8}"#, 1..4),
            keys in prop::collection::vec(prop::option::of(r#"[a-c \[\],="\\\n]{0,8}"#), 0..12),
            numbers in prop::collection::vec(prop::option::of(-9_999_999i64..9_999_999), 1..5),
        ) {
            let written = snapshot(&names, &keys, &numbers).to_string();
            let read = parsed(&written).unwrap_or_else(|problem| panic!("{written}\n{}", problem.message));
            prop_assert_eq!(read.to_string(), written.as_str());
            let other_ends = parsed(&written.replace('\n', "\r\n")).expect("line ends do not matter");
            prop_assert_eq!(other_ends.to_string(), written);
        }

        #[test]
        fn any_other_text_is_an_error_or_a_snapshot(text in r#"(kpi snapshot 1\n)?([ -~\n]|kpis: |= |definitions: ){0,60}"#) {
            let _ = parsed(&text);
        }
    }

    #[test]
    fn percentages_have_their_sign() {
        let percentage = |mantissa: i64, scale: u32| {
            let decimal = Decimal::new(mantissa, scale);
            let value = Some(Value::from(decimal).to_string());
            let (number, unit) = (Some(Number { decimal, exact: true }), Some(PERCENT.to_owned()));
            ValueSide { number, value, unit, ty: Type::PERCENT, ..side("", None, true) }
        };
        let line = |side: &ValueSide| {
            let mut snapshot = snapshot(&["a".to_owned()], &[None], &[Some(2)]);
            snapshot.values[0].side = side.clone();
            snapshot.to_string()
        };
        for (mantissa, scale, expected) in
            [(1, 0, "100%"), (1517, 5, "1.517%"), (-5, 3, "-0.5%"), (0, 0, "0%"), (12, 1, "120%")]
        {
            let side = percentage(mantissa, scale);
            let written = line(&side);
            assert!(written.contains(&format!(" = {expected}\n")), "{expected}\n{written}");
            let read = parsed(&written).expect("it was written");
            let found = &read.values[0].side;
            assert_eq!((&found.value, &found.unit), (&side.value, &side.unit));
            assert_eq!(found.number.map(|number| number.decimal), Some(Decimal::new(mantissa, scale)));
        }
        // Earlier snapshots have the ratio and the word.
        let old = "kpi snapshot 1\nkpis: all\ndefinitions: fedcba9876543210\n\na = 0.01517 percent\n\n";
        let end = end(1, old.lines());
        let read = parsed(&format!("{old}end: {end}\n")).expect("it is a snapshot");
        assert_eq!(read.values[0].side.value.as_deref(), Some("0.01517"));
        assert_eq!(read.values[0].side.unit.as_deref(), Some("percent"));
        // More digits than a number has.
        let written = line(&percentage(i64::MAX, 0)).replace("922337203685477580700%", "9e%");
        assert!(parsed(&written).is_err());
    }

    #[test]
    fn a_part_of_a_snapshot_is_an_error() {
        let names = ["cac".to_owned(), "a b".to_owned()];
        let keys = [None, Some("x".to_owned()), Some("é".to_owned()), Some(String::new()), None];
        let written = snapshot(&names, &keys, &[Some(1500), None, Some(-3)]).to_string();
        let whole = written.trim_end();
        parsed(whole).expect("the last line end is not needed");
        for end in (0..whole.len()).filter(|end| whole.is_char_boundary(*end)) {
            assert!(parsed(&whole[..end]).is_err(), "{}", &whole[..end]);
        }
    }

    #[test]
    fn a_line_that_is_changed_removed_or_repeated_is_an_error() {
        let names = ["cac".to_owned()];
        let keys = [None, Some("x".to_owned()), Some("y".to_owned())];
        let written = snapshot(&names, &keys, &[Some(1500)]).to_string();
        let lines: Vec<&str> = written.lines().collect();
        for at in 0..lines.len() {
            let without = [&lines[..at], &lines[at + 1..]].concat().join("\n");
            let twice = [&lines[..=at], &lines[at..]].concat().join("\n");
            let changed = written.replacen(lines[at], &format!("{}0", lines[at]), 1);
            for other in [without, twice, changed] {
                if other != written {
                    assert!(parsed(&other).is_err(), "{other}");
                }
            }
        }
    }
}
