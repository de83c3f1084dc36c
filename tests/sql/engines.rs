//! The engines that tests connect to: DuckDB in a file, and servers of the test: PostgreSQL, and Sail, which speaks like
//! Spark. Their drivers are fetched by
//! the scripts in `tests/engines`; what is not there is skipped with a message.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use adbc_core::options::{AdbcVersion, OptionDatabase, OptionValue};
use adbc_core::{Connection as _, Database as _, Driver as _, LOAD_FLAG_DEFAULT, Statement as _};
use adbc_driver_manager::ManagedDriver;
use indexmap::IndexSet;

use super::conformance::StoredTable;
use super::postgres::{PORT, Server};

/// An engine, and the profile with which the command connects to it.
pub struct Engine {
    pub name: &'static str,
    /// The path of the profile.
    pub profile: PathBuf,
    /// The name of the table that it loads.
    pub table: String,
    driver: ManagedDriver,
    options: Vec<(String, String)>,
    folder: PathBuf,
    _server: Option<Server>,
    _sail: Option<Sail>,
}

impl Engine {
    /// All engines that are installed, with their files in folders that are named after a test.
    pub fn installed(test: &str) -> Vec<Self> {
        Self::with_catalog(test).into_iter().chain(Self::spark(&folder("spark", test), test)).collect()
    }

    /// Those whose sessions share tables and views.
    pub fn with_catalog(test: &str) -> Vec<Self> {
        let (duckdb, postgres) =
            (Self::duckdb(&folder("duckdb", test)), Self::postgres(&folder("postgres", test), test));
        duckdb.into_iter().chain(postgres).collect()
    }

    fn duckdb(folder: &Path) -> Option<Self> {
        let driver = driver("duckdb/libduckdb.so")?;
        let path = folder.join("shop.duckdb");
        let options = [("path", path.to_str().expect("it is UTF-8"))];
        Some(Self::new("duckdb", folder, &driver, Some("duckdb_adbc_init"), &options, None))
    }

    fn postgres(folder: &Path, test: &str) -> Option<Self> {
        let driver = driver("postgresql/libadbc_driver_postgresql.so")?;
        let Some(server) = Server::start(&format!("pg-{test}")) else {
            eprintln!("skipped: PostgreSQL is not installed");
            return None;
        };
        let uri = format!("postgresql:///postgres?host={}&port={PORT}&user=postgres", server.folder.display());
        Some(Self::new("postgres", folder, &driver, None, &[("uri", &uri)], Some(server)))
    }

    /// Sail, or a server of Spark Connect on this machine whose URI is in `TEST_SPARK`. The sessions of Sail share no
    /// catalog, so the table is a folder of Parquet files.
    fn spark(folder: &Path, test: &str) -> Option<Self> {
        let driver = driver("sail/libadbc_driver_spark.so")?;
        let (uri, server) = match std::env::var("TEST_SPARK") {
            Ok(uri) => (uri, None),
            Err(_) => Sail::start(test).map(|server| (format!("sc://127.0.0.1:{}", server.port), Some(server)))?,
        };
        let mut engine = Self::new("spark", folder, &driver, None, &[("uri", &uri)], None);
        engine.table = format!("parquet.`{}`", folder.join("orders").display());
        engine._sail = server;
        Some(engine)
    }

    fn new(
        name: &'static str,
        folder: &Path,
        driver: &Path,
        entrypoint: Option<&str>,
        options: &[(&str, &str)],
        server: Option<Server>,
    ) -> Self {
        let mut profile = format!("driver = {:?}\n", driver.to_str().expect("it is UTF-8"));
        if let Some(entrypoint) = entrypoint {
            profile.push_str(&format!("entrypoint = {entrypoint:?}\n"));
        }
        profile.push_str("[Options]\n");
        options.iter().for_each(|(key, value)| profile.push_str(&format!("{key} = {value:?}\n")));
        let file = folder.join(format!("{name}.toml"));
        std::fs::write(&file, profile).expect("it can be written");
        let entrypoint = entrypoint.map(str::as_bytes);
        let version = AdbcVersion::V110;
        let driver = ManagedDriver::load_from_name(driver, entrypoint, version, LOAD_FLAG_DEFAULT, None)
            .expect("the driver can be loaded");
        let options = options.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let table = "analytics.orders".to_owned();
        Self { name, profile: file, table, driver, options, folder: folder.to_owned(), _server: server, _sail: None }
    }

    /// Executes statements that write. Nothing stays open, because DuckDB locks its file.
    pub fn write(&mut self, statements: &[&str]) {
        self.execute(statements).unwrap_or_else(|error| panic!("{}: {error}", self.name));
    }

    fn execute(&mut self, statements: &[&str]) -> Result<(), String> {
        let option = |(key, value): &(String, String)| (key.as_str().into(), value.as_str().into());
        let options: Vec<(OptionDatabase, OptionValue)> = self.options.iter().map(option).collect();
        let database = self.driver.new_database_with_opts(options).map_err(|error| error.to_string())?;
        let mut writer = database.new_connection().map_err(|error| error.to_string())?;
        for sql in statements {
            let mut statement = writer.new_statement().expect("a statement");
            statement.set_sql_query(sql).expect("a query");
            statement.execute_update().map_err(|error| format!("{sql}\n{error}"))?;
        }
        Ok(())
    }

    /// Executes statements together. False if another process has the file of DuckDB.
    pub fn transaction(&mut self, statements: &[&str]) -> bool {
        let begin = if self.name == "duckdb" { "BEGIN TRANSACTION" } else { "BEGIN" };
        match self.execute(&[&[begin][..], statements, &["COMMIT"]].concat()) {
            Ok(()) => true,
            Err(error) if error.contains("Could not set lock") => false,
            Err(error) => panic!("{}: {error}", self.name),
        }
    }

    /// Fills its table with rows. The types of columns are those of SQL.
    pub fn load(&mut self, columns: &[(&str, &str)], values: Option<&str>) {
        let is_spark = self.name == "spark";
        let ty = |ty: &str| {
            match ty {
                "text" if is_spark => "string",
                "double precision" if is_spark => "double",
                _ => return ty.to_owned(),
            }
            .to_owned()
        };
        let columns: Vec<String> = columns.iter().map(|(name, sql)| format!("{name} {}", ty(sql))).collect();
        let location = self.folder.join("orders");
        let place = if is_spark { format!(" USING parquet LOCATION '{}'", location.display()) } else { String::new() };
        let _ = std::fs::remove_dir_all(&location);
        let table = format!("CREATE TABLE analytics.orders ({}){place}", columns.join(", "));
        let insert = values.map(|values| format!("INSERT INTO analytics.orders VALUES {values}"));
        let statements = ["CREATE SCHEMA IF NOT EXISTS analytics", "DROP TABLE IF EXISTS analytics.orders", &table];
        self.write(&[&statements[..], insert.as_deref().as_slice()].concat());
    }

    /// Stores tables, and returns their names. Spark reads files.
    pub fn store(&mut self, tables: &IndexSet<StoredTable>) -> Vec<String> {
        if self.name == "spark" {
            let folder = |at| self.folder.join(format!("t{at}"));
            tables.iter().enumerate().for_each(|(at, table)| table.write(&folder(at)));
            return (0..tables.len()).map(|at| format!("parquet.`{}`", folder(at).display())).collect();
        }
        let names: Vec<String> = (0..tables.len()).map(|at| format!("t{at}")).collect();
        let statements: Vec<String> =
            tables.iter().zip(&names).flat_map(|(table, name)| table.statements(name)).collect();
        self.write(&statements.iter().map(String::as_str).collect::<Vec<_>>());
        names
    }

    /// True if it can load a table without rows.
    pub fn has_empty_tables(&self) -> bool {
        self.name != "spark"
    }

    /// The option that reads the table as a dataset.
    pub fn data(&self) -> String {
        format!("orders=warehouse:{}", self.table)
    }

    /// A copy of the profile with other lines at its beginning.
    pub fn profile_with(&self, lines: &str) -> PathBuf {
        let text = std::fs::read_to_string(&self.profile).expect("it is there");
        let file = self.folder.join(format!("{}-other.toml", self.name));
        std::fs::write(&file, format!("{lines}\n{text}")).expect("it can be written");
        file
    }
}

/// A server of Sail, which stops when it is dropped.
struct Sail {
    folder: PathBuf,
    port: u16,
}

const SAIL: &str = "tests/engines/sail.sh";

impl Sail {
    fn start(test: &str) -> Option<Self> {
        let folder = std::env::temp_dir().join(format!("yardstick-sail-{test}-{}", std::process::id()));
        // A port that is free now.
        let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).ok()?.port();
        let mut script = Command::new("sh");
        script.args([SAIL, "start"]).arg(&folder).arg(port.to_string());
        let started = script.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success());
        let server = Self { folder, port };
        if !started {
            eprintln!("skipped: Sail does not start");
        }
        started.then_some(server)
    }
}

impl Drop for Sail {
    fn drop(&mut self) {
        let mut script = Command::new("sh");
        script.args([SAIL, "stop"]).arg(&self.folder);
        let _ = script.stdout(Stdio::null()).stderr(Stdio::null()).status();
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn folder(engine: &str, test: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("yardstick-{engine}-{test}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("it can be made");
    folder
}

/// The library of a driver, if a script has fetched it.
fn driver(path: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/engines").join(path);
    if !path.is_file() {
        eprintln!("skipped: {} is missing: run the scripts in tests/engines", path.display());
        return None;
    }
    Some(path)
}
