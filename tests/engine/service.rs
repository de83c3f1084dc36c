//! Sends requests to the example service and checks its responses.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};

use serde_json::{Value as Json, json};

#[allow(dead_code)]
#[path = "../../examples/service.rs"]
mod example;

fn start() -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("binding to a free port succeeds");
    let address = listener.local_addr().expect("the listener has an address");
    std::thread::spawn(move || example::Service::default().serve(&listener));
    address
}

fn send(address: SocketAddr, method: &str, path: &str, body: &str) -> (u16, Json) {
    let mut stream = TcpStream::connect(address).expect("the service listens");
    let length = body.len();
    write!(stream, "{method} /{path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n{body}")
        .expect("the service accepts the request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("the service answers");
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    let (_, document) = answer.split_once("\r\n\r\n").expect("a body");
    (status, serde_json::from_str(document).expect("a document"))
}

const ROWS: &str = r#"[
    {"channel": "web", "spend": 900.10, "customers": 30},
    {"channel": "mail", "spend": 0.1234567890123456789, "customers": 0}
]"#;

#[test]
fn tenants_define_evaluate_explain_and_replace() {
    let address = start();
    let request = |by: &str, rest: &str| format!(r#"{{"query": {{"kpis": ["our_cac"]{by}}}, "rows": {ROWS}{rest}}}"#);
    let ask = || request("", "");
    let by_channel = r#", "by": ["channel"]"#;
    assert_eq!(send(address, "POST", "acme/evaluate", &ask()).0, 404);
    assert_eq!(send(address, "PUT", "acme", "our_cac = spend / customers").0, 200);
    let (status, document) = send(address, "POST", "acme/evaluate", &request(by_channel, ""));
    assert_eq!(status, 200, "{document}");
    assert_eq!(document["rows"][1]["group"]["channel"], "web");
    assert_eq!(document["rows"][0]["values"]["our_cac"]["undefined"]["code"], "division-by-zero");

    let group = r#", "group": {"channel": "web"}"#;
    let (status, document) = send(address, "POST", "acme/explain", &request(by_channel, group));
    assert_eq!((status, &document["our_cac"]["steps"]["s0"]["substituted"]), (200, &json!("900.1 / 30")));

    let (status, document) = send(address, "POST", "acme/record", &ask());
    assert_eq!(status, 200, "{document}");
    assert_eq!(document[1]["our_cac"]["undefined"], "division-by-zero");

    // Invalid definitions change nothing. Valid definitions apply to the next request.
    let (status, problems) = send(address, "PUT", "acme", "our_cac = spend /");
    assert_eq!((status, &problems[0]["code"]), (422, &json!("syntax")));
    assert_eq!(send(address, "PUT", "acme", "our_cac = spend").0, 200);
    assert_eq!(send(address, "PUT", "other", "our_cac = 7").0, 200);
    let (_, document) = send(address, "POST", "acme/evaluate", &ask());
    assert_eq!(document["rows"][0]["values"]["our_cac"]["value"], "900.2234567890123456789");
}

#[test]
fn limits_and_invalid_requests_return_error_responses() {
    let address = start();
    assert_eq!(send(address, "PUT", "acme", "n = count(rows)").0, 200);
    let rows: Vec<Json> = (0..10_001).map(|n| json!({"n": n})).collect();
    let ask = json!({"query": {"kpis": ["n"], "by": ["n"]}, "rows": rows}).to_string();
    let (status, problems) = send(address, "POST", "acme/evaluate", &ask);
    assert_eq!((status, &problems[0]["code"]), (422, &json!("limit-reached")));
    // Tenants can only name their KPIs, and cannot raise their limits.
    let formula = r#"{"query": {"kpis": ["count(rows)"]}, "rows": [{"n": 1}]}"#;
    assert_eq!(send(address, "POST", "acme/evaluate", formula).0, 422);
    assert_eq!(send(address, "POST", "acme/evaluate", r#"{"query": {"limits": {}}, "rows": []}"#).0, 400);
    assert_eq!(send(address, "POST", "acme/delete", r#"{"query": {}, "rows": []}"#).0, 404);
}

#[test]
fn tenants_share_definitions_and_cannot_replace_official_ones() {
    let address = start();
    assert_eq!(send(address, "PUT", "acme", "doubled = margin * 2").0, 200);
    let rows = json!([{"revenue": 10, "cost": 4}]);
    let ask = json!({"query": {"kpis": ["doubled", "margin_rate"]}, "rows": rows}).to_string();
    let (_, document) = send(address, "POST", "acme/evaluate", &ask);
    let values = &document["rows"][0]["values"];
    assert_eq!((&values["doubled"]["value"], &values["margin_rate"]["value"]), (&json!("12"), &json!("0.6")));

    assert_eq!(send(address, "PUT", "acme", "margin_rate = margin / cost").0, 200);
    let (_, document) = send(address, "POST", "acme/evaluate", &ask.replace("doubled", "margin"));
    assert_eq!(document["rows"][0]["values"]["margin_rate"]["value"], "1.5");
    let (status, problems) = send(address, "PUT", "acme", "margin = revenue");
    let message = problems.as_array().and_then(|problems| problems.iter().find(|it| it["severity"] == "error"));
    assert_eq!(status, 422);
    assert_eq!(message.expect("there is an error")["message"], "`margin` is official and cannot be replaced");
}
