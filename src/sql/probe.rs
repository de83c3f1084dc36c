//! Asks a warehouse what a few literal expressions are, before it is trusted with any aggregate.
//!
//! Each engine that the tests run answers as expected. An engine, a version or a setting that does not is used less: what
//! an answer shows to be different is computed here.

use super::connection::Connection;
use super::dialect::Dialect;
use super::tier::Tier;
use super::watched;
use crate::budget::Budget;
use crate::data::ColumnType;
use crate::diagnostic::{Code, Diagnostic};
use crate::value::{Cell, Value};

/// An expression whose value is known.
struct Probe {
    /// What it is about, for messages.
    about: &'static str,
    /// The expression, whose value is a number.
    sql: String,
    expected: &'static str,
    /// The most that a warehouse computes whose answer is another one.
    otherwise: Tier,
}

/// What a warehouse may compute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Probed {
    /// The most that it computes.
    pub most: Tier,
    /// What it computes differently from here.
    pub different: Vec<&'static str>,
    /// Its error, if it did not answer.
    pub refused: Option<String>,
}

/// Asks a warehouse.
///
/// # Errors
/// Decimals that do not arrive as they are, so that no row could be read; or the limit that was reached.
pub(crate) fn probe(connection: &dyn Connection, budget: &Budget) -> Result<Probed, Diagnostic> {
    let probes = probes(connection.dialect());
    match ask(connection, &probes, budget) {
        Ok(answers) => judged(connection, &probes, &answers),
        Err(problem) if problem.code == Code::LimitReached => Err(problem),
        Err(problem) => Ok(Probed { most: Tier::Rows, different: vec![], refused: Some(problem.message) }),
    }
}

/// The answers to all probes, as texts. None is NULL.
fn ask(connection: &dyn Connection, probes: &[Probe], budget: &Budget) -> Result<Vec<Option<String>>, Diagnostic> {
    let dialect = connection.dialect();
    let columns: Vec<String> =
        (1..).zip(probes).map(|(at, probe)| format!("{} AS p{at}", dialect.digits(&probe.sql))).collect();
    let sql = format!("SELECT {}", columns.join(",\n  "));
    let mut answers = vec![];
    watched::execute(connection, &sql, &vec![ColumnType::Text; probes.len()], budget, &mut |batch| {
        let text = |cell: Cell| if let Ok(Value::Text(text)) = cell { Some(text.to_string()) } else { None };
        if batch.rows > 0 {
            answers = batch.columns.iter().map(|column| text(column.get(0))).collect();
        }
        Ok(())
    })?;
    answers.resize(probes.len(), None);
    Ok(answers)
}

fn judged(connection: &dyn Connection, probes: &[Probe], answers: &[Option<String>]) -> Result<Probed, Diagnostic> {
    let is_right =
        |probe: &Probe, answer: &Option<String>| answer.as_deref().is_some_and(|answer| same(answer, probe.expected));
    let wrong: Vec<&Probe> =
        probes.iter().zip(answers).filter(|(probe, answer)| !is_right(probe, answer)).map(|(probe, _)| probe).collect();
    if let Some((first, answer)) =
        probes.first().zip(answers.first()).filter(|(probe, answer)| !is_right(probe, answer))
    {
        let message = format!(
            "`{}` does not return decimals as they are: {} arrives as {}",
            connection.name(),
            first.expected,
            answer.as_deref().unwrap_or("nothing")
        );
        return Err(Diagnostic::error(Code::Unreadable, message)
            .hint("use another driver, or write the dialect of the warehouse in the connection profile"));
    }
    let most = wrong.iter().map(|probe| probe.otherwise).max().unwrap_or(Tier::Whole);
    Ok(Probed { most, different: wrong.iter().map(|probe| probe.about).collect(), refused: None })
}

/// Returns true if two decimals are equal. Some engines write zeros at the end.
fn same(one: &str, other: &str) -> bool {
    let short = |text: &str| match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text.to_owned(),
    };
    short(one) == short(other)
}

/// All probes. The first one is about transport.
fn probes(dialect: Dialect) -> Vec<Probe> {
    let decimal = |text: &str, precision, scale| dialect.decimal(&format!("'{text}'"), precision, scale);
    let if_true = |condition: &str| format!("CASE WHEN {condition} THEN 1 ELSE 0 END");
    // A column `x` of some values.
    let column = |values: &[String]| {
        let first = format!("SELECT {} AS x", values[0]);
        let others = values[1..].iter().map(|value| format!(" UNION ALL SELECT {value}"));
        format!("({first}{}) AS t", others.collect::<String>())
    };
    let sum = |values: &[String], scale| {
        format!("(SELECT {} FROM {})", dialect.sum(&dialect.decimal("x", 38, scale)), column(values))
    };
    // With as many digits after the point as a product keeps in every engine.
    let tiny = if dialect.product_loss([14, 14]).is_some() { ("0.000001", 6) } else { ("0.00000000000001", 14) };
    let factor = decimal(tiny.0, tiny.1 + 1, tiny.1);
    let one = decimal("1", 1, 0);
    let none = format!("(SELECT {} FROM {} WHERE 1 = 0)", dialect.sum("x"), column(std::slice::from_ref(&one)));
    let [least, _] = dialect.extremes("x");
    let unknown = "(NULLIF(1, 1) > 0)";
    let texts = ["a", "A", "a ", "e\u{301}", "\u{e9}"].map(|text| format!("'{text}'"));
    let groups = format!(
        "(SELECT COUNT(*) FROM (SELECT k FROM (SELECT {} AS k FROM {}) AS u GROUP BY k) AS v)",
        dialect.text("x"),
        column(&texts)
    );
    let (day, moment) = (dialect.date("2026-03-29"), "CAST('2026-03-29 02:30:00' AS TIMESTAMP)");
    let [early, late] =
        ["CAST('2026-03-29 00:30:00+00:00' AS TIMESTAMP)", "CAST('2026-03-29 23:30:00+00:00' AS TIMESTAMP)"];
    let probe = |about, sql, expected, otherwise| Probe { about, sql, expected, otherwise };
    let (states, counted) = (Tier::CountedRows, Tier::Rows);
    let whole = Tier::States;
    let integers = column(&["1", "2", "2"].map(str::to_owned));
    let ordered = format!("SELECT x, ROW_NUMBER() OVER (ORDER BY x) AS o, COUNT(*) OVER () AS c FROM {integers}");
    let plain = |text: &str| format!("CASE WHEN {} THEN 1 WHEN NOT {0} THEN 2 ELSE 3 END", dialect.is_plain(text));
    vec![
        probe(
            "decimals of 38 digits",
            decimal("1234567890123456789012345678.1234567891", 38, 10),
            "1234567890123456789012345678.1234567891",
            counted,
        ),
        probe(
            "the digits of a sum of two decimals",
            format!("({} + {one})", decimal("0.12345678901234567890", 21, 20)),
            "1.12345678901234567890",
            states,
        ),
        probe(
            "the digits of a product",
            format!("({factor} * {factor})"),
            if tiny.1 == 6 { "0.000000000001" } else { "0.0000000000000000000000000001" },
            states,
        ),
        probe(
            "sums of large decimals",
            sum(&["0.1", "0.2", "99999999999999999999999999999999.9999"].map(|text| decimal(text, 38, 4)), 4),
            "100000000000000000000000000000000.2999",
            states,
        ),
        probe(
            "sums of negated decimals",
            format!(
                "(SELECT {} FROM {})",
                dialect.sum(&dialect.decimal("(0 - x)", 38, 4)),
                column(&["10.5", "1.5"].map(|text| decimal(text, 9, 4)))
            ),
            "-12",
            states,
        ),
        probe(
            "sums of integers beyond 64 bits",
            sum(&["9000000000000000000"; 2].map(|text| decimal(text, 19, 0)), 0),
            "18000000000000000000",
            states,
        ),
        probe("the sum of no rows", if_true(&format!("{none} IS NULL")), "1", states),
        probe(
            "the least of no values",
            if_true(&format!("(SELECT {least} FROM {} WHERE 1 = 0) IS NULL", column(std::slice::from_ref(&one)))),
            "1",
            states,
        ),
        probe(
            "decimals that are compared",
            if_true(&format!("({} = {})", decimal("0.30", 3, 2), decimal("0.3", 2, 1))),
            "1",
            states,
        ),
        probe(
            "conditions that are undefined",
            format!("CASE WHEN {unknown} THEN 1 WHEN NOT {unknown} THEN 2 ELSE 3 END"),
            "3",
            counted,
        ),
        probe("conditions without a value", if_true(&format!("({unknown} OR {unknown} IS NULL)")), "1", counted),
        probe("texts that are grouped", groups, "5", counted),
        probe("blank texts", if_true(&format!("({}) IS NULL", dialect.text("''"))), "1", counted),
        probe("months", dialect.month(&dialect.date("2026-12-31")), "24323", counted),
        // The session must be in UTC.
        probe("moments late in the day", if_true(&format!("({} = {day})", dialect.day(late))), "1", counted),
        probe("moments early in the day", if_true(&format!("({} = {day})", dialect.day(early))), "1", counted),
        probe("the day of a moment", if_true(&format!("({} = {day})", dialect.day(moment))), "1", counted),
        probe(
            "the ranks of rows",
            format!(
                "(SELECT COUNT(*) FROM (SELECT RANK() OVER (ORDER BY x DESC) AS o FROM {integers}) AS u WHERE o = 1)"
            ),
            "2",
            states,
        ),
        probe(
            "the positions of rows",
            format!("(SELECT MIN(x * 10 + c) FROM ({ordered}) AS u WHERE (o - 2) * 10 <= (c - 1) * 5 AND o > 1)"),
            "23",
            whole,
        ),
        probe(
            "distinct texts",
            format!("(SELECT COUNT(DISTINCT k) FROM (SELECT {} AS k FROM {}) AS u)", dialect.text("x"), column(&texts)),
            "5",
            whole,
        ),
        probe("plain texts", plain("'a b~'"), "1", whole),
        probe("texts with other letters", plain("'e\u{301}'"), "2", whole),
        probe("texts that begin with a space", plain("'\ta'"), "2", whole),
        probe("texts that end with a space", plain("'a '"), "2", whole),
        probe("the order of dates", if_true(&format!("({day} < {})", dialect.date("2026-10-01"))), "1", states),
    ]
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;
    use std::sync::Arc;

    use super::*;
    use crate::data::Batch;
    use crate::sql::StoredColumns;
    use crate::value::{Dictionary, Values, Vector};

    /// A warehouse that answers as expected, but one probe.
    struct Answers {
        wrong: Option<(usize, &'static str)>,
    }

    impl Connection for Answers {
        fn name(&self) -> &str {
            "test"
        }

        fn dialect(&self) -> Dialect {
            Dialect::Ansi
        }

        fn columns(&self, _: &str) -> Result<StoredColumns, Diagnostic> {
            Ok(vec![])
        }

        fn execute(
            &self,
            _: &str,
            _: &[ColumnType],
            visit: &mut dyn FnMut(&Batch) -> Result<(), Diagnostic>,
        ) -> Result<(), Diagnostic> {
            let text = |(at, probe): (usize, &Probe)| {
                let text = self.wrong.filter(|(wrong, _)| *wrong == at).map_or(probe.expected, |(_, text)| text);
                let mut dictionary = Dictionary::default();
                let codes = vec![dictionary.code(text)];
                Cow::Owned(Vector::defined(Values::Texts { codes, dictionary: Arc::new(dictionary) }))
            };
            let columns = probes(Dialect::Ansi).iter().enumerate().map(text).collect();
            visit(&Batch { columns, rows: 1 })
        }
    }

    fn probed(wrong: Option<(usize, &'static str)>) -> Result<Probed, Diagnostic> {
        probe(&Answers { wrong }, &Budget::unlimited())
    }

    #[test]
    fn each_wrong_answer_leads_to_a_safer_tier_or_an_error() {
        assert_eq!(probed(None), Ok(Probed { most: Tier::Whole, different: vec![], refused: None }));
        let problem = probed(Some((0, "1.2345678901234567e27"))).expect_err("no row could be read");
        assert!(problem.message.contains("does not return decimals as they are"), "{}", problem.message);
        for (at, probe) in probes(Dialect::Ansi).iter().enumerate().skip(1) {
            let Probed { most, different, .. } = probed(Some((at, "7"))).expect("rows can be read");
            assert_eq!((most, &different[..]), (probe.otherwise, &[probe.about][..]));
            assert!(most > Tier::Whole, "{}", probe.about);
        }
    }

    #[test]
    fn zeros_at_the_end_make_no_difference() {
        assert!(same("1.120", "1.12") && same("100", "100") && same("3.0", "3"));
        assert!(!same("100", "1") && !same("0.1", "0.01"));
    }
}
