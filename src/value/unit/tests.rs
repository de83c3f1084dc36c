use proptest::prelude::*;

use super::*;
use crate::value::Decimal;

fn base() -> impl Strategy<Value = Base> {
    prop_oneof![
        Just(Base::Money),
        prop::sample::select(vec!["EUR", "USD", "JPY"])
            .prop_map(|code| Base::Currency(Currency::from_code(code).expect("these exist"))),
        prop::sample::select(vec!["customer", "lead"]).prop_map(|name| Base::Counting(name.into())),
        prop::sample::select(&ExactDuration::ALL).prop_map(Base::exact),
        prop::sample::select(&CalendarDuration::ALL).prop_map(Base::Calendar),
    ]
}

fn signed() -> impl Strategy<Value = Unit> {
    (base(), any::<bool>()).prop_map(|(base, divided)| match divided {
        true => Unit::from(base).inverse(),
        false => Unit::from(base),
    })
}

/// Units of at most two bases to the power 1, so that products of three stay within the limit.
fn unit() -> impl Strategy<Value = Unit> {
    prop_oneof![Just(Unit::PLAIN), signed(), (signed(), signed()).prop_map(|(a, b)| product(&a, &b).0)]
        .prop_filter("powers of one", |unit| unit.factors.iter().all(|(_, exponent)| exponent.abs() == 1))
}

fn product(lhs: &Unit, rhs: &Unit) -> (Unit, Factor) {
    lhs.times(rhs).expect("within the limits")
}

/// Returns true if `x` of the first unit equals `factor * x` of the second.
fn same((unit, scale): &(Unit, Factor), (other, other_scale): &(Unit, Factor)) -> bool {
    let factor = unit.factor_to(other).expect("one dimension");
    scale.times(factor).expect("within the limits") == *other_scale
}

proptest! {
    #[test]
    fn products_commute(a in unit(), b in unit()) {
        prop_assert_eq!(product(&a, &b), product(&b, &a));
    }

    #[test]
    fn products_associate(a in unit(), b in unit(), c in unit()) {
        let (ab, first) = product(&a, &b);
        let (bc, second) = product(&b, &c);
        let (left, third) = product(&ab, &c);
        let (right, fourth) = product(&a, &bc);
        let left = (left, first.times(third).unwrap());
        let right = (right, second.times(fourth).unwrap());
        prop_assert!(same(&left, &right), "{left:?} {right:?}");
    }

    #[test]
    fn a_unit_divided_by_itself_is_plain(a in unit()) {
        prop_assert_eq!(a.per(&a), Some((Unit::PLAIN, Factor::ONE)));
        prop_assert_eq!(a.inverse().inverse(), a);
    }

    #[test]
    fn conversions_round_trip(a in unit(), b in unit()) {
        if let Some(there) = a.factor_to(&b) {
            prop_assert_eq!(b.factor_to(&a), Some(there.inverse()));
            prop_assert_eq!(there.times(there.inverse()), Some(Factor::ONE));
        }
    }

    #[test]
    fn the_square_root_of_a_square_is_the_unit(a in unit()) {
        prop_assert_eq!(a.power(2).unwrap().square_root(), Some(a));
    }
}

fn day() -> Unit {
    Unit::from(Base::exact(ExactDuration::Day))
}

fn calendar(duration: CalendarDuration) -> Unit {
    Unit::from(Base::Calendar(duration))
}

fn currency(code: &str) -> Unit {
    Unit::from(Base::Currency(Currency::from_code(code).unwrap()))
}

#[test]
fn durations_convert_by_exact_factors() {
    let hour = Unit::from(Base::exact(ExactDuration::Hour));
    let week = Unit::from(Base::exact(ExactDuration::Week));
    assert_eq!(day().factor_to(&hour), Some(Factor::new(24, 1)));
    assert_eq!(day().factor_to(&week), Some(Factor::new(1, 7)));
    assert_eq!(
        calendar(CalendarDuration::Year).factor_to(&calendar(CalendarDuration::Quarter)),
        Some(Factor::new(4, 1))
    );
    assert_eq!(day().factor_to(&calendar(CalendarDuration::Month)), None);
    assert_eq!(day().per(&hour), Some((Unit::PLAIN, Factor::new(24, 1))));
}

#[test]
fn currencies_do_not_convert() {
    assert_eq!(currency("EUR").factor_to(&currency("USD")), None);
    assert_eq!(currency("EUR").factor_to(&Unit::from(Base::Money)), None);
}

#[test]
fn a_rate_times_a_duration_is_an_amount() {
    let per_month = currency("EUR").per(&calendar(CalendarDuration::Month)).unwrap().0;
    let year = calendar(CalendarDuration::Year);
    assert_eq!(per_month.times(&year), Some((currency("EUR"), Factor::new(12, 1))));
}

#[test]
fn counting_units_are_displayed_and_check_as_plain() {
    let customer = Unit::from(Base::Counting("customer".into()));
    let each = currency("EUR").per(&customer).unwrap().0;
    assert_eq!(each.to_string(), "EUR/customer");
    assert_eq!(each.factor_to(&currency("EUR")), Some(Factor::ONE));
    assert_eq!(each.times(&customer), Some((currency("EUR"), Factor::ONE)));
    assert!(customer.is_plain() && !customer.is_one());
}

#[test]
fn units_are_written_in_one_order() {
    let month = calendar(CalendarDuration::Month);
    let customer = Unit::from(Base::Counting("customer".into()));
    let written = |unit: Unit| unit.to_string();
    assert_eq!(written(day()), "days");
    assert_eq!(written(day().inverse()), "1/day");
    assert_eq!(written(day().per(&customer).unwrap().0), "days/customer");
    assert_eq!(
        written(month.inverse().per(&customer).unwrap().0.times(&currency("EUR")).unwrap().0),
        "EUR/customer/month"
    );
    assert_eq!(written(currency("EUR").power(2).unwrap()), "EUR*EUR");
    assert_eq!(written(day().times(&currency("EUR")).unwrap().0), "EUR*day");
}

#[test]
fn powers_beyond_the_limit_are_none() {
    let highest = day().power(MAX_EXPONENT.into()).unwrap();
    assert_eq!(highest.times(&day()), None);
    assert_eq!(day().power(i64::from(MAX_EXPONENT) + 1), None);
    assert_eq!(day().power(i64::MIN), None);
}

#[test]
fn the_largest_conversion_factor_fits_a_decimal() {
    let longest = |exact, calendar| {
        let (exact, calendar) = (Unit::from(Base::exact(exact)), Unit::from(Base::Calendar(calendar)));
        exact.times(&calendar).unwrap().0.power(MAX_EXPONENT.into()).unwrap()
    };
    let coarse = longest(ExactDuration::Week, CalendarDuration::Year);
    let fine = longest(ExactDuration::Second, CalendarDuration::Month);
    let factor = coarse.factor_to(&fine).unwrap();
    assert_eq!(factor.numerator().to_string(), (604_800u128.pow(4) * 12u128.pow(4)).to_string());
    assert_eq!(factor.denominator(), Decimal::ONE);
}

#[test]
fn bases_beyond_the_limit_are_none() {
    let lead = |at: usize| Unit::from(Base::Counting(format!("lead{at}").into()));
    let full = (0..MAX_BASES).fold(Unit::PLAIN, |unit, at| unit.times(&lead(at)).unwrap().0);
    assert_eq!(full.times(&lead(MAX_BASES)), None);
}
