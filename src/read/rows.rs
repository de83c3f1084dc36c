//! Turns rows of Rust values into tables, through serde.

use std::fmt::{self, Display};
use std::sync::Arc;

use serde::ser::{self, Impossible, Serialize};

use super::untyped::{UntypedTable, ValueKind};
use crate::data::{Declaration, Table};
use crate::diagnostic::{CellPlace, Code, Diagnostic, Error};

/// The name with which serde_json serializes numbers, if its feature `arbitrary_precision` is enabled.
const JSON_NUMBER: &str = "$serde_json::private::Number";
/// The name with which serde_json serializes a `RawValue`.
const JSON_RAW: &str = "$serde_json::private::RawValue";

impl Table {
    /// Creates a table with one row per value: a struct or a map of names to plain values.
    ///
    /// Numbers are exact: an `f64` is read as its shortest decimal spelling, serde_json's `RawValue` as it is written.
    /// `None`, `()` and empty texts are blank. An enum variant without fields is read as its name. Texts are trimmed of
    /// whitespace, as in files. They become dates, months or numbers if all values of the column have such a format:
    /// `2026-03-31`, `2026-03` or `12.50` (decimals serialize as texts), but not `007`.
    ///
    /// ```
    /// use yardstick::Table;
    ///
    /// #[derive(serde::Serialize)]
    /// struct Order { day: &'static str, amount: f64 }
    ///
    /// let orders = [Order { day: "2026-03-31", amount: 12.5 }, Order { day: "2026-04-01", amount: 0.1 }];
    /// let table = Table::from_rows("orders", &orders).unwrap();
    /// assert_eq!(table.rows(), 2);
    /// ```
    ///
    /// # Errors
    /// Rows that are not records, values that are not plain (with their path), NaN and infinities, and columns that mix
    /// numbers and texts.
    pub fn from_rows<R: Serialize>(name: &str, rows: &[R]) -> Result<Self, Error> {
        Self::from_rows_as(name, rows, &Declaration::default())
    }

    /// Like [`Table::from_rows`], with declared column types and time column.
    ///
    /// # Errors
    /// The errors of [`Table::from_rows`], and values that do not have the declared type.
    pub fn from_rows_as<R: Serialize>(name: &str, rows: &[R], declaration: &Declaration) -> Result<Self, Error> {
        Ok(collect(name, None, rows)?.into_table(name, name, declaration, true)?.sound()?)
    }

    /// Creates a table from tuples (or sequences) whose columns have these names.
    ///
    /// # Errors
    /// The errors of [`Table::from_rows`], and rows of another length.
    pub fn from_tuples<R: Serialize>(name: &str, columns: &[&str], rows: &[R]) -> Result<Self, Error> {
        let table = collect(name, Some(columns), rows)?.into_table(name, name, &Declaration::default(), true)?;
        Ok(table.sound()?)
    }

    /// Creates a table with one row from a single record of named values.
    ///
    /// # Errors
    /// The errors of [`Table::from_rows`].
    pub fn from_record<R: Serialize>(name: &str, record: &R) -> Result<Self, Error> {
        Self::from_rows(name, std::slice::from_ref(record))
    }
}

fn collect<R: Serialize>(table: &str, names: Option<&[&str]>, rows: &[R]) -> Result<UntypedTable, Vec<Diagnostic>> {
    let mut untyped = UntypedTable::default();
    names.into_iter().flatten().for_each(|name| untyped.define(name));
    for (row, value) in rows.iter().enumerate() {
        untyped.begin_row(None);
        value.serialize(Row { table: &mut untyped, names }).map_err(|error| vec![error.diagnostic(table, row)])?;
    }
    Ok(untyped)
}

/// The reason why a row or a value is rejected.
#[derive(Debug)]
struct Refused {
    message: String,
    column: Option<Arc<str>>,
}

impl Refused {
    fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), column: None }
    }

    fn diagnostic(self, table: &str, row: usize) -> Diagnostic {
        Diagnostic::error(Code::BadCell, self.message).in_data(CellPlace {
            file: table.to_string(),
            line: Some(row as u64 + 1),
            column: self.column.map(|column| column.to_string()),
            cell: None,
        })
    }
}

impl Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Refused {}

impl ser::Error for Refused {
    fn custom<T: Display>(message: T) -> Self {
        Self::new(message.to_string())
    }
}

type Done = Result<(), Refused>;

/// Serializes a row: a record of named values, or values in the order of given names.
struct Row<'a> {
    table: &'a mut UntypedTable,
    names: Option<&'a [&'a str]>,
}

impl<'a> Row<'a> {
    fn reject<T>(found: &str) -> Result<T, Refused> {
        Err(Refused::new(format!("expected a row of named values, found {found}")))
    }

    fn fields(self) -> Fields<'a> {
        Fields { row: self, key: String::new(), at: 0 }
    }

    fn set(&mut self, name: &str, value: &(impl Serialize + ?Sized)) -> Done {
        let cell = value.serialize(CellOf).map_err(|error| Refused { column: Some(name.into()), ..error })?;
        if self.table.set(name, cell.kind, &cell.text) {
            return Ok(());
        }
        Err(Refused { column: Some(name.into()), ..Refused::new(format!("the row has two values named `{name}`")) })
    }
}

/// Serializes the values of a row, one after the other.
struct Fields<'a> {
    row: Row<'a>,
    key: String,
    at: usize,
}

impl Fields<'_> {
    fn next(&mut self, value: &(impl Serialize + ?Sized)) -> Done {
        let Some(name) = self.row.names.and_then(|names| names.get(self.at)) else { return self.wrong_length("more") };
        self.at += 1;
        self.row.set(name, value)
    }

    fn finish(self) -> Done {
        if self.row.names.is_some_and(|names| self.at < names.len()) { self.wrong_length("fewer") } else { Ok(()) }
    }

    fn wrong_length(&self, found: &str) -> Done {
        let expected = self.row.names.map_or(0, <[&str]>::len);
        Err(Refused::new(format!("expected {expected} values, found {found}")))
    }
}

impl ser::SerializeStruct for Fields<'_> {
    type Ok = ();
    type Error = Refused;
    fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Done {
        self.row.set(key, value)
    }
    fn end(self) -> Done {
        Ok(())
    }
}

impl ser::SerializeMap for Fields<'_> {
    type Ok = ();
    type Error = Refused;
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Done {
        self.key = key.serialize(CellOf)?.text;
        Ok(())
    }
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Done {
        let key = std::mem::take(&mut self.key);
        self.row.set(&key, value)
    }
    fn end(self) -> Done {
        Ok(())
    }
}

impl ser::SerializeSeq for Fields<'_> {
    type Ok = ();
    type Error = Refused;
    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Done {
        self.next(value)
    }
    fn end(self) -> Done {
        self.finish()
    }
}

impl ser::SerializeTuple for Fields<'_> {
    type Ok = ();
    type Error = Refused;
    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Done {
        self.next(value)
    }
    fn end(self) -> Done {
        self.finish()
    }
}

impl ser::SerializeTupleStruct for Fields<'_> {
    type Ok = ();
    type Error = Refused;
    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Done {
        self.next(value)
    }
    fn end(self) -> Done {
        self.finish()
    }
}

macro_rules! reject {
    ($($method:ident($($ty:ty),*) $found:literal,)*) => {
        $(fn $method(self $(, _: $ty)*) -> Result<Self::Ok, Refused> { Self::reject($found) })*
    };
}

impl<'a> ser::Serializer for Row<'a> {
    type Ok = ();
    type Error = Refused;
    type SerializeSeq = Fields<'a>;
    type SerializeTuple = Fields<'a>;
    type SerializeTupleStruct = Fields<'a>;
    type SerializeTupleVariant = Impossible<(), Refused>;
    type SerializeMap = Fields<'a>;
    type SerializeStruct = Fields<'a>;
    type SerializeStructVariant = Impossible<(), Refused>;

    reject! {
        serialize_bool(bool) "a truth value",
        serialize_i8(i8) "a number",
        serialize_i16(i16) "a number",
        serialize_i32(i32) "a number",
        serialize_i64(i64) "a number",
        serialize_u8(u8) "a number",
        serialize_u16(u16) "a number",
        serialize_u32(u32) "a number",
        serialize_u64(u64) "a number",
        serialize_f32(f32) "a number",
        serialize_f64(f64) "a number",
        serialize_char(char) "a text",
        serialize_str(&str) "a text",
        serialize_bytes(&[u8]) "bytes",
        serialize_none() "nothing",
        serialize_unit() "nothing",
        serialize_unit_struct(&'static str) "nothing",
        serialize_unit_variant(&'static str, u32, &'static str) "a name",
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Done {
        value.serialize(self)
    }
    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Done {
        value.serialize(self)
    }
    fn serialize_newtype_variant<T: Serialize + ?Sized>(self, _: &'static str, _: u32, _: &'static str, _: &T) -> Done {
        Self::reject("an enum variant")
    }
    fn serialize_seq(self, _: Option<usize>) -> Result<Fields<'a>, Refused> {
        if self.names.is_some() { Ok(self.fields()) } else { Self::reject("a sequence") }
    }
    fn serialize_tuple(self, len: usize) -> Result<Fields<'a>, Refused> {
        self.serialize_seq(Some(len))
    }
    fn serialize_tuple_struct(self, _: &'static str, len: usize) -> Result<Fields<'a>, Refused> {
        self.serialize_seq(Some(len))
    }
    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, Refused> {
        Self::reject("an enum variant")
    }
    fn serialize_map(self, _: Option<usize>) -> Result<Fields<'a>, Refused> {
        Ok(self.fields())
    }
    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Fields<'a>, Refused> {
        Ok(self.fields())
    }
    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, Refused> {
        Self::reject("an enum variant")
    }
}

/// The text of a plain value.
pub(super) struct Spelled {
    pub kind: ValueKind,
    pub text: String,
}

impl Spelled {
    fn new(kind: ValueKind, text: impl ToString) -> Result<Self, Refused> {
        Ok(Self { kind, text: text.to_string() })
    }
}

/// Serializes a plain value.
struct CellOf;

impl CellOf {
    fn reject<T>(found: &str) -> Result<T, Refused> {
        Err(Refused::new(format!("expected a number, a text, a date, a truth value or nothing, found {found}")))
    }

    fn float(value: impl Display, finite: bool) -> Result<Spelled, Refused> {
        if finite {
            Spelled::new(ValueKind::Number, value)
        } else {
            Err(Refused::new(format!("{value} is not a number")))
        }
    }
}

macro_rules! spell {
    ($($method:ident($ty:ty) $kind:ident,)*) => {
        $(fn $method(self, value: $ty) -> Result<Spelled, Refused> { Spelled::new(ValueKind::$kind, value) })*
    };
}

impl ser::Serializer for CellOf {
    type Ok = Spelled;
    type Error = Refused;
    type SerializeSeq = Impossible<Spelled, Refused>;
    type SerializeTuple = Impossible<Spelled, Refused>;
    type SerializeTupleStruct = Impossible<Spelled, Refused>;
    type SerializeTupleVariant = Impossible<Spelled, Refused>;
    type SerializeMap = Impossible<Spelled, Refused>;
    type SerializeStruct = JsonText;
    type SerializeStructVariant = Impossible<Spelled, Refused>;

    spell! {
        serialize_bool(bool) Boolean,
        serialize_i8(i8) Number,
        serialize_i16(i16) Number,
        serialize_i32(i32) Number,
        serialize_i64(i64) Number,
        serialize_i128(i128) Number,
        serialize_u8(u8) Number,
        serialize_u16(u16) Number,
        serialize_u32(u32) Number,
        serialize_u64(u64) Number,
        serialize_u128(u128) Number,
        serialize_char(char) Text,
        serialize_str(&str) Text,
    }

    reject! {
        serialize_bytes(&[u8]) "bytes",
    }

    fn serialize_f32(self, value: f32) -> Result<Spelled, Refused> {
        Self::float(value, value.is_finite())
    }
    fn serialize_f64(self, value: f64) -> Result<Spelled, Refused> {
        Self::float(value, value.is_finite())
    }
    fn serialize_none(self) -> Result<Spelled, Refused> {
        Spelled::new(ValueKind::Blank, "")
    }
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Spelled, Refused> {
        value.serialize(self)
    }
    fn serialize_unit(self) -> Result<Spelled, Refused> {
        Spelled::new(ValueKind::Blank, "")
    }
    fn serialize_unit_struct(self, _: &'static str) -> Result<Spelled, Refused> {
        Spelled::new(ValueKind::Blank, "")
    }
    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<Spelled, Refused> {
        Spelled::new(ValueKind::Text, variant)
    }
    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<Spelled, Refused> {
        value.serialize(self)
    }
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<Spelled, Refused> {
        Self::reject("an enum variant with a value")
    }
    fn serialize_seq(self, _: Option<usize>) -> Result<Self::SerializeSeq, Refused> {
        Self::reject("a sequence")
    }
    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, Refused> {
        Self::reject("a tuple")
    }
    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeTupleStruct, Refused> {
        Self::reject("a tuple")
    }
    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, Refused> {
        Self::reject("an enum variant with values")
    }
    fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap, Refused> {
        Self::reject("a nested record")
    }
    fn serialize_struct(self, name: &'static str, _: usize) -> Result<JsonText, Refused> {
        match name {
            JSON_NUMBER | JSON_RAW => Ok(JsonText(String::new())),
            _ => Self::reject("a nested record"),
        }
    }
    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, Refused> {
        Self::reject("an enum variant with values")
    }
}

/// A plain value in JSON syntax.
struct JsonText(String);

impl ser::SerializeStruct for JsonText {
    type Ok = Spelled;
    type Error = Refused;
    fn serialize_field<T: Serialize + ?Sized>(&mut self, _: &'static str, value: &T) -> Done {
        self.0 = value.serialize(CellOf)?.text;
        Ok(())
    }
    fn end(self) -> Result<Spelled, Refused> {
        if self.0.starts_with(['[', '{']) {
            return CellOf::reject("a nested list or record");
        }
        let (kind, text) = super::json::plain(&self.0).map_err(ser::Error::custom)?;
        Spelled::new(kind, text)
    }
}
