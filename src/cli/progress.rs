//! Shows on a terminal how far a long read is, and how long it still takes.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use indicatif::{DecimalBytes, HumanCount, ProgressBar, ProgressDrawTarget, ProgressStyle};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::data::{Batch, BytesRead, ColumnId, Dataset, MeasureId, Partial, Request, Scan, Schema, WarehouseTrace};
use crate::diagnostic::{CellPlace, DEFAULT_WIDTH, Diagnostic, printable_line};

/// The delay before progress is shown.
const PATIENCE: Duration = Duration::from_secs(1);
/// The time between two lines.
const BETWEEN: Duration = Duration::from_millis(100);
/// The width of the spinner and the space behind it, and of the last column, where some terminals wrap.
const BESIDE: usize = 3;

/// A dataset whose scan shows its progress on standard error, which is a terminal.
pub(crate) struct WithProgress(Arc<dyn Dataset>);

impl WithProgress {
    pub fn new(dataset: Arc<dyn Dataset>) -> Self {
        Self(dataset)
    }
}

impl Dataset for WithProgress {
    fn name(&self) -> &Arc<str> {
        self.0.name()
    }

    fn schema(&self) -> &Schema {
        self.0.schema()
    }

    fn rows(&self) -> Option<u64> {
        self.0.rows()
    }

    fn about_rows(&self) -> Option<u64> {
        self.0.about_rows()
    }

    fn about_distinct(&self, column: ColumnId) -> Option<u64> {
        self.0.about_distinct(column)
    }

    fn bytes_read(&self) -> Option<BytesRead> {
        self.0.bytes_read()
    }

    fn unreadable(&self) -> Option<&[Diagnostic]> {
        self.0.unreadable()
    }

    fn scan(
        &self,
        scan: &Scan<'_>,
        visit: &(dyn Fn(usize, &Batch) -> Result<(), Diagnostic> + Sync),
    ) -> Result<(), Diagnostic> {
        let display = Display::new(&*self.0);
        let result = self.0.scan(scan, &|worker, batch| {
            display.count(batch.rows as u64);
            visit(worker, batch)
        });
        display.bar.finish_and_clear();
        result
    }

    fn asked(&self, request: &Request, at: usize) -> Vec<(MeasureId, WarehouseTrace)> {
        self.0.asked(request, at)
    }

    fn aggregate(&self, request: &Request, at: usize) -> Result<Option<Vec<Partial>>, Diagnostic> {
        self.0.aggregate(request, at)
    }

    fn place(&self, row: u64) -> CellPlace {
        self.0.place(row)
    }

    fn places(&self, rows: &[u64]) -> Vec<CellPlace> {
        self.0.places(rows)
    }

    fn is_ordered(&self) -> bool {
        self.0.is_ordered()
    }

    fn files(&self) -> Option<(Arc<str>, usize)> {
        self.0.files()
    }

    fn notes(&self) -> &[Diagnostic] {
        self.0.notes()
    }
}

/// The line of one scan.
struct Display<'d> {
    dataset: &'d dyn Dataset,
    bar: ProgressBar,
    start: Instant,
    /// The bytes that were read before the scan.
    before: u64,
    rows: AtomicU64,
    drawn: Mutex<Drawn>,
}

/// What was drawn.
#[derive(Default)]
struct Drawn {
    /// The time of the next line.
    next: Duration,
    countdown: Countdown,
}

impl<'d> Display<'d> {
    /// A line that is hidden until the scan has taken a while.
    fn new(dataset: &'d dyn Dataset) -> Self {
        let style = ProgressStyle::with_template("{spinner} {msg}").expect("the template is valid");
        Self {
            dataset,
            bar: ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden()).with_style(style),
            start: Instant::now(),
            before: dataset.bytes_read().map_or(0, |read| read.bytes),
            rows: AtomicU64::new(0),
            drawn: Mutex::default(),
        }
    }

    /// Counts rows, and draws the line if it is time.
    fn count(&self, rows: u64) {
        let rows = self.rows.fetch_add(rows, Ordering::Relaxed) + rows;
        let elapsed = self.start.elapsed();
        // Another thread that draws has the same to say.
        let Ok(mut drawn) = self.drawn.try_lock() else { return };
        if elapsed < PATIENCE.max(drawn.next) {
            return;
        }
        drawn.next = elapsed + BETWEEN;
        let done = self.done(rows);
        let left = done.left(elapsed).map(|left| drawn.countdown.next(left));
        if self.bar.is_hidden() {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        let name = printable_line(self.dataset.name());
        self.bar.set_message(line(&name, done, elapsed, left, width()));
        self.bar.tick();
    }

    fn done(&self, rows: u64) -> Done {
        let read = self.dataset.bytes_read().map(|read| BytesRead { bytes: read.bytes - self.before, ..read });
        match (read, self.dataset.rows()) {
            (Some(BytesRead { bytes, of }), _) if of > 0 => Done::Bytes { read: bytes.min(of), of },
            (_, Some(of)) if of > 0 => Done::Rows { read: rows.min(of), of },
            _ => Done::Unknown { rows },
        }
    }
}

/// The width of the line, which must not be wrapped.
fn width() -> usize {
    let columns = terminal_size::terminal_size_of(std::io::stderr()).map(|(width, _)| usize::from(width.0));
    columns.unwrap_or(DEFAULT_WIDTH).saturating_sub(BESIDE)
}

/// How far a read is.
#[derive(Debug, Clone, Copy)]
enum Done {
    Bytes { read: u64, of: u64 },
    Rows { read: u64, of: u64 },
    Unknown { rows: u64 },
}

impl Done {
    /// The part that is done, and all of it.
    fn share(self) -> Option<(u64, u64)> {
        match self {
            Self::Bytes { read, of } | Self::Rows { read, of } => Some((read, of)),
            Self::Unknown { .. } => None,
        }
    }

    /// `30%`, rounded down, so that 100% is the end.
    fn percent(self) -> Option<String> {
        let (read, of) = self.share()?;
        Some(format!("{}%", u128::from(read) * 100 / u128::from(of)))
    }

    /// The time that the rest takes at the speed so far.
    fn left(self, elapsed: Duration) -> Option<Duration> {
        let (read, of) = self.share().filter(|(read, _)| *read > 0)?;
        let millis = elapsed.as_millis() * u128::from(of - read) / u128::from(read);
        u64::try_from(millis).ok().map(Duration::from_millis)
    }
}

/// A time that counts down steadily: it goes up only if the estimate is clearly longer.
#[derive(Debug, Default)]
struct Countdown(Option<Duration>);

impl Countdown {
    /// How much longer an estimate must be.
    const CLEARLY: Duration = Duration::from_secs(3);

    /// The time to show for an estimate.
    fn next(&mut self, left: Duration) -> Duration {
        let left = rounded(left);
        let next = match self.0 {
            Some(shown) if left > shown && left <= shown + Self::CLEARLY.max(shown / 4) => shown,
            _ => left,
        };
        self.0 = Some(next);
        next
    }
}

/// The next longer time that is shown: seconds, then steps of 5 seconds, then minutes.
fn rounded(time: Duration) -> Duration {
    let seconds = time.as_millis().div_ceil(1000).max(1);
    let seconds = u64::try_from(seconds).unwrap_or(u64::MAX);
    Duration::from_secs(match seconds {
        0..=10 => seconds,
        11..=60 => seconds.next_multiple_of(5),
        _ => seconds.div_ceil(60).saturating_mul(60),
    })
}

/// `8 s`, `3 min`, `2 h 5 min`
fn spelled(time: Duration) -> String {
    let seconds = time.as_secs();
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, 0) => format!("{minutes} min"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, 0, _) => format!("{hours} h"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

/// `reading ads: 1.2 GB of 4.0 GB (30%), 12 s left`. A narrow terminal shows less of it, down to the start of the name.
fn line(name: &str, done: Done, elapsed: Duration, left: Option<Duration>, width: usize) -> String {
    let amount = match done {
        Done::Bytes { read, of } => format!("{} of {}", DecimalBytes(read), DecimalBytes(of)),
        Done::Rows { read, of } => format!("{} of {} rows", HumanCount(read), HumanCount(of)),
        Done::Unknown { rows } => format!("{} rows", HumanCount(rows)),
    };
    let time = match left {
        Some(left) => format!("{} left", spelled(left)),
        None => spelled(Duration::from_secs(elapsed.as_secs())),
    };
    let short = done.percent().unwrap_or_else(|| amount.clone());
    let long = done.percent().map_or(amount.clone(), |percent| format!("{amount} ({percent})"));
    let start = format!("reading {name}");
    let lines = [format!("{start}: {long}, {time}"), format!("{start}: {short}, {time}"), format!("{start}: {short}")];
    lines.into_iter().find(|line| line.width() <= width).unwrap_or_else(|| cut(&start, &format!(": {short}"), width))
}

/// A text of this width: as much of the start as there is room for before the end.
fn cut(start: &str, end: &str, width: usize) -> String {
    let end = if end.width() < width { end } else { "" };
    let (mut room, mut kept) = (width.saturating_sub(end.width() + 1), String::new());
    for letter in start.chars() {
        let Some(rest) = room.checked_sub(letter.width().unwrap_or(0)) else { break };
        room = rest;
        kept.push(letter);
    }
    if width == 0 { String::new() } else { format!("{kept}…{end}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_line_shows_bytes_percent_and_the_time_left_as_far_as_there_is_room() {
        let bytes = Done::Bytes { read: 1_200_000_000, of: 4_000_000_000 };
        let shown = |done: Done, left, width| line("ads", done, 8 * SECOND, left, width);
        let left = Some(12 * SECOND);
        assert_eq!(shown(bytes, left, 80), "reading ads: 1.20 GB of 4.00 GB (30%), 12 s left");
        for (width, expected) in [
            (48, "reading ads: 1.20 GB of 4.00 GB (30%), 12 s left"),
            (47, "reading ads: 30%, 12 s left"),
            (26, "reading ads: 30%"),
            (15, "reading a…: 30%"),
            (6, "…: 30%"),
            (5, "read…"),
            (1, "…"),
            (0, ""),
        ] {
            assert_eq!(shown(bytes, left, width), expected, "{width}");
        }
        let rows = Done::Rows { read: 1_000_000, of: 4_000_001 };
        assert_eq!(shown(rows, left, 80), "reading ads: 1,000,000 of 4,000,001 rows (24%), 12 s left");
        assert_eq!(shown(Done::Unknown { rows: 1_000_000 }, None, 80), "reading ads: 1,000,000 rows, 8 s");
        let done = Done::Bytes { read: 10, of: 10 };
        assert_eq!(shown(done, Some(SECOND), 80), "reading ads: 10 B of 10 B (100%), 1 s left");
    }

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        let name = "表".repeat(30) + "é\u{301}lan";
        for width in 0..120 {
            let done = Done::Bytes { read: u64::MAX / 2, of: u64::MAX };
            let line = line(&name, done, SECOND, Some(3661 * SECOND), width);
            assert!(line.width() <= width, "{width}: {line}");
        }
    }

    #[test]
    fn times_are_rounded_up_and_written_in_words() {
        for (millis, expected) in [
            (0, "1 s"),
            (1_001, "2 s"),
            (10_000, "10 s"),
            (10_001, "15 s"),
            (59_000, "1 min"),
            (61_000, "2 min"),
            (3_600_000, "1 h"),
            (3_900_000, "1 h 5 min"),
        ] {
            assert_eq!(spelled(rounded(Duration::from_millis(millis))), expected, "{millis}");
        }
        assert_eq!(spelled(Duration::from_secs(75)), "1 min 15 s");
    }

    /// The times that are shown when a read of 1000 bytes has this many after each half second.
    fn countdown(read: impl IntoIterator<Item = u64>) -> Vec<u64> {
        let mut countdown = Countdown::default();
        let times = read.into_iter().zip(1..);
        let left = times.map(|(read, at)| Done::Bytes { read, of: 1000 }.left(Duration::from_millis(500 * at)));
        left.flatten().map(|left| countdown.next(left).as_secs()).collect()
    }

    #[test]
    fn the_estimate_counts_down_steadily() {
        // 50 bytes each half second, with pieces that are a third longer and shorter: 10 seconds in all.
        let even = countdown((1..=20).map(|at| 50 * at));
        assert_eq!(even, [10, 9, 9, 8, 8, 7, 7, 6, 6, 5, 5, 4, 4, 3, 3, 2, 2, 1, 1, 1]);
        let uneven = countdown((1..=20).map(|at| (50 * at + if at % 2 == 0 { 16 } else { 0 } - 8).min(1000)));
        assert!(uneven.is_sorted_by(|one, next| one >= next), "{uneven:?}");
        // A long read slows down to a tenth: the time goes up, and down again at the new speed.
        let slower = countdown((1..=10).map(|at| 50 * at).chain((1..=100).map(|at| 500 + 5 * at)));
        let (peak, _) = slower.iter().enumerate().max_by_key(|(_, left)| **left).expect("there are times");
        assert!(slower[9] == 5 && slower[peak] >= 15, "{slower:?}");
        assert!(slower[peak..].is_sorted_by(|one, next| one >= next), "{slower:?}");
        assert_eq!(slower.last(), Some(&1));
        // Nothing has been read: there is no estimate.
        assert_eq!(countdown([0, 0]), [0; 0]);
    }
}
