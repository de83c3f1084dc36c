//! Records how datasets that aggregate their own rows have answered a request, for explanations.

// Only warehouses answer.
#![cfg_attr(not(feature = "sql"), allow(dead_code))]

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// How a dataset has answered.
#[derive(Debug, Clone, Default)]
pub struct Answered {
    /// The statements that were executed.
    pub statements: Vec<Arc<str>>,
    /// Why an answer was not used, if one was not.
    pub refused: Option<Arc<str>>,
    /// True if the rows were read in the end.
    pub read: bool,
}

/// The answers of all datasets of a request, by their positions in it. A copy of the request has none.
#[derive(Debug, Default)]
pub struct Answers(Mutex<HashMap<usize, Answered>>);

impl Answers {
    /// Notes the answer of a dataset.
    pub fn set(&self, at: usize, answered: Answered) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(at, answered);
    }

    /// Notes that the rows of a dataset are read in place of its answer.
    pub fn read(&self, at: usize, reason: &str) {
        let mut answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let answered = answers.entry(at).or_default();
        (answered.read, answered.refused) = (true, Some(reason.into()));
    }

    /// The answer of a dataset.
    pub fn get(&self, at: usize) -> Answered {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&at).cloned().unwrap_or_default()
    }
}

impl Clone for Answers {
    fn clone(&self) -> Self {
        Self::default()
    }
}
