//! A process under load: some tenants evaluate usual queries, and others use up their limits on other threads. No
//! tenant changes what another gets, and no memory is kept.

use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use yardstick::internal::budget::{self, Budget};
use yardstick::{Dataset, Embedded, Library, Limits, Query, Table};

use super::show;

const GOOD: usize = 8;
const HOSTILE: usize = 8;
const ROUNDS: usize = 4;

/// The limits of a hostile tenant.
const MEMORY: u64 = 8 << 20;
const TIME: Duration = Duration::from_millis(200);

/// The definitions of all tenants.
fn base() -> Library {
    let text = "dataset ads { time day }\nspend = sum(ads.spend)\nleads = sum(ads.leads)\nlet zero = 0\n";
    Library::from_text(text).unwrap_or_else(|problems| panic!("{problems}"))
}

fn source(base: &Library) -> Embedded {
    let mut text = String::from("day,channel,spend,leads\n0001-01-01,old,1,1\n9999-12-31,new,,2\n");
    for row in 0..1_500 {
        let (month, day) = (row % 12 + 1, row % 28 + 1);
        writeln!(text, "2026-{month:02}-{day:02},c{},{}.{:02},{}", row % 7, row * 31 % 900, row % 100, row % 13)
            .expect("a text can be written");
    }
    let declaration = &base.dataset("ads").expect("it is declared").declaration;
    Embedded::new(vec![Arc::new(Table::from_csv("ads", &text, declaration).expect("it is valid")) as Arc<dyn Dataset>])
}

/// What a usual tenant gets.
fn usual(base: &Library, source: &Embedded, tenant: usize) -> String {
    let text = format!("cpl = spend / leads\ntrend = cpl - cpl[previous]\nmiddle = median(ads.spend)\nown = {tenant}");
    let library = Library::builder().on(base).text("tenant.kpi", &text).build();
    let library = library.unwrap_or_else(|problems| panic!("{problems}"));
    let query = Query::new(["cpl", "trend", "middle", "own"]).by("month").by("channel").period("2026").totals(true);
    let limits = Limits::default().memory(16 << 20).threads(1);
    let result = library.evaluate(&query, source, &limits).unwrap_or_else(|problems| panic!("{problems}"));
    let explained = result.explain_at(0, 0).unwrap_or_else(|problem| panic!("{problem}"));
    show(&result) + &explained.to_string()
}

/// Programs of a few kilobytes that use up time and memory, with the column to group by.
fn hostile() -> Vec<(String, &'static str)> {
    let lines = |first: &str, count: usize, line: &dyn Fn(usize) -> String, last: &str| {
        let lines: Vec<String> = (1..count).map(line).collect();
        format!("{first}\n{}\n{last}\n", lines.join("\n"))
    };
    let doubled = |at: usize| format!("fn f{at}(x) = f{0}(f{0}(x))", at - 1);
    let filtered = |at: usize| format!("let d{at} = d{0}[channel = \"{at}\"] + d{0}", at - 1);
    let window = |at: usize| format!("y{at} = sum(ads.spend)[last {at} days]");
    let undefined = |at: usize| format!("let c{at} = c{} + 1", at - 1);
    vec![
        (lines("fn f0(x) = x + x", 40, &doubled, "y = f39(spend)"), "month"),
        (lines("let d0 = spend", 100, &filtered, "y = d99"), "month"),
        (lines("y0 = spend", 2_000, &window, ""), "day"),
        (lines("let c0 = spend / zero", 3_000, &undefined, "y = c2999"), "channel"),
        ("y = ln(spend[to date] + 1) ^ 0.37".into(), "day"),
        ("y = median(ads.spend)[last 3000 days] + count(distinct ads.channel)[all channel]".into(), "day"),
        ("k = 1\n".repeat(2_000), "month"),
        (format!("{0} = 1\ny = {0}q + 1", "x".repeat(60_000)), "month"),
        (format!("y = {}spend{}", "(".repeat(20_000), ")".repeat(20_000)), "month"),
        ("\u{0}\"\"\"{{{[[[".repeat(500), "month"),
    ]
}

/// Compiles, evaluates and explains a program within the limits, and returns the most memory it used.
fn use_up(base: &Library, source: &Embedded, (text, by): &(String, &str)) -> u64 {
    let budget = Budget::new(Some(TIME), MEMORY, None);
    let limits = Limits::default().groups(10_000).nodes(20_000).time(TIME).memory(MEMORY).threads(1);
    {
        let builder = Library::builder().on(base).limits(&limits).text("tenant.kpi", text);
        let (library, _) = budget::build(builder, &budget);
        let result = budget::evaluate(&library, &Query::all().by(*by), source, &limits, &budget);
        if let Ok(result) = result
            && !result.plan.kpis.is_empty()
            && !result.groups.is_empty()
        {
            drop(budget::explain(&result, &budget));
        }
    }
    assert_eq!(budget.used(), 0, "memory is kept after {:?}", text.chars().take(60).collect::<String>());
    budget.peak()
}

/// The time of a query in the middle, and of the slowest.
fn latency(mut times: Vec<Duration>) -> String {
    times.sort();
    format!("{:?} in the middle, {:?} at most", times[times.len() / 2], times[times.len() - 1])
}

fn timed(base: &Library, source: &Embedded, tenant: usize, alone: &str) -> Duration {
    let start = Instant::now();
    assert_eq!(usual(base, source, tenant), alone);
    start.elapsed()
}

#[test]
fn no_tenant_changes_what_another_gets() {
    let (base, programs) = (base(), hostile());
    let source = source(&base);
    let alone: Vec<String> = (0..GOOD).map(|tenant| usual(&base, &source, tenant)).collect();
    let times = alone.iter().enumerate().map(|(tenant, alone)| timed(&base, &source, tenant, alone)).collect();
    println!("alone: {}", latency(times));
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let (base, source, programs, done, alone) = (&base, &source, &programs, &done, &alone);
        let hostile: Vec<_> = (0..HOSTILE)
            .map(|tenant| {
                let attack = move || {
                    // With three programs of each thread, each program runs.
                    let in_turn = programs.iter().cycle().skip(tenant).enumerate();
                    let in_turn = in_turn.take_while(|(at, _)| *at < 3 || !done.load(Ordering::Relaxed));
                    let peaks: Vec<u64> = in_turn.map(|(_, program)| use_up(base, source, program)).collect();
                    (peaks.iter().copied().max().unwrap_or(0), peaks.len())
                };
                scope.spawn(attack)
            })
            .collect();
        let rounds = move |tenant: usize| {
            (0..ROUNDS).map(move |_| timed(base, source, tenant, &alone[tenant])).collect::<Vec<_>>()
        };
        let good: Vec<_> = (0..GOOD).map(|tenant| scope.spawn(move || rounds(tenant))).collect();
        let times = good.into_iter().flat_map(|it| it.join().expect("a usual tenant gets its results")).collect();
        done.store(true, Ordering::Relaxed);
        let attacks: Vec<(u64, usize)> =
            hostile.into_iter().map(|it| it.join().expect("a hostile tenant gets an error or a result")).collect();
        let count: usize = attacks.iter().map(|(_, count)| count).sum();
        println!("under load: {}, beside {count} hostile programs", latency(times));
        attacks.iter().for_each(|(peak, _)| assert!(*peak <= MEMORY, "{peak} bytes"));
    });
}
