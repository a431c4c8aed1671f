//! The shapes: what demand does to people's HPAs, and the edges of the controller's rules.

use serde_json::{Value, json};

use crate::script::{Answer, Script};
use crate::shape::{Pace, Shape, Target};

pub(crate) fn all() -> Vec<Shape> {
    vec![
        step(),
        ramp(),
        noise_about_the_tolerance(),
        tolerance_of_its_own(),
        failing(),
        no_value(),
        policies_of_pods_and_percent(),
        smallest_policy(),
        windows_both_ways(),
        no_way_down(),
        two_metrics(),
        one_of_two_fails(),
        value_in_total(),
        above_the_maximum(),
        below_the_minimum(),
        to_zero(),
    ]
}

/// Two pods, at most thirty, no `behavior`.
fn shape(name: &'static str, scripts: Vec<Script>) -> Shape {
    Shape {
        name,
        replicas: 2,
        limits: (2, 30),
        scripts,
        target: Target::AverageValue,
        behavior: Value::Null,
        pace: Pace::Same,
        passes: &[],
    }
}

/// Runs of equal values.
fn runs(runs: &[(i64, usize)]) -> impl Iterator<Item = i64> {
    runs.iter().flat_map(|(value, times)| std::iter::repeat_n(*value, *times))
}

/// Down at once, however much.
fn down_at_once() -> Value {
    json!({"stabilizationWindowSeconds": 0})
}

/// Up by doubling; down after the default window, which is a minute here.
fn step() -> Shape {
    let demand = Script::of("step", runs(&[(20, 1), (200, 5), (50, 20)]));
    Shape { pace: Pace::Stretched, passes: &[2, 4, 8, 16, 20, 5], ..shape("step", vec![demand]) }
}

/// The default rates of `behavior` on the way up.
fn ramp() -> Shape {
    let up = (1..=12).map(|n| 20 * n);
    let down = (1..=8).map(|n| 240 - 27 * n);
    Shape {
        behavior: json!({"scaleDown": down_at_once()}),
        passes: &[2, 4, 6],
        ..shape("ramp", vec![Script::of("ramp", up.chain(down))])
    }
}

/// The band is 0.9 to 1.1, its edges included.
fn noise_about_the_tolerance() -> Shape {
    let milli = [
        100_000, 109_000, 91_000, 110_000, 90_000, 110_001, 108_000, 120_900, 107_999, 99_000, 98_999, 89_999,
    ];
    let answers = milli.map(Answer::Milli).into();
    Shape {
        replicas: 10,
        behavior: json!({"scaleDown": down_at_once()}),
        passes: &[10, 12, 11, 10, 9],
        ..shape("noise", vec![Script { metric: "noise", answers }])
    }
}

fn tolerance_of_its_own() -> Shape {
    let down = json!({"stabilizationWindowSeconds": 0, "tolerance": "0.5"});
    Shape {
        replicas: 10,
        behavior: json!({"scaleUp": {"tolerance": "0"}, "scaleDown": down}),
        passes: &[10, 11, 6],
        ..shape("exact", vec![Script::of("exact", [100, 101, 101, 60, 56, 55, 54, 45, 50])])
    }
}

/// Nothing moves while nothing is known.
fn failing() -> Shape {
    let [up, down] = [Answer::of(90), Answer::of(30)];
    let (gone, empty) = (Answer::NotFound, Answer::Empty);
    let answers = vec![gone, up, up, gone, gone, down, empty, empty, down, up, gone, down, down];
    Shape {
        replicas: 5,
        behavior: json!({"scaleDown": down_at_once()}),
        passes: &[5, 9, 3],
        ..shape("failing", vec![Script { metric: "failing", answers }])
    }
}

/// A negative sum is taken for an overflow; zero is a value like others.
fn no_value() -> Shape {
    Shape {
        behavior: json!({"scaleDown": down_at_once()}),
        passes: &[2, 6, 2, 5],
        ..shape("odd", vec![Script::of("odd", [20, -1, -1, 0, 0, 1, 50, 1_000_000_000_000, 20])])
    }
}

fn policies_of_pods_and_percent() -> Shape {
    let up = json!({"policies": [{"type": "Pods", "value": 3, "periodSeconds": 6},
        {"type": "Percent", "value": 50, "periodSeconds": 10}]});
    let down = json!({"stabilizationWindowSeconds": 0, "policies":
        [{"type": "Pods", "value": 2, "periodSeconds": 10}, {"type": "Percent", "value": 25, "periodSeconds": 6}]});
    Shape {
        behavior: json!({"scaleUp": up, "scaleDown": down}),
        passes: &[2, 5, 8],
        ..shape("policies", vec![Script::of("policies", runs(&[(250, 12), (20, 6), (100, 2), (20, 6)]))])
    }
}

fn smallest_policy() -> Shape {
    let both = |pods: i64, percent: i64| {
        json!({"stabilizationWindowSeconds": 0, "selectPolicy": "Min", "policies":
            [{"type": "Pods", "value": pods, "periodSeconds": 6},
             {"type": "Percent", "value": percent, "periodSeconds": 15}]})
    };
    Shape {
        replicas: 10,
        behavior: json!({"scaleUp": both(4, 30), "scaleDown": both(2, 40)}),
        passes: &[10, 13],
        ..shape("smallest", vec![Script::of("smallest", runs(&[(280, 12), (30, 10)]))])
    }
}

/// Up waits for the lowest of the last 10 s, down for the highest of the last 14 s.
fn windows_both_ways() -> Shape {
    let waves = [30, 90, 90, 90, 60, 90, 120, 120, 40, 40, 80, 40, 40, 40, 40, 40, 200, 40, 40];
    Shape {
        replicas: 3,
        behavior: json!({"scaleUp": {"stabilizationWindowSeconds": 10},
            "scaleDown": {"stabilizationWindowSeconds": 14}}),
        passes: &[3, 9, 4],
        ..shape("windows", vec![Script::of("windows", waves)])
    }
}

fn no_way_down() -> Shape {
    Shape {
        behavior: json!({"scaleDown": {"selectPolicy": "Disabled", "stabilizationWindowSeconds": 0}}),
        passes: &[2, 6, 10],
        ..shape("disabled", vec![Script::of("disabled", [20, 100, 100, 100, 100, 100, 100, 20, 20, 60, 20])])
    }
}

/// The one that asks for most decides.
fn two_metrics() -> Shape {
    let demand = Script::of("two-demand", [20, 60, 60, 60, 30, 30, 30, 100, 100, 20, 20]);
    let lag = Script::of("two-lag", [20, 20, 40, 70, 70, 50, 20, 20, 140, 140, 20]);
    let fast = json!({"policies": [{"type": "Pods", "value": 30, "periodSeconds": 6}]});
    Shape {
        behavior: json!({"scaleUp": fast, "scaleDown": down_at_once()}),
        passes: &[2, 6, 7, 5, 3, 10, 14, 2],
        ..shape("two", vec![demand, lag])
    }
}

/// A failing metric blocks the way down, and not the way up.
fn one_of_two_fails() -> Shape {
    let demand = Script::of("broken-demand", [50, 50, 90, 90, 40, 40, 88, 40, 40]);
    let (fine, gone, empty) = (Answer::of(20), Answer::NotFound, Answer::Empty);
    let answers = vec![fine, gone, gone, empty, empty, fine, gone, gone, fine];
    Shape {
        replicas: 5,
        behavior: json!({"scaleDown": down_at_once()}),
        passes: &[5, 9, 4, 9, 4],
        ..shape("broken", vec![Script { metric: "broken-lag", answers }, demand])
    }
}

/// The ratio counts Ready pods only, so it under-scales while pods start.
fn value_in_total() -> Shape {
    let loads = [100, 200, 200, 200, 105, 300, 300, 300, 50, 50, 100, 0, 100, 100];
    Shape {
        replicas: 4,
        target: Target::Value,
        behavior: json!({"scaleDown": down_at_once()}),
        passes: &[4, 8],
        ..shape("total", vec![Script::of("total", loads)])
    }
}

fn above_the_maximum() -> Shape {
    Shape {
        replicas: 12,
        limits: (2, 8),
        pace: Pace::Stretched,
        passes: &[12, 8],
        ..shape("above", vec![Script::of("above", [100, 100, 20, 20])])
    }
}

fn below_the_minimum() -> Shape {
    Shape {
        replicas: 1,
        limits: (3, 8),
        behavior: json!({"scaleUp": {"policies": [{"type": "Pods", "value": 2, "periodSeconds": 10}]},
            "scaleDown": down_at_once()}),
        passes: &[1, 3, 5, 3],
        ..shape("below", vec![Script::of("below", [10, 80, 80, 80, 80, 80, 10, 10])])
    }
}

/// An HPA that may go to zero comes back from there.
fn to_zero() -> Shape {
    Shape {
        replicas: 3,
        limits: (0, 10),
        behavior: json!({"scaleDown": down_at_once()}),
        passes: &[3, 0, 3, 0],
        ..shape("zero", vec![Script::of("zero", [30, 0, 0, 0, 25, 25, 0, 0, 90, 90])])
    }
}

/// A size of zero that the HPA did not choose switches it off: its metric is not read.
pub(crate) fn switched_off_by_hand() -> Shape {
    let demand = Script::of("off", [50]);
    Shape { replicas: 0, limits: (0, 10), passes: &[0], ..shape("off", vec![demand]) }
}
