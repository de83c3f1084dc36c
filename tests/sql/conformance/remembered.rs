//! A connection that asks each statement once, as long as its tables do not change.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use yardstick::backend::Batch;
use yardstick::internal::sql::Wrapper;
use yardstick::warehouse::{Connection, StoredColumns};
use yardstick::{ColumnType, Diagnostic};

/// Remembers the answers to statements.
pub struct Remembered<C> {
    inner: C,
    answers: Mutex<HashMap<String, Result<Vec<Batch<'static>>, Diagnostic>>>,
    columns: Mutex<HashMap<String, Result<StoredColumns, Diagnostic>>>,
    /// The statements that were asked since they were last taken, with the numbers of their rows.
    asked: Mutex<Vec<(String, usize)>>,
    /// The number of statements that were executed.
    pub executed: AtomicUsize,
}

impl<C> Remembered<C> {
    pub fn new(inner: C) -> Self {
        Self {
            inner,
            answers: Mutex::default(),
            columns: Mutex::default(),
            asked: Mutex::default(),
            executed: AtomicUsize::new(0),
        }
    }

    /// The statements that were asked since the last call, with the numbers of their rows.
    pub fn take_asked(&self) -> Vec<(String, usize)> {
        std::mem::take(&mut *self.asked.lock().expect("no test panics here"))
    }
}

fn owned(batch: &Batch) -> Batch<'static> {
    let columns = batch.columns.iter().map(|column| Cow::Owned(column.clone().into_owned())).collect();
    Batch { columns, rows: batch.rows }
}

impl<C: Connection> Wrapper for Remembered<C> {
    fn inner(&self) -> &dyn Connection {
        &self.inner
    }

    fn columns(&self, table: &str) -> Result<StoredColumns, Diagnostic> {
        let mut columns = self.columns.lock().expect("no test panics here");
        columns.entry(table.to_owned()).or_insert_with(|| self.inner.columns(table)).clone()
    }

    fn execute(
        &self,
        sql: &str,
        types: &[ColumnType],
        visit: &mut dyn FnMut(&Batch) -> Result<(), Diagnostic>,
    ) -> Result<(), Diagnostic> {
        let mut answers = self.answers.lock().expect("no test panics here");
        let answer = answers.entry(format!("{types:?} {sql}")).or_insert_with(|| {
            self.executed.fetch_add(1, Ordering::Relaxed);
            let mut batches = vec![];
            let executed = self.inner.execute(sql, types, &mut |batch| {
                batches.push(owned(batch));
                Ok(())
            });
            executed.map(|()| batches)
        });
        let rows = answer.iter().flatten().map(|batch| batch.rows).sum();
        self.asked.lock().expect("no test panics here").push((sql.to_owned(), rows));
        answer.as_ref().map_err(Clone::clone)?.iter().try_for_each(visit)
    }
}
