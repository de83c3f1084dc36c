//! Distributes the pieces of a stream, or the items of a list, among several threads.

use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::diagnostic::Diagnostic;

/// A stream that is read in pieces.
pub(crate) trait Pieces: Send {
    /// A piece of the stream. Each thread has one and reuses it.
    type Piece: Default;

    /// Fills `piece` with the next part. Returns false at the end, and on every later call.
    fn next(&mut self, piece: &mut Self::Piece) -> Result<bool, Diagnostic>;

    /// An upper bound of the number of pieces left. Additional threads would have nothing to do.
    fn most(&self) -> usize {
        usize::MAX
    }
}

/// A stream of numbers.
impl Pieces for Range<usize> {
    type Piece = usize;

    fn next(&mut self, piece: &mut usize) -> Result<bool, Diagnostic> {
        *piece = self.start;
        self.start += 1;
        Ok(*piece < self.end)
    }

    fn most(&self) -> usize {
        self.len()
    }
}

/// The items of a list, moved out one at a time, with their positions.
impl<T: Send> Pieces for std::iter::Enumerate<std::vec::IntoIter<T>> {
    type Piece = Option<(usize, T)>;

    fn next(&mut self, piece: &mut Option<(usize, T)>) -> Result<bool, Diagnostic> {
        *piece = Iterator::next(self);
        Ok(piece.is_some())
    }

    fn most(&self) -> usize {
        self.len()
    }
}

/// Processes a stream to its end. `worker` creates the function that processes the pieces of each thread, by its
/// number.
///
/// # Errors
/// The error of a worker that cannot start, otherwise the first failure in the order of the stream, whatever the number
/// of threads. No piece after the failure is handed out, but all pieces before it are processed.
pub(crate) fn deal<S: Pieces, W: FnMut(&mut S::Piece) -> Result<(), Diagnostic>>(
    stream: S,
    threads: usize,
    worker: &(impl Fn(usize) -> Result<W, Diagnostic> + Sync),
) -> Result<(), Diagnostic> {
    let threads = threads.min(stream.most());
    let deck = Mutex::new(Deck { stream, dealt: 0, failure: None });
    let run = |number: usize| {
        let mut work = match worker(number) {
            Ok(work) => work,
            Err(diagnostic) => return lock(&deck).fail(0, diagnostic),
        };
        let mut piece = S::Piece::default();
        loop {
            // A separate statement releases the lock while this thread works.
            let dealt = lock(&deck).next(&mut piece);
            let Some(at) = dealt else { return };
            if let Err(diagnostic) = work(&mut piece) {
                return lock(&deck).fail(at, diagnostic);
            }
        }
    };
    std::thread::scope(|scope| {
        for number in 1..threads {
            let run = &run;
            scope.spawn(move || run(number));
        }
        run(0);
    });
    let deck = deck.into_inner().unwrap_or_else(PoisonError::into_inner);
    deck.failure.map_or(Ok(()), |(_, diagnostic)| Err(diagnostic))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Deck<S> {
    stream: S,
    dealt: u64,
    /// The first failure in the order of the stream, with the number of its piece.
    failure: Option<(u64, Diagnostic)>,
}

impl<S: Pieces> Deck<S> {
    /// The number of the piece handed out. Returns None if there are no more pieces or if one has failed.
    fn next(&mut self, piece: &mut S::Piece) -> Option<u64> {
        if self.failure.is_some() {
            return None;
        }
        match self.stream.next(piece) {
            Ok(false) => return None,
            Ok(true) => self.dealt += 1,
            Err(diagnostic) => {
                self.fail(self.dealt, diagnostic);
                return None;
            }
        }
        Some(self.dealt - 1)
    }

    fn fail(&mut self, piece: u64, diagnostic: Diagnostic) {
        if self.failure.as_ref().is_none_or(|(first, _)| piece < *first) {
            self.failure = Some((piece, diagnostic));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;
    use crate::diagnostic::Code;

    fn error(piece: u64) -> Diagnostic {
        Diagnostic::error(Code::BadTable, format!("{piece}"))
    }

    /// Numbers up to one that cannot be read.
    struct Numbers(u64, u64);

    impl Pieces for Numbers {
        type Piece = u64;

        fn next(&mut self, piece: &mut u64) -> Result<bool, Diagnostic> {
            *piece = self.0;
            self.0 += 1;
            if *piece == self.1 { Err(error(*piece)) } else { Ok(*piece < 100) }
        }
    }

    #[test]
    fn every_piece_is_dealt_once_and_the_first_failure_is_reported() {
        for threads in [1, 2, 7] {
            let sum = AtomicU64::new(0);
            let add = |piece: &mut u64| {
                sum.fetch_add(*piece, Ordering::Relaxed);
                Ok(())
            };
            assert!(deal(Numbers(0, 1000), threads, &|_| Ok(add)).is_ok());
            assert_eq!(sum.into_inner(), 99 * 100 / 2);
            let fussy = |piece: &mut u64| if *piece % 30 == 29 { Err(error(*piece)) } else { Ok(()) };
            assert_eq!(deal(Numbers(0, 80), threads, &|_| Ok(fussy)).unwrap_err().message, "29");
            assert_eq!(deal(Numbers(0, 12), threads, &|_| Ok(fussy)).unwrap_err().message, "12");
        }
    }
}
