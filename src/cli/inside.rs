//! Keeps the paths that a file names inside the folder of the file, which may come from somebody else.

use std::path::{Component, Path, PathBuf};

use super::files::files_of;

/// Why a path is not inside a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outside {
    /// It goes up.
    Above,
    /// It does not start in the folder.
    Absolute,
    /// It contains a link to another place.
    Link,
}

impl Outside {
    /// The reason in a message. `file` is the file that names the path.
    pub fn reason(self, file: &str) -> String {
        match self {
            Self::Above => format!("it leads outside the folder of {file}"),
            Self::Absolute => format!("it is not relative to {file}"),
            Self::Link => format!("a link leads outside the folder of {file}"),
        }
    }
}

/// The place of a path that a file in this folder names: a file, a pattern of files, a sheet of a workbook, or a folder
/// of definitions.
///
/// # Errors
/// A path that leads outside the folder.
pub(super) fn inside(folder: &Path, path: &str) -> Result<PathBuf, Outside> {
    for component in Path::new(path).components() {
        match component {
            Component::Normal(_) | Component::CurDir => {}
            Component::ParentDir => return Err(Outside::Above),
            Component::RootDir | Component::Prefix(_) => return Err(Outside::Absolute),
        }
    }
    let is_here = folder.as_os_str().is_empty() || folder == Path::new(".");
    let found = if is_here { PathBuf::from(path) } else { folder.join(path) };
    let folder = if is_here { Path::new(".") } else { folder };
    let leads_outside = |target: &PathBuf| match (folder.canonicalize(), target.canonicalize()) {
        (Ok(folder), Ok(target)) => !target.starts_with(folder),
        _ => false,
    };
    // An error of a pattern is reported when it is opened.
    match files_of(&found).iter().any(leads_outside) {
        true => Err(Outside::Link),
        false => Ok(found),
    }
}
