//! Writes what a subcommand prints: to standard output, or to a file that is replaced as a whole.

use std::borrow::Cow;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;

use tempfile::NamedTempFile;

use super::rows::{Limit, Rows};
use crate::diagnostic::{Code, Diagnostic, printable, printable_line};
use crate::render;

/// What a subcommand prints on standard output.
#[derive(Debug)]
pub(crate) enum Printed {
    /// Text for people. Control characters are replaced, so it cannot control a terminal.
    Text(String),
    /// The same, with status marks that are colored on a terminal.
    Marked(String),
    /// Text for programs, byte for byte.
    Raw(String),
    /// A long result for programs.
    Rows(Box<Rows>),
    /// An Excel workbook.
    Workbook(Vec<u8>),
}

impl Default for Printed {
    fn default() -> Self {
        Self::Text(String::new())
    }
}

impl Printed {
    /// Writes everything. All output for people goes through here. Returns a remark for standard error, if any.
    pub fn write(&self, mut to: impl Write, color: bool) -> io::Result<Option<String>> {
        let text = match self {
            Self::Text(text) => printable(text),
            Self::Marked(text) if color => render::colored(&printable(text)).into(),
            Self::Marked(text) => printable(text),
            Self::Raw(text) => Cow::Borrowed(text.as_str()),
            Self::Rows(rows) => return rows.write(to),
            Self::Workbook(bytes) => {
                to.write_all(bytes)?;
                to.flush()?;
                return Ok(None);
            }
        };
        to.write_all(text.as_bytes())?;
        to.flush()?;
        Ok(None)
    }

    /// True if there is nothing to write.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Text(text) | Self::Marked(text) | Self::Raw(text) => text.is_empty(),
            Self::Workbook(_) | Self::Rows(_) => false,
        }
    }

    /// Writes everything to a file. Returns a remark for standard error, if any.
    pub fn save(&self, path: &Path) -> Result<Option<String>, Diagnostic> {
        let mut remark = None;
        let write = |file: &mut File| self.write(file, false).map(|found| remark = found);
        replace(path, write).map_err(|error| unwritable(&path.display().to_string(), &error))?;
        Ok(remark)
    }
}

/// Returns indented JSON that ends with a newline.
pub(super) fn json(value: &impl serde::Serialize) -> String {
    let text = serde_json::to_string_pretty(value).expect("plain data with string keys always serializes");
    text + "\n"
}

/// The error for output that could not be written.
pub(super) fn unwritable(what: &str, error: &io::Error) -> Diagnostic {
    if let Some(Limit(limit)) = error.get_ref().and_then(|error| error.downcast_ref()) {
        return limit.clone();
    }
    let message = format!("cannot write `{}`: {error}", printable_line(what));
    Diagnostic::error(Code::Unwritable, message)
}

/// Replaces a file atomically with what `write` writes. The data go to a temporary file in the same folder, which
/// replaces the old file once it is complete and on the disk; on failure the old file is unchanged. Links and
/// permissions are kept. Pipes and devices are written to directly.
pub(super) fn replace(path: &Path, write: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
    // The path itself: the link of `/dev/stdout` leads to a name of the pipe that cannot be opened.
    let old = match OpenOptions::new().write(true).open(path) {
        Ok(mut file) if !file.metadata()?.is_file() => return write(&mut file),
        Ok(file) => Some(file),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    let target = target(path)?;
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut new = temporary(folder)?;
    write(new.as_file_mut())?;
    if let Some(old) = old {
        if has_other_names(&old.metadata()?) {
            return overwrite(&target, &fs::read(new.path())?);
        }
        keep_access(&old.metadata()?, &new)?;
    }
    new.as_file().sync_all()?;
    new.persist(&target)?;
    sync_folder(folder);
    Ok(())
}

/// Follows the symbolic links of a path. The target does not have to exist.
fn target(path: &Path) -> io::Result<std::path::PathBuf> {
    const MAX_LINKS: usize = 40;
    let mut target = path.to_owned();
    for _ in 0..MAX_LINKS {
        match fs::read_link(&target) {
            Ok(next) => target = target.parent().unwrap_or(Path::new("")).join(next),
            Err(_) => return Ok(target),
        }
    }
    Err(io::Error::other("too many symbolic links"))
}

/// Creates an empty temporary file with default permissions. It is deleted unless it is persisted.
fn temporary(folder: &Path) -> io::Result<NamedTempFile> {
    tempfile::Builder::new()
        .prefix(".kpi-")
        .suffix(".tmp")
        .make_in(folder, |path| OpenOptions::new().read(true).write(true).create_new(true).open(path))
}

/// Overwrites a file with several hard links in place, so that all links see the new text. The part beyond the old
/// length is written first, because only that part can fail for lack of disk space.
fn overwrite(target: &Path, text: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).open(target)?;
    let old = file.metadata()?.len();
    let kept = text.len().min(usize::try_from(old).unwrap_or(usize::MAX));
    file.seek(SeekFrom::End(0))?;
    if let Err(error) = file.write_all(&text[kept..]).and_then(|()| file.sync_all()) {
        file.set_len(old)?;
        return Err(error);
    }
    file.seek(SeekFrom::Start(0))?;
    file.write_all(&text[..kept])?;
    file.set_len(text.len() as u64)?;
    file.sync_all()
}

#[cfg(unix)]
fn has_other_names(metadata: &fs::Metadata) -> bool {
    std::os::unix::fs::MetadataExt::nlink(metadata) > 1
}

#[cfg(not(unix))]
fn has_other_names(_: &fs::Metadata) -> bool {
    false
}

/// Gives the new file the permissions of the old one and, if this user may do so, its owner.
fn keep_access(old: &fs::Metadata, new: &NamedTempFile) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt, fchown};
        let created = new.as_file().metadata()?;
        if (old.uid(), old.gid()) != (created.uid(), created.gid()) {
            // Only root may change the owner. The copy of any other user keeps its new owner.
            let _ = fchown(new.as_file(), Some(old.uid()), Some(old.gid()));
        }
    }
    new.as_file().set_permissions(old.permissions())
}

/// Flushes the folder entry to disk. Some systems do not support this; the file is complete regardless.
fn sync_folder(folder: &Path) {
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).expect("it is a folder").map(|entry| entry.expect("it can be read"));
        let mut names: Vec<String> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_failed_write_keeps_the_old_file_and_leaves_no_temporary_file() {
        let folder = tempfile::tempdir().expect("it can be made");
        let path = folder.path().join("a.kpi");
        fs::write(&path, "old").expect("it can be written");
        let half = |file: &mut File| file.write_all(b"ne").and(Err(io::Error::other("full")));
        assert!(replace(&path, half).is_err());
        assert!(replace(&folder.path().join("b.kpi"), half).is_err());
        assert_eq!(fs::read_to_string(&path).expect("it is there"), "old");
        assert_eq!(names(folder.path()), ["a.kpi"]);
    }

    /// A disk that takes a number of bytes, one at a time, with interruptions.
    struct Disk {
        bytes: Vec<u8>,
        room: usize,
        interrupted: bool,
    }

    impl Disk {
        fn new(room: usize) -> Self {
            Self { bytes: vec![], room, interrupted: false }
        }
    }

    impl Write for Disk {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.interrupted = !self.interrupted;
            match bytes {
                _ if self.interrupted => Err(io::ErrorKind::Interrupted.into()),
                [first, ..] if self.bytes.len() < self.room => {
                    self.bytes.push(*first);
                    Ok(1)
                }
                _ => Err(io::ErrorKind::StorageFull.into()),
            }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn all_kinds() -> Vec<Printed> {
        use crate::cli::args::{Arguments, Command};
        use clap::Parser;
        let library = crate::Library::from_text("a = 1\nb = a + 1.5").expect("it is right");
        let rows = ["csv", "json"].map(|format| {
            let query = crate::Query::all();
            let source = crate::Embedded::new(vec![]);
            let evaluation = library.evaluate(&query, &source, &crate::Limits::default()).expect("it has values");
            let arguments = Arguments::parse_from(["kpi", "eval", "--format", format]);
            let Command::Eval(eval) = arguments.command else { panic!("it is the subcommand") };
            Printed::Rows(
                Rows {
                    groups: (0..evaluation.groups.len()).collect(),
                    evaluation: crate::cli::rows::Aside::new(evaluation),
                    output: eval.output,
                    budget: crate::budget::Budget::unlimited(),
                }
                .into(),
            )
        });
        let text = "café\n".to_owned();
        let texts = [Printed::Text(text.clone()), Printed::Marked(text.clone()), Printed::Raw(text)];
        texts.into_iter().chain(rows).collect()
    }

    #[test]
    fn a_write_that_fails_at_any_byte_is_an_error() {
        for printed in all_kinds() {
            let mut disk = Disk::new(usize::MAX);
            printed.write(&mut disk, false).expect("there is room");
            let whole = disk.bytes;
            assert!(!whole.is_empty());
            for room in 0..whole.len() {
                let mut disk = Disk::new(room);
                let error = printed.write(&mut disk, false).expect_err("the disk is full");
                assert_eq!((error.kind(), &*disk.bytes), (io::ErrorKind::StorageFull, &whole[..room]));
            }
        }
    }

    #[test]
    fn a_file_is_the_old_or_the_new_one_at_any_time() {
        let folder = tempfile::tempdir().expect("it can be made");
        let path = folder.path().join("a.kpi");
        let (old, new) = ("old text", "the new text");
        for room in 0..=new.len() {
            fs::write(&path, old).expect("it can be written");
            let now = || fs::read_to_string(&path).expect("it is there");
            let result = replace(&path, |file| {
                for (at, byte) in new.bytes().enumerate() {
                    // A process that is killed here leaves this text.
                    assert_eq!(now(), old);
                    if at == room {
                        return Err(io::ErrorKind::StorageFull.into());
                    }
                    file.write_all(&[byte])?;
                }
                Ok(())
            });
            assert_eq!(result.is_ok(), room == new.len());
            assert_eq!(now(), if result.is_ok() { new } else { old });
            assert_eq!(names(folder.path()), ["a.kpi"]);
        }
    }

    #[cfg(unix)]
    #[test]
    fn replacing_a_file_keeps_links_and_permissions() {
        use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
        let folder = tempfile::tempdir().expect("it can be made");
        let at = |name: &str| folder.path().join(name);
        fs::write(at("a"), "old").expect("it can be written");
        fs::set_permissions(at("a"), fs::Permissions::from_mode(0o640)).expect("this process owns it");
        symlink("a", at("soft")).expect("links can be made");
        let write = |text: &'static str| move |file: &mut File| file.write_all(text.as_bytes());
        replace(&at("soft"), write("new")).expect("it can be replaced");
        assert!(at("soft").is_symlink());
        assert_eq!(fs::read_to_string(at("a")).expect("it is there"), "new");
        assert_eq!(fs::metadata(at("a")).expect("it is there").mode() & 0o777, 0o640);

        fs::hard_link(at("a"), at("hard")).expect("links can be made");
        replace(&at("a"), write("newer")).expect("it can be replaced");
        assert_eq!(fs::read_to_string(at("hard")).expect("it is there"), "newer");
        assert_eq!(fs::metadata(at("a")).expect("it is there").nlink(), 2);
        assert_eq!(names(folder.path()), ["a", "hard", "soft"]);
    }

    #[test]
    fn control_characters_are_replaced_in_text_for_people_and_kept_for_programs() {
        let written = |printed: Printed| {
            let mut bytes = vec![];
            printed.write(&mut bytes, true).expect("writing to memory succeeds");
            String::from_utf8(bytes).expect("it is text")
        };
        assert_eq!(written(Printed::Text("\u{1b}[2J\u{202e}\n".into())), "␛[2J\u{fffd}\n");
        assert_eq!(written(Printed::Marked("\u{9b}2J\n".into())), "\u{fffd}2J\n");
        assert_eq!(written(Printed::Raw("\u{1b}".into())), "\u{1b}");
    }
}
