//! The engines that tests connect to: DuckDB in a file, and a PostgreSQL server of the test. Their drivers are fetched by
//! the scripts in `tests/engines`; what is not there is skipped with a message.

use std::path::{Path, PathBuf};

use adbc_core::options::{AdbcVersion, OptionDatabase, OptionValue};
use adbc_core::{Connection as _, Database as _, Driver as _, LOAD_FLAG_DEFAULT, Statement as _};
use adbc_driver_manager::ManagedDriver;

use super::postgres::{PORT, Server};

/// An engine, and the profile with which the command connects to it.
pub struct Engine {
    pub name: &'static str,
    /// The path of the profile.
    pub profile: PathBuf,
    driver: ManagedDriver,
    options: Vec<(String, String)>,
    folder: PathBuf,
    _server: Option<Server>,
}

impl Engine {
    /// All engines that are installed, with their files in folders that are named after a test.
    pub fn installed(test: &str) -> Vec<Self> {
        let folder = |engine: &str| {
            let folder = std::env::temp_dir().join(format!("yardstick-{engine}-{test}-{}", std::process::id()));
            std::fs::create_dir_all(&folder).expect("it can be made");
            folder
        };
        [Self::duckdb(&folder("duckdb")), Self::postgres(&folder("postgres"), test)].into_iter().flatten().collect()
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
        Self { name, profile: file, driver, options, folder: folder.to_owned(), _server: server }
    }

    /// Executes statements that write. Nothing stays open, because DuckDB locks its file.
    pub fn write(&mut self, statements: &[&str]) {
        let option = |(key, value): &(String, String)| (key.as_str().into(), value.as_str().into());
        let options: Vec<(OptionDatabase, OptionValue)> = self.options.iter().map(option).collect();
        let database = self.driver.new_database_with_opts(options).expect("the engine is there");
        let mut writer = database.new_connection().expect("the engine answers");
        for sql in statements {
            let mut statement = writer.new_statement().expect("a statement");
            statement.set_sql_query(sql).expect("a query");
            statement.execute_update().unwrap_or_else(|error| panic!("{}: {sql}\n{error}", self.name));
        }
    }

    /// A copy of the profile with other lines at its beginning.
    pub fn profile_with(&self, lines: &str) -> PathBuf {
        let text = std::fs::read_to_string(&self.profile).expect("it is there");
        let file = self.folder.join(format!("{}-other.toml", self.name));
        std::fs::write(&file, format!("{lines}\n{text}")).expect("it can be written");
        file
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
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
