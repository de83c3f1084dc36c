//! A folder for the files of one test, and the command in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A folder that is removed at the end of the test.
pub struct Folder(tempfile::TempDir);

impl Folder {
    pub fn new() -> Self {
        Self(tempfile::Builder::new().prefix("yardstick-").tempdir().expect("temporary folders can be made"))
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// The path of a file.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    /// Writes a file, and makes the folders that it is in.
    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.file(name);
        fs::create_dir_all(path.parent().expect("it is in the folder")).expect("it can be made");
        fs::write(&path, bytes).expect("it can be written");
        path
    }

    pub fn bytes(&self, name: &str) -> Vec<u8> {
        fs::read(self.file(name)).expect("it can be read")
    }

    pub fn read(&self, name: &str) -> String {
        String::from_utf8(self.bytes(name)).expect("it is text")
    }

    /// The command, which runs in a folder below.
    pub fn command(&self, below: &str, arguments: &[&str]) -> Command {
        let mut kpi = Command::new(env!("CARGO_BIN_EXE_kpi"));
        kpi.current_dir(self.file(below)).args(arguments);
        kpi
    }

    pub fn kpi(&self, arguments: &[&str]) -> Output {
        self.command("", arguments).output().expect("it runs")
    }
}
