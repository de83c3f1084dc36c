//! The page of `kpi report --watch` and `kpi doc --watch`.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;

use super::running::{Running, wait_until};
use super::{DEFINITIONS, folder, replace, sells};

/// Waits for the address of the page, and returns its port.
pub fn port(kpi: &mut Running) -> u16 {
    kpi.err.wait_for("the page is at http://127.0.0.1:");
    let port = kpi.err.wait_for("/\n");
    port.trim_end_matches("/\n").parse().expect("it is a port")
}

/// Sends a request, and returns the reply.
fn reply(port: u16, request: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("it listens");
    stream.write_all(request.as_bytes()).expect("it reads");
    let mut reply = String::new();
    stream.read_to_string(&mut reply).expect("it answers");
    reply
}

fn get(port: u16, path: &str) -> String {
    let reply = reply(port, &format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n"));
    let (head, body) = reply.split_once("\r\n\r\n").expect("it has a head");
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    body.to_owned()
}

/// Waits until the page contains a text, and returns it.
fn page_with(port: u16, text: &str) -> String {
    let found = wait_until(|| Some(get(port, "/")).filter(|page| page.contains(text)));
    found.unwrap_or_else(|| panic!("no `{text}` in {}", get(port, "/")))
}

#[test]
fn a_report_is_served_with_its_last_good_page_and_the_problems_since() {
    let folder = folder();
    let at = folder.path();
    let mut kpi = Running::start(at, &["report", "--by", "month", "-o", "report.html"]);
    let port = port(&mut kpi);
    let (page, version) = (get(port, "/"), get(port, "/version"));
    assert!(page.contains("<h1") && page.contains(&format!("<script data-version=\"{version}\">")), "{page}");
    let file = || fs::read_to_string(at.join("report.html")).expect("it was written");
    assert!(file().contains("Content-Security-Policy") && !file().contains("<script"));
    // The command in the file is one that writes it.
    assert!(file().contains("kpi report --by month -o report.html<"), "{}", file());
    assert_eq!(get(port, "/version"), version);

    sells(at, 4321);
    let page = page_with(port, "4,321");
    let next = get(port, "/version");
    assert!(next != version && page.contains(&next) && !page.contains("id=\"problems\""));
    assert!(file().contains("4,321"));

    replace(at, "k.kpi", &DEFINITIONS.replace("s.sold", "s.<b>"));
    let page = page_with(port, "id=\"problems\"");
    assert!(page.contains("4,321") && page.contains("s.&lt;b&gt;") && !page.contains("s.<b>"), "{page}");
    assert!(file().contains("4,321"));
    replace(at, "k.kpi", &DEFINITIONS.replace("sum", "2 * sum"));
    assert!(!page_with(port, "8,642").contains("id=\"problems\""));
    assert_eq!(kpi.interrupted(), Some(0));
}

#[test]
fn a_page_that_was_never_right_shows_its_problems() {
    let folder = folder();
    replace(folder.path(), "k.kpi", "sold = (");
    let mut kpi = Running::start(folder.path(), &["doc", "--port", "0"]);
    let port = port(&mut kpi);
    page_with(port, "error[");
    replace(folder.path(), "k.kpi", DEFINITIONS);
    assert!(page_with(port, "<h3>sold</h3>").contains("id=\"search\""));
    // Other changes do not load the page again.
    let version = get(port, "/version");
    sells(folder.path(), 77);
    kpi.err.wait_for("changed: s.csv\n");
    replace(folder.path(), "k.kpi", &DEFINITIONS.replace("sold =", "bought ="));
    page_with(port, "<h3>bought</h3>");
    let number = |version: &str| version.rsplit('-').next().and_then(|it| it.parse::<u32>().ok()).expect("a number");
    assert_eq!(number(&get(port, "/version")), number(&version) + 1);
}

#[test]
fn only_the_page_is_served_and_only_to_this_machine() {
    let folder = folder();
    let mut kpi = Running::start(folder.path(), &["report"]);
    let port = port(&mut kpi);
    let host = format!("Host: localhost:{port}\r\n");
    for (request, status) in [
        (format!("GET / HTTP/1.1\r\n{host}\r\n"), "200 OK"),
        (format!("GET /k.kpi HTTP/1.1\r\n{host}\r\n"), "404 Not Found"),
        (format!("GET /../k.kpi HTTP/1.1\r\n{host}\r\n"), "404 Not Found"),
        (format!("POST / HTTP/1.1\r\n{host}Content-Length: 3\r\n\r\nabc"), "405 Method Not Allowed"),
        (format!("GET / HTTP/1.1\r\nHost: rebound.example.com:{port}\r\n\r\n"), "421 Misdirected Request"),
        ("GET / HTTP/1.0\r\n\r\n".to_owned(), "421 Misdirected Request"),
        ("\x16\x03\x01 hello\r\n\r\n".to_owned(), "400 Bad Request"),
        (format!("GET / HTTP/1.1\r\n{}", "X: y\r\n".repeat(5_000)), "431 Request Header Fields Too Large"),
    ] {
        let reply = reply(port, &request);
        assert!(reply.starts_with(&format!("HTTP/1.1 {status}\r\n")), "{request:.60} {reply:.200}");
        assert_eq!(reply.contains("<html"), status == "200 OK");
    }
    // A request that never ends delays no other, however many there are.
    let open: Vec<TcpStream> = (0..8)
        .map(|_| {
            let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("it listens");
            stream.write_all(b"GET / HTTP/1.1\r\nHost:").expect("it reads");
            stream
        })
        .collect();
    get(port, "/version");
    drop(open);
    #[cfg(target_os = "linux")]
    assert!(TcpStream::connect(("127.0.0.2", port)).is_err(), "it listens at other addresses too");
}
