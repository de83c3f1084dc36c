//! Examples of price, volume and mix that textbooks and pages of accountants print.
//!
//! They value the volume at the prices before, so their parts change with the direction of time. Here it is valued at the
//! mean price, which makes it the mean of the published part and of the one that results with the periods exchanged.

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

/// The published volume of all products: the difference of the units at the mean price before.
fn published_volume(products: &Products, is_reversed: bool) -> BigRational {
    let sum = |of: fn(&Product) -> i64| products.iter().map(of).sum::<i64>();
    let (before, after) = (sum(|it| it.1), sum(|it| it.3));
    let (value, units) = match is_reversed {
        false => (sum(|it| it.0 * it.1), before),
        true => (sum(|it| it.2 * it.3), after),
    };
    BigRational::new((value * (after - before)).into(), units.into())
}

/// The volume of all products is the mean of the published one in both directions.
fn is_the_mean_of_both_directions(products: &Products, hundredths: i64) {
    let mean =
        (published_volume(products, false) + published_volume(products, true)) * BigRational::new(50.into(), 1.into());
    let distance = mean - BigRational::from_integer(hundredths.into());
    assert!(distance <= BigRational::from_integer(products.len().into()), "{distance}");
    assert!(distance >= -BigRational::from_integer(products.len().into()), "{distance}");
}

/// accountancyindex.com, "Price Volume Mix Analysis": sales rise from 32,000 to 39,900. In fractions, with the mean
/// prices 320/23 and 399/25: prices 23040/23, 0 and 44496/23; volumes 0, -34354/23 and 103062/23; mix 979584/2645,
/// -136656/13225 and 21375936/13225.
#[test]
fn three_products_of_which_two_become_dearer() {
    let products = [(10, 1_000, 11, 1_000), (15, 800, 15, 700), (20, 500, 23, 800)];
    let rows = effects(&products);
    let expected = [[100_174, 0, 37_035], [0, -149_365, -1_033], [193_461, 448_096, 161_633]];
    for (row, expected) in rows.iter().zip(expected) {
        for (found, expected) in row.iter().zip(expected) {
            // What rounding leaves over goes to one of the parts.
            assert!((found - expected).abs() <= 1, "{rows:?}");
        }
    }
    assert_eq!(rows[3].iter().sum::<i64>(), 790_000);
    is_the_mean_of_both_directions(&products, rows[3][1]);
}

/// The "Milano Company" of Drury, Management and Cost Accounting: margins as budgeted, so that nothing is price. Published:
/// quantity 28,900, mix -32,900, in all -4,000. In fractions: volume 301450/11, mix -345450/11.
#[test]
fn a_mix_of_products_at_unchanged_margins() {
    let products = [(20, 8_000, 20, 6_000), (12, 7_000, 12, 7_000), (9, 5_000, 9, 9_000)];
    let rows = effects(&products);
    assert!(rows.iter().all(|row| row[0] == 0), "{rows:?}");
    assert_eq!(published_volume(&products, false), BigRational::from_integer(28_900.into()));
    assert!((rows[3][1] - 2_740_455).abs() <= 1 && (rows[3][2] + 3_140_455).abs() <= 1, "{rows:?}");
    assert_eq!(rows[3].iter().sum::<i64>(), -400_000);
    is_the_mean_of_both_directions(&products, rows[3][1]);
}

/// A question to the tutors of opentuition.com: 7,000 and 3,000 units at 9 and 12 are budgeted, 8,000 and 7,000 are sold.
/// Published: mix 7,500, which leaves 49,500 for the quantity. With the mean price (9.90 + 10.40) / 2: 50,750 and 6,250.
#[test]
fn two_products_of_which_the_better_one_grows() {
    let products = [(9, 7_000, 9, 8_000), (12, 3_000, 12, 7_000)];
    assert_eq!(published_volume(&products, false), BigRational::from_integer(49_500.into()));
    let rows = effects(&products);
    // In fractions, the mix of the first is 14375/6 = 2,395.83, of the second 23125/6 = 3,854.17.
    assert_eq!(rows, [[0, 1_015_000, 239_583], [0, 4_060_000, 385_417], [0, 5_075_000, 625_000]]);
    is_the_mean_of_both_directions(&products, rows[2][1]);
}
