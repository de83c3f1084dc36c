//! Deserializes the rows of a result into a type of the host.

use std::sync::Arc;

use serde::de::value::{Error as Refused, MapDeserializer};
use serde::de::{DeserializeOwned, Deserializer, Error as _, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;

use crate::diagnostic::{Code, Diagnostic, Error};
use crate::eval::Evaluation;
use crate::value::{Cell, Value};

impl Evaluation {
    /// Deserializes the rows of the result. The fields of the type are the group columns and KPIs by name. A field that
    /// can be blank or undefined must be an `Option`.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use yardstick::{Decimal, Embedded, Library, Limits, Query, Table};
    ///
    /// #[derive(Debug, PartialEq, serde::Deserialize)]
    /// struct Row { channel: String, leads: u32, cost_each: Option<Decimal> }
    ///
    /// let library = Library::from_text("leads = sum(ads.leads)\ncost_each = sum(ads.cost) / leads")?;
    /// let ads = Table::from_tuples("ads", &["channel", "cost", "leads"], &[("mail", 5, 0), ("web", 9, 4)])?;
    /// let query = Query::new(["leads", "cost_each"]).by("channel");
    /// let result = library.evaluate(&query, &Embedded::new(vec![Arc::new(ads)]), &Limits::default())?;
    /// let rows: Vec<Row> = result.rows()?;
    /// assert_eq!(rows[0], Row { channel: "mail".into(), leads: 0, cost_each: None });
    /// assert_eq!(rows[1], Row { channel: "web".into(), leads: 4, cost_each: Some(Decimal::new(225, 2)) });
    /// # Ok::<(), yardstick::Error>(())
    /// ```
    ///
    /// # Errors
    /// Returns an error if the result does not have a field, a value does not fit its type, or a value is undefined and
    /// its field is not optional.
    pub fn rows<T: DeserializeOwned>(&self) -> Result<Vec<T>, Error> {
        (0..self.groups.len()).map(|group| self.row(group).map_err(|error| self.refused_row(group, &error))).collect()
    }

    fn row<T: DeserializeOwned>(&self, group: usize) -> Result<T, Refused> {
        let columns = self.group_columns();
        let label = self.group_label(group);
        let key = |name: &Arc<str>| label.get(&**name).cloned().flatten().map(Arc::from);
        let keys = columns.iter().map(|name| (name.to_string(), Field::Key(key(name))));
        let kpis = self.plan.kpis.iter().enumerate().map(|(kpi, planned)| {
            let reason = || self.reason(kpi, group).unwrap_or_default().to_string();
            (
                planned.name.to_string(),
                Field::Value(self.value(kpi, group), self.value(kpi, group).err().map(|_| reason())),
            )
        });
        T::deserialize(MapDeserializer::new(keys.chain(kpis)))
    }

    fn refused_row(&self, group: usize, error: &Refused) -> Error {
        let message = format!("row {} does not fit its type: {error}", group + 1);
        vec![Diagnostic::error(Code::TypeMismatch, message)].into()
    }
}

/// One field of a row.
enum Field {
    /// A key of the group; None is blank.
    Key(Option<Arc<str>>),
    /// A value, and the reason if it is undefined.
    Value(Cell, Option<String>),
}

impl Field {
    /// The value as text.
    fn text(&self) -> Result<String, Refused> {
        match self {
            Self::Key(Some(key)) => Ok(key.to_string()),
            Self::Key(None) => Err(Refused::custom("a key is blank")),
            Self::Value(Ok(value), _) => Ok(value.to_string()),
            Self::Value(Err(_), reason) => Err(Refused::custom(reason.as_deref().unwrap_or("a value is undefined"))),
        }
    }

    fn parsed<T: std::str::FromStr>(&self, expected: &str) -> Result<T, Refused> {
        let text = self.text()?;
        text.parse().map_err(|_| Refused::custom(format!("expected {expected}, found `{text}`")))
    }
}

impl IntoDeserializer<'_> for Field {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

macro_rules! parse {
    ($($method:ident $visit:ident $expected:literal,)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
            visitor.$visit(self.parsed($expected)?)
        })*
    };
}

/// Numbers are deserialized as strings unless the type requests a specific kind, so that decimals keep their digits.
impl<'de> Deserializer<'de> for Field {
    type Error = Refused;

    parse! {
        deserialize_i8 visit_i8 "a whole number of 8 bits",
        deserialize_i16 visit_i16 "a whole number of 16 bits",
        deserialize_i32 visit_i32 "a whole number of 32 bits",
        deserialize_i64 visit_i64 "a whole number of 64 bits",
        deserialize_i128 visit_i128 "a whole number of 128 bits",
        deserialize_u8 visit_u8 "a positive whole number of 8 bits",
        deserialize_u16 visit_u16 "a positive whole number of 16 bits",
        deserialize_u32 visit_u32 "a positive whole number of 32 bits",
        deserialize_u64 visit_u64 "a positive whole number of 64 bits",
        deserialize_u128 visit_u128 "a positive whole number of 128 bits",
        deserialize_f32 visit_f32 "a number",
        deserialize_f64 visit_f64 "a number",
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        match &self {
            Self::Key(None) => visitor.visit_none(),
            // If the type is not optional, the error says why the value is missing.
            Self::Value(Err(_), _) => visitor.visit_none().map_err(|error| self.text().err().unwrap_or(error)),
            Self::Value(Ok(Value::Boolean(value)), _) => visitor.visit_bool(*value),
            _ => visitor.visit_string(self.text()?),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        visitor.visit_string(self.text()?)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        self.deserialize_string(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        match self {
            Self::Key(None) | Self::Value(Err(_), _) => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refused> {
        visitor.visit_enum(self.text()?.into_deserializer())
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Refused> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool char bytes byte_buf unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}
