//! The command while it runs.

use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// How long a test waits. Nothing takes nearly as long.
const LIMIT: Duration = Duration::from_secs(180);

/// What a process has written to a pipe.
pub struct Written {
    text: Arc<Mutex<String>>,
    /// The part that a test has seen.
    seen: usize,
}

impl Written {
    fn by(mut pipe: impl Read + Send + 'static) -> Self {
        let text = Arc::<Mutex<String>>::default();
        let written = text.clone();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = pipe.read(&mut buffer) {
                written.lock().unwrap().push_str(&String::from_utf8_lossy(&buffer[..count]));
            }
        });
        Self { text, seen: 0 }
    }

    /// Waits for a text after what was seen before, and returns everything up to its end.
    pub fn wait_for(&mut self, text: &str) -> String {
        wait_until(|| {
            let written = self.text.lock().unwrap();
            let end = self.seen + written[self.seen..].find(text)? + text.len();
            let found = written[self.seen..end].to_owned();
            self.seen = end;
            Some(found)
        })
        .unwrap_or_else(|| panic!("no `{text}` in `{}`", self.text.lock().unwrap()))
    }
}

/// Waits until there is something, and returns it. None after [`LIMIT`].
pub fn wait_until<T>(mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let end = Instant::now() + LIMIT;
    while Instant::now() < end {
        if let Some(found) = look() {
            return Some(found);
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    None
}

/// The command with `--watch`. It is ended when the test ends.
pub struct Running {
    child: Child,
    pub out: Written,
    pub err: Written,
    /// Closes the pipe of the results.
    close: Arc<Mutex<bool>>,
}

/// A pipe that can be closed at this end while another thread reads it.
struct Closable(Option<std::process::ChildStdout>, Arc<Mutex<bool>>);

impl Read for Closable {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let Some(pipe) = &mut self.0 else { return Ok(0) };
        let count = pipe.read(buffer)?;
        if *self.1.lock().unwrap() {
            self.0 = None;
        }
        Ok(count)
    }
}

impl Running {
    pub fn start(folder: &Path, arguments: &[&str]) -> Self {
        let mut kpi = Command::new(env!("CARGO_BIN_EXE_kpi"));
        kpi.current_dir(folder).args(arguments).arg("--watch").env_remove("NO_COLOR");
        let mut child = kpi.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
        let close = Arc::default();
        let out = Written::by(Closable(child.stdout.take(), Arc::clone(&close)));
        let err = Written::by(child.stderr.take().expect("it is piped"));
        Self { child, out, err, close }
    }

    /// Closes the pipe of the results once something more was written to it.
    pub fn close_output(&mut self) {
        *self.close.lock().unwrap() = true;
    }

    /// The exit status. Until the process ends, `act` is called again and again.
    pub fn status_while(&mut self, mut act: impl FnMut()) -> Option<i32> {
        let status = wait_until(|| {
            act();
            std::thread::sleep(Duration::from_millis(300));
            self.child.try_wait().expect("it can be waited for")
        });
        status.expect("it ends").code()
    }

    /// The exit status after Ctrl-C.
    #[cfg(unix)]
    pub fn interrupted(&mut self) -> Option<i32> {
        let kill = format!("kill -INT {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().expect("there is a shell").success());
        wait_until(|| self.child.try_wait().expect("it can be waited for")).expect("it ends").code()
    }

    /// Elsewhere a test cannot press Ctrl-C.
    #[cfg(not(unix))]
    pub fn interrupted(&mut self) -> Option<i32> {
        Some(0)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
