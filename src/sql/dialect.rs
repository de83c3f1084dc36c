//! The dialects of SQL: how each engine quotes names and writes what the statements need.

/// A dialect of SQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Dialect {
    /// What most engines understand.
    #[default]
    Ansi,
    /// Google BigQuery.
    BigQuery,
    /// ClickHouse.
    ClickHouse,
    /// Databricks SQL.
    Databricks,
    /// DuckDB.
    DuckDb,
    /// PostgreSQL.
    Postgres,
    /// Amazon Redshift.
    Redshift,
    /// Snowflake.
    Snowflake,
    /// Apache Spark.
    Spark,
    /// Trino.
    Trino,
}

impl Dialect {
    /// All dialects.
    pub const ALL: [Self; 10] = [
        Self::Ansi,
        Self::BigQuery,
        Self::ClickHouse,
        Self::Databricks,
        Self::DuckDb,
        Self::Postgres,
        Self::Redshift,
        Self::Snowflake,
        Self::Spark,
        Self::Trino,
    ];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ansi => "ansi",
            Self::BigQuery => "bigquery",
            Self::ClickHouse => "clickhouse",
            Self::Databricks => "databricks",
            Self::DuckDb => "duckdb",
            Self::Postgres => "postgres",
            Self::Redshift => "redshift",
            Self::Snowflake => "snowflake",
            Self::Spark => "spark",
            Self::Trino => "trino",
        }
    }

    /// Quotes a name, and doubles the quotes in it. None for a name that the dialect cannot have: control characters,
    /// and what would be an escape within its quotes.
    pub fn identifier(self, name: &str) -> Option<String> {
        let is_refused = |letter: char| match (self, letter) {
            (Self::BigQuery, '`' | '\\') | (Self::ClickHouse, '\\') => true,
            _ => letter.is_control(),
        };
        if name.is_empty() || name.chars().any(is_refused) {
            return None;
        }
        Some(match self {
            Self::BigQuery | Self::Databricks | Self::Spark => format!("`{}`", name.replace('`', "``")),
            _ => format!("\"{}\"", name.replace('"', "\"\"")),
        })
    }

    /// A binary number, or NULL if it is not finite. Dialects differ in how NaN compares with itself and with other numbers.
    pub(super) fn finite(self, number: &str) -> String {
        match self {
            Self::BigQuery => format!("IF(IS_NAN({number}) OR IS_INF({number}), NULL, {number})"),
            Self::ClickHouse => format!("IF(isFinite({number}), {number}, NULL)"),
            Self::DuckDb => format!("CASE WHEN isfinite({number}) THEN {number} END"),
            Self::Trino => format!("CASE WHEN is_finite({number}) THEN {number} END"),
            Self::Databricks | Self::Spark => {
                format!("CASE WHEN ABS({number}) < DOUBLE('Infinity') THEN {number} END")
            }
            Self::Snowflake => format!("CASE WHEN ABS({number}) < 'inf'::FLOAT THEN {number} END"),
            Self::Ansi | Self::Postgres | Self::Redshift => {
                format!("CASE WHEN ABS({number}) < CAST('Infinity' AS DOUBLE PRECISION) THEN {number} END")
            }
        }
    }

    /// The statements that come first in a session: dates in UTC, and errors instead of silent overflows.
    pub fn session(self) -> &'static [&'static str] {
        match self {
            Self::Ansi | Self::BigQuery => &[],
            Self::ClickHouse => &["SET session_timezone = 'UTC'"],
            Self::Databricks => &["SET TIME ZONE 'UTC'", "SET ansi_mode = true"],
            Self::DuckDb => &["SET TimeZone = 'UTC'"],
            Self::Postgres => &["SET TIME ZONE 'UTC'", "SET default_transaction_read_only = on"],
            Self::Redshift => &["SET timezone TO 'UTC'"],
            Self::Snowflake => &["ALTER SESSION SET TIMEZONE = 'UTC'"],
            Self::Spark => &[
                "SET TIME ZONE 'UTC'",
                "SET spark.sql.ansi.enabled=true",
                "SET spark.sql.decimalOperations.allowPrecisionLoss=false",
            ],
            Self::Trino => &["SET TIME ZONE 'UTC'"],
        }
    }

    /// The statements that come next if the command connects: all statements see one snapshot, and a view reads no file of
    /// this machine.
    #[cfg(feature = "adbc")]
    pub(super) fn isolation(self) -> &'static [&'static str] {
        match self {
            Self::DuckDb => &["SET enable_external_access = false"],
            Self::Postgres => &["SET default_transaction_isolation = 'repeatable read'"],
            _ => &[],
        }
    }

    /// The statement that makes the warehouse stop statements after some seconds, where it has one.
    #[cfg(feature = "adbc")]
    pub(super) fn timeout(self, seconds: u64) -> Option<String> {
        match self {
            Self::Postgres | Self::Redshift => {
                Some(format!("SET statement_timeout = {}", seconds.saturating_mul(1000)))
            }
            Self::Snowflake => Some(format!("ALTER SESSION SET STATEMENT_TIMEOUT_IN_SECONDS = {seconds}")),
            Self::ClickHouse => Some(format!("SET max_execution_time = {seconds}")),
            Self::Databricks => Some(format!("SET STATEMENT_TIMEOUT = {seconds}")),
            _ => None,
        }
    }

    /// A query for the names of the columns of a table and their types as the catalog spells them, if the types that a
    /// driver tells are less precise. `table` is quoted.
    #[cfg(feature = "adbc")]
    pub(super) fn spelled_types(self, table: &str) -> Option<String> {
        let literal = table.replace('\'', "''");
        (self == Self::Postgres).then(|| {
            format!(
                "SELECT CAST(attname AS TEXT) AS name, format_type(atttypid, atttypmod) AS type\nFROM pg_attribute\n\
                 WHERE attrelid = CAST('{literal}' AS regclass) AND attnum > 0 AND NOT attisdropped"
            )
        })
    }

    /// A query for the schemas and the names of all tables, where the catalog is known.
    #[cfg(feature = "adbc")]
    pub(super) fn tables(self) -> Option<&'static str> {
        let has_catalog = matches!(
            self,
            Self::Databricks | Self::DuckDb | Self::Postgres | Self::Redshift | Self::Snowflake | Self::Trino
        );
        has_catalog.then_some("SELECT table_schema, table_name FROM information_schema.tables")
    }

    /// A value as a decimal with this many digits after the point.
    pub(super) fn decimal(self, value: &str, precision: u32, scale: u32) -> String {
        match self {
            Self::BigQuery => format!("CAST({value} AS BIGNUMERIC)"),
            Self::ClickHouse => format!("toDecimal256({value}, {scale})"),
            Self::Postgres => format!("CAST({value} AS NUMERIC({precision},{scale}))"),
            Self::Snowflake => format!("CAST({value} AS NUMBER({precision},{scale}))"),
            _ => format!("CAST({value} AS DECIMAL({precision},{scale}))"),
        }
    }

    /// The operand of an operation that is a stored decimal.
    pub(super) fn operand(self, column: &str, precision: u32, scale: u32) -> String {
        match self {
            // Its decimals keep their width in products, and wrap around.
            Self::ClickHouse | Self::BigQuery => self.decimal(column, precision, scale),
            _ => column.to_owned(),
        }
    }

    /// Why a product would lose digits, if it would. `scales` are those of the factors.
    pub(super) fn product_loss(self, scales: [u32; 2]) -> Option<&'static str> {
        const KEPT: u32 = 12;
        let [one, other] = scales;
        (self == Self::Snowflake && one + other > KEPT.max(one).max(other))
            .then_some("Snowflake keeps 12 digits after the point of a product")
    }

    /// The sum of decimals; NULL without any.
    pub(super) fn sum(self, value: &str) -> String {
        if self == Self::ClickHouse { format!("sumOrNull({value})") } else { format!("SUM({value})") }
    }

    /// The smallest and the largest value; NULL without any.
    pub(super) fn extremes(self, value: &str) -> [String; 2] {
        match self {
            Self::ClickHouse => [format!("minOrNull({value})"), format!("maxOrNull({value})")],
            _ => [format!("MIN({value})"), format!("MAX({value})")],
        }
    }

    /// The digits of a number as a text, because some drivers cut decimals.
    pub(super) fn digits(self, number: &str) -> String {
        match self {
            Self::BigQuery | Self::Databricks | Self::Spark => format!("CAST({number} AS STRING)"),
            Self::ClickHouse => format!("toString({number})"),
            Self::Postgres => format!("CAST({number} AS TEXT)"),
            _ => format!("CAST({number} AS VARCHAR)"),
        }
    }

    /// A binary number as it travels. PostgreSQL rounds it unless it travels as a text.
    pub(super) fn float(self, number: &str) -> String {
        if self == Self::Postgres { self.digits(number) } else { number.to_owned() }
    }

    /// A text to group by: blank ones are NULL, and texts differ if their characters do.
    pub(super) fn text(self, text: &str) -> String {
        match self {
            Self::Postgres => format!("NULLIF({text}, '') COLLATE \"C\""),
            _ => format!("NULLIF({text}, '')"),
        }
    }

    /// True if a text is as it is read here: printable ASCII characters, without spaces around them. Only such texts are
    /// equal here exactly if they are equal there. A text that begins with `=` can be a spreadsheet's way to write another.
    pub(super) fn is_plain(self, text: &str) -> String {
        let (bytes, letters) = match self {
            Self::BigQuery => ("BYTE_LENGTH", "CHAR_LENGTH"),
            Self::ClickHouse => ("LENGTH", "lengthUTF8"),
            Self::DuckDb => ("STRLEN", "LENGTH"),
            Self::Snowflake => ("OCTET_LENGTH", "LENGTH"),
            Self::Trino => ("LENGTH", "LENGTH"),
            _ => ("OCTET_LENGTH", "CHAR_LENGTH"),
        };
        let encoded = if self == Self::Trino { format!("TO_UTF8({text})") } else { text.to_owned() };
        let [first, last] = ["1".to_owned(), format!("{letters}({text})")].map(|at| format!("SUBSTR({text}, {at}, 1)"));
        let is_shown = |letter: &str| format!("{letter} > ' ' AND {letter} <= '~'");
        let is_ascii = format!("{bytes}({encoded}) = {letters}({text})");
        format!("({is_ascii} AND {} AND {} AND {first} <> '=')", is_shown(&first), is_shown(&last))
    }

    /// The day of a date or a moment.
    pub(super) fn day(self, time: &str) -> String {
        if self == Self::ClickHouse { format!("toDate32({time})") } else { format!("CAST({time} AS DATE)") }
    }

    /// The number of the month, from January of the year 0.
    pub(super) fn month(self, time: &str) -> String {
        match self {
            Self::ClickHouse => format!("toYear({time}) * 12 + toMonth({time}) - 1"),
            _ => format!("EXTRACT(YEAR FROM {time}) * 12 + EXTRACT(MONTH FROM {time}) - 1"),
        }
    }

    /// Rows of constants as a table. Where there is no list of values, each row is a query.
    pub(super) fn rows(self, name: &str, columns: [&str; 3], rows: &[[String; 3]]) -> String {
        match self {
            Self::BigQuery | Self::ClickHouse | Self::Redshift => {
                let query = |row: &[String; 3]| {
                    let named = row.iter().zip(columns).map(|(it, name)| format!("{it} AS {name}"));
                    format!("SELECT {}", named.collect::<Vec<_>>().join(", "))
                };
                let queries: Vec<String> = rows.iter().map(query).collect();
                format!("(\n  {}\n) AS {name}", queries.join("\n  UNION ALL "))
            }
            _ => {
                let rows: Vec<String> = rows.iter().map(|row| format!("({})", row.join(", "))).collect();
                format!("(VALUES\n  {}\n) AS {name} ({})", rows.join(",\n  "), columns.join(", "))
            }
        }
    }

    /// A day that is unknown.
    pub(super) fn no_date(self) -> &'static str {
        if self == Self::ClickHouse { "CAST(NULL AS Nullable(Date32))" } else { "CAST(NULL AS DATE)" }
    }

    /// A day.
    pub(super) fn date(self, day: &str) -> String {
        if self == Self::ClickHouse { format!("toDate32('{day}')") } else { format!("DATE '{day}'") }
    }
}
