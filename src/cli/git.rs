//! Reads definitions from a revision of git, through the command `git`. No shell is involved.

use std::ffi::OsStr;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::diagnostic::{Code, Diagnostic, did_you_mean};

/// A revision of the repositories that contain some files and folders.
pub(super) struct Revision {
    /// The name as the user wrote it.
    pub name: String,
    places: Vec<Place>,
}

/// A file or folder, and the commit of the revision in its repository.
struct Place {
    /// The path as the user wrote it; empty for the current folder.
    path: PathBuf,
    commit: String,
}

/// Why a name is not a revision.
pub(super) enum NoRevision {
    /// The repository of this path has no such revision. The hints say what may be meant.
    Unknown(PathBuf, Vec<String>),
    /// The path is not in a repository.
    NoRepository,
    /// Git does not read the repository, for this reason.
    Refused(String),
    /// The command cannot be run.
    NoGit(io::Error),
}

impl Revision {
    /// Finds a revision in the repository of each of these files; without any, in that of the current folder.
    pub fn find(name: &str, files: &[PathBuf]) -> Result<Self, NoRevision> {
        let here = [PathBuf::new()];
        let paths = if files.is_empty() { &here } else { files };
        let place = |path: &PathBuf| Ok(Place { path: path.clone(), commit: commit(name, path)? });
        Ok(Self { name: name.to_owned(), places: paths.iter().map(place).collect::<Result<_, NoRevision>>()? })
    }

    /// A name of the revision that is not that of a file.
    pub fn full_name(&self) -> String {
        let (folder, _) = existing(&self.places[0].path);
        let full = line(&folder, &["rev-parse", "--symbolic-full-name", "--end-of-options", &self.name]);
        full.filter(|full| full.starts_with("refs/")).unwrap_or_else(|| format!("{}^0", self.name))
    }

    /// What precedes the paths in the names of the texts.
    pub fn prefix(&self) -> String {
        format!("{}:", self.name)
    }

    /// The names and texts of the `.kpi` files in the files and folders.
    ///
    /// # Errors
    /// An error for each path without definitions in the revision.
    pub fn texts(&self) -> Result<Vec<(String, String)>, Vec<Diagnostic>> {
        let (mut texts, mut problems) = (vec![], vec![]);
        for place in &self.places {
            match self.texts_at(place) {
                Ok(found) if found.is_empty() => problems.push(self.nothing_in(&place.path)),
                Ok(found) => texts.extend(found),
                Err(problem) => problems.push(problem),
            }
        }
        let mut seen = std::collections::HashSet::new();
        texts.retain(|(name, _)| seen.insert(name.clone()));
        if problems.is_empty() { Ok(texts) } else { Err(problems) }
    }

    fn texts_at(&self, Place { path, commit }: &Place) -> Result<Vec<(String, String)>, Diagnostic> {
        let is_file = path.extension().is_some_and(|extension| extension == "kpi") && !path.is_dir();
        let folder = if is_file { path.parent().unwrap_or(Path::new("")) } else { path };
        let mut found = vec![];
        for (name, blob) in self.blobs(folder, commit)? {
            let is_asked = !is_file || path.file_name() == Some(OsStr::new(&name));
            if !name.ends_with(".kpi") || !is_asked {
                continue;
            }
            let (at, _) = existing(folder);
            let output = self.run(&at, &["cat-file", "blob", &blob])?;
            let shown = format!("{}{}", self.prefix(), from_here(&folder.join(&name)).display());
            let text = String::from_utf8(output.stdout)
                .map_err(|_| Diagnostic::error(Code::Unreadable, format!("cannot read `{shown}`: it is not UTF-8")))?;
            found.push((shown, text));
        }
        found.sort();
        Ok(found)
    }

    /// The names and contents of the files of a folder.
    fn blobs(&self, folder: &Path, commit: &str) -> Result<Vec<(String, String)>, Diagnostic> {
        let (at, rest) = existing(folder);
        let mut arguments = vec!["ls-tree".to_owned(), "-z".to_owned(), commit.to_owned()];
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
        if output.status.success() { Ok(output) } else { Err(failed(reason(&output))) }
    }

    fn nothing_in(&self, path: &Path) -> Diagnostic {
        let place = if path.as_os_str().is_empty() { Path::new(".") } else { path }.display();
        let message = format!("the revision `{}` has no .kpi files in `{place}`", self.name);
        let untracked = || format!("git does not have `{place}` yet: to keep it from now on, run `git add {place}`");
        Diagnostic::error(Code::Unreadable, message)
            .maybe_hint((path.exists() && self.is_untracked(path)).then(untracked))
            .hint("name the files or folders that it had: `-f FILE|DIR`")
            .hint(format!("to see them, run `git ls-tree -r --name-only {}`", self.name))
    }

    /// True if git does not track a file in this path today.
    fn is_untracked(&self, path: &Path) -> bool {
        let (folder, rest) = existing(path);
        let name = rest.to_string_lossy();
        let asked = if name.is_empty() { "." } else { &*name };
        line(&folder, &["--literal-pathspecs", "ls-files", "--", asked]).is_none()
    }
}

/// The commit of a revision in the repository that contains a path.
fn commit(name: &str, path: &Path) -> Result<String, NoRevision> {
    let (folder, _) = existing(path);
    let peeled = format!("{name}^{{commit}}");
    let found = git(&folder, &["rev-parse", "--verify", "--quiet", "--end-of-options", &peeled]);
    let found = found.map_err(NoRevision::NoGit)?;
    if found.status.success() {
        return Ok(String::from_utf8_lossy(&found.stdout).trim().to_owned());
    }
    let inside = git(&folder, &["rev-parse", "--git-dir"]).map_err(NoRevision::NoGit)?;
    let said = reason(&inside);
    Err(match inside.status.success() {
        true => NoRevision::Unknown(path.to_owned(), meant(name, &folder)),
        false if said.starts_with("not a git repository") => NoRevision::NoRepository,
        false => NoRevision::Refused(said),
    })
}

/// What may be meant by a name that is not a revision.
fn meant(name: &str, folder: &Path) -> Vec<String> {
    let (base, rest) = name.split_at(name.find(['~', '^', '@', ':']).unwrap_or(name.len()));
    let refs = lines(folder, &["for-each-ref", "--format=%(refname:short)"]);
    let counted = line(folder, &["rev-list", "--count", "--first-parent", "--end-of-options", base, "--"]);
    let commits = counted.and_then(|count| count.parse::<u64>().ok());
    let is_shallow = line(folder, &["rev-parse", "--is-shallow-repository"]).is_some_and(|said| said == "true");
    let goes_back = rest.starts_with(['~', '^']) && !is_shallow;
    let hint = match (commits, rest.strip_prefix(':')) {
        (Some(_), Some(path)) => Some(format!("to read a folder of a revision, write `{base} -f {path}`")),
        (Some(1), None) if goes_back => Some(format!("`{base}` is the first commit")),
        (Some(count), None) if goes_back => Some(format!("the first commit of `{base}` is `{base}~{}`", count - 1)),
        (Some(_), None) => None,
        (None, _) if refs.is_empty() => Some("the repository has no commits yet".to_owned()),
        (None, _) => similar(base, rest, &refs),
    };
    let shallow = "this is a shallow clone: to fetch its older commits, run `git fetch --unshallow`";
    let all = "to see the revisions, run `git log --oneline`, `git branch -a` or `git tag`";
    hint.into_iter().chain(is_shallow.then(|| shallow.to_owned())).chain([all.to_owned()]).collect()
}

/// Suggests branches and tags with a similar name, and the branches of this name in other repositories.
fn similar(base: &str, rest: &str, refs: &[String]) -> Option<String> {
    let is_elsewhere = |known: &&String| known.rsplit_once('/').is_some_and(|(_, last)| last == base);
    let elsewhere: Vec<String> = refs.iter().filter(is_elsewhere).map(|known| format!("`{known}{rest}`")).collect();
    if !elsewhere.is_empty() {
        return Some(format!("did you mean {}?", elsewhere.join(" or ")));
    }
    let known: Vec<String> = refs.iter().map(|known| format!("{known}{rest}")).collect();
    did_you_mean(&format!("{base}{rest}"), known.iter().map(String::as_str))
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

/// A path as git writes one that begins in the current folder: `./ads/cac.kpi`.
fn from_here(path: &Path) -> PathBuf {
    match path.components().next() {
        Some(Component::Normal(_)) => Path::new(".").join(path),
        _ => path.to_owned(),
    }
}

/// Why git failed, in one line.
fn reason(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr);
    let first = said.lines().next().unwrap_or("git failed");
    first.strip_prefix("fatal: ").unwrap_or(first).to_owned()
}

/// The lines that git answers; none if it fails.
fn lines(folder: &Path, arguments: &[&str]) -> Vec<String> {
    let output = git(folder, arguments).ok().filter(|output| output.status.success());
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    text.unwrap_or_default().lines().map(str::to_owned).collect()
}

/// The last line that git answers. None if there is none, or if it fails.
fn line(folder: &Path, arguments: &[&str]) -> Option<String> {
    lines(folder, arguments).pop().filter(|line| !line.is_empty())
}

fn git(folder: &Path, arguments: &[&str]) -> io::Result<Output> {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder).args(arguments).env("LC_ALL", "C").stdin(Stdio::null());
    command.output()
}
