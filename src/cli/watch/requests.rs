//! What browsers may ask for, and the replies.
//!
//! Only the page and its version are served, to requests that name this server: a page of a site whose name leads to
//! this machine cannot read them.

use httparse::{EMPTY_HEADER, Error, Header, Request, Status};

/// The maximum size of the head of a request, in bytes.
pub const MAX_HEAD: usize = 8 << 10;
/// The maximum number of headers of a request.
const MAX_HEADERS: usize = 64;

/// The page may run its own scripts and ask for its version. Nothing else is loaded, and no other page can frame it.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// What is served.
#[derive(Debug, Default)]
pub struct Live {
    /// Differs for each page.
    pub version: String,
    /// The page.
    pub page: String,
}

/// The reply to a request, of which this much of its head has arrived. None if the rest must be read first.
pub fn reply(head: &[u8], port: u16, live: &Live) -> Option<String> {
    let mut headers = [EMPTY_HEADER; MAX_HEADERS];
    let mut request = Request::new(&mut headers);
    match request.parse(head) {
        Ok(Status::Complete(_)) => {}
        Ok(Status::Partial) if head.len() < MAX_HEAD => return None,
        Ok(Status::Partial) | Err(Error::TooManyHeaders) => {
            return Some(refused("431 Request Header Fields Too Large"));
        }
        Err(_) => return Some(refused("400 Bad Request")),
    }
    Some(match (request.method, request.path) {
        _ if !names_this_server(request.headers, port) => refused("421 Misdirected Request"),
        (Some("GET"), Some("/")) => written("200 OK", "text/html", &live.page),
        (Some("GET"), Some("/version")) => written("200 OK", "text/plain", &live.version),
        (Some("GET"), _) => refused("404 Not Found"),
        _ => refused("405 Method Not Allowed"),
    })
}

/// True if the request is for the name under which this server is known. A site cannot choose that name for itself.
fn names_this_server(headers: &[Header<'_>], port: u16) -> bool {
    let mut hosts = headers.iter().filter(|header| header.name.eq_ignore_ascii_case("host"));
    let (Some(host), None) = (hosts.next(), hosts.next()) else { return false };
    let is_named = |name: &str| {
        let without_port = port == 80 && host.value.eq_ignore_ascii_case(name.as_bytes());
        without_port || host.value.eq_ignore_ascii_case(format!("{name}:{port}").as_bytes())
    };
    is_named("127.0.0.1") || is_named("localhost")
}

fn refused(status: &str) -> String {
    written(status, "text/plain", &format!("{status}\n"))
}

fn written(status: &str, content: &str, body: &str) -> String {
    let allowed = if status.starts_with("405") { "Allow: GET\r\n" } else { "" };
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: {content}; charset=utf-8\r\nContent-Length: {}\r\n{allowed}\
         Cache-Control: no-store\r\nConnection: close\r\nContent-Security-Policy: {POLICY}\r\n\
         Cross-Origin-Resource-Policy: same-origin\r\nReferrer-Policy: no-referrer\r\n\
         X-Content-Type-Options: nosniff\r\n\r\n{body}",
        body.len()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(head: &[u8], port: u16) -> Option<String> {
        let live = Live { version: "7".into(), page: "<p>é</p>".into() };
        let reply = reply(head, port, &live)?;
        let (head, body) = reply.split_once("\r\n\r\n").expect("it has a head");
        let length = format!("Content-Length: {}\r\n", body.len());
        assert!(head.contains(&length) && head.contains("no-store") && head.contains("nosniff"), "{head}");
        let line = head.lines().next().expect("it has a line");
        let shown = if line.ends_with("200 OK") { body } else { &line["HTTP/1.1 ".len()..] };
        Some(shown.to_owned())
    }

    #[test]
    fn only_the_page_and_its_version_are_served_to_requests_that_name_the_server() {
        let get = |target: &str, host: &str| status(format!("GET {target} HTTP/1.1\r\n{host}\r\n").as_bytes(), 8123);
        let host = "Host: 127.0.0.1:8123\r\n";
        for (target, host, expected) in [
            ("/", host, "<p>é</p>"),
            ("/version", host, "7"),
            ("/", "host: LOCALHOST:8123\r\n", "<p>é</p>"),
            ("/favicon.ico", host, "404 Not Found"),
            ("/../Cargo.toml", host, "404 Not Found"),
            ("//", host, "404 Not Found"),
            ("http://127.0.0.1:8123/", host, "404 Not Found"),
            ("/", "", "421 Misdirected Request"),
            ("/", "Host: example.com:8123\r\n", "421 Misdirected Request"),
            ("/", "Host: 127.0.0.1\r\n", "421 Misdirected Request"),
            ("/", "Host: 127.0.0.1:81\r\n", "421 Misdirected Request"),
            ("/version", "Host: 127.0.0.1:8123.example.com\r\n", "421 Misdirected Request"),
            ("/", "Host: 127.0.0.1:8123\r\nHost: example.com\r\n", "421 Misdirected Request"),
        ] {
            assert_eq!(get(target, host).as_deref(), Some(expected), "{target} {host}");
        }
        assert_eq!(status(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", 80).as_deref(), Some("<p>é</p>"));
        for method in ["POST", "HEAD", "PUT", "OPTIONS", "TRACE"] {
            let head = format!("{method} / HTTP/1.1\r\n{host}\r\n");
            assert_eq!(status(head.as_bytes(), 8123).as_deref(), Some("405 Method Not Allowed"), "{method}");
        }
    }

    #[test]
    fn heads_are_read_to_their_end_and_not_beyond_the_limit() {
        let head = b"GET / HTTP/1.1\r\nHost: localhost:1\r\n\r\n";
        for end in 0..head.len() {
            assert_eq!(status(&head[..end], 1), None, "{end}");
        }
        assert_eq!(status(head, 1).as_deref(), Some("<p>é</p>"));
        let long = [&head[..head.len() - 2], b"X: ", &[b'x'; MAX_HEAD]].concat();
        assert_eq!(status(&long[..MAX_HEAD - 1], 1), None);
        assert_eq!(status(&long[..MAX_HEAD], 1).as_deref(), Some("431 Request Header Fields Too Large"));
        let many = format!("GET / HTTP/1.1\r\n{}\r\n", "A: b\r\n".repeat(MAX_HEADERS + 1));
        assert_eq!(status(many.as_bytes(), 1).as_deref(), Some("431 Request Header Fields Too Large"));
        for wrong in [&b"\x16\x03\x01\x02\x00"[..], b"GET /\r\n\r\n", b"GET / HTTP/1.1\r\nno colon\r\n\r\n"] {
            assert_eq!(status(wrong, 1).as_deref(), Some("400 Bad Request"), "{wrong:?}");
        }
    }
}
