//! Evaluates ten KPIs of a file by month and channel.
//!
//! `cargo bench --bench files` generates a file of a million rows in the temporary folder, or of `KPI_BENCH_ROWS`. With
//! `KPI_BENCH_FILE=FILE` it reads a file with the same columns instead.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use divan::Bencher;
use yardstick::{Dataset, Declaration, Embedded, Library, Limits, Query, open};

const KPIS: &str = "
f_cac = spend / new_customers
f_cpl = spend / leads
f_cpc = spend / clicks
f_cpm = spend / impressions * 1000
f_ctr = clicks / impressions * 100
f_lead_rate = leads / clicks * 100
f_mql_rate = mqls / leads * 100
f_win_rate = new_customers / sqls * 100
f_romi = (revenue - spend) / spend * 100
f_arpc = revenue / new_customers
";

fn main() {
    divan::main();
}

/// A deterministic sequence of pseudo-random numbers.
struct Generator(u64);

impl Generator {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

fn rows() -> u64 {
    std::env::var("KPI_BENCH_ROWS").ok().and_then(|rows| rows.parse().ok()).unwrap_or(1_000_000)
}

/// A table of six months with twelve columns.
fn written(rows: u64) -> PathBuf {
    let path = std::env::temp_dir().join(format!("yardstick-bench-{rows}.csv"));
    let mut file = std::io::BufWriter::new(std::fs::File::create(&path).expect("a temporary file can be written"));
    let header = "date,channel,campaign,country,spend,impressions,clicks,leads,mqls,sqls,new_customers,revenue";
    writeln!(file, "{header}").expect("there is room");
    let mut random = Generator(7);
    for _ in 0..rows {
        let mut below = |end| random.below(end);
        let (month, day, channel) = (below(6) + 1, below(28) + 1, below(6));
        let (campaign, country) = (below(200), ["FR", "DE", "ES", "IT", "PL", "DK"][below(6) as usize]);
        write!(file, "2025-{month:02}-{day:02},channel_{channel},camp_{campaign:03},{country}").expect("there is room");
        write!(file, ",{}.{:02},{},{}", below(2000), below(100), below(50_000), below(900)).expect("there is room");
        write!(file, ",{},{},{},{}", below(90), below(40), below(20), below(9)).expect("there is room");
        writeln!(file, ",{}.{:02}", below(3000), below(100)).expect("there is room");
    }
    path
}

fn source() -> Embedded {
    let path = std::env::var_os("KPI_BENCH_FILE").map_or_else(|| written(rows()), PathBuf::from);
    let dataset: Arc<dyn Dataset> = open("ads", &path, &Declaration::default()).expect("the file is a table").into();
    Embedded::new(vec![dataset])
}

#[divan::bench(args = [1, 2], sample_count = 3, sample_size = 1)]
fn ten_kpis_by_month_and_channel(bencher: Bencher, threads: usize) {
    let library = Library::from_text(KPIS).expect("the definitions are right");
    let names: Vec<&str> = KPIS.lines().filter_map(|line| line.split(' ').next()).filter(|it| !it.is_empty()).collect();
    let source = source();
    let query = Query::new(names).by("month").by("channel");
    let limits = Limits::default().threads(threads);
    bencher.bench_local(|| library.evaluate(&query, &source, &limits).expect("the query is right").groups.len());
}
