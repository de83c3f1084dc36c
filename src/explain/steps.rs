//! A list of steps that refer to each other by key, and that is written as a map by key.

use std::ops::{Deref, DerefMut};

use serde::{Serialize, Serializer};

/// The key of a step, `s0`, `s1`, …: its position among the steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct StepKey(pub u32);

impl Serialize for StepKey {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Equivalent to `format!("s{}")`, but faster: a trace has more keys than values.
        let (mut text, mut start, mut rest) = ([0; 11], 11, self.0);
        loop {
            start -= 1;
            text[start] = b'0' + (rest % 10) as u8;
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        text[start - 1] = b's';
        serializer.serialize_str(std::str::from_utf8(&text[start - 1..]).expect("digits are ASCII"))
    }
}

/// Steps in order. In JSON they are a map by key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Steps<T>(Vec<T>);

impl<T> Steps<T> {
    /// Returns the step with this key.
    ///
    /// # Panics
    /// Panics if the key is from another list and out of range.
    pub fn step(&self, key: StepKey) -> &T {
        &self.0[key.0 as usize]
    }
}

impl<T> From<Vec<T>> for Steps<T> {
    fn from(steps: Vec<T>) -> Self {
        Self(steps)
    }
}

impl<T> Deref for Steps<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T> DerefMut for Steps<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.0
    }
}

impl<'s, T> IntoIterator for &'s Steps<T> {
    type Item = &'s T;
    type IntoIter = std::slice::Iter<'s, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl<'s, T> IntoIterator for &'s mut Steps<T> {
    type Item = &'s mut T;
    type IntoIter = std::slice::IterMut<'s, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter_mut()
    }
}

impl<T: Serialize> Serialize for Steps<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().enumerate().map(|(at, step)| (StepKey(at as u32), step)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_a_map_by_key() {
        let steps = Steps::from(vec!["cac", "spend"]);
        assert_eq!((steps.len(), steps.step(StepKey(1))), (2, &"spend"));
        assert_eq!(serde_json::to_string(&steps).expect("it is data"), r#"{"s0":"cac","s1":"spend"}"#);
    }
}
