//! Connection profiles: how to reach a warehouse, in a TOML file of the user.
//!
//! The format is that of ADBC, so that other programs can share a profile; `entrypoint` and `dialect` are additions that
//! they ignore.

use std::env::VarError;
use std::fs;
use std::path::{Path, PathBuf};

use adbc_core::options::OptionValue;
use toml::{Table, Value};

use crate::diagnostic::{Code, Diagnostic, did_you_mean};
use crate::sql::{Dialect, Tier};

/// The maximum size of a profile, in bytes.
const MAX_BYTES: u64 = 64 << 10;

/// The characters of the shortest secret that is looked for in messages.
const MIN_MASKED: usize = 4;

/// The only version of the format.
const VERSION: i64 = 1;

/// How to reach a warehouse.
pub struct Profile {
    /// The name on the command line.
    pub name: String,
    /// The name of the driver, or the path of its shared library.
    pub driver: String,
    /// The function of the library that makes the driver, if it has an unusual name.
    pub entrypoint: Option<String>,
    /// The dialect of the warehouse.
    pub dialect: Dialect,
    /// The most that the warehouse computes.
    pub tier: Tier,
    /// The options of the driver.
    pub options: Vec<(String, OptionValue)>,
    /// What messages must not show.
    secrets: Vec<String>,
}

impl Profile {
    /// Reads a profile by its name, or from a file whose name ends in `.toml`.
    ///
    /// # Errors
    /// No such profile, one that is not valid, or an environment variable that it needs and that is not set.
    pub fn read(name: &str) -> Result<Self, Diagnostic> {
        let path = if name.ends_with(".toml") { PathBuf::from(name) } else { find(name)? };
        let bad = |message: String| problem(format!("{message}, in the connection profile `{}`", path.display()));
        let text = text(&path)
            .map_err(|reason| problem(format!("cannot read the connection profile `{}`: {reason}", path.display())))?;
        // The message of the parser would show the line, which may hold a secret.
        let table: Table = toml::from_str(&text).map_err(|error: toml::de::Error| {
            let line = error.span().map_or(1, |span| text[..span.start].lines().count().max(1));
            bad(format!("line {line} is not valid TOML"))
        })?;
        Self::of(name, &table, path.parent().unwrap_or(Path::new("."))).map_err(bad)
    }

    /// `folder` is where relative paths begin.
    fn of(name: &str, table: &Table, folder: &Path) -> Result<Self, String> {
        const KEYS: [&str; 7] = ["profile_version", "driver", "entrypoint", "dialect", "tier", "Options", "options"];
        if let Some(key) = table.keys().find(|key| !KEYS.contains(&key.as_str())) {
            let meant = did_you_mean(key, KEYS[..6].iter().copied()).map(|meant| format!(": {meant}"));
            return Err(format!("unknown key `{key}`{}", meant.unwrap_or_default()));
        }
        let text = |key: &str| match table.get(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(format!("`{key}` must be a text")),
        };
        if table.get("profile_version").is_some_and(|version| version.as_integer() != Some(VERSION)) {
            return Err(format!("`profile_version` must be {VERSION}"));
        }
        let driver = text("driver")?.ok_or("`driver` is missing: name it, such as `driver = \"postgresql\"`")?;
        let dialect = match text("dialect")? {
            Some(name) => named(&name)?,
            None => of_driver(&driver),
        };
        let driver = match driver.contains(['/', '\\']) {
            true => folder.join(&driver).to_string_lossy().into_owned(),
            false => driver,
        };
        let mut profile = Self {
            name: name.to_owned(),
            driver,
            entrypoint: text("entrypoint")?,
            dialect,
            tier: text("tier")?.map_or(Ok(Tier::Whole), |name| tier(&name))?,
            options: vec![],
            secrets: vec![],
        };
        for key in ["Options", "options"] {
            match table.get(key) {
                None => {}
                Some(Value::Table(options)) => profile.add("", options)?,
                Some(_) => return Err(format!("`{key}` must be a table: `[{key}]`")),
            }
        }
        Ok(profile)
    }

    /// Adds options. Tables within are flattened: `a.b`.
    fn add(&mut self, prefix: &str, options: &Table) -> Result<(), String> {
        for (key, value) in options {
            let key = format!("{prefix}{key}");
            let value = match value {
                Value::String(text) => {
                    let text = self.expanded(&key, text)?;
                    self.keep_secret(&key, &text);
                    OptionValue::String(text)
                }
                Value::Integer(number) => {
                    self.keep_secret(&key, &number.to_string());
                    OptionValue::Int(*number)
                }
                Value::Float(number) => OptionValue::Double(*number),
                Value::Boolean(truth) => OptionValue::String(truth.to_string()),
                Value::Table(inner) => {
                    self.add(&format!("{key}."), inner)?;
                    continue;
                }
                _ => return Err(format!("the option `{key}` must be a text, a number or a truth value")),
            };
            self.options.push((key, value));
        }
        Ok(())
    }

    /// Replaces `{{ env_var(NAME) }}` by the environment variable. As a part of a URI, after `=` or between `:` and `@`, it is
    /// percent-encoded, so that it cannot add other parts.
    fn expanded(&mut self, key: &str, text: &str) -> Result<String, String> {
        let (mut done, mut rest) = (String::new(), text);
        while let Some((before, after)) = rest.split_once("{{") {
            let expected =
                || format!("the option `{key}` has `{{{{` without `env_var`: write `{{{{ env_var(NAME) }}}}`");
            let (inner, after) = after.split_once("}}").ok_or_else(expected)?;
            let name = inner.trim().strip_prefix("env_var(").and_then(|name| name.strip_suffix(')'));
            let name = name.map(|name| name.trim().trim_matches(['"', '\''])).filter(|name| !name.is_empty());
            let name = name.ok_or_else(expected)?;
            let value = std::env::var(name).map_err(|error| match error {
                VarError::NotPresent => format!("the environment variable `{name}` is not set"),
                VarError::NotUnicode(_) => format!("the environment variable `{name}` is not a text"),
            })?;
            done.push_str(before);
            let is_part =
                done.contains("://") && (done.ends_with('=') || done.ends_with(':') && after.starts_with('@'));
            let written = if is_part { percent_encoded(&value) } else { value.clone() };
            done.push_str(&written);
            self.secrets.extend([value, written]);
            rest = after;
        }
        done.push_str(rest);
        Ok(done)
    }

    /// Remembers what may be secret in an option.
    fn keep_secret(&mut self, key: &str, value: &str) {
        let key = key.to_lowercase();
        if ["password", "secret", "token", "key", "credential"].iter().any(|word| key.contains(word)) {
            self.secrets.push(value.to_owned());
        }
        // password=… in a URI or among the parameters of a connection.
        for (at, name) in value.match_indices("password=") {
            let rest = &value[at + name.len()..];
            let end = rest.find(|letter: char| letter == '&' || letter == ';' || letter.is_whitespace());
            self.secrets.push(rest[..end.unwrap_or(rest.len())].trim_matches(['"', '\'']).to_owned());
        }
        // user:password@ in a URI.
        let authority = value.split_once("://").and_then(|(_, rest)| rest.rsplit_once('@'));
        if let Some((_, password)) = authority.and_then(|(user, _)| user.split_once(':')) {
            self.secrets.push(password.to_owned());
        }
    }

    /// A message of a driver without secrets.
    pub fn without_secrets(&self, message: &str) -> String {
        // Very short ones would be found inside words, and their places would tell what they are.
        let secrets = self.secrets.iter().filter(|secret| secret.chars().count() >= MIN_MASKED);
        secrets.fold(message.to_owned(), |message, secret| message.replace(secret, "***"))
    }
}

/// A text as a part of a URI.
fn percent_encoded(text: &str) -> String {
    let encoded = |byte: u8| match byte {
        b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        _ if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(encoded).collect()
}

/// The text of a file, or why it cannot be read.
fn text(path: &Path) -> Result<String, String> {
    let size = fs::metadata(path).map_err(|error| error.to_string())?.len();
    if size > MAX_BYTES {
        return Err(format!("it is larger than {} KiB", MAX_BYTES >> 10));
    }
    fs::read_to_string(path).map_err(|error| error.to_string())
}

/// The dialect of this name.
fn named(name: &str) -> Result<Dialect, String> {
    Dialect::ALL.into_iter().find(|dialect| dialect.name() == name).ok_or_else(|| {
        let names: Vec<&str> = Dialect::ALL.iter().map(|dialect| dialect.name()).collect();
        format!("unknown dialect `{name}`: write one of {}", names.join(", "))
    })
}

/// The tier of this name.
fn tier(name: &str) -> Result<Tier, String> {
    let tiers =
        [("whole", Tier::Whole), ("states", Tier::States), ("counted rows", Tier::CountedRows), ("rows", Tier::Rows)];
    let found = tiers.into_iter().find(|(known, _)| *known == name).map(|(_, tier)| tier);
    found.ok_or_else(|| format!("unknown tier `{name}`: write one of whole, states, counted rows, rows"))
}

/// The dialect that the name of a driver suggests.
fn of_driver(driver: &str) -> Dialect {
    let file = driver.rsplit(['/', '\\']).next().unwrap_or(driver).to_lowercase();
    let mut dialects = Dialect::ALL.into_iter().filter(|dialect| *dialect != Dialect::Ansi);
    dialects.find(|dialect| file.contains(dialect.name())).unwrap_or_default()
}

/// The file of a profile with this name.
fn find(name: &str) -> Result<PathBuf, Diagnostic> {
    let folders = folders();
    let files = folders.iter().map(|folder| folder.join(format!("{name}.toml")));
    let is_name = !name.is_empty() && !name.contains(['/', '\\']);
    if let Some(file) = files.filter(|_| is_name).find(|file| file.is_file()) {
        return Ok(file);
    }
    let unknown = problem(format!("there is no connection profile `{name}`"));
    let known = known(&folders);
    let unknown = unknown.maybe_hint(did_you_mean(name, known.iter().map(String::as_str)));
    Err(match (known.is_empty(), folders.last()) {
        (false, _) => unknown.hint(format!("the known profiles are {}", known.join(", "))),
        (true, Some(folder)) => unknown.hint(format!("write one: `{}`", folder.join(format!("{name}.toml")).display())),
        (true, None) => unknown.hint("name its file, such as `./warehouse.toml`"),
    })
}

/// The names of all profiles.
fn known(folders: &[PathBuf]) -> Vec<String> {
    let files = folders.iter().filter_map(|folder| fs::read_dir(folder).ok()).flatten().flatten();
    let name = |file: fs::DirEntry| Some(file.file_name().to_str()?.strip_suffix(".toml")?.to_owned());
    let mut names: Vec<String> = files.filter_map(name).collect();
    names.sort();
    names.dedup();
    names
}

/// The folders with profiles, in the order in which they are searched: those of `ADBC_PROFILE_PATH`, then the user's.
fn folders() -> Vec<PathBuf> {
    let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let home = || variable("HOME").map(PathBuf::from);
    let own = match std::env::consts::OS {
        "macos" => home().map(|home| home.join("Library/Application Support/ADBC/Profiles")),
        "windows" => variable("LOCALAPPDATA").map(|folder| Path::new(&folder).join("ADBC/Profiles")),
        _ => {
            let config = variable("XDG_CONFIG_HOME").map(PathBuf::from).or_else(|| Some(home()?.join(".config")));
            config.map(|folder| folder.join("adbc/profiles"))
        }
    };
    let named = variable("ADBC_PROFILE_PATH").map(|paths| std::env::split_paths(&paths).collect::<Vec<_>>());
    named.into_iter().flatten().chain(own).collect()
}

fn problem(message: String) -> Diagnostic {
    Diagnostic::error(Code::Unreadable, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(text: &str) -> Result<Profile, String> {
        Profile::of("shop", &toml::from_str(text).expect("it is TOML"), Path::new("/etc/kpi"))
    }

    #[test]
    fn options_are_flattened_and_the_dialect_follows_from_the_driver() {
        let text = "driver = 'lib/libadbc_driver_postgresql.so'\n[Options]\nuri = 'x'\nport = 5\n[Options.a]\nb = true";
        let profile = profile(text).expect("it is valid");
        assert_eq!(profile.driver, "/etc/kpi/lib/libadbc_driver_postgresql.so");
        assert_eq!(profile.dialect, Dialect::Postgres);
        let option = |(key, value): &(String, OptionValue)| format!("{key}={value:?}");
        let mut options: Vec<String> = profile.options.iter().map(option).collect();
        options.sort();
        assert_eq!(options, ["a.b=String(\"true\")", "port=Int(5)", "uri=String(\"x\")"]);
    }

    #[test]
    fn messages_show_no_secret() {
        let text =
            "driver = 'x'\n[Options]\nuri = 'postgresql://me:pa:ss@host/db'\nauth_token = 'abcd'\npassword = 1234";
        let profile = profile(text).expect("it is valid");
        let message = profile.without_secrets("cannot use postgresql://me:pa:ss@host/db with abcd and 1234");
        assert_eq!(message, "cannot use postgresql://me:***@host/db with *** and ***");
        let text = "driver = 'x'\n[Options]\nuri = 'postgresql://host/db?user=me&password=s3cret&port=1'\ndsn = \"host=h password='pass' port=1\"";
        let profile = self::profile(text).expect("it is valid");
        assert_eq!(profile.without_secrets("s3cret and pass"), "*** and ***");
    }

    #[test]
    fn a_variable_cannot_add_parts_to_a_uri() {
        let written = |uri: &str| {
            let profile = profile(&format!("driver = 'x'\n[Options]\nuri = '{uri}'")).expect("it is valid");
            match &profile.options[..] {
                [(_, OptionValue::String(uri))] => uri.clone(),
                _ => panic!("it has one option"),
            }
        };
        // This variable is set everywhere, and it holds slashes.
        let (variable, path) = ("{{ env_var(PATH) }}", std::env::var("PATH").expect("it is set"));
        let encoded = percent_encoded(&path);
        assert_eq!(percent_encoded("a b&c=d@é"), "a%20b%26c%3Dd%40%C3%A9");
        assert_eq!(
            written(&format!("pg://host/db?password={variable}&x=1")),
            format!("pg://host/db?password={encoded}&x=1")
        );
        assert_eq!(written(&format!("pg://me:{variable}@host")), format!("pg://me:{encoded}@host"));
        assert_eq!(written(&format!("pg://host/{variable}")), format!("pg://host/{path}"));
        assert_eq!(written(variable), path);
    }

    #[test]
    fn short_secrets_do_not_garble_messages() {
        let profile = profile("driver = 'x'\n[Options]\npassword = 'e'").expect("it is valid");
        assert_eq!(profile.without_secrets("Failed to connect"), "Failed to connect");
    }

    #[test]
    fn a_profile_has_a_maximum_size() {
        let file = std::env::temp_dir().join(format!("yardstick-profile-{}.toml", std::process::id()));
        let read = |bytes: usize| {
            fs::write(&file, format!("driver = 'x'\n#{}", "x".repeat(bytes - 14))).expect("it can be written");
            Profile::read(file.to_str().expect("it is UTF-8")).map(|_| ()).map_err(|problem| problem.message)
        };
        let most = MAX_BYTES as usize;
        assert_eq!(read(most), Ok(()));
        let message = read(most + 1).expect_err("it is too large");
        assert!(message.contains("larger than 64 KiB"), "{message}");
        fs::remove_file(&file).expect("it is there");
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, expected) in [
            ("", "`driver` is missing"),
            ("driver = 1", "`driver` must be a text"),
            ("driver = 'x'\ndrivr = 'y'", "unknown key `drivr`: did you mean `driver`"),
            ("profile_version = 2\ndriver = 'x'", "`profile_version` must be 1"),
            ("driver = 'x'\ndialect = 'oracle'", "unknown dialect `oracle`: write one of ansi, bigquery"),
            ("driver = 'x'\ntier = 'row'", "unknown tier `row`: write one of whole, states, counted rows, rows"),
            ("driver = 'x'\nOptions = 1", "`Options` must be a table"),
            ("driver = 'x'\n[Options]\na = []", "the option `a` must be a text"),
            ("driver = 'x'\n[Options]\na = '{{ b }}'", "write `{{ env_var(NAME) }}`"),
            ("driver = 'x'\n[Options]\na = '{{ env_var(NO_SUCH_KPI_VARIABLE) }}'", "`NO_SUCH_KPI_VARIABLE` is not set"),
        ] {
            let message = profile(text).map(|_| ()).expect_err(text);
            assert!(message.contains(expected), "{text}: {message}");
        }
    }
}
