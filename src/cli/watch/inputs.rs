//! The files that a command reads.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::cli::args::{Completed, Sources};
use crate::cli::files::{files_of, kpi_files};
use crate::cli::project::Project;
use crate::cli::workspace::Workspace;

/// The maximum number of files that a message names.
const NAMED: usize = 3;

/// What a command reads.
#[derive(Debug, Default)]
pub struct Inputs {
    /// The files and folders of definitions, as on the command line.
    definitions: Vec<PathBuf>,
    /// The data files, patterns of them, and the files of connection profiles.
    data: Vec<PathBuf>,
    /// The file that the command writes.
    written: Option<PathBuf>,
}

impl Inputs {
    /// What a command reads: its definitions, the data that these or the options name, and the file of the project.
    pub fn of(completed: &Completed) -> Self {
        let Some(watched) = completed.arguments.command.watched() else { return Self::default() };
        let budget = completed.arguments.limits.start().budget;
        let data = |sources: &Sources| {
            let profiles = sources.connections.iter().map(|connection| &connection.profile);
            let profiles = profiles.filter(|profile| profile.ends_with(".toml")).map(PathBuf::from);
            // Whether the result would replace one of them is said by the run.
            let opened = Workspace::open(&Sources { result: None, ..sources.clone() }, &budget);
            let files = opened.map(|workspace| workspace.data_files(&sources.data)).unwrap_or_default();
            files.into_iter().chain(profiles).collect()
        };
        Self {
            definitions: watched.definitions.to_vec(),
            data: watched.sources.map(data).unwrap_or_default(),
            written: completed.output.clone(),
        }
    }

    /// The files as they are now.
    pub fn files(&self) -> Files {
        let definitions = kpi_files(&self.definitions, &mut vec![]);
        let data = self.data.iter().flat_map(|path| files_of(path));
        let all = definitions.into_iter().chain(data).chain(Project::file());
        // A result that is read as data would be a change after each run.
        let written = self.written.as_ref().map(|path| place(path));
        let all = all.filter(|path| written.as_ref().is_none_or(|written| place(path) != *written));
        Files(all.map(|path| (path.clone(), Version::of(&path))).collect())
    }

    /// The folders in which a change may be one of these files. An editor may replace a file, so files are not followed
    /// themselves.
    pub fn folders(&self) -> BTreeSet<PathBuf> {
        let own = self.definitions.iter().filter(|path| path.is_dir()).cloned();
        let here = self.definitions.is_empty().then(|| PathBuf::from("."));
        let data = self.data.iter().map(|path| parent(path));
        let files = self.files();
        let files = files.0.keys().flat_map(|path| [Some(path.clone()), path.canonicalize().ok()]).flatten();
        own.chain(here).chain(data).chain(files.map(|path| parent(&path))).collect()
    }
}

/// The folder of a path.
fn parent(path: &Path) -> PathBuf {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_owned()
}

/// The place of a file, whether it is there or not.
fn place(path: &Path) -> PathBuf {
    let folder = parent(path);
    folder.canonicalize().unwrap_or(folder).join(path.file_name().unwrap_or_default())
}

/// Files and their versions at one time.
#[derive(Debug, PartialEq)]
pub struct Files(BTreeMap<PathBuf, Option<Version>>);

impl Files {
    /// The number of files.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Names the files that are new, gone or changed: `ads.csv, shop.kpi`
    pub fn changed_since(&self, before: &Self) -> String {
        let all: BTreeSet<&PathBuf> = self.0.keys().chain(before.0.keys()).collect();
        let changed = all.into_iter().filter(|path| self.0.get(*path) != before.0.get(*path));
        let changed: Vec<String> = changed.map(|path| path.display().to_string()).collect();
        match changed.len().checked_sub(NAMED) {
            None | Some(0) => changed.join(", "),
            Some(more) => format!("{} and {more} more", changed[..NAMED].join(", ")),
        }
    }
}

/// What tells two versions of a file apart.
#[derive(Debug, Clone, PartialEq)]
struct Version {
    modified: Option<SystemTime>,
    size: u64,
    /// The number of the file on its disk, which a file that replaces it does not have.
    number: u64,
}

impl Version {
    /// The version of a file. None if it is not there.
    fn of(path: &Path) -> Option<Self> {
        let metadata = std::fs::metadata(path).ok()?;
        #[cfg(unix)]
        let number = std::os::unix::fs::MetadataExt::ino(&metadata);
        #[cfg(not(unix))]
        let number = 0;
        Some(Self { modified: metadata.modified().ok(), size: metadata.len(), number })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::cli::args::complete;

    /// What a command line in a folder reads; its paths are absolute.
    fn inputs(line: &[&str]) -> Inputs {
        let words = line.iter().map(Into::into).collect();
        match complete(words, || Ok(Project::default())) {
            Ok(completed) => Inputs::of(&completed),
            Err(_) => panic!("{line:?} is valid"),
        }
    }

    #[test]
    fn inputs_are_definitions_with_the_data_that_they_and_the_options_name() {
        let folder = tempfile::tempdir().expect("it can be made");
        let at = |name: &str| folder.path().join(name).to_str().expect("it is UTF-8").to_owned();
        let text = "dataset a = \"a.csv\"\ndataset b = \"b-*.csv\"\ndataset c = \"c.xlsx#One\"\nk = sum(a.x)";
        for (name, text) in [("k.kpi", text), ("a.csv", "x\n1\n"), ("b-1.csv", ""), ("b-out.csv", ""), ("d.csv", "")] {
            fs::write(at(name), text).expect("it can be written");
        }
        let root = at("");
        let data = format!("d={}", at("d.csv"));
        let written = at("b-out.csv");
        let inputs = inputs(&["kpi", "eval", "-f", &root, "-d", &data, "-o", &written, "--watch"]);
        let files = inputs.files();
        let names: Vec<_> = files.0.keys().filter_map(|path| path.strip_prefix(folder.path()).ok()).collect();
        // The workbook is not there yet; the result is not an input.
        assert_eq!(names, ["a.csv", "b-1.csv", "c.xlsx", "d.csv", "k.kpi"].map(Path::new));
        let folders: Vec<PathBuf> = inputs.folders().iter().filter_map(|path| path.canonicalize().ok()).collect();
        assert!(folders.contains(&folder.path().canonicalize().expect("it is there")));

        // Files that are new, gone, replaced and changed; one that is only read is none of these.
        fs::write(at("c.xlsx"), "new").expect("it can be written");
        fs::remove_file(at("d.csv")).expect("it is there");
        fs::write(at("other"), "x\n2\n").expect("it can be written");
        fs::rename(at("other"), at("a.csv")).expect("it can be replaced");
        fs::write(at("b-2.csv"), "longer").expect("it can be written");
        fs::read(at("k.kpi")).expect("it is there");
        let changed = inputs.files().changed_since(&files);
        let expected = format!("{}, {}, {} and 1 more", at("a.csv"), at("b-2.csv"), at("c.xlsx"));
        assert_eq!(changed, expected);
    }
}
