//! A connection through a driver of ADBC.

use std::sync::Mutex;
use std::time::Instant;

use adbc_core::error::{Error, Status};
use adbc_core::options::{AdbcVersion, OptionConnection, OptionDatabase, OptionValue};
use adbc_core::{
    CancelHandle, Connection as _, Database as _, Driver as _, LOAD_FLAG_DEFAULT, Optionable as _, Statement as _,
};
use adbc_driver_manager::{ManagedConnection, ManagedDriver};
use arrow_array::RecordBatchReader;
use arrow_schema::{DataType, Field};

use super::profile::Profile;
use crate::data::{Batch, ColumnType};
use crate::diagnostic::{Code, Diagnostic, did_you_mean, printable_line};
use crate::read::visit_record_batches;
use crate::sql::connection::Connection;
use crate::sql::stored::MAX_PRECISION;
use crate::sql::{Dialect, StoredColumns, StoredType, Tier};
use crate::value::{Cell, Value};

/// A connection through a driver.
pub struct AdbcConnection {
    profile: Profile,
    connection: Mutex<ManagedConnection>,
    /// What stops the statement that is being executed.
    running: Mutex<Option<Box<dyn CancelHandle>>>,
}

impl AdbcConnection {
    /// Loads the driver of a profile, connects, and begins a session that only reads, from one snapshot if the warehouse
    /// has them. The warehouse stops statements at the deadline, too.
    ///
    /// # Errors
    /// A driver that cannot be loaded, or a warehouse that cannot be reached.
    pub fn open(profile: Profile, deadline: Option<Instant>) -> Result<Self, Diagnostic> {
        let connection = connect(&profile)?;
        let opened = Self { profile, connection: Mutex::new(connection), running: Mutex::default() };
        let dialect = opened.profile.dialect;
        let seconds = deadline.map(|end| end.saturating_duration_since(Instant::now()).as_secs() + 1);
        let session = dialect.session().iter().chain(dialect.isolation()).map(|set| (*set).to_owned());
        for statement in session.chain(seconds.and_then(|seconds| dialect.timeout(seconds))) {
            let set = opened.run(&statement, |_| Ok(())).map_err(|problem| {
                let hint = format!("if it is not {}, write `dialect` in the connection profile", dialect.name());
                problem.hint(hint)
            });
            // Engines that only speak like Spark may have none of its settings. The probe shows whether they compute alike.
            if dialect != Dialect::Spark {
                set?;
            }
        }
        // Where there are no transactions, each statement sees its own snapshot.
        let _ = opened.locked().set_option(OptionConnection::AutoCommit, "false".into());
        Ok(opened)
    }

    /// The most that the warehouse computes.
    pub fn most(&self) -> Tier {
        self.profile.tier
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, ManagedConnection> {
        self.connection.lock().expect("no holder panics")
    }

    /// Executes a statement, and reads its result.
    fn run(
        &self,
        sql: &str,
        read: impl FnOnce(Box<dyn RecordBatchReader + Send>) -> Result<(), Diagnostic>,
    ) -> Result<(), Diagnostic> {
        let mut connection = self.locked();
        let executed = (|| {
            let mut statement = connection.new_statement()?;
            statement.set_sql_query(sql)?;
            *self.running.lock().expect("no holder panics") = Some(statement.get_cancel_handle());
            // The statement must live until its result is read.
            Ok((statement.execute()?, statement))
        })();
        let done = match executed {
            Ok((reader, _statement)) => read(reader),
            Err(error) => Err(self.refused(&error)),
        };
        *self.running.lock().expect("no holder panics") = None;
        if done.is_err() {
            // A failed statement can end a transaction.
            let _ = connection.rollback();
        }
        done
    }

    fn refused(&self, error: &Error) -> Diagnostic {
        let message = said(&self.profile, error);
        Diagnostic::error(Code::Unreadable, format!("the warehouse of `{}` reports: {message}", self.profile.name))
    }

    /// The fields of a query.
    fn fields(&self, sql: &str) -> Result<Vec<Field>, Diagnostic> {
        let mut fields = vec![];
        self.run(sql, |reader| {
            fields = reader.schema().fields().iter().map(|field| (**field).clone()).collect();
            // Some drivers end a statement only when its result is read.
            reader.for_each(drop);
            Ok(())
        })?;
        Ok(fields)
    }

    /// A suggestion for the quoted name of a table that cannot be read.
    fn similar(&self, table: &str) -> Option<String> {
        let rows = self.texts(self.profile.dialect.tables()?, 2).ok()?;
        let known: Vec<String> = rows.into_iter().map(|row| row.join(".")).collect();
        let meant = table.replace(['"', '`'], "");
        let parts: Vec<&str> = meant.split('.').collect();
        let meant = parts[parts.len().saturating_sub(2)..].join(".");
        did_you_mean(&meant, known.iter().map(String::as_str).filter(|known| *known != meant))
    }

    /// The rows of a query for texts.
    fn texts(&self, sql: &str, columns: usize) -> Result<Vec<Vec<String>>, Diagnostic> {
        let mut rows = vec![];
        self.execute(sql, &vec![ColumnType::Text; columns], &mut |batch| {
            let text = |cell: Cell| if let Ok(Value::Text(text)) = cell { text.to_string() } else { String::new() };
            let row = |row| batch.columns.iter().map(|column| text(column.get(row))).collect();
            rows.extend((0..batch.rows).map(row));
            Ok(())
        })?;
        Ok(rows)
    }
}

/// Loads the driver of a profile, and connects.
fn connect(profile: &Profile) -> Result<ManagedConnection, Diagnostic> {
    let entrypoint = profile.entrypoint.as_deref().map(str::as_bytes);
    let load = |version| ManagedDriver::load_from_name(&profile.driver, entrypoint, version, LOAD_FLAG_DEFAULT, None);
    let mut driver = load(AdbcVersion::V110).or_else(|_| load(AdbcVersion::V100)).map_err(|error| {
        let message =
            format!("cannot load the driver `{}` of `{}`: {}", profile.driver, profile.name, said(profile, &error));
        Diagnostic::error(Code::Unreadable, message).hint(not_loaded(profile, &error))
    })?;
    let read_only = read_only(profile);
    let options = profile.options.iter().chain(&read_only);
    let options: Vec<_> = options.map(|(key, value)| (OptionDatabase::from(key.as_str()), value.clone())).collect();
    let connected = driver.new_database_with_opts(options).and_then(|database| database.new_connection());
    connected.map_err(|error| {
        let message = format!("cannot connect to the warehouse of `{}`: {}", profile.name, said(profile, &error));
        Diagnostic::error(Code::Unreadable, message)
    })
}

/// What to change in the profile of a driver that cannot be loaded.
fn not_loaded(profile: &Profile, error: &Error) -> String {
    let is_found = error.message.contains("symbol");
    match &profile.entrypoint {
        Some(entrypoint) if is_found => {
            format!("the library has no function `{entrypoint}`: correct `entrypoint` in the profile, or omit it")
        }
        None if is_found && profile.dialect == Dialect::DuckDb => {
            "add `entrypoint = \"duckdb_adbc_init\"` to the profile".to_owned()
        }
        None if is_found => "name the function that makes the driver in the profile: `entrypoint = \"…\"`".to_owned(),
        _ => "install the driver, or write the path of its shared library in the profile: `driver = \"/…/lib….so\"`"
            .to_owned(),
    }
}

/// The option that opens a file of DuckDB without writing to it, or making it.
fn read_only(profile: &Profile) -> Option<(String, OptionValue)> {
    let option = |name: &str| profile.options.iter().find(|(key, _)| key == name).map(|(_, value)| value);
    let is_file = option("path").is_some_and(|path| !matches!(path, OptionValue::String(path) if path == ":memory:"));
    let opens_file = profile.dialect == Dialect::DuckDb && is_file && option("access_mode").is_none();
    opens_file.then(|| ("access_mode".to_owned(), "read_only".into()))
}

/// The message of a driver on one line, without secrets.
fn said(profile: &Profile, error: &Error) -> String {
    let message = profile.without_secrets(&error.message);
    let lines: Vec<&str> = message.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let message = match (lines.is_empty(), error.status) {
        (true, Status::Unknown) => "no reason is given".to_owned(),
        (true, status) => format!("{status:?}"),
        (false, _) => lines.join("; "),
    };
    let mut message: String = printable_line(&message).chars().take(MAX_SAID).collect();
    if message.len() >= MAX_SAID {
        message.push('…');
    }
    message
}

/// The maximum number of characters of a message of a driver.
const MAX_SAID: usize = 500;

impl Connection for AdbcConnection {
    fn name(&self) -> &str {
        &self.profile.name
    }

    fn dialect(&self) -> Dialect {
        self.profile.dialect
    }

    fn columns(&self, table: &str) -> Result<StoredColumns, Diagnostic> {
        let fields = self.fields(&format!("SELECT * FROM {table} WHERE 1 = 0"));
        let fields = fields.map_err(|problem| problem.maybe_hint(self.similar(table)))?;
        let mut columns = vec![];
        let spelled = match self.profile.dialect.spelled_types(table) {
            Some(sql) => self.texts(&sql, 2)?,
            None => vec![],
        };
        for field in &fields {
            let spelled = spelled.iter().find(|row| row[0] == *field.name());
            let stored = spelled.and_then(|row| StoredType::spelled(&row[1])).or_else(|| stored(field.data_type()));
            let named = || spelled.map_or_else(|| field.data_type().to_string(), |row| row[1].clone());
            columns.push((field.name().clone(), stored.ok_or_else(named)));
        }
        Ok(columns)
    }

    fn execute(
        &self,
        sql: &str,
        types: &[ColumnType],
        visit: &mut dyn FnMut(&Batch) -> Result<(), Diagnostic>,
    ) -> Result<(), Diagnostic> {
        self.run(sql, |reader| {
            let schema = reader.schema();
            let batches = reader.map(|batch| batch.map_err(|error| self.refused(&Error::from(error))));
            visit_record_batches(&self.profile.name, &schema.fields, types, batches, visit)
        })
    }

    fn cancel(&self) {
        if let Some(running) = &*self.running.lock().expect("no holder panics") {
            // A driver that cannot cancel is waited for.
            let _ = running.try_cancel();
        }
    }
}

/// The type of a column. None for a type that formulas cannot use.
fn stored(ty: &DataType) -> Option<StoredType> {
    Some(match ty {
        DataType::Boolean => StoredType::Boolean,
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Null => StoredType::Text,
        DataType::Dictionary(_, values) => return stored(values),
        DataType::Date32 | DataType::Date64 => StoredType::Date,
        DataType::Timestamp(..) => StoredType::Timestamp,
        DataType::Decimal32(precision, scale)
        | DataType::Decimal64(precision, scale)
        | DataType::Decimal128(precision, scale)
        | DataType::Decimal256(precision, scale) => {
            StoredType::Decimal { precision: u32::from(*precision), scale: u32::try_from(*scale).ok()? }
        }
        // Differences of integers without a sign are errors in some engines.
        other if other.is_unsigned_integer() => StoredType::Decimal { precision: MAX_PRECISION, scale: 0 },
        other if other.is_integer() => StoredType::Integer,
        other if other.is_floating() => StoredType::Float,
        _ => return None,
    })
}
