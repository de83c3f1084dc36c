//! How much is asked and fetched: a row for each cell and statement, and a statement for each measure at most.

use std::collections::BTreeSet;
use std::sync::Arc;

use yardstick::internal::sql::{AdbcConnection, Profile, Tier, open_up_to};
use yardstick::{Dataset, Embedded, Library, Limits, Query};

use super::conformance::remembered::Remembered;
use super::connected::{load, rows};
use super::engines::Engine;
use super::postgres::Random;

const ROWS: usize = 600;

const DEFINITIONS: &str = "dataset orders { time ordered_on }";

fn connected(engine: &Engine) -> Arc<Remembered<AdbcConnection>> {
    let profile = Profile::read(engine.profile.to_str().expect("it is UTF-8")).expect("it is valid");
    Arc::new(Remembered::new(AdbcConnection::open(profile, None).expect("the engine answers")))
}

/// However many rows there are, as many are fetched as there are months and channels.
#[test]
fn aggregates_fetch_a_row_for_each_cell() {
    let library = Library::from_text(DEFINITIONS).expect("it is valid");
    let formulas = [
        "sum(orders.amount)",
        "sum(orders.amount - orders.fees)",
        "avg(orders.fees)",
        "max(orders.amount)",
        "min(orders.shipped)",
        "count(orders)",
        "count(orders where paid)",
    ];
    for mut engine in Engine::installed("fetched") {
        let rows = rows(&mut Random(8), ROWS);
        load(&mut engine, &rows);
        let distinct = |key: &dyn Fn(&Vec<String>) -> String| rows.iter().map(key).collect::<BTreeSet<_>>().len();
        let cells = distinct(&|row| format!("{} {:?}", row[0].get(..7).unwrap_or_default(), row[3]));
        let days = distinct(&|row| row[0].clone());
        assert!(cells * 8 < ROWS && days * 4 < ROWS, "{cells} cells, {days} days");
        let connection = connected(&engine);
        let declaration = library.dataset("orders").expect("it is declared").declaration.clone();
        let table = open_up_to("orders", &engine.table, &declaration, connection.clone(), Tier::States);
        let table: Arc<dyn Dataset> = table.expect("the table is there").into();
        connection.take_asked();
        let mut query = Query::new(formulas).by("month").by("channel").totals(true);
        let source = Embedded::new(vec![table]);
        for filter in ["", "amount < 150", "paid"] {
            query = if filter.is_empty() { query } else { query.filter_formula(filter) };
            let evaluated = library.evaluate(&query, &source, &Limits::default());
            let evaluated = evaluated.unwrap_or_else(|problems| panic!("{}: {problems}", engine.name));
            assert!(evaluated.groups.len() > 5);
            let asked = connection.take_asked();
            // One for all measures, and one for the days with rows.
            assert_eq!(asked.len(), 2, "{}: {asked:#?}", engine.name);
            // Rows for which a filter is undefined are counted apart from those that it keeps.
            let per_cell = if filter.is_empty() { 1 } else { 2 };
            let of_cells = asked[0].1;
            assert!(of_cells <= cells * per_cell, "{}: {of_cells} rows for {cells} cells", engine.name);
            assert!(asked[1].1 <= days * per_cell, "{}: {} rows for {days} days", engine.name, asked[1].1);
        }
    }
}

/// Conditions that are decided here need statements of their own, but the measures bound how many there are.
#[test]
fn measures_bound_the_number_of_statements() {
    let library = Library::from_text(DEFINITIONS).expect("it is valid");
    let formulas = [
        "sum(orders.amount where channel = \"web\")",
        "sum(orders.amount where customer = \"ann\")",
        "sum(orders.amount where starts_with(customer, \"b\") and channel != \"web\")",
        "median(orders.amount)",
        "count(distinct orders.customer)",
        "sum(orders.weight)",
        "last(orders.balance by customer)",
        "sum(orders.amount)[previous]",
        "sum(orders.amount)[last 2 months]",
    ];
    for mut engine in Engine::with_catalog("statements") {
        load(&mut engine, &rows(&mut Random(9), 60));
        let connection = connected(&engine);
        let declaration = library.dataset("orders").expect("it is declared").declaration.clone();
        for tier in [Tier::States, Tier::Whole] {
            let table = open_up_to("orders", &engine.table, &declaration, connection.clone(), tier);
            let source = Embedded::new(vec![Arc::from(table.expect("the table is there")) as Arc<dyn Dataset>]);
            connection.take_asked();
            for (count, totals) in (1..=formulas.len()).flat_map(|count| [(count, false), (count, true)]) {
                let query = Query::new(formulas[..count].to_vec()).by("month").totals(totals);
                let evaluated = library.evaluate(&query, &source, &Limits::default()).expect("it can be computed");
                let asked = connection.take_asked();
                let most = evaluated.plan.request.measures.iter().map(|measure| {
                    match format!("{:?}", measure.aggregate).as_str() {
                        "First" | "Last" => 2,
                        "Median" | "Count" if tier == Tier::Whole => 2 + usize::from(totals),
                        _ => 1,
                    }
                });
                // And one for the days with rows.
                let most = most.sum::<usize>() + 1;
                assert!(asked.len() <= most, "{}, {tier}, {count}: more than {most} in {asked:#?}", engine.name);
            }
        }
    }
}
