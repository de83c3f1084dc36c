//! A connection that a host program brings: it sees the same statements, and what it does not aggregate is read.

use std::borrow::Cow;
use std::sync::{Arc, Mutex};

use yardstick::backend::{Batch, Dictionary, Values, Vector};
use yardstick::warehouse::{Connection, Dialect, StoredColumns, StoredType, open};
use yardstick::{Cause, Code, ColumnType, Declaration, Diagnostic, Embedded, Library, Limits, Query};

/// A warehouse with one table, `sales`, that executes nothing but scans.
#[derive(Default)]
struct ScansOnly {
    statements: Mutex<Vec<String>>,
}

fn texts(texts: &[&str]) -> Vector {
    let mut dictionary = Dictionary::default();
    let codes = texts.iter().map(|text| dictionary.code(text)).collect();
    let causes = texts.iter().map(|text| text.is_empty().then_some(Cause::Blank)).collect();
    Vector { values: Values::Texts { codes, dictionary: Arc::new(dictionary) }, causes: Some(causes) }
}

impl Connection for ScansOnly {
    fn name(&self) -> &str {
        "host"
    }

    fn dialect(&self) -> Dialect {
        Dialect::Ansi
    }

    fn columns(&self, table: &str) -> Result<StoredColumns, Diagnostic> {
        match table {
            "\"sales\"" => Ok(vec![("shop".into(), Ok(StoredType::Text)), ("price".into(), Ok(StoredType::Integer))]),
            _ => Err(Diagnostic::error(Code::Unreadable, format!("there is no table {table}"))),
        }
    }

    fn execute(
        &self,
        sql: &str,
        types: &[ColumnType],
        visit: &mut dyn FnMut(&Batch) -> Result<(), Diagnostic>,
    ) -> Result<(), Diagnostic> {
        self.statements.lock().expect("no test panics here").push(sql.to_owned());
        if sql.contains('(') {
            return Err(Diagnostic::error(Code::Unreadable, "only scans are supported"));
        }
        let column = |ty: &ColumnType| match ty {
            ColumnType::Text => Cow::Owned(texts(&["north", "south", "north", ""])),
            _ => Cow::Owned(Vector::defined(Values::Fixed { mantissas: vec![5, 7, 11, 13], scale: 0 })),
        };
        // The columns of this table differ in their types.
        visit(&Batch { columns: types.iter().map(column).collect(), rows: 4 })
    }
}

#[test]
fn a_host_brings_a_connection() {
    let connection = Arc::new(ScansOnly::default());
    let sales = open("sales", "sales", &Declaration::default(), connection.clone()).expect("the table is there");
    assert!(sales.notes()[0].message.contains("`host` does not answer the probe: only scans are supported"));
    let library = Library::from_text("turnover = sum(sales.price)").expect("it is valid");
    let source = Embedded::new(vec![sales.into()]);
    let query = Query::new(["turnover"]).by("shop");
    let result = library.evaluate(&query, &source, &Limits::default()).expect("the rows can be read");
    let value =
        |shop: &str| result.get("turnover", [("shop", shop)]).expect("a column").and_then(|value| value.decimal());
    assert_eq!((value("north"), value("south")), (Some(16.into()), Some(7.into())));
    let statements = connection.statements.lock().expect("no test panics here");
    assert_eq!(statements.last().map(String::as_str), Some("SELECT \"price\",\n  \"shop\"\nFROM \"sales\""));
}

#[test]
fn a_table_that_does_not_exist_or_lacks_columns_is_an_error() {
    let message = |table: &str, declaration: &Declaration| {
        let opened = open("sales", table, declaration, Arc::new(ScansOnly::default()));
        opened.err().map(|problems| problems[0].message.clone()).unwrap_or_default()
    };
    assert_eq!(message("shops", &Declaration::default()), "there is no table \"shops\"");
    assert!(message("select 1", &Declaration::default()).contains("not a query"));
    let mut declaration = Declaration::default();
    declaration.types.insert("cost".into(), ColumnType::Number);
    assert!(message("sales", &declaration).contains("`sales` has no column `cost`"));
}
