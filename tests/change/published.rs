//! Examples of price, volume and mix that textbooks and pages of accountants print.
//!
//! They let the volume change first, with the shares and prices before, so their parts change with the direction of time.
//! Here the volume is the mean over all orders in which volume, shares and prices can change. If prices stay, that is the
//! mean of the published part and of the one that results with the periods exchanged.

use std::sync::Arc;

use num_rational::BigRational;
use yardstick::{Decimal, Embedded, Library, Limits, Query, Table};

/// The price and the volume of a product before, and after.
type Product = (i64, i64, i64, i64);
type Products = [Product];

/// The printed price, volume and mix of each product, and of all, in hundredths.
fn effects(products: &Products) -> Vec<[i64; 3]> {
    let row = |month: &str, at: usize, price: i64, volume: i64| format!("{month},p{at},{},{volume}\n", price * volume);
    let rows = products.iter().enumerate().map(|(at, &(old_price, old_volume, price, volume))| {
        row("2026-01", at, old_price, old_volume) + &row("2026-02", at, price, volume)
    });
    let csv = format!("month,product,sales,units\n{}", rows.collect::<String>());
    let library = Library::from_text("value = sum(t.sales)\nvolume = sum(t.units)").expect("it is valid");
    let table = Table::from_csv("t", &csv, &Default::default()).expect("it is a table");
    let source = Embedded::new(vec![Arc::new(table)]);
    let evaluate = |query: Query| library.evaluate(&query, &source, &Limits::default()).expect("it is valid");
    let query = Query::new(["value", "volume"]).by("month");
    let (whole, segments) = (evaluate(query.clone()), evaluate(query.by("product")));
    let change = whole.change_over(0, [0, 1], 2, &segments, Some(1)).expect("it is a sum");
    let segments = change.segments.expect("it was divided").segments;
    let hundredths = |shown: Decimal| i64::try_from(shown * Decimal::from(100)).expect("it is a whole number");
    let product = |at: usize| {
        let key = format!("p{at}");
        let segment = segments.iter().find(|segment| segment.keys[0].as_deref() == Some(&*key)).expect("it is there");
        ["Price", "Volume", "Mix"].map(|name| {
            let own = segment.effects.iter().find(|own| format!("{:?}", own.effect) == name);
            own.map_or(0, |own| hundredths(own.share.shown))
        })
    };
    let mut rows: Vec<[i64; 3]> = (0..products.len()).map(product).collect();
    let all = [0, 1, 2].map(|effect| rows.iter().map(|row| row[effect]).sum());
    rows.push(all);
    rows
}

/// The volume of all products if it changes while shares and prices are those before (false) or after (true).
fn volume_with(products: &Products, are_new: [bool; 2]) -> BigRational {
    let [are_shares_new, are_prices_new] = are_new;
    let units = |is_new: bool, it: &Product| if is_new { it.3 } else { it.1 };
    let all = |is_new: bool| products.iter().map(|it| units(is_new, it)).sum::<i64>();
    let price = |it: &Product| if are_prices_new { it.2 } else { it.0 };
    let value = products.iter().map(|it| units(are_shares_new, it) * price(it)).sum::<i64>();
    BigRational::new((value * (all(true) - all(false))).into(), all(are_shares_new).into())
}

/// The published volume of all products: it changes first.
fn published_volume(products: &Products) -> BigRational {
    volume_with(products, [false, false])
}

/// The volume of all products is the mean over the six orders: it is first in two of them, and last in two.
fn is_the_mean_of_all_orders(products: &Products, hundredths: i64) {
    let orders = [[false, false], [false, false], [false, true], [true, false], [true, true], [true, true]];
    let sum: BigRational = orders.into_iter().map(|are_new| volume_with(products, are_new)).sum();
    let distance = sum * BigRational::new(100.into(), 6.into()) - BigRational::from_integer(hundredths.into());
    assert!(distance <= BigRational::from_integer(products.len().into()), "{distance}");
    assert!(distance >= -BigRational::from_integer(products.len().into()), "{distance}");
}

/// accountancyindex.com, "Price Volume Mix Analysis": sales rise from 32,000 to 39,900. In fractions, over all six
/// orders: prices 69080/69, 0 and 44614/23; volumes 60440/69, 21660/23 and 26692/23; mix -60520/69, -56160/23 and 121894/23.
#[test]
fn three_products_of_which_two_become_dearer() {
    let products = [(10, 1_000, 11, 1_000), (15, 800, 15, 700), (20, 500, 23, 800)];
    let rows = effects(&products);
    let expected = [[100_116, 87_594, -87_710], [0, 94_174, -244_174], [193_974, 116_052, 529_974]];
    for (row, expected) in rows.iter().zip(expected) {
        for (found, expected) in row.iter().zip(expected) {
            // What rounding leaves over goes to one of the parts.
            assert!((found - expected).abs() <= 1, "{rows:?}");
        }
    }
    assert_eq!(rows[3].iter().sum::<i64>(), 790_000);
    is_the_mean_of_all_orders(&products, rows[3][1]);
}

/// The "Milano Company" of Drury, Management and Cost Accounting: margins as budgeted, so that nothing is price. Published:
/// quantity 28,900, mix -32,900, in all -4,000. In fractions: volume 301450/11, mix -345450/11.
#[test]
fn a_mix_of_products_at_unchanged_margins() {
    let products = [(20, 8_000, 20, 6_000), (12, 7_000, 12, 7_000), (9, 5_000, 9, 9_000)];
    let rows = effects(&products);
    assert!(rows.iter().all(|row| row[0] == 0), "{rows:?}");
    assert_eq!(published_volume(&products), BigRational::from_integer(28_900.into()));
    assert!((rows[3][1] - 2_740_455).abs() <= 1 && (rows[3][2] + 3_140_455).abs() <= 1, "{rows:?}");
    assert_eq!(rows[3].iter().sum::<i64>(), -400_000);
    is_the_mean_of_all_orders(&products, rows[3][1]);
}

/// A question to the tutors of opentuition.com: 7,000 and 3,000 units at 9 and 12 are budgeted, 8,000 and 7,000 are sold.
/// Published: mix 7,500, which leaves 49,500 for the quantity. In both directions, the mean is 50,750 and 6,250.
#[test]
fn two_products_of_which_the_better_one_grows() {
    let products = [(9, 7_000, 9, 8_000), (12, 3_000, 12, 7_000)];
    assert_eq!(published_volume(&products), BigRational::from_integer(49_500.into()));
    let rows = effects(&products);
    // The first has shares of 7/10 and 8/15, so 5,000 more units are 5,000 · 9 · 37/60 = 27,750 for it, and 23,000 for the second.
    assert_eq!(rows, [[0, 2_775_000, -1_875_000], [0, 2_300_000, 2_500_000], [0, 5_075_000, 625_000]]);
    is_the_mean_of_all_orders(&products, rows[2][1]);
}
