//! What room for pods to come is worth. On the bundled on-sale, where nodes are slow, forecast headroom serves as well as
//! placeholder pods all day, at a fraction of their cost, and without any requests are late; on the match night, where
//! goals come unannounced, it does so however long nodes happen to take.
#![expect(clippy::unwrap_used, reason = "a test may stop at what cannot be")]

use std::fs;
use std::path::Path;

use prescale_simulations::compare::{Sweep, compare};
use prescale_simulations::headroom::compare_headroom;
use prescale_simulations::outcome::late_share;
use prescale_simulations::policies::PolicyKind;
use prescale_simulations::result::{Comparison, PolicyResult};
use prescale_simulations::scenario::Scenario;
use prescale_simulations::simulate::Detail;

fn bundled(name: &str, seed: u64) -> Scenario {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let path = folder.join(name);
    let text = fs::read_to_string(&path).unwrap();
    Scenario::parse(&format!("seed = {seed}\n{text}"), &path, &folder).unwrap()
}

fn play(scenario: &Scenario, kinds: &[PolicyKind]) -> Comparison {
    let mut comparison = compare(scenario, kinds, Sweep::None, Detail::Totals, || ()).unwrap();
    compare_headroom(scenario, &mut comparison, || ()).unwrap();
    comparison
}

fn on_sale() -> Comparison {
    play(&bundled("on-sale-nodes.toml", 1), &[PolicyKind::Static, PolicyKind::Prescale])
}

#[test]
fn forecast_headroom_serves_as_placeholder_pods_do_at_a_fraction_of_their_cost() {
    let comparison = on_sale();
    let [none, fixed, forecast] = &comparison.headroom[..] else { panic!("{:?}", comparison.headroom) };
    assert_eq!([&none.name, &fixed.name, &forecast.name], ["none", "static", "forecast"]);
    assert!(0.01 < late_share(none), "{none:?}: no room was needed");
    assert!(late_share(forecast) < 1e-4 && late_share(fixed) < 1e-4, "{forecast:?} beside {fixed:?}");
    assert!(forecast.cost < 0.5 * fixed.cost, "{} against {}", forecast.cost, fixed.cost);
    assert!(forecast.cost < 1.05 * none.cost, "{} against {}", forecast.cost, none.cost);
    println!("{}", comparison.headroom_summary);
}

#[test]
fn a_match_night_is_met_however_long_nodes_take() {
    for seed in 1..=3 {
        let comparison = play(&bundled("match-night.toml", seed), &[PolicyKind::Prescale]);
        let [none, _, forecast] = &comparison.headroom[..] else { panic!("{:?}", comparison.headroom) };
        assert!(late_share(forecast) < 1e-3, "seed {seed}: {forecast:?}");
        assert!(late_share(forecast) < 0.5 * late_share(none), "seed {seed}: {forecast:?} beside {none:?}");
        assert!(forecast.cost < 1.05 * none.cost, "{} against {}", forecast.cost, none.cost);
    }
}

#[test]
fn the_pools_of_a_policy_sum_up_and_the_fleet_that_is_always_on_saves_nothing() {
    let comparison = on_sale();
    for policy in &comparison.policies {
        let sum = |of: fn(&PolicyResult) -> f64, pools: f64| {
            assert!((of(policy) - pools).abs() < 0.02, "{policy:?}");
        };
        sum(|policy| policy.node_hours, policy.pools.iter().map(|pool| pool.node_hours).sum());
        sum(|policy| policy.cost, policy.pools.iter().map(|pool| pool.cost).sum());
        // Three nodes for ten hours on demand.
        assert_eq!((policy.pools[0].node_hours, policy.pools[0].cost), (30.0, 5.1));
    }
    let [always_on, prescale] = &comparison.policies[..] else { panic!("two policies were asked for") };
    assert_eq!(always_on.saved, Some(0.0));
    assert!((prescale.saved.unwrap() - (always_on.cost - prescale.cost)).abs() < 0.02);
}
