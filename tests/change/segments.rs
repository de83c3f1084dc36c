//! Segments: worked examples by hand, and laws.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

use proptest::prelude::*;
use yardstick::{Change, Decimal, Embedded, Error, Library, Limits, Query, Table};

use super::random::Random;

/// The change of a KPI from January to February over these columns.
fn over(definitions: &str, kpi: &str, csv: &str, columns: &[&str], volume: Option<&str>) -> Change {
    let change = change_over(definitions, kpi, csv, columns, volume, 2);
    change.unwrap_or_else(|error| panic!("{error}"))
}

/// The same with these decimals, or the error.
fn change_over(
    definitions: &str,
    kpi: &str,
    csv: &str,
    columns: &[&str],
    volume: Option<&str>,
    decimals: u32,
) -> Result<Change, Error> {
    let library = Library::from_text(definitions).unwrap_or_else(|error| panic!("{definitions}\n{error}"));
    let table = Table::from_csv("t", csv, &Default::default()).expect("it is a table");
    let source = Embedded::new(vec![Arc::new(table)]);
    let query = volume.into_iter().fold(Query::new([kpi]), |query, volume| query.kpi(volume)).by("month");
    let finer = columns.iter().fold(query.clone(), |query, column| query.by(*column));
    let evaluate = |query: &Query| {
        library.evaluate(query, &source, &Limits::default()).unwrap_or_else(|error| panic!("{definitions}\n{error}"))
    };
    let (whole, segments) = (evaluate(&query), evaluate(&finer));
    whole.change_over(0, [0, 1], decimals, &segments, volume.map(|_| 1))
}

/// The segments by their keys, with contribution and effects as they are printed.
fn rows(change: &Change) -> Vec<String> {
    let segments = change.segments.as_ref().expect("it was divided");
    let rows = segments.segments.iter().map(|segment| {
        let keys: Vec<&str> = segment.keys.iter().map(|key| key.as_deref().unwrap_or("")).collect();
        let effects = segment.effects.iter().map(|own| format!("{:?} {}", own.effect, own.share.shown));
        format!("{}: {} = {}", keys.join(","), segment.share.shown, effects.collect::<Vec<_>>().join(", "))
    });
    let rest = segments.undivided.iter().map(|rest| format!("not divided: {} {}", rest.name, rest.share.shown));
    rows.chain(rest).collect()
}

/// R from 300/30 = 10 to 620/40 = 15.5, with R̄ = 12.75. `a` has the rates 8 and 10 and the shares 2/3 and 1/2: rate 7/6,
/// mix 5/8. `b` is new: (420 - 12.75·20)/40 = 4.125. `c` is gone: -(140 - 12.75·10)/30 = -5/12. In hundredths, rounded by
/// largest remainder to 5.50, and each segment's parts to the segment: 1.79 is 1.17 and 0.62.
#[test]
fn a_ratio_has_rate_mix_new_and_gone_segments() {
    let csv = "month,channel,cost,orders\n\
        2026-01,a,160,20\n2026-01,c,140,10\n2026-02,a,200,20\n2026-02,b,420,20\n";
    let change = over("k = cost / orders", "k", csv, &["channel"], None);
    assert_eq!(rows(&change), ["b: 4.13 = New 4.13", "a: 1.79 = Rate 1.17, Mix 0.62", "c: -0.42 = Gone -0.42"]);
}

/// Groups inside those of the result compute the same input over other rows. They change nothing for the KPIs beside them,
/// whatever their order.
#[test]
fn a_kpi_is_divided_in_the_same_way_whatever_is_beside_it() {
    let csv = "month,channel,shop,cost,orders\n2026-01,a,x,100,10\n2026-01,a,y,60,10\n2026-01,c,x,140,10\n\
        2026-02,a,x,200,20\n2026-02,b,y,400,10\n2026-02,b,x,20,10\n";
    let definitions = "input cost = sum(t.cost)\ninput orders = sum(t.orders)\nk = cost / orders";
    let library = Library::from_text(definitions).expect("it is valid");
    let source = Embedded::new(vec![Arc::new(Table::from_csv("t", csv, &Default::default()).expect("it is a table"))]);
    let divided = |kpis: &[&str]| {
        let query = Query::new(kpis.iter().copied()).by("month");
        let [whole, segments] = [query.clone(), query.by("channel")]
            .map(|query| library.evaluate(&query, &source, &Limits::default()).expect("it has values"));
        let at = kpis.iter().position(|kpi| *kpi == "k").expect("it is asked for");
        rows(&whole.change_over(at, [0, 1], 2, &segments, None).expect("it is within the limits"))
    };
    // The ratio above, from the same sums.
    let expected = ["b: 4.13 = New 4.13", "a: 1.79 = Rate 1.17, Mix 0.62", "c: -0.42 = Gone -0.42"];
    let (each, other) = ("avg(cost each shop)", "orders");
    for kpis in [
        &["k"][..],
        &["k", each],
        &[each, "k"],
        &[other, "k", each],
        &[other, each, "k"],
        &["k", other, each],
        &[each, other, "k"],
    ] {
        assert_eq!(divided(kpis), expected, "{kpis:?}");
    }
}

/// The rate of each segment is the same in both months, and yet the ratio rises, because the dearer segment grows: all mix.
#[test]
fn a_ratio_may_change_by_mix_alone() {
    let csv = "month,channel,cost,orders\n\
        2026-01,a,100,10\n2026-01,b,200,10\n2026-02,a,50,5\n2026-02,b,300,15\n";
    let change = over("k = cost / orders", "k", csv, &["channel"], None);
    // R̄ = (15 + 17.5)/2 = 16.25: a -1/4·(10-16.25) = 1.5625, b 1/4·(20-16.25) = 0.9375.
    assert_eq!(rows(&change), ["a: 1.56 = Rate 0, Mix 1.56", "b: 0.94 = Rate 0, Mix 0.94"]);
}

/// A segment with costs and no orders has no ratio.
#[test]
fn a_segment_without_a_denominator_is_unmatched() {
    let csv = "month,channel,cost,orders\n\
        2026-01,a,100,10\n2026-01,b,20,0\n2026-02,a,100,10\n2026-02,b,50,0\n";
    let change = over("k = cost / orders", "k", csv, &["channel"], None);
    assert_eq!(rows(&change), ["b: 3 = Unmatched 3", "a: 0 = Rate 0, Mix 0"]);
}

/// A sum divides its contribution by the own differences: 30% of the difference of sales, minus that of cost.
#[test]
fn sums_are_divided_by_their_own_differences() {
    let csv = "month,channel,sales,cost\n2026-01,a,100,10\n2026-01,b,100,20\n2026-02,a,200,15\n2026-02,c,50,5\n";
    let change = over("k = sales * 30% - cost", "k", csv, &["channel"], None);
    assert_eq!(rows(&change), ["a: 25 = Own 25", "b: -10 = Own -10", "c: 10 = Own 10"]);
}

/// Two products. The volume rises from 150 to 160, the share of `a` from 2/3 to 3/4, its price from 10 to 11. As a product
/// of three factors: volume 670/9 = 74.44, mix 4885/36 = 135.69, price 3955/36 = 109.86; in all 320, rounded by largest
/// remainder. For `b`, with the share from 1/3 to 1/4 and the price from 20 to 19: 1025/18, -9065/36 and -1625/36.
#[test]
fn a_sum_has_price_volume_and_mix() {
    let csv = "month,product,sales,units\n\
        2026-01,a,1000,100\n2026-01,b,1000,50\n2026-02,a,1320,120\n2026-02,b,760,40\n";
    let change = over("k = sales", "k", csv, &["product"], Some("units"));
    let expected =
        ["a: 320 = Price 109.86, Mix 135.7, Volume 74.44", "b: -240 = Price -45.14, Mix -251.8, Volume 56.94"];
    assert_eq!(rows(&change), expected);
}

/// Two products of which twice as much is sold at the same price: all volume, and each has its own difference.
#[test]
fn volume_alone_is_the_own_difference() {
    let csv = "month,product,sales,units\n\
        2026-01,a,100,100\n2026-01,b,10000,100\n2026-02,a,200,200\n2026-02,b,20000,200\n";
    let change = over("k = sales", "k", csv, &["product"], Some("units"));
    assert_eq!(rows(&change), ["b: 10000 = Price 0, Mix 0, Volume 10000", "a: 100 = Price 0, Mix 0, Volume 100"]);
}

/// `b` sold 77, and `c` sells 55: that is what they account for, and their volume counts in neither share. `a` is alone
/// in both months, so it has no mix: 200·(10 + 11)/2 = 2,100 by volume and (100 + 300)/2·1 = 200 by price.
#[test]
fn new_and_gone_segments_account_for_what_they_sold() {
    let csv = "month,product,sales,units\n\
        2026-01,a,1000,100\n2026-01,b,77,10\n2026-02,a,3300,300\n2026-02,c,55,5\n";
    let change = over("k = sales", "k", csv, &["product"], Some("units"));
    let expected = ["a: 2300 = Price 200, Mix 0, Volume 2100", "b: -77 = Gone -77", "c: 55 = New 55"];
    assert_eq!(rows(&change), expected);
    let volume = change.segments.and_then(|segments| segments.volume).expect("there is a volume");
    assert_eq!(([volume.before, volume.after], volume.compared), ([110.into(), 305.into()], [100.into(), 300.into()]));
}

/// The error says which of the two is not a sum.
#[test]
fn a_ratio_has_no_volume_and_is_none() {
    let csv = "month,product,sales,units\n2026-01,a,10,1\n2026-02,a,12,2\n";
    let error = |kpi: &str, volume: &str| {
        let change = change_over("price = sales / units", kpi, csv, &["product"], Some(volume), 2);
        change.expect_err("a ratio is not a sum").to_string()
    };
    let (value, volume) = (error("price", "units"), error("sales", "price"));
    assert!(value.contains("`price` is not a sum over the rows of each segment, so its difference"), "{value}");
    assert!(
        volume.contains("`price` is not a sum over the rows of each segment, so it cannot be the volume"),
        "{volume}"
    );
}

/// 10.2 + 20.8 and 10.6 + 20.4: the sum is 31 in both months.
#[test]
fn segments_that_cancel_out_are_printed_as_large_as_they_are() {
    let csv = "month,channel,revenue\n2026-01,web,10.2\n2026-01,shop,20.8\n2026-02,web,10.6\n2026-02,shop,20.4\n";
    let change = change_over("k = sum(t.revenue)", "k", csv, &["channel"], None, 0).expect("it is a sum");
    assert_eq!(rows(&change), ["shop: -0.4 = Own -0.4", "web: 0.4 = Own 0.4"]);
}

#[test]
fn distinct_counts_and_medians_are_not_divided() {
    let csv = "month,channel,customer,amount\n\
        2026-01,a,x,10\n2026-01,b,x,20\n2026-02,a,x,30\n2026-02,a,y,30\n2026-02,b,z,50\n";
    let change = over("k = count(distinct t.customer) + sum(t.amount)", "k", csv, &["channel"], None);
    let expected = ["a: 50 = Own 50", "b: 30 = Own 30", "not divided: count(distinct t.customer) 2"];
    assert_eq!(rows(&change), expected);
    let change = over("k = median(t.amount)", "k", csv, &["channel"], None);
    assert_eq!(rows(&change), ["a: 0 = ", "b: 0 = ", "not divided: k 15"]);
}

/// `[all channel]` is the same in each channel, so it cannot be divided among them.
#[test]
fn what_covers_all_segments_is_not_divided() {
    let csv = "month,channel,amount\n2026-01,a,10\n2026-01,b,20\n2026-02,a,30\n2026-02,b,50\n";
    let change = over("k = sum(t.amount)[all channel]", "k", csv, &["channel"], None);
    let segments = change.segments.expect("it was divided");
    assert_eq!(segments.undivided.iter().map(|rest| rest.share.shown).collect::<Vec<_>>(), [50.into()]);
}

/// A random table with two columns of segments.
fn table(seed: u64) -> String {
    let mut random = Random::new(seed);
    let mut csv = "month,channel,campaign,cost,orders\n".to_owned();
    for _ in 0..4 + random.below(12) {
        let (month, channel, campaign) = (1 + random.below(2), random.below(3), random.below(3));
        let (cost, orders) = (random.below(50), random.below(6));
        writeln!(csv, "2026-{month:02},c{channel},p{campaign},{cost},{orders}").expect("it is memory");
    }
    csv + "2026-01,c0,p0,7,1\n2026-02,c0,p0,9,2\n"
}

/// The contributions by the first key.
fn by_first_key(change: &Change) -> BTreeMap<String, Decimal> {
    let mut sums = BTreeMap::new();
    for segment in &change.segments.as_ref().expect("it was divided").segments {
        let key = segment.keys[0].as_deref().unwrap_or("").to_owned();
        *sums.entry(key).or_insert(Decimal::ZERO) += segment.share.contribution;
    }
    sums
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    /// The segments of a segment add up to it, for sums, ratios, and what is outside a ratio.
    #[test]
    fn a_drill_down_adds_up(seed: u64) {
        let csv = table(seed);
        for formula in ["cost / orders", "cost", "2 * cost / orders - cost / 10", "1 - orders / cost"] {
            let definitions = format!("k = {formula}");
            let coarse = by_first_key(&over(&definitions, "k", &csv, &["channel"], None));
            let fine = by_first_key(&over(&definitions, "k", &csv, &["channel", "campaign"], None));
            prop_assert_eq!(coarse.len(), fine.len());
            for (channel, whole) in coarse {
                let difference = (whole - fine[&channel]).abs();
                prop_assert!(difference < Decimal::new(1, 18), "{} {} {}", formula, channel, csv);
            }
        }
    }

    /// With a volume, each segment accounts for its own difference.
    #[test]
    fn segments_account_for_their_own_differences(seed: u64) {
        let csv = table(seed);
        let own = over("k = cost", "k", &csv, &["channel", "campaign"], None);
        let divided = over("k = cost", "k", &csv, &["channel", "campaign"], Some("orders"));
        let contributions = |change: &Change| {
            let segments = &change.segments.as_ref().expect("it was divided").segments;
            segments.iter().map(|own| (own.keys.clone(), own.share.contribution)).collect::<BTreeMap<_, _>>()
        };
        prop_assert_eq!(contributions(&own), contributions(&divided), "{}", csv);
    }

    /// The printed segments add up to the printed difference, and the effects of each to the segment.
    #[test]
    fn printed_segments_add_up(seed: u64) {
        let change = over("k = cost / orders + cost", "k", &table(seed), &["channel", "campaign"], None);
        let segments = change.segments.as_ref().expect("it was divided");
        let rest: Decimal = segments.undivided.iter().map(|rest| rest.share.shown).sum();
        let sum: Decimal = segments.segments.iter().map(|segment| segment.share.shown).sum();
        prop_assert_eq!(sum + rest, change.difference.expect("both are numbers").shown);
        for segment in &segments.segments {
            let effects: Decimal = segment.effects.iter().map(|own| own.share.shown).sum();
            prop_assert_eq!(effects, segment.share.shown);
        }
    }
}

/// Without groups by channel, `x[all channel]` is `x`: one step, which the segments divide by their own differences. The
/// difference of k = x + x is 2·30, of which `a` has 2·10 and `b` 2·20.
#[test]
fn a_share_that_is_the_same_step_as_its_whole_is_divided() {
    let csv = "month,channel,x\n2026-01,a,10\n2026-01,b,20\n2026-02,a,20\n2026-02,b,40\n";
    let change = over("k = x + x[all channel]", "k", csv, &["channel"], None);
    assert_eq!(rows(&change), ["b: 40 = Own 40", "a: 20 = Own 20"]);
    let change = over("k = x[all channel] + x", "k", csv, &["channel"], None);
    assert_eq!(rows(&change), ["b: 40 = Own 40", "a: 20 = Own 20"]);
}
