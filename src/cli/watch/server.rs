//! Serves one page to the browsers of this machine.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::requests::{Live, MAX_HEAD, reply};
use crate::diagnostic::{Code, Diagnostic};
use crate::render;

/// The maximum number of connections at a time. Further ones are closed.
const MAX_CONNECTIONS: usize = 32;
/// The maximum time for a request to arrive, and for a browser to take a part of the reply.
const PATIENCE: Duration = Duration::from_secs(5);
/// The bytes after a request that are read, so that the browser reads the reply before the connection is closed.
const MAX_REST: u64 = 64 << 10;

/// Serves a page at an address that only this machine reaches.
pub struct Server {
    address: SocketAddr,
    shown: Arc<Mutex<Shown>>,
}

/// The page, and what it is made of.
#[derive(Default)]
struct Shown {
    /// The last result that was a page.
    page: Option<String>,
    /// The problems since then.
    problems: String,
    /// The number of the version.
    number: u64,
    live: Arc<Live>,
}

impl Server {
    /// Listens on a port, or on a free one.
    pub fn start(port: Option<u16>) -> Result<Self, Diagnostic> {
        let failed = |error: io::Error| {
            let at = port.map(|port| format!(" on port {port}")).unwrap_or_default();
            Diagnostic::error(Code::Unwritable, format!("cannot serve the page{at}: {error}"))
                .hint("write another port, or omit `--port` for a free one")
        };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port.unwrap_or(0))).map_err(failed)?;
        let server = Self { address: listener.local_addr().map_err(failed)?, shown: Arc::default() };
        let (port, shown) = (server.address.port(), server.shown.clone());
        thread::Builder::new().spawn(move || accept(&listener, port, &shown)).map_err(failed)?;
        Ok(server)
    }

    /// The address of the page.
    pub fn address(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// Shows a new page, or the last one if there is none, with problems. Browsers load it again if it differs.
    pub fn show(&self, page: Option<String>, problems: &str) {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        let page = page.or_else(|| shown.page.take());
        if shown.number > 0 && shown.page == page && shown.problems == problems {
            return;
        }
        let number = shown.number + 1;
        // Another process at the same address has other versions.
        let version = format!("{}-{number}", std::process::id());
        let live = Live { page: render::live_page(page.as_deref(), problems, &version), version };
        *shown = Shown { page, problems: problems.to_owned(), number, live: Arc::new(live) };
    }
}

/// Answers each connection on a thread of its own, so that a slow one delays no other.
fn accept(listener: &TcpListener, port: u16, shown: &Arc<Mutex<Shown>>) {
    let connections = Arc::new(());
    for stream in listener.incoming() {
        let Ok(stream) = stream else {
            // No file handles are left: later there may be.
            thread::sleep(Duration::from_millis(50));
            continue;
        };
        if Arc::strong_count(&connections) > MAX_CONNECTIONS {
            continue;
        }
        let (connection, shown) = (connections.clone(), shown.clone());
        let answer = move || {
            // A browser that has gone needs no answer.
            let _ = answered(stream, port, &shown);
            drop(connection);
        };
        let _ = thread::Builder::new().spawn(answer);
    }
}

/// Reads one request, and answers it.
fn answered(mut stream: TcpStream, port: u16, shown: &Mutex<Shown>) -> io::Result<()> {
    let (end, mut head, mut filled) = (Instant::now() + PATIENCE, [0; MAX_HEAD], 0);
    stream.set_write_timeout(Some(PATIENCE))?;
    loop {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(());
        }
        stream.set_read_timeout(Some(left))?;
        match stream.read(&mut head[filled..])? {
            0 => return Ok(()),
            count => filled += count,
        }
        let live = shown.lock().unwrap_or_else(PoisonError::into_inner).live.clone();
        if let Some(reply) = reply(&head[..filled], port, &live) {
            stream.write_all(reply.as_bytes())?;
            stream.shutdown(Shutdown::Write)?;
            io::copy(&mut stream.take(MAX_REST), &mut io::sink())?;
            return Ok(());
        }
    }
}
