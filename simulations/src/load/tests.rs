use super::*;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn load(step_s: i64, values: &[Option<f64>]) -> Load {
    Load::new(at(0), SignedDuration::from_secs(step_s), values, 7).unwrap()
}

#[test]
fn the_total_of_every_step_is_kept() {
    let rates = [0.0, 0.013, 3.7, 29.99, 812.345, 25_000.1];
    for step_s in [1, 15, 60, 3_600] {
        let load = load(step_s, &rates.map(Some));
        for (index, rate) in rates.iter().enumerate() {
            let from = step_s * index as i64;
            let total = load.arrivals(at(from), at(from + step_s));
            assert!((total - rate * step_s as f64).abs() < 1e-6, "{rate}/s over {step_s} s gave {total}");
        }
    }
}

/// Claims that seconds vary as Poisson arrivals do: the variance equals the mean.
fn check_dispersion(rate: f64) {
    let seconds = 20_000;
    let load = load(seconds, &[Some(rate)]);
    let counts: Vec<f64> = (0..seconds).map(|second| load.arrivals(at(second), at(second + 1))).collect();
    assert!(counts.iter().all(|count| 0.0 <= *count));
    let variance = counts.iter().map(|count| (count - rate).powi(2)).sum::<f64>() / seconds as f64;
    assert!((variance / rate - 1.0).abs() < 0.05, "variance {variance} at {rate}/s");
}

#[test]
fn seconds_vary_as_poisson_arrivals_do() {
    check_dispersion(2.0);
    check_dispersion(20.0);
    check_dispersion(2_000.0);
}

#[test]
fn parts_of_a_second_sum_up_to_it() {
    let load = load(60, &[Some(100.0)]);
    let middle = at(3) + SignedDuration::from_millis(250);
    let parts = load.arrivals(at(3), middle) + load.arrivals(middle, at(4));
    assert!((parts - load.arrivals(at(3), at(4))).abs() < 1e-9);
}

#[test]
fn a_gap_carries_nothing_and_is_unknown_rather_than_zero() {
    let load = load(60, &[Some(100.0), None, Some(0.0), Some(0.0)]);
    assert_eq!(load.arrivals(at(60), at(120)), 0.0);
    let check = |second, expected| {
        assert_eq!(load.observed_rate(at(second), &Scrape::default()), expected, "at {second} s");
    };
    check(74, Some(load.arrivals(at(15), at(60)) / 45.0));
    check(75, None);
    check(164, None);
    check(165, Some(0.0));
    check(30, None);
    check(300, None);
}

#[test]
fn demand_is_known_where_it_was_recorded() {
    let load = load(60, &[Some(100.0), None, Some(0.0)]);
    let check = |second, expected| assert_eq!(load.is_recorded(at(second)), expected, "at {second} s");
    check(-1, false);
    check(0, true);
    check(59, true);
    check(60, false);
    check(120, true);
    check(180, false);
}

#[test]
fn the_observed_rate_is_up_to_a_scrape_old() {
    let load = load(60, &[Some(10.0), Some(1_000.0)]);
    let scrape = Scrape { phase: SignedDuration::from_secs(5), ..Scrape::default() };
    let check = |second, from, until| {
        let expected = load.arrivals(at(from), at(until)) / (until - from) as f64;
        assert_eq!(load.observed_rate(at(second), &scrape), Some(expected), "at {second} s");
    };
    check(50, 5, 50);
    check(64, 5, 50);
    check(65, 20, 65);
    check(79, 20, 65);
}

#[test]
fn the_same_seed_gives_the_same_arrivals() {
    let values = [Some(12.5), Some(900.0)];
    assert_eq!(load(60, &values), load(60, &values));
    let other = Load::new(at(0), SignedDuration::from_mins(1), &values, 8).unwrap();
    assert_ne!(load(60, &values), other);
}

#[test]
fn what_is_not_a_load_is_refused_with_its_value() {
    let check = |step, value, expected: &str| {
        let refused = Load::new(at(0), step, &[Some(1.0), Some(value)], 1).unwrap_err();
        assert_eq!(refused.to_string(), expected);
    };
    let second = SignedDuration::from_secs(1);
    check(second, -3.0, "value -3 at 1970-01-01T00:00:01Z is not a rate of requests");
    check(second, f64::NAN, "value NaN at 1970-01-01T00:00:01Z is not a rate of requests");
    check(SignedDuration::ZERO, 1.0, "step 0s is not a whole number of seconds above zero");
    check(
        SignedDuration::from_millis(1_500),
        1.0,
        "step 1s 500ms is not a whole number of seconds above zero",
    );
}
