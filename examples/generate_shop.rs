//! Generates the tables of `examples/shop`: fifteen months of a small online shop. The output is always identical.
//!
//! ```sh
//! cargo run --example generate_shop
//! ```
//!
//! Like real tables, they have a channel that starts in the middle of a year (video, July 2025), a month without
//! advertising on one channel (social, August 2025), blank cells, and orders without a known channel.

use std::path::Path;

use jiff::civil::{Date, Weekday, date};
use jiff::{ToSpan, Unit};

fn main() -> std::io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/shop");
    for (name, text) in tables() {
        std::fs::write(folder.join(name), text)?;
    }
    Ok(())
}

/// The files by name.
pub fn tables() -> [(&'static str, String); 3] {
    let orders = orders();
    [("ads.csv", ads()), ("orders.csv", orders_csv(&orders)), ("customers.csv", customers_csv(&orders))]
}

const FIRST_DAY: Date = date(2025, 1, 1);
const LAST_DAY: Date = date(2026, 3, 31);
const VIDEO_STARTS: Date = date(2025, 7, 1);
/// Customers `c001` to `c060` bought before the first table begins.
const OLD_CUSTOMERS: u64 = 60;
/// Demand by calendar month, in percent of an average month.
const SEASON: [u64; 12] = [90, 85, 95, 100, 100, 95, 80, 75, 100, 110, 140, 150];

/// A channel: impressions per week, clicks per 10,000 impressions, cents per click, the weight of its orders.
struct Channel {
    name: &'static str,
    impressions: u64,
    click_rate: u64,
    click_price: u64,
    orders: u64,
}

const CHANNELS: [Channel; 4] = [
    Channel { name: "newsletter", impressions: 2_400, click_rate: 310, click_price: 11, orders: 18 },
    Channel { name: "search", impressions: 6_000, click_rate: 280, click_price: 38, orders: 38 },
    Channel { name: "social", impressions: 9_500, click_rate: 120, click_price: 34, orders: 22 },
    Channel { name: "video", impressions: 14_000, click_rate: 45, click_price: 55, orders: 12 },
];
/// The weight of orders without a known channel.
const UNKNOWN_ORDERS: u64 = 10;
const COUNTRIES: [(&str, u64); 4] = [("FR", 58), ("BE", 17), ("DE", 16), ("CH", 9)];

impl Channel {
    fn runs_on(&self, day: Date) -> bool {
        match self.name {
            "video" => day >= VIDEO_STARTS,
            "social" => (day.year(), day.month()) != (2025, 8),
            _ => true,
        }
    }
}

/// One row per week and channel, on Mondays.
fn ads() -> String {
    let mut random = Random(0x5eed_0001);
    let mut text = String::from("day,channel,impressions,clicks,cost\n");
    for monday in days().filter(|day| day.weekday() == Weekday::Monday) {
        for channel in CHANNELS.iter().filter(|channel| channel.runs_on(monday)) {
            let impressions = random.around(channel.impressions * season(monday) / 100, 12);
            let clicks = random.around(impressions * channel.click_rate / 10_000, 10);
            let cost = random.around(clicks * channel.click_price, 8);
            let impressions = random.or_blank(impressions.to_string(), 2);
            let cost = random.or_blank(euros(cost), 2);
            text += &format!("{monday},{},{impressions},{clicks},{cost}\n", channel.name);
        }
    }
    text
}

struct Order {
    day: Date,
    customer: u64,
    first: bool,
    channel: &'static str,
    country: &'static str,
    cents: u64,
}

/// A few orders per week. Demand grows by about a third over the fifteen months.
fn orders() -> Vec<Order> {
    let mut random = Random(0x5eed_0002);
    let mut customers = OLD_CUSTOMERS;
    let mut orders = vec![];
    for day in days() {
        let weeks = (day - FIRST_DAY).get_days() as u64 / 7;
        let per_mille = 650 * season(day) / 100 * (100 + weeks / 2) / 100;
        for _ in 0..random.count(per_mille) {
            let first = random.percent(54);
            customers += u64::from(first);
            let customer = if first { customers } else { 1 + random.below(customers) };
            orders.push(Order {
                day,
                customer,
                first,
                channel: channel(&mut random, day),
                country: random.pick(&COUNTRIES),
                cents: 1_900 + random.below(90) * 100 + random.below(6) * random.below(1_500),
            });
        }
    }
    orders
}

fn channel(random: &mut Random, day: Date) -> &'static str {
    let running = CHANNELS.iter().filter(|channel| channel.runs_on(day));
    let mut choices: Vec<_> = running.map(|channel| (channel.name, channel.orders)).collect();
    choices.push(("", UNKNOWN_ORDERS));
    random.pick(&choices)
}

fn orders_csv(orders: &[Order]) -> String {
    let mut random = Random(0x5eed_0003);
    let mut text = String::from("day,order,customer,first_order,channel,country,amount\n");
    for (at, order) in orders.iter().enumerate() {
        let Order { day, customer, channel, .. } = order;
        let first = if order.first { "yes" } else { "no" };
        let country = random.or_blank(order.country.to_owned(), 1);
        let amount = euros(order.cents);
        text += &format!("{day},{},c{customer:03},{first},{channel},{country},{amount}\n", 1_001 + at);
    }
    text
}

/// One row per month: customers at the start, new customers, lost customers.
fn customers_csv(orders: &[Order]) -> String {
    let mut random = Random(0x5eed_0004);
    let mut text = String::from("month,customers_start,new_customers,customers_lost,customers_end\n");
    let mut start = OLD_CUSTOMERS;
    for month in days().filter(|day| day.day() == 1) {
        let came = |order: &&Order| order.first && order.day.first_of_month() == month;
        let new = orders.iter().filter(came).count() as u64;
        let lost = random.around(start * 5 / 100, 50);
        let end = start + new - lost;
        text += &format!("{},{start},{new},{lost},{end}\n", month.strftime("%Y-%m"));
        start = end;
    }
    text
}

fn days() -> impl Iterator<Item = Date> {
    let count = FIRST_DAY.until((Unit::Day, LAST_DAY)).expect("both are ordinary days").get_days();
    (0..=count).map(|days| FIRST_DAY + days.days())
}

fn season(day: Date) -> u64 {
    SEASON[day.month() as usize - 1]
}

fn euros(cents: u64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

/// SplitMix64, implemented here so that the tables do not depend on the version of a library. It uses integers only, so
/// that the tables are the same on every machine.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From 0 to `end - 1`.
    fn below(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }

    fn percent(&mut self, chance: u64) -> bool {
        self.below(100) < chance
    }

    /// A random number at most this many percent away from a value.
    fn around(&mut self, value: u64, percent: u64) -> u64 {
        value * (100 - percent + self.below(2 * percent + 1)) / 100
    }

    /// A random number of events on one day, on average this many per thousand days.
    fn count(&mut self, per_mille: u64) -> u64 {
        (0..3).map(|_| u64::from(self.below(3_000) < per_mille)).sum()
    }

    fn or_blank(&mut self, text: String, percent: u64) -> String {
        if self.percent(percent) { String::new() } else { text }
    }

    /// One of the choices, selected by weight.
    fn pick(&mut self, choices: &[(&'static str, u64)]) -> &'static str {
        let mut left = self.below(choices.iter().map(|(_, weight)| weight).sum());
        for &(name, weight) in choices {
            if left < weight {
                return name;
            }
            left -= weight;
        }
        unreachable!("the weights add up to more than what is left")
    }
}
