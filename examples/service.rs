//! An HTTP service whose tenants write their own KPIs. It replaces definitions while it runs, evaluates rows and single
//! records, and explains values. Every request has limits.
//!
//! cargo run --example service, then for example:
//! curl -X PUT localhost:8080/acme --data-binary 'our_cac = spend / customers'
//! curl localhost:8080/acme/evaluate -d '{"query": {"kpis": ["our_cac"]}, "rows": [{"spend": 900, "customers": 30}]}'

use std::collections::{BTreeMap, HashMap};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, RwLock};
use std::time::Duration;

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value as Json, json};
use yardstick::{Dataset, Embedded, Error, Evaluation, Library, Limits, Query, Table};

/// The number of requests at a time.
const THREADS: usize = 16;
/// The memory of a request in bytes. All requests together use 1 GiB at most.
const MEMORY: u64 = 64 << 20;
/// The maximum size of a request body in bytes.
const MAX_BODY: u64 = 1 << 20;
/// The maximum size of a request head in bytes.
const MAX_HEAD: u64 = 8 << 10;

/// The definitions that all tenants share. A tenant can replace those that are not official.
const SHARED: &str = "\
margin = revenue - cost { state official }
margin_rate: percent = margin / revenue
";

/// The definitions of all tenants.
pub struct Service {
    /// The shared definitions, compiled once. Those of a tenant are compiled on top of them.
    base: Library,
    tenants: RwLock<HashMap<String, Library>>,
}

impl Default for Service {
    fn default() -> Self {
        let base = Library::from_text(SHARED).expect("the shared definitions have no errors");
        Self { base, tenants: RwLock::default() }
    }
}

/// A record of named values. Numbers keep all digits.
type Row = BTreeMap<String, Box<RawValue>>;

/// The request of a tenant.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ask {
    /// The query. Queries from JSON can name KPIs, but cannot contain formulas.
    query: Query,
    /// The keys of the group to explain.
    #[serde(default)]
    group: BTreeMap<String, String>,
    rows: Vec<Row>,
}

/// An HTTP status and a document.
type Answer = (u16, Json);

impl Service {
    /// Answers requests until the process ends, on a fixed number of threads. Other connections wait.
    pub fn serve(&self, listener: &TcpListener) {
        let answer_all = || {
            for stream in listener.incoming().flatten() {
                // The client may have closed the connection.
                let _ = self.answer(&stream);
            }
        };
        std::thread::scope(|scope| (0..THREADS).for_each(|_| drop(scope.spawn(answer_all))));
    }

    fn answer(&self, mut stream: &TcpStream) -> std::io::Result<()> {
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        let (status, document) = match Request::read(stream)? {
            Some(request) => self.route(&request),
            None => (400, json!({"error": "expected an HTTP/1.1 request of limited size"})),
        };
        let body = document.to_string();
        let length = body.len();
        let head = format!("HTTP/1.1 {status} \r\nContent-Type: application/json\r\nContent-Length: {length}\r\n");
        stream.write_all(format!("{head}Connection: close\r\n\r\n{body}").as_bytes())
    }

    fn route(&self, request: &Request) -> Answer {
        let (tenant, action) = request.path.split_once('/').unwrap_or((&request.path, ""));
        if (&*request.method, action) == ("PUT", "") {
            return self.replace(tenant, &request.body);
        }
        // This request keeps its library, even if another request replaces it meanwhile.
        let library = self.tenants.read().expect("no writer panics").get(tenant).cloned();
        let Some(library) = library else { return (404, json!({"error": "the tenant does not exist"})) };
        let ask = match serde_json::from_str::<Ask>(&request.body) {
            Ok(ask) => ask,
            Err(error) => return (400, json!({"error": error.to_string()})),
        };
        let answer = match (&*request.method, action) {
            ("POST", "evaluate") => evaluate(&library, &ask).map(|result| json!(result)),
            ("POST", "explain") => explain(&library, &ask),
            ("POST", "record") => record(&library, &ask),
            _ => return (404, json!({"error": "expected `evaluate`, `explain` or `record`"})),
        };
        answer.map_or_else(|problems| (422, json!(problems)), |document| (200, document))
    }

    /// Replaces the definitions of a tenant. If they have an error, the earlier ones are kept.
    fn replace(&self, tenant: &str, text: &str) -> Answer {
        match Library::builder().on(&self.base).limits(&limits()).text("<text>", text).build() {
            Ok(library) => {
                self.tenants.write().expect("no writer panics").insert(tenant.to_owned(), library);
                (200, json!({"replaced": tenant}))
            }
            Err(problems) => (422, json!(problems)),
        }
    }
}

fn limits() -> Limits {
    Limits::default().groups(10_000).nodes(20_000).time(Duration::from_millis(200)).memory(MEMORY).threads(1)
}

fn evaluate(library: &Library, ask: &Ask) -> Result<Evaluation, Error> {
    let table = Table::from_rows("rows", &ask.rows)?;
    library.evaluate(&ask.query, &Embedded::new(vec![Arc::new(table)]), &limits())
}

fn explain(library: &Library, ask: &Ask) -> Result<Json, Error> {
    let result = evaluate(library, ask)?;
    let keys = || ask.group.iter().map(|(name, key)| (&**name, &**key));
    let names = result.plan.kpis.iter().map(|kpi| &*kpi.name);
    let explanations = names.map(|kpi| Ok((kpi.to_owned(), json!(result.explain(kpi, keys())?))));
    explanations.collect::<Result<serde_json::Map<String, Json>, Error>>().map(Json::Object)
}

/// Evaluates each row as a single record. The first row provides the names and types of the inputs.
fn record(library: &Library, ask: &Ask) -> Result<Json, Error> {
    let Some(first) = ask.rows.first() else { return Ok(json!([])) };
    let sample: [Arc<dyn Dataset>; 1] = [Arc::new(Table::from_record("record", first)?)];
    let plan = Arc::new(library.plan(&ask.query, &Embedded::new(sample.to_vec()), &limits())?);
    let kpis: Vec<String> = plan.kpis.iter().map(|kpi| kpi.name.to_string()).collect();
    let mut record = plan.record(&sample)?;
    let names: Vec<String> = record.inputs().map(str::to_owned).collect();
    let rows = ask.rows.iter().map(|row| {
        let row = Table::from_record("record", row)?;
        for name in &names {
            let cell = row.schema.find(name).and_then(|column| row.cell(column, 0));
            let input = record.input(name).expect("the name is an input");
            record.set(input, cell.unwrap_or(Err(yardstick::Cause::Blank)));
        }
        record.evaluate();
        let value = |at: usize| match record.value(at) {
            Ok(value) => json!({"value": value.to_string()}),
            Err(cause) => json!({"undefined": cause.code(), "reason": record.reason(at).map(|it| it.to_string())}),
        };
        let values = kpis.iter().enumerate().map(|(at, kpi)| (kpi.clone(), value(at)));
        Ok(Json::Object(values.collect()))
    });
    rows.collect::<Result<Vec<Json>, Error>>().map(Json::Array)
}

/// The parts of an HTTP request that this service needs.
struct Request {
    method: String,
    path: String,
    body: String,
}

impl Request {
    /// Returns None if it is not a valid request or is too long.
    fn read(stream: &TcpStream) -> std::io::Result<Option<Self>> {
        let mut lines = BufReader::new(stream.take(MAX_HEAD + MAX_BODY));
        let mut first = String::new();
        lines.by_ref().take(MAX_HEAD).read_line(&mut first)?;
        let mut length = 0;
        loop {
            let mut line = String::new();
            lines.by_ref().take(MAX_HEAD).read_line(&mut line)?;
            match line.trim_end().split_once(':') {
                Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                    length = value.trim().parse().unwrap_or(u64::MAX);
                }
                Some(_) => {}
                None => break,
            }
        }
        let mut words = first.split_whitespace();
        let (Some(method), Some(path)) = (words.next(), words.next()) else { return Ok(None) };
        if length > MAX_BODY {
            return Ok(None);
        }
        let mut body = Vec::new();
        lines.take(length).read_to_end(&mut body)?;
        let Ok(body) = String::from_utf8(body) else { return Ok(None) };
        Ok(Some(Self { method: method.to_owned(), path: path.trim_matches('/').to_owned(), body }))
    }
}

/// Serves on port 8080 of this machine.
pub fn main() -> std::io::Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", 8080))?;
    println!("listening on {}", listener.local_addr()?);
    Service::default().serve(&listener);
    Ok(())
}
