//! A host program whose users write definitions. It loads them at run time, evaluates them over its own rows, explains
//! a value, and replaces the definitions while it runs.
//!
//!     cargo run --example embed

use std::error::Error;
use std::sync::{Arc, RwLock};

use serde::Serialize;
use yardstick::{Embedded, Library, Limits, Query, Table};

/// A row. Any type that serializes as a record can be one.
#[derive(Serialize)]
struct Campaign {
    month: &'static str,
    channel: &'static str,
    spend: f64,
    new_customers: u32,
}

/// A host. A running evaluation keeps its own clone of the library, so replacing the library does not affect it.
struct Host {
    library: RwLock<Library>,
}

impl Host {
    fn reload(&self, definitions: &str) -> Result<(), Box<dyn Error>> {
        *self.library.write().expect("no writer panics") = Library::from_text(definitions)?;
        Ok(())
    }

    fn report(&self, rows: &[Campaign]) -> Result<(), Box<dyn Error>> {
        let library = self.library.read().expect("no writer panics").clone();
        let table = Table::from_rows("campaigns", rows)?;
        let source = Embedded::new(vec![Arc::new(table)]);
        let result = library.evaluate(&Query::all().by("month"), &source, &Limits::default())?;
        for group in 0..result.groups.len() {
            let value = result.value(0, group).map(|value| value.to_string());
            let shown = value.unwrap_or_else(|_| result.reason(0, group).unwrap_or_default().to_string());
            println!("{:?}: {shown}", result.group_label(group));
        }
        println!("{}", serde_json::to_string_pretty(&result.explain_at(0, 0)?)?);
        Ok(())
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let rows = [
        Campaign { month: "2026-01", channel: "search", spend: 1200.0, new_customers: 30 },
        Campaign { month: "2026-01", channel: "social", spend: 600.5, new_customers: 6 },
        Campaign { month: "2026-02", channel: "search", spend: 900.0, new_customers: 0 },
    ];
    let host = Host { library: RwLock::new(Library::from_text("cac = spend / new_customers")?) };
    host.report(&rows)?;
    host.reload("cac = sum(spend where channel != \"social\") / new_customers")?;
    host.report(&rows)
}
