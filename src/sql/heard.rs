//! Notes what a warehouse is asked, and how it answers.

use std::sync::{Arc, Mutex};

use super::connection::{Connection, Wrapper};
use crate::data::{Answered, Batch, ColumnType};
use crate::diagnostic::Diagnostic;

/// A connection that notes the statements that are executed through it.
pub struct Heard<'c> {
    connection: &'c dyn Connection,
    answered: Mutex<Answered>,
}

impl<'c> Heard<'c> {
    /// Begins to note.
    pub fn new(connection: &'c dyn Connection) -> Self {
        Self { connection, answered: Mutex::default() }
    }

    /// What was noted.
    pub fn into_answered(self) -> Answered {
        self.answered.into_inner().expect("no holder panics")
    }
}

impl Wrapper for Heard<'_> {
    fn inner(&self) -> &dyn Connection {
        self.connection
    }

    fn execute(
        &self,
        sql: &str,
        types: &[ColumnType],
        visit: &mut dyn FnMut(&Batch) -> Result<(), Diagnostic>,
    ) -> Result<(), Diagnostic> {
        let executed = self.connection.execute(sql, types, visit);
        let mut answered = self.answered.lock().expect("no holder panics");
        match &executed {
            Ok(()) => answered.statements.push(Arc::from(sql)),
            Err(problem) => answered.refused = Some(problem.message.as_str().into()),
        }
        executed
    }
}
