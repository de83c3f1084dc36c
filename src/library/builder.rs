//! Collects the texts to compile together: files, folders and texts of a host program.

use std::path::Path;

use super::literal::literal;
use super::{Library, MAX_BASES, compile, lint, standard};
use crate::budget::{Budget, Charge, Limits};
use crate::diagnostic::{Code, Diagnostic, Error, most_severe};
use crate::source::{FileId, SourceFile, SourceMap};
use crate::syntax::ast::File;
use crate::syntax::{self, spelled};
use crate::value::Value;

/// Collects texts to compile into a [`Library`].
///
/// Only [`build`](Self::build) can fail. It reports the problems of all texts together.
#[derive(Debug, Clone)]
pub struct Builder {
    sources: Vec<SourceFile>,
    /// The files that cannot be read.
    unreadable: Vec<Diagnostic>,
    base: Option<Library>,
    strict: bool,
    limits: Limits,
}

impl Default for Builder {
    fn default() -> Self {
        let base = Some(standard::library().clone());
        Self { sources: vec![], unreadable: vec![], base, strict: false, limits: Limits::default() }
    }
}

impl Builder {
    /// Adds a text. `name` identifies it in messages.
    #[must_use]
    pub fn text(mut self, name: &str, text: &str) -> Self {
        self.sources.push(SourceFile::new(name, text));
        self
    }

    /// Adds a `.kpi` file.
    #[must_use]
    pub fn file(mut self, path: impl AsRef<Path>) -> Self {
        self.read(path.as_ref());
        self
    }

    /// Adds the `.kpi` files of a folder, sorted by name, without those of subfolders.
    #[must_use]
    pub fn dir(mut self, path: impl AsRef<Path>) -> Self {
        match kpi_files(path.as_ref()) {
            Ok(files) => files.iter().for_each(|file| self.read(file)),
            Err(error) => self.unreadable(path.as_ref(), &error),
        }
        self
    }

    /// Sets whether to include the standard library. Included by default.
    #[must_use]
    pub fn standard(mut self, standard: bool) -> Self {
        self.base = standard.then(|| standard::library().clone());
        self
    }

    /// Adds the texts to another library instead of the standard one: the definitions of one tenant to those of all.
    ///
    /// The base is shared and not compiled again, so the new library costs only what its own texts declare. A definition
    /// replaces the definition of the same name in the base, in the base's formulas too. A note lists it. It is an error
    /// to replace a definition with `state official`. If the base declares no currency, the new texts can.
    ///
    /// At most 8 libraries can be below a library.
    ///
    /// ```
    /// use yardstick::Library;
    ///
    /// let base = Library::from_text("margin = revenue - cost")?;
    /// let tenant = Library::builder().on(&base).text("tenant.kpi", "margin_rate: percent = margin / revenue").build()?;
    /// assert!(tenant.definition("margin").is_some());
    /// # Ok::<(), yardstick::Error>(())
    /// ```
    #[must_use]
    pub fn on(mut self, base: &Library) -> Self {
        self.base = Some(base.clone());
        self
    }

    /// Declares a parameter with a value of the host. The value is never parsed as a formula.
    ///
    /// ```
    /// use yardstick::{Decimal, Library};
    ///
    /// let library = Library::builder().param("vat", Decimal::new(2, 1)).text("a.kpi", "gross = net * (1 + vat)").build()?;
    /// assert!(library.definition("vat").is_some());
    /// # Ok::<(), yardstick::Error>(())
    /// ```
    #[must_use]
    pub fn param(self, name: &str, value: impl Into<Value>) -> Self {
        let text = format!("param {} = {}", spelled(name), literal(&value.into()));
        self.text(&format!("<parameter {name}>"), &text)
    }

    /// Sets whether undeclared names are errors. By default they are read as inputs.
    #[must_use]
    pub fn strict(mut self, strict: bool) -> Self {
        self.strict = strict;
        self
    }

    /// Sets the maximum time and memory of compiling, and a callback that cancels it. The other limits are those of
    /// queries.
    ///
    /// ```
    /// use std::time::Duration;
    /// use yardstick::{Library, Limits};
    ///
    /// let limits = Limits::default().time(Duration::from_millis(200)).memory(256 << 20);
    /// let library = Library::builder().limits(&limits).text("tenant.kpi", "cac = spend / customers").build()?;
    /// # Ok::<(), yardstick::Error>(())
    /// ```
    #[must_use]
    pub fn limits(mut self, limits: &Limits) -> Self {
        self.limits = limits.clone();
        self
    }

    /// Compiles the texts.
    ///
    /// # Errors
    /// Returns the problems of all texts if one of them is an error: at most 100, errors first, and the number of the
    /// others. If a limit is reached, the only error says so.
    pub fn build(self) -> Result<Library, Error> {
        let (mut library, diagnostics) = self.build_anyway();
        if diagnostics.iter().any(Diagnostic::is_error) {
            return Err(Error::new(diagnostics, library.sources.clone()));
        }
        library.compiling().diagnostics = diagnostics;
        Ok(library)
    }

    /// Compiles the texts as far as possible, for checks and editors. Returns the library without its broken items, and
    /// the problems that [`build`](Self::build) would return. If a limit is reached, the library is empty.
    pub fn build_anyway(self) -> (Library, Vec<Diagnostic>) {
        let budget = self.limits.budget();
        self.build_within(&budget)
    }

    /// The same, within a budget.
    pub(crate) fn build_within(self, budget: &Budget) -> (Library, Vec<Diagnostic>) {
        let Self { sources: mut texts, unreadable: mut diagnostics, mut base, strict, limits: _ } = self;
        if base.as_ref().is_some_and(|base| base.and_below().count() > MAX_BASES) {
            let message = format!("a library lies on more than {MAX_BASES} others");
            let hint = "compile the texts of some of them together";
            diagnostics.push(Diagnostic::error(Code::TooLarge, message).hint(hint));
            (texts, base) = (vec![], None);
        }
        let mut sources = base.as_ref().map_or_else(SourceMap::default, |base| SourceMap::over(&base.sources));
        let ids: Vec<FileId> = texts.into_iter().map(|text| sources.add(text)).collect();
        let compiled = parsed(&sources, &ids, &mut diagnostics, budget).and_then(|(files, _parsed)| {
            let library = compile::compile(base, sources.clone(), &files, strict, &mut diagnostics, budget)?;
            lint::lint(&library, &mut diagnostics, budget)?;
            Ok(library)
        });
        match compiled {
            Ok(library) => (library, most_severe(diagnostics)),
            Err(limit) => (compile::empty(sources), vec![limit]),
        }
    }

    fn read(&mut self, path: &Path) {
        match std::fs::read_to_string(path) {
            Ok(text) => self.sources.push(SourceFile::new(path.display().to_string(), text)),
            Err(error) => self.unreadable(path, &error),
        }
    }

    fn unreadable(&mut self, path: &Path, error: &std::io::Error) {
        let reason = match error.kind() {
            std::io::ErrorKind::InvalidData => "it is not UTF-8".to_owned(),
            _ => error.to_string(),
        };
        let message = format!("cannot read `{}`: {reason}", path.display());
        self.unreadable.push(Diagnostic::error(Code::Unreadable, message));
    }
}

/// Parses texts. Returns the files, and their memory.
fn parsed(
    sources: &SourceMap,
    ids: &[FileId],
    diagnostics: &mut Vec<Diagnostic>,
    budget: &Budget,
) -> Result<(Vec<File>, Charge), Diagnostic> {
    let mut charge = budget.charge();
    let mut files = vec![];
    for &id in ids {
        let text = &sources.file(id).text;
        charge.grow(text.len().saturating_mul(syntax::BYTES_PER_BYTE), "the compiled definitions")?;
        let (file, problems) = syntax::parse_within(id, text, budget)?;
        files.push(file);
        diagnostics.extend(problems);
    }
    Ok((files, charge))
}

fn kpi_files(folder: &Path) -> std::io::Result<Vec<std::path::PathBuf>> {
    let mut files = vec![];
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "kpi") && path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
