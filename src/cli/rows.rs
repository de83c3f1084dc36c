//! Writes a result for programs row by row, as CSV or JSON.

use std::fmt;
use std::io::{self, BufWriter, Write};
use std::ops::Deref;

use super::args::Output;
use crate::budget::Budget;
use crate::diagnostic::Diagnostic;
use crate::eval::Evaluation;
use crate::render::{self, FormulaCells};

/// A result for programs. It is written row by row, because its text may be too large for memory.
#[derive(Debug)]
pub(crate) struct Rows {
    pub evaluation: Aside<Evaluation>,
    pub groups: Vec<usize>,
    pub output: Output,
    pub budget: Budget,
}

/// A large value. It is dropped by a thread that the end of the program does not wait for.
#[derive(Debug)]
pub(crate) struct Aside<T: Send + 'static>(Option<T>);

impl<T: Send + 'static> Aside<T> {
    pub fn new(value: T) -> Self {
        Self(Some(value))
    }
}

impl<T: Send + 'static> Deref for Aside<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.0.as_ref().expect("it is dropped last")
    }
}

impl<T: Send + 'static> Drop for Aside<T> {
    fn drop(&mut self) {
        let value = self.0.take();
        // Without a thread it is dropped here.
        let _ = std::thread::Builder::new().spawn(move || drop(value));
    }
}

/// A writer that fails when a limit is reached. The rows written before stay.
struct Within<'b, W> {
    to: W,
    budget: &'b Budget,
}

impl<W: Write> Write for Within<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.budget.spend(bytes.len(), "writing the result").map_err(|limit| io::Error::other(Limit(limit)))?;
        self.to.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

/// A limit that was reached while something was written.
#[derive(Debug)]
pub(super) struct Limit(pub Diagnostic);

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for Limit {}

impl Rows {
    /// Writes all rows. Returns a remark for standard error, if any.
    pub fn write(&self, to: impl Write) -> io::Result<Option<String>> {
        let mut to = BufWriter::with_capacity(1 << 16, Within { to, budget: &self.budget });
        let remark = match self.output.csv() {
            None => {
                let document = render::document_by_row(&self.evaluation, &self.groups, self.output.lang);
                serde_json::to_writer_pretty(&mut to, &document)?;
                to.write_all(b"\n")?;
                None
            }
            Some(form) => {
                let formulas = self.output.formulas();
                let count = render::write_csv(&self.evaluation, &self.groups, form, formulas, &mut to)?;
                formula_remark(count, formulas)
            }
        };
        to.flush()?;
        Ok(remark)
    }
}

/// A warning with the number of texts that a spreadsheet would treat as formulas. None if they are escaped.
pub(super) fn formula_remark(count: usize, formulas: FormulaCells) -> Option<String> {
    (count > 0 && formulas == FormulaCells::Keep).then(|| {
        let texts = if count == 1 { "1 text begins".to_owned() } else { format!("{count} texts begin") };
        format!(
            "warning: {texts} like a formula, which spreadsheets evaluate; add `--escape-formulas` to put a `'` in front"
        )
    })
}
