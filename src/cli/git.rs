//! Reads definitions from a revision of a git repository, through the command `git`. No shell is involved.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::diagnostic::{Code, Diagnostic};

/// A revision of the repository that contains a folder.
pub(super) struct Revision {
    /// The name as the user wrote it.
    pub name: String,
    /// The commit.
    commit: String,
}

/// Why a name is not a revision.
pub(super) enum NoRevision {
    /// The repository has no such revision.
    Unknown,
    /// The folder is not in a repository.
    NoRepository,
    /// The command cannot be run.
    NoGit(io::Error),
}

impl Revision {
    /// Finds a revision in the repository that contains one of these files, or the current folder.
    pub fn find(name: &str, files: &[PathBuf]) -> Result<Self, NoRevision> {
        let (folder, _) = existing(files.first().map_or(Path::new("."), |path| path));
        let peeled = format!("{name}^{{commit}}");
        let found = git(&folder, &["rev-parse", "--verify", "--quiet", "--end-of-options", &peeled]);
        let found = found.map_err(NoRevision::NoGit)?;
        if found.status.success() {
            let commit = String::from_utf8_lossy(&found.stdout).trim().to_owned();
            return Ok(Self { name: name.to_owned(), commit });
        }
        let inside = git(&folder, &["rev-parse", "--git-dir"]).map_err(NoRevision::NoGit)?;
        Err(if inside.status.success() { NoRevision::Unknown } else { NoRevision::NoRepository })
    }

    /// A name of the revision that is not that of a file.
    pub fn full_name(&self, files: &[PathBuf]) -> String {
        let (folder, _) = existing(files.first().map_or(Path::new("."), |path| path));
        let full = git(&folder, &["rev-parse", "--symbolic-full-name", "--end-of-options", &self.name]);
        let said = full.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
        let full = said.lines().last().unwrap_or_default().to_owned();
        if full.starts_with("refs/") { full } else { format!("{}^0", self.name) }
    }

    /// What precedes the paths in the names of the texts.
    pub fn prefix(&self) -> String {
        format!("{}:", self.name)
    }

    /// The names and texts of the `.kpi` files in these files and folders; without any, in the current folder.
    ///
    /// # Errors
    /// An error for each path without definitions in the revision.
    pub fn texts(&self, paths: &[PathBuf]) -> Result<Vec<(String, String)>, Vec<Diagnostic>> {
        let here = [PathBuf::new()];
        let (mut texts, mut problems) = (vec![], vec![]);
        for path in if paths.is_empty() { &here } else { paths } {
            match self.texts_at(path) {
                Ok(found) if found.is_empty() => problems.push(self.nothing_in(path)),
                Ok(found) => texts.extend(found),
                Err(problem) => problems.push(problem),
            }
        }
        let mut seen = std::collections::HashSet::new();
        texts.retain(|(name, _)| seen.insert(name.clone()));
        if problems.is_empty() { Ok(texts) } else { Err(problems) }
    }

    fn texts_at(&self, path: &Path) -> Result<Vec<(String, String)>, Diagnostic> {
        let is_file = path.extension().is_some_and(|extension| extension == "kpi") && !path.is_dir();
        let folder = if is_file { path.parent().unwrap_or(Path::new("")) } else { path };
        let mut found = vec![];
        for (name, blob) in self.blobs(folder)? {
            let is_asked = !is_file || path.file_name() == Some(OsStr::new(&name));
            if !name.ends_with(".kpi") || !is_asked {
                continue;
            }
            let (at, _) = existing(folder);
            let output = self.run(&at, &["cat-file", "blob", &blob])?;
            let shown = format!("{}{}", self.prefix(), folder.join(&name).display());
            let text = String::from_utf8(output.stdout)
                .map_err(|_| Diagnostic::error(Code::Unreadable, format!("cannot read `{shown}`: it is not UTF-8")))?;
            found.push((shown, text));
        }
        found.sort();
        Ok(found)
    }

    /// The names and contents of the files of a folder.
    fn blobs(&self, folder: &Path) -> Result<Vec<(String, String)>, Diagnostic> {
        let (at, rest) = existing(folder);
        let mut arguments = vec!["ls-tree".to_owned(), "-z".to_owned(), self.commit.clone()];
        if !rest.as_os_str().is_empty() {
            arguments.push(format!("{}/", rest.display()));
        }
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let listed = self.run(&at, &arguments)?;
        let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
        // `100644 blob 0123…\tads/cac.kpi`
        let entry = |entry: &str| {
            let (head, path) = entry.split_once('\t')?;
            let mut words = head.split(' ');
            let is_file = words.next()?.starts_with("100") && words.next()? == "blob";
            let name = path.rsplit('/').next()?.to_owned();
            Some((name, words.next()?.to_owned())).filter(|_| is_file)
        };
        Ok(listed.split('\0').filter_map(entry).collect())
    }

    fn run(&self, folder: &Path, arguments: &[&str]) -> Result<Output, Diagnostic> {
        let failed = |reason: String| {
            Diagnostic::error(Code::Unreadable, format!("cannot read the revision `{}`: {reason}", self.name))
        };
        let output = git(folder, arguments).map_err(|error| failed(error.to_string()))?;
        if output.status.success() {
            return Ok(output);
        }
        let said = String::from_utf8_lossy(&output.stderr);
        Err(failed(said.lines().next().unwrap_or("git failed").to_owned()))
    }

    fn nothing_in(&self, path: &Path) -> Diagnostic {
        let place = if path.as_os_str().is_empty() { Path::new(".") } else { path }.display();
        Diagnostic::error(Code::Unreadable, format!("the revision `{}` has no .kpi files in `{place}`", self.name))
            .hint("name the files or folders that it had: `-f FILE|DIR`")
            .hint(format!("to see them, run `git ls-tree -r --name-only {}`", self.name))
    }
}

/// The part of a path that exists as a folder, and the rest.
fn existing(path: &Path) -> (PathBuf, PathBuf) {
    let mut folder = if path.is_file() { path.parent().unwrap_or(Path::new("")) } else { path };
    while !folder.as_os_str().is_empty() && !folder.is_dir() {
        folder = folder.parent().unwrap_or(Path::new(""));
    }
    let rest = path.strip_prefix(folder).unwrap_or(Path::new("")).to_owned();
    let here = folder.as_os_str().is_empty();
    (if here { PathBuf::from(".") } else { folder.to_owned() }, rest)
}

fn git(folder: &Path, arguments: &[&str]) -> io::Result<Output> {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder).args(arguments).env("LC_ALL", "C").stdin(Stdio::null());
    command.output()
}
