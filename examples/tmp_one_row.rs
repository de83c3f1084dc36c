use std::sync::Arc;
use yardstick::aggregate::Embedded;
use yardstick::data::Table;
use yardstick::{Library, Query};
fn main() {
    #[derive(serde::Serialize)]
    struct R { spend: u32, customers: u32 }
    let library = Arc::new(Library::from_text("our_cac = spend / customers").unwrap());
    let source = Embedded::new(vec![Arc::new(Table::from_record("t", &R { spend: 900, customers: 30 }).unwrap())]);
    let plan = Arc::new(library.plan(&Query::of(["our_cac"]), yardstick::data::Source::datasets(&source)).unwrap());
    for _ in 0..3 {
        let n = 200_000;
        let t = std::time::Instant::now();
        for _ in 0..n { std::hint::black_box(plan.evaluate(&source).unwrap().value(0, 0).unwrap()); }
        println!("evaluate {:?}", t.elapsed() / n);
    }
    let by = Arc::new(library.plan(&Query::of(["our_cac", "our_cac + 1", "spend", "max(t.spend)"]).by("spend"), yardstick::data::Source::datasets(&source)).unwrap());
    let n = 100_000;
    let t = std::time::Instant::now();
    for _ in 0..n { std::hint::black_box(by.evaluate(&source).unwrap().value(0, 0).unwrap()); }
    println!("four by one column {:?}", t.elapsed() / n);
    let n = 2000;
    let t = std::time::Instant::now();
    for _ in 0..n { std::hint::black_box(library.plan(&Query::of(["our_cac"]), yardstick::data::Source::datasets(&source)).unwrap()); }
    println!("plan {:?}", t.elapsed() / n);
}
